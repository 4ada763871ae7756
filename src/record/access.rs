//! The access log: who read which record, when and why. A read is on it,
//! flushed, before the record is opened; what cannot be logged is not read.
//! The format is defined in the module documentation of [`crate::record`].

mod check;

use super::disk::{
    LineFile, RealDisk, lock_file, private_dirs, private_file, read_json, replace_whole, sync_dir,
};
use super::erase::named_in;
use super::error::RecordError;
use super::head::check_id;
use super::key::{SealKey, Trust, keys_dir};
use super::log::sha256_hex;
use super::manifest::KeyEntry;
use super::reader::read_head;
use super::redact::read_link;
use super::sessions::sessions_dir;
use super::signed;
use super::verify::Problem;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const LOG: &str = "access.jsonl";
const TIP: &str = "access.tip.json";
const LOCK: &str = "access.lock";

/// Letters that a name may have at most, and a reason.
const MOST_NAME: usize = 200;
const MOST_WHY: usize = 1_000;

/// Where the record that was read lies.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Among the data folder's own sessions.
    Data,
    /// It is a redacted copy of the session.
    Redacted,
    /// In some other folder.
    Elsewhere,
}

/// One read, as it stands in its line.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Its number, from 1 without holes.
    pub seq: u64,
    /// When, in milliseconds since 1970 (UTC).
    pub at_unix_ms: i64,
    /// Who.
    pub by: String,
    /// What for: the command (`replay`, `report`, `export` ...).
    pub action: String,
    /// Ids of the sessions whose records were opened. None where a folder
    /// does not tell which session it holds.
    pub sessions: Vec<String>,
    /// Where they lie.
    pub place: Place,
    /// Why, if a reason was given.
    pub why: Option<String>,
    /// Name and version of the program.
    pub program: String,
    /// SHA-256 of the line before, without its newline; none in the first.
    pub prev: Option<String>,
    /// The key that signed.
    pub key: KeyEntry,
    /// Ed25519 signature in hex over the canonical form of all the above.
    pub signature: String,
}

/// How far the log goes, kept beside it, so that a missing end shows.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Tip {
    format: u32,
    /// Number of lines.
    count: u64,
    /// Where the last one begins, in bytes.
    start: u64,
    /// Length of the log in bytes.
    bytes: u64,
    /// SHA-256 of the last line, without its newline.
    last: String,
    key: KeyEntry,
    signature: String,
}

const FORMAT: u32 = 1;

/// Who reads, and why.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Who.
    pub by: &'a str,
    /// Why, if a reason is given. It stays when the record is erased, so it
    /// must not name the person concerned.
    pub why: Option<&'a str>,
}

/// What the access log says, and everything that is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// The lines that hold by themselves, in order.
    pub entries: Vec<Access>,
    /// What is wrong, in the order of the lines.
    pub problems: Vec<Problem>,
}

/// Logs that the records in these folders are about to be read for `action`.
/// Call it before anything of them is shown.
///
/// # Errors
/// [`RecordError::Unlogged`] if the log cannot be written or is damaged at
/// its end, [`RecordError::Refused`] for a reason that names a candidate.
/// The records must not be read then.
pub fn note(
    data_dir: &Path,
    dirs: &[&Path],
    action: &str,
    reader: Reader<'_>,
    now_unix_ms: i64,
) -> Result<(), RecordError> {
    let mut groups: [(Place, Vec<String>, bool); 3] = [
        (Place::Data, Vec::new(), false),
        (Place::Redacted, Vec::new(), false),
        (Place::Elsewhere, Vec::new(), false),
    ];
    for dir in dirs {
        if let (Some(why), Ok((head, _))) = (reader.why, read_head(dir))
            && let Some(name) = named_in(&head.candidate, why)
        {
            return Err(RecordError::Refused {
                what: format!(
                    "The reason names the candidate ({name}), and the access log stays when a \
                     record is erased: say it without the name"
                ),
            });
        }
        let (place, session) = identify(data_dir, dir);
        let group = &mut groups[place as usize];
        group.2 = true;
        group.1.extend(session);
    }
    for (place, mut sessions, used) in groups {
        sessions.sort();
        sessions.dedup();
        if used {
            append(data_dir, action, sessions, place, reader, now_unix_ms).map_err(|source| {
                RecordError::Unlogged {
                    path: data_dir.join(LOG),
                    source: Box::new(source),
                }
            })?;
        }
    }
    Ok(())
}

/// Reads the whole log and checks each line, the chain and the tip. A log
/// that does not exist has no entries.
///
/// # Errors
/// If the files are there and cannot be read.
pub fn accesses(data_dir: &Path, trust: &Trust) -> Result<Accesses, RecordError> {
    // Who may only read the folder reads without a lock.
    let lock = File::open(data_dir.join(LOCK)).ok();
    if let Some(lock) = &lock {
        lock.lock_shared()
            .map_err(|e| RecordError::io("lock", &data_dir.join(LOCK), e))?;
    }
    check::read(data_dir, trust)
}

/// Where a record lies, and of which session it is.
fn identify(data_dir: &Path, dir: &Path) -> (Place, Option<String>) {
    let plain = |id: &String| check_id(id).is_ok();
    if dir.join(super::redact::LINK).exists() {
        let link = read_link(dir).ok().flatten();
        return (Place::Redacted, link.map(|l| l.session).filter(plain));
    }
    let whole = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let name = whole.file_name().map(|n| n.to_string_lossy().into_owned());
    let own = sessions_dir(data_dir).canonicalize().ok();
    let place = match (own, whole.parent()) {
        (Some(own), Some(parent)) if own == parent => Place::Data,
        _ => Place::Elsewhere,
    };
    // A damaged head must not keep a read off the log.
    let head = || read_head(dir).ok().map(|(head, _)| head.session);
    let session = name.filter(plain).or_else(head).filter(plain);
    (place, session)
}

fn append(
    data_dir: &Path,
    action: &str,
    sessions: Vec<String>,
    place: Place,
    reader: Reader<'_>,
    now_unix_ms: i64,
) -> Result<Access, RecordError> {
    private_dirs(true)
        .create(data_dir)
        .map_err(|e| RecordError::io("create", data_dir, e))?;
    let _lock = lock_file(&data_dir.join(LOCK))?;
    let key = SealKey::open_or_make(&keys_dir(data_dir))?;
    let end = End::find(data_dir)?;
    if end.ahead {
        // A writer was killed before it could count its line: never more
        // than one stands behind the tip.
        end.write_tip(data_dir, &key)?;
    }
    let mut access = Access {
        seq: end.count + 1,
        at_unix_ms: now_unix_ms,
        by: cut(reader.by, MOST_NAME),
        action: action.to_owned(),
        sessions,
        place,
        why: reader.why.map(|why| cut(why, MOST_WHY)),
        program: crate::PROGRAM.to_owned(),
        prev: Some(end.last.clone()).filter(|last| !last.is_empty()),
        key: KeyEntry::default(),
        signature: String::new(),
    };
    let line = signed::seal(&mut access, &key)?;
    let path = data_dir.join(LOG);
    if !path.exists() {
        private_file()
            .create_new(true)
            .open(&path)
            .map_err(|e| RecordError::io("create", &path, e))?;
        sync_dir(data_dir)?;
    }
    // What stands behind the last whole line was never acknowledged.
    LineFile::open(&RealDisk, &path, end.bytes)?.append(&line, true)?;
    let end = End {
        count: access.seq,
        start: end.bytes,
        bytes: end.bytes + line.len() as u64,
        last: hash_of(&line),
        ahead: false,
    };
    end.write_tip(data_dir, &key)?;
    Ok(access)
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The log's end, as far as it was acknowledged.
struct End {
    count: u64,
    start: u64,
    bytes: u64,
    /// Hash of the last line; empty where there is none.
    last: String,
    /// Whether a whole line stands behind the tip.
    ahead: bool,
}

impl End {
    /// Looks at the tip and at what is behind it: the time does not grow
    /// with the log.
    fn find(data_dir: &Path) -> Result<Self, RecordError> {
        let path = data_dir.join(LOG);
        let tip: Option<Tip> = read_json(&data_dir.join(TIP))?;
        let damaged = |what: &str| RecordError::Refused {
            what: format!(
                "{} is damaged ({what}), and another line would cover that up; look at it with \
                 `viva sessions access --verify`, then move it and {TIP} to a safe place: a new \
                 log begins",
                path.display()
            ),
        };
        let mut end = match &tip {
            None => Self {
                count: 0,
                start: 0,
                bytes: 0,
                last: String::new(),
                ahead: false,
            },
            Some(tip) if signed::check(tip).is_err() => {
                return Err(damaged("its tip was changed"));
            }
            Some(tip) => Self {
                count: tip.count,
                start: tip.start,
                bytes: tip.bytes,
                last: tip.last.clone(),
                ahead: false,
            },
        };
        let rest = match read_from(&path, end.start) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|e| RecordError::io("read", &path, e))?,
        };
        let mut lines = whole_lines(&rest);
        if end.count > 0 {
            let counted = lines.next();
            if counted.is_none_or(|line| hash_of(line) != end.last) {
                return Err(damaged("the last line that was counted is not there"));
            }
        }
        for line in lines {
            let (access, canonical) = signed::parse::<Access>(line);
            let follows = access.as_ref().is_ok_and(|a| {
                canonical
                    && a.seq == end.count + 1
                    && a.prev.as_deref().unwrap_or_default() == end.last
                    && signed::check(a).is_ok()
            });
            if end.ahead || !follows {
                return Err(damaged("what stands behind its tip does not follow"));
            }
            end = Self {
                count: end.count + 1,
                start: end.bytes,
                bytes: end.bytes + line.len() as u64,
                last: hash_of(line),
                ahead: true,
            };
        }
        Ok(end)
    }

    fn write_tip(&self, data_dir: &Path, key: &SealKey) -> Result<(), RecordError> {
        let mut tip = Tip {
            format: FORMAT,
            count: self.count,
            start: self.start,
            bytes: self.bytes,
            last: self.last.clone(),
            key: KeyEntry::default(),
            signature: String::new(),
        };
        let bytes = signed::seal(&mut tip, key)?;
        replace_whole(data_dir, TIP, &bytes)
    }
}

fn read_from(path: &Path, start: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The lines that end, with their newlines.
fn whole_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split_inclusive(|b| *b == b'\n')
        .filter(|line| line.ends_with(b"\n"))
}

/// SHA-256 of a line without its newline.
fn hash_of(line: &[u8]) -> String {
    sha256_hex(line.strip_suffix(b"\n").unwrap_or(line))
}

/// The bytes of a file; none if there is no such file.
fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, RecordError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(RecordError::io("read", path, e)),
    }
}
