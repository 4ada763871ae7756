//! `viva bank`: checks question banks, and scores answers against one.

use super::bank_score;
use crate::interview::audit::{self, Grade};
use crate::interview::bank::Family;
use anyhow::{Context, bail};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check question banks, or score answers against one
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// List everything that is wrong with banks
    ///
    /// Names file and question, what was found and what was expected: form,
    /// ids, text that a voice cannot say, two questions in one, probes that
    /// give the answer away, and rubrics that do not understand their own
    /// ideal answer or samples. Exit status: 0 nothing, 1 something is
    /// wrong, 2 a file is not a bank.
    #[command(after_help = "Example: viva bank check config/bank/machine-learning.toml")]
    Check {
        /// TOML files, or folders of them
        #[arg(default_value = "config/bank")]
        files: Vec<PathBuf>,

        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Score answers: one JSON object a line in and out
    ///
    /// A line of ANSWERS holds `question` (an id) and `answer`; `case`,
    /// `expect_min` and `expect_max` are optional, and where they stand a
    /// summary by case ends the run on standard error. With `--by both` a line
    /// out holds `lexical` and `embedding`, each with what follows `question`
    /// otherwise, and the summary stands side by side.
    #[command(after_help = "Example: viva bank score config/bank answers.jsonl\n\
            Example: viva bank score config/bank answers.jsonl --by both --embedding-model models/minilm")]
    Score(bank_score::Args),
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read, is no bank, or an answer names an unknown
/// question.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Check { files, json } => check(files, *json),
        Command::Score(args) => bank_score::run(args),
    }
}

fn check(files: &[PathBuf], json: bool) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let named: Vec<(String, Family)> = load(files)?
        .into_iter()
        .map(|(path, family)| (path.display().to_string(), family))
        .collect();
    let found = audit::check(&named);
    for problem in &found {
        if json {
            writeln!(out, "{}", serde_json::to_string(problem)?)?;
        } else if problem.grade == Grade::Note {
            writeln!(out, "{problem} (a note)")?;
        } else {
            writeln!(out, "{problem}")?;
        }
    }
    out.flush()?;
    let questions: usize = named.iter().map(|(_, family)| family.questions.len()).sum();
    let wrong = found.iter().filter(|p| p.grade > Grade::Note).count();
    let about = format!("{questions} questions in {} files", named.len());
    if wrong == 0 {
        eprintln!("{about}: nothing is wrong");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{about}: {wrong} problems");
    Ok(ExitCode::from(1))
}

/// The TOML files named, those of folders in the order of their names.
pub(super) fn load(paths: &[PathBuf]) -> anyhow::Result<Vec<(PathBuf, Family)>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path)
            .with_context(|| format!("Cannot read the folder {}", path.display()))?;
        let mut inside: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        inside.retain(|file| file.extension().is_some_and(|end| end == "toml"));
        if inside.is_empty() {
            bail!(
                "No bank in the folder {}: expected files that end in .toml",
                path.display()
            );
        }
        inside.sort();
        files.append(&mut inside);
    }
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("Cannot read the bank {}", file.display()))?;
        let family = toml::from_str(&text)
            .with_context(|| format!("{} is not a question bank", file.display()))?;
        Ok((file, family))
    };
    files.into_iter().map(read).collect()
}
