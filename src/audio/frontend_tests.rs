//! The whole chain on real speech: what it hears of itself, and of others.

use super::*;
use crate::audio::read_wav_16k;
use std::path::Path;

fn speech(name: &str) -> Option<Vec<f32>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/audio/speech");
    let path = Path::new(folder).join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(read_wav_16k(path).unwrap())
}

/// Plays `far` as one line from 1 s on, while the microphone hears `near`.
fn run(settings: &AudioSettings, near: &[f32], far: &[f32]) -> Vec<AudioEvent> {
    const BEGIN: usize = 16_000;
    let mut frontend = Frontend::new(settings);
    let mut events = Vec::new();
    let at = |track: &[f32], i: usize| track.get(i).copied().unwrap_or(0.0);
    for begin in (0..BEGIN + far.len().max(near.len()) + 32_000).step_by(STEP) {
        let near: [f32; STEP] = std::array::from_fn(|i| at(near, begin + i));
        let far_at = |i: usize| (begin + i).checked_sub(BEGIN).map_or(0.0, |i| at(far, i));
        let far_step: [f32; STEP] = std::array::from_fn(far_at);
        let mut lines = Vec::new();
        if begin == BEGIN {
            let at = begin as u64;
            lines.push(LineNews::Started { line: 1, at });
        }
        if begin == (BEGIN + far.len()).next_multiple_of(STEP) {
            lines.push(LineNews::Ended {
                line: 1,
                at: begin as u64,
                played: far.len() as u64,
                complete: true,
            });
        }
        let step = Step {
            near: &near,
            far: &far_step,
            lines: &lines,
            missing: &[],
            missing_far: &[],
            mic_ended: None,
        };
        frontend.step(&step, &mut events);
    }
    events
}

/// What a microphone hears of `far` in a small room, 12 dB softer and 70 ms
/// late.
fn echo(far: &[f32]) -> Vec<f32> {
    let mut heard = vec![0.0; 16_000 + 1_120 + far.len() + 1_000];
    for (delay, gain) in [(0, 0.25), (37, 0.1), (160, -0.07), (413, 0.04), (900, 0.02)] {
        for (i, v) in far.iter().enumerate() {
            heard[16_000 + 1_120 + delay + i] += v * gain;
        }
    }
    heard
}

fn heard_speech(events: &[AudioEvent]) -> bool {
    events
        .iter()
        .any(|e| matches!(e, AudioEvent::SpeechStarted { .. }))
}

#[test]
fn its_own_voice_is_no_answer() {
    let mut tried = 0;
    for name in [
        "jfk.wav",
        "LJ001-0002.wav",
        "LJ001-0004.wav",
        "LJ001-0008.wav",
    ] {
        let Some(line) = speech(name) else { return };
        let events = run(&AudioSettings::default(), &echo(&line), &line);
        let told: Vec<_> = events
            .iter()
            .filter(|e| !matches!(e, AudioEvent::Chunk { .. } | AudioEvent::Level { .. }))
            .filter(|e| !matches!(e, AudioEvent::Paused(_)))
            .collect();
        assert!(!heard_speech(&events), "{name}: {told:?}");
        tried += 1;
    }
    assert_eq!(tried, 4);
}

#[test]
fn a_candidate_over_a_line_is_heard_from_the_first_word() {
    let (Some(line), Some(answer)) = (speech("jfk.wav"), speech("LJ001-0004.wav")) else {
        return;
    };
    // Three seconds into the line.
    let begin = 16_000 + 48_000;
    let mut near = echo(&line);
    for (i, v) in answer.iter().enumerate().take(near.len() - begin) {
        near[begin + i] += v;
    }
    let events = run(&AudioSettings::default(), &near, &line);
    let barge = events.iter().find_map(|e| match e {
        AudioEvent::BargeIn { line: 1, at } => Some(*at),
        _ => None,
    });
    let at = barge.unwrap() as i64 - begin as i64;
    assert!(
        (-1_600..16_000).contains(&at),
        "{at} samples after its begin"
    );
    let without = AudioSettings {
        barge_in: false,
        ..AudioSettings::default()
    };
    let events = run(&without, &near, &line);
    assert!(
        !events
            .iter()
            .any(|e| matches!(e, AudioEvent::BargeIn { .. }))
    );
}

#[test]
fn silence_and_steady_noise_are_no_speech() {
    let mut seed = 1u64;
    let mut noise = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let near: Vec<f32> = (0..160_000).map(|_| noise() * 0.04).collect();
    assert!(!heard_speech(&run(&AudioSettings::default(), &near, &[])));
    assert!(!heard_speech(&run(&AudioSettings::default(), &[], &[])));
}

#[test]
fn a_muted_microphone_is_silence_until_it_is_opened_again() {
    let mut frontend = Frontend::new(&AudioSettings::default());
    let mut events = Vec::new();
    frontend.command(FrontendCommand::Mute(true), &mut events);
    let near: [f32; STEP] = std::array::from_fn(|i| if i % 32 < 16 { 0.5 } else { -0.5 });
    for i in 0..40 {
        if i == 20 {
            frontend.command(FrontendCommand::Mute(false), &mut events);
        }
        let step = Step {
            near: &near,
            far: &[0.0; STEP],
            lines: &[],
            missing: &[],
            missing_far: &[],
            mic_ended: None,
        };
        frontend.step(&step, &mut events);
    }
    let loud: Vec<bool> = events
        .iter()
        .filter_map(|event| match event {
            AudioEvent::Chunk { near, .. } => Some(near.iter().any(|v| *v != 0)),
            _ => None,
        })
        .collect();
    assert_eq!(loud, [false, false, true, true]);
    let levels = events.iter().filter_map(|event| match event {
        AudioEvent::Level { near_db, .. } => Some(*near_db),
        _ => None,
    });
    assert_eq!(levels.filter(|db| *db <= SILENCE_DB).count(), 2);
}
