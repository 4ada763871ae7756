//! The terminal while a program has its whole screen: raw, on its second
//! page, and as it was before whatever happens. What is logged meanwhile
//! waits until the screen is given back.

#[cfg(unix)]
pub(super) mod keeper;
mod signals;
pub(super) mod text;

pub(super) use signals::Signals;

use crossterm::cursor::{Hide, Show};
use crossterm::event::DisableBracketedPaste;
use crossterm::execute;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};

/// Held while the terminal is taken, drawn on or given back, so that a part
/// that fails in one thread does not tell so in the middle of a screen that
/// another one draws.
static TURN: Mutex<()> = Mutex::new(());
thread_local! {
    /// This thread has the turn: it must not wait for itself if it fails.
    static HAS_TURN: Cell<bool> = const { Cell::new(false) };
}
/// Whether the terminal is ours now.
static OPEN: AtomicBool = AtomicBool::new(false);
/// What was logged while it was.
static HELD: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// Bytes of the log that are held; what comes after them is dropped.
const HELD_MOST: usize = 64 * 1024;

/// Whether there is a terminal that can show a screen and tell keys.
pub(super) fn has_screen() -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !dumb
}

/// Whether `NO_COLOR` or the terminal forbids colours.
pub(super) fn no_colours() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
        || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether the log may be coloured.
pub(super) fn log_has_colours() -> bool {
    io::stderr().is_terminal() && !no_colours()
}

/// Whether the screen is ours.
pub(super) fn is_open() -> bool {
    OPEN.load(Ordering::Acquire)
}

/// Does something with the terminal that nobody else may do meanwhile.
fn in_turn<T>(work: impl FnOnce() -> T) -> T {
    struct Ends(bool);
    impl Drop for Ends {
        fn drop(&mut self) {
            HAS_TURN.set(self.0);
        }
    }
    let had = HAS_TURN.replace(true);
    let _turn = (!had).then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner));
    let _ends = Ends(had);
    work()
}

/// Draws, unless the terminal was given back meanwhile.
pub(super) fn while_open<T>(draw: impl FnOnce() -> T) -> Option<T> {
    in_turn(|| is_open().then(draw))
}

/// The terminal, until it is dropped.
#[derive(Debug)]
pub(super) struct Guard(());

impl Guard {
    /// Takes the terminal.
    ///
    /// # Errors
    /// If it does not let itself be taken.
    pub(super) fn take() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        // A panic in any thread prints where it can be read.
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                in_turn(|| {
                    restore();
                    before(info);
                });
            }));
        });
        in_turn(|| {
            enable_raw_mode()?;
            OPEN.store(true, Ordering::Release);
            // From here on dropping gives it back, this function's failure
            // too.
            let guard = Self(());
            execute!(io::stdout(), EnterAlternateScreen, Hide)?;
            Ok(guard)
        })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        in_turn(restore);
    }
}

/// Gives the terminal back; the first call of several counts.
fn restore() {
    if OPEN.swap(false, Ordering::AcqRel) {
        let _ = show_first_page();
        let _ = disable_raw_mode();
        let held = std::mem::take(&mut *HELD.lock().unwrap_or_else(PoisonError::into_inner));
        let _ = io::stderr().write_all(&held);
    }
}

fn show_first_page() -> io::Result<()> {
    execute!(
        io::stdout(),
        SetAttribute(Attribute::Reset),
        DisableBracketedPaste,
        Show,
        LeaveAlternateScreen
    )
}

/// Standard error for the log: waits while the screen is ours.
#[derive(Debug)]
pub(super) struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !is_open() {
            return io::stderr().write(bytes);
        }
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() + bytes.len() <= HELD_MOST {
            held.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
