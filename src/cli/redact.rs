//! `viva redact`: a copy of a record with tones and bars.

use super::key::parse_key;
use super::who::{Who, log, parse_why};
use crate::clock::unix_millis;
use crate::config::Config;
use crate::record::{RedactRequest, Rules, Span, Trust, VerifyingKey, locate, parse_span, redact};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Make a redacted copy of a record: tones in the sound, bars in the texts
///
/// The original stays as it is; the copy is sealed, linked to it, and can be
/// verified (`viva verify` with the copy's folder or id). Words of the
/// recruiter have no times, so there the whole line gets the tone. Misheard
/// words are not found by their spelling: hear the copy before it goes out.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example: viva redact 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --names --words \"Acme Corp\" --spans 3:07-3:12 --why \"for the works council\""
)]
pub(super) struct Args {
    /// The session's id
    #[arg(value_name = "ID")]
    session: String,

    /// Words or phrases that both may have said; one that ends in * stands
    /// for any ending
    #[arg(long, value_name = "WORD", num_args = 1..)]
    words: Vec<String>,

    /// Stretches of the recording
    #[arg(long, value_name = "MM:SS-MM:SS", num_args = 1.., value_parser = parse_span)]
    spans: Vec<Span>,

    /// The candidate's name, every part of it (other people's: --words)
    #[arg(long)]
    names: bool,

    /// Digits and number words
    #[arg(long)]
    numbers: bool,

    /// The reason; it is kept with the copy
    #[arg(long, value_name = "TEXT", value_parser = parse_why)]
    why: String,

    #[command(flatten)]
    who: Who,

    /// Milliseconds before and after a word that get the tone, too
    #[arg(long, value_name = "MS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(0..=5000))]
    margin: u64,

    /// A new folder for the copy, instead of one in the data folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Accept a seal by this public key, too (64 hex digits)
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    trust: Vec<VerifyingKey>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Makes one redacted copy.
///
/// # Errors
/// If there is nothing to redact, or the record is not whole.
pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let data_dir = config.data_dir();
    let trust = Trust::known(&data_dir, &args.trust)?;
    let rules = Rules::new(&args.words, args.names, args.numbers)
        .map_err(|what| anyhow::anyhow!("--words: {what}"))?;
    let by = args.who.name()?;
    let dir = locate(&data_dir, &args.session)?;
    log(&data_dir, "redact", &[&dir], &by, Some(&args.why))?;
    let request = RedactRequest {
        rules,
        spans: args.spans.clone(),
        margin_ms: args.margin,
        by: &by,
        why: &args.why,
        out: args.out.as_deref(),
    };
    let made = redact(&data_dir, &args.session, &request, &trust, unix_millis())?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&made)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        out,
        "Redacted copy {}: {} words and lines barred, {} stretches with the tone ({} s)",
        made.link.redaction,
        made.bars,
        made.link.tones.len(),
        made.tone_s
    )?;
    let pieces = args.spans.len();
    if pieces > 0 && made.link.tones.len() < pieces {
        writeln!(out, "Stretches that touch were joined.")?;
    }
    for left in &made.link.left_out {
        writeln!(out, "Left out   {left}")?;
    }
    writeln!(out, "Folder     {}", made.dir.display())?;
    writeln!(out, "Hear it before it goes out.")?;
    Ok(ExitCode::SUCCESS)
}
