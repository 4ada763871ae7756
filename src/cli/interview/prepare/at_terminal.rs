//! The preparation at a terminal: a whole screen, or line by line.

use super::super::at_terminal::{Screen, must_leave};
use super::super::screen::Look;
use super::choose::MODELS_HEAD;
use super::hands::Hands;
use super::screen::draw;
use super::state::State;
use super::vocabulary::{Done, Key, News, Page};
use crate::cli::terminal::Signals;
use crate::clock::Clock;
use crate::preflight::{Finding, Verdict};
use anyhow::Context;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// How often the screen looks at news; keys wake it at once.
const BEAT: Duration = Duration::from_millis(50);

/// How a preparation was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// The candidate decided.
    Done(Done),
    /// A signal asks for this exit status.
    Signal(u8),
}

/// Takes all news, does what follows of them; whether there were any.
fn take_news(state: &mut State, hands: &mut Hands, news: &mut Receiver<News>, now_ms: u64) -> bool {
    let mut any = false;
    while let Ok(one) = news.try_recv() {
        any = true;
        for what in state.news(one, now_ms) {
            hands.take(what);
        }
    }
    for what in state.tick(now_ms) {
        hands.take(what);
    }
    any
}

/// Shows the preparation until it is over.
///
/// # Errors
/// If the terminal is gone.
pub(super) fn show(
    state: &mut State,
    hands: &mut Hands,
    news: &mut Receiver<News>,
    look: Look,
    signals: &Signals,
) -> anyhow::Result<Left> {
    let clock = Clock::system();
    let mut screen = Screen::open()?;
    let (mut changed, mut level) = (true, 0);
    loop {
        let now_ms = clock.now().millis();
        changed |= take_news(state, hands, news, now_ms);
        // The meter falls by itself; a slow line gets nothing else.
        let shown = state.level_db(now_ms).max(-70.0) as i32;
        changed |= !look.still && shown != level;
        level = shown;
        let lost;
        (screen, lost) = screen.again()?;
        if lost {
            state.say("A part of the program failed; you may go on.");
            changed = true;
        }
        if std::mem::take(&mut changed) {
            screen.draw(|frame| draw(frame, state, look, now_ms))?;
        }
        if let Some(done) = state.done {
            return Ok(Left::Done(done));
        }
        if let Some(status) = must_leave(signals) {
            return Ok(Left::Signal(status));
        }
        let mut wait = BEAT;
        while event::poll(wait).context("The terminal is gone")? {
            changed = true;
            wait = Duration::ZERO;
            let Event::Key(pressed) = event::read().context("The terminal is gone")? else {
                continue;
            };
            for what in pressed_key(pressed)
                .map(|key| state.key(key, now_ms))
                .unwrap_or_default()
            {
                hands.take(what);
            }
        }
    }
}

fn pressed_key(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    Some(match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Key::Letter('q'),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Char(c) => match c.to_digit(10) {
            Some(n) => Key::Number(n as usize),
            None => Key::Letter(c.to_ascii_lowercase()),
        },
        _ => return None,
    })
}

/// What was printed so far, where there is no screen.
#[derive(Default)]
struct Printed {
    /// So much of what was told.
    said: usize,
    page: Option<Page>,
    entries: usize,
    facts: Facts,
    /// Tenths of the download.
    tenth: Option<u64>,
    stopped: bool,
}

/// The same line by line; `lines` are what is typed. Without any more of
/// them the preparation is over.
///
/// # Errors
/// If nothing can be printed any more.
pub(super) async fn by_lines(
    state: &mut State,
    hands: &mut Hands,
    news: &mut Receiver<News>,
    lines: &mut Receiver<String>,
    signals: &Signals,
) -> anyhow::Result<Left> {
    let clock = Clock::system();
    let mut printed = Printed::default();
    let mut open = true;
    loop {
        let now_ms = clock.now().millis();
        take_news(state, hands, news, now_ms);
        printed.print(state)?;
        // Nobody can answer any more: once all is looked at, what is here is
        // used.
        if !open && !state.looks() {
            state.done.get_or_insert(Done::Skip);
        }
        if let Some(done) = state.done {
            return Ok(Left::Done(done));
        }
        // A number means nothing before its list is there.
        let reads = open && !state.awaits_list();
        if let Some(status) = signals.status() {
            return Ok(Left::Signal(status));
        }
        tokio::select! {
            line = lines.recv(), if reads => match line {
                Some(line) => {
                    for key in keys_of(&line, state.entries().len()) {
                        if key == Key::Letter('r') {
                            // What is found again is told again.
                            printed.facts = Facts::default();
                        }
                        for what in state.key(key, now_ms) {
                            hands.take(what);
                        }
                    }
                }
                None => open = false,
            },
            () = tokio::time::sleep(BEAT) => {}
        }
    }
}

/// What a line means on a page with so many entries: one of them is taken at
/// once, while another number only brings the word that it does not exist.
fn keys_of(line: &str, entries: usize) -> Vec<Key> {
    let line = line.trim();
    if line.is_empty() {
        return vec![Key::Enter];
    }
    if let Ok(number) = line.parse::<usize>() {
        return match (1..=entries).contains(&number) {
            true => vec![Key::Number(number), Key::Enter],
            false => vec![Key::Number(number)],
        };
    }
    let mut letters = line.chars();
    match (letters.next(), letters.next()) {
        (Some('x' | 'X'), None) => vec![Key::Escape],
        (Some(letter), None) => vec![Key::Letter(letter.to_ascii_lowercase())],
        // A word begins with its letter as well.
        _ => line
            .chars()
            .next()
            .map(|c| Key::Letter(c.to_ascii_lowercase()))
            .into_iter()
            .collect(),
    }
}

impl Printed {
    fn print(&mut self, state: &State) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        for text in state
            .said
            .iter()
            .skip(self.said.saturating_sub(state.dropped))
        {
            writeln!(out, "{text}")?;
        }
        self.said = state.dropped + state.said.len();
        let entries = state.entries();
        let fresh = self.page != Some(state.page);
        if fresh {
            self.page = Some(state.page);
            (self.entries, self.tenth) = (0, None);
            if state.page == Page::Check {
                self.facts = Facts::default();
                writeln!(out, "{}", keys(state))?;
            }
        }
        // A list that grew is said again, since its numbers count.
        if !entries.is_empty() && entries.len() != self.entries {
            self.entries = entries.len();
            let question = match state.page {
                Page::Microphone => "Which microphone?",
                Page::Speaker => "Which speaker? T plays a tone on the marked one.",
                _ => "Which speech model? U takes the starter model.",
            };
            writeln!(
                out,
                "{question} A number and Enter; Enter alone takes the marked one."
            )?;
            if state.page == Page::Model {
                writeln!(out, "     {MODELS_HEAD}")?;
            }
            for (n, entry) in entries.iter().enumerate() {
                let mark = if n == state.pick { '>' } else { ' ' };
                writeln!(out, "{mark} {:>2} {}", n + 1, entry.text)?;
            }
        }
        if let Some(fetch) = &state.fetch {
            let tenth = fetch.share().map(|share| (share * 10.0) as u64);
            if tenth != self.tenth {
                self.tenth = tenth;
                writeln!(out, "{}: {}", fetch.name, fetch.progress())?;
            }
            if fetch.stopped.is_some() != self.stopped {
                self.stopped = fetch.stopped.is_some();
                if let Some(why) = &fetch.stopped {
                    writeln!(out, "{why}. Enter tries again, U uses the starter model.")?;
                }
            }
        }
        if state.page == Page::Check {
            for fact in self.facts.changed(facts(state)) {
                writeln!(out, "{fact}")?;
            }
        }
        out.flush()
    }
}

const fn keys(state: &State) -> &'static str {
    if state.plan.typed {
        "Each with Enter: Enter alone begins, R looks again, Q leaves."
    } else {
        "Each with Enter: Enter alone begins, T tries a sentence, M microphone, O speaker, D speech \
         model, W types every answer, R looks again, S skips this, Q leaves."
    }
}

/// What was told last of each part.
#[derive(Default)]
struct Facts(BTreeMap<String, String>);

impl Facts {
    /// What is new of these; what is not among them any more is told again
    /// when it comes back.
    fn changed(&mut self, facts: Vec<(String, String)>) -> Vec<String> {
        let before = std::mem::replace(&mut self.0, facts.iter().cloned().collect());
        let known = |(part, fact): &(String, String)| before.get(part) == Some(fact);
        let new = facts.into_iter().filter(|fact| !known(fact));
        new.map(|(_, fact)| fact).collect()
    }
}

/// What is found, in sentences, each with the part that it is about.
fn facts(state: &State) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut add = |name: &str, found: Option<&Finding>| {
        let Some(f) = found else { return };
        let verdict = match f.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Failed => "FAILED",
        };
        let advice = f
            .advice
            .as_ref()
            .map_or_else(String::new, |a| format!(". {a}"));
        let fact = format!("{name}: {verdict}: {}{advice}", f.says);
        all.push((name.to_owned(), fact));
    };
    if !state.plan.typed {
        add("Microphone", state.microphone.as_ref());
        if !state.plan.captions {
            add("Speaker", state.speaker.as_ref());
        }
        add("Speech", state.speech().as_ref());
    }
    add("Engine", state.engine.as_ref());
    if !state.plan.typed && state.has_levels() {
        let heard = state.spoken_word();
        all.push(("Level".to_owned(), format!("Level: {heard}")));
    }
    let faults = state.faults().iter();
    all.extend(faults.map(|f| ((*f).to_owned(), format!("Microphone: {f}."))));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_told_when_it_changes_and_when_it_comes_back() {
        let mut told = Facts::default();
        let fact = |part: &str, says: &str| (part.to_owned(), format!("{part}: {says}"));
        let gone = || fact("Microphone", "gone");
        let engine = || fact("Engine", "near");
        let all = told.changed(vec![gone(), engine()]);
        assert_eq!(all, ["Microphone: gone", "Engine: near"]);
        assert!(told.changed(vec![gone(), engine()]).is_empty());
        let back = told.changed(vec![fact("Microphone", "back"), engine()]);
        assert_eq!(back, ["Microphone: back"]);
        let again = told.changed(vec![gone(), engine()]);
        assert_eq!(again, ["Microphone: gone"]);
        // Looked at again, and the same as before.
        assert!(told.changed(vec![engine()]).is_empty());
        assert_eq!(told.changed(vec![gone(), engine()]), ["Microphone: gone"]);
    }

    #[test]
    fn only_a_number_of_the_list_takes_an_entry() {
        assert_eq!(keys_of(" 2\n", 3), [Key::Number(2), Key::Enter]);
        assert_eq!(keys_of("99", 3), [Key::Number(99)]);
        assert_eq!(keys_of("0", 3), [Key::Number(0)]);
        // A page without a list takes nothing by number.
        assert_eq!(keys_of("1", 0), [Key::Number(1)]);
        assert_eq!(keys_of("", 3), [Key::Enter]);
        assert_eq!(keys_of("x", 3), [Key::Escape]);
    }
}
