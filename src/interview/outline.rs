//! The outline of a written document: headings, bullets and lines, in plain
//! text and in Markdown, as people really write them.

/// One line of a document below a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Item {
    /// The text without its bullet and without Markdown.
    pub(crate) text: String,
    /// Columns of white space before it.
    pub(crate) indent: usize,
    /// Whether it had a bullet or a number.
    pub(crate) bullet: bool,
    /// Not 0 for a heading inside a section: Markdown's level, or 4 for a
    /// bold line and 5 for a label of its own (`Backend:`).
    pub(crate) level: usize,
}

/// A part of a document: its heading (empty before the first) and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) heading: String,
    /// Markdown's level of the heading, else 0.
    pub(crate) level: usize,
    pub(crate) items: Vec<Item>,
}

/// Divides a document at its headings. A line is a heading when it is marked
/// as one (Markdown's signs, a line of `=` below it, a colon behind it, bold
/// or capital letters after an empty line) or when `known` accepts it. `known`
/// is also told whether the line is marked, and may then be generous; the key
/// of `Key: value` is asked for with its colon.
pub(crate) fn sections(text: &str, known: impl Fn(&str, bool) -> bool) -> Vec<Section> {
    let mut out = vec![Section::default()];
    let mut blank = true;
    let mut lines = text.lines().peekable();
    while let Some(raw) = lines.next() {
        let line = raw.trim().trim_matches('|').trim();
        if line.is_empty() || is_rule(line) {
            blank = true;
            continue;
        }
        let underlined = lines.peek().is_some_and(|next| is_underline(next, line));
        let line = Line::of(raw, line, blank, underlined);
        blank = false;
        let Some(section) = out.last_mut() else { break };
        if let Some((heading, rest)) = line.heading(&known) {
            let items = rest.map(|text| Item {
                text,
                bullet: true,
                ..Item::default()
            });
            out.push(Section {
                heading,
                level: line.level,
                items: items.into_iter().collect(),
            });
        } else if !line.text.is_empty() {
            line.join(&mut section.items);
        }
    }
    out
}

fn is_rule(line: &str) -> bool {
    line.chars()
        .all(|c| "-=_*~|:+ \u{2500}\u{2014}\u{2013}".contains(c))
}

/// A line of signs below a line, as long as that one or nearly.
fn is_underline(below: &str, line: &str) -> bool {
    let below = below.trim();
    let signs = below.len() >= 3
        && ["=", "-", "~", "_"]
            .iter()
            .any(|s| below.replace(s, "").is_empty());
    signs && line.split_whitespace().count() <= 7
}

/// One line with what is seen of it.
struct Line {
    text: String,
    indent: usize,
    bullet: bool,
    level: usize,
    bold: bool,
    underlined: bool,
    blank_before: bool,
}

impl Line {
    fn of(raw: &str, line: &str, blank_before: bool, underlined: bool) -> Self {
        let level = line.chars().take_while(|c| *c == '#').count();
        let (body, bullet) = unbullet(line[level..].trim());
        let bare = body.trim_end_matches(':');
        let bold = bare.len() > 4 && bare.starts_with("**") && bare.ends_with("**")
            || body.starts_with("**") && body.trim_end_matches("**").ends_with(':');
        Self {
            text: unmarked(&columns(body)),
            indent: raw.len() - raw.trim_start().len(),
            bullet,
            level: if level <= 6 { level } else { 0 },
            bold,
            underlined,
            blank_before,
        }
    }

    /// The heading that this line is, with what follows it on the same line.
    fn heading(&self, known: &impl Fn(&str, bool) -> bool) -> Option<(String, Option<String>)> {
        let bare = self.text.trim_end_matches(':').trim();
        let words = bare.split_whitespace().count();
        let label = self.text.ends_with(':');
        let short = (1..=8).contains(&words) && !bare.ends_with(['.', ',', ';']);
        let capitals = is_capitals(bare) && words <= 6;
        let marked = self.level > 0 || self.bold || self.underlined || label || capitals;
        let whole = || Some((bare.to_owned(), None));
        if self.bullet {
            // "- Requirements:" opens a part only where nothing is doubtful.
            return (label && short && known(bare, false)).then(whole)?;
        }
        if short && known(bare, marked && !capitals) {
            return whole();
        }
        // "Skills: Rust, SQL" and "Skills | Rust, SQL" are whole sections.
        let cut = pair(&self.text).or_else(|| cells(&self.text));
        if let Some((key, value)) = cut
            && known(&format!("{key}:"), false)
        {
            return Some((key, Some(value.to_owned())));
        }
        let opens = self.level == 1 || self.level == 2 || self.underlined && !bare.contains('|');
        let apart = self.blank_before && (label || self.bold || capitals) && !bare.contains('|');
        if short && (opens || apart) || (1..=2).contains(&self.level) {
            return whole();
        }
        None
    }

    /// Adds the line to the items: as one of its own, or as the rest of the
    /// one before (wrapped text).
    fn join(self, items: &mut Vec<Item>) {
        let label = self.text.ends_with(':') && !self.bullet;
        let item = Item {
            level: match (self.level, self.bold, label) {
                (1.., _, _) => self.level,
                (_, true, _) if !self.bullet && self.text.split_whitespace().count() <= 12 => 4,
                (_, _, true) if self.text.split_whitespace().count() <= 6 => 5,
                _ => 0,
            },
            text: self.text,
            indent: self.indent,
            bullet: self.bullet,
        };
        match items.last_mut() {
            Some(last)
                if !item.bullet && item.level == 0 && last.level == 0 && !self.blank_before =>
            {
                let hangs = last.bullet && item.indent > last.indent;
                let low = item.text.starts_with(char::is_lowercase);
                let open = !last.text.ends_with(['.', ':', '!', '?', ';']);
                if hangs || low && open && last.text.len() > 30 {
                    last.text = format!("{} {}", last.text, item.text);
                } else {
                    items.push(item);
                }
            }
            _ => items.push(item),
        }
    }
}

/// Capital letters throughout, and enough of them not to be a short name of
/// something.
fn is_capitals(text: &str) -> bool {
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    letters().count() >= 4
        && !letters().any(char::is_lowercase)
        && !text.contains(|c: char| c.is_ascii_digit())
}

/// Text without the signs of Markdown: emphasis, code, links, checkboxes.
fn unmarked(text: &str) -> String {
    let text = text.strip_prefix("[ ] ").unwrap_or(text);
    let text = text.strip_prefix("[x] ").unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // [shown](target)
    while let Some((before, link)) = rest.split_once('[') {
        let Some((shown, after)) = link.split_once("](") else {
            break;
        };
        let Some((_, after)) = after.split_once(')') else {
            break;
        };
        out.push_str(before);
        out.push_str(shown);
        rest = after;
    }
    out.push_str(rest);
    let out = out.replace("**", "").replace("__", "").replace('`', "");
    without_emphasis(&out)
}

/// Text without single stars and underscores that embrace words.
fn without_emphasis(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|b| chars[b]);
        let after = chars.get(at + 1).copied();
        let word = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
        let embraces = match c {
            '*' => word(before) || word(after),
            // "snake_case" is one word.
            '_' => word(before) != word(after),
            _ => false,
        };
        if !embraces {
            out.push(*c);
        }
    }
    out.trim().to_owned()
}

/// Columns that are set apart by white space, with `|` between them.
fn columns(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut spaces = 0;
    for c in line.chars() {
        if c.is_whitespace() {
            spaces += if c == '\t' { 3 } else { 1 };
            continue;
        }
        if spaces >= 3 && !out.is_empty() && !out.ends_with([':', '|']) {
            out.push_str(" | ");
        } else if spaces > 0 && !out.is_empty() {
            out.push(' ');
        }
        spaces = 0;
        out.push(c);
    }
    out
}

/// Signs that begin an item even without a space behind them.
const BULLETS: &[char] = &[
    '\u{2022}', '\u{2023}', '\u{25aa}', '\u{25ab}', '\u{25a0}', '\u{25a1}', '\u{25b8}', '\u{25ba}',
    '\u{25cb}', '\u{25cf}', '\u{25e6}', '\u{2043}', '\u{2219}', '\u{27a2}', '\u{2713}', '\u{2714}',
    '\u{2705}', '\u{2756}', '\u{b7}', '\u{2192}', '\u{25c6}', '\u{203a}', '\u{bb}',
];

/// The text after a bullet or number, and whether there was one.
fn unbullet(line: &str) -> (&str, bool) {
    if let Some(rest) = line.strip_prefix(BULLETS) {
        return (rest.trim(), true);
    }
    for bullet in [
        "- ",
        "* ",
        "+ ",
        "o ",
        "> ",
        "\u{2013} ",
        "\u{2014} ",
        "-\t",
        "*\t",
    ] {
        if let Some(rest) = line.strip_prefix(bullet) {
            return (rest.trim(), true);
        }
    }
    // "-text", but not "-5 degrees" or a rule.
    if let Some(rest) = line.strip_prefix('-')
        && rest.starts_with(char::is_alphabetic)
    {
        return (rest, true);
    }
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    if (1..=2).contains(&digits)
        && let Some(rest) = [". ", ") "]
            .iter()
            .find_map(|s| line[digits..].strip_prefix(s))
    {
        return (rest.trim(), true);
    }
    (line, false)
}

/// `Key: value` of a line, the key in lower case.
pub(crate) fn pair(line: &str) -> Option<(String, &str)> {
    let (key, value) = line.split_once(':')?;
    let (key, value) = (key.trim(), value.trim());
    let fit = !value.is_empty() && !value.starts_with("//") && key.split_whitespace().count() <= 4;
    fit.then(|| (key.to_lowercase(), value))
}

/// `Key | value` of a table's row, the key in lower case.
pub(crate) fn cells(line: &str) -> Option<(String, &str)> {
    let (key, value) = line.split_once(" | ")?;
    let key = key.trim().trim_end_matches(':');
    let fit = !value.trim().is_empty() && key.split_whitespace().count() <= 4;
    fit.then(|| (key.to_lowercase(), value.trim()))
}

/// A heading in the words that it is known by: lower case, plain apostrophes,
/// no signs.
pub(crate) fn plain_heading(heading: &str) -> String {
    let lower = heading
        .to_lowercase()
        .replace(['\u{2019}', '\u{2018}'], "'");
    let kept: String = lower
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '\'' {
                c
            } else {
                ' '
            }
        })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a plain heading holds one of the phrases as whole words. A long
/// last word may be the beginning of one ("responsib"), a short one may be
/// plural ("award").
pub(crate) fn has(heading: &str, phrases: &[&str]) -> bool {
    let padded = format!(" {heading} ");
    phrases.iter().any(|phrase| {
        let last = phrase.rsplit(' ').next().unwrap_or_default();
        let whole = |end: &str| padded.contains(&format!(" {phrase}{end}"));
        whole(" ") || whole("s ") || whole("es ") || last.len() >= 6 && whole("")
    })
}

/// Whether a text that is marked as TOML by its name, or looks like it by a
/// line that begins with `key =`, is TOML.
pub(crate) fn is_toml(name: &str, text: &str, key: &str) -> bool {
    const OTHERS: &[&str] = &[
        ".txt",
        ".md",
        ".markdown",
        ".pdf",
        ".docx",
        "(pdf)",
        "(docx)",
    ];
    let lower = name.to_lowercase();
    let begins = |line: &str| {
        let rest = line.strip_prefix(key);
        rest.is_some_and(|r| r.trim_start().starts_with('='))
    };
    lower.ends_with(".toml")
        || !OTHERS.iter().any(|end| lower.ends_with(end)) && text.lines().any(begins)
}

/// Why a text cannot be read as a document.
pub(crate) fn unreadable(text: &str) -> Option<&'static str> {
    if text.starts_with("%PDF") {
        Some("it is a PDF file, not text")
    } else if text.starts_with("PK\u{3}\u{4}") {
        Some("it is a packed file (such as DOCX), not text")
    } else if text.contains('\0') || text.matches('\u{fffd}').count() > text.len() / 50 + 2 {
        Some("it holds bytes that are not text")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(text: &str) -> Vec<String> {
        let known = |line: &str, marked: bool| {
            let line = plain_heading(line);
            line == "skills" || line == "experience" || marked && has(&line, &["skill"])
        };
        sections(text, known)
            .into_iter()
            .map(|s| s.heading)
            .collect()
    }

    #[test]
    fn headings_are_found_however_they_are_marked() {
        for (text, expect) in [
            ("Skills:\nRust", vec!["", "Skills"]),
            ("SKILLS\nRust", vec!["", "SKILLS"]),
            ("Skills\n------\nRust", vec!["", "Skills"]),
            ("**Skills**\nRust", vec!["", "Skills"]),
            ("**Skills:**\nRust", vec!["", "Skills"]),
            ("## My skills\nRust", vec!["", "My skills"]),
            ("Skills: Rust, SQL", vec!["", "skills"]),
            ("| Skills | Rust |", vec!["", "skills"]),
            ("Skills coach\nRust", vec![""]),
            ("Ann\n\nOUR MISSION\nTo help", vec!["", "OUR MISSION"]),
            ("Ann\n\nHow we work:\n- well", vec!["", "How we work"]),
            ("Ann\n* one\nBackend:\n* two", vec![""]),
        ] {
            assert_eq!(headings(text), expect, "{text:?}");
        }
    }

    #[test]
    fn bullets_of_all_kinds_and_wrapped_lines_are_items() {
        let text = "\u{2022} one\n\u{25cf}two\n1. three\n2) four\n-five\n* six goes on over the end of its line\nand here\n  - seven\n    goes on\n[Site](https://a.b) of **mine**, *his* and snake_case\n2019    Engineer";
        let items = &sections(text, |_, _| false)[0].items;
        let texts: Vec<&str> = items.iter().map(|i| i.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "one",
                "two",
                "three",
                "four",
                "five",
                "six goes on over the end of its line and here",
                "seven goes on",
                "Site of mine, his and snake_case",
                "2019 | Engineer"
            ]
        );
        assert!(items[..7].iter().all(|i| i.bullet));
    }

    #[test]
    fn toml_is_told_by_its_name_or_its_look_but_never_in_a_converted_file() {
        for (name, text, expect) in [
            ("a.toml", "x", true),
            ("a", "title = \"x\"", true),
            ("a", "title=\"x\"", true),
            ("a.pdf", "title = \"x\"", false),
            ("a.toml (PDF)", "title = \"x\"", false),
            ("a.docx", "title = \"x\"", false),
            ("a.md", "title = \"x\"", false),
            ("a", "title: x", false),
        ] {
            assert_eq!(is_toml(name, text, "title"), expect, "{name} {text}");
        }
    }
}
