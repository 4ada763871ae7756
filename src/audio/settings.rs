//! What can be set about sound, with the reason for each default.

use super::Pace;
use crate::clock::Clock;
use crate::event::Expects;
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
    /// Silence that ends a turn when a long answer is expected: people stop
    /// for half a second to think inside one.
    pub long_ms: u32,
    /// Silence that ends a turn when a few words are expected.
    pub short_ms: u32,
    /// Silence that ends a turn when yes or no is expected: some breathe
    /// after "yes" and say more.
    pub yes_no_ms: u32,
    /// Silence that is enough when the words so far are a whole sentence: a
    /// little more than speakers leave between two sentences.
    pub complete_ms: u32,
    /// Silence that is needed when the words so far clearly go on ("and...").
    pub incomplete_ms: u32,
}

impl Default for EndpointSettings {
    fn default() -> Self {
        Self {
            begin_probability: 0.5,
            keep_probability: 0.35,
            onset_frames: 3,
            onset_window: 5,
            min_speech_ms: 96,
            pre_roll_ms: 300,
            tail_ms: 200,
            pause_ms: 176,
            close_pause_ms: 300,
            close_after_ms: 8_000,
            cut_after_ms: 25_000,
            cut_search_ms: 3_000,
            long_ms: 700,
            short_ms: 500,
            yes_no_ms: 500,
            complete_ms: 520,
            incomplete_ms: 1_300,
        }
    }
}

impl EndpointSettings {
    /// Silence that ends a turn, in milliseconds, before any hint or factor.
    pub const fn budget_ms(&self, expects: Expects) -> u32 {
        match expects {
            Expects::Long | Expects::Nothing => self.long_ms,
            Expects::Short => self.short_ms,
            Expects::YesNo => self.yes_no_ms,
        }
    }
}
