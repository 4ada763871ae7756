//! Text as a voice should read it: no markdown, numbers and symbols in
//! words, technical names as people say them.
//!
//! The table `assets/pronunciation.tsv` goes before all rules. The result
//! has letters, spaces and the marks `. , ; : ? ! ' -` only.

mod figures;
mod names;

use super::markdown;
use crate::numbers;
use figures::{numeric, unit};
use names::{address, joined, letters, letters_and_digits, possessive};
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
