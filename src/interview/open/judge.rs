//! From what an answer states to a number, or to an abstention with its
//! reason.

use super::evidence::Found;
use super::subject::Subject;

/// Depth from which on 2, 3, 4 and 5 are given.
pub const ANCHORS: [f32; 4] = [1.2, 4.0, 9.0, 15.0];

/// Share of the question's own matters in all that is said of any trade from
/// which on an answer counts in full.
const FOCUS: f32 = 0.26;
/// Share of the question's telling words that come back in a long answer; in
/// a short one there is less room for them.
const ECHO: f32 = 0.35;
/// Words of matter of such a long answer.
const LONG: f32 = 120.0;
/// So focused an answer need not take up the question's words.
const FOCUSED: f32 = 0.4;
/// How steeply an answer that bears less on the question loses.
const STEEP: f32 = 1.3;
/// Words of matter in which a usual answer makes its statements; what says
/// the same in fewer is worth no less.
const USUAL: f32 = 60.0;
/// How much being compact can bring at most.
const COMPACT: f32 = 1.7;
/// What every further question on the same subject asks for, beside the
/// first.
const FURTHER: f32 = 0.5;
/// Weights of the trade's words that are worth what [`ANCHORS`] are.
const TOLD: [f32; 4] = [5.0, 8.5, 24.0, 40.0];
/// Closeness to the job's field from which on such words count, and from
/// which on they count in full.
const CLOSE: [f32; 2] = [0.75, 1.0];
/// Share of the question's telling words that a long answer takes up.
const TAKEN_UP: f32 = 0.5;
/// Words of matter of such a long answer.
const LONG_TOLD: f32 = 100.0;
/// Words of matter from which on an answer says much.
const MUCH: usize = 30;
/// Share of them that the topics must know for a low score.
const KNOWN: f32 = 0.12;
/// Words of matter from which on an answer may say something.
const SOMETHING: usize = 12;
/// Share of the question's telling words that makes an answer its echo.
const GIVEN_BACK: f32 = 0.8;
/// Matters of the field from which on an answer to a question of unknown
/// subject may be a good one.
const SOME: usize = 3;

/// A number or none, and the reason.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    /// 1-5.
    pub(super) score: Option<u8>,
    /// Why there is none.
    pub(super) abstained: Option<String>,
    /// How it follows.
    pub(super) why: String,
}

/// How much was stated and how concretely, for as much as it bears on what
/// was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Depth {
    /// Weight of the matters, and of reasons, own work and figures in the
    /// statements that bear them.
    pub(super) stated: f32,
    /// How far it bears on the question, 0-1.
    pub(super) bearing: f32,
    /// What being compact brings, from 1.
    pub(super) compact: f32,
    /// Expected for so many questions, from 1.
    pub(super) expected: f32,
    /// What the words of the trade are worth by themselves.
    pub(super) told: f32,
}

impl Depth {
    /// Measures; `asks` is the number of questions that the answers are to.
    pub(super) fn of(found: &Found, asks: usize) -> Self {
        let weight = found.weight();
        let concrete = 0.3 * found.reasons.min(6) as f32
            + 0.3 * found.deeds.min(4) as f32
            + 0.5 * found.figures.min(3) as f32;
        let focus = found.focus();
        let echo = found.echo.max(focus - FOCUSED);
        let usual = ECHO * (found.content as f32 / LONG).min(1.0);
        let bearing = (focus / FOCUS) * ((echo + 0.1) / (usual + 0.1));
        let expected = 1.0 + FURTHER * asks.saturating_sub(1) as f32;
        Self {
            told: told(found, expected),
            // Figures and reasons without matter say nothing.
            stated: weight + concrete.min(weight),
            bearing: bearing.min(1.0).powf(STEEP),
            compact: (USUAL / found.said.max(1) as f32)
                .sqrt()
                .clamp(1.0, COMPACT),
            expected,
        }
    }

    /// The one number that the anchors divide.
    pub(super) fn value(&self) -> f32 {
        // Adding nothing makes a zero without a sign.
        self.listed().max(self.told) + 0.0
    }

    /// What the topics' matters are worth.
    fn listed(&self) -> f32 {
        self.stated * self.bearing * self.compact / self.expected
    }

    /// Whether the words of the trade decide, not the topics' matters.
    pub(super) fn is_told(&self) -> bool {
        self.told > self.listed()
    }
}

/// What the words of the trade are worth, on the scale of the anchors.
fn told(found: &Found, expected: f32) -> f32 {
    let close = ((found.closeness - CLOSE[0]) / (CLOSE[1] - CLOSE[0])).clamp(0.0, 1.0);
    let usual = TAKEN_UP * (found.content as f32 / LONG_TOLD).min(1.0);
    let taken_up = ((found.taken_up + 0.05) / (usual + 0.05))
        .min(1.0)
        .powf(2.5);
    let compact = (USUAL / found.content.max(1) as f32).sqrt();
    let weight = found.trade * close * taken_up * compact.clamp(1.0, COMPACT) / expected;
    let mut below = (0.0, 0.0);
    for (at, worth) in TOLD.into_iter().zip(ANCHORS) {
        if weight < at {
            return below.1 + (worth - below.1) * (weight - below.0) / (at - below.0);
        }
        below = (at, worth);
    }
    below.1
}

/// Judges. `subject` names what the question is about.
pub(super) fn judge(subject: &Subject, name: &str, found: &Found, asks: usize) -> Verdict {
    if found.words == 0 {
        return abstain("no answer was heard");
    }
    let depth = Depth::of(found, asks);
    if !subject.is_known() && depth.value() < ANCHORS[1] {
        let silent = found.lost || found.stuffed;
        if silent || !(found.tells() || found.matters.len() >= SOME) {
            return Verdict {
                score: Some(1),
                abstained: None,
                why: "Nothing was stated that could bear on the question.".to_owned(),
            };
        }
        return abstain(
            "neither the bank nor the topics of the field know what the question is about, so a person should judge it",
        );
    }
    let base = 1 + ANCHORS
        .iter()
        .filter(|&&from| depth.value() >= from)
        .count() as u8;
    if base <= 2 && found.is_unknown() {
        return abstain(
            "much was said, but in words that the topics of the field do not know, so a person should judge it",
        );
    }
    let score = mend(base, found.wrong.len());
    Verdict {
        score: Some(score),
        abstained: None,
        why: why(name, found, &depth, base, score),
    }
}

impl Found {
    /// Whether an answer, whatever it is about, says something: not talk, not
    /// the question given back.
    fn tells(&self) -> bool {
        self.content >= SOMETHING && 4 * self.content >= self.words && self.echo < GIVEN_BACK
    }

    /// Whether so much was said in unknown words that a low score would be
    /// the topics' fault.
    fn is_unknown(&self) -> bool {
        !self.lost
            && !self.stuffed
            && self.content >= MUCH
            && (self.known as f32) < KNOWN * self.content as f32
    }
}

/// What would have made the answer a better one.
pub(super) fn missing(found: &Found, score: Option<u8>) -> Vec<String> {
    let mut out = Vec::new();
    if score.is_some_and(|score| score <= 3) {
        out.push("more of what the question is about".to_owned());
    }
    if score.is_some() && found.reasons == 0 {
        out.push("a reason or an effect".to_owned());
    }
    if score.is_some() && found.deeds + found.figures == 0 {
        out.push("own work or a figure".to_owned());
    }
    out
}

/// What wrong statements leave of a score.
fn mend(base: u8, wrong: usize) -> u8 {
    match wrong {
        0 => base,
        1 => base.saturating_sub(1).clamp(1, 3),
        _ => base.saturating_sub(1).clamp(1, 2),
    }
}

fn abstain(reason: &str) -> Verdict {
    Verdict {
        score: None,
        abstained: Some(reason.to_owned()),
        why: format!("Not scored: {reason}."),
    }
}

fn why(name: &str, found: &Found, depth: &Depth, base: u8, score: u8) -> String {
    let own = found.matters.iter().filter(|m| !m.near).count();
    let near = found.matters.len() - own;
    let mut out = if found.matters.is_empty() {
        format!("No matter of the question's subject ({name}) was stated.")
    } else {
        format!(
            "Matters stated: {own} of the question's subject ({name}), {near} more of its field. Statements \
             among them that give a reason or an effect: {}; that tell of own work: {}; with a figure: {}.",
            found.reasons, found.deeds, found.figures
        )
    };
    if found.stuffed {
        out.push_str(" Key words that were only listed do not count.");
    }
    if found.lost {
        out.push_str(" The candidate says that he or she does not know.");
    }
    if depth.is_told() {
        out.push_str(" Beyond these topics, much of it is told in the words of the job's field.");
    } else if depth.bearing < 0.7 && !found.matters.is_empty() {
        out.push_str(" Most of the answer is about something else.");
    }
    out.push_str(&format!(
        " Depth {:.1}; 2 is given from {}, 3 from {}, 4 from {}, 5 from {}.",
        depth.value(),
        ANCHORS[0],
        ANCHORS[1],
        ANCHORS[2],
        ANCHORS[3]
    ));
    if score < base {
        let ids: Vec<&str> = found.wrong.iter().map(|wrong| wrong.id.as_str()).collect();
        out.push_str(&format!(
            " Lowered from {base} for what was said wrongly ({}).",
            ids.join(", ")
        ));
    }
    out
}
