//! Words that are likely to come up after a line: hints for the recogniser.
//!
//! Only names are hinted at (products, methods, abbreviations), which
//! recognisers spell wrong, never the phrases that a rubric waits for: a
//! decoder that is told what to expect hears it.

use super::bank::Question;
use super::plan::Setup;

/// Words at most: about 150 tokens of a prompt that holds 200.
const MOST: usize = 48;
/// Letters at most.
const LETTERS: usize = 480;

/// What is likely in an answer to the planned question with this id, or to
/// any, most relevant first: the question's subjects and names, then those of
/// the résumé, then those of the job.
pub fn likely(setup: &Setup, question: Option<&str>) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(planned) = question.and_then(|id| setup.plan.question(id)) {
        all.extend(planned.question.skills.iter().cloned());
        all.extend(question_names(&planned.question));
    }
    all.extend(setup.resume.skills.iter().cloned());
    all.extend(setup.job.skills.iter().cloned());
    let mut out: Vec<String> = Vec::new();
    let mut letters = 0;
    for word in all {
        let fresh = !out.iter().any(|w| w.eq_ignore_ascii_case(&word));
        if fresh && !word.trim().is_empty() && out.len() < MOST {
            letters += word.len() + 2;
            if letters > LETTERS {
                break;
            }
            out.push(word);
        }
    }
    out
}

/// Names that a question, its answers and its wrong answers hold alike.
fn question_names(question: &Question) -> Vec<String> {
    let wrong = question.misconceptions.iter().map(|m| m.says.as_str());
    [question.ask.as_str(), &question.ideal, &question.explain]
        .into_iter()
        .chain(wrong)
        .flat_map(names)
        .collect()
}

/// Words that are written like names: with a capital inside a sentence, with
/// more than one, or with a digit.
fn names(text: &str) -> Vec<String> {
    let mut begins = true;
    let mut out = Vec::new();
    for part in text.split_whitespace() {
        let word = part.trim_matches(|c: char| !c.is_alphanumeric() && !"+#".contains(c));
        let capitals = word.chars().filter(|c| c.is_uppercase()).count();
        let digits = word.chars().any(|c| c.is_ascii_digit());
        let letters = word.chars().any(char::is_alphabetic);
        let named = (capitals > 1 || digits || (capitals == 1 && !begins)) && letters;
        if named && word.len() > 1 && !word.starts_with("I'") {
            out.push(word.to_owned());
        }
        begins = part.ends_with(['.', '!', '?', ':']);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_plain_words_are_not() {
        assert_eq!(
            names("The GIL keeps CPython safe. Use asyncio, I think, or C++ with HTTP2."),
            ["GIL", "CPython", "C++", "HTTP2"]
        );
        assert!(names("I would add an index. Then I measure.").is_empty());
    }
}
