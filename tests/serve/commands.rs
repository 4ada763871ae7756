//! The commands: accounts, tokens, invitations, and the engine as a process.

use assert_cmd::Command;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use viva::accounts::{Accounts, Claims, TokenKind};
use viva::clock::unix_millis;

const JOB: &str = "config/jobs/python-backend-developer.toml";

fn viva(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viva"));
    command
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("HOME", home)
        .env("VIVA_DATA_DIR", home)
        .env("VIVA_BY", "rita")
        .env_remove("XDG_CONFIG_HOME");
    command
}

fn json(home: &Path, args: &[&str]) -> Value {
    let output = viva(home, args).assert().success().get_output().clone();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Bad input: one line on standard error that names it, status 2.
fn refused(home: &Path, args: &[&str], input: &str, expect: &str) {
    let assert = viva(home, args).write_stdin(input).assert().code(2);
    let text = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(text.contains(expect), "{args:?}: {text}");
}

#[test]
fn accounts_and_tokens_are_made_listed_and_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    let add = [
        "user",
        "add",
        "ada",
        "--role",
        "administrator",
        "--password-stdin",
    ];
    viva(home, &add)
        .write_stdin("a long enough one\n")
        .assert()
        .success();
    refused(home, &add, "a long enough one\n", "a user `ada` already");
    let eve = [
        "user",
        "add",
        "eve",
        "--role",
        "recruiter",
        "--password-stdin",
    ];
    refused(home, &eve, "short\n", "5 characters, expected 12");
    refused(
        home,
        &["user", "add", "eve", "--role", "root"],
        "",
        "recruiter",
    );
    refused(home, &["user", "remove", "ada"], "", "last administrator");
    refused(
        home,
        &["user", "password", "bob", "--password-stdin"],
        "a long enough one\n",
        "no user `bob`",
    );
    let users = json(home, &["user", "list", "--json"]);
    assert_eq!(users["users"][0]["roles"][0], "administrator");
    assert!(
        Accounts::open(home)
            .unwrap()
            .sign_in("ada", "a long enough one")
            .is_ok()
    );

    let made = json(
        home,
        &[
            "token",
            "add",
            "figures",
            "--role",
            "operator",
            "--expires",
            "1d",
            "--json",
        ],
    );
    let token = made["token"].as_str().unwrap();
    let accounts = Accounts::open(home).unwrap();
    assert_eq!(
        accounts.bearer(token, unix_millis()).unwrap().name,
        "figures"
    );
    let id = made["id"].as_str().unwrap();
    viva(home, &["token", "revoke", id]).assert().success();
    assert!(accounts.bearer(token, unix_millis()).is_err());
    assert_eq!(
        json(home, &["token", "list", "--json"])["tokens"][0]["state"],
        "revoked"
    );
    refused(home, &["token", "revoke", "x"], "", "no token x");
    refused(
        home,
        &["token", "add", "x", "--role", "operator", "--expires", "7w"],
        "",
        "`7w`",
    );
}

#[test]
fn an_invitation_is_a_link_whose_secret_stands_behind_the_hash() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    let server = "https://interviews.example/anything";
    let args = [
        "invite",
        "--job",
        JOB,
        "--candidate",
        "Bob Wilson",
        "--server",
        server,
        "--pause-factor",
        "2",
    ];
    let output = viva(home, &args).assert().success().get_output().clone();
    let link = String::from_utf8(output.stdout).unwrap();
    let token = link
        .trim()
        .strip_prefix("wss://interviews.example/v1/interview#")
        .unwrap();
    assert_eq!(Claims::peek(token).unwrap().kind, TokenKind::Invite);
    let all = json(home, &["invite", "list", "--json"]);
    let one = &all["invitations"][0];
    assert_eq!(
        (&one["state"], &one["by"]),
        (&"open".into(), &"rita".into())
    );
    let invitation = Accounts::open(home)
        .unwrap()
        .invitations()
        .unwrap()
        .remove(0);
    assert_eq!(invitation.setup.settings.pause_factor, 2.0);
    let with = [
        "invite",
        "--job",
        JOB,
        "--candidate",
        "Ada",
        "--typed",
        "--captions",
        "--voice-speed",
        "0.8",
        "--voice",
        "rms",
        "--breaks",
        "5",
        "--json",
    ];
    let agreed = &json(home, &with)["accommodations"];
    let expected = serde_json::json!({
        "typed": true, "captions": true, "pause_factor": 1.0, "voice_speed": 0.8f32,
        "voice": "rms", "breaks": 5,
    });
    assert_eq!(agreed, &expected);
    let id = one["id"].as_str().unwrap();
    viva(home, &["invite", "revoke", id]).assert().success();
    assert!(
        Accounts::open(home)
            .unwrap()
            .bearer(token, unix_millis())
            .is_err()
    );
    refused(home, &["invite"], "", "--job");
    refused(
        home,
        &["invite", "--job", "nowhere.toml"],
        "",
        "nowhere.toml",
    );
    refused(
        home,
        &["invite", "--job", JOB, "--pause-factor", "9"],
        "",
        "pause_factor: found 9",
    );
    for (flag, value, told) in [
        (
            "--breaks",
            "20",
            "interview.breaks: found 20, expected 3 to 12",
        ),
        (
            "--voice-speed",
            "9",
            "interview.voice_speed: found 9, expected 0.5 to 2",
        ),
        (
            "--voice",
            "command:x y",
            "interview.voice: found `command:x y`",
        ),
    ] {
        refused(home, &["invite", "--job", JOB, flag, value], "", told);
    }
    refused(
        home,
        &["invite", "--job", JOB, "--server", "example"],
        "",
        "--server example",
    );
    refused(
        home,
        &["interview", "--engine", "ws://127.0.0.1:1/x"],
        "",
        "--job: expected",
    );
}

#[cfg(unix)]
#[test]
fn an_engine_prints_the_first_administrators_link_and_stops_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    let mut engine = std::process::Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("HOME", home)
        .env("VIVA_DATA_DIR", home)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(engine.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let address = line().strip_prefix("Engine: ws://").unwrap().to_owned();
    let host = address.split('/').next().unwrap().to_owned();
    assert_eq!(line(), format!("Sign in: http://{host}/sign-in"));
    let link = line();
    let (_, token) = link.split_once(&format!("http://{host}/setup#")).unwrap();
    let accounts = Accounts::open(home).unwrap();
    assert_eq!(accounts.check_setup(token, unix_millis()), Ok(()));
    let body = ureq::get(format!("http://{host}/healthz")).call().unwrap();
    assert_eq!(body.status(), 200);
    let pid = engine.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .arg(&pid)
            .status()
            .unwrap()
            .success()
    );
    assert!(engine.wait().unwrap().success());

    let dir = tempfile::tempdir().unwrap();
    refused(
        dir.path(),
        &["serve", "--listen", "0.0.0.0:0"],
        "",
        "--tls-cert",
    );
    refused(
        dir.path(),
        &["serve", "--tls-cert", "no.pem", "--tls-key", "no.pem"],
        "",
        "no.pem",
    );
}

#[test]
fn calls_are_held_and_measured_through_an_engine_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    let args = ["bench", "serve", "--sessions", "1,3", "--seconds", "2"];
    let told = json(home, &[&args[..], &["--json"]].concat());
    let rows = told["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for (row, sessions) in rows.iter().zip([1, 3]) {
        assert_eq!(row["sessions"], sessions);
        assert_eq!(row["open_ms"]["count"], sessions);
        for came in ["fan_out_ms", "sound_ms"] {
            assert!(row[came]["count"].as_u64().unwrap() > 0, "{came}: {row}");
        }
        assert!(row["sound_in_a_second"].as_f64().unwrap() > 0.0, "{row}");
        assert_eq!((&row["refusals"], &row["broken"]), (&0.into(), &0.into()));
        if cfg!(target_os = "linux") {
            assert!(row["rss_kib"].as_u64().unwrap() > 1_000, "{row}");
        }
    }
    assert!(told["growth"]["engine_cpu"].is_f64() || told["growth"]["engine_cpu"].is_null());
    refused(
        home,
        &["bench", "serve", "--sessions", "0"],
        "",
        "--sessions",
    );
    refused(home, &["bench", "serve", "--seconds", "1"], "", "--seconds");
    refused(
        home,
        &["serve", "--max-sockets", "0"],
        "",
        "--max-sockets: found 0",
    );
}
