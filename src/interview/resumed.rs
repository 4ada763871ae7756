//! What the interviewer does when the candidate is back after an
//! interruption: it says so in one sentence and asks again what is open.

use super::engine::{At, Interview};
use super::phrasing::Say;
use crate::event::{Expects, Purpose};

/// From this share on, a question was heard well enough for its short form.
const HEARD: f32 = 0.5;

impl Interview {
    /// Goes on where it stopped. Whoever was speaking speaks no more, and a
    /// pause is over.
    pub(super) fn resumed(&mut self) {
        self.speaking = None;
        self.doubt = None;
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
