//! Search over all records: what is found, and that what is gone is gone.

use crate::desk::{ANSWER, BEGAN, Desk, line, utterance};
use rstest::rstest;
use serde_json::{Value, json};
use std::fs;
use viva::clock::SessionTime;

const DAY: i64 = 24 * 3600 * 1000;
/// Nobody else says it, and neither its letters nor its stem are others'.
const WORD: &str = "xylophonequartz";

fn search(desk: &Desk, args: &[&str]) -> Value {
    let said = desk.viva(&[&["sessions", "search", "--json"], args].concat());
    assert!(said.status < 2, "{said:?}");
    let total = serde_json::from_str::<Value>(&said.out).unwrap();
    assert_eq!(said.status == 1, total["total"] == 0, "{said:?}");
    total
}

/// Ids of the sessions that were found, in order.
fn ids(answer: &Value) -> Vec<String> {
    let hits = answer["hits"].as_array().unwrap();
    let id = |hit: &Value| hit["session"].as_str().unwrap().to_owned();
    hits.iter().map(id).collect()
}

/// Adds a sealed record in which the candidate says this, with a score.
fn scored(desk: &Desk, candidate: &str, began: i64, says: &str, score: Option<f32>) -> String {
    let mut writer = desk.begin(candidate, began);
    writer
        .append(SessionTime(100), &utterance(1, says, 50))
        .unwrap();
    let advice = score.map_or("none", |s| if s < 2.5 { "not_a_fit" } else { "proceed" });
    let report = json!({
        "average_score": score,
        "recommendation": {"advice": advice},
        "questions": [{"struggled": score.is_some_and(|s| s < 2.5)}],
    });
    let id = writer.head().session.clone();
    let documents = [(
        "transcript.json".to_owned(),
        report.to_string().into_bytes(),
    )];
    writer.finish(&documents).unwrap();
    id
}

/// Everything in the files of the index, letters in lower case as words are
/// in it.
fn bytes_of_the_index(desk: &Desk) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(desk.data()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("index.") {
            let bytes = fs::read(entry.path()).unwrap();
            all += &String::from_utf8_lossy(&bytes).to_lowercase();
        }
    }
    all
}

#[test]
fn a_line_is_found_with_who_when_and_the_words_marked() {
    let desk = Desk::new();
    let answer = search(&desk, &["FIVE", "python"]);
    assert_eq!(answer["total"], 1);
    let hit = &answer["hits"][0];
    assert_eq!(hit["session"], desk.id.as_str());
    assert_eq!(hit["candidate"], "Zoë Example");
    assert_eq!(hit["position"], "Data Engineer");
    assert_eq!(hit["line"]["who"], "candidate");
    assert_eq!(hit["line"]["start_ms"], 2_000);
    let marked: Vec<&str> = hit["line"]["snippet"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|piece| piece["found"] == true)
        .map(|piece| piece["text"].as_str().unwrap())
        .collect();
    assert_eq!(marked, ["five", "five", "Python"]);

    // The recruiter's line, at the time that it was heard; another form of
    // the word, and no accent.
    let answer = search(&desk, &["introducing", "zoe"]);
    assert_eq!(answer["hits"][0]["line"]["who"], "recruiter");
    assert_eq!(answer["hits"][0]["line"]["start_ms"], 200);

    let said = desk.viva(&["sessions", "search", "python -five"]).done();
    assert!(
        said.contains("00:09.500 Candidate: [Python] again."),
        "{said}"
    );
    assert!(said.ends_with("1 line\n"), "{said}");
    let none = desk.viva(&["sessions", "search", "\"python five\""]);
    assert_eq!((none.status, none.out.as_str()), (1, "0 lines\n"));
    let who = search(&desk, &["zoe", "--who", "recruiter"]);
    assert_eq!(who["total"], 1);
}

#[test]
fn sessions_are_found_by_who_job_day_score_advice_and_flags() {
    let desk = Desk::new();
    let low = scored(
        &desk,
        "Jürgen Müller",
        BEGAN + DAY,
        "I use Kafka.",
        Some(1.5),
    );
    let high = scored(
        &desk,
        "Ann Other",
        BEGAN + 2 * DAY,
        "I use C++ and Kafka.",
        Some(4.0),
    );
    desk.viva(&["retention", "hold", &high, "--why", "claim"])
        .done();
    let day = |ms: i64| {
        let time = jiff::Timestamp::from_millisecond(ms).unwrap();
        time.to_zoned(jiff::tz::TimeZone::system())
            .date()
            .to_string()
    };
    let (second, third) = (day(BEGAN + DAY), day(BEGAN + 2 * DAY));
    for (args, expected) in [
        (vec![], vec![&high, &low, &desk.id]),
        (vec!["--candidate", "muller"], vec![&low]),
        (vec!["--candidate", "MÜLLER"], vec![&low]),
        (vec!["--job", "example"], vec![&high, &low, &desk.id]),
        (vec!["--job", "plumber"], vec![]),
        (vec!["--since", &second], vec![&high, &low]),
        (vec!["--until", &second], vec![&low, &desk.id]),
        (vec!["--since", &third, "--until", &third], vec![&high]),
        (vec!["--score-at-least", "2.5"], vec![&high]),
        (vec!["--score-below", "2.5"], vec![&low]),
        (vec!["--recommendation", "not-a-fit"], vec![&low]),
        (vec!["--flag", "struggled"], vec![&low]),
        (vec!["--flag", "held"], vec![&high]),
        (vec!["--flag", "not-scored"], vec![&desk.id]),
        (vec!["--flag", "held", "--flag", "struggled"], vec![]),
        (vec!["kafka", "--score-below", "3"], vec![&low]),
        (vec!["c++"], vec![&high]),
        (vec!["--limit", "1"], vec![&high]),
    ] {
        assert_eq!(
            ids(&search(&desk, &args)).iter().collect::<Vec<_>>(),
            expected,
            "{args:?}"
        );
    }
    // A hold that ends is no reason to be found any more.
    desk.viva(&["retention", "release", &high, "--why", "settled"])
        .done();
    assert_eq!(search(&desk, &["--flag", "held"])["total"], 0);
}

#[test]
fn scores_and_words_of_a_real_interview_are_found() {
    let desk = Desk::new();
    let id = super::call::taken(desk.data());
    let documents = desk.data().join("sessions").join(&id).join("documents");
    let report: Value =
        serde_json::from_slice(&fs::read(documents.join("transcript.json")).unwrap()).unwrap();
    let found = search(&desk, &["--score-at-least", "1"]);
    assert_eq!(ids(&found), [id.as_str()]);
    let (score, told) = (&found["hits"][0]["score"], &report["average_score"]);
    assert!((score.as_f64().unwrap() - told.as_f64().unwrap()).abs() < 1e-6);
    let advice = &report["recommendation"]["advice"];
    assert_eq!(&found["hits"][0]["recommendation"], advice);
    assert_eq!(ids(&search(&desk, &["--flag", "gap"])), [id]);
}

#[test]
fn an_index_that_is_up_to_date_reads_nothing_and_a_growing_session_is_read_again() {
    let desk = Desk::new();
    let mut open = desk.begin("Ann Other", BEGAN + DAY);
    let first = search(&desk, &["python"]);
    assert_eq!(
        (&first["index"]["read"], &first["total"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(search(&desk, &["python"])["index"]["read"], 0);
    open.append(SessionTime(100), &line(1, "Which python do you use?"))
        .unwrap();
    let grown = search(&desk, &["python", "--flag", "unsealed"]);
    assert_eq!(
        (&grown["index"]["read"], &grown["total"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(grown["hits"][0]["state"], "writing");
    open.finish(&[]).unwrap();
    let sealed = search(&desk, &["python", "--candidate", "ann"]);
    assert_eq!(sealed["hits"][0]["state"], "complete");
    assert_eq!(sealed["index"]["read"], 1);
    // Anew gives the same.
    let rebuilt = desk
        .viva(&["sessions", "index", "--rebuild", "--json"])
        .json();
    assert_eq!(rebuilt["read"], 2);
    assert_eq!(
        search(&desk, &["python", "--candidate", "ann"])["hits"],
        sealed["hits"]
    );
}

#[rstest]
#[case::of_no_database("no database")]
#[case::of_another_program("foreign")]
#[case::of_another_version("version")]
#[case::with_other_tables("tables")]
#[case::damaged_in_the_middle("middle")]
#[case::cut("cut")]
fn an_index_that_is_none_is_thrown_away_and_built_again(#[case] wrong: &str) {
    let desk = Desk::new();
    for n in 0..40 {
        scored(
            &desk,
            "Ann Other",
            BEGAN + n,
            &format!("I use Kafka and {WORD}{n}."),
            None,
        );
    }
    let before = search(&desk, &["kafka"]);
    let file = desk.data().join("index.sqlite");
    let run = |sql: &str| {
        let db = rusqlite::Connection::open(&file).unwrap();
        db.execute_batch(sql).unwrap();
    };
    match wrong {
        "no database" => fs::write(&file, "hello").unwrap(),
        "foreign" => {
            fs::remove_file(&file).unwrap();
            run("CREATE TABLE own (x); INSERT INTO own VALUES (1);");
        }
        "version" => run("PRAGMA user_version = 0"),
        "tables" => run("DROP TABLE lines"),
        "middle" => {
            let mut bytes = fs::read(&file).unwrap();
            let len = bytes.len();
            bytes[4096..len - 1024].fill(0x55);
            fs::write(&file, bytes).unwrap();
        }
        _ => {
            let bytes = fs::read(&file).unwrap();
            fs::write(&file, &bytes[..bytes.len() / 3]).unwrap();
        }
    }
    let said = desk.viva(&["sessions", "search", "kafka", "--json"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
    assert!(said.err.contains("index was built anew"), "{said:?}");
    let after = said.json();
    assert_eq!(
        (&after["hits"], &after["total"]),
        (&before["hits"], &json!(40))
    );
    assert_eq!(search(&desk, &["kafka"])["index"]["read"], 0);
}

#[test]
fn an_erased_session_leaves_no_word_in_the_bytes_of_the_index() {
    let desk = Desk::new();
    let gone = scored(
        &desk,
        "Wolfgang Vyskocil",
        BEGAN,
        &format!("I play {WORD}."),
        None,
    );
    for n in 0..30 {
        scored(
            &desk,
            "Ann Other",
            BEGAN + n,
            "I use Kafka and Python.",
            None,
        );
    }
    assert_eq!(search(&desk, &[WORD])["total"], 1);
    let before = bytes_of_the_index(&desk);
    for word in [WORD, "vyskocil", gone.to_lowercase().as_str()] {
        assert!(before.contains(word), "{word} should be there");
    }
    desk.viva(&["erase", &gone, "--why", "withdrew"]).done();
    let after = bytes_of_the_index(&desk);
    for word in [
        WORD,
        "xylophone",
        "quartz",
        "vyskocil",
        gone.to_lowercase().as_str(),
    ] {
        assert!(!after.contains(word), "{word} is left");
    }
    // Only that session was taken out: the others need not be read again.
    let others = search(&desk, &["kafka"]);
    assert_eq!(
        (&others["total"], &others["index"]["read"]),
        (&json!(30), &json!(0))
    );
    assert_eq!(search(&desk, &[WORD])["total"], 0);
}

/// The full-text index keeps words in pages of some thousand bytes, and the
/// first of each page once more, to find the page by.
#[test]
fn no_word_of_many_is_left_whatever_page_it_stood_on() {
    // Words of letters only, from end to end of the alphabet.
    let word = |n: u32, end: &str| {
        let letter = |by: u32| char::from(b'a' + u8::try_from(n / by % 26).unwrap());
        format!("{}{}{}{end}", letter(1), letter(26), letter(676))
    };
    let says = |end: &str| -> Vec<String> { (0..4_000).map(|n| word(n * 4, end)).collect() };
    let (theirs, others) = (says("qzvgone"), says("bstays"));
    let desk = Desk::new();
    scored(&desk, "Ann Other", BEGAN, &others.join(" "), None);
    let gone = scored(&desk, "Ann Other", BEGAN + 1, &theirs.join(" "), None);
    assert_eq!(search(&desk, &[&theirs[7]])["total"], 1);
    assert!(bytes_of_the_index(&desk).contains(&theirs[7]));
    desk.viva(&["erase", &gone, "--why", "withdrew"]).done();
    let left = bytes_of_the_index(&desk);
    assert!(!left.contains("qzv"), "{:?}", left.split("qzv").count());
    let kept = search(&desk, &[&others[7]]);
    assert_eq!(
        (&kept["total"], &kept["index"]["read"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn an_erasure_while_somebody_reads_leaves_no_word_either() {
    let desk = Desk::new();
    let gone = scored(
        &desk,
        "Wolfgang Vyskocil",
        BEGAN,
        &format!("I play {WORD}."),
        None,
    );
    assert_eq!(search(&desk, &[WORD])["total"], 1);
    // A reader that holds on to what it saw, so that the log cannot be emptied.
    let reader = rusqlite::Connection::open(desk.data().join("index.sqlite")).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM lines;")
        .unwrap();
    desk.viva(&["erase", &gone, "--why", "withdrew"]).done();
    let after = bytes_of_the_index(&desk);
    assert!(!after.contains(WORD) && !after.contains("vyskocil"));
    assert_eq!(search(&desk, &["python"])["total"], 2);
}

#[test]
fn processes_that_search_at_once_answer_the_same() {
    let desk = Desk::new();
    for n in 0..20 {
        scored(&desk, "Ann Other", BEGAN + n, "I use Kafka.", None);
    }
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| search(&desk, &["kafka"])["hits"].clone()))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers[0].as_array().unwrap().len(), 20);
    assert!(answers.iter().all(|one| *one == answers[0]));
}

#[cfg(unix)]
#[test]
fn the_index_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    search(&desk, &["python"]);
    // A second connection keeps the log and its memory file in place.
    let reader = rusqlite::Connection::open(desk.data().join("index.sqlite")).unwrap();
    reader.execute_batch("SELECT count(*) FROM lines;").unwrap();
    scored(&desk, "Ann Other", BEGAN, "I use Kafka.", None);
    search(&desk, &["kafka"]);
    let mut seen = 0;
    for entry in fs::read_dir(desk.data()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("index.") {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.file_name());
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen} files");
}

#[test]
fn where_no_index_can_be_kept_the_answer_is_the_same() {
    let desk = Desk::new();
    let home = desk.data().to_owned();
    fs::remove_dir_all(&home).unwrap();
    let said = desk.viva(&["sessions", "search", "python"]);
    assert_eq!((said.status, said.out.as_str()), (1, "0 lines\n"));
    assert!(!home.exists());
}

#[test]
fn a_damaged_session_is_found_as_far_as_it_can_be_read() {
    let desk = Desk::new();
    let log = desk.dir().join("events.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replace("Python again.", "Python never.")).unwrap();
    let answer = search(&desk, &["python", "--flag", "damaged"]);
    assert_eq!(answer["index"]["damaged"], 1);
    assert_eq!(ids(&answer)[0], desk.id);
    assert!(ANSWER.contains("Python"));
}

#[test]
fn a_question_that_cannot_be_asked_is_refused_by_name() {
    let desk = Desk::new();
    for (args, expected) in [
        (vec!["--", "-kafka"], "found only words to leave out"),
        (vec!["\"\""], "found no word"),
        (vec!["--who", "candidate"], "--who: expected a query"),
        (
            vec!["--since", "2026-02-02", "--until", "2026-02-01"],
            "is after --until",
        ),
    ] {
        let said = desk
            .viva(&[&["sessions", "search"], &args[..]].concat())
            .refused();
        assert!(said.contains(expected), "{args:?}: {said}");
    }
    let flag = desk.viva(&["sessions", "search", "--flag", "lazy"]);
    assert_eq!(flag.status, 2);
    assert!(flag.err.contains("expected one of: struggled"), "{flag:?}");
}
