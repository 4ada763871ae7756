//! The terminal while a record plays: raw, on its second screen, and as it
//! was before whatever happens.

use super::screen::{Row, Style};
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::style::{Attribute, Print, SetAttribute};
use crossterm::terminal::{
    self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is ours now.
static OPEN: AtomicBool = AtomicBool::new(false);

/// The terminal, until it is dropped.
pub(super) struct Terminal {
    out: BufWriter<Stdout>,
    shown: Vec<Row>,
    size: (u16, u16),
}

/// Gives the terminal back; the first call of several counts.
fn restore() {
    if OPEN.swap(false, Ordering::AcqRel) {
        let _ = execute!(
            io::stdout(),
            SetAttribute(Attribute::Reset),
            Show,
            LeaveAlternateScreen
        );
        let _ = disable_raw_mode();
    }
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    /// If it does not let itself be taken.
    pub(super) fn open() -> io::Result<Self> {
        enable_raw_mode()?;
        OPEN.store(true, Ordering::Release);
        // From here on dropping gives it back, this function's failure too.
        let mut terminal = Self {
            out: BufWriter::new(io::stdout()),
            shown: Vec::new(),
            size: (0, 0),
        };
        // A panic in any thread prints where it can be read.
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            before(info);
        }));
        execute!(terminal.out, EnterAlternateScreen, Hide)?;
        Ok(terminal)
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (usize, usize) {
        // Where the system does not know, the size that everything fits.
        let (columns, rows) = terminal::size().unwrap_or((80, 24));
        (usize::from(columns.max(1)), usize::from(rows.max(1)))
    }

    /// Shows these rows; only those that changed are written.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub(super) fn show(&mut self, rows: Vec<Row>) -> io::Result<()> {
        if !OPEN.load(Ordering::Acquire) {
            return Err(io::Error::other("a part of the player failed"));
        }
        let size = terminal::size().unwrap_or((80, 24));
        if size != self.size {
            self.size = size;
            self.shown.clear();
            queue!(self.out, Clear(ClearType::All))?;
        }
        for (at, row) in rows.iter().enumerate() {
            if self.shown.get(at) == Some(row) {
                continue;
            }
            // Before the text: behind a full row the cursor stands on its
            // last sign.
            queue!(
                self.out,
                MoveTo(0, at as u16),
                Clear(ClearType::UntilNewLine)
            )?;
            for (text, style) in row {
                let attribute = match style {
                    Style::Plain => None,
                    Style::Bold => Some(Attribute::Bold),
                    Style::Reverse => Some(Attribute::Reverse),
                    Style::Underlined => Some(Attribute::Underlined),
                };
                if let Some(attribute) = attribute {
                    queue!(self.out, SetAttribute(attribute), Print(text))?;
                    queue!(self.out, SetAttribute(Attribute::Reset))?;
                } else {
                    queue!(self.out, Print(text))?;
                }
            }
        }
        self.shown = rows;
        self.out.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.out.flush();
        restore();
    }
}
