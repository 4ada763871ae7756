//! A download that runs: connection after connection asks for what is still
//! missing, until the file is whole and its sum is right.

use super::files::{io_at, record_sum, sha256_of, with_ending};
use super::web::{REDIRECTS, agent, content_range, header, join};
use super::{DownloadError, Fetched, Request, SumSource};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Response, StatusCode};

/// Times that a broken connection is taken up again without any progress.
const ATTEMPTS: u32 = 4;
/// Space that must stay free on the disk.
const SPARE: u64 = 32 << 20;

/// A running download.
pub(super) struct Fetch<'a> {
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
    pub(super) fn open(
        request: &'a Request,
        target: PathBuf,
        url: String,
    ) -> Result<Self, DownloadError> {
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

    pub(super) fn run(
        mut self,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<Fetched, DownloadError> {
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
