//! What is known before a word is said: what was read of job and résumé, and
//! which questions were chosen, why, and in which order. Printed whole by
//! `viva interview --dry-run`, shortly by `viva sessions show`; both from the
//! same setup that a record keeps. Rubrics are not shown.

use crate::event::Settings;
use crate::interview::bank::{Kind, Level};
use crate::interview::{Job, PlannedQuestion, Relevance, Resume, Setup};
use serde::Serialize;
use std::io::{self, Write};

/// What is shown of a setup.
#[derive(Serialize, Debug)]
pub(super) struct Preview<'a> {
    job: &'a Job,
    resume: &'a Resume,
    settings: &'a Settings,
    time: Time,
    plan: PlanView<'a>,
}

/// How the time is divided.
#[derive(Serialize, Debug)]
struct Time {
    /// The whole interview at most.
    minutes: u16,
    /// Numbered questions, the project question among them.
    questions: u32,
    /// Probes at most, over all questions.
    probes: u32,
}

#[derive(Serialize, Debug)]
struct PlanView<'a> {
    families: &'a [String],
    introduction: &'a Relevance,
    questions: Vec<QuestionView<'a>>,
    reserves: Vec<QuestionView<'a>>,
    /// How many reserves may take the place of a numbered question.
    adaptive: u8,
    notes: &'a [String],
}

#[derive(Serialize, Debug)]
struct QuestionView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    id: &'a str,
    kind: &'static str,
    level: &'static str,
    ask: &'a str,
    skills: &'a [String],
    /// What it has to do with the job, 0-1.
    relevance: f32,
    /// The requirements that it meets.
    matched: &'a [String],
    why: &'a str,
    /// For a reserve: after a good answer to which question.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
}

impl<'a> QuestionView<'a> {
    fn of(planned: &'a PlannedQuestion) -> Self {
        let question = &planned.question;
        Self {
            number: (!planned.reserve).then_some(planned.number),
            id: &question.id,
            kind: match question.kind {
                Kind::Project => "project",
                Kind::Technical => "technical",
                Kind::Behavioral => "behavioral",
            },
            level: match question.level {
                Level::Core => "core",
                Level::Advanced => "advanced",
            },
            ask: &question.ask,
            skills: &question.skills,
            relevance: planned.relevance.score,
            matched: &planned.relevance.matched,
            why: &planned.why,
            after: planned.after.as_deref(),
        }
    }
}

impl<'a> Preview<'a> {
    /// What is shown of a setup.
    pub(super) fn of(setup: &'a Setup) -> Self {
        let plan = &setup.plan;
        let (reserves, questions): (Vec<_>, Vec<_>) =
            plan.questions.iter().partition(|q| q.reserve);
        let numbered = plan.numbered();
        Self {
            job: &setup.job,
            resume: &setup.resume,
            settings: &setup.settings,
            time: Time {
                minutes: setup.settings.minutes,
                questions: numbered,
                probes: numbered * u32::from(setup.settings.follow_ups),
            },
            plan: PlanView {
                families: &plan.families,
                introduction: &plan.introduction,
                questions: questions.into_iter().map(QuestionView::of).collect(),
                reserves: reserves.into_iter().map(QuestionView::of).collect(),
                adaptive: plan.adaptive,
                notes: &plan.notes,
            },
        }
    }

    /// Everything, for a person.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        self.print_job(out)?;
        writeln!(out)?;
        self.print_resume(out)?;
        writeln!(out)?;
        self.print_plan(out)?;
        writeln!(out)?;
        let set = self.settings;
        writeln!(
            out,
            "TIME\n  At most {} minutes: introduction, {} questions with up to {} probes each ({} in all), the candidate's questions",
            self.time.minutes, self.time.questions, set.follow_ups, self.time.probes
        )?;
        let mode = format!("{:?}", set.mode).to_lowercase();
        writeln!(
            out,
            "  Mode {mode}, language {}, seed {}, a gentle prompt after {} s, pauses allowed {} times as long",
            set.language, set.seed, set.patience_s, set.pause_factor
        )?;
        for (at, note) in self.plan.notes.iter().enumerate() {
            if at == 0 {
                writeln!(out, "\nNOTES")?;
            }
            writeln!(out, "  {}", plain(note))?;
        }
        Ok(())
    }

    fn print_job(&self, out: &mut impl Write) -> io::Result<()> {
        let job = self.job;
        writeln!(out, "JOB")?;
        line(out, "Title", &job.title)?;
        line(out, "Company", &job.company)?;
        for (name, value) in [
            ("Location", &job.location),
            ("Employment", &job.employment),
            ("Salary", &job.salary),
            ("Recruiter", &job.recruiter),
            ("About", &job.about),
        ] {
            line(out, name, value.as_deref().unwrap_or_default())?;
        }
        list(out, "Must have", &job.must_haves)?;
        list(out, "Nice to have", &job.nice_to_haves)?;
        list(out, "Tasks", &job.responsibilities)?;
        list(out, "Benefits", &job.benefits)?;
        line(out, "Skills", &job.skills.join(", "))?;
        let facts: Vec<String> = job
            .facts
            .iter()
            .map(|f| format!("{}: {}", f.id, f.says))
            .collect();
        list(out, "Can answer", &facts)
    }

    fn print_resume(&self, out: &mut impl Write) -> io::Result<()> {
        let resume = self.resume;
        writeln!(out, "CANDIDATE")?;
        let name = if resume.name.is_empty() {
            "(not named)"
        } else {
            &resume.name
        };
        line(out, "Name", name)?;
        line(
            out,
            "Summary",
            resume.summary.as_deref().unwrap_or_default(),
        )?;
        let mut roles = Vec::new();
        for role in &resume.roles {
            let employer = role.employer.as_ref().map(|e| format!(" at {e}"));
            let period = role.period.as_ref().map(|p| format!(" ({p})"));
            let title = match role.title.as_str() {
                "" => "(position not named)",
                title => title,
            };
            roles.push(format!(
                "{title}{}{}",
                employer.unwrap_or_default(),
                period.unwrap_or_default()
            ));
            roles.extend(role.highlights.iter().map(|h| format!("  {h}")));
        }
        list(out, "Roles", &roles)?;
        let mut projects = Vec::new();
        for project in &resume.projects {
            let about = project.about.as_ref().map(|a| format!(": {a}"));
            projects.push(format!("{}{}", project.name, about.unwrap_or_default()));
            projects.extend(project.highlights.iter().map(|h| format!("  {h}")));
        }
        list(out, "Projects", &projects)?;
        list(out, "Education", &resume.education)?;
        list(out, "Honours", &resume.certifications)?;
        line(out, "Skills", &resume.skills.join(", "))?;
        list(out, "Claims", &resume.claims)
    }

    fn print_plan(&self, out: &mut impl Write) -> io::Result<()> {
        let plan = &self.plan;
        writeln!(out, "PLAN")?;
        line(out, "Families", &plan.families.join(", "))?;
        writeln!(
            out,
            "  {:>2}  introduction, relevance {:.2}; meets {}",
            "-",
            plan.introduction.score,
            meets(&plan.introduction.matched)
        )?;
        for question in plan.questions.iter().chain(&plan.reserves) {
            let number = question
                .number
                .map_or_else(|| "r".to_owned(), |n| n.to_string());
            writeln!(
                out,
                "  {number:>2}  {} ({} {}), relevance {:.2}; meets {}",
                question.id,
                question.level,
                question.kind,
                question.relevance,
                meets(question.matched)
            )?;
            writeln!(out, "      {}", plain(question.ask))?;
            writeln!(out, "      Why: {}", plain(question.why))?;
            if let Some(after) = question.after {
                writeln!(out, "      Only after a good answer to {after}")?;
            }
        }
        if !plan.reserves.is_empty() {
            writeln!(
                out,
                "  At most {} of the numbered questions may be replaced by a reserve (r).",
                plan.adaptive
            )?;
        }
        Ok(())
    }

    /// A few lines: how much was read, and each question with its reason.
    pub(super) fn print_short(&self, out: &mut impl Write) -> io::Result<()> {
        let (job, resume) = (self.job, self.resume);
        writeln!(
            out,
            "Job        {} must-haves, {} nice-to-haves, {} tasks, {} skills, {} facts",
            job.must_haves.len(),
            job.nice_to_haves.len(),
            job.responsibilities.len(),
            job.skills.len(),
            job.facts.len()
        )?;
        writeln!(
            out,
            "Résumé     {} roles, {} projects, {} skills, {} claims",
            resume.roles.len(),
            resume.projects.len(),
            resume.skills.len(),
            resume.claims.len()
        )?;
        writeln!(
            out,
            "Time       at most {} minutes, up to {} probes a question",
            self.time.minutes, self.settings.follow_ups
        )?;
        writeln!(
            out,
            "Plan       {} questions of {}; introduction, relevance {:.2}",
            self.time.questions,
            or_none(&self.plan.families.join(", ")),
            self.plan.introduction.score
        )?;
        for question in self.plan.questions.iter().chain(&self.plan.reserves) {
            let number = question
                .number
                .map_or_else(|| "r".to_owned(), |n| n.to_string());
            writeln!(
                out,
                "  {number:>2}  {}, relevance {:.2}; {}",
                question.id,
                question.relevance,
                plain(question.why)
            )?;
        }
        for note in self.plan.notes {
            writeln!(out, "Note       {}", plain(note))?;
        }
        Ok(())
    }
}

fn meets(matched: &[String]) -> String {
    or_none(&plain(&matched.join(", "))).to_owned()
}

fn or_none(text: &str) -> &str {
    if text.is_empty() {
        "nothing named"
    } else {
        text
    }
}

/// Documents come from outside: no control characters on a terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn line(out: &mut impl Write, name: &str, value: &str) -> io::Result<()> {
    if value.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {name:<13} {}", plain(value))
}

fn list(out: &mut impl Write, name: &str, items: &[String]) -> io::Result<()> {
    for (at, item) in items.iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        writeln!(out, "  {name:<13} {}", plain(item))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::Bank;

    fn setup() -> Setup {
        let job = Job::parse(
            "j.txt",
            "Position: Python Developer\nCompany: Rook Ltd\nLocation: Remote\nMust-have:\n- Python\n- Django\n- PostgreSQL\n",
        )
        .unwrap();
        let resume = Resume::parse(
            "r.txt",
            "Ada Stone\nExperience:\n- Developer at Pine Ltd (2 years)\n  - Built 3 REST APIs in Django\n",
        )
        .unwrap();
        Setup::prepare(job, resume, Bank::builtin(), Settings::default()).unwrap()
    }

    #[test]
    fn everything_that_decides_about_the_questions_is_printed() {
        let setup = setup();
        let mut out = Vec::new();
        Preview::of(&setup).print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let mut expected = vec![
            "Python Developer".to_owned(),
            "Rook Ltd".into(),
            "location: The position is remote.".into(),
            "Developer at Pine Ltd (2 years)".into(),
            "Built 3 REST APIs in Django".into(),
            "At most 30 minutes".into(),
        ];
        for planned in &setup.plan.questions {
            expected.push(planned.question.ask.clone());
            expected.push(format!("Why: {}", planned.why));
            expected.push(format!("relevance {:.2}", planned.relevance.score));
        }
        for part in expected {
            assert!(text.contains(&part), "no {part:?} in:\n{text}");
        }
    }

    #[test]
    fn no_preview_shows_a_rubric() {
        let setup = setup();
        let mut out = serde_json::to_vec(&Preview::of(&setup)).unwrap();
        Preview::of(&setup).print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for planned in &setup.plan.questions {
            for point in &planned.question.key_points {
                assert!(!text.contains(&point.says), "{}", point.says);
            }
        }
    }
}
