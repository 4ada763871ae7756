//! Seams of long answers. A segment that is cut where nobody pauses may be
//! cut inside a word: so the next one is decoded with the end of the last one
//! before it, and the two texts are joined at the words that both have.

use crate::audio::RATE;
use crate::event::Word;

/// Audio that both sides of a cut decode, 1.6 s: four or five words, so that
/// some are whole in both.
pub(super) const OVERLAP: usize = RATE as usize * 8 / 5;
/// The longest audio that a recogniser takes.
const MOST: usize = RATE as usize * 30;
/// Words on either side of a cut that may be the same ones. Words are only
/// roughly placed in time, so more than the overlap's length are looked at.
const REACH: usize = 10;
/// What a pair of words loses for each second that they lie apart, in
/// letters.
const APART: f32 = 2.0;
/// Share of letters that the same word has in two decodes.
const ALIKE: f32 = 0.6;

/// The end of a segment that may be decoded again before the next one.
pub(super) fn tail(segment: &[f32]) -> &[f32] {
    &segment[segment.len() - OVERLAP.min(segment.len() / 2)..]
}

/// Samples of a tail of this length to decode again before so many samples.
pub(super) fn overlap(tail: usize, next: usize) -> usize {
    tail.min(MOST.saturating_sub(next))
}

/// Where to go from the words before a cut to those after it, both with
/// times of the recording: so many of the first, and from this one of the
/// second. `middle_ms` is the middle of the audio that both had.
pub(super) fn join(before: &[Word], after: &[Word], middle_ms: u64) -> (usize, usize) {
    if before.is_empty() || after.is_empty() {
        return (before.len(), 0);
    }
    let from = before.len().saturating_sub(REACH);
    let to = after.len().min(REACH);
    let mut best: Option<(f32, usize, usize)> = None;
    // Values of the runs of like pairs that end at each pair.
    let mut row = vec![(0.0f32, 0usize); to + 1];
    for (i, left) in before.iter().enumerate().skip(from) {
        for j in (0..to).rev() {
            let right = &after[j];
            let alike = likeness(&left.text, &right.text);
            row[j + 1] = if alike < ALIKE {
                (0.0, 0)
            } else {
                let apart = left.start_ms.abs_diff(right.start_ms) as f32 / 1000.0;
                let letters = key(&left.text).chars().count() as f32;
                (row[j].0 + alike * letters - APART * apart, row[j].1 + 1)
            };
            let (value, run) = row[j + 1];
            if run > 0 && value > 0.0 && best.is_none_or(|b| value > b.0) {
                best = Some((value, i, j));
            }
        }
    }
    match best {
        // The last common word is whole in both, unless the cut is in it:
        // what was before the cut ends there, so the later text has it.
        Some((_, i, j)) => (i, j),
        // Nothing in common: by the clock.
        None => (
            before.iter().take_while(|w| middle(w) < middle_ms).count(),
            after.iter().take_while(|w| middle(w) < middle_ms).count(),
        ),
    }
}

const fn middle(word: &Word) -> u64 {
    (word.start_ms + word.end_ms) / 2
}

fn key(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Share of letters in common, 0-1: one less the edit distance for each
/// letter of the longer word.
fn likeness(a: &str, b: &str) -> f32 {
    let (a, b): (Vec<char>, Vec<char>) = (key(a).chars().collect(), key(b).chars().collect());
    let longer = a.len().max(b.len());
    if longer == 0 {
        return 0.0;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let swap = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = swap.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    1.0 - row[b.len()] as f32 / longer as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Words of 300 ms each, from `at_ms` on.
    fn words(text: &str, at_ms: u64) -> Vec<Word> {
        text.split_whitespace()
            .enumerate()
            .map(|(i, text)| Word {
                text: text.into(),
                start_ms: at_ms + 300 * i as u64,
                end_ms: at_ms + 300 * (i as u64 + 1),
                confidence: 0.9,
            })
            .collect()
    }

    fn joined(before: &str, after: &str, after_at: u64) -> String {
        let (a, b) = (words(before, 0), words(after, after_at));
        let (keep, skip) = join(&a, &b, after_at + 800);
        let all = a[..keep].iter().chain(&b[skip..]);
        let texts: Vec<&str> = all.map(|w| w.text.as_str()).collect();
        texts.join(" ")
    }

    #[test]
    fn words_that_both_sides_heard_are_there_once() {
        for (before, after, after_at, whole) in [
            (
                "we moved the service to a new clu.",
                "service to a new cluster in spring",
                900,
                "we moved the service to a new cluster in spring",
            ),
            // The first word was cut, and one is spelt otherwise later.
            (
                "then we measured the latensy of every",
                "ured the latency of every call",
                900,
                "then we measured the latensy of every call",
            ),
            // The same word twice within reach: the time decides.
            (
                "the test and the test and the",
                "and the build",
                1_500,
                "the test and the test and the build",
            ),
        ] {
            assert_eq!(joined(before, after, after_at), whole);
        }
    }

    #[test]
    fn without_a_common_word_the_clock_decides() {
        assert_eq!(joined("a b c d e f", "u v w x y", 900), "a b c d e f x y");
        // One side without words takes none from the other.
        assert_eq!(joined("", "one two", 0), "one two");
        assert_eq!(joined("one two", "", 300), "one two");
    }

    #[test]
    fn likeness_is_by_letters() {
        assert!(likeness("Cluster.", "cluster") > 0.99);
        assert!(likeness("latensy", "latency") > 0.8);
        assert!(likeness("build", "test") < 0.4);
        assert_eq!(likeness("...", ","), 0.0);
    }

    #[test]
    fn so_much_is_decoded_twice_as_the_window_allows() {
        let second = RATE as usize;
        assert_eq!(tail(&vec![0.0; 25 * second]).len(), OVERLAP);
        assert_eq!(tail(&[0.0; 1_000]).len(), 500);
        assert_eq!(tail(&[]).len(), 0);
        assert_eq!(overlap(OVERLAP, 25 * second), OVERLAP);
        assert_eq!(overlap(500, 25 * second), 500);
        assert_eq!(overlap(OVERLAP, 29 * second), second);
        assert_eq!(overlap(OVERLAP, 31 * second), 0);
    }

    proptest! {
        /// Whatever a text is and wherever it is cut: where both sides hear
        /// the words around the cut right, the whole is the text.
        #[test]
        fn no_word_is_lost_or_doubled_at_a_cut(
            words_in in proptest::collection::vec("[a-z]{1,9}", 12..40),
            place in 0.3f32..0.7,
            shared in 3usize..6,
        ) {
            // Different words, as in a sentence: repeated ones may be joined
            // at the wrong place only where the times are wrong too.
            let words_in: Vec<String> = words_in
                .iter()
                .enumerate()
                .map(|(i, w)| format!("{w}{i}"))
                .collect();
            let cut = (place * words_in.len() as f32) as usize;
            let from = cut.saturating_sub(shared);
            let before = words_in[..cut].join(" ");
            let after = words_in[from..].join(" ");
            prop_assert_eq!(
                joined(&before, &after, 300 * from as u64),
                words_in.join(" ")
            );
        }

        #[test]
        fn any_two_texts_are_joined_within_their_bounds(
            a in "([a-c]{1,2} ){0,30}",
            b in "([a-c]{1,2} ){0,30}",
            middle in 0u64..9_000,
        ) {
            let (a, b) = (words(&a, 0), words(&b, 3_000));
            let (keep, skip) = join(&a, &b, middle);
            prop_assert!(keep <= a.len() && skip <= b.len());
        }
    }
}
