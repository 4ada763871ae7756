//! How the course moves on: introduction, project, technical questions, the
//! candidate's own questions, the last words.

use super::asked::{Asked, Outcome};
use super::bank::{Kind, Level, Question};
use super::engine::{At, Interview, Prompt, Tally};
use super::phrasing::{INVITATION, Say};
use super::policy;
use super::score::{Score, assess};
use super::text::{sentences, speakable};
use crate::event::{ConsentHow, EndReason, Expects, Mode, Output, Purpose, Stage, Utterance};

impl Interview {
    /// Asks for an introduction.
    pub(super) fn introduce(&mut self) {
        let asks = self.voice.introduction(&self.setup.job);
        self.at = At::Asking;
        let short = Some(asks.short.to_owned());
        self.open_question(None, None, Stage::Introduction, asks.ask.clone(), short);
        let text = format!("{} {}", asks.before, asks.ask);
        self.say(Purpose::Introduction, text, Expects::Long);
    }

    /// Opens the next question, or closes the course when there is none, no
    /// time for it, or nobody who answers. `ack` comes before the question.
    pub(super) fn ask_next(&mut self, ack: Say) {
        let explained = self.explain();
        if self.silent >= policy::SILENT_MOST {
            self.reason = EndReason::NoAnswer;
            self.invite();
            return;
        }
        let Some((index, number)) = self.next_planned() else {
            self.invite();
            return;
        };
        if !self.budget.may_ask(self.now) {
            self.reason = EndReason::TimeUp;
            self.invite();
            return;
        }
        self.cursor += 1;
        let question = self.setup.plan.questions[index].question.clone();
        let stage = match question.kind {
            Kind::Project => Stage::Project,
            Kind::Technical | Kind::Behavioral => Stage::Technical,
        };
        let turns_technical = stage == Stage::Technical
            && question.kind == Kind::Technical
            && self
                .asked
                .last()
                .is_none_or(|a| a.stage != Stage::Technical);
        let ack = match ack {
            // Whoever said nothing is not thanked.
            Say::Silence => Say::Silence,
            _ if turns_technical => Say::ToTechnical,
            other => other,
        };
        let ask = speakable(&question.ask);
        let text = if explained && !turns_technical {
            ask.clone()
        } else {
            self.voice.before(ack, &ask)
        };
        let short = question.short.as_deref().map(speakable);
        self.open_question(Some(question.id), Some(number), stage, ask, short);
        self.say(Purpose::Question, text, Expects::Long);
    }

    pub(super) fn open_question(
        &mut self,
        question: Option<String>,
        number: Option<u32>,
        stage: Stage,
        text: String,
        short: Option<String>,
    ) {
        self.tally = Tally::default();
        self.doubt = None;
        self.prompt = Some(Prompt {
            text: text.clone(),
            short,
            point: None,
        });
        self.asked.push(Asked {
            question,
            stage,
            number,
            text,
            line: self.line_id() + 1,
            at: self.now,
            probes: Vec::new(),
            answers: Vec::new(),
            asides: Vec::new(),
            outcome: Outcome::Open,
            struggled: false,
            explained: false,
            score: None,
        });
    }

    /// The next question's place in the plan, and its number. In the last
    /// slots of the course an advanced question takes the place of a core
    /// one, when the core question that it goes on from was answered well.
    fn next_planned(&self) -> Option<(usize, u32)> {
        let plan = &self.setup.plan;
        let numbered = plan.numbered() as usize;
        let planned = plan.questions.get(self.cursor).filter(|q| !q.reserve)?;
        let adaptive = numbered - self.cursor <= usize::from(plan.adaptive);
        // Behavioral ones only fill up what the bank has no core question for.
        if adaptive
            && planned.question.kind != Kind::Project
            && planned.question.level == Level::Core
        {
            let mut best: Option<(u8, usize)> = None;
            for asked in &self.asked {
                let Some(id) = &asked.question else { continue };
                let Some(score) = asked
                    .score
                    .as_ref()
                    .and_then(|s| s.score)
                    .filter(|s| *s >= 4)
                else {
                    continue;
                };
                let deeper = plan
                    .questions
                    .iter()
                    .position(|q| q.after.as_ref() == Some(id) && !self.was_asked(&q.question.id));
                if let Some(index) = deeper
                    && best.is_none_or(|(s, _)| score > s)
                {
                    best = Some((score, index));
                }
            }
            if let Some((_, index)) = best {
                return Some((index, planned.number));
            }
        }
        Some((self.cursor, planned.number))
    }

    fn was_asked(&self, id: &str) -> bool {
        self.asked.iter().any(|a| a.question.as_deref() == Some(id))
    }

    /// Questions of the plan that are still to come.
    pub(super) fn to_come(&self) -> usize {
        (self.setup.plan.numbered() as usize).saturating_sub(self.cursor)
    }

    /// Closes the open question, if one is open.
    pub(super) fn close(&mut self, outcome: Outcome) {
        let Some(at) = self.asked.len().checked_sub(1) else {
            return;
        };
        if self.asked[at].outcome != Outcome::Open {
            return;
        }
        let silent = self.asked[at].answers.is_empty();
        self.asked[at].outcome = match outcome {
            Outcome::Open | Outcome::Answered if silent => Outcome::Unanswered,
            Outcome::Open => Outcome::Answered,
            // A skip after an answer leaves the answer.
            Outcome::Skipped | Outcome::Unanswered if !silent => Outcome::Answered,
            other => other,
        };
        // Whoever only asks for things is there all the same.
        let absent =
            self.asked[at].outcome == Outcome::Unanswered && self.asked[at].asides.is_empty();
        self.silent = if absent { self.silent + 1 } else { 0 };
        self.reassess(at);
    }

    /// Scores a question anew from all its answers.
    pub(super) fn reassess(&mut self, at: usize) {
        let asked = &self.asked[at];
        let planned = asked
            .question
            .as_deref()
            .and_then(|id| self.setup.plan.question(id));
        let score = planned
            .filter(|_| !asked.answers.is_empty() && asked.outcome != Outcome::Passed)
            .map(|planned| {
                let answers: Vec<&Utterance> = asked.answers.iter().collect();
                assess(&planned.question, &answers)
            });
        let asked = &mut self.asked[at];
        asked.score = score;
        asked.struggled = policy::struggled(asked);
    }

    /// In `coach` mode, says one helpful thing about the last answer: what
    /// there is to know after a struggle or a misconception, else the
    /// weightiest point that was missing. Whether it did.
    fn explain(&mut self) -> bool {
        if self.setup.settings.mode != Mode::Coach {
            return false;
        }
        let Some(asked) = self.asked.last().filter(|a| !a.explained) else {
            return false;
        };
        let planned = asked
            .question
            .as_deref()
            .and_then(|id| self.setup.plan.question(id));
        let Some(planned) = planned else {
            return false;
        };
        let wrong = asked
            .score
            .as_ref()
            .is_some_and(|score| !score.misconceptions.is_empty());
        let text = if asked.struggled || wrong {
            // One or two sentences can be listened to.
            let explain = speakable(&planned.question.explain);
            let few: Vec<&str> = sentences(&explain).into_iter().take(2).collect();
            few.join(" ")
        } else {
            asked
                .score
                .as_ref()
                .and_then(|score| advice(&planned.question, score))
                .unwrap_or_default()
        };
        if text.is_empty() {
            return false;
        }
        let text = self.voice.before(Say::Teach, &text);
        if let Some(asked) = self.asked.last_mut() {
            asked.explained = true;
        }
        self.say(Purpose::Explain, text, Expects::Nothing);
        true
    }

    /// Gives the candidate the word.
    pub(super) fn invite(&mut self) {
        self.at = At::Inviting;
        self.doubt = None;
        self.tally = Tally::default();
        self.prompt = Some(Prompt {
            text: INVITATION.to_owned(),
            short: None,
            point: None,
        });
        self.say(Purpose::Invitation, INVITATION.to_owned(), Expects::Short);
    }

    /// Nobody spoke for as long as patience lasts.
    pub(super) fn silence(&mut self) {
        match self.at {
            At::Consent(tries) => {
                self.new_turn();
                if tries < 2 {
                    self.consent_again(tries);
                } else {
                    self.no_consent();
                }
            }
            At::Asking | At::Inviting if self.tally.owed => self.say_again(),
            // Nobody says yes or no: the words stay doubtful.
            At::Asking if self.doubt.take().is_some() => {
                self.new_turn();
                self.decide();
            }
            At::Asking if !self.tally.nudged => self.nudge(),
            At::Asking => {
                self.new_turn();
                self.close(Outcome::Answered);
                let heard = self
                    .asked
                    .last()
                    .is_some_and(|a| a.outcome == Outcome::Answered);
                self.ask_next(if heard { Say::Ack } else { Say::Silence });
            }
            At::Inviting => self.leave(self.reason),
            At::Idle | At::Leaving(_) | At::Done(_) => {}
        }
    }

    /// The time budget is used up.
    pub(super) fn time_is_up(&mut self) {
        self.taken = None;
        self.new_turn();
        self.release();
        match self.at {
            At::Consent(_) => self.no_consent(),
            At::Asking => {
                self.close(Outcome::Answered);
                if self.reason == EndReason::Completed {
                    self.reason = EndReason::TimeUp;
                }
                self.invite();
            }
            At::Inviting => {
                let reason = match self.reason {
                    EndReason::Completed => EndReason::TimeUp,
                    other => other,
                };
                self.leave(reason);
            }
            At::Idle | At::Leaving(_) | At::Done(_) => {}
        }
    }

    pub(super) fn consent_again(&mut self, tries: u8) {
        self.at = At::Consent(tries + 1);
        let text = self.voice.consent_again(&self.setup.job);
        self.say(Purpose::ConsentAgain, text, Expects::YesNo);
    }

    /// Nobody answered whether he or she consents.
    fn no_consent(&mut self) {
        self.set_consent(false, ConsentHow::Voice);
        self.refuse(EndReason::NoAnswer);
    }

    fn set_consent(&mut self, given: bool, how: ConsentHow) {
        self.decide_consent(given, how);
        self.out.push_back(Output::Consent { given, how });
    }
}

/// One sentence on an answer without a struggle: the weightiest point that
/// was missing, or that none was. Nothing where there is no score.
fn advice(question: &Question, score: &Score) -> Option<String> {
    score.score?;
    let missing = question
        .key_points
        .iter()
        .filter(|point| score.missing.contains(&point.id));
    // The first of the heaviest: `max_by` would take the last.
    let heaviest = missing.reduce(|a, b| if b.weight > a.weight { b } else { a });
    let Some(point) = heaviest else {
        return Some("You covered every point that this question looks for.".to_owned());
    };
    let says = speakable(&point.says);
    let says = sentences(&says).first().copied()?;
    Some(format!("One point would have made it stronger: {says}"))
}
