//! Which subject an answer speaks about, where that is not the question's:
//! the built-in bank's questions are the subjects that are known. An answer
//! full of one's words and without those of its own question answers another
//! question; an answer in plain words of nobody's may still answer this one.

use super::similarity::content;
use crate::interview::bank::{Bank, Question};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Share of the subjects in which a word may occur to mark one of them.
const RARE: f32 = 0.1;
/// Share of a subject's words that may be the question's own before the two
/// are one subject.
const OVERLAP: f32 = 0.15;

struct Subject {
    id: String,
    /// What is asked.
    ask: BTreeSet<String>,
    /// All its words that mark a subject.
    words: BTreeSet<String>,
}

/// The subject, other than the question's, most of whose words were said, and
/// how many. `own` are the question's words with its rubric's.
pub(super) fn nearest(
    question: &Question,
    own: &BTreeSet<String>,
    said: &BTreeSet<String>,
) -> Option<(&'static str, usize)> {
    let ask = content(&question.ask);
    let count = |subject: &'static Subject| {
        let named = said.intersection(&subject.words);
        (
            subject.id.as_str(),
            named.filter(|w| !own.contains(*w)).count(),
        )
    };
    SUBJECTS
        .iter()
        .filter(|subject| subject.id != question.id && !is_one(subject, &ask, own))
        .map(count)
        // Of equals the first, whatever the order of iteration.
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .filter(|(_, words)| *words > 0)
}

/// Whether a subject is the question's own in other words.
fn is_one(subject: &Subject, ask: &BTreeSet<String>, own: &BTreeSet<String>) -> bool {
    let shared = subject.words.intersection(own).count();
    shared as f32 >= OVERLAP * subject.words.len() as f32
        || subject.ask.intersection(ask).count() >= 2
}

static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    let subjects = Bank::builtin().questions().map(|(_, question)| Subject {
        id: question.id.clone(),
        ask: content(&question.ask),
        words: words(question),
    });
    let mut subjects: Vec<Subject> = subjects.collect();
    let mut occurs: BTreeMap<String, usize> = BTreeMap::new();
    for word in subjects.iter().flat_map(|subject| &subject.words) {
        *occurs.entry(word.clone()).or_default() += 1;
    }
    let most = (RARE * subjects.len() as f32) as usize;
    for subject in &mut subjects {
        subject.words.retain(|word| occurs[word] <= most);
    }
    subjects
});

/// What is asked, and all that the rubric says.
pub(super) fn words(question: &Question) -> BTreeSet<String> {
    let mut text = format!("{}\n{}\n{}", question.ask, question.ideal, question.explain);
    for point in &question.key_points {
        text.push('\n');
        text.push_str(&point.says);
        for phrase in &point.any_of {
            text.push('\n');
            text.push_str(phrase);
        }
    }
    content(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_subject_of_the_bank_is_named() {
        let find = |id: &str| {
            Bank::builtin()
                .questions()
                .find(|(_, q)| q.id == id)
                .unwrap()
                .1
        };
        let (asked, answered) = (find("ml.underfit-overfit"), find("sec.password"));
        let own = words(asked);
        let (subject, count) = nearest(asked, &own, &content(&answered.ideal)).unwrap();
        assert_eq!(subject, "sec.password");
        assert!(count >= 9);
        let own = nearest(asked, &own, &content(&asked.ideal));
        assert!(own.is_none_or(|(_, count)| count <= 3));
    }
}
