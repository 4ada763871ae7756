//! The preparation on a whole screen: the same state gives the same screen.
//! Everything is told by words; bold and reverse only stress it.

use super::super::screen::{Look, meter, rule, sides, wrap_words};
use super::choose::MODELS_HEAD;
use super::fetch::Fetch;
use super::state::{State, Test};
use super::vocabulary::Page;
use crate::cli::terminal::text::cut;
use crate::preflight::{Finding, Verdict};
use ratatui::Frame;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

/// Columns before what is found.
const INDENT: usize = 21;

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State, look: Look, now_ms: u64) {
    let area = frame.area();
    let (columns, height) = (usize::from(area.width), usize::from(area.height));
    if columns == 0 || height == 0 {
        return;
    }
    let (left, right) = sides(title(state), "nothing is recorded or sent", columns);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut rows = vec![
        Line::from(vec![Span::styled(left, bold), Span::raw(right)]),
        rule(columns),
    ];
    let bottom = [
        rule(columns),
        Line::raw(cut(&keys(state, columns), columns)),
    ];
    let room = height.saturating_sub(rows.len() + bottom.len());
    let mut body = match state.page {
        Page::Check => check(state, look, columns, now_ms),
        Page::Fetch => state
            .fetch
            .as_ref()
            .map(|f| fetch(f, columns))
            .unwrap_or_default(),
        Page::Microphone | Page::Speaker | Page::Model => {
            list(state, look, columns, room.saturating_sub(3), now_ms)
        }
    };
    body.truncate(room);
    let left = room - body.len();
    rows.append(&mut body);
    rows.append(&mut messages(state, columns, left));
    rows.extend(bottom);
    rows.truncate(height);
    frame.render_widget(Paragraph::new(rows), area);
}

const fn title(state: &State) -> &'static str {
    match state.page {
        Page::Microphone => "Which microphone?",
        Page::Speaker => "Which speaker?",
        Page::Model => "Which speech model?",
        Page::Fetch => "Fetching a speech model",
        Page::Check => "Before the interview",
    }
}

/// What the last row names, most important first.
fn keys(state: &State, columns: usize) -> String {
    let sound = !state.plan.typed;
    let stopped = state.fetch.as_ref().is_some_and(|f| f.stopped.is_some());
    let all: Vec<&str> = match state.page {
        Page::Check if !sound => vec!["Enter begin", "R look again", "Q leave"],
        Page::Check => {
            let mut all = vec!["Enter begin", "T test", "M mic"];
            if !state.plan.captions {
                all.push("O speaker");
            }
            all.extend(["D model", "W type", "R again", "S skip", "Q leave"]);
            all
        }
        Page::Fetch if stopped => vec!["Enter tries again", "U starter model", "Q leave"],
        Page::Fetch => vec!["Esc stops", "U starter model", "Q leave"],
        Page::Model => vec![
            "Enter takes it",
            "1-9 or arrows",
            "U starter model",
            "S skip",
            "Q leave",
        ],
        Page::Speaker => vec![
            "Enter takes it",
            "1-9 or arrows",
            "T tone",
            "S skip",
            "Q leave",
        ],
        Page::Microphone => vec![
            "Enter takes it",
            "1-9 or arrows",
            "W type",
            "S skip",
            "Q leave",
        ],
    };
    let mut shown: Vec<&str> = Vec::new();
    let mut used = 0;
    for key in all {
        used += key.width() + 2;
        if used > columns + 2 {
            break;
        }
        shown.push(key);
    }
    shown.join("  ")
}

fn level(state: &State, look: Look, now_ms: u64) -> String {
    let word = state.level_word(now_ms);
    if look.still {
        return word.to_owned();
    }
    format!("[{}] {word}", meter(state.level_db(now_ms)))
}

fn check(state: &State, look: Look, columns: usize, now_ms: u64) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    if !state.plan.typed {
        finding(
            "Microphone",
            state.microphone.as_ref(),
            look,
            columns,
            &mut rows,
        );
        if state
            .microphone
            .as_ref()
            .is_some_and(|f| f.verdict == Verdict::Ok)
        {
            let text = format!("{:INDENT$}{}", "", level(state, look, now_ms));
            rows.push(Line::raw(cut(&text, columns)));
        }
        for fault in state.faults() {
            let wrong = Finding::warning("microphone", *fault, "M chooses another one");
            finding("", Some(&wrong), look, columns, &mut rows);
        }
        if state.plan.captions {
            rows.push(Line::raw(
                "Speaker     none     The recruiter's words are shown.",
            ));
        } else {
            finding("Speaker", state.speaker.as_ref(), look, columns, &mut rows);
        }
        finding("Speech", state.speech().as_ref(), look, columns, &mut rows);
    }
    finding("Engine", state.engine.as_ref(), look, columns, &mut rows);
    rows.push(rule(columns));
    rows
}

fn finding(
    name: &str,
    found: Option<&Finding>,
    look: Look,
    columns: usize,
    rows: &mut Vec<Line<'static>>,
) {
    let (word, says, colour) = match found {
        None => ("...", "is being looked at", Color::Yellow),
        Some(f) => match f.verdict {
            Verdict::Ok => ("ok", f.says.as_str(), Color::Green),
            Verdict::Warning => ("warning", f.says.as_str(), Color::Yellow),
            Verdict::Failed => ("FAILED", f.says.as_str(), Color::Red),
        },
    };
    let mut style = Style::new();
    if !matches!(word, "ok" | "...") {
        style = style.add_modifier(Modifier::BOLD);
    }
    if look.colour {
        style = style.fg(colour);
    }
    let head = format!("{name:<12}{word:<9}");
    let mut texts = wrap_words(says, &head, INDENT, columns);
    if let Some(advice) = found.and_then(|f| f.advice.as_ref()) {
        let head = format!("{:INDENT$}-> ", "");
        texts.extend(wrap_words(advice, &head, INDENT + 3, columns));
    }
    for (n, text) in texts.into_iter().enumerate() {
        // The first row, in three parts, so that the word can be stressed.
        let rest = text.strip_prefix(&head).filter(|_| n == 0);
        rows.push(match rest {
            Some(rest) => Line::from(vec![
                Span::raw(format!("{name:<12}")),
                Span::styled(format!("{word:<9}"), style),
                Span::raw(rest.to_owned()),
            ]),
            None => Line::raw(text),
        });
    }
}

fn list(state: &State, look: Look, columns: usize, room: usize, now_ms: u64) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    let entries = state.entries();
    if state.page == Page::Model {
        if entries.is_empty() {
            rows.push(Line::raw(cut(
                "One moment: how fast this machine hears is being measured.",
                columns,
            )));
        } else {
            rows.push(Line::raw(cut(&format!("     {MODELS_HEAD}"), columns)));
        }
    }
    // The rows around the marked one.
    let most = room.saturating_sub(3).max(1);
    let first = (state.pick + 1).saturating_sub(most);
    for (n, entry) in entries.iter().enumerate().skip(first).take(most) {
        let picked = n == state.pick;
        let mark = if picked { '>' } else { ' ' };
        let text = cut(&format!("{mark} {:>2} {}", n + 1, entry.text), columns);
        let mut style = Style::new();
        if picked {
            style = style.add_modifier(Modifier::REVERSED);
        }
        rows.push(Line::styled(text, style));
    }
    match state.page {
        Page::Microphone => {
            let text = match &state.microphone {
                None => "     opening it ...".to_owned(),
                Some(f) if f.verdict == Verdict::Ok => {
                    format!("     {}", level(state, look, now_ms))
                }
                Some(f) => format!("     {}", f.says),
            };
            rows.push(Line::raw(cut(&text, columns)));
        }
        Page::Speaker => rows.push(Line::raw(cut("     T plays a tone on it.", columns))),
        _ => {}
    }
    rows.push(rule(columns));
    rows
}

fn fetch(fetch: &Fetch, columns: usize) -> Vec<Line<'static>> {
    let mut rows = vec![Line::raw(cut(&fetch.name, columns))];
    let width = columns.saturating_sub(10).clamp(1, 60);
    if let Some(share) = fetch.share() {
        let full = (share * width as f64) as usize;
        let bar = format!("[{}{}]", "#".repeat(full), "-".repeat(width - full));
        rows.push(Line::raw(cut(
            &format!("{bar} {:3.0} %", share * 100.0),
            columns,
        )));
    }
    rows.push(Line::raw(cut(&fetch.progress(), columns)));
    if let Some(why) = &fetch.stopped {
        let text = format!("{why}. Enter tries again.");
        rows.extend(wrap_words(&text, "", 0, columns).into_iter().map(Line::raw));
    }
    rows.push(rule(columns));
    rows
}

/// What was told, the newest last, and what is going on.
fn messages(state: &State, columns: usize, room: usize) -> Vec<Line<'static>> {
    let mut rows: Vec<Line<'static>> = Vec::new();
    let now = match state.test {
        Test::Idle => None,
        Test::Waiting => Some("The voice is being made ready ..."),
        Test::Saying => Some("The program speaks ..."),
        Test::Listening => Some("Listening ... (Esc stops)"),
        Test::Reading(_) => Some("It is being transcribed ..."),
        Test::Playing => Some("It is being played ..."),
    };
    if state.page == Page::Check && state.said.is_empty() && !state.plan.typed {
        let text = "T tries it out: the program says a sentence, you say it too, and you see and \
            hear what was heard. It is never kept and never leaves this machine.";
        rows.extend(wrap_words(text, "", 0, columns).into_iter().map(Line::raw));
    }
    // Each takes a row at least.
    let from = state.said.len().saturating_sub(room);
    for text in &state.said[from..] {
        rows.extend(wrap_words(text, "", 2, columns).into_iter().map(Line::raw));
    }
    rows.extend(now.map(|text| Line::raw(cut(text, columns))));
    let extra = rows.len().saturating_sub(room);
    rows.drain(..extra);
    rows.resize(room, Line::default());
    rows
}
