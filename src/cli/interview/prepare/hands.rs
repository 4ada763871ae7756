//! What does the work of a preparation: devices, sound, recogniser, voice,
//! engine and download, each in its own thread or task, so that the screen
//! never waits for any of them.

use super::memory::Memory;
use super::remember;
use super::state::SENTENCE;
use super::vocabulary::{Do, FetchNews, Heard, News};
use crate::audio::list_devices;
use crate::call::Address;
use crate::config::{Choices, Config};
use crate::preflight::{self, Cue, Ears, hear_with, rehearse, round_trip};
use crate::speech::Cancel;
use crate::speech::download::{self, DownloadError, Request};
use crate::speech::model::user_folder;
use crate::speech::normalise::normalise;
use crate::speech::voices::open_voice;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// News that may wait. Full: whoever has some waits; levels are dropped.
const NEWS: usize = 64;
/// Work that may wait, for sound and for the recogniser. Full: the newest is
/// dropped; nobody presses so many keys before they are obeyed.
const ORDERS: usize = 16;

/// A device that does not let itself be closed, or opened, is not waited for
/// any longer.
const ENDS_WITHIN: Duration = Duration::from_secs(3);

/// Work for the recogniser's thread.
enum Listen {
    Measure(Option<String>),
    Hear(Arc<[f32]>, u32),
}

/// The recogniser's thread.
struct Listener {
    work: SyncSender<Listen>,
    thread: std::thread::JoinHandle<()>,
    /// Ends what it does now.
    stop: Cancel,
}

impl Listener {
    fn start(config: Config, to: mpsc::Sender<News>) -> Self {
        let (work, todo) = sync_channel(ORDERS);
        let stop = Cancel::default();
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || listen(&config, &todo, &to, &stopped));
        Self { work, thread, stop }
    }

    /// Ends it, so that the interview does not load a second model beside
    /// its own; one that is being loaded is not waited for without end.
    async fn finish(self) {
        self.stop.cancel();
        drop(self.work);
        let thread = self.thread;
        let ended = tokio::task::spawn_blocking(move || thread.join());
        let _ = timeout(ENDS_WITHIN, ended).await;
    }
}

/// The workers.
pub(super) struct Hands {
    cues: mpsc::Sender<Cue>,
    ears: Option<Listener>,
    news: mpsc::Sender<News>,
    sound: JoinHandle<()>,
    relay: JoinHandle<()>,
    engine: Option<Address>,
    data_dir: PathBuf,
    mirror: Option<String>,
    memory: Memory,
    /// Where choices are remembered, and what was set before.
    kept: Option<(PathBuf, Choices)>,
    /// Stops the newest download.
    fetch: Cancel,
    /// Downloads that may not have ended yet, by what they fetch.
    fetches: Vec<(String, std::thread::JoinHandle<()>)>,
}

impl Hands {
    /// Starts them for these settings. Without sound only the engine is
    /// looked at.
    pub(super) fn start(
        config: &Config,
        memory: Memory,
        kept: Option<(PathBuf, Choices)>,
        sound: bool,
    ) -> (Self, mpsc::Receiver<News>) {
        let (news, told) = mpsc::channel(NEWS);
        let (cues, orders) = mpsc::channel(ORDERS);
        let (heard, mut from_sound) = mpsc::channel(NEWS);
        let sounding = tokio::spawn(rehearse(config.endpoint.clone(), orders, heard));
        let to = news.clone();
        let relay = tokio::spawn(async move {
            while let Some(one) = from_sound.recv().await {
                if matches!(one, preflight::News::Level(_)) {
                    let _ = to.try_send(News::Sound(one));
                } else if to.send(News::Sound(one)).await.is_err() {
                    return;
                }
            }
        });
        let ears = sound.then(|| {
            let to = news.clone();
            std::thread::spawn(move || {
                let devices = list_devices().map_err(|e| e.to_string());
                let _ = to.blocking_send(News::Devices(devices));
            });
            Listener::start(config.clone(), news.clone())
        });
        let hands = Self {
            cues,
            ears,
            news,
            sound: sounding,
            relay,
            engine: crate::cli::open::engine_address(config),
            data_dir: config.data_dir(),
            mirror: config.speech.mirror.clone(),
            memory,
            kept,
            fetch: Cancel::default(),
            fetches: Vec::new(),
        };
        (hands, told)
    }

    /// Begins a piece of work; news tell what comes of it.
    pub(super) fn take(&mut self, what: Do) {
        let listen = |work| {
            if let Some(ears) = &self.ears {
                let _ = ears.work.try_send(work);
            }
        };
        match what {
            Do::Sound(cue) => {
                let _ = self.cues.try_send(cue);
            }
            Do::Measure(model) => listen(Listen::Measure(model)),
            Do::Hear { audio, test } => listen(Listen::Hear(audio, test)),
            Do::Engine => {
                let (address, dir, to) = (
                    self.engine.clone(),
                    self.data_dir.clone(),
                    self.news.clone(),
                );
                tokio::spawn(async move {
                    let found = round_trip(address.as_ref(), &dir).await;
                    let _ = to.send(News::Engine(found)).await;
                });
            }
            Do::Keep(chosen) => {
                if let Some((file, before)) = &self.kept
                    && let Err(error) = remember(file, &chosen, before)
                {
                    // It is tried again, and told, at the end.
                    tracing::debug!(%error, "Choices are not kept yet");
                }
            }
            Do::Fetch { name, run } => self.fetch(name, run),
            Do::StopFetch => self.fetch.cancel(),
            Do::ForgetFetch => self.memory.set_fetching(None),
        }
    }

    fn fetch(&mut self, name: String, run: u32) {
        self.memory.set_fetching(Some(&name));
        self.fetch.cancel();
        self.fetch = Cancel::default();
        let (cancel, to, mirror) = (self.fetch.clone(), self.news.clone(), self.mirror.clone());
        let going = self.fetches.drain(..).filter(|(_, f)| !f.is_finished());
        let (same, others): (Vec<_>, Vec<_>) = going.partition(|(other, _)| *other == name);
        self.fetches = others;
        let fetched = name.clone();
        let thread = std::thread::spawn(move || {
            // One that was stopped holds the file until it notices.
            for (_, before) in same {
                let _ = before.join();
            }
            let tell = |news| News::Fetch { run, news };
            let news = match cancel.is_cancelled() {
                true => FetchNews::Stopped,
                false => fetch(&name, mirror.as_deref(), &cancel, &mut |news, waits| {
                    let _ = match waits {
                        true => to.blocking_send(tell(news)).is_ok(),
                        // A full channel has newer news soon.
                        false => to.try_send(tell(news)).is_ok(),
                    };
                }),
            };
            let _ = to.blocking_send(tell(news));
        });
        self.fetches.push((fetched, thread));
    }

    /// Stops everything; the devices are free afterwards, unless it says
    /// otherwise. The news must be taken, or their receiver be dropped.
    pub(super) async fn finish(self) -> Option<String> {
        self.fetch.cancel();
        let Self {
            cues,
            ears,
            mut sound,
            relay,
            ..
        } = self;
        drop(cues);
        let deaf = async {
            if let Some(ears) = ears {
                ears.finish().await;
            }
        };
        let (ended, ()) = tokio::join!(timeout(ENDS_WITHIN, &mut sound), deaf);
        sound.abort();
        relay.abort();
        ended.is_err().then(|| {
            "The sound system does not answer: a device may be stuck. Another one can be chosen \
             with --setup, and --typed needs none."
                .to_owned()
        })
    }
}

/// Fetches a model; `tell` is told how it goes on, and whether that must not
/// be missed.
fn fetch(
    name: &str,
    mirror: Option<&str>,
    cancel: &Cancel,
    tell: &mut dyn FnMut(FetchNews, bool),
) -> FetchNews {
    let failed = |why: &str, any| FetchNews::Failed {
        why: why.to_owned(),
        any,
    };
    let Some(folder) = user_folder() else {
        return failed("the system names no folder for models", false);
    };
    let mut request = Request::new(name, mirror, &folder);
    request.cancel = cancel.clone();
    let (mut there, mut all) = (0, None);
    let result = download::fetch(&request, &mut |now, total| {
        (there, all) = (now, total);
        tell(FetchNews::Progress { there: now, total }, false);
    });
    if there > 0 {
        tell(FetchNews::Progress { there, total: all }, true);
    }
    match result {
        Ok(_) => FetchNews::Whole,
        Err(DownloadError::Stopped(_)) => FetchNews::Stopped,
        Err(DownloadError::Network { why, .. }) => failed(&why, there > 0),
        Err(error) => failed(&error.to_string(), there > 0),
    }
}

/// The recogniser's thread: makes the test sentence, measures, transcribes.
fn listen(config: &Config, todo: &Receiver<Listen>, to: &mpsc::Sender<News>, stop: &Cancel) {
    let spoken = speak(config);
    let sample = spoken.clone().unwrap_or_else(|_| Vec::new().into());
    let _ = to.blocking_send(News::Voice(spoken));
    let mut ears: Option<Ears> = None;
    while let Ok(work) = todo.recv() {
        if stop.is_cancelled() {
            return;
        }
        let news = match work {
            Listen::Measure(model) => {
                // Two models at once may not fit.
                ears = None;
                let loaded = load(model.as_deref(), &sample, config.speech.threads, stop);
                News::Ears(loaded.map(|(loaded, heard)| {
                    ears = Some(loaded);
                    heard
                }))
            }
            Listen::Hear(audio, test) => News::Text {
                test,
                text: match &mut ears {
                    Some(ears) => ears.hear(&audio, stop).map_err(|e| e.to_string()),
                    None => Err("no speech model can be used".to_owned()),
                },
            },
        };
        if to.blocking_send(news).is_err() {
            return;
        }
    }
}

fn load(
    wanted: Option<&str>,
    sample: &[f32],
    threads: usize,
    stop: &Cancel,
) -> Result<(Ears, Heard), String> {
    // Where no voice speaks, anything takes about as long to be heard.
    let hum: Vec<f32>;
    let sample = match sample.is_empty() {
        true => {
            hum = preflight::test_sound().repeat(6);
            &hum
        }
        false => sample,
    };
    let (ears, instead) = match hear_with(wanted, sample, threads, stop) {
        Ok(ears) => (ears, None),
        // What was chosen is gone; the interview need not stop for that.
        Err(error) if wanted.is_some() && !stop.is_cancelled() => {
            match hear_with(None, sample, threads, stop) {
                Ok(ears) => {
                    let name = &ears.model.name;
                    let says = format!("{error}. {name} is used in its place.");
                    (ears, Some(says))
                }
                Err(_) => return Err(error.to_string()),
            }
        }
        Err(error) => return Err(error.to_string()),
    };
    let heard = Heard {
        name: ears.model.name.clone(),
        starter: ears.model.starter,
        ms_for_5_s: ears.ms_for_5_s,
        keeps_up: ears.keeps_up,
        offers: ears.offers.clone(),
        instead,
    };
    Ok((ears, heard))
}

fn speak(config: &Config) -> Result<Arc<[f32]>, String> {
    let speech = &config.speech;
    let mut voice = open_voice(&speech.voice, speech.speed).map_err(|e| e.to_string())?;
    let mut pcm = Vec::new();
    voice
        .speak(&normalise(SENTENCE), &mut |part| {
            pcm.extend_from_slice(part);
            ControlFlow::Continue(())
        })
        .map_err(|e| e.to_string())?;
    match (voice.rate(), pcm.is_empty()) {
        (crate::audio::RATE, false) => Ok(pcm.into()),
        (crate::audio::RATE, true) => Err(format!("{} says nothing", voice.name())),
        (rate, _) => Err(format!("{} delivers {rate} Hz", voice.name())),
    }
}
