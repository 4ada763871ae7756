//! Scores interviews that Viva did not take: a transcript's dialogue is
//! taken apart into what was asked and answered, told as a log, and folded
//! into the same documents as any session's. Where a bank asks the same
//! question its rubric serves; else the answer's content is judged by what
//! it states of the question's subject.

mod log;
pub mod recruiter;
pub mod transcript;

use crate::event::{Source, Utterance};
use crate::interview::bank::{Bank, Kind, Question};
use crate::interview::job::Job;
use crate::interview::open::{self, Subject, Topics};
use crate::interview::relevance::{Needs, Relevance};
use crate::interview::resume::Resume;
use crate::interview::score::recommend;
use crate::interview::score::{self, Lexical, Score};
use crate::interview::skills::Lexicon;
use crate::report::dialogue::{Dialogue, Speaker};
use crate::report::{Facts, Planned, Report, fold_with, hr};
use std::collections::{BTreeMap, BTreeSet};
pub use transcript::{Transcript, TranscriptError};

/// What an assessment rests on, made once for many interviews.
#[derive(Clone, Debug)]
pub struct Assessor {
    bank: Bank,
    topics: Topics,
    lexicon: Lexicon,
}

/// An assessed interview.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// As of any session.
    pub report: Report,
    /// Words of a candidate's turn, on average.
    pub words_a_turn: f32,
    /// Which questions were scored by which bank's question, by number.
    pub rubrics: BTreeMap<usize, String>,
    /// The job's requirements that each question meets, by number.
    pub matched: BTreeMap<usize, Vec<String>>,
}

/// One question that was asked, with what belongs to it.
#[derive(Clone, Debug)]
struct Item {
    ask: String,
    lead: String,
    kind: Kind,
    /// What was asked after it on the same subject.
    follow_ups: Vec<String>,
    subject: Subject,
    rubric: Option<Question>,
    relevance: Relevance,
}

impl Assessor {
    /// Prepares a bank: the one that comes with the program, or it merged
    /// with a recruiter's own.
    ///
    /// # Errors
    /// When the topics that come with the program cannot be read.
    pub fn new(bank: Bank) -> Result<Self, open::TopicError> {
        let topics = Topics::with_bank(&bank)?;
        let names = bank
            .questions()
            .flat_map(|(family, question)| question.skills.iter().chain(&family.about));
        let lexicon = Lexicon::builtin().with_names(names.map(String::as_str));
        Ok(Self {
            bank,
            topics,
            lexicon,
        })
    }

    /// Assesses a transcript.
    pub fn transcript(
        &self,
        transcript: &Transcript,
        job: Option<&Job>,
        resume: Option<&Resume>,
    ) -> Assessment {
        let told = log::tell(self, transcript, job);
        let position = job.map(|job| job.title.clone());
        let position = position.or_else(|| transcript.position.clone());
        let company = job.map(|job| job.company.trim().to_owned());
        let name = transcript.candidate.clone();
        let facts = Facts {
            candidate: name
                .or_else(|| resume.map(|resume| resume.name.clone()))
                .unwrap_or_else(|| "not named".to_owned()),
            position: position.unwrap_or_else(|| "not named".to_owned()),
            company: company.filter(|company| !company.is_empty()),
            date: jiff::civil::Date::default(),
            profile: transcript.profile.clone(),
            plan: told.items.iter().enumerate().map(|(at, item)| planned(at, item)).collect(),
            records: told.records,
        };
        let mut report = fold_with(&facts, &[], &Lexical);
        // A transcript does not say when the interview was.
        report.date = "not known".to_owned();
        let dialogue = Dialogue::fold(&facts.records);
        let mut rubrics = BTreeMap::new();
        let mut matched = BTreeMap::new();
        for (question, item) in report.questions.iter_mut().zip(&told.items) {
            matched.insert(question.number, item.relevance.matched.clone());
            match &item.rubric {
                Some(rubric) if question.score.score.is_some() => {
                    rubrics.insert(question.number, rubric.id.clone());
                }
                _ => {
                    let asked = dialogue.asked.get(question.number - 1);
                    let answers = asked.map(|asked| dialogue.utterances(asked.answers()));
                    let score = self.by_content(item, &answers.unwrap_or_default());
                    question.struggled = struggled(&score);
                    question.missing = Vec::new();
                    question.score = score;
                }
            }
        }
        decide(&mut report, &dialogue);
        Assessment {
            words_a_turn: words_a_turn(&report),
            report,
            rubrics,
            matched,
        }
    }

    /// Scores what Viva's own report could not, for want of a rubric.
    pub fn report(&self, mut report: Report, records: &[crate::event::Record], job: &Job) -> Assessment {
        let dialogue = Dialogue::fold(records);
        let fields = self.fields(&job.title, Some(job));
        for question in &mut report.questions {
            if question.score.abstained.as_deref() != Some("the question has no rubric") {
                continue;
            }
            let own_work = question.kind == Kind::Project;
            let subject = open::subject::of(&self.topics, &question.asked, "", &fields, own_work);
            let asked = dialogue.asked.iter().find(|asked| asked.question == question.id);
            let answers = asked.map(|asked| dialogue.utterances(asked.answers()));
            let asks = 1 + question.follow_ups.len();
            let score = open::assess(&self.topics, &subject, &answers.unwrap_or_default(), asks);
            question.struggled = struggled(&score);
            question.score = score;
        }
        decide(&mut report, &dialogue);
        Assessment {
            words_a_turn: words_a_turn(&report),
            report,
            rubrics: BTreeMap::new(),
            matched: BTreeMap::new(),
        }
    }

    /// Scores one answer to one question by its content alone, for a
    /// position.
    pub fn answer(&self, title: &str, ask: &str, answer: &str) -> Score {
        let parts = recruiter::take_apart(ask);
        let own_work = parts.what == recruiter::Ask::Project;
        let fields = self.fields(title, None);
        let subject = open::subject::of(&self.topics, ask, "", &fields, own_work);
        let utterance = Utterance {
            id: 1,
            text: answer.to_owned(),
            words: Vec::new(),
            start_ms: 0,
            end_ms: 0,
            confidence: 1.0,
            source: Source::Typed,
        };
        open::assess(&self.topics, &subject, &[&utterance], 1)
    }

    fn by_content(&self, item: &Item, answers: &[&Utterance]) -> Score {
        open::assess(&self.topics, &item.subject, answers, 1 + item.follow_ups.len())
    }

    fn fields(&self, title: &str, job: Option<&Job>) -> BTreeSet<usize> {
        let wanted = job.map_or_else(String::new, |job| {
            let lines = job.must_haves.iter().chain(&job.responsibilities).chain(&job.skills);
            lines.map(String::as_str).collect::<Vec<_>>().join("\n")
        });
        open::subject::fields_of(&self.topics, title, &wanted)
    }

    /// What a question has to do with the job: by the skills it names, and by
    /// those of its subject where it names none.
    fn relevance(&self, job: Option<&Job>, item: &Item) -> Relevance {
        let Some(job) = job else {
            return Relevance::default();
        };
        let needs = Needs::of(job, &self.lexicon);
        if item.kind == Kind::Project {
            return needs.of_work(&self.lexicon, &format!("{} {}", item.lead, item.ask));
        }
        let mut skills = match &item.rubric {
            Some(rubric) => rubric.skills.clone(),
            None => self.lexicon.find(&item.ask),
        };
        if skills.is_empty() {
            skills = self.lexicon.find(&item.lead);
        }
        let found = needs.relevance(&self.lexicon, &skills);
        if found.score > 0.0 {
            return found;
        }
        let best = item.subject.best.map(|at| &self.topics.topics()[at]);
        let of_topic = best.map_or_else(Vec::new, |topic| {
            let field = &self.topics.fields()[topic.field].name;
            let mut names = self.lexicon.find(&format!("{}; {field}", topic.name));
            let question = topic.question.as_deref().and_then(|id| self.bank.question(id));
            names.extend(question.into_iter().flat_map(|q| q.skills.clone()));
            names
        });
        needs.relevance(&self.lexicon, &of_topic)
    }
}

/// A planned question of Viva's own, as the fold wants it.
fn planned(at: usize, item: &Item) -> Planned {
    let question = match &item.rubric {
        Some(rubric) => Question {
            id: log::id(at),
            ask: item.ask.clone(),
            sample: None,
            ..rubric.clone()
        },
        None => Question {
            id: log::id(at),
            kind: item.kind,
            skills: Vec::new(),
            level: Default::default(),
            ask: item.ask.clone(),
            short: None,
            ideal: String::new(),
            explain: String::new(),
            key_points: Vec::new(),
            misconceptions: Vec::new(),
            sample: None,
        },
    };
    Planned {
        question,
        relevance: Some(item.relevance.score),
        why: String::new(),
    }
}

/// Recommends by the scores and writes what follows from them.
fn decide(report: &mut Report, dialogue: &Dialogue) {
    let scores: Vec<Option<u8>> = report.questions.iter().map(|q| q.score.score).collect();
    report.recommendation = recommend::recommend(&scores);
    report.average_score = report.recommendation.mean;
    report.hr = hr::write(&report.questions, &report.recommendation, dialogue);
}

fn struggled(score: &Score) -> bool {
    score.score.is_some_and(|number| number <= 1)
}

fn words_a_turn(report: &Report) -> f32 {
    let turns = report.dialogue.iter().filter(|turn| turn.who == Speaker::Candidate);
    let counts: Vec<usize> = turns.map(|turn| turn.text.split_whitespace().count()).collect();
    counts.iter().sum::<usize>() as f32 / counts.len().max(1) as f32
}

/// The share that a rubric's question must reach, for tests and tables.
pub use score::anchor::ANCHORS as RUBRIC_ANCHORS;
