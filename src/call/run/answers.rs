//! What the candidate says in a call: decoded stretches become turns, turns
//! become answers.

use super::State;
use crate::audio::{Cue, FrontendCommand, SegmentId};
use crate::call::completeness::{cue, word_count};
use crate::call::turn::{FinishedTurn, Step};
use crate::call::{CallEvent, LinkError};
use crate::event::{Event, Input, TurnTimes, Utterance};
use crate::protocol::ClientMessage;
use crate::speech::worker::DecodeResult;
use crate::speech::{SpeechError, Transcript};

impl State {
    pub(super) async fn decoded(&mut self, decoded: DecodeResult) -> Result<(), LinkError> {
        let guard = self.decoding.remove(&decoded.id);
        let text = match decoded.result {
            Ok(text) => self.near.judge(text),
            Err(SpeechError::Cancelled) => Transcript::default(),
            Err(error) => {
                if !std::mem::replace(&mut self.recognizer_failed, true) {
                    let message = format!("{error}. Answers can still be typed");
                    self.problem("recogniser", message).await?;
                }
                Transcript::default()
            }
        };
        let now = self.position();
        if let Some(Step::Partial { segment, text }) = self.turns.decoded(decoded.id, text, now) {
            let (cue, words) = (cue(&text), word_count(&text));
            if words > 0 {
                self.audio.control.send(FrontendCommand::Cue {
                    segment,
                    cue,
                    words,
                });
            }
            self.prepare(segment, cue).await?;
            self.words_over_line(&text).await?;
            self.understood_or_not().await?;
            if self.recording {
                let text = text.clone();
                self.link.pass_on(&ClientMessage::Partial { text }).await?;
            }
            self.show(CallEvent::Partial(text));
        }
        self.deliver().await?;
        drop(guard);
        Ok(())
    }

    /// Asks what would be said if the turn were over, where it may be.
    pub(super) async fn prepare(&mut self, segment: SegmentId, cue: Cue) -> Result<(), LinkError> {
        let free = self.playing.is_none() && self.waiting.is_empty();
        let Some(utterance) = self.turns.draft().filter(|_| free) else {
            return Ok(());
        };
        let busy = || self.audio.busy.enter();
        if let Some(draft) = self.drafts.ask(segment, &utterance, cue, busy) {
            let question = ClientMessage::Prepare { draft, utterance };
            self.link.pass_on(&question).await?;
        }
        Ok(())
    }

    /// Sends every turn that is whole.
    pub(super) async fn deliver(&mut self) -> Result<(), LinkError> {
        while let Some(Step::Turn(turn)) = self.turns.take(self.position()) {
            let FinishedTurn {
                utterance,
                times,
                unheard,
            } = turn;
            let (text, began_ms) = utterance
                .as_ref()
                .map_or(("", u64::MAX), |u| (u.text.as_str(), u.start_ms));
            if self.was_nothing(text, began_ms).await? {
                if utterance.is_some() {
                    self.turns.give_back();
                }
                self.show(CallEvent::Partial(String::new()));
                continue;
            }
            self.turn_over(unheard).await?;
            let Some(utterance) = utterance else {
                self.show(CallEvent::Ignored);
                self.input(Input::SpeechIgnored).await?;
                continue;
            };
            self.answer(utterance, Some(times)).await?;
        }
        self.next_line().await
    }

    pub(super) async fn answer(
        &mut self,
        utterance: Utterance,
        times: Option<TurnTimes>,
    ) -> Result<(), LinkError> {
        self.drafts.drop_open();
        self.drop_waiting().await?;
        if self.speaker_gone {
            // A line that waits for the speaker was answered from its caption.
            self.audio.player.stop();
        }
        self.show(CallEvent::Utterance(utterance.clone()));
        let seq = self.input(Input::Utterance(utterance)).await?;
        self.turn = times.map(|t| (t, seq));
        Ok(())
    }

    pub(super) async fn turn_done(&mut self, times: TurnTimes) -> Result<(), LinkError> {
        self.show(CallEvent::Turn(times.clone()));
        self.fact(Event::Turn(times)).await
    }
}
