use super::*;
use crate::event::{Purpose, Source, Utterance};

pub(in crate::cli::interview) fn line(id: u32, stage: Stage, text: &str, expects: Expects) -> Line {
    let asks = matches!(stage, Stage::Project | Stage::Technical);
    Line {
        id,
        text: text.to_owned(),
        purpose: Purpose::Question,
        stage,
        question: None,
        number: asks.then_some(id),
        of: 3,
        expects,
    }
}

pub(in crate::cli::interview) fn ended(line: Line) -> CallEvent {
    CallEvent::LineEnded {
        heard: line.text.clone(),
        line,
        complete: true,
        hold: crate::call::Hold::default(),
    }
}

pub(in crate::cli::interview) fn said(text: &str) -> CallEvent {
    CallEvent::Utterance(Utterance {
        id: 1,
        text: text.to_owned(),
        words: Vec::new(),
        start_ms: 0,
        end_ms: 0,
        confidence: 0.9,
        source: Source::Voice,
    })
}

pub(in crate::cli::interview) fn model() -> Model {
    let mut model = Model::new(&Settings::default(), 1.0);
    let connected = CallEvent::Connected {
        session: "S".into(),
        candidate: "Ada Example".into(),
        position: "Data Engineer".into(),
        company: Some("Northwind".into()),
    };
    model.event(&connected, 0);
    model
}

/// At the second question, whose answer is awaited.
pub(in crate::cli::interview) fn asked() -> Model {
    let mut model = model();
    model.event(&CallEvent::Consent(true), 0);
    let question = line(
        2,
        Stage::Technical,
        "How do you make sure that a nightly load can be run twice?",
        Expects::Long,
    );
    model.event(&CallEvent::Line(question.clone()), 1_000);
    let left = SessionTime(12 * 60_000 + 34_000);
    let stage = Stage::Technical;
    let pause = None;
    model.event(&CallEvent::Status { stage, left, pause }, 1_000);
    model.event(&ended(question), 5_000);
    model
}

fn press(model: &mut Model, key: char) -> Asked {
    model.key(KeyCode::Char(key).into(), 10_000)
}

#[test]
fn whose_turn_it_is_follows_the_call() {
    let mut model = model();
    assert_eq!(model.turn().0, "THINKING");
    let question = line(
        1,
        Stage::Introduction,
        "Please introduce yourself.",
        Expects::Long,
    );
    model.event(&CallEvent::Line(question.clone()), 0);
    assert_eq!(model.turn().0, "SPEAKING");
    model.event(&ended(question), 0);
    assert_eq!(model.turn(), ("LISTENING", "It is your turn."));
    model.event(&CallEvent::SpeechStarted, 0);
    assert_eq!(model.turn(), ("LISTENING", "You are heard."));
    model.event(&CallEvent::Partial("I build".into()), 0);
    model.event(&CallEvent::SpeechEnded, 0);
    assert_eq!(model.turn().0, "THINKING");
    model.event(&said("I build pipelines."), 0);
    assert_eq!((model.turn().0, model.partial.as_str()), ("THINKING", ""));
    model.event(&CallEvent::Connection { up: false }, 0);
    assert_eq!(model.turn().0, "WAITING");
    model.event(&CallEvent::Connection { up: true }, 0);
    model.event(&CallEvent::Ended(EndReason::Completed), 0);
    assert_eq!(model.turn().0, "OVER");
}

#[test]
fn keys_ask_for_what_they_say() {
    for (key, request) in [
        ('r', Request::Repeat),
        ('E', Request::Rephrase),
        ('s', Request::Skip),
        ('M', Request::Think),
        ('f', Request::Finished),
        ('p', Request::Pause),
    ] {
        let asked = press(&mut asked(), key);
        assert_eq!(asked, Asked::Do(Command::Request(request)), "{key}");
    }
}

#[test]
fn consent_keys_count_only_while_consent_is_asked_for() {
    let mut before = model();
    assert_eq!(press(&mut before, 'y'), Asked::Nothing);
    let disclosure = line(1, Stage::Opening, "Do you agree?", Expects::YesNo);
    before.event(&CallEvent::Line(disclosure), 0);
    assert_eq!(press(&mut before, 'y'), Asked::Do(Command::Consent(true)));
    let mut after = asked();
    assert_eq!(press(&mut after, 'y'), Asked::Nothing);
    assert_eq!(press(&mut after, 'n'), Asked::Nothing);
}

#[test]
fn letters_of_a_typed_answer_are_no_commands() {
    let mut model = asked();
    press(&mut model, 't');
    for c in "q skip?".chars() {
        assert_eq!(press(&mut model, c), Asked::Nothing);
    }
    let sent = model.key(KeyCode::Enter.into(), 0);
    assert_eq!(sent, Asked::Do(Command::Type("q skip?".into())));
    assert!(!model.typing);
    assert_eq!(model.overlay, None);
}

#[test]
fn what_is_pasted_is_looked_at_before_it_is_sent() {
    let mut model = asked();
    model.paste("one\nq\ntwo");
    assert!(model.typing);
    let sent = model.key(KeyCode::Enter.into(), 0);
    assert_eq!(sent, Asked::Do(Command::Type("one q two".into())));
}

#[test]
fn who_types_every_answer_is_led_to_the_answer_after_consent() {
    let settings = Settings {
        typed: true,
        ..Settings::default()
    };
    let mut model = Model::new(&settings, 1.0);
    let disclosure = line(1, Stage::Opening, "Do you agree?", Expects::YesNo);
    model.event(&CallEvent::Line(disclosure.clone()), 0);
    model.event(&ended(disclosure), 0);
    assert!(!model.typing, "y and n must stay keys");
    model.event(&CallEvent::Consent(true), 0);
    let question = line(2, Stage::Introduction, "Who are you?", Expects::Long);
    model.event(&CallEvent::Line(question.clone()), 0);
    model.event(&ended(question), 0);
    assert!(model.typing);
    assert_eq!(model.turn(), ("YOUR TURN", "Type your answer."));
    press(&mut model, 'a');
    model.key(KeyCode::Enter.into(), 0);
    assert!(model.typing, "the next answer is typed too");
}

#[test]
fn the_end_is_asked_for_twice_and_left_at_the_third_interrupt() {
    let mut model = asked();
    press(&mut model, 'q');
    assert_eq!(press(&mut model, 'x'), Asked::Nothing);
    assert_eq!(model.overlay, None);
    press(&mut model, 'q');
    let end = Asked::Do(Command::Request(Request::End));
    assert_eq!(press(&mut model, 'y'), end);
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let mut model = asked();
    press(&mut model, 't');
    assert_eq!(model.key(interrupt, 0), Asked::Nothing);
    assert_eq!(model.key(interrupt, 0), end);
    assert_eq!(model.key(interrupt, 0), Asked::Leave);
}

#[test]
fn the_time_left_runs_and_stands_still_in_a_pause() {
    let mut model = asked();
    assert_eq!(model.left(61_000).unwrap().0, 12 * 60_000 + 34_000 - 60_000);
    press(&mut model, 'p');
    model.event(&CallEvent::Hold(true), 10_000);
    let at_pause = model.left(10_000);
    assert_eq!(model.left(200_000), at_pause);
    assert_eq!(model.turn().0, "PAUSED");
    let resumed = press(&mut model, 'p');
    assert_eq!(resumed, Asked::Do(Command::Request(Request::Resume)));
    model.event(&CallEvent::Hold(false), 200_000);
    assert_eq!(model.left(200_000), at_pause);
    assert_eq!(model.turn().0, "LISTENING");
}

#[test]
fn in_a_moment_to_think_a_break_can_be_asked_for() {
    let mut model = asked();
    press(&mut model, 'm');
    model.event(&CallEvent::Hold(true), 1_000);
    assert_eq!(model.turn().0, "YOUR TIME");
    let pause = press(&mut model, 'p');
    assert_eq!(pause, Asked::Do(Command::Request(Request::Pause)));
    assert_eq!(model.turn().0, "PAUSED");
    // G goes on in both.
    let resumed = press(&mut model, 'g');
    assert_eq!(resumed, Asked::Do(Command::Request(Request::Resume)));
}

#[test]
fn mute_voice_and_pauses_are_set_by_keys_and_shown_when_they_are() {
    let mut model = asked();
    assert_eq!(press(&mut model, 'u'), Asked::Do(Command::Mute(true)));
    assert!(!model.muted, "only the call knows");
    model.event(&CallEvent::Muted(true), 0);
    assert_eq!(model.turn().0, "MUTED");
    assert_eq!(press(&mut model, 'u'), Asked::Do(Command::Mute(false)));
    assert_eq!(press(&mut model, '-'), Asked::Do(Command::VoiceSpeed(0.9)));
    model.event(&CallEvent::VoiceSpeed(0.5), 0);
    assert_eq!(press(&mut model, '-'), Asked::Do(Command::VoiceSpeed(0.5)));
    assert_eq!(press(&mut model, 'l'), Asked::Do(Command::PauseFactor(1.5)));
    model.event(&CallEvent::PauseFactor(3.0), 0);
    assert_eq!(press(&mut model, 'l'), Asked::Do(Command::PauseFactor(1.0)));
}

#[test]
fn steps_of_the_speed_add_up_while_a_voice_is_being_opened() {
    let mut model = model();
    let speed = |speed| Asked::Do(Command::VoiceSpeed(speed));
    assert_eq!(press(&mut model, '+'), speed(1.1));
    assert_eq!(press(&mut model, '+'), speed(1.2));
    // The first of them is there, the second is being opened.
    model.event(&CallEvent::VoiceSpeed(1.1), 0);
    assert_eq!(model.speed, 1.1);
    assert_eq!(press(&mut model, '+'), speed(1.3));
    model.event(&CallEvent::VoiceSpeed(1.3), 0);
    assert_eq!(press(&mut model, '-'), speed(1.2));
    // It could not be opened: the next step is one from what is heard.
    model.event(&CallEvent::Problem("No voice".into()), 0);
    assert_eq!(press(&mut model, '+'), speed(1.4));
}
