//! How much of an echo the canceller takes: echo return loss enhancement.

use super::house::Run;
use crate::audio::echo::{EchoCanceller, STEP};
use crate::audio::room::{Room, RoomSettings};

/// Energy of the echo over what is left of it, in dB: in the second from
/// `begin` on, after it, and after it by the predictor alone. Frames in which
/// the echo is not clearly above the noise say nothing, and the noise's own
/// energy is taken off.
pub(super) fn erle(run: &Run, begin: usize, room: RoomSettings) -> [f32; 3] {
    const FRAME: usize = 256;
    const CLEARLY_DB: f32 = 10.0;
    /// No more than this is measured of what is below the noise.
    const BELOW_NOISE: f32 = 0.01;
    let mut echo = vec![0.0; run.far.len()];
    let silent = RoomSettings {
        noise_db: -150.0,
        ..room
    };
    Room::new(silent).pass(&run.far, &mut echo);
    let mut canceller = EchoCanceller::new();
    let (mut linear, mut clean) = (Vec::new(), Vec::new());
    let (near, far) = (
        run.near.as_chunks::<STEP>().0,
        run.far.as_chunks::<STEP>().0,
    );
    for (near, far) in near.iter().zip(far) {
        let out = canceller.process(near, far);
        linear.extend(out.linear);
        clean.extend(out.clean);
    }
    let noise = 10f32.powf(room.noise_db / 10.0);
    let loud = noise * 10f32.powf(CLEARLY_DB / 10.0);
    let power = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>() / FRAME as f32;
    let ratio = |after: &[f32], from: usize, to: usize| {
        let (mut all, mut left) = (0.0f32, 0.0f32);
        let late = EchoCanceller::DELAY;
        for at in (from..to.saturating_sub(FRAME + late)).step_by(FRAME) {
            let of_echo = power(&echo[at..at + FRAME]);
            if of_echo > loud {
                all += of_echo;
                let rest = power(&after[at + late..at + late + FRAME]) - noise;
                left += rest.max(noise * BELOW_NOISE);
            }
        }
        10.0 * (all.max(1e-12) / left.max(1e-12)).log10()
    };
    let end = clean.len();
    let second = (begin + crate::audio::RATE as usize).min(end);
    [
        ratio(&clean, begin, second),
        ratio(&clean, second, end),
        ratio(&linear, second, end),
    ]
}
