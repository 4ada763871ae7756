//! `head.json`: what is read is written as the same, and only the sealed
//! bytes are whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::desk::{Desk, SESSION};
use rooms::edit::edited;
use rooms::record::{FORMAT, RecordReader, list, sessions_dir, verify};
use std::cell::OnceCell;

const HEAD: &str = "head.json";

thread_local! {
    static DESK: OnceCell<(Desk, Vec<u8>)> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    DESK.with(|desk| {
        let (desk, whole) = desk.get_or_init(|| {
            let desk = Desk::sealed();
            let whole = desk.read(HEAD);
            (desk, whole)
        });
        let bytes = edited(whole, data);
        desk.put(HEAD, &bytes);
        let found = verify(&desk.dir(), &desk.trust);
        assert_eq!(found.is_empty(), bytes == *whole, "{found:?}");
        // The list of sessions shows this one, whatever stands in its head.
        let listed = list(&sessions_dir(desk.data())).unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].id, SESSION);
        let Ok(reader) = RecordReader::open(&desk.dir()) else {
            return;
        };
        let head = reader.head().clone();
        assert_eq!(head.format, FORMAT);
        let written = serde_json::to_vec(&head).unwrap();
        desk.put(HEAD, &written);
        let again = RecordReader::open(&desk.dir()).unwrap();
        assert_eq!(head, *again.head(), "{}", String::from_utf8_lossy(&written));
    });
});
