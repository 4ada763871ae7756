//! The vocabulary of a session: what may come in ([`Input`]), what the
//! interviewer may do ([`Output`]), and everything that the log keeps
//! ([`Event`], [`Record`]). Log, live monitor and replay speak these words.

mod agreed;

pub use agreed::{Accommodations, is_voice_name};

use crate::clock::SessionTime;
use serde::{Deserialize, Serialize};

/// Number of one recruiter's line within its session, from 1.
pub type LineId = u32;
/// Number of one candidate's utterance within its session, from 1.
pub type UtteranceId = u32;

/// How the interviewer behaves.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Warm wording.
    #[default]
    Friendly,
    /// Reserved wording.
    Formal,
    /// Terse, to the point.
    Technical,
    /// Practice: explains after a struggle. Never used to assess.
    Coach,
}

/// What was agreed on before the interview began.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(default)]
pub struct Settings {
    /// How the interviewer behaves.
    pub mode: Mode,
    /// Number of technical questions, 1-10.
    pub questions: u8,
    /// Neutral probes at most for each question, 0-3.
    pub follow_ups: u8,
    /// The whole interview's length at most, in minutes.
    pub minutes: u16,
    /// Language of the interview (only `en` now).
    pub language: String,
    /// Seconds without an answer before the one gentle prompt.
    pub patience_s: u16,
    /// Accommodation: pauses are allowed to be this many times longer (1-4).
    pub pause_factor: f32,
    /// Accommodation: every answer is typed; there is no microphone.
    #[serde(skip_serializing_if = "is_off")]
    pub typed: bool,
    /// Accommodation: the recruiter's lines are read, not heard.
    #[serde(skip_serializing_if = "is_off")]
    pub captions: bool,
    /// Accommodation: the speed of the recruiter's voice, 0.5-2; the
    /// candidate's own choice if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_speed: Option<f32>,
    /// Accommodation: the recruiter's voice, by its name (see
    /// [`is_voice_name`]); the candidate's own choice if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// Accommodation: so many breaks of five minutes may be taken in all,
    /// with the clock stopped, 3-12.
    #[serde(skip_serializing_if = "is_usual")]
    pub breaks: u8,
    /// Where questions and order depend on chance, this is the chance.
    pub seed: u64,
}

/// Records without these accommodations stay as they were.
const fn is_off(value: &bool) -> bool {
    !*value
}

/// The breaks that everybody may take.
pub const USUAL_BREAKS: u8 = 3;

const fn is_usual(breaks: &u8) -> bool {
    *breaks == USUAL_BREAKS
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Friendly,
            questions: 3,
            follow_ups: 2,
            minutes: 30,
            language: "en".into(),
            patience_s: 15,
            pause_factor: 1.0,
            typed: false,
            captions: false,
            voice_speed: None,
            voice: None,
            breaks: USUAL_BREAKS,
            seed: 1,
        }
    }
}

/// One recognised word with its place in the recording.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Word {
    /// The word as written, with its punctuation.
    pub text: String,
    /// Begin, milliseconds of the recording.
    pub start_ms: u64,
    /// End, milliseconds of the recording.
    pub end_ms: u64,
    /// Probability of the word's tokens, 0-1 (geometric mean).
    pub confidence: f32,
}

/// How an utterance came in.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Spoken and recognised.
    #[default]
    Voice,
    /// Typed by the candidate.
    Typed,
}

/// One stretch of candidate speech, ended by the endpointer.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Utterance {
    /// Its number within the session.
    pub id: UtteranceId,
    /// The text as recognised or typed.
    pub text: String,
    /// The words with their times; empty for typed text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// First speech, milliseconds of the recording.
    pub start_ms: u64,
    /// Last speech, milliseconds of the recording.
    pub end_ms: u64,
    /// The recogniser's confidence in the text, 0-1; 1 for typed text.
    pub confidence: f32,
    /// Voice or keyboard.
    #[serde(default)]
    pub source: Source,
}

/// How consent was given or refused.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ConsentHow {
    /// A spoken answer.
    Voice,
    /// A key or a button.
    Key,
    /// Given beforehand, on the command line or with the invitation.
    Beforehand,
}

/// What a candidate can ask for with a key instead of words.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Say the last question again.
    Repeat,
    /// Say it in other words.
    Rephrase,
    /// Let me think.
    Think,
    /// Next question, please.
    Skip,
    /// Stop the clock.
    Pause,
    /// Go on after a pause.
    Resume,
    /// I have finished my answer.
    Finished,
    /// End the interview now.
    End,
}

/// Everything that the interviewer can be told.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Input {
    /// The candidate's side is ready.
    Begin,
    /// Consent by key or beforehand. (Consent by voice is an utterance.)
    Consent {
        /// Given or refused.
        given: bool,
        /// By what means.
        how: ConsentHow,
    },
    /// The candidate began to speak; whatever waits for an answer waits on.
    SpeechStarted,
    /// Speech ended without words (noise, a cough, an empty decode).
    SpeechIgnored,
    /// A finished utterance.
    Utterance(Utterance),
    /// A line was played to its end, or was stopped by the candidate.
    LineEnded {
        /// Which line.
        line: LineId,
        /// What was heard of it.
        heard: String,
        /// Whether it was heard to the end.
        complete: bool,
    },
    /// The candidate pressed a key.
    Request {
        /// What was asked for.
        request: Request,
    },
    /// The candidate's microphone or speaker went or came back. While it is
    /// gone, nothing that is not heard is silence.
    Device {
        /// Which side.
        track: Track,
        /// Whether it is there now.
        there: bool,
    },
    /// The deadline that the interviewer asked for has come.
    Tick,
    /// The candidate's side is gone for good.
    Left,
    /// The candidate is back after an interruption; what was under way then
    /// (a line, an utterance, a pause) is lost.
    Resumed,
    /// The candidate's side is connected again after a break in which it
    /// lost nothing. That nothing was heard meanwhile is not silence.
    Reconnected,
    /// A person who watches the call steers it.
    Steer {
        /// Who.
        by: String,
        /// What is to be done.
        act: Steer,
    },
    /// The candidate muted the microphone, or opened it again. While it is
    /// muted nobody is taken to be silent.
    Muted {
        /// On or off.
        on: bool,
    },
    /// The candidate asks for longer or shorter pauses from now on; see
    /// [`Settings::pause_factor`].
    PauseFactor {
        /// How many times longer, 1-4.
        factor: f32,
    },
}

/// What a recruiter may do to a call that is going on.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Steer {
    /// Go on to the next question; what was answered counts.
    AskNext,
    /// Drop the open question: its answer counts for nothing.
    Skip,
    /// Ask the neutral probe for the heaviest key point that is missing.
    Probe,
    /// Ask this in place of the next question. Without a rubric its answer
    /// is not scored.
    Ask {
        /// The question, at most 500 characters.
        text: String,
    },
    /// Stop the clock.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Say goodbye and end.
    End,
    /// Say this in one's own name; the interviewer keeps silent until the
    /// word is handed back.
    Say {
        /// What, at most 500 characters.
        text: String,
    },
    /// Let the interviewer go on.
    HandBack,
}

/// What kind of thing a line says.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(tag = "is", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Purpose {
    /// Says that this is an AI and a recording, and asks for consent.
    Disclosure,
    /// Asks again for a clear yes or no.
    ConsentAgain,
    /// Asks for an introduction.
    Introduction,
    /// A planned question of the plan.
    Question,
    /// A neutral probe for what the rubric still misses.
    Probe {
        /// The key point it is after.
        point: String,
    },
    /// The question again, whole or in short form.
    Repeat,
    /// The question in other words.
    Rephrase,
    /// Asks whether words of an utterance were heard right.
    Confirm {
        /// The utterance.
        utterance: UtteranceId,
    },
    /// The one gentle prompt after silence.
    Nudge,
    /// Words that ask for nothing (a pause is granted, take your time).
    Remark,
    /// A sentence or two of teaching; `coach` mode only.
    Explain,
    /// "Before we wrap up, do you have any questions for me?"
    Invitation,
    /// A reply to the candidate's question.
    Reply {
        /// The job's fact that it rests on, if any.
        fact: Option<String>,
    },
    /// "Sorry, this is out of scope."
    OutOfScope,
    /// The last words.
    Farewell,
    /// What a person says or asks in the call; only the voice is a machine's.
    Human {
        /// Who.
        by: String,
    },
}

/// What sort of answer a line expects: how patient the endpointer should be.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Expects {
    /// No answer.
    Nothing,
    /// Yes or no.
    YesNo,
    /// A few words.
    Short,
    /// An explanation or a story.
    #[default]
    Long,
}

/// How much of what a question asks for was told so far, roughly: enough to
/// know whether more is to be expected, and too little to read a score from.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Next to nothing.
    Little,
    /// A part.
    Some,
    /// Nearly all.
    Most,
}

/// Where in the course a line stands.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Disclosure and consent.
    #[default]
    Opening,
    /// The introduction question.
    Introduction,
    /// The project question.
    Project,
    /// Technical questions.
    Technical,
    /// The candidate's questions.
    Closing,
    /// Nothing follows.
    Ended,
}

/// One thing that the recruiter says.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Line {
    /// Its number within the session.
    pub id: LineId,
    /// The whole text as it is to be spoken: no markdown.
    pub text: String,
    /// What kind of thing it says.
    pub purpose: Purpose,
    /// Where in the course it stands.
    pub stage: Stage,
    /// Id of the planned question that it asks, probes or repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Number of that question among all planned, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// How many questions are planned in all.
    pub of: u32,
    /// The answer it expects.
    pub expects: Expects,
}

/// Why an interview ended.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The course was taken to its end.
    Completed,
    /// The time budget was used up; the closing lines were said.
    TimeUp,
    /// Consent was refused; nothing was recorded.
    ConsentRefused,
    /// The candidate asked to end.
    CandidateEnded,
    /// The candidate's side went away.
    CandidateLeft,
    /// Nobody answered.
    NoAnswer,
    /// A recruiter ended it.
    RecruiterEnded,
}

/// Everything that the interviewer can do.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Output {
    /// Speak this line.
    Say(Line),
    /// Consent is decided: audio may be sent and stored from now on, or never.
    Consent {
        /// Given or refused.
        given: bool,
        /// By what means.
        how: ConsentHow,
    },
    /// Do not wait for an answer with the usual patience: the candidate
    /// asked for time or for a pause.
    Hold {
        /// On or off.
        on: bool,
    },
    /// The interview is over.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// One side of the recording.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// The candidate's microphone, left channel.
    Near,
    /// What the speaker really played, right channel.
    Far,
}

/// The stages of one turn, in milliseconds of the recording's sample clock.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct TurnTimes {
    /// The utterance that ended the turn.
    pub utterance: UtteranceId,
    /// The candidate's last speech.
    pub speech_ended_ms: u64,
    /// The endpointer decided.
    pub endpoint_ms: u64,
    /// The final text was there and known to be final: not before the
    /// endpoint.
    pub text_ms: u64,
    /// The same text was decoded, on the chance that it would be final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoded_ms: Option<u64>,
    /// The engine's reply was there.
    pub reply_ms: Option<u64>,
    /// The reply's first sample was played.
    pub first_audio_ms: Option<u64>,
}

/// What a sound over a line turned out to be.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OverLine {
    /// Words that take the turn: the line was stopped.
    Interruption,
    /// "Mhm": the line was brought back, and the turn was not taken.
    Backchannel,
    /// The line itself, come back through the microphone: it was brought
    /// back, and nothing counts as said.
    Echo,
    /// A cough or a knock: the line was brought back.
    Noise,
    /// The line was at its end before this was clear: what was said counts
    /// as said after it.
    Ended,
}

/// A sound over a line and what was done, as samples of the recording.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct SoundOver {
    /// The line.
    pub line: LineId,
    /// First sample of the sound.
    pub sound_sample: u64,
    /// Where the line began to be softened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ducked_sample: Option<u64>,
    /// Where it began to be stopped; it is silent 10 ms later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_sample: Option<u64>,
    /// Where it was decided what the sound was.
    pub decided_sample: u64,
    /// What it was.
    pub was: OverLine,
}

/// What the candidate's side runs on; facts for the record.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFacts {
    /// Program name and version.
    pub program: String,
    /// Speech model's file name and SHA-256.
    pub model: String,
    /// Voice of the recruiter.
    pub voice: String,
    /// Microphone, as named by the system.
    pub microphone: String,
    /// Speaker, as named by the system.
    pub speaker: String,
    /// Quality profile, where the candidate is simulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated: Option<String>,
}

/// Everything that the log keeps.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The candidate's side introduced itself.
    Client(ClientFacts),
    /// The interviewer was told something.
    Input {
        /// What.
        input: Input,
    },
    /// The interviewer did something.
    Output {
        /// What.
        output: Output,
    },
    /// From here on the recording is kept. Its sample 0 was captured when the
    /// candidate's side began, a little before session time 0; what was
    /// captured before this is silence.
    AudioStarted {
        /// Samples a second.
        rate: u32,
    },
    /// A line was played, to its end or in part.
    Played {
        /// Which line.
        line: LineId,
        /// First sample, milliseconds of the recording.
        start_ms: u64,
        /// Last sample, milliseconds of the recording.
        end_ms: u64,
    },
    /// Samples that are missing from a track; silence stands in their place.
    Gap {
        /// Which side.
        track: Track,
        /// First missing sample of the recording.
        first_sample: u64,
        /// How many.
        samples: u64,
        /// Why.
        why: String,
    },
    /// There was a sound over a line.
    SoundOver(SoundOver),
    /// When each stage of a turn was reached.
    Turn(TurnTimes),
    /// Something failed and the session goes on without it.
    Problem {
        /// Which part (`recogniser`, `voice`, `microphone`, `disk` ...).
        part: String,
        /// What happened, in one sentence.
        message: String,
    },
    /// The candidate made the recruiter's voice slower or faster.
    VoiceSpeed {
        /// From now on; 1 is the voice's own.
        speed: f32,
    },
    /// The candidate chose another voice for the recruiter.
    VoiceChoice {
        /// Its name.
        voice: String,
    },
    /// The recording ended.
    AudioEnded {
        /// Length in samples.
        samples: u64,
    },
    /// The session broke off after the event before. Written by the engine
    /// where it lost the candidate's side, by the next start where the
    /// engine itself was killed.
    Interrupted {
        /// Why, in one sentence.
        why: String,
        /// When that was noticed, in milliseconds since 1970 (UTC).
        unix_ms: i64,
        /// Bytes of half a line that were cut off the log.
        log_bytes: u64,
        /// Bytes of sound that were cut off the recording; they were never
        /// acknowledged.
        audio_bytes: u64,
    },
    /// Somebody began, or ceased, to follow the call; the candidate is told.
    Watcher {
        /// Who.
        by: String,
        /// In which role.
        role: String,
        /// Began, or ceased.
        present: bool,
    },
    /// An interrupted session goes on. Session time stood still meanwhile.
    Resumed {
        /// When, in milliseconds since 1970 (UTC).
        unix_ms: i64,
    },
}

/// One line of the log.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Record {
    /// Position in the log, from 1.
    pub seq: u64,
    /// When, on the session's clock.
    pub at: SessionTime,
    /// What.
    pub event: Event,
}
