//! Candidates that speak or only write: what one of a given kind does
//! ([`Script`]), a mouth that says it into a microphone ([`Mouth`]), and a
//! driver that takes whole interviews without sound ([`drive()`]).

pub mod cases;
mod chance;
mod drive;
mod mouth;
mod pauses;
mod profile;
pub mod run;
mod script;
mod wording;

pub use cases::Case;
pub use drive::drive;
pub use mouth::{Candidate, Mouth, Spoken, trimmed};
pub use pauses::Pauses;
pub use profile::Profile;
pub use script::{Act, Move, Script};
