//! What a candidate sets during a call is obeyed, shown, and on the record;
//! a record with it derives again.

use crate::calls::{engine, open};
use tokio::sync::{broadcast, mpsc};
use viva::call::{CallEvent, Command, run};
use viva::event::*;
use viva::interview::score::Lexical;
use viva::replay::rederive;
use viva::speech::SpeechError;
use viva::speech::scripted::{ScriptedRecognizer, SilentVoice};

/// What is set at the first long answer, one as soon as the one before is
/// shown, and then answered.
fn set() -> [Command; 6] {
    [
        Command::Mute(true),
        Command::PauseFactor(2.0),
        Command::VoiceSpeed(0.8),
        Command::Voice("other".into()),
        Command::Mute(false),
        Command::Type("I build services in Python.".into()),
    ]
}

/// Consents, sets everything, answers once and ends; what was shown of the
/// settings comes back.
async fn candidate(
    mut seen: broadcast::Receiver<CallEvent>,
    keys: mpsc::Sender<Command>,
) -> Vec<String> {
    let mut shown = Vec::new();
    let (mut asked, mut settings) = (false, set().into_iter());
    while let Ok(event) = seen.recv().await {
        let next = match event {
            CallEvent::PauseFactor(1.0) => None,
            CallEvent::Muted(_)
            | CallEvent::VoiceSpeed(_)
            | CallEvent::Voice(_)
            | CallEvent::PauseFactor(_)
            | CallEvent::Problem(_) => {
                shown.push(format!("{event:?}"));
                settings.next()
            }
            CallEvent::LineEnded { line, hold, .. } => {
                let next = match line.expects {
                    Expects::YesNo => Some(Command::Consent(true)),
                    Expects::Long if !std::mem::replace(&mut asked, true) => settings.next(),
                    Expects::Long => Some(Command::Request(Request::End)),
                    _ => None,
                };
                if let Some(next) = next {
                    let _ = keys.send(next).await;
                }
                drop(hold);
                None
            }
            _ => None,
        };
        if let Some(next) = next {
            let _ = keys.send(next).await;
        }
    }
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_during_a_call_is_on_its_record() {
    let home = tempfile::tempdir().unwrap();
    let running = engine(home.path()).await;
    let (view, seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let ears = ScriptedRecognizer::texts(std::iter::empty::<String>());
    let parts = (Box::new(ears) as _, Box::new(SilentVoice) as _);
    let url = running.url.clone();
    let (_, mut call) = open(home.path(), &running, &url, parts, view, commands).await;
    call.voice = call
        .voice
        .with_choice("silent", 1.0, |_, _| Ok(Box::new(SilentVoice)));
    let candidate = tokio::spawn(candidate(seen, keys));
    let outcome = run(call).await.unwrap();
    let shown = candidate.await.unwrap();
    assert_eq!(
        shown,
        [
            "Muted(true)",
            "PauseFactor(2.0)",
            "VoiceSpeed(0.8)",
            "Voice(\"other\")",
            "Muted(false)"
        ]
    );
    let dir = outcome.record.unwrap();
    let log = std::fs::read_to_string(dir.join("events.jsonl")).unwrap();
    let places: Vec<usize> = [
        r#""kind":"muted","on":true"#,
        r#""kind":"pause_factor","factor":2.0"#,
        r#""type":"voice_speed","speed":0.8"#,
        r#""type":"voice_choice","voice":"other""#,
        r#""kind":"muted","on":false"#,
    ]
    .iter()
    .map(|text| {
        log.find(text)
            .unwrap_or_else(|| panic!("{text} is not in {log}"))
    })
    .collect();
    assert!(places.is_sorted(), "{places:?}");
    let found = rederive(&dir, &Lexical).unwrap();
    assert!(found.follows() && found.complete, "{found:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_of_one_speed_says_so_and_the_call_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let running = engine(home.path()).await;
    let (view, seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let ears = ScriptedRecognizer::texts(std::iter::empty::<String>());
    let parts = (Box::new(ears) as _, Box::new(SilentVoice) as _);
    let url = running.url.clone();
    let (_, call) = open(home.path(), &running, &url, parts, view, commands).await;
    let candidate = tokio::spawn(candidate(seen, keys));
    let outcome = run(call).await.unwrap();
    assert_eq!(outcome.reason, EndReason::CandidateEnded);
    let shown = candidate.await.unwrap().join("\n");
    assert!(shown.contains("silent has only one speed"), "{shown}");
    running.stop().await;
}

/// A voice that takes long to open, one that is not there, and what is asked
/// for meanwhile: the recruiter speaks on, and answers are heard.
#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_opens_slowly_holds_nothing_up_and_one_that_fails_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let running = engine(home.path()).await;
    let (view, mut seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let ears = ScriptedRecognizer::texts(std::iter::empty::<String>());
    let parts = (Box::new(ears) as _, Box::new(SilentVoice) as _);
    let url = running.url.clone();
    let (_, mut call) = open(home.path(), &running, &url, parts, view, commands).await;
    let (let_go, held) = std::sync::mpsc::sync_channel::<()>(2);
    let held = std::sync::Mutex::new(held);
    call.voice = call.voice.with_choice("silent", 1.0, move |name, _| {
        if name == "missing" {
            let why = "There is no voice called missing";
            return Err(SpeechError::Engine(why.into()));
        }
        // Opens when the test lets it.
        let _ = held.lock().unwrap().recv();
        Ok(Box::new(SilentVoice))
    });
    let candidate = tokio::spawn(async move {
        let mut shown = Vec::new();
        while let Ok(event) = seen.recv().await {
            let next: &[Command] = match event {
                CallEvent::LineEnded { line, .. } => match line.expects {
                    Expects::YesNo => &[Command::Consent(true)],
                    Expects::Long if shown.is_empty() => {
                        let typed = "I build services in Python.".to_owned();
                        &[Command::VoiceSpeed(0.8), Command::Type(typed)]
                    }
                    _ => &[],
                },
                // A whole turn while the voice is being opened.
                CallEvent::Utterance(_) => {
                    shown.push("answered".to_owned());
                    &[Command::Voice("other".into()), Command::Mute(true)]
                }
                CallEvent::Muted(true) => {
                    shown.push("muted".to_owned());
                    let_go.send(()).unwrap();
                    let_go.send(()).unwrap();
                    &[]
                }
                CallEvent::VoiceSpeed(_) | CallEvent::Voice(_) | CallEvent::Problem(_) => {
                    shown.push(format!("{event:?}"));
                    match event {
                        CallEvent::Voice(_) => &[Command::Voice("missing".into())],
                        CallEvent::Problem(_) => &[Command::Request(Request::End)],
                        _ => &[],
                    }
                }
                _ => &[],
            };
            for command in next {
                keys.send(command.clone()).await.unwrap();
            }
        }
        shown
    });
    let outcome = run(call).await.unwrap();
    assert_eq!(outcome.reason, EndReason::CandidateEnded);
    assert_eq!(
        candidate.await.unwrap(),
        [
            "answered",
            "muted",
            "VoiceSpeed(0.8)",
            "Voice(\"other\")",
            "Problem(\"There is no voice called missing. The voice stays as it is\")",
        ]
    );
    running.stop().await;
}

/// Whoever leaves in the middle of a line must not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_while_the_recruiter_speaks_is_gone_at_once() {
    let home = tempfile::tempdir().unwrap();
    let running = engine(home.path()).await;
    let (view, mut seen) = broadcast::channel(4096);
    let (_keys, commands) = mpsc::channel(16);
    let ears = ScriptedRecognizer::texts(std::iter::empty::<String>());
    let parts = (Box::new(ears) as _, Box::new(SilentVoice) as _);
    let url = running.url.clone();
    let (_, call) = open(home.path(), &running, &url, parts, view, commands).await;
    let mut call = Box::pin(run(call));
    loop {
        tokio::select! {
            biased;
            event = seen.recv() => {
                if matches!(event, Ok(CallEvent::Line(_))) {
                    break;
                }
            }
            ended = &mut call => panic!("ended early: {ended:?}"),
        }
    }
    let dropped = tokio::task::spawn_blocking(move || drop(call));
    dropped.await.unwrap();
    running.stop().await;
}
