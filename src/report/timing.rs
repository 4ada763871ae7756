//! How long the stages of the turns took.

use crate::event::{Event, Record, TurnTimes};
use serde::Serialize;
use std::fmt::Write;

/// All turns, and sums over them.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Timing {
    /// Every turn, in order.
    pub turns: Vec<TurnTimes>,
    /// One row a stage.
    pub stages: Vec<StageTimes>,
}

/// What a stage took over all turns, in milliseconds.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct StageTimes {
    /// Its name.
    pub stage: &'static str,
    /// Turns that reached its end.
    pub count: usize,
    /// Shortest.
    pub min: u64,
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: u64,
    /// 95th percentile, nearest rank.
    pub p95: u64,
    /// Longest.
    pub max: u64,
}

type Of = fn(&TurnTimes) -> Option<(u64, u64)>;

const STAGES: &[(&str, Of)] = &[
    ("end of speech to endpoint", |t| {
        Some((t.speech_ended_ms, t.endpoint_ms))
    }),
    ("end of speech to text", |t| {
        Some((t.speech_ended_ms, t.text_ms))
    }),
    ("text to reply", |t| Some((t.text_ms, t.reply_ms?))),
    ("reply to first audio", |t| {
        Some((t.reply_ms?, t.first_audio_ms?))
    }),
    ("end of speech to first audio", |t| {
        Some((t.speech_ended_ms, t.first_audio_ms?))
    }),
];

/// Folds the timing out of a log.
pub fn fold(records: &[Record]) -> Timing {
    let turns: Vec<TurnTimes> = records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Turn(times) => Some(times.clone()),
            _ => None,
        })
        .collect();
    let stages = STAGES.iter().filter_map(|(name, of)| {
        let spans = turns
            .iter()
            .filter_map(of)
            .map(|(from, to)| to.saturating_sub(from));
        row(name, spans.collect())
    });
    Timing {
        stages: stages.collect(),
        turns,
    }
}

fn row(stage: &'static str, mut spans: Vec<u64>) -> Option<StageTimes> {
    spans.sort_unstable();
    let count = spans.len();
    let rank = |q: f64| spans[((q * count as f64).ceil() as usize).clamp(1, count) - 1];
    let (min, max) = (*spans.first()?, *spans.last()?);
    let mean = spans.iter().map(|&ms| ms as f64).sum::<f64>() / count as f64;
    Some(StageTimes {
        stage,
        count,
        min,
        mean,
        p50: rank(0.5),
        p95: rank(0.95),
        max,
    })
}

/// The timing report: a table of the stages, then the turns.
pub fn timing_txt(timing: &Timing) -> String {
    if timing.turns.is_empty() {
        return "No turn was timed.\n".to_owned();
    }
    let mut out = format!(
        "{:<30} {:>6} {:>7} {:>7} {:>7} {:>7} {:>7}\n",
        "stage (milliseconds)", "count", "min", "mean", "p50", "p95", "max"
    );
    for s in &timing.stages {
        let _ = writeln!(
            out,
            "{:<30} {:>6} {:>7} {:>7.0} {:>7} {:>7} {:>7}",
            s.stage, s.count, s.min, s.mean, s.p50, s.p95, s.max
        );
    }
    let _ = writeln!(
        out,
        "\n{:<10} {:>15} {:>9} {:>9} {:>9} {:>12}",
        "utterance", "end of speech", "endpoint", "text", "reply", "first audio"
    );
    let after = |from: u64, to: Option<u64>| {
        to.map_or("-".to_owned(), |to| format!("+{}", to.saturating_sub(from)))
    };
    for t in &timing.turns {
        let from = t.speech_ended_ms;
        let _ = writeln!(
            out,
            "{:<10} {:>15} {:>9} {:>9} {:>9} {:>12}",
            t.utterance,
            from,
            after(from, Some(t.endpoint_ms)),
            after(from, Some(t.text_ms)),
            after(from, t.reply_ms),
            after(from, t.first_audio_ms),
        );
    }
    out
}
