//! The embedding model, where it is there: its tokens, its vectors, and what
//! it does to scores. What needs no model is tested without one.

use crate::minilm::folder;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use viva::event::{ClientFacts, ConsentHow, Input, Line, Output, Source, Utterance};
use viva::interview::score::{self, Lexical, Similarity};
use viva::meaning::{Installed, Meaning, MeaningError, WordPiece};
use viva::protocol::{ClientMessage, Document, ServerMessage, SetupRequest};
use viva::server::{Engine, Session};

#[test]
fn tokens_are_those_of_the_reference() {
    let Some(folder) = folder() else { return };
    let tokens = WordPiece::load(&folder.join("tokenizer.json")).unwrap();
    for (text, ids) in [
        ("Hello, world!", vec![7592, 1010, 2088, 999]),
        ("embeddings", vec![7861, 8270, 4667, 2015]),
        ("unaffable", vec![14477, 20961, 3468]),
        ("Caf\u{e9} na\u{ef}ve", vec![7668, 15743]),
        ("don't re-render", vec![2123, 1005, 1056, 2128, 1011, 17552]),
        ("kubernetes", vec![13970, 5677, 7159, 2229]),
        ("a\u{65e5}b", vec![1037, 1864, 1038]),
    ] {
        let mut expected = vec![101];
        expected.extend(ids);
        expected.push(102);
        assert_eq!(tokens.encode(text), expected, "{text}");
    }
}

#[test]
fn what_means_the_same_is_closer_than_what_does_not() {
    let Some(folder) = folder() else { return };
    let meaning = Meaning::load(&folder).unwrap();
    let near = |a, b| meaning.similarity(a, b);
    let light = "switch on the kitchen light please";
    let same = near(light, "could you turn the lamp in the kitchen on");
    let other = near(light, "what is the weather in Paris tomorrow");
    assert!(same > 0.6 && other < 0.3, "{same} {other}");
    assert!((near(light, light) - 1.0).abs() < 1e-4);
    // As the float model gives it, within what eight bits lose.
    let length: f32 = meaning.vector(light).unwrap().iter().map(|x| x * x).sum();
    assert!((length - 1.0).abs() < 1e-4);
    // Nothing, and much more than it reads, are no failures.
    assert!(near("", light) < 0.5);
    let long = "the quick brown fox ".repeat(5_000);
    assert!(meaning.vector(&long).is_some());
}

#[test]
fn one_text_has_one_vector_whoever_asks() {
    let Some(folder) = folder() else { return };
    let meaning = Meaning::load(&folder).unwrap();
    let text = "Retries are safe because the key is stored.";
    let first = meaning.vector(text).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(meaning.vector(text).unwrap(), first));
        }
    });
    assert_eq!(Meaning::load(&folder).unwrap().vector(text).unwrap(), first);
}

#[test]
fn labelled_answers_fall_into_their_bands_by_meaning_too() {
    let Some(folder) = folder() else { return };
    let meaning = Meaning::load(&folder).unwrap();
    for corpus in crate::corpus::all() {
        crate::corpus::table(&corpus, &meaning).hold();
        for case in &corpus.answers {
            let question = corpus.question(&case.question);
            let words = score::assess_text(question, &case.answer);
            let both = score::assess_text_with(question, &case.answer, &meaning);
            // It may find more, never less, and never more of what is wrong.
            assert!(both.hits.len() >= words.hits.len());
            assert_eq!(both.misconceptions, words.misconceptions);
            if let (Some(words), Some(both)) = (words.score, both.score) {
                assert!(both >= words && both <= words + 1);
            }
        }
    }
}

#[test]
fn the_record_names_who_scored() {
    let Some(folder) = folder() else { return };
    let meaning = Meaning::load(&folder).unwrap();
    let sum = viva::digest::sha256_file(&Installed::at(&folder).unwrap().model).unwrap();
    assert_eq!(meaning.name(), format!("minilm sha256:{}", &sum[..12]));
    let corpus = &crate::corpus::all()[0];
    let case = &corpus.answers[0];
    let question = corpus.question(&case.question);
    let by = |by: &dyn Similarity| score::assess_text_with(question, &case.answer, by).by;
    assert_eq!(by(&Lexical), "lexical");
    assert_eq!(by(&meaning), meaning.name());
}

#[test]
fn a_missing_or_broken_model_is_told_by_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let told = || Meaning::load(dir.path()).unwrap_err();
    assert!(matches!(told(), MeaningError::Missing { .. }), "{}", told());
    std::fs::write(dir.path().join("model.onnx"), b"no model at all").unwrap();
    assert!(told().to_string().contains("tokenizer.json is missing"));
    std::fs::write(dir.path().join("tokenizer.json"), b"{}").unwrap();
    assert!(
        told()
            .to_string()
            .contains("tokenizer.json is not a tokenizer")
    );
    if let Some(folder) = folder() {
        let from = folder.join("tokenizer.json");
        let to = dir.path().join("tokenizer.json");
        std::fs::write(&to, std::fs::read(from).unwrap()).unwrap();
        let text = told().to_string();
        assert!(
            text.contains("model.onnx is not a sentence-embedding model"),
            "{text}"
        );
        // Cut in the middle, as an interrupted copy leaves it.
        let whole = std::fs::read(Installed::at(&folder).unwrap().model).unwrap();
        std::fs::write(dir.path().join("model.onnx"), &whole[..whole.len() / 2]).unwrap();
        let text = told().to_string();
        assert!(text.contains("model.onnx is not"), "{text}");
    }
}

/// Counts how often it is asked; close to everything, so that it would show.
#[derive(Debug, Default)]
struct Double(AtomicUsize);

impl Similarity for Double {
    fn name(&self) -> &str {
        "double"
    }

    fn similarity(&self, _: &str, _: &str) -> f32 {
        self.0.fetch_add(1, Ordering::Relaxed);
        0.0
    }

    fn enough(&self) -> f32 {
        0.5
    }

    fn margin(&self) -> f32 {
        0.1
    }
}

/// A session that is driven by hand: every line is heard to its end and
/// answered in the same words.
fn drive(session: &mut Session, rounds: usize) {
    let mut seq = 0;
    let mut tell = |session: &mut Session, input: Input| -> Vec<Line> {
        seq += 1;
        let out = session.tell(ClientMessage::Input { seq, input }).unwrap();
        let said = out.into_iter().filter_map(|message| match message {
            ServerMessage::Output {
                output: Output::Say(line),
                ..
            } => Some(line),
            _ => None,
        });
        said.collect()
    };
    let mut lines = tell(session, Input::Begin);
    lines.extend(tell(
        session,
        Input::Consent {
            given: true,
            how: ConsentHow::Key,
        },
    ));
    for round in 0..rounds {
        let mut next = Vec::new();
        for line in lines.drain(..) {
            next.extend(tell(
                session,
                Input::LineEnded {
                    line: line.id,
                    heard: line.text,
                    complete: true,
                },
            ));
        }
        next.extend(tell(
            session,
            Input::Utterance(Utterance {
                id: round as u32 + 1,
                text: "I measure the errors of every service and write down what changed."
                    .to_owned(),
                words: Vec::new(),
                start_ms: 0,
                end_ms: 0,
                confidence: 1.0,
                source: Source::Typed,
            }),
        ));
        lines = next;
    }
}

#[test]
fn the_course_is_by_words_and_the_documents_by_what_the_engine_has() {
    let dir = tempfile::tempdir().unwrap();
    let double = Arc::new(Double::default());
    let engine = Engine {
        data_dir: dir.path().to_owned(),
        sessions_dir: None,
        clock: None,
        local: true,
        admission: viva::server::Admission::Open,
        similarity: Some(double.clone()),
        stop: Default::default(),
    };
    let job = include_str!("../../config/jobs/machine-learning-engineer.toml");
    let request = SetupRequest {
        job: Document {
            name: "job.toml".to_owned(),
            text: job.to_owned(),
        },
        candidate: Some("Ada Example".to_owned()),
        ..SetupRequest::default()
    };
    let (mut session, _) = Session::open(&engine, ClientFacts::default(), &request).unwrap();
    let id = session.id().to_owned();
    drive(&mut session, 6);
    assert_eq!(
        double.0.load(Ordering::Relaxed),
        0,
        "asked during the course"
    );
    session.left().unwrap();
    session.finish().unwrap();
    assert!(double.0.load(Ordering::Relaxed) > 0, "never asked");
    let file = dir
        .path()
        .join("sessions")
        .join(id)
        .join("documents/transcript.json");
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(report["scored_by"], "double");
    let scores = report["questions"].as_array().unwrap();
    assert!(!scores.is_empty() && scores.iter().all(|item| item["score"]["by"] == "double"));
}
