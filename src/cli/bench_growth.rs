//! How decoding grows with the length of what is decoded, and what a model
//! takes of memory.

use super::bench_sounds::{RATE, SENTENCES, spoken, voices};
use super::bench_stt::quantile;
use crate::clock::Clock;
use crate::speech::whisper::WhisperRecognizer;
use crate::speech::{Cancel, DecodeHints, Recognizer};
use serde::Serialize;

/// Decodes of each length; the median counts.
const TIMES: usize = 3;

/// One length.
#[derive(Serialize, Clone, Debug)]
pub(super) struct Growth {
    pub(super) model: String,
    pub(super) threads: usize,
    pub(super) audio_ctx: &'static str,
    /// Length of the utterance.
    pub(super) seconds: f64,
    pub(super) took_ms_p50: f64,
    /// Decoding time over length.
    pub(super) rtf: f64,
}

/// Speech of one built-in voice, at least so long; nothing where there is no
/// such voice.
pub(super) fn speech(seconds: f64) -> anyhow::Result<Vec<f32>> {
    let Some(voice) = voices().first().copied() else {
        anyhow::bail!("No built-in voice to measure lengths with");
    };
    let mut audio = Vec::new();
    for text in SENTENCES.iter().cycle() {
        if audio.len() as f64 >= seconds * RATE as f64 {
            break;
        }
        audio.extend(spoken(voice, 1.0, text)?);
    }
    Ok(audio)
}

/// Decodes the first `seconds` of `speech` some times.
pub(super) fn measure(
    ears: &mut WhisperRecognizer,
    speech: &[f32],
    seconds: f64,
) -> anyhow::Result<(f64, f64)> {
    let clock = Clock::system();
    let audio = &speech[..((seconds * RATE as f64) as usize).min(speech.len())];
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let began = clock.now();
        ears.transcribe(audio, &DecodeHints::default(), &Cancel::default())?;
        took.push(clock.now().since(began).as_millis() as f64);
    }
    let took = quantile(took.into_iter(), 0.5).unwrap_or_default();
    Ok((took, took / 1000.0 / seconds))
}

pub(super) fn print(rows: &[Growth]) {
    println!(
        "{:<24}{:>8}{:>8}{:>9}{:>10}{:>8}",
        "model", "threads", "window", "length s", "ms", "RTF"
    );
    for row in rows {
        println!(
            "{:<24}{:>8}{:>8}{:>9}{:>10.0}{:>8.3}",
            row.model, row.threads, row.audio_ctx, row.seconds, row.took_ms_p50, row.rtf
        );
    }
}

/// The most memory that this process had since [`reset_peak`], in MB (Linux
/// only).
pub(super) fn peak_mb() -> Option<u64> {
    status_mb("VmHWM:")
}

/// The memory that this process has now, in MB (Linux only).
pub(super) fn now_mb() -> Option<u64> {
    status_mb("VmRSS:")
}

/// Forgets the peak, so that each model has its own. Where the system does
/// not allow it, the peak is that of all models so far.
pub(super) fn reset_peak() {
    // "5" resets the high water mark: proc(5).
    if let Err(error) = std::fs::write("/proc/self/clear_refs", "5") {
        tracing::debug!(%error, "the memory peak is that of the whole run");
    }
}

fn status_mb(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with(name))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}
