//! What an interview is prepared from: documents, intakes, banks and plans.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

#[path = "made_files/mod.rs"]
mod made;

mod minilm;

mod recorded;

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in a folder that is its home too, with nothing else
/// around it.
fn viva(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir)
        .output()
        .unwrap()
}

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
