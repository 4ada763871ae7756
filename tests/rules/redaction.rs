//! Redacted copies: no trace where it was taken out, not a byte changed
//! elsewhere, and the link to the original holds.

use crate::call;
use crate::desk::{Desk, SECONDS, files};
use rstest::rstest;
use std::fs;
use std::path::{Path, PathBuf};
use viva::event::*;
use viva::record::*;

const HEADER: usize = 44;

/// Redacts by the command line; the copy's folder and its link.
fn redact_by(desk: &Desk, args: &[&str]) -> (PathBuf, Link) {
    let mut all = vec!["redact", &desk.id, "--why", "works council", "--json"];
    all.extend(args);
    let made = desk.viva(&all);
    assert_eq!(made.status, 0, "{made:?}");
    let dir: PathBuf = made.json()["dir"].as_str().unwrap().into();
    let link = read_link(&dir).unwrap().unwrap();
    (dir, link)
}

/// What can be read in a record's files. Hashes, keys, ids and stamps of time
/// hold any digits by chance and are left out.
fn all_text(dir: &Path) -> String {
    let texts = files(dir).into_iter().filter(|f| f.0 != "call.wav");
    let text: String = texts
        .map(|(name, bytes)| format!("{name}\n{}\n", String::from_utf8_lossy(&bytes)))
        .collect();
    let end = |c: char| !c.is_ascii_alphanumeric();
    let readable = |part: &&str| {
        let word = part.trim_end_matches(end);
        let hex = word.chars().all(|c| c.is_ascii_hexdigit());
        let upper = word.chars().all(|c| !c.is_ascii_lowercase());
        word.len() < 10 || !(hex || upper)
    };
    text.split_inclusive(end).filter(readable).collect()
}

fn utterances(dir: &Path) -> Vec<Utterance> {
    let records = RecordReader::open(dir).unwrap().records().unwrap();
    records
        .filter_map(|r| match r.unwrap().event {
            Event::Input {
                input: Input::Utterance(u),
            } => Some(u),
            _ => None,
        })
        .collect()
}

/// Which samples of the copy are not the original's, as stretches; and that
/// what stands there does not depend on the original.
fn changed(desk: &Desk, dir: &Path) -> Vec<(u64, u64)> {
    let a = fs::read(desk.dir().join("call.wav")).unwrap();
    let b = fs::read(dir.join("call.wav")).unwrap();
    assert_eq!((a.len(), &a[..HEADER]), (b.len(), &b[..HEADER]));
    let mut out: Vec<(u64, u64)> = Vec::new();
    let frames = a[HEADER..].chunks(4).zip(b[HEADER..].chunks(4));
    for (at, _) in (0u64..).zip(frames).filter(|(_, (a, b))| a != b) {
        match out.last_mut() {
            // A tone may meet the original in single samples.
            Some(last) if at <= last.1 + 2 => last.1 = at + 1,
            _ => out.push((at, at + 1)),
        }
    }
    out
}

#[test]
fn a_word_is_gone_from_sound_and_text_for_both_speakers_and_all_else_stays() {
    let desk = Desk::new();
    let before = files(&desk.dir());
    let (dir, link) = redact_by(&desk, &["--words", "python", "Zoe", "--margin", "100"]);
    // The recruiter's line with the name, "Zoë", and "Python" twice.
    let ms = |from: u64, to: u64| (from * 16, to * 16);
    let expected = [
        ms(100, 1_700),
        ms(3_400, 4_000),
        ms(7_900, 8_500),
        ms(9_400, 10_000),
    ];
    assert_eq!(link.tones, expected);
    assert_eq!(changed(&desk, &dir), expected);
    // The tone is the same whatever stood there: both channels, one period.
    let wav = fs::read(dir.join("call.wav")).unwrap();
    for (from, to) in link.tones {
        for at in from..to {
            let at = at as usize;
            let frame = &wav[HEADER + at * 4..][..4];
            let first = &wav[HEADER + (expected[0].0 as usize + at % 16) * 4..][..4];
            assert_eq!((frame, &frame[..2]), (first, &frame[2..]), "sample {at}");
        }
    }
    let text = all_text(&dir);
    for gone in ["Python", "python", "Zoë", "Zoe"] {
        assert!(!text.contains(gone), "{gone} is left in {text}");
    }
    assert!(text.contains("Thank you, █████. Please introduce yourself."));
    let said = utterances(&dir);
    assert_eq!(
        said[0].text,
        "My name is █████ Example and I called five five nine in █████."
    );
    assert_eq!(said[1].text, "█████ again.");
    assert_eq!(said[0].words.len(), 13);
    assert_eq!(
        (said[0].words[3].text.as_str(), said[0].words[3].start_ms),
        (BAR, 3_500)
    );
    // The original is as it was.
    assert_eq!(files(&desk.dir()), before);
    desk.viva(&["verify", &desk.id]).done();
}

#[test]
fn the_copy_is_a_sealed_record_and_its_link_is_verified() {
    let desk = Desk::new();
    let (dir, link) = redact_by(&desk, &["--names", "--numbers"]);
    assert_eq!(verify(&dir, &desk.trust()), []);
    let said = desk.viva(&["verify", &link.redaction]).done();
    assert!(
        said.contains("a redacted copy of") && said.contains("the tones only"),
        "{said}"
    );
    let head = RecordReader::open(&dir).unwrap().head().clone();
    assert_eq!(head.candidate, BAR);
    assert!(head.setup.is_null());
    let text = all_text(&dir);
    for gone in ["Zo", "Example and", "five", "nine", "559"] {
        assert!(!text.contains(gone), "{gone} is left in {text}");
    }
    // A bar does not tell how many words it covers.
    let said = utterances(&dir);
    assert_eq!(
        said[0].text,
        "My name is █████ and I called █████ in Python."
    );
    assert_eq!(said[0].words.len(), 9 + 1);
    assert!(link.left_out.contains(&"documents/report.pdf".to_owned()));
    let annex = desk
        .annexes()
        .list(&desk.trust())
        .unwrap()
        .annexes
        .remove(0);
    assert_eq!(
        (annex.kind.as_str(), annex.body["redaction"].as_str()),
        ("redaction", Some(link.redaction.as_str()))
    );
    // A quote in a document has its bar, too.
    let json = fs::read_to_string(dir.join("documents/transcript.json")).unwrap();
    assert!(json.contains("\"quote\": \"█████ in Python\""), "{json}");
}

#[test]
fn spans_take_the_words_under_them_and_join_where_they_overlap() {
    let desk = Desk::new();
    // The second overlaps the first; "called" to "five" are under them.
    let (dir, link) = redact_by(
        &desk,
        &["--spans", "0:05.6-0:06.2", "0:06.1-0:06.6", "--margin", "0"],
    );
    assert_eq!(link.tones, [(5_500 * 16, 6_900 * 16)]);
    assert_eq!(changed(&desk, &dir), link.tones);
    let said = utterances(&dir);
    assert_eq!(
        said[0].text,
        "My name is Zoë Example and I █████ nine in Python."
    );
    let text = all_text(&dir);
    assert!(!text.contains("called") && !text.contains("five"), "{text}");
    assert!(
        text.contains("\"quote\": \"█████ nine in Python\""),
        "{text}"
    );
}

#[rstest]
#[case(&["--words", "Kafka"], "Never said")]
#[case(&["--words", "Python", "Kafka", "Go lang"], "Kafka, Go lang")]
#[case(&["--spans", "0:11-0:13"], "not inside the recording, which is 00:12.000 long")]
#[case(&["--spans", "1:00-0:13"], "after the beginning")]
#[case(&["--spans", "eleven"], "MM:SS-MM:SS")]
#[case(&["--words", "--"], "")]
#[case(&["--words", "?!"], "letters or digits")]
#[case(&[], "Nothing to redact")]
fn what_cannot_be_redacted_is_named_and_leaves_nothing(#[case] args: &[&str], #[case] named: &str) {
    let desk = Desk::new();
    let mut all = vec!["redact", &desk.id, "--why", "x"];
    all.extend(args);
    let said = desk.viva(&all);
    assert_eq!(said.status, 2, "{said:?}");
    assert!(said.err.contains(named), "{said:?}");
    assert_eq!(files(&redactions_dir(desk.data())), []);
    assert_eq!(desk.annexes().list(&Trust::Any).unwrap(), Listed::default());
}

#[test]
fn a_record_that_is_not_sealed_or_not_whole_is_not_redacted() {
    let desk = Desk::new();
    let live = desk.begin("Live Example", 1_000);
    let refused = desk
        .viva(&["redact", &live.head().session, "--names", "--why", "x"])
        .refused();
    assert!(refused.contains("not sealed"), "{refused}");
    let path = desk.dir().join("documents/transcript.txt");
    fs::write(&path, "forged").unwrap();
    let refused = desk
        .viva(&["redact", &desk.id, "--names", "--why", "x"])
        .refused();
    assert!(
        refused.contains("not whole") && refused.contains("transcript.txt"),
        "{refused}"
    );
}

#[derive(Clone, Copy, Debug)]
enum Harm {
    Tone,
    Rest,
    Text,
    Link,
    Annex,
    Original,
}

#[rstest]
fn a_copy_that_does_not_follow_from_its_original_is_found(
    #[values(
        Harm::Tone,
        Harm::Rest,
        Harm::Text,
        Harm::Link,
        Harm::Annex,
        Harm::Original
    )]
    harm: Harm,
) {
    let desk = Desk::new();
    let (dir, link) = redact_by(&desk, &["--words", "Python"]);
    let flip = |path: &Path, at: usize| {
        let mut bytes = fs::read(path).unwrap();
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let place = match harm {
        Harm::Tone => {
            flip(
                &dir.join("call.wav"),
                HEADER + link.tones[0].0 as usize * 4 + 8,
            );
            "call.wav"
        }
        Harm::Rest => {
            flip(&dir.join("call.wav"), HEADER + 4);
            "call.wav"
        }
        Harm::Text => {
            let log = fs::read_to_string(dir.join("events.jsonl")).unwrap();
            fs::write(dir.join("events.jsonl"), log.replace("again", "at last")).unwrap();
            "events.jsonl"
        }
        Harm::Link => {
            flip(&dir.join("redaction.json"), 20);
            "redaction.json"
        }
        Harm::Annex => {
            let annexes = desk.annexes();
            let annex = annexes.list(&desk.trust()).unwrap().annexes.remove(0);
            fs::remove_file(annexes.dir().join(annex.file_name())).unwrap();
            "redaction.json"
        }
        Harm::Original => {
            flip(&desk.dir().join("manifest.json"), 40);
            "redaction.json"
        }
    };
    let said = desk.viva(&["verify", dir.to_str().unwrap()]);
    assert_eq!(said.status, 1, "{harm:?} {said:?}");
    assert!(said.out.contains(place), "{harm:?} {said:?}");
}

#[test]
fn a_copy_elsewhere_is_verified_too_and_says_when_its_original_is_gone() {
    let desk = Desk::new();
    let away = tempfile::tempdir().unwrap();
    let out = away.path().join("copy");
    let (dir, _) = redact_by(&desk, &["--numbers", "--out", out.to_str().unwrap()]);
    assert_eq!(dir, out);
    desk.viva(&["verify", out.to_str().unwrap()]).done();
    let again = desk.viva(&[
        "redact",
        &desk.id,
        "--numbers",
        "--why",
        "x",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(again.refused().contains("there already"));
    desk.viva(&["erase", &desk.id, "--why", "over"]).done();
    let said = desk.viva(&["verify", out.to_str().unwrap()]).done();
    assert!(said.contains("The original is not here"), "{said}");
}

#[test]
fn erasing_the_record_erases_its_copies() {
    let desk = Desk::new();
    let (dir, _) = redact_by(&desk, &["--names"]);
    desk.viva(&["erase", &desk.id, "--why", "over"]).done();
    assert!(!dir.exists());
}

/// A real interview: what is taken out is in no file of the copy, not even
/// where a document words it differently.
#[test]
fn a_whole_interview_keeps_nothing_of_what_is_taken_out() {
    let mut desk = Desk::new();
    desk.id = call::taken(desk.data());
    let name = RecordReader::open(&desk.dir())
        .unwrap()
        .head()
        .candidate
        .clone();
    let (dir, link) = redact_by(
        &desk,
        &["--names", "--numbers", "--words", "django", "quer*"],
    );
    let text = all_text(&dir).to_lowercase();
    let name = name.to_lowercase();
    for gone in
        name.split(' ')
            .chain(["django", "queries", "query", "forty a week", "five seconds"])
    {
        assert!(!text.contains(gone), "{gone}");
    }
    assert_eq!(changed(&desk, &dir), link.tones);
    let names = |dir: &Path| {
        let all = files(dir).into_iter().map(|f| f.0);
        all.filter(|n| n.starts_with("documents/"))
            .collect::<Vec<_>>()
    };
    let mut kept = names(&dir);
    kept.extend(
        link.left_out
            .iter()
            .filter(|n| n.starts_with("documents/"))
            .cloned(),
    );
    kept.sort();
    assert_eq!(kept, names(&desk.dir()));
    let said = desk.viva(&["verify", &link.redaction]).done();
    assert!(said.contains("the log in the bars only"), "{said}");
}

#[test]
fn the_whole_recording_can_be_taken_out() {
    let desk = Desk::new();
    let (dir, link) = redact_by(&desk, &["--spans", "0:00-0:12"]);
    assert_eq!(link.tones, [(0, SECONDS * 16_000)]);
    assert!(
        utterances(&dir)
            .iter()
            .all(|u| u.text.starts_with(BAR) && u.words.len() == 1)
    );
    desk.viva(&["verify", dir.to_str().unwrap()]).done();
}
