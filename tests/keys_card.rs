//! A whole interview as a candidate takes it: on the whole screen of a real
//! terminal, with real sound devices that are not there. Answers are spoken
//! into the virtual microphone, everything else is done by keys.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![cfg(target_os = "linux")]

mod card;
mod pty;

use card::{Card, on_card, say};
use pty::Terminal;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const RATE: usize = 16_000;

const ARGS: [&str; 9] = [
    "interview",
    "--no-preflight",
    "--job",
    "config/jobs/machine-learning-engineer.toml",
    "--resume",
    "config/resumes/machine-learning-engineer.toml",
    "--questions",
    "1",
    "--follow-ups=0",
];

fn record_in(home: &Path) -> PathBuf {
    let all = std::fs::read_dir(home.join("sessions")).unwrap();
    let mut dirs = all.map(|e| e.unwrap().path()).filter(|p| p.is_dir());
    dirs.next().unwrap()
}

/// The words that the candidate was understood to say, one line each.
fn said(shown: &str) -> usize {
    shown.lines().filter(|row| row.starts_with("You: ")).count()
}

#[test]
fn an_interview_is_spoken_and_steered_by_keys_from_start_to_sealed_record() {
    on_card(interview_by_keys);
}

fn interview_by_keys(card: &Card) {
    let home = tempfile::tempdir().unwrap();
    let speaker = card.listen("speaker.monitor");
    let mut terminal = Terminal::open(home.path(), (80, 24), &ARGS, &card.env());
    terminal.wait_for("Y I agree");
    terminal.press("y");
    terminal.wait_for("-- Introduction --");

    // Set while the recruiter speaks.
    terminal.press("-");
    terminal.wait_for("voice x0.9");
    terminal.press("l");
    terminal.wait_for("pauses x1.5");
    terminal.press("v");
    terminal.wait_for("The voice becomes rms");
    // Again, with what was set; nothing of it has to be heard to its end.
    terminal.press("r");
    terminal.wait_for("Asked to hear it again.");
    terminal.wait_for("It is your turn.");
    terminal.press("m");
    terminal.wait_for("YOUR TIME");
    card.play(
        "mic_feed",
        &say("My name is Ada. I have worked with Python for five years."),
    );
    terminal.press("f");
    let heard = terminal.wait("the spoken answer", |shown| {
        said(shown) > 0 && shown.contains("-- Project")
    });
    println!("{heard}\n");

    // What is said into a muted microphone is not heard; an answer is typed.
    terminal.wait_for("It is your turn.");
    terminal.press("u");
    terminal.wait_for("MUTED");
    card.play("mic_feed", &say("Nobody should hear this sentence at all."));
    terminal.press("tI built the pipeline of a churn model.");
    terminal.wait_for("> I built the pipeline");
    terminal.press("\r");
    terminal.wait_for("You: I built the pipeline of a churn model.");
    terminal.press("u");
    terminal.wait("an open microphone", |shown| !shown.contains("mic [ muted"));
    terminal.wait_for("-- Technical");

    // A break, then the question is skipped.
    terminal.press("p");
    let paused = terminal.wait_for("P goes on; break: 04:");
    println!("{paused}\n");
    assert!(paused.contains("PAUSED"), "{paused}");
    terminal.press("p");
    terminal.wait("the end of the break", |shown| !shown.contains("PAUSED"));
    terminal.press("s");
    terminal.wait_for("-- Your questions --");
    terminal.press("qx");
    terminal.wait("another key goes on", |shown| {
        !shown.contains("End the interview?")
    });
    terminal.press("q");
    terminal.wait_for("End the interview?");
    terminal.press("y");
    terminal.wait_for("Was anything misheard?");
    let screens = terminal.screens();
    terminal.press("\r");
    let (status, shown) = terminal.end();
    let heard = speaker.stop();
    let record = record_in(home.path());
    let log = std::fs::read_to_string(record.join("events.jsonl")).unwrap();
    card.look_at_log(&log);
    assert_eq!(status, 0, "{shown}");
    no_score_was_shown(&screens);
    check_log(&log);
    check_sound(&record, &log, &heard.pcm);
    let verified = Command::new(env!("CARGO_BIN_EXE_viva"))
        .arg("verify")
        .arg(&record)
        .env("VIVA_DATA_DIR", home.path())
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

/// While the interview went on, nothing looked like a judgement.
fn no_score_was_shown(screens: &[String]) {
    let end = screens
        .iter()
        .position(|s| s.contains("Was anything misheard?"));
    let during = &screens[..end.unwrap()];
    assert!(during.len() > 20, "{} screens", during.len());
    for screen in during {
        let text = screen.to_lowercase();
        for word in ["score", "rating", "points", "confidence", "struggled", "%"] {
            assert!(!text.contains(word), "{word}:\n{screen}");
        }
    }
}

/// Every key is on the log, in the order in which it was pressed.
fn check_log(log: &str) {
    let expected = [
        r#""kind":"consent","given":true,"how":"key""#,
        r#""type":"voice_speed","speed":0.9"#,
        r#""kind":"pause_factor","factor":1.5"#,
        r#""type":"voice_choice","voice":"rms""#,
        r#""kind":"request","request":"repeat""#,
        r#""kind":"request","request":"think""#,
        r#""source":"voice""#,
        r#""kind":"muted","on":true"#,
        r#""source":"typed""#,
        r#""kind":"muted","on":false"#,
        r#""kind":"request","request":"pause""#,
        r#""kind":"request","request":"resume""#,
        r#""kind":"request","request":"skip""#,
        r#""kind":"request","request":"end""#,
        // The questions were over: this is the end of the course.
        r#""kind":"ended","reason":"completed""#,
    ];
    let mut from = 0;
    for text in expected {
        let at = log[from..].find(text);
        let at = at.unwrap_or_else(|| panic!("{text} is not behind the one before it:\n{log}"));
        from += at + text.len();
    }
    assert!(!log.to_lowercase().contains("nobody should hear"), "{log}");
    // The small model on a busy machine mishears a word now and then.
    let spoken = log
        .lines()
        .find(|line| line.contains(r#""source":"voice""#));
    let spoken: Value = serde_json::from_str(spoken.unwrap()).unwrap();
    let text = spoken["event"]["input"]["text"].as_str().unwrap();
    let text = text.to_lowercase();
    let said = ["name", "worked", "python", "five", "years"];
    let heard = said.iter().filter(|word| text.contains(**word)).count();
    assert!(heard >= 2, "{log}");
}

/// The candidate's side has the spoken answer and not what was said while
/// muted; the recruiter was heard from outside.
fn check_sound(record: &Path, log: &str, outside: &[i16]) {
    let mut reader = hound::WavReader::open(record.join("call.wav")).unwrap();
    let all: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let near: Vec<i16> = all.iter().step_by(2).copied().collect();
    let loud = |pcm: &[i16]| pcm.iter().filter(|s| s.abs() > 500).count();
    assert!(loud(outside) > 5 * RATE / 10, "the speaker was silent");
    let events: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // The recording's clock began a little before the session's.
    let typed = find(&events, |e| e["input"]["source"] == "typed");
    let start = typed["event"]["input"]["start_ms"].as_u64().unwrap();
    let before = start - typed["at"].as_u64().unwrap();
    let place = |on: bool| {
        let muted = find(&events, |e| {
            e["input"]["kind"] == "muted" && e["input"]["on"] == on
        });
        let ms = muted["at"].as_u64().unwrap() + before;
        (ms as usize * RATE / 1000).min(near.len())
    };
    // What is on its way when the key is pressed is still heard.
    let muted = &near[place(true) + RATE / 2..place(false)];
    assert!(muted.len() > RATE, "{} samples muted", muted.len());
    assert_eq!(loud(muted), 0, "a muted microphone was recorded");
    assert!(
        loud(&near[..place(true)]) > RATE / 10,
        "the answer is not recorded"
    );
}

fn find(events: &[Value], is: impl Fn(&Value) -> bool) -> &Value {
    events.iter().find(|r| is(&r["event"])).unwrap()
}
