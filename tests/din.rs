//! It is loud around the candidate: an interview is not held up by sound in
//! which nobody can be understood, and a long answer is never cut off by it.
//! Through the loop of a whole call, on the sample clock.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![cfg(feature = "flite")]

mod calls;

use calls::seat::{self, Seat};
use calls::{RATE, Side, engine, open_as};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{broadcast, mpsc};
use viva::audio::{AudioSettings, MicSource, MicSpec};
use viva::call::listen::listen;
use viva::call::{CallEvent, Command, run};
use viva::event::*;
use viva::interview::score::Lexical;
use viva::record::{RecordReader, Trust, verify};
use viva::replay::rederive;
use viva::speech::DecodeHints;
use viva::speech::scripted::{ScriptedRecognizer, SilentVoice};
use viva::speech::voices::open_voice;

fn spoken(voice: &str, speed: f32, text: &str) -> Vec<f32> {
    let mut pcm = Vec::new();
    open_voice(voice, speed)
        .unwrap()
        .speak(text, &mut |part| {
            pcm.extend_from_slice(part);
            ControlFlow::Continue(())
        })
        .unwrap();
    pcm
}

/// Four people who talk at once and never pause.
#[derive(Clone)]
struct Talk(Arc<[f32]>);

impl Talk {
    fn new() -> Self {
        let text = "We moved the old service to containers, step by step, and then we measured \
                    it for a week before anybody else was allowed to use it at all.";
        let talkers = [("rms", 0.9), ("slt", 1.0), ("rms", 1.2), ("slt", 1.1)];
        let mut all = vec![0.0f32; 30 * RATE as usize];
        for (number, (voice, speed)) in talkers.into_iter().enumerate() {
            let said = spoken(voice, speed, text);
            let from = number * 17_000;
            for (to, at) in all.iter_mut().zip(from..) {
                *to += 0.5 * said[at % said.len()];
            }
        }
        Self(all.into())
    }
}

impl MicSource for Talk {
    fn fill(&mut self, at: u64, out: &mut [f32]) {
        for (at, sample) in (at as usize..).zip(out) {
            *sample = self.0[at % self.0.len()];
        }
    }
}

/// What came of a call in the middle of talk.
struct Taken {
    reason: EndReason,
    log: Vec<Record>,
    /// Problems that the candidate was shown.
    shown: Vec<String>,
}

/// A call in which `ears` hear the talk; consent is given by key, and nothing
/// else is done.
async fn in_talk(home: &Path, ears: ScriptedRecognizer) -> Taken {
    let running = engine(home).await;
    let side = Side {
        mic: MicSpec::Live(Box::new(Talk::new())),
        barge_in: true,
        settings: calls::short(),
    };
    let (view, mut seen) = broadcast::channel(65_536);
    let (keys, commands) = mpsc::channel(16);
    let parts = (Box::new(ears) as _, Box::new(SilentVoice) as _);
    let url = running.url.clone();
    let (_, call) = open_as(side, home, &running, &url, parts, view, commands).await;
    let watching = tokio::spawn(async move {
        let mut shown = Vec::new();
        while let Ok(event) = seen.recv().await {
            match event {
                CallEvent::Line(line) if line.purpose == Purpose::Disclosure => {
                    keys.send(Command::Consent(true)).await.unwrap();
                }
                CallEvent::Problem(message) => shown.push(message),
                _ => {}
            }
        }
        shown
    });
    let outcome = run(call).await.unwrap();
    running.stop().await;
    let record = outcome.record.unwrap();
    assert_eq!(verify(&record, &Trust::Any), []);
    let found = rederive(&record, &Lexical).unwrap();
    assert!(found.follows() && found.complete, "{found:?}");
    let reader = RecordReader::open(&record).unwrap();
    Taken {
        reason: outcome.reason,
        log: reader.records().unwrap().map(Result::unwrap).collect(),
        shown: watching.await.unwrap(),
    }
}

fn lines(log: &[Record]) -> Vec<(u64, &Line)> {
    log.iter()
        .filter_map(|r| match &r.event {
            Event::Output {
                output: Output::Say(line),
            } => Some((r.at.millis(), line)),
            _ => None,
        })
        .collect()
}

fn at(log: &[Record], is: impl Fn(&Event) -> bool) -> Vec<u64> {
    log.iter()
        .filter(|r| is(&r.event))
        .map(|r| r.at.millis())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_talk_without_a_word_holds_no_interview_up_and_the_candidate_is_told_why() {
    let home = tempfile::tempdir().unwrap();
    let taken = in_talk(home.path(), ScriptedRecognizer::texts([""; 0])).await;
    let log = &taken.log;
    assert_eq!(taken.reason, EndReason::NoAnswer);
    // Told once, in plain words, with what can be done.
    assert_eq!(taken.shown.len(), 1, "{:?}", taken.shown);
    assert!(taken.shown[0].contains("loud") && taken.shown[0].contains("typed"));
    let told = at(
        log,
        |e| matches!(e, Event::Problem { part, .. } if part == "microphone"),
    );
    let began = at(log, |e| {
        matches!(
            e,
            Event::Input {
                input: Input::SpeechStarted
            }
        )
    });
    assert_eq!(told.len(), 1);
    let after = told[0] - began[0];
    assert!((40_000..80_000).contains(&after), "told after {after} ms");
    // Every line that begins after it is heard to its end.
    let cut = at(log, |e| {
        matches!(
            e,
            Event::Input {
                input: Input::LineEnded {
                    complete: false,
                    ..
                }
            }
        )
    });
    assert!(
        cut.iter().all(|cut| *cut < told[0] + 1_000),
        "{cut:?} {told:?}"
    );
    // From then on silence counts as silence.
    let end = log.last().unwrap().at.millis();
    assert!(end - told[0] < 240_000, "{end} {told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_in_the_talk_are_an_answer_as_soon_as_nothing_more_is_understood() {
    let home = tempfile::tempdir().unwrap();
    // Nothing, until the interviewer has said so; then an answer in one piece.
    let decodes = AtomicUsize::new(0);
    let ears = ScriptedRecognizer::by(Box::new(move |audio, _| {
        let long = audio.len() as u64 > 10 * RATE;
        let number = decodes.fetch_add(usize::from(long), Ordering::SeqCst);
        let words = long && number == 5;
        Ok(if words {
            "I have built services in Python for six years."
        } else {
            ""
        }
        .to_owned())
    }));
    let taken = in_talk(home.path(), ears).await;
    let log = &taken.log;
    let said: Vec<(u64, &Utterance)> = log
        .iter()
        .filter_map(|r| match &r.event {
            Event::Input {
                input: Input::Utterance(u),
            } => Some((r.at.millis(), u)),
            _ => None,
        })
        .collect();
    let [(delivered, utterance)] = said[..] else {
        panic!("expected one utterance, found {said:?}");
    };
    assert_eq!(
        utterance.text,
        "I have built services in Python for six years."
    );
    let waited = delivered - utterance.end_ms;
    assert!(waited < 30_000, "{waited} ms");
    // The reply is said at once, whatever goes on around.
    let reply = lines(log).into_iter().find(|(at, _)| *at >= delivered);
    assert!(reply.unwrap().0 - delivered < 1_000);
}

#[test]
fn the_interviewer_says_once_a_question_that_nothing_can_be_understood() {
    let home = tempfile::tempdir().unwrap();
    let mut seat = Seat::open(home.path(), calls::short());
    let hear = |seat: &mut Seat, said: Vec<Line>| {
        for line in said {
            seat.pass(3_000);
            seat.input(Input::LineEnded {
                line: line.id,
                heard: line.text,
                complete: true,
            });
        }
    };
    let said = seat::lines(seat.input(Input::Begin));
    hear(&mut seat, said);
    let said = seat::lines(seat.input(Input::Consent {
        given: true,
        how: ConsentHow::Key,
    }));
    hear(&mut seat, said);
    let noise = |seat: &mut Seat, seconds: u64| {
        seat.pass(1_000);
        seat.input(Input::SpeechStarted);
        seat.pass(1_000 * seconds);
        seat::lines(seat.input(Input::SpeechIgnored))
    };
    assert_eq!(noise(&mut seat, 3), []);
    let said = noise(&mut seat, 45);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].purpose, Purpose::Remark);
    assert!(said[0].text.contains("type"), "{}", said[0].text);
    hear(&mut seat, said);
    assert_eq!(noise(&mut seat, 45), []);
}

#[test]
fn ten_minutes_of_an_answer_that_is_half_understood_are_one_turn() {
    let mut audio = Vec::new();
    let sentence = spoken(
        "slt",
        1.0,
        "We moved all of our users to one new region and waited.",
    );
    while audio.len() < 600 * RATE as usize {
        audio.extend_from_slice(&sentence);
        audio.extend(vec![0.0; RATE as usize / 4]);
    }
    let mut number = 0;
    let mut ears = ScriptedRecognizer::by(Box::new(move |_, _| {
        number += 1;
        Ok(if number % 2 == 0 { "and then we" } else { "" }.to_owned())
    }));
    let heard = listen(
        &audio,
        &AudioSettings::default(),
        &mut ears,
        &DecodeHints::default(),
    )
    .unwrap();
    assert_eq!((heard.turns, heard.dins), (1, 0));
    assert!(heard.utterances[0].end_ms > 590_000);
}

#[test]
fn endless_talk_is_ended_again_and_again_by_who_only_listens() {
    let mut audio = vec![0.0; 300 * RATE as usize];
    Talk::new().fill(0, &mut audio);
    let heard = listen(
        &audio,
        &AudioSettings::default(),
        &mut ScriptedRecognizer::texts([""; 0]),
        &DecodeHints::default(),
    )
    .unwrap();
    assert_eq!((heard.dins, heard.words()), (1, 0));
    assert!(heard.turns >= 6, "{}", heard.turns);
}
