//! `viva bank score`: what goes in, what comes out, what is refused.

use crate::viva;
use serde_json::Value;
use std::process::Output;

const BANK: &str = r#"
[[question]]
id = "net.retry"
kind = "technical"
skills = ["networks"]
ask = "How do you handle a call that failed?"
ideal = "I retry with growing pauses and give up after a few attempts."
[[question.key_point]]
id = "retry"
says = "The call is retried with growing pauses."
any_of = ["retry", "exponential backoff"]
[[question.key_point]]
id = "limit"
says = "After a few attempts one gives up."
any_of = ["give up", "attempts", "circuit breaker"]
[[question.misconception]]
id = "forever"
says = "Retry without end."
any_of = ["retry forever", "retry * until it works"]
"#;

/// Runs the command on these answers, in a home of its own.
fn score(answers: &[u8], more: &[&str]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bank.toml"), BANK).unwrap();
    std::fs::write(dir.path().join("answers.jsonl"), answers).unwrap();
    viva(
        dir.path(),
        &[&["bank", "score", "bank.toml", "answers.jsonl"], more].concat(),
    )
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_line_in_is_a_line_out_with_its_evidence() {
    let output = score(
        br#"{"question": "net.retry", "answer": "I retry it with pauses. I give up after five attempts."}
{"question": "net.retry", "answer": "You retry it until it works."}
"#,
        &[],
    );
    assert!(output.status.success(), "{}", told(&output));
    let lines = lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["score"], 5);
    assert_eq!(lines[0]["key_points"][0]["id"], "retry");
    assert_eq!(lines[0]["key_points"][0]["quote"], "I retry it with pauses");
    assert_eq!(lines[0]["by"], "lexical");
    assert_eq!(lines[1]["misconceptions"][0]["id"], "forever");
    assert_eq!(lines[1]["missing"][0], "limit");
    assert!(told(&output).is_empty(), "no bands, no summary");
}

#[test]
fn bands_end_in_a_summary() {
    let output = score(
        br#"{"question": "net.retry", "case": "good", "answer": "I retry, and give up in the end.", "expect_min": 4, "expect_max": 5}
{"question": "net.retry", "case": "weak", "answer": "Not sure, maybe something.", "expect_min": 1, "expect_max": 1}
"#,
        &[],
    );
    let text = told(&output);
    assert!(text.contains("good") && text.contains("weak"), "{text}");
    assert!(
        text.contains("lexical: scored 100.0 % of the answers, 100.0 % of these"),
        "{text}"
    );
}

#[test]
fn marks_line_ends_and_blank_lines_are_no_matter() {
    let mut answers = b"\xef\xbb\xbf".to_vec();
    answers.extend_from_slice(
        b"{\"question\": \"net.retry\", \"answer\": \"I retry.\"}\r\n\r\n  \r\n{\"question\": \"net.retry\", \"answer\": \"\"}\r\n",
    );
    let output = score(&answers, &[]);
    assert!(output.status.success(), "{}", told(&output));
    let lines = lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["score"], Value::Null);
    assert_eq!(lines[1]["abstained"], "no answer was heard");
}

#[test]
fn a_broken_line_is_named_by_its_number_and_nothing_is_printed() {
    let good = r#"{"question": "net.retry", "answer": "I retry."}"#;
    for (line, says) in [
        ("{\"question\": \"net.retry\"", "is not an answer"),
        ("[1, 2]", "is not an answer"),
        ("{\"question\": \"net.retry\"}", "missing field `answer`"),
        (
            "{\"question\": \"net.other\", \"answer\": \"x\"}",
            "holds no question \"net.other\"",
        ),
        (
            "{\"question\": \"net.retry\", \"answer\": \"x\", \"expect_min\": 4, \"expect_max\": 2}",
            "expect_min is 4, expected 2 at most",
        ),
    ] {
        let output = score(format!("{good}\n\n{line}\n{good}\n").as_bytes(), &[]);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(output.stdout.is_empty(), "{line}");
        let text = told(&output);
        assert!(
            text.contains("answers.jsonl, line 3") && text.contains(says),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    let output = score(b"\xff\xfe{", &[]);
    assert!(told(&output).contains("no UTF-8 text"), "{}", told(&output));
}

#[test]
fn an_embedding_model_that_is_not_there_is_told() {
    let answers = br#"{"question": "net.retry", "answer": "I retry."}"#;
    let output = score(
        answers,
        &["--by", "embedding", "--embedding-model", "nowhere"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        told(&output).contains("No embedding model in nowhere"),
        "{}",
        told(&output)
    );
}

#[test]
fn both_scorers_stand_side_by_side() {
    let Some(model) = crate::minilm::folder() else {
        return;
    };
    let answers = br#"{"question": "net.retry", "case": "good", "answer": "I retry it, and then I give up.", "expect_min": 4, "expect_max": 5}"#;
    let output = score(
        answers,
        &["--by", "both", "--embedding-model", model.to_str().unwrap()],
    );
    assert!(output.status.success(), "{}", told(&output));
    let line = &lines(&output)[0];
    assert_eq!(line["lexical"]["score"], 5);
    assert_eq!(line["embedding"]["score"], 5);
    let by = line["embedding"]["by"].as_str().unwrap();
    assert!(by.starts_with("minilm sha256:"), "{by}");
    assert!(
        told(&output).contains("embedding: scored 100.0 %"),
        "{}",
        told(&output)
    );
}

#[test]
fn the_embedding_model_is_listed_fetched_and_verified_by_command() {
    let home = tempfile::tempdir().unwrap();
    let output = viva(home.path(), &["models", "list", "--json"]);
    assert!(output.status.success(), "{}", told(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let listed: Value = serde_json::from_str(&text).unwrap();
    let models = listed["models"].as_array().unwrap();
    assert!(
        models
            .iter()
            .any(|m| m["name"] == "all-MiniLM-L6-v2" && m["kind"] == "embedding")
    );
    // Without a source it says what it needs.
    let output = viva(
        home.path(),
        &["models", "get", "all-MiniLM-L6-v2", "--dir", "models"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        told(&output).contains("expected --mirror"),
        "{}",
        told(&output)
    );
    let Some(model) = crate::minilm::folder() else {
        return;
    };
    let source = model.to_str().unwrap();
    let get = [
        "models",
        "get",
        "all-MiniLM-L6-v2",
        "--dir",
        "models",
        "--mirror",
        source,
    ];
    let output = viva(home.path(), &get);
    assert!(output.status.success(), "{}", told(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("recorded beside the files"), "{text}");
    // `models` beside the working directory is one of the places.
    let verify = || viva(home.path(), &["models", "verify", "all-MiniLM-L6-v2"]);
    let output = verify();
    assert!(output.status.success(), "{}", told(&output));
    let tokens = home.path().join("models/all-MiniLM-L6-v2/tokenizer.json");
    std::fs::write(tokens, b"{}").unwrap();
    let output = verify();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("differs")
    );
}
