//! Rows of a page become text in reading order: columns one after another,
//! wrapped lines whole again, large lines as headings.

use super::after_bullet;
pub(super) use super::rows::Glyph;
use super::rows::{Row, rows};
use std::collections::BTreeMap;

/// The letters of one page.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    pub(super) glyphs: Vec<Glyph>,
}

/// The text of all pages.
pub(super) fn text(pages: &[Page]) -> String {
    let mut pages: Vec<Vec<Row>> = pages.iter().map(|p| rows(p.glyphs.clone())).collect();
    drop_furniture(&mut pages);
    let blocks: Vec<Vec<Row>> = pages.into_iter().flat_map(|p| blocks(p, 0)).collect();
    let sizes = Sizes::of(&blocks);
    let mut out = String::new();
    for block in blocks {
        write_block(&block, &sizes, &mut out);
        out.push('\n');
    }
    out
}

/// Page numbers, and lines that stand at the edge of several pages, are no
/// part of the text; of the latter the first stays.
fn drop_furniture(pages: &mut [Vec<Row>]) {
    let mut seen: Vec<String> = Vec::new();
    for page in pages.iter_mut() {
        let mut edges = Vec::new();
        for last in [true, false] {
            let edge = if last { page.last() } else { page.first() };
            let Some(text) = edge.map(Row::text) else {
                continue;
            };
            if is_page_number(&text) || seen.contains(&text) {
                let at = if last { page.len() - 1 } else { 0 };
                page.remove(at);
            } else {
                edges.push(text);
            }
        }
        seen.extend(edges);
    }
}

fn is_page_number(text: &str) -> bool {
    let lower = text.to_lowercase().replace("page", " ");
    let lower = lower
        .replace(" of ", " ")
        .replace(['/', '|', '-', '\u{2013}'], " ");
    let words: Vec<&str> = lower.split_whitespace().collect();
    let number = |w: &&str| w.len() <= 3 && w.bytes().all(|b| b.is_ascii_digit());
    (1..=2).contains(&words.len()) && words.iter().all(number)
}

/// Which sizes of letters are headings.
struct Sizes {
    body: f64,
    /// Levels of headings by size in half points, largest first.
    levels: BTreeMap<i64, usize>,
}

impl Sizes {
    fn of(blocks: &[Vec<Row>]) -> Self {
        let mut letters: BTreeMap<i64, usize> = BTreeMap::new();
        for row in blocks.iter().flatten() {
            *letters.entry(half_points(row.size)).or_default() += row.text().len();
        }
        let most = letters.iter().max_by_key(|(size, count)| (**count, **size));
        let body = most.map_or(10.0, |(size, _)| *size as f64 / 2.0);
        let mut sizes: Vec<i64> = Vec::new();
        let mut before: Option<&Row> = None;
        for row in blocks.iter().flatten() {
            // A title may go over two lines.
            if is_large(row, body) && !before.is_some_and(|b| is_next_line(b, row)) {
                sizes.push(half_points(row.size));
            }
            before = Some(row);
        }
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        // One line in the largest size is the title of the document.
        let titled = sizes.first() != sizes.get(1);
        sizes.dedup();
        let first = if titled { 1 } else { 2 };
        let levels = sizes.iter().enumerate();
        Self {
            body,
            levels: levels.map(|(i, s)| (*s, (i + first).min(4))).collect(),
        }
    }

    fn level(&self, row: &Row) -> Option<usize> {
        let large = is_large(row, self.body);
        large.then(|| self.levels.get(&half_points(row.size)).copied())?
    }
}

/// Whether a row is the next line of the same text as the one before.
fn is_next_line(before: &Row, row: &Row) -> bool {
    half_points(before.size) == half_points(row.size)
        && (0.0..1.4 * row.size).contains(&(before.y - row.y))
}

fn half_points(size: f64) -> i64 {
    (size * 2.0).round() as i64
}

fn is_large(row: &Row, body: f64) -> bool {
    let text = row.text();
    row.size >= 1.12 * body
        && text.split_whitespace().count() <= 10
        && after_bullet(&text).is_none()
}

/// Rows in reading order, divided where columns begin and end.
fn blocks(rows: Vec<Row>, depth: usize) -> Vec<Vec<Row>> {
    if rows.is_empty() {
        return Vec::new();
    }
    let Some(gutter) = gutter(&rows).filter(|_| depth < 4) else {
        return vec![rows];
    };
    let mut above = rows;
    let mut inside = above.split_off(gutter.from);
    let below = inside.split_off(gutter.to - gutter.from);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for row in inside {
        let (a, b): (Vec<_>, Vec<_>) = row.pieces.into_iter().partition(|p| p.x0 < gutter.x - 1.0);
        for (side, pieces) in [(&mut left, a), (&mut right, b)] {
            if let Some(first) = pieces.first() {
                let size = pieces.iter().map(|p| p.size).fold(0.0, f64::max);
                side.push(Row {
                    y: first.y,
                    size,
                    pieces,
                });
            }
        }
    }
    let mut out = blocks(above, depth + 1);
    for part in [left, right, below] {
        out.extend(blocks(part, depth + 1));
    }
    out
}

/// A gap down the page between two columns.
struct Gutter {
    /// Left edge of the right column.
    x: f64,
    /// Rows `from..to` are divided by it.
    from: usize,
    to: usize,
}

/// Rows on each side at least.
const MIN_ROWS: usize = 4;

/// The gap that divides most rows, if there are two columns.
fn gutter(rows: &[Row]) -> Option<Gutter> {
    let mut edges: Vec<i64> = rows
        .iter()
        .flat_map(|r| r.pieces.iter().map(|p| p.x0.round() as i64))
        .collect();
    edges.sort_unstable();
    let mut counted: Vec<(i64, usize)> = Vec::new();
    for edge in edges {
        match counted.last_mut() {
            Some((at, count)) if edge - *at <= 1 => *count += 1,
            _ => counted.push((edge, 1)),
        }
    }
    let mut best: Option<(usize, Gutter)> = None;
    for (edge, _) in counted.into_iter().filter(|(_, n)| *n >= MIN_ROWS) {
        let x = edge as f64;
        let crosses = |row: &Row| {
            let cut = |p: &super::rows::Piece| p.x0 < x - 1.0 && p.x1 > x - 0.7 * p.size;
            row.pieces.iter().any(cut)
        };
        let mut from = 0;
        while from < rows.len() {
            let run = rows[from..].iter().take_while(|r| !crosses(r)).count();
            let to = from + run;
            if are_columns(&rows[from..to], x) && best.as_ref().is_none_or(|(n, _)| run > *n) {
                best = Some((run, Gutter { x, from, to }));
            }
            from = to + 1;
        }
    }
    best.map(|(_, gutter)| gutter)
}

/// Whether rows hold two columns of text rather than a table, dates in the
/// margin or an indented list.
fn are_columns(rows: &[Row], x: f64) -> bool {
    let left_of = |r: &Row| r.pieces.iter().any(|p| p.x0 < x - 1.0);
    let right_of = |r: &Row| r.pieces.iter().any(|p| p.x0 >= x - 1.0);
    let left: Vec<&Row> = rows.iter().filter(|r| left_of(r)).collect();
    let right = rows.iter().filter(|r| right_of(r)).count();
    let both = rows.iter().filter(|r| left_of(r) && right_of(r)).count();
    if left.len() < MIN_ROWS || right < MIN_ROWS {
        return false;
    }
    // Columns stand beside one another: they begin and end at like heights.
    let span = |side: &dyn Fn(&Row) -> bool| {
        let ys = || rows.iter().filter(|r| side(r)).map(|r| r.y);
        (
            ys().fold(f64::NEG_INFINITY, f64::max),
            ys().fold(f64::INFINITY, f64::min),
        )
    };
    let (a, b) = (span(&left_of), span(&right_of));
    let shared = a.0.min(b.0) - a.1.max(b.1);
    let shorter = (a.0 - a.1).min(b.0 - b.1);
    if shared < 0.5 * shorter {
        return false;
    }
    // A list below its headings: hardly any row has something on both sides,
    // and what is left of the list are single lines.
    let lone = |r: &&&Row| !right_of(r);
    let alone = left.iter().filter(lone).count();
    let follows = rows
        .windows(2)
        .filter(|w| left_of(&w[0]) && left_of(&w[1]))
        .count();
    if both == 0 && follows * 3 < alone {
        return interleaved(rows, x);
    }
    // A table: whatever stands left has its own row at the right.
    let labels = left
        .iter()
        .filter_map(|r| r.pieces.first())
        .filter(|p| p.text.ends_with(':') || p.text.chars().any(|c| c.is_ascii_digit()))
        .count();
    let aligned = both * 20 >= left.len() * 19;
    let sparse = left.len() * 10 <= right * 6;
    !(aligned && (sparse || labels * 2 > left.len()))
}

/// Rows of two columns whose lines are not at the same heights come in turns
/// that are closer together than the lines of one column can be.
fn interleaved(rows: &[Row], x: f64) -> bool {
    let close = rows.windows(2).filter(|w| {
        let sides = (w[0].x0() < x - 1.0) != (w[1].x0() < x - 1.0);
        sides && w[0].y - w[1].y < 0.9 * w[0].size.min(w[1].size)
    });
    close.count() >= MIN_ROWS
}

/// Writes the rows of one column.
fn write_block(rows: &[Row], sizes: &Sizes, out: &mut String) {
    let margin = rows.iter().map(Row::x0).fold(f64::INFINITY, f64::min);
    let edge = rows.iter().map(Row::x1).fold(0.0, f64::max);
    let lists = lists(rows, margin);
    let mut before: Option<&Row> = None;
    // Where the item began that a row may go on from.
    let mut item: Option<(f64, bool)> = None;
    for row in rows {
        let text = row.text();
        if let Some(level) = sizes.level(row) {
            let goes_on = before.is_some_and(|b| {
                sizes.level(b) == Some(level)
                    && is_next_line(b, row)
                    && (level == 1 || b.x1() > edge - 60.0)
            });
            if goes_on && out.ends_with('\n') {
                out.pop();
                go_on(out, &text);
            } else {
                out.push_str(&format!("\n{} {text}\n", "#".repeat(level)));
            }
            (before, item) = (Some(row), None);
            continue;
        }
        let bullet = after_bullet(&text);
        let goes_on = bullet.is_none()
            && before
                .zip(item)
                .is_some_and(|(before, item)| continues(before, row, item, edge));
        if goes_on && out.ends_with('\n') {
            out.pop();
            go_on(out, &text);
        } else {
            let far = before.is_some_and(|b| b.y - row.y > 1.75 * row.size.max(b.size));
            if far {
                out.push('\n');
            }
            let indent = ((row.x0() - margin) / (0.5 * row.size))
                .round()
                .clamp(0.0, 12.0);
            out.push_str(&" ".repeat(indent as usize));
            let numbered = text.starts_with(|c: char| c.is_ascii_digit());
            let listed = !numbered && lists.iter().any(|x| (row.x0() - x).abs() <= 1.0);
            match bullet {
                Some(rest) => out.push_str(&format!("- {rest}\n")),
                None if listed => out.push_str(&format!("- {text}\n")),
                None => out.push_str(&format!("{text}\n")),
            }
            item = Some((row.x0(), bullet.is_some()));
        }
        before = Some(row);
    }
}

/// Left edges of lists whose bullets are drawn and not written: indented a
/// little from the margin, several times, below lines that are not.
fn lists(rows: &[Row], margin: f64) -> Vec<f64> {
    let bullets = rows.iter().any(|r| after_bullet(&r.text()).is_some());
    if bullets {
        return Vec::new();
    }
    let mut edges: Vec<(f64, usize)> = Vec::new();
    for row in rows {
        let indent = (row.x0() - margin) / row.size;
        if !(1.2..5.0).contains(&indent) {
            continue;
        }
        match edges.iter_mut().find(|(x, _)| (row.x0() - x).abs() <= 1.0) {
            Some((_, count)) => *count += 1,
            None => edges.push((row.x0(), 1)),
        }
    }
    edges.retain(|(_, count)| *count >= 2);
    edges.into_iter().map(|(x, _)| x).collect()
}

/// Whether a row goes on from the one before, which belongs to an item that
/// began at `x` with or without a bullet.
fn continues(before: &Row, row: &Row, (x, bullet): (f64, bool), edge: f64) -> bool {
    let near = before.y - row.y < 1.75 * row.size && before.y > row.y;
    let same = (before.size - row.size).abs() < 0.1 * row.size;
    if !near || !same || row.pieces.len() > 1 || before.pieces.len() > 1 && !bullet {
        return false;
    }
    // A hanging indent.
    if bullet && row.x0() > x + 0.3 * row.size {
        return true;
    }
    // The line was broken because the next word did not fit any more.
    let text = row.text();
    let first = text.split_whitespace().next().unwrap_or_default();
    let count = text.chars().count().max(1) as f64;
    let wide = (row.x1() - row.x0()) / count * (first.chars().count() + 1) as f64;
    let full = before.x1() + wide > edge - 0.5 * row.size;
    full && (row.x0() - x).abs() < 3.0 * row.size && before.text().len() > 30
}

/// Words that keep their hyphen where a line was broken behind it.
const HYPHENED: &str = "\
    all back bi business client close co cost cross customer data day e end entry event ex \
    fast first five four front full fully hands hard high highly in inter long low machine \
    micro mid mission multi near non off on one open part peer post pre problem production \
    re real role safety scrum self semi server short single six so state sub team test third \
    three time to top two up user well wide world year";

/// Appends a row to the text it goes on from.
fn go_on(out: &mut String, text: &str) {
    let word = out.rsplit(char::is_whitespace).next().unwrap_or_default();
    let broken = word.strip_suffix('-').filter(|w| {
        w.chars().all(char::is_alphabetic) && text.starts_with(char::is_lowercase) && !w.is_empty()
    });
    match broken {
        Some(word) if !HYPHENED.split(' ').any(|w| w == word.to_lowercase()) => {
            out.pop();
            out.push_str(text);
        }
        Some(_) => out.push_str(text),
        None if word.len() > 1 && word.ends_with('-') => out.push_str(text),
        None => {
            out.push(' ');
            out.push_str(text);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::set;
    use super::*;

    /// A page of lines: left edge, height on the page, size and text.
    fn page(lines: &[(f64, f64, f64, &str)]) -> Page {
        let glyphs = lines
            .iter()
            .flat_map(|(x, y, size, text)| set(text, *x, *y, *size, 0.0));
        Page {
            glyphs: glyphs.collect(),
        }
    }

    const LONG: &str = "Designed and ran the delivery of spare parts to eleven ports in the devel-";

    #[test]
    fn broken_lines_and_words_are_whole_again() {
        let text = text(&[page(&[
            (50.0, 700.0, 10.0, LONG),
            (50.0, 688.0, 10.0, "opment region and in the multi-"),
            (50.0, 676.0, 10.0, "Not a part of it."),
        ])]);
        let expect = LONG.trim_end_matches('-').to_owned() + "opment region and in the multi-";
        assert_eq!(text.trim(), format!("{expect}\nNot a part of it."));
    }

    #[test]
    fn a_name_over_two_lines_is_the_title_and_smaller_lines_are_headings() {
        let text = text(&[page(&[
            (50.0, 760.0, 24.0, "Ada"),
            (50.0, 734.0, 24.0, "Stone"),
            (50.0, 700.0, 14.0, "Skills"),
            (50.0, 680.0, 10.0, "Rust and SQL and much more of that kind"),
            (50.0, 650.0, 14.0, "Work"),
            (
                50.0,
                630.0,
                10.0,
                "Engineer at Pine Ltd for two whole years",
            ),
        ])]);
        let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty()).collect();
        assert_eq!(lines[0], "# Ada Stone");
        assert_eq!([lines[1], lines[3]], ["## Skills", "## Work"]);
    }

    #[test]
    fn page_numbers_and_running_heads_are_left_out() {
        let one = |number: &str, body: &str| {
            page(&[
                (50.0, 800.0, 10.0, "Ada Stone, resume"),
                (50.0, 700.0, 10.0, body),
                (280.0, 30.0, 10.0, number),
            ])
        };
        let text = text(&[
            one("Page 1 of 2", "Built ships"),
            one("2 / 2", "Sold ships"),
        ]);
        let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty()).collect();
        assert_eq!(lines, ["Ada Stone, resume", "Built ships", "Sold ships"]);
    }

    #[test]
    fn dates_in_the_margin_stay_with_their_lines() {
        let text = text(&[page(&[
            (50.0, 700.0, 10.0, "2019-2021"),
            (
                150.0,
                700.0,
                10.0,
                "Engineer at Pine Ltd in the north of the country",
            ),
            (150.0, 688.0, 10.0, "\u{2022} Built ships"),
            (150.0, 676.0, 10.0, "\u{2022} Sold ships"),
            (50.0, 660.0, 10.0, "2017-2019"),
            (150.0, 660.0, 10.0, "Intern at Rook"),
            (50.0, 648.0, 10.0, "2016-2017"),
            (150.0, 648.0, 10.0, "Student at Oak"),
            (50.0, 636.0, 10.0, "2015-2016"),
            (150.0, 636.0, 10.0, "Pupil at Elm"),
        ])]);
        assert!(text.contains("2019-2021 | Engineer at Pine Ltd"), "{text}");
        assert!(text.contains("2015-2016 | Pupil at Elm"), "{text}");
    }
}
