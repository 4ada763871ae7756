//! `viva report` on real records.

use crate::recorded::{Call, client, setup, whole};
use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use viva::interview::score::Lexical;
use viva::record::{Trust, sessions_dir, verify};
use viva::report::RecordedSession;

const ID: &str = "01JDEMXXXXXXXXXXXXXXXXXXXX";

/// A data folder with one sealed session.
struct Desk {
    home: TempDir,
    record: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let sessions = sessions_dir(&home.path().join("viva"));
        let record = whole().seal(&sessions, ID);
        Self { home, record }
    }

    fn viva(&self) -> Command {
        let mut command = Command::cargo_bin("viva").unwrap();
        command
            .env("HOME", self.home.path())
            .env("XDG_DATA_HOME", self.home.path())
            .env_remove("XDG_CONFIG_HOME")
            .arg("report");
        command
    }

    fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn sealed(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.record.join("documents").join(name)).unwrap()
    }

    fn is_whole(&self) {
        assert_eq!(verify(&self.record, &Trust::Any), []);
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_transcript_goes_to_standard_output_as_it_was_sealed() {
    let desk = Desk::new();
    for record in [ID, path(&desk.record)] {
        let out = desk.viva().arg(record).assert().success();
        assert!(out.get_output().stdout == desk.sealed("transcript.txt"));
        assert!(out.get_output().stderr.is_empty());
    }
    desk.is_whole();
}

#[test]
fn all_documents_come_out_as_they_were_sealed() {
    let desk = Desk::new();
    let out = desk.at("again");
    let args = ["--format", "all", "--audio", "../call.wav", "--out"];
    desk.viva().arg(ID).args(args).arg(&out).assert().success();
    let mut names: Vec<String> = std::fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expect = [
        "captions.vtt",
        "report.html",
        "report.md",
        "report.pdf",
        "timing.txt",
        "transcript.json",
        "transcript.txt",
    ];
    assert_eq!(names, expect);
    for name in names {
        let again = std::fs::read(out.join(&name)).unwrap();
        assert!(again == desk.sealed(&name), "{name} differs");
    }
    desk.is_whole();
}

#[test]
fn a_report_written_elsewhere_still_finds_the_recording() {
    let desk = Desk::new();
    let out = desk.at("report.html");
    desk.viva()
        .args([ID, "--format", "html", "--out", path(&out)])
        .assert()
        .success()
        .stdout(contains("Wrote "));
    let html = std::fs::read_to_string(out).unwrap();
    let wav = format!("src=\"file://{}\"", path(&desk.record.join("call.wav")));
    assert!(html.contains(&wav), "no {wav}");
}

#[test]
fn a_pdf_goes_to_a_file_or_a_pipe() {
    let desk = Desk::new();
    let out = desk.at("r.pdf");
    desk.viva()
        .args([ID, "--format", "pdf", "--json", "--out", path(&out)])
        .assert()
        .success()
        .stdout(contains("\"written\""));
    assert!(std::fs::read(out).unwrap() == desk.sealed("report.pdf"));
    let piped = desk
        .viva()
        .args([ID, "--format=pdf", "--out=-"])
        .assert()
        .success();
    assert!(piped.get_output().stdout == desk.sealed("report.pdf"));
}

#[test]
fn nothing_is_written_into_a_record() {
    let desk = Desk::new();
    for out in [
        desk.record.join("report.md"),
        desk.record.join("documents"),
        desk.record.join("documents/new/"),
        desk.record.join("documents/../x.md"),
    ] {
        desk.viva()
            .args([ID, "--format", "md", "--out", path(&out)])
            .assert()
            .code(2)
            .stderr(contains("a record is never changed"));
    }
    desk.is_whole();
}

#[cfg(unix)]
#[test]
fn no_link_leads_into_a_record() {
    let desk = Desk::new();
    let link = desk.at("link");
    std::os::unix::fs::symlink(&desk.record, &link).unwrap();
    desk.viva()
        .args([ID, "--format", "all", "--out", path(&link)])
        .assert()
        .code(2)
        .stderr(contains("a record is never changed"));
    desk.is_whole();
}

#[test]
fn wrong_calls_get_one_clear_line() {
    let desk = Desk::new();
    let file = desk.at("file");
    std::fs::write(&file, "mine").unwrap();
    for (args, expect) in [
        (vec!["01JDEM00000000000000000000"], "no record"),
        (vec![ID, "--format", "md,pdf"], "give --out DIR"),
        (
            vec![ID, "--format", "all", "--out", "-"],
            "takes one document",
        ),
        (
            vec![ID, "--format", "all", "--out", path(&file)],
            "is a file",
        ),
    ] {
        let out = desk
            .viva()
            .args(args)
            .assert()
            .code(2)
            .stderr(contains(expect));
        let said = String::from_utf8_lossy(&out.get_output().stderr).into_owned();
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_session_that_was_broken_off_still_has_its_report() {
    let home = tempfile::tempdir().unwrap();
    let mut call = Call::new(setup(|_| ()), client());
    call.answer("Yes, sure.");
    call.answer("I train models for a living.");
    drop(call.write(home.path(), ID));
    let dir = home.path().join(ID);
    let session = RecordedSession::read(&dir).unwrap();
    assert!(!session.sealed && !session.running);
    assert_eq!(session.report(&Lexical), call.report());
    Command::cargo_bin("viva")
        .unwrap()
        .args(["report", path(&dir), "--format", "md"])
        .assert()
        .success()
        .stdout(contains(
            "The record does not show an end of the interview.",
        ))
        .stderr(contains("was broken off"));
}

#[test]
fn a_record_without_an_interviews_setup_is_named() {
    let desk = Desk::new();
    let head = desk.record.join("head.json");
    let text = std::fs::read_to_string(&head).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["setup"] = serde_json::json!({"job": 1});
    std::fs::write(&head, json.to_string()).unwrap();
    desk.viva()
        .arg(ID)
        .assert()
        .code(2)
        .stderr(contains("head.json").and(contains("setup")));
}

#[test]
fn a_damaged_log_is_named_with_its_line() {
    let desk = Desk::new();
    let log = desk.record.join("events.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(
        &log,
        text.replacen("demand forecasting", "demand fOrecasting", 1),
    )
    .unwrap();
    desk.viva()
        .arg(ID)
        .assert()
        .code(2)
        .stderr(contains("events.jsonl, line "));
}
