//! `viva erase`: a record goes, a signed tombstone stays.

use super::retention::date;
use super::who::{Who, parse_why};
use crate::clock::unix_millis;
use crate::config::Config;
use crate::index::forget;
use crate::record::{
    Erased, Order, Policies, RecordError, Step, Trust, erase, finish_erasures, standing,
};
use anyhow::bail;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Erase a record; a signed tombstone without personal data stays
///
/// Recording, log, documents, redacted copies and statements about the record
/// are removed for good. Refused while a legal hold stands. Copies that were
/// handed out, and backups, are yours to find.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example: viva erase 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --why \"withdrew the application\""
)]
pub(super) struct Args {
    /// The session's id
    #[arg(value_name = "ID")]
    session: String,

    /// The reason; it is kept, so it must not name the person
    #[arg(long, value_name = "TEXT", value_parser = parse_why)]
    why: String,

    #[command(flatten)]
    who: Who,

    /// Erase although the retention policy says that it must still be kept
    #[arg(long)]
    before_time: bool,

    /// Erase although annexes are damaged, where a hold may be lost
    #[arg(long)]
    despite_damage: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Erases one record.
///
/// # Errors
/// If there is no such record, or a rule forbids it.
pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let data_dir = config.data_dir();
    let trust = Trust::own(&data_dir, &[])?;
    let policies = Policies::load(config.retention.file.as_deref())?;
    let now = unix_millis();
    let chosen = &config.retention.policy;
    if !args.before_time
        && let Ok(stands) = standing(&data_dir, &args.session, &policies, chosen, &trust, now)
        && let Some(least) = stands.not_before_unix_ms.filter(|least| *least > now)
    {
        bail!(
            "Session {} must be kept until {} by policy {}; if it must go all the same, add \
             --before-time",
            args.session,
            date(least),
            stands.policy
        );
    }
    let order = Order {
        by: &args.who.name()?,
        why: &args.why,
        policy: None,
        despite_damage: args.despite_damage,
    };
    let done = erase_one(&data_dir, &args.session, &order, &trust, now)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&done)?)?;
    } else {
        writeln!(
            out,
            "{} is erased. What stays is the tombstone {}, signed by key {}.",
            done.session, done.tombstone.id, done.key
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Erases one record, and what else knows of it.
pub(super) fn erase_one(
    data_dir: &Path,
    session: &str,
    order: &Order<'_>,
    trust: &Trust,
    now_unix_ms: i64,
) -> Result<Erased, RecordError> {
    let mut watch = |step| match step {
        Step::RecordGone => forget(data_dir, session),
        _ => Ok(()),
    };
    erase(data_dir, session, order, trust, now_unix_ms, &mut watch)
}

/// Brings erasures to their end that a killed process left. What cannot be
/// finished is told and does not stop the command.
pub(super) fn go_on(data_dir: &Path) {
    let finished = Trust::own(data_dir, &[]).and_then(|trust| {
        finish_erasures(data_dir, &trust, unix_millis(), &|session| {
            forget(data_dir, session)
        })
    });
    match finished {
        Ok(all) => {
            for (session, result) in all {
                match result {
                    Ok(()) => tracing::warn!(%session, "an interrupted erasure was finished"),
                    Err(error) => tracing::warn!(%session, %error, "an erasure is unfinished"),
                }
            }
        }
        Err(error) => tracing::warn!(%error, "interrupted erasures were not looked for"),
    }
}
