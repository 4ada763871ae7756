//! Hears labelled recordings through the program's own chain (detector,
//! endpointer) on a virtual clock: every decode takes as long as it really
//! took, and its words reach the endpointer when they would in a call.

use super::labelled::Clip;
use crate::audio::echo::STEP;
use crate::audio::frontend::{Frontend, Step};
use crate::audio::{
    AudioEvent, AudioSettings, EndpointSettings, FrontendCommand, RATE, Segment, SegmentId, pos_ms,
};
use crate::call::{cue, word_count};
use crate::speech::whisper::WhisperRecognizer;
use crate::speech::{Cancel, DecodeHints, Recognizer};
use std::collections::BTreeMap;

/// Where the words come from.
pub(super) enum Ears<'a> {
    /// Nowhere: silence alone decides.
    Deaf,
    /// From the label, this many milliseconds after the pause was noticed.
    Oracle(u64),
    /// From the recogniser.
    Real(&'a mut Decoder),
}

/// The recogniser, and what it made of which stretch.
pub(super) struct Decoder {
    recognizer: WhisperRecognizer,
    /// Take the thread's processor time for the time that a decode takes.
    cpu_time: bool,
    /// By voice, first sample and length: what is decoded does not depend on
    /// how long is waited afterwards.
    known: BTreeMap<(String, u64, usize), (String, u64)>,
}

impl Decoder {
    pub(super) fn new(recognizer: WhisperRecognizer, cpu_time: bool) -> Self {
        Self {
            recognizer,
            cpu_time,
            known: BTreeMap::new(),
        }
    }

    /// How long each decode took, in milliseconds.
    pub(super) fn took(&self) -> impl Iterator<Item = u64> {
        self.known.values().map(|(_, took)| *took)
    }

    fn hear(&mut self, voice: &str, segment: &Segment) -> anyhow::Result<(String, u64)> {
        let key = (voice.to_owned(), segment.start, segment.audio.len());
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let before = thread_ms();
        let heard = self.recognizer.transcribe(
            &segment.audio,
            &DecodeHints::default(),
            &Cancel::default(),
        )?;
        let wall = heard.took.as_millis() as u64;
        let took = match (self.cpu_time, before, thread_ms()) {
            (true, Some(before), Some(after)) => after - before,
            _ => wall,
        };
        let result = (heard.text, took);
        self.known.insert(key, result.clone());
        Ok(result)
    }
}

/// Processor time of this thread so far, in milliseconds (Linux only).
fn thread_ms() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let ns: u64 = stat.split_whitespace().next()?.parse().ok()?;
    Some(ns / 1_000_000)
}

/// What became of one pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) ms: u64,
    /// Where the turn was ended in it: how long before speech went on.
    pub(super) cut: Option<u64>,
}

/// What became of one recording.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// Each pause.
    pub(super) pauses: Vec<Pause>,
    /// How often the turn was ended while somebody spoke.
    pub(super) inside: usize,
    /// From the last sound to the decision, milliseconds.
    pub(super) delay: Option<i64>,
    /// From the last sound until all of the last turn's text was there.
    pub(super) text: Option<i64>,
}

/// A decode that is under way.
struct Job {
    segment: SegmentId,
    ready: u64,
    text: String,
}

/// Hears the recordings of one voice, one after the other, as one call in
/// which each answers a question of its own.
pub(super) fn listen(
    clips: &[&Clip],
    settings: &EndpointSettings,
    ears: &mut Ears<'_>,
) -> anyhow::Result<Vec<Heard>> {
    let mut frontend = Frontend::new(&AudioSettings {
        endpoint: settings.clone(),
        echo_cancel: false,
        ..AudioSettings::default()
    });
    let mut events = Vec::new();
    let mut all = Vec::new();
    for clip in clips {
        frontend.command(FrontendCommand::Expect(clip.label.asked), &mut events);
        all.push(one(clip, &mut frontend, settings, ears)?);
    }
    Ok(all)
}

fn one(
    clip: &Clip,
    frontend: &mut Frontend,
    settings: &EndpointSettings,
    ears: &mut Ears<'_>,
) -> anyhow::Result<Heard> {
    let base = frontend.position();
    let end_ms = clip.label.pieces.last().map_or(0, |p| p.end_ms);
    // Every turn ends within the longest budget.
    let longest = crate::audio::endpoint::longest_ms(settings, 1.0) * 2 + 2_000;
    let most = base + clip.audio.len() as u64 + u64::from(longest) * u64::from(RATE) / 1000;
    let mut events = Vec::new();
    let mut jobs: Vec<Job> = Vec::new();
    let mut free = 0;
    let mut texts: BTreeMap<SegmentId, (String, u64)> = BTreeMap::new();
    let mut began = base;
    let mut ends: Vec<(u64, Option<u64>)> = Vec::new();
    let silence = [0.0; STEP];
    let mut noise = 0x9e37_79b9_u64;
    while frontend.position() < most {
        let pos = frontend.position();
        while let Some(at) = jobs.iter().position(|j| j.ready <= pos) {
            let job = jobs.remove(at);
            texts.insert(job.segment, (job.text, job.ready));
            let text: Vec<&str> = texts.values().map(|(t, _)| t.as_str()).collect();
            let text = text.join(" ");
            let words = word_count(&text);
            if words > 0 {
                let command = FrontendCommand::Cue {
                    segment: job.segment,
                    cue: cue(&text),
                    words,
                };
                frontend.command(command, &mut events);
            }
        }
        let from = (pos - base) as usize;
        let near: [f32; STEP] = std::array::from_fn(|i| match clip.audio.get(from + i) {
            Some(sample) => *sample,
            None => room(&mut noise),
        });
        let step = Step {
            near: &near,
            far: &silence,
            lines: &[],
            missing: &[],
            missing_far: &[],
            mic_ended: None,
        };
        frontend.step(&step, &mut events);
        for event in events.drain(..) {
            match event {
                AudioEvent::SpeechStarted { at, .. } => began = at,
                AudioEvent::Paused(segment) => {
                    jobs.retain(|j| j.segment != segment.id);
                    let heard = match ears {
                        Ears::Deaf => None,
                        Ears::Oracle(ms) => Some((said(clip, base, began, &segment), *ms)),
                        Ears::Real(decoder) => Some(decoder.hear(&clip.label.voice, &segment)?),
                    };
                    if let Some((text, took)) = heard {
                        let ready = pos.max(free) + took * u64::from(RATE) / 1000;
                        free = ready;
                        jobs.push(Job {
                            segment: segment.id,
                            ready,
                            text,
                        });
                    }
                }
                AudioEvent::Resumed { segment } => {
                    if jobs.iter().any(|j| j.segment == segment) {
                        free = pos;
                    }
                    jobs.retain(|j| j.segment != segment);
                    texts.remove(&segment);
                }
                AudioEvent::TurnEnded { at, .. } => {
                    let known = texts.values().map(|(_, ready)| *ready);
                    let text = known.chain(jobs.iter().map(|j| j.ready)).max();
                    ends.push((at, text));
                    texts.clear();
                    jobs.clear();
                }
                _ => {}
            }
        }
        let over = ends
            .last()
            .is_some_and(|(at, _)| pos_ms(at.saturating_sub(base)) >= end_ms);
        if over && from > clip.audio.len() {
            break;
        }
    }
    Ok(judge(clip, base, &ends))
}

/// Compares the decisions with the label.
fn judge(clip: &Clip, base: u64, ends: &[(u64, Option<u64>)]) -> Heard {
    let ms = |pos: u64| pos_ms(pos.saturating_sub(base));
    let pieces = &clip.label.pieces;
    let end_ms = pieces.last().map_or(0, |p| p.end_ms);
    let mut heard = Heard::default();
    for pair in pieces.windows(2) {
        let (from, to) = (pair[0].end_ms, pair[1].start_ms);
        let cut = ends.iter().map(|(at, _)| ms(*at));
        let cut = cut.filter(|at| (from..to).contains(at)).min();
        heard.pauses.push(Pause {
            ms: to - from,
            cut: cut.map(|at| to - at),
        });
    }
    heard.inside = ends
        .iter()
        .filter(|(at, _)| {
            let at = ms(*at);
            pieces.iter().any(|p| (p.start_ms..p.end_ms).contains(&at))
        })
        .count();
    if let Some((at, text)) = ends.iter().find(|(at, _)| ms(*at) >= end_ms) {
        heard.delay = Some(ms(*at) as i64 - end_ms as i64);
        heard.text = text.map(|t| ms(t) as i64 - end_ms as i64);
    }
    heard
}

/// What the label says was spoken in this turn up to the end of a segment.
fn said(clip: &Clip, base: u64, began: u64, segment: &Segment) -> String {
    let ms = |pos: u64| pos_ms(pos.saturating_sub(base));
    // The detector's edges are some frames off.
    let (from, to) = (ms(began).saturating_sub(200), ms(segment.speech_end) + 200);
    let first = ms(segment.start).saturating_sub(200).max(from);
    let pieces = clip.label.pieces.iter();
    let texts: Vec<&str> = pieces
        .filter(|p| p.start_ms >= first && p.end_ms <= to)
        .map(|p| p.text.as_str())
        .collect();
    texts.join(" ")
}

/// A sample of the room's noise, -76 dB of full scale.
fn room(state: &mut u64) -> f32 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    ((*state >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * 0.000_16
}

#[cfg(test)]
mod tests {
    use super::super::labelled::{Label, Piece};
    use super::*;
    use crate::audio::AnswerKind;

    fn clip() -> Clip {
        let piece = |text: &str, start_ms, end_ms| Piece {
            text: text.into(),
            start_ms,
            end_ms,
        };
        Clip {
            label: Label {
                audio: "a.wav".into(),
                voice: "v".into(),
                set: String::new(),
                asked: AnswerKind::Long,
                pieces: vec![piece("So", 0, 400), piece("it works.", 1_000, 2_000)],
            },
            audio: Vec::new(),
        }
    }

    #[test]
    fn a_decision_in_a_pause_is_a_cut_and_the_last_one_has_a_delay() {
        let at = |ms: u64| 5_000 + ms * 16;
        let heard = judge(
            &clip(),
            5_000,
            &[(at(900), None), (at(2_600), Some(at(2_300)))],
        );
        let cut = |cut| Pause { ms: 600, cut };
        assert_eq!(heard.pauses, [cut(Some(100))]);
        assert_eq!(
            (heard.delay, heard.text, heard.inside),
            (Some(600), Some(300), 0)
        );
        let heard = judge(&clip(), 5_000, &[(at(1_500), None)]);
        assert_eq!((heard.pauses, heard.inside), (vec![cut(None)], 1));
        assert_eq!(heard.delay, None);
    }
}
