//! What a candidate gets who asks for something, or who says something that
//! has no place in an answer. Everything is granted a few times; nothing of
//! it ever gives an answer away.

use super::asides::{asks_for_a_person, asks_who};
use super::asked::Outcome;
use super::closing;
use super::engine::{Hold, Interview};
use super::phrasing::{OUT_OF_SCOPE, Say};
use super::policy;
use super::text::words;
use crate::event::{Expects, Purpose};

impl Interview {
    pub(super) fn repeat(&mut self) {
        self.tally.repeats += 1;
        if self.tally.repeats > policy::REPEAT_MOST {
            self.give_up();
            return;
        }
        let text = self
            .prompt
            .as_ref()
            .map(|p| p.text.clone())
            .unwrap_or_default();
        let text = self.voice.before(Say::Again, &text);
        self.say(Purpose::Repeat, text, Expects::Long);
    }

    pub(super) fn rephrase(&mut self) {
        let short = self.prompt.as_ref().and_then(|p| p.short.clone());
        match short {
            Some(short) if !self.tally.rephrased => {
                self.tally.rephrased = true;
                let text = self.voice.before(Say::OtherWords, &short);
                self.say(Purpose::Rephrase, text, Expects::Long);
            }
            // There are no third words for it.
            _ => self.repeat(),
        }
    }

    pub(super) fn think(&mut self) {
        self.tally.thinks += 1;
        if self.tally.thinks > 3 || self.hold.is_some() {
            return;
        }
        let text = self.voice.say(Say::Think).to_owned();
        self.say_softly(Purpose::Remark, text);
        let time = policy::THINK.mul_f32(self.setup.settings.pause_factor.max(1.0));
        self.suspend(Hold::Think(self.now + time));
    }

    pub(super) fn pause(&mut self) {
        let left = self.pause_left();
        if left < policy::PAUSE_LEAST {
            self.think();
            return;
        }
        let text = self.voice.say(Say::Pause).to_owned();
        self.say_softly(Purpose::Remark, text);
        self.suspend(Hold::Pause(self.now + left, self.now));
    }

    /// Whether a break that is asked for may begin: none goes on, and it would
    /// not cut short the time to think that was granted before.
    pub(super) fn may_pause(&self) -> bool {
        match self.hold {
            None => true,
            Some(Hold::Think(_)) => self.pause_left() >= policy::PAUSE_LEAST,
            Some(Hold::Pause(..)) => false,
        }
    }

    /// A question about the question: nothing is given away.
    pub(super) fn answer_back(&mut self, text: &str) {
        self.tally.asked_back += 1;
        if self.tally.asked_back > 2 {
            self.give_up();
            return;
        }
        let about_words = words(text).join(" ").starts_with("what do you mean");
        if about_words && !self.tally.rephrased {
            self.rephrase();
            return;
        }
        let text = self.voice.say(Say::AsYouSee).to_owned();
        self.say_softly(Purpose::Remark, text);
    }

    /// Something that has no place here; the question again at most once.
    pub(super) fn out_of_scope(&mut self, text: &str) {
        self.tally.asides += 1;
        if self.tally.asides > 2 {
            self.give_up();
            return;
        }
        let later = closing::about_the_job(&self.setup.job, text);
        let again = self.tally.asides == 1;
        let said = words(text);
        let (purpose, words) = if asks_for_a_person(&said) {
            (Purpose::Remark, self.voice.say(Say::Person))
        } else if asks_who(&said) {
            (Purpose::Remark, self.voice.say(Say::Who))
        } else if later {
            (Purpose::Remark, self.voice.say(Say::Later))
        } else {
            (Purpose::OutOfScope, OUT_OF_SCOPE)
        };
        if again {
            self.say(purpose, words.to_owned(), Expects::Nothing);
            let short = self.short_form();
            self.say(Purpose::Repeat, short, Expects::Long);
        } else {
            self.say_softly(purpose, words.to_owned());
        }
    }

    /// Goes on although the question was not really answered.
    pub(super) fn give_up(&mut self) {
        self.close(Outcome::Answered);
        self.ask_next(Say::Silence);
    }
}
