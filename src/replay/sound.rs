//! What there is to hear of a record: two sides on one sample clock, read
//! from any place. `call.wav` is read as it is played, never whole: an hour
//! of it is 230 MB.

use crate::record::RATE;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// One frame of the recording: candidate, recruiter.
pub type Frame = [i16; 2];

/// Bytes before the first frame, see [`crate::record`].
const HEADER: u64 = 44;
/// Bytes of a frame.
const FRAME: u64 = 4;
/// Frames that are read at a time: a second.
const BLOCK: usize = RATE as usize;

/// Two tracks at [`RATE`] frames a second.
pub trait Sound {
    /// How many frames there are.
    fn frames(&self) -> u64;

    /// Fills `out` with the frames from `at` on; behind the end is silence.
    ///
    /// # Errors
    /// If the recording cannot be read.
    fn read(&mut self, at: u64, out: &mut [Frame]) -> io::Result<()>;
}

/// A record's `call.wav`.
#[derive(Debug)]
pub struct CallWav {
    file: File,
    frames: u64,
    /// What was read last, and its first frame.
    block: Vec<Frame>,
    block_at: u64,
}

impl CallWav {
    /// Opens it. What a broken-off record does not acknowledge (behind the
    /// length that the header states) is not played; a header that is none
    /// is passed over, because the format leaves no choice of its own.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let there = file.metadata()?.len().saturating_sub(HEADER);
        let mut header = [0; HEADER as usize];
        let stated = match file.read_exact(&mut header) {
            Ok(()) if header[..4] == *b"RIFF" && header[36..40] == *b"data" => {
                let size = [header[40], header[41], header[42], header[43]];
                u64::from(u32::from_le_bytes(size))
            }
            Ok(()) => there,
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => 0,
            Err(e) => return Err(e),
        };
        Ok(Self {
            file,
            frames: there.min(stated) / FRAME,
            block: Vec::new(),
            block_at: 0,
        })
    }

    fn load(&mut self, at: u64) -> io::Result<()> {
        let n = (self.frames - at).min(BLOCK as u64) as usize;
        let mut bytes = vec![0; n * FRAME as usize];
        self.file.seek(SeekFrom::Start(HEADER + at * FRAME))?;
        self.file.read_exact(&mut bytes)?;
        self.block.clear();
        self.block
            .extend(bytes.chunks_exact(FRAME as usize).map(|b| {
                [
                    i16::from_le_bytes([b[0], b[1]]),
                    i16::from_le_bytes([b[2], b[3]]),
                ]
            }));
        self.block_at = at;
        Ok(())
    }
}

impl Sound for CallWav {
    fn frames(&self) -> u64 {
        self.frames
    }

    fn read(&mut self, at: u64, out: &mut [Frame]) -> io::Result<()> {
        let mut done = 0;
        while done < out.len() {
            let at = at + done as u64;
            if at >= self.frames {
                out[done..].fill([0, 0]);
                break;
            }
            let held = self.block_at..self.block_at + self.block.len() as u64;
            if !held.contains(&at) {
                self.load(at)?;
            }
            let part = &self.block[(at - self.block_at) as usize..];
            let n = part.len().min(out.len() - done);
            out[done..done + n].copy_from_slice(&part[..n]);
            done += n;
        }
        Ok(())
    }
}

/// A record without audio.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSound;

impl Sound for NoSound {
    fn frames(&self) -> u64 {
        0
    }

    fn read(&mut self, _at: u64, out: &mut [Frame]) -> io::Result<()> {
        out.fill([0, 0]);
        Ok(())
    }
}

impl<S: Sound + ?Sized> Sound for Box<S> {
    fn frames(&self) -> u64 {
        (**self).frames()
    }

    fn read(&mut self, at: u64, out: &mut [Frame]) -> io::Result<()> {
        (**self).read(at, out)
    }
}

/// Frames in memory, for tests.
#[cfg(test)]
impl Sound for Vec<Frame> {
    fn frames(&self) -> u64 {
        self.len() as u64
    }

    fn read(&mut self, at: u64, out: &mut [Frame]) -> io::Result<()> {
        for (i, to) in out.iter_mut().enumerate() {
            *to = self.get(at as usize + i).copied().unwrap_or_default();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(dir: &Path, frames: u32, stated: u32) -> std::path::PathBuf {
        let mut bytes = b"RIFF....WAVEfmt ....................data".to_vec();
        bytes.resize(40, 0);
        bytes.extend((stated * 4).to_le_bytes());
        for i in 0..frames {
            bytes.extend((i as i16).to_le_bytes());
            bytes.extend((-(i as i16)).to_le_bytes());
        }
        let path = dir.join("call.wav");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn any_place_of_a_recording_is_read_and_silence_follows_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut sound = CallWav::open(&wav(dir.path(), 30_000, 30_000)).unwrap();
        assert_eq!(sound.frames(), 30_000);
        let mut out = [[9, 9]; 100];
        for at in [0u64, 15_950, 29_950, 100, 16_000] {
            sound.read(at, &mut out).unwrap();
            for (i, frame) in out.iter().enumerate() {
                let n = at as usize + i;
                let wanted = if n < 30_000 {
                    [n as i16, -(n as i16)]
                } else {
                    [0, 0]
                };
                assert_eq!(*frame, wanted, "{n}");
            }
        }
    }

    #[test]
    fn what_the_header_does_not_acknowledge_is_not_played() {
        let dir = tempfile::tempdir().unwrap();
        let path = wav(dir.path(), 500, 300);
        assert_eq!(CallWav::open(&path).unwrap().frames(), 300);
        let path = wav(dir.path(), 500, 900);
        assert_eq!(CallWav::open(&path).unwrap().frames(), 500);
        std::fs::write(&path, b"RIFF").unwrap();
        assert_eq!(CallWav::open(&path).unwrap().frames(), 0);
        std::fs::write(&path, [7u8; 84]).unwrap();
        assert_eq!(CallWav::open(&path).unwrap().frames(), 10);
    }
}
