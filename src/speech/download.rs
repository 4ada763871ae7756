//! Fetching a model file: resumed where it was cut, checked against its
//! SHA-256, and only then given its name.
//!
//! `FILE.part` grows while the download runs and stays where it fails;
//! `FILE.part.etag` remembers which version of the file it belongs to;
//! `FILE.sha256` stands beside the finished file, in the form that
//! `sha256sum -c` reads.

mod files;
mod transfer;
mod web;

pub(super) use files::write_text;
pub use files::{copy_file, sha256_of, sum_beside};
pub use web::fetch_text;

use super::Cancel;
use super::catalogue::{self, HUGGING_FACE};
use files::io_at;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use transfer::Fetch;

/// Why a model could not be fetched or checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The name cannot be a model's.
    #[error("Model name {0:?} has letters other than A-Z, a-z, 0-9, dot, dash and underscore")]
    BadName(String),
    /// The mirror is no web address.
    #[error("Mirror {0:?} is no web address, expected http:// or https://")]
    BadMirror(String),
    /// The server does not have the file, or refuses it.
    #[error("{url} answered {status}{hint}")]
    Status {
        /// The address.
        url: String,
        /// The answer.
        status: u16,
        /// What it probably means.
        hint: &'static str,
    },
    /// No connection, or a broken one after all attempts.
    #[error("{url}: {why}")]
    Network {
        /// The address.
        url: String,
        /// What failed.
        why: String,
    },
    /// Another length or another sum than the file must have.
    #[error("{file} has {what} {found}, expected {expected}{then}")]
    Mismatch {
        /// The file or address.
        file: String,
        /// Length or sum.
        what: &'static str,
        /// As found.
        found: String,
        /// As it must be.
        expected: String,
        /// What was done, or is to be done, about it.
        then: &'static str,
    },
    /// Nothing to check the file against.
    #[error("No SHA-256 is known for {0}, and the server gives none; nothing was fetched")]
    NoSum(String),
    /// The disk is too full.
    #[error("{place} has {free} bytes free, expected {needed} for {file}")]
    DiskFull {
        /// The folder.
        place: String,
        /// What is free there.
        free: u64,
        /// What the file needs.
        needed: u64,
        /// The file.
        file: String,
    },
    /// Another process fetches the same file.
    #[error("{0} is being fetched by another process")]
    Busy(String),
    /// It was asked to stop; what is there stays for the next run.
    #[error("The download of {0} was stopped")]
    Stopped(String),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// What to fetch, and where to.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the model, in any form.
    pub name: String,
    /// Address of the folder that holds the files.
    pub mirror: String,
    /// Folder that the file is written to; made where missing.
    pub folder: PathBuf,
    /// Fetch again although it is there.
    pub force: bool,
    /// Length that the file must have, where that is known.
    pub bytes: Option<u64>,
    /// SHA-256 that the file must have, where that is known.
    pub sha256: Option<String>,
    /// Wait before a broken connection is taken up again.
    pub pause: Duration,
    /// Stops the download, which keeps what is there.
    pub cancel: Cancel,
}

impl Request {
    /// A request with what the catalogue knows about `name`, from `mirror`
    /// or Hugging Face, into `folder`.
    pub fn new(name: &str, mirror: Option<&str>, folder: &Path) -> Self {
        let known = catalogue::known(name);
        Self {
            name: name.to_owned(),
            mirror: mirror.unwrap_or(HUGGING_FACE).to_owned(),
            folder: folder.to_owned(),
            force: false,
            bytes: known.map(|m| m.bytes),
            sha256: known.map(|m| m.sha256.to_owned()),
            pause: Duration::from_secs(2),
            cancel: Cancel::default(),
        }
    }
}

/// Where the sum came from that the file was checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SumSource {
    /// Viva's catalogue.
    Catalogue,
    /// The server's answer (Hugging Face names the stored object's sum).
    Server,
    /// The `FILE.sha256` of an earlier download.
    BesideFile,
}

/// A file that is there and has the right sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it lies.
    pub path: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
    /// Where that came from.
    pub source: SumSource,
    /// Bytes that this run fetched; 0 where the file was there already.
    pub fetched: u64,
}

/// Fetches a model. `progress` gets the bytes that are there and the bytes
/// in all, where that is known.
///
/// # Errors
///
/// [`DownloadError`]; a `.part` file stays for the next run unless its sum
/// is wrong.
pub fn fetch(
    request: &Request,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, DownloadError> {
    let name = catalogue::short_name(&request.name);
    check_name(name, &request.name)?;
    fetch_file(request, &catalogue::file_name(name), progress)
}

/// As [`fetch`], a file of any name in the mirror's folder. Its length and
/// sum are the request's.
///
/// # Errors
///
/// [`DownloadError`]; a `.part` file stays for the next run unless its sum
/// is wrong.
pub fn fetch_file(
    request: &Request,
    file: &str,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, DownloadError> {
    check_name(file, file)?;
    if !request.mirror.starts_with("http://") && !request.mirror.starts_with("https://") {
        return Err(DownloadError::BadMirror(request.mirror.clone()));
    }
    let target = request.folder.join(file);
    if target.is_file() && !request.force {
        return already_there(&target, request);
    }
    std::fs::create_dir_all(&request.folder).map_err(io_at(&request.folder))?;
    let url = format!("{}/{file}", request.mirror.trim_end_matches('/'));
    Fetch::open(request, target, url)?.run(progress)
}

/// A file name that leads nowhere else.
fn check_name(name: &str, shown: &str) -> Result<(), DownloadError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(DownloadError::BadName(shown.to_owned()));
    }
    Ok(())
}

fn already_there(target: &Path, request: &Request) -> Result<Fetched, DownloadError> {
    let (expected, source) = match &request.sha256 {
        Some(sum) => (sum.clone(), SumSource::Catalogue),
        None => (
            sum_beside(target).ok_or_else(|| DownloadError::NoSum(target.display().to_string()))?,
            SumSource::BesideFile,
        ),
    };
    let found = sha256_of(target)?;
    if found != expected {
        return Err(DownloadError::Mismatch {
            file: target.display().to_string(),
            what: "SHA-256",
            found,
            expected,
            then: "; fetch it again with --force",
        });
    }
    Ok(Fetched {
        path: target.to_owned(),
        sha256: expected,
        source,
        fetched: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_mirrors_are_checked_before_anything_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["", "../etc", "a b", "..", "base.en\n"] {
            let request = Request::new(name, None, dir.path());
            let result = fetch(&request, &mut |_, _| {});
            assert!(matches!(result, Err(DownloadError::BadName(_))), "{name}");
        }
        let request = Request::new("base.en", Some("file:///tmp"), dir.path());
        let result = fetch(&request, &mut |_, _| {});
        assert!(matches!(result, Err(DownloadError::BadMirror(_))));
    }
}
