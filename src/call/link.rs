//! The websocket to the engine.

use super::tls::{self, Stream};
use crate::event::Accommodations;
use crate::protocol::{
    self, AudioFrame, ClientMessage, ErrorCode, MAX_AUDIO, MAX_TEXT, SUBPROTOCOL, ServerMessage,
    VERSION,
};
use futures_util::{SinkExt, StreamExt};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

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
    /// The session of the invitation was begun before; it can be gone on with.
    #[error("The interview of this invitation was begun already, as session {session}")]
    Begun {
        /// Its id.
        session: String,
    },
    /// The connection broke.
    #[error("The connection to the engine broke: {0}")]
    Broken(String),
    /// What was not sent yet cannot be read back.
    #[error("What was not sent yet cannot be read: {0}")]
    Spool(String),
}

/// What a connection brings.
#[derive(Debug)]
pub(super) enum Received {
    /// A message of the engine.
    Message(ServerMessage),
    /// A sign of life without one.
    Sign,
}

/// An open connection; what goes over it is numbered by whoever sends.
#[derive(Debug)]
pub struct Link {
    address: Address,
    socket: WebSocketStream<Stream>,
}

/// An engine's address and what lets one in there: `ws://HOST/PATH#TOKEN`.
/// The part behind `#` is sent in a header, never in a request line, and is
/// not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: String,
    token: Option<String>,
    roots: Option<PathBuf>,
}

impl Address {
    /// Reads an address or a link.
    pub fn new(link: &str) -> Self {
        let (url, token) = match link.split_once('#') {
            Some((url, token)) => (url, Some(token.to_owned())),
            None => (link, None),
        };
        Self {
            url: url.to_owned(),
            token: token.filter(|t| !t.is_empty()),
            roots: None,
        }
    }

    /// Trusts the certificates in this file (PEM) too.
    #[must_use]
    pub fn with_roots(mut self, file: Option<PathBuf>) -> Self {
        self.roots = file;
        self
    }

    /// The address without what lets one in.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What lets one in.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.url).finish()
    }
}

impl Link {
    /// Connects to an address or a link; see [`Link::open`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn connect(link: &str) -> Result<Self, LinkError> {
        Self::open(&Address::new(link)).await
    }

    /// Connects; nothing is begun yet.
    ///
    /// # Errors
    ///
    /// Where nobody answers, where one is not let in, and where it is no
    /// engine of this protocol.
    pub async fn open(address: &Address) -> Result<Self, LinkError> {
        let url = address.url();
        let mut request = url.into_client_request().map_err(|e| LinkError::Address {
            url: url.to_owned(),
            reason: e.to_string(),
        })?;
        request.headers_mut().insert(
            "sec-websocket-protocol",
            HeaderValue::from_static(SUBPROTOCOL),
        );
        if let Some(token) = address.token() {
            let bearer = HeaderValue::from_str(&format!("Bearer {token}"));
            let mut bearer = bearer.map_err(|_| LinkError::Address {
                url: url.to_owned(),
                reason: "the part behind # is no token".into(),
            })?;
            bearer.set_sensitive(true);
            request.headers_mut().insert("authorization", bearer);
        }
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_TEXT.max(MAX_AUDIO)))
            .max_frame_size(Some(MAX_TEXT.max(MAX_AUDIO)));
        let connecting = async {
            let stream = tls::connect(url, request.uri(), address.roots.as_deref()).await?;
            tokio_tungstenite::client_async_with_config(request, stream, Some(limits))
                .await
                .map_err(|e| connect_error(url, e))
        };
        let (socket, response) = tokio::time::timeout(ANSWER_WITHIN, connecting)
            .await
            .map_err(|_| LinkError::Unreachable {
                url: url.to_owned(),
                reason: "no answer within 15 seconds".into(),
            })??;
        check_protocol(url, &response)?;
        Ok(Self {
            address: address.clone(),
            socket,
        })
    }

    /// The engine's address.
    pub(super) const fn address(&self) -> &Address {
        &self.address
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
        self.send(hello).await?;
        match tokio::time::timeout(ANSWER_WITHIN, self.receive()).await {
            Ok(Ok(welcome @ ServerMessage::Welcome { protocol, .. })) => {
                if protocol != VERSION {
                    let reason = format!("found version {protocol}, expected {VERSION}");
                    return Err(foreign(self.address.url(), reason));
                }
                Ok(welcome)
            }
            Ok(Ok(ServerMessage::Begun { session })) => Err(LinkError::Begun { session }),
            Ok(Ok(ServerMessage::Error { code, message, .. })) => {
                Err(LinkError::Refused { code, message })
            }
            Ok(Ok(other)) => {
                let reason = format!("it answered the hello with {other:?}");
                Err(foreign(self.address.url(), reason))
            }
            Ok(Err(LinkError::Broken(reason))) => Err(foreign(self.address.url(), reason)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(LinkError::Unreachable {
                url: self.address.url().to_owned(),
                reason: "it accepted the connection but did not answer the hello".into(),
            }),
        }
    }

    /// Asks what was agreed on with the candidate, before the hello; for the
    /// session that is to go on, where one is. Nothing where the engine knows
    /// of nothing, as one does that is older than the question.
    ///
    /// # Errors
    ///
    /// Where the engine refuses or the connection broke.
    pub async fn accommodations(
        &mut self,
        session: Option<&str>,
    ) -> Result<Option<Accommodations>, LinkError> {
        let session = session.map(str::to_owned);
        let protocol = VERSION;
        self.send(&ClientMessage::Accommodations { protocol, session })
            .await?;
        let answer = tokio::time::timeout(ANSWER_WITHIN, self.receive()).await;
        match answer {
            Ok(Ok(ServerMessage::Accommodations { agreed })) => Ok(agreed),
            Ok(Ok(ServerMessage::Error {
                code: ErrorCode::Malformed | ErrorCode::Unexpected,
                ..
            })) => Ok(None),
            Ok(Ok(ServerMessage::Error { code, message, .. })) => {
                Err(LinkError::Refused { code, message })
            }
            Ok(Ok(other)) => Err(LinkError::Foreign {
                url: self.address.url().to_owned(),
                reason: format!("it was asked what was agreed on and answered {other:?}"),
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(LinkError::Unreachable {
                url: self.address.url().to_owned(),
                reason: "it accepted the connection but answered nothing".into(),
            }),
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// Where the connection broke.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), LinkError> {
        self.pass_text(&protocol::encode(message)).await
    }

    /// Sends a stretch of audio.
    ///
    /// # Errors
    ///
    /// Where the connection broke.
    pub async fn send_frame(&mut self, frame: &AudioFrame) -> Result<(), LinkError> {
        self.pass_audio(&frame.encode()).await
    }

    /// Sends an encoded message.
    pub(super) async fn pass_text(&mut self, text: &str) -> Result<(), LinkError> {
        self.pass(Message::Text(text.into())).await
    }

    /// Sends an encoded audio frame.
    pub(super) async fn pass_audio(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.pass(Message::Binary(bytes.to_vec().into())).await
    }

    /// Asks for a sign of life.
    pub(super) async fn ask(&mut self) -> Result<(), LinkError> {
        self.pass(Message::Ping(Vec::new().into())).await
    }

    async fn pass(&mut self, message: Message) -> Result<(), LinkError> {
        self.socket
            .send(message)
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
            if let Received::Message(message) = self.receive_any().await? {
                return Ok(message);
            }
        }
    }

    /// The next message, or another sign of life. Safe to drop and call again.
    pub(super) async fn receive_any(&mut self) -> Result<Received, LinkError> {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => protocol::decode(&text)
                .map(Received::Message)
                .map_err(|e| LinkError::Broken(e.to_string())),
            Some(Ok(Message::Close(_))) | None => {
                Err(LinkError::Broken("the engine closed it".into()))
            }
            Some(Ok(_)) => Ok(Received::Sign),
            Some(Err(e)) => Err(LinkError::Broken(e.to_string())),
        }
    }

    /// Waits for the engine's answer to a ping. Messages that come meanwhile
    /// are lost: measure before the hello only.
    ///
    /// # Errors
    ///
    /// Where the connection broke or nothing answers.
    pub async fn ping(&mut self) -> Result<(), LinkError> {
        self.ask().await?;
        let answer = async {
            while !matches!(self.receive_any().await?, Received::Sign) {}
            Ok(())
        };
        tokio::time::timeout(ANSWER_WITHIN, answer)
            .await
            .unwrap_or_else(|_| {
                let text = "no answer to a ping within 15 seconds";
                Err(LinkError::Broken(text.into()))
            })
    }

    /// Closes the connection.
    pub async fn close(mut self) {
        // Whoever closes needs no answer.
        let _ = self.socket.close(None).await;
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

/// What an engine says with a refusal.
#[derive(serde::Deserialize)]
struct Told {
    message: String,
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
            let text = match serde_json::from_slice::<Told>(body) {
                Ok(told) => told.message,
                Err(_) => String::from_utf8_lossy(body).trim().to_owned(),
            };
            match response.status().as_u16() {
                401 | 403 => LinkError::Refused {
                    code: ErrorCode::Denied,
                    message: text,
                },
                429 | 503 => LinkError::Unreachable { url, reason: text },
                status => LinkError::Foreign {
                    url,
                    reason: format!("HTTP {status} {text}"),
                },
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
