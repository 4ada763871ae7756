//! Takes a recruiter's turn apart: what was remarked or taught, what was said
//! right before the question, and the question itself; and tells by content
//! what it asks for.

use crate::interview::score::similarity::content;

/// What a turn asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// An introduction.
    Introduction,
    /// An account of one's own work.
    Project,
    /// Knowledge.
    Technical,
    /// Whether the candidate has questions.
    Invitation,
    /// Nothing.
    Nothing,
}

/// A recruiter's turn, taken apart. Plain text, no markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// What was said before the question: feedback, a lecture.
    pub remark: String,
    /// The last of it that leads to the question.
    pub lead: String,
    /// The question or questions.
    pub ask: String,
    /// What it asks for.
    pub what: Ask,
    /// Whether the remark teaches rather than answers in a word.
    pub lectures: bool,
    /// Whether the turn says good-bye.
    pub farewell: bool,
}

/// Words of a remark from which on it is a lecture.
const LECTURE: usize = 45;

/// Takes a turn apart.
pub fn take_apart(turn: &str) -> Parts {
    let text = plain(turn);
    let sentences = sentences(&text);
    let asks: Vec<bool> = sentences.iter().map(|s| is_ask(s)).collect();
    let invites = |s: &str| has(s, INVITATION);
    let invited = sentences
        .iter()
        .zip(&asks)
        .any(|(s, &asks)| asks && invites(s));
    // A question on the matter beside the invitation is asked as well.
    let first = sentences
        .iter()
        .zip(&asks)
        .position(|(s, &asks)| asks && (!invites(s)));
    let first = first.or_else(|| sentences.iter().zip(&asks).position(|(_, &asks)| asks));
    let Some(first) = first else {
        let farewell = has(&text, FAREWELL);
        return Parts {
            lectures: teaches(&text),
            lead: last(&sentences, 2),
            remark: text,
            ask: String::new(),
            what: Ask::Nothing,
            farewell,
        };
    };
    let first = opening(&sentences, &asks, first);
    let remark = sentences[..first].join(" ");
    let ask = sentences[first..].join(" ");
    let lead = last(&sentences[..first], 2);
    let only_invites = sentences
        .iter()
        .zip(&asks)
        .filter(|(_, asks)| **asks)
        .all(|(s, _)| invites(s));
    let what = if invited && only_invites {
        Ask::Invitation
    } else if is_introduction(&ask) {
        Ask::Introduction
    } else if asks_for_own_work(&ask, &lead) {
        Ask::Project
    } else {
        Ask::Technical
    };
    Parts {
        lectures: teaches(&remark),
        remark,
        lead,
        ask,
        what,
        farewell: false,
    }
}

/// Where a lecture holds a question of its own ("Why? Because ..."), the
/// question is what stands at the turn's end: asks of an earlier paragraph
/// count only if nothing long was said between.
fn opening(sentences: &[String], asks: &[bool], first: usize) -> usize {
    let mut start = first;
    let mut between = 0;
    for at in first..sentences.len() {
        if asks[at] {
            if between > LECTURE {
                start = at;
            }
            between = 0;
        } else {
            between += sentences[at].split_whitespace().count();
        }
    }
    start
}

/// Whether a question goes on with what the one before asked. `before` is
/// that question with its answer, `same_topic` whether both are about the
/// same topic of a field.
pub fn follows_up(parts: &Parts, before: &str, same_topic: bool) -> bool {
    let around = format!("{} {}", parts.lead, parts.ask);
    if has(&around, NEW) {
        return false;
    }
    let asked = content(&parts.ask);
    let known = content(before);
    let common = asked.intersection(&known).count() as f32 / asked.len().max(1) as f32;
    let mut points = 0;
    points += i32::from(has(&around, FOLLOW)) * 2;
    points += i32::from(asked.len() <= 3) * 2;
    points += i32::from(common >= 0.4) + i32::from(common >= 0.65);
    points += i32::from(same_topic);
    points >= 3
}

fn teaches(text: &str) -> bool {
    text.split_whitespace().count() >= LECTURE
}

fn last(sentences: &[String], count: usize) -> String {
    sentences[sentences.len().saturating_sub(count)..].join(" ")
}

/// Whether a sentence asks: by its mark, or by the verb that it begins with.
fn is_ask(sentence: &str) -> bool {
    let bare = sentence.trim_end_matches(|c: char| "\"')*_` ".contains(c));
    if bare.ends_with('?') {
        return true;
    }
    let lower = sentence.to_lowercase();
    if has(
        &lower,
        &[
            "i'd like you to",
            "i would like you to",
            "i'd love to hear",
            "i would love to hear",
        ],
    ) {
        return true;
    }
    // "For my last question: describe ...", "Please, describe ..."
    let after = lower
        .rsplit_once(": ")
        .map_or(lower.as_str(), |(_, rest)| rest);
    let mut words = after
        .split_whitespace()
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty() && !LEADING.contains(w));
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    REQUESTS.contains(&first)
        || (["can", "could", "would", "will"].contains(&first) && second == "you")
        || (["how", "what", "why", "which"].contains(&first)
            && ["would", "do", "does", "is", "are", "did", "can", "could"].contains(&second))
}

fn is_introduction(ask: &str) -> bool {
    has(ask, INTRODUCTION)
}

/// Whether an account of own work is asked for: what was done, not what is
/// known or would be done.
fn asks_for_own_work(ask: &str, lead: &str) -> bool {
    let lower = ask.to_lowercase();
    if has(&lower, OWN_WORK) {
        return true;
    }
    let resume = has(lead, RESUME) || has(&lower, RESUME);
    let account = has(&lower, ACCOUNT) && has(&lower, PAST);
    (resume && has(&lower, ACCOUNT)) || account
}

/// Sentences; a mark inside quotes or brackets and an abbreviation end none.
fn sentences(text: &str) -> Vec<String> {
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

fn has(text: &str, phrases: &[&str]) -> bool {
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

const LEADING: &[&str] = &[
    "please", "now", "so", "first", "next", "then", "and", "finally", "okay", "ok", "also",
    "great", "well", "alright", "just", "briefly", "instead", "again", "lastly", "kindly",
];

const REQUESTS: &[&str] = &[
    "describe",
    "explain",
    "tell",
    "walk",
    "give",
    "discuss",
    "compare",
    "share",
    "elaborate",
    "outline",
    "define",
    "provide",
    "talk",
    "name",
    "list",
    "write",
    "show",
    "clarify",
    "expand",
    "summarize",
    "summarise",
    "contrast",
    "detail",
    "suppose",
    "imagine",
    "introduce",
    "pick",
];

const INVITATION: &[&str] = &[
    "questions for me",
    "question for me",
    "questions for us",
    "any questions about the role",
    "anything you'd like to ask",
    "anything you would like to ask",
    "any other questions i can",
    "questions you have for me",
    "questions you'd like to ask",
    "any questions you would like to ask",
    "do you have any questions",
    "any further questions",
];

const FAREWELL: &[&str] = &[
    "that's it for today",
    "that is it for today",
    "thank you for your time",
    "good luck",
    "goodbye",
    "good bye",
    "we'll be in touch",
    "we will be in touch",
    "have a great day",
    "concludes our interview",
    "concludes the interview",
    "end of our interview",
    "end of the interview",
];

const INTRODUCTION: &[&str] = &[
    "introduce yourself",
    "introducing yourself",
    "about yourself",
    "your background",
    "a brief introduction",
    "a short introduction",
];

const OWN_WORK: &[&str] = &[
    "a time when",
    "a time you",
    "a specific project",
    "a project",
    "a recent project",
    "a situation where",
    "an instance where",
    "a specific instance",
    "a specific incident",
    "project you",
    "projects you",
    "your process for that",
    "your most",
    "example from your",
    "you've worked on",
    "you have worked on",
    "you worked on",
    "you are most proud",
    "you're most proud",
    "you were involved in",
    "you managed",
    "you led",
    "you built",
    "did you face",
    "you faced",
    "you encountered",
    "you overcame",
    "what did you learn",
    "you employed",
    "describe your experience",
    "about your experience",
    "a specific product",
    "share your experience",
    "was your role",
    "your own work",
];

const RESUME: &[&str] = &[
    "your resume",
    "the resume",
    "your r\u{e9}sum\u{e9}",
    "your cv",
    "i see you",
    "i see that you",
    "you mentioned",
    "your experience at",
    "your experience as",
    "your time at",
    "your role at",
    "your work at",
    "your internship",
    "it says here",
    "i noticed",
    "your previous role",
    "your background",
    "your current role",
    "your last role",
    "i see you've",
    "i see from",
];

const ACCOUNT: &[&str] = &[
    "tell me",
    "walk me through",
    "describe",
    "elaborate",
    "share",
    "talk about",
    "what was",
    "what were",
    "give me an example",
    "can you tell",
    "how did you",
    "talk me through",
    "what did you",
    "highlight",
];

const PAST: &[&str] = &[
    "did you",
    "you did",
    "you used",
    "you had",
    "you helped",
    "you created",
    "you designed",
    "you implemented",
    "you developed",
    "you achieved",
    "was your role",
    "was your approach",
    "you've done",
    "you have done",
    "was the outcome",
    "were the results",
    "your contribution",
    "you identified",
    "you made",
    "you solved",
];

const NEW: &[&str] = &[
    "next question",
    "another question",
    "different question",
    "different area",
    "different topic",
    "another area",
    "another topic",
    "move on",
    "moving on",
    "shift",
    "switch",
    "pivot",
    "turn to",
    "final question",
    "final technical question",
    "last question",
    "one more question",
    "last technical question",
    "one more technical question",
    "one final technical question",
    "one final question",
    "second question",
    "third question",
    "try another",
    "now, let's talk",
    "now let's talk",
    "let's move",
    "some technical questions",
    "knowledge base",
    "now, let's discuss",
    "let's explore another",
    "first technical question",
    "let's start with",
    "now, let's explore",
    "another technical question",
];

const FOLLOW: &[&str] = &[
    "elaborate",
    "expand on",
    "you mentioned",
    "you said",
    "you've mentioned",
    "when you say",
    "to build on",
    "building on",
    "more concrete",
    "more specific",
    "a bit more",
    "break this down",
    "break it down",
    "can you give me an example",
    "can you give an example",
    "make sense",
    "dig deeper",
    "go deeper",
    "delve",
    "dive a bit deeper",
    "dive deeper",
    "follow up",
    "following up",
    "that approach",
    "in that case",
    "in that situation",
    "for instance",
    "a specific example",
    "be more specific",
    "what else",
    "anything else",
    "in that context",
    "you described",
    "you touched",
    "beyond that",
    "what do you mean",
    "rephrase",
    "in other words",
    "another example",
    "to clarify",
    "in more detail",
    "what specific",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn what(turn: &str) -> Ask {
        take_apart(turn).what
    }

    #[test]
    fn questions_are_told_apart_by_what_they_ask() {
        for (turn, expect) in [
            (
                "Welcome! To begin, could you introduce yourself?",
                Ask::Introduction,
            ),
            (
                "I see you rebuilt the billing job at Acme. Walk me through how you went about it.",
                Ask::Project,
            ),
            (
                "Thanks. How does a hash map find its values?",
                Ask::Technical,
            ),
            (
                "For my last question: Describe what a mutex is for and when you choose one.",
                Ask::Technical,
            ),
            (
                "That is all. Before we wrap up, do you have any questions for me?",
                Ask::Invitation,
            ),
            ("Thank you, that's it for today.", Ask::Nothing),
        ] {
            assert_eq!(what(turn), expect, "{turn}");
        }
    }

    #[test]
    fn a_lecture_is_no_part_of_the_question() {
        let parts = take_apart(
            "Nearly. A queue keeps work in order.\n\n*   **Push** adds one (e.g. a job).\n*   **Pop** takes one.\n\nNow, what is a stack? Please give an example.",
        );
        assert_eq!(parts.ask, "Now, what is a stack? Please give an example.");
        assert!(parts.remark.contains("Push adds one (e.g. a job)."));
        assert!(!parts.lectures);
    }

    #[test]
    fn markdown_goes_and_code_stays() {
        assert_eq!(
            plain("**Use** `a_b * c` and *d*.\n- x_y"),
            "Use a_b * c and d.\nx_y"
        );
    }
}
