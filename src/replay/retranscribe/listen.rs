//! The recording through the chain that it went through live, decoded piece
//! by piece. An hour of it is never in memory: what was decoded is dropped.

use super::RetranscribeError;
use super::plan::{Plan, Told};
use crate::audio::echo::STEP;
use crate::audio::frontend::{Frontend, LineNews, Step};
use crate::audio::pcm::Pcm;
use crate::audio::{
    AudioEvent, AudioSettings, EndpointSettings, FrontendCommand, SamplePos, Segment,
};
use crate::record::RATE;
use crate::replay::sound::{Frame, Sound};
use crate::speech::{Cancel, DecodeHints, Recognizer, Transcript};
use std::ops::Range;

/// Silence after the recording's end, in samples, in which a turn that was
/// cut off by it ends: 3 s.
const AFTER: u64 = 3 * RATE as u64;
/// Length of the pieces whose loudness is compared to find a quiet place, in
/// samples: 80 ms, the gap between two words.
const QUIET: usize = RATE as usize * 80 / 1000;

/// A stretch of speech, decoded.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// From the first to the last speech.
    pub(super) speech: Range<SamplePos>,
    /// What it is taken for.
    pub(super) transcript: Transcript,
}

/// Listens to the whole recording.
pub(super) fn listen(
    plan: &Plan,
    sound: &mut impl Sound,
    ears: &mut dyn Recognizer,
    endpoint: &EndpointSettings,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<Heard>, RetranscribeError> {
    let settings = AudioSettings {
        endpoint: endpoint.clone(),
        ..AudioSettings::default()
    };
    let mut frontend = Frontend::new(&settings);
    let mut told = plan.told.iter().peekable();
    let frames = sound.frames();
    let mut paused: Option<Segment> = None;
    let mut heard = Vec::new();
    let mut events = Vec::new();
    let mut block = [Frame::default(); STEP];
    for at in (0..frames + AFTER).step_by(STEP) {
        plan.frames(sound, at, &mut block)?;
        let side = |i: usize| std::array::from_fn(|n| block[n][i].to_f32());
        let mut lines: Vec<LineNews> = Vec::new();
        while let Some((_, what)) = told.next_if(|(place, _)| *place < at + STEP as u64) {
            let command = match what {
                Told::Line(news) => {
                    lines.push(*news);
                    continue;
                }
                Told::Expect(expects) => FrontendCommand::Expect((*expects).into()),
                Told::TurnEnded => FrontendCommand::Finish,
            };
            frontend.command(command, &mut events);
        }
        let step = Step {
            near: &side(0),
            far: &side(1),
            lines: &lines,
            missing: &[],
            missing_far: &[],
            mic_ended: None,
        };
        frontend.step(&step, &mut events);
        if at + STEP as u64 >= frames + AFTER {
            frontend.command(FrontendCommand::Finish, &mut events);
        }
        for event in events.drain(..) {
            match event {
                AudioEvent::Paused(segment) => paused = Some(segment),
                AudioEvent::Resumed { .. } => paused = None,
                AudioEvent::SegmentClosed { .. } | AudioEvent::TurnEnded { .. } => {
                    let Some(segment) = paused.take() else {
                        continue;
                    };
                    let hints = DecodeHints::default();
                    heard.push(Heard {
                        speech: segment.speech_start..segment.speech_end.max(segment.speech_start),
                        transcript: ears.transcribe(&segment.audio, &hints, &Cancel::default())?,
                    });
                }
                _ => {}
            }
        }
        if at % u64::from(RATE) == 0 {
            progress(at.min(frames), frames);
        }
    }
    progress(frames, frames);
    Ok(heard)
}

/// Pieces of at most `most` samples, cut at the quietest place of the last
/// `search` of them.
pub(super) fn cut(audio: &[f32], most: usize, search: usize) -> Vec<&[f32]> {
    let mut pieces = Vec::new();
    let mut rest = audio;
    let most = most.max(2 * QUIET);
    while rest.len() > most {
        let from = most - search.clamp(QUIET, most - QUIET);
        let energy = |piece: &[f32]| piece.iter().map(|v| v * v).sum::<f32>();
        let quietest = rest[from..most]
            .chunks_exact(QUIET)
            .map(energy)
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(most, |(i, _)| from + i * QUIET + QUIET / 2);
        let (piece, after) = rest.split_at(quietest);
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}
