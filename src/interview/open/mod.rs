//! Scores answers to questions that no bank knows.

mod evidence;
mod judge;
pub mod subject;
pub mod topic;

pub use subject::Subject;
pub use topic::{TopicError, Topics};

use super::score::Score;
use crate::event::Utterance;

/// Scores.
pub fn assess(topics: &Topics, subject: &Subject, answers: &[&Utterance], asks: usize) -> Score {
    let found = evidence::gather(topics, subject, answers);
    let verdict = judge::judge(subject, &found, asks);
    if std::env::var("LAB").is_ok() {
        println!("   w={:.1} n={} foreign={:.1} focus={:.2} reasons={} deeds={} fig={} said={} content={} echo={:.2} lost={} words={} depth={:.1} dens={:.2} b={:.2} c={:.2} FIN={:.1} best={:?} near={}",
            found.weight(), found.matters.len(), found.foreign, found.focus(), found.reasons, found.deeds, found.figures, found.said, found.content, found.echo, found.lost, found.words, judge::depth(&found), found.weight()/found.said.max(1) as f32, judge::bearing(&found), judge::compact(&found), judge::depth(&found)*judge::bearing(&found).min(1.0)*judge::compact(&found), subject.best.map(|b| &topics.topics()[b].name), found.matters.iter().filter(|m| m.near).count());
    }
    Score {
        score: verdict.score,
        abstained: verdict.abstained,
        hits: found.matters.into_iter().map(|m| m.evidence).collect(),
        missing: Vec::new(),
        misconceptions: Vec::new(),
        coverage: 0.0,
        why: verdict.why,
        by: "content".to_owned(),
    }
}
