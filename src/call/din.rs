//! A din: sound that goes on and on, and in it no word that can be
//! understood. Where many talk around the candidate, a turn never comes to an
//! end by itself; and nobody who speaks is without a word for so long, since
//! also in noise a piece of a long answer has some. Pure: places on the
//! sample clock in, decisions out.

use crate::audio::SamplePos;
use std::ops::Range;

const SECOND: SamplePos = 16_000;
/// Sound without a word, less the quiet in between, that is a din: 40 s. It
/// is more than the longest piece that is decoded at once, so that no single
/// decode decides.
const LONG: SamplePos = 40 * SECOND;
/// The same in a din: who has found words there waits for an answer.
const LONG_IN_DIN: SamplePos = 20 * SECOND;
/// Quiet after which a din is over: 4 s.
const QUIET: SamplePos = 4 * SECOND;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// A din began: the candidate is to be told. The open turn is to be ended.
    Began,
    /// It goes on: the open turn is to be ended.
    GoesOn,
}

/// What is known of the sound around the candidate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Din {
    /// Sound without a word, less the quiet in between.
    sound: SamplePos,
    /// End of what was judged.
    until: SamplePos,
    on: bool,
    /// A turn is open; and where the last one ended.
    open: bool,
    ended: SamplePos,
    /// The open turn was ended from here.
    closed: bool,
}

impl Din {
    pub(super) const fn is_on(&self) -> bool {
        self.on
    }

    /// Whether a turn is open.
    pub(super) const fn in_turn(&self) -> bool {
        self.open
    }

    /// A turn began. Whether that is the din, as far as is known.
    pub(super) const fn began(&mut self) -> bool {
        self.open = true;
        self.on
    }

    /// The turn ended.
    pub(super) const fn ended(&mut self, at: SamplePos) {
        self.open = false;
        self.ended = at;
    }

    /// Sound was decoded, and no word was in it.
    pub(super) fn nothing(&mut self, sound: &Range<SamplePos>) -> Option<News> {
        let fresh = sound.start.max(self.until);
        let quiet = fresh - self.until;
        self.sound = self.sound.saturating_sub(quiet) + sound.end.saturating_sub(fresh);
        self.until = self.until.max(sound.end);
        let long = if self.on { LONG_IN_DIN } else { LONG };
        if self.sound < long {
            return None;
        }
        self.sound = 0;
        self.closed = true;
        let before = std::mem::replace(&mut self.on, true);
        Some(if before { News::GoesOn } else { News::Began })
    }

    /// A word was understood.
    pub(super) const fn words(&mut self) {
        self.sound = 0;
    }

    /// A turn is whole. Whether the din is over: speech that comes to its end
    /// by itself was understood.
    pub(super) const fn turn_over(&mut self, words: bool) -> bool {
        let over = self.on && words && !self.closed;
        self.closed = false;
        self.on = self.on && !over;
        over
    }

    /// Nothing is heard by `now`, and nothing plays since `silent`. Whether
    /// that is the end of the din.
    pub(super) fn quiet(&mut self, now: SamplePos, silent: SamplePos) -> bool {
        let since = self.ended.max(silent);
        let over = self.on && !self.open && now.saturating_sub(since) >= QUIET;
        self.on = self.on && !over;
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(from: u64, to: u64) -> Range<SamplePos> {
        from * SECOND..to * SECOND
    }

    #[test]
    fn sound_without_a_word_is_a_din_after_forty_seconds() {
        let mut din = Din::default();
        assert!(!din.began());
        assert_eq!(din.nothing(&seconds(1, 26)), None);
        // The same piece again, and more of it.
        assert_eq!(din.nothing(&seconds(1, 26)), None);
        assert_eq!(din.nothing(&seconds(1, 40)), None);
        assert_eq!(din.nothing(&seconds(26, 51)), Some(News::Began));
        din.ended(52 * SECOND);
        assert!(din.began(), "what follows is the din");
        assert_eq!(din.nothing(&seconds(52, 76)), Some(News::GoesOn));
    }

    #[test]
    fn a_word_now_and_then_is_an_answer_however_long_it_is() {
        let mut din = Din::default();
        din.began();
        for piece in 0..24 {
            let place = seconds(25 * piece, 25 * (piece + 1));
            if piece % 2 == 0 {
                assert_eq!(din.nothing(&place), None, "{piece}");
            } else {
                din.words();
            }
        }
        assert!(!din.is_on());
    }

    #[test]
    fn knocks_and_coughs_with_quiet_between_are_no_din() {
        let mut din = Din::default();
        for at in 0..400 {
            assert_eq!(din.nothing(&seconds(3 * at, 3 * at + 1)), None);
        }
        // Talk that hardly pauses is.
        let mut turns = (400..).map(|at| seconds(5 * at, 5 * at + 4));
        assert!(turns.by_ref().take(20).any(|t| din.nothing(&t).is_some()));
    }

    #[test]
    fn a_din_is_over_after_quiet_or_after_speech_that_ends_by_itself() {
        let on = || {
            let mut din = Din::default();
            din.began();
            assert_eq!(din.nothing(&seconds(0, 41)), Some(News::Began));
            assert!(!din.quiet(90 * SECOND, 0), "a turn is open");
            din.ended(42 * SECOND);
            assert!(!din.turn_over(false));
            din
        };
        let mut din = on();
        assert!(!din.quiet(45 * SECOND, 0));
        // A line says nothing of the sound behind it.
        assert!(!din.quiet(60 * SECOND, 58 * SECOND));
        assert!(din.quiet(62 * SECOND, 58 * SECOND));
        assert!(!din.is_on());

        let mut din = on();
        din.began();
        din.words();
        assert_eq!(din.nothing(&seconds(42, 63)), Some(News::GoesOn));
        din.ended(63 * SECOND);
        assert!(!din.turn_over(true), "it was ended from here");
        din.began();
        din.words();
        din.ended(70 * SECOND);
        assert!(din.turn_over(true));
        assert!(!din.is_on());
    }

    proptest! {
        /// Speech with a word in every forty seconds is never a din.
        #[test]
        fn words_within_forty_seconds_keep_a_turn_open(
            pieces in proptest::collection::vec((1u64..20, 0u64..4), 1..80),
        ) {
            let (mut din, mut at) = (Din::default(), 0);
            for (number, (length, gap)) in pieces.into_iter().enumerate() {
                let place = seconds(at, at + length);
                at += length + gap;
                if number % 2 == 0 {
                    prop_assert_eq!(din.nothing(&place), None);
                } else {
                    din.words();
                }
            }
        }
    }
}
