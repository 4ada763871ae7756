//! The interview as a machine: what goes in, what comes out, and when it
//! wants to be woken. How lines are said and heard is in `lines`, what time
//! does in `waiting`, what an utterance does in `turn`, how the course moves
//! on in `course`.

use super::absent::Absence;
use super::asked::{Asked, AskedBack, Outcome};
use super::doubt::Doubt;
use super::phrasing::Voice;
use super::plan::Setup;
use super::policy::Budget;
use crate::clock::SessionTime;
use crate::event::{
    ConsentHow, EndReason, Expects, Input, Line, LineId, Output, Purpose, Stage, Told, Utterance,
};
use std::collections::VecDeque;
use std::time::Duration;

/// Share of a rubric's weight from which on nearly all of it was told: the
/// best mark's.
const TOLD_MOST: f32 = 0.80;
/// Share from which on a part of it was told: a middling mark's.
const TOLD_SOME: f32 = 0.36;

/// Where the interview stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum At {
    /// Before [`Input::Begin`].
    Idle,
    /// Waits for consent; asked again so many times.
    Consent(u8),
    /// The last of the asked questions is open.
    Asking,
    /// The candidate has the word.
    Inviting,
    /// The last words are being said.
    Leaving(EndReason),
    /// Over.
    Done(EndReason),
}

/// A line that is being said.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) id: LineId,
    /// When it is taken to have ended, if nobody says so.
    pub(super) until: SessionTime,
}

/// The line that asks for what comes next, and how much of it was heard.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) id: LineId,
    pub(super) text: String,
    pub(super) said_at: SessionTime,
    /// 0-1, once it is known.
    pub(super) heard: Option<f32>,
}

/// What can be said again, and in which words.
#[derive(Clone, Debug)]
pub(super) struct Prompt {
    pub(super) text: String,
    pub(super) short: Option<String>,
    /// The key point, where it is a probe.
    pub(super) point: Option<String>,
}

/// What happened on the open question; starts afresh with every question.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) rounds: u8,
    pub(super) repeats: u8,
    pub(super) rephrased: bool,
    pub(super) asked_back: u8,
    pub(super) asides: u8,
    pub(super) signs: u8,
    pub(super) thinks: u8,
    pub(super) interrupted: u8,
    /// "Did you say ...?" was asked.
    pub(super) doubted: bool,
    /// The question is to be said again as soon as the candidate has finished.
    pub(super) owed: bool,
    pub(super) nudged: bool,
    /// That it is too loud to understand anything was said.
    pub(super) din: bool,
    /// Key points hit when the last probe was asked.
    pub(super) hits_before: Option<usize>,
}

/// Why the usual patience is suspended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hold {
    Think(SessionTime),
    /// Until, and since.
    Pause(SessionTime, SessionTime),
}

/// How far the interview is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Where in the course.
    pub stage: Stage,
    /// Questions of the plan that were asked.
    pub asked: u32,
    /// Questions of the plan.
    pub of: u32,
    /// Time since the beginning.
    pub elapsed: Duration,
    /// Time left in the budget.
    pub left: Duration,
}

/// One interview: a state machine without input or output of its own.
///
/// Several [`Output::Say`] may follow one input; they are one turn of the
/// recruiter, to be spoken in that order. When one is stopped by the
/// candidate, those behind it in the same turn are not to be spoken.
#[derive(Clone, Debug)]
pub struct Interview {
    pub(super) setup: Setup,
    pub(super) voice: Voice,
    pub(super) at: At,
    pub(super) now: SessionTime,
    pub(super) budget: Budget,
    pub(super) out: VecDeque<Output>,
    pub(super) last_line: LineId,
    pub(super) pending: Vec<Pending>,
    pub(super) asker: Option<Asker>,
    pub(super) prompt: Option<Prompt>,
    pub(super) asked: Vec<Asked>,
    pub(super) tally: Tally,
    /// Next numbered question of the plan.
    pub(super) cursor: usize,
    pub(super) silent: u8,
    /// The candidate speaks since.
    pub(super) speaking: Option<SessionTime>,
    /// The silence ends then.
    pub(super) wait: Option<SessionTime>,
    pub(super) hold: Option<Hold>,
    pub(super) absence: Absence,
    /// What "Did you say ...?" waits for.
    pub(super) doubt: Option<Doubt>,
    /// The microphone is muted: no answer is no silence.
    pub(super) muted: bool,
    pub(super) asked_back: Vec<AskedBack>,
    /// Who speaks in the interviewer's place.
    pub(super) taken: Option<String>,
    /// What the end will be called when the last words are said.
    pub(super) reason: EndReason,
    consent: Option<(bool, ConsentHow)>,
}

impl Interview {
    /// An interview that has not begun.
    pub fn new(setup: &Setup) -> Self {
        let mode = setup.settings.mode;
        Self {
            voice: Voice::new(mode, setup.settings.seed),
            setup: setup.clone(),
            at: At::Idle,
            now: SessionTime(0),
            budget: Budget::new(SessionTime(0), setup.settings.minutes),
            out: VecDeque::new(),
            last_line: 0,
            pending: Vec::new(),
            asker: None,
            prompt: None,
            asked: Vec::new(),
            tally: Tally::default(),
            cursor: 0,
            silent: 0,
            speaking: None,
            wait: None,
            hold: None,
            absence: Absence::default(),
            doubt: None,
            muted: false,
            asked_back: Vec::new(),
            taken: None,
            reason: EndReason::Completed,
            consent: None,
        }
    }

    /// Tells the interviewer something. `now` never goes back; an earlier
    /// time counts as the last one.
    pub fn handle(&mut self, input: Input, now: SessionTime) {
        self.now = self.now.max(now);
        if matches!(self.at, At::Done(_)) {
            return;
        }
        match input {
            Input::Begin => self.begin(),
            Input::Consent { given, how } => self.consent_by_key(given, how),
            Input::SpeechStarted => {
                self.speaking.get_or_insert(self.now);
                self.wait = None;
            }
            Input::SpeechIgnored => self.speech_ignored(),
            Input::Utterance(utterance) => self.utterance(utterance),
            Input::LineEnded {
                line,
                heard,
                complete,
            } => self.line_ended(line, &heard, complete),
            Input::Request { request } => self.request(request),
            Input::Device { track, there } => self.device(track, there),
            Input::Tick => self.tick(),
            Input::Left => {
                let reason = match self.at {
                    At::Leaving(reason) => reason,
                    _ => EndReason::CandidateLeft,
                };
                self.done(reason);
            }
            Input::Resumed => self.resumed(),
            Input::Reconnected => self.reconnected(),
            Input::Steer { by, act } => self.steer(by, act),
            Input::Muted { on } => self.mute(on),
            Input::PauseFactor { factor } => self.pause_factor(factor),
        }
        self.settle();
    }

    /// The lines that would be said if this were what the candidate had said
    /// by now, and how much of the open question would be told with it (nothing
    /// where it has no rubric). Nothing changes here: it may yet turn out to be
    /// said otherwise.
    pub fn would_say(&self, utterance: Utterance, now: SessionTime) -> (Vec<Line>, Option<Told>) {
        let mut other = self.clone();
        other.handle(Input::Utterance(utterance), now);
        let open = self.asked.len().checked_sub(1);
        let score = open.and_then(|at| other.asked.get(at)?.score.as_ref());
        let told = score.map(|score| match score.coverage {
            c if c >= TOLD_MOST => Told::Most,
            c if c >= TOLD_SOME => Told::Some,
            _ => Told::Little,
        });
        let said = |output| match output {
            Output::Say(line) => Some(line),
            _ => None,
        };
        (other.out.into_iter().filter_map(said).collect(), told)
    }

    /// The next thing to do, until there is nothing left.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Where in the course.
    pub fn stage(&self) -> Stage {
        match self.at {
            At::Idle | At::Consent(_) => Stage::Opening,
            At::Asking => self.asked.last().map_or(Stage::Introduction, |a| a.stage),
            At::Inviting | At::Leaving(_) => Stage::Closing,
            At::Done(_) => Stage::Ended,
        }
    }

    /// Why it ended, once it has.
    pub fn ended(&self) -> Option<EndReason> {
        match self.at {
            At::Done(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether consent was given, once that is decided.
    pub fn consent(&self) -> Option<(bool, ConsentHow)> {
        self.consent
    }

    /// How far it is at a time.
    pub fn progress(&self, now: SessionTime) -> Progress {
        let elapsed = now.since(self.budget.begun);
        Progress {
            stage: self.stage(),
            asked: self.asked.iter().filter(|a| a.number.is_some()).count() as u32,
            of: self.setup.plan.numbered(),
            elapsed,
            left: (self.budget.whole + self.budget.paused).saturating_sub(elapsed),
        }
    }

    /// Time for which pauses on request have stopped the clock.
    pub fn paused(&self) -> Duration {
        self.budget.paused
    }

    /// What was asked so far, in order, and what came back.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// What the candidate asked at the end.
    pub fn asked_back(&self) -> &[AskedBack] {
        &self.asked_back
    }

    /// What it was set up with.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    // ---- from here on: the machine's own moves

    pub(super) fn begin(&mut self) {
        if self.at != At::Idle {
            return;
        }
        self.budget = Budget::new(self.now, self.setup.settings.minutes);
        let beforehand = self.consent.is_some_and(|(given, _)| given);
        let minutes = self.setup.settings.minutes;
        let name = &self.setup.resume.name;
        let text = self
            .voice
            .disclosure(name, &self.setup.job, minutes, !beforehand);
        self.at = At::Consent(0);
        match self.consent {
            Some((given, how)) => {
                self.out.push_back(Output::Consent { given, how });
                if given {
                    self.say(Purpose::Disclosure, text, Expects::Nothing);
                    self.introduce();
                } else {
                    self.refuse(EndReason::ConsentRefused);
                }
            }
            None => {
                self.prompt = Some(Prompt {
                    text: text.clone(),
                    short: None,
                    point: None,
                });
                self.say(Purpose::Disclosure, text, Expects::YesNo);
            }
        }
    }

    fn consent_by_key(&mut self, given: bool, how: ConsentHow) {
        match self.at {
            At::Idle => self.consent = Some((given, how)),
            At::Consent(_) => {
                // The question may still be in the air; it is answered.
                self.new_turn();
                self.consented(given, how);
            }
            // Consent can be withdrawn at any time.
            At::Asking | At::Inviting if !given => {
                self.pending.clear();
                self.close(Outcome::Answered);
                self.consent = Some((false, how));
                self.out.push_back(Output::Consent { given, how });
                self.leave(EndReason::ConsentRefused);
            }
            _ => {}
        }
    }

    pub(super) fn decide_consent(&mut self, given: bool, how: ConsentHow) {
        self.consent = Some((given, how));
    }

    pub(super) fn consented(&mut self, given: bool, how: ConsentHow) {
        self.consent = Some((given, how));
        self.out.push_back(Output::Consent { given, how });
        if given {
            self.introduce();
        } else {
            self.refuse(EndReason::ConsentRefused);
        }
    }

    /// Says a kind goodbye to somebody who was not recorded.
    pub(super) fn refuse(&mut self, reason: EndReason) {
        self.pending.clear();
        let text = self.voice.refused().to_owned();
        self.at = At::Leaving(reason);
        self.say(Purpose::Farewell, text, Expects::Nothing);
    }

    /// The last words.
    pub(super) fn leave(&mut self, reason: EndReason) {
        self.taken = None;
        self.release();
        self.at = At::Leaving(reason);
        self.say(
            Purpose::Farewell,
            super::phrasing::FAREWELL.to_owned(),
            Expects::Nothing,
        );
    }

    pub(super) fn done(&mut self, reason: EndReason) {
        self.release();
        self.close(Outcome::Answered);
        self.pending.clear();
        self.at = At::Done(reason);
        self.out.push_back(Output::Ended { reason });
    }

    /// The open question with its answers, the newest utterance included.
    pub(super) fn open(&mut self) -> Option<&mut Asked> {
        if self.at == At::Asking {
            self.asked.last_mut()
        } else {
            None
        }
    }

    /// Takes an utterance into the open question's answers.
    pub(super) fn keep(&mut self, utterance: Utterance) {
        if let Some(asked) = self.open() {
            asked.answers.push(utterance);
        }
    }
}
