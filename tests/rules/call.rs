//! A whole spoken interview with sound, taken by the path that serves every
//! call: speech is bursts of noise, words have times, and two seconds of the
//! candidate's sound are lost on the way.

use std::path::Path;
use viva::clock::{Clock, SessionTime};
use viva::event::*;
use viva::interview::Bank;
use viva::protocol::{AudioFrame, ClientMessage, Document, ServerMessage, SetupRequest};
use viva::server::{Engine, Session};

const JOB: &str = include_str!("../../config/jobs/python-backend-developer.toml");
const RESUME: &str = include_str!("../../config/resumes/python-backend-developer.toml");

struct Call {
    session: Session,
    clock: Clock,
    /// Session time of the recording's sample 0.
    began: u64,
    seq: u64,
    utterance: u32,
    /// Stretches with sound: candidate's or not, from, to.
    sound: Vec<(bool, u64, u64)>,
}

impl Call {
    fn now(&self) -> u64 {
        self.clock.now().0 - self.began
    }

    fn wait(&self, ms: u64) {
        self.clock.advance_to(SessionTime(self.clock.now().0 + ms));
    }

    fn tell(&mut self, event: Event) -> Vec<ServerMessage> {
        self.seq += 1;
        let seq = self.seq;
        let message = match event {
            Event::Input { input } => ClientMessage::Input { seq, input },
            event => ClientMessage::Fact { seq, event },
        };
        self.session.tell(message).unwrap()
    }

    fn input(&mut self, input: Input) -> Vec<ServerMessage> {
        self.tell(Event::Input { input })
    }

    fn hear(&mut self, line: &Line) -> Vec<ServerMessage> {
        let start_ms = self.now() + 300;
        self.wait(300 + 55 * line.text.len() as u64);
        let end_ms = self.now();
        self.sound.push((false, start_ms, end_ms));
        self.tell(Event::Played {
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
                self.session.audio(&frame).unwrap();
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
    let clock = Clock::driven();
    let engine = Engine {
        data_dir: home.to_owned(),
        sessions_dir: None,
        clock: Some(clock.clone()),
        local: true,
        admission: viva::server::Admission::Open,
        similarity: None,
        stop: Default::default(),
    };
    let document = |name: &str, text: &str| Document {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let request = SetupRequest {
        job: document("job.toml", JOB),
        resume: Some(document("resume.toml", RESUME)),
        ..SetupRequest::default()
    };
    let (session, _) = Session::open(&engine, ClientFacts::default(), &request).unwrap();
    let mut call = Call {
        session,
        clock,
        began: 0,
        seq: 0,
        utterance: 0,
        sound: Vec::new(),
    };
    let id = call.session.id().to_owned();
    call.input(Input::Begin);
    call.wait(800);
    call.began = call.clock.now().0;
    let mut said = call.input(Input::Consent {
        given: true,
        how: ConsentHow::Key,
    });
    for _ in 0..200 {
        if call.session.ended().is_some() {
            break;
        }
        let lines: Vec<Line> = said
            .drain(..)
            .filter_map(|message| match message {
                ServerMessage::Output {
                    output: Output::Say(line),
                    ..
                } => Some(line),
                _ => None,
            })
            .collect();
        for line in &lines {
            said.extend(call.hear(line));
        }
        let Some(last) = lines.last() else {
            let at = call.session.deadline().unwrap();
            call.clock.advance_to(at);
            said.extend(call.session.tick().unwrap());
            continue;
        };
        let sample = last.question.as_ref().and_then(|id| {
            let question = Bank::builtin().question(id)?;
            Some(question.sample.as_ref()?.strong.clone())
        });
        said.extend(match &last.purpose {
            Purpose::Invitation => call.say("No, thank you."),
            _ => call.say(
                sample
                    .as_deref()
                    .unwrap_or("I build web services in Python."),
            ),
        });
    }
    assert!(call.session.ended().is_some());
    call.send_sound();
    call.session.finish().unwrap();
    id
}
