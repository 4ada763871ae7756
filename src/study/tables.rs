//! The numbers of a study, grouped by what they are asked for: profile, job,
//! mode, question. Means leave out what was not scored.

mod judge;
mod shapes;

use super::RELEVANCE;
use super::facts::{Facts, QuestionFacts};
use crate::event::{EndReason, Mode};
use crate::interview::bank::{Kind, Level};
use crate::interview::is_own_question;
pub(super) use judge::{out_of_order, too_little_relevance};
pub use shapes::{
    Advices, ByGroup, ByJob, ByMode, ByProfile, ByQuestion, Lengths, Relevance, Tones,
};
use std::collections::{BTreeMap, BTreeSet};

/// The four qualities, as profiles are named, from least to most.
pub(super) const QUALITIES: [&str; 4] = ["weak", "average", "strong", "exceptional"];

/// Four decimals, so that documents read the same everywhere.
pub(super) fn round(x: f64) -> f64 {
    (x * 10_000.0).round() / 10_000.0
}

fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0_usize);
    for value in values {
        sum += value;
        n += 1;
    }
    (n > 0).then(|| round(sum / n as f64))
}

fn quality(profile: &str) -> Option<usize> {
    QUALITIES.iter().position(|q| *q == profile)
}

pub(super) fn reason(reason: EndReason) -> String {
    match reason {
        EndReason::Completed => "completed",
        EndReason::TimeUp => "time up",
        EndReason::ConsentRefused => "consent refused",
        EndReason::CandidateEnded => "ended by the candidate",
        EndReason::CandidateLeft => "candidate left",
        EndReason::NoAnswer => "no answer",
        EndReason::RecruiterEnded => "ended by a recruiter",
    }
    .to_owned()
}

pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Core => "core",
        Level::Advanced => "advanced",
    }
}

pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Project => "project",
        Kind::Technical => "technical",
        Kind::Behavioral => "behavioral",
    }
}

/// Relevance of everything that an interview asked.
fn relevances(fact: &Facts) -> Vec<f64> {
    let mut all = Vec::new();
    // The introduction was asked wherever anything was.
    if !fact.questions.is_empty() {
        all.push(f64::from(fact.introduction));
    }
    for question in &fact.questions {
        let known = question.relevance.map(f64::from);
        all.extend(known.into_iter().cycle().take(1 + question.probes));
    }
    all
}

pub(super) fn relevance(facts: &[Facts]) -> Relevance {
    let all: Vec<f64> = facts.iter().flat_map(relevances).collect();
    Relevance {
        asked: all.len(),
        mean: mean(all.iter().copied()),
        least: all.iter().copied().reduce(f64::min).map(round),
        below: all.iter().filter(|r| **r < RELEVANCE).count(),
    }
}

/// Groups by name, each in the order of the interviews.
fn grouped(facts: &[Facts], name: impl Fn(&Facts) -> String) -> BTreeMap<String, Vec<&Facts>> {
    let mut groups: BTreeMap<String, Vec<&Facts>> = BTreeMap::new();
    for fact in facts {
        groups.entry(name(fact)).or_default().push(fact);
    }
    groups
}

fn mean_score(facts: &[&Facts]) -> Option<f64> {
    mean(facts.iter().filter_map(|f| f.mean.map(f64::from)))
}

pub(super) fn by_profile(facts: &[Facts]) -> Vec<ByProfile> {
    let mut out: Vec<ByProfile> = grouped(facts, |f| f.profile.clone())
        .into_iter()
        .map(|(profile, all)| {
            let mut scores = [0; 5];
            let (mut unscored, mut advice) = (0, Advices::default());
            for fact in &all {
                advice.add(fact.advice);
                for question in &fact.questions {
                    match question.score {
                        Some(score @ 1..=5) => scores[usize::from(score) - 1] += 1,
                        _ => unscored += 1,
                    }
                }
            }
            let questions: usize = all.iter().map(|f| f.questions.len()).sum();
            let probes: usize = all
                .iter()
                .flat_map(|f| &f.questions)
                .map(|q| q.probes)
                .sum();
            ByProfile {
                interviews: all.len(),
                mean: mean_score(&all),
                scores,
                unscored,
                advice,
                length_s: mean(all.iter().map(|f| f.length_s)).unwrap_or_default(),
                candidate_share: mean(all.iter().filter_map(|f| f.candidate_share)),
                words_a_turn: mean(all.iter().map(|f| f.words_a_turn)).unwrap_or_default(),
                probes: round(probes as f64 / questions.max(1) as f64),
                findings: all.iter().map(|f| f.findings.len()).sum(),
                profile,
            }
        })
        .collect();
    // Qualities first, from least to most.
    out.sort_by_key(|p| (quality(&p.profile).unwrap_or(9), p.profile.clone()));
    out
}

/// Mean score by quality of some interviews' questions.
fn means<'a>(scored: impl Iterator<Item = (&'a str, u8)> + Clone) -> [Option<f64>; 4] {
    QUALITIES.map(|quality| {
        mean(
            scored
                .clone()
                .filter(|(profile, _)| *profile == quality)
                .map(|(_, score)| f64::from(score)),
        )
    })
}

fn gap(means: &[Option<f64>; 4]) -> Option<f64> {
    let low = mean(means[..2].iter().flatten().copied())?;
    let high = mean(means[2..].iter().flatten().copied())?;
    Some(round(high - low))
}

pub(super) fn by_job(facts: &[Facts]) -> Vec<ByJob> {
    grouped(facts, |f| f.position.clone())
        .into_iter()
        .map(|(position, all)| {
            let relevance: Vec<f64> = all.iter().flat_map(|f| relevances(f)).collect();
            let mut advice: [Advices; 4] = Default::default();
            for fact in &all {
                if let Some(quality) = quality(&fact.profile) {
                    advice[quality].add(fact.advice);
                }
            }
            let of = |quality: &str| -> Vec<&Facts> {
                let same = all.iter().filter(|f| f.profile == quality);
                same.copied().collect()
            };
            let ids: BTreeSet<&str> = all
                .iter()
                .flat_map(|f| &f.questions)
                .map(|q| q.id.as_str())
                .collect();
            ByJob {
                interviews: all.len(),
                relevance: mean(relevance.iter().copied()),
                least: relevance.iter().copied().reduce(f64::min).map(round),
                means: QUALITIES.map(|quality| mean_score(&of(quality))),
                advice,
                questions: ids.len(),
                position,
            }
        })
        .collect()
}

pub(super) fn by_mode(facts: &[Facts]) -> Vec<ByMode> {
    [Mode::Friendly, Mode::Formal, Mode::Technical, Mode::Coach]
        .into_iter()
        .filter_map(|mode| {
            let all: Vec<&Facts> = facts.iter().filter(|f| f.mode == mode).collect();
            Some(ByMode {
                mode,
                interviews: all.len(),
                mean: mean_score(&all),
                length_s: mean(all.iter().map(|f| f.length_s))?,
                words_a_turn: mean(all.iter().map(|f| f.words_a_turn))?,
                longest_turn: all.iter().map(|f| f.longest_turn).max()?,
            })
        })
        .collect()
}

type Asked<'a> = (&'a str, &'a QuestionFacts);

fn asked(facts: &[Facts]) -> impl Iterator<Item = Asked<'_>> {
    facts.iter().flat_map(|fact| {
        let profile = fact.profile.as_str();
        fact.questions.iter().map(move |q| (profile, q))
    })
}

fn scored<'a>(all: &'a [Asked<'a>]) -> impl Iterator<Item = (&'a str, u8)> + Clone {
    all.iter()
        .filter_map(|(profile, q)| Some((*profile, q.score?)))
}

pub(super) fn by_group(facts: &[Facts], name: impl Fn(&QuestionFacts) -> String) -> Vec<ByGroup> {
    let mut groups: BTreeMap<String, Vec<Asked<'_>>> = BTreeMap::new();
    for (profile, question) in asked(facts) {
        groups
            .entry(name(question))
            .or_default()
            .push((profile, question));
    }
    groups
        .into_iter()
        .map(|(name, all)| {
            let means = means(scored(&all));
            ByGroup {
                asked: all.len(),
                mean: mean(scored(&all).map(|(_, s)| f64::from(s))),
                discrimination: gap(&means),
                means,
                relevance: mean(all.iter().filter_map(|(_, q)| q.relevance.map(f64::from))),
                name,
            }
        })
        .collect()
}

pub(super) fn by_question(facts: &[Facts]) -> Vec<ByQuestion> {
    let mut groups: BTreeMap<&str, Vec<Asked<'_>>> = BTreeMap::new();
    // A recruiter's own question is asked once; its id only counts them.
    for (profile, question) in asked(facts).filter(|(_, q)| !is_own_question(&q.id)) {
        groups
            .entry(&question.id)
            .or_default()
            .push((profile, question));
    }
    groups
        .into_iter()
        .filter_map(|(id, all)| {
            let (_, first) = all.first()?;
            let means = means(scored(&all));
            let unscored = |(_, q): &&Asked<'_>| q.score.is_none() && q.answered;
            Some(ByQuestion {
                id: id.to_owned(),
                kind: first.kind,
                level: first.level,
                asked: all.len(),
                abstained: all.iter().filter(unscored).count(),
                mean: mean(scored(&all).map(|(_, s)| f64::from(s))),
                discrimination: gap(&means),
                means,
                relevance: mean(all.iter().filter_map(|(_, q)| q.relevance.map(f64::from))),
                probes: mean(all.iter().map(|(_, q)| q.probes as f64)).unwrap_or_default(),
            })
        })
        .collect()
}

pub(super) fn lengths(facts: &[Facts]) -> Lengths {
    let mut all: Vec<f64> = facts.iter().map(|f| f.length_s).collect();
    all.sort_by(f64::total_cmp);
    let n = all.len();
    if n == 0 {
        return Lengths::default();
    }
    let rank = |q: f64| all[((q * n as f64).ceil() as usize).clamp(1, n) - 1];
    let share = |f: &Facts| (f.length_s - f.paused_s) / f.budget_s.max(1.0);
    let mut tenths = [0; 10];
    for fact in facts {
        tenths[((share(fact) * 10.0) as usize).min(9)] += 1;
    }
    Lengths {
        p50_s: round(rank(0.5)),
        p95_s: round(rank(0.95)),
        max_s: round(all[n - 1]),
        most_of_budget: round(facts.iter().map(share).fold(0.0, f64::max)),
        tenths,
    }
}

/// Rank correlation of quality and mean score; ties share their ranks.
pub(super) fn discrimination(facts: &[Facts]) -> Option<f64> {
    let pairs: Vec<(f64, f64)> = facts
        .iter()
        .filter_map(|f| Some((quality(&f.profile)? as f64, f64::from(f.mean?))))
        .collect();
    if pairs.len() < 3 {
        return None;
    }
    let ranks = |values: Vec<f64>| -> Vec<f64> {
        values
            .iter()
            .map(|v| {
                let below = values.iter().filter(|o| *o < v).count() as f64;
                let same = values.iter().filter(|o| *o == v).count() as f64;
                below + (same + 1.0) / 2.0
            })
            .collect()
    };
    let a = ranks(pairs.iter().map(|p| p.0).collect());
    let b = ranks(pairs.iter().map(|p| p.1).collect());
    let n = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let sum = |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 {
        x.iter().zip(y).map(|(p, q)| (p - mx) * (q - my)).sum()
    };
    let spread = (sum(&a, ma, &a, ma) * sum(&b, mb, &b, mb)).sqrt();
    (spread > 0.0).then(|| round(sum(&a, ma, &b, mb) / spread))
}

pub(super) fn acknowledgements(facts: &[Facts]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for ack in facts.iter().flat_map(|f| &f.acknowledgements) {
        *counts.entry(ack).or_default() += 1;
    }
    let mut out: Vec<(String, usize)> =
        counts.into_iter().map(|(a, n)| (a.to_owned(), n)).collect();
    out.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    out
}

pub(super) fn tones(facts: &[Facts]) -> Vec<Tones> {
    let said = |mode: Mode| -> Vec<&str> {
        let same = facts.iter().filter(|f| f.mode == mode);
        same.flat_map(|f| &f.wording).map(String::as_str).collect()
    };
    let modes = [Mode::Friendly, Mode::Formal, Mode::Technical];
    let mut out = Vec::new();
    for (i, a) in modes.into_iter().enumerate() {
        for b in modes.into_iter().skip(i + 1) {
            let (ours, theirs) = (said(a), said(b));
            if ours.is_empty() || theirs.is_empty() {
                continue;
            }
            let sets = (
                ours.iter().copied().collect::<BTreeSet<_>>(),
                theirs.iter().copied().collect::<BTreeSet<_>>(),
            );
            let apart = ours.iter().filter(|l| !sets.1.contains(*l)).count();
            let few = |from: &BTreeSet<&str>, not: &BTreeSet<&str>| -> Vec<String> {
                let only = from.difference(not).filter(|l| l.len() < 90);
                only.take(8).map(|l| (*l).to_owned()).collect()
            };
            out.push(Tones {
                a,
                b,
                differ: round(apart as f64 / ours.len() as f64),
                only_a: few(&sets.0, &sets.1),
                only_b: few(&sets.1, &sets.0),
            });
        }
    }
    out
}
