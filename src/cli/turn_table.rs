//! The stages of every turn against the truth: when the candidate really
//! stopped speaking, and how long each step took from there.

use crate::audio::pos_ms;
use crate::clock::SessionTime;
use crate::event::TurnTimes;
use crate::simulate::Spoken;
use serde::Serialize;
use std::fmt::Write;

/// One turn; every delay is in milliseconds after the last sound.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// Number of the utterance.
    utterance: u32,
    /// Last sound, on the recording's clock.
    speech_end_ms: u64,
    /// It was decided in the middle of what was said; such a turn counts in
    /// no percentile.
    early: bool,
    /// The endpointer decided.
    endpoint: i64,
    /// The final text was decoded; before the endpoint where it was decoded
    /// on the chance.
    decoded: Option<i64>,
    /// The text was there and known to be final.
    text: i64,
    /// The engine's reply was there.
    reply: Option<i64>,
    /// The reply's first sample.
    first_audio: Option<i64>,
}

/// 50th, 95th and 99th percentile.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Percentiles {
    p50: i64,
    p95: i64,
    p99: i64,
}

/// Percentiles of every stage.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Summary {
    endpoint: Percentiles,
    decoded: Percentiles,
    text: Percentiles,
    reply: Percentiles,
    first_audio: Percentiles,
}

/// Compares the turns with what was really said; a turn whose speech is not
/// among it keeps its own view of the end.
pub(super) fn rows(turns: &[TurnTimes], spoken: &[Spoken]) -> Vec<Row> {
    turns
        .iter()
        .map(|turn| {
            let early = spoken
                .iter()
                .any(|s| (pos_ms(s.start)..pos_ms(s.end)).contains(&turn.endpoint_ms));
            let truth = spoken
                .iter()
                .map(|s| pos_ms(s.end))
                .rfind(|end| *end <= turn.endpoint_ms)
                .filter(|end| end + 1500 > turn.speech_ended_ms)
                .unwrap_or(turn.speech_ended_ms);
            let after = |ms: u64| ms as i64 - truth as i64;
            Row {
                utterance: turn.utterance,
                speech_end_ms: truth,
                early,
                endpoint: after(turn.endpoint_ms),
                decoded: turn.decoded_ms.map(after),
                text: after(turn.text_ms),
                reply: turn.reply_ms.map(after),
                first_audio: turn.first_audio_ms.map(after),
            }
        })
        .collect()
}

/// Percentiles of the rows, but for those that were decided early.
pub(super) fn summary(rows: &[Row]) -> Summary {
    let whole = || rows.iter().filter(|r| !r.early);
    Summary {
        endpoint: percentiles(whole().map(|r| r.endpoint)),
        decoded: percentiles(whole().filter_map(|r| r.decoded)),
        text: percentiles(whole().map(|r| r.text)),
        reply: percentiles(whole().filter_map(|r| r.reply)),
        first_audio: percentiles(whole().filter_map(|r| r.first_audio)),
    }
}

fn percentiles(values: impl Iterator<Item = i64>) -> Percentiles {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    let at = |p: usize| {
        let rank = (values.len() * p).div_ceil(100).saturating_sub(1);
        values.get(rank).copied().unwrap_or_default()
    };
    Percentiles {
        p50: at(50),
        p95: at(95),
        p99: at(99),
    }
}

/// Above the columns.
pub(super) const HEAD: &str = "turn  end of speech   decoded   endpoint   text ready   reply   first audio   (ms after the end of speech)\n";

/// The table for people.
pub(super) fn table(rows: &[Row]) -> String {
    let cell = |v: Option<i64>| v.map_or_else(|| "-".to_owned(), |v| v.to_string());
    let mut out = String::from(HEAD);
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:>4}  {:>13}   {:>7}   {:>8}   {:>10}   {:>5}   {:>11}",
            row.utterance,
            SessionTime(row.speech_end_ms).to_string(),
            cell(row.decoded),
            row.endpoint,
            row.text,
            cell(row.reply),
            cell(row.first_audio),
        );
    }
    out.push_str(&foot(&summary(rows)));
    out
}

/// The table's last lines: the percentiles of every stage.
pub(super) fn foot(s: &Summary) -> String {
    let mut out = String::new();
    for (name, pick) in [
        ("p50", (|p: Percentiles| p.p50) as fn(Percentiles) -> i64),
        ("p95", |p| p.p95),
        ("p99", |p| p.p99),
    ] {
        let _ = writeln!(
            out,
            "{name:>4}  {:>13}   {:>7}   {:>8}   {:>10}   {:>5}   {:>11}",
            "",
            pick(s.decoded),
            pick(s.endpoint),
            pick(s.text),
            pick(s.reply),
            pick(s.first_audio),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_measured_from_the_last_sound() {
        let turn = TurnTimes {
            utterance: 1,
            speech_ended_ms: 1100,
            endpoint_ms: 1700,
            text_ms: 1710,
            decoded_ms: Some(1400),
            reply_ms: Some(1720),
            first_audio_ms: Some(1760),
        };
        let spoken = Spoken {
            line: 1,
            text: "Yes.".into(),
            start: 8000,
            end: 16_000,
        };
        let rows = rows(&[turn], &[spoken]);
        assert_eq!((rows[0].decoded, rows[0].endpoint), (Some(400), 700));
        assert_eq!(rows[0].first_audio, Some(760));
        assert_eq!(summary(&rows).text.p95, 710);
        assert!(table(&rows).contains("760"));
    }

    #[test]
    fn a_turn_that_was_decided_too_early_counts_in_no_percentile() {
        let turn = |endpoint_ms| TurnTimes {
            utterance: 1,
            speech_ended_ms: endpoint_ms - 500,
            endpoint_ms,
            text_ms: endpoint_ms,
            decoded_ms: None,
            reply_ms: None,
            first_audio_ms: None,
        };
        let spoken = Spoken {
            line: 1,
            text: "It works. It is fast.".into(),
            start: 16_000,
            end: 5 * 16_000,
        };
        let rows = rows(&[turn(3_000), turn(5_700)], &[spoken]);
        assert_eq!((rows[0].early, rows[1].early), (true, false));
        assert_eq!(summary(&rows).endpoint.p50, 700);
    }

    #[test]
    fn percentiles_are_ranks() {
        let p = percentiles((1..=100).rev());
        assert_eq!((p.p50, p.p95, p.p99), (50, 95, 99));
        assert_eq!(percentiles(std::iter::empty()).p95, 0);
    }
}
