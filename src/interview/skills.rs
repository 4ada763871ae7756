//! The skill lexicon: which words in a text name which skill, and which
//! skills belong together. Jobs, résumés and questions meet in its names.

use serde::Deserialize;
use std::collections::HashMap;
use std::sync::OnceLock;
use thiserror::Error;

/// The lexicon that comes with the program.
const BUILTIN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config/skills.toml"));

/// A lexicon that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LexiconError {
    /// The file is not valid TOML or has other fields.
    #[error("Skill lexicon {file} cannot be read: {message}")]
    Toml {
        /// Which file.
        file: String,
        /// What the TOML reader says.
        message: String,
    },
    /// A name or synonym stands for two skills.
    #[error("Skill lexicon {file}: \"{word}\" stands for both \"{first}\" and \"{second}\"")]
    Ambiguous {
        /// Which file.
        file: String,
        /// The word.
        word: String,
        /// One skill.
        first: String,
        /// The other.
        second: String,
    },
}

/// One skill.
#[derive(Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// Its name, lower case.
    pub name: String,
    /// Other words for it.
    #[serde(default)]
    pub also: Vec<String>,
    /// More general skills that it is a part of.
    #[serde(default)]
    pub within: Vec<String>,
    /// Words that count only when written exactly so ("R", "Go", "C").
    #[serde(default)]
    pub exact: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "skill")]
    skills: Vec<Skill>,
}

/// One way to write a skill.
#[derive(Clone, Debug)]
struct Form {
    tokens: Vec<String>,
    skill: usize,
}

/// All skills with their synonyms.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    skills: Vec<Skill>,
    forms: Vec<Form>,
    /// Places of the skills by name; looked up, never walked through.
    by_name: HashMap<String, usize>,
    /// Places of the forms by first word; exact ones behind [`EXACT`].
    by_first: HashMap<String, Vec<usize>>,
}

/// Stands before words that count only as written.
const EXACT: char = '=';

impl Lexicon {
    /// The lexicon that comes with the program.
    pub fn builtin() -> &'static Self {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        // A test holds the file to be readable.
        LEXICON.get_or_init(|| Self::parse("skills.toml", BUILTIN).unwrap_or_default())
    }

    /// Reads a lexicon.
    ///
    /// # Errors
    /// When the text is not such a TOML file, or a word is ambiguous.
    pub fn parse(file: &str, text: &str) -> Result<Self, LexiconError> {
        let read: File = toml::from_str(text).map_err(|e| LexiconError::Toml {
            file: file.to_owned(),
            message: e.to_string().trim().to_owned(),
        })?;
        let mut lexicon = Self::default();
        for skill in read.skills {
            lexicon
                .add(skill)
                .map_err(|(word, first, second)| LexiconError::Ambiguous {
                    file: file.to_owned(),
                    word,
                    first,
                    second,
                })?;
        }
        Ok(lexicon)
    }

    /// Adds names that are not known yet (a bank's own skills), so that they
    /// are found in texts too.
    #[must_use]
    pub fn with_names<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut out = self.clone();
        for name in names {
            if out.canonical(name).is_none() {
                // Cannot be ambiguous: it was not known.
                let _ = out.add(Skill {
                    name: name.to_lowercase(),
                    also: Vec::new(),
                    within: Vec::new(),
                    exact: Vec::new(),
                });
            }
        }
        out
    }

    fn add(&mut self, skill: Skill) -> Result<(), (String, String, String)> {
        let at = self.skills.len();
        // A name that is also a common word counts only in its exact forms;
        // "rest api" is no common word although "REST" is one form of it.
        let common = skill.exact.iter().any(|e| e.to_lowercase() == skill.name);
        let name = [&skill.name].into_iter().filter(|_| !common);
        let ways = name.chain(&skill.also).map(|w| (w, false));
        for (way, exact) in ways.chain(skill.exact.iter().map(|w| (w, true))) {
            let tokens: Vec<String> = tokens(way)
                .into_iter()
                .map(|t| if exact { t } else { fold(&t) })
                .collect();
            if tokens.is_empty() {
                continue;
            }
            // A name of one letter is only ever meant exactly.
            if !exact && tokens.len() == 1 && tokens[0].len() < 2 {
                continue;
            }
            if let Some(other) = self.whole(&tokens, exact) {
                let other = self.forms[other].skill;
                if other != at {
                    let first = self.skills[other].name.clone();
                    return Err((way.clone(), first, skill.name.clone()));
                }
                continue;
            }
            let first = key(&tokens[0], exact);
            self.by_first
                .entry(first)
                .or_default()
                .push(self.forms.len());
            self.forms.push(Form { tokens, skill: at });
        }
        // The first of a name stays, as a walk through the list would find.
        self.by_name.entry(skill.name.clone()).or_insert(at);
        self.skills.push(skill);
        Ok(())
    }

    /// Forms that begin with a word.
    fn begin(&self, first: &str, exact: bool) -> &[usize] {
        self.by_first
            .get(&key(first, exact))
            .map_or(&[], Vec::as_slice)
    }

    /// The form that these words are.
    fn whole(&self, tokens: &[String], exact: bool) -> Option<usize> {
        let begin = self.begin(tokens.first()?, exact).iter();
        begin.copied().find(|&at| self.forms[at].tokens == tokens)
    }

    /// The lexicon's name of a skill, if it knows it.
    pub fn canonical(&self, name: &str) -> Option<&str> {
        let lower = name.trim().to_lowercase();
        if let Some(&at) = self.by_name.get(&lower) {
            return Some(&self.skills[at].name);
        }
        let plain = tokens(name);
        let folded: Vec<String> = plain.iter().map(|t| fold(t)).collect();
        let forms = [self.whole(&plain, true), self.whole(&folded, false)];
        let form = forms.into_iter().flatten().min()?;
        Some(self.skills[self.forms[form].skill].name.as_str())
    }

    /// The lexicon's name, or the given one in lower case.
    pub fn name_of(&self, name: &str) -> String {
        self.canonical(name)
            .map_or_else(|| name.trim().to_lowercase(), str::to_owned)
    }

    /// Names of the skills that a text mentions, in order, each once.
    pub fn find(&self, text: &str) -> Vec<String> {
        let plain = tokens(text);
        let folded: Vec<String> = plain.iter().map(|t| fold(t)).collect();
        let mut out: Vec<String> = Vec::new();
        let mut at = 0;
        while at < plain.len() {
            let exact = self.begin(&plain[at], true).iter().map(|f| (f, &plain));
            let loose = self.begin(&folded[at], false).iter();
            let all = exact.chain(loose.map(|f| (f, &folded)));
            // The longest, so that "machine learning operations" is not taken
            // for "machine learning"; of equals the first.
            let hit = all
                .filter(|(form, words)| words[at..].starts_with(&self.forms[**form].tokens))
                .map(|(form, _)| *form)
                .max_by_key(|&form| (self.forms[form].tokens.len(), std::cmp::Reverse(form)));
            if let Some(form) = hit.map(|form| &self.forms[form]) {
                let name = &self.skills[form.skill].name;
                if !out.contains(name) {
                    out.push(name.clone());
                }
                at += form.tokens.len();
            } else {
                at += 1;
            }
        }
        out
    }

    /// Whether one of the two skills is a part of the other.
    pub fn kin(&self, a: &str, b: &str) -> bool {
        self.part_of(a, b) || self.part_of(b, a)
    }

    /// Whether a skill is a part of a more general one.
    pub fn part_of(&self, skill: &str, whole: &str) -> bool {
        let skill = self.by_name.get(skill).map(|&at| &self.skills[at]);
        skill.is_some_and(|s| s.within.iter().any(|w| w == whole))
    }

    /// All skills, in the file's order.
    pub fn skills(&self) -> &[Skill] {
        &self.skills
    }
}

fn key(word: &str, exact: bool) -> String {
    if exact {
        format!("{EXACT}{word}")
    } else {
        word.to_owned()
    }
}

/// Tokens of a text: letters, digits and the signs of "C++" and "C#".
fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '+' || c == '#'))
        .map(|t| t.trim_start_matches(['+', '#']))
        .map(|t| {
            // The plus of "50+" is no part of a name.
            let signs = t.trim_end_matches(['+', '#']);
            if signs.chars().all(|c| c.is_ascii_digit()) {
                signs
            } else {
                t
            }
        })
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Lower case, without the plural's s.
fn fold(token: &str) -> String {
    let lower = token.to_lowercase();
    match lower.strip_suffix('s') {
        Some(short) if short.len() > 2 && !short.ends_with(['s', 'u', 'i']) => short.to_owned(),
        _ => lower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        Lexicon::parse("skills.toml", BUILTIN).unwrap()
    }

    #[test]
    fn synonyms_and_plurals_lead_to_one_name() {
        let lexicon = lexicon();
        for (text, expect) in [
            ("Strong k8s and CI/CD skills", vec!["kubernetes", "ci/cd"]),
            ("RESTful APIs in Node.js", vec!["rest api", "node.js"]),
            ("C++ or C#, 50+ services", vec!["c++", "c#"]),
            ("We go far; R and SQL", vec!["r", "sql"]),
            ("Programming in Go", vec!["programming", "go"]),
            ("MLOps, machine learning", vec!["mlops", "machine learning"]),
        ] {
            assert_eq!(lexicon.find(text), expect, "{text}");
        }
    }

    #[test]
    fn every_broader_skill_is_in_the_lexicon() {
        let lexicon = lexicon();
        for skill in lexicon.skills() {
            for wide in &skill.within {
                assert_eq!(
                    lexicon.canonical(wide),
                    Some(wide.as_str()),
                    "of {}",
                    skill.name
                );
            }
        }
    }

    #[test]
    fn a_word_for_two_skills_is_refused() {
        let text = "[[skill]]\nname = \"a1\"\nalso = [\"x1\"]\n[[skill]]\nname = \"b1\"\nalso = [\"x1\"]\n";
        let error = Lexicon::parse("s.toml", text).unwrap_err().to_string();
        assert_eq!(
            error,
            "Skill lexicon s.toml: \"x1\" stands for both \"a1\" and \"b1\""
        );
    }
}
