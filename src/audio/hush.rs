//! Keeps C sound libraries from printing dozens of lines about devices that
//! are not there, where one clear line of ours follows.

#[cfg(target_os = "linux")]
use std::os::fd::{AsFd, OwnedFd};
#[cfg(target_os = "linux")]
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One at a time, or the second would take the first's nowhere for the
/// true standard error.
#[cfg(target_os = "linux")]
static ONE: Mutex<()> = Mutex::new(());

/// While it lives, whatever this process prints to standard error is lost:
/// our own lines too, so hold it only while devices are looked for and
/// opened.
#[cfg(target_os = "linux")]
pub(crate) struct Hush {
    stderr: Option<OwnedFd>,
    _one: MutexGuard<'static, ()>,
}

#[cfg(target_os = "linux")]
impl Hush {
    pub(crate) fn new() -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = std::io::stderr().as_fd().try_clone_to_owned().ok();
        let null = std::fs::OpenOptions::new().write(true).open("/dev/null");
        // Without both, everything stays as it is.
        let stderr = kept.zip(null.ok()).and_then(|(kept, null)| {
            rustix::stdio::dup2_stderr(&null).ok()?;
            Some(kept)
        });
        Self { stderr, _one: one }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Hush {
    fn drop(&mut self) {
        if let Some(stderr) = &self.stderr {
            let _ = rustix::stdio::dup2_stderr(stderr);
        }
    }
}

/// Elsewhere the libraries are quiet.
#[cfg(not(target_os = "linux"))]
pub(crate) struct Hush;

#[cfg(not(target_os = "linux"))]
impl Hush {
    pub(crate) const fn new() -> Self {
        Self
    }
}
