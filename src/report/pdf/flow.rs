//! Styled words into lines of a width: broken at spaces and after hyphens;
//! a word that is wider than a line is broken anywhere.

use super::shape::{Glyph, Shaper, Weight};
use std::ops::Range;

/// A colour, red green blue.
pub(super) type Color = (u8, u8, u8);

/// How a run of words looks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Style {
    pub(super) weight: Weight,
    /// Points.
    pub(super) size: f32,
    pub(super) color: Color,
    /// The place in the document that it leads to.
    pub(super) link: Option<String>,
}

/// Words of one style, shaped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) style: Style,
    pub(super) glyphs: Vec<Glyph>,
}

impl Run {
    pub(super) fn new(shaper: &Shaper, text: &str, style: Style) -> Self {
        Self {
            glyphs: shaper.shape(text, style.weight),
            text: text.to_owned(),
            style,
        }
    }

    /// The width of some of its glyphs, points.
    pub(super) fn width(&self, glyphs: Range<usize>) -> f32 {
        super::shape::width(&self.glyphs[glyphs]) * self.style.size
    }
}

/// A part of a run that stands on one line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    /// Place of its run.
    pub(super) run: usize,
    pub(super) glyphs: Range<usize>,
}

/// What stands on one line, and how wide that is without the space at its
/// end.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    pub(super) pieces: Vec<Piece>,
    pub(super) width: f32,
}

/// One glyph in its place among all runs.
struct Atom {
    run: usize,
    glyph: usize,
    width: f32,
    space: bool,
    /// Whether a line may end behind it.
    ends: bool,
}

/// Breaks the runs at the given places into lines. At least one line comes
/// back.
pub(super) fn lines(runs: &[Run], which: Range<usize>, width: f32) -> Vec<Line> {
    let atoms = atoms(runs, which);
    let mut out = Vec::new();
    let (mut start, mut last_break, mut x) = (0, None, 0.0);
    for (at, atom) in atoms.iter().enumerate() {
        if !atom.space {
            while x + atom.width > width && at > start {
                let cut = last_break.take().filter(|&cut| cut > start).unwrap_or(at);
                out.push(line(&atoms[start..cut]));
                start = cut;
                x = atoms[cut..at].iter().map(|atom| atom.width).sum();
            }
        }
        x += atom.width;
        if atom.ends {
            last_break = Some(at + 1);
        }
    }
    out.push(line(&atoms[start..]));
    out
}

fn atoms(runs: &[Run], which: Range<usize>) -> Vec<Atom> {
    let mut atoms = Vec::new();
    for run in which {
        let it = &runs[run];
        for (glyph, shaped) in it.glyphs.iter().enumerate() {
            let text = &it.text[shaped.range.clone()];
            // A space that does not break is part of its word.
            let space = text
                .chars()
                .all(|c| c.is_whitespace() && c != '\u{a0}' && c != '\u{202f}');
            let hyphen = text.ends_with(['-', '/', '\u{2013}', '\u{2014}']);
            let letter_follows = it.text[shaped.range.end..]
                .chars()
                .next()
                .is_some_and(char::is_alphabetic);
            atoms.push(Atom {
                run,
                glyph,
                width: shaped.advance * it.style.size,
                space,
                ends: space || (hyphen && letter_follows),
            });
        }
    }
    atoms
}

fn line(atoms: &[Atom]) -> Line {
    let mut line = Line::default();
    let words = atoms.iter().rposition(|atom| !atom.space);
    line.width = atoms[..words.map_or(0, |at| at + 1)]
        .iter()
        .map(|atom| atom.width)
        .sum();
    for atom in atoms {
        match line.pieces.last_mut() {
            Some(piece) if piece.run == atom.run => piece.glyphs.end = atom.glyph + 1,
            _ => line.pieces.push(Piece {
                run: atom.run,
                glyphs: atom.glyph..atom.glyph + 1,
            }),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, width: f32) -> Vec<String> {
        let shaper = Shaper::new().unwrap();
        let style = Style {
            weight: Weight::Regular,
            size: 10.0,
            color: (0, 0, 0),
            link: None,
        };
        let runs = [Run::new(&shaper, text, style)];
        let text = |line: Line| -> String {
            let words = line.pieces.iter().map(|piece| {
                let glyphs = &runs[0].glyphs[piece.glyphs.clone()];
                let from = glyphs.first().unwrap().range.start;
                let to = glyphs.last().unwrap().range.end;
                runs[0].text[from..to].to_owned()
            });
            assert!(line.width <= width || line.pieces[0].glyphs.len() == 1);
            words.collect()
        };
        lines(&runs, 0..1, width).into_iter().map(text).collect()
    }

    #[test]
    fn lines_end_at_spaces_and_after_hyphens_and_lose_nothing() {
        let text = "A long-winded sentence that is wider than one line of this page";
        let lines = broken(text, 100.0);
        assert!(lines.len() > 2);
        assert_eq!(lines.concat(), text);
        for line in &lines[..lines.len() - 1] {
            assert!(line.ends_with([' ', '-']), "{line:?}");
        }
    }

    #[test]
    fn a_word_wider_than_a_line_is_broken_anywhere() {
        let text = "w".repeat(200);
        let lines = broken(&text, 50.0);
        assert!(lines.len() > 10);
        assert_eq!(lines.concat(), text);
        assert_eq!(broken("abc", 1.0), ["a", "b", "c"]);
        assert_eq!(broken("", 50.0), [""]);
    }
}
