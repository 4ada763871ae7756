//! Writes one session's folder, from its head to its seal.

use super::audio::AudioWriter;
use super::disk::{Disk, Hasty, RealDisk, private_dirs, sync_dir, write_whole};
use super::error::RecordError;
use super::head::{Head, check_id};
use super::key::SealKey;
use super::lock::{SessionLock, held_by_another, is_locked};
use super::log::{LogWriter, sha256_hex};
use super::manifest::{Ends, EventsEnd, Manifest, describe};
use super::tracks::{Gap, Tracks};
use super::{DOCUMENTS, EVENTS, HEAD, LOCK, MANIFEST, RATE};
use crate::clock::SessionTime;
use crate::event::{Event, Output, Track};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// What must have reached the medium, not only the system, before a write
/// counts. A killed process loses nothing either way; this is about power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncPolicy {
    /// Nothing is waited for (tests, simulations).
    Never,
    /// What somebody acts upon: inputs, outputs, consent, and audio before it
    /// is acknowledged. Turn times, gaps and problems ride along with the
    /// next one.
    #[default]
    Acknowledged,
    /// Every event and every half second of audio.
    Always,
}

impl SyncPolicy {
    const fn syncs(self, event: &Event) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::Acknowledged => !matches!(
                event,
                Event::Turn(_) | Event::Gap { .. } | Event::Problem { .. }
            ),
        }
    }
}

/// How a record is written.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is waited for.
    pub sync: SyncPolicy,
    /// Folder of the signing key; `keys` beside the sessions folder if not
    /// given.
    pub keys_dir: Option<PathBuf>,
}

/// The one writer of a session's folder. Dropping it without
/// [`RecordWriter::finish`] leaves an incomplete but readable record, which
/// [`RecordWriter::reopen`] takes up again.
pub struct RecordWriter {
    pub(super) dir: PathBuf,
    pub(super) head: Head,
    pub(super) head_hash: [u8; 32],
    pub(super) key: SealKey,
    pub(super) sync: SyncPolicy,
    pub(super) disk: Box<dyn Disk>,
    pub(super) log: LogWriter,
    pub(super) consent: bool,
    pub(super) audio_ended: bool,
    pub(super) tracks: Tracks,
    pub(super) audio: Option<AudioWriter>,
    pub(super) block: Vec<i16>,
    pub(super) lock: SessionLock,
}

impl RecordWriter {
    /// Makes `sessions_dir/<id>/` with its head and an empty log, and locks
    /// it. The signing key is made if this is its first use.
    ///
    /// # Errors
    /// [`RecordError::Exists`] or [`RecordError::Locked`] if the session is
    /// there already; [`RecordError::NotWritable`], [`RecordError::DiskFull`],
    /// [`RecordError::BadKey`], [`RecordError::BadId`]. Nothing is left
    /// behind.
    pub fn create(sessions_dir: &Path, head: &Head) -> Result<Self, RecordError> {
        Self::create_with(sessions_dir, head, &Options::default())
    }

    /// The same with other settings.
    pub fn create_with(
        sessions_dir: &Path,
        head: &Head,
        options: &Options,
    ) -> Result<Self, RecordError> {
        let disk: Box<dyn Disk> = match options.sync {
            SyncPolicy::Never => Box::new(Hasty),
            _ => Box::new(RealDisk),
        };
        Self::create_on(disk, sessions_dir, head, options)
    }

    pub(super) fn create_on(
        disk: Box<dyn Disk>,
        sessions_dir: &Path,
        head: &Head,
        options: &Options,
    ) -> Result<Self, RecordError> {
        check_id(&head.session)?;
        let dir = sessions_dir.join(&head.session);
        let head_bytes = serde_json::to_vec_pretty(head).map_err(|e| RecordError::Unstorable {
            what: e.to_string(),
        })?;
        let beside = sessions_dir.parent().unwrap_or(sessions_dir).join("keys");
        let key = SealKey::open_or_make(options.keys_dir.as_deref().unwrap_or(&beside))?;
        private_dirs(true)
            .create(sessions_dir)
            .map_err(|e| RecordError::io("create", sessions_dir, e))?;
        // Making the folder decides who writes the session.
        match private_dirs(false).create(&dir) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(taken(&dir, &head.session));
            }
            Err(e) => return Err(RecordError::io("create", &dir, e)),
        }
        let made = Self::fill(&*disk, &dir, &head_bytes);
        let (lock, log) = match made {
            Ok(made) => made,
            Err(e) => {
                // The folder is ours alone and holds nothing worth keeping.
                let _ = fs::remove_dir_all(&dir);
                return Err(e);
            }
        };
        Ok(Self {
            dir,
            head: head.clone(),
            head_hash: Sha256::digest(&head_bytes).into(),
            key,
            sync: options.sync,
            disk,
            log,
            consent: false,
            audio_ended: false,
            tracks: Tracks::new(),
            audio: None,
            block: Vec::new(),
            lock,
        })
    }

    fn fill(
        disk: &dyn Disk,
        dir: &Path,
        head_bytes: &[u8],
    ) -> Result<(SessionLock, LogWriter), RecordError> {
        let lock = SessionLock::make(dir)?;
        let log = LogWriter::create(disk, &dir.join(EVENTS), sha256_hex(head_bytes))?;
        write_whole(disk, dir, HEAD, head_bytes)?;
        Ok((lock, log))
    }

    /// The session's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the record was begun with.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Time of the last event.
    pub fn last_at(&self) -> SessionTime {
        self.log.tip().2
    }

    /// Adds one event to the log and returns its sequence number (from 1).
    /// When this returns, the event is kept: act on it, or send it, then.
    ///
    /// # Errors
    /// [`RecordError::ClockBack`] if `at` lies before the last event's time,
    /// [`RecordError::Unstorable`], [`RecordError::DiskFull`]; the log is
    /// then as it was, and later calls may succeed.
    pub fn append(&mut self, at: SessionTime, event: &Event) -> Result<u64, RecordError> {
        let seq = self.log.append(at, event, self.sync.syncs(event))?;
        match event {
            Event::Output {
                output: Output::Consent { given, .. },
            } => self.consent = *given,
            Event::AudioEnded { .. } => self.audio_ended = true,
            _ => {}
        }
        Ok(seq)
    }

    /// Lets audio in from now on, and makes `call.wav` and `audio.chain`.
    ///
    /// # Errors
    /// [`RecordError::NoConsent`] unless an [`Output::Consent`] that says
    /// `given` was appended before; [`RecordError::BadAudio`] for a rate
    /// other than [`RATE`] or a second call.
    pub fn start_audio(&mut self, rate: u32) -> Result<(), RecordError> {
        if !self.consent {
            return Err(RecordError::NoConsent {
                why: "consent is not on the log",
            });
        }
        let bad = |what, found, expected| RecordError::BadAudio {
            what,
            found,
            expected,
        };
        if rate != RATE {
            return Err(bad("sample rate", u64::from(rate), u64::from(RATE)));
        }
        if self.audio.is_some() {
            return Err(bad("number of recordings", 2, 1));
        }
        let sync = self.sync != SyncPolicy::Never;
        let made = AudioWriter::create(&*self.disk, &self.dir, self.head_hash, sync)
            .and_then(|audio| sync_dir(&self.dir).map(|()| audio));
        match made {
            Ok(audio) => {
                self.audio = Some(audio);
                Ok(())
            }
            Err(e) => {
                let _ = fs::remove_file(self.dir.join(super::CALL_WAV));
                let _ = fs::remove_file(self.dir.join(super::AUDIO_CHAIN));
                Err(e)
            }
        }
    }

    /// Takes in a piece of one track that begins at `first_sample` of the
    /// call (sample 0 is the call's audio sample 0, also where nothing was
    /// stored before consent). Tracks may come apart and out of step; what
    /// is there already is ignored; holes become silence and are reported by
    /// [`RecordWriter::take_gaps`]. Frames are written as soon as both tracks
    /// have them.
    ///
    /// # Errors
    /// [`RecordError::NoConsent`] before [`RecordWriter::start_audio`];
    /// [`RecordError::BadAudio`] and [`RecordError::TooLong`] for positions
    /// that cannot be (the piece is dropped, the recording goes on);
    /// [`RecordError::DiskFull`] and the like end the recording where it is
    /// whole, while the log goes on.
    pub fn audio(
        &mut self,
        track: Track,
        first_sample: u64,
        pcm: &[i16],
    ) -> Result<(), RecordError> {
        self.push_audio(track, first_sample, pcm)?;
        self.write_audio()
    }

    /// The first half of [`RecordWriter::audio`]: takes the piece in and
    /// writes nothing yet. Whoever takes and appends the gaps between this
    /// and [`RecordWriter::write_audio`] never has a silence on disk that the
    /// log does not tell of, whenever the process is killed.
    ///
    /// # Errors
    /// As [`RecordWriter::audio`], but for those of the disk.
    pub fn push_audio(
        &mut self,
        track: Track,
        first_sample: u64,
        pcm: &[i16],
    ) -> Result<(), RecordError> {
        if self.audio.is_none() || !self.consent {
            return Err(RecordError::NoConsent {
                why: "the recording was not started",
            });
        }
        self.tracks.push(track, first_sample, pcm)
    }

    /// Writes the frames that both tracks have.
    ///
    /// # Errors
    /// [`RecordError::DiskFull`] and the like; the recording ends then.
    pub fn write_audio(&mut self) -> Result<(), RecordError> {
        let Some(audio) = &mut self.audio else {
            return Ok(());
        };
        loop {
            self.block.clear();
            if self.tracks.take(RATE as usize, &mut self.block) == 0 {
                return Ok(());
            }
            audio.write(&self.block)?;
        }
    }

    /// The gaps that were filled with silence since the last call, to be
    /// appended as [`Event::Gap`] (a [`Gap`] converts into one). Those that
    /// nobody takes are appended by [`RecordWriter::finish`].
    pub fn take_gaps(&mut self) -> Vec<Gap> {
        self.tracks.take_gaps()
    }

    /// Whether the recording was started.
    pub const fn has_audio(&self) -> bool {
        self.audio.is_some()
    }

    /// Whether the recording was started and has ended, in order or not.
    pub fn is_audio_closed(&self) -> bool {
        self.audio.as_ref().is_some_and(AudioWriter::is_closed)
    }

    /// Samples of both tracks that are on disk under a valid header: what may
    /// be acknowledged.
    pub fn audio_written(&self) -> u64 {
        self.audio.as_ref().map_or(0, AudioWriter::flushed)
    }

    /// Puts on disk what waits for its half second, as far as both tracks
    /// have it: before the writer is dropped to be opened again later.
    ///
    /// # Errors
    /// As [`RecordWriter::write_audio`].
    pub fn flush_audio(&mut self) -> Result<(), RecordError> {
        self.write_audio()?;
        match &mut self.audio {
            Some(audio) if !audio.is_closed() => audio.flush(),
            _ => Ok(()),
        }
    }

    /// Makes both tracks equally long; nothing more may be pushed. Take and
    /// append the gaps before [`RecordWriter::end_audio`] writes them.
    pub fn level_audio(&mut self) {
        if self.audio.is_some() {
            self.tracks.level();
        }
    }

    /// Nothing more is said: makes both tracks equally long, writes what is
    /// left and closes the recording. Returns its length in samples, 0 if
    /// there is none. Take the gaps after this, append them and
    /// [`Event::AudioEnded`], then write the documents. Called again, it only
    /// returns the length.
    pub fn end_audio(&mut self) -> Result<u64, RecordError> {
        if self.audio.is_none() {
            return Ok(0);
        }
        self.tracks.level();
        let drained = match &self.audio {
            // Closed by the writer that was killed.
            Some(audio) if audio.is_closed() => Ok(()),
            _ => self.write_audio(),
        };
        let finished = match &mut self.audio {
            Some(audio) => audio.finish(),
            None => Ok(0),
        };
        drained.and(finished)
    }

    /// Ends the session: closes the recording (if [`RecordWriter::end_audio`]
    /// has not), logs gaps and the recording's end where that is still to do,
    /// writes `documents/` and last the signed manifest.
    ///
    /// # Errors
    /// Whatever fails; the record then stays incomplete and readable.
    pub fn finish(mut self, documents: &[(String, Vec<u8>)]) -> Result<Manifest, RecordError> {
        for (name, _) in documents {
            check_name(name)?;
        }
        let at = self.last_at();
        self.level_audio();
        for gap in self.take_gaps() {
            self.append(at, &gap.into())?;
        }
        // A recording that broke off earlier is sealed as long as it is.
        let samples = match self.end_audio() {
            Err(RecordError::Broken { .. }) => self.audio_written(),
            other => other?,
        };
        if self.audio.is_some() && !self.audio_ended {
            self.append(at, &Event::AudioEnded { samples })?;
        }
        self.log.sync()?;
        if !documents.is_empty() {
            let folder = self.dir.join(DOCUMENTS);
            fs::create_dir_all(&folder).map_err(|e| RecordError::io("create", &folder, e))?;
            for (name, bytes) in documents {
                write_whole(&*self.disk, &folder, name, bytes)?;
            }
        }
        let (count, last, at) = self.log.tip();
        let ends = Ends {
            session: self.head.session.clone(),
            program: self.head.program.clone(),
            events: EventsEnd {
                count,
                last: last.to_owned(),
                ended_ms: at.millis(),
            },
            audio_samples: samples,
            audio_chain: self
                .audio
                .as_ref()
                .map_or(self.head_hash, |a| *a.chain_value()),
        };
        let mut manifest = describe(&self.dir, ends)?;
        manifest.seal(&self.key)?;
        write_whole(&*self.disk, &self.dir, MANIFEST, &manifest.to_bytes()?)?;
        // From here on the record is complete.
        self.lock.remove();
        Ok(manifest)
    }
}

/// Why a folder that exists cannot be made.
fn taken(dir: &Path, id: &str) -> RecordError {
    if is_locked(dir) {
        return held_by_another(&dir.join(LOCK));
    }
    RecordError::Exists {
        id: id.into(),
        path: dir.parent().unwrap_or(dir).to_path_buf(),
    }
}

/// Documents are plain file names: no folders, nothing hidden.
fn check_name(name: &str) -> Result<(), RecordError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(plain) {
        return Err(RecordError::BadName { found: name.into() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::disk::faulty::Full;
    use super::super::{RecordReader, Trust, new_session_id, verify};
    use super::*;
    use crate::event::{ConsentHow, Input};
    use std::sync::atomic::Ordering::SeqCst;

    fn head() -> Head {
        Head {
            format: 1,
            session: new_session_id(1_700_000_000_000).unwrap(),
            began_unix_ms: 1_700_000_000_000,
            candidate: "Ann Example".into(),
            position: "Engineer".into(),
            company: None,
            program: "viva test".into(),
            hashes: Default::default(),
            setup: serde_json::Value::Null,
        }
    }

    /// A short session on a disk that fills up: every event and sample that
    /// was acknowledged must be there afterwards, and whatever was refused
    /// must not be.
    fn session_on(left: u64, room_again: bool, keys: &Path) {
        let dir = tempfile::tempdir().unwrap();
        let disk = Full::after(left);
        let sessions = dir.path().join("sessions");
        let options = Options {
            sync: SyncPolicy::Never,
            keys_dir: Some(keys.to_path_buf()),
        };
        let head = head();
        let made = RecordWriter::create_on(Box::new(disk.clone()), &sessions, &head, &options);
        let mut writer = match made {
            Ok(writer) => writer,
            Err(e) => {
                assert!(matches!(e, RecordError::DiskFull { .. }), "{e}");
                assert_eq!(fs::read_dir(&sessions).unwrap().count(), 0);
                return;
            }
        };
        let mut kept = Vec::new();
        let mut log = |writer: &mut RecordWriter, ms: u64, event: Event| match writer
            .append(SessionTime(ms), &event)
        {
            Ok(_) => kept.push(event),
            Err(e) => assert!(matches!(e, RecordError::DiskFull { .. }), "{e}"),
        };
        let consent = Output::Consent {
            given: true,
            how: ConsentHow::Key,
        };
        log(&mut writer, 10, Event::Output { output: consent });
        let started = writer.start_audio(RATE).is_ok();
        let mut refused = false;
        for i in 0..25u64 {
            log(
                &mut writer,
                100 * i + 10,
                Event::Input { input: Input::Tick },
            );
            for track in [Track::Near, Track::Far] {
                let heard = writer.audio(track, i * 1600, &[i as i16; 1600]);
                refused |= heard.is_err();
                assert!(started || heard.is_err());
            }
        }
        let acknowledged = writer.audio_written();
        assert!(refused || acknowledged == 40_000);
        if room_again {
            disk.left.store(u64::MAX / 2, SeqCst);
        }
        let dir = writer.dir().to_path_buf();
        let sealed = writer.finish(&[("note.txt".into(), vec![b'x'; 100])]);
        assert!(sealed.is_ok() || !room_again, "{:?}", sealed.err());
        let reader = RecordReader::open(&dir).unwrap();
        let read: Vec<Event> = reader
            .records()
            .unwrap()
            .map(|r| r.unwrap().event)
            .collect();
        assert_eq!(read[..kept.len()], kept);
        if started {
            let frames = hound::WavReader::open(reader.wav_path().unwrap())
                .unwrap()
                .duration();
            assert!(u64::from(frames) >= acknowledged);
        }
        assert_eq!(sealed.is_ok(), reader.is_complete());
        if sealed.is_ok() {
            assert_eq!(verify(&dir, &Trust::Any), []);
        }
    }

    #[test]
    fn a_disk_that_fills_up_at_any_moment_costs_nothing_that_was_acknowledged() {
        // One key for all: making it costs more than the rest.
        let keys = tempfile::tempdir().unwrap();
        for left in (0..2_000)
            .step_by(97)
            .chain((2_000..180_000).step_by(3_989))
        {
            session_on(left, true, keys.path());
            session_on(left, false, keys.path());
        }
        session_on(u64::MAX / 2, false, keys.path());
    }
}
