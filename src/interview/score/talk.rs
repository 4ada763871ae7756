//! Talk: about oneself, attitudes, other people, the question itself. It
//! states nothing about any subject, whatever the rubric, and is left out
//! before an answer's matter is weighed. So padding changes nothing.

use crate::interview::sentence::Sentence;
use crate::interview::stems::Token;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Words that are looked at together where a sentence does not end.
const STRETCH: usize = 24;
/// One sign of talk for so many words, or for fewer, makes a stretch talk.
const SPARSE: usize = 12;

/// Stretches of a sentence of at most [`STRETCH`] words that are no talk.
pub(super) fn stated(sentence: &Sentence) -> impl Iterator<Item = &[Token]> {
    let parts = sentence.words.len().div_ceil(STRETCH).max(1);
    let length = sentence.words.len().div_ceil(parts).max(1);
    let whole = parts == 1;
    sentence.words.chunks(length).filter(move |stretch| {
        let idioms = if whole { sentence.idioms } else { 0 };
        (signs(stretch) + idioms) * SPARSE < stretch.len()
    })
}

/// Words and turns of talk.
fn signs(words: &[Token]) -> usize {
    static FIRST: LazyLock<HashMap<&str, Vec<Vec<&str>>>> = LazyLock::new(|| {
        let mut out: HashMap<&str, Vec<Vec<&str>>> = HashMap::new();
        for turn in TURNS {
            let mut words = turn.split(' ');
            let first = words.next().unwrap_or_default();
            out.entry(first).or_default().push(words.collect());
        }
        out
    });
    let turns = |at: usize| {
        let turns = FIRST.get(words[at].surface.as_str());
        let begins = |rest: &&Vec<&str>| {
            let there = &words[at + 1..];
            there.len() >= rest.len() && rest.iter().zip(there).all(|(w, t)| *w == t.surface)
        };
        turns.map_or(0, |turns| turns.iter().filter(begins).count())
    };
    let single = words.iter().filter(|word| is_sign(word)).count();
    single + (0..words.len()).map(turns).sum::<usize>()
}

/// Whether a word is one of talk: it carries no matter.
pub(super) fn is_sign(token: &Token) -> bool {
    static SIGNS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let lists = [ATTITUDES, SELF, OTHERS, MANNER];
        let words = lists.iter().flat_map(|list| list.split_ascii_whitespace());
        words.collect()
    });
    SIGNS.contains(token.surface.as_str())
}

const ATTITUDES: &str = "love loved loves passion passionate excited exciting excitement \
    enthusiastic enthusiasm confident motivated motivation keen happy happily glad proud pride \
    lucky fascinating fascinated amazing awesome fantastic wonderful brilliant lovely great nice \
    fun funny interesting interested curious eager thrilled grateful thankful thanks thank \
    dedicated committed hardworking driven ambitious friendly positive attitude mindset mentality \
    spirit energy vibe atmosphere dream journey heart soul favourite favorite comfortable relaxed \
    relaxing calm respect appreciate appreciated enjoy enjoyed enjoying hope hopefully careful \
    worry worried nightmare crazy weird weirdly instinct empathetic empathy emotions emotional \
    feel feels feeling feelings felt philosophy opinion believer belief humour humor smile laugh \
    laughs laughing strength strengths scary annoying boring beautiful perfect serious seriously";

const SELF: &str = "my me myself mine personally career";

const OTHERS: &str = "people person everybody everyone folks friend friends colleague colleagues \
    family wife husband sister brother mother father parents uncle aunt guy guys boss lecturer \
    professor teacher mentor meetup conversation interview job life world he she him his her hers";

const MANNER: &str = "honestly frankly definitely absolutely totally certainly obviously literally \
    super wow gosh oh ha haha famous important importance depends always whatever";

const TURNS: &[&str] = &[
    "you know",
    "i think",
    "i would say",
    "i say",
    "i guess",
    "i mean",
    "i suppose",
    "i believe",
    "i find",
    "i try",
    "i remember",
    "i am",
    "sort of",
    "kind of",
    "of course",
    "in general",
    "let me",
    "for me",
    "when i was",
    "i was a",
    "i have been",
    "i have always",
    "i used to",
    "i started out",
    "years ago",
    "back then",
    "as they say",
    "that sort of thing",
    "that kind of thing",
    "at the end of the day",
    "good question",
    "great question",
    "big one",
    "is not it",
    "are not they",
    "does not it",
    "can not it",
    "give and take",
    "pros and cons",
    "quick learner",
    "good reason",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::sentence::split;

    #[test]
    fn talk_is_told_from_statements() {
        let states = |text: &str| split(text, 0).iter().flat_map(stated).next().is_some();
        for talk in [
            "That is a great question and I love it.",
            "I'm a very motivated person, my friends always tell me that.",
            "So yeah, I think it is really important, you know.",
        ] {
            assert!(!states(talk), "{talk}");
        }
        for statement in [
            "The readers follow a log of every change and may trail behind it.",
            "I restart the service only after the queue has been drained.",
        ] {
            assert!(states(statement), "{statement}");
        }
    }

    #[test]
    fn speech_without_stops_is_looked_at_in_stretches() {
        let text = "the log is read by every replica in the same order and so the copies agree \
            after a while but i love it and my friends always say that i am so passionate and \
            everybody is happy honestly it is my favourite thing and people enjoy it";
        let sentence = &split(text, 0)[0];
        assert_eq!(stated(sentence).count(), 1);
    }
}
