//! `viva interview` at a real pseudo-terminal: keys in, screen out. Every
//! answer is typed, so no microphone, speech model or speaker is needed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod desk;
mod pty;

use pty::{Terminal, signal};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ARGS: [&str; 10] = [
    "interview",
    "--job",
    "config/jobs/python-backend-developer.toml",
    "--resume",
    "config/resumes/python-backend-developer.toml",
    "--typed",
    "--captions",
    "--questions",
    "1",
    "--follow-ups=0",
];

/// An interview at the terminal whose answers are typed.
fn open(home: &Path, size: (u16, u16), more: &[&str], env: &[(&str, &str)]) -> Terminal {
    Terminal::open(home, size, &[&ARGS[..], more].concat(), env)
}

#[test]
fn an_interview_is_typed_from_its_start_to_its_report() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = open(home.path(), (80, 24), &[], &[]);
    let first = terminal.wait_for("Y I agree");
    println!("{first}\n");
    assert!(first.contains("Every answer is typed"), "{first}");
    assert!(first.contains("Nothing leaves the machine"), "{first}");
    terminal.press("y");
    terminal.wait_for("-- Introduction --");
    let asked = terminal.wait_for("Type your answer.");
    println!("{asked}\n");
    terminal.press("I am Maya. I build services in Python, größer each year.\r");
    terminal.wait_for("You: I am Maya. I build services in Python, größer each year.");
    terminal.wait_for("-- Project");
    // Pasted in brackets: two lines that are one answer, sent by Enter only.
    terminal.press("\u{1b}[200~I moved a monolith to services.\nIt took a year.\u{1b}[201~");
    let pasted = terminal.wait_for("> It took a year.");
    println!("{pasted}\n");
    terminal.resize(60, 20);
    let small = terminal.wait("a smaller screen", |shown| {
        shown.lines().next().is_some_and(|row| row.len() <= 60) && shown.contains("Enter sends")
    });
    println!("{small}\n");
    terminal.resize(200, 60);
    terminal.wait("a larger screen", |shown| {
        shown.lines().any(|row| row.starts_with(&"-".repeat(200)))
    });
    terminal.resize(80, 24);
    // A key in the very moment of a resize is read only with the next one.
    terminal.wait("the first size", |shown| {
        let last = shown.lines().nth(23);
        last.is_some_and(|row| row.contains("Enter sends"))
    });
    terminal.press("\r");
    terminal.wait_for("You: I moved a monolith to services. It took a year.");
    terminal.wait_for("-- Technical questions");
    // Back to the keys: skip the question, and end.
    terminal.press("\u{1b}");
    terminal.wait_for("? help");
    terminal.press("q");
    terminal.wait_for("End the interview?");
    terminal.press("y");
    // The screen is given back; below it one may correct what was misheard.
    terminal.wait_for("Was anything misheard?");
    terminal.press("1 I am Maya Lee.\r");
    terminal.wait_for("Number 1 is corrected");
    terminal.press("\r");
    let (status, last) = terminal.end();
    println!("{last}");
    assert_eq!(status, 0, "{last}");
    let record = record_in(home.path());
    let transcript = std::fs::read_to_string(record.join("documents/transcript.txt")).unwrap();
    assert!(transcript.contains("größer each year"), "{transcript}");
    let log = std::fs::read_to_string(record.join("events.jsonl")).unwrap();
    assert!(log.contains("\"source\":\"typed\""));
    assert!(log.contains("\"microphone\":\"none\""), "{log}");
    let head = std::fs::read_to_string(record.join("head.json")).unwrap();
    let head: serde_json::Value = serde_json::from_str(&head).unwrap();
    let settings = &head["setup"]["settings"];
    assert_eq!(
        (&settings["typed"], &settings["captions"]),
        (&true.into(), &true.into())
    );
    let annexes = home
        .path()
        .join("annexes")
        .join(record.file_name().unwrap());
    let corrected = std::fs::read_dir(annexes).unwrap().any(|entry| {
        let name = entry.unwrap().file_name();
        name.to_string_lossy().ends_with("-correction.json")
    });
    assert!(corrected);
    // On the record as settings; the recruiter's documents do not speak of it.
    for document in std::fs::read_dir(record.join("documents")).unwrap() {
        let path = document.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for word in [
            "typed-only",
            "captions-only",
            "accommodation",
            "pause_factor",
            "no microphone",
        ] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
    }
}

/// The only record in a data folder.
fn record_in(home: &Path) -> PathBuf {
    let all = std::fs::read_dir(home.join("sessions")).unwrap();
    let mut dirs = all.map(|e| e.unwrap().path()).filter(|p| p.is_dir());
    let dir = dirs.next().unwrap();
    assert_eq!(dirs.next(), None);
    dir
}

/// From the answer that is typed to the keys. An escape that is followed by a
/// letter at once would be another key.
fn back_to_keys(terminal: &mut Terminal) {
    terminal.press("\u{1b}");
    terminal.wait_for("? help");
}

/// Ends the interview by its key. Nothing was answered, so there is nothing to
/// correct behind it.
fn leave(terminal: &mut Terminal) -> (u32, String) {
    back_to_keys(terminal);
    terminal.press("q");
    terminal.wait_for("End the interview?");
    terminal.press("y");
    terminal.end()
}

#[test]
fn an_invitation_brings_what_was_agreed_on_and_the_candidate_may_change_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let desk = runtime.block_on(desk::Desk::open());
    let mut wanted = desk::setup();
    wanted.settings.typed = true;
    wanted.settings.captions = true;
    wanted.settings.breaks = 5;
    let (link, _) = desk.invite_to(wanted);
    let home = tempfile::tempdir().unwrap();
    // No microphone, no speech model, and no flag that says so.
    let args = ["interview", "--engine", &link];
    let mut terminal = Terminal::open(home.path(), (80, 24), &args, &[]);
    let first = terminal.wait_for("Y I agree");
    for text in [
        "Every answer is typed",
        "2 times as long",
        "You may take 5 breaks",
    ] {
        assert!(first.contains(text), "{text}: {first}");
    }
    terminal.press("y");
    terminal.wait_for("Type your answer.");
    back_to_keys(&mut terminal);
    terminal.press("l");
    terminal.wait_for("pauses x3");
    // A break, with how long it may last.
    terminal.press("p");
    terminal.wait_for("P goes on; break: 04:");
    terminal.press("p");
    terminal.wait("the end of the break", |shown| !shown.contains("PAUSED"));
    terminal.wait("the question again", |shown| {
        shown.contains("let's go on") && shown.contains("Type your answer.")
    });
    let (status, shown) = leave(&mut terminal);
    assert_eq!(status, 0, "{shown}");
    let data = runtime.block_on(desk.stop());
    let record = record_in(data.path());
    let head = std::fs::read_to_string(record.join("head.json")).unwrap();
    let head: serde_json::Value = serde_json::from_str(&head).unwrap();
    let settings = &head["setup"]["settings"];
    assert_eq!(
        (&settings["typed"], &settings["breaks"]),
        (&true.into(), &5.into())
    );
    let log = std::fs::read_to_string(record.join("events.jsonl")).unwrap();
    assert!(
        log.contains(r#""kind":"pause_factor","factor":3.0"#),
        "{log}"
    );
    assert!(log.contains(r#""microphone":"none""#), "{log}");
}

#[test]
fn an_interview_goes_on_as_its_record_says_without_any_flag() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = open(home.path(), (80, 24), &["--pause-factor=2"], &[]);
    terminal.wait_for("Y I agree");
    terminal.press("y");
    terminal.wait_for("Type your answer.");
    back_to_keys(&mut terminal);
    terminal.press("l");
    terminal.wait_for("pauses x3");
    let (_, interview) = terminal.processes();
    signal(interview, "-KILL");
    assert_eq!(terminal.end().0, 128 + 9);

    let args = ["interview", "--continue"];
    let mut terminal = Terminal::open(home.path(), (80, 24), &args, &[]);
    let shown = terminal.wait("what was agreed on", |shown| {
        shown.contains("pauses x3") && shown.contains("Every answer is typed")
    });
    assert!(shown.contains("no microphone"), "{shown}");
    terminal.wait_for("Type your answer.");
    let (status, shown) = leave(&mut terminal);
    assert_eq!(status, 0, "{shown}");
    let log = std::fs::read_to_string(record_in(home.path()).join("events.jsonl")).unwrap();
    assert!(log.contains(r#""type":"resumed""#), "{log}");
}

#[test]
fn a_killed_interview_leaves_a_usable_terminal() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = open(home.path(), (80, 24), &[], &[]);
    terminal.wait_for("Y I agree");
    let (_, interview) = terminal.processes();
    signal(interview, "-KILL");
    let (status, shown) = terminal.end();
    assert_eq!(status, 128 + 9, "{shown}");
    assert!(shown.contains("viva interview --continue"), "{shown}");
}

#[test]
fn a_terminated_interview_leaves_a_usable_terminal_and_can_go_on() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = open(home.path(), (80, 24), &[], &[]);
    terminal.wait_for("Y I agree");
    let (keeper, _) = terminal.processes();
    signal(keeper, "-TERM");
    let (status, shown) = terminal.end();
    assert_eq!(status, 128 + 15, "{shown}");
    assert!(shown.contains("viva interview --continue"), "{shown}");
}

#[test]
fn interrupts_end_the_interview_or_leave_it() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = open(home.path(), (80, 24), &[], &[]);
    terminal.wait_for("Y I agree");
    terminal.press("\u{3}");
    terminal.wait_for("End the interview?");
    terminal.press("\u{3}\u{3}");
    let (status, shown) = terminal.end();
    // In order, or at once: whichever came first.
    assert!(status == 0 || status == 130, "{status} {shown}");
}

#[test]
fn a_dumb_terminal_gets_lines_and_no_escapes() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = open(home.path(), (80, 24), &[], &[("TERM", "dumb")]);
    terminal.wait_for("Each with Enter");
    terminal.wait_for("AI Recruiter:");
    terminal.press("n\r");
    terminal.wait_for("consent refused");
    terminal.wait_for("Record:");
    let bytes = terminal.bytes();
    assert!(
        !bytes.contains(&0x1b),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    terminal.wait_for_end();
}

#[test]
fn without_colours_none_are_sent() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = open(home.path(), (80, 24), &[], &[("NO_COLOR", "1")]);
    terminal.wait_for("Y I agree");
    terminal.expect_no_colours();
    let (_, interview) = terminal.processes();
    signal(interview, "-KILL");
    terminal.end();
}

#[test]
fn through_a_pipe_it_is_said_line_by_line() {
    let home = tempfile::tempdir().unwrap();
    let mut viva = Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(ARGS)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("HOME", home.path())
        .env("VIVA_DATA_DIR", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("VIVA_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    viva.stdin.as_mut().unwrap().write_all(b"n\n").unwrap();
    let out = viva.wait_with_output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(0), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(text.contains("Who hears this"), "{text}");
    assert!(text.contains("consent refused"), "{text}");
}
