//! From what an answer states to a number, or to an abstention.

use super::evidence::Found;
use super::subject::Subject;

/// Depth from which on 2, 3, 4 and 5 are given.
pub(super) const ANCHORS: [f32; 4] = [1.2, 4.0, 9.0, 15.0];

/// A number or none, and the reason.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) score: Option<u8>,
    pub(super) abstained: Option<String>,
    pub(super) why: String,
}

/// How much was stated, and how concretely.
pub(super) fn depth(found: &Found) -> f32 {
    let concrete = 0.3 * found.reasons.min(6) as f32
        + 0.3 * found.deeds.min(4) as f32
        + 0.5 * found.figures.min(3) as f32;
    found.weight() + concrete.min(found.weight())
}

pub(super) fn bearing(found: &Found) -> f32 {
    let focus = found.focus();
    let echo = found.echo.max(focus - 0.4);
    (focus / 0.3) * ((echo + 0.1) / 0.45)
}

/// Judges.
pub(super) fn judge(subject: &Subject, found: &Found, asks: usize) -> Verdict {
    if !subject.is_known() {
        let empty = found.lost || found.stuffed || found.matters.len() <= 2;
        let score = empty.then_some(1);
        return Verdict { score, abstained: (!empty).then(|| "unknown subject".into()), why: String::new() };
    }
    let more = 1.0 + 0.5 * asks.saturating_sub(1) as f32;
    let depth = depth(found) * bearing(found).min(1.0).powf(1.3) * compact(found) / more;
    let score = 1 + ANCHORS.iter().filter(|&&from| depth >= from).count() as u8;
    Verdict {
        score: Some(score),
        abstained: None,
        why: String::new(),
    }
}

/// What says the same in fewer words is worth no less.
pub(super) fn compact(found: &Found) -> f32 {
    (60.0 / found.said.max(1) as f32).sqrt().clamp(1.0, 1.7)
}
