//! What a stretch of audio is like, before anybody reads words out of it:
//! how much of it is voice, how far that stands out of the background, and
//! how clear its pitch is. Measured from the signal alone; nothing here says
//! who speaks or how.

use super::envelope::Envelope;
use earshot::Detector;

/// Samples a second of all audio that is decoded.
pub(super) const RATE: usize = 16_000;
/// Length of a frame, 16 ms: what the voice detector takes.
const FRAME: usize = 256;
/// Probability from which a frame counts as voice: where the detector was
/// trained to decide.
const VOICE: f32 = 0.5;
/// Frames that the detector hears twice, since it takes the first tenth of a
/// second of any noise for voice.
const WARM_UP: usize = 7;
/// Window for the pitch at 8 kHz: 40 ms, two periods of the lowest voice.
const WINDOW: usize = 320;
/// Step from window to window, 20 ms.
const HOP: usize = 160;
/// Periods that are looked for at 8 kHz: 62 to 400 Hz.
const PERIODS: std::ops::Range<usize> = 20..128;
/// Clarity from which a window has a pitch at all.
const PITCHED: f32 = 0.5;
/// A shorter period fits as well from this share of the clarity on.
const AS_WELL: f32 = 0.9;
/// Vowels sound above this, in Hz, whatever their pitch.
const BRIGHT: f32 = 300.0;
/// Windows this much softer than the loud ones say nothing about pitch.
const SOFT_DB: f32 = 12.0;
/// The level of nothing, so that no level is infinite.
const SILENCE_DB: f32 = -96.0;

/// Measures of one stretch of audio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sound {
    /// Time in which the voice detector hears a voice, milliseconds.
    pub voiced_ms: u32,
    /// Loudness of the loud tenth of the frames, dB of full scale.
    pub level_db: f32,
    /// Loudness of the soft tenth of the frames, dB of full scale: what
    /// sounds behind and between the words.
    pub floor_db: f32,
    /// How far the soft frames are apart, in dB: from the softest twentieth
    /// to the softest fifth. Steady noise has less than 2.5; more is a voice's
    /// own fading, where nothing sounds behind it, or other voices and their
    /// echoes.
    pub floor_spread_db: f32,
    /// How alike one period of the pitch is to the next, 0-1, in the clearest
    /// fifth of the loud windows. Near 1 for one speaker in a quiet room,
    /// about 0.7 under noise 5 dB softer than the voice, below 0.55 where
    /// many speak at once or nobody does.
    pub clarity: f32,
    /// Share of the windows with a pitch whose pitch is higher than any
    /// speaking voice, 0-1.
    pub high: f32,
    /// Power above 300 Hz over all power, in dB, in the loud frames: words
    /// have -6 and more, since their vowels sound up there; doors and knocks
    /// have -8 and less.
    pub bright_db: f32,
    /// The longest time that a loud level is held, milliseconds; 400 at most.
    /// Words have 90 and more, since their vowels are held; knocks have 50 and
    /// less, however many there are.
    pub held_ms: u32,
    /// How far the level falls within 50 ms where it falls fastest, dB. One
    /// near voice in a quiet room has 15 and more; voices at the other end of
    /// a room have 10 and less, since the room rings on.
    pub fall_db: f32,
}

impl Default for Sound {
    /// Unknown: nothing speaks against it.
    fn default() -> Self {
        Self {
            voiced_ms: u32::MAX,
            level_db: 0.0,
            floor_db: SILENCE_DB,
            floor_spread_db: 0.0,
            clarity: 1.0,
            high: 0.0,
            bright_db: 0.0,
            held_ms: u32::MAX,
            fall_db: -SILENCE_DB,
        }
    }
}

impl Sound {
    /// Measures 16 kHz mono audio.
    pub fn of(audio: &[f32]) -> Self {
        let levels: Vec<f32> = audio.chunks(FRAME).map(level_db).collect();
        let level = quantile(&levels, 0.9).unwrap_or(SILENCE_DB);
        let soft = |q| quantile(&levels, q).unwrap_or(SILENCE_DB);
        let (clarity, high) = pitch(audio);
        let Envelope { held_ms, fall_db } = Envelope::of(audio);
        Self {
            voiced_ms: voiced_ms(audio),
            level_db: level,
            floor_db: soft(0.1),
            floor_spread_db: soft(0.2) - soft(0.05),
            clarity,
            high,
            bright_db: bright_db(audio, level),
            held_ms,
            fall_db,
        }
    }

    /// How far the voice stands out of what sounds around it, in dB.
    pub fn prominence_db(&self) -> f32 {
        self.level_db - self.floor_db
    }
}

/// Mean power in dB of full scale.
pub(super) fn level_db(samples: &[f32]) -> f32 {
    let mean = samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32;
    (10.0 * mean.max(1e-12).log10()).max(SILENCE_DB)
}

/// Power above [`BRIGHT`] over all, in the frames near `loud_db`.
fn bright_db(audio: &[f32], loud_db: f32) -> f32 {
    let high = above(&above(audio));
    let power = |samples: &[f32]| samples.iter().map(|s| s * s).sum::<f32>();
    let (mut part, mut whole) = (0.0f32, 0.0f32);
    for (frame, bright) in audio.chunks(FRAME).zip(high.chunks(FRAME)) {
        if level_db(frame) > loud_db - SOFT_DB {
            whole += power(frame);
            part += power(bright);
        }
    }
    10.0 * (part.max(1e-12) / whole.max(1e-12)).log10()
}

/// A high-pass of the first order.
fn above(audio: &[f32]) -> Vec<f32> {
    let keep = 1.0 / (1.0 + BRIGHT * std::f32::consts::TAU / RATE as f32);
    let (mut before, mut held) = (0.0, 0.0);
    audio
        .iter()
        .map(|sample| {
            held = keep * (held + sample - before);
            before = *sample;
            held
        })
        .collect()
}

fn voiced_ms(audio: &[f32]) -> u32 {
    let mut detector = Detector::default();
    let mut voice = |frame: &[f32]| {
        // The detector refuses anything else.
        let clean: Vec<f32> = frame.iter().map(|v| v.clamp(-1.0, 1.0)).collect();
        detector.predict_f32(&clean)
    };
    let frames = || audio.chunks_exact(FRAME);
    for frame in frames().take(WARM_UP) {
        voice(frame);
    }
    let voiced = frames().filter(|frame| voice(frame) >= VOICE).count();
    (voiced * FRAME * 1000 / RATE) as u32
}

/// Clarity of the pitch and the share of high ones, over the loud windows:
/// normalised autocorrelation, as in every pitch tracker (Boersma 1993),
/// without deciding on a pitch.
fn pitch(audio: &[f32]) -> (f32, f32) {
    let slow: Vec<f32> = audio
        .chunks_exact(2)
        .map(|pair| 0.5 * (pair[0] + pair[1]))
        .collect();
    let windows = || slow.windows(WINDOW).step_by(HOP);
    let levels: Vec<f32> = windows().map(level_db).collect();
    let loud = quantile(&levels, 0.9).unwrap_or(SILENCE_DB);
    let heard: Vec<(f32, bool)> = windows()
        .zip(&levels)
        .filter(|(_, level)| **level > loud - SOFT_DB && **level > SILENCE_DB)
        .map(|(window, _)| period(window))
        .collect();
    let clear: Vec<f32> = heard.iter().map(|w| w.0).collect();
    let pitched = heard.iter().filter(|w| w.0 > PITCHED);
    let (high, all) = pitched.fold((0, 0), |(high, all), w| (high + u32::from(w.1), all + 1));
    let high = if all == 0 {
        0.0
    } else {
        high as f32 / all as f32
    };
    (quantile(&clear, 0.8).unwrap_or(0.0), high)
}

/// How alike a window is to itself one period later, at the best period of a
/// voice, and whether a shorter period fits as well.
fn period(window: &[f32]) -> (f32, bool) {
    let mean = window.iter().sum::<f32>() / window.len() as f32;
    let centred: Vec<f32> = window.iter().map(|s| s - mean).collect();
    let mut energy = Vec::with_capacity(centred.len() + 1);
    energy.push(0.0f32);
    for sample in &centred {
        energy.push(energy[energy.len() - 1] + sample * sample);
    }
    let whole = energy[centred.len()];
    let alike = |lag: usize| {
        let (early, late) = (&centred[..WINDOW - lag], &centred[lag..]);
        let product: f32 = early.iter().zip(late).map(|(a, b)| a * b).sum();
        let scale = energy[WINDOW - lag] * (whole - energy[lag]);
        product / (scale.max(0.0).sqrt() + 1e-9)
    };
    let best = PERIODS.map(alike).fold(0.0, f32::max).min(1.0);
    // Every sound is like itself a moment later: only what comes after that
    // has faded is a period.
    let short: Vec<f32> = (1..PERIODS.start).map(alike).collect();
    let faded = short.windows(2).take_while(|w| w[1] < w[0]).count();
    let shorter = short[faded..].iter().skip(1).copied().fold(0.0, f32::max);
    (best, shorter >= AS_WELL * best)
}

/// The value that the part `q` of all does not exceed.
pub(super) fn quantile(values: &[f32], q: f32) -> Option<f32> {
    let mut values = values.to_vec();
    values.sort_by(f32::total_cmp);
    let place = (q * values.len() as f32) as usize;
    values
        .get(place.min(values.len().saturating_sub(1)))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Even noise within -`peak` to `peak`.
    fn noise(samples: usize, peak: f32) -> Vec<f32> {
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..samples).map(|_| peak * next()).collect()
    }

    /// A tone of so many Hz with harmonics, in syllables.
    fn hum(samples: usize, pitch: f32) -> Vec<f32> {
        (0..samples)
            .map(|i| {
                let phase = i as f32 * pitch * std::f32::consts::TAU / RATE as f32;
                let on = if i / 3_200 % 2 == 0 { 0.1 } else { 0.001 };
                on * (1..6)
                    .map(|k| (phase * k as f32).sin() / k as f32)
                    .sum::<f32>()
            })
            .collect()
    }

    #[test]
    fn one_pitch_is_clear_and_stands_out() {
        let sound = Sound::of(&hum(3 * RATE, 120.0));
        assert!(sound.clarity > 0.9, "{sound:?}");
        assert!(sound.prominence_db() > 25.0, "{sound:?}");
        assert!(sound.high < 0.1, "{sound:?}");
    }

    #[test]
    fn a_pitch_above_all_voices_is_high() {
        for pitch in [650.0, 900.0, 1_300.0] {
            let sound = Sound::of(&hum(2 * RATE, pitch));
            assert!(sound.high > 0.8, "{pitch}: {sound:?}");
        }
        for pitch in [85.0, 180.0, 330.0] {
            let sound = Sound::of(&hum(2 * RATE, pitch));
            assert!(sound.high < 0.1, "{pitch}: {sound:?}");
        }
    }

    #[test]
    fn noise_and_many_pitches_at_once_are_not_clear() {
        let plain = Sound::of(&noise(3 * RATE, 0.1));
        assert!(plain.floor_spread_db < 1.0, "{plain:?}");
        assert!(
            plain.clarity < 0.5 && plain.prominence_db() < 3.0,
            "{plain:?}"
        );
        let mut many = noise(3 * RATE, 0.02);
        for (at, pitch) in [97.0, 131.0, 173.0, 211.0, 239.0].into_iter().enumerate() {
            let voice = hum(3 * RATE + 1_000 * at, pitch);
            for (to, from) in many.iter_mut().zip(&voice[1_000 * at..]) {
                *to += from;
            }
        }
        assert!(Sound::of(&many).clarity < 0.85, "{:?}", Sound::of(&many));
    }

    #[test]
    fn what_fades_has_no_steady_floor() {
        // Falls by 40 dB, twice a second.
        let fading: Vec<f32> = hum(3 * RATE, 120.0)
            .iter()
            .enumerate()
            .map(|(i, v)| v.signum() * 0.1 * 10f32.powf(-((i % 8_000) as f32) / 4_000.0))
            .collect();
        let sound = Sound::of(&fading);
        assert!(sound.floor_spread_db > 2.5, "{sound:?}");
        let noise = noise(3 * RATE, 0.003);
        let noisy: Vec<f32> = hum(3 * RATE, 120.0)
            .iter()
            .zip(&noise)
            .map(|(a, b)| a + b)
            .collect();
        assert!(Sound::of(&noisy).floor_spread_db < 2.5);
    }

    #[test]
    fn a_rumble_is_dark_and_a_voice_is_not() {
        let low: Vec<f32> = (0..RATE)
            .map(|i| 0.2 * (i as f32 * 75.0 * std::f32::consts::TAU / RATE as f32).sin())
            .collect();
        let rumble = Sound::of(&low);
        assert!(rumble.bright_db < -15.0, "{rumble:?}");
        let hiss = Sound::of(&noise(RATE, 0.1));
        assert!(hiss.bright_db > -2.0, "{hiss:?}");
    }

    #[test]
    fn nothing_has_measures_too() {
        for audio in [vec![], vec![0.0; 10], vec![0.0; RATE]] {
            let sound = Sound::of(&audio);
            assert_eq!((sound.voiced_ms, sound.level_db), (0, SILENCE_DB));
            assert_eq!(sound.clarity, 0.0);
        }
    }
}
