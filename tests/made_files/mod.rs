//! Files made for the tests: a DOCX and a PDF of one text, small and by the
//! rules, with nothing of the program's own readers in them.

use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

/// A document as a person would lay it out.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// The title of the document.
    Title(String),
    /// The heading of a part.
    Heading(String),
    /// A line or a paragraph.
    Line(String),
    /// An item with a bullet.
    Bullet(String),
    /// An item inside an item.
    Deep(String),
}

/// Reads the blocks of a text whose lines begin with `# `, `## `, `- ` or
/// `  - `.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let lines = text.lines().filter(|l| !l.trim().is_empty());
    lines
        .map(|line| {
            if let Some(rest) = line.strip_prefix("  - ") {
                return Block::Deep(rest.into());
            }
            let line = line.trim();
            if let Some(rest) = line.strip_prefix("## ") {
                Block::Heading(rest.into())
            } else if let Some(rest) = line.strip_prefix("# ") {
                Block::Title(rest.into())
            } else if let Some(rest) = line.strip_prefix("- ") {
                Block::Bullet(rest.into())
            } else {
                Block::Line(line.into())
            }
        })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A packed file of the parts.
pub(crate) fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A DOCX with styles for headings and a numbering for bullets.
pub(crate) fn docx(blocks: &[Block]) -> Vec<u8> {
    let mut body = String::new();
    for block in blocks {
        let (properties, text) = match block {
            Block::Title(t) => ("<w:pStyle w:val=\"Titel\"/>", t),
            Block::Heading(t) => ("<w:pStyle w:val=\"berschrift1\"/>", t),
            Block::Bullet(t) => (
                "<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"2\"/></w:numPr>",
                t,
            ),
            Block::Deep(t) => (
                "<w:numPr><w:ilvl w:val=\"1\"/><w:numId w:val=\"2\"/></w:numPr>",
                t,
            ),
            Block::Line(t) => ("", t),
        };
        // Word divides a paragraph into runs wherever it likes.
        let half = text.char_indices().nth(text.chars().count() / 2);
        let (a, b) = text.split_at(half.map_or(0, |(at, _)| at));
        body.push_str(&format!(
            "<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r><w:r><w:rPr><w:lang w:val=\"en\"/></w:rPr><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>",
            escaped(a),
            escaped(b)
        ));
    }
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
    let space = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
    packed(&[
        ("[Content_Types].xml", "<Types/>"),
        (
            "word/styles.xml",
            &format!(
                "{head}<w:styles {space}><w:style w:styleId=\"Titel\"><w:name w:val=\"Title\"/></w:style><w:style w:styleId=\"berschrift1\"><w:name w:val=\"heading 1\"/></w:style></w:styles>"
            ),
        ),
        (
            "word/document.xml",
            &format!("{head}<w:document {space}><w:body>{body}</w:body></w:document>"),
        ),
    ])
}

/// Letters of Helvetica are about half as wide as they are high.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().unwrap();
        if !last.is_empty() && last.len() + word.len() >= most {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

/// One column of a page: where it stands and what is in it.
pub(crate) struct Column<'a> {
    pub(crate) x: i32,
    pub(crate) top: i32,
    pub(crate) letters: usize,
    pub(crate) blocks: &'a [Block],
}

/// A PDF of one page with columns beside one another, in Helvetica.
pub(crate) fn pdf_columns(columns: &[Column<'_>]) -> Vec<u8> {
    let mut content = String::new();
    let mut show = |x: i32, y: i32, size: i32, text: &str| {
        let text = text
            .replace('\\', "\\\\")
            .replace('(', "\\(")
            .replace(')', "\\)");
        content.push_str(&format!("BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n"));
    };
    for column in columns {
        let mut y = column.top;
        for block in column.blocks {
            let (size, text, indent) = match block {
                Block::Title(t) => (20, t, 0),
                Block::Heading(t) => (14, t, 0),
                Block::Line(t) => (10, t, 0),
                Block::Bullet(t) => (10, t, 14),
                Block::Deep(t) => (10, t, 32),
            };
            y -= if size > 10 { 12 } else { 0 };
            for (at, line) in wrapped(text, column.letters).iter().enumerate() {
                y -= size + 3;
                if indent > 0 && at == 0 {
                    // The bullet of WinAnsi.
                    show(column.x + indent - 14, y, size, "\\225");
                }
                show(column.x + indent, y, size, line);
            }
        }
    }
    pdf(&content, "")
}

/// A PDF of one column.
pub(crate) fn pdf_page(blocks: &[Block]) -> Vec<u8> {
    pdf_columns(&[Column {
        x: 50,
        top: 800,
        letters: 90,
        blocks,
    }])
}

/// A PDF of one page with this content; `trailer` goes into its trailer.
pub(crate) fn pdf(content: &str, trailer: &str) -> Vec<u8> {
    let content = content.replace("\\\\225", "\\225");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        // A form that draws itself.
        "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >> /Length 5 >>\nstream\n/X Do\nendstream".to_owned(),
    ];
    let looped = content.contains("/X Do");
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        let object = if at == 5 && !looped { "<< >>" } else { object };
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", at + 1).bytes());
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        out.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    out.extend(
        format!(
            "trailer\n<< /Size {} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n",
            objects.len() + 1
        )
        .bytes(),
    );
    out
}
