//! A try to open a device, on a thread of its own and for a bounded time: a
//! sound system that hangs must hang nobody else.

use super::hush::Hush;
use crate::clock::Clock;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::time::Duration;

/// How long a try may take, in milliseconds. A server that wakes an idle
/// device takes up to 2 s, and a busy machine some more; a plugin that waits
/// for an answer that was lost waits for ever.
pub(super) const OPEN_MS: u64 = 8_000;
/// How long to wait for it before the clock is looked at again.
const NAP: Duration = Duration::from_millis(20);

/// What came of a try so far.
#[derive(Debug)]
pub(super) enum Progress<T> {
    /// Nothing yet.
    Pending,
    /// It is over.
    Done(T),
    /// Nothing within [`OPEN_MS`]: it is given up.
    Stuck,
    /// Its thread ended without an answer.
    Died,
}

/// A try under way. Dropping it gives it up: its thread goes on until the
/// system lets it, and what it brings then is dropped there.
#[derive(Debug)]
pub(super) struct Attempt<T> {
    told: Receiver<T>,
    since: u64,
    // Not in the thread: one that hangs would keep everything quiet.
    _hush: Option<Hush>,
}

impl<T: Send + 'static> Attempt<T> {
    /// Begins at `now`, in milliseconds of any clock.
    ///
    /// # Errors
    ///
    /// Where the system has no thread left.
    pub(super) fn begin(now: u64, run: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let hush = Hush::new();
        let mut attempt = Self::begin_aloud(now, run)?;
        attempt._hush = Some(hush);
        Ok(attempt)
    }

    /// The same for what prints nothing of its own, so that nothing of ours
    /// is lost meanwhile.
    ///
    /// # Errors
    ///
    /// Where the system has no thread left.
    pub(super) fn begin_aloud(
        now: u64,
        run: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Self> {
        // One answer.
        let (tell, told) = sync_channel(1);
        std::thread::Builder::new()
            .name("viva-open".into())
            .spawn(move || {
                let _ = tell.send(run());
            })?;
        Ok(Self {
            told,
            since: now,
            _hush: None,
        })
    }

    /// What came of it until `now`.
    pub(super) fn look(&self, now: u64) -> Progress<T> {
        self.judge(now, self.told.try_recv())
    }

    /// Waits until it is over or stuck; the same clock that it began by.
    pub(super) fn wait(self, clock: &Clock) -> Progress<T> {
        loop {
            let came = self.told.recv_timeout(NAP).map_err(|error| match error {
                RecvTimeoutError::Timeout => TryRecvError::Empty,
                RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
            });
            match self.judge(clock.now().millis(), came) {
                Progress::Pending => {}
                over => return over,
            }
        }
    }

    fn judge(&self, now: u64, came: Result<T, TryRecvError>) -> Progress<T> {
        match came {
            Ok(made) => Progress::Done(made),
            Err(TryRecvError::Disconnected) => Progress::Died,
            Err(TryRecvError::Empty) if now >= self.since + OPEN_MS => Progress::Stuck,
            Err(TryRecvError::Empty) => Progress::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_try_that_hangs_is_stuck_when_its_time_is_over_and_what_it_brings_is_dropped() {
        let (free, held) = sync_channel::<()>(0);
        let late = Arc::new(());
        let attempt = Attempt::begin(100, {
            let late = late.clone();
            move || {
                let _ = held.recv();
                late
            }
        })
        .unwrap();
        let look = |now| attempt.look(now);
        assert!(matches!(look(100), Progress::Pending));
        assert!(matches!(look(100 + OPEN_MS - 1), Progress::Pending));
        assert!(matches!(look(100 + OPEN_MS), Progress::Stuck));
        drop(attempt);
        drop(free);
        while Arc::strong_count(&late) > 1 {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_try_that_panics_is_over() {
        let attempt = Attempt::begin(0, || std::panic::resume_unwind(Box::new(()))).unwrap();
        let came: Progress<()> = attempt.wait(&Clock::driven());
        assert!(matches!(came, Progress::Died));
    }
}
