//! The event log, one JSON line an event: its writer, and the shape of a
//! line. Each line carries the SHA-256 of the line before.

use super::disk::{Disk, LineFile};
use super::error::RecordError;
use super::reader::RecordReader;
use crate::clock::SessionTime;
use crate::event::{Event, Record};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// One line as it stands in the file.
#[derive(Deserialize)]
pub(super) struct Line {
    pub(super) seq: u64,
    pub(super) at: SessionTime,
    pub(super) prev: String,
    pub(super) event: Event,
}

#[derive(Serialize)]
struct LineOut<'a> {
    seq: u64,
    at: SessionTime,
    prev: &'a str,
    event: &'a Event,
}

/// SHA-256 of some bytes, in lower-case hex.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Writes `events.jsonl`.
pub(super) struct LogWriter {
    file: LineFile,
    prev: String,
    seq: u64,
    at: SessionTime,
}

impl LogWriter {
    /// Makes the file; `head_hash` is what the first line will carry.
    pub(super) fn create(
        disk: &dyn Disk,
        path: &Path,
        head_hash: String,
    ) -> Result<Self, RecordError> {
        Ok(Self {
            file: LineFile::create(disk, path)?,
            prev: head_hash,
            seq: 0,
            at: SessionTime(0),
        })
    }

    /// Opens the log that a writer left behind, to go on after its last whole
    /// line; half a line behind it was never acknowledged and is cut off.
    /// The events come back, and how many bytes were cut.
    ///
    /// # Errors
    /// [`RecordError::BadLine`] where a line does not follow from the one
    /// before; nothing is changed then.
    pub(super) fn open(
        disk: &dyn Disk,
        path: &Path,
        reader: &RecordReader,
    ) -> Result<(Self, Vec<Record>, u64), RecordError> {
        let mut lines = reader.records()?;
        let records: Vec<Record> = lines.by_ref().collect::<Result<_, _>>()?;
        let (whole, prev) = lines.end();
        let size = fs::metadata(path)
            .map_err(|e| RecordError::io("read", path, e))?
            .len();
        let log = Self {
            file: LineFile::open(disk, path, whole)?,
            prev: prev.to_owned(),
            seq: records.last().map_or(0, |r| r.seq),
            at: records.last().map_or(SessionTime(0), |r| r.at),
        };
        Ok((log, records, size.saturating_sub(whole)))
    }

    /// Adds one event; returns its sequence number. After an error the log
    /// is as it was before.
    pub(super) fn append(
        &mut self,
        at: SessionTime,
        event: &Event,
        sync: bool,
    ) -> Result<u64, RecordError> {
        if at < self.at {
            return Err(RecordError::ClockBack {
                found_ms: at.millis(),
                last_ms: self.at.millis(),
            });
        }
        let seq = self.seq + 1;
        let unstorable = |e: serde_json::Error| RecordError::Unstorable {
            what: e.to_string(),
        };
        let mut line = serde_json::to_vec(&LineOut {
            seq,
            at,
            prev: &self.prev,
            event,
        })
        .map_err(unstorable)?;
        // A NaN is written as `null` and would make the whole log unreadable
        // from here on; better that its sender hears of it now.
        serde_json::from_slice::<Line>(&line).map_err(unstorable)?;
        let hash = sha256_hex(&line);
        line.push(b'\n');
        self.file.append(&line, sync)?;
        self.prev = hash;
        self.seq = seq;
        self.at = at;
        Ok(seq)
    }

    pub(super) fn sync(&mut self) -> Result<(), RecordError> {
        self.file.sync()
    }

    /// Number of events, SHA-256 of the last line, time of the last event.
    pub(super) fn tip(&self) -> (u64, &str, SessionTime) {
        (self.seq, &self.prev, self.at)
    }
}
