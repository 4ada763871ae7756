//! The outline of a recording, small enough to stand inside a page.

use crate::record::RATE;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Columns of the outline for each second.
const COLUMNS: u32 = 20;

/// The largest level in each column, 0-100, for both channels.
#[derive(Serialize, Default)]
pub(super) struct Outline {
    columns_per_second: u32,
    candidate: Vec<u8>,
    recruiter: Vec<u8>,
}

/// The outline of a recording.
pub(super) fn outline(wav: &Path) -> io::Result<Outline> {
    let mut file = BufReader::with_capacity(1 << 18, File::open(wav)?);
    file.read_exact(&mut [0; 44])?;
    let mut out = Outline {
        columns_per_second: COLUMNS,
        ..Outline::default()
    };
    let mut block = Vec::new();
    loop {
        block.clear();
        let most = u64::from(RATE / COLUMNS) * 4;
        (&mut file).take(most).read_to_end(&mut block)?;
        if block.len() < 4 {
            return Ok(out);
        }
        let level = |channel: usize| {
            let samples = block.chunks_exact(4);
            let loudest = samples
                .map(|f| i16::from_le_bytes([f[channel], f[channel + 1]]).unsigned_abs())
                .max();
            (u32::from(loudest.unwrap_or(0)) * 100 / 32_768) as u8
        };
        out.candidate.push(level(0));
        out.recruiter.push(level(2));
    }
}
