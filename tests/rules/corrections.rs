//! Corrections: shown beside what was recognised, never in its place.

use crate::call;
use crate::desk::{BEGAN, Desk, files};
use serde_json::json;
use std::fs;
use viva::record::*;

fn a_call() -> Desk {
    let mut desk = Desk {
        data: tempfile::tempdir().unwrap(),
        id: String::new(),
        policy: None,
    };
    desk.id = call::taken(desk.data());
    desk
}

/// The longest thing that was said, and its number.
fn longest(desk: &Desk) -> (String, String) {
    let said = utterances(&desk.dir()).unwrap();
    let longest = said.into_iter().max_by_key(|u| u.text.len()).unwrap();
    (longest.id.to_string(), longest.text)
}

fn correct(desk: &Desk, utterance: &str, text: &str) {
    let args = ["sessions", "correct", &desk.id, "--utterance", utterance];
    let rest = ["--text", text, "--why", "misheard", "--json"];
    let told = desk.viva(&[args, rest].concat()).done();
    assert!(told.contains("\"correction\""), "{told}");
}

#[test]
fn both_texts_are_shown_and_nothing_that_was_sealed_changes() {
    let desk = a_call();
    let (n, heard) = longest(&desk);
    let before = files(&desk.dir());
    correct(&desk, &n, "The  loader dropped\nevents, not elephants.");
    let corrected = "The loader dropped events, not elephants.";
    assert_eq!(files(&desk.dir()), before);
    desk.viva(&["verify", &desk.id]).done();
    desk.viva(&["replay", &desk.id, "--rederive"]).done();

    let told = desk.viva(&["sessions", "correct", &desk.id]).done();
    assert!(told.contains(&heard) && told.contains(corrected), "{told}");
    assert!(told.contains("corrected by Ann Reviewer") && told.contains("(misheard)"));

    let beside = format!("[corrected by Ann Reviewer: {corrected}]");
    let sealed = |name: &str| fs::read_to_string(desk.dir().join("documents").join(name)).unwrap();
    let report = |format: &str| desk.viva(&["report", &desk.id, "--format", format]).done();
    for format in ["txt", "md", "html"] {
        let text = report(format);
        assert!(text.contains("With 1 correction as of "), "{format}");
        let plain = text.replace("&#39;", "'").replace('\\', "");
        assert!(plain.contains(&beside), "{format}");
    }
    let txt = report("txt");
    assert!(txt.contains(&format!("{heard}\n{beside}")), "{txt}");
    // Without what was added it is the sealed one: no score moved.
    let sealed_txt = sealed("transcript.txt");
    let added = |line: &&str| line.starts_with("Corrections: ") || *line == beside;
    let words = |text: &str| {
        let lines: Vec<&str> = text.lines().filter(|l| !added(l)).collect();
        lines
            .join(" ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(words(&txt), words(&sealed_txt));
    let whole: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(whole["corrected"]["count"], 1);
    let turns = whole["dialogue"].as_array().unwrap();
    let turn = turns.iter().find(|t| !t["correction"].is_null()).unwrap();
    assert_eq!(turn["text"], heard);
    assert_eq!(turn["correction"]["text"], corrected);
    let old: serde_json::Value = serde_json::from_str(&sealed("transcript.json")).unwrap();
    let words = |v: &serde_json::Value| v["dialogue"][3]["utterance"]["words"].clone();
    assert_eq!(words(&whole), words(&old), "the words keep their times");
    assert_eq!(whole["questions"][0]["score"], old["questions"][0]["score"]);
    let vtt = report("vtt");
    assert!(
        vtt.contains("NOTE With 1 correction") && vtt.contains("elephants"),
        "{vtt}"
    );
    let played = desk.viva(&["replay", &desk.id, "--json"]).json();
    let lines = played["lines"].as_array().unwrap();
    assert!(
        lines
            .iter()
            .any(|l| l["text"] == heard && l["corrected"]["text"] == corrected)
    );

    // Whoever assesses the text again judges what was recognised.
    let path = desk.data().join("transcript.txt");
    let assessed = |text: &str| {
        fs::write(&path, text).unwrap();
        desk.viva(&["assess", path.to_str().unwrap(), "--json"])
            .done()
    };
    let again = assessed(&txt);
    assert!(!again.contains("elephants"), "{again}");
    assert_eq!(
        again.contains(&heard),
        assessed(&sealed_txt).contains(&heard)
    );

    // Taken back, the report is the sealed one again.
    desk.viva(&[
        "sessions",
        "correct",
        &desk.id,
        "--utterance",
        &n,
        "--withdraw",
    ])
    .done();
    assert_eq!(report("txt"), sealed_txt);
    desk.viva(&["verify", &desk.id]).done();
}

#[test]
fn archives_show_both_texts() {
    let desk = a_call();
    let (n, heard) = longest(&desk);
    correct(&desk, &n, "It was <b>Kafka</b> & nothing else.");
    for what in ["--review", "--subject"] {
        let out = desk.data().join(format!("out{what}.zip"));
        let args = ["export", what, &desk.id, "--out", out.to_str().unwrap()];
        desk.viva(&args).done();
        let mut zip = zip::ZipArchive::new(fs::File::open(&out).unwrap()).unwrap();
        let page = (0..zip.len())
            .map(|i| zip.by_index(i).unwrap().name().unwrap().into_owned())
            .find(|name| name.ends_with(".html"))
            .unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut zip.by_name(&page).unwrap(), &mut text).unwrap();
        assert!(!text.contains("<b>Kafka"), "{what}");
        let shown = match what {
            "--review" => "\"corrected\":{\"text\":\"It was \\u003cb\\u003eKafka",
            _ => "<i>It was &lt;b&gt;Kafka&lt;/b&gt; &amp; nothing else.</i>",
        };
        assert!(
            text.contains(shown) && text.contains(&heard[..30]),
            "{what}"
        );
    }
}

#[test]
fn what_cannot_be_corrected_is_refused_by_name() {
    let desk = Desk::new();
    let running = desk.begin("Bob Example", BEGAN);
    let open = running.head().session.clone();
    let text = "Python again.";
    for (id, n, rest, named) in [
        (
            desk.id.as_str(),
            "7",
            ["--text", "x"].as_slice(),
            "no utterance 7",
        ),
        (&desk.id, "2", &["--text", " \n"], "empty"),
        (&desk.id, "2", &["--text", text], "says that already"),
        (
            &desk.id,
            "2",
            &["--withdraw"],
            "No correction of utterance 2",
        ),
        (&desk.id, "2", &[], "neither --text nor --withdraw"),
        (&open, "1", &["--text", "x"], "not sealed"),
        ("nobody", "1", &["--text", "x"], "Bad session id"),
    ] {
        let args = ["sessions", "correct", id, "--utterance", n];
        let refused = desk.viva(&[args.as_slice(), rest].concat()).refused();
        assert!(refused.contains(named), "{refused}");
    }
    assert!(
        !annexes_dir(desk.data())
            .join(&desk.id)
            .join("tip.json")
            .exists()
    );
}

#[test]
fn the_last_correction_stands_and_erasure_takes_all_of_them() {
    let desk = Desk::new();
    correct(&desk, "2", "Pie torn again.");
    correct(&desk, "2", "PyTorch again.");
    let said = desk
        .viva(&["sessions", "correct", &desk.id, "--json"])
        .json();
    assert_eq!(said["corrections"].as_array().unwrap().len(), 1);
    assert_eq!(said["corrections"][0]["text"], "PyTorch again.");
    assert_eq!(said["corrections"][0]["original"], "Python again.");
    assert_eq!(desk.annexes().list(&desk.trust()).unwrap().annexes.len(), 2);
    desk.viva(&["erase", &desk.id, "--why", "asked for"]).done();
    for (name, bytes) in files(desk.data()) {
        assert!(
            !String::from_utf8_lossy(&bytes).contains("PyTorch"),
            "{name}"
        );
    }
    let refused = desk.viva(&["sessions", "correct", &desk.id]).refused();
    assert!(refused.contains("was erased"), "{refused}");
}

#[test]
fn a_correction_of_what_was_never_said_is_found() {
    let desk = Desk::new();
    let annexes = desk.annexes();
    let hash = |text: &str| viva::digest::sha256_hex(text.as_bytes());
    let state = |body| {
        annexes
            .append(kind::CORRECTION, "Eve", body, BEGAN)
            .unwrap()
    };
    state(json!({"utterance": 2, "original": "Python again.",
        "original_sha256": hash("Python again."), "text": "PyTorch again.", "why": null}));
    assert_eq!(annexes.verify(&desk.trust()), []);
    state(
        json!({"utterance": 2, "original": "I lied.", "original_sha256": hash("I lied."), "text": "x"}),
    );
    state(
        json!({"utterance": 2, "original": "Python again.", "original_sha256": hash("no"), "text": "x"}),
    );
    state(json!({"utterance": 2, "withdraws": "nothing"}));
    state(json!({"text": "x"}));
    let problems = annexes.verify(&desk.trust());
    let told: Vec<&str> = problems.iter().map(|p| p.detail.as_str()).collect();
    assert_eq!(
        told,
        [
            "utterance 2 of the log says something else",
            "its original text is not the one that it names by hash",
            "neither corrects nor withdraws anything",
            "names no utterance",
        ]
    );
    assert_eq!(desk.viva(&["verify", &desk.id]).status, 1);
}

#[test]
fn a_redacted_copy_hides_what_a_correction_gives_away() {
    let desk = Desk::new();
    // The recogniser misheard a name, and later dropped one.
    correct(&desk, "2", "Miller again.");
    correct(
        &desk,
        "1",
        "My name is Zoë Example and I called Smith five five nine in Python.",
    );
    let args = [
        "redact",
        &desk.id,
        "--words",
        "Miller",
        "Smith",
        "--why",
        "works council",
        "--json",
    ];
    let made = desk.viva(&args);
    assert_eq!(made.status, 0, "{made:?}");
    let made = made.json();
    let dir = made["dir"].as_str().unwrap();
    let said = utterances(std::path::Path::new(dir)).unwrap();
    assert_eq!(said[1].text, "█████ again.");
    // It was said between these two words.
    assert_eq!(
        said[0].text,
        "My name is Zoë Example and I █████ five nine in Python."
    );
    for (name, bytes) in files(std::path::Path::new(dir)) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            !text.contains("Miller") && !text.contains("Smith"),
            "{name}"
        );
    }
    let left: Vec<&str> = made["link"]["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|l| l.as_str())
        .collect();
    assert!(left.contains(&"annexes: 2 corrections"), "{left:?}");
    desk.viva(&["verify", dir]).done();
    // Nothing that is made of the copy shows them either.
    for args in [
        ["replay", dir, "--json"].as_slice(),
        &["sessions", "show", dir],
    ] {
        let told = desk.viva(args).done();
        assert!(
            !told.contains("Miller") && !told.contains("Smith"),
            "{told}"
        );
    }
}
