//! What the candidate asks for by key.

use super::State;
use crate::audio::{FrontendCommand, pos_ms};
use crate::call::{CallEvent, Command, LinkError};
use crate::event::{ConsentHow, Event, Expects, Input, Request, Source, Utterance};

impl State {
    pub(super) async fn command(&mut self, command: Command) -> Result<(), LinkError> {
        match command {
            Command::Consent(given) => {
                let how = ConsentHow::Key;
                self.input(Input::Consent { given, how }).await?;
                // Whoever has decided need not hear the question to its end.
                if let Some(playing) = &self.playing
                    && playing.line.expects == Expects::YesNo
                {
                    // What waits behind it follows from the key, and is spoken.
                    self.audio.player.stop();
                }
            }
            Command::Request(request) => {
                self.input(Input::Request { request }).await?;
                if request == Request::Finished {
                    self.audio.control.send(FrontendCommand::Finish);
                } else {
                    self.stop_line().await?;
                }
            }
            Command::Type(text) => {
                self.stop_line().await?;
                let now = pos_ms(self.position());
                let utterance = Utterance {
                    id: self.turns.typed(),
                    text,
                    words: Vec::new(),
                    start_ms: now,
                    end_ms: now,
                    confidence: 1.0,
                    source: Source::Typed,
                };
                self.answer(utterance, None).await?;
            }
            Command::Mute(on) => {
                self.audio.control.send(FrontendCommand::Mute(on));
                self.input(Input::Muted { on }).await?;
                self.show(CallEvent::Muted(on));
            }
            Command::VoiceSpeed(speed) => match self.voice.set_speed(speed) {
                Ok(()) => {
                    self.fact(Event::VoiceSpeed { speed }).await?;
                    self.show(CallEvent::VoiceSpeed(speed));
                }
                Err(message) => self.show(CallEvent::Problem(message)),
            },
            Command::Voice(voice) => match self.voice.set_voice(&voice) {
                Ok(()) => {
                    let chosen = voice.clone();
                    self.fact(Event::VoiceChoice { voice: chosen }).await?;
                    self.show(CallEvent::Voice(voice));
                }
                Err(message) => self.show(CallEvent::Problem(message)),
            },
            Command::PauseFactor(factor) => {
                let command = FrontendCommand::PauseFactor(factor);
                self.audio.control.send(command);
                self.input(Input::PauseFactor { factor }).await?;
                self.show(CallEvent::PauseFactor(factor));
            }
        }
        Ok(())
    }
}
