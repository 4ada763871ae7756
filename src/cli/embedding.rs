//! The embedding model: opened where it is installed, fetched from where the
//! user says, listed and verified beside the speech models.

use crate::interview::score::{Lexical, Similarity};
use crate::meaning::Meaning;
use crate::meaning::installed::{self, Installed, NAME, NOTE};
use crate::report::RecordedSession;
use crate::speech::download::DownloadError;
use crate::speech::model;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// The installed model, if there is one that loads. One that does not is
/// named, and the words alone score.
pub(super) fn installed() -> Option<Arc<dyn Similarity + Send + Sync>> {
    let found = installed::find(&model::places())?;
    match Meaning::open(&found) {
        Ok(meaning) => Some(Arc::new(meaning)),
        Err(error) => {
            tracing::warn!(%error, "Scores are by words alone");
            None
        }
    }
}

/// What scored the sealed documents of a record: the words alone, or a model
/// that must be the very same here.
pub(super) fn that_scored(dir: &Path) -> anyhow::Result<Arc<dyn Similarity + Send + Sync>> {
    let name = match RecordedSession::scored_by(dir) {
        Some(name) if name != Lexical.name() => name,
        _ => return Ok(Arc::new(Lexical)),
    };
    let here = installed();
    let found = here.as_ref().map_or("none", |model| model.name());
    if found != name {
        bail!(
            "{} was scored by {name}; found {found} here, expected the same model \
             (viva models get {NAME} --mirror FOLDER-OR-URL)",
            dir.display()
        );
    }
    here.context("The model is gone")
}

/// The model in `folder`, else the installed one.
pub(super) fn open(folder: Option<&Path>) -> anyhow::Result<Meaning> {
    if let Some(folder) = folder {
        return Ok(Meaning::load(folder)?);
    }
    let places = model::places();
    let found = installed::find(&places).with_context(|| {
        let looked: Vec<String> = places
            .iter()
            .map(|place| place.join(NAME).display().to_string())
            .collect();
        format!(
            "{NAME} is not installed (looked for {}); name one with --embedding-model, or fetch it \
             with: viva models get {NAME} --mirror FOLDER-OR-URL",
            looked.join(", ")
        )
    })?;
    Ok(Meaning::open(&found)?)
}

/// Whether a name is the embedding model's.
pub(super) fn is_named(name: &str) -> bool {
    name.eq_ignore_ascii_case(NAME)
}

/// `viva models get`, for the embedding model.
pub(super) fn get(
    mirror: Option<&str>,
    folder: &Path,
    force: bool,
    as_json: bool,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> anyhow::Result<ExitCode> {
    let Some(source) = mirror else {
        bail!(
            "{NAME} has no address of its own here; expected --mirror with a folder or an address \
             that holds a .onnx file, tokenizer.json and {}",
            installed::SUMS
        );
    };
    let fetched = installed::install(source, folder, force, progress)?;
    // What does not load is no use to anybody.
    Meaning::open(&fetched.installed)?;
    let [model, tokenizer] = fetched.installed.files();
    if as_json {
        println!(
            "{}",
            json!({
                "path": model, "sha256": fetched.sums[0],
                "tokenizer": tokenizer, "tokenizer_sha256": fetched.sums[1],
                "fetched": fetched.fetched,
                "sum_from": if fetched.recorded { "recorded" } else { "mirror" },
            })
        );
        return Ok(ExitCode::SUCCESS);
    }
    let done = if fetched.fetched == 0 {
        "is there already and whole"
    } else {
        "fetched and checked"
    };
    println!("{}: {done}", model.display());
    println!("{}: {done}", tokenizer.display());
    if fetched.recorded {
        println!(
            "{source} names no SHA-256: the sums of what was found are recorded beside the files"
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Its entry in the list of models.
pub(super) fn entry() -> Value {
    let found = installed::find(&model::places());
    json!({
        "name": NAME, "kind": "embedding", "note": NOTE, "known": false,
        "file": found.as_ref().and_then(|f| f.model.file_name().map(|n| n.to_string_lossy().into_owned())),
        "bytes": found.as_ref().map(Installed::bytes),
        "sha256": found.as_ref().and_then(|f| crate::speech::download::sum_beside(&f.model)),
        "path": found.as_ref().map(|f| &f.model),
        "chosen": found.is_some(),
    })
}

/// What a check of its files came to: path, whether whole, and why.
pub(super) fn verify() -> Result<Vec<(PathBuf, bool, String)>, DownloadError> {
    let Some(found) = installed::find(&model::places()) else {
        return Ok(Vec::new());
    };
    let mut out = Vec::new();
    for file in found.files() {
        let (ok, says) = installed::verify(file)?;
        out.push((file.to_owned(), ok, says));
    }
    if out.iter().all(|(_, ok, _)| *ok)
        && let Err(error) = Meaning::open(&found)
    {
        out.push((found.model.clone(), false, error.to_string()));
    }
    Ok(out)
}
