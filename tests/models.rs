//! Downloads against a server on the loopback that can be told to misbehave.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use viva::meaning::installed;
use viva::speech::download::{DownloadError, Request, SumSource, fetch, sha256_of};

/// What the server does with one request.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// As a good server does: whole, or the asked range.
    Good,
    /// Whole, whatever range was asked for.
    NoRange,
    /// As `Good`, but the connection ends after this many bytes.
    CutAfter(usize),
    /// 302 to `/real/FILE` with the stored object's sum.
    Redirect,
    /// 302 to itself.
    Circle,
    /// A bare status.
    Status(u16),
}

struct Server {
    address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves `content`, answering one request after the other from
    /// `answers`, the last of them for all that follow.
    fn start(content: &[u8], answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let (content, answers) = (content.to_vec(), answers.to_vec());
        std::thread::spawn({
            let log = log.clone();
            move || {
                for (n, stream) in listener.incoming().flatten().enumerate() {
                    let answer = answers[n.min(answers.len() - 1)];
                    let _ = serve(&stream, &content, answer, &log);
                }
            }
        });
        Self { address, log }
    }

    /// The requests so far: first line, and range where there was one.
    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: &TcpStream,
    content: &[u8],
    answer: Answer,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut range = None;
    let mut if_range = None;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("range: bytes=") {
            range = value.trim_end_matches('-').parse::<usize>().ok();
        }
        if let Some(value) = line.strip_prefix("if-range: ") {
            if_range = Some(value.to_owned());
        }
    }
    log.lock().unwrap().push(match range {
        Some(from) => format!("{path} from {from}"),
        None => path.clone(),
    });
    let version = format!("\"{:.8}\"", sum(content));
    if if_range.is_some_and(|mark| mark != version) {
        range = None;
    }
    let head = "connection: close\r\n";
    match answer {
        Answer::Status(code) => {
            write!(
                stream,
                "HTTP/1.1 {code} No\r\n{head}content-length: 0\r\n\r\n"
            )
        }
        Answer::Redirect if !path.starts_with("/real") => write!(
            stream,
            "HTTP/1.1 302 Found\r\n{head}location: /real{path}\r\nx-linked-etag: \"{}\"\r\n\
             content-length: 0\r\n\r\n",
            sum(content)
        ),
        Answer::Circle => write!(
            stream,
            "HTTP/1.1 302 Found\r\n{head}location: {path}\r\ncontent-length: 0\r\n\r\n"
        ),
        _ => {
            let total = content.len();
            let from = match (answer, range) {
                (Answer::NoRange, _) | (_, None) => 0,
                (_, Some(from)) if from >= total => {
                    return write!(
                        stream,
                        "HTTP/1.1 416 No\r\n{head}content-range: bytes */{total}\r\n\
                         content-length: 0\r\n\r\n"
                    );
                }
                (_, Some(from)) => from,
            };
            let status = if from > 0 {
                format!(
                    "206 Part\r\ncontent-range: bytes {from}-{}/{total}",
                    total - 1
                )
            } else {
                "200 OK".to_owned()
            };
            write!(
                stream,
                "HTTP/1.1 {status}\r\n{head}etag: {version}\r\ncontent-length: {}\r\n\r\n",
                total - from
            )?;
            let end = match answer {
                Answer::CutAfter(n) => (from + n).min(total),
                _ => total,
            };
            stream.write_all(&content[from..end])
        }
    }
}

fn sum(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// 200 kB that never repeat.
fn content() -> Vec<u8> {
    (0..50_000u32)
        .flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect()
}

/// A server, an empty folder, and a request for `test` with the right sum.
fn setting(answers: &[Answer]) -> (Server, tempfile::TempDir, Request) {
    let content = content();
    let server = Server::start(&content, answers);
    let dir = tempfile::tempdir().unwrap();
    let mut request = Request::new("test", Some(&server.address), dir.path());
    request.sha256 = Some(sum(&content));
    request.pause = Duration::ZERO;
    (server, dir, request)
}

fn files(dir: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_fetched_checked_and_named_last() {
    let (server, dir, request) = setting(&[Answer::Good]);
    let mut seen = Vec::new();
    let fetched = fetch(&request, &mut |there, total| seen.push((there, total))).unwrap();
    assert_eq!(fetched.fetched, 200_000);
    assert_eq!(seen.first(), Some(&(0, Some(200_000))));
    assert_eq!(seen.last(), Some(&(200_000, Some(200_000))));
    assert_eq!(files(&dir), ["ggml-test.bin", "ggml-test.bin.sha256"]);
    assert_eq!(sha256_of(&fetched.path).unwrap(), sum(&content()));
    assert_eq!(server.log(), ["/ggml-test.bin"]);
    // A second time nothing is asked for, unless it must be.
    assert_eq!(fetch(&request, &mut |_, _| {}).unwrap().fetched, 0);
    assert_eq!(server.log().len(), 1);
    let again = Request {
        force: true,
        ..request
    };
    assert_eq!(fetch(&again, &mut |_, _| {}).unwrap().fetched, 200_000);
}

#[test]
fn a_download_that_is_stopped_keeps_what_is_there_and_goes_on_later() {
    let (server, dir, mut request) = setting(&[Answer::Good]);
    let cancel = request.cancel.clone();
    let stopped = fetch(&request, &mut |there, _| {
        if there > 0 {
            cancel.cancel();
        }
    });
    assert!(
        matches!(stopped, Err(DownloadError::Stopped(_))),
        "{stopped:?}"
    );
    let part = dir.path().join("ggml-test.bin.part");
    let there = part.metadata().unwrap().len();
    assert!(there > 0 && there < 200_000);
    request.cancel = Default::default();
    let fetched = fetch(&request, &mut |_, _| {}).unwrap();
    assert_eq!(fetched.fetched, 200_000 - there);
    assert_eq!(server.log()[1], format!("/ggml-test.bin from {there}"));
}

#[test]
fn a_cut_connection_is_taken_up_where_it_ended() {
    let (server, _dir, request) = setting(&[
        Answer::CutAfter(70_000),
        Answer::CutAfter(50_000),
        Answer::Good,
    ]);
    let fetched = fetch(&request, &mut |_, _| {}).unwrap();
    assert_eq!(fetched.fetched, 200_000);
    assert_eq!(
        server.log(),
        [
            "/ggml-test.bin",
            "/ggml-test.bin from 70000",
            "/ggml-test.bin from 120000"
        ]
    );
}

#[test]
fn what_an_earlier_run_left_is_used() {
    let (server, dir, request) = setting(&[Answer::Good]);
    let part = dir.path().join("ggml-test.bin.part");
    std::fs::write(&part, &content()[..150_000]).unwrap();
    assert_eq!(fetch(&request, &mut |_, _| {}).unwrap().fetched, 50_000);
    assert_eq!(server.log(), ["/ggml-test.bin from 150000"]);
}

#[test]
fn remains_that_do_not_fit_are_dropped() {
    // Of another version, by its mark.
    let (_server, dir, request) = setting(&[Answer::Good]);
    let part = dir.path().join("ggml-test.bin.part");
    std::fs::write(&part, [7; 1000]).unwrap();
    std::fs::write(dir.path().join("ggml-test.bin.part.etag"), "\"old\"").unwrap();
    assert_eq!(fetch(&request, &mut |_, _| {}).unwrap().fetched, 200_000);

    // Longer than the file.
    let (_server, dir, request) = setting(&[Answer::Good]);
    let part = dir.path().join("ggml-test.bin.part");
    std::fs::write(&part, vec![7; 300_000]).unwrap();
    assert_eq!(fetch(&request, &mut |_, _| {}).unwrap().fetched, 200_000);

    // Whole, only not yet named.
    let (_server, dir, request) = setting(&[Answer::Good]);
    let part = dir.path().join("ggml-test.bin.part");
    std::fs::write(&part, content()).unwrap();
    assert_eq!(fetch(&request, &mut |_, _| {}).unwrap().fetched, 0);
    assert_eq!(files(&dir), ["ggml-test.bin", "ggml-test.bin.sha256"]);
}

#[test]
fn a_server_without_ranges_sends_it_all_again() {
    let (server, _dir, request) = setting(&[Answer::CutAfter(90_000), Answer::NoRange]);
    assert_eq!(fetch(&request, &mut |_, _| {}).unwrap().fetched, 290_000);
    assert_eq!(server.log().len(), 2);
}

#[test]
fn a_redirect_is_followed_and_its_sum_is_used_where_none_is_known() {
    let (server, _dir, mut request) = setting(&[Answer::Redirect]);
    request.sha256 = None;
    let fetched = fetch(&request, &mut |_, _| {}).unwrap();
    assert_eq!(fetched.source, SumSource::Server);
    assert_eq!(fetched.sha256, sum(&content()));
    assert_eq!(server.log(), ["/ggml-test.bin", "/real/ggml-test.bin"]);
    // Later the sum beside the file takes its place.
    let again = fetch(&request, &mut |_, _| {}).unwrap();
    assert_eq!((again.source, again.fetched), (SumSource::BesideFile, 0));
}

#[test]
fn a_wrong_sum_leaves_nothing_behind() {
    let (_server, dir, mut request) = setting(&[Answer::Good]);
    request.sha256 = Some("0".repeat(64));
    let error = fetch(&request, &mut |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("deleted"), "{error}");
    assert!(files(&dir).is_empty(), "{:?}", files(&dir));
}

#[test]
fn an_offer_that_cannot_be_right_is_not_fetched() {
    // The server names another sum, another length, or no sum at all.
    let (_server, dir, mut request) = setting(&[Answer::Redirect]);
    request.sha256 = Some("1".repeat(64));
    let error = fetch(&request, &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("nothing was fetched"), "{error}");

    request.sha256 = None;
    request.bytes = Some(199_999);
    let error = fetch(&request, &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("length 200000, expected 199999"), "{error}");

    let (_server, _dir, mut request) = setting(&[Answer::Good]);
    request.sha256 = None;
    let error = fetch(&request, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, DownloadError::NoSum(_)), "{error}");
    assert!(!dir.path().join("ggml-test.bin").exists());
}

#[test]
fn refusals_are_told_and_not_repeated() {
    let (server, _dir, request) = setting(&[Answer::Status(404)]);
    let error = fetch(&request, &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("404: there is no such model"), "{error}");
    assert_eq!(server.log().len(), 1);

    let (server, _dir, request) = setting(&[Answer::Status(503), Answer::Good]);
    assert!(fetch(&request, &mut |_, _| {}).is_ok());
    assert_eq!(server.log().len(), 2);

    let (_server, _dir, request) = setting(&[Answer::Circle]);
    let error = fetch(&request, &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("too many redirects"), "{error}");

    let (_server, _dir, request) = setting(&[Answer::CutAfter(0)]);
    let error = fetch(&request, &mut |_, _| {}).unwrap_err().to_string();
    assert!(
        error.contains("after 0 of 200000 bytes") || error.contains("ggml-test"),
        "{error}"
    );
}

#[test]
fn two_downloads_of_one_file_do_not_mix() {
    let (_server, dir, request) = setting(&[Answer::Good]);
    let part = std::fs::File::create(dir.path().join("ggml-test.bin.part")).unwrap();
    part.lock().unwrap();
    let error = fetch(&request, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, DownloadError::Busy(_)), "{error}");
}

#[test]
fn a_damaged_file_is_not_taken_for_installed() {
    let (_server, dir, request) = setting(&[Answer::Good]);
    std::fs::write(dir.path().join("ggml-test.bin"), b"other").unwrap();
    let error = fetch(&request, &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("--force"), "{error}");
}

/// A server of small files by their path; anything else is 404.
fn files_at(files: Vec<(String, Vec<u8>)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let log = Arc::new(Mutex::new(Vec::new()));
    std::thread::spawn({
        let log = log.clone();
        move || {
            for stream in listener.incoming().flatten() {
                let _ = serve_file(&stream, &files, &log);
            }
        }
    });
    (address, log)
}

fn serve_file(
    mut stream: &TcpStream,
    files: &[(String, Vec<u8>)],
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let found = files.iter().find(|(name, _)| *name == path);
    log.lock().unwrap().push(path);
    let (status, body): (&str, &[u8]) = match found {
        Some((_, body)) => ("200 OK", body),
        None => ("404 No", b""),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)
}

const NETWORK: &[u8] = b"what stands for a network";
const TOKENS: &[u8] = b"{\"what\": \"stands for a tokenizer\"}";

fn sums() -> Vec<u8> {
    format!(
        "{}  model_int8.onnx\n{}  tokenizer.json\n",
        sum(NETWORK),
        sum(TOKENS)
    )
    .into_bytes()
}

fn installed_files(dir: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir.path().join(installed::NAME))
        .into_iter()
        .flatten()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_embedding_model_is_fetched_by_the_mirrors_list_of_sums() {
    // In the mirror's own folder, or in one of the model's name.
    for place in ["", "/all-MiniLM-L6-v2"] {
        let (address, log) = files_at(vec![
            (format!("{place}/SHA256SUMS"), sums()),
            (format!("{place}/model_int8.onnx"), NETWORK.to_vec()),
            (format!("{place}/tokenizer.json"), TOKENS.to_vec()),
        ]);
        let dir = tempfile::tempdir().unwrap();
        let fetched = installed::install(&address, dir.path(), false, &mut |_, _| {}).unwrap();
        assert_eq!(fetched.sums, [sum(NETWORK), sum(TOKENS)]);
        assert_eq!(
            fetched.fetched,
            (NETWORK.len() + TOKENS.len()) as u64,
            "{place}"
        );
        assert!(!fetched.recorded);
        assert_eq!(
            installed_files(&dir),
            [
                "model_int8.onnx",
                "model_int8.onnx.sha256",
                "tokenizer.json",
                "tokenizer.json.sha256"
            ]
        );
        let found = installed::find(&[dir.path().to_owned()]).unwrap();
        assert_eq!(found, fetched.installed);
        assert!(installed::verify(&found.model).unwrap().0);
        // A second time only the list is asked for.
        let before = log.lock().unwrap().len();
        let again = installed::install(&address, dir.path(), false, &mut |_, _| {}).unwrap();
        assert_eq!(again.fetched, 0);
        let asked = log.lock().unwrap()[before..].to_vec();
        assert!(
            asked.iter().all(|path| path.ends_with("SHA256SUMS")),
            "{asked:?}"
        );
        // What changes afterwards is seen.
        std::fs::write(&found.tokenizer, b"other").unwrap();
        let (whole, says) = installed::verify(&found.tokenizer).unwrap();
        assert!(!whole && says.contains("differs"), "{says}");
        let error = installed::install(&address, dir.path(), false, &mut |_, _| {}).unwrap_err();
        assert!(error.to_string().contains("--force"), "{error}");
        assert!(installed::install(&address, dir.path(), true, &mut |_, _| {}).is_ok());
        assert!(installed::verify(&found.tokenizer).unwrap().0);
    }
}

#[test]
fn an_embedding_model_without_its_right_sums_is_not_installed() {
    let told = |files: Vec<(String, Vec<u8>)>| {
        let (address, _) = files_at(files);
        let dir = tempfile::tempdir().unwrap();
        let error = installed::install(&address, dir.path(), false, &mut |_, _| {}).unwrap_err();
        (error.to_string(), installed_files(&dir))
    };
    let path = |name: &str| format!("/{name}");
    // No list.
    let (text, left) = told(vec![(path("model_int8.onnx"), NETWORK.to_vec())]);
    assert!(text.contains("SHA256SUMS answered 404"), "{text}");
    assert!(left.is_empty());
    // A list that leaves one out.
    let short = format!("{}  model_int8.onnx\n", sum(NETWORK)).into_bytes();
    let (text, left) = told(vec![(path("SHA256SUMS"), short)]);
    assert!(text.contains("tokenizer.json"), "{text}");
    assert!(left.is_empty());
    // Another file than the list says.
    let (text, left) = told(vec![
        (path("SHA256SUMS"), sums()),
        (
            path("model_int8.onnx"),
            b"another network entirely".to_vec(),
        ),
        (path("tokenizer.json"), TOKENS.to_vec()),
    ]);
    assert!(text.contains("what was fetched is deleted"), "{text}");
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_embedding_model_is_copied_from_a_folder() {
    let from = tempfile::tempdir().unwrap();
    let to = tempfile::tempdir().unwrap();
    let install = || {
        let source = from.path().to_str().unwrap();
        installed::install(source, to.path(), false, &mut |_, _| {})
    };
    assert!(install().unwrap_err().to_string().contains("is missing"));
    std::fs::write(from.path().join("model_int8.onnx"), NETWORK).unwrap();
    std::fs::write(from.path().join("tokenizer.json"), TOKENS).unwrap();
    // A list that does not fit keeps it out.
    let wrong = String::from_utf8(sums())
        .unwrap()
        .replace(&sum(NETWORK), &sum(b"x"));
    std::fs::write(from.path().join("SHA256SUMS"), wrong).unwrap();
    let text = install().unwrap_err().to_string();
    assert!(text.contains("nothing was copied"), "{text}");
    assert!(installed_files(&to).is_empty());
    // Without a list the sums are recorded as found.
    std::fs::remove_file(from.path().join("SHA256SUMS")).unwrap();
    let copied = install().unwrap();
    assert!(copied.recorded && copied.fetched > 0);
    assert_eq!(installed_files(&to).len(), 4);
    assert!(installed::verify(&copied.installed.model).unwrap().0);
    // With one that fits they are checked.
    std::fs::write(from.path().join("SHA256SUMS"), sums()).unwrap();
    let again = install().unwrap();
    assert!(!again.recorded && again.fetched == 0);
}
