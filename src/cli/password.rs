//! A password from the terminal, which does not show it, or from standard
//! input.

use crate::accounts::PASSWORD_MOST;
use anyhow::{Context, bail};
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::io::{BufRead, IsTerminal, Read, Write};

/// A new password: one line of standard input, or typed twice.
///
/// # Errors
/// Where there is neither, and where the two differ.
pub(super) fn new_password(from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin {
        let mut line = String::new();
        // A few bytes more than the longest, so that a longer one is noticed.
        let most = 4 * PASSWORD_MOST as u64 + 8;
        std::io::stdin()
            .lock()
            .take(most)
            .read_line(&mut line)
            .context("--password-stdin")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    if !std::io::stdin().is_terminal() {
        bail!("No terminal to type a password on: expected --password-stdin");
    }
    let first = typed("Password: ")?;
    if first != typed("Password again: ")? {
        bail!("The two passwords differ");
    }
    Ok(first)
}

/// Whatever happens, the terminal shows again what is typed.
struct Raw;

impl Drop for Raw {
    fn drop(&mut self) {
        // There is nobody to tell but the terminal itself.
        let _ = disable_raw_mode();
    }
}

fn typed(prompt: &str) -> anyhow::Result<String> {
    let mut shown = std::io::stderr().lock();
    write!(shown, "{prompt}")?;
    shown.flush()?;
    let mut text = String::new();
    enable_raw_mode().context("The terminal")?;
    let raw = Raw;
    loop {
        let Event::Key(key) = read().context("The terminal")? else {
            continue;
        };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => break,
            KeyCode::Char('c' | 'd') if control => {
                drop(raw);
                writeln!(shown)?;
                bail!("No password was given");
            }
            KeyCode::Char('u') if control => text.clear(),
            KeyCode::Char(c) if !control => text.push(c),
            KeyCode::Backspace => {
                text.pop();
            }
            _ => {}
        }
    }
    drop(raw);
    writeln!(shown)?;
    Ok(text)
}
