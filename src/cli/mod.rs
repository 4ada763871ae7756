//! One file a command.

pub mod sessions;
pub mod verify;
