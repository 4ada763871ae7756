//! Questions to a web server: the client, redirects, headers.

use super::DownloadError;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Response, StatusCode};

/// Hops from the given address to the file at most.
pub(super) const REDIRECTS: u32 = 8;
/// Bytes of a text that is fetched whole, at most.
const TEXT: u64 = 64 << 10;

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

/// A client that follows so many redirects.
pub(super) fn agent(redirects: u32) -> Agent {
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

pub(super) fn header<'r>(response: &'r Response<ureq::Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// First byte and total length of a partial answer.
pub(super) fn content_range(response: &Response<ureq::Body>) -> Option<(u64, Option<u64>)> {
    let range = header(response, "content-range")?.strip_prefix("bytes ")?;
    let (span, total) = range.split_once('/')?;
    let (first, _) = span.split_once('-')?;
    Some((first.trim().parse().ok()?, total.trim().parse().ok()))
}

/// The address that `to`, found at `from`, leads to.
pub(super) fn join(from: &str, to: &str) -> Option<String> {
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
}
