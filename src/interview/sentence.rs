//! Sentences of an answer: where they end, which words stand in a mere list,
//! which are denied, which are said without conviction. A phrase of the
//! rubric counts only where it is part of a statement.

mod lists;

use super::phrase::{Phrase, Place};
use super::stems::{self, Break, Token};
use lists::{
    AUXILIARY, CLAUSE, DISMISSED, ERRORS, HEDGES, IDIOMS, JOINTS, OPINES, OTHERS, POINTLESS,
    REFERS, SUBJECTS,
};

/// Words of two sentences at most that are read as one.
const CARRIED: usize = 60;
/// Words before a statement in which its holder is looked for.
const ATTRIBUTED: usize = 14;

/// One sentence of an answer.
#[derive(Clone, Debug)]
pub struct Sentence {
    /// Its words.
    pub words: Vec<Token>,
    /// Which utterance of the answer it is from, from 0.
    pub utterance: usize,
    /// Number of stock phrases ("to be honest") that were left out of its
    /// words: they state nothing.
    pub idioms: usize,
    /// Whether it only lists words and states nothing.
    pub listed: bool,
    /// For each word, what something before it does to it.
    reached: Vec<Reach>,
}

/// What the words before a word do to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reach {
    /// Nothing.
    #[default]
    None,
    /// They deny it ("never", "without").
    Denial,
    /// They set it aside for something else ("instead of", "no longer").
    Aside,
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
    /// It was set aside ("instead of ..."): neither said nor denied.
    Aside,
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
    fn new(mut words: Vec<Token>, utterance: usize) -> Self {
        let idioms = drop_idioms(&mut words);
        let reached = reaches(&words);
        let listed = is_list(&words);
        Self {
            words,
            utterance,
            idioms,
            listed,
            reached,
        }
    }

    /// This sentence and the next one as one, where the next speaks on about
    /// what this one named ("There is a readiness probe. It decides ...").
    pub fn carried_on(&self, next: &Self) -> Option<Self> {
        let first: Vec<&str> = next
            .words
            .iter()
            .map(|w| w.surface.as_str())
            .take(2)
            .collect();
        let refers = match first[..] {
            [word, ..] if REFERS.contains(&word) => true,
            [joint, word] => JOINTS.contains(&joint) && REFERS.contains(&word),
            _ => false,
        };
        let length = self.words.len() + next.words.len();
        if !refers
            || self.utterance != next.utterance
            || self.listed
            || next.listed
            || length > CARRIED
        {
            return None;
        }
        let words: Vec<Token> = self.words.iter().chain(&next.words).cloned().collect();
        Some(Self {
            reached: reaches(&words),
            words,
            utterance: self.utterance,
            idioms: 0,
            listed: false,
        })
    }

    /// How the phrase at `place` was said. `tolerant`: the statement that the
    /// phrase stands for is itself about something that is avoided or absent,
    /// so a denial does not turn it around.
    pub fn manner(&self, phrase: &Phrase, place: Place, tolerant: bool) -> Manner {
        if !tolerant && !phrase.denies {
            let inside = self.words[place.from..place.to]
                .iter()
                .any(|w| w.surface == "never" || w.surface == "not");
            match self.reached[place.from] {
                Reach::Denial => return Manner::Denied,
                Reach::Aside => return Manner::Aside,
                Reach::None => {}
            }
            if inside || self.dismissed_after(place.to) {
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

    /// Whether the words around `place` report an error, of others or of an
    /// earlier self ("people often think", "I used to believe").
    pub fn reports_an_error(&self, place: Place) -> bool {
        let from = place.from.saturating_sub(ATTRIBUTED);
        let to = (place.to + ATTRIBUTED / 2).min(self.words.len());
        let near = &self.words[from..to];
        if ERRORS.iter().any(|error| find(near, error).is_some()) {
            return true;
        }
        let before = &self.words[from..place.from];
        before.iter().enumerate().any(|(at, word)| {
            OTHERS.contains(&word.surface.as_str())
                && before[at + 1..]
                    .iter()
                    .take(3)
                    .any(|verb| OPINES.contains(&verb.stem.as_str()))
        })
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

/// Takes the stock phrases out and counts them. One that is all there is to
/// a sentence stays, so that no sentence is without a word.
fn drop_idioms(words: &mut Vec<Token>) -> usize {
    let mut count = 0;
    for idiom in IDIOMS {
        while let Some(at) = find(words, idiom) {
            let to = at + idiom.split(' ').count();
            if to - at == words.len() {
                return count + 1;
            }
            let after = words[at..to].iter().map(|word| word.after).max();
            words.drain(at..to);
            if let (Some(after), Some(before)) = (after, at.checked_sub(1)) {
                words[before].after = words[before].after.max(after);
            }
            count += 1;
        }
    }
    count
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
/// a second one takes the first back. "Instead of" and its like reach to the
/// next pause.
fn reaches(words: &[Token]) -> Vec<Reach> {
    let mut out = vec![Reach::None; words.len()];
    let mut left = 0_usize;
    let mut kind = Reach::None;
    for (at, word) in words.iter().enumerate() {
        let surface = word.surface.as_str();
        let before = at.checked_sub(1).map(|b| &words[b]);
        let break_before = before.map_or(Break::Stop, |b| b.after);
        let ends = clause_begins(words, at)
            || break_before == Break::Stop
            || (kind == Reach::Aside && break_before != Break::None);
        if left > 0 && ends {
            (left, kind) = (0, Reach::None);
        }
        if let Some(reach) = aside(words, at) {
            (left, kind) = (reach, Reach::Aside);
            continue;
        }
        let reach = denial(words, at);
        if reach > 0 {
            // "not ... without": the second denial takes the first back, unless
            // it is one more of a list ("no tests, no checks").
            let paused = break_before == Break::Pause;
            let again = surface == "without" || surface == "not";
            let back = left > 0 && kind == Reach::Denial && !paused && again;
            kind = if back { Reach::None } else { Reach::Denial };
            left = reach;
            continue;
        }
        if left > 0 {
            out[at] = kind;
            left -= 1;
        }
    }
    out
}

/// How many words the denial at `at` reaches; 0 where there is none.
fn denial(words: &[Token], at: usize) -> usize {
    let word = &words[at];
    let next = words.get(at + 1).map_or("", |w| w.surface.as_str());
    let before = at.checked_sub(1).map_or("", |b| words[b].surface.as_str());
    let hollow = ["only", "just", "necessarily", "sure", "totally", "entirely"];
    match word.surface.as_str() {
        "not" if hollow.contains(&next) => 0,
        "not" if ["or", "why", "if"].contains(&before) => 0,
        "not" | "never" | "nor" | "neither" | "hardly" => 7,
        "no" if word.after != Break::None || next == "matter" => 0,
        "no" | "without" | "nobody" | "nothing" | "none" => 4,
        _ => 0,
    }
}

/// How many words are set aside by what ends at `at`.
fn aside(words: &[Token], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map_or("", |b| words[b].surface.as_str());
    match (before, words[at].surface.as_str()) {
        ("instead", "of") | ("rather", "than") | ("opposed", "to") => Some(7),
        ("no", "longer") => Some(4),
        _ => None,
    }
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
    fn what_is_set_aside_is_neither_said_nor_denied() {
        let aside = Some(Manner::Aside);
        assert_eq!(
            manner("direct call", "I use a queue instead of direct calls"),
            aside
        );
        assert_eq!(manner("guess", "Rather than guess, I measure it"), aside);
        assert_eq!(manner("join", "we no longer need the joins"), aside);
        let said = Some(Manner::Said);
        assert_eq!(manner("measure", "Rather than guess, I measure it"), said);
        assert_eq!(
            manner("token", "instead of sessions, tokens are used"),
            said
        );
    }

    #[test]
    fn errors_of_others_are_told_from_ones_own() {
        let reports = |text: &str| {
            let sentence = split(text, 0).remove(0);
            let place = *Phrase::parse("post is idempotent")
                .find_all(&sentence.words)
                .first()
                .unwrap();
            sentence.reports_an_error(place)
        };
        assert!(reports("Many people seem to think that POST is idempotent"));
        assert!(reports("It is a common mistake to say POST is idempotent"));
        assert!(reports("I used to believe that POST is idempotent"));
        assert!(!reports("I think that POST is idempotent"));
        assert!(!reports("As many services do, POST is idempotent here"));
    }

    #[test]
    fn a_sentence_that_refers_back_is_carried_on() {
        let two = split(
            "There is a readiness probe. It decides on traffic. Fine.",
            0,
        );
        let one = two[0].carried_on(&two[1]).unwrap();
        assert_eq!(one.words.len(), 9);
        assert!(two[1].carried_on(&two[2]).is_none());
        let denied = split("I never write tests. They are slow.", 0);
        let one = denied[0].carried_on(&denied[1]).unwrap();
        let phrase = Phrase::parse("slow");
        let place = phrase.find_all(&one.words)[0];
        assert_eq!(one.manner(&phrase, place, false), Manner::Said);
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
