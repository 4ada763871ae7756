//! Replies that are prepared while a pause is still being judged: the engine
//! is asked what it would say, and the voice makes it in advance. A draft is
//! never spoken: the reply that really comes is, and where it is the same
//! its sound is ready. Speech that goes on leaves the draft behind.

use crate::audio::{BusyGuard, Cue, SegmentId};
use crate::event::Utterance;

/// The newest draft.
#[derive(Default)]
pub(super) struct Drafts {
    last: u32,
    open: Option<Open>,
}

/// One that was not left behind.
struct Open {
    /// The last segment that its words are from.
    segment: SegmentId,
    text: String,
    /// Keeps a fast clock back until the answer is there.
    busy: Option<BusyGuard>,
}

impl Drafts {
    /// The number under which the engine is to be asked about this, if it is
    /// worth asking: nothing that clearly goes on, and nothing twice.
    pub(super) fn ask(
        &mut self,
        segment: SegmentId,
        utterance: &Utterance,
        cue: Cue,
        busy: impl FnOnce() -> BusyGuard,
    ) -> Option<u32> {
        let worth = match cue {
            Cue::Done | Cue::Asks | Cue::Closing | Cue::Whole | Cue::Unsure | Cue::Yes => true,
            Cue::Listing | Cue::GoesOn | Cue::Filler | Cue::Thinking => false,
        };
        let same = |open: &Open| (open.segment, &open.text) == (segment, &utterance.text);
        if !worth || self.open.as_ref().is_some_and(same) {
            return None;
        }
        self.last = self.last.wrapping_add(1);
        self.open = Some(Open {
            segment,
            text: utterance.text.clone(),
            busy: Some(busy()),
        });
        Some(self.last)
    }

    /// An answer came: if it is still wanted, the segment that it is about,
    /// and the clock's guard.
    pub(super) fn answered(&mut self, draft: u32) -> Option<(SegmentId, BusyGuard)> {
        let open = self.open.as_mut().filter(|_| draft == self.last)?;
        Some((open.segment, open.busy.take()?))
    }

    /// Speech went on, or the turn was decided.
    pub(super) fn drop_open(&mut self) {
        self.open = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Busy;
    use crate::event::Source;

    fn said(text: &str) -> Utterance {
        Utterance {
            id: 1,
            text: text.into(),
            words: Vec::new(),
            start_ms: 0,
            end_ms: 0,
            confidence: 1.0,
            source: Source::Voice,
        }
    }

    #[test]
    fn only_the_newest_draft_is_wanted_and_only_once() {
        let (mut drafts, busy) = (Drafts::default(), Busy::default());
        let first = drafts.ask(1, &said("Yes."), Cue::Whole, || busy.enter());
        assert!(
            drafts
                .ask(1, &said("Yes."), Cue::Whole, || busy.enter())
                .is_none()
        );
        let second = drafts.ask(1, &said("Yes, I do."), Cue::Whole, || busy.enter());
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(drafts.answered(first).is_none());
        assert!(drafts.answered(second).is_some());
        assert!(drafts.answered(second).is_none());
    }

    #[test]
    fn nothing_is_prepared_for_words_that_go_on_or_that_went_on() {
        let (mut drafts, busy) = (Drafts::default(), Busy::default());
        let asked = drafts.ask(1, &said("Because"), Cue::GoesOn, || busy.enter());
        assert_eq!(asked, None);
        let draft = drafts.ask(1, &said("It scales."), Cue::Whole, || busy.enter());
        drafts.drop_open();
        assert!(drafts.answered(draft.unwrap()).is_none());
    }
}
