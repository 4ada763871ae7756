//! A loudspeaker to listen to recordings with, by rodio. A call does not use
//! it: there the far end must be tapped for the echo canceller.
//!
//! rodio's own rate conversion is linear, so it never gets anything to
//! convert: what goes in is at the device's rate already.

use super::RATE;
use super::attempt::{Attempt, OPEN_MS, Progress};
use super::device::{find_speaker, speaker_failed};
use super::error::AudioError;
use super::resample::Resampler;
use super::stream::Vitals;
use crate::clock::Clock;
use rodio::{DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink, Source};
use rtrb::{Consumer, Producer, RingBuffer};
use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Samples in which a cut fades out, in milliseconds: no click.
const FADE_MS: u32 = 8;
/// What the device and the system may still hold after the last sample was
/// taken from us.
const DRAIN: Duration = Duration::from_millis(350);

/// What both ends of the ring know, in samples at the device's rate.
#[derive(Debug, Default)]
struct Counts {
    /// Samples taken out.
    taken: AtomicU64,
    /// Everything before this sample is not wanted any more.
    cut: AtomicU64,
}

/// The ring's end in the device's callback: gives what is there, silence
/// where nothing is, and never ends. It copies and counts; it does not
/// allocate, lock, log or wait.
#[derive(Debug)]
pub struct RingSource {
    samples: Consumer<f32>,
    counts: Arc<Counts>,
    rate: NonZero<u32>,
    taken: u64,
    /// Samples of a fade-out that are left.
    fade: Option<u32>,
}

/// The ring's other end.
#[derive(Debug)]
pub struct RingFeed {
    samples: Producer<f32>,
    counts: Arc<Counts>,
    /// Samples put in since the beginning, and at the last cut.
    pushed: u64,
    cut_at: u64,
    /// What did not fit, because a cut is not obeyed yet.
    overflow: VecDeque<f32>,
}

/// A ring for a second of mono sound.
pub fn ring(rate: NonZero<u32>) -> (RingFeed, RingSource) {
    // Full: the rest waits in `overflow`, which `Loudspeaker::waiting` counts.
    let (samples, taken) = RingBuffer::new(rate.get() as usize);
    let counts = Arc::new(Counts::default());
    let source = RingSource {
        samples: taken,
        counts: counts.clone(),
        rate,
        taken: 0,
        fade: None,
    };
    let feed = RingFeed {
        samples,
        counts,
        pushed: 0,
        cut_at: 0,
        overflow: VecDeque::new(),
    };
    (feed, source)
}

impl RingFeed {
    /// Puts samples in, after those before.
    pub fn push(&mut self, pcm: &[f32]) {
        self.overflow.extend(pcm);
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(sample) = self.overflow.front() {
            if self.samples.push(*sample).is_err() {
                return;
            }
            self.overflow.pop_front();
            self.pushed += 1;
        }
    }

    /// What is in the ring fades out and is dropped.
    pub fn cut(&mut self) {
        self.overflow.clear();
        self.cut_at = self.pushed;
        self.counts.cut.store(self.pushed, Ordering::Release);
    }

    /// Samples that were taken out since the last cut.
    pub fn played(&mut self) -> u64 {
        self.settle();
        let taken = self.counts.taken.load(Ordering::Acquire);
        taken.saturating_sub(self.cut_at)
    }
}

impl RingSource {
    fn pop(&mut self) -> Option<f32> {
        let sample = self.samples.pop().ok()?;
        self.taken += 1;
        Some(sample)
    }

    fn sample(&mut self) -> f32 {
        let cut = self.counts.cut.load(Ordering::Acquire);
        if self.taken < cut {
            let whole = (self.rate.get() * FADE_MS / 1000).max(1);
            let left = self.fade.unwrap_or(whole);
            if left > 0
                && let Some(sample) = self.pop()
            {
                self.fade = Some(left - 1);
                return sample * left as f32 / whole as f32;
            }
            let rest = ((cut - self.taken) as usize).min(self.samples.slots());
            if let Ok(chunk) = self.samples.read_chunk(rest) {
                chunk.commit_all();
                self.taken += rest as u64;
            }
        }
        if self.taken >= cut {
            self.fade = None;
        }
        self.pop().unwrap_or(0.0)
    }
}

impl Iterator for RingSource {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        let sample = self.sample();
        self.counts.taken.store(self.taken, Ordering::Release);
        Some(sample)
    }
}

impl Source for RingSource {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> NonZero<u16> {
        NonZero::<u16>::MIN
    }

    fn sample_rate(&self) -> NonZero<u32> {
        self.rate
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

/// A playing loudspeaker. Dropping it ends it.
pub struct Loudspeaker {
    name: String,
    rate: u32,
    feed: RingFeed,
    resampler: Resampler,
    converted: Vec<f32>,
    /// 16 kHz samples pushed since the last cut.
    pushed: u64,
    vitals: Arc<Vitals>,
    _sink: MixerDeviceSink,
}

impl Loudspeaker {
    /// Opens a playback device by (part of) its name, or the default one.
    ///
    /// # Errors
    /// If there is no such device, it cannot be used, or it does not answer.
    pub fn open(wanted: Option<&str>) -> Result<Self, AudioError> {
        Self::within_time(wanted, &Clock::system(), Self::open_for_good)
    }

    /// A system that hangs does so on a thread that is left to itself.
    fn within_time<T: Send + 'static>(
        wanted: Option<&str>,
        clock: &Clock,
        open: impl FnOnce(Option<&str>) -> Result<T, AudioError> + Send + 'static,
    ) -> Result<T, AudioError> {
        let name = wanted.map(str::to_owned);
        let asked = name.clone();
        let attempt = Attempt::begin(clock.now().millis(), move || open(asked.as_deref()));
        match attempt.map_err(AudioError::Thread)?.wait(clock) {
            Progress::Done(opened) => opened,
            Progress::Died => Err(AudioError::NoSystem(
                "its thread ended without an answer".into(),
            )),
            Progress::Pending | Progress::Stuck => Err(AudioError::DeviceStuck {
                kind: "speaker",
                name,
                seconds: OPEN_MS / 1000,
            }),
        }
    }

    fn open_for_good(wanted: Option<&str>) -> Result<Self, AudioError> {
        let (device, name) = find_speaker(wanted)?;
        let failed = |error: DeviceSinkError| match error {
            DeviceSinkError::PlayError(e)
            | DeviceSinkError::DefaultSinkConfigError(e)
            | DeviceSinkError::BuildError(e)
            | DeviceSinkError::SupportedConfigsError(e) => speaker_failed(&name, &e),
            other => AudioError::DeviceFailed {
                kind: "speaker",
                name: name.clone(),
                reason: other.to_string(),
            },
        };
        let vitals = Arc::new(Vitals::default());
        let counts = vitals.clone();
        let mut sink = DeviceSinkBuilder::from_device(device)
            .map_err(failed)?
            .with_error_callback(move |error| counts.count(error.kind()))
            .open_stream()
            .map_err(failed)?;
        sink.log_on_drop(false);
        let rate = sink.config().sample_rate();
        let (feed, source) = ring(rate);
        sink.mixer().add(source);
        Ok(Self {
            name,
            rate: rate.get(),
            feed,
            resampler: Resampler::new(RATE, rate.get())?,
            converted: Vec::new(),
            pushed: 0,
            vitals,
            _sink: sink,
        })
    }

    /// The device's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the device is still there.
    ///
    /// # Errors
    /// If it is not.
    pub fn check(&self) -> Result<(), AudioError> {
        match self.vitals.over() {
            None => Ok(()),
            Some(why) => Err(AudioError::DeviceFailed {
                kind: "speaker",
                name: self.name.clone(),
                reason: format!("it {}", why.what()),
            }),
        }
    }

    /// Plays 16 kHz mono samples after those before.
    pub fn push(&mut self, pcm: &[f32]) {
        self.pushed += pcm.len() as u64;
        self.converted.clear();
        self.resampler.push(pcm, &mut self.converted);
        self.feed.push(&self.converted);
    }

    /// Nothing follows: what the rate conversion holds back is played too.
    pub fn finish(&mut self) {
        self.converted.clear();
        self.resampler.finish(&mut self.converted);
        self.feed.push(&self.converted);
    }

    /// Fades out within 10 ms; what waits is not played.
    pub fn cut(&mut self) {
        self.feed.cut();
        self.converted.clear();
        self.resampler.finish(&mut self.converted);
        self.pushed = 0;
    }

    /// 16 kHz samples that were handed to the device since the last cut.
    pub fn played(&mut self) -> u64 {
        let played = self.feed.played() * u64::from(RATE) / u64::from(self.rate);
        played.min(self.pushed)
    }

    /// 16 kHz samples that wait.
    pub fn waiting(&mut self) -> u64 {
        self.pushed - self.played()
    }

    /// Waits until the last sample that was handed over is surely heard.
    pub fn drain(&self) {
        std::thread::sleep(DRAIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_48K: NonZero<u32> = NonZero::new(48_000).unwrap();

    fn take(source: &mut RingSource, n: usize) -> Vec<f32> {
        source.take(n).collect()
    }

    #[test]
    fn a_speaker_that_hangs_is_given_up_and_named() {
        let clock = Clock::driven();
        let (free, held) = std::sync::mpsc::sync_channel::<()>(0);
        let opened: Result<(), AudioError> = Loudspeaker::within_time(Some("usb"), &clock, {
            let clock = clock.clone();
            move |_| {
                clock.advance_to(crate::clock::SessionTime(OPEN_MS));
                let _ = held.recv();
                Ok(())
            }
        });
        drop(free);
        let error = opened.unwrap_err().to_string();
        assert!(
            error.starts_with("The speaker \"usb\" does not answer"),
            "{error}"
        );
    }

    #[test]
    fn what_goes_in_comes_out_and_silence_where_nothing_is() {
        let (mut feed, mut source) = ring(RATE_48K);
        assert_eq!(take(&mut source, 3), [0.0; 3]);
        feed.push(&[0.1, 0.2, 0.3]);
        assert_eq!(feed.played(), 0);
        assert_eq!(take(&mut source, 5), [0.1, 0.2, 0.3, 0.0, 0.0]);
        assert_eq!(feed.played(), 3);
    }

    #[test]
    fn a_cut_fades_out_and_counts_from_what_comes_after_it() {
        let (mut feed, mut source) = ring(RATE_48K);
        feed.push(&[0.5; 9_600]);
        take(&mut source, 1_000);
        assert_eq!(feed.played(), 1_000);
        feed.cut();
        feed.push(&[0.25; 100]);
        assert_eq!(feed.played(), 0);
        let out = take(&mut source, 600);
        let fade = 48 * FADE_MS as usize;
        assert!(
            out[..fade]
                .windows(2)
                .all(|w| w[1] < w[0] && w[0] - w[1] < 0.01)
        );
        assert!(out[fade..fade + 100].iter().all(|v| *v == 0.25));
        assert!(out[fade + 100..].iter().all(|v| *v == 0.0));
        assert_eq!(feed.played(), 100);
    }

    #[test]
    fn cuts_one_after_the_other_lose_nothing_that_came_after_the_last() {
        let (mut feed, mut source) = ring(RATE_48K);
        // More than the ring holds, because the callback does not come.
        for _ in 0..12 {
            feed.push(&[0.5; 9_600]);
            feed.cut();
        }
        feed.push(&[-0.25; 60_000]);
        let mut out = Vec::new();
        while out.len() < 80_000 {
            out.extend(take(&mut source, 480));
            feed.played();
        }
        assert_eq!(out.iter().filter(|v| **v == -0.25).count(), 60_000);
        assert_eq!(feed.played(), 60_000);
    }
}
