//! Transcripts that other programs wrote: turns that stand in the file, or an
//! error that names it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::transcript::Transcript;

fuzz_target!(|data: &[u8]| {
    match Transcript::read("talk.txt", data) {
        Ok(transcript) => {
            let lines = data.iter().filter(|b| **b == b'\n').count() + 1;
            let mut last = 0;
            for turn in &transcript.turns {
                assert!(
                    turn.line > last && turn.line <= lines,
                    "{} of {lines}",
                    turn.line
                );
                assert!(turn.text.len() <= data.len());
                last = turn.line;
            }
        }
        Err(error) => assert!(error.to_string().contains("talk.txt")),
    }
});
