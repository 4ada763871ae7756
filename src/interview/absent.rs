//! A microphone or speaker that is gone: nothing that is not heard counts as
//! silence, and the time budget stands still until it is back.

use super::engine::{At, Hold, Interview};
use super::policy;
use crate::clock::SessionTime;
use crate::event::Track;
use std::time::Duration;

/// Which devices are gone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Absence {
    near: bool,
    far: bool,
    /// Time stands still since.
    since: Option<SessionTime>,
    /// Time that stood still in all.
    used: Duration,
}

impl Interview {
    /// A device went or came back.
    pub(super) fn device(&mut self, track: Track, there: bool) {
        match track {
            Track::Near => self.absence.near = !there,
            Track::Far => self.absence.far = !there,
        }
        let waiting = matches!(self.at, At::Consent(_) | At::Asking | At::Inviting);
        let gone = self.absence.near || self.absence.far;
        if !gone {
            self.go_on();
        } else if waiting && self.absence.since.is_none() && self.patience_with_devices().is_some()
        {
            self.absence.since = Some(self.now);
            self.wait = None;
        }
    }

    /// The candidate's side is a new one: it tells anew what it lacks.
    pub(super) fn forget_devices(&mut self) {
        self.go_on();
        (self.absence.near, self.absence.far) = (false, false);
    }

    /// Until when time stands still, if it does.
    pub(super) fn stands_still(&self) -> Option<SessionTime> {
        let since = self.absence.since?;
        Some(since + self.patience_with_devices().unwrap_or_default())
    }

    /// Time passes again, as if none had passed meanwhile.
    pub(super) fn go_on(&mut self) {
        let Some(since) = self.absence.since.take() else {
            return;
        };
        let gone = self.now.since(since);
        self.absence.used += gone;
        for pending in &mut self.pending {
            pending.until = pending.until + gone;
        }
        if let Some(speaking) = &mut self.speaking {
            *speaking = *speaking + gone;
        }
        self.budget.paused += match &mut self.hold {
            Some(Hold::Think(until)) => {
                *until = *until + gone;
                gone
            }
            // A pause stops the budget by itself from its own begin on.
            Some(Hold::Pause(_, from)) => from.since(since),
            None => gone,
        };
    }

    /// How long this absence may last: an interview always ends.
    fn patience_with_devices(&self) -> Option<Duration> {
        let left = policy::ABSENCES.saturating_sub(self.absence.used);
        Some(left.min(policy::ABSENCE)).filter(|left| !left.is_zero())
    }
}
