//! Loudness, in dB of full scale.

/// The loudness of digital silence, so that no level is infinite.
pub const SILENCE_DB: f32 = -96.0;

/// Root mean square of `samples` in dB of full scale.
pub fn rms_db(samples: &[f32]) -> f32 {
    mean_square_db(samples.iter().map(|v| v * v).sum::<f32>() / samples.len().max(1) as f32)
}

fn mean_square_db(mean: f32) -> f32 {
    (10.0 * mean.max(1e-12).log10()).max(SILENCE_DB)
}

/// What is always there: follows quiet frames down at once and loud ones up
/// slowly, so that speech does not raise it much.
#[derive(Clone, Copy, Debug)]
pub struct NoiseFloor(f32);

impl NoiseFloor {
    /// Upwards in dB a frame of 16 ms: 2 dB a second.
    const UP: f32 = 0.032;

    /// Begins low: an unknown room is taken as quiet.
    pub const fn new() -> Self {
        Self(-70.0)
    }

    /// Takes a frame's level.
    pub fn add(&mut self, level_db: f32) {
        // Digital silence (a muted device) says nothing about the room.
        let level_db = level_db.max(-80.0);
        self.0 = if level_db < self.0 {
            self.0 + (level_db - self.0) * 0.5
        } else {
            (self.0 + Self::UP).min(level_db)
        };
    }

    /// The floor now.
    pub const fn db(self) -> f32 {
        self.0
    }
}

impl Default for NoiseFloor {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_full_scale() {
        assert!((rms_db(&[1.0, -1.0]) - 0.0).abs() < 1e-4);
        assert!((rms_db(&[0.1; 9]) + 20.0).abs() < 1e-3);
        assert_eq!(rms_db(&[0.0; 9]), SILENCE_DB);
        assert_eq!(rms_db(&[]), SILENCE_DB);
    }

    #[test]
    fn the_noise_floor_falls_fast_and_rises_slowly() {
        let mut floor = NoiseFloor::new();
        (0..60).for_each(|_| floor.add(-20.0));
        assert!(floor.db() < -65.0);
        (0..20).for_each(|_| floor.add(-75.0));
        assert!((floor.db() + 75.0).abs() < 0.1);
    }
}
