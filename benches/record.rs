//! The record over long sessions: how long writing, sealing, taking up again
//! and verifying take, how much memory they need, and how far the tracks are
//! from the clock and from each other at the end. Each length runs in a
//! process of its own, so that its memory is its own. Run with
//! `cargo bench --bench record`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::Command;
use viva::clock::{Clock, SessionTime};
use viva::event::{ConsentHow, Event, Input, Output, Source, Track, Utterance, Word};
use viva::record::{
    FORMAT, Head, Options, RATE, RecordWriter, SyncPolicy, Trust, new_session_id, verify,
};

type Failure = Box<dyn std::error::Error>;

/// Length of the pieces that the candidate's side sends: 100 ms.
const PIECE: u64 = RATE as u64 / 10;
/// Pieces that the far side is behind.
const BEHIND: u64 = 5;
/// A click on both tracks every ten seconds: where it is found tells how far
/// the tracks have drifted.
const CLICK_EVERY: u64 = 10 * RATE as u64;
const CLICK: i16 = 30_000;

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip_while(|a| a != "--minutes");
    if let (Some(_), Some(minutes), Some(dir)) = (args.next(), args.next(), args.next()) {
        return one(minutes.parse()?, Path::new(&dir));
    }
    println!(
        "{:>8} {:>8} {:>9} {:>8} {:>9} {:>9} {:>9} {:>9} {:>11} {:>9}",
        "minutes",
        "events",
        "write s",
        "seal s",
        "reopen s",
        "verify s",
        "write MB",
        "verify MB",
        "drift ms",
        "disk MB"
    );
    let room = std::env::temp_dir().join(format!("viva-bench-{}", std::process::id()));
    for minutes in ["10", "60", "180"] {
        fs::create_dir_all(&room)?;
        // First the writing, then the verifying, each with its own memory.
        for _ in 0..2 {
            let status = Command::new(std::env::current_exe()?)
                .args(["--minutes", minutes])
                .arg(&room)
                .status()?;
            if !status.success() {
                return Err(format!("{minutes} minutes: {status}").into());
            }
        }
        fs::remove_dir_all(&room)?;
    }
    Ok(())
}

/// Writes a session if there is none in `room`, else verifies it.
fn one(minutes: u64, room: &Path) -> Result<(), Failure> {
    let figures = room.join("figures");
    if !figures.exists() {
        fs::write(figures, write(minutes, &room.join("sessions"))?)?;
        return Ok(());
    }
    let dir = fs::read_dir(room.join("sessions"))?
        .next()
        .ok_or("no session")??
        .path();
    let clock = Clock::system();
    let problems = verify(&dir, &Trust::Any);
    let took = clock.now().millis();
    let memory = peak_mb();
    if !problems.is_empty() {
        return Err(format!("{problems:?}").into());
    }
    let drift = drift_ms(&dir.join("call.wav"))?;
    let mut bytes = 0;
    for entry in fs::read_dir(&dir)? {
        bytes += entry?.metadata()?.len();
    }
    let text = fs::read_to_string(figures)?;
    let written: BTreeMap<&str, &str> = text.lines().filter_map(|l| l.split_once(' ')).collect();
    println!(
        "{minutes:>8} {:>8} {:>9} {:>8} {:>9} {:>9.2} {:>9} {memory:>9} {drift:>11.3} {:>9}",
        written["events"],
        written["write"],
        written["seal"],
        written["reopen"],
        took as f64 / 1000.0,
        written["memory"],
        bytes / 1_000_000
    );
    Ok(())
}

/// Writes a session at full speed: sound in pieces, the tracks out of step, a
/// piece late or sent twice now and then, and twenty events a minute; in the
/// middle the writer is dropped and the session taken up again.
fn write(minutes: u64, sessions: &Path) -> Result<String, Failure> {
    let options = Options {
        sync: SyncPolicy::Never,
        ..Options::default()
    };
    let head = head()?;
    let clock = Clock::system();
    let mut writer = RecordWriter::create_with(sessions, &head, &options)?;
    let output = Output::Consent {
        given: true,
        how: ConsentHow::Key,
    };
    writer.append(SessionTime(0), &Event::Output { output })?;
    writer.start_audio(RATE)?;
    let pieces = minutes * 60 * 10;
    let mut reopened = 0;
    let mut events = 1;
    for piece in 0..pieces {
        if piece == pieces / 2 {
            let kept = writer.audio_written();
            let dir = writer.dir().to_path_buf();
            drop(writer);
            let began = clock.now();
            let (again, left) = RecordWriter::reopen(&dir, &options)?;
            reopened = clock.now().since(began).as_millis();
            if left.records.len() != events as usize || again.audio_written() != kept {
                return Err("the session was not taken up as it was left".into());
            }
            writer = again;
        }
        let first = piece * PIECE;
        let pcm = sound(first);
        writer.audio(Track::Near, first, &pcm)?;
        if piece % 97 == 0 {
            writer.audio(Track::Near, first, &pcm)?;
        }
        // The far side is half a second behind, and some pieces change places.
        if let Some(k) = piece.checked_sub(BEHIND) {
            let now = match k % 61 {
                30 => &[][..],
                31 => &[k, k - 1],
                _ => &[k],
            };
            for k in now {
                writer.audio(Track::Far, k * PIECE, &sound(k * PIECE))?;
            }
        }
        if piece % 30 == 0 {
            let at = SessionTime(piece * 100);
            writer.append(at, &said(piece as u32 / 30, at.millis()))?;
            events += 1;
        }
    }
    for late in pieces - BEHIND - 1..pieces {
        writer.audio(Track::Far, late * PIECE, &sound(late * PIECE))?;
    }
    let took = clock.now().millis() - reopened as u64;
    let began = clock.now();
    writer.finish(&[("transcript.txt".to_owned(), vec![b'x'; 20_000])])?;
    let sealed = clock.now().since(began).as_millis();
    let seconds = |ms: u64| format!("{:.2}", ms as f64 / 1000.0);
    Ok(format!(
        "events {events}\nwrite {}\nseal {}\nreopen {}\nmemory {}\n",
        seconds(took),
        seconds(sealed as u64),
        seconds(reopened as u64),
        peak_mb()
    ))
}

fn head() -> Result<Head, Failure> {
    let began_unix_ms = 1_763_000_000_000;
    Ok(Head {
        format: FORMAT,
        session: new_session_id(began_unix_ms)?,
        began_unix_ms,
        candidate: "Ann Example".into(),
        position: "Engineer".into(),
        company: None,
        program: viva::PROGRAM.into(),
        hashes: BTreeMap::new(),
        setup: serde_json::Value::Null,
    })
}

fn sound(first: u64) -> Vec<i16> {
    let at = |at: u64| match at.is_multiple_of(CLICK_EVERY) {
        true => CLICK,
        false => (at * 37 % 20_011) as i16,
    };
    (first..first + PIECE).map(at).collect()
}

fn said(id: u32, start_ms: u64) -> Event {
    let words: Vec<Word> = (0..30)
        .map(|i| Word {
            text: "word".into(),
            start_ms: start_ms + 90 * i,
            end_ms: start_ms + 90 * i + 80,
            confidence: 0.9,
        })
        .collect();
    Event::Input {
        input: Input::Utterance(Utterance {
            id,
            text: "word ".repeat(30),
            words,
            start_ms,
            end_ms: start_ms + 2_700,
            confidence: 0.9,
            source: Source::Voice,
        }),
    }
}

/// How far the clicks are from where the clock has them, at most, on either
/// track, in milliseconds.
fn drift_ms(wav: &Path) -> Result<f64, Failure> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(wav)?);
    file.seek(SeekFrom::Start(44))?;
    let mut frame = [0; 4];
    let (mut at, mut clicks, mut worst) = (0u64, [0u64; 2], 0u64);
    while file.read_exact(&mut frame).is_ok() {
        for (side, bytes) in frame.chunks(2).enumerate() {
            if i16::from_le_bytes([bytes[0], bytes[1]]) == CLICK {
                worst = worst.max(at.abs_diff(clicks[side] * CLICK_EVERY));
                clicks[side] += 1;
            }
        }
        at += 1;
    }
    let expected = at.div_ceil(CLICK_EVERY);
    if clicks != [expected; 2] {
        return Err(format!("{clicks:?} clicks found, {expected} expected").into());
    }
    Ok(worst as f64 * 1000.0 / f64::from(RATE))
}

/// The most memory that this process ever had, in MB, where it can be told.
fn peak_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:"));
    let kb = line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok());
    kb.unwrap_or(0) / 1024
}
