//! The report as a PDF: real text in an embedded typeface, page numbers,
//! bookmarks, links to the questions, and tags for readers without eyes.
//!
//! `shape` makes glyphs of words, `flow` lines of glyphs, `layout` pages of
//! lines, `set` (with `table`) decides what stands on them, and `write` writes them. The
//! same report gives the same bytes.

mod flow;
mod layout;
mod set;
mod shape;
mod table;
mod write;

use super::Report;
use super::body::{compose, description};

/// Writes `report.pdf`.
pub fn report_pdf(report: &Report) -> Vec<u8> {
    let Some(shaper) = shape::Shaper::new() else {
        tracing::error!("The embedded typeface cannot be read; the PDF is empty");
        return Vec::new();
    };
    let body = compose(report);
    let mut layout = layout::Layout::new(shaper);
    set::set(&mut layout, &body);
    let description = description(report);
    let about = write::About {
        title: &body.title,
        description: &description,
    };
    // A file that fails its check is still better than none.
    write::write(&layout, &about, true)
        .inspect_err(|error| tracing::warn!("The PDF is not accessible: {error:?}"))
        .or_else(|_| write::write(&layout, &about, false))
        .unwrap_or_else(|error| {
            tracing::error!("The PDF cannot be written: {error:?}");
            Vec::new()
        })
}
