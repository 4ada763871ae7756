//! Proof that a record follows from itself: recorded inputs go into a fresh
//! interviewer, and what it does must be what the record says.

mod rederive;

pub use rederive::{Difference, Rederived, rederive};
