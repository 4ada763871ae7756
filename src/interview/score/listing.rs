//! Key words that are listed instead of said. One list in an answer is as
//! good as a statement ("I watch latency, errors and saturation"); lists that
//! name point after point state none of them.

use crate::interview::sentence::Sentence;
use std::collections::BTreeSet;

/// Points that one list may bring.
const MOST: usize = 2;
/// Words of lists from which on they bring nothing.
const WORDS: usize = 12;
/// Words of a sentence that alone says nothing.
const SCRAP: usize = 4;
/// Scraps in a row that make a list.
const ROW: usize = 3;

/// What lists there are and what they may count for.
pub(super) struct Lists {
    /// For each sentence, whether it is part of a list of several points.
    member: Vec<bool>,
    /// For each sentence, whether it is too short to state anything.
    fragment: Vec<bool>,
    /// Points that lists may bring.
    kept: BTreeSet<usize>,
    /// Whether lists bring nothing at all.
    pub(super) stuffed: bool,
}

impl Lists {
    /// Whether a point named in a sentence counts.
    pub(super) fn counts(&self, sentence: usize, point: usize) -> bool {
        !self.skips(sentence) && (!self.member[sentence] || self.kept.contains(&point))
    }

    /// Whether nothing in a sentence counts.
    pub(super) fn skips(&self, sentence: usize) -> bool {
        self.stuffed && (self.member[sentence] || self.fragment[sentence])
    }
}

/// Judges the lists of an answer. `named`: sentence and point of each mention.
pub(super) fn judge(sentences: &[Sentence], named: &[(usize, usize)], weights: &[f32]) -> Lists {
    let mut member = vec![false; sentences.len()];
    let mut points: BTreeSet<usize> = BTreeSet::new();
    let mut words = 0;
    for block in blocks(sentences) {
        let inside: BTreeSet<usize> = named
            .iter()
            .filter(|(sentence, _)| block.contains(sentence))
            .map(|&(_, point)| point)
            .collect();
        if inside.len() < 2 {
            continue;
        }
        words += block
            .clone()
            .map(|at| sentences[at].words.len())
            .sum::<usize>();
        points.extend(inside);
        member[block].fill(true);
    }
    if points.len() <= MOST {
        member.fill(false);
    }
    let stuffed = points.len() > MOST && words >= WORDS;
    let mut kept: Vec<usize> = points.into_iter().collect();
    // Stable: of equal weights the first of the rubric.
    kept.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
    kept.truncate(MOST);
    Lists {
        fragment: sentences.iter().map(Sentence::is_fragment).collect(),
        member,
        kept: kept.into_iter().collect(),
        stuffed,
    }
}

/// Listed sentences, and scraps in a row, of one utterance.
fn blocks(sentences: &[Sentence]) -> Vec<std::ops::Range<usize>> {
    let scrap = |s: &Sentence| s.listed || s.words.len() <= SCRAP;
    let mut out = Vec::new();
    let mut from = 0;
    while from < sentences.len() {
        let mut to = from;
        while to < sentences.len()
            && scrap(&sentences[to])
            && sentences[to].utterance == sentences[from].utterance
        {
            to += 1;
        }
        let block = &sentences[from..to];
        if block.iter().any(|s| s.listed) || block.len() >= ROW {
            out.push(from..to);
        }
        from = to.max(from + 1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::sentence::split;

    #[test]
    fn one_list_counts_and_many_do_not() {
        let sentences = split(
            "I watch the errors of every host. Latency, errors, traffic. We like it that way.",
            0,
        );
        let few = judge(&sentences, &[(1, 0), (1, 1)], &[1.0; 4]);
        assert!(few.counts(1, 0) && few.counts(1, 1) && !few.stuffed);
        let some = judge(&sentences, &[(1, 0), (1, 1), (1, 2)], &[1.0, 0.5, 1.0]);
        assert!(some.counts(1, 0) && !some.counts(1, 1) && some.counts(1, 2));
        let sentences = split(
            "Canary. Rollback. Drift. Alerts. Data versions. Unit tests. Gates. Shadow mode. Metrics.",
            0,
        );
        let many: Vec<(usize, usize)> = (0..9).map(|at| (at, at / 2)).collect();
        let many = judge(&sentences, &many, &[1.0; 5]);
        assert!(many.stuffed && !many.counts(0, 0));
    }
}
