//! The spool: everything that the candidate's side sent and the engine has
//! not acknowledged, on this machine's disk. After a break it is sent again;
//! a side that was killed finds it at its next start.
//!
//! A folder for each session, readable by its owner only, with files that
//! only grow (`000001.part`, `000002.part`, ...). Each holds pieces one after
//! the other: a byte that tells the kind (1 a text message, 2 an audio
//! frame), the length in four bytes, little endian, and the bytes as they go
//! over the wire. A file whose pieces are all acknowledged is removed; a
//! piece that the end of a file cuts was never sent and does not count.
//!
//! Where the disk fails, pieces are kept in memory, as far as [`MEMORY`]
//! goes: a call must not end because a spool cannot be written.

use crate::protocol::{self, AudioFrame, ClientMessage};
use crate::record::{private_dirs, private_file};
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// From this size on a new file is begun: about 16 s of both tracks, so that
/// little stays on the disk that the engine has long kept.
const FILE_BYTES: u64 = 1 << 20;
/// The most that is kept on the disk: more than four hours of both tracks.
const DISK: u64 = 1 << 30;
/// The most audio that is kept in memory where the disk fails: four minutes.
/// Beyond it audio is dropped; the engine marks the gap. Messages are always
/// kept, they are small.
const MEMORY: usize = 16 << 20;
/// An interrupted session is sealed after a day; what was not sent by then
/// has no place any more.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// Kind and length.
const HEADER: usize = 5;

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Message with this number.
    Text(u64),
    /// Audio that ends with this sample.
    Audio(u64),
}

#[derive(Debug)]
enum Place {
    Disk { file: u32, offset: u64, len: u32 },
    Memory(Vec<u8>),
}

#[derive(Debug)]
struct Piece {
    kind: Kind,
    place: Place,
}

/// One piece as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unsent {
    /// A text message.
    Text(String),
    /// An audio frame's bytes.
    Audio(Vec<u8>),
}

/// The unacknowledged pieces of one session, oldest first.
#[derive(Debug)]
pub(super) struct Spool {
    dir: PathBuf,
    pieces: VecDeque<Piece>,
    /// Number of the file that grows, and where it ends.
    file: u32,
    open: Option<File>,
    end: u64,
    /// Bytes on the disk and of audio in memory.
    on_disk: u64,
    in_memory: usize,
    /// Why the disk cannot be used any more.
    failed: Option<String>,
    told: bool,
    /// Audio frames that had no place.
    dropped: u64,
}

impl Spool {
    /// An empty spool in a folder that is made when the first piece comes.
    /// What an earlier one left there is removed.
    pub(super) fn new(dir: PathBuf) -> Self {
        // What cannot be removed shows when the first file is made.
        let _ = fs::remove_dir_all(&dir);
        Self {
            dir,
            pieces: VecDeque::new(),
            file: 0,
            open: None,
            end: 0,
            on_disk: 0,
            in_memory: 0,
            failed: None,
            told: false,
            dropped: 0,
        }
    }

    /// What a process that was killed left in a folder.
    ///
    /// # Errors
    /// Where it cannot be read; a cut end is no error.
    pub(super) fn left(dir: &Path) -> io::Result<Vec<Unsent>> {
        let mut files = match fs::read_dir(dir) {
            Ok(entries) => entries
                .map(|e| Ok(e?.path()))
                .collect::<io::Result<Vec<_>>>()?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        files.retain(|f| f.extension().is_some_and(|e| e == "part"));
        files.sort();
        let mut left = Vec::new();
        for file in files {
            pieces_of(&fs::read(file)?, &mut left);
        }
        Ok(left)
    }

    /// Keeps a message.
    pub(super) fn text(&mut self, seq: u64, text: &str) {
        self.push(Kind::Text(seq), text.as_bytes());
    }

    /// Keeps an audio frame that ends with sample `end`.
    pub(super) fn audio(&mut self, end: u64, bytes: &[u8]) {
        self.push(Kind::Audio(end), bytes);
    }

    /// The engine has every message up to `seq` on its log.
    pub(super) fn heard(&mut self, seq: u64) {
        self.forget(|kind| matches!(kind, Kind::Text(s) if s <= seq));
    }

    /// The engine has both tracks up to sample `samples` on its disk.
    pub(super) fn kept(&mut self, samples: u64) {
        self.forget(|kind| matches!(kind, Kind::Audio(end) if end <= samples));
    }

    /// How many pieces are kept.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The piece at `index`, oldest first.
    ///
    /// # Errors
    /// Where it cannot be read back.
    pub(super) fn get(&self, index: usize) -> io::Result<Option<Unsent>> {
        let Some(piece) = self.pieces.get(index) else {
            return Ok(None);
        };
        let bytes = match &piece.place {
            Place::Memory(bytes) => bytes.clone(),
            Place::Disk { file, offset, len } => {
                let mut file = File::open(self.path(*file))?;
                file.seek(SeekFrom::Start(*offset))?;
                let mut bytes = vec![0; *len as usize];
                file.read_exact(&mut bytes)?;
                bytes
            }
        };
        Ok(Some(match piece.kind {
            Kind::Audio(_) => Unsent::Audio(bytes),
            Kind::Text(_) => Unsent::Text(
                String::from_utf8(bytes)
                    .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?,
            ),
        }))
    }

    /// Why the disk cannot be used, the first time that this is asked.
    pub(super) fn take_failure(&mut self) -> Option<String> {
        let why = self.failed.clone().filter(|_| !self.told)?;
        self.told = true;
        Some(format!(
            "{}: {why}; unsent sound is kept in memory, four minutes at most",
            self.dir.display()
        ))
    }

    /// Removes everything: the record is finished.
    pub(super) fn remove(self) {
        if self.dropped > 0 {
            tracing::warn!(frames = self.dropped, "sound had no place in the spool");
        }
        // Whatever stays is removed with the next session of this id, or by
        // the next start.
        let _ = fs::remove_dir_all(&self.dir);
    }

    fn push(&mut self, kind: Kind, bytes: &[u8]) {
        let place = match self.write(kind, bytes) {
            Ok(place) => place,
            Err(why) => {
                self.failed.get_or_insert(why);
                if matches!(kind, Kind::Audio(_)) {
                    if self.in_memory + bytes.len() > MEMORY {
                        self.dropped += 1;
                        return;
                    }
                    self.in_memory += bytes.len();
                }
                Place::Memory(bytes.to_vec())
            }
        };
        self.pieces.push_back(Piece { kind, place });
    }

    fn write(&mut self, kind: Kind, bytes: &[u8]) -> Result<Place, String> {
        if let Some(why) = &self.failed {
            return Err(why.clone());
        }
        if self.on_disk + (HEADER + bytes.len()) as u64 > DISK {
            return Err(format!("found more than {DISK} bytes of unsent sound"));
        }
        self.append(kind, bytes).map_err(|e| e.to_string())
    }

    fn append(&mut self, kind: Kind, bytes: &[u8]) -> io::Result<Place> {
        if self.end >= FILE_BYTES {
            self.open = None;
        }
        let mut file = match self.open.take() {
            Some(file) => file,
            None => {
                private_dirs(true).create(&self.dir)?;
                self.file += 1;
                self.end = 0;
                private_file().create_new(true).open(self.path(self.file))?
            }
        };
        let len = u32::try_from(bytes.len())
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
        let mut piece = Vec::with_capacity(HEADER + bytes.len());
        piece.push(match kind {
            Kind::Text(_) => 1,
            Kind::Audio(_) => 2,
        });
        piece.extend_from_slice(&len.to_le_bytes());
        piece.extend_from_slice(bytes);
        file.write_all(&piece)?;
        self.open = Some(file);
        let offset = self.end + HEADER as u64;
        self.end += piece.len() as u64;
        self.on_disk += piece.len() as u64;
        Ok(Place::Disk {
            file: self.file,
            offset,
            len,
        })
    }

    fn forget(&mut self, done: impl Fn(Kind) -> bool) {
        let in_memory = &mut self.in_memory;
        self.pieces.retain(|piece| {
            let done = done(piece.kind);
            if let (true, Kind::Audio(_), Place::Memory(bytes)) = (done, piece.kind, &piece.place) {
                *in_memory -= bytes.len();
            }
            !done
        });
        self.sweep();
    }

    /// Removes files of which nothing is needed any more.
    fn sweep(&mut self) {
        let oldest = self.pieces.iter().find_map(|p| match p.place {
            Place::Disk { file, .. } => Some(file),
            Place::Memory(_) => None,
        });
        let keep = oldest.unwrap_or(self.file);
        for file in (1..keep).rev() {
            let path = self.path(file);
            let Ok(found) = fs::metadata(&path) else {
                break;
            };
            if fs::remove_file(&path).is_err() {
                break;
            }
            self.on_disk = self.on_disk.saturating_sub(found.len());
        }
    }

    fn path(&self, file: u32) -> PathBuf {
        self.dir.join(format!("{file:06}.part"))
    }
}

/// Removes the spools of sessions that nobody can go on with any more.
pub fn tidy_spools(spool: &Path) {
    let Ok(entries) = fs::read_dir(spool) else {
        return;
    };
    for entry in entries.flatten() {
        let age = entry
            .metadata()
            .and_then(|m| m.modified())
            .ok()
            .and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > KEPT_FOR)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "an old spool stays");
        }
    }
}

/// The last sample of what a folder held.
pub(super) fn last_sample(left: &[Unsent]) -> u64 {
    let ends = left.iter().filter_map(|piece| match piece {
        Unsent::Audio(bytes) => end_of(bytes),
        Unsent::Text(_) => None,
    });
    ends.max().unwrap_or(0)
}

/// The sample at which an encoded frame ends.
pub(super) fn end_of(bytes: &[u8]) -> Option<u64> {
    let frame = AudioFrame::decode(bytes).ok()?;
    frame.first_sample.checked_add(frame.pcm.len() as u64)
}

/// The number of an encoded message.
pub(super) fn number_of(text: &str) -> Option<u64> {
    match protocol::decode(text).ok()? {
        ClientMessage::Input { seq, .. }
        | ClientMessage::Fact { seq, .. }
        | ClientMessage::Bye { seq, .. } => Some(seq),
        ClientMessage::Hello { .. }
        | ClientMessage::Prepare { .. }
        | ClientMessage::Partial { .. }
        | ClientMessage::Level { .. }
        | ClientMessage::Accommodations { .. } => None,
    }
}

fn pieces_of(bytes: &[u8], out: &mut Vec<Unsent>) {
    let mut rest = bytes;
    while let Some((header, body)) = rest.split_first_chunk::<HEADER>() {
        let [kind, len @ ..] = *header;
        let Some(piece) = body.get(..u32::from_le_bytes(len) as usize) else {
            return;
        };
        match kind {
            1 => match std::str::from_utf8(piece) {
                Ok(text) => out.push(Unsent::Text(text.to_owned())),
                Err(_) => return,
            },
            2 => out.push(Unsent::Audio(piece.to_vec())),
            _ => return,
        }
        rest = &body[piece.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Track;
    use proptest::prelude::*;

    fn frame(first: u64, samples: usize) -> Vec<u8> {
        AudioFrame {
            track: Track::Near,
            seq: 0,
            first_sample: first,
            pcm: vec![7; samples],
        }
        .encode()
    }

    fn all(spool: &Spool) -> Vec<Unsent> {
        (0..spool.len())
            .map(|i| spool.get(i).unwrap().unwrap())
            .collect()
    }

    #[test]
    fn what_is_acknowledged_is_forgotten_and_the_rest_comes_back_in_order() {
        let home = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(home.path().join("s"));
        spool.text(1, "one");
        spool.audio(100, &frame(0, 100));
        spool.text(2, "two");
        spool.audio(200, &frame(100, 100));
        spool.heard(1);
        spool.kept(150);
        let rest = [Unsent::Text("two".into()), Unsent::Audio(frame(100, 100))];
        assert_eq!(all(&spool), rest);
    }

    #[test]
    fn files_go_when_all_of_them_is_acknowledged() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("s");
        let mut spool = Spool::new(dir.clone());
        for n in 0..80 {
            spool.audio((n + 1) * 16_000, &frame(n * 16_000, 16_000));
        }
        let files = || fs::read_dir(&dir).unwrap().count();
        assert_eq!(files(), 3);
        spool.kept(70 * 16_000);
        assert_eq!(files(), 1);
        assert_eq!(spool.len(), 10);
        spool.remove();
        assert!(!dir.exists());
    }

    #[test]
    fn spools_are_kept_for_a_day() {
        let home = tempfile::tempdir().unwrap();
        let (old, new) = (home.path().join("old"), home.path().join("new"));
        for dir in [&old, &new] {
            fs::create_dir(dir).unwrap();
        }
        #[allow(clippy::disallowed_methods, reason = "files carry the wall's time")]
        let long_ago = std::time::SystemTime::now() - KEPT_FOR * 2;
        File::open(&old).unwrap().set_modified(long_ago).unwrap();
        tidy_spools(home.path());
        assert!(new.exists() && !old.exists());
        tidy_spools(&home.path().join("absent"));
    }

    #[test]
    fn a_disk_that_fails_is_told_once_and_nothing_is_lost() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("s");
        fs::write(&dir, "a file where a folder should be").unwrap();
        let mut spool = Spool::new(dir);
        spool.text(1, "one");
        spool.audio(10, &frame(0, 10));
        assert!(spool.take_failure().unwrap().contains("memory"));
        assert_eq!(spool.take_failure(), None);
        assert_eq!(
            all(&spool),
            [Unsent::Text("one".into()), Unsent::Audio(frame(0, 10))]
        );
    }

    proptest! {
        #[test]
        fn a_cut_end_costs_only_what_it_cuts(
            texts in prop::collection::vec("[a-z]{0,40}", 1..20),
            cut in 0usize..60,
        ) {
            let home = tempfile::tempdir().unwrap();
            let dir = home.path().join("s");
            let mut spool = Spool::new(dir.clone());
            for (n, text) in texts.iter().enumerate() {
                spool.text(n as u64 + 1, text);
            }
            let file = dir.join("000001.part");
            let bytes = fs::read(&file).unwrap();
            fs::write(&file, &bytes[..bytes.len().saturating_sub(cut)]).unwrap();
            let left = Spool::left(&dir).unwrap();
            let whole = texts.iter().take(left.len());
            prop_assert!(left.iter().zip(whole).all(|(a, b)| *a == Unsent::Text(b.clone())));
            if cut == 0 {
                prop_assert_eq!(left.len(), texts.len());
            }
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut out = Vec::new();
            pieces_of(&bytes, &mut out);
            let held: usize = out.iter().map(|p| match p {
                Unsent::Text(t) => t.len(),
                Unsent::Audio(a) => a.len(),
            }).sum();
            prop_assert!(held <= bytes.len());
        }
    }
}
