//! Scores answers to questions that no bank knows, by what they state of the
//! question's subject.
//!
//! # The rule
//!
//! 1. *Subject.* The question's words choose among the [`Topics`] of all
//!    trades: the topics that come with the program and, of a bank, every
//!    question with its key points. A question about one's own work has the
//!    job's whole field for a subject too.
//! 2. *Evidence.* A matter of the subject is heard where it stands in a
//!    statement: not in a list, not in what the speaker says not to know or
//!    never to have done, not in the question's own words given back; a guess
//!    counts half. A matter of the field counts half where it stands together
//!    with the subject, and next to nothing alone. What every topic speaks of
//!    counts less than what few do. Each matter counts once.
//! 3. *Depth* is the weight of these matters; statements among them that give
//!    a reason or an effect, tell of own work or hold a figure add to it, up
//!    to as much again.
//! 4. *Bearing.* An answer that speaks mostly of other things, and takes up
//!    little of what was asked, keeps only a part of its depth.
//! 5. *Compactness.* Only sentences that state a matter are measured, so
//!    filler is neither counted nor held against anybody; what says the same
//!    in fewer words is worth up to 1.7 times as much.
//! 6. *Words of the trade.* The topics do not list everything. An answer that
//!    is told in the words of the job's field more than in any other's, and
//!    takes up the question's own, is worth what so many such words are worth,
//!    where that is more.
//! 7. *Anchors* ([`ANCHORS`]): 5 from 15, 4 from 9, 3 from 4, 2 from 1.2,
//!    else 1; for every further question on the same subject half as much
//!    again is expected. Misconceptions of the bank lower a score as they do
//!    with a rubric.
//! 8. *Abstention.* Nothing was heard; the recogniser was not sure; the
//!    subject is not known; or much was said in words that no topic knows.
//!
//! What this cannot do: tell a false statement from a true one, unless a bank
//! lists it, and value what is right but outside the topics.

mod evidence;
mod judge;
pub mod subject;
pub mod topic;
mod vocabulary;

pub use judge::ANCHORS;
pub use subject::Subject;
pub use topic::{TopicError, Topics};

use super::score::{Certainty, Score};
use crate::event::Utterance;

/// The rule in a sentence or two, for documents.
pub const RULE: &str = "Where no bank asks the same question, the answer is judged by the matters of the question's \
    subject that its statements hold, with reasons, own work and figures among them, for as much as the answer bears \
    on what was asked. Whether a statement is true is not judged, unless a bank lists it as wrong. Length, fluency \
    and filler have no part in it.";

/// Name of this way to score, in records.
pub const BY: &str = "content";

/// Scores the answers to a question and to what was asked after it on the
/// same subject: `asks` questions in all.
pub fn assess(topics: &Topics, subject: &Subject, answers: &[&Utterance], asks: usize) -> Score {
    let found = evidence::gather(topics, subject, answers);
    let name = subject.best.map(|best| topics.topics()[best].name.as_str());
    let name = name.unwrap_or("the job's field");
    let mut verdict = judge::judge(subject, name, &found, asks);
    if found.words > 0
        && let Some(reason) = Certainty::of(answers).forbids(verdict.score)
    {
        verdict.why = format!("Not scored: {reason}.");
        verdict.score = None;
        verdict.abstained = Some(reason);
    }
    let depth = judge::Depth::of(&found, asks);
    let mut hits = found.shown();
    if depth.is_told() {
        for evidence in &found.telling {
            if hits.len() < 4 && !hits.iter().any(|hit| hit.quote == evidence.quote) {
                hits.push(evidence.clone());
            }
        }
    }
    let depth = depth.value();
    Score {
        missing: judge::missing(&found, verdict.score),
        score: verdict.score,
        abstained: verdict.abstained,
        hits,
        misconceptions: found.wrong,
        coverage: (depth / ANCHORS[3]).clamp(0.0, 1.0),
        why: verdict.why,
        by: BY.to_owned(),
    }
}
