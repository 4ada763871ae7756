//! Annexes and their tip: what is listed was stated, and a change shows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::desk::{Desk, SESSION};
use rooms::edit::edited;
use rooms::record::{Annex, Annexes};
use std::cell::OnceCell;
use std::fs;
use std::path::PathBuf;

thread_local! {
    static STATED: OnceCell<Stated> = const { OnceCell::new() };
}

struct Stated {
    desk: Desk,
    annexes: Annexes,
    listed: Vec<Annex>,
    files: Vec<(PathBuf, Vec<u8>)>,
}

fn state() -> Stated {
    let desk = Desk::sealed();
    let annexes = Annexes::open(desk.data(), SESSION).unwrap();
    for (kind, says) in [
        ("note", "first"),
        ("correction", "second"),
        ("note", "third"),
    ] {
        let body = serde_json::json!({"says": says, "seq": 8, "list": [1, "é"]});
        annexes
            .append(kind, "Ann", body, 1_763_000_003_000)
            .unwrap();
    }
    let listed = annexes.list(&desk.trust).unwrap();
    assert_eq!((listed.annexes.len(), listed.problems.len()), (3, 0));
    let mut files: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(annexes.dir())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    Stated {
        listed: listed.annexes,
        desk,
        annexes,
        files,
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&which, data)) = data.split_first() else {
        return;
    };
    STATED.with(|stated| {
        let stated = stated.get_or_init(state);
        let (path, whole) = &stated.files[usize::from(which) % stated.files.len()];
        let bytes = edited(whole, data);
        fs::write(path, &bytes).unwrap();
        let found = stated.annexes.list(&stated.desk.trust).unwrap();
        fs::write(path, whole).unwrap();
        assert_eq!(
            found.problems.is_empty(),
            bytes == *whole,
            "{:?}",
            found.problems
        );
        for annex in &found.annexes {
            assert!(stated.listed.contains(annex), "{annex:?}");
        }
    });
});
