//! PDF, DOCX and text files: a bounded text or a named error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::document::{MAX_TEXT, read};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fuzz_target!(|data: &[u8]| {
    let bytes = match data.split_first() {
        // What is behind compression is reached by packing it.
        Some((0, xml)) => docx(&[("word/document.xml", xml)]),
        Some((1, rest)) => {
            let half = rest.len() / 2;
            docx(&[
                ("word/document.xml", &rest[..half]),
                ("word/styles.xml", &rest[half..]),
                ("word/numbering.xml", &rest[half..]),
            ])
        }
        Some((2, content)) => pdf(content),
        _ => data.to_vec(),
    };
    match read("cv.bin", &bytes) {
        Ok(reading) => {
            assert!(!reading.text.trim().is_empty());
            assert!(reading.text.len() <= MAX_TEXT);
            assert!(reading.name.starts_with("cv.bin"), "{}", reading.name);
            // Text stays what it is when it is read as text.
            if let Ok(again) = read("cv.txt", reading.text.as_bytes()) {
                assert!(again.text.len() <= MAX_TEXT);
            }
        }
        Err(error) => {
            let told = error.to_string();
            assert!(told.contains("cv.bin") && !told.contains('\n'), "{told}");
        }
    }
});

fn docx(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let types: &[u8] =
        br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
    let mut all = vec![("[Content_Types].xml", types)];
    all.extend(parts);
    for (name, bytes) in all {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A page with this content, and a table of places that holds.
fn pdf(content: &[u8]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n".to_vec();
    let stream = [
        format!("<</Length {}>>stream\n", content.len()).into_bytes(),
        content.to_vec(),
        b"\nendstream".to_vec(),
    ];
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R\
          /Resources<</Font<</F 5 0 R>>>>>>"
            .to_vec(),
        stream.concat(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
    ];
    let mut places = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        places.push(out.len());
        write!(out, "{number} 0 obj\n").unwrap();
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let table = out.len();
    out.extend(b"xref\n0 6\n0000000000 65535 f \n");
    for place in places {
        write!(out, "{place:010} 00000 n \n").unwrap();
    }
    write!(
        out,
        "trailer<</Size 6/Root 1 0 R>>\nstartxref\n{table}\n%%EOF"
    )
    .unwrap();
    out
}
