//! The interviewer. Pure: no clock, no files, no network, no audio and no
//! chance of its own. One mutation ([`Interview::handle`]), then outputs are
//! drained ([`Interview::poll`]) until the next [`Interview::deadline`].
//! The same inputs at the same times give the same outputs, byte for byte.

pub mod audit;
pub mod bank;
pub mod phrase;
pub mod score;
pub mod sentence;
pub mod stems;
