//! `viva interview` at a real pseudo-terminal: keys in, screen out. Every
//! answer is typed, so no microphone, speech model or speaker is needed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A screen that does not come within this time does not come at all.
const AT_MOST: Duration = Duration::from_secs(60);

const ARGS: [&str; 10] = [
    "interview",
    "--job",
    "config/jobs/python-backend-developer.toml",
    "--resume",
    "config/resumes/python-backend-developer.toml",
    "--typed",
    "--captions",
    "--questions",
    "1",
    "--follow-ups=0",
];

fn nonzero(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).unwrap()
}

/// What came out of the program so far.
struct Seen {
    screen: vt100::Parser,
    bytes: Vec<u8>,
    over: bool,
}

/// A test that failed while it looked must not hide why.
fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program at a terminal.
struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    before: String,
}

impl Terminal {
    fn open(home: &Path, (columns, rows): (u16, u16), more: &[&str], env: &[(&str, &str)]) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let before = format!("{:?}", pair.master.get_termios());
        let mut viva = CommandBuilder::new(env!("CARGO_BIN_EXE_viva"));
        viva.args(ARGS);
        viva.args(more);
        viva.cwd(env!("CARGO_MANIFEST_DIR"));
        viva.env("HOME", home);
        viva.env("VIVA_DATA_DIR", home);
        viva.env("TERM", "xterm-256color");
        viva.env_remove("XDG_CONFIG_HOME");
        viva.env_remove("VIVA_CONFIG");
        for (name, value) in env {
            viva.env(name, value);
        }
        let child = pair.slave.spawn_command(viva).unwrap();
        let mut out = pair.master.try_clone_reader().unwrap();
        let seen = Seen {
            screen: vt100::Parser::new(nonzero(rows), nonzero(columns), 0),
            bytes: Vec::new(),
            over: false,
        };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        std::thread::spawn({
            let seen = seen.clone();
            move || {
                let mut bytes = [0; 4096];
                loop {
                    let n = out.read(&mut bytes).unwrap_or(0);
                    let mut now = lock(&seen.0);
                    now.screen.process(&bytes[..n]);
                    now.bytes.extend_from_slice(&bytes[..n]);
                    now.over = n == 0;
                    seen.1.notify_all();
                    if n == 0 {
                        return;
                    }
                }
            }
        });
        Self {
            keys: pair.master.take_writer().unwrap(),
            master: pair.master,
            child,
            seen,
            before,
        }
    }

    /// Waits until the screen is as wanted; the screen comes back.
    fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let now = lock(&self.seen.0);
        let (now, late) = self
            .seen
            .1
            .wait_timeout_while(now, AT_MOST, |now| {
                !now.over && !wanted(&now.screen.screen().contents())
            })
            .unwrap();
        let shown = now.screen.screen().contents();
        let all = String::from_utf8_lossy(&now.bytes).into_owned();
        drop(now);
        assert!(!late.timed_out(), "{what} did not come:\n{shown}");
        assert!(wanted(&shown), "{what} did not come:\n{shown}\n{all}");
        shown
    }

    fn wait_for(&self, text: &str) -> String {
        self.wait(text, |shown| shown.contains(text))
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn resize(&self, columns: u16, rows: u16) {
        let mut now = lock(&self.seen.0);
        now.screen
            .screen_mut()
            .set_size(nonzero(rows), nonzero(columns));
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        self.master.resize(size).unwrap();
    }

    /// Everything that came out.
    fn bytes(&self) -> String {
        String::from_utf8_lossy(&lock(&self.seen.0).bytes).into_owned()
    }

    /// Process ids: the keeper's, and the interview's under it.
    fn processes(&self) -> (u32, u32) {
        let keeper = self.child.process_id().unwrap();
        let children = format!("/proc/{keeper}/task/{keeper}/children");
        let children = std::fs::read_to_string(children).unwrap();
        let kept = children.split_whitespace().next().unwrap();
        (keeper, kept.parse().unwrap())
    }

    /// The exit status, once the terminal is found as it was before.
    fn end(&mut self) -> (u32, String) {
        let status = self.child.wait().unwrap().exit_code();
        let after = format!("{:?}", self.master.get_termios());
        assert_eq!(after, self.before, "the terminal's settings");
        let now = lock(&self.seen.0);
        // Everything that was written before the end is still on its way.
        let shown = "viva";
        let (now, _) = self
            .seen
            .1
            .wait_timeout_while(now, Duration::from_secs(5), |now| {
                !now.over
                    && (now.screen.screen().alternate_screen()
                        || !now.screen.screen().contents().contains(shown))
            })
            .unwrap();
        let screen = now.screen.screen();
        assert!(!screen.alternate_screen(), "still on the second page");
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "pastes are still bracketed");
        (status, screen.contents())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Whatever a test left running: the interview ends without its keeper.
        let _ = self.child.kill();
    }
}

fn signal(process: u32, name: &str) {
    let status = Command::new("kill")
        .args([name, &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn an_interview_is_typed_from_its_start_to_its_report() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), (80, 24), &[], &[]);
    let first = terminal.wait_for("Y I agree");
    println!("{first}\n");
    assert!(first.contains("Every answer is typed"), "{first}");
    assert!(first.contains("Nothing leaves the machine"), "{first}");
    terminal.press("y");
    terminal.wait_for("-- Introduction --");
    let asked = terminal.wait_for("Type your answer.");
    println!("{asked}\n");
    terminal.press("I am Maya. I build services in Python, größer each year.\r");
    terminal.wait_for("You: I am Maya. I build services in Python, größer each year.");
    terminal.wait_for("-- Project");
    // Pasted in brackets: two lines that are one answer, sent by Enter only.
    terminal.press("\u{1b}[200~I moved a monolith to services.\nIt took a year.\u{1b}[201~");
    let pasted = terminal.wait_for("> It took a year.");
    println!("{pasted}\n");
    terminal.resize(60, 20);
    let small = terminal.wait("a smaller screen", |shown| {
        shown.lines().next().is_some_and(|row| row.len() <= 60) && shown.contains("Enter sends")
    });
    println!("{small}\n");
    terminal.resize(200, 60);
    terminal.wait("a larger screen", |shown| {
        shown.lines().any(|row| row.starts_with(&"-".repeat(200)))
    });
    terminal.resize(80, 24);
    // A key in the very moment of a resize is read only with the next one.
    terminal.wait("the first size", |shown| {
        let last = shown.lines().nth(23);
        last.is_some_and(|row| row.contains("Enter sends"))
    });
    terminal.press("\r");
    terminal.wait_for("You: I moved a monolith to services. It took a year.");
    terminal.wait_for("-- Technical questions");
    // Back to the keys: skip the question, and end.
    terminal.press("\u{1b}");
    terminal.wait_for("? help");
    terminal.press("q");
    terminal.wait_for("End the interview?");
    terminal.press("y");
    // The screen is given back; below it one may correct what was misheard.
    terminal.wait_for("Was anything misheard?");
    terminal.press("1 I am Maya Lee.\r");
    terminal.wait_for("Number 1 is corrected");
    terminal.press("\r");
    let (status, last) = terminal.end();
    println!("{last}");
    assert_eq!(status, 0, "{last}");
    let record = std::fs::read_dir(home.path().join("sessions")).unwrap();
    let record = record.map(|e| e.unwrap().path()).find(|p| p.is_dir());
    let record = record.unwrap();
    let transcript = std::fs::read_to_string(record.join("documents/transcript.txt")).unwrap();
    assert!(transcript.contains("größer each year"), "{transcript}");
    let log = std::fs::read_to_string(record.join("events.jsonl")).unwrap();
    assert!(log.contains("\"source\":\"typed\""));
    assert!(log.contains("\"microphone\":\"none\""), "{log}");
    let head = std::fs::read_to_string(record.join("head.json")).unwrap();
    let head: serde_json::Value = serde_json::from_str(&head).unwrap();
    let settings = &head["setup"]["settings"];
    assert_eq!(
        (&settings["typed"], &settings["captions"]),
        (&true.into(), &true.into())
    );
    let annexes = home
        .path()
        .join("annexes")
        .join(record.file_name().unwrap());
    let corrected = std::fs::read_dir(annexes).unwrap().any(|entry| {
        let name = entry.unwrap().file_name();
        name.to_string_lossy().ends_with("-correction.json")
    });
    assert!(corrected);
    // On the record as settings; the recruiter's documents do not speak of it.
    for document in std::fs::read_dir(record.join("documents")).unwrap() {
        let path = document.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for word in [
            "typed-only",
            "captions-only",
            "accommodation",
            "pause_factor",
            "no microphone",
        ] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
    }
}

#[test]
fn a_killed_interview_leaves_a_usable_terminal() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), (80, 24), &[], &[]);
    terminal.wait_for("Y I agree");
    let (_, interview) = terminal.processes();
    signal(interview, "-KILL");
    let (status, shown) = terminal.end();
    assert_eq!(status, 128 + 9, "{shown}");
    assert!(shown.contains("viva interview --continue"), "{shown}");
}

#[test]
fn a_terminated_interview_leaves_a_usable_terminal_and_can_go_on() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), (80, 24), &[], &[]);
    terminal.wait_for("Y I agree");
    let (keeper, _) = terminal.processes();
    signal(keeper, "-TERM");
    let (status, shown) = terminal.end();
    assert_eq!(status, 128 + 15, "{shown}");
    assert!(shown.contains("viva interview --continue"), "{shown}");
}

#[test]
fn interrupts_end_and_then_leave() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), (80, 24), &[], &[]);
    terminal.wait_for("Y I agree");
    terminal.press("\u{3}");
    terminal.wait_for("End the interview?");
    terminal.press("\u{3}\u{3}");
    let (status, shown) = terminal.end();
    // In order, or at once: whichever came first.
    assert!(status == 0 || status == 130, "{status} {shown}");
}

#[test]
fn a_dumb_terminal_gets_lines_and_no_escapes() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), (80, 24), &[], &[("TERM", "dumb")]);
    terminal.wait_for("Each with Enter");
    terminal.wait_for("AI Recruiter:");
    terminal.press("n\r");
    terminal.wait_for("consent refused");
    terminal.wait_for("Record:");
    let bytes = lock(&terminal.seen.0).bytes.clone();
    assert!(
        !bytes.contains(&0x1b),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    terminal.child.wait().unwrap();
}

#[test]
fn without_colours_none_are_sent() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(home.path(), (80, 24), &[], &[("NO_COLOR", "1")]);
    terminal.wait_for("Y I agree");
    let bytes = terminal.bytes();
    // Select graphic rendition 30 to 38 are the colours of letters; 39 is
    // the terminal's own.
    for colour in 30..=38 {
        for form in ["\u{1b}[", ";"] {
            let code = format!("{form}{colour}");
            // A cursor's place ends in H, not in m.
            for end in ["m", ";5;", ";2;"] {
                let code = format!("{code}{end}");
                assert!(!bytes.contains(&code), "{code:?} in {bytes:?}");
            }
        }
    }
    let (_, interview) = terminal.processes();
    signal(interview, "-KILL");
    terminal.end();
}

#[test]
fn through_a_pipe_it_is_said_line_by_line() {
    let home = tempfile::tempdir().unwrap();
    let mut viva = Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(ARGS)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("HOME", home.path())
        .env("VIVA_DATA_DIR", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("VIVA_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    viva.stdin.as_mut().unwrap().write_all(b"n\n").unwrap();
    let out = viva.wait_with_output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(0), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(text.contains("Who hears this"), "{text}");
    assert!(text.contains("consent refused"), "{text}");
}
