//! Words with times, for logs that are written by hand. The recording's suite
//! and the library's own tests share it, so that the type is the including
//! file's.

use super::Word;

/// The words of a text, each as long as the others.
pub(crate) fn spread_evenly(text: &str, start_ms: u64, end_ms: u64) -> Vec<Word> {
    let words: Vec<&str> = text.split(' ').collect();
    let place = |i: usize| start_ms + (end_ms - start_ms) * i as u64 / words.len() as u64;
    let of = |(i, word): (usize, &&str)| Word {
        text: (*word).to_owned(),
        start_ms: place(i),
        end_ms: place(i + 1),
        confidence: 0.9,
    };
    words.iter().enumerate().map(of).collect()
}
