//! What a record tells again. Proof that it follows from itself: recorded
//! inputs go into a fresh interviewer, and what it does must be what the
//! record says. The recording heard again, beside the text that was heard
//! live. And playback: the recording through the speaker, with what was said
//! line by line.
//!
//! Playback is a chain of small parts, none of which knows a device or a
//! clock but the last: [`Timeline`] (what is said when), [`Sound`] (the two
//! sides), the feed (mixed, silences left out), [`Stretch`] (the speed),
//! [`Player`] (places and samples), [`Deck`] (what a person asks for) and
//! [`Output`] (where it goes).

mod deck;
mod feed;
mod find;
mod lines;
mod output;
mod place;
mod player;
mod rederive;
mod retranscribe;
mod silence;
mod sound;
mod stretch;

pub use deck::{Command, Deck, Options, PlayError, State};
pub use find::{Match, find};
pub use lines::{Missing, TimedLine, TimedWord, Timeline, candidate_name};
pub use output::{AHEAD, Output, Paced};
pub use place::{Place, PlaceError, clock_time};
pub use player::Player;
pub use rederive::{Difference, Rederived, rederive};
pub use retranscribe::{
    HeardAgain, Outcome, Placed, RetranscribeError, Retranscription, Unlogged, retranscribe,
};
pub use silence::Silences;
pub use sound::{CallWav, Frame, NoSound, Sound};
pub use stretch::{SPEEDS, Stretch};
