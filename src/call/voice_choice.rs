//! Another voice, or the same at another speed, while the old one speaks on:
//! a neural voice takes seconds to open, and a call must not stand still
//! meanwhile.

use super::voice::check_rate;
use crate::audio::BusyGuard;
use crate::speech::{SpeechError, Synthesizer};
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, Sender, channel};

type Open = dyn Fn(&str, f32) -> Result<Box<dyn Synthesizer>, SpeechError> + Send + Sync;
type Opened = Result<Box<dyn Synthesizer>, String>;

/// A voice by its name, at a speed; 1 is its own.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Manner {
    pub(super) voice: String,
    pub(super) speed: f32,
}

/// A voice that is being opened.
struct Opening {
    manner: Manner,
    opened: Receiver<Opened>,
    /// Keeps a fast clock back.
    hold: BusyGuard,
}

/// What speaks, what is wanted, and how it is opened.
pub(super) struct Choice {
    now: Manner,
    wanted: Manner,
    opening: Option<Opening>,
    open: Arc<Open>,
}

impl std::fmt::Debug for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Choice({:?}, {:?})", self.now, self.wanted)
    }
}

impl Choice {
    pub(super) fn new(
        now: Manner,
        open: impl Fn(&str, f32) -> Result<Box<dyn Synthesizer>, SpeechError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            wanted: now.clone(),
            now,
            opening: None,
            open: Arc::new(open),
        }
    }

    /// What speaks now.
    pub(super) const fn now(&self) -> &Manner {
        &self.now
    }

    /// Asks for another manner. What is wanted last is what counts; one is
    /// opened at a time.
    ///
    /// # Errors
    ///
    /// Where the system has no thread left.
    pub(super) fn want(
        &mut self,
        change: impl FnOnce(&mut Manner),
        hold: BusyGuard,
    ) -> Result<(), String> {
        change(&mut self.wanted);
        self.go_on(hold)
    }

    fn go_on(&mut self, hold: BusyGuard) -> Result<(), String> {
        if self.opening.is_some() || self.wanted == self.now {
            return Ok(());
        }
        let manner = self.wanted.clone();
        // One answer.
        let (tell, opened): (Sender<Opened>, _) = channel(1);
        let (open, asked) = (self.open.clone(), manner.clone());
        let spawned = std::thread::Builder::new()
            .name("voice-open".into())
            .spawn(move || {
                let opened = open(&asked.voice, asked.speed).map_err(|error| error.to_string());
                let opened = opened.and_then(|voice| {
                    check_rate(&*voice)?;
                    Ok(voice)
                });
                // Nobody waits where the call is over.
                let _ = tell.try_send(opened);
            });
        if let Err(error) = spawned {
            self.wanted = self.now.clone();
            return Err(format!("The voice's thread: {error}"));
        }
        self.opening = Some(Opening {
            manner,
            opened,
            hold,
        });
        Ok(())
    }

    /// Waits for a voice that is being opened, for ever where none is. What
    /// is dropped while it waits loses nothing.
    pub(super) async fn opened(&mut self) -> Opened {
        let Some(opening) = &mut self.opening else {
            return std::future::pending().await;
        };
        let died = || Err("The voice's thread ended without an answer".into());
        opening.opened.recv().await.unwrap_or_else(died)
    }

    /// Takes note of what [`Self::opened`] gave: it speaks from now on, or
    /// is wanted no more. What was wanted meanwhile is opened next. What
    /// spoke before comes back, and why the next one is not opened.
    pub(super) fn settle(&mut self, speaks: bool) -> (Manner, Result<(), String>) {
        let before = self.now.clone();
        let Some(Opening { manner, hold, .. }) = self.opening.take() else {
            return (before, Ok(()));
        };
        if speaks {
            self.now = manner;
        } else {
            // Only what was changed since is still wanted.
            if self.wanted.voice == manner.voice {
                self.wanted.voice.clone_from(&self.now.voice);
            }
            if self.wanted.speed == manner.speed {
                self.wanted.speed = self.now.speed;
            }
        }
        (before, self.go_on(hold))
    }
}
