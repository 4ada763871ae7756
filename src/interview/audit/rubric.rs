//! Whether a rubric understands answers: its own ideal answer, and samples
//! of the four profiles.

use super::{Finding, Grade};
use crate::interview::bank::Question;
use crate::interview::rubric;
use crate::interview::score::{Score, assess_text};

pub(super) fn flaws(question: &Question, out: &mut Vec<Finding>) {
    let drawn = rubric::with_rubric(question);
    let question = drawn.as_ref().unwrap_or(question);
    if question.key_points.is_empty() {
        out.push(Finding::new(
            Grade::Note,
            "it has neither key points nor an ideal answer, so it is asked and not scored",
            "either, where its answers should be scored",
        ));
        return;
    }
    if question.ideal.trim().is_empty() {
        out.push(Finding::flaw(
            "it has no ideal answer, so the rubric cannot be tested",
            "what a strong candidate might say",
        ));
    } else {
        let score = assess_text(question, &question.ideal);
        if score.score.is_none_or(|number| number < 4) {
            let missing = score.missing.join(", ");
            out.push(Finding::flaw(
                format!(
                    "its ideal answer gets {} by its own rubric, not heard: {missing}",
                    words(&score)
                ),
                "4 or 5",
            ));
        }
    }
    samples(question, out);
}

fn samples(question: &Question, out: &mut Vec<Finding>) {
    let Some(sample) = &question.sample else {
        return;
    };
    let all = [
        ("weak", &sample.weak, 1, 2),
        ("average", &sample.average, 2, 4),
        ("strong", &sample.strong, 3, 5),
        ("exceptional", &sample.exceptional, 4, 5),
    ];
    let scores = all.map(|(name, text, min, max)| {
        let score = assess_text(question, text);
        let fits = match score.score {
            Some(number) => (min..=max).contains(&number),
            // Who says nothing of the matter may be left without a score.
            None => name == "weak",
        };
        if !fits {
            let heard: Vec<&str> = score.hits.iter().map(|h| h.id.as_str()).collect();
            out.push(Finding::flaw(
                format!(
                    "the {name} sample gets {} (heard: {})",
                    words(&score),
                    heard.join(", ")
                ),
                format!("{min} to {max}"),
            ));
        }
        score.score.unwrap_or(0)
    });
    let rising = scores.is_sorted() && scores[0] < scores[2] && scores[1] < scores[3];
    if !rising {
        let [weak, average, strong, exceptional] = scores;
        out.push(Finding::flaw(
            format!("the samples get {weak}, {average}, {strong} and {exceptional}"),
            "rising scores: none below the one before, strong above weak, exceptional above average",
        ));
    }
}

fn words(score: &Score) -> String {
    score
        .score
        .map_or_else(|| "no score".to_owned(), |number| number.to_string())
}
