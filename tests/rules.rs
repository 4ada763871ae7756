//! What is stated about a record after its seal, the rules by which records
//! are kept, held, erased, handed out and redacted, and how they are found.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod calls;

#[path = "rules/desk.rs"]
mod desk;

#[path = "rules/annexes.rs"]
mod annexes;

#[path = "rules/retention.rs"]
mod retention;

#[path = "rules/erasure.rs"]
mod erasure;

#[path = "rules/redaction.rs"]
mod redaction;

#[path = "rules/call.rs"]
mod call;

#[path = "rules/export.rs"]
mod export;

#[path = "rules/authority.rs"]
mod authority;

#[path = "rules/stamp.rs"]
mod stamp;

#[path = "rules/key.rs"]
mod key;

#[path = "rules/access.rs"]
mod access;
#[path = "rules/search.rs"]
mod search;

#[path = "rules/corrections.rs"]
mod corrections;

#[path = "rules/impact.rs"]
mod impact;
