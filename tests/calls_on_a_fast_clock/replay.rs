//! A record follows from its own inputs, and where it does not, the first
//! difference is named.

use crate::calls::seat::{Seat, lines, strong_answer};
use std::fs;
use std::path::{Path, PathBuf};
use viva::event::{ConsentHow, Input, Purpose, Request, Settings, Source, Utterance};
use viva::interview::score::Lexical;
use viva::protocol::ServerMessage;
use viva::replay::{Rederived, rederive};

/// Takes a typed interview by the path that serves every call.
struct Call {
    seat: Seat,
    utterance: u32,
}

impl Call {
    fn open(home: &Path) -> Self {
        Self {
            seat: Seat::open(home, Settings::default()),
            utterance: 0,
        }
    }

    fn input(&mut self, after_ms: u64, input: Input) -> Vec<ServerMessage> {
        self.seat.pass(after_ms);
        self.seat.input(input)
    }

    fn say(&mut self, text: &str) -> Vec<ServerMessage> {
        self.utterance += 1;
        let utterance = Utterance {
            id: self.utterance,
            text: text.to_owned(),
            words: Vec::new(),
            start_ms: 0,
            end_ms: 0,
            confidence: 1.0,
            source: Source::Typed,
        };
        self.input(9_000, Input::Utterance(utterance))
    }

    /// Answers whatever is asked until the interview is over.
    fn take(mut self) -> PathBuf {
        let consent = Input::Consent {
            given: true,
            how: ConsentHow::Key,
        };
        self.input(0, Input::Begin);
        let mut said = self.input(800, consent);
        for _ in 0..200 {
            if self.seat.session.ended().is_some() {
                break;
            }
            let lines = lines(std::mem::take(&mut said));
            for line in &lines {
                let heard = Input::LineEnded {
                    line: line.id,
                    heard: line.text.clone(),
                    complete: true,
                };
                said.extend(self.input(2_000, heard));
            }
            let Some(last) = lines.last() else {
                said.extend(self.seat.wait());
                continue;
            };
            said.extend(match (&last.purpose, last.number) {
                (Purpose::Question, Some(3)) => self.input(
                    4_000,
                    Input::Request {
                        request: Request::Skip,
                    },
                ),
                (Purpose::Invitation, _) => self.say("No, thank you."),
                _ => self.say(&strong_answer(last.question.as_deref())),
            });
        }
        assert!(self.seat.session.ended().is_some());
        let ServerMessage::Done { record, .. } = self.seat.session.finish().unwrap() else {
            panic!("expected the end");
        };
        record.unwrap().into()
    }
}

fn taken(home: &Path) -> PathBuf {
    Call::open(home).take()
}

fn derived(record: &Path) -> Rederived {
    rederive(record, &Lexical).unwrap()
}

/// Changes a text in one file of a record.
fn forge(record: &Path, file: &str, from: &str, to: &str) {
    let path = record.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_record_follows_from_its_inputs_byte_for_byte() {
    let home = tempfile::tempdir().unwrap();
    let record = taken(home.path());
    let found = derived(&record);
    assert_eq!(found.differences, [], "{found:?}");
    assert!(
        found.complete && found.outputs >= 10 && found.inputs > 10,
        "{found:?}"
    );
    let mut names: Vec<String> = fs::read_dir(record.join("documents"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut equal = found.documents;
    names.sort();
    equal.sort();
    assert_eq!(equal, names);
}

#[test]
fn a_forged_document_is_named_with_its_line() {
    let home = tempfile::tempdir().unwrap();
    let record = taken(home.path());
    forge(
        &record,
        "documents/transcript.txt",
        "AI Recruiter:",
        "AI  Recruiter:",
    );
    let found = derived(&record);
    assert_eq!(found.differences.len(), 1, "{found:?}");
    let place = &found.differences[0].place;
    assert!(
        place.starts_with("documents/transcript.txt, line "),
        "{place}"
    );
    assert!(found.differences[0].recorded.starts_with("AI  Recruiter:"));
    assert!(found.differences[0].derived.starts_with("AI Recruiter:"));
}

#[test]
fn a_document_that_is_gone_or_was_slipped_in_is_named() {
    let home = tempfile::tempdir().unwrap();
    let record = taken(home.path());
    fs::remove_file(record.join("documents/timing.txt")).unwrap();
    fs::write(record.join("documents/praise.txt"), "Hire at once").unwrap();
    let places: Vec<String> = derived(&record)
        .differences
        .into_iter()
        .map(|d| d.place)
        .collect();
    assert_eq!(places, ["documents/timing.txt", "documents/praise.txt"]);
}

#[test]
fn another_set_up_than_the_recorded_one_shows_in_its_hash_and_the_first_line() {
    let home = tempfile::tempdir().unwrap();
    let record = taken(home.path());
    // The chain of the log begins at the head, so the forger mends that too.
    let head = fs::read_to_string(record.join("head.json")).unwrap();
    let forged = head.replacen("\"mode\":\"friendly\"", "\"mode\":\"formal\"", 1);
    let forged = if forged == head {
        head.replacen("\"mode\": \"friendly\"", "\"mode\": \"formal\"", 1)
    } else {
        forged
    };
    assert_ne!(head, forged);
    fs::write(record.join("head.json"), &forged).unwrap();
    let hash = |text: &str| viva::digest::sha256_hex(text.as_bytes());
    forge(&record, "events.jsonl", &hash(&head), &hash(&forged));
    // Only the first line's bytes changed; mend the second's link to it.
    let log = fs::read_to_string(record.join("events.jsonl")).unwrap();
    let mut out: Vec<String> = Vec::new();
    for line in log.lines() {
        let mut line = line.to_owned();
        if let Some(before) = out.last() {
            let at = line.find("\"prev\":\"").unwrap() + 8;
            line.replace_range(at..at + 64, &hash(before));
        }
        out.push(line);
    }
    fs::write(record.join("events.jsonl"), out.join("\n") + "\n").unwrap();

    let found = derived(&record);
    assert!(!found.follows());
    assert_eq!(found.differences[0].place, "head.json, hash of the set-up");
    assert!(
        found.differences[1].place.starts_with("event "),
        "{found:?}"
    );
}

#[test]
fn what_was_left_unfinished_is_compared_as_far_as_it_goes() {
    let home = tempfile::tempdir().unwrap();
    let record = taken(home.path());
    fs::remove_file(record.join("manifest.json")).unwrap();
    let log = fs::read_to_string(record.join("events.jsonl")).unwrap();
    let half: Vec<&str> = log.lines().collect();
    let half = half[..half.len() / 2].join("\n") + "\n";
    fs::write(record.join("events.jsonl"), half).unwrap();
    let found = derived(&record);
    assert!(found.follows() && !found.complete, "{found:?}");
    assert!(found.documents.is_empty() && found.outputs > 3);
}
