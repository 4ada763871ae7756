//! What an answer is made of, whatever the rubric: matter that the rubric has
//! words for, matter that it may have none for, another subject's matter, a
//! story, or "I don't know". Talk is left out first.

use super::similarity::content;
use super::{subject, talk, trade};
use crate::interview::bank::{Kind, Question};
use crate::interview::sentence::Sentence;
use crate::interview::stems;
use std::collections::BTreeSet;

/// Sums over what an answer states.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matter {
    /// Words, talk included.
    pub words: usize,
    /// Words of stretches that are no talk.
    pub stated: usize,
    /// Distinct stems there that carry matter and are not the question's.
    pub new: usize,
    /// How many of these are the rubric's.
    pub known: usize,
    /// How many are words of a trade that neither question nor rubric knows.
    pub foreign: usize,
    /// Verbs of the past, for questions that ask for a story.
    pub past: usize,
    /// Whether the question asks for a story: its ideal answer tells one.
    pub story: bool,
    /// The stems behind `new`.
    said: BTreeSet<String>,
    /// All that question and rubric say.
    own: BTreeSet<String>,
}

impl Matter {
    /// Whether what is stated is another subject's: many more words of one
    /// other question and of the trades at large than of this one.
    pub fn is_elsewhere(&self, question: &Question) -> bool {
        let nearest = subject::nearest(question, &self.own, &self.said);
        let named = nearest.map_or(0, |(_, words)| words);
        named + self.foreign >= self.known + ELSEWHERE
    }

    /// Whether enough is stated that a rubric without its words may miss it.
    pub fn is_telling(&self) -> bool {
        let dense = self.new * 100 >= DENSE * self.stated;
        self.new >= FEW && (dense || self.new >= MANY)
    }
}

/// Distinct words of matter below which nothing much was stated.
const FEW: usize = 10;
/// Distinct words of matter from which on much was stated.
const MANY: usize = 25;
/// Distinct words of matter for a hundred words that are stated: what people
/// who speak about a subject reach and people who fill time do not.
const DENSE: usize = 17;

/// By how much words of one other subject and words of any trade (one word
/// may be both) outnumber the rubric's where another subject is spoken about.
/// Right answers in other words than the rubric's reach 7, answers about
/// another subject 15 and more.
const ELSEWHERE: usize = 10;

/// Counts.
pub fn weigh(question: &Question, sentences: &[Sentence]) -> Matter {
    let asked = content(&question.ask);
    let own = subject::words(question);
    let rubric: BTreeSet<String> = own.difference(&asked).cloned().collect();
    let mut said = BTreeSet::new();
    let mut stated = 0;
    for stretch in sentences.iter().flat_map(talk::stated) {
        stated += stretch.len();
        let fresh = stretch
            .iter()
            .filter(|w| stems::is_content(w) && !talk::is_sign(w) && !asked.contains(&w.stem));
        said.extend(fresh.map(|w| w.stem.clone()));
    }
    let words = || sentences.iter().flat_map(|s| &s.words);
    Matter {
        words: words().count(),
        stated,
        new: said.len(),
        known: said.intersection(&rubric).count(),
        foreign: said
            .iter()
            .filter(|stem| trade::is_trade(stem) && !rubric.contains(*stem))
            .count(),
        past: words().filter(|w| stems::is_past(w)).count(),
        story: question.kind != Kind::Technical && tells_a_story(&question.ideal),
        said,
        own,
    }
}

/// Whether at least every twentieth word is a verb of the past.
fn tells_a_story(text: &str) -> bool {
    let words = stems::tokens(text);
    let past = words.iter().filter(|w| stems::is_past(w)).count();
    past * 20 >= words.len().max(1) && past >= 3
}

/// Whether the candidate says that they do not know.
pub fn does_not_know(sentences: &[Sentence]) -> bool {
    sentences.iter().any(|sentence| sentence.has_any(LOST))
}

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
