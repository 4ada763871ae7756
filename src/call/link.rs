//! The websocket to the engine.

use crate::protocol::{
    self, AudioFrame, ClientMessage, ErrorCode, MAX_AUDIO, MAX_TEXT, SUBPROTOCOL, ServerMessage,
    VERSION,
};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long an engine may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Why the engine cannot be talked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Not a websocket address.
    #[error("Engine address `{url}`: {reason}; expected ws://HOST:PORT/PATH")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answers there.
    #[error("Engine {url} cannot be reached: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// Somebody answers, but not an engine of this protocol.
    #[error("{url} is no engine of protocol {SUBPROTOCOL}: {reason}")]
    Foreign {
        /// The address.
        url: String,
        /// What was found.
        reason: String,
    },
    /// The engine refused.
    #[error("{message}")]
    Refused {
        /// What kind of refusal.
        code: ErrorCode,
        /// One sentence for a person.
        message: String,
    },
    /// The connection broke.
    #[error("The connection to the engine broke: {0}")]
    Broken(String),
}

/// An open connection. Messages are numbered from 1 as they are sent; in a
/// resumed session the numbers go on.
#[derive(Debug)]
pub struct Link {
    url: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    seq: u64,
    frames: [u32; 2],
}

impl Link {
    /// Connects; nothing is begun yet.
    ///
    /// # Errors
    ///
    /// Where nobody answers, and where it is no engine of this protocol.
    pub async fn connect(url: &str) -> Result<Self, LinkError> {
        let mut request = url.into_client_request().map_err(|e| LinkError::Address {
            url: url.to_owned(),
            reason: e.to_string(),
        })?;
        request.headers_mut().insert(
            "sec-websocket-protocol",
            HeaderValue::from_static(SUBPROTOCOL),
        );
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_TEXT.max(MAX_AUDIO)))
            .max_frame_size(Some(MAX_TEXT.max(MAX_AUDIO)));
        let connecting = tokio_tungstenite::connect_async_with_config(request, Some(limits), true);
        let (socket, response) = tokio::time::timeout(ANSWER_WITHIN, connecting)
            .await
            .map_err(|_| LinkError::Unreachable {
                url: url.to_owned(),
                reason: "no answer within 15 seconds".into(),
            })?
            .map_err(|e| connect_error(url, e))?;
        check_protocol(url, &response)?;
        Ok(Self {
            url: url.to_owned(),
            socket,
            seq: 0,
            frames: [0; 2],
        })
    }

    /// Introduces this side; the engine prepares the interview, begins its
    /// record and welcomes.
    ///
    /// # Errors
    ///
    /// Where the engine refuses the setup, or speaks another version.
    pub async fn hello(&mut self, hello: &ClientMessage) -> Result<ServerMessage, LinkError> {
        let foreign = |url: &str, reason: String| LinkError::Foreign {
            url: url.to_owned(),
            reason,
        };
        self.send_text(hello).await?;
        match tokio::time::timeout(ANSWER_WITHIN, self.receive()).await {
            Ok(Ok(
                welcome @ ServerMessage::Welcome {
                    protocol, resumed, ..
                },
            )) => {
                if protocol != VERSION {
                    let reason = format!("found version {protocol}, expected {VERSION}");
                    return Err(foreign(&self.url, reason));
                }
                // What is on the log already keeps its numbers.
                self.seq = resumed.map_or(0, |r| r.heard);
                Ok(welcome)
            }
            Ok(Ok(ServerMessage::Error { code, message, .. })) => {
                Err(LinkError::Refused { code, message })
            }
            Ok(Ok(other)) => {
                let reason = format!("it answered the hello with {other:?}");
                Err(foreign(&self.url, reason))
            }
            Ok(Err(LinkError::Broken(reason))) => Err(foreign(&self.url, reason)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(LinkError::Unreachable {
                url: self.url.clone(),
                reason: "it accepted the connection but did not answer the hello".into(),
            }),
        }
    }

    /// Sends the message that `make` builds from its number; the number
    /// comes back, and the engine's acknowledgement will carry it.
    ///
    /// # Errors
    ///
    /// Where the connection broke.
    pub async fn send(
        &mut self,
        make: impl FnOnce(u64) -> ClientMessage,
    ) -> Result<u64, LinkError> {
        self.seq += 1;
        let message = make(self.seq);
        self.send_text(&message).await?;
        Ok(self.seq)
    }

    /// Sends a message that has no number: it is no part of the session.
    ///
    /// # Errors
    ///
    /// Where the connection broke.
    pub async fn ask(&mut self, message: &ClientMessage) -> Result<(), LinkError> {
        self.send_text(message).await
    }

    /// Sends a stretch of audio.
    ///
    /// # Errors
    ///
    /// Where the connection broke.
    pub async fn send_audio(&mut self, mut frame: AudioFrame) -> Result<(), LinkError> {
        let count = &mut self.frames[usize::from(frame.track == crate::event::Track::Far)];
        frame.seq = *count;
        *count = count.wrapping_add(1);
        let bytes = frame.encode();
        self.socket
            .send(Message::Binary(bytes.into()))
            .await
            .map_err(|e| LinkError::Broken(e.to_string()))
    }

    /// The next message of the engine. Safe to drop and call again.
    ///
    /// # Errors
    ///
    /// Where the connection broke or was closed.
    pub async fn receive(&mut self) -> Result<ServerMessage, LinkError> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return protocol::decode(&text).map_err(|e| LinkError::Broken(e.to_string()));
                }
                Some(Ok(Message::Close(_))) | None => {
                    return Err(LinkError::Broken("the engine closed it".into()));
                }
                Some(Ok(_)) => {}
                Some(Err(e)) => return Err(LinkError::Broken(e.to_string())),
            }
        }
    }

    /// Closes the connection.
    pub async fn close(mut self) {
        // Whoever closes needs no answer.
        let _ = self.socket.close(None).await;
    }

    async fn send_text(&mut self, message: &ClientMessage) -> Result<(), LinkError> {
        self.socket
            .send(Message::Text(protocol::encode(message).into()))
            .await
            .map_err(|e| LinkError::Broken(e.to_string()))
    }
}

fn check_protocol(url: &str, response: &Response) -> Result<(), LinkError> {
    let found = response
        .headers()
        .get("sec-websocket-protocol")
        .and_then(|h| h.to_str().ok());
    if found == Some(SUBPROTOCOL) {
        return Ok(());
    }
    Err(LinkError::Foreign {
        url: url.to_owned(),
        reason: format!("found protocol {}", found.unwrap_or("none")),
    })
}

fn connect_error(url: &str, error: Error) -> LinkError {
    let url = url.to_owned();
    match error {
        Error::Io(e) => LinkError::Unreachable {
            url,
            reason: e.to_string(),
        },
        Error::Http(response) => {
            let body = response.body().as_deref().unwrap_or_default();
            let text = String::from_utf8_lossy(body);
            LinkError::Foreign {
                url,
                reason: format!("HTTP {} {}", response.status(), text.trim()),
            }
        }
        Error::Url(e) => LinkError::Address {
            url,
            reason: e.to_string(),
        },
        other => LinkError::Foreign {
            url,
            reason: other.to_string(),
        },
    }
}
