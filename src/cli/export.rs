//! `viva export`: an archive for the person concerned, or for a reviewer.

use super::embedding;
use super::key::parse_key;
use super::who::Reading;
use crate::clock::unix_millis;
use crate::config::Config;
use crate::export::{review, subject};
use crate::record::{Policies, Trust, VerifyingKey, sessions_dir};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write an archive for the person concerned, or for a reviewer
///
/// --subject: all interviews of one person, to read and as data, with a
/// letter in plain words. --review: one complete record with a player that
/// opens from disk; also of a redacted copy. Exit status: 0 done, 1 done, but
/// something is wrong with the reviewed record, 2 nothing was written.
#[derive(clap::Args, Debug)]
#[command(
    group = clap::ArgGroup::new("what").required(true),
    after_help = "Examples:\n  viva export --subject \"Zoë Example\" --out zoe.zip\n  viva export --review 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --out review.zip"
)]
pub(super) struct Args {
    /// A candidate's whole name, or the id of one session
    #[arg(long, value_name = "NAME|ID", group = "what")]
    subject: Option<String>,

    /// A session's or a redacted copy's id, or a record's folder
    #[arg(long, value_name = "ID|DIR", group = "what")]
    review: Option<String>,

    /// The archive, a new file
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,

    /// Accept this public key, too, when the record is checked
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    trust: Vec<VerifyingKey>,

    #[command(flatten)]
    reading: Reading,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Writes one archive.
///
/// # Errors
/// If there is nothing to hand out, or the file cannot be written.
pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let data_dir = config.data_dir();
    let trust = Trust::known(&data_dir, &args.trust)?;
    match (&args.subject, &args.review) {
        (Some(person), _) => for_subject(args, person, config, &data_dir, &trust),
        (_, Some(record)) => for_review(args, record, &data_dir, &trust),
        // The parser asks for one of them.
        _ => Ok(ExitCode::from(2)),
    }
}

fn for_subject(
    args: &Args,
    person: &str,
    config: &Config,
    data_dir: &Path,
    trust: &Trust,
) -> anyhow::Result<ExitCode> {
    let policies = Policies::load(config.retention.file.as_deref())?;
    let under = subject::Under {
        policies: &policies,
        chosen: &config.retention.policy,
    };
    let found = subject::sessions_of(data_dir, person)?;
    let dirs: Vec<PathBuf> = found
        .iter()
        .map(|s| sessions_dir(data_dir).join(&s.id))
        .collect();
    let dirs: Vec<&Path> = dirs.iter().map(PathBuf::as_path).collect();
    args.reading.note(data_dir, "export", &dirs)?;
    let made = subject::export(data_dir, person, &args.out, under, trust, unix_millis())?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&made)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let n = made.sessions.len();
    let interviews = if n == 1 { "interview" } else { "interviews" };
    writeln!(
        out,
        "{}: {n} {interviews} of {}",
        made.file.display(),
        made.candidate
    )?;
    for session in &made.sessions {
        writeln!(out, "  {session}")?;
    }
    for left in &made.left_out {
        writeln!(out, "Left out: {left}")?;
    }
    if n > 1 {
        writeln!(
            out,
            "Are all of them of the same person? Names are not unique."
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn for_review(
    args: &Args,
    record: &str,
    data_dir: &Path,
    trust: &Trust,
) -> anyhow::Result<ExitCode> {
    let dir = review::find(data_dir, record)?;
    args.reading.note(data_dir, "export", &[&dir])?;
    let made = review::export(
        data_dir,
        record,
        &args.out,
        trust,
        &|dir| embedding::that_scored(dir).ok(),
        unix_millis(),
    )?;
    let good = made.checked.whole && made.checked.follows != Some(false);
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&made)?)?;
        return Ok(ExitCode::from(u8::from(!good)));
    }
    for problem in &made.checked.problems {
        writeln!(out, "{problem}")?;
    }
    for place in &made.checked.differences {
        writeln!(out, "does not follow   {place}")?;
    }
    let found = match (good, &made.checked.key) {
        (true, Some(key)) => format!("verified, sealed by key {key}"),
        (true, None) => "nothing wrong".to_owned(),
        (false, _) => "something is wrong, and the player says so".to_owned(),
    };
    writeln!(
        out,
        "{}: {} files; {found}",
        made.file.display(),
        made.files
    )?;
    writeln!(out, "Unpack it and open index.html.")?;
    Ok(ExitCode::from(u8::from(!good)))
}
