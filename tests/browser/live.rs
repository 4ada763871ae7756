//! A call followed, heard and steered in the browser, while a candidate
//! answers in this process.

use crate::desk::*;
use crate::driver::*;
use serde_json::json;
use std::time::Duration;
use viva::accounts::Role;
use viva::event::*;
use viva::protocol::{ClientMessage, ServerMessage};

const ANSWER: &str = "I am Bob and I have built services in Python with PostgreSQL.";

async fn candidate(desk: &Desk) -> Candidate {
    let (link, _) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    bob.consent().await;
    bob
}

/// Speaks at its own pace, so that a player can keep up, until so many
/// samples were played in the page and it said how late they are.
async fn speak_until_played(bob: &mut Candidate, page: &Browser, samples: u64) {
    let mut told = false;
    let mut heard = json!(null);
    for _ in 0..500 {
        bob.sound(1_600).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        heard = page
            .js(
                "const {dataset, textContent} = document.getElementById('delay'); \
                 return [Number(dataset.played ?? 0), Number(dataset.frames ?? 0), textContent]",
            )
            .await;
        let text = heard[2].as_str().unwrap();
        told |= text.contains("after it reached the engine");
        let played = heard[0].as_f64().unwrap();
        let frames = heard[1].as_f64().unwrap();
        if told && played >= samples as f64 && frames * 1_600.0 >= played {
            return;
        }
    }
    panic!("{samples} samples were not played: {heard}");
}

/// The next line of this purpose: who is long silent is asked in between.
async fn line_for(bob: &mut Candidate, fits: impl Fn(&Purpose) -> bool) -> Line {
    loop {
        let line = bob.line().await;
        if fits(&line.purpose) {
            return line;
        }
    }
}

/// The next line that a person says.
async fn humans_line(bob: &mut Candidate) -> Line {
    line_for(bob, |purpose| matches!(purpose, Purpose::Human { .. })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_followed_heard_steered_taken_over_and_ended() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let mut bob = candidate(&desk).await;
    let rita = Browser::signed_in(&desk, Role::Recruiter).await;
    rita.go("/sessions").await;
    rita.says("#live .row-live", "Bob Wilson").await;
    rita.click("#live .row-live a").await;
    let here = format!("/live/{}", bob.session);
    rita.arrive(&here).await;

    // The candidate is told that somebody listens, and what was is there.
    assert_eq!(bob.listening().await, ["recruiter"]);
    rita.says("#link", "Connected").await;
    rita.says("#candidate", "Bob Wilson").await;
    rita.says("#state", "Recording").await;
    rita.says("#watchers", "recruiter (you)").await;
    rita.says("#lines .line.far", "recorded").await;
    rita.says("#lines .happening", "Consent was given (key)")
        .await;

    // Words that may still change, and the line that they become.
    let text = "I am Bob and".to_owned();
    bob.link
        .send(&ClientMessage::Partial { text })
        .await
        .unwrap();
    rita.says("#partial", "I am Bob and").await;
    let (near_db, far_db) = (-21.0, -60.0);
    bob.link
        .send(&ClientMessage::Level { near_db, far_db })
        .await
        .unwrap();
    rita.holds("document.getElementById('level-near').value === -21")
        .await;
    bob.type_in(1, ANSWER).await;
    rita.says("#lines .line.near", ANSWER).await;
    rita.holds("document.getElementById('partial').hidden")
        .await;
    rita.holds("document.querySelector('#lines .line.far:not(.speaking)')")
        .await;
    rita.says("#question", " of 2").await;

    // Sound arrives and is played.
    rita.click("#hear-near").await;
    rita.click("#hear-far").await;
    rita.holds("document.getElementById('delay').textContent.startsWith('Listening')")
        .await;
    speak_until_played(&mut bob, &rita, 8_000).await;
    speak_until_played(&mut bob, &rita, 24_000).await;
    rita.pictures("live").await;

    // What has no place now says why, and nothing is sent.
    rita.click("[data-do=resume]").await;
    rita.says("#answer", "The interview is not paused.").await;
    rita.click("[data-do=ask]").await;
    rita.says("#answer", "Write your words first.").await;

    // A question of one's own.
    let own = "Why do you want to work with us?";
    rita.fill("#own", own).await;
    rita.click("[data-do=ask]").await;
    let line = humans_line(&mut bob).await;
    assert_eq!(line.text, own);
    bob.hear(line).await;
    rita.says("#answer", "Your question is asked.").await;
    rita.says("#lines .line.person", own).await;
    rita.says("#lines .line.person .by", "recruiter, a person")
        .await;
    bob.type_in(2, "Because I like what you build.").await;

    // Taken over by text, with others kept out, and handed back.
    rita.fill("#own", "Hello Bob, this is Rita.").await;
    rita.click("[data-do=say]").await;
    let line = humans_line(&mut bob).await;
    assert_eq!(line.text, "Hello Bob, this is Rita.");
    bob.hear(line).await;
    rita.says("#taken", "You have the word").await;
    // A question of one's own is none of the plan.
    rita.says("#question", "2 of 2").await;
    rita.says("#state", "recruiter has the word").await;
    rita.holds(
        "document.querySelector('[data-do=ask_next]').getAttribute('aria-disabled') === 'true'",
    )
    .await;
    rita.pictures("live-taken").await;
    rita.click("[data-do=hand_back]").await;
    let line = bob.line().await;
    assert!(!matches!(line.purpose, Purpose::Human { .. }), "{line:?}");
    bob.hear(line).await;
    rita.holds("document.getElementById('taken').hidden").await;

    // Keys: what there is, and that they act.
    rita.js("document.activeElement.blur()").await;
    rita.press("?").await;
    rita.says("#keys", "Bookmark this moment").await;
    rita.picture("live-keys").await;
    rita.click("#keys button").await;

    // Notes at a moment, by form and by key.
    rita.fill("#note", "Knows the product").await;
    rita.click("#note-form button").await;
    rita.says("#notes", "recruiter: Knows the product").await;
    rita.js("document.activeElement.blur()").await;
    rita.press("b").await;
    rita.says("#notes", "bookmark").await;

    // Ended, after it was asked whether that is meant.
    rita.click("[data-do=end]").await;
    rita.find("dialog.confirm").await;
    rita.picture("live-end").await;
    rita.click("dialog.confirm [value=no]").await;
    rita.holds("!document.querySelector('dialog.confirm')")
        .await;
    rita.click("[data-do=end]").await;
    rita.click("dialog.confirm [value=yes]").await;
    let line = line_for(&mut bob, |purpose| *purpose == Purpose::Farewell).await;
    bob.hear(line).await;
    let (seq, samples) = (bob.seq + 1, 0);
    let bye = ClientMessage::Bye { seq, samples };
    bob.link.send(&bye).await.unwrap();
    rita.says("#notice", "The interview is over.").await;
    rita.says("#notice a", "Open its record").await;
    rita.says("#state", "recruiter ended").await;
    let session = bob.session.clone();
    rita.go("/sessions").await;
    rita.says("#past tr", "recruiter ended").await;
    rita.close().await;

    // Every act stands on the log, with who did it.
    let acts: Vec<_> = log(&desk.record(&session))
        .into_iter()
        .filter_map(|r| match r.event {
            Event::Input {
                input: Input::Steer { by, act },
            } => Some((by, act)),
            _ => None,
        })
        .collect();
    let by = || "recruiter".to_owned();
    let text = "Hello Bob, this is Rita.".to_owned();
    assert_eq!(
        acts,
        [
            (by(), Steer::Ask { text: own.into() }),
            (by(), Steer::Say { text }),
            (by(), Steer::HandBack),
            (by(), Steer::End),
        ]
    );
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_follow_at_once_each_by_role_and_none_sees_another_call() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let mut bob = candidate(&desk).await;
    let mut other = candidate(&desk).await;
    let secret = "Only the other call has this sentence.";
    other.type_in(1, secret).await;
    let here = format!("/live/{}", bob.session);
    let mut carl = Browser::signed_in(&desk, Role::Compliance).await;
    carl.go(&here).await;
    carl.says("#link", "Connected").await;
    // Somebody else follows, too: each sees the other's name.
    let mut rita = desk
        .follow(&bob.session, &desk.token(Role::Recruiter))
        .await
        .unwrap();
    rita.find("hello").await;
    carl.says("#watchers", "compliance (you)").await;
    carl.says("#watchers", "recruiter").await;
    // Compliance watches; the buttons say why they do nothing.
    carl.click("[data-do=pause]").await;
    carl.says("#answer", "Your role (compliance) may not steer calls.")
        .await;
    rita.steer(1, Steer::Pause).await;
    carl.says("#state", "Paused").await;
    carl.says("#lines .happening", "recruiter paused the interview")
        .await;
    rita.close().await;
    carl.holds("!document.getElementById('watchers').textContent.includes('recruiter')")
        .await;
    let text = carl.text("#lines").await;
    assert!(!text.contains(secret), "{text}");
    // The candidate goes and comes back; the page says so, and stays.
    bob.wait(|m| match m {
        ServerMessage::Listening { roles } if roles == &["compliance"] => Some(()),
        _ => None,
    })
    .await;
    drop(bob);
    carl.says("#state", "Candidate is away").await;
    carl.says("#connection", "Lost").await;
    // A call that there is not.
    carl.go("/live/01J9ZQ4H5T8W3X2Y1V0N7M6K5B").await;
    carl.says("#notice", "This interview is not live").await;
    carl.expect("WebSocket connection");
    carl.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_whose_connection_breaks_connects_again_without_a_hole() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let mut bob = candidate(&desk).await;
    let rita = Browser::signed_in(&desk, Role::Recruiter).await;
    // Sockets that the test can break, and deafen.
    rita.go("/sessions").await;
    rita.on_new_pages(
        "window.sockets = []; window.unheard = []; window.deaf = false; const Socket = WebSocket; \
         window.WebSocket = class extends Socket { \
           constructor(...a) { super(...a); sockets.push(this); } \
           addEventListener(type, act, how) { \
             super.addEventListener(type, (e) => { \
               if (type === 'message' && deaf) unheard.push(String(e.data)); else act(e); }, how); } }; \
         window.slow = false; const ask = window.fetch; \
         window.fetch = async (path, ...how) => { const answer = await ask(path, ...how); \
           if (slow && path.endsWith('/events')) await new Promise((go) => { window.goOn = go; }); \
           return answer; };",
    )
    .await;
    rita.go(&format!("/live/{}", bob.session)).await;
    rita.says("#link", "Connected").await;
    // The notice may be gone again before anybody looks.
    rita.js(
        "window.notices = []; const notice = document.getElementById('notice'); \
         new MutationObserver(() => notices.push(notice.textContent)) \
           .observe(notice, {childList: true}); \
         sockets.at(-1).close()",
    )
    .await;
    rita.holds("notices.some((text) => text.includes('connection to the engine is lost'))")
        .await;
    // Said while nobody was connected, perhaps.
    bob.type_in(1, ANSWER).await;
    rita.says("#link", "Connected").await;
    rita.says("#lines .line.near", ANSWER).await;
    let seen = rita
        .js("return [...document.querySelectorAll('#lines .line.near')].length")
        .await;
    assert_eq!(seen, json!(1));
    // Too slow a page is told what it missed, and fetches the lines.
    rita.js("window.deaf = true").await;
    bob.type_in(2, "My part was the search.").await;
    rita.holds("window.unheard.some((text) => text.includes('My part was the search'))")
        .await;
    rita.js(
        "deaf = false; const data = JSON.stringify({type: 'missed', updates: unheard.length}); \
         sockets.at(-1).dispatchEvent(new MessageEvent('message', {data}));",
    )
    .await;
    rita.says("#notice", "updates were missed").await;
    rita.says("#lines .line.near", "My part was the search.")
        .await;
    // What is missed while lines are fetched is fetched, too.
    let missed = "sockets.at(-1).dispatchEvent(new MessageEvent('message', \
                  {data: JSON.stringify({type: 'missed', updates: 1})}))";
    rita.js(&format!("window.slow = true; {missed}")).await;
    rita.holds("window.goOn").await;
    rita.js("window.deaf = true").await;
    bob.type_in(3, "I measured every query.").await;
    rita.holds("window.unheard.some((text) => text.includes('I measured every query'))")
        .await;
    rita.js(&format!(
        "window.deaf = false; window.slow = false; {missed}; goOn()"
    ))
    .await;
    rita.says("#lines .line.near", "I measured every query.")
        .await;
    let urls = rita.js("return sockets.map((s) => s.url)").await;
    let last = urls.as_array().unwrap().last().unwrap().as_str().unwrap();
    assert!(!last.ends_with("after=0"), "{urls}");
    rita.close().await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gauges_and_flags_show_what_was_measured_and_what_failed() {
    if skipped() {
        return;
    }
    let desk = Desk::open().await;
    let mut bob = candidate(&desk).await;
    let rita = Browser::signed_in(&desk, Role::Recruiter).await;
    rita.go("/sessions").await;
    rita.on_new_pages(
        "window.contexts = 0; const Context = AudioContext; \
         window.AudioContext = class extends Context { \
           constructor(...a) { super(...a); contexts += 1; } }; \
         AudioWorklet.prototype.addModule = () => Promise.reject(new Error('there is no card'));",
    )
    .await;
    rita.go(&format!("/live/{}", bob.session)).await;
    rita.says("#link", "Connected").await;
    rita.says("#no-flags", "None").await;
    // Sound that cannot be played is not listened to, and why stays there.
    rita.js("document.getElementById('hear-near').click(); \
         document.getElementById('hear-far').click()")
        .await;
    rita.says("#delay", "This browser plays no sound: there is no card")
        .await;
    rita.holds("document.querySelectorAll('#sound [aria-pressed=false]').length === 2")
        .await;
    rita.holds("window.contexts === 1").await;
    let spoken = Utterance {
        id: 1,
        text: "I have built cervixes in Python.".into(),
        words: Vec::new(),
        start_ms: 1_000,
        end_ms: 3_000,
        confidence: 0.42,
        source: Source::Voice,
    };
    bob.tell(Input::Utterance(spoken)).await;
    rita.says("#confidence", "42 % (mean 42 %)").await;
    rita.says("#flags", "Perhaps misheard (42 %): I have built cervixes")
        .await;
    for event in [
        Event::Turn(TurnTimes {
            utterance: 1,
            speech_ended_ms: 3_000,
            endpoint_ms: 3_400,
            text_ms: 3_450,
            decoded_ms: None,
            reply_ms: Some(3_500),
            first_audio_ms: Some(3_610),
        }),
        Event::Problem {
            part: "microphone".into(),
            message: "The microphone was unplugged".into(),
        },
        Event::Gap {
            track: Track::Near,
            first_sample: 48_000,
            samples: 4_000,
            why: "unplugged".into(),
        },
    ] {
        bob.seq += 1;
        let seq = bob.seq;
        bob.link
            .send(&ClientMessage::Fact { seq, event })
            .await
            .unwrap();
    }
    rita.says("#reply", "610 ms (median 610)").await;
    rita.says("#flags", "The microphone was unplugged").await;
    rita.says("#flags", "Candidate: 250 ms of sound are missing")
        .await;
    rita.says("#lines .flag", "The microphone was unplugged")
        .await;
    // The rubric fills as questions are answered.
    bob.type_in(
        2,
        "Our shop's search was slow when I joined, and customers left. My own part was to \
         rewrite it: I built an index in PostgreSQL and measured every query. In the end the \
         time fell from two seconds to 200 ms. I learned to measure first.",
    )
    .await;
    rita.click("[data-do=ask_next]").await;
    rita.holds("document.querySelector('#coverage progress')?.value > 0")
        .await;
    rita.says("#coverage .tag.good", "\u{2713}").await;
    rita.says("#delay", "there is no card").await;
    rita.pictures("live-gauges").await;
    rita.size((1920, 1080)).await;
    rita.picture("live-wide").await;
    rita.close().await;
    desk.stop().await;
}
