//! Words into glyphs: shaping with the embedded typeface. A sign that the
//! typeface lacks is drawn as a replacement mark and keeps its text, so that
//! it can still be searched and copied.

use super::super::font;
use rustybuzz::ttf_parser::GlyphId;
use rustybuzz::{Direction, Face, ShapePlan, UnicodeBuffer, script};
use std::ops::Range;

/// Stands for a sign that the typeface lacks.
const REPLACEMENT: char = '\u{fffd}';

/// Which of the two fonts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Weight {
    #[default]
    Regular,
    Bold,
}

/// One glyph; lengths in shares of the font's size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Glyph {
    pub(super) id: u32,
    pub(super) advance: f32,
    pub(super) x_offset: f32,
    pub(super) y_offset: f32,
    /// The bytes of the text that it stands for.
    pub(super) range: Range<usize>,
}

/// The typeface, ready to shape.
pub(super) struct Shaper {
    regular: (Face<'static>, ShapePlan),
    bold: (Face<'static>, ShapePlan),
}

impl Shaper {
    /// Nothing where the embedded fonts cannot be read, which no user can
    /// bring about.
    pub(super) fn new() -> Option<Self> {
        let ready = |data| {
            let face = Face::from_slice(data, 0)?;
            let latin = Some(script::LATIN);
            // A plan takes longer to make than most texts to shape.
            let plan = ShapePlan::new(&face, Direction::LeftToRight, latin, None, &[]);
            Some((face, plan))
        };
        Some(Self {
            regular: ready(font::REGULAR)?,
            bold: ready(font::BOLD)?,
        })
    }

    /// Shapes a text, left to right.
    pub(super) fn shape(&self, text: &str, weight: Weight) -> Vec<Glyph> {
        let (face, latin) = match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        };
        let mut buffer = UnicodeBuffer::new();
        for (at, c) in text.char_indices() {
            let cluster = u32::try_from(at).unwrap_or(u32::MAX);
            buffer.add(known(face, c), cluster);
        }
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        if buffer.script() == script::UNKNOWN {
            // Digits and signs only.
            buffer.set_script(script::LATIN);
        }
        let shaped = if buffer.script() == script::LATIN {
            rustybuzz::shape_with_plan(face, latin, buffer)
        } else {
            rustybuzz::shape(face, &[], buffer)
        };
        let em = face.units_per_em() as f32;
        let infos = shaped.glyph_infos();
        let starts: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
        let end = |at: usize| {
            let later = starts[at..].iter().find(|&&start| start > starts[at]);
            later.copied().unwrap_or(text.len())
        };
        shaped
            .glyph_positions()
            .iter()
            .enumerate()
            .map(|(at, position)| Glyph {
                id: infos[at].glyph_id,
                advance: position.x_advance as f32 / em,
                x_offset: position.x_offset as f32 / em,
                y_offset: position.y_offset as f32 / em,
                range: starts[at]..end(at),
            })
            .collect()
    }
}

/// The sign itself, or what stands for one that the font lacks.
fn known(face: &Face<'_>, c: char) -> char {
    let drawn = face.glyph_index(c).is_some_and(|GlyphId(id)| id != 0);
    // Joiners, selectors and soft marks are not drawn at all.
    let unseen =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}');
    match (drawn, unseen, c.is_whitespace()) {
        (true, ..) => c,
        (false, true, _) => '\u{200d}',
        (false, false, true) => ' ',
        (false, false, false) => REPLACEMENT,
    }
}

/// The width of glyphs, in shares of the font's size.
pub(super) fn width(glyphs: &[Glyph]) -> f32 {
    glyphs.iter().map(|glyph| glyph.advance).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_stands_for_a_part_of_the_text_and_none_is_missing() {
        let shaper = Shaper::new().unwrap();
        for text in [
            "Plain",
            "e\u{301}a\u{308}",
            "漢字 \u{1f600}\u{200d}\u{1f468}",
            "שלום",
            "ﬁ fi",
            "",
        ] {
            for weight in [Weight::Regular, Weight::Bold] {
                let glyphs = shaper.shape(text, weight);
                for glyph in &glyphs {
                    assert!(!text[glyph.range.clone()].is_empty(), "{text}");
                    assert_ne!(glyph.id, 0, "{text}");
                }
            }
        }
    }
}
