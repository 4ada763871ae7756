//! The interviewer's own mind, in manual time: what it asks, how it judges
//! answers, and what it does where something is missing.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod corpus;

mod minilm;

#[path = "interviewing/devices.rs"]
mod devices;

#[path = "interviewing/doubt.rs"]
mod doubt;

#[path = "interviewing/steering.rs"]
mod steering;

#[path = "interviewing/scoring.rs"]
mod scoring;

#[path = "interviewing/meaning.rs"]
mod meaning;

#[path = "interviewing/assess.rs"]
mod assess;
