//! The recording on disk: `call.wav`, its header made valid again twice a
//! second, and `audio.chain`, a chained hash for every second.

use super::disk::{Disk, LineFile, Sink};
use super::error::RecordError;
use super::reader::Lines;
use super::{AUDIO_CHAIN, CALL_WAV, RATE};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes before the first sample in `call.wav`.
pub(super) const HEADER: u64 = 44;
/// Bytes of one frame: two channels of 16 bits.
pub(super) const FRAME: u64 = 4;

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

/// The most frames that a header can state: its sizes have 32 bits, and one
/// of them counts 36 bytes of the header in.
pub(super) const MOST_FRAMES: u64 = (u32::MAX as u64 - 36) / FRAME;

/// The 44 bytes that begin a `call.wav` of so many frames, or of
/// [`MOST_FRAMES`] if there are more.
pub(super) fn wav_header(frames: u64) -> [u8; HEADER as usize] {
    let data = (frames.min(MOST_FRAMES) * FRAME) as u32;
    let mut h = [0; HEADER as usize];
    h[0..4].copy_from_slice(b"RIFF");
    h[4..8].copy_from_slice(&(data + 36).to_le_bytes());
    h[8..16].copy_from_slice(b"WAVEfmt ");
    h[16..20].copy_from_slice(&16u32.to_le_bytes());
    h[20..22].copy_from_slice(&1u16.to_le_bytes());
    h[22..24].copy_from_slice(&2u16.to_le_bytes());
    h[24..28].copy_from_slice(&RATE.to_le_bytes());
    h[28..32].copy_from_slice(&(RATE * FRAME as u32).to_le_bytes());
    h[32..34].copy_from_slice(&(FRAME as u16).to_le_bytes());
    h[34..36].copy_from_slice(&16u16.to_le_bytes());
    h[36..40].copy_from_slice(b"data");
    h[40..44].copy_from_slice(&data.to_le_bytes());
    h
}

/// Writes `call.wav` and `audio.chain`.
pub(super) struct AudioWriter {
    path: PathBuf,
    /// Nothing once the recording has ended, in order or not.
    wav: Option<Box<dyn Sink>>,
    chain: LineFile,
    chain_value: [u8; 32],
    sync: bool,
    /// Bytes of frames that are not on disk yet: half a second at most.
    waiting: Vec<u8>,
    /// Frames on disk under a valid header.
    flushed: u64,
    /// Hash of the running second's frames that are on disk.
    hash: Sha256,
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
        let mut wav = disk
            .create(&path)
            .map_err(|e| RecordError::io("create", &path, e))?;
        wav.write_all(&wav_header(0))
            .and_then(|()| wav.flush())
            .map_err(|e| RecordError::io("write", &path, e))?;
        Ok(Self {
            path,
            wav: Some(wav),
            chain,
            chain_value: head_hash,
            sync,
            waiting: Vec::new(),
            flushed: 0,
            hash: Sha256::new(),
            owed: None,
            closed: false,
        })
    }

    /// Opens both files as a killed writer left them, to go on at the last
    /// frame under a valid header: what stands behind it is cut off, the
    /// chain gets the lines that were not written any more. Says how many
    /// bytes of sound were cut.
    ///
    /// # Errors
    /// [`RecordError::BadLine`] where chain and recording are not what a
    /// killed writer leaves; nothing is changed then.
    pub(super) fn open(
        disk: &dyn Disk,
        dir: &Path,
        head_hash: [u8; 32],
        sync: bool,
    ) -> Result<(Self, u64), RecordError> {
        let path = dir.join(CALL_WAV);
        let chain_path = dir.join(AUDIO_CHAIN);
        let size = fs::metadata(&path).map_or(0, |m| m.len());
        if size < HEADER {
            // Killed while the files were made: nothing was acknowledged.
            for file in [&path, &chain_path] {
                match fs::remove_file(file) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => {
                        return Err(RecordError::io("remove", file, e));
                    }
                    _ => {}
                }
            }
            return Ok((Self::create(disk, dir, head_hash, sync)?, 0));
        }
        let read = |e| RecordError::io("read", &path, e);
        let mut file = File::open(&path).map_err(read)?;
        let frames = stated_frames(&mut file).map_err(read)?;
        let Some(frames) = frames.filter(|n| HEADER + n * FRAME <= size) else {
            let what = format!("{size} bytes are not what its header says");
            return Err(RecordError::BadLine {
                path,
                line: 1,
                what,
            });
        };
        let links = Links::read(&chain_path, head_hash, frames)?;
        let mut wav = disk
            .open(&path)
            .map_err(|e| RecordError::io("write", &path, e))?;
        let behind = size - HEADER - frames * FRAME;
        // Both of the header's sizes, should only one have been written.
        wav.write_all(&wav_header(frames))
            .and_then(|()| wav.cut(HEADER + frames * FRAME))
            .and_then(|()| wav.flush())
            .map_err(|e| RecordError::io("write", &path, e))?;
        let mut writer = Self {
            path: path.clone(),
            wav: (!links.closed).then_some(wav),
            chain: LineFile::open(disk, &chain_path, links.bytes)?,
            chain_value: links.value,
            sync,
            waiting: Vec::new(),
            flushed: links.frames,
            hash: Sha256::new(),
            owed: None,
            closed: links.closed,
        };
        // The seconds that the chain does not have yet, the last of them
        // still running.
        file.seek(SeekFrom::Start(HEADER + links.frames * FRAME))
            .map_err(read)?;
        let mut buf = vec![0; (u64::from(RATE) * FRAME) as usize];
        while writer.flushed < frames {
            let n = (frames - writer.flushed).min(u64::from(RATE));
            let second = &mut buf[..(n * FRAME) as usize];
            file.read_exact(second).map_err(read)?;
            writer.hash.update(&*second);
            writer.flushed += n;
            if n == u64::from(RATE) {
                writer.close_second(RATE)?;
            }
        }
        Ok((writer, behind))
    }

    /// Frames on disk, under a valid header.
    pub(super) const fn flushed(&self) -> u64 {
        self.flushed
    }

    /// Whether nothing can be added any more.
    pub(super) const fn is_closed(&self) -> bool {
        self.wav.is_none()
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
            let to_half = u64::from(RATE) / 2 - self.frames() % (u64::from(RATE) / 2);
            let n = (rest.len() / 2).min(to_half as usize);
            let (now, later) = rest.split_at(2 * n);
            rest = later;
            self.waiting
                .extend(now.iter().flat_map(|s| s.to_le_bytes()));
            if n as u64 == to_half {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Frames that were given, on disk or not.
    const fn frames(&self) -> u64 {
        self.flushed + self.waiting.len() as u64 / FRAME
    }

    /// Puts what waits on disk, then the header over it; a whole second gets
    /// its chain line. The recording ends where that fails.
    pub(super) fn flush(&mut self) -> Result<(), RecordError> {
        let kept = self.keep();
        if kept.is_err() {
            self.give_up();
        }
        kept
    }

    /// Data first, then the header, then the medium.
    fn keep(&mut self) -> Result<(), RecordError> {
        let Some(wav) = &mut self.wav else {
            return Err(RecordError::Broken {
                path: self.path.clone(),
            });
        };
        if self.waiting.is_empty() {
            return Ok(());
        }
        let frames = self.flushed + self.waiting.len() as u64 / FRAME;
        wav.seek(SeekFrom::Start(HEADER + self.flushed * FRAME))
            .and_then(|_| wav.write_all(&self.waiting))
            .and_then(|()| wav.seek(SeekFrom::Start(0)))
            .and_then(|_| wav.write_all(&wav_header(frames)))
            .and_then(|()| wav.flush())
            .map_err(|e| RecordError::io("write", &self.path, e))?;
        if self.sync {
            wav.sync()
                .map_err(|e| RecordError::io("sync", &self.path, e))?;
        }
        self.flushed = frames;
        self.hash.update(&self.waiting);
        self.waiting.clear();
        if frames.is_multiple_of(u64::from(RATE)) {
            self.close_second(RATE)?;
        }
        Ok(())
    }

    /// Writes the chain's line for the second that the flushed frames end.
    fn close_second(&mut self, samples: u32) -> Result<(), RecordError> {
        let second: [u8; 32] = self.hash.finalize_reset().into();
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
        self.waiting.clear();
        if let Some(mut wav) = self.wav.take() {
            let _ = wav
                .cut(HEADER + self.flushed * FRAME)
                .and_then(|()| wav.seek(SeekFrom::Start(0)))
                .and_then(|_| wav.write_all(&wav_header(self.flushed)))
                .and_then(|()| wav.flush());
        }
    }

    /// Closes the last second and both files; returns the length in frames.
    pub(super) fn finish(&mut self) -> Result<u64, RecordError> {
        self.pay()?;
        if self.wav.is_some() {
            self.flush()?;
            self.wav = None;
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

/// The number of frames that a recording's header states, if it is one of
/// ours but for that number.
fn stated_frames(file: &mut File) -> io::Result<Option<u64>> {
    let mut header = [0; HEADER as usize];
    file.read_exact(&mut header)?;
    let stated = u32::from_le_bytes([header[40], header[41], header[42], header[43]]);
    let frames = u64::from(stated) / FRAME;
    let mut expected = wav_header(frames);
    // The other size may be of the flush that was under way.
    expected[4..8].copy_from_slice(&header[4..8]);
    Ok((header == expected && u64::from(stated) % FRAME == 0).then_some(frames))
}

/// What a chain that was left behind says.
struct Links {
    /// Bytes of its whole lines.
    bytes: u64,
    /// Frames of the seconds that it has.
    frames: u64,
    value: [u8; 32],
    /// Its last line is of a shorter second: the recording was ended.
    closed: bool,
}

impl Links {
    /// Reads the whole lines of a chain for a recording of `most` frames.
    fn read(path: &Path, head_hash: [u8; 32], most: u64) -> Result<Self, RecordError> {
        let mut links = Self {
            bytes: 0,
            frames: 0,
            value: head_hash,
            closed: false,
        };
        let file = File::open(path).map_err(|e| RecordError::io("read", path, e))?;
        let mut lines = Lines::new(BufReader::new(file));
        loop {
            let line = lines.number + 1;
            let bad = |what: &str| RecordError::BadLine {
                path: path.into(),
                line,
                what: what.into(),
            };
            let bytes = match lines.next() {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(links),
                Err(e) => return Err(RecordError::io("read", path, e)),
            };
            let found: ChainLine =
                serde_json::from_slice(bytes).map_err(|e| bad(&e.to_string()))?;
            let second = hex::decode(&found.sha256)
                .ok()
                .and_then(|h| h.try_into().ok());
            let value = second.map(|second| link(&links.value, &second, found.samples));
            let value = value.filter(|v| hex::encode(v) == found.chain);
            let Some(value) = value.filter(|_| !links.closed) else {
                return Err(bad("does not follow from the line before"));
            };
            links.value = value;
            links.bytes += bytes.len() as u64 + 1;
            links.frames += u64::from(found.samples);
            links.closed = found.samples < RATE;
            if links.frames > most || found.samples > RATE || found.second != line - 1 {
                return Err(bad("is of a second that the recording does not have"));
            }
            if links.closed && links.frames < most {
                return Err(bad("ends the chain before the recording's end"));
            }
        }
    }
}
