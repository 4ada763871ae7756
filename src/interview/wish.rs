//! What a candidate says to "do you have any questions for me?".

use super::text::words;

/// What the candidate says to "do you have any questions?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Has none (any more).
    None,
    /// Has some, and will ask.
    Some,
    /// Asks.
    Question,
    /// Neither.
    Unclear,
}

/// Words before the first that matters.
const OPENERS: [&str; 20] = [
    "yes", "yeah", "yep", "sure", "well", "so", "okay", "ok", "um", "uh", "and", "but", "also",
    "then", "maybe", "actually", "oh", "no", "right", "first",
];
const ASKING: [&str; 9] = [
    "what", "what's", "how", "when", "who", "where", "which", "why", "whether",
];

/// Whether the verb or the question word comes first, as in "yes, is the
/// work done from home": recognised speech often lacks its question mark.
fn begins_like_a_question(all: &[String]) -> bool {
    const VERBS: [&str; 12] = [
        "is", "are", "was", "does", "do", "did", "will", "would", "can", "could", "has", "should",
    ];
    let mut words = all
        .iter()
        .map(String::as_str)
        .skip_while(|w| OPENERS.contains(w));
    let first = words.next();
    first.is_some_and(|w| ASKING.contains(&w))
        || (first.is_some_and(|w| VERBS.contains(&w)) && words.count() >= 2)
}

/// Whether a few words hold a question word although they begin otherwise
/// ("the team, how big is it"). A sentence about somebody is none.
fn holds_a_question(all: &[String]) -> bool {
    const ABOUT: [&str; 9] = ["i", "i'm", "you", "we", "this", "that", "it", "my", "they"];
    let first = all.iter().find(|w| !OPENERS.contains(&w.as_str()));
    let about = first.is_some_and(|w| ABOUT.contains(&w.as_str()));
    !about && all.len() <= 12 && all.iter().any(|w| ASKING.contains(&w.as_str()))
}

/// What the candidate says to "do you have any questions?".
pub(crate) fn wish(text: &str) -> Wish {
    let all = words(text);
    let line = format!(" {} ", all.join(" "));
    let has = |phrases: &[&str]| phrases.iter().any(|p| line.contains(&format!(" {p} ")));
    let asks = text.contains('?')
        || has(&[
            "tell me",
            "wonder",
            "wondering",
            "curious",
            "like to know",
            "want to know",
            "would love to know",
            "my question is",
            "i'd like to ask",
            "could you",
            "can you",
            "is there",
            "are there",
            "do you",
            "does the",
            "will there",
            "will i",
        ])
        || begins_like_a_question(&all)
        || holds_a_question(&all);
    let declines = matches!(
        all.first().map(String::as_str),
        Some("no" | "nope" | "nah" | "none" | "nothing" | "not")
    ) || has(&[
        "no questions",
        "no question",
        "no thank you",
        "no thanks",
        "i'm good",
        "i am good",
        "i'm fine",
        "i'm all set",
        "all set",
        "that's all",
        "that is all",
        "that's it",
        "that was all",
        "that's everything",
        "don't have any",
        "do not have any",
        "don't think so",
        "nothing else",
        "nothing more",
        "not really",
        "not at the moment",
        "covered everything",
        "answered all",
        "answered everything",
        "i'm done",
        "i am done",
        "no more",
        "i have none",
        "no other",
        "not right now",
    ]);
    let but = has(&["but", "although", "actually", "except", "however"]);
    if declines && !text.contains('?') && !(but && asks) {
        return Wish::None;
    }
    if all.len() <= 7
        && !text.contains('?')
        && has(&[
            "yes",
            "yeah",
            "sure",
            "i do",
            "i have one",
            "i have two",
            "i have some",
            "i have several",
            "okay",
            "a few",
            "one question",
            "some questions",
            "a question",
            "yep",
        ])
        && !has(&["what", "how", "when", "who", "where", "which", "why"])
        && !begins_like_a_question(&all)
    {
        return Wish::Some;
    }
    if asks {
        return Wish::Question;
    }
    if has(&[
        "thank you",
        "thanks",
        "bye",
        "goodbye",
        "great talking",
        "nice talking",
        "nice to meet",
    ]) {
        return Wish::None;
    }
    Wish::Unclear
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_understood() {
        for (text, expect) in [
            (
                "No, thank you. I think you've covered everything I wanted to know.",
                Wish::None,
            ),
            ("No, that's all from me.", Wish::None),
            ("Yes, I do.", Wish::Some),
            ("Yes. Is the work done from home.", Wish::Question),
            ("What does the team look like?", Wish::Question),
            ("No, but what is the salary?", Wish::Question),
            ("I would like to know more about the team.", Wish::Question),
            ("Thank you for your time.", Wish::None),
            ("The team, how big is it.", Wish::Question),
            ("And what about the salary.", Wish::Question),
            ("Yes, I have a question.", Wish::Some),
            ("I have answered enough of this.", Wish::Unclear),
            (
                "You have no idea what you are talking about.",
                Wish::Unclear,
            ),
            (
                "On Sundays I cycle to an old mill, where they bake bread and sell honey.",
                Wish::Unclear,
            ),
            ("Bananas.", Wish::Unclear),
        ] {
            assert_eq!(wish(text), expect, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_some_wish(text in "\\PC{0,200}") {
            wish(&text);
        }
    }
}
