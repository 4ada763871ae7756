//! Small decisions, each a function of what it depends on: whether to probe
//! and for what, whether somebody struggled, what is off the question, and
//! how the time budget is kept.

use super::asked::{Asked, Outcome};
use super::bank::{KeyPoint, Question};
use super::score::Score;
use super::text::{subjects, words};
use crate::clock::SessionTime;
use std::time::Duration;

/// Questions without any answer in a row that end an interview.
pub(crate) const SILENT_MOST: u8 = 3;
/// Times that a question is said again at once because it was not heard;
/// after that the interviewer first lets the candidate finish.
pub(crate) const INTERRUPTED_MOST: u8 = 2;
/// Times that a question is said again in all, because it was not heard;
/// after that words over it count as its answer.
pub(crate) const UNHEARD_MOST: u8 = 5;
/// Quiet after which somebody who went on and on has finished.
pub(crate) const FINISHED: Duration = Duration::from_secs(3);
/// Times that a question is repeated on request.
pub(crate) const REPEAT_MOST: u8 = 3;
/// Utterances on one question, whatever they are, before the next one.
pub(crate) const ROUNDS_MOST: u8 = 14;
/// Questions of the candidate that are answered.
pub(crate) const ASKED_BACK_MOST: usize = 8;
/// The longest that somebody is taken to speak without any text arriving.
pub(crate) const SPEAKING_MOST: Duration = Duration::from_secs(240);
/// A sound without any word that lasts so long is no cough: where many speak
/// around the candidate, nobody can be understood.
pub(crate) const DIN: Duration = Duration::from_secs(30);
/// Time to think, before the gentle prompt.
pub(crate) const THINK: Duration = Duration::from_secs(60);
/// One pause at most.
pub(crate) const PAUSE: Duration = Duration::from_secs(300);
/// Where less than this is left of all breaks, there is only time to think.
pub(super) const PAUSE_LEAST: Duration = Duration::from_secs(5);
/// How long a microphone or speaker that is gone is waited for.
pub(crate) const ABSENCE: Duration = Duration::from_secs(300);
/// The same for all times together, so that an interview always ends.
pub(crate) const ABSENCES: Duration = Duration::from_secs(900);

/// All pauses together at most, so that an interview always ends.
pub(crate) fn pauses(breaks: u8) -> Duration {
    PAUSE * u32::from(breaks)
}

/// How long a text takes to be spoken, roughly: 2.6 words a second.
pub(crate) fn speaking_time(text: &str) -> Duration {
    Duration::from_millis(600 + 380 * text.split_whitespace().count() as u64)
}

/// The key point to probe next, if any: the heaviest that is still missing,
/// has a probe and was not probed before. None after a probe that brought
/// nothing, so that nobody is pressed.
pub(crate) fn probe<'a>(
    question: &'a Question,
    score: &Score,
    probed: &[String],
    most: u8,
    hits_before: Option<usize>,
) -> Option<&'a KeyPoint> {
    if probed.len() >= usize::from(most) || score.score == Some(5) {
        return None;
    }
    if hits_before.is_some_and(|before| score.hits.len() <= before) {
        return None;
    }
    let open = question
        .key_points
        .iter()
        .filter(|p| p.probe.is_some() && score.missing.contains(&p.id) && !probed.contains(&p.id));
    // The first of the heaviest: `max_by` would take the last.
    open.reduce(|a, b| if b.weight > a.weight { b } else { a })
}

/// Whether an answer shows that the candidate did not know.
pub(crate) fn struggled(asked: &Asked) -> bool {
    match asked.outcome {
        Outcome::DontKnow => true,
        Outcome::Passed => false,
        Outcome::Skipped | Outcome::Unanswered => asked.question.is_some(),
        Outcome::Open | Outcome::Answered => asked.score.as_ref().is_some_and(|score| {
            let low = score.score.is_some_and(|s| s <= 1);
            let unsure = asked.answers.iter().any(|a| is_unsure(&a.text));
            low || (unsure && score.score.is_some_and(|s| s <= 2))
        }),
    }
}

/// Whether somebody says of an answer that it is a guess.
fn is_unsure(text: &str) -> bool {
    let line = words(text).join(" ");
    [
        "not sure",
        "don't know",
        "do not know",
        "no idea",
        "not entirely sure",
        "not familiar",
        "can't remember",
        "don't remember",
        "never heard",
    ]
    .iter()
    .any(|p| line.contains(p))
}

/// Whether a long answer shares no subject at all with a question and its
/// whole rubric. Only for knowledge: a story may be about anything.
pub(crate) fn off_question(question: &Question, text: &str) -> bool {
    let said = subjects(text);
    if said.len() < 10 {
        return false;
    }
    let mut all = format!("{} {} {}", question.ask, question.ideal, question.explain);
    for part in &question.key_points {
        all.push_str(&format!(" {} {}", part.says, part.any_of.join(" ")));
    }
    for part in &question.misconceptions {
        all.push_str(&format!(" {} {}", part.says, part.any_of.join(" ")));
    }
    all.push_str(&question.skills.join(" "));
    let known = subjects(&all);
    !said.iter().any(|s| known.contains(s))
}

/// The time budget: when to stop asking, and when to say the last words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) begun: SessionTime,
    pub(crate) whole: Duration,
    /// Time that pauses stopped the clock.
    pub(crate) paused: Duration,
}

impl Budget {
    pub(crate) fn new(begun: SessionTime, minutes: u16) -> Self {
        Self {
            begun,
            whole: Duration::from_secs(u64::from(minutes) * 60),
            paused: Duration::ZERO,
        }
    }

    /// Kept for the closing lines and the candidate's questions.
    fn reserve(&self) -> Duration {
        (self.whole / 8).clamp(Duration::from_secs(30), Duration::from_secs(120))
    }

    /// From now on only the closing lines are said.
    pub(crate) fn closing(&self) -> SessionTime {
        self.begun + (self.whole + self.paused - self.reserve())
    }

    /// As above, when somebody is just speaking.
    pub(crate) fn closing_if_speaking(&self) -> SessionTime {
        self.closing() + self.reserve() / 3
    }

    /// The latest time for the last words.
    pub(crate) fn farewell(&self) -> SessionTime {
        self.begun + (self.whole + self.paused).saturating_sub(Duration::from_secs(10))
    }

    /// Whether another question still has a chance to be answered.
    pub(crate) fn may_ask(&self, now: SessionTime) -> bool {
        self.closing().since(now) >= (self.whole / 8).min(Duration::from_secs(60))
    }

    /// Whether a probe leaves time for the questions that are to come.
    pub(crate) fn may_probe(&self, now: SessionTime, to_come: usize) -> bool {
        let each = Duration::from_secs(75);
        self.closing().since(now) >= each * to_come as u32 + Duration::from_secs(45)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_ends_questions_before_the_last_words() {
        let budget = Budget::new(SessionTime(0), 10);
        assert!(budget.closing() < budget.closing_if_speaking());
        assert!(budget.closing_if_speaking() < budget.farewell());
        assert!(budget.farewell() < SessionTime(600_000));
        assert!(budget.may_ask(SessionTime(0)));
        assert!(!budget.may_ask(SessionTime(500_000)));
        assert!(!budget.may_probe(SessionTime(400_000), 3));
    }
}
