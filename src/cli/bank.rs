//! `viva bank`: checks question banks, and scores answers against one.

use crate::interview::audit::{self, Grade};
use crate::interview::bank::{Family, Question};
use crate::interview::rubric;
use crate::interview::score::{self, Evidence};
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
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
    /// summary by case ends the run on standard error.
    #[command(after_help = "Example: viva bank score config/bank answers.jsonl")]
    Score {
        /// A TOML file, or a folder of them
        bank: PathBuf,

        /// JSON lines
        answers: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read, is no bank, or an answer names an unknown
/// question.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Check { files, json } => check(files, *json),
        Command::Score { bank, answers } => score_all(bank, answers),
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
fn load(paths: &[PathBuf]) -> anyhow::Result<Vec<(PathBuf, Family)>> {
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

#[derive(Deserialize)]
struct Line {
    question: String,
    #[serde(default)]
    case: Option<String>,
    answer: String,
    #[serde(default)]
    expect_min: Option<u8>,
    #[serde(default)]
    expect_max: Option<u8>,
}

#[derive(Serialize)]
struct Quoted<'a> {
    id: &'a str,
    quote: &'a str,
}

#[derive(Serialize)]
struct Scored<'a> {
    question: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<&'a str>,
    score: Option<u8>,
    abstained: Option<&'a str>,
    key_points: Vec<Quoted<'a>>,
    missing: &'a [String],
    misconceptions: Vec<Quoted<'a>>,
    why: &'a str,
    by: &'a str,
}

fn quoted(evidence: &[Evidence]) -> Vec<Quoted<'_>> {
    evidence
        .iter()
        .map(|it| Quoted {
            id: &it.id,
            quote: &it.quote,
        })
        .collect()
}

/// Counts of one case.
#[derive(Clone, Copy, Default)]
struct Tally {
    answers: usize,
    scored: usize,
    below: usize,
    above: usize,
}

fn score_all(bank: &Path, answers: &Path) -> anyhow::Result<ExitCode> {
    let banks = load(&[bank.to_owned()])?;
    let questions: BTreeMap<String, Question> = banks
        .into_iter()
        .flat_map(|(_, family)| family.questions)
        .map(|q| (q.id.clone(), rubric::with_rubric(&q).unwrap_or(q)))
        .collect();
    let text = std::fs::read_to_string(answers)
        .with_context(|| format!("Cannot read the answers {}", answers.display()))?;
    let mut out = std::io::stdout().lock();
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let place = || format!("{}, line {}", answers.display(), at + 1);
        let line: Line =
            serde_json::from_str(line).with_context(|| format!("{} is not an answer", place()))?;
        let Some(question) = questions.get(&line.question) else {
            bail!(
                "{}: the bank holds no question \"{}\"",
                place(),
                line.question
            );
        };
        let score = score::assess_text(question, &line.answer);
        let scored = Scored {
            question: &line.question,
            case: line.case.as_deref(),
            score: score.score,
            abstained: score.abstained.as_deref(),
            key_points: quoted(&score.hits),
            missing: &score.missing,
            misconceptions: quoted(&score.misconceptions),
            why: &score.why,
            by: &score.by,
        };
        writeln!(out, "{}", serde_json::to_string(&scored)?)?;
        if let (Some(min), Some(max)) = (line.expect_min, line.expect_max) {
            let tally = tallies
                .entry(line.case.clone().unwrap_or_else(|| "answers".to_owned()))
                .or_default();
            tally.answers += 1;
            tally.scored += usize::from(score.score.is_some());
            tally.below += usize::from(score.score.is_some_and(|number| number < min));
            tally.above += usize::from(score.score.is_some_and(|number| number > max));
        }
    }
    out.flush()?;
    summary(&tallies);
    Ok(ExitCode::SUCCESS)
}

fn summary(tallies: &BTreeMap<String, Tally>) {
    if tallies.is_empty() {
        return;
    }
    eprintln!(
        "{:<20} {:>7} {:>7} {:>8} {:>6} {:>6}",
        "case", "answers", "scored", "in band", "below", "above"
    );
    let mut all = Tally::default();
    let row = |name: &str, t: &Tally| {
        let inside = t.scored - t.below - t.above;
        eprintln!(
            "{name:<20} {:>7} {:>7} {inside:>8} {:>6} {:>6}",
            t.answers, t.scored, t.below, t.above
        );
    };
    for (case, tally) in tallies {
        row(case, tally);
        all.answers += tally.answers;
        all.scored += tally.scored;
        all.below += tally.below;
        all.above += tally.above;
    }
    row("all", &all);
    let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    eprintln!(
        "scored {:.1} % of the answers, {:.1} % of these inside their band",
        share(all.scored, all.answers),
        share(all.scored - all.below - all.above, all.scored)
    );
}
