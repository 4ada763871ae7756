//! A speaker without a device: a WAV file, or nowhere.

use super::super::RATE;
use super::super::echo::STEP;
use super::super::error::AudioError;
use super::super::file::WavSpeaker;
use super::super::frontend::LineNews;
use super::super::playback::{Item, PlaybackEnds, PlaybackSource};
use super::super::player::{Lines, Supply};
use super::tell;
use std::sync::Arc;

/// A speaker without a device, on the microphone's own clock: a WAV file or
/// nothing.
pub(crate) struct LocalSpeaker {
    lines: Arc<Lines>,
    source: PlaybackSource,
    ends: PlaybackEnds,
    wav: Option<WavSpeaker>,
    scratch: Vec<f32>,
    starved: bool,
}

impl LocalSpeaker {
    pub(crate) fn new(lines: Arc<Lines>, wav: Option<WavSpeaker>) -> Self {
        // Room for a step of samples and the ends of very short lines.
        let flags = lines.flags.clone();
        let (source, ends) = PlaybackSource::new(RATE, 1, 4 * STEP, flags, None);
        Self {
            lines,
            source,
            ends,
            wav,
            scratch: Vec::new(),
            starved: false,
        }
    }

    /// Whether a line is open whose audio is late.
    pub(crate) const fn starved(&self) -> bool {
        self.starved
    }

    /// Plays one step.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; playing goes on without it.
    pub(crate) fn step(
        &mut self,
        out: &mut [f32; STEP],
        news: &mut Vec<LineNews>,
    ) -> Result<(), AudioError> {
        self.feed();
        self.source.fill(out, 0);
        while let Ok(mark) = self.ends.marks.pop() {
            // Both clocks are one.
            tell(&self.lines, mark, mark.frame, RATE, news);
        }
        let Some(wav) = &mut self.wav else {
            return Ok(());
        };
        wav.write(out).inspect_err(|_| self.wav = None)
    }

    pub(crate) fn finish(self) -> Result<(), AudioError> {
        self.wav.map_or(Ok(()), WavSpeaker::finish)
    }

    fn feed(&mut self) {
        self.starved = false;
        let items = &mut self.ends.items;
        let capacity = items.buffer().capacity();
        // More than a step, because the ends of lines take room too.
        while capacity - items.slots() < 2 * STEP {
            self.scratch.clear();
            let item = match self.lines.supply(STEP, &mut self.scratch) {
                Supply::Samples(take, _) => {
                    for value in &self.scratch {
                        let value = *value;
                        // At most three steps are in a ring of four.
                        let _ = items.push(Item::Sample { value, take });
                    }
                    continue;
                }
                Supply::End(take, _) => Item::End { take },
                Supply::Starved => {
                    self.starved = capacity - items.slots() < STEP;
                    return;
                }
                Supply::Nothing | Supply::Closed => return,
            };
            let _ = items.push(item);
        }
    }
}
