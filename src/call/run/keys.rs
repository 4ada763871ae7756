//! What the candidate asks for by key.

use super::State;
use crate::audio::{FrontendCommand, pos_ms};
use crate::call::voice::Changed;
use crate::call::{CallEvent, Command, LinkError};
use crate::event::{ConsentHow, Event, Expects, Input, Request, Source, Utterance};
use crate::speech::Synthesizer;

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
            Command::VoiceSpeed(speed) => {
                let busy = self.audio.busy.enter();
                let asked = self.voice.set_speed(speed, busy);
                self.asked(asked);
            }
            Command::Voice(voice) => {
                let busy = self.audio.busy.enter();
                let asked = self.voice.set_voice(&voice, busy);
                self.asked(asked);
            }
            Command::PauseFactor(factor) => {
                let command = FrontendCommand::PauseFactor(factor);
                self.audio.control.send(command);
                self.input(Input::PauseFactor { factor }).await?;
                self.show(CallEvent::PauseFactor(factor));
            }
        }
        Ok(())
    }

    fn asked(&self, asked: Result<(), String>) {
        if let Err(message) = asked {
            self.show(CallEvent::Problem(message));
        }
    }

    /// A voice that was asked for is there, or cannot be had.
    pub(super) async fn voice_opened(
        &mut self,
        opened: Result<Box<dyn Synthesizer>, String>,
    ) -> Result<(), LinkError> {
        let Changed {
            error,
            voice,
            speed,
        } = self.voice.change(opened);
        if let Some(speed) = speed {
            self.fact(Event::VoiceSpeed { speed }).await?;
            self.show(CallEvent::VoiceSpeed(speed));
        }
        if let Some(voice) = voice {
            let chosen = voice.clone();
            self.fact(Event::VoiceChoice { voice: chosen }).await?;
            self.show(CallEvent::Voice(voice));
        }
        if let Some(error) = error {
            let message = format!("{error}. The voice stays as it is");
            self.show(CallEvent::Problem(message));
        }
        Ok(())
    }
}
