//! How much a question has to do with the job, and by which requirements.
//!
//! Every skill that the job names has a weight by where it is named: in the
//! title or a must-have 1, in the skill list 0.85, among the tasks 0.8, among
//! the nice-to-haves 0.7, only in the words about the company 0.5. A skill of
//! a question counts with the weight of the same skill of the job; with 0.95
//! of it where it is a part of that skill; and with 0.7 where that skill is a
//! part of it. Knowing how to work with people is no subject of a technical
//! question, so there it counts half. The relevance is 0.8 of the best of the
//! question's skills and 0.2 of the mean of its best three. A question that
//! shares nothing with the job has 0.
//!
//! Questions about conduct are measured in the same way. Besides what the job
//! names, every position asks for working with others, solving problems,
//! learning and ownership ([`IMPLIED`]), with the weight of a task.

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
/// Share of a need's weight for how one works with people, in a question
/// about knowledge.
const ASIDE: f32 = 0.5;
/// Weight of what only the words about the company name.
const ABOUT: f32 = 0.5;
/// Weight of what every position asks for.
const ANY_POSITION: f32 = 0.8;
/// Share of the weight of a skill that a role's title names, for work that
/// was done in that role.
const IN_ROLE: f32 = 0.9;

/// What every position asks for, whether or not it is written down.
pub const IMPLIED: [&str; 5] = [
    "teamwork",
    "communication",
    "problem solving",
    "learning",
    "ownership",
];

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
        needs.lower(job, lexicon);
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

    /// Skills that stand only among the nice-to-haves or only in the words
    /// about the company weigh less, although the job's skill list gathers
    /// them too.
    fn lower(&mut self, job: &Job, lexicon: &Lexicon) {
        let names = |lines: &[String]| -> Vec<String> {
            lines.iter().flat_map(|l| lexicon.find(l)).collect()
        };
        let welcome = names(&job.nice_to_haves);
        let about = job.about.as_deref().map(|a| lexicon.find(a));
        let about = about.unwrap_or_default();
        let mut other = names(&job.must_haves);
        other.extend(names(&job.responsibilities));
        other.extend(lexicon.find(&job.title));
        for (name, weight) in &mut self.skills {
            if other.contains(name) {
                continue;
            }
            if welcome.contains(name) {
                *weight = 0.7;
            } else if about.contains(name) {
                *weight = ABOUT;
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

    /// The need that a skill serves best, and with which weight.
    fn served(&self, lexicon: &Lexicon, skill: &str) -> Option<(&str, f32)> {
        let all = self.skills.iter().map(|(need, weight)| {
            let share = if need == skill {
                1.0
            } else if lexicon.part_of(skill, need) {
                PART
            } else if lexicon.part_of(need, skill) {
                WHOLE
            } else {
                0.0
            };
            (need.as_str(), share * weight)
        });
        // The first of the best: the job's order.
        all.filter(|(_, weight)| *weight > 0.0)
            .reduce(|a, b| if b.1 > a.1 { b } else { a })
    }

    /// What a technical question's skills have to do with the job.
    pub(crate) fn relevance(&self, lexicon: &Lexicon, skills: &[String]) -> Relevance {
        let hits = skills.iter().map(|skill| {
            let name = lexicon.name_of(skill);
            let (need, weight) = self.served(lexicon, &name)?;
            let aside = is_conduct(lexicon, &name);
            Some((need, if aside { ASIDE * weight } else { weight }))
        });
        weigh(hits.collect())
    }

    /// What a question about conduct has to do with the job.
    pub(crate) fn of_conduct(&self, lexicon: &Lexicon, skills: &[String]) -> Relevance {
        let hits = skills.iter().map(|skill| {
            let name = lexicon.name_of(skill);
            let named = self.served(lexicon, &name);
            let implied = IMPLIED.iter().find(|need| {
                **need == name || lexicon.part_of(&name, need) || lexicon.part_of(need, &name)
            });
            let implied = implied.map(|need| (*need, ANY_POSITION));
            match (named, implied) {
                (Some(a), Some(b)) => Some(if b.1 > a.1 { b } else { a }),
                (a, b) => a.or(b),
            }
        });
        weigh(hits.collect())
    }

    /// What a piece of the candidate's work has to do with the job: by the
    /// skills that its description names, and by the title of the role that
    /// it was done in.
    pub(crate) fn of_work(&self, lexicon: &Lexicon, work: &str, role: &str) -> Relevance {
        let own = self.relevance(lexicon, &lexicon.find(work));
        let mut in_role = self.relevance(lexicon, &lexicon.find(role));
        in_role.score = round(IN_ROLE * in_role.score);
        let mut best = if in_role.score > own.score {
            in_role.clone()
        } else {
            own.clone()
        };
        for need in own.matched.into_iter().chain(in_role.matched) {
            if !best.matched.contains(&need) {
                best.matched.push(need);
            }
        }
        best
    }

    /// What the introduction has to do with the job: the share of the job's
    /// skills, by weight, that the résumé names or comes close to.
    pub(crate) fn of_person(&self, lexicon: &Lexicon, resume: &Resume) -> Relevance {
        let theirs = lexicon.find(&resume.whole_text());
        let has = |need: &str| theirs.iter().any(|t| t == need || lexicon.kin(t, need));
        let matched: Vec<&(String, f32)> = self.skills.iter().filter(|(n, _)| has(n)).collect();
        let sum = |all: &mut dyn Iterator<Item = f32>| -> f32 { all.sum() };
        let whole = sum(&mut self.skills.iter().map(|(_, w)| *w));
        let theirs = sum(&mut matched.iter().map(|(_, w)| *w));
        Relevance {
            score: round(theirs / whole.max(f32::EPSILON)),
            matched: matched.into_iter().map(|(n, _)| n.clone()).collect(),
        }
    }
}

/// Whether a skill is about working with people rather than about a trade.
pub(crate) fn is_conduct(lexicon: &Lexicon, name: &str) -> bool {
    lexicon.part_of(name, "working with people")
}

/// The relevance that follows from what each skill of a question serves.
fn weigh(skills: Vec<Option<(&str, f32)>>) -> Relevance {
    let asked = skills.len();
    let mut hits: Vec<(&str, f32)> = skills.into_iter().flatten().collect();
    // Stable, so that equals stay in the question's order.
    hits.sort_by(|a, b| b.1.total_cmp(&a.1));
    let best = hits.first().map_or(0.0, |h| h.1);
    let three: f32 = hits.iter().take(3).map(|h| h.1).sum();
    let mean = three / asked.clamp(1, 3) as f32;
    let mut matched: Vec<String> = Vec::new();
    for (need, _) in hits {
        if !matched.iter().any(|m| m == need) {
            matched.push(need.to_owned());
        }
    }
    Relevance {
        score: round(0.8 * best + 0.2 * mean),
        matched,
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

    fn of(skills: &[&str]) -> Relevance {
        let lexicon = Lexicon::builtin();
        let skills: Vec<String> = skills.iter().map(|s| (*s).to_owned()).collect();
        Needs::of(&job(), lexicon).relevance(lexicon, &skills)
    }

    #[test]
    fn must_haves_weigh_more_than_what_is_welcome() {
        assert_eq!(of(&["k8s", "terraform"]).score, 1.0);
        assert!(of(&["redis"]).score < of(&["kubernetes"]).score);
        assert_eq!(of(&["helm"]).matched, ["kubernetes"]);
    }

    #[test]
    fn what_has_nothing_to_do_with_the_job_has_no_relevance() {
        assert_eq!(of(&["figma", "user research"]), Relevance::default());
        // One skill in common does not make the whole question one for the job.
        let share = of(&["kubernetes", "figma", "typography"]).score;
        assert!(share < of(&["kubernetes", "terraform", "typography"]).score);
        assert!((0.8..0.9).contains(&share), "{share}");
    }

    #[test]
    fn conduct_is_an_aside_in_a_technical_question() {
        let lexicon = Lexicon::builtin();
        let job = Job::parse("j.txt", "Position: Writer\nMust-have:\n- Communication\n").unwrap();
        let needs = Needs::of(&job, lexicon);
        let skills = ["communication".to_owned(), "ledger".to_owned()];
        assert!(needs.relevance(lexicon, &skills).score < 0.5);
        assert!(needs.of_conduct(lexicon, &skills).score > 0.8);
    }

    #[test]
    fn work_that_serves_no_need_of_the_job_has_no_relevance() {
        let lexicon = Lexicon::builtin();
        let needs = Needs::of(&job(), lexicon);
        assert_eq!(needs.of_work(lexicon, "Ran the canteen", "Cook").score, 0.0);
        let deed = needs.of_work(lexicon, "Ran the canteen", "Kubernetes administrator");
        assert!(deed.score < needs.of_work(lexicon, "Ran Kubernetes", "Cook").score);
    }
}
