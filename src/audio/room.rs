//! Rooms that are made, to measure by: what a microphone hears of a
//! loudspeaker. Everything follows from a seed.

use super::RATE;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A loudspeaker, a room and a microphone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoomSettings {
    /// From the far end to the first of its echo, in milliseconds.
    pub delay_ms: f32,
    /// How the delay grows, in milliseconds a second: two clocks that drift.
    pub drift_ms_s: f32,
    /// A jump of the delay, in milliseconds, and when, in seconds.
    pub jump_ms: f32,
    /// See `jump_ms`.
    pub jump_at_s: f32,
    /// Level of the echo relative to the far end, in dB.
    pub level_db: f32,
    /// Time in which the reverberation falls by 60 dB, in milliseconds.
    pub reverb_ms: f32,
    /// Level of the direct sound relative to all reflections, in dB.
    pub direct_db: f32,
    /// How much a small loudspeaker bends loud sounds, 0-1; 0 is linear.
    pub bend: f32,
    /// Level of the microphone's and the room's noise, in dB of full scale.
    pub noise_db: f32,
    /// Decides the reflections and the noise.
    pub seed: u64,
}

impl Default for RoomSettings {
    /// A furnished room and a laptop.
    fn default() -> Self {
        Self {
            delay_ms: 60.0,
            drift_ms_s: 0.0,
            jump_ms: 0.0,
            jump_at_s: 30.0,
            level_db: -12.0,
            reverb_ms: 200.0,
            // A laptop's speaker is near its microphone.
            direct_db: 3.0,
            bend: 0.0,
            noise_db: -70.0,
            seed: 1,
        }
    }
}

/// The longest delay, in samples.
const LONGEST: usize = RATE as usize;

/// A room with sound in it.
pub struct Room {
    settings: RoomSettings,
    /// Reflections: samples after the direct sound, and gain.
    taps: Vec<(usize, f32)>,
    /// What was played lately, as the loudspeaker bent it.
    played: Vec<f32>,
    rng: ChaCha8Rng,
    at: u64,
    noise_peak: f32,
}

impl Room {
    /// An empty room. Reflections are velvet noise that decays: one a
    /// millisecond, at a random place with a random sign (M. Karjalainen and
    /// H. Järveläinen, "Reverberation Modeling Using Velvet Noise", 2007).
    pub fn new(settings: RoomSettings) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        let length = (settings.reverb_ms.clamp(0.0, 2_000.0) * 16.0) as usize;
        let mut taps: Vec<(usize, f32)> = (2..length / 16)
            .map(|ms| {
                let at = ms * 16 + rng.random_range(0..16usize);
                let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
                (at, sign * 10f32.powf(-3.0 * at as f32 / length as f32))
            })
            .collect();
        let energy = |taps: &[(usize, f32)]| taps.iter().map(|t| t.1 * t.1).sum::<f32>();
        let scale = (10f32.powf(-settings.direct_db / 10.0) / energy(&taps).max(1e-9)).sqrt();
        taps.iter_mut().for_each(|t| t.1 *= scale);
        taps.push((0, 1.0));
        let all = 10f32.powf(settings.level_db / 20.0) / energy(&taps).sqrt();
        taps.iter_mut().for_each(|t| t.1 *= all);
        Self {
            taps,
            played: vec![0.0; LONGEST + length + 2],
            rng,
            at: 0,
            // Even noise within -a to a has the power a^2 / 3.
            noise_peak: 10f32.powf(settings.noise_db / 20.0) * 3f32.sqrt(),
            settings,
        }
    }

    /// The delay at a sample, in samples.
    fn delay(&self, at: u64) -> f32 {
        let s = &self.settings;
        let seconds = at as f32 / RATE as f32;
        let jump = if seconds >= s.jump_at_s {
            s.jump_ms
        } else {
            0.0
        };
        let ms = s.delay_ms + s.drift_ms_s * seconds + jump;
        (ms * RATE as f32 / 1000.0).clamp(0.0, LONGEST as f32 - 1.0)
    }

    /// Plays samples and adds what is heard of them, and noise, to `near`.
    pub fn pass(&mut self, far: &[f32], near: &mut [f32]) {
        let n = self.played.len() as u64;
        for (far, near) in far.iter().zip(near) {
            let slot = (self.at % n) as usize;
            self.played[slot] = self.bend(*far);
            let delay = self.delay(self.at);
            let (whole, part) = (delay as u64, delay.fract());
            let mut sum = 0.0;
            for (tap, gain) in &self.taps {
                let back = whole + *tap as u64;
                // The ring is longer than any delay and reflection.
                let a = self.played[((self.at + n - back) % n) as usize];
                let heard = if part == 0.0 {
                    a
                } else {
                    let b = self.played[((self.at + n - back - 1) % n) as usize];
                    a + (b - a) * part
                };
                sum += heard * gain;
            }
            *near += sum + self.rng.random_range(-1.0f32..=1.0) * self.noise_peak;
            self.at += 1;
        }
    }

    /// A loudspeaker that gives way to loud sounds: even and odd distortion,
    /// the same loudness for soft ones.
    fn bend(&self, x: f32) -> f32 {
        let b = self.settings.bend;
        if b == 0.0 {
            return x;
        }
        let bent = (x * 3.0).tanh() / 3.0 + 0.1 * x * x;
        x + (bent - x) * b
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::level::rms_db;

    fn click(settings: RoomSettings, at: usize, n: usize) -> Vec<f32> {
        let mut room = Room::new(settings);
        let mut far = vec![0.0; n];
        far[at] = 1.0;
        let mut near = vec![0.0; n];
        room.pass(&far, &mut near);
        near
    }

    fn loudest(x: &[f32]) -> usize {
        (0..x.len())
            .max_by(|a, b| x[*a].abs().total_cmp(&x[*b].abs()))
            .unwrap()
    }

    const STILL: RoomSettings = RoomSettings {
        delay_ms: 100.0,
        drift_ms_s: 0.0,
        jump_ms: 0.0,
        jump_at_s: 30.0,
        level_db: -12.0,
        reverb_ms: 80.0,
        direct_db: 3.0,
        bend: 0.0,
        noise_db: -120.0,
        seed: 3,
    };

    #[test]
    fn an_echo_comes_after_its_delay_and_a_drift_moves_it() {
        assert_eq!(loudest(&click(STILL, 1_000, 4_000)), 1_000 + 1_600);
        let drifting = RoomSettings {
            drift_ms_s: 10.0,
            ..STILL
        };
        // 2 s later and 10 ms a second: about 21 ms more.
        let at = loudest(&click(drifting, 32_000, 40_000));
        assert!((1_935..1_940).contains(&(at - 32_000)), "{}", at - 32_000);
        let jumping = RoomSettings {
            jump_ms: 40.0,
            jump_at_s: 1.0,
            ..STILL
        };
        assert_eq!(loudest(&click(jumping, 1_000, 8_000)), 1_000 + 1_600);
        assert_eq!(loudest(&click(jumping, 32_000, 40_000)), 32_000 + 2_240);
    }

    #[test]
    fn an_echo_has_its_level_and_a_silent_room_its_noise() {
        let mut room = Room::new(STILL);
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let far: Vec<f32> = (0..16_000)
            .map(|_| rng.random_range(-0.5f32..=0.5))
            .collect();
        let mut near = vec![0.0; 16_000];
        room.pass(&far, &mut near);
        let level = rms_db(&near[4_000..]) - rms_db(&far);
        assert!((level + 12.0).abs() < 1.0, "{level}");
        let noisy = RoomSettings {
            noise_db: -60.0,
            ..STILL
        };
        let mut near = vec![0.0; 16_000];
        Room::new(noisy).pass(&[0.0; 16_000], &mut near);
        assert!((rms_db(&near) + 60.0).abs() < 0.5);
    }
}
