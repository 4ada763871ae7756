//! What the player, the comparison and the study pages ask for.

use crate::desk::*;
use crate::recorded::{self, BEGAN};
use serde_json::{Value, json};
use viva::accounts::Role;
use viva::record::access::accesses;
use viva::record::{Annexes, Trust, correct, new_session_id, utterances};
use viva::server::Serving;

/// Seals a whole interview of somebody among the desk's sessions.
fn finished(desk: &Desk, name: &str, questions: u8) -> String {
    let mut setup = recorded::setup(|settings| settings.questions = questions);
    setup.resume.name = name.to_owned();
    let id = new_session_id(BEGAN).unwrap();
    recorded::whole_of(setup).seal(&desk.home.path().join("sessions"), &id);
    id
}

async fn get(desk: &Desk, path: &str, token: &str) -> (u16, Value) {
    desk.ask("GET", path, Some(token), None).await
}

/// What stands on the access log: who did what for which reason.
fn logged(desk: &Desk) -> Vec<(String, Option<String>, usize)> {
    let found = accesses(desk.home.path(), &Trust::Any).unwrap();
    assert_eq!(found.problems, []);
    let all = found.entries.into_iter();
    all.map(|e| (e.action, e.why, e.sessions.len())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_has_words_with_times_corrections_beside_them_and_what_happened() {
    let desk = Desk::open().await;
    let id = finished(&desk, "Bob Wilson", 3);
    let annexes = Annexes::open(desk.home.path(), &id).unwrap();
    let said = utterances(&desk.record(&id)).unwrap();
    let by = ("Bob", Some("misheard"));
    let utterance = said[1].id;
    correct(
        &annexes,
        &desk.record(&id),
        utterance,
        "Something else.",
        by,
        BEGAN,
    )
    .unwrap();
    let carl = desk.token(Role::Compliance);
    let (status, told) = get(&desk, &format!("/v1/sessions/{id}/review"), &carl).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["scores_sealed"], true);
    let turns = told["turns"].as_array().unwrap();
    let turn = turns
        .iter()
        .find(|turn| turn["corrected"].is_object())
        .unwrap();
    assert_eq!(turn["corrected"]["text"], "Something else.");
    assert_eq!(turn["text"], said[1].text);
    let word = &turn["words"][0];
    assert_eq!(word["start_ms"], said[1].words[0].start_ms);
    let gaps = told["gaps"].as_array().unwrap();
    let gap = gaps.iter().find(|gap| gap["start_ms"] == 60_000).unwrap();
    assert_eq!(
        (&gap["end_ms"], &gap["track"]),
        (&json!(60_300), &json!("candidate"))
    );
    let happened = told["timeline"].as_array().unwrap();
    for what in ["consent", "question", "problem", "end"] {
        assert!(happened.iter().any(|h| h["what"] == what), "{what}");
    }
    // Each where it is in the recording, not where the session's clock was.
    let place = |what: &str| happened.iter().find(|h| h["what"] == what).unwrap()["at_ms"].as_u64();
    let asked = turns.iter().find(|t| t["purpose"] == "question").unwrap();
    let off = place("question")
        .unwrap()
        .abs_diff(asked["start_ms"].as_u64().unwrap());
    assert!(off < 1_000, "{off} ms");
    let evidence = told["questions"][0]["evidence"].as_array().unwrap();
    assert!(evidence[0]["start_ms"].is_u64(), "{evidence:?}");
    assert_eq!(told["redactions"], json!([]));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_reason_is_required_nothing_opens_without_one_and_it_is_logged() {
    let serving = Serving {
        reason_required: true,
        ..Serving::default()
    };
    let desk = Desk::serving(serving).await;
    let id = finished(&desk, "Bob Wilson", 1);
    let carl = desk.token(Role::Compliance);
    for rest in [
        "",
        "/review",
        "/transcript",
        "/events",
        "/audio",
        "/peaks",
        "/documents",
        "/documents/report.html",
        "/verify",
        "/notes",
    ] {
        let path = format!("/v1/sessions/{id}{rest}");
        let (status, told) = get(&desk, &path, &carl).await;
        assert_eq!(
            (status, &told["error"]),
            (428, &json!("reason_required")),
            "{path}"
        );
    }
    assert_eq!(logged(&desk), []);
    // Which sessions there are is told without one.
    assert_eq!(get(&desk, "/v1/sessions", &carl).await.0, 200);
    let audio = format!("/v1/sessions/{id}/audio?reason=a%20complaint%20%C2%A7%205");
    assert_eq!(get(&desk, &audio, &carl).await.0, 200);
    let headers = vec![
        ("authorization".to_owned(), format!("Bearer {carl}")),
        ("x-reason".to_owned(), "spot check".to_owned()),
    ];
    let path = format!("/v1/sessions/{id}/review");
    assert_eq!(desk.ask_with("GET", &path, headers, None).await.0, 200);
    // What names the candidate would outlive the record.
    let named = format!("/v1/sessions/{id}/review?reason=Wilson%20complained");
    let (status, told) = get(&desk, &named, &carl).await;
    assert_eq!(status, 409, "{told}");
    assert_eq!(
        logged(&desk),
        [
            ("serve audio".into(), Some("a complaint § 5".into()), 1),
            ("serve review".into(), Some("spot check".into()), 1),
        ]
    );
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_reason_is_required_names_are_found_without_one_and_lines_are_not() {
    let serving = Serving {
        reason_required: true,
        ..Serving::default()
    };
    let desk = Desk::serving(serving).await;
    let id = finished(&desk, "Bob Wilson", 1);
    let carl = desk.token(Role::Compliance);
    let found = |query: &str| {
        let path = format!("/v1/sessions?{query}");
        let (desk, carl) = (&desk, &carl);
        async move { get(desk, &path, carl).await }
    };
    for query in [
        "name=wilson",
        "name=wilson&state=complete",
        "candidate=bob",
        "since=2020-01-01",
    ] {
        let (status, page) = found(query).await;
        assert_eq!(status, 200, "{query}: {page}");
        assert_eq!(page["sessions"][0]["id"], json!(id), "{query}");
        assert_eq!(page["sessions"][0]["lines"], json!([]), "{query}");
    }
    // What finds no line shows none.
    let (status, page) = found("q=xylophone").await;
    assert_eq!((status, &page["total"]), (200, &json!(0)), "{page}");
    assert_eq!(logged(&desk), []);
    let said = &utterances(&desk.record(&id)).unwrap()[0].text;
    let word = said.split(|c: char| !c.is_ascii_alphabetic());
    let word = word.max_by_key(|word| word.len()).unwrap();
    let (status, told) = found(&format!("q={word}")).await;
    assert_eq!(
        (status, &told["error"]),
        (428, &json!("reason_required")),
        "{word}: {told}"
    );
    assert_eq!(logged(&desk), []);
    // As the refusal advises.
    let (status, page) = found(&format!("q={word}&reason=a%20complaint")).await;
    assert_eq!(status, 200, "{page}");
    assert_ne!(page["sessions"][0]["lines"], json!([]));
    let why = Some("a complaint".to_owned());
    assert_eq!(logged(&desk), [("serve search".into(), why, 1)]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_reason_is_required_who_follows_a_call_fetches_its_lines_without_one() {
    let serving = Serving {
        reason_required: true,
        ..Serving::default()
    };
    let desk = Desk::serving(serving).await;
    let (link, _) = desk.invite();
    let mut bob = Candidate::come(&link).await.unwrap();
    bob.consent().await;
    let (rita, carl) = (desk.token(Role::Recruiter), desk.token(Role::Compliance));
    let events = format!("/v1/sessions/{}/events", bob.session);
    assert_eq!(get(&desk, &events, &rita).await.0, 428);
    let mut follower = desk.follow(&bob.session, &rita).await.unwrap();
    follower.find("hello").await;
    let (status, lines) = get(&desk, &events, &rita).await;
    assert_eq!((status, &lines[0]["seq"]), (200, &json!(1)), "{lines}");
    // Nobody else does.
    assert_eq!(get(&desk, &events, &carl).await.0, 428);
    let actions: Vec<_> = logged(&desk).into_iter().map(|(a, ..)| a).collect();
    assert_eq!(actions, ["serve live", "serve events"]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_report_is_shown_as_no_sealed_one() {
    let desk = Desk::open().await;
    let id = finished(&desk, "Bob Wilson", 3);
    let rita = desk.token(Role::Recruiter);
    let path = format!("/v1/sessions/{id}/review");
    let (_, whole) = get(&desk, &path, &rita).await;
    assert_eq!(whole["scores_sealed"], true, "{whole}");
    let file = desk.record(&id).join("documents/transcript.json");
    let mut report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let score = &mut report["questions"][0]["score"]["score"];
    *score = json!(score.as_u64().unwrap() % 5 + 1);
    report["dialogue"][0]["text"] = json!("I never said this.");
    std::fs::write(&file, report.to_string()).unwrap();
    let (status, told) = get(&desk, &path, &rita).await;
    assert_eq!((status, &told["scores_sealed"]), (200, &json!(false)));
    // What the log says, not what somebody wrote.
    let shown = |told: &Value| -> (Vec<Value>, Vec<Value>) {
        let all = |list: &str, member: &str| {
            let list = told[list].as_array().unwrap().iter();
            list.map(|one| one[member].clone()).collect()
        };
        (all("questions", "score"), all("turns", "text"))
    };
    assert_eq!(shown(&told), shown(&whole));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_are_for_those_who_may_take_them_and_are_logged_as_such() {
    let desk = Desk::open().await;
    let id = finished(&desk, "Bob Wilson", 1);
    let (rita, carl) = (desk.token(Role::Recruiter), desk.token(Role::Compliance));
    let report = format!("/v1/sessions/{id}/documents/report.pdf");
    assert_eq!(get(&desk, &report, &rita).await.0, 200);
    for path in [report.clone(), format!("/v1/sessions/{id}/audio")] {
        let (status, told) = get(&desk, &format!("{path}?copy=1"), &rita).await;
        assert_eq!((status, &told["error"]), (403, &json!("forbidden")));
        let (status, told) = get(&desk, &format!("{path}?copy=yes"), &carl).await;
        assert_eq!(status, 400, "{told}");
    }
    let headers = vec![("authorization".to_owned(), format!("Bearer {carl}"))];
    let path = format!("{report}?copy=1");
    let (status, headers, _) = desk.ask_with("GET", &path, headers, None).await;
    assert_eq!(status, 200);
    let kept = headers["content-disposition"].to_str().unwrap();
    assert_eq!(kept, format!("attachment; filename=\"{id}-report.pdf\""));
    let actions: Vec<_> = logged(&desk).into_iter().map(|(a, ..)| a).collect();
    assert_eq!(actions, ["serve document", "serve document copy"]);
    let (_, all) = get(&desk, &format!("/v1/sessions/{id}/documents"), &carl).await;
    let all = all.as_array().unwrap();
    let page = all.iter().find(|d| d["name"] == "report.html").unwrap();
    assert_eq!(page["kind"], "text/html; charset=utf-8");
    assert_eq!(page["about"], "Report as a page");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_byte_is_named_beside_what_was_checked() {
    let desk = Desk::open().await;
    let id = finished(&desk, "Bob Wilson", 1);
    let carl = desk.token(Role::Compliance);
    let path = format!("/v1/sessions/{id}/verify");
    let (_, found) = get(&desk, &path, &carl).await;
    assert_eq!(found["whole"], true, "{found}");
    assert_eq!(found["looked_at"].as_array().unwrap().len(), 4);
    let wav = desk.record(&id).join("call.wav");
    let mut bytes = std::fs::read(&wav).unwrap();
    bytes[44 + 5 * 64_000] ^= 1;
    std::fs::write(&wav, bytes).unwrap();
    let (_, found) = get(&desk, &path, &carl).await;
    assert_eq!(found["whole"], false);
    assert_eq!(found["problems"][0]["kind"], "changed");
    let place = found["problems"][0]["place"].as_str().unwrap();
    assert!(place.contains("call.wav"), "{place}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn candidates_are_compared_blind_until_names_are_asked_for_with_a_reason() {
    let desk = Desk::open().await;
    let bob = finished(&desk, "Bob Wilson", 3);
    let ada = finished(&desk, "Ada Byron", 3);
    let (rita, otto) = (desk.token(Role::Recruiter), desk.token(Role::Operator));
    let (_, jobs) = get(&desk, "/v1/jobs", &rita).await;
    assert_eq!(jobs.as_array().unwrap().len(), 1);
    assert_eq!(jobs[0]["interviews"], 2);
    let path = format!("/v1/jobs/{}/comparison", jobs[0]["id"].as_str().unwrap());
    assert_eq!(get(&desk, &path, &otto).await.0, 403);
    let (status, blind) = get(&desk, &path, &rita).await;
    assert_eq!((status, &blind["named"]), (200, &json!(false)));
    let text = blind.to_string();
    for word in ["Bob", "Wilson", "Ada", "Byron", &*bob, &*ada, "unix_ms"] {
        assert!(!text.contains(word), "{word}");
    }
    assert_eq!(blind["candidates"][1]["letter"], "B");
    let rows = blind["questions"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["count"] == 2), "{rows:?}");
    let first = &rows[0]["cells"][0];
    assert!(first["score"].is_u64() && !first["evidence"].as_array().unwrap().is_empty());

    let names = format!("{path}/names");
    let post = |why: &str| {
        let (desk, rita, names) = (&desk, &rita, &names);
        let body = Some(json!({"why": why}));
        async move { desk.ask("POST", names, Some(rita), body).await }
    };
    assert_eq!(post(" ").await.0, 400);
    assert_eq!(post("Wilson is the one").await.0, 409);
    let (status, named) = post("the second round").await;
    assert_eq!((status, &named["named"]), (200, &json!(true)));
    let who = named["candidates"].to_string();
    assert!(who.contains("Ada Byron") && who.contains(&bob), "{who}");
    // The letters stay.
    let means = |all: &Value| -> Vec<Value> {
        let all = all["candidates"].as_array().unwrap();
        all.iter().map(|c| c["mean"].clone()).collect()
    };
    assert_eq!(means(&blind), means(&named));
    assert_eq!(
        logged(&desk),
        [
            ("serve comparison".into(), None, 2),
            ("serve names".into(), Some("the second round".into()), 2),
        ]
    );
    let none = get(&desk, "/v1/jobs/0123456789abcdef/comparison", &rita).await;
    assert_eq!(none.0, 404);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_study_is_made_of_the_chosen_interviews() {
    let desk = Desk::open().await;
    let bob = finished(&desk, "Bob Wilson", 3);
    let ada = finished(&desk, "Ada Byron", 1);
    let rita = desk.token(Role::Recruiter);
    let (status, study) = get(&desk, &format!("/v1/study?sessions={bob},{ada}"), &rita).await;
    assert_eq!((status, &study["interviews"]), (200, &json!(2)), "{study}");
    let path = format!("/v1/study/page?sessions={ada}");
    let headers = vec![("authorization".to_owned(), format!("Bearer {rita}"))];
    let (status, headers, page) = desk.ask_with("GET", &path, headers, None).await;
    assert_eq!(status, 200);
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"));
    assert!(page.contains("1 interviews, 0 of them simulated"), "{page}");
    assert!(
        !page.contains("charts/"),
        "a link to a file that is not there"
    );
    for wrong in ["", "?sessions=", "?job=x&sessions=y"] {
        let (status, told) = get(&desk, &format!("/v1/study{wrong}"), &rita).await;
        assert_eq!(status, 400, "{wrong}: {told}");
    }
    let (status, _) = get(&desk, "/v1/study?sessions=..", &rita).await;
    assert_eq!(status, 400);
    desk.stop().await;
}
