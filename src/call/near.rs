//! Who is near: how loud the words of this call are, so that a voice from
//! the next room is not taken for an answer. It goes by loudness alone; no
//! voice is told from another one.

use crate::speech::Transcript;

/// Words so far above their background show how loud the near speaker is,
/// in dB.
const CLEAR_DB: f32 = 12.0;
/// Words of at least this mean probability do.
const SURE: f32 = 0.5;
/// Words needed before anything is judged by the loudness: a first "yes" may
/// be whispered or shouted.
const LEARNT: u32 = 8;
/// How much of the difference a stretch of speech brings in.
const RATE: f32 = 0.2;
/// This much softer than the near speaker, words need a sure decoder, in dB:
/// a voice that drops at the end of a sentence loses 6 to 10.
const SOFT_DB: f32 = 15.0;
/// What the decoder must be sure of then.
const SURE_WHEN_SOFT: f32 = 0.75;
/// This much softer is somebody else or somewhere else: 20 dB are ten times
/// the distance.
const FAR_DB: f32 = 24.0;
/// What being refused brings the level down by, in dB: whoever leans back
/// and goes on is heard again after some sentences.
const YIELD_DB: f32 = 2.0;

/// What is known of the near speaker's loudness.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Near {
    level_db: Option<f32>,
    words: u32,
}

impl Near {
    /// Empties what was said too softly to be the near speaker's.
    pub(super) fn judge(&mut self, heard: Transcript) -> Transcript {
        if heard.text.is_empty() {
            return heard;
        }
        let level = heard.sound.level_db;
        let below = self.level_db.map_or(0.0, |near| near - level);
        let far = below > FAR_DB || (below > SOFT_DB && heard.confidence < SURE_WHEN_SOFT);
        if self.words >= LEARNT && far {
            tracing::debug!(below, text = heard.text, "too soft to be near");
            self.level_db = self.level_db.map(|near| near - YIELD_DB);
            return Transcript {
                text: String::new(),
                words: Vec::new(),
                confidence: 0.0,
                ..heard
            };
        }
        if heard.confidence >= SURE && heard.sound.prominence_db() >= CLEAR_DB {
            self.words += heard.words.len() as u32;
            let near = self.level_db.get_or_insert(level);
            *near += (level - *near) * RATE;
        }
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Word;
    use crate::speech::sound::Sound;

    fn said(level_db: f32, confidence: f32) -> Transcript {
        let word = |text: &str| Word {
            text: text.into(),
            start_ms: 0,
            end_ms: 1,
            confidence,
        };
        Transcript {
            text: "so we did it".into(),
            words: ["so", "we", "did", "it"].map(word).to_vec(),
            confidence,
            sound: Sound {
                level_db,
                floor_db: level_db - 30.0,
                ..Sound::default()
            },
            ..Transcript::default()
        }
    }

    fn heard(near: &mut Near, level_db: f32, confidence: f32) -> bool {
        !near.judge(said(level_db, confidence)).text.is_empty()
    }

    /// Somebody who has said some sentences at -25 dB.
    fn known() -> Near {
        let mut near = Near::default();
        for _ in 0..4 {
            assert!(heard(&mut near, -25.0, 0.8));
        }
        near
    }

    #[test]
    fn nothing_is_refused_before_the_level_is_known() {
        let mut near = Near::default();
        for level in [-60.0, -20.0] {
            assert!(heard(&mut near, level, 0.9));
        }
    }

    #[test]
    fn a_voice_from_the_next_room_is_refused_and_soft_words_are_not() {
        for (level, confidence, expected) in [
            (-35.0, 0.3, true),
            (-42.0, 0.9, true),
            (-42.0, 0.5, false),
            (-52.0, 0.9, false),
            (-10.0, 0.3, true),
        ] {
            let mut near = known();
            assert_eq!(
                heard(&mut near, level, confidence),
                expected,
                "{level} {confidence}"
            );
        }
    }

    #[test]
    fn whoever_leans_back_and_goes_on_is_heard_again() {
        let mut near = known();
        let tries = (0..20).position(|_| heard(&mut near, -45.0, 0.6));
        assert!(tries.is_some_and(|n| n > 0 && n < 6), "{tries:?}");
    }
}
