//! A reply that is withdrawn: its first words are heard, the candidate goes
//! on with the answer, and both parts are one answer. Through the loop of a
//! whole call, on the sample clock.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod calls;

use calls::{RATE, Side, engine, open_as};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::{broadcast, mpsc};
use viva::audio::{Busy, BusyGuard, MicSource, MicSpec};
use viva::call::{CallEvent, Command, run};
use viva::event::*;
use viva::interview::score::Lexical;
use viva::replay::rederive;
use viva::report::{RecordedSession, account};
use viva::speech::scripted::ScriptedRecognizer;
use viva::speech::voices::open_voice;

const FIRST: &str = "In my last job I moved the billing service of our shop to a queue. I wrote \
                     the worker and the tests for it myself and watched it for two weeks.";
const MORE: &str = "And because slow work was done later, the requests became twice as fast.";

/// A mouth that says what is put into it.
#[derive(Clone, Default)]
struct Mouth(Arc<Mutex<VecDeque<f32>>>);

impl Mouth {
    fn say(&self, after: u64, text: &str) {
        let mut pcm = vec![0.0; after as usize];
        open_voice("rms", 1.0)
            .unwrap()
            .speak(text, &mut |part| {
                pcm.extend_from_slice(part);
                ControlFlow::Continue(())
            })
            .unwrap();
        self.0.lock().unwrap().extend(pcm);
    }
}

impl MicSource for Mouth {
    fn fill(&mut self, _at: u64, out: &mut [f32]) {
        let mut queue = self.0.lock().unwrap();
        for sample in out {
            *sample = queue.pop_front().unwrap_or(0.0);
        }
    }
}

/// Answers the project's question aloud and in two parts, the second while
/// the reply to the first is being heard; everything else is typed.
struct Candidate {
    mouth: Mouth,
    busy: Busy,
    keys: mpsc::Sender<Command>,
    /// What the recogniser hears now.
    heard: Arc<Mutex<&'static str>>,
    /// Holds the clock to real time from the first part to the second, so
    /// that the second is there before the reply has been heard.
    hold: Option<BusyGuard>,
    spoke: bool,
}

impl Candidate {
    async fn listen(mut self, mut view: broadcast::Receiver<CallEvent>) {
        while let Ok(event) = view.recv().await {
            match event {
                CallEvent::LineEnded {
                    line,
                    complete: true,
                    hold,
                    ..
                } => {
                    self.answer(&line).await;
                    drop(hold);
                }
                // A reply's first sound.
                CallEvent::Turn(times) if self.hold.is_some() => {
                    assert!(times.first_audio_ms.is_some());
                    *self.heard.lock().unwrap() = MORE;
                    self.mouth.say(RATE / 5, MORE);
                    self.hold = None;
                }
                _ => {}
            }
        }
    }

    async fn answer(&mut self, line: &Line) {
        let fresh = line.stage == Stage::Project && line.purpose == Purpose::Question;
        if fresh && !self.spoke {
            self.spoke = true;
            self.hold = Some(self.busy.enter());
            self.mouth.say(RATE / 5, FIRST);
            return;
        }
        let answer = match line.expects {
            Expects::Nothing => return,
            Expects::YesNo => Command::Consent(true),
            Expects::Short => Command::Type("No, thank you.".into()),
            Expects::Long => Command::Type("I use Python and PostgreSQL every day.".into()),
        };
        self.keys.send(answer).await.unwrap();
    }
}

async fn interview(home: &Path) -> std::path::PathBuf {
    let running = engine(home).await;
    let mouth = Mouth::default();
    let heard = Arc::new(Mutex::new(FIRST));
    let ears = ScriptedRecognizer::by({
        let heard = heard.clone();
        Box::new(move |_, _| Ok((*heard.lock().unwrap()).to_owned()))
    });
    let side = Side {
        mic: MicSpec::Live(Box::new(mouth.clone())),
        barge_in: true,
        settings: Settings {
            questions: 1,
            follow_ups: 0,
            ..Settings::default()
        },
    };
    let (view, seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let parts: (Box<ScriptedRecognizer>, _) = (Box::new(ears), open_voice("slt", 1.0).unwrap());
    let url = running.url.clone();
    let parts = (parts.0 as Box<dyn viva::speech::Recognizer>, parts.1);
    let (_, call) = open_as(side, home, &running, &url, parts, view, commands).await;
    let candidate = Candidate {
        mouth,
        busy: call.audio.busy.clone(),
        keys,
        heard,
        hold: None,
        spoke: false,
    };
    let listening = tokio::spawn(candidate.listen(seen));
    let outcome = run(call).await.unwrap();
    assert_eq!(outcome.reason, EndReason::Completed);
    listening.await.unwrap();
    running.stop().await;
    outcome.record.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_over_a_replys_beginning_join_the_answer_and_the_question_is_asked_again() {
    let home = tempfile::tempdir().unwrap();
    let record = interview(home.path()).await;
    let found = rederive(&record, &Lexical).unwrap();
    assert!(found.follows() && found.complete, "{found:?}");
    let session = RecordedSession::read(&record).unwrap();
    let spoken: Vec<&Utterance> = session
        .records
        .iter()
        .filter_map(|r| match &r.event {
            Event::Input {
                input: Input::Utterance(u),
            } if u.source == Source::Voice => Some(u),
            _ => None,
        })
        .collect();
    let [first, more] = spoken[..] else {
        panic!("expected two parts, found {spoken:?}");
    };
    // The reply began between the two parts, and was stopped by the second.
    let stopped: Vec<(LineId, &str)> = session
        .records
        .iter()
        .filter_map(|r| match &r.event {
            Event::Input {
                input:
                    Input::LineEnded {
                        line,
                        heard,
                        complete: false,
                    },
            } => Some((*line, heard.as_str())),
            _ => None,
        })
        .collect();
    let [(reply, heard)] = stopped[..] else {
        panic!("expected one line that was stopped, found {stopped:?}");
    };
    let lines: Vec<&Line> = session
        .records
        .iter()
        .filter_map(|r| match &r.event {
            Event::Output {
                output: Output::Say(line),
            } => Some(line),
            _ => None,
        })
        .collect();
    let at = lines.iter().position(|l| l.id == reply).unwrap();
    assert!(lines[at].text.starts_with(heard) && heard.len() * 2 < lines[at].text.len());
    assert!(session.records.iter().any(|r| matches!(
        r.event,
        Event::Played { line, start_ms, .. }
            if line == reply && first.end_ms < start_ms && start_ms < more.start_ms
    )));
    // Both parts answer the question that was open, once; the question that
    // was hardly heard is asked again and not used up.
    let asked = account(&session.setup, &session.records);
    let project = asked.iter().find(|a| a.stage == Stage::Project).unwrap();
    let ids: Vec<u32> = project.answers.iter().map(|u| u.id).collect();
    assert_eq!(ids, [first.id, more.id]);
    assert_eq!(lines[at + 1].purpose, Purpose::Repeat);
    assert_eq!(lines[at + 1].question, lines[at].question);
    let next = asked.iter().find(|a| a.question == lines[at].question);
    assert_eq!(next.unwrap().answers.len(), 1);
}
