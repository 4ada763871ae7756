//! Who spoke, how long and in which turns: what the checks and the numbers
//! of an interview are made of.

use crate::event::{Event, Input, Line, Output, Purpose, Record, Stage};
use crate::interview::Setup;
use crate::interview::phrasing::{ANY_OTHER, FAREWELL, INVITATION, OUT_OF_SCOPE, PASSED_ON};

/// A line of the recruiter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    /// Place in the log.
    pub(super) seq: u64,
    /// The line.
    pub(super) line: Line,
    /// What stands before the bank's words, where the line has such; the
    /// whole line else.
    pub(super) own: String,
    /// Words of the candidate so far, lower case, all together.
    pub(super) before: usize,
    /// What made the recruiter speak.
    pub(super) cause: Cause,
    /// Whether the line that asked before it was cut short.
    pub(super) after_cut: bool,
}

/// What made the recruiter speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Cause {
    /// Words of the candidate.
    Words,
    /// A key.
    Key,
    /// A noise that cut a line.
    Noise,
    /// Time that passed.
    Time,
    /// The beginning, or consent by key.
    #[default]
    Other,
}

/// The talk of one interview.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Talk {
    /// Lines in turns: what one input brought about.
    pub(super) turns: Vec<Vec<Said>>,
    /// What the candidate said, in order.
    pub(super) utterances: Vec<String>,
    /// Questions of the candidate at the end.
    pub(super) asked_back: usize,
    /// Length of the session, milliseconds.
    pub(super) length_ms: u64,
    /// Pauses on request, milliseconds.
    pub(super) paused_ms: u64,
    recruiter_ms: u64,
    candidate_ms: u64,
}

impl Talk {
    pub(super) fn fold(records: &[Record], setup: &Setup) -> Self {
        let mut talk = Self::default();
        let mut cause = Cause::Other;
        let mut fresh = true;
        let mut cut = false;
        for record in records {
            talk.length_ms = record.at.millis();
            match &record.event {
                Event::Input { input } => {
                    if let Input::LineEnded { complete, .. } = input {
                        cut = !complete;
                    }
                    let caused = match input {
                        Input::Utterance(said) => {
                            talk.utterances.push(said.text.clone());
                            talk.candidate_ms += said.end_ms.saturating_sub(said.start_ms);
                            Some(Cause::Words)
                        }
                        Input::Request { .. } => Some(Cause::Key),
                        Input::SpeechIgnored => Some(Cause::Noise),
                        Input::Tick => Some(Cause::Time),
                        Input::Begin | Input::Consent { .. } | Input::Left => Some(Cause::Other),
                        _ => None,
                    };
                    if let Some(caused) = caused {
                        (cause, fresh) = (caused, true);
                    }
                }
                Event::Output {
                    output: Output::Say(line),
                } => {
                    let said = Said {
                        seq: record.seq,
                        own: own_words(line, setup),
                        line: line.clone(),
                        before: talk.utterances.len(),
                        cause,
                        after_cut: cut,
                    };
                    if let Purpose::Reply { .. } = line.purpose
                        && fresh
                    {
                        talk.asked_back += 1;
                    }
                    match talk.turns.last_mut() {
                        Some(turn) if !fresh => turn.push(said),
                        _ => talk.turns.push(vec![said]),
                    }
                    fresh = false;
                }
                Event::Played {
                    start_ms, end_ms, ..
                } => talk.recruiter_ms += end_ms.saturating_sub(*start_ms),
                _ => {}
            }
        }
        talk
    }

    /// All lines in order.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Said> {
        self.turns.iter().flatten()
    }

    pub(super) fn words_a_turn(&self) -> f64 {
        let words: usize = self.lines().map(|said| count(&said.line.text)).sum();
        words as f64 / self.turns.len().max(1) as f64
    }

    pub(super) fn longest_turn(&self) -> usize {
        let after = |turn: &&Vec<Said>| turn.iter().all(|said| said.line.stage != Stage::Opening);
        let words = |turn: &Vec<Said>| turn.iter().map(|said| count(&said.line.text)).sum();
        self.turns
            .iter()
            .filter(after)
            .map(words)
            .max()
            .unwrap_or(0)
    }

    pub(super) fn candidate_share(&self) -> Option<f64> {
        let all = self.recruiter_ms + self.candidate_ms;
        (all > 0).then(|| self.candidate_ms as f64 / all as f64)
    }

    /// What was said before questions and probes.
    pub(super) fn acknowledgements(&self) -> Vec<String> {
        self.lines()
            .filter(|said| asks(&said.line) && !said.own.is_empty())
            .map(|said| said.own.clone())
            .collect()
    }

    /// The recruiter's own words, without the bank's and without the lines
    /// that are the same in every interview.
    pub(super) fn wording(&self) -> Vec<String> {
        const FIXED: [&str; 5] = [INVITATION, ANY_OTHER, FAREWELL, OUT_OF_SCOPE, PASSED_ON];
        self.lines()
            .filter(|said| !FIXED.contains(&said.line.text.as_str()))
            // What a position or a name is part of differs anyway.
            .filter(|said| !matches!(said.line.purpose, Purpose::Reply { .. } | Purpose::Explain))
            .map(|said| said.own.clone())
            .filter(|own| !own.is_empty())
            .collect()
    }
}

/// Whether a line is a question or a probe of the plan.
pub(super) fn asks(line: &Line) -> bool {
    matches!(line.purpose, Purpose::Question | Purpose::Probe { .. })
}

/// What the interviewer says of its own accord in a line: without the words
/// of the question, its short form or its probe.
fn own_words(line: &Line, setup: &Setup) -> String {
    if let Purpose::Confirm { .. } = line.purpose {
        // What it says back are the candidate's words.
        return line.text.split('"').next().unwrap_or_default().to_owned();
    }
    let planned = line
        .question
        .as_deref()
        .and_then(|id| setup.plan.question(id));
    let Some(planned) = planned else {
        return line.text.clone();
    };
    let question = &planned.question;
    let probes = question
        .key_points
        .iter()
        .filter_map(|k| k.probe.as_deref());
    let texts = [Some(question.ask.as_str()), question.short.as_deref()];
    let mut best: Option<&str> = None;
    for text in texts.into_iter().flatten().chain(probes) {
        let ends = line.text.ends_with(text) && !text.is_empty();
        if ends && best.is_none_or(|b| text.len() > b.len()) {
            best = Some(text);
        }
    }
    match best {
        Some(text) => line.text[..line.text.len() - text.len()].trim().to_owned(),
        None => line.text.clone(),
    }
}

pub(super) fn count(text: &str) -> usize {
    text.split_whitespace().count()
}
