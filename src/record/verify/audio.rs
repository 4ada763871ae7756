//! The recording: its header, its length, and every second against the chain.

use super::order::{Order, Step};
use super::{Findings, ProblemKind, Start, reason};
use crate::record::audio::{ChainLine, FRAME, HEADER, MOST_FRAMES, link, wav_header};
use crate::record::error::RecordError;
use crate::record::manifest::{AudioEnd, Manifest};
use crate::record::reader::Lines;
use crate::record::{AUDIO_CHAIN, CALL_WAV, HEAD, RATE};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// What the chain says of one second.
struct Second {
    samples: u32,
    sha256: [u8; 32],
    /// Whether the chain's own line is in order; only then can it blame.
    sound: bool,
}

/// Checks chain and recording; returns the recording's length in frames, if
/// there is one.
pub(super) fn check(
    dir: &Path,
    manifest: Option<&Manifest>,
    start: &Start,
    found: &mut Findings,
) -> Option<u64> {
    let end = manifest.and_then(|m| m.audio.as_ref());
    let seconds = check_chain(dir, end, start, found);
    match check_wav(dir, end, &seconds, found) {
        Ok(frames) => Some(frames),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            if manifest.is_none() && !seconds.is_empty() {
                let detail = "there is an audio chain, but no recording";
                found.add(ProblemKind::Missing, CALL_WAV, detail);
            }
            None
        }
        Err(e) => {
            let e = RecordError::io("read", &dir.join(CALL_WAV), e);
            found.add(ProblemKind::Unreadable, CALL_WAV, reason(&e));
            None
        }
    }
}

fn place(line: u64) -> String {
    format!("{AUDIO_CHAIN} line {line}")
}

fn hex32(text: &str) -> Option<[u8; 32]> {
    let bytes = hex::decode(text).ok()?.try_into().ok()?;
    // One spelling only: lower case.
    (hex::encode(bytes) == text).then_some(bytes)
}

/// The value before a line: as stated there, and as it should have been.
#[derive(Clone, Copy)]
struct Value {
    stated: [u8; 32],
    computed: [u8; 32],
}

fn check_chain(
    dir: &Path,
    end: Option<&AudioEnd>,
    start: &Start,
    found: &mut Findings,
) -> Vec<Second> {
    let mut seconds: Vec<Second> = Vec::new();
    let Ok(file) = File::open(dir.join(AUDIO_CHAIN)) else {
        // A file that cannot be read is told where files are compared.
        return seconds;
    };
    let mut lines = Lines::new(BufReader::new(file));
    let mut order = Order::default();
    let mut value = start.hash.as_deref().and_then(hex32).map(|v| Value {
        stated: v,
        computed: v,
    });
    let mut last: Option<u64> = Some(0);
    loop {
        let number = lines.number + 1;
        let parsed = match lines.next() {
            Ok(None) => break,
            Ok(Some(bytes)) => serde_json::from_slice::<ChainLine>(bytes)
                .map_err(|e| e.to_string())
                .and_then(|line| {
                    let hashes = hex32(&line.sha256).zip(hex32(&line.chain));
                    let (sha256, chain) = hashes.ok_or("not 64 lower-case hex digits")?;
                    Ok((line, sha256, chain))
                }),
            Err(e) => {
                found.add(ProblemKind::Unreadable, place(number), e.to_string());
                return seconds;
            }
        };
        let (line, sha256, chain) = match parsed {
            Ok(parsed) => parsed,
            Err(what) => {
                found.add(ProblemKind::Unreadable, place(number), what);
                order.unreadable();
                (last, value) = (None, None);
                continue;
            }
        };
        let link_from = |before: [u8; 32]| link(&before, &sha256, line.samples) == chain;
        let follows = value.is_none_or(|v| link_from(v.stated) || link_from(v.computed));
        let mut n = line.second.saturating_add(1);
        let expected = order.expected();
        let mut sound = true;
        if n != expected && follows && value.is_some() {
            let detail = format!(
                "is of second {}, but stands where {} belongs",
                n - 1,
                expected - 1
            );
            found.add(ProblemKind::Changed, place(number), detail);
            n = expected;
        }
        let step = order.note(n, number);
        let adjacent = last.is_some_and(|l| Some(n) == l.checked_add(1));
        if adjacent && !follows {
            sound = false;
            if number == 1 && !start.sealed {
                let detail = "the audio chain's first line was written for another head";
                found.add(ProblemKind::Changed, HEAD, detail);
            } else {
                let detail = "its chain value does not follow from the line before";
                found.add(ProblemKind::Changed, place(number), detail);
            }
        }
        if matches!(step, Step::Back | Step::Again) {
            let detail = format!("second {} stands here out of order", n - 1);
            found.add(ProblemKind::Reordered, place(number), detail);
        }
        value = Some(Value {
            stated: chain,
            computed: match value {
                Some(v) if adjacent && !follows => link(&v.computed, &sha256, line.samples),
                _ => chain,
            },
        });
        last = Some(n);
        put(&mut seconds, n - 1, end, line.samples, sha256, sound);
    }
    for m in order.missing() {
        let detail = format!(
            "seconds {} to {} are missing before this line",
            m.from - 1,
            m.to - 1
        );
        found.add(ProblemKind::Deleted, place(m.before_line), detail);
    }
    let mut have = order.expected() - 1;
    if lines.torn {
        let detail = "the file ends in the middle of this line";
        found.add(ProblemKind::CutTail, place(lines.number + 1), detail);
        have += 1;
    }
    if let Some(end) = end {
        let due = end.samples.div_ceil(u64::from(RATE));
        let stated = value.map(|v| hex::encode(v.stated));
        if have < due {
            let detail = format!("{have} seconds found, {due} sealed");
            let at = format!("{AUDIO_CHAIN} after line {}", lines.number);
            found.add(ProblemKind::CutTail, at, detail);
        } else if have > due {
            let detail = format!("{have} seconds found, {due} sealed");
            found.add(ProblemKind::Extra, place(lines.number), detail);
        } else if last == Some(due) && stated.as_ref() != Some(&end.chain) {
            let detail = "its chain value is not the sealed one";
            found.add(ProblemKind::Changed, place(lines.number), detail);
        }
    }
    seconds
}

/// Keeps what is said of a second, the first time that it is said. Numbers
/// beyond any recording are not believed: they would fill the memory.
fn put(
    seconds: &mut Vec<Second>,
    index: u64,
    end: Option<&AudioEnd>,
    samples: u32,
    sha256: [u8; 32],
    sound: bool,
) {
    let most = end.map_or(MOST_FRAMES, |e| e.samples.min(MOST_FRAMES)) / u64::from(RATE) + 1;
    if index >= most || samples > RATE {
        return;
    }
    let index = index as usize;
    while seconds.len() <= index {
        seconds.push(Second {
            samples: RATE,
            sha256: [0; 32],
            sound: false,
        });
    }
    if !seconds[index].sound {
        seconds[index] = Second {
            samples,
            sha256,
            sound,
        };
    }
}

fn check_wav(
    dir: &Path,
    end: Option<&AudioEnd>,
    seconds: &[Second],
    found: &mut Findings,
) -> io::Result<u64> {
    let mut file = File::open(dir.join(CALL_WAV))?;
    let size = file.metadata()?.len();
    let mut header = [0; HEADER as usize];
    if size < HEADER {
        let detail = format!("{size} bytes found, {HEADER} bytes of header expected");
        found.add(ProblemKind::CutTail, format!("{CALL_WAV} header"), detail);
        return Ok(0);
    }
    file.read_exact(&mut header)?;
    let stated = u32::from_le_bytes([header[40], header[41], header[42], header[43]]);
    let stated = u64::from(stated) / FRAME;
    // A seal that nobody signed may state anything.
    let frames = end.map_or(stated, |e| e.samples.min(MOST_FRAMES));
    if header != wav_header(frames) {
        let detail = format!("is not the header of {frames} frames of 16 kHz 16-bit stereo");
        found.add(ProblemKind::Changed, format!("{CALL_WAV} header"), detail);
    }
    let due = HEADER + frames * FRAME;
    if size < due {
        let have = (size - HEADER) / FRAME;
        let at = format!("{CALL_WAV} second {}", have / u64::from(RATE));
        let detail = format!("ends after {} of {}", clock(have), clock(frames));
        found.add(ProblemKind::CutTail, at, detail);
    } else if size > due && end.is_some() {
        let detail = format!("{} bytes stand after the sealed end", size - due);
        found.add(ProblemKind::Extra, format!("{CALL_WAV} end"), detail);
    }
    let changed = changed_seconds(file, seconds)?;
    for run in changed.chunk_by(|a, b| a + 1 == *b) {
        let (from, to) = (run[0], run[run.len() - 1]);
        let at = if from == to {
            format!("{CALL_WAV} second {from}")
        } else {
            format!("{CALL_WAV} seconds {from} to {to}")
        };
        let detail = format!(
            "the audio from {} is not the one that was recorded",
            clock(from * u64::from(RATE))
        );
        found.add(ProblemKind::Changed, at, detail);
    }
    Ok(frames)
}

/// The seconds that are there in full and do not have the chain's hash.
fn changed_seconds(mut file: File, seconds: &[Second]) -> io::Result<Vec<u64>> {
    let mut changed = Vec::new();
    let mut buf = vec![0; RATE as usize * FRAME as usize];
    for (i, second) in (0..).zip(seconds) {
        let bytes = &mut buf[..second.samples as usize * FRAME as usize];
        match file.read_exact(bytes) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(e) => return Err(e),
        }
        if second.sound && <[u8; 32]>::from(Sha256::digest(&*bytes)) != second.sha256 {
            changed.push(i);
        }
    }
    Ok(changed)
}

fn clock(frames: u64) -> String {
    crate::clock::SessionTime(frames * 1000 / u64::from(RATE)).to_string()
}
