//! Documents as people have them, read into text: TOML, Markdown, plain
//! text, PDF and DOCX. What a file is, its first bytes tell, not its name.
//! Structure is kept in the signs of Markdown: headings as `#`, bullets as
//! `-` with their indent, cells of a table with `|` between them.
//!
//! Everything happens in memory and is bounded: the file, what it unpacks
//! to, and the text. No fault of a file is a panic.

mod docx;
mod docx_styles;
mod error;
mod kind;
mod page;
mod pdf;
mod pdf_bounds;
mod pdf_prepare;
mod plain;
mod rows;

pub use error::DocumentError;
pub use kind::Kind;

/// Largest file that is read, in bytes.
pub const MAX_FILE: usize = 10 * 1024 * 1024;
/// Largest text of a document, in bytes. A job or a résumé is far shorter, and
/// both must fit into one message to the engine.
pub const MAX_TEXT: usize = 200 * 1024;
/// What the parts of a packed file may unpack to, all together, in bytes.
pub const MAX_UNPACKED: usize = 128 * 1024 * 1024;
/// What a document is expected to be.
pub const EXPECTED: &str = "TOML, Markdown, plain text, PDF or DOCX";

/// A document that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Its name; where the name promises another kind than the content has,
    /// with the kind behind it.
    pub name: String,
    /// What it was.
    pub kind: Kind,
    /// Its text, with the signs of Markdown where it was PDF or DOCX.
    pub text: String,
}

/// Reads a document. `name` is the file as the user gave it.
///
/// # Errors
/// When the file is empty, too large, of another kind, locked by a password,
/// broken, or has no text in it (a scan).
pub fn read(name: &str, bytes: &[u8]) -> Result<Reading, DocumentError> {
    let owned = || name.to_owned();
    if bytes.len() > MAX_FILE {
        return Err(DocumentError::TooLarge {
            name: owned(),
            most_mb: MAX_FILE / (1024 * 1024),
        });
    }
    let kind = kind::of(bytes).map_err(|found| DocumentError::Kind {
        name: owned(),
        found,
    })?;
    let text = match kind {
        Kind::Text => plain::read(name, bytes)?,
        Kind::Pdf => pdf::read(name, bytes)?,
        Kind::Docx => docx::read(name, bytes)?,
    };
    if text.trim().is_empty() {
        return Err(match kind {
            Kind::Docx => DocumentError::NoText {
                name: owned(),
                what: "a DOCX".to_owned(),
            },
            _ => DocumentError::Empty { name: owned() },
        });
    }
    if text.len() > MAX_TEXT {
        return Err(DocumentError::TooLong {
            name: owned(),
            found: text.len() / 1024,
            most: MAX_TEXT / 1024,
        });
    }
    Ok(Reading {
        name: kind.named(name),
        kind,
        text,
    })
}

/// Text of PDF and DOCX without what only looks well on paper: ligatures,
/// soft hyphens, signs of symbol fonts, spaces of other widths.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{fb00}' => out.push_str("ff"),
            '\u{fb01}' => out.push_str("fi"),
            '\u{fb02}' => out.push_str("fl"),
            '\u{fb03}' => out.push_str("ffi"),
            '\u{fb04}' => out.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => out.push_str("st"),
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
                out.push(' ');
            }
            // Bullets and arrows of Symbol and Wingdings.
            '\u{f000}'..='\u{f0ff}' => out.push('\u{2022}'),
            '\t' | '\n' => out.push(c),
            '\u{b}' | '\u{c}' | '\r' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// The text after a bullet sign, if a line begins with one. `-` and `*`
/// count only before a space.
fn after_bullet(line: &str) -> Option<&str> {
    const SIGNS: &[char] = &[
        '\u{2022}', '\u{2023}', '\u{25aa}', '\u{25ab}', '\u{25a0}', '\u{25a1}', '\u{25b8}',
        '\u{25ba}', '\u{25cb}', '\u{25cf}', '\u{25e6}', '\u{2043}', '\u{2219}', '\u{27a2}',
        '\u{2713}', '\u{2714}', '\u{2756}', '\u{b7}', '\u{a7}', '\u{2192}',
    ];
    let line = line.trim_start();
    if let Some(rest) = line.strip_prefix(SIGNS) {
        return Some(rest.trim_start());
    }
    ["- ", "* ", "o ", "\u{2013} ", "+ "]
        .iter()
        .find_map(|sign| line.strip_prefix(sign))
        .map(str::trim_start)
}

/// The smallest DOCX with this text part.
#[cfg(test)]
fn docx_with(xml: &str) -> Vec<u8> {
    use std::io::{Cursor, Write};
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in [("[Content_Types].xml", ""), ("word/document.xml", xml)] {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name, options).unwrap();
        zip.write_all(part.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
