//! A real speaker that may go and come back.

use super::capture::Missing;
use super::device::Way;
use super::echo::STEP;
use super::error::AudioError;
use super::far::DeviceSpeaker;
use super::frontend::LineNews;
use super::player::Lines;
use super::stream::{SpeakerStream, open_speaker};
use super::supervise::{Supervised, Turn, back_words, lost_words, stuck_words};
use super::{AudioEvent, DeviceNews, SamplePos};
use crate::clock::Clock;
use crate::event::Track;
use std::sync::Arc;

/// The speaker's device and what it plays, on the microphone's sample clock.
pub(super) struct Speaker {
    device: Supervised<SpeakerStream>,
    far: DeviceSpeaker,
    wall: Clock,
    /// The device that was told as lost.
    had: String,
}

impl Speaker {
    /// Opens (part of) a name, or the default speaker.
    pub(super) fn open(
        wanted: Option<String>,
        buffer: Option<u32>,
        wall: &Clock,
        lines: &Arc<Lines>,
    ) -> Result<Self, AudioError> {
        let (clock, queue) = (wall.clone(), lines.clone());
        let open = move |pick| open_speaker(pick, buffer, &clock, &queue);
        let mut device = Supervised::open(Way::Out, wanted, wall, open)?;
        let had = device.name().to_owned();
        let ends = device.stream().and_then(|stream| stream.ends.take());
        let ends = ends.ok_or_else(|| AudioError::NoDevice {
            kind: Way::Out.kind(),
            detail: String::new(),
        })?;
        Ok(Self {
            device,
            far: DeviceSpeaker::new(lines.clone(), ends)?,
            wall: wall.clone(),
            had,
        })
    }

    /// The device's name.
    pub(super) fn name(&self) -> &str {
        self.device.name()
    }

    /// What was heard during the step at `pos`; looks after the device
    /// meanwhile. `near_ns` is when position 0 was captured, if known.
    pub(super) fn step(
        &mut self,
        pos: SamplePos,
        near_ns: Option<i64>,
        out: &mut [f32; STEP],
        news: &mut Vec<LineNews>,
        missing: &mut Vec<Missing>,
        events: &mut Vec<AudioEvent>,
    ) {
        self.tend(pos, news, missing, events);
        self.far.step(pos, near_ns, out, news, missing);
    }

    fn tend(
        &mut self,
        pos: SamplePos,
        news: &mut Vec<LineNews>,
        missing: &mut Vec<Missing>,
        events: &mut Vec<AudioEvent>,
    ) {
        let Some(turn) = self.device.tend(self.wall.now().millis()) else {
            return;
        };
        let mut tell = |news, message| {
            events.push(AudioEvent::Device {
                track: Track::Far,
                news,
                message,
            });
        };
        match turn {
            Turn::Lost(why) => {
                tell(DeviceNews::Gone, lost_words(Way::Out, why));
                self.far.lose(pos, why, news, missing);
            }
            Turn::Opened => {
                let stream = self.device.stream();
                if let Some(ends) = stream.and_then(|stream| stream.ends.take())
                    && let Err(error) = self.far.attach(ends)
                {
                    tracing::warn!(%error, "The new speaker cannot be followed");
                }
            }
            Turn::Stuck => events.push(AudioEvent::Trouble {
                message: stuck_words(Way::Out),
                fatal: false,
            }),
            Turn::Discarded => self.far.detach(),
            Turn::Back => {
                self.far.back(pos, missing);
                let name = self.device.name();
                tell(DeviceNews::Back, back_words(Way::Out, &self.had, name));
                self.had = name.to_owned();
            }
        }
    }
}
