//! Sessions whose messages are anything: nobody else notices, nothing of one
//! session reaches another, and every refusal is counted.

use crate::desk::*;
use futures_util::{SinkExt, StreamExt};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use viva::accounts::Role;
use viva::event::*;
use viva::protocol::{AudioFrame, ClientMessage, ErrorCode, SUBPROTOCOL, encode};
use viva::record::{ProblemKind, Trust, verify};

const SESSIONS: usize = 10;
const MESSAGES: usize = 120;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What no other session's people may ever see.
fn marker(session: usize) -> String {
    format!("zebrafish{}", char::from(b'a' + session as u8))
}

/// The sample that only this session's sound is made of.
fn sample(session: usize) -> i16 {
    1_000 + session as i16
}

/// Panics of the program, wherever they are caught.
fn count_panics() -> Arc<AtomicUsize> {
    let count = Arc::<AtomicUsize>::default();
    let before = std::panic::take_hook();
    let counter = count.clone();
    std::panic::set_hook(Box::new(move |info| {
        let of_the_program = info
            .location()
            .is_some_and(|at| at.file().starts_with("src/"));
        if of_the_program {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        before(info);
    }));
    count
}

/// Values that are odd in one way or another.
fn odd(chance: &mut StdRng) -> Value {
    let all = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0.5),
        json!(1e39),
        json!(-1e300),
        json!(u64::MAX),
        json!(1_u64 << 53),
        json!(""),
        json!("\u{0}\u{1b}[2J\u{202e}"),
        json!("../../keys"),
        json!([[[[[]]]]]),
        json!({"kind": "begin"}),
        json!("é".repeat(3_000)),
    ];
    all[chance.random_range(0..all.len())].clone()
}

/// Changes something somewhere inside.
fn mutate(value: &mut Value, chance: &mut StdRng) {
    match value {
        Value::Object(map) if !map.is_empty() && chance.random_range(0..5) > 0 => {
            let at = chance.random_range(0..map.len());
            let key = map.keys().nth(at).unwrap().clone();
            match chance.random_range(0..8) {
                0 => drop(map.remove(&key)),
                1 => drop(map.insert("type".into(), json!("output"))),
                _ => mutate(map.get_mut(&key).unwrap(), chance),
            }
        }
        Value::Array(all) if !all.is_empty() && chance.random_range(0..4) > 0 => {
            let at = chance.random_range(0..all.len());
            mutate(&mut all[at], chance);
        }
        other => *other = odd(chance),
    }
}

/// A message that has its place, for a session that goes on.
fn message(session: usize, seq: u64, id: u32, chance: &mut StdRng) -> ClientMessage {
    let mine = marker(session);
    let utterance = |text: String| Utterance {
        id,
        text,
        words: vec![Word {
            text: mine.clone(),
            start_ms: 10,
            end_ms: 20,
            confidence: 0.5,
        }],
        start_ms: 0,
        end_ms: 900,
        confidence: 0.9,
        source: Source::Voice,
    };
    let input = match chance.random_range(0..12) {
        0..=3 => Input::Utterance(utterance(format!("{mine} uses Python and caches."))),
        4..=6 => Input::LineEnded {
            line: chance.random_range(0..8),
            heard: mine.clone(),
            complete: true,
        },
        7 => Input::SpeechStarted,
        8 => Input::Request {
            request: Request::Repeat,
        },
        9 => Input::PauseFactor { factor: 1.5 },
        10 => {
            let (track, there) = (Track::Near, true);
            Input::Device { track, there }
        }
        _ => Input::Muted { on: false },
    };
    match chance.random_range(0..10) {
        0 => ClientMessage::Partial { text: mine.clone() },
        1 => ClientMessage::Level {
            near_db: -20.0,
            far_db: -30.0,
        },
        2 => ClientMessage::Prepare {
            draft: 1,
            utterance: utterance(mine.clone()),
        },
        3 => {
            let (part, message) = (mine.clone(), mine.clone());
            let event = Event::Problem { part, message };
            ClientMessage::Fact { seq, event }
        }
        4 => {
            let event = Event::Played {
                line: 1,
                start_ms: 1,
                end_ms: 2,
            };
            ClientMessage::Fact { seq, event }
        }
        _ => ClientMessage::Input { seq, input },
    }
}

/// A frame of sound, in its place, out of it, or cut.
fn frame(session: usize, at: &mut u64, chance: &mut StdRng) -> Vec<u8> {
    let samples = [1, 160, 1_600, 0][chance.random_range(0..4)];
    let first_sample = match chance.random_range(0..6) {
        0 => u64::MAX - chance.random_range(0..3),
        1 => chance.random_range(0..100_000),
        _ => *at,
    };
    let track = [Track::Near, Track::Far][chance.random_range(0..2)];
    let frame = AudioFrame {
        track,
        seq: chance.random(),
        first_sample,
        pcm: vec![sample(session); samples],
    };
    *at += samples as u64 / 2;
    let mut bytes = frame.encode();
    match chance.random_range(0..5) {
        0 => bytes.truncate(chance.random_range(0..=bytes.len())),
        1 => bytes[chance.random_range(0..16)] ^= 0x81,
        _ => {}
    }
    bytes
}

/// One session under fuzz.
struct Fuzzed {
    number: usize,
    socket: Socket,
    session: String,
    seq: u64,
    /// Everything that was told, to be searched for what is others'.
    told: String,
    /// Refusals by name.
    refused: BTreeMap<String, u64>,
}

impl Fuzzed {
    async fn open(desk: &Desk, number: usize, token: &str) -> Self {
        let mut new = Self {
            number,
            socket: connect(desk, token).await,
            session: String::new(),
            seq: 0,
            told: String::new(),
            refused: BTreeMap::new(),
        };
        let mut setup = setup();
        setup.candidate = Some(format!("Ann {}", marker(number)));
        new.say(encode(&hello(setup, None))).await;
        let given = true;
        let how = ConsentHow::Key;
        for input in [Input::Begin, Input::Consent { given, how }] {
            let seq = new.seq + 1;
            new.say(encode(&ClientMessage::Input { seq, input })).await;
        }
        assert_eq!(new.seq, 2, "{}", new.told);
        new
    }

    async fn say(&mut self, text: String) {
        self.send(Message::Text(text.into())).await;
    }

    /// Sends something and takes all that follows from it.
    async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
        // Answered after whatever the message was answered with.
        let ping = Message::Ping(vec![7].into());
        self.socket.send(ping).await.unwrap();
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Text(text) => self.take(&text),
                Message::Pong(_) => return,
                other => panic!("{other:?}: {}", self.told),
            }
        }
    }

    fn take(&mut self, text: &str) {
        self.told.push_str(text);
        let value: Value = serde_json::from_str(text).unwrap();
        match value["type"].as_str().unwrap() {
            "welcome" => value["session"]
                .as_str()
                .unwrap()
                .clone_into(&mut self.session),
            "ack" => self.seq = self.seq.max(value["seq"].as_u64().unwrap()),
            "error" => {
                assert_eq!(value["fatal"], false, "{text}");
                let code = value["code"].as_str().unwrap().to_owned();
                *self.refused.entry(code).or_default() += 1;
            }
            _ => {}
        }
    }

    /// Sends anything at all.
    async fn fuzz(&mut self, others: &[String]) {
        let mut chance = StdRng::seed_from_u64(self.number as u64);
        let mut at = 0;
        for id in 1..=MESSAGES as u32 {
            let seq = match chance.random_range(0..10) {
                0 => self.seq.saturating_add(chance.random_range(2..9)),
                1 => chance.random_range(0..=self.seq),
                _ => self.seq + 1,
            };
            let good = message(self.number, seq, id, &mut chance);
            let sent = match chance.random_range(0..10) {
                0 | 1 => Message::Binary(frame(self.number, &mut at, &mut chance).into()),
                2..=5 => Message::Text(encode(&good).into()),
                6 => {
                    // Cut anywhere.
                    let text = encode(&good);
                    let cut: String = text.chars().take(chance.random_range(0..90)).collect();
                    Message::Text(cut.into())
                }
                7 => {
                    // Somebody else's session.
                    let other = &others[chance.random_range(0..others.len())];
                    let resume = viva::protocol::Resume {
                        session: other.clone(),
                        has: None,
                    };
                    Message::Text(encode(&hello(setup(), Some(resume))).into())
                }
                _ => {
                    let mut value = serde_json::to_value(&good).unwrap();
                    mutate(&mut value, &mut chance);
                    Message::Text(value.to_string().into())
                }
            };
            self.send(sent).await;
        }
    }
}

async fn connect(desk: &Desk, token: &str) -> Socket {
    let url = format!("ws://{}/v1/interview", desk.address);
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {token}");
    for (name, value) in [
        ("authorization", bearer.as_str()),
        ("sec-websocket-protocol", SUBPROTOCOL),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    connect_async(request).await.unwrap().0
}

/// Nothing in a text is another session's.
fn only_own(text: &str, number: usize, sessions: &[String]) {
    for (other, session) in sessions.iter().enumerate() {
        if other != number {
            // Its id may have been said by this side, and is told back at
            // most in a refusal; what is in it never is.
            assert!(
                !text.contains(&marker(other)),
                "{number} sees {other}: {text}"
            );
            assert!(
                !text.contains(&format!("\"session\":\"{session}\"")),
                "{text}"
            );
        }
    }
}

/// Follows a call with both sides' sound, says odd things, and notes what
/// comes until it is over.
async fn overhear(mut follower: Follower, number: usize, sessions: Arc<Vec<String>>) -> u64 {
    let mut chance = StdRng::seed_from_u64(900 + number as u64);
    let listen = json!({"type": "listen", "tracks": ["near", "far"]});
    follower.say(&listen.to_string()).await;
    for id in 0..20 {
        let note = json!({"text": marker(number), "at_ms": 5, "bookmark": false});
        let mut value = json!({"type": "note", "id": id, "note": note});
        mutate(&mut value, &mut chance);
        follower.say(&value.to_string()).await;
    }
    let mut heard = 0;
    while let Some(next) = follower.next().await {
        match next {
            Ok(value) => only_own(&value.to_string(), number, &sessions),
            Err(bytes) => {
                let frame = AudioFrame::decode(&bytes).unwrap();
                assert!(frame.pcm.iter().all(|s| *s == sample(number)), "{number}");
                heard += 1;
            }
        }
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_sessions_of_fuzzed_messages_harm_nobody_and_show_nothing_of_each_other() {
    let panics = count_panics();
    let desk = Desk::open().await;
    let mut fuzzed = Vec::new();
    for number in 0..SESSIONS {
        // Each has a token of its own.
        let token = desk.token(Role::Candidate);
        fuzzed.push((Fuzzed::open(&desk, number, &token).await, token));
    }
    let sessions: Vec<String> = fuzzed.iter().map(|(f, _)| f.session.clone()).collect();
    let sessions = Arc::new(sessions);
    let rita = desk.token(Role::Recruiter);
    let mut following = Vec::new();
    for (number, session) in sessions.iter().enumerate() {
        let follower = desk.follow(session, &rita).await.unwrap();
        following.push(tokio::spawn(overhear(follower, number, sessions.clone())));
    }
    let mut running = Vec::new();
    for (mut one, token) in fuzzed {
        let sessions = sessions.clone();
        running.push(tokio::spawn(async move {
            one.fuzz(&sessions).await;
            (one, token)
        }));
    }
    let mut done = Vec::new();
    for one in running {
        done.push(one.await.unwrap());
    }
    let mut refused = BTreeMap::<String, u64>::new();
    for (one, token) in &done {
        only_own(&one.told, one.number, &sessions);
        assert!(one.seq > 10, "hardly anything was taken: {}", one.seq);
        for (code, count) in &one.refused {
            *refused.entry(code.clone()).or_default() += count;
        }
        // A session of somebody else is not taken up, and not read.
        let other = &sessions[(one.number + 1) % SESSIONS];
        let come = Candidate::resume(&desk.link(token), other)
            .await
            .unwrap_err();
        let viva::call::LinkError::Refused { code, .. } = come else {
            panic!("{come}");
        };
        assert_eq!(code, ErrorCode::Denied);
        let path = format!("/v1/sessions/{other}/transcript");
        assert_eq!(desk.ask("GET", &path, Some(token), None).await.0, 403);
    }
    // Kinds that only candidates' sides are refused by.
    for kind in ["unexpected", "no_consent"] {
        let figure = format!("viva_refusals_total{{kind=\"{kind}\"}}");
        let told = refused.get(kind).copied().unwrap_or_default();
        assert_eq!(desk.figure(&figure).await, told, "{kind}");
    }
    assert!(refused["malformed"] > 50, "{refused:?}");
    // A good call goes as ever.
    let (link, _) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    bob.consent().await;
    bob.sound(16_000).await;
    bob.type_in(1, "I am Bob and I have built services in Python.")
        .await;
    let request = Request::End;
    bob.tell(Input::Request { request }).await;
    let (seq, samples) = (bob.seq + 1, 16_000);
    let bye = ClientMessage::Bye { seq, samples };
    bob.link.send(&bye).await.unwrap();
    let done_message = |m: &viva::protocol::ServerMessage| {
        matches!(m, viva::protocol::ServerMessage::Done { .. }).then_some(())
    };
    bob.wait(done_message).await;
    assert_eq!(verify(&desk.record(&bob.session), &Trust::Any), []);
    drop(done);
    let home = desk.stop().await;
    let mut heard = 0;
    for follower in following {
        heard += follower.await.unwrap();
    }
    assert!(heard > 50, "hardly anything was heard: {heard}");
    // Each record can be read, and is its own.
    for (number, session) in sessions.iter().enumerate() {
        let dir = home.path().join("sessions").join(session);
        let problems = verify(&dir, &Trust::Any);
        let other = problems.iter().find(|p| p.kind != ProblemKind::NotSealed);
        assert_eq!(other, None);
        let text = serde_json::to_string(&log(&dir)).unwrap();
        only_own(&text, number, &sessions);
    }
    assert_eq!(panics.load(Ordering::SeqCst), 0);
}
