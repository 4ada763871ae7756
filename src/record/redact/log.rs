//! What is taken out of the log: which words of which utterance, which words
//! of which line, and when they were spoken.

use super::BAR;
use super::clean::{Cleaner, barred_text};
use super::rules::{Rules, Token, tokens};
use super::spans::Span;
use crate::event::{
    Event, Input, Line, LineId, Output, Record, Source, Utterance, UtteranceId, Word,
};
use crate::record::correct::Correction;
use crate::record::error::RecordError;
use serde_json::Value;
use std::collections::BTreeMap;

/// A text that was said, and which of its words are taken out.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) words: Vec<String>,
    pub(super) barred: Vec<bool>,
}

/// What [`find`] finds.
#[derive(Default)]
pub(super) struct Found {
    /// Stretches of speech that are taken out, without margin.
    pub(super) barred: Vec<Span>,
    /// Every text that was said, as words.
    pub(super) said: Vec<Vec<String>>,
    /// Texts from which something is taken out.
    pub(super) sources: Vec<Said>,
    /// How many words and whole lines become bars.
    pub(super) bars: usize,
    /// By utterance: which entries of its word list, and which words of its
    /// text.
    utterances: BTreeMap<UtteranceId, (Vec<bool>, Vec<bool>)>,
    /// By line: which words of its text.
    lines: BTreeMap<LineId, Vec<bool>>,
}

/// Looks through the log once.
///
/// A correction that says something that is taken out gives away what was
/// said where the recogniser misheard it: the words in whose place it stands
/// go as well.
pub(super) fn find(
    records: &[Record],
    corrections: &[Correction],
    rules: &Rules,
    spans: &[Span],
) -> Found {
    let mut found = Found::default();
    let mut played: BTreeMap<LineId, Vec<Span>> = BTreeMap::new();
    for record in records {
        if let Event::Played {
            line,
            start_ms,
            end_ms,
        } = record.event
        {
            played
                .entry(line)
                .or_default()
                .push(Span { start_ms, end_ms });
        }
    }
    for record in records {
        match &record.event {
            Event::Output {
                output: Output::Say(line),
            } => {
                let heard = played.get(&line.id).map_or(&[][..], Vec::as_slice);
                found.line(line, heard, rules, spans);
            }
            Event::Input {
                input: Input::Utterance(utterance),
            } => {
                let said = corrections.iter().filter(|c| c.utterance == utterance.id);
                let said: Vec<&str> = said.map(|c| c.text.as_str()).collect();
                found.utterance(utterance, &said, rules, spans);
            }
            _ => {}
        }
    }
    found
}

fn folded(tokens: Vec<Token>) -> Vec<String> {
    tokens.into_iter().map(|t| t.folded).collect()
}

fn met(spans: &[Span], start_ms: u64, end_ms: u64) -> bool {
    spans.iter().any(|s| s.meets(start_ms, end_ms))
}

impl Found {
    /// Times of a line's words are not kept: where one is taken out, the
    /// whole line gets the tone; where its sound is, its whole text a bar.
    fn line(&mut self, line: &Line, heard: &[Span], rules: &Rules, spans: &[Span]) {
        let words = folded(tokens(&line.text));
        let mut barred = rules.hits(&words);
        if heard.iter().any(|h| met(spans, h.start_ms, h.end_ms)) {
            barred.fill(true);
        }
        if barred.contains(&true) {
            self.barred.extend(heard);
            self.bars += 1;
            self.lines.insert(line.id, barred.clone());
            self.source(&words, &barred);
        }
        self.said.push(words);
    }

    fn utterance(
        &mut self,
        utterance: &Utterance,
        corrected: &[&str],
        rules: &Rules,
        spans: &[Span],
    ) {
        let text = folded(tokens(&utterance.text));
        // Each word of the list may hold several words, or none.
        let mut listed: Vec<String> = Vec::new();
        let mut of: Vec<usize> = Vec::new();
        for (i, word) in utterance.words.iter().enumerate() {
            for token in tokens(&word.text) {
                listed.push(token.folded);
                of.push(i);
            }
        }
        let mut words = vec![false; utterance.words.len()];
        for (hit, i) in rules.hits(&listed).into_iter().zip(&of) {
            words[*i] |= hit;
        }
        let mut barred = rules.hits(&text);
        for corrected in corrected {
            let corrected = folded(tokens(corrected));
            let gone = rules.hits(&corrected);
            for (i, hit) in of.iter().zip(misheard(&listed, &corrected, &gone)) {
                words[*i] |= hit;
            }
            for (word, hit) in barred.iter_mut().zip(misheard(&text, &corrected, &gone)) {
                *word |= hit;
            }
            self.said.push(corrected);
        }
        for (i, word) in utterance.words.iter().enumerate() {
            words[i] |= met(spans, word.start_ms, word.end_ms);
        }
        if listed == text {
            for (t, i) in of.iter().enumerate() {
                barred[t] |= words[*i];
                words[*i] |= barred[t];
            }
        } else if !listed.is_empty() {
            // The text is written otherwise than the list: whatever is taken
            // out of the list goes wherever it stands in the text; what only
            // the text has cannot be placed in time, so all of it goes.
            let gone: Vec<&String> = of
                .iter()
                .zip(&listed)
                .filter(|(i, _)| words[**i])
                .map(|(_, w)| w)
                .collect();
            let only_text = text
                .iter()
                .zip(&barred)
                .any(|(word, hit)| *hit && !gone.contains(&word));
            let not_found = gone.iter().any(|w| !text.contains(w));
            if only_text || not_found {
                words.fill(true);
                barred.fill(true);
            }
            for (word, hit) in text.iter().zip(&mut barred) {
                *hit |= gone.contains(&word);
            }
        }
        let spoken = utterance.source == Source::Voice;
        if utterance.words.is_empty() && spoken {
            if met(spans, utterance.start_ms, utterance.end_ms) {
                barred.fill(true);
            }
            if barred.contains(&true) {
                self.barred.push(Span {
                    start_ms: utterance.start_ms,
                    end_ms: utterance.end_ms,
                });
            }
        }
        for (word, _) in utterance.words.iter().zip(&words).filter(|(_, hit)| **hit) {
            self.barred.push(Span {
                start_ms: word.start_ms,
                end_ms: word.end_ms,
            });
        }
        if barred.contains(&true) || words.contains(&true) {
            self.bars += barred.iter().filter(|hit| **hit).count();
            self.source(&text, &barred);
            self.utterances.insert(utterance.id, (words, barred));
        }
        self.said.push(text);
        self.said.push(listed);
    }

    fn source(&mut self, words: &[String], barred: &[bool]) {
        self.sources.push(Said {
            words: words.to_vec(),
            barred: barred.to_vec(),
        });
    }
}

/// The words in whose place a correction has words that are taken out
/// (`gone`): those that are not in both, between two that are. Where nothing
/// stands there, the recogniser left it out, and the words on both sides go.
fn misheard(said: &[String], corrected: &[String], gone: &[bool]) -> Vec<bool> {
    let (n, m) = (said.len(), corrected.len());
    // Length of the longest common sequence of what follows.
    let mut common = vec![vec![0usize; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            common[i][j] = if said[i] == corrected[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let mut out = vec![false; n];
    let (mut i, mut j) = (0, 0);
    loop {
        let (from, first) = (i, j);
        while i < n && j < m && said[i] != corrected[j] {
            if common[i + 1][j] >= common[i][j + 1] {
                i += 1;
            } else {
                j += 1;
            }
        }
        if i == n || j == m {
            (i, j) = (n, m);
        }
        if gone[first..j].contains(&true) {
            if from == i {
                out[from.saturating_sub(1)..(i + 1).min(n)].fill(true);
            } else {
                out[from..i].fill(true);
            }
        }
        if i == n {
            return out;
        }
        out[i] |= gone[j];
        i += 1;
        j += 1;
    }
}

/// An event with bars in its texts.
///
/// # Errors
/// [`RecordError::Unstorable`] if it is no event any more: a rule met a name
/// of the format.
pub(super) fn redacted(
    event: Event,
    found: &Found,
    cleaner: &Cleaner,
) -> Result<Event, RecordError> {
    let mut event = event;
    match &mut event {
        Event::Input {
            input: Input::Utterance(utterance),
        } => {
            if let Some((words, barred)) = found.utterances.get(&utterance.id) {
                utterance.text = barred_text(&utterance.text, &tokens(&utterance.text), barred);
                utterance.words = bar_words(&utterance.words, words);
            }
        }
        Event::Output {
            output: Output::Say(line),
        } => {
            if let Some(barred) = found.lines.get(&line.id) {
                line.text = barred_text(&line.text, &tokens(&line.text), barred);
            }
        }
        Event::Input {
            input: Input::LineEnded { line, heard, .. },
        } => {
            if let Some(barred) = found.lines.get(line) {
                // As much of the line as was heard; where it is written
                // otherwise, none of it.
                let words = tokens(heard);
                let known = words.len() <= barred.len();
                *heard = if known {
                    barred_text(heard, &words, &barred[..words.len()])
                } else {
                    BAR.to_owned()
                };
            }
        }
        _ => {}
    }
    let unstorable = |e: serde_json::Error| RecordError::Unstorable {
        what: format!("a redacted event: {e}"),
    };
    let mut value = serde_json::to_value(&event).map_err(unstorable)?;
    clean_texts(&mut value, cleaner);
    serde_json::from_value(value).map_err(unstorable)
}

/// Names of the format that are no texts: a word that is looked for may be
/// one of their values.
const TAGS: &[&str] = &[
    "type", "kind", "is", "stage", "expects", "how", "request", "reason", "track", "source",
    "question", "point", "fact",
];

fn clean_texts(value: &mut Value, cleaner: &Cleaner) {
    match value {
        Value::String(text) => *text = cleaner.words(text),
        Value::Array(items) => items.iter_mut().for_each(|v| clean_texts(v, cleaner)),
        Value::Object(members) => {
            for (name, member) in members {
                if !(member.is_string() && TAGS.contains(&name.as_str())) {
                    clean_texts(member, cleaner);
                }
            }
        }
        _ => {}
    }
}

/// The word list with one bar for each run of words that are taken out.
fn bar_words(words: &[Word], barred: &[bool]) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::new();
    let mut open = false;
    for (word, hit) in words.iter().zip(barred) {
        match (hit, open, out.last_mut()) {
            (true, true, Some(last)) => last.end_ms = last.end_ms.max(word.end_ms),
            (true, ..) => out.push(Word {
                text: BAR.to_owned(),
                start_ms: word.start_ms,
                end_ms: word.end_ms,
                confidence: 0.0,
            }),
            (false, ..) => out.push(word.clone()),
        }
        open = *hit;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        folded(tokens(text))
    }

    #[test]
    fn what_a_correction_gives_away_goes_where_it_was_misheard() {
        let check = |said: &str, corrected: &str, gone: &str, expected: &str| {
            let (said, corrected) = (words(said), words(corrected));
            let gone: Vec<bool> = corrected.iter().map(|w| words(gone).contains(w)).collect();
            let found = misheard(&said, &corrected, &gone);
            let shown = said.iter().zip(found);
            let shown: Vec<&str> = shown.map(|(w, hit)| if hit { "_" } else { w }).collect();
            assert_eq!(shown.join(" "), expected);
        };
        check("I am so e", "I am Zoe", "zoe", "i am _ _");
        check("so he said", "Zoe said", "zoe", "_ _ said");
        check("we met in may", "we met Ann in may", "ann", "we _ _ may");
        check("yes", "Ann yes", "ann", "_");
        check("a b c", "x y z", "y", "_ _ _");
        check("a b c", "a x c", "q", "a b c");
        // What is in both is taken out by itself as well.
        check("call ann now", "call ann right now", "ann", "call _ now");
        check("", "ann", "ann", "");
        check("ann", "", "ann", "ann");
    }

    proptest! {
        /// Words of a correction that are taken out are hidden; where none
        /// is, none goes.
        #[test]
        fn something_goes_exactly_where_something_is_given_away(
            said in prop::collection::vec("[a-d]", 0..9),
            corrected in prop::collection::vec("[a-e]", 0..9),
            gone in "[a-e]",
        ) {
            let hits: Vec<bool> = corrected.iter().map(|w| *w == gone).collect();
            let found = misheard(&said, &corrected, &hits);
            prop_assert_eq!(found.len(), said.len());
            let given_away = hits.contains(&true) && !said.is_empty();
            prop_assert_eq!(found.contains(&true), given_away);
        }
    }
}
