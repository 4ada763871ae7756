//! Long answers: whether any word is lost or doubled where an answer is cut
//! into pieces, and what its length costs in time and memory.
//!
//! The same sentences are heard three ways: as one long answer, each by
//! itself, and around every cut as one piece without the cut. What the last
//! way hears and the first does not was lost at the cut.

use super::bench_growth as growth;
use super::bench_hearing::Ears;
use super::bench_sounds::{RATE, SENTENCES, chance, pink, spoken, voices};
use super::bench_stt::quantile;
use crate::call::listen::{Decode, Heard};
use crate::speech::wer::{Step, WordErrors, comparable, steps, word_errors};
use rand::RngExt;
use serde::Serialize;
use std::ops::Range;

/// Said words this near to a cut belong to it: all that both sides decode,
/// and as much again.
const NEAR: usize = RATE * 16 / 10;
/// What is heard on either side of a cut without it, at least.
const AROUND: usize = RATE * 3;
/// Words up to so far apart may be one word, doubled.
const DOUBLE: usize = 3;
/// A chunk of 20 ms softer than this has no sound in it.
const SOFT: f32 = 0.01;
/// Holes inside of sentences are shortened to 60 ms where nobody is to pause.
const HOLE: usize = 3;

/// How somebody speaks for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Manner {
    name: &'static str,
    /// Silence between two sentences, in milliseconds, by turns.
    pauses_ms: &'static [usize],
    /// Whether there are pauses within sentences.
    breathes: bool,
}

const MANNERS: [Manner; 3] = [
    Manner {
        name: "no pause",
        pauses_ms: &[0],
        breathes: false,
    },
    Manner {
        name: "short pauses",
        pauses_ms: &[180, 240, 120],
        breathes: true,
    },
    Manner {
        name: "pauses",
        pauses_ms: &[450, 600, 300],
        breathes: true,
    },
];

/// What came of one answer.
#[derive(Serialize, Clone, Debug)]
pub(super) struct Long {
    model: String,
    threads: usize,
    voice: &'static str,
    manner: &'static str,
    seconds: f64,
    /// Pieces that were decoded, and how many of them begin at a cut inside
    /// of speech.
    decodes: usize,
    cuts: usize,
    wer: f64,
    errors: WordErrors,
    /// The same sentences, each heard by itself.
    wer_in_sentences: f64,
    /// Said words that are heard without the cut and missing with it.
    lost: usize,
    /// Words that are there twice with the cut and once without.
    doubled: usize,
    /// Time for the last piece, and for pieces of the middle.
    last_ms: f64,
    last_seconds: f64,
    decode_ms_p50: Option<f64>,
    /// Memory that was added while it was listened to (Linux only).
    memory_added_mb: Option<u64>,
}

impl Long {
    /// Words that went wrong at the cuts.
    pub(super) const fn faults(&self) -> usize {
        self.lost + self.doubled
    }
}

/// An answer, and where each of its sentences is.
struct Answer {
    audio: Vec<f32>,
    sentences: Vec<(&'static str, Range<usize>)>,
}

impl Answer {
    fn new(voice: &str, manner: Manner, seconds: usize, seed: u64) -> anyhow::Result<Self> {
        let mut made = Vec::new();
        for text in SENTENCES {
            made.push(trimmed(&spoken(voice, 1.0, text)?, manner.breathes));
        }
        let mut rng = chance(seed, manner.name);
        let mut audio = vec![0.0f32; RATE];
        let mut sentences = Vec::new();
        let mut at = rng.random_range(0..made.len());
        for pause in manner.pauses_ms.iter().cycle() {
            if audio.len() >= seconds * RATE {
                break;
            }
            let begin = audio.len();
            audio.extend_from_slice(&made[at]);
            sentences.push((SENTENCES[at], begin..audio.len()));
            audio.extend(vec![0.0; pause * RATE / 1000]);
            // Every sentence, in an order that seldom repeats.
            at = (at + 1 + 2 * rng.random_range(0..4)) % made.len();
        }
        audio.extend(vec![0.0; RATE]);
        let room = pink(audio.len(), -70.0, &mut rng);
        for (to, from) in audio.iter_mut().zip(room) {
            *to += from;
        }
        Ok(Self { audio, sentences })
    }

    fn text(&self) -> String {
        texts(&self.sentences)
    }

    /// The compared words with the middles of their times, roughly.
    fn words(&self) -> Vec<(String, usize)> {
        let mut all = Vec::new();
        for (text, place) in &self.sentences {
            let words = comparable(text);
            let letters: usize = words.iter().map(|w| w.len() + 1).sum();
            let mut before = 0;
            for word in words {
                let middle = before + word.len().div_ceil(2);
                before += word.len() + 1;
                all.push((word, place.start + place.len() * middle / letters.max(1)));
            }
        }
        all
    }

    /// Whole sentences around a cut: their places, and how many words were
    /// said before them.
    fn around(&self, cut: usize) -> (Range<usize>, usize) {
        let touches = |place: &Range<usize>| place.end + AROUND > cut && place.start < cut + AROUND;
        let mut words = 0;
        let mut range = 0..0;
        for (at, (text, place)) in self.sentences.iter().enumerate() {
            if touches(place) {
                if range.is_empty() {
                    range.start = at;
                }
                range.end = at + 1;
            } else if range.is_empty() {
                words += comparable(text).len();
            }
        }
        (range, words)
    }
}

fn texts(sentences: &[(&'static str, Range<usize>)]) -> String {
    let texts: Vec<&str> = sentences.iter().map(|s| s.0).collect();
    texts.join(" ")
}

/// Without the silence at both ends; and without that within where nobody
/// breathes.
fn trimmed(speech: &[f32], breathes: bool) -> Vec<f32> {
    let chunks: Vec<&[f32]> = speech.chunks(RATE / 50).collect();
    let sounds = |chunk: &&[f32]| chunk.iter().any(|v| v.abs() > SOFT);
    let from = chunks.iter().position(&sounds).unwrap_or(0);
    let to = chunks.iter().rposition(&sounds).map_or(0, |at| at + 1);
    let mut silent = 0;
    let mut out = Vec::new();
    for chunk in &chunks[from..to.max(from)] {
        silent = if sounds(chunk) { 0 } else { silent + 1 };
        if breathes || silent <= HOLE {
            out.extend_from_slice(chunk);
        }
    }
    out
}

/// Words that a cut took or doubled, by what is heard without it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Faults {
    lost: usize,
    doubled: usize,
}

/// What became of each said word, and the words that stand in front of it
/// although nobody said them; the last entry's are at the end.
fn fates(said: &[String], heard: &[String]) -> (Vec<Step>, Vec<Vec<String>>) {
    let mut fates = Vec::with_capacity(said.len());
    let mut added = vec![Vec::new(); said.len() + 1];
    let mut heard = heard.iter();
    for step in steps(said, heard.as_slice()) {
        let word = if step == Step::Deleted {
            None
        } else {
            heard.next()
        };
        match (step, word) {
            (Step::Inserted, Some(word)) => added[fates.len()].push(word.clone()),
            _ => fates.push(step),
        }
    }
    (fates, added)
}

/// Compares two ways to hear the same words, `here` with a cut and `whole`
/// without, within `places` of them.
fn faults(said: &[String], here: &[String], whole: &[String], places: Range<usize>) -> Faults {
    let (with, added) = fates(said, here);
    let (without, added_without) = fates(said, whole);
    let mut found = Faults::default();
    for at in places {
        if with[at] == Step::Deleted && without[at] == Step::Same {
            found.lost += 1;
        }
        let near = &said[at.saturating_sub(DOUBLE)..(at + DOUBLE).min(said.len())];
        let twice = |list: &[Vec<String>]| list[at].iter().filter(|w| near.contains(w)).count();
        found.doubled += twice(&added).saturating_sub(twice(&added_without));
    }
    found
}

/// What went wrong at the cuts of an answer.
fn at_the_cuts(ears: &mut Ears, answer: &Answer, heard: &Heard) -> anyhow::Result<Faults> {
    let words = answer.words();
    let said: Vec<String> = words.iter().map(|w| w.0.clone()).collect();
    let all = comparable(&heard.text());
    let mut total = Faults::default();
    for cut in heard.decodes.iter().filter_map(|d| d.cut) {
        let cut = cut as usize;
        let (sentences, before) = answer.around(cut);
        let part = &answer.sentences[sentences.clone()];
        let (Some(first), Some(last)) = (part.first(), part.last()) else {
            continue;
        };
        let margin = RATE / 5;
        let from = first.1.start.saturating_sub(margin);
        let to = (last.1.end + margin).min(answer.audio.len());
        let whole = ears.hear_piece(&answer.audio[from..to])?;
        let here = before..before + comparable(&texts(part)).len();
        // What was heard of these sentences: all that the whole comparison
        // puts beside their words.
        let heard_here = beside(&said, &all, here.clone());
        let near = |at: &usize| words[*at].1.abs_diff(cut) <= NEAR;
        let Some(start) = here.clone().find(near) else {
            continue;
        };
        let places = start - before..here.clone().rfind(near).unwrap_or(start) + 1 - before;
        let found = faults(&said[here], &heard_here, &comparable(&whole.text), places);
        tracing::debug!(
            cut,
            ?found,
            whole = whole.text,
            here = heard_here.join(" "),
            "cut"
        );
        total.lost += found.lost;
        total.doubled += found.doubled;
    }
    Ok(total)
}

/// The heard words that stand beside these said ones.
fn beside(said: &[String], heard: &[String], places: Range<usize>) -> Vec<String> {
    let (mut at, mut next) = (0, 0);
    let mut out = Vec::new();
    for step in steps(said, heard) {
        if step != Step::Deleted {
            if places.contains(&at) {
                out.push(heard[next].clone());
            }
            next += 1;
        }
        at += usize::from(step != Step::Inserted);
    }
    out
}

/// Measures answers of a length in every manner, and of a tenth of it.
pub(super) fn measure(
    ears: &mut Ears,
    (model, threads): (&str, usize),
    seconds: u32,
    seed: u64,
) -> anyhow::Result<Vec<Long>> {
    let voices = voices();
    anyhow::ensure!(!voices.is_empty(), "No built-in voice to make answers with");
    let mut rows = Vec::new();
    for (manner, voice) in MANNERS.into_iter().zip(voices.into_iter().cycle()) {
        for seconds in [(seconds / 10).max(10), seconds] {
            let answer = Answer::new(voice, manner, seconds as usize, seed)?;
            let before = growth::now_mb();
            growth::reset_peak();
            let heard = ears.hear_once(&answer.audio)?;
            let memory_added_mb = growth::peak_mb()
                .zip(before)
                .map(|(peak, before)| peak.saturating_sub(before));
            let found = at_the_cuts(ears, &answer, &heard)?;
            let errors = word_errors(&answer.text(), &heard.text());
            let ms = |d: &Decode| d.took.as_secs_f64() * 1000.0;
            let last = heard.decodes.last();
            rows.push(Long {
                model: model.to_owned(),
                threads,
                voice,
                manner: manner.name,
                seconds: answer.audio.len() as f64 / RATE as f64,
                decodes: heard.decodes.len(),
                cuts: heard.decodes.iter().filter(|d| d.cut.is_some()).count(),
                wer: errors.rate(),
                errors,
                wer_in_sentences: alone(ears, &answer)?.rate(),
                lost: found.lost,
                doubled: found.doubled,
                last_ms: last.map_or(0.0, ms),
                last_seconds: last.map_or(0.0, |d| d.samples as f64 / RATE as f64),
                decode_ms_p50: quantile(heard.decodes.iter().map(ms), 0.5),
                memory_added_mb,
            });
        }
    }
    Ok(rows)
}

/// Each sentence of an answer in a call of its own.
fn alone(ears: &mut Ears, answer: &Answer) -> anyhow::Result<WordErrors> {
    let mut errors = WordErrors::default();
    let mut known: Vec<(&str, WordErrors)> = Vec::new();
    for (text, place) in &answer.sentences {
        let same = known.iter().find(|k| k.0 == *text).map(|k| k.1);
        let one = match same {
            Some(one) => one,
            None => {
                let mut audio = vec![0.0; RATE];
                audio.extend_from_slice(&answer.audio[place.clone()]);
                audio.extend(vec![0.0; RATE]);
                let one = word_errors(text, &ears.hear_once(&audio)?.text());
                known.push((text, one));
                one
            }
        };
        errors += one;
    }
    Ok(errors)
}

pub(super) fn print(rows: &[Long]) {
    println!(
        "{:<24}{:>8} {:<14}{:<6}{:>8}{:>8}{:>6}{:>8}{:>11}{:>6}{:>9}{:>9}{:>9}{:>8}",
        "model",
        "threads",
        "long answers",
        "voice",
        "s",
        "pieces",
        "cuts",
        "WER",
        "sentences",
        "lost",
        "doubled",
        "last ms",
        "p50 ms",
        "MB"
    );
    for row in rows {
        println!(
            "{:<24}{:>8} {:<14}{:<6}{:>8.1}{:>8}{:>6}{:>6.1} %{:>9.1} %{:>6}{:>9}{:>9.0}{:>9.0}{:>8}",
            row.model,
            row.threads,
            row.manner,
            row.voice,
            row.seconds,
            row.decodes,
            row.cuts,
            row.wer * 100.0,
            row.wer_in_sentences * 100.0,
            row.lost,
            row.doubled,
            row.last_ms,
            row.decode_ms_p50.unwrap_or_default(),
            row.memory_added_mb
                .map_or_else(|| "?".to_owned(), |mb| mb.to_string()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        comparable(text)
    }

    fn found(here: &str, whole: &str) -> (usize, usize) {
        let said = words("we moved the old service to a new cluster in spring");
        let found = faults(&said, &words(here), &words(whole), 0..said.len());
        (found.lost, found.doubled)
    }

    #[test]
    fn words_that_a_cut_takes_or_doubles_are_counted_and_the_models_own_errors_not() {
        let right = "we moved the old service to a new cluster in spring";
        assert_eq!(found(right, right), (0, 0));
        let lost = "we moved the old service to a cluster in spring";
        assert_eq!(found(lost, right), (1, 0));
        // Not heard without the cut either.
        assert_eq!(found(lost, lost), (0, 0));
        let doubled = "we moved the old service service to a new cluster in spring";
        assert_eq!(found(doubled, right), (0, 1));
        let wrong = "we moved the old surface to a blue cluster in spring";
        assert_eq!(found(wrong, right), (0, 0));
    }

    #[test]
    fn what_stands_beside_some_words_is_found() {
        let said = words("one two three four five six");
        let heard = words("one too three for extra five");
        assert_eq!(beside(&said, &heard, 2..4), words("three for"));
    }

    #[test]
    fn nobody_pauses_where_nobody_breathes() {
        let mut speech = vec![0.0; RATE];
        speech.extend(vec![0.1; RATE]);
        speech.extend(vec![0.0; RATE]);
        speech.extend(vec![0.1; RATE]);
        speech.extend(vec![0.0; RATE]);
        assert_eq!(trimmed(&speech, true).len(), 3 * RATE);
        assert_eq!(trimmed(&speech, false).len(), 2 * RATE + HOLE * RATE / 50);
        assert!(trimmed(&[0.0; 1_000], false).is_empty());
    }
}
