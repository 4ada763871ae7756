//! What was recommended in each sealed interview, from its sealed document.

use crate::interview::score::recommend::Advice;
use crate::record::{RecordReader, SessionState, SessionSummary};
use crate::report::RecordedSession;
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// One interview with a recommendation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The session's id.
    pub session: String,
    /// The candidate's name, to find the row of the file by it.
    pub candidate: String,
    /// The position.
    pub position: String,
    /// What was recommended.
    pub advice: Advice,
}

/// Why an interview is not counted.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is running, was broken off or was erased.
    NotComplete,
    /// The candidate was simulated.
    Simulated,
    /// It was practice, in coach mode.
    Practice,
    /// Nothing was scored, so nothing was recommended.
    NoRecommendation,
    /// The sealed document is missing, changed or not understood.
    Damaged,
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::NotComplete,
        Self::Simulated,
        Self::Practice,
        Self::NoRecommendation,
        Self::Damaged,
    ];
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotComplete => "the record is not complete",
            Self::Simulated => "the candidate was simulated",
            Self::Practice => "it was practice",
            Self::NoRecommendation => "nothing was recommended",
            Self::Damaged => "the sealed document is missing, changed or not understood",
        })
    }
}

/// An interview that is not counted.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// The session's id.
    pub session: String,
    /// Why.
    pub why: Why,
}

/// Reads the recommendations of these sessions; of simulated candidates only
/// where that is wanted.
pub fn outcomes(
    sessions_dir: &Path,
    all: &[SessionSummary],
    with_simulated: bool,
) -> (Vec<Outcome>, Vec<Excluded>) {
    let (mut found, mut excluded) = (Vec::new(), Vec::new());
    for summary in all {
        let read = match summary.state {
            SessionState::Complete => advice(&sessions_dir.join(&summary.id), with_simulated),
            SessionState::Damaged => Err(Why::Damaged),
            _ => Err(Why::NotComplete),
        };
        match read {
            Ok(advice) => found.push(Outcome {
                session: summary.id.clone(),
                candidate: summary.candidate.clone(),
                position: summary.position.clone(),
                advice,
            }),
            Err(why) => excluded.push(Excluded {
                session: summary.id.clone(),
                why,
            }),
        }
    }
    (found, excluded)
}

fn advice(dir: &Path, with_simulated: bool) -> Result<Advice, Why> {
    let record = RecordReader::open(dir).map_err(|_| Why::Damaged)?;
    let report = RecordedSession::sealed_report(&record).ok_or(Why::Damaged)?;
    let simulated = [&report["profile"], &report["client"]["simulated"]];
    if !with_simulated && simulated.iter().any(|member| member.is_string()) {
        return Err(Why::Simulated);
    }
    // The settings tell it of older records, too.
    let settings = &record.head().setup["settings"];
    if settings["mode"] == "coach" {
        return Err(Why::Practice);
    }
    let advice = report["recommendation"]["advice"].clone();
    match serde_json::from_value(advice) {
        Ok(Advice::None) => Err(Why::NoRecommendation),
        Ok(advice) => Ok(advice),
        Err(_) => Err(Why::Damaged),
    }
}
