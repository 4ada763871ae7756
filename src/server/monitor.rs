//! Those who follow a call: what happened so far, what happens now, either
//! side's sound if they want it; notes, and steering for those who may. A
//! slow one is told what it missed; the call never waits for anybody.

use super::fanout::{Feed, Next};
use super::guard::Caller;
use super::health::blocking;
use super::house::House;
use super::limits::Bucket;
use super::live::{Live, Sound, Stamped, Standing, Update};
use super::passes::{Ousted, Pass};
use super::problem::Problem;
use super::socket::{expect_protocol, is_too_large, too_many_sockets};
use super::{access, records};
use crate::accounts::{Act, Identity};
use crate::clock::unix_millis;
use crate::event::{Record, Steer, Track};
use crate::record::{RecordError, RecordReader};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Name of the websocket subprotocol for those who follow a call.
pub const LIVE_SUBPROTOCOL: &str = "viva.live.v1";
/// Largest message of somebody who follows, in bytes.
const MOST: usize = 16 * 1024;
/// Bytes that are read at once: what comes is short and seldom.
const READ_BUFFER: usize = 4 * 1024;
/// Messages of somebody who follows: at once, and in a second.
const BURST: u32 = 60;
const RATE: f64 = 10.0;
/// How long a message may take to leave before the viewer is given up.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// How long the reason may take to leave where a follower has to go.
const OUST_WITHIN: Duration = Duration::from_secs(1);
/// How often a sign of life is asked for.
const ASK_EVERY: Duration = Duration::from_secs(20);

/// From somebody who follows.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FollowerMessage {
    /// Hear these sides from now on; none to hear nothing.
    Listen {
        /// Which.
        tracks: Vec<Track>,
    },
    /// Steer the call.
    Steer {
        /// Number of the message; its answer carries it.
        id: u64,
        /// What to do.
        act: Steer,
    },
    /// State a note or a bookmark.
    Note {
        /// Number of the message; its answer carries it.
        id: u64,
        /// What and where.
        note: records::NewNote,
    },
}

/// To somebody who follows, beside [`Stamped`] updates and, in binary
/// frames, the sound that is listened to (frames as on the candidate's wire).
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveMessage {
    /// First message: how the session stands. The log so far follows.
    Hello {
        /// Program name and version.
        server: String,
        /// How it stands.
        standing: serde_json::Value,
        /// Whether this follower may steer.
        may_steer: bool,
        /// The engine's time, in milliseconds since 1970 (UTC).
        unix_ms: i64,
    },
    /// So many updates are lost to this follower, who was too slow. Lines of
    /// the log come again where the socket is opened with `?after=SEQ`.
    Missed {
        /// How many.
        updates: u64,
    },
    /// So many frames of sound are lost to this follower.
    MissedSound {
        /// How many.
        frames: u64,
    },
    /// What message `id` asked for was done.
    Done {
        /// Number of the message.
        id: u64,
    },
    /// A message was refused.
    Refused {
        /// Its number, where it has one.
        id: Option<u64>,
        /// What kind of refusal.
        error: String,
        /// One sentence for a person.
        message: String,
    },
    /// The session is over, or the engine stops.
    Over,
}

/// Where in the log to begin.
#[derive(Deserialize, Debug, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct After {
    after: u64,
}

pub(super) async fn live(State(house): State<Arc<House>>) -> Json<Vec<Standing>> {
    let all = house.registry.all();
    Json(all.iter().map(|live| live.standing()).collect())
}

pub(super) async fn follow(
    State(house): State<Arc<House>>,
    (Extension(who), Extension(pass)): (Extension<Identity>, Extension<Pass>),
    Extension(Caller(address)): Extension<Caller>,
    Path(id): Path<String>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    expect_protocol(&headers, LIVE_SUBPROTOCOL)?;
    let found = house.registry.find(&id);
    let live = found.ok_or_else(|| Problem::not_found("There is no such live session"))?;
    let most = house.limits.viewers;
    if live.standing().watchers.len() >= most {
        let text = format!("{most} follow this call already");
        return Err(Problem::limit(text));
    }
    let open = house.addresses.open(address, house.limits.sockets);
    let open = open.ok_or_else(|| too_many_sockets(&house))?;
    let reason = access::Reason::of(&headers);
    access::note(&house, &who, Act::WatchLive, &id, "live", &reason)?;
    let upgrade = upgrade
        .protocols([LIVE_SUBPROTOCOL])
        // Held for each socket from its first byte on.
        .read_buffer_size(READ_BUFFER)
        // What is a little too large is refused by name.
        .max_message_size(4 * MOST)
        .max_frame_size(4 * MOST);
    Ok(upgrade
        .on_upgrade(move |socket| async move {
            let seat = house.seat(pass, false).await;
            house.metrics.viewers.inc();
            let role = who.role_for(Act::WatchLive).map_or("", |role| role.name());
            let watcher = live.join(&who.name, role).await;
            let mut follower = Follower {
                house: &house,
                live: &live,
                who: &who,
                socket,
                last: after,
            };
            tokio::select! {
                biased;
                why = seat.ousted() => follower.oust(why).await,
                // A follower that is gone is not told why.
                _ = follower.run() => {}
            }
            live.leave(&watcher).await;
            house.metrics.viewers.dec();
            drop(open);
        })
        .into_response())
}

/// Its connection is gone.
struct Gone;

struct Follower<'a> {
    house: &'a Arc<House>,
    live: &'a Arc<Live>,
    who: &'a Identity,
    socket: WebSocket,
    /// Number of the last line of the log that it has.
    last: u64,
}

impl Follower<'_> {
    async fn run(&mut self) -> Result<(), Gone> {
        // First followed, then read: nothing falls in between.
        let mut updates = self.live.updates().follow();
        let mut sound: Option<Listening> = None;
        self.begin().await?;
        let mut texts = Bucket::new(BURST, Instant::now());
        let mut ask = tokio::time::interval(ASK_EVERY);
        loop {
            tokio::select! {
                biased;
                () = self.house.engine.stop.cancelled() => break,
                () = self.live.over().cancelled() => break,
                message = self.socket.recv() => match message {
                    Some(Err(error)) if is_too_large(&error) => {
                        let text = format!("Message too large: at most {MOST} bytes are allowed");
                        return self.refuse(None, "limit", &text).await;
                    }
                    None | Some(Err(_) | Ok(Message::Close(_))) => return Ok(()),
                    Some(Ok(Message::Text(text))) => {
                        if !texts.take(RATE, BURST, Instant::now()) {
                            let text = format!("More than {RATE} messages a second");
                            self.refuse(None, "limit", &text).await?;
                            return Ok(());
                        }
                        if let Some(tracks) = self.message(&text).await? {
                            sound = (!tracks.is_empty())
                                .then(|| (self.live.sound().follow(), tracks));
                        }
                    }
                    Some(Ok(Message::Binary(_))) => {
                        self.refuse(None, "malformed", "Expected text messages only").await?;
                    }
                    Some(Ok(_)) => {}
                },
                update = updates.next() => self.update(update).await?,
                heard = hear(&mut sound) => match heard {
                    Next::Item(frame) => {
                        self.put(Message::Binary(frame.bytes.clone())).await?;
                    }
                    Next::Missed(frames) => {
                        self.house.metrics.missed.inc_by(frames);
                        self.send(&LiveMessage::MissedSound { frames }).await?;
                    }
                    Next::Over => sound = None,
                },
                _ = ask.tick() => self.put(Message::Ping(Vec::new().into())).await?,
            }
        }
        // What was published before the end.
        while let Some(update) = updates.next().now_or_never() {
            if update == Next::Over {
                break;
            }
            self.update(update).await?;
        }
        self.send(&LiveMessage::Over).await?;
        let _ = self.socket.send(Message::Close(None)).await;
        Ok(())
    }

    /// What let this follower in does not count any more: nothing more is
    /// shown, whatever was on its way.
    async fn oust(&mut self, why: Ousted) {
        let telling = async {
            self.refuse(None, why.code, &why.message).await?;
            let _ = self.socket.send(Message::Close(None)).await;
            Ok::<_, Gone>(())
        };
        // Who does not read is not waited for.
        let _ = tokio::time::timeout(OUST_WITHIN, telling).await;
    }

    /// Says how the session stands, and tells the log so far.
    async fn begin(&mut self) -> Result<(), Gone> {
        let hello = LiveMessage::Hello {
            server: crate::PROGRAM.to_owned(),
            standing: serde_json::to_value(self.live.standing()).unwrap_or_default(),
            may_steer: self.who.may(Act::Steer),
            unix_ms: unix_millis(),
        };
        self.send(&hello).await?;
        let (shelf, id) = (self.house.shelf.clone(), self.live.session().to_owned());
        let after = self.last;
        let read = blocking(move || -> Result<Vec<Record>, RecordError> {
            let reader = RecordReader::open(&shelf.folder(&id)?)?;
            let newer = |r: &Result<Record, _>| r.as_ref().map_or(true, |r| r.seq > after);
            reader.records()?.filter(newer).collect()
        });
        match read.await {
            Ok(Ok(records)) => {
                for record in records {
                    self.last = record.seq;
                    self.stamped(Update::Record(record)).await?;
                }
                Ok(())
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the log so far was not read");
                let text = "The log so far cannot be read";
                self.refuse(None, "record", text).await
            }
            Err(problem) => self.refuse(None, problem.code, &problem.message).await,
        }
    }

    async fn stamped(&mut self, update: Update) -> Result<(), Gone> {
        self.put(Message::Text(Stamped::now(update).text())).await
    }

    async fn update(&mut self, next: Next<Arc<Stamped>>) -> Result<(), Gone> {
        match next {
            Next::Item(stamped) => {
                if let Update::Record(record) = &stamped.update {
                    if record.seq <= self.last {
                        return Ok(());
                    }
                    self.last = record.seq;
                }
                self.put(Message::Text(stamped.text())).await
            }
            Next::Missed(updates) => {
                self.house.metrics.missed.inc_by(updates);
                self.send(&LiveMessage::Missed { updates }).await
            }
            Next::Over => Ok(()),
        }
    }

    /// Does what a message asks for; which sides are to be heard from now on,
    /// where it asks for that.
    async fn message(&mut self, text: &str) -> Result<Option<Vec<Track>>, Gone> {
        self.house.metrics.messages.inc();
        if text.len() > MOST {
            let found = text.len();
            let text = format!("Message of {found} bytes: at most {MOST} are allowed");
            self.refuse(None, "limit", &text).await?;
            return Ok(None);
        }
        let message = match serde_json::from_str::<FollowerMessage>(text) {
            Ok(message) => message,
            Err(error) => {
                let text = format!("Not a {LIVE_SUBPROTOCOL} message: {error}");
                self.refuse(None, "malformed", &text).await?;
                return Ok(None);
            }
        };
        match message {
            FollowerMessage::Listen { tracks } => {
                if self.may(None, Act::HearAudio).await? {
                    return Ok(Some(tracks));
                }
            }
            FollowerMessage::Steer { id, act } => {
                if self.may(Some(id), Act::Steer).await? {
                    match self.live.steer(&self.who.name, act).await {
                        Ok(()) => self.send(&LiveMessage::Done { id }).await?,
                        Err(why) => self.refuse(Some(id), "steer", &why).await?,
                    }
                }
            }
            FollowerMessage::Note { id, note } => {
                if self.may(Some(id), Act::Annotate).await? {
                    let session = self.live.session().to_owned();
                    let stated = records::state_note(self.house, self.who, session, note).await;
                    match stated {
                        Ok(_) => self.send(&LiveMessage::Done { id }).await?,
                        Err(p) => self.refuse(Some(id), p.code, &p.message).await?,
                    }
                }
            }
        }
        Ok(None)
    }

    async fn may(&mut self, id: Option<u64>, act: Act) -> Result<bool, Gone> {
        let may = self.who.may(act);
        if !may {
            let roles: Vec<_> = self.who.roles.iter().map(|r| r.name()).collect();
            let text = format!("Role {} may not {act}", roles.join(", "));
            self.refuse(id, "forbidden", &text).await?;
        }
        Ok(may)
    }

    async fn refuse(&mut self, id: Option<u64>, error: &str, message: &str) -> Result<(), Gone> {
        self.house.metrics.refused(error);
        tracing::info!(
            session = self.live.session(),
            error,
            "follower's message refused"
        );
        let (error, message) = (error.to_owned(), message.to_owned());
        self.send(&LiveMessage::Refused { id, error, message })
            .await
    }

    async fn send(&mut self, message: &impl Serialize) -> Result<(), Gone> {
        let text = serde_json::to_string(message).map_err(|error| {
            tracing::error!(%error, "a message was not written");
            Gone
        })?;
        self.put(Message::Text(text.into())).await
    }

    async fn put(&mut self, message: Message) -> Result<(), Gone> {
        match tokio::time::timeout(SEND_WITHIN, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }
}

/// What is heard, and which sides of it are wanted.
type Listening = (Box<dyn Feed<Arc<Sound>>>, Vec<Track>);

/// The next frame of a side that is listened to.
async fn hear(sound: &mut Option<Listening>) -> Next<Arc<Sound>> {
    let Some((feed, tracks)) = sound else {
        return std::future::pending().await;
    };
    loop {
        match feed.next().await {
            Next::Item(frame) if !tracks.contains(&frame.track) => {}
            next => return next,
        }
    }
}
