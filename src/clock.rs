//! Session time and the only two ways to get it: the system's clock, and a
//! clock that is driven from outside (by tests, or by the sample counter of a
//! call that runs faster than real time).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Add;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Milliseconds since the session began.
#[derive(
    Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
)]
#[serde(transparent)]
pub struct SessionTime(pub u64);

impl SessionTime {
    /// Milliseconds since the session began.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to `self`, zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for SessionTime {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(rhs.as_millis() as u64))
    }
}

impl fmt::Display for SessionTime {
    /// Minutes, seconds and milliseconds: `03:07.250`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, ms) = (self.0 / 60_000, self.0 % 60_000);
        write!(f, "{min:02}:{:02}.{:03}", ms / 1000, ms % 1000)
    }
}

/// A clock that starts at zero. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System(Instant),
    Driven(Arc<watch::Sender<u64>>),
}

impl Clock {
    /// A clock that starts now and follows the machine's monotonic clock.
    #[allow(clippy::disallowed_methods, reason = "this is where time comes in")]
    pub fn system() -> Self {
        Self(Kind::System(Instant::now()))
    }

    /// A clock that stands at zero until [`Clock::advance_to`] moves it.
    pub fn driven() -> Self {
        Self(Kind::Driven(Arc::new(watch::Sender::new(0))))
    }

    /// The time now.
    pub fn now(&self) -> SessionTime {
        match &self.0 {
            Kind::System(origin) => SessionTime(origin.elapsed().as_millis() as u64),
            Kind::Driven(tx) => SessionTime(*tx.borrow()),
        }
    }

    /// The time now in nanoseconds, as exact as the clock is. On a system
    /// clock this neither allocates nor locks: audio callbacks use it.
    pub fn nanos(&self) -> u64 {
        match &self.0 {
            Kind::System(origin) => origin.elapsed().as_nanos() as u64,
            Kind::Driven(tx) => *tx.borrow() * 1_000_000,
        }
    }

    /// Moves a driven clock forward to `time`; a time in the past changes
    /// nothing, and neither does any call on a system clock.
    pub fn advance_to(&self, time: SessionTime) {
        if let Kind::Driven(tx) = &self.0 {
            tx.send_if_modified(|now| {
                let later = time.0 > *now;
                *now = (*now).max(time.0);
                later
            });
        }
    }

    /// Waits until the clock shows at least `time`.
    pub async fn sleep_until(&self, time: SessionTime) {
        match &self.0 {
            Kind::System(origin) => {
                let at = *origin + Duration::from_millis(time.0);
                tokio::time::sleep_until(at.into()).await;
            }
            Kind::Driven(tx) => {
                // The sender lives in `self`, so the wait cannot end early.
                let _ = tx.subscribe().wait_for(|now| *now >= time.0).await;
            }
        }
    }
}

/// The date and time of day, in milliseconds since 1970 (UTC).
#[allow(clippy::disallowed_methods, reason = "this is where time comes in")]
pub fn unix_millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_driven_clock_wakes_its_sleepers_and_never_goes_back() {
        let clock = Clock::driven();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(SessionTime(500)).await }
        });
        clock.advance_to(SessionTime(800));
        sleeper.await.unwrap();
        clock.advance_to(SessionTime(100));
        assert_eq!(clock.now(), SessionTime(800));
    }

    #[test]
    fn session_time_reads_as_minutes_seconds_and_milliseconds() {
        assert_eq!(SessionTime(187_250).to_string(), "03:07.250");
    }
}
