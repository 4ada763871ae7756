//! Writes a ZIP file: whole or not at all, readable by its owner only, and
//! without times or anything else that differs from run to run.

use super::ExportError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// An archive that is being written beside its place.
pub(super) struct Archive {
    path: PathBuf,
    part: PathBuf,
    zip: Option<ZipWriter<BufWriter<File>>>,
    files: usize,
}

impl Archive {
    /// Begins an archive that will stand at `path`, where nothing is yet.
    pub(super) fn create(path: &Path) -> Result<Self, ExportError> {
        let fail = |why: String| ExportError::Write {
            path: path.to_path_buf(),
            why,
        };
        if path.exists() {
            return Err(fail("there is a file of this name already".into()));
        }
        let name = path
            .file_name()
            .ok_or_else(|| fail("it has no name".into()))?;
        let part = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(|e| fail(e.to_string()))?;
        Ok(Self {
            path: path.to_path_buf(),
            part,
            zip: Some(ZipWriter::new(BufWriter::with_capacity(1 << 18, file))),
            files: 0,
        })
    }

    fn fail(&self, why: impl ToString) -> ExportError {
        ExportError::Write {
            path: self.path.clone(),
            why: why.to_string(),
        }
    }

    fn begin(&mut self, name: &str, stored: bool) -> Result<&mut impl Write, ExportError> {
        let method = match stored {
            true => CompressionMethod::Stored,
            false => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::default())
            .system(System::Unix)
            .unix_permissions(0o644)
            // A recording of an hour is a quarter of a gigabyte, one of 18
            // hours four: sizes that need 64 bits are possible.
            .large_file(stored);
        let failed = |e: zip::result::ZipError| e.to_string();
        let begun = match &mut self.zip {
            Some(zip) => zip.start_file(name, options).map_err(failed),
            None => Err("it is closed".to_owned()),
        };
        match (begun, &mut self.zip) {
            (Ok(()), Some(zip)) => {
                self.files += 1;
                Ok(zip)
            }
            (Err(why), _) => Err(ExportError::Write {
                path: self.path.clone(),
                why,
            }),
            _ => Err(ExportError::Write {
                path: self.path.clone(),
                why: "it is closed".into(),
            }),
        }
    }

    /// Adds a file with this content.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let written = self.begin(name, false)?.write_all(bytes);
        written.map_err(|e| self.fail(e))
    }

    /// Adds a copy of a file.
    pub(super) fn copy(&mut self, name: &str, from: &Path) -> Result<(), ExportError> {
        let mut file = File::open(from)
            .map_err(|e| ExportError::Refused(format!("Cannot read {}: {e}", from.display())))?;
        // Sound hardly packs, and a stored one can be read in place.
        let stored = name.ends_with(".wav");
        let mut to = self.begin(name, stored)?;
        let copied = io::copy(&mut file, &mut to);
        copied.map(drop).map_err(|e| self.fail(e))
    }

    /// Gives the archive its place; the number of files in it comes back.
    pub(super) fn finish(mut self) -> Result<usize, ExportError> {
        let Some(zip) = self.zip.take() else {
            return Err(self.fail("it is closed"));
        };
        let file = zip.finish().map_err(|e| self.fail(e))?;
        let file = file.into_inner().map_err(|e| self.fail(e.error()))?;
        file.sync_all().map_err(|e| self.fail(e))?;
        fs::rename(&self.part, &self.path).map_err(|e| self.fail(e))?;
        Ok(self.files)
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        // Once finished it has another name.
        let _ = fs::remove_file(&self.part);
    }
}
