//! How much a question has to do with the job, and by which requirements.
//!
//! Every skill that the job names has a weight by where it is named: in the
//! title or a must-have 1, in the skill list 0.85, among the tasks 0.8, among
//! the nice-to-haves 0.7. A question's skill counts with the weight of the
//! same skill of the job; with 0.95 of it where it is a part of that skill;
//! and, where there is neither, with 0.7 where that skill is a part of it.
//! The relevance is 0.9 of the best such weight and 0.1 of the second best.

use super::job::Job;
use super::resume::Resume;
use super::skills::Lexicon;
use serde::{Deserialize, Serialize};

/// How much a question has to do with the job.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Relevance {
    /// 0 (nothing) to 1 (the heart of it).
    pub score: f32,
    /// The job's skills or requirements that it meets.
    pub matched: Vec<String>,
}

/// Share of a need's weight for a question about a part of it.
const PART: f32 = 0.95;
/// Share of a need's weight for a question about what it is a part of.
const WHOLE: f32 = 0.7;

/// What the job needs: skills with weights, heaviest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    pub(crate) skills: Vec<(String, f32)>,
}

impl Needs {
    pub(crate) fn of(job: &Job, lexicon: &Lexicon) -> Self {
        let mut needs = Self::default();
        needs.add(lexicon, &job.title, 1.0);
        for (lines, weight) in [
            (&job.must_haves, 1.0),
            (&job.skills, 0.85),
            (&job.responsibilities, 0.8),
            (&job.nice_to_haves, 0.7),
        ] {
            for line in lines {
                // The list of skills also gathers what the other lists name.
                needs.add(lexicon, line, weight);
            }
        }
        needs.lower_the_merely_welcome(job, lexicon);
        needs.skills.sort_by(|a, b| b.1.total_cmp(&a.1));
        needs
    }

    fn add(&mut self, lexicon: &Lexicon, line: &str, weight: f32) {
        let mut found = lexicon.find(line);
        if found.is_empty()
            && let Some(name) = lexicon.canonical(line)
        {
            found.push(name.to_owned());
        }
        for name in found {
            match self.skills.iter_mut().find(|(n, _)| *n == name) {
                Some((_, w)) => *w = w.max(weight),
                None => self.skills.push((name, weight)),
            }
        }
    }

    /// Skills that stand only among the nice-to-haves keep that weight,
    /// although the job's skill list gathers them too.
    fn lower_the_merely_welcome(&mut self, job: &Job, lexicon: &Lexicon) {
        let names = |lines: &[String]| -> Vec<String> {
            lines.iter().flat_map(|l| lexicon.find(l)).collect()
        };
        let welcome = names(&job.nice_to_haves);
        let mut other = names(&job.must_haves);
        other.extend(names(&job.responsibilities));
        other.extend(lexicon.find(&job.title));
        for (name, weight) in &mut self.skills {
            if welcome.contains(name) && !other.contains(name) {
                *weight = 0.7;
            }
        }
    }

    /// Weight of a skill by itself, 0 when the job does not name it.
    pub(crate) fn weight(&self, skill: &str) -> f32 {
        self.skills
            .iter()
            .find(|(n, _)| n == skill)
            .map_or(0.0, |(_, w)| *w)
    }

    /// What a question's skills have to do with the job.
    pub(crate) fn relevance(&self, lexicon: &Lexicon, skills: &[String]) -> Relevance {
        let names: Vec<String> = skills.iter().map(|s| lexicon.name_of(s)).collect();
        let mut hits: Vec<(&str, f32)> = Vec::new();
        for (need, weight) in &self.skills {
            if names.contains(need) {
                hits.push((need, *weight));
            } else if names.iter().any(|n| lexicon.part_of(n, need)) {
                hits.push((need, PART * weight));
            }
        }
        if hits.is_empty() {
            // More general than the job asks for: better than nothing.
            for (need, weight) in &self.skills {
                if names.iter().any(|n| lexicon.part_of(need, n)) {
                    hits.push((need, WHOLE * weight));
                }
            }
        }
        // Stable, so that equals stay in the job's order.
        hits.sort_by(|a, b| b.1.total_cmp(&a.1));
        let best = hits.first().map_or(0.0, |h| h.1);
        let second = hits.get(1).map_or(0.0, |h| h.1);
        Relevance {
            score: round(0.9 * best + 0.1 * second),
            matched: hits.into_iter().map(|(n, _)| n.to_owned()).collect(),
        }
    }

    /// What the candidate's own work has to do with the job. Asking for it
    /// is part of every interview, so it starts at 0.6.
    pub(crate) fn of_work(&self, lexicon: &Lexicon, work: &str) -> Relevance {
        let found = self.relevance(lexicon, &lexicon.find(work));
        Relevance {
            score: round(0.6 + 0.4 * found.score),
            matched: found.matched,
        }
    }

    /// What the introduction has to do with the job: the share of the job's
    /// skills that the résumé names.
    pub(crate) fn of_person(&self, lexicon: &Lexicon, resume: &Resume) -> Relevance {
        let theirs = lexicon.find(&resume.whole_text());
        let has = |need: &str| theirs.iter().any(|t| t == need || lexicon.kin(t, need));
        let matched: Vec<String> = self
            .skills
            .iter()
            .filter(|(n, _)| has(n))
            .map(|(n, _)| n.clone())
            .collect();
        let share = matched.len() as f32 / self.skills.len().max(1) as f32;
        Relevance {
            score: round(0.6 + 0.4 * share),
            matched,
        }
    }
}

/// Three decimals, so that documents read the same everywhere.
fn round(x: f32) -> f32 {
    (x.clamp(0.0, 1.0) * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        Job::parse("j.txt", "Position: Platform Engineer\nMust-have:\n- Kubernetes\n- Terraform\nNice to have:\n- Redis\n").unwrap()
    }

    #[test]
    fn must_haves_weigh_more_than_what_is_welcome() {
        let lexicon = Lexicon::builtin();
        let needs = Needs::of(&job(), lexicon);
        let of = |s: &[&str]| {
            let skills: Vec<String> = s.iter().map(|s| (*s).to_owned()).collect();
            needs.relevance(lexicon, &skills)
        };
        assert_eq!(of(&["k8s", "terraform"]).score, 1.0);
        assert!(of(&["redis"]).score < of(&["kubernetes"]).score);
        assert_eq!(of(&["figma"]), Relevance::default());
        assert_eq!(of(&["helm"]).matched, ["kubernetes"]);
    }
}
