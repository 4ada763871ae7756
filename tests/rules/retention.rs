//! Which record is due, by which policy, and what a hold does.

use crate::desk::{BEGAN, Desk};
use std::fs;
use viva::record::*;

const DAY: i64 = 86_400_000;

fn standing_at(desk: &Desk, policy: &str, now: i64) -> Standing {
    let policies = Policies::load(None).unwrap();
    standing(desk.data(), &desk.id, &policies, policy, &desk.trust(), now).unwrap()
}

#[test]
fn a_record_is_due_when_its_policys_time_is_over_and_not_a_day_before() {
    let desk = Desk::new();
    // Six months after 12 November 2025: 12 May 2026, 181 days.
    let check = |days: i64, verdict| {
        let found = standing_at(&desk, "eu-gdpr", BEGAN + days * DAY);
        assert_eq!(found.verdict, verdict, "{days}: {found:?}");
    };
    check(180, Verdict::Kept);
    check(181, Verdict::Due);
    let never = standing_at(&desk, "manual", BEGAN + 100_000 * DAY);
    assert_eq!((never.verdict, never.due_unix_ms), (Verdict::Kept, None));
}

#[test]
fn a_request_brings_the_day_nearer_but_not_before_a_duty_to_keep() {
    let desk = Desk::new();
    let on = (BEGAN + DAY) / DAY * DAY;
    let body = serde_json::json!({"on_unix_ms": on, "why": "letter"});
    desk.annexes()
        .append("request", "Ann", body, BEGAN + 2 * DAY)
        .unwrap();
    let found = standing_at(&desk, "us-illinois", BEGAN);
    assert_eq!(found.due_unix_ms, Some(on + 30 * DAY));
    assert!(found.why.contains("30 days"), "{}", found.why);
    let found = standing_at(&desk, "us-federal", BEGAN);
    assert_eq!(found.due_unix_ms, Some(BEGAN + 365 * DAY));
}

#[test]
fn the_jobs_policy_comes_before_the_chosen_one_and_an_unknown_one_is_left_to_a_person() {
    let mut desk = Desk::new();
    desk.policy = Some("us-federal");
    desk.id = desk.record("Bob Example", BEGAN);
    let found = standing_at(&desk, "eu-gdpr", BEGAN + 200 * DAY);
    assert_eq!(
        (found.policy.as_str(), found.chosen_by),
        ("us-federal", "job")
    );
    assert_eq!(found.verdict, Verdict::Kept);
    desk.policy = Some("atlantis");
    desk.id = desk.record("Bob Example", BEGAN);
    let found = standing_at(&desk, "eu-gdpr", BEGAN + 200 * DAY);
    assert_eq!(found.verdict, Verdict::Unclear);
    assert!(found.why.contains("atlantis") && found.why.contains("germany"));
}

#[test]
fn a_dry_run_erases_nothing_and_apply_erases_what_is_due_and_nothing_else() {
    let desk = Desk::new();
    let now = viva::clock::unix_millis();
    let fresh = desk.record("Fresh Example", now);
    let held = desk.record("Held Example", BEGAN);
    let live = desk.begin("Live Example", BEGAN);
    let live_id = live.head().session.clone();
    let told = desk
        .viva(&["retention", "hold", &held, "--why", "claim 17"])
        .done();
    assert!(told.contains("is held"), "{told}");

    let said = desk.viva(&["retention", "--policy", "eu-gdpr"]).done();
    for (id, word) in [
        (&desk.id, "due"),
        (&fresh, "kept"),
        (&held, "held"),
        (&live_id, "live"),
    ] {
        let line = said.lines().find(|l| l.contains(id.as_str())).unwrap();
        assert!(line.starts_with(word), "{line}");
    }
    assert!(desk.dir().is_dir());

    let rows = desk
        .viva(&["retention", "--policy", "eu-gdpr", "--apply", "--json"])
        .json();
    let erased: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["erased"] == true)
        .map(|r| r["session"].as_str().unwrap())
        .collect();
    assert_eq!(erased, [desk.id.as_str()]);
    assert!(!desk.dir().exists());
    for id in [&fresh, &held, &live_id] {
        assert!(sessions_dir(desk.data()).join(id).is_dir());
    }
    let said = desk.viva(&["verify", &desk.id]).done();
    assert!(
        said.contains("by policy eu-gdpr") && said.contains("6 months"),
        "{said}"
    );
    drop(live);
}

#[test]
fn a_hold_stands_until_it_is_released() {
    let desk = Desk::new();
    let hold = |why: &str| {
        desk.viva(&["retention", "hold", &desk.id, "--why", why, "--json"])
            .json()
    };
    let first = hold("claim 17")["id"].as_str().unwrap().to_owned();
    hold("claim 18");
    let refused = desk.viva(&["erase", &desk.id, "--why", "over"]).refused();
    assert!(
        refused.contains("legal hold by Ann Reviewer: claim 17"),
        "{refused}"
    );
    let release = |more: &[&str]| {
        let mut args = vec!["retention", "release", &desk.id, "--why", "settled"];
        args.extend(more);
        desk.viva(&args)
    };
    let said = release(&["--hold", &first]).done();
    assert!(said.contains("1 more"), "{said}");
    assert!(
        desk.viva(&["erase", &desk.id, "--why", "over"])
            .refused()
            .contains("claim 18")
    );
    release(&[]).done();
    assert!(release(&[]).refused().contains("no hold"));
    desk.viva(&["erase", &desk.id, "--why", "over"]).done();
}

#[test]
fn a_hold_that_was_made_away_with_still_keeps_the_record() {
    let desk = Desk::new();
    desk.viva(&["retention", "hold", &desk.id, "--why", "claim"])
        .done();
    let annexes = desk.annexes();
    let hold = annexes.list(&desk.trust()).unwrap().annexes.remove(0);
    fs::remove_file(annexes.dir().join(hold.file_name())).unwrap();
    let found = standing_at(&desk, "eu-gdpr", BEGAN + 1000 * DAY);
    assert_eq!(found.verdict, Verdict::Unclear);
    let refused = desk.viva(&["erase", &desk.id, "--why", "over"]).refused();
    assert!(
        refused.contains("a hold or a correction may be missing"),
        "{refused}"
    );
    // Unless somebody says that it may go all the same.
    desk.viva(&["erase", &desk.id, "--why", "over", "--despite-damage"])
        .done();
    let said = desk.viva(&["verify", &desk.id]).done();
    assert!(said.contains("was erased by hand"), "{said}");
}

#[test]
fn a_record_that_must_be_kept_is_not_erased_by_accident() {
    let mut desk = Desk::new();
    desk.policy = Some("us-california");
    let fresh = desk.record("Bob Example", viva::clock::unix_millis());
    let refused = desk.viva(&["erase", &fresh, "--why", "over"]).refused();
    assert!(
        refused.contains("us-california") && refused.contains("--before-time"),
        "{refused}"
    );
    desk.viva(&["erase", &fresh, "--why", "over", "--before-time"])
        .done();
}

#[test]
fn ones_own_policies_are_read_and_faults_in_them_named() {
    let desk = Desk::new();
    let file = desk.data().join("own.toml");
    let config = desk.data().join("viva.toml");
    fs::write(
        &config,
        format!("[retention]\npolicy = \"mine\"\nfile = {file:?}\n"),
    )
    .unwrap();
    let run = |text: &str| {
        fs::write(&file, text).unwrap();
        desk.viva(&["--config", config.to_str().unwrap(), "retention"])
    };
    let policy = "[[policy]]\nid = \"mine\"\nname = \"Mine\"\njurisdiction = \"here\"\nbecause = \"so\"\nsources = []\n";
    let said = run(&format!("{policy}keep = \"1 day\"\n")).done();
    assert!(said.starts_with("due") && said.contains("mine"), "{said}");
    let refused = run(&format!("{policy}keep = \"soon\"\n")).refused();
    assert!(
        refused.contains("own.toml") && refused.contains("\"soon\""),
        "{refused}"
    );
    let refused = run("").refused();
    assert!(refused.contains("policy"), "{refused}");
    let refused = desk.viva(&["retention", "--policy", "nowhere"]).refused();
    assert!(
        refused.contains("`nowhere`") && refused.contains("germany"),
        "{refused}"
    );
    assert!(
        desk.viva(&["retention", "policies"])
            .done()
            .contains("not legal advice")
    );
}
