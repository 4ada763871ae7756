//! What a simulated candidate answers to a line.

use crate::event::{Line, Purpose};
use crate::interview::Resume;
use crate::interview::bank::{Bank, Kind, Question};
use std::collections::BTreeSet;
use std::fmt;

/// How good a simulated candidate's answers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// Vague, knows little.
    Weak,
    /// Knows about half.
    Average,
    /// Knows most.
    #[default]
    Strong,
    /// Knows everything and tells an example.
    Exceptional,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Weak => "weak",
            Self::Average => "average",
            Self::Strong => "strong",
            Self::Exceptional => "exceptional",
        })
    }
}

/// One simulated candidate.
#[derive(Debug)]
pub struct Script<'a> {
    profile: Profile,
    resume: &'a Resume,
    bank: &'a Bank,
    answered: BTreeSet<String>,
    asked_back: bool,
}

impl<'a> Script<'a> {
    /// A candidate of this quality with this résumé. The bank says what
    /// somebody of that quality knows about each question.
    pub fn new(profile: Profile, resume: &'a Resume, bank: &'a Bank) -> Self {
        Self {
            profile,
            resume,
            bank,
            answered: BTreeSet::new(),
            asked_back: false,
        }
    }

    /// The answer to a line, if it asks for one.
    pub fn reply(&mut self, line: &Line) -> Option<String> {
        let question = line.question.as_ref().and_then(|id| self.bank.question(id));
        match &line.purpose {
            Purpose::Disclosure | Purpose::ConsentAgain => {
                Some("Yes, that is fine with me.".into())
            }
            Purpose::Introduction => Some(self.introduction()),
            Purpose::Question | Purpose::Repeat | Purpose::Rephrase => Some(self.answer(question)),
            Purpose::Probe { point } => Some(self.probed(question, point)),
            Purpose::Nudge => Some(match question {
                Some(q) if !self.answered.contains(&q.id) => self.answer(question),
                _ => "Sorry, I have nothing to add.".into(),
            }),
            Purpose::Invitation => Some(self.question_back()),
            Purpose::Reply { .. } => Some("No, that is all. Thank you.".into()),
            Purpose::OutOfScope => Some("No, thank you.".into()),
            _ => None,
        }
    }

    fn introduction(&self) -> String {
        let first = self.resume.name.split_whitespace().next().unwrap_or("Alex");
        let role = self
            .resume
            .roles
            .first()
            .map_or("I work with software", |r| r.title.as_str());
        let skills: Vec<&str> = self
            .resume
            .skills
            .iter()
            .take(3)
            .map(String::as_str)
            .collect();
        match (self.profile, skills.as_slice()) {
            (Profile::Weak, _) => format!("Hi. I am {first}. I am still learning a lot."),
            (_, [a, b, c]) => format!(
                "Hello, my name is {first}. My last job was {role}. I work mostly with {a}, {b} and {c}."
            ),
            _ => format!("Hello, my name is {first}. My last job was {role}."),
        }
    }

    fn answer(&mut self, question: Option<&Question>) -> String {
        let Some(question) = question else {
            return "I am not sure about that one.".into();
        };
        self.answered.insert(question.id.clone());
        if let Some(sample) = &question.sample {
            let text = match self.profile {
                Profile::Weak => &sample.weak,
                Profile::Average => &sample.average,
                Profile::Strong => &sample.strong,
                Profile::Exceptional => &sample.exceptional,
            };
            if !text.is_empty() {
                return text.clone();
            }
        }
        // A bank without samples: a share of what the rubric asks for.
        let says: Vec<&str> = question
            .key_points
            .iter()
            .map(|k| k.says.as_str())
            .collect();
        let share = match self.profile {
            Profile::Weak => 0,
            Profile::Average => says.len().div_ceil(2),
            Profile::Strong => (says.len() * 3).div_ceil(4),
            Profile::Exceptional => says.len(),
        };
        match share {
            0 => "I am not really sure. I have not worked much with that.".into(),
            n => says[..n].join(" "),
        }
    }

    fn probed(&self, question: Option<&Question>, point: &str) -> String {
        let says = question
            .and_then(|q| q.key_points.iter().find(|k| k.id == point))
            .map(|k| k.says.as_str());
        let project = question.is_some_and(|q| q.kind == Kind::Project);
        match (self.profile, says) {
            (Profile::Strong | Profile::Exceptional, Some(says)) if !project => says.to_owned(),
            (Profile::Strong | Profile::Exceptional, _) => {
                "I worked on that myself, and as a result our error rate fell by thirty percent."
                    .into()
            }
            (Profile::Average, _) => {
                "I know a little about it, but I have not done it myself.".into()
            }
            (Profile::Weak, _) => "I do not know, sorry.".into(),
        }
    }

    fn question_back(&mut self) -> String {
        if self.profile == Profile::Weak || std::mem::replace(&mut self.asked_back, true) {
            return "No, thank you.".into();
        }
        "Yes. Is the work done from home?".into()
    }
}
