//! What is taken back while it is being used.

use crate::desk::*;
use serde_json::{Value, json};
use viva::accounts::Role;
use viva::clock::unix_millis;
use viva::event::*;
use viva::protocol::{ErrorCode, ServerMessage};
use viva::record::{Trust, verify};

const PASSWORD: &str = "a long enough one";

async fn candidate(desk: &Desk) -> (Candidate, String) {
    let (link, id) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    bob.consent().await;
    (bob, id)
}

/// Signs in; the cookie and the secret of its pages.
async fn sign_in(desk: &Desk, name: &str) -> (String, String) {
    let body = json!({"name": name, "password": PASSWORD});
    let asked = desk.ask_with("POST", "/v1/sign-in", vec![], Some(body));
    let (status, headers, _) = asked.await;
    assert_eq!(status, 204);
    let cookie = headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let with = vec![("cookie".to_owned(), cookie.clone())];
    let (_, _, me) = desk.ask_with("GET", "/v1/me", with, None).await;
    let me: Value = serde_json::from_str(&me).unwrap();
    (cookie, me["csrf"].as_str().unwrap().to_owned())
}

/// Follows a call as a page does.
async fn follow_by_cookie(desk: &Desk, session: &str, cookie: &str) -> Follower {
    let origin = format!("http://{}", desk.address);
    let headers = [("cookie", cookie), ("origin", origin.as_str())];
    let opened = Follower::open(desk.address, session, "", &headers).await;
    let mut follower = opened.unwrap();
    follower.find("hello").await;
    follower
}

/// The follower is told why, and nothing after it.
async fn ousted(mut follower: Follower, code: &str) {
    assert_eq!(follower.find("refused").await["error"], code);
    assert_eq!(follower.next().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_taken_back_closes_its_sockets_and_no_others() {
    let desk = Desk::open().await;
    let (mut bob, _) = candidate(&desk).await;
    let carl = desk.token(Role::Compliance);
    let now = unix_millis();
    let made = desk
        .accounts
        .add_token("rita", Role::Recruiter, now + DAY, now);
    let (issued, rita) = made.unwrap();
    let mut first = desk.follow(&bob.session, &rita).await.unwrap();
    let mut second = desk.follow(&bob.session, &rita).await.unwrap();
    let mut carl = desk.follow(&bob.session, &carl).await.unwrap();
    for follower in [&mut first, &mut second, &mut carl] {
        follower.find("hello").await;
    }
    let admin = desk.token(Role::Administrator);
    let path = format!("/v1/tokens/{}", issued.id);
    let (status, _) = desk.ask("DELETE", &path, Some(&admin), None).await;
    assert_eq!(status, 200);
    ousted(first, "token_revoked").await;
    ousted(second, "token_revoked").await;
    let (status, told) = refusal(desk.follow(&bob.session, &rita).await.err().unwrap());
    assert_eq!((status, &told["error"]), (401, &json!("token_revoked")));
    // The call and the others go on.
    bob.type_in(1, "I am still here.").await;
    carl.record(|e| e["input"]["text"] == "I am still here.")
        .await;
    let figure = "viva_refusals_total{kind=\"token_revoked\"}";
    assert_eq!(desk.figure(figure).await, 3);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_ends_in_any_way_closes_its_sockets() {
    let desk = Desk::open().await;
    let (bob, _) = candidate(&desk).await;
    let admin = desk.token(Role::Administrator);
    for name in ["out", "own", "set", "gone"] {
        let roles = vec![Role::Recruiter];
        let now = unix_millis();
        desk.accounts.add_user(name, roles, PASSWORD, now).unwrap();
        let (cookie, csrf) = sign_in(&desk, name).await;
        let follower = follow_by_cookie(&desk, &bob.session, &cookie).await;
        let (other, _) = sign_in(&desk, name).await;
        let mut other = follow_by_cookie(&desk, &bob.session, &other).await;
        let own = |path: &'static str, body: Value| {
            let headers = vec![
                ("cookie".to_owned(), cookie.clone()),
                ("x-csrf-token".to_owned(), csrf.clone()),
            ];
            desk.ask_with("POST", path, headers, Some(body))
        };
        let new = "another good one";
        let status = match name {
            "out" => own("/v1/sign-out", json!({})).await.0,
            "own" => {
                let body = json!({"old": PASSWORD, "new": new});
                own("/v1/me/password", body).await.0
            }
            "set" => {
                let body = json!({"password": new});
                desk.ask("POST", "/v1/users/set/password", Some(&admin), Some(body))
                    .await
                    .0
            }
            _ => {
                desk.ask("DELETE", "/v1/users/gone", Some(&admin), None)
                    .await
                    .0
            }
        };
        assert_eq!(status, 204, "{name}");
        ousted(follower, "signed_out").await;
        if name == "out" {
            // The same person, signed in elsewhere, stays.
            other.steer(1, Steer::Resume).await;
            other.find("refused").await;
        } else {
            ousted(other, "signed_out").await;
        }
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_that_is_taken_back_ends_its_call_and_the_record_is_kept() {
    let desk = Desk::open().await;
    let (mut bob, id) = candidate(&desk).await;
    let (mut ann, _) = candidate(&desk).await;
    bob.type_in(1, "I am Bob and I have built services in Python.")
        .await;
    let rita = desk.token(Role::Recruiter);
    let mut follower = desk.follow(&bob.session, &rita).await.unwrap();
    follower.find("hello").await;
    let path = format!("/v1/invitations/{id}");
    let (status, _) = desk.ask("DELETE", &path, Some(&rita), None).await;
    assert_eq!(status, 200);
    let told = bob.wait(|m| match m {
        ServerMessage::Error {
            code,
            message,
            fatal: true,
        } => Some((*code, message.clone())),
        _ => None,
    });
    let (code, message) = told.await;
    assert_eq!(code, ErrorCode::Denied);
    assert!(message.contains("taken back"), "{message}");
    follower.find("over").await;
    let record = desk.record(&bob.session);
    assert_eq!(verify(&record, &Trust::Any), []);
    let events: Vec<_> = log(&record).into_iter().map(|r| r.event).collect();
    let by = "recruiter".to_owned();
    let act = Steer::End;
    let input = Input::Steer { by, act };
    assert!(events.contains(&Event::Input { input }));
    let reason = EndReason::RecruiterEnded;
    let output = Output::Ended { reason };
    assert!(events.contains(&Event::Output { output }));
    // Somebody else's call goes on.
    ann.type_in(1, "I am still here.").await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_takes_back_is_noticed_too() {
    let desk = Desk::open().await;
    let (mut bob, id) = candidate(&desk).await;
    let now = unix_millis();
    let made = desk
        .accounts
        .add_token("rita", Role::Recruiter, now + DAY, now);
    let (issued, rita) = made.unwrap();
    let mut follower = desk.follow(&bob.session, &rita).await.unwrap();
    follower.find("hello").await;
    // As the command line does it: only the files change.
    desk.accounts.revoke_token(&issued.id, now).unwrap();
    ousted(follower, "token_revoked").await;
    desk.accounts.revoke_invitation(&id, now).unwrap();
    let code = bob.wait(|m| match m {
        ServerMessage::Error {
            code, fatal: true, ..
        } => Some(*code),
        _ => None,
    });
    assert_eq!(code.await, ErrorCode::Denied);
    desk.stop().await;
}
