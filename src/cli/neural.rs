//! Neural voices: fetched, measured, listed and verified beside the models.

use crate::clock::Clock;
use crate::speech::download::{DownloadError, SumSource};
use crate::speech::model;
use crate::speech::piper::PiperVoice;
use crate::speech::piper::installed::{
    self, Fetched, Installed, KNOWN, KnownVoice, folder_of, known,
};
use crate::speech::piper::pace::{self, Pace};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Whether a name is a neural voice's.
pub(super) fn is_named(name: &str) -> bool {
    folder_of(name).is_some()
}

/// `viva models get`, for a neural voice: what it is, and how fast it is here.
pub(super) fn get(
    name: &str,
    mirror: Option<&str>,
    folder: &Path,
    force: bool,
    as_json: bool,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> anyhow::Result<ExitCode> {
    let fetched = installed::fetch(name, mirror, folder, force, progress)?;
    // The voice is there all the same; what is missing here can be mended.
    let pace = measured(&fetched.voice);
    if as_json {
        println!("{}", answer(&fetched, &pace));
        return Ok(ExitCode::SUCCESS);
    }
    let done = if fetched.fetched == 0 {
        "is there already and whole"
    } else {
        "fetched and checked"
    };
    for file in fetched.voice.files() {
        println!("{}: {done}", file.display());
    }
    if fetched.recorded {
        println!(
            "It is not in Viva's catalogue: the model's SHA-256 was taken from {}, that of its \
             settings is recorded as found",
            match fetched.source {
                SumSource::BesideFile => "an earlier download",
                _ => "the server",
            }
        );
    }
    match &pace {
        Ok(pace) => {
            println!("On this machine: {}", pace.text());
            match pace.enough() {
                Ok(()) => println!("It speaks in interviews where no other voice is asked for"),
                Err(why) => println!("It is not chosen by itself: {why}"),
            }
        }
        Err(why) => println!("It cannot speak here yet: {why}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(fetched: &Fetched, pace: &Result<Pace, String>) -> Value {
    let (measured, problem) = match pace {
        Ok(pace) => (Some(pace), pace.enough().err()),
        Err(why) => (None, Some(why.clone())),
    };
    json!({
        "path": fetched.voice.model, "sha256": fetched.sums[0],
        "settings": fetched.voice.settings, "settings_sha256": fetched.sums[1],
        "fetched": fetched.fetched,
        "sum_from": match fetched.source {
            SumSource::Catalogue => "catalogue",
            SumSource::Server => "server",
            SumSource::BesideFile => "file",
        },
        "settings_sum_from": if fetched.recorded { "recorded" } else { "catalogue" },
        "pace": measured, "not_chosen": problem,
    })
}

/// The voice's speed here: as remembered, else measured now.
fn measured(voice: &Installed) -> Result<Pace, String> {
    if let Some(pace) = pace::remembered(voice) {
        return Ok(pace);
    }
    let mut open = PiperVoice::open(voice, 1.0).map_err(|e| e.to_string())?;
    pace::measure(voice, &mut open, &Clock::system()).map_err(|e| e.to_string())
}

/// One line of the list.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) note: String,
    voice: Option<Installed>,
    known: Option<&'static KnownVoice>,
    pace: Option<Pace>,
}

impl Row {
    pub(super) fn path(&self) -> Option<&PathBuf> {
        self.voice.as_ref().map(|v| &v.model)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "name": self.name, "kind": "voice", "file": format!("{}.onnx", self.name),
            "bytes": self.bytes, "sha256": self.known.map(|k| k.sha256), "note": self.note,
            "known": self.known.is_some(), "path": self.path(), "pace": self.pace,
            "fast_enough": self.pace.as_ref().map(|p| p.enough().is_ok()),
        })
    }
}

/// The known voices and what else is installed.
pub(super) fn rows() -> Vec<Row> {
    let mut here = installed::installed(&model::places());
    let mut rows: Vec<Row> = KNOWN
        .iter()
        .map(|k| {
            let at = here.iter().position(|v| v.name == k.name);
            row(k.name, at.map(|at| here.remove(at)))
        })
        .collect();
    rows.extend(here.into_iter().map(|v| row(&v.name.clone(), Some(v))));
    rows
}

fn row(name: &str, voice: Option<Installed>) -> Row {
    let known = known(name);
    let pace = voice.as_ref().and_then(pace::remembered);
    let mut note = known
        .map_or("neural voice, not in the catalogue", |k| k.note)
        .to_owned();
    if let Some(pace) = &pace {
        note.push_str("; here: ");
        note.push_str(&pace.text());
        if let Err(why) = pace.enough() {
            note.push_str(", too slow: ");
            note.push_str(&why);
        }
    }
    Row {
        name: name.to_owned(),
        bytes: voice
            .as_ref()
            .map_or_else(|| known.map_or(0, |k| k.bytes), Installed::bytes),
        note,
        voice,
        known,
        pace,
    }
}

/// What a check of the files of `wanted`, or of all installed voices, came
/// to: path, whether whole, and why.
pub(super) fn verify(wanted: Option<&str>) -> Result<Vec<(PathBuf, bool, String)>, DownloadError> {
    let mut out = Vec::new();
    for voice in installed::installed(&model::places()) {
        if wanted.is_some_and(|name| name != voice.name) {
            continue;
        }
        for file in voice.files() {
            let (ok, says) = installed::verify(&voice, file)?;
            out.push((file.to_owned(), ok, says));
        }
    }
    Ok(out)
}
