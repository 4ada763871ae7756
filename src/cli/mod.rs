//! One file a command.

pub mod bench_stt;
pub mod models;
