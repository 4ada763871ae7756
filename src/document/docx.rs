//! DOCX: the paragraphs of an Office Open XML text document (ECMA-376), with
//! headings, bullets, tables, text boxes and the page header, where many
//! people put their name. What was deleted or only drawn is left out.

use super::docx_styles::{Style, Styles};
use super::{DocumentError, MAX_UNPACKED, after_bullet, tidy};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// The text of a DOCX file.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<String, DocumentError> {
    let mut packed = Packed::open(name, bytes)?;
    let main = packed.main_part()?;
    let styles = match packed.part("word/styles.xml")? {
        Some(xml) => Styles::read(&xml).unwrap_or_default(),
        None => Styles::default(),
    };
    let mut lines = Vec::new();
    for header in packed.headers() {
        if let Some(xml) = packed.part(&header)? {
            // A header that cannot be read is no reason to refuse the text.
            for line in body(&xml, &styles).unwrap_or_default() {
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
    }
    let xml = packed.part(&main)?.unwrap_or_default();
    let text = body(&xml, &styles).map_err(|why| broken(name, why))?;
    lines.extend(text);
    Ok(tidy(&lines.join("\n")))
}

/// A packed file and how much it may still unpack to.
struct Packed<'a> {
    name: &'a str,
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: usize,
}

impl<'a> Packed<'a> {
    fn open(name: &'a str, bytes: &'a [u8]) -> Result<Self, DocumentError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| DocumentError::Broken {
            name: name.to_owned(),
            kind: "packed (such as DOCX)",
            why: plain_reason(&e),
        })?;
        Ok(Self {
            name,
            archive,
            left: MAX_UNPACKED,
        })
    }

    fn names(&self) -> Vec<String> {
        let names = self.archive.file_names_raw();
        names
            .map(|n| String::from_utf8_lossy(n).into_owned())
            .collect()
    }

    /// The part that holds the text.
    fn main_part(&mut self) -> Result<String, DocumentError> {
        let names = self.names();
        let whole = |n: &&String| n.as_str() == "word/document.xml";
        let other = |n: &&String| n.starts_with("word/document") && n.ends_with(".xml");
        if let Some(found) = names
            .iter()
            .find(whole)
            .or_else(|| names.iter().find(other))
        {
            return Ok(found.clone());
        }
        let has = |part: &str| names.iter().any(|n| n.starts_with(part));
        let found = if has("xl/") {
            "a spreadsheet (XLSX)"
        } else if has("ppt/") {
            "a presentation (PPTX)"
        } else if has("content.xml") {
            "an OpenDocument file (such as ODT)"
        } else if has("Index/") || has("index.apxl") {
            "an Apple Pages file"
        } else if has("META-INF/container.xml") {
            "an e-book (EPUB)"
        } else {
            "a packed file (ZIP) without a Word document in it"
        };
        Err(DocumentError::Kind {
            name: self.name.to_owned(),
            found,
        })
    }

    fn headers(&self) -> Vec<String> {
        let mut names = self.names();
        names.retain(|n| n.starts_with("word/header") && n.ends_with(".xml"));
        names.sort();
        names.truncate(6);
        names
    }

    /// One part as text, if it is there.
    fn part(&mut self, part: &str) -> Result<Option<String>, DocumentError> {
        let mut file = match self.archive.by_name(part) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(e) => return Err(broken(self.name, plain_reason(&e))),
        };
        let mut bytes = Vec::new();
        let most = self.left as u64 + 1;
        let outcome = file.by_ref().take(most).read_to_end(&mut bytes);
        drop(file);
        if let Err(e) = outcome {
            return Err(broken(self.name, format!("{part}: {e}")));
        }
        if bytes.len() > self.left {
            return Err(DocumentError::Unpacks {
                name: self.name.to_owned(),
                most_mb: MAX_UNPACKED / (1024 * 1024),
            });
        }
        self.left -= bytes.len();
        let (text, _, _) = encoding_rs::UTF_8.decode(&bytes);
        Ok(Some(text.into_owned()))
    }
}

fn broken(name: &str, why: String) -> DocumentError {
    DocumentError::broken(name, "DOCX", &why)
}

fn plain_reason(error: &ZipError) -> String {
    match error {
        ZipError::InvalidArchive(_) => "the packed file is cut off or damaged".to_owned(),
        other => other.to_string(),
    }
}

/// A paragraph that is being read.
#[derive(Default)]
struct Paragraph {
    text: String,
    style: Style,
    /// Level of its own list, and whether it was said that it has none.
    list: Option<Option<usize>>,
    letters: usize,
    bold: usize,
}

/// A table that is being read: rows of cells of lines.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<Vec<String>>>,
}

/// Where in the document the reader is.
#[derive(Default)]
struct Body {
    lines: Vec<String>,
    /// Paragraphs within one another: a text box hangs on a paragraph.
    paragraphs: Vec<Paragraph>,
    tables: Vec<Table>,
    in_text: bool,
    /// Inside the properties of a paragraph or of a run.
    in_properties: usize,
    bold_run: bool,
    /// Inside what is not to be read, this deep.
    skipped: usize,
}

/// Lines of a part's text.
fn body(xml: &str, styles: &Styles) -> Result<Vec<String>, String> {
    let mut reader = Reader::from_str(xml);
    let mut body = Body::default();
    loop {
        let event = reader
            .read_event()
            .map_err(|e| format!("the text is no XML: {e}"))?;
        match event {
            Event::Start(tag) => body.start(&tag, styles),
            Event::Empty(tag) => body.empty(&tag, styles),
            Event::End(tag) => body.end(tag.local_name().as_ref()),
            Event::Text(text) if body.reads() => body.push(&text.xml10_content()),
            Event::CData(text) if body.reads() => body.push(&text.xml10_content()),
            Event::GeneralRef(name) if body.reads() => {
                if let Some(c) = resolve(&name) {
                    body.push(c.encode_utf8(&mut [0; 4]));
                }
            }
            Event::Eof => return Ok(body.lines),
            _ => {}
        }
    }
}

/// Parts that stand in a document twice, or no longer belong to it.
fn is_skipped(tag: &str) -> bool {
    matches!(tag, "Fallback" | "moveFrom" | "del" | "instrText")
}

/// A character reference, or one of XML's five names.
pub(super) fn resolve(name: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return Some(c);
    }
    match name.xml10_content().as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// An attribute by its local name.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    tag.attributes().flatten().find_map(|a| {
        let same = a.key.local_name().as_ref() == name;
        same.then(|| a.value.to_string())
    })
}

/// Whether a switch (`<w:b/>`, `<w:b w:val="0"/>`) is on.
pub(super) fn is_on(tag: &BytesStart<'_>) -> bool {
    !matches!(
        attribute(tag, "val").as_deref(),
        Some("0" | "false" | "off" | "none")
    )
}

impl Body {
    fn reads(&self) -> bool {
        self.in_text && self.skipped == 0
    }

    fn push(&mut self, text: &str) {
        let bold = self.bold_run;
        if let Some(paragraph) = self.paragraphs.last_mut() {
            let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
            paragraph.letters += letters;
            paragraph.bold += if bold { letters } else { 0 };
            paragraph.text.push_str(text);
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>, styles: &Styles) {
        let name = tag.local_name();
        let name = name.as_ref();
        if is_skipped(name) || self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        match name {
            "p" => self.paragraphs.push(Paragraph::default()),
            "tbl" => self.tables.push(Table::default()),
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.rows.push(Vec::new());
                }
            }
            "tc" => {
                if let Some(row) = self.tables.last_mut().and_then(|t| t.rows.last_mut()) {
                    row.push(Vec::new());
                }
            }
            "r" => self.bold_run = self.paragraphs.last().is_some_and(|p| p.style.bold),
            "t" => self.in_text = true,
            "pPr" | "rPr" => self.in_properties += 1,
            _ => self.empty(tag, styles),
        }
    }

    fn empty(&mut self, tag: &BytesStart<'_>, styles: &Styles) {
        if self.skipped > 0 {
            return;
        }
        let name = tag.local_name();
        let name = name.as_ref();
        let value = || attribute(tag, "val");
        if self.in_properties == 0 {
            match name {
                "tab" | "ptab" => self.push("\t"),
                "br" | "cr" => self.push("\n"),
                "noBreakHyphen" => self.push("-"),
                "sym" => self.push("\u{2022}"),
                _ => {}
            }
            return;
        }
        let Some(paragraph) = self.paragraphs.last_mut() else {
            return;
        };
        match name {
            "pStyle" => {
                let own = value().and_then(|id| styles.get(&id)).unwrap_or_default();
                paragraph.style = own;
            }
            "outlineLvl" => {
                let level = value().and_then(|v| v.parse().ok());
                paragraph.style.heading = level.filter(|l| *l < 6).map(|l: usize| l + 1);
            }
            "numId" if value().as_deref() == Some("0") => paragraph.list = Some(None),
            "numId" if paragraph.list.is_none() => paragraph.list = Some(Some(0)),
            "ilvl" => paragraph.list = Some(value().and_then(|v| v.parse().ok()).or(Some(0))),
            "b" => self.bold_run = is_on(tag),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match name {
            "p" => {
                if let Some(paragraph) = self.paragraphs.pop() {
                    self.deliver(paragraph.lines());
                }
            }
            "tbl" => {
                if let Some(table) = self.tables.pop() {
                    self.deliver(table.lines());
                }
            }
            "t" => self.in_text = false,
            "pPr" | "rPr" => self.in_properties = self.in_properties.saturating_sub(1),
            _ => {}
        }
    }

    /// Lines go to the cell that is open, else to the text.
    fn deliver(&mut self, lines: Vec<String>) {
        let cell = self.tables.last_mut().and_then(|t| t.rows.last_mut());
        match cell.and_then(|row| row.last_mut()) {
            Some(cell) => cell.extend(lines.into_iter().filter(|l| !l.is_empty())),
            None => self.lines.extend(lines),
        }
    }
}

impl Paragraph {
    /// The paragraph in Markdown's signs; an empty one is an empty line.
    fn lines(self) -> Vec<String> {
        let list = self.list.unwrap_or(self.style.list);
        let all_bold = self.bold * 10 >= self.letters * 9 && self.letters > 0;
        let mut out = Vec::new();
        for (at, line) in self.text.split('\n').enumerate() {
            // Tabs set columns apart: a title, and its dates at the margin.
            let parts: Vec<&str> = line
                .split('\t')
                .map(str::trim)
                .filter(|p| !p.is_empty())
                .collect();
            let line = joined(parts.iter().copied());
            let words = line.split_whitespace().count();
            out.push(if line.is_empty() {
                String::new()
            } else if let Some(level) = self.style.heading.filter(|_| words <= 14) {
                format!("{} {line}", "#".repeat(level))
            } else if let Some(level) = list.filter(|_| at == 0) {
                format!("{}- {line}", "  ".repeat(level.min(8)))
            } else if list.is_some() {
                format!("    {line}")
            } else if let Some(rest) = after_bullet(&line) {
                format!("- {rest}")
            } else if all_bold && words <= 12 {
                format!("**{line}**")
            } else {
                line
            });
        }
        out
    }
}

/// Cells beside one another: `a | b`, but `Key: value`.
fn joined<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for cell in cells {
        if !out.is_empty() {
            let label = out.trim_end_matches('*').ends_with(':');
            out.push_str(if label { " " } else { " | " });
        }
        out.push_str(cell);
    }
    out
}

impl Table {
    fn lines(self) -> Vec<String> {
        let mut out = vec![String::new()];
        for row in self.rows {
            let cells: Vec<Vec<String>> = row.into_iter().filter(|c| !c.is_empty()).collect();
            let Some((last, labels)) = cells.split_last() else {
                continue;
            };
            // A row is one line when each cell is; a date or a label before
            // a longer cell belongs to that cell's first line. Else the table
            // only lays the page out, and cells follow one another.
            let short = labels.iter().all(|c| c.len() == 1 && !is_heading(&c[0]));
            if short {
                let plain = |line: &String| line.replace("**", "");
                let first: Vec<String> = labels.iter().map(|c| plain(&c[0])).collect();
                let rest = last.first().map(|l| plain(l).trim().to_owned());
                let all = first.iter().chain(rest.iter()).map(String::as_str);
                out.push(if labels.is_empty() {
                    last[0].clone()
                } else {
                    joined(all)
                });
                out.extend(last.iter().skip(1).cloned());
            } else {
                for cell in cells {
                    out.extend(cell);
                    out.push(String::new());
                }
            }
        }
        out.push(String::new());
        out
    }
}

fn is_heading(line: &str) -> bool {
    let letters = || line.chars().filter(|c| c.is_alphabetic());
    line.starts_with('#') || letters().count() > 3 && letters().all(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(inner: &str) -> Vec<String> {
        let xml = format!("<w:document xmlns:w='x'><w:body>{inner}</w:body></w:document>");
        body(&xml, &Styles::default()).unwrap()
    }

    #[test]
    fn paragraphs_lists_and_breaks_become_lines() {
        let run = |t: &str| format!("<w:r><w:t>{t}</w:t></w:r>");
        let item = |level: u8, t: &str| {
            format!(
                "<w:p><w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='3'/></w:numPr></w:pPr>{}</w:p>",
                run(t)
            )
        };
        let text = format!(
            "<w:p><w:pPr><w:outlineLvl w:val='0'/></w:pPr>{}</w:p>{}{}<w:p>{}<w:r><w:tab/></w:r>{}</w:p><w:p><w:r><w:rPr><w:b/></w:rPr><w:t>Bold</w:t></w:r></w:p>",
            run("Skills"),
            item(0, "R&amp;D, C&#43;&#43;"),
            item(1, "deeper"),
            run("Engineer"),
            run("2019"),
        );
        assert_eq!(
            lines(&text),
            [
                "# Skills",
                "- R&D, C++",
                "  - deeper",
                "Engineer | 2019",
                "**Bold**"
            ]
        );
    }

    #[test]
    fn text_boxes_are_read_once_and_deleted_text_never() {
        let text = "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>Ada</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>Ada</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent></w:r><w:del><w:r><w:t>gone</w:t></w:r></w:del><w:r><w:t>here</w:t></w:r></w:p>";
        assert_eq!(lines(text), ["Ada", "here"]);
    }

    #[test]
    fn tables_of_facts_are_rows_and_tables_of_layout_are_columns() {
        let cell = |paragraphs: &[&str]| {
            let inner: String = paragraphs
                .iter()
                .map(|p| format!("<w:p><w:r><w:t>{p}</w:t></w:r></w:p>"))
                .collect();
            format!("<w:tc>{inner}</w:tc>")
        };
        let row = |cells: String| format!("<w:tbl><w:tr>{cells}</w:tr></w:tbl>");
        let text = [
            row(cell(&["Location"]) + &cell(&["Remote"])),
            row(cell(&["2019"]) + &cell(&["Engineer, Acme", "Built it"])),
            row(cell(&["SKILLS", "Rust"]) + &cell(&["EXPERIENCE", "Engineer"])),
        ]
        .concat();
        let lines = lines(&text);
        let lines: Vec<&str> = lines
            .iter()
            .map(String::as_str)
            .filter(|l| !l.is_empty())
            .collect();
        assert_eq!(
            lines,
            [
                "Location | Remote",
                "2019 | Engineer, Acme",
                "Built it",
                "SKILLS",
                "Rust",
                "EXPERIENCE",
                "Engineer"
            ]
        );
    }
}
