//! The file of self-declared groups: CSV as in RFC 4180, or one JSON object a
//! line. It names a session or a candidate in each row and says nothing else
//! than what people declared of themselves.

use std::collections::BTreeSet;

/// One row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line of the file that it begins in, from 1.
    pub line: usize,
    /// The session's id or the candidate's name.
    pub who: String,
    /// What was declared, in the order of [`Groups::columns`]; nothing where
    /// it was left open.
    pub declared: Vec<Option<String>>,
}

/// What the first column names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Sessions by their ids.
    Session,
    /// Candidates by their whole names.
    Candidate,
}

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// What rows name.
    pub key: Key,
    /// Names of the other columns.
    pub columns: Vec<String>,
    /// In the order of the file.
    pub rows: Vec<Row>,
}

/// A file that cannot be used: where, what was found, what was expected.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}, line {line}: found {found}, expected {expected}")]
pub struct GroupsError {
    /// The file as it was named.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// What stands there.
    pub found: String,
    /// What should.
    pub expected: &'static str,
}

/// Words that declare nothing.
const OPEN: &[&str] = &["", "prefer not to say", "not declared", "undisclosed"];

/// Reads the file; one whose first sign is `{` is taken for JSON lines.
///
/// # Errors
/// For the first line that is not as it should be.
pub fn read(file: &str, bytes: &[u8]) -> Result<Groups, GroupsError> {
    let fail = |line, found: String, expected| GroupsError {
        file: file.to_owned(),
        line,
        found,
        expected,
    };
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let line = bytes[..e.valid_up_to()]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        fail(line, "bytes that are no UTF-8".into(), "text in UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let wrong = |(line, found, expected)| fail(line, found, expected);
    let (header, rows) = if text.trim_start().starts_with('{') {
        json_lines(text).map_err(wrong)?
    } else {
        let mut rows = csv(text).map_err(wrong)?.into_iter();
        let Some((_, header)) = rows.next() else {
            let expected = "a header with a column `session` or `candidate`";
            return Err(fail(1, "nothing".into(), expected));
        };
        (header, rows.collect())
    };
    let header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    let keys = |name: &str| matches!(name, "session" | "candidate");
    let mut at = header.iter().enumerate().filter(|(_, name)| keys(name));
    let (key_at, key) = match (at.next(), at.next()) {
        (Some((at, name)), None) if name == "session" => (at, Key::Session),
        (Some((at, _)), None) => (at, Key::Candidate),
        _ => {
            let expected = "one column `session` or one column `candidate`";
            return Err(fail(
                1,
                format!("the columns {}", header.join(", ")),
                expected,
            ));
        }
    };
    let mut names = BTreeSet::new();
    for name in &header {
        if name.is_empty() || !names.insert(name.to_lowercase()) {
            let expected = "columns with names that differ";
            return Err(fail(1, format!("the column {name:?}"), expected));
        }
    }
    if header.len() < 2 {
        let expected = "at least one column of groups";
        return Err(fail(1, format!("only the column {}", header[0]), expected));
    }
    let mut out = Groups {
        key,
        columns: header.clone(),
        rows: Vec::new(),
    };
    out.columns.remove(key_at);
    for (line, mut fields) in rows {
        if fields.len() != header.len() {
            let found = format!("{} fields", fields.len());
            let expected = "as many fields as the header has";
            return Err(fail(line, found, expected));
        }
        let who = fields.remove(key_at).trim().to_owned();
        if who.is_empty() {
            let expected = "a session's id or a candidate's name";
            return Err(fail(line, "a row that names nobody".into(), expected));
        }
        let declared = |field: String| {
            let field = field.trim();
            (!OPEN.contains(&field.to_lowercase().as_str())).then(|| field.to_owned())
        };
        out.rows.push(Row {
            line,
            who,
            declared: fields.into_iter().map(declared).collect(),
        });
    }
    Ok(out)
}

/// Line, what was found, what was expected.
type Wrong = (usize, String, &'static str);

/// A row's first line, and its fields.
type Fields = (usize, Vec<String>);

/// Rows of fields as in RFC 4180: commas, quotes doubled inside quotes, lines
/// ended by LF or CRLF. Lines with nothing on them are passed over.
fn csv(text: &str) -> Result<Vec<Fields>, Wrong> {
    let mut rows = Vec::new();
    let (mut line, mut first) = (1, 1);
    let mut row: Vec<String> = Vec::new();
    let mut field = String::new();
    // Whether the field began with a quote.
    let mut quoted = false;
    let mut signs = text.chars().peekable();
    let mut end = |row: &mut Vec<String>, field: &mut String, quoted: &mut bool, first: usize| {
        row.push(std::mem::take(field));
        let empty = row.len() == 1 && row[0].is_empty() && !*quoted;
        *quoted = false;
        let row = std::mem::take(row);
        if !empty {
            rows.push((first, row));
        }
    };
    while let Some(sign) = signs.next() {
        match sign {
            '"' if field.is_empty() && !quoted => {
                quoted = true;
                let began = line;
                loop {
                    match signs.next() {
                        Some('"') if signs.peek() == Some(&'"') => {
                            signs.next();
                            field.push('"');
                        }
                        Some('"') => break,
                        Some(sign) => {
                            line += usize::from(sign == '\n');
                            field.push(sign);
                        }
                        None => {
                            let found = "a quote that does not end".to_owned();
                            return Err((began, found, "a second quote"));
                        }
                    }
                }
            }
            ',' => {
                row.push(std::mem::take(&mut field));
                quoted = false;
            }
            '\r' if signs.peek() == Some(&'\n') => {}
            '\n' => {
                end(&mut row, &mut field, &mut quoted, first);
                line += 1;
                first = line;
            }
            sign if quoted => {
                let found = format!("{sign:?} behind a closing quote");
                return Err((line, found, "a comma or the end of the line"));
            }
            '"' => {
                let found = "a quote inside a field".to_owned();
                return Err((
                    line,
                    found,
                    "the whole field in quotes, inner quotes doubled",
                ));
            }
            sign => field.push(sign),
        }
    }
    if !row.is_empty() || !field.is_empty() || quoted {
        end(&mut row, &mut field, &mut quoted, first);
    }
    Ok(rows)
}

/// One JSON object a line; the columns are the members of all of them, in
/// the order of their first use.
fn json_lines(text: &str) -> Result<(Vec<String>, Vec<Fields>), Wrong> {
    let mut header: Vec<String> = Vec::new();
    let mut objects = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)
            .map_err(|e| {
                (
                    line,
                    format!("what is no JSON object ({e})"),
                    "one object a line",
                )
            })?;
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in object {
            let value = match value {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text,
                other => {
                    let found = format!("{name:?} with the value {other}");
                    return Err((line, found, "a text or null"));
                }
            };
            if !header.contains(&name) {
                header.push(name.clone());
            }
            fields.push((name, value));
        }
        objects.push((line, fields));
    }
    let row = |(line, fields): (usize, Vec<(String, String)>)| {
        let field = |name: &String| {
            let found = fields.iter().find(|(own, _)| own == name);
            found.map_or_else(String::new, |(_, value)| value.clone())
        };
        (line, header.iter().map(field).collect())
    };
    let rows = objects.into_iter().map(row).collect();
    Ok((header, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        csv(text).unwrap().into_iter().map(|(_, row)| row).collect()
    }

    #[test]
    fn both_forms_say_the_same() {
        let csv = "session,gender,age\r\nS1,woman,\r\nS2,\"man, other\",40+\r\n\r\nS3,Prefer not to say,40+";
        let json = "{\"session\":\"S1\",\"gender\":\"woman\"}\n\
            {\"session\":\"S2\",\"gender\":\"man, other\",\"age\":\"40+\"}\n\n\n\
            {\"session\":\"S3\",\"gender\":null,\"age\":\"40+\"}\n";
        let csv = read("g.csv", csv.as_bytes()).unwrap();
        assert_eq!(csv.columns, ["gender", "age"]);
        assert_eq!(csv.rows[0].declared, [Some("woman".into()), None]);
        assert_eq!(csv.rows[1].declared[0].as_deref(), Some("man, other"));
        assert_eq!(csv.rows[2].declared, [None, Some("40+".into())]);
        assert_eq!((csv.key, csv.rows[2].line), (Key::Session, 5));
        let json = read("g.jsonl", json.as_bytes()).unwrap();
        assert_eq!(json.columns, csv.columns);
        let declared = |g: &Groups| {
            g.rows
                .iter()
                .map(|r| r.declared.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(declared(&json), declared(&csv));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, found) in [
            ("", 1, "nothing"),
            ("name,gender\n", 1, "the columns name, gender"),
            (
                "session,candidate,gender\n",
                1,
                "the columns session, candidate, gender",
            ),
            ("session\nS1\n", 1, "only the column session"),
            ("session,a,A\n", 1, "the column \"A\""),
            ("session,a\nS1,x\nS2\n", 3, "1 fields"),
            ("session,a\nS1,\"x\ny\"\nS2,z,z\n", 4, "3 fields"),
            ("session,a\n ,x\n", 2, "a row that names nobody"),
            ("session,a\nS1,\"x\n", 2, "a quote that does not end"),
            ("session,a\nS1,\"x\"y\n", 2, "'y' behind a closing quote"),
            ("session,a\nS1,x\"y\n", 2, "a quote inside a field"),
            ("{\"session\":\"S1\",\"a\":1}", 1, "\"a\" with the value 1"),
            (
                "{\"session\":\"S1\",\"a\":\"x\"}\nS2",
                2,
                "what is no JSON object",
            ),
        ] {
            let error = read("g.csv", text.as_bytes()).unwrap_err();
            assert_eq!(error.line, line, "{text:?}: {error}");
            assert!(error.found.starts_with(found), "{text:?}: {error}");
        }
        let error = read("g.csv", b"session,a\nS1,\xff\n").unwrap_err();
        assert_eq!(
            (error.line, error.found.as_str()),
            (2, "bytes that are no UTF-8")
        );
    }

    proptest! {
        #[test]
        fn whatever_is_written_in_quotes_comes_back(
            fields in prop::collection::vec(prop::collection::vec("[a-c\",\r\n é]{0,6}", 2..4), 1..5),
            crlf in any::<bool>(),
        ) {
            let quote = |f: &String| format!("\"{}\"", f.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quote).collect::<Vec<_>>().join(",");
            let end = if crlf { "\r\n" } else { "\n" };
            let text: String = fields.iter().map(|row| line(row) + end).collect();
            prop_assert_eq!(rows(&text), fields);
        }

        #[test]
        fn no_file_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), text in "[a,\"\r\n{}:]{0,40}") {
            let _ = read("g", &bytes);
            let _ = read("g", text.as_bytes());
            let _ = read("g", format!("session,a\n{text}").as_bytes());
        }
    }
}
