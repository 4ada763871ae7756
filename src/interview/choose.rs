//! The choice of questions and the fairness rule: technical questions depend
//! on the job alone, their order on the job and the seed, and only the project
//! question on the candidate.
//!
//! Questions are taken in this order until there are enough: core questions
//! of the families that the job belongs to, and of others where only they ask
//! for a must-have; core questions of neighbouring families that are all about
//! what the job names; behavioral ones; advanced ones. Inside each of these it
//! is always the question that covers most must-haves which none covers yet.
//! A recruiter's own questions come first where they fit, two questions that
//! ask the same never come together, and none with a relevance below
//! [`LEAST`] is taken while there are others.

use super::bank::{Bank, Family, Kind, Level, Question};
use super::job::Job;
use super::plan::{Plan, PlannedQuestion, SetupError};
use super::project;
use super::relevance::{Needs, Relevance, is_conduct};
use super::resume::Resume;
use super::rubric;
use super::skills::Lexicon;
use super::text::{listed, mix};
use super::twins::Matter;
use crate::event::Settings;
use std::collections::BTreeSet;

/// Relevance that a question has at least, where the bank has enough.
const LEAST: f32 = 0.6;
/// Relevance that a question of a foreign family has at least.
const LEAST_FOREIGN: f32 = 0.75;

/// A question that may be asked, with what speaks for it.
#[derive(Clone)]
struct Candidate<'a> {
    question: &'a Question,
    relevance: Relevance,
    /// Its skills by the lexicon's names.
    names: Vec<String>,
    /// Skills that its words name.
    asked: Vec<String>,
    /// Closeness of its family, 0-1.
    family: f32,
    name: &'a str,
    /// Whether it is a recruiter's own.
    own: bool,
    /// Which must-haves it examines, by their places in the job.
    musts: Vec<usize>,
    /// Whether it names something that the job does not.
    strays: bool,
    matter: Matter,
}

/// Chooses the questions of one job.
pub(crate) struct Chooser<'a> {
    bank: &'a Bank,
    lexicon: &'a Lexicon,
    needs: &'a Needs,
    job: &'a Job,
    /// Skills of each must-have.
    musts: Vec<Vec<String>>,
    /// All that could be asked, each with its family.
    all: Vec<(&'a Family, Candidate<'a>)>,
    chance: u64,
}

impl<'a> Chooser<'a> {
    pub(crate) fn new(
        bank: &'a Bank,
        lexicon: &'a Lexicon,
        needs: &'a Needs,
        job: &'a Job,
    ) -> Self {
        let musts = job.must_haves.iter().map(|line| lexicon.find(line));
        let mut chooser = Self {
            bank,
            lexicon,
            needs,
            job,
            musts: musts.collect(),
            all: Vec::new(),
            chance: mix(0, &format!("{}\n{}", job.title, job.must_haves.join("\n"))),
        };
        let asked = bank.questions().filter(|(_, q)| q.kind != Kind::Project);
        chooser.all = asked
            .map(|(family, question)| (family, chooser.weighed(family, question)))
            .collect();
        chooser
    }

    /// The plan for one candidate.
    pub(crate) fn plan(&self, resume: &Resume, settings: &Settings) -> Result<Plan, SetupError> {
        let wanted = usize::from(settings.questions);
        let families = self.families();
        let mut notes = Vec::new();
        if families.is_empty() {
            notes.push(format!(
                "The bank has no family for \"{}\".",
                self.job.title
            ));
        }
        let mut chosen: Vec<Candidate<'a>> = Vec::new();
        self.cover(self.core(&families), wanted, &mut chosen);
        self.cover(self.neighbours(&families), wanted, &mut chosen);
        let technical = chosen.len();
        self.cover(self.behavioral(LEAST), wanted, &mut chosen);
        let advanced = self.close(&families, Level::Advanced);
        self.cover(advanced.clone(), wanted, &mut chosen);
        self.cover(self.behavioral(0.0), wanted, &mut chosen);
        self.cover(self.unfit(), wanted, &mut chosen);
        if chosen.is_empty() {
            return Err(SetupError::NoQuestion {
                title: self.job.title.clone(),
            });
        }
        if technical < wanted.min(chosen.len()) {
            let behavioral = |c: &&Candidate<'_>| c.question.kind == Kind::Behavioral;
            notes.push(format!(
                "The bank has {technical} core questions for this job; {} of {wanted} are behavioral instead.",
                chosen.iter().filter(behavioral).count()
            ));
        }
        if chosen.len() < wanted {
            notes.push(format!(
                "Only {} of {wanted} questions could be found.",
                chosen.len()
            ));
        }
        let reserves = self.reserves(&chosen, advanced);
        let adaptive = self.order(&mut chosen, reserves.len(), settings.seed);

        let mut questions = vec![project::planned(
            self.bank,
            resume,
            self.needs,
            self.lexicon,
            self.job,
        )];
        for candidate in &chosen {
            let number = questions.len() as u32 + 1;
            questions.push(self.planned(candidate, number, None));
        }
        if adaptive > 0 {
            questions.extend(reserves);
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
            for name in names.iter().filter(|n| !is_conduct(self.lexicon, n)) {
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
        // A bank of one's own may leave `about` out.
        let skills = family.questions.iter().flat_map(|q| &q.skills);
        let words: Vec<&String> = if family.about.is_empty() {
            skills.collect()
        } else {
            family.about.iter().collect()
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

    fn weighed(&self, family: &'a Family, question: &'a Question) -> Candidate<'a> {
        let relevance = if question.kind == Kind::Behavioral {
            self.needs.of_conduct(self.lexicon, &question.skills)
        } else {
            self.needs.relevance(self.lexicon, &question.skills)
        };
        Candidate {
            musts: self.musts_of(question),
            names: self.names(question),
            asked: self.lexicon.find(&question.ask),
            relevance,
            family: 0.0,
            name: &family.family,
            own: self.bank.is_own(family),
            strays: self.strays(question),
            matter: Matter::of(question),
            question,
        }
    }

    /// Which must-haves a question examines: by the same skill or a part of
    /// it. Must-haves about working with people belong to behavioral ones.
    fn musts_of(&self, question: &Question) -> Vec<usize> {
        let behavioral = question.kind == Kind::Behavioral;
        let names: Vec<String> = self
            .names(question)
            .into_iter()
            .filter(|n| behavioral || !is_conduct(self.lexicon, n))
            .collect();
        let meets = |must: &String| {
            let part = |n: &String| n == must || self.lexicon.part_of(n, must);
            names.iter().any(part)
        };
        let lines = self.musts.iter().enumerate();
        lines
            .filter(|(_, line)| line.iter().any(meets))
            .map(|(at, _)| at)
            .collect()
    }

    /// Whether the words of a question name something that the job has
    /// nothing to do with ("your Django application" for a Java position).
    fn strays(&self, question: &Question) -> bool {
        let named = self.lexicon.find(&question.ask);
        named.iter().any(|name| {
            let near = |need: &(String, f32)| need.0 == *name || self.lexicon.kin(&need.0, name);
            !is_conduct(self.lexicon, name) && !self.needs.skills.iter().any(near)
        })
    }

    /// Technical questions of a level, with the closeness of their family
    /// where the job belongs to it.
    fn technical<'s>(
        &'s self,
        families: &'s [(&'a Family, f32)],
        level: Level,
    ) -> impl Iterator<Item = (Option<f32>, &'s Candidate<'a>)> {
        let technical = self
            .all
            .iter()
            .filter(move |(_, c)| c.question.kind == Kind::Technical && c.question.level == level);
        technical.map(|(family, candidate)| {
            let close = families.iter().find(|(f, _)| std::ptr::eq(*f, *family));
            (close.map(|(_, closeness)| *closeness), candidate)
        })
    }

    /// Questions of the job's families and of a recruiter's own that fit.
    fn close(&self, families: &[(&'a Family, f32)], level: Level) -> Vec<Candidate<'a>> {
        let mut out = Vec::new();
        for (close, candidate) in self.technical(families, level) {
            let family = match close {
                Some(closeness) => closeness,
                None if candidate.own => 0.3,
                None => continue,
            };
            if candidate.relevance.score >= LEAST {
                out.push(Candidate {
                    family,
                    ..candidate.clone()
                });
            }
        }
        out
    }

    /// Core questions of the job's families, and others where only they
    /// examine a must-have.
    fn core(&self, families: &[(&'a Family, f32)]) -> Vec<Candidate<'a>> {
        let mut out = self.close(families, Level::Core);
        if !families.is_empty() {
            let foreign = self.for_open_musts(families).into_iter();
            out.extend(foreign.filter(|c| c.relevance.matched.len() >= 2));
        }
        out
    }

    /// Core questions of other families, where no question of the job's own
    /// comes near a must-have and they ask for it in so many words.
    fn for_open_musts(&self, families: &[(&'a Family, f32)]) -> Vec<Candidate<'a>> {
        let own: Vec<Vec<String>> = [Level::Core, Level::Advanced]
            .into_iter()
            .flat_map(|level| self.close(families, level))
            .map(|c| c.names)
            .collect();
        let near = |must: &String| {
            let near = |n: &String| n == must || self.lexicon.kin(n, must);
            own.iter().flatten().any(near)
        };
        let lines = self.musts.iter().enumerate();
        let open: Vec<(usize, &Vec<String>)> =
            lines.filter(|(_, line)| !line.iter().any(near)).collect();
        let mut out = Vec::new();
        for (_, candidate) in self.foreign(families) {
            let mut candidate = candidate.clone();
            let (names, asked) = (candidate.names.clone(), candidate.asked.clone());
            // Not something that it only mentions aside.
            let main = &names[..names.len().min(2)];
            let says = |must: &String| main.contains(must) && asked.contains(must);
            let meets = |at: &usize| {
                let line = open.iter().find(|(open, _)| open == at);
                line.is_some_and(|(_, line)| line.iter().any(says))
            };
            candidate.musts.retain(meets);
            if !candidate.musts.is_empty() {
                out.push(candidate);
            }
        }
        out
    }

    /// Core questions of other families that name nothing foreign.
    fn foreign<'s>(
        &'s self,
        families: &'s [(&'a Family, f32)],
    ) -> impl Iterator<Item = (Option<f32>, &'s Candidate<'a>)> {
        self.technical(families, Level::Core)
            .filter(|(close, c)| close.is_none() && !c.strays && c.relevance.score >= LEAST_FOREIGN)
    }

    /// A question's skills by the lexicon's names.
    fn names(&self, question: &Question) -> Vec<String> {
        let skills = question.skills.iter();
        skills.map(|s| self.lexicon.name_of(s)).collect()
    }

    /// Core questions of other families that are all about what the job
    /// names: at least two and half of their skills, the first a must-have, and
    /// nothing that it does not; or that alone ask for a must-have.
    fn neighbours(&self, families: &[(&'a Family, f32)]) -> Vec<Candidate<'a>> {
        let mut out = Vec::new();
        if !families.is_empty() {
            out = self.for_open_musts(families);
        }
        for (_, candidate) in self.foreign(families) {
            let named: BTreeSet<&String> = candidate
                .names
                .iter()
                .filter(|n| self.needs.weight(n) >= 0.8 && !is_conduct(self.lexicon, n))
                .collect();
            let distinct: BTreeSet<&String> = candidate.names.iter().collect();
            let main = candidate.names.first();
            let central = main.is_some_and(|n| self.needs.weight(n) >= 1.0);
            if central && named.len() >= 2 && 2 * named.len() >= distinct.len() {
                out.push(candidate.clone());
            }
        }
        out
    }

    fn behavioral(&self, least: f32) -> Vec<Candidate<'a>> {
        let all = self.all.iter().map(|(_, c)| c);
        all.filter(|c| c.question.kind == Kind::Behavioral && c.relevance.score >= least)
            .cloned()
            .collect()
    }

    /// A recruiter's own questions that have little to do with the job by
    /// their words: whoever brings them wants them asked sooner than none.
    fn unfit(&self) -> Vec<Candidate<'a>> {
        let all = self.all.iter().map(|(_, c)| c);
        all.filter(|c| c.question.kind == Kind::Technical && c.own)
            .cloned()
            .collect()
    }

    /// Takes questions out of `from` until `chosen` has as many as `wanted`:
    /// always the one that covers most of what the job needs and what no
    /// question covers yet; core before advanced, and never the twin of one
    /// that is there.
    fn cover(&self, mut from: Vec<Candidate<'a>>, wanted: usize, chosen: &mut Vec<Candidate<'a>>) {
        loop {
            from.retain(|c| !chosen.iter().any(|o| self.same(c, o)));
            if chosen.len() >= wanted || from.is_empty() {
                return;
            }
            let covered: Vec<&String> = chosen.iter().flat_map(|c| &c.relevance.matched).collect();
            let met: Vec<usize> = chosen.iter().flat_map(|c| c.musts.clone()).collect();
            let worth = |c: &Candidate<'_>| {
                let fresh: f32 = c
                    .relevance
                    .matched
                    .iter()
                    .filter(|m| !covered.contains(m))
                    .map(|m| self.needs.weight(m))
                    .sum();
                let musts = c.musts.iter().filter(|at| !met.contains(at)).count() as f32;
                let same = chosen.iter().filter(|o| o.name == c.name).count() as f32;
                let own = if c.own { 4.0 } else { 0.0 };
                let strays = if c.strays { 1.0 } else { 0.0 };
                let advanced = if c.question.level == Level::Advanced {
                    8.0
                } else {
                    0.0
                };
                own + 1.5 * musts + 2.0 * c.relevance.score + 0.3 * fresh.min(3.0) + c.family
                    - 0.1 * same
                    - strays
                    - advanced
            };
            let best = (0..from.len()).max_by(|&a, &b| {
                let tie = |i: usize| mix(self.chance, &from[i].question.id);
                worth(&from[a])
                    .total_cmp(&worth(&from[b]))
                    .then_with(|| tie(a).cmp(&tie(b)))
            });
            let Some(best) = best else { return };
            chosen.push(from.remove(best));
        }
    }

    fn same(&self, a: &Candidate<'_>, b: &Candidate<'_>) -> bool {
        a.question.id == b.question.id || a.matter.is_twin(&b.matter, a.name == b.name)
    }

    /// Technical before behavioral and core before advanced. The tail, which
    /// advanced questions may take the place of, holds what was chosen last,
    /// so that what covers most is asked of everybody. Head and tail are
    /// mixed by chance, the same for every candidate of this job and seed.
    /// Gives the length of the tail.
    fn order(&self, chosen: &mut [Candidate<'a>], reserves: usize, seed: u64) -> usize {
        let all = chosen.len();
        let plain = |c: &Candidate<'_>| {
            c.question.kind == Kind::Technical && c.question.level == Level::Core
        };
        let fillers = chosen.iter().filter(|c| !plain(c)).count();
        let tail = if reserves == 0 {
            0
        } else {
            (all / 3).max(fillers).min(all.saturating_sub(1))
        };
        chosen.sort_by_key(|c| {
            let behavioral = c.question.kind == Kind::Behavioral;
            (behavioral, c.question.level == Level::Advanced)
        });
        let chance = mix(seed, &self.chance.to_string());
        let head = all - tail;
        let rank = |c: &Candidate<'_>| {
            let behavioral = c.question.kind == Kind::Behavioral;
            let deep = c.question.level == Level::Advanced;
            (behavioral, deep, mix(chance, &c.question.id))
        };
        chosen[..head].sort_by_key(rank);
        chosen[head..].sort_by_key(rank);
        tail
    }

    /// Advanced questions, each behind the core question it goes on from.
    fn reserves(
        &self,
        chosen: &[Candidate<'a>],
        advanced: Vec<Candidate<'a>>,
    ) -> Vec<PlannedQuestion> {
        let mut left = advanced;
        left.retain(|c| !chosen.iter().any(|o| self.same(c, o)));
        let core = |c: &&Candidate<'_>| {
            c.question.level == Level::Core && c.question.kind == Kind::Technical
        };
        let mut taken: Vec<Candidate<'a>> = Vec::new();
        let mut out = Vec::new();
        for core in chosen.iter().filter(core) {
            left.retain(|c| !taken.iter().any(|o| self.same(c, o)));
            let near = |c: &Candidate<'_>| {
                let shared = c
                    .question
                    .skills
                    .iter()
                    .filter(|s| core.question.skills.contains(s));
                let same = if c.name == core.name { 1.0 } else { 0.0 };
                let strays = if c.strays { 1.0 } else { 0.0 };
                2.0 * c.relevance.score + 0.5 * shared.count() as f32 + same - strays
            };
            let best = (0..left.len()).max_by(|&a, &b| {
                let tie = |i: usize| mix(self.chance, &left[i].question.id);
                near(&left[a])
                    .total_cmp(&near(&left[b]))
                    .then_with(|| tie(a).cmp(&tie(b)))
            });
            if let Some(best) = best {
                let reserve = left.remove(best);
                out.push(self.planned(&reserve, 0, Some(core.question.id.clone())));
                taken.push(reserve);
            }
        }
        out
    }

    fn planned(&self, c: &Candidate<'_>, number: u32, after: Option<String>) -> PlannedQuestion {
        let mut question = c.question.clone();
        question.sample = None;
        let level = match (question.kind, question.level) {
            (Kind::Behavioral, _) => "behavioral",
            (_, Level::Core) => "core",
            (_, Level::Advanced) => "advanced",
        };
        let mut why = format!("{level} question of {}: {}", c.name, self.by(c));
        if c.own {
            why.push_str("; from the recruiter's own bank");
        }
        if rubric::is_drawn(&question) {
            why.push_str("; its rubric is drawn from its ideal answer");
        } else if question.key_points.is_empty() {
            why.push_str("; it has no rubric, so its answer is not scored");
        }
        if let Some(core) = &after {
            why.push_str(&format!("; only after a good answer to {core}"));
        }
        PlannedQuestion {
            question,
            number,
            relevance: c.relevance.clone(),
            why,
            reserve: after.is_some(),
            after,
        }
    }

    /// The requirements that speak for a question.
    fn by(&self, c: &Candidate<'_>) -> String {
        let quoted = |at: &usize| {
            self.job
                .must_haves
                .get(*at)
                .map(|line| format!("\"{line}\""))
        };
        let lines: Vec<String> = c.musts.iter().filter_map(quoted).take(2).collect();
        let matched = &c.relevance.matched;
        let names = listed(&matched[..matched.len().min(3)]);
        match (lines.as_slice(), matched.is_empty()) {
            ([], true) => "the job does not name what it is about".to_owned(),
            ([], false) if c.question.kind == Kind::Behavioral => {
                format!("every position, and this one, asks for {names}")
            }
            ([], false) => format!("the job asks for {names}"),
            ([one], _) => format!("must-have {one} ({names})"),
            (some, _) => format!("must-haves {} ({names})", listed(some)),
        }
    }
}
