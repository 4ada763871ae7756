//! `viva sessions access`: who read which record, when and why.

use super::key::parse_key;
use super::sessions::{began, plain};
use crate::record::access::{Access, Accesses, Place, accesses};
use crate::record::{Problem, Trust, VerifyingKey, check_id};
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// List who read records, when and why
///
/// Every read of a record through the program is on the access log before the
/// record is opened. The log is checked each time: lines, chain, and whether
/// its end is there. Exit status: 0 the log is whole, 1 something is wrong
/// with it, 2 bad usage.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  viva sessions access 01J9ZQ4H5T8W3X2Y1V0N7M6K5B\n  viva sessions access --verify"
)]
pub(super) struct Args {
    /// Only reads of this session; it may be erased
    #[arg(value_name = "ID", value_parser = parse_id)]
    session: Option<String>,

    /// Only say whether the log is whole
    #[arg(long, conflicts_with = "session")]
    verify: bool,

    /// Accept this public key, too (64 hex digits; may be given again)
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    trust: Vec<VerifyingKey>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn parse_id(text: &str) -> Result<String, String> {
    check_id(text).map_err(|e| e.to_string())?;
    Ok(text.to_owned())
}

#[derive(Serialize)]
struct Answer<'a> {
    whole: bool,
    /// All reads on the log.
    reads: usize,
    problems: &'a [Problem],
    #[serde(skip_serializing_if = "Option::is_none")]
    accesses: Option<Vec<&'a Access>>,
}

/// Lists the access log.
///
/// # Errors
/// If it is there and cannot be read.
pub(super) fn run(args: &Args, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let Accesses { entries, problems } = accesses(data_dir, &Trust::own(data_dir, &args.trust)?)?;
    let whole = problems.is_empty();
    let wanted = |access: &&Access| match &args.session {
        Some(id) => access.sessions.contains(id),
        None => true,
    };
    let listed: Vec<&Access> = entries.iter().filter(wanted).collect();
    let mut out = std::io::stdout().lock();
    if args.json {
        let answer = Answer {
            whole,
            reads: entries.len(),
            problems: &problems,
            accesses: (!args.verify).then_some(listed),
        };
        writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
        return Ok(ExitCode::from(u8::from(!whole)));
    }
    if !args.verify {
        for access in &listed {
            print(&mut out, access, args.session.is_some())?;
        }
        if listed.is_empty() {
            match &args.session {
                Some(id) => writeln!(out, "No read of {id} is on the log.")?,
                None => writeln!(out, "No read is on the log.")?,
            }
        }
    }
    for problem in &problems {
        writeln!(out, "{problem}")?;
    }
    match (problems.len(), entries.len()) {
        (0, n) if args.verify => writeln!(out, "The access log is whole: {n} reads.")?,
        (0, _) => {}
        (1, _) => writeln!(out, "1 problem with the access log")?,
        (n, _) => writeln!(out, "{n} problems with the access log")?,
    }
    Ok(ExitCode::from(u8::from(!whole)))
}

fn print(out: &mut impl Write, access: &Access, one: bool) -> std::io::Result<()> {
    let at = began(access.at_unix_ms);
    let what = match (access.place, access.sessions.as_slice()) {
        (_, []) => "a folder that names no session".to_owned(),
        (_, [_]) if one => String::new(),
        (_, [id]) => id.clone(),
        (_, all) => format!("{} sessions", all.len()),
    };
    let place = match access.place {
        Place::Data => "",
        Place::Redacted => "(redacted copy)",
        Place::Elsewhere => "(in another folder)",
    };
    let why = access.why.as_deref().unwrap_or("no reason given");
    let parts = [
        at.as_str(),
        &format!("{:<8}", access.action),
        &what,
        place,
        &format!("by {}: {}", plain(&access.by), plain(why)),
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    writeln!(out, "{}", parts.join("  "))
}
