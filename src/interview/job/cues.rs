//! What single lines say where no heading tells: that something is demanded,
//! welcome or to be done, and what is paid.

use super::is_task_verb;
use regex::Regex;
use std::sync::OnceLock;

/// Whether a requirement is only welcome.
pub(super) fn is_welcome(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        "nice to have",
        "nice-to-have",
        "is a plus",
        "are a plus",
        "a big plus",
        "a bonus",
        "is an advantage",
        "are an advantage",
        "an asset",
        "preferred but",
        "not required",
        "(preferred)",
        "(desirable)",
        "(desired)",
        "(optional)",
        "(plus)",
        "(bonus)",
        "would be great",
        "is welcome",
        "are welcome",
        "is desirable",
        "is beneficial",
        "is preferred",
        "are preferred",
    ]
    .iter()
    .any(|cue| lower.contains(cue))
        || lower.starts_with("ideally")
        || lower.starts_with("preferably")
}

/// Whether a line without a heading says what a candidate must bring.
pub(super) fn is_demand(text: &str, bullet: bool) -> bool {
    let lower = text.to_lowercase();
    let starts = [
        "you have ",
        "you've ",
        "you bring ",
        "you know ",
        "you are able",
        "you should have",
        "you must have",
        "must have ",
        "we expect ",
        "required: ",
        "candidates must",
        "candidates should",
        "applicants must",
        "you need ",
        "requires ",
        "we require ",
        "we are looking for someone with",
        "you will need ",
        "you'll need ",
        "the ideal candidate has",
    ];
    let years = || {
        let mut words = lower.split_whitespace().peekable();
        let mut found = false;
        while let Some(word) = words.next() {
            let number = word.starts_with(|c: char| c.is_ascii_digit());
            found |= number && words.peek().is_some_and(|w| w.starts_with("year"));
        }
        found && lower.contains("experience")
    };
    let item = [
        "experience with",
        "experience in",
        "experience of",
        "knowledge of",
        "proficien",
        "familiarity with",
        "familiar with",
        "understanding of",
        "expertise in",
        "degree in",
        "bachelor",
        "master's",
        "fluent",
        "strong ",
        "solid ",
        "excellent ",
        "ability to",
    ];
    let short = lower.split_whitespace().count() <= 30;
    short
        && (starts.iter().any(|s| lower.starts_with(s))
            || bullet && (years() || item.iter().any(|s| lower.contains(s))))
}

/// Whether an item without a heading says what the work is.
pub(super) fn is_task(text: &str) -> bool {
    let first = text
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_lowercase();
    is_task_verb(&first)
}

/// What somebody will do, of a sentence that says so: "You will design robots"
/// gives "design robots".
pub(super) fn task_of(sentence: &str) -> Option<&str> {
    const STARTS: &[&str] = &[
        "You will ",
        "You'll ",
        "You\u{2019}ll ",
        "In this role you will ",
    ];
    let rest = STARTS.iter().find_map(|s| sentence.strip_prefix(s))?;
    is_task(rest).then(|| rest.trim_end_matches('.'))
}

/// Whether a plain line names a kind of employment and nothing else.
pub(super) fn is_employment(plain: &str) -> bool {
    const WORDS: &str = "full part time fulltime parttime permanent temporary contract contractor \
        freelance internship fixed term position or and role seasonal";
    let known = |w: &str| WORDS.split_whitespace().any(|k| k == w);
    !plain.is_empty() && plain != "role" && plain != "position" && plain.split(' ').all(known)
}

/// The amount of pay that a text gives, as written ("\u{a3}45,000 and
/// \u{a3}52,000 a year"); not a budget or what a company earns.
pub(super) fn pay(text: &str) -> Option<&str> {
    const OTHER: &[&str] = &[
        "budget",
        "raised",
        "revenue",
        "funding",
        "allowance",
        "bonus",
        "stipend",
        "turnover",
        "customers",
        "transactions",
        "sales",
        "invest",
    ];
    let lower = text.to_lowercase();
    let amount = amounts()?.find(text)?.as_str().trim();
    let says = [
        "salary",
        "compensation",
        "pay ",
        "pay:",
        "paid",
        "ote",
        "wage",
        "rate",
        "earn",
    ];
    let says = says.iter().any(|w| lower.contains(w));
    let often = [
        " year", "annum", " hour", "/h", "/y", " month", " day", "annual", "yearly",
    ];
    let often = often.iter().any(|w| amount.to_lowercase().contains(w));
    let digits = amount.chars().filter(char::is_ascii_digit).count();
    let other = OTHER.iter().any(|w| lower.contains(w));
    (digits >= 2 && (says || often && !other)).then_some(amount)
}

fn amounts() -> Option<&'static Regex> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    PATTERN
        .get_or_init(|| {
            let sign = r"(?:[$\u{20ac}\u{a3}]|\b(?:USD|EUR|GBP|CHF|CAD|AUD|INR)\b)";
            let code = r"(?:\s?(?:[$\u{20ac}\u{a3}]|\b(?:USD|EUR|GBP|CHF|CAD|AUD|INR|euros?|pounds|dollars)\b))";
            let number = r"\d[\d.,' ]*\d?\s?[kK]?\b";
            let one = format!("(?:{sign}\\s?{number}{code}?|{number}{code})");
            let many = format!("(?:{sign}?\\s?{number}{code}?)");
            let range = format!("{one}(?:\\s?(?:-|\\u{{2013}}|\\u{{2014}}|to|and)\\s?{many})?");
            let low = format!("(?:{number}\\s?(?:-|\\u{{2013}}|to)\\s?)?");
            let often = r"(?:\s*(?:gross\s*)?(?:per|a|an|each|/)\s*(?:year|annum|hour|month|day|week|yr|h)\b|\s*p\.?a\.?\b|\s*(?:annually|yearly|gross))?";
            Regex::new(&format!("{low}{range}{often}")).ok()
        })
        .as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pay_is_told_from_other_money() {
        for (text, expect) in [
            (
                "Salary between \u{a3}45,000 and \u{a3}52,000 a year",
                Some("\u{a3}45,000 and \u{a3}52,000 a year"),
            ),
            (
                "The salary is $120k - $150k per year plus equity.",
                Some("$120k - $150k per year"),
            ),
            (
                "Compensation: EUR 70.000 \u{2013} 85.000",
                Some("EUR 70.000 \u{2013} 85.000"),
            ),
            ("We pay 30 \u{20ac} per hour", Some("30 \u{20ac} per hour")),
            ("A training budget of \u{20ac}2,000 a year", None),
            ("We raised $40 million last year.", None),
            ("The salary is competitive.", None),
        ] {
            assert_eq!(pay(text), expect, "{text}");
        }
    }

    #[test]
    fn lines_without_a_heading_say_what_they_are() {
        assert!(is_welcome("Kafka is a plus"));
        assert!(is_welcome("Ideally some Rust"));
        assert!(!is_welcome("4+ years of DevOps, ideally in media"));
        assert!(is_demand("You have 5 years of experience with SQL", false));
        assert!(is_demand("5+ years of experience in nursing", true));
        assert!(!is_demand("We have 5 years of experience", false));
        assert!(is_task("Design services"));
    }
}
