//! "Did you say ...?": asked once a question, where the recogniser was not
//! sure of words on which something rests. Words that nothing rests on are
//! let be, and where most of an answer is unsure nothing is asked: then the
//! scorer abstains. What is asked is what was heard, so nothing is given away
//! that the candidate's own words did not hold, also where these sound like a
//! name of the rubric and would be scored low: a yes to them may be one to
//! their sound, so they stay doubtful, and only what is said anew counts.

use super::consent::yes_or_no;
use super::engine::Interview;
use super::mishearing;
use super::plan::PlannedQuestion;
use super::requests::{Heard, Intent};
use super::score::doubt::without;
use super::score::{FAULT, FEW_WORDS, LEAST_FOR_FEW, Score, assess};
use super::stems;
use super::text::words;
use crate::event::{Expects, Purpose, Source, Utterance, UtteranceId, Word};
use std::ops::Range;

/// Below this confidence a word is doubtful enough to ask.
pub(super) const DOUBTFUL: f32 = 0.45;
/// Answers up to so many words are facts: all of it matters.
const FACT: usize = 3;
/// Words that are said back at most, so that it can be listened to.
const SAID_BACK: usize = 6;
/// Runs of doubtful words that are looked at.
const RUNS: usize = 6;
/// Times that the line itself is said again.
const AGAIN: u8 = 2;
/// A reply up to so many words is a plain yes.
const PLAIN: usize = 6;

/// Words that the candidate was asked about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Doubt {
    utterance: UtteranceId,
    /// Places in the utterance's words.
    words: Range<usize>,
    /// They sound like a name of the rubric.
    alike: bool,
    /// The line that asked.
    text: String,
    again: u8,
}

impl Interview {
    /// Asks whether words of the newest answer were heard right, if that
    /// matters. Whether it asked.
    pub(super) fn doubt(&mut self, utterance: &Utterance) -> bool {
        if self.tally.doubted {
            return false;
        }
        let alike = self.misheard(utterance);
        let Some(at) = alike.clone().or_else(|| self.doubtful(utterance)) else {
            return false;
        };
        self.tally.doubted = true;
        let heard = utterance.words[at.clone()].iter();
        let said = heard.map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
        let said = said.trim_matches(|c: char| !c.is_alphanumeric() && !"+#".contains(c));
        let text = self.voice.did_you_say(said);
        self.doubt = Some(Doubt {
            utterance: utterance.id,
            words: at,
            alike: alike.is_some(),
            text: text.clone(),
            again: 0,
        });
        let utterance = utterance.id;
        self.say(Purpose::Confirm { utterance }, text, Expects::YesNo);
        true
    }

    /// The newest words that may have been a name of the rubric, if the answer
    /// is worth little without it.
    fn misheard(&self, utterance: &Utterance) -> Option<Range<usize>> {
        let planned = self.planned()?;
        if !mishearing::is_possible(utterance) {
            return None;
        }
        let whole = self.with_last(utterance)?;
        if whole.score.is_some_and(|score| score > FAULT) {
            return None;
        }
        let found = mishearing::find(&planned.question, utterance, &whole.missing)?;
        let named = self.with_last(&mishearing::corrected(utterance, &found))?;
        (!same_points(&whole, &named)).then_some(found.words)
    }

    /// The words to ask about: those whose loss would change what was said
    /// of the rubric, or the whole of a very short answer.
    fn doubtful(&self, utterance: &Utterance) -> Option<Range<usize>> {
        if utterance.source == Source::Typed || utterance.words.is_empty() {
            return None;
        }
        let unsure = |word: &Word| word.confidence < DOUBTFUL;
        let length = utterance.words.len();
        let count = utterance.words.iter().filter(|w| unsure(w)).count();
        self.planned()?;
        if count == 0 {
            return self.hangs_on_few(utterance).then_some(0..length);
        }
        if length <= FACT {
            return Some(0..length);
        }
        if count * 2 > length {
            return None;
        }
        let judge = |last: &Utterance| self.with_last(last);
        let whole = judge(utterance)?;
        if whole.hits.is_empty() && whole.misconceptions.is_empty() {
            return None;
        }
        runs(&utterance.words, unsure)
            .take(RUNS)
            .find(|run| {
                let rest = judge(&without(utterance, |at| run.contains(&at)));
                rest.is_some_and(|rest| !same_points(&whole, &rest))
            })
            .map(|run| with_neighbours(&utterance.words, run))
    }

    /// Whether a low score, or none, would rest on a word or two that are not
    /// quite sure.
    fn hangs_on_few(&self, utterance: &Utterance) -> bool {
        let matter = |w: &Word| stems::tokens(&w.text).iter().any(stems::is_content);
        utterance.words.len() <= FEW_WORDS
            && utterance.confidence < LEAST_FOR_FEW
            && utterance.words.iter().any(matter)
            && self
                .with_last(utterance)
                .is_some_and(|whole| whole.score.is_none_or(|score| score <= FAULT))
    }

    /// The open question, where it has a rubric.
    fn planned(&self) -> Option<&PlannedQuestion> {
        let asked = self.asked.last()?;
        self.setup.plan.question(asked.question.as_deref()?)
    }

    /// What the answers to the open question are worth where this is the last
    /// of them.
    fn with_last(&self, last: &Utterance) -> Option<Score> {
        let planned = self.planned()?;
        let before = self.asked.last()?.answers.iter();
        let mut answers: Vec<&Utterance> = before.filter(|a| a.id != last.id).collect();
        answers.push(last);
        Some(assess(&planned.question, &answers))
    }

    /// What a reply to "Did you say ...?" does. Whether that was all of it.
    pub(super) fn doubt_reply(&mut self, utterance: &Utterance, said: Heard) -> bool {
        let Some(doubt) = self.doubt.take() else {
            return false;
        };
        if matches!(said.intent, Intent::Repeat | Intent::Rephrase) && doubt.again < AGAIN {
            self.note_aside(utterance.id);
            self.new_turn();
            self.doubt_again(doubt);
            return true;
        }
        let stays = matches!(
            said.intent,
            Intent::Answer | Intent::Sign | Intent::Finished
        );
        let many = words(&utterance.text).len();
        match meant(&utterance.text) {
            Some(true) if stays => {
                self.confirm(&doubt);
                if many > PLAIN {
                    // "Yes, and ...": the rest answers too.
                    return false;
                }
                self.note_aside(utterance.id);
                self.new_turn();
                self.decide();
                true
            }
            Some(false) if stays => {
                self.withdraw(&doubt);
                match correction(utterance) {
                    Some(rest) => {
                        self.keep(rest);
                        self.new_turn();
                        self.decide();
                    }
                    None => {
                        self.note_aside(utterance.id);
                        self.new_turn();
                        let text = self.voice.say_that_part_again();
                        let utterance = doubt.utterance;
                        self.say(Purpose::Confirm { utterance }, text, Expects::Long);
                    }
                }
                true
            }
            // Said again, or something else: it stands beside the first, and
            // the doubtful words stay doubtful.
            _ => false,
        }
    }

    /// Says the open "Did you say ...?" again, if there is one. Whether it
    /// did.
    pub(super) fn doubt_once_more(&mut self) -> bool {
        match self.doubt.take() {
            Some(doubt) if doubt.again < AGAIN => {
                self.doubt_again(doubt);
                true
            }
            _ => false,
        }
    }

    fn doubt_again(&mut self, doubt: Doubt) {
        let (utterance, text) = (doubt.utterance, doubt.text.clone());
        self.doubt = Some(Doubt {
            again: doubt.again + 1,
            ..doubt
        });
        self.say(Purpose::Confirm { utterance }, text, Expects::YesNo);
    }

    fn note_aside(&mut self, id: UtteranceId) {
        if let Some(asked) = self.open() {
            asked.asides.push(id);
        }
    }

    fn doubted(&mut self, doubt: &Doubt) -> Option<&mut Utterance> {
        let id = doubt.utterance;
        self.open()?.answers.iter_mut().find(|a| a.id == id)
    }

    /// The candidate said so: the words count as sure, unless they only sound
    /// like what was said. The log keeps what was recognised.
    fn confirm(&mut self, doubt: &Doubt) {
        let Some(answer) = self.doubted(doubt) else {
            return;
        };
        let all = answer.words.len().max(1) as f32;
        for word in answer
            .words
            .iter_mut()
            .take(doubt.words.end)
            .skip(doubt.words.start)
        {
            let sure = if doubt.alike { 0.0 } else { 1.0 };
            answer.confidence += (sure - word.confidence) / all;
            word.confidence = sure;
        }
        answer.confidence = answer.confidence.clamp(0.0, 1.0);
    }

    /// The candidate did not say so: the words are not scored. The log keeps
    /// what was recognised.
    fn withdraw(&mut self, doubt: &Doubt) {
        let words = doubt.words.clone();
        if let Some(answer) = self.doubted(doubt) {
            *answer = without(answer, |at| words.contains(&at));
        }
    }
}

/// Stretches of unsure words within a sentence; one sure word between two
/// does not part them.
fn runs(words: &[Word], unsure: impl Fn(&Word) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for at in (0..words.len()).filter(|at| unsure(&words[*at])) {
        match all.last_mut() {
            Some(last)
                if at <= last.end + 1
                    && at + 1 - last.start <= SAID_BACK
                    && !(last.end - 1..at).any(|between| ends_sentence(&words[between])) =>
            {
                last.end = at + 1;
            }
            _ => all.push(at..at + 1),
        }
    }
    all.into_iter()
}

fn ends_sentence(word: &Word) -> bool {
    word.text.ends_with(['.', '?', '!'])
}

/// A single word is hard to hear alone: the words beside it in its sentence
/// go with it.
fn with_neighbours(words: &[Word], run: Range<usize>) -> Range<usize> {
    let ends = |at: usize| ends_sentence(&words[at]);
    let mut at = run;
    if at.len() < SAID_BACK && at.start > 0 && !ends(at.start - 1) {
        at.start -= 1;
    }
    if at.len() < SAID_BACK && at.end < words.len() && !ends(at.end - 1) {
        at.end += 1;
    }
    at
}

/// Whether two judgements rest on the same points.
fn same_points(a: &Score, b: &Score) -> bool {
    let ids = |list: &[super::score::Evidence]| -> Vec<String> {
        list.iter().map(|e| e.id.clone()).collect()
    };
    ids(&a.hits) == ids(&b.hits) && ids(&a.misconceptions) == ids(&b.misconceptions)
}

const YES: &[&str] = &[
    "correct",
    "right",
    "exactly",
    "i did",
    "that's it",
    "that is it",
];
const NO: &[&str] = &[
    "no",
    "nope",
    "nah",
    "not quite",
    "not exactly",
    "i didn't",
    "i did not",
    "wrong",
];

/// Yes or no to "Did you say ...?".
fn meant(text: &str) -> Option<bool> {
    let line = words(text).join(" ");
    let begins = |with: &[&str]| {
        with.iter()
            .any(|w| line == *w || line.strip_prefix(w).is_some_and(|r| r.starts_with(' ')))
    };
    if begins(NO) {
        return Some(false);
    }
    if begins(YES) || begins(&["yes", "yeah", "yep", "yup", "sure"]) {
        return Some(true);
    }
    yes_or_no(text).filter(|_| words(text).len() <= PLAIN)
}

/// What stands in the words after a "no", without the words that only say
/// that something follows.
fn correction(utterance: &Utterance) -> Option<Utterance> {
    const BEFORE: &[&str] = &[
        "no", "nope", "nah", "not", "quite", "exactly", "i", "said", "say", "meant", "mean", "did",
        "didn't", "was", "that", "it's", "it", "is", "sorry", "wrong", "actually",
    ];
    let parts: Vec<&str> = utterance.text.split_whitespace().collect();
    let skip = parts
        .iter()
        .take_while(|part| words(part).iter().all(|w| BEFORE.contains(&w.as_str())))
        .count();
    if skip >= parts.len() {
        return None;
    }
    let mut rest = utterance.clone();
    rest.text = parts[skip..].join(" ");
    if rest.words.len() == parts.len() {
        rest.words.drain(..skip);
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Utterance {
        Utterance {
            id: 1,
            text: text.into(),
            words: Vec::new(),
            start_ms: 0,
            end_ms: 0,
            confidence: 0.9,
            source: Source::Voice,
        }
    }

    #[test]
    fn replies_are_read() {
        for (text, expected) in [
            ("Yes.", Some(true)),
            ("Yeah, I did.", Some(true)),
            ("Exactly.", Some(true)),
            ("Correct.", Some(true)),
            ("No.", Some(false)),
            ("No, I said optimistic locking.", Some(false)),
            ("Not quite.", Some(false)),
            ("Optimistic locking.", None),
        ] {
            assert_eq!(meant(text), expected, "{text}");
        }
    }

    #[test]
    fn what_follows_a_no_is_the_correction() {
        for (text, expected) in [
            ("No.", None),
            ("No, I didn't.", None),
            (
                "No, I said optimistic locking.",
                Some("optimistic locking."),
            ),
            ("Not quite, it was a deadlock", Some("a deadlock")),
        ] {
            let rest = correction(&said(text)).map(|u| u.text);
            assert_eq!(rest.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn unsure_words_are_asked_about_with_their_neighbours() {
        let word = |text: &str, confidence| Word {
            text: text.into(),
            start_ms: 0,
            end_ms: 0,
            confidence,
        };
        let words = [
            word("I", 0.9),
            word("took", 0.9),
            word("an", 0.3),
            word("index", 0.9),
            word("scan.", 0.2),
            word("Then", 0.9),
            word("slept", 0.1),
        ];
        let found: Vec<_> = runs(&words, |w| w.confidence < DOUBTFUL).collect();
        assert_eq!(found, [2..5, 6..7]);
        assert_eq!(with_neighbours(&words, 2..5), 1..5);
        assert_eq!(with_neighbours(&words, 6..7), 5..7);
    }
}
