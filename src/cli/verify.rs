//! `viva verify`: everything that is wrong with a record.

use super::key::parse_key;
use super::retention::date;
use super::retranscribe::{self, Again, HearAgain};
use super::timestamp::{line, roots};
use super::who::Reading;
use crate::config::Config;
use crate::record::{
    Annexes, Erased, Link, Problem, RecordError, RecordReader, Roots, Stamp, Trust, VerifyingKey,
    check_stamps, erased, locate, locate_redaction, read_link, sessions_dir, trusted_keys, verify,
    verify_redaction,
};
use anyhow::Context;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// List everything that is wrong with a record
///
/// With --retranscribe the recording is also decoded again, and each
/// utterance is shown with the words that differ from the live text: there
/// the live text may be wrong, or the new one. Speech without an utterance
/// and utterances without speech are listed too.
///
/// Exit status: 0 the record is whole (whatever words differ), 1 something
/// is wrong, 2 bad usage.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: viva verify 01J9ZQ4H5T8W3X2Y1V0N7M6K5B\n\
    Example: viva verify 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --retranscribe --model small.en")]
pub(super) struct Args {
    /// The record's folder, or a session id
    #[arg(value_name = "DIR|ID")]
    record: String,

    /// Accept this public key too (64 hex digits or a PEM file; may be given
    /// again)
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    trust: Vec<VerifyingKey>,

    /// Accept a whole seal by any key
    #[arg(long, conflicts_with = "trust")]
    any_key: bool,

    /// Certificates (PEM) that time-stamp authorities must chain to, instead
    /// of the configured ones
    #[arg(long, value_name = "FILE")]
    timestamp_ca: Option<PathBuf>,

    #[command(flatten)]
    again: HearAgain,

    #[command(flatten)]
    reading: Reading,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    record: &'a Path,
    whole: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Whose key it is, where somebody else's is trusted here.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timestamps: &'a Vec<Stamp>,
    problems: &'a [Problem],
    #[serde(skip_serializing_if = "Option::is_none")]
    retranscription: Option<Again>,
}

/// Verifies one record and prints what is wrong with it.
///
/// # Errors
/// If there is no such record, or it cannot be heard again although that was
/// asked for.
pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let data_dir = &config.data_dir();
    let roots = roots(args.timestamp_ca.as_deref(), config)?;
    let trust = if args.any_key {
        Trust::Any
    } else {
        Trust::known(data_dir, &args.trust)?
    };
    let dir = match locate(data_dir, &args.record) {
        Err(RecordError::NotFound { .. }) if let Some(erased) = gone(args, data_dir, &trust) => {
            return report_erased(args, &erased, data_dir, &trust);
        }
        Err(RecordError::NotFound { path }) => match locate_redaction(data_dir, &args.record) {
            Some(dir) => dir,
            None => return Err(RecordError::NotFound { path }.into()),
        },
        found => found?,
    };
    args.reading.note(data_dir, "verify", &[&dir])?;
    if dir.join("redaction.json").exists() {
        return report_redaction(args, &dir, config, &trust);
    }
    // For the words at the end only: a record that does not open is the very
    // thing to be told about.
    let reader = RecordReader::open(&dir);
    if let Err(RecordError::NotFound { path }) = &reader
        && !["events.jsonl", "manifest.json", "call.wav"]
            .iter()
            .any(|name| path.join(name).exists())
    {
        anyhow::bail!("{} holds nothing of a record", path.display());
    }
    let mut problems = verify(&dir, &trust);
    let annexes = annexes_of(&dir, data_dir);
    let mut stamps = Vec::new();
    if let Some(annexes) = &annexes {
        let (found, wrong) = stated(annexes, &trust, roots.as_ref());
        stamps = found;
        problems.extend(wrong);
        // A record that was erased and is here all the same.
        let tombstone = erased(data_dir, annexes.session(), &trust).ok().flatten();
        problems.extend(tombstone.iter().flat_map(|t| t.problems(data_dir)));
    }
    let whole = problems.is_empty();
    let key = reader
        .as_ref()
        .ok()
        .and_then(|r| r.manifest())
        .map(|m| m.key.id.clone());
    // A name that cannot be read is none: the key's id is told all the same.
    let known = trusted_keys(data_dir).unwrap_or_default();
    let key_name = known
        .into_iter()
        .find(|known| Some(&known.id) == key.as_ref())
        .map(|known| known.name);
    let again = retranscribe::run(&args.again, reader.as_ref().ok(), &[], config)?;
    let mut out = std::io::stdout().lock();
    let printed = if args.json {
        serde_json::to_string_pretty(&Answer {
            record: &dir,
            whole,
            key,
            key_name,
            timestamps: &stamps,
            problems: &problems,
            retranscription: again,
        })
        .map_err(anyhow::Error::from)
        .and_then(|json| Ok(writeln!(out, "{json}")?))
    } else {
        let told = print(&mut out, &dir, &problems, reader.as_ref().ok());
        told.and_then(|()| {
            if let Some(name) = key_name {
                writeln!(out, "That key is trusted here as {name}.")?;
            }
            for stamp in &stamps {
                writeln!(out, "Time stamp: {}", line(stamp))?;
            }
            again.iter().try_for_each(|again| again.print(&mut out))
        })
        .map_err(Into::into)
    };
    printed.context("Cannot write the result")?;
    Ok(ExitCode::from(u8::from(!whole)))
}

/// What is wrong with the statements about a record, and its time stamps.
fn stated(annexes: &Annexes, trust: &Trust, roots: Option<&Roots>) -> (Vec<Stamp>, Vec<Problem>) {
    let Ok(listed) = annexes.list(trust) else {
        return (Vec::new(), annexes.verify(trust));
    };
    let (stamps, wrong) = check_stamps(&listed.annexes, roots);
    let mut problems = annexes.verify(trust);
    problems.extend(wrong);
    (stamps, problems)
}

/// The erasure of a session whose record is not there.
fn gone(args: &Args, data_dir: &Path, trust: &Trust) -> Option<Erased> {
    erased(data_dir, &args.record, trust).ok().flatten()
}

/// What was stated about this record, if it lies in the data folder.
fn annexes_of(dir: &Path, data_dir: &Path) -> Option<Annexes> {
    let own = sessions_dir(data_dir).canonicalize().ok()?;
    let dir = dir.canonicalize().ok()?;
    let id = dir.file_name()?.to_str()?;
    (dir.parent()? == own)
        .then(|| Annexes::open(data_dir, id).ok())
        .flatten()
}

fn report_redaction(
    args: &Args,
    dir: &Path,
    config: &Config,
    trust: &Trust,
) -> anyhow::Result<ExitCode> {
    #[derive(Serialize)]
    struct Answer<'a> {
        redaction: &'a Path,
        link: Option<Link>,
        whole: bool,
        /// Whether the original was there to compare with.
        compared: bool,
        problems: &'a [Problem],
        #[serde(skip_serializing_if = "Option::is_none")]
        retranscription: Option<Again>,
    }
    let (problems, compared) = verify_redaction(&config.data_dir(), dir, trust)?;
    let whole = problems.is_empty();
    let link = read_link(dir).ok().flatten();
    let tones = link.as_ref().map_or(&[][..], |link| &link.tones);
    let reader = RecordReader::open(dir).ok();
    let again = retranscribe::run(&args.again, reader.as_ref(), tones, config)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let answer = Answer {
            redaction: dir,
            link,
            whole,
            compared,
            problems: &problems,
            retranscription: again,
        };
        writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
        return Ok(ExitCode::from(u8::from(!whole)));
    }
    for problem in &problems {
        writeln!(out, "{problem}")?;
    }
    match (problems.len(), &link) {
        (0, Some(link)) => {
            writeln!(
                out,
                "{} is whole: a redacted copy of {}, made on {} by {}: {}",
                dir.display(),
                link.session,
                date(link.at_unix_ms),
                link.by,
                link.why
            )?;
            if compared {
                let told = "Compared with the original: the sound differs in the tones only, \
                            the log in the bars only.";
                writeln!(out, "{told}")?;
            } else {
                writeln!(
                    out,
                    "The original is not here, so the two were not compared."
                )?;
            }
        }
        (1, _) => writeln!(out, "1 problem in {}", dir.display())?,
        (n, _) => writeln!(out, "{n} problems in {}", dir.display())?,
    }
    if let Some(again) = again {
        again.print(&mut out)?;
    }
    Ok(ExitCode::from(u8::from(!whole)))
}

fn report_erased(
    args: &Args,
    found: &Erased,
    data_dir: &Path,
    trust: &Trust,
) -> anyhow::Result<ExitCode> {
    #[derive(Serialize)]
    struct Answer<'a> {
        erased: &'a Erased,
        whole: bool,
        problems: &'a [Problem],
    }
    let mut problems = Annexes::open(data_dir, &found.session)?.verify(trust);
    problems.extend(found.problems(data_dir));
    let whole = problems.is_empty();
    let mut out = std::io::stdout().lock();
    if args.json {
        let answer = Answer {
            erased: found,
            whole,
            problems: &problems,
        };
        writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
        return Ok(ExitCode::from(u8::from(!whole)));
    }
    for problem in &problems {
        writeln!(out, "{problem}")?;
    }
    let policy = match &found.policy {
        Some(policy) => format!("by policy {policy}"),
        None => "by hand".to_owned(),
    };
    writeln!(
        out,
        "{} was erased {policy} on {} by {}: {}",
        found.session,
        date(found.at_unix_ms),
        found.by,
        found.why
    )?;
    match problems.len() {
        0 => writeln!(
            out,
            "The tombstone is whole and signed by key {}; nothing of the record is left here.",
            found.key
        )?,
        1 => writeln!(out, "1 problem with the tombstone")?,
        n => writeln!(out, "{n} problems with the tombstone")?,
    }
    Ok(ExitCode::from(u8::from(!whole)))
}

fn print(
    out: &mut impl Write,
    dir: &Path,
    problems: &[Problem],
    reader: Option<&RecordReader>,
) -> std::io::Result<()> {
    for problem in problems {
        writeln!(out, "{problem}")?;
    }
    match (problems.len(), reader.and_then(|r| r.manifest())) {
        (0, Some(m)) => writeln!(
            out,
            "{} is whole: {} events, {} files, {} s of audio, sealed by key {}",
            dir.display(),
            m.events.count,
            m.files.len(),
            m.audio
                .as_ref()
                .map_or(0, |a| a.samples / u64::from(a.rate.max(1))),
            m.key.id
        ),
        (1, _) => writeln!(out, "1 problem in {}", dir.display()),
        (n, _) => writeln!(out, "{n} problems in {}", dir.display()),
    }?;
    if reader.is_some_and(RecordReader::is_being_written) {
        writeln!(out, "The session is being written at this moment.")?;
    }
    Ok(())
}
