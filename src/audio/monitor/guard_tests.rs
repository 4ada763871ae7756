use super::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

const STEP: usize = 160;

/// A microphone's guard, what a server would answer, and how often it was
/// asked.
struct Rig {
    guard: Guard,
    answer: Arc<Mutex<Option<Source>>>,
    asked: Arc<AtomicU32>,
    now: u64,
    turns: Vec<(u64, Turn)>,
    seed: u64,
}

fn named(name: &str) -> Source {
    Source {
        name: name.into(),
        of_speaker: name == "speaker.monitor",
        microphones: Vec::new(),
    }
}

impl Rig {
    fn new(answer: Option<&str>) -> Self {
        let answer = Arc::new(Mutex::new(answer.map(named)));
        let asked = Arc::new(AtomicU32::new(0));
        let (told, count) = (answer.clone(), asked.clone());
        let guard = Guard::asking(false, move || {
            count.fetch_add(1, Ordering::SeqCst);
            told.lock().unwrap().clone()
        });
        Self {
            guard,
            answer,
            asked,
            now: 0,
            turns: Vec::new(),
            seed: 9,
        }
    }

    fn server(&self, source: &str) {
        *self.answer.lock().unwrap() = Some(named(source));
    }

    fn noise(&mut self, gain: f32) -> [f32; STEP] {
        std::array::from_fn(|_| {
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 7;
            self.seed ^= self.seed << 17;
            ((self.seed >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * gain
        })
    }

    fn step(&mut self, near: &[f32; STEP], far: &[f32; STEP]) {
        let turn = self.guard.hear(self.now, near, far);
        self.turns.extend(turn.map(|turn| (self.now, turn)));
        self.now += 10;
        // An answer comes on a thread; time stands still until it is there.
        while self.guard.asking.is_some() {
            let turn = self.guard.hear(self.now, &[], &[]);
            self.turns.extend(turn.map(|turn| (self.now, turn)));
            std::thread::yield_now();
        }
    }

    /// A microphone that hisses, while nothing is played.
    fn hiss(&mut self, ms: u64) {
        for _ in 0..ms / 10 {
            let near = self.noise(1e-3);
            self.step(&near, &[0.0; STEP]);
        }
    }

    /// A monitor, while nothing is played.
    fn silence(&mut self, ms: u64) {
        for _ in 0..ms / 10 {
            self.step(&[0.0; STEP], &[0.0; STEP]);
        }
    }

    /// A line over a monitor.
    fn copied_line(&mut self, ms: u64) {
        for _ in 0..ms / 10 {
            let far = self.noise(0.3);
            self.step(&far, &far);
        }
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[test]
fn monitors_are_known_by_their_names() {
    for name in [
        "alsa_output.pci.analog-stereo.monitor",
        "Monitor of Headphones",
    ] {
        assert!(is_monitor(name), "{name}");
    }
    for name in ["mic", "default", "USB Monitor Microphone", "monitors"] {
        assert!(!is_monitor(name), "{name}");
    }
}

#[test]
fn a_microphone_that_hisses_is_never_asked_for() {
    let mut rig = Rig::new(Some("speaker.monitor"));
    rig.hiss(20_000);
    assert_eq!((rig.asked(), &rig.turns[..]), (0, &[][..]));
}

#[test]
fn a_monitor_in_the_microphones_place_is_told_before_anything_is_played_and_taken_back() {
    let mut rig = Rig::new(Some("speaker.monitor"));
    rig.hiss(1_000);
    rig.silence(500);
    let (at, turn) = rig.turns[0];
    assert_eq!(turn, Turn::Gone);
    assert!(at <= 1_400, "{at}");
    assert!(rig.guard.absent());
    // What is played is no answer, and other programs' sounds are none.
    rig.copied_line(3_000);
    rig.hiss(2_000);
    assert_eq!(rig.turns.len(), 1);
    rig.server("mic");
    // Even one that is muted.
    rig.silence(1_100);
    assert_eq!(rig.turns[1].1, Turn::Back);
    rig.hiss(2_000);
    assert_eq!(rig.turns.len(), 2);
}

#[test]
fn without_a_server_that_answers_the_sound_tells_within_the_first_second_of_a_line() {
    let mut rig = Rig::new(None);
    rig.hiss(1_000);
    rig.silence(2_000);
    assert_eq!(rig.turns, []);
    rig.copied_line(900);
    assert_eq!(rig.turns.len(), 1);
    let (at, turn) = rig.turns[0];
    assert_eq!(turn, Turn::Gone);
    assert!(at <= 3_700, "{at}");
    rig.silence(3_000);
    assert_eq!(rig.turns.len(), 1);
    rig.hiss(1_300);
    assert_eq!(rig.turns.len(), 2);
    assert_eq!(rig.turns[1].1, Turn::Back);
}

#[test]
fn a_copy_under_another_name_is_told_by_its_sound_and_not_taken_back_by_name() {
    let mut rig = Rig::new(Some("remapped"));
    rig.hiss(1_000);
    rig.copied_line(700);
    assert_eq!(rig.turns, []);
    rig.copied_line(800);
    rig.silence(5_000);
    assert_eq!(rig.turns.len(), 1);
    // The microphone returns in the middle of a line, and nobody speaks.
    for _ in 0..200 {
        let (near, far) = (rig.noise(1e-3), rig.noise(0.3));
        rig.step(&near, &far);
    }
    assert_eq!(rig.turns.len(), 2);
}

#[test]
fn a_microphone_that_returned_before_its_copy_was_noticed_is_left_alone() {
    let mut rig = Rig::new(Some("mic"));
    rig.hiss(1_000);
    rig.copied_line(400);
    for _ in 0..300 {
        let (near, far) = (rig.noise(1e-3), rig.noise(0.3));
        rig.step(&near, &far);
    }
    assert_eq!(rig.turns, []);
}

#[test]
fn a_microphone_that_is_switched_off_between_words_is_asked_for_ever_more_rarely() {
    let mut rig = Rig::new(Some("mic"));
    for _ in 0..150 {
        rig.hiss(1_000);
        rig.silence(1_000);
    }
    assert_eq!(rig.turns, []);
    assert!((2..=9).contains(&rig.asked()), "{}", rig.asked());
}

#[test]
fn another_device_is_asked_for_at_its_first_sound() {
    let mut rig = Rig::new(Some("mic"));
    rig.hiss(1_000);
    rig.silence(1_000);
    assert_eq!(rig.asked(), 1);
    rig.guard.forget();
    rig.server("speaker.monitor");
    rig.hiss(20);
    assert_eq!(rig.turns.len(), 1);
}
