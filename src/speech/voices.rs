//! Voices by name, and the best of this machine.

use super::command::CommandVoice;
#[cfg(feature = "flite")]
use super::flite::{FliteVoice, FliteVoiceName};
use super::model::places;
use super::piper::installed::{Installed, installed};
use super::piper::{PiperVoice, pace};
use super::scripted::SilentVoice;
use super::{SpeechError, Synthesizer};
use crate::clock::Clock;
use std::path::{Path, PathBuf};

/// How a voice that runs a program is asked for.
pub const COMMAND_PREFIX: &str = "command:";

/// How the best voice of this machine is asked for.
pub const AUTO: &str = "auto";

/// The voice that speaks where no better one is installed.
#[cfg(feature = "flite")]
pub const DEFAULT_VOICE: &str = "slt";
/// The voice that speaks where no better one is installed.
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

/// Names of the voices that can be heard on this machine: those inside this
/// program and the installed neural ones.
pub fn choices() -> Vec<String> {
    let mut names: Vec<String> = built_in().into_iter().map(str::to_owned).collect();
    names.retain(|name| name != "silent");
    names.extend(installed(&places()).into_iter().map(|voice| voice.name));
    names
}

/// Opens the voice that `spec` names: `auto`, the best that is fast enough
/// here (see [`best_in`]); a built-in one (`slt`, `rms`, `awb`, `kal`;
/// `silent` says nothing); an installed neural voice, by its name or by the
/// path of its `.onnx` file; or `command:PROGRAM ARGUMENTS`, a program that
/// speaks one sentence (see [`CommandVoice`]). `speed` 1 is the voice's own;
/// voices follow it from 0.5 to 2, programs where their arguments contain
/// `{speed}`.
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
    if spec == AUTO {
        let best = best_in(&places(), speed, &Clock::system());
        for (name, why) in &best.passed_over {
            tracing::warn!(voice = name, why, "the neural voice is not used");
        }
        return best
            .voice
            .map_or_else(|| open_voice(DEFAULT_VOICE, speed), Ok);
    }
    if spec.ends_with(".onnx") {
        let voice = Installed::at(Path::new(spec))?;
        return Ok(Box::new(PiperVoice::open(&voice, speed)?));
    }
    let neural = installed(&places());
    if let Some(voice) = neural.iter().find(|v| v.name == spec) {
        return Ok(Box::new(PiperVoice::open(voice, speed)?));
    }
    let mut names = vec![AUTO];
    names.extend(built_in());
    names.extend(neural.iter().map(|v| v.name.as_str()));
    let advice = if super::piper::installed::folder_of(spec).is_some() {
        format!("; fetch it with: viva models get {spec}")
    } else {
        String::new()
    };
    Err(SpeechError::Engine(format!(
        "Unknown voice {spec:?}, expected one of {}, a .onnx file, or {COMMAND_PREFIX}PROGRAM such \
         as \"{COMMAND_PREFIX}espeak-ng --stdout -v en-us\"{advice}",
        names.join(", ")
    )))
}

/// What a search for the best voice came to.
pub struct Best {
    /// The voice, open; nothing where no neural voice can be used.
    pub voice: Option<Box<dyn Synthesizer>>,
    /// Names of voices that come before it and are not used, and why.
    pub passed_over: Vec<(String, String)>,
}

/// The first neural voice in `places` that opens and is fast enough on this
/// machine: see [`pace`]. A voice that was never measured here is measured
/// now, which takes about as long as it speaks two sentences.
pub fn best_in(places: &[PathBuf], speed: f32, clock: &Clock) -> Best {
    let mut passed_over = Vec::new();
    for voice in installed(places) {
        match usable(&voice, speed, clock) {
            Ok(open) => {
                return Best {
                    voice: Some(open),
                    passed_over,
                };
            }
            Err(why) => passed_over.push((voice.name, why)),
        }
    }
    Best {
        voice: None,
        passed_over,
    }
}

fn usable(voice: &Installed, speed: f32, clock: &Clock) -> Result<Box<dyn Synthesizer>, String> {
    if let Some(pace) = pace::remembered(voice) {
        pace.enough()?;
    }
    let mut open = PiperVoice::open(voice, speed).map_err(|e| e.to_string())?;
    if pace::remembered(voice).is_none() {
        let pace = pace::measure(voice, &mut open, clock).map_err(|e| e.to_string())?;
        pace.enough()?;
    }
    Ok(Box::new(open))
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
        assert!(open_voice(AUTO, 1.0).is_ok());
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let told = |spec: &str| match open_voice(spec, 1.0) {
            Ok(_) => panic!("a voice that nobody has"),
            Err(error) => error.to_string(),
        };
        let text = told("alexa");
        assert!(
            text.contains("\"alexa\"") && text.contains("silent"),
            "{text}"
        );
        #[cfg(feature = "flite")]
        assert!(text.contains("auto, slt, rms, awb, kal"), "{text}");
        let text = told("xx_XX-nobody-low");
        assert!(text.contains("viva models get xx_XX-nobody-low"), "{text}");
        let text = told("./none.onnx");
        assert!(text.contains("there is no file ./none.onnx"), "{text}");
    }
}
