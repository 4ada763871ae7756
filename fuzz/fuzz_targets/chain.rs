//! `audio.chain`: only the sealed bytes are whole, and of what a killed
//! writer left, no whole line is ever taken back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::desk::{Desk, options};
use rooms::edit::edited;
use rooms::record::{RecordWriter, verify};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::OnceCell;

const CHAIN: &str = "audio.chain";

thread_local! {
    static DESKS: OnceCell<(Desk, Desk, Vec<u8>, Vec<u8>)> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let Some((&flags, data)) = data.split_first() else {
        return;
    };
    DESKS.with(|desks| {
        let (sealed, open, whole, log) = desks.get_or_init(|| {
            let (sealed, open) = (Desk::sealed(), Desk::unsealed());
            let whole = sealed.read(CHAIN);
            let log = sealed.read("events.jsonl");
            (sealed, open, whole, log)
        });
        let bytes = edited(whole, data);
        if flags & 1 == 0 {
            sealed.put(CHAIN, &bytes);
            let found = verify(&sealed.dir(), &sealed.trust);
            assert_eq!(found.is_empty(), bytes == *whole, "{found:?}");
            return;
        }
        // Links need no key: whoever changes a line can make them anew.
        let bytes = if flags & 2 == 0 {
            bytes
        } else {
            linked(open, &bytes)
        };
        open.put(CHAIN, &bytes);
        verify(&open.dir(), &open.trust);
        open.put("events.jsonl", log);
        let lines = bytes
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        match RecordWriter::reopen(&open.dir(), &options()) {
            Ok((mut writer, _)) => {
                assert_eq!(writer.end_audio().unwrap(), 36_800);
                drop(writer);
                // One form of each line: what is there now is what was sealed.
                let now = open.read(CHAIN);
                assert_eq!(now[..lines], bytes[..lines]);
                let found = verify(&open.dir(), &open.trust);
                let about = |p: &&rooms::record::Problem| p.place.starts_with(CHAIN);
                assert_eq!(found.iter().find(about), None);
            }
            Err(_) => assert_eq!(open.read(CHAIN), bytes),
        }
    });
});

/// The lines with values that follow from each other.
fn linked(desk: &Desk, bytes: &[u8]) -> Vec<u8> {
    let mut value = Sha256::digest(desk.read("head.json")).to_vec();
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let Ok(Value::Object(mut map)) = serde_json::from_slice(line) else {
            out.extend(line);
            continue;
        };
        let sha256 = map.get("sha256").and_then(Value::as_str);
        let second = sha256
            .and_then(|text| hex::decode(text).ok())
            .unwrap_or_default();
        let samples = map.get("samples").and_then(Value::as_u64).unwrap_or(0) as u32;
        let mut hash = Sha256::new();
        hash.update(&value);
        hash.update(second);
        hash.update(samples.to_le_bytes());
        value = hash.finalize().to_vec();
        map.insert("chain".into(), hex::encode(&value).into());
        out.extend(serde_json::to_vec(&map).unwrap());
        out.push(b'\n');
    }
    out
}
