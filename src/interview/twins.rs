//! Questions that ask the same thing in other words: two of them in one
//! interview would waste the candidate's time.

use super::bank::Question;
use super::stems;
use std::collections::BTreeSet;

/// Share of common matter from which on two questions of different families
/// are twins.
const TWINS: f32 = 0.36;
/// The same inside a family, whose author has told its questions apart.
const SIBLINGS: f32 = 0.5;

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

    /// Whether the two ask the same: the same words are asked, or much of
    /// the matter of the smaller one is in the other.
    pub(crate) fn is_twin(&self, other: &Self, siblings: bool) -> bool {
        self.alike(other) >= if siblings { SIBLINGS } else { TWINS }
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

    fn alike(a: &str, b: &str) -> f32 {
        let of = |id| Matter::of(Bank::builtin().question(id).unwrap());
        of(a).alike(&of(b))
    }

    #[test]
    fn the_same_matter_in_two_families_is_found() {
        for (a, b) in [
            ("fe.accessibility", "ux.accessibility"),
            ("cloud.cost", "de.lake-cost"),
            ("fs.auth", "sec.password"),
        ] {
            assert!(alike(a, b) >= TWINS, "{a} {b}: {}", alike(a, b));
        }
    }

    #[test]
    fn questions_of_one_family_are_told_apart() {
        let bank = Bank::builtin();
        for family in bank.families() {
            for (at, a) in family.questions.iter().enumerate() {
                for b in &family.questions[at + 1..] {
                    let project = a.kind == super::super::bank::Kind::Project;
                    let share = alike(&a.id, &b.id);
                    assert!(project || share < SIBLINGS, "{} {}: {share}", a.id, b.id);
                }
            }
        }
        assert!(alike("py.gil-concurrency", "bc.keys") < 0.2);
    }
}
