//! The recruiter's voice: a thread that speaks line by line, sentence by
//! sentence, into the player, and remembers which samples carry which words.

use super::voice_choice::{Choice, Manner};
use super::voice_take::{Made, Take, Wanted};
use crate::audio::{BusyGuard, Player, RATE};
use crate::event::LineId;
use crate::speech::{Cancel, SpeechError, Synthesizer};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// One line to be spoken.
pub(super) struct Speak {
    pub(super) line: LineId,
    pub(super) text: String,
    /// Keeps a fast clock back until the first samples are there.
    pub(super) hold: BusyGuard,
}

/// What the thread is to do.
enum Order {
    /// Say it.
    Speak(Speak),
    /// Make its beginning, in case it is to be said.
    Prepare {
        text: String,
        /// Keeps a fast clock back until it is made.
        hold: BusyGuard,
    },
    /// Speak with this one from the next line on.
    Change(Box<dyn Synthesizer>),
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Speak(speak) => speak.fmt(f),
            Self::Prepare { .. } => f.write_str("Prepare"),
            Self::Change(voice) => write!(f, "Change({})", voice.name()),
        }
    }
}

/// What was made of a line so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Spoken {
    /// Sentence and its first sample.
    pub(super) sentences: Vec<(String, u64)>,
    /// Samples made.
    pub(super) made: u64,
    /// What went wrong, once.
    pub(super) failed: Option<String>,
}

/// What came of a voice that was asked for.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Why something stays as it was.
    pub(super) error: Option<String>,
    /// Another voice speaks from the next line on.
    pub(super) voice: Option<String>,
    /// It speaks at another speed.
    pub(super) speed: Option<f32>,
}

pub(super) type Book = Arc<Mutex<BTreeMap<LineId, Spoken>>>;

/// A running voice.
#[derive(Debug)]
pub struct Voice {
    /// At most one line is spoken and one prepared at a time, with a few
    /// changes of speed between. Full: the line or the change is refused, and
    /// that is told.
    queue: Option<SyncSender<Order>>,
    /// A preparation waits in the queue: no second one may.
    preparing: Arc<AtomicBool>,
    book: Book,
    thread: Option<JoinHandle<()>>,
    name: String,
    choice: Option<Choice>,
    player: Player,
    /// Nothing more is to be spoken.
    stop: Cancel,
}

impl std::fmt::Debug for Speak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Speak({})", self.line)
    }
}

impl Voice {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// Where the system has no thread left, or the voice's sample rate is
    /// not the house's.
    pub fn start(synthesizer: Box<dyn Synthesizer>, player: Player) -> Result<Self, String> {
        check_rate(&*synthesizer)?;
        let (queue, orders) = sync_channel(16);
        let book = Book::default();
        let preparing = Arc::new(AtomicBool::new(false));
        let stop = Cancel::default();
        let name = synthesizer.name();
        let thread = std::thread::Builder::new()
            .name("voice".into())
            .spawn({
                let (book, preparing) = (book.clone(), preparing.clone());
                let (player, stop) = (player.clone(), stop.clone());
                move || serve(synthesizer, &orders, &player, &book, &preparing, &stop)
            })
            .map_err(|e| format!("The voice's thread: {e}"))?;
        Ok(Self {
            queue: Some(queue),
            preparing,
            book,
            thread: Some(thread),
            name,
            choice: None,
            player,
            stop,
        })
    }

    /// The same, whose voice and speed can be changed: `open` opens a voice by
    /// its name at a speed, `voice` and `speed` are what it speaks with now.
    #[must_use]
    pub fn with_choice(
        mut self,
        voice: &str,
        speed: f32,
        open: impl Fn(&str, f32) -> Result<Box<dyn Synthesizer>, SpeechError> + Send + Sync + 'static,
    ) -> Self {
        let voice = voice.to_owned();
        self.choice = Some(Choice::new(Manner { voice, speed }, open));
        self
    }

    /// Asks for this speed, 1 is the voice's own; [`Self::opened`] tells when
    /// it is there.
    ///
    /// # Errors
    ///
    /// Why it stays as it is.
    pub(super) fn set_speed(&mut self, speed: f32, hold: BusyGuard) -> Result<(), String> {
        let Some(choice) = &mut self.choice else {
            return Err(format!("The voice {} has only one speed", self.name));
        };
        choice.want(|manner| manner.speed = speed, hold)
    }

    /// Asks for this voice; [`Self::opened`] tells when it is there.
    ///
    /// # Errors
    ///
    /// Why it stays as it is.
    pub(super) fn set_voice(&mut self, voice: &str, hold: BusyGuard) -> Result<(), String> {
        let Some(choice) = &mut self.choice else {
            return Err(format!("There is no other voice than {}", self.name));
        };
        choice.want(|manner| voice.clone_into(&mut manner.voice), hold)
    }

    /// Waits for a voice that was asked for, for ever where none was. May be
    /// dropped while it waits.
    pub(super) async fn opened(&mut self) -> Result<Box<dyn Synthesizer>, String> {
        match &mut self.choice {
            Some(choice) => choice.opened().await,
            None => std::future::pending().await,
        }
    }

    /// Speaks with what [`Self::opened`] gave from the next line on.
    pub(super) fn change(&mut self, opened: Result<Box<dyn Synthesizer>, String>) -> Changed {
        let taken = opened.and_then(|voice| {
            let name = voice.name();
            self.order(Order::Change(voice))?;
            self.name = name;
            Ok(())
        });
        let mut changed = Changed::default();
        if let Some(choice) = &mut self.choice {
            let (before, next) = choice.settle(taken.is_ok());
            let now = choice.now();
            changed.voice = (now.voice != before.voice).then(|| now.voice.clone());
            changed.speed = (now.speed != before.speed).then_some(now.speed);
            changed.error = next.err();
        }
        changed.error = taken.err().or(changed.error);
        changed
    }

    fn order(&self, order: Order) -> Result<(), String> {
        match self.queue.as_ref().map(|q| q.try_send(order)) {
            Some(Ok(())) => Ok(()),
            _ => Err(format!("The voice {} takes no line any more", self.name)),
        }
    }

    /// The voice's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Speaks a line. The player's `LineStarted` and `LineEnded` follow.
    ///
    /// # Errors
    ///
    /// Why the line will not be heard, where the voice's thread is gone.
    pub(super) fn speak(&self, line: LineId, text: &str, hold: BusyGuard) -> Result<(), String> {
        let speak = Speak {
            line,
            text: text.to_owned(),
            hold,
        };
        self.order(Order::Speak(speak))
    }

    /// Makes the beginning of what may be said next. Nothing is heard of it;
    /// [`Voice::speak`] of the same text begins at once, of another one
    /// drops it.
    pub(super) fn prepare(&self, text: &str, hold: BusyGuard) {
        if self.preparing.swap(true, Ordering::AcqRel) {
            return;
        }
        let text = text.to_owned();
        let order = Order::Prepare { text, hold };
        if let Some(Err(_)) = self.queue.as_ref().map(|q| q.try_send(order)) {
            self.preparing.store(false, Ordering::Release);
        }
    }

    /// What was heard of a line when `played` of its samples were played,
    /// and what went wrong with it, if anything.
    pub(super) fn heard(&self, line: LineId, played: u64) -> (String, Option<String>) {
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(spoken) = book.get(&line) else {
            return (String::new(), None);
        };
        let text = spoken.heard(played);
        (text, spoken.failed.clone())
    }
}

pub(super) fn check_rate(voice: &dyn Synthesizer) -> Result<(), String> {
    let (name, rate) = (voice.name(), voice.rate());
    if rate != RATE {
        return Err(format!("Voice {name} delivers {rate} Hz: expected {RATE}"));
    }
    Ok(())
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.queue = None;
        // A call that is dropped in the middle of a line takes no more events
        // from the audio, so nothing would be played any more, and the thread
        // would wait for room for ever.
        self.stop.cancel();
        self.player.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the voice's thread panicked");
        }
    }
}

impl Spoken {
    /// Whole sentences, and of the one that was cut the words whose share of
    /// its letters was played.
    fn heard(&self, played: u64) -> String {
        let mut heard: Vec<&str> = Vec::new();
        for (i, (text, start)) in self.sentences.iter().enumerate() {
            let end = self.sentences.get(i + 1).map_or(self.made, |s| s.1);
            if played >= end {
                heard.push(text);
            } else if played > *start {
                let share = (played - start) as f64 / (end - start).max(1) as f64;
                let letters = share * text.chars().count() as f64;
                let mut used = 0;
                let mut upto = 0;
                for word in text.split_inclusive(char::is_whitespace) {
                    used += word.chars().count();
                    if used as f64 > letters {
                        break;
                    }
                    upto += word.len();
                }
                heard.push(text[..upto].trim_end());
            }
        }
        heard.retain(|h| !h.is_empty());
        heard.join(" ")
    }
}

/// Takes orders until the voice is dropped. What comes while something is
/// being made in advance is noticed within a buffer.
fn serve(
    mut synthesizer: Box<dyn Synthesizer>,
    orders: &Receiver<Order>,
    player: &Player,
    book: &Book,
    preparing: &AtomicBool,
    stop: &Cancel,
) {
    let mut ready: Option<Take> = None;
    let mut next: Option<Order> = None;
    while let Some(order) = next.take().or_else(|| orders.recv().ok()) {
        if stop.is_cancelled() {
            return;
        }
        let mut take = match order {
            Order::Speak(speak) => {
                let made = ready.take().filter(|take| take.text() == speak.text);
                let mut take = made.unwrap_or_else(|| Take::new(&speak.text, stop));
                take.go(speak, player, book);
                take
            }
            Order::Change(voice) => {
                synthesizer = voice;
                ready = None;
                continue;
            }
            Order::Prepare { text, hold } => {
                preparing.store(false, Ordering::Release);
                if ready.as_ref().is_some_and(|take| take.text() == text) {
                    continue;
                }
                Take::ahead(&text, hold, stop)
            }
        };
        let made = take.make(synthesizer.as_mut(), player, book, &mut || {
            if next.is_none() {
                next = orders.try_recv().ok();
            }
            match next.take() {
                Some(Order::Speak(speak)) => Some(Wanted::Speak(speak)),
                other => {
                    next = other;
                    next.is_some().then_some(Wanted::Other)
                }
            }
        });
        match made {
            Made::Spoken => {}
            Made::Ahead => ready = Some(take),
            Made::Instead(speak) => next = Some(Order::Speak(speak)),
            // Its state cannot be trusted: nothing more is spoken.
            Made::Died => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heard_text_is_cut_at_the_last_whole_word() {
        let spoken = Spoken {
            sentences: vec![
                ("Thank you.".into(), 0),
                ("How do you test it?".into(), 1000),
            ],
            made: 3000,
            failed: None,
        };
        assert_eq!(spoken.heard(0), "");
        assert_eq!(spoken.heard(1000), "Thank you.");
        assert_eq!(spoken.heard(2000), "Thank you. How do");
        assert_eq!(spoken.heard(3000), "Thank you. How do you test it?");
    }
}
