//! Annexes: what is stated is kept in order, and every damage is named.

use crate::desk::{BEGAN, Desk, files};
use rstest::rstest;
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use viva::record::*;

/// Three annexes about one sealed record.
fn stated() -> (Desk, Vec<PathBuf>) {
    let desk = Desk::new();
    let annexes = desk.annexes();
    for (i, kind) in ["note", "hold", "release"].iter().enumerate() {
        let body = json!({"why": format!("statement {i}"), "n": i});
        annexes
            .append(kind, "Ann", body, BEGAN + 1000 * i as i64)
            .unwrap();
    }
    let listed = annexes.list(&desk.trust()).unwrap();
    assert_eq!(listed.problems, []);
    let mut paths: Vec<PathBuf> = listed
        .annexes
        .iter()
        .map(|a| annexes.dir().join(a.file_name()))
        .collect();
    paths.push(annexes.dir().join("tip.json"));
    (desk, paths)
}

#[test]
fn what_is_stated_comes_back_in_order_and_changes_nothing_in_the_record() {
    let desk = Desk::new();
    let before = files(&desk.dir());
    let annexes = desk.annexes();
    assert_eq!(annexes.list(&desk.trust()).unwrap(), Listed::default());
    // The clock stands still, then goes back: the order stays.
    for (i, now) in [BEGAN, BEGAN, BEGAN - 5000].into_iter().enumerate() {
        annexes.append("note", "Ann", json!({"n": i}), now).unwrap();
    }
    let listed = annexes.list(&desk.trust()).unwrap();
    assert_eq!(listed.problems, []);
    let bodies: Vec<_> = listed.annexes.iter().map(|a| a.body["n"].clone()).collect();
    assert_eq!(bodies, [0, 1, 2]);
    assert!(listed.annexes.iter().all(|a| a.manifest.is_some()));
    assert_eq!(files(&desk.dir()), before);
    assert_eq!(verify(&desk.dir(), &desk.trust()), []);
}

#[test]
fn two_who_state_at_once_come_one_after_the_other() {
    let desk = Desk::new();
    std::thread::scope(|scope| {
        for i in 0..4 {
            let annexes = desk.annexes();
            scope.spawn(move || {
                for j in 0..5 {
                    let body = json!({"n": 10 * i + j});
                    annexes.append("note", "Ann", body, BEGAN).unwrap();
                }
            });
        }
    });
    let listed = desk.annexes().list(&desk.trust()).unwrap();
    assert_eq!((listed.annexes.len(), listed.problems), (20, vec![]));
}

#[test]
fn a_record_that_is_sealed_later_keeps_what_was_stated_before() {
    let desk = Desk::new();
    let writer = desk.begin("Zoë Example", BEGAN);
    let annexes = Annexes::open(desk.data(), &writer.head().session).unwrap();
    let state = |n: i64| {
        annexes
            .append("note", "Ann", json!({"n": n}), BEGAN + n)
            .unwrap()
    };
    assert_eq!(state(1).manifest, None);
    writer.finish(&[]).unwrap();
    assert!(state(2).manifest.is_some());
    assert_eq!(annexes.verify(&desk.trust()), []);
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Harm {
    Delete,
    Flip,
    Cut,
    Empty,
    Pretty,
    Copy,
    Rename,
}

/// Each harm to each file is found, and the place that is named is the file
/// or, where a file is gone, the one after it or the tip.
#[rstest]
fn every_damage_is_named(
    #[values(
        Harm::Delete,
        Harm::Flip,
        Harm::Cut,
        Harm::Empty,
        Harm::Pretty,
        Harm::Copy,
        Harm::Rename
    )]
    harm: Harm,
    #[values(0, 1, 2, 3)] which: usize,
) {
    let (desk, paths) = stated();
    let path = &paths[which];
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let bytes = fs::read(path).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    match harm {
        Harm::Delete => fs::remove_file(path).unwrap(),
        Harm::Flip => {
            let at = text.find("\"session\":\"").unwrap() + 15;
            let mut bytes = bytes;
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            fs::write(path, bytes).unwrap();
        }
        Harm::Cut => fs::write(path, &bytes[..bytes.len() / 2]).unwrap(),
        Harm::Empty => fs::write(path, b"").unwrap(),
        Harm::Pretty => fs::write(path, text.replacen(":", ": ", 1)).unwrap(),
        Harm::Copy => fs::copy(path, path.with_file_name("copy.json"))
            .map(drop)
            .unwrap(),
        Harm::Rename => {
            let other = new_session_id(BEGAN - 60_000).unwrap() + "-note.json";
            fs::rename(path, path.with_file_name(other)).unwrap();
        }
    }
    let problems = desk.annexes().verify(&desk.trust());
    assert!(!problems.is_empty(), "{harm:?} of {name} was not seen");
    let next = paths
        .get(which + 1)
        .map(|p| p.file_name().unwrap().to_str().unwrap());
    let expected: &[ProblemKind] = match (harm, which) {
        (Harm::Delete, 2) => &[ProblemKind::CutTail],
        (Harm::Delete, 3) => &[ProblemKind::Missing],
        (Harm::Delete, _) => &[ProblemKind::Deleted],
        (Harm::Flip, _) => &[ProblemKind::BadSignature],
        (Harm::Cut | Harm::Empty, _) => &[ProblemKind::Unreadable],
        (Harm::Pretty, _) => &[ProblemKind::Changed],
        (Harm::Copy, _) => &[ProblemKind::Extra],
        (Harm::Rename, 3) => &[ProblemKind::Missing],
        (Harm::Rename, _) => &[ProblemKind::Reordered],
    };
    assert!(
        expected
            .iter()
            .all(|k| problems.iter().any(|p| p.kind == *k)),
        "{problems:?}"
    );
    let named = problems.iter().any(|p| {
        p.place.ends_with(&name)
            || matches!(harm, Harm::Copy | Harm::Rename)
            || (harm == Harm::Delete
                && (p.place == "annexes" || next.is_some_and(|n| p.place.ends_with(n))))
    });
    assert!(named, "{problems:?}");
    // Whatever was changed is not believed.
    let believed = desk.annexes().list(&desk.trust()).unwrap().annexes;
    let lost = usize::from(which < 3 && !matches!(harm, Harm::Copy | Harm::Rename));
    assert!(believed.len() <= 3 - lost, "{believed:?}");
    // And nothing can be stated over the damage, which would cover it up.
    let more = desk
        .annexes()
        .append("note", "Ann", json!({}), BEGAN + 9000);
    assert!(matches!(more, Err(RecordError::Refused { .. })), "{more:?}");
}

#[test]
fn what_another_key_states_is_told_and_not_believed() {
    let (desk, _) = stated();
    // The forger has copied everything but the key, and goes on from there.
    let forger = tempfile::tempdir().unwrap();
    let theirs = forger.path().join("annexes").join(&desk.id);
    fs::create_dir_all(&theirs).unwrap();
    for (file, bytes) in files(desk.annexes().dir()) {
        fs::write(theirs.join(file), bytes).unwrap();
    }
    let forged = Annexes::open(forger.path(), &desk.id).unwrap();
    forged
        .append("release", "Eve", json!({}), BEGAN + 9000)
        .unwrap();
    for (file, bytes) in files(&theirs) {
        fs::write(desk.annexes().dir().join(file), bytes).unwrap();
    }
    let listed = desk.annexes().list(&desk.trust()).unwrap();
    assert_eq!(listed.annexes.len(), 3);
    let found: Vec<_> = listed
        .problems
        .iter()
        .map(|p| (p.kind, p.place.as_str()))
        .collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|f| f.0 == ProblemKind::ForeignSignature));
    assert!(found[0].1.ends_with("-release.json") && found[1].1.ends_with("tip.json"));
    assert_eq!(desk.annexes().verify(&Trust::Any), []);
}

#[test]
fn another_records_statement_and_a_statement_about_another_seal_are_not_believed() {
    let (desk, paths) = stated();
    let other = desk.record("Bob Example", BEGAN);
    let theirs = Annexes::open(desk.data(), &other).unwrap();
    theirs.append("note", "Ann", json!({}), BEGAN - 1).unwrap();
    let note = theirs.list(&desk.trust()).unwrap().annexes.remove(0);
    fs::copy(
        theirs.dir().join(note.file_name()),
        paths[0].with_file_name(note.file_name()),
    )
    .unwrap();
    let problems = desk.annexes().verify(&desk.trust());
    assert_eq!(problems[0].kind, ProblemKind::Inconsistent, "{problems:?}");
    assert!(problems[0].detail.contains(&other), "{problems:?}");
    // Another manifest in the record's place.
    fs::remove_file(paths[0].with_file_name(note.file_name())).unwrap();
    let manifest = sessions_dir(desk.data()).join(&other).join("manifest.json");
    fs::copy(manifest, desk.dir().join("manifest.json")).unwrap();
    let listed = desk.annexes().list(&desk.trust()).unwrap();
    assert_eq!(listed.annexes, []);
    assert_eq!(listed.problems.len(), 3, "{:?}", listed.problems);
}

#[test]
fn a_writer_killed_before_it_counted_leaves_nothing_wrong() {
    let (desk, paths) = stated();
    let tip = fs::read(&paths[3]).unwrap();
    desk.annexes()
        .append("note", "Ann", json!({}), BEGAN + 9000)
        .unwrap();
    fs::write(&paths[3], tip).unwrap();
    fs::write(paths[3].with_file_name(".tip.json.part"), "half").unwrap();
    assert_eq!(desk.annexes().verify(&desk.trust()), []);
    desk.annexes()
        .append("note", "Ann", json!({}), BEGAN + 9001)
        .unwrap();
    assert_eq!(desk.annexes().verify(&desk.trust()), []);
}

#[rstest]
#[case("Hold", json!({}), "Hold")]
#[case("../x", json!({}), "../x")]
#[case("note", json!({"n": 0.5}), "0.5")]
#[case("note", json!({"n": [9_007_199_254_740_993_u64]}), "9007199254740993")]
#[case("note", json!({"é": 1}), "é")]
fn what_could_not_be_verified_is_not_stated(
    #[case] kind: &str,
    #[case] body: serde_json::Value,
    #[case] named: &str,
) {
    let desk = Desk::new();
    let refused = desk.annexes().append(kind, "Ann", body, BEGAN).unwrap_err();
    assert!(refused.to_string().contains(named), "{refused}");
    assert_eq!(desk.annexes().list(&Trust::Any).unwrap(), Listed::default());
}

#[test]
fn nothing_is_stated_about_a_session_that_there_is_not() {
    let desk = Desk::new();
    let id = new_session_id(BEGAN).unwrap();
    let none = Annexes::open(desk.data(), &id).unwrap();
    let refused = none.append("note", "Ann", json!({}), BEGAN);
    assert!(matches!(refused, Err(RecordError::NotFound { .. })));
    assert!(!annexes_dir(desk.data()).exists());
    assert!(Annexes::open(desk.data(), "../x").is_err());
}
