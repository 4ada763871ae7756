//! Labelled answers and what a scorer must reach on each set of them.
#![allow(dead_code, reason = "each suite uses its part")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use viva::interview::bank::{Family, Question};
use viva::interview::score::{self, Score, Similarity};

/// An answer with the band that a fair scorer gives it.
#[derive(Deserialize)]
pub(crate) struct Labelled {
    pub(crate) question: String,
    pub(crate) case: String,
    pub(crate) answer: String,
    pub(crate) expect_min: u8,
    pub(crate) expect_max: u8,
}

impl Labelled {
    /// Whether it says what is right, in whatever words.
    pub(crate) fn is_right(&self) -> bool {
        RIGHT.contains(&self.case.as_str())
    }
}

pub(crate) const RIGHT: [&str; 4] = ["full_long", "full_short", "paraphrase", "spoken_asr"];
const WORTHLESS: [&str; 5] = [
    "weak",
    "parrot",
    "off_topic_long",
    "weak_padded",
    "keyword_stuffed",
];

/// Questions with their rubrics, and answers to them.
pub(crate) struct Corpus {
    pub(crate) name: &'static str,
    pub(crate) questions: Vec<Question>,
    pub(crate) answers: Vec<Labelled>,
}

impl Corpus {
    pub(crate) fn question(&self, id: &str) -> &Question {
        self.questions.iter().find(|q| q.id == id).unwrap()
    }
}

/// All sets: the shared one where it is there, the one for developing, and
/// the one that is only judged by, whose single answers are never printed.
pub(crate) fn all() -> Vec<Corpus> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = here.join("../shared/eval");
    let own = here.join("tests/corpus");
    let sets: [(&'static str, PathBuf, PathBuf); 3] = [
        (
            "shared",
            shared.join("bank.toml"),
            shared.join("answers.jsonl"),
        ),
        (
            "develop",
            own.join("develop.toml"),
            own.join("develop.jsonl"),
        ),
        ("held", own.join("held.toml"), own.join("held.jsonl")),
    ];
    let mut out = Vec::new();
    for (name, bank, answers) in sets {
        if name == "shared" && !bank.is_file() {
            eprintln!("skipped: {} is not there", bank.display());
            continue;
        }
        let family: Family = toml::from_str(&std::fs::read_to_string(bank).unwrap()).unwrap();
        let answers = std::fs::read_to_string(answers).unwrap();
        out.push(Corpus {
            name,
            questions: family.questions,
            answers: answers
                .lines()
                .map(|l| serde_json::from_str(l).unwrap())
                .collect(),
        });
    }
    out
}

/// Counts of one kind of answer.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) answers: usize,
    pub(crate) scored: usize,
    pub(crate) inside: usize,
    pub(crate) above: usize,
    pub(crate) ones: usize,
    pub(crate) twos: usize,
    pub(crate) most: u8,
}

/// What a scorer came to on one set.
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) rows: BTreeMap<String, Tally>,
}

/// Scores a set and prints the table by kind.
pub(crate) fn table(corpus: &Corpus, by: &dyn Similarity) -> Table {
    let mut rows: BTreeMap<String, Tally> = BTreeMap::new();
    for case in &corpus.answers {
        let question = corpus.question(&case.question);
        let score: Score = score::assess_text_with(question, &case.answer, by);
        let row = rows.entry(case.case.clone()).or_default();
        row.answers += 1;
        let Some(number) = score.score else { continue };
        let inside = (case.expect_min..=case.expect_max).contains(&number);
        row.scored += 1;
        row.inside += usize::from(inside);
        row.above += usize::from(number > case.expect_max);
        row.ones += usize::from(number == 1);
        row.twos += usize::from(number == 2);
        row.most = row.most.max(number);
        if !inside && corpus.name != "held" {
            println!(
                "{} {}: {number}, expected {}-{}: {}",
                case.question, case.case, case.expect_min, case.expect_max, score.why
            );
        }
    }
    let name = format!("{} by {}", corpus.name, by.name());
    println!("{name:<44} answers scored inside above");
    for (case, row) in &rows {
        println!(
            "{case:<44} {:7} {:6} {:6} {:5}",
            row.answers, row.scored, row.inside, row.above
        );
    }
    Table { name, rows }
}

impl Table {
    fn sum(&self, of: fn(&Tally) -> usize) -> usize {
        self.rows.values().map(of).sum()
    }

    /// Fails where a target is missed.
    pub(crate) fn hold(&self) {
        let name = &self.name;
        let (answers, scored, inside) = (
            self.sum(|t| t.answers),
            self.sum(|t| t.scored),
            self.sum(|t| t.inside),
        );
        println!("{name}: {scored} of {answers} scored, {inside} of these inside their band");
        assert!(
            scored * 100 >= answers * 80,
            "{name}: {scored} of {answers} scored"
        );
        assert!(
            inside * 100 >= scored * 90,
            "{name}: {inside} of {scored} inside"
        );
        for case in WORTHLESS {
            assert_eq!(self.rows[case].above, 0, "{name}: {case} above its band");
        }
        assert!(
            self.rows["wrong_long"].most <= 3,
            "{name}: a wrong answer above 3"
        );
        let right = |of: fn(&Tally) -> usize| -> usize {
            RIGHT.iter().map(|case| of(&self.rows[*case])).sum()
        };
        assert_eq!(right(|t| t.ones), 0, "{name}: a right answer scored 1");
        assert!(right(|t| t.twos) <= 1, "{name}: right answers scored 2");
    }
}
