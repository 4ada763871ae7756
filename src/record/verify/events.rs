//! The event log: order, links and times.

use super::order::{Order, Step};
use super::{Findings, ProblemKind, Start, reason};
use crate::clock::SessionTime;
use crate::event::{Event, Output};
use crate::record::error::RecordError;
use crate::record::log::{Line, sha256_hex};
use crate::record::manifest::Manifest;
use crate::record::reader::Lines;
use crate::record::{EVENTS, HEAD};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// What the log says that other files must agree with.
#[derive(Default)]
pub(super) struct Facts {
    /// Consent was given.
    pub(super) consent: bool,
    /// The recording's length in samples.
    pub(super) audio_ended: Option<u64>,
    /// The session broke off and was not continued.
    pub(super) interrupted: bool,
}

/// A line whose event is of a kind that this program does not know.
#[derive(Deserialize)]
struct Link {
    seq: u64,
    at: SessionTime,
    prev: String,
    #[serde(rename = "event")]
    _event: IgnoredAny,
}

/// The line before, as far as it could be read.
struct Last {
    seq: Option<u64>,
    hash: Option<String>,
    at: SessionTime,
    step: Step,
}

fn place(line: u64) -> String {
    format!("{EVENTS} line {line}")
}

/// Checks the log; returns what it says, if it can be read to its end.
pub(super) fn check(
    dir: &Path,
    manifest: Option<&Manifest>,
    start: &Start,
    found: &mut Findings,
) -> Option<Facts> {
    let mut facts = Facts::default();
    let file = match File::open(dir.join(EVENTS)) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            if manifest.is_none() {
                found.add(ProblemKind::Missing, EVENTS, "the log is not there");
            }
            return None;
        }
        Err(e) => {
            let e = RecordError::io("read", &dir.join(EVENTS), e);
            found.add(ProblemKind::Unreadable, EVENTS, reason(&e));
            return None;
        }
    };
    let mut walk = Walk {
        order: Order::default(),
        broken: Vec::new(),
        last: Last {
            seq: Some(0),
            hash: start.hash.clone(),
            at: SessionTime(0),
            step: Step::Next,
        },
    };
    let mut lines = Lines::new(BufReader::with_capacity(1 << 16, file));
    loop {
        let number = lines.number + 1;
        match lines.next() {
            Ok(Some(bytes)) => walk.line(number, bytes, &mut facts, found),
            Ok(None) => break,
            Err(e) => {
                found.add(ProblemKind::Unreadable, place(number), e.to_string());
                return None;
            }
        }
    }
    walk.end(&lines, manifest, found);
    walk.blame(start, found);
    Some(facts)
}

struct Walk {
    order: Order,
    /// Line `n` is in here if the one after it does not carry its hash; 0 is
    /// the head, the seal comes after the last line.
    broken: Vec<u64>,
    last: Last,
}

impl Walk {
    fn line(&mut self, number: u64, bytes: &[u8], facts: &mut Facts, found: &mut Findings) {
        let hash = Some(sha256_hex(bytes));
        let (mut seq, at, prev) = match serde_json::from_slice::<Line>(bytes) {
            Ok(line) => {
                if matches!(line.event, Event::Resumed { .. }) && !facts.interrupted {
                    let detail = "the session goes on, but was not interrupted before";
                    found.add(ProblemKind::Inconsistent, place(number), detail);
                }
                note(&line.event, facts);
                (line.seq, line.at, line.prev)
            }
            Err(e) => {
                found.add(ProblemKind::Unreadable, place(number), e.to_string());
                let Ok(link) = serde_json::from_slice::<Link>(bytes) else {
                    self.order.unreadable();
                    self.last.seq = None;
                    self.last.hash = hash;
                    return;
                };
                (link.seq, link.at, link.prev)
            }
        };
        let follows = self.last.hash.as_ref().is_none_or(|h| *h == prev);
        let expected = self.order.expected();
        // The hash says that it stands in its place, so the number is wrong.
        if seq != expected && follows && self.last.hash.is_some() && self.last.seq.is_some() {
            let detail = format!("is numbered {seq}, but stands where {expected} belongs");
            found.add(ProblemKind::Changed, place(number), detail);
            seq = expected;
        }
        let step = self.order.note(seq, number);
        let adjacent = self
            .last
            .seq
            .is_some_and(|last| Some(seq) == last.checked_add(1));
        if adjacent && !follows {
            self.broken.push(number - 1);
        }
        // If the line before is not what it was, neither is its time.
        if adjacent && follows && at < self.last.at {
            let detail = format!("happened at {at}, after {}", self.last.at);
            found.add(ProblemKind::WrongClock, place(number), detail);
        }
        // Of lines that were moved together, the first is named.
        let moved_along = adjacent && follows && step == self.last.step;
        match step {
            Step::Back if !moved_along => {
                let detail = format!("event {seq} stands after later ones");
                found.add(ProblemKind::Reordered, place(number), detail);
            }
            Step::Again if !moved_along => {
                let detail = format!("event {seq} stands here a second time");
                found.add(ProblemKind::Reordered, place(number), detail);
            }
            _ => {}
        }
        self.last = Last {
            seq: Some(seq),
            hash,
            at,
            step,
        };
    }

    /// What is missing in the middle and at the end.
    fn end<R>(&mut self, lines: &Lines<R>, manifest: Option<&Manifest>, found: &mut Findings) {
        for m in self.order.missing() {
            let detail = if m.from == m.to {
                format!("event {} is missing before this line", m.from)
            } else {
                format!("events {} to {} are missing before this line", m.from, m.to)
            };
            found.add(ProblemKind::Deleted, place(m.before_line), detail);
        }
        let mut have = self.order.expected() - 1;
        if lines.torn {
            let detail = "the file ends in the middle of this line";
            found.add(ProblemKind::CutTail, place(lines.number + 1), detail);
            have += 1;
        }
        let Some(sealed) = manifest.map(|m| &m.events) else {
            return;
        };
        if have < sealed.count {
            let detail = format!("{have} events found, {} sealed", sealed.count);
            let at = format!("{EVENTS} after line {}", lines.number);
            found.add(ProblemKind::CutTail, at, detail);
        } else if have > sealed.count {
            let detail = format!("{have} events found, {} sealed", sealed.count);
            found.add(ProblemKind::Extra, place(lines.number), detail);
        } else if self.last.seq == Some(sealed.count)
            && self.last.hash.as_ref() != Some(&sealed.last)
            && !lines.torn
        {
            self.broken.push(lines.number);
        }
    }

    /// A changed line breaks the link to the next one; if its own hash of the
    /// line before was changed, it breaks both. So one broken link blames the
    /// line before it, and of a run of them, the lines between.
    fn blame(&self, start: &Start, found: &mut Findings) {
        for run in self.broken.chunk_by(|a, b| a + 1 == *b) {
            let lines = if run.len() == 1 { run } else { &run[1..] };
            for &line in lines {
                if line > 0 {
                    let detail = "its hash is not the one that was kept of it";
                    found.add(ProblemKind::Changed, place(line), detail);
                } else if start.sealed {
                    let detail = "does not carry the hash of the sealed head";
                    found.add(ProblemKind::Changed, place(1), detail);
                } else {
                    let detail = "the log's first line was written for another head";
                    found.add(ProblemKind::Changed, HEAD, detail);
                }
            }
        }
    }
}

const fn note(event: &Event, facts: &mut Facts) {
    match event {
        Event::Output {
            output: Output::Consent { given: true, .. },
        } => facts.consent = true,
        Event::Interrupted { .. } => facts.interrupted = true,
        Event::Resumed { .. } => facts.interrupted = false,
        Event::AudioEnded { samples } => facts.audio_ended = Some(*samples),
        _ => {}
    }
}
