//! Slows guessing down: after a few failures in a row each further try has to
//! wait, twice as long every time. Pure; time comes in.

use super::AccountsError;
use std::collections::BTreeMap;

/// Failures in a row that cost nothing.
const FREE: u32 = 5;
/// The first wait, in milliseconds.
const FIRST_MS: i64 = 1_000;
/// The longest wait, in milliseconds.
const MOST_MS: i64 = 15 * 60 * 1_000;
/// A key from which nothing came for so long begins anew, in milliseconds.
const FORGET_MS: i64 = 60 * 60 * 1_000;
/// Keys that are remembered at most; beyond, the oldest are forgotten.
const KEYS: usize = 10_000;

/// Who failed how often.
#[derive(Debug, Default)]
pub struct Throttle {
    keys: BTreeMap<String, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last_unix_ms: i64,
}

impl Throttle {
    /// Whether a try under these keys (a name, an address) may go on.
    ///
    /// # Errors
    /// [`AccountsError::Wait`] with the longest of their waits.
    pub fn check(&self, keys: &[&str], now_unix_ms: i64) -> Result<(), AccountsError> {
        let waits = keys.iter().filter_map(|key| {
            let failures = self.keys.get(*key)?;
            let until = failures.last_unix_ms + wait(failures.count);
            Some(until - now_unix_ms).filter(|left| *left > 0)
        });
        match waits.max() {
            None => Ok(()),
            Some(left) => Err(AccountsError::Wait {
                seconds: left.unsigned_abs().div_ceil(1000),
            }),
        }
    }

    /// Notes a failure under these keys.
    pub fn failed(&mut self, keys: &[&str], now_unix_ms: i64) {
        self.keys
            .retain(|_, f| now_unix_ms - f.last_unix_ms < FORGET_MS);
        for key in keys {
            let failures = self.keys.entry((*key).to_owned()).or_insert(Failures {
                count: 0,
                last_unix_ms: now_unix_ms,
            });
            failures.count += 1;
            failures.last_unix_ms = now_unix_ms;
        }
        while self.keys.len() > KEYS {
            let oldest = self.keys.iter().min_by_key(|(_, f)| f.last_unix_ms);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            self.keys.remove(&oldest);
        }
    }

    /// Forgets the failures under a key: the right password came.
    pub fn succeeded(&mut self, key: &str) {
        self.keys.remove(key);
    }
}

fn wait(count: u32) -> i64 {
    match count.checked_sub(FREE) {
        None => 0,
        Some(more) => (FIRST_MS << more.min(20)).min(MOST_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_after_the_fifth_doubles_the_wait_up_to_a_limit() {
        let mut throttle = Throttle::default();
        let mut now = 0;
        let mut waits = Vec::new();
        for _ in 0..20 {
            let wait = match throttle.check(&["rita"], now) {
                Ok(()) => 0,
                Err(AccountsError::Wait { seconds }) => seconds,
                Err(other) => panic!("{other}"),
            };
            waits.push(wait);
            now += i64::try_from(wait).unwrap() * 1000;
            throttle.failed(&["rita", "10.0.0.1"], now);
        }
        assert_eq!(waits[..8], [0, 0, 0, 0, 0, 1, 2, 4]);
        assert_eq!(waits.last(), Some(&900));
        // Another name from the same place waits as well, the others do not.
        assert!(throttle.check(&["carl", "10.0.0.1"], now).is_err());
        assert!(throttle.check(&["carl"], now).is_ok());
        throttle.succeeded("rita");
        assert!(throttle.check(&["rita"], now).is_ok());
        // In the end everything is forgotten.
        throttle.failed(&["carl"], now + FORGET_MS);
        assert!(throttle.check(&["10.0.0.1"], now + FORGET_MS).is_ok());
    }

    #[test]
    fn a_flood_of_names_is_not_remembered_for_ever() {
        let mut throttle = Throttle::default();
        for n in 0..KEYS + 50 {
            throttle.failed(&[&n.to_string()], 0);
        }
        assert_eq!(throttle.keys.len(), KEYS);
    }
}
