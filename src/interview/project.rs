//! The project question: the bank's rubric, asked about something that the
//! résumé really names.

use super::bank::{Bank, Family, Kind, Level, Question};
use super::job::{Job, lowered};
use super::plan::PlannedQuestion;
use super::relevance::{Needs, Relevance, is_conduct};
use super::resume::Resume;
use super::skills::Lexicon;
use super::text::{listed, speakable, words};

/// One thing of a résumé to ask about.
struct Hook {
    ask: String,
    short: String,
    source: String,
    relevance: Relevance,
    /// How much speaks for it.
    worth: f32,
}

/// Relevance that something of the résumé needs to be asked about.
const LEAST: f32 = 0.6;

/// The project question for this candidate: about the work that has most to
/// do with the job, or, where the résumé names none, about work of the
/// candidate's choice that comes close to it.
pub(crate) fn planned(
    bank: &Bank,
    resume: &Resume,
    needs: &Needs,
    lexicon: &Lexicon,
    job: &Job,
) -> PlannedQuestion {
    let mut question = rubric(bank);
    question.sample = None;
    let hooks = hooks(resume, needs, lexicon);
    let named = !hooks.is_empty();
    // Where nothing is known of what the job needs, nothing can come close.
    let fits = |hook: &Hook| needs.skills.is_empty() || hook.relevance.score >= LEAST;
    let best = hooks
        .into_iter()
        .filter(fits)
        .reduce(|a, b| if b.worth > a.worth { b } else { a });
    let (relevance, why) = match best {
        Some(hook) => {
            question.ask = speakable(&hook.ask);
            question.short = Some(speakable(&hook.short));
            let mut why = format!("the résumé names it: {}", hook.source);
            if !hook.relevance.matched.is_empty() {
                let matched = &hook.relevance.matched;
                let names = listed(&matched[..matched.len().min(3)]);
                why.push_str(&format!("; the job asks for {names}"));
            }
            (hook.relevance, why)
        }
        None => {
            let heart = heart(needs, lexicon);
            let spoken: Vec<String> = heart.iter().map(|name| as_written(job, name)).collect();
            let what = match spoken.as_slice() {
                [] => String::new(),
                [one] => format!(" with {one}"),
                [one, other, ..] => format!(" with {one} or {other}"),
            };
            question.ask = speakable(&format!(
                "Could you tell me about a project of yours that comes close to this position, for example{what}, what your own part was, and how it turned out?"
            ));
            if what.is_empty() {
                question.ask = question.ask.replace(", for example,", ",");
            }
            question.short = Some(speakable(&format!(
                "Which project of yours{what} would you like to describe?"
            )));
            let why = if named {
                "nothing that the résumé names has to do with the job, so the question asks for what does"
            } else {
                "the résumé names no project or position, so the choice is the candidate's"
            };
            (needs.relevance(lexicon, &heart), why.to_owned())
        }
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

/// The two heaviest needs that are no matter of conduct.
fn heart(needs: &Needs, lexicon: &Lexicon) -> Vec<String> {
    let trade = needs.skills.iter().map(|(name, _)| name);
    let mut trade: Vec<&String> = trade.filter(|n| !is_conduct(lexicon, n)).collect();
    trade.truncate(2);
    trade.into_iter().cloned().collect()
}

/// A skill as the job writes it ("AWS"), for the ear and the report.
fn as_written(job: &Job, name: &str) -> String {
    let text = job.whole_text();
    // Lengths must agree, or the place in one text is none in the other.
    let lower = text.to_lowercase();
    let found = (lower.len() == text.len()).then(|| lower.find(name));
    found
        .flatten()
        .and_then(|at| text.get(at..at + name.len()))
        .map_or_else(|| name.to_owned(), str::to_owned)
}

/// The bank's first general project question, a recruiter's own before the
/// built-in one; its rubric fits any project.
fn rubric(bank: &Bank) -> Question {
    let all = || bank.questions().filter(|(_, q)| q.kind == Kind::Project);
    let core = |(_, q): &(&Family, &Question)| q.level == Level::Core;
    all()
        .find(|(family, _)| bank.is_own(family))
        .or_else(|| all().find(core))
        .or_else(|| all().next())
        .map(|(_, question)| question)
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
        let relevance = needs.of_work(lexicon, &text.join("\n"), "");
        let called = if words(name).len() > 6 {
            lowered(name)
        } else {
            name.to_owned()
        };
        out.push(Hook {
            ask: format!("Your résumé names the project {called}. Could you take me through it, what your own part was, and how it turned out?"),
            short: format!("Could you tell me about the project {called}?"),
            source: name.to_owned(),
            worth: 0.8 * relevance.score + 0.25,
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
            let relevance = needs.of_work(lexicon, deed, &role.title);
            let number = if deed.chars().any(|c| c.is_ascii_digit()) {
                0.1
            } else {
                0.0
            };
            let own = needs.of_work(lexicon, deed, "").score;
            out.push(Hook {
                ask: format!("Your résumé says that{at} you {phrase}. Could you take me through that, what your own part was, and how it turned out?"),
                short: format!("Could you tell me about the time when you {phrase}?"),
                source: deed.clone(),
                worth: 0.8 * relevance.score + 0.2 * own + 0.1 + number + fresh,
                relevance,
            });
        }
        if !role.title.is_empty() {
            let relevance = needs.of_work(lexicon, &role.highlights.join("\n"), &role.title);
            let title = &role.title;
            out.push(Hook {
                ask: format!(
                    "Your résumé names your time as {title}{at}. Could you pick one project from that time and take me through it, with your own part and how it turned out?"
                ),
                short: format!("Could you tell me about one project from your time as {title}{at}?"),
                source: format!("{title}{at}"),
                worth: 0.8 * relevance.score + fresh - 0.05,
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
    // "Embedded developer at ..." is a title.
    const NO_VERBS: &[&str] = &[
        "embedded",
        "advanced",
        "certified",
        "experienced",
        "distributed",
        "related",
        "applied",
    ];
    let past = PAST.contains(&verb.as_str())
        || (verb.ends_with("ed") && verb.len() > 4 && !NO_VERBS.contains(&verb.as_str()));
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
        planned(&Bank::default(), &resume, &needs, lexicon, &job)
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
