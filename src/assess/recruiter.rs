//! Takes a recruiter's turn apart: what was remarked or taught, what was said
//! right before the question, and the question itself; and tells by content
//! what it asks for.

mod phrases;
mod text;

use crate::interview::score::similarity::content;
use phrases::{
    ACCOUNT, FAREWELL, FOLLOW, INTRODUCTION, INVITATION, LEADING, NEW, OWN_WORK, PAST, REQUESTS,
    RESUME,
};
pub use text::plain;
use text::{has, sentences};

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
