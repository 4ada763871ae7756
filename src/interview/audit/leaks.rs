//! What gives an answer away: a question, its short form, a probe or an
//! explanation that says what the rubric wants to hear.

use super::Finding;
use crate::interview::bank::Question;
use crate::interview::phrase::Phrase;
use crate::interview::score::assess_text;
use crate::interview::sentence;

/// Share of the rubric that an explanation names less than: it teaches after an
/// answer, but it is no full answer itself.
const MOST_EXPLAINED: f32 = 0.8;

pub(super) fn flaws(question: &Question, out: &mut Vec<Finding>) {
    let says = |text: &str, phrase: &str| {
        let phrase = Phrase::parse(phrase);
        sentence::split(text, 0)
            .iter()
            .any(|sentence| !phrase.find_all(&sentence.words).is_empty())
    };
    let points = || {
        let good = question.key_points.iter().map(|p| (&p.id, &p.any_of));
        good.chain(question.misconceptions.iter().map(|m| (&m.id, &m.any_of)))
    };
    let short = question.short.iter().map(|s| ("short".to_owned(), s));
    let probes = question.key_points.iter().filter_map(|p| {
        let probe = p.probe.as_ref()?;
        Some((format!("the probe of \"{}\"", p.id), probe))
    });
    let ask = [("ask".to_owned(), &question.ask)].into_iter();
    for (name, text) in ask.chain(short).chain(probes) {
        for (id, any_of) in points() {
            for phrase in any_of.iter().filter(|phrase| says(text, phrase)) {
                out.push(Finding::flaw(
                    format!("{name} says the phrase \"{phrase}\" of \"{id}\": \"{text}\""),
                    "words that no phrase of the rubric matches",
                ));
            }
        }
    }
    if !question.explain.is_empty() && !question.key_points.is_empty() {
        let told = assess_text(question, &question.explain);
        if told.coverage >= MOST_EXPLAINED {
            let named: Vec<&str> = told.hits.iter().map(|h| h.id.as_str()).collect();
            out.push(Finding::flaw(
                format!(
                    "explain gives the answer away, it states {:.0} % of the rubric ({})",
                    100.0 * told.coverage,
                    named.join(", ")
                ),
                format!("less than {:.0} %", 100.0 * MOST_EXPLAINED),
            ));
        }
    }
}
