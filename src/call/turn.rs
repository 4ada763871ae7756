//! Turns from segments: which stretch of speech is being decoded, which
//! decode still counts, and when a turn's text is whole. Pure: audio events
//! and decode results in, steps out.
//!
//! A pause starts a decode; speech that resumes voids it; a closed segment's
//! text is final. A turn is delivered once, in order, when its last segment
//! is closed and every segment of it has its text.

use crate::audio::{SamplePos, Segment, SegmentId, pos_ms};
use crate::event::{Source, TurnTimes, Utterance, UtteranceId, Word};
use crate::speech::{Cancel, Transcript};
use std::collections::VecDeque;
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
}

#[derive(Debug)]
struct Piece {
    segment: SegmentId,
    start: SamplePos,
    speech_start: SamplePos,
    speech_end: SamplePos,
    job: u64,
    cancel: Cancel,
    text: Option<Transcript>,
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
        let piece = Piece {
            segment: segment.id,
            start: segment.start,
            speech_start: segment.speech_start,
            speech_end: segment.speech_end,
            job: self.next_job,
            cancel: cancel.clone(),
            text: None,
        };
        self.resumed(segment.id);
        self.open().pieces.push(piece);
        Step::Decode {
            job: self.next_job,
            audio: segment.audio,
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

    /// A decode came back; a failed one counts as having heard nothing.
    pub(super) fn decoded(&mut self, job: u64, result: Transcript) -> Option<Step> {
        let piece = self
            .turns
            .iter_mut()
            .flat_map(|t| &mut t.pieces)
            .find(|p| p.job == job)?;
        let segment = piece.segment;
        piece.text = Some(result);
        let text = self.turns.iter().find(|t| t.ended.is_none())?.text();
        Some(Step::Partial { segment, text })
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
        let utterance = turn.utterance(id);
        self.next_utterance += u32::from(utterance.is_some());
        Some(Step::Turn(FinishedTurn {
            times: TurnTimes {
                utterance: id,
                speech_ended_ms: pos_ms(speech_end),
                endpoint_ms: pos_ms(at),
                text_ms: pos_ms(now.max(at)),
                reply_ms: None,
                first_audio_ms: None,
            },
            utterance,
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

impl Turn {
    fn text(&self) -> String {
        let texts: Vec<&str> = self
            .pieces
            .iter()
            .filter_map(|p| Some(p.text.as_ref()?.text.as_str()))
            .filter(|t| !t.is_empty())
            .collect();
        texts.join(" ")
    }

    fn utterance(&self, id: UtteranceId) -> Option<Utterance> {
        let text = self.text();
        let spoken = || {
            self.pieces
                .iter()
                .filter_map(|p| Some((p, p.text.as_ref()?)))
                .filter(|(_, t)| !t.text.is_empty())
        };
        let (first, last) = (spoken().next()?.0, spoken().next_back()?.0);
        let words: Vec<Word> = spoken()
            .flat_map(|(piece, text)| {
                let offset = pos_ms(piece.start);
                text.words.iter().map(move |word| Word {
                    start_ms: word.start_ms + offset,
                    end_ms: word.end_ms + offset,
                    ..word.clone()
                })
            })
            .collect();
        // Each piece counts by its share of the words.
        let (sum, count) = spoken().fold((0.0, 0.0), |(sum, count), (_, text)| {
            let n = text.text.split_whitespace().count() as f32;
            (sum + n * text.confidence, count + n)
        });
        Some(Utterance {
            id,
            text,
            words,
            start_ms: pos_ms(first.speech_start),
            end_ms: pos_ms(last.speech_end),
            confidence: if count > 0.0 { sum / count } else { 0.0 },
            source: Source::Voice,
        })
    }
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
        assert!(turns.decoded(early, said("I built")).is_none());
        let (late, _) = pause(&mut turns, 1, 0, 32_000);
        turns.ended(32_000, 43_200);
        assert_eq!(taken(&mut turns), None);
        turns.decoded(late, said("I built a thing."));
        assert_eq!(taken(&mut turns), Some(Some("I built a thing.".into())));
        assert_eq!(taken(&mut turns), None);
    }

    #[test]
    fn a_long_answer_is_joined_from_its_segments_in_order() {
        let mut turns = Turns::default();
        let (a, _) = pause(&mut turns, 1, 0, 160_000);
        let (b, _) = pause(&mut turns, 2, 170_000, 240_000);
        turns.ended(240_000, 251_200);
        turns.decoded(b, said("Then we measured."));
        assert_eq!(taken(&mut turns), None);
        turns.decoded(a, said("First we built."));
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
        turns.decoded(b, said("two"));
        assert_eq!(taken(&mut turns), None);
        turns.decoded(a, said("one"));
        assert_eq!(taken(&mut turns), Some(Some("one".into())));
        assert_eq!(taken(&mut turns), Some(Some("two".into())));
    }

    #[test]
    fn noise_without_words_is_a_turn_without_an_utterance() {
        let mut turns = Turns::default();
        let (a, _) = pause(&mut turns, 1, 0, 16_000);
        turns.ended(16_000, 27_200);
        turns.decoded(a, said(""));
        assert_eq!(taken(&mut turns), Some(None));
        assert_eq!(turns.typed(), 1);
    }
}
