//! Questions that ask the same thing in other words: two of them in one
//! interview would waste the candidate's time.

use super::bank::Question;
use super::stems;
use std::collections::BTreeSet;

/// Share of common matter from which on two questions are twins.
const TWINS: f32 = 0.5;

/// What a question is made of: the stems that carry matter, of what it asks
/// and of what a full answer says.
#[derive(Clone, Debug)]
pub(crate) struct Matter {
    asked: BTreeSet<String>,
    whole: BTreeSet<String>,
}

impl Matter {
    pub(crate) fn of(question: &Question) -> Self {
        let stems = |text: &str| -> BTreeSet<String> {
            let words = stems::tokens(text).into_iter();
            words.filter(stems::is_content).map(|w| w.stem).collect()
        };
        let asked = stems(&question.ask);
        let mut whole = asked.clone();
        for point in &question.key_points {
            whole.extend(stems(&point.says));
        }
        Self { asked, whole }
    }

    /// Whether the two ask the same: the same words are asked, or most of
    /// the matter of the smaller one is in the other.
    pub(crate) fn is_twin(&self, other: &Self) -> bool {
        self.alike(other) >= TWINS
    }

    /// 0 (nothing in common) to 1 (the same).
    pub(crate) fn alike(&self, other: &Self) -> f32 {
        let whole = share(&self.whole, &other.whole);
        let union = self.asked.union(&other.asked).count().max(1);
        let asked = self.asked.intersection(&other.asked).count() as f32 / union as f32;
        whole.max(asked)
    }
}

/// Share of the smaller set that is in the other.
fn share(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f32 {
    let least = a.len().min(b.len());
    if least < 3 {
        return 0.0;
    }
    a.intersection(b).count() as f32 / least as f32
}

#[cfg(test)]
mod tests {
    use super::super::bank::Bank;
    use super::*;

    #[test]
    #[ignore = "prints"]
    fn print() {
        let bank = Bank::builtin();
        let all: Vec<(&str, Matter)> = bank
            .questions()
            .map(|(_, q)| (q.id.as_str(), Matter::of(q)))
            .collect();
        let mut pairs = Vec::new();
        for (i, (a, x)) in all.iter().enumerate() {
            for (b, y) in &all[i + 1..] {
                pairs.push((x.alike(y), *a, *b));
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (score, a, b) in pairs.iter().take(60) {
            println!("{score:.2} {a} {b}");
        }
    }
}
