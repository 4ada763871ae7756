//! Takes what the speaker plays out of what the microphone hears.

use sonora::config::EchoCanceller as Canceller;
use sonora::{AudioProcessing, Config, StreamConfig};
use std::collections::VecDeque;

/// Samples handled at a time: 10 ms.
pub const STEP: usize = 160;

/// Samples by which the canceller's output is late. Measured with a far end
/// of silence; a test holds it to that.
const LATE: usize = 128;

/// Steps of silence at the far end after which the canceller stands aside:
/// 1 s, longer than any room's echo and any device's delay.
const ASIDE: u32 = 100;

/// Below this the far end is silent; one unit of 16 bits is 3e-5.
const SILENT: f32 = 1e-4;

/// An acoustic echo canceller that stands aside while nothing is played: it
/// colours speech a little even when there is nothing to cancel.
pub struct EchoCanceller {
    apm: AudioProcessing,
    /// The microphone, late by as much as the canceller is, so that
    /// switching between the two moves nothing.
    late: VecDeque<f32>,
    /// Steps since something was played.
    quiet: u32,
    /// How much of the canceller's output is used, 0-1.
    mix: f32,
}

impl EchoCanceller {
    /// Samples by which [`Self::process`] is late.
    pub const DELAY: usize = LATE;

    /// A canceller that has heard nothing yet.
    pub fn new() -> Self {
        let config = Config {
            echo_canceller: Some(Canceller::default()),
            ..Config::default()
        };
        let apm = AudioProcessing::builder()
            .config(config)
            .capture_config(StreamConfig::new(16_000, 1))
            .render_config(StreamConfig::new(16_000, 1))
            .build();
        Self {
            apm,
            late: std::iter::repeat_n(0.0, LATE).collect(),
            quiet: ASIDE,
            mix: 0.0,
        }
    }

    /// Takes a step of the microphone and what the speaker played at that
    /// time, and gives the microphone without it and as it was, both
    /// [`Self::DELAY`] late.
    pub fn process(&mut self, near: &[f32; STEP], far: &[f32; STEP]) -> ([f32; STEP], [f32; STEP]) {
        self.late.extend(near);
        let mut plain = [0.0; STEP];
        for (to, from) in plain.iter_mut().zip(self.late.drain(..STEP)) {
            *to = from;
        }
        self.quiet = if far.iter().any(|v| v.abs() > SILENT) {
            0
        } else {
            self.quiet.saturating_add(1)
        };
        let on = self.quiet < ASIDE;
        if !on && self.mix == 0.0 {
            return (plain, plain);
        }
        let mut clean = [0.0; STEP];
        let mut rendered = [0.0; STEP];
        let done = self
            .apm
            .process_render_f32(&[far], &mut [&mut rendered])
            .and_then(|()| self.apm.process_capture_f32(&[near], &mut [&mut clean]));
        if done.is_err() {
            // Refused formats only, which these are not; hearing an echo is
            // better than hearing nothing.
            return (plain, plain);
        }
        // From one to the other within a step, so that nothing clicks.
        let target = if on { 1.0 } else { 0.0 };
        let step = (target - self.mix) / STEP as f32;
        let mut out = plain;
        for (to, clean) in out.iter_mut().zip(clean) {
            self.mix += step;
            *to += (clean.clamp(-1.0, 1.0) - *to) * self.mix;
        }
        self.mix = target;
        (out, plain)
    }
}

impl Default for EchoCanceller {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a frame heard while a line plays can be the candidate: it must
/// stand out of the room's noise and of what is left of the echo.
#[derive(Clone, Copy, Debug)]
pub struct Residual {
    /// What is left of the echo, in dB relative to what is played.
    coupling_db: f32,
    /// The loudest the far end was lately, in dB: echoes come late and fade
    /// slowly.
    far_db: f32,
}

impl Residual {
    /// Before anything is known: a loud speaker next to the microphone, with
    /// a canceller that has not adapted yet.
    const UNKNOWN: f32 = -12.0;
    /// How much louder than the rest of an echo speech must be, in dB.
    const MARGIN: f32 = 6.0;
    /// How much louder than the noise floor speech must be, in dB.
    const ABOVE_NOISE: f32 = 8.0;
    /// How fast the far end is forgotten, in dB a frame: 30 dB in 0.6 s, as
    /// a furnished room does.
    const FORGET: f32 = 0.8;
    /// Cancelling never counts as better than this, in dB: it fails for
    /// moments, and a candidate is seldom softer.
    const BEST: f32 = -22.0;
    /// Frames from which more than this was taken are the echo's, in dB: of a
    /// voice the canceller takes a few dB at most.
    const TAKEN: f32 = 8.0;

    /// Nothing known yet.
    pub const fn new() -> Self {
        Self {
            coupling_db: Self::UNKNOWN,
            far_db: super::level::SILENCE_DB,
        }
    }

    /// Takes a frame's levels without the echo, with it, at the far end and
    /// of the room, and says whether it can be the candidate.
    pub fn plausible(&mut self, level_db: f32, raw_db: f32, far_db: f32, noise_db: f32) -> bool {
        self.far_db = (self.far_db - Self::FORGET).max(far_db);
        if level_db < noise_db + Self::ABOVE_NOISE || raw_db - level_db > Self::TAKEN {
            self.learn(level_db);
            return false;
        }
        let stands_out = level_db > self.far_db + self.coupling_db + Self::MARGIN;
        if !stands_out {
            self.learn(level_db);
        }
        stands_out
    }

    /// Frames that are not the candidate show what is left of the echo.
    /// Frames that stand out do not: a candidate's own voice must not make
    /// the program deaf to it.
    fn learn(&mut self, level_db: f32) {
        // Only while something loud is played is the relation meaningful.
        if self.far_db < -50.0 {
            return;
        }
        let seen = (level_db - self.far_db).clamp(Self::BEST, 0.0);
        // Up fast, because hearing oneself is the worse fault; down with a
        // time constant of about half a second.
        let rate = if seen > self.coupling_db { 0.3 } else { 0.03 };
        self.coupling_db += (seen - self.coupling_db) * rate;
    }
}

impl Default for Residual {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, seed: u64) -> Vec<f32> {
        let mut s = seed | 1;
        let mut next = move || {
            s ^= s << 13;
            s ^= s >> 7;
            s ^= s << 17;
            (s >> 40) as f32 / (1u64 << 24) as f32 - 0.5
        };
        (0..n).map(|_| next()).collect()
    }

    fn run(near: &[f32], far: &[f32]) -> Vec<f32> {
        let mut echo = EchoCanceller::new();
        near.chunks_exact(STEP)
            .zip(far.chunks_exact(STEP))
            .flat_map(|(n, f)| echo.process(n.try_into().unwrap(), f.try_into().unwrap()).0)
            .collect()
    }

    fn db(x: &[f32]) -> f32 {
        crate::audio::level::rms_db(x)
    }

    #[test]
    fn without_a_far_end_the_microphone_passes_untouched() {
        let near = noise(16_000, 3);
        let out = run(&near, &vec![0.0; 16_000]);
        assert_eq!(out[LATE..], near[..16_000 - LATE]);
    }

    #[test]
    fn an_echo_is_taken_out() {
        // Bursts of noise, because a steady hiss is no speech.
        let far: Vec<f32> = noise(160_000, 5)
            .iter()
            .enumerate()
            .map(|(i, v)| if i / 4_000 % 2 == 0 { v * 0.6 } else { v * 0.1 })
            .collect();
        let mut near = vec![0.0; 800];
        near.extend(far.iter().map(|v| v * 0.25));
        near.truncate(160_000);
        let out = run(&near, &far);
        let (before, after) = (db(&near[80_000..]), db(&out[80_000..]));
        assert!(before - after > 20.0, "{before} {after}");
    }

    #[test]
    fn its_output_is_as_late_as_it_says() {
        // A far end too soft to matter keeps the canceller on.
        let far: Vec<f32> = noise(64_000, 7).iter().map(|v| v * 0.002).collect();
        let near = noise(64_000, 9);
        let out = run(&near, &far);
        let at = |lag: usize| -> f32 { (32_000..48_000).map(|i| out[i] * near[i - lag]).sum() };
        let best = (0..400).max_by(|a, b| at(*a).abs().total_cmp(&at(*b).abs()));
        assert_eq!(best, Some(LATE));
    }

    #[test]
    fn what_is_left_of_an_echo_is_not_the_candidate_but_a_voice_is() {
        let mut residual = Residual::new();
        // An echo that settles at 25 dB below what is played.
        let echo: Vec<bool> = (0..200)
            .map(|_| residual.plausible(-45.0, -40.0, -20.0, -70.0))
            .collect();
        assert!(!echo.contains(&true));
        assert!(residual.plausible(-25.0, -24.0, -20.0, -70.0));
        // As loud, but most of it was taken out.
        assert!(!residual.plausible(-25.0, -12.0, -20.0, -70.0));
        // Soft as the room itself.
        assert!(!residual.plausible(-64.0, -64.0, -20.0, -70.0));
    }
}
