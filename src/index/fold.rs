//! What the index knows of one session, folded from its record: the head,
//! both speakers' lines, the scores in its documents, and what was stated
//! about it.

use crate::event::{Event, Input, Output};
use crate::interview::score::recommend::Advice;
use crate::record::{
    Annexes, RecordReader, SessionState, SessionSummary, Trust, holds, redactions_dir, summary,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Something that is true of a session, to search for.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// The candidate did not know, or said next to nothing, at least once.
    Struggled,
    /// It was interrupted at least once.
    Interrupted,
    /// A stretch of the recording is missing.
    Gap,
    /// Something failed on the way.
    Problem,
    /// There is a redacted copy.
    Redacted,
    /// It is under a legal hold.
    Held,
    /// No answer was scored.
    NotScored,
    /// It is not sealed (yet).
    Unsealed,
    /// The candidate was simulated.
    Simulated,
    /// Consent was refused or withdrawn.
    ConsentRefused,
    /// Head or log cannot be read to the end; `verify` says why.
    Damaged,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Struggled,
        Self::Interrupted,
        Self::Gap,
        Self::Problem,
        Self::Redacted,
        Self::Held,
        Self::NotScored,
        Self::Unsealed,
        Self::Simulated,
        Self::ConsentRefused,
        Self::Damaged,
    ];

    /// As users write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Struggled => "struggled",
            Self::Interrupted => "interrupted",
            Self::Gap => "gap",
            Self::Problem => "problem",
            Self::Redacted => "redacted",
            Self::Held => "held",
            Self::NotScored => "not-scored",
            Self::Unsealed => "unsealed",
            Self::Simulated => "simulated",
            Self::ConsentRefused => "consent-refused",
            Self::Damaged => "damaged",
        }
    }

    /// By its name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }
}

/// One line of the dialogue.
pub(super) struct Spoken {
    pub(super) seq: u64,
    pub(super) recruiter: bool,
    pub(super) at_ms: u64,
    /// Begin in the recording, where it was heard there.
    pub(super) start_ms: Option<u64>,
    pub(super) text: String,
}

/// One session.
pub(super) struct Entry {
    pub(super) summary: SessionSummary,
    pub(super) company: String,
    pub(super) score: Option<f64>,
    pub(super) advice: Option<Advice>,
    pub(super) flags: BTreeSet<Flag>,
    pub(super) lines: Vec<Spoken>,
}

/// The part of `documents/transcript.json` that can be searched for.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Scored {
    average_score: Option<f64>,
    recommendation: Option<Recommended>,
    questions: Vec<Question>,
}

#[derive(Deserialize)]
struct Recommended {
    advice: Advice,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Question {
    struggled: bool,
}

/// Text for the index: control signs mark the words that were found there,
/// so a text may have none.
pub(super) fn flat(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Reads one session; whatever cannot be read is left out and flagged.
pub(super) fn fold(data_dir: &Path, dir: &Path, id: &str, trust: &Trust) -> Entry {
    let mut entry = Entry {
        summary: summary(dir, id.to_owned()),
        company: String::new(),
        score: None,
        advice: None,
        flags: BTreeSet::new(),
        lines: Vec::new(),
    };
    let flags = &mut entry.flags;
    match RecordReader::open(dir) {
        Ok(reader) => {
            entry.company = reader.head().company.clone().unwrap_or_default();
            if read_log(&reader, flags, &mut entry.lines).is_err() {
                flags.insert(Flag::Damaged);
            }
        }
        Err(_) => {
            flags.insert(Flag::Damaged);
        }
    }
    if entry.summary.state != SessionState::Complete {
        flags.insert(Flag::Unsealed);
    }
    let scored = std::fs::read(dir.join("documents/transcript.json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Scored>(&bytes).ok())
        .unwrap_or_default();
    entry.score = scored.average_score.filter(|score| score.is_finite());
    entry.advice = scored.recommendation.map(|r| r.advice);
    if scored.questions.iter().any(|q| q.struggled) {
        flags.insert(Flag::Struggled);
    }
    if entry.score.is_none() {
        flags.insert(Flag::NotScored);
    }
    let copies = std::fs::read_dir(redactions_dir(data_dir).join(id));
    if copies.is_ok_and(|mut copies| copies.next().is_some()) {
        flags.insert(Flag::Redacted);
    }
    let listed = Annexes::open(data_dir, id).and_then(|annexes| annexes.list(trust));
    if listed.is_ok_and(|listed| !holds(&listed.annexes).is_empty()) {
        flags.insert(Flag::Held);
    }
    entry
}

fn read_log(
    reader: &RecordReader,
    flags: &mut BTreeSet<Flag>,
    lines: &mut Vec<Spoken>,
) -> Result<(), crate::record::RecordError> {
    // Where each line of the recruiter stands in `lines`.
    let mut said = BTreeMap::new();
    for record in reader.records()? {
        let record = record?;
        match record.event {
            Event::Client(facts) if facts.simulated.is_some() => {
                flags.insert(Flag::Simulated);
            }
            Event::Output {
                output: Output::Say(line),
            } => {
                said.insert(line.id, lines.len());
                lines.push(Spoken {
                    seq: record.seq,
                    recruiter: true,
                    at_ms: record.at.millis(),
                    start_ms: None,
                    text: flat(&line.text),
                });
            }
            Event::Output {
                output: Output::Consent { given: false, .. },
            } => {
                flags.insert(Flag::ConsentRefused);
            }
            Event::Input {
                input: Input::Utterance(utterance),
            } => lines.push(Spoken {
                seq: record.seq,
                recruiter: false,
                at_ms: record.at.millis(),
                start_ms: Some(utterance.start_ms),
                text: flat(&utterance.text),
            }),
            Event::Played { line, start_ms, .. } => {
                if let Some(line) = said.get(&line).and_then(|at| lines.get_mut(*at)) {
                    line.start_ms = line.start_ms.or(Some(start_ms));
                }
            }
            Event::Gap { .. } => {
                flags.insert(Flag::Gap);
            }
            Event::Problem { .. } => {
                flags.insert(Flag::Problem);
            }
            Event::Interrupted { .. } => {
                flags.insert(Flag::Interrupted);
            }
            _ => {}
        }
    }
    Ok(())
}
