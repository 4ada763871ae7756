//! The same candidates through the whole audio path: real speech, echo
//! canceller, Whisper, websocket, voice; on a clock as fast as the machine.

use super::{Chosen, bar};
use crate::audio::{AudioSettings, MicSpec, Pace, SpeakerSpec};
use crate::call::run as run_call;
use crate::cli::open::{Choice, Opened, open};
use crate::clock::Clock;
use crate::config::Config;
use crate::event::Settings;
use crate::interview::bank::Bank;
use crate::simulate::run::sessions_of;
use crate::simulate::{Candidate, Case, Pauses, Script};
use crate::speech::voices::open_voice;
use crate::study::Facts;
use anyhow::Context;
use std::path::PathBuf;
use tokio::sync::mpsc;

/// The voices that candidates take turns with.
const VOICES: [&str; 2] = ["rms", "slt"];
/// From the end of a question to the candidate's first sound, milliseconds.
const THINK_MS: u32 = 600;

/// Holds all interviews, one after the other.
pub(super) fn hold(chosen: &Chosen, config: Config) -> anyhow::Result<Vec<Facts>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let bar = bar(chosen.cases.len());
    let mut facts = Vec::new();
    for case in &chosen.cases {
        let folder = runtime
            .block_on(one(chosen, case, config.clone()))
            .with_context(|| format!("Interview {}", case.number))?;
        facts.push(Facts::of_record(&folder)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(facts)
}

async fn one(chosen: &Chosen, case: &Case, config: Config) -> anyhow::Result<PathBuf> {
    let (job, _) = &chosen.jobs[case.job];
    let (resume, person) = &chosen.resumes[case.resume];
    let voice = VOICES[case.number % VOICES.len()];
    let pauses = Pauses::new(case.seed, voice);
    let (candidate, mouth) = Candidate::new(open_voice(voice, 1.0)?, pauses, THINK_MS);
    let (_commands, no_commands) = mpsc::channel(1);
    let Opened { call, engine, .. } = open(Choice {
        settings: Settings {
            mode: case.mode,
            seed: case.seed,
            ..chosen.settings.clone()
        },
        job: Some(job.clone()),
        resume: Some(resume.clone()),
        go_on: None,
        bank: Vec::new(),
        bank_alone: false,
        candidate: None,
        mic: MicSpec::Live(Box::new(mouth)),
        speaker: SpeakerSpec::None,
        audio: AudioSettings {
            pace: Pace::Fast,
            clock: Some(Clock::driven()),
            echo_cancel: false,
            barge_in: config.audio.barge_in,
            interrupt: config.audio.interrupt.clone(),
            ..AudioSettings::default()
        },
        sessions_dir: Some(sessions_of(&chosen.out)),
        simulated: Some(case.profile.to_string()),
        consent: false,
        commands: no_commands,
        config,
    })
    .await?;
    let script = Script::new(case.profile, person, Bank::builtin(), case.seed);
    let heard = call.view.subscribe();
    let (outcome, spoken) = tokio::join!(run_call(call), candidate.answer(script, heard));
    if let Some(engine) = engine {
        engine.cancel();
    }
    spoken?;
    outcome?
        .record
        .context("The engine did not say where the record is")
}
