//! The event log: what the reader gives is what the verifier lets pass, and
//! nothing but the sealed bytes is whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::desk::Desk;
use rooms::edit::edited;
use rooms::event::Record;
use rooms::record::{ProblemKind, RecordReader, verify};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::OnceCell;

const LOG: &str = "events.jsonl";

thread_local! {
    static DESKS: OnceCell<(Desk, Desk, Vec<u8>)> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let Some((&flags, data)) = data.split_first() else {
        return;
    };
    DESKS.with(|desks| {
        let (sealed, open, whole) = desks.get_or_init(|| {
            let (sealed, open) = (Desk::sealed(), Desk::unsealed());
            let whole = sealed.read(LOG);
            (sealed, open, whole)
        });
        let bytes = edited(whole, data);
        if flags & 1 == 0 {
            sealed.put(LOG, &bytes);
            let found = verify(&sealed.dir(), &sealed.trust);
            assert_eq!(found.is_empty(), bytes == *whole, "{found:?}");
        } else {
            let mended = if flags & 2 == 0 {
                bytes
            } else {
                chained(open, &bytes)
            };
            open.put(LOG, &mended);
            read(open, &mended);
        }
    });
});

/// The lines with numbers and hashes that follow from each other.
fn chained(desk: &Desk, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut prev = hex::encode(Sha256::digest(desk.read("head.json")));
    for (seq, line) in (1u64..).zip(bytes.split_inclusive(|b| *b == b'\n')) {
        let end = line.last() == Some(&b'\n');
        let mut line = line.strip_suffix(b"\n").unwrap_or(line).to_vec();
        if let Ok(Value::Object(mut map)) = serde_json::from_slice(&line) {
            map.insert("seq".into(), seq.into());
            map.insert("prev".into(), prev.into());
            line = serde_json::to_vec(&map).unwrap();
        }
        prev = hex::encode(Sha256::digest(&line));
        out.extend(line);
        out.extend(end.then_some(b'\n'));
    }
    out
}

fn read(desk: &Desk, bytes: &[u8]) {
    let reader = RecordReader::open(&desk.dir()).unwrap();
    let mut lines = reader.records().unwrap();
    let read: Vec<Record> = lines.by_ref().map_while(Result::ok).collect();
    let torn = lines.torn();
    let newlines = bytes.iter().filter(|b| **b == b'\n').count();
    assert!(read.len() <= newlines, "{} of {newlines}", read.len());
    for (seq, record) in (1..).zip(&read) {
        assert_eq!(record.seq, seq);
        round_trip(record);
    }
    let all = read.len() == newlines;
    let found = verify(&desk.dir(), &desk.trust);
    let mut about = found.iter().filter(|p| p.place.starts_with(LOG));
    if all {
        // Times and the order of interruptions are the verifier's alone, and
        // so is half a line: it was never acknowledged.
        let tolerated = |kind| match kind {
            ProblemKind::WrongClock | ProblemKind::Inconsistent => true,
            ProblemKind::CutTail => torn,
            _ => false,
        };
        assert!(about.all(|p| tolerated(p.kind)), "{found:?}");
    } else {
        assert!(
            about.next().is_some(),
            "{} of {newlines}: {found:?}",
            read.len()
        );
    }
}

/// What was read is written and read again as the same.
fn round_trip(record: &Record) {
    let text = serde_json::to_string(record).unwrap();
    match serde_json::from_str::<Record>(&text) {
        Ok(again) => assert_eq!(*record, again),
        // A number beyond its type is read as endless, and is not written.
        Err(e) => assert!(format!("{record:?}").contains("inf"), "{e}: {text}"),
    }
}
