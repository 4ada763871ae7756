//! The loudest sample of every tenth of a second of a recording, for a
//! waveform. Worked out once for a sealed record and kept outside it, in
//! `DATA/cache/peaks`; what is there without its record goes at the next look.

use super::problem::Problem;
use crate::record::{CALL_WAV, Manifest, RATE, RecordError, replace_cached};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Samples that one value stands for.
const STEP: u32 = RATE / 10;

#[derive(Serialize, Deserialize)]
struct Peaks {
    /// Which recording: the end of its chain of hashes.
    chain: Option<String>,
    /// Milliseconds that one value stands for.
    step_ms: u32,
    /// The candidate, 0 to 32768.
    near: Vec<u16>,
    /// The recruiter.
    far: Vec<u16>,
}

/// The peaks of a record as JSON; nothing where it has no recording.
pub(super) fn of(
    data_dir: &Path,
    record: &Path,
    session: &str,
) -> Result<Option<Vec<u8>>, Problem> {
    let wav = record.join(CALL_WAV);
    if !wav.is_file() {
        return Ok(None);
    }
    let chain = Manifest::read(record)?.and_then(|m| Some(m.audio?.chain));
    let dir = data_dir.join("cache").join("peaks");
    let name = format!("{session}.json");
    if chain.is_some()
        && let Ok(bytes) = std::fs::read(dir.join(&name))
        && serde_json::from_slice::<Peaks>(&bytes).is_ok_and(|peaks| peaks.chain == chain)
    {
        return Ok(Some(bytes));
    }
    let sealed = chain.is_some();
    let peaks = measure(&wav, chain)?;
    let bytes = serde_json::to_vec(&peaks).map_err(|e| Problem::internal(&e))?;
    if sealed && let Err(error) = replace_cached(&dir, &name, &bytes) {
        tracing::warn!(%error, "peaks were not kept");
    }
    Ok(Some(bytes))
}

fn measure(wav: &Path, chain: Option<String>) -> Result<Peaks, Problem> {
    let failed = |e: hound::Error| {
        let source = std::io::Error::other(e.to_string());
        Problem::from(RecordError::io("read", wav, source))
    };
    let mut reader = hound::WavReader::open(wav).map_err(failed)?;
    let mut peaks = Peaks {
        chain,
        step_ms: STEP * 1000 / RATE,
        near: Vec::new(),
        far: Vec::new(),
    };
    let mut frames = 0;
    let (mut near, mut far) = (0u16, 0u16);
    let mut samples = reader.samples::<i16>();
    // A recording that still grows ends where it ends.
    while let (Some(Ok(left)), Some(Ok(right))) = (samples.next(), samples.next()) {
        near = near.max(left.unsigned_abs());
        far = far.max(right.unsigned_abs());
        frames += 1;
        if frames == STEP {
            peaks.near.push(std::mem::take(&mut near));
            peaks.far.push(std::mem::take(&mut far));
            frames = 0;
        }
    }
    if frames > 0 {
        peaks.near.push(near);
        peaks.far.push(far);
    }
    Ok(peaks)
}

/// Removes what is kept of records that are not there any more.
pub(super) fn tidy(data_dir: &Path, is_there: impl Fn(&str) -> bool) {
    let dir = data_dir.join("cache").join("peaks");
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let session = name.to_str().and_then(|n| n.strip_suffix(".json"));
        if session.is_some_and(|session| !is_there(session)) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenth_of_a_second_is_worth_its_loudest_sample() {
        let dir = tempfile::tempdir().unwrap();
        let wav = dir.path().join("call.wav");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&wav, spec).unwrap();
        for n in 0..STEP + 10 {
            let near = if n == 5 { i16::MIN } else { 3 };
            writer.write_sample(near).unwrap();
            writer
                .write_sample(if n >= STEP { -7i16 } else { 0 })
                .unwrap();
        }
        writer.finalize().unwrap();
        let peaks = measure(&wav, None).unwrap();
        assert_eq!(peaks.near, [32768, 3]);
        assert_eq!(peaks.far, [0, 7]);
        assert_eq!(peaks.step_ms, 100);
    }
}
