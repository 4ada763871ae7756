//! Lists: sessions, invitations, accounts.

use crate::desk::*;
use crate::driver::*;
use serde_json::json;
use std::path::Path;
use viva::accounts::Role;
use viva::call::LinkError;
use viva::event::*;
use viva::protocol::ClientMessage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_listed_searched_and_keep_themselves_up_to_date() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let rita = Browser::signed_in(&desk, Role::Recruiter).await;
    rita.go("/sessions").await;
    rita.says("#no-live", "No interview is going on").await;
    rita.says("#no-past", "Invite a candidate").await;
    rita.picture("sessions-empty").await;
    // One comes while the page is open.
    let (link, _) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    rita.says("#live .row-live", "Bob Wilson").await;
    rita.says("#live .row-live", "Before consent").await;
    bob.consent().await;
    rita.says("#live .row-live", "introduction").await;
    bob.type_in(1, "I have built services in Python.").await;
    let mut again = desk
        .ask("GET", "/v1/live", Some(&desk.token(Role::Recruiter)), None)
        .await
        .1;
    let last = again[0]["last_line"].take();
    rita.says("#live .row-live", last.as_str().unwrap()).await;
    rita.pictures("sessions").await;
    bob.tell(Input::Request {
        request: Request::End,
    })
    .await;
    let (seq, samples) = (bob.seq + 1, 0);
    bob.link
        .send(&ClientMessage::Bye { seq, samples })
        .await
        .unwrap();
    rita.says("#past tr", "candidate ended").await;
    rita.says("#no-live", "No interview is going on").await;
    rita.fill("#q", "nobody of this name").await;
    rita.says("#no-past", "No session fits").await;
    rita.fill("#q", "wilson").await;
    rita.says("#past tr", "Bob Wilson").await;
    rita.holds("location.search === '?q=wilson'").await;
    let place = rita
        .js("return document.querySelector('#past a').getAttribute('href')")
        .await;
    assert_eq!(place, format!("/sessions/{}", bob.session));
    rita.pictures("sessions-past").await;
    rita.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_sessions_are_fetched_once_and_stay_when_newer_ones_come() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let rita = Browser::signed_in(&desk, Role::Recruiter).await;
    // Pages as the engine makes them, of more sessions than a test can hold.
    rita.on_new_pages(
        "window.asked = []; const ask = window.fetch; \
         const one = (n) => ({id: 'S' + String(n).padStart(4, '0'), candidate: 'Number ' + n, \
           position: 'Cook', began_unix_ms: n * 60000, duration_ms: 60000, state: 'complete', glance: null}); \
         window.all = Array.from({length: 130}, (_, i) => one(129 - i)); \
         window.come = (n) => all.unshift(one(n)); \
         window.fetch = async (path, ...how) => { \
           if (!path.startsWith('/v1/sessions?')) return ask(path, ...how); \
           const before = new URL(path, location).searchParams.get('before'); \
           asked.push(before); \
           const found = all.filter(({id}) => !before || id < before); \
           const next = found.length > 50 ? found[49].id : null; \
           return Response.json({sessions: found.slice(0, 50), next}); };",
    )
    .await;
    let rows = |n: usize| format!("document.querySelectorAll('#past tr').length === {n}");
    rita.go("/sessions").await;
    rita.holds(&rows(50)).await;
    rita.js("document.getElementById('more').click(); document.getElementById('more').click()")
        .await;
    rita.holds(&rows(100)).await;
    let look = "document.dispatchEvent(new Event('visibilitychange'))";
    rita.js(&format!("come(130); come(131); {look}")).await;
    rita.holds(&rows(102)).await;
    // What is erased from the newest is gone, and pushes nothing out.
    rita.js(&format!("all.splice(1, 1); {look}")).await;
    rita.holds(&rows(101)).await;
    rita.js("document.getElementById('more').click()").await;
    rita.holds(&rows(131)).await;
    let shown = rita
        .js(
            "return [...document.querySelectorAll('#past a')].map((a) => a.getAttribute('href')) \
             .join() === all.map(({id}) => '/sessions/' + id).join()",
        )
        .await;
    assert_eq!(shown, json!(true));
    let older = rita.js("return asked.filter((before) => before)").await;
    assert_eq!(older, json!(["S0080", "S0030"]));
    rita.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_candidate_is_invited_by_a_link_that_is_shown_once_and_can_be_taken_back() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let mut rita = Browser::signed_in(&desk, Role::Recruiter).await;
    // The file that is refused.
    rita.expect("/v1/documents/locked.pdf");
    rita.go("/invitations").await;
    rita.says("#none", "Nobody is invited").await;
    rita.fill("#candidate", "Bob Wilson").await;
    rita.click("#make").await;
    rita.says("#said", "job").await;
    // Files go in as they are, and are read by the engine.
    let files = Path::new(env!("CARGO_MANIFEST_DIR"));
    rita.upload("#job-file", &files.join("tests/fixtures/locked.pdf"))
        .await;
    rita.says("#said", "password").await;
    let job = files.join("config/jobs/python-backend-developer.toml");
    rita.upload("#job-file", &job).await;
    rita.holds("document.getElementById('job').value.includes('Python')")
        .await;
    rita.click("#more-resume summary").await;
    let resume = files.join("tests/fixtures/resume-two-columns.pdf");
    rita.upload("#resume-file", &resume).await;
    rita.holds("document.getElementById('resume').value.length > 200")
        .await;
    rita.picture("invitations-filled").await;
    rita.click("#make").await;
    rita.find("#link").await;
    let link = rita
        .js("return document.getElementById('link').value")
        .await;
    let link = link.as_str().unwrap().to_owned();
    rita.says("#list tr", "Bob Wilson").await;
    rita.says("#list tr", "open").await;
    rita.pictures("invitations").await;
    // Loaded again, the link is gone for good.
    rita.go("/invitations").await;
    rita.says("#list tr", "Bob Wilson").await;
    rita.holds("document.getElementById('made').hidden").await;
    let bob = Candidate::come(&link).await.unwrap();
    drop(bob);
    rita.says("#list tr", "begun").await;

    rita.fill("#candidate", "Eve Adams").await;
    rita.upload("#job-file", &job).await;
    rita.holds("document.getElementById('job').value.includes('Python')")
        .await;
    rita.click("#make").await;
    rita.find("#link").await;
    let link = rita
        .js("return document.getElementById('link').value")
        .await;
    rita.click("#list tr:first-child button").await;
    rita.click("dialog.confirm [value=yes]").await;
    rita.says("#list tr", "revoked").await;
    let refused = Candidate::come(link.as_str().unwrap()).await.unwrap_err();
    assert!(
        !matches!(refused, LinkError::Unreachable { .. }),
        "{refused}"
    );
    rita.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_and_tokens_are_made_and_taken_away() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let mut ada = Browser::signed_in(&desk, Role::Administrator).await;
    ada.go("/accounts").await;
    ada.says("#people tr", "administrator").await;
    ada.fill("#user", "carl").await;
    ada.fill("#password", "short").await;
    ada.click("#role-compliance").await;
    ada.click("#add").await;
    // The browser itself says that it is too short.
    ada.holds("document.getElementById('password').matches(':invalid')")
        .await;
    ada.fill("#password", PASSWORD).await;
    ada.click("#add").await;
    ada.says("#people tr", "carl").await;
    ada.fill("#label", "dashboard").await;
    ada.click("#issue").await;
    ada.find("#token").await;
    let token = ada
        .js("return document.getElementById('token').value")
        .await;
    let token = token.as_str().unwrap().to_owned();
    ada.says("#tokens tr", "dashboard").await;
    assert_eq!(desk.ask("GET", "/metrics", Some(&token), None).await.0, 200);
    ada.pictures("accounts").await;
    ada.click("#tokens button").await;
    ada.click("dialog.confirm [value=yes]").await;
    ada.says("#tokens tr", "revoked").await;
    assert_eq!(desk.ask("GET", "/metrics", Some(&token), None).await.0, 401);
    // Another password for somebody, and for oneself.
    ada.click("#people tr[data-key=carl] button.password").await;
    ada.fill("#ask-password", "another good password").await;
    ada.click("dialog.ask button.main").await;
    ada.holds("!document.querySelector('dialog.ask')").await;
    let sign_in = json!({"name": "carl", "password": "another good password"});
    let signed_in = desk.ask("POST", "/v1/sign-in", None, Some(sign_in)).await;
    assert_eq!(signed_in.0, 204);
    ada.click("#people tr[data-key=carl] button.remove").await;
    ada.click("dialog.confirm [value=yes]").await;
    ada.holds("!document.querySelector('#people tr[data-key=carl]')")
        .await;
    ada.click(".me").await;
    ada.fill("#ask-old", "a wrong one").await;
    ada.fill("#ask-new", "my own new password").await;
    ada.click("dialog.ask button.main").await;
    ada.says("dialog.ask .said", "wrong").await;
    ada.fill("#ask-old", PASSWORD).await;
    ada.click("dialog.ask button.main").await;
    ada.arrive("/sign-in?next=%2Faccounts").await;
    ada.expect("/v1/me/password");
    ada.close().await;
    desk.stop().await;
}
