//! A sound server without any microphone gives a copy of what the speaker
//! plays in its place. That is told, and nothing of it is an answer.

use super::card::{Card, on_card};
use super::{Running, checked, gaps, log_of, near_of, noise, of};
use std::process::{Command, Stdio};

const RATE: usize = 16_000;

/// Takes the only microphone away, so that the server moves whoever listens
/// to the speaker's monitor.
fn remove_microphone(card: &Card) {
    card.control(&["unload-module", &card.module("source_name=mic")]);
}

fn bring_microphone_back(card: &Card) {
    card.control(&[
        "load-module",
        "module-remap-source",
        "source_name=mic",
        "master=mic_feed.monitor",
        "channels=1",
    ]);
    card.control(&["set-default-source", "mic"]);
}

#[test]
fn a_machine_without_a_microphone_is_told_so_before_the_interview() {
    on_card(told_before);
}

fn told_before(card: &Card) {
    let dir = tempfile::tempdir().unwrap();
    remove_microphone(card);
    let (code, report) = checked(card, dir.path());
    assert_eq!(code, Some(1), "{report:#}");
    let devices = of(&report, "devices");
    assert_eq!(devices["verdict"], "failed");
    let says = devices["says"].as_str().unwrap();
    for part in ["There is no microphone", "\"speaker.monitor\"", "--typed"] {
        assert!(says.contains(part), "{says}");
    }

    let viva = |args: &[&str]| {
        let mut viva = Command::new(env!("CARGO_BIN_EXE_viva"));
        viva.args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("HOME", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let output = card.run(&mut viva).wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.success(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (_, devices, _) = viva(&["devices"]);
    let default = devices.split("(default)").nth(1).unwrap_or_default();
    assert!(default.contains("no microphone: a copy"), "{devices}");
    let job = "config/jobs/machine-learning-engineer.toml";
    let (done, shown, error) = viva(&["interview", "--job", job]);
    assert!(!done);
    assert!(error.contains("There is no microphone"), "{error}");
    assert!(!shown.contains("AI Recruiter:"), "{shown}");
    // The only real one is named where there is one after all.
    bring_microphone_back(card);
    card.control(&["set-default-source", "speaker.monitor"]);
    let (_, _, error) = viva(&["interview", "--job", job]);
    assert!(error.contains("(there are: \"mic\")"), "{error}");
}

#[test]
fn a_monitor_in_the_place_of_a_removed_microphone_is_told_at_once_and_is_no_answer() {
    on_card(|card| removed(card, true));
}

#[test]
fn without_the_servers_word_the_first_second_of_a_line_tells_it() {
    on_card(|card| removed(card, false));
}

fn removed(card: &Card, server_answers: bool) {
    let dir = tempfile::tempdir().unwrap();
    let mut running = Running::start(card, dir.path(), |viva| {
        if !server_answers {
            // Nobody to ask.
            viva.env("PATH", dir.path());
        }
    });
    running.wait_for("AI Recruiter:");
    let player = card.begin_playing("mic_feed", noise(60));
    running.key("y");
    running.wait_for("consent given");
    running.wait_for("AI Recruiter:");
    let speaker = card.listen("speaker.monitor");
    speaker.wait_for_end_of_speech(0);

    remove_microphone(card);
    if server_answers {
        // Nothing is played: it is told before any of it can be heard.
        running.wait_for("There is no microphone");
        running.key("r");
    } else {
        running.key("r");
        running.wait_for("There is no microphone");
    }
    let from = speaker.so_far();
    let heard = speaker.wait_for_end_of_speech(from);
    speaker.stop();
    assert!(heard.is_some(), "the line was not said again");
    bring_microphone_back(card);
    running.wait_for("The microphone is back");
    card.pass(1_500);
    let (record, captions) = running.end();
    drop(player);
    let log = std::fs::read_to_string(record.join("events.jsonl")).unwrap();
    card.look_at_log(&log);
    let answers = captions.iter().filter(|c| c.starts_with("You: "));
    assert_eq!(answers.count(), 0, "{captions:#?}");

    let gaps = gaps(
        &log_of(&record),
        "near",
        "there was no microphone, only a copy of what is played",
    );
    let near = near_of(&record);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    let (begin, end) = (gaps[0].0 as usize, (gaps[0].0 + gaps[0].1) as usize);
    assert!(near[begin..end].iter().all(|s| *s == 0), "a copy is kept");
    // Between the noise of the microphone and the gap lies what got through.
    let copied = near[..begin].iter().filter(|s| s.abs() > 1_000).count();
    let parts = near[..begin].chunks(RATE / 10);
    let parts = parts.filter(|p| p.iter().any(|s| s.abs() > 1_000)).count();
    eprintln!(
        "{copied} samples of the copy got through, in {} ms",
        parts * 100
    );
    let most = if server_answers { 0 } else { 15 };
    assert!(parts <= most, "{} ms of it got through", parts * 100);
    let after = &near[end..];
    let noisy = after
        .chunks(RATE / 10)
        .filter(|p| p.iter().any(|s| *s != 0));
    assert!(noisy.count() >= 10, "the microphone gives nothing again");
}
