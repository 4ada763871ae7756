//! Holds the house to its layout: uses go one way.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A room's floor; a room may use rooms on lower floors and its own.
fn floors() -> BTreeMap<&'static str, u32> {
    BTreeMap::from([
        ("clock", 0),
        ("digest", 0),
        ("document", 0),
        ("event", 1),
        ("interview", 2),
        ("audio", 2),
        ("speech", 2),
        ("protocol", 2),
        ("record", 2),
        ("config", 3),
        ("meaning", 3),
        ("accounts", 3),
        ("report", 3),
        ("index", 3),
        ("replay", 4),
        ("study", 4),
        ("assess", 4),
        ("server", 5),
        ("call", 4),
        ("preflight", 6),
        ("simulate", 6),
        ("export", 5),
        ("cli", 7),
    ])
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn room_of(path: &Path, src: &Path) -> String {
    let first = path.strip_prefix(src).unwrap().components().next().unwrap();
    let name = first.as_os_str().to_string_lossy().into_owned();
    name.trim_end_matches(".rs").to_owned()
}

/// Rooms that a file names after `crate::`.
fn used(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect()
        })
        .collect()
}

#[test]
fn every_room_uses_only_rooms_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors = floors();
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let room = room_of(file, &src);
        let Some(floor) = floors.get(room.as_str()) else {
            continue;
        };
        let text = std::fs::read_to_string(file).unwrap();
        for other in used(&text) {
            let allowed = other == room || floors.get(other.as_str()).is_none_or(|f| f < floor);
            if !allowed {
                wrong.push(format!("{}: {room} uses {other}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_has_its_floor() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let floors = floors();
    for file in files {
        let room = room_of(&file, &src);
        assert!(
            matches!(room.as_str(), "lib" | "main") || floors.contains_key(room.as_str()),
            "{room} has no floor"
        );
    }
}

#[test]
fn the_interviewer_knows_no_audio_network_files_or_clock() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/interview");
    let mut files = Vec::new();
    sources(&dir, &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        // Tests may read files.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in [
            "tokio",
            "std::fs",
            "std::net",
            "std::time::Instant",
            "SystemTime",
        ] {
            assert!(!text.contains(word), "{} names {word}", file.display());
        }
    }
}
