//! What can be set about sound, with the reason for each default.

use super::Pace;
use crate::clock::Clock;
use serde::{Deserialize, Serialize};

/// How an audio session runs.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(default, deny_unknown_fields)]
pub struct AudioSettings {
    /// Real time, or as fast as possible. Devices know real time only.
    pub pace: Pace,
    /// A driven clock that moves with the sample counter, so that the whole
    /// house lives on the audio's time when that is faster than the wall's.
    #[serde(skip)]
    pub clock: Option<Clock>,
    /// When speech begins, pauses and ends.
    pub endpoint: EndpointSettings,
    /// Take the speaker's sound out of the microphone's before listening to
    /// it. Needed with loudspeakers, harmless with a headset: it stands aside
    /// while nothing is played.
    pub echo_cancel: bool,
    /// Whether the candidate may talk over a line. Off: whatever is said
    /// while a line plays is recorded but makes no speech event.
    pub barge_in: bool,
    /// When a sound over a line softens it, and when it stops it.
    pub interrupt: InterruptSettings,
    /// Frames a device should hand over at a time. None: what the sound
    /// system likes best, which is the safest choice. Either way the true
    /// size varies.
    pub buffer_frames: Option<u32>,
}

impl Default for AudioSettings {
    fn default() -> Self {
        Self {
            pace: Pace::Real,
            clock: None,
            endpoint: EndpointSettings::default(),
            echo_cancel: true,
            barge_in: true,
            interrupt: InterruptSettings::default(),
            buffer_frames: None,
        }
    }
}

/// What a sound over a line does to it. Times are milliseconds; they are
/// rounded up to whole frames of 16 ms.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct InterruptSettings {
    /// Frames out of three in a row that must stand out of echo and noise
    /// for the line to be softened. One would do it for every click; three
    /// are later than 60 ms.
    pub duck_frames: u32,
    /// How far a single frame must stand out to do it alone, in dB: a near
    /// voice does, what is left of an echo does not.
    pub duck_alone_db: f32,
    /// From a sound's first frame to the line's stop, where it is a voice
    /// that goes on: longer than a cough, and early enough that the line is
    /// silent within 380 ms.
    pub stop_ms: u32,
    /// Voice needed within that time: coughs and knocks have little.
    pub voiced_ms: u32,
    /// A hole in the voice that does not end it (stop consonants).
    pub gap_ms: u32,
    /// Quiet after which a softened line is brought back, where no word was
    /// heard.
    pub quiet_ms: u32,
    /// Quiet after which it is brought back although words were heard and
    /// nobody has said what became of them: longer than any decode.
    pub verdict_ms: u32,
    /// A sound that goes on for so long without a word is noise: the line is
    /// brought back over it, and stays until a voice is heard.
    pub noise_ms: u32,
}

impl Default for InterruptSettings {
    fn default() -> Self {
        Self {
            duck_frames: 2,
            duck_alone_db: 10.0,
            stop_ms: 288,
            voiced_ms: 144,
            gap_ms: 64,
            quiet_ms: 160,
            verdict_ms: 4_000,
            noise_ms: 1_000,
        }
    }
}

/// When speech begins, pauses and ends. Times are milliseconds; they are
/// rounded up to whole frames of 16 ms.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct EndpointSettings {
    /// Probability of voice, 0-1, from which a frame counts as speech while
    /// nobody speaks. One half is where the detector was trained to decide.
    pub begin_probability: f32,
    /// The same while somebody speaks: lower, because the ends of words are
    /// soft and a turn must not break on them.
    pub keep_probability: f32,
    /// A frame this much softer than the speech around it is silence, in dB,
    /// even where the detector is not sure yet: it takes about 100 ms to
    /// believe in an end. The softest sounds of words lie some 25 dB below
    /// the loudest; 100 switches it off.
    pub end_drop_db: f32,
    /// Speech frames needed among the last `onset_window` for speech to have
    /// begun: clicks make one or two.
    pub onset_frames: u32,
    /// See `onset_frames`; 5 frames are 80 ms.
    pub onset_window: u32,
    /// A burst with less speech than this is dropped: a cough or a knock
    /// must not take the turn, and the shortest "no" is longer.
    pub min_speech_ms: u32,
    /// Audio kept from before the first speech frame: unvoiced first sounds
    /// (h, f, s) come before the detector's onset.
    pub pre_roll_ms: u32,
    /// Silence kept after the last speech frame: recognisers swallow a last
    /// word that touches the end.
    pub tail_ms: u32,
    /// Silence after which decoding starts on the chance that the turn is
    /// over. Shorter wastes decodes inside sentences, longer delays replies.
    pub pause_ms: u32,
    /// A pause this long closes a segment of at least `close_after_ms`, so
    /// that a long answer is decoded while it is being given.
    pub close_pause_ms: u32,
    /// See `close_pause_ms`.
    pub close_after_ms: u32,
    /// A segment this long is cut at its quietest recent place: the
    /// recogniser takes 30 s at most.
    pub cut_after_ms: u32,
    /// How far back from the end that quietest place may lie.
    pub cut_search_ms: u32,
    /// Silence that ends a turn when yes or no was asked for and the words
    /// are not known or say nothing: some breathe after "yes" and say more.
    pub yes_no_ms: u32,
    /// The same when a few words were asked for.
    pub short_ms: u32,
    /// The same when an explanation was asked for: people stop for half a
    /// second and more to think inside one.
    pub long_ms: u32,
    /// The same when something was to be told: longer thoughts, longer stops.
    pub story_ms: u32,
    /// Silence that is enough after the speaker said that this was all. Not
    /// nothing: "that's all" may yet be "that's all well and good".
    pub done_ms: u32,
    /// The same where a few words were asked for: "No, that is all." is mostly
    /// followed by a word of thanks, and nothing is lost by waiting for it.
    pub farewell_ms: u32,
    /// Silence that is enough after a whole answer to a short question, and
    /// after a question back: little ever follows.
    pub complete_short_ms: u32,
    /// Silence that is enough after a whole sentence where one point more
    /// was asked for: most make it in one.
    pub complete_point_ms: u32,
    /// Silence that is enough when an explanation is whole sentences and as
    /// long as such answers are (`enough_words`), or its last sentence looks
    /// back at it: a little more than speakers leave between two sentences.
    pub complete_ms: u32,
    /// The same in a story, which has more sentences (`enough_story_words`).
    pub complete_story_ms: u32,
    /// Silence that is needed after the first whole sentences of an
    /// explanation or a story. It falls with every word to `complete_ms` or
    /// `complete_story_ms`. The reply is made meanwhile, so that no more
    /// silence follows.
    pub sentence_ms: u32,
    /// Words with which an explanation may well be whole; not quite where they
    /// tell little of what was asked for.
    pub enough_words: u32,
    /// The same in a story.
    pub enough_story_words: u32,
    /// Silence that is needed after a whole sentence that is too short to be
    /// the answer that was asked for ("Good question."). It falls with every
    /// word to `sentence_ms`. Nearly everybody goes on after so little.
    pub brief_ms: u32,
    /// Words from which on an explanation may be whole; half of them where
    /// one point more was asked for.
    pub brief_words: u32,
    /// Words from which on a story may be whole.
    pub brief_story_words: u32,
    /// Silence that is needed inside a list whose end was not reached.
    pub listing_ms: u32,
    /// Silence that is needed when the words so far clearly go on ("and...").
    pub incomplete_ms: u32,
    /// Silence that is needed after "um": the word is being looked for, and
    /// that takes longer than a breath.
    pub filler_ms: u32,
    /// Silence that is needed after "let me think", and by whoever was given
    /// time to think until real words come. Long enough for most thoughts,
    /// short enough that nobody believes the line dead.
    pub thinking_ms: u32,
    /// No budget is longer, but for `thinking_ms` and the accommodation.
    pub most_ms: u32,
    /// Speech that begins again this soon after a turn was ended shows that
    /// the turn was not over: the pause is learnt from. Also the longest
    /// pause that is.
    pub reopen_ms: u32,
    /// What is usual: four of five pauses of an average speaker that are
    /// longer than a breath are shorter than this.
    pub habit_usual_ms: u32,
    /// The same for pauses after whole sentences that lasted until the words
    /// were known.
    pub habit_between_ms: u32,
    /// How many of the speaker's own pauses weigh as much as what is usual.
    pub habit_weight: u32,
    /// Budgets are never shortened below this for a speaker who hurries:
    /// hurry is often nerves at the beginning.
    pub habit_least: f32,
    /// Budgets are never stretched beyond this for a slow speaker; whoever
    /// needs more asks for the accommodation.
    pub habit_most: f32,
}

impl Default for EndpointSettings {
    fn default() -> Self {
        Self {
            begin_probability: 0.5,
            keep_probability: 0.35,
            end_drop_db: 35.0,
            onset_frames: 3,
            onset_window: 5,
            min_speech_ms: 96,
            pre_roll_ms: 300,
            tail_ms: 200,
            pause_ms: 128,
            close_pause_ms: 300,
            close_after_ms: 8_000,
            cut_after_ms: 25_000,
            cut_search_ms: 3_000,
            yes_no_ms: 500,
            short_ms: 500,
            long_ms: 1_056,
            story_ms: 1_072,
            done_ms: 240,
            farewell_ms: 800,
            complete_short_ms: 320,
            complete_point_ms: 430,
            complete_ms: 500,
            complete_story_ms: 760,
            sentence_ms: 1_072,
            enough_words: 140,
            enough_story_words: 200,
            brief_ms: 2_400,
            brief_words: 6,
            brief_story_words: 8,
            listing_ms: 1_600,
            incomplete_ms: 2_400,
            filler_ms: 2_600,
            thinking_ms: 4_000,
            most_ms: 3_000,
            reopen_ms: 2_000,
            habit_usual_ms: 700,
            habit_between_ms: 800,
            habit_weight: 8,
            habit_least: 0.85,
            habit_most: 1.6,
        }
    }
}

impl EndpointSettings {
    /// For a recogniser that hears a sentence or two well and long answers
    /// badly, as the starter model does: stretches of speech are closed in
    /// the first pause after so much, and cut after so much where none comes.
    pub const fn in_short_stretches(&mut self) {
        self.close_after_ms = 1_200;
        self.cut_after_ms = 10_000;
    }

    /// Whether the values are in range and in order.
    ///
    /// # Errors
    ///
    /// The first that is not, by name, with what was found and expected.
    pub fn check(&self) -> Result<(), String> {
        let within = |name: &str, found: f32, low: f32, high: f32| {
            if found >= low && found <= high {
                Ok(())
            } else {
                Err(format!(
                    "endpoint.{name}: found {found}, expected {low} to {high}"
                ))
            }
        };
        within("begin_probability", self.begin_probability, 0.01, 1.0)?;
        within("keep_probability", self.keep_probability, 0.01, 1.0)?;
        within("end_drop_db", self.end_drop_db, 20.0, 100.0)?;
        within("onset_window", self.onset_window as f32, 1.0, 32.0)?;
        let window = self.onset_window as f32;
        within("onset_frames", self.onset_frames as f32, 1.0, window)?;
        within("habit_least", self.habit_least, 0.5, 1.0)?;
        within("habit_most", self.habit_most, 1.0, 4.0)?;
        for (name, ms, low, high) in [
            ("min_speech_ms", self.min_speech_ms, 16, 1_000),
            ("pre_roll_ms", self.pre_roll_ms, 0, 2_000),
            ("tail_ms", self.tail_ms, 0, 2_000),
            ("pause_ms", self.pause_ms, 16, 2_000),
            ("close_pause_ms", self.close_pause_ms, 16, 10_000),
            ("close_after_ms", self.close_after_ms, 500, 29_000),
            ("cut_after_ms", self.cut_after_ms, 1_024, 29_000),
            ("cut_search_ms", self.cut_search_ms, 16, 29_000),
            ("habit_usual_ms", self.habit_usual_ms, 100, 5_000),
            ("habit_between_ms", self.habit_between_ms, 100, 5_000),
            ("habit_weight", self.habit_weight, 1, 1_000),
            ("brief_words", self.brief_words, 0, 100),
            ("brief_story_words", self.brief_story_words, 0, 100),
            ("enough_words", self.enough_words, 0, 1_000),
            ("enough_story_words", self.enough_story_words, 0, 1_000),
        ] {
            within(name, ms as f32, low as f32, high as f32)?;
        }
        for (name, ms) in [
            ("yes_no_ms", self.yes_no_ms),
            ("short_ms", self.short_ms),
            ("long_ms", self.long_ms),
            ("story_ms", self.story_ms),
            ("done_ms", self.done_ms),
            ("farewell_ms", self.farewell_ms),
            ("complete_short_ms", self.complete_short_ms),
            ("complete_point_ms", self.complete_point_ms),
            ("complete_ms", self.complete_ms),
            ("complete_story_ms", self.complete_story_ms),
            ("sentence_ms", self.sentence_ms),
            ("brief_ms", self.brief_ms),
            ("listing_ms", self.listing_ms),
            ("incomplete_ms", self.incomplete_ms),
            ("filler_ms", self.filler_ms),
            ("thinking_ms", self.thinking_ms),
            ("most_ms", self.most_ms),
            ("reopen_ms", self.reopen_ms),
        ] {
            // No budget is shorter than the pause that starts a decode.
            within(name, ms as f32, self.pause_ms as f32, 30_000.0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_what_is_not_is_named() {
        assert_eq!(EndpointSettings::default().check(), Ok(()));
        let bad = EndpointSettings {
            long_ms: 50,
            ..EndpointSettings::default()
        };
        let told = bad.check().unwrap_err();
        assert!(told.starts_with("endpoint.long_ms: found 50"), "{told}");
        let bad = EndpointSettings {
            keep_probability: f32::NAN,
            ..EndpointSettings::default()
        };
        assert!(bad.check().is_err());
    }
}
