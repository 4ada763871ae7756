//! The real model hears the real voices. Skipped, with a line that says so,
//! where the starter model is not there.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use viva::speech::voices::open_voice;
use viva::speech::whisper::{WhisperRecognizer, WhisperSettings};
use viva::speech::{Cancel, DecodeHints, Recognizer, SpeechError, Transcript};

const RATE: usize = 16_000;

fn model() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("models/ggml-starter-q5_1.bin");
    let found = path.is_file().then_some(path);
    if found.is_none() {
        eprintln!("skipped: no starter model in models/");
    }
    found
}

/// One thread, so that a busy machine does not make it slow.
fn settings() -> WhisperSettings {
    WhisperSettings {
        threads: 1,
        ..WhisperSettings::default()
    }
}

fn recogniser() -> Option<WhisperRecognizer> {
    Some(WhisperRecognizer::load(&model()?, &settings()).unwrap())
}

fn hear(ears: &mut WhisperRecognizer, audio: &[f32]) -> Result<Transcript, SpeechError> {
    ears.transcribe(audio, &DecodeHints::default(), &Cancel::default())
}

#[cfg(feature = "flite")]
fn spoken(voice: &str, text: &str) -> Vec<f32> {
    let mut samples = vec![0.0; RATE / 5];
    open_voice(voice, 1.0)
        .unwrap()
        .speak(text, &mut |b| {
            samples.extend_from_slice(b);
            ControlFlow::Continue(())
        })
        .unwrap();
    samples.extend([0.0; RATE / 5]);
    samples
}

#[test]
#[cfg(feature = "flite")]
fn what_a_voice_says_is_heard_with_times_and_confidence() {
    let Some(mut ears) = recogniser() else { return };
    let audio = spoken("slt", "Can you tell me about yourself?");
    let heard = hear(&mut ears, &audio).unwrap();
    let right = ["tell", "me", "about", "yourself"]
        .iter()
        .filter(|word| heard.text.to_lowercase().contains(*word))
        .count();
    assert!(right >= 3, "{}", heard.text);
    assert!(heard.confidence > 0.3 && heard.no_speech < 0.5, "{heard:?}");
    let end = audio.len() as u64 * 1000 / RATE as u64;
    assert!(heard.words.windows(2).all(|w| w[0].end_ms <= w[1].start_ms));
    assert!(heard.words.last().unwrap().end_ms <= end);
    // The state of one decode leaves no trace in the next.
    let again = hear(&mut ears, &audio).unwrap();
    assert_eq!((again.text, again.words), (heard.text, heard.words));
}

#[test]
fn silence_and_noise_are_no_words() {
    let Some(mut ears) = recogniser() else { return };
    for samples in [0, 1, 160, RATE / 2, 3 * RATE] {
        let heard = hear(&mut ears, &vec![0.0; samples]).unwrap();
        assert_eq!(heard.text, "", "{samples} samples");
    }
    let mut state = 1u32;
    let noise: Vec<f32> = (0..2 * RATE)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 * 0.02 - 0.01
        })
        .collect();
    assert_eq!(hear(&mut ears, &noise).unwrap().text, "");
}

#[test]
fn a_decode_that_is_called_off_ends_and_the_next_one_works() {
    let Some(mut ears) = recogniser() else { return };
    let cancel = Cancel::default();
    std::thread::scope(|scope| {
        let canceller = cancel.clone();
        scope.spawn(move || canceller.cancel());
        let audio = vec![0.01; 20 * RATE];
        let result = ears.transcribe(&audio, &DecodeHints::default(), &cancel);
        assert!(matches!(result, Err(SpeechError::Cancelled)), "{result:?}");
    });
    assert_eq!(hear(&mut ears, &[0.0; RATE]).unwrap().text, "");
}

#[test]
fn audio_beyond_the_window_is_refused_with_the_limit() {
    let Some(mut ears) = recogniser() else { return };
    let error = hear(&mut ears, &vec![0.0; 31 * RATE]).unwrap_err();
    assert!(error.to_string().contains("at most 30 s"), "{error}");
}

#[test]
fn a_prompt_of_any_length_is_taken() {
    let Some(path) = model() else { return };
    let with_prompt = WhisperSettings {
        use_prompt: true,
        ..settings()
    };
    let mut ears = WhisperRecognizer::load(&path, &with_prompt).unwrap();
    for prompt in [
        "",
        "Kubernetes",
        "a\0b",
        &"Grafana, Prometheus, ".repeat(200),
    ] {
        let hints = DecodeHints {
            prompt: Some(prompt.to_owned()),
        };
        let heard = ears.transcribe(&[0.0; RATE], &hints, &Cancel::default());
        // And none of it is read back where nothing was said.
        assert_eq!(heard.unwrap().text, "", "{prompt:.20}");
    }
}

#[test]
fn a_model_cut_anywhere_is_refused_by_name() {
    let Some(path) = model() else { return };
    let whole = std::fs::read(&path).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let cut_path = dir.path().join("cut.bin");
    let n = whole.len();
    // Header, filters, vocabulary, and at odd places among the weights.
    let mut cuts = vec![0, 3, 4, 47, 48, 60, 64_000, 64_400, 300_000, 586_218, n - 1];
    cuts.extend((1..30).map(|i| n / 30 * i + i));
    for cut in cuts {
        let mut file = std::fs::File::create(&cut_path).unwrap();
        file.write_all(&whole[..cut]).unwrap();
        drop(file);
        let error = WhisperRecognizer::load(&cut_path, &settings()).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, SpeechError::BadModel(_)), "{cut}: {text}");
        assert!(text.contains("cut.bin"), "{cut}: {text}");
    }
}
