//! A sound to be played, and what the microphone heard of it: how late and
//! how much softer. A swept tone, because its correlation with itself has
//! one narrow peak, whatever a room does to it (A. Farina, "Simultaneous
//! measurement of impulse response and distortion with a swept-sine
//! technique", AES 108th Convention, 2000).

use crate::audio::RATE;

/// Length of the sweep: 0.5 s.
const SWEEP: usize = RATE as usize / 2;
/// From here to there it sweeps, in Hz: what every speaker and microphone
/// can do.
const FROM_HZ: f64 = 300.0;
/// See [`FROM_HZ`].
const TO_HZ: f64 = 5_000.0;
/// How loud: well heard, and no fright.
const PEAK: f64 = 0.25;
/// It grows and fades over this: 20 ms.
const FADE: usize = RATE as usize / 50;
/// Echoes are looked for up to this late: 0.7 s.
const LATEST: usize = RATE as usize * 7 / 10;
/// And this early, since the two clocks are known to a few milliseconds only.
const EARLIEST: usize = RATE as usize / 10;
/// How much the peak must stand out of the other lags' correlations
/// (root mean square) to be an echo and no chance.
const STANDS_OUT: f64 = 8.0;

/// The sound: half a second of a tone that rises.
pub fn test_sound() -> Vec<f32> {
    let length = SWEEP as f64 / f64::from(RATE);
    let rate = (TO_HZ / FROM_HZ).ln() / length;
    (0..SWEEP)
        .map(|i| {
            let time = i as f64 / f64::from(RATE);
            let phase = std::f64::consts::TAU * FROM_HZ / rate * ((rate * time).exp() - 1.0);
            let edge = i.min(SWEEP - 1 - i).min(FADE) as f64 / FADE as f64;
            (phase.sin() * edge * PEAK) as f32
        })
        .collect()
}

/// What was heard of a sound that was played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Echo {
    /// How much later than played, in milliseconds.
    pub delay_ms: f32,
    /// How much softer than played, in dB: energy against energy, the room's
    /// noise taken off.
    pub loss_db: f32,
    /// How much alike the two are at that delay, 0-1: a copy inside the
    /// machine is at 1, a room is below.
    pub likeness: f32,
}

/// Looks for `far` in `near`, both on one clock; `noise_db` is the level of
/// the room without it. Nothing if there is no echo (a headset), or nothing
/// was played.
pub fn find_echo(near: &[f32], far: &[f32], noise_db: f32) -> Option<Echo> {
    let first = far.iter().position(|v| v.abs() > 1e-3)?;
    let last = far.iter().rposition(|v| v.abs() > 1e-3)?;
    let played = &far[first..=last];
    let own = energy(played);
    // Zeros before the beginning, so that every lag is a slice.
    let begin = first as i64 - EARLIEST as i64;
    let heard: Vec<f32> = (begin..(last + 1 + LATEST) as i64)
        .map(|i| usize::try_from(i).ok().and_then(|i| near.get(i).copied()))
        .map(Option::unwrap_or_default)
        .collect();
    let lags = heard.len().checked_sub(played.len())? + 1;
    let products: Vec<f64> = (0..lags)
        .map(|lag| product(played, &heard[lag..lag + played.len()]))
        .collect();
    let (best, peak) = products
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let rest = products
        .iter()
        .enumerate()
        .filter(|(lag, _)| lag.abs_diff(best) > RATE as usize / 100)
        .map(|(_, product)| product * product);
    let rest = (rest.sum::<f64>() / lags as f64).sqrt();
    // Equal in digital silence.
    if peak.abs() <= rest * STANDS_OUT || peak.abs() == 0.0 {
        return None;
    }
    let there = energy(&heard[best..best + played.len()]);
    let noise = f64::from(10f32.powf(noise_db / 10.0)) * played.len() as f64;
    let echo = (there - noise).max(peak * peak / own);
    Some(Echo {
        delay_ms: (best as f32 - EARLIEST as f32) * 1000.0 / RATE as f32,
        loss_db: (10.0 * (own / echo).log10()) as f32,
        likeness: (peak.abs() / (own * there).sqrt()) as f32,
    })
}

fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|v| f64::from(v * v)).sum()
}

fn product(a: &[f32], b: &[f32]) -> f64 {
    f64::from(a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, db: f32, seed: u64) -> Vec<f32> {
        let mut s = seed | 1;
        let peak = 10f32.powf(db / 20.0) * 3f32.sqrt();
        (0..n)
            .map(|_| {
                s ^= s << 13;
                s ^= s >> 7;
                s ^= s << 17;
                ((s >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * peak
            })
            .collect()
    }

    /// The sound played at 0.3 s, and heard so much later and softer in a
    /// room that rings for `tail` samples.
    fn scene(delay_ms: f32, loss_db: f32, tail: usize, noise_db: f32) -> (Vec<f32>, Vec<f32>) {
        let mut far = vec![0.0; RATE as usize * 2];
        let at = RATE as usize * 3 / 10;
        let sound = test_sound();
        far[at..at + sound.len()].copy_from_slice(&sound);
        let mut near = noise(far.len(), noise_db, 7);
        let gain = 10f32.powf(-loss_db / 20.0);
        let delay = (delay_ms * 16.0) as i64;
        let ring = noise(tail.max(1), -12.0, 3);
        for (i, value) in far.iter().enumerate() {
            let to = i as i64 + delay;
            if *value == 0.0 || to < 0 {
                continue;
            }
            if let Some(near) = near.get_mut(to as usize) {
                *near += value * gain;
            }
            for (j, r) in ring.iter().take(tail).enumerate().skip(1) {
                let fade = (-(j as f32) / (tail as f32 / 5.0)).exp();
                if let Some(near) = near.get_mut(to as usize + j) {
                    *near += value * gain * r * fade;
                }
            }
        }
        (near, far)
    }

    #[test]
    fn delay_and_loss_of_an_echo_are_found() {
        for (delay, loss, tail, noise) in [
            (0.0, 0.0, 0, -90.0),
            (20.0, 6.0, 0, -60.0),
            (120.0, 12.0, 400, -60.0),
            (340.0, 25.0, 400, -65.0),
            (500.0, 30.0, 0, -60.0),
            (-40.0, 10.0, 0, -60.0),
        ] {
            let (near, far) = scene(delay, loss, tail, noise);
            let echo = find_echo(&near, &far, noise).unwrap();
            assert!((echo.delay_ms - delay).abs() < 0.5, "{delay}: {echo:?}");
            // What a room adds makes the echo louder.
            let more = if tail > 0 { 6.0 } else { 1.0 };
            assert!(
                echo.loss_db < loss + 1.0 && echo.loss_db > loss - more,
                "{loss}: {echo:?}"
            );
        }
    }

    #[test]
    fn a_copy_inside_the_machine_is_alike_and_a_room_is_not() {
        let (near, far) = scene(3.0, 0.0, 0, -90.0);
        assert!(find_echo(&near, &far, -90.0).unwrap().likeness > 0.99);
        let (near, far) = scene(3.0, 0.0, 800, -90.0);
        assert!(find_echo(&near, &far, -90.0).unwrap().likeness < 0.95);
    }

    #[test]
    fn a_headset_has_no_echo() {
        let (_, far) = scene(0.0, 0.0, 0, -90.0);
        let near = noise(far.len(), -40.0, 11);
        assert_eq!(find_echo(&near, &far, -40.0), None);
        let silence = vec![0.0; far.len()];
        assert_eq!(find_echo(&silence, &far, -96.0), None);
        assert_eq!(find_echo(&near, &silence, -96.0), None);
        assert_eq!(find_echo(&[], &[], -96.0), None);
    }

    #[test]
    fn the_test_sound_begins_and_ends_softly_and_never_clips() {
        let sound = test_sound();
        assert_eq!((sound[0], sound[sound.len() - 1]), (0.0, 0.0));
        assert!(sound.iter().all(|v| v.abs() <= PEAK as f32));
    }
}
