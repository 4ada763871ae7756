//! Asks an authority for a stamp over HTTP (RFC 3161, section 3.4). A hash
//! and a number of chance leave the machine, nothing else.

use super::TimestampError;
use std::io::Read;
use std::time::Duration;
use ureq::Agent;

/// Bytes of an answer at most; real ones have some thousand.
const MOST: u64 = 256 << 10;
/// Redirections that are followed.
const HOPS: u32 = 3;
/// How long an authority may take, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who is asked for stamps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its web address.
    pub url: String,
    /// How long it may take to answer.
    pub timeout: Duration,
}

impl Authority {
    /// The authority at this address.
    ///
    /// # Errors
    /// [`TimestampError::BadUrl`] if it is no web address.
    pub fn new(url: &str) -> Result<Self, TimestampError> {
        let host = ["http://", "https://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme));
        if host.is_none_or(|host| host.is_empty() || host.contains(char::is_whitespace)) {
            return Err(TimestampError::BadUrl { found: url.into() });
        }
        Ok(Self {
            url: url.to_owned(),
            timeout: PATIENCE,
        })
    }

    /// Sends a request; the answer's bytes come back.
    pub(super) fn ask(&self, request: &[u8]) -> Result<Vec<u8>, TimestampError> {
        let agent: Agent = Agent::config_builder()
            .user_agent(concat!("viva/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(self.timeout))
            .max_redirects(HOPS)
            .http_status_as_error(false)
            .build()
            .into();
        let unreachable = |why: String| TimestampError::Network {
            url: self.url.clone(),
            why,
        };
        let mut response = agent
            .post(&self.url)
            .content_type("application/timestamp-query")
            .header("accept", "application/timestamp-reply")
            .send(request)
            .map_err(|e| unreachable(e.to_string()))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(unreachable(format!("answered {status}, expected 200")));
        }
        let mut answer = Vec::new();
        response
            .body_mut()
            .as_reader()
            // One byte more than is read, so that more is noticed.
            .take(MOST + 1)
            .read_to_end(&mut answer)
            .map_err(|e| unreachable(e.to_string()))?;
        if answer.len() as u64 > MOST {
            return Err(unreachable(format!(
                "answered more than {MOST} bytes, expected a time stamp"
            )));
        }
        Ok(answer)
    }
}
