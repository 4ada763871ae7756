//! Words over a line: do they take the turn? Pure.
//!
//! While nothing is decided the line is soft or held, and keeps its place.
//! Words decide: an "mhm" and the line's own echo bring it back; anything else
//! stops it. Speech that goes on for longer than any "mhm" stops it before its
//! words are known.

use crate::audio::{SamplePos, pos_ms};
use crate::event::{Expects, Line, LineId, OverLine, SoundOver};
use crate::speech::wer::comparable;

/// Speech over a held line that needs no words to take the turn, in
/// milliseconds: longer than people say "mhm" or "okay, right" for, and
/// longer than an echo can go on once nothing is played (its delay of half a
/// second at most, and the room's).
const SURE_MS: u64 = 1_200;

/// Words that show listening and ask for nothing. A "no", "sorry" or "wait"
/// is none of them.
const LISTENING: [&str; 34] = [
    "ah",
    "aha",
    "ahh",
    "alright",
    "cool",
    "fine",
    "good",
    "great",
    "hm",
    "hmm",
    "huh",
    "mhm",
    "mhmm",
    "mm",
    "mmhm",
    "mmhmm",
    "mmm",
    "nice",
    "of",
    "oh",
    "ok",
    "okay",
    "right",
    "sure",
    "uh",
    "uhhuh",
    "uhm",
    "um",
    "yeah",
    "yep",
    "yes",
    "yup",
    "exactly",
    "absolutely",
];

/// The same in several words.
const LISTENING_PHRASES: [&str; 6] = [
    "i see",
    "got it",
    "of course",
    "all right",
    "makes sense",
    "thank you",
];

/// More words than this are no sign of listening.
const LISTENING_MOST: usize = 5;

/// Words that answer a yes-or-no question.
const YES_NO: [&str; 8] = [
    "absolutely",
    "of",
    "ok",
    "okay",
    "sure",
    "yeah",
    "yep",
    "yes",
];

/// Share of a yes-or-no question that must be heard for a "yes" over it to be
/// its answer: less was not understood.
const UNDERSTOOD: f32 = 0.5;

/// Words of the line, before and after where it is, among which an echo is
/// looked for: a decode is of the last few seconds.
const BEFORE: usize = 14;
const AFTER: usize = 3;

/// Share of the words that must be the line's own, in its order, to be its
/// echo. Recognisers mishear echoes.
const SAME: f64 = 0.7;

/// How alike two words must be to count as the same, 0-1.
const ALIKE: f64 = 0.75;

/// A sound over a line that is not decided yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contest {
    pub(super) line: LineId,
    sound: SamplePos,
    ducked: Option<SamplePos>,
    held: Option<SamplePos>,
    /// The endpointer has a turn open: words may come.
    pub(super) open: bool,
    /// The candidate speaks at this moment.
    pub(super) speaking: bool,
    /// The words so far were nothing: the line was brought back, here.
    dismissed: Option<(OverLine, SamplePos)>,
}

impl Contest {
    pub(super) const fn new(line: LineId, sound: SamplePos) -> Self {
        Self {
            line,
            sound,
            ducked: None,
            held: None,
            open: false,
            speaking: false,
            dismissed: None,
        }
    }

    /// A turn opened over the line.
    pub(super) fn opened(&mut self, at: SamplePos) {
        self.open = true;
        self.speaking = true;
        self.sound = at.min(self.ducked.unwrap_or(at));
    }

    pub(super) fn ducked(&mut self, at: SamplePos) {
        self.ducked.get_or_insert(at);
    }

    pub(super) fn held(&mut self, at: SamplePos) {
        self.held.get_or_insert(at);
    }

    /// Where the line stands still, if it does.
    pub(super) const fn held_at(&self) -> Option<SamplePos> {
        self.held
    }

    /// It was nothing, as far as is known.
    pub(super) fn dismiss(&mut self, was: OverLine, at: SamplePos) {
        self.dismissed.get_or_insert((was, at));
    }

    /// Speech goes on: nothing is known any more.
    pub(super) const fn reopen(&mut self) {
        self.dismissed = None;
        self.speaking = true;
    }

    pub(super) fn dismissed(&self) -> Option<OverLine> {
        self.dismissed.map(|d| d.0)
    }

    /// Whether it waits for words.
    pub(super) const fn undecided(&self) -> bool {
        self.open && self.dismissed.is_none()
    }

    /// Whether speech has gone on for so long that it takes the turn.
    pub(super) fn is_sure(&self, now: SamplePos) -> bool {
        let long = pos_ms(now.saturating_sub(self.sound)) >= SURE_MS;
        self.undecided() && self.speaking && self.held.is_some() && long
    }

    /// For the record.
    pub(super) fn decided(&self, was: OverLine, now: SamplePos) -> SoundOver {
        let decided = self.dismissed.map_or(now, |d| d.1);
        SoundOver {
            line: self.line,
            sound_sample: self.sound,
            ducked_sample: self.ducked,
            held_sample: self.held,
            decided_sample: decided,
            was,
        }
    }
}

/// What words over `line` are, of which `heard` was heard so far. `playing`:
/// it is not at its end yet.
pub fn judge(text: &str, line: &Line, heard: &str, playing: bool) -> OverLine {
    let said = comparable(text);
    if said.is_empty() {
        return OverLine::Noise;
    }
    if is_echo(&said, &comparable(&line.text), comparable(heard).len()) {
        return OverLine::Echo;
    }
    if !playing {
        return OverLine::Ended;
    }
    let share = comparable(heard).len() as f32 / comparable(&line.text).len().max(1) as f32;
    let answers = line.expects == Expects::YesNo
        && share >= UNDERSTOOD
        && said.iter().any(|w| YES_NO.contains(&w.as_str()));
    if is_listening(&said) && !answers {
        return OverLine::Backchannel;
    }
    OverLine::Interruption
}

/// Whether words that began just after a line are its echo. More is asked
/// than of words over it: an answer may well repeat two words of a question.
pub(super) fn is_late_echo(text: &str, line: &str) -> bool {
    let (said, line) = (comparable(text), comparable(line));
    said.len() >= 3 && is_echo(&said, &line, line.len())
}

fn is_listening(said: &[String]) -> bool {
    if said.len() > LISTENING_MOST {
        return false;
    }
    let mut text = format!(" {} ", said.join(" "));
    for phrase in LISTENING_PHRASES {
        text = text.replace(&format!(" {phrase} "), " ");
    }
    text.split_whitespace().all(|w| LISTENING.contains(&w))
}

/// Whether `said` is what the line said around its word number `at`.
fn is_echo(said: &[String], line: &[String], at: usize) -> bool {
    // A single word is a word of the line's by chance.
    if said.len() < 2 {
        return false;
    }
    let from = at.saturating_sub(BEFORE + said.len());
    let to = (at + AFTER).min(line.len());
    let Some(window) = line.get(from.min(to)..to) else {
        return false;
    };
    let same = in_order(said, window) as f64;
    // Of two words both, of more most.
    same >= (said.len() as f64 * SAME).max(2.0)
}

/// How many words of `a` are in `b`, in the same order (the longest common
/// subsequence).
fn in_order(a: &[String], b: &[String]) -> usize {
    let mut row = vec![0usize; b.len() + 1];
    for word in a {
        let mut before = 0;
        for (i, other) in b.iter().enumerate() {
            let above = row[i + 1];
            row[i + 1] = if alike(word, other) {
                before + 1
            } else {
                above.max(row[i])
            };
            before = above;
        }
    }
    row[b.len()]
}

fn alike(a: &str, b: &str) -> bool {
    a == b || strsim::normalized_levenshtein(a, b) >= ALIKE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Purpose, Stage};
    use proptest::prelude::*;

    fn line(text: &str, expects: Expects) -> Line {
        Line {
            id: 3,
            text: text.into(),
            purpose: Purpose::Question,
            stage: Stage::Technical,
            question: None,
            number: None,
            of: 3,
            expects,
        }
    }

    const ASK: &str = "How would you find out why a query has become slow, and what would you \
                       change first?";
    const HEARD: &str = "How would you find out why a query";

    #[test]
    fn signs_of_listening_do_not_take_the_turn_and_words_do() {
        let ask = line(ASK, Expects::Long);
        for (text, expected) in [
            ("Mhm.", OverLine::Backchannel),
            ("Yeah.", OverLine::Backchannel),
            ("Right.", OverLine::Backchannel),
            ("Okay, okay.", OverLine::Backchannel),
            ("Uh-huh.", OverLine::Backchannel),
            ("Oh, I see.", OverLine::Backchannel),
            ("Yes, of course.", OverLine::Backchannel),
            ("", OverLine::Noise),
            ("...", OverLine::Noise),
            ("Stop.", OverLine::Interruption),
            ("Wait.", OverLine::Interruption),
            ("Sorry?", OverLine::Interruption),
            ("No.", OverLine::Interruption),
            ("Yeah, I did that at my last job.", OverLine::Interruption),
            ("Okay, wait a moment.", OverLine::Interruption),
            ("Query.", OverLine::Interruption),
        ] {
            assert_eq!(judge(text, &ask, HEARD, true), expected, "{text}");
        }
    }

    #[test]
    fn the_line_itself_is_an_echo_even_misheard_and_an_answer_in_its_words_is_not() {
        let ask = line(ASK, Expects::Long);
        for (text, expected) in [
            ("How would you find out why", OverLine::Echo),
            ("find out why a quarry has become", OverLine::Echo),
            ("you find out", OverLine::Echo),
            (
                "I would find out with the query plan and look for missing indexes",
                OverLine::Interruption,
            ),
            ("what would you change first", OverLine::Interruption),
        ] {
            assert_eq!(judge(text, &ask, HEARD, true), expected, "{text}");
        }
        assert!(is_late_echo("would you change first?", ASK));
        assert!(!is_late_echo("Change first?", ASK));
        assert!(!is_late_echo("First I would change the index.", ASK));
    }

    #[test]
    fn yes_over_a_question_that_asks_for_it_is_an_answer_once_it_was_heard() {
        let text = "This interview is recorded. Do you agree to that, yes or no?";
        let ask = line(text, Expects::YesNo);
        let early = "This interview is";
        let late = "This interview is recorded. Do you agree to";
        assert_eq!(judge("Yes.", &ask, early, true), OverLine::Backchannel);
        assert_eq!(judge("Yes.", &ask, late, true), OverLine::Interruption);
        assert_eq!(judge("Mhm.", &ask, late, true), OverLine::Backchannel);
        assert_eq!(judge("No.", &ask, early, true), OverLine::Interruption);
        // At its end everything is an answer.
        assert_eq!(judge("Yes.", &ask, text, false), OverLine::Ended);
        assert_eq!(judge("Mhm.", &ask, text, false), OverLine::Ended);
    }

    #[test]
    fn speech_that_goes_on_is_sure_and_only_while_it_does() {
        let mut contest = Contest::new(1, 16_000);
        contest.ducked(16_800);
        contest.opened(16_000);
        assert!(!contest.is_sure(60_000), "the line still plays");
        contest.held(21_000);
        assert!(!contest.is_sure(16_000 + 19_199));
        assert!(contest.is_sure(16_000 + 19_200));
        contest.speaking = false;
        assert!(!contest.is_sure(60_000));
        contest.dismiss(OverLine::Backchannel, 30_000);
        assert!(!contest.undecided());
        contest.reopen();
        assert!(contest.undecided());
        let told = contest.decided(OverLine::Interruption, 40_000);
        assert_eq!(
            (told.sound_sample, told.ducked_sample, told.held_sample),
            (16_000, Some(16_800), Some(21_000))
        );
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_judged(text in ".{0,80}", heard in 0usize..20) {
            let ask = line(ASK, Expects::YesNo);
            let heard: Vec<&str> = ASK.split(' ').take(heard).collect();
            let was = judge(&text, &ask, &heard.join(" "), true);
            prop_assert!(was != OverLine::Ended);
            prop_assert_eq!(was == OverLine::Noise, comparable(&text).is_empty());
        }

        #[test]
        fn any_four_words_of_the_line_in_the_ear_are_its_echo(at in 0usize..12) {
            let words: Vec<&str> = ASK.split(' ').collect();
            let said = words[at..at + 4].join(" ");
            let ask = line(ASK, Expects::Long);
            let heard = words[..at + 4].join(" ");
            prop_assert_eq!(judge(&said, &ask, &heard, true), OverLine::Echo);
        }
    }
}
