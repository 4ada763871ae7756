//! The question bank: what may be asked, and what a good answer contains.
//! The bank that comes with the program lies in `config/bank`, one file a
//! family; recruiters' own files have the same form.

use super::audit::{self, Problem};
use super::rubric;
use super::skills::Lexicon;
use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use thiserror::Error;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/config/bank");

/// What a question is about.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A project of the candidate's own.
    Project,
    /// Knowledge and skill.
    Technical,
    /// Conduct at work.
    Behavioral,
}

/// How deep a question goes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Asked of everybody.
    #[default]
    Core,
    /// Asked only after a good answer to a core question.
    Advanced,
}

/// One thing that a full answer says.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct KeyPoint {
    /// Unique within the question.
    pub id: String,
    /// The statement.
    pub says: String,
    /// Phrases that count as saying so: matched on word stems, in order,
    /// inside one sentence; `*` stands for up to six words in between.
    pub any_of: Vec<String>,
    /// Share in the score, relative to the other points.
    #[serde(default = "one")]
    pub weight: f32,
    /// A neutral follow-up that does not give the answer away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<String>,
}

/// One thing that is often said and wrong.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Misconception {
    /// Unique within the question.
    pub id: String,
    /// The wrong statement.
    pub says: String,
    /// Phrases that count as saying so.
    pub any_of: Vec<String>,
}

/// Spoken answers of the four profiles, for simulated candidates.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Samples {
    /// Vague.
    pub weak: String,
    /// About half of the points.
    pub average: String,
    /// Most points.
    pub strong: String,
    /// All points and an example.
    pub exceptional: String,
}

/// One question with its rubric.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Unique: family prefix, dot, slug.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// Skills that it examines, as job descriptions name them. Left out, they
    /// are those that the question and its ideal answer mention.
    #[serde(default)]
    pub skills: Vec<String>,
    /// How deep it goes.
    #[serde(default)]
    pub level: Level,
    /// The question, as spoken.
    pub ask: String,
    /// The same question in other, fewer words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<String>,
    /// What a strong candidate might say.
    #[serde(default)]
    pub ideal: String,
    /// One or two sentences of teaching, for `coach` mode.
    #[serde(default)]
    pub explain: String,
    /// What a full answer says. Left out, it is drawn from the ideal answer;
    /// without that too, the question is asked and not scored.
    #[serde(default, rename = "key_point")]
    pub key_points: Vec<KeyPoint>,
    /// What is often said and wrong.
    #[serde(default, rename = "misconception")]
    pub misconceptions: Vec<Misconception>,
    /// Answers for simulated candidates; never part of a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Samples>,
}

/// One file of the bank.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// The family's name, for people.
    #[serde(default)]
    pub family: String,
    /// Prefix of its questions' ids.
    #[serde(default)]
    pub prefix: String,
    /// Skills that mark a job as belonging to it.
    #[serde(default)]
    pub about: Vec<String>,
    /// The questions.
    #[serde(default, rename = "question")]
    pub questions: Vec<Question>,
}

fn one() -> f32 {
    1.0
}

/// A bank that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BankError {
    /// Not TOML, or with fields that are not known.
    #[error("Bank file {file} cannot be read: {message}")]
    Toml {
        /// The file.
        file: String,
        /// What the TOML reader says.
        message: String,
    },
    /// Readable, but not fit to interview with.
    #[error("Bank has {} {}: {}", .0.len(), if .0.len() == 1 { "problem" } else { "problems" }, .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Problem>),
    /// Only own questions are wanted, and there are none.
    #[error("No own bank is given: expected at least one file where the built-in bank is not used")]
    Alone,
    /// No question in any file.
    #[error("Bank holds no question: expected at least one [[question]]")]
    Empty,
}

/// Questions of many families.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bank {
    families: Vec<Family>,
    /// How many of the last families are a recruiter's own, merged with
    /// others.
    own: usize,
}

impl Bank {
    /// The bank that comes with the program.
    pub fn builtin() -> &'static Self {
        static BANK: OnceLock<Bank> = OnceLock::new();
        // A test holds the files to be valid.
        BANK.get_or_init(|| Self::from_files(&builtin_files()).unwrap_or_default())
    }

    /// Reads and checks the files of one bank: pairs of name and text.
    ///
    /// # Errors
    /// With the first unreadable file, or with every problem of readable ones.
    pub fn from_files(files: &[(&str, &str)]) -> Result<Self, BankError> {
        let mut families = Vec::new();
        for (file, text) in files {
            let family: Family = toml::from_str(text).map_err(|e| BankError::Toml {
                file: (*file).to_owned(),
                message: e.to_string().trim().to_owned(),
            })?;
            families.push(((*file).to_owned(), family));
        }
        let problems = audit::faults(&families);
        if !problems.is_empty() {
            return Err(BankError::Invalid(problems));
        }
        if families.iter().all(|(_, f)| f.questions.is_empty()) {
            return Err(BankError::Empty);
        }
        families.retain(|(_, f)| !f.questions.is_empty());
        let mut families: Vec<Family> = families.into_iter().map(|(_, f)| f).collect();
        for question in families.iter_mut().flat_map(|f| &mut f.questions) {
            complete(question);
        }
        Ok(Self { families, own: 0 })
    }

    /// The bank of one interview: the built-in one, merged with a recruiter's
    /// own files, or `alone` these.
    ///
    /// # Errors
    /// As of [`Bank::from_files`]; [`BankError::Alone`] without own files.
    pub fn with_own(files: &[(&str, &str)], alone: bool) -> Result<Cow<'static, Self>, BankError> {
        if files.is_empty() {
            return if alone {
                Err(BankError::Alone)
            } else {
                Ok(Cow::Borrowed(Self::builtin()))
            };
        }
        let own = Self::from_files(files)?;
        Ok(Cow::Owned(if alone {
            Self::default().merged(&own)
        } else {
            Self::builtin().merged(&own)
        }))
    }

    /// This bank and a recruiter's own, whose questions are preferred. Where
    /// both have a question of the same id, the own one takes its place.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let theirs: BTreeSet<&str> = other.questions().map(|(_, q)| q.id.as_str()).collect();
        let mut families = self.families.clone();
        for family in &mut families {
            family.questions.retain(|q| !theirs.contains(q.id.as_str()));
        }
        families.retain(|f| !f.questions.is_empty());
        families.extend(other.families.iter().cloned());
        Self {
            families,
            own: other.families.len(),
        }
    }

    /// Whether a family is a recruiter's own, merged with others.
    pub fn is_own(&self, family: &Family) -> bool {
        let from = self.families.len() - self.own;
        self.families[from..]
            .iter()
            .any(|own| std::ptr::eq(own, family))
    }

    /// The families, in the files' order.
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// All questions with their family, in the files' order.
    pub fn questions(&self) -> impl Iterator<Item = (&Family, &Question)> {
        self.families
            .iter()
            .flat_map(|f| f.questions.iter().map(move |q| (f, q)))
    }

    /// The question of an id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions().map(|(_, q)| q).find(|q| q.id == id)
    }
}

/// The files of the bank that comes with the program, by name.
pub fn builtin_files() -> Vec<(&'static str, &'static str)> {
    let mut files: Vec<_> = FILES
        .files()
        .filter(|f| f.path().extension().is_some_and(|e| e == "toml"))
        .filter_map(|f| Some((f.path().file_name()?.to_str()?, f.contents_utf8()?)))
        .collect();
    files.sort_unstable();
    files
}

/// Fills in what a recruiter may leave out: skills and a rubric.
fn complete(question: &mut Question) {
    if question.skills.is_empty() {
        let text = format!("{}\n{}", question.ask, question.ideal);
        question.skills = Lexicon::builtin().find(&text);
    }
    if let Some(drawn) = rubric::with_rubric(question) {
        *question = drawn;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "prefix = \"t\"\n[[question]]\nid = \"t.a\"\nkind = \"technical\"\nskills = [\"x\"]\nask = \"Why?\"\n[[question.key_point]]\nid = \"k\"\nsays = \"So.\"\nany_of = [\"so\"]\n";

    #[test]
    fn the_bank_that_comes_along_is_valid_and_up_to_date() {
        let files = builtin_files();
        let bank = Bank::from_files(&files).unwrap();
        assert!(bank.questions().count() >= 24);
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/config/bank");
        let on_disk = std::fs::read_dir(dir).unwrap().filter(|f| {
            let path = f.as_ref().unwrap().path();
            path.extension().is_some_and(|e| e == "toml")
        });
        assert_eq!(
            files.len(),
            on_disk.count(),
            "config/bank changed: build again"
        );
    }

    #[test]
    fn a_bank_is_refused_with_file_and_id() {
        let twice = Bank::from_files(&[("a.toml", ONE), ("b.toml", ONE)]).unwrap_err();
        assert_eq!(
            twice.to_string(),
            "Bank has 1 problem: b.toml: t.a: this id is already used in a.toml; expected an id of its own"
        );
        let two_marks = ONE.replace("Why?", "Why? How?");
        let error = Bank::from_files(&[("a.toml", &two_marks)])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("a.toml: t.a: ask has 2 question marks: \"Why? How?\""),
            "{error}"
        );
        let unknown = Bank::from_files(&[("c.toml", "quest = 1")])
            .unwrap_err()
            .to_string();
        assert!(
            unknown.starts_with("Bank file c.toml cannot be read"),
            "{unknown}"
        );
        assert_eq!(Bank::from_files(&[("d.toml", "")]), Err(BankError::Empty));
    }

    #[test]
    fn a_question_without_rubric_gets_one_from_its_ideal_answer() {
        let plain = "[[question]]\nid = \"own.a\"\nkind = \"technical\"\nask = \"What does Kubernetes do?\"\n";
        let ideal = format!(
            "{plain}ideal = \"It restarts failed containers. It spreads load over machines.\"\n"
        );
        let bank = Bank::from_files(&[("own.toml", &ideal)]).unwrap();
        let question = bank.question("own.a").unwrap();
        assert_eq!(question.key_points.len(), 2);
        assert_eq!(question.skills, ["kubernetes", "containers"]);
        let bank = Bank::from_files(&[("own.toml", plain)]).unwrap();
        assert_eq!(bank.question("own.a").unwrap().key_points, []);
    }

    #[test]
    fn a_merged_bank_takes_the_other_ones_question() {
        let a = Bank::from_files(&[("a.toml", ONE)]).unwrap();
        let b = Bank::from_files(&[("b.toml", &ONE.replace("Why?", "How?"))]).unwrap();
        let both = a.merged(&b);
        assert_eq!(both.questions().count(), 1);
        assert_eq!(both.question("t.a").map(|q| q.ask.as_str()), Some("How?"));
        let own: Vec<bool> = both.families().iter().map(|f| both.is_own(f)).collect();
        assert_eq!(own, [true]);
    }
}
