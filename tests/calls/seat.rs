//! One session without a wire, on a clock that is driven: the path that
//! serves every call, from its setup to its record.

use super::{JOB, document};
use std::path::Path;
use viva::clock::{Clock, SessionTime};
use viva::event::*;
use viva::protocol::{ClientMessage, ServerMessage, SetupRequest};
use viva::server::{Admission, Engine, Session};

const RESUME: &str = include_str!("../../config/resumes/python-backend-developer.toml");

/// An engine on a clock of its own that serves nobody yet.
pub(crate) fn engine_here(home: &Path) -> Engine {
    Engine {
        data_dir: home.to_owned(),
        sessions_dir: None,
        clock: Some(Clock::driven()),
        local: true,
        admission: Admission::Open,
        similarity: None,
        stop: Default::default(),
    }
}

/// A job, a résumé that fits, and these settings.
pub(crate) fn request(settings: Settings) -> SetupRequest {
    SetupRequest {
        job: document("job.toml", JOB),
        resume: Some(document("resume.toml", RESUME)),
        settings,
        ..SetupRequest::default()
    }
}

/// The candidate's side of a session.
pub(crate) struct Seat {
    pub(crate) session: Session,
    pub(crate) clock: Clock,
    seq: u64,
}

impl Seat {
    /// Opens a session; nothing is begun.
    pub(crate) fn open(home: &Path, settings: Settings) -> Self {
        let engine = engine_here(home);
        let request = request(settings);
        let (session, _) = Session::open(&engine, ClientFacts::default(), &request).unwrap();
        Self {
            session,
            clock: engine.clock.unwrap(),
            seq: 0,
        }
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, ms: u64) {
        self.clock.advance_to(SessionTime(self.clock.now().0 + ms));
    }

    /// Tells an input, or a fact for the log.
    pub(crate) fn tell(&mut self, event: Event) -> Vec<ServerMessage> {
        self.seq += 1;
        let seq = self.seq;
        let message = match event {
            Event::Input { input } => ClientMessage::Input { seq, input },
            event => ClientMessage::Fact { seq, event },
        };
        self.session.tell(message).unwrap()
    }

    /// Tells an input.
    pub(crate) fn input(&mut self, input: Input) -> Vec<ServerMessage> {
        self.tell(Event::Input { input })
    }

    /// Waits until the interviewer wants to act by itself, and lets it.
    pub(crate) fn wait(&mut self) -> Vec<ServerMessage> {
        let at = self.session.deadline().unwrap();
        self.clock.advance_to(at);
        self.session.tick().unwrap()
    }
}

/// The lines among the messages.
pub(crate) fn lines(messages: impl IntoIterator<Item = ServerMessage>) -> Vec<Line> {
    let said = |message| match message {
        ServerMessage::Output {
            output: Output::Say(line),
            ..
        } => Some(line),
        _ => None,
    };
    messages.into_iter().filter_map(said).collect()
}

/// The strong answer to a question, where it has one; else something that fits
/// anywhere.
pub(crate) fn strong_answer(question: Option<&str>) -> String {
    let sample = question.and_then(|id| {
        let question = viva::interview::Bank::builtin().question(id)?;
        Some(question.sample.as_ref()?.strong.clone())
    });
    sample.unwrap_or_else(|| "I build web services in Python.".into())
}
