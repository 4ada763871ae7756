//! Holds a PDF to a bound before a library unpacks it: every stream that can
//! grow is unpacked here first, into nothing, up to the limit.

use super::kind::find;
use super::{DocumentError, MAX_UNPACKED};
use flate2::{Decompress, FlushDecompress, Status};

/// Streams packed by LZW grow up to 1,400 times; those of text are small.
const MAX_LZW: usize = 96 * 1024;
/// How much of one stream's result is looked at for a stream inside it.
const MAX_INNER: usize = 4 * 1024 * 1024;

/// Refuses a PDF whose streams unpack to more than [`MAX_UNPACKED`].
pub(super) fn check(name: &str, bytes: &[u8]) -> Result<(), DocumentError> {
    let mut left = MAX_UNPACKED;
    let mut lzw = MAX_LZW;
    let mut at = 0;
    let mut before = 0;
    while let Some(found) = find(&bytes[at..], b"stream") {
        let mark = at + found;
        at = mark + b"stream".len();
        if bytes[..mark].ends_with(b"end") {
            before = at;
            continue;
        }
        let mut from = at;
        while bytes.get(from).is_some_and(u8::is_ascii_whitespace) {
            from += 1;
        }
        let data = &bytes[from..];
        let end = find(data, b"endstream").unwrap_or(data.len());
        let dictionary = &bytes[before..mark];
        let fits = if find(dictionary, b"/LZW").is_some() {
            lzw.checked_sub(end).map(|rest| lzw = rest)
        } else {
            unpack(&data[..end], &mut left, 0)
        };
        if fits.is_none() {
            return Err(DocumentError::Unpacks {
                name: name.to_owned(),
                most_mb: MAX_UNPACKED / (1024 * 1024),
            });
        }
        at = from + end;
    }
    Ok(())
}

/// Unpacks as deep as streams are packed; `None` when `left` is used up.
fn unpack(data: &[u8], left: &mut usize, depth: usize) -> Option<()> {
    if depth > 4 {
        return None;
    }
    // A zlib stream: method 8, and a check of its first two bytes.
    let zlib = data.len() > 2
        && data[0] & 0x0f == 8
        && (u16::from(data[0]) << 8 | u16::from(data[1])).is_multiple_of(31);
    if zlib {
        let inner = inflate(data, left)?;
        return unpack(&inner, left, depth + 1);
    }
    let sample = data.iter().take(200).filter(|b| !b.is_ascii_whitespace());
    if data.len() > 16 && sample.clone().all(|b| (b'!'..=b'z').contains(b)) {
        return unpack(&ascii85(data), left, depth + 1);
    }
    Some(())
}

/// Inflates into nothing but the first megabytes, which come back.
fn inflate(data: &[u8], left: &mut usize) -> Option<Vec<u8>> {
    let mut inflater = Decompress::new(true);
    let mut buffer = vec![0; 64 * 1024];
    let mut out = Vec::new();
    loop {
        let (read, written) = (inflater.total_in(), inflater.total_out());
        let rest = &data[(read as usize).min(data.len())..];
        let status = inflater.decompress(rest, &mut buffer, FlushDecompress::None);
        let produced = (inflater.total_out() - written) as usize;
        *left = left.checked_sub(produced)?;
        if out.len() < MAX_INNER {
            out.extend_from_slice(&buffer[..produced]);
        }
        let stuck = produced == 0 && inflater.total_in() == read;
        // A damaged stream is not refused here: the reader copes or says so.
        match status {
            Ok(Status::StreamEnd) | Err(_) => return Some(out),
            _ if stuck => return Some(out),
            Ok(_) => {}
        }
    }
}

/// ASCII85 without its errors: only the size and the bytes matter here.
fn ascii85(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let (mut group, mut count) = (0_u32, 0);
    for byte in data {
        match byte {
            b'~' => break,
            b'z' if count == 0 => out.extend([0; 4]),
            b'!'..=b'u' => {
                group = group.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                count += 1;
                if count == 5 {
                    out.extend(group.to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            _ => {}
        }
    }
    if count > 1 {
        for _ in count..5 {
            group = group.wrapping_mul(85).wrapping_add(84);
        }
        out.extend(&group.to_be_bytes()[..count - 1]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    fn packed(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn file(stream: &[u8]) -> Vec<u8> {
        [
            b"%PDF-1.4\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\n",
            stream,
            b"\nendstream\nendobj\n",
        ]
        .concat()
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused_before_it_is_unpacked() {
        let plain = packed(b"BT (hello) Tj ET");
        assert_eq!(check("a.pdf", &file(&plain)), Ok(()));
        let bomb = packed(&vec![0; MAX_UNPACKED + 1]);
        let twice = packed(&bomb);
        for stream in [&bomb, &twice] {
            let error = check("a.pdf", &file(stream)).unwrap_err().to_string();
            assert!(
                error.contains("a.pdf: found a packed file that unpacks"),
                "{error}"
            );
        }
    }

    #[test]
    fn ascii85_is_decoded() {
        assert_eq!(ascii85(b"87cURD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(ascii85(b"z~>"), [0; 4]);
    }
}
