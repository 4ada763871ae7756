//! A whole interview through loudspeakers: lines and answers in turn, in one
//! room, with one chain that goes on learning.

use super::house::{ONSET_DB, onset};
use super::material::Material;
use crate::audio::duplex::Duplex;
use crate::audio::echo::STEP;
use crate::audio::room::RoomSettings;
use crate::audio::{AudioEvent, AudioSettings, EchoState, Loudness, RATE};
use serde::Serialize;

/// Length of a line, in samples: 6 s, as most of an interview's are.
const LINE: usize = 6 * RATE as usize;
/// From a line's end to the candidate's first word, in samples.
const THOUGHT: usize = 6 * RATE as usize / 10;
/// An answer that is not over by then was not heard, in samples.
const PATIENCE: usize = 4 * RATE as usize;

/// What came of it.
#[derive(Serialize, Clone, Debug)]
pub(super) struct Replay {
    room: String,
    delay_ms: f32,
    level_db: f32,
    seconds: f32,
    lines: usize,
    /// Times that a line was softened, or stopped, by nobody but itself.
    ducked: usize,
    pub(super) stopped: usize,
    /// Turns that opened while nobody spoke.
    pub(super) own_turns: usize,
    /// Answers, those that were heard, and those heard from the first sound
    /// on (a fifth of a second late at most).
    answers: usize,
    pub(super) heard: usize,
    whole: usize,
    /// What the canceller says of the echo at the end.
    found_ms: Option<u32>,
}

impl Replay {
    /// One line for a person.
    pub(super) fn print(&self) {
        let Self {
            room,
            delay_ms,
            level_db,
            seconds,
            lines,
            ducked,
            stopped,
            own_turns,
            answers,
            heard,
            whole,
            ..
        } = self;
        println!(
            "  {room}, {delay_ms:.0} ms, {level_db:.0} dB, {seconds:.0} s: of {lines} lines \
             {ducked} softened, {stopped} stopped, {own_turns} heard as an answer; of {answers} \
             answers {heard} heard, {whole} from the first sound"
        );
    }
}

/// Plays `material`'s line in pieces, with an answer after each.
pub(super) fn replay(name: &str, room: RoomSettings, material: &Material) -> Replay {
    let mut call = Call {
        duplex: Duplex::new(&AudioSettings::default(), room),
        events: Vec::new(),
        speaking_from: None,
        spoken_until: 0,
        heard_from: None,
        playing: false,
        turn_ended: false,
        out: Replay {
            room: name.to_owned(),
            delay_ms: room.delay_ms,
            level_db: room.level_db,
            seconds: 0.0,
            lines: 0,
            ducked: 0,
            stopped: 0,
            own_turns: 0,
            answers: 0,
            heard: 0,
            whole: 0,
            found_ms: None,
        },
    };
    for (number, line) in material.line.chunks(LINE).enumerate() {
        call.say(number as u32 + 1, line);
        if let Some(over) = material.over.get(number % material.over.len().max(1)) {
            call.answer(&over.pcm);
        }
    }
    let EchoState { delay_ms, .. } = call.duplex.frontend().echo_state();
    call.out.found_ms = delay_ms;
    call.out.seconds = call.duplex.position() as f32 / RATE as f32;
    call.out
}

struct Call {
    duplex: Duplex,
    events: Vec<AudioEvent>,
    /// The first sound of the answer that is being given.
    speaking_from: Option<usize>,
    /// Where the last answer was over.
    spoken_until: usize,
    /// Where a turn opened for it.
    heard_from: Option<usize>,
    playing: bool,
    turn_ended: bool,
    out: Replay,
}

impl Call {
    fn say(&mut self, number: u32, line: &[f32]) {
        self.duplex.say(number, line);
        self.out.lines += 1;
        // A line that is held by its own echo takes longer.
        for _ in 0..(2 * line.len()).div_ceil(STEP) {
            self.step(&[0.0; STEP]);
            if self.playing {
                continue;
            }
            if self.duplex.is_silent() {
                break;
            }
        }
        for _ in 0..THOUGHT / STEP {
            self.step(&[0.0; STEP]);
        }
    }

    fn answer(&mut self, pcm: &[f32]) {
        self.out.answers += 1;
        self.speaking_from = Some(self.duplex.position() as usize + onset(pcm, ONSET_DB));
        self.heard_from = None;
        self.turn_ended = false;
        for part in pcm.chunks(STEP) {
            self.step(part);
        }
        self.spoken_until = self.duplex.position() as usize;
        for _ in 0..PATIENCE / STEP {
            if self.turn_ended {
                break;
            }
            self.step(&[0.0; STEP]);
        }
        let from = self.speaking_from.take().unwrap_or_default();
        if let Some(heard) = self.heard_from {
            self.out.heard += 1;
            self.out.whole += usize::from(heard <= from + RATE as usize / 5);
        }
    }

    fn step(&mut self, voice: &[f32]) {
        self.duplex.step(voice, &mut self.events);
        for event in std::mem::take(&mut self.events) {
            match event {
                AudioEvent::LineStarted { .. } => self.playing = true,
                AudioEvent::LineEnded { .. } => self.playing = false,
                AudioEvent::LineLevel { loudness, .. } => match loudness {
                    Loudness::Ducked => self.out.ducked += 1,
                    Loudness::Held => self.out.stopped += 1,
                    Loudness::Full => {}
                },
                AudioEvent::SpeechStarted { at, .. } => {
                    self.turn_ended = false;
                    if self.speaking_from.is_some() {
                        self.heard_from.get_or_insert(at as usize);
                    } else if at as usize > self.spoken_until {
                        self.out.own_turns += 1;
                    }
                }
                AudioEvent::TurnEnded { .. } => self.turn_ended = true,
                _ => {}
            }
        }
    }
}
