//! Takes up a session that broke off. Everything comes from its log: the
//! recorded inputs go into a fresh interviewer, whose outputs must be those
//! that were recorded; what a kill kept from being written is written then.
//!
//! Session time stands still while a session is interrupted, and so does the
//! recording: both go on at the later of the last event and the last
//! acknowledged frame. What was captured after that frame and is lost stands
//! as a gap on both tracks.

use super::Engine;
use super::session::{RATE, Refusal, Session, may_tell};
use crate::clock::{Clock, SessionTime, unix_millis};
use crate::event::{ClientFacts, Event, Input, Output, Record};
use crate::interview::{Interview, Setup};
use crate::protocol::{ErrorCode, Resume, Resumed, ServerMessage};
use crate::record::{Options, RecordError, RecordWriter, check_id};
use std::collections::VecDeque;
use std::path::Path;

/// Why a session that nobody marked is unfinished.
const KILLED: &str = "the engine ended before the session did";

/// A session that was opened again.
pub(super) enum Reopened {
    /// It can go on.
    Session(Box<Session>),
    /// This program's interviewer does not follow the log: it can be sealed
    /// as it is, and no more.
    Foreign {
        writer: Box<RecordWriter>,
        why: String,
    },
}

impl Session {
    /// Goes on with an interrupted session.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Resume`] where there is no such session or it is over;
    /// [`ErrorCode::Busy`] where another process has it; [`ErrorCode::Record`] where its record cannot
    /// be read or written.
    pub fn resume(
        engine: &Engine,
        client: ClientFacts,
        resume: &Resume,
    ) -> Result<(Self, Vec<ServerMessage>), Refusal> {
        let no = |text: String| Refusal::new(ErrorCode::Resume, text, true);
        let id = &resume.session;
        check_id(id).map_err(|e| no(e.to_string()))?;
        let dir = engine.sessions_dir().join(id);
        let mut session = match reopen(engine, &dir).map_err(|e| match e {
            RecordError::NotFound { .. } => no(format!("There is no session {id} here")),
            RecordError::Sealed { .. } => no(format!("Session {id} is over and sealed")),
            RecordError::Locked { .. } => Refusal::new(ErrorCode::Busy, e, true),
            e => e.into(),
        })? {
            Reopened::Session(session) => *session,
            Reopened::Foreign { why, .. } => {
                return Err(no(format!("Session {id} cannot go on: {why}")));
            }
        };
        let only_sound = resume.has.is_some() && session.may_go_on();
        if session.is_over() && !only_sound {
            session.left()?;
            session.finish()?;
            return Err(no(format!(
                "Session {id} is over; its record is finished now"
            )));
        }
        if let Some(has) = resume.has {
            // Its clock ran on.
            session.from = session.from.max(to_time(has.samples));
        }
        let resumed = Resumed {
            heard: session.heard_seq,
            kept: session.writer.audio_written(),
            first_sample: session.from.millis() * u64::from(RATE) / 1000,
            recording: session.recording,
            utterances: last_utterance(&session.records),
            pause_factor: session.interview.setup().settings.pause_factor,
        };
        let unix_ms = unix_millis();
        session.append(Event::Resumed { unix_ms })?;
        session.append(Event::Client(client))?;
        let mut out = vec![session.welcome(Some(resumed))];
        match resume.has {
            Some(has) => {
                out.extend(outputs_after(&session.records, has.outputs));
                out.extend(session.input(Input::Reconnected)?);
            }
            None => out.extend(session.input(Input::Resumed)?),
        }
        Ok((session, out))
    }

    /// Lets go of a session that may be resumed: what is there is on disk,
    /// and the log says that it broke off.
    ///
    /// # Errors
    ///
    /// Where the record cannot be written; the next start marks it then.
    pub fn suspend(mut self, why: &str) -> Result<(), RecordError> {
        self.writer.flush_audio()?;
        self.append(Event::Interrupted {
            why: why.to_owned(),
            unix_ms: unix_millis(),
            log_bytes: 0,
            audio_bytes: 0,
        })?;
        Ok(())
    }

    /// Whether more can come of the candidate's side: answers, or only the
    /// end of the recording where the last words were said already.
    pub(super) fn may_go_on(&self) -> bool {
        self.recording || !self.is_over()
    }

    /// Whether nothing can follow but the seal: the interview has ended, was
    /// never begun, or its recording was closed.
    pub(super) fn is_over(&self) -> bool {
        let closed = |r: &Record| matches!(r.event, Event::AudioEnded { .. });
        self.ended.is_some()
            || !self.begun()
            || self.writer.is_audio_closed()
            || self.records.iter().any(closed)
    }
}

/// Opens a session again and brings it to where it would be without the
/// interruption, or says why it cannot be followed. If its log does not say
/// so yet, it says then that the session broke off.
pub(super) fn reopen(engine: &Engine, dir: &Path) -> Result<Reopened, RecordError> {
    let (mut writer, left) = RecordWriter::reopen(dir, &Options::default())?;
    let marked = left.is_marked();
    let consent = left.consent();
    let mark = Event::Interrupted {
        why: KILLED.to_owned(),
        unix_ms: unix_millis(),
        log_bytes: left.log_bytes,
        audio_bytes: left.audio_bytes,
    };
    let followed = serde_json::from_value::<Setup>(writer.head().setup.clone())
        .map_err(|e| format!("its set-up cannot be read: {e}"))
        .and_then(|setup| Ok((follow(&setup, &left.records)?, setup)));
    let ((interview, due), setup) = match followed {
        Ok(followed) => followed,
        Err(why) => {
            if !marked {
                let at = writer.last_at();
                writer.append(at, &mark)?;
            }
            let writer = Box::new(writer);
            return Ok(Reopened::Foreign { writer, why });
        }
    };
    let last = writer.last_at();
    let clock = engine.clock.clone().unwrap_or_else(Clock::system);
    let heard = left.records.iter().filter(|r| may_tell(&r.event)).count();
    let logged = |what: fn(&Event) -> bool| left.records.iter().any(|r| what(&r.event));
    let audio_started = logged(|e| matches!(e, Event::AudioStarted { .. }));
    let recording = consent && !logged(|e| matches!(e, Event::AudioEnded { .. }));
    let mut session = Session {
        head: writer.head().clone(),
        setup,
        began: clock.now(),
        clock,
        from: last.max(to_time(writer.audio_written())),
        heard_seq: heard as u64,
        recording,
        with_audio: true,
        acknowledged: writer.audio_written(),
        ended: interview.ended(),
        prepared: None,
        local: engine.local,
        similarity: engine.similarity.clone(),
        live: None,
        interview,
        records: left.records,
        writer,
    };
    // Killed between the consent and the recording that follows from it.
    if session.recording && !audio_started {
        session.append_at(last, Event::AudioStarted { rate: RATE })?;
    }
    if session.recording && !session.writer.has_audio() {
        session.writer.start_audio(RATE)?;
    }
    let completed = !due.is_empty();
    for output in due {
        session.put_out(output, last)?;
    }
    if !marked || completed {
        session.append_at(last, mark)?;
    }
    Ok(Reopened::Session(Box::new(session)))
}

/// The interviewer after the recorded inputs, and those of its outputs that
/// were not written any more.
fn follow(setup: &Setup, records: &[Record]) -> Result<(Interview, VecDeque<Output>), String> {
    let mut interview = Interview::new(setup);
    let mut due = VecDeque::new();
    let parts = |seq: u64| {
        format!(
            "what {} does next is not what its log says at event {seq}",
            crate::PROGRAM
        )
    };
    for record in records {
        match &record.event {
            Event::Input { input } => {
                if !due.is_empty() {
                    return Err(parts(record.seq));
                }
                interview.handle(input.clone(), record.at);
                due.extend(std::iter::from_fn(|| interview.poll()));
            }
            Event::Output { output } if due.pop_front().as_ref() != Some(output) => {
                return Err(parts(record.seq));
            }
            _ => {}
        }
    }
    Ok((interview, due))
}

fn to_time(samples: u64) -> SessionTime {
    SessionTime((samples * 1000).div_ceil(u64::from(RATE)))
}

fn last_utterance(records: &[Record]) -> u32 {
    let ids = records.iter().filter_map(|r| match &r.event {
        Event::Input {
            input: Input::Utterance(utterance),
        } => Some(utterance.id),
        _ => None,
    });
    ids.max().unwrap_or(0)
}

fn outputs_after(records: &[Record], seq: u64) -> impl Iterator<Item = ServerMessage> {
    records.iter().filter_map(move |r| match &r.event {
        Event::Output { output } if r.seq > seq => Some(ServerMessage::Output {
            seq: r.seq,
            output: output.clone(),
            // The welcome has the words for what is open.
            vocabulary: Vec::new(),
        }),
        _ => None,
    })
}
