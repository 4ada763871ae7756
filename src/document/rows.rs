//! Letters with places become words, words become pieces of a line, and
//! pieces beside one another become rows.

/// One letter (or a few that one sign stands for) with its place on the page,
/// in points; `y` grows upwards.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) size: f64,
    pub(super) text: String,
}

/// A stretch of text without a wide gap in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) x0: f64,
    pub(super) x1: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) text: String,
    /// Gaps in it that are wider than between words: where the word behind
    /// begins on the page and in the text.
    wide: Vec<(f64, usize)>,
}

/// Pieces on one line, from left to right.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) pieces: Vec<Piece>,
}

impl Row {
    /// Left edge.
    pub(super) fn x0(&self) -> f64 {
        self.pieces.first().map_or(0.0, |p| p.x0)
    }

    /// Right edge.
    pub(super) fn x1(&self) -> f64 {
        self.pieces.last().map_or(0.0, |p| p.x1)
    }

    /// The row as text: a gap becomes `|`, but not behind a label.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            if !out.is_empty() {
                out.push_str(if out.ends_with(':') { " " } else { " | " });
            }
            out.push_str(&piece.text);
        }
        out
    }
}

/// Rows of a page, from top to bottom.
pub(super) fn rows(mut glyphs: Vec<Glyph>) -> Vec<Row> {
    glyphs.sort_by(|a, b| b.y.total_cmp(&a.y).then(a.x.total_cmp(&b.x)));
    let mut lines: Vec<Vec<Glyph>> = Vec::new();
    for glyph in glyphs {
        match lines.last_mut() {
            // Raised letters belong to their line; half a line down is new.
            Some(line) if line[0].y - glyph.y <= 0.4 * line[0].size.min(glyph.size).max(3.0) => {
                line.push(glyph);
            }
            _ => lines.push(vec![glyph]),
        }
    }
    let mut rows: Vec<Row> = lines.into_iter().filter_map(row).collect();
    split_cells(&mut rows);
    rows
}

/// Cells of a table may stand close together. A wide gap divides them where
/// the word behind it is in line with a piece of a row nearby.
fn split_cells(rows: &mut [Row]) {
    let starts: Vec<Vec<f64>> = rows
        .iter()
        .map(|r| r.pieces.iter().skip(1).map(|p| p.x0).collect())
        .collect();
    for (at, row) in rows.iter_mut().enumerate() {
        let near = &starts[at.saturating_sub(2)..(at + 3).min(starts.len())];
        let in_line = |x: f64| near.iter().flatten().any(|s| (s - x).abs() < 0.7);
        let cut = |piece: &Piece| {
            let apart =
                |(x, byte): &&(f64, usize)| in_line(*x) && !is_mark(piece.text[..*byte].trim_end());
            piece.wide.iter().find(apart).copied()
        };
        let Some(index) = row.pieces.iter().position(|p| cut(p).is_some()) else {
            continue;
        };
        if let Some((x, byte)) = cut(&row.pieces[index]) {
            let piece = &mut row.pieces[index];
            let text = piece.text.split_off(byte);
            let rest = Piece {
                x0: x,
                text,
                wide: Vec::new(),
                ..piece.clone()
            };
            piece.text.truncate(piece.text.trim_end().len());
            piece.x1 = x - 0.5 * piece.size;
            row.pieces.insert(index + 1, rest);
        }
    }
}

/// One row of the letters of one line.
fn row(mut line: Vec<Glyph>) -> Option<Row> {
    line.sort_by(|a, b| a.x.total_cmp(&b.x));
    // Bold is sometimes drawn as the same letter twice.
    line.dedup_by(|b, a| a.text == b.text && (b.x - a.x).abs() < 0.15 * a.size);
    let pieces = merge_bullets(pieces(&line));
    let first = pieces.first()?;
    let size = pieces.iter().map(|p| p.size).fold(first.size, f64::max);
    let y = first.y;
    Some(Row { y, size, pieces })
}

fn pieces(line: &[Glyph]) -> Vec<Piece> {
    let space = space(line);
    let mut out: Vec<Piece> = Vec::new();
    let mut end = f64::NEG_INFINITY;
    let mut waiting = false;
    for glyph in line {
        if glyph.text.trim().is_empty() {
            waiting = true;
            continue;
        }
        let gap = glyph.x - end;
        let size = glyph.size;
        match out.last_mut() {
            Some(piece) if gap <= 1.1 * size.max(piece.size) => {
                if (waiting || gap > space * size) && !piece.text.ends_with(' ') {
                    piece.text.push(' ');
                }
                if gap > 0.36 * size {
                    piece.wide.push((glyph.x, piece.text.len()));
                }
                piece.text.push_str(&glyph.text);
                piece.x1 = piece.x1.max(glyph.x + glyph.width);
                piece.size = piece.size.max(size);
            }
            _ => out.push(Piece {
                x0: glyph.x,
                x1: glyph.x + glyph.width,
                y: glyph.y,
                size,
                text: glyph.text.clone(),
                wide: Vec::new(),
            }),
        }
        waiting = false;
        end = glyph.x + glyph.width;
    }
    out
}

/// The gap, in sizes, from which on letters belong to two words. Headings
/// are sometimes set w i d e: there it is more than the gap that is usual.
fn space(line: &[Glyph]) -> f64 {
    let mut gaps: Vec<f64> = line
        .windows(2)
        .filter(|w| w.iter().all(|g| !g.text.trim().is_empty()))
        .map(|w| (w[1].x - w[0].x - w[0].width) / w[1].size)
        .filter(|gap| gap.is_finite() && *gap < 1.1)
        .collect();
    gaps.sort_by(f64::total_cmp);
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(0.0);
    if gaps.len() >= 4 && usual > 0.12 {
        1.6 * usual
    } else {
        0.15
    }
}

/// A bullet or a number stands apart from its text; they are one piece.
fn merge_bullets(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        match out.last_mut() {
            Some(last) if is_mark(&last.text) && piece.x0 - last.x1 < 4.0 * piece.size => {
                last.text = format!("{} {}", last.text, piece.text);
                last.x1 = piece.x1;
                last.size = piece.size;
                last.wide.clear();
            }
            _ => out.push(piece),
        }
    }
    out
}

fn is_mark(text: &str) -> bool {
    let numbered = text
        .strip_suffix(['.', ')'])
        .is_some_and(|n| (1..=2).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()));
    let sign = text.chars().count() == 1
        && !text.chars().all(|c| c.is_alphanumeric() && c != 'o')
        && text != "|";
    numbered || sign
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Letters of half a size in width, set with `gap` sizes between them.
    pub(in crate::document) fn set(text: &str, x: f64, y: f64, size: f64, gap: f64) -> Vec<Glyph> {
        let step = size * (0.5 + gap);
        text.chars()
            .enumerate()
            .map(|(i, c)| Glyph {
                x: x + step * i as f64,
                y,
                width: size * 0.5,
                size,
                text: c.to_string(),
            })
            .collect()
    }

    #[test]
    fn gaps_make_words_and_wide_gaps_make_pieces() {
        let mut glyphs = set("Led", 50.0, 700.0, 10.0, 0.0);
        glyphs.extend(set("team", 68.0, 700.0, 10.0, 0.0));
        glyphs.extend(set("2019", 300.0, 700.5, 10.0, 0.0));
        glyphs.extend(set("below", 50.0, 688.0, 10.0, 0.0));
        let rows = rows(glyphs);
        let text: Vec<String> = rows.iter().map(Row::text).collect();
        assert_eq!(text, ["Led team | 2019", "below"]);
    }

    #[test]
    fn widely_set_headings_stay_words() {
        let rows = rows(set("SKILLS", 50.0, 700.0, 10.0, 0.3));
        assert_eq!(rows[0].text(), "SKILLS");
    }

    #[test]
    fn a_bullet_belongs_to_its_text() {
        let mut glyphs = set("\u{2022}", 50.0, 700.0, 10.0, 0.0);
        glyphs.extend(set("Rust", 72.0, 700.0, 10.0, 0.0));
        assert_eq!(rows(glyphs)[0].text(), "\u{2022} Rust");
    }
}
