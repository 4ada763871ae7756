//! Sessions on files and programs: the whole path without devices.

use super::*;
use crate::audio::AnswerKind;
use crate::audio::MicSource;
use std::path::{Path, PathBuf};

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/audio")).join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

fn fast() -> AudioSettings {
    AudioSettings {
        pace: Pace::Fast,
        ..AudioSettings::default()
    }
}

/// Silence, or a recording that begins at a position.
struct Script {
    begin: SamplePos,
    samples: Vec<f32>,
}

impl MicSource for Script {
    fn fill(&mut self, at: SamplePos, out: &mut [f32]) {
        for (i, to) in out.iter_mut().enumerate() {
            let index = (at + i as u64).checked_sub(self.begin);
            *to = index
                .and_then(|i| self.samples.get(i as usize).copied())
                .unwrap_or(0.0);
        }
    }
}

fn silence() -> MicSpec {
    MicSpec::Live(Box::new(Script {
        begin: 0,
        samples: Vec::new(),
    }))
}

/// Takes events until `last` says so, and gives all but chunks and levels.
fn until(session: &mut AudioSession, mut last: impl FnMut(&AudioEvent) -> bool) -> Vec<AudioEvent> {
    let mut all = Vec::new();
    while let Some(held) = session.events.blocking_recv() {
        let end = last(&held);
        let (event, _hold) = held.into_parts();
        if !matches!(event, AudioEvent::Chunk { .. } | AudioEvent::Level { .. }) {
            all.push(event);
        }
        if end {
            return all;
        }
    }
    panic!("the session ended early, after {all:?}");
}

const fn line_ended(event: &AudioEvent) -> bool {
    matches!(event, AudioEvent::LineEnded { .. })
}

const fn turn_ended(event: &AudioEvent) -> bool {
    matches!(event, AudioEvent::TurnEnded { .. })
}

#[test]
fn a_played_line_is_in_the_file_where_the_events_say() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.wav");
    let speaker = SpeakerSpec::Wav(path.clone());
    let mut session = AudioSession::open(silence(), speaker, fast()).unwrap();
    let guard = session.busy.enter();
    session.player.begin(5);
    session.player.push(5, &[0.25; 4_321]).unwrap();
    session.player.finish(5);
    drop(guard);
    let events = until(&mut session, line_ended);
    let [
        AudioEvent::LineStarted { line: 5, at },
        AudioEvent::LineEnded {
            line: 5,
            at: end,
            played: 4_321,
            complete: true,
        },
    ] = events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(end - at, 4_321);
    session.close();
    let heard = read_wav_16k(&path).unwrap();
    let (at, end) = (at as usize, end as usize);
    assert!(heard[..at].iter().all(|v| *v == 0.0));
    assert!(heard[at..end].iter().all(|v| (v - 0.25).abs() < 1e-3));
    assert!(heard[end..].iter().all(|v| *v == 0.0));
}

#[test]
fn a_stopped_line_says_how_much_of_it_was_heard() {
    let mut session = AudioSession::open(silence(), SpeakerSpec::None, fast()).unwrap();
    session.player.begin(1);
    session.player.push(1, &[0.5; 30_000]).unwrap();
    let started = until(&mut session, |e| {
        matches!(e, AudioEvent::LineStarted { .. })
    });
    session.player.stop();
    let ended = until(&mut session, line_ended);
    let (
        Some(AudioEvent::LineStarted { at, .. }),
        Some(AudioEvent::LineEnded {
            at: end,
            played,
            complete,
            ..
        }),
    ) = (started.last(), ended.last())
    else {
        panic!("{started:?} {ended:?}");
    };
    assert!(!complete);
    assert_eq!(end - at, *played);
    assert!(*played < 30_000);
    session.close();
}

#[test]
fn chunks_hold_both_tracks_without_a_hole() {
    let dir = tempfile::tempdir().unwrap();
    let mic = dir.path().join("mic.wav");
    let mut writer = WavSpeaker::create(&mic).unwrap();
    let tone: Vec<f32> = (0..20_000).map(|i| (i as f32 * 0.1).sin() * 0.3).collect();
    writer.write(&tone).unwrap();
    writer.finish().unwrap();
    let mut session = AudioSession::open(MicSpec::Wav(mic), SpeakerSpec::None, fast()).unwrap();
    let (mut near, mut ended) = (Vec::new(), None);
    while near.len() < 24_000 {
        match &session.events.blocking_recv().unwrap().value {
            AudioEvent::Chunk {
                at,
                near: part,
                far,
            } => {
                assert_eq!((*at, part.len()), (near.len() as u64, far.len()));
                near.extend_from_slice(part);
            }
            AudioEvent::MicEnded { at } => ended = Some(*at),
            _ => {}
        }
    }
    assert_eq!(ended, Some(20_000));
    let expected = tone.iter().chain(std::iter::repeat(&0.0));
    assert!(
        near.iter()
            .zip(expected)
            .all(|(a, b)| (*a as f32 / 32_768.0 - b).abs() < 1e-4)
    );
    session.close();
}

/// What a turn was, for comparison.
fn course(pace: Pace, path: &Path) -> Vec<String> {
    let speech = read_wav_16k(path).unwrap();
    let mic = MicSpec::Live(Box::new(Script {
        begin: 8_000,
        samples: speech,
    }));
    let settings = AudioSettings {
        pace,
        ..AudioSettings::default()
    };
    let mut session = AudioSession::open(mic, SpeakerSpec::None, settings).unwrap();
    session
        .control
        .send(FrontendCommand::Expect(AnswerKind::Short));
    let events = until(&mut session, turn_ended);
    session.close();
    let mut told = Vec::new();
    for event in events {
        told.push(match event {
            AudioEvent::Paused(s) => format!(
                "paused {} {} {} {} {}",
                s.id,
                s.start,
                s.speech_start,
                s.speech_end,
                s.audio.len()
            ),
            other => format!("{other:?}"),
        });
    }
    told
}

#[test]
fn a_fast_clock_hears_what_a_real_one_hears() {
    let Some(path) = shared("speech/LJ001-0002.wav") else {
        return;
    };
    let fast = course(Pace::Fast, &path);
    assert!(fast[0].starts_with("SpeechStarted"), "{fast:?}");
    assert_eq!(fast, course(Pace::Real, &path));
}

#[test]
fn every_segment_is_the_microphones_audio_at_its_place() {
    let Some(path) = shared("speech/jfk.wav") else {
        return;
    };
    let speech = read_wav_16k(&path).unwrap();
    let mic = MicSpec::Live(Box::new(Script {
        begin: 16_000,
        samples: speech.clone(),
    }));
    let mut session = AudioSession::open(mic, SpeakerSpec::None, fast()).unwrap();
    let events = until(&mut session, turn_ended);
    let mut segments = 0;
    for event in &events {
        if let AudioEvent::Paused(segment) = event {
            segments += 1;
            let begin = segment.start as i64 - 16_000;
            for (i, v) in segment.audio.iter().enumerate() {
                let expected = usize::try_from(begin + i as i64)
                    .ok()
                    .and_then(|at| speech.get(at).copied())
                    .unwrap_or(0.0);
                assert!((v - expected).abs() < 1e-6, "{i}");
            }
            // Pre-roll before, and no more than the tail behind.
            assert!(segment.speech_start >= segment.start + 4_000 || segment.start == 0);
            let end = segment.start + segment.audio.len() as u64;
            assert!(end >= segment.speech_end && end - segment.speech_end <= 3_400);
        }
    }
    assert!(segments > 0);
    session.close();
}

#[test]
fn a_driven_clock_follows_the_samples() {
    let clock = Clock::driven();
    let settings = AudioSettings {
        clock: Some(clock.clone()),
        ..fast()
    };
    let mut session = AudioSession::open(silence(), SpeakerSpec::None, settings).unwrap();
    let mut end = 0;
    until(&mut session, |event| match event {
        AudioEvent::Chunk { at, .. } => {
            end = at + 1_600;
            *at > 160_000
        }
        _ => false,
    });
    assert!(clock.now().millis() >= pos_ms(end));
    assert!(session.player.position() >= end);
    session.close();
}

#[test]
fn an_event_that_is_held_holds_the_clock() {
    let dir = tempfile::tempdir().unwrap();
    let mic = dir.path().join("mic.wav");
    let mut writer = WavSpeaker::create(&mic).unwrap();
    writer.write(&[0.1; 160]).unwrap();
    writer.finish().unwrap();
    let mut session = AudioSession::open(MicSpec::Wav(mic), SpeakerSpec::None, fast()).unwrap();
    let busy = session.busy.clone();
    while let Some(held) = session.events.blocking_recv() {
        if matches!(held.value, AudioEvent::MicEnded { .. }) {
            assert_eq!(busy.count(), 1);
            drop(held);
            assert_eq!(busy.count(), 0);
            break;
        }
    }
    session.close();
}

#[test]
fn what_cannot_be_opened_is_named_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let speaker = dir.path().join("speaker.wav");
    let open = |mic: &Path, speaker: &Path| {
        let (mic, speaker) = (MicSpec::Wav(mic.into()), SpeakerSpec::Wav(speaker.into()));
        AudioSession::open(mic, speaker, fast())
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let text = open(&dir.path().join("none.wav"), &speaker);
    assert!(text.starts_with("Cannot read"), "{text}");
    assert!(!speaker.exists());
    let device = SpeakerSpec::Device(None);
    let refused = AudioSession::open(silence(), device, fast()).map(|_| ());
    assert!(matches!(refused, Err(AudioError::FastDevice)));
}

#[test]
fn closing_ends_a_session_that_nobody_listens_to() {
    let session = AudioSession::open(silence(), SpeakerSpec::None, fast()).unwrap();
    session.player.begin(1);
    let pushing = std::thread::spawn({
        let player = session.player.clone();
        move || player.push(1, &[0.1; 500_000])
    });
    session.close();
    assert!(pushing.join().unwrap().is_err());
}
