//! What is wrong with a bank, by one checker for all who ask: the loader
//! refuses a bank for its *faults* alone, `viva bank check` also lists its
//! *flaws* (questions that a voice cannot say, that give their answers away,
//! or that their own rubric does not understand) and *notes*.

mod leaks;
mod rubric;
mod schema;
mod spoken;

use super::bank::{Family, Question};
use serde::Serialize;
use std::fmt;

/// How bad a problem is.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Worth knowing; nothing to mend.
    Note,
    /// To be mended; the bank can be used.
    Flaw,
    /// The bank cannot be used.
    Fault,
}

/// One thing that is wrong with a bank.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The question's id, or its place in the file where it has none; empty
    /// where the whole file is meant.
    pub id: String,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// How bad it is.
    pub grade: Grade,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if !self.id.is_empty() {
            write!(f, "{}: ", self.id)?;
        }
        write!(f, "{}; expected {}", self.found, self.expected)
    }
}

/// A finding before its place is known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    found: String,
    expected: String,
    grade: Grade,
}

impl Finding {
    fn new(grade: Grade, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            found: found.into(),
            expected: expected.into(),
            grade,
        }
    }

    fn fault(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::new(Grade::Fault, found, expected)
    }

    fn flaw(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::new(Grade::Flaw, found, expected)
    }

    fn at(self, file: &str, id: &str) -> Problem {
        Problem {
            file: file.to_owned(),
            id: id.to_owned(),
            found: self.found,
            expected: self.expected,
            grade: self.grade,
        }
    }
}

/// Everything that makes the files of a bank unusable. Ids are unique over
/// all of them.
pub fn faults(files: &[(String, Family)]) -> Vec<Problem> {
    look(files, |question, out| {
        schema::faults(question, out);
        spoken::faults(question, out);
    })
}

/// Everything that is wrong with the files of a bank.
pub fn check(files: &[(String, Family)]) -> Vec<Problem> {
    let mut out = look(files, |question, out| {
        schema::faults(question, out);
        spoken::faults(question, out);
        // What cannot be used is not judged further.
        if out.is_empty() {
            schema::flaws(question, out);
            spoken::flaws(question, out);
            leaks::flaws(question, out);
            rubric::flaws(question, out);
        }
    });
    for (file, family) in files {
        if family.questions.is_empty() {
            let empty = Finding::flaw("the file holds no question", "at least one [[question]]");
            out.push(empty.at(file, ""));
        }
    }
    out
}

fn look(files: &[(String, Family)], each: impl Fn(&Question, &mut Vec<Finding>)) -> Vec<Problem> {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    let mut out = Vec::new();
    for (file, family) in files {
        for (at, question) in family.questions.iter().enumerate() {
            let id = match question.id.trim() {
                "" => format!("question {}", at + 1),
                id => id.to_owned(),
            };
            let mut found = Vec::new();
            schema::id(family, question, &seen, &mut found);
            let mut own = Vec::new();
            each(question, &mut own);
            found.append(&mut own);
            seen.push((&question.id, file));
            out.extend(found.into_iter().map(|finding| finding.at(file, &id)));
        }
    }
    out
}
