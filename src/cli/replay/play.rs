//! Runs a deck: at a terminal with keys, or through to the end.

use super::keys::{Asked, Keys};
use super::load::Loaded;
use super::screen::{View, rows};
use super::terminal::Terminal;
use super::{about_missing, speaker_name};
use crate::cli::terminal::Signals;
use crate::replay::{Deck, Output, Sound, State, Timeline, clock_time};
use crate::report::corrections::beside;
use anyhow::Context;
use crossterm::event::{self, Event};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// How often the output is fed: it holds 200 ms.
const BEAT: Duration = Duration::from_millis(20);
/// What is said about a key stays for so many beats.
const NOTE_BEATS: u32 = 200;

/// What is played here.
type AnyDeck = Deck<Box<dyn Sound>, Box<dyn Output>>;

/// Plays to the end and prints every line when it begins.
///
/// # Errors
/// If the recording cannot be read, or the speaker failed.
pub(super) fn through(mut deck: AnyDeck, loaded: &Loaded) -> anyhow::Result<ExitCode> {
    let signals = Signals::watch().context("Cannot watch for signals")?;
    let mut out = std::io::stdout().lock();
    let length = clock_time(deck.timeline().length_ms);
    let begin = deck.position_ms()?;
    let mut shown = Shown::from(deck.timeline(), begin, &loaded.candidate);
    let (query, found, _) = deck.search();
    let places = found.len();
    let head = match places {
        0 => format!("{}, {length}", loaded.title()),
        1 => format!("{}, {length}; one place says {query:?}", loaded.title()),
        n => format!("{}, {length}; {n} places say {query:?}", loaded.title()),
    };
    let mut open = writeln!(out, "{head}").is_ok();
    let status = loop {
        let state = deck.step()?;
        for text in shown.until(deck.position_ms()?) {
            open = open && writeln!(out, "{text}").is_ok();
        }
        open = open && out.flush().is_ok();
        if let Some(status) = signals.status() {
            break status;
        }
        // Nobody reads any more: there is no reason to go on.
        if !open {
            break 0;
        }
        if state == State::Ended {
            deck.drain();
            let _ = writeln!(out, "{length}  [end]");
            break 0;
        }
        std::thread::sleep(BEAT);
    };
    deck.close()?;
    Ok(ExitCode::from(status))
}

/// What is printed, in order of time, and how far that has come.
struct Shown {
    texts: Vec<(u64, String)>,
    next: usize,
}

impl Shown {
    /// From the line on that is heard at this time.
    fn from(timeline: &Timeline, ms: u64, candidate: &str) -> Self {
        let first = timeline.at(ms).map_or(0, |i| timeline.lines[i].start_ms);
        let lines = timeline.lines.iter().map(|line| {
            let who = speaker_name(line.who, candidate);
            let mut text = format!("{}  {who}: {}", clock_time(line.start_ms), line.text);
            if let Some(correction) = &line.corrected {
                let at = clock_time(line.start_ms);
                text += &format!("\n{at}  {}", beside(correction));
            }
            (line.start_ms, text)
        });
        let gaps = timeline.missing.iter().map(|gap| {
            let text = format!("{}  {}", clock_time(gap.start_ms), about_missing(gap));
            (gap.start_ms, text)
        });
        let mut texts: Vec<(u64, String)> = gaps.chain(lines).collect();
        texts.retain(|(at, _)| *at >= first.min(ms));
        texts.sort_by_key(|(at, _)| *at);
        Self { texts, next: 0 }
    }

    fn until(&mut self, ms: u64) -> impl Iterator<Item = &str> {
        let from = self.next;
        let due = self.texts[from..].iter().take_while(|(at, _)| *at <= ms);
        self.next += due.count();
        self.texts[from..self.next]
            .iter()
            .map(|(_, text)| text.as_str())
    }
}

/// Plays with keys until somebody leaves.
///
/// # Errors
/// If the terminal, the recording or the speaker failed.
pub(super) fn at_terminal(mut deck: AnyDeck, loaded: &Loaded) -> anyhow::Result<ExitCode> {
    let signals = Signals::watch().context("Cannot watch for signals")?;
    let mut terminal = Terminal::open().context("The terminal cannot be used")?;
    let title = loaded.title();
    let warning = loaded.warning();
    let mut keys = Keys::default();
    let mut note: Option<(String, u32)> = None;
    let status = loop {
        let state = deck.step()?;
        let position_ms = deck.position_ms()?;
        let view = View {
            title: &title,
            warning: warning.as_deref(),
            candidate: &loaded.candidate,
            timeline: deck.timeline(),
            position_ms,
            state,
            options: deck.options(),
            left_out_ms: deck.left_out_ms(),
            search: deck.search(),
            prompt: keys.prompt(),
            note: note.as_ref().map(|(text, _)| text.as_str()),
        };
        let (columns, height) = terminal.size();
        let rows = rows(&view, columns, height);
        terminal.show(rows).context("The terminal is gone")?;
        if let Some((_, left)) = &mut note {
            *left -= 1;
        }
        note = note.filter(|(_, left)| *left > 0);
        if let Some(status) = signals.status() {
            break status;
        }
        if !event::poll(BEAT).context("The terminal is gone")? {
            continue;
        }
        let Event::Key(key) = event::read().context("The terminal is gone")? else {
            continue;
        };
        match keys.press(key) {
            Asked::Nothing => {}
            Asked::Quit => break 0,
            Asked::Do(command) => {
                note = deck.apply(command)?.map(|text| (text, NOTE_BEATS));
            }
        }
    };
    drop(terminal);
    deck.close()?;
    Ok(ExitCode::from(status))
}
