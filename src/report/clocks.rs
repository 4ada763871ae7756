//! The session's clock and the recording's. What was heard has its place in
//! the recording on the log; everything else has only the time when it was
//! logged, on the session's clock, which may have begun earlier or later.

use crate::event::{Event, Input, Record};

/// How the session's clock and the recording's belong together: by the least
/// delay between the end of something heard and its line of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// The session's time is so much later, milliseconds.
    later: i64,
}

impl Clocks {
    /// Folds a log. Where nothing was heard, both are one clock.
    pub fn fold(records: &[Record]) -> Self {
        let delay = |record: &Record| {
            let end_ms = match &record.event {
                Event::Played { end_ms, .. } => *end_ms,
                Event::Input {
                    input: Input::Utterance(said),
                } if !said.words.is_empty() => said.end_ms,
                _ => return None,
            };
            Some((record.at.millis() as i64).saturating_sub(end_ms as i64))
        };
        Self {
            later: records.iter().filter_map(delay).min().unwrap_or(0),
        }
    }

    /// A time of the session as one of the recording, milliseconds. What was
    /// before the recording is put at its begin.
    pub fn recording(&self, session_ms: u64) -> u64 {
        (session_ms as i64).saturating_sub(self.later).max(0) as u64
    }
}
