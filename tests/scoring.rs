//! How near the scorer comes to the bands that people gave.

use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use viva::event::{Source, Utterance};
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

#[derive(Default)]
struct Tally {
    answers: usize,
    scored: usize,
    inside: usize,
    above: usize,
    ones: usize,
    twos: usize,
    most: u8,
}

#[test]
fn labelled_answers_fall_into_their_bands() {
    let (Some(bank), Some(answers)) = (shared("bank.toml"), shared("answers.jsonl")) else {
        return;
    };
    let bank: Family = toml::from_str(&bank).unwrap();
    let find = |id: &str| -> &Question { bank.questions.iter().find(|q| q.id == id).unwrap() };
    let mut table: BTreeMap<String, Tally> = BTreeMap::new();
    for line in answers.lines() {
        let case: Labelled = serde_json::from_str(line).unwrap();
        let score: Score = score::assess_text(find(&case.question), &case.answer);
        let row = table.entry(case.case.clone()).or_default();
        row.answers += 1;
        let Some(number) = score.score else { continue };
        row.scored += 1;
        row.inside += usize::from((case.expect_min..=case.expect_max).contains(&number));
        row.above += usize::from(number > case.expect_max);
        row.ones += usize::from(number == 1);
        row.twos += usize::from(number == 2);
        row.most = row.most.max(number);
        if !(case.expect_min..=case.expect_max).contains(&number) {
            println!(
                "{} {}: {number}, expected {}-{}: {}",
                case.question, case.case, case.expect_min, case.expect_max, score.why
            );
        }
    }
    println!("{:18} answers scored inside above", "case");
    for (case, row) in &table {
        println!(
            "{case:18} {:7} {:6} {:6} {:5}",
            row.answers, row.scored, row.inside, row.above
        );
    }
    let sum = |of: fn(&Tally) -> usize| -> usize { table.values().map(of).sum() };
    let (answers, scored, inside) = (sum(|t| t.answers), sum(|t| t.scored), sum(|t| t.inside));
    println!("{scored} of {answers} scored, {inside} of these inside their band");
    assert!(scored * 100 >= answers * 80, "{scored} of {answers} scored");
    assert!(
        inside * 100 >= scored * 90,
        "{inside} of {scored} inside their band"
    );
    for case in [
        "weak",
        "parrot",
        "off_topic_long",
        "weak_padded",
        "keyword_stuffed",
    ] {
        assert_eq!(table[case].above, 0, "{case}");
    }
    assert!(table["wrong_long"].most <= 3);
    let right = ["full_long", "full_short", "paraphrase", "spoken_asr"];
    assert_eq!(right.iter().map(|case| table[*case].ones).sum::<usize>(), 0);
    assert!(right.iter().map(|case| table[*case].twos).sum::<usize>() <= 1);
}

fn bank() -> Vec<Question> {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/config/bank"));
    let mut files: Vec<PathBuf> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
    files.sort();
    let read = |file: PathBuf| {
        toml::from_str::<Family>(&std::fs::read_to_string(file).unwrap())
            .unwrap()
            .questions
    };
    files.into_iter().flat_map(read).collect()
}

/// Shares of the bank's sample answers inside the band of their profile, and
/// of answers to other questions that are rated above 2.
#[test]
fn samples_of_the_bank_are_scored_in_order() {
    let questions = bank();
    let mut counts: BTreeMap<&str, (usize, usize, BTreeMap<String, usize>)> = BTreeMap::new();
    for (at, question) in questions.iter().enumerate() {
        let Some(sample) = &question.sample else {
            continue;
        };
        let other = questions[(at + questions.len() / 2) % questions.len()]
            .sample
            .as_ref();
        let cases = [
            ("weak", Some(&sample.weak), 1..=2),
            ("average", Some(&sample.average), 2..=3),
            ("strong", Some(&sample.strong), 4..=5),
            ("exceptional", Some(&sample.exceptional), 4..=5),
            (
                "another question",
                other.map(|sample| &sample.exceptional),
                1..=2,
            ),
        ];
        for (case, text, band) in cases {
            let Some(text) = text else { continue };
            let score = score::assess_text(question, text);
            let row = counts.entry(case).or_default();
            let foreign = case == "another question";
            let good = score.score.map_or(foreign, |number| band.contains(&number));
            row.0 += 1;
            row.1 += usize::from(good);
            let shown = score
                .score
                .map_or("-".to_owned(), |number| number.to_string());
            if !good && !foreign {
                println!(
                    "{case} {}: {shown} {} {:?} | {text}",
                    question.id, score.why, score.missing
                );
            }
            *row.2.entry(shown).or_default() += 1;
        }
    }
    for (case, (all, good, counts)) in &counts {
        println!("{case:18} {good} of {all} {counts:?}");
    }
    for (case, least) in [
        ("weak", 95),
        ("average", 80),
        ("strong", 90),
        ("exceptional", 95),
        ("another question", 80),
    ] {
        let (all, good, _) = &counts[case];
        assert!(good * 100 >= all * least, "{case}: {good} of {all}");
    }
}

const FILLERS: &[&str] = &[
    "um you know",
    "that is a great question",
    "I am really passionate about this",
    "so yeah, basically",
    "to be honest I love this topic",
    "well, let me see",
    "at the end of the day it is about people",
];

fn sentences(text: &str) -> Vec<String> {
    text.split_inclusive(['.', '?', '!'])
        .map(|s| s.trim().to_owned())
        .filter(|s| !s.is_empty())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn filler_never_raises_a_score(pick in any::<prop::sample::Index>(), which in 0..4_usize,
                                   filler in prop::collection::vec((any::<prop::sample::Index>(), 0..FILLERS.len()), 1..12)) {
        let questions = bank();
        let question = pick.get(&questions);
        let Some(sample) = &question.sample else { return Ok(()) };
        let text = [&sample.weak, &sample.average, &sample.strong, &sample.exceptional][which];
        let plain = score::assess_text(question, text);
        let mut padded = sentences(text);
        for (place, filler) in filler {
            let at = place.index(padded.len() + 1);
            padded.insert(at, format!("{}.", FILLERS[filler]));
        }
        let padded = score::assess_text(question, &padded.join(" "));
        if let (Some(plain), Some(padded)) = (plain.score, padded.score) {
            prop_assert!(padded <= plain, "{plain} became {padded}");
        }
    }

    #[test]
    fn the_order_of_sentences_matters_little(pick in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let questions = bank();
        let question = pick.get(&questions);
        let Some(sample) = &question.sample else { return Ok(()) };
        let plain = score::assess_text(question, &sample.exceptional);
        let mut shuffled = sentences(&sample.exceptional);
        let n = shuffled.len();
        shuffled.rotate_left(seed as usize % n.max(1));
        let shuffled = score::assess_text(question, &shuffled.join(" "));
        if let (Some(plain), Some(shuffled)) = (plain.score, shuffled.score) {
            prop_assert!(plain.abs_diff(shuffled) <= 1);
        }
    }

    #[test]
    fn no_answer_breaks_the_scorer(pick in any::<prop::sample::Index>(), text in "\\PC{0,200}", confidence in any::<f32>()) {
        let questions = bank();
        let question = pick.get(&questions);
        let mut utterance = typed(&text);
        utterance.confidence = confidence;
        let score = score::assess(question, &[&utterance, &utterance]);
        prop_assert!(score.score.is_none() == score.abstained.is_some());
        score::struggled(question, &[&utterance]);
    }
}

fn typed(text: &str) -> Utterance {
    let text = text.to_owned();
    Utterance {
        id: 1,
        text,
        words: Vec::new(),
        start_ms: 0,
        end_ms: 0,
        confidence: 1.0,
        source: Source::Typed,
    }
}

#[test]
fn missing_or_doubtful_words_abstain() {
    let questions = bank();
    let question = &questions[0];
    let score = score::assess(question, &[]);
    assert_eq!(score.why, "Not scored: no answer was heard.");
    assert!(!score::struggled(question, &[]));
    let mut doubtful = typed(&question.ideal);
    doubtful.confidence = 0.2;
    let score = score::assess(question, &[&doubtful]);
    assert!(score.score.is_none() && score.abstained.unwrap().contains("not sure of the words"));
}

#[test]
fn every_answer_to_a_question_counts_with_it() {
    let questions = bank();
    let question = questions
        .iter()
        .find(|q| q.id == "ml.underfit-overfit")
        .unwrap();
    let first = typed("High bias means the model is too simple, so it underfits.");
    let second = typed("High variance means it overfits the training data.");
    let alone = score::assess(question, &[&first]);
    let both = score::assess(question, &[&first, &second]);
    assert!(both.coverage > alone.coverage && both.score > alone.score);
}
