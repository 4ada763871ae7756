//! The key that seals: shown, handed out, and known where others look.

use crate::desk::{BEGAN, Desk};
use std::fs;
use std::path::Path;

/// Copies a record to another data folder.
fn copied(from: &Desk, to: &Desk) -> String {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    copy(&from.dir(), &to.data().join("sessions").join(&from.id));
    from.id.clone()
}

#[test]
fn the_public_key_is_shown_and_handed_out_as_other_programs_read_it() {
    let desk = Desk::new();
    let shown = desk.viva(&["key", "show", "--json"]).json();
    let own = &shown["own"];
    assert_eq!(own["mode"], "600");
    assert!(own["file"].as_str().unwrap().ends_with("keys/signing.key"));
    let verified = desk.viva(&["verify", &desk.id, "--json"]).json();
    assert_eq!(own["id"], verified["key"]);

    let file = desk.data().join("own.pem");
    let file = file.to_str().unwrap();
    desk.viva(&["key", "export", file]).done();
    let text = std::process::Command::new("openssl")
        .args(["pkey", "-pubin", "-noout", "-text", "-in", file])
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout)
        .unwrap()
        .replace([':', ' ', '\n'], "");
    assert!(text.contains(own["public"].as_str().unwrap()), "{text}");
    let hex = desk.viva(&["key", "export", "--hex"]).done();
    assert_eq!(hex.trim(), own["public"].as_str().unwrap());
    let again = desk.viva(&["key", "export", file]).refused();
    assert!(again.contains("expected a new name"), "{again}");
}

#[test]
fn a_folder_without_a_key_says_so() {
    let desk = Desk::new();
    fs::remove_dir_all(desk.data().join("keys")).unwrap();
    let said = desk.viva(&["key", "show"]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.contains("There is no key"), "{said:?}");
    let said = desk.viva(&["key", "export"]).refused();
    assert!(said.contains("There is no key"), "{said}");
}

#[test]
fn a_record_of_somebody_who_is_trusted_is_known_by_name() {
    let (theirs, ours) = (Desk::new(), Desk::new());
    let id = copied(&theirs, &ours);
    let said = ours.viva(&["verify", &id]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.contains("foreign signature"), "{said:?}");

    let pem = theirs.data().join("theirs.pem");
    let pem = pem.to_str().unwrap();
    theirs.viva(&["key", "export", pem]).done();
    let trusted = ours
        .viva(&["key", "trust", pem, "--name", "Example Ltd", "--json"])
        .json();
    let said = ours.viva(&["verify", &id]).done();
    assert!(said.contains("trusted here as Example Ltd"), "{said}");
    let shown = ours.viva(&["key", "show"]).done();
    assert!(shown.contains("Example Ltd"), "{shown}");

    let key = trusted["id"].as_str().unwrap();
    ours.viva(&["key", "distrust", key]).done();
    assert_eq!(ours.viva(&["verify", &id]).status, 1);
    let again = ours.viva(&["key", "distrust", key]).refused();
    assert!(again.contains("not among the trusted ones"), "{again}");
}

#[test]
fn orders_of_a_trusted_stranger_count_for_nothing_here() {
    let (theirs, ours) = (Desk::new(), Desk::new());
    let hex = theirs.viva(&["key", "export", "--hex"]).done();
    ours.viva(&["key", "trust", hex.trim(), "--name", "Example Ltd"])
        .done();
    // A hold that only they stated about a record that is here, too.
    let id = copied(&ours, &theirs);
    theirs
        .viva(&["retention", "hold", &id, "--why", "claim"])
        .done();
    let annexes = |desk: &Desk| desk.data().join("annexes").join(&id);
    fs::create_dir_all(annexes(&ours)).unwrap();
    for entry in fs::read_dir(annexes(&theirs)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), annexes(&ours).join(entry.file_name())).unwrap();
    }
    let found = ours
        .viva(&["sessions", "search", "--flag", "held", "--json"])
        .json();
    assert_eq!(found["total"], 0);
}

#[test]
fn what_is_no_key_to_trust_is_refused_by_name() {
    let desk = Desk::of("Zoë Example", BEGAN);
    let own = desk.viva(&["key", "export", "--hex"]).done();
    let own = own.trim();
    let private = desk.data().join("keys/signing.key");
    let text = desk.data().join("a.txt");
    fs::write(&text, "hello").unwrap();
    for (key, name, expected) in [
        (own, "We", "is the own key"),
        (&"7".repeat(63), "They", "expected an Ed25519 public key"),
        (private.to_str().unwrap(), "They", "holds a private key"),
        (text.to_str().unwrap(), "They", "is no such key"),
    ] {
        let said = desk.viva(&["key", "trust", key, "--name", name]);
        assert_eq!(said.status, 2, "{said:?}");
        assert!(said.err.contains(expected), "{key}: {said:?}");
    }
    assert!(!desk.data().join("keys/trusted").exists());
}
