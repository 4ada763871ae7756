//! Viva (*viva voce*, by the living voice) takes a spoken job interview: it
//! listens through the candidate's microphone, transcribes on the candidate's
//! own machine, passes the text to an interview engine over a websocket,
//! speaks the recruiter's replies, and keeps a record that can be trusted.
//!
//! # Layout
//!
//! | module | holds |
//! |-|-|
//! | [`clock`] | session time; the system's clock and a driven one |
//! | [`event`] | the vocabulary of log, monitor and replay |
//! | [`digest`] | SHA-256 of bytes and files |
//! | `numbers` | numbers as words |
//! | [`document`] | PDF, DOCX and text files read into text |
//! | [`config`] | settings: defaults < choices < file < environment < flags |
//! | [`protocol`] | messages and audio frames on the wire |
//! | [`interview`] | the interviewer: pure, without clock, files, network or audio |
//! | [`audio`] | devices and files, resampling, voice activity, endpointing |
//! | [`meaning`] | sentence embeddings: an optional judge of closeness |
//! | [`speech`] | recognisers and synthesisers, model catalogue and download |
//! | [`record`] | the session folder: log, audio, hash chains, manifest |
//! | [`accounts`] | roles and rights, people and passwords, tokens, invitations |
//! | [`report`] | documents folded from a record |
//! | [`index`] | search over all records, by an index that can be built again |
//! | [`replay`] | recorded inputs into a fresh interviewer: does the record follow? The recording heard again, and playback |
//! | [`study`] | many records: conduct, relevance, scores, timing, charts |
//! | [`assess`] | scores interviews that others took, from their transcripts |
//! | [`export`] | archives for the person concerned and for reviewers |
//! | [`server`] | the engine's side of a call |
//! | [`call`] | the candidate's side of a call |
//! | [`preflight`] | is this machine ready? devices, echo, engine, speed, disk |
//! | [`simulate`] | candidates that speak, and whole interviews without sound |
//! | [`cli`] | one file a command |
//!
//! Uses go one way: `cli` -> `preflight`, `simulate` -> `server`, `export` ->
//! `call`, `replay`, `assess`, `study` -> `report`, `index`, `meaning`,
//! `accounts`, `config` -> `record`, `interview`, `audio`, `speech`,
//! `protocol` -> `event`, `clock`, `digest`, `document`, `numbers`. A
//! test reads the `use` lines and holds the house to this.
//!
//! # Invariants
//!
//! 1. The event log is the truth; everything shown or scored is a fold of it.
//! 2. Every input is appended before it is acted on, every output before it
//!    is sent.
//! 3. The same inputs give the same outputs, byte for byte. Time and
//!    randomness come in as inputs.
//! 4. No audio is stored or sent before consent is on the log.
//! 5. The asker never teaches, praises or reveals a score while it assesses,
//!    unless the session's mode is `coach`.
//! 6. Missing data abstains; it never becomes a default number.
//! 7. No inference of emotion, accent, personality or identity from voice.
//! 8. Local first: nothing leaves the machine except to the engine that the
//!    candidate chose, and the hash of a seal where a time-stamp authority is
//!    configured.

pub mod accounts;
pub mod assess;
pub mod audio;
pub mod call;
pub mod cli;
pub mod clock;
pub mod config;
pub mod digest;
pub mod document;
pub mod event;
pub mod export;
pub mod index;
pub mod interview;
pub mod meaning;
mod numbers;
pub mod preflight;
pub mod protocol;
pub mod record;
pub mod replay;
pub mod report;
pub mod server;
pub mod simulate;
pub mod speech;
pub mod study;

/// Name and version of the program, for records.
pub const PROGRAM: &str = concat!("viva ", env!("CARGO_PKG_VERSION"));
