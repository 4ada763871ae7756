//! How long a silence may last before it ends the turn: a budget from what
//! was asked, what was said so far, the speaker's own pauses and the
//! accommodation. Pure arithmetic over the settings.
//!
//! That the words matter more than the silence is known since Ferrer,
//! Shriberg and Stolcke (2002, "Is the speaker done yet?"), and that the
//! threshold should move with the dialogue's state since Raux and Eskenazi
//! (2008, "Optimizing endpointing thresholds using dialogue features").
//!
//! Where early cut-offs and a quick reply cannot both be avoided, nobody is
//! cut off: after the first whole sentences of an explanation the silence may
//! last as long as a reply may take, and only more words, a sentence that
//! looks back or a smaller question make it shorter.

use super::habit::Habit;
use crate::audio::EndpointSettings;
use crate::event::{Expects, Told};
use serde::{Deserialize, Serialize};

/// How much longer than a pause after which somebody was talked over the next
/// ones of the same answer may be.
const AFTER_A_CUT: f32 = 1.05;

/// What was asked, as far as it says how the answer will pause; ordered by
/// patience, least first.
#[derive(
    Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// Yes or no.
    YesNo,
    /// A few words: a name, or a question of one's own, if there is one.
    Short,
    /// One thing more on what was just explained: a sentence or two.
    Point,
    /// An explanation.
    #[default]
    Long,
    /// Something to be told in several sentences: oneself, a project.
    Story,
}

impl AnswerKind {
    /// All of them, least patience first.
    pub const ALL: [Self; 5] = [
        Self::YesNo,
        Self::Short,
        Self::Point,
        Self::Long,
        Self::Story,
    ];
}

impl From<Expects> for AnswerKind {
    fn from(expects: Expects) -> Self {
        match expects {
            Expects::YesNo => Self::YesNo,
            Expects::Short => Self::Short,
            Expects::Long | Expects::Nothing => Self::Long,
        }
    }
}

/// What the words so far suggest about what follows.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Cue {
    /// The speaker said that this was all.
    Done,
    /// Something that needs a reply of its own: a question back, a request.
    Asks,
    /// A whole sentence that looks back at what was told: "so that's how it
    /// ended".
    Closing,
    /// A whole sentence.
    Whole,
    /// The end says nothing.
    #[default]
    Unsure,
    /// A yes and nothing else: whole where yes or no was asked for, the
    /// beginning of something anywhere else.
    Yes,
    /// Inside a list whose end was not reached.
    Listing,
    /// Clearly goes on: a conjunction, a comma, half a clause.
    GoesOn,
    /// A filler: the next word is being looked for.
    Filler,
    /// The speaker asked for time to think, or thinks aloud.
    Thinking,
}

impl Cue {
    /// All of them, least patience first.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Asks,
        Self::Closing,
        Self::Whole,
        Self::Unsure,
        Self::Yes,
        Self::Listing,
        Self::GoesOn,
        Self::Filler,
        Self::Thinking,
    ];
}

/// What the budget is made from.
#[derive(Clone, Debug, Default)]
pub struct Patience {
    /// What was asked.
    pub asked: AnswerKind,
    /// What the words say and how many they are; nothing while they are not
    /// known.
    pub cue: Option<(Cue, u32)>,
    /// How much of what was asked for these words tell, where that is known.
    pub told: Option<Told>,
    /// The longest pause after which this speaker was talked over in this
    /// answer, milliseconds; 0 while there was none.
    pub cut_ms: u32,
    /// The speaker was granted time to think.
    pub thinking: bool,
    /// How this speaker pauses, wherever it is.
    pub habit: Habit,
    /// How long this speaker pauses between two sentences: the pause that is
    /// most easily taken for the end.
    pub between: Habit,
    /// Accommodation, 1-10.
    pub factor: f32,
}

impl Patience {
    /// Speech goes on: what the words so far suggested is void.
    pub(super) const fn forget_words(&mut self) {
        self.cue = None;
        self.told = None;
    }

    /// Silence that ends the turn, in milliseconds. Finite and at most
    /// [`longest_ms`]; grows with the factor, with the habit, and in the
    /// order of [`Cue::ALL`] and [`AnswerKind::ALL`], but for a yes where that
    /// was asked for and for a farewell.
    pub fn budget_ms(&self, s: &EndpointSettings) -> u32 {
        // Real words end the thinking; until they are known it may be one of
        // those who think aloud.
        let (cue, words) = match self.cue {
            Some(known) => known,
            None if self.thinking => (Cue::Thinking, 0),
            None => (Cue::Unsure, u32::MAX),
        };
        let base = base_ms(s, self.asked, cue, (words, self.told));
        // "That was my answer" needs no knowledge of the speaker, and time
        // to think is long enough for everybody.
        let habit = match cue {
            Cue::Done | Cue::Thinking => 1.0,
            Cue::Asks | Cue::Closing | Cue::Whole => self.sentences_factor(s),
            // Never less than after a whole sentence.
            _ => {
                let all = self.habit.factor(s.habit_usual_ms, s);
                all.max(self.sentences_factor(s))
            }
        };
        let ms = (base as f32 * habit).min(s.most_ms.max(base) as f32);
        // Whoever was talked over once in this answer is not talked over
        // again in a pause like that.
        let ms = match cue {
            Cue::Done | Cue::Asks => ms,
            _ => ms.max((self.cut_ms as f32 * AFTER_A_CUT).min(s.most_ms as f32)),
        };
        (ms * self.factor.max(1.0)).ceil() as u32
    }

    fn sentences_factor(&self, s: &EndpointSettings) -> f32 {
        self.between.factor(s.habit_between_ms, s)
    }
}

/// The longest budget that these settings can give, in milliseconds.
pub fn longest_ms(s: &EndpointSettings, factor: f32) -> u32 {
    let base = AnswerKind::ALL
        .iter()
        .flat_map(|asked| Cue::ALL.map(|cue| base_ms(s, *asked, cue, (0, None))))
        .fold(s.most_ms, u32::max);
    (base as f32 * factor.max(1.0)).ceil() as u32
}

/// The budget of an average speaker without accommodation, after so many
/// words that tell so much of what was asked for.
fn base_ms(
    s: &EndpointSettings,
    asked: AnswerKind,
    cue: Cue,
    (words, told): (u32, Option<Told>),
) -> u32 {
    let unsure = match asked {
        AnswerKind::YesNo => s.yes_no_ms,
        AnswerKind::Short => s.short_ms,
        AnswerKind::Point | AnswerKind::Long => s.long_ms,
        AnswerKind::Story => s.story_ms,
    };
    let whole = match asked {
        AnswerKind::YesNo | AnswerKind::Short => s.complete_short_ms,
        AnswerKind::Point => s.complete_point_ms,
        AnswerKind::Long => s.complete_ms,
        AnswerKind::Story => s.complete_story_ms,
    };
    // Few words are hardly the whole answer where many were asked for.
    let brief = match asked {
        AnswerKind::YesNo | AnswerKind::Short => 0,
        AnswerKind::Point => s.brief_words / 2,
        AnswerKind::Long => s.brief_words,
        AnswerKind::Story => s.brief_story_words,
    };
    // From a first sentence to as much as such answers have, the end becomes
    // likelier with every word.
    let enough = match asked {
        AnswerKind::YesNo | AnswerKind::Short | AnswerKind::Point => 0,
        AnswerKind::Long => s.enough_words,
        AnswerKind::Story => s.enough_story_words,
    };
    // Many words that told little of what was asked for are on their way to
    // something. That most was told shortens nothing: an example may follow.
    let of = enough.saturating_sub(brief).max(1);
    let left = enough.saturating_sub(words.max(brief));
    let left = match told {
        Some(Told::Little) if enough > 0 => left.max(of / 2),
        _ => left,
    };
    let sentence = between(whole, s.sentence_ms, left, of);
    // The fewer words, the less likely: "Hello, I'm Maria." opens an answer.
    let opening = words < brief;
    let first = match asked {
        AnswerKind::Point => s.sentence_ms,
        _ => s.brief_ms,
    };
    let sentence = between(sentence, first, brief.saturating_sub(words), brief);
    match cue {
        // "No, that is all." is mostly followed by a word of thanks.
        Cue::Done if asked == AnswerKind::Short => s.farewell_ms,
        Cue::Done => s.done_ms,
        Cue::Yes if asked == AnswerKind::YesNo => whole,
        Cue::Yes => s.listing_ms.max(unsure).max(sentence),
        Cue::Asks => s.complete_short_ms,
        Cue::Closing if opening => sentence,
        // "That's why ..." stands in the middle of an explanation, too: early
        // on it is half a sign.
        Cue::Closing if words < enough / 2 => whole.midpoint(sentence),
        Cue::Closing => whole,
        Cue::Whole => sentence,
        Cue::Unsure => sentence.max(unsure),
        Cue::Listing => s.listing_ms.max(unsure).max(sentence),
        Cue::GoesOn => s.incomplete_ms.max(unsure).max(sentence),
        Cue::Filler => s.filler_ms.max(unsure).max(sentence),
        Cue::Thinking => s.thinking_ms.max(unsure),
    }
}

/// `left` parts of `of` on the way from the least to the most, which is no
/// less than the least.
fn between(least: u32, most: u32, left: u32, of: u32) -> u32 {
    let more = u64::from(most.max(least) - least) * u64::from(left);
    least + more.div_ceil(u64::from(of.max(1))) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn budget(asked: AnswerKind, cue: Option<Cue>, factor: f32) -> u32 {
        let patience = Patience {
            asked,
            cue: cue.map(|c| (c, 200)),
            factor,
            ..Patience::default()
        };
        patience.budget_ms(&EndpointSettings::default())
    }

    #[test]
    fn who_said_that_this_was_all_is_answered_at_once() {
        let s = EndpointSettings::default();
        for asked in AnswerKind::ALL {
            let ms = match asked {
                AnswerKind::Short => s.farewell_ms,
                _ => s.done_ms,
            };
            assert_eq!(budget(asked, Some(Cue::Done), 1.0), ms);
        }
    }

    #[test]
    fn a_yes_is_the_answer_or_the_beginning_of_one() {
        let s = EndpointSettings::default();
        let after = |asked| budget(asked, Some(Cue::Yes), 1.0);
        assert_eq!(after(AnswerKind::YesNo), s.complete_short_ms);
        // "Do you have any questions?" "Yes. How big is the team?"
        assert!(after(AnswerKind::Short) > 2 * budget(AnswerKind::Short, Some(Cue::Whole), 1.0));
    }

    #[test]
    fn a_name_needs_less_patience_than_a_story() {
        for cue in [None, Some(Cue::Whole), Some(Cue::Unsure)] {
            assert!(budget(AnswerKind::Short, cue, 1.0) < budget(AnswerKind::Story, cue, 1.0));
        }
    }

    #[test]
    fn an_opening_is_no_answer_to_a_long_question() {
        let s = EndpointSettings::default();
        let mut patience = Patience {
            cue: Some((Cue::Whole, 2)),
            ..Patience::default()
        };
        // The patience for openings falls with every word.
        let opening = patience.budget_ms(&s);
        assert!(s.sentence_ms < opening && opening < s.brief_ms, "{opening}");
        patience.cue = Some((Cue::Whole, 5));
        assert!(patience.budget_ms(&s) < opening);
        patience.asked = AnswerKind::YesNo;
        assert_eq!(patience.budget_ms(&s), s.complete_short_ms);
    }

    #[test]
    fn the_more_was_told_the_likelier_is_the_end() {
        let s = EndpointSettings::default();
        let after = |asked, words| {
            let patience = Patience {
                asked,
                cue: Some((Cue::Whole, words)),
                ..Patience::default()
            };
            patience.budget_ms(&s)
        };
        assert_eq!(after(AnswerKind::Long, s.brief_words), s.sentence_ms);
        assert_eq!(after(AnswerKind::Long, s.enough_words), s.complete_ms);
        let half = (s.brief_words + s.enough_words) / 2;
        let between = after(AnswerKind::Long, half);
        assert!(s.complete_ms < between && between < s.sentence_ms);
        // A point more is made in a sentence, and in a short one.
        assert_eq!(
            after(AnswerKind::Point, s.brief_words / 2),
            s.complete_point_ms
        );
        assert!(after(AnswerKind::Point, 1) > s.complete_point_ms * 3 / 2);
        assert_eq!(after(AnswerKind::Point, s.brief_words), s.complete_point_ms);
        assert_eq!(
            budget(AnswerKind::Long, Some(Cue::Closing), 1.0),
            s.complete_ms
        );
    }

    #[test]
    fn whoever_told_little_in_many_words_is_waited_for_longer() {
        let s = EndpointSettings::default();
        let after = |told, words| {
            let patience = Patience {
                cue: Some((Cue::Whole, words)),
                told,
                ..Patience::default()
            };
            patience.budget_ms(&s)
        };
        let half = (s.brief_words + s.enough_words) / 2;
        assert_eq!(after(Some(Told::Some), half), after(None, half));
        assert_eq!(after(Some(Told::Most), half), after(None, half));
        let many = s.enough_words * 2;
        assert_eq!(after(None, many), s.complete_ms);
        let little = after(Some(Told::Little), many);
        assert!(s.complete_ms < little && little < s.sentence_ms, "{little}");
    }

    #[test]
    fn whoever_was_talked_over_is_not_talked_over_in_such_a_pause_again() {
        let s = EndpointSettings::default();
        let mut patience = Patience {
            asked: AnswerKind::Point,
            cue: Some((Cue::Whole, 30)),
            ..Patience::default()
        };
        assert_eq!(patience.budget_ms(&s), s.complete_point_ms);
        patience.cut_ms = 1_300;
        assert!(patience.budget_ms(&s) > 1_300);
        // But "that's all" is all.
        patience.cue = Some((Cue::Done, 30));
        assert_eq!(patience.budget_ms(&s), s.done_ms);
        patience.cue = Some((Cue::Whole, 30));
        patience.cut_ms = s.reopen_ms * 3;
        assert!(patience.budget_ms(&s) <= s.most_ms);
    }

    #[test]
    fn whoever_stops_long_between_sentences_is_waited_for_there() {
        let s = EndpointSettings::default();
        let mut patience = Patience {
            cue: Some((Cue::Whole, 200)),
            ..Patience::default()
        };
        for _ in 0..12 {
            patience.between.learn(s.habit_between_ms * 3 / 2, &s);
        }
        assert!(patience.budget_ms(&s) > s.complete_ms * 6 / 5);
        patience.cue = Some((Cue::Done, 200));
        assert_eq!(patience.budget_ms(&s), s.done_ms);
    }

    #[test]
    fn granted_thinking_is_left_with_the_first_real_words() {
        let s = EndpointSettings::default();
        let mut patience = Patience {
            thinking: true,
            ..Patience::default()
        };
        assert_eq!(patience.budget_ms(&s), s.thinking_ms);
        patience.cue = Some((Cue::Thinking, 3));
        assert_eq!(patience.budget_ms(&s), s.thinking_ms);
        patience.cue = Some((Cue::Whole, 200));
        assert_eq!(patience.budget_ms(&s), s.complete_ms);
    }

    fn told() -> impl Strategy<Value = Told> {
        prop::sample::select(vec![Told::Little, Told::Some, Told::Most])
    }

    proptest! {
        #[test]
        fn more_of_anything_is_never_less_patience(
            asked in 0usize..5, cue in 0usize..10, words in 0u32..120, factor in 1f32..10.0, more in 0f32..4.0,
            thinking: bool, cut_ms in 0u32..3_000, told in prop::option::of(told()), pauses in prop::collection::vec(0u32..5_000, 0..60),
        ) {
            let s = EndpointSettings::default();
            let (mut habit, mut between) = (Habit::default(), Habit::default());
            for pause in pauses {
                habit.learn(pause, &s);
                between.learn(pause / 2, &s);
            }
            let of = |asked, cue, words, factor, thinking| Patience {
                asked,
                cue: Some((cue, words)),
                told,
                cut_ms,
                factor,
                thinking,
                habit: habit.clone(),
                between: between.clone(),
            }.budget_ms(&s);
            let patience = |asked, cue, factor, thinking| of(asked, cue, words, factor, thinking);
            let (a, c) = (AnswerKind::ALL[asked], Cue::ALL[cue]);
            let ms = patience(a, c, factor, thinking);
            prop_assert!(ms >= s.done_ms);
            prop_assert!(ms <= longest_ms(&s, factor));
            prop_assert!(patience(a, c, factor + more, thinking) >= ms);
            prop_assert!(of(a, c, words + 1, factor, thinking) <= ms);
            prop_assert!(patience(a, c, factor, true) >= patience(a, c, factor, false));
            let farewell = c == Cue::Done && a == AnswerKind::Short;
            let yes = |cue| cue == Cue::Yes && a == AnswerKind::YesNo;
            if let Some(next) = Cue::ALL.get(cue + 1).filter(|next| !farewell && !yes(**next)) {
                prop_assert!(patience(a, *next, factor, thinking) >= ms);
            }
            if let Some(next) = AnswerKind::ALL.get(asked + 1).filter(|_| !farewell) {
                prop_assert!(patience(*next, c, factor, thinking) >= ms);
            }
        }
    }
}
