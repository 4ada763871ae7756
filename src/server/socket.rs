//! The candidate's websocket: frames to messages, one session behind it.

use super::{Engine, Refusal, Session, origin_allowed};
use crate::clock::{Clock, SessionTime};
use crate::protocol::{
    self, AudioFrame, ClientMessage, ErrorCode, MAX_AUDIO, MAX_TEXT, SUBPROTOCOL, ServerMessage,
    VERSION,
};
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;

/// How long a connection may stay without its hello.
const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// How long a candidate's side may stay after the end without its goodbye.
const BYE_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn interview(
    State(engine): State<Arc<Engine>>,
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

async fn run(engine: Arc<Engine>, mut socket: WebSocket) {
    let opened = match tokio::time::timeout(HELLO_WITHIN, hello(&engine, &mut socket)).await {
        Ok(opened) => opened,
        Err(_) => Err(refusal(ErrorCode::Limit, "No hello came within 10 seconds")),
    };
    let mut session = match opened {
        Ok(Some(session)) => session,
        Ok(None) => return,
        Err(refused) => {
            tracing::info!(code = ?refused.code, "session refused");
            let _ = send(&mut socket, &[refused.message()]).await;
            return;
        }
    };
    tracing::info!(session = session.id(), "session open");
    let told = converse(&engine, &mut socket, &mut session).await;
    if let Err(refused) = &told {
        tracing::warn!(session = session.id(), code = ?refused.code, error = %refused, "session broken off");
        let _ = send(&mut socket, &[refused.message()]).await;
    }
    let id = session.id().to_owned();
    let finished = session.left().and_then(|_| session.finish());
    match finished {
        Ok(done) => {
            tracing::info!(session = id, "record finished");
            let _ = send(&mut socket, &[done]).await;
        }
        Err(refused) => {
            tracing::error!(session = id, error = %refused, "record not finished");
            let _ = send(&mut socket, &[refused.message()]).await;
        }
    }
    let _ = socket.send(Message::Close(None)).await;
}

/// Waits for the hello; `None` where the connection went away instead.
async fn hello(engine: &Engine, socket: &mut WebSocket) -> Result<Option<Session>, Refusal> {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else {
            continue;
        };
        let message = protocol::decode(&text).map_err(|e| refusal(ErrorCode::Malformed, e))?;
        let ClientMessage::Hello {
            protocol,
            client,
            setup,
        } = message
        else {
            return Err(refusal(ErrorCode::Unexpected, "Expected a hello first"));
        };
        if protocol != VERSION {
            let text = format!("Protocol version {protocol}: expected {VERSION}");
            return Err(refusal(ErrorCode::Version, text));
        }
        let (session, out) = Session::open(engine, client, &setup)?;
        send(socket, &out).await.map_err(gone)?;
        return Ok(Some(session));
    }
    Ok(None)
}

/// Serves the session until its goodbye, its end or its connection's.
async fn converse(
    engine: &Engine,
    socket: &mut WebSocket,
    session: &mut Session,
) -> Result<(), Refusal> {
    let mut bye_by = None;
    loop {
        if session.ended().is_some() && bye_by.is_none() {
            bye_by = Some(tokio::time::Instant::now() + BYE_WITHIN);
        }
        let due = sleep_until(session.clock().clone(), session.deadline());
        let out = tokio::select! {
            biased;
            () = engine.stop.cancelled() => {
                return Err(refusal(ErrorCode::Stopping, "The engine is stopping; the record is kept"));
            }
            message = socket.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return Ok(()),
                Some(Ok(message)) => {
                    let bye = is_bye(&message);
                    let out = receive(session, message)?;
                    if bye {
                        let _ = send(socket, &out).await;
                        return Ok(());
                    }
                    out
                }
            },
            () = due => session.tick()?,
            () = maybe_sleep(bye_by) => return Ok(()),
        };
        send(socket, &out).await.map_err(gone)?;
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

fn gone(error: axum::Error) -> Refusal {
    refusal(
        ErrorCode::Unexpected,
        format!("The connection is gone: {error}"),
    )
}
