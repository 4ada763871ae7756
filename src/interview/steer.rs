//! What a person who watches the call does to it. Each act is an input like
//! others, so a call that was steered can be replayed; an act that has no
//! place now is refused by name, before it is put on the log, and does
//! nothing where it stands on one all the same.

use super::asked::Outcome;
use super::engine::{At, Hold, Interview, Prompt};
use super::phrasing::Say;
use super::policy;
use super::requests::{Intent, understand};
use super::text::speakable;
use crate::event::{EndReason, Expects, Purpose, Stage, Steer, Utterance};

/// Characters of a text that is to be spoken.
const TEXT_MOST: usize = 500;

/// Why an act has no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SteerRefusal {
    /// Nobody may hurry consent.
    #[error("The candidate has not consented yet: nothing can be steered before")]
    BeforeConsent,
    /// Nothing follows.
    #[error("The interview is at its end: nothing can be steered any more")]
    Over,
    /// The interview is paused.
    #[error("The interview is paused: resume first")]
    Paused,
    /// It is not.
    #[error("The interview is not paused")]
    NotPaused,
    /// All pauses together have been long enough.
    #[error("The interview was paused for as long as it may be")]
    NoPauseLeft,
    /// Somebody has the word.
    #[error("{by} has taken over: the word has to be handed back first")]
    Taken {
        /// Who.
        by: String,
    },
    /// Nobody has taken over.
    #[error("Nobody has taken over")]
    NotTaken,
    /// No planned question is open.
    #[error("No question of the plan is open")]
    NoQuestion,
    /// The open question has no probe left.
    #[error("Nothing is left to probe: no key point with a probe is missing")]
    NoProbe,
    /// A text that cannot be spoken.
    #[error("The text has {found} characters that can be spoken, expected 1 to {TEXT_MOST}")]
    Text {
        /// How many.
        found: usize,
    },
}

impl Interview {
    /// Whether an act has a place now.
    ///
    /// # Errors
    /// Why it has none.
    pub fn may_steer(&self, by: &str, act: &Steer) -> Result<(), SteerRefusal> {
        match self.at {
            At::Idle | At::Consent(_) => return Err(SteerRefusal::BeforeConsent),
            At::Leaving(_) | At::Done(_) => return Err(SteerRefusal::Over),
            At::Asking | At::Inviting => {}
        }
        let paused = matches!(self.hold, Some(Hold::Pause(..)));
        match act {
            Steer::End => return Ok(()),
            Steer::Resume if !paused => return Err(SteerRefusal::NotPaused),
            Steer::Resume => return Ok(()),
            _ if paused => return Err(SteerRefusal::Paused),
            Steer::HandBack if self.taken.is_none() => return Err(SteerRefusal::NotTaken),
            Steer::HandBack => return Ok(()),
            _ => {}
        }
        let same = matches!(act, Steer::Say { .. });
        if let Some(other) = self.taken.as_ref().filter(|t| !same || *t != by) {
            return Err(SteerRefusal::Taken { by: other.clone() });
        }
        match act {
            Steer::AskNext | Steer::Skip if self.at != At::Asking => Err(SteerRefusal::NoQuestion),
            Steer::Probe => self.next_probe().map(|_| ()),
            Steer::Pause if self.pause_left().is_zero() => Err(SteerRefusal::NoPauseLeft),
            Steer::Ask { text } | Steer::Say { text } => fit(text).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// Who speaks in the interviewer's place, if anybody does.
    pub fn taken_by(&self) -> Option<&str> {
        self.taken.as_deref()
    }

    /// Whether a pause is going on.
    pub fn is_paused(&self) -> bool {
        matches!(self.hold, Some(Hold::Pause(..)))
    }

    pub(super) fn steer(&mut self, by: String, act: Steer) {
        if self.may_steer(&by, &act).is_err() {
            return;
        }
        match act {
            Steer::AskNext => {
                self.pass(false);
                self.ask_next(Say::Ack);
            }
            Steer::Skip => {
                self.pass(true);
                self.ask_next(Say::NoMatter);
            }
            Steer::Probe => self.probe_for(),
            Steer::Ask { text } => self.ask_own(by, &text),
            Steer::Pause => {
                let until = self.now + self.pause_left();
                let text = self.voice.say(Say::Pause).to_owned();
                self.release();
                self.say_softly(Purpose::Remark, text);
                self.suspend(Hold::Pause(until, self.now));
            }
            Steer::Resume => {
                self.release();
                self.once_more();
            }
            Steer::End => {
                self.release();
                self.new_turn();
                self.close(Outcome::Answered);
                self.leave(EndReason::RecruiterEnded);
            }
            Steer::Say { text } => {
                let Ok(text) = fit(&text) else { return };
                self.release();
                self.new_turn();
                self.taken = Some(by.clone());
                self.say_softly(Purpose::Human { by }, text);
            }
            Steer::HandBack => {
                self.taken = None;
                self.once_more();
            }
        }
    }

    /// Words that were meant for the person who has taken over: no answer to
    /// the open question. An end that is asked for is granted all the same.
    pub(super) fn words_to_a_person(&mut self, utterance: &Utterance) {
        self.aside(utterance);
        if understand(&utterance.text).intent == Intent::End {
            self.taken = None;
            self.new_turn();
            self.close(Outcome::Answered);
            self.leave(EndReason::CandidateEnded);
        }
    }

    /// Closes the open question for the recruiter, who may drop its answer.
    fn pass(&mut self, drop: bool) {
        self.release();
        self.new_turn();
        let silent = self.asked.last().is_none_or(|a| a.answers.is_empty());
        self.close(if drop || silent {
            Outcome::Passed
        } else {
            Outcome::Answered
        });
    }

    /// The next probe of the open question: its key point and its words. A
    /// person may press where the interviewer would not.
    fn next_probe(&self) -> Result<(String, String), SteerRefusal> {
        let asked = self.asked.last().filter(|_| self.at == At::Asking);
        let asked = asked.ok_or(SteerRefusal::NoQuestion)?;
        let planned = asked
            .question
            .as_deref()
            .and_then(|id| self.setup.plan.question(id))
            .ok_or(SteerRefusal::NoQuestion)?;
        let hit = |id: &String| {
            let score = asked.score.as_ref();
            score.is_some_and(|s| s.hits.iter().any(|h| h.id == *id))
        };
        let open = planned
            .question
            .key_points
            .iter()
            .filter(|p| p.probe.is_some() && !asked.probes.contains(&p.id) && !hit(&p.id));
        let point = open.reduce(|a, b| if b.weight > a.weight { b } else { a });
        let found = point.and_then(|p| Some((p.id.clone(), speakable(p.probe.as_deref()?))));
        found.ok_or(SteerRefusal::NoProbe)
    }

    fn probe_for(&mut self) {
        let Ok((point, text)) = self.next_probe() else {
            return;
        };
        self.release();
        self.new_turn();
        if let Some(asked) = self.asked.last_mut() {
            asked.probes.push(point.clone());
        }
        // A probe that was asked for does not end the interviewer's own.
        self.tally.hits_before = None;
        self.tally.nudged = false;
        self.prompt = Some(Prompt {
            text: text.clone(),
            short: None,
            point: Some(point.clone()),
        });
        let text = self.voice.before(Say::Follow, &text);
        self.say(Purpose::Probe { point }, text, Expects::Long);
    }

    /// A question of the recruiter's own, in place of the next one.
    fn ask_own(&mut self, by: String, text: &str) {
        let Ok(text) = fit(text) else { return };
        self.pass(false);
        let own = |a: &&super::Asked| a.question.as_deref().is_some_and(is_own_question);
        let number = self.asked.iter().filter(own).count() + 1;
        self.at = At::Asking;
        let id = format!("{OWN}{number}");
        self.open_question(Some(id), None, Stage::Technical, text.clone(), None);
        self.say(Purpose::Human { by }, text, Expects::Long);
    }

    /// Asks again what is open, after a person has stopped the course.
    fn once_more(&mut self) {
        match self.at {
            At::Inviting => self.invite(),
            _ => self.react(Intent::Resume, None),
        }
    }

    /// How long a pause that begins now may last.
    pub(super) fn pause_left(&self) -> std::time::Duration {
        policy::pauses(self.setup.settings.breaks)
            .saturating_sub(self.budget.paused)
            .min(policy::PAUSE)
    }
}

/// Ids of recruiters' own questions begin so; they are in no plan.
const OWN: &str = "own-";

/// Whether an id can be that of a recruiter's own question. These are counted
/// within one session: the same id is another question in another session.
pub fn is_own_question(id: &str) -> bool {
    id.starts_with(OWN)
}

/// A text as it can be spoken.
fn fit(text: &str) -> Result<String, SteerRefusal> {
    let text = speakable(text.trim());
    let found = text.chars().count();
    if found == 0 || found > TEXT_MOST {
        return Err(SteerRefusal::Text { found });
    }
    Ok(text)
}
