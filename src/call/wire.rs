//! The wire of a call: one connection after another to the same session. A
//! task of its own holds the connection and the spool; the call's loop talks
//! to it through two bounded channels and never waits for the network.
//!
//! A connection that breaks, or from which nothing came for [`SILENT`], is
//! replaced by a new one, after waits that grow to a second. The hello
//! says what this side has, the welcome what the engine has; both send again
//! what the other is missing, under the old numbers.

mod left;
mod task;

use super::link::{Link, LinkError};
use super::spool::Spool;
use crate::event::{ClientFacts, Track};
use crate::protocol::{self, AudioFrame, ClientMessage, Resumed, ServerMessage};
pub use left::deliver_left;
use std::path::PathBuf;
use std::time::Duration;
use task::Task;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Messages on their way to the task. Full means that the spool's disk is
/// slow: the call's loop waits then, and audio queues before it.
const OUT: usize = 256;
/// Messages of the engine that the loop has not read yet. Full means that the
/// loop is busy; the engine is not read on until it is not.
const IN: usize = 256;
/// A connection from which nothing came for so long is taken as cut: three
/// signs of life that did not come.
const SILENT: Duration = Duration::from_secs(6);
/// How long a message may take to leave.
const SEND_WITHIN: Duration = Duration::from_secs(6);

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

async fn within(sending: impl Future<Output = Result<(), LinkError>>) -> Result<(), LinkError> {
    tokio::time::timeout(SEND_WITHIN, sending)
        .await
        .map_err(|_| {
            let s = SEND_WITHIN.as_secs();
            LinkError::Broken(format!("nothing could be sent for {s} seconds"))
        })?
}
