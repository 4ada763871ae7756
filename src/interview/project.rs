//! The project question: the bank's rubric, asked about something that the
//! résumé really names.

use super::bank::{Bank, Kind, Level, Question};
use super::job::lowered;
use super::plan::PlannedQuestion;
use super::relevance::{Needs, Relevance};
use super::resume::Resume;
use super::skills::Lexicon;
use super::text::{speakable, words};

/// One thing of a résumé to ask about.
struct Hook {
    ask: String,
    short: String,
    source: String,
    relevance: Relevance,
    /// How much speaks for it.
    worth: f32,
}

/// The project question for this candidate.
pub(crate) fn planned(
    bank: &Bank,
    resume: &Resume,
    needs: &Needs,
    lexicon: &Lexicon,
) -> PlannedQuestion {
    let mut question = rubric(bank);
    question.sample = None;
    let best = hooks(resume, needs, lexicon)
        .into_iter()
        .reduce(|a, b| if b.worth > a.worth { b } else { a });
    let (relevance, why) = match best {
        Some(hook) => {
            question.ask = speakable(&hook.ask);
            question.short = Some(speakable(&hook.short));
            (
                hook.relevance,
                format!("the résumé names it: {}", hook.source),
            )
        }
        None => (
            needs.of_work(lexicon, &resume.whole_text()),
            "the résumé names no project or position, so the choice is the candidate's".to_owned(),
        ),
    };
    PlannedQuestion {
        question,
        number: 1,
        relevance,
        why,
        reserve: false,
        after: None,
    }
}

/// The bank's first general project question; its rubric fits any project.
fn rubric(bank: &Bank) -> Question {
    let all = || {
        bank.questions()
            .map(|(_, q)| q)
            .filter(|q| q.kind == Kind::Project)
    };
    all()
        .find(|q| q.level == Level::Core)
        .or_else(|| all().next())
        .cloned()
        .unwrap_or_else(|| Question {
            id: "project".into(),
            kind: Kind::Project,
            skills: vec!["project experience".into()],
            level: Level::Core,
            ask: "Could you tell me about a project of yours, what your own part was, and how it turned out?".into(),
            short: Some("Could you tell me about one of your projects?".into()),
            ideal: String::new(),
            explain: String::new(),
            // Without a rubric there is no score: the scorer abstains.
            key_points: Vec::new(),
            misconceptions: Vec::new(),
            sample: None,
        })
}

fn hooks(resume: &Resume, needs: &Needs, lexicon: &Lexicon) -> Vec<Hook> {
    let mut out = Vec::new();
    for project in &resume.projects {
        let name = project.name.trim_end_matches('.');
        let text = [Some(name), project.about.as_deref()].into_iter().flatten();
        let text: Vec<&str> = text
            .chain(project.highlights.iter().map(String::as_str))
            .collect();
        let relevance = needs.of_work(lexicon, &text.join("\n"));
        let called = if words(name).len() > 6 {
            lowered(name)
        } else {
            name.to_owned()
        };
        out.push(Hook {
            ask: format!("Your résumé names the project {called}. Could you take me through it, what your own part was, and how it turned out?"),
            short: format!("Could you tell me about the project {called}?"),
            source: name.to_owned(),
            worth: relevance.score + 0.25,
            relevance,
        });
    }
    for (age, role) in resume.roles.iter().enumerate() {
        // Later work is fresher in the mind and says more.
        let fresh = 0.05 / (age + 1) as f32;
        let at = role
            .employer
            .as_deref()
            .map(|e| format!(" at {e}"))
            .unwrap_or_default();
        for deed in &role.highlights {
            let Some(phrase) = deed_phrase(deed) else {
                continue;
            };
            let relevance = needs.of_work(lexicon, &format!("{deed}\n{}", role.title));
            let number = if deed.chars().any(|c| c.is_ascii_digit()) {
                0.1
            } else {
                0.0
            };
            let own = needs.of_work(lexicon, deed).score;
            out.push(Hook {
                ask: format!("Your résumé says that{at} you {phrase}. Could you take me through that, what your own part was, and how it turned out?"),
                short: format!("Could you tell me about the time when you {phrase}?"),
                source: deed.clone(),
                worth: relevance.score + 0.3 * (own - 0.6) + 0.1 + number + fresh,
                relevance,
            });
        }
        if !role.title.is_empty() {
            let text = format!("{}\n{}", role.title, role.highlights.join("\n"));
            let relevance = needs.of_work(lexicon, &text);
            let title = &role.title;
            out.push(Hook {
                ask: format!(
                    "Your résumé names your time as {title}{at}. Could you pick one project from that time and take me through it, with your own part and how it turned out?"
                ),
                short: format!("Could you tell me about one project from your time as {title}{at}?"),
                source: format!("{title}{at}"),
                worth: relevance.score + fresh - 0.05,
                relevance,
            });
        }
    }
    out
}

/// "Led migration of 50+ applications to AWS." as "led migration of ...":
/// only when it begins with a verb in the past, and is short enough to hear.
fn deed_phrase(deed: &str) -> Option<String> {
    const PAST: &[&str] = &[
        "built", "led", "wrote", "made", "ran", "won", "grew", "cut", "drove", "taught", "brought",
        "took", "rebuilt", "rewrote", "oversaw", "set",
    ];
    let deed = deed.trim().trim_end_matches(['.', ';']);
    let deed = deed.strip_prefix("I ").unwrap_or(deed);
    let mut parts = deed.splitn(2, ' ');
    let verb = parts.next()?.to_lowercase();
    let rest = parts.next()?;
    let past = PAST.contains(&verb.as_str()) || (verb.ends_with("ed") && verb.len() > 4);
    let first_person = words(rest)
        .iter()
        .any(|w| ["i", "my", "our", "we"].contains(&w.as_str()));
    (past && !first_person && words(rest).len() <= 22).then(|| format!("{verb} {rest}"))
}

#[cfg(test)]
mod tests {
    use super::super::job::Job;
    use super::*;

    fn plan(resume: &str) -> PlannedQuestion {
        let job = Job::parse(
            "j.txt",
            "Position: Cloud Architect\nMust-have:\n- AWS\n- Terraform\n",
        )
        .unwrap();
        let lexicon = Lexicon::builtin();
        let needs = Needs::of(&job, lexicon);
        let resume = Resume::parse("r.txt", resume).unwrap();
        planned(&Bank::default(), &resume, &needs, lexicon)
    }

    #[test]
    fn a_deed_that_fits_the_job_is_asked_about_in_the_candidates_words() {
        let q = plan(
            "Ada Stone\nExperience:\n- Lead at Pine Ltd (2 years)\n  - Ran the canteen\n  - Led migration of 50+ applications to AWS.\n",
        );
        assert!(
            q.question.ask.starts_with(
                "Your résumé says that at Pine Ltd you led migration of 50+ applications to AWS."
            ),
            "{}",
            q.question.ask
        );
        assert!(q.relevance.matched.contains(&"aws".to_owned()));
    }

    #[test]
    fn without_work_on_the_resume_the_choice_is_the_candidates() {
        let q = plan("Ada Stone\nSkills:\n- AWS\n");
        assert!(
            q.question
                .ask
                .starts_with("Could you tell me about a project of yours")
        );
    }

    #[test]
    fn a_named_project_is_named() {
        let q = plan("Ada Stone\nProjects:\n- Tidebook: tide tables on AWS\n");
        assert_eq!(
            q.question.short.as_deref(),
            Some("Could you tell me about the project Tidebook?")
        );
    }
}
