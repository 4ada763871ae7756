//! `viva bench ears`: what the whole listening path (frontend, endpointer,
//! recogniser, walls) makes of sounds that are no answer, and what it loses
//! of speech that is one.

use super::bench_sounds::{self as sounds, Burst, RATE, SENTENCES};
use crate::audio::{AudioSettings, read_wav_16k};
use crate::call::listen::{Heard, listen};
use crate::config::Config;
use crate::speech::voices::built_in;
use crate::speech::wer::{WordErrors, word_errors};
use crate::speech::whisper::{WhisperRecognizer, WhisperSettings};
use crate::speech::{DecodeHints, Recognizer, model};
use anyhow::{Context, bail};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Measure what is heard where nobody speaks, and what is lost of soft and
/// noisy speech. Exit status 1 where a word is heard in the first, or a
/// whole answer is lost of the second.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Example: viva bench ears --seconds 600 --noise noise/ --speech speech/")]
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
    decodes: usize,
    /// Words that the decoder wrote, before the walls.
    words_without_walls: usize,
    /// Words that were left; 0 is right.
    words: usize,
    text: String,
}

/// What was heard of speech.
#[derive(Serialize, Clone, Debug)]
struct Speech {
    case: String,
    clips: usize,
    /// Clips that the decoder understood (at most half of the words wrong) and
    /// of which nothing was left; 0 is right.
    lost: usize,
    /// Clips that it did not understand and of which nothing was left.
    withheld: usize,
    /// Clips of which the decoder wrote nothing, or that were not taken for
    /// speech at all.
    unheard: usize,
    lost_texts: Vec<String>,
    wer: f64,
    wer_without_walls: f64,
    errors: WordErrors,
}

struct Clip {
    text: String,
    audio: Vec<f32>,
}

/// The same model with the walls and without.
struct Ears {
    walled: WhisperRecognizer,
    open: WhisperRecognizer,
    settings: AudioSettings,
}

impl Ears {
    fn hear(&mut self, audio: &[f32]) -> anyhow::Result<(Heard, Heard)> {
        let hear = |ears: &mut dyn Recognizer| {
            listen(audio, &self.settings, ears, &DecodeHints::default())
        };
        Ok((hear(&mut self.walled)?, hear(&mut self.open)?))
    }
}

/// Runs `viva bench ears`.
///
/// # Errors
///
/// An unreadable model or recording.
pub(super) fn run(args: &BenchEarsArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let found = model::find(args.model.as_deref(), config.speech.model.as_deref())?;
    let walled = WhisperSettings {
        threads: args.threads.unwrap_or(config.speech.threads).max(1),
        ..WhisperSettings::default()
    };
    let open = WhisperSettings {
        walls: false,
        ..walled.clone()
    };
    let mut ears = Ears {
        walled: WhisperRecognizer::load(&found.path, &walled)?,
        open: WhisperRecognizer::load(&found.path, &open)?,
        settings: AudioSettings::default(),
    };
    if found.starter {
        ears.settings.endpoint.close_after_ms = model::STARTER_CLOSE_MS;
    }
    let wanted = |name: &str| args.only.as_deref().is_none_or(|part| name.contains(part));
    let mut nothing = Vec::new();
    for (case, make) in no_answers(args)? {
        if wanted(&case) {
            let audio = make(args.seconds as usize * RATE)?;
            let row = measure_nothing(&mut ears, &case, args.seconds, &audio)?;
            if !args.json {
                print_nothing(&row, nothing.is_empty());
            }
            nothing.push(row);
        }
    }
    let mut speech = Vec::new();
    for (from, clips) in clips(args.speech.as_deref())? {
        for case in CONDITIONS {
            let name = format!("{from}, {}", case.name);
            if wanted(&name) {
                let row = measure_speech(&mut ears, name, &clips, case, args.seed)?;
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
            "model": found.name, "threads": walled.threads, "seed": args.seed,
            "no_answer": nothing, "speech": speech,
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
    }
    let words: usize = nothing.iter().map(|n| n.words).sum();
    let lost: usize = speech.iter().map(|s| s.lost).sum();
    Ok(ExitCode::from(u8::from(words + lost > 0)))
}

/// Words wrong, as a share of the words, up to which a clip was understood.
const UNDERSTOOD: f64 = 0.5;

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
    Ok(all)
}

fn measure_nothing(
    ears: &mut Ears,
    case: &str,
    seconds: u32,
    audio: &[f32],
) -> anyhow::Result<Nothing> {
    let (walled, open) = ears.hear(audio)?;
    Ok(Nothing {
        case: case.to_owned(),
        seconds,
        turns: walled.turns,
        decodes: walled.decodes,
        words_without_walls: open.words(),
        words: walled.words(),
        text: walled.text(),
    })
}

/// How speech reaches the microphone.
#[derive(Clone, Copy, Debug)]
struct Condition {
    name: &'static str,
    /// Loudness of the speech, dB of full scale.
    level_db: f32,
    /// Noise this much softer; white or pink.
    snr_db: Option<f32>,
    pink: bool,
}

const fn condition(
    name: &'static str,
    level_db: f32,
    snr_db: Option<f32>,
    pink: bool,
) -> Condition {
    Condition {
        name,
        level_db,
        snr_db,
        pink,
    }
}

const CONDITIONS: [Condition; 9] = [
    condition("clean", -22.0, None, false),
    condition("quiet (-40 dB)", -40.0, None, false),
    condition("very quiet (-50 dB)", -50.0, None, false),
    condition("white 20 dB", -22.0, Some(20.0), false),
    condition("white 10 dB", -22.0, Some(10.0), false),
    condition("white 5 dB", -22.0, Some(5.0), false),
    condition("pink 20 dB", -22.0, Some(20.0), true),
    condition("pink 10 dB", -22.0, Some(10.0), true),
    condition("pink 5 dB", -22.0, Some(5.0), true),
];

fn measure_speech(
    ears: &mut Ears,
    case: String,
    clips: &[Clip],
    condition: Condition,
    seed: u64,
) -> anyhow::Result<Speech> {
    let mut row = Speech {
        clips: clips.len(),
        lost: 0,
        withheld: 0,
        unheard: 0,
        lost_texts: Vec::new(),
        wer: 0.0,
        wer_without_walls: 0.0,
        errors: WordErrors::default(),
        case,
    };
    let mut open_errors = WordErrors::default();
    for (number, clip) in clips.iter().enumerate() {
        let audio = in_a_room(&clip.audio, condition, seed + number as u64);
        let (walled, open) = ears.hear(&audio)?;
        row.errors += word_errors(&clip.text, &walled.text());
        let plain = word_errors(&clip.text, &open.text());
        open_errors += plain;
        if open.words() == 0 {
            row.unheard += 1;
        } else if walled.words() == 0 && plain.rate() > UNDERSTOOD {
            row.withheld += 1;
        } else if walled.words() == 0 {
            row.lost += 1;
            row.lost_texts
                .push(format!("{} -> {}", clip.text, open.text()));
        }
    }
    row.wer = row.errors.rate();
    row.wer_without_walls = open_errors.rate();
    Ok(row)
}

/// Speech as loud as asked, with a second of its room before and after.
fn in_a_room(speech: &[f32], condition: Condition, seed: u64) -> Vec<f32> {
    let factor = sounds::gain(condition.level_db - sounds::speech_db(speech));
    let mut audio = vec![0.0; RATE];
    audio.extend(speech.iter().map(|v| v * factor));
    audio.extend(vec![0.0; RATE]);
    let mut rng = sounds::chance(seed, condition.name);
    let level = condition
        .snr_db
        .map_or(-75.0, |snr| condition.level_db - snr);
    let noise = if condition.pink {
        sounds::pink(audio.len(), level, &mut rng)
    } else {
        sounds::white(audio.len(), level, &mut rng)
    };
    audio
        .iter()
        .zip(noise)
        .map(|(a, b)| (a + b).clamp(-1.0, 1.0))
        .collect()
}

/// Made speech, and the recordings of a folder.
fn clips(folder: Option<&Path>) -> anyhow::Result<Vec<(&'static str, Vec<Clip>)>> {
    let mut made = Vec::new();
    for voice in built_in() {
        for text in SENTENCES {
            made.push(Clip {
                text: text.to_owned(),
                audio: sounds::spoken(voice, 1.0, text)?,
            });
        }
    }
    let mut all = Vec::new();
    if !made.is_empty() {
        all.push(("made speech", made));
    }
    if let Some(folder) = folder {
        let mut recorded = Vec::new();
        for path in wavs(folder)? {
            let beside = path.with_extension("txt");
            let text = std::fs::read_to_string(&beside)
                .with_context(|| format!("Text {}", beside.display()))?;
            let audio = read_wav_16k(&path)?;
            recorded.push(Clip { text, audio });
        }
        all.push(("recorded speech", recorded));
    }
    Ok(all)
}

fn wavs(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("Folder {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("wav"))
        {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        bail!("Folder {} has no WAV files", folder.display());
    }
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map_or_else(String::new, |s| s.to_string_lossy().into_owned())
}

fn print_nothing(row: &Nothing, first: bool) {
    if first {
        println!(
            "{:<34}{:>6}{:>8}{:>9}{:>10}{:>7}",
            "no answer", "s", "turns", "decodes", "unwalled", "words"
        );
    }
    println!(
        "{:<34}{:>6}{:>8}{:>9}{:>10}{:>7}  {}",
        row.case, row.seconds, row.turns, row.decodes, row.words_without_walls, row.words, row.text
    );
}

fn print_speech(row: &Speech, first: bool) {
    if first {
        println!(
            "\n{:<38}{:>6}{:>9}{:>10}{:>6}{:>8}{:>10}",
            "speech", "clips", "unheard", "withheld", "lost", "WER", "unwalled"
        );
    }
    println!(
        "{:<38}{:>6}{:>9}{:>10}{:>6}{:>6.1} %{:>8.1} %  {}",
        row.case,
        row.clips,
        row.unheard,
        row.withheld,
        row.lost,
        row.wer * 100.0,
        row.wer_without_walls * 100.0,
        row.lost_texts.join("; ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_in_a_room_has_the_asked_level_and_noise() {
        let speech = sounds::at_level([0.3, -0.3, 0.2, -0.2].repeat(8_000), -30.0);
        let case = condition("test", -22.0, Some(10.0), false);
        let audio = in_a_room(&speech, case, 1);
        let level = |part: &[f32]| crate::audio::level::rms_db(part);
        assert!((level(&audio[..RATE]) + 32.0).abs() < 0.5);
        let both = 10.0 * (10f32.powf(-2.2) + 10f32.powf(-3.2)).log10();
        assert!((level(&audio[RATE..RATE * 2]) - both).abs() < 0.5);
    }

    #[test]
    fn a_folder_without_recordings_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = wavs(dir.path()).unwrap_err().to_string();
        assert!(error.contains("has no WAV files"), "{error}");
        assert!(error.contains(&*dir.path().to_string_lossy()), "{error}");
    }
}
