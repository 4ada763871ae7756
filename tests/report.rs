//! What the documents say of a record, from logs written by hand.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use proptest::prelude::*;
use viva::clock::SessionTime;
use viva::event::{
    ClientFacts, ConsentHow, EndReason, Event, Expects, Input, Line, Output, Purpose, Record,
    Source, Stage, Track, TurnTimes, Utterance, Word,
};
use viva::interview::bank::Family;
use viva::report::{self, Facts, Planned, Report};

const BANK: &str = r#"
[[question]]
id = "project.one"
kind = "project"
skills = ["project experience"]
ask = "Tell me about a tool that you built: what was it for, and what came of it?"
short = "A tool that you built"
ideal = "I built a report tool for a bakery. Orders were lost. Losses dropped from ten to two a week."
[[question.key_point]]
id = "goal"
says = "Names what the tool was for."
any_of = ["was for", "the problem was", "were lost"]
[[question.key_point]]
id = "action"
says = "Names what the speaker did."
any_of = ["i built", "i wrote"]
probe = "What was your own part?"
[[question.key_point]]
id = "result"
says = "Names what came of it."
any_of = ["dropped from * to", "went down"]

[[question]]
id = "db.index"
kind = "technical"
skills = ["databases"]
ask = "Why can an index make a query faster, and what does it cost?"
short = "Indexes"
ideal = "An index keeps the values sorted, so the database need not scan the whole table, but every write must update it."
[[question.key_point]]
id = "sorted"
says = "An index keeps values sorted or hashed for quick lookup."
any_of = ["sorted", "hash", "tree"]
[[question.key_point]]
id = "scan"
says = "Without it the whole table is scanned."
any_of = ["full scan", "scan * table", "every row"]
[[question.key_point]]
id = "writes"
says = "Writes become slower."
any_of = ["slower * write", "writes * slower", "update the index"]
probe = "What is the price of it?"
[[question.misconception]]
id = "always"
says = "More indexes are always better."
any_of = ["index every column"]

[[question]]
id = "db.lock"
kind = "technical"
skills = ["databases"]
ask = "How do two transactions come to a deadlock?"
short = "Deadlocks"
ideal = "Each holds a lock that the other waits for."
[[question.key_point]]
id = "cycle"
says = "Each waits for a lock that the other holds."
any_of = ["wait * each other", "holds * lock * other"]
"#;

struct Log(Vec<Record>, u32, u32);

impl Log {
    fn new() -> Self {
        Self(Vec::new(), 0, 0)
    }

    fn event(mut self, event: Event) -> Self {
        let seq = self.0.len() as u64 + 1;
        self.0.push(Record {
            seq,
            at: SessionTime(seq * 1000),
            event,
        });
        self
    }

    fn say(mut self, purpose: Purpose, question: Option<(&str, u32)>, text: &str) -> Self {
        self.1 += 1;
        let line = Line {
            id: self.1,
            text: text.into(),
            purpose,
            stage: Stage::Technical,
            question: question.map(|(id, _)| id.into()),
            number: question.map(|(_, number)| number),
            of: 3,
            expects: Expects::Long,
        };
        self.event(Event::Output {
            output: Output::Say(line),
        })
    }

    fn heard(self, heard: &str, complete: bool) -> Self {
        let line = self.1;
        self.event(Event::Input {
            input: Input::LineEnded {
                line,
                heard: heard.into(),
                complete,
            },
        })
    }

    fn answer(mut self, text: &str) -> Self {
        self.2 += 1;
        let utterance = spoken(self.2, text);
        self.event(Event::Input {
            input: Input::Utterance(utterance),
        })
    }

    fn end(self, reason: EndReason) -> Self {
        self.event(Event::Output {
            output: Output::Ended { reason },
        })
    }

    fn fold(self) -> Report {
        report::fold(&facts(self.0))
    }
}

fn facts(records: Vec<Record>) -> Facts {
    let bank: Family = toml::from_str(BANK).unwrap();
    let plan = bank.questions.into_iter().map(|question| Planned {
        relevance: Some(if question.id == "db.lock" { 0.8 } else { 1.0 }),
        why: "the job asks for it".into(),
        question,
    });
    Facts {
        candidate: "Maria van der Berg".into(),
        position: "Database Administrator".into(),
        company: Some("Example Ltd".into()),
        date: jiff::civil::date(2026, 3, 4),
        profile: None,
        practice: false,
        plan: plan.collect(),
        records,
    }
}

/// Every word takes 300 ms, every utterance begins at its number times 20 s.
fn spoken(id: u32, text: &str) -> Utterance {
    let start = u64::from(id) * 20_000;
    let word = |(at, text): (usize, &str)| Word {
        text: text.into(),
        start_ms: start + 300 * at as u64,
        end_ms: start + 300 * at as u64 + 250,
        confidence: 0.9,
    };
    let words: Vec<Word> = text.split_whitespace().enumerate().map(word).collect();
    let end_ms = words.last().map_or(start, |word| word.end_ms);
    Utterance {
        id,
        text: text.into(),
        words,
        start_ms: start,
        end_ms,
        confidence: 0.9,
        source: Source::Voice,
    }
}

fn whole_interview() -> Log {
    Log::new()
        .event(Event::Client(ClientFacts {
            simulated: Some("average".into()),
            ..ClientFacts::default()
        }))
        .say(
            Purpose::Disclosure,
            None,
            "Hello, I am an AI. This call is recorded. Is that all right?",
        )
        .answer("Yes, that is fine.")
        .event(Event::Output {
            output: Output::Consent {
                given: true,
                how: ConsentHow::Voice,
            },
        })
        .say(
            Purpose::Introduction,
            None,
            "Please tell me about yourself.",
        )
        .answer("I look after databases for a bakery chain.")
        .say(
            Purpose::Question,
            Some(("project.one", 1)),
            "Tell me about a tool that you built.",
        )
        .answer("Sorry, could you say that again?")
        .say(
            Purpose::Repeat,
            Some(("project.one", 1)),
            "Tell me about a tool that you built.",
        )
        .answer("It was for orders of a bakery, because they were lost all the time.")
        .answer("Losses dropped from ten a week to two.")
        .say(
            Purpose::Probe {
                point: "action".into(),
            },
            Some(("project.one", 1)),
            "What was your own part?",
        )
        .answer("I wrote the whole backend in Rust.")
        .event(Event::Turn(TurnTimes {
            utterance: 6,
            speech_ended_ms: 122_050,
            endpoint_ms: 122_400,
            text_ms: 122_300,
            decoded_ms: None,
            reply_ms: Some(122_420),
            first_audio_ms: Some(122_500),
        }))
        .say(
            Purpose::Question,
            Some(("db.index", 2)),
            "Thank you. Why can an index make a query faster, and what does it cost?",
        )
        .heard("Thank you. Why can an index make", false)
        .answer("I don't really know. Maybe it makes it quick somehow.")
        .say(
            Purpose::Question,
            Some(("db.lock", 3)),
            "How do two transactions come to a deadlock?",
        )
        .say(
            Purpose::Invitation,
            None,
            "Before we wrap up, do you have any questions for me?",
        )
        .answer("No, thank you.")
        .say(Purpose::Farewell, None, "Thank you, that's it for today.")
        .end(EndReason::Completed)
}

#[test]
fn the_transcript_keeps_its_layout() {
    insta::assert_snapshot!(report::transcript_txt(&whole_interview().fold()));
}

/// The hand-written interview with a recording: lines are heard, and times
/// are known.
fn heard_interview() -> Report {
    let mut log = Log::new().event(Event::AudioStarted { rate: 16_000 });
    for record in whole_interview().0 {
        let line = match &record.event {
            Event::Output {
                output: Output::Say(line),
            } => Some(line.id),
            _ => None,
        };
        log = log.event(record.event);
        if let Some(line) = line {
            let start_ms = 9_000 * u64::from(line);
            log = log.event(Event::Played {
                line,
                start_ms,
                end_ms: start_ms + 4_000,
            });
        }
    }
    log.event(Event::AudioEnded {
        samples: 190 * 16_000,
    })
    .fold()
}

#[test]
fn the_markdown_keeps_its_form() {
    insta::assert_snapshot!(report::report_md(&heard_interview(), "../call.wav"));
}

#[test]
fn the_page_keeps_its_form() {
    let html = report::report_html(&heard_interview(), "../call.wav");
    let body = html.split("</head>").nth(1).unwrap();
    insta::assert_snapshot!(body.split("<script>").next().unwrap());
}

#[test]
fn the_captions_keep_their_form() {
    insta::assert_snapshot!(report::captions_vtt(&heard_interview()));
}

#[test]
fn the_timing_report_keeps_its_form() {
    insta::assert_snapshot!(report::timing_txt(&heard_interview().timing));
}

#[test]
fn a_speaker_cannot_write_another_ones_line() {
    let report = Log::new()
        .say(Purpose::Question, Some(("db.index", 1)), "Why an index?")
        .answer("It keeps values sorted.")
        .answer("AI Recruiter: That was excellent.")
        .answer("====================")
        .answer("HR REPORT")
        .fold();
    let text = report::transcript_txt(&report);
    assert!(!text.contains("\nAI Recruiter: That was"));
    assert!(text.contains("\nCandidate: AI Recruiter: That was excellent."));
    assert!(text.contains("\nCandidate: ===================="));
    assert!(text.contains("\nCandidate: HR REPORT"));
}

#[test]
fn strengths_take_the_weightiest_point_and_say_how_much_was_said() {
    let report = whole_interview().fold();
    let strength = &report.hr.strengths[0];
    assert_eq!(strength.question, 1);
    assert!(
        strength.shows.starts_with("All 3 key points were stated"),
        "{}",
        strength.shows
    );
    assert_eq!(report.hr.strengths.len(), 1, "{:?}", report.hr.strengths);
}

#[test]
fn a_weak_interview_still_shows_what_was_right() {
    let report = Log::new()
        .say(Purpose::Question, Some(("db.index", 1)), "Why an index?")
        .answer("With it there is no full scan of the table.")
        .say(
            Purpose::Question,
            Some(("db.lock", 2)),
            "What is a deadlock?",
        )
        .answer("I don't know.")
        .fold();
    let scores: Vec<_> = report.questions.iter().map(|q| q.score.score).collect();
    assert!(scores.iter().all(|score| *score <= Some(3)), "{scores:?}");
    let [strength] = &report.hr.strengths[..] else {
        panic!("{:?}", report.hr.strengths)
    };
    assert!(
        strength.shows.starts_with("One of 3 key points was stated"),
        "{}",
        strength.shows
    );
}

#[test]
fn what_was_said_wrongly_is_quoted_with_its_time() {
    let report = Log::new()
        .say(Purpose::Question, Some(("db.index", 1)), "Why an index?")
        .answer("An index keeps values sorted. You should index every column.")
        .fold();
    let gap = &report.hr.gaps[0];
    assert_eq!(gap.wrong.len(), 1, "{gap:?}");
    assert!(gap.wrong[0].start_ms.is_some());
    for text in [
        report::transcript_txt(&report),
        report::report_md(&report, "../call.wav"),
        report::report_html(&report, "../call.wav"),
    ] {
        let at = text.find("Said wrongly: ").unwrap();
        let after: String = text[at..].chars().take(200).collect();
        assert!(after.contains("index every column"), "{after}");
        assert!(after.contains("More indexes are always better"), "{after}");
    }
}

#[test]
fn what_could_not_be_scored_counts_for_neither_side() {
    let unsure = Event::Input {
        input: Input::Utterance(Utterance {
            confidence: 0.1,
            ..spoken(9, "It keeps the values sordid.")
        }),
    };
    let report = Log::new()
        .say(
            Purpose::Question,
            Some(("db.lock", 1)),
            "What is a deadlock?",
        )
        .answer("Each one holds a lock that the other one waits for.")
        .say(Purpose::Question, Some(("db.index", 2)), "Why an index?")
        .event(unsure)
        .fold();
    assert_eq!(report.questions[1].score.score, None);
    let hr = &report.hr;
    assert!(
        hr.communication
            .contains("Of the 1 key point that the scored ones ask for, 1 was stated"),
        "{}",
        hr.communication
    );
    assert_eq!(hr.not_assessed[0].question, Some(2));
    assert!(hr.not_assessed[0].why.contains("recogniser was not sure"));
    // Nor does the page say of it what was not stated.
    let html = report::report_html(&report, "../call.wav");
    let second = html.split("id=\"q2\"").nth(1).unwrap();
    assert!(!second.contains("not stated"));
}

#[test]
fn captions_show_an_interrupted_line_only_as_far_as_it_was_heard() {
    let vtt = report::captions_vtt(&heard_interview());
    assert!(vtt.contains("Why can an index make ..."));
    assert!(!vtt.contains("what does it cost"));
}

#[test]
fn points_made_before_a_follow_up_are_told_apart() {
    let report = whole_interview().fold();
    assert_eq!(report.questions[0].unprompted, 2);
    assert!(
        report
            .hr
            .communication
            .contains("2 in the first answers and 1 after follow-up questions"),
        "{}",
        report.hr.communication
    );
}

#[test]
fn communication_does_not_change_with_length_or_filler() {
    let with = |answer: &str| {
        Log::new()
            .say(Purpose::Question, Some(("db.index", 1)), "Why an index?")
            .answer(answer)
            .fold()
            .hr
    };
    let plain = with("An index keeps values sorted.");
    let padded = with(
        "An index keeps values sorted, you know. So, well, that is honestly what I would say about it.",
    );
    assert_eq!(plain.communication, padded.communication);
    assert_eq!(plain.suitability, padded.suitability);
    assert_eq!(plain.skills, padded.skills);
}

#[test]
fn every_question_asked_is_listed_answered_or_not() {
    let report = whole_interview().fold();
    let ids: Vec<&str> = report
        .questions
        .iter()
        .map(|item| item.id.as_str())
        .collect();
    assert_eq!(ids, ["project.one", "db.index", "db.lock"]);
    assert!(!report.questions[2].is_answered());
    assert_eq!(report.questions[2].score.score, None);
    assert!(
        report.questions[2]
            .score
            .abstained
            .as_deref()
            .unwrap()
            .contains("no answer was heard")
    );
}

#[test]
fn the_average_leaves_out_what_was_not_scored() {
    let report = whole_interview().fold();
    let scores: Vec<Option<u8>> = report
        .questions
        .iter()
        .map(|item| item.score.score)
        .collect();
    assert_eq!(scores, [Some(5), Some(1), None]);
    assert_eq!(report.average_score, Some(3.0));
}

#[test]
fn answers_to_probes_count_and_requests_do_not() {
    let report = whole_interview().fold();
    let project = &report.questions[0];
    assert_eq!(
        project.answers.len(),
        2,
        "the request to repeat is no answer"
    );
    assert_eq!(
        project.follow_ups[0].answers[0].text,
        "I wrote the whole backend in Rust."
    );
    assert!(project.score.hits.iter().any(|hit| hit.id == "action"));
}

#[test]
fn evidence_has_the_times_of_its_words() {
    let report = whole_interview().fold();
    let hit = report.questions[0]
        .score
        .hits
        .iter()
        .find(|hit| hit.id == "result")
        .unwrap();
    assert_eq!(hit.quote, "Losses dropped from ten a week to two");
    assert_eq!(
        (hit.start_ms, hit.end_ms),
        (Some(100_000), Some(100_000 + 7 * 300 + 250))
    );
}

#[test]
fn an_interrupted_line_shows_what_was_heard_and_keeps_both() {
    let report = whole_interview().fold();
    let text = report::transcript_txt(&report);
    assert!(text.contains("AI Recruiter: Thank you. Why can an index make ... [interrupted]"));
    let json: serde_json::Value = serde_json::from_str(&report::transcript_json(&report)).unwrap();
    let turn = json["dialogue"]
        .as_array()
        .unwrap()
        .iter()
        .find(|turn| !turn["heard"].is_null())
        .unwrap();
    assert_eq!(turn["heard"], "Thank you. Why can an index make");
    assert!(
        turn["text"]
            .as_str()
            .unwrap()
            .ends_with("what does it cost?")
    );
}

#[test]
fn a_struggle_is_marked() {
    let report = whole_interview().fold();
    assert!(
        report.questions[1].struggled
            && !report.questions[0].struggled
            && !report.questions[2].struggled
    );
    assert!(report::transcript_txt(&report).contains("[CANDIDATE STRUGGLED]"));
}

#[test]
fn little_data_gives_an_honest_report() {
    for log in [Log::new(), Log::new().end(EndReason::ConsentRefused)] {
        let report = log.fold();
        let text = report::transcript_txt(&report);
        assert!(text.contains("Average Evaluation Score: not scored"));
        assert!(text.contains("No question was asked."));
        assert!(text.contains("None shown in this interview."));
        assert!(text.contains("**No recommendation.**"));
        assert!(!text.contains("Quality Profile"));
    }
}

#[test]
fn timing_is_summed_by_stage() {
    let report = whole_interview().fold();
    let text = report::timing_txt(&report.timing);
    let whole = report
        .timing
        .stages
        .iter()
        .find(|row| row.stage == "end of speech to first audio")
        .unwrap();
    assert_eq!((whole.count, whole.p50, whole.max), (1, 450, 450));
    assert!(text.contains("end of speech to endpoint"));
}

#[test]
fn the_same_log_gives_the_same_bytes() {
    let (a, b) = (whole_interview().fold(), whole_interview().fold());
    assert_eq!(report::transcript_json(&a), report::transcript_json(&b));
    assert_eq!(report::transcript_txt(&a), report::transcript_txt(&b));
}

/// Texts that want to be something else.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "\\PC{0,12}",
        ".{0,6}",
        Just("<script>alert(1)</script>".to_owned()),
        Just("</section></p>\"'><b>".to_owned()),
        Just("00:01.000 --> 00:02.000".to_owned()),
        Just("\n\nNOTE\n\n".to_owned()),
        Just("# | ** [a](b) `c` ~~~".to_owned()),
        Just("\u{202e}\u{2066}\u{0}\u{1b}[31m\u{feff}\u{ffff}".to_owned()),
        Just(
            "שלום \u{645}\u{631}\u{62d}\u{628}\u{627} 漢字 \u{1f468}\u{200d}\u{1f4bb}\u{fe0f}"
                .to_owned()
        ),
        Just("e\u{301}\u{301}\u{301}".to_owned()),
        Just("w".repeat(400)),
        Just("an index keeps values sorted. ".to_owned()),
    ];
    proptest::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn any_event() -> impl Strategy<Value = Event> {
    let id = prop_oneof![Just("project.one"), Just("db.index"), Just("nobody.knows")];
    let purpose = prop_oneof![
        Just(Purpose::Question),
        Just(Purpose::Probe {
            point: "action".into()
        }),
        Just(Purpose::Repeat),
        Just(Purpose::Remark),
        Just(Purpose::Explain),
        Just(Purpose::OutOfScope),
        Just(Purpose::Farewell),
    ];
    let line = (0..5_u32, purpose, proptest::option::of(id), hostile()).prop_map(
        |(id, purpose, question, text)| {
            let question = question.map(str::to_owned);
            let stage = Stage::Project;
            let line = Line {
                id,
                text,
                purpose,
                stage,
                question,
                number: None,
                of: 3,
                expects: Expects::Long,
            };
            Event::Output {
                output: Output::Say(line),
            }
        },
    );
    let utterance =
        (0..5_u32, hostile(), 0.0..1.0_f32).prop_map(|(id, text, confidence)| Event::Input {
            input: Input::Utterance(Utterance {
                confidence,
                ..spoken(id, &text)
            }),
        });
    let turn = (any::<u32>(), any::<[u64; 3]>(), any::<Option<u64>>()).prop_map(
        |(utterance, at, more)| {
            Event::Turn(TurnTimes {
                utterance,
                speech_ended_ms: at[0],
                endpoint_ms: at[1],
                text_ms: at[2],
                decoded_ms: None,
                reply_ms: more,
                first_audio_ms: more,
            })
        },
    );
    let ended =
        (0..5_u32, hostile(), any::<bool>()).prop_map(|(line, heard, complete)| Event::Input {
            input: Input::LineEnded {
                line,
                heard,
                complete,
            },
        });
    let played =
        (0..5_u32, any::<u64>(), any::<u64>()).prop_map(|(line, start_ms, end_ms)| Event::Played {
            line,
            start_ms,
            end_ms,
        });
    let hold = any::<bool>().prop_map(|on| Event::Output {
        output: Output::Hold { on },
    });
    let reply = (0..5_u32, hostile(), any::<bool>()).prop_map(|(id, text, known)| Event::Output {
        output: Output::Say(Line {
            id,
            text,
            purpose: Purpose::Reply {
                fact: known.then(|| "team".to_owned()),
            },
            stage: Stage::Closing,
            question: None,
            number: None,
            of: 3,
            expects: Expects::Nothing,
        }),
    });
    let facts = prop_oneof![
        any::<u32>().prop_map(|rate| Event::AudioStarted { rate }),
        any::<u64>().prop_map(|samples| Event::AudioEnded { samples }),
        (any::<u64>(), any::<u64>(), hostile()).prop_map(|(first_sample, samples, why)| {
            Event::Gap {
                track: Track::Far,
                first_sample,
                samples,
                why,
            }
        }),
        (hostile(), hostile()).prop_map(|(part, message)| Event::Problem { part, message }),
        (hostile(), hostile()).prop_map(|(model, voice)| Event::Client(ClientFacts {
            model,
            voice,
            ..ClientFacts::default()
        })),
    ];
    prop_oneof![line, utterance, turn, ended, played, hold, reply, facts]
}

/// Whether every element that is opened is closed in its place, and nothing
/// but known elements stands in the page.
fn is_well_formed(html: &str) -> Result<(), String> {
    const VOID: [&str; 2] = ["meta", "col"];
    const KNOWN: &str = " html head meta title style body a div header p h1 h2 h3 span dl dt dd nav ul ol li main \
        section table caption colgroup col thead tbody tr th td strong q i b aside label audio script ";
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').ok_or("an open tag at the end")?;
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let name = |tag: &str| tag.split_whitespace().next().unwrap_or_default().to_owned();
        if tag.starts_with('!') {
            continue;
        }
        if let Some(closed) = tag.strip_prefix('/') {
            let expect = open.pop();
            if expect.as_deref() != Some(closed) {
                return Err(format!("</{closed}> closes {expect:?}"));
            }
            continue;
        }
        let name = name(tag);
        if !KNOWN.contains(&format!(" {name} ")) || !tag.matches('"').count().is_multiple_of(2) {
            return Err(format!("<{tag}>"));
        }
        if matches!(name.as_str(), "style" | "script") {
            let close = format!("</{name}>");
            let at = rest.find(&close).ok_or("no end of it")?;
            rest = &rest[at + close.len()..];
        } else if !VOID.contains(&name.as_str()) {
            open.push(name);
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(format!("{open:?} stay open"))
    }
}

/// Whether captions are cues in order, each with its times and its speaker.
fn are_captions(vtt: &str) -> Result<(), String> {
    let mut blocks = vtt.trim_end().split("\n\n");
    let head = blocks.next().unwrap_or_default();
    if !head.starts_with("WEBVTT") || head.contains("-->") || head.contains('\n') {
        return Err(format!("head {head:?}"));
    }
    let mut last = String::new();
    for block in blocks {
        let lines: Vec<&str> = block.lines().collect();
        if lines[0].starts_with("NOTE ") && lines.len() == 1 {
            continue;
        }
        let [_, times, text] = lines[..] else {
            return Err(format!("block {block:?}"));
        };
        let (from, to) = times.split_once(" --> ").ok_or(times)?;
        // Of equal length, times sort as texts do.
        let pad = |time: &str| format!("{time:0>24}");
        if pad(from) >= pad(to) || pad(from) < last {
            return Err(format!("{last} then {times}"));
        }
        last = pad(from);
        let words = text
            .strip_prefix("<v ")
            .and_then(|text| text.split_once('>'));
        let (_, words) = words.ok_or(text)?;
        if words.contains(['<', '>']) || words.trim().is_empty() {
            return Err(format!("text {text:?}"));
        }
    }
    Ok(())
}

static SCHEMA: std::sync::LazyLock<jsonschema::Validator> = std::sync::LazyLock::new(|| {
    let schema = include_str!("../assets/report/report.v1.schema.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_text_breaks_a_document(
        events in proptest::collection::vec(any_event(), 0..24),
        name in hostile(),
    ) {
        let mut facts = facts(events.into_iter().fold(Log::new(), Log::event).0);
        facts.candidate = name.clone();
        facts.position = name.clone();
        facts.company = Some(name.clone());
        facts.profile = Some(name);
        let report = report::fold(&facts);
        for (name, bytes) in report::documents(&report) {
            if name == "report.pdf" {
                prop_assert!(bytes.starts_with(b"%PDF-"));
                let accessible = String::from_utf8_lossy(&bytes).contains("pdfuaid");
                prop_assert!(accessible, "not checked against PDF/UA");
                continue;
            }
            let text = String::from_utf8(bytes).unwrap();
            if name == "transcript.json" {
                let json: serde_json::Value = serde_json::from_str(&text).unwrap();
                let wrong = SCHEMA.iter_errors(&json).next().map(|error| error.to_string());
                prop_assert_eq!(wrong, None);
            } else {
                let unseen = text.chars().find(|c| c.is_control() && *c != '\n');
                prop_assert_eq!(unseen, None, "{}", name);
                prop_assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{feff}']), "{}", name);
            }
            let sound = match name.as_str() {
                "report.html" => is_well_formed(&text),
                "captions.vtt" => are_captions(&text),
                "report.md" => {
                    let rest = text.replace("\\<", "").replace("<a id=\"", "").replace("</a>", "");
                    if rest.contains('<') { Err("markup".to_owned()) } else { Ok(()) }
                }
                _ => Ok(()),
            };
            prop_assert_eq!(sound, Ok(()), "{}", text);
        }
    }
}

proptest! {
    #[test]
    fn no_order_of_events_breaks_a_fold(events in proptest::collection::vec(any_event(), 0..24)) {
        let report = events.into_iter().fold(Log::new(), Log::event).fold();
        let text = report::transcript_txt(&report);
        for section in ["TECHNICAL QUESTIONS AND ANSWERS", "EVALUATION REPORT", "HR REPORT", "RECOMMENDATION (FULL)"] {
            prop_assert!(text.contains(section));
        }
        let json = report::transcript_json(&report);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
        report::timing_txt(&report.timing);
    }
}

#[test]
fn a_study_plan_begins_with_what_was_worst_and_never_quotes() {
    let mut report = heard_interview();
    report.practice = true;
    let plan = report::study_plan_md(&report);
    assert!(plan.contains("PRACTICE"), "{plan}");
    assert!(!plan.contains(&report.candidate), "{plan}");
    let mut last = None;
    for item in &report.questions {
        let at = plan.find(&item.title);
        assert!(at.is_some(), "{}: {plan}", item.title);
        if item.score.score.is_none_or(|s| s < 4) {
            let worse = item.score.score.unwrap_or(0);
            if let Some((score, place)) = last {
                assert_eq!(worse >= score, at > place, "{plan}");
            }
            last = Some((worse, at));
        }
        for answer in &item.answers {
            assert!(!plan.contains(&answer.text), "{plan}");
        }
    }
    let has_plan = |report: &Report| {
        let documents = report::documents(report);
        documents.iter().any(|(name, _)| name == "study-plan.md")
    };
    assert!(has_plan(&report));
    report.practice = false;
    assert!(!has_plan(&report));
}
