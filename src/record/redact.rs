//! Redaction: a copy of a sealed record in which stretches are replaced by a
//! tone and their words by bars, for whoever may know the rest. The original
//! is never touched; an annex of it names the copy.
//!
//! The copy lies in `DATA/redactions/<id>/<ulid>/` and is itself a record in
//! the format of [`crate::record`], with its own chains, manifest and
//! signature, and one more file: `redaction.json`, a [`Link`]. Its head has
//! no set-up (job, résumé, rubric), and its documents are the texts among the
//! original's, with bars; what cannot be barred is left out and named.
//!
//! What is barred: on the candidate's side the words themselves, by their
//! times; on the recruiter's side the words in the text, but the whole line
//! in the sound, because no times of its words are kept. Both channels get
//! the tone. A bar has always the same length, however many words it covers.
//! Words that the recogniser misheard are not found by their spelling: hear
//! the copy before you hand it out, and add spans.

mod check;
mod clean;
mod log;
mod rules;
mod spans;
mod tone;

pub use check::verify_redaction;
pub use rules::{Rules, hide_name};
pub use spans::{Span, parse_span};

use self::clean::Cleaner;
use super::annex::{Annex, Annexes, kind};
use super::correct::every_correction;
use super::disk::{RealDisk, private_dirs, read_json, sync_dir, write_whole};
use super::error::RecordError;
use super::head::{Head, new_session_id};
use super::hold::sound;
use super::key::{SealKey, Trust, keys_dir};
use super::log::{LogWriter, sha256_hex};
use super::manifest::{Ends, EventsEnd, describe, hash_file};
use super::reader::RecordReader;
use super::sessions::sessions_dir;
use super::verify::verify;
use super::{DOCUMENTS, EVENTS, HEAD, MANIFEST, redactions_dir};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The file that makes a record a redacted copy.
pub(super) const LINK: &str = "redaction.json";

/// What stands in a text instead of words.
pub const BAR: &str = "█████";

/// What is to be taken out, by whom and why.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Which words.
    pub rules: Rules,
    /// Which stretches of the recording.
    pub spans: Vec<Span>,
    /// So many milliseconds before and after each word get the tone, too.
    pub margin_ms: u64,
    /// Who redacts.
    pub by: &'a str,
    /// Why.
    pub why: &'a str,
    /// A folder for the copy, instead of the data folder's own.
    pub out: Option<&'a Path>,
}

/// `redaction.json`: where the copy comes from and what was done to it. The
/// words that were looked for are not in it; they stand in the annex.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Version of this file's format, now 1.
    pub format: u32,
    /// The copy's own id, a ULID.
    pub redaction: String,
    /// The original's session.
    pub session: String,
    /// SHA-256 of the original's `manifest.json`.
    pub manifest: String,
    /// When, in milliseconds since 1970 (UTC).
    pub at_unix_ms: i64,
    /// Who redacted.
    pub by: String,
    /// Why.
    pub why: String,
    /// Number of words and phrases that were looked for.
    pub words: usize,
    /// Whether the candidate's name was.
    pub names: bool,
    /// Whether numbers were.
    pub numbers: bool,
    /// Stretches that were named by their times.
    pub given: Vec<Span>,
    /// Margin around words, in milliseconds.
    pub margin_ms: u64,
    /// Stretches that hold the tone, in samples: first, and first after it.
    pub tones: Vec<(u64, u64)>,
    /// Files and parts of the original that the copy does not have.
    pub left_out: Vec<String>,
}

/// A redacted copy that was made.
#[derive(Serialize, Clone, Debug)]
pub struct Redacted {
    /// Its folder.
    pub dir: PathBuf,
    /// Its link to the original.
    pub link: Link,
    /// Seconds of tone, rounded up.
    pub tone_s: u64,
    /// Words and lines that became bars.
    pub bars: usize,
    /// The annex of the original that names it.
    pub annex: Annex,
}

/// Makes a redacted copy of a session's record.
///
/// # Errors
/// [`RecordError::Refused`] where the record is not sealed or not whole,
/// where a word is never said, a span lies outside the recording, or nothing
/// is asked for; failures of the disk. Nothing is left behind then, unless
/// the annex alone failed.
pub fn redact(
    data_dir: &Path,
    session: &str,
    request: &Request<'_>,
    trust: &Trust,
    now_unix_ms: i64,
) -> Result<Redacted, RecordError> {
    let annexes = Annexes::open(data_dir, session)?;
    let dir = sessions_dir(data_dir).join(session);
    let reader = RecordReader::open(&dir)?;
    let Some(manifest) = reader.manifest() else {
        return refuse(format!("Session {session} is not sealed yet"));
    };
    let problems = verify(&dir, trust);
    if let Some(first) = problems.first() {
        return refuse(format!(
            "Session {session} is not whole, so nothing is derived from it: {}, {}",
            first.place, first.detail
        ));
    }
    let records = reader.records()?.collect::<Result<Vec<_>, _>>()?;
    let samples = manifest.audio.as_ref().map_or(0, |a| a.samples);
    spans::check(&request.spans, samples)?;
    let rules = request
        .rules
        .clone()
        .with_candidate(&reader.head().candidate);
    if rules.is_empty() && request.spans.is_empty() {
        return refuse("Nothing to redact: name words, spans, names or numbers".into());
    }
    let stated = sound(&annexes, &Trust::Any)?;
    // Those that do not stand any more say what was said as well.
    let corrections = every_correction(&stated.annexes);
    let found = log::find(&records, &corrections, &rules, &request.spans);
    if let Some(never) = rules.never_said(&found.said) {
        return refuse(format!(
            "Never said in session {session}: {never}. Spelling as in the transcript; where it \
             was misheard, name the span"
        ));
    }
    let tones = spans::tones(&found.barred, &request.spans, request.margin_ms, samples);
    let cleaner = Cleaner::new(rules, &found, &tones);

    let id = new_session_id(now_unix_ms)?;
    let home = match request.out {
        Some(out) => out.parent().unwrap_or_else(|| Path::new(".")).to_path_buf(),
        None => redactions_dir(data_dir).join(session),
    };
    let target = request
        .out
        .map_or_else(|| home.join(&id), Path::to_path_buf);
    if target.exists() {
        return refuse(format!(
            "{} is there already; a redacted copy is never written over anything",
            target.display()
        ));
    }
    let home = if home.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        home
    };
    private_dirs(true)
        .create(&home)
        .map_err(|e| RecordError::io("create", &home, e))?;
    let part = home.join(format!(".{id}.part"));
    private_dirs(false)
        .create(&part)
        .map_err(|e| RecordError::io("create", &part, e))?;
    let mut link = Link {
        format: 1,
        redaction: id,
        session: session.to_owned(),
        manifest: hash_file(&dir.join(MANIFEST))?.1,
        at_unix_ms: now_unix_ms,
        by: request.by.to_owned(),
        why: request.why.to_owned(),
        words: request.rules.words(),
        names: request.rules.names(),
        numbers: request.rules.numbers(),
        given: request.spans.clone(),
        margin_ms: request.margin_ms,
        tones,
        left_out: vec!["head.json: setup".to_owned()],
    };
    match corrections.len() {
        0 => {}
        1 => link.left_out.push("annexes: 1 correction".to_owned()),
        n => link.left_out.push(format!("annexes: {n} corrections")),
    }
    let written = write(
        data_dir, &reader, records, &found, &cleaner, &mut link, &part,
    )
    .and_then(|()| fs::rename(&part, &target).map_err(|e| RecordError::io("rename", &target, e)))
    .and_then(|()| sync_dir(&home));
    if let Err(error) = written {
        // It is nobody's yet.
        let _ = fs::remove_dir_all(&part);
        return Err(error);
    }
    let body = json!({
        "redaction": link.redaction,
        "manifest": hash_file(&target.join(MANIFEST))?.1,
        "place": if request.out.is_some() { "elsewhere" } else { "data" },
        "words": request.rules.spelled(),
        "names": link.names,
        "numbers": link.numbers,
        "spans": link.given,
        "margin_ms": link.margin_ms,
        "why": link.why,
    });
    let annex = annexes.append(kind::REDACTION, request.by, body, now_unix_ms)?;
    let tone: u64 = link.tones.iter().map(|(from, to)| to - from).sum();
    Ok(Redacted {
        dir: target,
        tone_s: tone.div_ceil(u64::from(super::RATE)),
        bars: found.bars,
        link,
        annex,
    })
}

fn refuse<T>(what: String) -> Result<T, RecordError> {
    Err(RecordError::Refused { what })
}

fn write(
    data_dir: &Path,
    reader: &RecordReader,
    records: Vec<crate::event::Record>,
    found: &log::Found,
    cleaner: &Cleaner,
    link: &mut Link,
    to: &Path,
) -> Result<(), RecordError> {
    let unstorable = |e: serde_json::Error| RecordError::Unstorable {
        what: e.to_string(),
    };
    let of = reader.head();
    let head = Head {
        candidate: cleaner.words(&of.candidate),
        position: cleaner.words(&of.position),
        company: of.company.as_deref().map(|c| cleaner.words(c)),
        setup: serde_json::Value::Null,
        ..of.clone()
    };
    let head = serde_json::to_vec_pretty(&head).map_err(unstorable)?;
    write_whole(&RealDisk, to, HEAD, &head)?;

    let mut writer = LogWriter::create(&RealDisk, &to.join(EVENTS), sha256_hex(&head))?;
    for record in records {
        let event = log::redacted(record.event, found, cleaner)?;
        writer.append(record.at, &event, false)?;
    }
    writer.sync()?;
    let (count, last, at) = writer.tip();
    let events = EventsEnd {
        count,
        last: last.to_owned(),
        ended_ms: at.millis(),
    };
    let head_hash = Sha256::digest(&head).into();
    let (audio_samples, audio_chain) = match reader.wav_path() {
        Some(wav) => tone::copy(&wav, to, head_hash, &link.tones)?,
        None => (0, head_hash),
    };
    for name in reader.documents()? {
        let path = reader.dir().join(DOCUMENTS).join(&name);
        let bytes = fs::read(&path).map_err(|e| RecordError::io("read", &path, e))?;
        let Some(clean) = cleaner.document(&name, &bytes) else {
            link.left_out.push(format!("{DOCUMENTS}/{name}"));
            continue;
        };
        let folder = to.join(DOCUMENTS);
        fs::create_dir_all(&folder).map_err(|e| RecordError::io("create", &folder, e))?;
        write_whole(&RealDisk, &folder, &name, &clean)?;
    }
    let mut bytes = serde_json::to_vec_pretty(link).map_err(unstorable)?;
    bytes.push(b'\n');
    write_whole(&RealDisk, to, LINK, &bytes)?;
    let ends = Ends {
        session: of.session.clone(),
        program: crate::PROGRAM.to_owned(),
        events,
        audio_samples,
        audio_chain,
    };
    let mut manifest = describe(to, ends)?;
    manifest.seal(&SealKey::open_or_make(&keys_dir(data_dir))?)?;
    write_whole(&RealDisk, to, MANIFEST, &manifest.to_bytes()?)
}

/// The link of a redacted copy; none if the folder holds no such thing.
///
/// # Errors
/// [`RecordError::BadLine`] if it cannot be read as one.
pub fn read_link(dir: &Path) -> Result<Option<Link>, RecordError> {
    read_json(&dir.join(LINK))
}

/// The folder of a redacted copy by its own id, if the data folder has it.
pub fn locate_redaction(data_dir: &Path, id: &str) -> Option<PathBuf> {
    super::check_id(id).ok()?;
    let mut sessions: Vec<PathBuf> = fs::read_dir(redactions_dir(data_dir))
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join(id)))
        .filter(|dir| dir.is_dir())
        .collect();
    sessions.sort();
    sessions.into_iter().next()
}
