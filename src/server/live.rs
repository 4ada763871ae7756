//! A session as those who watch it see it: what is published, how it stands,
//! who follows, and the way in for those who steer.

use super::fanout::{FanOut, FanOuts};
use crate::clock::{SessionTime, unix_millis};
use crate::event::{Event, Output, Record, Stage, Steer, Track};
use crate::interview::{Asked, Interview, Outcome};
use crate::protocol::AudioFrame;
use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Orders on their way to a session. Full means that its task is busy; who
/// gives the next one waits.
const ORDERS: usize = 32;

/// Something that is shown, with the time at which it was.
#[derive(Serialize, Clone, Debug)]
pub struct Stamped {
    /// When it left the engine, in milliseconds since 1970 (UTC): the viewer
    /// sees its delay by it.
    pub unix_ms: i64,
    /// What.
    #[serde(flatten)]
    pub update: Update,
    /// The same as JSON, once somebody needed it: written once however many
    /// follow.
    #[serde(skip)]
    text: OnceLock<Utf8Bytes>,
}

impl PartialEq for Stamped {
    fn eq(&self, other: &Self) -> bool {
        (self.unix_ms, &self.update) == (other.unix_ms, &other.update)
    }
}

impl Stamped {
    /// Something that is shown now.
    pub fn now(update: Update) -> Self {
        Self {
            unix_ms: unix_millis(),
            update,
            text: OnceLock::new(),
        }
    }

    /// As it is sent to those who follow.
    pub fn text(&self) -> Utf8Bytes {
        let write = || crate::protocol::encode(self).into();
        self.text.get_or_init(write).clone()
    }
}

/// Something that is shown.
#[derive(Serialize, Clone, Debug, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Update {
    /// A line of the log.
    Record(Record),
    /// What was understood so far of what is being said; may change.
    Partial {
        /// Session time.
        at: SessionTime,
        /// The text.
        text: String,
    },
    /// Loudness in dB of full scale.
    Level {
        /// Session time.
        at: SessionTime,
        /// The candidate.
        near_db: f32,
        /// The recruiter's voice.
        far_db: f32,
        /// Samples of the recording that are on disk.
        samples: u64,
    },
    /// Where the interview stands.
    Progress(Progress),
    /// The candidate's connection is there, or not.
    Connection {
        /// Session time.
        at: SessionTime,
        /// Whether it is there.
        up: bool,
    },
    /// Who follows from now on.
    Watchers {
        /// Everybody.
        watchers: Vec<Watcher>,
    },
}

/// Where an interview stands.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Session time.
    pub at: SessionTime,
    /// Where in the course.
    pub stage: Stage,
    /// Questions of the plan that were asked.
    pub asked: u32,
    /// Questions of the plan.
    pub of: u32,
    /// Time that is left, milliseconds.
    pub left_ms: u64,
    /// Whether a pause is going on.
    pub paused: bool,
    /// Who has taken over, if anybody has.
    pub taken_by: Option<String>,
    /// How far the rubric of each question is covered. For those who watch
    /// only; the candidate's side never gets it.
    pub coverage: Vec<Coverage>,
}

/// How far one question's rubric is covered.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The question's id.
    pub question: String,
    /// Its number, where it is one of the plan.
    pub number: Option<u32>,
    /// What became of it so far.
    pub outcome: Outcome,
    /// Key points that were said.
    pub said: Vec<String>,
    /// Key points that are missing.
    pub missing: Vec<String>,
    /// Share of the rubric's weight that was said, 0-1, once it is known.
    pub share: Option<f32>,
}

impl Progress {
    /// Where an interviewer stands.
    pub fn of(interview: &Interview, at: SessionTime) -> Self {
        let progress = interview.progress(at);
        Self {
            at,
            stage: progress.stage,
            asked: progress.asked,
            of: progress.of,
            left_ms: u64::try_from(progress.left.as_millis()).unwrap_or(u64::MAX),
            paused: interview.is_paused(),
            taken_by: interview.taken_by().map(str::to_owned),
            coverage: interview.asked().iter().filter_map(coverage).collect(),
        }
    }
}

fn coverage(asked: &Asked) -> Option<Coverage> {
    let score = asked.score.as_ref();
    Some(Coverage {
        question: asked.question.clone()?,
        number: asked.number,
        outcome: asked.outcome,
        said: score.map_or_else(Vec::new, |s| s.hits.iter().map(|h| h.id.clone()).collect()),
        missing: score.map_or_else(Vec::new, |s| s.missing.clone()),
        share: score.map(|s| s.coverage),
    })
}

/// A stretch of one side's sound, encoded as on the candidate's wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Which side.
    pub track: Track,
    /// The frame's bytes, shared by all who hear it.
    pub bytes: Bytes,
}

/// Who follows a session.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// Number within the session.
    pub id: u64,
    /// Who.
    pub by: String,
    /// In which role.
    pub role: String,
}

/// What is asked of a session's task from outside.
#[derive(Debug)]
pub enum Order {
    /// Steer it.
    Steer {
        /// Who.
        by: String,
        /// What to do.
        act: Steer,
        /// Takes whether it was done, or why not.
        answer: oneshot::Sender<Result<(), String>>,
    },
    /// Somebody came or went.
    Watcher {
        /// Who.
        watcher: Watcher,
        /// Came, or went.
        present: bool,
    },
}

/// How a live session stands, for a list.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Standing {
    /// The session's id.
    pub session: String,
    /// The candidate's name.
    pub candidate: String,
    /// The position.
    pub position: String,
    /// When it began, in milliseconds since 1970 (UTC).
    pub began_unix_ms: i64,
    /// Whether the candidate's side is connected.
    pub connected: bool,
    /// Whether consent was given, once that is decided.
    pub consent: Option<bool>,
    /// Where it stands.
    pub progress: Progress,
    /// What the interviewer said last. What the candidate said stands in no
    /// list: whoever reads it follows the call, and the candidate is told.
    pub last_line: String,
    /// What failed so far.
    pub problems: Vec<String>,
    /// Who follows.
    pub watchers: Vec<Watcher>,
}

/// One live session.
pub struct Live {
    session: String,
    updates: Arc<dyn FanOut<Arc<Stamped>>>,
    sound: Arc<dyn FanOut<Arc<Sound>>>,
    over: CancellationToken,
    inner: Mutex<Inner>,
}

struct Inner {
    standing: Standing,
    orders: Option<mpsc::Sender<Order>>,
    next_watcher: u64,
}

impl Live {
    /// A session that is not connected yet.
    pub fn new(
        fan_outs: &dyn FanOuts,
        session: &str,
        candidate: &str,
        position: &str,
        began_unix_ms: i64,
    ) -> Self {
        Self {
            session: session.to_owned(),
            updates: fan_outs.updates(session),
            sound: fan_outs.sound(session),
            over: CancellationToken::new(),
            inner: Mutex::new(Inner {
                standing: Standing {
                    session: session.to_owned(),
                    candidate: candidate.to_owned(),
                    position: position.to_owned(),
                    began_unix_ms,
                    connected: false,
                    consent: None,
                    progress: Progress::default(),
                    last_line: String::new(),
                    problems: Vec::new(),
                    watchers: Vec::new(),
                },
                orders: None,
                next_watcher: 1,
            }),
        }
    }

    /// The session's id.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// What is shown.
    pub fn updates(&self) -> &dyn FanOut<Arc<Stamped>> {
        self.updates.as_ref()
    }

    /// What is heard.
    pub fn sound(&self) -> &dyn FanOut<Arc<Sound>> {
        self.sound.as_ref()
    }

    /// Cancelled once nothing will come any more.
    pub fn over(&self) -> &CancellationToken {
        &self.over
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.inner().standing.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The candidate's side is connected: orders go there from now on.
    pub(super) fn connect(&self, at: SessionTime) -> mpsc::Receiver<Order> {
        let (to, orders) = mpsc::channel(ORDERS);
        {
            let mut inner = self.inner();
            inner.orders = Some(to);
            inner.standing.connected = true;
        }
        self.show(Update::Connection { at, up: true });
        orders
    }

    /// It is not any more.
    pub(super) fn disconnect(&self, at: SessionTime) {
        {
            let mut inner = self.inner();
            inner.orders = None;
            inner.standing.connected = false;
        }
        self.show(Update::Connection { at, up: false });
    }

    /// Publishes a line of the log.
    pub(super) fn record(&self, record: &Record) {
        {
            let standing = &mut self.inner().standing;
            match &record.event {
                Event::Output {
                    output: Output::Say(line),
                } => standing.last_line.clone_from(&line.text),
                Event::Output {
                    output: Output::Consent { given, .. },
                } => standing.consent = Some(*given),
                Event::Problem { part, message } => {
                    standing.problems.push(format!("{part}: {message}"));
                }
                _ => {}
            }
        }
        self.show(Update::Record(record.clone()));
    }

    /// Publishes where the interview stands.
    pub(super) fn progress(&self, progress: Progress) {
        self.inner().standing.progress = progress.clone();
        self.show(Update::Progress(progress));
    }

    /// Publishes something.
    pub(super) fn show(&self, update: Update) {
        self.updates.publish(Arc::new(Stamped::now(update)));
    }

    fn show_watchers(&self) {
        let watchers = self.inner().standing.watchers.clone();
        self.show(Update::Watchers { watchers });
    }

    /// Publishes sound.
    pub(super) fn hear(&self, frame: &AudioFrame) {
        self.sound.publish(Arc::new(Sound {
            track: frame.track,
            bytes: frame.encode().into(),
        }));
    }

    /// Somebody follows from now on; the session's task is told, so that the
    /// candidate is.
    pub(super) async fn join(&self, by: &str, role: &str) -> Watcher {
        let (watcher, orders) = {
            let mut inner = self.inner();
            let watcher = Watcher {
                id: inner.next_watcher,
                by: by.to_owned(),
                role: role.to_owned(),
            };
            inner.next_watcher += 1;
            inner.standing.watchers.push(watcher.clone());
            (watcher, inner.orders.clone())
        };
        self.show_watchers();
        let present = true;
        tell(
            orders,
            Order::Watcher {
                watcher: watcher.clone(),
                present,
            },
        )
        .await;
        watcher
    }

    /// Somebody has ceased to follow. Who had taken over hands back.
    pub(super) async fn leave(&self, watcher: &Watcher) {
        let (orders, last) = {
            let mut inner = self.inner();
            inner.standing.watchers.retain(|w| w.id != watcher.id);
            let last = inner.standing.watchers.iter().all(|w| w.by != watcher.by);
            (inner.orders.clone(), last)
        };
        self.show_watchers();
        let taken = self.inner().standing.progress.taken_by.clone();
        if last && taken.as_deref() == Some(&watcher.by) {
            let by = watcher.by.clone();
            // Refused means that the call went on by other ways.
            let _ = self.steer(&by, Steer::HandBack).await;
        }
        let watcher = watcher.clone();
        tell(
            orders,
            Order::Watcher {
                watcher,
                present: false,
            },
        )
        .await;
    }

    /// Steers the session.
    ///
    /// # Errors
    /// Why that was not done, in one sentence.
    pub(super) async fn steer(&self, by: &str, act: Steer) -> Result<(), String> {
        let away =
            || "The candidate's side is not connected: nothing can be steered now".to_owned();
        let orders = self.inner().orders.clone().ok_or_else(away)?;
        let (answer, answered) = oneshot::channel();
        let by = by.to_owned();
        orders
            .send(Order::Steer { by, act, answer })
            .await
            .map_err(|_| away())?;
        answered.await.map_err(|_| away())?
    }

    /// Roles of those who follow, one for each.
    pub(super) fn roles(&self) -> Vec<String> {
        let inner = self.inner();
        inner
            .standing
            .watchers
            .iter()
            .map(|w| w.role.clone())
            .collect()
    }
}

async fn tell(orders: Option<mpsc::Sender<Order>>, order: Order) {
    if let Some(orders) = orders {
        // A session that has just ended needs to know nothing.
        let _ = orders.send(order).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::fanout::InProcess;
    use super::*;
    use crate::event::{Expects, Input, Line, Purpose, Source, Utterance};

    #[test]
    fn a_list_shows_the_interviewers_last_line_and_nothing_of_what_the_candidate_said() {
        let live = Live::new(&InProcess, "S", "Bob Wilson", "Python developer", 0);
        let record = |seq, event| {
            live.record(&Record {
                seq,
                at: SessionTime::default(),
                event,
            });
        };
        let line = Line {
            id: 1,
            text: "Hello, and welcome.".into(),
            purpose: Purpose::Introduction,
            stage: Stage::default(),
            question: None,
            number: None,
            of: 1,
            expects: Expects::Nothing,
        };
        let output = Output::Say(line);
        record(1, Event::Output { output });
        let input = Input::Utterance(Utterance {
            id: 1,
            text: "This is nobody's business.".into(),
            words: Vec::new(),
            start_ms: 0,
            end_ms: 0,
            confidence: 1.0,
            source: Source::Typed,
        });
        record(2, Event::Input { input });
        let standing = live.standing();
        assert_eq!(standing.last_line, "Hello, and welcome.");
        let told = serde_json::to_string(&standing).unwrap();
        assert!(!told.contains("business"), "{told}");
    }
}
