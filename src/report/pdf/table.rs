//! Tables on pages: heads are repeated on every page that a table reaches.

use super::flow::Line;
use super::layout::{INK, Kind, LINE, Layout, SOFT, TINT, WIDTH};
use super::set::{SMALL, bold, regular, words};
use crate::report::body::{Align, Table};

/// Space inside a cell.
const PAD: f32 = 4.0;

/// A table's columns: where each begins and how wide it is.
fn columns(table: &Table) -> Vec<(f32, f32)> {
    let all: f32 = table.columns.iter().map(|column| column.2).sum();
    let mut x = 0.0;
    let column = |(_, _, share): &(&str, Align, f32)| {
        let width = WIDTH * share / all;
        let at = (x, width);
        x += width;
        at
    };
    table.columns.iter().map(column).collect()
}

pub(super) fn table(layout: &mut Layout, it: &Table) {
    const SIZE: f32 = 8.8;
    let height = SIZE * 1.45;
    let columns = columns(it);
    layout.space(3.0);
    layout.need(5.0 * height);
    layout.open(Kind::Table);
    let caption = vec![(it.caption.clone(), regular(SMALL, SOFT))];
    let caption = layout.break_lines(caption, WIDTH);
    layout.part(Kind::Caption, |layout| layout.flow(&caption, 0.0));
    layout.down(2.0);
    let heads: Vec<Line> = it
        .columns
        .iter()
        .zip(&columns)
        .map(|((name, _, _), (_, width))| {
            let name = vec![((*name).to_owned(), bold(SMALL, SOFT))];
            let mut lines = layout.break_lines(name, width - PAD);
            lines.swap_remove(0)
        })
        .collect();
    layout.open(Kind::Head);
    layout.open(Kind::Row);
    head_row(layout, it, &columns, &heads, true);
    layout.close();
    layout.close();
    layout.open(Kind::Rows);
    for row in &it.rows {
        let cells: Vec<Vec<Line>> = row
            .iter()
            .zip(&columns)
            .map(|(cell, (_, width))| {
                layout.break_lines(words(cell, &regular(SIZE, INK)), width - 2.0 * PAD)
            })
            .collect();
        set_row(layout, it, &columns, &heads, &cells, height);
    }
    layout.close();
    layout.close();
    layout.space(6.0);
}

/// The heads of the columns; again at the top of a page they are furniture.
fn head_row(
    layout: &mut Layout,
    table: &Table,
    columns: &[(f32, f32)],
    heads: &[Line],
    first: bool,
) {
    let height = SMALL * 1.45;
    let top = layout.y();
    layout.fill(0.0, top, WIDTH, height + 4.0, TINT);
    for (at, line) in heads.iter().enumerate() {
        let x = cell_x(table.columns[at].1, columns[at], line);
        if first {
            layout.part(Kind::ColumnHead, |layout| {
                layout.set(line, x, top + 2.0, height);
            });
        } else {
            layout.furniture(line, x, top + 2.0, height);
        }
    }
    layout.down(height + 6.0);
}

fn cell_x(align: Align, (x, width): (f32, f32), line: &Line) -> f32 {
    match align {
        Align::Left => x + PAD,
        Align::Right => x + (width - PAD - line.width).max(0.0),
    }
}

fn set_row(
    layout: &mut Layout,
    table: &Table,
    columns: &[(f32, f32)],
    heads: &[Line],
    cells: &[Vec<Line>],
    height: f32,
) {
    let most = cells.iter().map(Vec::len).max().unwrap_or(0);
    let whole = most as f32 * height;
    if Layout::fits_a_page(whole) && layout.need(whole) {
        head_row(layout, table, columns, heads, false);
    }
    layout.open(Kind::Row);
    // Every cell is one part, although its lines are set beside the others'.
    let mut parts = Vec::new();
    for at in 0..cells.len() {
        let kind = if at == 0 { Kind::RowHead } else { Kind::Cell };
        layout.open(kind);
        parts.push(layout.suspend());
    }
    for line in 0..most {
        if layout.need(height) {
            head_row(layout, table, columns, heads, false);
        }
        let top = layout.y();
        for (at, cell) in cells.iter().enumerate() {
            let Some(it) = cell.get(line) else { continue };
            let x = cell_x(table.columns[at].1, columns[at], it);
            layout.resume(parts[at]);
            layout.set(it, x, top, height);
            layout.close();
        }
        layout.down(height);
    }
    layout.close();
    let y = layout.y();
    layout.fill(0.0, y + 1.5, WIDTH, 0.5, LINE);
    layout.down(4.0);
}
