//! Streams of real microphones and speakers, by cpal. Nothing else in the
//! house runs cpal (but rodio, which plays recordings on a device that is
//! found here): streams live on threads of their own, and what leaves here
//! are rings, counters and names.

use super::RATE;
use super::capture::{CaptureReader, CaptureSink, capture_path};
use super::device::{Place, Way, name};
use super::error::AudioError;
use super::far::TapEnds;
use super::feeder::Feeder;
use super::pcm::Pcm;
use super::playback::{Item, PlaybackSource, Tap};
use super::player::{Flags, Lines};
use super::resample::Resampler;
use super::watch::Why;
use crate::clock::Clock;
use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{
    BufferSize, ErrorKind, I24, InputCallbackInfo, OutputCallbackInfo, SampleFormat, SizedSample,
    StreamConfig, U24,
};
use rtrb::{Producer, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Audio that waits in the ring before the speaker, in milliseconds. Deep,
/// because a busy machine runs the feeder late, and free of charge, because
/// a stop empties it.
const AHEAD_MS: usize = 300;
/// Seconds of what was played that a stalled reader may leave.
const TAP_S: usize = 10;
/// Callbacks that may wait in the tap.
const BLOCKS: usize = 16_384;
/// How long a stream may take to end before it is left to itself. A stuck
/// sound server must not keep an interview from ending.
const END_WITHIN: Duration = Duration::from_secs(2);

/// What a stream's callbacks count. The error callback may come hundreds of
/// times in a millisecond, so it does nothing else.
#[derive(Debug, Default)]
pub(crate) struct Vitals {
    /// Callbacks that moved sound.
    beats: AtomicU64,
    /// Buffers that ran over or dry.
    xruns: AtomicU64,
    /// Errors that mean nothing by themselves; usual at a stream's start.
    others: AtomicU64,
    /// Why the stream is over: 0 it is not, 1 the device is gone, 2 its
    /// format changed.
    fatal: AtomicU32,
}

impl Vitals {
    pub(super) fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self, kind: ErrorKind) {
        let counter = match kind {
            ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
                return self.fatal.store(1, Ordering::Release);
            }
            ErrorKind::StreamInvalidated => return self.fatal.store(2, Ordering::Release),
            ErrorKind::Xrun => &self.xruns,
            _ => &self.others,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Callbacks so far.
    pub(crate) fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Errors so far.
    pub(crate) fn errors(&self) -> u64 {
        self.others.load(Ordering::Relaxed)
    }

    /// What became of the stream, if the system says that it is over.
    pub(crate) fn over(&self) -> Option<Why> {
        match self.fatal.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Why::Disconnected),
            _ => Some(Why::Changed),
        }
    }
}

impl Drop for Vitals {
    fn drop(&mut self) {
        let xruns = self.xruns.load(Ordering::Relaxed);
        let others = self.others.load(Ordering::Relaxed);
        if xruns + others > 0 {
            tracing::debug!(xruns, others, "Errors of a sound device");
        }
    }
}

/// A stream on a thread of its own, because not every system lets a stream
/// change threads. Dropping this ends both.
struct StreamThread {
    /// Dropped to end the thread. Never sent on.
    alive: Option<SyncSender<()>>,
    /// Closed by the thread's end. Never sent on.
    ended: Receiver<()>,
}

impl StreamThread {
    /// Runs `build` on a new thread and keeps its stream there. Waits as long
    /// as that takes, so it is for an [`Attempt`](super::attempt::Attempt).
    fn spawn<T: Send + 'static>(
        build: impl FnOnce() -> Result<(cpal::Stream, T), AudioError> + Send + 'static,
    ) -> Result<(Self, T), AudioError> {
        // One answer, and no messages at all.
        let (tell, told) = sync_channel(1);
        let (alive, gone) = sync_channel::<()>(1);
        let (ending, ended) = sync_channel::<()>(1);
        std::thread::Builder::new()
            .name("viva-stream".into())
            .spawn(move || {
                let _ending = ending;
                let stream = match build() {
                    Ok((stream, made)) => {
                        let _ = tell.send(Ok(made));
                        stream
                    }
                    Err(error) => {
                        let _ = tell.send(Err(error));
                        return;
                    }
                };
                let _ = gone.recv();
                drop(stream);
            })
            .map_err(AudioError::Thread)?;
        let made = told.recv().unwrap_or_else(|_| {
            Err(AudioError::NoSystem(
                "its thread ended without an answer".into(),
            ))
        })?;
        let thread = Self {
            alive: Some(alive),
            ended,
        };
        Ok((thread, made))
    }
}

impl Drop for StreamThread {
    fn drop(&mut self) {
        self.alive = None;
        if self.ended.recv_timeout(END_WITHIN) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("A stuck sound stream does not end; it is left to itself");
        }
    }
}

/// A stream that is watched over and can be made anew.
pub(super) trait Stream: Send + 'static {
    /// The device's whole name.
    fn name(&self) -> &str;
    /// What its callbacks count.
    fn vitals(&self) -> &Vitals;
    /// It is given up: it takes and gives nothing more, although its end may
    /// take a while.
    fn give_up(&self);
}

/// Which device to open.
#[derive(Clone, Debug)]
pub(super) enum Pick {
    /// By (part of) its name, or the default one.
    First(Option<String>),
    /// In the place of one that was lost.
    Again(Place),
}

impl Pick {
    fn find(&self, way: Way) -> Result<cpal::Device, AudioError> {
        match self {
            Self::First(wanted) => way.find(wanted.as_deref()),
            Self::Again(place) => way.find_again(place),
        }
    }
}

/// A running microphone.
pub(super) struct MicStream {
    name: String,
    vitals: Arc<Vitals>,
    /// Until it is taken.
    pub(super) reader: Option<CaptureReader>,
    _stream: StreamThread,
}

impl Stream for MicStream {
    fn name(&self) -> &str {
        &self.name
    }

    fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    // Its reader is gone already.
    fn give_up(&self) {}
}

/// A running speaker.
pub(super) struct SpeakerStream {
    name: String,
    vitals: Arc<Vitals>,
    /// Until they are taken.
    pub(super) ends: Option<TapEnds>,
    /// Ends the feeder.
    over: Arc<AtomicBool>,
    _stream: StreamThread,
}

impl Stream for SpeakerStream {
    fn name(&self) -> &str {
        &self.name
    }

    fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    // The feeder looks at this before it takes anything.
    fn give_up(&self) {
        self.over.store(true, Ordering::Release);
    }
}

impl Drop for SpeakerStream {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// Opens a microphone.
pub(super) fn open_mic(
    pick: Pick,
    buffer: Option<u32>,
    wall: &Clock,
) -> Result<MicStream, AudioError> {
    let vitals = Arc::new(Vitals::default());
    let (clock, counts) = (wall.clone(), vitals.clone());
    let (stream, (name, reader)) = StreamThread::spawn(move || {
        let device = pick.find(Way::In)?;
        let name = name(&device);
        let failed = |e: cpal::Error| Way::In.failed(&name, &e);
        let supported = Way::In.config(&device).map_err(failed)?;
        let format = supported.sample_format();
        let config = supported.config();
        let build = |config: StreamConfig| {
            let rate = config.sample_rate;
            let (sink, reader) = capture_path(rate, config.channels.into())?;
            let stream = capture(&device, config, format, sink, &clock, &counts).map_err(failed)?;
            Ok((stream, reader))
        };
        let (stream, reader) = with_buffer(config, buffer, build)?;
        stream.play().map_err(failed)?;
        Ok((stream, (name, reader)))
    })?;
    Ok(MicStream {
        name,
        vitals,
        reader: Some(reader),
        _stream: stream,
    })
}

/// Opens a speaker that plays these lines.
pub(super) fn open_speaker(
    pick: Pick,
    buffer: Option<u32>,
    wall: &Clock,
    lines: &Arc<Lines>,
) -> Result<SpeakerStream, AudioError> {
    let vitals = Arc::new(Vitals::default());
    let (clock, counts) = (wall.clone(), vitals.clone());
    let flags = lines.flags.clone();
    let (stream, (name, items, ends)) = StreamThread::spawn(move || {
        let device = pick.find(Way::Out)?;
        let name = name(&device);
        let failed = |e: cpal::Error| Way::Out.failed(&name, &e);
        let supported = Way::Out.config(&device).map_err(failed)?;
        let format = supported.sample_format();
        let config = supported.config();
        let build = |config: StreamConfig| {
            let (source, items, ends) = play_path(config, &flags);
            let stream = play(&device, config, format, source, &clock, &counts).map_err(failed)?;
            Ok((stream, (items, ends)))
        };
        let (stream, (items, ends)) = with_buffer(config, buffer, build)?;
        stream.play().map_err(failed)?;
        Ok((stream, (name, items, ends)))
    })?;
    let resampler = Resampler::new(RATE, ends.rate)?;
    let over = Arc::new(AtomicBool::new(false));
    std::thread::Builder::new()
        .name("viva-feeder".into())
        .spawn({
            let (lines, over, vitals) = (lines.clone(), over.clone(), vitals.clone());
            move || {
                let started = || vitals.beats() > 0;
                Feeder::new(&lines, items, &over).run(resampler, started);
            }
        })
        .map_err(AudioError::Thread)?;
    Ok(SpeakerStream {
        name,
        vitals,
        ends: Some(ends),
        over,
        _stream: stream,
    })
}

/// Builds with the wished buffer, or with the system's own where that is
/// refused.
fn with_buffer<T>(
    mut config: StreamConfig,
    buffer: Option<u32>,
    build: impl Fn(StreamConfig) -> Result<T, AudioError>,
) -> Result<T, AudioError> {
    config.buffer_size = BufferSize::Default;
    if let Some(frames) = buffer {
        let wished = StreamConfig {
            buffer_size: BufferSize::Fixed(frames),
            ..config
        };
        match build(wished) {
            Ok(made) => return Ok(made),
            Err(error) => tracing::warn!(frames, %error, "The device refuses this buffer size"),
        }
    }
    build(config)
}

fn play_path(
    config: StreamConfig,
    flags: &Arc<Flags>,
) -> (PlaybackSource, Producer<Item>, TapEnds) {
    let rate = config.sample_rate;
    let (samples, taken) = RingBuffer::new(rate as usize * TAP_S);
    let (blocks, told) = RingBuffer::new(BLOCKS);
    let room = rate as usize * AHEAD_MS / 1000;
    let tap = Some(Tap { samples, blocks });
    let (source, ends) =
        PlaybackSource::new(rate, config.channels.into(), room, flags.clone(), tap);
    let tap = TapEnds {
        samples: taken,
        blocks: told,
        marks: ends.marks,
        rate,
    };
    (source, ends.items, tap)
}

/// Calls `$run::<T>(..)` with the type of a sample format.
macro_rules! by_format {
    ($format:expr, $run:ident ( $($arg:expr),* )) => {
        match $format {
            SampleFormat::I8 => $run::<i8>($($arg),*),
            SampleFormat::I16 => $run::<i16>($($arg),*),
            SampleFormat::I24 => $run::<I24>($($arg),*),
            SampleFormat::I32 => $run::<i32>($($arg),*),
            SampleFormat::I64 => $run::<i64>($($arg),*),
            SampleFormat::U8 => $run::<u8>($($arg),*),
            SampleFormat::U16 => $run::<u16>($($arg),*),
            SampleFormat::U24 => $run::<U24>($($arg),*),
            SampleFormat::U32 => $run::<u32>($($arg),*),
            SampleFormat::U64 => $run::<u64>($($arg),*),
            SampleFormat::F32 => $run::<f32>($($arg),*),
            SampleFormat::F64 => $run::<f64>($($arg),*),
            other => Err(cpal::Error::with_message(
                ErrorKind::UnsupportedConfig,
                format!("its sample format {other} is not known here"),
            )),
        }
    };
}

fn capture(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    sink: CaptureSink,
    clock: &Clock,
    vitals: &Arc<Vitals>,
) -> Result<cpal::Stream, cpal::Error> {
    by_format!(format, capture_as(device, config, sink, clock, vitals))
}

fn capture_as<T: Pcm + SizedSample>(
    device: &cpal::Device,
    config: StreamConfig,
    mut sink: CaptureSink,
    clock: &Clock,
    vitals: &Arc<Vitals>,
) -> Result<cpal::Stream, cpal::Error> {
    let (clock, vitals, errors) = (clock.clone(), vitals.clone(), vitals.clone());
    device.build_input_stream(
        config,
        move |data: &[T], info: &InputCallbackInfo| {
            let times = info.timestamp();
            let late = times.callback.duration_since(times.capture);
            sink.write(data, clock.nanos() as i64 - late.as_nanos() as i64);
            vitals.beat();
        },
        move |error: cpal::Error| errors.count(error.kind()),
        None,
    )
}

fn play(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    source: PlaybackSource,
    clock: &Clock,
    vitals: &Arc<Vitals>,
) -> Result<cpal::Stream, cpal::Error> {
    by_format!(format, play_as(device, config, source, clock, vitals))
}

fn play_as<T: Pcm + SizedSample>(
    device: &cpal::Device,
    config: StreamConfig,
    mut source: PlaybackSource,
    clock: &Clock,
    vitals: &Arc<Vitals>,
) -> Result<cpal::Stream, cpal::Error> {
    let (clock, vitals, errors) = (clock.clone(), vitals.clone(), vitals.clone());
    device.build_output_stream(
        config,
        move |data: &mut [T], info: &OutputCallbackInfo| {
            let times = info.timestamp();
            let ahead = times.playback.duration_since(times.callback);
            source.fill(data, clock.nanos() as i64 + ahead.as_nanos() as i64);
            vitals.beat();
        },
        move |error: cpal::Error| errors.count(error.kind()),
        None,
    )
}

impl Pcm for I24 {
    fn to_f32(self) -> f32 {
        cpal::Sample::to_sample(self)
    }

    fn from_f32(value: f32) -> Self {
        cpal::Sample::from_sample(value.clamp(-1.0, 1.0 - f32::EPSILON))
    }
}

impl Pcm for U24 {
    fn to_f32(self) -> f32 {
        cpal::Sample::to_sample(self)
    }

    fn from_f32(value: f32) -> Self {
        cpal::Sample::from_sample(value.clamp(-1.0, 1.0 - f32::EPSILON))
    }
}
