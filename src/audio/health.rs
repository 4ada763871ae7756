//! Whether a microphone does its work: judged from levels and samples alone,
//! and told in words that say what to do. Never about how somebody sounds.
//!
//! Every finding has two thresholds, one to be told and a better one to be
//! taken back, so that it is told once an occurrence.

use super::level::{SILENCE_DB, rms_db};
use std::collections::VecDeque;

/// Samples judged at a time: 100 ms.
const WINDOW: usize = 1_600;

/// A microphone that was never anything but digital silence for so many
/// windows is dead or muted: 5 s. Every real one hisses.
const DEAD: u32 = 50;
/// The same where it gave sound before: 20 s. Noise suppressors switch a
/// microphone off between words, and somebody may think for long.
const MUTED: u32 = 200;
/// Windows with sound that take either back.
const ALIVE: u32 = 3;

/// Samples from here on are cut off, of full scale: converters stop a little
/// below it.
const FULL: f32 = 0.985;
/// Windows at least this loud count for the search for cut-off samples, in
/// dB: nobody is loud enough below.
const LOUD_DB: f32 = -30.0;
/// Loud windows looked at: 2 s of loud sound.
const LOUD_KEPT: usize = 20;
/// Share of cut-off samples that is heard as distortion.
const CLIPPED: f32 = 0.005;
/// Share at which it is over.
const UNCLIPPED: f32 = 0.000_5;

/// Speech softer than this is far too quiet, in dB: 16 bits and a
/// recogniser still manage, the hiss of a usual sound card lies 20 dB below.
const QUIET_DB: f32 = -46.0;
/// Speech this loud is not quiet any more, in dB.
const NOT_QUIET_DB: f32 = -41.0;
/// Stretches of speech that must agree on it.
const QUIET_TIMES: u32 = 2;
/// The shortest stretch that says anything: 0.3 s.
const SPEECH_LEAST: usize = 4_800;
/// Samples of a part of speech whose level is taken: 20 ms.
const PART: usize = 320;

/// Windows in which a room's noise is looked for: 10 s.
const ROOM: usize = 100;
/// Noise below this harms nobody, in dB.
const NOISE_DB: f32 = -45.0;
/// Noise this soft is over, in dB.
const NOT_NOISE_DB: f32 = -49.0;
/// Speech less than this above the noise is hard to understand, in dB.
const ABOVE_DB: f32 = 12.0;
/// Speech this far above the noise is fine, in dB.
const WELL_ABOVE_DB: f32 = 18.0;

/// Something that is wrong with a microphone's sound.
#[derive(serde::Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Digital silence since it was opened.
    Dead,
    /// Digital silence after there was sound.
    Muted,
    /// Speech is cut off at full scale.
    Clipped,
    /// Speech is far too soft.
    Quiet,
    /// Noise is loud, and speech does not stand out of it.
    Noisy,
}

impl Finding {
    /// What is wrong and what to do, in one sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Dead => {
                "The microphone gives no sound at all. It may be muted: please look at its switch \
                 and at the system's sound settings"
            }
            Self::Muted => {
                "The microphone has given no sound at all for a while. If you are speaking, it is \
                 muted: please look at its switch and at the system's sound settings"
            }
            Self::Clipped => {
                "The microphone is set too loud and cuts off what you say. Please turn it down, or \
                 move away from it a little"
            }
            Self::Quiet => {
                "What you say arrives very softly. Please move nearer to the microphone, or turn \
                 it up in the system's sound settings"
            }
            Self::Noisy => {
                "There is much noise around the microphone. Please move to a quieter place, or \
                 nearer to the microphone"
            }
        }
    }

    /// That it is over, in one sentence.
    pub const fn over(self) -> &'static str {
        match self {
            Self::Dead | Self::Muted => "The microphone gives sound now",
            Self::Clipped => "The microphone does not cut off what you say any more",
            Self::Quiet => "What you say is loud enough now",
            Self::Noisy => "The noise is no longer in the way",
        }
    }
}

/// A finding that is new, or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub finding: Finding,
    /// Whether it is there now.
    pub on: bool,
}

/// What was measured of a microphone so far, in dB of full scale.
#[derive(serde::Serialize, Clone, Copy, Debug, Default, PartialEq)]
pub struct Levels {
    /// The room without speech, if that was heard for long enough.
    pub noise_db: Option<f32>,
    /// The louder half of the last stretch of speech.
    pub speech_db: Option<f32>,
    /// Share of samples of loud windows that are cut off, 0-1.
    pub clipped: f32,
}

/// Judges one microphone while it runs.
#[derive(Debug, Default)]
pub struct Health {
    window: Vec<f32>,
    /// Whether a line was heard in the window.
    playing: bool,
    /// Windows of digital silence, and of sound, in a row.
    silent: u32,
    sounding: u32,
    /// Whether there was ever sound.
    heard: bool,
    /// Cut-off samples of each of the last loud windows.
    loud: VecDeque<u32>,
    room: VecDeque<f32>,
    speech_db: Option<f32>,
    quiet_times: u32,
    found: Vec<Finding>,
}

impl Health {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is wrong now.
    pub fn found(&self) -> &[Finding] {
        &self.found
    }

    /// What was measured.
    pub fn levels(&self) -> Levels {
        Levels {
            noise_db: self.noise_db(),
            speech_db: self.speech_db,
            clipped: self.clipped(),
        }
    }

    /// There is no microphone: what was known of it is of no use for the
    /// next. Nothing is told of that.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes samples of the microphone; `playing` where a line is heard
    /// meanwhile, so that its echo is not taken for the room or the voice.
    pub fn hear(&mut self, near: &[f32], playing: bool, out: &mut Vec<Change>) {
        for part in near.chunks(WINDOW) {
            let room = WINDOW - self.window.len();
            let (now, later) = part.split_at(part.len().min(room));
            self.add(now, playing, out);
            self.add(later, playing, out);
        }
    }

    fn add(&mut self, samples: &[f32], playing: bool, out: &mut Vec<Change>) {
        self.window.extend_from_slice(samples);
        self.playing |= playing;
        if self.window.len() == WINDOW {
            self.judge(out);
            self.window.clear();
            self.playing = playing;
        }
    }

    /// Takes a stretch of speech.
    pub fn spoke(&mut self, speech: &[f32], out: &mut Vec<Change>) {
        if speech.len() < SPEECH_LEAST {
            return;
        }
        let mut parts: Vec<f32> = speech.chunks_exact(PART).map(rms_db).collect();
        parts.sort_by(f32::total_cmp);
        let level = parts[parts.len() * 3 / 4];
        self.speech_db = Some(level);
        if level < QUIET_DB {
            self.quiet_times += 1;
            self.set(Finding::Quiet, self.quiet_times >= QUIET_TIMES, out);
        } else {
            self.quiet_times = 0;
            if level > NOT_QUIET_DB {
                self.set(Finding::Quiet, false, out);
            }
        }
        self.judge_noise(out);
    }

    fn judge(&mut self, out: &mut Vec<Change>) {
        let first = self.window[0];
        // A steady offset is no sound either.
        if self.window.iter().all(|v| (v - first).abs() < 1e-6) {
            self.sounding = 0;
            self.silent += 1;
            let (finding, limit) = if self.heard {
                (Finding::Muted, MUTED)
            } else {
                (Finding::Dead, DEAD)
            };
            if self.silent >= limit {
                self.set(finding, true, out);
            }
            // What a gate switches off between words is no noise.
            if !self.playing {
                self.room_heard(SILENCE_DB, out);
            }
            return;
        }
        self.silent = 0;
        self.sounding += 1;
        if self.sounding >= ALIVE {
            self.heard = true;
            self.set(Finding::Dead, false, out);
            self.set(Finding::Muted, false, out);
        }
        if self.playing {
            return;
        }
        let level = rms_db(&self.window);
        if level > LOUD_DB {
            let cut = self.window.iter().filter(|v| v.abs() >= FULL).count();
            if self.loud.len() == LOUD_KEPT {
                self.loud.pop_front();
            }
            self.loud.push_back(cut as u32);
            self.judge_clipping(out);
        }
        self.room_heard(level, out);
    }

    fn room_heard(&mut self, level_db: f32, out: &mut Vec<Change>) {
        if self.room.len() == ROOM {
            self.room.pop_front();
        }
        self.room.push_back(level_db);
        self.judge_noise(out);
    }

    fn clipped(&self) -> f32 {
        let cut: u32 = self.loud.iter().sum();
        cut as f32 / (self.loud.len().max(1) * WINDOW) as f32
    }

    fn judge_clipping(&mut self, out: &mut Vec<Change>) {
        let share = self.clipped();
        if self.loud.len() >= LOUD_KEPT / 2 && share > CLIPPED {
            self.set(Finding::Clipped, true, out);
        } else if self.loud.len() == LOUD_KEPT && share < UNCLIPPED {
            self.set(Finding::Clipped, false, out);
        }
    }

    /// The level that nine windows of ten are above: whoever speaks without
    /// a pause still closes the lips now and then.
    fn noise_db(&self) -> Option<f32> {
        if self.room.len() < ROOM / 5 {
            return None;
        }
        let mut levels: Vec<f32> = self.room.iter().copied().collect();
        levels.sort_by(f32::total_cmp);
        Some(levels[levels.len() / 10].max(SILENCE_DB))
    }

    fn judge_noise(&mut self, out: &mut Vec<Change>) {
        let Some(noise) = self.noise_db() else {
            return;
        };
        let above = self.speech_db.map(|speech| speech - noise);
        if noise < NOT_NOISE_DB || above.is_some_and(|above| above > WELL_ABOVE_DB) {
            self.set(Finding::Noisy, false, out);
        } else if self.room.len() == ROOM
            && noise > NOISE_DB
            && above.is_none_or(|above| above < ABOVE_DB)
        {
            self.set(Finding::Noisy, true, out);
        }
    }

    fn set(&mut self, finding: Finding, on: bool, out: &mut Vec<Change>) {
        let known = self.found.iter().position(|f| *f == finding);
        match (known, on) {
            (None, true) => self.found.push(finding),
            (Some(at), false) => {
                self.found.remove(at);
            }
            _ => return,
        }
        out.push(Change { finding, on });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A second of noise at a level.
    fn noise(seconds: usize, db: f32, seed: u64) -> Vec<f32> {
        let mut s = seed | 1;
        // Even noise within -a to a has the level a - 4.8 dB.
        let peak = 10f32.powf(db / 20.0) * 3f32.sqrt();
        (0..seconds * 16_000)
            .map(|_| {
                s ^= s << 13;
                s ^= s >> 7;
                s ^= s << 17;
                ((s >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * peak
            })
            .collect()
    }

    /// Something with the ups and downs of speech, at a peak level.
    fn speech(seconds: usize, peak: f32) -> Vec<f32> {
        (0..seconds * 16_000)
            .map(|i| {
                let t = i as f32 / 16_000.0;
                let syllable = (t * 4.0 * std::f32::consts::PI).sin().max(0.0);
                (t * 150.0 * std::f32::consts::TAU).sin() * syllable * peak
            })
            .collect()
    }

    fn changes(parts: &[&[f32]]) -> (Vec<Change>, Health) {
        let (mut health, mut out) = (Health::new(), Vec::new());
        for part in parts {
            for step in part.chunks(160) {
                health.hear(step, false, &mut out);
            }
        }
        (out, health)
    }

    const fn on(finding: Finding) -> Change {
        Change { finding, on: true }
    }

    const fn off(finding: Finding) -> Change {
        Change { finding, on: false }
    }

    #[test]
    fn digital_silence_from_the_start_is_a_dead_microphone_until_it_gives_sound() {
        let zeros = vec![0.0; 16_000 * 60];
        let (told, health) = changes(&[&zeros]);
        assert_eq!(told, [on(Finding::Dead)]);
        assert_eq!(health.found(), [Finding::Dead]);
        let offset = vec![0.01; 16_000 * 6];
        assert_eq!(changes(&[&offset]).0, [on(Finding::Dead)]);
        let (told, _) = changes(&[&zeros, &noise(2, -70.0, 1)]);
        assert_eq!(told, [on(Finding::Dead), off(Finding::Dead)]);
    }

    #[test]
    fn a_gate_that_closes_between_words_is_not_muted_but_half_a_minute_is() {
        let (words, pause) = (speech(2, 0.2), vec![0.0; 16_000 * 15]);
        assert_eq!(changes(&[&words, &pause, &words, &pause]).0, []);
        let long = vec![0.0; 16_000 * 30];
        let (told, _) = changes(&[&words, &long, &words]);
        assert_eq!(told, [on(Finding::Muted), off(Finding::Muted)]);
    }

    #[test]
    fn a_quiet_room_with_a_usual_voice_is_nothing_to_tell() {
        let room = noise(15, -65.0, 3);
        let voice = speech(5, 0.3);
        let (mut told, mut health) = changes(&[&room, &voice, &room]);
        health.spoke(&voice, &mut told);
        assert_eq!(told, []);
        let levels = health.levels();
        assert!((levels.noise_db.unwrap() + 65.0).abs() < 1.0, "{levels:?}");
        assert!((levels.speech_db.unwrap() + 15.0).abs() < 4.0, "{levels:?}");
        assert!(levels.clipped == 0.0);
    }

    #[test]
    fn a_voice_that_is_cut_off_is_told_once_and_taken_back_when_it_is_not() {
        let loud: Vec<f32> = speech(10, 3.0).iter().map(|v| v.clamp(-1.0, 1.0)).collect();
        let well = speech(20, 0.4);
        assert_eq!(changes(&[&loud]).0, [on(Finding::Clipped)]);
        let (told, _) = changes(&[&loud, &well, &loud]);
        let want = [
            on(Finding::Clipped),
            off(Finding::Clipped),
            on(Finding::Clipped),
        ];
        assert_eq!(told, want);
        // Loud and whole.
        assert_eq!(changes(&[&speech(10, 0.95)]).0, []);
    }

    #[test]
    fn a_far_too_quiet_voice_is_told_after_the_second_time() {
        let (mut health, mut told) = (Health::new(), Vec::new());
        health.spoke(&speech(3, 0.004), &mut told);
        assert_eq!(told, []);
        health.spoke(&speech(3, 0.004), &mut told);
        health.spoke(&speech(3, 0.004), &mut told);
        assert_eq!(told, [on(Finding::Quiet)]);
        // A little better is not well yet.
        health.spoke(&speech(3, 0.009), &mut told);
        assert_eq!(told.len(), 1);
        health.spoke(&speech(3, 0.1), &mut told);
        assert_eq!(told[1..], [off(Finding::Quiet)]);
    }

    #[test]
    fn noise_is_told_where_a_voice_does_not_stand_out_of_it() {
        let room = noise(15, -35.0, 5);
        let (mut told, mut health) = changes(&[&room]);
        assert_eq!(told, [on(Finding::Noisy)]);
        // A voice far above it is understood.
        health.spoke(&speech(3, 0.7), &mut told);
        assert_eq!(told[1..], [off(Finding::Noisy)]);
        assert_eq!(changes(&[&noise(15, -60.0, 5)]).0, []);
    }

    #[test]
    fn what_is_heard_of_a_line_is_neither_noise_nor_a_loud_voice() {
        let (mut health, mut told) = (Health::new(), Vec::new());
        health.hear(&vec![1.0; 100], true, &mut told);
        let loud: Vec<f32> = noise(20, -3.0, 9);
        for step in loud.chunks(160) {
            health.hear(step, true, &mut told);
        }
        assert_eq!(told, []);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        /// Whatever is heard, nothing is told twice in a row.
        #[test]
        fn on_and_off_take_turns(
            parts in proptest::collection::vec((0u8..4, 1usize..30, -90f32..0.0), 1..8)
        ) {
            let (mut health, mut told) = (Health::new(), Vec::new());
            for (i, (kind, seconds, db)) in parts.into_iter().enumerate() {
                let peak = 10f32.powf(db / 20.0);
                let pcm = match kind {
                    0 => vec![0.0; seconds * 16_000],
                    1 => noise(seconds, db, i as u64),
                    2 => speech(seconds, peak),
                    _ => speech(seconds, peak * 8.0).iter().map(|v| v.clamp(-1.0, 1.0)).collect(),
                };
                for step in pcm.chunks(160) {
                    health.hear(step, false, &mut told);
                }
                if kind >= 2 {
                    health.spoke(&pcm, &mut told);
                }
            }
            let mut now: Vec<Finding> = Vec::new();
            for change in told {
                let known = now.contains(&change.finding);
                prop_assert_ne!(known, change.on);
                if change.on {
                    now.push(change.finding);
                } else {
                    now.retain(|f| *f != change.finding);
                }
            }
            let mut found = health.found().to_vec();
            found.sort_by_key(|f| *f as u8);
            now.sort_by_key(|f| *f as u8);
            prop_assert_eq!(now, found);
        }
    }
}
