//! Whose résumé it is: the line that looks most like a person's name.

use super::parts::part_of;
use crate::interview::occupation::names_a_position;
use crate::interview::outline::plain_heading;
use crate::interview::skills::Lexicon;

/// A line that may hold the name.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    /// Whether it is the document's title.
    pub(super) title: bool,
}

/// The best of the lines; `email` is the address found in the document.
pub(super) fn choose(lines: &[Line<'_>], email: Option<&str>) -> Option<String> {
    let mut best: Option<(i32, String)> = None;
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = name_in(line.text) else {
            continue;
        };
        let local = email.and_then(|e| e.split('@').next()).unwrap_or_default();
        let local = local.to_lowercase();
        let lower = name.to_lowercase();
        let own = lower
            .split([' ', '-', '\'', '.'])
            .any(|w| w.len() >= 3 && local.contains(w));
        let mut points = 0;
        points += if line.title { 4 } else { 0 };
        points += if own { 4 } else { 0 };
        points += if name.split(' ').count() >= 2 { 2 } else { 0 };
        points -= at.min(8) as i32;
        if best.as_ref().is_none_or(|(most, _)| points > *most) {
            best = Some((points, name));
        }
    }
    best.map(|(_, name)| name)
}

/// The name that a line holds: alone, or before a position, an address or a
/// degree.
fn name_in(line: &str) -> Option<String> {
    let mut line = line.trim();
    let lower = line.to_lowercase();
    for start in [
        "curriculum vitae of",
        "curriculum vitae",
        "resume of",
        "resume",
        "r\u{e9}sum\u{e9} of",
        "r\u{e9}sum\u{e9}",
        "cv of",
        "cv",
        "name",
    ] {
        if lower.starts_with(start) && lower.is_char_boundary(start.len()) {
            let rest = line.get(start.len()..).unwrap_or_default();
            // "Cvetko" is a name.
            if rest.starts_with(|c: char| !c.is_alphanumeric()) {
                line = rest.trim_start_matches([' ', ':', '-', '\u{2013}', '\u{2014}', '|']);
                break;
            }
        }
    }
    // "Ada Stone | Engineer | Berlin", "Ada Stone, PhD", "Ada Stone (she/her)".
    let cuts = [
        "|",
        " \u{2013} ",
        " \u{2014} ",
        " - ",
        "(",
        "\u{b7}",
        "\u{2022}",
        "  ",
        "\t",
        "/",
    ];
    let mut name = line;
    for cut in cuts {
        name = name.split(cut).next().unwrap_or_default();
    }
    let mut parts = name.split(',').map(str::trim);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    if let Some(second) = parts.next()
        && parts.next().is_none()
        && whole.split(' ').count() == 1
        && (1..=2).contains(&second.split(' ').count())
        && looks_like_a_name(second)
        && !is_degree(second)
    {
        // "Stone, Ada"
        whole = format!("{second} {whole}");
    }
    while let Some((rest, last)) = whole.rsplit_once(' ')
        && is_degree(last)
    {
        whole = rest.trim_end().to_owned();
    }
    (looks_like_a_name(&whole) && is_nobodys_word(&whole)).then(|| in_letters(&whole))
}

fn is_degree(word: &str) -> bool {
    const DEGREES: &[&str] = &[
        "phd", "mba", "msc", "bsc", "md", "cpa", "pmp", "cissp", "ma", "ba", "ms", "bs", "meng",
        "beng", "rn", "esq", "cfa",
    ];
    let bare: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    DEGREES.contains(&bare.to_lowercase().as_str())
}

fn looks_like_a_name(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let letters = |c: char| c.is_alphabetic() || " .'-\u{2019}".contains(c);
    // "van der Berg" has small words, but not at its end.
    let large = |w: &&&str| w.starts_with(|c: char| c.is_uppercase() || !c.is_lowercase());
    (1..=6).contains(&words.len())
        && line.chars().all(letters)
        && !line.ends_with('.') | (words.last().is_some_and(|w| w.len() <= 4))
        && words
            .first()
            .is_some_and(|w| w.starts_with(char::is_alphabetic) && large(&w))
        && words.last().is_some_and(|w| large(&w))
        && words.iter().filter(large).count() * 2 >= words.len()
        && words[0].chars().count() > 1
}

/// Not a position, a heading, a skill or a place that is known.
fn is_nobodys_word(line: &str) -> bool {
    const OTHERS: &[&str] = &[
        "address",
        "phone",
        "mobile",
        "email",
        "e-mail",
        "linkedin",
        "github",
        "website",
        "date of birth",
        "nationality",
        "page",
        "confidential",
        "university",
        "college",
        "street",
        "avenue",
        "road",
        "inc",
        "ltd",
        "gmbh",
        "llc",
        "corp",
        "candidate",
        "applicant",
        "contact",
        "present",
        "remote",
    ];
    let plain = plain_heading(line);
    !names_a_position(line)
        && part_of(line, false).is_none()
        && !OTHERS
            .iter()
            .any(|o| plain.split(' ').any(|w| w == *o) || plain == *o)
        && Lexicon::builtin().find(line).is_empty()
}

/// "ADA O'HARA-STONE" as it is spoken: "Ada O'Hara-Stone".
fn in_letters(name: &str) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().any(char::is_lowercase)
        || name.chars().filter(|c| c.is_alphabetic()).count() < 4
    {
        return name;
    }
    let mut out = String::new();
    let mut first = true;
    for c in name.chars() {
        if first || !c.is_alphabetic() {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
        first = !c.is_alphabetic();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_and_alone() {
        for (line, expect) in [
            ("Dr. Amanda Foster", Some("Dr. Amanda Foster")),
            ("Ines O'Hara", Some("Ines O'Hara")),
            ("Jan van der Berg", Some("Jan van der Berg")),
            (
                "Milica Stojanovi\u{107}, PhD",
                Some("Milica Stojanovi\u{107}"),
            ),
            ("Ada Stone MBA", Some("Ada Stone")),
            ("Sammy Davis Jr.", Some("Sammy Davis Jr.")),
            ("ADA O'HARA-STONE", Some("Ada O'Hara-Stone")),
            ("Stone, Ada", Some("Ada Stone")),
            ("Ada Stone | Engineer | Berlin", Some("Ada Stone")),
            ("Ada Stone - Senior Engineer", Some("Ada Stone")),
            ("Ada Stone (she/her)", Some("Ada Stone")),
            ("Curriculum Vitae: Ada Stone", Some("Ada Stone")),
            ("R\u{e9}sum\u{e9} of Ada Stone", Some("Ada Stone")),
            ("\u{674e}\u{5c0f}\u{9f99}", Some("\u{674e}\u{5c0f}\u{9f99}")),
            ("Senior Software Engineer", None),
            ("Curriculum Vitae", None),
            ("Work Experience", None),
            ("Python", None),
            ("12 Long Road", None),
            ("ada@example.org", None),
            ("I have worked for ten years.", None),
        ] {
            assert_eq!(name_in(line).as_deref(), expect, "{line}");
        }
    }

    #[test]
    fn an_address_and_the_title_speak_for_a_name() {
        let line = |text, title| Line { text, title };
        let lines = [
            line("Berlin", false),
            line("Kreuzberg Nord", false),
            line("Ada Stone", true),
        ];
        assert_eq!(choose(&lines, None).as_deref(), Some("Ada Stone"));
        let lines = [line("Pine Valley", false), line("Ada Stone", false)];
        assert_eq!(
            choose(&lines, Some("a.stone@example.org")).as_deref(),
            Some("Ada Stone")
        );
    }
}
