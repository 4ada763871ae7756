//! The form of a question: ids, weights, numbers of points and phrases.

use super::Finding;
use crate::interview::bank::{Family, Question};
use crate::interview::phrase::Phrase;
use std::ops::RangeInclusive;

/// How many key points a rubric has.
const POINTS: RangeInclusive<usize> = 3..=6;
/// How many phrases a point has: with fewer, most who say it are not heard.
const PHRASES: RangeInclusive<usize> = 2..=16;

/// The id: unique over all files and with its family's prefix.
pub(super) fn id(
    family: &Family,
    question: &Question,
    seen: &[(&str, &str)],
    out: &mut Vec<Finding>,
) {
    if question.id.trim().is_empty() {
        out.push(Finding::fault("it has no id", "id = \"family.slug\""));
        return;
    }
    if let Some((_, first)) = seen.iter().find(|(id, _)| *id == question.id) {
        out.push(Finding::fault(
            format!("this id is already used in {first}"),
            "an id of its own",
        ));
    }
    let prefix = format!("{}.", family.prefix);
    if !family.prefix.is_empty() && !question.id.starts_with(&prefix) {
        out.push(Finding::fault(
            format!("the id begins otherwise than the file's prefix \"{prefix}\""),
            format!("\"{prefix}{}\"", question.id),
        ));
    }
}

pub(super) fn faults(question: &Question, out: &mut Vec<Finding>) {
    if question.ask.trim().is_empty() {
        out.push(Finding::fault("it asks nothing", "a question in ask"));
    }
    let mut seen: Vec<&str> = Vec::new();
    for (id, says, any_of) in parts(question) {
        if seen.contains(&id) {
            out.push(Finding::fault(
                format!("two points have the id \"{id}\""),
                "ids that are unique within the question",
            ));
        }
        seen.push(id);
        if says.trim().is_empty() {
            out.push(Finding::fault(
                format!("\"{id}\" says nothing"),
                "a statement in says",
            ));
        }
        let empty = |p: &&String| Phrase::parse(p).words().next().is_none();
        match any_of.iter().find(empty) {
            Some(phrase) => out.push(Finding::fault(
                format!("a phrase of \"{id}\" holds no word: \"{phrase}\""),
                "words that are said",
            )),
            None if any_of.is_empty() => out.push(Finding::fault(
                format!("\"{id}\" has no phrase in any_of"),
                "at least one",
            )),
            None => {}
        }
    }
    for point in &question.key_points {
        if !(point.weight > 0.0 && point.weight.is_finite()) {
            out.push(Finding::fault(
                format!("\"{}\" weighs {}", point.id, point.weight),
                "more than 0",
            ));
        }
    }
}

pub(super) fn flaws(question: &Question, out: &mut Vec<Finding>) {
    let slug = |part: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !part.is_empty() && part.chars().all(fits)
    };
    let parts_of_id: Vec<&str> = question.id.split('.').collect();
    if parts_of_id.len() != 2 || !parts_of_id.iter().all(|part| slug(part)) {
        out.push(Finding::flaw(
            format!("the id is \"{}\"", question.id),
            "the form family.slug in lower case",
        ));
    }
    if question.skills.is_empty() {
        out.push(Finding::flaw(
            "it names no skill",
            "skills as job descriptions name them, or it is asked only by chance",
        ));
    }
    let points = question.key_points.len();
    if points > 0 && !POINTS.contains(&points) {
        out.push(Finding::flaw(
            format!("it has {points} key points"),
            format!("{} to {}", POINTS.start(), POINTS.end()),
        ));
    }
    for (id, _, any_of) in parts(question) {
        if !PHRASES.contains(&any_of.len()) {
            out.push(Finding::flaw(
                format!("\"{id}\" has {} phrases", any_of.len()),
                format!("{} to {}", PHRASES.start(), PHRASES.end()),
            ));
        }
    }
}

/// Key points and misconceptions: id, statement, phrases.
fn parts(question: &Question) -> impl Iterator<Item = (&str, &str, &[String])> {
    let points = question.key_points.iter();
    let wrong = question.misconceptions.iter();
    points
        .map(|p| (p.id.as_str(), p.says.as_str(), p.any_of.as_slice()))
        .chain(wrong.map(|m| (m.id.as_str(), m.says.as_str(), m.any_of.as_slice())))
}
