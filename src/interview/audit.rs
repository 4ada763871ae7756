//! What is wrong with a bank: questions that cannot be spoken, that give
//! their answers away, or that their own rubric does not understand.

use super::bank::{Family, Question};
use super::phrase::Phrase;
use super::score::assess_text;
use super::sentence;
use serde::Serialize;
use std::collections::HashMap;

/// How many key points a rubric has.
const POINTS: std::ops::RangeInclusive<usize> = 4..=6;
/// How many phrases a key point has.
const PHRASES: std::ops::RangeInclusive<usize> = 2..=12;
/// Words of a question that can be followed by ear.
const LONGEST_ASK: usize = 45;

/// One thing that is wrong.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Id of the question, empty where the whole file is meant.
    pub id: String,
    /// What is wrong, in one sentence.
    pub problem: String,
}

/// Looks through several files together: ids are unique over all of them.
/// Gives the place of the file with each complaint.
pub fn audit(families: &[Family]) -> Vec<(usize, Complaint)> {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut out = Vec::new();
    for (file, family) in families.iter().enumerate() {
        let mut complain = |id: &str, problem: String| {
            out.push((
                file,
                Complaint {
                    id: id.to_owned(),
                    problem,
                },
            ))
        };
        if family.questions.is_empty() {
            complain("", "Holds no question".to_owned());
        }
        for question in &family.questions {
            let id = question.id.as_str();
            if first.insert(id, file).is_some() {
                complain(id, "Another question has the same id".to_owned());
            }
            if !family.prefix.is_empty() && !id.starts_with(&format!("{}.", family.prefix)) {
                complain(
                    id,
                    format!(
                        "The id does not begin with the family's prefix \"{}.\"",
                        family.prefix
                    ),
                );
            }
            for problem in question_problems(question) {
                complain(id, problem);
            }
        }
    }
    out
}

/// What is wrong with one question.
pub fn question_problems(question: &Question) -> Vec<String> {
    let mut out = Vec::new();
    shape(question, &mut out);
    speech(question, &mut out);
    leaks(question, &mut out);
    if !question.ideal.is_empty() && !question.key_points.is_empty() {
        let score = assess_text(question, &question.ideal);
        if score.score.is_none_or(|number| number < 4) {
            let found = score
                .score
                .map_or_else(|| "no score".to_owned(), |number| number.to_string());
            out.push(format!(
                "The ideal answer gets {found} by its own rubric, expected 4 or 5 (not found: {})",
                score.missing.join(", ")
            ));
        }
    }
    out
}

fn shape(question: &Question, out: &mut Vec<String>) {
    let slug = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let parts: Vec<&str> = question.id.split('.').collect();
    if parts.len() != 2 || !parts.iter().all(|part| slug(part)) {
        out.push("The id is not of the form family.slug in lower case".to_owned());
    }
    if question.skills.is_empty() {
        out.push("Names no skill".to_owned());
    }
    if question.key_points.is_empty() && question.ideal.is_empty() {
        out.push(
            "Has neither key points nor an ideal answer, so no answer can be scored".to_owned(),
        );
    }
    let points = question.key_points.len();
    if points > 0 && !POINTS.contains(&points) {
        out.push(format!(
            "Has {points} key points, expected {} to {}",
            POINTS.start(),
            POINTS.end()
        ));
    }
    let mut seen = Vec::new();
    let rubric = question.key_points.iter().map(|p| (&p.id, &p.any_of));
    for (id, any_of) in rubric.chain(question.misconceptions.iter().map(|m| (&m.id, &m.any_of))) {
        if seen.contains(&id) {
            out.push(format!("Two points have the id \"{id}\""));
        }
        seen.push(id);
        if !PHRASES.contains(&any_of.len()) {
            out.push(format!(
                "\"{id}\" has {} phrases, expected {} to {}",
                any_of.len(),
                PHRASES.start(),
                PHRASES.end()
            ));
        }
        for phrase in any_of {
            if Phrase::parse(phrase).words().next().is_none() {
                out.push(format!("A phrase of \"{id}\" holds no word: \"{phrase}\""));
            }
        }
    }
    for point in &question.key_points {
        if !point.weight.is_finite() || point.weight <= 0.0 {
            out.push(format!(
                "The weight of \"{}\" is {}, expected more than 0",
                point.id, point.weight
            ));
        }
    }
}

fn speech(question: &Question, out: &mut Vec<String>) {
    let mut check = |name: String, text: &str, asks: bool| {
        if text.trim().is_empty() {
            out.push(format!("{name} is empty"));
        }
        if let Some(found) = unspeakable(text) {
            out.push(format!("{name} cannot be spoken: it holds {found}"));
        }
        let marks = text.matches('?').count();
        if marks > 1 {
            out.push(format!("{name} asks {marks} questions, expected one"));
        }
        if asks && !text.trim_end().ends_with(['?', '.']) {
            out.push(format!(
                "{name} does not end with a question mark or a full stop"
            ));
        }
        let words = text.split_whitespace().count();
        if asks && words > LONGEST_ASK {
            out.push(format!(
                "{name} has {words} words, expected {LONGEST_ASK} at most"
            ));
        }
    };
    check("The question".to_owned(), &question.ask, true);
    if let Some(short) = &question.short {
        check("The short question".to_owned(), short, true);
    }
    if !question.explain.is_empty() {
        check("The explanation".to_owned(), &question.explain, false);
    }
    for point in &question.key_points {
        if let Some(probe) = &point.probe {
            check(format!("The probe for \"{}\"", point.id), probe, true);
        }
    }
}

/// Markdown, code, addresses and line breaks.
fn unspeakable(text: &str) -> Option<String> {
    if text.contains("://") || text.contains("www.") {
        return Some("a web address".to_owned());
    }
    if let Some(c) = text.chars().find(|c| "*_`#[]{}<>|\\=~^\n\t".contains(*c)) {
        let sharp = c == '#' && (text.contains("C#") || text.contains("F#"));
        return (!sharp).then(|| format!("the sign {c:?}"));
    }
    ["()", "&&", "->", "--", "!("]
        .iter()
        .find(|code| text.contains(**code))
        .map(|code| format!("code ({code})"))
}

fn leaks(question: &Question, out: &mut Vec<String>) {
    let says = |text: &str, phrase: &str| {
        let phrase = Phrase::parse(phrase);
        sentence::split(text, 0)
            .iter()
            .any(|sentence| !phrase.find_all(&sentence.words).is_empty())
    };
    for point in &question.key_points {
        for phrase in &point.any_of {
            if says(&question.ask, phrase)
                || question
                    .short
                    .as_ref()
                    .is_some_and(|short| says(short, phrase))
            {
                out.push(format!(
                    "The question itself says \"{phrase}\" of \"{}\"",
                    point.id
                ));
            }
            if point
                .probe
                .as_ref()
                .is_some_and(|probe| says(probe, phrase))
            {
                out.push(format!(
                    "The probe for \"{}\" gives the answer away: \"{phrase}\"",
                    point.id
                ));
            }
        }
    }
    for wrong in &question.misconceptions {
        for phrase in &wrong.any_of {
            if says(&question.ask, phrase) {
                out.push(format!(
                    "The question itself says \"{phrase}\" of \"{}\"",
                    wrong.id
                ));
            }
        }
    }
    if !question.explain.is_empty() && !question.key_points.is_empty() {
        let told = assess_text(question, &question.explain);
        if told.missing.is_empty() {
            out.push(
                "The explanation gives the whole answer away: it states every key point".to_owned(),
            );
        }
    }
}
