//! What the candidate's screen knows: a fold of the call's events and of the
//! keys. No terminal, no clock: the time comes in as an argument.

use super::draft::{Draft, Typed};
use super::voices::Voices;
use crate::call::{CallEvent, Command};
use crate::cli::captions::{connection, heading, interview_of, over, pauses};
use crate::clock::SessionTime;
use crate::event::{EndReason, Expects, Line, Purpose, Request, Settings, Stage};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// How long a word about a key stays, milliseconds.
const NOTE_MS: u64 = 4_000;
/// Captions that are kept for looking back.
const CAPTIONS_MOST: usize = 2_000;
/// One step of the voice's speed, and its ends.
const SPEED_STEP: f32 = 0.1;
const SPEEDS: (f32, f32) = (0.5, 2.0);
/// What L goes through.
const FACTORS: [f32; 4] = [1.0, 1.5, 2.0, 3.0];

/// The voice's speed one step slower or faster.
pub(super) fn stepped(speed: f32, faster: bool) -> f32 {
    let by = if faster { SPEED_STEP } else { -SPEED_STEP };
    // Whole steps, so that ten times up and down ends where it began.
    let speed = ((speed + by) * 10.0).round() / 10.0;
    speed.clamp(SPEEDS.0, SPEEDS.1)
}

/// How long pauses may be after the next press of L.
pub(super) fn next_factor(factor: f32) -> f32 {
    let next = FACTORS.iter().find(|f| **f > factor + 0.01);
    next.copied().unwrap_or(FACTORS[0])
}

/// Who says a caption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Recruiter,
    Candidate,
    /// The program.
    Note,
    /// A new part of the interview begins.
    Heading,
}

/// One caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caption {
    pub(super) who: Who,
    pub(super) text: String,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The recruiter speaks.
    Speaking,
    /// It is the candidate's turn.
    Listening,
    /// The candidate speaks.
    Hearing,
    /// The reply is being made.
    Thinking,
    /// The interview is over.
    Over,
}

/// What lies over the captions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overlay {
    Help,
    /// Really end?
    End,
}

/// What a key leads to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    Nothing,
    /// Tell the call.
    Do(Command),
    /// Leave at once, without waiting for the interviewer.
    Leave,
}

/// Everything that is shown.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) title: String,
    pub(super) captions: Vec<Caption>,
    /// What was understood of the speech that goes on.
    pub(super) partial: String,
    pub(super) phase: Phase,
    pub(super) connected: bool,
    /// The interviewer waits as long as it takes.
    pub(super) held: bool,
    /// It was P that asked for it.
    pub(super) paused: bool,
    pub(super) muted: bool,
    pub(super) speed: f32,
    /// Speeds that were asked for and are not there yet: a voice takes
    /// seconds to open.
    asked_speeds: Vec<f32>,
    pub(super) factor: f32,
    /// Whether consent is given or refused, once it is.
    pub(super) consent: Option<bool>,
    consent_asked: bool,
    pub(super) question: Option<(u32, u32)>,
    place: (Stage, Option<u32>),
    left: Option<(SessionTime, u64)>,
    pub(super) near_db: f32,
    pub(super) draft: Draft,
    /// Keys are letters of the answer.
    pub(super) typing: bool,
    pub(super) overlay: Option<Overlay>,
    /// Captions above the newest that one looks back by, in rows.
    pub(super) back: usize,
    note: Option<(String, u64)>,
    pub(super) typed_only: bool,
    pub(super) captions_only: bool,
    ending: bool,
    voices: Voices,
    /// When the pause that goes on ends.
    pause_until: Option<u64>,
}

impl Model {
    /// Before anything happened.
    pub(super) fn new(settings: &Settings, speed: f32) -> Self {
        Self {
            title: "Interview".into(),
            captions: Vec::new(),
            partial: String::new(),
            phase: Phase::Thinking,
            connected: true,
            held: false,
            paused: false,
            muted: false,
            speed,
            asked_speeds: Vec::new(),
            factor: settings.pause_factor,
            consent: None,
            consent_asked: false,
            question: None,
            place: (Stage::Opening, None),
            left: None,
            near_db: f32::NEG_INFINITY,
            draft: Draft::default(),
            typing: false,
            overlay: None,
            back: 0,
            note: None,
            typed_only: settings.typed,
            captions_only: settings.captions,
            ending: false,
            voices: Voices::default(),
            pause_until: None,
        }
    }

    /// The same with these voices to choose from.
    pub(super) fn with_voices(mut self, voices: Voices) -> Self {
        self.voices = voices;
        self
    }

    /// Adds something that the program says.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.caption(Who::Note, text.into());
    }

    /// Whether consent is what is asked for now.
    pub(super) fn consent_due(&self) -> bool {
        self.consent_asked && self.consent.is_none() && self.phase != Phase::Over
    }

    /// Time that is left at `now_ms`, once it is known.
    pub(super) fn left(&self, now_ms: u64) -> Option<SessionTime> {
        let (left, at) = self.left?;
        let gone = if self.paused && self.held {
            0
        } else {
            now_ms.saturating_sub(at)
        };
        Some(SessionTime(left.0.saturating_sub(gone)))
    }

    /// What was said about the last key, while it is new.
    pub(super) fn note(&self, now_ms: u64) -> Option<&str> {
        let (text, until) = self.note.as_ref()?;
        (now_ms < *until).then_some(text)
    }

    fn caption(&mut self, who: Who, text: String) {
        let text = text.chars().filter(|c| !c.is_control()).collect();
        self.captions.push(Caption { who, text });
        let extra = self.captions.len().saturating_sub(CAPTIONS_MOST);
        self.captions.drain(..extra);
    }

    /// Takes what the call tells.
    pub(super) fn event(&mut self, event: &CallEvent, now_ms: u64) {
        match event {
            CallEvent::Connected {
                candidate,
                position,
                company,
                ..
            } => self.title = interview_of(candidate, position, company.as_deref()),
            CallEvent::Line(line) => self.line(line),
            CallEvent::LineEnded {
                line,
                heard,
                complete,
                ..
            } => self.line_ended(line, heard, *complete),
            CallEvent::SpeechStarted => self.phase = Phase::Hearing,
            CallEvent::SpeechEnded if self.phase == Phase::Hearing => self.phase = Phase::Thinking,
            CallEvent::Partial(text) => self.partial.clone_from(text),
            CallEvent::Utterance(utterance) => {
                self.partial.clear();
                self.phase = Phase::Thinking;
                self.caption(Who::Candidate, utterance.text.clone());
            }
            CallEvent::Ignored => {
                self.partial.clear();
                if self.phase != Phase::Over {
                    self.phase = Phase::Listening;
                }
            }
            CallEvent::Consent(given) => {
                self.consent = Some(*given);
                self.say(if *given {
                    "Consent given: from now on the interview is recorded."
                } else {
                    "Consent refused: nothing is recorded."
                });
            }
            CallEvent::Level { near_db, .. } => self.near_db = *near_db,
            CallEvent::Status { left, pause, .. } => {
                self.left = Some((*left, now_ms));
                self.pause_until = pause.map(|pause| now_ms + pause.millis());
                // It may have been asked for by voice, or by a person.
                self.paused = self.held && pause.is_some();
            }
            CallEvent::Hold(on) => {
                // The clock stood still in a pause.
                if let (false, true, Some((_, at))) = (*on, self.paused, &mut self.left) {
                    *at = now_ms;
                }
                self.held = *on;
                self.paused &= *on;
            }
            CallEvent::Muted(on) => self.muted = *on,
            CallEvent::VoiceSpeed(speed) => {
                self.speed = *speed;
                let asked = self.asked_speeds.iter().position(|s| s == speed);
                // One that nobody asked for here counts from now on.
                let over = asked.map_or(self.asked_speeds.len(), |at| at + 1);
                self.asked_speeds.drain(..over);
            }
            CallEvent::Voice(voice) => self.voices.speaks(voice),
            CallEvent::PauseFactor(factor) => self.factor = *factor,
            CallEvent::Connection { up } => {
                self.connected = *up;
                self.say(connection(*up));
            }
            CallEvent::Listening(roles) if roles.is_empty() => {
                self.say("Nobody is listening in any more.");
            }
            CallEvent::Listening(roles) => {
                self.say(format!("Listening in now: {}.", roles.join(", ")));
            }
            CallEvent::Notice(message) => self.say(message.clone()),
            CallEvent::Problem(message) => {
                // It may be that the voice stays as it is.
                self.asked_speeds.clear();
                self.say(format!("Problem: {message}"));
            }
            CallEvent::Ended(reason) => self.ended(*reason),
            CallEvent::SpeechEnded | CallEvent::Turn(_) => {}
        }
    }

    fn line(&mut self, line: &Line) {
        let place = (line.stage, line.number);
        if place != self.place
            && let Some(text) = heading(line.stage, line.number, line.of)
        {
            self.caption(Who::Heading, text);
        }
        self.place = place;
        self.consent_asked |= line.expects == Expects::YesNo;
        self.question = line.number.map(|n| (n, line.of));
        self.phase = Phase::Speaking;
        self.back = 0;
        let text = match &line.purpose {
            Purpose::Human { by } => format!("[{by}, a person] {}", line.text),
            _ => line.text.clone(),
        };
        self.caption(Who::Recruiter, text);
    }

    fn line_ended(&mut self, line: &Line, heard: &str, complete: bool) {
        if !complete && !heard.is_empty() {
            self.say(format!("Stopped after: \"{heard}\""));
        }
        if self.phase != Phase::Speaking {
            return;
        }
        self.phase = match line.expects {
            Expects::Nothing => Phase::Thinking,
            _ => Phase::Listening,
        };
        if self.typed_only && self.phase == Phase::Listening && !self.consent_due() {
            self.typing = true;
        }
    }

    fn ended(&mut self, reason: EndReason) {
        self.phase = Phase::Over;
        self.typing = false;
        self.overlay = None;
        self.say(over(reason));
    }

    /// A text that was pasted.
    pub(super) fn paste(&mut self, text: &str) {
        // Never sent by itself: whoever pastes looks at it first.
        if self.phase != Phase::Over && self.overlay.is_none() {
            self.typing = true;
            self.draft.insert(text);
        }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent, now_ms: u64) -> Asked {
        if key.kind == KeyEventKind::Release {
            return Asked::Nothing;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return self.interrupt();
        }
        match self.overlay {
            Some(Overlay::End) => return self.answer_end(key.code),
            Some(Overlay::Help) => {
                self.overlay = None;
                return Asked::Nothing;
            }
            None => {}
        }
        match key.code {
            KeyCode::PageUp => self.back = self.back.saturating_add(5),
            KeyCode::PageDown => self.back = self.back.saturating_sub(5),
            _ if self.typing => match self.draft.press(key) {
                Typed::Goes => {}
                Typed::Leave => self.typing = false,
                Typed::Send(text) => {
                    self.typing = self.typed_only;
                    return Asked::Do(Command::Type(text));
                }
            },
            KeyCode::Char(c) if !key.modifiers.contains(KeyModifiers::CONTROL) => {
                return self.command(c.to_ascii_lowercase(), now_ms);
            }
            _ => {}
        }
        Asked::Nothing
    }

    /// The first asks, the second ends in order, the third leaves.
    fn interrupt(&mut self) -> Asked {
        if self.ending || self.phase == Phase::Over {
            return Asked::Leave;
        }
        if self.overlay == Some(Overlay::End) {
            return self.answer_end(KeyCode::Char('y'));
        }
        self.overlay = Some(Overlay::End);
        Asked::Nothing
    }

    fn answer_end(&mut self, code: KeyCode) -> Asked {
        self.overlay = None;
        if matches!(code, KeyCode::Char('y' | 'Y')) {
            self.ending = true;
            self.typing = false;
            return Asked::Do(Command::Request(Request::End));
        }
        Asked::Nothing
    }

    fn command(&mut self, key: char, now_ms: u64) -> Asked {
        if key == '?' || key == 'h' {
            self.overlay = Some(Overlay::Help);
            return Asked::Nothing;
        }
        if self.phase == Phase::Over {
            return Asked::Nothing;
        }
        let (command, note) = match key {
            'y' | 'n' if self.consent_due() => {
                return Asked::Do(Command::Consent(key == 'y'));
            }
            'r' => (Command::Request(Request::Repeat), "Asked to hear it again."),
            'e' => (
                Command::Request(Request::Rephrase),
                "Asked for other words.",
            ),
            's' => (Command::Request(Request::Skip), "Asked to skip this."),
            'm' => (Command::Request(Request::Think), "Asked for a moment."),
            'f' => (Command::Request(Request::Finished), "Finished."),
            'g' if self.held => (Command::Request(Request::Resume), "Going on."),
            // In a moment to think it asks for a break in its place.
            'p' if self.held && self.paused => (Command::Request(Request::Resume), "Going on."),
            'p' => {
                self.left = self.left(now_ms).map(|left| (left, now_ms));
                self.paused = true;
                (Command::Request(Request::Pause), "Asked for a pause.")
            }
            'u' if self.typed_only => return self.remark("There is no microphone.", now_ms),
            'u' if self.muted => (Command::Mute(false), "You can be heard."),
            'u' => (Command::Mute(true), "Muted: nobody hears you."),
            't' => {
                self.typing = true;
                return Asked::Nothing;
            }
            '-' | '+' | '=' | 'v' if self.captions_only => {
                return self.remark("The recruiter is not heard, only read.", now_ms);
            }
            '-' | '+' | '=' => return self.set_speed(key != '-', now_ms),
            'v' => return self.other_voice(now_ms),
            'l' => return self.longer_pauses(now_ms),
            'q' => {
                self.overlay = Some(Overlay::End);
                return Asked::Nothing;
            }
            _ => return self.remark("? tells what the keys do.", now_ms),
        };
        self.note = Some((note.to_owned(), now_ms + NOTE_MS));
        Asked::Do(command)
    }

    fn remark(&mut self, text: &str, now_ms: u64) -> Asked {
        self.note = Some((text.to_owned(), now_ms + NOTE_MS));
        Asked::Nothing
    }

    fn set_speed(&mut self, faster: bool, now_ms: u64) -> Asked {
        let from = self.asked_speeds.last().copied().unwrap_or(self.speed);
        let speed = stepped(from, faster);
        self.asked_speeds.push(speed);
        self.remark(
            &format!("The voice's speed becomes {speed:.1}; R says the last words again."),
            now_ms,
        );
        Asked::Do(Command::VoiceSpeed(speed))
    }

    fn other_voice(&mut self, now_ms: u64) -> Asked {
        let Some(voice) = self.voices.next().map(str::to_owned) else {
            return self.remark("There is no other voice on this machine.", now_ms);
        };
        let text = format!("The voice becomes {voice}; R says the last words again.");
        self.remark(&text, now_ms);
        Asked::Do(Command::Voice(voice))
    }

    /// How long the pause that goes on may last yet.
    pub(super) fn pause_left(&self, now_ms: u64) -> Option<SessionTime> {
        let until = self.pause_until.filter(|_| self.held && self.paused)?;
        Some(SessionTime(until.saturating_sub(now_ms)))
    }

    fn longer_pauses(&mut self, now_ms: u64) -> Asked {
        let factor = next_factor(self.factor);
        self.remark(&pauses(factor), now_ms);
        Asked::Do(Command::PauseFactor(factor))
    }

    /// Whose turn it is, in one word, and what that means.
    pub(super) fn turn(&self) -> (&'static str, &'static str) {
        match self.phase {
            Phase::Over => ("OVER", "The record is being finished."),
            _ if !self.connected => ("WAITING", "The connection is lost; nothing is."),
            _ if self.held && self.paused => ("PAUSED", "P goes on."),
            _ if self.held && self.phase != Phase::Speaking => (
                "YOUR TIME",
                "Take your time. Speak or type when you are ready.",
            ),
            Phase::Speaking if self.captions_only => ("READ", "The recruiter asks."),
            Phase::Speaking => ("SPEAKING", "The recruiter speaks."),
            Phase::Thinking => ("THINKING", "One moment."),
            Phase::Hearing => ("LISTENING", "You are heard."),
            Phase::Listening if self.consent_due() => {
                ("YOUR TURN", "Do you agree? Press Y or N, or say yes or no.")
            }
            Phase::Listening if self.typed_only => ("YOUR TURN", "Type your answer."),
            Phase::Listening if self.muted => ("MUTED", "Press U to be heard, or T to type."),
            Phase::Listening => ("LISTENING", "It is your turn."),
        }
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
pub(super) mod tests;
