//! Honest ears, through the whole listening path: nothing is heard where
//! nobody speaks, and of a long answer every word is there once.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
#![cfg(feature = "flite")]

use assert_cmd::Command;
use serde_json::Value;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use viva::audio::AudioSettings;
use viva::call::listen::listen;
use viva::speech::scripted::ScriptedRecognizer;
use viva::speech::voices::open_voice;
use viva::speech::whisper::{WhisperRecognizer, WhisperSettings};
use viva::speech::{Cancel, DecodeHints, Recognizer, model};

const RATE: usize = 16_000;

/// What `viva bench` measures with the starter model; nothing, with a line
/// that says so, where there is none.
fn bench(args: &[&str]) -> Option<Value> {
    if model::find(Some("starter"), None).is_err() {
        eprintln!("skipped: no starter model");
        return None;
    }
    let output = Command::cargo_bin("viva")
        .unwrap()
        .arg("bench")
        .args(args)
        .args(["--json", "--threads", "1", "--model", "starter"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    Some(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {output:?}")))
}

fn measured(seconds: &str, only: &str) -> Option<Value> {
    let noises = noises();
    let mut args = vec!["ears", "--seconds", seconds, "--only", only];
    args.extend(noises.iter().map(String::as_str));
    bench(&args)
}

fn noises() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/audio/noise");
    if !folder.is_dir() {
        eprintln!("without recorded noises: {} is not there", folder.display());
        return Vec::new();
    }
    vec!["--noise".into(), folder.display().to_string()]
}

fn no_word_in(seconds: &str, only: &str) {
    let Some(report) = measured(seconds, only) else {
        return;
    };
    let cases = report["no_answer"].as_array().unwrap();
    assert!(!cases.is_empty(), "{only}");
    for case in cases {
        assert_eq!(case["words"], 0, "{case}");
    }
}

#[test]
fn a_minute_of_silence_and_of_noise_has_no_word() {
    no_word_in("60", "silence");
    no_word_in("60", "pink noise -35");
    no_word_in("60", "white noise -20");
}

#[test]
fn a_minute_of_bursts_has_no_word() {
    no_word_in("60", "knocks -3 dB");
    no_word_in("60", "keyboard");
    no_word_in("60", "coughs -3 dB");
}

#[test]
fn talk_of_many_has_no_word() {
    no_word_in("30", "made talkers -35");
    if !noises().is_empty() {
        no_word_in("40", "people_talking -35");
    }
}

#[test]
fn a_few_at_the_other_end_of_the_room_have_no_word() {
    no_word_in("20", "distant talkers -20");
}

#[test]
fn barks_sirens_and_doors_have_no_word() {
    no_word_in("30", "doors -3 dB");
    no_word_in("30", "barks -3 dB");
    if !noises().is_empty() {
        no_word_in("12", "dog_bark -20");
        no_word_in("12", "siren");
    }
}

fn spoken(voice: &str, text: &str) -> Vec<f32> {
    let mut samples = Vec::new();
    open_voice(voice, 1.0)
        .unwrap()
        .speak(text, &mut |b| {
            samples.extend_from_slice(b);
            ControlFlow::Continue(())
        })
        .unwrap();
    samples
}

#[test]
fn a_thank_you_that_is_said_is_heard() {
    let Ok(found) = model::find(Some("starter"), None) else {
        eprintln!("skipped: no starter model");
        return;
    };
    let settings = WhisperSettings {
        threads: 1,
        ..WhisperSettings::default()
    };
    let mut ears = WhisperRecognizer::load(&found.path, &settings).unwrap();
    for voice in ["slt", "rms"] {
        let mut audio = vec![0.0; RATE];
        audio.extend(spoken(voice, "Thank you."));
        audio.extend(vec![0.0; RATE]);
        let heard = listen(
            &audio,
            &AudioSettings::default(),
            &mut ears,
            &DecodeHints::default(),
        );
        assert_eq!(heard.unwrap().text(), "Thank you.", "{voice}");
        // The same with a long list of other words to expect.
        let hints = DecodeHints {
            prompt: Some("Python, Django, PostgreSQL, Redis, Docker".into()),
        };
        let heard = ears.transcribe(&audio, &hints, &Cancel::default());
        assert_eq!(heard.unwrap().text, "Thank you.", "{voice}");
    }
}

#[test]
fn a_recording_that_is_too_long_for_one_decode_is_heard_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let texts = [
        "I have worked as a backend developer for six years now.",
        "My last project was a small shop with a large database.",
        "I would begin with a test that shows the error.",
    ];
    let mut long = Vec::new();
    let mut said = Vec::new();
    for text in texts.iter().cycle() {
        if long.len() > 33 * RATE {
            break;
        }
        long.extend(spoken("slt", text));
        long.extend(vec![0.0; RATE / 2]);
        said.push(*text);
    }
    let mut lines = String::new();
    for (name, audio, text) in [
        ("long.wav", &long, said.join(" ")),
        ("short.wav", &spoken("slt", texts[0]), texts[0].to_owned()),
    ] {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE as u32,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(folder.path().join(name), spec).unwrap();
        for sample in audio {
            writer.write_sample((sample * 32_767.0) as i16).unwrap();
        }
        writer.finalize().unwrap();
        lines += &format!("{}\n", serde_json::json!({"audio": name, "text": text}));
    }
    let manifest = folder.path().join("manifest.jsonl");
    std::fs::write(&manifest, lines).unwrap();
    let Some(report) = bench(&["stt", "--manifest", manifest.to_str().unwrap()]) else {
        return;
    };
    let run = &report["runs"][0];
    assert_eq!(run["in_pieces"], 1, "{run}");
    let clips = run["clips"].as_array().unwrap();
    for (clip, in_pieces) in clips.iter().zip([true, false]) {
        assert_eq!(clip["in_pieces"], in_pieces, "{clip}");
    }
    // The end of the long one was heard too.
    let heard = clips[0]["heard"].as_str().unwrap().split_whitespace();
    let said = said.join(" ").split_whitespace().count();
    assert!(heard.count() * 10 > said * 8, "{}", clips[0]);
}

/// A long answer of which every word's place is known.
struct Answer {
    audio: Vec<f32>,
    /// Words with their first and last sample.
    words: Vec<(String, usize, usize)>,
}

impl Answer {
    /// Stretches of speech without pauses, each followed by so many
    /// milliseconds of silence, in turn.
    fn new(seconds: usize, pauses_ms: &[usize]) -> Self {
        let text = "we moved all of our users to one new region and then we waited for a while";
        let voiced = squeezed(&spoken("slt", text));
        let mut answer = Self {
            audio: vec![0.0; RATE],
            words: Vec::new(),
        };
        let mut state = 11u32;
        for pause in pauses_ms.iter().cycle() {
            if answer.audio.len() > seconds * RATE {
                break;
            }
            let mut at = answer.audio.len();
            answer.audio.extend_from_slice(&voiced);
            let end = answer.audio.len();
            while at < end {
                // 220 to 500 ms, as words are; the last takes the rest.
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let length = 3_520 + (state >> 16) as usize % 4_480;
                let to = if at + length + 3_520 > end {
                    end
                } else {
                    at + length
                };
                answer.words.push((name(&mut state), at, to));
                at = to;
            }
            answer.audio.extend(vec![0.0; pause * RATE / 1000]);
        }
        // A room is never digitally silent, and so no stretch occurs twice.
        for sample in &mut answer.audio {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample += (state >> 8) as f32 / 16_777_216.0 * 2e-4 - 1e-4;
        }
        answer
    }

    fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|w| w.0.as_str()).collect();
        words.join(" ")
    }

    /// Hears what is whole in a piece of the audio right, and of a word that
    /// is cut only a part.
    fn ears(&self) -> ScriptedRecognizer {
        let (audio, words) = (self.audio.clone(), self.words.clone());
        let mut places: HashMap<u32, Vec<usize>> = HashMap::new();
        for (at, sample) in audio.iter().enumerate() {
            places.entry(sample.to_bits()).or_default().push(at);
        }
        ScriptedRecognizer::by(Box::new(move |piece, _| {
            let probe = &piece[..64];
            let same = |at: &usize| audio.get(*at..*at + 64) == Some(probe);
            let from = places[&probe[0].to_bits()].iter().copied().find(same);
            let from = from.unwrap();
            let to = from + piece.len();
            let heard = words.iter().filter_map(|(word, begin, end)| {
                let inside = (*end.min(&to)).saturating_sub(*begin.max(&from));
                if inside == end - begin {
                    Some(word.clone())
                } else if inside * 3 > end - begin {
                    Some(word[..2].to_owned())
                } else {
                    None
                }
            });
            Ok(heard.collect::<Vec<_>>().join(" "))
        }))
    }
}

/// Six letters by chance, so that no two words are alike.
fn name(state: &mut u32) -> String {
    (0..6)
        .map(|_| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'a' + (*state >> 20) as u8 % 26)
        })
        .collect()
}

/// Without what is silent.
fn squeezed(speech: &[f32]) -> Vec<f32> {
    speech
        .chunks(320)
        .filter(|c| c.iter().any(|v| v.abs() > 0.02))
        .flatten()
        .copied()
        .collect()
}

#[test]
fn of_a_long_answer_every_word_is_there_once() {
    for (what, seconds, pauses) in [
        ("without any pause", 100, &[0][..]),
        ("with short pauses", 180, &[350, 420][..]),
        (
            "with pauses now and then",
            180,
            &[0, 0, 0, 480, 0, 60, 0, 330][..],
        ),
    ] {
        let answer = Answer::new(seconds, pauses);
        let settings = AudioSettings::default();
        let heard = listen(
            &answer.audio,
            &settings,
            &mut answer.ears(),
            &DecodeHints::default(),
        )
        .unwrap();
        assert_eq!(heard.text(), answer.text(), "{what}");
        let words: usize = heard.utterances.iter().map(|u| u.words.len()).sum();
        assert_eq!(words, answer.words.len(), "{what}");
        let times = heard.utterances.iter().flat_map(|u| &u.words);
        let times: Vec<u64> = times.map(|w| w.start_ms).collect();
        assert!(times.windows(2).all(|t| t[0] <= t[1]), "{what}");
    }
}
