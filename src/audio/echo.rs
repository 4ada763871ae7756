//! Takes what the speaker plays out of what the microphone hears.
//!
//! In two stages. A predictor takes away what can be predicted of the
//! echo: the *linear* result, on which a recogniser makes few more errors than
//! on the voice alone. What is left of the echo goes through the suppressor of
//! AEC3 (WebRTC's, in its Rust port): the *clean* result. Next to no echo is
//! left in it, so it tells best whether anybody speaks, but it eats into a
//! voice that speaks at the same time.
//!
//! AEC3 has a predictor of its own. On recordings of people as the far end it
//! took 5-9 dB where this one takes 16-20, and its suppressor, which trusts
//! it, let words of the line through. It runs a second time on the microphone
//! as it is, for one thing only that it does well: to find the delay.

use super::predict::{BLOCK, Predictor};
use sonora_aec3::block::Block;
use sonora_aec3::block_processor::BlockProcessor;
use sonora_aec3::config::EchoCanceller3Config;
use std::collections::VecDeque;

/// Samples handled at a time: 10 ms.
pub const STEP: usize = 160;

/// Length of a canceller's block in milliseconds.
const BLOCK_MS: i32 = 4;

/// Samples by which the microphone is kept back before the canceller. The
/// far end is placed where it was *heard*, so an echo comes 0-10 ms after it,
/// or even before it where the devices' times are a little off; and an echo
/// that comes before its cause cannot be predicted.
const LEAD: usize = 160;

/// Samples that steps wait for blocks to be full.
const FRAMING: usize = 32;

/// Samples by which the suppressor is later than the predictor.
const OVERLAP: usize = 64;

/// Blocks of silence at the far end after which the canceller stands aside:
/// 1 s, longer than any room's echo and any device's delay.
const ASIDE: u32 = 250;

/// Below this the far end is silent; one unit of 16 bits is 3e-5.
const SILENT: f32 = 1e-4;

/// Filters of the search for the delay. Each one covers 96 ms more: five
/// find delays up to 500 ms, seven up to 690 ms.
const FILTERS: usize = 7;

/// The canceller works on 16-bit values.
const SCALE: f32 = 32_768.0;

/// What is known of the echo.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EchoState {
    /// From a sample's place in the far end to its echo, in milliseconds;
    /// right to about 8 ms. None while no echo was heard.
    pub delay_ms: Option<u32>,
    /// How much softer the echo is after the canceller (echo return loss
    /// enhancement), in dB. None while no echo was heard.
    pub erle_db: Option<f32>,
    /// The canceller has settled: what is left of the echo is no danger. Also
    /// where a second of sound was played and no echo was heard (a headset).
    pub converged: bool,
}

/// A step of the microphone, [`EchoCanceller::DELAY`] late.
#[derive(Clone, Copy, Debug)]
pub struct Cleaned {
    /// As it was.
    pub raw: [f32; STEP],
    /// Without what was predicted of the echo.
    pub linear: [f32; STEP],
    /// Without echo, and with a voice damaged while there was one.
    pub clean: [f32; STEP],
}

/// An acoustic echo canceller that stands aside while nothing is played: it
/// colours speech a little even when there is nothing to cancel.
pub struct EchoCanceller {
    /// Only its view of the delay is used.
    finder: BlockProcessor,
    predictor: Predictor,
    suppressor: BlockProcessor,
    near: VecDeque<f32>,
    far: VecDeque<f32>,
    raw: VecDeque<f32>,
    linear: VecDeque<f32>,
    clean: VecDeque<f32>,
    /// Blocks since something was played.
    quiet: u32,
    /// How much of the canceller's output is used, 0-1.
    mix: f32,
}

fn silence(n: usize) -> VecDeque<f32> {
    std::iter::repeat_n(0.0, n).collect()
}

impl EchoCanceller {
    /// Samples by which [`Self::process`] is late: 16 ms.
    pub const DELAY: usize = LEAD + FRAMING + OVERLAP;

    /// A canceller that has heard nothing yet.
    pub fn new() -> Self {
        let mut config = EchoCanceller3Config::default();
        config.delay.num_filters = FILTERS;
        let aec = || BlockProcessor::new(&config, super::RATE as usize, 1, 1);
        let mut finder = aec();
        finder.set_capture_output_usage(false);
        Self {
            finder,
            predictor: Predictor::new(),
            suppressor: aec(),
            near: silence(LEAD),
            far: VecDeque::new(),
            raw: silence(FRAMING + OVERLAP),
            linear: silence(FRAMING + OVERLAP),
            clean: silence(FRAMING),
            quiet: ASIDE,
            mix: 0.0,
        }
    }

    /// Takes a step of the microphone and what the speaker played at that
    /// time.
    pub fn process(&mut self, near: &[f32; STEP], far: &[f32; STEP]) -> Cleaned {
        self.near.extend(near);
        self.far.extend(far);
        while self.far.len() >= BLOCK {
            self.block();
        }
        Cleaned {
            raw: take(&mut self.raw),
            linear: take(&mut self.linear),
            clean: take(&mut self.clean),
        }
    }

    /// From the far end to its echo as the canceller sees it now, in
    /// milliseconds. Before it has found one this is a guess.
    pub fn delay_ms(&self) -> u32 {
        // It aligns up to a block too early, so that the filter has room.
        let lead = (LEAD * 1000) as i32 / super::RATE as i32;
        let seen = self.finder.get_metrics().delay_ms + 4 - lead;
        u32::try_from(seen).unwrap_or(0)
    }

    /// Whether the echo may not be where it was: until the canceller has found
    /// it again, what is left of it says little.
    pub fn lost(&self) -> bool {
        self.quiet < ASIDE && self.predictor.doubtful()
    }

    fn block(&mut self) {
        let near: [f32; BLOCK] = take(&mut self.near);
        let far: [f32; BLOCK] = take(&mut self.far);
        self.quiet = if far.iter().any(|v| v.abs() > SILENT) {
            0
        } else {
            self.quiet.saturating_add(1)
        };
        self.raw.extend(near);
        let on = self.quiet < ASIDE;
        if !on && self.mix == 0.0 {
            self.linear.extend(near);
            self.predictor.rest(&far);
            // The suppressor's own lateness, kept by hand.
            let late = self.raw.len() - OVERLAP - BLOCK;
            self.clean.extend(self.raw.range(late..late + BLOCK));
            return;
        }
        let mut render = Block::new(1, 1);
        let mut capture = Block::new(1, 1);
        fill(&mut render, &far);
        fill(&mut capture, &near);
        self.finder.buffer_render(&render);
        self.finder
            .process_capture(false, false, None, &mut capture);
        let found = self.finder.get_metrics().delay_ms / BLOCK_MS;
        self.predictor.align(usize::try_from(found).unwrap_or(0));
        let rest = self.predictor.process(&near, &far);
        fill(&mut capture, &rest);
        self.suppressor.buffer_render(&render);
        self.suppressor
            .process_capture(false, false, None, &mut capture);
        // From one to the other within a block, so that nothing clicks.
        let target = if on { 1.0 } else { 0.0 };
        let step = (target - self.mix) / BLOCK as f32;
        let late = self.raw.len() - OVERLAP - BLOCK;
        for (i, plain) in near.into_iter().enumerate() {
            self.mix += step;
            let mixed = |plain: f32, made: f32| {
                plain + ((made / SCALE).clamp(-1.0, 1.0) - plain) * self.mix
            };
            let lin = plain + (rest[i] - plain) * self.mix;
            let clean = mixed(self.raw[late + i], capture.view(0, 0)[i]);
            self.linear.push_back(lin);
            self.clean.push_back(clean);
        }
        self.mix = target;
    }
}

impl Default for EchoCanceller {
    fn default() -> Self {
        Self::new()
    }
}

fn take<const N: usize>(from: &mut VecDeque<f32>) -> [f32; N] {
    let mut out = [0.0; N];
    for (to, from) in out.iter_mut().zip(from.drain(..N)) {
        *to = from;
    }
    out
}

fn fill(block: &mut Block, samples: &[f32; BLOCK]) {
    for (to, from) in block.view_mut(0, 0).iter_mut().zip(samples) {
        *to = from * SCALE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::level::rms_db;

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

    struct Run {
        raw: Vec<f32>,
        linear: Vec<f32>,
        clean: Vec<f32>,
        delay_ms: u32,
    }

    fn run(near: &[f32], far: &[f32]) -> Run {
        let mut echo = EchoCanceller::new();
        let (mut raw, mut linear, mut clean) = (vec![], vec![], vec![]);
        for (n, f) in near.chunks_exact(STEP).zip(far.chunks_exact(STEP)) {
            let out = echo.process(n.try_into().unwrap(), f.try_into().unwrap());
            raw.extend(out.raw);
            linear.extend(out.linear);
            clean.extend(out.clean);
        }
        let delay_ms = echo.delay_ms();
        Run {
            raw,
            linear,
            clean,
            delay_ms,
        }
    }

    /// Bursts of noise, because a steady hiss is no speech.
    fn bursts(n: usize) -> Vec<f32> {
        noise(n, 5)
            .iter()
            .enumerate()
            .map(|(i, v)| if i / 4_000 % 2 == 0 { v * 0.6 } else { v * 0.1 })
            .collect()
    }

    #[test]
    fn without_a_far_end_the_microphone_passes_untouched() {
        let near = noise(16_000, 3);
        let out = run(&near, &vec![0.0; 16_000]);
        let late = EchoCanceller::DELAY;
        for track in [out.raw, out.linear, out.clean] {
            assert_eq!(track[late..], near[..16_000 - late]);
        }
    }

    #[test]
    fn an_echo_is_taken_out_whatever_its_delay_and_the_delay_is_told() {
        let far = bursts(96_000);
        // An echo before its cause: devices' times are off by so much.
        for delay_ms in [-4i64, 0, 20, 180, 500, 640] {
            let at = |i: usize| {
                let from = i as i64 - delay_ms * 16;
                let from = usize::try_from(from).ok();
                from.and_then(|i| far.get(i)).map_or(0.0, |v| v * 0.25)
            };
            let near: Vec<f32> = (0..far.len()).map(at).collect();
            let out = run(&near, &far);
            let (before, after) = (rms_db(&out.raw[64_000..]), rms_db(&out.clean[64_000..]));
            assert!(before - after > 25.0, "{delay_ms} ms: {before} {after}");
            let off = (i64::from(out.delay_ms) - delay_ms.max(0)).abs();
            assert!(off <= 8, "{delay_ms} ms: found {} ms", out.delay_ms);
        }
    }

    #[test]
    fn its_outputs_are_as_late_as_it_says() {
        // A far end too soft to matter keeps the canceller on.
        let far: Vec<f32> = noise(64_000, 7).iter().map(|v| v * 0.002).collect();
        let near = noise(64_000, 9);
        let out = run(&near, &far);
        for track in [out.raw, out.linear, out.clean] {
            let at =
                |lag: usize| -> f32 { (32_000..40_000).map(|i| track[i] * near[i - lag]).sum() };
            let best = (0..400).max_by(|a, b| at(*a).abs().total_cmp(&at(*b).abs()));
            assert_eq!(best, Some(EchoCanceller::DELAY));
        }
    }
}
