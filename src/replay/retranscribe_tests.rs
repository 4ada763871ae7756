#[path = "../../tests/spread_words/mod.rs"]
mod spread_words;

use super::*;
use crate::clock::SessionTime;
use crate::event::*;
use crate::replay::sound::Frame;
use crate::speech::scripted::ScriptedRecognizer;
use proptest::prelude::*;
use spread_words::spread_evenly;

/// A recording and its log, put together piece by piece.
struct Tape {
    frames: Vec<Frame>,
    records: Vec<Record>,
    tones: Vec<(u64, u64)>,
}

/// Something like speech, for the voice detector: a buzz of 130 Hz through
/// two moving formants, in syllables.
fn speech(ms: u64) -> Vec<f32> {
    let mut resonators = [[0.0f32; 2]; 2];
    (0..ms * 16)
        .map(|n| {
            let t = n as f32 / 16_000.0;
            let buzz = if n % 123 == 0 { 1.0 } else { 0.0 };
            let syllable = (t * 4.0 * std::f32::consts::PI).sin().abs().powf(0.5);
            let formants = [
                550.0 + 200.0 * (t * 9.0).sin(),
                1500.0 + 500.0 * (t * 7.0).cos(),
            ];
            let mut out = 0.0;
            for (hz, state) in formants.into_iter().zip(&mut resonators) {
                let (r, w) = (0.97f32, hz * std::f32::consts::TAU / 16_000.0);
                let y = buzz + 2.0 * r * w.cos() * state[0] - r * r * state[1];
                *state = [y, state[0]];
                out += y;
            }
            0.12 * syllable * out
        })
        .collect()
}

impl Tape {
    fn new(ms: u64) -> Self {
        // A room is never quite silent.
        let noise = |n: u64| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61) as i16 - 4;
        Self {
            frames: (0..ms * 16).map(|n| [noise(n), 0]).collect(),
            records: Vec::new(),
            tones: Vec::new(),
        }
    }

    fn put(&mut self, side: usize, at_ms: u64, sound: &[f32]) {
        let from = at_ms as usize * 16;
        for (frame, value) in self.frames[from..].iter_mut().zip(sound) {
            frame[side] = frame[side].saturating_add((value * 32_767.0) as i16);
        }
    }

    fn log(&mut self, event: Event) {
        let seq = self.records.len() as u64 + 1;
        let at = SessionTime(seq);
        self.records.push(Record { seq, at, event });
    }

    /// An utterance on the log, with evenly spread words.
    fn logged(&mut self, start_ms: u64, end_ms: u64, text: &str) {
        let said = Utterance {
            id: 1 + self.records.len() as u32,
            text: text.into(),
            words: spread_evenly(text, start_ms, end_ms),
            start_ms,
            end_ms,
            confidence: 0.9,
            source: Source::Voice,
        };
        self.log(Event::Input {
            input: Input::Utterance(said),
        });
    }

    /// Speech, and what was understood of it live.
    fn spoken(&mut self, start_ms: u64, end_ms: u64, text: &str) {
        self.put(0, start_ms, &speech(end_ms - start_ms));
        self.logged(start_ms, end_ms, text);
    }

    /// Hears it again; each piece of speech is taken for the next text.
    fn again(&mut self, texts: &[&str]) -> Retranscription {
        let mut ears = ScriptedRecognizer::texts(texts.iter().copied());
        let (mut done, mut whole) = (0, 0);
        let found = retranscribe(
            &self.records,
            &self.tones,
            &mut self.frames,
            &mut ears,
            &EndpointSettings::default(),
            &mut |at, of| (done, whole) = (at, of),
        )
        .unwrap();
        assert_eq!((done, whole), (self.frames.len() as u64, done));
        found
    }
}

#[test]
fn a_word_that_differs_is_shown_with_its_place() {
    let mut tape = Tape::new(9_000);
    tape.spoken(1_000, 3_000, "We stored it in Postgres.");
    tape.spoken(5_000, 7_000, "It rose by 12%.");
    let found = tape.again(&["we stored it in post grass", "it rose by twelve percent"]);
    let [first, second] = &found.utterances[..] else {
        panic!("{found:?}")
    };
    assert_eq!(first.again, "we stored it in post grass");
    assert_eq!(
        (first.errors.substitutions, first.errors.insertions),
        (1, 1)
    );
    assert_eq!(first.rate, 2.0 / 5.0);
    let [same, changed] = &first.stretches[..] else {
        panic!("{:?}", first.stretches)
    };
    assert_eq!(same.stretch.kind, Kind::Same);
    assert_eq!(changed.stretch.kind, Kind::Changed);
    assert_eq!(
        (&*changed.stretch.first, &*changed.stretch.second),
        ("Postgres.", "post grass")
    );
    assert_eq!((changed.start_ms, changed.end_ms), (2_600, 3_000));
    assert_eq!(second.errors.errors(), 0);
    assert_eq!(found.errors.words, 5 + 5);
    assert_eq!(found.unlogged, []);
}

#[test]
fn a_word_that_only_one_text_has_is_shown_where_it_would_be() {
    let mut tape = Tape::new(6_000);
    tape.spoken(1_000, 3_000, "I was never there");
    let found = tape.again(&["I was there"]);
    let removed = &found.utterances[0].stretches[1];
    assert_eq!(
        (removed.stretch.kind, &*removed.stretch.first),
        (Kind::Removed, "never")
    );
    assert_eq!((removed.start_ms, removed.end_ms), (2_000, 2_500));
    let found = tape.again(&["I was never ever there"]);
    let added = &found.utterances[0].stretches[1];
    assert_eq!(
        (added.stretch.kind, &*added.stretch.second),
        (Kind::Added, "ever")
    );
    assert_eq!((added.start_ms, added.end_ms), (2_500, 2_500));
}

#[test]
fn a_long_answer_is_joined_from_its_pieces() {
    let mut tape = Tape::new(16_000);
    tape.put(0, 1_000, &speech(9_000));
    tape.put(0, 10_500, &speech(2_000));
    tape.logged(1_000, 12_500, "First we built it. Then we measured.");
    let found = tape.again(&["first we built it", "then we measured"]);
    assert_eq!(
        found.utterances[0].again,
        "first we built it then we measured"
    );
    assert_eq!(found.errors.errors(), 0);
}

#[test]
fn speech_without_an_utterance_and_an_utterance_without_speech_are_found() {
    let mut tape = Tape::new(12_000);
    tape.put(0, 1_000, &speech(1_500));
    tape.spoken(4_000, 5_500, "Yes.");
    tape.logged(8_000, 9_500, "Thank you for watching.");
    let found = tape.again(&["nobody wrote this down", "yes", ""]);
    let [lost] = &found.unlogged[..] else {
        panic!("{found:?}")
    };
    assert_eq!(lost.text, "nobody wrote this down");
    assert!(lost.start_ms.abs_diff(1_000) < 200, "{lost:?}");
    assert!(lost.end_ms.abs_diff(2_500) < 200, "{lost:?}");
    let outcomes: Vec<Outcome> = found.utterances.iter().map(|u| u.outcome).collect();
    assert_eq!(outcomes, [Outcome::Compared, Outcome::NoSpeech]);
    assert_eq!(found.errors.errors(), 0);
}

#[test]
fn noise_in_which_no_words_are_heard_is_no_lost_speech() {
    let mut tape = Tape::new(5_000);
    tape.put(0, 1_000, &speech(1_500));
    assert_eq!(tape.again(&[""]).unlogged, []);
}

#[test]
fn the_echo_of_a_line_is_not_the_candidate() {
    let mut tape = Tape::new(9_000);
    let line = speech(3_000);
    let echo: Vec<f32> = line.iter().map(|v| v * 0.15).collect();
    tape.put(1, 1_000, &line);
    tape.put(0, 1_040, &echo);
    tape.log(Event::Played {
        line: 1,
        start_ms: 1_000,
        end_ms: 4_000,
    });
    tape.spoken(5_500, 7_000, "Yes, I did.");
    let found = tape.again(&["yes I did"]);
    assert_eq!(found.unlogged, []);
    assert_eq!(found.utterances[0].again, "yes I did");
}

#[test]
fn utterances_that_follow_without_a_pause_are_heard_each_alone() {
    let mut tape = Tape::new(7_000);
    tape.put(0, 1_000, &speech(4_000));
    tape.logged(1_000, 3_000, "One.");
    tape.logged(3_000, 5_000, "Two.");
    let found = tape.again(&["one two", "one", "two"]);
    let again: Vec<&str> = found.utterances.iter().map(|u| &*u.again).collect();
    assert_eq!(again, ["one", "two"]);
}

#[test]
fn what_was_not_recorded_or_is_taken_out_is_not_compared() {
    let mut tape = Tape::new(12_000);
    tape.logged(1_000, 2_000, "Yes, I agree.");
    tape.log(Event::Gap {
        track: Track::Near,
        first_sample: 0,
        samples: 3_000 * 16,
        why: "before consent".into(),
    });
    tape.spoken(4_000, 6_000, "My name is gone.");
    tape.tones.push((4_000 * 16, 6_000 * 16));
    tape.spoken(8_000, 10_000, "I live in \u{2588}\u{2588}\u{2588} now.");
    tape.tones.push((9_300 * 16, 9_600 * 16));
    let found = tape.again(&["I live in now"]);
    let outcomes: Vec<Outcome> = found.utterances.iter().map(|u| u.outcome).collect();
    let expected = [Outcome::NotRecorded, Outcome::TakenOut, Outcome::Compared];
    assert_eq!(outcomes, expected);
    assert_eq!(found.utterances[2].taken_out_ms, 300);
    assert_eq!(found.taken_out_ms, 2_300);
    assert_eq!(found.errors.errors(), 0);
    assert_eq!(found.unlogged, []);
}

#[test]
fn what_was_typed_is_counted_only() {
    let mut tape = Tape::new(2_000);
    tape.logged(500, 500, "by hand");
    let Event::Input {
        input: Input::Utterance(said),
    } = &mut tape.records[0].event
    else {
        unreachable!()
    };
    said.source = Source::Typed;
    let found = tape.again(&[]);
    assert_eq!((found.typed, found.utterances.len()), (1, 0));
}

#[test]
fn a_recogniser_that_fails_is_told() {
    let mut tape = Tape::new(4_000);
    tape.spoken(1_000, 2_500, "Yes.");
    let mut ears = ScriptedRecognizer::by(Box::new(|_, _| {
        Err(SpeechError::Engine("The model is gone".into()))
    }));
    let failed = retranscribe(
        &tape.records,
        &[],
        &mut tape.frames,
        &mut ears,
        &EndpointSettings::default(),
        &mut |_, _| {},
    );
    let told = failed.unwrap_err().to_string();
    assert!(told.contains("The model is gone"), "{told}");
}

proptest! {
    #[test]
    fn a_cut_loses_nothing_and_keeps_to_its_length(len in 0usize..40_000, most in 0usize..9_000, search in 0usize..9_000) {
        let audio: Vec<f32> = (0..len).map(|i| (i as f32 * 0.37).sin()).collect();
        let pieces = listen::cut(&audio, most, search);
        prop_assert!(pieces.iter().all(|p| !p.is_empty() && p.len() <= most.max(2 * 1_280)));
        prop_assert_eq!(pieces.concat(), audio);
    }

}

proptest! {
    // Each of them goes through the whole chain.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn places_that_a_log_makes_up_are_no_panic(
        places in proptest::collection::vec((any::<u64>(), any::<u64>(), 0u8..4), 0..12),
    ) {
        let mut tape = Tape::new(300);
        for (from, to, what) in places {
            match what {
                0 => tape.log(Event::Played { line: 1, start_ms: from, end_ms: to }),
                1 => tape.log(Event::Gap { track: Track::Near, first_sample: from, samples: to, why: String::new() }),
                2 => tape.tones.push((from, to)),
                _ => {
                    tape.logged(0, 0, "word");
                    let Some(Record { event: Event::Input { input: Input::Utterance(said) }, .. }) = tape.records.last_mut() else {
                        unreachable!()
                    };
                    (said.start_ms, said.end_ms) = (from, to);
                }
            }
        }
        let _ = tape.again(&["word"]);
    }
}
