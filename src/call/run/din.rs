//! A call in a din: the interview is not held up by sound in which nobody
//! can be understood.

use super::State;
use crate::audio::{FrontendCommand, SamplePos};
use crate::call::din::News;
use crate::call::{CallEvent, LinkError};
use std::ops::Range;

/// What the candidate is shown.
const TOLD: &str = "It is loud around you and no words can be understood. Go where it is quieter \
                    or closer to the microphone; answers can be typed, too";

impl State {
    /// A piece of the open turn was decoded.
    pub(super) async fn understood_or_not(&mut self) -> Result<(), LinkError> {
        if let Some(sound) = self.turns.unheard() {
            return self.nothing_in(&sound).await;
        }
        self.din.words();
        if self.din.is_on() && self.din.in_turn() && self.playing.is_none() {
            self.speech_started().await?;
        }
        Ok(())
    }

    /// A turn is whole.
    pub(super) async fn turn_over(
        &mut self,
        unheard: Option<Range<SamplePos>>,
    ) -> Result<(), LinkError> {
        if let Some(sound) = &unheard {
            self.nothing_in(sound).await?;
        } else {
            self.din.words();
        }
        if self.din.turn_over(unheard.is_none()) {
            self.din_is_over();
        }
        Ok(())
    }

    /// Looks whether it is quiet.
    pub(super) fn quiet(&mut self) {
        let silent = self.last_line.as_ref().map_or(0, |(_, end)| *end);
        if self.playing.is_none() && self.din.quiet(self.position(), silent) {
            self.din_is_over();
        }
    }

    async fn nothing_in(&mut self, sound: &Range<SamplePos>) -> Result<(), LinkError> {
        // A recogniser that failed hears nothing anywhere, and over a line
        // the line's echo may be all there is.
        if self.recognizer_failed || self.playing.is_some() {
            return Ok(());
        }
        let Some(news) = self.din.nothing(sound) else {
            return Ok(());
        };
        self.audio.control.send(FrontendCommand::Finish);
        if news == News::Began {
            self.audio.control.send(FrontendCommand::Din(true));
            self.problem("microphone", TOLD.to_owned()).await?;
        }
        Ok(())
    }

    fn din_is_over(&self) {
        self.audio.control.send(FrontendCommand::Din(false));
        let message = "It is quieter around you now: you can speak again";
        self.show(CallEvent::Notice(message.to_owned()));
    }
}
