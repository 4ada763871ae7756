//! Keys line by line, where there is no screen: pipes, screen readers, dumb
//! terminals.

use super::model::{next_factor, stepped};
use super::voices::Voices;
use crate::call::Command;
use crate::event::Request;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What is printed about them.
pub(super) const KEYS: &str = "Speak, or type and press Enter. Each with Enter: y/n consent, \
    r repeat, e other words, m a moment, s skip, p pause, g go on, f finished, u mute or open, \
    - + slower or faster voice, v another voice, l longer pauses, q end.";

/// What the keys have set so far.
#[derive(Clone, Debug)]
pub(super) struct Set {
    muted: bool,
    factor: f32,
    speed: f32,
    voices: Voices,
}

/// Reads the keyboard line by line, during the interview and after it.
pub(super) async fn read(typed: mpsc::Sender<String>) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if typed.send(line).await.is_err() {
            return;
        }
    }
}

/// Turns typed lines into commands until the interview is over; what is typed
/// then is for whoever comes after.
pub(super) async fn pass(
    mut lines: mpsc::Receiver<String>,
    keys: mpsc::Sender<Command>,
    mut set: Set,
    over: CancellationToken,
) -> mpsc::Receiver<String> {
    loop {
        let line = tokio::select! {
            biased;
            () = over.cancelled() => return lines,
            line = lines.recv() => line,
        };
        let Some(line) = line else {
            return lines;
        };
        if let Some(command) = set.parse(&line) {
            tokio::select! {
                () = over.cancelled() => return lines,
                _ = keys.send(command) => {}
            }
        }
    }
}

impl Set {
    /// What the interview begins with.
    pub(super) const fn new(factor: f32, speed: f32, voices: Voices) -> Self {
        Self {
            muted: false,
            factor,
            speed,
            voices,
        }
    }

    fn parse(&mut self, line: &str) -> Option<Command> {
        let line = line.trim();
        let mut letters = line.chars();
        let (Some(key), None) = (letters.next(), letters.next()) else {
            return (!line.is_empty()).then(|| Command::Type(line.to_owned()));
        };
        Some(match key.to_ascii_lowercase() {
            'y' => Command::Consent(true),
            'n' => Command::Consent(false),
            'r' => Command::Request(Request::Repeat),
            'e' => Command::Request(Request::Rephrase),
            'm' | 'w' => Command::Request(Request::Think),
            's' => Command::Request(Request::Skip),
            'p' => Command::Request(Request::Pause),
            'g' => Command::Request(Request::Resume),
            'f' => Command::Request(Request::Finished),
            'q' => Command::Request(Request::End),
            'u' => {
                self.muted = !self.muted;
                Command::Mute(self.muted)
            }
            '-' | '+' => {
                self.speed = stepped(self.speed, key == '+');
                Command::VoiceSpeed(self.speed)
            }
            'l' => {
                self.factor = next_factor(self.factor);
                Command::PauseFactor(self.factor)
            }
            'v' => {
                // The list is empty where the recruiter is only read.
                let voice = self.voices.next()?.to_owned();
                self.voices.speaks(&voice);
                Command::Voice(voice)
            }
            _ => Command::Type(line.to_owned()),
        })
    }
}

/// The first interrupt ends the interview in order; a second one, or one after
/// the interview, at once.
pub(super) async fn end_on_interrupt(keys: mpsc::Sender<Command>) {
    if tokio::signal::ctrl_c().await.is_ok() {
        let over = keys.send(super::at_terminal::END).await.is_err();
        if over || tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> Set {
        let voices = ["slt", "rms"].map(str::to_owned).to_vec();
        Set::new(1.0, 1.0, Voices::new(voices, "flite slt"))
    }

    #[test]
    fn keys_are_commands_and_everything_else_is_an_answer() {
        let mut set = set();
        assert_eq!(set.parse("r"), Some(Command::Request(Request::Repeat)));
        assert_eq!(set.parse(" Y "), Some(Command::Consent(true)));
        assert_eq!(set.parse("  "), None);
        assert_eq!(
            set.parse("yes sure"),
            Some(Command::Type("yes sure".into()))
        );
        assert_eq!(set.parse("\u{e9}"), Some(Command::Type("\u{e9}".into())));
    }

    #[test]
    fn mute_goes_back_and_forth_and_voice_and_pauses_go_in_steps() {
        let mut set = set();
        let said: Vec<_> = ["u", "u", "-", "-", "+", "v", "v", "l", "l", "l", "l"]
            .iter()
            .filter_map(|key| set.parse(key))
            .collect();
        let expected = [
            Command::Mute(true),
            Command::Mute(false),
            Command::VoiceSpeed(0.9),
            Command::VoiceSpeed(0.8),
            Command::VoiceSpeed(0.9),
            Command::Voice("rms".into()),
            Command::Voice("slt".into()),
            Command::PauseFactor(1.5),
            Command::PauseFactor(2.0),
            Command::PauseFactor(3.0),
            Command::PauseFactor(1.0),
        ];
        assert_eq!(said, expected);
    }
}
