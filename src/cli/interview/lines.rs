//! Keys line by line, where there is no screen: pipes, screen readers, dumb
//! terminals.

use super::model::{next_factor, stepped};
use super::voices::Voices;
use crate::call::Command;
use crate::event::{Request, Settings};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What is printed about them.
pub(super) const KEYS: &str = "Speak, or type and press Enter. Each with Enter: y/n consent, \
    r repeat, e other words, m a moment, s skip, p pause, g go on, f finished, u mute or open, \
    - + slower or faster voice, v another voice, l longer pauses, q end, ? these keys.";

/// What the keys have set so far.
#[derive(Clone, Debug)]
pub(super) struct Set {
    muted: bool,
    factor: f32,
    speed: f32,
    voices: Voices,
    typed: bool,
    captions: bool,
    /// It was asked whether the interview is really to end.
    ending: bool,
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
        match set.parse(&line) {
            Parsed::Nothing => {}
            Parsed::Tell(text) => println!("{text}"),
            Parsed::Do(command) => tokio::select! {
                () = over.cancelled() => return lines,
                _ = keys.send(command) => {}
            },
        }
    }
}

/// What a line leads to.
#[derive(Clone, Debug, PartialEq)]
enum Parsed {
    Nothing,
    /// Answered here.
    Tell(&'static str),
    /// Tell the call.
    Do(Command),
}

impl Set {
    /// What the interview begins with.
    pub(super) const fn new(settings: &Settings, speed: f32, voices: Voices) -> Self {
        Self {
            muted: false,
            factor: settings.pause_factor,
            speed,
            voices,
            typed: settings.typed,
            captions: settings.captions,
            ending: false,
        }
    }

    fn parse(&mut self, line: &str) -> Parsed {
        let line = line.trim();
        let mut letters = line.chars();
        let key = match (letters.next(), letters.next()) {
            (None, _) => return Parsed::Nothing,
            (Some(key), None) => key.to_ascii_lowercase(),
            _ => '\0',
        };
        if std::mem::take(&mut self.ending) {
            return match key {
                'y' => Parsed::Do(super::at_terminal::END),
                _ => Parsed::Tell("  (the interview goes on)"),
            };
        }
        Parsed::Do(match key {
            'y' => Command::Consent(true),
            'n' => Command::Consent(false),
            'r' => Command::Request(Request::Repeat),
            'e' => Command::Request(Request::Rephrase),
            'm' | 'w' => Command::Request(Request::Think),
            's' => Command::Request(Request::Skip),
            'p' => Command::Request(Request::Pause),
            'g' => Command::Request(Request::Resume),
            'f' => Command::Request(Request::Finished),
            'q' => {
                self.ending = true;
                return Parsed::Tell("End the interview? y ends it; anything else goes on.");
            }
            '?' | 'h' => return Parsed::Tell(KEYS),
            'u' if self.typed => return Parsed::Tell("  (there is no microphone)"),
            'u' => {
                self.muted = !self.muted;
                Command::Mute(self.muted)
            }
            '-' | '+' | 'v' if self.captions => {
                return Parsed::Tell("  (the recruiter is not heard, only read)");
            }
            '-' | '+' => {
                self.speed = stepped(self.speed, key == '+');
                Command::VoiceSpeed(self.speed)
            }
            'v' => {
                let Some(voice) = self.voices.next().map(str::to_owned) else {
                    return Parsed::Tell("  (there is no other voice on this machine)");
                };
                self.voices.speaks(&voice);
                Command::Voice(voice)
            }
            'l' => {
                self.factor = next_factor(self.factor);
                Command::PauseFactor(self.factor)
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
        let voices = Voices::new(voices, "flite slt");
        Set::new(&Settings::default(), 1.0, voices)
    }

    fn typed(text: &str) -> Parsed {
        Parsed::Do(Command::Type(text.into()))
    }

    #[test]
    fn keys_are_commands_and_everything_else_is_an_answer() {
        let mut set = set();
        let repeat = Command::Request(Request::Repeat);
        assert_eq!(set.parse("r"), Parsed::Do(repeat));
        assert_eq!(set.parse(" Y "), Parsed::Do(Command::Consent(true)));
        assert_eq!(set.parse("  "), Parsed::Nothing);
        assert_eq!(set.parse("?"), Parsed::Tell(KEYS));
        for text in ["yes sure", "\u{e9}", "7"] {
            assert_eq!(set.parse(text), typed(text));
        }
    }

    #[test]
    fn mute_goes_back_and_forth_and_voice_and_pauses_go_in_steps() {
        let mut set = set();
        let said: Vec<_> = ["u", "u", "-", "-", "+", "v", "v", "l", "l", "l", "l"]
            .iter()
            .map(|key| set.parse(key))
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
        assert_eq!(said, expected.map(Parsed::Do));
    }

    #[test]
    fn the_end_is_asked_for_twice_and_whatever_else_is_said_goes_on() {
        let mut set = set();
        let end = Parsed::Do(super::super::at_terminal::END);
        for other in ["n", "q", "no, I want to go on"] {
            assert!(matches!(set.parse("q"), Parsed::Tell(_)));
            assert!(matches!(set.parse(other), Parsed::Tell(_)), "{other}");
        }
        assert_eq!(set.parse("y"), Parsed::Do(Command::Consent(true)));
        set.parse("q");
        assert_eq!(set.parse("y"), end);
    }

    #[test]
    fn what_cannot_be_done_is_said_and_is_no_answer() {
        let settings = Settings {
            typed: true,
            captions: true,
            ..Settings::default()
        };
        let mut set = Set::new(&settings, 1.0, Voices::default());
        for key in ["u", "-", "+", "v"] {
            assert!(matches!(set.parse(key), Parsed::Tell(_)), "{key}");
        }
    }
}
