//! The candidate's websocket: frames to messages, one session behind it.

use super::entry::{self, NotOpened, Opened};
use super::guard::Caller;
use super::health::in_place;
use super::house::{Hold, House};
use super::limits::Bucket;
use super::live::{Live, Order};
use super::passes::{Ousted, Pass, Seat};
use super::problem::Problem;
use super::{Admission, Refusal, Session};
use crate::accounts::Identity;
use crate::clock::{Clock, SessionTime};
use crate::event::{ClientFacts, Steer};
use crate::protocol::{
    self, AudioFrame, ClientMessage, ErrorCode, MAX_TEXT, Resume, SUBPROTOCOL, ServerMessage,
    SetupRequest, VERSION, WireError,
};
use crate::record::RecordError;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::SinkExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long a connection may stay without its hello.
const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// How long a message may take to leave: a side that does not read must not
/// keep a person from ending its call.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// How long a candidate's side may stay after the end without its goodbye.
const BYE_WITHIN: Duration = Duration::from_secs(60);

/// Bytes of one message that are taken in at all. More than may be, so that
/// what is a little too large is refused by name; beyond, the connection ends.
const TAKEN_MOST: usize = 2 * MAX_TEXT;

/// Bytes that are read at once: some frames of sound.
const READ_BUFFER: usize = 16 * 1024;

/// Why a conversation is over.
enum Over {
    /// The candidate's side said goodbye, or stayed after the end.
    Goodbye,
    /// The connection went away.
    Lost,
    /// It cannot go on.
    Refused(Refusal),
    /// What let the candidate in was taken back.
    Withdrawn(Ousted),
}

impl From<Refusal> for Over {
    fn from(refused: Refusal) -> Self {
        Self::Refused(refused)
    }
}

pub(super) async fn interview(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Identity>,
    Extension(pass): Extension<Pass>,
    Extension(Caller(address)): Extension<Caller>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(problem) = expect_protocol(&headers, SUBPROTOCOL) {
        return problem.into_response();
    }
    let Some(open) = house.addresses.open(address, house.limits.sockets) else {
        return too_many_sockets(&house).into_response();
    };
    upgrade
        .protocols([SUBPROTOCOL])
        // Held for each socket from its first byte on.
        .read_buffer_size(READ_BUFFER)
        .max_message_size(TAKEN_MOST)
        .max_frame_size(TAKEN_MOST)
        .on_upgrade(move |socket| async move {
            let seat = house.seat(pass, true).await;
            run(house, caller, &seat, socket).await;
            drop((seat, open));
        })
}

/// Whether the other side offers a websocket subprotocol.
pub(super) fn expect_protocol(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let offered = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|h| h.to_str().ok())
        .flat_map(|h| h.split(','))
        .any(|p| p.trim() == expected);
    if offered {
        return Ok(());
    }
    let text = format!("Expected the websocket subprotocol {expected}");
    Err(Problem::new(StatusCode::BAD_REQUEST, "subprotocol", text))
}

pub(super) fn too_many_sockets(house: &House) -> Problem {
    let most = house.limits.sockets;
    Problem::limit(format!("This address has {most} websockets open already"))
}

async fn run(house: Arc<House>, caller: Identity, seat: &Seat, mut socket: WebSocket) {
    let coming = async {
        tokio::select! {
            biased;
            why = seat.ousted() => Err(refusal(ErrorCode::Denied, why.message)),
            hello = hello(&house, &caller, &mut socket) => hello,
        }
    };
    let hello = match tokio::time::timeout(HELLO_WITHIN, coming).await {
        Ok(Ok(Some(hello))) => entry::open(&house, &caller, hello).await,
        Ok(Ok(None)) => return,
        Ok(Err(refused)) => Err(refused.into()),
        Err(_) => Err(refusal(ErrorCode::Limit, "No hello came within 10 seconds").into()),
    };
    let Opened {
        mut session,
        mut out,
        permit,
        resumed,
    } = match hello {
        Ok(opened) => opened,
        Err(not) => {
            let message = match not {
                NotOpened::Begun { session } => ServerMessage::Begun { session },
                NotOpened::Refused(refused) => {
                    house.metrics.refused(&name_of(refused.code));
                    tracing::info!(code = ?refused.code, "session refused");
                    refused.message()
                }
            };
            let _ = send(&mut socket, &[message]).await;
            return;
        }
    };
    let id = session.id().to_owned();
    tracing::info!(session = id, resumed, "session open");
    let metrics = &house.metrics;
    metrics.sessions.inc();
    metrics.sessions_begun.inc_by(u64::from(!resumed));
    metrics.sessions_resumed.inc_by(u64::from(resumed));
    let hold = house.hold(&id);
    let live = live_of(&house, &session);
    let mut orders = live.connect(session.writer.last_at());
    let over = match in_place(|| session.attach(live.clone())) {
        Ok(more) => {
            out.extend(more);
            match send(&mut socket, &out).await {
                Ok(()) => {
                    let by = (&hold, seat);
                    converse(&house, by, &mut socket, &mut session, &mut orders).await
                }
                Err(_) => Over::Lost,
            }
        }
        Err(error) => Over::Refused(error.into()),
    };
    match &over {
        Over::Goodbye | Over::Lost => {}
        Over::Refused(refused) => {
            metrics.refused(&name_of(refused.code));
            tracing::warn!(session = id, code = ?refused.code, "session broken off");
        }
        Over::Withdrawn(why) => {
            metrics.refused(why.code);
            tracing::warn!(session = id, code = why.code, "session ended from outside");
        }
    }
    live.disconnect(session.writer.last_at());
    // Documents and seal take a while.
    let done = in_place(|| close(session, &over));
    // The lock is free now; whoever waits for it need not wait for a socket.
    house.release(&id, &hold);
    metrics.sessions.dec();
    match over {
        Over::Refused(refused) => {
            let _ = send(&mut socket, &[refused.message()]).await;
        }
        Over::Withdrawn(why) => {
            let told = refusal(ErrorCode::Denied, why.message);
            let _ = send(&mut socket, &[told.message()]).await;
        }
        Over::Goodbye | Over::Lost => {}
    }
    match done {
        Ok(Some(done)) => {
            metrics.records_sealed.inc();
            house.retire(&id);
            tracing::info!(session = id, "record finished");
            if let Some(witness) = &house.witness {
                witness.stamp_later(&house.engine, &id);
            }
            let _ = send(&mut socket, &[done]).await;
        }
        Ok(None) => tracing::info!(session = id, "session interrupted; it can be resumed"),
        Err(error) => {
            tracing::error!(session = id, %error, "record not finished");
            let _ = send(&mut socket, &[Refusal::from(error).message()]).await;
        }
    }
    drop(permit);
    let _ = socket.send(Message::Close(None)).await;
}

/// The session as others see it: those who follow stay where it was
/// interrupted.
fn live_of(house: &House, session: &Session) -> Arc<Live> {
    if let Some(live) = house.registry.find(session.id()) {
        return live;
    }
    let head = &session.head;
    let live = Arc::new(Live::new(
        house.fan_outs.as_ref(),
        &head.session,
        &head.candidate,
        &head.position,
        head.began_unix_ms,
    ));
    house.registry.add(live.clone());
    live
}

/// A refusal's name as it is sent.
fn name_of(code: ErrorCode) -> String {
    let json = serde_json::to_value(code).unwrap_or_default();
    json.as_str().unwrap_or("unknown").to_owned()
}

/// Finishes the record, or lets go of a session that broke off in the middle.
fn close(mut session: Session, over: &Over) -> Result<Option<ServerMessage>, RecordError> {
    let why = match over {
        Over::Goodbye => None,
        Over::Lost => Some("the connection to the candidate's side was lost"),
        Over::Refused(refused) => Some(refused.message.as_str()),
        Over::Withdrawn(why) => {
            // Nobody can take it up again, so it is sealed now. Before
            // consent there is nothing to end: the candidate's side is gone.
            let by = why.by.as_deref().unwrap_or(BY_COMMAND);
            let _ = session.steer(by, Steer::End)?;
            None
        }
    };
    match why {
        Some(why) if session.may_go_on() => session.suspend(why).map(|()| None),
        _ => {
            session.left()?;
            session.finish().map(Some)
        }
    }
}

/// Who ended a call whose invitation another process took back.
const BY_COMMAND: &str = "an administrator";

/// What a hello asks for.
pub(super) struct Hello {
    pub(super) client: ClientFacts,
    pub(super) setup: Box<SetupRequest>,
    pub(super) resume: Option<Resume>,
}

/// Waits for the hello; `None` where the connection went away instead.
/// Whoever asks what was agreed on before is answered.
async fn hello(
    house: &House,
    caller: &Identity,
    socket: &mut WebSocket,
) -> Result<Option<Hello>, Refusal> {
    while let Some(message) = socket.recv().await {
        let text = match message {
            Ok(Message::Text(text)) => text,
            Ok(_) => continue,
            Err(error) if is_too_large(&error) => return Err(too_large()),
            Err(_) => break,
        };
        let message = protocol::decode(&text).map_err(|e| refusal(code_of(&e), e))?;
        let expected = |protocol: u32| {
            let text = format!("Protocol version {protocol}: expected {VERSION}");
            (protocol == VERSION)
                .then_some(())
                .ok_or_else(|| refusal(ErrorCode::Version, text))
        };
        let (client, setup, resume) = match message {
            ClientMessage::Hello {
                protocol,
                client,
                setup,
                resume,
            } => {
                expected(protocol)?;
                (client, setup, resume)
            }
            ClientMessage::Accommodations { protocol, session } => {
                expected(protocol)?;
                let agreed = entry::agreed(house, caller, session.as_deref())?;
                let answer = ServerMessage::Accommodations { agreed };
                if send(socket, &[answer]).await.is_err() {
                    return Ok(None);
                }
                continue;
            }
            _ => return Err(refusal(ErrorCode::Unexpected, "Expected a hello first")),
        };
        return Ok(Some(Hello {
            client,
            setup,
            resume,
        }));
    }
    Ok(None)
}

/// Serves the session until its goodbye, its end or its connection's.
async fn converse(
    house: &House,
    by: (&Hold, &Seat),
    socket: &mut WebSocket,
    session: &mut Session,
    orders: &mut mpsc::Receiver<Order>,
) -> Over {
    match talk(house, by, socket, session, orders).await {
        Ok(over) | Err(over) => over,
    }
}

async fn talk(
    house: &House,
    (hold, seat): (&Hold, &Seat),
    socket: &mut WebSocket,
    session: &mut Session,
    orders: &mut mpsc::Receiver<Order>,
) -> Result<Over, Over> {
    let limits = &house.limits;
    // Calls on a fast clock are this process's own, or its owner's.
    let paced = matches!(house.engine.admission, Admission::Accounts(_));
    let mut texts = Bucket::new(limits.burst, Instant::now());
    let mut bye_by = None;
    loop {
        if session.ended().is_some() && bye_by.is_none() {
            bye_by = Some(Instant::now() + BYE_WITHIN);
        }
        let due = sleep_until(session.clock().clone(), session.deadline());
        let mut since = None;
        let out = tokio::select! {
            biased;
            () = house.engine.stop.cancelled() => {
                return Err(refusal(ErrorCode::Stopping, "The engine is stopping; the record is kept").into());
            }
            () = hold.let_go.cancelled() => {
                return Err(refusal(ErrorCode::Resume, "The session goes on by another connection").into());
            }
            why = seat.ousted() => return Err(Over::Withdrawn(why)),
            // Before the candidate's messages: a flood of those must not keep
            // a person from ending the call.
            Some(order) = orders.recv() => in_place(|| obey(session, order)).map_err(Refusal::from)?,
            message = socket.recv() => match message {
                Some(Err(error)) if is_too_large(&error) => return Err(too_large().into()),
                None | Some(Err(_) | Ok(Message::Close(_))) => return Ok(Over::Lost),
                Some(Ok(message)) => {
                    let now = Instant::now();
                    let text = matches!(message, Message::Text(_));
                    if paced && text && !texts.take(f64::from(limits.messages), limits.burst, now) {
                        let text = format!("More than {} messages a second", limits.messages);
                        return Err(refusal(ErrorCode::Limit, text).into());
                    }
                    since = text.then_some(now);
                    let (out, bye) = receive(house, session, message)?;
                    if bye {
                        let _ = send(socket, &out).await;
                        return Ok(Over::Goodbye);
                    }
                    out
                }
            },
            () = tokio::time::sleep(limits.idle) => return Ok(Over::Lost),
            () = due => in_place(|| session.tick()).map_err(Refusal::from)?,
            () = maybe_sleep(bye_by) => return Ok(Over::Goodbye),
        };
        if send(socket, &out).await.is_err() {
            return Ok(Over::Lost);
        }
        if let Some(since) = since {
            house.metrics.answered(since.elapsed());
        }
    }
}

/// Does what is asked from outside.
fn obey(session: &mut Session, order: Order) -> Result<Vec<ServerMessage>, RecordError> {
    match order {
        Order::Steer { by, act, answer } => {
            let (told, out) = match session.steer(&by, act)? {
                Ok(out) => (Ok(()), out),
                Err(refused) => (Err(refused), Vec::new()),
            };
            // Who asked may be gone; it is done all the same.
            let _ = answer.send(told);
            Ok(out)
        }
        Order::Watcher { watcher, present } => session.watcher(&watcher, present),
    }
}

/// Acts on one frame; a refusal that is not fatal is an answer like others.
/// Whether it was the goodbye comes with what follows from it.
fn receive(
    house: &House,
    session: &mut Session,
    message: Message,
) -> Result<(Vec<ServerMessage>, bool), Refusal> {
    let mut bye = false;
    let answer = match &message {
        Message::Text(text) => {
            house.metrics.messages.inc();
            protocol::decode(text)
                .map_err(|e| Refusal {
                    fatal: false,
                    ..refusal(code_of(&e), e)
                })
                .and_then(|message| {
                    bye = matches!(message, ClientMessage::Bye { .. });
                    if is_passing(&message) {
                        session.tell(message)
                    } else {
                        // It waits until the log is on the disk.
                        in_place(|| session.tell(message))
                    }
                })
        }
        Message::Binary(bytes) => {
            house.metrics.audio_bytes.inc_by(bytes.len() as u64);
            AudioFrame::decode(bytes)
                .map_err(|e| Refusal {
                    fatal: false,
                    ..refusal(code_of(&e), e)
                })
                .and_then(|frame| {
                    if session.may_wait_for_disk(&frame) {
                        in_place(|| session.audio(&frame))
                    } else {
                        session.audio(&frame)
                    }
                })
        }
        _ => Ok(Vec::new()),
    };
    match answer {
        Err(refused) if !refused.fatal => {
            house.metrics.refused(&name_of(refused.code));
            tracing::debug!(session = session.id(), code = ?refused.code, "message refused");
            Ok((vec![refused.message()], bye))
        }
        answer => answer.map(|out| (out, bye)),
    }
}

/// Whether a message is for the moment only and goes on no log.
const fn is_passing(message: &ClientMessage) -> bool {
    matches!(
        message,
        ClientMessage::Partial { .. } | ClientMessage::Level { .. } | ClientMessage::Prepare { .. }
    )
}

/// Whether a socket failed because something came that is larger than it
/// takes in. The library's own error is not to be had, only its words.
pub(super) fn is_too_large(error: &axum::Error) -> bool {
    error.to_string().contains("Space limit exceeded")
}

fn too_large() -> Refusal {
    let text = format!("Message of more than {TAKEN_MOST} bytes: at most {MAX_TEXT} are allowed");
    refusal(ErrorCode::Limit, text)
}

/// What kind of refusal something is that is no message.
const fn code_of(error: &WireError) -> ErrorCode {
    match error {
        WireError::TooLarge { .. } => ErrorCode::Limit,
        _ => ErrorCode::Malformed,
    }
}

async fn send(socket: &mut WebSocket, out: &[ServerMessage]) -> Result<(), axum::Error> {
    if out.is_empty() {
        return Ok(());
    }
    // All of them leave together.
    let sending = async {
        for message in out {
            let text = protocol::encode(message);
            socket.feed(Message::Text(text.into())).await?;
        }
        socket.flush().await
    };
    tokio::time::timeout(SEND_WITHIN, sending)
        .await
        .map_err(axum::Error::new)?
}

async fn sleep_until(clock: Clock, due: Option<SessionTime>) {
    match due {
        Some(due) => clock.sleep_until(due).await,
        None => std::future::pending().await,
    }
}

async fn maybe_sleep(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

pub(super) fn refusal(code: ErrorCode, message: impl ToString) -> Refusal {
    Refusal {
        code,
        message: message.to_string(),
        fatal: true,
    }
}
