//! The rooms of Viva that read what comes from outside, taken from their
//! sources: because uses in the house go one way, the lower floors stand
//! alone, and a fuzz build needs no speech engine, web server or database.

#[path = "../../src/audio/mod.rs"]
#[allow(unused_imports, reason = "rooms that use it are not here")]
pub mod audio;
#[path = "../../src/clock.rs"]
pub mod clock;
pub mod desk;
#[path = "../../src/digest.rs"]
pub mod digest;
#[cfg(feature = "documents")]
#[path = "../../src/document/mod.rs"]
pub mod document;
pub mod edit;
#[path = "../../src/event/mod.rs"]
pub mod event;
#[path = "../../src/speech/ggml_file.rs"]
pub mod ggml_file;
#[path = "../../src/interview/mod.rs"]
pub mod interview;
#[path = "../../src/numbers.rs"]
pub mod numbers;
#[path = "../../src/protocol.rs"]
pub mod protocol;
#[path = "../../src/record/mod.rs"]
pub mod record;
#[path = "../../src/replay/sound.rs"]
pub mod sound;
#[path = "../../src/assess/transcript.rs"]
pub mod transcript;

/// Name and version of the program, for records.
pub const PROGRAM: &str = "viva fuzz";
