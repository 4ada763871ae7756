//! What is known of the candidate: read from TOML, plain text or Markdown.

mod name;
mod parts;
mod reading;
mod work;

use super::outline;
use super::skills::Lexicon;
use super::text;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A résumé that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ResumeError {
    /// Nothing but white space.
    #[error("Résumé {name} is empty")]
    Empty {
        /// The file, as given.
        name: String,
    },
    /// Not text.
    #[error("Résumé {name} cannot be read: {why}")]
    NotText {
        /// The file, as given.
        name: String,
        /// What it is instead.
        why: &'static str,
    },
    /// TOML with faults or with fields that are not known.
    #[error("Résumé {name} is not a valid TOML résumé: {message}")]
    Toml {
        /// The file, as given.
        name: String,
        /// What the TOML reader says.
        message: String,
    },
    /// No name.
    #[error(
        "Résumé {name} does not say whose it is: expected a name (`name = \"...\"`, `Name: ...` or a first line)"
    )]
    NoName {
        /// The file, as given.
        name: String,
    },
}

/// One job that the candidate had.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Role {
    /// What as.
    pub title: String,
    /// Where, if said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employer: Option<String>,
    /// When or how long, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// What was done.
    pub highlights: Vec<String>,
}

/// One project of the candidate's own.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What was done.
    pub highlights: Vec<String>,
}

/// What the candidate says of himself or herself in writing.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Resume {
    /// The whole name.
    pub name: String,
    /// Summary or objective.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Jobs, latest first as written.
    #[serde(rename = "role")]
    pub roles: Vec<Role>,
    /// Projects.
    #[serde(rename = "project")]
    pub projects: Vec<Project>,
    /// Degrees and courses.
    pub education: Vec<String>,
    /// Certificates, awards, patents, publications.
    pub certifications: Vec<String>,
    /// Skills, by the lexicon's names where it knows them.
    pub skills: Vec<String>,
    /// Statements with numbers in them.
    pub claims: Vec<String>,
}

impl Resume {
    /// Reads a résumé: TOML when the name ends so or the text looks so, else
    /// plain text or Markdown. `name` is the file as the user gave it.
    ///
    /// # Errors
    /// When nothing can be read, or no name is found.
    pub fn parse(name: &str, text: &str) -> Result<Self, ResumeError> {
        Self::parse_for(name, text, None)
    }

    /// Reads a résumé whose candidate is known by name, or not.
    ///
    /// # Errors
    /// When nothing can be read, or no name is found and none is given.
    pub fn parse_for(name: &str, text: &str, candidate: Option<&str>) -> Result<Self, ResumeError> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err(ResumeError::Empty { name: name.into() });
        }
        if let Some(why) = outline::unreadable(text) {
            return Err(ResumeError::NotText {
                name: name.into(),
                why,
            });
        }
        let mut resume: Self = if outline::is_toml(name, text, "name") {
            toml::from_str(text).map_err(|e| ResumeError::Toml {
                name: name.into(),
                message: e.to_string().trim().to_owned(),
            })?
        } else {
            reading::from_text(text)
        };
        resume.name = text::speakable(candidate.unwrap_or(&resume.name));
        if resume.name.is_empty() {
            return Err(ResumeError::NoName { name: name.into() });
        }
        resume.complete();
        Ok(resume)
    }

    /// A candidate of whom nothing but the name is known.
    pub fn of_name(name: &str) -> Self {
        Self {
            name: text::speakable(name),
            ..Self::default()
        }
    }

    /// Everything written, for the search of skills.
    pub fn whole_text(&self) -> String {
        let mut lines: Vec<&str> = self.summary.iter().map(String::as_str).collect();
        for role in &self.roles {
            lines.push(&role.title);
            lines.extend(role.highlights.iter().map(String::as_str));
        }
        for project in &self.projects {
            lines.push(&project.name);
            lines.extend(project.about.as_deref());
            lines.extend(project.highlights.iter().map(String::as_str));
        }
        for list in [&self.education, &self.certifications, &self.skills] {
            lines.extend(list.iter().map(String::as_str));
        }
        lines.join("\n")
    }

    fn complete(&mut self) {
        let lexicon = Lexicon::builtin();
        let mut skills: Vec<String> = Vec::new();
        for skill in &self.skills {
            let found = lexicon.find(skill);
            let names = if !found.is_empty() {
                found
            } else if skill.split_whitespace().count() <= 4 {
                // "Compose (basic)"
                vec![lexicon.name_of(skill.split(" (").next().unwrap_or(skill))]
            } else {
                // A sentence is no skill.
                Vec::new()
            };
            for name in names {
                if !name.is_empty() && !skills.contains(&name) {
                    skills.push(name);
                }
            }
        }
        for found in lexicon.find(&self.whole_text()) {
            if !skills.contains(&found) {
                skills.push(found);
            }
        }
        self.skills = skills;
        let done = self.roles.iter().flat_map(|r| &r.highlights);
        let done = done.chain(self.projects.iter().flat_map(|p| &p.highlights));
        let told = self.summary.iter().flat_map(|s| text::sentences(s));
        let told: Vec<String> = told.map(str::to_owned).collect();
        let all = done.chain(&self.certifications).chain(&told);
        let mut claims: Vec<String> = Vec::new();
        for line in all.filter(|l| holds_a_number(l)) {
            if !self.claims.contains(line) && !claims.contains(line) {
                claims.push(line.clone());
            }
        }
        self.claims.extend(claims);
    }
}

/// Whether a line states a number that is neither a year nor the number of a
/// standard ("ISO 27001").
fn holds_a_number(line: &str) -> bool {
    let mut before = "";
    for word in line.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let number = bare.starts_with(|c: char| c.is_ascii_digit());
        let digits: String = bare.chars().filter(char::is_ascii_digit).collect();
        let whole = bare
            .chars()
            .all(|c| c.is_ascii_digit() || "-/\u{2013}".contains(c));
        let year = whole
            && (digits.len() == 4 || digits.len() == 8)
            && (digits.starts_with("19") || digits.starts_with("20"))
            && !word.ends_with(['+', '%']);
        let standard = before.len() >= 2 && before.chars().all(|c| c.is_ascii_uppercase()) && whole;
        if number && !year && !standard {
            return true;
        }
        before = bare;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_their_deeds_are_told_apart() {
        let text = "Mara Quill\nEmail: m@example.org\n\nSummary:\nBuilds things.\n\nExperience:\n- Lead Engineer at Fenwick Ltd (4 years)\n  - Cut costs by 30%\n  - Led team of 4\n\n- Engineer, Ostler & Co, 2015-2018\n  - Wrote parsers\n\nSkills:\n- Rust, SQL\n";
        let resume = Resume::parse("cv.txt", text).unwrap();
        assert_eq!(resume.name, "Mara Quill");
        assert_eq!(resume.roles.len(), 2);
        assert_eq!(resume.roles[0].employer.as_deref(), Some("Fenwick Ltd"));
        assert_eq!(resume.roles[1].period.as_deref(), Some("2015-2018"));
        assert_eq!(resume.claims, ["Cut costs by 30%", "Led team of 4"]);
        assert_eq!(resume.skills[..2], ["rust", "sql"]);
    }

    #[test]
    fn a_markdown_resume_is_read_by_its_headings() {
        let text = "# Dr. Ines O'Hara\n\n## Work experience\n### Data Engineer | Kestrel | 2020-2024\n- Built pipelines for 3 sites\n\n## Projects\n- Tidebook: a tide table in Rust\n";
        let resume = Resume::parse("cv.md", text).unwrap();
        assert_eq!(resume.name, "Dr. Ines O'Hara");
        assert_eq!(resume.roles[0].title, "Data Engineer");
        assert_eq!(resume.roles[0].employer.as_deref(), Some("Kestrel"));
        assert_eq!(resume.projects[0].name, "Tidebook");
    }

    #[test]
    fn unusable_resumes_are_named_with_the_reason() {
        for (name, text, expect) in [
            ("a.txt", "\n", "Résumé a.txt is empty"),
            (
                "a.docx",
                "PK\u{3}\u{4}..",
                "Résumé a.docx cannot be read: it is a packed file",
            ),
            (
                "a.txt",
                "- 12\n- 13",
                "Résumé a.txt does not say whose it is",
            ),
            (
                "a.toml",
                "nmae = 1",
                "Résumé a.toml is not a valid TOML résumé",
            ),
        ] {
            let error = Resume::parse(name, text).unwrap_err().to_string();
            assert!(error.starts_with(expect), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(name in "[a-z]{1,3}\\.(toml|txt|md)", text in "\\PC{0,300}|([-#* a-zA-Z:,.()|\\n0-9]{0,400})") {
            let _ = Resume::parse(&name, &text);
        }
    }
}
