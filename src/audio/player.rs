//! The lines to play: what the house says goes in at any speed, and the
//! backend takes it out at the speaker's.

use super::SamplePos;
use super::interrupt::Loudness;
use crate::event::LineId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Samples that may wait to be played: 2 s. Enough to bridge the synthesis of
/// a sentence, little enough that a stopped line has cost little work.
const QUEUE: usize = 32_000;

/// The line was stopped, or the session is closed: say no more of it.
#[derive(thiserror::Error, Clone, Copy, Debug, PartialEq, Eq)]
#[error("The line was stopped")]
pub struct Stopped;

/// Plays lines, one after the other.
#[derive(Clone, Debug)]
pub struct Player(pub(crate) Arc<Lines>);

impl Player {
    /// Opens a line. A line before it that was not finished is finished.
    pub fn begin(&self, line: LineId) {
        let mut queue = self.0.lock();
        if let Some(last) = queue.lines.back_mut() {
            last.finished = true;
        }
        if queue.closed {
            return;
        }
        let take = queue.next_take;
        queue.next_take += 1;
        queue.lines.push_back(Line {
            take,
            line,
            pcm: VecDeque::new(),
            pushed: 0,
            finished: false,
        });
        drop(queue);
        self.0.changed.notify_all();
    }

    /// Adds 16 kHz mono audio to an open line. Waits while more than two
    /// seconds are queued, so never call it from the task that receives the
    /// session's events.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the line was stopped or never opened.
    pub fn push(&self, line: LineId, pcm: &[f32]) -> Result<(), Stopped> {
        let mut queue = self.0.lock();
        for part in pcm.chunks(QUEUE / 4) {
            loop {
                let waiting: usize = queue.lines.iter().map(|l| l.pcm.len()).sum();
                let open = queue.open(line).ok_or(Stopped)?;
                if waiting <= QUEUE {
                    open.pcm.extend(part);
                    open.pushed += part.len() as u64;
                    self.0.changed.notify_all();
                    break;
                }
                let wait = self.0.changed.wait(queue);
                queue = wait.unwrap_or_else(PoisonError::into_inner);
            }
        }
        queue.open(line).map(|_| ()).ok_or(Stopped)
    }

    /// No more audio follows: the line ends when what is queued was played.
    pub fn finish(&self, line: LineId) {
        if let Some(open) = self.0.lock().open(line) {
            open.finished = true;
        }
        self.0.changed.notify_all();
    }

    /// Stops every line that was begun: fades out within 10 ms.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// Where the session's sample clock stands.
    pub fn position(&self) -> SamplePos {
        self.0.position.load(Ordering::Acquire)
    }
}

/// What the playing callback reads: atomics only.
#[derive(Debug, Default)]
pub struct Flags {
    /// Every take up to this number is stopped.
    pub stopped: AtomicU32,
    /// See [`Self::loudness`].
    loudness: AtomicU8,
}

impl Flags {
    /// How loud the line is to be.
    pub fn loudness(&self) -> Loudness {
        Loudness::from_u8(self.loudness.load(Ordering::Acquire))
    }

    /// Changes it; the callback follows within its next buffer.
    pub fn set_loudness(&self, loudness: Loudness) {
        self.loudness.store(loudness as u8, Ordering::Release);
    }
}

/// The queue between [`Player`] and a backend.
#[derive(Debug)]
pub(crate) struct Lines {
    queue: Mutex<Queue>,
    changed: Condvar,
    pub(crate) flags: Arc<Flags>,
    pub(crate) position: AtomicU64,
}

#[derive(Debug)]
struct Queue {
    /// Lines that are not wholly handed to the backend, oldest first.
    lines: VecDeque<Line>,
    /// Lines that the backend has, or that were stopped, until their end was
    /// reported.
    handed: VecDeque<Account>,
    next_take: u32,
    closed: bool,
}

/// One line in the queue. A line's id is the house's; its take is ours, and
/// rises with every line begun.
#[derive(Debug)]
struct Line {
    take: u32,
    line: LineId,
    pcm: VecDeque<f32>,
    pushed: u64,
    finished: bool,
}

/// What is known of a line whose end is not reported yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) take: u32,
    pub(crate) line: LineId,
    /// 16 kHz samples that were pushed.
    pub(crate) pushed: u64,
    pub(crate) finished: bool,
}

/// What a backend gets when it asks for audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Supply {
    /// This many samples of this take were appended.
    Samples(u32, usize),
    /// This take has no more; it had this many samples.
    End(u32, u64),
    /// Nothing to play.
    Nothing,
    /// A line is open and its audio is late.
    Starved,
    /// The session is over.
    Closed,
}

impl Queue {
    fn open(&mut self, line: LineId) -> Option<&mut Line> {
        self.lines
            .iter_mut()
            .rev()
            .find(|l| l.line == line && !l.finished)
    }

    fn stop_all(&mut self) {
        for line in self.lines.drain(..) {
            self.handed.push_back(line.account());
        }
    }
}

impl Line {
    const fn account(&self) -> Account {
        Account {
            take: self.take,
            line: self.line,
            pushed: self.pushed,
            finished: self.finished,
        }
    }
}

impl Lines {
    pub(crate) fn new() -> Self {
        Self {
            queue: Mutex::new(Queue {
                lines: VecDeque::new(),
                handed: VecDeque::new(),
                next_take: 1,
                closed: false,
            }),
            changed: Condvar::new(),
            flags: Arc::new(Flags::default()),
            position: AtomicU64::new(0),
        }
    }

    /// Appends up to `most` samples of the oldest line to `out`.
    pub(crate) fn supply(&self, most: usize, out: &mut Vec<f32>) -> Supply {
        self.take(&mut self.lock(), most, out)
    }

    /// Like [`Self::supply`], but waits up to `time` for something to do.
    /// Takes nothing once whoever asks is `over`: that is looked at under the
    /// queue's lock, so that a line begun after it is not touched.
    pub(crate) fn supply_waiting(
        &self,
        most: usize,
        out: &mut Vec<f32>,
        time: Duration,
        over: &AtomicBool,
    ) -> Supply {
        let mut queue = self.lock();
        let take = |queue: &mut Queue, out: &mut Vec<f32>| {
            if over.load(Ordering::Acquire) {
                return Supply::Closed;
            }
            self.take(queue, most, out)
        };
        let mut supply = take(&mut queue, out);
        if matches!(supply, Supply::Nothing | Supply::Starved) {
            let wait = self.changed.wait_timeout(queue, time);
            queue = wait.unwrap_or_else(PoisonError::into_inner).0;
            supply = take(&mut queue, out);
        }
        supply
    }

    fn take(&self, queue: &mut Queue, most: usize, out: &mut Vec<f32>) -> Supply {
        if queue.closed {
            return Supply::Closed;
        }
        let Some(line) = queue.lines.front_mut() else {
            return Supply::Nothing;
        };
        if line.pcm.is_empty() {
            if !line.finished {
                return Supply::Starved;
            }
            let account = line.account();
            queue.handed.push_back(account);
            queue.lines.pop_front();
            return Supply::End(account.take, account.pushed);
        }
        let n = line.pcm.len().min(most);
        out.extend(line.pcm.drain(..n));
        let take = line.take;
        self.changed.notify_all();
        Supply::Samples(take, n)
    }

    /// The line of a take whose first sample was played.
    pub(crate) fn started(&self, take: u32) -> Option<LineId> {
        let queue = self.lock();
        let handed = queue.handed.iter().find(|a| a.take == take);
        handed.map(|a| a.line).or_else(|| {
            let waiting = queue.lines.iter().find(|l| l.take == take);
            waiting.map(|l| l.line)
        })
    }

    /// Closes the account of a take that was played to its end.
    pub(crate) fn ended(&self, take: u32) -> Option<Account> {
        let mut queue = self.lock();
        let at = queue.handed.iter().position(|a| a.take == take)?;
        queue.handed.remove(at)
    }

    /// Stops every line that was begun; the last one's take comes back.
    pub(crate) fn stop(&self) -> u32 {
        let mut queue = self.lock();
        // Under the lock, so that no line can begin in between.
        let last = queue.next_take - 1;
        self.flags.stopped.store(last, Ordering::Release);
        queue.stop_all();
        drop(queue);
        self.changed.notify_all();
        last
    }

    /// Closes the accounts of all takes up to `last`, oldest first.
    pub(crate) fn stopped(&self, last: u32) -> Vec<Account> {
        let mut queue = self.lock();
        let (gone, kept): (VecDeque<_>, VecDeque<_>) =
            queue.handed.drain(..).partition(|a| a.take <= last);
        queue.handed = kept;
        gone.into()
    }

    /// Ends everything: whoever pushes is told that its line was stopped.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.stop_all();
        drop(queue);
        self.changed.notify_all();
    }

    /// Whether the session is over.
    pub(crate) fn closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn player() -> (Player, Arc<Lines>) {
        let lines = Arc::new(Lines::new());
        (Player(lines.clone()), lines)
    }

    #[test]
    fn lines_come_out_in_order_and_whole() {
        let (player, lines) = player();
        let mut out = Vec::new();
        player.begin(7);
        assert_eq!(lines.supply(9, &mut out), Supply::Starved);
        player.push(7, &[0.1; 5]).unwrap();
        player.begin(8);
        player.push(8, &[0.2; 3]).unwrap();
        player.finish(8);
        assert_eq!(lines.supply(9, &mut out), Supply::Samples(1, 5));
        assert_eq!(lines.supply(9, &mut out), Supply::End(1, 5));
        assert_eq!(lines.supply(2, &mut out), Supply::Samples(2, 2));
        assert_eq!(lines.supply(2, &mut out), Supply::Samples(2, 1));
        assert_eq!(lines.supply(2, &mut out), Supply::End(2, 3));
        assert_eq!(lines.supply(2, &mut out), Supply::Nothing);
        assert_eq!(out.len(), 8);
        assert_eq!(lines.started(2), Some(8));
        assert_eq!(lines.ended(1).map(|a| a.line), Some(7));
    }

    #[test]
    fn a_stopped_line_takes_no_more_and_keeps_its_account() {
        let (player, lines) = player();
        player.begin(1);
        player.push(1, &[0.5; 100]).unwrap();
        player.stop();
        assert_eq!(player.push(1, &[0.5; 1]), Err(Stopped));
        let accounts = lines.stopped(lines.flags.stopped.load(Ordering::Acquire));
        assert_eq!((accounts.len(), accounts[0].pushed), (1, 100));
        player.begin(2);
        assert_eq!(player.push(2, &[0.5; 1]), Ok(()));
    }

    #[test]
    fn a_full_queue_waits_until_there_is_room_or_the_line_is_stopped() {
        let (player, lines) = player();
        player.begin(1);
        let other = std::thread::spawn({
            let player = player.clone();
            move || player.push(1, &[0.0; 10 * QUEUE])
        });
        let mut out = Vec::new();
        while out.len() < QUEUE {
            lines.supply_waiting(
                1600,
                &mut out,
                Duration::from_secs(1),
                &AtomicBool::new(false),
            );
        }
        player.stop();
        assert_eq!(other.join().unwrap(), Err(Stopped));
    }

    #[test]
    fn a_closed_session_takes_nothing() {
        let (player, lines) = player();
        player.begin(1);
        lines.close();
        assert_eq!(player.push(1, &[0.0]), Err(Stopped));
        player.begin(2);
        assert_eq!(player.push(2, &[0.0]), Err(Stopped));
    }
}
