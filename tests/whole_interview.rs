//! Whole interviews through the real program: real speech, the real speech
//! model, a real websocket, a real voice and a record on disk; only the
//! sound card is a file.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use viva::speech::normalise::normalise;
use viva::speech::voices::open_voice;

const RATE: usize = 16_000;

/// Runs the program in a home of its own.
fn viva(home: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("HOME", home)
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The only record below a folder.
fn record_in(dir: &Path) -> PathBuf {
    let records: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(records.len(), 1, "{records:?}");
    records[0].clone()
}

fn is_whole(home: &Path, record: &Path) {
    let verified = viva(home, &["verify", "--any-key", record.to_str().unwrap()]);
    let said = text(&verified.stdout) + &text(&verified.stderr);
    assert_eq!(verified.status.code(), Some(0), "{said}");
}

/// Titles of the transcript, in their order.
const SECTIONS: [&str; 8] = [
    "Interview Transcript",
    "Candidate: ",
    "Position: ",
    "AI Recruiter: ",
    "TECHNICAL QUESTIONS AND ANSWERS",
    "EVALUATION REPORT",
    "HR REPORT",
    "RECOMMENDATION (FULL)",
];

#[test]
fn the_demonstration_leaves_a_whole_record_with_what_was_said() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("sessions");
    let args = [
        "demo",
        "--json",
        "--seed",
        "7",
        "--out",
        out.to_str().unwrap(),
    ];
    let demo = viva(home.path(), &args);
    assert!(demo.status.success(), "{}", text(&demo.stderr));
    let facts: Value = serde_json::from_slice(&demo.stdout).unwrap();
    assert_eq!(facts["reason"], "completed", "{facts}");
    assert_eq!(facts["lost_samples"], 0, "{facts}");
    let rate = facts["word_error_rate"].as_f64().unwrap();
    eprintln!("word error rate {rate:.3}, times {}", facts["times_ms"]);
    assert!(rate <= 0.2, "{facts}");

    let record = record_in(&out);
    is_whole(home.path(), &record);
    let transcript = std::fs::read_to_string(record.join("documents/transcript.txt")).unwrap();
    let mut rest = transcript.as_str();
    for title in SECTIONS {
        let at = rest
            .find(title)
            .unwrap_or_else(|| panic!("no {title:?} in its place"));
        rest = &rest[at..];
    }
    assert!(transcript.contains("Before we wrap up, do you have any questions for me?"));
    assert!(transcript.contains("Thank you, that's it for today."));
    assert!(record.join("documents/transcript.json").is_file());

    // Nothing is stored before consent: those samples are silence.
    let log = std::fs::read_to_string(record.join("events.jsonl")).unwrap();
    let before = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|line| line["event"]["why"] == "before consent")
        .unwrap();
    let samples = before["event"]["samples"].as_u64().unwrap();
    let mut call = hound::WavReader::open(record.join("call.wav")).unwrap();
    assert!(
        call.samples::<i16>()
            .take(2 * samples as usize)
            .all(|sample| sample.unwrap() == 0)
    );
}

/// A microphone's file: what is said, each after so many seconds of silence.
fn microphone(path: &Path, said: &[(usize, &str)]) {
    let mut voice = open_voice("rms", 1.0).unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, spec).unwrap();
    for (seconds, text) in said {
        for _ in 0..seconds * RATE {
            wav.write_sample(0i16).unwrap();
        }
        voice
            .speak(&normalise(text), &mut |pcm| {
                for sample in pcm {
                    wav.write_sample((sample * 32767.0) as i16).unwrap();
                }
                ControlFlow::Continue(())
            })
            .unwrap();
    }
    wav.finalize().unwrap();
}

fn interview(home: &Path, said: &[(usize, &str)], more: &[&str]) -> (Output, PathBuf) {
    let (mic, speaker, out) = (
        home.join("mic.wav"),
        home.join("speaker.wav"),
        home.join("out"),
    );
    microphone(&mic, said);
    let (mic, speaker) = (
        format!("wav:{}", mic.display()),
        format!("wav:{}", speaker.display()),
    );
    let mut args = vec![
        "interview",
        "--job",
        "config/jobs/python-backend-developer.toml",
        "--mic",
        &mic,
        "--speaker",
        &speaker,
        "--fast",
        "--questions",
        "1",
        "--out",
        out.to_str().unwrap(),
    ];
    args.extend(more);
    (viva(home, &args), out)
}

#[test]
fn an_interview_on_files_keeps_both_sides() {
    let home = tempfile::tempdir().unwrap();
    let said = [(40, "I have worked with Python for five years.")];
    let more = ["--consent", "--candidate", "Ada Miller"];
    let (output, out) = interview(home.path(), &said, &more);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let record = record_in(&out);
    is_whole(home.path(), &record);
    let transcript = std::fs::read_to_string(record.join("documents/transcript.txt")).unwrap();
    assert!(transcript.contains("Candidate: Ada Miller"), "{transcript}");
    assert!(transcript.contains("Python for five years"), "{transcript}");

    // What the record holds of the speaker is what the speaker played.
    let far: Vec<i16> = hound::WavReader::open(record.join("call.wav"))
        .unwrap()
        .samples::<i16>()
        .skip(1)
        .step_by(2)
        .map(Result::unwrap)
        .collect();
    let played: Vec<i16> = hound::WavReader::open(home.path().join("speaker.wav"))
        .unwrap()
        .samples::<i16>()
        .map(Result::unwrap)
        .collect();
    let from = far.iter().position(|s| *s != 0).unwrap();
    let differ = far[from..]
        .iter()
        .zip(&played[from..])
        .filter(|(a, b)| a.abs_diff(**b) > 1)
        .count();
    assert_eq!(differ, 0, "of {} samples", far.len() - from);
}

#[test]
fn without_consent_no_sound_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let said = [(30, "No, I do not agree.")];
    let (output, out) = interview(home.path(), &said, &["--candidate", "Ada Miller"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let record = record_in(&out);
    assert!(!record.join("call.wav").exists());
    is_whole(home.path(), &record);
    let log = std::fs::read_to_string(record.join("events.jsonl")).unwrap();
    assert!(log.contains(r#""reason":"consent_refused""#), "{log}");
    let told = text(&output.stdout);
    assert!(told.contains("Contact: Tomasz Brandt"), "{told}");
    assert!(!told.contains("What happens next"), "{told}");
}

/// Practice with somebody at the keyboard afterwards: everything up to the
/// invitation is read before the first line is typed.
#[test]
fn practice_ends_with_a_transcript_a_plan_and_a_copy() {
    let home = tempfile::tempdir().unwrap();
    let mic = home.path().join("mic.wav");
    microphone(&mic, &[(40, "I have worked with Python for five years.")]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(["interview", "--coach", "--review", "--consent", "--fast"])
        .args([
            "--questions",
            "1",
            "--candidate",
            "Ada Miller",
            "--speaker",
            "none",
        ])
        .args(["--mic", &format!("wav:{}", mic.display())])
        .arg("--job")
        .arg(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("config/jobs/python-backend-developer.toml"),
        )
        .current_dir(home.path())
        .env("HOME", home.path())
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keys = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut before = Vec::new();
    for line in lines.by_ref().map(Result::unwrap) {
        before.push(line);
        if before.last().unwrap().starts_with("Was anything misheard?") {
            break;
        }
    }
    let at = before
        .iter()
        .position(|l| l == "This is what was understood:");
    let first = before[at.unwrap() + 1].trim().to_owned();
    let number = first.split(' ').next().unwrap();
    write!(
        keys,
        "77 nobody\n{number} I have used Python since 2019.\nc\n\n"
    )
    .unwrap();
    let after: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(child.wait().unwrap().success());
    let told = after.join("\n");
    for part in [
        "Nothing has the number 77",
        &format!("Number {number} is corrected"),
        "Your copy: viva-",
        "# Study plan",
        "This was practice",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }

    let sessions = home.path().join(".local/share/viva/sessions");
    let record = record_in(&sessions);
    let id = record.file_name().unwrap().to_str().unwrap();
    assert!(home.path().join(format!("viva-{id}.zip")).is_file());
    is_whole(home.path(), &record);
    for name in [
        "transcript.txt",
        "report.md",
        "report.html",
        "captions.vtt",
        "timing.txt",
        "study-plan.md",
    ] {
        let document = std::fs::read_to_string(record.join("documents").join(name)).unwrap();
        assert!(document.contains("PRACTICE"), "{name}");
    }
    let json = std::fs::read(record.join("documents/transcript.json")).unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&json).unwrap()["practice"],
        true
    );
    let listed = viva(
        home.path(),
        &["sessions", "correct", id, "--by", "Test", "--json"],
    );
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(
        listed["corrections"][0]["text"],
        "I have used Python since 2019."
    );
    assert_eq!(listed["corrections"][0]["by"], "Ada Miller");
    let rederived = viva(home.path(), &["replay", id, "--rederive"]);
    assert!(rederived.status.success(), "{}", text(&rederived.stdout));

    // Nobody is selected by practice.
    let groups = home.path().join("groups.csv");
    std::fs::write(&groups, format!("session,group\n{id},a\n")).unwrap();
    let args = [
        "sessions",
        "impact",
        "--json",
        "--groups",
        groups.to_str().unwrap(),
    ];
    let impact = viva(home.path(), &args);
    let impact: Value = serde_json::from_slice(&impact.stdout).unwrap();
    assert_eq!(impact["excluded"][0]["why"], "practice", "{impact}");
}
