//! The loop of a call: audio events, decoded text, the engine's messages and
//! the candidate's keys come in one at a time; each is acted on at once.
//!
//! A guard ([`BusyGuard`]) is held for everything that is under way (a
//! decode, an unanswered message, a line that is being made), so that a call
//! on a fast clock takes as much of it as it would really take.

use super::bargein::{self, Contest};
use super::completeness::{cue, word_count};
use super::draft::Drafts;
use super::near::Near;
use super::turn::{FinishedTurn, Step, Turns};
use super::wire::{Heard, Wire, WireSettings};
use super::{CallError, CallEvent, Command, Hold, Link, LinkError, Outcome, Voice};
use crate::audio::{
    AnswerKind, AudioEvent, AudioSession, Busy, BusyGuard, Control, Cue, DeviceNews,
    FrontendCommand, Held, Loudness, Player, SamplePos, pos_ms,
};
use crate::event::{
    ClientFacts, ConsentHow, EndReason, Event, Expects, Input, Line, LineId, Output, OverLine,
    Purpose, Source, Stage, Track, TurnTimes, Utterance,
};
use crate::protocol::{AudioFrame, ClientMessage, ServerMessage};
use crate::speech::worker::{DecodeJob, DecodeResult, RecognizerWorker};
use crate::speech::{DecodeHints, SpeechError, Transcript};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// How long the engine may take to finish a record.
const DONE_WITHIN: Duration = Duration::from_secs(120);
/// How far a fast clock may run ahead of what the engine has on disk.
const AHEAD: SamplePos = 16_000 * 2;
/// How far levels that are passed on are apart.
const LEVEL_EVERY: SamplePos = 16_000 / 5;
/// Silence that is recorded after the last word.
const TAIL: SamplePos = 16_000 / 4;
/// How long after a line its echo may begin to be heard.
const LATE_ECHO: SamplePos = 16_000;

/// Everything that a call needs, opened and ready.
pub struct Call {
    /// The connection, its welcome already read.
    pub link: Link,
    /// The engine's welcome.
    pub welcome: ServerMessage,
    /// What this side runs on, as its hello said.
    pub client: ClientFacts,
    /// What to do where the connection breaks.
    pub wire: WireSettings,
    /// Microphone and speaker.
    pub audio: AudioSession,
    /// The recogniser.
    pub recognizer: RecognizerWorker,
    /// The recruiter's voice.
    pub voice: Voice,
    /// Consent that was given on the command line.
    pub consent_beforehand: bool,
    /// Accommodation: pauses may be this many times longer.
    pub pause_factor: f32,
    /// Who watches.
    pub view: broadcast::Sender<CallEvent>,
    /// The candidate's keys; a closed channel is no harm.
    pub commands: mpsc::Receiver<Command>,
}

/// Holds the call to its end.
///
/// # Errors
///
/// Where the engine is lost or refuses; what was acknowledged is on its
/// record.
pub async fn run(call: Call) -> Result<Outcome, CallError> {
    let Call {
        link,
        welcome,
        client,
        wire,
        mut audio,
        mut recognizer,
        voice,
        consent_beforehand,
        pause_factor,
        view,
        mut commands,
    } = call;
    let ServerMessage::Welcome {
        session,
        candidate,
        position,
        company,
        vocabulary,
        resumed,
        ..
    } = welcome
    else {
        return Err(LinkError::Broken("its first message was no welcome".into()).into());
    };
    let _ = view.send(CallEvent::Connected {
        session: session.clone(),
        candidate,
        position,
        company,
    });
    // The accommodation of the session, not of this process.
    let pause_factor = resumed.map_or(pause_factor, |r| r.pause_factor);
    audio
        .control
        .send(FrontendCommand::PauseFactor(pause_factor));
    let _ = view.send(CallEvent::PauseFactor(pause_factor));
    let hints = DecodeHints {
        prompt: (!vocabulary.is_empty()).then(|| vocabulary.join(", ")),
    };
    let mut state = State {
        audio: Handles {
            player: audio.player.clone(),
            control: audio.control.clone(),
            busy: audio.busy.clone(),
        },
        link: Wire::start(link, session.clone(), client, resumed, &wire),
        voice,
        view,
        consent_beforehand,
        hints,
        near: Near::default(),
        drafts: Drafts::default(),
        turns: Turns::after(resumed.map_or(0, |r| r.utterances)),
        base: resumed.map_or(0, |r| r.first_sample),
        decoding: BTreeMap::new(),
        unanswered: BTreeMap::new(),
        playing: None,
        waiting: VecDeque::new(),
        contest: None,
        last_line: None,
        voice_active: false,
        recording: false,
        recorded: 0,
        levelled: 0,
        kept: 0,
        ahead: None,
        lost: 0,
        turn: None,
        reply: None,
        recognizer_failed: false,
        voice_failed: false,
        speaker_gone: false,
        cut_off: None,
        ended: None,
        end_at: None,
    };
    if let Some(resumed) = resumed.filter(|r| r.recording) {
        // Consent is on the log; what was captured before the welcome stays
        // unsent all the same.
        state.recording = true;
        state.recorded = state.position();
        state.kept = resumed.kept.max(state.recorded);
    }
    let Some(mut decodes) = recognizer.take_results() else {
        return Err(CallError::Thread(
            "The recogniser's results are taken already".into(),
        ));
    };
    if resumed.is_none() {
        state.input(Input::Begin).await?;
    }
    let reason = loop {
        tokio::select! {
            biased;
            heard = state.link.receive() => state.heard(heard).await?,
            Some(decoded) = decodes.recv() => state.decoded(decoded).await?,
            Some(command) = commands.recv() => state.command(command).await?,
            event = audio.events.recv() => match event {
                Some(mut event) => {
                    shift(&mut event.value, state.base);
                    state.on_audio(&recognizer, event).await?;
                }
                None => break state.ended.unwrap_or(EndReason::CandidateLeft),
            },
        }
        if let Some(reason) = state.finished() {
            break reason;
        }
    };
    let State {
        mut link,
        voice,
        recorded: samples,
        lost,
        ..
    } = state;
    link.send(|seq| ClientMessage::Bye { seq, samples }).await?;
    let record = tokio::time::timeout(DONE_WITHIN, done(&mut link))
        .await
        .map_err(|_| LinkError::Broken("the record was not finished in time".into()))??;
    link.close().await;
    // The voice speaks into the player, so it goes first.
    drop(voice);
    audio.close();
    Ok(Outcome {
        session,
        reason,
        record,
        lost,
    })
}

async fn done(link: &mut Wire) -> Result<Option<PathBuf>, LinkError> {
    loop {
        match link.receive().await {
            Heard::Message(ServerMessage::Done { record, .. }) => {
                return Ok(record.map(PathBuf::from));
            }
            Heard::Finished => return Ok(None),
            Heard::Over(error) => return Err(error),
            _ => {}
        }
    }
}

/// A line that was sent by the engine.
struct Playing {
    line: Line,
    started: Option<SamplePos>,
}

/// The audio session's handles.
struct Handles {
    player: Player,
    control: Control,
    busy: Busy,
}

struct State {
    audio: Handles,
    link: Wire,
    voice: Voice,
    view: broadcast::Sender<CallEvent>,
    consent_beforehand: bool,
    hints: DecodeHints,
    near: Near,
    drafts: Drafts,
    turns: Turns,
    /// Position in the recording of this process's first sample.
    base: SamplePos,
    /// Decodes under way.
    decoding: BTreeMap<u64, BusyGuard>,
    /// Messages that the engine has not acknowledged.
    unanswered: BTreeMap<u64, BusyGuard>,
    /// The line that the voice has; others wait their turn behind it.
    playing: Option<Playing>,
    waiting: VecDeque<Line>,
    /// A sound over the line, until it is clear what it is.
    contest: Option<Contest>,
    /// The line that was played last, and where it ended.
    last_line: Option<(Line, SamplePos)>,
    /// The candidate is speaking.
    voice_active: bool,
    recording: bool,
    /// End of what was sent for the record.
    recorded: SamplePos,
    /// Where a level was passed on last.
    levelled: SamplePos,
    /// End of what the engine has on disk.
    kept: SamplePos,
    /// Holds a fast clock back while the engine is behind with the audio.
    ahead: Option<BusyGuard>,
    lost: u64,
    /// Turn that waits for the engine's reply, and its message's number.
    turn: Option<(TurnTimes, u64)>,
    /// Turn whose reply is about to be played.
    reply: Option<(TurnTimes, LineId)>,
    recognizer_failed: bool,
    voice_failed: bool,
    /// There is no speaker; and the line that went with it, which is said
    /// again by the next one.
    speaker_gone: bool,
    cut_off: Option<LineId>,
    ended: Option<EndReason>,
    /// Where the recording may end, once the last line was played.
    end_at: Option<SamplePos>,
}

impl State {
    fn show(&self, event: CallEvent) {
        // Nobody has to watch.
        let _ = self.view.send(event);
    }

    /// Where the recording is now.
    fn position(&self) -> SamplePos {
        self.base + self.audio.player.position()
    }

    /// Why the interview ended, once everything of it is sent.
    fn finished(&mut self) -> Option<EndReason> {
        let reason = self.ended?;
        if self.playing.is_some() || !self.waiting.is_empty() {
            return None;
        }
        let now = self.position();
        let end = *self.end_at.get_or_insert(now + TAIL);
        (!self.recording || self.recorded >= end).then_some(reason)
    }

    async fn input(&mut self, input: Input) -> Result<u64, LinkError> {
        let seq = self
            .link
            .send(|seq| ClientMessage::Input { seq, input })
            .await?;
        self.unanswered.insert(seq, self.audio.busy.enter());
        Ok(seq)
    }

    async fn fact(&mut self, event: Event) -> Result<(), LinkError> {
        self.link
            .send(|seq| ClientMessage::Fact { seq, event })
            .await?;
        Ok(())
    }

    async fn problem(&mut self, part: &str, message: String) -> Result<(), LinkError> {
        tracing::warn!(part, message, "the call goes on without it");
        self.show(CallEvent::Problem(message.clone()));
        let part = part.to_owned();
        self.fact(Event::Problem { part, message }).await
    }

    async fn heard(&mut self, heard: Heard) -> Result<(), LinkError> {
        match heard {
            Heard::Message(message) => self.on_message(message).await?,
            Heard::Lost => {
                // What was asked in advance is answered no more.
                self.drafts = Drafts::default();
                self.show(CallEvent::Connection { up: false });
            }
            Heard::Back(away) => {
                self.show(CallEvent::Connection { up: true });
                let seconds = away.as_secs_f64();
                let part = "connection".to_owned();
                let message = format!("The connection was away for {seconds:.1} seconds");
                self.fact(Event::Problem { part, message }).await?;
            }
            Heard::Trouble(message) => self.problem("spool", message).await?,
            // Only a goodbye is answered so, and none was said yet.
            Heard::Finished => {}
            Heard::Over(error) => return Err(error),
        }
        Ok(())
    }

    async fn on_message(&mut self, message: ServerMessage) -> Result<(), LinkError> {
        tracing::debug!(?message, "engine");
        match message {
            ServerMessage::Output {
                output, vocabulary, ..
            } => {
                if !vocabulary.is_empty() {
                    self.hints.prompt = Some(vocabulary.join(", "));
                }
                self.output(output).await?;
            }
            ServerMessage::Ack { seq } => {
                // After a break one number stands for all before it.
                self.unanswered = self.unanswered.split_off(&(seq + 1));
                // Answered without a line: the turn's times end here.
                if self.turn.as_ref().is_some_and(|t| t.1 <= seq)
                    && let Some((times, _)) = self.turn.take()
                {
                    self.turn_done(times).await?;
                }
            }
            ServerMessage::Prepared { draft, texts } => {
                if let (Some(busy), Some(text)) = (self.drafts.answered(draft), texts.first()) {
                    self.voice.prepare(text, busy);
                }
            }
            ServerMessage::Status { stage, left } => self.show(CallEvent::Status { stage, left }),
            ServerMessage::Error {
                code,
                message,
                fatal,
            } => {
                if fatal {
                    return Err(LinkError::Refused { code, message });
                }
                tracing::warn!(?code, message, "the engine refused a message");
            }
            ServerMessage::AudioAck { samples } => {
                self.kept = self.kept.max(samples);
                if self.recorded <= self.kept + AHEAD {
                    self.ahead = None;
                }
            }
            ServerMessage::Listening { roles } => self.show(CallEvent::Listening(roles)),
            ServerMessage::Welcome { .. }
            | ServerMessage::Begun { .. }
            | ServerMessage::Done { .. } => {}
        }
        Ok(())
    }

    async fn output(&mut self, output: Output) -> Result<(), LinkError> {
        match output {
            Output::Say(line) => {
                if let Some((mut times, _)) = self.turn.take() {
                    times.reply_ms = Some(pos_ms(self.position()).max(times.text_ms));
                    self.reply = Some((times, line.id));
                }
                self.waiting.push_back(line);
                self.next_line().await?;
            }
            Output::Consent { given, .. } => {
                self.recording = given;
                self.recorded = self.position();
                self.kept = self.recorded;
                self.show(CallEvent::Consent(given));
            }
            Output::Hold { on } => {
                self.audio.control.send(FrontendCommand::Thinking(on));
                self.show(CallEvent::Hold(on));
            }
            Output::Ended { reason } => {
                self.ended = Some(reason);
                self.show(CallEvent::Ended(reason));
            }
        }
        Ok(())
    }

    /// Gives the voice its next line, unless the candidate is speaking: then
    /// the line waits until it is clear what was said.
    async fn next_line(&mut self) -> Result<(), LinkError> {
        while self.playing.is_none() && !self.voice_active && self.nothing_open() {
            let Some(line) = self.waiting.pop_front() else {
                return Ok(());
            };
            self.show(CallEvent::Line(line.clone()));
            let busy = self.audio.busy.enter();
            let taken = self.voice.speak(line.id, &line.text, busy);
            match taken {
                Ok(()) => {
                    self.playing = Some(Playing {
                        line,
                        started: None,
                    });
                }
                // No sound comes of it, so it has ended with its caption.
                Err(message) => {
                    self.voice_failed(message).await?;
                    self.line_heard(line).await?;
                }
            }
        }
        Ok(())
    }

    /// Whether nothing that was said waits to be understood.
    fn nothing_open(&self) -> bool {
        match &self.contest {
            Some(contest) if contest.dismissed().is_some() => true,
            Some(contest) if contest.open => false,
            _ => self.turns.is_idle(),
        }
    }

    /// Lines are read from now on, if they cannot be heard. Told once.
    async fn voice_failed(&mut self, message: String) -> Result<(), LinkError> {
        if !std::mem::replace(&mut self.voice_failed, true) {
            self.problem("voice", message).await?;
        }
        Ok(())
    }

    /// A line that was not played, but shown.
    async fn line_heard(&mut self, line: Line) -> Result<(), LinkError> {
        let heard = line.text.clone();
        self.end_line(line, heard, true).await
    }

    /// Lines that wait are void: the candidate said something else first.
    async fn drop_waiting(&mut self) -> Result<(), LinkError> {
        while let Some(line) = self.waiting.pop_front() {
            let input = Input::LineEnded {
                line: line.id,
                heard: String::new(),
                complete: false,
            };
            self.input(input).await?;
        }
        Ok(())
    }

    async fn on_audio(
        &mut self,
        recognizer: &RecognizerWorker,
        event: Held<AudioEvent>,
    ) -> Result<(), LinkError> {
        let Held { value, .. } = &event;
        if !matches!(value, AudioEvent::Chunk { .. } | AudioEvent::Level { .. }) {
            tracing::debug!(?value, "audio");
        }
        match value {
            AudioEvent::SpeechStarted { at, over_line } => match over_line {
                Some(line) if self.playing.is_some() => self.contest(*line, *at).opened(*at),
                _ => {
                    // A reply of which nothing was heard yet is withdrawn:
                    // the turn that it answers goes on.
                    if self.playing.as_ref().is_some_and(|p| p.started.is_none()) {
                        self.stop_line().await?;
                    }
                    self.speech_started().await?;
                }
            },
            AudioEvent::BargeIn { line, at } => {
                // Speech from before the line is no "mhm".
                if self.voice_active {
                    self.contest(*line, *at);
                    self.interrupted(OverLine::Interruption).await?;
                }
            }
            AudioEvent::LineLevel { line, at, loudness } => {
                self.line_level(*line, *at, *loudness).await?;
            }
            AudioEvent::Paused(segment) => {
                if let Some(contest) = &mut self.contest {
                    contest.speaking = false;
                }
                if let Step::Decode {
                    job,
                    audio: pcm,
                    cancel,
                } = self.turns.paused(segment.clone())
                {
                    self.decoding.insert(job, self.audio.busy.enter());
                    let submitted = recognizer.submit(DecodeJob {
                        id: job,
                        audio: pcm,
                        hints: self.hints.clone(),
                        cancel,
                        speculative: true,
                    });
                    if let Err(error) = submitted {
                        // The recording goes on; the turn counts as unheard.
                        let result = Err(error);
                        self.decoded(DecodeResult { id: job, result }).await?;
                    }
                }
            }
            AudioEvent::Resumed { segment } => {
                self.drafts.drop_open();
                self.turns.resumed(*segment);
                if let Some(contest) = &mut self.contest {
                    contest.reopen();
                }
            }
            AudioEvent::SegmentClosed { .. } => {}
            AudioEvent::TurnEnded { speech_end, at, .. } => {
                self.voice_active = false;
                self.turns.ended(*speech_end, *at);
                self.show(CallEvent::SpeechEnded);
                self.deliver().await?;
            }
            AudioEvent::LineStarted { line, at } => {
                if let Some(playing) = self.playing.as_mut().filter(|p| p.line.id == *line) {
                    playing.started = Some(*at);
                }
                if self.reply.as_ref().is_some_and(|r| r.1 == *line)
                    && let Some((mut times, _)) = self.reply.take()
                {
                    times.first_audio_ms = Some(pos_ms(*at));
                    self.turn_done(times).await?;
                }
            }
            AudioEvent::LineEnded {
                line,
                at,
                played,
                complete,
            } => {
                let (at, played, complete) = (*at, *played, *complete);
                self.line_ended(*line, at, played, complete).await?;
            }
            AudioEvent::Chunk { at, near, far } => {
                self.chunk(*at, near, far).await?;
            }
            AudioEvent::Gap {
                track,
                at,
                samples,
                why,
            } => {
                self.lost += samples;
                let event = Event::Gap {
                    track: *track,
                    first_sample: *at,
                    samples: *samples,
                    why: why.clone(),
                };
                self.fact(event).await?;
            }
            AudioEvent::Level { near_db, far_db } => {
                let (near_db, far_db) = (*near_db, *far_db);
                self.show(CallEvent::Level { near_db, far_db });
                self.level(near_db, far_db).await?;
                let now = self.position();
                if self.contest.as_ref().is_some_and(|c| c.is_sure(now)) {
                    self.interrupted(OverLine::Interruption).await?;
                }
            }
            AudioEvent::Echo(_) => {}
            AudioEvent::MicEnded { .. } => tracing::info!("the microphone's file came to its end"),
            AudioEvent::Device {
                track,
                news,
                message,
            } => self.device(*track, *news, message).await?,
            AudioEvent::Trouble { message, .. } => {
                self.problem("audio", message.clone()).await?;
            }
        }
        drop(event);
        Ok(())
    }

    /// A microphone or speaker went, came back, or does badly.
    async fn device(
        &mut self,
        track: Track,
        news: DeviceNews,
        message: &str,
    ) -> Result<(), LinkError> {
        let there = match news {
            DeviceNews::Gone => false,
            DeviceNews::Back => true,
            DeviceNews::Poor => return self.problem(part_of(track), message.to_owned()).await,
            DeviceNews::Well => {
                self.show(CallEvent::Notice(message.to_owned()));
                return Ok(());
            }
        };
        if track == Track::Far {
            self.speaker_gone = !there;
            if !there {
                self.cut_off = self.playing.as_ref().map(|p| p.line.id);
            }
        }
        // First the interviewer: its patience must not run out meanwhile.
        self.input(Input::Device { track, there }).await?;
        if there {
            self.show(CallEvent::Notice(message.to_owned()));
            return Ok(());
        }
        self.problem(part_of(track), message.to_owned()).await
    }

    /// Passes a level on now and then, for whoever watches.
    async fn level(&mut self, near_db: f32, far_db: f32) -> Result<(), LinkError> {
        let now = self.position();
        if !self.recording || now < self.levelled + LEVEL_EVERY {
            return Ok(());
        }
        self.levelled = now;
        self.link
            .pass_on(&ClientMessage::Level { near_db, far_db })
            .await
    }

    async fn speech_started(&mut self) -> Result<(), LinkError> {
        if std::mem::replace(&mut self.voice_active, true) {
            return Ok(());
        }
        self.show(CallEvent::SpeechStarted);
        self.input(Input::SpeechStarted).await?;
        Ok(())
    }

    fn contest(&mut self, line: LineId, at: SamplePos) -> &mut Contest {
        self.contest.get_or_insert_with(|| Contest::new(line, at))
    }

    async fn line_level(
        &mut self,
        line: LineId,
        at: SamplePos,
        loudness: Loudness,
    ) -> Result<(), LinkError> {
        match loudness {
            Loudness::Ducked => self.contest(line, at).ducked(at),
            Loudness::Held => self.contest(line, at).held(at),
            // The ear has decided by itself: there was no word.
            Loudness::Full => {
                if let Some(contest) = self.contest.take_if(|c| !c.open) {
                    let event = Event::SoundOver(contest.decided(OverLine::Noise, at));
                    self.fact(event).await?;
                }
            }
        }
        Ok(())
    }

    /// The candidate takes the turn: the line and what waits behind it are
    /// not said.
    async fn interrupted(&mut self, was: OverLine) -> Result<(), LinkError> {
        if let Some(contest) = self.contest.take() {
            let now = self.position();
            self.fact(Event::SoundOver(contest.decided(was, now)))
                .await?;
        }
        if was == OverLine::Interruption {
            self.stop_line().await?;
        }
        self.speech_started().await
    }

    async fn stop_line(&mut self) -> Result<(), LinkError> {
        self.audio.player.stop();
        self.drop_waiting().await
    }

    /// What the words over a line are.
    fn judge(&self, contest: &Contest, text: &str) -> OverLine {
        let now = self.position();
        if let Some(playing) = &self.playing {
            let at = contest.held_at().unwrap_or(now);
            let played = playing.started.map_or(0, |s| at.saturating_sub(s));
            let (heard, _) = self.voice.heard(playing.line.id, played);
            return bargein::judge(text, &playing.line, &heard, true);
        }
        let more = !self.waiting.is_empty();
        self.last_line
            .as_ref()
            .map_or(OverLine::Ended, |(line, _)| {
                bargein::judge(text, line, &line.text, more)
            })
    }

    /// Words over a line, as far as they are decoded.
    async fn words_over_line(&mut self, text: &str) -> Result<(), LinkError> {
        let Some(contest) = self.contest.as_ref().filter(|c| c.undecided()) else {
            return Ok(());
        };
        match self.judge(contest, text) {
            // With the turn, when it is over.
            OverLine::Ended => Ok(()),
            OverLine::Interruption => self.interrupted(OverLine::Interruption).await,
            nothing => {
                let now = self.position();
                if let Some(contest) = &mut self.contest {
                    contest.dismiss(nothing, now);
                }
                let echo = nothing == OverLine::Echo;
                self.audio.control.send(FrontendCommand::Restore { echo });
                self.next_line().await
            }
        }
    }

    /// Whether a turn that is over was nothing but an "mhm", an echo or a
    /// noise over a line. Where it was more, the line is stopped.
    async fn was_nothing(&mut self, text: &str, began_ms: u64) -> Result<bool, LinkError> {
        let Some(contest) = self.contest.take_if(|c| c.open) else {
            let late = self.last_line.as_ref().is_some_and(|(line, end)| {
                began_ms < pos_ms(end + LATE_ECHO) && bargein::is_late_echo(text, &line.text)
            });
            if late {
                self.input(Input::SpeechIgnored).await?;
            }
            return Ok(late);
        };
        let was = contest
            .dismissed()
            .unwrap_or_else(|| self.judge(&contest, text));
        match was {
            OverLine::Interruption | OverLine::Ended => {
                self.contest = Some(contest);
                self.interrupted(was).await?;
                self.voice_active = false;
                Ok(false)
            }
            nothing => {
                let echo = nothing == OverLine::Echo;
                if contest.dismissed().is_none() {
                    self.audio.control.send(FrontendCommand::Restore { echo });
                }
                let event = Event::SoundOver(contest.decided(nothing, self.position()));
                self.fact(event).await?;
                Ok(true)
            }
        }
    }

    async fn chunk(&mut self, at: SamplePos, near: &[i16], far: &[i16]) -> Result<(), LinkError> {
        // What was captured before consent is neither stored nor sent.
        let skip = self.recorded.saturating_sub(at) as usize;
        if !self.recording || skip >= near.len() {
            return Ok(());
        }
        for (track, pcm) in [(Track::Near, near), (Track::Far, far)] {
            let frame = AudioFrame {
                track,
                seq: 0,
                first_sample: at + skip as u64,
                pcm: pcm[skip..].to_vec(),
            };
            self.link.send_audio(frame).await?;
        }
        self.recorded = at + near.len() as u64;
        if self.ahead.is_none() && self.recorded > self.kept + AHEAD {
            self.ahead = Some(self.audio.busy.enter());
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "the event's own fields")]
    async fn line_ended(
        &mut self,
        id: LineId,
        at: SamplePos,
        played: u64,
        complete: bool,
    ) -> Result<(), LinkError> {
        let Some(Playing { line, started }) = self.playing.take_if(|p| p.line.id == id) else {
            return Ok(());
        };
        if self.cut_off.take() == Some(id) && !complete {
            // The candidate stopped nothing: the line is not over.
            self.waiting.push_front(line);
            return self.next_line().await;
        }
        let (mut heard, failed) = self.voice.heard(id, played);
        let mut complete = complete;
        if let Some(message) = failed {
            self.voice_failed(message).await?;
            // The caption was shown in its place.
            (heard, complete) = (line.text.clone(), true);
        } else if complete {
            heard.clone_from(&line.text);
        }
        if let Some(started) = started {
            let event = Event::Played {
                line: id,
                start_ms: pos_ms(started),
                end_ms: pos_ms(at),
            };
            self.fact(event).await?;
        }
        self.last_line = Some((line.clone(), at));
        self.end_line(line, heard, complete).await?;
        if let Some(contest) = self.contest.take_if(|c| !c.open) {
            let event = Event::SoundOver(contest.decided(OverLine::Noise, at));
            self.fact(event).await?;
        }
        // Somebody speaks into its end: the interviewer waits for the words.
        if self.waiting.is_empty() && self.contest.as_ref().is_some_and(Contest::undecided) {
            self.speech_started().await?;
        }
        self.next_line().await
    }

    /// Tells the interviewer what was heard of a line, and waits for what it
    /// asks for.
    async fn end_line(
        &mut self,
        line: Line,
        heard: String,
        complete: bool,
    ) -> Result<(), LinkError> {
        let input = Input::LineEnded {
            line: line.id,
            heard: heard.clone(),
            complete,
        };
        self.input(input).await?;
        if line.expects != Expects::Nothing {
            let asked = answer_kind(&line);
            self.audio.control.send(FrontendCommand::Expect(asked));
        }
        if self.consent_beforehand && line.expects == Expects::YesNo && !self.recording {
            self.consent_beforehand = false;
            let how = ConsentHow::Beforehand;
            self.input(Input::Consent { given: true, how }).await?;
        }
        self.show(CallEvent::LineEnded {
            line,
            heard,
            complete,
            hold: Hold(Some(Arc::new(self.audio.busy.enter()))),
        });
        Ok(())
    }

    async fn decoded(&mut self, decoded: DecodeResult) -> Result<(), LinkError> {
        let guard = self.decoding.remove(&decoded.id);
        let text = match decoded.result {
            Ok(text) => self.near.judge(text),
            Err(SpeechError::Cancelled) => Transcript::default(),
            Err(error) => {
                if !std::mem::replace(&mut self.recognizer_failed, true) {
                    let message = format!("{error}. Answers can still be typed");
                    self.problem("recogniser", message).await?;
                }
                Transcript::default()
            }
        };
        let now = self.position();
        if let Some(Step::Partial { segment, text }) = self.turns.decoded(decoded.id, text, now) {
            let (cue, words) = (cue(&text), word_count(&text));
            if words > 0 {
                self.audio.control.send(FrontendCommand::Cue {
                    segment,
                    cue,
                    words,
                });
            }
            self.prepare(cue).await?;
            self.words_over_line(&text).await?;
            if self.recording {
                let text = text.clone();
                self.link.pass_on(&ClientMessage::Partial { text }).await?;
            }
            self.show(CallEvent::Partial(text));
        }
        self.deliver().await?;
        drop(guard);
        Ok(())
    }

    /// Asks what would be said if the turn were over, where it may be.
    async fn prepare(&mut self, cue: Cue) -> Result<(), LinkError> {
        let free = self.playing.is_none() && self.waiting.is_empty();
        let Some(utterance) = self.turns.draft().filter(|_| free) else {
            return Ok(());
        };
        let busy = || self.audio.busy.enter();
        if let Some(draft) = self.drafts.ask(&utterance, cue, busy) {
            let question = ClientMessage::Prepare { draft, utterance };
            self.link.pass_on(&question).await?;
        }
        Ok(())
    }

    /// Sends every turn that is whole.
    async fn deliver(&mut self) -> Result<(), LinkError> {
        while let Some(Step::Turn(turn)) = self.turns.take(self.position()) {
            let FinishedTurn { utterance, times } = turn;
            let (text, began_ms) = utterance
                .as_ref()
                .map_or(("", u64::MAX), |u| (u.text.as_str(), u.start_ms));
            if self.was_nothing(text, began_ms).await? {
                if utterance.is_some() {
                    self.turns.give_back();
                }
                self.show(CallEvent::Partial(String::new()));
                continue;
            }
            let Some(utterance) = utterance else {
                self.show(CallEvent::Ignored);
                self.input(Input::SpeechIgnored).await?;
                continue;
            };
            self.answer(utterance, Some(times)).await?;
        }
        self.next_line().await
    }

    async fn answer(
        &mut self,
        utterance: Utterance,
        times: Option<TurnTimes>,
    ) -> Result<(), LinkError> {
        self.drafts.drop_open();
        self.drop_waiting().await?;
        if self.speaker_gone {
            // A line that waits for the speaker was answered from its caption.
            self.audio.player.stop();
        }
        self.show(CallEvent::Utterance(utterance.clone()));
        let seq = self.input(Input::Utterance(utterance)).await?;
        self.turn = times.map(|t| (t, seq));
        Ok(())
    }

    async fn turn_done(&mut self, times: TurnTimes) -> Result<(), LinkError> {
        self.show(CallEvent::Turn(times.clone()));
        self.fact(Event::Turn(times)).await
    }

    async fn command(&mut self, command: Command) -> Result<(), LinkError> {
        match command {
            Command::Consent(given) => {
                let how = ConsentHow::Key;
                self.input(Input::Consent { given, how }).await?;
                // Whoever has decided need not hear the question to its end.
                if let Some(playing) = &self.playing
                    && playing.line.expects == Expects::YesNo
                {
                    // What waits behind it follows from the key, and is spoken.
                    self.audio.player.stop();
                }
            }
            Command::Request(request) => {
                self.input(Input::Request { request }).await?;
                if request == crate::event::Request::Finished {
                    self.audio.control.send(FrontendCommand::Finish);
                } else {
                    self.stop_line().await?;
                }
            }
            Command::Type(text) => {
                self.stop_line().await?;
                let now = pos_ms(self.position());
                let utterance = Utterance {
                    id: self.turns.typed(),
                    text,
                    words: Vec::new(),
                    start_ms: now,
                    end_ms: now,
                    confidence: 1.0,
                    source: Source::Typed,
                };
                self.answer(utterance, None).await?;
            }
            Command::Mute(on) => {
                self.audio.control.send(FrontendCommand::Mute(on));
                self.input(Input::Muted { on }).await?;
                self.show(CallEvent::Muted(on));
            }
            Command::VoiceSpeed(speed) => match self.voice.set_speed(speed) {
                Ok(()) => {
                    self.fact(Event::VoiceSpeed { speed }).await?;
                    self.show(CallEvent::VoiceSpeed(speed));
                }
                Err(message) => self.show(CallEvent::Problem(message)),
            },
            Command::PauseFactor(factor) => {
                let command = FrontendCommand::PauseFactor(factor);
                self.audio.control.send(command);
                self.input(Input::PauseFactor { factor }).await?;
                self.show(CallEvent::PauseFactor(factor));
            }
        }
        Ok(())
    }
}

const fn part_of(track: Track) -> &'static str {
    match track {
        Track::Near => "microphone",
        Track::Far => "speaker",
    }
}

/// What sort of answer a line asks for.
fn answer_kind(line: &Line) -> AnswerKind {
    let told = matches!(line.purpose, Purpose::Introduction)
        || (line.stage == Stage::Project && line.purpose == Purpose::Question);
    match line.expects {
        Expects::Long if told => AnswerKind::Story,
        Expects::Long if matches!(line.purpose, Purpose::Probe { .. }) => AnswerKind::Point,
        expects => expects.into(),
    }
}

/// Moves an event of this process's sample clock onto the recording's.
fn shift(event: &mut AudioEvent, base: SamplePos) {
    match event {
        AudioEvent::SpeechStarted { at, .. }
        | AudioEvent::BargeIn { at, .. }
        | AudioEvent::LineStarted { at, .. }
        | AudioEvent::LineLevel { at, .. }
        | AudioEvent::LineEnded { at, .. }
        | AudioEvent::Chunk { at, .. }
        | AudioEvent::Gap { at, .. } => *at += base,
        AudioEvent::TurnEnded { speech_end, at, .. } => {
            *speech_end += base;
            *at += base;
        }
        AudioEvent::Paused(segment) => {
            segment.start += base;
            segment.speech_start += base;
            segment.speech_end += base;
        }
        AudioEvent::Resumed { .. }
        | AudioEvent::SegmentClosed { .. }
        | AudioEvent::Level { .. }
        | AudioEvent::Echo(_)
        | AudioEvent::MicEnded { .. }
        | AudioEvent::Device { .. }
        | AudioEvent::Trouble { .. } => {}
    }
}
