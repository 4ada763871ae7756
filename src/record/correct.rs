//! Corrections: what a candidate says that was really said, beside what the
//! recogniser heard. A correction is an annex; log, word times and sealed
//! documents stay as they are, and no score moves with it.

use super::annex::{Annex, Annexes, kind};
use super::error::RecordError;
use super::hold::{sound, text};
use super::key::Trust;
use super::log::sha256_hex;
use super::reader::RecordReader;
use super::sessions::sessions_dir;
use super::verify::{Findings, Problem, ProblemKind};
use crate::event::{Event, Input, Utterance, UtteranceId};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// How a correction begins where it is shown beside what was recognised.
pub const BESIDE: &str = "[corrected by ";

/// Letters that a corrected text may have at most.
const MOST_TEXT: usize = 10_000;

/// A correction that stands.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The id of the annex that states it.
    pub id: String,
    /// The utterance that is corrected.
    pub utterance: UtteranceId,
    /// What was recognised or typed, as the log has it.
    pub original: String,
    /// What was said instead.
    pub text: String,
    /// Who stated it.
    pub by: String,
    /// Why, if a reason was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When, in milliseconds since 1970 (UTC).
    pub at_unix_ms: i64,
}

/// The corrections that stand among these annexes, by utterance. Of several
/// about one utterance the last stands; one that was withdrawn does not.
pub fn corrections(annexes: &[Annex]) -> Vec<Correction> {
    let mut standing: BTreeMap<UtteranceId, Correction> = BTreeMap::new();
    for annex in annexes.iter().filter(|a| a.kind == kind::CORRECTION) {
        let Some(utterance) = utterance_of(annex) else {
            continue;
        };
        match of_annex(annex) {
            Some(correction) => _ = standing.insert(utterance, correction),
            None => _ = standing.remove(&utterance),
        }
    }
    standing.into_values().collect()
}

/// All corrections that were ever stated among these annexes, oldest first,
/// those too that do not stand any more.
pub(super) fn every_correction(annexes: &[Annex]) -> Vec<Correction> {
    annexes.iter().filter_map(of_annex).collect()
}

/// What an annex corrects; nothing if it withdraws, or is of another kind.
fn of_annex(annex: &Annex) -> Option<Correction> {
    let corrected = annex.body.get("text").and_then(|t| t.as_str())?;
    (annex.kind == kind::CORRECTION).then_some(())?;
    Some(Correction {
        id: annex.id.clone(),
        utterance: utterance_of(annex)?,
        original: text(annex, "original"),
        text: corrected.to_owned(),
        by: annex.by.clone(),
        why: Some(text(annex, "why")).filter(|why| !why.is_empty()),
        at_unix_ms: annex.at_unix_ms,
    })
}

/// The corrections of the record in `dir`, where it is one of the data
/// folder's own, and what is wrong with its annexes: one may be missing then. A redacted copy has none, because a correction may say what
/// the copy hides.
///
/// # Errors
/// If the annexes cannot be listed.
pub fn corrections_of(
    data_dir: &Path,
    dir: &Path,
    trust: &Trust,
) -> Result<(Vec<Correction>, Vec<Problem>), RecordError> {
    let none = || Ok((Vec::new(), Vec::new()));
    let own = |id: &str| sessions_dir(data_dir).join(id).canonicalize().ok();
    let Ok(dir) = dir.canonicalize() else {
        return none();
    };
    let id = dir.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    if super::check_id(id).is_err() || own(id).as_ref() != Some(&dir) {
        return none();
    }
    let listed = Annexes::open(data_dir, id)?.list(trust)?;
    Ok((corrections(&listed.annexes), listed.problems))
}

/// Corrects one utterance of a sealed record; an earlier correction of it
/// does not stand any more, but stays among the annexes.
///
/// # Errors
/// [`RecordError::Refused`] where the record is not sealed, has no such
/// utterance, the text is empty, too long, or says what the log says already;
/// where the annexes are damaged; failures of the disk.
pub fn correct(
    annexes: &Annexes,
    record: &Path,
    utterance: UtteranceId,
    corrected: &str,
    (by, why): (&str, Option<&str>),
    now_unix_ms: i64,
) -> Result<Annex, RecordError> {
    let corrected = corrected.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = find(record, utterance)?;
    if corrected.is_empty() {
        return refuse("The corrected text is empty: say what was said instead".into());
    }
    let letters = corrected.chars().count();
    if letters > MOST_TEXT {
        return refuse(format!(
            "The corrected text is too long: found {letters} letters, expected at most {MOST_TEXT}"
        ));
    }
    if corrected == said.text.trim() {
        return refuse(format!(
            "Utterance {utterance} says that already; to take a correction back, withdraw it"
        ));
    }
    let body = json!({
        "utterance": utterance,
        "original": said.text,
        "original_sha256": sha256_hex(said.text.as_bytes()),
        "text": corrected,
        "why": why,
    });
    annexes.append(kind::CORRECTION, by, body, now_unix_ms)
}

/// Withdraws the correction of an utterance that stands.
///
/// # Errors
/// [`RecordError::Refused`] if none stands, or the annexes are damaged;
/// failures of the disk.
pub fn withdraw(
    annexes: &Annexes,
    trust: &Trust,
    utterance: UtteranceId,
    (by, why): (&str, Option<&str>),
    now_unix_ms: i64,
) -> Result<Annex, RecordError> {
    let locked = annexes.lock()?;
    let standing = corrections(&sound(annexes, trust)?.annexes);
    let Some(found) = standing.iter().find(|c| c.utterance == utterance) else {
        return refuse(format!(
            "No correction of utterance {utterance} stands in session {}",
            annexes.session()
        ));
    };
    let body = json!({"utterance": utterance, "withdraws": found.id, "why": why});
    annexes.append_locked(&locked, kind::CORRECTION, by, body, now_unix_ms)
}

/// What was said in a sealed record, in the order of the log.
///
/// # Errors
/// [`RecordError::Refused`] where it is not sealed; where it cannot be read.
pub fn utterances(record: &Path) -> Result<Vec<Utterance>, RecordError> {
    let reader = RecordReader::open(record)?;
    if !reader.is_complete() {
        return refuse(format!(
            "Session {} is not sealed yet: corrections stand beside a finished record",
            reader.head().session
        ));
    }
    let mut out = Vec::new();
    for record in reader.records()? {
        if let Event::Input {
            input: Input::Utterance(utterance),
        } = record?.event
        {
            out.push(utterance);
        }
    }
    Ok(out)
}

fn find(record: &Path, utterance: UtteranceId) -> Result<Utterance, RecordError> {
    let all = utterances(record)?;
    let last = all.len();
    match all.into_iter().find(|u| u.id == utterance) {
        Some(found) => Ok(found),
        None => refuse(format!(
            "There is no utterance {utterance} in this record: {}",
            match last {
                0 => "nothing was said".to_owned(),
                n => format!("it has {n}; `viva sessions correct ID` lists them"),
            }
        )),
    }
}

fn refuse<T>(what: String) -> Result<T, RecordError> {
    Err(RecordError::Refused { what })
}

fn utterance_of(annex: &Annex) -> Option<UtteranceId> {
    annex
        .body
        .get("utterance")?
        .as_u64()
        .and_then(|id| UtteranceId::try_from(id).ok())
}

/// What is wrong with corrections: those that are malformed, and, where the
/// record is still there, those whose original is not what its log says.
pub(super) fn check(record: &Path, annexes: &[Annex]) -> Vec<Problem> {
    let mut wrong = Findings::default();
    let stated = annexes.iter().filter(|a| a.kind == kind::CORRECTION);
    let stated: Vec<&Annex> = stated.collect();
    if stated.is_empty() {
        return Vec::new();
    }
    // A record that cannot be read is blamed elsewhere.
    let said: Option<BTreeMap<UtteranceId, String>> = utterances(record)
        .ok()
        .map(|all| all.into_iter().map(|u| (u.id, u.text)).collect());
    for (i, annex) in stated.iter().enumerate() {
        let mut blame = |detail: String| {
            let place = format!("annexes/{}", annex.file_name());
            wrong.add(ProblemKind::Inconsistent, place, detail);
        };
        let Some(utterance) = utterance_of(annex) else {
            blame("names no utterance".into());
            continue;
        };
        if annex.body.get("text").is_none() {
            let withdrawn = text(annex, "withdraws");
            if !stated[..i].iter().any(|a| a.id == withdrawn) {
                blame("neither corrects nor withdraws anything".into());
            }
            continue;
        }
        let original = text(annex, "original");
        if sha256_hex(original.as_bytes()) != text(annex, "original_sha256") {
            blame("its original text is not the one that it names by hash".into());
        } else if let Some(said) = &said
            && said.get(&utterance) != Some(&original)
        {
            blame(format!(
                "utterance {utterance} of the log says something else"
            ));
        }
    }
    wrong.into_vec()
}
