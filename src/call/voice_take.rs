//! One text that the voice makes: for a line at once, or in advance into
//! memory until the line comes. A take that was begun in advance goes over
//! to its line in the middle of a sentence without a seam.

use super::voice::{Book, Speak, Spoken};
use crate::audio::{BusyGuard, Player, RATE};
use crate::event::LineId;
use crate::speech::normalise::normalise;
use crate::speech::sentences::sentences;
use crate::speech::{Cancel, Synthesizer};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;

/// About what a voice needs for a letter: 15 letters a second.
const SAMPLES_A_LETTER: u64 = RATE as u64 / 15;
/// How much is made in advance, in samples: while 3 s are played, the rest is
/// made. What exceeds it is finished to the end of its sentence.
const ENOUGH: u64 = RATE as u64 * 3;

/// What the voice is asked for while it makes something.
pub(super) enum Wanted {
    /// A line.
    Speak(Speak),
    /// Something else: what is being made is not wanted any more.
    Other,
}

/// How far it came.
pub(super) enum Made {
    /// The line was given to the player, to its end or until it was stopped.
    Spoken,
    /// The beginning is there.
    Ahead,
    /// It was given up for this line.
    Instead(Speak),
    /// The voice is not to be used any more.
    Died,
}

/// A text on its way to sound.
pub(super) struct Take {
    text: String,
    /// Sentences that were made.
    done: usize,
    /// What is known of it; goes into the book with the line.
    spoken: Spoken,
    /// Samples that wait for their line.
    pcm: Vec<f32>,
    made: u64,
    line: Option<LineId>,
    stopped: bool,
    /// Nothing more is to be spoken, by anybody.
    stop: Cancel,
    hold: Option<BusyGuard>,
}

impl Take {
    /// Nothing made yet.
    pub(super) fn new(text: &str, stop: &Cancel) -> Self {
        Self {
            text: text.to_owned(),
            done: 0,
            spoken: Spoken::default(),
            pcm: Vec::new(),
            made: 0,
            line: None,
            stopped: false,
            stop: stop.clone(),
            hold: None,
        }
    }

    /// The same, to be made in advance.
    pub(super) fn ahead(text: &str, hold: BusyGuard, stop: &Cancel) -> Self {
        Self {
            hold: Some(hold),
            ..Self::new(text, stop)
        }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// It is wanted: what is there is given to the player.
    pub(super) fn go(&mut self, speak: Speak, player: &Player, book: &Book) {
        player.begin(speak.line);
        // After this nothing would be played, and a push would wait for room
        // for ever.
        self.stopped = self.stop.is_cancelled();
        self.line = Some(speak.line);
        self.hold = Some(speak.hold);
        self.note(book);
        let pcm = std::mem::take(&mut self.pcm);
        if !pcm.is_empty() && !self.stopped {
            self.stopped = player.push(speak.line, &pcm).is_err();
            self.hold = None;
        }
    }

    /// Makes it: a line to its end, anything else as far as is useful.
    /// `wanted` tells between two buffers what else has come.
    pub(super) fn make(
        &mut self,
        synthesizer: &mut dyn Synthesizer,
        player: &Player,
        book: &Book,
        wanted: &mut dyn FnMut() -> Option<Wanted>,
    ) -> Made {
        let text = self.text.clone();
        let mut instead = None;
        for sentence in sentences(&text).into_iter().skip(self.done) {
            if self.stopped || (self.line.is_none() && self.made >= ENOUGH) {
                break;
            }
            let from = self.made;
            self.spoken.sentences.push((sentence.to_string(), from));
            // Until it is spoken its length is a guess: what was heard of it
            // may be asked for before.
            let full = from + sentence.chars().count() as u64 * SAMPLES_A_LETTER;
            self.spoken.made = full;
            self.note(book);
            let mut given_up = false;
            let spoken = catch_unwind(AssertUnwindSafe(|| {
                synthesizer.speak(&normalise(sentence), &mut |pcm| {
                    if self.line.is_none() {
                        match wanted() {
                            Some(Wanted::Speak(speak)) if speak.text == text => {
                                self.go(speak, player, book);
                            }
                            Some(Wanted::Speak(speak)) => instead = Some(speak),
                            Some(Wanted::Other) => given_up = true,
                            None => {}
                        }
                    }
                    if instead.is_some() || given_up || self.stopped {
                        return ControlFlow::Break(());
                    }
                    self.hear(pcm, player)
                })
            }));
            if let Some(speak) = instead {
                return Made::Instead(speak);
            }
            if given_up {
                return Made::Spoken;
            }
            // A sentence that was stopped has no length of its own.
            self.spoken.made = if self.stopped {
                self.made.max(full)
            } else {
                self.made
            };
            let died = spoken.is_err();
            self.spoken.failed = match spoken {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("The voice failed and was stopped".to_owned()),
            };
            self.note(book);
            self.done += 1;
            if died {
                self.finish(player);
                return Made::Died;
            }
            if self.spoken.failed.is_some() {
                // In advance it does not count; the line will tell.
                break;
            }
        }
        let failed = self.spoken.failed.is_some();
        if self.line.is_none() && !failed {
            self.hold = None;
            return Made::Ahead;
        }
        self.finish(player);
        Made::Spoken
    }

    fn hear(&mut self, pcm: &[f32], player: &Player) -> ControlFlow<()> {
        match self.line {
            Some(line) => {
                if player.push(line, pcm).is_err() {
                    self.stopped = true;
                    return ControlFlow::Break(());
                }
                self.hold = None;
            }
            None => self.pcm.extend_from_slice(pcm),
        }
        self.made += pcm.len() as u64;
        ControlFlow::Continue(())
    }

    fn note(&self, book: &Book) {
        if let Some(line) = self.line {
            let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
            book.insert(line, self.spoken.clone());
        }
    }

    fn finish(&mut self, player: &Player) {
        if let Some(line) = self.line {
            player.finish(line);
        }
        self.hold = None;
    }
}
