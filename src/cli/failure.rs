//! A part of the program that fails by its own fault (a panic) is told in one
//! plain sentence, where it can be read: after the terminal is given back.
//! Whoever looks for the fault sets `RUST_BACKTRACE` and gets everything.

use std::io::Write;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

/// What can be done about it, as long as that is known.
static ADVICE: Mutex<&str> = Mutex::new("");

/// Where readers of damaged files fail: that is caught and told there.
const CAUGHT: [&str; 2] = ["/pdf-extract-", "/lopdf-"];

/// From now on failures are told plainly.
pub(super) fn tell_plainly() {
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|v| v == "0") {
        std::panic::set_hook(Box::new(|info| tell(info)));
    }
}

/// What is said with a failure from now on.
pub(super) fn advise(text: &'static str) {
    *ADVICE.lock().unwrap_or_else(PoisonError::into_inner) = text;
}

/// Runs a command; a failure of its own is bad for it and not for the shell.
pub(super) fn caught(command: impl FnOnce() -> ExitCode) -> ExitCode {
    catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|_| ExitCode::from(2))
}

fn tell(info: &PanicHookInfo<'_>) {
    let place = info.location();
    let file = place.map_or("", |place| place.file());
    if CAUGHT.iter().any(|library| file.contains(library)) {
        return;
    }
    let line = place.map_or(0, |place| place.line());
    let said = info.payload_as_str().unwrap_or("no reason given");
    let said = said.lines().next().unwrap_or_default();
    let advice = *ADVICE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = format!("viva: A part of the program failed ({file}:{line}: {said}). {advice}");
    // Nobody may be there to read it.
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}
