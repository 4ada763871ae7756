//! The screen while a call goes on: one thread that draws, reads keys, and
//! tells the call. The call never waits for it.

use super::model::{Asked, Model};
use super::screen::{Look, draw};
use crate::call::{CallEvent, Command};
use crate::cli::terminal::{Guard, Signals, is_open, no_colours, while_open};
use crate::clock::Clock;
use crate::event::Request;
use anyhow::Context;
use crossterm::event::{self, EnableBracketedPaste, Event};
use crossterm::execute;
use crossterm::terminal::{Clear, ClearType};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};
use std::io::{Stdout, stdout};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// How often the screen looks at events; keys wake it at once.
const BEAT: Duration = Duration::from_millis(50);

/// How the screen was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// The call is over.
    Over,
    /// The candidate does not want to wait for the end.
    AtOnce,
    /// A signal asks for this exit status.
    Signal(u8),
}

/// How this terminal wants the screen.
pub(super) fn look(still: bool) -> Look {
    Look {
        colour: !no_colours(),
        still,
    }
}

/// Shows the call until it is over or somebody leaves.
///
/// # Errors
/// If the terminal is gone.
pub(super) fn show(
    mut model: Model,
    look: Look,
    mut events: Receiver<CallEvent>,
    keys: &Sender<Command>,
    signals: &Signals,
) -> anyhow::Result<Left> {
    let clock = Clock::system();
    let mut screen = Screen::open()?;
    // A slow line gets nothing while nothing changes but the second.
    let (mut changed, mut second) = (true, 0);
    loop {
        let now_ms = clock.now().millis();
        match take_events(&mut model, &mut events, now_ms) {
            Some(some) => changed |= some,
            None => return Ok(Left::Over),
        }
        let lost;
        (screen, lost) = screen.again()?;
        if lost {
            model.say("A part of the program failed; the interview goes on.");
            changed = true;
        }
        if std::mem::take(&mut changed) || second != now_ms / 1_000 {
            second = now_ms / 1_000;
            screen.draw(|frame| draw(frame, &model, look, now_ms))?;
        }
        if let Some(status) = must_leave(signals) {
            return Ok(Left::Signal(status));
        }
        let mut wait = BEAT;
        while event::poll(wait).context("The terminal is gone")? {
            changed = true;
            let asked = match event::read().context("The terminal is gone")? {
                Event::Key(key) => model.key(key, now_ms),
                Event::Paste(text) => {
                    model.paste(&text);
                    Asked::Nothing
                }
                _ => Asked::Nothing,
            };
            match asked {
                Asked::Nothing => {}
                Asked::Leave => return Ok(Left::AtOnce),
                Asked::Do(command) => {
                    // Full: nobody can press so many keys before they are
                    // obeyed. Closed: the call is over, and says so.
                    if let Err(TrySendError::Full(_)) = keys.try_send(command) {
                        model.say("That was too fast; please press the key again.");
                    }
                }
            }
            wait = Duration::ZERO;
        }
    }
}

/// Hands on what the call told, and whether that was anything; `None` where
/// nothing follows any more.
fn take_events(model: &mut Model, events: &mut Receiver<CallEvent>, now_ms: u64) -> Option<bool> {
    let mut any = false;
    loop {
        match events.try_recv() {
            Ok(event) => model.event(&event, now_ms),
            Err(TryRecvError::Empty) => return Some(any),
            Err(TryRecvError::Closed) => return None,
            Err(TryRecvError::Lagged(n)) => model.say(format!("{n} captions missed")),
        }
        any = true;
    }
}

/// The exit status with which the screen must be left now: that of a signal,
/// or of a terminal that is gone together with who kept it.
pub(super) fn must_leave(signals: &Signals) -> Option<u8> {
    #[cfg(unix)]
    let orphaned = crate::cli::terminal::keeper::orphaned().then_some(128 + 1);
    #[cfg(not(unix))]
    let orphaned = None;
    signals.status().or(orphaned)
}

/// What ends the interview in order.
pub(super) const END: Command = Command::Request(Request::End);

/// The whole screen, until it is dropped.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    // Last, so that nothing is drawn after the terminal is given back.
    _guard: Guard,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// If it cannot be used.
    pub(super) fn open() -> anyhow::Result<Self> {
        let guard = Guard::take().context("The terminal cannot be used")?;
        // Not the terminal's own `clear`: it asks where the cursor is, and a
        // terminal that does not answer would end the interview.
        execute!(stdout(), EnableBracketedPaste, Clear(ClearType::All))
            .context("The terminal cannot be used")?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))
            .context("The terminal cannot be used")?;
        Ok(Self {
            terminal,
            _guard: guard,
        })
    }

    /// The same, or a new one where a part of the program failed and said so
    /// on the first page; whether one did.
    ///
    /// # Errors
    /// If the terminal cannot be used any more.
    pub(super) fn again(self) -> anyhow::Result<(Self, bool)> {
        if is_open() {
            return Ok((self, false));
        }
        // The old one goes first: it gives back what a new one takes.
        drop(self);
        Ok((Self::open()?, true))
    }

    /// Draws, unless the terminal was given back meanwhile.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> anyhow::Result<()> {
        // Nothing where the terminal was just given back by a part that failed.
        let drawn = while_open(|| self.terminal.draw(draw).map(|_| ()));
        drawn.transpose().context("The terminal is gone")?;
        Ok(())
    }
}
