//! The engine's log: for programs, and without anything personal.

use crate::desk::*;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use viva::accounts::{Accounts, Invite, Role};
use viva::clock::unix_millis;
use viva::event::*;
use viva::protocol::ClientMessage;
use viva::server::{FollowerMessage, INTERVIEW_PATH};

/// An engine as a process, ended with the test.
struct Served {
    child: Child,
    /// Kept open: the engine writes to it.
    _out: BufReader<ChildStdout>,
    address: std::net::SocketAddr,
}

impl Served {
    fn start(home: &std::path::Path, args: &[&str], level: &str) -> Self {
        let log = std::fs::File::create(home.join("log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_viva"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(args)
            .env("HOME", home)
            .env("VIVA_DATA_DIR", home)
            .env("VIVA_LOG", level)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let rest = first.strip_prefix("Engine: ws://").unwrap();
        let address = rest.split('/').next().unwrap().parse().unwrap();
        Self {
            child,
            _out: out,
            address,
        }
    }

    /// Asks it to stop, and waits until it has.
    fn stop(&mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Gone already where it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_call_leaves_no_name_no_word_and_no_token_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().to_owned();
    let accounts = Accounts::open(&home).unwrap();
    let now = unix_millis();
    let invite = Invite {
        setup: setup(),
        expires_unix_ms: now + DAY,
        by: "grizelda.recruiter".into(),
    };
    let (_, invitation) = accounts.invite(invite, now).unwrap();
    let rita = accounts
        .add_token("grizelda.recruiter", Role::Recruiter, now + DAY, now)
        .unwrap()
        .1;
    // As much as can be told at all.
    let mut served = Served::start(&home, &["--log-format", "json"], "trace");
    let address = served.address;
    let link = format!("ws://{address}{INTERVIEW_PATH}#{invitation}");
    let mut bob = Candidate::come(&link).await.unwrap();
    let opened = Follower::open(address, &bob.session, &rita, &[]).await;
    let mut follower = opened.unwrap();
    bob.consent().await;
    let tracks = vec![Track::Near, Track::Far];
    follower.send(&FollowerMessage::Listen { tracks }).await;
    bob.sound(1_600).await;
    let text = "quetzalcoatl partial".to_owned();
    let partial = ClientMessage::Partial { text };
    bob.link.send(&partial).await.unwrap();
    follower.find("partial").await;
    bob.type_in(1, "My secret is xylophonequartz, in Python.")
        .await;
    follower.record(|e| e["input"]["kind"] == "utterance").await;
    let note = json!({"text": "a brontosaurus of a note", "bookmark": false});
    let note = serde_json::from_value(note).unwrap();
    follower.send(&FollowerMessage::Note { id: 1, note }).await;
    follower.find("done").await;
    let text = "Good morning, this is a pterodactyl.".to_owned();
    follower.steer(2, Steer::Say { text }).await;
    follower.find("done").await;
    // Refused: wrong, and with words inside.
    follower.say("{\"type\":\"stegosaurus\"}").await;
    follower.find("refused").await;
    follower.steer(3, Steer::End).await;
    let line = bob.line().await;
    bob.hear(line).await;
    let (seq, samples) = (bob.seq + 1, 1_600);
    let bye = ClientMessage::Bye { seq, samples };
    bob.link.send(&bye).await.unwrap();
    follower.find("over").await;
    let guess = format!("ws://{address}{INTERVIEW_PATH}#rhinoceros.guess");
    assert!(Candidate::come(&guess).await.is_err());
    served.stop();

    let log = std::fs::read_to_string(home.join("log")).unwrap();
    let mut told = Vec::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string());
        told.extend(line["message"].as_str().map(str::to_owned));
        if line["message"] == "record finished" {
            assert_eq!(line["session"], json!(bob.session));
        }
    }
    for message in ["session open", "record finished", "refused"] {
        assert!(told.iter().any(|t| t == message), "{message}: {log}");
    }
    let low = log.to_lowercase();
    for secret in [
        "wilson",
        "grizelda",
        "xylophonequartz",
        "quetzalcoatl",
        "pterodactyl",
        "brontosaurus",
        "stegosaurus",
        "rhinoceros",
        "before we begin",
        &invitation.to_lowercase(),
        &rita.to_lowercase(),
    ] {
        let found = low.find(secret).map(|at| {
            let line = low[..at].rfind('\n').map_or(0, |n| n + 1);
            low[line..].lines().next().unwrap_or_default()
        });
        assert_eq!(found, None, "`{secret}` stands in the log");
    }
}

#[test]
fn how_the_log_is_written_is_a_setting_like_others() {
    let dir = tempfile::tempdir().unwrap();
    let first_line = |args: &[&str], env: Option<&str>| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_viva"));
        command.args(args).args(["models", "list"]);
        command
            .env("HOME", dir.path())
            .env_remove("XDG_CONFIG_HOME");
        if let Some(format) = env {
            command.env("VIVA_LOG_FORMAT", format);
        }
        command.assert()
    };
    let refused = first_line(&[], Some("xml")).code(2);
    let text = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(text.contains("xml") && text.contains("json"), "{text}");
    first_line(&[], Some("json")).success();
    let refused = first_line(&["--log-format", "xml"], None).code(2);
    let text = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(text.contains("--log-format"), "{text}");
}
