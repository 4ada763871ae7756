//! Charts as PNG pictures, drawn with the program's own typeface, so that
//! they look the same on every machine.

use crate::report::font;
use resvg::{tiny_skia, usvg};
use std::sync::Arc;

/// Pixels for each unit of the chart: sharp on paper and on dense screens.
const SCALE: f32 = 2.0;

/// A chart that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("Chart cannot be drawn as PNG: {0}")]
pub struct PngError(String);

/// Draws a chart.
///
/// # Errors
///
/// Where the SVG cannot be read or is too large.
pub fn png(svg: &str) -> Result<Vec<u8>, PngError> {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(font::REGULAR.to_vec());
    fonts.load_font_data(font::BOLD.to_vec());
    fonts.set_sans_serif_family("Noto Sans");
    let options = usvg::Options {
        font_family: "Noto Sans".to_owned(),
        fontdb: Arc::new(fonts),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|e| PngError(e.to_string()))?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(SCALE)
        .ok_or_else(|| PngError("it is too large".to_owned()))?;
    let mut picture = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| PngError("it is too large".to_owned()))?;
    let grown = tiny_skia::Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, grown, &mut picture.as_mut());
    picture.encode_png().map_err(|e| PngError(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_becomes_a_picture_with_letters_in_it() {
        let draw = |text: &str| {
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"80\" height=\"20\" font-family=\"'Noto Sans', sans-serif\"><text x=\"2\" y=\"15\" font-size=\"14\">{text}</text></svg>"
            );
            png(&svg).unwrap()
        };
        let (with, without) = (draw("Scores"), draw(""));
        assert!(with.starts_with(b"\x89PNG"));
        assert!(with.len() > without.len() + 200, "no letters were drawn");
        assert_eq!(with, draw("Scores"));
        assert!(png("no chart").is_err());
    }
}
