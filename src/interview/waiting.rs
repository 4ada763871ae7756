//! What time does: deadlines, silence, time to think, pauses, the budget.

use super::engine::{At, Hold, Interview};
use super::phrasing::Say;
use super::policy;
use crate::clock::SessionTime;
use crate::event::{Output, Purpose};
use std::time::Duration;

impl Interview {
    /// When it wants an [`Input::Tick`](crate::event::Input::Tick), unless something happens before.
    pub fn deadline(&self) -> Option<SessionTime> {
        if let At::Leaving(_) = self.at {
            return self
                .pending
                .iter()
                .map(|p| p.until)
                .max()
                .or(Some(self.now));
        }
        if matches!(self.at, At::Idle | At::Done(_)) {
            return None;
        }
        if let Some(until) = self.stands_still() {
            return Some(until);
        }
        let mut at = vec![];
        if let Some(Hold::Pause(until, _)) = self.hold {
            at.push(until);
        } else {
            at.push(self.budget_ends());
            if let Some(since) = self.speaking {
                at.push(since + policy::SPEAKING_MOST);
            } else if let Some(Hold::Think(until)) = self.hold {
                at.push(until);
            } else {
                at.extend(self.pending.iter().map(|p| p.until).max());
                at.extend(self.wait);
            }
        }
        at.into_iter().min()
    }

    pub(super) fn tick(&mut self) {
        let now = self.now;
        if let At::Leaving(reason) = self.at {
            if self.pending.iter().all(|p| p.until <= now) {
                self.done(reason);
            }
            return;
        }
        if matches!(self.at, At::Idle | At::Done(_)) {
            return;
        }
        if let Some(until) = self.stands_still() {
            if until > now {
                return;
            }
            self.go_on();
        }
        match self.hold {
            Some(Hold::Pause(until, _)) => {
                if until <= now {
                    self.release();
                    self.nudge();
                }
                return;
            }
            Some(Hold::Think(until)) if until <= now && self.speaking.is_none() => {
                self.release();
                self.nudge();
                return;
            }
            _ => {}
        }
        if self.budget_ends() <= now {
            self.time_is_up();
            return;
        }
        if self
            .speaking
            .is_some_and(|since| since + policy::SPEAKING_MOST <= now)
        {
            self.speaking = None;
        }
        if self.speaking.is_some() || self.hold.is_some() {
            return;
        }
        if self.pending.iter().all(|p| p.until <= now) {
            self.pending.clear();
        }
        if self.wait.is_some_and(|until| until <= now) {
            self.wait = None;
            self.silence();
        }
    }

    /// When the budget ends what is going on now.
    fn budget_ends(&self) -> SessionTime {
        match self.at {
            At::Inviting => self.budget.farewell(),
            _ if self.speaking.is_some() => self.budget.closing_if_speaking(),
            _ => self.budget.closing(),
        }
    }

    /// After every input: whoever waits for an answer has a deadline.
    pub(super) fn settle(&mut self) {
        let waiting = matches!(self.at, At::Consent(_) | At::Asking | At::Inviting);
        // Who waits for a person is not silent.
        let waiting = waiting && self.taken.is_none();
        let free = self.pending.is_empty() && self.speaking.is_none() && self.hold.is_none();
        let free = free && !self.muted && self.stands_still().is_none();
        if waiting && free && self.wait.is_none() {
            self.wait = Some(self.now + self.patience());
        }
    }

    pub(super) fn patience(&self) -> Duration {
        let settings = &self.setup.settings;
        Duration::from_secs(u64::from(settings.patience_s)).mul_f32(settings.pause_factor.max(1.0))
    }

    /// Whoever is muted cannot answer by voice, so nobody waits for it with a
    /// deadline; the budget of the whole interview holds all the same.
    pub(super) fn mute(&mut self, on: bool) {
        self.muted = on;
        self.wait = None;
        if on {
            self.speaking = None;
        }
    }

    /// Longer or shorter pauses from now on; a wait begins anew with it.
    pub(super) fn pause_factor(&mut self, factor: f32) {
        if factor.is_finite() {
            self.setup.settings.pause_factor = factor.clamp(1.0, 4.0);
            self.wait = None;
        }
    }

    /// Suspends the usual patience.
    pub(super) fn suspend(&mut self, hold: Hold) {
        self.hold = Some(hold);
        self.wait = None;
        self.out.push_back(Output::Hold { on: true });
    }

    /// How long a pause that goes on may last yet, as of the last input;
    /// nothing where there is none.
    pub fn break_left(&self) -> Option<Duration> {
        match self.hold {
            Some(Hold::Pause(until, _)) => Some(until.since(self.now)),
            _ => None,
        }
    }

    /// Ends a pause or the time to think.
    pub(super) fn release(&mut self) {
        if let Some(hold) = self.hold.take() {
            if let Hold::Pause(_, since) = hold {
                self.budget.paused += self.now.since(since);
            }
            self.out.push_back(Output::Hold { on: false });
        }
    }

    /// The one gentle prompt; where it was given already, silence goes on.
    pub(super) fn nudge(&mut self) {
        if self.muted {
            return;
        }
        self.new_turn();
        if !self.tally.nudged {
            self.tally.nudged = true;
            let text = self.voice.say(Say::Nudge).to_owned();
            self.say_softly(Purpose::Nudge, text);
        }
    }
}
