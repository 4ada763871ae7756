//! Who writes a session: whoever holds the lock of its file `lock`. The
//! system lets go of it when the process dies.

use super::{LOCK, RecordError};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Somebody who looks whether a session is written holds its lock for a
/// moment; so often, and so far apart, is it tried again.
const TRIES: u32 = 10;
const APART: Duration = Duration::from_millis(5);

/// A session's lock, held until this is dropped.
#[derive(Debug)]
pub(super) struct SessionLock {
    file: File,
    path: PathBuf,
}

impl SessionLock {
    /// Locks a folder that was made a moment ago and has no lock file yet.
    pub(super) fn make(dir: &Path) -> Result<Self, RecordError> {
        let path = dir.join(LOCK);
        let file = File::create_new(&path).map_err(|e| RecordError::io("create", &path, e))?;
        Self::held(file, path)
    }

    /// Locks a folder that may have been written before.
    ///
    /// # Errors
    /// [`RecordError::Locked`] while a writer has it.
    pub(super) fn take(dir: &Path) -> Result<Self, RecordError> {
        let path = dir.join(LOCK);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| RecordError::io("create", &path, e))?;
        Self::held(file, path)
    }

    fn held(file: File, path: PathBuf) -> Result<Self, RecordError> {
        for again in (0..TRIES).rev() {
            match file.try_lock() {
                Ok(()) => return Ok(Self { file, path }),
                Err(TryLockError::Error(e)) => return Err(RecordError::io("lock", &path, e)),
                Err(TryLockError::WouldBlock) if again > 0 => std::thread::sleep(APART),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        Err(held_by_another(&path))
    }

    /// Removes the file and lets go: the session is sealed.
    pub(super) fn remove(self) {
        // It is no part of the record; the next start would remove it too.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Drop for SessionLock {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started at this
        // moment shares the open file until it runs its own program.
        let _ = self.file.unlock();
    }
}

/// Whether a writer has this session open now.
pub(super) fn is_locked(dir: &Path) -> bool {
    let Ok(file) = File::open(dir.join(LOCK)) else {
        return false;
    };
    match file.try_lock_shared() {
        Ok(()) => {
            let _ = file.unlock();
            false
        }
        Err(e) => matches!(e, TryLockError::WouldBlock),
    }
}

/// That the session of this lock file is being written.
pub(super) fn held_by_another(path: &Path) -> RecordError {
    let dir = path.parent().and_then(Path::file_name).unwrap_or_default();
    RecordError::Locked {
        id: dir.to_string_lossy().into_owned(),
        path: path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_lets_go_even_where_the_file_is_shared() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_locked(dir.path()));
        let first = SessionLock::make(dir.path()).unwrap();
        assert!(is_locked(dir.path()));
        let second = SessionLock::take(dir.path()).unwrap_err();
        assert!(matches!(second, RecordError::Locked { .. }), "{second}");
        // As a child that has not begun its own program shares it.
        let shared = first.file.try_clone().unwrap();
        drop(first);
        assert!(!is_locked(dir.path()));
        SessionLock::take(dir.path()).unwrap().remove();
        assert!(!dir.path().join(LOCK).exists());
        drop(shared);
    }

    #[test]
    fn somebody_who_only_looks_keeps_no_writer_out() {
        let dir = tempfile::tempdir().unwrap();
        drop(SessionLock::make(dir.path()).unwrap());
        std::thread::scope(|scope| {
            let looks = scope.spawn(|| (0..2_000).filter(|_| is_locked(dir.path())).count());
            for _ in 0..100 {
                SessionLock::take(dir.path()).unwrap();
            }
            looks.join().unwrap();
        });
    }
}
