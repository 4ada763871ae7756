//! Those who follow a call, and those who steer it.

use crate::desk::*;
use serde_json::{Value, json};
use viva::accounts::Role;
use viva::event::*;
use viva::protocol::{AudioFrame, ClientMessage};
use viva::server::FollowerMessage;

async fn candidate(desk: &Desk) -> Candidate {
    let (link, _) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    bob.consent().await;
    bob
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_gets_what_was_and_what_is_and_the_candidate_is_told() {
    let desk = Desk::open().await;
    let mut bob = candidate(&desk).await;
    let rita = desk.token(Role::Recruiter);
    let (status, all) = desk.ask("GET", "/v1/live", Some(&rita), None).await;
    assert_eq!((status, &all[0]["session"]), (200, &json!(bob.session)));
    assert_eq!(
        (&all[0]["consent"], &all[0]["connected"]),
        (&json!(true), &json!(true))
    );

    let mut rita = desk.follow(&bob.session, &rita).await.unwrap();
    let told = rita.find("hello").await;
    assert_eq!(told["standing"]["candidate"], "Bob Wilson");
    assert_eq!(told["may_steer"], true);
    assert_eq!(bob.listening().await, ["recruiter"]);
    // What was: from the first line of the log, without a hole.
    for seq in 1.. {
        let record = rita.find("record").await;
        assert_eq!(record["seq"], seq);
        if record["event"]["type"] == "watcher" {
            assert_eq!(record["event"]["by"], "recruiter");
            break;
        }
    }
    // What is: passing words that no log keeps.
    let text = "I have built".to_owned();
    bob.link
        .send(&ClientMessage::Partial { text })
        .await
        .unwrap();
    let partial = rita.find("partial").await;
    assert_eq!(partial["text"], "I have built");
    assert!(partial["unix_ms"].is_i64());
    let (near_db, far_db) = (-20.0, -60.0);
    bob.link
        .send(&ClientMessage::Level { near_db, far_db })
        .await
        .unwrap();
    assert_eq!(rita.find("level").await["near_db"], -20.0);
    bob.type_in(1, "I am Bob and I have built services in Python.")
        .await;
    let said = |e: &Value| e["input"]["kind"] == "utterance";
    rita.record(said).await;
    // What was said is for those who follow: a list shows nothing of it.
    let carl = desk.token(Role::Compliance);
    let (_, all) = desk.ask("GET", "/v1/live", Some(&carl), None).await;
    assert_ne!(all[0]["last_line"], "");
    assert!(!all.to_string().contains("services in Python"), "{all}");
    let progress = rita.find("progress").await;
    assert_eq!(progress["of"], 2);
    // Sound: the side that is asked for, and no other.
    let tracks = vec![Track::Near];
    rita.send(&FollowerMessage::Listen { tracks }).await;
    rita.send(&FollowerMessage::Steer {
        id: 1,
        act: Steer::Resume,
    })
    .await;
    rita.find("refused").await;
    bob.sound(1600).await;
    let heard = loop {
        if let Err(bytes) = rita.next().await.unwrap() {
            break AudioFrame::decode(&bytes).unwrap();
        }
    };
    assert_eq!((heard.track, heard.pcm.len()), (Track::Near, 1600));
    // Those who follow see each other.
    let carl = desk.token(Role::Compliance);
    let carl = desk.follow(&bob.session, &carl).await.unwrap();
    let told = rita.find("watchers").await;
    let names: Vec<_> = told["watchers"].as_array().unwrap().iter().collect();
    assert_eq!(
        (names.len(), &names[1]["by"], &names[1]["role"]),
        (2, &json!("compliance"), &json!("compliance"))
    );
    assert_eq!(bob.listening().await, ["recruiter", "compliance"]);
    carl.close().await;
    assert_eq!(bob.listening().await, ["recruiter"]);
    rita.close().await;
    assert_eq!(bob.listening().await, [""; 0]);
    let logged = log(&desk.record(&bob.session));
    let watchers: Vec<_> = logged
        .iter()
        .filter_map(|r| match &r.event {
            Event::Watcher { by, present, .. } => Some((by.as_str(), *present)),
            _ => None,
        })
        .collect();
    assert_eq!(
        watchers,
        [
            ("recruiter", true),
            ("compliance", true),
            ("compliance", false),
            ("recruiter", false)
        ]
    );
    let text = serde_json::to_string(&logged).unwrap();
    assert!(
        !text.contains("I have built\""),
        "a partial text is on the log"
    );
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recruiter_steers_and_every_act_stands_on_the_log_with_a_name() {
    let desk = Desk::open().await;
    let mut bob = candidate(&desk).await;
    let token = desk.token(Role::Recruiter);
    let mut rita = desk.follow(&bob.session, &token).await.unwrap();
    bob.listening().await;
    let text = "Hello Bob, this is Rita.".to_owned();
    rita.steer(1, Steer::Say { text: text.clone() }).await;
    assert_eq!(rita.find("done").await["id"], 1);
    let line = bob.line().await;
    assert_eq!(
        (line.text.as_str(), &line.purpose),
        (
            text.as_str(),
            &Purpose::Human {
                by: "recruiter".into()
            },
        )
    );
    bob.hear(line).await;
    rita.steer(2, Steer::AskNext).await;
    let refused = rita.find("refused").await;
    assert_eq!(
        (&refused["id"], &refused["error"]),
        (&json!(2), &json!("steer"))
    );
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("recruiter has taken over"), "{message}");
    // Who has the word and goes away hands it back.
    rita.close().await;
    let line = bob.line().await;
    assert_eq!(line.purpose, Purpose::Repeat);
    let acts: Vec<_> = log(&desk.record(&bob.session))
        .into_iter()
        .filter_map(|r| match r.event {
            Event::Input {
                input: Input::Steer { by, act },
            } => Some((by, act)),
            _ => None,
        })
        .collect();
    let by = "recruiter".to_owned();
    assert_eq!(
        acts,
        [(by.clone(), Steer::Say { text }), (by, Steer::HandBack)]
    );
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_of_a_follower_is_let_through_by_role() {
    let desk = Desk::open().await;
    let bob = candidate(&desk).await;
    let note = |text: &str| {
        let note = json!({"text": text, "at_ms": 5, "bookmark": false});
        serde_json::from_value(note).unwrap()
    };
    let messages = [
        FollowerMessage::Steer {
            id: 1,
            act: Steer::Pause,
        },
        FollowerMessage::Note {
            id: 2,
            note: note("good point"),
        },
    ];
    for (role, expected) in [
        (Role::Recruiter, Some(["done", "done"])),
        (Role::Compliance, Some(["refused", "done"])),
        (Role::Candidate, None),
        (Role::Administrator, None),
        (Role::Operator, None),
    ] {
        let follower = desk.follow(&bob.session, &desk.token(role)).await;
        let Some(expected) = expected else {
            let (status, told) = refusal(follower.err().unwrap());
            assert_eq!(
                (status, &told["error"]),
                (403, &json!("forbidden")),
                "{role}"
            );
            continue;
        };
        let mut follower = follower.unwrap();
        for (message, expected) in messages.iter().zip(expected) {
            follower.send(message).await;
            let told = loop {
                let Ok(told) = follower.next().await.unwrap() else {
                    continue;
                };
                if ["done", "refused"].contains(&told["type"].as_str().unwrap()) {
                    break told;
                }
            };
            assert_eq!(told["type"], expected, "{role} {message:?}: {told}");
            if expected == "refused" {
                assert_eq!(told["error"], "forbidden");
            }
        }
    }
    let path = format!("/v1/sessions/{}/notes", bob.session);
    let token = desk.token(Role::Compliance);
    let (_, notes) = desk.ask("GET", &path, Some(&token), None).await;
    assert_eq!(notes.as_array().unwrap().len(), 2);
    assert_eq!(
        notes[0]["body"],
        json!({"at_ms": 5, "mark": "note", "text": "good point"})
    );
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_who_does_not_read_misses_sound_and_holds_nobody_up() {
    let desk = Desk::open().await;
    let mut bob = candidate(&desk).await;
    let token = desk.token(Role::Recruiter);
    let mut slow = Follower::with_small_buffer(desk.address, &bob.session, &token).await;
    bob.listening().await;
    let tracks = vec![Track::Near, Track::Far];
    slow.send(&FollowerMessage::Listen { tracks }).await;
    // Answered in order: it listens now.
    slow.steer(1, Steer::Resume).await;
    slow.find("refused").await;
    // 26 MB in frames of a second: more than sockets and rings hold.
    for _ in 0..400 {
        bob.sound(16_000).await;
    }
    bob.type_in(1, "I am still here.").await;
    // What is said comes all the same, and before the sound.
    slow.record(|e| e["input"]["text"] == "I am still here.")
        .await;
    let missed = slow.find("missed_sound").await;
    assert!(missed["frames"].as_u64().unwrap() > 0);
    assert!(desk.figure("viva_fanout_missed_total").await > 0);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_stays_while_the_candidate_is_away_and_is_told_the_end() {
    let desk = Desk::open().await;
    let (link, _) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    bob.consent().await;
    let mut carl = desk
        .follow(&bob.session, &desk.token(Role::Compliance))
        .await
        .unwrap();
    bob.listening().await;
    let session = bob.session.clone();
    drop(bob);
    loop {
        if carl.find("connection").await["up"] == false {
            break;
        }
    }
    let mut bob = Candidate::resume(&link, &session).await.unwrap();
    assert_eq!(carl.find("connection").await["up"], true);
    assert_eq!(bob.listening().await, ["compliance"]);
    bob.tell(Input::Request {
        request: Request::End,
    })
    .await;
    let (seq, samples) = (bob.seq + 1, 0);
    bob.link
        .send(&ClientMessage::Bye { seq, samples })
        .await
        .unwrap();
    carl.find("over").await;
    assert_eq!(carl.next().await, None);
    let refused = desk.follow(&session, &desk.token(Role::Compliance)).await;
    assert_eq!(refusal(refused.err().unwrap()).0, 404);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_said_stands_in_the_documents_as_such_and_can_be_derived_again() {
    let desk = Desk::open().await;
    let mut bob = candidate(&desk).await;
    let token = desk.token(Role::Recruiter);
    let mut rita = desk.follow(&bob.session, &token).await.unwrap();
    bob.listening().await;
    let text = "Why do you want to work with us?".to_owned();
    rita.steer(1, Steer::Ask { text }).await;
    let line = bob.line().await;
    bob.hear(line).await;
    bob.type_in(1, "Because I like what you build.").await;
    rita.steer(2, Steer::End).await;
    let line = bob.line().await;
    bob.hear(line).await;
    let (seq, samples) = (bob.seq + 1, 0);
    let bye = ClientMessage::Bye { seq, samples };
    bob.link.send(&bye).await.unwrap();
    rita.find("over").await;
    let record = desk.record(&bob.session);
    let text = std::fs::read_to_string(record.join("documents/transcript.txt")).unwrap();
    let said = "[recruiter, a person] Why do you want to work with us?";
    assert!(text.contains(said), "{text}");
    assert!(text.contains("A recruiter ended the interview."), "{text}");
    let derived = viva::replay::rederive(&record, &viva::interview::score::Lexical).unwrap();
    assert!(derived.follows(), "{derived:?}");
    let report: Value =
        serde_json::from_slice(&std::fs::read(record.join("documents/transcript.json")).unwrap())
            .unwrap();
    let items = report["questions"].as_array().unwrap();
    let own = items.iter().find(|q| q["id"] == "own-1").unwrap();
    assert_eq!(own["score"]["score"], Value::Null);
    desk.stop().await;
}
