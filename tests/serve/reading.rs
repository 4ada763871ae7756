//! Records over HTTP.

use crate::desk::*;
use serde_json::json;
use viva::accounts::Role;
use viva::event::{Input, Request};
use viva::protocol::{ClientMessage, ServerMessage};
use viva::record::{Trust, access};

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
    // How it ended, and nothing of what the candidate said.
    let glance = &page["sessions"][0]["glance"];
    assert_eq!(glance["ended"], "candidate_ended");
    assert_eq!(glance["problem_count"], 0);
    assert!(!glance.to_string().contains("services"), "{glance}");
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

/// Ids of the sessions of a page.
fn ids(page: &serde_json::Value) -> Vec<String> {
    let sessions = page["sessions"].as_array().unwrap();
    let id = |s: &serde_json::Value| s["id"].as_str().unwrap().to_owned();
    sessions.iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_found_by_what_was_said_and_by_who_when_and_how_well() {
    let desk = Desk::open().await;
    let mut all = Vec::new();
    for _ in 0..3 {
        all.insert(0, sealed(&desk).await);
    }
    let carl = desk.token(Role::Compliance);
    let get = |query: &str| {
        let path = format!("/v1/sessions?{query}");
        let (desk, token) = (&desk, &carl);
        async move { desk.ask("GET", &path, Some(token), None).await }
    };
    let (_, page) = get("q=%22have+built+services%22&who=candidate&limit=2").await;
    assert_eq!((ids(&page), &page["total"]), (all[..2].to_vec(), &json!(3)));
    let line = &page["sessions"][0]["lines"][0];
    assert_eq!(line["who"], "candidate");
    let pieces = line["snippet"].as_array().unwrap();
    assert!(pieces.iter().any(|p| p["found"] == true));
    // The next page, and no further.
    let before = page["next"].as_str().unwrap();
    let more = format!("q=%22have+built+services%22&who=candidate&limit=2&before={before}");
    let (_, page) = get(&more).await;
    assert_eq!(
        (ids(&page), &page["next"]),
        (all[2..].to_vec(), &json!(null))
    );
    for (query, expected) in [
        ("q=services&who=recruiter", 0),
        ("q=built+-services", 0),
        ("q=buil*", 3),
        ("q=wilson", 3),
        ("name=wilson", 3),
        ("name=+Python+backend+", 3),
        ("name=services", 0),
        ("name=wilson&q=services", 3),
        ("name=nobody&q=services", 0),
        ("name=wilson&flag=held", 0),
        ("candidate=bob&job=python", 3),
        ("job=plumber", 0),
        ("since=2020-01-01&until=2020-01-02", 0),
        ("since=2020-01-01", 3),
        ("score_at_least=1", 0),
        ("flag=not-scored", 3),
        ("flag=not-scored,held", 0),
        ("candidate=bob&state=interrupted", 0),
    ] {
        let (status, page) = get(query).await;
        assert_eq!(status, 200, "{query}: {page}");
        assert_eq!(page["total"], expected, "{query}: {page}");
    }
    let (_, page) = get(&format!("q={}", all[1])).await;
    assert_eq!(ids(&page), all[1..2]);
    let (_, page) = get(&format!("name={}", all[1])).await;
    assert_eq!(ids(&page), all[1..2]);
    // An empty one looks for nothing: the list, as it is.
    let (_, page) = get("name=&state=complete").await;
    assert_eq!((ids(&page), page.get("total")), (all.clone(), None));
    for (query, told) in [
        ("q=-", "found no word"),
        ("who=candidate", "expected q"),
        ("q=x&who=nobody", "found `nobody`, expected candidate"),
        ("since=yesterday", "since: found `yesterday`"),
        ("since=2024-02-02&until=2024-02-01", "no day after until"),
        ("score_below=7", "score_below: found `7`"),
        ("flag=held,odd", "flag: found `odd`"),
        ("recommendation=x", "recommendation: found `x`"),
        ("state=x", "unknown variant"),
        ("words=x", "unknown field"),
    ] {
        let (status, answer) = get(query).await;
        assert_eq!(
            (status, &answer["error"]),
            (400, &json!("bad_request")),
            "{query}"
        );
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(told), "{query}: {message}");
    }
    // Whoever was shown lines has read of those records; a list is no read.
    let read = access::accesses(desk.home.path(), &Trust::Any).unwrap();
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    let searched: Vec<_> = read
        .entries
        .iter()
        .filter(|e| e.action == "serve search")
        .map(|e| (e.by.as_str(), e.sessions.len()))
        .collect();
    assert_eq!(searched, [("compliance", 2), ("compliance", 1)]);
    // A reason that names the candidate is refused, and refused again.
    let headers = || {
        vec![
            ("authorization".to_owned(), format!("Bearer {carl}")),
            ("x-reason".to_owned(), "Wilson complained".to_owned()),
        ]
    };
    for _ in 0..2 {
        let asked = desk.ask_with("GET", "/v1/sessions?q=services", headers(), None);
        assert_eq!(asked.await.0, 409);
    }
    desk.stop().await;
}
