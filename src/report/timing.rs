//! How long each part of the program took: speech recognition, engine, voice
//! and playback, summed over the session and turn by turn. All times are on
//! the recording's sample clock.

use super::wording::clock;
use crate::event::{Event, Record, TurnTimes};
use serde::Serialize;
use std::fmt::Write;

/// All turns, all lines that were played, and sums over them.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Timing {
    /// Every turn, in order.
    pub turns: Vec<TurnTimes>,
    /// Every line that was played, in order.
    pub played: Vec<LinePlayed>,
    /// One row a stage.
    pub stages: Vec<StageTimes>,
}

/// When a line was heard.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct LinePlayed {
    /// Its number.
    pub line: u32,
    /// First sample, milliseconds of the recording.
    pub start_ms: u64,
    /// Last sample, milliseconds of the recording.
    pub end_ms: u64,
}

/// What a stage took over all turns, in milliseconds.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct StageTimes {
    /// The part of the program that it belongs to.
    pub part: &'static str,
    /// From what to what.
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

const STAGES: &[(&str, &str, Of)] = &[
    ("end of turn", "end of speech to endpoint", |t| {
        Some((t.speech_ended_ms, t.endpoint_ms))
    }),
    ("speech recognition", "endpoint to text", |t| {
        Some((t.endpoint_ms, t.text_ms))
    }),
    ("speech recognition", "end of speech to text", |t| {
        Some((t.speech_ended_ms, t.text_ms))
    }),
    ("engine", "text to reply", |t| {
        Some((t.text_ms, t.reply_ms?))
    }),
    ("voice", "reply to first audio", |t| {
        Some((t.reply_ms?, t.first_audio_ms?))
    }),
    ("whole turn", "end of speech to first audio", |t| {
        Some((t.speech_ended_ms, t.first_audio_ms?))
    }),
];

/// Folds the timing out of a log.
pub fn fold(records: &[Record]) -> Timing {
    let mut turns = Vec::new();
    let mut played = Vec::new();
    for record in records {
        match &record.event {
            Event::Turn(times) => turns.push(times.clone()),
            Event::Played {
                line,
                start_ms,
                end_ms,
            } => played.push(LinePlayed {
                line: *line,
                start_ms: *start_ms,
                end_ms: *end_ms,
            }),
            _ => {}
        }
    }
    let mut stages: Vec<StageTimes> = Vec::new();
    for (part, stage, of) in STAGES {
        let spans = turns.iter().filter_map(of);
        stages.extend(row(part, stage, spans));
    }
    let lines = played.iter().map(|line| (line.start_ms, line.end_ms));
    stages.extend(row("playback", "first to last sample of a line", lines));
    Timing {
        turns,
        played,
        stages,
    }
}

fn row(
    part: &'static str,
    stage: &'static str,
    spans: impl Iterator<Item = (u64, u64)>,
) -> Option<StageTimes> {
    let mut spans: Vec<u64> = spans.map(|(from, to)| to.saturating_sub(from)).collect();
    spans.sort_unstable();
    let count = spans.len();
    let rank = |q: f64| spans[((q * count as f64).ceil() as usize).clamp(1, count) - 1];
    let (min, max) = (*spans.first()?, *spans.last()?);
    let mean = spans.iter().map(|&ms| ms as f64).sum::<f64>() / count as f64;
    Some(StageTimes {
        part,
        stage,
        count,
        min,
        mean,
        p50: rank(0.5),
        p95: rank(0.95),
        max,
    })
}

/// The delays of a turn after the candidate's last speech, as they are
/// written: endpoint, text, reply, first audio.
pub(super) fn delays(turn: &TurnTimes) -> [Option<u64>; 4] {
    [
        Some(turn.endpoint_ms),
        Some(turn.text_ms),
        turn.reply_ms,
        turn.first_audio_ms,
    ]
    .map(|at| at.map(|at| at.saturating_sub(turn.speech_ended_ms)))
}

/// A time of the recording to the millisecond.
pub(super) fn exact(ms: u64) -> String {
    format!("{}.{:03}", clock(ms), ms % 1000)
}

/// The timing report: a table of the stages, then the turns.
pub fn timing_txt(timing: &Timing) -> String {
    let mut out = String::from("Timing, in milliseconds on the recording's sample clock\n\n");
    if timing.stages.is_empty() {
        out.push_str("No turn was timed and no line was played.\n");
        return out;
    }
    let _ = writeln!(
        out,
        "{:<20} {:<31} {:>6} {:>7} {:>7} {:>7} {:>7} {:>7}",
        "part", "stage", "count", "min", "mean", "p50", "p95", "max"
    );
    for s in &timing.stages {
        let _ = writeln!(
            out,
            "{:<20} {:<31} {:>6} {:>7} {:>7.0} {:>7} {:>7} {:>7}",
            s.part, s.stage, s.count, s.min, s.mean, s.p50, s.p95, s.max
        );
    }
    if timing.turns.is_empty() {
        out.push_str("\nNo turn was timed.\n");
        return out;
    }
    let _ = writeln!(
        out,
        "\n{:<10} {:>14} {:>9} {:>9} {:>9} {:>12}",
        "utterance", "end of speech", "endpoint", "text", "reply", "first audio"
    );
    for turn in &timing.turns {
        let after = delays(turn).map(|ms| ms.map_or_else(|| "-".to_owned(), |ms| format!("+{ms}")));
        let [endpoint, text, reply, audio] = after;
        let _ = writeln!(
            out,
            "{:<10} {:>14} {endpoint:>9} {text:>9} {reply:>9} {audio:>12}",
            turn.utterance,
            exact(turn.speech_ended_ms),
        );
    }
    out
}
