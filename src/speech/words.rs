//! Words from tokens, and times for them.
//!
//! Decoding runs without timestamps (faster, and better text from small
//! models), so the times here are an **approximation**: the stretch of audio
//! that carries sound is shared out in proportion to the words' letters.
//! Good enough to find a word's place by ear, not to cut audio by.

use crate::event::Word;

/// Samples a second of all audio that is decoded.
const RATE: usize = 16_000;
/// Length of the pieces whose loudness is looked at, 20 ms.
const PIECE: usize = RATE / 50;
/// A piece this much quieter than the loudest one is silence (-34 dB).
const QUIET: f32 = 0.02;

/// A word before it has a time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SpokenWord {
    /// As written, without spaces.
    pub text: String,
    /// Sum of the tokens' natural logarithms of probability.
    pub log_probability: f64,
    /// Number of tokens.
    pub tokens: u32,
}

impl SpokenWord {
    fn confidence(&self) -> f32 {
        mean_probability(self.log_probability, self.tokens)
    }
}

/// Joins tokens to words: a token that begins with white space begins a word.
/// Tokens are bytes, since one letter may be spread over two of them.
pub(super) fn from_tokens<'a>(
    tokens: impl IntoIterator<Item = (&'a [u8], f32)>,
) -> Vec<SpokenWord> {
    let mut words: Vec<(Vec<u8>, f64, u32)> = Vec::new();
    for (bytes, probability) in tokens {
        let log = f64::from(probability.clamp(1e-9, 1.0)).ln();
        // Usually one piece; tokens with inner spaces exist.
        let mut pieces = bytes.split(u8::is_ascii_whitespace);
        let first = pieces.next().unwrap_or_default();
        if !first.is_empty() {
            match words.last_mut() {
                Some((word, sum, n)) => {
                    word.extend(first);
                    *sum += log;
                    *n += 1;
                }
                None => words.push((first.to_vec(), log, 1)),
            }
        }
        for piece in pieces {
            let n = u32::from(!piece.is_empty());
            words.push((piece.to_vec(), log * f64::from(n), n));
        }
    }
    words
        .into_iter()
        .filter(|(bytes, ..)| !bytes.is_empty())
        .map(|(bytes, log_probability, tokens)| SpokenWord {
            text: String::from_utf8_lossy(&bytes).into_owned(),
            log_probability,
            tokens: tokens.max(1),
        })
        .collect()
}

/// Geometric mean of the tokens' probabilities, 0 for no tokens.
pub(super) fn confidence(words: &[SpokenWord]) -> f32 {
    let sum = words.iter().map(|w| w.log_probability).sum();
    mean_probability(sum, words.iter().map(|w| w.tokens).sum())
}

fn mean_probability(log_sum: f64, tokens: u32) -> f32 {
    if tokens == 0 {
        return 0.0;
    }
    (log_sum / f64::from(tokens)).exp() as f32
}

/// Gives `words` their approximate times within the 16 kHz `audio`.
pub(super) fn spread(words: &[SpokenWord], audio: &[f32]) -> Vec<Word> {
    let (start, end) = sounding(audio);
    let total: usize = words.iter().map(|w| weight(&w.text)).sum();
    let place =
        |before: usize| (start + (end - start) * before / total.max(1)) as u64 * 1000 / RATE as u64;
    let mut before = 0;
    words
        .iter()
        .map(|word| {
            let start_ms = place(before);
            before += weight(&word.text);
            Word {
                text: word.text.clone(),
                start_ms,
                end_ms: place(before),
                confidence: word.confidence(),
            }
        })
        .collect()
}

/// How long a word takes, in letters. A digit is spoken as a whole word.
fn weight(text: &str) -> usize {
    1 + text
        .chars()
        .map(|c| match c {
            '0'..='9' => 4,
            _ if c.is_alphanumeric() => 1,
            _ => 0,
        })
        .sum::<usize>()
}

/// First and one past the last sample that are not silence; all of it where
/// everything is.
fn sounding(audio: &[f32]) -> (usize, usize) {
    let loudness: Vec<f32> = audio
        .chunks(PIECE)
        .map(|piece| (piece.iter().map(|s| s * s).sum::<f32>() / piece.len() as f32).sqrt())
        .collect();
    let floor = QUIET * loudness.iter().copied().fold(0.0, f32::max);
    let first = loudness.iter().position(|l| *l > floor);
    let last = loudness.iter().rposition(|l| *l > floor);
    match (first, last) {
        (Some(first), Some(last)) => (first * PIECE, ((last + 1) * PIECE).min(audio.len())),
        _ => (0, audio.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tokens: &[(&str, f32)]) -> Vec<String> {
        from_tokens(tokens.iter().map(|(t, p)| (t.as_bytes(), *p)))
            .into_iter()
            .map(|w| w.text)
            .collect()
    }

    #[test]
    fn tokens_join_to_words_with_their_punctuation() {
        let tokens = [(" I", 0.9), (" deploy", 0.8), ("ed", 0.7), (".", 1.0)];
        assert_eq!(texts(&tokens), ["I", "deployed."]);
        assert_eq!(
            texts(&[("Yes", 0.9), (",", 0.9), (" a b", 0.5)]),
            ["Yes,", "a", "b"]
        );
        assert!(texts(&[("\n", 0.9), (" ", 0.9)]).is_empty());
    }

    #[test]
    fn a_letter_spread_over_two_tokens_is_joined() {
        let tokens: [(&[u8], f32); 2] = [(b" caf\xc3", 0.5), (b"\xa9", 0.5)];
        assert_eq!(from_tokens(tokens)[0].text, "café");
    }

    #[test]
    fn confidence_is_the_geometric_mean() {
        let words = from_tokens([(&b" a"[..], 0.5), (b"b", 0.125), (b" c", 1.0)]);
        assert!((words[0].confidence() - 0.25).abs() < 1e-6);
        assert!((confidence(&words) - 0.0625f32.cbrt()).abs() < 1e-6);
        assert_eq!(confidence(&[]), 0.0);
    }

    #[test]
    fn times_lie_in_order_within_what_sounds() {
        let mut audio = vec![0.0; RATE];
        audio.extend((0..RATE * 2).map(|i| (i as f32 * 0.1).sin()));
        audio.extend(vec![0.001; RATE / 2]);
        let words = from_tokens([(&b" short"[..], 0.9), (b" considerably", 0.9)]);
        let words = spread(&words, &audio);
        assert_eq!((words[0].start_ms, words[1].end_ms), (1000, 3000));
        assert_eq!(words[0].end_ms, words[1].start_ms);
        assert!(words[0].end_ms < 1700);
    }

    #[test]
    fn silence_and_nothing_have_times_too() {
        let words = from_tokens([(&b" um"[..], 0.9)]);
        assert_eq!(spread(&words, &[])[0].end_ms, 0);
        assert_eq!(spread(&words, &[0.0; 1600])[0].end_ms, 100);
    }
}
