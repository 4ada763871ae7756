//! Turns by the endpointer's own decisions: whatever the pauses and however
//! long a decode takes, every word comes out once and in order.

use super::*;
use crate::audio::endpoint::{Action, Endpointer, FRAME, FRAME_MS, Frame};
use crate::audio::{AnswerKind, Cue, EndpointSettings};
use proptest::prelude::*;

/// A burst of speech that counts as one word.
#[derive(Clone, Copy)]
struct Burst {
    from: u64,
    to: u64,
}

struct Listener {
    endpointer: Endpointer,
    turns: Turns,
    actions: Vec<Action>,
    bursts: Vec<Burst>,
    /// Decodes under way: job, frame at which it is done, text.
    decoding: Vec<(u64, u64, String, Cancel)>,
    slow: u64,
    now: u64,
    out: Vec<String>,
    drafts: usize,
}

impl Listener {
    fn new(slow: u64) -> Self {
        Self {
            endpointer: Endpointer::new(EndpointSettings::default()),
            turns: Turns::default(),
            actions: Vec::new(),
            bursts: Vec::new(),
            decoding: Vec::new(),
            slow,
            now: 0,
            out: Vec::new(),
            drafts: 0,
        }
    }

    fn frames(&mut self, ms: u32, voice: f32) {
        for _ in 0..ms / FRAME_MS {
            let frame = Frame {
                voice,
                level_db: -30.0,
                over_line: false,
            };
            self.endpointer.push(frame, &mut self.actions);
            self.now += 1;
            self.act();
        }
    }

    fn say(&mut self, ms: u32) {
        let from = self.now;
        // The word is known before it is decoded.
        self.bursts.push(Burst {
            from,
            to: from + u64::from(ms / FRAME_MS),
        });
        self.frames(ms, 0.9);
    }

    fn words(&self, from: u64, to: u64) -> String {
        let inside = |b: &Burst| b.from < to && b.to > from;
        let numbers = self.bursts.iter().enumerate();
        let words: Vec<String> = numbers
            .filter(|(_, b)| inside(b))
            .map(|(i, _)| format!("w{i}"))
            .collect();
        words.join(" ")
    }

    fn act(&mut self) {
        let pos = |frame: u64| frame * FRAME as u64;
        for action in std::mem::take(&mut self.actions) {
            match action {
                Action::Paused { segment, span } => {
                    let text = self.words(span.speech_start, span.speech_end);
                    let step = self.turns.paused(Segment {
                        id: segment,
                        start: pos(span.start),
                        speech_start: pos(span.speech_start),
                        speech_end: pos(span.speech_end),
                        audio: Arc::from(vec![0.0; 16]),
                    });
                    if let Step::Decode { job, cancel, .. } = step {
                        let done = self.now + self.slow;
                        self.decoding.push((job, done, text, cancel));
                    }
                }
                Action::Resumed { segment } => self.turns.resumed(segment),
                Action::Ended { speech_end, at, .. } => self.turns.ended(pos(speech_end), pos(at)),
                Action::Started { .. } | Action::Closed { .. } => {}
            }
        }
        while let Some(at) = self.decoding.iter().position(|d| d.1 <= self.now) {
            let (job, _, text, cancel) = self.decoding.remove(at);
            let result = Transcript {
                // A decode that was called off has no text.
                text: if cancel.is_cancelled() {
                    String::new()
                } else {
                    text
                },
                ..Transcript::default()
            };
            if let Some(Step::Partial { segment, .. }) =
                self.turns.decoded(job, result, pos(self.now))
            {
                self.endpointer.cue(segment, Cue::Whole, 30);
            }
            if let Some(draft) = self.turns.draft() {
                self.drafts += 1;
                assert!(!self.out.contains(&draft.text), "said already");
            }
        }
        while let Some(Step::Turn(turn)) = self.turns.take(pos(self.now)) {
            let decoded = turn.times.decoded_ms.unwrap();
            assert!(decoded <= turn.times.text_ms && turn.times.endpoint_ms <= turn.times.text_ms);
            self.out.extend(turn.utterance.map(|u| u.text));
        }
    }
}

#[test]
fn a_draft_is_the_utterance_that_follows_where_nothing_more_is_said() {
    let mut listener = Listener::new(5);
    listener.endpointer.expect(AnswerKind::Long);
    listener.frames(480, 0.0);
    listener.say(800);
    listener.frames(320, 0.0);
    let draft = listener.turns.draft().unwrap();
    listener.frames(1_600, 0.0);
    assert_eq!(listener.out, [draft.text]);
    assert_eq!(draft.id, 1);
    assert!(listener.turns.draft().is_none());
}

proptest! {
    #[test]
    fn every_word_comes_out_once_and_in_order(
        talk in prop::collection::vec((112u32..1_500, 16u32..2_500), 1..25), slow in 0u64..120,
    ) {
        let mut listener = Listener::new(slow);
        listener.frames(480, 0.0);
        for (speech, silence) in talk {
            listener.say(speech / 16 * 16);
            listener.frames(silence, 0.0);
        }
        listener.frames(8_000, 0.0);
        prop_assert!(listener.turns.is_idle());
        let said: Vec<String> = (0..listener.bursts.len()).map(|i| format!("w{i}")).collect();
        let heard: Vec<&str> = listener.out.iter().flat_map(|t| t.split(' ')).collect();
        prop_assert_eq!(heard, said);
        prop_assert!(listener.drafts > 0 || slow > 10);
    }
}
