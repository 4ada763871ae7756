//! Words of an answer, made comparable: lower case, contractions opened,
//! spelled-out letters joined, British and American spellings made equal,
//! irregular forms levelled, stems. Knows the usual ways in which a speech
//! recogniser misspells a word ([`same`]).

mod forms;
mod lists;
mod sound;

pub(super) use sound::consonants;

use rust_stemmers::{Algorithm, Stemmer};
use std::collections::HashSet;
use std::sync::LazyLock;

/// What stands behind a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// Another word.
    #[default]
    None,
    /// A comma, a dash, a bracket or a colon.
    Pause,
    /// The end of a sentence.
    Stop,
}

/// One comparable word. A contraction gives two (`isn't`: `is`, `not`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Lower case, without punctuation.
    pub surface: String,
    /// What it is compared by.
    pub stem: String,
    /// How it sounds, roughly; empty where it is too short to tell by that.
    sound: String,
    /// Whether it is known to be misheard, or to be a mishearing.
    misheard: bool,
    /// First byte in the text that it came from.
    pub from: usize,
    /// Byte behind the last.
    pub to: usize,
    /// What stands behind it.
    pub after: Break,
}

impl Token {
    /// Whether this word may be passed over between two words of a phrase.
    pub fn is_skippable(&self) -> bool {
        ARTICLES.contains(self.surface.as_str()) || is_filler(&self.surface)
    }
}

/// Whether a word says nothing by itself ("um").
pub fn is_filler(word: &str) -> bool {
    FILLERS.contains(word)
}

/// Whether a word holds a sentence together rather than says what it is about.
pub fn is_function_word(word: &str) -> bool {
    FUNCTION.contains(word)
}

/// Whether a word carries matter: no function word, no everyday word.
pub fn is_content(token: &Token) -> bool {
    token.surface.len() > 2
        && !is_function_word(&token.surface)
        && !is_filler(&token.surface)
        && !EVERYDAY.contains(token.surface.as_str())
        && !EVERYDAY.contains(token.stem.as_str())
}

/// Whether a word looks like a verb of the past ("built", "was", "asked").
pub fn is_past(token: &Token) -> bool {
    const PLAIN: [&str; 9] = [
        "was", "were", "did", "had", "got", "came", "became", "felt", "met",
    ];
    let word = token.surface.as_str();
    PLAIN.contains(&word)
        || (word.len() > 4 && word.ends_with("ed") && !word.ends_with("eed"))
        || forms::is_irregular_past(word)
}

/// The words of a text, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let stemmer = Stemmer::create(Algorithm::English);
    let mut out: Vec<Token> = Vec::new();
    let mut word = String::new();
    let mut from = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, raw)) = chars.next() {
        let c = if raw == '\u{2019}' || raw == '\u{2018}' {
            '\''
        } else {
            raw
        };
        let next = chars.peek().map(|&(_, n)| n);
        let inside = c.is_alphanumeric()
            || (c == '\'' && !word.is_empty() && next.is_some_and(char::is_alphanumeric))
            || ((c == '+' || c == '#') && word.len() <= 2 && !word.is_empty());
        if inside {
            if word.is_empty() {
                from = at;
            }
            word.extend(c.to_lowercase());
            continue;
        }
        flush(&mut out, &mut word, from, at, &stemmer);
        if c == '%' {
            word.push_str("percent");
            flush(&mut out, &mut word, at, at + 1, &stemmer);
            continue;
        }
        let after = match c {
            '.' | '?' | '!' if next.is_none_or(|n| n.is_whitespace() || "\"')".contains(n)) => {
                Break::Stop
            }
            ';' | '\n' | '\u{2026}' => Break::Stop,
            ',' | ':' | '(' | ')' | '\u{2014}' | '\u{2013}' => Break::Pause,
            '-' if next.is_some_and(char::is_whitespace) => Break::Pause,
            _ => Break::None,
        };
        if let Some(last) = out.last_mut() {
            last.after = last.after.max(after);
        }
    }
    flush(&mut out, &mut word, from, text.len(), &stemmer);
    join(out, &stemmer)
}

/// Whether two words are the same, or one is the other as a speech recogniser
/// may have written it: one letter more or less from six letters on, another
/// letter from eight, two from nine; a word of the same sound from eight
/// letters on; a common mishearing of a word of the trade.
pub fn same(a: &Token, b: &Token) -> bool {
    a.stem == b.stem
        || alike(&a.surface, &b.surface)
        || sound::alike((&a.surface, &a.sound), (&b.surface, &b.sound))
        || (a.misheard && b.misheard && forms::misheard(&a.stem, &b.stem))
}

/// Whether two words, or one of them cut in two by the recogniser, are the
/// same.
pub fn same_joined(whole: &Token, first: &Token, second: &Token) -> bool {
    let length = first.surface.len() + second.surface.len();
    if first.after != Break::None {
        return false;
    }
    if length.abs_diff(whole.surface.len()) > 4 || onset(&first.surface) != onset(&whole.surface) {
        return false;
    }
    let exact = whole
        .surface
        .strip_prefix(first.surface.as_str())
        .is_some_and(|rest| rest == second.surface);
    if exact {
        return true;
    }
    // Only a long word is told by its sound; any other begins as it is spelled.
    let begins = first.surface.as_bytes().get(1) == whole.surface.as_bytes().get(1);
    if length < 5 || whole.surface.len() < 5 || (!begins && whole.sound.is_empty()) {
        return false;
    }
    let joined = format!("{}{}", first.surface, second.surface);
    let stemmer = Stemmer::create(Algorithm::English);
    // "rolled back" is "rollback": the inflection stands inside.
    stem(&joined, &stemmer) == whole.stem
        || format!("{}{}", first.stem, second.surface) == whole.surface
        || alike(&joined, &whole.surface)
        || sound::alike(
            (&joined, &sound::code(&joined)),
            (&whole.surface, &whole.sound),
        )
}

fn alike(a: &str, b: &str) -> bool {
    let short = a.len().min(b.len());
    if short < 6 || a.len().abs_diff(b.len()) > 2 || onset(a) != onset(b) {
        return false;
    }
    // A letter more or less is a misspelling sooner than another letter is
    // ("present" is not "prevent").
    let most = match (short, a.len() == b.len()) {
        (9.., _) => 2,
        (8, true) | (_, false) => 1,
        _ => return false,
    };
    strsim::osa_distance(a, b) <= most
}

/// Letters that sound alike at the begin of a word are one.
fn onset(word: &str) -> char {
    match word.chars().next().unwrap_or(' ') {
        'c' | 'k' | 'q' => 'k',
        's' | 'z' => 's',
        'g' | 'j' => 'j',
        c => c,
    }
}

fn flush(out: &mut Vec<Token>, word: &mut String, from: usize, to: usize, stemmer: &Stemmer) {
    if word.is_empty() {
        return;
    }
    for part in open(word) {
        out.push(token(part, from, to, stemmer));
    }
    word.clear();
}

fn token(surface: String, from: usize, to: usize, stemmer: &Stemmer) -> Token {
    let stem = stem(&surface, stemmer);
    let sound = sound::code(&surface);
    Token {
        misheard: forms::is_misheard(&stem),
        surface,
        stem,
        sound,
        from,
        to,
        after: Break::None,
    }
}

/// Opens contractions: `don't` is `do not`, `it's` is `it`.
fn open(word: &str) -> Vec<String> {
    let pair = |a: &str| vec![a.to_owned(), "not".to_owned()];
    match word {
        "won't" | "wont" => return pair("will"),
        "can't" | "cannot" | "cant" => return pair("can"),
        "dont" => return pair("do"),
        "doesnt" => return pair("does"),
        "isnt" => return pair("is"),
        "arent" => return pair("are"),
        "wasnt" => return pair("was"),
        "didnt" => return pair("did"),
        "hasnt" => return pair("has"),
        "havent" => return pair("have"),
        "shouldnt" => return pair("should"),
        "wouldnt" => return pair("would"),
        "gonna" => return vec!["going".to_owned(), "to".to_owned()],
        _ => {}
    }
    if let Some(verb) = word.strip_suffix("n't") {
        return pair(verb);
    }
    let bare = ["'s", "'d", "'ll", "'ve", "'re", "'m"]
        .iter()
        .find_map(|end| word.strip_suffix(end))
        .unwrap_or(word);
    vec![bare.replace('\'', "")]
}

/// Joins letters that were spelled one by one ("o l t p"): three or more, or
/// two of which the first is no word by itself. Joins "twenty four" as well.
fn join(tokens: Vec<Token>, stemmer: &Stemmer) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let to = at + spelled(&tokens[at..]);
        if to > at {
            let surface: String = tokens[at..to].iter().map(|t| t.surface.as_str()).collect();
            let mut joined = token(surface, tokens[at].from, tokens[to - 1].to, stemmer);
            joined.after = tokens[to - 1].after;
            out.push(joined);
            at = to;
            continue;
        }
        let one = &tokens[at];
        if let Some(last) = out.last_mut().filter(|last| last.after == Break::None)
            && let Some(sum) = forms::sum(&last.stem, &one.stem)
        {
            last.surface = format!("{} {}", last.surface, one.surface);
            last.stem = sum;
            (last.to, last.after) = (one.to, one.after);
        } else {
            out.push(one.clone());
        }
        at += 1;
    }
    out
}

/// How many of the first tokens are letters that spell one word.
fn spelled(tokens: &[Token]) -> usize {
    let is = |token: &Token, of: fn(char) -> bool| token.surface.chars().all(of);
    let word = |token: &Token| ["a", "i"].contains(&token.surface.as_str());
    let mut length = 0;
    for token in tokens {
        if token.surface.len() != 1 || !is(token, char::is_alphanumeric) {
            break;
        }
        length += 1;
        if token.after != Break::None {
            break;
        }
    }
    let run = &tokens[..length];
    let letters = run.iter().filter(|t| is(t, char::is_alphabetic)).count();
    let words = run.iter().filter(|t| word(t)).count();
    let enough = match length {
        0 | 1 => false,
        2 => letters == 2 && !word(&run[0]),
        3 => letters > 0 && words < length,
        // "send a u u i d": an article before the letters.
        _ => letters > 0 && words < length && !word(&run[0]),
    };
    if enough { length } else { 0 }
}

fn stem(word: &str, stemmer: &Stemmer) -> String {
    if let Some(stem) = forms::irregular(word) {
        return stem.into_owned();
    }
    let level = forms::american(word);
    let stem = stemmer.stem(&level);
    forms::family(&stem).map_or_else(|| stem.clone().into_owned(), str::to_owned)
}

type Words = LazyLock<HashSet<&'static str>>;

static ARTICLES: Words = LazyLock::new(|| lists::ARTICLES.split_ascii_whitespace().collect());
static FILLERS: Words = LazyLock::new(|| lists::FILLERS.split_ascii_whitespace().collect());
static FUNCTION: Words = LazyLock::new(|| lists::FUNCTION.split_ascii_whitespace().collect());
static EVERYDAY: Words = LazyLock::new(|| lists::EVERYDAY.split_ascii_whitespace().collect());

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|t| t.stem).collect()
    }

    #[test]
    fn spellings_of_both_sides_of_the_ocean_are_one() {
        assert_eq!(
            stems("normalising denormalisation"),
            stems("normalizing denormalization")
        );
    }

    #[test]
    fn contractions_are_opened_and_percent_signs_read() {
        assert_eq!(
            stems("POST isn't 40%."),
            ["post", "is", "not", "40", "percent"]
        );
    }

    #[test]
    fn dots_inside_words_end_no_sentence() {
        let words = tokens("Node.js is fine. Yes, it is");
        assert_eq!(words.iter().filter(|t| t.after == Break::Stop).count(), 1);
        assert_eq!(words.iter().filter(|t| t.after == Break::Pause).count(), 1);
    }

    #[test]
    fn recogniser_spellings_match_and_opposites_do_not() {
        let one = |w: &str| tokens(w).remove(0);
        assert!(same_joined(&one("overfit"), &one("over"), &one("fits")));
        assert!(same_joined(
            &one("kubernetes"),
            &one("cube"),
            &one("ernetes")
        ));
        assert!(same(&one("idempotency"), &one("idempotancy")));
        for (a, b) in [
            ("overfit", "underfit"),
            ("mutable", "immutable"),
            ("normalise", "denormalise"),
            ("present", "prevent"),
        ] {
            assert!(!same(&one(a), &one(b)), "{a} {b}");
        }
    }

    #[test]
    fn a_verb_and_its_noun_are_one() {
        for (a, b) in [
            ("regularise", "regularisation"),
            ("compare", "comparison"),
            ("choose", "choice"),
            ("analyse", "analysis"),
            ("reduce", "reduction"),
            ("verify", "verification"),
            ("replicate", "replica"),
            ("recover", "recovery"),
            ("fail", "failure"),
            ("modelling", "modeled"),
            ("behaviours", "behavior"),
            ("centre", "center"),
            ("faster", "fast"),
            ("fewer", "less"),
            ("retried", "retries"),
            ("twenty-four", "24"),
            ("respond", "response"),
            ("immutable", "immutability"),
            ("atomically", "atomicity"),
        ] {
            assert_eq!(stems(a), stems(b), "{a} {b}");
        }
    }

    #[test]
    fn spelled_letters_are_one_word() {
        assert_eq!(stems("an o l t p system"), ["an", "oltp", "system"]);
        assert_eq!(stems("c i c d"), ["cicd"]);
        assert_eq!(stems("k 8 s"), ["k8s"]);
        assert_eq!(stems("a b tree"), ["a", "b", "tree"]);
        assert_eq!(tokens("send a u u i d key")[2].from, 7);
    }

    #[test]
    fn words_of_the_same_sound_match() {
        let one = |w: &str| tokens(w).remove(0);
        for (word, heard) in [
            ("idempotent", "item potent"),
            ("prometheus", "pro metheus"),
            ("terraform", "terror form"),
            ("rollback", "rolled back"),
            ("p99", "p 99"),
        ] {
            let (first, second) = heard.split_once(' ').unwrap();
            assert!(same_joined(&one(word), &one(first), &one(second)), "{word}");
        }
        for (word, heard) in [
            ("kernel", "colonel"),
            ("cache", "cash"),
            ("schema", "skimmer"),
        ] {
            assert!(same(&one(word), &one(heard)), "{word}");
        }
        for (a, b) in [
            ("stateful", "stateless"),
            ("authentication", "authorization"),
            ("precision", "percussion"),
            ("synchronous", "asynchronous"),
            ("encryption", "decryption"),
            ("horizontal", "vertical"),
            ("ascending", "descending"),
            ("inductive", "deductive"),
        ] {
            assert!(!same(&one(a), &one(b)), "{a} {b}");
        }
    }
}
