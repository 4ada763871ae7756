//! The interviewer from outside: whole interviews in manual time, through one
//! helper that hears lines to their end and answers them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use proptest::prelude::*;
use std::time::Duration;
use viva::clock::SessionTime;
use viva::event::*;
use viva::interview::bank::Level;
use viva::interview::{Bank, Interview, Job, Outcome, Resume, Setup};

const INVITATION: &str = "Before we wrap up, do you have any questions for me?";
const ANY_OTHER: &str = "Any other questions I can help with?";
const FAREWELL: &str = "Thank you, that's it for today.";

fn file(path: &str) -> String {
    std::fs::read_to_string(format!("{}/config/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn setup_of(name: &str, change: impl FnOnce(&mut Settings)) -> Setup {
    let path = format!("jobs/{name}.toml");
    let job = Job::parse(&path, &file(&path)).unwrap();
    let path = format!("resumes/{name}.toml");
    let resume = Resume::parse(&path, &file(&path)).unwrap();
    let mut settings = Settings::default();
    change(&mut settings);
    Setup::prepare(job, resume, Bank::builtin(), settings).unwrap()
}

fn setup(change: impl FnOnce(&mut Settings)) -> Setup {
    setup_of("python-backend-developer", change)
}

/// Drives one interview: says, hears, waits.
struct Talk {
    interview: Interview,
    now: SessionTime,
    /// All outputs.
    out: Vec<Output>,
    /// Lines of the newest turn.
    turn: Vec<Line>,
    utterances: u32,
    inputs: usize,
    ended_at: Option<SessionTime>,
}

impl Talk {
    fn new(setup: &Setup) -> Self {
        let mut talk = Self {
            interview: Interview::new(setup),
            now: SessionTime(0),
            out: Vec::new(),
            turn: Vec::new(),
            utterances: 0,
            inputs: 0,
            ended_at: None,
        };
        talk.tell(Input::Begin);
        talk
    }

    /// Past consent and introduction: the project question was asked.
    fn at_project(setup: &Setup) -> Self {
        let mut talk = Self::new(setup);
        talk.answer("Sure, go ahead.");
        talk.answer("My name is Jonas and I have built web services for eight years.");
        assert_eq!(talk.last().stage, Stage::Project);
        talk
    }

    /// Past the project: the first technical question was asked.
    fn at_technical(setup: &Setup) -> Self {
        let mut talk = Self::at_project(setup);
        talk.key(Request::Skip);
        assert_eq!(talk.last().stage, Stage::Technical);
        talk
    }

    fn tell(&mut self, input: Input) {
        self.inputs += 1;
        assert!(self.inputs < 2000, "the interview does not end");
        self.interview.handle(input, self.now);
        let mut lines = Vec::new();
        while let Some(output) = self.interview.poll() {
            if let Output::Say(line) = &output {
                lines.push(line.clone());
            }
            self.out.push(output);
        }
        if !lines.is_empty() {
            self.turn = lines;
        }
        if self.interview.ended().is_some() {
            self.ended_at.get_or_insert(self.now);
        }
        if self.interview.ended().is_none()
            && !matches!(self.interview.stage(), Stage::Opening if self.out.is_empty())
        {
            assert!(
                self.interview.deadline().is_some(),
                "a wait without a deadline"
            );
        }
    }

    /// Lets time pass and wakes the interviewer when that is due.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.interview.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.tell(Input::Tick);
        }
        self.now = end;
    }

    /// Hears the newest turn to its end.
    fn hear(&mut self) {
        for line in std::mem::take(&mut self.turn) {
            self.pass(Duration::from_millis(
                300 * line.text.split_whitespace().count() as u64,
            ));
            self.tell(Input::LineEnded {
                line: line.id,
                heard: line.text.clone(),
                complete: true,
            });
        }
    }

    /// Hears a part of the newest turn's last line, and stops it.
    fn cut_in(&mut self, words: usize) {
        let Some(line) = std::mem::take(&mut self.turn).pop() else {
            return;
        };
        self.pass(Duration::from_millis(300 * words as u64));
        self.tell(Input::SpeechStarted);
        let heard: Vec<&str> = line.text.split_whitespace().take(words).collect();
        self.tell(Input::LineEnded {
            line: line.id,
            heard: heard.join(" "),
            complete: false,
        });
    }

    /// Only speaks.
    fn speak(&mut self, text: &str) {
        self.tell(Input::SpeechStarted);
        self.pass(Duration::from_millis(
            400 * text.split_whitespace().count() as u64,
        ));
        self.utterances += 1;
        let end_ms = self.now.millis();
        self.tell(Input::Utterance(Utterance {
            id: self.utterances,
            text: text.into(),
            words: vec![],
            start_ms: end_ms.saturating_sub(100),
            end_ms,
            confidence: 0.9,
            source: Source::Voice,
        }));
    }

    /// Hears, then speaks.
    fn answer(&mut self, text: &str) {
        self.hear();
        self.pass(Duration::from_millis(800));
        self.speak(text);
    }

    fn key(&mut self, request: Request) {
        self.hear();
        self.tell(Input::Request { request });
    }

    /// Hears, then waits until the interviewer wants to be woken.
    fn wait(&mut self) {
        self.hear();
        if let Some(at) = self.interview.deadline() {
            self.now = self.now.max(at);
            self.tell(Input::Tick);
        }
    }

    fn lines(&self) -> Vec<&Line> {
        self.out
            .iter()
            .filter_map(|o| match o {
                Output::Say(line) => Some(line),
                _ => None,
            })
            .collect()
    }

    fn last(&self) -> &Line {
        self.lines().last().unwrap()
    }

    fn first_of_turn(&self) -> &Line {
        &self.turn[0]
    }

    fn count(&self, purpose: &Purpose) -> usize {
        self.lines()
            .iter()
            .filter(|l| l.purpose == *purpose)
            .count()
    }

    /// What must hold of every interview that began.
    fn check(&self) {
        let mut questions = Vec::new();
        let mut probes = Vec::new();
        for line in self.lines() {
            assert!(line.text.matches('?').count() <= 1, "{}", line.text);
            assert!(
                !line.text.contains(['*', '#', '`', '_', '\n']),
                "{}",
                line.text
            );
            assert!(!line.text.contains("  "), "{}", line.text);
            if line.purpose == Purpose::Question {
                questions.push(line.question.clone().unwrap());
            }
            if let Purpose::Probe { point } = &line.purpose {
                probes.push((line.question.clone(), point.clone()));
            }
        }
        let all = (questions.len(), probes.len());
        questions.sort();
        questions.dedup();
        probes.sort();
        probes.dedup();
        assert_eq!(
            (questions.len(), probes.len()),
            all,
            "something was asked twice"
        );
    }

    /// Ends the interview by `reply` to whatever is asked, and checks it.
    fn finish(mut self, mut reply: impl FnMut(&mut Self)) -> Self {
        while self.interview.ended().is_none() {
            reply(&mut self);
        }
        self.check();
        self
    }

    fn reason(&self) -> EndReason {
        self.interview.ended().unwrap()
    }

    fn closes_exactly(&self) {
        let lines = self.lines();
        assert_eq!(lines[lines.len() - 1].text, FAREWELL);
        assert_eq!(lines.iter().filter(|l| l.text == FAREWELL).count(), 1);
        assert!(lines.iter().any(|l| l.text == INVITATION), "no invitation");
    }
}

/// The sample answer of a profile for the question that is open.
fn sample(talk: &Talk, strong: bool) -> String {
    let line = talk.last();
    let Some(id) = &line.question else {
        return match line.stage {
            Stage::Opening => "Yes, that's fine.".into(),
            Stage::Closing => "No, thank you.".into(),
            _ => "I have worked as a developer for six years now.".into(),
        };
    };
    let question = Bank::builtin().question(id).unwrap();
    let sample = question.sample.clone().unwrap_or_default();
    let text = if strong {
        question.ideal.clone()
    } else {
        sample.weak
    };
    if text.is_empty() {
        "We did it with some tools.".into()
    } else {
        text
    }
}

#[test]
fn the_whole_course_is_taken_in_order_with_the_exact_closing_lines() {
    for name in [
        "python-backend-developer",
        "machine-learning-engineer",
        "devops-engineer",
    ] {
        let setup = setup_of(name, |_| {});
        let mut talk = Talk::new(&setup);
        assert!(
            talk.last().text.contains(&setup.resume.name),
            "the whole name is said"
        );
        assert!(talk.last().text.contains("AI") && talk.last().text.contains("recorded"));
        assert_eq!(talk.last().expects, Expects::YesNo);
        while talk.last().text != INVITATION {
            let text = sample(&talk, false);
            talk.answer(&text);
        }
        talk.answer("How big is the team?");
        assert!(
            matches!(&talk.first_of_turn().purpose, Purpose::Reply { fact: Some(f) } if f == "team")
        );
        assert_eq!(talk.last().text, ANY_OTHER);
        talk.answer("What is the name of your dog?");
        assert_eq!(
            talk.first_of_turn().text,
            "I don't have that information, but I will pass your question on to the recruiter."
        );
        assert_eq!(talk.last().text, ANY_OTHER);
        talk.answer("No, that's all, thanks.");
        assert_eq!(talk.last().text, FAREWELL);
        assert_eq!(
            talk.interview.ended(),
            None,
            "the last words are heard first"
        );
        talk.hear();
        assert_eq!(talk.reason(), EndReason::Completed);
        talk.check();
        talk.closes_exactly();
        let stages: Vec<_> = talk.interview.asked().iter().map(|a| a.stage).collect();
        assert_eq!(
            stages,
            [
                Stage::Introduction,
                Stage::Project,
                Stage::Technical,
                Stage::Technical,
                Stage::Technical
            ]
        );
        let numbers: Vec<_> = talk.interview.asked().iter().map(|a| a.number).collect();
        assert_eq!(numbers, [None, Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(talk.interview.asked_back().len(), 2);
        assert!(talk.interview.asked_back()[1].passed_on);
    }
}

#[test]
fn advanced_questions_come_only_after_good_answers() {
    let setup = setup(|s| s.questions = 6);
    let run = |strong: bool| {
        Talk::new(&setup).finish(|talk| {
            let text = sample(talk, strong);
            talk.answer(&text);
        })
    };
    let advanced = |talk: &Talk| {
        let ids = talk
            .interview
            .asked()
            .iter()
            .filter_map(|a| a.question.clone());
        ids.filter(|id| {
            let planned = setup.plan.question(id).unwrap();
            planned.reserve && planned.question.level == Level::Advanced
        })
        .count()
    };
    let (weak, strong) = (run(false), run(true));
    assert_eq!(advanced(&weak), 0);
    assert!(advanced(&strong) > 0, "{:?}", strong.interview.asked());
    let first = |talk: &Talk| {
        talk.interview.asked()[..4]
            .iter()
            .map(|a| a.question.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        first(&weak),
        first(&strong),
        "the core is the same for both"
    );
    assert_eq!(weak.interview.asked().len(), strong.interview.asked().len());
}

#[test]
fn consent_is_given_refused_or_asked_for_again() {
    let given = |talk: &Talk| {
        talk.out.iter().find_map(|o| match o {
            Output::Consent { given, how } => Some((*given, *how)),
            _ => None,
        })
    };
    let plain = setup(|_| {});
    for (text, expect) in [
        ("Yes, of course.", true),
        ("No, thank you.", false),
        ("I'd rather not.", false),
    ] {
        let mut talk = Talk::new(&plain);
        talk.answer(text);
        assert_eq!(given(&talk), Some((expect, ConsentHow::Voice)), "{text}");
        if !expect {
            assert_eq!(talk.last().purpose, Purpose::Farewell);
            talk.hear();
            assert_eq!(talk.reason(), EndReason::ConsentRefused);
        }
    }
    let mut unclear = Talk::new(&plain);
    for _ in 0..2 {
        unclear.answer("The weather is nice.");
        assert_eq!(unclear.last().purpose, Purpose::ConsentAgain);
    }
    unclear.answer("The weather is nice.");
    assert_eq!(given(&unclear), Some((false, ConsentHow::Voice)));

    let mut unheard = Talk::new(&plain);
    unheard.cut_in(3);
    unheard.speak("Yes yes.");
    assert_eq!(
        unheard.last().purpose,
        Purpose::ConsentAgain,
        "consent to nothing is none"
    );

    let mut key = Talk::new(&plain);
    key.tell(Input::Consent {
        given: true,
        how: ConsentHow::Key,
    });
    assert_eq!(given(&key), Some((true, ConsentHow::Key)));
    assert_eq!(key.last().purpose, Purpose::Introduction);

    let mut before = Interview::new(&plain);
    before.handle(
        Input::Consent {
            given: true,
            how: ConsentHow::Beforehand,
        },
        SessionTime(0),
    );
    before.handle(Input::Begin, SessionTime(5));
    let lines: Vec<_> = std::iter::from_fn(|| before.poll()).collect();
    assert!(matches!(lines[0], Output::Consent { given: true, .. }));
    assert!(
        matches!(&lines[1], Output::Say(l) if l.purpose == Purpose::Disclosure && !l.text.contains('?'))
    );
    assert!(matches!(&lines[2], Output::Say(l) if l.purpose == Purpose::Introduction));

    let silent = Talk::new(&plain).finish(Talk::wait);
    assert_eq!(silent.reason(), EndReason::NoAnswer);
    assert_eq!(given(&silent), Some((false, ConsentHow::Voice)));
}

#[test]
fn every_request_is_granted() {
    let setup = setup(|_| {});
    let mut talk = Talk::at_technical(&setup);
    let asked = talk.interview.asked().last().unwrap().text.clone();

    talk.answer("Could you repeat the question, please?");
    assert_eq!(talk.last().purpose, Purpose::Repeat);
    assert!(talk.last().text.ends_with(&asked), "{}", talk.last().text);

    talk.answer("Can you rephrase that?");
    assert_eq!(talk.last().purpose, Purpose::Rephrase);
    assert!(!talk.last().text.contains(&asked));

    talk.answer("Let me think.");
    assert!(matches!(talk.out.last(), Some(Output::Hold { on: true })));
    talk.pass(Duration::from_secs(40));
    talk.answer("Do you mean in production or in general?");
    assert!(talk.out.contains(&Output::Hold { on: false }));
    assert_eq!(talk.last().purpose, Purpose::Remark);

    talk.answer("Can we take a short break?");
    assert!(matches!(talk.out.last(), Some(Output::Hold { on: true })));
    talk.pass(Duration::from_secs(200));
    talk.answer("Okay, let's continue.");
    assert_eq!(talk.last().purpose, Purpose::Repeat);

    talk.answer("Tell me a joke!");
    assert_eq!(talk.first_of_turn().text, "Sorry, this is out of scope.");
    assert_eq!(talk.last().purpose, Purpose::Repeat);

    talk.answer("How much is the salary?");
    assert_eq!(
        talk.last().purpose,
        Purpose::Remark,
        "it has its time at the end"
    );

    let before = talk.interview.asked().len();
    talk.answer("Can we skip this question?");
    assert_eq!(talk.interview.asked().len(), before + 1);
    assert_eq!(talk.interview.asked()[before - 1].outcome, Outcome::Skipped);
    assert!(talk.interview.asked()[before - 1].answers.is_empty());

    talk.answer("I don't know.");
    assert_eq!(talk.interview.asked()[before].outcome, Outcome::DontKnow);
    assert!(talk.interview.asked()[before].struggled);
    assert!(
        talk.interview.asked()[before].probes.is_empty(),
        "nobody is pressed"
    );

    talk.answer("I'd like to end the interview.");
    assert_eq!(talk.last().text, FAREWELL);
    talk.hear();
    assert_eq!(talk.reason(), EndReason::CandidateEnded);
    talk.check();
}

#[test]
fn keys_do_what_words_do() {
    let setup = setup(|_| {});
    let mut talk = Talk::at_technical(&setup);
    for (request, purpose) in [
        (Request::Repeat, Purpose::Repeat),
        (Request::Rephrase, Purpose::Rephrase),
        (Request::Think, Purpose::Remark),
        (Request::Pause, Purpose::Remark),
        (Request::Resume, Purpose::Repeat),
        (Request::Skip, Purpose::Question),
    ] {
        if request == Request::Pause {
            talk.answer("Okay, I thought about it, and it depends on the size of the table and its indexes.");
            if talk.last().purpose == Purpose::Question {
                continue;
            }
        }
        talk.key(request);
        assert_eq!(talk.last().purpose, purpose, "{request:?}");
    }
    // The key that ends a turn comes before its words.
    let before = talk.interview.asked().len();
    talk.key(Request::Finished);
    assert_eq!(talk.interview.asked().len(), before);
    talk.key(Request::End);
    talk.hear();
    assert_eq!(talk.reason(), EndReason::CandidateEnded);
}

#[test]
fn silence_brings_one_prompt_and_then_the_next_question() {
    let mut talk = Talk::at_technical(&setup(|_| {}));
    let asked = talk.interview.asked().len();
    talk.hear();
    let from = talk.now;
    talk.wait();
    assert_eq!(talk.now.since(from), Duration::from_secs(15));
    assert_eq!(talk.last().purpose, Purpose::Nudge);
    talk.wait();
    assert_eq!(talk.last().purpose, Purpose::Question);
    assert_eq!(
        talk.interview.asked()[asked - 1].outcome,
        Outcome::Unanswered
    );
    assert_eq!(talk.interview.asked()[asked - 1].score, None);
}

#[test]
fn a_candidate_who_never_answers_hears_the_closing_lines() {
    let mut talk = Talk::new(&setup(|s| s.questions = 8));
    talk.answer("Yes.");
    let talk = talk.finish(Talk::wait);
    assert_eq!(talk.reason(), EndReason::NoAnswer);
    assert_eq!(talk.interview.asked().len(), 3);
    talk.closes_exactly();
}

#[test]
fn probes_are_few_and_only_for_what_is_missing() {
    for follow_ups in 0..=3 {
        let talk = Talk::new(&setup(|s| s.follow_ups = follow_ups)).finish(|talk| {
            let text = match talk
                .last()
                .question
                .as_deref()
                .and_then(|id| Bank::builtin().question(id))
            {
                // Every time one more point.
                Some(question) => {
                    let asked = talk.interview.asked().last().unwrap();
                    question.key_points[asked.answers.len() % question.key_points.len()]
                        .says
                        .clone()
                }
                None => sample(talk, true),
            };
            talk.answer(&text);
        });
        for asked in talk.interview.asked() {
            assert!(asked.probes.len() <= usize::from(follow_ups));
        }
        let any = talk
            .lines()
            .iter()
            .any(|l| matches!(l.purpose, Purpose::Probe { .. }));
        assert_eq!(any, follow_ups > 0);
    }
}

#[test]
fn an_answer_in_two_utterances_is_kept_whole() {
    let setup = setup(|s| s.follow_ups = 0);
    let mut talk = Talk::at_technical(&setup);
    talk.answer("You measure first, with a profiler on the slow endpoint.");
    let next = talk.last().clone();
    assert_eq!(next.purpose, Purpose::Question);
    // The candidate was not done: the next question was hardly heard.
    talk.cut_in(2);
    talk.speak("And then you look at the queries and add an index.");
    assert_eq!(talk.last().purpose, Purpose::Repeat);
    assert_eq!(talk.last().question, next.question);
    let asked = talk.interview.asked();
    let before = &asked[asked.len() - 2];
    assert_eq!(before.answers.len(), 2);
    assert!(asked[asked.len() - 1].answers.is_empty());
    talk.answer("That is another matter, you write tests for each module.");
    let all: Vec<u32> = talk
        .interview
        .asked()
        .iter()
        .flat_map(|a| &a.answers)
        .map(|u| u.id)
        .collect();
    let mut once = all.clone();
    once.dedup();
    assert_eq!(all, once, "nothing counts twice");
    talk.check();
}

#[test]
fn somebody_who_goes_on_and_on_is_let_finish_before_the_question_comes_again() {
    let setup = setup(|s| s.follow_ups = 0);
    let mut talk = Talk::at_technical(&setup);
    talk.answer("You measure first, with a profiler on the slow endpoint.");
    let next = talk.last().question.clone();
    let parts = [
        "Then you look at the queries.",
        "You add an index where one is missing.",
        "After that you cache what seldom changes.",
        "The cache needs a sensible time to live.",
        "Work that can wait goes to a queue.",
        "Then you look at the number of workers.",
        "And you measure again.",
    ];
    for (at, part) in parts.iter().enumerate() {
        talk.cut_in(2);
        talk.pass(Duration::from_millis(1_500));
        let said = talk.lines().len();
        talk.speak(part);
        let again = talk.lines().len() > said;
        assert_eq!(again, at < 2, "{part}");
    }
    let asked = talk.interview.asked();
    assert_eq!(asked[asked.len() - 2].answers.len(), 8);
    assert!(asked[asked.len() - 1].answers.is_empty());
    // Three quiet seconds, and the question comes.
    talk.pass(Duration::from_secs(4));
    assert_eq!(talk.last().purpose, Purpose::Repeat);
    assert_eq!(talk.last().question, next);
    talk.answer("Each request gets an id of its own that all services log.");
    assert_eq!(talk.interview.asked().len(), 5);
    talk.check();
}

#[test]
fn an_answer_with_long_pauses_is_worth_what_it_is_worth_in_one_breath() {
    let setup = setup(|_| {});
    let run = |pauses: bool| -> Vec<Option<u8>> {
        let talk = Talk::new(&setup).finish(|talk| {
            let open = talk.interview.asked().last();
            let fresh = open.is_some_and(|a| a.question.is_some() && a.answers.is_empty());
            if !fresh || talk.last().stage == Stage::Closing {
                let text = sample(talk, false);
                let told = open.is_some_and(|a| a.question.is_some());
                let closing = talk.last().stage == Stage::Closing;
                talk.answer(if told && !closing {
                    "That's all from me."
                } else {
                    &text
                });
                return;
            }
            let whole = sample(talk, true);
            if !pauses {
                return talk.answer(&whole);
            }
            for (at, part) in whole.split_inclusive(". ").enumerate() {
                if at == 0 {
                    talk.answer(part);
                } else {
                    talk.cut_in(2);
                    talk.pass(Duration::from_millis(1_200));
                    talk.speak(part);
                }
            }
            talk.pass(Duration::from_secs(4));
        });
        let asked = talk.interview.asked().iter().skip(1);
        asked
            .map(|a| a.score.as_ref().and_then(|s| s.score))
            .collect()
    };
    let (whole, parts) = (run(false), run(true));
    assert_eq!(whole, parts);
    assert!(whole.iter().all(|s| *s >= Some(4)), "{whole:?}");
}

#[test]
fn a_question_that_a_noise_interrupted_is_said_again() {
    let mut talk = Talk::at_technical(&setup(|_| {}));
    let question = talk.last().question.clone();
    talk.cut_in(2);
    talk.tell(Input::SpeechIgnored);
    assert_eq!(talk.last().purpose, Purpose::Repeat);
    assert_eq!(talk.last().question, question);
}

#[test]
fn coach_mode_explains_after_a_struggle_and_no_other_mode_does() {
    for mode in [Mode::Coach, Mode::Friendly, Mode::Formal, Mode::Technical] {
        let talk = Talk::new(&setup(|s| s.mode = mode)).finish(|talk| {
            let text = if talk.last().number.is_some() {
                "I don't know.".into()
            } else {
                sample(talk, false)
            };
            talk.answer(&text);
        });
        let explains = talk.count(&Purpose::Explain);
        assert_eq!(explains, if mode == Mode::Coach { 4 } else { 0 });
        assert_eq!(
            explains,
            talk.interview
                .asked()
                .iter()
                .filter(|a| a.explained)
                .count()
        );
    }
}

#[test]
fn coach_mode_has_one_helpful_sentence_for_every_technical_answer() {
    for strong in [true, false] {
        let talk = Talk::new(&setup(|s| s.mode = Mode::Coach)).finish(|talk| {
            let text = sample(talk, strong);
            talk.answer(&text);
        });
        let mut helped = 0;
        for asked in talk
            .interview
            .asked()
            .iter()
            .filter(|a| a.question.is_some())
        {
            let scored = asked.score.as_ref().is_some_and(|s| s.score.is_some());
            assert!(asked.explained || !scored, "{asked:?}");
            helped += usize::from(asked.explained);
        }
        assert!(helped > 0);
        assert_eq!(talk.count(&Purpose::Explain), helped);
    }
}

#[test]
fn coach_mode_names_the_weightiest_point_that_was_missing() {
    let mut talk = Talk::at_technical(&setup(|s| {
        s.mode = Mode::Coach;
        s.follow_ups = 0;
    }));
    let id = talk.last().question.clone().unwrap();
    let question = Bank::builtin().question(&id).unwrap().clone();
    let one = question.key_points[0].any_of[0].replace('*', "");
    talk.answer(&format!(
        "What I know about it is this: {one}. {}",
        question.key_points[1].says
    ));
    let out: Vec<String> = talk
        .out
        .iter()
        .filter_map(|output| match output {
            Output::Say(line) if line.purpose == Purpose::Explain => Some(line.text.clone()),
            _ => None,
        })
        .collect();
    let asked = talk
        .interview
        .asked()
        .iter()
        .find(|a| a.question == Some(id.clone()));
    let score = asked.unwrap().score.clone().unwrap();
    // The project was skipped, which is a struggle, too.
    assert_eq!(out.len(), 2, "{out:?} {score:?}");
    let of = |id: &String| question.key_points.iter().find(|p| p.id == *id).unwrap();
    let heaviest = score
        .missing
        .iter()
        .map(|id| of(id).weight)
        .fold(0.0, f32::max);
    let first = score
        .missing
        .iter()
        .find(|id| of(id).weight == heaviest)
        .unwrap();
    let says = &of(first).says;
    assert!(out[1].ends_with(says.as_str()), "{out:?}, expected {says}");
}

#[test]
fn difficult_candidates_never_make_it_loop() {
    type Reply = fn(&mut Talk);
    let kinds: [(&str, Reply); 9] = [
        ("one word", |t| t.answer("Docker.")),
        ("only yes", |t| t.answer("Yes.")),
        ("hostile", |t| {
            t.answer("This is a stupid question and you are a stupid machine.")
        }),
        ("repeats the question", |t| {
            let text = t.last().text.clone();
            t.answer(&text)
        }),
        ("asks back", |t| t.answer("What do you mean by that?")),
        ("asks for repeats", |t| t.answer("Could you repeat that?")),
        ("asks for time", |t| t.answer("Let me think.")),
        ("cuts in", |t| {
            t.cut_in(1);
            t.speak("So as I said we measure it and then improve the slow part.")
        }),
        ("pauses", |t| {
            t.answer("Can we take a break?");
            t.wait()
        }),
    ];
    for minutes in [5, 30] {
        for (name, reply) in &kinds {
            let mut talk = Talk::new(&setup(|s| s.minutes = minutes));
            talk.answer("Yes.");
            let talk = talk.finish(reply);
            let allowed = u64::from(minutes) * 60 + if *name == "pauses" { 1000 } else { 0 };
            assert!(
                talk.now.millis() <= allowed * 1000,
                "{name} took {}",
                talk.now
            );
            assert_eq!(talk.last().text, FAREWELL, "{name}");
        }
    }
}

#[test]
fn the_budget_is_kept_by_a_candidate_who_talks_and_talks() {
    for minutes in [2, 5, 10, 20] {
        let long =
            "we measured the load on the service and then changed one thing after the other "
                .repeat(20);
        let mut talk = Talk::new(&setup(|s| {
            s.minutes = minutes;
            s.questions = 10;
        }));
        talk.answer("Yes.");
        let talk = talk.finish(|talk| {
            talk.hear();
            talk.tell(Input::SpeechStarted);
            let end = talk.now + Duration::from_secs(120);
            while let Some(at) = talk.interview.deadline().filter(|at| *at <= end) {
                talk.now = talk.now.max(at);
                talk.tell(Input::Tick);
                if talk.interview.stage() == Stage::Closing {
                    return talk.hear();
                }
            }
            talk.now = end;
            talk.speak(&long);
        });
        assert!(
            talk.now.millis() <= u64::from(minutes) * 60_000,
            "{} of {minutes}",
            talk.now
        );
        assert_eq!(talk.reason(), EndReason::TimeUp);
        talk.closes_exactly();
    }
}

#[test]
fn two_candidates_of_one_job_get_the_same_plan_but_for_their_projects() {
    let a = setup(|_| {});
    let other = Resume::parse("r.toml", &file("resumes/devops-engineer.toml")).unwrap();
    let b = Setup::prepare(a.job.clone(), other, Bank::builtin(), a.settings.clone()).unwrap();
    let rest = |s: &Setup| s.plan.questions[1..].to_vec();
    assert_eq!(rest(&a), rest(&b));
    assert_ne!(
        a.plan.questions[0].question.ask,
        b.plan.questions[0].question.ask
    );
    assert_eq!(
        a.plan.questions[0].question.key_points,
        b.plan.questions[0].question.key_points
    );
}

#[test]
fn planned_questions_belong_to_the_job_and_say_why() {
    for (name, prefixes) in [
        ("python-backend-developer", vec!["py."]),
        ("machine-learning-engineer", vec!["ml.", "mlops."]),
        ("devops-engineer", vec!["devops.", "sre."]),
    ] {
        let setup = setup_of(name, |s| s.questions = 5);
        assert!(setup.plan.notes.is_empty(), "{:?}", setup.plan.notes);
        for planned in &setup.plan.questions[1..] {
            let id = &planned.question.id;
            assert!(
                prefixes.iter().any(|p| id.starts_with(p)),
                "{id} for {name}"
            );
            assert!(
                planned.relevance.score >= 0.75,
                "{id}: {:?}",
                planned.relevance
            );
            assert!(!planned.relevance.matched.is_empty() && !planned.why.is_empty());
            assert!(planned.question.sample.is_none());
        }
    }
}

#[test]
fn a_job_that_the_bank_does_not_know_gets_behavioral_questions_and_a_note() {
    let job = Job::parse(
        "j.txt",
        "Position: Pastry Chef\nMust have:\n- Croissants\n- Early mornings\n",
    )
    .unwrap();
    let setup = Setup::prepare(
        job,
        Resume::of_name("Lou Marchand"),
        Bank::builtin(),
        Settings::default(),
    )
    .unwrap();
    assert!(
        setup.plan.questions[1..]
            .iter()
            .all(|q| q.question.id.starts_with("beh."))
    );
    assert!(
        setup
            .plan
            .notes
            .iter()
            .any(|n| n.contains("behavioral instead")),
        "{:?}",
        setup.plan.notes
    );
}

#[test]
fn settings_outside_their_range_are_named() {
    let good = setup(|_| {});
    let settings = Settings {
        questions: 11,
        ..Settings::default()
    };
    let error = Setup::prepare(good.job, good.resume, Bank::builtin(), settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Setting questions is 11: expected 1 to 10"
    );
}

#[test]
fn a_setup_survives_its_way_through_json() {
    let setup = setup(|_| {});
    let text = serde_json::to_string(&setup).unwrap();
    assert_eq!(serde_json::from_str::<Setup>(&text).unwrap(), setup);
}

#[test]
fn typical_jobs_and_resumes_in_plain_text_are_understood() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/eval/people.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: {path} is not there");
        return;
    };
    let people: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    for person in people {
        let of = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        let job = format!(
            "Company: {}\n{}",
            of(&person["job"]["company"]),
            of(&person["job"]["requirements"])
        );
        let job = Job::parse("job.txt", &job).unwrap();
        let resume = Resume::parse("resume.txt", &of(&person["resume"])).unwrap();
        assert_eq!(resume.name, of(&person["name"]));
        assert_eq!(job.company, of(&person["job"]["company"]));
        assert!(
            job.must_haves.len() >= 3
                && job.nice_to_haves.len() >= 3
                && job.responsibilities.len() >= 3
        );
        assert!(!resume.roles.is_empty() && !resume.skills.is_empty());
        let setup = Setup::prepare(job, resume, Bank::builtin(), Settings::default()).unwrap();
        for planned in &setup.plan.questions {
            let question = &planned.question;
            assert!(
                planned.relevance.score >= 0.5,
                "{}: {}",
                setup.job.title,
                question.id
            );
            assert!(
                question.ask.matches('?').count() <= 1 && !question.ask.contains('*'),
                "{}",
                question.ask
            );
        }
    }
}

#[test]
fn whoever_asks_is_told_what_speaks_and_where_a_person_is() {
    let mut talk = Talk::at_technical(&setup(|_| {}));
    talk.answer("Are you a robot?");
    assert_eq!(talk.first_of_turn().purpose, Purpose::Remark);
    assert!(talk.first_of_turn().text.contains("computer program"));
    assert_eq!(talk.last().purpose, Purpose::Repeat, "the question stands");
    talk.answer("Can I speak to a human, please?");
    assert!(talk.last().text.contains("stop at any time"));
    assert!(talk.interview.asked().last().unwrap().answers.is_empty());
}

#[test]
fn insults_and_orders_are_no_answers_and_no_questions_to_pass_on() {
    let mut talk = Talk::at_technical(&setup(|_| {}));
    talk.answer("This is a stupid question.");
    assert_eq!(talk.first_of_turn().text, "Sorry, this is out of scope.");
    assert!(talk.interview.asked().last().unwrap().answers.is_empty());
    let talk = talk.finish(|talk| {
        let closing = talk.last().stage == Stage::Closing;
        talk.answer(if closing {
            "Tell me a joke!"
        } else {
            "Can we skip this question?"
        });
    });
    assert!(talk.interview.asked_back().is_empty());
    assert_eq!(talk.count(&Purpose::Reply { fact: None }), 0);
    talk.closes_exactly();
}

#[test]
fn the_interviewers_own_words_from_a_loudspeaker_are_not_passed_on() {
    let talk = Talk::at_technical(&setup(|_| {})).finish(|talk| {
        let text = if talk.last().stage == Stage::Closing {
            talk.last().text.clone()
        } else {
            "Can we skip this question?".into()
        };
        talk.answer(&text);
    });
    assert!(talk.interview.asked_back().is_empty());
    talk.closes_exactly();
}

#[test]
fn somebody_who_only_asks_back_is_there_and_hears_every_question() {
    let setup = setup(|_| {});
    let mut talk = Talk::new(&setup);
    talk.answer("Yes.");
    let talk = talk.finish(|talk| {
        let closing = talk.last().stage == Stage::Closing;
        talk.answer(if closing {
            "No, thank you."
        } else {
            "Should I talk about my last job?"
        });
    });
    assert_eq!(talk.reason(), EndReason::Completed);
    let asked = talk.interview.asked().len() as u32;
    assert_eq!(asked, setup.plan.numbered() + 1);
}

#[test]
fn an_introduction_is_said_again_without_the_thanks_before_it() {
    let mut talk = Talk::new(&setup(|s| s.mode = Mode::Formal));
    talk.answer("Yes.");
    assert!(talk.last().text.starts_with("Thank you. To begin with"));
    talk.answer("Could you repeat that, please?");
    assert_eq!(talk.last().purpose, Purpose::Repeat);
    assert!(
        !talk.last().text.contains("Thank you"),
        "{}",
        talk.last().text
    );
}

#[test]
fn what_is_said_before_questions_does_not_come_again_and_again() {
    for mode in [Mode::Friendly, Mode::Formal, Mode::Technical] {
        let setup = setup(|s| {
            s.mode = mode;
            s.questions = 8;
        });
        let talk = Talk::new(&setup).finish(|talk| {
            let text = sample(talk, false);
            talk.answer(&text);
        });
        let before: Vec<String> = talk
            .lines()
            .iter()
            .filter(|l| matches!(l.purpose, Purpose::Question | Purpose::Probe { .. }))
            .map(|l| {
                l.text
                    .split_whitespace()
                    .take(3)
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        assert!(before.windows(2).all(|w| w[0] != w[1]), "{before:?}");
        for words in &before {
            let times = before.iter().filter(|b| *b == words).count();
            assert!(times <= 3, "{words} {times} times in {before:?}");
        }
    }
}

fn any_input() -> impl Strategy<Value = (Input, u64)> {
    let text = prop_oneof![
        Just("Yes, go ahead.".to_owned()),
        Just("No.".to_owned()),
        Just("I don't know.".to_owned()),
        Just("Could you repeat that?".to_owned()),
        Just("Let me think.".to_owned()),
        Just("Can we pause?".to_owned()),
        Just("Do you mean tables?".to_owned()),
        Just("Tell me a joke.".to_owned()),
        Just(
            "You compare the training error and the validation error and then regularise."
                .to_owned()
        ),
        Just("What is the salary?".to_owned()),
        Just("Are you human?".to_owned()),
        Just("This is a stupid question.".to_owned()),
        Just("Let me speak to a real person.".to_owned()),
        Just("I'm done.".to_owned()),
        Just("No, thank you.".to_owned()),
        "\\PC{0,60}",
    ];
    let utterance =
        (text, 0u32..50, 0.0f32..1.0, any::<bool>()).prop_map(|(text, id, confidence, typed)| {
            Input::Utterance(Utterance {
                id,
                text,
                words: vec![],
                start_ms: 0,
                end_ms: 5,
                confidence,
                source: if typed { Source::Typed } else { Source::Voice },
            })
        });
    let request = prop_oneof![
        Just(Request::Repeat),
        Just(Request::Rephrase),
        Just(Request::Think),
        Just(Request::Skip),
        Just(Request::Pause),
        Just(Request::Resume),
        Just(Request::Finished)
    ]
    .prop_map(|request| Input::Request { request });
    let ended = (0u32..40, any::<bool>()).prop_map(|(line, complete)| Input::LineEnded {
        line,
        heard: "some words".into(),
        complete,
    });
    let other = prop_oneof![
        Just(Input::SpeechStarted),
        Just(Input::SpeechIgnored),
        Just(Input::Tick),
        Just(Input::Begin),
        Just(Input::Consent {
            given: true,
            how: ConsentHow::Key
        }),
    ];
    let input = prop_oneof![4 => utterance, 1 => request, 3 => ended, 3 => other];
    (input, prop_oneof![0u64..3_000, 0u64..40_000])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_inputs_in_any_order_end_in_time_and_give_the_same_outputs(inputs in prop::collection::vec(any_input(), 0..120), minutes in 2u16..12) {
        let setup = setup(|s| s.minutes = minutes);
        let run = || {
            let mut talk = Talk::new(&setup);
            for (input, later) in &inputs {
                talk.now = talk.now + Duration::from_millis(*later);
                if talk.interview.ended().is_some() { break; }
                if let Input::LineEnded { heard, complete, .. } = input {
                    // The newest line, so that something happens.
                    let line = talk.last().id;
                    talk.tell(Input::LineEnded { line, heard: heard.clone(), complete: *complete });
                } else {
                    talk.tell(input.clone());
                }
            }
            // Then nobody does anything any more: the deadlines alone end it.
            while talk.interview.ended().is_none() {
                let at = talk.interview.deadline().unwrap();
                talk.now = talk.now.max(at);
                talk.tell(Input::Tick);
            }
            talk.check();
            let ended = matches!(talk.out.last(), Some(Output::Ended { .. }));
            prop_assert!(ended);
            prop_assert_eq!(talk.lines().last().map(|l| l.purpose.clone()), Some(Purpose::Farewell));
            Ok(talk.out)
        };
        prop_assert_eq!(run()?, run()?);
    }

    #[test]
    fn whatever_happens_it_ends_in_its_budget(inputs in prop::collection::vec(any_input(), 0..200), minutes in 2u16..12, mode in 0usize..4) {
        let mode = [Mode::Friendly, Mode::Formal, Mode::Technical, Mode::Coach][mode];
        let setup = setup(|s| { s.minutes = minutes; s.mode = mode; });
        let mut talk = Talk::new(&setup);
        for (input, later) in &inputs {
            if talk.interview.ended().is_some() { break; }
            talk.pass(Duration::from_millis(*later));
            if talk.interview.ended().is_some() { break; }
            if let Input::LineEnded { heard, complete, .. } = input {
                let line = talk.last().id;
                talk.tell(Input::LineEnded { line, heard: heard.clone(), complete: *complete });
            } else {
                talk.tell(input.clone());
            }
        }
        while talk.interview.ended().is_none() {
            let at = talk.interview.deadline().unwrap();
            talk.now = talk.now.max(at);
            talk.tell(Input::Tick);
        }
        talk.check();
        let allowed = Duration::from_secs(u64::from(minutes) * 60) + talk.interview.paused();
        let ended = talk.ended_at.unwrap();
        prop_assert!(ended.since(SessionTime(0)) <= allowed, "{ended} of {allowed:?}");
    }
}

#[test]
fn whoever_is_muted_is_not_taken_to_be_silent() {
    let mut talk = Talk::at_project(&setup(|_| {}));
    talk.hear();
    talk.tell(Input::Muted { on: true });
    let said = talk.out.len();
    talk.pass(Duration::from_secs(300));
    assert_eq!(talk.out.len(), said, "somebody was hurried");
    talk.tell(Input::Muted { on: false });
    talk.pass(Duration::from_secs(16));
    assert_eq!(talk.last().purpose, Purpose::Nudge);
}

#[test]
fn longer_pauses_lengthen_the_patience_from_then_on() {
    let mut talk = Talk::at_project(&setup(|_| {}));
    talk.hear();
    for factor in [f32::NAN, 3.0] {
        talk.tell(Input::PauseFactor { factor });
    }
    let said = talk.out.len();
    talk.pass(Duration::from_secs(44));
    assert_eq!(talk.out.len(), said, "somebody was hurried");
    talk.pass(Duration::from_secs(2));
    assert_eq!(talk.last().purpose, Purpose::Nudge);
}

#[test]
fn a_key_for_consent_need_not_wait_for_the_end_of_the_question() {
    let mut talk = Talk::new(&setup(|_| {}));
    let disclosure = talk.last().id;
    let how = ConsentHow::Key;
    talk.tell(Input::Consent { given: true, how });
    assert_eq!(talk.last().stage, Stage::Introduction);
    let heard = "Hello".to_owned();
    talk.tell(Input::LineEnded {
        line: disclosure,
        heard,
        complete: false,
    });
    talk.answer("My name is Jonas and I have built web services for eight years.");
    assert_eq!(talk.last().stage, Stage::Project);
}
