//! Charts as SVG: stacked bars, bars with a target, dots on a scale, and
//! columns. Every chart has a title and a description for those who do not
//! see it, says its numbers in words beside the shapes, and never tells
//! things apart by colour alone.

use crate::report::markup::escape;
use std::fmt::Write;

/// Width of all charts, in pixels.
const WIDTH: f64 = 960.0;
/// Room for the names of rows.
const LABELS: f64 = 250.0;
/// Room for notes at the right.
const NOTES: f64 = 120.0;
const ROW: f64 = 26.0;
const INK: &str = "#1b1f24";
const FAINT: &str = "#d5dae0";
const SOFT: &str = "#57606a";

/// A series: its name and its colour.
pub(super) type Series = (&'static str, &'static str);

/// One row of stacked bars.
pub(super) struct StackRow {
    pub(super) label: String,
    /// Counts, one a series.
    pub(super) counts: Vec<usize>,
    /// Stands at the right.
    pub(super) note: String,
}

/// One row of dots.
pub(super) struct DotRow {
    pub(super) label: String,
    /// Places, one a series.
    pub(super) at: Vec<Option<f64>>,
    pub(super) note: String,
}

/// One row of a bar chart.
pub(super) struct BarRow {
    pub(super) label: String,
    pub(super) value: f64,
    /// A second value, drawn as a tick.
    pub(super) tick: Option<f64>,
    pub(super) note: String,
}

/// A scale with its marks.
pub(super) struct Scale {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) marks: Vec<(f64, String)>,
    /// A line that something should reach, with its name.
    pub(super) target: Option<(f64, String)>,
}

struct Canvas {
    body: String,
    y: f64,
    title: String,
    about: String,
}

/// At most so many letters.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most - 1).collect();
    format!("{}…", cut.trim_end())
}

impl Canvas {
    fn new(title: &str, about: &str) -> Self {
        let mut canvas = Self {
            body: String::new(),
            y: 34.0,
            title: title.to_owned(),
            about: about.to_owned(),
        };
        canvas.text(16.0, 26.0, title, "start", INK, 17, true);
        canvas
    }

    #[allow(clippy::too_many_arguments, reason = "these are SVG's attributes")]
    fn text(&mut self, x: f64, y: f64, text: &str, anchor: &str, ink: &str, size: u32, bold: bool) {
        let weight = if bold { " font-weight=\"bold\"" } else { "" };
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{ink}\"{weight}>{}</text>",
            escape(text)
        );
    }

    fn rect(&mut self, x: f64, y: f64, w: f64, h: f64, fill: &str, says: &str) {
        let _ = writeln!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{h:.1}\" fill=\"{fill}\"><title>{}</title></rect>",
            w.max(0.0),
            escape(says)
        );
    }

    fn line(&mut self, x: f64, y: f64, x2: f64, y2: f64, ink: &str, dashes: bool) {
        let dash = if dashes {
            " stroke-dasharray=\"5 4\""
        } else {
            ""
        };
        let _ = writeln!(
            self.body,
            "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{ink}\" stroke-width=\"1.5\"{dash}/>"
        );
    }

    /// What each shape and colour stands for.
    fn legend(&mut self, series: &[Series], dots: bool) {
        let mut x = 16.0;
        self.y += 16.0;
        for (place, (name, colour)) in series.iter().enumerate() {
            let y = self.y;
            if dots {
                self.shape(place, x + 6.0, y - 4.0, colour, name);
            } else {
                self.rect(x, y - 10.0, 12.0, 12.0, colour, name);
            }
            self.text(x + 18.0, y, name, "start", SOFT, 12, false);
            x += 36.0 + 6.4 * name.chars().count() as f64;
        }
        self.y += 14.0;
    }

    /// A shape of its own for each series, so that colour is not needed.
    fn shape(&mut self, series: usize, x: f64, y: f64, fill: &str, says: &str) {
        let r = 6.0;
        let (top, low, left, right) = (y - r, y + r, x - r, x + r);
        let shape = match series % 4 {
            0 => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5.5\""),
            1 => format!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\"",
                x - 5.0,
                y - 5.0
            ),
            2 => format!(
                "<path d=\"M{x:.1} {top:.1}L{right:.1} {y:.1}L{x:.1} {low:.1}L{left:.1} {y:.1}Z\""
            ),
            _ => format!("<path d=\"M{x:.1} {top:.1}L{right:.1} {low:.1}L{left:.1} {low:.1}Z\""),
        };
        let _ = writeln!(
            self.body,
            "{shape} fill=\"{fill}\" stroke=\"#ffffff\" stroke-width=\"1\"><title>{}</title>{}",
            escape(says),
            match series % 4 {
                0 => "</circle>",
                1 => "</rect>",
                _ => "</path>",
            }
        );
    }

    fn label(&mut self, text: &str) {
        let y = self.y + ROW / 2.0 + 4.0;
        self.text(LABELS - 10.0, y, &short(text, 36), "end", INK, 13, false);
    }

    fn note(&mut self, text: &str) {
        let y = self.y + ROW / 2.0 + 4.0;
        self.text(WIDTH - NOTES + 12.0, y, text, "start", SOFT, 12, false);
    }

    /// The scale's lines over so many rows, and its numbers below.
    fn scale(&mut self, scale: &Scale, rows: usize) {
        let low = self.y + ROW * rows as f64;
        for (mark, name) in &scale.marks {
            let x = scale.x(*mark);
            let y = self.y;
            self.line(x, y, x, low, FAINT, false);
            self.text(x, low + 16.0, name, "middle", SOFT, 12, false);
        }
    }

    /// The line that should be reached, over so many rows above.
    fn target(&mut self, scale: &Scale, rows: usize) {
        if let Some((target, name)) = &scale.target {
            let (x, low) = (scale.x(*target), self.y);
            self.line(x, low - ROW * rows as f64 - 4.0, x, low, "#b3261e", true);
            self.text(x, low + 32.0, name, "middle", "#b3261e", 12, false);
        }
    }

    fn svg(self, height: f64) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\" role=\"img\" font-family=\"'Noto Sans', sans-serif\">\n<title>{}</title>\n<desc>{}</desc>\n<rect width=\"{WIDTH}\" height=\"{height:.0}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            escape(&self.title),
            escape(&self.about),
            self.body
        )
    }
}

impl Scale {
    fn x(&self, value: f64) -> f64 {
        let wide = WIDTH - LABELS - NOTES;
        let share = (value - self.from) / (self.to - self.from);
        LABELS + wide * share.clamp(0.0, 1.0)
    }
}

/// Bars of equal length, divided by shares.
pub(super) fn stacked(title: &str, about: &str, series: &[Series], rows: &[StackRow]) -> String {
    let mut canvas = Canvas::new(title, about);
    canvas.legend(series, false);
    let wide = WIDTH - LABELS - NOTES;
    for row in rows {
        canvas.label(&row.label);
        let all: usize = row.counts.iter().sum();
        let mut x = LABELS;
        for (count, (name, colour)) in row.counts.iter().zip(series) {
            let part = wide * *count as f64 / all.max(1) as f64;
            if *count == 0 {
                continue;
            }
            let says = format!("{}, {name}: {count} of {all}", row.label);
            let y = canvas.y;
            canvas.rect(x, y + 3.0, part, ROW - 6.0, colour, &says);
            let text = count.to_string();
            if part > 9.0 * text.len() as f64 + 6.0 {
                canvas.text(
                    x + part / 2.0,
                    y + ROW / 2.0 + 4.5,
                    &text,
                    "middle",
                    ink_on(colour),
                    12,
                    false,
                );
            }
            x += part;
        }
        canvas.note(&row.note);
        canvas.y += ROW;
    }
    let height = canvas.y + 14.0;
    canvas.svg(height)
}

/// Dark or light letters, whichever stand out.
fn ink_on(colour: &str) -> &'static str {
    let part = |at: usize| {
        colour
            .get(at..at + 2)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .unwrap_or(255)
    };
    // The weights of brightness in sRGB, times 1000.
    let bright = 299 * part(1) + 587 * part(3) + 114 * part(5);
    if bright > 140_000 { INK } else { "#ffffff" }
}

/// Shapes on a scale, one for each series of a row.
pub(super) fn dots(
    title: &str,
    about: &str,
    series: &[Series],
    scale: &Scale,
    rows: &[DotRow],
) -> String {
    let mut canvas = Canvas::new(title, about);
    canvas.legend(series, true);
    canvas.scale(scale, rows.len());
    for row in rows {
        canvas.label(&row.label);
        let y = canvas.y + ROW / 2.0;
        let known: Vec<f64> = row.at.iter().flatten().copied().collect();
        let least = known.iter().copied().reduce(f64::min).unwrap_or(scale.from);
        let most = known.iter().copied().reduce(f64::max).unwrap_or(scale.from);
        if most > least {
            canvas.line(scale.x(least), y, scale.x(most), y, FAINT, false);
        }
        for (place, (at, (name, colour))) in row.at.iter().zip(series).enumerate() {
            let Some(at) = at else { continue };
            // Shapes in one place stand below each other.
            let near = |other: &&f64| (scale.x(**other) - scale.x(*at)).abs() < 9.0;
            let before = row.at[..place].iter().flatten().filter(near).count() as f64;
            let all = row.at.iter().flatten().filter(near).count() as f64;
            let shift = (before - (all - 1.0) / 2.0) * 8.0;
            let says = format!("{}, {name}: {at:.2}", row.label);
            canvas.shape(place, scale.x(*at), y + shift, colour, &says);
        }
        canvas.note(&row.note);
        canvas.y += ROW;
    }
    let height = canvas.y + if scale.target.is_some() { 46.0 } else { 30.0 };
    canvas.svg(height)
}

/// Bars on a scale.
pub(super) fn bars(title: &str, about: &str, scale: &Scale, rows: &[BarRow]) -> String {
    let mut canvas = Canvas::new(title, about);
    canvas.y += 14.0;
    canvas.scale(scale, rows.len());
    for row in rows {
        canvas.label(&row.label);
        let y = canvas.y;
        let (from, to) = (scale.x(scale.from), scale.x(row.value));
        let says = format!("{}: {:.3}", row.label, row.value);
        // Never so thin that it cannot be drawn.
        canvas.rect(
            from,
            y + 5.0,
            (to - from).max(0.5),
            ROW - 10.0,
            "#2f6f9f",
            &says,
        );
        if let Some(tick) = row.tick {
            let x = scale.x(tick);
            canvas.line(x, y + 6.0, x, y + ROW - 6.0, "#ffffff", false);
        }
        canvas.note(&row.note);
        canvas.y += ROW;
    }
    canvas.target(scale, rows.len());
    let height = canvas.y + if scale.target.is_some() { 46.0 } else { 30.0 };
    canvas.svg(height)
}

/// Columns side by side.
pub(super) fn columns(title: &str, about: &str, under: &str, values: &[(String, usize)]) -> String {
    let mut canvas = Canvas::new(title, about);
    let (left, tall) = (60.0, 220.0);
    let step = (WIDTH - left - 40.0) / values.len().max(1) as f64;
    let most = values.iter().map(|v| v.1).max().unwrap_or(0).max(1) as f64;
    let low = canvas.y + 30.0 + tall;
    for (place, (name, count)) in values.iter().enumerate() {
        let high = tall * *count as f64 / most;
        let x = left + step * place as f64;
        let says = format!("{name}: {count}");
        let middle = x + step / 2.0;
        if *count > 0 {
            canvas.rect(x + 4.0, low - high, step - 8.0, high, "#2f6f9f", &says);
            let text = count.to_string();
            canvas.text(middle, low - high - 6.0, &text, "middle", INK, 12, false);
        }
        canvas.text(middle, low + 18.0, name, "middle", SOFT, 12, false);
    }
    canvas.line(left, low, WIDTH - 40.0, low, SOFT, false);
    canvas.text(WIDTH / 2.0, low + 40.0, under, "middle", SOFT, 12, false);
    canvas.svg(low + 54.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out_of_a_chart() {
        let rows = [BarRow {
            label: "<script>alert(\"x\")</script> & more".into(),
            value: 0.5,
            tick: None,
            note: "a < b".into(),
        }];
        let scale = Scale {
            from: 0.0,
            to: 1.0,
            marks: vec![(0.0, "0".into()), (1.0, "1".into())],
            target: None,
        };
        let svg = bars("Title", "What it shows", &scale, &rows);
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.contains("<title>Title</title>") && svg.contains("<desc>What it shows</desc>"));
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }

    #[test]
    fn letters_stand_out_from_their_ground() {
        assert_eq!(ink_on("#ffffff"), INK);
        assert_eq!(ink_on("#10324a"), "#ffffff");
    }
}
