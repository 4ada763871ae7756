//! How the interviewer behaved: nothing asked twice, nothing given away, no
//! praise, no lecture, nothing said of the employer that the job does not
//! say.

use super::facts::{Check, Finding, Material};
use super::talk::{Cause, Said, asks, count};
use crate::event::{Mode, Purpose};
use crate::interview::bank::Question;
use crate::interview::phrase::Phrase;
use crate::interview::phrasing::PASSED_ON;
use crate::interview::sentence;
use crate::interview::stems::{self, Token};
use std::collections::BTreeSet;

/// Most words of one's own before a question, a probe or a repeat.
const OWN_WORDS: usize = 16;
/// Most words of a remark, a reply and an explanation.
const REMARK_WORDS: usize = 24;
/// Most words of an explanation: two spoken sentences.
const EXPLAIN_WORDS: usize = 60;

/// Words that value an answer.
const VALUING: &[&str] = &[
    "good",
    "great",
    "excellent",
    "perfect",
    "correct",
    "impressive",
    "well done",
    "exactly",
    "wrong",
    "incorrect",
    "interesting",
    "amazing",
    "brilliant",
    "score",
    "points",
    "rating",
    "fantastic",
    "wonderful",
    "awesome",
    "right answer",
    "that's right",
    "not quite",
    "nice answer",
    "strong answer",
    "weak",
    "mistake",
    "nicely",
    "superb",
    "poor",
    "bad",
];

pub(super) fn check(m: &Material<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    asked_once(m, &mut found);
    for turn in &m.talk.turns {
        one_question(m, turn, &mut found);
        for said in turn {
            spoken(m, said, &mut found);
            given_away(m, said, &mut found);
            valued(m, said, &mut found);
            sourced(m, said, &mut found);
            short(m, said, &mut found);
        }
    }
    explained(m, &mut found);
    mechanical(m, &mut found);
    found
}

/// Letters and digits in lower case, one blank between words.
fn plain(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

fn asked_once(m: &Material<'_>, found: &mut Vec<Finding>) {
    let mut ids = BTreeSet::new();
    let mut texts = BTreeSet::new();
    let mut probes = BTreeSet::new();
    for said in m.talk.lines() {
        let mut again = |why: &str| {
            found.push(m.finding(Check::Repeat, said.seq, &said.line.text, why.to_owned()));
        };
        let bare = said.line.text[said.own.len().min(said.line.text.len())..].trim();
        match &said.line.purpose {
            Purpose::Question | Purpose::Introduction => {
                if !ids.insert(said.line.question.clone()) {
                    again("the same question twice");
                } else if !bare.is_empty() && !texts.insert(plain(bare)) {
                    again("the same words as a question before");
                }
            }
            Purpose::Probe { point } => {
                if !probes.insert((said.line.question.clone(), point.clone())) {
                    again("the same point probed twice");
                } else if !bare.is_empty() && !texts.insert(plain(bare)) {
                    again("the same words as a question before");
                }
            }
            Purpose::Repeat | Purpose::Rephrase if said.cause == Cause::Time && !said.after_cut => {
                again("said again without a request or an interruption");
            }
            _ => {}
        }
    }
}

fn one_question(m: &Material<'_>, turn: &[Said], found: &mut Vec<Finding>) {
    let marks: usize = turn
        .iter()
        // The job's own sentences may end in a question mark.
        .filter(|said| !matches!(said.line.purpose, Purpose::Reply { fact: Some(_) }))
        .map(|said| said.line.text.matches('?').count())
        .sum();
    if marks > 1 {
        let said = &turn[turn.len() - 1];
        let why = format!("{marks} question marks in one turn");
        found.push(m.finding(Check::DoubleQuestion, said.seq, &said.line.text, why));
    }
}

fn spoken(m: &Material<'_>, said: &Said, found: &mut Vec<Finding>) {
    let text = &said.line.text;
    let marks = ['*', '`', '#', '_', '|', '<', '>', '[', ']', '\n'];
    let listed = text.starts_with("- ") || text.starts_with("1.");
    if text.contains(marks) || listed {
        let why = "signs that cannot be spoken".to_owned();
        found.push(m.finding(Check::Markdown, said.seq, text, why));
    }
}

/// The planned question that a line is about.
fn question<'a>(m: &'a Material<'_>, said: &Said) -> Option<&'a Question> {
    let id = said.line.question.as_deref()?;
    m.setup.plan.question(id).map(|planned| &planned.question)
}

fn given_away(m: &Material<'_>, said: &Said, found: &mut Vec<Finding>) {
    let coach = m.setup.settings.mode == Mode::Coach;
    if coach && said.line.purpose == Purpose::Explain {
        return;
    }
    // The same words in every interview.
    if said.line.purpose == Purpose::OutOfScope {
        return;
    }
    let Some(question) = question(m, said) else {
        return;
    };
    let line = sentences(&said.line.text);
    let own = sentences(&said.own);
    let asked = sentences(&question.ask);
    let mut told: Option<Vec<Vec<Token>>> = None;
    for point in &question.key_points {
        for text in &point.any_of {
            let phrase = Phrase::parse(text);
            let stands = |in_: &[Vec<Token>]| in_.iter().any(|s| !phrase.find_all(s).is_empty());
            if !stands(&line) {
                continue;
            }
            // Words of the question itself are no evidence for anybody, and
            // one word of what is said in every interview gives nothing away.
            let telling = phrase.words().filter(|w| stems::is_content(w)).count();
            let stock = telling < 2 && stands(&own);
            if stock || stands(&asked) {
                continue;
            }
            let told = told.get_or_insert_with(|| {
                let before = &m.talk.utterances[..said.before];
                before.iter().flat_map(|u| sentences(u)).collect()
            });
            if stands(told) {
                continue;
            }
            let why = format!("\"{text}\" belongs to the key point {}", point.id);
            found.push(m.finding(Check::Leak, said.seq, &said.line.text, why));
            return;
        }
    }
}

/// The words of each sentence: no phrase goes over a full stop.
fn sentences(text: &str) -> Vec<Vec<Token>> {
    sentence::split(text, 0)
        .into_iter()
        .map(|s| s.words)
        .collect()
}

fn valued(m: &Material<'_>, said: &Said, found: &mut Vec<Finding>) {
    let own = match &said.line.purpose {
        // The job's own sentences, and teaching where it is allowed.
        Purpose::Reply { .. } | Purpose::Explain => return,
        // The position's name is part of the words.
        Purpose::Disclosure | Purpose::Introduction | Purpose::ConsentAgain => return,
        _ => format!(" {} ", plain(&said.own)),
    };
    if let Some(word) = VALUING.iter().find(|w| own.contains(&format!(" {w} "))) {
        let why = format!("\"{word}\" values the answer");
        found.push(m.finding(Check::Praise, said.seq, &said.line.text, why));
    }
}

fn sourced(m: &Material<'_>, said: &Said, found: &mut Vec<Finding>) {
    let job = &m.setup.job;
    let why = match &said.line.purpose {
        Purpose::Reply { fact: Some(id) } => {
            let known = job.facts.iter().find(|fact| fact.id == *id);
            match known {
                Some(fact) if plain(&fact.says) == plain(&said.line.text) => return,
                Some(_) => format!("it is not what the fact {id} says"),
                None => format!("the job has no fact {id}"),
            }
        }
        Purpose::Reply { fact: None } if said.line.text == PASSED_ON => return,
        Purpose::Reply { fact: None } => "it rests on no fact of the job".to_owned(),
        Purpose::Disclosure | Purpose::ConsentAgain | Purpose::Introduction => return,
        _ => {
            let company = job.company.trim();
            if company.is_empty() || !said.own.contains(company) {
                return;
            }
            "it speaks of the employer outside a reply".to_owned()
        }
    };
    found.push(m.finding(Check::Unsourced, said.seq, &said.line.text, why));
}

fn short(m: &Material<'_>, said: &Said, found: &mut Vec<Finding>) {
    let (words, most) = match said.line.purpose {
        Purpose::Question | Purpose::Probe { .. } | Purpose::Repeat | Purpose::Rephrase => {
            (count(&said.own), OWN_WORDS)
        }
        Purpose::Remark | Purpose::Nudge | Purpose::OutOfScope | Purpose::Invitation => {
            (count(&said.line.text), REMARK_WORDS)
        }
        Purpose::Explain => (count(&said.line.text), EXPLAIN_WORDS),
        _ => return,
    };
    // A repeated introduction or project question has words that no bank knows.
    if said.line.question.is_none() && said.line.purpose == Purpose::Repeat {
        return;
    }
    if words > most {
        let why = format!("{words} words of its own, expected at most {most}");
        found.push(m.finding(Check::Lecture, said.seq, &said.line.text, why));
    }
}

fn explained(m: &Material<'_>, found: &mut Vec<Finding>) {
    for said in m
        .talk
        .lines()
        .filter(|s| s.line.purpose == Purpose::Explain)
    {
        let asked = m.account.iter().find(|a| a.question == said.line.question);
        let why = if m.setup.settings.mode != Mode::Coach {
            "an explanation outside coach mode"
        } else if asked.is_none_or(|a| !a.struggled && a.answers.is_empty()) {
            "an explanation of no answer"
        } else {
            continue;
        };
        found.push(m.finding(Check::Lecture, said.seq, &said.line.text, why.to_owned()));
    }
}

fn mechanical(m: &Material<'_>, found: &mut Vec<Finding>) {
    let mut last = "";
    for said in m.talk.lines().filter(|said| asks(&said.line)) {
        if !said.own.is_empty() && said.own == last {
            let why = "the same words before the question before".to_owned();
            found.push(m.finding(Check::Mechanical, said.seq, &said.line.text, why));
        }
        last = &said.own;
    }
}
