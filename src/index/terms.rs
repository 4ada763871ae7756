//! What users write for the parts of a filter, on the command line and in
//! web addresses alike.

use super::fold::Flag;
use super::search::Who;
use crate::interview::score::recommend::Advice;
use jiff::civil::Date;

/// A mean score, 1-5.
///
/// # Errors
/// What was expected, in a few words.
pub fn parse_score(text: &str) -> Result<f64, String> {
    let score = text.parse::<f64>().ok();
    score
        .filter(|score| (1.0..=5.0).contains(score))
        .ok_or_else(|| "expected a number from 1 to 5".into())
}

/// A flag by its name.
///
/// # Errors
/// As above.
pub fn parse_flag(text: &str) -> Result<Flag, String> {
    Flag::of_name(text).ok_or_else(|| {
        let all = Flag::ALL.map(Flag::name);
        format!("expected one of: {}", all.join(", "))
    })
}

/// What was recommended.
///
/// # Errors
/// As above.
pub fn parse_advice(text: &str) -> Result<Advice, String> {
    match text {
        "proceed" => Ok(Advice::Proceed),
        "reservations" => Ok(Advice::Reservations),
        "not-a-fit" => Ok(Advice::NotAFit),
        "none" => Ok(Advice::None),
        _ => Err("expected proceed, reservations, not-a-fit or none".into()),
    }
}

/// A side.
///
/// # Errors
/// As above.
pub fn parse_who(text: &str) -> Result<Who, String> {
    match text {
        "candidate" => Ok(Who::Candidate),
        "recruiter" => Ok(Who::Recruiter),
        _ => Err("expected candidate or recruiter".into()),
    }
}

/// The first moment of a day where this machine is, in milliseconds since
/// 1970 (UTC).
///
/// # Errors
/// Where there is no such moment.
pub fn begin(day: Date) -> Result<i64, String> {
    let zoned = day.to_zoned(jiff::tz::TimeZone::system());
    Ok(zoned
        .map_err(|e| format!("The day {day}: {e}"))?
        .timestamp()
        .as_millisecond())
}
