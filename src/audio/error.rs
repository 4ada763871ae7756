//! What can go wrong with sound, in words for the person at the machine.

use std::path::PathBuf;

/// Why audio could not be opened or read.
#[derive(thiserror::Error, Debug)]
#[non_exhaustive]
pub enum AudioError {
    /// The machine has no such device at all.
    #[error("No {kind} was found on this machine{detail}")]
    NoDevice {
        /// `microphone` or `speaker`.
        kind: &'static str,
        /// What the sound system said, with its own punctuation.
        detail: String,
    },
    /// What the system gives in a microphone's place is a copy of what a
    /// speaker plays.
    #[error(
        "There is no microphone: the system gives \"{name}\" in its place, a copy of what is \
         played. Plug a microphone in, or choose one in the system's sound settings{known}; \
         without one, answers can be typed (--typed)"
    )]
    Monitor {
        /// The system's name for it.
        name: String,
        /// The microphones that there are, with their own punctuation.
        known: String,
    },
    /// A device was named that does not exist.
    #[error("Unknown {kind} \"{wanted}\"; there are: {known}")]
    UnknownDevice {
        /// `microphone` or `speaker`.
        kind: &'static str,
        /// The name that was asked for.
        wanted: String,
        /// The names that there are.
        known: String,
    },
    /// Another program holds the device; trying again later may help.
    #[error("The {kind} \"{name}\" is in use by another program")]
    DeviceBusy {
        /// `microphone` or `speaker`.
        kind: &'static str,
        /// The device's name.
        name: String,
    },
    /// The device is there and cannot be used.
    #[error("The {kind} \"{name}\" cannot be used: {reason}")]
    DeviceFailed {
        /// `microphone` or `speaker`.
        kind: &'static str,
        /// The device's name.
        name: String,
        /// What the sound system said.
        reason: String,
    },
    /// Opening it takes so long that it is given up.
    #[error(
        "The {kind}{} does not answer: it could not be opened within {seconds} seconds. Restart \
         the system's sound, or choose another one; `viva devices` lists them",
        name.as_ref().map(|n| format!(" \"{n}\"")).unwrap_or_default()
    )]
    DeviceStuck {
        /// `microphone` or `speaker`.
        kind: &'static str,
        /// The name that was asked for, if one was.
        name: Option<String>,
        /// How long was waited.
        seconds: u64,
    },
    /// The sound system itself is not there.
    #[error("The sound system cannot be reached: {0}")]
    NoSystem(String),
    /// Faster than real time was asked for with a real device.
    #[error("A fast pace needs a file or a program as microphone and a file or none as speaker")]
    FastDevice,
    /// A WAV file cannot be opened or created.
    #[error("Cannot {verb} \"{}\": {reason}", path.display())]
    File {
        /// `read` or `write`.
        verb: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A file is not a WAV file that can be read.
    #[error("\"{}\" is not a usable WAV file: {reason}", path.display())]
    BadWav {
        /// Which file.
        path: PathBuf,
        /// What was found and what was expected.
        reason: String,
    },
    /// Two sample rates cannot be converted into each other.
    #[error("Cannot convert {from} Hz to {to} Hz: {reason}")]
    Rate {
        /// The rate that there is.
        from: u32,
        /// The rate that is wanted.
        to: u32,
        /// What the converter said.
        reason: String,
    },
    /// The system refused a thread.
    #[error("Cannot start an audio thread: {0}")]
    Thread(std::io::Error),
}
