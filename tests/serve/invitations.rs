//! One invitation, one interview.

use crate::desk::*;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use viva::accounts::{Role, Secret};
use viva::call::{Link, LinkError};
use viva::clock::unix_millis;
use viva::event::*;
use viva::protocol::{ClientMessage, ErrorCode, ServerMessage, SetupRequest};
use viva::record::{Trust, verify};
use viva::server::{Admission, Engine, INTERVIEW_PATH, serve};

/// A link with one letter of its signature changed.
fn changed(link: &str) -> String {
    let (before, after) = link.split_at(link.len() - 20);
    let (first, after) = after.split_at(1);
    let other = if first == "A" { "B" } else { "A" };
    format!("{before}{other}{after}")
}

fn refused(result: Result<Candidate, LinkError>) -> (ErrorCode, String) {
    match result.unwrap_err() {
        LinkError::Refused { code, message } => (code, message),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_brings_the_job_begins_one_session_and_takes_it_up_again() {
    let desk = Desk::open().await;
    let (link, id) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    let ServerMessage::Welcome {
        candidate,
        pause_factor,
        ..
    } = &bob.welcome
    else {
        panic!();
    };
    assert_eq!(
        (candidate.as_str(), *pause_factor),
        ("Bob Wilson", Some(2.0))
    );
    bob.consent().await;
    let session = bob.session.clone();
    // The documents go by the record's rules from now on.
    let file = desk.home.path().join(format!("invites/{id}.json"));
    let kept = std::fs::read_to_string(file).unwrap();
    assert!(
        kept.contains(&session) && !kept.contains("Bob Wilson"),
        "{kept}"
    );
    drop(bob);

    let begun = Candidate::come(&link).await.unwrap_err();
    assert!(matches!(begun, LinkError::Begun { session: s } if s == session));
    // Nobody else may take it up.
    let (other, _) = desk.invite();
    let (code, _) = refused(Candidate::resume(&other, &session).await);
    assert_eq!(code, ErrorCode::Denied);
    let kiosk = desk.link(&desk.token(Role::Candidate));
    let (code, _) = refused(Candidate::resume(&kiosk, &session).await);
    assert_eq!(code, ErrorCode::Denied);

    let mut bob = Candidate::resume(&link, &session).await.unwrap();
    let end = Input::Request {
        request: Request::End,
    };
    bob.tell(end).await;
    let (seq, samples) = (bob.seq + 1, 0);
    bob.link
        .send(&ClientMessage::Bye { seq, samples })
        .await
        .unwrap();
    let done = |m: &ServerMessage| matches!(m, ServerMessage::Done { .. }).then_some(());
    bob.wait(done).await;
    assert_eq!(verify(&desk.record(&session), &Trust::Any), []);
    let (code, message) = refused(Candidate::resume(&link, &session).await);
    assert_eq!(code, ErrorCode::Resume);
    assert!(message.contains("over"), "{message}");
    desk.stop().await;
}

/// What the engine says was agreed on.
async fn agreed(
    link: &str,
    session: Option<&str>,
) -> Result<Option<Accommodations>, (ErrorCode, String)> {
    let mut link = Link::connect(link).await.unwrap();
    let agreed = link.accommodations(session).await;
    agreed.map_err(|error| match error {
        LinkError::Refused { code, message } => (code, message),
        other => panic!("{other}"),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_agreed_on_is_told_before_the_hello_and_follows_the_record_later() {
    let desk = Desk::open().await;
    let mut wanted = setup();
    wanted.settings.typed = true;
    wanted.settings.voice_speed = Some(0.8);
    wanted.settings.breaks = 5;
    let expected = Accommodations::of(&wanted.settings);
    let (link, _) = desk.invite_to(wanted);
    assert_eq!(agreed(&link, None).await, Ok(Some(expected.clone())));
    // Asking begins nothing, and the hello may follow on the same connection.
    let mut bob = Candidate::come(&link).await.unwrap();
    bob.consent().await;
    bob.tell(Input::PauseFactor { factor: 3.0 }).await;
    let session = bob.session.clone();
    drop(bob);
    let now = Accommodations {
        pause_factor: 3.0,
        ..expected
    };
    for asked in [None, Some(session.as_str())] {
        assert_eq!(agreed(&link, asked).await, Ok(Some(now.clone())));
    }
    // Nobody else's business, and nothing is known of who brings the job.
    let (other, _) = desk.invite();
    let (code, _) = agreed(&other, Some(&session)).await.unwrap_err();
    assert_eq!(code, ErrorCode::Denied);
    let kiosk = desk.link(&desk.token(Role::Candidate));
    assert_eq!(agreed(&kiosk, None).await, Ok(None));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_refused_whose_voice_is_a_program() {
    let desk = Desk::open().await;
    let rita = desk.token(Role::Recruiter);
    let mut wanted = setup();
    wanted.settings.voice = Some("command:touch /tmp/x".into());
    let body = json!({"setup": wanted, "days": 7});
    let (status, told) = desk
        .ask("POST", "/v1/invitations", Some(&rita), Some(body))
        .await;
    assert_eq!(status, 400);
    assert!(
        told["message"].as_str().unwrap().contains("voice"),
        "{told}"
    );
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invitations_are_made_listed_and_taken_back_over_http() {
    let desk = Desk::open().await;
    let rita = desk.token(Role::Recruiter);
    let body = json!({"setup": setup(), "days": 7});
    let (status, made) = desk
        .ask("POST", "/v1/invitations", Some(&rita), Some(body))
        .await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["state"], "open");
    let link = made["link"].as_str().unwrap();
    assert!(
        link.starts_with(&format!("ws://{}/v1/interview#", desk.address)),
        "{link}"
    );
    let id = made["id"].as_str().unwrap();
    let path = format!("/v1/invitations/{id}");
    let (status, gone) = desk.ask("DELETE", &path, Some(&rita), None).await;
    assert_eq!((status, &gone["state"]), (200, &json!("revoked")));
    let (code, message) = refused(Candidate::come(link).await);
    assert_eq!(code, ErrorCode::Denied);
    assert_eq!(message, format!("Token {id} was revoked"));
    let (_, all) = desk.ask("GET", "/v1/invitations", Some(&rita), None).await;
    assert_eq!(all[0]["by"], "recruiter");
    for (days, text) in [(0, "found 0"), (1000, "found 1000")] {
        let body = json!({"setup": setup(), "days": days});
        let (status, told) = desk
            .ask("POST", "/v1/invitations", Some(&rita), Some(body))
            .await;
        assert_eq!(status, 400);
        assert!(told["message"].as_str().unwrap().contains(text), "{told}");
    }
    // A job that is none is found out now, and not by the candidate.
    let body = json!({"setup": SetupRequest::default(), "days": 7});
    let (status, _) = desk
        .ask("POST", "/v1/invitations", Some(&rita), Some(body))
        .await;
    assert_eq!(status, 400);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_no_good_token_is_refused_by_name() {
    let desk = Desk::open().await;
    let now = unix_millis();
    let expired = desk
        .accounts
        .add_token("old", Role::Candidate, now - 1, now - DAY);
    let (good, _) = desk.invite();
    for (link, text) in [
        (desk.link(&expired.unwrap().1), "has expired"),
        (desk.link("rubbish"), "no signature"),
        (changed(&good), "signature"),
        (
            desk.link(&desk.token(Role::Recruiter)),
            "may not take an interview",
        ),
        (desk.link(""), "Expected a token"),
    ] {
        let (code, message) = refused(Candidate::come(&link).await);
        assert_eq!(code, ErrorCode::Denied, "{message}");
        assert!(message.contains(text), "{message}: expected {text}");
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_for_candidates_brings_its_own_job_and_takes_up_its_own_sessions() {
    let desk = Desk::open().await;
    let kiosk = desk.link(&desk.token(Role::Candidate));
    let mut ann = Candidate::greet(&kiosk, hello(setup(), None))
        .await
        .unwrap();
    ann.consent().await;
    let session = ann.session.clone();
    drop(ann);
    let other = desk.link(&desk.token(Role::Candidate));
    let (code, _) = refused(Candidate::resume(&other, &session).await);
    assert_eq!(code, ErrorCode::Denied);
    Candidate::resume(&kiosk, &session).await.unwrap();
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_of_ones_own_lets_in_who_has_its_secret_and_no_other_program() {
    let home = tempfile::tempdir().unwrap();
    let secret = Secret::new().unwrap();
    let stop = CancellationToken::new();
    let engine = Engine {
        data_dir: home.path().to_owned(),
        sessions_dir: None,
        clock: None,
        local: true,
        admission: Admission::Secret(secret.clone()),
        similarity: None,
        stop: stop.clone(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}{INTERVIEW_PATH}", listener.local_addr().unwrap());
    let serving = tokio::spawn(serve(listener, engine));
    for link in [url.clone(), format!("{url}#guess")] {
        let come = Candidate::greet(&link, hello(setup(), None)).await;
        assert_eq!(refused(come).0, ErrorCode::Denied);
    }
    let link = format!("{url}#{}", secret.expose());
    let mut bob = Candidate::greet(&link, hello(setup(), None)).await.unwrap();
    bob.consent().await;
    stop.cancel();
    serving.await.unwrap().unwrap();
}
