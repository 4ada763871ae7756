//! Real microphones and speakers, by cpal. Nothing else in the house knows
//! cpal (but rodio, which plays recordings on a device that is found here):
//! its streams live on threads of their own, and what leaves here are rings,
//! counters and names.

use super::AudioEvent;
use super::capture::{CaptureReader, CaptureSink, Missing, capture_path};
use super::error::AudioError;
use super::far::TapEnds;
use super::hush::Hush;
use super::pcm::Pcm;
use super::playback::{Item, PlaybackSource, Tap};
use super::player::{Lines, Supply};
use super::resample::Resampler;
use super::{Flags, RATE};
use crate::clock::Clock;
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, ErrorKind, I24, InputCallbackInfo, OutputCallbackInfo, SampleFormat, SizedSample,
    StreamConfig, SupportedStreamConfig, U24,
};
use rtrb::{Producer, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Audio that waits in the ring before the speaker, in milliseconds. Deep,
/// because a busy machine runs the feeder late, and free of charge, because
/// a stop empties it.
const AHEAD_MS: usize = 300;
/// Seconds of what was played that a stalled reader may leave.
const TAP_S: usize = 10;
/// Callbacks that may wait in the tap.
const BLOCKS: usize = 16_384;
/// A microphone that gives nothing for this long is told once, in ms.
const SILENT_MS: u64 = 3_000;

/// What ALSA lists beside devices: converters and bridges that are no device
/// by themselves. They are used if named, but not tried unasked, because
/// some are slow to fail.
const CONVERTERS: [&str; 9] = [
    "lavrate",
    "samplerate",
    "speexrate",
    "speex",
    "upmix",
    "vdownmix",
    "jack",
    "oss",
    "null",
];

/// A device of this machine.
#[derive(serde::Serialize, Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The name to ask for it by.
    pub name: String,
    /// What the system says about it.
    pub description: String,
    /// Whether it can be a microphone.
    pub input: bool,
    /// Whether it can be a speaker.
    pub output: bool,
    /// Whether it is used where none is named.
    pub default: bool,
    /// The format that would be used, such as `48000 Hz, 2 channels, f32`,
    /// or why it cannot be used.
    pub format: String,
}

/// The devices of this machine.
///
/// # Errors
///
/// [`AudioError::NoSystem`] if there is no sound system at all.
pub fn list_devices() -> Result<Vec<DeviceInfo>, AudioError> {
    let _hush = Hush::new();
    let host = host()?;
    let (input, output) = (host.default_input_device(), host.default_output_device());
    let is = |device: &cpal::Device, other: &Option<cpal::Device>| {
        other
            .as_ref()
            .is_some_and(|other| name(other) == name(device))
    };
    let mut devices: Vec<cpal::Device> = Vec::new();
    let known = host
        .devices()
        .map_err(|e| AudioError::NoSystem(e.to_string()))?;
    for device in input.iter().chain(&output).cloned().chain(known) {
        if CONVERTERS.contains(&name(&device).as_str()) {
            continue;
        }
        if !devices.iter().any(|other| name(other) == name(&device)) {
            devices.push(device);
        }
    }
    let mut all: Vec<DeviceInfo> = Vec::new();
    for device in devices {
        let (ins, outs) = (
            device.default_input_config(),
            device.default_output_config(),
        );
        let format = match (&ins, &outs) {
            (Ok(config), _) | (_, Ok(config)) => describe(config),
            (Err(error), _) => format!("cannot be used: {error}"),
        };
        all.push(DeviceInfo {
            name: name(&device),
            description: device.to_string(),
            input: ins.is_ok(),
            output: outs.is_ok(),
            default: is(&device, &input) || is(&device, &output),
            format,
        });
    }
    Ok(all)
}

/// Not cpal's own choice of host, which panics where there is none.
fn host() -> Result<cpal::Host, AudioError> {
    let mut reason = "this build knows none".to_string();
    for id in cpal::available_hosts() {
        match cpal::host_from_id(id) {
            Ok(host) => return Ok(host),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(AudioError::NoSystem(reason))
}

/// ALSA's devices are known by their ids ("pulse", "hw:CARD=0,DEV=0"), all
/// others by the names that their settings dialogues show.
fn name(device: &cpal::Device) -> String {
    match device.id() {
        Ok(id) if id.host().name() == "ALSA" => id.id().to_string(),
        _ => device.to_string(),
    }
}

fn describe(config: &SupportedStreamConfig) -> String {
    format!(
        "{} Hz, {} channel{}, {}",
        config.sample_rate(),
        config.channels(),
        if config.channels() == 1 { "" } else { "s" },
        config.sample_format()
    )
}

/// One direction of sound.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl Way {
    const fn kind(self) -> &'static str {
        match self {
            Self::In => "microphone",
            Self::Out => "speaker",
        }
    }

    fn config(self, device: &cpal::Device) -> Result<SupportedStreamConfig, cpal::Error> {
        match self {
            Self::In => device.default_input_config(),
            Self::Out => device.default_output_config(),
        }
    }

    /// The device that is wanted: by its whole name, or else by a part of
    /// its name or description, in any case of letters.
    fn find(self, wanted: Option<&str>) -> Result<cpal::Device, AudioError> {
        let kind = self.kind();
        let host = host()?;
        let default = match self {
            Self::In => host.default_input_device(),
            Self::Out => host.default_output_device(),
        };
        let Some(wanted) = wanted else {
            return default.ok_or_else(|| AudioError::NoDevice {
                kind,
                detail: String::new(),
            });
        };
        let known = host
            .devices()
            .map_err(|e| AudioError::NoSystem(e.to_string()))?;
        let all: Vec<cpal::Device> = default.into_iter().chain(known).collect();
        if let Some(device) = all.iter().find(|device| name(device) == wanted) {
            return Ok(device.clone());
        }
        let lower = wanted.to_lowercase();
        let mut names: Vec<String> = Vec::new();
        for device in all {
            let name = name(&device);
            let quoted = format!("\"{name}\"");
            if CONVERTERS.contains(&name.as_str())
                || names.contains(&quoted)
                || self.config(&device).is_err()
            {
                continue;
            }
            if format!("{name} {device}").to_lowercase().contains(&lower) {
                return Ok(device);
            }
            names.push(quoted);
        }
        Err(AudioError::UnknownDevice {
            kind,
            wanted: wanted.into(),
            known: if names.is_empty() {
                "none".into()
            } else {
                names.join(", ")
            },
        })
    }

    fn failed(self, name: &str, error: &cpal::Error) -> AudioError {
        let (kind, name) = (self.kind(), name.to_string());
        match error.kind() {
            ErrorKind::DeviceBusy => AudioError::DeviceBusy { kind, name },
            ErrorKind::HostUnavailable => AudioError::NoSystem(error.to_string()),
            ErrorKind::DeviceNotAvailable => AudioError::NoDevice {
                kind,
                detail: format!(" (tried \"{name}\")"),
            },
            _ => AudioError::DeviceFailed {
                kind,
                name,
                reason: error.to_string(),
            },
        }
    }
}

/// A playback device by (part of) its name, or the default one, and its name.
pub(super) fn find_speaker(wanted: Option<&str>) -> Result<(cpal::Device, String), AudioError> {
    let device = Way::Out.find(wanted)?;
    let name = name(&device);
    Ok((device, name))
}

/// Why a playback device cannot be used.
pub(super) fn speaker_failed(name: &str, error: &cpal::Error) -> AudioError {
    Way::Out.failed(name, error)
}

/// What an error callback counts; it may come hundreds of times in a
/// millisecond, so it does nothing else.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Buffers that ran over or dry.
    xruns: AtomicU64,
    /// Errors that mean nothing by themselves; usual at a stream's start.
    others: AtomicU64,
    /// Why the stream is over: 0 it is not, 1 the device is gone, 2 its
    /// format changed.
    fatal: AtomicU32,
    told: AtomicU32,
}

impl Health {
    pub(super) fn count(&self, kind: ErrorKind) {
        let counter = match kind {
            ErrorKind::DeviceNotAvailable => return self.fatal.store(1, Ordering::Release),
            ErrorKind::StreamInvalidated => return self.fatal.store(2, Ordering::Release),
            ErrorKind::Xrun => &self.xruns,
            _ => &self.others,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// What became of the stream, if it is over.
    pub(super) fn gone(&self) -> Option<&'static str> {
        match self.fatal.load(Ordering::Acquire) {
            0 => None,
            1 => Some("was disconnected"),
            _ => Some("changed its format"),
        }
    }

    /// Tells once that the stream is over; true for as long as it is.
    pub(crate) fn trouble(&self, kind: &str, out: &mut Vec<AudioEvent>) -> bool {
        let why = self.gone();
        if let Some(what) = why
            && self.told.swap(1, Ordering::AcqRel) == 0
        {
            out.push(AudioEvent::Trouble {
                message: format!("The {kind} {what}"),
                fatal: kind == "microphone",
            });
        }
        why.is_some()
    }
}

impl Drop for Health {
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
    handle: Option<JoinHandle<()>>,
}

impl StreamThread {
    /// Runs `build` on a new thread and keeps its stream there.
    fn spawn<T: Send + 'static>(
        build: impl FnOnce() -> Result<(cpal::Stream, T), AudioError> + Send + 'static,
    ) -> Result<(Self, T), AudioError> {
        // One answer, and no message at all.
        let (tell, told) = sync_channel(1);
        let (alive, gone) = sync_channel::<()>(1);
        let handle = std::thread::Builder::new()
            .name("viva-stream".into())
            .spawn(move || {
                let hush = Hush::new();
                let built = build();
                drop(hush);
                let stream = match built {
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
            handle: Some(handle),
        };
        Ok((thread, made))
    }
}

impl Drop for StreamThread {
    fn drop(&mut self) {
        self.alive = None;
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

/// A running microphone.
pub(crate) struct Mic {
    pub(crate) name: String,
    pub(crate) health: Arc<Health>,
    reader: CaptureReader,
    wall: Clock,
    /// When the last step was there, and whether its absence was told.
    last_ms: u64,
    told: bool,
    _stream: StreamThread,
}

impl Mic {
    /// See [`CaptureReader::read`].
    pub(crate) fn read(&mut self, out: &mut [f32], missing: &mut Vec<Missing>) -> bool {
        let ready = self.reader.read(out, missing);
        if ready {
            self.last_ms = self.wall.now().millis();
        }
        ready
    }

    /// See [`CaptureReader::offset_ns`].
    pub(crate) fn offset_ns(&self) -> Option<i64> {
        self.reader.offset_ns()
    }

    /// Tells once if nothing has come for a long time.
    pub(crate) fn watch(&mut self, out: &mut Vec<AudioEvent>) {
        let silent = self.wall.now().millis() - self.last_ms;
        if silent > SILENT_MS && !self.told {
            self.told = true;
            out.push(AudioEvent::Trouble {
                message: format!("The microphone \"{}\" gives no sound", self.name),
                fatal: false,
            });
        }
    }
}

/// A running speaker.
pub(crate) struct Speaker {
    pub(crate) name: String,
    pub(crate) health: Arc<Health>,
    feeder: Option<JoinHandle<()>>,
    lines: Arc<Lines>,
    _stream: StreamThread,
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.lines.close();
        if let Some(feeder) = self.feeder.take() {
            let _ = feeder.join();
        }
    }
}

pub(crate) fn open_mic(
    wanted: Option<&str>,
    buffer: Option<u32>,
    wall: &Clock,
) -> Result<Mic, AudioError> {
    let health = Arc::new(Health::default());
    let (wanted, clock, counts) = (wanted.map(String::from), wall.clone(), health.clone());
    let (stream, (name, reader)) = StreamThread::spawn(move || {
        let device = Way::In.find(wanted.as_deref())?;
        let name = name(&device);
        let failed = |e: cpal::Error| Way::In.failed(&name, &e);
        let supported = device.default_input_config().map_err(failed)?;
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
    Ok(Mic {
        name,
        health,
        reader,
        wall: wall.clone(),
        last_ms: wall.now().millis(),
        told: false,
        _stream: stream,
    })
}

pub(crate) fn open_speaker(
    wanted: Option<&str>,
    buffer: Option<u32>,
    wall: &Clock,
    lines: &Arc<Lines>,
) -> Result<(Speaker, TapEnds), AudioError> {
    let health = Arc::new(Health::default());
    let (wanted, clock, counts) = (wanted.map(String::from), wall.clone(), health.clone());
    let flags = lines.flags.clone();
    let (stream, (name, items, ends)) = StreamThread::spawn(move || {
        let device = Way::Out.find(wanted.as_deref())?;
        let name = name(&device);
        let failed = |e: cpal::Error| Way::Out.failed(&name, &e);
        let supported = device.default_output_config().map_err(failed)?;
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
    let feeder = std::thread::Builder::new()
        .name("viva-feeder".into())
        .spawn({
            let lines = lines.clone();
            move || feed(&lines, resampler, items)
        })
        .map_err(AudioError::Thread)?;
    let speaker = Speaker {
        name,
        health,
        feeder: Some(feeder),
        lines: lines.clone(),
        _stream: stream,
    };
    Ok((speaker, ends))
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

/// Moves lines from the queue to the speaker's ring, at the speaker's rate.
fn feed(lines: &Lines, mut resampler: Resampler, mut items: Producer<Item>) {
    let (mut pcm, mut out) = (Vec::new(), Vec::new());
    let mut current = 0;
    loop {
        pcm.clear();
        out.clear();
        let supply = lines.supply_waiting(RATE as usize / 50, &mut pcm, Duration::from_millis(200));
        let take = match supply {
            Supply::Closed => return,
            Supply::Nothing | Supply::Starved => continue,
            Supply::Samples(take, _) | Supply::End(take, _) => take,
        };
        if take != current {
            // The line before was stopped; its rest is not wanted.
            resampler.finish(&mut out);
            out.clear();
            current = take;
        }
        resampler.push(&pcm, &mut out);
        let end = matches!(supply, Supply::End(..));
        if end {
            resampler.finish(&mut out);
        }
        let samples = out.iter().map(|value| Item::Sample {
            value: *value,
            take,
        });
        for item in samples.chain(end.then_some(Item::End { take })) {
            if !put(lines, &mut items, item, take) {
                break;
            }
        }
    }
}

/// Waits for room; false if the line was stopped meanwhile.
fn put(lines: &Lines, items: &mut Producer<Item>, mut item: Item, take: u32) -> bool {
    loop {
        match items.push(item) {
            Ok(()) => return true,
            Err(rtrb::PushError::Full(back)) => item = back,
        }
        let stopped = lines.flags.stopped.load(Ordering::Acquire);
        if take <= stopped || lines.closed() || items.is_abandoned() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
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
    health: &Arc<Health>,
) -> Result<cpal::Stream, cpal::Error> {
    by_format!(format, capture_as(device, config, sink, clock, health))
}

fn capture_as<T: Pcm + SizedSample>(
    device: &cpal::Device,
    config: StreamConfig,
    mut sink: CaptureSink,
    clock: &Clock,
    health: &Arc<Health>,
) -> Result<cpal::Stream, cpal::Error> {
    let (clock, health) = (clock.clone(), health.clone());
    device.build_input_stream(
        config,
        move |data: &[T], info: &InputCallbackInfo| {
            let times = info.timestamp();
            let late = times.callback.duration_since(times.capture);
            sink.write(data, clock.nanos() as i64 - late.as_nanos() as i64);
        },
        move |error: cpal::Error| health.count(error.kind()),
        None,
    )
}

fn play(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    source: PlaybackSource,
    clock: &Clock,
    health: &Arc<Health>,
) -> Result<cpal::Stream, cpal::Error> {
    by_format!(format, play_as(device, config, source, clock, health))
}

fn play_as<T: Pcm + SizedSample>(
    device: &cpal::Device,
    config: StreamConfig,
    mut source: PlaybackSource,
    clock: &Clock,
    health: &Arc<Health>,
) -> Result<cpal::Stream, cpal::Error> {
    let (clock, health) = (clock.clone(), health.clone());
    device.build_output_stream(
        config,
        move |data: &mut [T], info: &OutputCallbackInfo| {
            let times = info.timestamp();
            let ahead = times.playback.duration_since(times.callback);
            source.fill(data, clock.nanos() as i64 + ahead.as_nanos() as i64);
        },
        move |error: cpal::Error| health.count(error.kind()),
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
