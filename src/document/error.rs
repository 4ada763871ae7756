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
