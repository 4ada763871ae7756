use super::super::vocabulary::{FetchNews, News};
use super::*;
use crate::preflight;

fn plan(setup: bool) -> Plan {
    Plan {
        setup,
        typed: false,
        captions: false,
        choices: Choices::default(),
        fetching: None,
    }
}

fn offer(name: &str, installed: bool, recommended: bool) -> Offer {
    Offer {
        name: name.into(),
        bytes: 60_000_000,
        ms_for_5_s: 200.0,
        measured: installed,
        keeps_up: true,
        installed,
        starter: name.starts_with("starter"),
        recommended,
        accuracy: "good",
    }
}

fn starter_only() -> News {
    News::Ears(Ok(Heard {
        name: "starter-q5_1".into(),
        starter: true,
        ms_for_5_s: 60.0,
        keeps_up: true,
        offers: vec![
            offer("base.en", false, true),
            offer("starter-q5_1", true, false),
        ],
        instead: None,
    }))
}

fn opened() -> News {
    News::Sound(preflight::News::Opened {
        microphone: "mic".into(),
        speaker: "speaker".into(),
    })
}

/// At the check, with everything there.
fn ready() -> State {
    let (mut state, _) = State::begin(plan(false));
    state.news(opened(), 0);
    state.news(starter_only(), 0);
    state.news(News::Engine(Finding::ok("engine", "near")), 0);
    state.news(News::Voice(Ok(vec![0.5; 100].into())), 0);
    state
}

/// The newest download tells this.
fn fetched(state: &mut State, news: FetchNews) -> Vec<Do> {
    let run = state.run;
    state.news(News::Fetch { run, news }, 0)
}

/// The newest sentence was understood so.
fn transcribed(state: &mut State, text: Result<String, String>) -> Vec<Do> {
    let test = state.tests;
    state.news(News::Text { test, text }, 0)
}

fn told(state: &State) -> String {
    state.said.join("\n")
}

#[test]
fn the_first_time_everything_is_asked_for_in_turn() {
    let (mut state, todo) = State::begin(plan(true));
    assert!(todo.iter().any(|d| matches!(d, Do::Engine)));
    let mut seen = vec![state.page];
    state.news(News::Devices(Ok(Vec::new())), 0);
    state.news(starter_only(), 0);
    for _ in 0..2 {
        state.key(Key::Enter, 0);
        seen.push(state.page);
    }
    assert_eq!(seen, [Page::Microphone, Page::Speaker, Page::Model]);
    // The recommended one is marked, and must be fetched.
    let todo = state.key(Key::Enter, 0);
    assert_eq!(state.page, Page::Fetch);
    assert!(matches!(&todo[..], [Do::Keep(_), Do::Fetch { name, .. }] if name == "base.en"));
    let todo = fetched(&mut state, FetchNews::Whole);
    assert_eq!(state.page, Page::Check);
    assert_eq!(state.choices.model.as_deref(), Some("base.en"));
    assert!(matches!(&todo[..], [Do::ForgetFetch, Do::Measure(Some(_))]));
}

#[test]
fn whoever_reads_is_not_asked_for_a_speaker_and_whoever_types_for_nothing() {
    let captions = Plan {
        captions: true,
        ..plan(true)
    };
    let (mut state, _) = State::begin(captions);
    state.key(Key::Enter, 0);
    assert_eq!(state.page, Page::Model);
    let typed = Plan {
        typed: true,
        ..plan(true)
    };
    let (state, todo) = State::begin(typed);
    assert_eq!(state.page, Page::Check);
    assert!(matches!(&todo[..], [Do::Engine]));
}

#[test]
fn a_download_that_was_not_finished_goes_on_first() {
    let unfinished = Plan {
        fetching: Some("base.en".into()),
        ..plan(false)
    };
    let (mut state, todo) = State::begin(unfinished);
    assert_eq!(state.page, Page::Fetch);
    assert!(todo.iter().any(|d| matches!(d, Do::Fetch { .. })));
    // No network now: the part that is there is not forgotten.
    state.news(starter_only(), 0);
    let failed = FetchNews::Failed {
        why: "no route".into(),
        any: false,
    };
    let todo = fetched(&mut state, failed);
    assert_eq!(state.page, Page::Check);
    assert!(!todo.iter().any(|d| matches!(d, Do::ForgetFetch)));
    assert_eq!(told(&state).matches("The starter model is used").count(), 1);
}

#[test]
fn a_download_that_breaks_can_be_tried_again_or_done_without() {
    let mut state = ready();
    state.key(Key::Letter('d'), 0);
    state.key(Key::Enter, 0);
    let failed = FetchNews::Failed {
        why: "cut".into(),
        any: true,
    };
    fetched(&mut state, failed.clone());
    assert_eq!(state.page, Page::Fetch);
    let todo = state.key(Key::Enter, 0);
    assert!(matches!(&todo[..], [.., Do::Fetch { .. }]));
    fetched(&mut state, failed);
    let todo = state.key(Key::Letter('u'), 0);
    assert!(todo.iter().any(|d| matches!(d, Do::ForgetFetch)));
    assert_eq!((state.page, &state.choices.model), (Page::Check, &None));
}

#[test]
fn a_sentence_goes_out_in_and_back() {
    let mut state = ready();
    let todo = state.key(Key::Letter('t'), 0);
    assert!(matches!(&todo[..], [Do::Sound(Cue::Say(_))]));
    state.news(News::Sound(preflight::News::Played { whole: true }), 0);
    state.news(News::Sound(preflight::News::Listening), 0);
    let heard: Arc<[f32]> = vec![0.1; 50].into();
    let hear = state.news(News::Sound(preflight::News::Heard(heard.clone())), 0);
    assert!(matches!(&hear[..], [Do::Hear { .. }]));
    let todo = transcribed(&mut state, Ok("I am ready.".into()));
    assert!(matches!(&todo[..], [Do::Sound(Cue::Play(back))] if *back == heard));
    state.news(News::Sound(preflight::News::Played { whole: true }), 0);
    assert_eq!(state.test, Test::Idle);
    let told = told(&state);
    assert!(told.contains("Understood: \"I am ready.\""), "{told}");
    assert!(told.contains("Nothing of it was kept or sent"), "{told}");
    // Nothing holds on to the sound.
    drop((hear, todo));
    assert_eq!(Arc::strong_count(&heard), 1);
}

#[test]
fn a_device_that_is_not_there_is_told_and_stops_nobody() {
    let mut state = ready();
    assert!(state.all_well());
    let gone = preflight::News::Gone {
        track: Track::Near,
        says: "No microphone was found".into(),
    };
    state.news(News::Sound(gone), 0);
    assert!(!state.all_well());
    let found = state.microphone.clone().unwrap();
    assert_eq!(found.verdict, Verdict::Failed);
    assert!(found.advice.unwrap().contains("types answers"));
    // Nothing can be tried, and nothing waits for ever.
    assert!(state.key(Key::Letter('t'), 0).is_empty());
    assert_eq!(state.test, Test::Idle);
    assert!(told(&state).contains("There is no microphone to try"));
    state.key(Key::Letter('w'), 0);
    assert_eq!(state.done, Some(Done::Typed));
}

#[test]
fn the_level_rises_at_once_falls_slowly_and_is_told_in_words() {
    let mut state = ready();
    let level = |db| News::Sound(preflight::News::Level(db));
    assert_eq!(state.level_word(0), "say something");
    state.news(News::Sound(preflight::News::Voice(true)), 0);
    state.news(level(-20.0), 1_000);
    assert_eq!(
        (state.level_db(1_000), state.level_word(1_000)),
        (-20.0, "good")
    );
    assert_eq!(state.level_db(1_500), -35.0);
    state.news(level(-3.0), 2_000);
    assert_eq!(state.level_word(2_000), "too loud");
    state.news(level(-90.0), 3_800);
    assert_eq!(state.level_word(3_800), "too quiet");
}

#[test]
fn only_a_device_that_stays_marked_is_opened() {
    let (mut state, _) = State::begin(plan(true));
    let usb = DeviceInfo {
        name: "usb".into(),
        description: String::new(),
        input: true,
        output: false,
        monitor: false,
        default: false,
        format: String::new(),
    };
    state.news(News::Devices(Ok(vec![usb])), 0);
    assert!(state.key(Key::Down, 1_000).is_empty());
    assert!(state.tick(1_100).is_empty());
    let todo = state.tick(1_000 + REST_MS);
    let usb = Place::Device(Some("usb".into()));
    assert!(matches!(&todo[..], [Do::Sound(Cue::Open { microphone, .. })] if *microphone == usb));
    state.key(Key::Enter, 2_000);
    assert_eq!(state.choices.microphone.as_deref(), Some("usb"));
}

#[test]
fn where_the_speaker_fails_the_sentence_is_read_and_not_played() {
    let mut state = ready();
    let gone = preflight::News::Gone {
        track: Track::Far,
        says: "No speaker was found".into(),
    };
    state.news(News::Sound(gone), 0);
    let todo = state.key(Key::Letter('t'), 0);
    assert!(matches!(&todo[..], [Do::Sound(Cue::Listen)]));
    let heard: Arc<[f32]> = vec![0.1; 50].into();
    state.news(News::Sound(preflight::News::Heard(heard)), 0);
    let todo = transcribed(&mut state, Ok("Hello.".into()));
    assert!(todo.is_empty());
    assert_eq!(state.test, Test::Idle);
}

#[test]
fn a_download_that_was_given_up_changes_nothing_of_the_next_one() {
    let mut state = ready();
    state.key(Key::Letter('d'), 0);
    state.key(Key::Enter, 0);
    let first = state.run;
    state.key(Key::Letter('u'), 0);
    state.key(Key::Letter('d'), 0);
    state.key(Key::Enter, 0);
    for news in [FetchNews::Stopped, FetchNews::Whole] {
        state.news(News::Fetch { run: first, news }, 0);
    }
    assert_eq!((state.page, &state.choices.model), (Page::Fetch, &None));
    assert!(state.fetch.as_ref().is_some_and(|f| f.stopped.is_none()));
    fetched(&mut state, FetchNews::Whole);
    assert_eq!(state.choices.model.as_deref(), Some("base.en"));
}

#[test]
fn escape_stops_a_download_at_once_and_enter_takes_it_up_again() {
    let mut state = ready();
    state.key(Key::Letter('d'), 0);
    state.key(Key::Enter, 0);
    let first = state.run;
    let todo = state.key(Key::Escape, 0);
    assert!(matches!(&todo[..], [Do::StopFetch]));
    let stopped = |state: &State| state.fetch.as_ref().is_some_and(|f| f.stopped.is_some());
    assert!(stopped(&state));
    state.key(Key::Enter, 0);
    // The first run notices only now.
    let late = News::Fetch {
        run: first,
        news: FetchNews::Stopped,
    };
    state.news(late, 0);
    assert!(!stopped(&state));
}

#[test]
fn a_text_that_comes_late_leaves_the_next_test_alone() {
    let mut state = ready();
    let heard = || {
        let audio: Arc<[f32]> = vec![0.1; 50].into();
        News::Sound(preflight::News::Heard(audio))
    };
    let late = |state: &State| News::Text {
        test: state.tests,
        text: Ok("late".into()),
    };
    state.news(heard(), 0);
    let first = late(&state);
    state.key(Key::Letter('t'), 0);
    assert_eq!(state.test, Test::Saying);
    state.news(first.clone(), 0);
    assert_eq!(state.test, Test::Saying);
    // It is not the second sentence's text either.
    state.news(heard(), 0);
    state.news(first, 0);
    assert!(matches!(state.test, Test::Reading(_)));
    assert!(!told(&state).contains("late"), "{}", told(&state));
    transcribed(&mut state, Ok("Hello.".into()));
    assert!(told(&state).contains("Understood: \"Hello.\""));
}

#[test]
fn what_is_used_is_told_only_once_it_is_known() {
    let (mut state, _) = State::begin(plan(true));
    state.news(opened(), 0);
    state.key(Key::Enter, 0);
    state.key(Key::Enter, 0);
    assert_eq!(state.page, Page::Model);
    state.key(Key::Letter('u'), 0);
    assert!(!told(&state).contains("is used"), "{}", told(&state));
    // The measurement from before, then the one that counts.
    state.news(starter_only(), 0);
    assert!(!told(&state).contains("is used"), "{}", told(&state));
    let better = Heard {
        name: "base.en".into(),
        starter: false,
        ms_for_5_s: 200.0,
        keeps_up: true,
        offers: Vec::new(),
        instead: None,
    };
    state.news(News::Ears(Ok(better)), 0);
    let told = told(&state);
    assert!(
        told.contains("base.en, which is here already, is used"),
        "{told}"
    );
    assert!(!told.contains("The starter model is used"), "{told}");
}

#[test]
fn a_part_that_is_there_is_taken_up_another_time_though_the_network_is_gone() {
    let mut state = ready();
    state.key(Key::Letter('d'), 0);
    state.key(Key::Enter, 0);
    let progress = FetchNews::Progress {
        there: 70,
        total: Some(100),
    };
    fetched(&mut state, progress);
    state.key(Key::Escape, 0);
    state.key(Key::Enter, 0);
    let offline = || FetchNews::Failed {
        why: "no route".into(),
        any: false,
    };
    let todo = fetched(&mut state, offline());
    assert_eq!(state.page, Page::Check);
    assert!(!todo.iter().any(|d| matches!(d, Do::ForgetFetch)));
    // Where nothing is there, there is nothing to take up.
    state.key(Key::Letter('d'), 0);
    state.key(Key::Enter, 0);
    let todo = fetched(&mut state, offline());
    assert!(todo.iter().any(|d| matches!(d, Do::ForgetFetch)));
}

#[test]
fn of_very_much_that_was_told_the_newest_is_kept_and_the_rest_counted() {
    let mut state = ready();
    let before = state.said.len();
    for n in 0..SAID_MOST + 50 {
        state.say(format!("number {n}"));
    }
    assert_eq!(state.said.len(), SAID_MOST);
    assert_eq!(state.dropped, before + 50);
    assert_eq!(state.said[0], "number 50");
}
