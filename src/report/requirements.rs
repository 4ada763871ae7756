//! What the job asks for against what the interview examined: so that nobody
//! takes silence for a good sign, or for a bad one.

use super::evaluation::QaItem;
use super::hr::NotAssessed;
use super::wording::flat;
use crate::event::EndReason;
use crate::interview::Setup;
use crate::interview::skills::Lexicon;
use serde::Serialize;

/// One must-have of the job.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Requirement {
    /// As the job puts it.
    pub text: String,
    /// Numbers of the questions asked that have to do with it.
    pub questions: Vec<usize>,
    /// The best score among these; nothing where none was scored.
    pub best: Option<u8>,
    /// Whether it asks for years, which no question examines.
    pub asks_for_years: bool,
}

/// The job's must-haves with the questions that touched them.
pub fn requirements(setup: &Setup, items: &[QaItem]) -> Vec<Requirement> {
    let lexicon = Lexicon::builtin();
    let requirement = |line: &String| {
        let wanted = lexicon.find(line);
        let meets = |item: &&QaItem| {
            let planned = setup.plan.question(&item.id);
            let matched = planned.map_or(&[][..], |planned| &planned.relevance.matched);
            let own = item.skills.iter().map(|skill| lexicon.name_of(skill));
            let mut names = matched.iter().cloned().chain(own);
            names.any(|name| {
                wanted
                    .iter()
                    .any(|want| *want == name || lexicon.part_of(&name, want))
            })
        };
        let met: Vec<&QaItem> = items.iter().filter(meets).collect();
        Requirement {
            text: flat(line),
            questions: met.iter().map(|item| item.number).collect(),
            best: met.iter().filter_map(|item| item.score.score).max(),
            asks_for_years: asks_for_years(line),
        }
    };
    setup.job.must_haves.iter().map(requirement).collect()
}

/// Whether a line counts years: `3+ years of Rust`, `at least one year`.
fn asks_for_years(line: &str) -> bool {
    let lower = line.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| matches!(word, "year" | "years" | "yrs"))
}

/// What was planned or is required, and was not asked.
pub fn not_examined(
    setup: &Setup,
    items: &[QaItem],
    requirements: &[Requirement],
    ended: Option<EndReason>,
) -> Vec<NotAssessed> {
    let mut out = Vec::new();
    // An advanced question stands in the place of a planned one, so numbers
    // tell whether any place stayed empty.
    // A recruiter's own question takes no place of the plan.
    let of_plan = |item: &&QaItem| setup.plan.question(&item.id).is_some();
    let asked = items.iter().filter(of_plan).count();
    if asked < setup.plan.numbered() as usize {
        let why = match ended {
            Some(EndReason::TimeUp) => "Not asked: the time was used up.",
            Some(EndReason::ConsentRefused) => "Not asked: consent was refused.",
            Some(EndReason::CandidateEnded) => "Not asked: the candidate ended the interview.",
            Some(EndReason::CandidateLeft) => "Not asked: the connection was lost.",
            Some(EndReason::RecruiterEnded) => "Not asked: a recruiter ended the interview.",
            Some(EndReason::NoAnswer) => "Not asked: nobody answered.",
            Some(EndReason::Completed) | None => "Not asked before the interview ended.",
        };
        let planned = setup.plan.questions.iter().filter(|q| !q.reserve);
        let left = planned.filter(|q| !items.iter().any(|item| item.id == q.question.id));
        let missing = setup.plan.numbered() as usize - asked;
        out.extend(left.take(missing).map(|q| NotAssessed {
            question: None,
            what: flat(q.question.short.as_ref().unwrap_or(&q.question.ask)),
            why: why.to_owned(),
        }));
    }
    for requirement in requirements {
        if requirement.questions.is_empty() {
            out.push(NotAssessed {
                question: None,
                what: format!("Must-have \"{}\"", requirement.text),
                why: "No question of this interview was about it.".to_owned(),
            });
        } else if requirement.asks_for_years {
            out.push(NotAssessed {
                question: None,
                what: format!("Years of experience in \"{}\"", requirement.text),
                why: "Answers show what is known, not for how long.".to_owned(),
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_seen_where_they_are_asked_for() {
        assert!(asks_for_years("3+ years of machine learning"));
        assert!(asks_for_years("At least one year with Go"));
        assert!(!asks_for_years("Yearning for tests"));
    }
}
