//! The sections of a report on pages.

use super::flow::{Color, Line, Style};
use super::layout::{INK, Kind, LINE, LINK, Layout, SOFT, TINT, WIDTH};
use super::shape::Weight;
use super::table::table;
use crate::interview::score::recommend::Advice;
use crate::report::body::{Block, Body, Section, Span, question_id};
use crate::report::dialogue::Speaker;
use crate::report::wording::{clock, score};

const GOOD: Color = (23, 101, 58);
const FAIR: Color = (122, 82, 0);
const POOR: Color = (161, 38, 43);
/// Points of running text.
const TEXT: f32 = 9.6;
pub(super) const SMALL: f32 = 8.2;
/// Width of the names beside the turns.
const NAMES: f32 = 74.0;

type Words = Vec<(String, Style)>;

fn style(weight: Weight, size: f32, color: Color) -> Style {
    Style {
        weight,
        size,
        color,
        link: None,
    }
}

pub(super) fn regular(size: f32, color: Color) -> Style {
    style(Weight::Regular, size, color)
}

pub(super) fn bold(size: f32, color: Color) -> Style {
    style(Weight::Bold, size, color)
}

fn score_color(number: Option<u8>) -> Color {
    match number {
        Some(4..) => GOOD,
        Some(3) => FAIR,
        Some(_) => POOR,
        None => SOFT,
    }
}

/// Sets the whole document.
pub(super) fn set(layout: &mut Layout, body: &Body) {
    title(layout, body);
    let mut open = false;
    for section in &body.sections {
        if section.level == 2 && open {
            layout.close();
        }
        layout.open(Kind::Section);
        open |= section.level == 2;
        heading(layout, section);
        for block in &section.blocks {
            set_block(layout, block);
        }
        if section.level > 2 {
            layout.close();
        }
    }
    if open {
        layout.close();
    }
    let name = format!("{} · {}", body.title, body.subtitle);
    layout.number_pages(&name);
}

fn title(layout: &mut Layout, body: &Body) {
    layout.paragraph(vec![("INTERVIEW REPORT".into(), bold(SMALL, SOFT))], 0.0);
    layout.bookmark(1, &body.title);
    let name = vec![(body.candidate.clone(), bold(22.0, INK))];
    let lines = layout.break_lines(name, WIDTH);
    layout.part(Kind::Heading(1, body.title.clone()), |layout| {
        layout.flow(&lines, 0.0);
    });
    layout.paragraph(vec![(body.subtitle.clone(), regular(11.0, SOFT))], 0.0);
    layout.space(8.0);
    grid(layout, &body.facts);
}

/// Names over values, three beside each other.
fn grid(layout: &mut Layout, facts: &[(&'static str, Vec<Span>)]) {
    const COLUMNS: usize = 3;
    let column = WIDTH / COLUMNS as f32;
    layout.open(Kind::List);
    for row in facts.chunks(COLUMNS) {
        let cells: Vec<(Vec<Line>, Vec<Line>)> = row
            .iter()
            .map(|(name, value)| {
                let name = vec![((*name).to_owned(), regular(SMALL, SOFT))];
                let value = words(value, &bold(TEXT, INK));
                (
                    layout.break_lines(name, column - 8.0),
                    layout.break_lines(value, column - 8.0),
                )
            })
            .collect();
        let height = |layout: &Layout, (name, value): &(Vec<Line>, Vec<Line>)| -> f32 {
            let lines = name.iter().chain(value);
            lines.map(|line| layout.line_height(line)).sum()
        };
        let most = cells
            .iter()
            .map(|cell| height(layout, cell))
            .fold(0.0, f32::max);
        if Layout::fits_a_page(most) {
            layout.need(most + 8.0);
        }
        let y = layout.y();
        layout.fill(0.0, y, WIDTH, 0.6, LINE);
        layout.down(4.0);
        if Layout::fits_a_page(most) {
            let top = layout.y();
            for (at, (name, value)) in cells.iter().enumerate() {
                let x = at as f32 * column;
                layout.open(Kind::Item);
                let mut y = top;
                for (kind, lines) in [(Kind::Label, name), (Kind::Content, value)] {
                    layout.open(kind);
                    for line in lines {
                        let height = layout.line_height(line);
                        layout.set(line, x, y, height);
                        y += height;
                    }
                    layout.close();
                }
                layout.close();
            }
            layout.down(most + 4.0);
        } else {
            // A value longer than a page flows like any text.
            for (name, value) in &cells {
                layout.open(Kind::Item);
                layout.part(Kind::Label, |layout| layout.flow(name, 0.0));
                layout.part(Kind::Content, |layout| layout.flow(value, 0.0));
                layout.close();
            }
        }
    }
    layout.close();
    let y = layout.y();
    layout.fill(0.0, y, WIDTH, 0.6, LINE);
}

fn heading(layout: &mut Layout, section: &Section) {
    let (size, before, after) = match section.level {
        2 => (15.0, 22.0, 5.0),
        _ => (11.0, 13.0, 3.0),
    };
    let mut text = vec![(section.title.clone(), bold(size, INK))];
    if let Some(number) = section.score {
        text.push((
            format!("  {}", score(number)),
            bold(size, score_color(number)),
        ));
    }
    let lines = layout.break_lines(text, WIDTH);
    layout.space(before);
    // A heading does not stand alone at the end of a page.
    let below = if section.blocks.is_empty() {
        120.0
    } else {
        56.0
    };
    layout.need(lines.len() as f32 * size * 1.45 + below);
    layout.place(&section.id);
    layout.bookmark(section.level, &section.title);
    let kind = Kind::Heading(section.level, section.title.clone());
    layout.part(kind, |layout| layout.flow(&lines, 0.0));
    if section.level == 2 {
        let y = layout.y();
        layout.fill(0.0, y + 1.0, WIDTH, 1.0, LINE);
    }
    layout.down(after);
}

fn set_block(layout: &mut Layout, block: &Block) {
    match block {
        Block::Paragraph(spans) => {
            layout.paragraph(words(spans, &regular(TEXT, INK)), 0.0);
            layout.space(3.0);
        }
        Block::Note(spans) => {
            layout.space(2.0);
            layout.paragraph(words(spans, &regular(SMALL, SOFT)), 0.0);
            layout.space(3.0);
        }
        Block::List(items) => list(layout, items),
        Block::Facts(facts) => inline_facts(layout, facts),
        Block::Table(it) => table(layout, it),
        Block::Verdict(advice, text, because) => verdict(layout, *advice, text, because),
        Block::Said {
            who,
            label,
            at,
            spans,
        } => said(layout, *who, label, *at, spans),
        Block::Turn { who, at, spans } => turn(layout, *who, *at, spans),
        // The table beside it has the numbers.
        Block::Timeline(_) => {}
    }
}

/// Spans in a style.
pub(super) fn words(spans: &[Span], base: &Style) -> Words {
    let size = base.size;
    let mut out = Vec::new();
    let mut push = |text: String, style: Style| {
        if !text.is_empty() {
            out.push((text, style));
        }
    };
    for span in spans {
        match span {
            Span::Text(words) => push(words.clone(), base.clone()),
            Span::Strong(words) => push(words.clone(), bold(size, base.color)),
            Span::Quote(words, at) => {
                push(format!("\u{201c}{words}\u{201d}"), base.clone());
                if let Some(ms) = at {
                    // Does not stand alone on the next line.
                    push(format!("\u{a0}{}", clock(*ms)), regular(size - 1.0, SOFT));
                }
            }
            Span::Time(ms) => push(clock(*ms), regular(size - 1.0, SOFT)),
            Span::Question(number) => push(
                format!("Q{number}"),
                Style {
                    link: Some(question_id(*number)),
                    ..style(base.weight, size, LINK)
                },
            ),
            Span::Score(number) => push(score(*number), bold(size, score_color(*number))),
            Span::Mark(words) => push((*words).to_owned(), bold(size - 0.6, POOR)),
        }
    }
    if out.is_empty() {
        // So that a line has a height.
        out.push((" ".to_owned(), base.clone()));
    }
    out
}

fn list(layout: &mut Layout, items: &[Vec<Span>]) {
    const INDENT: f32 = 12.0;
    layout.open(Kind::List);
    for item in items {
        let bullet = layout.break_lines(vec![("\u{2022}".into(), regular(TEXT, SOFT))], INDENT);
        let lines = layout.break_lines(words(item, &regular(TEXT, INK)), WIDTH - INDENT);
        layout.need(layout.line_height(&lines[0]));
        layout.open(Kind::Item);
        let (top, height) = (layout.y(), layout.line_height(&bullet[0]));
        layout.part(Kind::Label, |layout| {
            layout.set(&bullet[0], 2.0, top, height)
        });
        layout.part(Kind::Content, |layout| layout.flow(&lines, INDENT));
        layout.close();
        layout.space(2.5);
    }
    layout.close();
}

fn inline_facts(layout: &mut Layout, facts: &[(&'static str, Vec<Span>)]) {
    let mut out = Vec::new();
    for (at, (name, value)) in facts.iter().enumerate() {
        let lead = if at > 0 { "   " } else { "" };
        out.push((format!("{lead}{name}: "), regular(SMALL, SOFT)));
        out.extend(words(value, &regular(SMALL, INK)));
    }
    layout.paragraph(out, 0.0);
    layout.space(4.0);
}

fn verdict(layout: &mut Layout, advice: Advice, text: &str, because: &str) {
    let color = match advice {
        Advice::Proceed => GOOD,
        Advice::Reservations => FAIR,
        Advice::NotAFit => POOR,
        Advice::None => SOFT,
    };
    let mut lines = layout.break_lines(vec![(text.to_owned(), bold(14.0, color))], WIDTH - 24.0);
    let more = vec![(because.to_owned(), regular(TEXT, INK))];
    lines.extend(layout.break_lines(more, WIDTH - 24.0));
    let height: f32 = lines.iter().map(|line| layout.line_height(line)).sum();
    layout.space(4.0);
    layout.need(height + 14.0);
    let y = layout.y();
    layout.fill(0.0, y, WIDTH, height + 14.0, TINT);
    layout.fill(0.0, y, 4.0, height + 14.0, color);
    layout.down(7.0);
    layout.part(Kind::Paragraph, |layout| layout.flow(&lines, 14.0));
    layout.down(7.0);
    layout.space(6.0);
}

fn said(layout: &mut Layout, who: Speaker, label: &str, at: Option<u64>, spans: &[Span]) {
    const INDENT: f32 = 10.0;
    let mut text = vec![(format!("{label} "), bold(SMALL, SOFT))];
    if let Some(ms) = at {
        text.push((format!("{}  ", clock(ms)), regular(SMALL, SOFT)));
    }
    text.extend(words(spans, &regular(TEXT, INK)));
    let lines = layout.break_lines(text, WIDTH - INDENT);
    let color = match who {
        Speaker::Recruiter => LINE,
        Speaker::Candidate => LINK,
    };
    layout.space(2.0);
    layout.open(Kind::Paragraph);
    for line in &lines {
        let height = layout.line_height(line);
        layout.need(height);
        let y = layout.y();
        layout.fill(0.0, y, 2.0, height, color);
        layout.set(line, INDENT, y, height);
        layout.down(height);
    }
    layout.close();
    layout.space(3.0);
}

fn turn(layout: &mut Layout, who: Speaker, at: Option<(u64, u64)>, spans: &[Span]) {
    let (name, color) = match who {
        Speaker::Recruiter => ("AI Recruiter", SOFT),
        Speaker::Candidate => ("Candidate", INK),
    };
    let name = layout.break_lines(vec![(name.to_owned(), bold(SMALL, color))], NAMES);
    let time = at.map(|(from, _)| {
        layout.break_lines(vec![(clock(from), regular(SMALL - 0.6, SOFT))], NAMES)
    });
    let lines = layout.break_lines(words(spans, &regular(TEXT, color)), WIDTH - NAMES);
    let height = layout.line_height(&lines[0]);
    layout.need(2.0 * height);
    let (top, page) = (layout.y(), layout.pages.len());
    layout.open(Kind::Paragraph);
    layout.set(&name[0], 0.0, top, height);
    if let Some(time) = &time {
        layout.set(&time[0], 0.0, top + height - 2.0, SMALL * 1.45);
    }
    layout.flow(&lines, NAMES);
    layout.close();
    // The time under the name takes a second line.
    if page == layout.pages.len() && lines.len() == 1 && time.is_some() {
        layout.down(SMALL * 1.45 - 3.0);
    }
    layout.space(4.0);
}
