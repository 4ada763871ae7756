//! What a user gets for input that cannot be used: one clear line on
//! standard error, exit status 2, and nothing half-made left behind.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with a good job, résumé and model, and a way to run the program
/// in it.
struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("job.toml"),
            "title = \"Machine Learning Engineer\"\nmust_haves = [\"Python\", \"machine learning\"]\n",
        )
        .unwrap();
        std::fs::write(
            dir.path().join("cv.md"),
            "# Ada Lovelace\n\nSkills: Python\n",
        )
        .unwrap();
        let bench = Self { dir };
        bench.wav("mic.wav", 16_000, &[0; 1600]);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn wav(&self, name: &str, rate: u32, pcm: &[i16]) {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(self.path(name), spec).unwrap();
        for sample in pcm {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();
    }

    /// Runs `viva interview`; `change` replaces arguments by name.
    fn interview(&self, change: &[(&str, &str)]) -> Output {
        let mut args = vec![
            ("--job", "job.toml"),
            ("--resume", "cv.md"),
            ("--mic", "wav:mic.wav"),
            ("--speaker", "none"),
            ("--out", "sessions"),
        ];
        for (name, value) in change {
            args.retain(|(n, _)| n != name);
            args.push((name, value));
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_viva"));
        command
            .arg("interview")
            .current_dir(self.dir.path())
            .env_clear()
            .env("HOME", self.dir.path())
            .env("XDG_RUNTIME_DIR", self.dir.path());
        for (name, value) in args {
            command.args([name, value]);
        }
        command.output().unwrap()
    }

    /// Expects a refusal in one line that contains every one of `words`, and
    /// no session left behind.
    fn refuses(&self, change: &[(&str, &str)], words: &[&str]) {
        let output = self.interview(change);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{change:?}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{change:?}: {error}");
        for word in words {
            assert!(error.contains(word), "{change:?}: no {word:?} in: {error}");
        }
        assert!(!error.contains("panicked"), "{error}");
        let left = std::fs::read_dir(self.path("sessions")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{change:?} left a session behind");
    }
}

fn starter() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-starter-q5_1.bin")
}

#[test]
fn documents_that_cannot_be_read_are_named() {
    let bench = Bench::new();
    bench.write("empty.txt", b"  \n");
    bench.write("noise.bin", &[0xff, 0x9f, 0x00, 0x01, 0x02, 0x03]);
    bench.refuses(&[("--job", "none.toml")], &["none.toml"]);
    bench.refuses(&[("--job", "empty.txt")], &["empty.txt", "empty"]);
    bench.refuses(&[("--job", "noise.bin")], &["noise.bin", "UTF-8"]);
    bench.refuses(&[("--resume", "empty.txt")], &["empty.txt", "empty"]);
    bench.refuses(&[("--resume", "none.md")], &["none.md"]);
    bench.write("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    bench.refuses(
        &[("--resume", "old.doc")],
        &["old.doc", "old Word file", "DOCX"],
    );
    bench.write("cv.pdf", b"%PDF-1.7\nnothing of a PDF");
    bench.refuses(&[("--resume", "cv.pdf")], &["cv.pdf", "PDF", "expected"]);
    bench.write("bad.toml", b"title = \"x\nmust");
    bench.refuses(&[("--job", "bad.toml")], &["bad.toml"]);
    bench.write("bad-bank.toml", b"[[question]]\nid = 3\n");
    bench.refuses(&[("--bank", "bad-bank.toml")], &["bad-bank.toml"]);
}

#[test]
fn models_that_are_missing_corrupt_or_cut_are_named() {
    let bench = Bench::new();
    bench.refuses(&[("--model", "none.bin")], &["none.bin"]);
    bench.write("text.bin", b"this is no model at all");
    bench.refuses(&[("--model", "text.bin")], &["text.bin"]);
    bench.write("empty.bin", b"");
    bench.refuses(&[("--model", "empty.bin")], &["empty.bin"]);
    let whole = std::fs::read(starter()).unwrap();
    bench.write("cut.bin", &whole[..whole.len() / 2]);
    bench.refuses(&[("--model", "cut.bin")], &["cut.bin"]);
}

#[test]
fn sound_files_that_cannot_be_used_are_named() {
    let bench = Bench::new();
    bench.refuses(&[("--mic", "wav:none.wav")], &["none.wav"]);
    bench.wav("empty.wav", 16_000, &[]);
    bench.refuses(&[("--mic", "wav:empty.wav")], &["empty.wav"]);
    bench.wav("slow.wav", 10, &[0; 100]);
    bench.refuses(&[("--mic", "wav:slow.wav")], &["slow.wav", "10"]);
    bench.write("text.wav", b"hello");
    bench.refuses(&[("--mic", "wav:text.wav")], &["text.wav"]);
    bench.refuses(&[("--speaker", "wav:no/such/folder.wav")], &["folder.wav"]);
}

#[test]
fn devices_that_are_not_there_are_named_with_what_there_is() {
    let bench = Bench::new();
    bench.refuses(&[("--mic", "Marsophone")], &["Marsophone"]);
    bench.refuses(&[("--speaker", "Marsophone")], &["Marsophone"]);
}

#[test]
fn settings_out_of_range_are_named() {
    let bench = Bench::new();
    bench.refuses(&[("--questions", "11")], &["questions", "11", "1 to 10"]);
    bench.refuses(&[("--voice", "nobody")], &["nobody", "slt"]);
    bench.write("viva.toml", b"[speech]\nvoise = \"slt\"\n");
    bench.refuses(
        &[("--config", "viva.toml")],
        &[
            "viva.toml",
            "`speech.voise`",
            "did you mean `speech.voice`?",
        ],
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let bench = Bench::new();
    bench.write("file", b"in the way");
    let output = bench.interview(&[("--out", "file/sessions")]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("file"), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
}

/// Answers one connection with `answer` and gives its address.
fn somebody(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 2048];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(answer);
    });
    format!("ws://{address}/v1/interview")
}

#[test]
fn an_engine_that_is_none_is_named() {
    let bench = Bench::new();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("ws://{}/v1/interview", listener.local_addr().unwrap())
    };
    bench.refuses(&[("--engine", &closed)], &[&closed, "cannot be reached"]);
    let page = somebody(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    bench.refuses(&[("--engine", &page)], &[&page, "viva.v1"]);
    bench.refuses(&[("--engine", "not an address")], &["not an address"]);
}

/// An engine of another protocol version.
fn another_version() -> String {
    use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
    use tokio_tungstenite::tungstenite::{Message, accept_hdr};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        #[allow(clippy::result_large_err, reason = "the callback's own type")]
        let accept = |_: &Request, mut response: Response| {
            let protocol = "viva.v1".parse().unwrap();
            response
                .headers_mut()
                .insert("sec-websocket-protocol", protocol);
            Ok(response)
        };
        let mut socket = accept_hdr(stream, accept).unwrap();
        let _ = socket.read();
        let refusal = r#"{"type":"error","code":"version","message":"Protocol version 1: expected 9","fatal":true}"#;
        let _ = socket.send(Message::Text(refusal.into()));
        let _ = socket.read();
    });
    format!("ws://{address}/v1/interview")
}

#[test]
fn an_engine_of_another_version_is_told_so() {
    let bench = Bench::new();
    let url = another_version();
    bench.refuses(&[("--engine", &url)], &["version 1", "expected 9"]);
}
