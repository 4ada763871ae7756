//! The candidate's websocket: frames to messages, one session behind it.

use super::{Engine, Refusal, Session, Witness, origin_allowed};
use crate::clock::{Clock, SessionTime};
use crate::event::ClientFacts;
use crate::protocol::{
    self, AudioFrame, ClientMessage, ErrorCode, MAX_AUDIO, MAX_TEXT, Resume, SUBPROTOCOL,
    ServerMessage, SetupRequest, VERSION,
};
use crate::record::RecordError;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a connection may stay without its hello.
const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// How long a candidate's side may stay after the end without its goodbye.
const BYE_WITHIN: Duration = Duration::from_secs(60);

/// A connection from which nothing came for so long is taken as cut; a
/// candidate's side asks for a sign of life every few seconds.
const IDLE: Duration = Duration::from_secs(60);

/// How long a connection that is taken over may need to let go.
const LET_GO_WITHIN: Duration = Duration::from_secs(5);

/// How long a session that another process has is waited for.
const FREE_WITHIN: Duration = Duration::from_secs(2);

/// The engine, and which sessions its connections hold.
pub(super) struct Held {
    engine: Engine,
    witness: Option<Witness>,
    held: Mutex<BTreeMap<String, Hold>>,
}

/// One connection's hold on a session.
#[derive(Clone, Default)]
struct Hold {
    /// Asks the connection to let go.
    let_go: CancellationToken,
    /// It has.
    gone: CancellationToken,
}

impl Held {
    pub(super) fn new(engine: Engine, witness: Option<Witness>) -> Self {
        Self {
            engine,
            witness,
            held: Mutex::default(),
        }
    }

    /// Notes that a connection holds this session from now on.
    fn hold(&self, id: &str) -> Hold {
        let hold = Hold::default();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(id.to_owned(), hold.clone());
        hold
    }

    /// Makes the connection that holds this session let go of it: its
    /// candidate comes by a new one, and the old one may only not know yet
    /// that it is cut.
    async fn take_over(&self, id: &str) {
        let hold = {
            let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.get(id).cloned()
        };
        if let Some(hold) = hold {
            hold.let_go.cancel();
            // Where it does not, the session's lock says so.
            let _ = tokio::time::timeout(LET_GO_WITHIN, hold.gone.cancelled()).await;
        }
    }

    fn release(&self, id: &str, hold: &Hold) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // A new hold is in its place already where the session was resumed.
        if hold.gone.is_cancelled() {
            return;
        }
        held.remove(id);
        hold.gone.cancel();
    }
}

/// Why a conversation is over.
enum Over {
    /// The candidate's side said goodbye, or stayed after the end.
    Goodbye,
    /// The connection went away.
    Lost,
    /// It cannot go on.
    Refused(Refusal),
}

impl From<Refusal> for Over {
    fn from(refused: Refusal) -> Self {
        Self::Refused(refused)
    }
}

pub(super) async fn interview(
    State(engine): State<Arc<Held>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !origin_allowed(&headers) {
        return (StatusCode::FORBIDDEN, "Origin is not this server\n").into_response();
    }
    let offered = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|h| h.to_str().ok())
        .flat_map(|h| h.split(','))
        .any(|p| p.trim() == SUBPROTOCOL);
    if !offered {
        let text = format!("Expected the websocket subprotocol {SUBPROTOCOL}\n");
        return (StatusCode::BAD_REQUEST, text).into_response();
    }
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(MAX_TEXT.max(MAX_AUDIO))
        .max_frame_size(MAX_TEXT.max(MAX_AUDIO))
        .on_upgrade(move |socket| run(engine, socket))
}

async fn run(held: Arc<Held>, mut socket: WebSocket) {
    let hello = match tokio::time::timeout(HELLO_WITHIN, hello(&mut socket)).await {
        Ok(Ok(Some(hello))) => open(&held, hello).await,
        Ok(Ok(None)) => return,
        Ok(Err(refused)) => Err(refused),
        Err(_) => Err(refusal(ErrorCode::Limit, "No hello came within 10 seconds")),
    };
    let (mut session, out) = match hello {
        Ok(opened) => opened,
        Err(refused) => {
            tracing::info!(code = ?refused.code, "session refused");
            let _ = send(&mut socket, &[refused.message()]).await;
            return;
        }
    };
    let id = session.id().to_owned();
    tracing::info!(session = id, "session open");
    let hold = held.hold(&id);
    let over = match send(&mut socket, &out).await {
        Ok(()) => converse(&held.engine, &hold, &mut socket, &mut session).await,
        Err(_) => Over::Lost,
    };
    let why = match &over {
        Over::Goodbye => None,
        Over::Lost => Some("the connection to the candidate's side was lost".to_owned()),
        Over::Refused(refused) => {
            tracing::warn!(session = id, code = ?refused.code, error = %refused, "session broken off");
            Some(refused.message.clone())
        }
    };
    let done = close(session, why);
    // The lock is free now; whoever waits for it need not wait for a socket.
    held.release(&id, &hold);
    if let Over::Refused(refused) = over {
        let _ = send(&mut socket, &[refused.message()]).await;
    }
    match done {
        Ok(Some(done)) => {
            tracing::info!(session = id, "record finished");
            if let Some(witness) = &held.witness {
                witness.stamp_later(&held.engine, &id);
            }
            let _ = send(&mut socket, &[done]).await;
        }
        Ok(None) => tracing::info!(session = id, "session interrupted; it can be resumed"),
        Err(error) => {
            tracing::error!(session = id, %error, "record not finished");
            let _ = send(&mut socket, &[Refusal::from(error).message()]).await;
        }
    }
    let _ = socket.send(Message::Close(None)).await;
}

/// Finishes the record, or lets go of a session that broke off in the middle.
fn close(mut session: Session, why: Option<String>) -> Result<Option<ServerMessage>, RecordError> {
    match why {
        Some(why) if session.may_go_on() => session.suspend(&why).map(|()| None),
        _ => {
            session.left()?;
            session.finish().map(Some)
        }
    }
}

/// Prepares a new session, or takes up an interrupted one.
async fn open(held: &Held, hello: Hello) -> Result<(Session, Vec<ServerMessage>), Refusal> {
    let Hello {
        client,
        setup,
        resume,
    } = hello;
    match resume {
        Some(resume) => {
            held.take_over(&resume.session).await;
            let give_up = tokio::time::Instant::now() + FREE_WITHIN;
            loop {
                match Session::resume(&held.engine, client.clone(), &resume) {
                    // Somebody who recovers has it for a moment only.
                    Err(refused)
                        if refused.code == ErrorCode::Busy
                            && tokio::time::Instant::now() < give_up =>
                    {
                        tokio::time::sleep(FREE_WITHIN / 40).await;
                    }
                    done => return done,
                }
            }
        }
        None => Session::open(&held.engine, client, &setup),
    }
}

/// What a hello asks for.
struct Hello {
    client: ClientFacts,
    setup: Box<SetupRequest>,
    resume: Option<Resume>,
}

/// Waits for the hello; `None` where the connection went away instead.
async fn hello(socket: &mut WebSocket) -> Result<Option<Hello>, Refusal> {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else {
            continue;
        };
        let message = protocol::decode(&text).map_err(|e| refusal(ErrorCode::Malformed, e))?;
        let ClientMessage::Hello {
            protocol,
            client,
            setup,
            resume,
        } = message
        else {
            return Err(refusal(ErrorCode::Unexpected, "Expected a hello first"));
        };
        if protocol != VERSION {
            let text = format!("Protocol version {protocol}: expected {VERSION}");
            return Err(refusal(ErrorCode::Version, text));
        }
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
    engine: &Engine,
    hold: &Hold,
    socket: &mut WebSocket,
    session: &mut Session,
) -> Over {
    match talk(engine, hold, socket, session).await {
        Ok(over) | Err(over) => over,
    }
}

async fn talk(
    engine: &Engine,
    hold: &Hold,
    socket: &mut WebSocket,
    session: &mut Session,
) -> Result<Over, Over> {
    let mut bye_by = None;
    loop {
        if session.ended().is_some() && bye_by.is_none() {
            bye_by = Some(tokio::time::Instant::now() + BYE_WITHIN);
        }
        let due = sleep_until(session.clock().clone(), session.deadline());
        let out = tokio::select! {
            biased;
            () = engine.stop.cancelled() => {
                return Err(refusal(ErrorCode::Stopping, "The engine is stopping; the record is kept").into());
            }
            () = hold.let_go.cancelled() => {
                return Err(refusal(ErrorCode::Resume, "The session goes on by another connection").into());
            }
            message = socket.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return Ok(Over::Lost),
                Some(Ok(message)) => {
                    let bye = is_bye(&message);
                    let out = receive(session, message)?;
                    if bye {
                        let _ = send(socket, &out).await;
                        return Ok(Over::Goodbye);
                    }
                    out
                }
            },
            () = tokio::time::sleep(IDLE) => return Ok(Over::Lost),
            () = due => session.tick().map_err(Refusal::from)?,
            () = maybe_sleep(bye_by) => return Ok(Over::Goodbye),
        };
        if send(socket, &out).await.is_err() {
            return Ok(Over::Lost);
        }
    }
}

/// Acts on one frame; a refusal that is not fatal is an answer like others.
fn receive(session: &mut Session, message: Message) -> Result<Vec<ServerMessage>, Refusal> {
    let answer = match &message {
        Message::Text(text) => protocol::decode(text)
            .map_err(|e| Refusal {
                fatal: false,
                ..refusal(ErrorCode::Malformed, e)
            })
            .and_then(|message| session.tell(message)),
        Message::Binary(bytes) => AudioFrame::decode(bytes)
            .map_err(|e| Refusal {
                fatal: false,
                ..refusal(ErrorCode::Malformed, e)
            })
            .and_then(|frame| session.audio(&frame)),
        _ => Ok(Vec::new()),
    };
    match answer {
        Err(refused) if !refused.fatal => Ok(vec![refused.message()]),
        answer => answer,
    }
}

fn is_bye(message: &Message) -> bool {
    matches!(message, Message::Text(text)
        if matches!(protocol::decode(text), Ok(ClientMessage::Bye { .. })))
}

async fn send(socket: &mut WebSocket, out: &[ServerMessage]) -> Result<(), axum::Error> {
    for message in out {
        socket
            .send(Message::Text(protocol::encode(message).into()))
            .await?;
    }
    Ok(())
}

async fn sleep_until(clock: Clock, due: Option<SessionTime>) {
    match due {
        Some(due) => clock.sleep_until(due).await,
        None => std::future::pending().await,
    }
}

async fn maybe_sleep(until: Option<tokio::time::Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

fn refusal(code: ErrorCode, message: impl ToString) -> Refusal {
    Refusal {
        code,
        message: message.to_string(),
        fatal: true,
    }
}
