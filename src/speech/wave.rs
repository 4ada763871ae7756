//! The sound that a program writes on its standard output: a WAV stream
//! (whose header may claim any length) or bare 16-bit samples, brought to
//! mono at 16 kHz while it comes in.

use super::SpeechError;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};
use std::path::Path;

/// Samples a second of what comes out.
pub(super) const RATE: u32 = 16_000;

/// Reads a whole WAV file as 16 kHz mono.
///
/// # Errors
///
/// [`SpeechError::Engine`] naming the file and what is wrong with it.
pub fn read_wav(path: &Path) -> Result<Vec<f32>, SpeechError> {
    let told = |why: String| SpeechError::Engine(format!("{}: {why}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| told(e.to_string()))?;
    if !bytes.starts_with(b"RIFF") {
        return Err(told("no WAV file".into()));
    }
    let mut samples = Vec::new();
    let mut reader = WaveReader::new(RATE);
    reader.push(&bytes, &mut samples).map_err(told)?;
    reader.finish(&mut samples).map_err(told)?;
    Ok(samples)
}

/// Sample formats that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Int16,
    Float32,
}

/// Where in the stream the reader stands.
#[derive(Debug)]
enum Stage {
    /// The first bytes decide between WAV and bare samples.
    Begin,
    /// Between the chunks of a WAV.
    Chunks,
    /// In the samples.
    Samples,
}

/// Reads sound from bytes, piece by piece.
#[derive(Debug)]
pub(super) struct WaveReader {
    stage: Stage,
    bytes: Vec<u8>,
    format: Format,
    channels: usize,
    rate: u32,
    /// Bytes of samples that are still to come, where the header tells.
    left: Option<usize>,
    to_16k: Option<To16k>,
}

impl WaveReader {
    /// A reader that takes bytes without a WAV header as 16-bit
    /// little-endian mono samples at `raw_rate`.
    pub(super) fn new(raw_rate: u32) -> Self {
        Self {
            stage: Stage::Begin,
            bytes: Vec::new(),
            format: Format::Int16,
            channels: 1,
            rate: raw_rate,
            left: None,
            to_16k: None,
        }
    }

    /// Takes `bytes` in and appends what they give to `out`.
    ///
    /// # Errors
    ///
    /// What is wrong with the WAV header.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<f32>) -> Result<(), String> {
        self.bytes.extend_from_slice(bytes);
        if matches!(self.stage, Stage::Begin) {
            if self.bytes.len() < 12 {
                return Ok(());
            }
            if self.bytes.starts_with(b"RIFF") && &self.bytes[8..12] == b"WAVE" {
                self.bytes.drain(..12);
                self.stage = Stage::Chunks;
            } else {
                self.begin_samples()?;
            }
        }
        while matches!(self.stage, Stage::Chunks) {
            if !self.chunk()? {
                return Ok(());
            }
        }
        self.samples(out)
    }

    /// Ends the stream: gives what still is inside.
    ///
    /// # Errors
    ///
    /// What is wrong with a header that came late.
    pub(super) fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), String> {
        if matches!(self.stage, Stage::Begin) {
            self.begin_samples()?;
            self.samples(out)?;
        }
        if let Some(to_16k) = &mut self.to_16k {
            to_16k.finish(out);
        }
        Ok(())
    }

    /// Reads one chunk's header, and the chunk unless it holds the samples.
    /// False where more bytes are needed.
    fn chunk(&mut self) -> Result<bool, String> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<8>() else {
            return Ok(false);
        };
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if head.starts_with(b"data") {
            // Programs that write to a pipe claim nothing or the most.
            self.left = (1..0x7f00_0000).contains(&len).then_some(len);
            self.bytes.drain(..8);
            self.begin_samples()?;
            return Ok(true);
        }
        if len > 1 << 20 {
            return Err(format!("a WAV chunk of {len} bytes before the samples"));
        }
        let padded = len + len % 2;
        if rest.len() < padded {
            return Ok(false);
        }
        if head.starts_with(b"fmt ") {
            let word = |at: usize| {
                rest.get(at..at + 2)
                    .map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
            };
            // 0xFFFE names the real format after 24 bytes.
            let kind = if word(0) == 0xfffe { word(24) } else { word(0) };
            self.format = match (kind, word(14)) {
                (1, 16) => Format::Int16,
                (3, 32) => Format::Float32,
                (kind, bits) => {
                    return Err(format!(
                        "WAV format {kind} with {bits} bits, expected 16-bit integers or \
                         32-bit floats"
                    ));
                }
            };
            self.channels = usize::from(word(2));
            self.rate = u32::from(word(4)) | u32::from(word(6)) << 16;
        }
        self.bytes.drain(..8 + padded);
        Ok(true)
    }

    fn begin_samples(&mut self) -> Result<(), String> {
        if !(1..=8).contains(&self.channels) || !(8_000..=192_000).contains(&self.rate) {
            return Err(format!(
                "{} channels at {} Hz, expected 1 to 8 channels at 8000 to 192000 Hz",
                self.channels, self.rate
            ));
        }
        if self.rate != RATE {
            self.to_16k = Some(To16k::new(self.rate)?);
        }
        self.stage = Stage::Samples;
        Ok(())
    }

    fn samples(&mut self, out: &mut Vec<f32>) -> Result<(), String> {
        if let Some(left) = self.left {
            // What follows the samples is no sound.
            self.bytes.truncate(left);
        }
        let width = match self.format {
            Format::Int16 => 2,
            Format::Float32 => 4,
        };
        let frame = width * self.channels;
        let whole = self.bytes.len() / frame * frame;
        let mono = self.bytes[..whole].chunks_exact(frame).map(|frame| {
            let sum: f32 = frame
                .chunks_exact(width)
                .map(|s| match *s {
                    [a, b] => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
                    [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
                    _ => 0.0,
                })
                .sum();
            sum / self.channels as f32
        });
        match &mut self.to_16k {
            None => out.extend(mono),
            Some(to_16k) => {
                to_16k.waiting.extend(mono);
                to_16k.run(out);
            }
        }
        self.bytes.drain(..whole);
        self.left = self.left.map(|left| left - whole);
        Ok(())
    }
}

/// A resampler to 16 kHz without the delay of its filter.
pub(super) struct To16k {
    fft: Fft<f32>,
    waiting: Vec<f32>,
    buffer: Vec<f32>,
    /// Samples of the filter's delay that are still to be left out.
    lead: usize,
    /// Input and output so far, for the length at the end.
    taken: u64,
    given: u64,
    rate: u32,
}

impl std::fmt::Debug for To16k {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("To16k")
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}

impl To16k {
    /// A converter from `rate`; why not, where there is none.
    pub(super) fn new(rate: u32) -> Result<Self, String> {
        let fft = Fft::new(
            rate as usize,
            RATE as usize,
            rate as usize / 100,
            1,
            FixedSync::Input,
        )
        .map_err(|e| format!("no resampler from {rate} Hz: {e}"))?;
        Ok(Self {
            lead: fft.output_delay(),
            buffer: vec![0.0; fft.output_frames_max()],
            fft,
            waiting: Vec::new(),
            taken: 0,
            given: 0,
            rate,
        })
    }

    /// Converts all of a sound at once.
    pub(super) fn whole(&mut self, sound: Vec<f32>) -> Vec<f32> {
        let mut out = Vec::new();
        self.waiting = sound;
        self.run(&mut out);
        self.finish(&mut out);
        out
    }

    fn run(&mut self, out: &mut Vec<f32>) {
        loop {
            let needed = self.fft.input_frames_next();
            if self.waiting.len() < needed {
                return;
            }
            let room = self.buffer.len();
            let (Ok(input), Ok(mut output)) = (
                InterleavedSlice::new(&self.waiting, 1, self.waiting.len()),
                InterleavedSlice::new_mut(&mut self.buffer, 1, room),
            ) else {
                return;
            };
            // Sizes are as asked for, so this cannot fail.
            let Ok((used, made)) = self.fft.process_into_buffer(&input, &mut output, None) else {
                return;
            };
            self.waiting.drain(..used);
            self.taken += used as u64;
            let skip = self.lead.min(made);
            self.lead -= skip;
            out.extend_from_slice(&self.buffer[skip..made]);
            self.given += (made - skip) as u64;
        }
    }

    /// Pushes silence through until all of the sound is out.
    fn finish(&mut self, out: &mut Vec<f32>) {
        let total =
            (self.taken + self.waiting.len() as u64) * u64::from(RATE) / u64::from(self.rate);
        let before = out.len();
        let missing = total.saturating_sub(self.given) as usize;
        // A round may give nothing while the filter fills; some rounds do.
        for _ in 0..100 {
            if out.len() - before >= missing {
                break;
            }
            let needed = self.fft.input_frames_next();
            self.waiting.resize(self.waiting.len().max(needed), 0.0);
            self.run(out);
        }
        out.truncate(before + missing);
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A WAV of one second of a 440 Hz tone.
    fn wav(channels: u16, rate: u32, format: u16, claimed: u32) -> Vec<u8> {
        let mut file = b"RIFF\xff\xff\xff\xffWAVE".to_vec();
        file.extend(b"LIST\x03\x00\x00\x00abc\x00");
        file.extend(b"fmt \x10\x00\x00\x00");
        let bits = if format == 1 { 16 } else { 32 };
        file.extend(format.to_le_bytes());
        file.extend(channels.to_le_bytes());
        file.extend(rate.to_le_bytes());
        file.extend([0; 6]);
        file.extend((bits as u16).to_le_bytes());
        file.extend(b"data");
        file.extend(claimed.to_le_bytes());
        for i in 0..rate {
            let x = 0.5 * (i as f32 * 440.0 * std::f32::consts::TAU / rate as f32).sin();
            for _ in 0..channels {
                if format == 1 {
                    file.extend(((x * 32_767.0) as i16).to_le_bytes());
                } else {
                    file.extend(x.to_le_bytes());
                }
            }
        }
        file
    }

    fn read(bytes: &[u8], piece: usize) -> Result<Vec<f32>, String> {
        let mut reader = WaveReader::new(22_050);
        let mut out = Vec::new();
        for piece in bytes.chunks(piece) {
            reader.push(piece, &mut out)?;
        }
        reader.finish(&mut out)?;
        Ok(out)
    }

    #[test]
    fn every_form_comes_out_as_the_same_second_at_16_khz() {
        let expected = |i: usize| 0.5 * (i as f32 * 440.0 * std::f32::consts::TAU / 16e3).sin();
        for (channels, rate, format, claimed) in [
            (1, 16_000, 1, 32_000),
            (1, 22_050, 1, 0x7fff_f000),
            (2, 44_100, 1, 0),
            (1, 48_000, 3, u32::MAX),
            (1, 24_000, 1, 48_000),
        ] {
            let out = read(&wav(channels, rate, format, claimed), 1000).unwrap();
            assert_eq!(out.len(), 16_000, "{rate}");
            for (i, x) in out.iter().enumerate().take(15_000).skip(1_000) {
                // The filter's delay is no whole number of samples.
                assert!((x - expected(i)).abs() < 0.09, "{rate} at {i}: {x}");
            }
        }
    }

    #[test]
    fn bare_samples_take_the_given_rate() {
        let bytes: Vec<u8> = (0..22_050i16).flat_map(i16::to_le_bytes).collect();
        assert_eq!(read(&bytes, 777).unwrap().len(), 16_000);
        assert_eq!(read(&[], 1).unwrap().len(), 0);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let error = read(&wav(1, 16_000, 7, 0), 64).unwrap_err();
        assert!(error.contains("format 7"), "{error}");
        assert!(read(&wav(0, 16_000, 1, 0), 64).is_err());
        assert!(read(&wav(1, 3, 1, 0), 64).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            wave in any::<bool>(),
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            piece in 1usize..50,
        ) {
            let head: &[u8] = if wave { b"RIFF\0\0\0\0WAVEfmt " } else { b"" };
            let _ = read(&[head, &bytes].concat(), piece);
        }
    }
}
