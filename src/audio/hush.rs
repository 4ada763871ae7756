//! Keeps C sound libraries from printing dozens of lines about devices that
//! are not there, where one clear line of ours follows.

#[cfg(target_os = "linux")]
use std::os::fd::{AsFd, OwnedFd};
#[cfg(target_os = "linux")]
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many hushes there are, and the true standard error meanwhile. The
/// first takes it away and the last gives it back; none waits for another.
#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Quiet {
    hushes: usize,
    stderr: Option<OwnedFd>,
}

#[cfg(target_os = "linux")]
static QUIET: Mutex<Quiet> = Mutex::new(Quiet {
    hushes: 0,
    stderr: None,
});

#[cfg(target_os = "linux")]
fn quiet() -> MutexGuard<'static, Quiet> {
    QUIET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While it lives, whatever this process prints to standard error is lost:
/// our own lines too, so hold it only while devices are looked for and
/// opened, and for a bounded time.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(crate) struct Hush(());

#[cfg(target_os = "linux")]
impl Hush {
    pub(crate) fn new() -> Self {
        let mut quiet = quiet();
        quiet.hushes += 1;
        if quiet.hushes == 1 {
            let kept = std::io::stderr().as_fd().try_clone_to_owned().ok();
            let null = std::fs::OpenOptions::new().write(true).open("/dev/null");
            // Without both, everything stays as it is.
            quiet.stderr = kept.zip(null.ok()).and_then(|(kept, null)| {
                rustix::stdio::dup2_stderr(&null).ok()?;
                Some(kept)
            });
        }
        Self(())
    }
}

#[cfg(target_os = "linux")]
impl Drop for Hush {
    fn drop(&mut self) {
        let mut quiet = quiet();
        quiet.hushes -= 1;
        if quiet.hushes == 0
            && let Some(stderr) = quiet.stderr.take()
        {
            let _ = rustix::stdio::dup2_stderr(&stderr);
        }
    }
}

/// Elsewhere the libraries are quiet.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(crate) struct Hush;

#[cfg(not(target_os = "linux"))]
impl Hush {
    pub(crate) const fn new() -> Self {
        Self
    }
}
