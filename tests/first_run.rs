//! What happens before an interview, at a real pseudo-terminal and through a
//! pipe: devices and speech model chosen the first time, a download that is
//! cut and taken up again, and the check with a sentence that is heard. A
//! recording stands in for the microphone, so no sound hardware is needed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod mirror;
mod pty;

use mirror::Mirror;
use pty::Terminal;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use viva::speech::normalise::normalise;
use viva::speech::voices::open_voice;

const SIZE: (u16, u16) = (80, 24);
/// What the candidate says, again and again.
const SAID: &str = "I am ready, and we can begin when you are.";

/// An empty home folder and a recording of a candidate.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Self { dir };
        let mut voice = open_voice("rms", 1.0).unwrap();
        let mut said = Vec::new();
        voice
            .speak(&normalise(SAID), &mut |part| {
                said.extend(part.iter().map(|s| (s * 32_767.0) as i16));
                ControlFlow::Continue(())
            })
            .unwrap();
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = hound::WavWriter::create(home.voice(), spec).unwrap();
        // So often that one sentence is heard whole whenever it is listened
        // for, however slow the machine is.
        for _ in 0..30 {
            for sample in said.iter().copied().chain(std::iter::repeat_n(0, 40_000)) {
                file.write_sample(sample).unwrap();
            }
        }
        file.finalize().unwrap();
        home
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn voice(&self) -> PathBuf {
        self.path().join("voice.wav")
    }

    fn choices(&self) -> PathBuf {
        self.path().join(".config/viva/choices.toml")
    }

    fn chosen(&self) -> String {
        std::fs::read_to_string(self.choices()).unwrap()
    }

    fn model(&self, name: &str) -> PathBuf {
        let folder = self.path().join(".local/share/viva/models");
        folder.join(format!("ggml-{name}.bin"))
    }

    /// The interview's arguments: the recording speaks, a file listens.
    fn args<'a>(&self, more: &[&'a str]) -> Vec<String> {
        let mut args: Vec<String> = [
            "interview",
            "--job",
            "config/jobs/python-backend-developer.toml",
            "--questions=1",
            "--follow-ups=0",
        ]
        .map(str::to_owned)
        .to_vec();
        args.push(format!("--mic=wav:{}", self.voice().display()));
        let heard = self.path().join("heard.wav");
        args.push(format!("--speaker=wav:{}", heard.display()));
        args.extend(more.iter().map(|a: &&'a str| (*a).to_owned()));
        args
    }

    fn open(&self, size: (u16, u16), more: &[&str], env: &[(&str, &str)]) -> Terminal {
        let args = self.args(more);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let quick = [("VIVA_SPEECH_VOICE", "slt"), ("VIVA_SPEECH_THREADS", "1")];
        let env: Vec<_> = quick.iter().chain(env).copied().collect();
        Terminal::open(self.path(), size, &args, &env)
    }

    /// The same through a pipe; what was printed comes back.
    fn pipe(&self, more: &[&str], env: &[(&str, &str)], keys: &str) -> String {
        let mut viva = Command::new(env!("CARGO_BIN_EXE_viva"));
        viva.args(self.args(more))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("HOME", self.path())
            .env("VIVA_DATA_DIR", self.path())
            .env("VIVA_SPEECH_VOICE", "slt")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("VIVA_CONFIG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in env {
            viva.env(name, value);
        }
        let mut viva = viva.spawn().unwrap();
        viva.stdin
            .take()
            .unwrap()
            .write_all(keys.as_bytes())
            .unwrap();
        let out = viva.wait_with_output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(0), "{text}\n{told}");
        assert!(!text.contains('\u{1b}'), "{text}");
        text
    }
}

#[test]
fn a_sentence_is_said_heard_shown_and_played_back() {
    let home = Home::new();
    let mut terminal = home.open(SIZE, &["--preflight"], &[]);
    // The first time microphone, speaker and model are asked for.
    let first = terminal.wait_for("Which microphone?");
    println!("{first}\n");
    terminal.press("\r");
    let second = terminal.wait_for("Which speaker?");
    println!("{second}\n");
    terminal.press("\r");
    let models = terminal.wait_for("with people; * is best here");
    println!("{models}\n");
    assert!(models.contains("starter-q5_1"), "{models}");
    terminal.press("u");
    let warned = terminal.wait_for("The starter model is used");
    assert!(warned.contains("misunderstand"), "{warned}");
    let check = terminal.wait("what was found", |shown| {
        shown.contains("starter-q5_1.") && shown.contains("Engine      ok")
    });
    println!("{check}\n");
    terminal.wait("a moving level", |shown| {
        shown.contains("#] ") || shown.contains("#-")
    });
    terminal.wait_for("] good");
    terminal.press("t");
    terminal.wait_for("The program says:");
    let heard = terminal.wait_for("Understood:");
    println!("{heard}\n");
    // Whoever speaks while the program does is heard from its end on.
    let understood = heard.split("Understood:").nth(1).unwrap().to_lowercase();
    let words = ["ready", "begin", "when", "are"];
    assert!(words.iter().any(|w| understood.contains(w)), "{heard}");
    let over = terminal.wait_for("Nothing of it was kept or sent");
    println!("{over}\n");
    assert!(over.contains("Now you hear what was heard"), "{over}");
    terminal.press("q");
    let (status, _) = terminal.end();
    assert_eq!(status, 0);
    // What was said and played back is only where the speaker's file is.
    let mut files: Vec<String> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".wav"))
        .collect();
    files.sort();
    assert_eq!(files, ["heard.wav", "voice.wav"]);
    assert!(!home.path().join("sessions").exists());
}

#[test]
fn a_download_that_is_cut_and_killed_goes_on_at_the_next_start() {
    let home = Home::new();
    let mirror = Mirror::start("tiny.en-q5_1");
    mirror.stop_after(3_000_000);
    let env = [("VIVA_SPEECH_MIRROR", mirror.address.as_str())];
    let mut terminal = home.open(SIZE, &["--preflight"], &env);
    terminal.wait_for("Which microphone?");
    terminal.press("\r");
    terminal.wait_for("Which speaker?");
    terminal.press("\r");
    let models = terminal.wait_for("tiny.en-q5_1 ");
    let number = models
        .lines()
        .find(|row| row.contains(" tiny.en-q5_1  "))
        .and_then(|row| row.trim_start_matches(['>', ' ']).split(' ').next())
        .unwrap()
        .to_owned();
    terminal.press(&number);
    terminal.wait("the marked model", |shown| {
        shown
            .lines()
            .any(|row| row.starts_with('>') && row.contains(" tiny.en-q5_1  "))
    });
    terminal.press("\r");
    let fetching = terminal.wait_for("MB of 32 MB");
    println!("{fetching}\n");
    terminal.wait_for("] ");
    // Another size in the middle of it.
    terminal.resize(60, 20);
    terminal.wait("a smaller screen", |shown| {
        shown.contains("MB of 32 MB") && shown.lines().all(|row| row.chars().count() <= 60)
    });
    terminal.resize(200, 60);
    let wide = terminal.wait("a larger screen", |shown| {
        shown.lines().any(|row| row.starts_with(&"-".repeat(200)))
    });
    println!("{}\n", wide.lines().take(8).collect::<Vec<_>>().join("\n"));
    mirror.wait_for_cut();
    let (_, viva) = terminal.processes();
    pty::signal(viva, "-KILL");
    let (status, _) = terminal.end();
    assert_eq!(status, 128 + 9);
    let part = home.model("tiny.en-q5_1").with_extension("bin.part");
    assert!(part.metadata().unwrap().len() > 0);

    // The next start takes it up by itself. The server has other bytes than
    // the real model, so what arrives is refused by its sum and said so.
    mirror.go_on();
    // What was chosen before is not asked again.
    let mut terminal = home.open(SIZE, &["--preflight"], &env);
    let whole = terminal.wait("the end of the download", |shown| {
        shown.contains("SHA-256") || shown.contains("whole and checked")
    });
    println!("{whole}\n");
    assert!(mirror.resumed(), "{:?}", mirror.log());
    assert!(whole.contains("Enter tries again"), "{whole}");
    terminal.press("u");
    terminal.wait_for("The starter model is used");
    terminal.wait_for("Engine      ok");
    terminal.press("q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn where_nothing_can_be_fetched_the_starter_is_used_with_one_calm_warning() {
    let home = Home::new();
    // Nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let env = [("VIVA_SPEECH_MIRROR", address.as_str())];
    let mut terminal = home.open(SIZE, &["--setup", "--plain"], &env);
    for question in ["Which microphone?", "Which speaker?"] {
        terminal.wait_for(question);
        terminal.press("\r");
    }
    terminal.wait_for("with people; * is best here");
    terminal.press("4\r");
    terminal.wait_for("cannot be fetched now");
    terminal.wait_for("Engine: ok");
    terminal.press("q\r");
    assert_eq!(terminal.end().0, 0);
    let printed = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    println!("{printed}");
    assert!(!printed.contains('\u{1b}'), "{printed:?}");
    // Line by line nothing is cut by the terminal's edge.
    let warned = printed.matches("The starter model is used").count();
    assert_eq!(warned, 1, "{printed}");
    assert!(home.chosen().contains("viva config forget"));
    assert!(!home.chosen().contains("model ="), "{}", home.chosen());
}

#[test]
fn what_was_chosen_is_remembered_shown_and_forgotten() {
    let home = Home::new();
    let config = |action: &str| {
        let out = Command::new(env!("CARGO_BIN_EXE_viva"))
            .args(["config", action])
            .env("HOME", home.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("VIVA_CONFIG")
            .output()
            .unwrap();
        assert!(out.status.success(), "{out:?}");
        String::from_utf8(out.stdout).unwrap()
    };
    assert!(config("show").contains("nothing chosen yet"));
    std::fs::create_dir_all(home.choices().parent().unwrap()).unwrap();
    std::fs::write(home.choices(), "microphone = \"usb\"\n").unwrap();
    let shown = config("show");
    assert!(shown.contains("choices.toml\n"), "{shown}");
    assert!(shown.contains("microphone = \"usb\""), "{shown}");
    assert!(config("forget").contains("Forgotten"));
    assert!(!home.choices().exists());
    assert!(config("forget").contains("Nothing was chosen"));
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let home = Home::new();
    let printed = home.pipe(&["--plain"], &[], "n\n");
    assert!(!printed.contains("Which microphone?"), "{printed}");
    assert!(printed.contains("consent refused"), "{printed}");
    // What the model means is said all the same.
    assert!(printed.contains("starter model"), "{printed}");
    assert!(!home.choices().exists());
}

#[test]
fn without_colours_and_without_movement_everything_is_said_in_words() {
    let home = Home::new();
    let env = [("NO_COLOR", "1")];
    let mut terminal = home.open((200, 60), &["--preflight", "--still"], &env);
    terminal.wait_for("Which microphone?");
    terminal.press("s");
    terminal.wait_for("Y I agree");
    terminal.expect_no_colours();
    let (_, viva) = terminal.processes();
    pty::signal(viva, "-KILL");
    assert_eq!(terminal.end().0, 128 + 9);
}
