//! Where to begin: a time, a line's number, or words that are said there.

use super::find::find;
use super::lines::Timeline;
use std::str::FromStr;
use thiserror::Error;

/// A place in a record, as a person names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Milliseconds of the recording: `12:30`, `1:02:30`, `12:30.5`.
    Time(u64),
    /// Number of a line, from 1: `line 7`.
    Line(usize),
    /// The first place that says this.
    Words(String),
}

/// A place that cannot be.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PlaceError {
    /// A time that is none.
    #[error("Bad time {found:?}: expected MM:SS or H:MM:SS")]
    Time {
        /// What was given.
        found: String,
    },
    /// A line's number that is none.
    #[error("Bad line {found:?}: expected `line` and a number from 1")]
    Line {
        /// What was given.
        found: String,
    },
    /// Nothing was given.
    #[error("Bad place: found nothing, expected MM:SS, `line N` or a word")]
    Empty,
    /// The recording is shorter.
    #[error("There is no {wanted} in this record: it is {length} long")]
    Late {
        /// The time that was given.
        wanted: String,
        /// How long the record is.
        length: String,
    },
    /// There are fewer lines.
    #[error("There is no line {wanted} in this record: it has {lines}")]
    NoLine {
        /// The number that was given.
        wanted: usize,
        /// How many lines there are.
        lines: usize,
    },
    /// Nobody says it.
    #[error("Nothing in this record says {words:?}")]
    NotSaid {
        /// What was looked for.
        words: String,
    },
}

/// Hours where there are any, minutes, seconds: `03:07`, `1:03:07`.
pub fn clock_time(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PlaceError::Empty);
        }
        let timelike = text.contains(':')
            && text
                .chars()
                .all(|c| c.is_ascii_digit() || c == ':' || c == '.');
        if timelike {
            let bad = || PlaceError::Time { found: text.into() };
            return parse_time(text).map(Self::Time).ok_or_else(bad);
        }
        let rest = text
            .get(..4)
            .filter(|word| word.eq_ignore_ascii_case("line"));
        if let Some(number) = rest.map(|_| text[4..].trim())
            && number.starts_with(|c: char| c.is_ascii_digit())
        {
            let bad = || PlaceError::Line { found: text.into() };
            let number: usize = number.parse().map_err(|_| bad())?;
            return if number == 0 {
                Err(bad())
            } else {
                Ok(Self::Line(number))
            };
        }
        Ok(Self::Words(text.to_owned()))
    }
}

fn parse_time(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let fields: Vec<&str> = whole.split(':').collect();
    if !(2..=3).contains(&fields.len()) || part.len() > 3 || part.contains([':', '.']) {
        return None;
    }
    let mut seconds: u64 = 0;
    for (i, field) in fields.iter().enumerate() {
        // Digits only: no sign, no emptiness.
        if field.is_empty() || field.len() > 5 || (i > 0 && field.len() != 2) {
            return None;
        }
        let value: u64 = field.parse().ok()?;
        if i > 0 && value >= 60 {
            return None;
        }
        seconds = seconds * 60 + value;
    }
    let ms = if part.is_empty() {
        0
    } else {
        format!("{part:0<3}").parse().ok()?
    };
    Some(seconds * 1000 + ms)
}

impl Place {
    /// Where that is in this record, milliseconds of the recording.
    ///
    /// # Errors
    /// If the record has no such place.
    pub fn resolve(&self, timeline: &Timeline) -> Result<u64, PlaceError> {
        match self {
            Self::Time(ms) if *ms > timeline.length_ms => Err(PlaceError::Late {
                wanted: clock_time(*ms),
                length: clock_time(timeline.length_ms),
            }),
            Self::Time(ms) => Ok(*ms),
            Self::Line(number) => {
                let line = number.checked_sub(1).and_then(|i| timeline.lines.get(i));
                line.map(|line| line.start_ms).ok_or(PlaceError::NoLine {
                    wanted: *number,
                    lines: timeline.lines.len(),
                })
            }
            Self::Words(words) => find(&timeline.lines, words)
                .first()
                .map(|place| place.start_ms)
                .ok_or_else(|| PlaceError::NotSaid {
                    words: words.clone(),
                }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(text: &str) -> Place {
        text.parse().unwrap()
    }

    #[test]
    fn times_lines_and_words_are_told_apart() {
        assert_eq!(place("03:07"), Place::Time(187_000));
        assert_eq!(place(" 3:07.25 "), Place::Time(187_250));
        assert_eq!(place("1:03:07"), Place::Time(3_787_000));
        assert_eq!(place("90:00"), Place::Time(5_400_000));
        assert_eq!(place("line 7"), Place::Line(7));
        assert_eq!(place("Line12"), Place::Line(12));
        assert_eq!(place("hash table"), Place::Words("hash table".into()));
        assert_eq!(place("line of code"), Place::Words("line of code".into()));
        assert_eq!(place("2026"), Place::Words("2026".into()));
    }

    #[test]
    fn a_wrong_one_is_named_with_what_was_expected() {
        for bad in [
            "3:75",
            "1:2:3:4",
            ":30",
            "3:",
            "3:7",
            "1:00.1234",
            "999999:00",
        ] {
            let error = bad.parse::<Place>().unwrap_err().to_string();
            assert!(error.contains(bad) && error.contains("MM:SS"), "{error}");
        }
        let error = "line 0".parse::<Place>().unwrap_err().to_string();
        assert!(error.contains("line 0"), "{error}");
        assert_eq!("  ".parse::<Place>(), Err(PlaceError::Empty));
    }

    #[test]
    fn a_place_that_a_record_does_not_have_is_an_error_that_says_what_it_has() {
        let timeline = Timeline {
            length_ms: 61_000,
            ..Timeline::default()
        };
        assert_eq!(place("01:01").resolve(&timeline), Ok(61_000));
        let error = |text| place(text).resolve(&timeline).unwrap_err().to_string();
        assert!(error("1:02").contains("01:01 long"), "{}", error("1:02"));
        assert!(error("line 3").contains("it has 0"), "{}", error("line 3"));
        assert!(error("rust").contains("\"rust\""), "{}", error("rust"));
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "\\PC*") {
            let _ = text.parse::<Place>();
        }

        #[test]
        fn a_shown_time_is_read_back(seconds in 0u64..200_000) {
            let text = clock_time(seconds * 1000);
            prop_assert_eq!(text.parse::<Place>(), Ok(Place::Time(seconds * 1000)));
        }
    }
}
