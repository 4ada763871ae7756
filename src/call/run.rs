//! The loop of a call: audio events, decoded text, the engine's messages and
//! the candidate's keys come in one at a time; each is acted on at once.
//!
//! A guard ([`BusyGuard`]) is held for everything that is under way (a
//! decode, an unanswered message, a line that is being made), so that a call
//! on a fast clock takes as much of it as it would really take.

use super::completeness::sounds_complete;
use super::turn::{FinishedTurn, Step, Turns};
use super::wire::{Heard, Wire, WireSettings};
use super::{CallError, CallEvent, Command, Hold, Link, LinkError, Outcome, Voice};
use crate::audio::{
    AudioEvent, AudioSession, Busy, BusyGuard, Control, FrontendCommand, Held, Player, SamplePos,
    pos_ms,
};
use crate::event::{
    ClientFacts, ConsentHow, EndReason, Event, Expects, Input, Line, LineId, Output, Source, Track,
    TurnTimes, Utterance,
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
/// Pauses may be this many times longer while the candidate thinks.
const HOLD_FACTOR: f32 = 4.0;
/// How far a fast clock may run ahead of what the engine has on disk.
const AHEAD: SamplePos = 16_000 * 2;
/// Silence that is recorded after the last word.
const TAIL: SamplePos = 16_000 / 4;

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
        pause_factor,
        held: false,
        hints,
        turns: Turns::after(resumed.map_or(0, |r| r.utterances)),
        base: resumed.map_or(0, |r| r.first_sample),
        decoding: BTreeMap::new(),
        unanswered: BTreeMap::new(),
        playing: None,
        waiting: VecDeque::new(),
        decided: None,
        voice_active: false,
        recording: false,
        recorded: 0,
        kept: 0,
        ahead: None,
        lost: 0,
        turn: None,
        reply: None,
        recognizer_failed: false,
        voice_failed: false,
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
    pause_factor: f32,
    /// The interviewer waits without its usual patience.
    held: bool,
    hints: DecodeHints,
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
    /// The line that a key for consent stopped: what waits behind it follows
    /// from the key, and is spoken.
    decided: Option<LineId>,
    /// The candidate is speaking.
    voice_active: bool,
    recording: bool,
    /// End of what was sent for the record.
    recorded: SamplePos,
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
            Heard::Lost => self.show(CallEvent::Connection { up: false }),
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
            ServerMessage::Output { output, .. } => {
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
            ServerMessage::Welcome { .. } | ServerMessage::Done { .. } => {}
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
                self.held = on;
                self.set_patience();
                self.show(CallEvent::Hold(on));
            }
            Output::Ended { reason } => {
                self.ended = Some(reason);
                self.show(CallEvent::Ended(reason));
            }
        }
        Ok(())
    }

    fn set_patience(&self) {
        let factor = self.pause_factor * if self.held { HOLD_FACTOR } else { 1.0 };
        self.audio
            .control
            .send(FrontendCommand::PauseFactor(factor));
    }

    /// Gives the voice its next line, unless the candidate is speaking: then
    /// the line waits until it is clear what was said.
    async fn next_line(&mut self) -> Result<(), LinkError> {
        while self.playing.is_none() && !self.voice_active && self.turns.is_idle() {
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
            AudioEvent::SpeechStarted { over_line, .. } => {
                if over_line.is_none() {
                    self.speech_started().await?;
                }
            }
            AudioEvent::BargeIn { .. } => {
                self.audio.player.stop();
                self.speech_started().await?;
            }
            AudioEvent::Paused(segment) => {
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
            AudioEvent::Resumed { segment } => self.turns.resumed(*segment),
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
            AudioEvent::Level { near_db, far_db } => self.show(CallEvent::Level {
                near_db: *near_db,
                far_db: *far_db,
            }),
            AudioEvent::MicEnded { .. } => tracing::info!("the microphone's file came to its end"),
            AudioEvent::Trouble { message, .. } => {
                self.problem("audio", message.clone()).await?;
            }
        }
        drop(event);
        Ok(())
    }

    async fn speech_started(&mut self) -> Result<(), LinkError> {
        if std::mem::replace(&mut self.voice_active, true) {
            return Ok(());
        }
        self.show(CallEvent::SpeechStarted);
        self.input(Input::SpeechStarted).await?;
        Ok(())
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
        self.end_line(line, heard, complete).await?;
        let decided = self.decided.take_if(|line| *line == id).is_some();
        if complete || decided {
            self.next_line().await
        } else {
            self.drop_waiting().await
        }
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
            self.audio
                .control
                .send(FrontendCommand::Expect(line.expects));
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
            Ok(text) => text,
            Err(SpeechError::Cancelled) => Transcript::default(),
            Err(error) => {
                if !std::mem::replace(&mut self.recognizer_failed, true) {
                    let message = format!("{error}. Answers can still be typed");
                    self.problem("recogniser", message).await?;
                }
                Transcript::default()
            }
        };
        if let Some(Step::Partial { segment, text }) = self.turns.decoded(decoded.id, text) {
            if let Some(complete) = sounds_complete(&text) {
                self.audio
                    .control
                    .send(FrontendCommand::SentenceComplete { segment, complete });
            }
            self.show(CallEvent::Partial(text));
        }
        self.deliver().await?;
        drop(guard);
        Ok(())
    }

    /// Sends every turn that is whole.
    async fn deliver(&mut self) -> Result<(), LinkError> {
        while let Some(Step::Turn(turn)) = self.turns.take(self.position()) {
            let FinishedTurn { utterance, times } = turn;
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
        self.drop_waiting().await?;
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
                    self.decided = Some(playing.line.id);
                    self.audio.player.stop();
                }
            }
            Command::Request(request) => {
                self.input(Input::Request { request }).await?;
                if request == crate::event::Request::Finished {
                    self.audio.control.send(FrontendCommand::Finish);
                } else {
                    self.audio.player.stop();
                }
            }
            Command::Type(text) => {
                self.audio.player.stop();
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
                self.pause_factor = factor;
                self.set_patience();
                self.input(Input::PauseFactor { factor }).await?;
                self.show(CallEvent::PauseFactor(factor));
            }
        }
        Ok(())
    }
}

/// Moves an event of this process's sample clock onto the recording's.
fn shift(event: &mut AudioEvent, base: SamplePos) {
    match event {
        AudioEvent::SpeechStarted { at, .. }
        | AudioEvent::LineStarted { at, .. }
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
        AudioEvent::BargeIn { .. }
        | AudioEvent::Resumed { .. }
        | AudioEvent::SegmentClosed { .. }
        | AudioEvent::Level { .. }
        | AudioEvent::MicEnded { .. }
        | AudioEvent::Trouble { .. } => {}
    }
}
