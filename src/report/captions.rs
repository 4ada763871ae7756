//! Captions of the recording as WebVTT: both speakers by name, at the times
//! when they were heard. A line that was interrupted is shown as far as it
//! was heard; what has no place in the recording (typed answers, lines that
//! were never played) is not shown.

use super::Report;
use super::corrections::beside;
use super::dialogue::{Speaker, Turn};
use super::wording::{PRACTICE, flat};
use std::fmt::Write;

/// Signs of a cue at most: two lines of 42, the usual width of subtitles.
const MOST_SIGNS: usize = 84;
/// Milliseconds of a cue at most.
const MOST_MS: u64 = 7000;
/// A pause between two words that ends a cue, milliseconds.
const PAUSE_MS: u64 = 1200;

/// One stretch of text on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cue {
    start_ms: u64,
    end_ms: u64,
    who: Speaker,
    text: String,
}

/// A word with its time.
struct Timed {
    text: String,
    start_ms: u64,
    end_ms: u64,
}

/// Writes `captions.vtt`.
pub fn captions_vtt(report: &Report) -> String {
    let mut cues: Vec<Cue> = report.dialogue.iter().flat_map(of_turn).collect();
    cues.sort_by_key(|cue| (cue.start_ms, cue.end_ms));
    let candidate = match flat(&report.candidate) {
        name if name.is_empty() => "Candidate".to_owned(),
        name => name,
    };
    let mut out = format!("WEBVTT - Interview of {}\n", candidate.replace("-->", "->"));
    if report.practice {
        let _ = write!(out, "\nNOTE {PRACTICE}\n");
    }
    if let Some(corrected) = &report.corrected {
        let _ = write!(out, "\nNOTE {}\n", corrected.text());
    }
    if cues.is_empty() {
        out.push_str("\nNOTE Nothing in this record has a place in a recording.\n");
    }
    for (at, cue) in cues.iter().enumerate() {
        let who = match cue.who {
            Speaker::Recruiter => "AI Recruiter",
            Speaker::Candidate => &candidate,
        };
        let _ = write!(
            out,
            "\n{}\n{} --> {}\n<v {}>{}\n",
            at + 1,
            stamp(cue.start_ms),
            stamp(cue.end_ms),
            escape(who),
            escape(&cue.text)
        );
    }
    out
}

fn of_turn(turn: &Turn) -> Vec<Cue> {
    let (Some(start_ms), Some(end_ms)) = (turn.start_ms, turn.end_ms) else {
        return Vec::new();
    };
    if turn.heard.as_deref().is_some_and(|h| flat(h).is_empty()) {
        return Vec::new();
    }
    let words = match &turn.utterance {
        Some(said) if !said.words.is_empty() => said
            .words
            .iter()
            .map(|word| Timed {
                text: flat(&word.text),
                start_ms: word.start_ms,
                end_ms: word.end_ms,
            })
            .filter(|word| !word.text.is_empty())
            .collect(),
        _ => spread(&turn.shown(), start_ms, end_ms),
    };
    let words = words.into_iter().flat_map(pieces).collect();
    let mut cues = split(turn.who, words);
    if let Some(correction) = &turn.correction {
        // At the same time: players show both.
        let beside = spread(&beside(correction), start_ms, end_ms);
        cues.extend(split(
            turn.who,
            beside.into_iter().flat_map(pieces).collect(),
        ));
    }
    // A cue without length is none.
    cues.retain(|cue| cue.end_ms > cue.start_ms);
    cues
}

/// A word that is longer than a cue may be, in pieces that share its time.
fn pieces(word: Timed) -> Vec<Timed> {
    let signs: Vec<char> = word.text.chars().collect();
    let piece = |signs: &[char]| Timed {
        text: signs.iter().collect(),
        ..word
    };
    signs.chunks(MOST_SIGNS).map(piece).collect()
}

/// Words without times of their own, each as long as it has signs.
fn spread(text: &str, start_ms: u64, end_ms: u64) -> Vec<Timed> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let signs = |word: &str| word.chars().count() as u128 + 1;
    let all: u128 = words.iter().map(|word| signs(word)).sum();
    let span = u128::from(end_ms.saturating_sub(start_ms));
    let mut gone = 0;
    let mut timed = Vec::new();
    for word in words {
        let at = |signs: u128| start_ms.saturating_add((span * signs / all.max(1)) as u64);
        let from = at(gone);
        gone += signs(word);
        timed.push(Timed {
            text: word.to_owned(),
            start_ms: from,
            end_ms: at(gone),
        });
    }
    timed
}

/// Words into cues: a cue ends with a sentence and at a pause; a sentence that
/// is too long for one is divided into parts of about equal length, at the
/// end of a clause where there is one.
fn split(who: Speaker, words: Vec<Timed>) -> Vec<Cue> {
    let mut cues = Vec::new();
    let mut sentence: Vec<Timed> = Vec::new();
    for word in words {
        let over = sentence.last().is_some_and(|last| {
            last.text.ends_with(['.', '?', '!'])
                || word.start_ms.saturating_sub(last.end_ms) > PAUSE_MS
        });
        if over {
            cues.extend(divide(who, &std::mem::take(&mut sentence)));
        }
        sentence.push(word);
    }
    cues.extend(divide(who, &sentence));
    cues
}

fn divide(who: Speaker, sentence: &[Timed]) -> Vec<Cue> {
    let signs: usize = sentence.iter().map(|word| length(word) + 1).sum();
    let first = sentence.first().map_or(0, |word| word.start_ms);
    let last = sentence.iter().map(end).max().unwrap_or(first);
    let parts = signs
        .div_ceil(MOST_SIGNS + 1)
        .max(usize::try_from(last.saturating_sub(first).div_ceil(MOST_MS)).unwrap_or(usize::MAX))
        .max(1);
    let goal = signs.div_ceil(parts);
    let mut cues: Vec<Cue> = Vec::new();
    let mut open: Option<Cue> = None;
    for word in sentence {
        let fits = open.as_ref().is_some_and(|cue| {
            let so_far = cue.text.chars().count();
            let clause = |text: &str| text.ends_with([',', ';', ':']);
            let reached = so_far + 1 >= goal && !clause(&word.text);
            let full = parts > 1 && (reached || (clause(&cue.text) && 3 * so_far >= 2 * goal));
            !full
                && so_far + 1 + length(word) <= MOST_SIGNS
                && end(word).saturating_sub(cue.start_ms) <= MOST_MS
        });
        match open.as_mut().filter(|_| fits) {
            Some(cue) => {
                cue.text.push(' ');
                cue.text.push_str(&word.text);
                cue.end_ms = cue.end_ms.max(end(word));
            }
            None => {
                cues.extend(open.take());
                open = Some(Cue {
                    start_ms: word.start_ms,
                    end_ms: end(word),
                    who,
                    text: word.text.clone(),
                });
            }
        }
    }
    cues.extend(open);
    cues
}

/// Signs of a word.
fn length(word: &Timed) -> usize {
    word.text.chars().count()
}

/// When a word ends; it takes some time, however short.
fn end(word: &Timed) -> u64 {
    word.end_ms.max(word.start_ms.saturating_add(1))
}

/// Hours, minutes, seconds and milliseconds.
fn stamp(ms: u64) -> String {
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        ms / 3_600_000,
        ms / 60_000 % 60,
        ms / 1000 % 60,
        ms % 1000
    )
}

/// What stands for itself in cue text and in the name of a voice.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, ms: u64) -> Vec<Timed> {
        let word = |(at, text): (usize, &str)| Timed {
            text: text.to_owned(),
            start_ms: at as u64 * ms,
            end_ms: at as u64 * ms + ms - 50,
        };
        text.split_whitespace().enumerate().map(word).collect()
    }

    fn texts(cues: &[Cue]) -> Vec<&str> {
        cues.iter().map(|cue| cue.text.as_str()).collect()
    }

    #[test]
    fn cues_end_with_sentences_and_before_they_get_long() {
        let cues = split(
            Speaker::Candidate,
            words("I built it. It ran for two years.", 300),
        );
        assert_eq!(texts(&cues), ["I built it.", "It ran for two years."]);
        assert_eq!((cues[1].start_ms, cues[1].end_ms), (900, 2350));
        let long = vec!["word"; 200].join(" ");
        for cue in split(Speaker::Candidate, words(&long, 300)) {
            assert!(cue.text.chars().count() <= MOST_SIGNS, "{cue:?}");
            assert!(cue.end_ms - cue.start_ms <= MOST_MS, "{cue:?}");
        }
    }

    #[test]
    fn a_long_sentence_is_divided_into_equal_parts_at_its_clauses() {
        let said = "I have worked as a machine learning engineer for four years, \
            mostly on demand forecasting for shops.";
        assert_eq!(
            texts(&split(Speaker::Candidate, words(said, 100))),
            [
                "I have worked as a machine learning engineer for four years,",
                "mostly on demand forecasting for shops."
            ]
        );
        let short = "It ran, well, for two whole years without any trouble at all, and more.";
        assert_eq!(split(Speaker::Candidate, words(short, 100)).len(), 1);
    }

    #[test]
    fn a_pause_ends_a_cue() {
        let mut said = words("So well", 300);
        said[1].start_ms += 5000;
        said[1].end_ms += 5000;
        assert_eq!(texts(&split(Speaker::Candidate, said)), ["So", "well"]);
    }

    #[test]
    fn words_without_times_share_the_time_of_their_line() {
        let timed = spread("ab cd", 1000, 2000);
        assert_eq!((timed[0].start_ms, timed[0].end_ms), (1000, 1500));
        assert_eq!((timed[1].start_ms, timed[1].end_ms), (1500, 2000));
        assert!(spread("", 0, 10).is_empty());
        assert_eq!(spread("a", 9, 3)[0].end_ms, 9);
    }

    #[test]
    fn nothing_said_can_end_a_cue_or_make_a_tag() {
        assert_eq!(escape("a --> <b>&"), "a --&gt; &lt;b&gt;&amp;");
        assert_eq!(stamp(3_723_004), "01:02:03.004");
    }
}
