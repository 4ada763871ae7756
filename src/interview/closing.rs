//! The candidate's questions: answered from the job's own facts or passed on.

use super::job::{Fact, Job};
use super::text::{sentences, stem, words};

/// What is known about a question: the facts that answer it, and whether a
/// part of it stays open.
pub(crate) fn facts<'a>(job: &'a Job, text: &str) -> (Vec<&'a Fact>, bool) {
    let parts = sentences(text);
    let marked: Vec<&str> = parts.iter().copied().filter(|p| p.ends_with('?')).collect();
    // Without question marks (typed, or badly heard) the whole is a question.
    let alone = marked.len() <= 1 && parts.len() <= 2;
    let asked = if marked.is_empty() {
        vec![text]
    } else {
        marked
    };
    let mut found: Vec<&Fact> = Vec::new();
    let mut open = false;
    for part in asked {
        match fact(job, part).or_else(|| alone.then(|| fact(job, text)).flatten()) {
            Some(fact) if !found.iter().any(|f| f.id == fact.id) => found.push(fact),
            Some(_) => {}
            None => open = true,
        }
    }
    found.truncate(2);
    (found, open)
}

/// The fact whose words the question uses most.
fn fact<'a>(job: &'a Job, text: &str) -> Option<&'a Fact> {
    let said: Vec<String> = words(text).iter().map(|w| stem(w).to_owned()).collect();
    let score = |fact: &Fact| -> usize {
        let mut sum = 0;
        for phrase in &fact.asked {
            let phrase: Vec<String> = words(phrase).iter().map(|w| stem(w).to_owned()).collect();
            if !phrase.is_empty() && said.windows(phrase.len()).any(|w| w == phrase.as_slice()) {
                // Longer phrases are surer.
                sum += phrase.len() * phrase.len();
            }
        }
        sum
    };
    let mut best: Option<(&Fact, usize)> = None;
    for fact in &job.facts {
        let points = score(fact);
        if points > best.map_or(0, |b| b.1) {
            best = Some((fact, points));
        }
    }
    best.map(|b| b.0)
}

/// Whether a question in the middle of the interview is about the job.
pub(crate) fn about_the_job(job: &Job, text: &str) -> bool {
    const WORDS: &[&str] = &[
        "salary",
        "pay",
        "team",
        "benefits",
        "holiday",
        "vacation",
        "remote",
        "office",
        "company",
        "position",
        "contract",
        "start date",
        "next steps",
        "hiring",
    ];
    let line = format!(" {} ", words(text).join(" "));
    text.trim_end().ends_with('?')
        && (WORDS.iter().any(|w| line.contains(&format!(" {w} "))) || fact(job, text).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        Job::parse(
            "j.toml",
            "title = \"Tester\"\nlocation = \"Remote\"\n[[fact]]\nid = \"team\"\nasked = [\"team\", \"work with\", \"colleagues\"]\nsays = \"The team has six people.\"\n",
        )
        .unwrap()
    }

    #[test]
    fn questions_find_their_facts_or_stay_open() {
        let job = job();
        for (text, ids, open) in [
            ("How big is the team?", vec!["team"], false),
            ("Who would I be working with?", vec!["team"], false),
            ("Can I work remotely?", vec!["location"], false),
            (
                "How big is the team? And can I work from home?",
                vec!["team", "location"],
                false,
            ),
            ("What is the salary?", vec![], true),
            (
                "What's the team like? And what does it pay?",
                vec!["team"],
                true,
            ),
        ] {
            let (found, rest) = facts(&job, text);
            let found: Vec<_> = found.iter().map(|f| f.id.as_str()).collect();
            assert_eq!((found, rest), (ids, open), "{text}");
        }
    }
}
