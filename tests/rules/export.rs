//! Archives: what is in them, what is not, and that they open without a
//! network.

use crate::call;
use crate::desk::{BEGAN, Desk, files};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use viva::record::*;

type Archive = BTreeMap<String, Vec<u8>>;

fn unpacked(path: &Path) -> Archive {
    let mut zip = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut out = Archive::new();
    for i in 0..zip.len() {
        let mut file = zip.by_index(i).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert!(
            out.insert(file.name().unwrap().into_owned(), bytes)
                .is_none()
        );
    }
    out
}

fn text(archive: &Archive, name: &str) -> String {
    let names: Vec<_> = archive.keys().collect();
    let bytes = archive
        .get(name)
        .unwrap_or_else(|| panic!("no {name} in {names:?}"));
    String::from_utf8(bytes.clone()).unwrap()
}

/// The data that the player's page holds.
fn content(page: &str) -> serde_json::Value {
    let from = page.find("type=\"application/json\">").unwrap() + 24;
    let to = from + page[from..].find("</script>").unwrap();
    serde_json::from_str(&page[from..to]).unwrap()
}

fn export(desk: &Desk, what: &str, who: &str) -> (Archive, String) {
    let out = desk
        .data()
        .join(format!("{what}-{}.zip", files(desk.data()).len()));
    let said = desk.viva(&["export", what, who, "--out", out.to_str().unwrap()]);
    let told = said.done();
    (unpacked(&out), told)
}

fn a_call() -> Desk {
    let mut desk = Desk {
        data: tempfile::tempdir().unwrap(),
        id: String::new(),
        policy: None,
    };
    desk.id = call::taken(desk.data());
    desk
}

#[test]
fn a_reviewer_gets_the_record_byte_for_byte_and_can_verify_it() {
    let desk = a_call();
    desk.viva(&["retention", "hold", &desk.id, "--why", "claim 17"])
        .done();
    let (archive, told) = export(&desk, "--review", &desk.id);
    assert!(told.contains("verified"), "{told}");
    let away = tempfile::tempdir().unwrap();
    for (name, bytes) in &archive {
        let path = away.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    assert_eq!(files(&away.path().join("record")), files(&desk.dir()));
    assert!(
        archive.keys().any(|n| n.ends_with("-hold.json")),
        "{:?}",
        archive.keys()
    );
    let key = text(&archive, "public-key.txt");
    let record = away.path().join("record");
    let other = Desk::new();
    let said = other
        .viva(&["verify", record.to_str().unwrap(), "--trust", key.trim()])
        .done();
    assert!(said.contains("is whole"), "{said}");
    assert!(text(&archive, "README.txt").contains("Nothing was wrong"));
}

#[test]
fn the_player_needs_nothing_but_its_archive_and_has_everything_in_it() {
    let desk = a_call();
    let (archive, _) = export(&desk, "--review", &desk.id);
    let page = text(&archive, "index.html");
    for outside in [
        "http://", "https://", "//cdn", "@import", "url(", "fetch(", "import(",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    let data = content(&page);
    assert_eq!(data["audio"], "record/call.wav");
    assert!(archive.contains_key("record/call.wav"));
    let seconds = data["audio_ms"].as_u64().unwrap() / 1000;
    let columns = data["outline"]["candidate"].as_array().unwrap().len() as u64;
    assert!(
        columns.abs_diff(seconds * 20) <= 20,
        "{columns} for {seconds} s"
    );
    let gap = &data["gaps"][0];
    assert_eq!(
        (
            gap["track"].as_str(),
            gap["start_ms"].as_u64(),
            gap["end_ms"].as_u64()
        ),
        (Some("candidate"), Some(30_000), Some(32_000))
    );
    let checked = &data["checked"];
    assert_eq!(
        (checked["whole"].as_bool(), checked["follows"].as_bool()),
        (Some(true), Some(true))
    );
    assert_eq!(data["scores_sealed"], true);
    // A piece of evidence leads to words of the transcript.
    let turns = data["turns"].as_array().unwrap();
    let words: Vec<_> = turns
        .iter()
        .flat_map(|t| t["words"].as_array().into_iter().flatten())
        .collect();
    let questions = data["questions"].as_array().unwrap();
    let hits: Vec<_> = questions
        .iter()
        .flat_map(|q| q["evidence"].as_array().unwrap())
        .collect();
    assert!(hits.len() > 3, "{hits:?}");
    for hit in hits {
        let (from, to) = (
            hit["start_ms"].as_u64().unwrap(),
            hit["end_ms"].as_u64().unwrap(),
        );
        let cited = words.iter().filter(|w| {
            w["start_ms"].as_u64().unwrap() < to && w["end_ms"].as_u64().unwrap() > from
        });
        assert!(cited.count() > 0, "{hit}");
    }
}

#[test]
fn a_damaged_record_is_handed_out_with_its_damage_named() {
    let desk = a_call();
    let path = desk.dir().join("documents/transcript.txt");
    let forged = fs::read_to_string(&path).unwrap().replacen("AI", "IA", 1);
    fs::write(path, forged).unwrap();
    let out = desk.data().join("x.zip");
    let said = desk.viva(&[
        "export",
        "--review",
        &desk.id,
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.contains("transcript.txt"), "{said:?}");
    let archive = unpacked(&out);
    assert!(text(&archive, "README.txt").contains("SOMETHING IS WRONG"));
    let data = content(&text(&archive, "index.html"));
    assert_eq!(
        (
            data["checked"]["whole"].as_bool(),
            data["checked"]["follows"].as_bool()
        ),
        (Some(false), Some(false))
    );
}

#[test]
fn the_same_record_gives_the_same_archive() {
    let desk = Desk::new();
    let make = |name: &str| {
        let out = desk.data().join(name);
        viva::export::review::export(
            desk.data(),
            &desk.id,
            &out,
            &desk.trust(),
            &|_| Some(std::sync::Arc::new(viva::interview::score::Lexical)),
            BEGAN,
        )
        .unwrap();
        fs::read(out).unwrap()
    };
    assert!(make("a.zip") == make("b.zip"));
}

#[test]
fn a_redacted_copy_is_handed_out_without_what_it_hides() {
    let desk = Desk::new();
    let made = desk
        .viva(&[
            "redact", &desk.id, "--words", "Python", "--names", "--why", "x", "--json",
        ])
        .json();
    let (archive, told) = export(
        &desk,
        "--review",
        made["link"]["redaction"].as_str().unwrap(),
    );
    assert!(told.contains("verified"), "{told}");
    for (name, bytes) in &archive {
        let text = String::from_utf8_lossy(bytes);
        for gone in ["Python", "Zoë", "Example"] {
            // The company is called so, too.
            let text = text.replace("Example Ltd", "");
            assert!(!text.contains(gone), "{gone} in {name}");
        }
    }
    assert!(archive.keys().all(|n| !n.starts_with("annexes/")));
}

#[test]
fn a_person_gets_all_their_interviews_and_nobody_elses() {
    let desk = a_call();
    let name = RecordReader::open(&desk.dir())
        .unwrap()
        .head()
        .candidate
        .clone();
    let second = desk.record(&name.to_uppercase(), BEGAN);
    desk.record("Somebody Else", BEGAN);
    let correction = serde_json::json!({"heard": "cash", "meant": "cache"});
    desk.annexes()
        .append("correction", "Ann", correction, BEGAN)
        .unwrap();
    let secret = serde_json::json!({"why": "claim 17"});
    desk.annexes().append("hold", "Ann", secret, BEGAN).unwrap();
    let (archive, told) = export(&desk, "--subject", &name.to_lowercase());
    assert!(
        told.contains("2 interviews") && told.contains("same person"),
        "{told}"
    );
    let of: Vec<&String> = archive
        .keys()
        .filter(|n| n.ends_with("interview.json"))
        .collect();
    assert_eq!(of.len(), 2);
    assert!(
        of[0].contains(&second) && of[1].contains(&desk.id),
        "{of:?}"
    );
    let all: String = archive
        .values()
        .map(|b| String::from_utf8_lossy(b))
        .collect();
    assert!(!all.contains("Somebody Else") && !all.contains("claim 17"));
    let folder = format!("2-{}", desk.id);
    let page = text(&archive, &format!("{folder}/interview.html"));
    for there in [
        "What was said",
        "Score: ",
        "Rests on",
        "résumé",
        "cash",
        "What the program recommended",
    ] {
        assert!(page.contains(there), "{there}");
    }
    assert!(!page.contains("<script"));
    assert_eq!(
        archive[&format!("{folder}/call.wav")],
        fs::read(desk.dir().join("call.wav")).unwrap()
    );
    assert!(!all.contains("\"missing\""));
    // The examiner's own papers stay with the examiner.
    let setup = RecordReader::open(&desk.dir())
        .unwrap()
        .head()
        .setup
        .to_string();
    let ideal = setup
        .split("\"ideal\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(!all.contains(ideal), "{ideal}");
    let readme = text(&archive, "README.txt");
    assert!(
        readme.contains(&folder) && readme.contains("A person decides"),
        "{readme}"
    );
}

#[test]
fn what_the_policy_keeps_back_is_kept_back_and_said() {
    let desk = a_call();
    let own = desk.data().join("own.toml");
    let config = desk.data().join("viva.toml");
    fs::write(
        &config,
        format!("[retention]\npolicy = \"mine\"\nfile = {own:?}\n"),
    )
    .unwrap();
    let run = |disclose: &str| {
        let policy = format!(
            "[[policy]]\nid = \"mine\"\nname = \"\"\njurisdiction = \"\"\nbecause = \"\"\nsources = []\nkeep = \"1 year\"\ndisclose = {disclose}\n"
        );
        fs::write(&own, policy).unwrap();
        let out = desk.data().join("p.zip");
        let _ = fs::remove_file(&out);
        let args = [
            "--config",
            config.to_str().unwrap(),
            "export",
            "--subject",
            &desk.id,
            "--out",
            out.to_str().unwrap(),
        ];
        desk.viva(&args).done();
        let archive = unpacked(&out);
        let page = text(&archive, &format!("1-{}/interview.html", desk.id));
        (page, text(&archive, "README.txt"))
    };
    let (page, readme) = run("{ scores = true, evidence = false }");
    assert!(page.contains("Score: ") && !page.contains("Rests on"));
    assert!(
        readme.contains("words that scores rest on") && readme.contains("1 year"),
        "{readme}"
    );
    let (page, readme) = run("{ scores = false }");
    assert!(
        !page.contains("Score: ") && !page.contains("Rests on") && !page.contains("recommended")
    );
    assert!(
        readme.contains("Scores and recommendation, where"),
        "{readme}"
    );
}

#[test]
fn what_cannot_be_handed_out_is_named_and_leaves_no_file() {
    let desk = Desk::new();
    let out = desk.data().join("x.zip");
    let run = |what: &str, who: &str| {
        desk.viva(&["export", what, who, "--out", out.to_str().unwrap()])
            .refused()
    };
    let said = run("--subject", "Zoe Exampel");
    assert!(said.contains("did you mean \"Zoë Example\"?"), "{said}");
    let none = new_session_id(BEGAN).unwrap();
    assert!(run("--subject", &none).contains(&none));
    assert!(run("--review", &none).contains("no record"));
    let live = desk.begin("Live Example", BEGAN);
    assert!(run("--review", &live.head().session).contains("being written"));
    assert!(run("--subject", "Live Example").contains("going on"));
    assert_eq!(desk.viva(&["export", "--out", "x.zip"]).status, 2);
    let left: Vec<_> = fs::read_dir(desk.data())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(
        left.iter().all(|n| !n.to_string_lossy().contains("zip")),
        "{left:?}"
    );
    fs::write(&out, "mine").unwrap();
    assert!(run("--review", &desk.id).contains("already"));
    assert_eq!(fs::read(&out).unwrap(), b"mine");
}

#[test]
fn nothing_that_was_said_or_given_runs_in_a_page() {
    let evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>";
    let desk = Desk::of(evil, BEGAN);
    let (archive, _) = export(&desk, "--review", &desk.id);
    let page = text(&archive, "index.html");
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<img"));
    assert_eq!(content(&page)["candidate"], evil);
    let (archive, _) = export(&desk, "--subject", evil);
    let page = text(&archive, &format!("1-{}/interview.html", desk.id));
    assert!(!page.contains("<script") && !page.contains("<img"));
}

#[test]
fn a_session_that_broke_off_is_handed_out_as_far_as_it_goes() {
    let desk = Desk::new();
    let live = desk.begin("Half Example", BEGAN);
    let id = live.head().session.clone();
    drop(live);
    let (archive, _) = export(&desk, "--subject", "half example");
    assert!(text(&archive, "README.txt").contains(&id));
    let out = desk.data().join("half.zip");
    let said = desk.viva(&["export", "--review", &id, "--out", out.to_str().unwrap()]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.contains("not sealed"), "{said:?}");
    let data = content(&text(&unpacked(&out), "index.html"));
    assert_eq!(
        (data["audio"].is_null(), data["scores_sealed"].as_bool()),
        (true, Some(false))
    );
}

/// Writes an archive into `VIVA_LOOK` for eyes and browsers.
#[test]
#[ignore = "writes files for somebody to look at"]
fn an_archive_to_look_at() {
    let to = std::env::var("VIVA_LOOK").unwrap();
    let desk = a_call();
    desk.viva(&["retention", "hold", &desk.id, "--why", "claim 17"])
        .done();
    for what in ["--review", "--subject"] {
        let (archive, _) = export(&desk, what, &desk.id);
        for (name, bytes) in archive {
            let path = Path::new(&to).join(&what[2..]).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}
