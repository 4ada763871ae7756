//! The wire's task: it holds the connection, replaces one that broke, and
//! keeps what was not acknowledged.

use super::super::link::{Address, Link, LinkError, Received};
use super::super::spool::{Spool, Unsent};
use super::{Heard, Outgoing, SILENT, within};
use crate::event::ClientFacts;
use crate::protocol::{ClientMessage, ErrorCode, Has, Resume, Resumed, ServerMessage, VERSION};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How often the engine is asked for a sign of life.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// The first wait before a connection is tried again.
const WAIT_FIRST: Duration = Duration::from_millis(100);
/// The longest such wait: a network that is back is noticed within it.
const WAIT_MOST: Duration = Duration::from_secs(1);
/// How long a new connection and its welcome may take.
const OPEN_WITHIN: Duration = Duration::from_secs(5);

/// The task's end.
pub(super) struct Task {
    pub(super) address: Address,
    pub(super) session: String,
    pub(super) client: ClientFacts,
    pub(super) give_up_after: Duration,
    pub(super) spool: Spool,
    pub(super) commands: mpsc::Receiver<Outgoing>,
    pub(super) events: mpsc::Sender<Heard>,
    /// Number of the last output that was passed on.
    pub(super) last_output: u64,
    /// End of the audio that was recorded.
    pub(super) samples: u64,
    /// The loop has said goodbye.
    pub(super) bye: bool,
    /// The engine has said that the record is finished.
    pub(super) done: bool,
}

/// Why the task leaves a connection.
enum Leave {
    /// The loop wants no more.
    Closed,
    /// The connection is gone.
    Lost(String),
    /// It can never go on.
    Over(LinkError),
}

impl Task {
    /// Holds one connection after the other, until the session is over or
    /// the loop wants no more.
    pub(super) async fn run(mut self, link: Link) {
        let mut link = link;
        let over = loop {
            let why = match self.hold(&mut link).await {
                Leave::Closed => {
                    link.close().await;
                    break None;
                }
                Leave::Over(error) => break Some(error),
                Leave::Lost(why) => why,
            };
            drop(link);
            // An engine that has finished the record closes the connection.
            if self.done {
                break None;
            }
            tracing::warn!(why, "the connection to the engine is lost");
            let since = Instant::now();
            self.tell(Heard::Lost).await;
            match self.reconnect(since).await {
                Ok(Some(new)) => link = new,
                Ok(None) => break None,
                // Sealed after the goodbye had come: nothing is missing.
                Err(LinkError::Refused {
                    code: ErrorCode::Resume,
                    ..
                }) if self.bye => {
                    self.done = true;
                    self.tell(Heard::Finished).await;
                    break None;
                }
                Err(error) => break Some(error),
            }
            tracing::info!(away = ?since.elapsed(), "the connection is back");
            self.tell(Heard::Back(since.elapsed())).await;
        };
        match over {
            // Who comes back later finds what was not sent.
            Some(error) => self.tell(Heard::Over(error)).await,
            None if self.done => self.spool.remove(),
            None => {}
        }
    }

    /// Serves one connection until it has to be left.
    async fn hold(&mut self, link: &mut Link) -> Leave {
        let mut heard_at = Instant::now();
        let mut ask = tokio::time::interval(ASK_EVERY);
        loop {
            let sent = tokio::select! {
                biased;
                received = link.receive_any() => {
                    heard_at = Instant::now();
                    match received {
                        Ok(Received::Message(message)) => match self.message(message).await {
                            Some(leave) => return leave,
                            None => Ok(()),
                        },
                        Ok(Received::Sign) => Ok(()),
                        Err(error) => return Leave::Lost(error.to_string()),
                    }
                }
                command = self.commands.recv() => match command {
                    None => return Leave::Closed,
                    Some(send) => {
                        self.keep(&send).await;
                        let sending = async {
                            match &send {
                                Outgoing::Text(_, text, _) | Outgoing::Passing(text) => {
                                    link.pass_text(text).await
                                }
                                Outgoing::Audio(_, bytes) => link.pass_audio(bytes).await,
                            }
                        };
                        within(sending).await
                    }
                },
                _ = ask.tick() => {
                    if heard_at.elapsed() > SILENT {
                        let s = SILENT.as_secs();
                        return Leave::Lost(format!("nothing came from the engine for {s} seconds"));
                    }
                    within(link.ask()).await
                }
            };
            if let Err(error) = sent {
                return Leave::Lost(error.to_string());
            }
        }
    }

    /// Takes note of a message and passes it on.
    async fn message(&mut self, message: ServerMessage) -> Option<Leave> {
        match &message {
            ServerMessage::Output { seq, .. } => {
                if *seq <= self.last_output {
                    // Sent again after a break, and not needed.
                    return None;
                }
                self.last_output = *seq;
            }
            ServerMessage::Ack { seq } => self.spool.heard(*seq),
            ServerMessage::AudioAck { samples } => self.spool.kept(*samples),
            ServerMessage::Done { .. } => self.done = true,
            ServerMessage::Error {
                code,
                message,
                fatal: true,
            } => {
                let (code, message) = (*code, message.clone());
                return Some(if for_now(code) {
                    Leave::Lost(message)
                } else {
                    Leave::Over(LinkError::Refused { code, message })
                });
            }
            ServerMessage::Welcome { .. }
            | ServerMessage::Prepared { .. }
            | ServerMessage::Begun { .. }
            | ServerMessage::Listening { .. }
            | ServerMessage::Status { .. }
            | ServerMessage::Accommodations { .. }
            | ServerMessage::Error { .. } => {}
        }
        self.tell(Heard::Message(message)).await;
        None
    }

    async fn keep(&mut self, send: &Outgoing) {
        match send {
            Outgoing::Text(seq, text, bye) => {
                self.bye |= bye;
                self.spool.text(*seq, text);
            }
            Outgoing::Audio(end, bytes) => {
                self.samples = self.samples.max(*end);
                self.spool.audio(*end, bytes);
            }
            Outgoing::Passing(_) => {}
        }
        if let Some(why) = self.spool.take_failure() {
            self.tell(Heard::Trouble(why)).await;
        }
    }

    /// Tries until the engine is back; `None` where the loop wants no more.
    async fn reconnect(&mut self, since: Instant) -> Result<Option<Link>, LinkError> {
        let mut wait = WAIT_FIRST;
        loop {
            let last = match self.attempt().await {
                Some(Ok(link)) => return Ok(Some(link)),
                Some(Err(error)) => error,
                None => return Ok(None),
            };
            if let LinkError::Refused { code, .. } = &last
                && !for_now(*code)
            {
                return Err(last);
            }
            if since.elapsed() > self.give_up_after {
                return Err(last);
            }
            tracing::debug!(error = %last, ?wait, "not back yet");
            let again = Instant::now() + wait;
            wait = (wait * 2).min(WAIT_MOST);
            // What the loop sends meanwhile goes into the spool.
            loop {
                tokio::select! {
                    () = tokio::time::sleep_until(again) => break,
                    command = self.commands.recv() => match command {
                        None => return Ok(None),
                        Some(send) => self.keep(&send).await,
                    },
                }
            }
        }
    }

    /// Opens a connection and sends what the engine is missing.
    async fn attempt(&mut self) -> Option<Result<Link, LinkError>> {
        let hello = ClientMessage::Hello {
            protocol: VERSION,
            client: self.client.clone(),
            setup: Box::default(),
            resume: Some(Resume {
                session: self.session.clone(),
                has: Some(Has {
                    outputs: self.last_output,
                    samples: self.samples,
                }),
            }),
        };
        let address = self.address.clone();
        let open = async move {
            let mut link = Link::open(&address).await?;
            let welcome = link.hello(&hello).await?;
            Ok::<_, LinkError>((link, welcome))
        };
        let mut opening = tokio::spawn(tokio::time::timeout(OPEN_WITHIN, open));
        let opened = loop {
            tokio::select! {
                opened = &mut opening => break opened,
                command = self.commands.recv() => match command {
                    None => {
                        opening.abort();
                        return None;
                    }
                    Some(send) => self.keep(&send).await,
                },
            }
        };
        let (mut link, welcome) = match opened {
            Ok(Ok(Ok(opened))) => opened,
            Ok(Ok(Err(error))) => return Some(Err(error)),
            Ok(Err(_)) => return Some(Err(LinkError::Broken("no welcome came".into()))),
            Err(error) => return Some(Err(LinkError::Broken(error.to_string()))),
        };
        let ServerMessage::Welcome {
            resumed: Some(resumed),
            ..
        } = welcome
        else {
            let text = "its welcome does not say how the session stands";
            return Some(Err(LinkError::Broken(text.into())));
        };
        Some(self.catch_up(&mut link, resumed).await.map(|()| link))
    }

    /// Both sides are told what the other has; what is missing is sent.
    async fn catch_up(&mut self, link: &mut Link, resumed: Resumed) -> Result<(), LinkError> {
        self.spool.heard(resumed.heard);
        self.spool.kept(resumed.kept);
        // The loop waits for what was acknowledged while it was away.
        let (seq, samples) = (resumed.heard, resumed.kept);
        self.tell(Heard::Message(ServerMessage::Ack { seq })).await;
        let kept = ServerMessage::AudioAck { samples };
        self.tell(Heard::Message(kept)).await;
        for index in 0..self.spool.len() {
            let piece = self
                .spool
                .get(index)
                .map_err(|e| LinkError::Spool(e.to_string()))?;
            match piece {
                Some(Unsent::Text(text)) => within(link.pass_text(&text)).await?,
                Some(Unsent::Audio(bytes)) => within(link.pass_audio(&bytes)).await?,
                None => {}
            }
        }
        Ok(())
    }

    async fn tell(&self, heard: Heard) {
        // A loop that has gone needs to know nothing.
        let _ = self.events.send(heard).await;
    }
}

/// Whether a refusal passes: an engine that starts anew, or one that has not
/// yet noticed that the old connection is gone.
fn for_now(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Stopping | ErrorCode::Busy)
}
