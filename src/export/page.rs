//! Pieces of HTML pages: data inside a page, times for people.

use serde::Serialize;

/// JSON that may stand inside a `<script>` element: nothing in it ends the
/// element, whatever was said.
pub(super) fn data(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".into());
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Minutes and seconds.
pub(super) fn clock(ms: u64) -> String {
    format!("{}:{:02}", ms / 60_000, ms / 1000 % 60)
}

/// Date and time in UTC.
pub(super) fn moment(unix_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_ms).map_or_else(
        |_| "an unknown time".into(),
        |t| {
            t.to_zoned(jiff::tz::TimeZone::UTC)
                .strftime("%Y-%m-%d %H:%M UTC")
                .to_string()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_said_ends_an_element() {
        let said = "</script><script>alert(\"x\")</script> & 'y'\u{1}";
        assert!(!data(&said).contains('<') && !data(&said).contains("&"));
        let back: String = serde_json::from_str(&data(&said)).unwrap();
        assert_eq!(back, said);
    }
}
