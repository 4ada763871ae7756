//! What became of every answer that was really given: understood as one, put
//! together from pieces without anybody noticing, or talked over.

use crate::audio::pos_ms;
use crate::event::{TurnTimes, Utterance};
use crate::simulate::Spoken;
use serde::Serialize;
use std::ops::AddAssign;

/// How much earlier than it was an answer may seem to begin, milliseconds.
const EARLIER: u64 = 500;

/// What became of one answer.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    /// It came as one.
    Whole,
    /// A pause was taken for its end, but it went on before anything was
    /// heard of the reply.
    Joined,
    /// The recruiter's voice began while it was not over.
    TalkedOver,
}

/// One answer.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// First and last sound, on the recording's clock.
    start_ms: u64,
    end_ms: u64,
    words: usize,
    /// Utterances that were made of it.
    pieces: usize,
    pub(super) fate: Fate,
}

/// How many answers had which fate.
#[derive(Serialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fates {
    pub(super) answers: usize,
    pub(super) joined: usize,
    pub(super) talked_over: usize,
}

impl Fates {
    /// Counts them.
    pub(super) fn of(answers: &[Answer]) -> Self {
        let count = |fate| answers.iter().filter(|a| a.fate == fate).count();
        Self {
            answers: answers.len(),
            joined: count(Fate::Joined),
            talked_over: count(Fate::TalkedOver),
        }
    }

    /// Share of the answers that were talked over, 0-1.
    pub(super) fn talked_over_share(&self) -> f64 {
        self.talked_over as f64 / self.answers.max(1) as f64
    }
}

impl AddAssign for Fates {
    fn add_assign(&mut self, other: Self) {
        self.answers += other.answers;
        self.joined += other.joined;
        self.talked_over += other.talked_over;
    }
}

/// The answers of a call, against what was understood and when a reply was
/// first heard.
pub(super) fn answers(
    spoken: &[Spoken],
    utterances: &[Utterance],
    turns: &[TurnTimes],
) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (i, said) in spoken.iter().enumerate() {
        let (start_ms, end_ms) = (pos_ms(said.start), pos_ms(said.end));
        let next = spoken.get(i + 1).map_or(u64::MAX, |s| pos_ms(s.start));
        let within = start_ms.saturating_sub(EARLIER)..next.saturating_sub(EARLIER);
        let pieces = utterances.iter().filter(|u| within.contains(&u.start_ms));
        let pieces = pieces.count();
        let over = turns
            .iter()
            .filter_map(|t| t.first_audio_ms)
            .any(|at| (start_ms..end_ms).contains(&at));
        answers.push(Answer {
            start_ms,
            end_ms,
            words: said.text.split_whitespace().count(),
            pieces,
            fate: match (over, pieces) {
                (true, _) => Fate::TalkedOver,
                (false, 0 | 1) => Fate::Whole,
                (false, _) => Fate::Joined,
            },
        });
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Source;

    fn said(start_ms: u64, end_ms: u64) -> Spoken {
        Spoken {
            line: 1,
            text: "It works. It is fast.".into(),
            start: start_ms * 16,
            end: end_ms * 16,
        }
    }

    fn heard(start_ms: u64) -> Utterance {
        Utterance {
            id: 1,
            text: "It works.".into(),
            words: Vec::new(),
            start_ms,
            end_ms: start_ms + 500,
            confidence: 1.0,
            source: Source::Voice,
        }
    }

    fn replied(at: u64) -> TurnTimes {
        TurnTimes {
            utterance: 1,
            speech_ended_ms: at - 100,
            endpoint_ms: at - 50,
            text_ms: at - 50,
            decoded_ms: None,
            reply_ms: None,
            first_audio_ms: Some(at),
        }
    }

    #[test]
    fn an_answer_is_talked_over_only_where_a_reply_was_heard_inside_it() {
        let spoken = [
            said(1_000, 5_000),
            said(9_000, 12_000),
            said(20_000, 21_000),
        ];
        let utterances = [
            heard(900),
            heard(3_000),
            heard(8_900),
            heard(11_000),
            heard(20_000),
        ];
        let turns = [
            replied(2_500),
            replied(5_600),
            replied(12_700),
            replied(21_500),
        ];
        let answers = answers(&spoken, &utterances, &turns);
        let fates: Vec<Fate> = answers.iter().map(|a| a.fate).collect();
        assert_eq!(fates, [Fate::TalkedOver, Fate::Joined, Fate::Whole]);
        let fates = Fates::of(&answers);
        assert_eq!((fates.answers, fates.joined, fates.talked_over), (3, 1, 1));
    }
}
