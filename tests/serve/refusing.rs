//! Bad input, limits, stops: refused by name, counted, and nothing lost.

use crate::desk::*;
use futures_util::{SinkExt, StreamExt};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use viva::accounts::Role;
use viva::call::{Address, Link, LinkError};
use viva::event::*;
use viva::protocol::{ErrorCode, MAX_AUDIO, MAX_TEXT, SUBPROTOCOL, ServerMessage, decode, encode};
use viva::record::{ProblemKind, Trust, verify};
use viva::server::{LIVE_SUBPROTOCOL, Limits, Serving, tls_from_files};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// A bare websocket of a candidate.
async fn socket(
    desk: &Desk,
    token: &str,
    more: &[(&'static str, &str)],
) -> Result<Socket, tokio_tungstenite::tungstenite::Error> {
    let url = format!("ws://{}/v1/interview", desk.address);
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {token}");
    let all = [
        ("authorization", bearer.as_str()),
        ("sec-websocket-protocol", SUBPROTOCOL),
    ];
    for (name, value) in all.iter().chain(more) {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    Ok(connect_async(request).await?.0)
}

async fn answer(socket: &mut Socket) -> Option<ServerMessage> {
    loop {
        match socket.next().await? {
            Ok(Message::Text(text)) => return Some(decode(&text).unwrap()),
            Ok(Message::Ping(_) | Message::Pong(_)) => {}
            _ => return None,
        }
    }
}

fn code(message: Option<ServerMessage>) -> Option<(ErrorCode, bool)> {
    match message? {
        ServerMessage::Error { code, fatal, .. } => Some((code, fatal)),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_of_other_pages_and_protocols_are_refused() {
    let desk = Desk::open().await;
    let token = desk.token(Role::Candidate);
    let away = [("origin", "https://elsewhere.example")];
    let (status, told) = refusal(socket(&desk, &token, &away).await.unwrap_err());
    assert_eq!((status, &told["error"]), (403, &json!("origin")));
    let other = [("sec-websocket-protocol", LIVE_SUBPROTOCOL)];
    let (status, told) = refusal(socket(&desk, &token, &other).await.unwrap_err());
    assert_eq!((status, &told["error"]), (400, &json!("subprotocol")));
    let own = format!("http://{}", desk.address);
    socket(&desk, &token, &[("origin", &own)]).await.unwrap();
    let rita = desk.token(Role::Recruiter);
    let refused = Follower::open(desk.address, "x", &rita, &away).await;
    assert_eq!(refusal(refused.err().unwrap()).1["error"], "origin");
    assert_eq!(desk.figure("viva_refusals_total{kind=\"origin\"}").await, 2);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_is_too_large_closes_its_own_connection_only() {
    let desk = Desk::open().await;
    let (link, _) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    bob.consent().await;
    let token = desk.token(Role::Candidate);
    let mut flood = socket(&desk, &token, &[]).await.unwrap();
    let huge = "x".repeat(MAX_TEXT + 1);
    flood
        .send(Message::Text(huge.clone().into()))
        .await
        .unwrap();
    let refused = Some((ErrorCode::Limit, true));
    assert_eq!(code(answer(&mut flood).await), refused);
    assert_eq!(answer(&mut flood).await, None);
    // So large that it is not even taken in.
    let mut flood = socket(&desk, &token, &[]).await.unwrap();
    let _ = flood.send(Message::Text(huge.repeat(4).into())).await;
    // The reason may be lost with what was not read.
    let told = answer(&mut flood).await;
    assert!(told.is_none() || code(told) == refused);
    // Within a session nothing but the message is lost.
    let mut ann = socket(&desk, &token, &[]).await.unwrap();
    let greeting = encode(&hello(setup(), None));
    ann.send(Message::Text(greeting.into())).await.unwrap();
    answer(&mut ann).await.unwrap();
    ann.send(Message::Text(huge.into())).await.unwrap();
    let refused = Some((ErrorCode::Limit, false));
    assert_eq!(code(answer(&mut ann).await), refused);
    let frame = vec![1; MAX_AUDIO + 2];
    ann.send(Message::Binary(frame.into())).await.unwrap();
    assert_eq!(code(answer(&mut ann).await), refused);
    let token = desk.token(Role::Recruiter);
    let mut rita = desk.follow(&bob.session, &token).await.unwrap();
    rita.say(&"x".repeat(20_000)).await;
    assert_eq!(rita.find("refused").await["error"], "limit");
    let figure = "viva_refusals_total{kind=\"limit\"}";
    assert_eq!(desk.figure(figure).await, 5);
    bob.type_in(1, "I am still here.").await;
    desk.stop().await;
    // So small that it is all there when the refusal comes.
    let limits = Limits {
        body: 1_000,
        ..Limits::default()
    };
    let desk = Desk::serving(Serving {
        limits,
        ..Serving::default()
    })
    .await;
    let body = json!({"setup": {"job": {"name": "x", "text": "x".repeat(1_500)}}, "days": 1});
    let rita = desk.token(Role::Recruiter);
    let (status, told) = desk
        .ask("POST", "/v1/invitations", Some(&rita), Some(body))
        .await;
    assert_eq!((status, &told["error"]), (413, &json!("too_large")));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_is_refused_by_name_and_the_session_goes_on() {
    let desk = Desk::open().await;
    let token = desk.token(Role::Candidate);
    let mut early = socket(&desk, &token, &[]).await.unwrap();
    early
        .send(Message::Text(
            "{\"type\":\"bye\",\"seq\":1,\"samples\":0}".into(),
        ))
        .await
        .unwrap();
    assert_eq!(
        code(answer(&mut early).await),
        Some((ErrorCode::Unexpected, true))
    );
    let mut bob = socket(&desk, &token, &[]).await.unwrap();
    bob.send(Message::Text(encode(&hello(setup(), None)).into()))
        .await
        .unwrap();
    assert!(matches!(
        answer(&mut bob).await,
        Some(ServerMessage::Welcome { .. })
    ));
    let steer = json!({"type": "input", "seq": 1, "input": {"kind": "steer", "by": "bob", "act": {"do": "end"}}});
    let watcher = json!({"type": "fact", "seq": 1, "event": {"type": "watcher", "by": "x", "role": "y", "present": true}});
    for (text, expected) in [
        ("{".to_owned(), ErrorCode::Malformed),
        ("[]".to_owned(), ErrorCode::Malformed),
        (
            json!({"type": "shutdown"}).to_string(),
            ErrorCode::Malformed,
        ),
        (
            json!({"type": "input", "seq": -1, "input": {"kind": "begin"}}).to_string(),
            ErrorCode::Malformed,
        ),
        (
            json!({"type": "input", "seq": 9, "input": {"kind": "begin"}}).to_string(),
            ErrorCode::Unexpected,
        ),
        // A candidate steers nothing and is nobody's watcher.
        (steer.to_string(), ErrorCode::Unexpected),
        (watcher.to_string(), ErrorCode::Unexpected),
        (encode(&hello(setup(), None)), ErrorCode::Unexpected),
    ] {
        bob.send(Message::Text(text.clone().into())).await.unwrap();
        assert_eq!(
            code(answer(&mut bob).await),
            Some((expected, false)),
            "{text}"
        );
    }
    bob.send(Message::Binary(vec![1, 0, 0].into()))
        .await
        .unwrap();
    assert_eq!(
        code(answer(&mut bob).await),
        Some((ErrorCode::Malformed, false))
    );
    bob.send(Message::Binary(vec![0; 16].into())).await.unwrap();
    assert_eq!(
        code(answer(&mut bob).await),
        Some((ErrorCode::Malformed, false))
    );
    let begin = json!({"type": "input", "seq": 1, "input": {"kind": "begin"}});
    bob.send(Message::Text(begin.to_string().into()))
        .await
        .unwrap();
    assert!(matches!(
        answer(&mut bob).await,
        Some(ServerMessage::Output { .. })
    ));
    assert_eq!(
        desk.figure("viva_refusals_total{kind=\"malformed\"}").await,
        6
    );
    desk.stop().await;
}

/// Something that may or may not look like a message.
fn noise(chance: &mut StdRng) -> Message {
    let kinds = ["input", "fact", "bye", "hello", "partial", "level", "", "x"];
    match chance.random_range(0..4) {
        0 => {
            let len = chance.random_range(0..200);
            Message::Binary(
                (0..len)
                    .map(|_| chance.random::<u8>())
                    .collect::<Vec<_>>()
                    .into(),
            )
        }
        1 => {
            let len = chance.random_range(0..200);
            let text: String = (0..len)
                .map(|_| chance.random_range('\u{20}'..'\u{2fff}'))
                .collect();
            Message::Text(text.into())
        }
        _ => {
            let kind = kinds[chance.random_range(0..kinds.len())];
            // Never the number that is expected next, and never a goodbye.
            let seq = chance.random_range(1_000..2_000);
            let kind = if kind == "bye" { "input" } else { kind };
            let inner = [json!({}), json!(null), json!({"kind": "begin"}), json!([1])];
            let inner = &inner[chance.random_range(0..inner.len())];
            let text =
                json!({"type": kind, "seq": seq, "input": inner, "event": inner, "text": "x"});
            Message::Text(text.to_string().into())
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_sessions_take_any_noise_and_go_on() {
    let desk = Desk::open().await;
    let token = desk.token(Role::Candidate);
    let mut sessions = Vec::new();
    for _ in 0..10 {
        let mut bob = socket(&desk, &token, &[]).await.unwrap();
        bob.send(Message::Text(encode(&hello(setup(), None)).into()))
            .await
            .unwrap();
        assert!(matches!(
            answer(&mut bob).await,
            Some(ServerMessage::Welcome { .. })
        ));
        sessions.push(bob);
    }
    let mut tasks = Vec::new();
    for (seed, mut bob) in sessions.into_iter().enumerate() {
        tasks.push(tokio::spawn(async move {
            let mut chance = StdRng::seed_from_u64(seed as u64);
            for _ in 0..150 {
                bob.send(noise(&mut chance)).await.unwrap();
            }
            let begin = json!({"type": "input", "seq": 1, "input": {"kind": "begin"}});
            bob.send(Message::Text(begin.to_string().into()))
                .await
                .unwrap();
            loop {
                match answer(&mut bob).await.expect("the session ended") {
                    ServerMessage::Ack { seq: 1 } => return,
                    ServerMessage::Error { fatal, message, .. } => assert!(!fatal, "{message}"),
                    _ => {}
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_limit_answers_by_name() {
    let desk = Desk::serving(Serving {
        limits: Limits {
            sessions: 1,
            viewers: 1,
            sockets: 3,
            messages: 1,
            burst: 20,
            ..Limits::default()
        },
        ..Serving::default()
    })
    .await;
    let kiosk = desk.link(&desk.token(Role::Candidate));
    let mut bob = Candidate::greet(&kiosk, hello(setup(), None))
        .await
        .unwrap();
    bob.consent().await;
    let refused = Candidate::greet(&kiosk, hello(setup(), None))
        .await
        .unwrap_err();
    let LinkError::Refused { code, message } = refused else {
        panic!("{refused}")
    };
    assert_eq!(code, ErrorCode::Limit);
    assert!(message.contains("holds 1 calls"), "{message}");
    let rita = desk.token(Role::Recruiter);
    let _first = desk.follow(&bob.session, &rita).await.unwrap();
    bob.listening().await;
    let (status, told) = refusal(desk.follow(&bob.session, &rita).await.err().unwrap());
    assert_eq!((status, &told["error"]), (429, &json!("limit")));
    // Too fast: the connection ends, the session can be taken up again.
    let flood = async {
        for _ in 0..40 {
            let message = viva::protocol::ClientMessage::Partial { text: "x".into() };
            if bob.link.send(&message).await.is_err() {
                break;
            }
        }
        bob.wait(|m| match m {
            ServerMessage::Error {
                code, fatal: true, ..
            } => Some(*code),
            _ => None,
        })
        .await
    };
    assert_eq!(flood.await, ErrorCode::Limit);
    let _second = desk.token(Role::Candidate);
    assert!(Candidate::resume(&kiosk, &bob.session).await.is_ok());
    desk.stop().await;

    let desk = Desk::serving(Serving {
        limits: Limits {
            requests: 3,
            ..Limits::default()
        },
        ..Serving::default()
    })
    .await;
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push(desk.ask("GET", "/healthz", None, None).await.0);
    }
    assert_eq!(told, [200, 200, 200, 429, 429]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_tells_every_call_and_leaves_records_that_can_go_on() {
    let desk = Desk::open().await;
    let (link, _) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    bob.consent().await;
    let mut rita = desk
        .follow(&bob.session, &desk.token(Role::Recruiter))
        .await
        .unwrap();
    rita.find("hello").await;
    let told = tokio::spawn(async move {
        let code = bob.wait(|m| match m {
            ServerMessage::Error {
                code, fatal: true, ..
            } => Some(*code),
            _ => None,
        });
        (code.await, bob.session)
    });
    let home = desk.stop().await;
    let (code, session) = told.await.unwrap();
    assert_eq!(code, ErrorCode::Stopping);
    rita.find("over").await;
    let dir = home.path().join("sessions").join(session);
    let last = log(&dir).pop().unwrap();
    assert!(matches!(last.event, Event::Interrupted { .. }), "{last:?}");
    let problems = verify(&dir, &Trust::Any);
    assert!(
        problems.iter().all(|p| p.kind == ProblemKind::NotSealed),
        "{problems:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_over_tls_by_certificates_that_are_trusted() {
    let files = tempfile::tempdir().unwrap();
    let (chain, secret) = (files.path().join("chain.pem"), files.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&chain, made.cert.pem()).unwrap();
    std::fs::write(&secret, made.signing_key.serialize_pem()).unwrap();
    assert!(
        tls_from_files(&secret, &secret)
            .unwrap_err()
            .contains("key.pem")
    );
    let tls = Some(tls_from_files(&chain, &secret).unwrap());
    let desk = Desk::serving(Serving {
        tls,
        ..Serving::default()
    })
    .await;
    let (link, _) = desk.invite();
    let link = link.replace("ws://", "wss://");
    let unknown = Link::connect(&link).await.unwrap_err();
    assert!(
        matches!(unknown, LinkError::Unreachable { .. }),
        "{unknown}"
    );
    let address = Address::new(&link).with_roots(Some(chain));
    let mut link = Link::open(&address).await.unwrap();
    let welcome = link.hello(&hello(setup(), None)).await.unwrap();
    assert!(matches!(welcome, ServerMessage::Welcome { .. }));
    drop(link);
    let nowhere = Address::new("wss://127.0.0.1:1/x").with_roots(Some(secret));
    let refused = tokio::time::timeout(Duration::from_secs(5), Link::open(&nowhere)).await;
    assert!(refused.unwrap().is_err());
    desk.stop().await;
}
