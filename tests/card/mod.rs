//! The virtual sound card: start, play into it, listen to it, stop.
#![allow(dead_code, reason = "each suite uses a part of it")]

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use viva::clock::Clock;
use viva::speech::normalise::normalise;
use viva::speech::voices::open_voice;

const RATE: usize = 16_000;
/// Louder than this is speech.
const LOUD: i16 = 500;
/// So much silence ends a stretch of speech.
const SILENCE: usize = RATE * 7 / 10;

/// Nothing for so long: nothing will come.
const QUIET: usize = RATE * 8;

/// A recording that gets nothing for so long is one of a server that starves:
/// it delivers every 20 ms.
const STALL: Duration = Duration::from_millis(100);

/// What a log says where sound was lost because nobody had the time to take
/// it from the device.
const NOT_TAKEN: [&str; 2] = [
    "the audio was not taken from the device in time",
    "the device gave no sound for a while",
];

/// Runs a case on a card of its own. Where it fails and the sound server was
/// seen to starve, which no program on it can help, it runs once more on
/// another one; a failure without such a sign stands.
pub(crate) fn on_card(case: impl Fn(&Card)) {
    for last in [false, true] {
        let Some(card) = Card::start() else {
            eprintln!("skipped: no pulseaudio on this machine");
            return;
        };
        let watch = card.listen("speaker.monitor");
        let done = catch_unwind(AssertUnwindSafe(|| case(&card)));
        watch.stop();
        let Err(failure) = done else { return };
        let signs = card.signs();
        if last || signs.is_empty() {
            resume_unwind(failure);
        }
        eprintln!("once more, because the sound server starved: {signs:?}");
    }
}

/// A running sound server with a virtual microphone and speaker.
pub(crate) struct Card {
    dir: tempfile::TempDir,
    env: Vec<(String, String)>,
    /// The server's other door, which stays open when devices are unplugged.
    control: String,
    pub(crate) clock: Clock,
    /// Signs that the server starved.
    signs: Arc<Mutex<Vec<String>>>,
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/virtual-sound-card.sh")
}

/// Runs the card's script and gives what it printed.
fn script_does(dir: &Path, action: &str) -> String {
    let output = Command::new(script())
        .arg(action)
        .env("VIVA_SOUND_DIR", dir)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{action}: {text} {error}");
    text
}

impl Card {
    /// Starts one of its own; `None` where there is no sound server to
    /// start.
    pub(crate) fn start() -> Option<Self> {
        Command::new("pulseaudio").arg("--version").output().ok()?;
        let dir = tempfile::tempdir().unwrap();
        let run = |action: &str| script_does(dir.path(), action);
        run("start");
        let control = run("control").trim().to_owned();
        let env = run("env")
            .split_whitespace()
            .filter_map(|word| word.split_once('='))
            .map(|(k, v)| (k.to_owned(), v.trim_matches(['"', '\'']).to_owned()))
            .collect();
        Some(Self {
            dir,
            env,
            control,
            clock: Clock::system(),
            signs: Arc::default(),
        })
    }

    /// What a program needs in its environment to find this card and no
    /// other.
    pub(crate) fn env(&self) -> Vec<(&str, &str)> {
        let all = self.env.iter();
        all.map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// Signs that the server starved.
    fn signs(&self) -> Vec<String> {
        self.signs.lock().unwrap().clone()
    }

    /// Looks for such signs on a record's log.
    pub(crate) fn look_at_log(&self, log: &str) {
        for why in NOT_TAKEN {
            if log.contains(why) {
                self.signs.lock().unwrap().push(why.to_owned());
            }
        }
    }

    /// Runs a program that finds this card and no other.
    pub(crate) fn run(&self, command: &mut Command) -> Child {
        for (name, value) in &self.env {
            command.env(name, value);
        }
        command.spawn().unwrap()
    }

    /// Runs one of our own programs, which no unplugging touches.
    fn run_outside(&self, command: &mut Command) -> Child {
        command.env("PULSE_SERVER", &self.control).spawn().unwrap()
    }

    /// Lets the server do something: `pactl` with these arguments.
    pub(crate) fn control(&self, args: &[&str]) -> String {
        let mut command = Command::new("pactl");
        command.args(args).env("PULSE_SERVER", &self.control);
        let output = command.output().unwrap();
        assert!(output.status.success(), "pactl {args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The module that was loaded with this argument.
    pub(crate) fn module(&self, argument: &str) -> String {
        let all = self.control(&["list", "short", "modules"]);
        let found = all
            .lines()
            .find(|line| line.split_whitespace().any(|word| word == argument));
        let found = found.and_then(|line| line.split_whitespace().next());
        found
            .unwrap_or_else(|| panic!("{argument} in {all}"))
            .to_owned()
    }

    /// Lets the card's time pass: its own recording of itself tells.
    pub(crate) fn pass(&self, ms: u64) {
        let mut command = Command::new("parec");
        command
            .args(["--raw", "--rate=16000", "--channels=1", "--format=s16le"])
            .args(["--latency-msec=20", "--device=mic_feed.monitor"])
            .stdout(Stdio::piped());
        let mut recorder = self.run_outside(&mut command);
        let mut sound = vec![0; ms as usize * RATE / 1000 * 2];
        let heard = recorder.stdout.take().unwrap().read_exact(&mut sound);
        let _ = recorder.kill();
        let _ = recorder.wait();
        heard.unwrap();
    }

    /// Takes both devices away from every program but our own.
    pub(crate) fn unplug(&self) {
        script_does(self.dir.path(), "unplug");
    }

    /// Brings them back.
    pub(crate) fn plug(&self) {
        script_does(self.dir.path(), "plug");
    }

    /// Plays 16 kHz mono into a sink, to its end.
    pub(crate) fn play(&self, sink: &str, pcm: &[i16]) {
        let mut player = self.begin_playing(sink, pcm.to_vec());
        player.writer.take().unwrap().join().unwrap();
        assert!(player.child.wait().unwrap().success());
    }

    /// Plays it until it is dropped.
    pub(crate) fn begin_playing(&self, sink: &str, pcm: Vec<i16>) -> Playing {
        let mut command = Command::new("pacat");
        command
            .args(["--playback", "--raw", "--rate=16000", "--channels=1"])
            .args(["--format=s16le", "--latency-msec=20"])
            .arg(format!("--device={sink}"))
            .stdin(Stdio::piped());
        let mut child = self.run_outside(&mut command);
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            let bytes: Vec<u8> = pcm.iter().flat_map(|s| s.to_le_bytes()).collect();
            // A player that was ended takes no more.
            let _ = stdin.write_all(&bytes);
        });
        Playing {
            child,
            writer: Some(writer),
        }
    }

    /// Records a source, 16 kHz mono, until stopped.
    pub(crate) fn listen(&self, source: &str) -> Listener {
        let mut command = Command::new("parec");
        command
            .args(["--raw", "--rate=16000", "--channels=1"])
            .args(["--format=s16le", "--latency-msec=20"])
            .arg(format!("--device={source}"))
            .stdout(Stdio::piped());
        let mut recorder = self.run_outside(&mut command);
        let mut out = recorder.stdout.take().unwrap();
        let heard = Arc::new((Mutex::new(Heard::default()), Condvar::new()));
        let reader = std::thread::spawn({
            let (heard, clock) = (heard.clone(), self.clock.clone());
            let (signs, source) = (self.signs.clone(), source.to_owned());
            move || {
                let mut bytes = [0; 640];
                let mut before: Option<u64> = None;
                while out.read_exact(&mut bytes).is_ok() {
                    let at = clock.nanos();
                    let stall = Duration::from_nanos(at - before.replace(at).unwrap_or(at));
                    if stall > STALL {
                        let sign = format!("{source} gave nothing for {stall:?}");
                        signs.lock().unwrap().push(sign);
                    }
                    let mut now = heard.0.lock().unwrap();
                    now.pcm
                        .extend(bytes.chunks(2).map(|b| i16::from_le_bytes([b[0], b[1]])));
                    let length = now.pcm.len() as f64 * 1000.0 / RATE as f64;
                    // The least delayed read tells when sample 0 was.
                    now.began_ms = now.began_ms.min(clock.now().0 as f64 - length);
                    heard.1.notify_all();
                }
            }
        });
        Listener {
            recorder,
            reader,
            heard,
            signs: self.signs.clone(),
        }
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        let _ = Command::new(script())
            .arg("stop")
            .env("VIVA_SOUND_DIR", self.dir.path())
            .output();
    }
}

/// What was recorded.
#[derive(Clone)]
pub(crate) struct Heard {
    /// 16 kHz mono.
    pub(crate) pcm: Vec<i16>,
    /// When sample 0 was recorded, on the card's clock.
    pub(crate) began_ms: f64,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            pcm: Vec::new(),
            began_ms: f64::MAX,
        }
    }
}

/// Sound that is being played.
pub(crate) struct Playing {
    child: Child,
    writer: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Playing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// A running recording.
pub(crate) struct Listener {
    recorder: Child,
    reader: std::thread::JoinHandle<()>,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    signs: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    /// How many samples came so far.
    pub(crate) fn so_far(&self) -> usize {
        self.heard.0.lock().unwrap().pcm.len()
    }

    /// Waits until something loud came after sample `from`, and silence
    /// after it; where that silence began comes back. `None` where nothing
    /// was said for a while: the line was dropped, because the candidate was
    /// still speaking.
    pub(crate) fn wait_for_end_of_speech(&self, from: usize) -> Option<usize> {
        let limit = Duration::from_secs(60);
        let mut now = self.heard.0.lock().unwrap();
        let entered = now.pcm.len();
        loop {
            let new = &now.pcm[from.min(now.pcm.len())..];
            if let Some(last) = new.iter().rposition(|s| s.abs() > LOUD)
                && new.len() - last > SILENCE
            {
                return Some(from + last + 1);
            }
            if now.pcm.len() - entered > QUIET && new.iter().all(|s| s.abs() <= LOUD) {
                return None;
            }
            let (next, waited) = self.heard.1.wait_timeout(now, limit).unwrap();
            if waited.timed_out() {
                let sign = "the sound server delivers nothing";
                self.signs.lock().unwrap().push(sign.into());
                panic!("{sign}");
            }
            assert!(
                next.pcm.len() < from + 90 * RATE,
                "no end of speech within 90 seconds"
            );
            now = next;
        }
    }

    /// Ends the recording.
    pub(crate) fn stop(mut self) -> Heard {
        let _ = self.recorder.kill();
        let _ = self.recorder.wait();
        let _ = self.reader.join();
        self.heard.0.lock().unwrap().clone()
    }
}

/// Speech of a made candidate.
pub(crate) fn say(text: &str) -> Vec<i16> {
    let mut pcm = Vec::new();
    open_voice("rms", 1.0)
        .unwrap()
        .speak(&normalise(text), &mut |part| {
            pcm.extend(part.iter().map(|s| (s * 32_767.0) as i16));
            ControlFlow::Continue(())
        })
        .unwrap();
    pcm
}

/// Stretches of speech between silences, a little of which stays with them.
pub(crate) fn stretches(pcm: &[i16]) -> Vec<&[i16]> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (i, sample) in pcm.iter().enumerate() {
        if sample.abs() <= LOUD {
            continue;
        }
        match &mut open {
            Some((_, last)) if i - *last < RATE / 4 => *last = i,
            _ => {
                found.extend(open);
                open = Some((i, i));
            }
        }
    }
    found.extend(open);
    let pad = RATE / 10;
    found
        .into_iter()
        .filter(|(a, b)| b - a > RATE / 10)
        .map(|(a, b)| &pcm[a.saturating_sub(pad)..(b + pad).min(pcm.len())])
        .collect()
}
