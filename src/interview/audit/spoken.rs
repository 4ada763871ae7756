//! Whether a simple voice can say a question and an ear can follow it: plain
//! words, no markdown, no signs, no abbreviations, one question at a time.

use super::Finding;
use crate::interview::bank::Question;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Words of a question that can be followed by ear.
const LONGEST_ASK: usize = 45;
/// Words of a probe, and of the same question in fewer words.
const LONGEST_SHORT: usize = 20;
/// Words of an explanation: one or two sentences.
const LONGEST_EXPLAIN: usize = 45;

/// Words written with signs or digits that the voices know how to say, from
/// the pronunciation list.
static KNOWN: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    const LIST: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/assets/pronunciation.tsv"
    ));
    let lines = LIST.lines().filter(|line| !line.starts_with("# "));
    lines.filter_map(|line| line.split('\t').next()).collect()
});

/// Written for the eye, even where a voice could be taught them.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "etc", "vs", "approx", "incl", "resp", "w", "w/o", "ca", "cf", "fig", "eg", "ie",
    "aka", "tbd", "and/or",
];

struct Text<'a> {
    name: String,
    text: &'a str,
    /// Whether it asks something.
    asks: bool,
    longest: usize,
}

/// What the interviewer says of a question.
fn said(question: &Question) -> Vec<Text<'_>> {
    let new = |name: &str, text, asks, longest| Text {
        name: name.to_owned(),
        text,
        asks,
        longest,
    };
    let mut out = vec![new("ask", question.ask.as_str(), true, LONGEST_ASK)];
    if let Some(short) = &question.short {
        out.push(new("short", short, true, LONGEST_SHORT));
    }
    if !question.explain.is_empty() {
        out.push(new("explain", &question.explain, false, LONGEST_EXPLAIN));
    }
    for point in &question.key_points {
        if let Some(probe) = &point.probe {
            let name = format!("the probe of \"{}\"", point.id);
            out.push(new(&name, probe, true, LONGEST_SHORT));
        }
    }
    out
}

pub(super) fn faults(question: &Question, out: &mut Vec<Finding>) {
    for Text { name, text, .. } in said(question) {
        if let Some(c) = text.chars().find(|c| "*`_|<>\n".contains(*c)) {
            out.push(Finding::fault(
                format!("{name} cannot be spoken, it holds {c:?}: \"{text}\""),
                "plain words without markdown",
            ));
        }
        let marks = text.matches('?').count();
        if marks > 1 {
            out.push(Finding::fault(
                format!("{name} has {marks} question marks: \"{text}\""),
                "one question",
            ));
        }
    }
}

pub(super) fn flaws(question: &Question, out: &mut Vec<Finding>) {
    for Text {
        name,
        text,
        asks,
        longest,
    } in said(question)
    {
        if text.trim().is_empty() {
            out.push(Finding::flaw(format!("{name} is empty"), "a sentence"));
            continue;
        }
        unspeakable(&name, text, out);
        if asks && !text.trim_end().ends_with(['?', '.']) {
            out.push(Finding::flaw(
                format!("{name} ends openly: \"{text}\""),
                "a question mark or a full stop at the end",
            ));
        }
        if asks && let Some(second) = second_question(text) {
            out.push(Finding::flaw(
                format!("{name} asks two questions in one, the second is \"{second}\""),
                "one question, with one part added by \"and\" at most",
            ));
        }
        let words = text.split_whitespace().count();
        if words > longest {
            out.push(Finding::flaw(
                format!("{name} has {words} words"),
                format!("{longest} at most, to be followed by ear"),
            ));
        }
    }
    // Simulated candidates say these.
    let sample = question.sample.iter();
    let answers = sample.flat_map(|s| {
        [
            ("the weak sample", &s.weak),
            ("the average sample", &s.average),
            ("the strong sample", &s.strong),
            ("the exceptional sample", &s.exceptional),
        ]
    });
    for (name, text) in answers.chain([("ideal", &question.ideal)]) {
        unspeakable(name, text, out);
    }
}

/// Signs, addresses, code and abbreviations.
fn unspeakable(name: &str, text: &str, out: &mut Vec<Finding>) {
    if let Some(c) = text
        .chars()
        .find(|c| "*`_|<>\n\t#[]{}\\=~^&@$%\u{20ac}".contains(*c))
    {
        let sharp = c == '#' && (text.contains("C#") || text.contains("F#"));
        if !sharp {
            out.push(Finding::flaw(
                format!("{name} holds the sign {c:?}"),
                "words that a voice can say",
            ));
            return;
        }
    }
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if let Some(why) = unspeakable_word(bare) {
            out.push(Finding::flaw(
                format!("{name} holds {why} \"{bare}\""),
                "words that a voice can say",
            ));
        }
    }
}

fn unspeakable_word(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    if ABBREVIATIONS.contains(&lower.as_str()) {
        return Some("the abbreviation");
    }
    let one = word.strip_suffix('s').unwrap_or(word);
    if [word, one, &lower].iter().any(|w| KNOWN.contains(*w)) {
        return None;
    }
    if word.contains("://") || lower.starts_with("www.") {
        return Some("the address");
    }
    if word.contains(['/', '(', ')', '!', ':']) || word.contains("--") {
        return Some("the signs");
    }
    let inside = |i: usize| i > 0 && i + 1 < word.len();
    let dotted = word.char_indices().any(|(i, c)| c == '.' && inside(i));
    if dotted && word.chars().any(char::is_alphabetic) {
        return Some("the dotted word");
    }
    let digit = word.chars().any(|c| c.is_ascii_digit());
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let ordinal = ["st", "nd", "rd", "th", "s"]
        .iter()
        .any(|end| lower.ends_with(end) && letters == end.len());
    if digit && letters > 0 && !ordinal {
        return Some("the mixture of letters and digits");
    }
    let mut chars = word.chars();
    let first_is_small = chars.next().is_some_and(char::is_lowercase);
    if first_is_small && chars.any(char::is_uppercase) {
        return Some("the name from a program");
    }
    None
}

/// What is asked too much: a second sentence that asks, or a third asking part
/// of one. "How does it work, and what does it cost?" is still one question
/// for the ear.
fn second_question(text: &str) -> Option<String> {
    const ASKING: &[&str] = &[
        "how", "what", "why", "when", "which", "where", "who", "whose",
    ];
    const JOINING: &[&str] = &["and", "or", "but", "so", "then"];
    let asks = |part: &str| {
        let words = part.split_whitespace().map(str::to_lowercase);
        let mut words = words.skip_while(|word| JOINING.contains(&word.as_str()));
        words
            .next()
            .is_some_and(|word| ASKING.contains(&word.as_str()))
    };
    let mut asked = false;
    for sentence in text.split_inclusive(['.', '?', '!']).map(str::trim) {
        let mut parts = sentence.split(", ").filter(|part| asks(part));
        if let Some(third) = parts.nth(2) {
            return Some(third.to_owned());
        }
        if asks(sentence) {
            if asked {
                return Some(sentence.to_owned());
            }
            asked = true;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_question_is_found_and_an_added_part_is_none() {
        for one in [
            "How does it work, and what does it cost?",
            "The disk is full. What do you do now, and how do you prevent it?",
            "When it fails, what do you do?",
            "Tell me about a plan, how did it end?",
        ] {
            assert_eq!(second_question(one), None, "{one}");
        }
        for two in [
            "How does it work. And what does it cost?",
            "When do you cache, when do you not, and how do you clear it?",
        ] {
            assert!(second_question(two).is_some(), "{two}");
        }
    }

    #[test]
    fn what_is_written_for_the_eye_is_no_word_for_a_voice() {
        for bad in ["e.g", "p99", "read/write", "getUser", "config.toml", "f()"] {
            assert!(unspeakable_word(bad).is_some(), "{bad}");
        }
        for good in [
            "CI/CD",
            "Node.js",
            "GraphQL",
            "90th",
            "1990s",
            "don't",
            "3.5",
            "well-known",
        ] {
            assert_eq!(unspeakable_word(good), None, "{good}");
        }
    }
}
