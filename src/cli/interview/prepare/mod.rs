//! Before the interview: what is chosen once, and whether all is well now.
//! The candidate may go on whatever is found, or type instead.

mod at_terminal;
mod choose;
mod fetch;
mod hands;
mod judge;
mod memory;
mod news;
mod screen;
mod state;
mod vocabulary;

use super::screen::Look;
use crate::cli::terminal::Signals;
use crate::config::{Choices, Config};
use crate::preflight::{Place, Verdict, round_trip};
use anyhow::Context;
use at_terminal::{Left, by_lines, show};
use hands::Hands;
use memory::{About, Memory};
use state::State;
use std::io::IsTerminal;
use std::path::Path;
use tokio::sync::mpsc::Receiver;
use vocabulary::{Done, Page, Plan, microphone};

/// What the command line says of the preparation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    /// Never.
    pub(super) never: bool,
    /// In any case.
    pub(super) always: bool,
    /// Choose devices and model again.
    pub(super) setup: bool,
    /// Choices are remembered, because no config file was named.
    pub(super) remembers: bool,
}

/// How it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// With the interview; this is to be told.
    Begin(Vec<String>),
    /// Not now; with this exit status.
    Leave(u8),
}

/// How the candidate is asked.
pub(super) enum Face<'a> {
    Screen(Look),
    Lines(&'a mut Receiver<String>),
}

/// Asks, checks, and puts what was chosen into the settings.
///
/// # Errors
/// If the terminal is gone, or a choice cannot be remembered.
pub(super) async fn before(
    config: &mut Config,
    wanted: Wanted,
    face: Face<'_>,
    signals: &Signals,
) -> anyhow::Result<Next> {
    let file = Choices::path().filter(|_| wanted.remembers);
    let memory = Memory::new(config.data_dir());
    let asked = wanted.always || wanted.setup;
    if wanted.never || !(asked || somebody_is_there(config)) {
        return Ok(Next::Begin(Vec::new()));
    }
    let typed = config.interview.typed;
    let fetching = memory.fetching().filter(|_| !typed);
    let first = !typed && first_time(file.as_deref())?;
    let about = About::of(config);
    if !asked && !first && fetching.is_none() {
        if let Some(minutes) = memory.passed(&about) {
            let text =
                format!("Everything was checked {minutes} min ago; --preflight checks it again.");
            return Ok(Next::Begin(vec![text]));
        }
        // Nothing is heard or said: only the engine can fail.
        if typed {
            match signals.or(engine_answers(config)).await {
                Ok(true) => {
                    memory.pass(about);
                    return Ok(Next::Begin(Vec::new()));
                }
                Ok(false) => {}
                Err(status) => return Ok(Next::Leave(status)),
            }
        }
    }
    let plan = Plan {
        setup: !typed && (first || wanted.setup),
        typed,
        captions: config.interview.captions,
        choices: Choices {
            microphone: config.audio.microphone.clone(),
            speaker: config.audio.speaker.clone(),
            model: config.speech.model.clone(),
        },
        fetching,
    };
    let setup = plan.setup;
    let kept = file.clone().map(|file| (file, plan.choices.clone()));
    let (mut hands, mut news) = Hands::start(config, memory.clone(), kept, !typed);
    let (mut state, todo) = State::begin(plan);
    for what in todo {
        hands.take(what);
    }
    let left = match face {
        Face::Lines(lines) => {
            let left = by_lines(&mut state, &mut hands, &mut news, lines, signals).await?;
            // Nobody takes news any more, and nobody waits to tell them.
            drop(news);
            left
        }
        Face::Screen(look) => {
            let signals = signals.clone();
            let shown = tokio::task::spawn_blocking(move || {
                let left = show(&mut state, &mut hands, &mut news, look, &signals);
                (state, hands, left)
            });
            let left;
            (state, hands, left) = shown.await.context("The preparation's screen")?;
            // The call's own screen follows; opening everything takes a while.
            if matches!(left, Ok(Left::Done(done)) if done != Done::Leave) {
                println!("One moment: the interview is being opened.");
            }
            left?
        }
    };
    let chosen = state.choices.clone();
    let well = state.all_well();
    let done = match left {
        Left::Done(done) => done,
        Left::Signal(status) => return Ok(Next::Leave(status)),
    };
    let mut told = match signals.or(hands.finish()).await {
        Ok(stuck) => Vec::from_iter(stuck),
        Err(status) => return Ok(Next::Leave(status)),
    };
    let changed = chosen != state.plan.choices;
    // Whoever leaves in the middle of the choices is asked again.
    let decided = done != Done::Leave || state.page == Page::Check;
    if let Some(file) = file.filter(|_| decided && (setup || changed)) {
        remember(&file, &chosen, &state.plan.choices)?;
        told.extend(overruled(&chosen, &state.plan.choices));
    }
    if done == Done::Leave {
        return Ok(Next::Leave(0));
    }
    config.audio.microphone = chosen.microphone;
    config.audio.speaker = chosen.speaker;
    config.speech.model = state.usable_model().or(chosen.model);
    config.interview.typed |= done == Done::Typed;
    if done == Done::Go && well {
        memory.pass(About::of(config));
    }
    Ok(Next::Begin(told))
}

/// Whether somebody sits at this machine and speaks to it.
fn somebody_is_there(config: &Config) -> bool {
    let named = config.audio.microphone.as_deref();
    let speaks = matches!(microphone(named), Place::Device(_));
    std::io::stdin().is_terminal() && (speaks || config.interview.typed)
}

/// Whether nothing was chosen yet, where choices are remembered.
fn first_time(file: Option<&Path>) -> anyhow::Result<bool> {
    let chosen = file.map(Choices::load).transpose()?;
    Ok(matches!(chosen, Some(None)))
}

async fn engine_answers(config: &Config) -> bool {
    let address = crate::cli::open::engine_address(config);
    let found = round_trip(address.as_ref(), &config.data_dir()).await;
    found.verdict != Verdict::Failed
}

/// Says so where the config file or the environment names something else
/// than what was chosen now: it wins the next time.
fn overruled(chosen: &Choices, before: &Choices) -> Option<String> {
    let next = Config::load(None, std::env::vars()).ok()?;
    let keys = [
        (
            &chosen.microphone,
            &before.microphone,
            &next.audio.microphone,
            "audio.microphone",
        ),
        (
            &chosen.speaker,
            &before.speaker,
            &next.audio.speaker,
            "audio.speaker",
        ),
        (
            &chosen.model,
            &before.model,
            &next.speech.model,
            "speech.model",
        ),
    ];
    let lost: Vec<&str> = keys
        .iter()
        .filter(|(now, was, next, _)| now != was && now != next)
        .map(|(.., key)| *key)
        .collect();
    (!lost.is_empty()).then(|| {
        format!(
            "What you chose counts for this interview; the config file or the environment sets \
             {} and wins the next time.",
            lost.join(", ")
        )
    })
}

/// Writes what was chosen now over what was chosen before.
fn remember(file: &Path, chosen: &Choices, before: &Choices) -> anyhow::Result<()> {
    let mut kept = Choices::load(file)?.unwrap_or_default();
    for (now, was, kept) in [
        (&chosen.microphone, &before.microphone, &mut kept.microphone),
        (&chosen.speaker, &before.speaker, &mut kept.speaker),
        (&chosen.model, &before.model, &mut kept.model),
    ] {
        if now != was {
            kept.clone_from(now);
        }
    }
    Ok(kept.save(file)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_chosen_now_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("choices.toml");
        // A flag named the microphone: it is not a choice.
        let before = Choices {
            microphone: Some("wav:voice.wav".into()),
            ..Choices::default()
        };
        let mut chosen = before.clone();
        chosen.model = Some("base.en".into());
        remember(&file, &chosen, &before).unwrap();
        let kept = Choices::load(&file).unwrap().unwrap();
        assert_eq!(
            (kept.microphone, kept.model.as_deref()),
            (None, Some("base.en"))
        );
        // The system's own speaker again, and the model as it was.
        let mut old = chosen.clone();
        old.speaker = Some("usb".into());
        remember(&file, &chosen, &old).unwrap();
        let kept = Choices::load(&file).unwrap().unwrap();
        assert_eq!(
            (kept.speaker, kept.model.as_deref()),
            (None, Some("base.en"))
        );
    }
}
