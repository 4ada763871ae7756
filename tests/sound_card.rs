//! A whole interview on real sound devices that are not there: a private
//! sound server with a virtual microphone and a virtual speaker. Candidate
//! speech is played into the microphone, `viva interview` runs on the
//! machine's devices, and what the speaker plays is recorded from outside.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![cfg(target_os = "linux")]

mod card;

use card::{Card, Listener, on_card, say};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;
use viva::speech::wer::{WordErrors, word_errors};
use viva::speech::whisper::{WhisperRecognizer, WhisperSettings};
use viva::speech::{Cancel, DecodeHints, Recognizer};

const RATE: usize = 16_000;
/// A line follows the one before within this time.
const LIMIT: Duration = Duration::from_secs(60);

/// What the candidate says, in this order.
const ANSWERS: [&str; 4] = [
    "My name is Ada. I have worked with Python for five years.",
    "I built the data pipeline and we tested it every week.",
    "A model that is too complex will learn the noise.",
    "I am not sure about that.",
];

fn starter() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-starter-q5_1.bin")
}

/// Lines of a program's output, as they come.
fn lines_of(out: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = sync_channel(1000);
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// What was said by whom, and where the record is.
struct Held {
    answers: Vec<(String, Vec<i16>)>,
    recruiter: Vec<String>,
    record: PathBuf,
}

/// Holds an interview: waits for each question to be heard to its end, then
/// answers it.
fn hold_interview(card: &Card, speaker: &Listener, dir: &Path) -> Result<Held, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut viva = Command::new(env!("CARGO_BIN_EXE_viva"));
    viva.arg("interview")
        .args(["--job", "config/jobs/machine-learning-engineer.toml"])
        .args(["--resume", "config/resumes/machine-learning-engineer.toml"])
        .args(["--questions", "1", "--follow-ups", "0"])
        // Less of the real time that this takes; still well understood.
        .args(["--voice-speed", "1.25"])
        .arg("--out")
        .arg(dir)
        .current_dir(root)
        .env("HOME", dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let mut viva = card.run(&mut viva);
    let lines = lines_of(viva.stdout.take().unwrap());
    let mut held = Held {
        answers: Vec::new(),
        recruiter: Vec::new(),
        record: PathBuf::new(),
    };
    let mut next = ANSWERS.iter();
    let mut heard_to = 0;
    loop {
        let line = match lines.recv_timeout(LIMIT) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let _ = viva.kill();
                let _ = viva.wait();
                return Err(format!("the interview did not go on within {LIMIT:?}"));
            }
        };
        eprintln!("{line}");
        if let Some(path) = line.strip_prefix("Record: ") {
            held.record = path.into();
        }
        let Some(said) = line.strip_prefix("AI Recruiter: ") else {
            continue;
        };
        let Some(end) = speaker.wait_for_end_of_speech(heard_to) else {
            continue;
        };
        heard_to = end;
        held.recruiter.push(said.to_owned());
        if !said.contains('?') {
            continue;
        }
        let answer = if said.contains("recorded") {
            "Yes, that is fine with me."
        } else if said.contains("Before we wrap up") || said.contains("Any other questions") {
            "No, thank you."
        } else {
            next.next().copied().unwrap_or(ANSWERS[3])
        };
        let pcm = say(answer);
        card.play("mic_feed", &pcm);
        held.answers.push((answer.to_owned(), pcm));
        assert!(held.answers.len() < 20, "the interview does not end");
    }
    check(viva.wait().unwrap().success(), || {
        "the interview failed".into()
    })?;
    Ok(held)
}

fn read_call(record: &Path) -> (Vec<i16>, Vec<i16>) {
    let mut reader = hound::WavReader::open(record.join("call.wav")).unwrap();
    assert_eq!(reader.spec().sample_rate as usize, RATE);
    let all: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let side = |n: usize| all.iter().skip(n).step_by(2).copied().collect();
    (side(0), side(1))
}

/// Where `part` is in `whole`, and how well it fits (1 is exactly).
fn find(part: &[i16], whole: &[i16]) -> Option<(usize, f64)> {
    let energy = |x: &[i16]| x.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
    let own = energy(part);
    let mut best: Option<(usize, f64)> = None;
    // Coarse on every fourth sample, then fine around the best.
    let dot = |at: usize, step: usize| -> f64 {
        part.iter()
            .zip(&whole[at..])
            .step_by(step)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    let last = whole.len().checked_sub(part.len())?;
    for at in (0..=last).step_by(2) {
        let fit = dot(at, 4);
        if best.is_none_or(|b| fit > b.1) {
            best = Some((at, fit));
        }
    }
    let near = best?.0;
    (near.saturating_sub(8)..=(near + 8).min(last))
        .map(|at| {
            let other = energy(&whole[at..at + part.len()]);
            (at, dot(at, 1) / (own * other).sqrt().max(1.0))
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Half a second from the loudest place of `pcm`, and where it begins.
fn landmark(pcm: &[i16]) -> (usize, &[i16]) {
    let size = RATE / 2;
    let at = (0..pcm.len().saturating_sub(size))
        .step_by(RATE / 20)
        .max_by_key(|at| {
            pcm[*at..*at + size]
                .iter()
                .map(|s| i64::from(s.abs()))
                .sum::<i64>()
        })
        .unwrap_or(0);
    (at, &pcm[at..(at + size).min(pcm.len())])
}

/// Transcribes a long recording, cut at its silences.
fn transcribe(pcm: &[i16]) -> String {
    let mut ears = WhisperRecognizer::load(
        &starter(),
        &WhisperSettings {
            threads: 2,
            ..WhisperSettings::default()
        },
    )
    .unwrap();
    let mut texts = Vec::new();
    for part in card::stretches(pcm) {
        let audio: Vec<f32> = part.iter().map(|s| f32::from(*s) / 32768.0).collect();
        let heard = ears
            .transcribe(&audio, &DecodeHints::default(), &Cancel::default())
            .unwrap();
        texts.push(heard.text);
    }
    texts.join(" ")
}

#[test]
fn an_interview_on_virtual_devices_is_heard_spoken_and_recorded() {
    on_card(|card| {
        if let Err(why) = interview_on(card) {
            panic!("{why}");
        }
    });
}

/// Holds an interview on this card; what is wrong with it comes back.
fn interview_on(card: &Card) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let speaker = card.listen("speaker.monitor");
    let microphone = card.listen("mic");
    let held = hold_interview(card, &speaker, dir.path())?;
    let (speaker, microphone) = (speaker.stop(), microphone.stop());

    check(held.answers.len() > 4, || {
        "the interview ended early".into()
    })?;

    let log = std::fs::read_to_string(held.record.join("events.jsonl")).unwrap();
    card.look_at_log(&log);

    // The words arrive.
    let text = std::fs::read_to_string(held.record.join("documents/transcript.txt")).unwrap();
    let dialogue = text
        .split("TECHNICAL QUESTIONS AND ANSWERS")
        .next()
        .unwrap();
    let heard: Vec<&str> = dialogue
        .lines()
        .filter_map(|line| line.strip_prefix("Candidate: "))
        .collect();
    let said: Vec<&str> = held.answers.iter().map(|a| a.0.as_str()).collect();
    // The header also has a line for the candidate's name.
    let words = word_errors(&said.join(" "), &heard[1..].join(" "));
    report("candidate's words", &words);
    check(words.rate() <= 0.35, || {
        format!("heard {heard:?}, said {said:?}")
    })?;

    // The recruiter is heard.
    let words = word_errors(&held.recruiter.join(" "), &transcribe(&speaker.pcm));
    report("recruiter's words", &words);
    check(words.rate() <= 0.5, || {
        "the speaker does not say the lines".into()
    })?;

    // Nothing was dropped, and both sides lie where they were heard.
    let gaps: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(r#""type":"gap""#) && !line.contains("before consent"))
        .collect();
    check(gaps.is_empty(), || {
        format!("samples were dropped: {gaps:?}")
    })?;
    let (near, far) = read_call(&held.record);
    let near_lag = lags(
        &near,
        &microphone.pcm,
        held.answers.iter().skip(1).map(|a| landmark(&a.1).1),
    );
    let lines = card::stretches(&far);
    let far_lag = lags(
        &far,
        &speaker.pcm,
        lines.iter().map(|line| landmark(line).1),
    );
    eprintln!("lags in samples: near {near_lag:?}, far {far_lag:?}");
    for lag in [&near_lag, &far_lag] {
        let (Some(low), Some(high)) = (lag.iter().min(), lag.iter().max()) else {
            return Err("nothing of the call is in the recordings from outside".into());
        };
        check(high - low <= (RATE / 50) as i64, || {
            format!("a track moved within the call: {lag:?}")
        })?;
    }
    // Time from a track's own recording to the call's, in milliseconds.
    let middle = |lags: &[i64]| {
        let mut lags = lags.to_vec();
        lags.sort_unstable();
        lags[lags.len() / 2] as f64 * 1000.0 / RATE as f64
    };
    let near_at = microphone.began_ms - middle(&near_lag);
    let far_at = speaker.began_ms - middle(&far_lag);
    eprintln!(
        "near and far are {:.1} ms apart in the record",
        near_at - far_at
    );
    check((near_at - far_at).abs() < 150.0, || {
        "the two sides do not line up".into()
    })
}

fn check(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// How much later each landmark is in the call than in the recording from
/// outside, in samples.
fn lags<'a>(call: &[i16], outside: &[i16], marks: impl Iterator<Item = &'a [i16]>) -> Vec<i64> {
    marks
        .filter_map(|mark| {
            let (here, fit) = find(mark, call)?;
            let (there, outside_fit) = find(mark, outside)?;
            // A mark that is not clearly there says nothing.
            (fit > 0.8 && outside_fit > 0.8).then_some(here as i64 - there as i64)
        })
        .collect()
}

fn report(what: &str, words: &WordErrors) {
    eprintln!(
        "{what}: word error rate {:.1} % ({} of {})",
        words.rate() * 100.0,
        words.errors(),
        words.words
    );
}
