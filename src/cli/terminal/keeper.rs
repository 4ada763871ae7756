//! A second process that keeps the terminal: it remembers how the terminal
//! was, runs the program, and gives the terminal back where the program could
//! not do so itself because it was killed.

use super::{Signals, show_first_page};
use anyhow::Context;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::os::unix::process::{ExitStatusExt, parent_id};
use std::process::{Command, ExitCode};
use std::time::Duration;

/// Tells the program that it is kept, and by which process.
const KEPT: &str = "VIVA_KEPT_BY";
/// How often the program is looked at.
const LOOK: Duration = Duration::from_millis(30);
/// After so many looks, ten seconds, a program that was told to end is killed.
const MOST_LOOKS: u32 = 333;

/// Runs this program again under a keeper; `None` where it is kept already
/// and should go on itself.
///
/// # Errors
/// If the terminal does not tell how it is, or no process can be started.
pub(in crate::cli) fn keep(advice: &str) -> anyhow::Result<Option<ExitCode>> {
    if kept_by().is_some() {
        return Ok(None);
    }
    let terminal = std::io::stdin();
    let before = tcgetattr(&terminal).context("The terminal cannot be used")?;
    let signals = Signals::watch().context("Cannot watch for signals")?;
    let program = std::env::current_exe().context("This program's own file")?;
    let mut child = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(KEPT, std::process::id().to_string())
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
    eprintln!("viva: The program was stopped by signal {signal}. {advice}");
    Ok(Some(ExitCode::from(128 + signal as u8)))
}

/// Whether the process that kept this one is gone: nobody would give the
/// terminal back any more.
pub(in crate::cli) fn orphaned() -> bool {
    kept_by().is_some_and(|keeper| keeper != parent_id())
}

fn kept_by() -> Option<u32> {
    std::env::var(KEPT).ok()?.parse().ok()
}
