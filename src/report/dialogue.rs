//! Who said what: the turns of an interview, and which of them answer which
//! question. A fold over the log in one pass.

use super::recording::Recording;
pub use super::wording::flat;
use crate::event::{
    EndReason, Event, Input, Line, LineId, Output, Purpose, Record, Source, Stage, Utterance,
};
use crate::interview::{self, Outcome};
use crate::record::Correction;
use serde::Serialize;

/// An utterance of so many words at most that was followed by "take your
/// time" asked for time and answers nothing.
const REQUEST_WORDS: usize = 12;

/// Who speaks.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The interviewer.
    Recruiter,
    /// The person interviewed.
    Candidate,
}

/// One line of the recruiter or one utterance of the candidate.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Turn {
    /// Place in the log.
    pub seq: u64,
    /// Milliseconds of the session when it was logged.
    pub at_ms: u64,
    /// Who.
    pub who: Speaker,
    /// What was meant to be said, or what was recognised.
    pub text: String,
    /// What was heard of a line that was interrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<String>,
    /// Begin in the recording, milliseconds, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
    /// End in the recording, milliseconds, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<u64>,
    /// The recruiter's line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Said>,
    /// The candidate's utterance, with its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utterance: Option<Utterance>,
    /// Id of the question that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Whether the utterance asked for something (say it again, let me
    /// think) instead of answering.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub request: bool,
    /// What was said instead, by a correction made after the seal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
}

/// What kind of line was said.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Said {
    /// Its number.
    pub id: LineId,
    /// What it was for.
    pub purpose: Purpose,
    /// Where in the course.
    pub stage: Stage,
}

impl Turn {
    /// What reached the other: an interrupted line only as far as it was
    /// heard, and marked.
    pub fn shown(&self) -> String {
        let text = match self.heard.as_deref().map(flat) {
            None => flat(&self.text),
            Some(heard) if heard.is_empty() => "[interrupted before anything was heard]".to_owned(),
            Some(heard) => format!("{heard} ... [interrupted]"),
        };
        match self.human() {
            Some(by) => format!("[{}, a person] {text}", flat(by)),
            None => text,
        }
    }

    /// The person whose words the line speaks, where it is not the
    /// interviewer's own.
    pub fn human(&self) -> Option<&str> {
        match &self.line.as_ref()?.purpose {
            Purpose::Human { by } => Some(by),
            _ => None,
        }
    }
}

/// One thing asked and what was answered, as places in [`Dialogue::turns`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exchange {
    /// The recruiter's line.
    pub asked: usize,
    /// The candidate's utterances that answer it.
    pub answers: Vec<usize>,
}

/// A planned question that was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Its id.
    pub question: String,
    /// Its number, as announced.
    pub number: Option<u32>,
    /// The question and its answers.
    pub main: Exchange,
    /// The probes and their answers.
    pub probes: Vec<Exchange>,
    /// Whether the recruiter explained afterwards.
    pub explained: bool,
    /// The question alone, without what was said before it, where the
    /// interviewer tells.
    pub text: Option<String>,
    /// What became of it, where the interviewer tells.
    pub outcome: Option<Outcome>,
}

impl Asked {
    /// All answers, in order, as places in [`Dialogue::turns`].
    pub fn answers(&self) -> impl Iterator<Item = usize> {
        let probes = self.probes.iter().flat_map(|probe| &probe.answers);
        self.main.answers.iter().chain(probes).copied()
    }
}

/// Something that the candidate asked and what was replied, as places in
/// [`Dialogue::turns`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AskedBack {
    /// The candidate's utterance.
    pub asked: usize,
    /// The recruiter's lines.
    pub replies: Vec<usize>,
    /// Whether it, or a part of it, was passed on to a person.
    pub passed_on: bool,
}

/// The whole conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dialogue {
    /// In order.
    pub turns: Vec<Turn>,
    /// Every planned question that was asked, in order.
    pub asked: Vec<Asked>,
    /// What the candidate asked at the end.
    pub asked_back: Vec<AskedBack>,
    /// Number of times the recruiter took the floor.
    pub recruiter_turns: usize,
    /// Whether consent was given, where that was decided.
    pub consent: Option<bool>,
    /// Why it ended, where it did.
    pub ended: Option<EndReason>,
    /// Quality profile, where the candidate was simulated.
    pub simulated: Option<String>,
    /// What failed on the way.
    pub problems: Vec<String>,
    /// What there is to hear.
    pub recording: Recording,
    /// Time of the last event, milliseconds of the session.
    pub length_ms: u64,
}

impl Dialogue {
    /// Folds a log. Any order of events is taken as it comes.
    pub fn fold(records: &[Record]) -> Self {
        let mut fold = Fold::default();
        for record in records {
            fold.take(record);
            fold.out.recording.take(&record.event);
            fold.out.length_ms = fold.out.length_ms.max(record.at.millis());
        }
        fold.finish()
    }

    /// Corrects which utterances answer which question by the interviewer's
    /// own account. A question that the account does not hold stays as is.
    pub fn settle(&mut self, account: &[interview::Asked]) {
        for told in account {
            let Some(id) = told.question.as_deref() else {
                continue;
            };
            let Some(asked) = self.asked.iter_mut().find(|asked| asked.question == id) else {
                continue;
            };
            let answers = |turn: &Turn| {
                let utterance = turn.utterance.as_ref();
                utterance.is_some_and(|said| told.answers.iter().any(|answer| answer.id == said.id))
            };
            let mut placed = Vec::new();
            for exchange in std::iter::once(&mut asked.main).chain(&mut asked.probes) {
                exchange.answers.retain(|&at| answers(&self.turns[at]));
                placed.extend_from_slice(&exchange.answers);
            }
            for (at, turn) in self.turns.iter_mut().enumerate() {
                if answers(turn) {
                    turn.request = false;
                    turn.question = Some(id.to_owned());
                    if !placed.contains(&at) {
                        // To the last thing that was asked before it.
                        let before = |probe: &&mut Exchange| probe.asked < at;
                        let probe = asked.probes.iter_mut().rev().find(before);
                        let exchange = probe.unwrap_or(&mut asked.main);
                        exchange.answers.push(at);
                        exchange.answers.sort_unstable();
                    }
                } else if let Some(said) = &turn.utterance {
                    turn.request |= told.asides.contains(&said.id);
                }
            }
            asked.explained |= told.explained;
            asked.outcome = Some(told.outcome);
            asked.text = Some(told.text.clone()).filter(|text| !text.trim().is_empty());
        }
    }

    /// The utterances at the given places.
    pub fn utterances(&self, at: impl Iterator<Item = usize>) -> Vec<&Utterance> {
        at.filter_map(|at| self.turns.get(at)?.utterance.as_ref())
            .collect()
    }
}

#[derive(Default)]
struct Fold {
    out: Dialogue,
    /// Question (place in `asked`) and probe (place in its `probes`) that
    /// wait for an answer.
    open: Option<(usize, Option<usize>)>,
    /// The utterance that is being replied to.
    pending: Option<usize>,
}

impl Fold {
    fn take(&mut self, record: &Record) {
        match &record.event {
            Event::Client(facts) => self.out.simulated.clone_from(&facts.simulated),
            Event::Input { input } => self.input(record, input),
            Event::Output { output } => self.output(record, output),
            Event::Played {
                line,
                start_ms,
                end_ms,
            } => {
                if let Some(turn) = self.line_mut(*line) {
                    turn.start_ms = Some(*start_ms);
                    turn.end_ms = Some(*end_ms);
                }
            }
            Event::Problem { part, message } => {
                self.out.problems.push(format!("{part}: {message}"))
            }
            Event::Interrupted { why, .. } => {
                let at = record.at;
                self.out
                    .problems
                    .push(format!("interrupted at {at}: {why}"));
            }
            _ => {}
        }
    }

    fn input(&mut self, record: &Record, input: &Input) {
        // Says nothing of what was said.
        if let Input::Device { .. } = input {
            return;
        }
        self.pending = None;
        match input {
            Input::Utterance(utterance) => self.utterance(record, utterance),
            Input::Consent { given, .. } => self.out.consent = Some(*given),
            Input::LineEnded {
                line,
                heard,
                complete: false,
            } => {
                if let Some(turn) = self.line_mut(*line) {
                    turn.heard = Some(heard.clone());
                }
            }
            _ => {}
        }
    }

    fn utterance(&mut self, record: &Record, utterance: &Utterance) {
        let at = self.out.turns.len();
        let asked = self.open.and_then(|(asked, _)| self.out.asked.get(asked));
        let timed = utterance.source == Source::Voice || !utterance.words.is_empty();
        self.out.turns.push(Turn {
            seq: record.seq,
            at_ms: record.at.millis(),
            who: Speaker::Candidate,
            text: utterance.text.clone(),
            heard: None,
            start_ms: timed.then_some(utterance.start_ms),
            end_ms: timed.then_some(utterance.end_ms),
            line: None,
            utterance: Some(utterance.clone()),
            question: asked.map(|asked| asked.question.clone()),
            request: false,
            correction: None,
        });
        self.pending = Some(at);
        if let Some((asked, probe)) = self.open
            && let Some(asked) = self.out.asked.get_mut(asked)
        {
            match probe.and_then(|probe| asked.probes.get_mut(probe)) {
                Some(exchange) => exchange.answers.push(at),
                None => asked.main.answers.push(at),
            }
        }
    }

    fn output(&mut self, record: &Record, output: &Output) {
        match output {
            Output::Say(line) => self.line(record, line),
            Output::Consent { given, .. } => self.out.consent = Some(*given),
            Output::Hold { on: true } => {
                let short =
                    |turn: &&mut Turn| turn.text.split_whitespace().count() <= REQUEST_WORDS;
                let pending = self.pending.and_then(|at| self.out.turns.get_mut(at));
                if let Some(turn) = pending.filter(short) {
                    turn.request = true;
                }
            }
            Output::Ended { reason } => self.out.ended = Some(*reason),
            _ => {}
        }
    }

    fn line(&mut self, record: &Record, line: &Line) {
        let at = self.out.turns.len();
        match (&line.purpose, &line.question) {
            // A person's words while the question is open.
            (Purpose::Human { .. }, Some(id))
                if self.out.asked.iter().any(|asked| asked.question == *id) => {}
            (Purpose::Question | Purpose::Human { .. }, Some(id)) => {
                self.out.asked.push(Asked {
                    question: id.clone(),
                    number: line.number,
                    main: Exchange {
                        asked: at,
                        answers: Vec::new(),
                    },
                    probes: Vec::new(),
                    explained: false,
                    text: None,
                    outcome: None,
                });
                self.open = Some((self.out.asked.len() - 1, None));
            }
            (Purpose::Probe { .. }, id) => self.probe(at, id.as_deref()),
            (
                Purpose::Repeat | Purpose::Rephrase | Purpose::OutOfScope | Purpose::Reply { .. },
                _,
            ) => {
                if let Some(turn) = self.pending.and_then(|at| self.out.turns.get_mut(at)) {
                    turn.request = true;
                }
                if let Purpose::Reply { fact } = &line.purpose {
                    self.reply(at, fact.is_none());
                }
            }
            (Purpose::Explain, _) => {
                if let Some(asked) = self
                    .open
                    .and_then(|(asked, _)| self.out.asked.get_mut(asked))
                {
                    asked.explained = true;
                }
            }
            (
                Purpose::Nudge | Purpose::Remark | Purpose::Confirm { .. } | Purpose::Human { .. },
                _,
            ) => {}
            _ => self.open = None,
        }
        self.out.turns.push(Turn {
            seq: record.seq,
            at_ms: record.at.millis(),
            who: Speaker::Recruiter,
            text: line.text.clone(),
            heard: None,
            start_ms: None,
            end_ms: None,
            line: Some(Said {
                id: line.id,
                purpose: line.purpose.clone(),
                stage: line.stage,
            }),
            utterance: None,
            question: line.question.clone(),
            request: false,
            correction: None,
        });
    }

    fn probe(&mut self, at: usize, id: Option<&str>) {
        let asked = match id {
            Some(id) => self
                .out
                .asked
                .iter()
                .rposition(|asked| asked.question == id),
            None => self.open.map(|(asked, _)| asked),
        };
        self.open = asked.map(|place| {
            let probes = &mut self.out.asked[place].probes;
            probes.push(Exchange {
                asked: at,
                answers: Vec::new(),
            });
            (place, Some(probes.len() - 1))
        });
    }

    fn reply(&mut self, at: usize, passed_on: bool) {
        let Some(asked) = self.pending else { return };
        let back = &mut self.out.asked_back;
        if back.last().is_none_or(|last| last.asked != asked) {
            back.push(AskedBack {
                asked,
                ..AskedBack::default()
            });
        }
        if let Some(last) = back.last_mut() {
            last.replies.push(at);
            last.passed_on |= passed_on;
        }
    }

    fn line_mut(&mut self, id: LineId) -> Option<&mut Turn> {
        self.out
            .turns
            .iter_mut()
            .rev()
            .find(|turn| turn.line.as_ref().is_some_and(|line| line.id == id))
    }

    fn finish(mut self) -> Dialogue {
        let turns = &self.out.turns;
        for asked in &mut self.out.asked {
            asked.main.answers.retain(|&at| !turns[at].request);
            for probe in &mut asked.probes {
                probe.answers.retain(|&at| !turns[at].request);
            }
        }
        let starts = |at: usize| at == 0 || turns[at - 1].who != Speaker::Recruiter;
        self.out.recruiter_turns = (0..turns.len())
            .filter(|&at| turns[at].who == Speaker::Recruiter && starts(at))
            .count();
        self.out
    }
}
