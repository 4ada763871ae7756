//! Sound in and out. A backend (devices by cpal, or files and programs on a
//! sample clock) feeds one frontend thread; the rest of the house sees only
//! [`AudioSession`]: events with sample positions in, lines to play out.
//!
//! Inside the house everything is 16 kHz mono `f32` in -1..1, and every
//! position counts samples since the session's audio began ([`SamplePos`]).
//! Callbacks copy and count; they never allocate, lock, log or wait.

pub mod align;
mod attempt;
pub mod capture;
mod device;
pub mod duplex;
pub mod echo;
pub mod endpoint;
mod error;
mod far;
mod feeder;
mod fft;
mod file;
pub mod frontend;
pub mod health;
mod hush;
pub mod interrupt;
pub mod level;
pub mod loudspeaker;
mod monitor;
mod near;
mod pace;
pub mod pcm;
pub mod playback;
mod player;
mod predict;
pub mod resample;
pub mod residual;
pub mod room;
mod session;
mod settings;
mod speaker;
mod stitch;
mod stream;
mod supervise;
mod watch;

pub use device::{DeviceInfo, list_devices};
pub use echo::EchoState;
pub use endpoint::{AnswerKind, Cue};
pub use error::AudioError;
pub(crate) use file::WavSpeaker;
pub use file::read_wav_16k;
pub use interrupt::Loudness;
pub use loudspeaker::Loudspeaker;
pub use pace::{Busy, BusyGuard, Held};
pub use player::{Flags, Player, Stopped};
pub use session::{AudioSession, Control, DeviceNames};
pub use settings::{AudioSettings, EndpointSettings, InterruptSettings};

use crate::event::{LineId, Told, Track};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// Sample rate inside the house, in Hz.
pub const RATE: u32 = 16_000;

/// A count of 16 kHz samples since the session's audio began.
pub type SamplePos = u64;

/// Number of one stretch of speech between two pauses, from 1.
pub type SegmentId = u32;

/// Milliseconds of a sample position.
pub const fn pos_ms(pos: SamplePos) -> u64 {
    pos * 1000 / RATE as u64
}

/// Where the near end comes from.
pub enum MicSpec {
    /// A capture device by (part of its) name, or the default one.
    Device(Option<String>),
    /// A WAV file of any rate and channel count; silence after its end.
    Wav(PathBuf),
    /// A program, such as a simulated candidate.
    Live(Box<dyn MicSource>),
}

/// Where the far end goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeakerSpec {
    /// A playback device by (part of its) name, or the default one.
    Device(Option<String>),
    /// A 16 kHz mono WAV file, on the microphone's sample clock.
    Wav(PathBuf),
    /// Nowhere; lines take their time all the same.
    None,
}

/// How fast a backend without devices runs.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// One second a second.
    #[default]
    Real,
    /// As fast as possible while nobody is at work ([`Busy`]), one second a
    /// second while somebody is: so latencies on the sample clock stay true.
    Fast,
}

/// A microphone made by a program.
pub trait MicSource: Send {
    /// Fills `out` (16 kHz mono) with the samples from position `at` on.
    fn fill(&mut self, at: SamplePos, out: &mut [f32]);
}

/// One finished or paused stretch of speech, pre-roll included.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its number; a resumed segment keeps it.
    pub id: SegmentId,
    /// Position of `audio[0]` (pre-roll included).
    pub start: SamplePos,
    /// First speech sample.
    pub speech_start: SamplePos,
    /// Last speech sample.
    pub speech_end: SamplePos,
    /// 16 kHz mono.
    pub audio: Arc<[f32]>,
}

/// What became of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceNews {
    /// Nothing is captured or played from now on. Silence on the microphone's
    /// side says nothing of the candidate until it is back.
    Gone,
    /// The same of a microphone, and what came from it of late was a copy of
    /// what was played.
    Copy,
    /// It works again.
    Back,
    /// It works, but badly: too quiet, too loud, in much noise, muted.
    Poor,
    /// That is over.
    Well,
}

/// What the frontend tells.
#[derive(Debug)]
pub enum AudioEvent {
    /// Speech began; `over_line` where a line was playing at the time.
    SpeechStarted {
        /// First speech sample.
        at: SamplePos,
        /// The line that was playing.
        over_line: Option<LineId>,
    },
    /// A short pause: decode now, the turn may be over. Taken back by
    /// `Resumed` with the same segment number.
    Paused(Segment),
    /// Speech went on after all; what was decoded of the segment is void.
    Resumed {
        /// Which segment.
        segment: SegmentId,
    },
    /// The segment is closed but the turn goes on (cut at a pause inside a
    /// long answer); the audio is that of the last `Paused` of this segment.
    SegmentClosed {
        /// Which segment.
        segment: SegmentId,
    },
    /// The turn is over: the last segment is closed too.
    TurnEnded {
        /// Last segment of the turn.
        segment: SegmentId,
        /// Last speech sample.
        speech_end: SamplePos,
        /// Where the endpointer decided.
        at: SamplePos,
    },
    /// A voice goes on over this line, which is held: silent, but in its
    /// place. The words decide what becomes of it
    /// ([`Player::stop`] or [`FrontendCommand::Restore`]).
    BargeIn {
        /// The line that was playing.
        line: LineId,
        /// First speech sample.
        at: SamplePos,
    },
    /// The first sample of a line was played.
    LineStarted {
        /// Which line.
        line: LineId,
        /// Where on the sample clock.
        at: SamplePos,
    },
    /// A line's loudness began to change: softened for a sound over it, held
    /// for a voice, or brought back.
    LineLevel {
        /// Which line.
        line: LineId,
        /// Where on the sample clock.
        at: SamplePos,
        /// To what.
        loudness: Loudness,
    },
    /// A line was played to its end or stopped.
    LineEnded {
        /// Which line.
        line: LineId,
        /// Where on the sample clock.
        at: SamplePos,
        /// How many of its 16 kHz samples were really played.
        played: u64,
        /// Whether that was all of them.
        complete: bool,
    },
    /// 100 ms of both tracks on one clock, for the record.
    Chunk {
        /// Position of the first sample.
        at: SamplePos,
        /// Microphone, as it was captured.
        near: Vec<i16>,
        /// What was played.
        far: Vec<i16>,
    },
    /// Samples were lost; silence stands in their place in the chunks.
    Gap {
        /// Which side.
        track: Track,
        /// First missing sample.
        at: SamplePos,
        /// How many.
        samples: u64,
        /// Why.
        why: String,
    },
    /// Loudness of the last 100 ms, in dB of full scale.
    Level {
        /// Microphone, root mean square.
        near_db: f32,
        /// Speaker, root mean square.
        far_db: f32,
    },
    /// What is known of the echo, once a second while something is played.
    Echo(EchoState),
    /// The microphone's file came to its end; silence follows.
    MicEnded {
        /// Where on the sample clock.
        at: SamplePos,
    },
    /// A microphone or speaker is gone, back, or does not do its work.
    Device {
        /// Which side.
        track: Track,
        /// What became of it.
        news: DeviceNews,
        /// One sentence for a person: what is wrong and what to do.
        message: String,
    },
    /// A device failed; `fatal` where nothing follows.
    Trouble {
        /// One sentence for a person.
        message: String,
        /// Whether audio is over.
        fatal: bool,
    },
}

/// What the frontend can be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FrontendCommand {
    /// What is being answered from now on: how patient to be.
    Expect(AnswerKind),
    /// Whether the candidate was given time to think.
    Thinking(bool),
    /// End the turn now if speech was heard (the candidate said "finished").
    Finish,
    /// Accommodation: pauses may be this many times longer.
    PauseFactor(f32),
    /// The sound over the line was nothing: bring the line back.
    Restore {
        /// It was the line's own echo, so that more is asked of the next
        /// sound.
        echo: bool,
    },
    /// Hear and record silence in place of the microphone, or the microphone
    /// again.
    Mute(bool),
    /// It is so loud that no word can be understood, or no longer: until then
    /// no sound over a line is heard, so that the line can be.
    Din(bool),
    /// What the words decoded so far suggest about what follows.
    Cue {
        /// The last segment that the words are from.
        segment: SegmentId,
        /// What they suggest.
        cue: Cue,
        /// How many words of the turn there are.
        words: u32,
    },
    /// How much of what was asked for the words decoded so far tell.
    Told {
        /// The last segment that the words are from.
        segment: SegmentId,
        /// How much.
        told: Told,
    },
}
