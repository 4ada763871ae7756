//! The plan of one interview: which questions, in which order, and why.
//! The choice and the fairness rule: technical questions depend on the job
//! alone, their order on the job and the seed, and only the project question
//! on the candidate.

use super::bank::{Bank, Family, Kind, Level, Question};
use super::job::Job;
use super::project;
use super::relevance::{Needs, Relevance};
use super::resume::Resume;
use super::skills::Lexicon;
use super::text::mix;
use crate::event::Settings;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An interview that cannot be planned.
#[derive(Debug, Error, PartialEq)]
pub enum SetupError {
    /// A setting outside its range.
    #[error("Setting {name} is {found}: expected {expected}")]
    Setting {
        /// Which.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// Nothing to ask.
    #[error("Bank holds no technical or behavioral question for \"{title}\"")]
    NoQuestion {
        /// The position.
        title: String,
    },
}

/// A question in its place in the course.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct PlannedQuestion {
    /// The question with its rubric, without its samples; the project
    /// question is worded for the candidate.
    pub question: Question,
    /// Its number in the course from 1; 0 for a reserve.
    pub number: u32,
    /// What it has to do with the job.
    pub relevance: Relevance,
    /// Why it was chosen, for people.
    pub why: String,
    /// Asked only in place of a numbered question.
    #[serde(default)]
    pub reserve: bool,
    /// For a reserve: the core question after whose good answer it may come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The questions chosen for one interview.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Plan {
    /// What the introduction question has to do with the job.
    pub introduction: Relevance,
    /// Numbered questions in their order, then the reserves.
    pub questions: Vec<PlannedQuestion>,
    /// How many of the last technical questions may be replaced by an
    /// advanced one.
    pub adaptive: u8,
    /// Families of the bank that the job belongs to, closest first.
    pub families: Vec<String>,
    /// What a person should know of the choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Plan {
    /// How many questions are numbered.
    pub fn numbered(&self) -> u32 {
        self.questions.iter().filter(|q| !q.reserve).count() as u32
    }

    /// The planned question of an id.
    pub fn question(&self, id: &str) -> Option<&PlannedQuestion> {
        self.questions.iter().find(|q| q.question.id == id)
    }
}

/// Everything that an interview needs; stored with the record, so that a
/// replay needs neither bank nor files.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Setup {
    /// The position.
    pub job: Job,
    /// The candidate.
    pub resume: Resume,
    /// What was agreed on.
    pub settings: Settings,
    /// The questions.
    pub plan: Plan,
}

impl Setup {
    /// Chooses the questions of one interview.
    ///
    /// # Errors
    /// When a setting is outside its range, or the bank has nothing to ask.
    pub fn prepare(
        job: Job,
        resume: Resume,
        bank: &Bank,
        settings: Settings,
    ) -> Result<Self, SetupError> {
        check(&settings)?;
        let names = bank
            .questions()
            .flat_map(|(f, q)| q.skills.iter().chain(&f.about));
        let lexicon = Lexicon::builtin().with_names(names.map(String::as_str));
        let needs = Needs::of(&job, &lexicon);
        let chooser = Chooser {
            bank,
            lexicon: &lexicon,
            needs: &needs,
            job: &job,
            chance: mix(0, &format!("{}\n{}", job.title, job.must_haves.join("\n"))),
        };
        let plan = chooser.plan(&resume, &settings)?;
        Ok(Self {
            job,
            resume,
            settings,
            plan,
        })
    }
}

fn check(settings: &Settings) -> Result<(), SetupError> {
    let wrong = |name, found: String, expected| {
        Err(SetupError::Setting {
            name,
            found,
            expected,
        })
    };
    if !(1..=10).contains(&settings.questions) {
        return wrong("questions", settings.questions.to_string(), "1 to 10");
    }
    if settings.follow_ups > 3 {
        return wrong("follow_ups", settings.follow_ups.to_string(), "0 to 3");
    }
    if !(2..=240).contains(&settings.minutes) {
        return wrong("minutes", settings.minutes.to_string(), "2 to 240");
    }
    if settings.language != "en" {
        return wrong("language", format!("\"{}\"", settings.language), "\"en\"");
    }
    if !(3..=300).contains(&settings.patience_s) {
        return wrong("patience_s", settings.patience_s.to_string(), "3 to 300");
    }
    if !(1.0..=4.0).contains(&settings.pause_factor) {
        return wrong("pause_factor", settings.pause_factor.to_string(), "1 to 4");
    }
    Ok(())
}

/// A question that may be asked, with what speaks for it.
#[derive(Clone)]
struct Candidate<'a> {
    question: &'a Question,
    relevance: Relevance,
    /// Closeness of its family, 0-1.
    family: f32,
    name: &'a str,
}

struct Chooser<'a> {
    bank: &'a Bank,
    lexicon: &'a Lexicon,
    needs: &'a Needs,
    job: &'a Job,
    chance: u64,
}

impl<'a> Chooser<'a> {
    fn plan(&self, resume: &Resume, settings: &Settings) -> Result<Plan, SetupError> {
        let wanted = usize::from(settings.questions);
        let families = self.families();
        let mut notes = Vec::new();
        let mut core = self.candidates(&families, Level::Core);
        let mut advanced = self.candidates(&families, Level::Advanced);
        if families.is_empty() {
            notes.push(format!(
                "The bank has no family for \"{}\".",
                self.job.title
            ));
        }
        let mut chosen = self.cover(&mut core, wanted);
        if chosen.len() < wanted {
            // Deeper questions of the job's own family before foreign ones.
            let more = self.cover(&mut advanced, wanted - chosen.len());
            chosen.extend(more);
        }
        if chosen.len() < wanted {
            let missing = wanted - chosen.len();
            notes.push(format!(
                "The bank has {} technical questions for this job; {missing} of {wanted} are behavioral instead.",
                chosen.len()
            ));
            chosen.extend(self.behavioral(missing));
        }
        if chosen.is_empty() {
            return Err(SetupError::NoQuestion {
                title: self.job.title.clone(),
            });
        }
        if chosen.len() < wanted {
            notes.push(format!(
                "Only {} of {wanted} questions could be found.",
                chosen.len()
            ));
        }
        self.order(&mut chosen, settings.seed);

        let mut questions = vec![project::planned(
            self.bank,
            resume,
            self.needs,
            self.lexicon,
        )];
        for candidate in &chosen {
            let number = questions.len() as u32 + 1;
            questions.push(self.planned(candidate, number, None));
        }
        let adaptive = if advanced.is_empty() {
            0
        } else {
            chosen.len() / 3
        };
        if adaptive > 0 {
            questions.extend(self.reserves(&chosen, &advanced));
        }
        Ok(Plan {
            introduction: self.needs.of_person(self.lexicon, resume),
            questions,
            adaptive: adaptive as u8,
            families: families
                .into_iter()
                .map(|(f, _)| f.family.clone())
                .collect(),
            notes,
        })
    }

    /// Families that the job belongs to, closest first, with closeness 0-1.
    /// A skill counts for less the more families share it.
    fn families(&self) -> Vec<(&'a Family, f32)> {
        let technical: Vec<&Family> = self
            .bank
            .families()
            .iter()
            .filter(|f| f.questions.iter().any(|q| q.kind == Kind::Technical))
            .collect();
        let about: Vec<Vec<String>> = technical.iter().map(|f| self.subjects(f)).collect();
        let title = self.lexicon.find(&self.job.title);
        let mut found = Vec::new();
        for (family, names) in technical.iter().zip(&about) {
            let mut sum = 0.0;
            let mut hits = 0;
            for name in names {
                let weight = self.needs.weight(name);
                if weight > 0.0 {
                    let shared = about.iter().filter(|a| a.contains(name)).count() as f32;
                    let in_title = if title.contains(name) { 3.0 } else { 1.0 };
                    sum += weight * in_title / shared;
                    hits += if title.contains(name) { 2 } else { 1 };
                }
            }
            if hits >= 2 {
                found.push((*family, sum));
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        let best = found.first().map_or(1.0, |f| f.1);
        // A family whose very name is a must-have belongs to the job too.
        let named =
            |family: &Family| self.needs.weight(&self.lexicon.name_of(&family.family)) >= 1.0;
        found.retain(|(family, sum)| *sum >= 0.5 * best || (*sum >= 0.25 * best && named(family)));
        for (_, sum) in &mut found {
            *sum /= best;
        }
        found
    }

    /// What a family is about, by the lexicon's names.
    fn subjects(&self, family: &Family) -> Vec<String> {
        let own = family.about.iter();
        // A bank of one's own may leave `about` out.
        let skills = family.questions.iter().flat_map(|q| &q.skills);
        let words: Vec<&String> = if family.about.is_empty() {
            skills.collect()
        } else {
            own.collect()
        };
        let mut out: Vec<String> = Vec::new();
        for word in words {
            let name = self.lexicon.name_of(word);
            if !out.contains(&name) {
                out.push(name);
            }
        }
        out
    }

    fn candidates(&self, families: &[(&'a Family, f32)], level: Level) -> Vec<Candidate<'a>> {
        let mut out = Vec::new();
        for (family, question) in self.bank.questions() {
            if question.kind != Kind::Technical || question.level != level {
                continue;
            }
            let close = families.iter().find(|(f, _)| std::ptr::eq(*f, family));
            let relevance = self.needs.relevance(self.lexicon, &question.skills);
            // Where no family fits, single questions may still fit very well,
            // but not by conduct alone ("communication").
            let fits = match close {
                Some(_) => relevance.score >= 0.4,
                None => families.is_empty() && self.by_knowledge(question) >= 2,
            };
            if fits {
                out.push(Candidate {
                    question,
                    relevance,
                    family: close.map_or(0.3, |c| c.1),
                    name: &family.family,
                });
            }
        }
        out
    }

    /// How many of a question's own skills the job names, without those that
    /// behavioral questions examine.
    fn by_knowledge(&self, question: &Question) -> usize {
        let conduct = |name: &str| {
            self.bank.questions().any(|(family, q)| {
                let mut all = q.skills.iter().chain(&family.about);
                q.kind == Kind::Behavioral && all.any(|s| self.lexicon.name_of(s) == name)
            })
        };
        let names = question.skills.iter().map(|s| self.lexicon.name_of(s));
        names
            .filter(|n| self.needs.weight(n) >= 0.8 && !conduct(n))
            .count()
    }

    /// Takes up to `wanted` out of `from`: always the one that covers most of
    /// what the job needs and what no question covers yet.
    fn cover(&self, from: &mut Vec<Candidate<'a>>, wanted: usize) -> Vec<Candidate<'a>> {
        let mut covered: Vec<String> = Vec::new();
        let mut out: Vec<Candidate<'a>> = Vec::new();
        while out.len() < wanted && !from.is_empty() {
            let worth = |c: &Candidate<'_>| {
                let fresh: f32 = c
                    .relevance
                    .matched
                    .iter()
                    .filter(|m| !covered.contains(m))
                    .map(|m| self.needs.weight(m))
                    .sum();
                let same = out.iter().filter(|o| o.name == c.name).count() as f32;
                c.relevance.score * 2.0 + 0.5 * fresh.min(3.0) + c.family - 0.15 * same
            };
            let best = (0..from.len()).max_by(|&a, &b| {
                let tie = |i: usize| mix(self.chance, &from[i].question.id);
                worth(&from[a])
                    .total_cmp(&worth(&from[b]))
                    .then_with(|| tie(a).cmp(&tie(b)))
            });
            let Some(best) = best else { break };
            let taken = from.remove(best);
            covered.extend(taken.relevance.matched.iter().cloned());
            out.push(taken);
        }
        out
    }

    fn behavioral(&self, wanted: usize) -> Vec<Candidate<'a>> {
        let mut all: Vec<Candidate<'a>> = Vec::new();
        for (family, question) in self.bank.questions() {
            if question.kind == Kind::Behavioral {
                let mut relevance = self.needs.relevance(self.lexicon, &question.skills);
                // Conduct at work matters in every job.
                relevance.score = relevance.score.max(0.5);
                all.push(Candidate {
                    question,
                    relevance,
                    family: 0.0,
                    name: &family.family,
                });
            }
        }
        self.cover(&mut all, wanted)
    }

    /// Core before advanced and technical before behavioral; within these by
    /// chance, the same for every candidate of this job and seed.
    fn order(&self, chosen: &mut [Candidate<'a>], seed: u64) {
        let chance = mix(seed, &self.chance.to_string());
        chosen.sort_by_key(|c| {
            let behavioral = c.question.kind == Kind::Behavioral;
            let deep = c.question.level == Level::Advanced;
            (behavioral, deep, mix(chance, &c.question.id))
        });
    }

    /// Advanced questions, each behind the core question it goes on from.
    fn reserves(
        &self,
        chosen: &[Candidate<'a>],
        advanced: &[Candidate<'a>],
    ) -> Vec<PlannedQuestion> {
        let mut left: Vec<&Candidate<'a>> = advanced.iter().collect();
        let mut out = Vec::new();
        for core in chosen.iter().filter(|c| c.question.level == Level::Core) {
            let near = |c: &Candidate<'_>| {
                let shared = c
                    .question
                    .skills
                    .iter()
                    .filter(|s| core.question.skills.contains(s));
                let same = if c.name == core.name { 1.0 } else { 0.0 };
                2.0 * c.relevance.score + 0.5 * shared.count() as f32 + same
            };
            let best = (0..left.len()).max_by(|&a, &b| {
                let tie = |i: usize| mix(self.chance, &left[i].question.id);
                near(left[a])
                    .total_cmp(&near(left[b]))
                    .then_with(|| tie(a).cmp(&tie(b)))
            });
            if let Some(best) = best {
                let taken = left.remove(best);
                out.push(self.planned(taken, 0, Some(core.question.id.clone())));
            }
        }
        out
    }

    fn planned(&self, c: &Candidate<'_>, number: u32, after: Option<String>) -> PlannedQuestion {
        let mut question = c.question.clone();
        question.sample = None;
        let by = if c.relevance.matched.is_empty() {
            "conduct at work, asked in every job".to_owned()
        } else {
            format!(
                "the job asks for {}",
                c.relevance.matched[..c.relevance.matched.len().min(3)].join(", ")
            )
        };
        let level = match (question.kind, question.level) {
            (Kind::Behavioral, _) => "behavioral",
            (_, Level::Core) => "core",
            (_, Level::Advanced) => "advanced",
        };
        let why = match &after {
            Some(core) => format!(
                "{level} question of {}: {by}; only after a good answer to {core}",
                c.name
            ),
            None => format!("{level} question of {}: {by}", c.name),
        };
        PlannedQuestion {
            question,
            number,
            relevance: c.relevance.clone(),
            why,
            reserve: after.is_some(),
            after,
        }
    }
}
