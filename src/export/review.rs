//! The reviewer's archive: the complete record as it is, what was stated
//! about it, and a page that plays it from disk.

use super::ExportError;
use super::archive::Archive;
use super::outline::outline;
use super::page::{data, moment};
use crate::interview::score::Similarity;
use crate::record::{
    Annexes, Problem, Trust, corrections, list_files, locate, locate_redaction, read_link,
    sessions_dir, verify, verify_redaction,
};
use crate::replay::rederive;
use crate::report::markup::escape;
use crate::report::review::{Review, stated};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const PAGE: &str = include_str!("../../assets/review/page.html");
const STYLE: &str = include_str!("../../assets/review/style.css");
const SCRIPT: &str = include_str!("../../assets/review/player.js");

/// What was checked when the archive was made.
#[derive(Serialize, Clone, Debug)]
pub struct Checked {
    /// When, in milliseconds since 1970 (UTC).
    pub at_unix_ms: i64,
    /// By which program.
    pub program: &'static str,
    /// The key that sealed the record, if it is sealed.
    pub key: Option<String>,
    /// Its public half in hex: what a later check can trust.
    pub public_key: Option<String>,
    /// Whether nothing is wrong.
    pub whole: bool,
    /// Whether outputs and documents follow from the recorded inputs; none
    /// where that cannot be tried (a redacted copy, an unfinished record).
    pub follows: Option<bool>,
    /// What was looked at, for people.
    pub looked_at: Vec<String>,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// Where the derivation parts from the record.
    pub differences: Vec<String>,
}

/// An archive that was made.
#[derive(Serialize, Clone, Debug)]
pub struct Made {
    /// The file.
    pub file: PathBuf,
    /// Files in it.
    pub files: usize,
    /// What was found about the record.
    pub checked: Checked,
}

/// What scored the documents of the record in a folder, where it is at hand.
pub type Scorer<'a> = &'a dyn Fn(&Path) -> Option<Arc<dyn Similarity + Send + Sync>>;

/// Writes the archive of one record, or of one redacted copy, to `out`. Its
/// documents are derived again by what `scorer` gives.
///
/// # Errors
/// [`ExportError::Refused`] for a session that is being written; where there
/// is no such record, or the archive cannot be written. A damaged record is
/// handed out all the same: the page says what is wrong.
pub fn export(
    data_dir: &Path,
    record: &str,
    out: &Path,
    trust: &Trust,
    scorer: Scorer<'_>,
    now_unix_ms: i64,
) -> Result<Made, ExportError> {
    let dir = find(data_dir, record)?;
    let mut view = Review::open(&dir)?;
    if view.reader.is_being_written() {
        return Err(ExportError::Refused(format!(
            "Session {} is being written; wait for its end",
            view.reader.head().session
        )));
    }
    let session = view.reader.head().session.clone();
    let link = read_link(&dir).ok().flatten();
    // Statements about the original may say what a copy hides.
    let annexes = match link {
        None if in_place(data_dir, &dir, &session) => Some(Annexes::open(data_dir, &session)?),
        _ => None,
    };
    let listed = annexes.as_ref().map(|a| a.list(trust)).transpose()?;
    let mut checked = check(data_dir, &dir, &view, trust, scorer, now_unix_ms)?;
    if let (Some(annexes), Some(listed)) = (&annexes, &listed) {
        let wrong = annexes.verify(trust);
        checked.whole &= wrong.is_empty();
        checked.problems.extend(wrong);
        view.corrections = corrections(&listed.annexes);
        if !listed.annexes.is_empty() {
            let line = match listed.annexes.len() {
                1 => "1 statement made after the seal".to_owned(),
                n => format!("{n} statements made after the seal"),
            };
            checked.looked_at.push(line);
        }
    }
    let stated = listed.map_or_else(Vec::new, |l| stated(&l.annexes));

    let mut archive = Archive::create(out)?;
    archive.add("README.txt", readme(&view, &checked).as_bytes())?;
    let page = page(&view, &checked, &stated, link.is_some());
    archive.add("index.html", page.as_bytes())?;
    let json = serde_json::to_vec_pretty(&checked).unwrap_or_default();
    archive.add("checked.json", &json)?;
    if let Some(key) = &checked.public_key {
        archive.add("public-key.txt", format!("{key}\n").as_bytes())?;
    }
    for name in files_of(&dir)? {
        archive.copy(&format!("record/{name}"), &dir.join(&name))?;
    }
    if let Some(annexes) = annexes.filter(|a| a.dir().is_dir()) {
        for name in files_of(annexes.dir())? {
            archive.copy(&format!("annexes/{name}"), &annexes.dir().join(&name))?;
        }
    }
    Ok(Made {
        file: out.to_path_buf(),
        files: archive.finish()?,
        checked,
    })
}

/// The folder of the record, or of the redacted copy, of this name.
///
/// # Errors
/// If there is neither.
pub fn find(data_dir: &Path, record: &str) -> Result<PathBuf, ExportError> {
    match locate(data_dir, record) {
        Ok(dir) => Ok(dir),
        Err(error) => Ok(locate_redaction(data_dir, record).ok_or(error)?),
    }
}

/// Whether the record lies where annexes are kept for it.
fn in_place(data_dir: &Path, dir: &Path, session: &str) -> bool {
    let own = sessions_dir(data_dir).join(session).canonicalize();
    own.is_ok_and(|own| dir.canonicalize().is_ok_and(|dir| dir == own))
}

/// Files of a folder, sorted; what only serves a writer is left out.
fn files_of(dir: &Path) -> Result<Vec<String>, ExportError> {
    let mut names = list_files(dir)?;
    names.retain(|name| name != "lock" && !name.ends_with(".part"));
    Ok(names)
}

fn check(
    data_dir: &Path,
    dir: &Path,
    view: &Review,
    trust: &Trust,
    scorer: Scorer<'_>,
    now_unix_ms: i64,
) -> Result<Checked, ExportError> {
    let manifest = view.reader.manifest();
    let redacted = dir.join("redaction.json").exists();
    let mut looked_at = Vec::new();
    let problems = if redacted {
        let (problems, compared) = verify_redaction(data_dir, dir, trust)?;
        if compared {
            looked_at.push("the original: the sound differs in the tones only".to_owned());
        }
        problems
    } else {
        verify(dir, trust)
    };
    if let Some(m) = manifest {
        looked_at.extend(m.covers());
    }
    let derived = match redacted || manifest.is_none() {
        true => None,
        // A record whose set-up is of another program cannot be tried, and
        // neither can one whose scorer is not here.
        false => scorer(dir).and_then(|by| rederive(dir, by.as_ref()).ok()),
    };
    if let Some(derived) = &derived {
        looked_at.push(format!(
            "{} lines and {} documents, derived again from {} inputs",
            derived.outputs,
            derived.documents.len(),
            derived.inputs
        ));
    }
    let differences = derived.iter().flat_map(|d| &d.differences);
    Ok(Checked {
        at_unix_ms: now_unix_ms,
        program: crate::PROGRAM,
        key: manifest.map(|m| m.key.id.clone()),
        public_key: manifest.map(|m| m.key.public.clone()),
        whole: problems.is_empty(),
        follows: derived.as_ref().map(|d| d.follows()),
        looked_at,
        differences: differences.map(|d| d.place.clone()).collect(),
        problems,
    })
}

fn page(view: &Review, checked: &Checked, stated: &[Value], redacted: bool) -> String {
    let head = view.reader.head();
    let wav = view.reader.wav_path().is_some();
    let samples = view
        .reader
        .manifest()
        .and_then(|m| m.audio.as_ref())
        .map(|a| a.samples);
    let content = json!({
        "session": head.session,
        "candidate": head.candidate,
        "position": head.position,
        "company": head.company,
        "began": moment(head.began_unix_ms),
        "recorded_by": head.program,
        "redacted": redacted,
        "audio": wav.then_some("record/call.wav"),
        "audio_ms": samples.map(|s| s * 1000 / u64::from(crate::record::RATE)),
        "audio_began_ms": view.audio_began_ms(),
        "outline": view.reader.wav_path().and_then(|wav| outline(&wav).ok()),
        "gaps": view.gaps(),
        "turns": view.turns(),
        "questions": view.questions(true, true),
        "recommendation": view.report["recommendation"],
        "scores_sealed": view.sealed,
        "checked": checked,
        "checked_at": moment(checked.at_unix_ms),
        "stated": stated,
    });
    PAGE.replace("{{title}}", &escape(&format!("Interview {}", head.session)))
        .replace("{{style}}", STYLE)
        .replace("{{script}}", SCRIPT)
        // Last, so that nothing that was said is taken for a place.
        .replace("{{data}}", &data(&content))
}

fn readme(view: &Review, checked: &Checked) -> String {
    let head = view.reader.head();
    let found = match (checked.whole, checked.follows) {
        (false, _) => format!(
            "SOMETHING IS WRONG WITH THIS RECORD: {} problems, listed in checked.json.",
            checked.problems.len()
        ),
        (true, Some(false)) => {
            "The record is whole, but its documents do not follow from its log; \
                                checked.json says where."
                .to_owned()
        }
        (true, _) => "Nothing was wrong with the record.".to_owned(),
    };
    let key = checked.public_key.as_deref().unwrap_or("KEY");
    format!(
        "The record of one interview, for review\n\
         =======================================\n\n\
         Session {}, begun on {}.\n\
         Exported and checked on {} by {}. {found}\n\n\
         Unpack everything into one folder and open index.html in a browser: it plays\n\
         the recording with its transcript, scores and their evidence. It needs no\n\
         network and sends nothing.\n\n\
         index.html      the player\n\
         record/         the record, byte for byte\n\
         annexes/        what was stated about it after its seal, if anything was\n\
         checked.json    what was checked when this was exported, and what was found\n\
         public-key.txt  the key that the record is sealed with\n\n\
         The badge in the player tells what was found then. To check for yourself,\n\
         with a key that you have from its owner and not from this archive:\n\n\
         \x20   viva verify record --trust {key}\n\n\
         This archive holds personal data. Keep it no longer than you need it.\n",
        head.session,
        moment(head.began_unix_ms),
        moment(checked.at_unix_ms),
        checked.program,
    )
}
