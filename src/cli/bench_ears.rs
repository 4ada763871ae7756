//! `viva bench ears`: what the whole listening path (frontend, endpointer,
//! recogniser, walls) makes of sounds that are no answer, and what it loses
//! of speech that is one.

use super::bench_hearing::{
    CONDITIONS, Ears, SOFT, Trade, clips, measure_speech, print_speech, short_words, stem, wavs,
};
use super::bench_sounds::{self as sounds, Burst, RATE};
use crate::audio::{AudioSettings, read_wav_16k};
use crate::config::Config;
use crate::speech::whisper::{WhisperRecognizer, WhisperSettings};
use crate::speech::{USUAL_STRICTNESS, model};
use anyhow::bail;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measure what is heard where nobody speaks, and what is lost of soft and
/// noisy speech. Exit status 1 where a word is heard in the first, or a
/// whole answer is lost of the second.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Example: viva bench ears --seconds 600 --noise noise/ --speech speech/ --strictness 0.7,1,1.3"
)]
pub(super) struct BenchEarsArgs {
    /// Length of each sound that is no answer, in seconds
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u32).range(3..=3600))]
    seconds: u32,
    /// Folder of WAV files with noises; those called *talk* are taken as
    /// many people talking
    #[arg(long, value_name = "DIR")]
    noise: Option<PathBuf>,
    /// Folder of WAV files with speech, each with its text in a .txt file
    #[arg(long, value_name = "DIR")]
    speech: Option<PathBuf>,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Judge everything again with walls that ask for so many times the usual
    /// certainty, and show what that keeps out and what it costs
    #[arg(long, value_name = "TIMES", value_delimiter = ',')]
    strictness: Vec<f32>,
    /// Model by name or path [default: the one that is used]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Threads of one decode
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Seed of everything that is made
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was heard of a sound that is no answer.
#[derive(Serialize, Clone, Debug)]
struct Nothing {
    case: String,
    seconds: u32,
    /// Times that something was taken for speech at first.
    turns: usize,
    /// Times that a call would say that it is too loud to understand a word.
    dins: usize,
    decodes: usize,
    /// Words that the decoder wrote, before the walls.
    words_without_walls: usize,
    /// Words that were left; 0 is right.
    words: usize,
    text: String,
}

/// Runs `viva bench ears`.
///
/// # Errors
///
/// An unreadable model or recording.
pub(super) fn run(args: &BenchEarsArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let found = model::find(args.model.as_deref(), config.speech.model.as_deref())?;
    for times in &args.strictness {
        if !(0.0..=4.0).contains(times) {
            bail!("--strictness: found {times}, expected 0 to 4 times the usual");
        }
    }
    let whisper = WhisperSettings {
        threads: args.threads.unwrap_or(config.speech.threads).max(1),
        ..WhisperSettings::default()
    };
    let mut settings = AudioSettings::default();
    if found.starter {
        settings.endpoint.in_short_stretches();
    }
    let mut ears = Ears::new(WhisperRecognizer::load(&found.path, &whisper)?, settings);
    let trade = |times: &f32| Trade {
        strictness: *times,
        ..Trade::default()
    };
    let mut trades: Vec<Trade> = args.strictness.iter().map(trade).collect();
    let wanted = |name: &str| args.only.as_deref().is_none_or(|part| name.contains(part));
    let mut nothing = Vec::new();
    for (case, make) in no_answers(args)? {
        if wanted(&case) {
            let audio = make(args.seconds as usize * RATE)?;
            let row = measure_nothing(&mut ears, &case, &audio, &mut trades)?;
            if !args.json {
                print_nothing(&row, nothing.is_empty());
            }
            nothing.push(row);
        }
    }
    let mut speech = Vec::new();
    let mut sets = Vec::new();
    for (from, clips) in clips(args.speech.as_deref())? {
        sets.push((from, clips, &CONDITIONS[..]));
    }
    sets.push(("short words", short_words()?, &SOFT[..]));
    for (from, clips, conditions) in &sets {
        for case in conditions.iter().filter(|_| !clips.is_empty()) {
            let name = format!("{from}, {}", case.name);
            if wanted(&name) {
                let chance = (*case, args.seed);
                let row = measure_speech(&mut ears, name, clips, chance, &mut trades)?;
                if !args.json {
                    print_speech(&row, speech.is_empty());
                }
                speech.push(row);
            }
        }
    }
    if nothing.is_empty() && speech.is_empty() {
        bail!(
            "--only {}: no case has this in its name",
            args.only.as_deref().unwrap_or_default()
        );
    }
    if args.json {
        let report = serde_json::json!({
            "model": found.name, "threads": whisper.threads, "seed": args.seed,
            "no_answer": nothing, "speech": speech, "trade": trades,
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print_trades(&trades);
    }
    let words: usize = nothing.iter().map(|n| n.words).sum();
    let lost: usize = speech.iter().map(|s| s.lost).sum();
    Ok(ExitCode::from(u8::from(words + lost > 0)))
}

type Make = Box<dyn Fn(usize) -> anyhow::Result<Vec<f32>>>;

/// All sounds that are no answer.
fn no_answers(args: &BenchEarsArgs) -> anyhow::Result<Vec<(String, Make)>> {
    let seed = args.seed;
    let mut all: Vec<(String, Make)> = vec![("silence".into(), Box::new(|n| Ok(vec![0.0; n])))];
    for level in [-65.0f32, -50.0, -35.0, -20.0] {
        let name = format!("white noise {level} dB");
        let chance = sounds::chance(seed, &name);
        let make = move |n| Ok(sounds::white(n, level, &mut chance.clone()));
        all.push((name, Box::new(make)));
        let name = format!("pink noise {level} dB");
        let chance = sounds::chance(seed, &name);
        let make = move |n| Ok(sounds::pink(n, level, &mut chance.clone()));
        all.push((name, Box::new(make)));
    }
    for (kind, what) in [
        (Burst::Knock, "knocks"),
        (Burst::Keyboard, "keyboard"),
        (Burst::Cough, "coughs"),
        (Burst::Door, "doors"),
        (Burst::Bark, "barks"),
    ] {
        for peak in [-20.0f32, -3.0] {
            let name = format!("{what} {peak} dB");
            let chance = sounds::chance(seed, &name);
            let make = move |n| Ok(sounds::bursts(n, kind, peak, &mut chance.clone()));
            all.push((name, Box::new(make)));
        }
    }
    if let Some(folder) = &args.noise {
        for path in wavs(folder)? {
            let clip = read_wav_16k(&path)?;
            for level in [-20.0f32, -35.0, -50.0] {
                let name = format!("{} {level} dB", stem(&path));
                let (clip, chance) = (clip.clone(), sounds::chance(seed, &name));
                let make = move |n| Ok(sounds::looped(&clip, n, level, &mut chance.clone()));
                all.push((name, Box::new(make)));
            }
        }
    }
    for talkers in [4usize, 6, 8] {
        for level in [-35.0f32, -50.0] {
            let name = format!("{talkers} made talkers {level} dB");
            let chance = sounds::chance(seed, &name);
            let make = move |n| sounds::babble(n, talkers, level, &mut chance.clone());
            all.push((name, Box::new(make)));
        }
    }
    for talkers in [2usize, 3] {
        for level in [-20.0f32, -35.0, -50.0] {
            let name = format!("{talkers} distant talkers {level} dB");
            let chance = sounds::chance(seed, &name);
            let make = move |n| sounds::distant(n, talkers, level, &mut chance.clone());
            all.push((name, Box::new(make)));
        }
    }
    Ok(all)
}

fn measure_nothing(
    ears: &mut Ears,
    case: &str,
    audio: &[f32],
    trades: &mut [Trade],
) -> anyhow::Result<Nothing> {
    let walled = ears.hear(audio, Some(USUAL_STRICTNESS))?;
    let open = ears.hear(audio, None)?;
    for trade in trades {
        trade.words += ears.hear(audio, Some(trade.strictness))?.words();
    }
    ears.forget();
    Ok(Nothing {
        case: case.to_owned(),
        seconds: (audio.len() / RATE) as u32,
        turns: walled.turns,
        dins: walled.dins,
        decodes: walled.decodes.len(),
        words_without_walls: open.words(),
        words: walled.words(),
        text: walled.text(),
    })
}

fn print_nothing(row: &Nothing, first: bool) {
    if first {
        println!(
            "{:<34}{:>6}{:>8}{:>6}{:>9}{:>10}{:>7}",
            "no answer", "s", "turns", "dins", "decodes", "unwalled", "words"
        );
    }
    println!(
        "{:<34}{:>6}{:>8}{:>6}{:>9}{:>10}{:>7}  {}",
        row.case,
        row.seconds,
        row.turns,
        row.dins,
        row.decodes,
        row.words_without_walls,
        row.words,
        row.text
    );
}

fn print_trades(trades: &[Trade]) {
    if trades.is_empty() {
        return;
    }
    println!(
        "\n{:>10}{:>18}{:>8}{:>6}{:>10}{:>8}",
        "strictness", "words in nothing", "clips", "lost", "withheld", "WER"
    );
    for row in trades {
        println!(
            "{:>10}{:>18}{:>8}{:>6}{:>10}{:>6.1} %",
            row.strictness,
            row.words,
            row.clips,
            row.lost,
            row.withheld,
            row.errors.rate() * 100.0
        );
    }
}
