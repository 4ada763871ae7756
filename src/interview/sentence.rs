//! Sentences of an answer: where they end, which words stand in a mere list,
//! which are denied, which are said without conviction. A phrase of the
//! rubric counts only where it is part of a statement.

use super::phrase::{Phrase, Place};
use super::stems::{self, Break, Token};

/// One sentence of an answer.
#[derive(Clone, Debug)]
pub struct Sentence {
    /// Its words.
    pub words: Vec<Token>,
    /// Which utterance of the answer it is from, from 0.
    pub utterance: usize,
    /// Whether it only lists words and states nothing.
    pub listed: bool,
    /// For each word, whether something before it denies it.
    denied: Vec<bool>,
}

/// How a phrase was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As a statement.
    Said,
    /// With "maybe", "I guess", "not sure" around it.
    Hedged,
    /// Its contrary was said.
    Denied,
}

/// Splits the text of one utterance.
pub fn split(text: &str, utterance: usize) -> Vec<Sentence> {
    let mut out = Vec::new();
    let mut words = Vec::new();
    for token in stems::tokens(text) {
        let stop = token.after == Break::Stop;
        if !stems::is_filler(&token.surface) {
            words.push(token);
        }
        if stop && !words.is_empty() {
            out.push(Sentence::new(std::mem::take(&mut words), utterance));
        }
    }
    if !words.is_empty() {
        out.push(Sentence::new(words, utterance));
    }
    out
}

impl Sentence {
    fn new(words: Vec<Token>, utterance: usize) -> Self {
        let denied = denials(&words);
        let listed = is_list(&words);
        Self {
            words,
            utterance,
            listed,
            denied,
        }
    }

    /// How the phrase at `place` was said. `tolerant`: the statement that the
    /// phrase stands for is itself about something that is avoided or absent,
    /// so a denial does not turn it around.
    pub fn manner(&self, phrase: &Phrase, place: Place, tolerant: bool) -> Manner {
        if !tolerant && !phrase.denies {
            let inside = self.words[place.from..place.to]
                .iter()
                .any(|w| w.surface == "never" || w.surface == "not");
            if self.denied[place.from] || inside || self.dismissed_after(place.to) {
                return Manner::Denied;
            }
        }
        if self.hedged(place) {
            Manner::Hedged
        } else {
            Manner::Said
        }
    }

    /// Whether it is a list or too short to say anything by itself.
    pub fn is_fragment(&self) -> bool {
        self.listed || self.words.len() < 6
    }

    /// Whether the sentence reports an error of others ("people often think").
    pub fn reports_an_error(&self) -> bool {
        self.has_any(ERROR_OF_OTHERS)
    }

    /// Whether any of these word sequences occurs.
    pub fn has_any(&self, sequences: &[&str]) -> bool {
        sequences
            .iter()
            .any(|sequence| find(&self.words, sequence).is_some())
    }

    /// Number of words that carry matter.
    pub fn content(&self) -> usize {
        self.words.iter().filter(|w| stems::is_content(w)).count()
    }

    /// "X is not necessary", "X does not matter", "X is pointless".
    fn dismissed_after(&self, to: usize) -> bool {
        let behind: Vec<&str> = self.words[to..]
            .iter()
            .take(6)
            .map(|w| w.surface.as_str())
            .collect();
        let verb = behind
            .iter()
            .position(|w| AUXILIARY.contains(w))
            .filter(|&at| at <= 1);
        let Some(verb) = verb else { return false };
        let rest = &behind[verb + 1..];
        if rest.first() == Some(&"not") {
            return rest.iter().skip(1).take(3).any(|w| DISMISSED.contains(w));
        }
        rest.iter().take(2).any(|w| POINTLESS.contains(w))
    }

    fn hedged(&self, place: Place) -> bool {
        let from = place.from.saturating_sub(8);
        let to = (place.to + 5).min(self.words.len());
        HEDGES
            .iter()
            .any(|hedge| find(&self.words[from..to], hedge).is_some())
    }
}

/// Where a sequence of surface words stands.
fn find(words: &[Token], sequence: &str) -> Option<usize> {
    let wanted: Vec<&str> = sequence.split(' ').collect();
    (0..words.len().saturating_sub(wanted.len() - 1)).find(|&at| {
        wanted
            .iter()
            .zip(&words[at..])
            .all(|(w, t)| *w == t.surface)
    })
}

/// For each word, whether a denial before it reaches it. A denial reaches to
/// the end of its clause and seven words at most ("no" and "without": four);
/// a second one takes the first back.
fn denials(words: &[Token]) -> Vec<bool> {
    let mut out = vec![false; words.len()];
    let mut left = 0_usize;
    let mut odd = false;
    for (at, word) in words.iter().enumerate() {
        let surface = word.surface.as_str();
        let next = words.get(at + 1).map_or("", |w| w.surface.as_str());
        let before = at.checked_sub(1).map_or("", |b| words[b].surface.as_str());
        if left > 0 && clause_begins(words, at) {
            (left, odd) = (0, false);
        }
        let reach = match surface {
            "not"
                if ["only", "just", "necessarily", "sure", "totally", "entirely"]
                    .contains(&next) =>
            {
                0
            }
            "not" if ["or", "why", "if"].contains(&before) => 0,
            "not" | "never" | "nor" | "neither" | "hardly" => 7,
            "no" if word.after != Break::None || next == "longer" || next == "matter" => 0,
            "no" | "without" | "nobody" | "nothing" | "none" => 4,
            _ => 0,
        };
        if reach > 0 {
            // "not ... without": the second denial takes the first back, unless
            // it is one more of a list ("no tests, no checks").
            let paused = at > 0 && words[at - 1].after == Break::Pause;
            let back = left > 0 && odd && !paused && (surface == "without" || surface == "not");
            odd = !back;
            left = reach;
            continue;
        }
        out[at] = left > 0 && odd;
        if left > 0 {
            left -= 1;
            if left == 0 {
                odd = false;
            }
        }
    }
    out
}

/// Whether a new clause begins at `at`, which an earlier denial does not reach.
fn clause_begins(words: &[Token], at: usize) -> bool {
    let surface = words[at].surface.as_str();
    let subject = |w: &str| SUBJECTS.contains(&w);
    let after_pause = at > 0 && words[at - 1].after == Break::Pause;
    let next = words.get(at + 1).map_or("", |w| w.surface.as_str());
    CLAUSE.contains(&surface)
        || (after_pause && subject(surface))
        || (surface == "and" && (subject(next) || next == "then"))
}

/// Whether words are listed instead of said: no stretch between commas is
/// longer than four words, or there is hardly a word that binds others.
fn is_list(words: &[Token]) -> bool {
    if words.len() < 3 {
        return false;
    }
    let joins = |word: &Token| word.surface == "and" || word.surface == "or";
    let joints = words.iter().filter(|w| joins(w)).count();
    let mut stretches = vec![0_usize];
    for word in words {
        let joins = joins(word);
        if let Some(last) = stretches.last_mut()
            && !joins
        {
            *last += 1;
        }
        if word.after == Break::Pause || (joins && joints >= 4) {
            stretches.push(0);
        }
    }
    stretches.retain(|&n| n > 0);
    let longest = stretches.iter().copied().max().unwrap_or(0);
    let binds = words.iter().any(|w| CLAUSE.contains(&w.surface.as_str()));
    if stretches.len() >= 3 && longest <= 4 && !binds {
        return true;
    }
    let short = stretches.iter().filter(|&&n| n <= 3).count();
    let binding = words
        .iter()
        .filter(|w| stems::is_function_word(&w.surface))
        .count();
    let many = stretches.len() >= 6 && short * 5 >= stretches.len() * 4;
    many || (words.len() >= 9 && binding * 8 < words.len())
}

const CLAUSE: &[&str] = &[
    "but",
    "because",
    "so",
    "since",
    "however",
    "which",
    "whereas",
    "although",
    "though",
    "unless",
    "until",
    "then",
    "if",
    "when",
    "instead",
    "rather",
    "while",
    "otherwise",
];

const SUBJECTS: &[&str] = &[
    "i", "it", "you", "we", "they", "he", "she", "there", "this", "that", "the", "each", "every",
];

const AUXILIARY: &[&str] = &[
    "is", "are", "was", "were", "does", "do", "did", "can", "will", "would", "has", "have",
];

const DISMISSED: &[&str] = &[
    "necessary",
    "needed",
    "required",
    "important",
    "relevant",
    "worth",
    "useful",
    "possible",
    "matter",
    "exist",
    "apply",
    "help",
    "really",
    "concept",
    "true",
    "supported",
    "needed",
    "need",
    "work",
];

const POINTLESS: &[&str] = &[
    "unnecessary",
    "useless",
    "pointless",
    "deprecated",
    "obsolete",
    "overkill",
    "irrelevant",
    "impossible",
];

const HEDGES: &[&str] = &[
    "maybe",
    "perhaps",
    "i guess",
    "not sure",
    "not totally sure",
    "not entirely sure",
    "not really sure",
    "i suppose",
    "no idea",
    "or something",
    "somehow",
    "not certain",
    "i would guess",
    "no clue",
    "something about",
    "do not know",
    "do not remember",
    "can not remember",
];

const ERROR_OF_OTHERS: &[&str] = &[
    "mistake",
    "misconception",
    "myth",
    "wrongly",
    "wrong to",
    "people think",
    "people often",
    "some say",
    "confuse",
    "confused",
    "not true",
    "be wrong",
    "people believe",
    "mistakenly",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn manner(phrase: &str, text: &str) -> Option<Manner> {
        let phrase = Phrase::parse(phrase);
        let sentence = split(text, 0).remove(0);
        let place = *phrase.find_all(&sentence.words).first()?;
        Some(sentence.manner(&phrase, place, false))
    }

    #[test]
    fn denials_reach_to_the_end_of_their_clause() {
        let denied = Some(Manner::Denied);
        assert_eq!(manner("unit test", "I never write unit tests"), denied);
        assert_eq!(
            manner(
                "concept drift",
                "I never monitor data drift or concept drift"
            ),
            denied
        );
        assert_eq!(
            manner("dvc", "I don't use data versioning, DVC or MLflow"),
            denied
        );
        assert_eq!(
            manner("monitor", "Monitoring isn't necessary either"),
            denied
        );
        let said = Some(Manner::Said);
        assert_eq!(
            manner("unit test", "It is not hard, I write unit tests"),
            said
        );
        assert_eq!(
            manner("unit test", "I don't guess but write unit tests"),
            said
        );
        assert_eq!(manner("unit test", "Not only unit tests"), said);
        assert_eq!(manner("post is not", "POST is not idempotent"), said);
        assert_eq!(
            manner(
                "underfit",
                "a model that underfits does not see the pattern"
            ),
            said
        );
    }

    #[test]
    fn hedges_are_heard() {
        assert_eq!(manner("retry", "maybe you retry it"), Some(Manner::Hedged));
        assert_eq!(manner("retry", "you retry it"), Some(Manner::Said));
    }

    #[test]
    fn lists_are_no_statements() {
        let listed = |text| split(text, 0)[0].listed;
        assert!(listed(
            "Underfit, overfit, bias squared, sweet spot, learning curve."
        ));
        assert!(listed(
            "underfit overfit bias squared sweet spot learning curve cross validation bagging"
        ));
        assert!(!listed("Version code, data and models."));
        assert!(!listed(
            "GET, PUT and DELETE are idempotent, but POST is not."
        ));
        assert!(!listed(
            "New data triggers retraining, the candidate must beat production, then a canary."
        ));
    }
}
