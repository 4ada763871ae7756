//! The access log: every read is on it before it happens, and every damage to
//! it is named.

use crate::desk::{BEGAN, Desk};
use proptest::prelude::*;
use rstest::rstest;
use std::fs;
use std::path::{Path, PathBuf};
use viva::record::access::*;
use viva::record::*;

fn log(data: &Path) -> PathBuf {
    data.join("access.jsonl")
}

fn tip(data: &Path) -> PathBuf {
    data.join("access.tip.json")
}

fn listed(data: &Path) -> Accesses {
    accesses(data, &Trust::own(data, &[]).unwrap()).unwrap()
}

/// The entries of a log that is whole.
fn whole(data: &Path) -> Vec<Access> {
    let Accesses { entries, problems } = listed(data);
    assert_eq!(problems, []);
    entries
}

/// A data folder without sessions, and so many reads of some other folder.
fn reads(n: usize) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    for i in 0..n {
        read(data.path(), i).unwrap();
    }
    data
}

fn read(data: &Path, i: usize) -> Result<(), RecordError> {
    let id = new_session_id(BEGAN + i as i64).unwrap();
    let why = format!("read {i}");
    let reader = Reader {
        by: "Ann Reviewer",
        why: Some(&why),
    };
    note(
        data,
        &[&sessions_dir(data).join(id)],
        "report",
        reader,
        BEGAN,
    )
}

#[test]
fn every_read_through_the_program_is_logged_with_who_when_and_why() {
    let desk = Desk::new();
    let (id, dir) = (desk.id.as_str(), desk.dir());
    let out = desk.data().join("out.zip");
    let out = out.to_str().unwrap();
    let why = ["--why", "complaint 12"];
    for (args, action) in [
        (vec!["sessions", "show", id], "show"),
        (vec!["verify", id], "verify"),
        (vec!["replay", id, "--json"], "replay"),
        (vec!["report", id], "report"),
        (vec!["assess", id], "assess"),
        (vec!["replay", id, "--rederive"], "rederive"),
        (vec!["export", "--review", id, "--out", out], "export"),
        (vec!["redact", id, "--names"], "redact"),
    ] {
        let before = whole(desk.data()).len();
        desk.viva(&[args.as_slice(), &why].concat());
        let entries = whole(desk.data());
        assert_eq!(entries.len(), before + 1, "{args:?}");
        let last = entries.last().unwrap();
        assert_eq!(
            (last.action.as_str(), last.by.as_str()),
            (action, "Ann Reviewer")
        );
        assert_eq!(
            (&last.sessions, last.place),
            (&vec![id.to_owned()], Place::Data)
        );
        assert_eq!(last.why.as_deref(), Some("complaint 12"));
        assert!(last.at_unix_ms > BEGAN && last.program == viva::PROGRAM);
    }
    // What only lists is no read.
    let before = whole(desk.data()).len();
    desk.viva(&["sessions", "list"]).done();
    let told = desk.viva(&["sessions", "access", id]).done();
    assert_eq!(told.lines().count(), before, "{told}");
    assert!(
        told.contains("redact") && told.contains("by Ann Reviewer: complaint 12"),
        "{told}"
    );
    assert_eq!(whole(desk.data()).len(), before);
    // Of a redacted copy it is said that it is one.
    let copy = fs::read_dir(desk.data().join("redactions").join(id)).unwrap();
    let copy = copy.into_iter().next().unwrap().unwrap().path();
    desk.viva(&["sessions", "show", copy.to_str().unwrap()])
        .done();
    let last = whole(desk.data()).pop().unwrap();
    assert_eq!(
        (last.sessions, last.place),
        (vec![id.to_owned()], Place::Redacted)
    );
    assert!(dir.exists());
}

#[test]
fn a_record_in_another_folder_is_logged_in_the_readers_own_data() {
    let (desk, own) = (Desk::new(), Desk::new());
    let dir = desk.dir();
    own.viva(&["sessions", "show", dir.to_str().unwrap()])
        .done();
    let last = whole(own.data()).pop().unwrap();
    assert_eq!(
        (last.sessions, last.place),
        (vec![desk.id.clone()], Place::Elsewhere)
    );
    assert!(!log(desk.data()).exists());
}

#[rstest]
#[case("access.jsonl")]
#[case("access.tip.json")]
#[case("access.lock")]
fn a_read_that_cannot_be_logged_does_not_happen(#[case] file: &str) {
    let desk = Desk::new();
    // A folder stands where the file would be.
    fs::create_dir(desk.data().join(file)).unwrap();
    for args in [
        ["sessions", "show", &desk.id].as_slice(),
        &["verify", &desk.id],
        &["report", &desk.id],
        &["replay", &desk.id, "--json"],
    ] {
        let said = desk.viva(args);
        assert_eq!(said.out, "", "{args:?}");
        let refused = said.refused();
        assert!(refused.contains("was not opened"), "{refused}");
        assert!(refused.contains(file), "{refused}");
    }
}

#[test]
fn a_reason_that_names_the_candidate_is_refused_and_the_log_outlives_the_record() {
    let desk = Desk::new();
    let show = ["sessions", "show", &desk.id];
    let said = desk.viva(&[show.as_slice(), &["--why", "Zoë complained"]].concat());
    assert_eq!(said.out, "");
    assert!(said.refused().contains("names the candidate"));
    assert_eq!(whole(desk.data()), []);
    desk.viva(&[show.as_slice(), &["--why", "a complaint"]].concat())
        .done();
    desk.viva(&["erase", &desk.id, "--why", "asked for"]).done();
    let told = desk.viva(&["sessions", "access", &desk.id]).done();
    assert!(
        told.contains("show") && told.contains("a complaint"),
        "{told}"
    );
    assert!(!fs::read_to_string(log(desk.data())).unwrap().contains("Zo"));
    let none = desk.viva(&["sessions", "access", &new_session_id(BEGAN).unwrap()]);
    assert!(none.done().starts_with("No read of"));
}

#[test]
fn processes_that_read_at_once_come_one_after_the_other() {
    let desk = Desk::new();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| desk.viva(&["sessions", "show", &desk.id]).done());
        }
        for i in 0..6 {
            let data = desk.data();
            scope.spawn(move || read(data, i).unwrap());
        }
    });
    let entries = whole(desk.data());
    assert_eq!(entries.len(), 12);
    assert!(entries.iter().zip(1..).all(|(e, n)| e.seq == n));
}

#[test]
fn what_a_killed_writer_leaves_is_mended_and_nothing_acknowledged_is_lost() {
    let data = reads(3);
    let data = data.path();
    let (bytes, counted) = (fs::read(log(data)).unwrap(), fs::read(tip(data)).unwrap());
    read(data, 3).unwrap();
    let longer = fs::read(log(data)).unwrap();
    // Killed at any byte of the fourth line, before it was counted.
    for end in bytes.len()..=longer.len() {
        fs::write(log(data), &longer[..end]).unwrap();
        fs::write(tip(data), &counted).unwrap();
        fs::write(data.join(".access.tip.json.part"), "half").unwrap();
        let kept = if end == longer.len() { 4 } else { 3 };
        assert_eq!(whole(data).len(), kept, "{end}");
        if end % 97 == 0 || end + 2 > longer.len() {
            read(data, 9).unwrap();
            let entries = whole(data);
            assert_eq!(entries.len(), kept + 1, "{end}");
            assert_eq!(entries[2].why.as_deref(), Some("read 2"));
        }
    }
}

#[test]
fn a_log_without_its_end_is_not_gone_on_with() {
    let data = reads(3);
    let data = data.path();
    let bytes = fs::read(log(data)).unwrap();
    let second = bytes.iter().rposition(|b| *b == b'\n').unwrap();
    let second = bytes[..second].iter().rposition(|b| *b == b'\n').unwrap();
    fs::write(log(data), &bytes[..=second]).unwrap();
    let refused = read(data, 4).unwrap_err();
    assert!(
        matches!(refused, RecordError::Unlogged { .. }),
        "{refused:?}"
    );
    assert_eq!(listed(data).problems[0].kind, ProblemKind::CutTail);
    // Moved aside, it is kept as it is and a new one begins.
    fs::rename(log(data), data.join("old.jsonl")).unwrap();
    fs::rename(tip(data), data.join("old.tip.json")).unwrap();
    read(data, 5).unwrap();
    assert_eq!(whole(data).len(), 1);
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let data = reads(3);
    let data = data.path();
    for path in [log(data), tip(data)] {
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut harmed = bytes.clone();
            harmed[at] ^= 1 << (at % 8);
            fs::write(&path, &harmed).unwrap();
            assert_ne!(listed(data).problems, [], "byte {at} of {}", path.display());
            fs::write(&path, &bytes[..at]).unwrap();
            assert_ne!(
                listed(data).problems,
                [],
                "{at} bytes of {}",
                path.display()
            );
        }
        fs::remove_file(&path).unwrap();
        assert_ne!(listed(data).problems, [], "without {}", path.display());
        fs::write(&path, &bytes).unwrap();
    }
    whole(data);
}

#[test]
fn the_first_wrong_line_is_named() {
    let data = reads(5);
    let data = data.path();
    let text = fs::read_to_string(log(data)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let check = |order: &[usize], kind: ProblemKind, line: usize| {
        let text: String = order.iter().map(|i| format!("{}\n", lines[*i])).collect();
        fs::write(log(data), text).unwrap();
        let first = listed(data).problems.remove(0);
        let place = format!("access.jsonl line {line}");
        assert_eq!((first.kind, first.place), (kind, place), "{order:?}");
    };
    check(&[0, 2, 3, 4], ProblemKind::Deleted, 2);
    check(&[1, 2, 3, 4], ProblemKind::Deleted, 1);
    check(&[0, 1, 3, 2, 4], ProblemKind::Reordered, 3);
    check(&[0, 1, 1, 2, 3, 4], ProblemKind::Reordered, 3);
    // By the program, with what was changed on the line.
    fs::write(log(data), text.replacen("read 3", "read 8", 1)).unwrap();
    let desk = Desk::new();
    for name in ["access.jsonl", "access.tip.json"] {
        fs::copy(data.join(name), desk.data().join(name)).unwrap();
    }
    let key = fs::read(keys_dir(data).join("signing.key")).unwrap();
    fs::write(keys_dir(desk.data()).join("signing.key"), key).unwrap();
    let said = desk.viva(&["sessions", "access", "--verify"]);
    assert_eq!(said.status, 1);
    assert!(
        said.out
            .starts_with("bad signature     access.jsonl line 4:"),
        "{said:?}"
    );
    let said = desk
        .viva(&["sessions", "access", "--verify", "--json"])
        .json();
    assert_eq!(
        (&said["whole"], said["problems"].as_array().unwrap().len()),
        (&false.into(), 1)
    );
}

#[test]
fn lines_by_another_key_are_told() {
    let (data, other) = (reads(2), reads(2));
    let keys = |data: &tempfile::TempDir| keys_dir(data.path()).join("signing.key");
    fs::copy(keys(&other), keys(&data)).unwrap();
    let problems = listed(data.path()).problems;
    assert!(
        problems
            .iter()
            .all(|p| p.kind == ProblemKind::ForeignSignature)
    );
    assert_eq!(problems.len(), 3, "two lines and the tip");
    assert_eq!(accesses(data.path(), &Trust::Any).unwrap().problems, []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever order lines are put in, or whichever are taken out: only the
    /// log as it was written is whole.
    #[test]
    fn only_the_lines_as_written_are_whole(order in prop::collection::vec(0usize..4, 0..6)) {
        let data = reads(4);
        let text = fs::read_to_string(log(data.path())).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let other: String = order.iter().map(|i| format!("{}\n", lines[*i])).collect();
        fs::write(log(data.path()), &other).unwrap();
        prop_assert_eq!(listed(data.path()).problems.is_empty(), other == text);
    }

    /// Names and reasons of any letters come back, and the log stays whole.
    #[test]
    fn names_and_reasons_come_back(by in "\\PC{1,40}", why in proptest::option::of("(?s).{0,60}")) {
        let data = reads(1);
        let dir = data.path().join("somewhere");
        let reader = Reader { by: &by, why: why.as_deref() };
        note(data.path(), &[&dir], "show", reader, -5).unwrap();
        let last = whole(data.path()).pop().unwrap();
        prop_assert_eq!((last.by, last.why, last.at_unix_ms), (by, why, -5));
        prop_assert_eq!(last.sessions, Vec::<String>::new());
    }
}
