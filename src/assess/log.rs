//! Tells a transcript as a log of events, so that it is folded like any
//! session: who said what, what asked, what answered.

use super::recruiter::{self, Ask, Parts};
use super::transcript::{Transcript, Turn, Voice};
use super::{Assessor, Item};
use crate::clock::SessionTime;
use crate::event::{
    EndReason, Event, Expects, Input, Line, Output, Purpose, Record, Source, Stage, Utterance,
};
use crate::interview::bank::Kind;
use crate::interview::job::Job;
use crate::interview::open::subject;
use std::collections::BTreeSet;

/// A transcript, told.
pub(super) struct Told {
    pub(super) records: Vec<Record>,
    pub(super) items: Vec<Item>,
}

/// Id of the question at a place.
pub(super) fn id(at: usize) -> String {
    format!("asked.{}", at + 1)
}

/// Tells a transcript.
pub(super) fn tell(assessor: &Assessor, transcript: &Transcript, job: Option<&Job>) -> Told {
    let title = job.map(|job| job.title.clone());
    let title = title.or_else(|| transcript.position.clone());
    let mut teller = Teller {
        assessor,
        fields: assessor.fields(title.as_deref().unwrap_or_default(), job),
        records: Vec::new(),
        items: Vec::new(),
        lines: 0,
        utterances: 0,
        introduced: false,
        stage: Stage::Opening,
        before: String::new(),
    };
    for (at, turn) in transcript.turns.iter().enumerate() {
        let answered = transcript.turns[at + 1..]
            .iter()
            .take(1)
            .any(|next| next.who == Voice::Candidate && !next.text.is_empty());
        match turn.who {
            Voice::Recruiter => teller.recruiter(turn, answered),
            Voice::Candidate => teller.candidate(turn),
        }
    }
    for at in 0..teller.items.len() {
        let skills = assessor.skills(&teller.items[at]);
        teller.items[at].skills = skills;
        let relevance = assessor.relevance(job, &teller.items[at]);
        teller.items[at].relevance = relevance;
    }
    Told {
        records: teller.records,
        items: teller.items,
    }
}

struct Teller<'a> {
    assessor: &'a Assessor,
    fields: BTreeSet<usize>,
    records: Vec<Record>,
    items: Vec<Item>,
    lines: u32,
    utterances: u32,
    introduced: bool,
    stage: Stage,
    /// The last question with its answers.
    before: String,
}

impl Teller<'_> {
    fn recruiter(&mut self, turn: &Turn, answered: bool) {
        let parts = recruiter::take_apart(&turn.text);
        match parts.what {
            Ask::Nothing => self.no_question(&parts, answered),
            Ask::Invitation => {
                self.remark(&parts);
                self.stage = Stage::Closing;
                self.say(Purpose::Invitation, &parts.ask);
            }
            Ask::Introduction if !self.introduced && self.items.is_empty() => {
                self.introduced = true;
                self.remark(&parts);
                self.stage = Stage::Introduction;
                self.say(Purpose::Introduction, &parts.ask);
            }
            what => {
                self.remark(&parts);
                self.question(&parts, what);
            }
        }
    }

    /// A turn without a question: the farewell, or words that the candidate
    /// answered nevertheless.
    fn no_question(&mut self, parts: &Parts, answered: bool) {
        if parts.remark.is_empty() {
            return;
        }
        if parts.farewell && !answered {
            self.stage = Stage::Ended;
            self.say(Purpose::Farewell, &parts.remark);
            self.event(Event::Output {
                output: Output::Ended {
                    reason: EndReason::Completed,
                },
            });
        } else if self.stage == Stage::Closing {
            self.say(Purpose::Reply { fact: None }, &parts.remark);
        } else if answered && !self.items.is_empty() {
            let ask = parts.lead.clone();
            self.follow_up(&ask);
        } else {
            self.say(Purpose::Remark, &parts.remark);
        }
    }

    fn remark(&mut self, parts: &Parts) {
        if parts.remark.is_empty() {
            return;
        }
        let taught = parts.lectures && !self.items.is_empty();
        let purpose = if taught {
            Purpose::Explain
        } else {
            Purpose::Remark
        };
        self.say(purpose, &parts.remark);
    }

    fn question(&mut self, parts: &Parts, what: Ask) {
        let own_work = what == Ask::Project;
        let topics = &self.assessor.topics;
        let subject = subject::of(topics, &parts.ask, &parts.lead, &self.fields, own_work);
        if let Some(last) = self.items.last() {
            let same = subject.best.is_some() && last.subject.best == subject.best;
            if recruiter::follows_up(parts, &self.before, same) {
                self.follow_up(&parts.ask);
                return;
            }
        }
        let kind = if own_work {
            Kind::Project
        } else {
            Kind::Technical
        };
        self.stage = if own_work {
            Stage::Project
        } else {
            Stage::Technical
        };
        let rubric = (!own_work)
            .then(|| subject::same_question(&self.assessor.bank, &parts.ask))
            .flatten();
        self.items.push(Item {
            ask: parts.ask.clone(),
            lead: parts.lead.clone(),
            kind,
            follow_ups: 0,
            subject,
            rubric: rubric.cloned(),
            skills: Vec::new(),
            relevance: None,
        });
        self.before = parts.ask.clone();
        self.say(Purpose::Question, &parts.ask);
    }

    fn follow_up(&mut self, ask: &str) {
        let topics = &self.assessor.topics;
        let Some(item) = self.items.last_mut() else {
            return;
        };
        item.follow_ups += 1;
        // What it adds to the subject counts as the question's own.
        let own_work = item.kind == Kind::Project;
        let more = subject::of(topics, ask, "", &self.fields, own_work);
        for (topic, weight) in more.topics {
            let known = item.subject.topics.entry(topic).or_default();
            *known = known.max(weight);
        }
        item.subject.asked.extend(more.asked);
        item.subject.best = item.subject.best.or(more.best);
        self.before.push(' ');
        self.before.push_str(ask);
        let point = "follow-up".to_owned();
        self.say(Purpose::Probe { point }, ask);
    }

    fn candidate(&mut self, turn: &Turn) {
        let text = recruiter::plain(&turn.text).replace('\n', " ");
        if text.trim().is_empty() {
            return;
        }
        if self.stage != Stage::Closing {
            self.before.push(' ');
            self.before.push_str(&text);
        }
        self.utterances += 1;
        let input = Input::Utterance(Utterance {
            id: self.utterances,
            text,
            words: Vec::new(),
            start_ms: 0,
            end_ms: 0,
            confidence: 1.0,
            source: Source::Typed,
        });
        self.event(Event::Input { input });
    }

    fn say(&mut self, purpose: Purpose, text: &str) {
        self.lines += 1;
        let asked = matches!(
            purpose,
            Purpose::Question | Purpose::Probe { .. } | Purpose::Explain
        );
        let at = self.items.len();
        let line = Line {
            id: self.lines,
            text: text.replace('\n', " "),
            purpose,
            stage: self.stage,
            question: (asked && at > 0).then(|| id(at - 1)),
            number: (asked && at > 0).then_some(at as u32),
            of: 0,
            expects: Expects::Long,
        };
        self.event(Event::Output {
            output: Output::Say(line),
        });
    }

    fn event(&mut self, event: Event) {
        let seq = self.records.len() as u64 + 1;
        self.records.push(Record {
            seq,
            // A transcript has no times.
            at: SessionTime(0),
            event,
        });
    }
}
