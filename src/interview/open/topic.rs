//! What a trade talks about: topics, by which words a question is about one
//! of them, and of which matters answers to it speak. Two sources, one form:
//! the topics that come with the program (`config/topics`, one file a field)
//! and every question of a bank, whose key points are its matters.

use super::vocabulary::Vocabulary;
use crate::interview::bank::{Bank, Kind, Question};
use crate::interview::score::similarity::content;
use crate::interview::stems::{self, Token};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use thiserror::Error;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/config/topics");

/// How many articles and fillers may stand between two words of a form.
const SKIP: usize = 2;

/// A file of topics that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("Topics {file} cannot be read: {message}")]
pub struct TopicError {
    /// The file.
    pub file: String,
    /// What the TOML reader says.
    pub message: String,
}

/// One file as it is written.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
struct File {
    field: String,
    #[serde(default)]
    about: Vec<String>,
    #[serde(default, rename = "topic")]
    topics: Vec<Written>,
}

/// One topic as it is written: forms between commas, `=` between two forms
/// of one matter.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    cues: String,
    matters: String,
}

/// A trade.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Words of job titles that belong to it, lower case.
    pub about: Vec<String>,
}

/// One subject of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Its name, for people.
    pub name: String,
    /// Place of its field.
    pub field: usize,
    /// Id of the bank's question that it was made of.
    pub question: Option<String>,
    /// That question with its misconceptions and without its key points.
    pub misconceptions: Option<Question>,
    /// The matters, each by its first form.
    pub matters: Vec<String>,
    /// Stems of everything that is written of it.
    pub words: BTreeSet<String>,
}

/// Where a form belongs: topic, and matter or cue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The form makes a question be about the topic.
    Cue(usize),
    /// The form states a matter of the topic.
    Matter(usize, usize),
}

/// One way to say something: its stems and all places where it belongs.
#[derive(Clone, Debug)]
struct Form {
    stems: Vec<String>,
    places: Vec<Place>,
}

/// A form that was found in a text.
#[derive(Clone, Debug)]
pub(super) struct Found<'a> {
    /// First word.
    pub(super) from: usize,
    /// Behind the last word.
    pub(super) to: usize,
    /// Number of the form, for counting distinct ones.
    pub(super) form: usize,
    /// Number of words of the form.
    pub(super) length: usize,
    /// Where it belongs.
    pub(super) places: &'a [Place],
}

/// All topics, searchable.
#[derive(Clone, Debug, Default)]
pub struct Topics {
    fields: Vec<Field>,
    topics: Vec<Topic>,
    forms: Vec<Form>,
    /// Cues of several words: the topic and their telling stems.
    scattered: Vec<(usize, BTreeSet<String>)>,
    /// The words of all of them.
    pub(super) vocabulary: Vocabulary,
    /// Forms by their first stem, longest first.
    by_stem: HashMap<String, Vec<usize>>,
}

impl Topics {
    /// The topics that come with the program and those of a bank.
    ///
    /// # Errors
    /// When a file is not such a TOML file (a test holds that none is).
    pub fn with_bank(bank: &Bank) -> Result<Self, TopicError> {
        let mut files: Vec<_> = FILES
            .files()
            .filter_map(|f| Some((f.path().file_name()?.to_str()?, f.contents_utf8()?)))
            .collect();
        files.sort_unstable();
        let mut build = Build::default();
        for (name, text) in files {
            let file = toml::from_str(text).map_err(|e: toml::de::Error| TopicError {
                file: name.to_owned(),
                message: e.to_string().trim().to_owned(),
            })?;
            build.file(file);
        }
        build.bank(bank);
        Ok(build.finish())
    }

    /// The fields.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The topics.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// In how many topics a form is at home.
    pub(super) fn spread(&self, found: &Found<'_>) -> usize {
        let topics: BTreeSet<usize> = found
            .places
            .iter()
            .map(|place| match place {
                Place::Cue(topic) | Place::Matter(topic, _) => *topic,
            })
            .collect();
        topics.len()
    }

    /// Topics that have a cue of several words all of which stand somewhere
    /// in a text, each once, with the number of these words.
    pub(super) fn scattered(&self, words: &[Token]) -> BTreeMap<usize, usize> {
        let there: BTreeSet<&str> = words.iter().map(|w| w.stem.as_str()).collect();
        let mut out: BTreeMap<usize, usize> = BTreeMap::new();
        for (topic, stems) in &self.scattered {
            if stems.iter().all(|stem| there.contains(stem.as_str())) {
                let most = out.entry(*topic).or_default();
                *most = stems.len().max(*most);
            }
        }
        out
    }

    /// The forms in a text, the longest at each place; a word belongs to one
    /// form only.
    pub(super) fn find(&self, words: &[Token]) -> Vec<Found<'_>> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let forms = self.by_stem.get(&words[at].stem);
            let hit = forms.into_iter().flatten().find_map(|&number| {
                let form = &self.forms[number];
                let to = ends(&form.stems, words, at)?;
                Some((number, form, to))
            });
            match hit {
                Some((number, form, to)) => {
                    out.push(Found {
                        from: at,
                        to,
                        form: number,
                        length: form.stems.len(),
                        places: &form.places,
                    });
                    at = to;
                }
                None => at += 1,
            }
        }
        out
    }
}

/// The end of a form that begins exactly at `at`.
fn ends(stems: &[String], words: &[Token], at: usize) -> Option<usize> {
    let mut here = at;
    let mut skipped = 0;
    let mut next = 0;
    while next < stems.len() {
        let word = words.get(here)?;
        if word.stem == stems[next] {
            next += 1;
            skipped = 0;
        } else if next > 0 && skipped < SKIP && word.is_skippable() {
            skipped += 1;
        } else {
            return None;
        }
        here += 1;
    }
    Some(here)
}

#[derive(Default)]
struct Build {
    out: Topics,
    forms: BTreeMap<Vec<String>, Vec<Place>>,
}

impl Build {
    fn file(&mut self, file: File) {
        let field = self.field(&file.field, &file.about);
        for written in file.topics {
            let topic = self.out.topics.len();
            for cue in written.cues.split(',') {
                self.form(cue, Place::Cue(topic), false);
                let stems = content(cue);
                if stems.len() >= 2 {
                    self.out.scattered.push((topic, stems));
                }
            }
            let mut matters = Vec::new();
            for matter in written.matters.split(',') {
                let place = Place::Matter(topic, matters.len());
                for form in matter.split('=') {
                    self.form(form, place, true);
                }
                matters.push(
                    matter
                        .split('=')
                        .next()
                        .unwrap_or_default()
                        .trim()
                        .to_owned(),
                );
            }
            self.out.topics.push(Topic {
                words: content(&format!("{}, {}", written.cues, written.matters)),
                name: written.name,
                field,
                question: None,
                misconceptions: None,
                matters,
            });
        }
    }

    /// Every technical question is a topic of its family: its skills and
    /// words are the cues, its key points the matters.
    fn bank(&mut self, bank: &Bank) {
        for (family, question) in bank.questions() {
            if question.kind != Kind::Technical {
                continue;
            }
            let field = self.field(&family.family, &family.about);
            let topic = self.out.topics.len();
            for skill in &question.skills {
                self.form(skill, Place::Cue(topic), false);
            }
            let short = question.short.as_deref().unwrap_or_default();
            for word in stems::tokens(&format!("{} {short}", question.ask)) {
                if stems::is_content(&word) {
                    self.stems(vec![word.stem], Place::Cue(topic));
                }
            }
            let mut matters = Vec::new();
            for point in &question.key_points {
                let place = Place::Matter(topic, matters.len());
                for phrase in point.any_of.iter().filter(|p| !p.contains('*')) {
                    self.form(phrase, place, true);
                }
                matters.push(point.says.clone());
            }
            self.out.topics.push(Topic {
                words: words_of(question),
                name: question
                    .short
                    .clone()
                    .unwrap_or_else(|| question.ask.clone()),
                field,
                question: Some(question.id.clone()),
                misconceptions: Some(Question {
                    key_points: Vec::new(),
                    sample: None,
                    ..question.clone()
                }),
                matters,
            });
        }
    }

    fn field(&mut self, name: &str, about: &[String]) -> usize {
        let same = |field: &Field| field.name.eq_ignore_ascii_case(name);
        if let Some(at) = self.out.fields.iter().position(same) {
            return at;
        }
        self.out.fields.push(Field {
            name: name.to_owned(),
            about: about.iter().map(|word| word.to_lowercase()).collect(),
        });
        self.out.fields.len() - 1
    }

    fn form(&mut self, text: &str, place: Place, matter: bool) {
        let words = stems::tokens(text);
        // A matter of everyday words only ("plan", "early") is said by
        // anybody about anything.
        let says = |w: &Token| stems::is_content(w) || short_name(w);
        let bound = |w: &Token| says(w) || (!matter && !stems::is_function_word(&w.surface));
        if !words.iter().any(bound) {
            return;
        }
        self.stems(words.into_iter().map(|w| w.stem).collect(), place);
    }

    fn stems(&mut self, stems: Vec<String>, place: Place) {
        let places = self.forms.entry(stems).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    fn finish(mut self) -> Topics {
        for (number, (stems, places)) in self.forms.into_iter().enumerate() {
            let first = stems[0].clone();
            self.out.by_stem.entry(first).or_default().push(number);
            self.out.forms.push(Form { stems, places });
        }
        let forms = &self.out.forms;
        for numbers in self.out.by_stem.values_mut() {
            numbers.sort_by_key(|&n| (std::cmp::Reverse(forms[n].stems.len()), n));
        }
        self.out.vocabulary = Vocabulary::of(&self.out.topics, self.out.fields.len());
        self.out
    }
}

/// Everything that a question's rubric and samples speak of.
fn words_of(question: &Question) -> BTreeSet<String> {
    let mut out = content(&question.ask);
    let short = question.short.as_deref().unwrap_or_default();
    let samples = question.sample.as_ref();
    let texts = [short, &question.ideal, &question.explain].into_iter();
    let samples = samples.map(|sample| [sample.strong.as_str(), &sample.exceptional]);
    for text in texts.chain(samples.into_iter().flatten()) {
        out.extend(content(text));
    }
    for point in &question.key_points {
        out.extend(content(&point.says));
        for phrase in &point.any_of {
            out.extend(content(phrase));
        }
    }
    out
}

/// Names of two letters or with a digit ("CI", "L1", "P99").
fn short_name(word: &Token) -> bool {
    let plain = !stems::is_function_word(&word.surface) && !stems::is_filler(&word.surface);
    plain
        && (word.surface.len() == 2 || word.surface.contains(|c: char| c.is_ascii_digit()))
        && word.surface.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topics_that_come_along_can_be_read() {
        let topics = Topics::with_bank(Bank::builtin()).unwrap();
        assert!(topics.topics().len() > 250);
        for topic in topics.topics() {
            assert!(topic.matters.len() >= 3, "{}", topic.name);
        }
    }

    #[test]
    fn the_longest_form_takes_its_words() {
        let topics = Topics::with_bank(&Bank::default()).unwrap();
        let words = stems::tokens("We use a composite index and read the execution plan.");
        let found = topics.find(&words);
        let said: Vec<(usize, usize)> = found.iter().map(|f| (f.from, f.to)).collect();
        assert!(said.contains(&(3, 5)), "{said:?}");
        assert!(said.contains(&(8, 10)), "{said:?}");
    }
}
