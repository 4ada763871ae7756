//! What an engine bounds, and the buckets that it counts with.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What an engine bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Calls that are held at once.
    pub sessions: usize,
    /// Websockets of one address at once.
    pub sockets: usize,
    /// Websockets that follow one call at once.
    pub viewers: usize,
    /// Requests of one address in a minute.
    pub requests: u32,
    /// Bytes of one request's body.
    pub body: usize,
    /// Text messages of one websocket in a second, over a longer time.
    pub messages: u32,
    /// Text messages of one websocket at once: what a candidate's side may
    /// have kept during a break.
    pub burst: u32,
    /// How long a websocket may be silent.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: 64,
            sockets: 64,
            viewers: 32,
            requests: 1_200,
            body: 4 << 20,
            messages: 100,
            burst: 5_000,
            idle: Duration::from_secs(60),
        }
    }
}

/// A token bucket: `burst` at once, `rate` a second over a longer time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn new(burst: u32, now: Instant) -> Self {
        Self {
            left: f64::from(burst),
            at: now,
        }
    }

    /// Takes one; whether there was one.
    pub(super) fn take(&mut self, rate: f64, burst: u32, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + since * rate).min(f64::from(burst));
        self.at = now;
        let there = self.left >= 1.0;
        if there {
            self.left -= 1.0;
        }
        there
    }
}

/// Addresses that are remembered at most; beyond, full buckets are forgotten.
const ADDRESSES: usize = 10_000;

/// What each address does.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    requests: Mutex<BTreeMap<IpAddr, Bucket>>,
    sockets: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

impl Addresses {
    /// Whether an address may ask for something now.
    pub(super) fn may_ask(&self, from: IpAddr, a_minute: u32, now: Instant) -> bool {
        let mut all = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > ADDRESSES {
            all.retain(|_, b| now.saturating_duration_since(b.at) < Duration::from_secs(60));
        }
        let bucket = all
            .entry(from)
            .or_insert_with(|| Bucket::new(a_minute, now));
        bucket.take(f64::from(a_minute) / 60.0, a_minute, now)
    }

    /// Notes an open websocket; nothing where the address has too many.
    pub(super) fn open(&self, from: IpAddr, most: usize) -> Option<Open> {
        let mut all = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(from).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Open {
            from,
            sockets: self.sockets.clone(),
        })
    }
}

/// An open websocket of an address, until dropped.
#[derive(Debug)]
pub(super) struct Open {
    from: IpAddr,
    sockets: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut all = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_gives_its_burst_at_once_and_then_its_rate() {
        let mut bucket = Bucket::new(3, Instant::now());
        let mut take = |_| bucket.take(2.0, 3, Instant::now());
        assert_eq!([0; 4].map(&mut take), [true, true, true, false]);
        tokio::time::advance(Duration::from_millis(1000)).await;
        assert_eq!([0; 3].map(&mut take), [true, true, false]);
        tokio::time::advance(Duration::from_secs(1000)).await;
        assert_eq!([0; 4].map(&mut take), [true, true, true, false]);
    }

    #[test]
    fn an_address_gets_so_many_sockets_and_more_when_one_closes() {
        let addresses = Addresses::default();
        let (one, other) = ([127, 0, 0, 1].into(), [127, 0, 0, 2].into());
        let first = addresses.open(one, 2).unwrap();
        let _second = addresses.open(one, 2).unwrap();
        assert!(addresses.open(one, 2).is_none());
        assert!(addresses.open(other, 2).is_some());
        drop(first);
        assert!(addresses.open(one, 2).is_some());
    }
}
