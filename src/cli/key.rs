//! `viva key`: the key that seals this folder's records, and the keys of
//! others that are trusted here.

use super::retention::date;
use crate::clock::unix_millis;
use crate::record::{
    SealKey, TrustedKey, VerifyingKey, distrust_key, key_file, key_id, keys_dir,
    public_key_from_hex, public_key_from_pem, public_key_to_pem, trust_key, trusted_keys,
};
use anyhow::{Context, bail};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Show, export and trust the keys that seal records
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: viva key export own.pem\n\
    then, where others check your records: viva key trust own.pem --name \"Example Ltd\"")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Show the own key and those that are trusted
    ///
    /// Exit status: 0 done, 1 there is no own key yet, 2 it cannot be used.
    #[command(after_help = "Example: viva key show --json")]
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the public key, for those who check your records
    #[command(after_help = "Example: viva key export own.pem")]
    Export {
        /// A new file; printed if not given
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// As 64 hex digits, instead of PEM
        #[arg(long)]
        hex: bool,
    },
    /// Trust the public key of somebody else, so that `verify` knows it
    #[command(after_help = "Example: viva key trust theirs.pem --name \"Example Ltd\"")]
    Trust {
        /// The public key: a PEM file, or 64 hex digits
        #[arg(value_name = "KEY", value_parser = parse_key)]
        key: VerifyingKey,
        /// Whose key it is; shown where a record of theirs is verified
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Trust a key no longer
    #[command(after_help = "Example: viva key distrust 0f1e2d3c4b5a6978")]
    Distrust {
        /// The key's id
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// A public key on the command line: its hex digits, or a file in PEM.
pub(super) fn parse_key(text: &str) -> Result<VerifyingKey, String> {
    if let Some(key) = public_key_from_hex(text) {
        return Ok(key);
    }
    let expected = "expected an Ed25519 public key, as 64 hex digits or a PEM file";
    match std::fs::read_to_string(text) {
        Ok(pem) if pem.contains("PRIVATE KEY") => Err(format!(
            "{text} holds a private key, {expected}; keep it where it is (viva key export)"
        )),
        Ok(pem) => public_key_from_pem(&pem)
            .or_else(|| public_key_from_hex(&pem))
            .ok_or_else(|| format!("{text} is no such key, {expected}")),
        Err(_) => Err(expected.into()),
    }
}

/// The own key, as far as others may know it.
#[derive(Serialize)]
struct Own {
    id: String,
    public: String,
    pem: String,
    /// Where the private half lies.
    file: PathBuf,
    /// Its permissions, in octal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
}

impl Own {
    fn read(data_dir: &Path) -> anyhow::Result<Option<Self>> {
        let Some(key) = SealKey::open(&keys_dir(data_dir))? else {
            return Ok(None);
        };
        let public = key.public();
        let file = key_file(data_dir);
        Ok(Some(Self {
            id: key_id(&public),
            public: hex::encode(public.as_bytes()),
            pem: public_key_to_pem(&public),
            mode: mode(&file),
            file,
        }))
    }
}

#[cfg(unix)]
fn mode(file: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).ok()?.permissions().mode();
    Some(format!("{:o}", mode & 0o777))
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<String> {
    None
}

/// Does what was asked for.
///
/// # Errors
/// If a key cannot be read or written, or there is none to export.
pub(super) fn run(args: &Args, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match &args.what {
        What::Show { json } => return show(data_dir, *json, &mut out),
        What::Export { file, hex } => export(data_dir, file.as_deref(), *hex, &mut out)?,
        What::Trust { key, name, json } => {
            let entry = trust_key(data_dir, key, name, unix_millis())?;
            if *json {
                writeln!(out, "{}", serde_json::to_string_pretty(&entry)?)?;
            } else {
                writeln!(out, "Key {} is trusted as {}.", entry.id, entry.name)?;
            }
        }
        What::Distrust { id } => {
            distrust_key(data_dir, id)?;
            writeln!(out, "Key {id} is trusted no longer.")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(data_dir: &Path, json: bool, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    #[derive(Serialize)]
    struct Answer {
        own: Option<Own>,
        trusted: Vec<TrustedKey>,
    }
    let answer = Answer {
        own: Own::read(data_dir)?,
        trusted: trusted_keys(data_dir)?,
    };
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
    } else {
        match &answer.own {
            Some(own) => {
                writeln!(out, "Key      {}", own.id)?;
                writeln!(out, "Public   {}", own.public)?;
                let mode = own.mode.as_ref();
                let mode = mode.map_or_else(String::new, |m| format!(" (mode {m})"));
                writeln!(out, "Private  {}{mode}", own.file.display())?;
                write!(out, "{}", own.pem)?;
            }
            None => writeln!(
                out,
                "There is no key in {} yet; it is made with the first seal.",
                keys_dir(data_dir).display()
            )?,
        }
        for key in &answer.trusted {
            let since = date(key.since_unix_ms);
            writeln!(out, "Trusted  {} {}, since {since}", key.id, key.name)?;
        }
    }
    Ok(ExitCode::from(u8::from(answer.own.is_none())))
}

fn export(
    data_dir: &Path,
    file: Option<&Path>,
    hex: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let Some(own) = Own::read(data_dir)? else {
        bail!(
            "There is no key in {} yet; it is made with the first seal",
            keys_dir(data_dir).display()
        );
    };
    let text = if hex {
        format!("{}\n", own.public)
    } else {
        own.pem
    };
    let Some(file) = file else {
        out.write_all(text.as_bytes())?;
        return Ok(());
    };
    let mut made = match OpenOptions::new().write(true).create_new(true).open(file) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            bail!("{}: found a file, expected a new name", file.display())
        }
        made => made.with_context(|| file.display().to_string())?,
    };
    made.write_all(text.as_bytes())
        .with_context(|| file.display().to_string())?;
    writeln!(out, "Key {} is in {}.", own.id, file.display())?;
    Ok(())
}
