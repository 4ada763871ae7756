//! Faster and slower without another pitch: waveform similarity overlap-add
//! (W. Verhelst and M. Roelands, "An overlap-add technique based on waveform
//! similarity (WSOLA) for high quality time-scale modification of speech",
//! ICASSP 1993).
//!
//! Every hop of output is a cross-fade: from how the last hop would go on by
//! itself to the place in the input where the speed wants to be, moved by up
//! to 10 ms so that both waves run alike. What is faded lies on top of what
//! it is faded into, so pitch stays and nothing clicks; at the speed of 1
//! both are the same samples, which pass unchanged.
//!
//! Works on a stream in pieces of any size. The same input and speeds give
//! the same output; no clock, no chance.

use std::f64::consts::PI;

/// Slowest and fastest: beyond these words can no longer be told apart.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.5..=4.0;

/// Samples of a cross-fade: 16 ms at 16 kHz, two periods of most voices and
/// shorter than most sounds of speech.
const HOP: usize = 256;

/// How far the better place may lie on either side: 10 ms, so that a whole
/// period of a voice as low as 50 Hz is searched.
const SEARCH: usize = 160;

/// Energy (sum of squares over a hop) below which a wave has no shape to go
/// by: under -80 dB of full scale.
const NOTHING: f32 = 1e-8 * HOP as f32;

/// Stretches one mono stream.
#[derive(Clone, Debug)]
pub struct Stretch {
    speed: f64,
    fade: Vec<f32>,
    /// Input that is still needed; its first sample is number `base`.
    input: Vec<f32>,
    base: usize,
    /// Where the speed wants the next hop to come from.
    nominal: f64,
    /// How the last hop would go on by itself.
    natural: usize,
    /// Length of the whole input, once that is known.
    end: Option<usize>,
}

impl Stretch {
    /// A stretcher at this speed; one outside [`SPEEDS`] becomes the nearest
    /// inside.
    pub fn new(speed: f64) -> Self {
        let fade = (0..HOP)
            .map(|i| (0.5 - 0.5 * (PI * (i as f64 + 0.5) / HOP as f64).cos()) as f32)
            .collect();
        let mut stretch = Self {
            speed: 1.0,
            fade,
            input: Vec::new(),
            base: 0,
            nominal: 0.0,
            natural: 0,
            end: None,
        };
        stretch.set_speed(speed);
        stretch
    }

    /// Changes the speed from the next hop on.
    pub const fn set_speed(&mut self, speed: f64) {
        // NaN fails both comparisons and changes nothing.
        if speed < *SPEEDS.start() {
            self.speed = *SPEEDS.start();
        } else if speed > *SPEEDS.end() {
            self.speed = *SPEEDS.end();
        } else if speed.is_finite() {
            self.speed = speed;
        }
    }

    /// Seconds of input for a second of output.
    pub const fn speed(&self) -> f64 {
        self.speed
    }

    /// Forgets the stream; the next sample pushed is number 0.
    pub fn reset(&mut self) {
        self.input.clear();
        self.base = 0;
        self.nominal = 0.0;
        self.natural = 0;
        self.end = None;
    }

    /// Adds input.
    pub fn push(&mut self, pcm: &[f32]) {
        if self.end.is_none() {
            self.input.extend_from_slice(pcm);
        }
    }

    /// No more input follows.
    pub fn finish(&mut self) {
        if self.end.is_none() {
            self.end = Some(self.base + self.input.len());
        }
    }

    /// Samples of input that the next hop still lacks.
    pub fn wants(&self) -> usize {
        match self.end {
            Some(_) => 0,
            None => self.reach().saturating_sub(self.base + self.input.len()),
        }
    }

    /// The place in the input, in samples, that the next output belongs to.
    pub const fn place(&self) -> f64 {
        self.nominal
    }

    /// Makes the next hop if there is input for it; returns how many samples
    /// were appended. After [`Self::finish`], 0 means the end.
    pub fn pull(&mut self, out: &mut Vec<f32>) -> usize {
        let made = match self.end {
            None if self.wants() > 0 => return 0,
            None => HOP,
            Some(end) => {
                let left = (end as f64 - self.nominal) / self.speed;
                if left <= 0.0 {
                    return 0;
                }
                let silence = self.reach().saturating_sub(self.base);
                self.input.resize(silence.max(self.input.len()), 0.0);
                // Rounding of many hops must not make one sample more.
                ((left - 1e-6).ceil().max(1.0) as usize).min(HOP)
            }
        };
        let from = self.choose();
        let (old, new) = (self.hop(self.natural), self.hop(from));
        if from == self.natural {
            out.extend_from_slice(&new[..made]);
        } else {
            let faded = old.iter().zip(new).zip(&self.fade).take(made);
            out.extend(faded.map(|((old, new), w)| old + (new - old) * w));
        }
        self.natural = from + HOP;
        self.nominal += made as f64 * self.speed;
        self.forget();
        made
    }

    /// Where the input must reach to for the next hop: what is read of it,
    /// and what it stands for, so that no hop runs past the end.
    fn reach(&self) -> usize {
        let stands_for = (self.nominal + HOP as f64 * self.speed).ceil() as usize;
        stands_for.max(self.natural.max(self.centre() + SEARCH) + HOP)
    }

    fn centre(&self) -> usize {
        self.nominal.round() as usize
    }

    fn hop(&self, from: usize) -> &[f32] {
        let from = from - self.base;
        &self.input[from..from + HOP]
    }

    /// The place near the nominal one whose wave is most like how the last
    /// hop goes on; of equals the nearest.
    fn choose(&self) -> usize {
        let centre = self.centre();
        if self.speed == 1.0 && self.natural.abs_diff(centre) <= SEARCH {
            return self.natural;
        }
        let wave = self.hop(self.natural);
        if dot(wave, wave) < NOTHING {
            return centre;
        }
        let likeness = |at: usize| {
            let hop = self.hop(at);
            let energy = dot(hop, hop);
            if energy < NOTHING {
                0.0
            } else {
                dot(wave, hop) / energy.sqrt()
            }
        };
        let lowest = centre.saturating_sub(SEARCH).max(self.base);
        let better = |best: (f32, usize), at: usize| {
            let like = likeness(at);
            let nearer = at.abs_diff(centre) < best.1.abs_diff(centre);
            if like > best.0 || (like == best.0 && nearer) {
                (like, at)
            } else {
                best
            }
        };
        // Every second place first: what speech there is above 4 kHz has no
        // say in where a period begins.
        let none = (f32::MIN, usize::MAX);
        let rough = (lowest..=centre + SEARCH).step_by(2).fold(none, better);
        let around = rough.1.saturating_sub(1).max(lowest)..=(rough.1 + 1).min(centre + SEARCH);
        around.fold(rough, better).1
    }

    fn forget(&mut self) {
        let needed = self.natural.min(self.centre().saturating_sub(SEARCH));
        let gone = needed.saturating_sub(self.base).min(self.input.len());
        self.input.drain(..gone);
        self.base += gone;
    }
}

/// The product of two waves, in four sums side by side: fast, and in the
/// same order on every machine.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let b = &b[..a.len()];
    let (mut w, mut x, mut y, mut z) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
    let mut i = 0;
    // Written out, because an unoptimised build has to keep up too.
    while i + 4 <= a.len() {
        w += a[i] * b[i];
        x += a[i + 1] * b[i + 1];
        y += a[i + 2] * b[i + 2];
        z += a[i + 3] * b[i + 3];
        i += 4;
    }
    (w + x) + (y + z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    const RATE: usize = 16_000;

    fn tone(hz: f32, seconds: usize) -> Vec<f32> {
        (0..seconds * RATE)
            .map(|i| 0.5 * (TAU * hz * i as f32 / RATE as f32).sin())
            .collect()
    }

    /// A voice's shape: a pulse with a formant, once a period, its pitch
    /// moving up and down.
    fn voice(seconds: usize) -> Vec<f32> {
        let mut pcm = vec![0.0; seconds * RATE];
        let mut at = 0.0;
        while (at as usize) < pcm.len() {
            let seconds = at / RATE as f32;
            let pitch = 110.0 + 25.0 * (TAU * 0.7 * seconds).sin();
            for (i, to) in pcm[at as usize..].iter_mut().take(400).enumerate() {
                let t = i as f32 / RATE as f32;
                *to += 0.4 * (-t * 300.0).exp() * (TAU * 700.0 * t).sin();
            }
            at += RATE as f32 / pitch;
        }
        // A recording that breaks off in a word clicks by itself.
        let end = pcm.len() - 800;
        for (i, sample) in pcm[end..].iter_mut().enumerate() {
            *sample *= 1.0 - i as f32 / 800.0;
        }
        pcm
    }

    fn stretched(input: &[f32], speed: f64, piece: usize) -> Vec<f32> {
        let mut stretch = Stretch::new(speed);
        let mut out = Vec::new();
        for part in input.chunks(piece) {
            stretch.push(part);
            while stretch.pull(&mut out) > 0 {}
        }
        stretch.finish();
        while stretch.pull(&mut out) > 0 {}
        out
    }

    /// The frequency of a tone, by its rising zero crossings.
    fn pitch(pcm: &[f32]) -> f32 {
        let rising: Vec<f32> = pcm
            .windows(2)
            .enumerate()
            .filter(|(_, w)| w[0] < 0.0 && w[1] >= 0.0)
            .map(|(i, w)| i as f32 + w[0] / (w[0] - w[1]))
            .collect();
        let (first, last) = (rising[0], rising[rising.len() - 1]);
        (rising.len() - 1) as f32 * RATE as f32 / (last - first)
    }

    /// The longest jump from one sample to the next.
    fn steepest(pcm: &[f32]) -> f32 {
        pcm.windows(2)
            .map(|w| (w[1] - w[0]).abs())
            .fold(0.0, f32::max)
    }

    const ALL: [f64; 7] = [0.5, 0.75, 1.0, 1.25, 2.0, 3.0, 4.0];

    #[test]
    fn a_recording_takes_its_time_divided_by_the_speed() {
        let input = voice(2);
        for speed in ALL {
            let got = stretched(&input, speed, 1000).len() as f64;
            let wanted = input.len() as f64 / speed;
            assert!((got - wanted).abs() <= 1.0, "{speed}: {got} of {wanted}");
        }
    }

    #[test]
    fn the_pitch_of_a_tone_stays_at_every_speed() {
        for hz in [80.0, 122.0, 2_500.0] {
            let input = tone(hz, 1);
            for speed in ALL {
                let got = pitch(&stretched(&input, speed, 800));
                assert!((got / hz - 1.0).abs() < 0.01, "{hz} Hz at {speed}: {got}");
            }
        }
    }

    #[test]
    fn no_seam_clicks() {
        for (name, input) in [("tone", tone(300.0, 1)), ("voice", voice(1))] {
            let smooth = steepest(&input);
            for speed in ALL {
                let got = steepest(&stretched(&input, speed, 800));
                assert!(
                    got <= smooth * 1.1,
                    "{name} at {speed}: {got} over {smooth}"
                );
            }
        }
    }

    #[test]
    fn a_tone_keeps_its_level() {
        let level =
            |pcm: &[f32]| (pcm.iter().map(|v| v * v).sum::<f32>() / pcm.len() as f32).sqrt();
        for speed in ALL {
            let out = stretched(&tone(220.0, 1), speed, 800);
            for part in out[800..out.len() - 800].chunks_exact(1600) {
                assert!((level(part) / 0.3535 - 1.0).abs() < 0.08, "{speed}");
            }
        }
    }

    #[test]
    fn at_its_own_speed_every_sample_passes_unchanged() {
        let input = voice(2);
        assert!(stretched(&input, 1.0, 333) == input);
    }

    #[test]
    fn pieces_of_any_size_make_the_same_stream_again_and_again() {
        let input = voice(1);
        for speed in [0.7, 1.7] {
            let whole = stretched(&input, speed, input.len());
            for piece in [1, 37, 4_096] {
                assert!(stretched(&input, speed, piece) == whole, "{piece}");
            }
        }
    }

    #[test]
    fn another_speed_on_the_way_makes_no_click_and_the_place_keeps_up() {
        let input = tone(250.0, 8);
        let mut stretch = Stretch::new(1.0);
        stretch.push(&input);
        let mut out = Vec::new();
        for (hop, speed) in ALL.iter().chain(ALL.iter().rev()).enumerate() {
            stretch.set_speed(*speed);
            for _ in 0..8 {
                let before = stretch.place();
                assert!(stretch.pull(&mut out) > 0, "hop {hop}");
                let moved = stretch.place() - before;
                assert!((moved - speed * HOP as f64).abs() < 1e-6);
            }
        }
        assert!(steepest(&out) <= steepest(&input) * 1.1);
        assert!((pitch(&out) / 250.0 - 1.0).abs() < 0.01);
    }

    #[test]
    fn silence_short_streams_and_odd_speeds_are_no_trouble() {
        assert!(stretched(&[], 2.0, 10).is_empty());
        assert_eq!(stretched(&[0.3], 0.5, 1).len(), 2);
        assert!(stretched(&[0.0; 9_000], 3.0, 100) == vec![0.0; 3_000]);
        let mut stretch = Stretch::new(f64::NAN);
        assert_eq!(stretch.speed(), 1.0);
        stretch.set_speed(90.0);
        assert_eq!(stretch.speed(), 4.0);
        stretch.set_speed(-1.0);
        assert_eq!(stretch.speed(), 0.5);
    }

    #[test]
    fn it_needs_only_a_moment_ahead() {
        let mut stretch = Stretch::new(4.0);
        let mut out = Vec::new();
        for _ in 0..200 {
            let wants = stretch.wants();
            assert!(wants <= 2 * (4 * HOP + SEARCH), "{wants}");
            stretch.push(&vec![0.1; wants]);
            assert_eq!(stretch.pull(&mut out), HOP);
            assert!(stretch.input.len() < 8 * HOP);
        }
    }
}
