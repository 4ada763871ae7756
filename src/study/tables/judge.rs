//! What of the tables is not as it should be.

use super::super::RELEVANCE;
use super::super::facts::{Check, Finding};
use super::{ByJob, ByProfile, QUALITIES, Relevance};

/// Interviews of a quality below which its order says nothing.
const ENOUGH: usize = 5;

/// Difference of two means that is no difference: where both are at the top
/// of the scale, one answer decides which is higher.
const ORDER_SLACK: f64 = 0.05;

/// Jobs whose questions have too little to do with them.
pub(in crate::study) fn too_little_relevance(all: &Relevance, jobs: &[ByJob]) -> Vec<Finding> {
    let finding = |line: &str, why: String| Finding {
        check: Check::Relevance,
        session: String::new(),
        seq: 0,
        line: line.to_owned(),
        why,
    };
    let low = |mean: Option<f64>| mean.filter(|m| *m < RELEVANCE);
    let mut out = Vec::new();
    if let Some(mean) = low(all.mean) {
        let why = format!("mean relevance {mean:.3}, expected {RELEVANCE}");
        out.push(finding("all questions", why));
    }
    for job in jobs {
        if let Some(mean) = low(job.relevance) {
            let why = format!("mean relevance {mean:.3}, expected {RELEVANCE}");
            out.push(finding(&job.position, why));
        }
    }
    out
}

/// Qualities that were valued less than the one below.
pub(in crate::study) fn out_of_order(profiles: &[ByProfile]) -> Vec<Finding> {
    let known: Vec<&ByProfile> = QUALITIES
        .iter()
        .filter_map(|q| profiles.iter().find(|p| p.profile == *q))
        .filter(|p| p.interviews >= ENOUGH)
        .collect();
    let mut out = Vec::new();
    for pair in known.windows(2) {
        let (less, more) = (pair[0], pair[1]);
        let mut say = |why: String| {
            out.push(Finding {
                check: Check::Order,
                session: String::new(),
                seq: 0,
                line: format!("{} and {}", less.profile, more.profile),
                why,
            });
        };
        let lower =
            |a: Option<f64>, b: Option<f64>| a.zip(b).is_some_and(|(a, b)| a + ORDER_SLACK < b);
        if lower(more.mean, less.mean) {
            say(format!(
                "mean scores {:?} and {:?}, expected the second not to be lower",
                less.mean, more.mean
            ));
        }
        let share = |p: &ByProfile, n: usize| n as f64 / p.advice.all().max(1) as f64;
        let better = |p: &ByProfile| share(p, p.advice.proceed) - share(p, p.advice.not_a_fit);
        if better(more) < better(less) {
            say("recommendations are better for the first".to_owned());
        }
    }
    out
}
