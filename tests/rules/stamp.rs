//! Time stamps: got from an authority that is another program, kept, and
//! checked without it.

use crate::authority::{Answers, Keys, Tsa};
use crate::desk::{BEGAN, Desk};
use rstest::rstest;
use std::time::Duration;
use viva::record::*;

fn stamps(desk: &Desk) -> Vec<Annex> {
    let listed = desk.annexes().list(&desk.trust()).unwrap();
    assert_eq!(listed.problems, []);
    listed.annexes
}

fn manifest_hash(desk: &Desk) -> String {
    let bytes = std::fs::read(desk.dir().join("manifest.json")).unwrap();
    viva::digest::sha256_hex(&bytes)
}

#[rstest]
fn a_stamp_is_kept_and_holds_without_the_authority(
    #[values(Keys::Rsa, Keys::RsaUnderPss, Keys::P256)] keys: Keys,
) {
    let (desk, tsa) = (Desk::new(), Tsa::new(keys));
    let (url, asked) = tsa.serve(Answers::Honestly);
    let before = viva::clock::unix_millis();
    let said = desk
        .viva(&["sessions", "timestamp", &desk.id, "--authority", &url])
        .done();
    assert!(said.contains("stamped by CN=Test Authority"), "{said}");
    assert!(
        said.contains("Only hashes of manifests were sent"),
        "{said}"
    );

    // What left the machine: the hash, a nonce, and nothing else.
    let query = asked.recv().unwrap();
    let hash = manifest_hash(&desk);
    assert!(hex::encode(&query).contains(&hash));
    assert!(query.len() < 80, "{} bytes", query.len());

    let annexes = stamps(&desk);
    let [annex] = annexes.as_slice() else {
        panic!("{annexes:?}")
    };
    assert_eq!(
        (annex.kind.as_str(), annex.by.as_str()),
        ("timestamp", "Ann Reviewer")
    );
    assert_eq!(annex.manifest.as_deref(), Some(hash.as_str()));
    assert_eq!(annex.body["policy"], "1.2.3.4.1");
    let at = annex.body["time_unix_ms"].as_i64().unwrap();
    assert!((before - 1_000..before + 600_000).contains(&at), "{at}");
    let token = hex::decode(annex.body["token"].as_str().unwrap()).unwrap();
    assert!(tsa.openssl_accepts(&token, &hash));

    let said = desk.viva(&["verify", &desk.id]).done();
    assert!(said.contains("authority not known here"), "{said}");
    let said = desk
        .viva(&["verify", &desk.id, "--timestamp-ca", &tsa.root()])
        .done();
    assert!(said.contains("vouched for by CN=Test Root"), "{said}");
    let answer = desk
        .viva(&["verify", &desk.id, "--json", "--timestamp-ca", &tsa.root()])
        .json();
    assert_eq!(answer["timestamps"][0]["unix_ms"], at);
    assert_eq!(answer["timestamps"][0]["root"], "CN=Test Root");
}

#[test]
fn an_authority_under_another_root_is_told_as_foreign() {
    let (desk, tsa, other) = (Desk::new(), Tsa::new(Keys::P256), Tsa::new(Keys::P256));
    let (url, _) = tsa.serve(Answers::Honestly);
    let stamp = ["sessions", "timestamp", &desk.id, "--authority", &url];
    // Nothing is kept that is not trusted where trust was asked for.
    let root = other.root();
    let strict = [&stamp[..], &["--timestamp-ca", &root]].concat();
    let refused = desk.viva(&strict).refused();
    assert!(refused.contains("does not chain to"), "{refused}");
    assert_eq!(stamps(&desk), []);

    desk.viva(&stamp).done();
    let said = desk.viva(&["verify", &desk.id, "--timestamp-ca", &other.root()]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.contains("foreign stamp"), "{said:?}");
}

#[rstest]
#[case(Answers::WithAnotherNonce, "another nonce")]
#[case(Answers::AboutAnotherHash, "another hash")]
#[case(Answers::WithARefusal, "refused a time stamp (status 2)")]
#[case(Answers::Changed(1), "signature does not hold")]
#[case(Answers::WithGarbage, "malformed")]
#[case(Answers::WithStatus500, "answered 500, expected 200")]
#[case(Answers::WithoutEnd, "answered more than 262144 bytes")]
fn an_answer_that_is_no_stamp_is_refused_and_nothing_is_kept(
    #[case] how: Answers,
    #[case] expected: &str,
) {
    let (desk, tsa) = (Desk::new(), Tsa::new(Keys::Rsa));
    let (url, _) = tsa.serve(how);
    let refused = desk
        .viva(&["sessions", "timestamp", &desk.id, "--authority", &url])
        .refused();
    assert!(refused.contains(expected), "{refused}");
    assert_eq!(stamps(&desk), []);
    desk.viva(&["verify", &desk.id]).done();
}

#[test]
fn a_silent_authority_is_not_waited_for_for_ever() {
    let (desk, tsa) = (Desk::new(), Tsa::new(Keys::P256));
    let (url, _) = tsa.serve(Answers::WithSilence);
    let mut authority = Authority::new(&url).unwrap();
    authority.timeout = Duration::from_millis(200);
    let error = stamp(desk.data(), &desk.id, &authority, None, "Ann", BEGAN).unwrap_err();
    assert!(matches!(error, TimestampError::Network { .. }), "{error}");
    assert_eq!(stamps(&desk), []);
}

#[test]
fn a_certificate_that_had_expired_when_it_stamped_is_refused() {
    let desk = Desk::new();
    let tsa = Tsa::valid(Keys::P256, "20200101000000Z", "20210101000000Z");
    let (url, _) = tsa.serve(Answers::Honestly);
    let refused = desk
        .viva(&["sessions", "timestamp", &desk.id, "--authority", &url])
        .refused();
    assert!(refused.contains("was not valid at the time"), "{refused}");
}

#[test]
fn no_changed_byte_makes_a_token_tell_something_else() {
    let (desk, tsa) = (Desk::new(), Tsa::new(Keys::P256));
    let (url, _) = tsa.serve(Answers::Honestly);
    let authority = Authority::new(&url).unwrap();
    let roots = Roots::read(tsa.root().as_ref()).unwrap();
    let told = stamp(
        desk.data(),
        &desk.id,
        &authority,
        Some(&roots),
        "Ann",
        BEGAN,
    )
    .unwrap();
    let annex = stamps(&desk).remove(0);
    let token = hex::decode(annex.body["token"].as_str().unwrap()).unwrap();
    assert_eq!(
        check_stamps(std::slice::from_ref(&annex), Some(&roots)),
        (vec![told.clone()], vec![])
    );
    let own = tsa.own_der();
    let own_at = token.windows(own.len()).position(|w| w == own).unwrap();
    let mut refused = 0;
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed[at] ^= 1 << (at % 8);
        let mut annex = annex.clone();
        annex.body["token"] = hex::encode(changed).into();
        // The signer names its certificate by its hash: no byte of it may
        // change, whether anybody vouches for it or not.
        let alone = check_stamps(std::slice::from_ref(&annex), None);
        if (own_at..own_at + own.len()).contains(&at) {
            assert_eq!(alone.0, [], "byte {at}");
        }
        let (sound, problems) = check_stamps(&[annex], Some(&roots));
        match (sound.as_slice(), problems.as_slice()) {
            // A byte that nobody signed: of a certificate that is not needed.
            ([same], []) => assert_eq!(*same, told, "byte {at}"),
            ([], [problem]) => {
                let kinds = [ProblemKind::BadTimestamp, ProblemKind::ForeignTimestamp];
                assert!(kinds.contains(&problem.kind), "{problem}");
                refused += 1;
            }
            other => panic!("byte {at}: {other:?}"),
        }
    }
    assert!(refused * 2 > token.len(), "{refused} of {}", token.len());
}

#[test]
fn an_annex_that_tells_another_time_than_its_token_is_told() {
    let (desk, tsa) = (Desk::new(), Tsa::new(Keys::P256));
    let (url, _) = tsa.serve(Answers::Honestly);
    let authority = Authority::new(&url).unwrap();
    stamp(desk.data(), &desk.id, &authority, None, "Ann", BEGAN).unwrap();
    // The owner of the key states a body that he made up.
    let mut body = stamps(&desk).remove(0).body;
    body["time_unix_ms"] = BEGAN.into();
    desk.annexes()
        .append(kind::TIMESTAMP, "Ann", body, BEGAN)
        .unwrap();
    let said = desk.viva(&["verify", &desk.id]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.contains("bad time stamp"), "{said:?}");
    assert!(said.out.contains("tells another stamp"), "{said:?}");
}

#[test]
fn what_cannot_be_stamped_is_refused_by_name() {
    let desk = Desk::new();
    let open = desk.begin("Ann Other", BEGAN);
    let id = open.head().session.clone();
    let to = ["--authority", "http://127.0.0.1:9/tsr"];
    for (args, expected) in [
        (
            vec!["sessions", "timestamp", &desk.id],
            "No time-stamp authority is known",
        ),
        (
            [&["sessions", "timestamp", &id][..], &to].concat(),
            "is not sealed",
        ),
        (
            [&["sessions", "timestamp", "x"][..], &to].concat(),
            "Bad session id",
        ),
        (
            vec!["sessions", "timestamp", &desk.id, "--authority", "ftp://x"],
            "expected an address with http:// or https://",
        ),
        (
            [
                &[
                    "sessions",
                    "timestamp",
                    &desk.id,
                    "--timestamp-ca",
                    "/dev/null",
                ][..],
                &to,
            ]
            .concat(),
            "found no certificate",
        ),
    ] {
        let refused = desk.viva(&args).refused();
        assert!(refused.contains(expected), "{args:?}: {refused}");
    }
}

#[test]
fn missing_stamps_are_got_later_each_once() {
    let (desk, tsa) = (Desk::new(), Tsa::new(Keys::P256));
    desk.record("Ann Other", BEGAN + 1);
    let (url, asked) = tsa.serve(Answers::Honestly);
    let all = ["sessions", "timestamp", "--missing", "--authority", &url];
    let said = desk.viva(&all).done();
    assert_eq!(said.matches("stamped by").count(), 2, "{said}");
    let said = desk.viva(&all).done();
    assert!(
        said.contains("Every sealed session has a time stamp"),
        "{said}"
    );
    assert_eq!(asked.try_iter().count(), 2);
}

#[test]
fn authority_and_root_can_be_configured() {
    let (desk, tsa) = (Desk::new(), Tsa::new(Keys::P256));
    let (url, _) = tsa.serve(Answers::Honestly);
    let file = desk.data().join("viva.toml");
    let set = |url: &str| {
        let root = tsa.root();
        let text = format!("[record]\ntimestamp_authority = {url:?}\ntimestamp_ca = {root:?}\n");
        std::fs::write(&file, text).unwrap();
    };
    let file = file.to_str().unwrap();
    set(&url);
    desk.viva(&["--config", file, "sessions", "timestamp", &desk.id])
        .done();
    let said = desk.viva(&["--config", file, "verify", &desk.id]).done();
    assert!(said.contains("vouched for by CN=Test Root"), "{said}");
    set("tsa.example");
    let refused = desk.viva(&["--config", file, "sessions", "list"]).refused();
    assert!(
        refused.contains("record.timestamp_authority: found `tsa.example`, expected an address"),
        "{refused}"
    );
}

#[test]
fn an_authority_that_does_not_answer_is_asked_once() {
    let (desk, tsa) = (Desk::new(), Tsa::new(Keys::P256));
    desk.record("Ann Other", BEGAN + 1);
    let (url, asked) = tsa.serve(Answers::WithStatus500);
    let said = desk.viva(&["sessions", "timestamp", "--missing", "--authority", &url]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.contains("answered 500"), "{said:?}");
    assert!(!said.out.contains("were sent"), "{said:?}");
    assert_eq!(asked.try_iter().count(), 1);
}

#[test]
fn an_engine_with_a_witness_stamps_what_it_seals() {
    use viva::call::Link;
    use viva::event::{ClientFacts, Input};
    use viva::protocol::{ClientMessage, Document, ServerMessage, SetupRequest, VERSION};
    use viva::server::{Admission, Engine, INTERVIEW_PATH, Serving, Witness, serve_as};

    let (home, tsa) = (tempfile::tempdir().unwrap(), Tsa::new(Keys::P256));
    let (url, _) = tsa.serve(Answers::Honestly);
    let witness = Witness {
        authority: Authority::new(&url).unwrap(),
        roots: Some(Roots::read(tsa.root().as_ref()).unwrap()),
    };
    let engine = Engine {
        data_dir: home.path().to_owned(),
        sessions_dir: None,
        clock: None,
        local: true,
        admission: Admission::Open,
        similarity: None,
        stop: Default::default(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let session = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}{INTERVIEW_PATH}", listener.local_addr().unwrap());
        let serving = Serving {
            witness: Some(witness),
            ..Serving::default()
        };
        tokio::spawn(serve_as(listener, engine, serving));
        let mut link = Link::connect(&url).await.unwrap();
        let hello = ClientMessage::Hello {
            protocol: VERSION,
            client: ClientFacts::default(),
            setup: Box::new(SetupRequest {
                job: Document {
                    name: "job.toml".into(),
                    text: "title = \"Data Engineer\"\nmust_haves = [\"Python\"]\n".into(),
                },
                candidate: Some("Zoë Example".into()),
                ..SetupRequest::default()
            }),
            resume: None,
        };
        let welcome = link.hello(&hello).await.unwrap();
        let ServerMessage::Welcome { session, .. } = welcome else {
            panic!("{welcome:?}")
        };
        let (seq, input) = (1, Input::Begin);
        let begin = ClientMessage::Input { seq, input };
        link.send(&begin).await.unwrap();
        let bye = ClientMessage::Bye { seq: 2, samples: 0 };
        link.send(&bye).await.unwrap();
        // The seal comes with the last message before it closes.
        while !matches!(link.receive().await.unwrap(), ServerMessage::Done { .. }) {}
        session
    });
    // Waits for the stamp that is under way.
    drop(runtime);
    let trust = Trust::own(home.path(), &[]).unwrap();
    let annexes = Annexes::open(home.path(), &session).unwrap();
    let listed = annexes.list(&trust).unwrap().annexes;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(is_stamped(&listed));
}

/// Takes an interview here whose answers are typed, and ends it; settings are
/// those of the environment.
fn interviewed(home: &std::path::Path, settings: &[(&str, &str)]) -> (String, String) {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut viva = Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(["interview", "--typed", "--captions", "--job"])
        .arg("config/jobs/python-backend-developer.toml")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("HOME", home)
        .env("VIVA_DATA_DIR", home)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("VIVA_CONFIG")
        .envs(settings.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keys = viva.stdin.take().unwrap();
    keys.write_all(b"y\nq\ny\n").unwrap();
    drop(keys);
    let output = viva.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{out} {err}");
    (out, err)
}

fn only_session(home: &std::path::Path) -> String {
    let all = list(&sessions_dir(home)).unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0].state, SessionState::Complete);
    all[0].id.clone()
}

#[test]
fn an_interview_is_stamped_after_its_seal() {
    let (home, tsa) = (tempfile::tempdir().unwrap(), Tsa::new(Keys::P256));
    let (url, asked) = tsa.serve(Answers::Honestly);
    let root = tsa.root();
    let settings = [
        ("VIVA_RECORD_TIMESTAMP_AUTHORITY", url.as_str()),
        ("VIVA_RECORD_TIMESTAMP_CA", &root),
    ];
    let (said, _) = interviewed(home.path(), &settings);
    assert!(said.contains("the hash of the sealed record"), "{said}");
    assert!(said.contains("Time stamp: sealed before"), "{said}");
    assert!(said.contains("vouched for by CN=Test Root"), "{said}");
    let session = only_session(home.path());
    // The hash of this seal, and no second question.
    let manifest = sessions_dir(home.path())
        .join(&session)
        .join("manifest.json");
    let hash = viva::digest::sha256_hex(&std::fs::read(manifest).unwrap());
    let queries: Vec<Vec<u8>> = asked.try_iter().collect();
    assert_eq!(queries.len(), 1);
    assert!(hex::encode(&queries[0]).contains(&hash));
    let trust = Trust::own(home.path(), &[]).unwrap();
    let listed = Annexes::open(home.path(), &session).unwrap().list(&trust);
    let annexes = listed.unwrap().annexes;
    let token = hex::decode(annexes[0].body["token"].as_str().unwrap()).unwrap();
    assert!(tsa.openssl_accepts(&token, &hash));
}

#[test]
fn an_interview_whose_authority_fails_is_sealed_all_the_same_and_says_how_to_stamp_it() {
    let (home, tsa) = (tempfile::tempdir().unwrap(), Tsa::new(Keys::P256));
    let (url, _) = tsa.serve(Answers::WithStatus500);
    let settings = [("VIVA_RECORD_TIMESTAMP_AUTHORITY", url.as_str())];
    let (said, told) = interviewed(home.path(), &settings);
    let session = only_session(home.path());
    assert!(said.contains("Record:"), "{said}");
    assert!(told.contains("answered 500"), "{told}");
    let again = format!("viva sessions timestamp {session}");
    assert!(told.contains(&again), "{told}");
}
