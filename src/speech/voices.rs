//! Voices by name.

use super::command::CommandVoice;
#[cfg(feature = "flite")]
use super::flite::{FliteVoice, FliteVoiceName};
use super::scripted::SilentVoice;
use super::{SpeechError, Synthesizer};

/// How a voice that runs a program is asked for.
pub const COMMAND_PREFIX: &str = "command:";

/// The voice that speaks where none is asked for.
#[cfg(feature = "flite")]
pub const DEFAULT_VOICE: &str = "slt";
/// The voice that speaks where none is asked for.
#[cfg(not(feature = "flite"))]
pub const DEFAULT_VOICE: &str = "command:espeak-ng --stdout";

/// Names of the voices inside this program.
pub fn built_in() -> Vec<&'static str> {
    #[cfg(feature = "flite")]
    let mut names: Vec<&str> = FliteVoiceName::ALL.map(FliteVoiceName::as_str).to_vec();
    #[cfg(not(feature = "flite"))]
    let mut names = Vec::new();
    names.push("silent");
    names
}

/// Opens the voice that `spec` names: a built-in one (`slt`, `rms`, `awb`,
/// `kal`; `silent` says nothing), or `command:PROGRAM ARGUMENTS`, a program
/// that speaks one sentence (see [`CommandVoice`]). `speed` 1 is the voice's
/// own; built-in voices follow it from 0.5 to 2, programs where their
/// arguments contain `{speed}`.
///
/// # Errors
///
/// [`SpeechError::Engine`] with the known names where there is no such
/// voice, or with what the voice reported.
pub fn open_voice(spec: &str, speed: f32) -> Result<Box<dyn Synthesizer>, SpeechError> {
    let spec = spec.trim();
    if let Some(command) = spec.strip_prefix(COMMAND_PREFIX) {
        return Ok(Box::new(CommandVoice::parse(command, speed)?));
    }
    if spec == "silent" {
        return Ok(Box::new(SilentVoice));
    }
    #[cfg(feature = "flite")]
    if let Some(name) = FliteVoiceName::ALL.into_iter().find(|n| n.as_str() == spec) {
        return Ok(Box::new(FliteVoice::open(name, speed)?));
    }
    Err(SpeechError::Engine(format!(
        "Unknown voice {spec:?}, expected one of {}, or {COMMAND_PREFIX}PROGRAM such as \
         \"{COMMAND_PREFIX}espeak-ng --stdout -v en-us\"",
        built_in().join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_open() {
        for name in built_in() {
            assert!(open_voice(name, 1.0).is_ok(), "{name}");
        }
        assert_eq!(
            open_voice("command:piper -q", 1.0).unwrap().name(),
            "command piper"
        );
        assert!(open_voice(DEFAULT_VOICE, 1.0).is_ok());
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let Err(error) = open_voice("alexa", 1.0) else {
            panic!("a voice that nobody has");
        };
        let text = error.to_string();
        assert!(
            text.contains("\"alexa\"") && text.contains("silent"),
            "{text}"
        );
        #[cfg(feature = "flite")]
        assert!(text.contains("slt, rms, awb, kal"), "{text}");
    }
}
