//! PDF: letters with their places, page by page, from `pdf-extract`; what is
//! made of them is said in [`super::page`].
//!
//! The library panics on files that bend the rules. So it runs on a thread
//! of its own with a large stack, it is given only what places text (no
//! pictures, no colours), and a panic is the end of one page, quietly.

use super::page::{self, Glyph, Page};
use super::{DocumentError, pdf_bounds, pdf_prepare, tidy};
use pdf_extract::{Document, OutputDev, OutputError, Transform};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// Pages at most; a résumé has a few.
const MAX_PAGES: usize = 60;
/// Letters at most in the whole document.
const MAX_GLYPHS: usize = 500_000;
/// The reader's stack: the library calls itself for nested objects.
const STACK: usize = 64 * 1024 * 1024;
const THREAD: &str = "pdf-reader";

/// The text of a PDF file.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<String, DocumentError> {
    pdf_bounds::check(name, bytes)?;
    let broken = |why: String| DocumentError::broken(name, "PDF", &why);
    silence_panics();
    let found = std::thread::scope(|scope| {
        let reader = std::thread::Builder::new()
            .name(THREAD.to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || pages(bytes))
            .map_err(|e| broken(format!("no thread to read it: {e}")))?;
        match reader.join() {
            Ok(found) => Ok(found),
            Err(_) => Err(broken("it does not keep to the format".to_owned())),
        }
    })?;
    match found {
        Ok(pages) => {
            let text = tidy(&page::text(&pages));
            if text.chars().filter(|c| c.is_alphanumeric()).count() < 3 {
                return Err(DocumentError::NoText {
                    name: name.to_owned(),
                    what: match pages.len() {
                        1 => "a PDF of one page".to_owned(),
                        pages => format!("a PDF of {pages} pages"),
                    },
                });
            }
            Ok(text)
        }
        Err(Fault::Locked) => Err(DocumentError::Locked {
            name: name.to_owned(),
        }),
        Err(Fault::Broken(why)) => Err(broken(why)),
    }
}

enum Fault {
    Locked,
    Broken(String),
}

/// The panics of the reader's thread end a page and are told nobody; those
/// of other threads go on as before.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().name() != Some(THREAD) {
                before(info);
            }
        }));
    });
}

fn pages(bytes: &[u8]) -> Result<Vec<Page>, Fault> {
    let broken = |e: pdf_extract::Error| Fault::Broken(short(&e.to_string()));
    let mut document = Document::load_mem(bytes).map_err(broken)?;
    if document.is_encrypted() {
        // Many files are only locked against changes and open without.
        document.decrypt("").map_err(|_| Fault::Locked)?;
    }
    let numbers: Vec<(u32, (u32, u16))> = document.get_pages().into_iter().collect();
    if numbers.is_empty() {
        return Err(Fault::Broken("it has no pages".to_owned()));
    }
    if numbers.len() > MAX_PAGES {
        return Err(Fault::Broken(format!(
            "it has {} pages, more than {MAX_PAGES}",
            numbers.len()
        )));
    }
    pdf_prepare::prepare(&mut document, numbers.iter().map(|(_, id)| *id))
        .map_err(|why| Fault::Broken(why.to_owned()))?;
    let mut out = Vec::new();
    let mut failed = 0;
    let mut letters = 0;
    for (number, _) in &numbers {
        let mut sink = Sink {
            page: Page::default(),
            left: MAX_GLYPHS - letters,
        };
        let done = catch_unwind(AssertUnwindSafe(|| {
            pdf_extract::output_doc_page(&document, &mut sink, *number)
        }));
        if sink.left == 0 {
            return Err(Fault::Broken(format!(
                "it has more than {MAX_GLYPHS} letters"
            )));
        }
        if !matches!(done, Ok(Ok(()))) {
            failed += 1;
        }
        letters += sink.page.glyphs.len();
        out.push(sink.page);
    }
    if failed == numbers.len() && letters == 0 {
        return Err(Fault::Broken("no page of it can be read".to_owned()));
    }
    if failed > 0 {
        tracing::warn!(
            "{failed} of {} PDF pages could be read in part only",
            numbers.len()
        );
    }
    Ok(out)
}

/// The first line of a message, without its end.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(120).collect()
}

/// Takes the letters of one page.
struct Sink {
    page: Page,
    left: usize,
}

impl OutputDev for Sink {
    fn begin_page(
        &mut self,
        _number: u32,
        _media: &pdf_extract::MediaBox,
        _art: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        trm: &Transform,
        width: f64,
        spacing: f64,
        font_size: f64,
        text: &str,
    ) -> Result<(), OutputError> {
        if self.left == 0 {
            return Err(OutputError::FormatError(std::fmt::Error));
        }
        self.left -= 1;
        let size = (trm.m11 * trm.m22 - trm.m12 * trm.m21).abs().sqrt() * font_size.abs();
        let along = (trm.m11 * trm.m11 + trm.m12 * trm.m12).sqrt();
        let glyph = Glyph {
            x: trm.m31,
            y: trm.m32,
            width: along * (width * font_size + spacing.max(0.0)),
            size,
            text: text.to_owned(),
        };
        // Letters that stand on their heads or run up the margin are no text
        // to be read in order, nor are those of no size.
        let upright = trm.m11 > 0.0 && trm.m12.abs() < 0.2 * trm.m11.abs();
        let finite = [glyph.x, glyph.y, glyph.width, size];
        if upright && finite.iter().all(|v| v.is_finite()) && size > 0.5 {
            self.page.glyphs.push(glyph);
        }
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}
