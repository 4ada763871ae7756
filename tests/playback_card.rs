//! `viva replay` through a real speaker that is not there: what a private
//! sound server's virtual speaker played is recorded from outside and
//! compared with the record.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![cfg(target_os = "linux")]

mod card;
mod played;

use card::Card;
use played::{Desk, TONE_HZ, pitch, sides};
use std::process::Stdio;

const RATE: usize = 16_000;

/// Plays the record on the card; what was heard comes back.
fn heard(card: &Card, desk: &Desk, args: &[&str]) -> Vec<i16> {
    let listener = card.listen("speaker.monitor");
    let mut viva = desk.replay(args);
    viva.stdin(Stdio::null()).stdout(Stdio::null());
    let status = card.run(&mut viva).wait().unwrap();
    assert!(status.success(), "{status}");
    listener.stop().pcm
}

/// First and last sample of what is louder than any noise.
fn loud(pcm: &[i16]) -> (usize, usize) {
    let is = |v: &i16| v.abs() > 500;
    (
        pcm.iter().position(is).unwrap(),
        pcm.iter().rposition(is).unwrap(),
    )
}

/// How much alike two stretches are, 1 for the same.
fn likeness(a: &[i16], b: &[i16]) -> f64 {
    let dot = |a: &[i16], b: &[i16]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(1.0)
}

/// The place near `at` in `whole` that is most like `part`, and how much.
fn find(part: &[i16], whole: &[i16], at: usize) -> (usize, f64) {
    let reach = RATE / 5;
    (at.saturating_sub(reach)..=(at + reach).min(whole.len() - part.len()))
        .map(|at| (at, likeness(part, &whole[at..at + part.len()])))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap()
}

/// A busy machine loses sound now and then, which is not what is measured.
fn tried(mut once: impl FnMut() -> Result<(), String>) {
    let mut said = Vec::new();
    for _ in 0..3 {
        match once() {
            Ok(()) => return,
            Err(why) => said.push(why),
        }
        eprintln!("once more: {}", said[said.len() - 1]);
    }
    panic!("{said:?}");
}

#[test]
fn the_speaker_plays_the_record_and_twice_as_fast_at_the_same_pitch() {
    let Some(card) = Card::start() else {
        eprintln!("skipped: there is no PulseAudio here");
        return;
    };
    let desk = Desk::spoken();
    let (near, far) = sides();
    let call: Vec<i16> = near.iter().zip(&far).map(|(a, b)| a + b).collect();
    let (begin, end) = loud(&call);

    tried(|| {
        let heard = heard(&card, &desk, &[]);
        let (from, to) = loud(&heard);
        let (length, wanted) = (to - from, end - begin);
        if length.abs_diff(wanted) > RATE / 100 {
            return Err(format!("{length} samples heard, {wanted} recorded"));
        }
        // Every half second of speech is there, and where it should be.
        let mut worst = (1.0f64, 0i64);
        for at in (begin..begin + 2 * RATE).step_by(RATE / 2) {
            let part = &call[at..at + RATE / 2];
            if part.iter().all(|v| v.abs() < 500) {
                continue;
            }
            let (place, like) = find(part, &heard, from + at - begin);
            let lag = place as i64 - (from + at - begin) as i64;
            worst = (worst.0.min(like), worst.1.max(lag.abs()));
        }
        eprintln!(
            "1x: likeness {:.4} or more, lag {} samples or less",
            worst.0, worst.1
        );
        // Two conversions of the rate take some of the highest sounds.
        if worst.0 < 0.95 || worst.1 > 32 {
            return Err(format!("likeness {}, lag {}", worst.0, worst.1));
        }
        let tone = pitch(&heard[to - RATE..to - RATE / 4]);
        if (tone / TONE_HZ - 1.0).abs() > 0.005 {
            return Err(format!("a tone of {tone} Hz"));
        }
        Ok(())
    });

    tried(|| {
        let heard = heard(&card, &desk, &["--speed", "2"]);
        let (from, to) = loud(&heard);
        let (length, wanted) = (to - from, (end - begin) / 2);
        let tone = pitch(&heard[to - RATE / 2..to - RATE / 8]);
        eprintln!("2x: {length} samples for {wanted}, a tone of {tone:.1} Hz");
        if length.abs_diff(wanted) > RATE / 40 {
            return Err(format!("{length} samples heard, {wanted} expected"));
        }
        if (tone / TONE_HZ - 1.0).abs() > 0.01 {
            return Err(format!("a tone of {tone} Hz"));
        }
        Ok(())
    });
}

#[test]
fn a_speaker_that_is_not_there_is_named_and_the_way_without_one() {
    let desk = Desk::spoken();
    let output = desk
        .replay(&["--speaker", "no such speaker"])
        .env("PULSE_SERVER", "unix:/nowhere")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("speaker"), "{error}");
}
