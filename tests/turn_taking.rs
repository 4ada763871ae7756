//! Replies that are prepared and turns that are reopened, through the
//! session that serves every call, on a driven clock.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod calls;

use calls::seat::{Seat, lines, strong_answer};
use std::path::Path;
use viva::event::*;
use viva::protocol::{ClientMessage, ServerMessage};
use viva::record::RecordReader;

/// The candidate's side of one session.
struct Talk {
    seat: Seat,
    utterances: u32,
    drafts: u32,
    /// Lines that nothing was heard of yet.
    open: Vec<Line>,
}

impl Talk {
    fn begin(home: &Path) -> Self {
        let settings = Settings {
            follow_ups: 0,
            ..Settings::default()
        };
        let mut talk = Self {
            seat: Seat::open(home, settings),
            utterances: 0,
            drafts: 0,
            open: Vec::new(),
        };
        talk.input(Input::Begin);
        talk.hear();
        talk.input(Input::Consent {
            given: true,
            how: ConsentHow::Key,
        });
        talk.hear();
        talk
    }

    fn pass(&self, ms: u64) {
        self.seat.pass(ms);
    }

    fn input(&mut self, input: Input) {
        self.open.extend(lines(self.seat.input(input)));
    }

    /// Every open line is heard to its end.
    fn hear(&mut self) {
        while !self.open.is_empty() {
            let line = self.open.remove(0);
            self.pass(60 * line.text.len() as u64);
            self.input(Input::LineEnded {
                line: line.id,
                heard: line.text,
                complete: true,
            });
        }
    }

    /// Speech goes on before anything was heard of the reply.
    fn withdraw(&mut self) {
        self.pass(150);
        self.input(Input::SpeechStarted);
        for line in std::mem::take(&mut self.open) {
            self.input(Input::LineEnded {
                line: line.id,
                heard: String::new(),
                complete: false,
            });
        }
    }

    fn utterance(&self, text: &str) -> Utterance {
        let now = self.seat.clock.now().0;
        Utterance {
            id: self.utterances + 1,
            text: text.to_owned(),
            words: Vec::new(),
            start_ms: now.saturating_sub(2_000),
            end_ms: now,
            confidence: 0.9,
            source: Source::Voice,
        }
    }

    fn said(&mut self, text: &str) {
        let utterance = self.utterance(text);
        self.utterances += 1;
        self.input(Input::Utterance(utterance));
    }

    fn say(&mut self, text: &str) {
        self.pass(700);
        self.input(Input::SpeechStarted);
        self.pass(2_500);
        self.said(text);
    }

    fn prepare(&mut self, text: &str) -> Vec<String> {
        self.prepared(text).0
    }

    /// What would be said, and how much would be told.
    fn prepared(&mut self, text: &str) -> (Vec<String>, Option<Told>) {
        self.drafts += 1;
        let draft = self.drafts;
        let utterance = self.utterance(text);
        let message = ClientMessage::Prepare { draft, utterance };
        match self.seat.session.tell(message).unwrap().as_slice() {
            [
                ServerMessage::Prepared {
                    draft: of,
                    texts,
                    told,
                },
            ] => {
                assert_eq!(*of, draft);
                (texts.clone(), *told)
            }
            other => panic!("expected one reply, found {other:?}"),
        }
    }

    fn texts(&self) -> Vec<String> {
        self.open.iter().map(|l| l.text.clone()).collect()
    }

    /// What the log has, without the times at which it came.
    fn finish(mut self, home: &Path) -> Vec<Event> {
        self.seat.session.left().unwrap();
        let id = self.seat.session.id().to_owned();
        self.seat.session.finish().unwrap();
        let reader = RecordReader::open(&home.join("sessions").join(id)).unwrap();
        reader
            .records()
            .unwrap()
            .map(|r| r.unwrap().event)
            .collect()
    }
}

/// Takes the interview up to the invitation; every reply is prepared first
/// where `prepared`. What was said comes back, and the log.
fn course(prepared: bool) -> (Vec<String>, Vec<Event>) {
    let home = tempfile::tempdir().unwrap();
    let mut talk = Talk::begin(home.path());
    let mut lines = Vec::new();
    let mut question: Option<String> = None;
    for _ in 0..6 {
        let answer = strong_answer(question.as_deref());
        talk.pass(700);
        talk.input(Input::SpeechStarted);
        talk.pass(2_500);
        let draft = prepared.then(|| {
            // A pause in the middle, judged and gone on from.
            talk.prepare("I build");
            talk.pass(400);
            talk.prepare(&answer)
        });
        if !prepared {
            talk.pass(400);
        }
        talk.said(&answer);
        if let Some(draft) = draft {
            assert_eq!(draft, talk.texts());
        }
        lines.extend(talk.texts());
        question = talk.open.last().and_then(|l| l.question.clone());
        talk.hear();
    }
    (lines, talk.finish(home.path()))
}

#[test]
fn what_is_prepared_is_what_is_said_and_leaves_no_trace() {
    let (plain, log) = course(false);
    let (prepared, log_prepared) = course(true);
    assert!(plain.len() >= 6);
    assert_eq!(plain, prepared);
    assert_eq!(log, log_prepared);
}

#[test]
fn how_much_of_a_question_is_told_is_known_while_it_is_told() {
    let home = tempfile::tempdir().unwrap();
    let mut talk = Talk::begin(home.path());
    talk.pass(2_000);
    // Nothing in particular is asked for.
    assert_eq!(talk.prepared("My name is Jonas.").1, None);
    talk.say("My name is Jonas and I have built web services for eight years.");
    talk.hear();
    talk.say("In my last project I moved the billing service to a queue.");
    let question = talk.open.last().and_then(|l| l.question.clone());
    talk.hear();
    let answer = strong_answer(question.as_deref());
    let parts: Vec<&str> = answer.split_inclusive(". ").collect();
    assert!(parts.len() >= 3, "{answer}");
    let mut told = Vec::new();
    talk.pass(1_000);
    told.extend(talk.prepared("Well, let me start with the beginning.").1);
    for n in 1..=parts.len() {
        talk.pass(1_000);
        told.extend(talk.prepared(&parts[..n].concat()).1);
    }
    assert_eq!(told.first(), Some(&Told::Little));
    assert_eq!(told.last(), Some(&Told::Most));
    assert!(told.is_sorted_by_key(|told| *told as u8), "{told:?}");
}

#[test]
fn a_flood_of_questions_is_answered_with_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut talk = Talk::begin(home.path());
    talk.pass(2_000);
    assert!(!talk.prepare("I build web services.").is_empty());
    for _ in 0..50 {
        assert!(talk.prepare("I build web services.").is_empty());
    }
    talk.pass(100);
    assert!(!talk.prepare("I build web services.").is_empty());
}

/// The utterances that each question's answer consists of, by the log.
fn one_answer(parts: &[&str]) -> (usize, Vec<String>) {
    let home = tempfile::tempdir().unwrap();
    let mut talk = Talk::begin(home.path());
    talk.say("My name is Jonas and I have built web services for eight years.");
    talk.hear();
    let mut parts = parts.iter();
    talk.say(parts.next().unwrap());
    for part in parts {
        talk.withdraw();
        talk.pass(2_000);
        talk.said(part);
    }
    // Whoever goes on and on is let finish before the question comes.
    talk.pass(6_000);
    if talk.open.is_empty() {
        talk.open.extend(lines(talk.seat.session.tick().unwrap()));
    }
    let next: Vec<Option<String>> = talk.open.iter().map(|l| l.question.clone()).collect();
    let log = talk.finish(home.path());
    let questions: Vec<&Line> = log
        .iter()
        .filter_map(|event| match event {
            Event::Output {
                output: Output::Say(line),
            } if line.purpose == Purpose::Question => Some(line),
            _ => None,
        })
        .collect();
    // The project question, and whichever came after it.
    assert_eq!(
        questions.len(),
        2,
        "no question is used up by a withdrawn reply"
    );
    assert!(next.iter().any(|q| *q == questions[1].question));
    let said: Vec<String> = log
        .iter()
        .filter_map(|event| match event {
            Event::Input {
                input: Input::Utterance(u),
            } => Some(u.text.clone()),
            _ => None,
        })
        .collect();
    (questions.len(), said)
}

#[test]
fn speech_that_goes_on_before_the_reply_was_heard_joins_the_same_answer() {
    let parts = [
        "In my last project I moved the billing service to a queue.",
        "It made the requests faster because slow work was done later.",
        "And we measured every step before and after.",
        "In the end nobody had to wait any more.",
    ];
    for n in 1..=parts.len() {
        let (_, said) = one_answer(&parts[..n]);
        assert_eq!(said[1..], parts[..n]);
    }
}
