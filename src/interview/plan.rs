//! The plan of one interview: its questions in their order, each with what it
//! has to do with the job and why it is there. Everything that a record needs
//! to be derived again lies in the [`Setup`].

use super::bank::{Bank, Kind, Question};
use super::choose::Chooser;
use super::job::Job;
use super::relevance::{Needs, Relevance};
use super::resume::Resume;
use super::skills::Lexicon;
use crate::event::{Settings, is_voice_name};
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
        // What project questions name ("experience") is no skill of a trade.
        let names = bank
            .questions()
            .filter(|(_, q)| q.kind != Kind::Project)
            .flat_map(|(f, q)| q.skills.iter().chain(&f.about));
        let lexicon = Lexicon::builtin().with_names(names.map(String::as_str));
        let needs = Needs::of(&job, &lexicon);
        let plan = Chooser::new(bank, &lexicon, &needs, &job).plan(&resume, &settings)?;
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
    if let Some(speed) = settings.voice_speed.filter(|s| !(0.5..=2.0).contains(s)) {
        return wrong("voice_speed", speed.to_string(), "0.5 to 2");
    }
    if let Some(voice) = settings.voice.as_ref().filter(|v| !is_voice_name(v)) {
        return wrong("voice", format!("\"{voice}\""), "a voice's name");
    }
    if !(3..=12).contains(&settings.breaks) {
        return wrong("breaks", settings.breaks.to_string(), "3 to 12");
    }
    Ok(())
}
