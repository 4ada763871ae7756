//! The recording with a tone in place of what is taken out. Outside these
//! stretches every byte is the original's; inside, none depends on it.

use super::super::audio::{ChainLine, FRAME, HEADER, link};
use super::super::disk::{Disk, LineFile, RealDisk};
use super::super::error::RecordError;
use super::super::{AUDIO_CHAIN, CALL_WAV, RATE};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

/// One period of 1 kHz at 16 kHz, 20 dB below full scale.
const TONE: [i16; 16] = [
    0, 1254, 2317, 3027, 3277, 3027, 2317, 1254, 0, -1254, -2317, -3027, -3277, -3027, -2317, -1254,
];

/// Puts the tone into a block of frames that begins at this sample.
pub(super) fn put(block: &mut [u8], first: u64, tones: &[(u64, u64)]) {
    let frame = FRAME as usize;
    let end = first + (block.len() / frame) as u64;
    for &(from, to) in tones {
        for at in from.max(first)..to.min(end) {
            let sample = TONE[(at % 16) as usize].to_le_bytes();
            let place = (at - first) as usize * frame;
            block[place..place + 2].copy_from_slice(&sample);
            block[place + 2..place + 4].copy_from_slice(&sample);
        }
    }
}

/// Copies `call.wav` with the tone in it and writes its chain; length in
/// frames and the chain's last value come back.
pub(super) fn copy(
    wav: &Path,
    to: &Path,
    head_hash: [u8; 32],
    tones: &[(u64, u64)],
) -> Result<(u64, [u8; 32]), RecordError> {
    let fail = |e| RecordError::io("read", wav, e);
    let mut from = BufReader::with_capacity(1 << 18, File::open(wav).map_err(fail)?);
    let target = to.join(CALL_WAV);
    let lost = |e| RecordError::io("write", &target, e);
    let mut out = RealDisk.create(&target).map_err(lost)?;
    let mut chain = LineFile::create(&RealDisk, &to.join(AUDIO_CHAIN))?;
    let mut header = [0; HEADER as usize];
    from.read_exact(&mut header).map_err(fail)?;
    out.write_all(&header).map_err(lost)?;
    let (mut first, mut value, mut second) = (0u64, head_hash, 0u64);
    let mut block = Vec::new();
    loop {
        block.clear();
        let most = u64::from(RATE) * FRAME;
        (&mut from)
            .take(most)
            .read_to_end(&mut block)
            .map_err(fail)?;
        let frames = block.len() as u64 / FRAME;
        if frames == 0 {
            break;
        }
        put(&mut block, first, tones);
        out.write_all(&block).map_err(lost)?;
        let sha256: [u8; 32] = Sha256::digest(&block).into();
        value = link(&value, &sha256, frames as u32);
        let line = ChainLine {
            second,
            samples: frames as u32,
            sha256: hex::encode(sha256),
            chain: hex::encode(value),
        };
        let mut line = serde_json::to_vec(&line).map_err(|e| RecordError::Unstorable {
            what: e.to_string(),
        })?;
        line.push(b'\n');
        chain.append(&line, false)?;
        first += frames;
        second += 1;
    }
    out.flush().and_then(|()| out.sync()).map_err(lost)?;
    chain.sync()?;
    Ok((first, value))
}
