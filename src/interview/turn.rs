//! What the candidate's words and keys do.
//!
//! An utterance that arrives while less than half of the asking line was
//! heard goes on with the answer before: it is added there, and the line is
//! said again. So nothing is lost and nothing counts twice.

use super::asked::{Asked, Outcome};
use super::bank::Kind;
use super::consent::yes_or_no;
use super::engine::{At, Hold, Interview, Prompt};
use super::phrasing::Say;
use super::policy;
use super::requests::{Heard, Intent, understand};
use super::score::assess;
use super::text::{speakable, words};
use crate::clock::SessionTime;
use crate::event::{ConsentHow, Expects, Purpose, Request, Source, Stage, Utterance};

/// Less than this share of a line heard is taken as not heard.
pub(super) const HEARD: f32 = 0.5;
/// From this share on a line is taken as heard to its end.
pub(super) const WHOLE: f32 = 0.95;
/// From this share of a question on its answer may be guessed.
const GUESSED: f32 = 0.25;
/// A recognised "yes" below this confidence is asked for again.
const SURE: f32 = 0.3;

impl Interview {
    pub(super) fn utterance(&mut self, utterance: Utterance) {
        if words(&utterance.text).is_empty() {
            self.speech_ignored();
            return;
        }
        let began = self.speaking.take();
        if self.taken.is_some() {
            self.words_to_a_person(&utterance);
            return;
        }
        match self.at {
            At::Consent(tries) => self.consent_words(&utterance, tries, began),
            At::Asking => self.words_on_a_question(utterance, began),
            At::Inviting => self.closing_words(utterance, began),
            At::Idle | At::Leaving(_) | At::Done(_) => {}
        }
    }

    /// A noise: what it interrupted is said again. Where it went on and on,
    /// the candidate is told once a question that nothing can be understood.
    pub(super) fn speech_ignored(&mut self) {
        let began = self.speaking.take();
        if self.taken.is_some() {
            return;
        }
        let waiting = matches!(self.at, At::Consent(_) | At::Asking | At::Inviting);
        let din = began.is_some_and(|since| self.now.since(since) >= policy::DIN);
        if din && matches!(self.at, At::Asking | At::Inviting) && self.hold.is_none() {
            if !std::mem::replace(&mut self.tally.din, true) {
                self.new_turn();
                let text = self.voice.say(Say::Din).to_owned();
                self.say_softly(Purpose::Remark, text);
            }
            return;
        }
        let cut = self
            .asker
            .as_ref()
            .and_then(|a| a.heard)
            .is_some_and(|h| h < HEARD);
        if waiting
            && cut
            && self.hold.is_none()
            && self.tally.interrupted < policy::INTERRUPTED_MOST
        {
            self.say_again();
        }
    }

    pub(super) fn request(&mut self, request: Request) {
        if self.taken.is_some() && request != Request::End {
            return;
        }
        match self.at {
            At::Consent(tries) => match request {
                Request::Repeat | Request::Rephrase if tries < 2 => {
                    self.new_turn();
                    self.consent_again(tries);
                }
                Request::End | Request::Skip => {
                    self.new_turn();
                    self.consented(false, ConsentHow::Key);
                }
                _ => {}
            },
            At::Asking => {
                let answered = self.asked.last().is_some_and(|a| !a.answers.is_empty());
                let busy = self.speaking.is_some() || !answered;
                match request {
                    // The key only says that the turn is over; the words of
                    // the turn are still to come.
                    Request::Finished if busy => {}
                    Request::Think if self.hold.is_some() => {}
                    Request::Pause if !self.may_pause() => {}
                    Request::Resume if self.hold.is_none() => {}
                    _ => {
                        self.release();
                        self.react(intent_of(request), None);
                    }
                }
            }
            At::Inviting => match request {
                Request::Repeat | Request::Rephrase => self.closing_request(Intent::Repeat),
                Request::Think if self.hold.is_none() => self.closing_request(Intent::Think),
                Request::Pause if self.may_pause() => self.closing_request(Intent::Pause),
                Request::Resume if self.hold.is_some() => self.closing_request(Intent::Resume),
                Request::Skip | Request::Finished | Request::End => {
                    self.new_turn();
                    self.leave(self.reason);
                }
                _ => {}
            },
            At::Idle | At::Leaving(_) | At::Done(_) => {}
        }
    }

    fn consent_words(&mut self, utterance: &Utterance, tries: u8, began: Option<SessionTime>) {
        let typed = utterance.source == Source::Typed;
        // Consent to what was not heard would be no consent.
        let informed = typed || (self.heard(began) >= HEARD && utterance.confidence >= SURE);
        let how = if typed {
            ConsentHow::Key
        } else {
            ConsentHow::Voice
        };
        self.new_turn();
        match yes_or_no(&utterance.text) {
            Some(true) if informed => self.consented(true, how),
            Some(false) => self.consented(false, how),
            _ if tries >= 2 => self.consented(false, how),
            _ => self.consent_again(tries),
        }
    }

    fn words_on_a_question(&mut self, utterance: Utterance, began: Option<SessionTime>) {
        let said = understand(&utterance.text);
        if let Some(hold) = self.hold {
            let paused = matches!(hold, Hold::Pause(..));
            // Thinking aloud, or somebody else in the room.
            if said.intent == Intent::Sign || (said.intent == Intent::Think && !paused) {
                self.aside(&utterance);
                return;
            }
            self.release();
        }
        // Whoever is let finish may take as long as the budget lasts.
        if !self.tally.owed {
            self.tally.rounds += 1;
        }
        if self.tally.rounds > policy::ROUNDS_MOST {
            self.new_turn();
            self.keep(utterance);
            self.close(Outcome::Answered);
            self.ask_next(Say::Ack);
            return;
        }
        if self.doubt_reply(&utterance, said) {
            return;
        }
        let unheard = utterance.source == Source::Voice
            && self.tally.interrupted < policy::UNHEARD_MOST
            && self.is_about_before(&utterance, began);
        if unheard && self.goes_on(&utterance, said) {
            return;
        }
        if matches!(said.intent, Intent::Answer | Intent::DontKnow) || said.answer_too {
            self.keep(utterance.clone());
        } else {
            self.aside(&utterance);
        }
        self.react(said.intent, Some(&utterance));
    }

    pub(super) fn aside(&mut self, utterance: &Utterance) {
        if let Some(asked) = self.open() {
            asked.asides.push(utterance.id);
        }
    }

    /// Whether words that began before the asking line had ended are about
    /// what was before it. Where they say something that only one of the two
    /// questions asks for, that decides; else, how much of the line was heard.
    fn is_about_before(&self, utterance: &Utterance, began: Option<SessionTime>) -> bool {
        let heard = self.heard(began);
        if heard >= WHOLE {
            return false;
        }
        let probe = self.prompt.as_ref().is_some_and(|p| p.point.is_some());
        if let [.., before, open] = self.asked.as_slice()
            && open.answers.is_empty()
            && !probe
        {
            let (then, now) = (self.told(before, utterance), self.told(open, utterance));
            if then != now {
                // Nobody answers a question of which nothing was heard.
                return then > now || heard < GUESSED;
            }
        }
        // Whoever went on more than once goes on.
        heard < HEARD || self.tally.owed || self.tally.interrupted >= policy::INTERRUPTED_MOST
    }

    /// How many key points a question gains by these words.
    fn told(&self, asked: &Asked, utterance: &Utterance) -> usize {
        let planned = asked
            .question
            .as_deref()
            .and_then(|id| self.setup.plan.question(id));
        let Some(planned) = planned else { return 0 };
        let mut answers: Vec<&Utterance> = asked.answers.iter().collect();
        let before = asked.score.as_ref().map_or(0, |s| s.hits.len());
        answers.push(utterance);
        let after = assess(&planned.question, &answers).hits.len();
        after.saturating_sub(before)
    }

    /// Words over a line that was hardly heard. Whether they were dealt with.
    fn goes_on(&mut self, utterance: &Utterance, said: Heard) -> bool {
        let last = self.asked.len() - 1;
        let probe = self.prompt.as_ref().is_some_and(|p| p.point.is_some());
        let fresh = self.asked[last].answers.is_empty() && !probe;
        match said.intent {
            Intent::Sign => {
                self.aside(utterance);
                self.again_or_wait();
                true
            }
            Intent::Answer
            | Intent::DontKnow
            | Intent::AskBack
            | Intent::Aside
            | Intent::Finished => {
                if fresh && last > 0 {
                    self.asked[last - 1].answers.push(utterance.clone());
                    if self.asked[last - 1].outcome == Outcome::Unanswered {
                        self.asked[last - 1].outcome = Outcome::Answered;
                        self.silent = 0;
                    }
                    self.reassess(last - 1);
                    self.again_or_wait();
                    true
                } else if fresh && words(&utterance.text).len() <= 3 {
                    // A late "go ahead" before the introduction.
                    self.aside(utterance);
                    self.again_or_wait();
                    true
                } else if probe && said.intent == Intent::Answer {
                    self.keep(utterance.clone());
                    self.reassess(last);
                    let point = self.prompt.as_ref().and_then(|p| p.point.clone());
                    let missing = self.asked[last]
                        .score
                        .as_ref()
                        .is_some_and(|s| point.is_some_and(|p| s.missing.contains(&p)));
                    if missing {
                        self.again_or_wait();
                    } else {
                        self.new_turn();
                        self.decide();
                    }
                    true
                } else {
                    false
                }
            }
            _ => false,
        }
    }

    /// Says it again at once, or, to somebody who goes on and on, when all has
    /// been said.
    pub(super) fn again_or_wait(&mut self) {
        if self.tally.interrupted < policy::INTERRUPTED_MOST {
            self.say_again();
            return;
        }
        self.new_turn();
        self.tally.owed = true;
        let factor = self.setup.settings.pause_factor.max(1.0);
        self.wait = Some(self.now + policy::FINISHED.mul_f32(factor));
    }

    /// Says the open question or probe again, because it was not heard:
    /// whole when next to nothing was heard, else in short.
    pub(super) fn say_again(&mut self) {
        if self.doubt.is_some() {
            self.new_turn();
            self.tally.interrupted += 1;
            if self.doubt_once_more() {
                return;
            }
        }
        let began = self.speaking;
        let hardly = self.heard(began) < 0.2;
        self.new_turn();
        self.tally.interrupted += 1;
        self.tally.owed = false;
        let Some(prompt) = self.prompt.clone() else {
            return;
        };
        let text = if hardly {
            prompt.text
        } else {
            prompt.short.unwrap_or(prompt.text)
        };
        match self.at {
            At::Consent(_) => self.say(Purpose::ConsentAgain, text, Expects::YesNo),
            At::Inviting => self.say(Purpose::Repeat, text, Expects::Short),
            _ => self.say(Purpose::Repeat, text, Expects::Long),
        }
    }

    /// The open question in few words.
    pub(super) fn short_form(&self) -> String {
        let prompt = self.prompt.as_ref();
        let short = prompt.and_then(|p| p.short.clone());
        short
            .or_else(|| prompt.map(|p| p.text.clone()))
            .unwrap_or_default()
    }

    /// Does what an intent asks for. The words are already kept.
    pub(super) fn react(&mut self, intent: Intent, words: Option<&Utterance>) {
        self.new_turn();
        if intent != Intent::Repeat {
            self.doubt = None;
        }
        let text = words.map(|u| u.text.as_str()).unwrap_or_default();
        match intent {
            Intent::Answer => {
                if !words.is_some_and(|said| self.doubt(said)) {
                    self.decide();
                }
            }
            Intent::DontKnow => {
                let hits = self
                    .asked
                    .last()
                    .and_then(|a| a.score.as_ref())
                    .map_or(0, |s| s.hits.len());
                let before = self.asked.last().map_or(0, |a| a.answers.len());
                let nothing = hits == 0 || before <= 1;
                self.close(if nothing {
                    Outcome::DontKnow
                } else {
                    Outcome::Answered
                });
                self.ask_next(Say::NoMatter);
            }
            Intent::Skip => {
                self.close(Outcome::Skipped);
                self.ask_next(Say::NoMatter);
            }
            Intent::Finished => {
                self.close(Outcome::Answered);
                self.ask_next(Say::Ack);
            }
            Intent::End => {
                self.close(Outcome::Answered);
                self.leave(crate::event::EndReason::CandidateEnded);
            }
            Intent::Repeat if self.doubt_once_more() => {}
            Intent::Repeat => self.repeat(),
            Intent::Rephrase => self.rephrase(),
            Intent::Think => self.think(),
            Intent::Pause => self.pause(),
            Intent::Resume => {
                let text = self.short_form();
                let text = self.voice.before(Say::GoOn, &text);
                self.say(Purpose::Repeat, text, Expects::Long);
            }
            Intent::AskBack => self.answer_back(text),
            Intent::Aside => self.out_of_scope(text),
            Intent::Sign => {
                self.tally.signs += 1;
                if self.tally.signs > 2
                    && let Some(utterance) = words
                {
                    // Three times "okay" is the answer.
                    self.keep(utterance.clone());
                    if let Some(asked) = self.open() {
                        asked.asides.retain(|id| *id != utterance.id);
                    }
                    self.decide();
                }
            }
        }
    }

    /// After an answer: a probe, or the next question.
    pub(super) fn decide(&mut self) {
        let Some(asked) = self.asked.last() else {
            return;
        };
        if asked.stage == Stage::Introduction {
            self.close(Outcome::Answered);
            self.ask_next(Say::ToProject);
            return;
        }
        let planned = asked
            .question
            .as_deref()
            .and_then(|id| self.setup.plan.question(id));
        let Some(planned) = planned else {
            // A recruiter's own question: nothing says what to probe.
            self.close(Outcome::Answered);
            self.ask_next(Say::Ack);
            return;
        };
        let answers: Vec<&Utterance> = asked.answers.iter().collect();
        let score = assess(&planned.question, &answers);
        let newest = asked
            .answers
            .last()
            .map(|a| a.text.as_str())
            .unwrap_or_default();
        let off = planned.question.kind == Kind::Technical
            && self.tally.asides == 0
            && score.hits.is_empty()
            && policy::off_question(&planned.question, newest);
        let probe = policy::probe(
            &planned.question,
            &score,
            &asked.probes,
            self.setup.settings.follow_ups,
            self.tally.hits_before,
        )
        .filter(|_| self.budget.may_probe(self.now, self.to_come()))
        .and_then(|point| Some((point.id.clone(), speakable(point.probe.as_deref()?))));
        let hits = score.hits.len();
        if off {
            self.out_of_scope("");
            return;
        }
        let at = self.asked.len() - 1;
        self.asked[at].score = Some(score);
        let Some((point, text)) = probe else {
            self.close(Outcome::Answered);
            self.ask_next(Say::Ack);
            return;
        };
        self.asked[at].probes.push(point.clone());
        self.tally.hits_before = Some(hits);
        self.tally.nudged = false;
        self.prompt = Some(Prompt {
            text: text.clone(),
            short: None,
            point: Some(point.clone()),
        });
        let text = self.voice.before(Say::Follow, &text);
        self.say(Purpose::Probe { point }, text, Expects::Long);
    }
}

fn intent_of(request: Request) -> Intent {
    match request {
        Request::Repeat => Intent::Repeat,
        Request::Rephrase => Intent::Rephrase,
        Request::Think => Intent::Think,
        Request::Skip => Intent::Skip,
        Request::Pause => Intent::Pause,
        Request::Resume => Intent::Resume,
        Request::Finished => Intent::Finished,
        Request::End => Intent::End,
    }
}
