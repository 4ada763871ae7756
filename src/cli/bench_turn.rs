//! `viva bench turn`: whole simulated calls, faster than real time but while
//! something is worked on: which answers were talked over, and how long every
//! stage of every turn took, from the true end of what was said.

use super::open::{Choice, Opened, open};
use super::spoken_call::{SpokenCall, builtin_job, builtin_resume, compare, hold};
use super::turn_pieces::{Answer, Fates, answers};
use super::turn_table::{HEAD, Row, Summary, foot, rows, summary};
use crate::audio::{AudioSettings, MicSpec, Pace, SpeakerSpec};
use crate::clock::Clock;
use crate::config::Config;
use crate::interview::{Bank, Resume};
use crate::simulate::{Candidate, Pauses, Profile, Script};
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
    /// What became of every answer.
    fates: Fates,
    answers: Vec<Answer>,
    word_errors: WordErrors,
    turns: Vec<Row>,
}

/// All calls of one profile, or of all.
#[derive(Serialize)]
struct Part {
    name: String,
    fates: Fates,
    turns: usize,
    times_ms: Summary,
}

impl Part {
    fn of<'a>(name: &str, calls: impl Iterator<Item = &'a Held>) -> Self {
        let (mut fates, mut turns) = (Fates::default(), Vec::new());
        for call in calls {
            fates += call.fates;
            turns.extend(call.turns.iter().cloned());
        }
        Self {
            name: name.to_owned(),
            fates,
            turns: turns.len(),
            times_ms: summary(&turns),
        }
    }
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
                eprintln!("{profile}, {voice}: {}", told(&held.fates));
            }
            calls.push(held);
        }
    }
    let all = Part::of("all", calls.iter());
    let mut parts: Vec<Part> = Vec::new();
    for profile in profiles {
        let name = profile.to_string();
        if parts.iter().all(|p| p.name != name) {
            let own = calls.iter().filter(|c| c.profile == name);
            parts.push(Part::of(&name, own));
        }
    }
    let mut errors = WordErrors::default();
    for call in &calls {
        errors += call.word_errors;
    }
    if args.json {
        let report = json!({
            "all": all,
            "profiles": parts,
            "talked_over": all.fates.talked_over_share(),
            "word_error_rate": errors.rate(),
            "calls": calls,
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{} turns in {} calls", all.turns, calls.len());
        for part in parts.iter().chain([&all]) {
            println!("\n{}: {}", part.name, told(&part.fates));
            print!("{HEAD}{}", foot(&part.times_ms));
        }
        println!("\nword error rate {:.1} %", errors.rate() * 100.0);
    }
    Ok(ExitCode::SUCCESS)
}

fn told(fates: &Fates) -> String {
    format!(
        "{} answers, {} talked over ({:.1} %), {} joined from pieces",
        fates.answers,
        fates.talked_over,
        fates.talked_over_share() * 100.0,
        fates.joined
    )
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
    let pauses = Pauses::new(seed, &format!("{voice} {profile}"));
    let (candidate, mouth) = Candidate::new(open_voice(voice, 1.0)?, pauses, THINK_MS);
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
    let answers = answers(&spoken, &utterances, &turns);
    Ok(Held {
        profile: profile.to_string(),
        voice: voice.to_owned(),
        fates: Fates::of(&answers),
        answers,
        word_errors: compare(&spoken, &utterances),
        turns: rows(&turns, &spoken),
    })
}
