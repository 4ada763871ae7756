//! Files and programs in the place of devices: a WAV file or a
//! [`MicSource`] as microphone, a WAV file as speaker.

use super::error::AudioError;
use super::resample::convert;
use super::{MicSource, RATE, SamplePos};
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// Reads a whole WAV file of any rate, channel count and format as 16 kHz
/// mono.
///
/// # Errors
///
/// [`AudioError::File`] if it cannot be opened, [`AudioError::BadWav`] if it
/// is empty, cut short or no WAV file.
pub fn read_wav_16k(path: impl AsRef<Path>) -> Result<Vec<f32>, AudioError> {
    let path = path.as_ref();
    let bad = |reason: String| AudioError::BadWav {
        path: path.into(),
        reason,
    };
    let file = File::open(path).map_err(|reason| AudioError::File {
        verb: "read",
        path: path.into(),
        reason,
    })?;
    let size = file.metadata().map_or(0, |m| m.len());
    if size == 0 {
        return Err(bad("the file is empty".into()));
    }
    let mut reader = WavReader::new(std::io::BufReader::new(file)).map_err(|e| match e {
        hound::Error::IoError(_) => bad(format!("it ends inside its header, after {size} bytes")),
        other => bad(other.to_string()),
    })?;
    let spec = reader.spec();
    if spec.sample_rate == 0 || spec.channels == 0 {
        return Err(bad(format!(
            "its header says {} Hz and {} channels",
            spec.sample_rate, spec.channels
        )));
    }
    let expected = reader.len();
    if expected == 0 {
        return Err(bad("it has no samples".into()));
    }
    let samples: Vec<f32> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().map_while(Result::ok).collect(),
        SampleFormat::Int => {
            let full = 2f32.powi(i32::from(spec.bits_per_sample) - 1);
            let samples = reader.samples::<i32>().map_while(Result::ok);
            samples.map(|v| v as f32 / full).collect()
        }
    };
    if samples.len() < expected as usize {
        return Err(bad(format!(
            "it is cut short: {} of {expected} samples are there",
            samples.len()
        )));
    }
    let channels = usize::from(spec.channels);
    let mono: Vec<f32> = samples
        .chunks_exact(channels)
        .map(|frame| frame.iter().sum::<f32>() / channels as f32)
        .map(|v| if v.is_finite() { v } else { 0.0 })
        .collect();
    convert(&mono, spec.sample_rate, RATE)
}

/// A microphone without a device.
pub(crate) enum MicFeed {
    /// A recording; silence after its end.
    Recording {
        samples: Vec<f32>,
        /// Whether its end was told.
        told: bool,
    },
    /// A program.
    Live(Box<dyn MicSource>),
}

impl MicFeed {
    /// Fills `out` from position `at` on; says where a recording ended, once.
    pub(crate) fn fill(&mut self, at: SamplePos, out: &mut [f32]) -> Option<SamplePos> {
        match self {
            Self::Live(source) => {
                out.fill(0.0);
                source.fill(at, out);
                None
            }
            Self::Recording { samples, told } => {
                let from = (at as usize).min(samples.len());
                let part = &samples[from..(from + out.len()).min(samples.len())];
                out[..part.len()].copy_from_slice(part);
                out[part.len()..].fill(0.0);
                let ended = from + part.len() == samples.len() && !*told;
                *told |= ended;
                ended.then_some(samples.len() as u64)
            }
        }
    }
}

/// A 16 kHz mono WAV file that is valid at least once a second.
pub(crate) struct WavSpeaker {
    path: PathBuf,
    writer: WavWriter<BufWriter<File>>,
    since_flush: usize,
}

impl WavSpeaker {
    pub(crate) fn create(path: &Path) -> Result<Self, AudioError> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let writer = WavWriter::create(path, spec).map_err(|e| Self::failed(path, e))?;
        Ok(Self {
            path: path.into(),
            writer,
            since_flush: 0,
        })
    }

    pub(crate) fn write(&mut self, samples: &[f32]) -> Result<(), AudioError> {
        let write = |writer: &mut WavWriter<_>, sample: f32| {
            writer.write_sample(<i16 as super::pcm::Pcm>::from_f32(sample))
        };
        for sample in samples {
            write(&mut self.writer, *sample).map_err(|e| Self::failed(&self.path, e))?;
        }
        self.since_flush += samples.len();
        if self.since_flush >= RATE as usize {
            self.since_flush = 0;
            self.writer
                .flush()
                .map_err(|e| Self::failed(&self.path, e))?;
        }
        Ok(())
    }

    /// Closes the file; a failure is seen.
    pub(crate) fn finish(self) -> Result<(), AudioError> {
        self.writer
            .finalize()
            .map_err(|e| Self::failed(&self.path, e))
    }

    fn failed(path: &Path, error: hound::Error) -> AudioError {
        AudioError::File {
            verb: "write",
            path: path.into(),
            reason: match error {
                hound::Error::IoError(e) => e,
                other => std::io::Error::other(other.to_string()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write<S: hound::Sample + Copy>(path: &Path, spec: WavSpec, samples: &[S]) {
        let mut writer = WavWriter::create(path, spec).unwrap();
        for s in samples {
            writer.write_sample(*s).unwrap();
        }
        writer.finalize().unwrap();
    }

    const fn spec(channels: u16, rate: u32, bits: u16, sample_format: SampleFormat) -> WavSpec {
        WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: bits,
            sample_format,
        }
    }

    #[test]
    fn any_rate_channel_count_and_format_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        let check = |what: &str| {
            let read = read_wav_16k(&path).unwrap();
            assert_eq!(read.len(), 16_000, "{what}");
            for (i, v) in read.iter().enumerate().take(15_000).skip(1_000) {
                let expected = (i as f32 * 300.0 * std::f32::consts::TAU / 16_000.0).sin() * 0.25;
                assert!((v - expected).abs() < 0.01, "{what} at {i}: {v} {expected}");
            }
        };
        for (rate, channels) in [(44_100, 2u16), (48_000, 2), (48_000, 1), (8_000, 1)] {
            let tone = |scale: f32| {
                (0..rate * u32::from(channels)).map(move |i| {
                    let t = (i / u32::from(channels)) as f32 / rate as f32;
                    // On the first channel only, so twice as loud there.
                    let first = if i % u32::from(channels) == 0 {
                        channels as f32
                    } else {
                        0.0
                    };
                    (t * 300.0 * std::f32::consts::TAU).sin() * 0.25 * first * scale
                })
            };
            let ints = |scale: f32| tone(scale).map(|v| v as i32).collect::<Vec<_>>();
            let floats: Vec<f32> = tone(1.0).collect();
            write(
                &path,
                spec(channels, rate, 16, SampleFormat::Int),
                &ints(32_767.0),
            );
            check(&format!("{rate} {channels} i16"));
            write(
                &path,
                spec(channels, rate, 24, SampleFormat::Int),
                &ints(8_388_607.0),
            );
            check(&format!("{rate} {channels} i24"));
            write(
                &path,
                spec(channels, rate, 8, SampleFormat::Int),
                &ints(127.0),
            );
            check(&format!("{rate} {channels} i8"));
            write(
                &path,
                spec(channels, rate, 32, SampleFormat::Float),
                &floats,
            );
            check(&format!("{rate} {channels} f32"));
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.wav");
        let message = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            read_wav_16k(&path).unwrap_err().to_string()
        };
        assert!(message(b"").ends_with("the file is empty"));
        assert!(message(b"RIFF").ends_with("it ends inside its header, after 4 bytes"));
        let text = message(b"To whom it may concern: this is a letter, not a sound.");
        assert!(text.contains("is not a usable WAV file"), "{text}");
        write(&path, spec(1, 16_000, 16, SampleFormat::Int), &[0i16; 0]);
        let whole = std::fs::read(&path).unwrap();
        assert!(message(&whole).ends_with("it has no samples"));
        write(&path, spec(1, 16_000, 16, SampleFormat::Int), &[7i16; 100]);
        let whole = std::fs::read(&path).unwrap();
        let text = message(&whole[..whole.len() - 100]);
        assert!(
            text.ends_with("it is cut short: 50 of 100 samples are there"),
            "{text}"
        );
        let none = read_wav_16k(dir.path().join("none.wav")).unwrap_err();
        assert!(none.to_string().starts_with("Cannot read"), "{none}");
    }

    #[test]
    fn the_speakers_file_is_valid_while_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("speaker.wav");
        let mut speaker = WavSpeaker::create(&path).unwrap();
        speaker.write(&[0.5; 16_000]).unwrap();
        speaker.write(&[0.5; 100]).unwrap();
        assert_eq!(WavReader::open(&path).unwrap().len(), 16_000);
        speaker.finish().unwrap();
        assert_eq!(WavReader::open(&path).unwrap().len(), 16_100);
    }

    #[test]
    fn a_recording_is_followed_by_silence_and_ends_once() {
        let mut feed = MicFeed::Recording {
            samples: vec![1.0; 250],
            told: false,
        };
        let mut out = [9.0; 100];
        assert_eq!(feed.fill(0, &mut out), None);
        assert_eq!(feed.fill(100, &mut out), None);
        assert_eq!(feed.fill(200, &mut out), Some(250));
        assert_eq!((out[49], out[50]), (1.0, 0.0));
        assert_eq!(feed.fill(300, &mut out), None);
        assert_eq!(out, [0.0; 100]);
    }
}
