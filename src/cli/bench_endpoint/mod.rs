//! `viva bench endpoint`: how often the end of a turn is seen in a mere
//! pause, and how late it is seen where it is one.

mod curve;
mod labelled;
mod listen;
mod make;

use crate::config::Config;
use crate::speech::model;
use crate::speech::whisper::{WhisperRecognizer, WhisperSettings};
use curve::{Curve, Way};
use listen::{Decoder, Ears};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measure early cut-offs and delay of the endpointer on labelled pauses
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Example: viva bench endpoint --make pauses && viva bench endpoint --manifest pauses/manifest.jsonl --set held_out"
)]
pub(super) struct BenchEndpointArgs {
    /// Labelled recordings, one JSON object a line: audio (path), voice, set,
    /// asked (yes_no, short, point, long, story), pieces (text, start_ms, end_ms)
    #[arg(long, value_name = "FILE", required_unless_present = "make")]
    manifest: Option<PathBuf>,
    /// Make labelled recordings in this folder instead of measuring
    #[arg(long, value_name = "DIR", conflicts_with = "manifest")]
    make: Option<PathBuf>,
    /// With --make: recorded people too, NAME.wav with NAME.txt
    #[arg(long, value_name = "DIR", requires = "make")]
    human: Option<PathBuf>,
    /// With --make: seed of the pauses' lengths
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only recordings of this set; --make makes tune, held_out and, of
    /// recorded people, human
    #[arg(long, value_name = "NAME")]
    set: Option<String>,
    /// Model by name or path [default: the one that is used]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Leave out the recogniser: silence and the labels' own words only
    #[arg(long)]
    no_ears: bool,
    /// Count a decode's processor time, not what the clock on the wall says:
    /// for a machine that is busy with other things (Linux, one thread)
    #[arg(long)]
    cpu_time: bool,
    /// Where the words come from the labels: milliseconds that a decode takes
    #[arg(long, default_value_t = 120)]
    oracle_ms: u64,
    /// From a decision to the reply's first sound, milliseconds: a pause that
    /// ends before nobody notices as cut
    #[arg(long, default_value_t = 60)]
    reply_ms: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `viva bench endpoint`.
///
/// # Errors
///
/// An unreadable manifest, recording or model; a folder that cannot be
/// written.
pub(super) fn run(args: BenchEndpointArgs, config: &Config) -> anyhow::Result<ExitCode> {
    if let Some(folder) = &args.make {
        let human = args.human.as_deref();
        let human = human.filter(|dir| {
            let there = dir.is_dir();
            if !there {
                eprintln!("viva: {}: not there; made without people", dir.display());
            }
            there
        });
        let made = make::make(folder, human, args.seed)?;
        let manifest = folder.join("manifest.jsonl");
        if args.json {
            println!("{}", json!({ "manifest": manifest, "recordings": made }));
        } else {
            println!("{made} recordings: {}", manifest.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let manifest = args.manifest.unwrap_or_default();
    let clips = labelled::read(&manifest, args.set.as_deref())?;
    let settings = &config.endpoint;
    let mut curves = vec![
        Curve::measure(
            Way::FixedSilence,
            &clips,
            settings,
            &mut Ears::Deaf,
            args.reply_ms,
        )?,
        Curve::measure(
            Way::Labels,
            &clips,
            settings,
            &mut Ears::Oracle(args.oracle_ms),
            args.reply_ms,
        )?,
    ];
    let mut decodes = None;
    if !args.no_ears {
        let (name, mut decoder) = open(args.model.as_deref(), config, args.cpu_time)?;
        let mut ears = Ears::Real(&mut decoder);
        curves.push(Curve::measure(
            Way::Recogniser,
            &clips,
            settings,
            &mut ears,
            args.reply_ms,
        )?);
        let took: Vec<u64> = decoder.took().collect();
        decodes = Some((name, curve::percentiles(took.iter().map(|t| *t as i64))));
    }
    if args.json {
        let report = json!({
            "recordings": clips.len(),
            "pauses": curves[0].pauses(),
            "model": decodes.as_ref().map(|(name, _)| name),
            "decode_ms": decodes.as_ref().map(|(_, ms)| ms),
            "cpu_time": args.cpu_time,
            "curves": curves,
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!(
            "{} recordings, {} pauses inside them",
            clips.len(),
            curves[0].pauses()
        );
        if let Some((name, ms)) = &decodes {
            let clock = if args.cpu_time {
                "processor time"
            } else {
                "time"
            };
            println!(
                "{name}: a decode takes p50 {} ms, p95 {} ms ({clock})",
                ms.p50, ms.p95
            );
        }
        for curve in &curves {
            println!("\n{curve}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn open(
    wanted: Option<&str>,
    config: &Config,
    cpu_time: bool,
) -> anyhow::Result<(String, Decoder)> {
    let found = model::find(wanted, config.speech.model.as_deref())?;
    let threads = if cpu_time { 1 } else { config.speech.threads };
    let settings = WhisperSettings {
        threads,
        ..WhisperSettings::default()
    };
    let recognizer = WhisperRecognizer::load(&found.path, &settings)?;
    Ok((found.name, Decoder::new(recognizer, cpu_time)))
}
