//! A whole spoken interview with sound, taken by the path that serves every
//! call: speech is bursts of noise, words have times, and two seconds of the
//! candidate's sound are lost on the way.

use crate::calls::seat::{Seat, lines, strong_answer};
use std::path::Path;
use viva::event::*;
use viva::protocol::{AudioFrame, ServerMessage};

struct Call {
    seat: Seat,
    /// Session time of the recording's sample 0.
    began: u64,
    utterance: u32,
    /// Stretches with sound: candidate's or not, from, to.
    sound: Vec<(bool, u64, u64)>,
}

impl Call {
    fn now(&self) -> u64 {
        self.seat.clock.now().0 - self.began
    }

    fn wait(&self, ms: u64) {
        self.seat.pass(ms);
    }

    fn input(&mut self, input: Input) -> Vec<ServerMessage> {
        self.seat.input(input)
    }

    fn hear(&mut self, line: &Line) -> Vec<ServerMessage> {
        let start_ms = self.now() + 300;
        self.wait(300 + 55 * line.text.len() as u64);
        let end_ms = self.now();
        self.sound.push((false, start_ms, end_ms));
        self.seat.tell(Event::Played {
            line: line.id,
            start_ms,
            end_ms,
        });
        self.input(Input::LineEnded {
            line: line.id,
            heard: line.text.clone(),
            complete: true,
        })
    }

    fn say(&mut self, text: &str) -> Vec<ServerMessage> {
        self.wait(700);
        self.utterance += 1;
        let words = super::desk::words(text, self.now());
        let (start_ms, end_ms) = (words[0].start_ms, words[words.len() - 1].end_ms);
        self.wait(500 * words.len() as u64 + 200);
        self.sound.push((true, start_ms, end_ms));
        self.input(Input::Utterance(Utterance {
            id: self.utterance,
            text: text.to_owned(),
            words,
            start_ms,
            end_ms,
            confidence: 0.9,
            source: Source::Voice,
        }))
    }

    /// All of the recording at once, 100 ms a piece.
    fn send_sound(&mut self) {
        let end = self.now() * 16;
        for (seq, first) in (0..).zip((0..end).step_by(1_600)) {
            for (track, near) in [(Track::Near, true), (Track::Far, false)] {
                if near && (30_000 * 16..32_000 * 16).contains(&first) {
                    continue;
                }
                let pcm = (first..first + 1_600)
                    .map(|at| self.sample(near, at))
                    .collect();
                let frame = AudioFrame {
                    track,
                    seq,
                    first_sample: first,
                    pcm,
                };
                self.seat.session.audio(&frame).unwrap();
            }
        }
    }

    fn sample(&self, near: bool, at: u64) -> i16 {
        let ms = at / 16;
        let on = self
            .sound
            .iter()
            .any(|s| s.0 == near && s.1 <= ms && ms < s.2);
        let loud = match on {
            // About four syllables a second.
            true => 9_000.0 * ((ms % 250) as f32 / 250.0 * std::f32::consts::PI).sin(),
            false => 30.0,
        };
        (loud * ((at * 7919 % 2_003) as f32 / 1_001.0 - 1.0)) as i16
    }
}

/// Takes an interview in this data folder; the session's id comes back.
pub(crate) fn taken(home: &Path) -> String {
    let mut call = Call {
        seat: Seat::open(home, Settings::default()),
        began: 0,
        utterance: 0,
        sound: Vec::new(),
    };
    let id = call.seat.session.id().to_owned();
    call.input(Input::Begin);
    call.wait(800);
    call.began = call.now();
    let mut said = call.input(Input::Consent {
        given: true,
        how: ConsentHow::Key,
    });
    for _ in 0..200 {
        if call.seat.session.ended().is_some() {
            break;
        }
        let lines = lines(std::mem::take(&mut said));
        for line in &lines {
            said.extend(call.hear(line));
        }
        let Some(last) = lines.last() else {
            said.extend(call.seat.wait());
            continue;
        };
        said.extend(match &last.purpose {
            Purpose::Invitation => call.say("No, thank you."),
            _ => call.say(&strong_answer(last.question.as_deref())),
        });
    }
    assert!(call.seat.session.ended().is_some());
    call.send_sound();
    call.seat.session.finish().unwrap();
    id
}
