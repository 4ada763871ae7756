//! The loop of a call: audio events, decoded text, the engine's messages and
//! the candidate's keys come in one at a time; each is acted on at once.
//!
//! A guard ([`BusyGuard`]) is held for everything that is under way (a
//! decode, an unanswered message, a line that is being made), so that a call
//! on a fast clock takes as much of it as it would really take.

mod answers;
mod din;
mod keys;
mod lines;
mod overline;
mod sounds;

use sounds::{AHEAD, shift};

use super::bargein::Contest;
use super::din::Din;
use super::draft::Drafts;
use super::near::Near;
use super::turn::Turns;
use super::wire::{Heard, Wire, WireSettings};
use super::{CallError, CallEvent, Command, Link, LinkError, Outcome, Voice};
use crate::audio::{
    AnswerKind, AudioSession, Busy, BusyGuard, Control, FrontendCommand, Player, SamplePos, pos_ms,
};
use crate::event::{ClientFacts, EndReason, Event, Input, Line, LineId, Output, TurnTimes};
use crate::protocol::{ClientMessage, ServerMessage};
use crate::speech::DecodeHints;
use crate::speech::worker::RecognizerWorker;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// How long the engine may take to finish a record.
const DONE_WITHIN: Duration = Duration::from_secs(120);
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
        hints,
        near: Near::default(),
        din: Din::default(),
        drafts: Drafts::default(),
        asked: AnswerKind::default(),
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
        copied: 0..0,
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
            opened = state.voice.opened() => state.voice_opened(opened).await?,
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
    din: Din,
    drafts: Drafts,
    /// What sort of answer the ear waits for.
    asked: AnswerKind,
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
    /// Where the microphone gave a copy of what was played, before that was
    /// known.
    copied: Range<SamplePos>,
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
            ServerMessage::Prepared { draft, texts, told } => {
                if let Some((segment, busy)) = self.drafts.answered(draft) {
                    if let Some(told) = told {
                        let command = FrontendCommand::Told { segment, told };
                        self.audio.control.send(command);
                    }
                    if let Some(text) = texts.first() {
                        self.voice.prepare(text, busy);
                    }
                }
            }
            ServerMessage::Status { stage, left, pause } => {
                self.show(CallEvent::Status { stage, left, pause });
            }
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
            | ServerMessage::Accommodations { .. }
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
}
