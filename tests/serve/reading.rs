//! Records over HTTP.

use crate::desk::*;
use serde_json::json;
use viva::accounts::Role;
use viva::event::{Input, Request};
use viva::protocol::{ClientMessage, ServerMessage};

/// A sealed session with two seconds and a half of sound.
async fn sealed(desk: &Desk) -> String {
    let (link, _) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    bob.consent().await;
    for _ in 0..5 {
        bob.sound(8_000).await;
    }
    bob.type_in(1, "I am Bob and I have built services in Python.")
        .await;
    bob.tell(Input::Request {
        request: Request::End,
    })
    .await;
    let (seq, samples) = (bob.seq + 1, 40_000);
    bob.link
        .send(&ClientMessage::Bye { seq, samples })
        .await
        .unwrap();
    let done = |m: &ServerMessage| matches!(m, ServerMessage::Done { .. }).then_some(());
    bob.wait(done).await;
    bob.session
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_found_read_heard_and_checked() {
    let desk = Desk::open().await;
    let id = sealed(&desk).await;
    let token = desk.token(Role::Compliance);
    let get = |path: String| {
        let (desk, token) = (&desk, &token);
        async move { desk.ask("GET", &path, Some(token), None).await }
    };
    let (_, page) = get("/v1/sessions?q=wilson".into()).await;
    assert_eq!(page["sessions"][0]["id"], json!(id));
    assert_eq!(page["sessions"][0]["state"], "complete");
    let (_, page) = get("/v1/sessions?q=nobody".into()).await;
    assert_eq!(page["sessions"], json!([]));
    let (status, told) = get("/v1/sessions?limt=5".into()).await;
    assert_eq!(status, 400, "{told}");

    let at = |rest: &str| format!("/v1/sessions/{id}{rest}");
    let (_, facts) = get(at("")).await;
    assert_eq!(
        (&facts["candidate"], &facts["sealed"]),
        (&json!("Bob Wilson"), &json!(true))
    );
    let (_, transcript) = get(at("/transcript")).await;
    assert!(transcript.to_string().contains("I have built services"));
    let (_, events) = get(at("/events")).await;
    assert_eq!(events[0]["seq"], 1);
    let (_, documents) = get(at("/documents")).await;
    let names: Vec<_> = documents
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["name"].clone())
        .collect();
    assert!(names.contains(&json!("transcript.txt")), "{names:?}");
    let (_, text) = get(at("/documents/transcript.txt")).await;
    assert!(text.as_str().unwrap().contains("Bob Wilson"));
    let (_, verdict) = get(at("/verify")).await;
    assert_eq!(
        (&verdict["whole"], &verdict["problems"]),
        (&json!(true), &json!([]))
    );
    let looked_at = verdict["looked_at"].to_string();
    for part in ["files", "events", "3 seconds of sound", "signature"] {
        assert!(looked_at.contains(part), "{looked_at}");
    }
    let (_, peaks) = get(at("/peaks")).await;
    assert_eq!(peaks["near"].as_array().unwrap().len(), 25);
    assert_eq!(
        (&peaks["near"][3], &peaks["far"][3]),
        (&json!(7), &json!(7))
    );
    // Worked out once, and never inside the record.
    let cached = desk.home.path().join(format!("cache/peaks/{id}.json"));
    assert!(cached.is_file());
    assert_eq!(get(at("/verify")).await.1["whole"], true);
    assert_eq!(get(at("/peaks")).await.1, peaks);

    let range = |range: &str| {
        vec![
            ("authorization".to_owned(), format!("Bearer {token}")),
            ("range".to_owned(), range.to_owned()),
        ]
    };
    let (status, headers, _) = desk
        .ask_with("GET", &at("/audio"), range("bytes=44-143"), None)
        .await;
    assert_eq!(status, 206);
    assert_eq!(headers["content-range"], "bytes 44-143/160044");
    let (status, ..) = desk
        .ask_with("GET", &at("/audio"), range("bytes=999999-"), None)
        .await;
    assert_eq!(status, 416);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_is_signed_beside_the_record_which_stays_as_it_is() {
    let desk = Desk::open().await;
    let id = sealed(&desk).await;
    let rita = desk.token(Role::Recruiter);
    let path = format!("/v1/sessions/{id}/notes");
    let body = json!({"text": "Ask about this again", "at_ms": 1500});
    let (status, note) = desk.ask("POST", &path, Some(&rita), Some(body)).await;
    assert_eq!((status, &note["by"]), (201, &json!("recruiter")));
    let (status, _) = desk
        .ask("POST", &path, Some(&rita), Some(json!({"text": " "})))
        .await;
    assert_eq!(status, 400);
    let bookmark = json!({"at_ms": 900, "bookmark": true});
    assert_eq!(
        desk.ask("POST", &path, Some(&rita), Some(bookmark)).await.0,
        201
    );
    let carl = desk.token(Role::Compliance);
    let (_, notes) = desk.ask("GET", &path, Some(&carl), None).await;
    assert_eq!(notes.as_array().unwrap().len(), 2);
    let path = format!("/v1/sessions/{id}/verify");
    assert_eq!(
        desk.ask("GET", &path, Some(&carl), None).await.1["whole"],
        true
    );
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_is_no_id_and_no_document() {
    let desk = Desk::open().await;
    let id = sealed(&desk).await;
    let token = desk.token(Role::Compliance);
    for path in [
        "/v1/sessions/..%2f..%2fkeys".to_owned(),
        "/v1/sessions/%2e%2e".to_owned(),
        format!("/v1/sessions/{}", id.to_lowercase()),
        format!("/v1/sessions/{id}%2f..%2f..%2fkeys/audio"),
        format!("/v1/sessions/{id}/documents/..%2fhead.json"),
        format!("/v1/sessions/{id}/documents/%2e%2e%2f%2e%2e%2f%2e%2e%2fkeys%2ftokens.key"),
        "/v1/sessions/01J9ZQ4H5T8W3X2Y1V0N7M6K5B/audio".to_owned(),
        format!("/v1/sessions/{id}\u{0}/audio").replace('\u{0}', "%00"),
    ] {
        let (status, told) = desk.ask("GET", &path, Some(&token), None).await;
        assert!(matches!(status, 400 | 404), "{path}: {status} {told}");
        assert!(!told.to_string().contains("PRIVATE"), "{path}");
    }
    desk.stop().await;
}
