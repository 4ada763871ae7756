//! `viva bench turn`: whole simulated calls, and how long every stage of
//! every turn took, from the true end of what was said.

use super::open::{Choice, Opened, open};
use super::spoken_call::{SpokenCall, builtin_job, builtin_resume, compare, hold};
use super::turn_table::{HEAD, Row, foot, rows, summary};
use crate::audio::{AudioSettings, MicSpec, Pace, SpeakerSpec};
use crate::clock::Clock;
use crate::config::Config;
use crate::interview::{Bank, Resume};
use crate::simulate::{Candidate, Profile, Script};
use crate::speech::voices::open_voice;
use crate::speech::wer::WordErrors;
use anyhow::Context;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::sync::mpsc;

/// From the end of a question to the candidate's first sound, milliseconds:
/// about what people take.
const THINK_MS: u32 = 600;

/// Measure the stages of every turn in whole simulated calls
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Example: viva bench turn --profile strong --voice rms --voice awb --json")]
pub(super) struct BenchTurnArgs {
    /// How good the candidates are; may be repeated [default: the four qualities]
    #[arg(long, value_enum)]
    profile: Vec<Profile>,
    /// Candidates' voices; may be repeated, taken in turn
    #[arg(long, default_values_t = ["rms".to_owned(), "awb".to_owned(), "slt".to_owned()])]
    voice: Vec<String>,
    /// Calls of every profile
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    calls: u32,
    /// Technical questions of a call
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=10))]
    questions: u8,
    /// Where the interviews depend on chance, this is the first one's chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the calls' records in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Print JSON, with every turn
    #[arg(long)]
    json: bool,
}

/// One call.
#[derive(Serialize)]
struct Held {
    profile: String,
    voice: String,
    /// Answers that were given, and utterances that were made of them.
    answers: usize,
    utterances: usize,
    word_errors: WordErrors,
    turns: Vec<Row>,
}

/// Where the records go; they go away with it unless they are to be kept.
struct Records {
    dir: PathBuf,
    kept: bool,
}

impl Records {
    fn create(keep: Option<&Path>) -> anyhow::Result<Self> {
        let kept = keep.is_some();
        let dir = match keep {
            Some(dir) => {
                std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
                dir.to_owned()
            }
            None => {
                let id = crate::record::new_session_id(crate::clock::unix_millis())?;
                let dir = std::env::temp_dir().join(format!("viva-bench-{id}"));
                // Only a folder of our own may be removed again.
                std::fs::create_dir(&dir).with_context(|| dir.display().to_string())?;
                dir
            }
        };
        Ok(Self { dir, kept })
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = std::fs::remove_dir_all(&self.dir)
        {
            tracing::warn!(%error, dir = %self.dir.display(), "records of a measurement are left");
        }
    }
}

/// Runs `viva bench turn`.
///
/// # Errors
///
/// Where a call cannot be opened or held to its end.
pub(super) fn run(args: BenchTurnArgs, config: Config) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(bench(args, config))
}

async fn bench(args: BenchTurnArgs, config: Config) -> anyhow::Result<ExitCode> {
    let profiles = match args.profile.as_slice() {
        [] => &Profile::QUALITIES[..],
        some => some,
    };
    let records = Records::create(args.keep.as_deref())?;
    let mut calls = Vec::new();
    for number in 0..args.calls {
        for profile in profiles {
            let voice = &args.voice[calls.len() % args.voice.len()];
            let seed = args.seed + u64::from(number);
            let held = call(&args, &config, (*profile, voice, seed), &records.dir).await?;
            if !args.json {
                let early = held.utterances.saturating_sub(held.answers);
                eprintln!(
                    "{profile}, {voice}: {} turns, {} of {} answers in pieces",
                    held.turns.len(),
                    early,
                    held.answers
                );
            }
            calls.push(held);
        }
    }
    let all: Vec<Row> = calls.iter().flat_map(|c| c.turns.iter().cloned()).collect();
    let times = summary(&all);
    let answers: usize = calls.iter().map(|c| c.answers).sum();
    let utterances: usize = calls.iter().map(|c| c.utterances).sum();
    let mut errors = WordErrors::default();
    for call in &calls {
        errors += call.word_errors;
    }
    if args.json {
        let report = json!({
            "calls": calls,
            "turns": all.len(),
            "answers": answers,
            "utterances": utterances,
            "word_error_rate": errors.rate(),
            "times_ms": times,
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{} turns in {} calls", all.len(), calls.len());
        print!("{HEAD}{}", foot(&times));
        println!(
            "{utterances} utterances of {answers} answers; word error rate {:.1} %",
            errors.rate() * 100.0
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn call(
    args: &BenchTurnArgs,
    config: &Config,
    (profile, voice, seed): (Profile, &str, u64),
    records: &Path,
) -> anyhow::Result<Held> {
    let mut settings = config.interview.clone();
    settings.seed = seed;
    settings.questions = args.questions;
    let resume = builtin_resume();
    let person = Resume::parse(&resume.name, &resume.text)?;
    let (candidate, mouth) = Candidate::new(open_voice(voice, 1.0)?, THINK_MS);
    let (_commands, commands) = mpsc::channel(1);
    let Opened { call, engine, .. } = open(Choice {
        settings,
        job: Some(builtin_job()),
        resume: Some(resume),
        go_on: None,
        bank: Vec::new(),
        bank_alone: false,
        candidate: None,
        mic: MicSpec::Live(Box::new(mouth)),
        speaker: SpeakerSpec::None,
        audio: AudioSettings {
            pace: Pace::Fast,
            clock: Some(Clock::driven()),
            endpoint: config.endpoint.clone(),
            echo_cancel: false,
            ..AudioSettings::default()
        },
        sessions_dir: Some(records.to_owned()),
        simulated: Some(profile.to_string()),
        consent: false,
        commands,
        config: config.clone(),
    })
    .await?;
    let script = Script::new(profile, &person, Bank::builtin(), seed);
    let held = hold(call, candidate, script).await;
    if let Some(engine) = engine {
        engine.cancel();
    }
    let SpokenCall {
        spoken,
        turns,
        utterances,
        ..
    } = held?;
    Ok(Held {
        profile: profile.to_string(),
        voice: voice.to_owned(),
        answers: spoken.len(),
        utterances: utterances.len(),
        word_errors: compare(&spoken, &utterances),
        turns: rows(&turns, &spoken),
    })
}
