//! Makes a PDF fit for the library that reads it: only what places text
//! stays, and what the library does not understand is said in another way.

use pdf_extract::content::Content;
use pdf_extract::{Document, Object};
use std::collections::BTreeMap;

type Id = (u32, u16);

/// Forms within one another, and drawn in all.
const MAX_FORMS: usize = 12;
const MAX_DRAWN: usize = 5_000;
/// Widths of letters that one font may give.
const MAX_WIDTHS: i64 = 70_000;

/// Prepares a document for its reader.
///
/// # Errors
/// With the reason, when it would be read for ever.
pub(super) fn prepare(
    document: &mut Document,
    pages: impl Iterator<Item = Id>,
) -> Result<(), &'static str> {
    keep_what_places_text(document, pages);
    spell_out_widths(document);
    check_forms(document)
}

/// Operators that place text (PDF 32000-1, annex A).
const KEPT: &[&str] = &[
    "BT", "ET", "Tf", "Td", "TD", "Tm", "T*", "Tj", "TJ", "'", "\"", "Tc", "Tw", "Tz", "TL", "Ts",
    "q", "Q", "cm", "Do",
];

/// Empties pictures and takes out of pages and forms everything that does
/// not place text: less to do, and much less that can go wrong.
fn keep_what_places_text(document: &mut Document, pages: impl Iterator<Item = Id>) {
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
fn check_forms(document: &Document) -> Result<(), &'static str> {
    let mut inner: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
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
    let odd = || "its drawings contain themselves";
    // Levels of forms: those that contain none, those that contain these ...
    let mut drawn: BTreeMap<Id, usize> = BTreeMap::new();
    for _ in 0..MAX_FORMS {
        let ready: Vec<(Id, usize)> = inner
            .iter()
            .filter(|(id, _)| !drawn.contains_key(*id))
            .filter_map(|(id, parts)| {
                let known = |part: &Id| match inner.contains_key(part) {
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

/// The widths of a font's letters may be given for a range ("3 to 7 are 500
/// wide"); the library reads single ones only.
fn spell_out_widths(document: &mut Document) {
    for object in document.objects.values_mut() {
        let Object::Dictionary(font) = object else {
            continue;
        };
        if !font.has(b"CIDToGIDMap") && !font.has(b"CIDSystemInfo") {
            continue;
        }
        if let Ok(Object::Array(widths)) = font.get(b"W")
            && let Some(spelled) = spelled(widths)
        {
            font.set("W", spelled);
        }
    }
}

fn spelled(widths: &[Object]) -> Option<Vec<Object>> {
    let mut out = Vec::with_capacity(widths.len());
    let mut at = 0;
    while at + 1 < widths.len() {
        if widths[at + 1].as_array().is_ok() {
            out.extend_from_slice(&widths[at..at + 2]);
            at += 2;
            continue;
        }
        let first = widths[at].as_i64().ok()?;
        let last = widths[at + 1].as_i64().ok()?;
        let width = widths.get(at + 2)?;
        let count = last.checked_sub(first)?.checked_add(1)?;
        if !(1..=MAX_WIDTHS).contains(&count) {
            return None;
        }
        out.push(Object::Integer(first));
        out.push(Object::Array(vec![width.clone(); count as usize]));
        at += 3;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_widths_are_spelled_out() {
        let n = Object::Integer;
        let given = [n(1), n(3), n(500), n(7), Object::Array(vec![n(250)])];
        let expect = vec![
            n(1),
            Object::Array(vec![n(500), n(500), n(500)]),
            n(7),
            Object::Array(vec![n(250)]),
        ];
        assert_eq!(spelled(&given), Some(expect));
        assert_eq!(spelled(&[n(1), n(i64::MAX), n(5)]), None);
    }
}
