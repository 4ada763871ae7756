//! Fairness figures through the program: from sealed recommendations and a
//! file of declared groups.

use crate::desk::{BEGAN, Desk, files};
use serde_json::{Value, json};
use std::fs;

/// Adds a sealed interview with this recommendation; its id comes back.
fn interview(desk: &Desk, n: i64, advice: &str, simulated: Value) -> String {
    let writer = desk.begin(&format!("Person {n}"), BEGAN + n);
    let id = writer.head().session.clone();
    let report = json!({
        "profile": simulated,
        "recommendation": {"advice": advice},
    });
    let report = serde_json::to_vec(&report).unwrap();
    writer
        .finish(&[("transcript.json".to_owned(), report)])
        .unwrap();
    id
}

/// Forty women and forty men; 30 and 18 of them go on.
fn pool() -> (Desk, String) {
    let desk = Desk::new();
    let mut file = String::from("session,gender,age\n");
    for i in 0..80 {
        let (gender, go_on) = if i < 40 { ("man", 30) } else { ("woman", 18) };
        let advice = match i % 40 {
            i if i < go_on => "proceed",
            _ => "reservations",
        };
        let id = interview(&desk, i, advice, Value::Null);
        file += &format!("{id},{gender},\n");
    }
    (desk, file)
}

#[test]
fn figures_come_from_sealed_recommendations_and_nothing_of_the_file_is_kept() {
    let (desk, mut file) = pool();
    // Those that do not count.
    interview(&desk, 100, "none", Value::Null);
    interview(&desk, 101, "proceed", json!("strong"));
    let changed = interview(&desk, 102, "proceed", Value::Null);
    let document = viva::record::sessions_dir(desk.data())
        .join(&changed)
        .join("documents/transcript.json");
    fs::write(&document, "{\"recommendation\":{\"advice\":\"not_a_fit\"}}").unwrap();
    interview(&desk, 103, "proceed", Value::Null);
    file += "01JDEMXXXXXXXXXXXXXXXXXXXX,man,\n";
    let path = desk.data().join("declared.csv");
    fs::write(&path, &file).unwrap();
    let groups = path.to_str().unwrap();
    let run = |more: &[&str]| {
        desk.viva(&[["sessions", "impact", "--groups", groups].as_slice(), more].concat())
    };

    let said = run(&["--json"]);
    assert_eq!(
        said.status, 1,
        "a ratio below four fifths is found wanting: {said:?}"
    );
    let made = said.json();
    assert_eq!(
        (&made["interviews"], &made["matched"], &made["without_row"]),
        (&json!(81), &json!(80), &json!(1))
    );
    let gender = &made["sets"][0];
    assert_eq!(
        (&gender["column"], &gender["not_declared"]),
        (&json!("gender"), &json!(1))
    );
    assert_eq!(gender["groups"][0]["group"], "man");
    let women = &gender["groups"][1];
    assert_eq!(
        (&women["interviews"], &women["selected"]),
        (&json!(40), &json!(18))
    );
    assert_eq!(
        (&women["rate"], &women["impact_ratio"]),
        (&json!(0.45), &json!(0.6))
    );
    assert_eq!(
        (&women["below_four_fifths"], &women["small"]),
        (&json!(true), &json!(false))
    );
    let p = women["fisher_p"].as_f64().unwrap();
    assert!(p > 0.005 && p < 0.02, "{p}");
    assert_eq!(
        made["sets"][1]["not_declared"], 81,
        "nobody declared an age"
    );
    let why: Vec<&str> = made["excluded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["why"].as_str().unwrap())
        .collect();
    // The desk's own record has no recommendation in its document.
    let mut why = why;
    why.sort_unstable();
    assert_eq!(
        why,
        ["damaged", "damaged", "no_recommendation", "simulated"]
    );
    assert_eq!(
        made["left_out"][0]["why"],
        "names no interview that is here"
    );

    let told = run(&[]).out;
    assert!(
        told.contains("BELOW 0.8") && told.contains("line 82 (01JDEMX"),
        "{told}"
    );
    assert!(
        told.contains("not declared") && told.contains("proves no discrimination"),
        "{told}"
    );
    let all = run(&["--count-consider", "--by", "job", "--json"]);
    assert_eq!(all.status, 0);
    assert_eq!(all.json()["sets"][0]["job"], "Data Engineer");
    let all = run(&["--with-simulated", "--json"]).json();
    assert_eq!(
        (&all["interviews"], &all["without_row"]),
        (&json!(82), &json!(2))
    );

    // Every interview that was read is on the access log; no group is.
    let log = desk.viva(&["sessions", "access", "--json"]).json();
    assert_eq!(log["accesses"][0]["action"], "impact");
    assert_eq!(log["accesses"][0]["sessions"].as_array().unwrap().len(), 85);
    for (name, bytes) in files(desk.data()) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(name == "declared.csv" || !text.contains("woman"), "{name}");
    }
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_its_line() {
    let desk = Desk::new();
    let path = desk.data().join("declared.csv");
    for (text, named) in [
        (
            "name,gender\n",
            "line 1: found the columns name, gender, expected",
        ),
        (
            "session,gender\nS1,a,b\n",
            "line 2: found 3 fields, expected",
        ),
    ] {
        fs::write(&path, text).unwrap();
        let args = ["sessions", "impact", "--groups", path.to_str().unwrap()];
        let refused = desk.viva(&args).refused();
        assert!(
            refused.contains(named) && refused.contains("declared.csv"),
            "{refused}"
        );
    }
    let refused = desk
        .viva(&["sessions", "impact", "--groups", "nowhere.csv"])
        .refused();
    assert!(refused.contains("nowhere.csv"), "{refused}");
}
