//! `viva bench stt`: how well and how fast models hear a set of recordings,
//! by threads, window and length, and what memory they take.

use super::bench_growth::{self as growth, Growth};
use super::bench_hearing::Ears;
use super::bench_long::{self as long, Long};
use super::bench_sounds::{SENTENCES, spoken, voices};
use crate::audio::AudioSettings;
use crate::call::listen::{self, listen};
use crate::clock::Clock;
use crate::speech::wer::{WordErrors, word_errors};
use crate::speech::whisper::{WhisperRecognizer, WhisperSettings};
use crate::speech::{Cancel, DecodeHints, Recognizer, model, wave};
use anyhow::{Context, bail, ensure};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Samples a second of what is decoded.
const RATE: f64 = 16_000.0;
/// Seconds that are decoded at once.
const LONGEST: f64 = 30.0;

/// Measure word error rate and speed of speech models on recordings.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Examples: viva bench stt --manifest eval/stt.jsonl --model starter --model base.en\n          viva bench stt --lengths 1,2,5,10,20,30 --threads 1,2 --audio-ctx both\n          viva bench stt --made --noise 20,10,5 --long 600"
)]
pub(super) struct BenchSttArgs {
    /// Recordings, one JSON object a line: audio (path), text, voice, set
    #[arg(long, value_name = "FILE", required_unless_present_any = ["lengths", "made", "long"])]
    manifest: Option<PathBuf>,
    /// Also sentences made with every built-in voice
    #[arg(long)]
    made: bool,
    /// Lengths of made speech to time, in seconds, 1-30
    #[arg(long, value_name = "S", value_delimiter = ',')]
    lengths: Vec<f64>,
    /// Length of made answers, in seconds: heard as in a call, cut into pieces
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(20..=3600))]
    long: Option<u32>,
    /// Model by name or path; may be repeated [default: the one that is used]
    #[arg(long, value_name = "MODEL")]
    model: Vec<String>,
    /// Threads of one decode; several are measured one after the other
    #[arg(long, value_name = "N", value_delimiter = ',')]
    threads: Vec<usize>,
    /// Audio window: fitted to the recording, full (30 s), or both
    #[arg(long, value_enum, default_value_t = Window::Fitted)]
    audio_ctx: Window,
    /// Encoder positions beyond the recording in the fitted window
    #[arg(long, value_name = "N")]
    margin: Option<u32>,
    /// Also with white noise at these signal-to-noise ratios, in dB
    #[arg(
        long,
        value_name = "DB",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    noise: Vec<f64>,
    /// Seed of the noise
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON, with every recording
    #[arg(long)]
    json: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Window {
    Fitted,
    Full,
    Both,
}

/// One line of the manifest.
#[derive(Deserialize, Clone, Debug)]
struct Clip {
    audio: PathBuf,
    text: String,
    #[serde(default)]
    voice: String,
    #[serde(default)]
    set: String,
}

/// What was heard of one recording.
#[derive(Serialize, Clone, Debug)]
struct Heard {
    audio: PathBuf,
    said: String,
    heard: String,
    confidence: f32,
    seconds: f64,
    took_ms: u64,
    /// Whether it was longer than a decode may be, and so heard as in a call:
    /// cut at pauses, each piece decoded by itself.
    in_pieces: bool,
    #[serde(flatten)]
    errors: WordErrors,
}

/// Everything of one model, window and noise.
#[derive(Serialize, Clone, Debug)]
struct Run {
    model: String,
    threads: usize,
    audio_ctx: &'static str,
    noise_db: Option<f64>,
    wer: f64,
    errors: WordErrors,
    by: BTreeMap<String, f64>,
    /// Recordings that were heard in pieces.
    in_pieces: usize,
    /// Decoding time over length of the audio, of those that were decoded at
    /// once.
    rtf_p50: Option<f64>,
    rtf_p95: Option<f64>,
    took_ms_p50: Option<f64>,
    took_ms_p95: Option<f64>,
    /// Words heard in silence and in noise alone; 0 is right.
    words_in_nothing: usize,
    /// The most memory while it ran, and what of it came with the model.
    memory_peak_mb: Option<u64>,
    memory_added_mb: Option<u64>,
    clips: Vec<Heard>,
}

/// Runs `viva bench stt`. Exit status 1 where words are heard in silence, or
/// are lost or doubled where a long answer is cut.
///
/// # Errors
///
/// An unreadable manifest, recording or model.
pub(super) fn run(args: BenchSttArgs) -> anyhow::Result<ExitCode> {
    let mut clips = match &args.manifest {
        Some(path) => read_manifest(path)?,
        None => Vec::new(),
    };
    if args.made {
        clips.extend(made()?);
    }
    for length in &args.lengths {
        ensure!(
            (1.0..=30.0).contains(length),
            "--lengths: found {length}, expected 1 to 30 seconds"
        );
    }
    let wanted: Vec<Option<&str>> = if args.model.is_empty() {
        vec![None]
    } else {
        args.model.iter().map(|m| Some(m.as_str())).collect()
    };
    let usual = WhisperSettings::default();
    let threads: Vec<usize> = match args.threads.as_slice() {
        [] => vec![usual.threads],
        given => given.iter().map(|n| (*n).max(1)).collect(),
    };
    let longest = args.lengths.iter().copied().fold(0.0, f64::max);
    let speech = if longest > 0.0 {
        growth::speech(longest)?
    } else {
        Vec::new()
    };
    let margin = args.margin.unwrap_or(usual.audio_ctx_margin).max(1);
    let windows: &[(&'static str, u32)] = match args.audio_ctx {
        Window::Fitted => &[("fitted", margin)],
        Window::Full => &[("full", 0)],
        Window::Both => &[("fitted", margin), ("full", 0)],
    };
    let levels: Vec<Option<f64>> = [None]
        .into_iter()
        .chain(args.noise.iter().copied().map(Some))
        .collect();

    let (mut runs, mut grown, mut longs) = (Vec::new(), Vec::new(), Vec::<Long>::new());
    for wanted in wanted {
        let found = model::find(wanted, None)?;
        let mut call = AudioSettings::default();
        if found.starter {
            call.endpoint.in_short_stretches();
        }
        for (threads, (window, margin)) in threads
            .iter()
            .flat_map(|n| windows.iter().map(move |w| (*n, *w)))
        {
            let settings = WhisperSettings {
                threads,
                audio_ctx_margin: margin,
                ..usual.clone()
            };
            let before = growth::now_mb();
            growth::reset_peak();
            let mut ears = WhisperRecognizer::load(&found.path, &settings)?;
            for level in levels.iter().filter(|_| !clips.is_empty()) {
                let mut run = measure(&mut ears, &clips, &call, (*level, args.seed))?;
                run.model.clone_from(&found.name);
                run.threads = threads;
                run.audio_ctx = window;
                run.memory_peak_mb = growth::peak_mb();
                run.memory_added_mb = run
                    .memory_peak_mb
                    .zip(before)
                    .map(|(peak, before)| peak.saturating_sub(before));
                if !args.json {
                    print(&run);
                }
                runs.push(run);
            }
            for seconds in &args.lengths {
                let (took_ms_p50, rtf) = growth::measure(&mut ears, &speech, *seconds)?;
                grown.push(Growth {
                    model: found.name.clone(),
                    threads,
                    audio_ctx: window,
                    seconds: *seconds,
                    took_ms_p50,
                    rtf,
                });
            }
            if let Some(seconds) = args.long {
                let mut ears = Ears::new(ears, call.clone());
                let what = (found.name.as_str(), threads);
                longs.extend(long::measure(&mut ears, what, seconds, args.seed)?);
            }
        }
    }
    let nothing: usize = runs.iter().map(|r| r.words_in_nothing).sum();
    let faults: usize = longs.iter().map(Long::faults).sum();
    let peak = growth::peak_mb();
    if args.json {
        let report = serde_json::json!({
            "runs": runs, "growth": grown, "long": longs, "memory_peak_mb": peak,
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        if !grown.is_empty() {
            growth::print(&grown);
        }
        if !longs.is_empty() {
            long::print(&longs);
        }
        if let Some(peak) = peak {
            println!("memory peak with the last model: {peak} MB");
        }
    }
    Ok(ExitCode::from(u8::from(nothing + faults > 0)))
}

fn read_manifest(path: &Path) -> anyhow::Result<Vec<(Clip, Vec<f32>)>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("Manifest {}", path.display()))?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut clips = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let place = || format!("Manifest {}, line {}", path.display(), number + 1);
        let clip: Clip = serde_json::from_str(line).with_context(place)?;
        let audio = wave::read_wav(&folder.join(&clip.audio)).with_context(place)?;
        ensure!(!audio.is_empty(), "{}: the recording is empty", place());
        clips.push((clip, audio));
    }
    if clips.is_empty() {
        bail!("Manifest {} has no recordings", path.display());
    }
    Ok(clips)
}

/// Sentences of an interview by every voice that is built in.
fn made() -> anyhow::Result<Vec<(Clip, Vec<f32>)>> {
    let mut clips = Vec::new();
    for voice in voices() {
        for (number, text) in SENTENCES.into_iter().enumerate() {
            let clip = Clip {
                audio: PathBuf::from(format!("{voice}-{}", number + 1)),
                text: text.to_owned(),
                voice: voice.to_owned(),
                set: "made".to_owned(),
            };
            clips.push((clip, spoken(voice, 1.0, text)?));
        }
    }
    Ok(clips)
}

/// Hears all recordings; those that are too long for one decode as a call
/// with these settings would.
fn measure(
    ears: &mut WhisperRecognizer,
    clips: &[(Clip, Vec<f32>)],
    call: &AudioSettings,
    (noise_db, seed): (Option<f64>, u64),
) -> anyhow::Result<Run> {
    let clock = Clock::system();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut total = WordErrors::default();
    let mut groups: BTreeMap<String, WordErrors> = BTreeMap::new();
    let mut heard = Vec::new();
    for (clip, audio) in clips {
        let audio = match noise_db {
            Some(db) => with_noise(audio, db, &mut rng),
            None => audio.clone(),
        };
        let in_pieces = audio.len() as f64 > LONGEST * RATE;
        let began = clock.now();
        let (text, confidence) = if in_pieces {
            let heard = listen(&audio, call, ears, &DecodeHints::default());
            heard.map(|heard| (heard.text(), mean_confidence(&heard)))
        } else {
            let heard = ears.transcribe(&audio, &DecodeHints::default(), &Cancel::default());
            heard.map(|heard| (heard.text, heard.confidence))
        }
        .with_context(|| format!("Recording {}", clip.audio.display()))?;
        let took_ms = clock.now().since(began).as_millis() as u64;
        let errors = word_errors(&clip.text, &text);
        total += errors;
        for (kind, name) in [("set", &clip.set), ("voice", &clip.voice)] {
            if !name.is_empty() {
                *groups.entry(format!("{kind} {name}")).or_default() += errors;
            }
        }
        heard.push(Heard {
            audio: clip.audio.clone(),
            said: clip.text.clone(),
            heard: text,
            confidence,
            seconds: audio.len() as f64 / RATE,
            took_ms,
            in_pieces,
            errors,
        });
    }
    let rtf = |h: &Heard| h.took_ms as f64 / 1000.0 / h.seconds;
    let took = |h: &Heard| h.took_ms as f64;
    let at_once = || heard.iter().filter(|h| !h.in_pieces);
    Ok(Run {
        model: String::new(),
        threads: 0,
        audio_ctx: "",
        noise_db,
        wer: total.rate(),
        errors: total,
        by: groups.into_iter().map(|(k, e)| (k, e.rate())).collect(),
        in_pieces: heard.iter().filter(|h| h.in_pieces).count(),
        rtf_p50: quantile(at_once().map(rtf), 0.5),
        rtf_p95: quantile(at_once().map(rtf), 0.95),
        took_ms_p50: quantile(at_once().map(took), 0.5),
        took_ms_p95: quantile(at_once().map(took), 0.95),
        words_in_nothing: words_in_nothing(ears, &mut rng)?,
        memory_peak_mb: None,
        memory_added_mb: None,
        clips: heard,
    })
}

/// Mean confidence of the utterances, by words.
fn mean_confidence(heard: &listen::Heard) -> f32 {
    let words = || heard.utterances.iter().flat_map(|u| &u.words);
    words().map(|w| w.confidence).sum::<f32>() / words().count().max(1) as f32
}

/// Mixes white noise in, `db` below the loudness of the whole recording.
fn with_noise(audio: &[f32], db: f64, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let power = audio.iter().map(|s| f64::from(s * s)).sum::<f64>() / audio.len() as f64;
    // Even noise within -a to a has the power a^2 / 3.
    let peak = (3.0 * power / 10f64.powf(db / 10.0)).sqrt() as f32;
    audio
        .iter()
        .map(|s| (s + peak * rng.random_range(-1.0f32..=1.0)).clamp(-1.0, 1.0))
        .collect()
}

/// Words in 3 s of silence, of faint noise and of loud noise.
fn words_in_nothing(ears: &mut WhisperRecognizer, rng: &mut ChaCha8Rng) -> anyhow::Result<usize> {
    let mut words = 0;
    for peak in [0.0f32, 0.003, 0.1] {
        let audio: Vec<f32> = (0..48_000)
            .map(|_| peak * rng.random_range(-1.0f32..=1.0))
            .collect();
        let heard = ears.transcribe(&audio, &DecodeHints::default(), &Cancel::default())?;
        words += heard.words.len();
    }
    Ok(words)
}

/// The value that the part `q` of all does not exceed (nearest rank).
pub(super) fn quantile(values: impl Iterator<Item = f64>, q: f64) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let rank = (q * values.len() as f64).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied()
}

fn print(run: &Run) {
    let noise = run
        .noise_db
        .map_or_else(|| "clean".to_owned(), |db| format!("{db} dB"));
    let e = run.errors;
    println!(
        "{}, {} threads, window {}, {noise}: WER {:.1} % ({} words: {} substituted, {} inserted, \
         {} deleted)",
        run.model,
        run.threads,
        run.audio_ctx,
        run.wer * 100.0,
        e.words,
        e.substitutions,
        e.insertions,
        e.deletions
    );
    for (group, rate) in &run.by {
        println!("    {group:<24} {:>6.1} %", rate * 100.0);
    }
    if let (Some(p50), Some(p95), Some(ms50), Some(ms95)) =
        (run.rtf_p50, run.rtf_p95, run.took_ms_p50, run.took_ms_p95)
    {
        println!(
            "    decoding p50 {ms50:.0} ms, p95 {ms95:.0} ms; real-time factor p50 {p50:.3}, p95 {p95:.3}"
        );
    }
    if run.in_pieces > 0 {
        println!(
            "    longer than {LONGEST} s, so heard as in a call, in pieces, and not timed: {} of {} recordings",
            run.in_pieces,
            run.clips.len()
        );
        for clip in run.clips.iter().filter(|c| c.in_pieces) {
            println!("        {} ({:.1} s)", clip.audio.display(), clip.seconds);
        }
    }
    println!(
        "    words heard in silence and noise: {}",
        run.words_in_nothing
    );
    if let (Some(peak), Some(added)) = (run.memory_peak_mb, run.memory_added_mb) {
        println!("    memory peak {peak} MB, {added} MB more than before the model");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_asked_strength() {
        let audio: Vec<f32> = (0..16_000).map(|i| 0.2 * (i as f32 * 0.05).sin()).collect();
        let noisy = with_noise(&audio, 10.0, &mut ChaCha8Rng::seed_from_u64(1));
        let power = |x: &mut dyn Iterator<Item = f32>| x.map(|s| f64::from(s * s)).sum::<f64>();
        let signal = power(&mut audio.iter().copied());
        let noise = power(&mut noisy.iter().zip(&audio).map(|(n, s)| n - s));
        assert!((10.0 * (signal / noise).log10() - 10.0).abs() < 0.3);
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(quantile(values.into_iter(), 0.5), Some(3.0));
        assert_eq!(quantile(values.into_iter(), 0.95), Some(5.0));
        assert_eq!(quantile(std::iter::empty(), 0.5), None);
    }

    #[test]
    fn a_bad_manifest_names_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.jsonl");
        for (content, told) in [
            ("", "has no recordings"),
            ("{}", "line 1"),
            ("\n{\"audio\":\"absent.wav\",\"text\":\"a\"}", "line 2"),
        ] {
            std::fs::write(&path, content).unwrap();
            let error = format!("{:#}", read_manifest(&path).unwrap_err());
            assert!(error.contains(told), "{error}");
        }
    }
}
