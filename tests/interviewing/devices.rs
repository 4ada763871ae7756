//! A microphone or speaker that is gone, from the interviewer's view: in
//! manual time, nothing that is not heard counts as silence.

use proptest::prelude::*;
use std::time::Duration;
use viva::clock::SessionTime;
use viva::event::{EndReason, Event, Input, Line, Output, Purpose, Settings, Track, Utterance};
use viva::interview::{Bank, Interview, Job, Resume, Setup};

fn setup() -> Setup {
    let file = |path: &str| {
        std::fs::read_to_string(format!("{}/config/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let (job, resume) = (
        "jobs/frontend-developer.toml",
        "resumes/frontend-developer.toml",
    );
    let settings = Settings {
        minutes: 10,
        ..Settings::default()
    };
    Setup::prepare(
        Job::parse(job, &file(job)).unwrap(),
        Resume::parse(resume, &file(resume)).unwrap(),
        Bank::builtin(),
        settings,
    )
    .unwrap()
}

/// Drives one interview and keeps what went in, for a second one.
struct Talk {
    interview: Interview,
    now: SessionTime,
    lines: Vec<Line>,
    all: Vec<Output>,
    told: Vec<(SessionTime, Input)>,
}

impl Talk {
    /// Asked for the introduction, which was heard to its end.
    fn asked() -> Self {
        let mut talk = Self {
            interview: Interview::new(&setup()),
            now: SessionTime(0),
            lines: Vec::new(),
            all: Vec::new(),
            told: Vec::new(),
        };
        talk.tell(Input::Begin);
        talk.hear();
        talk.say("Yes, that is fine.");
        talk.hear();
        talk
    }

    fn tell(&mut self, input: Input) {
        self.told.push((self.now, input.clone()));
        self.interview.handle(input, self.now);
        while let Some(output) = self.interview.poll() {
            if let Output::Say(line) = &output {
                self.lines.push(line.clone());
            }
            self.all.push(output);
        }
    }

    fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.interview.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.tell(Input::Tick);
            assert!(self.told.len() < 2_000, "the interview does not end");
        }
        self.now = end;
    }

    fn hear(&mut self) {
        for line in std::mem::take(&mut self.lines) {
            self.pass(2);
            self.tell(Input::LineEnded {
                line: line.id,
                heard: line.text,
                complete: true,
            });
        }
    }

    fn say(&mut self, text: &str) {
        self.tell(Input::SpeechStarted);
        self.pass(2);
        let end_ms = self.now.millis();
        self.tell(Input::Utterance(Utterance {
            id: 1,
            text: text.into(),
            words: Vec::new(),
            start_ms: end_ms - 2_000,
            end_ms,
            confidence: 0.9,
            source: viva::event::Source::Voice,
        }));
    }

    fn device(&mut self, track: Track, there: bool) {
        self.tell(Input::Device { track, there });
    }

    fn left(&self) -> Duration {
        self.interview.progress(self.now).left
    }
}

#[test]
fn a_dead_microphone_is_no_silence() {
    let mut talk = Talk::asked();
    talk.pass(5);
    let left = talk.left();
    talk.device(Track::Near, false);
    talk.pass(240);
    assert_eq!(talk.lines, [], "the interviewer took it for silence");
    talk.device(Track::Near, true);
    assert_eq!(talk.left(), left, "the budget ran on");
    // From now on the usual patience, from its beginning.
    talk.pass(14);
    assert_eq!(talk.lines, []);
    talk.pass(2);
    assert_eq!(talk.lines.len(), 1);
    assert_eq!(talk.lines[0].purpose, Purpose::Nudge);
}

#[test]
fn a_line_that_waits_for_a_speaker_is_not_taken_as_heard() {
    let mut talk = Talk::asked();
    talk.say("I am Ada and I have built web pages for five years.");
    talk.device(Track::Far, false);
    let question = talk.lines.clone();
    talk.pass(120);
    assert_eq!(talk.lines, question);
    talk.device(Track::Far, true);
    talk.hear();
    talk.pass(14);
    assert_eq!(talk.lines, []);
}

#[test]
fn both_must_be_back_and_a_typed_answer_counts_meanwhile() {
    let mut talk = Talk::asked();
    talk.device(Track::Near, false);
    talk.device(Track::Far, false);
    talk.device(Track::Near, true);
    talk.pass(100);
    assert_eq!(talk.lines, []);
    talk.tell(Input::Utterance(Utterance {
        id: 2,
        text: "I am Ada and I build web pages.".into(),
        words: Vec::new(),
        start_ms: 0,
        end_ms: 0,
        confidence: 1.0,
        source: viva::event::Source::Typed,
    }));
    assert!(!talk.lines.is_empty(), "a typed answer got no reply");
    talk.device(Track::Far, true);
    assert!(talk.interview.deadline().unwrap() > talk.now);
}

#[test]
fn a_device_that_never_returns_does_not_keep_the_interview_forever() {
    let mut talk = Talk::asked();
    talk.device(Track::Near, false);
    talk.pass(3_600);
    assert_eq!(talk.interview.ended(), Some(EndReason::NoAnswer));
    // A loose contact neither: all its absences together are bounded.
    let mut talk = Talk::asked();
    for _ in 0..100 {
        talk.device(Track::Near, false);
        talk.pass(50);
        talk.device(Track::Near, true);
        talk.pass(1);
    }
    talk.pass(1_200);
    assert!(talk.interview.ended().is_some());
}

#[test]
fn the_log_keeps_its_form() {
    let event = Event::Input {
        input: Input::Device {
            track: Track::Near,
            there: false,
        },
    };
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(
        text,
        r#"{"type":"input","input":{"kind":"device","track":"near","there":false}}"#
    );
    assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whenever devices come and go: there is always a deadline, and the same
    /// inputs give the same outputs.
    #[test]
    fn devices_may_come_and_go_at_any_time(
        steps in proptest::collection::vec((0u8..7, 0u64..200), 1..60)
    ) {
        let mut talk = Talk::asked();
        for (act, seconds) in steps {
            match act {
                0 | 1 => talk.device(Track::Near, act == 1),
                2 | 3 => talk.device(Track::Far, act == 3),
                4 => talk.hear(),
                5 => talk.say("We wrote tests for it every week."),
                _ => talk.tell(Input::Resumed),
            }
            talk.pass(seconds);
            prop_assert!(
                talk.interview.ended().is_some() || talk.interview.deadline().is_some()
            );
        }
        let mut again = Interview::new(&setup());
        let mut all = Vec::new();
        for (at, input) in talk.told {
            again.handle(input, at);
            while let Some(output) = again.poll() {
                all.push(output);
            }
        }
        prop_assert_eq!(all, talk.all);
    }
}
