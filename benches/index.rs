//! Search over a thousand records: how long the index takes to be built, to
//! be brought up to date with nothing and with one new session, to answer, and
//! to forget a session. Run with `cargo bench --bench index`, or with
//! `-- --sessions N`.

use std::fs;
use std::path::Path;
use viva::clock::{Clock, SessionTime};
use viva::event::{Event, Expects, Input, Line, Output, Purpose, Source, Stage, Utterance, Word};
use viva::index::{Filter, Query, ask, forget};
use viva::interview::bank::Bank;
use viva::record::{
    FORMAT, Head, Options, RecordWriter, SyncPolicy, Trust, new_session_id, sessions_dir,
};

type Failure = Box<dyn std::error::Error>;

/// Monday, 5 January 2026, 09:00 UTC; a session a day.
const BEGAN: i64 = 1_767_603_600_000;
const DAY: i64 = 24 * 3600 * 1000;
/// Questions of one session: with their answers some 50 lines, half an hour.
const QUESTIONS: usize = 25;
/// How often each query is asked.
const TIMES: usize = 200;

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip_while(|a| a != "--sessions").skip(1);
    let count: usize = args.next().map_or(Ok(1_000), |n| n.parse())?;
    let home = tempfile::tempdir()?;
    let data = home.path();
    let bank = Bank::builtin();
    let clock = Clock::system();
    let timed = |what: &str, run: &mut dyn FnMut() -> Result<String, Failure>| {
        let began = clock.nanos();
        let told = run()?;
        let ms = (clock.nanos() - began) as f64 / 1e6;
        println!("{what:<44} {ms:>10.1} ms  {told}");
        Ok::<(), Failure>(())
    };
    let mut last = String::new();
    timed("write the records", &mut || {
        for n in 0..count {
            last = session(data, bank, n)?;
        }
        Ok(format!(
            "{count} sessions, {:.0} MB",
            size(data)? as f64 / 1e6
        ))
    })?;
    let trust = Trust::own(data, &[])?;
    timed("build the index", &mut || {
        let update = ask(data, &trust, true, |_| Ok(()))?.1;
        Ok(format!("{} sessions read", update.read))
    })?;
    let bytes = fs::metadata(data.join("index.sqlite"))?.len();
    println!("the index has {:.1} MB", bytes as f64 / 1e6);
    timed("bring it up to date, nothing new", &mut || {
        let update = ask(data, &trust, false, |_| Ok(()))?.1;
        Ok(format!("{} sessions read", update.read))
    })?;
    session(data, bank, count)?;
    timed("bring it up to date, one new session", &mut || {
        let update = ask(data, &trust, false, |_| Ok(()))?.1;
        Ok(format!("{} sessions read", update.read))
    })?;
    queries(data, &trust, &clock)?;
    timed("forget one session", &mut || {
        forget(data, &last)?;
        Ok(String::new())
    })
}

/// Each query again and again on one open index, and once with everything
/// that a command does before it can ask.
fn queries(data: &Path, trust: &Trust, clock: &Clock) -> Result<(), Failure> {
    let filter = Filter {
        limit: 20,
        ..Filter::default()
    };
    let low = Filter {
        score_below: Some(2.5),
        ..filter.clone()
    };
    for (name, text, filter) in [
        ("a frequent word", "data", &filter),
        ("a rare word", "deadlock", &filter),
        ("two words", "index query", &filter),
        (
            "a phrase, one word left out",
            "\"unit tests\" -slow",
            &filter,
        ),
        ("the beginning of a word", "trans*", &filter),
        ("a word in sessions of a low score", "test", &low),
    ] {
        let query = Query::parse(text)?;
        let ((total, mut times), _) = ask(data, trust, false, |index| {
            let mut times = Vec::with_capacity(TIMES);
            let mut total = 0;
            for _ in 0..TIMES {
                let began = clock.nanos();
                total = index.search(Some(&query), filter)?.total;
                times.push(clock.nanos() - began);
            }
            Ok((total, times))
        })?;
        times.sort_unstable();
        let at = |share: f64| times[((TIMES - 1) as f64 * share) as usize] as f64 / 1e6;
        println!(
            "{name:<44} p50 {:>6.2} ms, p99 {:>6.2} ms, {total} lines",
            at(0.5),
            at(0.99)
        );
    }
    Ok(())
}

fn size(dir: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        sum += if entry.path().is_dir() {
            size(&entry.path())?
        } else {
            entry.metadata()?.len()
        };
    }
    Ok(sum)
}

/// One session in words that candidates use: sample answers of the bank, each
/// word with its time, as a recogniser gives them.
fn session(data: &Path, bank: &Bank, n: usize) -> Result<String, Failure> {
    let began = BEGAN + n as i64 * DAY;
    let head = Head {
        format: FORMAT,
        session: new_session_id(began)?,
        began_unix_ms: began,
        candidate: format!("Candidate Number{n}"),
        position: ["Data Engineer", "Web Developer", "Test Engineer"][n % 3].into(),
        company: Some("Example Ltd".into()),
        program: viva::PROGRAM.into(),
        hashes: Default::default(),
        setup: serde_json::Value::Null,
    };
    let options = Options {
        sync: SyncPolicy::Never,
        ..Options::default()
    };
    let mut writer = RecordWriter::create_with(&sessions_dir(data), &head, &options)?;
    let questions: Vec<_> = bank
        .questions()
        .map(|(_, question)| question)
        .filter(|question| question.sample.is_some())
        .collect();
    let mut at = 0;
    for number in 0..QUESTIONS {
        let question = questions[(n * 7 + number * 13) % questions.len()];
        let line = u32::try_from(number + 1)?;
        let say = Output::Say(Line {
            id: line,
            text: question.ask.clone(),
            purpose: Purpose::Question,
            stage: Stage::Technical,
            question: Some(question.id.clone()),
            number: Some(line),
            of: QUESTIONS as u32,
            expects: Expects::Long,
        });
        at += 2_000;
        writer.append(SessionTime(at), &Event::Output { output: say })?;
        let sample = question.sample.as_ref().ok_or("no sample")?;
        let text = if (n + number).is_multiple_of(3) {
            &sample.weak
        } else {
            &sample.strong
        };
        let words: Vec<Word> = (at..)
            .step_by(400)
            .zip(text.split_whitespace())
            .map(|(start_ms, word)| Word {
                text: word.into(),
                start_ms,
                end_ms: start_ms + 350,
                confidence: 0.9,
            })
            .collect();
        let end_ms = words.last().map_or(at, |w| w.end_ms);
        let input = Input::Utterance(Utterance {
            id: line,
            text: text.clone(),
            words,
            start_ms: at,
            end_ms,
            confidence: 0.9,
            source: Source::Voice,
        });
        at = end_ms + 500;
        writer.append(SessionTime(at), &Event::Input { input })?;
    }
    let score = 1.0 + (n % 41) as f64 / 10.0;
    let report = serde_json::json!({"average_score": score, "questions": []});
    let id = head.session.clone();
    writer.finish(&[(
        "transcript.json".to_owned(),
        report.to_string().into_bytes(),
    )])?;
    Ok(id)
}
