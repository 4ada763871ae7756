//! The recruiter's voice: a thread that speaks line by line, sentence by
//! sentence, into the player, and remembers which samples carry which words.

use crate::audio::{BusyGuard, Player, RATE};
use crate::event::LineId;
use crate::speech::normalise::normalise;
use crate::speech::sentences::sentences;
use crate::speech::{Cancel, SpeechError, Synthesizer};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// About what a voice needs for a letter: 15 letters a second.
const SAMPLES_A_LETTER: u64 = RATE as u64 / 15;

/// One line to be spoken.
struct Speak {
    line: LineId,
    text: String,
    /// Keeps a fast clock back until the first samples are there.
    hold: BusyGuard,
}

/// What the thread is asked for.
enum Order {
    Speak(Speak),
    /// Speak with this one from the next line on.
    Change(Box<dyn Synthesizer>),
}

type Open = dyn Fn(f32) -> Result<Box<dyn Synthesizer>, SpeechError> + Send + Sync;

/// Opens the same voice at another speed.
struct Speeds(Box<Open>);

impl std::fmt::Debug for Speeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Speeds")
    }
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Speak(speak) => speak.fmt(f),
            Self::Change(voice) => write!(f, "Change({})", voice.name()),
        }
    }
}

/// What was made of a line so far.
#[derive(Clone, Debug, Default)]
struct Spoken {
    /// Sentence and its first sample.
    sentences: Vec<(String, u64)>,
    /// Samples made.
    made: u64,
    /// What went wrong, once.
    failed: Option<String>,
}

type Book = Arc<Mutex<BTreeMap<LineId, Spoken>>>;

/// A running voice.
#[derive(Debug)]
pub struct Voice {
    /// At most one line is spoken at a time, with a few changes of speed
    /// between two. Full: the line or the change is refused, and that is told.
    queue: Option<SyncSender<Order>>,
    book: Book,
    thread: Option<JoinHandle<()>>,
    name: String,
    speeds: Option<Speeds>,
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
        let stop = Cancel::default();
        let name = synthesizer.name();
        let thread = std::thread::Builder::new()
            .name("voice".into())
            .spawn({
                let book = book.clone();
                let (player, stop) = (player.clone(), stop.clone());
                move || speak_all(synthesizer, &orders, &player, &book, &stop)
            })
            .map_err(|e| format!("The voice's thread: {e}"))?;
        Ok(Self {
            queue: Some(queue),
            book,
            thread: Some(thread),
            name,
            speeds: None,
            player,
            stop,
        })
    }

    /// The same, whose speed can be changed: `open` opens the voice anew at
    /// a speed.
    #[must_use]
    pub fn with_speeds(
        mut self,
        open: impl Fn(f32) -> Result<Box<dyn Synthesizer>, SpeechError> + Send + Sync + 'static,
    ) -> Self {
        self.speeds = Some(Speeds(Box::new(open)));
        self
    }

    /// Speaks at this speed from the next line on; 1 is the voice's own.
    ///
    /// # Errors
    ///
    /// Why it stays as it is.
    pub(super) fn set_speed(&self, speed: f32) -> Result<(), String> {
        let open = self.speeds.as_ref();
        let open = open.ok_or_else(|| format!("The voice {} has only one speed", self.name))?;
        let voice = (open.0)(speed).map_err(|error| error.to_string())?;
        check_rate(&*voice)?;
        self.order(Order::Change(voice))
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

fn check_rate(voice: &dyn Synthesizer) -> Result<(), String> {
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

fn speak_all(
    mut synthesizer: Box<dyn Synthesizer>,
    orders: &Receiver<Order>,
    player: &Player,
    book: &Book,
    stop: &Cancel,
) {
    let note = |line: LineId, change: &dyn Fn(&mut Spoken)| {
        let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
        change(book.entry(line).or_default());
    };
    while let Ok(order) = orders.recv() {
        let Speak { line, text, hold } = match order {
            Order::Speak(speak) => speak,
            Order::Change(voice) => {
                synthesizer = voice;
                continue;
            }
        };
        player.begin(line);
        if stop.is_cancelled() {
            return;
        }
        let mut hold = Some(hold);
        let mut made = 0u64;
        for sentence in sentences(&text) {
            note(line, &|s| s.sentences.push((sentence.to_string(), made)));
            let from = made;
            let mut stopped = false;
            let spoken = catch_unwind(AssertUnwindSafe(|| {
                synthesizer.speak(&normalise(sentence), &mut |pcm| {
                    if player.push(line, pcm).is_err() {
                        stopped = true;
                        return ControlFlow::Break(());
                    }
                    made += pcm.len() as u64;
                    hold = None;
                    ControlFlow::Continue(())
                })
            }));
            // A sentence that was stopped has no length of its own.
            let full = from + sentence.chars().count() as u64 * SAMPLES_A_LETTER;
            let length = if stopped { made.max(full) } else { made };
            note(line, &|s| s.made = length);
            let died = spoken.is_err();
            let failed = match spoken {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("The voice failed and was stopped".to_owned()),
            };
            if failed.is_some() {
                note(line, &|s| s.failed.clone_from(&failed));
                if died {
                    // Its state cannot be trusted: nothing more is spoken.
                    player.finish(line);
                    return;
                }
                break;
            }
            if stopped {
                break;
            }
        }
        player.finish(line);
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
