//! What an answer is made of, whatever the rubric: lists instead of
//! statements, the question repeated, talk about oneself, "I don't know", or
//! matter that a rubric may simply have no words for.

use super::similarity::content;
use super::trade;
use crate::interview::bank::{Kind, Question};
use crate::interview::sentence::Sentence;
use crate::interview::stems;
use std::collections::BTreeSet;

/// Sums over an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Matter {
    /// Words.
    pub words: usize,
    /// Distinct stems that carry matter and are not the question's.
    pub new: usize,
    /// Share of the rubric's vocabulary (without the question's) that occurs.
    pub vocabulary: f32,
    /// Number of the rubric's words that occur.
    pub known: usize,
    /// Words and turns of talk about oneself and attitudes, a hundred words.
    pub talk: f32,
    /// Sentences that tell something new.
    pub telling: usize,
    /// Distinct words of a trade that neither question nor rubric knows.
    pub foreign: usize,
    /// Verbs of the past, for questions that ask for a story.
    pub past: usize,
    /// Whether the question asks for a story: its ideal answer tells one.
    pub story: bool,
}

/// Counts.
pub fn weigh(question: &Question, sentences: &[Sentence]) -> Matter {
    let asked = content(&question.ask);
    let rubric: BTreeSet<String> = rubric_words(question).difference(&asked).cloned().collect();
    let mut said = BTreeSet::new();
    let mut words = 0;
    let mut talk = 0;
    let mut telling = 0;
    for sentence in sentences {
        words += sentence.words.len();
        talk += sentence
            .words
            .iter()
            .filter(|w| TALK.contains(&w.surface.as_str()))
            .count();
        talk += TURNS
            .iter()
            .filter(|turn| sentence.has_any(&[turn]))
            .count();
        let fresh: BTreeSet<&String> = sentence
            .words
            .iter()
            .filter(|w| stems::is_content(w) && !asked.contains(&w.stem))
            .map(|w| &w.stem)
            .collect();
        telling += usize::from(fresh.len() >= 3);
        said.extend(fresh.into_iter().cloned());
    }
    let known = said.intersection(&rubric).count();
    Matter {
        words,
        new: said.len(),
        vocabulary: known as f32 / rubric.len().max(1) as f32,
        known,
        talk: 100.0 * talk as f32 / words.max(1) as f32,
        telling,
        foreign: said
            .iter()
            .filter(|stem| trade::is_trade(stem) && !rubric.contains(*stem))
            .count(),
        story: question.kind != Kind::Technical && tells_a_story(&question.ideal),
        past: sentences
            .iter()
            .flat_map(|s| &s.words)
            .filter(|w| stems::is_past(w))
            .count(),
    }
}

/// Whether at least every twentieth word is a verb of the past.
fn tells_a_story(text: &str) -> bool {
    let words = stems::tokens(text);
    let past = words.iter().filter(|w| stems::is_past(w)).count();
    past * 20 >= words.len().max(1) && past >= 3
}

/// Whether most of the answer lists words instead of saying something.
pub fn is_stuffed(sentences: &[Sentence]) -> bool {
    let all: usize = sentences.iter().map(|s| s.words.len()).sum();
    let listed: usize = sentences
        .iter()
        .filter(|s| s.listed)
        .map(|s| s.words.len())
        .sum();
    listed >= 12 || (listed > 0 && listed * 2 >= all && all >= 8)
}

/// Whether the candidate says that they do not know.
pub fn does_not_know(sentences: &[Sentence]) -> bool {
    sentences.iter().any(|sentence| sentence.has_any(LOST))
}

fn rubric_words(question: &Question) -> BTreeSet<String> {
    let mut words = content(&question.ideal);
    words.append(&mut content(&question.explain));
    for point in &question.key_points {
        words.append(&mut content(&point.says));
        for phrase in &point.any_of {
            words.append(&mut content(phrase));
        }
    }
    words
}

const TALK: &[&str] = &[
    "love",
    "passionate",
    "passion",
    "excited",
    "exciting",
    "confident",
    "motivated",
    "keen",
    "happy",
    "proud",
    "lucky",
    "fascinating",
    "amazing",
    "attitude",
    "mindset",
    "honestly",
    "personally",
    "great",
    "lovely",
    "brilliant",
    "people",
    "everybody",
    "everyone",
    "important",
    "feeling",
    "philosophy",
    "opinion",
    "depends",
    "wow",
    "nice",
    "careful",
    "whatever",
    "sort",
    "stuff",
    "always",
    "i'm",
    "my",
];

const TURNS: &[&str] = &[
    "you know",
    "i think",
    "i would say",
    "i guess",
    "i have to say",
    "to be honest",
    "sort of",
    "kind of",
    "give and take",
    "pros and cons",
    "use case",
    "at the end of the day",
    "quick learner",
    "i am",
    "great question",
    "is not it",
    "does not it",
    "i suppose",
    "i feel",
    "i believe",
    "i always",
    "i try",
];

const LOST: &[&str] = &[
    "i do not know",
    "i really do not know",
    "no idea",
    "not sure",
    "not totally sure",
    "not entirely sure",
    "not really sure",
    "no clue",
    "can not think of",
    "nothing comes to mind",
    "nothing special comes to mind",
    "not familiar",
    "never heard",
    "can not remember",
    "do not remember",
    "i would have to look",
    "i have not used",
    "i am not certain",
    "i would guess",
    "i guess",
    "i have not worked",
    "can not recall",
    "do not really know",
    "could not tell you",
    "can not say",
];
