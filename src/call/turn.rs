//! Turns from segments: which stretch of speech is being decoded, which
//! decode still counts, and when a turn's text is whole. Pure: audio events
//! and decode results in, steps out.
//!
//! A pause starts a decode; speech that resumes voids it; a closed segment's
//! text is final. A turn is delivered once, in order, when its last segment
//! is closed and every segment of it has its text. Where a segment was cut
//! without a pause, the two sides are joined by [`seam`].

use super::seam;
use crate::audio::{SamplePos, Segment, SegmentId, pos_ms};
use crate::event::{Source, TurnTimes, Utterance, UtteranceId, Word};
use crate::speech::{Cancel, Transcript};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// What is to be done.
#[derive(Debug)]
pub(super) enum Step {
    /// Decode this.
    Decode {
        job: u64,
        audio: Arc<[f32]>,
        cancel: Cancel,
    },
    /// This is understood so far.
    Partial { segment: SegmentId, text: String },
    /// A turn is whole.
    Turn(FinishedTurn),
}

/// A whole turn; its utterance is `None` where no words were heard.
#[derive(Debug)]
pub(super) struct FinishedTurn {
    pub(super) utterance: Option<Utterance>,
    pub(super) times: TurnTimes,
    /// The sound at its end in which no word was found.
    pub(super) unheard: Option<Range<SamplePos>>,
}

#[derive(Debug)]
struct Piece {
    segment: SegmentId,
    start: SamplePos,
    speech_start: SamplePos,
    speech_end: SamplePos,
    /// Length of the segment's own sound.
    samples: usize,
    /// The end of it, for as long as a next piece may need it: the sound of
    /// a long answer is not kept.
    tail: Arc<[f32]>,
    /// Samples of the segment before that were decoded with it.
    overlap: usize,
    job: u64,
    cancel: Cancel,
    /// The text, and when it was there.
    text: Option<(Transcript, SamplePos)>,
}

#[derive(Debug, Default)]
struct Turn {
    pieces: Vec<Piece>,
    /// Last speech and decision, once the endpointer has decided.
    ended: Option<(SamplePos, SamplePos)>,
}

/// All turns that are not delivered yet.
#[derive(Debug, Default)]
pub(super) struct Turns {
    turns: VecDeque<Turn>,
    next_job: u64,
    next_utterance: UtteranceId,
}

impl Turns {
    /// Turns of a session that has so many utterances already.
    pub(super) fn after(utterances: UtteranceId) -> Self {
        Self {
            next_utterance: utterances,
            ..Self::default()
        }
    }

    /// A pause: the segment so far is worth decoding.
    pub(super) fn paused(&mut self, segment: Segment) -> Step {
        self.next_job += 1;
        let cancel = Cancel::default();
        self.resumed(segment.id);
        let (overlap, audio) = self.open().over_the_cut(&segment);
        let piece = Piece {
            segment: segment.id,
            start: segment.start,
            speech_start: segment.speech_start,
            speech_end: segment.speech_end,
            samples: segment.audio.len(),
            tail: seam::tail(&segment.audio).into(),
            overlap,
            job: self.next_job,
            cancel: cancel.clone(),
            text: None,
        };
        let pieces = &mut self.open().pieces;
        // A piece that is voided is decoded again after the one before it.
        if let Some(older) = pieces.iter_mut().rev().nth(1) {
            older.tail = Arc::default();
        }
        pieces.push(piece);
        Step::Decode {
            job: self.next_job,
            audio,
            cancel,
        }
    }

    /// Speech went on: what was decoded of the segment is void.
    pub(super) fn resumed(&mut self, segment: SegmentId) {
        for turn in &mut self.turns {
            turn.pieces.retain(|p| {
                if p.segment == segment {
                    p.cancel.cancel();
                }
                p.segment != segment
            });
        }
    }

    /// The endpointer decided that the turn is over.
    pub(super) fn ended(&mut self, speech_end: SamplePos, at: SamplePos) {
        self.open().ended = Some((speech_end, at));
    }

    /// A decode came back at `now`; a failed one counts as having heard
    /// nothing.
    pub(super) fn decoded(&mut self, job: u64, result: Transcript, now: SamplePos) -> Option<Step> {
        let piece = self
            .turns
            .iter_mut()
            .flat_map(|t| &mut t.pieces)
            .find(|p| p.job == job)?;
        let segment = piece.segment;
        piece.text = Some((result, now));
        let text = self.turns.iter().find(|t| t.ended.is_none())?.text();
        Some(Step::Partial { segment, text })
    }

    /// The utterance that it would be if the open turn were over: nothing
    /// while a part of it is being decoded or another turn is before it.
    pub(super) fn draft(&self) -> Option<Utterance> {
        let (turn, []) = self.turns.as_slices() else {
            return None;
        };
        let [turn] = turn else { return None };
        let whole = turn.ended.is_none() && turn.pieces.iter().all(|p| p.text.is_some());
        whole.then(|| turn.utterance(self.next_utterance + 1))?
    }

    /// The sound at the end of the open turn in which no word was found, as
    /// far as it is decoded.
    pub(super) fn unheard(&self) -> Option<Range<SamplePos>> {
        self.turns.back().filter(|t| t.ended.is_none())?.unheard()
    }

    /// The next whole turn, if there is one. `now` is the position of the
    /// sample clock.
    pub(super) fn take(&mut self, now: SamplePos) -> Option<Step> {
        let first = self.turns.front()?;
        let (speech_end, at) = first.ended?;
        if first.pieces.iter().any(|p| p.text.is_none()) {
            return None;
        }
        let turn = self.turns.pop_front()?;
        let id = self.next_utterance + 1;
        let decoded = turn.pieces.iter().filter_map(|p| Some(p.text.as_ref()?.1));
        let decoded_ms = decoded.max().map(pos_ms);
        let utterance = turn.utterance(id);
        let unheard = turn.unheard();
        self.next_utterance += u32::from(utterance.is_some());
        Some(Step::Turn(FinishedTurn {
            times: TurnTimes {
                utterance: id,
                speech_ended_ms: pos_ms(speech_end),
                endpoint_ms: pos_ms(at),
                text_ms: pos_ms(now.max(at)),
                decoded_ms,
                reply_ms: None,
                first_audio_ms: None,
            },
            utterance,
            unheard,
        }))
    }

    /// The utterance taken last is none: its number is free again.
    pub(super) fn give_back(&mut self) {
        self.next_utterance -= 1;
    }

    /// Number for an utterance that was typed.
    pub(super) fn typed(&mut self) -> UtteranceId {
        self.next_utterance += 1;
        self.next_utterance
    }

    /// Whether something is being decoded or waits to be delivered.
    pub(super) fn is_idle(&self) -> bool {
        self.turns
            .iter()
            .all(|t| t.pieces.is_empty() && t.ended.is_none())
    }

    fn open(&mut self) -> &mut Turn {
        if self.turns.back().is_none_or(|t| t.ended.is_some()) {
            self.turns.push_back(Turn::default());
        }
        // Just made where there was none.
        let last = self.turns.len() - 1;
        &mut self.turns[last]
    }
}

/// A piece's part of the turn's text, with times of the recording.
struct Part<'a> {
    piece: &'a Piece,
    text: String,
    words: Vec<Word>,
    confidence: f32,
}

impl Turn {
    /// Samples of the last piece that are to be decoded again with `next`,
    /// and what to decode. None where there was a pause between the two.
    fn over_the_cut(&self, next: &Segment) -> (usize, Arc<[f32]>) {
        let cut = self.pieces.last().filter(|last| {
            next.speech_start == next.start && next.start == last.start + last.samples as u64
        });
        let Some(last) = cut else {
            return (0, next.audio.clone());
        };
        let overlap = seam::overlap(last.tail.len(), next.audio.len());
        let before = &last.tail[last.tail.len() - overlap..];
        let audio: Vec<f32> = before.iter().chain(next.audio.iter()).copied().collect();
        (overlap, audio.into())
    }

    /// What the pieces say, each word once.
    fn parts(&self) -> Vec<Part<'_>> {
        let mut parts: Vec<Part<'_>> = Vec::new();
        for piece in &self.pieces {
            let Some((heard, _)) = &piece.text else {
                continue;
            };
            let offset = pos_ms(piece.start - piece.overlap as u64);
            let mut part = Part {
                piece,
                text: heard.text.clone(),
                words: heard.words.clone(),
                confidence: heard.confidence,
            };
            for word in &mut part.words {
                word.start_ms += offset;
                word.end_ms += offset;
            }
            if piece.overlap > 0
                && let Some(last) = parts.last_mut()
                && last.piece.start + last.piece.samples as u64 == piece.start
            {
                let middle = pos_ms(piece.start - piece.overlap as u64 / 2);
                let (keep, skip) = seam::join(&last.words, &part.words, middle);
                last.words.truncate(keep);
                last.text = text_of(&last.words);
                part.words.drain(..skip);
                part.text = text_of(&part.words);
            }
            parts.push(part);
        }
        parts.retain(|part| !part.text.is_empty());
        parts
    }

    /// The decoded pieces at its end that have no word.
    fn unheard(&self) -> Option<Range<SamplePos>> {
        let known = self.pieces.iter().rev().filter(|p| p.text.is_some());
        let silent = |p: &&Piece| p.text.as_ref().is_none_or(|t| t.0.text.is_empty());
        let mut tail = known.take_while(silent);
        let last = tail.next()?;
        let first = tail.last().unwrap_or(last);
        Some(first.speech_start..last.speech_end)
    }

    fn text(&self) -> String {
        let parts = self.parts();
        let texts: Vec<&str> = parts.iter().map(|p| p.text.as_str()).collect();
        texts.join(" ")
    }

    fn utterance(&self, id: UtteranceId) -> Option<Utterance> {
        let parts = self.parts();
        let (first, last) = (parts.first()?.piece, parts.last()?.piece);
        // Each piece counts by its share of the words.
        let (sum, count) = parts.iter().fold((0.0, 0.0), |(sum, count), part| {
            let n = part.text.split_whitespace().count() as f32;
            (sum + n * part.confidence, count + n)
        });
        Some(Utterance {
            id,
            text: self.text(),
            start_ms: pos_ms(first.speech_start),
            end_ms: pos_ms(last.speech_end),
            words: parts.into_iter().flat_map(|p| p.words).collect(),
            confidence: if count > 0.0 { sum / count } else { 0.0 },
            source: Source::Voice,
        })
    }
}

fn text_of(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(id: SegmentId, start: SamplePos, end: SamplePos) -> Segment {
        Segment {
            id,
            start,
            speech_start: start + 100,
            speech_end: end,
            audio: Arc::from(vec![0.0; 16]),
        }
    }

    fn said(text: &str) -> Transcript {
        Transcript {
            text: text.into(),
            confidence: 0.5,
            ..Transcript::default()
        }
    }

    fn pause(turns: &mut Turns, id: SegmentId, start: u64, end: u64) -> (u64, Cancel) {
        match turns.paused(segment(id, start, end)) {
            Step::Decode { job, cancel, .. } => (job, cancel),
            other => panic!("expected a decode, found {other:?}"),
        }
    }

    fn taken(turns: &mut Turns) -> Option<Option<String>> {
        match turns.take(99_000)? {
            Step::Turn(t) => Some(t.utterance.map(|u| u.text)),
            other => panic!("expected a turn, found {other:?}"),
        }
    }

    #[test]
    fn speech_that_resumes_voids_the_decode_and_no_word_is_doubled() {
        let mut turns = Turns::default();
        let (early, cancel) = pause(&mut turns, 1, 0, 16_000);
        turns.resumed(1);
        assert!(cancel.is_cancelled());
        assert!(turns.decoded(early, said("I built"), 0).is_none());
        let (late, _) = pause(&mut turns, 1, 0, 32_000);
        turns.ended(32_000, 43_200);
        assert_eq!(taken(&mut turns), None);
        turns.decoded(late, said("I built a thing."), 0);
        assert_eq!(taken(&mut turns), Some(Some("I built a thing.".into())));
        assert_eq!(taken(&mut turns), None);
    }

    #[test]
    fn a_long_answer_is_joined_from_its_segments_in_order() {
        let mut turns = Turns::default();
        let (a, _) = pause(&mut turns, 1, 0, 160_000);
        let (b, _) = pause(&mut turns, 2, 170_000, 240_000);
        turns.ended(240_000, 251_200);
        turns.decoded(b, said("Then we measured."), 0);
        assert_eq!(taken(&mut turns), None);
        turns.decoded(a, said("First we built."), 0);
        let text = "First we built. Then we measured.".to_owned();
        assert_eq!(taken(&mut turns), Some(Some(text)));
        assert!(turns.is_idle());
    }

    #[test]
    fn a_turn_that_begins_while_another_is_decoded_waits_for_it() {
        let mut turns = Turns::default();
        let (a, _) = pause(&mut turns, 1, 0, 16_000);
        turns.ended(16_000, 27_200);
        let (b, _) = pause(&mut turns, 2, 32_000, 48_000);
        turns.ended(48_000, 59_200);
        turns.decoded(b, said("two"), 0);
        assert_eq!(taken(&mut turns), None);
        turns.decoded(a, said("one"), 0);
        assert_eq!(taken(&mut turns), Some(Some("one".into())));
        assert_eq!(taken(&mut turns), Some(Some("two".into())));
    }

    #[test]
    fn a_cut_without_a_pause_loses_and_doubles_no_word() {
        let spoken = |text: &str, at_ms: u64| Transcript {
            text: text.into(),
            words: text
                .split_whitespace()
                .enumerate()
                .map(|(i, text)| Word {
                    text: text.into(),
                    start_ms: at_ms + 300 * i as u64,
                    end_ms: at_ms + 300 * (i as u64 + 1),
                    confidence: 0.9,
                })
                .collect(),
            confidence: 0.9,
            ..Transcript::default()
        };
        let long = |id, start: u64, speech_start: u64, samples: usize| Segment {
            id,
            start,
            speech_start,
            speech_end: start + samples as u64,
            audio: Arc::from(vec![0.1; samples]),
        };
        let decode = |turns: &mut Turns, segment| match turns.paused(segment) {
            Step::Decode { job, audio, .. } => (job, audio.len()),
            other => panic!("expected a decode, found {other:?}"),
        };
        let mut turns = Turns::default();
        let (a, _) = decode(&mut turns, long(1, 0, 1_600, 160_000));
        let (b, samples) = decode(&mut turns, long(2, 160_000, 160_000, 48_000));
        assert_eq!(samples, 48_000 + seam::OVERLAP);
        turns.decoded(a, spoken("we kept the old service for a wee", 7_600), 0);
        // Its clock begins 1.6 s before the cut, at 8.4 s.
        turns.decoded(b, spoken("service for a week and then we moved", 100), 0);
        // After a pause nothing is decoded twice.
        let (c, samples) = decode(&mut turns, long(3, 220_000, 224_800, 16_000));
        assert_eq!(samples, 16_000);
        turns.decoded(c, spoken("That was all.", 300), 0);
        turns.ended(236_000, 247_200);
        let text = "we kept the old service for a week and then we moved That was all.";
        let Some(Step::Turn(turn)) = turns.take(250_000) else {
            panic!("no turn")
        };
        let said = turn.utterance.unwrap();
        assert_eq!(said.text, text);
        assert_eq!(text_of(&said.words), text);
        assert!(
            said.words
                .windows(2)
                .all(|w| w[0].start_ms <= w[1].start_ms)
        );
    }

    #[test]
    fn noise_without_words_is_a_turn_without_an_utterance() {
        let mut turns = Turns::default();
        let (a, _) = pause(&mut turns, 1, 0, 16_000);
        turns.ended(16_000, 27_200);
        turns.decoded(a, said(""), 0);
        assert_eq!(taken(&mut turns), Some(None));
        assert_eq!(turns.typed(), 1);
    }
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod course_tests;
