//! Words of an answer, made comparable: lower case, contractions opened,
//! British and American endings made equal, irregular forms levelled, stems.
//! Knows the usual ways in which a speech recogniser misspells a word.

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
    let irregular = IRREGULAR.iter().any(|(form, _)| *form == word);
    PLAIN.contains(&word)
        || (word.len() > 4 && word.ends_with("ed") && !word.ends_with("eed"))
        || (irregular
            && !["data", "analyses", "anomalies", "indices", "known", "given"].contains(&word))
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
    out
}

/// Whether two words are the same, or one is the other as a speech recogniser
/// may have written it: one letter more or less from six letters on, another
/// letter from eight, two from nine.
pub fn same(a: &Token, b: &Token) -> bool {
    a.stem == b.stem || alike(&a.surface, &b.surface)
}

/// Whether two words, or one of them cut in two by the recogniser, are the
/// same.
pub fn same_joined(whole: &Token, first: &Token, second: &Token) -> bool {
    let length = first.surface.len() + second.surface.len();
    if length < 5
        || whole.surface.len() < 5
        || length.abs_diff(whole.surface.len()) > 4
        || onset(&first.surface) != onset(&whole.surface)
    {
        return false;
    }
    let joined = format!("{}{}", first.surface, second.surface);
    let stemmer = Stemmer::create(Algorithm::English);
    stem(&joined, &stemmer) == whole.stem || alike(&joined, &whole.surface)
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
        let stem = stem(&part, stemmer);
        out.push(Token {
            surface: part,
            stem,
            from,
            to,
            after: Break::None,
        });
    }
    word.clear();
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
        "didnt" => return pair("did"),
        "shouldnt" => return pair("should"),
        "wouldnt" => return pair("would"),
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

fn stem(word: &str, stemmer: &Stemmer) -> String {
    if let Ok(at) = IRREGULAR.binary_search_by(|(form, _)| (*form).cmp(word)) {
        return IRREGULAR[at].1.to_owned();
    }
    let mut level = word.to_owned();
    for (british, american) in [
        ("isation", "ization"),
        ("ising", "izing"),
        ("ised", "ized"),
        ("ises", "izes"),
        ("ise", "ize"),
    ] {
        let plural = word.strip_suffix('s').filter(|_| british == "isation");
        if let Some(head) = plural.unwrap_or(word).strip_suffix(british)
            && head.len() >= 3
        {
            level = format!("{head}{american}");
            break;
        }
    }
    stemmer.stem(&level).into_owned()
}

type Words = LazyLock<HashSet<&'static str>>;

static ARTICLES: Words = LazyLock::new(|| ARTICLE_WORDS.split_ascii_whitespace().collect());
static FILLERS: Words = LazyLock::new(|| FILLER_WORDS.split_ascii_whitespace().collect());
static FUNCTION: Words = LazyLock::new(|| FUNCTION_WORDS.split_ascii_whitespace().collect());
static EVERYDAY: Words = LazyLock::new(|| EVERYDAY_WORDS.split_ascii_whitespace().collect());

const ARTICLE_WORDS: &str = "a an the my our your its their this that these those some any very really \
    just also then actually basically like";

const FILLER_WORDS: &str = "um uh er erm hmm mm mhm ah oh eh huh";

const FUNCTION_WORDS: &str = "a an the this that these those and or but nor so if then than as at by for \
    from in into of off on onto out over to up down with without within about across after again \
    against all any because been before being below between both during each few further here how \
    is are was were be am do does did doing done has have had having can could will would shall \
    should may might must not no only own same some such too very what when where which while who \
    whom why i you he she it we they me him her us them my your his its our their mine yours there \
    just also like really actually basically let lets get gets got getting one two first second \
    because until unless since though although however instead rather whether either neither per \
    via another other others every everything something anything nothing more most less least much \
    many lot lots kind sort";

const EVERYDAY_WORDS: &str = "able absolutely ago almost already always amazing ask asked away awful bad \
    begin believe best better big bit bring brilliant call came care careful carefully carry change \
    choose clean colleague colleagues come comes coming companies company course cup day days decide \
    definitely depend depends dig end ended enjoy even ever everybody everyone exactly example excited \
    exciting experience face fact far fascinating feel feeling fine find follow friend friends full fun \
    funny garage give given glad go goes going gone good great guess guy guys hand happen happens \
    happy hard hear hello help helps high hold honest honestly hope hour hours idea important \
    improve interested interesting journey keen keep kid kids kind know knows known large last late \
    learn learning learner life listen little live long look looking love lovely lucky main make \
    makes making manager matter maybe mean means meeting meetings might mind mindset minute mix \
    moment month morning motivated need needs never new next nice normally number often okay old open \
    opinion order part passion passionate pay people perhaps person personally philosophy picture \
    piece place plan play please point positive possible practice pragmatic pretty probably problem \
    proper properly proud put question questions quick quickly quite read ready real reason right \
    role room said say saying says seem seen sense serious seriously set show side simple simply \
    situation small somehow somebody someone special start started stay stuff suppose sure take taken \
    talk talking team teams tell thing things think thinking thought time times today together told \
    tonight took topic totally tried tricky true try trying turn type understand use used useful uses \
    using usually want wanted wants watch way ways weekend weird well went whatever whole wonderful \
    word words work worked working works world worry wrong yeah year years yes yesterday attitude \
    community atmosphere everyday generally quality solid space business meant philosophy wow right \
    weigh stage level answer answers ones";

/// Irregular forms, sorted.
const IRREGULAR: &[(&str, &str)] = &[
    ("analyses", "analysi"),
    ("anomalies", "anomali"),
    ("began", "begin"),
    ("broke", "break"),
    ("broken", "break"),
    ("brought", "bring"),
    ("built", "build"),
    ("caught", "catch"),
    ("chose", "choos"),
    ("chosen", "choos"),
    ("data", "data"),
    ("fell", "fall"),
    ("found", "find"),
    ("gave", "give"),
    ("given", "give"),
    ("grew", "grow"),
    ("grown", "grow"),
    ("held", "hold"),
    ("indices", "index"),
    ("kept", "keep"),
    ("knew", "know"),
    ("known", "know"),
    ("learnt", "learn"),
    ("led", "lead"),
    ("lost", "lose"),
    ("made", "make"),
    ("ran", "run"),
    ("rose", "rise"),
    ("saw", "see"),
    ("seen", "see"),
    ("sent", "send"),
    ("spent", "spend"),
    ("taken", "take"),
    ("taught", "teach"),
    ("thought", "think"),
    ("threw", "throw"),
    ("thrown", "throw"),
    ("told", "tell"),
    ("took", "take"),
    ("went", "go"),
    ("written", "write"),
    ("wrote", "write"),
];

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
    fn irregular_forms_are_sorted() {
        assert!(IRREGULAR.is_sorted_by_key(|(form, _)| *form));
    }
}
