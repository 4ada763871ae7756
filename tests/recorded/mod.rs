//! Whole interviews without sound: the real interviewer in manual time, with
//! everything on the log that a spoken call puts there. One helper for the
//! suites about documents.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![allow(dead_code, reason = "not every suite uses all of it")]

use std::path::{Path, PathBuf};
use std::time::Duration;
use viva::clock::SessionTime;
use viva::event::*;
use viva::interview::score::Lexical;
use viva::interview::{Bank, Interview, Job, Resume, Setup};
use viva::record::{FORMAT, Head, Options, RATE, RecordWriter, SyncPolicy};
use viva::report::{self, Report};

/// 24 November 2026, 9:30 UTC.
pub(crate) const BEGAN: i64 = 1_795_512_600_000;

fn file(path: &str) -> String {
    std::fs::read_to_string(format!("{}/config/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The interview of a machine learning engineer.
pub(crate) fn setup(change: impl FnOnce(&mut Settings)) -> Setup {
    let name = "machine-learning-engineer";
    let path = format!("jobs/{name}.toml");
    let job = Job::parse(&path, &file(&path)).unwrap();
    let path = format!("resumes/{name}.toml");
    let resume = Resume::parse(&path, &file(&path)).unwrap();
    let mut settings = Settings::default();
    change(&mut settings);
    Setup::prepare(job, resume, Bank::builtin(), settings).unwrap()
}

/// A call: an interviewer, a clock that is driven, and the log.
pub(crate) struct Call {
    pub(crate) setup: Setup,
    pub(crate) interview: Interview,
    pub(crate) now: SessionTime,
    pub(crate) records: Vec<Record>,
    turn: Vec<Line>,
    utterances: u32,
    waiting: Option<TurnTimes>,
}

impl Call {
    pub(crate) fn new(setup: Setup, client: ClientFacts) -> Self {
        let mut call = Self {
            interview: Interview::new(&setup),
            setup,
            now: SessionTime(0),
            records: Vec::new(),
            turn: Vec::new(),
            utterances: 0,
            waiting: None,
        };
        call.log(Event::Client(client));
        call.tell(Input::Begin);
        call
    }

    pub(crate) fn log(&mut self, event: Event) {
        let seq = self.records.len() as u64 + 1;
        let at = self.now;
        self.records.push(Record { seq, at, event });
    }

    pub(crate) fn tell(&mut self, input: Input) {
        assert!(self.records.len() < 20_000, "the interview does not end");
        self.log(Event::Input {
            input: input.clone(),
        });
        self.interview.handle(input, self.now);
        let mut lines = Vec::new();
        while let Some(output) = self.interview.poll() {
            self.log(Event::Output {
                output: output.clone(),
            });
            match output {
                Output::Say(line) => lines.push(line),
                Output::Consent { given: true, .. } => {
                    self.log(Event::AudioStarted { rate: RATE });
                    self.log(Event::Gap {
                        track: Track::Near,
                        first_sample: 0,
                        samples: self.now.millis() * 16,
                        why: "before consent".into(),
                    });
                }
                _ => {}
            }
        }
        if !lines.is_empty() {
            self.turn = lines;
        }
    }

    /// Lets time pass and wakes the interviewer when that is due.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        while let Some(at) = self.interview.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.tell(Input::Tick);
        }
        self.now = end;
    }

    /// What waits to be heard.
    pub(crate) fn last(&self) -> Option<&Line> {
        self.turn.last()
    }

    fn played(&mut self, line: &Line, heard: &str, complete: bool) {
        let start_ms = self.now.millis();
        if let Some(mut times) = self.waiting.take() {
            times.reply_ms = Some(times.text_ms + 4);
            times.first_audio_ms = Some(start_ms);
            self.log(Event::Turn(times));
        }
        self.pass(62 * heard.len() as u64);
        if !complete {
            self.tell(Input::SpeechStarted);
        }
        self.log(Event::Played {
            line: line.id,
            start_ms,
            end_ms: self.now.millis(),
        });
        self.tell(Input::LineEnded {
            line: line.id,
            heard: heard.into(),
            complete,
        });
    }

    /// Hears what waits to its end.
    pub(crate) fn hear(&mut self) {
        for line in std::mem::take(&mut self.turn) {
            let text = line.text.clone();
            self.played(&line, &text, true);
        }
    }

    /// Hears so many words of the last line that waits, and stops it.
    pub(crate) fn cut_in(&mut self, words: usize) {
        let lines = std::mem::take(&mut self.turn);
        if let Some((last, before)) = lines.split_last() {
            for line in before {
                let text = line.text.clone();
                self.played(line, &text, true);
            }
            let heard: Vec<&str> = last.text.split_whitespace().take(words).collect();
            self.played(last, &heard.join(" "), false);
        }
    }

    /// Speaks; every word takes as long as it has letters.
    pub(crate) fn speak(&mut self, text: &str, confidence: f32) {
        self.tell(Input::SpeechStarted);
        let start_ms = self.now.millis();
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            let from = self.now.millis();
            let ms = 120 + 45 * word.len() as u64;
            self.pass(ms + 60);
            words.push(Word {
                text: word.into(),
                start_ms: from,
                end_ms: from + ms,
                confidence,
            });
        }
        let end_ms = words.last().map_or(start_ms, |word| word.end_ms);
        self.utterances += 1;
        let endpoint_ms = self.now.millis() + 280 + u64::from(self.utterances * 37 % 90);
        self.pass(340 + u64::from(self.utterances * 53 % 120));
        self.waiting = Some(TurnTimes {
            utterance: self.utterances,
            speech_ended_ms: end_ms,
            endpoint_ms,
            text_ms: self.now.millis().max(endpoint_ms),
            decoded_ms: None,
            reply_ms: None,
            first_audio_ms: None,
        });
        self.tell(Input::Utterance(Utterance {
            id: self.utterances,
            text: text.into(),
            words,
            start_ms,
            end_ms,
            confidence,
            source: Source::Voice,
        }));
        self.pass(150 + u64::from(self.utterances * 71 % 160));
    }

    /// Types.
    pub(crate) fn type_in(&mut self, text: &str) {
        self.utterances += 1;
        self.tell(Input::Utterance(Utterance {
            id: self.utterances,
            text: text.into(),
            words: Vec::new(),
            start_ms: self.now.millis(),
            end_ms: self.now.millis(),
            confidence: 1.0,
            source: Source::Typed,
        }));
    }

    /// Hears, waits a moment, speaks.
    pub(crate) fn answer(&mut self, text: &str) {
        self.hear();
        self.pass(700);
        self.speak(text, 0.93);
    }

    pub(crate) fn ended(&self) -> bool {
        self.interview.ended().is_some()
    }

    /// The end of the recording, as the engine puts it on the log.
    pub(crate) fn hang_up(&mut self) {
        let recorded = |record: &Record| matches!(record.event, Event::AudioStarted { .. });
        if self.records.iter().any(recorded) {
            self.log(Event::AudioEnded {
                samples: self.now.millis() * 16,
            });
        }
    }

    pub(crate) fn report(&self) -> Report {
        report::of_session(
            &self.setup,
            BEGAN,
            self.records.clone(),
            self.interview.asked(),
            &Lexical,
        )
    }

    /// The sample answer of a profile for a planned question.
    pub(crate) fn sample(&self, id: &str, level: Sample) -> String {
        let question = Bank::builtin()
            .questions()
            .find(|(_, question)| question.id == id);
        let samples = question.and_then(|(_, question)| question.sample.clone());
        samples.map_or_else(
            || "I built it because orders were lost. My own part was the pipeline: I wrote the loader. \
                We measured it for a month, and errors dropped from ten to two a week."
                .into(),
            |samples| match level {
                Sample::Weak => samples.weak,
                Sample::Average => samples.average,
                Sample::Strong => samples.strong,
                Sample::Exceptional => samples.exceptional,
            },
        )
    }

    /// Writes the call as a sealed record; its folder comes back. The audio
    /// is as long as the call, and silent.
    pub(crate) fn seal(&self, sessions: &Path, id: &str) -> PathBuf {
        self.seal_with(sessions, id, |_, _, _| {})
    }

    /// The same with a tone wherever somebody speaks, but for these
    /// stretches, in milliseconds.
    pub(crate) fn seal_loud(&self, sessions: &Path, id: &str, but: &[(u64, u64)]) -> PathBuf {
        let mut spoken: Vec<(Track, u64, u64)> = Vec::new();
        for record in &self.records {
            match &record.event {
                Event::Input {
                    input: Input::Utterance(said),
                } => {
                    let words = said.words.iter();
                    spoken.extend(words.map(|w| (Track::Near, w.start_ms * 16, w.end_ms * 16)));
                }
                Event::Played {
                    start_ms, end_ms, ..
                } => spoken.push((Track::Far, start_ms * 16, end_ms * 16)),
                _ => {}
            }
        }
        self.seal_with(sessions, id, |track, first, samples| {
            let last = first + samples.len() as u64;
            for (_, from, to) in spoken.iter().filter(|(side, ..)| *side == track) {
                for at in (*from).max(first)..(*to).min(last) {
                    if but.iter().any(|(a, b)| (a * 16..b * 16).contains(&at)) {
                        continue;
                    }
                    // A square wave of 200 Hz.
                    samples[(at - first) as usize] = if at / 40 % 2 == 0 { 6_000 } else { -6_000 };
                }
            }
        })
    }

    fn seal_with(
        &self,
        sessions: &Path,
        id: &str,
        sound: impl Fn(Track, u64, &mut [i16]),
    ) -> PathBuf {
        let mut writer = self.write(sessions, id);
        let samples = self.now.millis() * 16;
        if self.report().recording.exists() {
            for first in (0..samples).step_by(16_000) {
                let n = 16_000.min(samples - first) as usize;
                for track in [Track::Near, Track::Far] {
                    let mut samples = vec![0; n];
                    sound(track, first, &mut samples);
                    writer.audio(track, first, &samples).unwrap();
                }
            }
            writer.end_audio().unwrap();
        }
        writer.finish(&report::documents(&self.report())).unwrap();
        sessions.join(id)
    }

    /// Writes the log of the call; the record is not sealed.
    pub(crate) fn write(&self, sessions: &Path, id: &str) -> RecordWriter {
        let head = Head {
            format: FORMAT,
            session: id.into(),
            began_unix_ms: BEGAN,
            candidate: self.setup.resume.name.clone(),
            position: self.setup.job.title.clone(),
            company: Some(self.setup.job.company.clone()),
            program: viva::PROGRAM.into(),
            hashes: [].into(),
            setup: serde_json::to_value(&self.setup).unwrap(),
        };
        let options = Options {
            sync: SyncPolicy::Never,
            ..Options::default()
        };
        let mut writer = RecordWriter::create_with(sessions, &head, &options).unwrap();
        for record in &self.records {
            writer.append(record.at, &record.event).unwrap();
            if let Event::AudioStarted { rate } = record.event {
                writer.start_audio(rate).unwrap();
            }
        }
        writer
    }
}

/// How good an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    Weak,
    Average,
    Strong,
    Exceptional,
}

pub(crate) fn client() -> ClientFacts {
    ClientFacts {
        program: "viva 0.1.0".into(),
        model: "ggml-base.en.bin sha256:00".into(),
        voice: "flite:slt".into(),
        microphone: "Built-in".into(),
        speaker: "Built-in".into(),
        simulated: None,
    }
}

/// A whole interview of five questions: good and weak answers, follow-ups, a
/// request to repeat, an interruption, a struggle, an answer that nobody can
/// judge, and questions at the end.
pub(crate) fn whole() -> Call {
    whole_of(setup(|settings| settings.questions = 5))
}

/// The same with another set-up.
pub(crate) fn whole_of(setup: Setup) -> Call {
    let mut call = Call::new(setup, client());
    call.answer("Yes, that is fine with me.");
    call.answer(
        "I have worked as a machine learning engineer for four years, mostly on demand forecasting for shops.",
    );
    let mut seen: Vec<String> = Vec::new();
    let mut asked_back = 0;
    while !call.ended() {
        let Some(line) = call.last().cloned() else {
            call.pass(1000);
            continue;
        };
        let id = line.question.clone().unwrap_or_default();
        match (&line.purpose, line.stage) {
            (Purpose::Question, _) => {
                seen.push(id.clone());
                match seen.len() {
                    1 => call.answer(
                        "The shops ordered far too much bread, that was the problem. I built a forecast with gradient \
                         boosting and wrote the pipeline that feeds it. In the end waste went down from twelve to seven \
                         percent.",
                    ),
                    2 => {
                        call.answer("Sorry, could you say that again?");
                        let text = call.sample(&id, Sample::Exceptional);
                        call.answer(&text);
                    }
                    3 => {
                        call.cut_in(14);
                        call.speak("I don't know, to be honest. I have never done that.", 0.91);
                    }
                    4 => {
                        let text = call.sample(&id, Sample::Average);
                        call.answer(&text);
                    }
                    5 => {
                        call.hear();
                        call.pass(900);
                        call.speak("Mumble the rhubarb of plain old water under bridges over there.", 0.21);
                    }
                    _ => {
                        let text = call.sample(&id, Sample::Strong);
                        call.answer(&text);
                    }
                }
            }
            (Purpose::Probe { .. }, _) if seen.len() == 4 => {
                let text = call.sample(&id, Sample::Strong);
                call.answer(&text);
            }
            (Purpose::Probe { .. }, _) if seen.len() == 5 => {
                call.hear();
                call.speak("Nothing but mumbling and a passing tram.", 0.2);
            }
            (Purpose::Repeat, _) if seen.len() == 3 => {
                call.answer("As I said, I don't know, I have never done that.");
            }
            (Purpose::Probe { .. }, _) => call.answer("I am not sure about that part."),
            (_, Stage::Closing) if asked_back == 0 => {
                asked_back += 1;
                call.answer("How big is the team?");
            }
            (_, Stage::Closing) if asked_back == 1 => {
                asked_back += 1;
                call.answer("And do you sponsor visas?");
            }
            (_, Stage::Closing) => call.answer("No, thank you."),
            _ => call.hear(),
        }
    }
    call.hear();
    call.log(Event::Problem {
        part: "microphone".into(),
        message: "The device was silent for 300 ms".into(),
    });
    call.log(Event::Gap {
        track: Track::Near,
        first_sample: 60 * 16_000,
        samples: 4800,
        why: "the device gave no samples".into(),
    });
    call.hang_up();
    call
}
