//! Recordings of answers with their pauses labelled: what was said between
//! the pauses, and where every sound really began and ended.

use crate::audio::{AnswerKind, read_wav_16k};
use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is said between two pauses; times count from the recording's begin.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The words, with the marks that a careful writer would set.
    pub(super) text: String,
    /// First sound.
    pub(super) start_ms: u64,
    /// Last sound.
    pub(super) end_ms: u64,
}

/// One line of a manifest.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    /// The recording, relative to the manifest.
    pub(super) audio: PathBuf,
    /// Who speaks; all of one voice are heard as one call.
    pub(super) voice: String,
    /// The part of the whole that it belongs to.
    #[serde(default)]
    pub(super) set: String,
    /// What was asked.
    pub(super) asked: AnswerKind,
    /// What was said, pause by pause; the last one's end is the turn's.
    pub(super) pieces: Vec<Piece>,
}

/// A recording and its label.
#[derive(Clone, Debug)]
pub(super) struct Clip {
    pub(super) label: Label,
    pub(super) audio: Vec<f32>,
}

/// Reads a manifest (JSON lines) and its recordings.
///
/// # Errors
///
/// The first line that is wrong, by number.
pub(super) fn read(path: &Path, set: Option<&str>) -> anyhow::Result<Vec<Clip>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("Manifest {}", path.display()))?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut clips = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let place = || format!("Manifest {}, line {}", path.display(), number + 1);
        let label: Label = serde_json::from_str(line).with_context(place)?;
        if set.is_some_and(|s| s != label.set) {
            continue;
        }
        let audio = read_wav_16k(folder.join(&label.audio)).with_context(place)?;
        check(&label, crate::audio::pos_ms(audio.len() as u64)).with_context(place)?;
        clips.push(Clip { label, audio });
    }
    match (clips.is_empty(), set) {
        (false, _) => Ok(clips),
        (true, None) => bail!("Manifest {} has no recordings", path.display()),
        (true, Some(set)) => bail!(
            "Manifest {} has no recordings of the set `{set}`",
            path.display()
        ),
    }
}

fn check(label: &Label, length_ms: u64) -> anyhow::Result<()> {
    ensure!(!label.pieces.is_empty(), "pieces: found none, expected one");
    let mut last = 0;
    for piece in &label.pieces {
        ensure!(
            piece.start_ms >= last && piece.end_ms > piece.start_ms && piece.end_ms <= length_ms,
            "piece `{}` from {} to {} ms: expected after {last} ms and within {length_ms} ms",
            piece.text,
            piece.start_ms,
            piece.end_ms
        );
        last = piece.end_ms;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_cannot_be_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let wav = dir.path().join("a.wav");
        let mut out = crate::audio::WavSpeaker::create(&wav).unwrap();
        out.write(&[0.1; 16_000]).unwrap();
        out.finish().unwrap();
        let manifest = dir.path().join("m.jsonl");
        let label = |pieces: &str| {
            let line =
                format!(r#"{{"audio":"a.wav","voice":"v","asked":"long","pieces":{pieces}}}"#);
            std::fs::write(&manifest, line).unwrap();
            read(&manifest, None)
        };
        assert_eq!(
            label(r#"[{"text":"Yes.","start_ms":10,"end_ms":900}]"#)
                .unwrap()
                .len(),
            1
        );
        for (pieces, told) in [
            ("[]", "found none"),
            (
                r#"[{"text":"Yes.","start_ms":10,"end_ms":2000}]"#,
                "within 1000 ms",
            ),
            (
                r#"[{"text":"Yes.","start_ms":10,"end_ms":10}]"#,
                "from 10 to 10",
            ),
        ] {
            let error = format!("{:#}", label(pieces).unwrap_err());
            assert!(error.contains("line 1") && error.contains(told), "{error}");
        }
        let none = read(&manifest, Some("other")).unwrap_err();
        assert!(none.to_string().contains("`other`"), "{none}");
    }
}
