//! What is said in a record, line by line, each at its time on the
//! recording's clock. A fold over the log.
//!
//! A line that was heard has its place in the recording on the log. One that
//! was typed, or never played, has only the time when it was logged, on the
//! session's clock; [`Clocks`] puts it on the recording's.

use super::sound::Sound;
use crate::event::{Event, Input, LineId, Record, Track};
use crate::record::{Correction, Head, RATE};
use crate::report::clocks::Clocks;
use crate::report::dialogue::{Dialogue, Speaker, Turn, flat};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// How long a word that is only shown takes to read, milliseconds: 200 words
/// a minute.
const READ_MS: u64 = 300;
/// No line is read faster, or takes longer, than this.
const READ_AT_LEAST_MS: u64 = 1_000;
const READ_AT_MOST_MS: u64 = 10_000;

/// One word with its time.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct TimedWord {
    /// As written.
    pub text: String,
    /// Begin, milliseconds of the recording.
    pub start_ms: u64,
    /// End, milliseconds of the recording.
    pub end_ms: u64,
}

/// One line of the recruiter or one utterance of the candidate.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct TimedLine {
    /// Its number in the record, from 1, in order of time.
    pub number: usize,
    /// Its event on the log.
    pub seq: u64,
    /// Who.
    pub who: Speaker,
    /// What reached the other: an interrupted line as far as it was heard.
    pub text: String,
    /// Begin, milliseconds of the recording.
    pub start_ms: u64,
    /// End, milliseconds of the recording.
    pub end_ms: u64,
    /// What was said instead, by a correction made after the seal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Correction>,
    /// Whether its place is in the recording; else it was typed or never
    /// played, and the times are those of the log.
    pub heard: bool,
    /// Its words. Where the recogniser told no times (the recruiter's lines)
    /// they share the line's.
    #[serde(skip)]
    pub words: Vec<TimedWord>,
    /// Whether the words' times are the recogniser's.
    #[serde(skip)]
    pub exact: bool,
}

/// A missing stretch of the recording.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The side, or nothing where both are missing.
    pub who: Option<Speaker>,
    /// Begin, milliseconds of the recording.
    pub start_ms: u64,
    /// End, milliseconds of the recording.
    pub end_ms: u64,
    /// Why.
    pub why: String,
}

/// Everything that is shown of a record while it plays.
#[derive(Serialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// In order of time.
    pub lines: Vec<TimedLine>,
    /// In order of time.
    pub missing: Vec<Missing>,
    /// Length of the whole, milliseconds: the recording's, or to the last
    /// line where that is later.
    pub length_ms: u64,
}

/// What the candidate is called.
pub fn candidate_name(head: &Head) -> String {
    match flat(&head.candidate) {
        name if name.is_empty() => "Candidate".to_owned(),
        name => name,
    }
}

impl Timeline {
    /// Folds a log, as far as it goes, beside the sound that there is.
    pub fn fold(records: &[Record], sound: &impl Sound) -> Self {
        let dialogue = Dialogue::fold(records);
        let clock = Clocks::fold(records);
        let over = lines_over(records);
        let mut lines: Vec<TimedLine> = dialogue
            .turns
            .iter()
            .map(|turn| timed(turn, &clock, &over))
            .collect();
        // Equal times keep the order of the log.
        lines.sort_by_key(|line| line.start_ms);
        let recorded = sound.frames() * 1000 / u64::from(RATE);
        for (i, line) in lines.iter_mut().enumerate() {
            line.number = i + 1;
            line.heard &= recorded > 0;
        }
        let last = lines.iter().map(|line| line.end_ms).max().unwrap_or(0);
        let length_ms = if recorded > 0 {
            recorded.max(last)
        } else {
            last.max(clock.recording(dialogue.length_ms))
        };
        Self {
            lines,
            missing: missing(&dialogue, length_ms),
            length_ms,
        }
    }

    /// Puts corrections beside the lines that they are about.
    pub fn correct(&mut self, records: &[Record], corrections: &[Correction]) {
        for record in records {
            if let Event::Input {
                input: Input::Utterance(said),
            } = &record.event
                && let Some(correction) = corrections.iter().find(|c| c.utterance == said.id)
                && let Some(line) = self.lines.iter_mut().find(|l| l.seq == record.seq)
            {
                line.corrected = Some(correction.clone());
            }
        }
    }

    /// The place in [`Self::lines`] of the line that began last at this time.
    pub fn at(&self, ms: u64) -> Option<usize> {
        self.lines
            .partition_point(|line| line.start_ms <= ms)
            .checked_sub(1)
    }

    /// The line after this time that begins next.
    pub fn next(&self, ms: u64) -> Option<&TimedLine> {
        self.lines
            .get(self.lines.partition_point(|line| line.start_ms <= ms))
    }

    fn is_missing(&self, who: Speaker, word: &TimedWord) -> bool {
        self.missing.iter().any(|gap| {
            gap.who.is_none_or(|side| side == who)
                && gap.start_ms <= word.start_ms
                && word.end_ms <= gap.end_ms
        })
    }

    /// What must not be left out as silence, in frames: recognised words, and
    /// the time to read what is only shown.
    pub fn kept(&self) -> Vec<Range<u64>> {
        let frames = |ms: u64| ms * u64::from(RATE) / 1000;
        let mut kept = Vec::new();
        for line in &self.lines {
            if !line.heard {
                let words = line.words.len() as u64;
                let read = (words * READ_MS).clamp(READ_AT_LEAST_MS, READ_AT_MOST_MS);
                kept.push(frames(line.start_ms)..frames(line.start_ms + read));
            } else if line.exact {
                // Of what was said before consent nothing is to be heard.
                let words = line
                    .words
                    .iter()
                    .filter(|word| !self.is_missing(line.who, word));
                kept.extend(words.map(|word| frames(word.start_ms)..frames(word.end_ms)));
            }
        }
        kept
    }
}

/// When each line was over, on the session's clock.
fn lines_over(records: &[Record]) -> BTreeMap<LineId, u64> {
    let over = |record: &Record| match &record.event {
        Event::Input {
            input: Input::LineEnded { line, .. },
        } => Some((*line, record.at.millis())),
        _ => None,
    };
    records.iter().filter_map(over).collect()
}

fn timed(turn: &Turn, clocks: &Clocks, over: &BTreeMap<LineId, u64>) -> TimedLine {
    let text = turn.shown();
    let (start_ms, end_ms, heard) = match (turn.start_ms, turn.end_ms) {
        (Some(start), Some(end)) => (start, end.max(start), true),
        _ => {
            let start = clocks.recording(turn.at_ms);
            let over = turn.line.as_ref().and_then(|l| over.get(&l.id));
            let end = over.map_or(start, |at| clocks.recording(*at).max(start));
            (start, end, false)
        }
    };
    let said = turn.utterance.as_ref().map(|said| &said.words);
    let exact: Vec<TimedWord> = said
        .into_iter()
        .flatten()
        .map(|word| TimedWord {
            text: flat(&word.text),
            start_ms: word.start_ms,
            end_ms: word.end_ms.max(word.start_ms),
        })
        .filter(|word| !word.text.is_empty())
        .collect();
    TimedLine {
        number: 0,
        seq: turn.seq,
        who: turn.who,
        start_ms,
        end_ms,
        heard,
        corrected: None,
        exact: !exact.is_empty(),
        words: if exact.is_empty() {
            spread(&text, start_ms, end_ms)
        } else {
            exact
        },
        text,
    }
}

/// Words without times of their own: each takes as long as it has signs.
fn spread(text: &str, start_ms: u64, end_ms: u64) -> Vec<TimedWord> {
    let signs = |word: &str| word.chars().count() as u64 + 1;
    let all: u64 = text.split_whitespace().map(signs).sum();
    let span = end_ms - start_ms;
    let at = |gone: u64| start_ms + (u128::from(span) * u128::from(gone) / u128::from(all)) as u64;
    let mut gone = 0;
    text.split_whitespace()
        .map(|word| {
            let from = gone;
            gone += signs(word);
            TimedWord {
                text: word.to_owned(),
                start_ms: at(from),
                end_ms: at(gone),
            }
        })
        .collect()
}

/// Gaps that are told for either side become one where they are the same.
fn missing(dialogue: &Dialogue, length_ms: u64) -> Vec<Missing> {
    let mut found: Vec<Missing> = Vec::new();
    for gap in &dialogue.recording.gaps {
        let who = match gap.track {
            Track::Near => Speaker::Candidate,
            Track::Far => Speaker::Recruiter,
        };
        let end_ms = gap.start_ms.saturating_add(gap.length_ms).min(length_ms);
        let twin = found.iter_mut().find(|other| {
            other.who.is_some_and(|side| side != who)
                && (other.start_ms, other.end_ms) == (gap.start_ms, end_ms)
                && other.why == gap.why
        });
        match twin {
            Some(twin) => twin.who = None,
            None => found.push(Missing {
                who: Some(who),
                start_ms: gap.start_ms.min(end_ms),
                end_ms,
                why: flat(&gap.why),
            }),
        }
    }
    found.sort_by_key(|gap| (gap.start_ms, gap.end_ms));
    found
}

#[cfg(test)]
#[allow(
    clippy::single_range_in_vec_init,
    reason = "one stretch is meant, not many frames"
)]
mod tests {
    use super::super::sound::{Frame, NoSound};
    use super::*;
    use crate::clock::SessionTime;
    use crate::event::{Expects, Line, Output, Purpose, Source, Stage, Utterance, Word};

    fn log(events: Vec<(u64, Event)>) -> Vec<Record> {
        let numbered = events.into_iter().enumerate();
        numbered
            .map(|(i, (at, event))| Record {
                seq: i as u64 + 1,
                at: SessionTime(at),
                event,
            })
            .collect()
    }

    fn say(id: LineId, text: &str) -> Event {
        let line = Line {
            id,
            text: text.to_owned(),
            purpose: Purpose::Remark,
            stage: Stage::Opening,
            question: None,
            number: None,
            of: 3,
            expects: Expects::Nothing,
        };
        Event::Output {
            output: Output::Say(line),
        }
    }

    fn played(line: LineId, start_ms: u64, end_ms: u64) -> Event {
        Event::Played {
            line,
            start_ms,
            end_ms,
        }
    }

    fn over(line: LineId) -> Event {
        Event::Input {
            input: Input::LineEnded {
                line,
                heard: String::new(),
                complete: true,
            },
        }
    }

    fn utterance(text: &str, words: &[(&str, u64, u64)], source: Source) -> Event {
        Event::Input {
            input: Input::Utterance(Utterance {
                id: 1,
                text: text.to_owned(),
                words: words
                    .iter()
                    .map(|(text, start_ms, end_ms)| Word {
                        text: (*text).to_owned(),
                        start_ms: *start_ms,
                        end_ms: *end_ms,
                        confidence: 0.9,
                    })
                    .collect(),
                start_ms: words.first().map_or(0, |w| w.1),
                end_ms: words.last().map_or(0, |w| w.2),
                confidence: 0.9,
                source,
            }),
        }
    }

    fn gap(track: Track, first_sample: u64, samples: u64) -> Event {
        Event::Gap {
            track,
            first_sample,
            samples,
            why: "did not arrive".into(),
        }
    }

    #[test]
    fn lines_stand_where_they_were_heard_and_typed_ones_where_they_were_logged() {
        // The session's clock is 500 ms ahead; the log came up to 80 ms later.
        let records = log(vec![
            (600, say(1, "Good morning.")),
            (2_580, played(1, 1_000, 2_000)),
            (2_600, over(1)),
            (
                4_500,
                utterance(
                    "Hi there.",
                    &[("Hi", 3_000, 3_400), ("there.", 3_500, 4_000)],
                    Source::Voice,
                ),
            ),
            (9_500, utterance("I typed this.", &[], Source::Typed)),
            (9_600, say(2, "Never played.")),
            (11_500, over(2)),
        ]);
        let sound: Vec<Frame> = vec![[0, 0]; 160_000];
        let timeline = Timeline::fold(&records, &sound);
        let got: Vec<(usize, &str, u64, u64, bool)> = timeline
            .lines
            .iter()
            .map(|l| (l.number, l.text.as_str(), l.start_ms, l.end_ms, l.heard))
            .collect();
        assert_eq!(
            got,
            [
                (1, "Good morning.", 1_000, 2_000, true),
                (2, "Hi there.", 3_000, 4_000, true),
                (3, "I typed this.", 9_000, 9_000, false),
                (4, "Never played.", 9_100, 11_000, false),
            ]
        );
        // The last line ends after the sound does.
        assert_eq!(timeline.length_ms, 11_000);
        assert_eq!(timeline.at(999), None);
        assert_eq!(timeline.at(3_500), Some(1));
        assert_eq!(timeline.next(1_000).map(|l| l.number), Some(2));
        assert_eq!(timeline.next(9_100), None);
    }

    #[test]
    fn without_audio_the_log_alone_tells_the_times_and_the_length() {
        let records = log(vec![
            (100, say(1, "Hello.")),
            (2_000, over(1)),
            (9_000, utterance("Typed.", &[], Source::Typed)),
            (12_000, say(2, "Bye.")),
            (15_000, Event::Input { input: Input::Tick }),
        ]);
        let timeline = Timeline::fold(&records, &NoSound);
        let times: Vec<(u64, u64)> = timeline
            .lines
            .iter()
            .map(|l| (l.start_ms, l.end_ms))
            .collect();
        assert_eq!(times, [(100, 2_000), (9_000, 9_000), (12_000, 12_000)]);
        assert_eq!(timeline.length_ms, 15_000);
    }

    #[test]
    fn words_without_times_share_their_line_and_recognised_ones_are_kept() {
        let records = log(vec![
            (0, say(1, "ab cd")),
            (3_000, played(1, 1_000, 2_000)),
            (
                4_000,
                utterance("so", &[("so", 2_500, 2_700)], Source::Voice),
            ),
            (9_000, utterance("typed", &[], Source::Typed)),
        ]);
        let timeline = Timeline::fold(&records, &vec![[0, 0]; 160_000]);
        let words: Vec<(u64, u64)> = timeline.lines[0]
            .words
            .iter()
            .map(|w| (w.start_ms, w.end_ms))
            .collect();
        assert_eq!(words, [(1_000, 1_500), (1_500, 2_000)]);
        let typed = 16 * timeline.lines[2].start_ms;
        assert_eq!(
            timeline.kept(),
            [16 * 2_500..16 * 2_700, typed..typed + 16_000]
        );
        // Nothing is to be heard of a word that was not recorded.
        let mut timeline = timeline;
        timeline.missing.push(Missing {
            who: None,
            start_ms: 0,
            end_ms: 2_700,
            why: "before consent".into(),
        });
        assert_eq!(timeline.kept(), [typed..typed + 16_000]);
    }

    #[test]
    fn a_gap_of_both_sides_is_shown_once_and_one_of_one_side_by_its_name() {
        let records = log(vec![
            (0, Event::AudioStarted { rate: RATE }),
            (0, gap(Track::Near, 0, 16_000)),
            (0, gap(Track::Far, 0, 16_000)),
            (0, gap(Track::Far, 32_000, 8_000)),
        ]);
        let timeline = Timeline::fold(&records, &vec![[0, 0]; 48_000]);
        let got: Vec<(Option<Speaker>, u64, u64)> = timeline
            .missing
            .iter()
            .map(|g| (g.who, g.start_ms, g.end_ms))
            .collect();
        assert_eq!(
            got,
            [(None, 0, 1_000), (Some(Speaker::Recruiter), 2_000, 2_500)]
        );
    }
}
