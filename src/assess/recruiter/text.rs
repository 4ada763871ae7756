//! Text as it was written, made plain and cut into sentences.

/// Sentences; a mark inside quotes or brackets and an abbreviation end none.
pub(super) fn sentences(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for paragraph in text.split('\n').map(str::trim).filter(|p| !p.is_empty()) {
        let chars: Vec<(usize, char)> = paragraph.char_indices().collect();
        let mut from = 0;
        let mut at = 0;
        while at < chars.len() {
            let (_, c) = chars[at];
            if !matches!(c, '.' | '!' | '?') {
                at += 1;
                continue;
            }
            let mut to = at + 1;
            while chars
                .get(to)
                .is_some_and(|(_, c)| ".!?\"')\u{201d}".contains(*c))
            {
                to += 1;
            }
            let end = chars.get(to).map_or(paragraph.len(), |(byte, _)| *byte);
            let space = chars.get(to).is_none_or(|(_, c)| c.is_whitespace());
            let piece = &paragraph[from..end];
            let starts = paragraph[end..].trim_start().chars().next();
            let lower = starts.is_some_and(char::is_lowercase);
            if space && !abbreviated(piece) && !(c == '.' && lower) {
                out.push(piece.trim().to_owned());
                from = end;
            }
            at = to;
        }
        out.push(paragraph[from..].trim().to_owned());
    }
    out.retain(|s| s.contains(char::is_alphanumeric));
    out
}

fn abbreviated(piece: &str) -> bool {
    let last = piece
        .split_whitespace()
        .last()
        .unwrap_or_default()
        .to_lowercase();
    let last = last.trim_start_matches(['(', '"']);
    [
        "e.g.", "i.e.", "vs.", "dr.", "mr.", "ms.", "mrs.", "approx.", "inc.", "no.",
    ]
    .contains(&last)
}

/// The text without markdown, a paragraph a line.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut line = line.trim();
        if line.starts_with("```") {
            continue;
        }
        line = line.trim_start_matches('#').trim_start();
        for bullet in ["- ", "* ", "+ ", "\u{2022} ", "> "] {
            line = line.strip_prefix(bullet).unwrap_or(line).trim_start();
        }
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=2).contains(&digits)
            && let Some(rest) = line[digits..].strip_prefix(". ")
        {
            line = rest.trim_start();
        }
        let line = unmarked(line);
        if line.trim().is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line.trim());
    }
    out
}

/// A line without the signs that make words bold, slanted or code. A star
/// or an underline inside a word or between spaces stays.
fn unmarked(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut out = String::with_capacity(line.len());
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|b| chars.get(b)).copied();
        let after = chars.get(at + 1).copied();
        let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let space = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let draws = match c {
            '*' | '_' => {
                let inside = word(before) && word(after);
                let alone = space(before) && space(after);
                !(inside || alone)
            }
            '`' => true,
            _ => false,
        };
        if !draws {
            out.push(c);
        }
    }
    out
}

/// Whether a text has one of these phrases, as whole words.
pub(super) fn has(text: &str, phrases: &[&str]) -> bool {
    let lower = text.to_lowercase().replace(['\u{2019}', '\u{2018}'], "'");
    phrases.iter().any(|phrase| {
        lower.match_indices(phrase).any(|(at, _)| {
            let before = lower[..at].chars().next_back();
            let after = lower[at + phrase.len()..].chars().next();
            let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            edge(before) && edge(after)
        })
    })
}
