//! Two texts side by side: where they say the same, and where not. Compared
//! as in [`super::wer`], shown as written: `12%` and `twelve percent` are the
//! same words.

use super::wer::{Step, comparable, steps};
use serde::Serialize;
use std::ops::Range;

/// How a stretch of one text relates to the other.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The same words in both.
    Same,
    /// Other words.
    Changed,
    /// Words that only the first text has.
    Removed,
    /// Words that only the second text has.
    Added,
}

/// A stretch of both texts.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// How they relate.
    pub kind: Kind,
    /// As written in the first text.
    pub first: String,
    /// As written in the second text.
    pub second: String,
    /// Which words of the first text (split at white space), from 0.
    #[serde(skip)]
    pub first_words: Range<usize>,
}

/// One text: its written words, and the words that are compared, each with
/// the number of the written word that it comes from.
struct Side<'a> {
    written: Vec<&'a str>,
    compared: Vec<String>,
    from: Vec<usize>,
    /// Written words of which not all is the same in the other text.
    differs: Vec<bool>,
}

impl<'a> Side<'a> {
    fn new(text: &'a str) -> Self {
        let written: Vec<&str> = text.split_whitespace().collect();
        let mut side = Self {
            differs: vec![false; written.len()],
            compared: Vec::new(),
            from: Vec::new(),
            written: Vec::new(),
        };
        for (i, word) in written.iter().enumerate() {
            for compared in comparable(word) {
                side.compared.push(compared);
                side.from.push(i);
            }
        }
        side.written = written;
        side
    }
}

/// The stretches of two texts, in order; together they are all written words
/// of both.
pub fn differences(first: &str, second: &str) -> Vec<Stretch> {
    let (mut a, mut b) = (Side::new(first), Side::new(second));
    let steps = placed(&steps(&a.compared, &b.compared));
    for (step, i, j) in &steps {
        if *step != Step::Same {
            mark(&mut a, *step != Step::Inserted, *i);
            mark(&mut b, *step != Step::Deleted, *j);
        }
    }
    // A written word is shown whole, so a difference in a part of it is one
    // of all that stands against it.
    loop {
        let mut spread = false;
        for (_, i, j) in steps.iter().filter(|(step, ..)| *step == Step::Same) {
            let (i, j) = (a.from[*i], b.from[*j]);
            if a.differs[i] != b.differs[j] {
                (a.differs[i], b.differs[j]) = (true, true);
                spread = true;
            }
        }
        if !spread {
            break;
        }
    }
    let same = |(step, i, _): &(Step, usize, usize)| *step == Step::Same && !a.differs[a.from[*i]];
    let mut runs: Vec<(bool, usize, usize)> = Vec::new();
    for run in steps.chunk_by(|x, y| same(x) == same(y)) {
        let end = |side: &Side<'_>, at: Option<usize>| at.map_or(0, |at| side.from[at] + 1);
        let last_a = run.iter().rev().find(|s| s.0 != Step::Inserted);
        let last_b = run.iter().rev().find(|s| s.0 != Step::Deleted);
        runs.push((
            run.first().is_some_and(same),
            end(&a, last_a.map(|s| s.1)),
            end(&b, last_b.map(|s| s.2)),
        ));
    }
    // Signs that are no words stay with what they stand in.
    match runs.last_mut() {
        Some(last) => (last.1, last.2) = (a.written.len(), b.written.len()),
        None => runs.push((true, a.written.len(), b.written.len())),
    }
    let mut stretches = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (same, to_i, to_j) in runs {
        let (first, second) = (i..to_i.max(i), j..to_j.max(j));
        (i, j) = (first.end, second.end);
        let stretch = Stretch {
            kind: match (same, first.is_empty(), second.is_empty()) {
                (true, ..) => Kind::Same,
                (_, false, true) => Kind::Removed,
                (_, true, false) => Kind::Added,
                _ => Kind::Changed,
            },
            first: a.written[first.clone()].join(" "),
            second: b.written[second].join(" "),
            first_words: first,
        };
        if !(stretch.first.is_empty() && stretch.second.is_empty()) {
            stretches.push(stretch);
        }
    }
    stretches
}

/// Each step with its place in both texts.
fn placed(steps: &[Step]) -> Vec<(Step, usize, usize)> {
    let (mut i, mut j) = (0, 0);
    steps
        .iter()
        .map(|step| {
            let here = (*step, i, j);
            i += usize::from(*step != Step::Inserted);
            j += usize::from(*step != Step::Deleted);
            here
        })
        .collect()
}

/// Marks the written word at a difference: the one that is `touched`, or the
/// one that a word of the other text stands in the middle of.
fn mark(side: &mut Side<'_>, touched: bool, at: usize) {
    let before = at.checked_sub(1).map(|before| side.from[before]);
    if let Some(word) = side.from.get(at).copied()
        && (touched || before == Some(word))
    {
        side.differs[word] = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(first: &str, second: &str) -> String {
        let stretches = differences(first, second);
        let shown = stretches.iter().map(|s| match s.kind {
            Kind::Same => s.first.clone(),
            _ => format!("[{}|{}]", s.first, s.second),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_differs_stands_alone() {
        for (first, second, wanted) in [
            ("We used it.", "we used it", "We used it."),
            (
                "We used Postgres here.",
                "We used post grass here",
                "We used [Postgres|post grass] here.",
            ),
            ("I said no", "I said so no", "I said [|so] no"),
            ("never again now", "never now", "never [again|] now"),
            ("", "hello there", "[|hello there]"),
            ("", "", ""),
        ] {
            assert_eq!(shown(first, second), wanted);
        }
    }

    #[test]
    fn numbers_and_hyphens_are_compared_as_they_are_said() {
        assert_eq!(
            shown("It rose by 12%.", "it rose by twelve percent"),
            "It rose by 12%."
        );
        assert_eq!(
            shown("a well-known way", "a well known way"),
            "a well-known way"
        );
        // A part of a written word is shown with the whole of it.
        assert_eq!(
            shown("grew 12% then", "grew twelve present then"),
            "grew [12%|twelve present] then"
        );
    }

    #[test]
    fn a_word_that_stands_inside_a_written_one_splits_it() {
        assert_eq!(shown("5% %", "5 0 % a"), "[5% %|5 0 % a]");
    }

    #[test]
    fn signs_that_are_no_words_are_kept() {
        assert_eq!(shown("yes - it is", "yes it is"), "yes - it is");
        assert_eq!(shown("well -", "well"), "well -");
    }

    proptest! {
        #[test]
        fn every_written_word_is_in_one_stretch(
            first in "([a-c%0-9.-]{0,3} ){0,8}", second in "([a-c%0-9.-]{0,3} ){0,8}",
        ) {
            let stretches = differences(&first, &second);
            let joined = |side: fn(&Stretch) -> &String| {
                let words = stretches.iter().flat_map(|s| side(s).split_whitespace());
                words.map(str::to_owned).collect::<Vec<_>>()
            };
            let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
            prop_assert_eq!(joined(|s| &s.first), words(&first));
            prop_assert_eq!(joined(|s| &s.second), words(&second));
            let mut at = 0;
            for stretch in &stretches {
                prop_assert_eq!(stretch.first_words.start, at);
                at = stretch.first_words.end;
                if stretch.kind == Kind::Same {
                    prop_assert_eq!(comparable(&stretch.first), comparable(&stretch.second));
                }
            }
        }
    }
}
