//! Stretches of the recording: as somebody writes them, and as samples.

use crate::record::RATE;
use crate::record::error::RecordError;
use serde::{Deserialize, Serialize};

/// A stretch of the recording.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Begin, in milliseconds of the recording.
    pub start_ms: u64,
    /// End, in milliseconds of the recording.
    pub end_ms: u64,
}

impl Span {
    /// Whether both have a moment in common.
    pub(super) const fn meets(self, start_ms: u64, end_ms: u64) -> bool {
        start_ms < self.end_ms && end_ms > self.start_ms
    }
}

/// Reads `MM:SS-MM:SS`; hours before and fractions of a second after are
/// possible (`1:02:03.5-1:02:04`).
///
/// # Errors
/// A sentence for a person.
pub fn parse_span(text: &str) -> Result<Span, String> {
    let bad = || format!("found {text:?}, expected MM:SS-MM:SS, as in 3:07-3:12.5");
    let (from, to) = text.split_once('-').ok_or_else(bad)?;
    let span = Span {
        start_ms: parse_time(from.trim()).ok_or_else(bad)?,
        end_ms: parse_time(to.trim()).ok_or_else(bad)?,
    };
    if span.end_ms <= span.start_ms {
        return Err(format!(
            "found {text:?}, expected the end after the beginning"
        ));
    }
    Ok(span)
}

fn parse_time(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |t: &str| !t.is_empty() && t.len() <= 6 && t.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = whole.split(':').collect();
    if !(2..=3).contains(&parts.len())
        || !parts.iter().all(|p| digits(p))
        || !digits(fraction)
        || fraction.len() > 3
    {
        return None;
    }
    let mut seconds = 0u64;
    for (i, part) in parts.iter().enumerate() {
        let n: u64 = part.parse().ok()?;
        if i > 0 && n > 59 {
            return None;
        }
        seconds = seconds * 60 + n;
    }
    let ms: u64 = format!("{fraction:0<3}").parse().ok()?;
    Some(seconds * 1000 + ms)
}

/// Refuses spans that are not inside the recording.
pub(super) fn check(spans: &[Span], samples: u64) -> Result<(), RecordError> {
    let refuse = |what| Err(RecordError::Refused { what });
    let length = samples * 1000 / u64::from(RATE);
    for span in spans {
        if samples == 0 {
            return refuse("The session has no recording, so no span of it can be redacted".into());
        }
        if span.end_ms > length {
            return refuse(format!(
                "The span {}-{} is not inside the recording, which is {} long",
                shown(span.start_ms),
                shown(span.end_ms),
                shown(length)
            ));
        }
    }
    Ok(())
}

fn shown(ms: u64) -> String {
    crate::clock::SessionTime(ms).to_string()
}

/// Stretches in samples that get the tone: every barred one with its margin,
/// those that were named as they are, joined where they touch.
pub(super) fn tones(
    barred: &[Span],
    named: &[Span],
    margin_ms: u64,
    samples: u64,
) -> Vec<(u64, u64)> {
    let per_ms = u64::from(RATE) / 1000;
    let wide = barred.iter().map(|s| {
        let start = s.start_ms.saturating_sub(margin_ms);
        (start, s.end_ms.saturating_add(margin_ms))
    });
    let mut all: Vec<(u64, u64)> = wide
        .chain(named.iter().map(|s| (s.start_ms, s.end_ms)))
        .map(|(from, to)| (from.saturating_mul(per_ms), to.saturating_mul(per_ms)))
        .map(|(from, to)| (from.min(samples), to.min(samples)))
        .filter(|(from, to)| from < to)
        .collect();
    all.sort_unstable();
    let mut out: Vec<(u64, u64)> = Vec::new();
    for (from, to) in all {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_a_span_or_refused(text in "(\\PC{0,20}|[0-9:.\\-]{0,16})") {
            if let Ok(span) = parse_span(&text) {
                prop_assert!(span.start_ms < span.end_ms);
            }
        }
    }

    #[test]
    fn spans_are_read_as_written_and_faults_named() {
        let span = |start_ms, end_ms| Ok(Span { start_ms, end_ms });
        assert_eq!(parse_span("0:07-00:12.5"), span(7_000, 12_500));
        assert_eq!(parse_span("1:02:03.25-1:02:04"), span(3_723_250, 3_724_000));
        for bad in [
            "",
            "7-12",
            "0:07",
            "0:77-1:90",
            "a:b-c:d",
            "0:01-0:02.1234",
            "-0:01-0:02",
        ] {
            assert!(parse_span(bad).unwrap_err().contains("expected"), "{bad}");
        }
        assert!(parse_span("0:12-0:07").unwrap_err().contains("after"));
    }

    #[test]
    fn stretches_that_touch_become_one_and_stay_inside() {
        let span = |start_ms, end_ms| Span { start_ms, end_ms };
        let found = tones(
            &[span(50, 200), span(1000, 1200)],
            &[span(250, 900)],
            100,
            20_000,
        );
        assert_eq!(found, [(0, 20_000)]);
        let found = tones(&[span(500, 600)], &[span(700, 701)], 0, 20_000);
        assert_eq!(found, [(8_000, 9_600), (11_200, 11_216)]);
    }
}
