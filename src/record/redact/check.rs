//! Verifies a redacted copy: as a record of its own, and against the original
//! where that is still there.

use super::super::annex::{Annexes, kind};
use super::super::audio::{FRAME, HEADER};
use super::super::error::RecordError;
use super::super::key::Trust;
use super::super::manifest::hash_file;
use super::super::reader::RecordReader;
use super::super::sessions::sessions_dir;
use super::super::verify::{Findings, Problem, ProblemKind, verify};
use super::super::{CALL_WAV, EVENTS, MANIFEST, RATE};
use super::{BAR, LINK, Link, read_link, tone};
use serde_json::Value;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Everything that is wrong with a redacted copy, and whether its original is
/// there to compare with. Without it only the copy itself is judged.
///
/// # Errors
/// [`RecordError::NotFound`] if the folder holds no redacted copy.
pub fn verify_redaction(
    data_dir: &Path,
    dir: &Path,
    trust: &Trust,
) -> Result<(Vec<Problem>, bool), RecordError> {
    let mut found = Findings::default();
    let link = match read_link(dir) {
        Ok(Some(link)) => Some(link),
        Ok(None) => {
            return Err(RecordError::NotFound {
                path: dir.join(LINK),
            });
        }
        Err(e) => {
            found.add(ProblemKind::Unreadable, LINK, e.to_string());
            None
        }
    };
    let mut problems = verify(dir, trust);
    let Some(link) = link else {
        problems.extend(found.into_vec());
        return Ok((problems, false));
    };
    let original = sessions_dir(data_dir).join(&link.session);
    let there = super::super::check_id(&link.session).is_ok() && original.is_dir();
    if there {
        // What the copy itself blames needs no second word.
        let whole = problems.is_empty();
        compare(data_dir, dir, &original, &link, trust, whole, &mut found);
    }
    problems.extend(found.into_vec());
    Ok((problems, there))
}

fn compare(
    data_dir: &Path,
    dir: &Path,
    original: &Path,
    link: &Link,
    trust: &Trust,
    whole: bool,
    found: &mut Findings,
) {
    match hash_file(&original.join(MANIFEST)) {
        Ok((_, hash)) if hash == link.manifest => {}
        Ok(_) => {
            let detail = "was made from another seal than the original has";
            found.add(ProblemKind::Inconsistent, LINK, detail);
        }
        Err(e) => found.add(ProblemKind::Unreadable, LINK, format!("the original: {e}")),
    }
    let own = hash_file(&dir.join(MANIFEST)).map(|(_, hash)| hash);
    let named = Annexes::open(data_dir, &link.session)
        .and_then(|annexes| annexes.list(trust))
        .is_ok_and(|listed| {
            listed.annexes.iter().any(|a| {
                a.kind == kind::REDACTION
                    && a.body["redaction"].as_str() == Some(&link.redaction)
                    && a.body["manifest"].as_str() == own.as_deref().ok()
            })
        });
    if !named {
        let detail = "no annex of the original names this copy";
        found.add(ProblemKind::Missing, LINK, detail);
    }
    if !whole {
        return;
    }
    match audio_differs(&original.join(CALL_WAV), &dir.join(CALL_WAV), &link.tones) {
        Ok(None) => {}
        Ok(Some((second, detail))) => {
            let place = format!("{CALL_WAV} second {second}");
            found.add(ProblemKind::Changed, place, detail);
        }
        Err(e) => found.add(ProblemKind::Unreadable, CALL_WAV, e.to_string()),
    }
    match log_differs(original, dir) {
        Ok(None) => {}
        Ok(Some((line, detail))) => {
            let place = format!("{EVENTS} line {line}");
            found.add(ProblemKind::Changed, place, detail);
        }
        Err(e) => found.add(ProblemKind::Unreadable, EVENTS, e.to_string()),
    }
}

/// The first second in which the copy is neither the original nor the tone.
fn audio_differs(
    original: &Path,
    copy: &Path,
    tones: &[(u64, u64)],
) -> std::io::Result<Option<(u64, &'static str)>> {
    if !original.exists() && !copy.exists() {
        return Ok(None);
    }
    let mut a = BufReader::new(File::open(original)?);
    let mut b = BufReader::new(File::open(copy)?);
    let (mut head_a, mut head_b) = ([0; HEADER as usize], [0; HEADER as usize]);
    a.read_exact(&mut head_a)?;
    b.read_exact(&mut head_b)?;
    if head_a != head_b {
        return Ok(Some((0, "is not as long as the original")));
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let most = u64::from(RATE) * FRAME;
    for second in 0.. {
        left.clear();
        right.clear();
        (&mut a).take(most).read_to_end(&mut left)?;
        (&mut b).take(most).read_to_end(&mut right)?;
        tone::put(&mut left, second * u64::from(RATE), tones);
        if left != right {
            return Ok(Some((
                second,
                "is neither the original's sound nor the tone where the link says so",
            )));
        }
        if left.is_empty() {
            break;
        }
    }
    Ok(None)
}

/// The first line in which the logs differ in more than bars.
fn log_differs(original: &Path, copy: &Path) -> Result<Option<(u64, &'static str)>, RecordError> {
    let mut a = RecordReader::open(original)?.records()?;
    let mut b = RecordReader::open(copy)?.records()?;
    loop {
        let (a, b) = match (a.next().transpose()?, b.next().transpose()?) {
            (None, None) => return Ok(None),
            (Some(a), Some(b)) => (a, b),
            (Some(a), None) => return Ok(Some((a.seq, "the copy's log is shorter"))),
            (None, Some(b)) => return Ok(Some((b.seq, "the copy's log is longer"))),
        };
        let value = |event| serde_json::to_value(event).unwrap_or_default();
        if a.at != b.at || !barred(&value(&a.event), &value(&b.event)) {
            return Ok(Some((b.seq, "differs from the original in more than bars")));
        }
    }
}

/// Whether the second is the first, or the first with bars.
fn barred(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a == b || follows(a, b),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(k, a)| b.get(k).is_some_and(|b| barred(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => {
            let is_bar = |v: &Value| v["text"].as_str() == Some(BAR);
            let mut rest = a.iter();
            // Every word that is no bar is one of the original's, in order.
            (a.len() == b.len() || b.iter().any(is_bar))
                && b.iter()
                    .filter(|word| !is_bar(word))
                    .all(|word| rest.any(|a| barred(a, word)))
        }
        (a, b) => a == b,
    }
}

/// Whether the pieces between the bars are pieces of the original, in order.
fn follows(a: &str, b: &str) -> bool {
    let mut pieces = b.split(BAR);
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = a.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return false;
    };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whoever has the key can seal anything: here it shows what the comparison
/// alone finds.
#[cfg(test)]
mod tests {
    use super::super::super::audio::wav_header;
    use super::*;
    use serde_json::json;

    #[test]
    fn only_bars_may_differ_in_a_text() {
        let check = |a: &str, b: &str, fine: bool| assert_eq!(follows(a, b), fine, "{a} {b}");
        check("my name is Ann, yes", "my name is █████, yes", true);
        check("my name is Ann", "█████", true);
        check("Ann is Ann", "█████ is █████", true);
        check("my name is Ann, yes", "my name is █████, no", false);
        check("my name is Ann", "your name is █████", false);
        check("I never led it", "I █████ led all of it", false);
    }

    #[test]
    fn only_bars_may_differ_in_an_event() {
        let word = |text: &str, at: u64| json!({"text": text, "start_ms": at, "end_ms": at + 9});
        let event = |words: Vec<Value>, end: u64| json!({"kind": "utterance", "words": words, "end_ms": end});
        let a = event(vec![word("I", 0), word("am", 10), word("Ann", 20)], 29);
        let check = |b: Value, fine: bool| assert_eq!(barred(&a, &b), fine, "{b}");
        check(a.clone(), true);
        check(event(vec![word("I", 0), word(BAR, 10)], 29), true);
        check(event(vec![word("I", 0), word(BAR, 10)], 30), false);
        check(event(vec![word("I", 0), word("am", 10)], 29), false);
        check(
            event(vec![word("am", 10), word("I", 0), word(BAR, 20)], 29),
            false,
        );
        check(event(vec![word("You", 0), word(BAR, 10)], 29), false);
        check(json!({"kind": "tick"}), false);
    }

    #[test]
    fn only_the_tone_may_differ_in_the_sound() {
        let dir = tempfile::tempdir().unwrap();
        let frames = u64::from(RATE) * 2 + 7;
        let sound: Vec<u8> = (0..frames * FRAME).map(|i| (i * 37 % 251) as u8).collect();
        let write = |name: &str, sound: &[u8]| {
            let path = dir.path().join(name);
            let mut bytes = wav_header(sound.len() as u64 / FRAME).to_vec();
            bytes.extend(sound);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let original = write("a.wav", &sound);
        let tones = [(15_990, 16_010)];
        let mut toned = sound.clone();
        tone::put(&mut toned, 0, &tones);
        let check = |sound: &[u8], second: Option<u64>| {
            let copy = write("b.wav", sound);
            let found = audio_differs(&original, &copy, &tones).unwrap();
            assert_eq!(found.map(|f| f.0), second);
        };
        check(&toned, None);
        check(&sound, Some(0));
        for (at, second) in [(0, 0), (16_000 * 4, 1), (frames as usize * 4 - 1, 2)] {
            let mut harmed = toned.clone();
            harmed[at] ^= 1;
            check(&harmed, Some(second));
        }
        check(&toned[..toned.len() - 4], Some(0));
    }
}
