//! What is known of the candidate: read from TOML, plain text or Markdown.

use super::skills::Lexicon;
use super::text::{self, Item, Section};
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
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err(ResumeError::Empty { name: name.into() });
        }
        if let Some(why) = text::unreadable(text) {
            return Err(ResumeError::NotText {
                name: name.into(),
                why,
            });
        }
        let lower = name.to_lowercase();
        let is_toml = lower.ends_with(".toml")
            || (!lower.ends_with(".txt")
                && !lower.ends_with(".md")
                && text.lines().any(|l| l.starts_with("name =")));
        let mut resume = if is_toml {
            toml::from_str(text).map_err(|e| ResumeError::Toml {
                name: name.into(),
                message: e.to_string().trim().to_owned(),
            })?
        } else {
            from_text(text)
        };
        resume.name = text::speakable(&resume.name);
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
            let names = if found.is_empty() {
                vec![lexicon.name_of(skill)]
            } else {
                found
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
        for line in done.chain(&self.certifications) {
            if line.chars().any(|c| c.is_ascii_digit()) && !self.claims.contains(line) {
                self.claims.push(line.clone());
            }
        }
    }
}

/// Which part of a résumé a heading opens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Summary,
    Work,
    Projects,
    Education,
    Skills,
    Honours,
    Other,
}

fn part_of(heading: &str) -> Option<Part> {
    let h = heading.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| h.contains(w));
    if has(&["project", "portfolio", "open source"]) {
        Some(Part::Projects)
    } else if has(&[
        "experience",
        "employment",
        "work history",
        "career",
        "positions",
    ]) {
        Some(Part::Work)
    } else if has(&["education", "courses", "training", "degrees"]) {
        Some(Part::Education)
    } else if has(&["skills", "technolog", "competenc", "tools"]) {
        Some(Part::Skills)
    } else if has(&[
        "certif",
        "award",
        "patent",
        "publication",
        "honour",
        "honor",
        "achievement",
    ]) {
        Some(Part::Honours)
    } else if has(&[
        "summary",
        "profile",
        "objective",
        "about me",
        "introduction",
    ]) {
        Some(Part::Summary)
    } else if has(&[
        "contact",
        "languages",
        "interests",
        "hobbies",
        "references",
        "curriculum vitae",
        "resume",
        "r\u{e9}sum\u{e9}",
    ]) || h == "cv"
    {
        Some(Part::Other)
    } else {
        None
    }
}

fn from_text(text: &str) -> Resume {
    let mut resume = Resume::default();
    let known = |line: &str| {
        line.split_whitespace().count() <= 4
            && part_of(line).is_some()
            && !line.contains([',', '(', ':'])
    };
    for section in text::sections(text, known) {
        let part = part_of(&section.heading);
        if part.is_none() && resume.name.is_empty() && looks_like_a_name(&section.heading) {
            resume.name.clone_from(&section.heading);
        }
        match part {
            Some(Part::Work) => read_work(&mut resume, &section),
            Some(Part::Projects) => read_projects(&mut resume, &section),
            Some(Part::Skills) => {
                for item in &section.items {
                    let listed =
                        text::pair(&item.text).map_or(item.text.as_str(), |(_, value)| value);
                    let parts = listed.split([',', ';']).map(|s| s.trim().to_owned());
                    resume.skills.extend(parts.filter(|s| !s.is_empty()));
                }
            }
            Some(Part::Education) => resume.education.extend(texts(&section)),
            Some(Part::Honours) => resume.certifications.extend(texts(&section)),
            Some(Part::Summary) => resume.summary = Some(texts(&section).join(" ")),
            Some(Part::Other) | None => read_head(&mut resume, &section),
        }
    }
    resume
}

fn texts(section: &Section) -> Vec<String> {
    section.items.iter().map(|i| i.text.clone()).collect()
}

/// Lines outside the known parts: the name, and nothing else that is needed.
fn read_head(resume: &mut Resume, section: &Section) {
    for item in &section.items {
        match text::pair(&item.text) {
            Some((key, value)) if key == "name" || key == "candidate" || key == "full name" => {
                resume.name = value.to_owned();
            }
            Some(_) => {}
            None if resume.name.is_empty() && looks_like_a_name(&item.text) => {
                resume.name.clone_from(&item.text);
            }
            None => {}
        }
    }
}

fn looks_like_a_name(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    (1..=6).contains(&words.len())
        && line
            .chars()
            .all(|c| c.is_alphabetic() || " .'-,\u{2019}".contains(c))
        && words[0].chars().next().is_some_and(char::is_uppercase)
}

/// Whether a line says what was done rather than what somebody was.
fn is_deed(line: &str) -> bool {
    const DEEDS: &[&str] = &[
        "built", "led", "wrote", "made", "ran", "won", "grew", "cut", "drove", "set", "taught",
        "brought", "took", "kept", "gave", "oversaw", "rebuilt", "rewrote", "sped", "some",
    ];
    let first = line
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_lowercase();
    DEEDS.contains(&first.as_str()) || (first.ends_with("ed") && first.len() > 4)
}

fn read_work(resume: &mut Resume, section: &Section) {
    let base = section
        .items
        .iter()
        .filter(|i| i.bullet)
        .map(|i| i.indent)
        .min()
        .unwrap_or(0);
    let bullets_are_roles = section.items.iter().all(|i| i.bullet || i.level > 0)
        && section
            .items
            .iter()
            .any(|i| i.bullet && i.indent == base && !is_deed(&i.text));
    for item in &section.items {
        let top = !item.bullet || (bullets_are_roles && item.indent == base);
        if top && !is_deed(&item.text) {
            match resume.roles.last_mut() {
                // A line of its own with the dates only.
                Some(role) if role.period.is_none() && is_period(&item.text) => {
                    role.period = Some(item.text.clone());
                }
                _ => resume.roles.push(role_of(&item.text)),
            }
        } else {
            if resume.roles.is_empty() {
                resume.roles.push(Role::default());
            }
            if let Some(role) = resume.roles.last_mut() {
                role.highlights.push(item.text.clone());
            }
        }
    }
}

fn is_period(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
        && text.split_whitespace().count() <= 6
        && (text.contains("20")
            || text.contains("19")
            || text.contains("year")
            || text.contains("month"))
}

/// "Engineer at Acme (3 years)", "Engineer, Acme, 2019-2022".
fn role_of(line: &str) -> Role {
    let mut rest = line.trim().to_owned();
    let mut period = None;
    if let Some(open) = rest.rfind('(')
        && rest.ends_with(')')
    {
        period = Some(rest[open + 1..rest.len() - 1].trim().to_owned());
        rest.truncate(open);
    }
    let rest = rest.trim();
    if let Some((title, employer)) = rest.split_once(" at ") {
        let mut parts = employer.splitn(2, ',');
        let employer = parts.next().unwrap_or_default().trim().to_owned();
        period = period.or_else(|| parts.next().map(|p| p.trim().to_owned()));
        return Role {
            title: title.trim().to_owned(),
            employer: Some(employer),
            period,
            highlights: Vec::new(),
        };
    }
    let parts: Vec<&str> = rest
        .split(['|', ','])
        .flat_map(|p| p.split(" \u{2013} "))
        .flat_map(|p| p.split(" \u{2014} "))
        .flat_map(|p| p.split(" - "))
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .collect();
    let mut role = Role {
        period,
        ..Role::default()
    };
    for part in parts {
        if role.title.is_empty() {
            part.clone_into(&mut role.title);
        } else if is_period(part) {
            role.period = Some(part.to_owned());
        } else if role.employer.is_none() {
            role.employer = Some(part.to_owned());
        }
    }
    role
}

fn read_projects(resume: &mut Resume, section: &Section) {
    let base = section.items.iter().map(|i| i.indent).min().unwrap_or(0);
    let heads = |item: &Item| !item.bullet || item.level > 0;
    let any_head = section.items.iter().any(heads);
    for item in &section.items {
        let top = if any_head {
            heads(item)
        } else {
            item.indent == base
        };
        match resume.projects.last_mut() {
            Some(project) if !top => project.highlights.push(item.text.clone()),
            _ => {
                let (name, about) = match item
                    .text
                    .split_once(": ")
                    .or_else(|| item.text.split_once(" \u{2013} "))
                    .or_else(|| item.text.split_once(" - "))
                {
                    Some((name, about)) => (name.trim(), Some(about.trim().to_owned())),
                    None => (item.text.as_str(), None),
                };
                resume.projects.push(Project {
                    name: name.to_owned(),
                    about,
                    highlights: Vec::new(),
                });
            }
        }
    }
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
