//! The record as a whole: what is written is read, what is damaged is found,
//! and what was acknowledged outlives a killed process.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use proptest::prelude::*;
use rstest::rstest;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use viva::clock::SessionTime;
use viva::event::*;
use viva::record::*;

fn head() -> Head {
    let began_unix_ms = 1_763_000_000_000;
    Head {
        format: FORMAT,
        session: new_session_id(began_unix_ms).unwrap(),
        began_unix_ms,
        candidate: "Zoë Example".into(),
        position: "Data Engineer".into(),
        company: Some("Example Ltd".into()),
        program: "viva 0.0.0".into(),
        hashes: [("bank".to_owned(), "00".repeat(32))].into(),
        setup: serde_json::json!({"job": {"title": "Data Engineer"}, "seed": 7}),
    }
}

/// A data folder with one session being written, without waiting for disks.
struct Desk {
    data: TempDir,
    head: Head,
}

impl Desk {
    fn new() -> Self {
        Self {
            data: tempfile::tempdir().unwrap(),
            head: head(),
        }
    }

    fn sessions(&self) -> PathBuf {
        sessions_dir(self.data.path())
    }

    fn dir(&self) -> PathBuf {
        self.sessions().join(&self.head.session)
    }

    fn writer(&self) -> RecordWriter {
        let options = Options {
            sync: SyncPolicy::Never,
            ..Options::default()
        };
        RecordWriter::create_with(&self.sessions(), &self.head, &options).unwrap()
    }

    /// A writer that has consent on its log and the recording started.
    fn recording(&self) -> RecordWriter {
        let mut writer = self.writer();
        writer.append(SessionTime(0), &consent(true)).unwrap();
        writer.start_audio(RATE).unwrap();
        let started = Event::AudioStarted { rate: RATE };
        writer.append(SessionTime(5), &started).unwrap();
        writer
    }

    fn problems(&self) -> Vec<Problem> {
        verify(&self.dir(), &Trust::own(self.data.path(), &[]).unwrap())
    }
}

fn consent(given: bool) -> Event {
    let how = ConsentHow::Voice;
    Event::Output {
        output: Output::Consent { given, how },
    }
}

fn said(id: u32, text: &str) -> Event {
    Event::Input {
        input: Input::Utterance(Utterance {
            id,
            text: text.into(),
            words: vec![],
            start_ms: 10,
            end_ms: 20,
            confidence: 0.75,
            source: Source::Voice,
        }),
    }
}

fn tone(first: u64, n: usize) -> Vec<i16> {
    (0..n as u64)
        .map(|i| ((first + i) * 37 % 20_011) as i16)
        .collect()
}

/// Both tracks from 0, in pieces of 100 ms.
fn record_audio(writer: &mut RecordWriter, samples: u64) {
    for first in (0..samples).step_by(1600) {
        let n = 1600.min(samples - first) as usize;
        writer.audio(Track::Near, first, &tone(first, n)).unwrap();
        writer
            .audio(Track::Far, first, &tone(first + 9, n))
            .unwrap();
    }
}

/// A sealed record of eight events, 3.3 s of audio and two documents.
fn sealed() -> Desk {
    let desk = Desk::new();
    let mut writer = desk.recording();
    record_audio(&mut writer, 52_800);
    for i in 1..6 {
        let at = SessionTime(100 * u64::from(i));
        writer
            .append(at, &said(i, &format!("Answer number {i}.")))
            .unwrap();
    }
    let documents = [
        (
            "transcript.txt".to_owned(),
            b"one\ntwo\nthree\nfour\n".to_vec(),
        ),
        ("transcript.json".to_owned(), b"{}".to_vec()),
    ];
    let manifest = writer.finish(&documents).unwrap();
    assert_eq!(manifest.files.len(), 6);
    assert_eq!(desk.problems(), []);
    desk
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

// Writing and reading

#[test]
fn a_session_reads_back_as_it_was_written() {
    let desk = sealed();
    let reader = RecordReader::open_id(&desk.sessions(), &desk.head.session).unwrap();
    assert_eq!(reader.head(), &desk.head);
    assert!(reader.is_complete() && !reader.is_being_written());
    let records: Vec<Record> = reader.records().unwrap().map(Result::unwrap).collect();
    assert_eq!(records.len(), 8);
    assert_eq!(records[2].event, said(1, "Answer number 1."));
    assert_eq!(records[7].event, Event::AudioEnded { samples: 52_800 });
    assert_eq!(
        records.iter().map(|r| r.seq).collect::<Vec<_>>(),
        (1..9).collect::<Vec<_>>()
    );
    assert_eq!(
        reader.documents().unwrap(),
        ["transcript.json", "transcript.txt"]
    );
    let mut wav = hound::WavReader::open(reader.wav_path().unwrap()).unwrap();
    let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
    let expected: Vec<i16> = tone(0, 52_800)
        .into_iter()
        .zip(tone(9, 52_800))
        .flat_map(|(near, far)| [near, far])
        .collect();
    assert!(samples == expected);
    let listed = list(&desk.sessions()).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].candidate, "Zoë Example");
    assert_eq!(
        (listed[0].state, listed[0].duration_ms),
        (SessionState::Complete, 500)
    );
}

#[test]
fn a_session_without_audio_is_whole_too() {
    let desk = Desk::new();
    let mut writer = desk.writer();
    writer.append(SessionTime(3), &consent(false)).unwrap();
    let manifest = writer.finish(&[]).unwrap();
    assert!(manifest.audio.is_none());
    assert_eq!(desk.problems(), []);
}

#[rstest]
fn recordings_of_any_length_are_whole(#[values(0, 1, 15_999, 16_000, 16_001, 48_000)] n: u64) {
    let desk = Desk::new();
    let mut writer = desk.recording();
    record_audio(&mut writer, n);
    assert_eq!(writer.end_audio().unwrap(), n);
    assert_eq!(writer.audio_written(), n);
    let ended = Event::AudioEnded { samples: n };
    writer.append(SessionTime(9), &ended).unwrap();
    assert_eq!(writer.finish(&[]).unwrap().events.count, 3);
    assert_eq!(desk.problems(), []);
}

fn unit() -> impl Strategy<Value = f32> {
    0.0f32..=1.0
}

fn any_event() -> impl Strategy<Value = Event> {
    let word = (any::<String>(), any::<u64>(), any::<u64>(), unit()).prop_map(
        |(text, start_ms, end_ms, confidence)| Word {
            text,
            start_ms,
            end_ms,
            confidence,
        },
    );
    let words = prop::collection::vec(word, 0..4);
    let utterance = (any::<u32>(), any::<String>(), words, any::<u64>(), unit()).prop_map(
        |(id, text, words, start_ms, confidence)| Utterance {
            id,
            text,
            words,
            start_ms,
            end_ms: start_ms,
            confidence,
            source: Source::Typed,
        },
    );
    let line = (any::<u32>(), any::<String>(), any::<Option<String>>()).prop_map(
        |(id, text, question)| Line {
            id,
            text,
            purpose: Purpose::Reply {
                fact: question.clone(),
            },
            stage: Stage::Technical,
            question,
            number: Some(id),
            of: 5,
            expects: Expects::YesNo,
        },
    );
    let input = prop_oneof![
        Just(Input::Begin),
        Just(Input::Tick),
        any::<bool>().prop_map(|given| Input::Consent {
            given,
            how: ConsentHow::Key
        }),
        utterance.prop_map(Input::Utterance),
        (any::<u32>(), any::<String>(), any::<bool>()).prop_map(|(line, heard, complete)| {
            Input::LineEnded {
                line,
                heard,
                complete,
            }
        }),
    ];
    let output = prop_oneof![
        line.prop_map(Output::Say),
        any::<bool>().prop_map(|on| Output::Hold { on }),
        Just(Output::Ended {
            reason: EndReason::TimeUp
        }),
    ];
    prop_oneof![
        input.prop_map(|input| Event::Input { input }),
        output.prop_map(|output| Event::Output { output }),
        (any::<u64>(), any::<u64>(), any::<String>()).prop_map(|(first_sample, samples, why)| {
            Event::Gap {
                track: Track::Far,
                first_sample,
                samples,
                why,
            }
        }),
        (any::<String>(), any::<String>())
            .prop_map(|(part, message)| Event::Problem { part, message }),
        (any::<u64>(), any::<Option<u64>>()).prop_map(|(n, reply_ms)| Event::Turn(TurnTimes {
            utterance: 1,
            speech_ended_ms: n,
            endpoint_ms: n,
            text_ms: n,
            decoded_ms: None,
            reply_ms,
            first_audio_ms: None,
        })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_events_read_back_equal_and_chained(
        events in prop::collection::vec((any_event(), 0u64..5_000), 0..12)
    ) {
        let desk = Desk::new();
        let mut writer = desk.writer();
        let mut at = SessionTime(0);
        let mut expected = Vec::new();
        for (seq, (event, step)) in (1..).zip(events) {
            at.0 += step;
            prop_assert_eq!(writer.append(at, &event).unwrap(), seq);
            expected.push(Record { seq, at, event });
        }
        writer.finish(&[]).unwrap();
        let reader = RecordReader::open(&desk.dir()).unwrap();
        let read: Vec<Record> = reader.records().unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(read, expected);
        prop_assert_eq!(desk.problems(), vec![]);
    }

    /// Whatever stands in the files, reading and verifying answer.
    #[test]
    fn noise_in_any_file_never_panics(
        which in 0usize..5,
        noise in prop::collection::vec(any::<u8>(), 0..300)
    ) {
        let desk = Desk::new();
        let mut writer = desk.recording();
        record_audio(&mut writer, 2_000);
        writer.finish(&[]).unwrap();
        let files = ["head.json", "events.jsonl", "call.wav", "audio.chain", "manifest.json"];
        fs::write(desk.dir().join(files[which]), noise).unwrap();
        prop_assert!(!desk.problems().is_empty());
        let _ = list(&desk.sessions()).unwrap();
        if let Ok(reader) = RecordReader::open(&desk.dir()) {
            let _ = reader.records().unwrap().count();
        }
    }
}

#[test]
fn each_line_carries_the_hash_of_the_line_before() {
    let desk = sealed();
    let sha = |bytes: &[u8]| hex::encode(<sha2::Sha256 as sha2::Digest>::digest(bytes));
    let mut prev = sha(&fs::read(desk.dir().join("head.json")).unwrap());
    let log = fs::read_to_string(desk.dir().join("events.jsonl")).unwrap();
    for line in log.lines() {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(json["prev"], prev);
        prev = sha(line.as_bytes());
    }
    let manifest = RecordReader::open(&desk.dir())
        .unwrap()
        .manifest()
        .cloned()
        .unwrap();
    assert_eq!(manifest.events.last, prev);
}

#[test]
fn what_would_not_read_back_is_refused_and_the_log_goes_on() {
    let desk = Desk::new();
    let mut writer = desk.writer();
    writer.append(SessionTime(50), &said(1, "yes")).unwrap();
    let mut nan = said(2, "no");
    if let Event::Input {
        input: Input::Utterance(u),
    } = &mut nan
    {
        u.confidence = f32::NAN;
    }
    let refused = writer.append(SessionTime(60), &nan);
    assert!(matches!(refused, Err(RecordError::Unstorable { .. })));
    let back = writer.append(SessionTime(49), &said(2, "back"));
    assert!(matches!(
        back,
        Err(RecordError::ClockBack {
            found_ms: 49,
            last_ms: 50
        })
    ));
    assert_eq!(writer.append(SessionTime(60), &said(2, "no")).unwrap(), 2);
    writer.finish(&[]).unwrap();
    assert_eq!(desk.problems(), []);
}

// Audio

#[test]
fn no_audio_is_stored_before_consent_is_on_the_log() {
    let desk = Desk::new();
    let mut writer = desk.writer();
    let refused = |r: Result<(), RecordError>| matches!(r, Err(RecordError::NoConsent { .. }));
    assert!(refused(writer.audio(Track::Near, 0, &[1; 160])));
    assert!(refused(writer.start_audio(RATE)));
    writer.append(SessionTime(0), &consent(false)).unwrap();
    assert!(refused(writer.start_audio(RATE)));
    writer.append(SessionTime(1), &consent(true)).unwrap();
    assert!(refused(writer.audio(Track::Near, 0, &[1; 160])));
    assert!(!desk.dir().join("call.wav").exists());
    assert!(writer.start_audio(44_100).is_err());
    writer.start_audio(RATE).unwrap();
    writer.audio(Track::Near, 0, &[1; 160]).unwrap();
    assert!(writer.start_audio(RATE).is_err());
}

#[test]
fn the_recording_is_a_valid_file_at_every_moment() {
    let desk = Desk::new();
    let mut writer = desk.recording();
    let wav = desk.dir().join("call.wav");
    let copy = desk.data.path().join("copy.wav");
    for first in (0..72_000u64).step_by(800) {
        writer.audio(Track::Near, first, &tone(first, 800)).unwrap();
        writer.audio(Track::Far, first, &tone(first, 800)).unwrap();
        fs::copy(&wav, &copy).unwrap();
        let mut read = hound::WavReader::open(&copy).unwrap();
        assert_eq!(u64::from(read.duration()), writer.audio_written());
        assert!(first + 800 - writer.audio_written() < 8_000);
        assert_eq!(
            read.samples::<i16>().filter(Result::is_ok).count() as u32,
            2 * read.duration()
        );
    }
}

#[test]
fn audio_sent_again_late_or_never_keeps_its_place_and_gaps_are_told() {
    let desk = Desk::new();
    let mut writer = desk.recording();
    let mut send = |first: u64, n: usize| {
        writer.audio(Track::Near, first, &tone(first, n)).unwrap();
    };
    send(8_000, 1_600); // what came before consent is not stored
    send(8_000, 1_600); // sent again
    send(11_200, 1_600); // early
    send(9_600, 1_600); // late
    send(12_800, 100);
    send(14_400, 17_600); // 12,900 to 14,400 never comes
    writer.audio(Track::Far, 0, &tone(0, 30_000)).unwrap();
    let length = writer.end_audio().unwrap();
    assert_eq!(length, 32_000);
    let gaps = writer.take_gaps();
    let told: Vec<_> = gaps
        .iter()
        .map(|g| (g.track, g.first_sample, g.samples))
        .collect();
    assert_eq!(
        told,
        [
            (Track::Near, 0, 8_000),
            (Track::Near, 12_900, 1_500),
            (Track::Far, 30_000, 2_000)
        ]
    );
    assert_eq!(gaps[0].why, "before consent");
    for gap in gaps {
        writer.append(SessionTime(40), &gap.into()).unwrap();
    }
    writer.finish(&[]).unwrap();
    assert_eq!(desk.problems(), []);
    let mut wav = hound::WavReader::open(desk.dir().join("call.wav")).unwrap();
    let near: Vec<i16> = wav
        .samples::<i16>()
        .map(Result::unwrap)
        .step_by(2)
        .collect();
    let mut expected = tone(0, 32_000);
    expected[..8_000].fill(0);
    expected[12_900..14_400].fill(0);
    assert!(near == expected);
}

#[test]
fn gaps_that_nobody_takes_are_logged_at_the_end() {
    let desk = Desk::new();
    let mut writer = desk.recording();
    writer.audio(Track::Near, 100, &[5; 900]).unwrap();
    writer.finish(&[]).unwrap();
    assert_eq!(desk.problems(), []);
    let reader = RecordReader::open(&desk.dir()).unwrap();
    let gaps = reader
        .records()
        .unwrap()
        .filter(|r| matches!(r.as_ref().unwrap().event, Event::Gap { .. }));
    assert_eq!(gaps.count(), 2);
}

// Who may write, and where

#[test]
fn two_writers_cannot_have_one_session() {
    let desk = Desk::new();
    let mut writer = desk.writer();
    let second = RecordWriter::create(&desk.sessions(), &desk.head)
        .err()
        .unwrap();
    assert!(matches!(second, RecordError::Locked { .. }), "{second}");
    assert_eq!(
        list(&desk.sessions()).unwrap()[0].state,
        SessionState::Writing
    );
    writer
        .append(SessionTime(700), &said(1, "still here"))
        .unwrap();
    drop(writer);
    let third = RecordWriter::create(&desk.sessions(), &desk.head)
        .err()
        .unwrap();
    assert!(matches!(third, RecordError::Exists { .. }), "{third}");
    let listed = &list(&desk.sessions()).unwrap()[0];
    assert_eq!(
        (listed.state, listed.duration_ms),
        (SessionState::Incomplete, 700)
    );
}

#[rstest]
fn an_id_that_is_no_ulid_makes_no_folder(
    #[values(
        "",
        "..",
        "../../etc",
        "a/b",
        "01J9ZQ4H5T8W3X2Y1V0N7M6K5",
        "01j9zq4h5t8w3x2y1v0n7m6k5b"
    )]
    id: &str,
) {
    let desk = Desk::new();
    let bad = Head {
        session: id.into(),
        ..head()
    };
    let refused = RecordWriter::create(&desk.sessions(), &bad).err().unwrap();
    assert!(matches!(refused, RecordError::BadId { .. }), "{refused}");
    assert!(!desk.sessions().exists());
    assert!(RecordReader::open_id(&desk.sessions(), id).is_err());
}

#[rstest]
fn a_document_name_stays_in_its_folder(#[values("../x", "a/b", ".hidden", "", "a b")] name: &str) {
    let desk = Desk::new();
    let refused = desk
        .writer()
        .finish(&[(name.into(), vec![])])
        .err()
        .unwrap();
    assert!(matches!(refused, RecordError::BadName { .. }), "{refused}");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("in-the-way");
    fs::write(&file, "").unwrap();
    let below = file.join("data");
    let refused = check_writable(&below).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("Cannot write to {}", file.display())
    );
    let refused = RecordWriter::create(&below.join("sessions"), &head())
        .err()
        .unwrap();
    assert!(
        matches!(refused, RecordError::NotWritable { .. }),
        "{refused}"
    );
    check_writable(&dir.path().join("not/there/yet")).unwrap();
    assert!(free_space(&dir.path().join("not/there/yet")).unwrap() > 0);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

// Killed processes

#[test]
fn a_killed_writer_leaves_what_it_acknowledged() {
    let desk = Desk::new();
    let mut writer = desk.recording();
    record_audio(&mut writer, 40_000);
    for i in 1..=5 {
        writer.append(SessionTime(100), &said(i, "kept")).unwrap();
    }
    let acknowledged = u64::from(writer.audio_written() as u32);
    assert!(40_000 - acknowledged < 16_000);
    // Nothing of it runs any more, as after SIGKILL.
    std::mem::forget(writer);
    let log = desk.dir().join("events.jsonl");
    let mut bytes = fs::read(&log).unwrap();
    bytes.extend_from_slice(b"{\"seq\":8,\"at\":1");
    fs::write(&log, bytes).unwrap();

    let reader = RecordReader::open(&desk.dir()).unwrap();
    assert!(!reader.is_complete());
    let mut records = reader.records().unwrap();
    assert_eq!(records.by_ref().filter(|r| r.is_ok()).count(), 7);
    assert!(records.torn());
    let wav = hound::WavReader::open(reader.wav_path().unwrap()).unwrap();
    assert!(u64::from(wav.duration()) >= acknowledged);
    let kinds: Vec<_> = desk.problems().into_iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [ProblemKind::NotSealed, ProblemKind::CutTail]);
}

#[test]
fn a_damaged_line_ends_the_reading_and_is_named() {
    let desk = sealed();
    let log = desk.dir().join("events.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replace("number 3", "number 9")).unwrap();
    let reader = RecordReader::open(&desk.dir()).unwrap();
    let read: Vec<_> = reader.records().unwrap().collect();
    assert_eq!(read.len(), 6);
    let message = read[5].as_ref().unwrap_err().to_string();
    assert!(
        message.contains("line 6") && message.contains("hash"),
        "{message}"
    );
}

// Damage

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Delete,
    Flip,
    Truncate,
    Insert,
    Swap,
}

/// Where in the file: permille of its length.
fn damage(path: &Path, action: Action, permille: usize) -> bool {
    let bytes = fs::read(path).unwrap();
    let at = (bytes.len() * permille / 1000).min(bytes.len() - 1);
    let changed = match action {
        Action::Delete => {
            fs::remove_file(path).unwrap();
            return true;
        }
        Action::Flip => {
            flip(path, at);
            return true;
        }
        Action::Truncate => bytes[..at].to_vec(),
        Action::Insert => [&bytes[..at], b"x", &bytes[at..]].concat(),
        Action::Swap => {
            // Two neighbouring lines, or where there are none, two seconds.
            let wav = path.extension().is_some_and(|e| e == "wav");
            let mut parts: Vec<&[u8]> = if wav {
                let (header, data) = bytes.split_at(44);
                std::iter::once(header).chain(data.chunks(64_000)).collect()
            } else {
                bytes.split_inclusive(|b| *b == b'\n').collect()
            };
            let first = (parts.len() * permille / 1000).max(usize::from(wav));
            if first + 1 >= parts.len() {
                return false;
            }
            parts.swap(first, first + 1);
            parts.concat()
        }
    };
    let different = changed != bytes;
    fs::write(path, changed).unwrap();
    different
}

#[rstest]
fn every_damage_is_found_in_its_file(
    #[values(
        "head.json",
        "events.jsonl",
        "call.wav",
        "audio.chain",
        "documents/transcript.txt",
        "manifest.json"
    )]
    file: &str,
    #[values(
        Action::Delete,
        Action::Flip,
        Action::Truncate,
        Action::Insert,
        Action::Swap
    )]
    action: Action,
    #[values(0, 1, 130, 250, 400, 500, 650, 800, 930, 999, 1000)] permille: usize,
) {
    let desk = sealed();
    if !damage(&desk.dir().join(file), action, permille) {
        return;
    }
    let problems = desk.problems();
    let named = |p: &Problem| p.place.split(' ').next() == Some(file);
    assert!(problems.iter().any(named), "{problems:?}");
    // The manifest's words on other files are worth nothing once changed.
    if file != "manifest.json" {
        assert!(problems.iter().all(named), "{problems:?}");
    }
}

#[test]
fn a_changed_byte_is_blamed_on_its_line_alone() {
    let desk = sealed();
    let log = desk.dir().join("events.jsonl");
    let good = fs::read(&log).unwrap();
    let mut line = 1;
    for at in 0..good.len() {
        if good[at] == b'\n' {
            line += 1;
            continue;
        }
        // Each byte of three lines, some of all others.
        if !(line == 1 || line == 4 || line == 8 || at % 23 == 0) {
            continue;
        }
        flip(&log, at);
        let problems = desk.problems();
        let place = format!("events.jsonl line {line}");
        assert!(!problems.is_empty(), "byte {at}");
        assert!(
            problems.iter().all(|p| p.place == place),
            "byte {at}: {problems:?}"
        );
        fs::write(&log, &good).unwrap();
    }
}

#[rstest]
#[case::a_line_gone(&[1, 2, 4, 5, 6, 7, 8], ProblemKind::Deleted, "events.jsonl line 3")]
#[case::the_first_gone(&[2, 3, 4, 5, 6, 7, 8], ProblemKind::Deleted, "events.jsonl line 1")]
#[case::two_swapped(&[1, 2, 4, 3, 5, 6, 7, 8], ProblemKind::Reordered, "events.jsonl line 4")]
#[case::one_moved_far(&[1, 3, 4, 5, 6, 7, 2, 8], ProblemKind::Reordered, "events.jsonl line 7")]
#[case::one_twice(&[1, 2, 2, 3, 4, 5, 6, 7, 8], ProblemKind::Reordered, "events.jsonl line 3")]
#[case::the_last_gone(&[1, 2, 3, 4, 5, 6, 7], ProblemKind::CutTail, "events.jsonl after line 7")]
fn events_that_are_gone_or_moved_are_one_problem(
    #[case] lines: &[usize],
    #[case] kind: ProblemKind,
    #[case] place: &str,
) {
    let desk = sealed();
    let log = desk.dir().join("events.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    assert_eq!(all.len(), 8);
    fs::write(&log, lines.iter().map(|n| all[n - 1]).collect::<String>()).unwrap();
    let found: Vec<_> = desk
        .problems()
        .into_iter()
        .map(|p| (p.kind, p.place))
        .collect();
    assert_eq!(found, [(kind, place.to_owned())]);
}

#[rstest]
#[case::first(44, "call.wav second 0")]
#[case::later(44 + 2 * 64_000 + 5, "call.wav second 2")]
#[case::last(44 + 4 * 52_800 - 1, "call.wav second 3")]
#[case::header(30, "call.wav header")]
fn changed_audio_is_named_by_its_second(#[case] at: usize, #[case] place: &str) {
    let desk = sealed();
    flip(&desk.dir().join("call.wav"), at);
    let found: Vec<_> = desk
        .problems()
        .into_iter()
        .map(|p| (p.kind, p.place))
        .collect();
    assert_eq!(found, [(ProblemKind::Changed, place.to_owned())]);
}

/// Puts other text in the place of the first that is like this.
fn rewrite(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[rstest]
#[case("manifest.json", "\"samples\":52800")]
#[case("manifest.json", "\"count\":8")]
#[case("audio.chain", "\"second\":1")]
#[case("audio.chain", "\"samples\":16000")]
#[case("events.jsonl", "\"seq\":2")]
#[case("events.jsonl", "\"at\":100")]
fn a_number_beyond_all_measure_is_a_problem_like_another(#[case] file: &str, #[case] number: &str) {
    let desk = sealed();
    let (name, _) = number.split_once(':').unwrap();
    for value in [u64::MAX, u64::MAX - 1, 1 << 50, 1 << 32] {
        let path = desk.dir().join(file);
        let whole = fs::read(&path).unwrap();
        rewrite(&path, number, &format!("{name}:{value}"));
        let problems = desk.problems();
        assert!(
            problems.iter().any(|p| p.place.starts_with(file)),
            "{problems:?}"
        );
        fs::write(&path, whole).unwrap();
    }
}

/// A chain needs no key, and a seal that is not checked yet may state any
/// length: together they must not fill the memory.
#[test]
fn a_second_that_no_recording_has_is_not_believed() {
    let desk = sealed();
    let most = u64::MAX.to_string();
    rewrite(&desk.dir().join("manifest.json"), "52800", &most);
    let path = desk.dir().join("audio.chain");
    // After a line that cannot be read, a second has no place of its own.
    rewrite(&path, "{\"second\":2", "\"second\":2");
    let far = 1u64 << 40;
    rewrite(&path, "\"second\":3", &format!("\"second\":{far}"));
    let problems = desk.problems();
    assert!(
        problems.iter().any(|p| p.place.starts_with("audio.chain")),
        "{problems:?}"
    );
    assert!(
        problems.iter().any(|p| p.kind == ProblemKind::BadSignature),
        "{problems:?}"
    );
}

#[test]
fn several_damages_are_all_listed() {
    let desk = sealed();
    let dir = desk.dir();
    flip(&dir.join("call.wav"), 50);
    flip(&dir.join("call.wav"), 44 + 3 * 64_000);
    fs::remove_file(dir.join("documents/transcript.txt")).unwrap();
    fs::write(dir.join("documents/other.txt"), "hello").unwrap();
    let log = fs::read_to_string(dir.join("events.jsonl")).unwrap();
    fs::write(
        dir.join("events.jsonl"),
        log.replace("number 2", "number 7"),
    )
    .unwrap();
    let mut places: Vec<_> = desk.problems().into_iter().map(|p| p.place).collect();
    places.sort();
    assert_eq!(
        places,
        [
            "call.wav second 0",
            "call.wav second 3",
            "documents/other.txt",
            "documents/transcript.txt",
            "events.jsonl line 4",
        ]
    );
}

#[test]
fn a_seal_by_another_key_is_foreign_unless_trusted() {
    let desk = sealed();
    let other = tempfile::tempdir().unwrap();
    SealKey::open_or_make(&keys_dir(other.path())).unwrap();
    let found = verify(&desk.dir(), &Trust::own(other.path(), &[]).unwrap());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, ProblemKind::ForeignSignature);
    let manifest = RecordReader::open(&desk.dir())
        .unwrap()
        .manifest()
        .cloned()
        .unwrap();
    assert!(found[0].detail.contains(&manifest.key.id));
    let key = public_key_from_hex(&manifest.key.public).unwrap();
    assert_eq!(
        verify(&desk.dir(), &Trust::own(other.path(), &[key]).unwrap()),
        []
    );
    assert_eq!(verify(&desk.dir(), &Trust::Any), []);
}

#[test]
fn a_removed_seal_and_strange_files_are_told() {
    let desk = sealed();
    fs::remove_file(desk.dir().join("manifest.json")).unwrap();
    fs::write(desk.dir().join("strange"), "").unwrap();
    let found: Vec<_> = desk
        .problems()
        .into_iter()
        .map(|p| (p.kind, p.place))
        .collect();
    assert_eq!(
        found,
        [
            (ProblemKind::NotSealed, "manifest.json".to_owned()),
            (ProblemKind::Extra, "strange".to_owned())
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_a_file_is_not_followed() {
    let desk = sealed();
    let document = desk.dir().join("documents/transcript.txt");
    let away = desk.data.path().join("away.txt");
    fs::rename(&document, &away).unwrap();
    std::os::unix::fs::symlink(&away, &document).unwrap();
    let found = desk.problems();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].detail, "is not a plain file");
}

#[test]
#[ignore = "prints figures, asserts nothing"]
fn figures() {
    use viva::clock::Clock;
    let clock = Clock::system();
    let event = said(1, &"some words of an answer ".repeat(8));
    for sync in [SyncPolicy::Never, SyncPolicy::Always] {
        let desk = Desk::new();
        let options = Options {
            sync,
            ..Options::default()
        };
        let mut writer = RecordWriter::create_with(&desk.sessions(), &desk.head, &options).unwrap();
        let n = if sync == SyncPolicy::Never {
            20_000
        } else {
            500
        };
        let began = clock.now();
        for _ in 0..n {
            writer.append(SessionTime(0), &event).unwrap();
        }
        let ms = clock.now().since(began).as_millis();
        eprintln!("append, {sync:?}: {} us", 1000 * ms / n);
    }
    let desk = Desk::new();
    let mut writer = desk.recording();
    let began = clock.now();
    record_audio(&mut writer, 3600 * 16_000);
    eprintln!(
        "one hour of audio written in {:?}",
        clock.now().since(began)
    );
    for i in 0..2_000 {
        writer
            .append(SessionTime(1_000), &said(i, &"word ".repeat(40)))
            .unwrap();
    }
    let began = clock.now();
    writer.finish(&[]).unwrap();
    eprintln!("sealed in {:?}", clock.now().since(began));
    let began = clock.now();
    assert_eq!(desk.problems(), []);
    eprintln!("verified in {:?}", clock.now().since(began));
}
