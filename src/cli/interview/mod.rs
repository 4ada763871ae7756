//! `viva interview`: take an interview with this machine's microphone and
//! speaker, or by typing: on a whole screen, or line by line.

mod agreed;
mod args;
mod at_terminal;
mod draft;
#[cfg(all(test, unix))]
mod failure_tests;
mod lines;
mod model;
mod preface;
mod prepare;
mod screen;
mod voices;

use super::after::After;
use super::captions;
use super::dry_run::Preview;
use super::failure;
use super::open::{
    self, Choice, Opened, about_model, open, parse_mic, parse_speaker, read_document,
};
use super::recover;
#[cfg(unix)]
use super::terminal::keeper;
use super::terminal::{Signals, has_screen};
use super::timestamp::after_seal;
use crate::audio::{AudioSettings, MicSpec, Pace, SpeakerSpec};
use crate::call::{Call, CallEvent, Command, Outcome, run as run_call};
use crate::clock::Clock;
use crate::config::Config;
use crate::event::{Mode, Settings};
use crate::interview::Job;
use crate::protocol::{Document, ServerMessage, SetupRequest};
use crate::server::prepare;
use crate::speech::voices::choices;
use agreed::Wishes;
use anyhow::Context;
pub(super) use args::InterviewArgs;
use at_terminal::Left;
use model::Model;
use prepare::{Face, Next, Wanted};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use voices::Voices;

/// What to do after a failure, once there is a session.
const GO_ON: &str = "What was acknowledged is kept; go on with: viva interview --continue";

pub(super) fn run(args: InterviewArgs, config: Config) -> anyhow::Result<ExitCode> {
    let on_screen = has_screen() && !args.plain && !args.dry_run;
    #[cfg(unix)]
    if on_screen && let Some(code) = keeper::keep(GO_ON)? {
        return Ok(code);
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(interview(args, config, on_screen));
    // The task that reads the keyboard cannot be woken; it is left behind.
    runtime.shutdown_background();
    result
}

async fn interview(
    args: InterviewArgs,
    mut config: Config,
    on_screen: bool,
) -> anyhow::Result<ExitCode> {
    let set = &mut config.interview;
    set.mode = match args.mode {
        _ if args.coach => Mode::Coach,
        mode => mode.map_or(set.mode, Mode::from),
    };
    args.length.apply(set);
    set.seed = args.seed.unwrap_or(set.seed);
    let wishes = Wishes {
        typed: args.typed,
        speaks: args.mic.is_some(),
        captions: args.captions,
        hears: args.speaker.is_some(),
        pause_factor: args.pause_factor,
        voice_speed: args.voice_speed,
        voice: args.voice,
    };
    config.speech.model = args.model.or(config.speech.model);
    config.engine.url = args.engine.or(config.engine.url);
    config.audio.microphone = args.mic.or(config.audio.microphone);
    config.audio.speaker = args.speaker.or(config.audio.speaker);
    let go_on = match args.go_on {
        Some(id) if id.is_empty() => Some(newest(&config, args.out.as_deref())?),
        other => other,
    };
    let known = match args.dry_run {
        true => None,
        false => agreed::of(&config, go_on.as_deref(), args.out.as_deref()).await?,
    };
    let settled = wishes.settle(&mut config, known.as_ref(), go_on.is_some());
    config.check()?;

    let documents = Documents {
        bank: args
            .bank
            .iter()
            .map(|p| read_document(p))
            .collect::<Result<_, _>>()?,
        job: args.job.as_deref().map(read_document).transpose()?,
        resume: args.resume.as_deref().map(read_document).transpose()?,
    };
    if args.dry_run {
        let settings = &config.interview;
        return dry_run(
            documents,
            args.candidate,
            settings,
            args.bank_alone,
            args.json,
        );
    }

    let invited = open::engine_address(&config).is_some_and(|a| open::is_invitation(&a));
    if documents.job.is_none() && go_on.is_none() && !invited {
        anyhow::bail!("--job: expected a job description, or --engine with an invitation's link");
    }
    // Until here a signal ends the program by itself; from here on it does so
    // only where somebody looks.
    let signals = match on_screen {
        true => Signals::watch(),
        false => Signals::watch_interrupts(),
    }
    .context("Cannot watch for signals")?;
    let (typed, mut read) = mpsc::channel(16);
    let mut typed = Some(typed);
    let face = if on_screen {
        Face::Screen(at_terminal::look(args.still))
    } else {
        if let Some(typed) = typed.take() {
            tokio::spawn(lines::read(typed));
        }
        Face::Lines(&mut read)
    };
    let wanted = Wanted {
        never: args.no_preflight || args.fast,
        always: args.preflight,
        setup: args.setup,
        remembers: args.remembers,
    };
    let checked = match prepare::before(&mut config, wanted, face, &signals).await? {
        Next::Begin(checked) => checked,
        Next::Leave(status) => return Ok(ExitCode::from(status)),
    };
    let mic = parse_mic(config.audio.microphone.as_deref());
    let speaker = parse_speaker(config.audio.speaker.as_deref());
    let (by_keys, by_eye) = (config.interview.typed, config.interview.captions);
    let files = (by_keys || !matches!(mic, MicSpec::Device(_)))
        && (by_eye || !matches!(speaker, SpeakerSpec::Device(_)));
    if args.fast && (!files || config.engine.url.is_some()) {
        anyhow::bail!(
            "--fast: expected --mic wav:FILE, --speaker wav:FILE or none, and no --engine"
        );
    }
    let pace = if args.fast { Pace::Fast } else { Pace::Real };
    let (keys, commands) = mpsc::channel(16);
    let Documents { job, resume, bank } = documents;
    for change in settled.changes {
        // There is room for all of them.
        let _ = keys.try_send(change);
    }
    let named = job.as_ref().and_then(|d| Job::parse(&d.name, &d.text).ok());
    let mut preface = preface::of(&config, job.as_ref(), go_on.is_some())?;
    preface.extend(settled.notes);
    let settings = config.interview.clone();
    let speed = config.speech.speed;
    // An engine elsewhere sees to its own records; so does a folder elsewhere.
    let here = config.engine.url.is_none() && args.out.is_none();
    let own = config.clone();
    // A task of its own: a device or a model that hangs must not keep this one
    // from looking at signals.
    let opened = tokio::spawn(open(Choice {
        job,
        resume,
        go_on,
        bank,
        bank_alone: args.bank_alone,
        candidate: args.candidate,
        settings: config.interview.clone(),
        mic,
        speaker,
        audio: AudioSettings {
            pace,
            clock: args.fast.then(Clock::driven),
            echo_cancel: config.audio.echo_cancel && !files,
            barge_in: config.audio.barge_in,
            endpoint: config.endpoint.clone(),
            interrupt: config.audio.interrupt.clone(),
            ..AudioSettings::default()
        },
        sessions_dir: args.out,
        simulated: None,
        consent: args.consent,
        commands,
        config,
    }));
    let Opened {
        call,
        model,
        engine,
    } = match signals.or(opened).await {
        Ok(opened) => opened??,
        Err(status) => return Ok(ExitCode::from(status)),
    };
    // Until now there was no session to go on with.
    failure::advise(GO_ON);
    #[cfg(unix)]
    keeper::begun();
    preface.insert(0, about_model(model.as_ref()));
    preface.extend(checked);
    let session = match &call.welcome {
        ServerMessage::Welcome { session, .. } => session.clone(),
        _ => String::new(),
    };
    let voices = match by_eye {
        true => Voices::default(),
        false => Voices::new(choices(), call.voice.name()),
    };
    let view = call.view.subscribe();
    let ended = if on_screen {
        let mut model = Model::new(&settings, speed).with_voices(voices);
        for text in preface {
            model.say(text);
        }
        let (look, signals) = (at_terminal::look(args.still), signals.clone());
        let ended = on_screen_until_over(call, model, look, view, keys, signals).await;
        if let Some(typed) = typed.take() {
            tokio::spawn(lines::read(typed));
        }
        ended
    } else {
        for text in preface {
            println!("{text}");
        }
        println!("{}", lines::KEYS);
        let over = CancellationToken::new();
        let set = lines::Set::new(&settings, speed, voices);
        let passing = tokio::spawn(lines::pass(read, keys.clone(), set, over.clone()));
        tokio::spawn(lines::end_on_interrupt(keys));
        let shown = tokio::spawn(captions::print(view, "You", true, std::io::stdout()));
        let outcome = run_call(call).await;
        let _ = shown.await;
        over.cancel();
        read = passing.await?;
        outcome.map(Ended::Over).map_err(anyhow::Error::from)
    };
    let go_on = format!("Interrupted; go on with: viva interview --continue {session}");
    let outcome = match ended.with_context(|| go_on.clone())? {
        Ended::Over(outcome) => outcome,
        Ended::Left(status) => {
            eprintln!("viva: {go_on}");
            return Ok(ExitCode::from(status));
        }
    };
    if let Some(engine) = engine {
        engine.cancel();
    }
    // An interrupt that ended the interview does not end what follows it.
    let signals = signals.afresh();
    if here && outcome.record.is_some() {
        // After the seal, and only where somebody configured an authority.
        let (config, session) = (own.clone(), outcome.session.clone());
        let stamping = tokio::task::spawn_blocking(move || after_seal(&config, &session));
        if let Err(status) = signals.or(stamping).await {
            return Ok(ExitCode::from(status));
        }
    }
    match &outcome.record {
        Some(record) => println!("\nRecord: {}", record.display()),
        None => println!("\nSession: {}", outcome.session),
    }
    if outcome.lost > 0 {
        println!(
            "{} samples of sound were lost; the gaps are marked.",
            outcome.lost
        );
    }
    let after = After {
        config: &own,
        session: &outcome.session,
        ended: outcome.reason,
        record: outcome.record.as_deref(),
        job: named,
        review: args.review || std::io::stdin().is_terminal(),
    };
    match signals
        .or(after.run(&mut read, &mut std::io::stdout()))
        .await
    {
        Ok(done) => done.map(|()| ExitCode::SUCCESS),
        Err(status) => Ok(ExitCode::from(status)),
    }
}

/// How a call came to its end here.
enum Ended {
    Over(Outcome),
    /// The candidate's side left with this exit status; the session can be
    /// gone on with.
    Left(u8),
}

/// Holds the call while the screen shows it.
async fn on_screen_until_over(
    call: Call,
    model: Model,
    look: screen::Look,
    view: broadcast::Receiver<CallEvent>,
    keys: mpsc::Sender<Command>,
    signals: Signals,
) -> anyhow::Result<Ended> {
    let mut shown =
        tokio::task::spawn_blocking(move || at_terminal::show(model, look, view, &keys, &signals));
    let call = run_call(call);
    tokio::pin!(call);
    let left = tokio::select! {
        biased;
        outcome = &mut call => {
            // The screen gives the terminal back before anything is printed.
            shown.await??;
            return Ok(Ended::Over(outcome?));
        }
        left = &mut shown => left??,
    };
    Ok(match left {
        Left::Over => Ended::Over(call.await?),
        Left::AtOnce => Ended::Left(130),
        Left::Signal(status) => Ended::Left(status),
    })
}

/// What the user handed in.
struct Documents {
    job: Option<Document>,
    resume: Option<Document>,
    bank: Vec<Document>,
}

/// Prepares the interview as an engine would, and prints what came of it.
fn dry_run(
    documents: Documents,
    candidate: Option<String>,
    settings: &Settings,
    bank_alone: bool,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let setup = prepare(&SetupRequest {
        job: documents.job.context("--dry-run: expected --job")?,
        resume: documents.resume,
        candidate,
        bank: documents.bank,
        bank_alone,
        settings: settings.clone(),
    })?;
    let preview = Preview::of(&setup);
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&preview)?)?;
    } else {
        preview.print(&mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The newest session of this machine that was interrupted.
fn newest(config: &Config, out: Option<&Path>) -> anyhow::Result<String> {
    if config.engine.url.is_some() {
        anyhow::bail!("--continue with --engine: expected the session's id");
    }
    recover::newest(&recover::keeper(
        &config.data_dir(),
        out.map(Path::to_path_buf),
    ))
}
