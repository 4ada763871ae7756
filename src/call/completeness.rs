//! Does what was said so far sound finished? A hint for the endpointer: a
//! speaker who stops after "because" goes on, one who stops after a whole
//! sentence may be done.

/// Words after which an English sentence goes on.
const GOING_ON: [&str; 49] = [
    "a", "about", "also", "an", "and", "are", "as", "at", "because", "but", "by", "can", "for",
    "from", "had", "has", "have", "i", "if", "in", "into", "is", "like", "my", "of", "on", "or",
    "our", "so", "such", "than", "that", "the", "their", "then", "to", "uh", "um", "until", "was",
    "we", "were", "when", "where", "which", "while", "who", "with", "would",
];

/// `Some(true)` where the text ends like a finished sentence, `Some(false)`
/// where it clearly goes on, `None` where its end says nothing.
pub(super) fn sounds_complete(text: &str) -> Option<bool> {
    let text = text.trim();
    let last = text.rsplit(char::is_whitespace).find_map(|w| {
        let w = w.trim_matches(|c: char| !c.is_alphanumeric());
        (!w.is_empty()).then(|| w.to_lowercase())
    })?;
    if GOING_ON.contains(&last.as_str()) || text.ends_with([',', ';', ':', '-', '…']) {
        return Some(false);
    }
    if text.ends_with("...") {
        return Some(false);
    }
    text.ends_with(['.', '!', '?']).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_told_apart() {
        for (text, expected) in [
            ("I built it in Python.", Some(true)),
            ("Yes!", Some(true)),
            ("We chose it because", Some(false)),
            ("We chose it because.", Some(false)),
            ("First we cleaned the data,", Some(false)),
            ("And then, um...", Some(false)),
            ("It was fine...", Some(false)),
            ("it worked well", None),
            ("", None),
            ("...", None),
        ] {
            assert_eq!(sounds_complete(text), expected, "{text}");
        }
    }

    #[test]
    fn the_words_are_sorted_and_unique() {
        assert!(GOING_ON.windows(2).all(|w| w[0] < w[1]));
    }
}
