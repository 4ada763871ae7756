//! Bars in texts that were derived from the log: documents, quotes, names.
//! What was taken out of the log is found there by the words around it.

use super::BAR;
use super::log::{Found, Said};
use super::rules::{Rules, Token, is_number, tokens};
use super::spans::Span;
use crate::record::RATE;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Puts bars into texts.
pub(super) struct Cleaner {
    rules: Rules,
    sources: Vec<Said>,
    tones: Vec<Span>,
    /// Numbers that were taken out and are taken out wherever they stand.
    numbers: BTreeSet<String>,
}

/// The text with one bar for each run of words that are taken out.
pub(super) fn barred_text(text: &str, tokens: &[Token], barred: &[bool]) -> String {
    let mut out = String::new();
    let (mut done, mut open) = (0, false);
    for (token, hit) in tokens.iter().zip(barred) {
        if *hit {
            if !open {
                out.push_str(&text[done..token.start]);
                out.push_str(BAR);
            }
            done = token.end;
        }
        open = *hit;
    }
    out.push_str(&text[done..]);
    out
}

fn folded(tokens: &[Token]) -> Vec<String> {
    tokens.iter().map(|t| t.folded.clone()).collect()
}

impl Cleaner {
    pub(super) fn new(rules: Rules, found: &Found, tones: &[(u64, u64)]) -> Self {
        let per_ms = u64::from(RATE) / 1000;
        // Of one or two digits there are too many in any document.
        let telling = |w: &String| {
            is_number(w) && (w.chars().count() > 2 || w.chars().all(char::is_alphabetic))
        };
        let numbers = match rules.numbers() {
            false => BTreeSet::new(),
            true => found
                .sources
                .iter()
                .flat_map(|s| s.words.iter().zip(&s.barred))
                .filter(|(word, hit)| **hit && telling(word) && *word != "one")
                .map(|(word, _)| word.clone())
                .collect(),
        };
        Self {
            rules,
            sources: found.sources.clone(),
            tones: tones
                .iter()
                .map(|(from, to)| Span {
                    start_ms: from / per_ms,
                    end_ms: to.div_ceil(per_ms),
                })
                .collect(),
            numbers,
        }
    }

    /// A text in which only the words that were named are taken out.
    pub(super) fn words(&self, text: &str) -> String {
        let tokens = tokens(text);
        let barred = self.rules.named(&folded(&tokens));
        barred_text(text, &tokens, &barred)
    }

    /// A text that may hold what was said: the same, and whatever stands in
    /// it of the places from which something was taken out.
    fn text(&self, text: &str) -> String {
        let tokens = tokens(text);
        let words = folded(&tokens);
        let mut barred = self.rules.named(&words);
        for (word, hit) in words.iter().zip(&mut barred) {
            *hit |= self.numbers.contains(word);
        }
        let mut best = vec![(0, false); words.len()];
        for source in &self.sources {
            align(&words, source, &mut best);
        }
        for ((_, gone), hit) in best.into_iter().zip(&mut barred) {
            *hit |= gone;
        }
        barred_text(text, &tokens, &barred)
    }

    /// A document with bars; none if it is of a kind that cannot be barred.
    pub(super) fn document(&self, name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(bytes).ok()?;
        match name.rsplit_once('.')?.1 {
            "txt" | "md" | "csv" => Some(self.text(text).into_bytes()),
            "vtt" | "srt" => Some(self.captions(&self.text(text)).into_bytes()),
            "json" => {
                let mut value: Value = serde_json::from_str(text).ok()?;
                self.json(&mut value);
                let mut out = serde_json::to_vec_pretty(&value).ok()?;
                out.push(b'\n');
                Some(out)
            }
            _ => None,
        }
    }

    /// Whether a stretch lies under the tone, so that nothing of it was left.
    fn toned(&self, from_ms: u64, to_ms: u64) -> bool {
        let mut tones = self.tones.iter();
        from_ms < to_ms && tones.any(|s| s.start_ms <= from_ms && to_ms <= s.end_ms)
    }

    /// Captions whose whole time is under the tone: a word alone in its cue
    /// has no words around it to be found by.
    fn captions(&self, text: &str) -> String {
        let mut out = String::new();
        let mut gone = false;
        for line in text.split_inclusive('\n') {
            let body = line.trim_end_matches(['\n', '\r']);
            if let Some((from, to)) = cue_times(body) {
                gone = self.toned(from, to);
            } else if body.trim().is_empty() {
                gone = false;
            } else if gone {
                let voice = body.find('>').filter(|_| body.starts_with("<v "));
                out.push_str(voice.map_or("", |end| &body[..=end]));
                out.push_str(BAR);
                out.push_str(&line[body.len()..]);
                continue;
            }
            out.push_str(line);
        }
        out
    }

    fn json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => {
                for item in &mut *items {
                    self.json(item);
                }
                join_bars(items);
            }
            Value::Object(members) => {
                let time = |name: &str| members.get(name).and_then(Value::as_u64);
                let inside = match (time("start_ms"), time("end_ms")) {
                    (Some(from), Some(to)) => self.toned(from, to),
                    _ => false,
                };
                for (name, member) in members {
                    let spoken = matches!(name.as_str(), "text" | "quote" | "heard" | "shown");
                    if inside && spoken && member.is_string() {
                        *member = Value::String(BAR.to_owned());
                    } else {
                        self.json(member);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The times of a cue, in milliseconds, if the line states them
/// (`00:01.500 --> 00:02.000`; hours before, in SRT a comma).
fn cue_times(line: &str) -> Option<(u64, u64)> {
    let time = |text: &str| {
        let (whole, fraction) = text.split_once(['.', ','])?;
        let mut seconds = 0u64;
        for part in whole.split(':') {
            seconds = seconds.checked_mul(60)?.checked_add(part.parse().ok()?)?;
        }
        let ms: u64 = fraction.parse().ok().filter(|ms| *ms < 1000)?;
        seconds.checked_mul(1000)?.checked_add(ms)
    };
    let (from, to) = line.split_once("-->")?;
    Some((time(from.trim())?, time(to.split_whitespace().next()?)?))
}

/// Finds where words of a text stand in the source: two words in a row, or
/// the whole text. For each word: the length of the longest such run so far,
/// and whether the word is taken out there (at one of them, of several as
/// long).
fn align(words: &[String], source: &Said, best: &mut [(usize, bool)]) {
    let (n, m) = (words.len(), source.words.len());
    if m == 0 {
        return;
    }
    // Each diagonal is one way of laying the text beside the source.
    for shift in 0..(n + m).saturating_sub(1) {
        let (mut i, mut j) = (shift.saturating_sub(m - 1), (m - 1).saturating_sub(shift));
        let mut run = 0;
        loop {
            let same = i < n && j < m && words[i] == source.words[j];
            if same {
                run += 1;
            } else {
                if run >= 2 || (run > 0 && run == n) {
                    for k in 1..=run {
                        let (longest, gone) = &mut best[i - k];
                        let here = source.barred[j - k];
                        *gone = match run.cmp(longest) {
                            Ordering::Less => *gone,
                            Ordering::Equal => *gone || here,
                            Ordering::Greater => here,
                        };
                        *longest = run.max(*longest);
                    }
                }
                run = 0;
                if i >= n || j >= m {
                    break;
                }
            }
            i += 1;
            j += 1;
        }
    }
}

/// Of a list's neighbouring words that are bars, one is left.
fn join_bars(items: &mut Vec<Value>) {
    let is_bar = |v: &Value| {
        v.get("text").and_then(Value::as_str) == Some(BAR) && v.get("confidence").is_some()
    };
    let mut out: Vec<Value> = Vec::new();
    for mut item in std::mem::take(items) {
        let bar = is_bar(&item);
        if bar {
            item["confidence"] = 0.into();
        }
        match out.last_mut() {
            Some(last) if bar && is_bar(last) => last["end_ms"] = item["end_ms"].clone(),
            _ => out.push(item),
        }
    }
    *items = out;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the text: the word is gone, and nothing else is.
        #[test]
        fn a_word_is_gone_and_all_others_stay(
            text in "([a-cA-CéÉ0-9 .,'\\-\"█]{0,40}|\\PC{0,40})",
            word in "[a-cé]{1,2}",
        ) {
            let rules = Rules::new(std::slice::from_ref(&word), false, false).unwrap();
            let cleaner = Cleaner::new(rules, &Found::default(), &[]);
            let clean = cleaner.text(&text);
            let gone = folded(&tokens(&word)).remove(0);
            let left: Vec<String> = folded(&tokens(&clean));
            let expected: Vec<String> = folded(&tokens(&text))
                .into_iter()
                .filter(|w| *w != gone)
                .collect();
            prop_assert_eq!(left, expected);
            prop_assert_eq!(cleaner.text(&clean), clean);
        }
    }

    #[test]
    fn a_bar_has_one_length_and_covers_a_run() {
        let text = "My name is Zoë van Example, and so on.";
        let t = tokens(text);
        let check = |hits: &[usize], expected: &str| {
            let barred: Vec<bool> = (0..t.len()).map(|i| hits.contains(&i)).collect();
            assert_eq!(barred_text(text, &t, &barred), expected);
        };
        check(&[3], "My name is █████ van Example, and so on.");
        check(&[3, 4, 5], "My name is █████, and so on.");
        check(&[0, 8], "█████ name is Zoë van Example, and so █████.");
        check(&[], text);
    }

    #[test]
    fn a_word_alone_in_its_cue_is_barred_by_its_time() {
        let tones = [(16_000, 32_000)];
        let cleaner = Cleaner::new(Rules::default(), &Found::default(), &tones);
        let cue = |text: &str| {
            format!(
                "WEBVTT\n\n1\n00:01.100 --> 00:01.900\n<v Ann>{text}\n\n2\n\
                 00:00:01.500 --> 00:00:02.500\n<v Ann>Partly under it.\n"
            )
        };
        let clean = cleaner.document("captions.vtt", cue("Kafka").as_bytes());
        assert_eq!(String::from_utf8(clean.unwrap()).unwrap(), cue(BAR));
    }

    #[test]
    fn quotes_are_found_by_the_words_around() {
        let words = |text: &str| folded(&tokens(text));
        let source = Said {
            words: words("we used Kafka and then Kafka again"),
            barred: vec![false, false, true, false, false, false, false],
        };
        let check = |text: &str, expected: &[usize]| {
            let words = words(text);
            let mut best = vec![(0, false); words.len()];
            align(&words, &source, &mut best);
            let found: Vec<usize> = (0..words.len()).filter(|i| best[*i].1).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("She said: \"used Kafka and\". Later Kafka again.", &[3]);
        check("Skills: Kafka", &[]);
        check("Kafka", &[0]);
        check("", &[]);
        align(&words("a b"), &Said::default(), &mut [(0, false); 2]);
        check("then Kafka again, we used Kafka", &[5]);
        // The longer run says which of the two places it is.
        check("used Kafka again", &[1]);
        check("we used Kafka and then Kafka again", &[2]);
    }
}
