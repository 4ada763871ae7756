//! One file a command.

pub mod bank;
pub mod sessions;
pub mod verify;
