//! `viva sessions timestamp`: a stamp by an authority on a sealed record, and
//! what other commands say about stamps.

use super::who::Who;
use crate::clock::unix_millis;
use crate::config::Config;
use crate::record::{
    Annexes, Authority, Roots, SessionState, Stamp, TimestampError, Trust, check_id, is_stamped,
    list, sessions_dir, stamp,
};
use anyhow::bail;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Difference between two clocks that is worth a word, in milliseconds.
const APART_MS: u64 = 5 * 60 * 1000;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The session's id
    #[arg(value_name = "ID", required_unless_present = "missing")]
    session: Option<String>,

    /// All sealed sessions that have no time stamp yet, until the authority
    /// does not answer
    #[arg(long, conflicts_with = "session")]
    missing: bool,

    /// The authority's address, instead of the configured one
    #[arg(long, value_name = "URL")]
    authority: Option<String>,

    /// Certificates (PEM) that the authority must chain to, instead of the
    /// configured ones
    #[arg(long, value_name = "FILE")]
    timestamp_ca: Option<PathBuf>,

    #[command(flatten)]
    who: Who,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The certificates that authorities must chain to, where some are given.
pub(super) fn roots(given: Option<&Path>, config: &Config) -> anyhow::Result<Option<Roots>> {
    let path = given.or(config.record.timestamp_ca.as_deref());
    Ok(path.map(Roots::read).transpose()?)
}

/// What came of one session.
#[derive(Serialize)]
struct Row {
    session: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stamp: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Stamps one session, or all that have no stamp.
///
/// # Errors
/// If no authority is known, or the one session cannot be stamped.
pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let data_dir = config.data_dir();
    let url = args.authority.as_ref();
    let Some(url) = url.or(config.record.timestamp_authority.as_ref()) else {
        bail!(
            "No time-stamp authority is known: give one with --authority URL, or set \
             timestamp_authority under [record]"
        );
    };
    let authority = Authority::new(url)?;
    let roots = roots(args.timestamp_ca.as_deref(), config)?;
    let by = args.who.name()?;
    let ids = match &args.session {
        Some(id) => {
            check_id(id)?;
            vec![id.clone()]
        }
        None => unstamped(&data_dir)?,
    };
    let mut rows = Vec::new();
    for session in ids {
        let now = unix_millis();
        let done = stamp(&data_dir, &session, &authority, roots.as_ref(), &by, now);
        // Whoever does not answer once is not waited for again and again.
        let silent = matches!(done, Err(TimestampError::Network { .. }));
        let (stamp, error) = match done {
            Ok(stamp) => (Some(stamp), None),
            Err(error) if args.missing => (None, Some(format!("{:#}", anyhow::Error::from(error)))),
            Err(error) => return Err(error.into()),
        };
        rows.push(Row {
            session,
            stamp,
            error,
        });
        if silent {
            break;
        }
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        let json = match (args.missing, rows.first()) {
            (false, Some(row)) => serde_json::to_string_pretty(row)?,
            _ => serde_json::to_string_pretty(&rows)?,
        };
        writeln!(out, "{json}")?;
    } else {
        print(&mut out, &rows, &authority.url)?;
    }
    let failed = rows.iter().any(|row| row.error.is_some());
    Ok(ExitCode::from(u8::from(failed)))
}

fn print(out: &mut impl Write, rows: &[Row], url: &str) -> std::io::Result<()> {
    for row in rows {
        match (&row.stamp, &row.error) {
            (Some(stamp), _) => {
                writeln!(out, "{}: {}", row.session, line(stamp))?;
                let apart = stamp.unix_ms.abs_diff(unix_millis());
                if apart > APART_MS {
                    let minutes = apart / 60_000;
                    writeln!(
                        out,
                        "The authority's clock and this machine's are {minutes} min apart."
                    )?;
                }
            }
            (None, error) => {
                let error = error.as_deref().unwrap_or_default();
                writeln!(out, "{}: no time stamp: {error}", row.session)?;
            }
        }
    }
    if rows.is_empty() {
        return writeln!(out, "Every sealed session has a time stamp.");
    }
    if rows.iter().any(|row| row.stamp.is_some()) {
        writeln!(out, "Only hashes of manifests were sent to {url}.")?;
    }
    Ok(())
}

/// One stamp in one line.
pub(super) fn line(stamp: &Stamp) -> String {
    let time = jiff::Timestamp::from_millisecond(stamp.unix_ms).map_or_else(
        |_| "?".into(),
        |t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    );
    let authority = match &stamp.root {
        Some(root) => format!("vouched for by {root}"),
        None => "signature holds, authority not known here (--timestamp-ca)".to_owned(),
    };
    format!(
        "sealed before {time}, stamped by {} (number {}); {authority}",
        stamp.signer, stamp.serial
    )
}

/// Sealed sessions without a stamp, oldest first.
fn unstamped(data_dir: &Path) -> anyhow::Result<Vec<String>> {
    let trust = Trust::own(data_dir, &[])?;
    let mut out = Vec::new();
    for one in list(&sessions_dir(data_dir))? {
        if one.state == SessionState::Complete
            && !is_stamped(&Annexes::open(data_dir, &one.id)?.list(&trust)?.annexes)
        {
            out.push(one.id);
        }
    }
    Ok(out)
}

/// Stamps a session that was just sealed, where an authority is configured.
/// A failure is told and changes nothing: the stamp can be got later.
pub(super) fn after_seal(config: &Config, session: &str) {
    let Some(url) = &config.record.timestamp_authority else {
        return;
    };
    let done = Authority::new(url)
        .map_err(anyhow::Error::from)
        .and_then(|authority| {
            let roots = roots(None, config)?;
            let (data_dir, by) = (config.data_dir(), crate::PROGRAM);
            let now = unix_millis();
            Ok(stamp(
                &data_dir,
                session,
                &authority,
                roots.as_ref(),
                by,
                now,
            )?)
        });
    match done {
        Ok(stamp) => println!("Time stamp: {}", line(&stamp)),
        Err(error) => eprintln!(
            "viva: no time stamp was had ({error:#}); again with: viva sessions timestamp {session}"
        ),
    }
}
