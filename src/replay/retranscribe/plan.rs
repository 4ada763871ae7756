//! What a log tells about its recording: where lines were played, where
//! turns ended, what was said where, and what is missing.

use crate::audio::SamplePos;
use crate::audio::frontend::LineNews;
use crate::event::{Event, Expects, Input, LineId, Output, Record, Source, Track, Utterance};
use crate::record::RATE;
use crate::replay::sound::{Frame, Sound};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

/// How long after a line its echo may be heard: 200 ms, as live.
const ECHO_TAIL: u64 = RATE as u64 / 5;

/// A spoken utterance.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub(super) seq: u64,
    pub(super) utterance: Utterance,
    /// Where, in samples.
    pub(super) span: Range<SamplePos>,
}

/// Something that the chain was told at a place of the recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Told {
    /// About a line.
    Line(LineNews),
    /// What answer a line expects.
    Expect(Expects),
    /// The turn ended here, whyever.
    TurnEnded,
}

/// The fold.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) spoken: Vec<Spoken>,
    pub(super) typed: usize,
    /// In order of place.
    pub(super) told: Vec<(SamplePos, Told)>,
    /// Where lines, and their echo, are to be heard.
    pub(super) lines_heard: Vec<Range<SamplePos>>,
    /// What is missing from the candidate's side.
    pub(super) gaps: Vec<Range<SamplePos>>,
    /// Where tones stand, in order of place.
    pub(super) tones: Vec<Range<SamplePos>>,
}

const fn sample(ms: u64) -> SamplePos {
    ms.saturating_mul(RATE as u64) / 1000
}

impl Plan {
    /// Folds a log beside a recording of so many frames; what the log says
    /// of places behind that is left out.
    pub(super) fn fold(
        records: &[Record],
        tones: &[(SamplePos, SamplePos)],
        frames: SamplePos,
    ) -> Self {
        let span = |from: SamplePos, to: SamplePos| {
            let from = from.min(frames);
            from..to.clamp(from, frames)
        };
        let mut plan = Self {
            tones: tones.iter().map(|(from, to)| span(*from, *to)).collect(),
            ..Self::default()
        };
        plan.tones.sort_by_key(|tone| tone.start);
        let mut expects: BTreeMap<LineId, Expects> = BTreeMap::new();
        for record in records {
            match &record.event {
                Event::Output {
                    output: Output::Say(line),
                } => {
                    expects.insert(line.id, line.expects);
                }
                Event::Played {
                    line,
                    start_ms,
                    end_ms,
                } => {
                    let heard = span(sample(*start_ms), sample(*end_ms));
                    let expects = expects.get(line).copied().unwrap_or_default();
                    plan.line(*line, heard, expects, frames);
                }
                Event::Gap {
                    track: Track::Near,
                    first_sample,
                    samples,
                    ..
                } => plan
                    .gaps
                    .push(span(*first_sample, first_sample.saturating_add(*samples))),
                Event::Turn(times) => {
                    plan.told.push((sample(times.endpoint_ms), Told::TurnEnded));
                }
                Event::Input {
                    input: Input::Utterance(said),
                } => match said.source {
                    Source::Typed => plan.typed += 1,
                    Source::Voice => plan.spoken.push(Spoken {
                        seq: record.seq,
                        utterance: said.clone(),
                        span: span(sample(said.start_ms), sample(said.end_ms)),
                    }),
                },
                _ => {}
            }
        }
        plan.told.sort_by_key(|(at, _)| *at);
        plan
    }

    fn line(&mut self, line: LineId, heard: Range<SamplePos>, expects: Expects, frames: SamplePos) {
        let ended = LineNews::Ended {
            line,
            at: heard.end,
            played: heard.end - heard.start,
            complete: true,
        };
        let started = LineNews::Started {
            line,
            at: heard.start,
        };
        self.told.push((heard.start, Told::Line(started)));
        self.told.push((heard.end, Told::Line(ended)));
        self.told.push((heard.end, Told::Expect(expects)));
        self.lines_heard
            .push(heard.start..(heard.end + ECHO_TAIL).min(frames));
    }

    /// Frames of the recording from `at` on, with silence in place of tones.
    pub(super) fn frames(
        &self,
        sound: &mut impl Sound,
        at: SamplePos,
        out: &mut [Frame],
    ) -> io::Result<()> {
        sound.read(at, out)?;
        let end = at + out.len() as u64;
        for tone in self.tones.iter().filter(|t| t.start < end && at < t.end) {
            let from = tone.start.max(at) - at;
            let to = tone.end.min(end) - at;
            out[from as usize..to as usize].fill([0, 0]);
        }
        Ok(())
    }

    /// The candidate's side of a stretch.
    pub(super) fn near(
        &self,
        sound: &mut impl Sound,
        span: Range<SamplePos>,
    ) -> io::Result<Vec<f32>> {
        use crate::audio::pcm::Pcm;
        let mut frames = vec![Frame::default(); (span.end - span.start) as usize];
        self.frames(sound, span.start, &mut frames)?;
        Ok(frames.iter().map(|frame| frame[0].to_f32()).collect())
    }
}
