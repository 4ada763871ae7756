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
            "{:26} {:?}-{:?} {:>4} {mark:5} cov {:.2} mis {} | words {} new {} voc {:.2} known {} talk {:.1} telling {} foreign {} past {} focus {:.2} | {}",
            case.question, case.expect_min, case.expect_max,
            score.score.map_or("-".into(), |s| s.to_string()),
            score.coverage, score.misconceptions.len(),
            m.words, m.new, m.vocabulary, m.known, m.talk, m.telling, m.foreign, m.past, m.known as f32/m.new.max(1) as f32, score.why,
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

fn bank() -> Vec<Question> {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/config/bank"));
    let Ok(files) = std::fs::read_dir(&dir) else {
        eprintln!("skipped: {} is not there", dir.display());
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = files.flatten().map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    files.iter().flat_map(|f| toml::from_str::<Family>(&std::fs::read_to_string(f).unwrap()).unwrap().questions).collect()
}

#[test]
fn samples_of_the_bank_are_scored_in_order() {
    let questions = bank();
    let mut counts: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for (at, question) in questions.iter().enumerate() {
        let Some(sample) = &question.sample else { continue };
        let other = questions[(at + 3) % questions.len()].sample.as_ref();
        let near = questions[(at + 1) % questions.len()].sample.as_ref();
        let joined = near.map(|s| format!("{} {}", s.strong, s.exceptional));
        let cases = [
            ("weak", Some(sample.weak.as_str())), ("average", Some(&sample.average)), ("strong", Some(&sample.strong)),
            ("exceptional", Some(&sample.exceptional)), ("x-other", other.map(|s| s.exceptional.as_str())),
            ("x-next", joined.as_deref()),
        ];
        for (case, text) in cases {
            let Some(text) = text else { continue };
            let score = score::assess_text(question, text);
            let key = score.score.map_or("-".to_owned(), |s| s.to_string());
            let low = match case { "strong" | "exceptional" => score.score.is_none_or(|s| s < 4), "average" => score.score.is_none_or(|s| !(2..=3).contains(&s)), "weak" => score.score.is_none_or(|s| s > 2), _ => score.score.is_some_and(|s| s > 2) };
            if low {
                println!("{case:12} {:40} {key} cov {:.2} {} {:?} | {}", question.id, score.coverage, score.why, score.missing, text);
                for e in score.hits.iter().chain(&score.misconceptions) { println!("        HIT {} | {}", e.id, e.quote); }
            }
            let m = score::matter::weigh(question, &viva::interview::sentence::split(text, 0));
            println!("FEAT {case} {} {:.2} words {} foreign {} past {} known {} focus {:.2} talk {:.1} telling {}", key, score.coverage, m.words, m.foreign, m.past, m.known, m.known as f32/m.new.max(1) as f32, m.talk, m.telling);
            *counts.entry(case).or_default().entry(key).or_default() += 1;
        }
    }
    for (case, counts) in counts {
        println!("{case:12} {counts:?}");
    }
}
