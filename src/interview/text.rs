//! Small helpers for plain text: words, sentences, and text that is fit to
//! be spoken.

/// The words of a text, lower case, without punctuation. Apostrophes inside
/// a word stay ("don't"), typographic ones become plain.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        let c = if matches!(c, '\u{2019}' | '\u{2018}') {
            '\''
        } else {
            c
        };
        if c.is_alphanumeric() || (c == '\'' && !word.is_empty()) {
            word.extend(c.to_lowercase());
        } else if !word.is_empty() {
            out.push(word.trim_end_matches('\'').to_owned());
            word.clear();
        }
    }
    out
}

/// A rough word stem, enough to compare a question with an answer.
pub(crate) fn stem(word: &str) -> &str {
    let word = word.strip_suffix("'s").unwrap_or(word);
    for end in [
        "ations", "ation", "ments", "ment", "ings", "ing", "ies", "ed", "es", "ly", "s",
    ] {
        if let Some(short) = word.strip_suffix(end)
            && short.len() >= 4
        {
            return short;
        }
    }
    word
}

/// Words that carry no subject.
const COMMON: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "but", "by", "can", "could", "did", "do", "does", "don't", "for", "from",
    "get", "go", "good", "had", "has", "have", "how", "i", "i'd", "i'm", "i've", "if", "in",
    "into", "is", "it", "it's", "its", "just", "know", "like", "make", "maybe", "me", "more",
    "much", "my", "no", "not", "of", "on", "one", "or", "our", "really", "so", "some", "that",
    "that's", "the", "their", "them", "then", "there", "they", "thing", "things", "think", "this",
    "to", "uh", "um", "up", "use", "used", "very", "was", "way", "we", "well", "were", "what",
    "when", "where", "which", "while", "who", "why", "will", "with", "work", "would", "yes", "you",
    "your", "you're",
];

/// Stems of the words that carry a subject, in order, each once.
pub(crate) fn subjects(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in words(text) {
        let stem = stem(&word);
        if !COMMON.contains(&word.as_str()) && stem.len() > 1 && !out.iter().any(|s| s == stem) {
            out.push(stem.to_owned());
        }
    }
    out
}

/// Sentences of a text, with their closing marks.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut from = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = matches!(c, '.' | '!' | '?')
            && chars.peek().is_none_or(|(_, next)| next.is_whitespace());
        if ends {
            out.push(text[from..=at].trim());
            from = at + 1;
        }
    }
    out.push(text[from..].trim());
    out.retain(|s| !s.is_empty());
    out
}

/// Text fit to be spoken: one line, no markdown, at most one question mark
/// (the last one; earlier ones become full stops).
pub(crate) fn speakable(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '`' | '#' | '_' | '~' | '|' | '<' | '>' | '[' | ']' | '{' | '}' | '\\' => {
                plain.push(' ');
            }
            '\u{2013}' | '\u{2014}' => plain.push_str(", "),
            _ => plain.push(c),
        }
    }
    let mut out = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    for (from, to) in [(" ,", ","), (" .", "."), (" ?", "?"), (",,", ",")] {
        out = out.replace(from, to);
    }
    if let Some(last) = out.rfind('?') {
        let tail = out.split_off(last);
        out = out.replace('?', ".") + &tail;
    }
    out
}

/// A list as it is spoken: "a", "a and b", "a, b and c".
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Sixty-four well mixed bits from a seed and a text (FNV-1a, then the
/// finaliser of SplitMix64). The only chance that the interviewer knows.
pub(crate) fn mix(seed: u64, text: &str) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
    for byte in text.bytes() {
        h = (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    h = h.wrapping_add(0x9e37_79b9_7f4a_7c15);
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ (h >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spoken_text_has_no_markdown_and_one_question_mark() {
        assert_eq!(
            speakable("**Why**  `this`? And # what\nelse?"),
            "Why this. And what else?"
        );
    }

    #[test]
    fn sentences_keep_their_marks_and_numbers_stay_whole() {
        assert_eq!(
            sentences("It is 3.5 now. Really? Yes"),
            ["It is 3.5 now.", "Really?", "Yes"]
        );
    }
}
