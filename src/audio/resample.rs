//! Sample rate conversion of a running mono stream, with the converter's
//! delay taken out: output sample `k` belongs to input time `k / to`, to
//! within a sample.

use super::error::AudioError;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

/// Converts one mono stream from one rate to another.
pub struct Resampler {
    from: u32,
    to: u32,
    /// None where the rates are equal.
    fft: Option<Fft<f32>>,
    pending: Vec<f32>,
    block: Vec<f32>,
    /// Output samples still to be dropped at the beginning.
    skip: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// A converter that works in blocks of 10 ms (longer where the two rates
    /// have little in common).
    ///
    /// # Errors
    ///
    /// [`AudioError::Rate`] for rates that cannot be.
    pub fn new(from: u32, to: u32) -> Result<Self, AudioError> {
        let fft = (from != to)
            .then(|| Self::converter(from, to))
            .transpose()?;
        let skip = fft.as_ref().map_or(0, |fft| fft.output_delay());
        let room = fft.as_ref().map_or(0, |fft| fft.output_frames_max());
        Ok(Self {
            from,
            to,
            fft,
            pending: Vec::new(),
            block: vec![0.0; room],
            skip,
            taken: 0,
            given: 0,
        })
    }

    // One block of the filter spans the whole 10 ms: split into parts, as the
    // crate would do by itself, the filter is so short that it takes 14 dB
    // off at 7 kHz.
    fn converter(from: u32, to: u32) -> Result<Fft<f32>, AudioError> {
        Fft::new_custom(
            from as usize,
            to as usize,
            (from as usize / 100).max(1),
            1,
            1,
            WindowFunction::BlackmanHarris2,
            FixedSync::Input,
        )
        .map_err(|e| AudioError::Rate {
            from,
            to,
            reason: e.to_string(),
        })
    }

    /// Converts `input`; whole blocks come out, the rest is kept.
    pub fn push<O: Extend<f32>>(&mut self, input: &[f32], out: &mut O) {
        self.taken += input.len() as u64;
        let Some(fft) = &mut self.fft else {
            self.given += input.len() as u64;
            out.extend(input.iter().copied());
            return;
        };
        self.pending.extend_from_slice(input);
        let mut at = 0;
        loop {
            let need = fft.input_frames_next();
            let Some(part) = self.pending.get(at..at + need) else {
                break;
            };
            let room = self.block.len();
            let (Ok(from), Ok(mut to)) = (
                InterleavedSlice::new(part, 1, need),
                InterleavedSlice::new_mut(&mut self.block, 1, room),
            ) else {
                break;
            };
            let Ok((_, made)) = fft.process_into_buffer(&from, &mut to, None) else {
                break;
            };
            at += need;
            let drop = self.skip.min(made);
            self.skip -= drop;
            self.given += (made - drop) as u64;
            out.extend(self.block[drop..made].iter().copied());
        }
        self.pending.drain(..at);
    }

    /// Ends the stream: what is kept comes out, so that the whole output has
    /// exactly the input's length (rounded up). The converter is then as new.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        let total = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.from));
        let before = self.given;
        let begin = out.len();
        let silence = vec![0.0; (self.from as usize / 100).max(1)];
        while self.fft.is_some() && self.given < total {
            self.push(&silence, out);
        }
        out.truncate(begin + (total - before) as usize);
        if let Some(fft) = &mut self.fft {
            fft.reset();
            self.skip = fft.output_delay();
        }
        self.pending.clear();
        self.taken = 0;
        self.given = 0;
    }

    /// Output samples that so many input samples become.
    pub fn length(&self, input: u64) -> u64 {
        (input * u64::from(self.to)).div_ceil(u64::from(self.from))
    }
}

/// Converts a whole recording.
///
/// # Errors
///
/// [`AudioError::Rate`] for rates that cannot be.
pub fn convert(input: &[f32], from: u32, to: u32) -> Result<Vec<f32>, AudioError> {
    let mut resampler = Resampler::new(from, to)?;
    let mut out = Vec::with_capacity(resampler.length(input.len() as u64) as usize + 1024);
    resampler.push(input, &mut out);
    resampler.finish(&mut out);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, hz: f32, n: usize) -> Vec<f32> {
        let step = hz * std::f32::consts::TAU / rate as f32;
        (0..n).map(|i| (i as f32 * step).sin() * 0.5).collect()
    }

    #[test]
    fn a_tone_keeps_its_place_level_and_length_at_any_rate() {
        for from in [8_000, 11_025, 22_050, 24_000, 44_100, 48_000, 96_000] {
            let n = from as usize;
            let out = convert(&tone(from, 500.0, n), from, 16_000).unwrap();
            assert_eq!(out.len(), 16_000, "from {from}");
            let expected = tone(16_000, 500.0, 16_000);
            let worst = (1_000..15_000)
                .map(|i| (out[i] - expected[i]).abs())
                .fold(0.0, f32::max);
            // A whole sample's shift would be 0.098.
            assert!(worst < 0.075, "from {from}: {worst}");
        }
    }

    #[test]
    fn pieces_of_any_size_come_out_as_the_whole() {
        let input = tone(16_000, 900.0, 5_003);
        let whole = convert(&input, 16_000, 44_100).unwrap();
        let mut resampler = Resampler::new(16_000, 44_100).unwrap();
        // Twice, to see that it is as new after the end.
        for _ in 0..2 {
            let mut out = Vec::new();
            for part in input.chunks(37) {
                resampler.push(part, &mut out);
            }
            resampler.finish(&mut out);
            assert_eq!(out.len() as u64, resampler.length(5_003));
            assert_eq!(out, whole);
        }
    }

    #[test]
    fn equal_rates_pass_through() {
        let input = tone(16_000, 300.0, 777);
        assert_eq!(convert(&input, 16_000, 16_000).unwrap(), input);
    }
}
