//! A record plays on a clock that the tests move.

use super::super::lines::{TimedLine, TimedWord};
use super::super::output::Paced;
use super::super::sound::{Frame, NoSound};
use super::*;
use crate::clock::{Clock, SessionTime};
use crate::report::dialogue::Speaker;

/// A call of a minute: the recruiter at 1 s, 20 s and 40 s, the candidate at
/// 10 s and 30 s, each for five seconds, silence in between.
fn lines() -> Vec<TimedLine> {
    let texts = [
        (1, Speaker::Recruiter, "Welcome to this interview."),
        (10, Speaker::Candidate, "I write Rust every day."),
        (20, Speaker::Recruiter, "Why do you like Rust?"),
        (30, Speaker::Candidate, "It finds my mistakes."),
        (40, Speaker::Recruiter, "Thank you."),
    ];
    let line = |(i, (at, who, text)): (usize, (u64, Speaker, &str))| {
        let start_ms = at * 1000;
        let words = text.split_whitespace().enumerate();
        TimedLine {
            number: i + 1,
            seq: 0,
            who,
            text: text.to_owned(),
            start_ms,
            end_ms: start_ms + 5_000,
            corrected: None,
            heard: true,
            words: words
                .map(|(w, word)| TimedWord {
                    text: word.to_owned(),
                    start_ms: start_ms + w as u64 * 500,
                    end_ms: start_ms + w as u64 * 500 + 400,
                })
                .collect(),
            exact: false,
        }
    };
    texts.into_iter().enumerate().map(line).collect()
}

fn sound() -> Vec<Frame> {
    let mut sound = vec![[0, 0]; 60 * 16_000];
    for line in lines() {
        let from = line.start_ms as usize * 16;
        for (i, frame) in sound[from..from + 80_000].iter_mut().enumerate() {
            let value = if i % 100 < 50 { 6_000 } else { -6_000 };
            match line.who {
                Speaker::Candidate => frame[0] = value,
                Speaker::Recruiter => frame[1] = value,
            }
        }
    }
    sound
}

/// A deck, and the clock that it runs on.
struct Room {
    deck: Deck<Box<dyn Sound>, Paced>,
    clock: Clock,
}

impl Room {
    fn with(options: Options, sound: Box<dyn Sound>) -> Self {
        let clock = Clock::driven();
        let timeline = Timeline {
            lines: lines(),
            missing: Vec::new(),
            length_ms: 60_000,
        };
        let output = Paced::silent(clock.clone());
        let deck = Deck::new(timeline, sound, output, options).unwrap();
        Self { deck, clock }
    }

    fn new(options: Options) -> Self {
        Self::with(options, Box::new(sound()))
    }

    /// Lets so many milliseconds pass.
    fn wait(&mut self, ms: u64) {
        let until = self.clock.now().0 + ms;
        while self.clock.now().0 < until {
            self.deck.step().unwrap();
            let next = (self.clock.now().0 + 20).min(until);
            self.clock.advance_to(SessionTime(next));
        }
        self.deck.step().unwrap();
    }

    fn at(&mut self) -> u64 {
        self.deck.position_ms().unwrap()
    }

    fn press(&mut self, command: Command) -> Option<String> {
        self.deck.apply(command).unwrap()
    }

    /// Whether the place is this one, to within a hop of the stretcher.
    fn is_at(&mut self, ms: u64) {
        let at = self.at();
        assert!(at.abs_diff(ms) <= 20, "at {at}, not {ms}");
    }
}

#[test]
fn the_place_runs_with_the_clock_at_every_speed() {
    for speed in [0.5, 1.0, 1.5, 4.0] {
        let mut room = Room::new(Options {
            speed,
            ..Options::default()
        });
        room.wait(10_000);
        room.is_at((10_000.0 * speed) as u64);
    }
}

#[test]
fn paused_time_does_not_count_and_what_waited_is_played_later() {
    let mut room = Room::new(Options::default());
    room.wait(3_000);
    room.press(Command::TogglePause);
    assert_eq!(room.deck.state(), State::Paused);
    room.wait(60_000);
    room.is_at(3_000);
    room.press(Command::TogglePause);
    room.wait(2_000);
    room.is_at(5_000);
}

#[test]
fn jumps_go_back_and_forth_and_stop_at_both_ends() {
    let mut room = Room::new(Options::default());
    room.wait(2_000);
    room.press(Command::Jump(5_000));
    room.is_at(7_000);
    room.press(Command::Jump(-5_000));
    room.is_at(2_000);
    room.press(Command::Jump(-5_000));
    room.is_at(0);
    room.press(Command::Jump(i64::MAX / 64));
    room.wait(300);
    assert_eq!((room.deck.state(), room.at()), (State::Ended, 60_000));
}

#[test]
fn lines_are_gone_through_by_their_beginnings() {
    let mut room = Room::new(Options::default());
    for wanted in [1_000, 10_000, 20_000, 30_000, 40_000, 40_000] {
        room.press(Command::NextLine);
        room.is_at(wanted);
    }
    room.wait(4_000);
    // Into a line, its own beginning is first.
    for wanted in [40_000, 30_000, 20_000, 10_000, 1_000, 0] {
        room.press(Command::PreviousLine);
        room.is_at(wanted);
    }
    room.press(Command::LastLine);
    room.is_at(40_000);
    room.press(Command::Begin);
    room.is_at(0);
    room.press(Command::To(31_234));
    room.is_at(31_234);
}

#[test]
fn keys_change_the_speed_at_once_and_keep_the_place() {
    let mut room = Room::new(Options::default());
    room.wait(2_000);
    room.press(Command::Faster);
    room.press(Command::Faster);
    assert_eq!(room.deck.options().speed, 1.5);
    room.is_at(2_000);
    room.wait(2_000);
    room.is_at(5_000);
    for _ in 0..20 {
        room.press(Command::Slower);
    }
    assert_eq!(room.deck.options().speed, 0.5);
    assert!(room.press(Command::Slower).is_some());
    room.wait(2_000);
    room.is_at(6_000);
}

#[test]
fn silences_are_skipped_and_the_clock_stays_that_of_the_recording() {
    let mut room = Room::new(Options {
        skip_silence: true,
        ..Options::default()
    });
    // 1 s before the first line, 4 s, 5 s, 5 s, 5 s between them and 15 s at
    // the end, 0.3 s of each kept.
    assert_eq!(room.deck.left_out_ms(), 700 + 3_700 + 3 * 4_700 + 14_700);
    room.wait(150);
    room.is_at(850);
    room.wait(150 + 5_000 + 150);
    room.is_at(9_850);
    // Five seconds back are five seconds of what was heard.
    room.press(Command::Jump(-5_000));
    room.is_at(1_150);
    room.press(Command::ToggleSilence);
    room.wait(6_000);
    room.is_at(7_150);
    // Inside a silence it goes on after it.
    room.press(Command::ToggleSilence);
    room.wait(20);
    room.is_at(9_870);
}

#[test]
fn skipping_and_speed_go_together_to_the_end() {
    let mut room = Room::new(Options {
        skip_silence: true,
        speed: 2.0,
        ..Options::default()
    });
    let played = (60_000 - room.deck.left_out_ms()) / 2;
    room.wait(played - 100);
    assert_eq!(room.deck.state(), State::Playing);
    room.wait(200);
    assert_eq!((room.deck.state(), room.at()), (State::Ended, 60_000));
}

#[test]
fn words_are_looked_for_from_here_on_and_gone_through_in_a_ring() {
    let mut room = Room::new(Options::default());
    room.wait(15_000);
    assert_eq!(room.press(Command::Find("rust".into())), None);
    room.is_at(22_000);
    assert_eq!(room.deck.search().1.len(), 2);
    assert_eq!(
        room.press(Command::NextMatch).as_deref(),
        Some("From the beginning")
    );
    room.is_at(11_000);
    assert_eq!(
        room.press(Command::PreviousMatch).as_deref(),
        Some("From the end")
    );
    room.is_at(22_000);
    room.press(Command::PreviousMatch);
    room.is_at(11_000);
    // What nobody says changes neither the place nor what was found.
    let note = room.press(Command::Find("cobol".into())).unwrap();
    assert!(note.contains("cobol"), "{note}");
    room.is_at(11_000);
    assert_eq!(room.deck.search().0, "rust");
}

#[test]
fn the_next_match_of_nothing_is_said_and_does_nothing() {
    let mut room = Room::new(Options::default());
    room.wait(1_000);
    assert!(room.press(Command::NextMatch).is_some());
    room.is_at(1_000);
}

#[test]
fn after_the_end_it_stands_until_somebody_goes_back() {
    let mut room = Room::new(Options::default());
    room.press(Command::To(59_000));
    room.wait(1_100);
    assert_eq!((room.deck.state(), room.at()), (State::Ended, 60_000));
    room.press(Command::Faster);
    room.wait(1_000);
    assert_eq!((room.deck.state(), room.at()), (State::Ended, 60_000));
    room.press(Command::PreviousLine);
    assert_eq!(room.deck.state(), State::Playing);
    room.is_at(40_000);
    room.press(Command::To(60_000));
    room.wait(100);
    assert_eq!(room.deck.state(), State::Ended);
    room.press(Command::TogglePause);
    room.is_at(0);
    assert_eq!(room.deck.state(), State::Playing);
}

#[test]
fn while_paused_the_place_is_changed_without_a_sound() {
    let mut room = Room::new(Options::default());
    room.press(Command::TogglePause);
    room.press(Command::NextLine);
    room.press(Command::NextLine);
    room.wait(5_000);
    assert_eq!((room.deck.state(), room.at()), (State::Paused, 10_000));
    room.press(Command::TogglePause);
    room.wait(1_000);
    room.is_at(11_000);
}

#[test]
fn a_record_without_sound_takes_its_time_and_skips_to_its_lines() {
    let mut room = Room::with(Options::default(), Box::new(NoSound));
    room.wait(12_000);
    room.is_at(12_000);
    room.press(Command::Jump(1_000_000));
    room.wait(100);
    assert_eq!(room.deck.state(), State::Ended);
}

/// What is heard of a record, by a WAV file as speaker.
fn heard(options: Options, ms: u64) -> Vec<i16> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("heard.wav");
    let clock = Clock::driven();
    let timeline = Timeline {
        lines: lines(),
        missing: Vec::new(),
        length_ms: 60_000,
    };
    let output = Paced::file(clock.clone(), &path).unwrap();
    let mut deck = Deck::new(timeline, sound(), output, options).unwrap();
    while clock.now().0 < ms {
        deck.step().unwrap();
        clock.advance_to(SessionTime(clock.now().0 + 20));
    }
    deck.position_ms().unwrap();
    drop(deck);
    let mut wav = hound::WavReader::open(&path).unwrap();
    wav.samples().map(Result::unwrap).collect()
}

#[test]
fn a_muted_side_is_silent_and_volumes_are_heard() {
    let loudest = |pcm: &[i16]| pcm.iter().map(|v| i32::from(v.abs())).max().unwrap_or(0);
    let second = |pcm: &[i16], s: usize| loudest(&pcm[s * 16_000..(s + 1) * 16_000]);
    let plain = heard(Options::default(), 14_000);
    assert_eq!((second(&plain, 2), second(&plain, 11)), (6_000, 6_000));
    let muted = Options {
        muted: [true, false],
        volumes: [1.0, 0.5],
        ..Options::default()
    };
    let muted = heard(muted, 14_000);
    assert_eq!((second(&muted, 2), second(&muted, 11)), (3_000, 0));
}
