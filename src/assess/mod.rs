//! Scores interviews that Viva did not take: a transcript's dialogue is
//! taken apart into what was asked and answered, told as a log, and folded
//! into the same documents as any session's. Where a bank asks the same
//! question its rubric serves; else the answer's content is judged by what
//! it states of the question's subject ([`open`]).

mod log;
pub mod recruiter;
pub mod summary;
pub mod transcript;

use crate::event::{Record, Source, Utterance};
use crate::interview::Asked;
use crate::interview::bank::{Bank, Kind, Level, Question};
use crate::interview::job::Job;
use crate::interview::open::{self, Subject, Topics};
use crate::interview::relevance::{Needs, Relevance};
use crate::interview::resume::Resume;
use crate::interview::score::recommend;
use crate::interview::score::{Lexical, Score};
use crate::interview::skills::Lexicon;
use crate::report::dialogue::{Dialogue, Speaker};
use crate::report::evaluation::Point;
use crate::report::{Facts, Planned, QaItem, Report, fold_with, hr};
use serde::Serialize;
use std::collections::BTreeSet;

pub use summary::text;
pub use transcript::{Transcript, TranscriptError};

/// What an assessment rests on, made once for many interviews.
#[derive(Clone, Debug)]
pub struct Assessor {
    bank: Bank,
    topics: Topics,
    lexicon: Lexicon,
}

/// How one question was judged, beside what the report says of it.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Basis {
    /// Number of the question in the report.
    pub question: usize,
    /// The job's requirements that it meets.
    pub requirements: Vec<String>,
    /// Id of the bank's question whose rubric served; none where the content
    /// was judged without one.
    pub rubric: Option<String>,
    /// What it is about, where the content was judged.
    pub subject: Option<String>,
}

/// An assessed interview.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Assessment {
    /// As of any session.
    #[serde(flatten)]
    pub report: Report,
    /// What each score and relevance rests on.
    pub basis: Vec<Basis>,
    /// How answers without a rubric are judged, where there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_rule: Option<&'static str>,
    /// Words of a candidate's turn, on average; no part of any score.
    pub words_a_turn: f32,
}

/// One question that was asked, with what belongs to it.
#[derive(Clone, Debug)]
struct Item {
    ask: String,
    lead: String,
    kind: Kind,
    /// How often the same subject was asked about again.
    follow_ups: usize,
    subject: Subject,
    rubric: Option<Question>,
    skills: Vec<String>,
    relevance: Option<Relevance>,
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

    /// Assesses a transcript. Without a job the relevance of its questions is
    /// not known, and its field is told by the position that the file names.
    pub fn transcript(
        &self,
        transcript: &Transcript,
        job: Option<&Job>,
        resume: Option<&Resume>,
    ) -> Assessment {
        let told = log::tell(self, transcript, job);
        let or_not = |name: Option<String>| name.unwrap_or_else(|| "not named".to_owned());
        let candidate = transcript.candidate.clone();
        let position = job.map(|job| job.title.clone());
        let company = job.map(|job| job.company.trim().to_owned());
        let facts = Facts {
            candidate: or_not(candidate.or_else(|| resume.map(|resume| resume.name.clone()))),
            position: or_not(position.or_else(|| transcript.position.clone())),
            company: company.filter(|company| !company.is_empty()),
            date: jiff::civil::Date::default(),
            profile: transcript.profile.clone(),
            practice: false,
            plan: told.items.iter().enumerate().map(planned).collect(),
            records: told.records,
        };
        let mut report = fold_with(&facts, &[], &Lexical);
        // A transcript does not say when the interview was.
        report.date = "not known".to_owned();
        let dialogue = Dialogue::fold(&facts.records);
        let mut basis = Vec::new();
        for (question, item) in report.questions.iter_mut().zip(&told.items) {
            let rubric = item
                .rubric
                .as_ref()
                .filter(|_| question.score.score.is_some());
            if rubric.is_none() {
                self.by_content(question, &item.subject, &dialogue);
            }
            basis.push(Basis {
                question: question.number,
                requirements: item.relevance.clone().unwrap_or_default().matched,
                rubric: rubric.map(|rubric| rubric.id.clone()),
                subject: self.subject(rubric.is_none(), &item.subject),
            });
        }
        self.finish(report, &dialogue, basis)
    }

    /// Completes the report of a session of Viva's own: what had no rubric is
    /// judged by its content. `account` is the interviewer's own; `job` is the
    /// session's, or `another` for which the relevance is told anew.
    pub fn session(
        &self,
        mut report: Report,
        records: &[Record],
        account: &[Asked],
        job: &Job,
        another: bool,
    ) -> Assessment {
        let mut dialogue = Dialogue::fold(records);
        dialogue.settle(account);
        let fields = self.fields(&job.title, Some(job));
        let needs = Needs::of(job, &self.lexicon);
        let mut basis = Vec::new();
        for question in &mut report.questions {
            let relevance = if question.kind == Kind::Project {
                needs.of_work(&self.lexicon, &question.asked, "")
            } else {
                needs.relevance(&self.lexicon, &question.skills)
            };
            if another {
                question.relevance = Some(relevance.score);
            }
            let bare = question.score.hits.is_empty() && question.score.missing.is_empty();
            let no_rubric = bare && question.score.score.is_none() && question.is_answered();
            let own_work = question.kind == Kind::Project;
            let subject = open::subject::of(&self.topics, &question.asked, "", &fields, own_work);
            if no_rubric {
                self.by_content(question, &subject, &dialogue);
            }
            basis.push(Basis {
                question: question.number,
                requirements: relevance.matched,
                rubric: (!no_rubric).then(|| question.id.clone()),
                subject: self.subject(no_rubric, &subject),
            });
        }
        if another {
            let known: Vec<f32> = report
                .questions
                .iter()
                .filter_map(|q| q.relevance)
                .collect();
            let mean = known.iter().sum::<f32>() / known.len().max(1) as f32;
            report.average_relevance = (!known.is_empty()).then_some(mean);
            report.position.clone_from(&job.title);
        }
        self.finish(report, &dialogue, basis)
    }

    fn by_content(&self, question: &mut QaItem, subject: &Subject, dialogue: &Dialogue) {
        let asked = dialogue
            .asked
            .iter()
            .find(|asked| asked.question == question.id);
        let answers = asked.map(|asked| dialogue.utterances(asked.answers()));
        let asks = 1 + question.follow_ups.len();
        let score = open::assess(&self.topics, subject, &answers.unwrap_or_default(), asks);
        question.struggled = score.score == Some(1);
        question.missing.clone_from(&score.missing);
        question.points = points(&score);
        question.unprompted = score.hits.len();
        question.score = score;
    }

    fn subject(&self, by_content: bool, subject: &Subject) -> Option<String> {
        let best = subject.best.filter(|_| by_content)?;
        Some(self.topics.topics()[best].name.clone())
    }

    /// Recommends by the scores and writes what follows from them, where any
    /// answer was judged by its content; else the report stands as it is.
    fn finish(&self, mut report: Report, dialogue: &Dialogue, basis: Vec<Basis>) -> Assessment {
        let by_content = report.questions.iter().any(|q| q.score.by == open::BY);
        if by_content {
            let scores: Vec<Option<u8>> = report.questions.iter().map(|q| q.score.score).collect();
            report.recommendation = recommend::recommend(&scores);
            report.average_score = report.recommendation.mean;
            let not_assessed = std::mem::take(&mut report.hr.not_assessed);
            report.hr = hr::write(
                &report.position,
                &report.questions,
                &report.recommendation,
                dialogue,
            );
            // What no question examined is told by the job, not by a score.
            let unasked = not_assessed
                .into_iter()
                .filter(|open| open.question.is_none());
            report.hr.not_assessed.extend(unasked);
            report.hr.communication = summary::communication(&report.questions);
        }
        Assessment {
            words_a_turn: words_a_turn(&report),
            content_rule: by_content.then_some(open::RULE),
            report,
            basis,
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

    fn fields(&self, title: &str, job: Option<&Job>) -> BTreeSet<usize> {
        let wanted = job.map_or_else(String::new, |job| {
            let lines = job
                .must_haves
                .iter()
                .chain(&job.responsibilities)
                .chain(&job.skills);
            lines.map(String::as_str).collect::<Vec<_>>().join("\n")
        });
        open::subject::fields_of(&self.topics, title, &wanted)
    }

    /// Skills that a question asks for: those that it names, else those of
    /// its subject.
    fn skills(&self, item: &Item) -> Vec<String> {
        if let Some(rubric) = &item.rubric {
            return rubric.skills.clone();
        }
        let named = self.lexicon.find(&item.ask);
        if !named.is_empty() {
            return named;
        }
        self.skills_of_subject(item)
    }

    /// Skills of what a question is about: its topic's and its field's.
    fn skills_of_subject(&self, item: &Item) -> Vec<String> {
        let Some(best) = item.subject.best else {
            return self.lexicon.find(&item.lead);
        };
        let topic = &self.topics.topics()[best];
        let field = &self.topics.fields()[topic.field].name;
        let question = topic
            .question
            .as_deref()
            .and_then(|id| self.bank.question(id));
        let mut skills = self.lexicon.find(&format!("{}; {field}", topic.name));
        skills.extend(question.into_iter().flat_map(|q| q.skills.clone()));
        skills
    }

    /// What a question has to do with the job; nothing where no job is known.
    fn relevance(&self, job: Option<&Job>, item: &Item) -> Option<Relevance> {
        let needs = Needs::of(job?, &self.lexicon);
        if item.kind == Kind::Project {
            return Some(needs.of_work(&self.lexicon, &format!("{} {}", item.lead, item.ask), ""));
        }
        let named = needs.relevance(&self.lexicon, &item.skills);
        if named.score > 0.0 {
            return Some(named);
        }
        // A part of the field that the job does not name belongs to it still.
        Some(needs.relevance(&self.lexicon, &self.skills_of_subject(item)))
    }
}

/// A question as the fold wants it.
fn planned((at, item): (usize, &Item)) -> Planned {
    let rubric = item.rubric.as_ref();
    Planned {
        question: Question {
            id: log::id(at),
            kind: item.kind,
            skills: item.skills.clone(),
            level: rubric.map_or(Level::Core, |rubric| rubric.level),
            ask: item.ask.clone(),
            short: Some(summary::title(&item.ask)),
            ideal: rubric
                .map(|rubric| rubric.ideal.clone())
                .unwrap_or_default(),
            explain: String::new(),
            key_points: rubric
                .map(|rubric| rubric.key_points.clone())
                .unwrap_or_default(),
            misconceptions: rubric
                .map(|rubric| rubric.misconceptions.clone())
                .unwrap_or_default(),
            sample: None,
        },
        relevance: item.relevance.as_ref().map(|relevance| relevance.score),
        why: "asked in the transcript".to_owned(),
    }
}

/// What the documents list of an answer that no rubric judged: its
/// statements, and what it lacks.
fn points(score: &Score) -> Vec<Point> {
    let said = score.hits.iter().map(|hit| Point {
        id: hit.id.clone(),
        says: hit.says.clone(),
        weight: 1.0,
        said: true,
    });
    let lacks = score.missing.iter().map(|what| Point {
        id: what.clone(),
        says: what.clone(),
        weight: 1.0,
        said: false,
    });
    said.chain(lacks).collect()
}

fn words_a_turn(report: &Report) -> f32 {
    let turns = report
        .dialogue
        .iter()
        .filter(|turn| turn.who == Speaker::Candidate);
    let counts: Vec<usize> = turns
        .map(|turn| turn.text.split_whitespace().count())
        .collect();
    counts.iter().sum::<usize>() as f32 / counts.len().max(1) as f32
}
