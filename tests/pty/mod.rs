//! The program at a real pseudo-terminal: keys in, screen out.
#![allow(dead_code, reason = "each suite uses a part of it")]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A screen that does not come within this time does not come at all.
const AT_MOST: Duration = Duration::from_secs(60);

fn nonzero(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).unwrap()
}

/// What came out of the program so far.
struct Seen {
    screen: vt100::Parser,
    bytes: Vec<u8>,
    /// Every screen that was ever shown whole or in part, once each.
    screens: Vec<String>,
    over: bool,
}

/// A test that failed while it looked must not hide why.
fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program at a terminal.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    before: String,
}

impl Terminal {
    /// Runs `viva` with these arguments; everything of its own is in `home`.
    pub(crate) fn open(home: &Path, size: (u16, u16), args: &[&str], env: &[(&str, &str)]) -> Self {
        let Some(viva) = option_env!("CARGO_BIN_EXE_viva") else {
            panic!("tests inside the library know of no program, and run another one");
        };
        Self::run(Path::new(viva), home, size, args, env)
    }

    /// The same for another program.
    pub(crate) fn run(
        program: &Path,
        home: &Path,
        (columns, rows): (u16, u16),
        args: &[&str],
        env: &[(&str, &str)],
    ) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let before = format!("{:?}", pair.master.get_termios());
        let mut viva = CommandBuilder::new(program);
        viva.args(args);
        viva.cwd(env!("CARGO_MANIFEST_DIR"));
        viva.env("HOME", home);
        viva.env("VIVA_DATA_DIR", home);
        viva.env("TERM", "xterm-256color");
        viva.env_remove("XDG_CONFIG_HOME");
        viva.env_remove("VIVA_CONFIG");
        viva.env_remove("RUST_BACKTRACE");
        for (name, value) in env {
            viva.env(name, value);
        }
        let child = pair.slave.spawn_command(viva).unwrap();
        let mut out = pair.master.try_clone_reader().unwrap();
        let seen = Seen {
            screen: vt100::Parser::new(nonzero(rows), nonzero(columns), 0),
            bytes: Vec::new(),
            screens: Vec::new(),
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
                    let screen = now.screen.screen().contents();
                    if now.screens.last() != Some(&screen) {
                        now.screens.push(screen);
                    }
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
    pub(crate) fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
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

    /// The same for a text.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait(text, |shown| shown.contains(text))
    }

    /// Types keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Makes the terminal another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
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

    /// Every screen that was shown.
    pub(crate) fn screens(&self) -> Vec<String> {
        lock(&self.seen.0).screens.clone()
    }

    /// Waits until the program has ended by itself.
    pub(crate) fn wait_for_end(&mut self) {
        self.child.wait().unwrap();
    }

    /// Everything that came out.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        lock(&self.seen.0).bytes.clone()
    }

    /// Process ids: the keeper's, and the interview's under it.
    pub(crate) fn processes(&self) -> (u32, u32) {
        let keeper = self.child.process_id().unwrap();
        let children = format!("/proc/{keeper}/task/{keeper}/children");
        let children = std::fs::read_to_string(children).unwrap();
        let kept = children.split_whitespace().next().unwrap();
        (keeper, kept.parse().unwrap())
    }

    /// Nothing that came so far has a colour.
    pub(crate) fn expect_no_colours(&self) {
        let bytes = String::from_utf8_lossy(&self.bytes()).into_owned();
        // Select graphic rendition 30 to 38 are the colours of letters; 39 is
        // the terminal's own.
        for colour in 30..=38 {
            for form in ["\u{1b}[", ";"] {
                // A cursor's place ends in H, not in m.
                for end in ["m", ";5;", ";2;"] {
                    let code = format!("{form}{colour}{end}");
                    assert!(!bytes.contains(&code), "{code:?} in {bytes:?}");
                }
            }
        }
    }

    /// The exit status, once the terminal is found as it was before.
    pub(crate) fn end(&mut self) -> (u32, String) {
        let status = self.child.wait().unwrap().exit_code();
        let after = format!("{:?}", self.master.get_termios());
        assert_eq!(after, self.before, "the terminal's settings");
        let now = lock(&self.seen.0);
        // Everything that was written before the end is still on its way.
        let shown = "viva";
        let (now, _) = self
            .seen
            .1
            .wait_timeout_while(now, AT_MOST, |now| {
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

/// Sends a signal to a process.
pub(crate) fn signal(process: u32, name: &str) {
    let status = Command::new("kill")
        .args([name, &process.to_string()])
        .status();
    assert!(status.unwrap().success());
}
