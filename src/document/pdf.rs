//! PDF: letters with their places, page by page, from `pdf-extract`; what is
//! made of them is said in [`super::page`].
//!
//! The library panics on files that bend the rules. So it runs on a thread
//! of its own with a large stack, it is given only what places text (no
//! pictures, no colours), and a panic is the end of one page, quietly.

use super::page::{self, Glyph, Page};
use super::{DocumentError, pdf_bounds, tidy};
use pdf_extract::content::Content;
use pdf_extract::{Document, Object, OutputDev, OutputError, Transform};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// Pages at most; a résumé has a few.
const MAX_PAGES: usize = 60;
/// Letters at most in the whole document.
const MAX_GLYPHS: usize = 500_000;
/// Forms within one another, and drawn in all.
const MAX_FORMS: usize = 12;
const MAX_DRAWN: usize = 5_000;
/// The reader's stack: the library calls itself for nested objects.
const STACK: usize = 64 * 1024 * 1024;
const THREAD: &str = "pdf-reader";

/// The text of a PDF file.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<String, DocumentError> {
    pdf_bounds::check(name, bytes)?;
    let broken = |why: String| DocumentError::Broken {
        name: name.to_owned(),
        kind: "PDF",
        why,
    };
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
                    pages: pages.len(),
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
    keep_what_places_text(&mut document, numbers.iter().map(|(_, id)| *id));
    check_forms(&document)?;
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

/// Operators that place text (PDF 32000-1, annex A).
const KEPT: &[&str] = &[
    "BT", "ET", "Tf", "Td", "TD", "Tm", "T*", "Tj", "TJ", "'", "\"", "Tc", "Tw", "Tz", "TL", "Ts",
    "q", "Q", "cm", "Do",
];

/// Empties pictures and takes out of pages and forms everything that does
/// not place text: less to do, and much less that can go wrong.
fn keep_what_places_text(document: &mut Document, pages: impl Iterator<Item = (u32, u16)>) {
    for id in pages {
        let Ok(content) = document.get_page_content(id) else {
            continue;
        };
        if let Some(kept) = kept(&content, true) {
            // Fails only where the page is no dictionary: then it has no text.
            let _ = document.change_page_content(id, kept);
        }
    }
    for object in document.objects.values_mut() {
        let Object::Stream(stream) = object else {
            continue;
        };
        match stream.dict.get(b"Subtype").and_then(Object::as_name) {
            Ok(b"Image") => {
                stream.dict.remove(b"Filter");
                stream.set_content(Vec::new());
            }
            Ok(b"Form") => {
                let content = match stream.decompressed_content() {
                    Ok(content) => content,
                    Err(_) => stream.content.clone(),
                };
                // A form without resources takes its caller's, and may then
                // draw itself for ever.
                let own = stream.dict.has(b"Resources");
                let kept = kept(&content, own).unwrap_or_default();
                stream.dict.remove(b"Filter");
                stream.dict.remove(b"DecodeParms");
                stream.set_content(kept);
            }
            _ => {}
        }
    }
}

fn kept(content: &[u8], forms: bool) -> Option<Vec<u8>> {
    let mut content = Content::decode(content).ok()?;
    let mut font = false;
    content.operations.retain(|operation| {
        let name = operation.operator.as_str();
        font |= name == "Tf";
        // Text without a font cannot be placed.
        let shows = matches!(name, "Tj" | "TJ" | "'" | "\"");
        KEPT.contains(&name) && (forms || name != "Do") && (font || !shows)
    });
    content.encode().ok()
}

/// Refuses forms that draw themselves, or one another thousands of times.
fn check_forms(document: &Document) -> Result<(), Fault> {
    let mut inner: BTreeMap<(u32, u16), Vec<(u32, u16)>> = BTreeMap::new();
    for (id, object) in &document.objects {
        let Object::Stream(stream) = object else {
            continue;
        };
        let resolve = |object| document.dereference(object).ok().map(|(_, o)| o);
        let dictionary = |object| resolve(object).and_then(|o| o.as_dict().ok());
        let forms = stream.dict.get(b"Resources").ok().and_then(dictionary);
        let forms = forms
            .and_then(|r| r.get(b"XObject").ok())
            .and_then(dictionary);
        let ids = forms.into_iter().flat_map(|d| d.iter());
        inner.insert(
            *id,
            ids.filter_map(|(_, o)| o.as_reference().ok()).collect(),
        );
    }
    let odd = || Fault::Broken("its drawings contain themselves".to_owned());
    // Levels of forms: those that contain none, those that contain these ...
    let mut drawn: BTreeMap<(u32, u16), usize> = BTreeMap::new();
    for _ in 0..MAX_FORMS {
        let ready: Vec<((u32, u16), usize)> = inner
            .iter()
            .filter(|(id, _)| !drawn.contains_key(*id))
            .filter_map(|(id, parts)| {
                let known = |part: &(u32, u16)| match inner.contains_key(part) {
                    true => drawn.get(part).copied(),
                    false => Some(0),
                };
                let parts: Option<Vec<usize>> = parts.iter().map(known).collect();
                Some((*id, 1 + parts?.into_iter().sum::<usize>()))
            })
            .collect();
        if ready.iter().any(|(_, count)| *count > MAX_DRAWN) {
            return Err(odd());
        }
        drawn.extend(ready);
        if drawn.len() == inner.len() {
            return Ok(());
        }
    }
    Err(odd())
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
