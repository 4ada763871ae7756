//! A small sealed record with sound that can be told apart when it is heard
//! again, and the program that plays it.
#![allow(dead_code, reason = "not every suite uses all of it")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use viva::clock::SessionTime;
use viva::event::*;
use viva::record::*;
use viva::speech::voices::open_voice;

/// A home with one record.
pub(crate) struct Desk {
    pub(crate) home: TempDir,
    pub(crate) id: String,
}

/// What the candidate's side of the recording is: 500 Hz for two seconds.
pub(crate) const TONE_HZ: f64 = 500.0;

fn line(id: LineId, text: &str) -> Event {
    Event::Output {
        output: Output::Say(Line {
            id,
            text: text.to_owned(),
            purpose: Purpose::Remark,
            stage: Stage::Introduction,
            question: None,
            number: None,
            of: 1,
            expects: Expects::Long,
        }),
    }
}

fn utterance(text: &str, start_ms: u64, source: Source) -> Event {
    let word = |(i, word): (usize, &str)| {
        let start_ms = start_ms + i as u64 * 400;
        Word {
            text: word.to_owned(),
            start_ms,
            end_ms: start_ms + 300,
            confidence: 0.9,
        }
    };
    let words: Vec<Word> = match source {
        Source::Voice => text.split_whitespace().enumerate().map(word).collect(),
        Source::Typed => Vec::new(),
    };
    Event::Input {
        input: Input::Utterance(Utterance {
            id: 1,
            text: text.to_owned(),
            start_ms,
            end_ms: words.last().map_or(start_ms, |w| w.end_ms),
            words,
            confidence: 0.9,
            source,
        }),
    }
}

/// About two seconds of speech.
fn speech() -> Vec<i16> {
    let mut pcm = Vec::new();
    let mut voice = open_voice("rms", 1.0).unwrap();
    voice
        .speak("Please tell me about your last project.", &mut |part| {
            pcm.extend(part.iter().map(|v| (v * 20_000.0) as i16));
            ControlFlow::Continue(())
        })
        .unwrap();
    pcm
}

fn tone() -> Vec<i16> {
    let step = TONE_HZ * std::f64::consts::TAU / f64::from(RATE);
    (0..2 * RATE)
        .map(|i| {
            // Without a click at either end.
            let edge = i.min(2 * RATE - i).min(800);
            (f64::from(edge) / 800.0 * 9_000.0 * (f64::from(i) * step).sin()) as i16
        })
        .collect()
}

impl Desk {
    /// Eight seconds: the recruiter's speech at 0.5 s, silence, the
    /// candidate's tone at 5 s, a gap of the recruiter's side at 7.2 s.
    pub(crate) fn spoken() -> Self {
        Self::make(true)
    }

    /// The same without audio: consent was given, and everything typed.
    pub(crate) fn typed() -> Self {
        Self::make(false)
    }

    fn make(audio: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let began_unix_ms = 1_795_512_600_000;
        let head = Head {
            format: FORMAT,
            session: new_session_id(began_unix_ms).unwrap(),
            began_unix_ms,
            candidate: "Ada Example".into(),
            position: "Data Engineer".into(),
            company: None,
            program: "viva 0.0.0".into(),
            hashes: Default::default(),
            setup: serde_json::Value::Null,
        };
        let options = Options {
            sync: SyncPolicy::Never,
            ..Options::default()
        };
        let sessions = sessions_dir(home.path());
        let mut writer = RecordWriter::create_with(&sessions, &head, &options).unwrap();
        let mut log = |at: u64, event: Event| {
            writer.append(SessionTime(at), &event).unwrap();
        };
        log(0, Event::Client(ClientFacts::default()));
        let how = ConsentHow::Key;
        let output = Output::Consent { given: true, how };
        log(0, Event::Output { output });
        if audio {
            log(0, Event::AudioStarted { rate: RATE });
        }
        log(300, line(1, "Please tell me about your last project."));
        let source = if audio { Source::Voice } else { Source::Typed };
        if audio {
            let (start_ms, end_ms) = (500, 2_900);
            log(
                3_000,
                Event::Played {
                    line: 1,
                    start_ms,
                    end_ms,
                },
            );
        }
        log(7_100, utterance("I tuned a steady tone", 5_000, source));
        log(7_200, line(2, "Thank you."));
        if audio {
            let (track, first_sample, samples) = (Track::Far, 115_200, 4_800);
            let why = "did not arrive".into();
            log(
                7_500,
                Event::Gap {
                    track,
                    first_sample,
                    samples,
                    why,
                },
            );
        }
        log(8_000, Event::Input { input: Input::Tick });
        if audio {
            writer.start_audio(RATE).unwrap();
            let (near, far) = sides();
            for at in (0..near.len()).step_by(1_600) {
                for (track, pcm) in [(Track::Near, &near), (Track::Far, &far)] {
                    writer
                        .audio(track, at as u64, &pcm[at..at + 1_600])
                        .unwrap();
                }
            }
            let samples = writer.end_audio().unwrap();
            writer
                .append(SessionTime(8_000), &Event::AudioEnded { samples })
                .unwrap();
        }
        writer.finish(&[]).unwrap();
        Self {
            home,
            id: head.session,
        }
    }

    pub(crate) fn record(&self) -> PathBuf {
        sessions_dir(self.home.path()).join(&self.id)
    }

    /// `viva replay` of the record, with these arguments more.
    pub(crate) fn replay(&self, args: &[&str]) -> Command {
        let mut viva = Command::new(env!("CARGO_BIN_EXE_viva"));
        viva.arg("replay")
            .arg(&self.id)
            .args(args)
            .env("VIVA_DATA_DIR", self.home.path())
            .env("HOME", self.home.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("VIVA_CONFIG");
        viva
    }
}

/// Candidate and recruiter, eight seconds each.
pub(crate) fn sides() -> (Vec<i16>, Vec<i16>) {
    let mut near = vec![0; 8 * RATE as usize];
    let mut far = near.clone();
    let at = 5 * RATE as usize;
    let tone = tone();
    near[at..at + tone.len()].copy_from_slice(&tone);
    let at = RATE as usize / 2;
    let speech = speech();
    far[at..at + speech.len()].copy_from_slice(&speech);
    (near, far)
}

/// The frequency of a tone in the middle of `pcm`, by its zero crossings.
pub(crate) fn pitch(pcm: &[i16]) -> f64 {
    let rising: Vec<f64> = pcm
        .windows(2)
        .enumerate()
        .filter(|(_, w)| w[0] < 0 && w[1] >= 0)
        .map(|(i, w)| i as f64 + f64::from(w[0]) / (f64::from(w[0]) - f64::from(w[1])))
        .collect();
    let span = rising[rising.len() - 1] - rising[0];
    (rising.len() - 1) as f64 * f64::from(RATE) / span
}

/// Reads a mono WAV file of 16 kHz.
pub(crate) fn read_wav(path: &Path) -> Vec<i16> {
    let mut wav = hound::WavReader::open(path).unwrap();
    assert_eq!((wav.spec().sample_rate, wav.spec().channels), (RATE, 1));
    wav.samples().map(Result::unwrap).collect()
}
