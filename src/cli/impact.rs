//! `viva sessions impact`: selection rates and impact ratios of groups.

use super::who::Reading;
use crate::record::{SessionState, list, sessions_dir};
use crate::study::impact::{self, Options, groups, outcomes, text};
use anyhow::Context;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Fairness figures: selection rates and impact ratios of groups
///
/// The groups are what people declared of themselves, in a file of its own:
/// CSV with a header, or one JSON object a line. One column names sessions
/// (`session`) or candidates (`candidate`), every other one is a set of
/// groups; an empty field declares nothing. Nothing of it is kept. Exit
/// status: 0 done, 1 a group's ratio is below four fifths, 2 bad input.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example: viva sessions impact --groups declared.csv --by job\n\n\
    declared.csv:\n  session,gender\n  01J9ZQ4H5T8W3X2Y1V0N7M6K5B,woman"
)]
pub(super) struct Args {
    /// The file of self-declared groups
    #[arg(long, value_name = "FILE")]
    groups: PathBuf,

    /// One table for each position
    #[arg(long, value_enum, value_name = "WHAT")]
    by: Option<By>,

    /// "Consider with reservations" counts as selected, too
    #[arg(long)]
    count_consider: bool,

    /// Count interviews with simulated candidates, too
    #[arg(long)]
    with_simulated: bool,

    /// Who reads the recommendations, for the access log; the system's user
    /// if not given
    #[arg(long, env = "VIVA_BY", value_name = "NAME")]
    reader: Option<String>,

    /// Why, for the access log
    #[arg(long, env = "VIVA_WHY", value_name = "TEXT", value_parser = super::who::parse_why)]
    why: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Position by position
    Job,
}

/// Prints the figures.
///
/// # Errors
/// If the file or the sessions cannot be read.
pub(super) fn run(args: &Args, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let file = args.groups.display().to_string();
    let bytes = std::fs::read(&args.groups).with_context(|| format!("Cannot read {file}"))?;
    let groups = groups::read(&file, &bytes)?;
    let dir = sessions_dir(data_dir);
    let all = list(&dir)?;
    let complete = all.iter().filter(|s| s.state == SessionState::Complete);
    let read: Vec<PathBuf> = complete.map(|s| dir.join(&s.id)).collect();
    let read: Vec<&Path> = read.iter().map(PathBuf::as_path).collect();
    let reading = Reading::of(args.reader.clone(), args.why.clone());
    reading.note(data_dir, "impact", &read)?;
    let (found, excluded) = outcomes(&dir, &all, args.with_simulated);
    let options = Options {
        count_consider: args.count_consider,
        by_job: args.by == Some(By::Job),
    };
    let figures = impact::impact(&found, excluded, &groups, options);
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&figures)?)?;
    } else {
        write!(out, "{}", text(&figures))?;
    }
    Ok(ExitCode::from(u8::from(figures.flagged())))
}
