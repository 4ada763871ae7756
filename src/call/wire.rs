//! The wire of a call: one connection after another to the same session. A
//! task of its own holds the connection and the spool; the call's loop talks
//! to it through two bounded channels and never waits for the network.
//!
//! A connection that breaks, or from which nothing came for [`SILENT`], is
//! replaced by a new one, after waits that grow to [`WAIT_MOST`]. The hello
//! says what this side has, the welcome what the engine has; both send again
//! what the other is missing, under the old numbers.

use super::link::{Address, Link, LinkError, Received};
use super::spool::{Spool, Unsent, end_of};
use crate::event::{ClientFacts, Track};
use crate::protocol::{
    self, AudioFrame, ClientMessage, ErrorCode, Has, Resume, Resumed, ServerMessage, VERSION,
};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Messages on their way to the task. Full means that the spool's disk is
/// slow: the call's loop waits then, and audio queues before it.
const OUT: usize = 256;
/// Messages of the engine that the loop has not read yet. Full means that the
/// loop is busy; the engine is not read on until it is not.
const IN: usize = 256;
/// How often the engine is asked for a sign of life.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// A connection from which nothing came for so long is taken as cut: three
/// signs of life that did not come.
const SILENT: Duration = Duration::from_secs(6);
/// How long a message may take to leave.
const SEND_WITHIN: Duration = Duration::from_secs(6);
/// The first wait before a connection is tried again.
const WAIT_FIRST: Duration = Duration::from_millis(100);
/// The longest such wait: a network that is back is noticed within it.
const WAIT_MOST: Duration = Duration::from_secs(1);
/// How long a new connection and its welcome may take.
const OPEN_WITHIN: Duration = Duration::from_secs(5);

/// How a wire behaves.
#[derive(Clone, Debug)]
pub struct WireSettings {
    /// Folder for what is unsent; each session has its own in it.
    pub spool: PathBuf,
    /// How long an engine that does not answer is tried, before the call is
    /// given up.
    pub give_up_after: Duration,
}

/// What comes over a wire.
#[derive(Debug)]
pub(super) enum Heard {
    /// A message of the engine. None comes twice.
    Message(ServerMessage),
    /// The connection is gone; it is being replaced.
    Lost,
    /// It is back after this time.
    Back(Duration),
    /// The engine has finished the record, and could not say so in time.
    Finished,
    /// Something does not work as it should; the call goes on.
    Trouble(String),
    /// The session is over for this side.
    Over(LinkError),
}

enum Outgoing {
    /// Number, message, and whether it says goodbye.
    Text(u64, String, bool),
    Audio(u64, Vec<u8>),
    /// Something for the moment only: not kept, not sent again.
    Passing(String),
}

/// The loop's end of the wire.
#[derive(Debug)]
pub(super) struct Wire {
    to: mpsc::Sender<Outgoing>,
    from: mpsc::Receiver<Heard>,
    task: JoinHandle<()>,
    seq: u64,
    frames: [u32; 2],
}

impl Wire {
    /// Goes on with an open connection whose welcome was read.
    pub(super) fn start(
        link: Link,
        session: String,
        client: ClientFacts,
        resumed: Option<Resumed>,
        settings: &WireSettings,
    ) -> Self {
        let (to, commands) = mpsc::channel(OUT);
        let (events, from) = mpsc::channel(IN);
        let spool = Spool::new(settings.spool.join(&session));
        let task = Task {
            address: link.address().clone(),
            session,
            client,
            give_up_after: settings.give_up_after,
            spool,
            commands,
            events,
            last_output: 0,
            samples: 0,
            bye: false,
            done: false,
        };
        Self {
            to,
            from,
            task: tokio::spawn(task.run(link)),
            // What is on the log already keeps its numbers.
            seq: resumed.map_or(0, |r| r.heard),
            frames: [0; 2],
        }
    }

    /// Sends the message that `make` builds from its number; the number
    /// comes back, and the engine's acknowledgement will carry it.
    ///
    /// # Errors
    ///
    /// Where the session is over for this side.
    pub(super) async fn send(
        &mut self,
        make: impl FnOnce(u64) -> ClientMessage,
    ) -> Result<u64, LinkError> {
        self.seq += 1;
        let message = make(self.seq);
        let bye = matches!(message, ClientMessage::Bye { .. });
        let text = protocol::encode(&message);
        self.pass(Outgoing::Text(self.seq, text, bye)).await?;
        Ok(self.seq)
    }

    /// Sends a stretch of audio.
    ///
    /// # Errors
    ///
    /// Where the session is over for this side.
    pub(super) async fn send_audio(&mut self, mut frame: AudioFrame) -> Result<(), LinkError> {
        let count = &mut self.frames[usize::from(frame.track == Track::Far)];
        frame.seq = *count;
        *count = count.wrapping_add(1);
        let end = frame.first_sample + frame.pcm.len() as u64;
        self.pass(Outgoing::Audio(end, frame.encode())).await
    }

    /// Sends something that is only of use now; it is dropped where the
    /// connection is away.
    ///
    /// # Errors
    ///
    /// Where the session is over for this side.
    pub(super) async fn pass_on(&mut self, message: &ClientMessage) -> Result<(), LinkError> {
        self.pass(Outgoing::Passing(protocol::encode(message)))
            .await
    }

    /// What comes next. Safe to drop and call again.
    pub(super) async fn receive(&mut self) -> Heard {
        match self.from.recv().await {
            Some(heard) => heard,
            None => Heard::Over(ended()),
        }
    }

    /// Closes the connection and removes the spool.
    pub(super) async fn close(self) {
        drop(self.to);
        // A task that panicked has nothing left to close.
        let _ = self.task.await;
    }

    async fn pass(&mut self, send: Outgoing) -> Result<(), LinkError> {
        if self.to.send(send).await.is_ok() {
            return Ok(());
        }
        // The reason stands behind what was not read yet.
        while let Some(heard) = self.from.recv().await {
            if let Heard::Over(why) = heard {
                return Err(why);
            }
        }
        Err(ended())
    }
}

fn ended() -> LinkError {
    LinkError::Broken("the wire's task has ended".into())
}

/// The task's end.
struct Task {
    address: Address,
    session: String,
    client: ClientFacts,
    give_up_after: Duration,
    spool: Spool,
    commands: mpsc::Receiver<Outgoing>,
    events: mpsc::Sender<Heard>,
    /// Number of the last output that was passed on.
    last_output: u64,
    /// End of the audio that was recorded.
    samples: u64,
    /// The loop has said goodbye.
    bye: bool,
    /// The engine has said that the record is finished.
    done: bool,
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
    async fn run(mut self, link: Link) {
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

async fn within(sending: impl Future<Output = Result<(), LinkError>>) -> Result<(), LinkError> {
    tokio::time::timeout(SEND_WITHIN, sending)
        .await
        .map_err(|_| {
            let s = SEND_WITHIN.as_secs();
            LinkError::Broken(format!("nothing could be sent for {s} seconds"))
        })?
}

/// Sends what a killed process left of a session, before another one goes on
/// with it. Whatever happens, the spool stays until the engine has it.
///
/// # Errors
///
/// Where the engine cannot be reached or refuses the session.
pub async fn deliver_left(
    address: &Address,
    settings: &WireSettings,
    client: ClientFacts,
    session: &str,
) -> Result<usize, LinkError> {
    let dir = settings.spool.join(session);
    let left =
        Spool::left(&dir).map_err(|e| LinkError::Spool(format!("{}: {e}", dir.display())))?;
    if left.is_empty() {
        return Ok(0);
    }
    let mut link = Link::open(address).await?;
    let samples = super::spool::last_sample(&left);
    let hello = ClientMessage::Hello {
        protocol: VERSION,
        client,
        setup: Box::default(),
        resume: Some(Resume {
            session: session.to_owned(),
            has: Some(Has {
                outputs: u64::MAX,
                samples,
            }),
        }),
    };
    let ServerMessage::Welcome {
        resumed: Some(resumed),
        ..
    } = link.hello(&hello).await?
    else {
        let text = "its welcome does not say how the session stands";
        return Err(LinkError::Broken(text.into()));
    };
    let mut sent = 0;
    let mut last = 0;
    for piece in &left {
        match piece {
            Unsent::Text(text) => {
                let number = super::spool::number_of(text).unwrap_or(0);
                if number > resumed.heard {
                    last = number;
                    within(link.pass_text(text)).await?;
                    sent += 1;
                }
            }
            Unsent::Audio(bytes) => {
                if end_of(bytes).is_some_and(|end| end > resumed.kept) {
                    within(link.pass_audio(bytes)).await?;
                    sent += 1;
                }
            }
        }
    }
    // The answers come after everything before them was taken. A message's is
    // the engine's own; a sign of life, where there was only sound, may be
    // that of something in between.
    within(link.ask()).await?;
    let answered = async {
        loop {
            match link.receive_any().await? {
                Received::Message(ServerMessage::Ack { seq }) if seq >= last => break,
                Received::Sign if last == 0 => break,
                Received::Message(ServerMessage::Error {
                    code,
                    message,
                    fatal: true,
                }) => return Err(LinkError::Refused { code, message }),
                _ => {}
            }
        }
        Ok::<_, LinkError>(())
    };
    tokio::time::timeout(SILENT, answered)
        .await
        .map_err(|_| LinkError::Broken("no answer to what was sent again".into()))??;
    link.close().await;
    Spool::new(dir).remove();
    Ok(sent)
}
