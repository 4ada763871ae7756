//! Text in rows of a terminal: words wrapped and cut by the columns that they
//! take, not by their letters.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Style {
    Plain,
    /// What matters now.
    Bold,
    /// The word that is heard.
    Reverse,
    /// A word that was found.
    Underlined,
}

/// One row.
pub(in crate::cli) type Row = Vec<(String, Style)>;

/// The words of a text, all in one style.
pub(in crate::cli) fn words_of(text: &str, style: Style) -> Vec<(String, Style)> {
    text.split_whitespace()
        .map(|word| (word.to_owned(), style))
        .collect()
}

/// Words in rows of so many columns; rows after the first are indented.
pub(in crate::cli) fn wrap(
    words: &[(String, Style)],
    first: String,
    indent: usize,
    columns: usize,
) -> Vec<Row> {
    // A terminal too narrow for an indent gets none.
    let indent = if columns < indent + 12 { 0 } else { indent };
    let first = cut(&first, columns);
    let mut used = first.width();
    let mut rows: Vec<Row> = vec![vec![(first, Style::Plain)]];
    let mut fresh = true;
    for (word, style) in words.iter().flat_map(|word| pieces(word, columns - indent)) {
        let gap = usize::from(!fresh);
        if used + gap + word.width() > columns && !(fresh && used <= indent) {
            rows.push(vec![(" ".repeat(indent), Style::Plain)]);
            used = indent;
            fresh = true;
        }
        let Some(row) = rows.last_mut() else { break };
        let gap = if fresh { "" } else { " " };
        used += gap.len() + word.width();
        match row.last_mut() {
            Some((text, last)) if *last == style && (style != Style::Reverse) => {
                text.push_str(gap);
                text.push_str(&word);
            }
            _ => {
                if !gap.is_empty() {
                    row.push((gap.to_owned(), Style::Plain));
                }
                row.push((word, style));
            }
        }
        fresh = false;
    }
    rows
}

/// A word in pieces that fit a row.
fn pieces(word: &(String, Style), columns: usize) -> Vec<(String, Style)> {
    let (text, style) = word;
    let mut out = vec![(String::new(), *style)];
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > columns.max(2) {
            out.push((String::new(), *style));
            used = 0;
        }
        used += wide;
        if let Some((piece, _)) = out.last_mut() {
            piece.push(c);
        }
    }
    out
}

/// As much of a text as fits.
pub(in crate::cli) fn cut(text: &str, columns: usize) -> String {
    let mut used = 0;
    text.chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

/// The end of a text, as much as fits.
pub(in crate::cli) fn tail(text: &str, columns: usize) -> String {
    let reversed: String = text.chars().rev().collect();
    cut(&reversed, columns).chars().rev().collect()
}
