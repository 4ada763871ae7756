//! How fast the sample clock of a backend without devices runs, and the
//! guards by which the rest of the house holds it to real time while it
//! works.

use super::Pace;
use crate::clock::Clock;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Counts who is at work. With [`Pace::Fast`] the sample clock runs at real
/// time while the count is above zero, so that work takes as much of the
/// recording's time as it takes of the wall's.
#[derive(Clone, Debug, Default)]
pub struct Busy(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    count: Mutex<usize>,
    idle: Condvar,
}

impl Busy {
    /// Counts one more at work until the guard is dropped.
    pub fn enter(&self) -> BusyGuard {
        *self.lock() += 1;
        BusyGuard(self.clone())
    }

    /// How many are at work now.
    pub fn count(&self) -> usize {
        *self.lock()
    }

    /// Waits for `time` at most, less if nobody is at work any more.
    fn wait_idle(&self, time: Duration) {
        let count = self.lock();
        let wait = self.0.idle.wait_timeout_while(count, time, |n| *n > 0);
        drop(wait.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.0.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One at work; see [`Busy::enter`].
#[derive(Debug)]
pub struct BusyGuard(Busy);

impl Drop for BusyGuard {
    fn drop(&mut self) {
        let mut count = self.0.lock();
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.0.0.idle.notify_all();
        }
    }
}

impl Clone for BusyGuard {
    fn clone(&self) -> Self {
        self.0.enter()
    }
}

/// A value that holds the fast clock back to real time until it is dropped:
/// keep it for as long as you act on it.
#[derive(Debug)]
pub struct Held<T> {
    /// The value itself.
    pub value: T,
    hold: Option<BusyGuard>,
}

impl<T> Held<T> {
    /// A value with its guard, if it needs one.
    pub const fn new(value: T, hold: Option<BusyGuard>) -> Self {
        Self { value, hold }
    }

    /// The value and its guard apart, to keep the guard for longer.
    pub fn into_parts(self) -> (T, Option<BusyGuard>) {
        (self.value, self.hold)
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Held<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// Lets one step after the other pass at the right time.
pub(crate) struct Pacer {
    pace: Pace,
    busy: Busy,
    wall: Clock,
    /// When the next step may pass, nanoseconds of `wall`.
    due: u64,
}

impl Pacer {
    pub(crate) fn new(pace: Pace, busy: Busy, wall: Clock) -> Self {
        let due = wall.nanos();
        Self {
            pace,
            busy,
            wall,
            due,
        }
    }

    /// The wall's time of the next step, in nanoseconds.
    pub(crate) const fn due(&self) -> u64 {
        self.due
    }

    /// Waits until the next step of `step` may pass. `hold` asks for real
    /// time whatever [`Busy`] says.
    pub(crate) fn wait(&mut self, step: Duration, hold: bool) {
        let now = self.wall.nanos();
        let fast = self.pace == Pace::Fast;
        if fast && !hold && self.busy.count() == 0 {
            self.due = now;
            return;
        }
        // An absolute schedule: one late step does not make all others late.
        self.due += step.as_nanos() as u64;
        let left = Duration::from_nanos(self.due.saturating_sub(now));
        if left.is_zero() {
            return;
        }
        if fast && !hold {
            self.busy.wait_idle(left);
        } else {
            std::thread::sleep(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_until_its_guards_are_gone() {
        let busy = Busy::default();
        let one = busy.enter();
        let held = Held::new(7, Some(one.clone()));
        assert_eq!((busy.count(), *held), (2, 7));
        drop(one);
        let (_, guard) = held.into_parts();
        assert_eq!(busy.count(), 1);
        drop(guard);
        assert_eq!(busy.count(), 0);
    }

    #[test]
    fn a_fast_clock_that_is_held_goes_on_as_soon_as_it_is_let_go() {
        let busy = Busy::default();
        let wall = Clock::system();
        let mut pacer = Pacer::new(Pace::Fast, busy.clone(), wall);
        let guard = busy.enter();
        let other = std::thread::spawn(move || drop(guard));
        // An hour, unless the guard's end is noticed.
        pacer.wait(Duration::from_secs(3600), false);
        other.join().unwrap();
        assert_eq!(busy.count(), 0);
    }
}
