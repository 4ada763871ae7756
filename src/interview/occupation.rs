//! Words that name what somebody works as, and how times are written. Jobs
//! and résumés share both: a title is told from a company by them.

use regex::Regex;
use std::sync::OnceLock;

/// Nouns that end or carry the name of a position.
const NOUNS: &str = "\
    accountant administrator admin advisor adviser agent analyst architect artist assistant \
    associate attorney auditor barista buyer ceo cfo chef chief clerk coach consultant \
    controller coordinator counsel cto curator dba designer desk dev developer director \
    driver editor engineer evangelist executive expert fellow founder cofounder freelancer \
    generalist head instructor intern internship lawyer lead lecturer librarian manager \
    marketer mechanic mentor nurse officer operator owner paralegal partner pharmacist \
    physician planner postdoc president principal producer professor programmer recruiter \
    representative researcher scientist scrum secretary specialist sre strategist \
    statistician student superintendent supervisor support surveyor teacher technician \
    technologist tester therapist trainee trainer translator tutor underwriter volunteer vp \
    writer";

/// Whether one of the first words of a line names a position.
pub(crate) fn names_a_position(line: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .take(8)
        .any(|w| NOUNS.split(' ').any(|noun| noun == w.to_lowercase()))
}

fn pattern() -> Option<&'static Regex> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    PATTERN.get_or_init(|| {
        let month = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|spring|summer|autumn|fall|winter|q[1-4])\.?";
        let year = r"(?:(?:19|20)\d\d|['\u{2019}]\d\d)";
        let point = format!(r"(?:(?:{month}[ ,/-]*)?{year}(?:[-/.](?:0?[1-9]|1[0-2])\b)?|(?:0?[1-9]|1[0-2]) ?[/.-] ?{year})");
        let end = format!(r"(?:{point}|\d\d\b|present|current|now|today|(?:to )?date|ongoing)");
        let dash = r"(?:\s*(?:-|\u{2010}|\u{2011}|\u{2012}|\u{2013}|\u{2014}|\u{2212})\s*|\s+(?:to|until|till|through)\s+)";
        let length = r"\d+(?:[.,]\d)?\s*\+?\s*(?:years?|yrs?\.?|months?|mos?\.?|weeks?)\b(?:,?\s*(?:and\s*)?\d+\s*(?:months?|mos?\.?)\b)?";
        let text = format!(
            r"(?i)(?:\b(?:since|from)\s+)?\b{point}{dash}{end}|\b(?:since|from)\s+{point}|\b{month} ?\s*{dash}\s*{point}|\b{point}(?:\s*[-\u{{2013}}\u{{2014}}](?:\s*$|\s*\)))?|\b{length}"
        );
        // A test holds the pattern to be sound.
        Regex::new(&text).ok()
    })
    .as_ref()
}

/// The time that a line names, as written, and the line without it.
pub(crate) fn take_period(line: &str) -> (Option<String>, String) {
    let all: Vec<_> = pattern()
        .map(|p| p.find_iter(line).collect())
        .unwrap_or_default();
    let Some(found) = all.last() else {
        return (None, line.trim().to_owned());
    };
    let (mut from, mut to) = (found.start(), found.end());
    // Two stretches side by side are one: "Jan 2020 - Mar 2022 (2 years)".
    if let Some(earlier) = all.iter().rev().nth(1)
        && line[earlier.end()..from]
            .trim()
            .trim_matches(['(', '\u{b7}', ',', '|'])
            .trim()
            .is_empty()
    {
        from = earlier.start();
    }
    let period = line[from..to].trim().trim_matches(['(', ')', ',']).trim();
    let period = period.replace(" (", ", ");
    // Its brackets go with it.
    let before = line[..from].trim_end();
    let opened = before.ends_with(['(', '[']);
    if opened {
        from = before.len() - 1;
        let after = &line[to..];
        if let Some(close) = after
            .find([')', ']'])
            .filter(|at| after[..*at].trim().len() <= 12)
        {
            to += close + 1;
        }
    }
    const EDGES: &[char] = &[
        ' ', ',', '|', ';', '-', '\u{2013}', '\u{2014}', '\u{b7}', '\u{2022}', '\t', '/',
    ];
    let before = line[..from].trim_end_matches(EDGES);
    let after = line[to..].trim_matches(EDGES);
    let rest = match (before.is_empty(), after.is_empty()) {
        (false, false) => format!("{before}, {after}"),
        _ => format!("{before}{after}"),
    };
    (Some(period), rest.trim_start_matches(EDGES).to_owned())
}

/// Whether a line holds a time and hardly anything else.
pub(crate) fn is_period(line: &str) -> bool {
    let (period, rest) = take_period(line);
    period.is_some() && rest.chars().filter(|c| c.is_alphanumeric()).count() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_told_from_companies() {
        for (line, expect) in [
            ("Senior Python Developer", true),
            ("Head of Data", true),
            ("IT Help Desk", true),
            ("Enterprise Solutions", false),
            ("Acme Engineering GmbH", false),
        ] {
            assert_eq!(names_a_position(line), expect, "{line}");
        }
    }

    #[test]
    fn times_are_found_in_the_forms_that_people_use() {
        for (line, period, rest) in [
            ("Engineer at Acme (3 years)", "3 years", "Engineer at Acme"),
            ("Engineer, Acme, 2019-2022", "2019-2022", "Engineer, Acme"),
            (
                "Engineer, Acme | Jan 2020 \u{2013} Present",
                "Jan 2020 \u{2013} Present",
                "Engineer, Acme",
            ),
            (
                "01/2020 - 03/2022 Engineer",
                "01/2020 - 03/2022",
                "Engineer",
            ),
            ("Engineer (since May 2021)", "since May 2021", "Engineer"),
            ("Acme, Sept. 2018 to date", "Sept. 2018 to date", "Acme"),
            ("2016\u{2013}18: Analyst", "2016\u{2013}18", ": Analyst"),
            ("Summer 2019 Intern", "Summer 2019", "Intern"),
            (
                "Engineer, 2020-03 - 2021-12",
                "2020-03 - 2021-12",
                "Engineer",
            ),
            (
                "Engineer (Jan 2020 - Mar 2022, 2 years)",
                "Jan 2020 - Mar 2022, 2 years",
                "Engineer",
            ),
            ("Engineer, 1 year 6 months", "1 year 6 months", "Engineer"),
            (
                "Intern | May - August 2018 | Oslo",
                "May - August 2018",
                "Intern, Oslo",
            ),
        ] {
            let found = take_period(line);
            assert_eq!(
                (found.0.as_deref(), found.1.as_str()),
                (Some(period), rest),
                "{line}"
            );
        }
        assert_eq!(take_period("Reduced costs by 40%").0, None);
        assert!(is_period("(2019 \u{2013} 2021)"));
        assert!(!is_period("MBA (2020)"));
    }
}
