//! Who gives an order, for statements that are signed and kept; and who reads
//! a record, for the access log.

use crate::clock::unix_millis;
use crate::record::access;
use std::path::Path;

/// Who is at the keyboard.
#[derive(clap::Args, Debug)]
pub(super) struct Who {
    /// Who gives the order; the system's user name if not given
    #[arg(long, env = "VIVA_BY", value_name = "NAME")]
    by: Option<String>,
}

impl Who {
    /// The name that is kept.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn name(&self) -> anyhow::Result<String> {
        named(self.by.as_deref()).ok_or_else(nobody)
    }
}

fn nobody() -> anyhow::Error {
    anyhow::anyhow!("The system names no user: say who you are with --by")
}

/// The name given, or else the system's user name.
fn named(by: Option<&str>) -> Option<String> {
    let system = || {
        ["USER", "LOGNAME", "USERNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok())
    };
    by.map(str::to_owned)
        .or_else(system)
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
}

/// The number of the process's user, where the system has such numbers.
fn user_number() -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let own = std::fs::metadata("/proc/self").ok()?;
        Some(format!("user {}", own.uid()))
    }
    #[cfg(not(unix))]
    None
}

/// Who reads a record, and why: it goes on the access log.
#[derive(clap::Args, Debug)]
pub(super) struct Reading {
    /// Who reads, for the access log; the system's user if not given
    #[arg(long, env = "VIVA_BY", value_name = "NAME")]
    by: Option<String>,

    /// Why, for the access log; must not name the candidate
    #[arg(long, env = "VIVA_WHY", value_name = "TEXT", value_parser = parse_why)]
    why: Option<String>,
}

impl Reading {
    /// For a command that has `--by` for something else.
    pub(super) const fn of(by: Option<String>, why: Option<String>) -> Self {
        Self { by, why }
    }

    /// Puts a read of the records in these folders on the access log. To be
    /// called before any of them is opened.
    ///
    /// # Errors
    /// If it cannot be logged: then nothing may be read.
    pub(super) fn note(&self, data_dir: &Path, action: &str, dirs: &[&Path]) -> anyhow::Result<()> {
        let by = named(self.by.as_deref()).or_else(user_number);
        let by = by.ok_or_else(nobody)?;
        log(data_dir, action, dirs, &by, self.why.as_deref())
    }
}

/// The same for a command whose order is kept with its reason anyway.
///
/// # Errors
/// If it cannot be logged: then nothing may be read.
pub(super) fn log(
    data_dir: &Path,
    action: &str,
    dirs: &[&Path],
    by: &str,
    why: Option<&str>,
) -> anyhow::Result<()> {
    let reader = access::Reader { by, why };
    access::note(data_dir, dirs, action, reader, unix_millis())?;
    Ok(())
}

/// A reason that is kept: something must stand in it.
pub(super) fn parse_why(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("found nothing, expected a reason in a few words".into());
    }
    Ok(text.to_owned())
}
