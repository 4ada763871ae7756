//! Neural voices: the real loading code on a small network of the same
//! interface, the download against a server on the loopback, and the choice.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod onnx;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use viva::clock::Clock;
use viva::speech::piper::installed::{Installed, fetch, verify};
use viva::speech::piper::{PiperVoice, pace};
use viva::speech::voices::{best_in, open_voice};
use viva::speech::{SpeechError, Synthesizer};

const NAME: &str = "en_US-test-low";

/// Settings of a voice that takes letters, without noise.
fn settings() -> Value {
    let mut ids = serde_json::Map::new();
    for (id, symbol) in "_^$ abcdefghijklmnopqrstuvwxyz.,?".chars().enumerate() {
        ids.insert(symbol.to_string(), json!([id]));
    }
    json!({
        "audio": {"sample_rate": 16000},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0},
        "phoneme_type": "text",
        "phoneme_id_map": ids,
        "num_speakers": 1,
    })
}

/// Installs the voice in `folder`.
fn install(folder: &Path, settings: &Value) -> Installed {
    let voice = Installed::named(folder, NAME);
    let speakers = settings["num_speakers"].as_u64().unwrap() as u32;
    std::fs::write(&voice.model, onnx::voice(speakers)).unwrap();
    std::fs::write(&voice.settings, settings.to_string()).unwrap();
    voice
}

fn with(key: &str, value: Value) -> Value {
    let mut all = settings();
    *all.pointer_mut(key).unwrap() = value;
    all
}

fn speak(voice: &mut dyn Synthesizer, text: &str) -> Result<Vec<f32>, SpeechError> {
    let mut sound = Vec::new();
    voice.speak(text, &mut |buffer| {
        sound.extend_from_slice(buffer);
        ControlFlow::Continue(())
    })?;
    Ok(sound)
}

/// The sound of `text` by a voice with these settings.
fn spoken(settings: &Value, speed: f32, text: &str) -> Vec<f32> {
    let dir = tempfile::tempdir().unwrap();
    let voice = install(dir.path(), settings);
    speak(&mut PiperVoice::open(&voice, speed).unwrap(), text).unwrap()
}

/// The numbers that the small network was given, each as long as `hop`.
fn numbers(sound: &[f32], hop: usize) -> Vec<i32> {
    assert_eq!(sound.len() % hop, 0);
    sound
        .chunks(hop)
        .map(|c| {
            assert!(c.iter().all(|s| (s - c[0]).abs() < 1e-6));
            (c[0] * 100.0).round() as i32
        })
        .collect()
}

#[test]
fn a_sentence_reaches_the_network_as_piper_writes_it() {
    let sound = spoken(&settings(), 1.0, "Ab, c?");
    // Begin, then each letter and padding, then end.
    assert_eq!(
        numbers(&sound, 256),
        [1, 0, 4, 0, 5, 0, 31, 0, 3, 0, 6, 0, 32, 0, 2]
    );
}

#[test]
fn speed_rate_and_noise_are_those_of_the_settings() {
    let usual = spoken(&settings(), 1.0, "abc").len();
    assert_eq!(spoken(&settings(), 2.0, "abc").len(), usual / 2);
    assert_eq!(
        spoken(&with("/inference/length_scale", json!(2.0)), 1.0, "abc").len(),
        usual * 2
    );
    // What comes out is 16 kHz whatever the network's rate is.
    let resampled = spoken(&with("/audio/sample_rate", json!(22050)), 1.0, "abc").len();
    assert!(
        resampled.abs_diff(usual * 16_000 / 22_050) <= 1,
        "{resampled}"
    );
    let noisy = spoken(&with("/inference/noise_scale", json!(0.1)), 1.0, "abc");
    assert_eq!(noisy.len(), usual);
    assert!(noisy.windows(2).any(|w| w[0] != w[1]));
    assert!(noisy.iter().all(|s| s.abs() <= 1.0));
}

#[test]
fn a_voice_of_several_people_speaks_as_the_first() {
    let several = with("/num_speakers", json!(2));
    assert!(!spoken(&several, 1.0, "abc").is_empty());
    // A network without that input is told.
    let dir = tempfile::tempdir().unwrap();
    let voice = install(dir.path(), &several);
    std::fs::write(&voice.model, onnx::voice(1)).unwrap();
    let error = PiperVoice::open(&voice, 1.0).unwrap_err().to_string();
    assert!(error.contains("no input \"sid\""), "{error}");
}

#[test]
fn long_sentences_come_in_pieces_and_a_break_ends_them() {
    let dir = tempfile::tempdir().unwrap();
    let voice = install(dir.path(), &settings());
    let mut voice = PiperVoice::open(&voice, 1.0).unwrap();
    let text = "one two three four, five six seven eight nine";
    let whole = numbers(&speak(&mut voice, text).unwrap(), 256);
    let ends = whole.iter().filter(|id| **id == 2).count();
    assert_eq!(ends, 2);
    let mut buffers = 0;
    voice
        .speak(text, &mut |buffer| {
            assert!(buffer.len() <= 320);
            buffers += 1;
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!(buffers, 1);
    // The next line begins at its own beginning.
    assert_eq!(numbers(&speak(&mut voice, text).unwrap(), 256), whole);
    assert!(speak(&mut voice, "?!").unwrap().is_empty());
}

#[test]
fn a_file_that_is_no_voice_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let voice = install(dir.path(), &settings());
    std::fs::write(&voice.model, b"no network").unwrap();
    let error = PiperVoice::open(&voice, 1.0).unwrap_err().to_string();
    assert!(error.contains("en_US-test-low.onnx"), "{error}");
    let whole = onnx::voice(1);
    std::fs::write(&voice.model, &whole[..whole.len() / 2]).unwrap();
    assert!(PiperVoice::open(&voice, 1.0).is_err());
    std::fs::write(&voice.settings, b"{}").unwrap();
    let error = PiperVoice::open(&voice, 1.0).unwrap_err().to_string();
    assert!(error.contains("onnx.json: no settings"), "{error}");
}

/// A program in the place of espeak-ng.
#[cfg(unix)]
fn program(folder: &Path, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("phonemes");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[cfg(unix)]
#[test]
fn phonemes_come_from_a_program_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let voice = install(dir.path(), &with("/phoneme_type", json!("espeak")));
    let listens = format!(
        "echo \"$@\" > {0}/arguments; cat > {0}/heard; echo ' (en)ab'; echo ' c'",
        dir.path().display()
    );
    let listens = program(dir.path(), &listens);
    let mut open = PiperVoice::open_with(&voice, 1.0, &listens).unwrap();
    let sound = speak(&mut open, "Hello there?").unwrap();
    assert_eq!(
        numbers(&sound, 256),
        [1, 0, 4, 0, 5, 0, 3, 0, 6, 0, 32, 0, 2]
    );
    // Each clause keeps the sign at its end.
    let sound = speak(&mut open, "Yes, hello?").unwrap();
    assert_eq!(
        numbers(&sound, 256),
        [
            1, 0, 4, 0, 5, 0, 3, 0, 6, 0, 31, 0, 3, 0, 4, 0, 5, 0, 3, 0, 6, 0, 32, 0, 2
        ]
    );
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(read("heard").trim(), "hello?");
    assert_eq!(read("arguments").trim(), "-q --ipa -v en-us --stdin");

    for (script, told) in [
        ("echo no such voice >&2; exit 1", "no such voice"),
        ("cat > /dev/null", "no phonemes"),
    ] {
        let error = PiperVoice::open_with(&voice, 1.0, &program(dir.path(), script));
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains(told) && error.contains("espeak-ng"),
            "{error}"
        );
    }
}

#[test]
fn the_fast_one_is_chosen_and_a_slow_one_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let voice = install(dir.path(), &settings());
    let places = [dir.path().to_owned()];
    // A clock that stands still: everything is fast.
    let best = best_in(&places, 1.0, &Clock::driven());
    assert!(
        best.voice
            .unwrap()
            .name()
            .starts_with("piper en_US-test-low")
    );
    assert!(best.passed_over.is_empty());
    let measured = pace::remembered(&voice).unwrap();
    assert_eq!(measured.factor, 0.0);
    // Slow, as remembered: it is not even opened.
    let mut slow = serde_json::to_value(&measured).unwrap();
    slow["factor"] = json!(0.9);
    let remembered = dir.path().join("en_US-test-low.onnx.pace.json");
    std::fs::write(&remembered, slow.to_string()).unwrap();
    let best = best_in(&places, 1.0, &Clock::driven());
    assert!(best.voice.is_none());
    let (name, why) = &best.passed_over[0];
    assert_eq!(name, NAME);
    assert!(why.contains("0.90 of the time"), "{why}");
    // One that does not open is passed over, too.
    std::fs::write(&voice.settings, b"{}").unwrap();
    std::fs::remove_file(&remembered).unwrap();
    let best = best_in(&places, 1.0, &Clock::driven());
    assert!(best.voice.is_none() && best.passed_over[0].1.contains("no settings"));
}

#[test]
fn a_file_is_opened_by_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let voice = install(dir.path(), &settings());
    let open = open_voice(voice.model.to_str().unwrap(), 1.0).unwrap();
    assert!(open.name().starts_with("piper en_US-test-low sha256:"));
}

/// Serves the voice's files at the repository's paths, the model with the sum
/// of the stored object as Hugging Face names it. What was asked for comes
/// back.
fn serve() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let log = Arc::new(Mutex::new(Vec::new()));
    let asked = log.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines();
            let first = lines.next().unwrap().unwrap();
            while lines.next().is_some_and(|l| !l.unwrap().is_empty()) {}
            let path = first.split(' ').nth(1).unwrap().to_owned();
            let base = format!("/en/en_US/test/low/{NAME}.onnx");
            let content = match path.strip_prefix(&base) {
                Some("") => onnx::voice(1),
                Some(".json") => settings().to_string().into_bytes(),
                _ => Vec::new(),
            };
            let status = if content.is_empty() {
                "404 No"
            } else {
                "200 OK"
            };
            let sum = viva::digest::sha256_hex(&content);
            let linked = if path.ends_with(".onnx") {
                format!("x-linked-etag: \"{sum}\"\r\n")
            } else {
                String::new()
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nconnection: close\r\n{linked}content-length: {}\r\n\r\n",
                content.len()
            );
            asked.lock().unwrap().push(path);
            let _ = stream.write_all(&[head.into_bytes(), content].concat());
        }
    });
    (address, log)
}

#[test]
fn a_voice_is_fetched_checked_and_whole() {
    let (mirror, log) = serve();
    let dir = tempfile::tempdir().unwrap();
    let get = |name: &str| fetch(name, Some(&mirror), dir.path(), false, &mut |_, _| {});
    let fetched = get(NAME).unwrap();
    assert!(fetched.recorded && fetched.fetched > 0);
    assert_eq!(log.lock().unwrap().len(), 2);
    let mut open = PiperVoice::open(&fetched.voice, 1.0).unwrap();
    assert!(!speak(&mut open, "abc").unwrap().is_empty());
    // A second time nothing is asked for.
    assert_eq!(get(NAME).unwrap().fetched, 0);
    assert_eq!(log.lock().unwrap().len(), 2);
    let whole = |file: &Path| verify(&fetched.voice, file).unwrap().0;
    assert!(whole(&fetched.voice.model) && whole(&fetched.voice.settings));
    std::fs::write(&fetched.voice.settings, b"{}").unwrap();
    assert!(!whole(&fetched.voice.settings));
    // What is not there is told by its address.
    let error = get("en_US-nobody-low").unwrap_err().to_string();
    assert!(
        error.contains("/en/en_US/nobody/low/en_US-nobody-low.onnx.json"),
        "{error}"
    );
    assert!(get("../../x").is_err());
}

#[test]
fn the_command_fetches_measures_lists_and_verifies() {
    let (mirror, _) = serve();
    let home = tempfile::tempdir().unwrap();
    let viva = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_viva"));
        command
            .args(arguments)
            .env("HOME", home.path())
            .env("XDG_DATA_HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            .env_remove("VIVA_MODEL_MIRROR");
        let output = command.output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), out)
    };
    let (status, out) = viva(&["models", "get", NAME, "--mirror", &mirror, "--json"]);
    assert_eq!(status, 0, "{out}");
    let got: Value = serde_json::from_str(&out).unwrap();
    assert!(got["pace"]["factor"].as_f64().unwrap() > 0.0, "{out}");
    assert_eq!(got["settings_sum_from"], "recorded");
    let (status, out) = viva(&["models", "list", "--json"]);
    assert_eq!(status, 0);
    let list: Value = serde_json::from_str(&out).unwrap();
    let models = list["models"].as_array().unwrap();
    let entry = models.iter().find(|m| m["name"] == NAME).unwrap();
    assert_eq!(
        (&entry["kind"], &entry["known"]),
        (&json!("voice"), &json!(false))
    );
    assert_eq!(entry["pace"], got["pace"]);
    let (status, out) = viva(&["models", "verify", NAME]);
    assert_eq!(status, 0, "{out}");
    std::fs::write(got["path"].as_str().unwrap(), b"broken").unwrap();
    let (status, out) = viva(&["models", "verify", NAME]);
    assert_eq!(status, 1);
    assert!(out.contains("differs"), "{out}");
    assert_eq!(viva(&["models", "verify", "en_US-nobody-low"]).0, 2);
}
