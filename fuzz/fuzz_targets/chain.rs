//! `audio.chain`: only the sealed bytes are whole, and of what a killed
//! writer left, no whole line is ever taken back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::desk::{Desk, options};
use rooms::edit::edited;
use rooms::record::{RecordWriter, verify};
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
        open.put(CHAIN, &bytes);
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
