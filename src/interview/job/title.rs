//! The position and the company, as a job description's first lines and
//! sentences name them.

use super::parts::part_of;
use crate::interview::occupation::names_a_position;
use regex::Regex;
use std::sync::OnceLock;

/// "About Northlight" names the company; "About the role" does not.
pub(super) fn company_of_heading(heading: &str) -> Option<String> {
    let rest = heading
        .trim()
        .strip_prefix("About ")
        .or_else(|| heading.trim().strip_prefix("ABOUT "))?;
    let rest = rest.trim().trim_end_matches([':', '?']);
    const NOT: &[&str] = &[
        "us", "you", "the", "this", "our", "your", "me", "it", "what", "who", "how", "job", "role",
        "company",
    ];
    let first = rest.split_whitespace().next()?.to_lowercase();
    let own = rest.starts_with(char::is_uppercase) && rest.split_whitespace().count() <= 5;
    (own && !NOT.contains(&first.as_str())).then(|| rest.to_owned())
}

/// A line that may be the name of a company: a few words that begin in
/// capitals, and no position.
pub(super) fn is_company(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    (1..=5).contains(&words.len())
        && !names_a_position(line)
        && part_of(line, true).is_none()
        && words[0].starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
        && !line.ends_with(['.', '!', ':', ','])
}

/// A title line: the position, then maybe the company and the place.
pub(super) fn split_title(line: &str) -> (String, Option<String>, Option<String>) {
    let line = line.trim().trim_start_matches("Job:").trim();
    for sign in [" at ", " @ "] {
        if let Some((title, rest)) = line.split_once(sign)
            && !title.trim().is_empty()
        {
            let mut rest = rest
                .splitn(2, [',', '|', '(', '\u{2013}', '\u{2014}'])
                .map(|p| p.trim().trim_end_matches(')'));
            let company = rest.next().filter(|c| !c.is_empty()).map(str::to_owned);
            let place = rest.next().filter(|p| !p.is_empty()).map(str::to_owned);
            return (title.trim().to_owned(), company, place);
        }
    }
    let parts: Vec<&str> = line
        .split(" | ")
        .flat_map(|p| p.split(" \u{2013} "))
        .flat_map(|p| p.split(" \u{2014} "))
        .flat_map(|p| p.split(" \u{b7} "))
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .collect();
    let at = parts.iter().position(|p| names_a_position(p)).unwrap_or(0);
    let title = parts.get(at).copied().unwrap_or_default().to_owned();
    let mut others = parts
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != at)
        .map(|(_, p)| *p);
    let company = others.clone().find(|p| !is_place(p)).map(str::to_owned);
    let place = others.find(|p| is_place(p)).map(str::to_owned);
    (title, company, place)
}

fn is_place(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["remote", "hybrid", "on-site", "onsite", "on site"]
        .iter()
        .any(|w| lower.contains(w))
        || text.split_once(", ").is_some_and(|(a, b)| {
            let name =
                |s: &str| s.split_whitespace().count() <= 3 && s.starts_with(char::is_uppercase);
            name(a) && name(b)
        })
}

/// "(m/f/d)" and the like are not spoken.
pub(super) fn without_suffix(title: &str) -> String {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        Regex::new(r"(?i)\s*[(\[](?:all genders?|[mwfdxhn*](?:\s?[/|,]\s?[mwfdxhn*]){1,3}|gn)[)\]]")
            .ok()
    });
    let short = pattern
        .as_ref()
        .map_or_else(|| title.into(), |p| p.replace_all(title, ""));
    short.trim().trim_end_matches([':', ',']).to_owned()
}

/// "Acme Corp is looking for a Senior Data Engineer".
pub(super) fn hires() -> Option<&'static Regex> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    PATTERN
        .get_or_init(|| {
            Regex::new(r"^((?:[A-Z0-9][\w&.'-]*)(?: (?:[A-Z0-9&][\w&.'-]*|of|and)){0,4}),? (?:is|are) (?:currently |now )?(?:looking for|hiring|seeking|searching for)(?: an?| our(?: next)?)? ?((?:[A-Z][\w/+#-]* ?){1,6})?").ok()
        })
        .as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_lines_are_divided() {
        for (line, title, company, place) in [
            (
                "Data Engineer at Northlight",
                "Data Engineer",
                Some("Northlight"),
                None,
            ),
            (
                "Data Engineer at Northlight (Oslo)",
                "Data Engineer",
                Some("Northlight"),
                Some("Oslo"),
            ),
            (
                "Data Engineer | Northlight | Remote",
                "Data Engineer",
                Some("Northlight"),
                Some("Remote"),
            ),
            (
                "Northlight \u{2013} Data Engineer",
                "Data Engineer",
                Some("Northlight"),
                None,
            ),
            (
                "Product Manager - Tech",
                "Product Manager - Tech",
                None,
                None,
            ),
            ("Nurse", "Nurse", None, None),
        ] {
            let found = split_title(line);
            let found = (found.0.as_str(), found.1.as_deref(), found.2.as_deref());
            assert_eq!(found, (title, company, place), "{line}");
        }
    }

    #[test]
    fn signs_of_gender_are_not_spoken() {
        for (title, expect) in [
            ("Engineer (m/f/d)", "Engineer"),
            ("Engineer (f|m|x)", "Engineer"),
            ("Engineer (all genders)", "Engineer"),
            ("Engineer (Rust)", "Engineer (Rust)"),
        ] {
            assert_eq!(without_suffix(title), expect);
        }
    }
}
