//! The index's file: made, opened, thrown away, and made to forget.

use super::IndexError;
use super::query::WORD_SIGNS;
use crate::record::{RecordError, private_file};
use rusqlite::Connection;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Marks the file as this program's ("Viva" in ASCII).
const APPLICATION: i32 = 0x5669_7661;
/// Version of the tables. Another one is thrown away.
const VERSION: i32 = 1;
/// How long another process's write is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long another process's reading is waited for, where words must go; then
/// the file goes instead.
const READERS: Duration = Duration::from_secs(1);

const FILE: &str = "index.sqlite";
const LOCK: &str = "index.lock";

/// `lines` has the texts, `words` finds them and has none of its own.
/// `secure-delete` takes words out of the full-text index when their line
/// goes, instead of only noting that it went (SQLite's documentation of FTS5,
/// section 6.10).
const TABLES: &str = "
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, stamp TEXT NOT NULL,
    candidate TEXT NOT NULL, position TEXT NOT NULL, company TEXT NOT NULL,
    candidate_key TEXT NOT NULL, job_key TEXT NOT NULL,
    began_unix_ms INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
    state TEXT NOT NULL, score REAL, advice TEXT
);
CREATE INDEX sessions_began ON sessions (began_unix_ms);
CREATE TABLE flags (
    session TEXT NOT NULL, flag TEXT NOT NULL, PRIMARY KEY (session, flag)
) WITHOUT ROWID;
CREATE TABLE lines (
    id INTEGER PRIMARY KEY, session TEXT NOT NULL, seq INTEGER NOT NULL,
    recruiter INTEGER NOT NULL, at_ms INTEGER NOT NULL, start_ms INTEGER, text TEXT NOT NULL
);
CREATE INDEX lines_session ON lines (session);
CREATE VIRTUAL TABLE words USING fts5 (
    text, content = 'lines', content_rowid = 'id', tokenize = \"TOKENIZER\"
);
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
";

/// Where a data folder keeps its index.
pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// An open index.
pub(super) struct Store {
    pub(super) data_dir: PathBuf,
    pub(super) db: Connection,
    lock: Option<File>,
    /// Why it was thrown away and begun anew.
    pub(super) renewed: Option<String>,
    /// Why it is in memory only.
    pub(super) unkept: Option<String>,
}

impl Store {
    /// Opens the index and locks it against other writers, or makes it; with
    /// a reason it is thrown away first. Where none can be made (a folder
    /// that is read-only, or does not exist) it is built in memory.
    pub(super) fn open(data_dir: &Path, renew: Option<String>) -> Result<Self, IndexError> {
        let path = path(data_dir);
        let lock = match lock(data_dir) {
            Ok(lock) => lock,
            Err(RecordError::NotWritable { .. } | RecordError::NotFound { .. }) => {
                return Ok(Self {
                    data_dir: data_dir.to_owned(),
                    db: in_memory().map_err(|source| IndexError::Database {
                        path: path.clone(),
                        source,
                    })?,
                    lock: None,
                    renewed: None,
                    unkept: Some(format!("{} cannot be written", data_dir.display())),
                });
            }
            Err(error) => return Err(error.into()),
        };
        let mut renewed = renew;
        if renewed.is_none() {
            match open_own(&path) {
                Ok(Some(db)) => return Ok(Self::with(data_dir, db, lock, None)),
                Ok(None) if path.exists() => {
                    renewed = Some("it was of another version or program".to_owned());
                }
                Ok(None) => {}
                Err(error) if error.is_damage() => renewed = Some("it was damaged".to_owned()),
                Err(error) => return Err(error),
            }
        }
        remove(data_dir)?;
        let db = make(&path)?;
        Ok(Self::with(data_dir, db, lock, renewed))
    }

    fn with(data_dir: &Path, db: Connection, lock: File, renewed: Option<String>) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            db,
            lock: Some(lock),
            renewed,
            unkept: None,
        }
    }

    /// Lets others write.
    pub(super) fn unlock(&mut self) {
        self.lock = None;
    }

    /// Runs something on the database.
    pub(super) fn run<T>(
        &self,
        what: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, IndexError> {
        what(&self.db).map_err(|source| IndexError::Database {
            path: path(&self.data_dir),
            source,
        })
    }
}

/// Makes the index forget a session, so that none of its words is left in the
/// file's bytes. An index that cannot be made to forget goes as a whole.
///
/// # Errors
/// If it can neither be changed nor removed.
pub fn forget(data_dir: &Path, session: &str) -> Result<(), RecordError> {
    if !path(data_dir).exists() {
        // A log of an index that is gone holds words all the same.
        return remove(data_dir);
    }
    let lock = lock(data_dir)?;
    let forgotten = open_own(&path(data_dir)).is_ok_and(|db| {
        db.is_some_and(|mut db| {
            let gone = db.transaction().and_then(|change| {
                super::update::remove(&change, session)?;
                // The places of its pages are kept by beginnings of words, and
                // these may be the session's: built anew from what is left.
                change.execute("INSERT INTO words (words) VALUES ('rebuild')", [])?;
                change.commit()
            });
            gone.is_ok() && flushed(&db)
        })
    });
    let done = if forgotten { Ok(()) } else { remove(data_dir) };
    drop(lock);
    done
}

/// Moves everything from the write-ahead log into the file and empties the
/// log; false where a reader in another process stands in the way.
fn flushed(db: &Connection) -> bool {
    if db.busy_timeout(READERS).is_err() {
        return false;
    }
    let busy = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, i64>(0)
    });
    matches!(busy, Ok(0))
}

/// Locks the index against other writers, as long as the file is open.
fn lock(data_dir: &Path) -> Result<File, RecordError> {
    let path = data_dir.join(LOCK);
    let fail = |doing, source: std::io::Error| match source.kind() {
        ErrorKind::NotFound => RecordError::NotFound { path: path.clone() },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => RecordError::NotWritable {
            path: path.clone(),
            source,
        },
        _ => RecordError::Io {
            doing,
            path: path.clone(),
            source,
        },
    };
    let file = private(&path).map_err(|e| fail("open", e))?;
    file.lock().map_err(|e| fail("lock", e))?;
    Ok(file)
}

/// Opens a file for writing, made for its owner only where there is none.
fn private(path: &Path) -> std::io::Result<File> {
    private_file().create(true).truncate(false).open(path)
}

fn remove(data_dir: &Path) -> Result<(), RecordError> {
    // The log first: without its file it is nothing, with it it comes back.
    for end in ["-wal", "-shm", "-journal", ""] {
        let path = data_dir.join(format!("{FILE}{end}"));
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(RecordError::Io {
                    doing: "remove",
                    path,
                    source,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Opens an index of this program and version; `None` if there is none.
fn open_own(path: &Path) -> Result<Option<Connection>, IndexError> {
    let fail = |source| IndexError::Database {
        path: path.into(),
        source,
    };
    if !path.exists() {
        return Ok(None);
    }
    let open = || {
        let db = Connection::open(path)?;
        set_up(&db)?;
        let application: i32 = db.pragma_query_value(None, "application_id", |r| r.get(0))?;
        let version: i32 = db.pragma_query_value(None, "user_version", |r| r.get(0))?;
        Ok((application, version) == (APPLICATION, VERSION)).map(|own| own.then_some(db))
    };
    open().map_err(fail)
}

fn make(path: &Path) -> Result<Connection, IndexError> {
    // Its log and its memory file get the same permissions from SQLite.
    private(path).map_err(|source| RecordError::Io {
        doing: "create",
        path: path.into(),
        source,
    })?;
    let made = || {
        let db = Connection::open(path)?;
        set_up(&db)?;
        tables(&db)?;
        Ok(db)
    };
    made().map_err(|source| IndexError::Database {
        path: path.into(),
        source,
    })
}

/// An empty index in memory.
pub(super) fn in_memory() -> rusqlite::Result<Connection> {
    let db = Connection::open_in_memory()?;
    tables(&db)?;
    Ok(db)
}

fn set_up(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(PATIENCE)?;
    // The answer is the mode that it has now.
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    // What was deleted is overwritten. With a write-ahead log NORMAL keeps the
    // file whole through a power cut; what it may lose is built again.
    db.execute_batch(
        "PRAGMA secure_delete = ON; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;",
    )
}

fn tables(db: &Connection) -> rusqlite::Result<()> {
    let signs: String = WORD_SIGNS.into_iter().collect();
    let tokenizer = format!("porter unicode61 remove_diacritics 2 tokenchars '{signs}'");
    let tables = TABLES.replace("TOKENIZER", &tokenizer);
    db.execute_batch(&format!(
        "BEGIN IMMEDIATE; {tables}
         PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
    ))
}
