//! Makes the labelled pauses: answers in the built-in voices, and recorded
//! people where a folder of them is given, with pauses of known length where
//! people make them (see [`Pauses`]).
//!
//! Two halves that share neither a text nor a voice: settings are tuned on
//! `tune`, and what is reported is `held_out`.

use super::labelled::{Label, Piece};
use crate::audio::{AnswerKind, RATE, WavSpeaker, pos_ms, read_wav_16k};
use crate::simulate::{Pauses, trimmed};
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

/// A half: its name, its answers, and who gives them.
struct Half {
    set: &'static str,
    answers: &'static str,
    voices: &'static [&'static str],
}

const HALVES: [Half; 2] = [
    Half {
        set: "tune",
        answers: include_str!("answers.toml"),
        voices: &["slt", "kal"],
    },
    Half {
        set: "held_out",
        answers: include_str!("held_out.toml"),
        voices: &["rms", "awb"],
    },
];

/// The answers of a half.
#[derive(Deserialize)]
struct Answers {
    answer: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
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
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut labels = Vec::new();
    let there = built_in();
    for half in &HALVES {
        let answers: Answers = toml::from_str(half.answers)?;
        for voice in half.voices.iter().filter(|v| there.contains(v)) {
            let mut speaker = open_voice(voice, 1.0)?;
            let mut pauses = Pauses::new(seed, voice);
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
                let name = format!("{}-{voice}-{number:02}.wav", half.set);
                let pieces = splice(&folder.join(&name), &parts, &mut pauses, &mut rng)?;
                labels.push(Label {
                    audio: name.into(),
                    voice: (*voice).to_owned(),
                    set: half.set.to_owned(),
                    asked: answer.asked,
                    pieces,
                });
            }
        }
    }
    if let Some(human) = human {
        let pauses = Pauses::new(seed, "human");
        labels.extend(people(folder, human, pauses, &mut rng)?);
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
fn people(
    folder: &Path,
    human: &Path,
    mut pauses: Pauses,
    rng: &mut ChaCha8Rng,
) -> anyhow::Result<Vec<Label>> {
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
    for (number, order) in orders(parts.len()).into_iter().enumerate() {
        let some: Vec<_> = order.iter().map(|at| parts[*at].clone()).collect();
        let name = format!("human-{number:02}.wav");
        let pieces = splice(&folder.join(&name), &some, &mut pauses, rng)?;
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

/// Two or three different ones of so many, in every distance from each other:
/// few recordings are heard with many pauses.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut orders = Vec::new();
    for step in 1..count.max(2) {
        for begin in 0..count {
            let mut order: Vec<usize> = Vec::new();
            for i in 0..2 + (begin + step) % 2 {
                let at = (begin + i * step) % count;
                if !order.contains(&at) {
                    order.push(at);
                }
            }
            orders.push(order);
        }
    }
    orders
}

/// Writes the parts with pauses between them.
fn splice(
    path: &Path,
    parts: &[(String, Vec<f32>)],
    pauses: &mut Pauses,
    rng: &mut ChaCha8Rng,
) -> anyhow::Result<Vec<Piece>> {
    let mut pcm = vec![0.0; EDGE];
    let mut pieces = Vec::new();
    for (i, (text, part)) in parts.iter().enumerate() {
        if i > 0 {
            let ms = pauses.after(&parts[i - 1].0);
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
    fn few_recordings_make_many_answers_and_none_says_a_thing_twice() {
        let orders = orders(4);
        assert_eq!(orders.len(), 12);
        for order in &orders {
            let mut once = order.clone();
            once.sort_unstable();
            once.dedup();
            assert!(once.len() == order.len() && order.len() >= 2, "{order:?}");
        }
        assert_eq!(super::orders(1), [[0]]);
        assert_eq!(super::orders(0), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn the_halves_share_neither_texts_nor_voices_and_have_all_kinds() {
        let [tune, held_out] = &HALVES;
        let read = |half: &Half| toml::from_str::<Answers>(half.answers).unwrap().answer;
        let (a, b) = (read(tune), read(held_out));
        for answer in &a {
            assert!(b.iter().all(|other| other.text != answer.text));
        }
        assert!(tune.voices.iter().all(|v| !held_out.voices.contains(v)));
        for half in [a, b] {
            for asked in AnswerKind::ALL {
                assert!(half.iter().any(|answer| answer.asked == asked), "{asked:?}");
            }
        }
    }
}
