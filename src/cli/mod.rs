//! One file a command.

pub mod bank;
pub mod bench_stt;
pub mod models;
pub mod sessions;
pub mod verify;
