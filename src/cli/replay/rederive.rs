//! `viva replay --rederive`: does a record follow from its own inputs?

use crate::cli::embedding;
use crate::replay::{Rederived, rederive};
use anyhow::Context;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Derives one record again and prints the first differences.
///
/// # Errors
/// If there is no such record, or it holds no usable set-up.
pub(super) fn run(dir: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let found = rederive(dir, embedding::that_scored(dir)?.as_ref())?;
    let mut out = std::io::stdout().lock();
    let printed = if json {
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
