//! An interview that broke off goes on where it stopped: nothing is lost or
//! doubled, and the record follows from its inputs as any other.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod calls;

use calls::seat::{engine_here, request};
use std::fs;
use std::path::{Path, PathBuf};
use viva::call::{Link, LinkError};
use viva::clock::{Clock, SessionTime, unix_millis};
use viva::event::*;
use viva::interview::score::Lexical;
use viva::protocol::*;
use viva::record::{RecordReader, RecordWriter, SessionState, SessionSummary, Trust, list, verify};
use viva::replay::rederive;
use viva::server::{Engine, RecoveredState, Session, recover, recover_one};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// A candidate's side without a wire: typed answers and a steady tone.
struct Call {
    engine: Engine,
    clock: Clock,
    session: Option<Session>,
    seq: u64,
    utterances: u32,
    /// Where sound goes on, once there is consent.
    sample: u64,
    recording: bool,
    /// What the interviewer said last and was not answered.
    said: Vec<Line>,
    /// Outputs that were received, by their numbers.
    got: Vec<(u64, Output)>,
    steps: usize,
}

impl Call {
    fn open(home: &Path) -> Self {
        let engine = engine_here(home);
        let request = request(Settings {
            questions: 1,
            ..Settings::default()
        });
        let (session, _) = Session::open(&engine, ClientFacts::default(), &request).unwrap();
        let mut call = Self {
            clock: engine.clock.clone().unwrap(),
            engine,
            session: Some(session),
            seq: 0,
            utterances: 0,
            sample: 0,
            recording: false,
            said: Vec::new(),
            got: Vec::new(),
            steps: 0,
        };
        call.input(Input::Begin);
        call
    }

    fn session(&mut self) -> &mut Session {
        self.session.as_mut().unwrap()
    }

    fn id(&self) -> String {
        self.session.as_ref().unwrap().id().to_owned()
    }

    fn dir(&self, id: &str) -> PathBuf {
        self.engine.sessions_dir().join(id)
    }

    fn take(&mut self, messages: Vec<ServerMessage>) {
        for message in messages {
            if let ServerMessage::Output { seq, output, .. } = message {
                match &output {
                    Output::Say(line) => self.said.push(line.clone()),
                    Output::Consent { given, .. } => self.recording = *given,
                    _ => {}
                }
                self.got.push((seq, output));
            }
        }
    }

    fn pass(&mut self, ms: u64) {
        self.clock.advance_to(SessionTime(self.clock.now().0 + ms));
        if !self.recording {
            return;
        }
        for _ in 0..ms / 100 {
            for track in [Track::Near, Track::Far] {
                let frame = AudioFrame {
                    track,
                    seq: 0,
                    first_sample: self.sample,
                    pcm: vec![77; 1600],
                };
                let out = self.session().audio(&frame).unwrap();
                self.take(out);
            }
            self.sample += 1600;
        }
    }

    fn input(&mut self, input: Input) {
        self.seq += 1;
        let seq = self.seq;
        let out = self
            .session()
            .tell(ClientMessage::Input { seq, input })
            .unwrap();
        self.take(out);
    }

    /// One thing that a candidate does; false when the interview is over.
    fn step(&mut self) -> bool {
        self.steps += 1;
        assert!(self.steps < 200, "the interview does not end");
        if self.session().ended().is_some() {
            return false;
        }
        if self.said.is_empty() {
            let at = self.session().deadline().unwrap();
            self.clock.advance_to(at);
            let out = self.session().tick().unwrap();
            self.take(out);
            return true;
        }
        let lines = std::mem::take(&mut self.said);
        let expects = lines[lines.len() - 1].expects;
        for line in lines {
            self.pass(600);
            self.input(Input::LineEnded {
                line: line.id,
                heard: line.text,
                complete: true,
            });
        }
        self.pass(400);
        match expects {
            Expects::Nothing => {}
            Expects::YesNo => self.input(Input::Consent {
                given: true,
                how: ConsentHow::Key,
            }),
            Expects::Short => self.say("No, thank you."),
            Expects::Long => self.say("I have built web services in Python with PostgreSQL."),
        }
        true
    }

    fn say(&mut self, text: &str) {
        self.utterances += 1;
        let at = self.clock.now().millis();
        self.input(Input::Utterance(Utterance {
            id: self.utterances,
            text: text.to_owned(),
            words: Vec::new(),
            start_ms: at,
            end_ms: at,
            confidence: 1.0,
            source: Source::Typed,
        }));
    }

    /// Everything of both sides is gone, as after a kill.
    fn killed(&mut self) -> PathBuf {
        let id = self.id();
        self.session = None;
        self.dir(&id)
    }

    fn resume(&mut self, id: &str, has: Option<Has>) -> Resumed {
        self.engine.clock = Some(Clock::driven());
        self.clock = self.engine.clock.clone().unwrap();
        let resume = Resume {
            session: id.to_owned(),
            has,
        };
        // A process that another test starts has every open file, locks
        // among them, until it begins to run its own program.
        let (session, out) = loop {
            match Session::resume(&self.engine, ClientFacts::default(), &resume) {
                Err(refused) if refused.code == ErrorCode::Busy => std::thread::yield_now(),
                resumed => break resumed.unwrap(),
            }
        };
        let ServerMessage::Welcome { resumed, .. } = &out[0] else {
            panic!("expected a welcome, found {:?}", out[0]);
        };
        let resumed = resumed.unwrap();
        self.session = Some(session);
        self.seq = resumed.heard;
        self.utterances = resumed.utterances;
        if has.is_none() {
            self.sample = resumed.first_sample;
            self.recording = resumed.recording;
            self.said.clear();
        }
        self.take(out);
        resumed
    }

    fn finish(mut self) -> PathBuf {
        while self.step() {}
        let session = self.session.take().unwrap();
        let ServerMessage::Done { record, .. } = session.finish().unwrap() else {
            panic!("expected the end");
        };
        record.unwrap().into()
    }
}

/// The record is whole, and everything in it follows from its inputs.
fn holds(record: &Path) {
    assert_eq!(verify(record, &Trust::Any), []);
    let found = rederive(record, &Lexical).unwrap();
    assert_eq!(found.differences, []);
    assert!(found.complete);
}

fn events(record: &Path) -> Vec<Record> {
    let reader = RecordReader::open(record).unwrap();
    reader.records().unwrap().map(Result::unwrap).collect()
}

fn lines(record: &Path) -> Vec<Line> {
    let say = |r: Record| match r.event {
        Event::Output {
            output: Output::Say(line),
        } => Some(line),
        _ => None,
    };
    events(record).into_iter().filter_map(say).collect()
}

#[test]
fn a_session_that_is_killed_after_any_step_goes_on_and_ends_in_a_whole_record() {
    for after in 0.. {
        let home = tempfile::tempdir().unwrap();
        let mut call = Call::open(home.path());
        let going = (0..after).all(|_| call.step()) && call.session().ended().is_none();
        let id = call.id();
        let dir = call.killed();
        let log = fs::read(dir.join("events.jsonl")).unwrap();
        if !going {
            // It was over: the next start finishes it.
            let done = recover(&call.engine, unix_millis()).unwrap();
            assert!(matches!(done[0].state, RecoveredState::Finished { .. }));
            holds(&dir);
            assert!(after > 4);
            return;
        }
        let before = events(&dir).pop().unwrap().at;
        let resumed = call.resume(&id, None);
        assert!(resumed.first_sample >= resumed.kept);
        assert!(resumed.first_sample * 1000 / 16_000 >= before.millis());
        // It is said that there was a break, and what is open is asked again.
        // Only where the last words were being said nothing is open.
        match call.said.last() {
            None => assert!(call.session().ended().is_some()),
            Some(again) if again.stage == Stage::Opening => {
                assert_eq!(again.purpose, Purpose::ConsentAgain);
            }
            Some(again) => assert_eq!(again.purpose, Purpose::Repeat),
        }
        assert_eq!(call.finish(), dir);
        holds(&dir);
        let now = fs::read(dir.join("events.jsonl")).unwrap();
        assert!(now.starts_with(&log), "something was changed");
        let text = String::from_utf8(now).unwrap();
        assert_eq!(text.matches(r#""type":"interrupted""#).count(), 1);
        assert_eq!(text.matches(r#""kind":"begin""#).count(), 1);
        let ids: Vec<u32> = lines(&dir).iter().map(|l| l.id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        // No planned question was asked twice.
        let mut asked: Vec<_> = lines(&dir)
            .into_iter()
            .filter(|l| l.purpose == Purpose::Question)
            .map(|l| l.question)
            .collect();
        let all = asked.len();
        asked.dedup();
        assert_eq!(asked.len(), all);
    }
}

#[test]
fn an_open_question_is_asked_again_in_short_if_it_was_heard_and_whole_if_not() {
    let home = tempfile::tempdir().unwrap();
    let mut call = Call::open(home.path());
    while call
        .said
        .last()
        .is_none_or(|l| l.purpose != Purpose::Question)
    {
        call.step();
    }
    let question = call.said.last().unwrap().clone();
    let id = call.id();
    call.killed();
    call.resume(&id, None);
    let whole = call.said.last().unwrap().clone();
    assert_eq!(whole.question, question.question);
    let line = whole.clone();
    call.input(Input::LineEnded {
        line: line.id,
        heard: line.text,
        complete: true,
    });
    call.killed();
    call.resume(&id, None);
    let short = call.said.last().unwrap().clone();
    assert_eq!(short.question, question.question);
    assert!(short.text.len() < whole.text.len(), "{short:?} {whole:?}");
    holds(&call.finish());
}

#[test]
fn outputs_that_a_kill_kept_from_the_log_are_written_then() {
    // Cut the log after every input of a session that got to its second
    // question: as if it was killed before any output was written.
    let home = tempfile::tempdir().unwrap();
    let mut call = Call::open(home.path());
    for _ in 0..4 {
        call.step();
    }
    let id = call.id();
    let dir = call.killed();
    let log = fs::read_to_string(dir.join("events.jsonl")).unwrap();
    let whole: Vec<&str> = log.lines().collect();
    let inputs = (1..=whole.len()).filter(|n| whole[n - 1].contains(r#""type":"input""#));
    for n in inputs.rev() {
        for extra in ["", "{\"seq\":", "\n"] {
            let text = whole[..n].join("\n") + "\n" + extra.trim_end();
            fs::write(dir.join("events.jsonl"), &text).unwrap();
            let consented = text.contains(r#""output":{"kind":"consent","given":true"#);
            if !consented {
                for name in ["call.wav", "audio.chain"] {
                    let _ = fs::remove_file(dir.join(name));
                }
            }
            let done = recover(&call.engine, unix_millis()).unwrap();
            assert!(
                matches!(done[0].state, RecoveredState::Interrupted { .. }),
                "{done:?}"
            );
            let found = rederive(&dir, &Lexical).unwrap();
            assert!(found.follows(), "{found:?}");
            let written = fs::read_to_string(dir.join("events.jsonl")).unwrap();
            assert!(written.starts_with(&(whole[..n].join("\n") + "\n")));
        }
    }
    call.resume(&id, None);
    holds(&call.finish());
}

#[test]
fn a_side_that_only_lost_its_connection_gets_what_it_missed_and_is_not_told_twice() {
    let home = tempfile::tempdir().unwrap();
    let mut call = Call::open(home.path());
    for _ in 0..3 {
        call.step();
    }
    let (id, sent) = (call.id(), call.seq);
    let got = call.got.clone();
    let session = call.session.take().unwrap();
    session.suspend("the connection was lost").unwrap();
    // It has all outputs but the last two, and its clock ran on for a minute.
    let cut = got.len() - 2;
    let samples = call.sample + 60 * 16_000;
    call.got.truncate(cut);
    let resumed = call.resume(
        &id,
        Some(Has {
            outputs: got[cut - 1].0,
            samples,
        }),
    );
    assert_eq!(resumed.heard, sent);
    assert_eq!(call.got, got, "lost or doubled");
    assert!(resumed.first_sample >= samples);
    // What it did not see acknowledged it sends again: it is kept once.
    let again = ClientMessage::Input {
        seq: sent,
        input: Input::SpeechIgnored,
    };
    let answer = call.session().tell(again).unwrap();
    assert_eq!(answer, [ServerMessage::Ack { seq: sent }]);
    let dir = call.dir(&id);
    holds(&call.finish());
    let resumes = |r: &Record| {
        matches!(
            r.event,
            Event::Input {
                input: Input::Resumed
            }
        )
    };
    assert!(!events(&dir).iter().any(resumes));
}

#[test]
fn only_a_session_that_is_there_free_and_unfinished_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let mut call = Call::open(home.path());
    call.step();
    let id = call.id();
    let refused = |engine: &Engine, session: &str, code: ErrorCode, word: &str| {
        let resume = Resume {
            session: session.to_owned(),
            has: None,
        };
        let refused = Session::resume(engine, ClientFacts::default(), &resume).err();
        let refused = refused.unwrap();
        assert_eq!(refused.code, code, "{refused}");
        assert!(refused.message.contains(word), "{refused}");
    };
    refused(&call.engine, &id, ErrorCode::Busy, "another process");
    refused(
        &call.engine,
        "01J9ZQ4H5T8W3X2Y1V0N7M6K5B",
        ErrorCode::Resume,
        "no session",
    );
    refused(&call.engine, "../x", ErrorCode::Resume, "ULID");
    // A living writer's session is left alone.
    assert_eq!(recover(&call.engine, unix_millis()).unwrap(), []);
    let engine = call.engine.clone();
    holds(&call.finish());
    refused(&engine, &id, ErrorCode::Resume, "sealed");
}

#[test]
fn a_session_that_nobody_comes_back_to_is_sealed_after_a_day() {
    let home = tempfile::tempdir().unwrap();
    let mut call = Call::open(home.path());
    for _ in 0..3 {
        call.step();
    }
    let id = call.id();
    let dir = call.killed();
    let state = |at: i64| recover(&call.engine, at).unwrap().pop().map(|r| r.state);
    let now = unix_millis();
    assert!(matches!(
        state(now),
        Some(RecoveredState::Interrupted { .. })
    ));
    let listed = |state| {
        let all: Vec<SessionSummary> = list(&call.engine.sessions_dir()).unwrap();
        assert_eq!((all.len(), all[0].state), (1, state));
    };
    listed(SessionState::Interrupted);
    let log = fs::read(dir.join("events.jsonl")).unwrap();
    // Looking again changes nothing, and a clock that was set back makes
    // nothing old.
    for at in [now, now - 40 * DAY_MS, now + DAY_MS / 2] {
        assert!(matches!(
            state(at),
            Some(RecoveredState::Interrupted { .. })
        ));
        assert_eq!(fs::read(dir.join("events.jsonl")).unwrap(), log);
    }
    let left = RecoveredState::Finished {
        reason: EndReason::CandidateLeft,
    };
    assert_eq!(state(now + 2 * DAY_MS), Some(left));
    listed(SessionState::Complete);
    holds(&dir);
    assert_eq!(state(now + 2 * DAY_MS), None);
    let sealed = recover_one(&call.engine, &dir, now, true).unwrap_err();
    assert!(sealed.to_string().contains(&id), "{sealed}");
}

#[test]
fn a_record_that_this_program_does_not_follow_is_kept_and_can_be_sealed() {
    let home = tempfile::tempdir().unwrap();
    let mut call = Call::open(home.path());
    call.step();
    let dir = call.killed();
    // Another program's log: a line that this one would not have said.
    let (mut writer, _) = RecordWriter::reopen(&dir, &Default::default()).unwrap();
    let mut line = lines(&dir).pop().unwrap();
    line.id += 1;
    let output = Output::Say(line);
    let at = writer.last_at();
    writer.append(at, &Event::Output { output }).unwrap();
    drop(writer);
    let now = unix_millis();
    let RecoveredState::Failed { why } = recover_one(&call.engine, &dir, now, false).unwrap()
    else {
        panic!("expected a refusal");
    };
    assert!(why.contains("event"), "{why}");
    let sealed = recover_one(&call.engine, &dir, now, true).unwrap();
    assert!(
        matches!(sealed, RecoveredState::Sealed { .. }),
        "{sealed:?}"
    );
    assert_eq!(verify(&dir, &Trust::Any), []);
}

/// A disk of so many bytes, where this system lets one be made.
#[cfg(target_os = "linux")]
struct SmallDisk(PathBuf);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount(at: &Path, bytes: u64) -> Option<Self> {
        let size = format!("size={bytes}");
        let args = ["-t", "tmpfs", "-o", &size, "viva-test"];
        let mount = std::process::Command::new("mount")
            .args(args)
            .arg(at)
            .stderr(std::process::Stdio::null())
            .status();
        mount
            .is_ok_and(|s| s.success())
            .then(|| Self(at.to_owned()))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_the_session_by_name_and_room_lets_it_go_on() {
    let home = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(home.path(), 4 << 20) else {
        eprintln!("skipped: no small disk can be mounted here");
        return;
    };
    let ballast = home.path().join("ballast");
    fs::write(&ballast, vec![0; 2 << 20]).unwrap();
    let mut call = Call::open(home.path());
    call.step();
    assert!(call.recording);
    // Sound until the disk is full: about 30 seconds of it.
    let mut acknowledged = 0;
    let refused = loop {
        let frame = |track| AudioFrame {
            track,
            seq: 0,
            first_sample: call.sample,
            pcm: vec![77; 1600],
        };
        let frames = [frame(Track::Near), frame(Track::Far)];
        let session = call.session.as_mut().unwrap();
        let out = frames.iter().map(|f| session.audio(f));
        match out.collect::<Result<Vec<_>, _>>() {
            Ok(out) => {
                for message in out.into_iter().flatten() {
                    if let ServerMessage::AudioAck { samples } = message {
                        acknowledged = samples;
                    }
                }
            }
            Err(refused) => break refused,
        }
        call.sample += 1600;
        assert!(call.sample < 100 * 16_000, "the disk never fills up");
    };
    assert_eq!((refused.code, refused.fatal), (ErrorCode::Record, true));
    assert!(refused.message.contains("No space is left"), "{refused}");
    let id = call.id();
    let dir = call.killed();
    let log = fs::read(dir.join("events.jsonl")).unwrap();
    // Tried again without room: whatever comes of it, nothing is harmed.
    let resume = Resume {
        session: id.clone(),
        has: None,
    };
    drop(Session::resume(
        &call.engine,
        ClientFacts::default(),
        &resume,
    ));
    fs::remove_file(&ballast).unwrap();
    let resumed = call.resume(&id, None);
    assert!(resumed.kept >= acknowledged && acknowledged > 16_000);
    assert!(
        fs::read(dir.join("events.jsonl"))
            .unwrap()
            .starts_with(&log)
    );
    holds(&call.finish());
}

// Over the wire, and from the command line

/// An engine on a loopback port, and a way to talk to it.
struct Wire(calls::Running);

impl Wire {
    async fn new(home: &Path) -> Self {
        Self(calls::engine(home).await)
    }

    /// Says hello; the welcome comes back, or why there is none.
    async fn hello(&self, resume: Option<Resume>) -> (Link, Result<ServerMessage, LinkError>) {
        let mut link = Link::connect(&self.0.url).await.unwrap();
        let welcome = link.hello(&calls::hello(resume)).await;
        (link, welcome)
    }

    /// A session that has begun; its first line is on its way.
    async fn begun(&self) -> (Link, String) {
        let (mut link, welcome) = self.hello(None).await;
        let ServerMessage::Welcome { session, .. } = welcome.unwrap() else {
            panic!("expected a welcome");
        };
        let seq = 1;
        let input = Input::Begin;
        link.send(&ClientMessage::Input { seq, input })
            .await
            .unwrap();
        until(&mut link, |m| *m == ServerMessage::Ack { seq }).await;
        (link, session)
    }
}

/// Reads on until something comes, and returns it.
async fn until(link: &mut Link, is: impl Fn(&ServerMessage) -> bool) -> ServerMessage {
    loop {
        let message = link.receive().await.unwrap();
        if is(&message) {
            return message;
        }
    }
}

fn anew(session: &str) -> Option<Resume> {
    Some(Resume {
        session: session.to_owned(),
        has: None,
    })
}

fn is_line(message: &ServerMessage) -> bool {
    matches!(
        message,
        ServerMessage::Output {
            output: Output::Say(_),
            ..
        }
    )
}

#[tokio::test]
async fn a_candidate_whose_connection_broke_comes_back_by_another() {
    let home = tempfile::tempdir().unwrap();
    let wire = Wire::new(home.path()).await;
    let (link, session) = wire.begun().await;
    drop(link);
    let (mut link, welcome) = wire.hello(anew(&session)).await;
    let ServerMessage::Welcome { resumed, .. } = welcome.unwrap() else {
        panic!("expected a welcome");
    };
    assert_eq!(resumed.unwrap().heard, 1);
    until(&mut link, is_line).await;
    // The old connection may not know yet that it is cut: it is taken over,
    // and told so.
    let (mut newer, welcome) = wire.hello(anew(&session)).await;
    assert!(welcome.is_ok(), "{welcome:?}");
    let told = until(&mut link, |m| matches!(m, ServerMessage::Error { .. })).await;
    assert!(
        format!("{told:?}").contains("another connection"),
        "{told:?}"
    );
    // The numbers go on, and a goodbye seals it.
    let request = Request::End;
    let input = Input::Request { request };
    let end = ClientMessage::Input { seq: 2, input };
    newer.send(&end).await.unwrap();
    let bye = ClientMessage::Bye { seq: 3, samples: 0 };
    newer.send(&bye).await.unwrap();
    until(&mut newer, |m| matches!(m, ServerMessage::Done { .. })).await;
    let dir = wire.0.engine.sessions_dir().join(&session);
    holds(&dir);
    let marks = |r: &Record| matches!(r.event, Event::Interrupted { .. });
    assert_eq!(events(&dir).iter().filter(|r| marks(r)).count(), 2);
    let (_, refused) = wire.hello(anew(&session)).await;
    assert!(refused.unwrap_err().to_string().contains("sealed"));
}

#[tokio::test]
async fn an_engine_that_is_stopped_keeps_its_sessions_for_their_candidates() {
    let home = tempfile::tempdir().unwrap();
    let wire = Wire::new(home.path()).await;
    let (mut link, session) = wire.begun().await;
    wire.0.engine.stop.cancel();
    let told = until(&mut link, |m| matches!(m, ServerMessage::Error { .. })).await;
    assert!(format!("{told:?}").contains("stopping"), "{told:?}");
    while link.receive().await.is_ok() {}
    wire.0.stop().await;
    let wire = Wire::new(home.path()).await;
    let (mut link, welcome) = wire.hello(anew(&session)).await;
    assert!(welcome.is_ok(), "{welcome:?}");
    until(&mut link, is_line).await;
}

/// Runs the program on a data folder; what it said, and its exit status.
fn viva(home: &Path, args: &[&str]) -> (String, Option<i32>) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(args)
        .env("HOME", home)
        .env("VIVA_DATA_DIR", home)
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).unwrap(), output.status.code())
}

#[test]
fn interrupted_sessions_are_listed_recovered_and_finished_by_hand() {
    let home = tempfile::tempdir().unwrap();
    let says = |args: &[&str], code: i32, words: &[&str]| {
        let (said, status) = viva(home.path(), args);
        assert_eq!(status, Some(code), "{args:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{args:?}: no {word:?} in {said}");
        }
    };
    let mut call = Call::open(home.path());
    call.step();
    let id = call.id();
    says(&["sessions", "recover"], 0, &["No session is unfinished."]);
    says(&["sessions", "recover", &id], 2, &["another process"]);
    let dir = call.killed();
    says(&["sessions", "list"], 0, &[&id, "incomplete"]);
    says(&["verify", &id], 1, &["not sealed"]);
    let going = format!("viva interview --continue {id}");
    says(&["sessions", "recover"], 0, &["interrupted", &going]);
    says(&["sessions", "list"], 0, &[&id, "interrupted"]);
    says(&["sessions", "show", &id], 0, &["interrupted", "Broke off"]);
    says(&["verify", &id], 1, &["not sealed", "interrupted"]);
    says(&["replay", &id, "--rederive"], 0, &["not sealed"]);
    says(&["sessions", "recover", &id, "--finish"], 0, &["sealed"]);
    says(&["sessions", "recover", &id], 2, &["complete and sealed"]);
    says(&["verify", &id], 0, &["whole"]);
    holds(&dir);
    let none = ["interview", "--mic", "wav:none.wav", "--continue"];
    says(&none, 2, &["there is no interrupted session"]);
    let both = ["interview", "--continue", "--job", "job.toml"];
    says(&both, 2, &["--job"]);
    // A changed line is named, and nothing is touched.
    let mut call = Call::open(home.path());
    call.step();
    let id = call.id();
    let log = call.killed().join("events.jsonl");
    let mut bytes = fs::read(&log).unwrap();
    bytes[100] ^= 1;
    fs::write(&log, &bytes).unwrap();
    says(
        &["sessions", "recover"],
        1,
        &[&id, "cannot be recovered", "line"],
    );
    assert_eq!(fs::read(&log).unwrap(), bytes);
}
