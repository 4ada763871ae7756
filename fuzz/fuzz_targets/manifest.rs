//! `manifest.json`: a signature stands for its bytes and for nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::desk::Desk;
use rooms::edit::edited;
use rooms::record::{Manifest, RecordReader, Trust, canonical, verify};
use std::cell::OnceCell;

const MANIFEST: &str = "manifest.json";

thread_local! {
    static DESK: OnceCell<(Desk, Vec<u8>, Manifest)> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    DESK.with(|desk| {
        let (desk, whole, sealed) = desk.get_or_init(|| {
            let desk = Desk::sealed();
            let whole = desk.read(MANIFEST);
            let manifest = RecordReader::open(&desk.dir()).unwrap().manifest().cloned();
            (desk, whole, manifest.unwrap())
        });
        let bytes = edited(whole, data);
        desk.put(MANIFEST, &bytes);
        let found = verify(&desk.dir(), &desk.trust);
        assert_eq!(found.is_empty(), bytes == *whole, "{found:?}");
        let foreign = verify(&desk.dir(), &Trust::Any);
        assert!(foreign.len() <= found.len(), "{foreign:?} {found:?}");
        let Ok(reader) = RecordReader::open(&desk.dir()) else {
            assert!(found.iter().any(|p| p.place == MANIFEST), "{found:?}");
            return;
        };
        let manifest = reader.manifest().unwrap();
        if found.is_empty() {
            assert_eq!(manifest, sealed);
        }
        let value = serde_json::to_value(manifest).unwrap();
        let written = canonical(&value);
        let again: serde_json::Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(canonical(&again), written);
        assert_eq!(*manifest, serde_json::from_slice(&written).unwrap());
    });
});
