use super::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Noise with syllables, an echo `delay` samples late, and what is left
/// of it in dB, second for second. `voice`: as loud as the echo.
fn left(delay: usize, told: usize, seconds: usize, voice: bool) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let n = seconds * 16_000;
    let mut noise = |gain: f32| -> Vec<f32> {
        (0..n)
            .map(|i| {
                let loud = if i / 3_000 % 2 == 0 { 1.0 } else { 0.2 };
                rng.random_range(-1.0f32..=1.0) * loud * gain
            })
            .collect()
    };
    let (far, over) = (noise(0.3), noise(0.1));
    let mut predictor = Predictor::new();
    predictor.align(told);
    let (mut before, mut after) = (0.0f32, 0.0f32);
    let mut found = Vec::new();
    for block in 0..n / BLOCK {
        let at = block * BLOCK;
        let echo: [f32; BLOCK] = std::array::from_fn(|i| {
            let back = |d: usize| (at + i).checked_sub(d).map_or(0.0, |i| far[i]);
            0.3 * back(delay) - 0.15 * back(delay + 90) + 0.1 * back(delay + 700)
        });
        let said = |i: usize| if voice { over[at + i] } else { 0.0 };
        let heard = std::array::from_fn(|i| echo[i] + said(i));
        let played = std::array::from_fn(|i| far[at + i]);
        let out = predictor.process(&heard, &played);
        for i in 0..BLOCK {
            before += echo[i] * echo[i];
            after += (out[i] - said(i)).powi(2);
        }
        if (block + 1) % 250 == 0 {
            found.push(10.0 * (after / before).log10());
            (before, after) = (0.0, 0.0);
        }
    }
    found
}

#[test]
fn an_echo_inside_its_reach_is_taken_out_within_seconds() {
    for (delay, told) in [(8, 0), (330, 5), (2_890, 45), (8_010, 125)] {
        let left = left(delay, told, 4, false);
        assert!(left[0] < -6.0 && left[3] < -25.0, "{delay}: {left:?}");
    }
}

#[test]
fn a_voice_as_loud_as_the_echo_does_not_lead_it_astray() {
    let left = left(320, 5, 6, true);
    assert!(left[5] < -10.0, "{left:?}");
    assert!(left.iter().all(|db| *db < 1.0), "{left:?}");
}

#[test]
fn an_estimate_that_follows_a_moved_echo_late_does_not_undo_what_was_learnt() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut predictor = Predictor::new();
    predictor.align(20);
    let mut past = vec![0.0f32; 64 * BLOCK];
    let mut after = Vec::new();
    for block in 0..3_000 {
        let played: [f32; BLOCK] = std::array::from_fn(|_| rng.random_range(-0.3f32..=0.3));
        past.extend(played);
        // The echo moves, and the filter learns that before it is told.
        let delay = if block < 1_000 { 20 } else { 32 } * BLOCK;
        if block == 2_500 {
            predictor.align(32);
        }
        let begin = past.len() - BLOCK - delay;
        let heard: [f32; BLOCK] = std::array::from_fn(|i| 0.3 * past[begin + i]);
        let out = predictor.process(&heard, &played);
        let power = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>();
        after.push(10.0 * (power(&out).max(1e-12) / power(&heard)).log10());
    }
    let around = &after[2_480..2_560];
    assert!(around.iter().all(|db| *db < -15.0), "{around:?}");
}

#[test]
fn what_is_no_number_does_no_lasting_harm() {
    let mut predictor = Predictor::new();
    let tone = [0.1f32; BLOCK];
    for bad in [f32::NAN, f32::INFINITY] {
        let out = predictor.process(&[bad; BLOCK], &tone);
        assert_eq!(out, [0.0; BLOCK]);
        assert_eq!(predictor.process(&tone, &[bad; BLOCK]), tone);
        let out = predictor.process(&tone, &tone);
        assert!(out.iter().all(|v| v.is_finite()), "{out:?}");
    }
}

#[test]
fn a_delay_that_is_told_late_keeps_what_was_learnt() {
    let mut told = Predictor::new();
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut past = vec![0.0f32; 2_560];
    let mut after = Vec::new();
    for block in 0..1_000 {
        if block == 700 {
            told.align(40);
        }
        let played: [f32; BLOCK] = std::array::from_fn(|_| rng.random_range(-0.3f32..=0.3));
        past.extend(played);
        let begin = past.len() - BLOCK - 2_560;
        let heard = std::array::from_fn(|i| 0.3 * past[begin + i]);
        let out = told.process(&heard, &played);
        let power = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>();
        after.push(10.0 * (power(&out).max(1e-12) / power(&heard).max(1e-12)).log10());
    }
    assert!(
        after[650..720].iter().all(|db| *db < -15.0),
        "{:?}",
        &after[690..710]
    );
}

/// Noise through a delay in samples that is `delay(block)` at the begin of
/// each block; what is left of it in dB, block for block.
fn left_of_moving(blocks: usize, told: usize, delay: impl Fn(usize) -> f64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    let (mut predictor, mut room) = (Predictor::new(), Reference::new());
    predictor.align(told);
    let mut last = 0.0f32;
    let power = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>();
    (0..blocks)
        .map(|block| {
            // Darker than white, as speech is.
            let played: [f32; BLOCK] = std::array::from_fn(|_| {
                last += (rng.random_range(-0.9f32..=0.9) - last) * 0.1;
                last
            });
            room.push(&played);
            let mut heard = [0.0; BLOCK];
            let (now, then) = (delay(block), delay(block + 1));
            let growing = (then - now) / BLOCK as f64;
            let rate = if growing.abs() < 0.01 { growing } else { 0.0 };
            room.read(BLOCK, now, rate, &mut heard);
            let out = predictor.process(&heard, &played);
            10.0 * (power(&out).max(1e-9) / power(&heard).max(1e-9)).log10()
        })
        .collect()
}

fn mean(db: &[f32]) -> f32 {
    db.iter().sum::<f32>() / db.len() as f32
}

#[test]
fn clocks_that_drift_apart_do_not_take_the_echo_away() {
    // 0.1 ms a second is usual, 1 ms is more than any device's.
    for ms_s in [0.1, -0.1, 1.0, -1.0] {
        let samples = ms_s * 16.0 * 0.004;
        let left = left_of_moving(2_500, 14, |block| 1_000.0 + samples * block as f64);
        assert!(
            mean(&left[2_250..]) < -25.0,
            "{ms_s}: {}",
            mean(&left[2_250..])
        );
    }
}

#[test]
fn an_echo_that_jumps_is_found_again_within_a_quarter_of_a_second() {
    for ms in [-45.0, -30.0, 30.0, 45.0, 150.0] {
        let left = left_of_moving(1_200, 20, |block| {
            1_300.0 + if block < 1_000 { 0.0 } else { ms * 16.0 }
        });
        assert!(mean(&left[900..1_000]) < -25.0, "{ms}");
        // It comes so much later, and then 0.2 s of it are needed.
        let from = 1_050 + (ms.max(0.0) / 4.0) as usize;
        assert!(
            mean(&left[from..]) < -20.0,
            "{ms}: {:?}",
            &left[1_000..from + 8]
        );
    }
}

#[test]
fn an_echo_that_leaves_is_missed_however_short_its_delay_was() {
    for (delay, told) in [(8, 0), (320, 5), (640, 10)] {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut predictor = Predictor::new();
        predictor.align(told);
        let mut past = vec![0.0f32; 4_000];
        let mut missed = None;
        for block in 0..1_050 {
            let played: [f32; BLOCK] = std::array::from_fn(|_| rng.random_range(-0.3f32..=0.3));
            past.extend(played);
            // Far away from where it can be looked for.
            let delay = if block < 1_000 { delay } else { delay + 3_500 };
            let begin = past.len() - BLOCK - delay;
            let heard = std::array::from_fn(|i| 0.3 * past[begin + i]);
            predictor.process(&heard, &played);
            if predictor.doubtful() {
                missed.get_or_insert(block);
            }
        }
        let missed = missed.unwrap();
        assert!((1_000..1_025).contains(&missed), "{delay}: {missed}");
    }
}

#[test]
fn a_pause_does_not_stop_the_clocks() {
    let mut predictor = Predictor::new();
    predictor.align(14);
    predictor.drift = Drift::default();
    let before = predictor.delay;
    let rate = 2e-4;
    predictor.drift.set_rate(rate);
    (0..2_500).for_each(|_| predictor.rest(&[0.0; BLOCK]));
    let moved = predictor.delay - before;
    assert!(
        (moved - rate * 2_500.0 * BLOCK as f64).abs() < 0.01,
        "{moved}"
    );
}
