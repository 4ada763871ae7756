//! Erasure: everything goes, the tombstone stays, and a kill changes nothing.

use crate::desk::{ANSWER, BEGAN, Desk, files};
use rstest::rstest;
use serde_json::json;
use std::fs;
use viva::record::*;

fn order() -> Order<'static> {
    Order {
        by: "Ann",
        why: "withdrew",
        policy: None,
        despite_damage: false,
    }
}

/// Everything in the data folder but keys, as one text.
fn whatever_is_left(desk: &Desk) -> String {
    let kept = files(desk.data());
    let kept = kept.iter().filter(|f| !f.0.starts_with("keys/"));
    kept.map(|(name, bytes)| format!("{name}\n{}\n", String::from_utf8_lossy(bytes)))
        .collect()
}

#[test]
fn nothing_personal_is_left_and_the_tombstone_proves_the_rest() {
    let desk = Desk::new();
    let manifest = fs::read(desk.dir().join("manifest.json")).unwrap();
    let sealed = RecordReader::open(&desk.dir())
        .unwrap()
        .manifest()
        .cloned()
        .unwrap();
    let note = json!({"said": "Zoë Example meant Python"});
    desk.annexes()
        .append("correction", "Ann", note, BEGAN)
        .unwrap();
    fs::create_dir_all(redactions_dir(desk.data()).join(&desk.id).join("x")).unwrap();
    fs::write(desk.data().join("index.sqlite"), ANSWER).unwrap();

    let said = desk.viva(&["erase", &desk.id, "--why", "withdrew"]).done();
    assert!(said.contains("is erased"), "{said}");
    let left = whatever_is_left(&desk);
    for word in ["Zoë", "Example", "Python", "Data Engineer"] {
        assert!(!left.contains(word), "{word} is left: {left}");
    }
    let listed = desk.annexes().list(&desk.trust()).unwrap();
    assert_eq!(listed.problems, []);
    let kinds: Vec<_> = listed.annexes.iter().map(|a| a.kind.as_str()).collect();
    assert_eq!(kinds, ["tombstone", "erased"]);
    let tombstone = &listed.annexes[0];
    assert_eq!(
        tombstone.manifest.as_deref(),
        Some(viva::digest::sha256_hex(&manifest).as_str())
    );
    assert_eq!(tombstone.body["events"]["last"], json!(sealed.events.last));
    assert_eq!(
        tombstone.body["audio"]["chain"],
        json!(sealed.audio.unwrap().chain)
    );
    assert_eq!(tombstone.body["problems"], 0);

    let said = desk.viva(&["verify", &desk.id]).done();
    assert!(
        said.contains("was erased by hand") && said.contains("withdrew"),
        "{said}"
    );
    let answer = desk.viva(&["verify", &desk.id, "--json"]).json();
    assert_eq!(answer["erased"]["by"], "Ann Reviewer");
    let list = desk.viva(&["sessions", "list"]).done();
    let row = list.lines().find(|l| l.starts_with(&desk.id)).unwrap();
    assert!(row.ends_with("erased"), "{row}");
    let shown = desk.viva(&["sessions", "show", &desk.id]).refused();
    assert!(shown.contains("was erased"), "{shown}");
    let again = desk
        .viva(&["erase", &desk.id, "--why", "withdrew"])
        .refused();
    assert!(again.contains("erased already"), "{again}");
}

#[rstest]
fn an_erasure_that_was_killed_is_finished_at_the_next_start(
    #[values(
        Step::Stated,
        Step::Moved,
        Step::RecordGone,
        Step::RedactionsGone,
        Step::AnnexesGone
    )]
    at: Step,
) {
    let desk = Desk::new();
    desk.annexes()
        .append("note", "Ann", json!({"x": "Zoë"}), BEGAN)
        .unwrap();
    fs::create_dir_all(redactions_dir(desk.data()).join(&desk.id).join("x")).unwrap();
    let killed = erase(
        desk.data(),
        &desk.id,
        &order(),
        &desk.trust(),
        BEGAN,
        &mut |step| {
            if step == at {
                return Err(RecordError::Refused {
                    what: "killed".into(),
                });
            }
            Ok(())
        },
    );
    assert!(killed.is_err());
    let open = erased(desk.data(), &desk.id, &desk.trust())
        .unwrap()
        .unwrap();
    assert!(!open.finished);

    let said = desk.viva(&["verify", &desk.id]);
    assert!(said.err.contains("finished"), "{said:?}");
    assert!(said.done().contains("was erased"), "{at:?}");
    assert!(!whatever_is_left(&desk).contains("Zoë"));
    assert_eq!(desk.annexes().verify(&desk.trust()), []);
    assert!(
        fs::read_dir(sessions_dir(desk.data()))
            .unwrap()
            .next()
            .is_none()
    );
    // The next start has nothing to do.
    assert_eq!(desk.viva(&["sessions", "list"]).err, "");
}

#[test]
fn a_forged_tombstone_erases_nothing() {
    let desk = Desk::new();
    let forger = tempfile::tempdir().unwrap();
    let theirs = forger.path().join("annexes").join(&desk.id);
    fs::create_dir_all(&theirs).unwrap();
    let forged = Annexes::open(forger.path(), &desk.id).unwrap();
    forged
        .append("tombstone", "Eve", json!({"annexes": []}), BEGAN)
        .unwrap();
    fs::create_dir_all(desk.annexes().dir()).unwrap();
    for (file, bytes) in files(&theirs) {
        fs::write(desk.annexes().dir().join(file), bytes).unwrap();
    }
    let said = desk.viva(&["verify", &desk.id]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.contains("foreign signature"), "{said:?}");
    assert!(desk.dir().join("call.wav").is_file());
}

#[test]
fn a_record_that_comes_back_after_its_erasure_is_told() {
    let desk = Desk::new();
    let kept = files(&desk.dir());
    desk.viva(&["erase", &desk.id, "--why", "withdrew"]).done();
    for (name, bytes) in kept {
        let path = desk.dir().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let said = desk.viva(&["verify", &desk.id]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.contains("although it was erased"), "{said:?}");
}

#[test]
fn what_must_not_be_erased_is_refused_by_name() {
    let desk = Desk::new();
    let live = desk.begin("Live Example", BEGAN);
    let refused = desk
        .viva(&["erase", &live.head().session, "--why", "over"])
        .refused();
    assert!(refused.contains("being written"), "{refused}");
    let none = new_session_id(BEGAN).unwrap();
    assert!(
        desk.viva(&["erase", &none, "--why", "over"])
            .refused()
            .contains("no record")
    );
    assert!(
        desk.viva(&["erase", "../x", "--why", "over"])
            .refused()
            .contains("Bad session id")
    );
    let named = desk
        .viva(&["erase", &desk.id, "--why", "zoë asked"])
        .refused();
    assert!(named.contains("names the candidate"), "{named}");
    assert_eq!(desk.viva(&["erase", &desk.id, "--why", " "]).status, 2);
    // Nothing was stated on the way.
    assert!(!desk.annexes().dir().join("tip.json").exists());
    assert!(desk.dir().is_dir());
}

#[test]
fn a_session_that_broke_off_can_be_erased() {
    let desk = Desk::new();
    let live = desk.begin("Live Example", BEGAN);
    let id = live.head().session.clone();
    drop(live);
    desk.viva(&["erase", &id, "--why", "broke off"]).done();
    desk.viva(&["verify", &id]).done();
}
