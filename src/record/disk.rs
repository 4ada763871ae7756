//! The one seam to the file system's writing side, so that a full or failing
//! disk can be played in tests, and the two ways in which files come to be:
//! whole by rename, or line by line.

use super::error::RecordError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// An open file as the record needs it.
pub(crate) trait Sink: Write + Seek + Send {
    /// Waits until the data are on the medium.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the file to `len` bytes.
    fn cut(&mut self, len: u64) -> io::Result<()>;
}

impl Sink for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

/// Makes new files, and opens those that are to grow on.
pub(crate) trait Disk: Send + Sync {
    /// Makes the file `path`, which must not exist yet.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>>;
    /// Opens the file `path`, which must exist, at its beginning.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Sink>>;

    /// Makes the names in a folder survive a power cut.
    fn sync_names(&self, dir: &Path) -> Result<(), RecordError> {
        sync_dir(dir)
    }
}

/// The real file system.
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Box::new(file))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        Ok(Box::new(OpenOptions::new().write(true).open(path)?))
    }
}

/// The real file system, which waits for no medium: for records that can be
/// made again (tests, simulations).
pub(crate) struct Hasty;

struct Unsynced(File);

impl Write for Unsynced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Unsynced {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl Sink for Unsynced {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
}

impl Disk for Hasty {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Box::new(Unsynced(file)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        let file = OpenOptions::new().write(true).open(path)?;
        Ok(Box::new(Unsynced(file)))
    }

    fn sync_names(&self, _dir: &Path) -> Result<(), RecordError> {
        Ok(())
    }
}

/// Reads a file of one JSON value; `None` if there is no such file.
///
/// # Errors
/// [`RecordError::BadLine`] if it holds something else.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(
    path: &Path,
) -> Result<Option<T>, RecordError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(RecordError::io("read", path, e)),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|e| RecordError::BadLine {
            path: path.into(),
            line: e.line() as u64,
            what: e.to_string(),
        })
}

/// Writes a whole file so that it is there with all its bytes or not at all:
/// beside itself first, synced, then renamed. Nothing is left on failure.
pub(crate) fn write_whole(
    disk: &dyn Disk,
    dir: &Path,
    name: &str,
    bytes: &[u8],
) -> Result<(), RecordError> {
    let path = dir.join(name);
    let temp = dir.join(format!(".{name}.part"));
    let written = (|| {
        let mut sink = disk.create(&temp)?;
        sink.write_all(bytes)?;
        sink.flush()?;
        sink.sync()
    })();
    let done = written
        .map_err(|e| RecordError::io("write", &path, e))
        .and_then(|()| fs::rename(&temp, &path).map_err(|e| RecordError::io("rename", &path, e)));
    if done.is_err() {
        // The first error is the one worth telling.
        let _ = fs::remove_file(&temp);
        return done;
    }
    disk.sync_names(dir)
}

/// Writes a small file that changes, so that the old or the new one is there
/// whole whenever the process dies. For what is no part of a record.
pub(crate) fn replace_whole(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
    // What an earlier, killed try had written stands in the way.
    let _ = fs::remove_file(dir.join(format!(".{name}.part")));
    write_whole(&RealDisk, dir, name, bytes)
}

/// The same for something that can be worked out again, in a folder that is
/// made where there is none.
pub(crate) fn replace_cached(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
    private_dirs(true)
        .create(dir)
        .map_err(|e| RecordError::io("create", dir, e))?;
    replace_whole(dir, name, bytes)
}

/// The same for a file that only its owner may read: what is in it lets
/// people in.
pub(crate) fn replace_private(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
    let _ = fs::remove_file(dir.join(format!(".{name}.part")));
    write_whole(&Private, dir, name, bytes)
}

/// The real file system, whose new files are their owner's alone.
struct Private;

impl Disk for Private {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Box::new(options.open(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        RealDisk.open(path)
    }
}

/// Makes the names in a folder survive a power cut (where folders can be
/// synced; elsewhere the system does it itself).
pub(crate) fn sync_dir(dir: &Path) -> Result<(), RecordError> {
    if cfg!(unix) {
        File::open(dir)
            .and_then(|d| d.sync_all())
            .map_err(|e| RecordError::io("sync", dir, e))?;
    }
    Ok(())
}

/// Makes folders that only their owner can look into, where the system knows
/// such a thing: what was said in an interview is nobody else's business.
pub(crate) fn private_dirs(recursive: bool) -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(recursive);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// How a file is opened for writing that only its owner may read, where the
/// system knows such a thing; made by who says so.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Waits for a file's lock, which is held until the file is dropped. The
/// file is made where there is none; its folder is there.
pub(crate) fn lock_file(path: &Path) -> Result<File, RecordError> {
    let file = private_file()
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|e| RecordError::io("create", path, e))?;
    file.lock().map_err(|e| RecordError::io("lock", path, e))?;
    Ok(file)
}

/// A text file that only ever grows by whole lines.
pub(crate) struct LineFile {
    path: PathBuf,
    sink: Box<dyn Sink>,
    len: u64,
    broken: bool,
}

impl LineFile {
    pub(crate) fn create(disk: &dyn Disk, path: &Path) -> Result<Self, RecordError> {
        let sink = disk
            .create(path)
            .map_err(|e| RecordError::io("create", path, e))?;
        Ok(Self {
            path: path.to_path_buf(),
            sink,
            len: 0,
            broken: false,
        })
    }

    /// Opens a file that a writer left behind, to go on after its first
    /// `len` bytes; what stands behind them (half a line) is cut off.
    pub(crate) fn open(disk: &dyn Disk, path: &Path, len: u64) -> Result<Self, RecordError> {
        let mut sink = disk
            .open(path)
            .map_err(|e| RecordError::io("write", path, e))?;
        sink.cut(len)
            .and_then(|()| sink.seek(SeekFrom::Start(len)))
            .map_err(|e| RecordError::io("write", path, e))?;
        Ok(Self {
            path: path.to_path_buf(),
            sink,
            len,
            broken: false,
        })
    }

    /// Adds one line (given with its newline) and hands it to the system;
    /// with `sync`, waits for the medium. On failure the file is cut back to
    /// its last whole line, so that a later try can go on from there.
    pub(crate) fn append(&mut self, line: &[u8], sync: bool) -> Result<(), RecordError> {
        if self.broken {
            return Err(RecordError::Broken {
                path: self.path.clone(),
            });
        }
        let mut done = self.sink.write_all(line).and_then(|()| self.sink.flush());
        if sync && done.is_ok() {
            done = self.sink.sync();
        }
        match done {
            Ok(()) => {
                self.len += line.len() as u64;
                Ok(())
            }
            Err(e) => {
                let cut = self.sink.cut(self.len);
                let back = self.sink.seek(SeekFrom::Start(self.len));
                self.broken = cut.is_err() || back.is_err();
                Err(RecordError::io("write", &self.path, e))
            }
        }
    }

    /// Waits until everything is on the medium.
    pub(crate) fn sync(&mut self) -> Result<(), RecordError> {
        self.sink
            .sync()
            .map_err(|e| RecordError::io("sync", &self.path, e))
    }
}

/// Free bytes for this user on the disk that holds `dir`, or that would hold
/// it: the nearest folder above it that exists.
pub fn free_space(dir: &Path) -> Result<u64, RecordError> {
    let at = nearest(dir)?;
    fs4::available_space(&at).map_err(|e| RecordError::io("look at", &at, e))
}

/// Whether files can be made in `dir`, tried with a file that is removed
/// again. If `dir` does not exist, the nearest folder above it is tried;
/// nothing is left behind.
pub fn check_writable(dir: &Path) -> Result<(), RecordError> {
    let at = nearest(dir)?;
    let probe = at.join(format!(".viva-probe-{}", std::process::id()));
    let tried = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&probe)
        .and_then(|mut f| f.write_all(b"probe").and_then(|()| f.sync_data()));
    let removed = fs::remove_file(&probe);
    tried.map_err(|e| RecordError::io("write", &at, e))?;
    removed.map_err(|e| RecordError::io("write", &at, e))
}

fn nearest(dir: &Path) -> Result<PathBuf, RecordError> {
    for at in dir.ancestors() {
        let at = if at.as_os_str().is_empty() {
            Path::new(".")
        } else {
            at
        };
        match fs::metadata(at) {
            Ok(m) if m.is_dir() => return Ok(at.to_path_buf()),
            Ok(_) => {
                let source = io::Error::from(io::ErrorKind::NotADirectory);
                return Err(RecordError::io("write", at, source));
            }
            // `a/b` where `a` is a file says "not a directory": look higher,
            // so that the error names the file itself.
            Err(_) => {}
        }
    }
    Err(RecordError::NotFound {
        path: dir.to_path_buf(),
    })
}

/// Disks that fail on purpose.
#[cfg(test)]
pub(crate) mod faulty {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    /// A disk that is full after so many more bytes; `left` can be raised
    /// again. A write that only half fits is half done, as real ones are.
    #[derive(Clone)]
    pub(crate) struct Full {
        pub(crate) left: Arc<AtomicU64>,
    }

    impl Full {
        pub(crate) fn after(bytes: u64) -> Self {
            Self {
                left: Arc::new(AtomicU64::new(bytes)),
            }
        }
    }

    struct FullSink {
        file: File,
        left: Arc<AtomicU64>,
    }

    impl Disk for Full {
        fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
            Ok(Box::new(FullSink {
                file: File::create_new(path)?,
                left: self.left.clone(),
            }))
        }

        fn open(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
            Ok(Box::new(FullSink {
                file: OpenOptions::new().write(true).open(path)?,
                left: self.left.clone(),
            }))
        }
    }

    impl Write for FullSink {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            // Overwriting needs no space.
            let pos = self.file.stream_position()?;
            let old = self.file.metadata()?.len().saturating_sub(pos);
            let room = old + self.left.load(SeqCst);
            let n = buf.len().min(usize::try_from(room).unwrap());
            if n == 0 && !buf.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let n = self.file.write(&buf[..n])?;
            let grown = (n as u64).saturating_sub(old);
            self.left.fetch_sub(grown, SeqCst);
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for FullSink {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.file.seek(to)
        }
    }

    impl Sink for FullSink {
        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn cut(&mut self, len: u64) -> io::Result<()> {
            self.file.set_len(len)
        }
    }
}
