//! A failure of the program's own in the middle of an interview, at a real
//! terminal: this test's program runs itself there once more and fails.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

#[path = "../../../tests/pty/mod.rs"]
mod pty;

use super::*;
use crate::audio::{MicSource, SamplePos};
use crate::record::{RecordReader, Trust, verify};
use crate::server::{self, RecoveredState};
use pty::Terminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Silence, until the time has come to fail.
struct Fails(Arc<AtomicBool>);

impl MicSource for Fails {
    fn fill(&mut self, _at: SamplePos, out: &mut [f32]) {
        assert!(!self.0.load(Ordering::Acquire), "the microphone went mad");
        out.fill(0.0);
    }
}

/// Takes an interview on the screen until an answer was typed; then this
/// task fails, or the thread that serves the microphone.
fn interview_that_fails(in_thread: bool) -> ExitCode {
    failure::tell_plainly();
    failure::advise("Go on with: viva interview --continue");
    failure::caught(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let ended = runtime.block_on(fails(in_thread));
        runtime.shutdown_background();
        match ended {
            Ended::Over(_) => ExitCode::SUCCESS,
            Ended::Left(status) => ExitCode::from(status),
        }
    })
}

async fn fails(in_thread: bool) -> Ended {
    let mut config = Config::load(None, std::env::vars()).unwrap();
    config.interview.captions = true;
    config.interview.typed = !in_thread;
    let settings = config.interview.clone();
    let job = Path::new("config/jobs/python-backend-developer.toml");
    let (keys, commands) = mpsc::channel(16);
    let now = Arc::new(AtomicBool::new(false));
    let opened = open(Choice {
        config,
        job: Some(read_document(job).unwrap()),
        resume: None,
        go_on: None,
        bank: Vec::new(),
        bank_alone: false,
        candidate: Some("Ada".into()),
        settings: settings.clone(),
        mic: MicSpec::Live(Box::new(Fails(now.clone()))),
        speaker: SpeakerSpec::None,
        audio: AudioSettings {
            echo_cancel: false,
            ..AudioSettings::default()
        },
        sessions_dir: None,
        simulated: None,
        consent: false,
        commands,
    });
    let Opened { call, .. } = opened.await.unwrap();
    let view = call.view.subscribe();
    let mut seen = call.view.subscribe();
    let model = Model::new(&settings, 1.0);
    let signals = Signals::watch().unwrap();
    let held = on_screen_until_over(call, model, at_terminal::look(false), view, keys, signals);
    tokio::pin!(held);
    loop {
        tokio::select! {
            ended = &mut held => return ended.unwrap(),
            event = seen.recv() => if matches!(event, Ok(CallEvent::Utterance(_))) {
                assert!(in_thread, "the interview went mad");
                now.store(true, Ordering::Release);
            },
        }
    }
}

#[test]
#[ignore = "another test runs it at a terminal of its own"]
fn fails_in_the_task() {
    // Not the test's own success is what its terminal waits for.
    leave(interview_that_fails(false));
}

#[test]
#[ignore = "another test runs it at a terminal of its own"]
fn fails_in_a_thread() {
    leave(interview_that_fails(true));
}

fn leave(code: ExitCode) -> ! {
    std::process::exit(i32::from(code != ExitCode::SUCCESS) * 2)
}

/// Runs one of those; its exit status, what is shown at the end, and the
/// record's folder come back.
fn at_a_terminal(home: &Path, test: &str) -> (u32, String, PathBuf) {
    let program = std::env::current_exe().unwrap();
    let name = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    let args = [name.as_str(), "--exact", "--ignored", "--nocapture"];
    let mut terminal = Terminal::run(&program, home, (100, 30), &args, &[]);
    terminal.wait_for("Y I agree");
    terminal.press("y");
    terminal.wait_for("-- Introduction --");
    terminal.wait("the candidate's turn", |shown| {
        shown.contains("It is your turn.") || shown.contains("Type your answer.")
    });
    if test == "fails_in_a_thread" {
        terminal.press("t");
    }
    terminal.wait_for("Enter sends");
    terminal.press("I am Ada and I build services.\r");
    let (status, shown) = terminal.end();
    let mut dirs = std::fs::read_dir(home.join("sessions")).unwrap();
    let record = dirs.find_map(|e| Some(e.unwrap().path()).filter(|p| p.is_dir()));
    (status, shown, record.unwrap())
}

/// One sentence for a person, and nothing for a programmer.
fn told_plainly(shown: &str, why: &str) {
    let sentence = "viva: A part of the program failed (";
    assert_eq!(shown.matches(sentence).count(), 1, "{shown}");
    let joined: String = shown.lines().collect();
    assert!(joined.contains(why), "{shown}");
    assert!(joined.contains("viva interview --continue"), "{shown}");
    for word in ["panicked", "backtrace", "RUST_BACKTRACE"] {
        assert!(!shown.contains(word), "{shown}");
    }
}

fn answered(record: &Path) -> bool {
    let reader = RecordReader::open(record).unwrap();
    reader.records().unwrap().any(|record| {
        let event = record.unwrap().event;
        matches!(event, crate::event::Event::Input {
            input: crate::event::Input::Utterance(u)
        } if u.text == "I am Ada and I build services.")
    })
}

#[test]
fn a_task_that_fails_gives_the_terminal_back_and_loses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (status, shown, record) = at_a_terminal(home.path(), "fails_in_the_task");
    assert_eq!(status, 2, "{shown}");
    told_plainly(&shown, "the interview went mad");
    assert!(answered(&record));
    let keeper = recover::keeper(home.path(), None);
    let done = server::recover(&keeper, crate::clock::unix_millis()).unwrap();
    assert!(
        matches!(done[0].state, RecoveredState::Interrupted { .. }),
        "{done:?}"
    );
}

#[test]
fn a_thread_that_fails_gives_the_terminal_back_and_the_record_is_sealed() {
    let home = tempfile::tempdir().unwrap();
    let (_, shown, record) = at_a_terminal(home.path(), "fails_in_a_thread");
    told_plainly(&shown, "the microphone went mad");
    assert!(answered(&record));
    assert_eq!(verify(&record, &Trust::Any), []);
}
