//! Makes the labelled pauses: answers in every built-in voice, and recorded
//! people where a folder of them is given, with pauses of known length where
//! people make them.
//!
//! Pauses in speech are about log-normal in length (Campione and Véronis
//! 2002, "A large-scale multilingual study of silent pause duration"). The
//! medians here are of slow, thoughtful talk: 350 ms at a comma, 550 ms
//! between two sentences, 700 ms where the speaker stops in the middle of a
//! clause to look for words; all within 0.1-3 s.

use super::labelled::{Label, Piece};
use crate::audio::{AnswerKind, RATE, WavSpeaker, pos_ms, read_wav_16k};
use crate::speech::normalise::normalise;
use crate::speech::voices::{built_in, open_voice};
use anyhow::Context;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

/// Quieter than this is the voice's own silence.
const SILENCE: f32 = 0.01;
/// Loudness of the room, -76 dB of full scale: nowhere is it digitally quiet.
const ROOM: f32 = 0.000_16;
/// Before the first and after the last sound, in samples.
const EDGE: usize = RATE as usize / 2;
/// Silence inside a recording that makes it two pieces: it cannot be used as
/// one, because nobody labelled it. In samples.
const HOLE: usize = RATE as usize * 15 / 100;

/// The answers of `answers.toml`.
#[derive(Deserialize)]
struct Answers {
    answer: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    set: String,
    asked: AnswerKind,
    text: String,
}

/// Writes recordings and `manifest.jsonl` into `folder`; how many comes back.
///
/// # Errors
///
/// Where a voice fails, or a file cannot be read or written.
pub(super) fn make(folder: &Path, human: Option<&Path>, seed: u64) -> anyhow::Result<usize> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let answers: Answers = toml::from_str(include_str!("answers.toml"))?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut labels = Vec::new();
    // The silent one says nothing.
    for voice in built_in().into_iter().filter(|v| *v != "silent") {
        let mut speaker = open_voice(voice, 1.0)?;
        for (number, answer) in answers.answer.iter().enumerate() {
            let mut parts = Vec::new();
            for text in answer.text.split(" / ") {
                let mut pcm = Vec::new();
                speaker.speak(&normalise(text), &mut |part| {
                    pcm.extend_from_slice(part);
                    ControlFlow::Continue(())
                })?;
                parts.push((text.to_owned(), trimmed(&pcm).to_vec()));
            }
            let name = format!("{voice}-{number:02}.wav");
            let pieces = splice(&folder.join(&name), &parts, &mut rng)?;
            labels.push(Label {
                audio: name.into(),
                voice: voice.to_owned(),
                set: answer.set.clone(),
                asked: answer.asked,
                pieces,
            });
        }
    }
    if let Some(human) = human {
        labels.extend(people(folder, human, &mut rng)?);
    }
    let path = folder.join("manifest.jsonl");
    let mut file = std::fs::File::create(&path).with_context(|| path.display().to_string())?;
    for label in &labels {
        writeln!(file, "{}", serde_json::to_string(label)?)
            .with_context(|| path.display().to_string())?;
    }
    Ok(labels.len())
}

/// Recorded sentences of one speaker (`NAME.wav` with `NAME.txt`), two or
/// three of them an answer.
fn people(folder: &Path, human: &Path, rng: &mut ChaCha8Rng) -> anyhow::Result<Vec<Label>> {
    let told = || human.display().to_string();
    let mut names: Vec<_> = std::fs::read_dir(human)
        .with_context(told)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "wav"))
        .collect();
    names.sort();
    let mut parts = Vec::new();
    for path in names {
        let Ok(text) = std::fs::read_to_string(path.with_extension("txt")) else {
            continue;
        };
        let pcm = read_wav_16k(&path)?;
        let pcm = trimmed(&pcm);
        if !has_hole(pcm) {
            parts.push((text.trim().to_owned(), pcm.to_vec()));
        }
    }
    if parts.is_empty() {
        eprintln!(
            "viva: {}: no recording without a pause of its own and with its text; made without people",
            told()
        );
    }
    let mut labels = Vec::new();
    for (number, begin) in (0..parts.len()).enumerate() {
        let some: Vec<_> = (0..2 + number % 2)
            .map(|i| parts[(begin + i) % parts.len()].clone())
            .collect();
        let name = format!("human-{number:02}.wav");
        let pieces = splice(&folder.join(&name), &some, rng)?;
        labels.push(Label {
            audio: name.into(),
            voice: "human".into(),
            set: "human".into(),
            asked: AnswerKind::Long,
            pieces,
        });
    }
    Ok(labels)
}

/// Writes the parts with pauses between them.
fn splice(
    path: &Path,
    parts: &[(String, Vec<f32>)],
    rng: &mut ChaCha8Rng,
) -> anyhow::Result<Vec<Piece>> {
    let mut pcm = vec![0.0; EDGE];
    let mut pieces = Vec::new();
    for (i, (text, part)) in parts.iter().enumerate() {
        if i > 0 {
            let ms = pause_ms(&parts[i - 1].0, rng);
            pcm.resize(pcm.len() + (ms * u64::from(RATE) / 1000) as usize, 0.0);
        }
        let start = pcm.len() as u64;
        pcm.extend_from_slice(part);
        pieces.push(Piece {
            text: text.clone(),
            start_ms: pos_ms(start),
            end_ms: pos_ms(pcm.len() as u64),
        });
    }
    pcm.resize(pcm.len() + EDGE, 0.0);
    for sample in &mut pcm {
        *sample = (*sample + rng.random_range(-ROOM..=ROOM)).clamp(-1.0, 1.0);
    }
    let shown = || path.display().to_string();
    let mut wav = WavSpeaker::create(path).with_context(shown)?;
    wav.write(&pcm).with_context(shown)?;
    wav.finish().with_context(shown)?;
    Ok(pieces)
}

/// How long the speaker pauses after these words.
fn pause_ms(before: &str, rng: &mut ChaCha8Rng) -> u64 {
    let (median, spread): (f64, f64) = if before.ends_with(['.', '!', '?']) {
        (550.0, 0.5)
    } else if before.ends_with(',') && !before.ends_with("um,") {
        (350.0, 0.5)
    } else {
        (700.0, 0.6)
    };
    // The sum of twelve even chances is as good as normal, and ends.
    let normal = (0..12).map(|_| rng.random_range(0.0..1.0)).sum::<f64>() - 6.0;
    (median * (spread * normal).exp()).clamp(100.0, 3_000.0) as u64
}

/// Without the silence at both ends.
fn trimmed(pcm: &[f32]) -> &[f32] {
    let loud = |s: &f32| s.abs() > SILENCE;
    match (pcm.iter().position(loud), pcm.iter().rposition(loud)) {
        (Some(first), Some(last)) => &pcm[first..=last],
        _ => &[],
    }
}

fn has_hole(pcm: &[f32]) -> bool {
    let mut quiet = 0;
    pcm.iter().any(|s| {
        quiet = if s.abs() > SILENCE { 0 } else { quiet + 1 };
        quiet > HOLE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_within_bounds_and_depend_on_their_place() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut median = |before: &str| {
            let mut all: Vec<u64> = (0..999).map(|_| pause_ms(before, &mut rng)).collect();
            assert!(all.iter().all(|ms| (100..=3_000).contains(ms)));
            all.sort_unstable();
            all[499]
        };
        let (comma, stop, middle) = (median("data,"), median("data."), median("because"));
        assert!(comma < stop && stop < middle, "{comma} {stop} {middle}");
    }

    #[test]
    fn every_answer_has_its_half_and_can_be_read() {
        let answers: Answers = toml::from_str(include_str!("answers.toml")).unwrap();
        let count = |set: &str| answers.answer.iter().filter(|a| a.set == set).count();
        assert_eq!(count("tune"), count("report"));
        assert_eq!(count("tune") * 2, answers.answer.len());
    }
}
