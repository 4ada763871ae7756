//! A rubric drawn from an ideal answer, for questions that come without one:
//! each statement of the ideal becomes a key point, with phrases of its words
//! that carry matter. Such a rubric hears less than one written by hand, and
//! says where it comes from.

use super::bank::{KeyPoint, Question};
use super::stems::{self, Break, Token};
use std::collections::BTreeSet;

/// Key points of a drawn rubric begin with this.
const PREFIX: &str = "ideal-";
/// Statements that become key points at most.
const POINTS: usize = 6;
/// Words of matter that a statement needs to be one.
const LEAST: usize = 2;
/// Words of matter between those that a phrase is made of, at most.
const APART: usize = 2;

/// The question with a rubric drawn from its ideal answer; nothing where it
/// has a rubric, or no ideal answer, or one that states nothing.
pub fn with_rubric(question: &Question) -> Option<Question> {
    if !question.key_points.is_empty() {
        return None;
    }
    let key_points = draw(&question.ask, &question.ideal);
    (!key_points.is_empty()).then(|| Question {
        key_points,
        ..question.clone()
    })
}

/// Whether a question's rubric was drawn from its ideal answer.
pub fn is_drawn(question: &Question) -> bool {
    let mut points = question.key_points.iter().peekable();
    points.peek().is_some() && points.all(|point| point.id.starts_with(PREFIX))
}

/// Key points of the statements of an ideal answer. Words of the question
/// alone make no phrase, so that repeating it is no answer.
pub fn draw(ask: &str, ideal: &str) -> Vec<KeyPoint> {
    let asked: BTreeSet<String> = stems::tokens(ask).into_iter().map(|t| t.stem).collect();
    let mut points: Vec<KeyPoint> = Vec::new();
    for (says, tokens) in statements(ideal) {
        let any_of = phrases(&tokens, &asked);
        if any_of.is_empty() || points.iter().any(|p| p.any_of == any_of) {
            continue;
        }
        points.push(KeyPoint {
            id: format!("{PREFIX}{}", points.len() + 1),
            says,
            any_of,
            weight: 1.0,
            // A probe made of the statement would give it away.
            probe: None,
        });
    }
    while points.len() > POINTS {
        // The shortest statement says least by itself.
        let shortest = (0..points.len()).min_by_key(|&at| points[at].any_of.len());
        points.remove(shortest.unwrap_or(0));
    }
    for (at, point) in points.iter_mut().enumerate() {
        point.id = format!("{PREFIX}{}", at + 1);
    }
    points
}

/// The sentences of a text with their words; where there are only one or two,
/// their parts between commas.
fn statements(text: &str) -> Vec<(String, Vec<Token>)> {
    let cut = |at: Break| {
        let mut out: Vec<Vec<Token>> = vec![Vec::new()];
        for token in stems::tokens(text) {
            let ends = token.after >= at;
            if let Some(last) = out.last_mut() {
                last.push(token);
            }
            if ends {
                out.push(Vec::new());
            }
        }
        out.retain(|words| words.iter().filter(|w| stems::is_content(w)).count() >= LEAST);
        out
    };
    let mut found = cut(Break::Stop);
    if found.len() <= 2 {
        found = cut(Break::Pause);
    }
    let said = |words: &[Token]| {
        let (from, to) = (words.first()?.from, words.last()?.to);
        let part = text.get(from..to)?.trim();
        let mut chars = part.chars();
        let first = chars.next()?.to_uppercase();
        Some(format!("{first}{}.", chars.as_str()))
    };
    found
        .into_iter()
        .filter_map(|words| Some((said(&words)?, words)))
        .collect()
}

/// Two words of matter that stand near each other, in either order.
fn phrases(words: &[Token], asked: &BTreeSet<String>) -> Vec<String> {
    let matter: Vec<&Token> = words.iter().filter(|w| stems::is_content(w)).collect();
    let mut out = Vec::new();
    for (at, first) in matter.iter().enumerate() {
        for second in matter.iter().skip(at + 1).take(APART) {
            let new = |word: &Token| !asked.contains(&word.stem);
            // Both are the question's: who repeats it would say them.
            if first.stem == second.stem || !(new(first) || new(second)) {
                continue;
            }
            for (a, b) in [(first, second), (second, first)] {
                let phrase = format!("{} * {}", a.surface, b.surface);
                if !out.contains(&phrase) {
                    out.push(phrase);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::bank::{Kind, Level};
    use super::super::score::assess_text;
    use super::*;

    fn question() -> Question {
        let bare = Question {
            id: "own.feedback".into(),
            kind: Kind::Technical,
            skills: vec!["databases".into()],
            level: Level::Core,
            ask: "Why do we keep an index on a large table?".into(),
            short: None,
            ideal: "The index keeps the values sorted in a search tree. The database finds a row without scanning every page. Each insert becomes slower, because the tree has to be updated. It also occupies space on the disk.".into(),
            explain: String::new(),
            key_points: Vec::new(),
            misconceptions: Vec::new(),
            sample: None,
        };
        with_rubric(&bare).unwrap()
    }

    fn score(answer: &str) -> Option<u8> {
        assess_text(&question(), answer).score
    }

    #[test]
    fn each_statement_of_the_ideal_becomes_a_point() {
        let question = question();
        assert!(is_drawn(&question));
        let says: Vec<_> = question.key_points.iter().map(|p| &p.says).collect();
        assert_eq!(says.len(), 4);
        assert_eq!(says[3], "It also occupies space on the disk.");
        assert_eq!(with_rubric(&question), None);
    }

    #[test]
    fn answers_are_told_apart_by_it() {
        assert!(score(&question().ideal).unwrap() >= 4);
        let own_words = "It keeps values in a sorted tree, so the database does not scan every page. On the other hand an insert is slower.";
        assert!(score(own_words).unwrap() >= 3);
        assert!(
            score("We keep an index on a large table, because it is a large table.").unwrap_or(1)
                <= 1
        );
        assert!(score("I like to drink coffee in the morning.").unwrap_or(1) <= 1);
    }

    #[test]
    fn nothing_is_drawn_from_nothing() {
        assert_eq!(draw("Why?", ""), []);
        assert_eq!(draw("Why?", "Yes."), []);
    }

    #[test]
    fn a_long_ideal_gives_a_rubric_that_can_be_answered() {
        let ideal = (0..12)
            .map(|n| format!("Server{n} stores backup{n} inside cluster{n}."))
            .collect::<Vec<_>>();
        assert_eq!(draw("Why?", &ideal.join(" ")).len(), POINTS);
    }
}
