//! One interview: its interviewer, its log, its recording. Every input is
//! appended before it is acted on, every output before it is sent. No
//! network and no waiting here: messages in, messages out.

use super::Engine;
use super::live::{Live, Update};
use super::prepare::{head, prepare};
use crate::clock::{Clock, SessionTime};
use crate::event::{ClientFacts, EndReason, Event, Expects, Input, Output, Record, Utterance};
use crate::interview::score::{Lexical, Similarity};
use crate::interview::{Interview, Setup, vocabulary};
use crate::protocol::{
    AudioFrame, ClientMessage, ErrorCode, Resumed, ServerMessage, SetupRequest, VERSION,
};
use crate::record::{Head, Options, RecordError, RecordWriter, is_own_gap};
use crate::report;
use std::sync::Arc;

/// Samples a second of every recording.
pub(super) const RATE: u32 = crate::audio::RATE;

/// Shortest time between two replies that are prepared, in milliseconds: a
/// pause is judged for longer than that, and a flood costs nothing.
const PREPARE_EVERY: u64 = 100;

/// Why a message cannot be accepted.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What kind.
    pub code: ErrorCode,
    /// One sentence for a person.
    pub message: String,
    /// Whether the session cannot go on.
    pub fatal: bool,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, message: impl ToString, fatal: bool) -> Self {
        Self {
            code,
            message: message.to_string(),
            fatal,
        }
    }

    /// The refusal as it is sent.
    pub fn message(&self) -> ServerMessage {
        ServerMessage::Error {
            code: self.code,
            message: self.message.clone(),
            fatal: self.fatal,
        }
    }
}

impl From<RecordError> for Refusal {
    fn from(error: RecordError) -> Self {
        Self::new(ErrorCode::Record, error, true)
    }
}

/// What a session is begun with where no person calls.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// The session's id and when it began, in milliseconds since 1970 (UTC),
    /// where these do not come from the machine's clock and chance.
    pub identity: Option<(String, i64)>,
    /// How the record is written.
    pub record: Options,
}

/// A session from its hello to its end.
pub struct Session {
    pub(super) head: Head,
    pub(super) setup: Setup,
    pub(super) interview: Interview,
    pub(super) writer: RecordWriter,
    pub(super) records: Vec<Record>,
    pub(super) clock: Clock,
    /// What the clock showed when the session was opened, or opened again.
    pub(super) began: SessionTime,
    /// Session time at that moment.
    pub(super) from: SessionTime,
    pub(super) heard_seq: u64,
    pub(super) recording: bool,
    /// Whether consent begins a recording.
    pub(super) with_audio: bool,
    pub(super) acknowledged: u64,
    pub(super) ended: Option<EndReason>,
    /// When a reply was prepared last.
    pub(super) prepared: Option<SessionTime>,
    pub(super) local: bool,
    pub(super) similarity: Option<Arc<dyn Similarity + Send + Sync>>,
    /// Those who watch, where anybody can.
    pub(super) live: Option<Arc<Live>>,
}

impl Session {
    /// Prepares the interview and begins its record.
    ///
    /// # Errors
    ///
    /// Where job, résumé, bank or settings cannot be used, or the record
    /// cannot be begun; nothing is left behind then.
    pub fn open(
        engine: &Engine,
        client: ClientFacts,
        request: &SetupRequest,
    ) -> Result<(Self, Vec<ServerMessage>), Refusal> {
        Self::open_as(engine, client, request, None)
    }

    /// The same with an id and a beginning that were settled before.
    pub(super) fn open_as(
        engine: &Engine,
        client: ClientFacts,
        request: &SetupRequest,
        identity: Option<(String, i64)>,
    ) -> Result<(Self, Vec<ServerMessage>), Refusal> {
        let setup = prepare(request)?;
        let clock = engine.clock.clone().unwrap_or_else(Clock::system);
        let head = head(&setup, &client, identity)?;
        let writer = RecordWriter::create(&engine.sessions_dir(), &head)?;
        Self::begin(engine, client, (setup, head, writer, clock), true)
    }

    /// Begins an interview without sound, whose setup is prepared already.
    /// It takes the same way otherwise; a simulation is driven through here.
    ///
    /// # Errors
    ///
    /// Where the record cannot be begun.
    pub fn open_silent(
        engine: &Engine,
        client: ClientFacts,
        setup: Setup,
        opening: &Opening,
    ) -> Result<(Self, Vec<ServerMessage>), Refusal> {
        let clock = engine.clock.clone().unwrap_or_else(Clock::system);
        let head = head(&setup, &client, opening.identity.clone())?;
        let options = &opening.record;
        let writer = RecordWriter::create_with(&engine.sessions_dir(), &head, options)?;
        Self::begin(engine, client, (setup, head, writer, clock), false)
    }

    fn begin(
        engine: &Engine,
        client: ClientFacts,
        (setup, head, writer, clock): (Setup, Head, RecordWriter, Clock),
        with_audio: bool,
    ) -> Result<(Self, Vec<ServerMessage>), Refusal> {
        let mut session = Self {
            interview: Interview::new(&setup),
            writer,
            records: Vec::new(),
            began: clock.now(),
            from: SessionTime(0),
            clock,
            heard_seq: 0,
            recording: false,
            with_audio,
            acknowledged: 0,
            ended: None,
            prepared: None,
            local: engine.local,
            similarity: engine.similarity.clone(),
            live: None,
            setup,
            head,
        };
        session.append(Event::Client(client))?;
        let welcome = session.welcome(None);
        Ok((session, vec![welcome]))
    }

    pub(super) fn welcome(&self, resumed: Option<Resumed>) -> ServerMessage {
        let open = self.interview.asked().last();
        let open = open.and_then(|asked| asked.question.as_deref());
        ServerMessage::Welcome {
            protocol: VERSION,
            server: crate::PROGRAM.to_owned(),
            session: self.head.session.clone(),
            candidate: self.head.candidate.clone(),
            position: self.head.position.clone(),
            company: self.head.company.clone(),
            questions: self.setup.plan.numbered(),
            vocabulary: vocabulary::likely(&self.setup, open),
            pause_factor: Some(self.setup.settings.pause_factor),
            resumed,
        }
    }

    /// The session's id.
    pub fn id(&self) -> &str {
        &self.head.session
    }

    /// Why the interview ended, once it has.
    pub fn ended(&self) -> Option<EndReason> {
        self.ended
    }

    /// When [`Session::tick`] is due, on the session's own clock.
    pub fn deadline(&self) -> Option<SessionTime> {
        if self.ended.is_some() {
            return None;
        }
        Some(self.began + self.interview.deadline()?.since(self.from))
    }

    /// Whether the candidate's side has begun the interview.
    pub fn begun(&self) -> bool {
        let begins = |r: &Record| {
            let Event::Input { input } = &r.event else {
                return false;
            };
            matches!(input, Input::Begin | Input::Resumed)
        };
        self.records.iter().any(begins)
    }

    /// The clock that deadlines are measured on.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Takes one message; what follows from it comes back, acknowledgement
    /// last.
    ///
    /// # Errors
    ///
    /// Where the message has no place here or cannot be kept.
    pub fn tell(&mut self, message: ClientMessage) -> Result<Vec<ServerMessage>, Refusal> {
        let (seq, event) = match message {
            ClientMessage::Hello { .. } | ClientMessage::Accommodations { .. } => {
                let text = "A second hello in one session";
                return Err(Refusal::new(ErrorCode::Unexpected, text, false));
            }
            ClientMessage::Prepare { draft, utterance } => {
                return Ok(vec![self.prepare(draft, utterance)]);
            }
            ClientMessage::Input { seq, input } => (seq, Event::Input { input }),
            ClientMessage::Fact { seq, event } => (seq, event),
            ClientMessage::Partial { text } => {
                self.show(|at, _| Update::Partial { at, text });
                return Ok(Vec::new());
            }
            ClientMessage::Level { near_db, far_db } => {
                self.show(|at, samples| Update::Level {
                    at,
                    near_db,
                    far_db,
                    samples,
                });
                return Ok(Vec::new());
            }
            ClientMessage::Bye { seq, .. } => {
                self.end_audio()?;
                self.heard_seq = self.heard_seq.max(seq);
                return Ok(vec![ServerMessage::Ack { seq }]);
            }
        };
        if seq <= self.heard_seq {
            // Sent again after a break; it is on the log already.
            return Ok(vec![ServerMessage::Ack { seq }]);
        }
        if seq != self.heard_seq + 1 {
            let text = format!("Message {seq}: expected {}", self.heard_seq + 1);
            return Err(Refusal::new(ErrorCode::Unexpected, text, false));
        }
        if !may_tell(&event) {
            let text = "An event that only the engine may log";
            return Err(Refusal::new(ErrorCode::Unexpected, text, false));
        }
        if !can_be_read_back(&event) {
            let text = "A number that no log can keep: expected finite ones";
            return Err(Refusal::new(ErrorCode::Malformed, text, false));
        }
        let at = self.append(event.clone())?;
        self.heard_seq = seq;
        let mut out = Vec::new();
        if let Event::Input { input } = event {
            out = self.act(input, at)?;
        }
        out.push(ServerMessage::Ack { seq });
        Ok(out)
    }

    /// What would be said to this, without saying or keeping any of it.
    fn prepare(&mut self, draft: u32, utterance: Utterance) -> ServerMessage {
        let now = self.clock.now();
        let soon = |last: SessionTime| now.millis() < last.millis() + PREPARE_EVERY;
        let (mut texts, mut told) = (Vec::new(), None);
        if self.ended.is_none() && !self.prepared.is_some_and(soon) {
            self.prepared = Some(now);
            let at = (self.from + now.since(self.began)).max(self.writer.last_at());
            let (lines, known) = self.interview.would_say(utterance, at);
            texts = lines.into_iter().map(|line| line.text).collect();
            told = known;
        }
        ServerMessage::Prepared { draft, texts, told }
    }

    /// Acts on a deadline that has come.
    ///
    /// # Errors
    ///
    /// Where the record cannot be written.
    pub fn tick(&mut self) -> Result<Vec<ServerMessage>, RecordError> {
        self.input(Input::Tick)
    }

    /// The candidate's side is gone.
    ///
    /// # Errors
    ///
    /// Where the record cannot be written.
    pub fn left(&mut self) -> Result<Vec<ServerMessage>, RecordError> {
        if self.ended.is_some() {
            return Ok(Vec::new());
        }
        self.input(Input::Left)
    }

    /// Whether keeping this stretch may wait for the disk: it completes what
    /// is written at once.
    pub(super) fn may_wait_for_disk(&self, frame: &AudioFrame) -> bool {
        let end = frame.first_sample.saturating_add(frame.pcm.len() as u64);
        end >= self.writer.audio_written() + u64::from(RATE) / 2
    }

    /// Keeps a stretch of audio.
    ///
    /// # Errors
    ///
    /// Before consent, and where the record cannot be written.
    pub fn audio(&mut self, frame: &AudioFrame) -> Result<Vec<ServerMessage>, Refusal> {
        if !self.recording {
            let text = "Audio came before consent; it was not kept";
            return Err(Refusal::new(ErrorCode::NoConsent, text, false));
        }
        let pushed = self
            .writer
            .push_audio(frame.track, frame.first_sample, &frame.pcm);
        if let Err(error) = pushed {
            // The piece has no place; the recording goes on without it.
            return Err(Refusal::new(ErrorCode::Limit, error, false));
        }
        if let Some(live) = &self.live {
            live.hear(frame);
        }
        // A silence is told before it is written.
        self.log_gaps()?;
        self.writer.write_audio()?;
        let samples = self.writer.audio_written();
        if samples < self.acknowledged + u64::from(RATE) {
            return Ok(Vec::new());
        }
        self.acknowledged = samples;
        Ok(vec![ServerMessage::AudioAck { samples }])
    }

    /// Finishes the record: documents, then the manifest that means
    /// complete.
    ///
    /// # Errors
    ///
    /// Where the record cannot be written.
    pub fn finish(mut self) -> Result<ServerMessage, RecordError> {
        self.end_audio()?;
        let reason = self.ended.unwrap_or(EndReason::CandidateLeft);
        let by: &dyn Similarity = match &self.similarity {
            Some(similarity) => similarity.as_ref(),
            None => &Lexical,
        };
        let report = report::of_session(
            &self.setup,
            self.head.began_unix_ms,
            self.records,
            self.interview.asked(),
            by,
        );
        let folder = self.writer.dir().to_owned();
        self.writer.finish(&report::documents(&report))?;
        Ok(ServerMessage::Done {
            reason,
            record: self.local.then(|| folder.display().to_string()),
        })
    }

    pub(super) fn input(&mut self, input: Input) -> Result<Vec<ServerMessage>, RecordError> {
        let at = self.append(Event::Input {
            input: input.clone(),
        })?;
        self.act(input, at)
    }

    /// Hands an input that is on the log to the interviewer.
    fn act(&mut self, input: Input, at: SessionTime) -> Result<Vec<ServerMessage>, RecordError> {
        if self.ended.is_some() {
            return Ok(Vec::new());
        }
        self.interview.handle(input, at);
        let mut out = Vec::new();
        while let Some(output) = self.interview.poll() {
            out.push(self.put_out(output, at)?);
        }
        self.progress(at);
        if !out.is_empty() {
            out.push(ServerMessage::Status {
                stage: self.interview.stage(),
                left: SessionTime(self.interview.progress(at).left.as_millis() as u64),
                pause: self
                    .interview
                    .break_left()
                    .map(|left| SessionTime(left.as_millis() as u64)),
            });
        }
        Ok(out)
    }

    /// Logs an output and does what it asks of the record.
    pub(super) fn put_out(
        &mut self,
        output: Output,
        at: SessionTime,
    ) -> Result<ServerMessage, RecordError> {
        let event = Event::Output {
            output: output.clone(),
        };
        self.append_at(at, event)?;
        let seq = self.records.len() as u64;
        match &output {
            Output::Consent { given: true, .. } if self.with_audio => {
                self.append_at(at, Event::AudioStarted { rate: RATE })?;
                self.writer.start_audio(RATE)?;
                self.recording = true;
            }
            // Withdrawn: what was recorded until now is all.
            Output::Consent { given: false, .. } => self.end_audio()?,
            Output::Ended { reason } => self.ended = Some(*reason),
            Output::Consent { .. } | Output::Say(_) | Output::Hold { .. } => {}
        }
        let vocabulary = match &output {
            Output::Say(line) if line.expects != Expects::Nothing => {
                vocabulary::likely(&self.setup, line.question.as_deref())
            }
            _ => Vec::new(),
        };
        Ok(ServerMessage::Output {
            seq,
            output,
            vocabulary,
        })
    }

    /// Completes both tracks and says on the log how long they are. Only the
    /// first call does anything.
    pub(super) fn end_audio(&mut self) -> Result<(), RecordError> {
        if std::mem::take(&mut self.recording) {
            self.writer.level_audio();
            self.log_gaps()?;
            let samples = self.writer.end_audio()?;
            self.append(Event::AudioEnded { samples })?;
        }
        Ok(())
    }

    fn log_gaps(&mut self) -> Result<(), RecordError> {
        for gap in self.writer.take_gaps() {
            self.append(Event::Gap {
                track: gap.track,
                first_sample: gap.first_sample,
                samples: gap.samples,
                why: gap.why.to_owned(),
            })?;
        }
        Ok(())
    }

    pub(super) fn append(&mut self, event: Event) -> Result<SessionTime, RecordError> {
        // Whatever the clock does, session time never goes back.
        let at = self.from + self.clock.now().since(self.began);
        let at = at.max(self.writer.last_at());
        self.append_at(at, event)?;
        Ok(at)
    }

    pub(super) fn append_at(&mut self, at: SessionTime, event: Event) -> Result<(), RecordError> {
        let seq = self.writer.append(at, &event)?;
        let record = Record { seq, at, event };
        if let Some(live) = &self.live {
            live.record(&record);
        }
        self.records.push(record);
        Ok(())
    }
}

/// Whether a log that has this can be read again. JSON lets numbers in that
/// are too large for their place, and has no way to write what becomes of
/// them.
fn can_be_read_back(event: &Event) -> bool {
    let text = serde_json::to_string(event).unwrap_or_default();
    serde_json::from_str::<Event>(&text).is_ok_and(|again| again == *event)
}

/// What the candidate's side, and only it, may put on the log: counting
/// these in a log gives the number of messages that were heard.
pub(super) fn may_tell(event: &Event) -> bool {
    match event {
        Event::Input { input } => !matches!(
            input,
            Input::Tick | Input::Left | Input::Resumed | Input::Reconnected | Input::Steer { .. }
        ),
        Event::Gap { why, .. } => !is_own_gap(why),
        Event::Turn(_)
        | Event::Played { .. }
        | Event::SoundOver(_)
        | Event::Problem { .. }
        | Event::VoiceSpeed { .. }
        | Event::VoiceChoice { .. } => true,
        _ => false,
    }
}
