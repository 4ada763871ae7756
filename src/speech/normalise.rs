//! Text as a voice should read it: no markdown, numbers and symbols in
//! words, technical names as people say them.
//!
//! The table `assets/pronunciation.tsv` goes before all rules. The result
//! has letters, spaces and the marks `. , ; : ? ! ' -` only.

use super::{markdown, numbers};
use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

static TABLE: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    include_str!("../../assets/pronunciation.tsv")
        .lines()
        .filter(|line| !line.starts_with("# "))
        .filter_map(|line| line.split_once('\t'))
        .collect()
});

/// Units after a number: as written, one, many.
const UNITS: [(&str, &str, &str); 34] = [
    ("ns", "nanosecond", "nanoseconds"),
    ("us", "microsecond", "microseconds"),
    ("ms", "millisecond", "milliseconds"),
    ("s", "second", "seconds"),
    ("sec", "second", "seconds"),
    ("min", "minute", "minutes"),
    ("h", "hour", "hours"),
    ("hr", "hour", "hours"),
    ("hrs", "hour", "hours"),
    ("d", "day", "days"),
    ("B", "byte", "bytes"),
    ("KB", "kilobyte", "kilobytes"),
    ("kB", "kilobyte", "kilobytes"),
    ("MB", "megabyte", "megabytes"),
    ("GB", "gigabyte", "gigabytes"),
    ("TB", "terabyte", "terabytes"),
    ("PB", "petabyte", "petabytes"),
    ("KiB", "kibibyte", "kibibytes"),
    ("MiB", "mebibyte", "mebibytes"),
    ("GiB", "gibibyte", "gibibytes"),
    ("Mbps", "megabit per second", "megabits per second"),
    ("Gbps", "gigabit per second", "gigabits per second"),
    ("Hz", "hertz", "hertz"),
    ("kHz", "kilohertz", "kilohertz"),
    ("MHz", "megahertz", "megahertz"),
    ("GHz", "gigahertz", "gigahertz"),
    ("m", "meter", "meters"),
    ("mm", "millimeter", "millimeters"),
    ("cm", "centimeter", "centimeters"),
    ("km", "kilometer", "kilometers"),
    ("kg", "kilogram", "kilograms"),
    ("px", "pixel", "pixels"),
    ("rps", "request per second", "requests per second"),
    ("qps", "query per second", "queries per second"),
];

/// Capitals that are words, shouted.
const SHOUTED: [&str; 22] = [
    "ALL", "AND", "ANY", "ARE", "BUT", "CAN", "DO", "FOR", "HOW", "IF", "IS", "IT", "MUST", "NO",
    "NOT", "ONLY", "OR", "THE", "WHAT", "WHY", "YES", "YOU",
];

/// How deep a word may be taken apart.
const DEPTH: u8 = 5;

/// `text` as a voice should read it.
pub fn normalise(text: &str) -> String {
    let text = plain_letters(&markdown::strip(text)).replace("()", "");
    let mut out: Vec<String> = Vec::new();
    let mut after_number = None;
    for token in text.split_whitespace() {
        let (core, tail) = split_tail(token);
        // "300 ms": the unit is told by the number before it.
        if let Some(one) = after_number.take()
            && let Some(unit) = unit(core, one)
        {
            out.push(format!("{unit}{tail}"));
            continue;
        }
        let said = word(token, DEPTH);
        if numbers::number(core).is_some() && tail.is_empty() {
            after_number = Some(core == "1");
        }
        if !said.is_empty() {
            out.push(said);
        }
    }
    clean(&out.join(" "))
}

/// Typographic marks as plain ones, accents taken off.
fn plain_letters(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\u{2018}' | '\u{2019}' | '\u{2032}' => out.push('\''),
            '\u{201c}' | '\u{201d}' | '"' => out.push(' '),
            '\u{2013}' => out.push('-'),
            '\u{2014}' => out.push_str(", "),
            '\u{2026}' => out.push_str("..."),
            '\u{2192}' | '\u{21d2}' => out.push_str(" to "),
            '\u{d7}' => out.push_str(" times "),
            '\u{b0}' => out.push_str(" degrees "),
            '\u{b5}' | '\u{3bc}' => out.push('u'),
            '\u{2264}' => out.push_str(" at most "),
            '\u{2265}' => out.push_str(" at least "),
            '\u{2248}' => out.push_str(" about "),
            '\u{20ac}' | '\u{a3}' => out.push(c),
            c => out.extend([c].into_iter().nfkd().filter(char::is_ascii)),
        }
    }
    out
}

/// A token without its closing punctuation, and that punctuation.
fn split_tail(token: &str) -> (&str, &str) {
    let core = token.trim_end_matches(['.', ',', ';', ':', '?', '!', ')', '\'']);
    token.split_at(core.len())
}

/// One token, with punctuation, as it is said.
fn word(token: &str, depth: u8) -> String {
    if let Some(said) = TABLE.get(token) {
        // The full stop of an abbreviation does not end the sentence.
        return (*said).to_owned();
    }
    if depth == 0 {
        return token.to_owned();
    }
    let lead = token.trim_start_matches(['(', '\'', '{']);
    if lead.len() < token.len() {
        return word(lead, depth - 1);
    }
    let (core, tail) = split_tail(token);
    if core.is_empty() {
        return tail.replace([')', '\''], "");
    }
    // "etc.," and "(e.g.)" keep the abbreviation's own full stop.
    if let Some(rest) = tail.strip_prefix('.')
        && let Some(said) = TABLE.get(&token[..=core.len()])
    {
        let rest = rest.replace(')', ",");
        return format!("{said}{rest}");
    }
    let tail: String = tail
        .chars()
        .map(|c| if c == ')' { ',' } else { c })
        .filter(|c| *c != '\'')
        .collect();
    format!("{}{tail}", said(core, depth))
}

/// A word without punctuation around it. The first rule that fits is taken.
fn said(core: &str, depth: u8) -> String {
    if let Some(said) = TABLE.get(core) {
        return (*said).to_owned();
    }
    if depth == 0 || core.chars().all(|c| c.is_ascii_lowercase()) {
        return core.to_owned();
    }
    symbol(core)
        .or_else(|| address(core))
        .or_else(|| numeric(core))
        .or_else(|| possessive(core, depth))
        .or_else(|| joined(core, depth))
        .or_else(|| letters_and_digits(core, depth))
        .unwrap_or_else(|| letters(core, depth))
}

fn symbol(core: &str) -> Option<String> {
    let word = match core {
        "&" | "&&" => "and",
        "+" => "plus",
        "=" | "==" => "equals",
        "%" => "percent",
        "@" => "at",
        "/" | "\\" => "slash",
        "->" | "=>" | "-->" => "to",
        "<-" => "from",
        "<" => "less than",
        ">" => "greater than",
        "<=" => "at most",
        ">=" => "at least",
        "!=" => "is not",
        "*" => "times",
        "||" => "or",
        "-" | "--" | "#" | "~" | "^" | "|" | "_" => "",
        "$" => "dollar",
        "\u{20ac}" => "euro",
        "\u{a3}" => "pound",
        _ => return None,
    };
    Some(word.to_owned())
}

/// Web and mail addresses, without what nobody would read out.
fn address(core: &str) -> Option<String> {
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

/// Everything that is a number with something at it.
fn numeric(core: &str) -> Option<String> {
    if !core.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    for (mark, before) in [
        ("~", "about "),
        ("<=", "at most "),
        (">=", "at least "),
        ("<", "less than "),
        (">", "more than "),
        ("#", "number "),
        ("+", "plus "),
        ("-", "minus "),
    ] {
        if let Some(rest) = core.strip_prefix(mark) {
            return numeric(rest).map(|said| format!("{before}{said}"));
        }
    }
    for (mark, one, many) in [
        ("$", "dollar", "dollars"),
        ("\u{20ac}", "euro", "euros"),
        ("\u{a3}", "pound", "pounds"),
    ] {
        if let Some(rest) = core.strip_prefix(mark) {
            return money(rest, one, many);
        }
    }
    year(core)
        .or_else(|| numbers::number(core))
        .or_else(|| time(core))
        .or_else(|| with_ending(core))
        .or_else(|| range(core))
        .or_else(|| version(core))
}

fn money(amount: &str, one: &str, many: &str) -> Option<String> {
    let (amount, scale) = scaled(amount);
    let words = match amount.split_once('.') {
        Some((whole, cents)) if cents.len() == 2 && scale.is_empty() => {
            let whole = numbers::number(whole)?;
            let cents = numbers::number(cents.trim_start_matches('0'));
            return Some(match cents {
                Some(cents) => format!("{whole} {many} {cents}"),
                None => format!("{whole} {many}"),
            });
        }
        _ => numbers::number(amount)?,
    };
    let unit = if amount == "1" && scale.is_empty() {
        one
    } else {
        many
    };
    Some(format!("{words}{scale} {unit}"))
}

/// `5k`, `3M`, `2B` as an amount and the word for its scale.
fn scaled(amount: &str) -> (&str, &'static str) {
    for (mark, scale) in [
        ("k", " thousand"),
        ("K", " thousand"),
        ("M", " million"),
        ("bn", " billion"),
        ("B", " billion"),
    ] {
        if let Some(rest) = amount.strip_suffix(mark) {
            return (rest, scale);
        }
    }
    (amount, "")
}

fn year(core: &str) -> Option<String> {
    let digits = core.len() == 4 && core.bytes().all(|b| b.is_ascii_digit());
    let n: u64 = core.parse().ok().filter(|_| digits)?;
    (1900..2100).contains(&n).then(|| numbers::year(n))
}

/// `10:30`, `9am`, `10:30pm`.
fn time(core: &str) -> Option<String> {
    let lower = core.to_ascii_lowercase();
    let (clock, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(clock), _) => (clock, " A M"),
        (_, Some(clock)) => (clock, " P M"),
        _ => (&*lower, ""),
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute.parse::<u64>().ok()?),
        None if !half.is_empty() => (clock, 0),
        _ => return None,
    };
    let hour: u64 = hour.parse().ok().filter(|h| *h < 25)?;
    let minutes = match minute {
        0 if half.is_empty() => " o'clock".to_owned(),
        0 => String::new(),
        1..=9 => format!(" oh {}", numbers::cardinal(minute)),
        10..60 => format!(" {}", numbers::cardinal(minute)),
        _ => return None,
    };
    Some(format!("{}{minutes}{half}", numbers::cardinal(hour)))
}

/// `5%`, `21st`, `1990s`, `3x`, `10k`, `300ms`, `5+`.
fn with_ending(core: &str) -> Option<String> {
    let at = core.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (amount, ending) = core.split_at(at);
    if let (Some((low, high)), false) = (amount.split_once('-'), ending.is_empty()) {
        // "5-10%", "2-3x"
        let low = numbers::number(low)?;
        return Some(format!(
            "{low} to {}",
            with_ending(&format!("{high}{ending}"))?
        ));
    }
    let said = numbers::number(amount)?;
    let whole = amount.replace(',', "").parse::<u64>();
    Some(match (ending, whole) {
        ("%", _) => format!("{said} percent"),
        ("+", _) => format!("{said} plus"),
        ("x" | "X", _) => format!("{said} times"),
        ("st" | "nd" | "rd" | "th", Ok(n)) => numbers::ordinal(n),
        ("s", Ok(n)) if n % 10 == 0 && (n >= 1900 || (20..100).contains(&n)) => numbers::decade(n),
        ("k" | "K", _) => format!("{said} thousand"),
        ("M", _) => format!("{said} million"),
        ("bn", _) => format!("{said} billion"),
        (ending, _) => format!("{said} {}", unit(ending, amount == "1")?),
    })
}

fn unit(text: &str, one: bool) -> Option<String> {
    if let Some((over, per)) = text.split_once('/') {
        return Some(format!("{} per {}", unit(over, one)?, unit(per, true)?));
    }
    let (_, single, many) = UNITS.iter().find(|(written, ..)| *written == text)?;
    Some((if one { single } else { many }).to_string())
}

/// `3-5`, `2019-2021`, `1/2`, `2024-05-01`.
fn range(core: &str) -> Option<String> {
    let say = |s: &str| year(s).or_else(|| numbers::number(s));
    let parts: Vec<&str> = core.split('-').collect();
    match parts[..] {
        [y, m, d] if y.len() == 4 && m.len() == 2 && d.len() == 2 => {
            const MONTHS: [&str; 12] = [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ];
            let month = MONTHS.get(m.parse::<usize>().ok()?.checked_sub(1)?)?;
            let day = d.parse::<u64>().ok().filter(|d| (1..32).contains(d))?;
            Some(format!("{month} {}, {}", numbers::ordinal(day), say(y)?))
        }
        [low, high] => Some(format!("{} to {}", say(low)?, say(high)?)),
        _ => {
            let (top, bottom) = core.split_once('/')?;
            Some(match (top, bottom) {
                ("1", "2") => "one half".to_owned(),
                ("1", "4") => "one quarter".to_owned(),
                ("3", "4") => "three quarters".to_owned(),
                _ => format!("{} over {}", say(top)?, say(bottom)?),
            })
        }
    }
}

/// `v1.2.3`, `3.11.2`, `v2`.
fn version(core: &str) -> Option<String> {
    let (before, rest) = match core.strip_prefix(['v', 'V']) {
        Some(rest) => ("version ", rest),
        None => ("", core),
    };
    let parts: Option<Vec<String>> = rest.split('.').map(numbers::number).collect();
    Some(format!("{before}{}", parts?.join(" point ")))
}

/// `Node's`, `APIs` (many of an acronym).
fn possessive(core: &str, depth: u8) -> Option<String> {
    if let Some(stem) = core.strip_suffix("'s") {
        return (!stem.is_empty()).then(|| format!("{}'s", said(stem, depth - 1)));
    }
    let stem = core.strip_suffix('s')?;
    let acronym = stem.len() >= 2 && stem.chars().all(|c| c.is_ascii_uppercase());
    acronym.then(|| format!("{}'s", said(stem, depth - 1)))
}

/// Words joined by marks.
fn joined(core: &str, depth: u8) -> Option<String> {
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
fn letters_and_digits(core: &str, depth: u8) -> Option<String> {
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
fn letters(core: &str, depth: u8) -> String {
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

/// Only what a voice reads: letters and plain punctuation, each mark once.
/// A digit that no rule took is said by itself.
fn clean(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' => out.push(c),
            '0'..='9' => {
                out.push(' ');
                out.push_str(&numbers::digits(&c.to_string()));
                out.push(' ');
            }
            '.' | ',' | ';' | ':' | '?' | '!' => {
                let end = out.trim_end().len();
                out.truncate(end);
                match out.chars().last() {
                    // The stronger mark of two stays.
                    Some(',' | ';' | ':') => {
                        out.pop();
                        out.push(c);
                    }
                    Some('.' | '?' | '!') | None => {}
                    Some(_) => out.push(c),
                }
            }
            '\'' | '-' if out.ends_with(|c: char| c.is_ascii_alphabetic()) => out.push(c),
            _ => out.push(' '),
        }
    }
    let words: Vec<&str> = out
        .split_whitespace()
        .map(|w| w.trim_end_matches(['\'', '-']))
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::normalise;
    use proptest::prelude::*;

    fn check(cases: &[(&str, &str)]) {
        for (text, said) in cases {
            assert_eq!(&normalise(text), said, "of {text:?}");
        }
    }

    #[test]
    fn plain_sentences_stay_as_they_are() {
        check(&[
            ("Tell me about yourself.", "Tell me about yourself."),
            (
                "Before we wrap up, do you have any questions for me?",
                "Before we wrap up, do you have any questions for me?",
            ),
            (
                "Thank you, that's it for today.",
                "Thank you, that's it for today.",
            ),
            ("", ""),
        ]);
    }

    #[test]
    fn numbers_are_words() {
        check(&[
            ("I have 5 years.", "I have five years."),
            (
                "about 1,250.5 of them",
                "about one thousand two hundred fifty point five of them",
            ),
            (
                "up 12.5% in 2021",
                "up twelve point five percent in twenty twenty one",
            ),
            ("the 3rd of the 1990s", "the third of the nineteen nineties"),
            (
                "$5k, $1.50 and \u{20ac}20",
                "five thousand dollars, one dollars fifty and twenty euros",
            ),
            ("at 10:30 or 9am", "at ten thirty or nine A M"),
            (
                "300 ms or 5GB, 16kHz",
                "three hundred milliseconds or five gigabytes, sixteen kilohertz",
            ),
            ("1 s at 10 MB/s", "one second at ten megabytes per second"),
            (
                "3-5 people, 2019-2021",
                "three to five people, twenty nineteen to twenty twenty one",
            ),
            ("on 2024-05-01", "on May first, twenty twenty four"),
            (
                "~10x, 5+ and 1/2",
                "about ten times, five plus and one half",
            ),
            (
                "v1.2.3 of Python 3.11",
                "version one point two point three of Python three point one one",
            ),
            ("a -5 and #3", "a minus five and number three"),
        ]);
    }

    #[test]
    fn technical_names_are_said_as_people_say_them() {
        check(&[
            ("CI/CD with Node.js", "C I C D with node J S"),
            ("C++, C# and .NET", "C plus plus, C sharp and dot net"),
            ("SQL, PostgreSQL, MySQL", "sequel, postgres Q L, my sequel"),
            (
                "Kubernetes (k8s) and nginx.",
                "koober netties koober netties, and engine X.",
            ),
            (
                "REST APIs and an API's JSON",
                "rest A P I's and an A P I's jason",
            ),
            (
                "AWS S3, EC2, iOS, gRPC, OAuth",
                "A W S S three, E C two, I O S, G R P C, oh auth",
            ),
            ("UX on GitHub", "U X on git hub"),
            (
                "camelCase parseHTTPRequest()",
                "camel Case parse H T T P Request",
            ),
            ("snake_case and kebab-case", "snake case and kebab case"),
            ("H2O, IPv6", "H two O, I P V six"),
            ("TCP/IP read/write", "T C P I P read write"),
            ("XYZ is NOT done", "X Y Z is not done"),
        ]);
    }

    #[test]
    fn symbols_and_abbreviations_are_words() {
        check(&[
            (
                "e.g. this, i.e. that, etc.",
                "for example this, that is that, et cetera",
            ),
            (
                "Rust vs. Go & C + D @ home",
                "Rust versus Go and C plus D at home",
            ),
            ("(for example, caching)", "for example, cashing,"),
            ("R&D = fun", "R and D equals fun"),
            (
                "mail me@site.org or https://www.example.com/a?b",
                "mail me at site dot org or example dot com",
            ),
            ("the U.S. and No. I do not", "the U S and No. I do not"),
            (
                "\u{201c}smart\u{201d} quotes \u{2014} and caf\u{e9}\u{2026}",
                "smart quotes, and cafe.",
            ),
        ]);
    }

    #[test]
    fn markdown_is_not_spoken() {
        check(&[
            (
                "**Great!** Use `git`:\n\n- One\n- Two",
                "Great! Use git: One. Two",
            ),
            ("# Heading\nSee [docs](http://x.y).", "Heading. See docs."),
            ("***", ""),
            ("| a | b |", "a, b,"),
        ]);
    }

    proptest! {
        #[test]
        fn any_text_gives_only_what_a_voice_reads(text in any::<String>()) {
            let said = normalise(&text);
            prop_assert!(said.chars().all(|c| c.is_ascii_alphabetic() || " .,;:?!'-".contains(c)), "{said:?}");
        }

        #[test]
        fn technical_text_gives_only_what_a_voice_reads(
            text in "([A-Za-z]{0,4}[0-9$%#*_`~&@+./:()\\[\\]|<>=' \n-]{0,3}){0,12}",
        ) {
            let said = normalise(&text);
            prop_assert!(said.chars().all(|c| c.is_ascii_alphabetic() || " .,;:?!'-".contains(c)), "{said:?}");
        }
    }
}
