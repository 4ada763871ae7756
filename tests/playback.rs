//! `viva replay` plays a record: into a file, without a sound, and at a
//! terminal with keys. The real program, a small record.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod played;

use played::{Desk, TONE_HZ, pitch, read_wav, sides};
use serde_json::Value;
use std::process::{Output, Stdio};

/// Runs to the end without a terminal.
fn run(desk: &Desk, args: &[&str]) -> Output {
    let mut viva = desk.replay(args);
    viva.stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What it prints, where it must be done.
fn printed(desk: &Desk, args: &[&str]) -> String {
    let output = run(desk, args);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert_eq!(error, "");
    text(&output.stdout)
}

#[test]
fn what_is_heard_at_speed_1_is_the_recording_sample_by_sample() {
    let desk = Desk::spoken();
    let heard = desk.home.path().join("heard.wav");
    let speaker = format!("wav:{}", heard.display());
    printed(&desk, &["--speaker", &speaker]);
    let heard = read_wav(&heard);
    let (near, far) = sides();
    assert_eq!(heard.len(), near.len());
    let differs =
        |(i, v): (usize, &i16)| (i32::from(*v) - i32::from(near[i]) - i32::from(far[i])).abs() > 1;
    assert!(!heard.iter().enumerate().any(differs));
}

#[test]
fn twice_as_fast_takes_half_the_time_at_the_same_pitch() {
    let desk = Desk::spoken();
    let heard = desk.home.path().join("heard.wav");
    let speaker = format!("wav:{}", heard.display());
    printed(&desk, &["--speaker", &speaker, "--speed", "2"]);
    let heard = read_wav(&heard);
    assert!(heard.len().abs_diff(64_000) <= 640, "{}", heard.len());
    let tone = &heard[42_000..54_000];
    let got = pitch(tone);
    assert!((got / TONE_HZ - 1.0).abs() < 0.01, "{got}");
}

#[test]
fn silence_is_left_out_and_one_side_muted_on_demand() {
    let desk = Desk::spoken();
    let heard = desk.home.path().join("heard.wav");
    let speaker = format!("wav:{}", heard.display());
    printed(
        &desk,
        &[
            "--speaker",
            &speaker,
            "--skip-silence",
            "--mute",
            "recruiter",
        ],
    );
    let heard = read_wav(&heard);
    // About 0.5 s + 2.4 s of speech + 2 s of tone + 1 s, and two silences.
    assert!((70_000..100_000).contains(&heard.len()), "{}", heard.len());
    let (near, _) = sides();
    let loud = |pcm: &[i16]| pcm.iter().filter(|v| v.abs() > 3_000).count();
    assert!(loud(&heard).abs_diff(loud(&near)) < 20);
}

#[test]
fn without_audio_the_lines_come_in_their_order_with_times_and_gaps() {
    let desk = Desk::spoken();
    let said = printed(&desk, &["--no-audio", "--speed", "4"]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "Interview of Ada Example for Data Engineer, 00:08",
            "00:00  AI Recruiter: Please tell me about your last project.",
            "00:05  Ada Example: I tuned a steady tone",
            "00:07  AI Recruiter: Thank you.",
            "00:07  [gap: the recruiter was not recorded for 0.3 s, did not arrive]",
            "00:08  [end]",
        ]
    );
}

#[test]
fn a_typed_record_is_replayed_by_the_times_of_its_log() {
    let desk = Desk::typed();
    let said = printed(&desk, &["--speed", "4"]);
    assert!(
        said.contains("00:07  Ada Example: I tuned a steady tone"),
        "{said}"
    );
    assert!(said.ends_with("00:08  [end]\n"), "{said}");
}

#[test]
fn it_begins_at_a_time_a_line_or_a_word() {
    let desk = Desk::spoken();
    for place in ["00:05", "line 2", "tuned"] {
        let said = printed(&desk, &["--no-audio", "--speed", "4", "--at", place]);
        assert!(!said.contains("last project"), "{place}: {said}");
        assert!(
            said.contains("00:05  Ada Example: I tuned"),
            "{place}: {said}"
        );
    }
    let said = printed(
        &desk,
        &["--no-audio", "--speed", "4", "--find", "STEADY tone"],
    );
    assert!(said.contains("one place says \"STEADY tone\""), "{said}");
    assert!(!said.contains("last project"), "{said}");
}

#[test]
fn a_place_that_is_not_there_is_an_error_that_names_it() {
    let desk = Desk::spoken();
    for (args, status, says) in [
        (["--at", "12:30"], 2, "12:30"),
        (["--at", "line 9"], 2, "it has 3"),
        (["--at", "cobol"], 2, "\"cobol\""),
        (["--at", "1:75"], 2, "MM:SS"),
        (["--find", "cobol"], 1, "\"cobol\""),
        (["--speed", "5"], 2, "0.5 to 4"),
    ] {
        let output = run(&desk, &args);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {error}");
        assert!(error.contains(says), "{args:?}: {error}");
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn json_lists_the_lines_with_their_times_and_plays_nothing() {
    let desk = Desk::spoken();
    let answer = printed(&desk, &["--json", "--find", "tone"]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["length_ms"], 8_000);
    assert_eq!(answer["complete"], true);
    assert_eq!(answer["lines"].as_array().unwrap().len(), 3);
    assert_eq!(answer["lines"][1]["who"], "candidate");
    assert_eq!(answer["lines"][1]["start_ms"], 5_000);
    assert_eq!(answer["lines"][1]["heard"], true);
    assert_eq!(answer["lines"][2]["heard"], false);
    assert_eq!(answer["missing"][0]["start_ms"], 7_200);
    assert_eq!(answer["found"][0]["start_ms"], 5_000 + 4 * 400);
    assert_eq!(answer["problems"], serde_json::json!([]));
    assert_eq!(
        run(&desk, &["--json", "--find", "cobol"]).status.code(),
        Some(1)
    );
}

#[test]
fn an_incomplete_record_plays_as_far_as_it_goes_and_says_so() {
    let desk = Desk::spoken();
    std::fs::remove_file(desk.record().join("manifest.json")).unwrap();
    let log = desk.record().join("events.jsonl");
    let whole = std::fs::read_to_string(&log).unwrap();
    let end = whole.find("Thank you.").unwrap();
    std::fs::write(&log, &whole[..end]).unwrap();
    let output = run(&desk, &["--no-audio", "--speed", "4"]);
    let (said, error) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert!(
        said.contains("steady tone") && !said.contains("Thank you"),
        "{said}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("incomplete"), "{error}");
}

#[test]
fn a_damaged_record_is_played_after_one_line_of_warning() {
    let desk = Desk::spoken();
    let wav = desk.record().join("call.wav");
    let mut bytes = std::fs::read(&wav).unwrap();
    bytes[170_000] ^= 1;
    std::fs::write(&wav, bytes).unwrap();
    let output = run(&desk, &["--no-audio", "--speed", "4"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(
        error.contains("viva verify finds") && error.contains("call.wav"),
        "{error}"
    );
    assert!(text(&output.stdout).contains("[end]"));
    // A head that is gone to pieces still leaves the sound.
    std::fs::write(desk.record().join("head.json"), "{").unwrap();
    let output = run(&desk, &["--no-audio", "--speed", "4"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert!(error.contains("No lines can be shown"), "{error}");
    assert!(text(&output.stdout).contains("00:08  [end]"));
}

#[test]
fn the_recording_is_never_played_into() {
    let desk = Desk::spoken();
    let wav = desk.record().join("call.wav");
    let before = std::fs::read(&wav).unwrap();
    let speaker = format!("wav:{}", wav.display());
    let output = run(&desk, &["--speaker", &speaker]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is the recording itself"));
    assert_eq!(std::fs::read(&wav).unwrap(), before);
}

#[cfg(target_os = "linux")]
mod at_a_terminal {
    use super::*;
    use std::io::{Read, Write};
    use std::process::{Child, ChildStdin, Command};
    use std::sync::{Arc, Condvar, Mutex};
    use std::time::Duration;

    const LIMIT: Duration = Duration::from_secs(60);

    /// The program at a pseudo-terminal of 80 by 24, by `script`. The shell
    /// around it tells how the terminal is set before and after.
    struct Terminal {
        script: Child,
        keys: ChildStdin,
        shown: Arc<(Mutex<String>, Condvar)>,
        reader: std::thread::JoinHandle<()>,
        /// How much of what was shown has been looked at.
        seen: usize,
    }

    fn quoted(text: &str) -> String {
        format!("'{}'", text.replace('\'', "'\\''"))
    }

    impl Terminal {
        /// `None` where there is no `script` to run.
        fn open(desk: &Desk, args: &[&str]) -> Option<Self> {
            Command::new("script").arg("--version").output().ok()?;
            let viva = desk.replay(args);
            let words: Vec<String> = std::iter::once(viva.get_program())
                .chain(viva.get_args())
                .map(|word| quoted(&word.to_string_lossy()))
                .collect();
            let shell = format!(
                "stty cols 80 rows 24; echo before=$(stty -g); \
                 sh -c 'echo pid=$$; exec \"$@\"' sh {}; \
                 echo status=$?; echo after=$(stty -g); echo over",
                words.join(" ")
            );
            let mut script = Command::new("script");
            script
                .args(["-qfec", &shell, "/dev/null"])
                .env("TERM", "xterm");
            for (name, value) in viva.get_envs() {
                match value {
                    Some(value) => script.env(name, value),
                    None => script.env_remove(name),
                };
            }
            let mut script = script
                .env("SHELL", "/bin/sh")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let keys = script.stdin.take().unwrap();
            let mut out = script.stdout.take().unwrap();
            let shown = Arc::new((Mutex::new(String::new()), Condvar::new()));
            let reader = std::thread::spawn({
                let shown = shown.clone();
                move || {
                    let mut bytes = [0; 4_096];
                    while let Ok(n @ 1..) = out.read(&mut bytes) {
                        let more = String::from_utf8_lossy(&bytes[..n]);
                        shown.0.lock().unwrap().push_str(&more);
                        shown.1.notify_all();
                    }
                }
            });
            Some(Self {
                script,
                keys,
                shown,
                reader,
                seen: 0,
            })
        }

        /// Waits until this was shown, after what was waited for before.
        fn wait_for(&mut self, text: &str) {
            let mut now = self.shown.0.lock().unwrap();
            loop {
                if let Some(at) = now[self.seen..].find(text) {
                    self.seen += at + text.len();
                    return;
                }
                let (next, waited) = self.shown.1.wait_timeout(now, LIMIT).unwrap();
                now = next;
                assert!(
                    !waited.timed_out(),
                    "no {text:?} in {:?}",
                    &now[self.seen..]
                );
            }
        }

        fn press(&mut self, keys: &str) {
            self.keys.write_all(keys.as_bytes()).unwrap();
            self.keys.flush().unwrap();
        }

        /// What was shown after `name=` on its row.
        fn told(&self, name: &str) -> String {
            let shown = self.shown.0.lock().unwrap();
            let rest = shown.rsplit_once(&format!("{name}=")).unwrap().1;
            rest.lines().next().unwrap().trim().to_owned()
        }

        /// Waits for the end; the terminal must be as it was.
        fn ends_with(mut self, status: &str) -> String {
            self.wait_for("over");
            assert_eq!(self.told("status"), status);
            assert_eq!(self.told("before"), self.told("after"));
            drop(self.keys);
            self.script.wait().unwrap();
            self.reader.join().unwrap();
            let shown = self.shown.0.lock().unwrap().clone();
            // The second screen was entered and left, the cursor is back.
            for (set, reset) in [
                ("\u{1b}[?1049h", "\u{1b}[?1049l"),
                ("\u{1b}[?25l", "\u{1b}[?25h"),
            ] {
                let (on, off) = (shown.rfind(set).unwrap(), shown.rfind(reset).unwrap());
                assert!(off > on, "{reset:?} does not follow {set:?}");
            }
            shown
        }
    }

    /// Whether any attribute that is set is a colour.
    fn colours(shown: &str) -> bool {
        shown.split("\u{1b}[").skip(1).any(|rest| {
            let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap();
            rest[end..].starts_with('m')
                && rest[..end]
                    .split(';')
                    .any(|code| code.parse::<u8>().is_ok_and(|code| code >= 30))
        })
    }

    #[test]
    fn keys_pause_go_to_lines_change_the_speed_and_look_for_words() {
        let desk = Desk::spoken();
        let Some(mut terminal) = Terminal::open(&desk, &["--no-audio"]) else {
            eprintln!("skipped: no `script` here");
            return;
        };
        terminal.wait_for("Interview of Ada Example for Data Engineer");
        terminal.wait_for("playing  1x");
        terminal.press(" ");
        terminal.wait_for("paused  1x");
        terminal.press("\u{1b}[B\u{1b}[B");
        terminal.wait_for("00:05 / 00:08  paused");
        terminal.press("]]");
        terminal.wait_for("paused  1.5x");
        terminal.press("s");
        terminal.wait_for("skipping 00:0");
        terminal.press("c");
        terminal.wait_for("candidate muted");
        terminal.press("/cobol\r");
        terminal.wait_for("Nothing says \"cobol\"");
        terminal.press("/project\r");
        terminal.wait_for("\"project\" 1/1");
        terminal.press("\u{1b}[D");
        terminal.wait_for("00:00 / 00:08");
        terminal.press(" ");
        terminal.wait_for("at the end");
        terminal.press("q");
        let shown = terminal.ends_with("0");
        assert!(!colours(&shown), "{shown:?}");
    }

    #[test]
    fn control_c_leaves_the_terminal_as_it_was() {
        let desk = Desk::spoken();
        let Some(mut terminal) = Terminal::open(&desk, &["--no-audio"]) else {
            return;
        };
        terminal.wait_for("playing  1x");
        terminal.press("\u{3}");
        terminal.ends_with("0");
    }

    #[test]
    fn a_signal_from_outside_leaves_the_terminal_as_it_was() {
        let desk = Desk::spoken();
        let Some(mut terminal) = Terminal::open(&desk, &["--no-audio"]) else {
            return;
        };
        terminal.wait_for("playing  1x");
        let pid = terminal.told("pid");
        let killed = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(killed.success());
        terminal.ends_with("143");
    }

    #[test]
    fn an_error_leaves_the_terminal_as_it_was_and_is_read_after_it() {
        let desk = Desk::spoken();
        let Some(mut terminal) = Terminal::open(&desk, &["--no-audio", "--speed", "0.5"]) else {
            return;
        };
        terminal.wait_for("playing  0.5x");
        // The recording is cut short while it plays.
        let wav = std::fs::File::options()
            .write(true)
            .open(desk.record().join("call.wav"))
            .unwrap();
        wav.set_len(44).unwrap();
        terminal.press("\u{1b}[F");
        terminal.wait_for("The recording cannot be read");
        terminal.ends_with("2");
    }
}
