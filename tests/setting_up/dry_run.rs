//! `viva interview --dry-run` tells what was read and what would be asked,
//! without microphone, model, voice or engine; a record tells the same.

use crate::made::{blocks, docx, pdf_page};
use crate::viva;
use serde_json::Value;
use std::process::Output;
use viva::event::Settings;
use viva::protocol::{Document, SetupRequest};
use viva::record::{FORMAT, Head, RecordWriter, new_session_id};
use viva::server::prepare;

const JOB: &str = "# Python Developer\nCompany: Rook Ltd\nLocation: Remote\n## Requirements\n- Python\n- Django\n- PostgreSQL\n## Nice to have\n- Docker\n";
const RESUME: &str = "# Ada Stone\n## Experience\nDeveloper at Pine Ltd (2 years)\n- Built 3 REST APIs in Django\n## Skills\n- Python\n";

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("job.pdf"), pdf_page(&blocks(JOB))).unwrap();
    std::fs::write(dir.path().join("cv.docx"), docx(&blocks(RESUME))).unwrap();
    std::fs::write(dir.path().join("cv.md"), RESUME).unwrap();
    dir
}

fn told(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert!(error.is_empty(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

const DRY: &[&str] = &[
    "interview",
    "--job",
    "job.pdf",
    "--resume",
    "cv.docx",
    "--dry-run",
];

#[test]
fn a_dry_run_needs_neither_devices_nor_model_nor_engine() {
    let dir = folder();
    let more = [
        "--mic",
        "no such microphone",
        "--speaker",
        "none",
        "--model",
        "none.bin",
        "--engine",
        "ws://127.0.0.1:9/x",
    ];
    let text = told(&viva(dir.path(), &[DRY, &more].concat()));
    for part in [
        "Python Developer",
        "Rook Ltd",
        "location: The position is remote.",
        "Ada Stone",
        "Developer at Pine Ltd (2 years)",
        "Your r\u{e9}sum\u{e9} says that at Pine Ltd you built 3 REST APIs in Django.",
        "Why: ",
        "relevance ",
        "At most 30 minutes",
    ] {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
    // Nothing is kept of it.
    let mut left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
    left.retain(|e| {
        !["job.pdf", "cv.docx", "cv.md"]
            .contains(&e.as_ref().unwrap().file_name().to_str().unwrap())
    });
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_same_facts_come_as_one_object_and_the_same_every_time() {
    let dir = folder();
    let text = told(&viva(dir.path(), DRY));
    assert_eq!(text, told(&viva(dir.path(), DRY)));
    let json = [DRY, &["--json"]].concat();
    let first = told(&viva(dir.path(), &json));
    assert_eq!(first, told(&viva(dir.path(), &json)));
    let facts: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(facts["job"]["must_haves"][1], "Django");
    assert_eq!(facts["resume"]["role"][0]["employer"], "Pine Ltd");
    let plan = &facts["plan"];
    let questions = plan["questions"].as_array().unwrap();
    assert_eq!(questions.len(), 4);
    for (at, question) in questions.iter().enumerate() {
        assert_eq!(question["number"], at as u64 + 1);
    }
    let reserves = plan["reserves"].as_array().unwrap();
    assert!(!reserves.is_empty());
    for question in questions.iter().chain(reserves) {
        for key in ["ask", "why", "id", "level"] {
            let value = question[key].as_str().unwrap();
            assert!(text.contains(value), "no {key} {value:?} in:\n{text}");
        }
        assert!(question.get("key_points").is_none(), "a rubric is shown");
    }
    for reserve in reserves {
        let after = reserve["after"].as_str().unwrap();
        assert!(questions.iter().any(|q| q["id"] == after), "{after}");
    }
}

#[test]
fn a_dry_run_refuses_what_an_interview_refuses() {
    let dir = folder();
    std::fs::write(dir.path().join("scan.jpg"), b"\xff\xd8\xff\xe0").unwrap();
    for (args, words) in [
        (&["--questions", "11"][..], &["questions", "11"][..]),
        (&["--bank", "cv.md"], &["cv.md"]),
        (&["--resume", "scan.jpg"], &["scan.jpg", "JPEG", "expected"]),
    ] {
        let base = ["interview", "--job", "job.pdf", "--dry-run"];
        let output = viva(dir.path(), &[&base, args].concat());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
        assert!(words.iter().all(|w| error.contains(w)), "{error}");
    }
    let output = viva(dir.path(), &["interview", "--job", "job.pdf", "--json"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_record_tells_what_the_dry_run_told() {
    let dir = folder();
    let json = [DRY, &["--json"]].concat();
    let facts: Value = serde_json::from_str(&told(&viva(dir.path(), &json))).unwrap();
    let read = |name: &str| {
        let bytes = std::fs::read(dir.path().join(name)).unwrap();
        let reading = viva::document::read(name, &bytes).unwrap();
        Document {
            name: reading.name,
            text: reading.text,
        }
    };
    let setup = prepare(&SetupRequest {
        job: read("job.pdf"),
        resume: Some(read("cv.docx")),
        settings: Settings::default(),
        ..SetupRequest::default()
    })
    .unwrap();
    let setup: Value = serde_json::from_str(&serde_json::to_string(&setup).unwrap()).unwrap();

    // Everything that is shown is in the record's setup.
    for key in ["job", "resume", "settings"] {
        assert_eq!(setup[key], facts[key], "{key}");
    }
    for key in ["families", "introduction", "adaptive"] {
        assert_eq!(setup["plan"][key], facts["plan"][key], "{key}");
    }
    let planned = setup["plan"]["questions"].as_array().unwrap();
    let shown = ["questions", "reserves"].map(|key| facts["plan"][key].as_array().unwrap());
    let shown: Vec<&Value> = shown.into_iter().flatten().collect();
    assert_eq!(planned.len(), shown.len());
    for (planned, shown) in planned.iter().zip(&shown) {
        for key in ["id", "ask", "skills", "level", "kind"] {
            assert_eq!(planned["question"][key], shown[key], "{key}");
        }
        assert_eq!(planned["why"], shown["why"]);
        assert_eq!(planned["relevance"]["score"], shown["relevance"]);
        assert_eq!(planned["relevance"]["matched"], shown["matched"]);
    }

    let head = Head {
        format: FORMAT,
        session: new_session_id(1_750_000_000_000).unwrap(),
        began_unix_ms: 1_750_000_000_000,
        candidate: "Ada Stone".into(),
        position: "Python Developer".into(),
        company: Some("Rook Ltd".into()),
        program: "viva".into(),
        hashes: std::collections::BTreeMap::new(),
        setup,
    };
    let sessions = dir.path().join("sessions");
    let writer = RecordWriter::create(&sessions, &head).unwrap();
    writer.finish(&[]).unwrap();
    let record = sessions.join(&head.session);
    let text = told(&viva(
        dir.path(),
        &["sessions", "show", record.to_str().unwrap()],
    ));
    assert!(text.contains("3 must-haves, 1 nice-to-haves"), "{text}");
    assert!(text.contains("1 roles, 0 projects"), "{text}");
    for shown in shown {
        for key in ["id", "why"] {
            let value = shown[key].as_str().unwrap();
            assert!(text.contains(value), "no {value:?} in:\n{text}");
        }
    }
}
