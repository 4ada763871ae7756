//! Opens everything that a call needs, in an order that leaves nothing
//! half-made behind: documents, model, folder, engine, sound, session.

use super::embedding;
use crate::accounts::{Claims, Secret, TokenKind};
use crate::audio::{AudioSession, AudioSettings, MicSource, MicSpec, SamplePos, SpeakerSpec};
use crate::call::{
    Address, Call, CallEvent, Command, Link, LinkError, Voice, WireSettings, deliver_left,
    tidy_spools,
};
use crate::clock::Clock;
use crate::config::Config;
use crate::digest::sha256_file;
use crate::document;
use crate::event::{ClientFacts, Settings};
use crate::interview::{Bank, Job, Resume};
use crate::protocol::{self, ClientMessage, Document, ServerMessage, SetupRequest, VERSION};
use crate::record;
use crate::server::{Admission, Engine, INTERVIEW_PATH, serve};
use crate::speech::Recognizer;
use crate::speech::model::{self, FoundModel, STARTER_NOTICE};
use crate::speech::scripted::ScriptedRecognizer;
use crate::speech::voices::open_voice;
use crate::speech::whisper::{WhisperRecognizer, WhisperSettings};
use crate::speech::worker::RecognizerWorker;
use anyhow::{Context, bail};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

/// Space that a recording may need: an hour and some more.
const DISK_BYTES: u64 = 400 * 1024 * 1024;

/// How long an engine that does not answer is tried in the middle of a call;
/// the interview can be gone on with later.
const GIVE_UP_AFTER: Duration = Duration::from_secs(600);

/// What the caller chose.
pub(super) struct Choice {
    pub(super) config: Config,
    /// Nothing only where a session goes on, and with an invitation.
    pub(super) job: Option<Document>,
    pub(super) resume: Option<Document>,
    /// The interrupted session that is to go on.
    pub(super) go_on: Option<String>,
    pub(super) bank: Vec<Document>,
    pub(super) bank_alone: bool,
    pub(super) candidate: Option<String>,
    pub(super) settings: Settings,
    pub(super) mic: MicSpec,
    pub(super) speaker: SpeakerSpec,
    pub(super) audio: AudioSettings,
    /// Folder of the sessions, where it is not the data folder's.
    pub(super) sessions_dir: Option<PathBuf>,
    pub(super) simulated: Option<String>,
    pub(super) consent: bool,
    pub(super) commands: mpsc::Receiver<Command>,
}

/// A call that may begin, and the engine that was started for it.
pub(super) struct Opened {
    pub(super) call: Call,
    /// The speech model; none where every answer is typed.
    pub(super) model: Option<FoundModel>,
    pub(super) engine: Option<CancellationToken>,
}

/// Reads a document of any kind into text, here on the candidate's machine:
/// what goes over the wire is always text.
pub(super) fn read_document(path: &Path) -> anyhow::Result<Document> {
    let shown = path.display().to_string();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| {
            // One byte more than is read, so that a larger file is noticed.
            let most = document::MAX_FILE as u64 + 1;
            file.take(most).read_to_end(&mut bytes)
        })
        .with_context(|| shown.clone())?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    let reading = document::read(&name.to_string_lossy(), &bytes)?;
    Ok(Document {
        name: reading.name,
        text: reading.text,
    })
}

/// `wav:FILE`, or (part of) a device's name; the default device if none.
pub(super) fn parse_mic(text: Option<&str>) -> MicSpec {
    match text {
        Some(text) => match text.strip_prefix("wav:") {
            Some(file) => MicSpec::Wav(file.into()),
            None => MicSpec::Device(Some(text.to_owned())),
        },
        None => MicSpec::Device(None),
    }
}

/// `wav:FILE`, `none`, or (part of) a device's name.
pub(super) fn parse_speaker(text: Option<&str>) -> SpeakerSpec {
    match text {
        Some("none") => SpeakerSpec::None,
        Some(text) => match text.strip_prefix("wav:") {
            Some(file) => SpeakerSpec::Wav(file.into()),
            None => SpeakerSpec::Device(Some(text.to_owned())),
        },
        None => SpeakerSpec::Device(None),
    }
}

/// Opens everything.
pub(super) async fn open(choice: Choice) -> anyhow::Result<Opened> {
    let Choice {
        config,
        job,
        resume,
        go_on,
        bank,
        bank_alone,
        candidate,
        settings,
        mic,
        speaker,
        mut audio,
        sessions_dir,
        simulated,
        consent,
        commands,
    } = choice;
    if let Some(job) = &job {
        let parsed = Job::parse(&job.name, &job.text)?;
        if let (Some(policy), None) = (&parsed.retention, &config.engine.url) {
            // An engine elsewhere has policies of its own.
            record::Policies::load(config.retention.file.as_deref())?
                .find(policy)
                .with_context(|| job.name.clone())?;
        }
    }
    if let Some(resume) = &resume {
        Resume::parse_for(&resume.name, &resume.text, candidate.as_deref())?;
    }
    let files: Vec<(&str, &str)> = bank
        .iter()
        .map(|d| (d.name.as_str(), d.text.as_str()))
        .collect();
    Bank::with_own(&files, bank_alone)?;
    let (model, recognizer) = open_ears(&config, settings.typed)?;
    let recognizer = RecognizerWorker::spawn(recognizer)?;
    // Lines that are only read take the time that they would be spoken in.
    let voice_name = match settings.captions {
        true => "silent".to_owned(),
        false => config.speech.voice.clone(),
    };
    let synthesizer = open_voice(&voice_name, config.speech.speed)?;
    let mic = match settings.typed {
        true => MicSpec::Live(Box::new(NoMicrophone)),
        false => mic,
    };
    let speaker = match settings.captions {
        true => SpeakerSpec::None,
        false => speaker,
    };

    let (address, engine) = match engine_address(&config) {
        Some(address) => (address, None),
        None => {
            let (address, stop) = start_engine(&config, sessions_dir, audio.clock.clone()).await?;
            (address, Some(stop))
        }
    };
    let asked_for = settings.pause_factor;
    if model.as_ref().is_some_and(|m| m.starter) {
        audio.endpoint.in_short_stretches();
    }
    let audio = AudioSession::open(mic, speaker, audio)?;
    let voice = Voice::start(synthesizer, audio.player.clone())
        .map_err(anyhow::Error::msg)?
        .with_choice(&voice_name, config.speech.speed, open_voice);
    let client = ClientFacts {
        program: crate::PROGRAM.to_owned(),
        model: match &model {
            Some(model) => format!("{} sha256:{}", model.name, sha256_file(&model.path)?),
            None => "none".to_owned(),
        },
        voice: match config.speech.speed {
            1.0 => voice.name().to_owned(),
            speed => format!("{}, speed {speed:.1}", voice.name()),
        },
        microphone: match settings.typed {
            true => "none".to_owned(),
            false => audio.names.microphone.clone(),
        },
        speaker: audio.names.speaker.clone(),
        simulated,
    };
    let wire = WireSettings {
        spool: config.data_dir().join("spool"),
        give_up_after: GIVE_UP_AFTER,
    };
    tidy_spools(&wire.spool);
    let setup = SetupRequest {
        job: job.unwrap_or_default(),
        resume,
        candidate,
        bank,
        bank_alone,
        settings,
    };
    let (link, welcome) = greet(&address, &wire, &client, setup, go_on).await?;
    // An invitation brings its own accommodation.
    let pause_factor = match &welcome {
        ServerMessage::Welcome {
            pause_factor: Some(factor),
            ..
        } => *factor,
        _ => asked_for,
    };
    let (view, _) = broadcast::channel::<CallEvent>(1024);
    Ok(Opened {
        call: Call {
            link,
            welcome,
            client,
            wire,
            audio,
            recognizer,
            voice,
            consent_beforehand: consent,
            pause_factor,
            view,
            commands,
        },
        model,
        engine,
    })
}

/// The engine that the settings name, if they name one.
pub(super) fn engine_address(config: &Config) -> Option<Address> {
    let url = config.engine.url.as_ref()?;
    Some(Address::new(url).with_roots(config.engine.certificates.clone()))
}

/// Whether an address is the link of an invitation, which brings the job.
pub(super) fn is_invitation(address: &Address) -> bool {
    let claims = address.token().and_then(|token| Claims::peek(token).ok());
    claims.is_some_and(|claims| claims.kind == TokenKind::Invite)
}

/// Connects and begins the session, or goes on with one. Where an
/// invitation's session was begun before, that one goes on.
async fn greet(
    address: &Address,
    wire: &WireSettings,
    client: &ClientFacts,
    setup: SetupRequest,
    mut go_on: Option<String>,
) -> Result<(Link, ServerMessage), LinkError> {
    let setup = Box::new(setup);
    loop {
        if let Some(session) = &go_on {
            deliver_left(address, wire, client.clone(), session).await?;
        }
        let mut link = Link::open(address).await?;
        let resume = go_on.clone();
        let hello = ClientMessage::Hello {
            protocol: VERSION,
            client: client.clone(),
            setup: setup.clone(),
            resume: resume.map(|session| protocol::Resume { session, has: None }),
        };
        match link.hello(&hello).await {
            Err(LinkError::Begun { session }) if go_on.is_none() => go_on = Some(session),
            welcome => return Ok((link, welcome?)),
        }
    }
}

/// The microphone where every answer is typed.
struct NoMicrophone;

impl MicSource for NoMicrophone {
    fn fill(&mut self, _at: SamplePos, out: &mut [f32]) {
        out.fill(0.0);
    }
}

/// The speech model and its recogniser; neither is needed, nor looked for,
/// where every answer is typed.
fn open_ears(
    config: &Config,
    typed: bool,
) -> anyhow::Result<(Option<FoundModel>, Box<dyn Recognizer>)> {
    if typed {
        let deaf = ScriptedRecognizer::texts(std::iter::empty::<String>());
        return Ok((None, Box::new(deaf)));
    }
    let model = model::find(None, config.speech.model.as_deref())?;
    let settings = WhisperSettings {
        threads: config.speech.threads,
        // The starter model was not trained with prompts.
        use_prompt: !model.starter,
        ..WhisperSettings::default()
    };
    let recognizer = WhisperRecognizer::load(&model.path, &settings)?;
    Ok((Some(model), Box::new(recognizer)))
}

/// Starts an engine on a free loopback port; its address comes back, with
/// the secret that keeps every other program of this machine out.
async fn start_engine(
    config: &Config,
    sessions_dir: Option<PathBuf>,
    clock: Option<Clock>,
) -> anyhow::Result<(Address, CancellationToken)> {
    let secret = Secret::new()?;
    let stop = CancellationToken::new();
    let engine = Engine {
        data_dir: config.data_dir(),
        sessions_dir,
        clock,
        similarity: embedding::installed(),
        local: true,
        admission: Admission::Secret(secret.clone()),
        stop: stop.clone(),
    };
    let sessions = engine.sessions_dir();
    record::check_writable(&sessions)?;
    let recovering = engine.clone();
    tokio::task::spawn_blocking(move || super::recover::at_start(&recovering)).await??;
    let free = record::free_space(&sessions)?;
    if free < DISK_BYTES {
        bail!(
            "{}: found {} MB of free disk, expected at least {} MB for a recording",
            sessions.display(),
            free / 1_000_000,
            DISK_BYTES / 1_000_000
        );
    }
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("No loopback port for the engine")?;
    let place = listener.local_addr()?;
    let address = Address::new(&format!("ws://{place}{INTERVIEW_PATH}#{}", secret.expose()));
    tokio::spawn(async move {
        if let Err(error) = serve(listener, engine).await {
            tracing::error!(%error, "the engine stopped");
        }
    });
    Ok((address, stop))
}

/// Says plainly which ears are at work.
pub(super) fn about_model(model: Option<&FoundModel>) -> String {
    let Some(model) = model else {
        return "Every answer is typed: no microphone and no speech model are used.".to_owned();
    };
    if model.starter {
        format!("Speech model: {}. {STARTER_NOTICE}", model.name)
    } else {
        format!("Speech model: {}", model.name)
    }
}
