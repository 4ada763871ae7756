//! A simulated candidate's call to its end, with what was really said beside
//! what was understood, and the built-in documents that it is about.

use crate::audio::pos_ms;
use crate::call::{Call, CallEvent, Outcome, run as run_call};
use crate::event::{TurnTimes, Utterance};
use crate::protocol::Document;
use crate::simulate::{Candidate, Script, Spoken};
use crate::speech::wer::{WordErrors, word_errors};
use anyhow::Context;
use tokio::sync::broadcast;

/// What came of it.
pub(super) struct SpokenCall {
    pub(super) outcome: Outcome,
    /// What was really said, and when.
    pub(super) spoken: Vec<Spoken>,
    /// The stages of every turn.
    pub(super) turns: Vec<TurnTimes>,
    /// What was understood.
    pub(super) utterances: Vec<Utterance>,
}

/// Lets the candidate take the call.
///
/// # Errors
///
/// Where the engine is lost, or the candidate's voice fails.
pub(super) async fn hold(
    call: Call,
    candidate: Candidate,
    script: Script<'_>,
) -> anyhow::Result<SpokenCall> {
    let gathered = tokio::spawn(gather(call.view.subscribe()));
    let heard = call.view.subscribe();
    let (outcome, spoken) = tokio::join!(run_call(call), candidate.answer(script, heard));
    let (outcome, spoken) = (outcome?, spoken?);
    let (turns, utterances) = gathered.await.context("The turns")?;
    Ok(SpokenCall {
        outcome,
        spoken,
        turns,
        utterances,
    })
}

/// Collects turns and utterances until the call is over.
async fn gather(mut view: broadcast::Receiver<CallEvent>) -> (Vec<TurnTimes>, Vec<Utterance>) {
    let (mut turns, mut utterances) = (Vec::new(), Vec::new());
    loop {
        match view.recv().await {
            Ok(CallEvent::Turn(times)) => turns.push(times),
            Ok(CallEvent::Utterance(utterance)) => utterances.push(utterance),
            Err(broadcast::error::RecvError::Closed) => return (turns, utterances),
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
        }
    }
}

/// Compares each thing that was said with what was understood between its
/// first sound and the next thing's.
pub(super) fn compare(spoken: &[Spoken], utterances: &[Utterance]) -> WordErrors {
    let mut total = WordErrors::default();
    for (i, said) in spoken.iter().enumerate() {
        let from = pos_ms(said.start).saturating_sub(500);
        let to = spoken
            .get(i + 1)
            .map_or(u64::MAX, |next| pos_ms(next.start).saturating_sub(500));
        let heard: Vec<&str> = utterances
            .iter()
            .filter(|u| u.start_ms >= from && u.start_ms < to)
            .map(|u| u.text.as_str())
            .collect();
        total += word_errors(&said.text, &heard.join(" "));
    }
    total
}

/// The job that a simulated candidate applies for where none is given.
pub(super) fn builtin_job() -> Document {
    builtin("machine-learning-engineer.toml", JOB)
}

/// The résumé that goes with it.
pub(super) fn builtin_resume() -> Document {
    builtin("resume.toml", RESUME)
}

fn builtin(name: &str, text: &str) -> Document {
    Document {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

const JOB: &str = include_str!("../../config/jobs/machine-learning-engineer.toml");
const RESUME: &str = include_str!("../../config/resumes/machine-learning-engineer.toml");
