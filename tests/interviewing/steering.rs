//! Steering from outside: what a recruiter's acts do to an interview, where
//! they are refused, and that a steered interview can be taken again.

use proptest::prelude::*;
use std::time::Duration;
use viva::clock::SessionTime;
use viva::event::*;
use viva::interview::{Bank, Interview, Job, Outcome, Resume, Setup, SteerRefusal};

const JOB: &str = include_str!("../../config/jobs/python-backend-developer.toml");
const ANSWER: &str = "I would use a lock, and an index on the column that is looked up.";

fn setup() -> Setup {
    let job = Job::parse("job.toml", JOB).unwrap();
    let settings = Settings::default();
    Setup::prepare(
        job,
        Resume::of_name("Bob Wilson"),
        Bank::builtin(),
        settings,
    )
    .unwrap()
}

/// Drives one interview in manual time; every line is heard to its end.
struct Call {
    interview: Interview,
    now: SessionTime,
    inputs: Vec<(SessionTime, Input)>,
    out: Vec<Output>,
    utterances: u32,
}

impl Call {
    fn new() -> Self {
        let mut call = Self {
            interview: Interview::new(&setup()),
            now: SessionTime(0),
            inputs: Vec::new(),
            out: Vec::new(),
            utterances: 0,
        };
        call.tell(Input::Begin);
        call
    }

    /// At the first technical question.
    fn at_technical() -> Self {
        let mut call = Self::new();
        call.answer("Yes, I agree.");
        call.answer("I am Bob and I have built web services for eight years.");
        call.steer(Steer::AskNext).unwrap();
        assert_eq!(call.last().stage, Stage::Technical);
        call
    }

    fn tell(&mut self, input: Input) {
        self.inputs.push((self.now, input.clone()));
        self.interview.handle(input, self.now);
        let from = self.out.len();
        while let Some(output) = self.interview.poll() {
            self.out.push(output);
        }
        let lines: Vec<Line> = self.out[from..].iter().filter_map(line).cloned().collect();
        for line in lines {
            self.now = self.now + Duration::from_secs(5);
            self.tell(Input::LineEnded {
                line: line.id,
                heard: line.text,
                complete: true,
            });
        }
    }

    fn answer(&mut self, text: &str) {
        self.now = self.now + Duration::from_secs(3);
        self.tell(Input::SpeechStarted);
        self.now = self.now + Duration::from_secs(4);
        self.utterances += 1;
        self.tell(Input::Utterance(Utterance {
            id: self.utterances,
            text: text.to_owned(),
            words: Vec::new(),
            start_ms: self.now.millis() - 4000,
            end_ms: self.now.millis(),
            confidence: 0.9,
            source: Source::Voice,
        }));
    }

    fn steer_as(&mut self, by: &str, act: Steer) -> Result<(), SteerRefusal> {
        self.now = self.now + Duration::from_secs(1);
        self.interview.may_steer(by, &act)?;
        let by = by.to_owned();
        self.tell(Input::Steer { by, act });
        Ok(())
    }

    fn steer(&mut self, act: Steer) -> Result<(), SteerRefusal> {
        self.steer_as("rita", act)
    }

    /// Lets time pass, with whatever falls due in it.
    fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.interview.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.tell(Input::Tick);
        }
        self.now = self.now.max(end);
    }

    fn last(&self) -> &Line {
        self.out.iter().rev().find_map(line).unwrap()
    }

    fn lines(&self) -> usize {
        self.out.iter().filter_map(line).count()
    }
}

fn line(output: &Output) -> Option<&Line> {
    match output {
        Output::Say(line) => Some(line),
        _ => None,
    }
}

fn say(text: &str) -> Steer {
    Steer::Say { text: text.into() }
}

#[test]
fn ask_next_keeps_what_was_answered_and_skip_drops_it() {
    let mut call = Call::at_technical();
    let first = call.last().question.clone();
    call.answer(ANSWER);
    call.steer(Steer::Skip).unwrap();
    let passed = call.interview.asked().iter().rev().nth(1).unwrap();
    assert_eq!(passed.question, first);
    assert_eq!(passed.outcome, Outcome::Passed);
    assert!(passed.score.is_none() && !passed.struggled);
    let second = call.last().question.clone();
    assert_ne!(second, first);
    call.answer(ANSWER);
    call.steer(Steer::AskNext).unwrap();
    let kept = call.interview.asked().iter().rev().nth(1).unwrap();
    assert_eq!((&kept.question, kept.outcome), (&second, Outcome::Answered));
    assert!(kept.score.is_some());
    // Nobody answered: that counts for nothing either.
    call.steer(Steer::AskNext).unwrap();
    let open = call.interview.asked().last().unwrap();
    assert!(!open.struggled);
}

#[test]
fn a_probe_asks_for_the_heaviest_point_that_is_missing_until_none_is_left() {
    let mut call = Call::at_technical();
    let id = call.last().question.clone().unwrap();
    let setup = setup();
    let question = &setup.plan.question(&id).unwrap().question;
    let with_probe = question.key_points.iter().filter(|p| p.probe.is_some());
    let mut weights = Vec::new();
    for _ in 0..with_probe.count() {
        call.steer(Steer::Probe).unwrap();
        let Purpose::Probe { point } = &call.last().purpose else {
            panic!("{:?}", call.last());
        };
        let point = question.key_points.iter().find(|p| p.id == *point).unwrap();
        weights.push(point.weight);
    }
    assert!(weights.is_sorted_by(|a, b| a >= b), "{weights:?}");
    assert_eq!(call.steer(Steer::Probe), Err(SteerRefusal::NoProbe));
}

#[test]
fn a_question_of_ones_own_is_asked_in_a_persons_name_and_not_scored() {
    let mut call = Call::at_technical();
    call.answer(ANSWER);
    let text = "Why do you want to leave your present company?".to_owned();
    call.steer(Steer::Ask { text: text.clone() }).unwrap();
    let asked = call.last().clone();
    assert_eq!((asked.text, asked.number), (text, None));
    assert_eq!(asked.purpose, Purpose::Human { by: "rita".into() });
    assert_eq!(asked.question.as_deref(), Some("own-1"));
    call.answer("Because I want to learn something new.");
    let own = call.interview.asked().iter().rev().nth(1).unwrap();
    assert_eq!(own.question.as_deref(), Some("own-1"));
    assert_eq!(own.answers.len(), 1);
    assert!(own.score.is_none() && !own.struggled);
    // The course goes on.
    assert_eq!(call.last().purpose, Purpose::Question);
}

#[test]
fn a_pause_stops_the_clock_until_it_is_ended() {
    let mut call = Call::at_technical();
    let left = |call: &Call| call.interview.progress(call.now).left.as_secs();
    assert_eq!(call.steer(Steer::Resume), Err(SteerRefusal::NotPaused));
    call.steer(Steer::Pause).unwrap();
    let before = left(&call);
    assert_eq!(call.steer(Steer::Pause), Err(SteerRefusal::Paused));
    assert_eq!(call.steer(say("Hello")), Err(SteerRefusal::Paused));
    let lines = call.lines();
    call.pass(200);
    assert_eq!(call.lines(), lines);
    call.steer(Steer::Resume).unwrap();
    assert_eq!(call.last().purpose, Purpose::Repeat);
    assert!(before - left(&call) < 15, "{before} {}", left(&call));
}

#[test]
fn who_takes_over_has_the_word_until_it_is_handed_back() {
    let mut call = Call::at_technical();
    let question = call.last().question.clone();
    call.steer(say("Hello, this is **Rita**.")).unwrap();
    assert_eq!(call.last().text, "Hello, this is Rita.");
    assert_eq!(call.last().purpose, Purpose::Human { by: "rita".into() });
    let lines = call.lines();
    call.answer("Hello Rita, nice to meet you.");
    call.pass(120);
    // No probe, no nudge, no next question.
    assert_eq!(call.lines(), lines);
    let refused = SteerRefusal::Taken { by: "rita".into() };
    assert_eq!(
        call.steer_as("carl", say("And I am Carl.")),
        Err(refused.clone())
    );
    assert_eq!(call.steer(Steer::AskNext), Err(refused));
    call.steer(say("One more thing.")).unwrap();
    call.steer(Steer::HandBack).unwrap();
    assert_eq!(call.steer(Steer::HandBack), Err(SteerRefusal::NotTaken));
    assert_eq!(
        (&call.last().purpose, &call.last().question),
        (&Purpose::Repeat, &question)
    );
    call.answer(ANSWER);
    let asked = call
        .interview
        .asked()
        .iter()
        .find(|a| a.question == question);
    let texts: Vec<_> = asked
        .unwrap()
        .answers
        .iter()
        .map(|a| a.text.as_str())
        .collect();
    assert_eq!(texts, [ANSWER]);
}

#[test]
fn nothing_is_steered_before_consent_and_after_the_end() {
    let mut call = Call::new();
    for act in [Steer::AskNext, Steer::End, say("Hello")] {
        assert_eq!(call.steer(act), Err(SteerRefusal::BeforeConsent));
    }
    call.answer("Yes, I agree.");
    call.steer(Steer::End).unwrap();
    assert_eq!(call.interview.ended(), Some(EndReason::RecruiterEnded));
    assert_eq!(call.steer(Steer::AskNext), Err(SteerRefusal::Over));
    for text in ["", "   ", &"x".repeat(501)] {
        let mut call = Call::at_technical();
        let refused = call.steer(say(text)).unwrap_err();
        assert!(matches!(refused, SteerRefusal::Text { .. }), "{refused}");
    }
}

#[test]
fn who_is_spoken_to_by_a_person_can_still_end_and_is_never_left_waiting() {
    let mut call = Call::at_technical();
    call.steer(say("Hello, this is Rita.")).unwrap();
    call.answer("I want to end the interview now.");
    assert_eq!(call.interview.ended(), Some(EndReason::CandidateEnded));
    // Rita has gone away: the budget ends it.
    let mut call = Call::at_technical();
    call.steer(say("Hello, this is Rita.")).unwrap();
    call.pass(3600);
    assert_eq!(call.interview.ended(), Some(EndReason::TimeUp));
}

fn act() -> impl Strategy<Value = Steer> {
    prop_oneof![
        Just(Steer::AskNext),
        Just(Steer::Skip),
        Just(Steer::Probe),
        Just(Steer::Pause),
        Just(Steer::Resume),
        Just(Steer::HandBack),
        "[a-z ]{0,20}".prop_map(|text| Steer::Ask { text }),
        "[a-z ]{0,20}".prop_map(|text| Steer::Say { text }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Acts that have no place, put on the log all the same, change nothing;
    /// whatever was steered, the same inputs give the same outputs, and the
    /// interview ends.
    #[test]
    fn a_steered_interview_can_be_taken_again(
        acts in prop::collection::vec((act(), any::<bool>(), 0u64..40), 0..25)
    ) {
        let mut call = Call::at_technical();
        for (act, answers, wait) in acts {
            if call.interview.may_steer("rita", &act).is_err() {
                let before = (call.out.len(), call.interview.asked().to_vec());
                let by = "rita".to_owned();
                call.tell(Input::Steer { by, act });
                prop_assert_eq!(before, (call.out.len(), call.interview.asked().to_vec()));
            } else {
                call.steer(act).unwrap();
            }
            if answers {
                call.answer(ANSWER);
            }
            call.pass(wait);
        }
        call.pass(3 * 3600);
        prop_assert!(call.interview.ended().is_some());
        let mut again = Interview::new(&setup());
        let mut out = Vec::new();
        for (at, input) in call.inputs {
            again.handle(input, at);
            out.extend(std::iter::from_fn(|| again.poll()));
        }
        prop_assert_eq!(out, call.out);
    }
}
