//! What the interviewer does when the candidate is back after an
//! interruption: it says so in one sentence and asks again what is open.
//! Where only the connection was away and nothing is lost, it says nothing;
//! patience begins anew.

use super::engine::{At, Interview};
use super::phrasing::Say;
use crate::event::{Expects, Purpose};
use std::time::Duration;

/// From this share on, a question was heard well enough for its short form.
const HEARD: f32 = 0.5;

/// How long a line's end may take to be told after a break.
const LINE_WITHIN: Duration = Duration::from_secs(5);

impl Interview {
    /// Goes on where it stopped. Whoever was speaking speaks no more, and a
    /// pause is over.
    pub(super) fn resumed(&mut self) {
        self.forget_devices();
        self.speaking = None;
        self.doubt = None;
        self.taken = None;
        self.muted = false;
        self.release();
        self.new_turn();
        match self.at {
            At::Idle => self.begin(),
            At::Consent(_) => {
                let text = self.voice.consent_again(&self.setup.job);
                self.say(Purpose::ConsentAgain, text, Expects::YesNo);
            }
            At::Asking => self.ask_once_more(Expects::Long),
            At::Inviting => self.ask_once_more(Expects::Short),
            // Nothing is open any more, and the last words are said once.
            At::Leaving(reason) => self.done(reason),
            At::Done(_) => {}
        }
    }

    /// Nobody was silent while nobody could be heard: waits that are under
    /// way begin anew.
    pub(super) fn reconnected(&mut self) {
        let now = self.now;
        if self.wait.is_some() {
            self.wait = Some(now + self.patience());
        }
        if self.speaking.is_some() {
            self.speaking = Some(now);
        }
        // A line may still be playing; its end will be told.
        for pending in &mut self.pending {
            pending.until = pending.until.max(now + LINE_WITHIN);
        }
    }

    /// The open question or probe: short, but whole if it was not heard.
    fn ask_once_more(&mut self, expects: Expects) {
        let heard = self.asker.as_ref().and_then(|a| a.heard).unwrap_or(0.0);
        let Some(prompt) = self.prompt.clone() else {
            return;
        };
        let text = match prompt.short {
            Some(short) if heard >= HEARD => short,
            _ => prompt.text,
        };
        let text = self.voice.before(Say::Back, &text);
        self.say(Purpose::Repeat, text, expects);
    }
}
