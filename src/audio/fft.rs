//! The discrete Fourier transform of real signals whose length is a power of
//! two: the iterative radix-2 scheme of J. Cooley and J. Tukey, "An Algorithm
//! for the Machine Calculation of Complex Fourier Series", 1965.

/// A complex number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Complex {
    pub(super) re: f32,
    pub(super) im: f32,
}

impl Complex {
    /// The square of its magnitude.
    pub(super) const fn power(self) -> f32 {
        self.re * self.re + self.im * self.im
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            re: self.re + other.re,
            im: self.im + other.im,
        }
    }

    pub(super) const fn times(self, other: Self) -> Self {
        Self {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }
}

/// Transforms of one length.
#[derive(Clone, Debug)]
pub(super) struct Fft {
    /// Where each sample goes before the first pass.
    order: Vec<usize>,
    /// Roots of unity, half a turn of them.
    roots: Vec<Complex>,
    work: Vec<Complex>,
}

impl Fft {
    /// For signals of `n` samples, a power of two from 2 on.
    pub(super) fn new(n: usize) -> Self {
        debug_assert!(n.is_power_of_two() && n >= 2);
        let shift = usize::BITS - n.trailing_zeros();
        let turn = |k: usize| -std::f32::consts::TAU * k as f32 / n as f32;
        Self {
            order: (0..n).map(|i| i.reverse_bits() >> shift).collect(),
            roots: (0..n / 2)
                .map(|k| Complex {
                    re: turn(k).cos(),
                    im: turn(k).sin(),
                })
                .collect(),
            work: vec![Complex::default(); n],
        }
    }

    /// The lower half of the spectrum (`n / 2 + 1` bins) of `n` samples.
    pub(super) fn forward(&mut self, samples: &[f32], spectrum: &mut [Complex]) {
        for (to, from) in self.work.iter_mut().zip(samples) {
            *to = Complex { re: *from, im: 0.0 };
        }
        self.run();
        let bins = spectrum.len();
        spectrum.copy_from_slice(&self.work[..bins]);
    }

    /// The samples of such a spectrum.
    pub(super) fn inverse(&mut self, spectrum: &[Complex], samples: &mut [f32]) {
        let n = self.work.len();
        // A real signal comes out of the forward transform of the mirrored
        // spectrum as well as out of the inverse of the spectrum itself.
        for (i, to) in self.work.iter_mut().enumerate() {
            *to = if i <= n / 2 {
                let Complex { re, im } = spectrum[i];
                Complex { re, im: -im }
            } else {
                spectrum[n - i]
            };
        }
        self.run();
        let scale = 1.0 / n as f32;
        for (to, from) in samples.iter_mut().zip(&self.work) {
            *to = from.re * scale;
        }
    }

    fn run(&mut self) {
        let n = self.work.len();
        for (i, j) in self.order.iter().enumerate() {
            if i < *j {
                self.work.swap(i, *j);
            }
        }
        let mut length = 2;
        while length <= n {
            let stride = n / length;
            for part in self.work.chunks_exact_mut(length) {
                let (low, high) = part.split_at_mut(length / 2);
                let roots = self.roots.iter().step_by(stride);
                for ((a, b), root) in low.iter_mut().zip(high).zip(roots) {
                    let turned = Complex {
                        re: b.re * root.re - b.im * root.im,
                        im: b.re * root.im + b.im * root.re,
                    };
                    *b = Complex {
                        re: a.re - turned.re,
                        im: a.im - turned.im,
                    };
                    a.re += turned.re;
                    a.im += turned.im;
                }
            }
            length *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spectrum_is_the_sum_over_the_turned_samples_and_goes_back() {
        let n = 32;
        let samples: Vec<f32> = (0..n).map(|i| ((i * i * 7 % 31) as f32) - 15.0).collect();
        let mut fft = Fft::new(n);
        let mut spectrum = vec![Complex::default(); n / 2 + 1];
        fft.forward(&samples, &mut spectrum);
        for (k, bin) in spectrum.iter().enumerate() {
            let turn = |i: usize| -std::f32::consts::TAU * (k * i) as f32 / n as f32;
            let re: f32 = (0..n).map(|i| samples[i] * turn(i).cos()).sum();
            let im: f32 = (0..n).map(|i| samples[i] * turn(i).sin()).sum();
            assert!((bin.re - re).abs() < 1e-2 && (bin.im - im).abs() < 1e-2);
        }
        let mut back = vec![0.0; n];
        fft.inverse(&spectrum, &mut back);
        for (a, b) in samples.iter().zip(&back) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }
}
