//! The recording on disk: `call.wav` through hound, its header made valid
//! again twice a second, and `audio.chain`, a chained hash for every second.

use super::disk::{Disk, LineFile, Sink};
use super::error::RecordError;
use super::{AUDIO_CHAIN, CALL_WAV, RATE};
use hound::{SampleFormat, WavSpec, WavWriter};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes before the first sample in `call.wav`.
pub(super) const HEADER: u64 = 44;
/// Bytes of one frame: two channels of 16 bits.
pub(super) const FRAME: u64 = 4;

const SPEC: WavSpec = WavSpec {
    channels: 2,
    sample_rate: RATE,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

/// One line of `audio.chain`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub(super) struct ChainLine {
    /// Which second, from 0.
    pub(super) second: u64,
    /// Frames in it: the rate, fewer only in the last one.
    pub(super) samples: u32,
    /// SHA-256 of its bytes as they stand in `call.wav`.
    pub(super) sha256: String,
    /// See [`link`].
    pub(super) chain: String,
}

/// The chain's value after a second: SHA-256 over the value before (32
/// bytes), the second's SHA-256 (32 bytes) and its number of frames (4
/// bytes, little-endian).
pub(super) fn link(before: &[u8; 32], second: &[u8; 32], samples: u32) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(second);
    hash.update(samples.to_le_bytes());
    hash.finalize().into()
}

/// The 44 bytes that begin a `call.wav` of so many frames.
pub(super) fn wav_header(frames: u64) -> [u8; HEADER as usize] {
    let data = (frames * FRAME) as u32;
    let mut h = [0; HEADER as usize];
    h[0..4].copy_from_slice(b"RIFF");
    h[4..8].copy_from_slice(&(data + 36).to_le_bytes());
    h[8..16].copy_from_slice(b"WAVEfmt ");
    h[16..20].copy_from_slice(&16u32.to_le_bytes());
    h[20..22].copy_from_slice(&1u16.to_le_bytes());
    h[22..24].copy_from_slice(&SPEC.channels.to_le_bytes());
    h[24..28].copy_from_slice(&RATE.to_le_bytes());
    h[28..32].copy_from_slice(&(RATE * FRAME as u32).to_le_bytes());
    h[32..34].copy_from_slice(&(FRAME as u16).to_le_bytes());
    h[34..36].copy_from_slice(&SPEC.bits_per_sample.to_le_bytes());
    h[36..40].copy_from_slice(b"data");
    h[40..44].copy_from_slice(&data.to_le_bytes());
    h
}

/// A sink that hound owns one end of, so that the other can sync it. Once
/// `dead`, it takes nothing more: hound writes its header when dropped, and
/// after a failure that header would promise samples that are not there.
#[derive(Clone)]
struct Shared(Arc<Mutex<(Box<dyn Sink>, bool)>>);

impl Shared {
    fn with<T>(&self, f: impl FnOnce(&mut dyn Sink) -> io::Result<T>) -> io::Result<T> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.1 {
            return Err(io::Error::other("an earlier write failed"));
        }
        f(&mut *guard.0)
    }

    fn kill(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
    }
}

impl Write for Shared {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.with(|s| s.write(buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(|s| s.flush())
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.with(|s| s.seek(to))
    }
}

/// Writes `call.wav` and `audio.chain`.
pub(super) struct AudioWriter {
    path: PathBuf,
    wav: Option<WavWriter<BufWriter<Shared>>>,
    sink: Shared,
    chain: LineFile,
    chain_value: [u8; 32],
    sync: bool,
    /// Frames given to hound.
    frames: u64,
    /// Frames on disk under a valid header.
    flushed: u64,
    /// The running second's hash, and as it was at the last flush.
    hash: Sha256,
    hash_flushed: Sha256,
    /// A chain line that could not be written when it was due.
    owed: Option<(Vec<u8>, [u8; 32])>,
    /// The last, shorter second has its chain line.
    closed: bool,
}

impl AudioWriter {
    /// Makes both files; the chain starts from the hash of the head.
    pub(super) fn create(
        disk: &dyn Disk,
        dir: &Path,
        head_hash: [u8; 32],
        sync: bool,
    ) -> Result<Self, RecordError> {
        let path = dir.join(CALL_WAV);
        let chain = LineFile::create(disk, &dir.join(AUDIO_CHAIN))?;
        let sink = disk
            .create(&path)
            .map_err(|e| RecordError::io("create", &path, e))?;
        let sink = Shared(Arc::new(Mutex::new((sink, false))));
        let wav = WavWriter::new(BufWriter::with_capacity(1 << 16, sink.clone()), SPEC)
            .and_then(|mut w| w.flush().map(|()| w))
            .map_err(|e| RecordError::wav("write", &path, e))?;
        Ok(Self {
            path,
            wav: Some(wav),
            sink,
            chain,
            chain_value: head_hash,
            sync,
            frames: 0,
            flushed: 0,
            hash: Sha256::new(),
            hash_flushed: Sha256::new(),
            owed: None,
            closed: false,
        })
    }

    /// Frames on disk, under a valid header.
    pub(super) const fn flushed(&self) -> u64 {
        self.flushed
    }

    /// The chain's value after the last line written.
    pub(super) const fn chain_value(&self) -> &[u8; 32] {
        &self.chain_value
    }

    /// Adds interleaved frames. After an error the recording ends at
    /// [`AudioWriter::flushed`] and every further call fails.
    pub(super) fn write(&mut self, interleaved: &[i16]) -> Result<(), RecordError> {
        let mut rest = interleaved;
        while !rest.is_empty() {
            let to_second = u64::from(RATE) - self.frames % u64::from(RATE);
            let n = (rest.len() / 2).min(to_second as usize);
            let (now, later) = rest.split_at(2 * n);
            rest = later;
            if let Err(e) = self.write_within_second(now) {
                self.give_up();
                return Err(e);
            }
        }
        Ok(())
    }

    fn write_within_second(&mut self, interleaved: &[i16]) -> Result<(), RecordError> {
        let wav_error = |e| RecordError::wav("write", &self.path, e);
        let Some(wav) = &mut self.wav else {
            return Err(RecordError::Broken {
                path: self.path.clone(),
            });
        };
        let mut writer = wav.get_i16_writer(interleaved.len() as u32);
        for sample in interleaved {
            writer.write_sample(*sample);
        }
        writer.flush().map_err(wav_error)?;
        let bytes: Vec<u8> = interleaved.iter().flat_map(|s| s.to_le_bytes()).collect();
        self.hash.update(&bytes);
        self.frames += interleaved.len() as u64 / 2;
        let whole = self.frames.is_multiple_of(u64::from(RATE));
        if whole || self.frames - self.flushed >= u64::from(RATE) / 2 {
            self.flush()?;
        }
        if whole {
            self.close_second(RATE)?;
        }
        Ok(())
    }

    /// Data first, then the header, then the medium.
    fn flush(&mut self) -> Result<(), RecordError> {
        if let Some(wav) = &mut self.wav {
            wav.flush()
                .map_err(|e| RecordError::wav("write", &self.path, e))?;
        }
        if self.sync {
            self.sink
                .with(|s| s.sync())
                .map_err(|e| RecordError::io("sync", &self.path, e))?;
        }
        self.flushed = self.frames;
        self.hash_flushed = self.hash.clone();
        Ok(())
    }

    /// Writes the chain's line for the second that the flushed frames end.
    fn close_second(&mut self, samples: u32) -> Result<(), RecordError> {
        let second: [u8; 32] = self.hash_flushed.finalize_reset().into();
        let value = link(&self.chain_value, &second, samples);
        let line = ChainLine {
            second: self.flushed.div_ceil(u64::from(RATE)) - 1,
            samples,
            sha256: hex::encode(second),
            chain: hex::encode(value),
        };
        let mut bytes = serde_json::to_vec(&line).map_err(|e| RecordError::Unstorable {
            what: e.to_string(),
        })?;
        bytes.push(b'\n');
        self.hash = Sha256::new();
        self.owed = Some((bytes, value));
        self.pay()
    }

    /// Writes the chain line that is due, if one is.
    fn pay(&mut self) -> Result<(), RecordError> {
        if let Some((line, value)) = &self.owed {
            self.chain.append(line, self.sync)?;
            self.chain_value = *value;
            self.owed = None;
        }
        Ok(())
    }

    /// Ends the recording where it is whole: cuts what was half written and
    /// puts the header right. Best effort; the first error has been told.
    fn give_up(&mut self) {
        let flushed = self.flushed;
        let _ = self.sink.with(|s| {
            s.cut(HEADER + flushed * FRAME)?;
            s.seek(SeekFrom::Start(0))?;
            s.write_all(&wav_header(flushed))?;
            s.flush()
        });
        self.sink.kill();
        self.wav = None;
    }

    /// Closes the last second and both files; returns the length in frames.
    pub(super) fn finish(&mut self) -> Result<u64, RecordError> {
        self.pay()?;
        if self.wav.is_some() {
            self.flush()?;
        }
        if let Some(wav) = self.wav.take() {
            wav.finalize()
                .map_err(|e| RecordError::wav("finish", &self.path, e))?;
        }
        let part = self.flushed % u64::from(RATE);
        if part > 0 && !self.closed {
            self.closed = true;
            self.close_second(part as u32)?;
        }
        self.chain.sync()?;
        Ok(self.flushed)
    }
}
