//! Whole calls on a fast clock whose answers are typed or scripted: what is
//! set and interrupted meanwhile, what fails, and what is played again.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod calls;

#[path = "calls_on_a_fast_clock/accommodations.rs"]
mod accommodations;

#[path = "calls_on_a_fast_clock/cut.rs"]
mod cut;

#[path = "calls_on_a_fast_clock/degrade.rs"]
mod degrade;

#[path = "calls_on_a_fast_clock/replay.rs"]
mod replay;
