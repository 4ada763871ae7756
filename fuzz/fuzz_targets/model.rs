//! Model files: facts that the file can hold, or what is wrong with it. What
//! passes goes to a C++ reader that checks nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::edit::edited;
use rooms::ggml_file::{MAGIC, check};
use std::io::Cursor;

/// Bytes of the mel filters, which nobody looks into: 80 bands of 201.
const FILTERS: usize = 80 * 201 * 4;
/// Bytes before them.
const BEFORE: usize = 4 * 14;

/// The smallest model there can be, without its filters.
fn tiny() -> Vec<u8> {
    let mut numbers = vec![
        MAGIC, 51_864, 1_500, 16, 1, 1, 448, 16, 1, 1, 80, 1, 80, 201,
    ];
    numbers.extend([1, 4, 0x6162_6364]);
    for tensor in 0..11 + 15 + 24 {
        numbers.extend([1, 4, 0, 3, tensor, 0, 0, 0]);
    }
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = edited(&tiny(), data);
    if bytes.len() >= BEFORE {
        bytes.splice(BEFORE..BEFORE, [0; FILTERS]);
    }
    match check(Cursor::new(&bytes), bytes.len() as u64) {
        Ok(facts) => {
            assert_eq!(facts.bytes, bytes.len() as u64);
            assert_eq!(
                facts.tensors,
                11 + 15 * facts.audio_layers + 24 * facts.text_layers
            );
            assert!(u64::from(facts.tensors) * 12 < facts.bytes);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
