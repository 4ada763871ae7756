//! Whether somebody consents: only a clear yes is one.

use super::text::words;

/// Whether an utterance says yes or no to the one question of consent;
/// nothing when it is neither or both.
pub(crate) fn yes_or_no(text: &str) -> Option<bool> {
    let all = words(text);
    if all.is_empty() || all.len() > 30 {
        return None;
    }
    let line = format!(" {} ", all.join(" "));
    // These sound like a no and are a yes.
    let mut rest = line;
    let mut yes = false;
    for phrase in [
        "no problem at all",
        "no problem",
        "no problems",
        "no objections",
        "no objection",
        "no worries",
        "not a problem",
        "why not",
        "i don't mind",
        "i do not mind",
        "don't mind",
        "i have nothing against",
        "nothing against",
        "no issue",
        "no issues",
        "no concerns",
    ] {
        let spaced = format!(" {phrase} ");
        if rest.contains(&spaced) {
            yes = true;
            rest = rest.replace(&spaced, " ");
        }
    }
    // A negated word of consent is a no, not a yes and a no.
    for phrase in [
        "don't consent",
        "do not consent",
        "don't agree",
        "do not agree",
        "not okay",
        "not ok",
        "not fine",
        "not all right",
        "not alright",
        "don't accept",
        "do not accept",
        "can't agree",
        "cannot agree",
        "not ready",
        "of course not",
        "absolutely not",
        "certainly not",
        "definitely not",
    ] {
        rest = rest.replace(&format!(" {phrase} "), " no ");
    }
    let has = |phrases: &[&str]| phrases.iter().any(|p| rest.contains(&format!(" {p} ")));
    let no = has(&[
        "no",
        "nope",
        "nah",
        "never",
        "don't",
        "do not",
        "rather not",
        "not really",
        "not okay",
        "not ok",
        "not fine",
        "not comfortable",
        "not agree",
        "disagree",
        "refuse",
        "decline",
        "won't",
        "not sure",
        "can't",
        "cannot",
        "wouldn't",
        "absolutely not",
        "of course not",
        "certainly not",
        "not all right",
        "prefer not",
        "isn't",
        "stop",
        "object",
        "not",
    ]);
    yes |= has(&[
        "yes",
        "yeah",
        "yep",
        "yup",
        "ya",
        "sure",
        "okay",
        "ok",
        "of course",
        "absolutely",
        "certainly",
        "definitely",
        "agree",
        "agreed",
        "i do",
        "i consent",
        "consent",
        "go ahead",
        "fine",
        "all right",
        "alright",
        "please do",
        "let's go",
        "let's start",
        "let's begin",
        "sounds good",
        "you may",
        "we can",
        "i accept",
        "accept",
        "correct",
        "that works",
        "good with me",
        "please begin",
        "please start",
        "happy to",
        "ready",
        "you can",
        "by all means",
    ]);
    match (yes, no) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_needs_a_clear_yes() {
        for (text, expect) in [
            ("Sure, go ahead.", Some(true)),
            ("Yes, that's fine with me.", Some(true)),
            ("No problem.", Some(true)),
            ("I don't mind.", Some(true)),
            ("No, thank you.", Some(false)),
            ("I'd rather not.", Some(false)),
            ("Absolutely not.", Some(false)),
            ("I do not consent.", Some(false)),
            ("Yes, but I don't want to be recorded.", None),
            ("Who will hear this?", None),
            ("Bananas.", None),
            ("", None),
        ] {
            assert_eq!(yes_or_no(text), expect, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_yes_a_no_or_neither(text in "\\PC{0,200}") {
            yes_or_no(&text);
        }
    }
}
