//! Records and what is made of them: reports, studies, audits.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod recorded;

#[path = "records/audit.rs"]
mod audit;

#[path = "records/report_command.rs"]
mod report_command;

#[path = "records/study.rs"]
mod study;

#[path = "records/retranscribe.rs"]
mod retranscribe;
