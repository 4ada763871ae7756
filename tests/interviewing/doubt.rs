//! "Did you say ...?" from outside: an interviewer in manual time, answers
//! whose words carry confidences.

use proptest::prelude::*;
use std::time::Duration;
use viva::clock::SessionTime;
use viva::event::*;
use viva::interview::{Bank, Interview, Job, Resume, Setup};

const JOB: &str = "title = \"Backend Developer\"\ncompany = \"Acme\"\nskills = [\"locking\"]\n";

const BANK: &str = r#"
family = "locks"
prefix = "locks"
about = ["locking"]

[[question]]
id = "locks.lost"
kind = "technical"
skills = ["locking"]
level = "core"
ask = "How do you keep two writers from losing each other's update?"
short = "How do you avoid lost updates?"
ideal = "I would use optimistic locking with a version column, and retry when the version has changed."
explain = "A version column shows that somebody else wrote first."
sample = { weak = "I do not know.", average = "A version column.", strong = "Optimistic locking with a version column.", exceptional = "Optimistic locking with a version column, and a retry." }

[[question.key_point]]
id = "optimistic"
says = "Uses optimistic locking."
any_of = ["optimistic locking"]
weight = 2.0
probe = "What kind of locking would that be?"

[[question.key_point]]
id = "retry"
says = "Retries on a conflict."
any_of = ["retry", "try again"]
probe = "What happens on a conflict?"

[[question]]
id = "locks.dead"
kind = "technical"
skills = ["locking"]
level = "core"
ask = "What is a deadlock?"
ideal = "Two transactions wait for each other's locks, so neither goes on."
explain = "Each holds what the other needs."
sample = { weak = "I do not know.", average = "They wait.", strong = "They wait for each other.", exceptional = "They wait for each other, and neither goes on." }

[[question.key_point]]
id = "wait"
says = "They wait for each other."
any_of = ["wait for each other"]
probe = "What do the two do then?"
"#;

struct Talk {
    interview: Interview,
    now: SessionTime,
    lines: Vec<Line>,
    /// Lines that were not heard yet.
    turn: Vec<Line>,
    utterances: u32,
}

impl Talk {
    /// At the first technical question.
    fn new(mode: Mode) -> Self {
        let job = Job::parse("job.toml", JOB).unwrap();
        let bank = Bank::with_own(&[("locks.toml", BANK)], true).unwrap();
        let settings = Settings {
            mode,
            questions: 2,
            follow_ups: 1,
            ..Settings::default()
        };
        let setup = Setup::prepare(job, Resume::of_name("Ada Low"), &bank, settings).unwrap();
        let mut talk = Self {
            interview: Interview::new(&setup),
            now: SessionTime(0),
            lines: Vec::new(),
            turn: Vec::new(),
            utterances: 0,
        };
        talk.tell(Input::Begin);
        talk.say("Yes, of course.");
        talk.say("I have written servers for some years.");
        while talk.last().question.as_deref() != Some("locks.lost") {
            talk.hear();
            talk.tell(Input::Request {
                request: Request::Skip,
            });
            assert!(talk.lines.len() < 30, "{:?}", talk.lines);
        }
        talk
    }

    fn tell(&mut self, input: Input) {
        self.interview.handle(input, self.now);
        let mut said = Vec::new();
        while let Some(output) = self.interview.poll() {
            if let Output::Say(line) = output {
                said.push(line);
            }
        }
        if !said.is_empty() {
            self.lines.extend(said.iter().cloned());
            self.turn = said;
        }
    }

    fn hear(&mut self) {
        for line in std::mem::take(&mut self.turn) {
            self.now = self.now + Duration::from_secs(2);
            self.tell(Input::LineEnded {
                line: line.id,
                heard: line.text.clone(),
                complete: true,
            });
        }
    }

    /// Words with their confidences: those in brackets are unsure, those
    /// between tildes not quite sure.
    fn say(&mut self, text: &str) {
        self.hear();
        self.now = self.now + Duration::from_secs(1);
        self.tell(Input::SpeechStarted);
        self.now = self.now + Duration::from_secs(3);
        self.utterances += 1;
        let utterance = said(self.utterances, text, Source::Voice);
        self.tell(Input::Utterance(utterance));
    }

    fn key(&mut self, request: Request) {
        self.hear();
        self.tell(Input::Request { request });
    }

    fn wait(&mut self) {
        self.hear();
        if let Some(at) = self.interview.deadline() {
            self.now = self.now.max(at);
            self.tell(Input::Tick);
        }
    }

    fn last(&self) -> &Line {
        self.lines.last().unwrap()
    }

    fn asked_to_confirm(&self) -> bool {
        matches!(self.last().purpose, Purpose::Confirm { .. })
    }

    fn confirms(&self) -> usize {
        let is = |l: &&Line| matches!(l.purpose, Purpose::Confirm { .. });
        self.lines.iter().filter(is).count()
    }

    /// Score and key points of the question about lost updates.
    fn result(&self) -> (Option<u8>, Vec<String>) {
        let asked = self.interview.asked();
        let lost = asked
            .iter()
            .find(|a| a.question.as_deref() == Some("locks.lost"));
        let score = lost.unwrap().score.clone().unwrap();
        let hits = score.hits.into_iter().map(|h| h.id).collect();
        (score.score, hits)
    }
}

fn said(id: u32, text: &str, source: Source) -> Utterance {
    let words: Vec<Word> = text
        .split_whitespace()
        .enumerate()
        .map(|(i, word)| Word {
            text: word.replace(['[', ']', '~'], ""),
            start_ms: 300 * i as u64,
            end_ms: 300 * (i as u64 + 1),
            confidence: match word {
                _ if word.contains('[') => 0.2,
                _ if word.contains('~') => 0.75,
                _ => 0.9,
            },
        })
        .collect();
    let sum: f32 = words.iter().map(|w| w.confidence).sum();
    Utterance {
        id,
        text: text.replace(['[', ']', '~'], ""),
        confidence: sum / words.len().max(1) as f32,
        words: if source == Source::Typed {
            Vec::new()
        } else {
            words
        },
        start_ms: 0,
        end_ms: 3_000,
        source,
    }
}

const DOUBTFUL: &str = "There I would use [optimistic] [locking] on the row and look at the count.";

#[test]
fn words_that_a_key_point_rests_on_are_asked_about_once() {
    for (mode, begins) in [
        (Mode::Friendly, "Sorry"),
        (Mode::Formal, "Excuse me"),
        (Mode::Technical, "To be sure"),
    ] {
        let mut talk = Talk::new(mode);
        talk.say(DOUBTFUL);
        assert!(talk.asked_to_confirm(), "{:?}", talk.last());
        let line = talk.last().clone();
        assert!(line.text.starts_with(begins), "{}", line.text);
        assert!(line.text.contains("optimistic locking"), "{}", line.text);
        assert_eq!(line.text.matches('?').count(), 1);
        assert_eq!(line.expects, Expects::YesNo);
        talk.say("Yes, I did.");
        assert!(!talk.asked_to_confirm());
        // The next doubtful answer to the same question is let be.
        talk.say("You [retry] the whole thing then, from the start.");
        assert_eq!(talk.confirms(), 1);
    }
}

#[test]
fn a_yes_makes_the_words_count() {
    let mut talk = Talk::new(Mode::Friendly);
    talk.say(DOUBTFUL);
    talk.say("Yes.");
    let (score, hits) = talk.result();
    assert_eq!(hits, ["optimistic"]);
    assert!(score.is_some());
    let answers = &talk.interview.asked().last().unwrap().answers;
    assert_eq!(answers.len(), 1, "the yes is no answer");
}

#[test]
fn a_no_with_the_right_words_takes_these_and_not_the_doubtful_ones() {
    let mut talk = Talk::new(Mode::Friendly);
    talk.say(DOUBTFUL);
    talk.say("No, I said pessimistic blocking.");
    assert_eq!(talk.result().1, Vec::<String>::new());
    let asked = talk.interview.asked();
    let lost = asked
        .iter()
        .find(|a| a.question.as_deref() == Some("locks.lost"));
    let texts: Vec<&str> = lost
        .unwrap()
        .answers
        .iter()
        .map(|a| a.text.as_str())
        .collect();
    assert!(!texts[0].contains("optimistic"), "{texts:?}");
    assert_eq!(texts[1], "pessimistic blocking.");
}

#[test]
fn a_plain_no_is_followed_by_one_chance_to_say_it_again() {
    let mut talk = Talk::new(Mode::Friendly);
    talk.say(DOUBTFUL);
    talk.say("No.");
    assert!(talk.last().text.contains("once more"), "{:?}", talk.last());
    talk.say("I would use optimistic locking.");
    assert_eq!(talk.result().1, ["optimistic"]);
    assert_eq!(talk.confirms(), 2);
}

#[test]
fn without_a_yes_or_no_the_words_stay_doubtful_and_the_score_abstains() {
    let mut talk = Talk::new(Mode::Friendly);
    talk.say(DOUBTFUL);
    talk.wait();
    assert!(!talk.asked_to_confirm(), "silence goes on with the course");
    talk.key(Request::Skip);
    let (score, hits) = talk.result();
    assert_eq!((score, hits), (None, vec!["optimistic".to_owned()]));
}

#[test]
fn the_line_can_be_asked_for_again_but_not_without_end() {
    let mut talk = Talk::new(Mode::Friendly);
    talk.say(DOUBTFUL);
    let text = talk.last().text.clone();
    for _ in 0..2 {
        talk.say("Sorry, can you repeat that?");
        assert_eq!(talk.last().text, text);
    }
    talk.say("Sorry, can you repeat that?");
    assert!(!talk.asked_to_confirm(), "{:?}", talk.last());
}

#[test]
fn nothing_is_asked_where_nothing_rests_on_it() {
    for text in [
        // Doubtful, but no key point's words.
        "There I would [certainly] use optimistic locking on the row.",
        // Nothing that the rubric knows.
        "I would ask [somebody] who has done that before me.",
        // Most of it is doubtful: that abstains.
        "[I] [would] [use] [optimistic] [locking] [there] then.",
        // Sure.
        "I would use optimistic locking there.",
    ] {
        let mut talk = Talk::new(Mode::Friendly);
        talk.say(text);
        assert_eq!(talk.confirms(), 0, "{text}");
    }
}

#[test]
fn a_typed_answer_is_never_doubted_and_a_short_one_is() {
    let mut talk = Talk::new(Mode::Friendly);
    talk.hear();
    talk.tell(Input::Utterance(said(9, DOUBTFUL, Source::Typed)));
    assert_eq!(talk.confirms(), 0);
    let mut talk = Talk::new(Mode::Friendly);
    talk.say("[Optimistic] locking.");
    assert!(talk.asked_to_confirm());
}

#[test]
fn what_sounds_like_a_name_of_the_rubric_is_asked_about_as_heard_and_no_fault() {
    for text in [
        "~Optimist~ ~licking.~",
        "There I would use ~optimist~ ~licking~ on the row.",
    ] {
        let heard = |talk: &Talk| talk.last().text.to_lowercase();
        let mut talk = Talk::new(Mode::Friendly);
        talk.say(text);
        let line = heard(&talk);
        assert!(line.contains("did you say \"optimist licking\"?"), "{line}");
        // A yes may be one to the sound of it.
        talk.say("Yes, I did.");
        talk.key(Request::Skip);
        assert_eq!(talk.result(), (None, Vec::new()), "{text}");
        let mut talk = Talk::new(Mode::Friendly);
        talk.say(text);
        talk.say("No, I said optimistic locking.");
        let (score, hits) = talk.result();
        assert_eq!(hits, ["optimistic"], "{text}");
        assert!(score > Some(2), "{text}: {score:?}");
    }
}

#[test]
fn what_was_not_that_name_is_left_out_and_what_is_said_again_counts() {
    let mut talk = Talk::new(Mode::Friendly);
    talk.say("~Optimist~ ~licking.~");
    talk.say("No.");
    assert!(talk.last().text.contains("once more"), "{:?}", talk.last());
    talk.say("I would try again.");
    assert_eq!(talk.result().1, ["retry"]);
    // And where nothing is replied there is no score.
    let mut talk = Talk::new(Mode::Friendly);
    talk.say("There I would use ~optimist~ ~licking~ on the row.");
    talk.wait();
    talk.key(Request::Skip);
    assert_eq!(talk.result(), (None, Vec::new()));
}

#[test]
fn a_word_or_two_that_would_be_scored_low_are_asked_about_unless_they_are_sure() {
    let mut talk = Talk::new(Mode::Friendly);
    talk.say("~Bananas.~");
    let line = talk.last().clone();
    assert!(line.text.contains("Did you say \"Bananas\"?"), "{line:?}");
    talk.say("Yes.");
    talk.key(Request::Skip);
    assert_eq!(talk.result().0, Some(1), "confirmed, it is a wrong answer");
    for (text, score) in [
        ("Bananas.", Some(1)),
        ("I do not ~know.~", Some(1)),
        ("~No~ ~idea.~", Some(1)),
    ] {
        let mut talk = Talk::new(Mode::Friendly);
        talk.say(text);
        assert_eq!(talk.confirms(), 0, "{text}");
        talk.key(Request::Skip);
        assert_eq!(talk.result().0, score, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever is replied, a question is doubted once, and the interview
    /// comes to its end.
    #[test]
    fn any_replies_end(replies in proptest::collection::vec(0usize..10, 1..25)) {
        let mut talk = Talk::new(Mode::Friendly);
        for reply in replies {
            match reply {
                0 => talk.say(DOUBTFUL),
                1 => talk.say("Yes."),
                2 => talk.say("No."),
                3 => talk.say("No, I said [retry]."),
                4 => talk.say("Can you repeat that?"),
                5 => talk.wait(),
                6 => talk.key(Request::Repeat),
                9 => talk.say("~Optimist~ ~licking.~"),
                7 => {
                    talk.tell(Input::SpeechStarted);
                    talk.tell(Input::SpeechIgnored);
                }
                _ => talk.say("[They] [wait] for each other, both of them, for good."),
            }
        }
        let mut asked = std::collections::BTreeMap::new();
        for line in &talk.lines {
            let asks = line.text.contains("Did you say");
            if asks && matches!(line.purpose, Purpose::Confirm { .. }) {
                *asked.entry(line.question.clone()).or_insert(0) += 1;
            }
        }
        // Once, and again on request twice at most.
        prop_assert!(asked.values().all(|n| *n <= 3), "{asked:?}");
        for _ in 0..60 {
            if talk.interview.ended().is_some() {
                break;
            }
            talk.wait();
        }
        prop_assert!(talk.interview.ended().is_some());
    }
}
