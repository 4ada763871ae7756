//! The documents of a session, by their file names. Whoever seals a record,
//! writes its documents again or proves that they follow from its log calls
//! the same two functions.

use super::{Facts, Report, fold_with, timing_txt, transcript_json, transcript_txt};
use crate::event::Record;
use crate::interview::score::Similarity;
use crate::interview::{Asked, Setup};

/// Folds the report of a session that began at this time, in milliseconds
/// since 1970 (UTC). `account` is the interviewer's own
/// ([`account`](super::account)).
pub fn of_session(
    setup: &Setup,
    began_unix_ms: i64,
    records: Vec<Record>,
    account: &[Asked],
    by: &dyn Similarity,
) -> Report {
    let facts = Facts::of_session(setup, date_of(began_unix_ms), records);
    fold_with(&facts, account, by)
}

/// Everything that is written for a finished session: name and content.
pub fn documents(report: &Report) -> Vec<(String, Vec<u8>)> {
    vec![
        (
            "transcript.txt".to_owned(),
            transcript_txt(report).into_bytes(),
        ),
        (
            "transcript.json".to_owned(),
            transcript_json(report).into_bytes(),
        ),
        (
            "timing.txt".to_owned(),
            timing_txt(&report.timing).into_bytes(),
        ),
    ]
}

/// The day (UTC) of a time in milliseconds since 1970.
fn date_of(unix_ms: i64) -> jiff::civil::Date {
    jiff::Timestamp::from_millisecond(unix_ms)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
}
