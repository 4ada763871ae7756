//! Between the queue of lines and a speaker's ring.

use super::RATE;
use super::playback::Item;
use super::player::{Lines, Supply};
use super::resample::Resampler;
use rtrb::Producer;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Samples taken at a time: 20 ms.
const PART: usize = RATE as usize / 50;
/// How long to wait for a line before looking again whether there is still a
/// speaker.
const WAIT: Duration = Duration::from_millis(200);
/// How long to wait for room.
const NAP: Duration = Duration::from_millis(5);

/// Moves lines from the queue to the speaker's ring, at the speaker's rate.
pub(super) struct Feeder<'a> {
    lines: &'a Lines,
    items: Producer<Item>,
    over: &'a AtomicBool,
}

impl<'a> Feeder<'a> {
    /// A feeder that ends as soon as `over` says so.
    pub(super) const fn new(lines: &'a Lines, items: Producer<Item>, over: &'a AtomicBool) -> Self {
        Self { lines, items, over }
    }

    fn over(&self) -> bool {
        self.over.load(Ordering::Acquire) || self.items.is_abandoned() || self.lines.closed()
    }

    /// Feeds until the stream is over. Before the stream has `started`
    /// nothing is taken out of the queue: it may never play it.
    pub(super) fn run(&mut self, mut resampler: Resampler, started: impl Fn() -> bool) {
        while !started() {
            if self.over() {
                return;
            }
            std::thread::sleep(NAP);
        }
        let (mut pcm, mut out) = (Vec::new(), Vec::new());
        let mut current = 0;
        while !self.over() {
            pcm.clear();
            out.clear();
            let supply = self.lines.supply_waiting(PART, &mut pcm, WAIT, self.over);
            let take = match supply {
                Supply::Closed => return,
                Supply::Nothing | Supply::Starved => continue,
                Supply::Samples(take, _) | Supply::End(take, _) => take,
            };
            if take != current {
                // The line before was stopped; its rest is not wanted.
                resampler.finish(&mut out);
                out.clear();
                current = take;
            }
            resampler.push(&pcm, &mut out);
            let end = matches!(supply, Supply::End(..));
            if end {
                resampler.finish(&mut out);
            }
            let samples = out.iter().map(|value| Item::Sample {
                value: *value,
                take,
            });
            for item in samples.chain(end.then_some(Item::End { take })) {
                if !self.put(item, take) {
                    break;
                }
            }
        }
    }

    /// Waits for room; false if the line was stopped meanwhile.
    fn put(&mut self, mut item: Item, take: u32) -> bool {
        loop {
            match self.items.push(item) {
                Ok(()) => return true,
                Err(rtrb::PushError::Full(back)) => item = back,
            }
            let stopped = self.lines.flags.stopped.load(Ordering::Acquire);
            if take <= stopped || self.over() {
                return false;
            }
            std::thread::sleep(NAP);
        }
    }
}
