//! Facts that follow from the plain fields of a job: what the candidate's
//! questions can be answered from without anybody having written an answer.

use super::{Fact, Job, lowered};
use crate::interview::text;

/// Facts that follow from the job's plain fields.
pub(super) fn of_fields(job: &Job) -> Vec<Fact> {
    let mut out = Vec::new();
    let mut fact = |id: &str, asked: &[&str], says: String| {
        out.push(Fact {
            id: id.into(),
            asked: asked.iter().map(|a| (*a).to_owned()).collect(),
            says,
        });
    };
    if let Some(location) = &job.location {
        let place = location.trim_end_matches('.');
        let lower = place.to_lowercase();
        let begins = |words: &[&str]| words.iter().any(|w| lower.starts_with(w));
        let says = if lower == "hybrid" {
            "The position is hybrid, partly remote and partly in the office.".to_owned()
        } else if matches!(lower.as_str(), "on-site" | "onsite" | "on site") {
            "The position is on site.".to_owned()
        } else if begins(&[
            "remote",
            "fully remote",
            "100% remote",
            "hybrid",
            "on-site",
            "onsite",
        ]) {
            format!("The position is {}.", lowered(place))
        } else {
            format!("The place of work is {place}.")
        };
        let asked = [
            "location",
            "located",
            "remote",
            "remotely",
            "work from home",
            "office",
            "on site",
            "hybrid",
            "relocate",
            "where is",
            "where would",
        ];
        fact("location", &asked, says);
    }
    if let Some(employment) = &job.employment {
        let says = format!(
            "It is a {} position.",
            employment.trim_end_matches('.').to_lowercase()
        );
        fact(
            "employment",
            &[
                "full time",
                "part time",
                "contract",
                "permanent",
                "employment type",
                "kind of employment",
            ],
            says,
        );
    }
    if let Some(salary) = &job.salary {
        let says = format!(
            "The pay is given as {}.",
            ranges(salary.trim_end_matches('.'))
        );
        fact(
            "salary",
            &[
                "salary",
                "pay",
                "paid",
                "compensation",
                "wage",
                "earn",
                "money",
            ],
            says,
        );
    }
    if !job.benefits.is_empty() {
        let says = format!("The benefits are {}.", listed(&phrases(&job.benefits, 6)));
        fact(
            "benefits",
            &["benefits", "perks", "benefit", "do you offer"],
            says,
        );
    }
    if !job.responsibilities.is_empty() {
        let says = format!(
            "The main tasks are to {}.",
            listed(&phrases(&job.responsibilities, 4))
        );
        fact(
            "responsibilities",
            &[
                "responsibilities",
                "responsible for",
                "tasks",
                "typical day",
                "day to day",
                "a day look like",
                "daily work",
                "what would i do",
                "what will i be doing",
                "what would i be doing",
                "what will i do",
            ],
            says,
        );
    }
    let asked_for = phrases(&job.must_haves, 4);
    if !asked_for.is_empty() {
        let says = format!("The position asks for {}.", listed(&asked_for));
        fact(
            "requirements",
            &[
                "requirements",
                "must have",
                "must haves",
                "looking for",
                "qualifications",
            ],
            says,
        );
    }
    if let Some(recruiter) = &job.recruiter {
        let says = format!(
            "The contact for this position is {}.",
            recruiter.trim_end_matches('.')
        );
        fact(
            "recruiter",
            &[
                "contact",
                "recruiter",
                "who will i hear from",
                "who can i",
                "who should i",
            ],
            says,
        );
    }
    if let Some(next) = &job.next_steps {
        fact(
            "next-steps",
            &[
                "next step",
                "next steps",
                "what happens next",
                "when will i hear",
                "hear back",
                "process",
            ],
            next.clone(),
        );
    }
    if let Some(about) = &job.about {
        let short = text::sentences(about)
            .into_iter()
            .take(2)
            .collect::<Vec<_>>()
            .join(" ");
        fact(
            "about",
            &[
                "the company do",
                "about the company",
                "company does",
                "what do you do",
                "your product",
                "the product",
                "the mission",
            ],
            short,
        );
    }
    out
}

/// At most `most` list items as parts of a sentence.
fn phrases(items: &[String], most: usize) -> Vec<String> {
    // "You have five years of ..." is a sentence, not a part of one.
    const STARTS: &[&str] = &[
        "You have ",
        "You bring ",
        "You've ",
        "You\u{2019}ve ",
        "You need ",
    ];
    let bare = |item: &String| {
        let item = item.trim().trim_end_matches(['.', ';', ',']);
        let rest = STARTS.iter().find_map(|s| item.strip_prefix(s));
        rest.unwrap_or(item).to_owned()
    };
    items
        .iter()
        .map(bare)
        .filter(|item| !item.starts_with("You "))
        .take(most)
        .map(|item| lowered(&item))
        .collect()
}

/// A list as it is spoken; items that are lists themselves are set apart.
fn listed(items: &[String]) -> String {
    match items {
        [most @ .., last] if !most.is_empty() && items.iter().any(|i| i.contains(',')) => {
            format!("{}; and {last}", most.join("; "))
        }
        _ => text::listed(items),
    }
}

/// "40,000 - 50,000" as it is spoken: "40,000 to 50,000". A dash alone would
/// be a pause, or nothing.
pub(super) fn ranges(text: &str) -> String {
    const DASHES: &[char] = &['-', '\u{2013}', '\u{2014}'];
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let after = text[at + c.len_utf8()..].trim_start();
        let number = after.trim_start_matches(['$', '\u{20ac}', '\u{a3}', ' ']);
        let before = out.trim_end();
        let from =
            before.ends_with(|c: char| c.is_ascii_digit() || "kK%$\u{20ac}\u{a3}".contains(c));
        if DASHES.contains(&c) && from && number.starts_with(|c: char| c.is_ascii_digit()) {
            out.truncate(before.len());
            out.push_str(" to ");
        } else if !(c == ' ' && out.ends_with(" to ")) {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_spoken_as_such() {
        for (text, expect) in [
            (
                "\u{20ac}70,000 \u{2013} \u{20ac}85,000 a year",
                "\u{20ac}70,000 to \u{20ac}85,000 a year",
            ),
            ("120k-150k", "120k to 150k"),
            ("on-site, 2 days", "on-site, 2 days"),
        ] {
            assert_eq!(ranges(text), expect);
        }
    }

    #[test]
    fn lists_of_lists_are_set_apart() {
        let items = ["a, b".to_owned(), "c".to_owned()];
        assert_eq!(listed(&items), "a, b; and c");
        assert_eq!(listed(&items[1..]), "c");
    }
}
