//! What is no answer and no request either: questions about the question,
//! questions about something else, orders to the machine, insults.

use super::requests::LEAD;
use super::text::sentences;
use regex::Regex;
use std::sync::OnceLock;

/// A question about the question: what is meant, how much is wanted.
pub(super) fn asks_back(text: &str, all: &[String]) -> bool {
    const OPENINGS: &[&str] = &[
        "do you mean",
        "did you mean",
        "you mean",
        "are you asking",
        "are you talking about",
        "are you referring",
        "what do you mean",
        "what exactly",
        "should i",
        "shall i",
        "do you want me",
        "would you like me",
        "do you want to",
        "can i talk",
        "can i answer",
        "can i use",
        "can i give",
        "may i",
        "is it okay if",
        "is it ok if",
        "in what context",
        "in which context",
        "in what sense",
        "which kind",
        "what kind",
        "which type",
        "what type",
        "which one",
        "which of",
        "like what",
        "such as what",
        "for what",
        "in general or",
        "is that about",
        "is this about",
        "do you mind if",
        "does that mean",
        "does it have to",
        "how much detail",
        "how detailed",
        "how deep",
    ];
    let mut from = 0;
    while from + 1 < all.len() && LEAD.contains(&all[from].as_str()) {
        from += 1;
    }
    let line = all[from..].join(" ");
    let marked = text.trim_end().ends_with('?') || all.len() <= 12;
    marked
        && OPENINGS
            .iter()
            .any(|o| line == *o || line.starts_with(&format!("{o} ")))
}

/// Whether these words order the machine about, or ask it for the answer or
/// for a verdict: nothing that an interview is for.
pub(crate) fn is_order(all: &[String]) -> bool {
    const ORDERS: &[&str] = &[
        "ignore your",
        "ignore the instructions",
        "ignore the rules",
        "ignore all instructions",
        "ignore all previous",
        "forget your",
        "forget the instructions",
        "give me a five",
        "give me five",
        "give me a good score",
        "give me the answer",
        "tell me the answer",
        "tell me a joke",
        "write me a",
        "sing a",
        "sing me",
        "you are a friendly",
        "you are a helpful",
        "you are a teacher",
        "you are now",
        "you're now",
        "shut up",
        "who made you",
        "what's the answer",
        "what is the answer",
        "what's the right answer",
        "what is the right answer",
        "is that right",
        "is that correct",
        "was that right",
        "was that correct",
        "did i get",
        "how am i doing",
        "how did i do",
        "what's my score",
        "what is my score",
        "what's the weather",
        "what is the weather",
        "how are you",
        "what time is it",
        "what's your name",
        "do you like",
    ];
    begins_with(all, ORDERS) || asks_who(all)
}

/// Whether these words ask what the interviewer is: that is always told.
pub(crate) fn asks_who(all: &[String]) -> bool {
    const WHO: &[&str] = &[
        "are you a",
        "are you an",
        "are you real",
        "are you human",
        "is this a machine",
        "is this a robot",
        "is this a real person",
        "am i talking to",
        "who are you",
        "what are you",
    ];
    all.len() <= 12 && begins_with(all, WHO)
}

/// Whether somebody wants to speak with a person instead.
pub(crate) fn asks_for_a_person(all: &[String]) -> bool {
    const PERSON: &[&str] = &[
        "a real person",
        "to a human",
        "with a human",
        "a human being",
        "a real human",
        "to a person",
        "with a person",
    ];
    const ASKING: &[&str] = &[
        "want", "like", "can", "could", "give", "get", "speak", "talk", "rather",
    ];
    let line = format!(" {} ", all.join(" "));
    all.len() <= 16
        && PERSON.iter().any(|p| line.contains(&format!(" {p} ")))
        && all.iter().any(|w| ASKING.contains(&w.as_str()))
        && !begins_with(all, &["we", "it", "the", "you", "they"])
}

/// The words behind fillers, as one line.
fn line_of(all: &[String]) -> String {
    let mut from = 0;
    while from + 1 < all.len() && LEAD.contains(&all[from].as_str()) {
        from += 1;
    }
    all[from..].join(" ")
}

fn begins_with(all: &[String], openings: &[&str]) -> bool {
    let line = line_of(all);
    openings
        .iter()
        .any(|o| line == *o || line.starts_with(&format!("{o} ")))
}

/// Whether somebody is insulted, or the interview is. Only the plain cases:
/// an answer may call an old process stupid.
pub(crate) fn is_insult(all: &[String]) -> bool {
    static INSULT: OnceLock<Option<Regex>> = OnceLock::new();
    let insult = INSULT.get_or_init(|| {
        let bad = "(?:stupid|useless|ridiculous|nonsense|idiotic|dumb|pointless|a joke|an idiot|a moron|a waste of (?:my )?time)";
        let thing = "(?:question|questions|machine|robot|bot|computer|interview|program)";
        Regex::new(&format!(
            r"\b(?:(?:stupid|useless|dumb|idiotic|bloody) {thing}|(?:you are|you're|this is|that's|that is|what) (?:such |so |just |really |all )?{bad}|you (?:useless|stupid|idiot|moron|dumb)|shut up|waste of my time|enough of this|go to hell)\b"
        ))
        .ok()
    });
    insult.as_ref().is_some_and(|i| i.is_match(&all.join(" ")))
}

/// Something that has no place in an answer: a question to the interviewer
/// that is no question about the question, an order to the machine, another
/// subject, an insult.
pub(super) fn is_aside(text: &str, all: &[String]) -> bool {
    const ELSEWHERE: &[&str] = &[
        "can we talk about",
        "could we talk about",
        "can we speak about",
        "let's talk about my",
        "let us talk about my",
        "let's talk about your",
        "let us talk about your",
        "let's talk about something else",
        "let us talk about something else",
        "i would rather hear",
        "i'd rather hear",
        "i would rather talk",
        "i'd rather talk",
        "i would rather know",
        "i'd rather know",
    ];
    if is_order(all) || is_insult(all) || asks_for_a_person(all) || begins_with(all, ELSEWHERE) {
        return true;
    }
    const ASKING: &[&str] = &[
        "what", "who", "when", "where", "why", "how", "which", "can", "could", "do", "does", "did",
        "are", "is", "will", "would", "have", "has",
    ];
    let line = line_of(all);
    let first = line.split(' ').next().unwrap_or_default();
    // One sentence that is a question throughout; "..., right?" is not.
    let by_the_way = line.starts_with("by the way");
    let one = sentences(text).len() == 1
        && text.trim_end().ends_with('?')
        && (by_the_way || !text.contains(','));
    let to_you = all.iter().any(|w| {
        w == "you"
            || w == "your"
            || w == "company"
            || w == "job"
            || w == "salary"
            || w == "interview"
    });
    one && to_you && (by_the_way || ASKING.contains(&first))
}
