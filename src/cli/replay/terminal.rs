//! Rows on the terminal while a record plays; only those that changed are
//! written.

use crate::cli::terminal::text::{Row, Style};
use crate::cli::terminal::{Guard, while_open};
use crossterm::cursor::MoveTo;
use crossterm::queue;
use crossterm::style::{Attribute, Print, SetAttribute};
use crossterm::terminal::{self, Clear, ClearType};
use std::io::{self, BufWriter, Stdout, Write};

/// The terminal, until it is dropped.
pub(super) struct Terminal {
    out: BufWriter<Stdout>,
    shown: Vec<Row>,
    size: (u16, u16),
    // Last: what is buffered is out before the terminal is given back.
    _guard: Guard,
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    /// If it does not let itself be taken.
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self {
            out: BufWriter::new(io::stdout()),
            shown: Vec::new(),
            size: (0, 0),
            _guard: Guard::take()?,
        })
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
        while_open(|| self.draw(rows))
            .unwrap_or_else(|| Err(io::Error::other("a part of the player failed")))
    }

    fn draw(&mut self, rows: Vec<Row>) -> io::Result<()> {
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
    }
}
