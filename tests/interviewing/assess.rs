//! Interviews that others took: what is read of a transcript, what is asked
//! in it, and what the answers are worth.

use assert_cmd::Command;
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use viva::assess::recruiter::{Ask, take_apart};
use viva::assess::transcript::{Turn, Voice};
use viva::assess::{Assessment, Assessor, Transcript, text};
use viva::clock::SessionTime;
use viva::event::{Event, Expects, Input, Line, Output, Purpose, Record, Source, Stage, Utterance};
use viva::interview::Job;
use viva::interview::bank::{Bank, Question};
use viva::interview::score::Lexical;
use viva::interview::score::recommend::Advice;
use viva::report::{Facts, Planned, fold_with};

fn assessor() -> Assessor {
    Assessor::new(Bank::builtin().clone()).unwrap()
}

const ONE: &str = "Interview Transcript\n\
====================\n\
Candidate: Ada Quill\n\
Quality Profile: weak\n\
Position: Database Administrator\n\
Average Evaluation Score: 1.00/5\n\
====================\n\
\n\
AI Recruiter: Welcome! Could you introduce yourself?\n\
\n\
Candidate: \"Hello, I am Ada.\"\n\
\n\
AI Recruiter: Thank you.\n\
\n\
How do you plan **backups** of a large database?\n\
\n\
Candidate: \"I start from the recovery point and the recovery time that the business needs.\n\
\n\
So there are full backups each week, and the *write ahead log* is archived for point in time recovery. We restore one every month, because a backup that nobody has restored proves nothing.\"\n\
\n\
AI Recruiter: Could you elaborate on where you keep them?\n\
\n\
Candidate: \"In another region, encrypted, and the retention follows the law.\n\
\n\
AI Recruiter: Before we wrap up, do you have any questions for me?\n\
\n\
Candidate: No, thank you.\n\
\n\
AI Recruiter: Thank you, that's it for today.\n\
\n\
====================\n\
TECHNICAL QUESTIONS AND ANSWERS\n\
====================\n\
Q1 [TECHNICAL] (Relevance: 0.100)\n\
Question: An invented question?\n";

fn parse(text: &str) -> Transcript {
    Transcript::parse("one.txt", text).unwrap()
}

#[test]
fn only_names_and_dialogue_are_read() {
    let one = parse(ONE);
    assert_eq!(one.candidate.as_deref(), Some("Ada Quill"));
    assert_eq!(one.position.as_deref(), Some("Database Administrator"));
    assert_eq!(one.profile.as_deref(), Some("weak"));
    assert_eq!(one.turns.len(), 9);
    assert_eq!(one.turns[1].text, "Hello, I am Ada.");
    assert!(one.turns[3].text.ends_with("proves nothing."));
    assert!(one.turns[5].text.starts_with("In another region"));
    assert_eq!(one.turns[8].text, "Thank you, that's it for today.");
    // Neither its own scores nor its label move anything.
    let other = ONE
        .replace("Profile: weak", "Profile: exceptional")
        .replace("1.00/5", "5.00/5");
    let (a, b) = (assess(ONE), assess(&other));
    assert_eq!(a.report.questions, b.report.questions);
    assert_eq!(a.report.recommendation, b.report.recommendation);
}

fn assess(text: &str) -> Assessment {
    assessor().transcript(&parse(text), None, None)
}

#[test]
fn every_form_of_the_layout_is_read_alike() {
    let plain = parse(ONE);
    let turns = |text: &str| -> Vec<(Voice, String)> {
        let turns = parse(text).turns.into_iter();
        turns.map(|turn| (turn.who, turn.text)).collect()
    };
    let expect = turns(ONE);
    assert_eq!(turns(&ONE.replace('\n', "\r\n")), expect);
    assert_eq!(turns(&format!("\u{feff}{ONE}")), expect);
    assert_eq!(turns(&ONE.replace("Quality Profile: weak\n", "")), expect);
    let bold = ONE.replace("AI Recruiter:", "**AI Recruiter:**");
    assert_eq!(turns(&bold), expect);
    // Only the dialogue, and an end in the middle of it.
    let at = ONE.find("AI Recruiter: Welcome").unwrap();
    let end = ONE.find("\n====================\nTECHNICAL").unwrap();
    assert_eq!(turns(&ONE[at..end]), expect);
    let cut = ONE.find("AI Recruiter: Before").unwrap();
    assert_eq!(turns(&ONE[..cut]), expect[..6]);
    assert_eq!(plain.turns[0].line, 9);
}

#[test]
fn what_is_no_transcript_is_named_with_its_line() {
    let error = |text: &[u8]| Transcript::read("x.txt", text).unwrap_err().to_string();
    assert_eq!(
        error(b"  \n"),
        "x.txt: found an empty file, expected a transcript as plain text"
    );
    assert!(error(&[b'a', 0xff]).contains("no UTF-8 text (at byte 1)"));
    assert_eq!(
        error(b"Candidate: Bo\n\nDear Sir or Madam\n"),
        "x.txt, line 3: found \"Dear Sir or Madam\", expected a turn that begins with \"AI Recruiter:\" or \"Candidate:\""
    );
    assert_eq!(
        error(b"====\n=====\nCandidate: Bo\n=====\nCandidate: I am first\n"),
        "x.txt, line 1: found \"====\", expected a turn that begins with \"AI Recruiter:\" or \"Candidate:\""
    );
    assert!(
        error(b"=====\nCandidate: Bo\n=====\nCandidate: I am first\n").contains("line 4: found")
    );
    assert!(error(b"=====\nCandidate: Bo\n=====\n").contains("found the end of the file"));
}

#[test]
fn follow_ups_belong_to_their_question_and_all_is_listed() {
    let done = assess(ONE);
    let questions = &done.report.questions;
    assert_eq!(questions.len(), 1, "{questions:?}");
    let question = &questions[0];
    assert_eq!(
        question.asked,
        "How do you plan backups of a large database?"
    );
    assert_eq!(question.answers.len(), 1);
    assert_eq!(question.follow_ups.len(), 1);
    assert_eq!(question.follow_ups[0].answers.len(), 1);
    assert!(!question.answers[0].text.contains('*'));
    assert!(question.score.score >= Some(4), "{:?}", question.score);
    assert!(question.score.hits.iter().all(|hit| !hit.quote.is_empty()));
    // The introduction and the closing are no questions of the assessment.
    let shown = text(&done);
    assert!(!shown.contains("An invented question"));
    for section in [
        "TECHNICAL QUESTIONS AND ANSWERS",
        "EVALUATION REPORT",
        "HR REPORT",
        "RECOMMENDATION (FULL)",
        "BASIS OF THE SCORES",
    ] {
        assert!(shown.contains(section), "{section}");
    }
}

#[test]
fn a_question_of_the_bank_is_scored_by_its_rubric() {
    let bank = Bank::builtin();
    let question = bank.question("dba.backup").or_else(|| {
        let mut all = bank.questions().map(|(_, q)| q);
        all.find(|q| q.sample.is_some() && q.id.starts_with("d"))
    });
    let question = question.unwrap();
    let sample = question.sample.as_ref().unwrap();
    let text = format!(
        "AI Recruiter: {}\n\nCandidate: \"{}\"\n",
        question.ask, sample.exceptional
    );
    let done = assess(&text);
    assert_eq!(done.basis[0].rubric.as_deref(), Some(question.id.as_str()));
    assert!(done.report.questions[0].score.score >= Some(4));
    assert!(done.content_rule.is_none());
}

#[test]
fn missing_answers_and_unknown_subjects_abstain() {
    let silent = assess("AI Recruiter: What is an index?\n\nCandidate:\n");
    assert_eq!(silent.report.questions[0].score.score, None);
    assert_eq!(silent.report.recommendation.advice, Advice::None);
    let odd = assess(
        "Position: Beekeeper\n\nAI Recruiter: How do you calm a swarm in May?\n\n\
         Candidate: \"First the smoker, with dry grass and a little hessian, then slow hands, never gloves \
         of rubber. The queen is marked in blue, so I lift the frames near the brood one after another, \
         shade them from the sun and let the foragers settle before supers go on.\"\n",
    );
    let score = &odd.report.questions[0].score;
    assert_eq!(score.score, None, "{score:?}");
    assert!(
        score
            .abstained
            .as_ref()
            .unwrap()
            .contains("a person should judge")
    );
}

fn said(id: u32, text: &str) -> Event {
    let utterance = Utterance {
        id,
        text: text.to_owned(),
        words: Vec::new(),
        start_ms: 0,
        end_ms: 0,
        confidence: 1.0,
        source: Source::Typed,
    };
    Event::Input {
        input: Input::Utterance(utterance),
    }
}

/// A session of Viva's own: a question with its rubric, and one without.
#[test]
fn a_session_keeps_its_scores_and_gets_those_that_no_rubric_gave() {
    let question = Bank::builtin().question("dba.backup").unwrap().clone();
    let mut bare = question.clone();
    bare.id = "own.backup".to_owned();
    bare.key_points.clear();
    bare.misconceptions.clear();
    let plan = |question: &Question| Planned {
        question: question.clone(),
        relevance: Some(1.0),
        why: String::new(),
    };
    let ask = |id: u32, question: &Question| Event::Output {
        output: Output::Say(Line {
            id,
            text: question.ask.clone(),
            purpose: Purpose::Question,
            stage: Stage::Technical,
            question: Some(question.id.clone()),
            number: Some(id),
            of: 2,
            expects: Expects::Long,
        }),
    };
    let answer = &question.sample.as_ref().unwrap().exceptional;
    let fold = |plan: Vec<Planned>, events: Vec<Event>| {
        let number = |(at, event): (usize, Event)| Record {
            seq: at as u64 + 1,
            at: SessionTime(0),
            event,
        };
        let facts = Facts {
            practice: false,
            candidate: "Ada Quill".to_owned(),
            position: "Database Administrator".to_owned(),
            company: None,
            date: jiff::civil::date(2026, 1, 2),
            profile: None,
            plan,
            records: events.into_iter().enumerate().map(number).collect(),
        };
        let report = fold_with(&facts, &[], &Lexical);
        let job = Job::parse(
            "j.txt",
            "Position: Database Administrator\nMust-have:\n- backups\n",
        )
        .unwrap();
        let done = assessor().session(report.clone(), &facts.records, &[], &job, false);
        (report, done)
    };
    let own = vec![ask(1, &question), said(1, answer)];
    let (report, done) = fold(vec![plan(&question)], own.clone());
    assert_eq!(report, done.report);
    assert_eq!(done.basis[0].rubric.as_deref(), Some("dba.backup"));

    let both = [own, vec![ask(2, &bare), said(2, answer)]].concat();
    let (report, done) = fold(vec![plan(&question), plan(&bare)], both);
    assert_eq!(report.questions[1].score.score, None);
    assert_eq!(report.questions[0], done.report.questions[0]);
    assert!(done.report.questions[1].score.score >= Some(3));
    assert_eq!(done.report.recommendation.scored, 2);
}

#[derive(Deserialize)]
struct Cases {
    question: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    title: String,
    ask: String,
    right_short: String,
    empty_long: String,
    beside: String,
    padded_weak: String,
    given_back: String,
    in_a_row: String,
}

/// Where length says nothing: short answers that are right, long ones that
/// are empty, fluent ones beside the question.
#[test]
fn length_is_not_what_is_scored() {
    let cases: Cases = toml::from_str(include_str!("../data/open_questions.toml")).unwrap();
    let assessor = assessor();
    let mut wrong = Vec::new();
    for case in &cases.question {
        let answers = [
            ("right and short", &case.right_short, 4..=5),
            ("empty and long", &case.empty_long, 1..=1),
            ("beside the question", &case.beside, 1..=3),
            ("weak with filler", &case.padded_weak, 1..=1),
            ("given back", &case.given_back, 1..=1),
            ("key words in a row", &case.in_a_row, 1..=1),
        ];
        let score = |answer: &str| assessor.answer(&case.title, &case.ask, answer).score;
        for (kind, answer, band) in answers {
            let found = score(answer);
            if !found.is_some_and(|number| band.contains(&number)) {
                wrong.push(format!("{kind}: {found:?} for \"{}\"", case.ask));
            }
        }
        assert!(
            score(&case.right_short) > score(&case.beside),
            "{}",
            case.ask
        );
        // Filler around a right answer moves nothing.
        let padded = format!(
            "That is a great question, thank you. {} I am really passionate about this, and I love to learn.",
            case.right_short
        );
        assert_eq!(score(&padded), score(&case.right_short), "{}", case.ask);
        // Said twice is said once.
        let twice = format!("{} {}", case.right_short, case.right_short);
        assert!(score(&twice) <= score(&case.right_short), "{}", case.ask);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/eval")
        .join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

struct Labelled {
    name: String,
    label: String,
    transcript: Transcript,
    job: Job,
    raw: String,
}

fn labelled() -> Option<Vec<Labelled>> {
    let people = std::fs::read_to_string(shared("people.json")?).unwrap();
    let people: serde_json::Value = serde_json::from_str(&people).unwrap();
    let mut files: Vec<PathBuf> = std::fs::read_dir(shared("transcripts")?)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let one = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut all = people.as_array().unwrap().iter();
        let person = all
            .find(|p| name.contains(p["candidate"].as_str().unwrap()))
            .unwrap();
        let raw = std::fs::read_to_string(&path).unwrap();
        Labelled {
            transcript: Transcript::parse(&name, &raw).unwrap(),
            job: Job::parse("job.txt", person["job"]["requirements"].as_str().unwrap()).unwrap(),
            label: person["quality"].as_str().unwrap().to_owned(),
            name,
            raw,
        }
    };
    Some(files.into_iter().map(one).collect())
}

/// Turns that were answered, counted in the bare text: all of them but the
/// first (the introduction) and the invitation to ask.
fn asked_by_count(raw: &str) -> usize {
    let dialogue = raw.split("TECHNICAL QUESTIONS AND ANSWERS").next().unwrap();
    let mut asked = 0;
    for turn in dialogue.split("\nAI Recruiter:").skip(1) {
        let (said, answer) = turn.split_once("\nCandidate:").unwrap_or((turn, ""));
        asked += usize::from(!answer.is_empty() && !said.contains("any questions for me"));
    }
    asked - 1
}

fn words(turn: &Turn) -> usize {
    turn.text.split_whitespace().count()
}

/// What counting the words of a turn would advise.
fn by_words(transcript: &Transcript) -> Advice {
    let answers: Vec<usize> = transcript
        .turns
        .iter()
        .filter(|turn| turn.who == Voice::Candidate)
        .map(words)
        .collect();
    match answers.iter().sum::<usize>() / answers.len().max(1) {
        0..60 => Advice::NotAFit,
        60..160 => Advice::Reservations,
        _ => Advice::Proceed,
    }
}

fn wanted(label: &str) -> Advice {
    match label {
        "weak" => Advice::NotAFit,
        "average" => Advice::Reservations,
        _ => Advice::Proceed,
    }
}

/// Under the questions of one interview the answers of another.
fn swapped(questions: &Transcript, answers: &Transcript) -> Transcript {
    let texts: Vec<&String> = answers
        .turns
        .iter()
        .filter(|turn| turn.who == Voice::Candidate)
        .map(|turn| &turn.text)
        .collect();
    let mut out = questions.clone();
    let theirs = out
        .turns
        .iter_mut()
        .filter(|turn| turn.who == Voice::Candidate);
    let inner = &texts[1..texts.len() - 1];
    for (at, turn) in theirs.enumerate() {
        // The introduction first, then the answers in their order.
        turn.text = match at {
            0 => texts[0].clone(),
            at => inner[(at - 1) % inner.len()].clone(),
        };
    }
    out
}

#[test]
fn labelled_interviews_are_told_apart() {
    let Some(all) = labelled() else { return };
    let assessor = assessor();
    let (mut right, mut by_count, mut complete) = (0, 0, 0);
    let mut means: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
    for one in &all {
        let done = assessor.transcript(&one.transcript, Some(&one.job), None);
        let advice = done.report.recommendation.advice;
        right += usize::from(advice == wanted(&one.label));
        by_count += usize::from(by_words(&one.transcript) == wanted(&one.label));
        let listed: usize = done
            .report
            .questions
            .iter()
            .map(|q| 1 + q.follow_ups.len())
            .sum();
        complete += usize::from(listed == asked_by_count(&one.raw));
        let mean = done.report.average_score.unwrap_or_default();
        means.entry(&one.label).or_default().push(mean);
        println!(
            "{:34} {:12} mean {mean:.2} {:27} {:4.0} words a turn, {listed} asked",
            one.name, one.label, done.report.recommendation.text, done.words_a_turn
        );
    }
    let mean = |label: &str| means[label].iter().sum::<f32>() / means[label].len() as f32;
    let order: Vec<f32> = ["weak", "average", "strong", "exceptional"]
        .map(mean)
        .to_vec();
    println!(
        "advice right {right} of {}, by counting words alone {by_count}; means {order:.2?}; complete {complete}",
        all.len()
    );
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut swaps, mut proceed, mut words_proceed) = (0, Vec::new(), 0);
    for questions in &all {
        for answers in all
            .iter()
            .filter(|other| other.job.title != questions.job.title)
        {
            let both = swapped(&questions.transcript, &answers.transcript);
            let done = assessor.transcript(&both, Some(&questions.job), None);
            let advice = done.report.recommendation.advice;
            swaps += 1;
            *counts.entry(format!("{advice:?}")).or_default() += 1;
            words_proceed += usize::from(by_words(&both) == Advice::Proceed);
            if advice == Advice::Proceed {
                proceed.push(format!("{} under {}", answers.name, questions.name));
            }
        }
    }
    println!("{swaps} swaps: {counts:?}; by counting words alone {words_proceed} proceed");
    assert!(right + 2 >= all.len(), "{right} of {}", all.len());
    assert_eq!(complete, all.len());
    assert!(order.is_sorted(), "{order:?}");
    assert!(proceed.is_empty(), "{}", proceed.join("\n"));
}

fn viva(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viva"));
    command
        .current_dir(dir)
        .env("VIVA_DATA_DIR", dir.join("data"));
    command
}

#[test]
fn the_command_prints_documents_tables_and_json() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("one.txt"), ONE).unwrap();
    std::fs::write(dir.path().join("two.txt"), "Dear Sir\n").unwrap();
    std::fs::write(
        dir.path().join("job.md"),
        "Position: DBA\nMust-have:\n- backups\n- PostgreSQL\n",
    )
    .unwrap();
    let out = viva(dir.path())
        .args(["assess", "one.txt"])
        .output()
        .unwrap();
    assert!(out.status.success());
    assert!(
        String::from_utf8(out.stdout)
            .unwrap()
            .contains("RECOMMENDATION (FULL)")
    );

    let args = ["assess", "one.txt", "--job", "job.md", "--json"];
    let out = viva(dir.path()).args(args).output().unwrap();
    let one: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(one["questions"][0]["number"], 1);
    let met = one["basis"][0]["requirements"].as_array().unwrap();
    assert!(met.iter().any(|name| name == "backup"), "{met:?}");
    assert!(one["questions"][0]["relevance"].as_f64().unwrap() > 0.8);
    let again = viva(dir.path()).args(args).output().unwrap();
    assert_eq!(out.stdout, again.stdout);

    // A folder: the bad file is named, the good one is assessed.
    std::fs::remove_file(dir.path().join("job.md")).unwrap();
    let out = viva(dir.path()).args(["assess", "."]).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    let shown = String::from_utf8(out.stdout).unwrap();
    assert!(shown.contains("Ada Quill"), "{shown}");
    assert!(
        shown.contains("1 interviews") && shown.contains("1 could not be read"),
        "{shown}"
    );
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(
        said.contains("two.txt, line 1: found \"Dear Sir\""),
        "{said}"
    );

    for bad in ["nothing.txt", "01J9ZQ4H5T8W3X2Y1V0N7M6K5B"] {
        let out = viva(dir.path()).args(["assess", bad]).output().unwrap();
        assert_eq!(out.status.code(), Some(2));
        assert_eq!(String::from_utf8(out.stderr).unwrap().lines().count(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_breaks_the_reader(lines in prop::collection::vec("(AI Recruiter: |Candidate: |=====|\"|\\*\\*|- |\\PC{0,20}){1,4}", 0..12)) {
        let text = lines.join("\n");
        if let Ok(transcript) = Transcript::parse("x", &text) {
            prop_assert!(!transcript.turns.is_empty());
            for turn in &transcript.turns {
                let parts = take_apart(&turn.text);
                prop_assert!(parts.what == Ask::Nothing || !parts.ask.is_empty());
            }
        }
    }
}
