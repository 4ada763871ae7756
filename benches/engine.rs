//! The interviewer alone, as percentiles over whole typed interviews: how
//! long one input takes, and how that grows with the length of an answer,
//! with the number of questions and with the size of the bank. Run with
//! `cargo bench --bench engine`.

use std::fmt::Write;
use viva::clock::{Clock, SessionTime};
use viva::event::{ConsentHow, EndReason, Input, Output, Purpose, Settings, Source, Utterance};
use viva::interview::bank::{Bank, Family};
use viva::interview::{Interview, Job, Resume, Setup};

const JOB: &str = include_str!("../config/jobs/machine-learning-engineer.toml");
const RESUME: &str = include_str!("../config/resumes/machine-learning-engineer.toml");
const ROUNDS: u64 = 20;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    println!(
        "{:34} {:>7} {:>9} {:>9} {:>9}",
        "", "inputs", "p50 us", "p99 us", "max us"
    );
    for words in [10, 30, 100, 300, 1000] {
        let took = interviews(&setup(Bank::builtin(), 3)?, words);
        row(&format!("3 questions, answers of {words} words"), took);
    }
    for questions in [1, 3, 10] {
        let took = interviews(&setup(Bank::builtin(), questions)?, 100);
        row(
            &format!("{questions} questions, answers of 100 words"),
            took,
        );
    }
    for times in [1, 4, 16] {
        let bank = grown(times)?;
        let size = bank.questions().count();
        let clock = Clock::system();
        let mut took = Vec::new();
        for _ in 0..ROUNDS {
            let began = clock.nanos();
            setup(&bank, 3)?;
            took.push(clock.nanos() - began);
        }
        row(&format!("plan from a bank of {size}"), took);
        let took = interviews(&setup(&bank, 3)?, 100);
        row(&format!("inputs with a bank of {size}"), took);
    }
    Ok(())
}

fn row(name: &str, mut took: Vec<u64>) {
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)] / 1000;
    println!(
        "{name:34} {:7} {:9} {:9} {:9}",
        took.len(),
        at(50),
        at(99),
        at(100)
    );
}

fn setup(bank: &Bank, questions: u8) -> Result<Setup, Failure> {
    let settings = Settings {
        questions,
        minutes: 240,
        ..Settings::default()
    };
    let job = Job::parse("job.toml", JOB)?;
    let resume = Resume::parse("resume.toml", RESUME)?;
    Ok(Setup::prepare(job, resume, bank, settings)?)
}

/// The built-in bank so many times over, under other ids.
fn grown(times: usize) -> Result<Bank, Failure> {
    let mut files = Vec::new();
    for copy in 0..times {
        for family in Bank::builtin().families() {
            let mut family: Family = family.clone();
            if copy > 0 {
                write!(family.prefix, "-{copy}")?;
                for question in &mut family.questions {
                    let slug = question.id.split_once('.').map_or("", |(_, slug)| slug);
                    question.id = format!("{}.{slug}", family.prefix);
                }
            }
            files.push((format!("{}.toml", family.prefix), toml::to_string(&family)?));
        }
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Ok(Bank::from_files(&files)?)
}

/// Whole interviews in which every answer has so many words, half of them
/// from the question's own ideal; the time of every input in nanoseconds.
fn interviews(setup: &Setup, words: usize) -> Vec<u64> {
    let clock = Clock::system();
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let mut interview = Interview::new(setup);
        let mut at = SessionTime(0);
        let mut said = 0;
        // The last one comes first: consent was given beforehand.
        let mut todo = vec![
            Input::Begin,
            Input::Consent {
                given: true,
                how: ConsentHow::Beforehand,
            },
        ];
        while let Some(input) = todo.pop() {
            at.0 += 5_000;
            let began = clock.nanos();
            interview.handle(input, at);
            let outputs: Vec<Output> = std::iter::from_fn(|| interview.poll()).collect();
            took.push(clock.nanos() - began);
            let lines = outputs.into_iter().filter_map(|output| match output {
                Output::Say(line) => Some(line),
                _ => None,
            });
            let lines: Vec<_> = lines.collect();
            let Some(last) = lines.last() else { continue };
            said += 1;
            let text = match &last.purpose {
                Purpose::Invitation => "No, thank you.".to_owned(),
                _ => answer(setup, last.question.as_deref(), words),
            };
            todo.push(Input::Utterance(Utterance {
                id: said,
                text,
                words: Vec::new(),
                start_ms: at.0,
                end_ms: at.0,
                confidence: 1.0,
                source: Source::Typed,
            }));
            for line in lines.into_iter().rev() {
                todo.push(Input::LineEnded {
                    line: line.id,
                    heard: line.text,
                    complete: true,
                });
            }
        }
        // What was measured must have been a whole interview.
        assert_eq!(interview.ended(), Some(EndReason::Completed));
    }
    took
}

fn answer(setup: &Setup, question: Option<&str>, words: usize) -> String {
    const FILL: &str = "We looked at that for a while, and then we wrote it down for the team.";
    let ideal = question
        .and_then(|id| setup.plan.question(id))
        .map_or(FILL, |planned| planned.question.ideal.as_str());
    let text = format!("{ideal} {FILL} ");
    let count = text.split_whitespace().count().max(1);
    text.repeat(words.div_ceil(count))
        .split_whitespace()
        .take(words)
        .collect::<Vec<_>>()
        .join(" ")
}
