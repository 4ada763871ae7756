//! The engine with accounts from outside: who may come, invitations, those
//! who follow and steer, and everything that is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod desk;
mod recorded;

#[path = "serve/commands.rs"]
mod commands;
#[path = "serve/doors.rs"]
mod doors;
#[path = "serve/following.rs"]
mod following;
#[path = "serve/fuzzing.rs"]
mod fuzzing;
#[path = "serve/invitations.rs"]
mod invitations;
#[path = "serve/logging.rs"]
mod logging;
#[path = "serve/reading.rs"]
mod reading;
#[path = "serve/refusing.rs"]
mod refusing;
#[path = "serve/reviewing.rs"]
mod reviewing;
#[path = "serve/revoking.rs"]
mod revoking;
