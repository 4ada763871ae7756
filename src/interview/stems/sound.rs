//! How a long word sounds, roughly: its consonants in classes, as in Russell's
//! Soundex, so that a recogniser's spelling of a word that it does not know
//! ("item potent") is found again.

/// Letters from which on a word has enough sound to be told by it.
const LETTERS: usize = 8;
/// Sounds from which on two equal codes mean one word.
const SOUNDS: usize = 5;

/// The first letter's class and the classes of all consonants that follow,
/// neighbours of one class once; empty for a short word.
pub(super) fn code(word: &str) -> String {
    if word.len() < LETTERS {
        return String::new();
    }
    let mut out = consonants(word);
    if out.len() < SOUNDS {
        out.clear();
    }
    out
}

/// The same of a word of any length; nothing where it has other letters than
/// the alphabet's.
pub(in crate::interview) fn consonants(word: &str) -> String {
    if !word.is_ascii() {
        return String::new();
    }
    let letters = word.as_bytes();
    let mut out = String::new();
    let mut last = b' ';
    for (at, &letter) in letters.iter().enumerate() {
        let next = letters.get(at + 1).copied().unwrap_or(b' ');
        let class = class(letter, next);
        if class == b' ' {
            // A vowel in between makes two sounds of one class two.
            if at == 0 {
                out.push('a');
            }
            last = b' ';
            continue;
        }
        if class != b'h' && class != last {
            out.push(char::from(class));
            last = class;
        }
    }
    out
}

/// Whether two words, each with its code, sound alike: one code, and letters
/// that do not differ by more than two fifths. Empty codes say nothing.
pub(super) fn alike(a: (&str, &str), b: (&str, &str)) -> bool {
    if a.1.is_empty() || a.1 != b.1 {
        return false;
    }
    let longer = a.0.len().max(b.0.len());
    5 * strsim::osa_distance(a.0, b.0) <= 2 * longer
}

/// A blank for vowels, `h` for what is silent.
const fn class(letter: u8, next: u8) -> u8 {
    match letter {
        b'a' | b'e' | b'i' | b'o' | b'u' | b'y' => b' ',
        b'h' | b'w' => b'h',
        b'p' if next == b'h' => b'f',
        b'g' if next == b'h' => b'h',
        b'c' if matches!(next, b'e' | b'i' | b'y') => b's',
        b'c' | b'k' | b'q' => b'k',
        b's' | b'z' => b's',
        b'd' | b't' => b't',
        b'b' | b'p' => b'p',
        b'f' | b'v' => b'f',
        b'm' | b'n' => b'n',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        alike((a, &code(a)), (b, &code(b)))
    }

    #[test]
    fn one_word_misspelled_keeps_its_sound() {
        for (a, b) in [
            ("idempotent", "itempotent"),
            ("kubernetes", "kubernettys"),
            ("prometheus", "promethius"),
            ("observability", "observibilety"),
        ] {
            assert!(same(a, b), "{} {}", code(a), code(b));
        }
        for (a, b) in [
            ("compensate", "companiesit"),
            ("stateful", "stateless"),
            ("normalise", "denormalise"),
        ] {
            assert!(!same(a, b), "{} {}", code(a), code(b));
        }
    }

    #[test]
    fn short_words_and_words_of_few_sounds_have_none() {
        assert_eq!(code("cache"), "");
        assert_eq!(code("queueing"), "");
        assert!(!same("", ""));
    }
}
