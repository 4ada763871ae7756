//! `viva demo`: a simulated candidate takes a whole spoken interview here.
//! Only the candidate is not real: speech, recogniser, engine, websocket,
//! voice and record are the program's own.

use super::captions;
use super::open::{Choice, Opened, about_model, open, parse_mic, parse_speaker, read_document};
use super::spoken_call::{SpokenCall, builtin_job, builtin_resume, compare, hold};
use super::turn_table::{rows, summary, table};
use crate::audio::{
    AudioSession, AudioSettings, MicSource, MicSpec, Pace, Player, SamplePos, SpeakerSpec,
};
use crate::clock::Clock;
use crate::config::Config;
use crate::interview::Resume;
use crate::interview::bank::Bank;
use crate::simulate::{Candidate, Pauses, Profile, Script};
use crate::speech::voices::open_voice;
use crate::speech::wer::word_errors;
use anyhow::Context;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::sync::mpsc;

/// Let a simulated candidate take a whole spoken interview.
#[derive(Args, Debug)]
#[command(after_help = "Example: viva demo --profile exceptional --out demo-record")]
pub(super) struct DemoArgs {
    /// How good the candidate's answers are.
    #[arg(long, value_enum, default_value_t)]
    profile: Profile,
    /// Job description (TOML, Markdown, text, PDF or DOCX) instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    /// Résumé (TOML, Markdown, text, PDF or DOCX) instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Folder for the session's record.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// As fast as possible, or one second a second.
    #[arg(long, value_enum, default_value = "fast")]
    pace: PaceArg,
    /// Where the interview depends on chance, this is the chance.
    #[arg(long)]
    seed: Option<u64>,
    /// Number of technical questions.
    #[arg(long, value_name = "N")]
    questions: Option<u8>,
    /// The candidate's voice.
    #[arg(long, default_value = "rms")]
    candidate_voice: String,
    /// Keep what the recruiter said: `wav:FILE`, or `none`.
    #[arg(long, default_value = "none", value_name = "SPEAKER")]
    speaker: String,
    /// Go through this machine's microphone and speaker; the candidate
    /// speaks through the speaker too, or through `--candidate-device`.
    #[arg(long)]
    device: bool,
    /// Name of the device that the candidate's voice is played on.
    #[arg(long, requires = "device", value_name = "NAME")]
    candidate_device: Option<String>,
    /// Print one JSON object instead of captions and tables.
    #[arg(long)]
    json: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum PaceArg {
    Fast,
    Real,
}

/// From the end of a question to the candidate's first sound, milliseconds:
/// about what people take.
const THINK_MS: u32 = 600;

pub(super) fn run(args: DemoArgs, config: Config) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(demo(args, config))
}

async fn demo(args: DemoArgs, config: Config) -> anyhow::Result<ExitCode> {
    let job = match &args.job {
        Some(path) => read_document(path)?,
        None => builtin_job(),
    };
    let resume = match &args.resume {
        Some(path) => read_document(path)?,
        None => builtin_resume(),
    };
    let mut settings = config.interview.clone();
    settings.seed = args.seed.unwrap_or(settings.seed);
    settings.questions = args.questions.unwrap_or(settings.questions);
    let seed = settings.seed;
    Config {
        interview: settings.clone(),
        ..config.clone()
    }
    .check()?;

    let bank = Bank::builtin();
    let person = Resume::parse(&resume.name, &resume.text)?;
    let voice = open_voice(&args.candidate_voice, 1.0)?;
    let pace = match (args.device, args.pace) {
        (false, PaceArg::Fast) => Pace::Fast,
        _ => Pace::Real,
    };
    let pauses = Pauses::new(seed, &args.candidate_voice);
    let (candidate, mic, speaker) = if args.device {
        let loudspeaker = open_loudspeaker(args.candidate_device.clone())?;
        let candidate = Candidate::through(loudspeaker, voice, pauses, THINK_MS);
        let mic = parse_mic(config.audio.microphone.as_deref());
        (
            candidate,
            mic,
            parse_speaker(config.audio.speaker.as_deref()),
        )
    } else {
        let (candidate, mouth) = Candidate::new(voice, pauses, THINK_MS);
        let mic = MicSpec::Live(Box::new(mouth));
        (candidate, mic, parse_speaker(Some(&args.speaker)))
    };
    let (_commands, no_commands) = mpsc::channel(1);
    let Opened {
        call,
        model,
        engine,
    } = open(Choice {
        settings,
        job: Some(job),
        resume: Some(resume),
        go_on: None,
        bank: Vec::new(),
        bank_alone: false,
        candidate: None,
        mic,
        speaker,
        audio: AudioSettings {
            pace,
            clock: (pace == Pace::Fast).then(Clock::driven),
            echo_cancel: config.audio.echo_cancel && args.device,
            barge_in: config.audio.barge_in,
            endpoint: config.endpoint.clone(),
            interrupt: config.audio.interrupt.clone(),
            ..AudioSettings::default()
        },
        sessions_dir: args.out.clone(),
        simulated: Some(args.profile.to_string()),
        consent: false,
        commands: no_commands,
        config,
    })
    .await?;

    if !args.json {
        println!("{}", about_model(model.as_ref()));
    }
    let captions = (!args.json).then(|| {
        tokio::spawn(captions::print(
            call.view.subscribe(),
            "Candidate",
            false,
            std::io::stdout(),
        ))
    });
    let script = Script::new(args.profile, &person, bank, seed);
    let held = hold(call, candidate, script).await?;
    if let Some(captions) = captions {
        captions.await.context("The captions")?;
    }
    if let Some(engine) = engine {
        engine.cancel();
    }
    let SpokenCall {
        outcome,
        spoken,
        turns,
        utterances,
    } = held;

    // Through the air nobody knows when it was heard.
    let known = if args.device { &[][..] } else { &spoken[..] };
    let rows = rows(&turns, known);
    let errors = if args.device {
        let said: Vec<&str> = spoken.iter().map(|s| s.text.as_str()).collect();
        let heard: Vec<&str> = utterances.iter().map(|u| u.text.as_str()).collect();
        word_errors(&said.join(" "), &heard.join(" "))
    } else {
        compare(&spoken, &utterances)
    };
    let record = outcome
        .record
        .as_ref()
        .map_or_else(|| outcome.session.clone(), |p| p.display().to_string());
    if args.json {
        let facts = json!({
            "session": outcome.session,
            "record": record,
            "reason": outcome.reason,
            "model": model.as_ref().map(|m| &m.name),
            "profile": args.profile.to_string(),
            "lost_samples": outcome.lost,
            "words": errors.words,
            "word_errors": errors.errors(),
            "word_error_rate": errors.rate(),
            "turns": rows,
            "times_ms": summary(&rows),
        });
        println!("{}", serde_json::to_string_pretty(&facts)?);
    } else {
        println!("\n{}", table(&rows));
        println!(
            "Word error rate of the candidate's lines: {:.1} % ({} of {} words)",
            errors.rate() * 100.0,
            errors.errors(),
            errors.words
        );
        println!("Record: {record}");
    }
    Ok(ExitCode::SUCCESS)
}

/// A speaker of its own for the candidate's voice, open until the program
/// ends.
fn open_loudspeaker(name: Option<String>) -> anyhow::Result<Player> {
    struct Quiet;
    impl MicSource for Quiet {
        fn fill(&mut self, _at: SamplePos, out: &mut [f32]) {
            out.fill(0.0);
        }
    }
    let session = AudioSession::open(
        MicSpec::Live(Box::new(Quiet)),
        SpeakerSpec::Device(name),
        AudioSettings {
            echo_cancel: false,
            barge_in: false,
            ..AudioSettings::default()
        },
    )?;
    let player = session.player.clone();
    tokio::spawn(async move {
        // The whole session moves in, not its events alone.
        let mut session = session;
        while session.events.recv().await.is_some() {}
        session.close();
    });
    Ok(player)
}
