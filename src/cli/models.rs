//! `viva models`: what is installed, what can be had, and whether it is whole.

use super::{embedding, neural};
use crate::meaning::installed::{NAME, NOTE};
use crate::speech::catalogue::{self, KNOWN};
use crate::speech::download::{self, DownloadError, Fetched, Request, SumSource};
use crate::speech::ggml_file;
use crate::speech::model::{self, FoundModel};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// List, fetch and verify models and voices: for speech, and for meaning.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Example: viva models get base.en")]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
    /// Mirror that the config file names; set by the caller, not by a flag.
    #[arg(skip)]
    pub(super) configured_mirror: Option<String>,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum ModelsCommand {
    /// Show installed and available models with their sizes
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model, resumed where it was cut, and check its SHA-256
    ///
    /// The embedding model all-MiniLM-L6-v2, by which documents may score
    /// meaning, has no address of its own: --mirror names a folder or an
    /// address that holds a .onnx file, tokenizer.json and SHA256SUMS. From a
    /// folder without SHA256SUMS the sums are recorded as found.
    ///
    /// A neural voice of rhasspy/piper-voices is fetched by its name, and its
    /// speed on this machine is measured. Where it is fast enough it speaks
    /// in interviews. Most take their phonemes from the program espeak-ng.
    #[command(
        after_help = "Example: viva models get base.en-q5_1 --mirror https://models.example.org/whisper\n\
            Example: viva models get en_US-ljspeech-medium\n\
            Example: viva models get all-MiniLM-L6-v2 --mirror ~/Downloads/minilm"
    )]
    Get {
        /// Name such as base.en, small.en-q5_1, large-v3-turbo,
        /// en_US-ljspeech-medium, all-MiniLM-L6-v2
        name: String,
        /// Address of a folder with the same files as ggerganov/whisper.cpp;
        /// for a voice, with the folders of rhasspy/piper-voices; for the
        /// embedding model an address or a folder with its files
        #[arg(long, value_name = "URL", env = "VIVA_MODEL_MIRROR")]
        mirror: Option<String>,
        /// Folder to put it into [default: the user's model folder]
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// Fetch it again although it is there
        #[arg(long)]
        force: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a model, or all installed ones, against their SHA-256
    Verify {
        /// Name of an installed model, or a file
        model: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs `viva models`. Exit status 1 where a model differs from what it must
/// be.
///
/// # Errors
///
/// What could not be found, fetched or read.
pub(super) fn run(args: ModelsArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        ModelsCommand::List { json } => list(json),
        ModelsCommand::Get {
            name,
            mirror,
            dir,
            force,
            json,
        } => {
            let meaning = embedding::is_named(&name);
            let voice = neural::is_named(&name);
            // The configured mirror is the speech models'.
            let configured = args.configured_mirror.filter(|_| !meaning && !voice);
            let mirror = mirror.or(configured);
            let folder = dir.or_else(model::user_folder).context(
                "There is no user data folder here, expected --dir with a folder for the model",
            )?;
            if meaning || voice {
                let bar = progress_bar(if meaning { NAME } else { &name }, json);
                let mut progress = |there, total: Option<u64>| {
                    if let Some(total) = total {
                        bar.set_length(total);
                    }
                    bar.set_position(there);
                };
                let mirror = mirror.as_deref();
                let result = if meaning {
                    embedding::get(mirror, &folder, force, json, &mut progress)
                } else {
                    neural::get(&name, mirror, &folder, force, json, &mut progress)
                };
                bar.finish_and_clear();
                return result;
            }
            let mut request = Request::new(&name, mirror.as_deref(), &folder);
            request.force = force;
            get(&request, json)
        }
        ModelsCommand::Verify { model, json } => verify(model.as_deref(), json),
    }
}

fn list(as_json: bool) -> anyhow::Result<ExitCode> {
    let installed = model::installed(&model::places());
    let path_of = |name: &str| installed.iter().find(|m| m.name == name).map(|m| &m.path);
    let unlisted: Vec<&FoundModel> = installed
        .iter()
        .filter(|m| catalogue::known(&m.name).is_none())
        .collect();
    let chosen = model::find(None, None).ok();
    let is_chosen = |name: &str| chosen.as_ref().is_some_and(|m| m.name == name);
    if as_json {
        let mut models: Vec<_> = KNOWN
            .iter()
            .map(|m| {
                json!({
                    "name": m.name, "kind": "speech", "file": m.file(), "bytes": m.bytes, "sha256": m.sha256,
                    "note": m.note, "known": true, "path": path_of(m.name),
                    "chosen": is_chosen(m.name),
                })
            })
            .collect();
        for m in unlisted {
            models.push(json!({
                "name": m.name, "kind": "speech", "file": m.path.file_name().map(|n| n.to_string_lossy()),
                "bytes": length(&m.path), "sha256": download::sum_beside(&m.path),
                "note": note(m), "known": false, "path": m.path, "chosen": is_chosen(&m.name),
            }));
        }
        models.extend(neural::rows().iter().map(neural::Row::json));
        models.push(embedding::entry());
        println!(
            "{}",
            serde_json::to_string_pretty(&json!({ "models": models }))?
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "  {:<22} {:>9}  {:<10} what for",
        "model", "size", "installed"
    );
    let row = |name: &str, bytes: u64, path: Option<&PathBuf>, note: &str| {
        let mark = if is_chosen(name) { '*' } else { ' ' };
        let installed = if path.is_some() { "yes" } else { "-" };
        println!(
            "{mark} {name:<22} {:>6} MB  {installed:<10} {note}",
            megabytes(bytes)
        );
    };
    for m in &KNOWN {
        row(m.name, m.bytes, path_of(m.name), m.note);
    }
    for m in unlisted {
        row(
            &m.name,
            length(&m.path).unwrap_or(0),
            Some(&m.path),
            note(m),
        );
    }
    for voice in neural::rows() {
        row(&voice.name, voice.bytes, voice.path(), &voice.note);
    }
    let meaning = installed_meaning();
    println!(
        "  {NAME:<22} {:>6} MB  {:<10} {NOTE}",
        meaning.as_ref().map_or(23, |m| megabytes(m.bytes())),
        if meaning.is_some() { "yes" } else { "-" },
    );
    match chosen {
        Some(m) => println!("\n* taken where none is asked for: {}", m.path.display()),
        None => println!("\nNo model is installed; fetch one with: viva models get base.en"),
    }
    Ok(ExitCode::SUCCESS)
}

fn installed_meaning() -> Option<crate::meaning::Installed> {
    crate::meaning::installed::find(&model::places())
}

const fn note(model: &FoundModel) -> &'static str {
    if model.starter {
        "comes with Viva; synthetic voices only"
    } else {
        "not in the catalogue"
    }
}

fn length(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|m| m.len())
}

const fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

fn get(request: &Request, as_json: bool) -> anyhow::Result<ExitCode> {
    let file = catalogue::file_name(&request.name);
    let bar = progress_bar(&file, as_json);
    let result = download::fetch(request, &mut |there, total| {
        if let Some(total) = total {
            bar.set_length(total);
        }
        bar.set_position(there);
    });
    bar.finish_and_clear();
    let fetched = result?;
    if as_json {
        println!(
            "{}",
            json!({
                "path": fetched.path, "sha256": fetched.sha256, "fetched": fetched.fetched,
                "sum_from": match fetched.source {
                    SumSource::Catalogue => "catalogue",
                    SumSource::Server => "server",
                    SumSource::BesideFile => "file",
                },
            })
        );
        return Ok(ExitCode::SUCCESS);
    }
    let Fetched { path, source, .. } = &fetched;
    if fetched.fetched == 0 {
        println!("{} is there already and whole", path.display());
    } else {
        println!("{}: fetched and checked", path.display());
    }
    if *source == SumSource::Server {
        println!(
            "It is not in Viva's catalogue: its SHA-256 was taken from the server and stands in \
             {}.sha256",
            path.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn progress_bar(file: &str, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "{msg} [{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    );
    let bar = ProgressBar::new(0).with_message(file.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What a check of one file came to.
struct Verdict {
    path: PathBuf,
    ok: bool,
    says: String,
}

fn verify(wanted: Option<&str>, as_json: bool) -> anyhow::Result<ExitCode> {
    let meaning = wanted.is_some_and(embedding::is_named);
    let voice = wanted.is_some_and(neural::is_named);
    let models = match wanted {
        Some(_) if meaning || voice => Vec::new(),
        Some(wanted) => vec![model::find(Some(wanted), None)?],
        None => model::installed(&model::places()),
    };
    let mut verdicts: Vec<Verdict> = models.iter().map(check).collect::<Result<_, _>>()?;
    if meaning || wanted.is_none() {
        let files = embedding::verify()?.into_iter();
        verdicts.extend(files.map(|(path, ok, says)| Verdict { path, ok, says }));
    }
    if voice || wanted.is_none() {
        let files = neural::verify(wanted)?.into_iter();
        verdicts.extend(files.map(|(path, ok, says)| Verdict { path, ok, says }));
    }
    if let (true, true, Some(name)) = (verdicts.is_empty(), voice, wanted) {
        anyhow::bail!("Voice {name} is not installed; fetch it with: viva models get {name}");
    } else if verdicts.is_empty() && meaning {
        // Names the places.
        embedding::open(None)?;
    } else if verdicts.is_empty() {
        model::find(None, None)?;
    }
    for verdict in &verdicts {
        if as_json {
            println!(
                "{}",
                json!({"path": verdict.path, "ok": verdict.ok, "says": verdict.says})
            );
        } else {
            println!("{}: {}", verdict.path.display(), verdict.says);
        }
    }
    Ok(ExitCode::from(u8::from(verdicts.iter().any(|v| !v.ok))))
}

fn check(model: &FoundModel) -> Result<Verdict, DownloadError> {
    let path = model.path.clone();
    let verdict = |ok, says| {
        Ok(Verdict {
            path: path.clone(),
            ok,
            says,
        })
    };
    if let Err(e) = ggml_file::check_file(&path) {
        return verdict(false, e.to_string());
    }
    let (expected, source) = match catalogue::known(&model.name) {
        Some(known) => (Some(known.sha256.to_owned()), "the catalogue"),
        None => (download::sum_beside(&path), "the .sha256 file beside it"),
    };
    let Some(expected) = expected else {
        return verdict(
            true,
            "a whole model file; no SHA-256 is known for it".into(),
        );
    };
    let found = download::sha256_of(&path)?;
    if found == expected {
        return verdict(true, format!("whole, SHA-256 as in {source}"));
    }
    verdict(
        false,
        format!("differs: SHA-256 is {found}, expected {expected} (from {source})"),
    )
}
