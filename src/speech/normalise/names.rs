//! Names as people say them: addresses, acronyms, words that marks or capitals
//! join.

use super::{said, word};
use crate::numbers;

/// Capitals that are words, shouted.
const SHOUTED: [&str; 22] = [
    "ALL", "AND", "ANY", "ARE", "BUT", "CAN", "DO", "FOR", "HOW", "IF", "IS", "IT", "MUST", "NO",
    "NOT", "ONLY", "OR", "THE", "WHAT", "WHY", "YES", "YOU",
];

/// Web and mail addresses, without what nobody would read out.
pub(super) fn address(core: &str) -> Option<String> {
    if let Some((_, rest)) = core.split_once("://") {
        let host = rest.split(['/', '?', '#', ':']).next()?;
        let host = host.strip_prefix("www.").unwrap_or(host);
        return Some(spell_dots(host));
    }
    if let Some(host) = core.strip_prefix("www.") {
        return Some(spell_dots(host.split('/').next()?));
    }
    let (name, host) = core.split_once('@')?;
    (!name.is_empty() && host.contains('.'))
        .then(|| format!("{} at {}", spell_dots(name), spell_dots(host)))
}

fn spell_dots(host: &str) -> String {
    let parts: Vec<String> = host
        .split(['.', '-', '_'])
        .filter(|p| !p.is_empty())
        .map(|p| said(p, 2))
        .collect();
    parts.join(" dot ")
}

/// `Node's`, `APIs` (many of an acronym).
pub(super) fn possessive(core: &str, depth: u8) -> Option<String> {
    if let Some(stem) = core.strip_suffix("'s") {
        return (!stem.is_empty()).then(|| format!("{}'s", said(stem, depth - 1)));
    }
    let stem = core.strip_suffix('s')?;
    let acronym = stem.len() >= 2 && stem.chars().all(|c| c.is_ascii_uppercase());
    acronym.then(|| format!("{}'s", said(stem, depth - 1)))
}

/// Words joined by marks.
pub(super) fn joined(core: &str, depth: u8) -> Option<String> {
    let each = |mark: char, between: &str| {
        let parts: Vec<String> = core
            .split(mark)
            .filter(|p| !p.is_empty())
            .map(|p| word(p, depth - 1))
            .filter(|p| !p.is_empty())
            .collect();
        parts.join(between)
    };
    if let Some(stem) = core.strip_suffix(".js") {
        return Some(format!("{} J S", said(stem, depth - 1)));
    }
    if let Some(stem) = core.strip_prefix('@').or_else(|| core.strip_prefix('#')) {
        return Some(word(stem, depth - 1));
    }
    for (mark, between) in [
        ('/', " "),
        ('\\', " "),
        ('&', " and "),
        ('=', " equals "),
        ('+', " plus "),
        ('@', " at "),
        ('%', " percent "),
        ('>', " "),
        ('<', " "),
        (',', ", "),
        (';', "; "),
        (':', " "),
        ('(', " "),
        (')', " "),
        ('-', " "),
        ('_', " "),
        ('~', " "),
        ('*', " "),
    ] {
        if core.contains(mark) {
            return Some(each(mark, between));
        }
    }
    if core.contains('.') {
        // "U.S.A": letters with dots between them.
        if core.split('.').all(|p| p.len() <= 1) {
            return Some(core.replace('.', " "));
        }
        return Some(each('.', " dot "));
    }
    None
}

/// `H2O`, `EC2`, `covid19`.
pub(super) fn letters_and_digits(core: &str, depth: u8) -> Option<String> {
    let has = |f: fn(&char) -> bool| core.chars().any(|c| f(&c));
    if !has(char::is_ascii_digit) || !has(char::is_ascii_alphabetic) {
        return None;
    }
    let mut parts: Vec<String> = Vec::new();
    let mut last_digit = None;
    for c in core.chars() {
        let digit = c.is_ascii_digit();
        match parts.last_mut() {
            Some(part) if last_digit == Some(digit) => part.push(c),
            _ => parts.push(c.to_string()),
        }
        last_digit = Some(digit);
    }
    let parts: Vec<String> = parts
        .iter()
        .map(|p| match (p.len(), p.as_bytes()[0].is_ascii_digit()) {
            (1..=2, true) => numbers::number(p).unwrap_or_default(),
            (_, true) => numbers::digits(p),
            (1, false) => p.to_ascii_uppercase(),
            _ => said(p, depth - 1),
        })
        .collect();
    Some(parts.join(" "))
}

/// Acronyms are spelled, `camelCase` is taken apart, the rest stays.
pub(super) fn letters(core: &str, depth: u8) -> String {
    let all_capitals = core.len() > 1 && core.chars().all(|c| c.is_ascii_uppercase());
    if all_capitals {
        let word = SHOUTED.contains(&core) || core.len() > 5;
        return if word {
            core.to_ascii_lowercase()
        } else {
            spelled(core)
        };
    }
    let parts = humps(core);
    if parts.len() > 1 {
        let parts: Vec<String> = parts.iter().map(|p| said(p, depth - 1)).collect();
        return parts.join(" ");
    }
    core.to_owned()
}

fn spelled(core: &str) -> String {
    let letters: Vec<String> = core.chars().map(String::from).collect();
    letters.join(" ")
}

/// `parseHTTPRequest` as `parse`, `HTTP`, `Request`. Names such as `McDonald`
/// would be cut too; nobody hears it.
fn humps(core: &str) -> Vec<String> {
    let chars: Vec<char> = core.chars().collect();
    let mut parts = vec![String::new()];
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(i + 1);
        let begins = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || (b.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if begins {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(*c);
        }
    }
    parts.retain(|p| !p.is_empty());
    parts
}
