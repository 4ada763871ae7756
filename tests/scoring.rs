//! How near the scorer comes to the bands that people gave.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use viva::interview::bank::{Family, Question};
use viva::interview::score::{self, Score};

#[derive(Deserialize)]
struct Labelled {
    question: String,
    case: String,
    answer: String,
    expect_min: u8,
    expect_max: u8,
}

fn shared(path: &str) -> Option<String> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/eval")).join(path);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: {} is not there", path.display());
    }
    text
}

#[test]
fn labelled_answers_fall_into_their_bands() {
    let (Some(bank), Some(answers)) = (shared("bank.toml"), shared("answers.jsonl")) else { return };
    let bank: Family = toml::from_str(&bank).unwrap();
    let find = |id: &str| -> &Question { bank.questions.iter().find(|q| q.id == id).unwrap() };
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in answers.lines() {
        let case: Labelled = serde_json::from_str(line).unwrap();
        let score: Score = score::assess_text(find(&case.question), &case.answer);
        let sentences = viva::interview::sentence::split(&case.answer, 0);
        let m = score::matter::weigh(find(&case.question), &sentences);
        let mark = match score.score {
            None => "-",
            Some(s) if s < case.expect_min => "LOW",
            Some(s) if s > case.expect_max => "HIGH",
            Some(_) => "",
        };
        let row = format!(
            "{:26} {:?}-{:?} {:>4} {mark:5} cov {:.2} mis {} | words {} new {} voc {:.2} known {} talk {:.1} telling {} | {}",
            case.question, case.expect_min, case.expect_max,
            score.score.map_or("-".into(), |s| s.to_string()),
            score.coverage, score.misconceptions.len(),
            m.words, m.new, m.vocabulary, m.known, m.talk, m.telling, score.why,
        );
        table.entry(case.case).or_default().push(row);
    }
    for (case, rows) in table {
        println!("{case}");
        for row in rows {
            println!("   {row}");
        }
    }
}
