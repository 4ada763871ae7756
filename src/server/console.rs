//! The console's pages: shells without data, which come by the API alone, so
//! that a page shows nobody more than the routes of the API let through.
//! Scripts and styles are files inside this program; the policy that goes
//! with every page lets nothing else run or load.

use super::house::House;
use super::problem::Problem;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets/console");

/// What a page may do: run and load files of this very server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; media-src 'self' blob:; worker-src 'self'; \
    frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// One page: what is between the shell's head and foot stands in
/// `pages/NAME.html`; `NAME.js` brings it to life, `NAME.css` styles it where
/// there is such a file.
struct Page {
    path: &'static str,
    name: &'static str,
    title: &'static str,
}

const fn page(path: &'static str, name: &'static str, title: &'static str) -> Page {
    Page { path, name, title }
}

/// Every page. Each stands in the table of routes, too.
const PAGES: &[Page] = &[
    page("/sign-in", "sign-in", "Sign in"),
    page("/setup", "setup", "First administrator"),
    page("/sessions", "sessions", "Sessions"),
    page("/sessions/{id}", "player", "Session"),
    page("/reports", "reports", "Reports"),
    page("/compare", "compare", "Compare candidates"),
    page("/live/{id}", "live", "Live interview"),
    page("/invitations", "invitations", "Invitations"),
    page("/accounts", "accounts", "Accounts"),
];

/// A file as it is served.
struct File {
    kind: &'static str,
    /// Its hash, in quotes.
    tag: String,
    bytes: &'static [u8],
}

/// Everything in the folder, by its path there.
static ALL: LazyLock<BTreeMap<String, &'static [u8]>> = LazyLock::new(|| {
    from_source().unwrap_or_else(|| {
        let mut all = BTreeMap::new();
        gather(&FILES, &mut all);
        all
    })
});

fn gather(dir: &Dir<'static>, all: &mut BTreeMap<String, &'static [u8]>) {
    for file in dir.files() {
        let path = file.path().to_string_lossy().into_owned();
        all.insert(path, file.contents());
    }
    for inner in dir.dirs() {
        gather(inner, all);
    }
}

/// The folder as it stands on the disk, in a build for development: whoever
/// changes a page starts the program again, and builds nothing.
fn from_source() -> Option<BTreeMap<String, &'static [u8]>> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/console");
    let mut all = BTreeMap::new();
    for folder in ["", "pages/"] {
        for entry in std::fs::read_dir(root.join(folder)).ok()?.flatten() {
            if let Ok(bytes) = std::fs::read(entry.path()) {
                let name = entry.file_name().to_string_lossy().into_owned();
                // Once in the life of the process.
                all.insert(
                    format!("{folder}{name}"),
                    Box::leak(bytes.into_boxed_slice()) as _,
                );
            }
        }
    }
    Some(all)
}

/// The files that are served, by name.
static SERVED: LazyLock<BTreeMap<&str, File>> = LazyLock::new(|| {
    let files = ALL.iter().filter(|(path, _)| !path.contains('/'));
    files
        .filter_map(|(name, bytes)| {
            let kind = kind(name)?;
            let tag = format!("\"{}\"", short_hash(bytes));
            Some((name.as_str(), File { kind, tag, bytes }))
        })
        .collect()
});

/// Stands in the files' address: whoever updates the program gets other
/// addresses, so that a file can be kept for ever.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let tags: String = SERVED.values().map(|file| file.tag.as_str()).collect();
    short_hash(tags.as_bytes())
});

/// The pages as they are served, by path.
static BUILT: LazyLock<BTreeMap<&str, String>> =
    LazyLock::new(|| PAGES.iter().map(|page| (page.path, build(page))).collect());

fn kind(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

fn short_hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..12])
}

fn text(path: &str) -> &'static str {
    let bytes = ALL.get(path).copied().unwrap_or_default();
    // A test sees to it that every page has its file.
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn build(page: &Page) -> String {
    let files = format!("/console/{}", *VERSION);
    let own = format!("{}.css", page.name);
    let mut styles = String::new();
    if SERVED.contains_key(own.as_str()) {
        // Writing into a string does not fail.
        let _ = write!(styles, "<link rel=\"stylesheet\" href=\"{files}/{own}\">");
    }
    text("pages/shell.html")
        .replace("{main}", text(&format!("pages/{}.html", page.name)))
        .replace("{styles}", &styles)
        .replace("{title}", page.title)
        .replace("{name}", page.name)
        .replace("{files}", &files)
}

/// Whether a page is at this path.
pub(super) fn is_page(path: &str) -> bool {
    PAGES.iter().any(|page| page.path == path)
}

/// The routes of pages and files.
pub(super) fn routes() -> Router<Arc<House>> {
    let pages = PAGES.iter().fold(Router::new(), |router, page| {
        router.route(page.path, get(async || shell(page.path)))
    });
    pages
        .route("/", get(async || Redirect::to("/sessions")))
        .route("/console/{version}/{name}", get(file))
}

fn shell(path: &str) -> Response {
    let Some(page) = BUILT.get(path) else {
        return Problem::not_found("There is no such page").into_response();
    };
    let policy = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    (policy, Html(page.as_str())).into_response()
}

async fn file(
    Path((version, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = SERVED
        .get(name.as_str())
        .filter(|_| version == *VERSION)
        .ok_or_else(|| Problem::not_found("No such file of this version: load the page again"))?;
    let known = headers.get(header::IF_NONE_MATCH);
    let known = known.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let fresh = known.split(',').any(|tag| tag.trim() == file.tag);
    let (status, bytes) = match fresh {
        true => (StatusCode::NOT_MODIFIED, &[][..]),
        false => (StatusCode::OK, file.bytes),
    };
    let mut response = (status, bytes).into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, file.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::ETAG, &file.tag),
    ] {
        insert(&mut response, name, value);
    }
    Ok(response)
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Whether somebody opens a page with a browser: whoever is not signed in is
/// shown where to, instead of a refusal for programs.
pub(super) fn is_visit(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The way to the sign-in, and from there to what was asked for.
pub(super) fn to_sign_in(asked: &str) -> Response {
    let mut next = String::new();
    for byte in asked.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                next.push(char::from(byte));
            }
            // Writing into a string does not fail.
            byte => {
                let _ = write!(next, "%{byte:02X}");
            }
        }
    }
    Redirect::to(&format!("/sign-in?next={next}")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::ROUTES;

    #[test]
    fn every_page_is_whole_and_stands_in_the_table_of_routes() {
        for page in PAGES {
            let built = build(page);
            assert!(built.contains("<h1"), "{}: no heading", page.name);
            for left in ["{main}", "{styles}", "{title}", "{name}", "{files}"] {
                assert!(!built.contains(left), "{}: {left}", page.name);
            }
            let script = format!("{}.js", page.name);
            assert!(SERVED.contains_key(script.as_str()), "{script}");
            assert!(
                ROUTES
                    .iter()
                    .any(|r| r.path == page.path && r.method == "GET"),
                "{}",
                page.path
            );
        }
    }

    /// The policy would stop it only in a browser.
    #[test]
    fn nothing_stands_inside_a_page_that_the_policy_forbids() {
        for page in PAGES {
            let built = build(page);
            for wrong in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
                assert!(!built.contains(wrong), "{}: {wrong}", page.name);
            }
            let scripts = built.matches("<script").count();
            assert_eq!(
                scripts,
                built.matches("<script type=\"module\" src=").count()
            );
        }
    }

    #[test]
    fn what_is_asked_for_is_kept_on_the_way_to_the_sign_in() {
        let response = to_sign_in("/sessions?q=bob&state=complete");
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(
            response.headers()["location"],
            "/sign-in?next=/sessions%3Fq%3Dbob%26state%3Dcomplete"
        );
    }
}
