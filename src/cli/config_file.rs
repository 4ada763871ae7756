//! `viva config`: what is set, where the file is, and a first one that
//! explains every setting.

use crate::config::{Choices, Config, EXPLAINED, user_file};
use anyhow::{Context, bail};
use clap::Subcommand;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Show or begin the settings
///
/// Settings come from the defaults, then what was chosen before an interview
/// (choices.toml), then the config file beside it, then the environment
/// (VIVA_SECTION_KEY), then the command line. A file named with --config
/// stands alone: nothing chosen counts, and nothing is remembered.
///
/// Exit status: 0 done, 1 there is no file yet (path), 2 bad usage or
/// settings.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: viva config init, then edit the file of viva config path")]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// What holds now, with the environment
    #[command(after_help = "Example: viva config show --json")]
    Show {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Where the file is, whether it exists or not
    #[command(after_help = "Example: viva config path")]
    Path {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write a file in which every setting is explained; never over another
    #[command(after_help = "Example: viva config init")]
    Init,
    /// Forget what was chosen before an interview: the next one asks again
    #[command(after_help = "Example: viva config forget")]
    Forget,
}

/// Shows or begins the settings.
///
/// # Errors
/// If the settings are wrong, or the file cannot be written or is there.
pub(super) fn run(args: &Args, named: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match args.action {
        Action::Show { json } => {
            let config = Config::load(named, std::env::vars())?;
            if json {
                writeln!(out, "{}", serde_json::to_string_pretty(&config)?)?;
                return Ok(ExitCode::SUCCESS);
            }
            let path = file(named)?;
            let state = if path.is_file() {
                ""
            } else {
                ", not there yet"
            };
            writeln!(out, "# File: {}{state}", path.display())?;
            if let (None, Some(path)) = (named, Choices::path()) {
                let state = match Choices::load(&path)? {
                    Some(_) => "",
                    None => ", nothing chosen yet",
                };
                writeln!(
                    out,
                    "# Chosen before an interview: {}{state}",
                    path.display()
                )?;
            }
            writeln!(out, "# Data: {}\n", config.data_dir().display())?;
            write!(out, "{}", toml::to_string(&config)?)?;
        }
        Action::Path { json } => {
            let path = file(named)?;
            let exists = path.is_file();
            if json {
                writeln!(out, "{}", json!({ "path": path, "exists": exists }))?;
            } else {
                writeln!(out, "{}", path.display())?;
            }
            return Ok(ExitCode::from(u8::from(!exists)));
        }
        Action::Init => {
            let path = file(named)?;
            write_new(&path)?;
            writeln!(out, "{}", path.display())?;
        }
        Action::Forget => {
            let path = Choices::path().context("The system names no folder for settings")?;
            let says = match Choices::forget(&path)? {
                true => "Forgotten; the next interview asks again",
                false => "Nothing was chosen yet; the next interview asks",
            };
            writeln!(out, "{says}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn file(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    named
        .map(Path::to_owned)
        .or_else(user_file)
        .context("The system names no folder for settings: name a file with --config")
}

fn write_new(path: &Path) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let created = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = match created {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!(
                "{}: found a file, expected none; it is left as it is",
                path.display()
            );
        }
        Err(e) => return Err(e).with_context(|| path.display().to_string()),
    };
    file.write_all(EXPLAINED.as_bytes())
        .with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_file_is_read_as_the_defaults_and_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/viva.toml");
        write_new(&path).unwrap();
        let read = Config::load(Some(&path), std::iter::empty()).unwrap();
        assert_eq!(read, Config::default());
        std::fs::write(&path, "mine").unwrap();
        let error = write_new(&path).unwrap_err().to_string();
        assert!(error.contains("viva.toml: found a file"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
