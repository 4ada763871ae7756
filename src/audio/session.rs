//! An audio session: opens what was asked for and runs one thread that takes
//! step after step from the microphone, puts the far end beside it, and
//! tells the house what happened.

use super::capture::Missing;
use super::echo::STEP;
use super::error::AudioError;
use super::far::{LocalSpeaker, program_offset_ns};
use super::file::{MicFeed, WavSpeaker, read_wav_16k};
use super::frontend::{Frontend, LineNews, Step};
use super::health::{Change, Finding, Health};
use super::near::DeviceMic;
use super::pace::{Busy, Held, Pacer};
use super::player::{Lines, Player};
use super::settings::AudioSettings;
use super::speaker::Speaker;
use super::{
    AudioEvent, DeviceNews, FrontendCommand, MicSpec, Pace, SamplePos, SpeakerSpec, pos_ms,
};
use crate::clock::{Clock, SessionTime};
use crate::event::Track;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events that may wait at real time: about three seconds of chunks and
/// levels. Full: the audio thread waits, a device's ring takes ten seconds
/// more, and what is lost after that is counted and told as a gap.
const EVENTS: usize = 64;
/// The same at a fast pace: no more than 0.2 s may pass before the house
/// sees it, or its timers would be late on the sample clock.
const EVENTS_FAST: usize = 4;
/// Commands that may wait. Full: the audio thread stands still, and the
/// newest command is dropped with a warning.
const COMMANDS: usize = 64;
/// Length of a step.
const STEP_TIME: Duration = Duration::from_millis(10);
/// How long to wait for a device or a slow consumer before looking again.
const NAP: Duration = Duration::from_millis(2);

/// What the two sides are called, for the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceNames {
    /// The microphone.
    pub microphone: String,
    /// The speaker.
    pub speaker: String,
}

/// Tells the frontend what the house knows.
#[derive(Clone, Debug)]
pub struct Control(SyncSender<FrontendCommand>);

impl Control {
    /// Sends a command; it is obeyed within a step.
    pub fn send(&self, command: FrontendCommand) {
        if let Err(std::sync::mpsc::TrySendError::Full(command)) = self.0.try_send(command) {
            tracing::warn!(?command, "Audio stands still; a command was dropped");
        }
    }
}

/// Running audio.
pub struct AudioSession {
    /// What happens. Dropping the receiver ends the session.
    pub events: mpsc::Receiver<Held<AudioEvent>>,
    /// Plays lines.
    pub player: Player,
    /// Tells the endpointer how patient to be.
    pub control: Control,
    /// Holds a fast clock back to real time.
    pub busy: Busy,
    /// What the devices are called.
    pub names: DeviceNames,
    // Last, so that the receiver is gone before the thread is waited for.
    threads: Threads,
}

impl AudioSession {
    /// Opens microphone and speaker and begins at sample 0.
    ///
    /// # Errors
    ///
    /// An [`AudioError`] that names the device or file and what is wrong.
    pub fn open(
        mic: MicSpec,
        speaker: SpeakerSpec,
        settings: AudioSettings,
    ) -> Result<Self, AudioError> {
        let device = matches!(mic, MicSpec::Device(_)) || matches!(speaker, SpeakerSpec::Device(_));
        if device && settings.pace == Pace::Fast {
            return Err(AudioError::FastDevice);
        }
        let wall = Clock::system();
        let lines = Arc::new(Lines::new());
        let busy = Busy::default();
        // The microphone first: a file that cannot be read must not leave a
        // new, empty speaker file behind.
        let pacer = Pacer::new(settings.pace, busy.clone(), wall.clone());
        let (near, microphone) = open_near(mic, &settings, &wall, pacer)?;
        let (far, speaker) = open_far(speaker, &settings, &wall, &lines)?;
        let names = DeviceNames {
            microphone,
            speaker,
        };
        let room = match settings.pace {
            Pace::Real => EVENTS,
            Pace::Fast => EVENTS_FAST,
        };
        let (tx, events) = mpsc::channel(room);
        let (control, commands) = sync_channel(COMMANDS);
        let stop = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            frontend: Frontend::new(&settings),
            near,
            far,
            lines: lines.clone(),
            busy: busy.clone(),
            hold: settings.pace == Pace::Fast,
            clock: settings.clock,
            commands,
            tx,
            stop: stop.clone(),
            troubles: Vec::new(),
            health: Health::new(),
            changes: Vec::new(),
        };
        let handle = std::thread::Builder::new()
            .name("viva-audio".into())
            .spawn(move || worker.run())
            .map_err(AudioError::Thread)?;
        Ok(Self {
            events,
            player: Player(lines.clone()),
            control: Control(control),
            busy,
            names,
            threads: Threads {
                stop,
                lines,
                handle: Some(handle),
            },
        })
    }

    /// Ends the session: nothing more is captured or played, and a speaker's
    /// file is complete.
    pub fn close(self) {
        let Self {
            events, threads, ..
        } = self;
        drop(events);
        drop(threads);
    }
}

/// Stops and waits for the audio thread when it is dropped.
struct Threads {
    stop: Arc<AtomicBool>,
    lines: Arc<Lines>,
    handle: Option<JoinHandle<()>>,
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.lines.close();
        if let Some(handle) = self.handle.take()
            && handle.join().is_err()
        {
            tracing::error!("The audio thread had panicked");
        }
    }
}

/// The near end.
enum Near {
    Program { feed: MicFeed, pacer: Pacer },
    Device(Box<DeviceMic>),
}

/// The far end.
enum Far {
    Local(Box<LocalSpeaker>),
    Device(Box<Speaker>),
}

fn open_near(
    mic: MicSpec,
    settings: &AudioSettings,
    wall: &Clock,
    pacer: Pacer,
) -> Result<(Near, String), AudioError> {
    Ok(match mic {
        MicSpec::Device(name) => {
            let mic = DeviceMic::open(name, settings.buffer_frames, wall)?;
            let name = mic.name().to_owned();
            (Near::Device(Box::new(mic)), name)
        }
        MicSpec::Wav(path) => {
            let samples = read_wav_16k(&path)?;
            let feed = MicFeed::Recording {
                samples,
                told: false,
            };
            (Near::Program { feed, pacer }, path.display().to_string())
        }
        MicSpec::Live(source) => {
            let feed = MicFeed::Live(source);
            (Near::Program { feed, pacer }, "a program".into())
        }
    })
}

fn open_far(
    speaker: SpeakerSpec,
    settings: &AudioSettings,
    wall: &Clock,
    lines: &Arc<Lines>,
) -> Result<(Far, String), AudioError> {
    let local = |wav| Far::Local(Box::new(LocalSpeaker::new(lines.clone(), wav)));
    Ok(match speaker {
        SpeakerSpec::None => (local(None), "none".into()),
        SpeakerSpec::Wav(path) => {
            let wav = WavSpeaker::create(&path)?;
            (local(Some(wav)), path.display().to_string())
        }
        SpeakerSpec::Device(name) => {
            let speaker = Speaker::open(name, settings.buffer_frames, wall, lines)?;
            let name = speaker.name().to_owned();
            (Far::Device(Box::new(speaker)), name)
        }
    })
}

/// What the microphone has for the next step.
enum Next {
    /// A step; where a recording ended within it.
    Ready(Option<SamplePos>),
    /// Nothing yet.
    Wait,
}

struct Worker {
    frontend: Frontend,
    near: Near,
    far: Far,
    lines: Arc<Lines>,
    busy: Busy,
    /// Whether events hold the clock back.
    hold: bool,
    clock: Option<Clock>,
    commands: Receiver<FrontendCommand>,
    tx: mpsc::Sender<Held<AudioEvent>>,
    stop: Arc<AtomicBool>,
    troubles: Vec<AudioEvent>,
    health: Health,
    changes: Vec<Change>,
}

impl Worker {
    fn run(mut self) {
        let mut events = Vec::new();
        let (mut near, mut far) = ([0.0; STEP], [0.0; STEP]);
        let (mut news, mut missing, mut missing_far) = (Vec::new(), Vec::new(), Vec::new());
        let mut over = false;
        while !over && !self.stop.load(Ordering::Acquire) {
            while let Ok(command) = self.commands.try_recv() {
                self.frontend.command(command, &mut events);
            }
            match self.next(&mut near, &mut missing) {
                Next::Ready(mic_ended) => {
                    self.far(&mut far, &mut news, &mut missing_far);
                    self.guard(&mut near, &far, &mut missing);
                    // A device that went comes before the lines that it took
                    // with it.
                    events.append(&mut self.troubles);
                    let step = Step {
                        near: &near,
                        far: &far,
                        lines: &news,
                        missing: &missing,
                        missing_far: &missing_far,
                        mic_ended,
                    };
                    self.frontend.step(&step, &mut events);
                    self.judge(&near, &mut events);
                    // Here, not in the house, so that it is never late.
                    self.lines.flags.set_loudness(self.frontend.loudness());
                    self.tick();
                    news.clear();
                    missing.clear();
                    missing_far.clear();
                }
                Next::Wait => std::thread::sleep(NAP),
            }
            events.append(&mut self.troubles);
            for event in events.drain(..) {
                over |= !self.send(event);
            }
        }
        self.frontend.finish(&mut events);
        for event in events.drain(..) {
            self.send(event);
        }
        self.lines.close();
        if let Far::Local(local) = self.far
            && let Err(error) = local.finish()
        {
            tracing::error!(%error, "The speaker's file is not complete");
        }
    }

    fn next(&mut self, out: &mut [f32; STEP], missing: &mut Vec<Missing>) -> Next {
        match &mut self.near {
            Near::Program { feed, pacer } => {
                let starved = matches!(&self.far, Far::Local(local) if local.starved());
                pacer.wait(STEP_TIME, starved);
                Next::Ready(feed.fill(self.frontend.position(), out))
            }
            Near::Device(mic) => match mic.read(out, missing, &mut self.troubles) {
                true => Next::Ready(None),
                false => Next::Wait,
            },
        }
    }

    fn far(&mut self, out: &mut [f32; STEP], news: &mut Vec<LineNews>, missing: &mut Vec<Missing>) {
        let pos = self.frontend.position();
        match &mut self.far {
            Far::Local(local) => {
                if let Err(error) = local.step(out, news) {
                    self.troubles.push(AudioEvent::Trouble {
                        message: error.to_string(),
                        fatal: false,
                    });
                }
            }
            Far::Device(speaker) => {
                let near_ns = match &self.near {
                    Near::Program { pacer, .. } => Some(program_offset_ns(pos, pacer.due())),
                    Near::Device(mic) => mic.offset_ns(),
                };
                speaker.step(pos, near_ns, out, news, missing, &mut self.troubles);
            }
        }
    }

    /// Nothing of what is played counts as a real microphone's sound.
    fn guard(&mut self, near: &mut [f32; STEP], far: &[f32; STEP], missing: &mut Vec<Missing>) {
        if let Near::Device(mic) = &mut self.near {
            mic.guard(
                self.frontend.position(),
                near,
                far,
                missing,
                &mut self.troubles,
            );
            self.frontend.absent(mic.absent());
        }
    }

    /// Looks after the quality of a real microphone's sound.
    fn judge(&mut self, near: &[f32; STEP], events: &mut Vec<AudioEvent>) {
        let Near::Device(mic) = &self.near else {
            return;
        };
        if mic.absent() {
            self.health.forget();
            return;
        }
        let playing = self.frontend.hears_line();
        self.health.hear(near, playing, &mut self.changes);
        for event in events.iter() {
            if let AudioEvent::Paused(segment) = event {
                self.health.spoke(&segment.audio, &mut self.changes);
            }
        }
        events.extend(self.changes.drain(..).map(|change| {
            let Change { finding, on } = change;
            AudioEvent::Device {
                track: Track::Near,
                news: match (finding, on) {
                    (Finding::Dead, true) => DeviceNews::Gone,
                    (Finding::Dead, false) => DeviceNews::Back,
                    (_, true) => DeviceNews::Poor,
                    (_, false) => DeviceNews::Well,
                },
                message: if on { finding.words() } else { finding.over() }.into(),
            }
        }));
    }

    /// Moves every clock that follows the samples.
    fn tick(&self) {
        let pos = self.frontend.position();
        self.lines.position.store(pos, Ordering::Release);
        if let Some(clock) = &self.clock {
            clock.advance_to(SessionTime(pos_ms(pos)));
        }
    }

    /// Gives an event to the house; false where nobody listens any more.
    fn send(&self, event: AudioEvent) -> bool {
        let regular = matches!(event, AudioEvent::Chunk { .. } | AudioEvent::Level { .. });
        let hold = (self.hold && !regular).then(|| self.busy.enter());
        let mut held = Held::new(event, hold);
        loop {
            match self.tx.try_send(held) {
                Ok(()) => return true,
                Err(mpsc::error::TrySendError::Closed(_)) => return false,
                Err(mpsc::error::TrySendError::Full(back)) => held = back,
            }
            if self.stop.load(Ordering::Acquire) {
                return false;
            }
            std::thread::sleep(NAP);
        }
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
