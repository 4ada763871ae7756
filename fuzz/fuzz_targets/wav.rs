//! `call.wav` and recordings of others: never more samples than bytes, and
//! every sample is the one that stands there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::audio::read_wav_16k;
use rooms::desk::{Desk, options};
use rooms::edit::edited;
use rooms::record::{RecordWriter, verify};
use rooms::sound::{CallWav, Frame, Sound};
use std::cell::OnceCell;

const WAV: &str = "call.wav";
/// Bytes before the first frame.
const HEADER: usize = 44;

thread_local! {
    static DESKS: OnceCell<Desks> = const { OnceCell::new() };
}

struct Desks {
    sealed: Desk,
    open: Desk,
    whole: Vec<u8>,
    chain: Vec<u8>,
    log: Vec<u8>,
}

fuzz_target!(|data: &[u8]| {
    let Some((&flags, data)) = data.split_first() else {
        return;
    };
    DESKS.with(|desks| {
        let desks = desks.get_or_init(|| {
            let sealed = Desk::sealed();
            Desks {
                open: Desk::unsealed(),
                whole: sealed.read(WAV),
                chain: sealed.read("audio.chain"),
                log: sealed.read("events.jsonl"),
                sealed,
            }
        });
        // The whole one is 147 kB; its begin alone is as good to be changed.
        let short = &desks.whole[..HEADER + 400];
        let bytes = edited(if flags & 1 == 0 { short } else { &desks.whole }, data);
        match flags >> 1 & 3 {
            0 => played(&desks.sealed, &bytes),
            1 => foreign(&desks.sealed, &bytes),
            2 => verified(desks, &bytes),
            _ => taken_up_again(desks, &bytes),
        }
    });
});

/// What the player reads.
fn played(desk: &Desk, bytes: &[u8]) {
    desk.put(WAV, bytes);
    let mut sound = CallWav::open(&desk.dir().join(WAV)).unwrap();
    let frames = sound.frames() as usize;
    let there = bytes.len().saturating_sub(HEADER) / 4;
    assert!(frames <= there, "{frames} of {there}");
    for at in [
        0,
        frames / 2,
        frames.saturating_sub(1),
        frames,
        frames + 70_000,
    ] {
        let mut out = [Frame::default(); 3];
        sound.read(at as u64, &mut out).unwrap();
        for (place, frame) in (at..).zip(out) {
            let from = HEADER + 4 * place;
            let stands = |i: usize| i16::from_le_bytes([bytes[from + i], bytes[from + i + 1]]);
            let wanted = if place < frames {
                [stands(0), stands(2)]
            } else {
                [0, 0]
            };
            assert_eq!(frame, wanted, "{place} of {frames}");
        }
    }
}

/// What a microphone's file may be.
fn foreign(desk: &Desk, bytes: &[u8]) {
    desk.put(WAV, bytes);
    if let Ok(samples) = read_wav_16k(desk.dir().join(WAV)) {
        // A byte is a sample at most, of 4 kHz at least.
        let most = 4 * bytes.len();
        assert!(samples.len() <= most, "{} of {most}", samples.len());
        assert!(samples.iter().all(|s| s.is_finite()));
    }
}

fn verified(desks: &Desks, bytes: &[u8]) {
    desks.sealed.put(WAV, bytes);
    let found = verify(&desks.sealed.dir(), &desks.sealed.trust);
    assert_eq!(found.is_empty(), bytes == desks.whole, "{found:?}");
}

/// What a killed writer may have left: either nothing of it is touched, or
/// what its header acknowledges stays as it is.
fn taken_up_again(desks: &Desks, bytes: &[u8]) {
    let open = &desks.open;
    open.put(WAV, bytes);
    open.put("audio.chain", &desks.chain);
    // Its end told of the recording's: here that is still to come.
    let last = desks.log[..desks.log.len() - 1]
        .iter()
        .rposition(|b| *b == b'\n');
    open.put("events.jsonl", &desks.log[..=last.unwrap()]);
    match RecordWriter::reopen(&open.dir(), &options()) {
        Ok((writer, left)) => {
            let kept = writer.audio_written() as usize;
            drop(writer);
            let now = open.read(WAV);
            if bytes.len() < HEADER {
                assert_eq!(kept, 0);
                return;
            }
            assert_eq!(now.len(), HEADER + 4 * kept);
            assert_eq!(now[HEADER..], bytes[HEADER..now.len()]);
            assert_eq!(left.audio_bytes as usize, bytes.len() - now.len());
            let found = verify(&open.dir(), &open.trust);
            let mut about = found.iter().filter(|p| p.place.starts_with(WAV));
            // The chain may have lines for other sound; the bytes are not
            // what it says then, and the verifier says so.
            assert!(about.all(|p| p.place != "call.wav header"), "{found:?}");
        }
        Err(_) => assert_eq!(open.read(WAV), bytes),
    }
}
