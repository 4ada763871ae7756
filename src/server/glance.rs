//! Where a session's log ends, for a list of many: stage, reason, the
//! interviewer's last line, problems. What a candidate said stands in no
//! list: it is read in the record, and that is logged.

use crate::event::{EndReason, Event, Output, Stage};
use crate::record::RecordReader;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Glances that are remembered; beyond, logs are read again.
const MOST: usize = 2_000;
/// Problems that a list shows of one session.
const PROBLEMS: usize = 5;

/// What a list shows of a session's log.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub(super) struct Glance {
    /// Where in the course the last line stands.
    stage: Stage,
    /// Why it ended, if it did.
    ended: Option<EndReason>,
    /// What the interviewer said last.
    last_line: String,
    /// What failed, the first few.
    problems: Vec<String>,
    /// How much failed.
    problem_count: usize,
}

impl Glance {
    fn take(&mut self, event: Event) {
        match event {
            Event::Output {
                output: Output::Say(line),
            } => {
                self.stage = line.stage;
                self.last_line = line.text;
            }
            Event::Output {
                output: Output::Ended { reason },
            } => {
                self.stage = Stage::Ended;
                self.ended = Some(reason);
            }
            Event::Problem { part, message } => {
                self.problem_count += 1;
                if self.problems.len() < PROBLEMS {
                    self.problems.push(format!("{part}: {message}"));
                }
            }
            _ => {}
        }
    }
}

/// Glances that were taken, each with the number of bytes that its log had.
#[derive(Debug, Default)]
pub(super) struct Glances(Mutex<BTreeMap<String, (u64, Glance)>>);

impl Glances {
    /// The glance at a session. A log only grows, so that one of the same
    /// length is read once.
    pub(super) fn of(&self, id: &str, dir: &Path) -> Option<Glance> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = RecordReader::open(dir).ok()?;
        let bytes = reader.log_bytes().ok()?;
        let known = lock().get(id).filter(|(len, _)| *len == bytes).cloned();
        if let Some((_, glance)) = known {
            return Some(glance);
        }
        let mut glance = Glance::default();
        // Up to where it can be read.
        for record in reader.records().ok()?.map_while(Result::ok) {
            glance.take(record.event);
        }
        let mut all = lock();
        if all.len() >= MOST {
            all.pop_first();
        }
        all.insert(id.to_owned(), (bytes, glance.clone()));
        Some(glance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glance_shows_the_end_and_counts_what_failed() {
        let mut glance = Glance::default();
        for n in 0..7 {
            glance.take(Event::Problem {
                part: "disk".into(),
                message: format!("slow {n}"),
            });
        }
        glance.take(Event::Output {
            output: Output::Ended {
                reason: EndReason::Completed,
            },
        });
        assert_eq!((glance.problem_count, glance.problems.len()), (7, PROBLEMS));
        assert_eq!(glance.problems[0], "disk: slow 0");
        assert_eq!(
            (glance.stage, glance.ended),
            (Stage::Ended, Some(EndReason::Completed))
        );
    }
}
