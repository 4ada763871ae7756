//! Search over all records, through an index in `DATA/index.sqlite` (SQLite
//! with its full-text search, FTS5).
//!
//! The index is never a source of truth: it holds nothing that is not in the
//! records, is part of none, and can be deleted at any time. Whatever is
//! wrong with it (damage, another program's file, another version's tables),
//! it is thrown away and built again. Nothing is searched before the index was
//! compared with the folder, so it never answers for records that are gone.
//!
//! What is indexed are the records themselves, not their redacted copies:
//! those who may search all records may read them. An erased session's words
//! are gone from the file's bytes at once ([`forget`]), not only from answers.
//!
//! # Invariants
//!
//! 1. One process at a time changes the index; `index.lock` is locked
//!    meanwhile. Reading needs no lock (the journal is a write-ahead log).
//! 2. The file can be read by its owner only.
//! 3. No text of a user reaches SQLite as a command: queries are quoted word
//!    by word ([`Query`]), everything else is bound.

mod fold;
mod query;
mod search;
mod sessions;
mod store;
mod terms;
mod update;

pub use fold::Flag;
pub use query::{Query, QueryError};
pub use search::{Answer, Filter, Found, Hit, Piece, Who};
pub use sessions::{Listed, Page, Wanted};
pub use store::forget;
pub use terms::{begin, parse_advice, parse_flag, parse_score, parse_who};
pub use update::Update;

use crate::record::{RecordError, Trust};
use std::path::{Path, PathBuf};
use store::Store;

/// Why the index cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The database cannot be read or written.
    #[error("Cannot use the search index {path}")]
    Database {
        /// Its file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A record or folder cannot be read, or the index's file not made.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl IndexError {
    /// Whether the file is not what this program wrote, so that only a new
    /// one helps.
    fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, SchemaChanged, TypeMismatch};
        let Self::Database { source, .. } = self else {
            return false;
        };
        match source {
            rusqlite::Error::SqliteFailure(failure, message) => {
                let missing = message.as_ref().is_some_and(|m| m.contains("no such"));
                missing
                    || matches!(
                        failure.code,
                        DatabaseCorrupt | NotADatabase | SchemaChanged | TypeMismatch
                    )
            }
            // A column holds something else than this program puts there.
            rusqlite::Error::SqlInputError { .. }
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => true,
            _ => false,
        }
    }
}

/// Brings the index up to date and asks it. With `rebuild` it is built anew
/// first.
///
/// # Errors
/// [`IndexError`]. Damage is none: the index is built again then, and
/// [`Update::renewed`] says why.
pub fn ask<T>(
    data_dir: &Path,
    trust: &Trust,
    rebuild: bool,
    question: impl Fn(&Asking<'_>) -> Result<T, IndexError>,
) -> Result<(T, Update), IndexError> {
    let mut why = rebuild.then(|| "as asked".to_owned());
    for last in [false, true] {
        let asked = (|| {
            let mut store = Store::open(data_dir, why.take())?;
            let update = store.update(trust)?;
            store.unlock();
            Ok((question(&Asking(&store))?, update))
        })();
        match asked {
            Err(error) if !last && IndexError::is_damage(&error) => {
                why = Some("it was damaged".to_owned());
            }
            done => return done,
        }
    }
    // The second round always returned.
    Err(RecordError::NotFound {
        path: store::path(data_dir),
    }
    .into())
}

/// An index that is up to date.
pub struct Asking<'a>(&'a Store);

impl Asking<'_> {
    /// Lines that a query finds in sessions that the filter lets through, best
    /// first; without a query the sessions themselves, newest first.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn search(&self, query: Option<&Query>, filter: &Filter) -> Result<Answer, IndexError> {
        self.0.run(|db| search::search(db, query, filter))
    }

    /// A page of the sessions that are wanted, newest first, each with the
    /// lines that were found in it.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn page(&self, wanted: &Wanted) -> Result<Page, IndexError> {
        self.0.run(|db| sessions::page(db, wanted))
    }
}
