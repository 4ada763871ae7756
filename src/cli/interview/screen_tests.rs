use super::super::model::tests::{asked, line, model, said};
use super::*;
use crate::call::CallEvent;
use crate::clock::SessionTime;
use crate::event::{Expects, Stage};
use crossterm::event::KeyCode;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

fn buffer(model: &Model, look: Look, (columns, rows): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal
        .draw(|frame| draw(frame, model, look, 5_000))
        .unwrap();
    terminal.backend().buffer().clone()
}

fn rows(model: &Model, size: (u16, u16)) -> Vec<String> {
    let shown = buffer(model, Look::default(), size);
    let width = usize::from(size.0);
    shown
        .content()
        .chunks(width)
        .map(|row| {
            let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            row.trim_end().to_owned()
        })
        .collect()
}

/// In the middle of an answer.
fn answering() -> Model {
    let mut model = asked();
    model.event(&said("I write into a staging table first."), 5_000);
    let probe = line(2, Stage::Technical, "And then?", Expects::Long);
    model.event(&CallEvent::Line(probe), 5_000);
    model.event(&CallEvent::SpeechStarted, 5_000);
    let text = "then I swap the partitions in one transaction, so that a second run finds".into();
    model.event(&CallEvent::Partial(text), 5_000);
    let (near_db, far_db) = (-24.0, -90.0);
    model.event(&CallEvent::Level { near_db, far_db }, 5_000);
    model
}

#[test]
fn at_eighty_by_twenty_four_everything_has_its_place() {
    insta::assert_snapshot!(rows(&answering(), (80, 24)).join("\n"));
}

#[test]
fn sixty_by_twenty_wraps_and_keeps_the_turn() {
    insta::assert_snapshot!(rows(&answering(), (60, 20)).join("\n"));
}

#[test]
fn a_wide_terminal_uses_its_width() {
    insta::assert_snapshot!(rows(&answering(), (200, 60)).join("\n"));
}

#[test]
fn consent_is_asked_for_with_its_keys() {
    let mut model = model();
    model.say("Nothing is recorded before you agree.");
    let text = "I am an AI. Do you agree to be interviewed and recorded?";
    let disclosure = line(1, Stage::Opening, text, Expects::YesNo);
    model.event(&CallEvent::Line(disclosure.clone()), 0);
    model.event(&super::super::model::tests::ended(disclosure), 0);
    insta::assert_snapshot!(rows(&model, (80, 12)).join("\n"));
}

#[test]
fn how_long_a_break_may_last_is_shown_beside_everything_that_is_set() {
    let mut model = asked();
    let (stage, left) = (Stage::Technical, SessionTime(600_000));
    for event in [
        CallEvent::PauseFactor(1.5),
        CallEvent::VoiceSpeed(0.9),
        CallEvent::Hold(true),
        CallEvent::Status {
            stage,
            left,
            pause: Some(SessionTime(299_000)),
        },
    ] {
        model.event(&event, 5_000);
    }
    let shown = rows(&model, (80, 24)).join("\n");
    assert!(
        shown.contains("PAUSED   P goes on; break: 04:59"),
        "{shown}"
    );
    model.event(&CallEvent::Hold(false), 5_000);
    let shown = rows(&model, (80, 24)).join("\n");
    assert!(!shown.contains("break"), "{shown}");
}

#[test]
fn typing_shows_the_answer_and_what_sends_it() {
    let mut model = asked();
    model.key(KeyCode::Char('t').into(), 0);
    model.paste("I keep a table of loads that are done.\nA second run finds its own entry.");
    insta::assert_snapshot!(rows(&model, (80, 16)).join("\n"));
}

#[test]
fn help_tells_every_key() {
    let mut model = asked();
    model.key(KeyCode::Char('?').into(), 0);
    let shown = rows(&model, (80, 24)).join("\n");
    for key in [
        "R ", "E ", "M ", "P ", "S ", "F ", "T ", "U ", "- +", "L ", "Q ",
    ] {
        assert!(
            shown.lines().any(|row| row.starts_with(key)),
            "{key}\n{shown}"
        );
    }
    assert!(shown.contains("Any key closes"), "{shown}");
}

#[test]
fn without_colours_the_words_are_the_same() {
    let colour = Look {
        colour: true,
        ..Look::default()
    };
    let plain = buffer(&answering(), Look::default(), (80, 24));
    let coloured = buffer(&answering(), colour, (80, 24));
    let coloured_cells = |b: &Buffer| b.content().iter().filter(|c| c.fg != Color::Reset).count();
    assert_eq!(coloured_cells(&plain), 0);
    assert!(coloured_cells(&coloured) > 0);
    let text = |b: &Buffer| -> String {
        b.content()
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    };
    assert_eq!(text(&plain), text(&coloured));
}

#[test]
fn a_still_screen_does_not_move_with_the_voice() {
    let still = Look {
        still: true,
        ..Look::default()
    };
    let mut model = asked();
    let shown = |model: &Model| buffer(model, still, (80, 24));
    let far_db = -90.0;
    model.event(
        &CallEvent::Level {
            near_db: -30.0,
            far_db,
        },
        0,
    );
    let louder = shown(&model);
    model.event(
        &CallEvent::Level {
            near_db: -12.0,
            far_db,
        },
        0,
    );
    assert_eq!(shown(&model), louder);
}

#[test]
fn no_score_is_ever_shown() {
    let shown = rows(&answering(), (200, 60)).join("\n").to_lowercase();
    for word in ["score", "points", "%", "rating", "confidence"] {
        assert!(!shown.contains(word), "{word}");
    }
}

proptest! {
    #[test]
    fn any_size_can_be_drawn(
        columns in 1u16..130, height in 1u16..60, typing: bool, back in 0usize..200,
        draft in "\\PC{0,200}",
    ) {
        let mut model = answering();
        model.back = back;
        if typing {
            model.paste(&draft);
        }
        prop_assert_eq!(rows(&model, (columns, height)).len(), usize::from(height));
    }
}
