//! Fetching a model file: resumed where it was cut, checked against its
//! SHA-256, and only then given its name.
//!
//! `FILE.part` grows while the download runs and stays where it fails;
//! `FILE.part.etag` remembers which version of the file it belongs to;
//! `FILE.sha256` stands beside the finished file, in the form that
//! `sha256sum -c` reads.

use super::Cancel;
use super::catalogue::{self, HUGGING_FACE};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Response, StatusCode};

/// Hops from the given address to the file at most.
const REDIRECTS: u32 = 8;
/// Times that a broken connection is taken up again without any progress.
const ATTEMPTS: u32 = 4;
/// Bytes of a text that is fetched whole, at most.
const TEXT: u64 = 64 << 10;
/// Space that must stay free on the disk.
const SPARE: u64 = 32 << 20;

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

/// The text at an address, of a bounded length.
///
/// # Errors
///
/// [`DownloadError::Status`] where the server does not have it,
/// [`DownloadError::Network`] where it cannot be reached or read.
pub fn fetch_text(url: &str) -> Result<String, DownloadError> {
    let network = |why: String| DownloadError::Network {
        url: url.to_owned(),
        why,
    };
    let agent = agent(REDIRECTS);
    let mut response = agent.get(url).call().map_err(|e| network(e.to_string()))?;
    if response.status() != StatusCode::OK {
        return Err(DownloadError::Status {
            url: url.to_owned(),
            status: response.status().as_u16(),
            hint: match response.status().as_u16() {
                401 | 403 => ": the server wants a login",
                404 | 410 => ": there is no such file",
                _ => "",
            },
        });
    }
    let body = response.body_mut().with_config().limit(TEXT);
    body.read_to_string().map_err(|e| network(e.to_string()))
}

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
pub(super) fn write_text(file: &Path, text: &str) -> Result<String, DownloadError> {
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
fn record_sum(file: &Path, sum: &str) -> Result<(), DownloadError> {
    let beside = with_ending(file, ".sha256");
    let name = file.file_name().unwrap_or_default();
    let line = format!("{sum}  {}\n", name.to_string_lossy());
    std::fs::write(&beside, line).map_err(io_at(&beside))
}

/// A client that follows so many redirects.
fn agent(redirects: u32) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(redirects)
        .max_redirects_will_error(redirects > 0)
        .user_agent(concat!("viva/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        .timeout_per_read(Some(Duration::from_secs(60)))
        .build()
        .new_agent()
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

/// A running download.
struct Fetch<'a> {
    request: &'a Request,
    agent: Agent,
    target: PathBuf,
    part_path: PathBuf,
    etag_path: PathBuf,
    part: File,
    url: String,
    /// Sum named by the server.
    server_sum: Option<String>,
    fetched: u64,
}

/// How one connection ended.
enum Round {
    /// The file is whole.
    Whole,
    /// Cut, or failed in a way that another attempt may mend.
    Cut(String),
    /// What is there does not fit to what the server has: begin anew.
    Anew,
}

impl<'a> Fetch<'a> {
    fn open(request: &'a Request, target: PathBuf, url: String) -> Result<Self, DownloadError> {
        let part_path = with_ending(&target, ".part");
        let part = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&part_path)
            .map_err(io_at(&part_path))?;
        if part.try_lock().is_err() {
            return Err(DownloadError::Busy(target.display().to_string()));
        }
        // Redirects are followed by hand: the sum stands in their headers.
        let agent = agent(0);
        Ok(Self {
            request,
            agent,
            etag_path: with_ending(&target, ".part.etag"),
            target,
            part_path,
            part,
            url,
            server_sum: None,
            fetched: 0,
        })
    }

    fn run(mut self, progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<Fetched, DownloadError> {
        let mut failures = 0;
        loop {
            let before = self.fetched;
            match self.round(progress)? {
                Round::Whole => return self.finish(),
                Round::Anew => {
                    self.part.set_len(0).map_err(io_at(&self.part_path))?;
                    failures += 1;
                    if failures >= ATTEMPTS {
                        return Err(self.network("the server's answers do not fit together"));
                    }
                }
                Round::Cut(why) => {
                    failures = if self.fetched > before {
                        1
                    } else {
                        failures + 1
                    };
                    if failures >= ATTEMPTS {
                        return Err(self.network(&why));
                    }
                    // Where it fails in the end, the error says why.
                    tracing::info!(url = self.url, why, "The download was cut, going on");
                    self.wait()?;
                }
            }
        }
    }

    /// Waits before the next connection.
    fn wait(&self) -> Result<(), DownloadError> {
        let mut left = self.request.pause;
        while !left.is_zero() {
            self.go_on()?;
            let nap = left.min(Duration::from_millis(50));
            std::thread::sleep(nap);
            left -= nap;
        }
        self.go_on()
    }

    /// An error once the download is to stop.
    fn go_on(&self) -> Result<(), DownloadError> {
        if self.request.cancel.is_cancelled() {
            return Err(DownloadError::Stopped(self.target.display().to_string()));
        }
        Ok(())
    }

    /// One connection: asks for what is missing and appends it.
    fn round(
        &mut self,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<Round, DownloadError> {
        let have = self.part.metadata().map_err(io_at(&self.part_path))?.len();
        if self.request.bytes == Some(have) {
            return Ok(Round::Whole);
        }
        let mut response = match self.ask(have)? {
            Ok(response) => response,
            Err(why) => return Ok(Round::Cut(why)),
        };
        let from = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT
                if content_range(&response).is_some_and(|r| r.0 == have) =>
            {
                have
            }
            StatusCode::PARTIAL_CONTENT => return Ok(Round::Anew),
            StatusCode::RANGE_NOT_SATISFIABLE => {
                // Complete already, or the remains of another file.
                let total = header(&response, "content-range")
                    .and_then(|r| r.strip_prefix("bytes */")?.parse::<u64>().ok());
                if total == Some(have) && have > 0 {
                    return Ok(Round::Whole);
                }
                return Ok(Round::Anew);
            }
            status if status.is_server_error() => return Ok(Round::Cut(status.to_string())),
            status => {
                return Err(DownloadError::Status {
                    url: self.url.clone(),
                    status: status.as_u16(),
                    hint: match status.as_u16() {
                        401 | 403 => ": the server wants a login",
                        404 | 410 => ": there is no such model; see viva models list",
                        _ => "",
                    },
                });
            }
        };
        let total = content_range(&response)
            .and_then(|r| r.1)
            .or_else(|| Some(from + header(&response, "content-length")?.parse::<u64>().ok()?));
        self.check_offer(total)?;
        self.check_space(total, from)?;
        self.remember_version(&response);

        self.part.set_len(from).map_err(io_at(&self.part_path))?;
        self.part
            .seek(SeekFrom::Start(from))
            .map_err(io_at(&self.part_path))?;
        let mut there = from;
        let mut buffer = vec![0; 1 << 16];
        let mut body = response.body_mut().as_reader();
        progress(there, total);
        loop {
            let n = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) => return Ok(Round::Cut(e.to_string())),
            };
            self.part
                .write_all(&buffer[..n])
                .map_err(io_at(&self.part_path))?;
            there += n as u64;
            self.fetched += n as u64;
            progress(there, total);
            self.go_on()?;
        }
        Ok(match total.or(self.request.bytes) {
            Some(total) if there < total => Round::Cut(format!(
                "the connection ended after {there} of {total} bytes"
            )),
            _ => Round::Whole,
        })
    }

    /// Sends the request and follows redirects. The inner error is one that
    /// another attempt may mend.
    fn ask(&mut self, have: u64) -> Result<Result<Response<ureq::Body>, String>, DownloadError> {
        let mut url = self.url.clone();
        for _ in 0..REDIRECTS {
            let mut request = self.agent.get(&url);
            if have > 0 {
                request = request.header("range", format!("bytes={have}-"));
                if let Ok(etag) = std::fs::read_to_string(&self.etag_path) {
                    request = request.header("if-range", etag.trim());
                }
            }
            let response = match request.call() {
                Ok(response) => response,
                Err(e) => return Ok(Err(e.to_string())),
            };
            if let Some(sum) = header(&response, "x-linked-etag") {
                let sum = sum.trim_matches('"').to_ascii_lowercase();
                if sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit()) {
                    self.server_sum = Some(sum);
                }
            }
            if !response.status().is_redirection() {
                return Ok(Ok(response));
            }
            let Some(next) = header(&response, "location").and_then(|to| join(&url, to)) else {
                return Err(self.network("a redirect leads nowhere"));
            };
            if url.starts_with("https://") && !next.starts_with("https://") {
                return Err(self.network("a redirect leads from https to http"));
            }
            url = next;
        }
        Err(self.network("too many redirects"))
    }

    /// Compares what the server is about to send with what is wanted.
    fn check_offer(&self, total: Option<u64>) -> Result<(), DownloadError> {
        let mismatch = |what, found: String, expected: String| {
            Err(DownloadError::Mismatch {
                file: self.url.clone(),
                what,
                found,
                expected,
                then: "; nothing was fetched",
            })
        };
        if let (Some(found), Some(expected)) = (total, self.request.bytes)
            && found != expected
        {
            return mismatch("length", found.to_string(), expected.to_string());
        }
        match (&self.server_sum, &self.request.sha256) {
            (Some(found), Some(expected)) if found != expected => {
                mismatch("SHA-256", found.clone(), expected.clone())
            }
            (None, None) => Err(DownloadError::NoSum(self.url.clone())),
            _ => Ok(()),
        }
    }

    fn check_space(&self, total: Option<u64>, have: u64) -> Result<(), DownloadError> {
        let needed = total.unwrap_or(0).saturating_sub(have) + SPARE;
        // Where the system does not tell, writing will.
        match fs4::available_space(&self.request.folder) {
            Ok(free) if free < needed => Err(DownloadError::DiskFull {
                place: self.request.folder.display().to_string(),
                free,
                needed,
                file: self.target.display().to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// A strong version mark lets the next run ask for the same version.
    fn remember_version(&self, response: &Response<ureq::Body>) {
        match header(response, "etag").filter(|etag| etag.starts_with('"')) {
            Some(etag) => {
                let _ = std::fs::write(&self.etag_path, etag);
            }
            None => {
                let _ = std::fs::remove_file(&self.etag_path);
            }
        }
    }

    fn finish(self) -> Result<Fetched, DownloadError> {
        self.part.sync_all().map_err(io_at(&self.part_path))?;
        let (expected, source) = match (&self.request.sha256, &self.server_sum) {
            (Some(sum), _) => (sum.clone(), SumSource::Catalogue),
            (None, Some(sum)) => (sum.clone(), SumSource::Server),
            (None, None) => return Err(DownloadError::NoSum(self.url)),
        };
        let found = sha256_of(&self.part_path)?;
        if found != expected {
            let _ = std::fs::remove_file(&self.part_path);
            let _ = std::fs::remove_file(&self.etag_path);
            return Err(DownloadError::Mismatch {
                file: self.url,
                what: "SHA-256",
                found,
                expected,
                then: "; what was fetched is deleted",
            });
        }
        std::fs::rename(&self.part_path, &self.target).map_err(io_at(&self.target))?;
        let _ = std::fs::remove_file(&self.etag_path);
        record_sum(&self.target, &found)?;
        Ok(Fetched {
            path: self.target,
            sha256: found,
            source,
            fetched: self.fetched,
        })
    }

    fn network(&self, why: &str) -> DownloadError {
        DownloadError::Network {
            url: self.url.clone(),
            why: why.to_owned(),
        }
    }
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

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> DownloadError {
    let path = path.display().to_string();
    move |source| DownloadError::Io { path, source }
}

fn header<'r>(response: &'r Response<ureq::Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// First byte and total length of a partial answer.
fn content_range(response: &Response<ureq::Body>) -> Option<(u64, Option<u64>)> {
    let range = header(response, "content-range")?.strip_prefix("bytes ")?;
    let (span, total) = range.split_once('/')?;
    let (first, _) = span.split_once('-')?;
    Some((first.trim().parse().ok()?, total.trim().parse().ok()))
}

/// The address that `to`, found at `from`, leads to.
fn join(from: &str, to: &str) -> Option<String> {
    if to.starts_with("http://") || to.starts_with("https://") {
        return Some(to.to_owned());
    }
    let (scheme, rest) = from.split_once("://")?;
    if to.starts_with("//") {
        return Some(format!("{scheme}:{to}"));
    }
    let host = rest.split('/').next()?;
    if to.starts_with('/') {
        return Some(format!("{scheme}://{host}{to}"));
    }
    let path = from.split(['?', '#']).next()?;
    let folder = &path[..path.rfind('/')?];
    Some(format!("{folder}/{to}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_joined_to_where_they_stood() {
        for (from, to, joined) in [
            ("https://a.b/c/d?e", "https://x.y/z", "https://x.y/z"),
            ("https://a.b/c/d", "//x.y/z", "https://x.y/z"),
            ("http://a.b:80/c/d", "/z?q", "http://a.b:80/z?q"),
            ("http://a.b/c/d?e/f", "z", "http://a.b/c/z"),
        ] {
            assert_eq!(join(from, to).as_deref(), Some(joined));
        }
    }

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
