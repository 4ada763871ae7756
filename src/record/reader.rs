//! Reads a session's folder, complete or not.

use super::error::RecordError;
use super::head::{Head, check_id};
use super::lock::is_locked;
use super::log::{Line, sha256_hex};
use super::manifest::{Manifest, list_files};
use super::{CALL_WAV, DOCUMENTS, EVENTS, FORMAT, HEAD};
use crate::event::Record;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The longest line that is read; a longer one is damage.
pub(super) const LINE_LIMIT: u64 = 16 << 20;

/// One record, open for reading.
pub struct RecordReader {
    dir: PathBuf,
    head: Head,
    hash: [u8; 32],
    manifest: Option<Manifest>,
}

impl RecordReader {
    /// Opens the record in `dir`.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] without a head; [`RecordError::BadLine`] if
    /// head or manifest cannot be read.
    pub fn open(dir: &Path) -> Result<Self, RecordError> {
        let (head, hash) = read_head(dir)?;
        Ok(Self {
            dir: dir.to_path_buf(),
            head,
            hash,
            manifest: Manifest::read(dir)?,
        })
    }

    /// Opens a session by its id.
    pub fn open_id(sessions_dir: &Path, id: &str) -> Result<Self, RecordError> {
        check_id(id)?;
        Self::open(&sessions_dir.join(id))
    }

    /// The record's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What was known before the session began.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The SHA-256 of the head's bytes.
    pub(super) fn head_hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The seal, if the record is complete.
    pub const fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// Whether the session was brought to its end and sealed. Says nothing
    /// about changes since: that is [`super::verify`]'s part.
    pub const fn is_complete(&self) -> bool {
        self.manifest.is_some()
    }

    /// Whether a writer has it open now.
    pub fn is_being_written(&self) -> bool {
        is_locked(&self.dir)
    }

    /// Length of the log, in bytes: it only grows.
    ///
    /// # Errors
    /// Where there is no log.
    pub fn log_bytes(&self) -> Result<u64, RecordError> {
        let path = self.dir.join(EVENTS);
        let found = fs::metadata(&path).map_err(|e| RecordError::io("read", &path, e))?;
        Ok(found.len())
    }

    /// The recording, if there is one.
    pub fn wav_path(&self) -> Option<PathBuf> {
        Some(self.dir.join(CALL_WAV)).filter(|p| p.is_file())
    }

    /// Names of the derived documents.
    pub fn documents(&self) -> Result<Vec<String>, RecordError> {
        let dir = self.dir.join(DOCUMENTS);
        if dir.is_dir() {
            list_files(&dir)
        } else {
            Ok(Vec::new())
        }
    }

    /// The events from the first to the last whole line, one at a time.
    pub fn records(&self) -> Result<Records, RecordError> {
        let path = self.dir.join(EVENTS);
        let file = File::open(&path).map_err(|e| RecordError::io("read", &path, e))?;
        Ok(Records {
            lines: Lines::new(BufReader::new(file)),
            path,
            prev: hex::encode(self.hash),
            last: 0,
            whole: 0,
            ended: false,
        })
    }
}

/// The head, and the SHA-256 of its bytes.
pub(super) fn read_head(dir: &Path) -> Result<(Head, [u8; 32]), RecordError> {
    let path = dir.join(HEAD);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(RecordError::NotFound { path: dir.into() });
        }
        Err(e) => return Err(RecordError::io("read", &path, e)),
    };
    let bad = |line, what| RecordError::BadLine {
        path: path.clone(),
        line,
        what,
    };
    let head: Head =
        serde_json::from_slice(&bytes).map_err(|e| bad(e.line() as u64, e.to_string()))?;
    if head.format != FORMAT {
        let what = format!("format {} found, {FORMAT} expected", head.format);
        return Err(bad(1, what));
    }
    Ok((head, Sha256::digest(&bytes).into()))
}

/// Iterates over the events of a log. A line that does not follow from the
/// one before is an error that names it, and the iteration ends there; half a
/// line at the end (a killed writer) ends it quietly, see [`Records::torn`].
pub struct Records {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
    prev: String,
    last: u64,
    whole: u64,
    ended: bool,
}

impl Records {
    /// After the end: whether half a line stands there.
    pub const fn torn(&self) -> bool {
        self.lines.torn
    }

    /// After the end: bytes of the whole lines, and the hash of the last.
    pub(super) fn end(&self) -> (u64, &str) {
        (self.whole, &self.prev)
    }

    fn read(&mut self) -> Result<Option<Record>, RecordError> {
        let number = self.lines.number + 1;
        let bad = |what| RecordError::BadLine {
            path: self.path.clone(),
            line: number,
            what,
        };
        let bytes = match self.lines.next() {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
                return Err(bad(e.to_string()));
            }
            Err(e) => return Err(RecordError::io("read", &self.path, e)),
        };
        let line: Line = serde_json::from_slice(bytes).map_err(|e| bad(e.to_string()))?;
        if line.seq != self.last + 1 {
            let what = format!("event {} found, {} expected", line.seq, self.last + 1);
            return Err(bad(what));
        }
        if line.prev != self.prev {
            return Err(bad("does not carry the hash of the line before".into()));
        }
        self.last = line.seq;
        self.whole += bytes.len() as u64 + 1;
        self.prev = sha256_hex(bytes);
        Ok(Some(Record {
            seq: line.seq,
            at: line.at,
            event: line.event,
        }))
    }
}

impl Iterator for Records {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.read().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

/// Whole lines of a file, without their newlines, in bounded memory.
pub(super) struct Lines<R> {
    from: R,
    buf: Vec<u8>,
    /// Lines given out so far.
    pub(super) number: u64,
    /// Whether the file ended inside a line.
    pub(super) torn: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(from: R) -> Self {
        Self {
            from,
            buf: Vec::new(),
            number: 0,
            torn: false,
        }
    }

    /// The next whole line; `InvalidData` for one past the limit.
    pub(super) fn next(&mut self) -> std::io::Result<Option<&[u8]>> {
        self.buf.clear();
        let n = (&mut self.from)
            .take(LINE_LIMIT)
            .read_until(b'\n', &mut self.buf)?;
        if n == 0 {
            return Ok(None);
        }
        if self.buf.last() != Some(&b'\n') {
            if n as u64 == LINE_LIMIT {
                return Err(std::io::Error::new(
                    std::io::ErrorKind::InvalidData,
                    format!("longer than {LINE_LIMIT} bytes"),
                ));
            }
            self.torn = true;
            return Ok(None);
        }
        self.buf.pop();
        self.number += 1;
        Ok(Some(&self.buf))
    }
}
