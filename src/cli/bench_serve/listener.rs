//! Somebody who follows a call and hears both sides, and notes how late
//! everything comes.

use super::engine::Door;
use super::figures::{Book, Line};
use crate::clock::unix_millis;
use crate::event::Track;
use crate::protocol::AudioFrame;
use crate::server::{FollowerMessage, LIVE_SUBPROTOCOL};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

/// How long following may need to begin.
const OPEN_WITHIN: Duration = Duration::from_secs(30);

/// What is looked at of a message.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    unix_ms: Option<i64>,
    #[serde(default)]
    updates: u64,
    #[serde(default)]
    frames: u64,
    #[serde(borrow)]
    text: Option<std::borrow::Cow<'a, str>>,
}

/// A listener whose socket is open.
#[derive(Debug)]
pub(super) struct Listener {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// Follows a call.
///
/// # Errors
/// Where one is not let in.
pub(super) async fn open(door: &Door, session: &str) -> anyhow::Result<Listener> {
    let url = format!("ws://{}/v1/live/{session}", door.address);
    let mut request = url.into_client_request()?;
    let headers = request.headers_mut();
    headers.insert(
        "sec-websocket-protocol",
        HeaderValue::from_static(LIVE_SUBPROTOCOL),
    );
    let bearer = HeaderValue::from_str(&format!("Bearer {}", door.recruiter))?;
    headers.insert("authorization", bearer);
    let (mut socket, _) = tokio::time::timeout(OPEN_WITHIN, connect_async(request)).await??;
    let tracks = vec![Track::Near, Track::Far];
    let listen = serde_json::to_string(&FollowerMessage::Listen { tracks })?;
    socket.send(Message::Text(listen.into())).await?;
    Ok(Listener { socket })
}

impl Listener {
    /// Listens until it is told to hang up.
    pub(super) async fn run(mut self, line: Arc<Line>, book: Arc<Book>, stop: CancellationToken) {
        loop {
            let message = tokio::select! {
                () = stop.cancelled() => break,
                message = self.socket.next() => message,
            };
            match message {
                Some(Ok(Message::Text(text))) => told(&text, &book),
                Some(Ok(Message::Binary(bytes))) => heard(&bytes, &line, &book),
                Some(Ok(Message::Close(_)) | Err(_)) | None => {
                    book.broke();
                    break;
                }
                Some(Ok(_)) => {}
            }
        }
        let _ = self.socket.close(None).await;
    }
}

fn told(text: &str, book: &Book) {
    let Ok(told) = serde_json::from_str::<Told<'_>>(text) else {
        book.broke();
        return;
    };
    match (told.kind, told.unix_ms) {
        ("missed" | "missed_sound", _) => book.missed(told.updates + told.frames),
        ("refused", _) => book.refused(),
        // What was before comes with the stamp of when it is told again.
        ("hello", _) | (_, None) => {}
        (kind, Some(stamp)) => {
            book.updated(unix_millis() - stamp);
            let sent = told.text.filter(|_| kind == "partial");
            let sent = sent.and_then(|t| t.split(' ').next()?.parse::<u64>().ok());
            if let Some(sent) = sent {
                book.read(book.clock.nanos().saturating_sub(sent));
            }
        }
    }
}

fn heard(bytes: &[u8], line: &Line, book: &Book) {
    let Ok(frame) = AudioFrame::decode(bytes) else {
        book.broke();
        return;
    };
    if let Some(sent) = line.sent_at(u64::from(frame.seq)) {
        book.heard(book.clock.nanos().saturating_sub(sent), bytes.len());
    }
}
