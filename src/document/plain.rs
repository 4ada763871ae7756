//! Plain text in the encodings that editors write: UTF-8, UTF-16 with or
//! without its mark, and the old single-byte encoding of Windows.

use super::DocumentError;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

const NOT_TEXT: &str = "bytes that are no UTF-8 text";

/// The text of a file, without its byte order mark.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<String, DocumentError> {
    let not_text = || DocumentError::Kind {
        name: name.to_owned(),
        found: NOT_TEXT,
    };
    let text = if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        decode(encoding, &bytes[mark..])
    } else if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains('\0')
    {
        Some(text.to_owned())
    } else if let Some(encoding) = wide(bytes) {
        decode(encoding, bytes)
    } else if looks_western(bytes) {
        decode(WINDOWS_1252, bytes)
    } else {
        None
    };
    let text = text.ok_or_else(not_text)?;
    let odd = text
        .chars()
        .filter(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'))
        .count();
    if odd > 0 && odd * 100 > text.chars().count() {
        return Err(not_text());
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn decode(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(|text| text.into_owned())
}

/// UTF-16 without its mark: in Western text every other byte is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.len() < 4 || bytes.len() % 2 == 1 {
        return None;
    }
    let zeros = |from: usize| {
        let some = bytes.iter().skip(from).step_by(2);
        some.filter(|b| **b == 0).count() * 2
    };
    let (even, odd) = (zeros(0), zeros(1));
    match (even * 10 > bytes.len() * 7, odd * 10 > bytes.len() * 7) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// Mostly ASCII, with a few letters such as é: the old encoding of Windows.
/// Text of other scripts has far more bytes above 127.
fn looks_western(bytes: &[u8]) -> bool {
    let high = bytes.iter().filter(|b| **b > 127).count();
    let controls = bytes
        .iter()
        .filter(|b| b.is_ascii_control() && !matches!(b, b'\t' | b'\n' | b'\r' | b'\x0c'))
        .count();
    controls == 0 && bytes.len() >= 20 && high * 10 < bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, mark: bool, big: bool) -> Vec<u8> {
        let units = mark
            .then_some(0xfeff)
            .into_iter()
            .chain(text.encode_utf16());
        let pair = |u: u16| {
            if big {
                u.to_be_bytes()
            } else {
                u.to_le_bytes()
            }
        };
        units.flat_map(pair).collect()
    }

    #[test]
    fn the_encodings_of_editors_are_read() {
        let text = "Zoë Müller\nSkills:\n- Rust, SQL\n";
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            text.replace('\n', "\r\n").into_bytes(),
            utf16(text, true, false),
            utf16(text, true, true),
            utf16(text, false, false),
            utf16(text, false, true),
            WINDOWS_1252.encode(text).0.into_owned(),
        ] {
            assert_eq!(read("cv.txt", &bytes).unwrap(), text, "{bytes:x?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let cyrillic: Vec<u8> = (0..100).map(|i| 0xc0 + i % 32).collect();
        for bytes in [
            &[0xff, 0x9f, 0x00, 0x01, 0x02][..],
            &cyrillic,
            b"ab\0\x01\x02cd",
        ] {
            let error = read("x.bin", bytes).unwrap_err().to_string();
            assert!(error.contains("x.bin: found bytes that are no UTF-8 text"));
        }
    }
}
