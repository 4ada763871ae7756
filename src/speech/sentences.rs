//! Text cut into sentences, so that a voice can begin with the first while
//! the rest waits.

/// Letters after which a full stop belongs to the abbreviation.
const ABBREVIATIONS: [&str; 26] = [
    "e.g", "i.e", "etc", "vs", "approx", "incl", "dr", "mr", "mrs", "ms", "prof", "inc", "ltd",
    "corp", "jan", "feb", "aug", "sept", "oct", "nov", "dec", "u.s", "u.k", "a.m", "p.m", "ph.d",
];
/// A first sentence longer than this is cut at a comma for early audio.
const LONG_FIRST: usize = 70;
/// The first piece is not shorter than this.
const SHORT_FIRST: usize = 16;

/// The sentences of `text`, in order, trimmed, none empty. Nothing but white
/// space is lost between them. The first is short where it can be.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut begin = 0;
    for end in ends(text) {
        push(&mut found, &text[begin..end]);
        begin = end;
    }
    push(&mut found, &text[begin..]);
    cut_first(&mut found);
    found
}

fn push<'t>(found: &mut Vec<&'t str>, piece: &'t str) {
    let piece = piece.trim();
    if !piece.is_empty() {
        found.push(piece);
    }
}

/// Byte positions at which a sentence ends.
fn ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\n' {
            // An empty line or a list item; a wrapped line goes on.
            let next = text[at + 1..].trim_start_matches([' ', '\t', '\r']);
            if next.starts_with(['\n', '-', '*', '#', '\u{2022}'])
                || next.starts_with(|c: char| c.is_ascii_digit())
            {
                ends.push(at + 1);
            }
            continue;
        }
        if !matches!(c, '.' | '!' | '?' | '\u{2026}') {
            continue;
        }
        let mut end = at + c.len_utf8();
        // "?!", "...", and what closes a quotation.
        while let Some((next, closing)) = chars.peek().copied() {
            if !matches!(
                closing,
                '.' | '!' | '?' | '"' | '\'' | ')' | '\u{201d}' | '\u{2019}'
            ) {
                break;
            }
            end = next + closing.len_utf8();
            chars.next();
        }
        let rest = &text[end..];
        if rest.is_empty() || !rest.starts_with(char::is_whitespace) {
            continue;
        }
        let goes_on = rest.trim_start().starts_with(char::is_lowercase);
        let abbreviation = c == '.' && is_abbreviation(&text[..at]);
        let list_number = c == '.' && is_list_number(&text[..at]);
        if !(abbreviation || list_number || (c == '.' && goes_on)) {
            ends.push(end);
        }
    }
    ends
}

/// Whether the word before a full stop is an abbreviation or an initial.
fn is_abbreviation(before: &str) -> bool {
    let word = before
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '\''))
        .next()
        .unwrap_or_default();
    let initial = word.len() == 1 && word != "I" && word.chars().all(|c| c.is_ascii_uppercase());
    initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

/// Whether the full stop stands after the number of a list's item.
fn is_list_number(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().trim();
    (1..=2).contains(&line.len()) && line.bytes().all(|b| b.is_ascii_digit())
}

fn cut_first(found: &mut Vec<&str>) {
    let Some(first) = found.first().copied().filter(|f| f.len() > LONG_FIRST) else {
        return;
    };
    let cut = first
        .match_indices([',', ';', ':', '\u{2014}'])
        .map(|(at, mark)| at + mark.len())
        .find(|at| *at >= SHORT_FIRST && first[*at..].starts_with(char::is_whitespace));
    if let Some(at) = cut {
        let (head, tail) = first.split_at(at);
        found[0] = head.trim();
        found.insert(1, tail.trim());
    }
}

#[cfg(test)]
mod tests {
    use super::sentences;
    use proptest::prelude::*;

    #[test]
    fn sentences_end_where_people_pause() {
        for (text, pieces) in [
            ("One. Two! Three?", &["One.", "Two!", "Three?"][..]),
            (
                "Use v1.2.3, e.g. Rust 1.91. Then stop.",
                &["Use v1.2.3, e.g. Rust 1.91.", "Then stop."],
            ),
            ("It took 3.5 s. Good.", &["It took 3.5 s.", "Good."]),
            (
                "Dr. J. Smith said \"Stop!\" Then he left.",
                &["Dr. J. Smith said \"Stop!\"", "Then he left."],
            ),
            (
                "Well... maybe. Really?! Yes.",
                &["Well... maybe.", "Really?!", "Yes."],
            ),
            (
                "Node.js and .NET differ. So I wait",
                &["Node.js and .NET differ.", "So I wait"],
            ),
            (
                "Caches, queues, etc. are used.",
                &["Caches, queues, etc. are used."],
            ),
            ("So do I. You too.", &["So do I.", "You too."]),
            (
                "Points:\n- one\n- two\n\nEnd\nhere.",
                &["Points:", "- one", "- two", "End\nhere."],
            ),
            ("1. First\n2. Second", &["1. First", "2. Second"]),
            ("", &[]),
            (" \n ", &[]),
        ] {
            let expected: Vec<&str> = pieces.to_vec();
            let found = sentences(text);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_long_first_sentence_begins_with_its_first_clause() {
        let text = "Thank you for taking the time today, I would like to hear about a project that \
                    you are proud of. Go on.";
        let found = sentences(text);
        assert_eq!(found[0], "Thank you for taking the time today,");
        assert_eq!(found.len(), 3);
    }

    proptest! {
        #[test]
        fn nothing_but_white_space_is_lost(text in "([a-zA-Z0-9.!?,:'\"\n -]|\u{2026}|\u{e9}){0,200}") {
            let squeeze = |s: &str| s.split_whitespace().collect::<String>();
            let found = sentences(&text);
            prop_assert_eq!(squeeze(&found.concat()), squeeze(&text));
            prop_assert!(found.iter().all(|s| !s.trim().is_empty()));
        }
    }
}
