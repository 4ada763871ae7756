//! Why a document cannot be read.

use super::EXPECTED;
use thiserror::Error;

/// A document that cannot be used. Every text names the file, what was found
/// and what was expected.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentError {
    /// Nothing but white space.
    #[error("{name}: found an empty file, expected {EXPECTED}")]
    Empty {
        /// The file, as given.
        name: String,
    },
    /// The file is larger than a document can be.
    #[error("{name}: found more than {most_mb} MB, expected a document of at most that size")]
    TooLarge {
        /// The file, as given.
        name: String,
        /// The limit, in megabytes.
        most_mb: usize,
    },
    /// It unpacks to more than a document can hold.
    #[error(
        "{name}: found a packed file that unpacks to more than {most_mb} MB, expected a document"
    )]
    Unpacks {
        /// The file, as given.
        name: String,
        /// The limit, in megabytes.
        most_mb: usize,
    },
    /// There is more text than a document can hold.
    #[error("{name}: found {found} KB of text, expected at most {most} KB")]
    TooLong {
        /// The file, as given.
        name: String,
        /// The text, in kilobytes.
        found: usize,
        /// The limit, in kilobytes.
        most: usize,
    },
    /// The content is of a kind that is not read.
    #[error("{name}: found {found}, expected {EXPECTED}")]
    Kind {
        /// The file, as given.
        name: String,
        /// What it is instead.
        found: &'static str,
    },
    /// It opens with a password only.
    #[error(
        "{name}: found a PDF that needs a password, expected one that opens without; save it again without protection"
    )]
    Locked {
        /// The file, as given.
        name: String,
    },
    /// Pages without letters: a scan or a photograph.
    #[error(
        "{name}: found {what} with no text in it (a scan?), expected one whose text can be selected"
    )]
    NoText {
        /// The file, as given.
        name: String,
        /// What it is, with its pages where they can be told.
        what: String,
    },
    /// The file is not whole, or not made by the rules.
    #[error("{name}: found a {kind} file that cannot be read ({why}), expected a whole one")]
    Broken {
        /// The file, as given.
        name: String,
        /// What it says that it is.
        kind: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// Longest reason in an error, in characters.
const LONGEST: usize = 120;

impl DocumentError {
    /// A broken file. Parsers put into their reasons what stands in the file,
    /// which may be anything: one short line of it is told.
    pub(super) fn broken(name: &str, kind: &'static str, why: &str) -> Self {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let mut told: String = why.chars().take(LONGEST).map(plain).collect();
        if why.chars().nth(LONGEST).is_some() {
            told.push_str(" ...");
        }
        Self::Broken {
            name: name.to_owned(),
            kind,
            why: told,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{docx_with, read};

    #[test]
    fn what_stands_in_a_broken_file_does_not_flood_the_error() {
        let xml = format!("<w:r></{}\n\u{1b}[31m>", "x\n".repeat(5_000));
        let error = read("cv.docx", &docx_with(&xml)).unwrap_err().to_string();
        assert!(error.starts_with("cv.docx: found a DOCX file"), "{error}");
        assert!(error.len() < 400, "{} bytes", error.len());
        assert!(!error.contains(|c: char| c.is_control()), "{error:?}");
    }
}
