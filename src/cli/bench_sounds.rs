//! Sounds that are no answer, made from a seed: silence, noise, bursts, and
//! talk of many. And what a room adds to speech.

use crate::speech::voices::{built_in, open_voice};
use anyhow::Context;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::ControlFlow;

/// Samples a second.
pub(super) const RATE: usize = 16_000;

/// Sentences of an interview, said by the built-in voices.
pub(super) const SENTENCES: [&str; 16] = [
    "I have worked as a backend developer for six years now.",
    "Thank you.",
    "Yes, that is fine.",
    "No.",
    "We moved the old service to containers, step by step.",
    "I would begin with a test that shows the error.",
    "My last project was a small shop with a large database.",
    "I am not sure, but I think it locks the row.",
    "First we measured it, and then we changed one thing at a time.",
    "The team was five people, and I was responsible for the interface.",
    "Can you say that again, please?",
    "It took about three months from the first idea to the release.",
    "Okay.",
    "I like to write down what can go wrong before I start.",
    "We had to learn how to work with users who never read a manual.",
    "That is all from me.",
];

/// The built-in voices that sound.
pub(super) fn voices() -> Vec<&'static str> {
    let mut names = built_in();
    names.retain(|name| *name != "silent");
    names
}

/// Even noise as loud as asked, in dB of full scale.
pub(super) fn white(samples: usize, level_db: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    // Even noise within -a to a has the power a^2 / 3.
    let peak = 3f32.sqrt() * gain(level_db);
    (0..samples)
        .map(|_| peak * rng.random_range(-1.0f32..=1.0))
        .collect()
}

/// Noise that falls by 3 dB an octave, as rooms do: seven low-passed noises
/// added up (Voss 1978, with the poles that Paul Kellet published).
pub(super) fn pink(samples: usize, level_db: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    const POLES: [(f32, f32); 6] = [
        (0.998_86, 0.055_517_9),
        (0.993_32, 0.075_075_9),
        (0.969, 0.153_852),
        (0.866_5, 0.310_485_6),
        (0.55, 0.532_952_2),
        (-0.761_6, -0.016_898),
    ];
    let mut state = [0.0f32; 6];
    let noise = (0..samples)
        .map(|_| {
            let white = rng.random_range(-1.0f32..=1.0);
            let mut sum = white * 0.536_2;
            for (held, (pole, weight)) in state.iter_mut().zip(POLES) {
                *held = pole * *held + white * weight;
                sum += *held;
            }
            sum
        })
        .collect();
    at_level(noise, level_db)
}

/// What a person does beside the microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Burst {
    Knock,
    Keyboard,
    Cough,
    Door,
    Bark,
}

/// Bursts at odd times, about one in two seconds, over a quiet room.
pub(super) fn bursts(samples: usize, kind: Burst, peak_db: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut out = pink(samples, -65.0, rng);
    let mut at = RATE;
    while at + RATE < samples {
        let times = match kind {
            Burst::Knock => rng.random_range(1..=4),
            Burst::Keyboard => rng.random_range(3..=14),
            Burst::Cough => rng.random_range(1..=3),
            Burst::Door => 1,
            Burst::Bark => rng.random_range(1..=4),
        };
        let mut from = at;
        for _ in 0..times {
            let loud = gain(peak_db + rng.random_range(-9.0f32..=0.0));
            let (one, gap) = match kind {
                Burst::Knock => (knock(rng), rng.random_range(2_400..4_800)),
                Burst::Keyboard => (key(rng), rng.random_range(1_200..4_000)),
                Burst::Cough => (cough(rng), rng.random_range(4_000..8_000)),
                Burst::Door => (door(rng), RATE),
                Burst::Bark => (bark(rng), rng.random_range(4_000..9_000)),
            };
            for (to, sample) in out[from.min(samples)..].iter_mut().zip(&one) {
                *to = (*to + loud * sample).clamp(-1.0, 1.0);
            }
            from += gap;
        }
        at = from + rng.random_range(RATE / 2..RATE * 5 / 2);
    }
    out
}

/// A door or a desk: two resonances that die within 80 ms.
fn knock(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let low = rng.random_range(110.0f32..240.0);
    let high = low * rng.random_range(2.3f32..4.1);
    let tone = |pitch: f32, t: f32| (t * pitch * std::f32::consts::TAU).sin();
    (0..RATE / 10)
        .map(|i| {
            let t = i as f32 / RATE as f32;
            (-t * 55.0).exp() * (0.7 * tone(low, t) + 0.3 * tone(high, t))
        })
        .collect()
}

/// A key: two clicks, down and up.
fn key(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let up = rng.random_range(800..1_500);
    (0..2_000)
        .map(|i| {
            let click = |from: usize| {
                let since = i as f32 - from as f32;
                if since < 0.0 {
                    0.0
                } else {
                    (-since / 40.0).exp()
                }
            };
            (click(0) + 0.5 * click(up)) * rng.random_range(-1.0f32..=1.0)
        })
        .collect()
}

/// A door that falls shut: the latch, the slam, and what rattles after it.
fn door(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let frame = rng.random_range(55.0f32..95.0);
    let slam = rng.random_range(1_200..2_600);
    let mut held = [0.0f32; 4];
    let raw: Vec<f32> = (0..RATE * 7 / 10)
        .map(|i| {
            let noise = rng.random_range(-1.0f32..=1.0);
            let since = |from: usize| (i >= from).then(|| (i - from) as f32 / RATE as f32);
            let latch = since(0).map_or(0.0, |t| 0.2 * noise * (-t * 260.0).exp());
            let panel = since(slam).map_or(0.0, |t| noise * (-t * 28.0).exp());
            let body = since(slam).map_or(0.0, |t| {
                (-t * 9.0).exp() * (t * frame * std::f32::consts::TAU).sin()
            });
            latch + 0.8 * body + 0.1 * resonate(&mut held, 0, frame * 4.3, panel)
        })
        .collect();
    to_peak(raw)
}

/// A bark: a hoarse pitch that rises and falls, within a fifth of a second.
fn bark(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let length = rng.random_range(2_200..4_200);
    let top = rng.random_range(420.0f32..850.0);
    let mut phase = 0.0f32;
    let mut held = [0.0f32; 4];
    let raw: Vec<f32> = (0..length)
        .map(|i| {
            let t = i as f32 / length as f32;
            let pitch = top * (0.6 + 0.4 * (t * std::f32::consts::PI).sin());
            phase = (phase + pitch / RATE as f32).fract();
            let strength = (t * 9.0).min(1.0) * (1.0 - t).powf(0.7);
            let voice = (phase * 2.0 - 1.0) + 0.5 * rng.random_range(-1.0f32..=1.0);
            let mouth = resonate(&mut held, 0, 1_100.0, strength * voice);
            mouth + 0.4 * resonate(&mut held, 2, 2_400.0, strength * voice)
        })
        .collect();
    to_peak(raw)
}

fn to_peak(raw: Vec<f32>) -> Vec<f32> {
    let peak = raw.iter().fold(0.0f32, |p, v| p.max(v.abs())).max(1e-6);
    raw.iter().map(|v| v / peak).collect()
}

/// A cough: noise through the resonances of a throat, bursting and fading.
fn cough(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let length = rng.random_range(3_500..6_500);
    let throat = rng.random_range(500.0f32..900.0);
    let mut held = [0.0f32; 4];
    let raw: Vec<f32> = (0..length)
        .map(|i| {
            let t = i as f32 / length as f32;
            let strength = (t * 14.0).min(1.0) * (-3.5 * t).exp();
            let noise = strength * rng.random_range(-1.0f32..=1.0);
            let low = resonate(&mut held, 0, throat, noise);
            let high = resonate(&mut held, 2, throat * 2.6, noise);
            low + 0.5 * high
        })
        .collect();
    to_peak(raw)
}

/// One step of a two-pole resonance of 200 Hz width.
fn resonate(held: &mut [f32; 4], at: usize, pitch: f32, input: f32) -> f32 {
    let radius = (-std::f32::consts::PI * 200.0 / RATE as f32).exp();
    let turn = (pitch * std::f32::consts::TAU / RATE as f32).cos();
    let out = input + 2.0 * radius * turn * held[at] - radius * radius * held[at + 1];
    held[at + 1] = held[at];
    held[at] = out;
    out
}

/// `clip` again and again with pauses of up to a second, as loud as asked.
pub(super) fn looped(
    clip: &[f32],
    samples: usize,
    level_db: f32,
    rng: &mut ChaCha8Rng,
) -> Vec<f32> {
    let clip = at_level(clip.to_vec(), level_db);
    let mut out = vec![0.0; RATE / 2];
    while out.len() < samples {
        out.extend_from_slice(&clip);
        out.extend(vec![0.0; rng.random_range(0..RATE)]);
    }
    out.truncate(samples);
    let room = pink(samples, -65.0, rng);
    out.iter().zip(room).map(|(a, b)| a + b).collect()
}

/// So many voices talking at once, none louder than the others.
pub(super) fn babble(
    samples: usize,
    talkers: usize,
    level_db: f32,
    rng: &mut ChaCha8Rng,
) -> anyhow::Result<Vec<f32>> {
    let out = talk(samples, talkers, None, rng)?;
    Ok(at_level(out, level_db))
}

/// A few voices talking at once at the other end of a room: each louder by
/// its reflections than by itself.
pub(super) fn distant(
    samples: usize,
    talkers: usize,
    level_db: f32,
    rng: &mut ChaCha8Rng,
) -> anyhow::Result<Vec<f32>> {
    let echoes = reflections(rng);
    let out = at_level(talk(samples, talkers, Some(&echoes), rng)?, level_db);
    let room = pink(samples, -65.0, rng);
    Ok(out.iter().zip(room).map(|(a, b)| a + b).collect())
}

/// Delays in samples and strengths of a room's reflections: a sparse noise
/// that falls by 60 dB in half a second ("velvet noise", Karjalainen 2007),
/// 3 dB stronger in all than the sound that comes straight.
fn reflections(rng: &mut ChaCha8Rng) -> Vec<(usize, f32)> {
    const COUNT: usize = 90;
    let longest = RATE / 2;
    let step = longest / COUNT;
    let raw: Vec<(usize, f32)> = (0..COUNT)
        .map(|i| {
            let delay = i * step + rng.random_range(1..=step);
            let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
            (
                delay,
                sign * 10f32.powf(-3.0 * delay as f32 / longest as f32),
            )
        })
        .collect();
    let power: f32 = raw.iter().map(|(_, g)| g * g).sum();
    let factor = (2.0 / power).sqrt();
    let scaled = raw.iter().map(|(delay, gain)| (*delay, gain * factor));
    std::iter::once((0, 1.0)).chain(scaled).collect()
}

/// So many voices at once, equally loud, each in a room with these
/// reflections.
fn talk(
    samples: usize,
    talkers: usize,
    echoes: Option<&[(usize, f32)]>,
    rng: &mut ChaCha8Rng,
) -> anyhow::Result<Vec<f32>> {
    let voices = voices();
    anyhow::ensure!(!voices.is_empty(), "No built-in voice to make talk with");
    let mut out = vec![0.0f32; samples];
    for talker in 0..talkers {
        let voice = voices[talker % voices.len()];
        let speed = 0.85 + 0.08 * (talker / voices.len() + talker % 3) as f32;
        let mut said = Vec::new();
        let mut sentence = rng.random_range(0..SENTENCES.len());
        // Two minutes of each are enough to go round.
        while said.len() < samples.min(120 * RATE) {
            said.extend(spoken(voice, speed, SENTENCES[sentence % SENTENCES.len()])?);
            sentence += 1 + rng.random_range(0..3);
        }
        let mut said = at_level(said, -20.0);
        if let Some(echoes) = echoes {
            let mut wet = vec![0.0f32; said.len()];
            for (delay, gain) in echoes {
                for (to, from) in wet[*delay..].iter_mut().zip(&said) {
                    *to += gain * from;
                }
            }
            said = wet;
        }
        let from = rng.random_range(0..said.len());
        for (at, to) in out.iter_mut().enumerate() {
            *to += said[(from + at) % said.len()];
        }
    }
    Ok(out)
}

/// A sentence by a built-in voice.
pub(super) fn spoken(voice: &str, speed: f32, text: &str) -> anyhow::Result<Vec<f32>> {
    let mut mouth = open_voice(voice, speed)?;
    anyhow::ensure!(
        mouth.rate() as usize == RATE,
        "Voice {voice}: found {} Hz, expected {RATE}",
        mouth.rate()
    );
    let mut samples = Vec::new();
    mouth
        .speak(text, &mut |buffer| {
            samples.extend_from_slice(buffer);
            ControlFlow::Continue(())
        })
        .with_context(|| format!("Voice {voice}"))?;
    Ok(samples)
}

/// Root mean square of the parts that sound, in dB of full scale.
pub(super) fn speech_db(samples: &[f32]) -> f32 {
    let mut squares: Vec<f32> = samples
        .chunks(RATE / 50)
        .map(|c| c.iter().map(|v| v * v).sum::<f32>() / c.len() as f32)
        .collect();
    squares.sort_by(f32::total_cmp);
    let loud = &squares[squares.len() / 2..];
    10.0 * (loud.iter().sum::<f32>() / loud.len().max(1) as f32)
        .max(1e-12)
        .log10()
}

/// `samples` so that their mean power is `level_db`.
pub(super) fn at_level(mut samples: Vec<f32>, level_db: f32) -> Vec<f32> {
    let power = samples.iter().map(|v| v * v).sum::<f32>() / samples.len().max(1) as f32;
    let factor = gain(level_db) / power.max(1e-12).sqrt();
    for sample in &mut samples {
        *sample = (*sample * factor).clamp(-1.0, 1.0);
    }
    samples
}

pub(super) fn gain(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}

/// Chance from a seed and a name, so that each case has its own.
pub(super) fn chance(seed: u64, name: &str) -> ChaCha8Rng {
    let mixed = name
        .bytes()
        .fold(seed ^ 0x9e37_79b9_7f4a_7c15, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    ChaCha8Rng::seed_from_u64(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::level::rms_db;

    #[test]
    fn noises_are_as_loud_as_asked() {
        let mut rng = chance(1, "noise");
        for level in [-60.0, -30.0] {
            for made in [
                white(32_000, level, &mut rng),
                pink(32_000, level, &mut rng),
            ] {
                assert!((rms_db(&made) - level).abs() < 0.5);
            }
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_bursts() {
        for kind in [
            Burst::Knock,
            Burst::Keyboard,
            Burst::Cough,
            Burst::Door,
            Burst::Bark,
        ] {
            let make = || bursts(10 * RATE, kind, -6.0, &mut chance(3, "burst"));
            let one = make();
            assert_eq!(one, make());
            assert!(one.iter().all(|v| v.is_finite() && v.abs() <= 1.0));
            assert!(one.iter().any(|v| v.abs() > 0.1), "{kind:?}");
        }
    }

    #[test]
    fn a_loop_is_as_long_as_asked() {
        let clip = white(1_000, -20.0, &mut chance(1, "clip"));
        assert_eq!(
            looped(&clip, 50_000, -30.0, &mut chance(2, "loop")).len(),
            50_000
        );
    }

    #[test]
    fn a_room_adds_twice_the_power_of_what_comes_straight() {
        let echoes = reflections(&mut chance(4, "room"));
        let power: f32 = echoes[1..].iter().map(|(_, g)| g * g).sum();
        assert!((power - 2.0).abs() < 1e-3, "{power}");
        assert!(echoes.iter().all(|(delay, _)| *delay <= RATE / 2));
    }
}
