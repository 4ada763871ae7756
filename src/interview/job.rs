//! What is known of the job: read from TOML, plain text or Markdown.

mod cues;
mod facts;
mod parts;
mod reading;
mod title;
mod topics;

use super::outline;
use super::skills::Lexicon;
use super::text;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A job description that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum JobError {
    /// Nothing but white space.
    #[error("Job description {name} is empty")]
    Empty {
        /// The file, as given.
        name: String,
    },
    /// Not text.
    #[error("Job description {name} cannot be read: {why}")]
    NotText {
        /// The file, as given.
        name: String,
        /// What it is instead.
        why: &'static str,
    },
    /// TOML with faults or with fields that are not known.
    #[error("Job description {name} is not a valid TOML job: {message}")]
    Toml {
        /// The file, as given.
        name: String,
        /// What the TOML reader says.
        message: String,
    },
    /// A job without a name.
    #[error(
        "Job description {name} names no position: expected a title (`title = \"...\"`, `Position: ...` or a first line)"
    )]
    NoTitle {
        /// The file, as given.
        name: String,
    },
}

/// Something that the candidate may ask about, with its answer.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Unique within the job.
    pub id: String,
    /// Words and phrases by which a question is known to be about it.
    pub asked: Vec<String>,
    /// The answer, a sentence or two for the ear.
    pub says: String,
}

/// A position that somebody is interviewed for.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Job {
    /// The position's name.
    pub title: String,
    /// Who employs; may be empty.
    pub company: String,
    /// Where, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Full-time, part-time, contract ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employment: Option<String>,
    /// Pay, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salary: Option<String>,
    /// Who takes over after the interview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recruiter: Option<String>,
    /// How to reach that person: an address, a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// What happens after the interview, in a sentence or two; the candidate
    /// is told it at the end, and when asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_steps: Option<String>,
    /// Id of the policy by which the record is kept; the engine's own if not
    /// given. Nothing in the interview depends on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<String>,
    /// What the company or the team does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What a candidate must bring.
    pub must_haves: Vec<String>,
    /// What is welcome.
    pub nice_to_haves: Vec<String>,
    /// What the work is.
    pub responsibilities: Vec<String>,
    /// What is offered.
    pub benefits: Vec<String>,
    /// Skills, by the lexicon's names.
    pub skills: Vec<String>,
    /// What the candidate's questions can be answered from.
    #[serde(rename = "fact")]
    pub facts: Vec<Fact>,
}

impl Job {
    /// Reads a job: TOML when the name ends so or the text looks so, else
    /// plain text or Markdown. `name` is the file as the user gave it.
    ///
    /// # Errors
    /// When nothing can be read, or no position is named.
    pub fn parse(name: &str, text: &str) -> Result<Self, JobError> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err(JobError::Empty { name: name.into() });
        }
        if let Some(why) = outline::unreadable(text) {
            return Err(JobError::NotText {
                name: name.into(),
                why,
            });
        }
        let is_toml = outline::is_toml(name, text, "title");
        let mut job = if is_toml {
            toml::from_str(text).map_err(|e| JobError::Toml {
                name: name.into(),
                message: e.to_string().trim().to_owned(),
            })?
        } else {
            reading::from_text(text)
        };
        job.title = text::speakable(&job.title);
        job.company = text::speakable(&job.company);
        if job.title.is_empty() {
            return Err(JobError::NoTitle { name: name.into() });
        }
        job.complete();
        Ok(job)
    }

    /// The position as it is spoken: "the Data Engineer position at Acme".
    pub fn position(&self) -> String {
        if self.company.is_empty() {
            format!("the {} position", self.title)
        } else {
            format!("the {} position at {}", self.title, self.company)
        }
    }

    /// The company as it is spoken.
    pub fn employer(&self) -> &str {
        if self.company.is_empty() {
            "the company"
        } else {
            &self.company
        }
    }

    /// Everything written about the job, for the search of skills.
    pub fn whole_text(&self) -> String {
        let lists = [
            &self.must_haves,
            &self.nice_to_haves,
            &self.responsibilities,
            &self.skills,
        ];
        let mut out = self.title.clone();
        for line in lists.into_iter().flatten() {
            out.push('\n');
            out.push_str(line);
        }
        if let Some(about) = &self.about {
            out.push('\n');
            out.push_str(about);
        }
        out
    }

    /// Fills in what follows from the rest: skills by the lexicon's names,
    /// and facts for the plain fields.
    fn complete(&mut self) {
        let lexicon = Lexicon::builtin();
        let mut skills: Vec<String> = Vec::new();
        for skill in &self.skills {
            let name = lexicon.name_of(skill);
            if !name.is_empty() && !skills.contains(&name) {
                skills.push(name);
            }
        }
        for found in lexicon.find(&self.whole_text()) {
            if !skills.contains(&found) {
                skills.push(found);
            }
        }
        self.skills = skills;
        for fact in facts::of_fields(self) {
            if !self.facts.iter().any(|f| f.id == fact.id) {
                self.facts.push(fact);
            }
        }
        for fact in &mut self.facts {
            fact.says = text::speakable(&fact.says);
        }
    }
}

/// Verbs that items about the work begin with.
const TASK_VERBS: &str = "\
    analyse analyze architect assist automate build coach collaborate conduct contribute \
    coordinate create debug define deliver deploy design develop document drive ensure \
    establish evaluate guide help implement improve integrate investigate lead maintain \
    manage mentor monitor operate optimise optimize own participate perform plan prepare \
    present prototype provide research review run scale support test train troubleshoot work \
    write";

fn is_task_verb(word: &str) -> bool {
    TASK_VERBS
        .split(' ')
        .any(|verb| verb == word.to_lowercase())
}

/// The first letter in lower case, unless the first word is a name.
pub(crate) fn lowered(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let ordinary = is_task_verb(first);
    let name = first
        .chars()
        .skip(1)
        .any(|c| c.is_uppercase() || c.is_ascii_digit())
        || first.chars().count() == 1 && first != "A"
        || !Lexicon::builtin().find(first).is_empty();
    let mut chars = text.chars();
    match chars.next() {
        Some(c) if ordinary || !name => c.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "Position: Backend Developer\nCompany: Harbour Tools\nLocation: Remote\n\nKey Responsibilities:\n- Build REST APIs\n- Review code\n\nMust-Have Requirements:\n- 3+ years of Python\n- Django or Flask\n\nNice-to-Have:\n- Docker\n";

    #[test]
    fn a_plain_text_job_gives_its_lists_and_facts() {
        let job = Job::parse("job.txt", PLAIN).unwrap();
        assert_eq!(
            job.position(),
            "the Backend Developer position at Harbour Tools"
        );
        assert_eq!(job.must_haves, ["3+ years of Python", "Django or Flask"]);
        assert_eq!(job.nice_to_haves, ["Docker"]);
        assert_eq!(job.skills[0], "backend");
        assert!(job.skills.iter().any(|s| s == "flask"), "{:?}", job.skills);
        let facts: Vec<_> = job.facts.iter().map(|f| f.says.as_str()).collect();
        assert!(facts.contains(&"The position is remote."), "{facts:?}");
        assert!(
            facts.contains(&"The main tasks are to build REST APIs and review code."),
            "{facts:?}"
        );
    }

    #[test]
    fn a_markdown_job_is_read_by_its_headings() {
        let text = "# Data Engineer at Northlight\n\nWe move data.\n\n## What you bring\n* SQL\n* Spark\n\n## Preferred qualifications\n* Kafka\n\n## We offer\n* A train ticket\n";
        let job = Job::parse("job.md", text).unwrap();
        assert_eq!(
            (job.title.as_str(), job.company.as_str()),
            ("Data Engineer", "Northlight")
        );
        assert_eq!(job.must_haves, ["SQL", "Spark"]);
        assert_eq!(job.nice_to_haves, ["Kafka"]);
        assert_eq!(job.benefits, ["A train ticket"]);
        assert_eq!(job.about.as_deref(), Some("We move data."));
    }

    #[test]
    fn unusable_jobs_are_named_with_the_reason() {
        for (name, text, expect) in [
            ("a.txt", " \n", "Job description a.txt is empty"),
            (
                "a.pdf",
                "%PDF-1.7 ...",
                "Job description a.pdf cannot be read: it is a PDF file, not text",
            ),
            (
                "a.toml",
                "company = \"X\"",
                "Job description a.toml names no position",
            ),
            (
                "a.toml",
                "titel = \"X\"",
                "Job description a.toml is not a valid TOML job",
            ),
        ] {
            let error = Job::parse(name, text).unwrap_err().to_string();
            assert!(error.starts_with(expect), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(name in "[a-z]{1,3}\\.(toml|txt|md)", text in "\\PC{0,300}|([-#* a-zA-Z:,.\\n]{0,400})") {
            let _ = Job::parse(&name, &text);
        }
    }
}
