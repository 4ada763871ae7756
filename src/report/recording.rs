//! What there is to hear of a session: how long the recording is, and where
//! it is silent because something is missing.

use crate::event::{Event, Track};
use serde::Serialize;

/// Why the time before consent is silent: told by every record and no fault.
const BEFORE_CONSENT: &str = "before consent";

/// A missing stretch of one side.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct AudioGap {
    /// Which side.
    pub track: Track,
    /// Its begin, milliseconds of the recording.
    pub start_ms: u64,
    /// How long it is, milliseconds.
    pub length_ms: u64,
    /// Why it is missing.
    pub why: String,
}

/// The recording, from the log's facts about it.
#[derive(Serialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Samples a second; nothing where nothing was recorded.
    pub rate: Option<u32>,
    /// How long it is, milliseconds; nothing where its end is not on the log.
    pub length_ms: Option<u64>,
    /// What is missing.
    pub gaps: Vec<AudioGap>,
}

impl Recording {
    /// Whether there is anything to hear.
    pub fn exists(&self) -> bool {
        self.rate.is_some()
    }

    /// What is missing after consent was given.
    pub fn losses(&self) -> impl Iterator<Item = &AudioGap> {
        self.gaps.iter().filter(|gap| gap.why != BEFORE_CONSENT)
    }

    /// Takes one event of the log.
    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::AudioStarted { rate } => self.rate = Some((*rate).max(1)),
            Event::AudioEnded { samples } => self.length_ms = Some(self.ms(*samples)),
            Event::Gap {
                track,
                first_sample,
                samples,
                why,
            } => self.gaps.push(AudioGap {
                track: *track,
                start_ms: self.ms(*first_sample),
                length_ms: self.ms(*samples),
                why: why.clone(),
            }),
            _ => {}
        }
    }

    fn ms(&self, samples: u64) -> u64 {
        let rate = u64::from(self.rate.unwrap_or(crate::record::RATE));
        // In two parts, so that no number of samples overflows.
        (samples / rate)
            .saturating_mul(1000)
            .saturating_add(samples % rate * 1000 / rate)
    }
}
