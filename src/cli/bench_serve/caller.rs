//! A candidate's side that is scripted: over a real websocket, at the pace
//! and with the messages of a real call.

use super::engine::Door;
use super::figures::{Book, Line};
use crate::call::Link;
use crate::cli::spoken_call::{builtin_job, builtin_resume};
use crate::event::{
    ClientFacts, ConsentHow, Expects, Input, Output, Settings, Source, Track, Utterance,
};
use crate::interview::{Bank, Resume};
use crate::protocol::{AudioFrame, ClientMessage, ServerMessage, SetupRequest, VERSION};
use crate::simulate::{Profile, Script};
use anyhow::bail;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use tokio_util::sync::CancellationToken;

/// Samples of a frame of sound: 100 ms, as a call sends them.
const FRAME: usize = 1_600;
/// Frames between two levels, and between two partial texts.
const LEVEL_EVERY: u64 = 2;
const PARTIAL_EVERY: u64 = 4;
/// How long a line is heard, and how long an answer is spoken.
const LINE: Duration = Duration::from_millis(2_500);
const ANSWER: Duration = Duration::from_millis(4_000);

/// A call that is open.
#[derive(Debug)]
pub(super) struct Caller {
    link: Link,
    session: String,
    number: u32,
    seq: u64,
    resume: Resume,
}

/// Opens a call.
///
/// # Errors
/// Where the engine does not take it.
pub(super) async fn open(door: &Door, number: u32) -> anyhow::Result<Caller> {
    let mut link = Link::connect(&door.link()).await?;
    let document = builtin_resume();
    let resume = Resume::parse(&document.name, &document.text)?;
    let hello = ClientMessage::Hello {
        protocol: VERSION,
        client: ClientFacts::default(),
        setup: Box::new(SetupRequest {
            job: builtin_job(),
            resume: Some(document),
            // So many that nobody comes to the end while it is measured.
            settings: Settings {
                questions: 10,
                follow_ups: 3,
                minutes: 180,
                seed: u64::from(number),
                ..Settings::default()
            },
            ..SetupRequest::default()
        }),
        resume: None,
    };
    let welcome = link.hello(&hello).await?;
    let ServerMessage::Welcome { session, .. } = welcome else {
        bail!("expected a welcome, found {welcome:?}");
    };
    Ok(Caller {
        link,
        session,
        number,
        seq: 0,
        resume,
    })
}

/// What the candidate is about to do, and when.
enum Next {
    Listens,
    /// A line will have been heard.
    Hears(Instant, crate::event::Line),
    /// An answer will have been spoken.
    Answers(Instant, String),
}

impl Caller {
    pub(super) fn session(&self) -> &str {
        &self.session
    }

    /// Takes the interview until it is told to hang up.
    pub(super) async fn run(mut self, line: Arc<Line>, book: Arc<Book>, stop: CancellationToken) {
        let talk = self.talk(&line, &book);
        let broken = tokio::select! {
            () = stop.cancelled() => None,
            done = talk => done.err(),
        };
        if let Some(error) = broken {
            book.broke();
            tracing::warn!(session = self.session, %error, "a call broke");
        }
        self.link.close().await;
    }

    async fn talk(&mut self, line: &Line, book: &Book) -> anyhow::Result<()> {
        let resume = self.resume.clone();
        let seed = u64::from(self.number);
        let mut script = Script::new(Profile::Strong, &resume, Bank::builtin(), seed);
        self.tell(Input::Begin).await?;
        let given = true;
        let how = ConsentHow::Key;
        self.tell(Input::Consent { given, how }).await?;
        let mut next = Next::Listens;
        let mut lines = std::collections::VecDeque::new();
        let mut utterances = 0;
        let mut asked_at = None;
        // Not all calls at the same moment.
        let first = Instant::now() + Duration::from_millis(u64::from(self.number) * 37 % 100);
        let mut frames = interval_at(first, Duration::from_millis(100));
        frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut recording = false;
        let mut count = 0_u64;
        let pcm: Vec<i16> = (0..FRAME as i32)
            .map(|n| (n * 7_919 % 4_001 - 2_000) as i16)
            .collect();
        loop {
            if matches!(next, Next::Listens)
                && let Some(line) = lines.pop_front()
            {
                next = Next::Hears(Instant::now() + LINE, line);
            }
            let due = match &next {
                Next::Listens => None,
                Next::Hears(at, _) | Next::Answers(at, _) => Some(*at),
            };
            tokio::select! {
                message = self.link.receive() => match message? {
                    ServerMessage::Output { output: Output::Say(said), .. } => {
                        if let Some(since) = asked_at.take() {
                            book.replied(book.clock.nanos() - since);
                        }
                        lines.push_back(said);
                    }
                    ServerMessage::Output { output: Output::Consent { given: true, .. }, .. } => {
                        recording = true;
                        // Its clock begins with the recording.
                        frames.reset();
                    }
                    ServerMessage::Error { code, message, fatal } => {
                        book.refused();
                        if fatal {
                            bail!("{code:?}: {message}");
                        }
                    }
                    _ => {}
                },
                _ = frames.tick(), if recording => {
                    for track in [Track::Near, Track::Far] {
                        let frame = AudioFrame {
                            track,
                            seq: count as u32,
                            first_sample: count * FRAME as u64,
                            pcm: pcm.clone(),
                        };
                        line.sent_sound(count, book.clock.nanos());
                        self.link.send_frame(&frame).await?;
                    }
                    count += 1;
                    self.passing(&next, count, book).await?;
                }
                () = async {
                    match due {
                        Some(at) => sleep_until(at).await,
                        None => std::future::pending().await,
                    }
                } => match std::mem::replace(&mut next, Next::Listens) {
                    Next::Listens => {}
                    Next::Hears(_, heard) => {
                        let answer = script.reply(&heard).filter(|_| heard.expects != Expects::Nothing);
                        let input = Input::LineEnded {
                            line: heard.id,
                            heard: heard.text,
                            complete: true,
                        };
                        self.tell(input).await?;
                        if let Some(answer) = answer {
                            next = Next::Answers(Instant::now() + ANSWER, answer);
                        }
                    }
                    Next::Answers(_, text) => {
                        utterances += 1;
                        let end_ms = count * 100;
                        let utterance = Utterance {
                            id: utterances,
                            text,
                            words: Vec::new(),
                            start_ms: end_ms.saturating_sub(ANSWER.as_millis() as u64),
                            end_ms,
                            confidence: 0.9,
                            source: Source::Voice,
                        };
                        asked_at = Some(book.clock.nanos());
                        self.tell(Input::Utterance(utterance)).await?;
                    }
                },
            }
        }
    }

    /// What a call says for the moment only: levels, and words while they are
    /// spoken, which carry the time at which they were sent.
    async fn passing(&mut self, next: &Next, count: u64, book: &Book) -> anyhow::Result<()> {
        if count.is_multiple_of(LEVEL_EVERY) {
            let (near_db, far_db) = (-25.0, -60.0);
            self.link
                .send(&ClientMessage::Level { near_db, far_db })
                .await?;
        }
        if let Next::Answers(_, text) = next
            && count.is_multiple_of(PARTIAL_EVERY)
        {
            let text = format!("{} {text}", book.clock.nanos());
            self.link.send(&ClientMessage::Partial { text }).await?;
        }
        Ok(())
    }

    async fn tell(&mut self, input: Input) -> anyhow::Result<()> {
        self.seq += 1;
        let seq = self.seq;
        self.link.send(&ClientMessage::Input { seq, input }).await?;
        Ok(())
    }
}
