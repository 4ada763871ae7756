//! Cut-offs against delay: all budgets are scaled together, and each scale
//! is a point. One point alone says little, since anybody can wait longer.

use super::labelled::Clip;
use super::listen::{Ears, Heard, Pause, listen};
use crate::audio::EndpointSettings;
use serde::Serialize;
use std::fmt;

/// Scales of all budgets.
const SCALES: [f32; 10] = [0.4, 0.5, 0.577, 0.7, 0.85, 1.0, 1.2, 1.5, 1.9, 2.4];
/// Silences of an endpointer that knows nothing else, milliseconds.
const SILENCES: [u32; 10] = [200, 300, 400, 500, 600, 700, 900, 1_200, 1_600, 2_200];
/// The silence of the endpointer to be compared with.
const COMMON: u32 = 700;

/// What decides.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    /// The same silence for everything.
    FixedSilence,
    /// Viva's endpointer with the labels' words.
    Labels,
    /// Viva's endpointer with what the recogniser hears, when it hears it.
    Recogniser,
}

/// 50th, 90th and 95th percentile and mean of some milliseconds.
#[derive(Serialize, Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Percentiles {
    pub(super) mean: f64,
    pub(super) p50: i64,
    pub(super) p90: i64,
    pub(super) p95: i64,
}

/// Nearest rank; zeros where there is nothing.
pub(super) fn percentiles(values: impl Iterator<Item = i64>) -> Percentiles {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    let at = |p: usize| {
        let rank = (values.len() * p).div_ceil(100).saturating_sub(1);
        values.get(rank).copied().unwrap_or_default()
    };
    Percentiles {
        mean: values.iter().sum::<i64>() as f64 / values.len().max(1) as f64,
        p50: at(50),
        p90: at(90),
        p95: at(95),
    }
}

/// One setting's result.
#[derive(Serialize, Clone, Copy, Debug)]
pub(super) struct Point {
    /// Silence that is enough after a whole sentence of an explanation.
    budget_ms: u32,
    /// Share of the pauses in which the turn was ended.
    cut: f64,
    /// Share of the recordings in which it was ended at least once too early.
    turns_cut: f64,
    /// Share of the recordings over which the reply would have been heard.
    talked_over: f64,
    /// Decisions while somebody spoke.
    inside: usize,
    /// From the last sound to the decision.
    delay_ms: Percentiles,
    /// From the last sound until the whole text was there.
    text_ms: Option<Percentiles>,
    pauses: usize,
    usual: bool,
}

/// All points of one way.
#[derive(Serialize, Clone, Debug)]
pub(super) struct Curve {
    way: Way,
    points: Vec<Point>,
    /// Share of the pauses cut where the budget is 300 ms.
    cut_at_300_ms_budget: Option<f64>,
    /// Share of the pauses cut where the mean delay is 300 ms.
    cut_at_300_ms_delay: Option<f64>,
    /// Mean delay where one pause of ten is cut.
    delay_at_10_percent: Option<f64>,
}

impl Curve {
    /// Hears all recordings once for every setting.
    ///
    /// # Errors
    ///
    /// Where the recogniser fails.
    pub(super) fn measure(
        way: Way,
        clips: &[Clip],
        settings: &EndpointSettings,
        ears: &mut Ears<'_>,
        reply_ms: u64,
    ) -> anyhow::Result<Self> {
        let mut voices: Vec<&str> = clips.iter().map(|c| c.label.voice.as_str()).collect();
        voices.sort_unstable();
        voices.dedup();
        let all: Vec<(EndpointSettings, u32, bool)> = match way {
            Way::FixedSilence => SILENCES
                .map(|ms| (fixed(settings, ms), ms, ms == COMMON))
                .into(),
            Way::Labels | Way::Recogniser => SCALES
                .map(|by| {
                    let scaled = scaled(settings, by);
                    let budget = scaled.complete_ms;
                    (scaled, budget, by == 1.0)
                })
                .into(),
        };
        let mut points = Vec::new();
        for (settings, budget_ms, usual) in all {
            let mut heard = Vec::new();
            for voice in &voices {
                let own: Vec<&Clip> = clips.iter().filter(|c| c.label.voice == *voice).collect();
                heard.extend(listen(&own, &settings, ears)?);
            }
            points.push(point(&heard, budget_ms, usual, reply_ms));
        }
        Ok(Self {
            way,
            cut_at_300_ms_budget: between(&points, |p| f64::from(p.budget_ms), 300.0, |p| p.cut),
            cut_at_300_ms_delay: between(&points, |p| p.delay_ms.mean, 300.0, |p| p.cut),
            delay_at_10_percent: between(&points, |p| -p.cut, -0.1, |p| p.delay_ms.mean),
            points,
        })
    }

    /// Pauses inside the recordings.
    pub(super) fn pauses(&self) -> usize {
        self.points.first().map_or(0, |p| p.pauses)
    }
}

fn point(heard: &[Heard], budget_ms: u32, usual: bool, reply_ms: u64) -> Point {
    let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
    let pauses: Vec<Pause> = heard.iter().flat_map(|h| h.pauses.clone()).collect();
    // Recordings with a pause of which this is true.
    let with = |is: &dyn Fn(&Pause) -> bool| {
        let count = heard.iter().filter(|h| h.pauses.iter().any(is)).count();
        share(count, heard.len())
    };
    let texts: Vec<i64> = heard.iter().filter_map(|h| h.text).collect();
    Point {
        budget_ms,
        cut: share(
            pauses.iter().filter(|p| p.cut.is_some()).count(),
            pauses.len(),
        ),
        turns_cut: with(&|p| p.cut.is_some()),
        talked_over: with(&|p| p.cut.is_some_and(|left| left > reply_ms)),
        inside: heard.iter().map(|h| h.inside).sum(),
        delay_ms: percentiles(heard.iter().filter_map(|h| h.delay)),
        text_ms: (!texts.is_empty()).then(|| percentiles(texts.into_iter())),
        pauses: pauses.len(),
        usual,
    }
}

/// `y` where `x` is `at`, on the straight line between the two points around
/// it; nothing where the curve does not reach it.
fn between(
    points: &[Point],
    x: impl Fn(&Point) -> f64,
    at: f64,
    y: impl Fn(&Point) -> f64,
) -> Option<f64> {
    points.windows(2).find_map(|pair| {
        let (a, b) = (x(&pair[0]), x(&pair[1]));
        if !(a.min(b)..=a.max(b)).contains(&at) {
            return None;
        }
        let part = if a == b { 0.0 } else { (at - a) / (b - a) };
        Some(y(&pair[0]) + part * (y(&pair[1]) - y(&pair[0])))
    })
}

/// Every budget `by` times as long.
fn scaled(s: &EndpointSettings, by: f32) -> EndpointSettings {
    let mut scaled = s.clone();
    for ms in budgets(&mut scaled) {
        *ms = ((*ms as f32 * by) as u32).max(s.pause_ms);
    }
    scaled
}

/// The same silence whatever was asked and said.
fn fixed(s: &EndpointSettings, silence_ms: u32) -> EndpointSettings {
    let mut fixed = s.clone();
    for ms in budgets(&mut fixed) {
        *ms = silence_ms;
    }
    fixed.habit_least = 1.0;
    fixed.habit_most = 1.0;
    fixed
}

fn budgets(s: &mut EndpointSettings) -> [&mut u32; 17] {
    [
        &mut s.yes_no_ms,
        &mut s.short_ms,
        &mut s.long_ms,
        &mut s.story_ms,
        &mut s.done_ms,
        &mut s.farewell_ms,
        &mut s.complete_short_ms,
        &mut s.complete_point_ms,
        &mut s.complete_ms,
        &mut s.complete_story_ms,
        &mut s.sentence_ms,
        &mut s.brief_ms,
        &mut s.listing_ms,
        &mut s.incomplete_ms,
        &mut s.filler_ms,
        &mut s.thinking_ms,
        &mut s.most_ms,
    ]
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.way {
            Way::FixedSilence => "Silence alone, the same for everything",
            Way::Labels => "Viva's endpointer, with the labels' words",
            Way::Recogniser => "Viva's endpointer, with the recogniser's words when they are there",
        };
        writeln!(f, "{name}")?;
        writeln!(
            f,
            "   budget   pauses cut   turns cut   talked over   delay mean    p50    p90   text p50    p95   (ms after the last sound)"
        )?;
        for p in &self.points {
            let text = |pick: fn(Percentiles) -> i64| {
                p.text_ms
                    .map_or_else(|| "-".to_owned(), |t| pick(t).to_string())
            };
            writeln!(
                f,
                "{} {:>6}   {:>8.1} %   {:>7.1} %   {:>9.1} %   {:>10.0} {:>6} {:>6}   {:>8} {:>6}",
                if p.usual { ">" } else { " " },
                p.budget_ms,
                p.cut * 100.0,
                p.turns_cut * 100.0,
                p.talked_over * 100.0,
                p.delay_ms.mean,
                p.delay_ms.p50,
                p.delay_ms.p90,
                text(|t| t.p50),
                text(|t| t.p95),
            )?;
        }
        let percent = |v: Option<f64>| {
            v.map_or_else(|| "not reached".into(), |v| format!("{:.1} %", v * 100.0))
        };
        writeln!(
            f,
            "  cut at a budget of 300 ms: {}; at a mean delay of 300 ms: {}",
            percent(self.cut_at_300_ms_budget),
            percent(self.cut_at_300_ms_delay)
        )?;
        let delay = self
            .delay_at_10_percent
            .map_or_else(|| "not reached".into(), |ms| format!("{ms:.0} ms"));
        write!(f, "  mean delay where 10 % of the pauses are cut: {delay}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_counts_pauses_and_turns() {
        let heard = [
            Heard {
                pauses: vec![
                    Pause {
                        ms: 300,
                        cut: Some(40),
                    },
                    Pause { ms: 900, cut: None },
                ],
                delay: Some(500),
                ..Heard::default()
            },
            Heard {
                delay: Some(700),
                ..Heard::default()
            },
        ];
        // Who goes on within the reply's delay is not talked over.
        assert_eq!(point(&heard, 520, true, 60).talked_over, 0.0);
        let p = point(&heard, 520, true, 30);
        assert_eq!(p.talked_over, 0.5);
        assert_eq!((p.cut, p.turns_cut, p.pauses), (0.5, 0.5, 2));
        assert_eq!((p.delay_ms.mean, p.delay_ms.p50), (600.0, 500));
        assert!(p.text_ms.is_none());
    }

    #[test]
    fn a_value_between_two_points_is_on_the_line_and_beyond_them_unknown() {
        let at = |budget_ms, cut| Point {
            budget_ms,
            cut,
            ..point(&[], 0, false, 0)
        };
        let points = [at(200, 0.5), at(400, 0.1)];
        let cut = |ms| between(&points, |p| f64::from(p.budget_ms), ms, |p| p.cut);
        assert!((cut(300.0).unwrap() - 0.3).abs() < 1e-9);
        assert_eq!(cut(500.0), None);
    }

    #[test]
    fn an_endpointer_of_silence_alone_has_one_budget() {
        let mut one = fixed(&EndpointSettings::default(), 700);
        assert!(budgets(&mut one).iter().all(|ms| **ms == 700));
        let mut twice = scaled(&EndpointSettings::default(), 2.0);
        let usual = EndpointSettings::default();
        assert_eq!(
            budgets(&mut twice).map(|ms| *ms / 2),
            budgets(&mut usual.clone()).map(|ms| *ms)
        );
    }
}
