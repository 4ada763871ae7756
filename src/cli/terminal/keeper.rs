//! A second process that keeps the terminal: it remembers how the terminal
//! was, runs the program, and gives the terminal back where the program could
//! not do so itself because it was killed. Both share an empty folder of their
//! own, where the program leaves word once there is something to go on with.

use super::{Signals, show_first_page};
use crate::clock::unix_millis;
use anyhow::Context;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::{ExitStatusExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

/// Tells the program that it is kept, and by which process.
const KEPT: &str = "VIVA_KEPT_BY";
/// Names the folder that both share.
const SHARED: &str = "VIVA_KEPT_IN";
/// In that folder: the advice counts from now on.
const BEGUN: &str = "begun";
/// How often the program is looked at.
const LOOK: Duration = Duration::from_millis(30);
/// After so many looks, ten seconds, a program that was told to end is killed.
const MOST_LOOKS: u32 = 333;

/// Runs this program again under a keeper; `None` where it is kept already
/// and should go on itself. `advice` is given where the program was killed
/// after it has called [`begun`].
///
/// # Errors
/// If the terminal does not tell how it is, or no process can be started.
pub(in crate::cli) fn keep(advice: &str) -> anyhow::Result<Option<ExitCode>> {
    if kept_by().is_some() {
        return Ok(None);
    }
    let terminal = io::stdin();
    let before = tcgetattr(&terminal).context("The terminal cannot be used")?;
    let signals = Signals::watch().context("Cannot watch for signals")?;
    let shared = Shared::new().ok();
    let folder = shared.as_ref().map_or_else(|| Path::new(""), |s| &s.0);
    let program = std::env::current_exe().context("This program's own file")?;
    let mut child = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(KEPT, std::process::id().to_string())
        .env(SHARED, folder)
        .spawn()
        .context("The interview's process")?;
    let mut looks_since_told: Option<u32> = None;
    let status = loop {
        if let Some(status) = child.try_wait().context("The interview's process")? {
            break status;
        }
        // An interrupt at the keyboard reaches both.
        let ends = signals.status().filter(|s| *s != 130);
        match &mut looks_since_told {
            Some(looks) => {
                *looks += 1;
                if *looks == MOST_LOOKS {
                    // It does not end by itself; its record can be gone on with.
                    let _ = child.kill();
                }
            }
            None if ends.is_some() => {
                looks_since_told = Some(0);
                // Standard on every unix, and no foreign function call.
                let pid = child.id().to_string();
                let _ = Command::new("kill").args(["-TERM", &pid]).status();
            }
            None => {}
        }
        std::thread::sleep(LOOK);
    };
    let restored = tcsetattr(&terminal, OptionalActions::Now, &before);
    let Some(signal) = status.signal() else {
        return Ok(Some(ExitCode::from(status.code().unwrap_or(2) as u8)));
    };
    let _ = show_first_page();
    restored.context("The terminal could not be set back; type: reset")?;
    // Where no folder could be made, nothing is known.
    let begun = shared.as_ref().is_none_or(Shared::has_begun);
    let advice = if begun { advice } else { "" };
    let text = format!("viva: The program was stopped by signal {signal}. {advice}");
    eprintln!("{}", text.trim_end());
    Ok(Some(ExitCode::from(128 + signal as u8)))
}

/// Whether the process that kept this one is gone: nobody would give the
/// terminal back any more.
pub(in crate::cli) fn orphaned() -> bool {
    kept_by().is_some_and(|keeper| keeper != parent_id())
}

/// Tells the keeper, if there is one, that its advice counts from now on.
pub(in crate::cli) fn begun() {
    let folder = std::env::var_os(SHARED).filter(|f| !f.is_empty());
    if let Some(folder) = folder.filter(|_| kept_by().is_some()) {
        // Without it only the advice is missing.
        let _ = std::fs::File::create_new(Path::new(&folder).join(BEGUN));
    }
}

/// A folder that nobody else can look into, until it is dropped.
struct Shared(PathBuf);

impl Shared {
    fn new() -> io::Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("viva-{}-{}", std::process::id(), unix_millis()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }

    fn has_begun(&self) -> bool {
        self.0.join(BEGUN).exists()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn kept_by() -> Option<u32> {
    std::env::var(KEPT).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_folder_tells_of_a_beginning_and_does_not_stay() {
        let shared = Shared::new().unwrap();
        let folder = shared.0.clone();
        assert!(!shared.has_begun());
        std::fs::File::create_new(folder.join(BEGUN)).unwrap();
        assert!(shared.has_begun());
        drop(shared);
        assert!(!folder.exists());
    }
}
