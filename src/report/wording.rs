//! Words, signs and names that all documents share, so that every format
//! says the same in the same words.

use crate::event::EndReason;
use crate::interview::bank::Kind;

/// Headings of the report, as every format writes them.
pub(super) mod heading {
    pub(crate) const QUESTIONS: &str = "Technical Questions and Answers";
    pub(crate) const HR: &str = "HR Interview Report";
    pub(crate) const SUITABILITY: &str = "Candidate Overall Suitability";
    pub(crate) const STRENGTHS: &str = "Key Strengths";
    pub(crate) const GAPS: &str = "Areas for Development & Critical Gaps";
    pub(crate) const SKILLS: &str = "Technical Skills Demonstrated";
    pub(crate) const REQUIREMENTS: &str = "Must-Haves of the Job";
    pub(crate) const COMMUNICATION: &str = "Communication Effectiveness";
    pub(crate) const NOT_ASSESSED: &str = "Not Assessed";
    pub(crate) const RECOMMENDATION: &str = "Overall Recommendation";
}

/// Stands where a list has nothing to say.
pub(super) const NONE_SHOWN: &str = "None shown in this interview.";
/// Stands where a question got no answer.
pub(super) const NO_ANSWER: &str = "[no answer was heard]";
/// Stands where nothing was asked.
pub(super) const NO_QUESTION: &str = "No question was asked.";
/// When a gap is called critical.
pub(super) const CRITICAL_RULE: &str =
    "A gap is critical where an answer scored 1, or where a core question scored 2.";
/// What it means that a question is related to a must-have.
pub(super) const PART_RULE: &str = "Questions examine a part of a must-have, not all of it.";
/// The anchors of the scale, best first.
pub(super) const ANCHORS: [(u8, &str); 5] = [
    (5, "clear, accurate and comprehensive"),
    (4, "mostly complete"),
    (3, "adequate"),
    (2, "vague, partial or partly wrong"),
    (1, "no answer to the question, off it, or wrong"),
];
/// What no report of this program speaks of.
pub(super) const NEVER: &str = "Voice, accent, pace, pauses, length, fluency, emotion and identity \
    were not considered: scores rest on what was said alone.";
/// What a recommendation is.
pub(super) const ADVICE: &str =
    "This is advice by a fixed rule for the person who decides; it is not a decision.";

/// Stands on every document of an interview in coach mode.
pub(super) const PRACTICE: &str =
    "PRACTICE: an exercise with coaching. It is no application, and nothing is decided by it.";

/// A text on one line, without control characters and without marks that
/// turn the direction of what stands around it: texts come from outside.
pub fn flat(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let before = out.len();
        if before > 0 {
            out.push(' ');
        }
        let from = out.len();
        out.extend(word.chars().filter(|&c| !is_unseen(c)));
        if out.len() == from {
            out.truncate(before);
        }
    }
    out
}

/// Byte order marks, non-characters, and what overrides or isolates the
/// direction of writing.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{fdd0}'..='\u{fdef}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// A time of the recording for people: minutes and seconds.
pub(super) fn clock(ms: u64) -> String {
    format!("{:02}:{:02}", ms / 60_000, ms / 1000 % 60)
}

/// A length of time in words.
pub(super) fn length(ms: u64) -> String {
    match (ms / 60_000, ms / 1000 % 60) {
        (0, seconds) => count(seconds as usize, "second"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// The heading of a kind of question in the transcript.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Project => "PROJECT",
        Kind::Technical => "TECHNICAL",
        Kind::Behavioral => "BEHAVIORAL",
    }
}

/// The same in running text.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Project => "Project",
        Kind::Technical => "Technical",
        Kind::Behavioral => "Behavioral",
    }
}

/// `2026-11-23` as `23 November 2026`.
pub(super) fn day(iso: &str) -> String {
    match iso.parse::<jiff::civil::Date>() {
        Ok(date) => date.strftime("%-d %B %Y").to_string(),
        Err(_) => iso.to_owned(),
    }
}

/// `1 question`, `2 questions`.
pub(super) fn count(n: usize, of: &str) -> String {
    match n {
        1 => format!("1 {of}"),
        n => format!("{n} {of}s"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// `Q1, Q3`.
pub(super) fn questions(numbers: &[usize]) -> String {
    let names: Vec<String> = numbers.iter().map(|n| format!("Q{n}")).collect();
    names.join(", ")
}

/// A score as it is written everywhere.
pub(super) fn score(score: Option<u8>) -> String {
    score.map_or_else(|| "not scored".to_owned(), |n| format!("{n}/5"))
}

/// A title that ends like a heading before a text.
pub(super) fn titled(title: &str) -> String {
    let title = flat(title);
    if title.ends_with(['?', '.', '!', ':']) {
        title
    } else {
        format!("{title}:")
    }
}

/// A text that ends like a sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = flat(text);
    if text.ends_with(['?', '.', '!']) {
        text
    } else {
        format!("{text}.")
    }
}

/// How the interview ended, where that is worth saying.
pub(super) fn ending(reason: Option<EndReason>) -> Option<&'static str> {
    match reason {
        Some(EndReason::Completed) => None,
        Some(EndReason::TimeUp) => Some("The time was used up before the interview was complete."),
        Some(EndReason::ConsentRefused) => Some("Consent was refused, so nothing was asked."),
        Some(EndReason::CandidateEnded) => Some("The candidate ended the interview early."),
        Some(EndReason::CandidateLeft) => Some("The connection to the candidate was lost."),
        Some(EndReason::RecruiterEnded) => Some("A recruiter ended the interview."),
        Some(EndReason::NoAnswer) => Some("The interview ended because nobody answered."),
        None => Some("The record does not show an end of the interview."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_outside_become_one_harmless_line() {
        for (text, expect) in [
            ("  a\tb\n\nc ", "a b c"),
            ("a\u{1b}[31mred", "a [31mred"),
            ("\u{202e}abc\u{202c} d\u{2066}e", "abc de"),
            ("\u{feff}\u{200f}", "\u{200f}"),
            ("\u{0}\u{7f}", ""),
            ("a \u{feff} b", "a b"),
        ] {
            assert_eq!(flat(text), expect, "{text:?}");
        }
    }

    #[test]
    fn words_fit_their_number() {
        assert_eq!(count(1, "question"), "1 question");
        assert_eq!(count(0, "question"), "0 questions");
        assert_eq!(and(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(length(61_000), "1 min 1 s");
        assert_eq!(length(1_000), "1 second");
    }
}
