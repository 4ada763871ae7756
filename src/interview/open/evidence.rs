//! What an answer states of a question's subject: matters of its topics in
//! statements, each with the words that said so, and how concretely: a
//! mechanism, own work, numbers.

use super::subject::Subject;
use super::topic::{Found as Hit, Place, Topics};
use crate::event::Utterance;
use crate::interview::score::{self, Evidence, Lexical, matter};
use crate::interview::sentence::{self, Sentence};
use crate::interview::stems::{self, Break};
use std::collections::{BTreeMap, BTreeSet};

/// Words of a quote on either side of a matter in a long sentence.
const QUOTE: usize = 12;
/// Share of a matter of the field that stands together with the subject.
const NEAR: f32 = 0.45;
/// And of one that stands alone.
const BESIDE: f32 = 0.1;
/// Weight of a bank's question from which on its misconceptions count.
const SURE: f32 = 0.75;
/// How many statements are shown for an answer.
const SHOWN: usize = 6;
/// Weight of a statement that is shown.
const LEAST_SHOWN: f32 = 0.4;

/// One matter that was stated.
#[derive(Clone, Debug)]
pub(super) struct Matter {
    /// The words that said so.
    pub(super) evidence: Evidence,
    /// What it weighs: its relation to the question, by half where it was
    /// said without conviction, less where every topic speaks of it.
    pub(super) weight: f32,
    /// Whether it belongs to the question's field only, not to its subject.
    pub(super) near: bool,
    /// Number of the sentence that said so.
    sentence: usize,
}

/// How a form belongs to the subject.
struct Relation {
    share: f32,
    topic: usize,
    matter: usize,
    near: bool,
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Matters of the subject, each once, in the order of the answer.
    pub(super) matters: Vec<Matter>,
    /// Weight of matters that belong to other subjects only.
    pub(super) foreign: f32,
    /// Statements of the subject that give a reason, an effect or a contrast.
    pub(super) reasons: usize,
    /// Statements of the subject that tell of own work.
    pub(super) deeds: usize,
    /// Statements of the subject with a figure.
    pub(super) figures: usize,
    /// Words that carry matter in the statements of the subject.
    pub(super) said: usize,
    /// Words that carry matter in the whole answer.
    pub(super) content: usize,
    /// Share of the question's telling words that come back.
    pub(super) echo: f32,
    /// Whether the candidate says that he or she does not know.
    pub(super) lost: bool,
    /// Words of any kind.
    pub(super) words: usize,
    /// Words that belong to any topic.
    pub(super) known: usize,
    /// Weight of the distinct words of any trade, without the question's.
    pub(super) trade: f32,
    /// How far these are the words of the job's own field, 0-1.
    pub(super) closeness: f32,
    /// Share of the question's telling words that come back, by their weight.
    pub(super) taken_up: f32,
    /// The sentences with most of these words.
    pub(super) telling: Vec<Evidence>,
    /// Misconceptions of the bank's questions on the subject.
    pub(super) wrong: Vec<Evidence>,
    /// Whether key words are only listed.
    pub(super) stuffed: bool,
}

impl Found {
    /// Weight of all that was stated of the subject.
    pub(super) fn weight(&self) -> f32 {
        self.matters.iter().map(|m| m.weight).sum()
    }

    /// The statements that weigh most, strongest first, each with its matters.
    pub(super) fn shown(&self) -> Vec<Evidence> {
        let mut by_sentence: BTreeMap<usize, (f32, Vec<&Matter>)> = BTreeMap::new();
        for matter in &self.matters {
            let entry = by_sentence.entry(matter.sentence).or_default();
            entry.0 += matter.weight;
            entry.1.push(matter);
        }
        let mut sentences: Vec<(f32, Vec<&Matter>)> = by_sentence.into_values().collect();
        sentences.retain(|(weight, _)| *weight >= LEAST_SHOWN);
        sentences.sort_by(|a, b| b.0.total_cmp(&a.0));
        sentences.truncate(SHOWN);
        let one = |(_, matters): (f32, Vec<&Matter>)| {
            let names: Vec<&str> = matters.iter().map(|m| m.evidence.id.as_str()).collect();
            let strongest = matters
                .iter()
                .max_by(|a, b| a.weight.total_cmp(&b.weight))?;
            Some(Evidence {
                id: names.join(", "),
                says: format!("Speaks of {}.", names.join(", ")),
                ..strongest.evidence.clone()
            })
        };
        sentences.into_iter().filter_map(one).collect()
    }

    /// Share of the subject in all matters of any trade, 0-1.
    pub(super) fn focus(&self) -> f32 {
        let own = self
            .matters
            .iter()
            .map(|m| if m.near { 0.5 * m.weight } else { m.weight });
        let own: f32 = own.sum();
        if own + self.foreign > 0.0 {
            own / (own + self.foreign)
        } else {
            0.0
        }
    }
}

/// Looks for all matters in the answers.
pub(super) fn gather(topics: &Topics, subject: &Subject, answers: &[&Utterance]) -> Found {
    let mut sentences: Vec<Sentence> = Vec::new();
    for (at, answer) in answers.iter().enumerate() {
        sentences.extend(sentence::split(&answer.text, at));
    }
    let mut found = Found {
        lost: matter::does_not_know(&sentences),
        stuffed: is_stuffed(&sentences),
        ..Found::default()
    };
    let mut stated: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut foreign: BTreeSet<usize> = BTreeSet::new();
    let mut stems_said: BTreeSet<&str> = BTreeSet::new();
    let mut trade = Trade::default();
    for (number, sentence) in sentences.iter().enumerate() {
        found.words += sentence.words.len();
        stems_said.extend(sentence.words.iter().map(|w| w.stem.as_str()));
        let content = sentence.content();
        found.content += content;
        if sentence.listed || lacks(sentence) {
            continue;
        }
        let manner = manner(sentence, answers);
        trade.take(topics, subject, sentence, manner, answers);
        let hits = topics.find(&sentence.words);
        let echoes = sentence
            .words
            .iter()
            .any(|w| subject.asked.contains(&w.stem));
        let direct = |hit: &Hit<'_>| relation(topics, subject, hit).is_some_and(|r| !r.near);
        let bears = hits
            .iter()
            .any(|hit| direct(hit) && !given_back(subject, sentence, hit));
        found.known += hits.iter().map(|hit| hit.to - hit.from).sum::<usize>();
        for hit in &hits {
            if given_back(subject, sentence, hit) {
                continue;
            }
            let rare = rarity(topics.spread(hit));
            let Some(relation) = relation(topics, subject, hit) else {
                let matter = hit.places.iter().any(|p| matches!(p, Place::Matter(..)));
                if matter && foreign.insert(hit.form) {
                    found.foreign += rare;
                }
                continue;
            };
            // What only the field knows bears on the question where it
            // stands together with the subject.
            let beside = relation.near && !bears && !echoes;
            let share = if beside { BESIDE } else { relation.share };
            let weight = share * rare * manner;
            let (topic, matter) = (relation.topic, relation.matter);
            if relation.near && foreign.insert(hit.form) {
                found.foreign += rare;
            }
            match stated.get(&(topic, matter)) {
                Some(&at) => {
                    let known = &mut found.matters[at];
                    known.weight = known.weight.max(weight);
                }
                None => {
                    stated.insert((topic, matter), found.matters.len());
                    found.matters.push(Matter {
                        evidence: quote(&said(sentence, hit), sentence, hit.from, hit.to, answers),
                        weight,
                        near: relation.near,
                        sentence: number,
                    });
                }
            }
        }
        if !bears {
            continue;
        }
        found.said += content;
        found.reasons += usize::from(manner == 1.0 && sentence.has_any(REASONS));
        found.deeds += usize::from(manner == 1.0 && own_deed(sentence));
        found.figures += usize::from(manner == 1.0 && has_figure(sentence));
    }
    let back = subject
        .asked
        .iter()
        .filter(|stem| stems_said.contains(stem.as_str()));
    found.wrong = wrong(topics, subject, answers);
    trade.weigh(topics, subject, &mut found);
    found.echo = back.count() as f32 / subject.asked.len().max(1) as f32;
    found
}

/// The words of the trades in an answer.
#[derive(Default)]
struct Trade {
    /// Each word with its weight, by half where it was only guessed.
    words: BTreeMap<String, f32>,
    /// All words that carry matter.
    said: BTreeSet<String>,
    sentences: Vec<(f32, Evidence)>,
}

impl Trade {
    fn take(
        &mut self,
        topics: &Topics,
        subject: &Subject,
        sentence: &Sentence,
        manner: f32,
        answers: &[&Utterance],
    ) {
        let mut sum = 0.0;
        let mut names: Vec<&str> = Vec::new();
        for word in sentence.words.iter().filter(|w| stems::is_content(w)) {
            self.said.insert(word.stem.clone());
            let Some(weight) = topics.vocabulary.weight(&word.stem) else {
                continue;
            };
            if subject.asked.contains(&word.stem) || self.words.contains_key(&word.stem) {
                continue;
            }
            self.words.insert(word.stem.clone(), weight * manner);
            sum += weight * manner;
            names.push(&word.surface);
        }
        if !names.is_empty() {
            let id = names.join(", ");
            let quote = quote(&id, sentence, 0, sentence.words.len(), answers);
            let says = format!("Speaks of {id}.");
            self.sentences.push((sum, Evidence { says, ..quote }));
        }
    }

    fn weigh(mut self, topics: &Topics, subject: &Subject, found: &mut Found) {
        let own = match subject.job.is_empty() {
            true => &subject.fields,
            false => &subject.job,
        };
        if !found.stuffed {
            found.trade = self.words.values().sum();
        }
        found.closeness = topics.vocabulary.closeness(&self.said, own);
        found.taken_up = topics.vocabulary.echo(&subject.asked, &self.said);
        self.sentences.sort_by(|a, b| b.0.total_cmp(&a.0));
        let telling = self.sentences.into_iter().take(SHOWN);
        found.telling = telling.map(|(_, evidence)| evidence).collect();
    }
}

/// What is said wrongly of the bank's questions that the subject is nearest to.
fn wrong(topics: &Topics, subject: &Subject, answers: &[&Utterance]) -> Vec<Evidence> {
    let near = subject.topics.iter().filter(|(_, weight)| **weight >= SURE);
    let questions = near.filter_map(|(&topic, _)| topics.topics()[topic].misconceptions.as_ref());
    let mut out: Vec<Evidence> = Vec::new();
    for question in questions {
        for wrong in score::assess_with(question, answers, &Lexical).misconceptions {
            if !out.iter().any(|known| known.quote == wrong.quote) {
                out.push(wrong);
            }
        }
    }
    out
}

/// The best relation of a form to the subject: to its topics, else to its
/// fields.
fn relation(topics: &Topics, subject: &Subject, hit: &Hit<'_>) -> Option<Relation> {
    let places = hit.places.iter().filter_map(|place| match place {
        Place::Matter(topic, matter) => Some((*topic, *matter)),
        Place::Cue(_) => None,
    });
    let related = places.filter_map(|(topic, matter)| {
        let near = !subject.topics.contains_key(&topic);
        let share = match subject.topics.get(&topic) {
            Some(&weight) => weight,
            None if subject.fields.contains(&topics.topics()[topic].field) => NEAR,
            None => return None,
        };
        Some(Relation {
            share,
            topic,
            matter,
            near,
        })
    });
    related.max_by(|a, b| a.share.total_cmp(&b.share).then(b.topic.cmp(&a.topic)))
}

/// The words of a matter as they were said.
fn said(sentence: &Sentence, hit: &Hit<'_>) -> String {
    let words = sentence.words[hit.from..hit.to].iter();
    words
        .map(|w| w.surface.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a form is only the question's own words.
fn given_back(subject: &Subject, sentence: &Sentence, hit: &Hit<'_>) -> bool {
    let own = |w: &stems::Token| !stems::is_content(w) || subject.asked.contains(&w.stem);
    sentence.words[hit.from..hit.to].iter().all(own)
}

/// Whether most of the answer lists words instead of saying something.
fn is_stuffed(sentences: &[Sentence]) -> bool {
    let words = |s: &Sentence| s.words.len();
    let all: usize = sentences.iter().map(words).sum();
    let listed: usize = sentences.iter().filter(|s| s.listed).map(words).sum();
    listed >= 12 || (listed > 0 && listed * 2 >= all && all >= 8)
}

/// A form of few topics tells more than one that all share.
fn rarity(spread: usize) -> f32 {
    1.05 / (1.0 + spread as f32 / 20.0)
}

/// Said with conviction 1, else half: guesses, and statements that end as
/// questions.
fn manner(sentence: &Sentence, answers: &[&Utterance]) -> f32 {
    let asks = sentence.words.last().is_some_and(|last| {
        let rest = answers[sentence.utterance].text.get(last.to..);
        last.after == Break::Stop
            && rest.is_some_and(|rest| rest.trim_start_matches(['"', ')']).starts_with('?'))
    });
    if asks || sentence.has_any(GUESSES) {
        0.5
    } else {
        1.0
    }
}

/// Whether the sentence says that the speaker does not know or never did it.
fn lacks(sentence: &Sentence) -> bool {
    sentence.has_any(LACKS)
}

fn own_deed(sentence: &Sentence) -> bool {
    let words = &sentence.words;
    words.iter().enumerate().any(|(at, word)| {
        matches!(word.surface.as_str(), "i" | "we")
            && words[at + 1..].iter().take(3).any(|next| {
                stems::is_past(next)
                    && !["had", "was", "were", "did"].contains(&next.surface.as_str())
            })
    })
}

fn has_figure(sentence: &Sentence) -> bool {
    sentence.words.iter().any(|word| {
        let digits = word.surface.chars().filter(char::is_ascii_digit).count();
        (digits > 0 && digits == word.surface.len()) || word.surface == "percent"
    })
}

fn quote(
    id: &str,
    sentence: &Sentence,
    from: usize,
    to: usize,
    answers: &[&Utterance],
) -> Evidence {
    let words = &sentence.words;
    let (from, to) = if words.len() <= 2 * QUOTE {
        (0, words.len())
    } else {
        (from.saturating_sub(QUOTE), (to + QUOTE).min(words.len()))
    };
    let utterance = answers[sentence.utterance];
    let quote = utterance.text.get(words[from].from..words[to - 1].to);
    Evidence {
        id: id.to_owned(),
        says: String::new(),
        quote: quote.unwrap_or_default().to_owned(),
        start_ms: None,
        end_ms: None,
    }
}

const REASONS: &[&str] = &[
    "because",
    "so that",
    "which means",
    "that means",
    "this means",
    "therefore",
    "leads to",
    "lead to",
    "leading to",
    "results in",
    "resulting in",
    "allows",
    "allowing",
    "allow",
    "ensures",
    "ensuring",
    "to ensure",
    "prevents",
    "to prevent",
    "preventing",
    "to avoid",
    "reduces",
    "reducing",
    "instead of",
    "rather than",
    "whereas",
    "on the other hand",
    "trade off",
    "depending on",
    "in order to",
    "otherwise",
    "this way",
    "enables",
    "enabling",
    "so if",
    "since",
    "if you",
    "if we",
    "if the",
    "when the",
    "which allowed",
    "helps",
    "makes it",
    "improves",
    "improving",
    "compared to",
    "while",
    "without",
    "unless",
    "only when",
    "until",
    "as a result",
    "which made",
    "which lets",
    "but",
];

const GUESSES: &[&str] = &[
    "maybe",
    "perhaps",
    "i guess",
    "i suppose",
    "i would guess",
    "or something",
    "somehow",
    "something about",
    "something like that",
    "not sure",
    "not entirely sure",
    "not totally sure",
    "not really sure",
    "not certain",
    "i am not",
    "probably",
];

const LACKS: &[&str] = &[
    "i do not know",
    "i really do not know",
    "do not really know",
    "no idea",
    "never used",
    "never heard",
    "have not used",
    "have not worked",
    "not familiar",
    "no experience",
    "can not remember",
    "do not remember",
    "can not recall",
    "do not have a specific",
    "do not have much",
    "i would have to look",
    "can not think of",
    "have not had",
    "i have heard of it",
    "have read about",
    "been reading about",
    "not sure about",
    "not entirely sure",
    "not really sure",
];
