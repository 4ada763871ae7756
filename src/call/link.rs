//! The websocket to the engine.

use crate::protocol::{
    self, ClientMessage, ErrorCode, MAX_AUDIO, MAX_TEXT, SUBPROTOCOL, ServerMessage, VERSION,
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
    url: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
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
        })
    }

    /// The engine's address.
    pub(super) fn url(&self) -> &str {
        &self.url
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
                    return Err(foreign(&self.url, reason));
                }
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

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// Where the connection broke.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), LinkError> {
        self.pass_text(&protocol::encode(message)).await
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
