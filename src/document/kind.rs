//! What a file is, told by its first bytes.

/// A kind of document that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// TOML, Markdown or plain text.
    Text,
    /// Portable Document Format.
    Pdf,
    /// Office Open XML, as Word writes it.
    Docx,
}

impl Kind {
    /// The name under which a converted document goes on. Whoever reads it
    /// may tell TOML by the name, so a PDF called `cv.toml` must not keep it.
    pub(super) fn named(self, name: &str) -> String {
        let lower = name.to_lowercase();
        match self {
            Self::Pdf if !lower.ends_with(".pdf") => format!("{name} (PDF)"),
            Self::Docx if !lower.ends_with(".docx") => format!("{name} (DOCX)"),
            _ => name.to_owned(),
        }
    }
}

/// Beginnings of files that are no documents of ours.
const OTHERS: &[(&[u8], &str)] = &[
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Word file (.doc) or a DOCX that needs a password",
    ),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG\r\n", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"II*\0", "an image (TIFF)"),
    (b"MM\0*", "an image (TIFF)"),
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf", "a 7z file"),
    (b"Rar!", "a RAR file"),
    (b"%!PS", "a PostScript file"),
    (b"\x7fELF", "a program"),
    (b"OggS", "a sound file"),
    (b"ID3", "a sound file"),
];

/// What a file is.
///
/// # Errors
/// With what it is instead, when it is of a kind that is not read.
pub(super) fn of(bytes: &[u8]) -> Result<Kind, &'static str> {
    // Readers of PDF allow some bytes before its mark.
    let head = &bytes[..bytes.len().min(1024)];
    if let Some(at) = find(head, b"%PDF-")
        && (at == 0 || !head[..at].iter().any(u8::is_ascii_alphanumeric))
    {
        return Ok(Kind::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Docx);
    }
    if let Some((_, found)) = OTHERS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(found);
    }
    match (bytes.get(..4), bytes.get(4..12)) {
        (Some(b"RIFF"), Some(rest)) if rest.ends_with(b"WEBP") => return Err("an image (WebP)"),
        (Some(b"RIFF"), Some(rest)) if rest.ends_with(b"WAVE") => return Err("a sound file"),
        (_, Some(brand)) if brand.starts_with(b"ftyphei") || brand.starts_with(b"ftypmif") => {
            return Err("an image (HEIC)");
        }
        _ => {}
    }
    let start = String::from_utf8_lossy(head).to_lowercase();
    let start = start.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Err("an HTML page");
    }
    Ok(Kind::Text)
}

/// Where `part` begins in `whole`.
pub(super) fn find(whole: &[u8], part: &[u8]) -> Option<usize> {
    whole.windows(part.len()).position(|w| w == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_kind() {
        for (bytes, expect) in [
            (&b"title = \"x\""[..], Ok(Kind::Text)),
            (b"%PDF-1.4 ...", Ok(Kind::Pdf)),
            (b"\xef\xbb\xbf\r\n%PDF-1.4 ...", Ok(Kind::Pdf)),
            (b"How to write %PDF-1.4 files", Ok(Kind::Text)),
            (b"PK\x03\x04....", Ok(Kind::Docx)),
            (b"{\\rtf1\\ansi", Err("an RTF file")),
            (b"\xff\xd8\xff\xe0", Err("an image (JPEG)")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Err("an image (WebP)")),
            (b"\n<!DOCTYPE html><html>", Err("an HTML page")),
            (b"", Ok(Kind::Text)),
        ] {
            assert_eq!(of(bytes), expect, "{bytes:?}");
        }
    }

    #[test]
    fn a_name_that_promises_another_kind_is_not_kept() {
        assert_eq!(Kind::Pdf.named("cv.PDF"), "cv.PDF");
        assert_eq!(Kind::Pdf.named("cv.toml"), "cv.toml (PDF)");
        assert_eq!(Kind::Docx.named("cv"), "cv (DOCX)");
        assert_eq!(Kind::Text.named("job.toml"), "job.toml");
    }
}
