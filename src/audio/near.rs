//! A real microphone that may go and come back.

use super::capture::Missing;
use super::device::Way;
use super::echo::STEP;
use super::error::AudioError;
use super::monitor::{self, Guard};
use super::stitch::Stitched;
use super::stream::{MicStream, open_mic};
use super::supervise::{Supervised, Turn, back_words, lost_words, stuck_words};
use super::{AudioEvent, DeviceNews, RATE, SamplePos};
use crate::clock::Clock;
use crate::event::Track;

/// A gap that goes on is told this often: 1 s.
const TELL: u64 = RATE as u64;

/// The microphone's device and what it captures, on one sample clock.
pub(super) struct DeviceMic {
    device: Supervised<MicStream>,
    stitched: Stitched,
    wall: Clock,
    /// The device that was told as lost.
    had: String,
    guard: Guard,
    /// Where there is nothing but a copy of what is played: up to here it was
    /// told.
    copy_told: Option<SamplePos>,
}

impl DeviceMic {
    /// Opens (part of) a name, or the default microphone.
    pub(super) fn open(
        wanted: Option<String>,
        buffer: Option<u32>,
        wall: &Clock,
    ) -> Result<Self, AudioError> {
        let clock = wall.clone();
        let open = move |pick| open_mic(pick, buffer, &clock);
        let named = wanted.is_some();
        let mut device = Supervised::open(Way::In, wanted, wall, open)?;
        let had = device.name().to_owned();
        monitor::refuse(&had, named, wall)?;
        let reader = device.stream().and_then(|stream| stream.reader.take());
        let reader = reader.ok_or_else(|| AudioError::NoDevice {
            kind: Way::In.kind(),
            detail: String::new(),
        })?;
        Ok(Self {
            device,
            stitched: Stitched::new(reader),
            wall: wall.clone(),
            had,
            guard: Guard::new(named),
            copy_told: None,
        })
    }

    /// The device's name.
    pub(super) fn name(&self) -> &str {
        self.device.name()
    }

    /// Whether what [`Self::read`] gave last stands in place of sound.
    pub(super) const fn absent(&self) -> bool {
        self.stitched.absent() || self.guard.absent()
    }

    /// Takes a step out that is no microphone's, but a copy of what is
    /// played; `far` is what was.
    pub(super) fn guard(
        &mut self,
        pos: SamplePos,
        near: &mut [f32; STEP],
        far: &[f32; STEP],
        missing: &mut Vec<Missing>,
        events: &mut Vec<AudioEvent>,
    ) {
        let turn = match self.stitched.absent() {
            true => None,
            false => self.guard.hear(self.wall.now().millis(), near, far),
        };
        if self.guard.absent() {
            near.fill(0.0);
            self.copy_told.get_or_insert(pos);
        }
        self.tell_copy(pos, missing);
        let (news, message) = match turn {
            Some(monitor::Turn::Gone) => (DeviceNews::Copy, monitor::GONE),
            Some(monitor::Turn::Back) => (DeviceNews::Back, monitor::BACK),
            None => return,
        };
        events.push(AudioEvent::Device {
            track: Track::Near,
            news,
            message: message.into(),
        });
    }

    /// Marks what was taken out up to here, now and then while that goes on
    /// and at its end, which may be that of the device.
    fn tell_copy(&mut self, pos: SamplePos, missing: &mut Vec<Missing>) {
        let goes_on = self.guard.absent();
        let Some(at) = self.copy_told.filter(|at| !goes_on || pos >= at + TELL) else {
            return;
        };
        self.copy_told = goes_on.then_some(pos);
        if pos > at {
            missing.push(Missing {
                at,
                samples: pos - at,
                why: monitor::COPY,
            });
        }
    }

    /// When position 0 was captured, in nanoseconds of the wall clock.
    pub(super) fn offset_ns(&self) -> Option<i64> {
        self.stitched.offset_ns()
    }

    /// Fills a step if there is one; looks after the device meanwhile.
    pub(super) fn read(
        &mut self,
        out: &mut [f32; STEP],
        missing: &mut Vec<Missing>,
        events: &mut Vec<AudioEvent>,
    ) -> bool {
        self.tend(events);
        self.stitched.read(self.wall.nanos() as i64, out, missing)
    }

    fn tend(&mut self, events: &mut Vec<AudioEvent>) {
        let now = self.wall.now().millis();
        let Some(turn) = self.device.tend(now) else {
            return;
        };
        let mut tell = |news, message| {
            events.push(AudioEvent::Device {
                track: Track::Near,
                news,
                message,
            });
        };
        match turn {
            Turn::Lost(why) => {
                self.guard.forget();
                self.stitched.lose(why, self.wall.nanos() as i64);
                tell(DeviceNews::Gone, lost_words(Way::In, why));
            }
            Turn::Opened => {
                let stream = self.device.stream();
                if let Some(reader) = stream.and_then(|stream| stream.reader.take()) {
                    self.stitched.attach(reader);
                }
            }
            Turn::Stuck => events.push(AudioEvent::Trouble {
                message: stuck_words(Way::In),
                fatal: false,
            }),
            Turn::Discarded => self.stitched.detach(),
            Turn::Back => {
                let name = self.device.name();
                tell(DeviceNews::Back, back_words(Way::In, &self.had, name));
                self.had = name.to_owned();
            }
        }
    }
}
