//! `viva replay`: does a record follow from its own inputs?

use super::embedding;
use crate::record::locate;
use crate::replay::{Rederived, rederive};
use anyhow::Context;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Derive a record again from its inputs
///
/// The recorded inputs go into a fresh interviewer; its lines must be those
/// on the log, and the documents must come out byte for byte. Exit status: 0
/// everything follows, 1 something differs, 2 there is no such record.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: viva replay 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --rederive")]
pub(super) struct Args {
    /// The record's folder, or a session id
    #[arg(value_name = "DIR|ID")]
    record: String,

    /// Compare what follows from the inputs with what was recorded
    #[arg(long, required = true)]
    rederive: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Derives one record again and prints the first differences.
///
/// # Errors
/// If there is no such record, or it holds no usable set-up.
pub(super) fn run(args: &Args, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let dir = locate(data_dir, &args.record)?;
    let found = rederive(&dir, embedding::that_scored(&dir)?.as_ref())?;
    let mut out = std::io::stdout().lock();
    let printed = if args.json {
        serde_json::to_string_pretty(&found)
            .map_err(anyhow::Error::from)
            .and_then(|json| Ok(writeln!(out, "{json}")?))
    } else {
        print(&mut out, &found).map_err(Into::into)
    };
    printed.context("Cannot write the result")?;
    Ok(ExitCode::from(u8::from(!found.follows())))
}

fn print(out: &mut impl Write, found: &Rederived) -> std::io::Result<()> {
    for difference in &found.differences {
        writeln!(out, "{}", difference.place)?;
        writeln!(out, "  recorded: {}", difference.recorded)?;
        writeln!(out, "  derived:  {}", difference.derived)?;
    }
    let documents = match (found.complete, found.documents.as_slice()) {
        (false, _) => "not sealed, so no documents were compared".to_owned(),
        (true, []) => "no document is equal".to_owned(),
        (true, names) => format!("{} are equal", names.join(", ")),
    };
    writeln!(
        out,
        "{}: {} outputs follow from {} inputs; {documents}",
        found.session, found.outputs, found.inputs
    )?;
    if found.recorded_by != found.derived_by {
        writeln!(
            out,
            "Recorded by {}, derived by {}: a difference may come from that.",
            found.recorded_by, found.derived_by
        )?;
    }
    Ok(())
}
