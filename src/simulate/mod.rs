//! Candidates that speak: what one of a given quality would say
//! ([`Script`]), and a mouth that says it into a microphone ([`Mouth`]).

mod mouth;
mod script;

pub use mouth::{Candidate, Mouth, Spoken};
pub use script::{Profile, Script};
