//! Files that are only named once they are whole, and their sums.

use super::{DownloadError, check_name};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Copies a file into `folder`, checks it against `sha256` where that is
/// given, and only then gives it its name. Comes back with its sum and the
/// bytes that were copied: none where it was there already.
///
/// # Errors
///
/// [`DownloadError::Io`], and [`DownloadError::Mismatch`] where the sum
/// differs.
pub fn copy_file(
    from: &Path,
    folder: &Path,
    sha256: Option<&str>,
    force: bool,
) -> Result<(String, u64), DownloadError> {
    let name = from.file_name().unwrap_or_default().to_string_lossy();
    check_name(&name, &name)?;
    let target = folder.join(&*name);
    let sum = sha256_of(from)?;
    if let Some(expected) = sha256.filter(|expected| *expected != sum) {
        return Err(DownloadError::Mismatch {
            file: from.display().to_string(),
            what: "SHA-256",
            found: sum,
            expected: expected.to_owned(),
            then: "; nothing was copied",
        });
    }
    if target.is_file() && !force {
        let found = sha256_of(&target)?;
        if found == sum {
            record_sum(&target, &sum)?;
            return Ok((sum, 0));
        }
        return Err(DownloadError::Mismatch {
            file: target.display().to_string(),
            what: "SHA-256",
            found,
            expected: sum,
            then: "; replace it with --force",
        });
    }
    std::fs::create_dir_all(folder).map_err(io_at(folder))?;
    let part = with_ending(&target, ".part");
    let bytes = std::fs::copy(from, &part).map_err(io_at(&part))?;
    std::fs::rename(&part, &target).map_err(io_at(&target))?;
    record_sum(&target, &sum)?;
    Ok((sum, bytes))
}

/// Writes a text that was fetched whole, and its sum beside it.
///
/// # Errors
///
/// [`DownloadError::Io`].
pub(in crate::speech) fn write_text(file: &Path, text: &str) -> Result<String, DownloadError> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(io_at(folder))?;
    }
    let part = with_ending(file, ".part");
    std::fs::write(&part, text).map_err(io_at(&part))?;
    std::fs::rename(&part, file).map_err(io_at(file))?;
    let sum = hex::encode(Sha256::digest(text));
    record_sum(file, &sum)?;
    Ok(sum)
}

/// Writes `FILE.sha256`, in the form that `sha256sum -c` reads.
pub(super) fn record_sum(file: &Path, sum: &str) -> Result<(), DownloadError> {
    let beside = with_ending(file, ".sha256");
    let name = file.file_name().unwrap_or_default();
    let line = format!("{sum}  {}\n", name.to_string_lossy());
    std::fs::write(&beside, line).map_err(io_at(&beside))
}

/// The SHA-256 of a file, in lower-case hexadecimal.
///
/// # Errors
///
/// [`DownloadError::Io`] where it cannot be read.
pub fn sha256_of(path: &Path) -> Result<String, DownloadError> {
    let mut file = File::open(path).map_err(io_at(path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer).map_err(io_at(path))? {
            0 => return Ok(hex::encode(hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
    }
}

/// The sum in `FILE.sha256`, where that is there and well-formed.
pub fn sum_beside(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(with_ending(path, ".sha256")).ok()?;
    let sum = text.split_whitespace().next()?.to_ascii_lowercase();
    (sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit())).then_some(sum)
}

pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

pub(super) fn io_at(path: &Path) -> impl FnOnce(io::Error) -> DownloadError {
    let path = path.display().to_string();
    move |source| DownloadError::Io { path, source }
}
