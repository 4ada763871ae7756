//! The endpointer by scripts of speech and silence, and by chance.

use super::*;
use proptest::prelude::*;

/// Runs a script of (milliseconds, voice) and collects what is decided.
struct Run16 {
    endpointer: Endpointer,
    actions: Vec<Action>,
    over_line: bool,
}

/// The usual ones, but where the scripts' silences depend on it.
fn settings() -> EndpointSettings {
    EndpointSettings {
        long_ms: 900,
        ..EndpointSettings::default()
    }
}

fn run() -> Run16 {
    Run16 {
        endpointer: Endpointer::new(settings()),
        actions: Vec::new(),
        over_line: false,
    }
}

impl Run16 {
    fn voice(&mut self, ms: u32, voice: f32) -> &mut Self {
        for _ in 0..ms / FRAME_MS {
            let frame = Frame {
                voice,
                level_db: if voice > 0.5 { -20.0 } else { -70.0 },
                over_line: self.over_line,
            };
            self.endpointer.push(frame, &mut self.actions);
        }
        self
    }

    fn speak(&mut self, ms: u32) -> &mut Self {
        self.voice(ms, 0.9)
    }

    fn silent(&mut self, ms: u32) -> &mut Self {
        self.voice(ms, 0.05)
    }

    fn line(&mut self, on: bool) -> &mut Self {
        self.over_line = on;
        self
    }

    fn names(&mut self) -> String {
        let names: Vec<&str> = self.actions.drain(..).map(name).collect();
        names.join(" ")
    }
}

fn name(action: Action) -> &'static str {
    match action {
        Action::Started { .. } => "started",
        Action::Paused { .. } => "paused",
        Action::Resumed { .. } => "resumed",
        Action::Closed { .. } => "closed",
        Action::Ended { .. } => "ended",
    }
}

#[test]
fn a_turn_begins_pauses_and_ends_after_its_budget() {
    let mut run = run();
    run.silent(640).speak(800).silent(880);
    assert_eq!(run.names(), "started paused");
    run.silent(32);
    assert_eq!(
        run.actions,
        [Action::Ended {
            segment: 1,
            speech_end: 90,
            at: 147
        }]
    );
}

#[test]
fn the_segment_has_its_pre_roll_and_its_tail() {
    let mut run = run();
    run.silent(640).speak(800).silent(300);
    let Some(Action::Paused { span, .. }) = run.actions.last() else {
        panic!("no pause in {:?}", run.actions);
    };
    assert_eq!((span.speech_start, span.speech_end), (40, 90));
    assert_eq!((span.start, span.end), (40 - 19, 90 + 8));
}

#[test]
fn a_short_pause_is_taken_back_when_speech_returns() {
    let mut run = run();
    run.speak(800).silent(400).speak(800).silent(1_000);
    assert_eq!(run.names(), "started paused resumed paused ended");
}

#[test]
fn knocks_and_coughs_take_no_turn() {
    let mut run = run();
    for _ in 0..20 {
        run.speak(80).silent(320);
    }
    assert_eq!(run.names(), "");
}

#[test]
fn a_single_frame_does_not_void_what_is_being_decoded() {
    let mut run = run();
    run.speak(800).silent(320).speak(16).silent(700);
    assert_eq!(run.names(), "started paused ended");
}

#[test]
fn noise_between_speech_and_silence_cannot_keep_a_turn_open() {
    let mut run = run();
    run.speak(800).silent(200);
    for _ in 0..30 {
        run.speak(16).silent(48);
    }
    assert_eq!(run.names(), "started paused ended");
}

#[test]
fn patience_follows_what_is_expected_and_what_the_words_say() {
    let end = |asked: AnswerKind, factor: f32, cue: Option<Cue>| {
        let mut run = run();
        run.endpointer.expect(asked);
        run.endpointer.pause_factor(factor);
        run.speak(800).silent(192);
        if let Some(cue) = cue {
            run.endpointer.cue(1, cue, 200);
        }
        run.silent(16_000);
        match run.actions.last() {
            Some(Action::Ended { at, speech_end, .. }) => (at - speech_end) * 16,
            other => panic!("no end but {other:?}"),
        }
    };
    let s = settings();
    let frames = |ms: u32| u64::from(ms.div_ceil(FRAME_MS) * FRAME_MS);
    assert_eq!(end(AnswerKind::Long, 1.0, None), frames(s.long_ms));
    assert_eq!(end(AnswerKind::Story, 1.0, None), frames(s.story_ms));
    assert_eq!(end(AnswerKind::Short, 1.0, None), frames(s.short_ms));
    assert_eq!(end(AnswerKind::YesNo, 1.0, None), frames(s.yes_no_ms));
    assert_eq!(end(AnswerKind::Long, 2.0, None), frames(2 * s.long_ms));
    assert_eq!(end(AnswerKind::Long, f32::NAN, None), frames(s.long_ms));
    for (cue, ms) in [
        (Cue::Done, s.done_ms),
        (Cue::Asks, s.complete_short_ms),
        (Cue::Closing, s.complete_ms),
        (Cue::Whole, s.complete_ms),
        (Cue::Listing, s.listing_ms),
        (Cue::GoesOn, s.incomplete_ms),
        (Cue::Filler, s.filler_ms),
        (Cue::Thinking, s.thinking_ms),
    ] {
        assert_eq!(end(AnswerKind::Long, 1.0, Some(cue)), frames(ms), "{cue:?}");
    }
}

#[test]
fn speech_ends_where_it_falls_silent_not_where_the_detector_believes_it() {
    let mut run = run();
    run.speak(800);
    let mut soft = |level_db: f32, ms: u32| {
        for _ in 0..ms / FRAME_MS {
            let frame = Frame {
                voice: 0.6,
                level_db,
                over_line: false,
            };
            run.endpointer.push(frame, &mut run.actions);
        }
    };
    // A soft last sound belongs to the word; the room does not.
    soft(-44.0, 160);
    soft(-75.0, 160);
    assert!(matches!(
        run.actions.last(),
        Some(Action::Paused { span, .. }) if span.speech_end == 60
    ));
}

#[test]
fn a_thinker_is_waited_for_and_real_words_end_the_thinking() {
    let mut run = run();
    run.endpointer.thinking(true);
    run.speak(400).silent(2_000);
    assert_eq!(run.names(), "started paused");
    run.speak(1_600).silent(192);
    run.endpointer.cue(1, Cue::Whole, 200);
    run.silent(480);
    assert_eq!(run.names(), "resumed paused ended");
}

#[test]
fn a_speaker_who_pauses_long_is_given_more_time_with_every_pause() {
    let mut run = run();
    let wait = |run: &mut Run16| {
        run.actions.clear();
        run.silent(4_000);
        match run.actions.last() {
            Some(Action::Ended { at, speech_end, .. }) => (at - speech_end) * 16,
            other => panic!("no end but {other:?}"),
        }
    };
    run.speak(800);
    let before = wait(&mut run);
    for _ in 0..20 {
        // Too early by the first budget; it goes on, and that is learnt.
        run.speak(800).silent(1_100);
    }
    run.speak(800);
    assert!(run.endpointer.habit().learnt() >= 10);
    assert!(wait(&mut run) > before + 200);
}

#[test]
fn pauses_between_sentences_are_learnt_apart_from_those_inside_them() {
    let mut run = run();
    let known = |run: &mut Run16, cue| {
        let newest = run.endpointer.next - 1;
        run.endpointer.cue(newest, cue, 30);
    };
    for _ in 0..6 {
        run.speak(800).silent(700);
        known(&mut run, Cue::GoesOn);
        run.speak(800).silent(400);
        known(&mut run, Cue::Whole);
    }
    run.speak(800);
    let patience = &run.endpointer.patience;
    assert_eq!(
        (patience.habit.learnt(), patience.between.learnt()),
        (12, 6)
    );
}

#[test]
fn what_follows_the_next_question_is_no_pause_of_the_turn_before() {
    let mut run = run();
    for _ in 0..20 {
        run.speak(800).silent(1_600);
        run.endpointer.expect(AnswerKind::Long);
    }
    assert_eq!(run.endpointer.habit().learnt(), 0);
}

#[test]
fn whoever_was_talked_over_is_waited_for_until_something_else_is_asked() {
    let mut run = run();
    run.endpointer.expect(AnswerKind::Point);
    let whole = |run: &mut Run16, segment| {
        run.silent(160);
        run.endpointer.cue(segment, Cue::Whole, 30);
    };
    run.speak(2_000);
    whole(&mut run, 1);
    run.silent(1_000);
    assert_eq!(run.names(), "started paused ended");
    run.line(true).speak(320).line(false).speak(1_680);
    whole(&mut run, 2);
    run.silent(1_000);
    assert_eq!(run.names(), "started paused");
    run.silent(320);
    assert_eq!(run.names(), "ended");
    run.endpointer.expect(AnswerKind::Point);
    run.speak(2_000);
    whole(&mut run, 3);
    run.silent(640);
    assert_eq!(run.names(), "started paused ended");
}

#[test]
fn how_much_was_told_counts_until_speech_goes_on() {
    let ends = |told: Option<(SegmentId, Told)>| {
        let mut run = run();
        run.speak(2_000).silent(160);
        let s = settings();
        run.endpointer.cue(1, Cue::Whole, s.enough_words);
        if let Some((segment, told)) = told {
            run.endpointer.told(segment, told);
        }
        // Longer than after a whole answer, shorter than after half of one.
        run.silent((3 * s.complete_ms + s.sentence_ms) / 4 - 160);
        run.names() == "started paused ended"
    };
    assert!(ends(None) && ends(Some((1, Told::Most))));
    assert!(!ends(Some((1, Told::Little))));
    assert!(ends(Some((7, Told::Little))), "of another segment");
    let mut run = run();
    run.speak(2_000).silent(160);
    run.endpointer.cue(1, Cue::Whole, 200);
    run.endpointer.told(1, Told::Little);
    run.speak(320).silent(160);
    run.endpointer.cue(1, Cue::Whole, 202);
    run.silent(640);
    assert_eq!(run.names(), "started paused resumed paused ended");
}

#[test]
fn a_hint_for_another_segment_or_from_before_a_resumption_is_void() {
    let mut run = run();
    run.speak(800).silent(200);
    run.endpointer.cue(7, Cue::Whole, 30);
    run.silent(320);
    assert_eq!(run.names(), "started paused");
    run.endpointer.cue(1, Cue::Whole, 30);
    run.speak(320).silent(500);
    assert_eq!(run.names(), "resumed paused");
}

#[test]
fn a_long_answer_is_closed_at_pauses_and_ends_once() {
    let mut run = run();
    run.speak(9_000).silent(400).speak(2_000).silent(1_000);
    assert_eq!(run.names(), "started paused closed paused ended");
}

#[test]
fn a_turn_may_end_after_a_closed_segment() {
    let mut run = run();
    run.speak(9_000).silent(1_000);
    assert_eq!(run.names(), "started paused closed ended");
}

#[test]
fn endless_speech_is_cut_at_its_quietest_place_without_a_loss() {
    let mut run = run();
    run.speak(23_008)
        .voice(80, 0.45)
        .speak(20_000)
        .silent(1_000);
    let spans: Vec<Span> = run
        .actions
        .iter()
        .filter_map(|a| match a {
            Action::Paused { span, .. } => Some(*span),
            _ => None,
        })
        .collect();
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0].end, 1438 + 3);
    assert_eq!(spans[1].start, spans[0].end);
    assert_eq!(run.names(), "started paused closed paused closed ended");
}

#[test]
fn finish_ends_a_turn_at_once_and_nothing_else() {
    let mut run = run();
    run.endpointer.finish(&mut run.actions);
    assert_eq!(run.names(), "");
    run.speak(500);
    run.endpointer.finish(&mut run.actions);
    assert_eq!(run.names(), "started paused ended");
    run.speak(500).silent(300);
    run.endpointer.finish(&mut run.actions);
    run.silent(2_000);
    assert_eq!(run.names(), "started paused ended");
}

#[test]
fn a_word_over_a_line_opens_a_turn_that_says_so() {
    let mut run = run();
    run.line(true);
    for _ in 0..5 {
        run.speak(64).silent(96);
    }
    assert_eq!(run.names(), "");
    run.silent(480).speak(96);
    assert_eq!(
        run.actions,
        [Action::Started {
            at: 80,
            over_line: true
        }]
    );
    run.speak(480).line(false).silent(1_000);
    assert_eq!(run.names(), "started paused ended");
}

#[test]
fn an_answer_that_begins_in_a_lines_last_word_is_whole() {
    let mut run = run();
    run.line(true)
        .silent(1_600)
        .speak(160)
        .line(false)
        .speak(800)
        .silent(1_000);
    assert_eq!(
        run.actions[0],
        Action::Started {
            at: 100,
            over_line: true
        }
    );
    assert_eq!(run.names(), "started paused ended");
}

/// What any consumer relies on, whatever comes in.
#[derive(Default)]
struct Witness {
    in_turn: bool,
    /// The newest segment and whether it is closed.
    segment: Option<(SegmentId, bool)>,
    paused: bool,
    given: u64,
}

impl Witness {
    fn see(&mut self, action: Action) {
        match action {
            Action::Started { .. } => {
                assert!(!self.in_turn);
                self.in_turn = true;
            }
            Action::Paused { segment, span } => {
                assert!(self.in_turn && !self.paused);
                match self.segment {
                    Some((id, false)) => assert_eq!(segment, id),
                    last => assert_eq!(segment, last.map_or(0, |l| l.0) + 1),
                }
                assert!(span.start <= span.speech_start && span.speech_start <= span.speech_end);
                assert!(span.speech_end <= span.end);
                if self.segment.is_none_or(|(id, _)| id != segment) {
                    assert!(span.start >= self.given, "segments overlap");
                }
                self.segment = Some((segment, false));
                self.given = span.end;
                self.paused = true;
            }
            Action::Resumed { segment } => {
                assert!(self.in_turn && self.paused);
                assert_eq!(self.segment, Some((segment, false)));
                self.paused = false;
            }
            Action::Closed { segment } => {
                assert!(self.in_turn && self.paused);
                assert_eq!(self.segment, Some((segment, false)));
                self.segment = Some((segment, true));
                self.paused = false;
            }
            Action::Ended { segment, .. } => {
                assert!(self.in_turn);
                assert_eq!(self.segment.map(|s| s.0), Some(segment));
                assert!(self.paused || self.segment == Some((segment, true)));
                self.segment = Some((segment, true));
                self.in_turn = false;
                self.paused = false;
            }
        }
    }
}

proptest! {
    #[test]
    fn any_input_gives_an_orderly_course(
        steps in prop::collection::vec((0u8..9, 1u32..120, any::<f32>()), 1..80),
    ) {
        let mut run = run();
        let mut witness = Witness::default();
        for (what, frames, wild) in steps {
            match what {
                0..=2 => { run.speak(frames * 16); }
                3 | 4 => { run.silent(frames * 8); }
                5 => { run.voice(frames, wild); }
                6 => { let on = !run.over_line; run.line(on); }
                7 => run.endpointer.finish(&mut run.actions),
                _ => {
                    run.endpointer.cue(frames / 10, Cue::ALL[frames as usize % 9], frames);
                    run.endpointer.thinking(frames % 3 == 0);
                    run.endpointer.pause_factor(wild);
                    run.endpointer.expect(AnswerKind::ALL[frames as usize % 5]);
                }
            }
            for action in run.actions.drain(..) {
                witness.see(action);
            }
        }
        run.line(false).silent(longest_ms(&EndpointSettings::default(), 10.0) + 1_000);
        for action in run.actions.drain(..) {
            witness.see(action);
        }
        prop_assert!(!witness.in_turn);
    }

    /// Outside lines, every stretch of speech that is long enough to be a
    /// word lies in exactly one segment, but for frames next to a cut.
    #[test]
    fn no_word_is_lost(
        steps in prop::collection::vec((7u64..400, 1u64..90), 1..30),
    ) {
        let mut run = run();
        let mut words = Vec::new();
        for (speech, silence) in steps {
            run.silent(silence as u32 * 16);
            words.push((run.endpointer.now, run.endpointer.now + speech));
            run.speak(speech as u32 * 16);
        }
        run.silent(30_000);
        let mut spans: Vec<(SegmentId, Span)> = Vec::new();
        for action in &run.actions {
            if let Action::Paused { segment, span } = action {
                // A resumed segment is replaced by its longer form.
                spans.retain(|(id, _)| id != segment);
                spans.push((*segment, *span));
            }
        }
        for (first, end) in words {
            let covered: u64 = spans
                .iter()
                .map(|(_, s)| s.end.min(end).saturating_sub(s.start.max(first)))
                .sum();
            prop_assert_eq!(covered, end - first);
        }
    }
}
