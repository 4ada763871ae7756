//! What an asked question is about: its topics with weights, and whether a
//! question of the bank asks the same.

use super::topic::{Place, Topics};
use crate::interview::bank::{Bank, Kind, Question};
use crate::interview::score::similarity::content;
use crate::interview::stems::{self, Token};
use std::collections::{BTreeMap, BTreeSet};

/// Sum of a question's cues below which its subject is not known.
const LEAST: f32 = 2.2;
/// Topics with so large a share of the best one's cues belong to it.
const NEAR: f32 = 0.5;
/// How much a topic of the job's own fields is preferred.
const OWN_FIELD: f32 = 1.1;
/// How much a topic of a field that the question names ("in NLP") is.
const NAMED_FIELD: f32 = 1.3;
/// What a word of a bank's question counts beside a cue.
const WORD: f32 = 0.35;
/// What the words of a cue count that do not stand together.
const SCATTERED: f32 = 0.6;
/// What the words before the question count, where its own tell nothing.
const LEAD: f32 = 0.7;
/// Weight of the job's whole field in a question about one's own work.
const FIELD: f32 = 0.7;

/// What a question is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// Weights 0-1 by topic.
    pub topics: BTreeMap<usize, f32>,
    /// Places of the fields of the best topics and, for questions about
    /// one's own work, of the job.
    pub fields: BTreeSet<usize>,
    /// The best topic, where one is known.
    pub best: Option<usize>,
    /// Places of the job's fields.
    pub job: BTreeSet<usize>,
    /// Stems of the question's own words.
    pub asked: BTreeSet<String>,
    /// Whether the question asks for an account of one's own work.
    pub own_work: bool,
}

impl Subject {
    /// Whether anything is known of it.
    pub fn is_known(&self) -> bool {
        !self.topics.is_empty()
    }
}

/// Fields that a job belongs to: by its title, else by the words of what it
/// asks for.
pub fn fields_of(topics: &Topics, title: &str, requirements: &str) -> BTreeSet<usize> {
    let out = named_fields(topics, title);
    if !out.is_empty() {
        return out;
    }
    let mut sums: BTreeMap<usize, f32> = BTreeMap::new();
    for (topic, sum) in cues(topics, requirements) {
        *sums.entry(topics.topics()[topic].field).or_default() += sum;
    }
    let best = sums.values().copied().fold(0.0, f32::max);
    sums.into_iter()
        .filter(|(_, sum)| best > 0.0 && *sum >= 0.6 * best)
        .map(|(field, _)| field)
        .collect()
}

/// Fields that a text names.
fn named_fields(topics: &Topics, text: &str) -> BTreeSet<usize> {
    let text = format!(" {} ", plain(text));
    let named = |about: &String| text.contains(&format!(" {} ", plain(about)));
    (0..topics.fields().len())
        .filter(|&at| topics.fields()[at].about.iter().any(named))
        .collect()
}

/// What a question is about. `lead` is what was said right before it.
pub fn of(
    topics: &Topics,
    ask: &str,
    lead: &str,
    fields: &BTreeSet<usize>,
    own_work: bool,
) -> Subject {
    let (preface, clause) = clauses(ask);
    let lead = format!("{lead} {preface}");
    let mut sums = cues(topics, clause);
    if !sums.values().any(|&sum| sum >= LEAST) {
        // "How would you go about it?": about what was said before.
        for (topic, sum) in cues(topics, &lead) {
            *sums.entry(topic).or_default() += LEAD * sum;
        }
    }
    let named = named_fields(topics, clause);
    for (topic, sum) in &mut sums {
        let field = topics.topics()[*topic].field;
        if named.contains(&field) {
            *sum *= NAMED_FIELD;
        } else if fields.contains(&field) {
            *sum *= OWN_FIELD;
        }
    }
    let mut subject = Subject {
        asked: content(ask),
        job: fields.clone(),
        own_work,
        ..Subject::default()
    };
    let known = sums.values().any(|&sum| sum >= LEAST);
    if !known {
        sums = loosely(topics, &format!("{lead} {ask}"), fields);
    }
    let best = sums
        .iter()
        .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
    if let Some((&at, &most)) = best
        && most >= LEAST
    {
        subject.best = Some(at);
        for (&topic, &sum) in &sums {
            if sum >= NEAR * most && sum >= 0.6 * LEAST {
                subject.topics.insert(topic, sum / most);
                subject.fields.insert(topics.topics()[topic].field);
            }
        }
    }
    if !subject.is_known() {
        subject.fields.extend(fields);
    }
    if own_work {
        subject.fields.extend(fields);
        for (at, topic) in topics.topics().iter().enumerate() {
            if fields.contains(&topic.field) {
                let weight = subject.topics.entry(at).or_default();
                *weight = weight.max(FIELD);
            }
        }
    }
    subject
}

/// A question's preface ("Considering your work with databases,") and what
/// it asks.
fn clauses(ask: &str) -> (&str, &str) {
    let lower = ask.to_ascii_lowercase();
    let prefaced = PREFACES.iter().any(|word| {
        let at = lower.find(word);
        at.is_some_and(|at| at < 60)
    });
    let asks = ASKS.iter().filter_map(|word| lower.find(word)).min();
    match asks {
        Some(at) if prefaced => ask.split_at(at),
        _ => ("", ask),
    }
}

/// Stems of words that questions of any subject are asked with.
const ASKING: &[&str] = &[
    "explain",
    "describ",
    "discuss",
    "elabor",
    "differ",
    "differenc",
    "compar",
    "exampl",
    "import",
    "process",
    "common",
    "techniqu",
    "approach",
    "trade",
    "off",
    "tradeoff",
    "challeng",
    "concept",
    "strategi",
    "method",
    "step",
    "role",
    "project",
    "problem",
    "question",
    "specif",
    "experi",
    "system",
    "design",
    "manag",
    "handl",
    "ensur",
    "develop",
    "improv",
    "test",
    "data",
    "use",
    "case",
    "best",
    "practic",
    "benefit",
    "advantag",
    "purpos",
    "key",
    "consider",
    "implement",
];

/// Whether questions of any subject are asked with a stem.
pub(super) fn is_asking(stem: &str) -> bool {
    ASKING.contains(&stem)
}

const PREFACES: &[&str] = &[
    "considering ",
    "given ",
    "based on ",
    "since ",
    "building on ",
    "with your ",
    "drawing on ",
    "thinking about ",
];

const ASKS: &[&str] = &[
    ", can you",
    ", could you",
    ", how ",
    ", what ",
    ", why ",
    ", which ",
    ", would you",
    ", please",
    ", do you",
    ", describe",
    ", explain",
];

/// How strongly a text points at each topic: rare cues and long ones count
/// more, matters a third.
fn cues(topics: &Topics, text: &str) -> BTreeMap<usize, f32> {
    let words = stems::tokens(text);
    let all = topics.topics().len() as f32;
    let mut sums: BTreeMap<usize, f32> = BTreeMap::new();
    for (topic, count) in topics.scattered(&words) {
        sums.insert(topic, SCATTERED * 3.0 * (count as f32).sqrt());
    }
    let mut seen = BTreeSet::new();
    for found in topics.find(&words) {
        let asking = |word: &Token| ASKING.contains(&word.stem.as_str());
        if !seen.insert(found.form) || words[found.from..found.to].iter().all(asking) {
            continue;
        }
        let rare = |spread: f32| (all / spread.max(1.0)).ln() / all.ln();
        let own = |place: &&Place| match place {
            Place::Cue(topic) => topics.topics()[*topic].question.is_none(),
            Place::Matter(..) => false,
        };
        let named = found.places.iter().filter(own).count() as f32;
        let long = 3.0 * (found.length as f32).sqrt();
        let weight = long * rare(topics.spread(&found) as f32);
        let mut best: BTreeMap<usize, f32> = BTreeMap::new();
        for place in found.places {
            let (topic, share) = match place {
                // A bank's question gives every word as a cue.
                Place::Cue(topic) if topics.topics()[*topic].question.is_some() => (*topic, WORD),
                Place::Cue(topic) => (*topic, long * rare(named) / weight.max(0.1)),
                Place::Matter(topic, _) => (*topic, 0.4),
            };
            let entry = best.entry(topic).or_default();
            *entry = entry.max(share);
        }
        for (topic, share) in best {
            *sums.entry(topic).or_default() += share * weight;
        }
    }
    sums
}

/// Topics of the job's fields by all words that are written of them, for a
/// question that names none: at least two of its words must stand there.
fn loosely(topics: &Topics, text: &str, fields: &BTreeSet<usize>) -> BTreeMap<usize, f32> {
    let asked = content(text);
    let all = topics.topics().len() as f32;
    let mut sums: BTreeMap<usize, (usize, f32)> = BTreeMap::new();
    for stem in &asked {
        let there: Vec<usize> = (0..topics.topics().len())
            .filter(|&at| topics.topics()[at].words.contains(stem))
            .collect();
        let rare = (all / there.len().max(1) as f32).ln() / all.ln();
        for at in there {
            if fields.contains(&topics.topics()[at].field) {
                let sum = sums.entry(at).or_default();
                sum.0 += 1;
                sum.1 += 3.0 * rare;
            }
        }
    }
    sums.into_iter()
        .filter(|(_, (words, _))| *words >= 2)
        .map(|(at, (_, sum))| (at, sum))
        .collect()
}

/// The question of the bank that asks the same, where one does: most of the
/// telling words of each stand in the other.
pub fn same_question<'a>(bank: &'a Bank, ask: &str) -> Option<&'a Question> {
    let asked = content(ask);
    if asked.len() < 2 {
        return None;
    }
    let mut best: Option<(f32, &Question)> = None;
    for (_, question) in bank.questions() {
        if question.kind == Kind::Project {
            continue;
        }
        let ways = [Some(question.ask.as_str()), question.short.as_deref()];
        for way in ways.into_iter().flatten() {
            let theirs = content(way);
            let both = asked.intersection(&theirs).count() as f32;
            let all = asked.union(&theirs).count() as f32;
            let near = both / all.max(1.0);
            if theirs.len() >= 2 && near >= SAME && best.is_none_or(|(b, _)| near > b) {
                best = Some((near, question));
            }
        }
    }
    best.map(|(_, question)| question)
}

/// Share of common telling words from which on two questions are the same.
const SAME: f32 = 0.5;

fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ")
}
