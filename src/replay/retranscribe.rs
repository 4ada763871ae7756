//! The recording heard again: what another decode makes of it, word by word
//! beside the text that was heard live. Shows a reviewer where the live text
//! may be wrong; which of the two is right, only a person's ear decides.
//!
//! The recording goes through the chain that it went through live (echo
//! canceller, voice detector, endpointer), with the lines and the ends of
//! turns at the places that the log tells. So speech is cut as it was then,
//! an echo is not taken for the candidate, and speech that has no utterance
//! shows, as does an utterance where nobody speaks.

mod listen;
mod plan;

use super::sound::Sound;
use crate::audio::{EndpointSettings, SamplePos, pos_ms};
use crate::event::{Record, UtteranceId};
use crate::record::RATE;
use crate::report::dialogue::flat;
use crate::speech::differences::{Kind, Stretch, differences};
use crate::speech::wer::{WordErrors, word_errors};
use crate::speech::{Cancel, DecodeHints, Recognizer, SpeechError, Transcript};
use listen::{Heard, listen};
use plan::{Plan, Spoken};
use serde::Serialize;
use std::io;
use std::ops::Range;
use thiserror::Error;

/// Of the shorter of two stretches, what both must have in common for the
/// one to be a part of the other.
const SHARED: f64 = 0.3;
/// Of an utterance, what must be missing for it not to be compared.
const MOSTLY: f64 = 0.5;

/// Why a recording could not be heard again.
#[derive(Debug, Error)]
pub enum RetranscribeError {
    /// The recording cannot be read.
    #[error("The recording cannot be read: {0}")]
    Sound(#[from] io::Error),
    /// The recogniser failed.
    #[error("The recording was not heard to its end: {0}")]
    Speech(#[from] SpeechError),
}

/// What can be said of an utterance.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was heard again, and the words are compared.
    Compared,
    /// Nobody speaks in the recording where it should be: words that were
    /// perhaps never said.
    NoSpeech,
    /// The recording has a gap there.
    NotRecorded,
    /// A tone stands in its place.
    TakenOut,
}

/// One utterance, live and again.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct HeardAgain {
    /// Its event on the log.
    pub seq: u64,
    /// Its number within the session.
    pub utterance: UtteranceId,
    /// First speech, milliseconds of the recording.
    pub start_ms: u64,
    /// Last speech, milliseconds of the recording.
    pub end_ms: u64,
    /// What can be said of it.
    pub outcome: Outcome,
    /// The live text.
    pub live: String,
    /// The recogniser's confidence then, 0-1.
    pub live_confidence: f32,
    /// The text now; empty where nothing was heard.
    pub again: String,
    /// The recogniser's confidence now, 0-1.
    pub again_confidence: f32,
    /// Differences, with the live text as what was said: a deletion is a
    /// word of the live text alone. Nothing is counted that is not compared.
    pub errors: WordErrors,
    /// Differences a word of the live text.
    pub rate: f64,
    /// Both texts in order, `first` the live one.
    pub stretches: Vec<Placed>,
    /// How much of it a tone stands in, milliseconds: at the edges of that,
    /// words may differ for no other reason.
    #[serde(skip_serializing_if = "is_zero")]
    pub taken_out_ms: u64,
}

/// A stretch with its place in the recording.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Placed {
    /// What both texts say there.
    #[serde(flatten)]
    pub stretch: Stretch,
    /// Where the live words are, milliseconds of the recording; for words
    /// that only the new text has, where they would be.
    pub start_ms: u64,
    /// End of that.
    pub end_ms: u64,
}

/// Speech that the log has no utterance for.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Unlogged {
    /// First speech, milliseconds of the recording.
    pub start_ms: u64,
    /// Last speech, milliseconds of the recording.
    pub end_ms: u64,
    /// What it is taken for.
    pub text: String,
    /// The recogniser's confidence, 0-1.
    pub confidence: f32,
}

/// A recording heard again.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Retranscription {
    /// Spoken utterances, in the order of the log.
    pub utterances: Vec<HeardAgain>,
    /// Speech without an utterance, in order of time.
    pub unlogged: Vec<Unlogged>,
    /// Differences of all that was compared.
    pub errors: WordErrors,
    /// Differences a word of the live text.
    pub rate: f64,
    /// Utterances that were typed: there is nothing to hear.
    pub typed: usize,
    /// How much of the recording a tone stands in, milliseconds; that is not
    /// listened to.
    pub taken_out_ms: u64,
}

impl Retranscription {
    /// How many utterances have this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        let of = |heard: &&HeardAgain| heard.outcome == outcome;
        self.utterances.iter().filter(of).count()
    }
}

/// Hears a recording again with `ears`. `tones` are stretches, in samples,
/// that a redacted copy has tones in; `endpoint` is how the live call cut
/// speech. `progress` is told how many frames of how many are done.
///
/// # Errors
/// If the recording cannot be read, or the recogniser fails.
pub fn retranscribe(
    records: &[Record],
    tones: &[(SamplePos, SamplePos)],
    sound: &mut impl Sound,
    ears: &mut dyn Recognizer,
    endpoint: &EndpointSettings,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Retranscription, RetranscribeError> {
    let plan = Plan::fold(records, tones, sound.frames());
    let heard = listen(&plan, sound, ears, endpoint, progress)?;
    let parts = assign(&plan, &heard);
    let mut found = Retranscription {
        typed: plan.typed,
        taken_out_ms: plan.tones.iter().map(|t| pos_ms(t.end - t.start)).sum(),
        ..Retranscription::default()
    };
    for (spoken, part) in plan.spoken.iter().zip(&parts) {
        let again = judge(&plan, spoken, part, &heard, sound, ears, endpoint)?;
        found.errors += again.errors;
        found.utterances.push(again);
    }
    found.rate = found.errors.rate();
    found.unlogged = unlogged(&plan, &heard);
    Ok(found)
}

/// Which of what was heard is an utterance's.
#[derive(Clone, Debug, Default, PartialEq)]
struct Part {
    /// Places in what was heard, in order.
    pieces: Vec<usize>,
    /// Whether a piece is also another utterance's, so that its own stretch
    /// has to be heard alone.
    shared: bool,
}

fn assign(plan: &Plan, heard: &[Heard]) -> Vec<Part> {
    let mut parts = vec![Part::default(); plan.spoken.len()];
    for (piece, heard) in heard.iter().enumerate() {
        let owners: Vec<usize> = (0..parts.len())
            .filter(|i| belongs(&heard.speech, &plan.spoken[*i].span))
            .collect();
        for owner in &owners {
            parts[*owner].pieces.push(piece);
            parts[*owner].shared |= owners.len() > 1;
        }
    }
    parts
}

/// Samples that both have.
fn common(a: &Range<SamplePos>, b: &Range<SamplePos>) -> u64 {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

fn belongs(speech: &Range<SamplePos>, utterance: &Range<SamplePos>) -> bool {
    let shorter = (speech.end - speech.start).min(utterance.end - utterance.start);
    let both = common(speech, utterance);
    both > 0 && both as f64 >= SHARED * shorter as f64
}

/// Which part of a stretch lies in any of these.
fn share(stretch: &Range<SamplePos>, of: &[Range<SamplePos>]) -> f64 {
    let inside: u64 = of.iter().map(|other| common(stretch, other)).sum();
    inside as f64 / (stretch.end - stretch.start).max(1) as f64
}

fn judge(
    plan: &Plan,
    spoken: &Spoken,
    part: &Part,
    heard: &[Heard],
    sound: &mut impl Sound,
    ears: &mut dyn Recognizer,
    endpoint: &EndpointSettings,
) -> Result<HeardAgain, RetranscribeError> {
    let said = &spoken.utterance;
    let mut again = HeardAgain {
        seq: spoken.seq,
        utterance: said.id,
        start_ms: said.start_ms,
        end_ms: said.end_ms,
        outcome: Outcome::Compared,
        live: flat(&said.text),
        live_confidence: said.confidence,
        again: String::new(),
        again_confidence: 0.0,
        errors: WordErrors::default(),
        rate: 0.0,
        stretches: Vec::new(),
        taken_out_ms: pos_ms(plan.tones.iter().map(|t| common(t, &spoken.span)).sum()),
    };
    let own;
    let texts: Vec<&Transcript> = if share(&spoken.span, &plan.gaps) > MOSTLY {
        again.outcome = Outcome::NotRecorded;
        return Ok(again);
    } else if share(&spoken.span, &plan.tones) > MOSTLY {
        again.outcome = Outcome::TakenOut;
        return Ok(again);
    } else if part.pieces.is_empty() || part.shared {
        own = hear_span(plan, &spoken.span, sound, ears, endpoint)?;
        own.iter().collect()
    } else {
        part.pieces.iter().map(|i| &heard[*i].transcript).collect()
    };
    let (text, confidence) = joined(&texts);
    (again.again, again.again_confidence) = (text, confidence);
    if part.pieces.is_empty() && again.again.is_empty() {
        again.outcome = Outcome::NoSpeech;
        return Ok(again);
    }
    again.errors = word_errors(&again.live, &again.again);
    again.rate = again.errors.rate();
    again.stretches = place(spoken, differences(&again.live, &again.again));
    Ok(again)
}

/// Hears one stretch by itself, straight from the microphone's track.
fn hear_span(
    plan: &Plan,
    span: &Range<SamplePos>,
    sound: &mut impl Sound,
    ears: &mut dyn Recognizer,
    endpoint: &EndpointSettings,
) -> Result<Vec<Transcript>, RetranscribeError> {
    let samples = |ms: u32| u64::from(ms) * u64::from(RATE) / 1000;
    let from = span.start.saturating_sub(samples(endpoint.pre_roll_ms));
    let to = (span.end + samples(endpoint.tail_ms)).min(sound.frames());
    let audio = plan.near(sound, from..to.max(from))?;
    let most = samples(endpoint.cut_after_ms) as usize;
    let search = samples(endpoint.cut_search_ms) as usize;
    let mut texts = Vec::new();
    for piece in listen::cut(&audio, most, search) {
        texts.push(ears.transcribe(piece, &DecodeHints::default(), &Cancel::default())?);
    }
    Ok(texts)
}

/// The text of all, and its confidence: each counts by its share of the
/// words, as it does live.
fn joined(texts: &[&Transcript]) -> (String, f32) {
    let words = |text: &str| text.split_whitespace().count() as f32;
    let with = texts.iter().filter(|t| !t.text.is_empty());
    let all: Vec<&str> = with.clone().map(|t| t.text.as_str()).collect();
    let sum: f32 = with.map(|t| words(&t.text) * t.confidence).sum();
    let text = flat(&all.join(" "));
    let count = words(&text);
    (text, if count > 0.0 { sum / count } else { 0.0 })
}

/// Gives stretches the times of the live words.
fn place(spoken: &Spoken, stretches: Vec<Stretch>) -> Vec<Placed> {
    let said = &spoken.utterance;
    // Words and text are the same, split in the same way; where they are not
    // (a bar in place of three words), the whole utterance is the place.
    let timed = said.words.len() == said.text.split_whitespace().count();
    stretches
        .into_iter()
        .map(|stretch| {
            let range = stretch.first_words.clone();
            let word = |at: usize| said.words.get(at).filter(|_| timed);
            let before = range.start.checked_sub(1).and_then(word);
            let start = match stretch.kind {
                Kind::Added => before.map(|w| w.end_ms),
                _ => word(range.start).map(|w| w.start_ms),
            };
            let end = match stretch.kind {
                Kind::Added => word(range.start).map(|w| w.start_ms),
                _ => range.end.checked_sub(1).and_then(word).map(|w| w.end_ms),
            };
            let start_ms = start.unwrap_or(said.start_ms);
            Placed {
                stretch,
                start_ms,
                end_ms: end.unwrap_or(said.end_ms).max(start_ms),
            }
        })
        .collect()
}

/// Speech with words that is no utterance's, nor, for the most part, said
/// while a line plays: that is heard live only where it stops the line.
fn unlogged(plan: &Plan, heard: &[Heard]) -> Vec<Unlogged> {
    let own = |heard: &&Heard| {
        let utterance = plan
            .spoken
            .iter()
            .any(|s| common(&heard.speech, &s.span) > 0);
        !utterance
            && share(&heard.speech, &plan.lines_heard) <= MOSTLY
            && share(&heard.speech, &plan.tones) == 0.0
            && !heard.transcript.text.is_empty()
    };
    heard
        .iter()
        .filter(own)
        .map(|heard| Unlogged {
            start_ms: pos_ms(heard.speech.start),
            end_ms: pos_ms(heard.speech.end),
            text: flat(&heard.transcript.text),
            confidence: heard.transcript.confidence,
        })
        .collect()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(ms: &u64) -> bool {
    *ms == 0
}

#[cfg(test)]
#[path = "retranscribe_tests.rs"]
mod tests;
