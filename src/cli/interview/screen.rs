//! The candidate's screen, drawn from the model: the same model gives the
//! same screen. Everything is told by words; bold, reverse and colours only
//! stress what is told anyway.

use super::model::{Caption, Model, Overlay, Phase, Who};
use crate::cli::terminal::text::{Style as Plain, cut, words_of, wrap};
use crate::replay::clock_time;
use ratatui::Frame;
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

/// How the terminal wants it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// Colours, beside bold and reverse.
    pub(super) colour: bool,
    /// Nothing moves by itself.
    pub(super) still: bool,
}

/// Cells of the level meter.
const METER: usize = 10;
/// What the meter's first cell stands for, in dB of full scale.
const METER_FLOOR_DB: f32 = -60.0;
/// From here on a still screen says that there is sound.
const SOUND_DB: f32 = -45.0;
/// Rows of the answer that is typed, at most.
const DRAFT_ROWS: usize = 6;

/// What the last row names, most important first.
const KEYS: [&str; 12] = [
    "? help",
    "T type",
    "R repeat",
    "M moment",
    "S skip",
    "P pause",
    "U mute",
    "E rephrase",
    "Q end",
    "-+ speed",
    "V voice",
    "L pauses",
];

const HELP: [&str; 19] = [
    "Speak when it is your turn; you may also talk while the recruiter speaks.",
    "",
    "R      hear the question again",
    "E      hear it in other words",
    "M      I need a moment: nobody hurries you",
    "P      I need a break: the clock stands still; P again goes on",
    "S      skip this question",
    "F      I have finished my answer",
    "T      type instead of speaking: Enter sends, Alt+Enter or Ctrl+J",
    "       begins a new line, Esc goes back to these keys",
    "U      mute the microphone; U again opens it",
    "- +    slower or faster voice; V another voice",
    "L      longer pauses: 1.5, 2, 3 times, then as usual",
    "PgUp   look back, PgDn forth",
    "Y N    give or refuse consent while it is asked for",
    "Q      end the interview; you are asked first",
    "",
    "None of these keys counts for or against you.",
    "Any key closes this page.",
];

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, look: Look, now_ms: u64) {
    let area = frame.area();
    let (columns, height) = (usize::from(area.width), usize::from(area.height));
    if columns == 0 || height == 0 {
        return;
    }
    let mut top = vec![title(model, columns, now_ms), rule(columns)];
    let mut bottom = vec![turn(model, look, columns, now_ms)];
    let mut cursor = None;
    if model.typing {
        let (rows, (x, y)) = model.draft.rows(columns.saturating_sub(2));
        let most = DRAFT_ROWS.min(height / 2).max(1);
        // The rows around the cursor.
        let first = (y + 1).saturating_sub(most);
        cursor = Some((x + 2, bottom.len() + y - first));
        let shown = rows.iter().skip(first).take(most);
        bottom.extend(shown.map(|row| Line::raw(format!("> {row}"))));
    }
    bottom.push(last(model, columns, now_ms));
    // A low terminal keeps what changes: the captions and whose turn it is.
    if height < top.len() + bottom.len() + 4 {
        top.clear();
    } else {
        bottom.insert(0, rule(columns));
        cursor = cursor.map(|(x, y)| (x, y + 1));
    }
    bottom.truncate(height);
    let room = height.saturating_sub(top.len() + bottom.len());
    let mut lines = top;
    lines.extend(body(model, look, columns, room));
    let below = lines.len();
    lines.extend(bottom);
    lines.truncate(height);
    frame.render_widget(Paragraph::new(lines), area);
    if let Some((x, y)) = cursor {
        let at = |v: usize, most: u16| (v as u16).min(most.saturating_sub(1));
        let (x, y) = (at(x, area.width), at(below + y, area.height));
        frame.set_cursor_position(Position { x, y });
    }
}

pub(super) fn rule(columns: usize) -> Line<'static> {
    Line::raw("-".repeat(columns))
}

/// Left and right of one row; the left gives way.
pub(super) fn sides(left: &str, right: &str, columns: usize) -> (String, String) {
    let right = cut(right, columns);
    let room = columns.saturating_sub(right.width() + 2);
    let left = cut(left, room);
    let gap = columns.saturating_sub(left.width() + right.width());
    (left, format!("{}{right}", " ".repeat(gap)))
}

fn title(model: &Model, columns: usize, now_ms: u64) -> Line<'static> {
    let mut facts = Vec::new();
    if let Some((number, of)) = model.question {
        facts.push(format!("question {number} of {of}"));
    }
    if let Some(left) = model.left(now_ms).filter(|_| model.phase != Phase::Over) {
        facts.push(format!("{} left", clock_time(left.millis())));
    }
    let (left, right) = sides(&model.title, &facts.join("  "), columns);
    Line::from(vec![
        Span::styled(left, Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(right),
    ])
}

/// Whose turn it is, what is set, and the microphone's level.
fn turn(model: &Model, look: Look, columns: usize, now_ms: u64) -> Line<'static> {
    let (word, meaning) = model.turn();
    let meaning = match model.pause_left(now_ms) {
        Some(left) => format!("P goes on; break: {}", clock_time(left.millis())),
        None => meaning.to_owned(),
    };
    let mut right = Vec::new();
    if model.factor > 1.0 {
        right.push(format!("pauses x{}", model.factor));
    }
    if (model.speed - 1.0).abs() > 0.01 {
        right.push(format!("voice x{:.1}", model.speed));
    }
    right.push(match () {
        () if model.typed_only => "no microphone".to_owned(),
        () if model.muted => "mic [ muted  ]".to_owned(),
        () if look.still => still_level(model.near_db).to_owned(),
        () => format!("mic [{}]", meter(model.near_db)),
    });
    let badge = format!(" {word} ");
    let room = columns.saturating_sub(badge.width());
    let (left, right) = sides(&format!("  {meaning}"), &right.join("  "), room);
    let colour = match model.phase {
        Phase::Listening | Phase::Hearing => Color::Green,
        Phase::Speaking => Color::Cyan,
        Phase::Thinking | Phase::Over => Color::Yellow,
    };
    let mut style = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
    if look.colour {
        style = style.fg(colour);
    }
    Line::from(vec![
        Span::styled(cut(&badge, columns), style),
        Span::raw(left),
        Span::raw(right),
    ])
}

pub(super) fn meter(db: f32) -> String {
    let share = ((db - METER_FLOOR_DB) / -METER_FLOOR_DB).clamp(0.0, 1.0);
    let full = if share.is_finite() {
        (share * METER as f32).round() as usize
    } else {
        0
    };
    format!("{}{}", "#".repeat(full), "-".repeat(METER - full))
}

const fn still_level(db: f32) -> &'static str {
    if db > SOUND_DB {
        "mic: sound"
    } else {
        "mic: quiet"
    }
}

/// What was said about a key, what is asked, or what the keys do.
fn last(model: &Model, columns: usize, now_ms: u64) -> Line<'static> {
    if model.overlay == Some(Overlay::End) {
        let text = "End the interview? Y ends it; any other key goes on.";
        let style = Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED);
        return Line::styled(cut(text, columns), style);
    }
    if let Some(note) = model.note(now_ms) {
        return Line::raw(cut(note, columns));
    }
    if model.typing {
        let text = "Enter sends  Alt+Enter new line  Esc back to the keys";
        return Line::raw(cut(text, columns));
    }
    let mut keys: Vec<&str> = Vec::new();
    if model.consent_due() {
        keys.extend(["Y I agree", "N I do not"]);
    }
    let mut used: usize = keys.iter().map(|k| k.width() + 2).sum();
    for key in KEYS {
        used += key.width() + 2;
        if used > columns + 2 {
            break;
        }
        keys.push(key);
    }
    Line::raw(cut(&keys.join("  "), columns))
}

/// The newest captions that fit, or the help.
fn body(model: &Model, look: Look, columns: usize, room: usize) -> Vec<Line<'static>> {
    let mut rows: Vec<Line<'static>> = if model.overlay == Some(Overlay::Help) {
        let rows = HELP
            .iter()
            .flat_map(|text| wrap_words(text, "", 7, columns));
        rows.map(Line::raw).take(room).collect()
    } else {
        let mut rows: Vec<Line<'static>> = Vec::new();
        let want = room.saturating_add(model.back);
        // From the newest up, until it is enough.
        let mut newest = partial(model, look, columns);
        newest.append(&mut rows);
        rows = newest;
        for caption in model.captions.iter().rev() {
            if rows.len() >= want {
                break;
            }
            let mut above = caption_rows(caption, look, columns);
            above.append(&mut rows);
            rows = above;
        }
        let back = model.back.min(rows.len().saturating_sub(room));
        rows.truncate(rows.len() - back);
        let extra = rows.len().saturating_sub(room);
        rows.drain(..extra);
        rows
    };
    rows.resize(room, Line::default());
    rows
}

/// A text in rows, words as they are; the rows after the first are indented.
pub(super) fn wrap_words(text: &str, first: &str, indent: usize, columns: usize) -> Vec<String> {
    // A line that fits keeps its columns.
    if first.is_empty() && text.width() <= columns {
        return vec![text.to_owned()];
    }
    wrap(
        &words_of(text, Plain::Plain),
        first.to_owned(),
        indent,
        columns,
    )
    .into_iter()
    .map(|row| row.into_iter().map(|(text, _)| text).collect())
    .collect()
}

fn partial(model: &Model, look: Look, columns: usize) -> Vec<Line<'static>> {
    if model.partial.is_empty() {
        return Vec::new();
    }
    let caption = Caption {
        who: Who::Candidate,
        text: format!("{} ...", model.partial),
    };
    caption_rows(&caption, look, columns)
}

fn caption_rows(caption: &Caption, look: Look, columns: usize) -> Vec<Line<'static>> {
    let (name, colour) = match caption.who {
        Who::Recruiter => ("AI Recruiter:", Color::Cyan),
        Who::Candidate => ("You:", Color::Green),
        Who::Note => {
            let rows = wrap_words(&format!("({})", caption.text), "  ", 3, columns);
            return rows.into_iter().map(Line::raw).collect();
        }
        Who::Heading => {
            let style = Style::new().add_modifier(Modifier::BOLD);
            let text = cut(&format!("-- {} --", caption.text), columns);
            return vec![Line::default(), Line::styled(text, style)];
        }
    };
    let mut style = Style::new().add_modifier(Modifier::BOLD);
    if look.colour {
        style = style.fg(colour);
    }
    let rows = wrap_words(&caption.text, &format!("{name} "), 2, columns);
    let mut rows = rows.into_iter();
    let first = rows.next().unwrap_or_default();
    let first = match first.strip_prefix(name) {
        Some(rest) => Line::from(vec![Span::styled(name, style), Span::raw(rest.to_owned())]),
        None => Line::raw(first),
    };
    std::iter::once(first).chain(rows.map(Line::raw)).collect()
}

#[cfg(test)]
#[path = "screen_tests.rs"]
mod tests;
