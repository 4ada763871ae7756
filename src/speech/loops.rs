//! Phrases without end: what a decoder writes where it lost its thread.

use super::words::SpokenWord;

/// The longest phrase, in words, whose endless repetition is found.
const LONGEST_PHRASE: usize = 12;

/// Cuts a phrase that is said over and over down to one. People repeat
/// themselves ("very very very"), so a phrase of one word may stand three
/// times, one of two or more words twice.
pub(super) fn without_loops(mut words: Vec<SpokenWord>) -> Vec<SpokenWord> {
    let keys: Vec<String> = words
        .iter()
        .map(|w| {
            w.text
                .chars()
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect()
        })
        .collect();
    let mut keep = vec![true; words.len()];
    let mut at = 0;
    while at < keys.len() {
        let Some((len, times)) = loop_at(&keys[at..]) else {
            at += 1;
            continue;
        };
        let end = at + len * times;
        keep[at + len..end].fill(false);
        // A loop that the end of the text cuts inside its last round.
        let rest = keys[end..]
            .iter()
            .zip(&keys[at..at + len])
            .take_while(|(a, b)| a == b)
            .count();
        if end + rest == keys.len() {
            keep[end..].fill(false);
        }
        at = end;
    }
    let mut keep = keep.into_iter();
    words.retain(|_| keep.next().unwrap_or(true));
    words
}

/// The shortest phrase at the beginning of `keys` that is repeated beyond
/// what people do: its length in words, and how often.
fn loop_at(keys: &[String]) -> Option<(usize, usize)> {
    (1..=LONGEST_PHRASE.min(keys.len() / 3)).find_map(|len| {
        let times = 1 + keys[len..]
            .chunks_exact(len)
            .take_while(|chunk| *chunk == &keys[..len])
            .count();
        let allowed = if len == 1 { 3 } else { 2 };
        (times > allowed).then_some((len, times))
    })
}
