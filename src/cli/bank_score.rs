//! `viva bank score`: scores answers against a bank, by words or by meaning
//! as well, and counts how many fall into the bands that people gave.

use super::{bank, embedding};
use crate::interview::bank::Question;
use crate::interview::rubric;
use crate::interview::score::{self, Evidence, Lexical, Score, Similarity};
use anyhow::{Context, bail};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// A TOML file, or a folder of them
    bank: PathBuf,

    /// JSON lines
    answers: PathBuf,

    /// What judges closeness of meaning
    #[arg(long, value_enum, default_value = "lexical")]
    by: By,

    /// Folder with a .onnx file and tokenizer.json [default: the installed one]
    #[arg(long, value_name = "DIR")]
    embedding_model: Option<PathBuf>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Words alone
    Lexical,
    /// Words, and an embedding model where they miss a point
    Embedding,
    /// Each, side by side
    Both,
}

#[derive(Deserialize, Debug)]
struct Line {
    question: String,
    #[serde(default)]
    case: Option<String>,
    answer: String,
    #[serde(default)]
    expect_min: Option<u8>,
    #[serde(default)]
    expect_max: Option<u8>,
}

#[derive(Serialize)]
struct Quoted<'a> {
    id: &'a str,
    quote: &'a str,
}

/// What one scorer came to.
#[derive(Serialize)]
struct Found<'a> {
    score: Option<u8>,
    abstained: Option<&'a str>,
    key_points: Vec<Quoted<'a>>,
    missing: &'a [String],
    misconceptions: Vec<Quoted<'a>>,
    why: &'a str,
    by: &'a str,
}

#[derive(Serialize)]
struct Scored<'a> {
    question: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<&'a str>,
    #[serde(flatten)]
    found: BTreeMap<&'static str, Found<'a>>,
}

#[derive(Serialize)]
struct ScoredOnce<'a> {
    question: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<&'a str>,
    #[serde(flatten)]
    found: Found<'a>,
}

impl<'a> From<&'a Score> for Found<'a> {
    fn from(score: &'a Score) -> Self {
        Self {
            score: score.score,
            abstained: score.abstained.as_deref(),
            key_points: quoted(&score.hits),
            missing: &score.missing,
            misconceptions: quoted(&score.misconceptions),
            why: &score.why,
            by: &score.by,
        }
    }
}

fn quoted(evidence: &[Evidence]) -> Vec<Quoted<'_>> {
    evidence
        .iter()
        .map(|it| Quoted {
            id: &it.id,
            quote: &it.quote,
        })
        .collect()
}

/// Scores all answers. Lines are read before anything is scored, so that a
/// broken one loses nothing.
///
/// # Errors
/// If a file cannot be read, is no bank, an answer is broken or names an
/// unknown question, or the embedding model cannot be opened.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let banks = bank::load(std::slice::from_ref(&args.bank))?;
    let questions: BTreeMap<String, Question> = banks
        .into_iter()
        .flat_map(|(_, family)| family.questions)
        .map(|q| (q.id.clone(), rubric::with_rubric(&q).unwrap_or(q)))
        .collect();
    let lines = read(&args.answers, &questions)?;
    let meaning = match args.by {
        By::Lexical => None,
        _ => Some(embedding::open(args.embedding_model.as_deref())?),
    };
    let mut scorers: Vec<(&'static str, &dyn Similarity)> = Vec::new();
    if args.by != By::Embedding {
        scorers.push(("lexical", &Lexical));
    }
    scorers.extend(
        meaning
            .as_ref()
            .map(|m| ("embedding", m as &dyn Similarity)),
    );
    let mut tallies: Vec<Tallies> = scorers.iter().map(|_| Tallies::new()).collect();
    let mut out = std::io::stdout().lock();
    for line in &lines {
        let question = &questions[&line.question];
        let scores: Vec<Score> = scorers
            .iter()
            .map(|(_, by)| score::assess_text_with(question, &line.answer, *by))
            .collect();
        for (tallies, score) in tallies.iter_mut().zip(&scores) {
            count(tallies, line, score.score);
        }
        let case = line.case.as_deref();
        let text = match &scores[..] {
            [only] => serde_json::to_string(&ScoredOnce {
                question: &line.question,
                case,
                found: only.into(),
            })?,
            all => serde_json::to_string(&Scored {
                question: &line.question,
                case,
                found: scorers
                    .iter()
                    .zip(all)
                    .map(|((name, _), score)| (*name, score.into()))
                    .collect(),
            })?,
        };
        writeln!(out, "{text}")?;
    }
    out.flush()?;
    let names: Vec<&str> = scorers.iter().map(|(name, _)| *name).collect();
    summary(&names, &tallies);
    Ok(ExitCode::SUCCESS)
}

/// The answers of a file: JSON lines, with or without a byte order mark, with
/// line ends of any system, blank lines passed over.
fn read(path: &Path, questions: &BTreeMap<String, Question>) -> anyhow::Result<Vec<Line>> {
    let bytes = std::fs::read(path)
        .with_context(|| format!("Cannot read the answers {}", path.display()))?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        bail!(
            "{}: found bytes that are no UTF-8 text, expected JSON lines",
            path.display()
        );
    };
    let mut out = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let place = || format!("{}, line {}", path.display(), at + 1);
        let line: Line =
            serde_json::from_str(line).with_context(|| format!("{} is not an answer", place()))?;
        if !questions.contains_key(&line.question) {
            bail!(
                "{}: the bank holds no question \"{}\"",
                place(),
                line.question
            );
        }
        if let (Some(min), Some(max)) = (line.expect_min, line.expect_max)
            && min > max
        {
            bail!("{}: expect_min is {min}, expected {max} at most", place());
        }
        out.push(line);
    }
    Ok(out)
}

/// Counts of one case.
#[derive(Clone, Copy, Default)]
struct Tally {
    answers: usize,
    scored: usize,
    below: usize,
    above: usize,
}

impl Tally {
    const fn inside(&self) -> usize {
        self.scored - self.below - self.above
    }
}

type Tallies = BTreeMap<String, Tally>;

fn count(tallies: &mut Tallies, line: &Line, score: Option<u8>) {
    let (Some(min), Some(max)) = (line.expect_min, line.expect_max) else {
        return;
    };
    let case = line.case.clone().unwrap_or_else(|| "answers".to_owned());
    let tally = tallies.entry(case).or_default();
    tally.answers += 1;
    tally.scored += usize::from(score.is_some());
    tally.below += usize::from(score.is_some_and(|number| number < min));
    tally.above += usize::from(score.is_some_and(|number| number > max));
}

/// A table by case on standard error, one group of columns a scorer.
fn summary(names: &[&str], tallies: &[Tallies]) {
    let Some(first) = tallies.first().filter(|t| !t.is_empty()) else {
        return;
    };
    if names.len() > 1 {
        let groups: String = names.iter().map(|name| format!(" {name:>30}")).collect();
        eprintln!("{:<20} {:>7}{groups}", "", "");
    }
    let head = format!(
        " {:>7} {:>8} {:>6} {:>6}",
        "scored", "in band", "below", "above"
    );
    eprintln!(
        "{:<20} {:>7}{}",
        "case",
        "answers",
        head.repeat(names.len())
    );
    let row = |name: &str, tallies: &[Tally]| {
        let cells: String = tallies
            .iter()
            .map(|t| {
                format!(
                    " {:>7} {:>8} {:>6} {:>6}",
                    t.scored,
                    t.inside(),
                    t.below,
                    t.above
                )
            })
            .collect();
        eprintln!("{name:<20} {:>7}{cells}", tallies[0].answers);
    };
    for case in first.keys() {
        let cells: Vec<Tally> = tallies.iter().map(|t| t[case]).collect();
        row(case, &cells);
    }
    let sum = |tallies: &Tallies| {
        tallies.values().fold(Tally::default(), |sum, t| Tally {
            answers: sum.answers + t.answers,
            scored: sum.scored + t.scored,
            below: sum.below + t.below,
            above: sum.above + t.above,
        })
    };
    let all: Vec<Tally> = tallies.iter().map(sum).collect();
    row("all", &all);
    let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    for (name, all) in names.iter().zip(&all) {
        eprintln!(
            "{name}: scored {:.1} % of the answers, {:.1} % of these inside their band",
            share(all.scored, all.answers),
            share(all.inside(), all.scored)
        );
    }
}
