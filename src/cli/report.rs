//! `viva report`: a record's documents written again, in any format.

use super::embedding;
use super::who::Reading;
use crate::record::{Trust, corrections_of, locate};
use crate::report::{Format, RecordedSession, Report, document};
use anyhow::{Context, bail};
use clap::ValueEnum;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write a session's documents again, in any format
///
/// The documents follow from the record's head and log alone, so they are
/// the same as those that were sealed with it; corrections that were made
/// since stand beside what they correct, and the report says so. The record
/// itself is never changed.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  viva report 01J9ZQ4H5T8W3X2Y1V0N7M6K5B
  viva report 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --format pdf --out report.pdf
  viva report 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --format all --out reports/")]
pub(super) struct Args {
    /// A session id, or a record's folder
    #[arg(value_name = "ID|FOLDER")]
    record: String,

    /// What to write; several with commas between them
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "txt",
        value_name = "FORMAT"
    )]
    format: Vec<FormatArg>,

    /// Where to: a file, a folder for several documents, or `-` for standard
    /// output
    #[arg(long, short, value_name = "FILE|DIR|-")]
    out: Option<PathBuf>,

    /// Where the report's links find the recording [default: in the record]
    #[arg(long, value_name = "URL")]
    audio: Option<String>,

    #[command(flatten)]
    reading: Reading,

    /// Print what was written as JSON
    #[arg(long, requires = "out")]
    json: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum FormatArg {
    /// The transcript in its fixed layout
    Txt,
    /// The report as Markdown
    Md,
    /// The report as one HTML page that plays the recording
    Html,
    /// The report as PDF
    Pdf,
    /// Everything, with times
    Json,
    /// Captions of the recording (WebVTT)
    Vtt,
    /// How long each part of the program took
    Timing,
    /// All of these, into a folder
    All,
}

impl FormatArg {
    fn formats(self) -> Vec<Format> {
        vec![match self {
            Self::Txt => Format::Txt,
            Self::Md => Format::Md,
            Self::Html => Format::Html,
            Self::Pdf => Format::Pdf,
            Self::Json => Format::Json,
            Self::Vtt => Format::Vtt,
            Self::Timing => Format::Timing,
            Self::All => return Format::ALL.to_vec(),
        }]
    }
}

/// Where documents go.
enum Target {
    Output,
    File(PathBuf),
    Folder(PathBuf),
}

/// Writes documents of a record.
///
/// # Errors
/// If there is no such record, it cannot be read, or the documents cannot be
/// written where they should go.
pub(super) fn run(args: &Args, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let mut formats: Vec<Format> = args.format.iter().flat_map(|f| f.formats()).collect();
    formats.sort();
    formats.dedup();
    let target = target(args.out.as_deref(), &formats)?;
    let dir = locate(data_dir, &args.record)?;
    args.reading.note(data_dir, "report", &[&dir])?;
    let session = RecordedSession::read(&dir)?;
    if !session.sealed {
        let why = if session.running {
            "is being written; this is the report so far"
        } else {
            "was broken off; this is the report of what it holds"
        };
        eprintln!("viva: the record {} {why}", dir.display());
    }
    let mut report = session.report(embedding::that_scored(&dir)?.as_ref());
    let trust = Trust::own(data_dir, &[])?;
    let (corrections, wrong) = corrections_of(data_dir, &dir, &trust)?;
    if let Some(problem) = wrong.first() {
        eprintln!("viva: the annexes are damaged, so a correction may be missing: {problem}");
    }
    report.correct(&corrections);
    let audio = match (&args.audio, &target) {
        (Some(url), _) => url.clone(),
        // Whoever pipes a document gets the bytes that were sealed.
        (None, Target::Output) => "../call.wav".to_owned(),
        (None, _) => file_url(&dir.join("call.wav"))?,
    };
    let written = write(&report, &formats, &target, &audio)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let facts = json!({ "record": dir, "written": written });
        writeln!(out, "{}", serde_json::to_string_pretty(&facts)?)?;
    } else {
        for path in &written {
            writeln!(out, "Wrote {}", path.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn target(out: Option<&Path>, formats: &[Format]) -> anyhow::Result<Target> {
    let Some(out) = out else {
        if formats.len() > 1 {
            bail!("Several documents need a folder: give --out DIR");
        }
        if !formats[0].is_text() && std::io::stdout().is_terminal() {
            bail!("A PDF is nothing for a terminal: give --out FILE");
        }
        return Ok(Target::Output);
    };
    if out == Path::new("-") {
        if formats.len() > 1 {
            bail!(
                "Standard output takes one document, {} were asked for",
                formats.len()
            );
        }
        return Ok(Target::Output);
    }
    let ends_open = out
        .to_string_lossy()
        .ends_with(['/', std::path::MAIN_SEPARATOR]);
    let folder = formats.len() > 1 || ends_open || out.is_dir();
    if folder && out.exists() && !out.is_dir() {
        bail!(
            "{} is a file: {} documents need a folder",
            out.display(),
            formats.len()
        );
    }
    if let Some(record) = record_around(out)? {
        bail!(
            "{} lies in the record {}: a record is never changed; choose a place outside it",
            out.display(),
            record.display()
        );
    }
    Ok(if folder {
        Target::Folder(out.to_owned())
    } else {
        Target::File(out.to_owned())
    })
}

/// The record that a path lies in, if it does, links followed.
fn record_around(path: &Path) -> anyhow::Result<Option<PathBuf>> {
    let whole =
        std::path::absolute(path).with_context(|| format!("Bad path {}", path.display()))?;
    // What does not exist yet cannot be a link.
    let there = whole.ancestors().find_map(|part| part.canonicalize().ok());
    let record = there
        .iter()
        .flat_map(|there| there.ancestors())
        .find(|dir| dir.join("head.json").is_file() && dir.join("events.jsonl").is_file());
    Ok(record.map(Path::to_path_buf))
}

fn write(
    report: &Report,
    formats: &[Format],
    target: &Target,
    audio: &str,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for &format in formats {
        let bytes = document(report, format, audio);
        let path = match target {
            Target::Output => {
                let mut out = std::io::stdout().lock();
                match out.write_all(&bytes).and_then(|()| out.flush()) {
                    // Whoever reads has seen enough.
                    Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {}
                    done => done.context("Cannot write the document")?,
                }
                continue;
            }
            Target::File(path) => path.clone(),
            Target::Folder(dir) => {
                std::fs::create_dir_all(dir)
                    .with_context(|| format!("Cannot create the folder {}", dir.display()))?;
                dir.join(format.file_name())
            }
        };
        write_whole(&path, &bytes).with_context(|| format!("Cannot write {}", path.display()))?;
        written.push(path);
    }
    Ok(written)
}

/// Writes a file beside itself and renames it, so that a document is whole
/// or absent.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.part"));
    std::fs::write(&part, bytes)?;
    std::fs::rename(&part, path).inspect_err(|_| {
        let _ = std::fs::remove_file(&part);
    })
}

/// A file's address (RFC 8089).
fn file_url(path: &Path) -> anyhow::Result<String> {
    let whole =
        std::path::absolute(path).with_context(|| format!("Bad path {}", path.display()))?;
    let mut url = "file://".to_owned();
    let text = whole.to_string_lossy().replace('\\', "/");
    if !text.starts_with('/') {
        url.push('/');
    }
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' | b':' => {
                url.push(char::from(byte));
            }
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files_hold_no_sign_that_means_something() {
        let url = file_url(Path::new("/tmp/a b/#1?.wav")).unwrap();
        assert_eq!(url, "file:///tmp/a%20b/%231%3F.wav");
    }

    #[test]
    fn several_documents_need_a_folder() {
        assert!(target(None, &Format::ALL).is_err());
        assert!(target(Some(Path::new("-")), &Format::ALL).is_err());
        assert!(matches!(
            target(Some(Path::new("-")), &[Format::Pdf]),
            Ok(Target::Output)
        ));
    }
}
