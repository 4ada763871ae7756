//! Takes up what a killed writer left: the session's folder is opened again
//! where it is whole, and only ever grows from there.

use super::audio::AudioWriter;
use super::disk::{Disk, RealDisk};
use super::error::RecordError;
use super::head::check_id;
use super::key::SealKey;
use super::lock::SessionLock;
use super::log::LogWriter;
use super::manifest::Manifest;
use super::reader::RecordReader;
use super::tracks::Tracks;
use super::writer::{Options, RecordWriter, SyncPolicy};
use super::{AUDIO_CHAIN, CALL_WAV, DOCUMENTS, EVENTS, HEAD, LOCK, MANIFEST};
use crate::event::{Event, Output, Record};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What stood in a session's folder when it was opened again.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// Every event that was acknowledged.
    pub records: Vec<Record>,
    /// Bytes of half a line that were cut off the log's end.
    pub log_bytes: u64,
    /// Bytes of sound behind the last acknowledged frame that were cut off.
    pub audio_bytes: u64,
    /// Whether the recording was ended already.
    pub audio_ended: bool,
}

impl RecordWriter {
    /// Opens a session that was left without its seal, to go on after its
    /// last whole event and its last acknowledged frame. Nothing before them
    /// is changed; half a line, frames behind the header's length and files
    /// that were not renamed yet were never acknowledged and go. Missing
    /// lines of the audio chain are written.
    ///
    /// # Errors
    /// [`RecordError::Locked`] while another writer has it,
    /// [`RecordError::Sealed`] if it is complete, [`RecordError::NotFound`]
    /// without a head, [`RecordError::BadLine`] where a file is not what a
    /// killed writer leaves (`verify` says more), and those of the disk.
    pub fn reopen(dir: &Path, options: &Options) -> Result<(Self, Left), RecordError> {
        Self::reopen_on(Box::new(RealDisk), dir, options)
    }

    pub(super) fn reopen_on(
        disk: Box<dyn Disk>,
        dir: &Path,
        options: &Options,
    ) -> Result<(Self, Left), RecordError> {
        let sessions = dir.parent().unwrap_or(dir);
        let beside = sessions.parent().unwrap_or(sessions).join("keys");
        let key = SealKey::open_or_make(options.keys_dir.as_deref().unwrap_or(&beside))?;
        let (lock, reader) = take(dir)?;
        remove_parts(dir)?;
        remove_parts(&dir.join(DOCUMENTS))?;
        let head_hash = reader.head_hash();
        let (log, records, log_bytes) = LogWriter::open(&*disk, &dir.join(EVENTS), &reader)?;
        let consents = || {
            records.iter().filter_map(|r| match r.event {
                Event::Output {
                    output: Output::Consent { given, .. },
                } => Some(given),
                _ => None,
            })
        };
        let sound = [CALL_WAV, AUDIO_CHAIN].map(|name| dir.join(name).exists());
        let (audio, audio_bytes) = match (sound, consents().any(|given| given)) {
            ([false, false], _) => (None, 0),
            (_, true) => {
                let sync = options.sync != SyncPolicy::Never;
                let (audio, cut) = AudioWriter::open(&*disk, dir, head_hash, sync)?;
                (Some(audio), cut)
            }
            (_, false) => {
                let why = "there is a recording, but the log has no consent to it";
                return Err(RecordError::NoConsent { why });
            }
        };
        let logged_end = records
            .iter()
            .any(|r| matches!(r.event, Event::AudioEnded { .. }));
        let left = Left {
            log_bytes,
            audio_bytes,
            audio_ended: logged_end || audio.as_ref().is_some_and(AudioWriter::is_closed),
            records,
        };
        let writer = Self {
            dir: dir.to_path_buf(),
            head: reader.head().clone(),
            head_hash,
            key,
            sync: options.sync,
            disk,
            log,
            consent: left.consent(),
            audio_ended: logged_end,
            tracks: Tracks::after(audio.as_ref().map_or(0, AudioWriter::flushed)),
            audio,
            block: Vec::new(),
            lock,
        };
        Ok((writer, left))
    }
}

impl Left {
    /// Whether consent was given and not withdrawn.
    pub fn consent(&self) -> bool {
        let mut given = self.records.iter().filter_map(|r| match r.event {
            Event::Output {
                output: Output::Consent { given, .. },
            } => Some(given),
            _ => None,
        });
        given.next_back().unwrap_or(false)
    }

    /// Whether the log says already that the session broke off.
    pub fn is_marked(&self) -> bool {
        let mut marks = self.records.iter().filter_map(|r| match r.event {
            Event::Interrupted { .. } => Some(true),
            Event::Resumed { .. } => Some(false),
            _ => None,
        });
        marks.next_back().unwrap_or(false)
    }
}

/// Locks a session that is not sealed.
fn take(dir: &Path) -> Result<(SessionLock, RecordReader), RecordError> {
    let reader = RecordReader::open(dir)?;
    let id = reader.head().session.clone();
    let sealed = || RecordError::Sealed { id: id.clone() };
    if reader.is_complete() {
        return Err(sealed());
    }
    let lock = SessionLock::take(dir)?;
    // Its writer may have sealed it in this very moment.
    let reader = RecordReader::open(dir)?;
    if reader.is_complete() {
        lock.remove();
        return Err(sealed());
    }
    Ok((lock, reader))
}

/// Removes files that were to be renamed when the process was killed; the
/// same bytes are written again.
fn remove_parts(dir: &Path) -> Result<(), RecordError> {
    for path in files(dir)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') && name.ends_with(".part") {
            fs::remove_file(&path).map_err(|e| RecordError::io("remove", &path, e))?;
        }
    }
    Ok(())
}

fn files(dir: &Path) -> Result<Vec<PathBuf>, RecordError> {
    let fail = |e| RecordError::io("list", dir, e);
    match fs::read_dir(dir) {
        Ok(entries) => entries
            .map(|entry| entry.map(|e| e.path()).map_err(fail))
            .collect(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(fail(e)),
    }
}

/// The sessions in a folder that have no seal, oldest first, whoever may be
/// writing them. On the way, what a killed process left of no use goes: lock
/// files of sealed sessions, and folders in which nothing was begun (no head,
/// no event).
///
/// # Errors
/// If the folder cannot be listed; one that does not exist has no sessions.
pub fn unsealed(sessions_dir: &Path) -> Result<Vec<PathBuf>, RecordError> {
    let mut found = Vec::new();
    for dir in files(sessions_dir)? {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        if check_id(&name).is_err() || !dir.is_dir() {
            continue;
        }
        if !dir.join(MANIFEST).exists() {
            if dir.join(HEAD).exists() || !remove_unbegun(&dir) {
                found.push(dir);
            }
        } else if dir.join(LOCK).exists() && matches!(Manifest::read(&dir), Ok(Some(_))) {
            // No part of the record; it stays where it cannot be removed.
            let _ = fs::remove_file(dir.join(LOCK));
        }
    }
    found.sort();
    Ok(found)
}

/// Removes a folder whose making was cut short before its head was whole:
/// nothing of it was ever acknowledged. Says whether it is gone.
fn remove_unbegun(dir: &Path) -> bool {
    let Ok(lock) = File::open(dir.join(LOCK)) else {
        // Killed between the folder and its lock.
        return fs::remove_dir(dir).is_ok();
    };
    let empty = fs::metadata(dir.join(EVENTS)).map_or(true, |m| m.len() == 0);
    let ours = files(dir).is_ok_and(|files| {
        files.iter().all(|f| {
            let name = f.file_name().unwrap_or_default();
            name == LOCK || name == EVENTS || name == ".head.json.part"
        })
    });
    // Being made at this moment: its maker holds the lock.
    empty && ours && lock.try_lock().is_ok() && fs::remove_dir_all(dir).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::audio::{FRAME, HEADER};
    use super::super::{Head, RATE, Trust, new_session_id, verify};
    use super::*;
    use crate::clock::SessionTime;
    use crate::event::{ConsentHow, Input, Track};

    fn options() -> Options {
        Options {
            sync: SyncPolicy::Never,
            ..Options::default()
        }
    }

    /// A session with consent, so many samples of sound and no end.
    fn left(data: &Path, samples: u64) -> PathBuf {
        let head = Head {
            format: 1,
            session: new_session_id(1_700_000_000_000).unwrap(),
            began_unix_ms: 1_700_000_000_000,
            candidate: "Ann Example".into(),
            position: "Engineer".into(),
            company: None,
            program: "viva test".into(),
            hashes: Default::default(),
            setup: serde_json::Value::Null,
        };
        let sessions = data.join("sessions");
        let mut writer = RecordWriter::create_with(&sessions, &head, &options()).unwrap();
        let output = Output::Consent {
            given: true,
            how: ConsentHow::Key,
        };
        writer
            .append(SessionTime(10), &Event::Output { output })
            .unwrap();
        writer.start_audio(RATE).unwrap();
        sound(&mut writer, 0, samples);
        writer.dir().to_path_buf()
    }

    fn sound(writer: &mut RecordWriter, from: u64, to: u64) {
        for first in (from..to).step_by(1_000) {
            let n = 1_000.min(to - first) as usize;
            let pcm: Vec<i16> = (first..first + n as u64)
                .map(|i| (i % 977) as i16)
                .collect();
            writer.audio(Track::Near, first, &pcm).unwrap();
            writer.audio(Track::Far, first, &pcm).unwrap();
        }
    }

    /// Files as a kill at the worst moment leaves them, opened again, go on
    /// and end in a whole record in which all that was there still stands.
    fn goes_on(samples: u64, harm: impl Fn(&Path)) {
        let data = tempfile::tempdir().unwrap();
        let dir = left(data.path(), samples);
        let log = fs::read(dir.join(EVENTS)).unwrap();
        let kept = samples / 8_000 * 8_000;
        let wav = fs::read(dir.join(CALL_WAV)).unwrap();
        harm(&dir);
        let (mut writer, found) = RecordWriter::reopen(&dir, &options()).unwrap();
        assert_eq!(writer.audio_written(), kept);
        assert_eq!(found.records.len(), 1);
        assert!(found.consent() && !found.is_marked() && !found.audio_ended);
        let at = SessionTime(20);
        let input = Input::Tick;
        assert_eq!(writer.append(at, &Event::Input { input }).unwrap(), 2);
        sound(&mut writer, kept + 500, kept + 20_000);
        writer.finish(&[("note.txt".into(), vec![1])]).unwrap();
        assert_eq!(verify(&dir, &Trust::Any), []);
        assert!(fs::read(dir.join(EVENTS)).unwrap().starts_with(&log));
        let now = fs::read(dir.join(CALL_WAV)).unwrap();
        let had = (HEADER + kept * FRAME) as usize;
        assert_eq!(now[HEADER as usize..had], wav[HEADER as usize..had]);
        assert_eq!(now.len() as u64, HEADER + (kept + 20_000) * FRAME);
    }

    fn change(path: &Path, how: impl Fn(&mut Vec<u8>)) {
        let mut bytes = fs::read(path).unwrap();
        how(&mut bytes);
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn whatever_a_kill_leaves_is_taken_up_and_nothing_before_it_is_changed() {
        for samples in [0, 7_999, 8_000, 16_000, 40_000, 50_000] {
            goes_on(samples, |_| {});
            goes_on(samples, |dir| {
                change(&dir.join(EVENTS), |b| b.extend(b"{\"seq\":2,\"at\""));
            });
            // Sound that the header does not cover yet, and half a header.
            goes_on(samples, |dir| {
                change(&dir.join(CALL_WAV), |b| {
                    b.extend([7; 4_001]);
                    b[4] ^= 0xff;
                });
            });
            // The chain is behind, and half a line long.
            goes_on(samples, |dir| {
                change(&dir.join(AUDIO_CHAIN), |b| {
                    b.truncate(b.len().saturating_sub(1))
                });
            });
            goes_on(samples, |dir| {
                change(&dir.join(AUDIO_CHAIN), Vec::clear);
            });
            goes_on(samples, |dir| {
                fs::create_dir(dir.join(DOCUMENTS)).unwrap();
                fs::write(dir.join("documents/.note.txt.part"), "ha").unwrap();
                fs::write(dir.join("documents/note.txt"), "old").unwrap();
                fs::write(dir.join(".manifest.json.part"), "{").unwrap();
            });
        }
        goes_on(0, |dir| fs::remove_file(dir.join(CALL_WAV)).unwrap());
        goes_on(0, |dir| fs::write(dir.join(CALL_WAV), b"RIFF").unwrap());
    }

    #[test]
    fn a_recording_that_was_ended_stays_ended() {
        let data = tempfile::tempdir().unwrap();
        let dir = left(data.path(), 20_000);
        let (mut writer, _) = RecordWriter::reopen(&dir, &options()).unwrap();
        sound(&mut writer, 16_000, 20_000);
        assert_eq!(writer.end_audio().unwrap(), 20_000);
        drop(writer);
        let (mut writer, found) = RecordWriter::reopen(&dir, &options()).unwrap();
        assert!(found.audio_ended);
        let more = writer.audio(Track::Near, 20_000, &[1; 9_000]);
        let both = more.and_then(|()| writer.audio(Track::Far, 20_000, &[1; 9_000]));
        assert!(matches!(both, Err(RecordError::Broken { .. })), "{both:?}");
        assert_eq!(writer.end_audio().unwrap(), 20_000);
        writer.finish(&[]).unwrap();
        assert_eq!(verify(&dir, &Trust::Any), []);
    }

    #[test]
    fn what_no_kill_leaves_is_refused_and_left_as_it_is() {
        type Harm = fn(&mut Vec<u8>);
        let cases: [(&str, Harm); 5] = [
            (EVENTS, |b| b[20] ^= 1),
            (CALL_WAV, |b| b.truncate(1_000)),
            (CALL_WAV, |b| b[22] = 1),
            (CALL_WAV, |b| b[40..44].fill(0xff)),
            (AUDIO_CHAIN, |b| b[60] ^= 1),
        ];
        for (file, harm) in cases {
            let data = tempfile::tempdir().unwrap();
            let dir = left(data.path(), 40_000);
            change(&dir.join(file), harm);
            let before = fs::read(dir.join(file)).unwrap();
            let error = RecordWriter::reopen(&dir, &options()).err().unwrap();
            assert!(matches!(error, RecordError::BadLine { .. }), "{error}");
            assert_eq!(fs::read(dir.join(file)).unwrap(), before);
        }
    }

    #[test]
    fn one_writer_at_a_time_and_none_after_the_seal() {
        let data = tempfile::tempdir().unwrap();
        let dir = left(data.path(), 100);
        let (writer, _) = RecordWriter::reopen(&dir, &options()).unwrap();
        let second = RecordWriter::reopen(&dir, &options()).err().unwrap();
        assert!(matches!(second, RecordError::Locked { .. }), "{second}");
        writer.finish(&[]).unwrap();
        let third = RecordWriter::reopen(&dir, &options()).err().unwrap();
        assert!(matches!(third, RecordError::Sealed { .. }), "{third}");
        assert_eq!(verify(&dir, &Trust::Any), []);
    }

    #[test]
    fn what_was_never_begun_goes_and_the_rest_is_found() {
        let data = tempfile::tempdir().unwrap();
        let sessions = data.path().join("sessions");
        let dir = left(data.path(), 0);
        let make = |files: &[(&str, &str)]| {
            let dir = sessions.join(new_session_id(1_700_000_000_001).unwrap());
            fs::create_dir(&dir).unwrap();
            for (name, text) in files {
                fs::write(dir.join(name), text).unwrap();
            }
            dir
        };
        let gone = [
            make(&[]),
            make(&[(LOCK, "")]),
            make(&[(LOCK, ""), (EVENTS, ""), (".head.json.part", "{")]),
        ];
        let stays = make(&[(LOCK, ""), (EVENTS, "{}\n")]);
        let busy = make(&[(LOCK, ""), (EVENTS, "")]);
        let held = File::open(busy.join(LOCK)).unwrap();
        held.try_lock().unwrap();
        let mut expected = vec![dir, stays, busy];
        expected.sort();
        assert_eq!(unsealed(&sessions).unwrap(), expected);
        assert!(gone.iter().all(|dir| !dir.exists()));
    }
}
