//! The recommendation: a rule over the scores, shown with its result.

use serde::{Deserialize, Serialize};

/// What is recommended.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Good throughout.
    Proceed,
    /// Some of it.
    Reservations,
    /// Too little of it.
    NotAFit,
    /// Nothing was scored.
    None,
}

impl Advice {
    /// As written in reports.
    pub fn text(self) -> &'static str {
        match self {
            Self::Proceed => "Proceed to next round",
            Self::Reservations => "Consider with reservations",
            Self::NotAFit => "Not a fit at this time",
            Self::None => "No recommendation",
        }
    }
}

/// The rule, in words.
pub const RULE: &str = "Proceed: mean of the scored answers at least 3.5, no 1, not more than a quarter \
    of them at 2, and at least half of the questions scored. Not a fit: mean below 2.5, or at least half \
    of the scored answers at 1 or 2. Otherwise with reservations. Answers that were not scored count for \
    neither side; where nothing was scored, nothing is recommended.";

/// A recommendation with what it rests on.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Recommendation {
    /// What is recommended.
    pub advice: Advice,
    /// The same, in words.
    pub text: String,
    /// How it follows from the scores.
    pub because: String,
    /// The rule.
    pub rule: String,
    /// Mean of the scored answers.
    pub mean: Option<f32>,
    /// Number of questions asked.
    pub asked: usize,
    /// Number of answers scored.
    pub scored: usize,
}

/// Applies the rule to the scores of all questions asked; `None` stands for
/// one that was not scored.
pub fn recommend(scores: &[Option<u8>]) -> Recommendation {
    let scored: Vec<u8> = scores.iter().flatten().copied().collect();
    let (asked, n) = (scores.len(), scored.len());
    let mean = mean(&scored);
    let ones = scored.iter().filter(|&&s| s == 1).count();
    let twos = scored.iter().filter(|&&s| s == 2).count();
    let advice = match mean {
        None => Advice::None,
        Some(m) if m < 2.5 || 2 * (ones + twos) >= n => Advice::NotAFit,
        Some(m) if m >= 3.5 && ones == 0 && 4 * twos <= n && 2 * n >= asked => Advice::Proceed,
        Some(_) => Advice::Reservations,
    };
    let because = match mean {
        None => format!("None of the {asked} questions asked could be scored."),
        Some(m) => format!(
            "{n} of {asked} questions asked were scored, with a mean of {m:.2} of 5; {ones} scored 1 and {twos} scored 2."
        ),
    };
    Recommendation {
        advice,
        text: advice.text().to_owned(),
        because,
        rule: RULE.to_owned(),
        mean,
        asked,
        scored: n,
    }
}

/// The mean, where there is anything to take it of.
pub fn mean(scores: &[u8]) -> Option<f32> {
    let sum: u32 = scores.iter().map(|&s| u32::from(s)).sum();
    (!scores.is_empty()).then(|| sum as f32 / scores.len() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_lead_to_advice_by_the_rule() {
        let check = |scores: &[u8], expect| {
            let scores: Vec<Option<u8>> = scores.iter().map(|&s| (s > 0).then_some(s)).collect();
            assert_eq!(recommend(&scores).advice, expect, "{scores:?}");
        };
        check(&[], Advice::None);
        check(&[0, 0, 0], Advice::None);
        check(&[1, 1, 2, 1], Advice::NotAFit);
        check(&[5, 5, 1, 2], Advice::NotAFit);
        check(&[3, 3, 2, 3], Advice::Reservations);
        check(&[5, 5, 1, 5], Advice::Reservations);
        check(&[5, 0, 0, 0], Advice::Reservations);
        check(&[4, 4, 5, 2], Advice::Proceed);
        check(&[4, 0, 5, 4], Advice::Proceed);
    }
}
