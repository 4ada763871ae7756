//! Real processes are killed (SIGKILL) at random moments, again and again:
//! the engine in the middle of calls, of sealing and of recovering, and the
//! candidate's program. Nothing that was acknowledged may be lost, nothing
//! that was there may be changed, and whatever is left must be taken up.
//!
//! The ordinary run makes about 20 kills. All of them:
//! `VIVA_KILLS=240 cargo test --test kill -- --nocapture`; `VIVA_KILL_SEED`
//! repeats a run's choices.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod calls;

use futures_util::{SinkExt, StreamExt};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use viva::event::*;
use viva::interview::score::Lexical;
use viva::protocol::*;
use viva::record::{ProblemKind, RecordReader, Trust, verify};
use viva::replay::rederive;

const RATE: u64 = 16_000;
const HEADER: usize = 44;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

/// What the candidate's tracks hold at a place: never silence, so that a
/// silence must be a gap.
fn tone(at: u64) -> i16 {
    (at * 37 % 20_011) as i16 + 1
}

/// A program that this test started, and that it alone ends.
struct Started(Child);

impl Started {
    fn viva(home: &Path, args: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_viva"))
            .args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("HOME", home)
            .env("VIVA_DATA_DIR", home)
            .env_remove("XDG_CONFIG_HOME")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Lines on its keyboard.
    fn types(&mut self, lines: &str) {
        // It may be gone before it reads them.
        let keyboard = self.0.stdin.as_mut().unwrap();
        let _ = keyboard.write_all(lines.as_bytes());
    }

    /// SIGKILL: it can do nothing about it.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// The address of an engine, once it has recovered and listens.
    fn url(&mut self) -> String {
        let mut line = String::new();
        let mut out = BufReader::new(self.0.stdout.as_mut().unwrap());
        out.read_line(&mut line).unwrap();
        line.trim().strip_prefix("Engine: ").unwrap().to_owned()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the candidate's side knows to be kept of one session.
#[derive(Default)]
struct Ledger {
    /// Its last acknowledged message.
    acknowledged: u64,
    /// Outputs that came, by their numbers on the log.
    outputs: Vec<(u64, Output)>,
    /// Samples that were acknowledged.
    samples: u64,
    /// The engine said that the record is finished.
    done: bool,
    /// The log's whole lines and the sound under its header when last seen.
    log: Vec<u8>,
    sound: Vec<u8>,
}

/// The files of a session as far as they count.
fn files(dir: &Path) -> (Vec<u8>, Vec<u8>) {
    let mut log = fs::read(dir.join("events.jsonl")).unwrap_or_default();
    let whole = log.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    log.truncate(whole);
    let wav = fs::read(dir.join("call.wav")).unwrap_or_default();
    if wav.len() < HEADER {
        return (log, Vec::new());
    }
    let size = u32::from_le_bytes(wav[40..44].try_into().unwrap()) as usize;
    (log, wav[HEADER..HEADER + size].to_vec())
}

impl Ledger {
    /// Nothing that was there is changed, nothing acknowledged is missing.
    fn check(&mut self, dir: &Path) {
        let (log, sound) = files(dir);
        assert!(log.starts_with(&self.log), "{}: log changed", dir.display());
        assert!(
            sound.starts_with(&self.sound),
            "{}: sound changed",
            dir.display()
        );
        (self.log, self.sound) = (log, sound);
        let events: Vec<Value> = self
            .log
            .split(|b| *b == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        let heard = events.iter().filter(|line| {
            let event = &line["event"];
            let kind = event["input"]["kind"].as_str().unwrap_or_default();
            event["type"] == "input" && !["tick", "left", "resumed"].contains(&kind)
        });
        let heard = heard.count() as u64;
        assert!(
            heard >= self.acknowledged,
            "{}: {} messages acknowledged, {heard} kept",
            dir.display(),
            self.acknowledged
        );
        for (seq, output) in &self.outputs {
            let kept = &events[*seq as usize - 1]["event"]["output"];
            assert_eq!(kept, &serde_json::to_value(output).unwrap());
        }
        let frames = self.sound.len() as u64 / 4;
        assert!(
            frames >= self.samples,
            "{}: {} samples acknowledged, {frames} kept",
            dir.display(),
            self.samples
        );
    }

    /// After recovery: whole but perhaps for its seal, and derivable.
    fn check_recovered(&mut self, dir: &Path) -> bool {
        self.check(dir);
        let problems = verify(dir, &Trust::Any);
        assert!(
            problems.iter().all(|p| p.kind == ProblemKind::NotSealed),
            "{}: {problems:?}",
            dir.display()
        );
        let found = rederive(dir, &Lexical).unwrap();
        assert!(found.follows(), "{}: {found:?}", dir.display());
        problems.is_empty()
    }

    /// Every sample is the one that was sent for its place, or stands in a
    /// gap that the log tells of.
    fn check_sound(&self, dir: &Path) {
        let reader = RecordReader::open(dir).unwrap();
        let mut expected: Vec<i16> = (0..self.sound.len() as u64 / 4)
            .flat_map(|at| [tone(at); 2])
            .collect();
        for record in reader.records().unwrap() {
            let Event::Gap {
                track,
                first_sample,
                samples,
                ..
            } = record.unwrap().event
            else {
                continue;
            };
            for at in first_sample..first_sample + samples {
                expected[2 * at as usize + usize::from(track == Track::Far)] = 0;
            }
        }
        let found: Vec<i16> = self
            .sound
            .chunks(2)
            .map(|b| i16::from_le_bytes([b[0], b[1]]))
            .collect();
        let at = found.iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!(at, None, "{}: first at this sample", dir.display());
    }
}

/// How far a candidate goes before its engine is killed.
enum Until {
    /// So many messages.
    Messages(u32),
    /// The record is being finished.
    Bye,
}

/// A candidate's side over the websocket: hears each line, answers by
/// keyboard, and sends sound as fast as it is acknowledged. Returns the
/// session's id, once it knows it.
async fn drive(
    url: &str,
    resume: Option<String>,
    ledgers: &mut BTreeMap<String, Ledger>,
    until: &Until,
) -> Option<String> {
    let (url, token) = url.split_once('#').unwrap();
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    let protocol = SUBPROTOCOL.parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let (mut sink, mut stream) = socket.split();
    let hello = calls::hello(resume.map(|session| Resume { session, has: None }));
    let text = Message::Text(encode(&hello).into());
    sink.send(text).await.unwrap();
    let welcome = stream.next().await.unwrap().unwrap();
    let (id, resumed) = match decode(welcome.to_text().unwrap()).unwrap() {
        ServerMessage::Welcome {
            session, resumed, ..
        } => (session, resumed),
        other => panic!("expected a welcome, found {other:?}"),
    };
    let ledger = ledgers.entry(id.clone()).or_default();
    let mut seq = resumed.map_or(0, |r| r.heard);
    assert!(seq >= ledger.acknowledged);
    let mut sample = resumed.map_or(RATE / 2, |r| r.first_sample);
    let mut recording = resumed.is_some_and(|r| r.recording);
    let mut utterances = resumed.map_or(0, |r| r.utterances);
    ledger.samples = ledger.samples.max(resumed.map_or(0, |r| r.kept));
    // Unbounded in effect: a session has few lines.
    let (inputs, mut waiting) = mpsc::channel::<Input>(256);
    if resumed.is_none() {
        inputs.try_send(Input::Begin).unwrap();
    }
    let mut count = 0;
    let mut ended = false;
    loop {
        // Whatever the engine says first; else something is sent.
        let said = tokio::select! {
            biased;
            said = stream.next() => Some(said),
            () = std::future::ready(()), if !waiting.is_empty() => None,
            () = std::future::ready(()),
                if recording && !ended && sample < ledger.samples + 3 * RATE => None,
        };
        if let Some(said) = said {
            let Some(Ok(message)) = said else {
                return Some(id);
            };
            let Message::Text(text) = message else {
                return Some(id);
            };
            match decode(&text).unwrap() {
                // The goodbye has a number too, but no place on the log.
                ServerMessage::Ack { seq: n } if n <= seq => {
                    ledger.acknowledged = ledger.acknowledged.max(n);
                }
                ServerMessage::AudioAck { samples } => ledger.samples = samples,
                ServerMessage::Done { .. } => {
                    ledger.done = true;
                    return Some(id);
                }
                ServerMessage::Error { message, .. } => panic!("{message}"),
                ServerMessage::Output { seq, output, .. } => {
                    ledger.outputs.push((seq, output.clone()));
                    match output {
                        Output::Consent { given, .. } => recording = given,
                        Output::Ended { .. } => ended = true,
                        Output::Say(line) => {
                            let expects = line.expects;
                            let heard = Input::LineEnded {
                                line: line.id,
                                heard: line.text,
                                complete: true,
                            };
                            inputs.try_send(heard).unwrap();
                            utterances += 1;
                            let answer = match expects {
                                Expects::Nothing => continue,
                                Expects::YesNo => Input::Consent {
                                    given: true,
                                    how: ConsentHow::Key,
                                },
                                Expects::Short => typed(utterances, "No, thank you."),
                                Expects::Long => {
                                    typed(utterances, "I have built web services in Python.")
                                }
                            };
                            inputs.try_send(answer).unwrap();
                        }
                        Output::Hold { .. } => {}
                        other => panic!("{other:?}"),
                    }
                }
                _ => {}
            }
            if ended && waiting.is_empty() {
                let bye = ClientMessage::Bye {
                    seq: seq + 1,
                    samples: sample,
                };
                let _ = sink.send(Message::Text(encode(&bye).into())).await;
                if matches!(until, Until::Bye) {
                    return Some(id);
                }
                ended = false;
                recording = false;
            }
            continue;
        }
        let sent = match waiting.try_recv() {
            Ok(input) => {
                seq += 1;
                let message = ClientMessage::Input { seq, input };
                sink.send(Message::Text(encode(&message).into())).await
            }
            Err(_) => {
                let pcm: Vec<i16> = (sample..sample + 3_200).map(tone).collect();
                for track in [Track::Near, Track::Far] {
                    let frame = AudioFrame {
                        track,
                        seq: 0,
                        first_sample: sample,
                        pcm: pcm.clone(),
                    };
                    let _ = sink.send(Message::Binary(frame.encode().into())).await;
                }
                sample += 3_200;
                Ok(())
            }
        };
        count += 1;
        if sent.is_err() || matches!(until, Until::Messages(most) if count >= *most) {
            return Some(id);
        }
    }
}

fn typed(id: u32, text: &str) -> Input {
    Input::Utterance(Utterance {
        id,
        text: text.into(),
        words: Vec::new(),
        start_ms: 0,
        end_ms: 0,
        confidence: 1.0,
        source: Source::Typed,
    })
}

/// A token by which interviews can be taken.
fn token(home: &Path) -> String {
    let accounts = viva::accounts::Accounts::open(home).unwrap();
    let role = viva::accounts::Role::Candidate;
    accounts.add_token("tests", role, i64::MAX, 0).unwrap().1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_is_killed_at_any_moment_loses_nothing_it_acknowledged() {
    let kills = setting("VIVA_KILLS", 20) * 4 / 5;
    let seed = setting("VIVA_KILL_SEED", 1);
    let mut chance = StdRng::seed_from_u64(seed);
    let home = tempfile::tempdir().unwrap();
    let dir = |id: &str| home.path().join("sessions").join(id);
    let mut ledgers: BTreeMap<String, Ledger> = BTreeMap::new();
    let mut sealed: Vec<String> = Vec::new();
    let (mut starts, mut byes, mut resumes) = (0, 0, 0);
    let mut going: Option<String> = None;
    let token = token(home.path());
    for kill in 0..kills {
        let mut engine = Started::viva(home.path(), &["serve", "--listen", "127.0.0.1:0"]);
        // Some are killed while they recover what the last one left.
        if kill > 0 && chance.random_bool(0.1) {
            starts += 1;
            tokio::time::sleep(Duration::from_micros(chance.random_range(0..60_000))).await;
            engine.kill();
            for (id, ledger) in &mut ledgers {
                ledger.check(&dir(id));
            }
            continue;
        }
        let url = format!("{}#{token}", engine.url());
        for (id, ledger) in &mut ledgers {
            if sealed.contains(id) {
                continue;
            }
            if ledger.check_recovered(&dir(id)) {
                sealed.push(id.clone());
            }
            ledger.check_sound(&dir(id));
        }
        let until = if chance.random_bool(0.3) {
            byes += 1;
            Until::Bye
        } else {
            Until::Messages(chance.random_range(0..80))
        };
        let resume = going
            .take()
            .filter(|id| !sealed.contains(id) && chance.random_bool(0.8));
        resumes += u32::from(resume.is_some());
        going = drive(&url, resume, &mut ledgers, &until).await;
        tokio::time::sleep(Duration::from_micros(chance.random_range(0..40_000))).await;
        engine.kill();
        for (id, ledger) in &mut ledgers {
            ledger.check(&dir(id));
        }
    }
    // The last start takes everything up; what is left open is finished.
    let recovered = Started::viva(home.path(), &["sessions", "recover"])
        .0
        .wait();
    assert!(recovered.unwrap().success());
    for (id, ledger) in &mut ledgers {
        if !ledger.check_recovered(&dir(id)) {
            assert!(!ledger.done, "{id} was finished, but has no seal");
            let finish = ["sessions", "recover", id, "--finish"];
            let finished = Started::viva(home.path(), &finish).0.wait();
            assert!(finished.unwrap().success());
        }
        assert!(ledger.check_recovered(&dir(id)), "{id} has no seal");
        ledger.check_sound(&dir(id));
    }
    // Sessions that were killed before they were welcomed are on no ledger.
    let mut on_disk = 0;
    for entry in fs::read_dir(home.path().join("sessions")).unwrap() {
        let path = entry.unwrap().path();
        // A start that was killed while it tried the folder leaves a file.
        if path.is_dir() {
            on_disk += 1;
            assert_eq!(verify(&path, &Trust::Any), []);
        }
    }
    let samples: u64 = ledgers.values().map(|l| l.samples).sum();
    let acknowledged: u64 = ledgers.values().map(|l| l.acknowledged).sum();
    let frames: u64 = ledgers.values().map(|l| l.sound.len() as u64 / 4).sum();
    eprintln!(
        "engine: {kills} kills ({starts} while recovering, {byes} while sealing), {} sessions \
         ({on_disk} folders), {resumes} resumed; {acknowledged} messages and {} s of sound \
         acknowledged, none lost ({} s kept); seed {seed}",
        ledgers.len(),
        samples / RATE,
        frames / RATE
    );
}

/// A microphone's file of noise that nobody could take for speech.
fn microphone(path: &Path) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, spec).unwrap();
    for at in 0..30 * RATE {
        wav.write_sample((at % 7) as i16).unwrap();
    }
    wav.finalize().unwrap();
}

/// The candidate's own program, killed and started again with `--continue`.
/// Without an engine elsewhere, the kill takes the engine with it.
fn kill_candidates(home: &Path, engine: Option<&str>, kills: u64, chance: &mut StdRng) -> usize {
    let mic = home.join("mic.wav");
    microphone(&mic);
    let mic = format!("wav:{}", mic.display());
    let sessions = home.join("sessions");
    let folders = || -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = fs::read_dir(&sessions)
            .map(|d| d.map(|e| e.unwrap().path()).collect())
            .unwrap_or_default();
        all.sort();
        all
    };
    let mut ledgers: BTreeMap<PathBuf, Ledger> = BTreeMap::new();
    for kill in 0..kills {
        let mut args = vec!["interview", "--mic", &mic, "--speaker", "none"];
        match engine {
            Some(url) => args.extend(["--engine", url]),
            None => args.push("--fast"),
        }
        // The newest that can go on, if it was not just begun anew.
        let newest = folders()
            .into_iter()
            .rfind(|dir| !dir.join("manifest.json").exists() && dir.join("events.jsonl").exists());
        let id = newest.map(|dir| dir.file_name().unwrap().to_string_lossy().into_owned());
        match id.as_ref().filter(|_| kill % 5 != 0) {
            Some(id) => args.extend(["--continue", id]),
            None => args.extend([
                "--job",
                "config/jobs/python-backend-developer.toml",
                "--consent",
            ]),
        }
        let mut program = Started::viva(home, &args);
        program.types("y\nI have built web services in Python.\n");
        std::thread::sleep(Duration::from_millis(chance.random_range(100..3_000)));
        program.kill();
        for dir in folders() {
            ledgers.entry(dir.clone()).or_default().check(&dir);
        }
    }
    ledgers.len()
}

/// Everything is taken up, sealed and whole.
fn settle(home: &Path) -> (usize, u64) {
    let recovered = Started::viva(home, &["sessions", "recover"]).0.wait();
    assert!(recovered.unwrap().success());
    let (mut sessions, mut seconds) = (0, 0);
    for entry in fs::read_dir(home.join("sessions")).unwrap() {
        let dir = entry.unwrap().path();
        if !dir.is_dir() {
            continue;
        }
        let mut ledger = Ledger::default();
        if !ledger.check_recovered(&dir) {
            let name = dir.to_str().unwrap();
            let finished = Started::viva(home, &["sessions", "recover", name, "--finish"])
                .0
                .wait();
            assert!(finished.unwrap().success());
        }
        assert!(ledger.check_recovered(&dir));
        sessions += 1;
        seconds += ledger.sound.len() as u64 / 4 / RATE;
    }
    (sessions, seconds)
}

#[test]
fn a_candidates_program_that_is_killed_goes_on_where_it_stopped() {
    let kills = setting("VIVA_KILLS", 20) / 5;
    let seed = setting("VIVA_KILL_SEED", 1);
    let mut chance = StdRng::seed_from_u64(seed);
    // With the engine inside: both die at once.
    let home = tempfile::tempdir().unwrap();
    kill_candidates(home.path(), None, kills / 2, &mut chance);
    let (sessions, seconds) = settle(home.path());
    eprintln!(
        "candidate with engine: {} kills, {sessions} sessions, {seconds} s of sound",
        kills / 2
    );
    // With an engine that lives on.
    let home = tempfile::tempdir().unwrap();
    let mut engine = Started::viva(home.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let url = format!("{}#{}", engine.url(), token(home.path()));
    kill_candidates(home.path(), Some(&url), kills - kills / 2, &mut chance);
    engine.kill();
    let (sessions, seconds) = settle(home.path());
    eprintln!(
        "candidate alone: {} kills, {sessions} sessions, {seconds} s of sound",
        kills - kills / 2
    );
}
