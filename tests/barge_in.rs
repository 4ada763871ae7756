//! A voice over a line: how soon the line gives way, for whom it does, and
//! what the record says of it. All on the sample clock.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod calls;

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::{broadcast, mpsc};
use viva::audio::duplex::Duplex;
use viva::audio::echo::{EchoCanceller, STEP};
use viva::audio::level::rms_db;
use viva::audio::room::RoomSettings;
use viva::audio::{
    AudioEvent, AudioSession, AudioSettings, FrontendCommand, Loudness, MicSource, MicSpec, Pace,
    SpeakerSpec,
};
use viva::call::{Call, CallEvent, Command, Link, Voice, run};
use viva::event::*;
use viva::interview::score::Lexical;
use viva::record::{RecordReader, Trust, verify};
use viva::replay::rederive;
use viva::speech::scripted::ScriptedRecognizer;
use viva::speech::voices::open_voice;
use viva::speech::worker::RecognizerWorker;

const RATE: usize = 16_000;
const LINE: &str = "Could you describe a project that you are proud of, and what your own part \
                    in it was? Please tell me how you tested it, too.";
const ANSWER: &str = "I led the migration of our billing service to a new database.";

fn spoken(voice: &str, text: &str, db: f32) -> Vec<f32> {
    let mut pcm = Vec::new();
    open_voice(voice, 1.0)
        .unwrap()
        .speak(text, &mut |part| {
            pcm.extend_from_slice(part);
            ControlFlow::Continue(())
        })
        .unwrap();
    let gain = 10f32.powf((db - rms_db(&pcm)) / 20.0);
    pcm.iter().map(|v| v * gain).collect()
}

/// The first 10 ms that are within 20 dB of the loudest.
fn onset(pcm: &[f32]) -> usize {
    let levels: Vec<f32> = pcm.chunks(STEP).map(rms_db).collect();
    let loudest = levels.iter().copied().fold(f32::MIN, f32::max);
    STEP * levels.iter().position(|db| *db > loudest - 20.0).unwrap()
}

#[derive(Default)]
struct Seen {
    ducked: Vec<usize>,
    held: Vec<usize>,
    full: Vec<usize>,
    turns: usize,
    complete: Option<bool>,
}

/// Plays the line from 0.5 s on, and `voice` from `at` on. Words that are
/// heard are nothing, as the house would say of an "mhm", if `restore`.
fn play(
    room: RoomSettings,
    line: &[f32],
    voice: &[f32],
    at: usize,
    restore: bool,
) -> (Duplex, Seen) {
    let mut duplex = Duplex::new(&AudioSettings::default(), room);
    let (mut events, mut seen) = (Vec::new(), Seen::default());
    let end = RATE / 2 + line.len().max(at + voice.len()) + 2 * RATE;
    for begin in (0..end).step_by(STEP) {
        if begin == RATE / 2 {
            duplex.say(1, line);
        }
        let now: [f32; STEP] = std::array::from_fn(|i| {
            let i = (begin + i).checked_sub(at);
            i.and_then(|i| voice.get(i)).copied().unwrap_or(0.0)
        });
        duplex.step(&now, &mut events);
        for event in std::mem::take(&mut events) {
            match event {
                AudioEvent::LineLevel { at, loudness, .. } => match loudness {
                    Loudness::Ducked => seen.ducked.push(at as usize),
                    Loudness::Held => seen.held.push(at as usize),
                    Loudness::Full => seen.full.push(at as usize),
                },
                AudioEvent::SpeechStarted { .. } => seen.turns += 1,
                AudioEvent::Paused(_) if restore => {
                    duplex.command(FrontendCommand::Restore { echo: false }, &mut Vec::new());
                }
                AudioEvent::LineEnded { complete, .. } => seen.complete = Some(complete),
                _ => {}
            }
        }
    }
    (duplex, seen)
}

#[test]
fn a_line_is_softened_within_60_ms_of_a_voice_and_silent_within_380() {
    let line = spoken("slt", LINE, -20.0);
    for (i, voice) in ["rms", "awb"].into_iter().enumerate() {
        let answer = spoken(voice, ANSWER, -24.0);
        let at = RATE * 3 + 37 * i;
        let room = RoomSettings {
            level_db: -12.0,
            delay_ms: 40.0,
            ..RoomSettings::default()
        };
        let (_, seen) = play(room, &line, &answer, at, false);
        let from = at + onset(&answer);
        let ducked = seen.ducked.iter().find(|p| **p >= from).unwrap() - from;
        let silent = seen.held.iter().find(|p| **p >= from).unwrap() + RATE / 100 - from;
        assert!(ducked <= RATE * 60 / 1000, "{voice}: {} ms", ducked / 16);
        assert!(silent <= RATE * 380 / 1000, "{voice}: {} ms", silent / 16);
    }
}

#[test]
fn its_own_echo_neither_stops_a_line_nor_opens_a_turn_whatever_the_delay() {
    let line = spoken("slt", LINE, -20.0);
    for delay_ms in [0.0, 20.0, 180.0, 500.0] {
        let room = RoomSettings {
            delay_ms,
            level_db: -6.0,
            ..RoomSettings::default()
        };
        let (duplex, seen) = play(room, &line, &[], 0, false);
        assert_eq!((seen.turns, seen.held.len()), (0, 0), "{delay_ms} ms");
        assert_eq!(seen.complete, Some(true));
        let state = duplex.frontend().echo_state();
        assert!(state.converged, "{delay_ms} ms: {state:?}");
        let found = state.delay_ms.unwrap() as f32;
        assert!(
            (found - delay_ms).abs() <= 12.0,
            "{delay_ms} ms: found {found}"
        );
        // After its first second.
        let mut canceller = EchoCanceller::new();
        let (mut raw, mut clean) = (Vec::new(), Vec::new());
        let far = duplex.far.as_chunks::<STEP>().0;
        for (near, far) in duplex.near.as_chunks::<STEP>().0.iter().zip(far) {
            let out = canceller.process(near, far);
            raw.extend(out.raw);
            clean.extend(out.clean);
        }
        let from = RATE * 3 / 2 + (delay_ms * 16.0) as usize;
        let to = RATE / 2 + line.len();
        let erle = rms_db(&raw[from..to]) - rms_db(&clean[from..to]);
        assert!(erle >= 25.0, "{delay_ms} ms: {erle} dB");
    }
}

#[test]
fn a_knock_softens_a_line_and_a_word_that_is_nothing_gives_it_back_whole() {
    let line = spoken("slt", LINE, -20.0);
    let knock: Vec<f32> = (0..480)
        .map(|i| if i % 2 == 0 { 0.3 } else { -0.3 } * (1.0 - i as f32 / 480.0))
        .collect();
    let (duplex, seen) = play(RoomSettings::default(), &line, &knock, RATE * 3, false);
    assert_eq!(
        (seen.turns, seen.held.len(), seen.complete),
        (0, 0, Some(true))
    );
    assert_eq!((seen.ducked.len(), seen.full.len()), (1, 1));
    assert!(seen.full[0] - seen.ducked[0] < RATE / 2);
    drop(duplex);
    let word = spoken("rms", "Okay.", -24.0);
    let (_, seen) = play(RoomSettings::default(), &line, &word, RATE * 3, true);
    assert_eq!((seen.turns, seen.complete), (1, Some(true)));
    assert!(!seen.ducked.is_empty() && !seen.full.is_empty());
}

/// A mouth that says what is put into it.
#[derive(Clone, Default)]
struct Mouth(Arc<Mutex<VecDeque<f32>>>);

impl Mouth {
    fn say(&self, after: usize, pcm: &[f32]) {
        let mut queue = self.0.lock().unwrap();
        queue.extend(std::iter::repeat_n(0.0, after));
        queue.extend(pcm);
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

/// Takes an interview whose answers are typed; over the introduction's
/// question `said` is spoken, which the recogniser hears as `text`, or else as
/// the line's own first words.
async fn interview(home: &Path, said: &str, text: Option<&str>) -> Vec<Record> {
    let running = calls::engine(home).await;
    let mut link = Link::connect(&running.url).await.unwrap();
    let settings = AudioSettings {
        pace: Pace::Fast,
        clock: running.engine.clock.clone(),
        ..AudioSettings::default()
    };
    let mouth = Mouth::default();
    let mic = MicSpec::Live(Box::new(mouth.clone()));
    let audio = AudioSession::open(mic, SpeakerSpec::None, settings).unwrap();
    let voice = Voice::start(open_voice("slt", 1.0).unwrap(), audio.player.clone()).unwrap();
    let welcome = link.hello(&calls::hello(None)).await.unwrap();
    let (view, mut seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let words = spoken("rms", said, -24.0);
    let heard = Arc::new(Mutex::new(text.unwrap_or_default().to_owned()));
    let (text, ears_hear) = (text.is_some(), heard.clone());
    let typing = tokio::spawn(async move {
        let mut spoke = false;
        while let Ok(event) = seen.recv().await {
            match event {
                CallEvent::Line(line) if line.purpose == Purpose::Introduction && !spoke => {
                    spoke = true;
                    mouth.say(RATE, &words);
                    if !text {
                        let own: Vec<&str> = line.text.split_whitespace().take(4).collect();
                        *heard.lock().unwrap() = own.join(" ");
                    }
                }
                CallEvent::LineEnded {
                    line,
                    complete: true,
                    hold,
                    ..
                } => {
                    let answer = match line.expects {
                        Expects::Nothing => continue,
                        Expects::YesNo => Command::Consent(true),
                        Expects::Short => Command::Type("No, thank you.".into()),
                        Expects::Long => Command::Type("I use Python and PostgreSQL.".into()),
                    };
                    let _ = keys.send(answer).await;
                    drop(hold);
                }
                _ => {}
            }
        }
    });
    let ears = ScriptedRecognizer::by(Box::new(move |_, _| Ok(ears_hear.lock().unwrap().clone())));
    let call = Call {
        link,
        welcome,
        client: ClientFacts::default(),
        wire: calls::wire(home),
        audio,
        recognizer: RecognizerWorker::spawn(Box::new(ears)).unwrap(),
        voice,
        consent_beforehand: false,
        pause_factor: 1.0,
        view,
        commands,
    };
    let outcome = run(call).await.unwrap();
    assert_eq!(outcome.reason, EndReason::Completed);
    running.stop().await;
    typing.await.unwrap();
    let record = outcome.record.unwrap();
    assert_eq!(verify(&record, &Trust::Any), []);
    let found = rederive(&record, &Lexical).unwrap();
    assert!(found.follows() && found.complete, "{found:?}");
    let reader = RecordReader::open(&record).unwrap();
    reader.records().unwrap().map(Result::unwrap).collect()
}

fn over(log: &[Record]) -> Vec<&SoundOver> {
    log.iter()
        .filter_map(|r| match &r.event {
            Event::SoundOver(over) => Some(over),
            _ => None,
        })
        .collect()
}

fn said_aloud(log: &[Record]) -> Vec<&Utterance> {
    log.iter()
        .filter_map(|r| match &r.event {
            Event::Input {
                input: Input::Utterance(u),
            } if u.source == Source::Voice => Some(u),
            _ => None,
        })
        .collect()
}

fn ends(log: &[Record], line: LineId) -> Vec<(String, bool)> {
    log.iter()
        .filter_map(|r| match &r.event {
            Event::Input {
                input:
                    Input::LineEnded {
                        line: id,
                        heard,
                        complete,
                    },
            } if *id == line => Some((heard.clone(), *complete)),
            _ => None,
        })
        .collect()
}

fn lines(log: &[Record]) -> Vec<&Line> {
    log.iter()
        .filter_map(|r| match &r.event {
            Event::Output {
                output: Output::Say(line),
            } => Some(line),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_of_listening_takes_no_turn_and_the_line_is_heard_to_its_end() {
    let home = tempfile::tempdir().unwrap();
    let log = interview(home.path(), "Okay.", Some("Okay.")).await;
    let over = over(&log);
    assert_eq!(over.len(), 1, "{over:?}");
    assert_eq!(over[0].was, OverLine::Backchannel);
    assert!(over[0].ducked_sample.is_some());
    assert_eq!(said_aloud(&log), Vec::<&Utterance>::new());
    let [(_, true)] = ends(&log, over[0].line)[..] else {
        panic!("{:?}", ends(&log, over[0].line));
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interruption_stops_the_line_keeps_both_texts_and_the_question_is_asked_again() {
    let home = tempfile::tempdir().unwrap();
    let text = "Sorry, could you please repeat that?";
    let log = interview(home.path(), text, Some(text)).await;
    let over = over(&log);
    assert_eq!(over.len(), 1, "{over:?}");
    let sound = over[0];
    assert_eq!(sound.was, OverLine::Interruption);
    let after = |at: Option<u64>| at.unwrap() - sound.sound_sample;
    assert!(after(sound.ducked_sample) <= 960, "{sound:?}");
    assert!(after(sound.held_sample) + 160 <= 6_080, "{sound:?}");
    // Both texts: what was to be said, and what was heard of it.
    let lines = lines(&log);
    let at = lines.iter().position(|l| l.id == sound.line).unwrap();
    let [(ref heard, false)] = ends(&log, sound.line)[..] else {
        panic!("{:?}", ends(&log, sound.line));
    };
    assert!(!heard.is_empty() && lines[at].text.starts_with(heard));
    assert!(heard.len() < lines[at].text.len());
    assert_eq!(said_aloud(&log).len(), 1);
    assert_eq!(
        lines[at + 1].purpose,
        Purpose::Repeat,
        "{:?}",
        lines[at + 1]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_line_itself_heard_back_counts_as_nothing() {
    let home = tempfile::tempdir().unwrap();
    let log = interview(home.path(), "Okay.", None).await;
    let over = over(&log);
    assert_eq!(over[0].was, OverLine::Echo, "{over:?}");
    assert_eq!(said_aloud(&log), Vec::<&Utterance>::new());
    assert!(ends(&log, over[0].line)[0].1);
}

/// Lines and answers in turn, in one room, by the ear alone: no words are
/// known that could tell an echo from an answer.
fn whole_interview(room: RoomSettings) -> (usize, usize, usize) {
    let lines = [
        "Hello, I am an automated interviewer. Please tell me about yourself and your background.",
        "Could you describe a project that you are proud of, and what your own part in it was?",
        "How would you find the cause of a slow query, and how would you test what you changed?",
    ];
    let answers = [
        ANSWER,
        "I wrote the tests for it.",
        "First I would look at the plan.",
    ];
    let mut duplex = Duplex::new(&AudioSettings::default(), room);
    let (mut stopped, mut own_turns, mut heard) = (0, 0, 0);
    for (number, (line, answer)) in lines.iter().zip(answers).enumerate() {
        let line = spoken("slt", line, -20.0);
        duplex.say(number as u32 + 1, &line);
        let answer = spoken("rms", answer, -26.0);
        // The echo comes late, then some thought, the answer and its pause.
        let begin = line.len() + RATE;
        let end = begin + answer.len();
        for at in (0..end + 2 * RATE).step_by(STEP) {
            let now: [f32; STEP] = std::array::from_fn(|i| {
                let i = (at + i).checked_sub(begin);
                i.and_then(|i| answer.get(i)).copied().unwrap_or(0.0)
            });
            let mut events = Vec::new();
            duplex.step(&now, &mut events);
            for event in events {
                match event {
                    AudioEvent::LineLevel {
                        loudness: Loudness::Held,
                        ..
                    } => stopped += 1,
                    AudioEvent::SpeechStarted { .. } if at >= begin => heard += 1,
                    AudioEvent::SpeechStarted { .. } => own_turns += 1,
                    _ => {}
                }
            }
        }
    }
    (stopped, own_turns, heard)
}

#[test]
fn a_whole_interview_through_loudspeakers_never_interrupts_itself() {
    let drifting = RoomSettings {
        level_db: -6.0,
        drift_ms_s: 0.1,
        ..RoomSettings::default()
    };
    let rooms = [
        RoomSettings {
            delay_ms: 120.0,
            ..drifting
        },
        RoomSettings {
            delay_ms: 500.0,
            ..drifting
        },
        // Within the second line.
        RoomSettings {
            jump_ms: 45.0,
            jump_at_s: 14.5,
            ..drifting
        },
    ];
    for room in rooms {
        assert_eq!(whole_interview(room), (0, 0, 3), "{room:?}");
    }
}
