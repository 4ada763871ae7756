//! What an interview is prepared from: documents, intakes, banks and plans.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

#[path = "made_files/mod.rs"]
mod made;

mod recorded;

#[path = "setting_up/documents.rs"]
mod documents;

#[path = "setting_up/pdf_and_docx.rs"]
mod pdf_and_docx;

#[path = "setting_up/dry_run.rs"]
mod dry_run;

#[path = "setting_up/own_bank.rs"]
mod own_bank;

#[path = "setting_up/bank_score.rs"]
mod bank_score;

#[path = "setting_up/plan.rs"]
mod plan;

#[path = "setting_up/intake.rs"]
mod intake;
