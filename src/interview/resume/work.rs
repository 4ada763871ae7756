//! The jobs on a résumé: which lines say what somebody was, and which say
//! what was done.

use super::{Resume, Role};
use crate::interview::occupation::{is_period, names_a_position, take_period};
use crate::interview::outline::Item;

/// Reads the lines of a part about work.
pub(super) fn read(resume: &mut Resume, items: &[Item]) {
    let bullets = items.iter().filter(|i| i.bullet);
    let base = bullets.map(|i| i.indent).min().unwrap_or(0);
    let mut head: Vec<&str> = Vec::new();
    let mut began = false;
    for (at, item) in items.iter().enumerate() {
        let nested = items
            .get(at + 1)
            .is_some_and(|next| next.bullet && next.indent > item.indent);
        let text = item.text.as_str();
        let is_head = if item.bullet {
            item.indent == base && (is_role(text) || nested && !is_deed(text))
        } else {
            item.level > 0 && !text.ends_with(':') || is_period(text) || !is_prose(text)
        };
        if is_head {
            // A bullet is a role by itself; lines belong together.
            if item.bullet || !head.is_empty() && begins_another(&head, text) {
                close(resume, &mut head);
            }
            head.push(text);
            began = true;
            if item.bullet {
                close(resume, &mut head);
            }
            continue;
        }
        if item.level == 5 {
            continue;
        }
        close(resume, &mut head);
        if !began {
            resume.roles.push(Role::default());
            began = true;
        }
        if let Some(role) = resume.roles.last_mut() {
            role.highlights.push(text.to_owned());
        }
    }
    close(resume, &mut head);
}

/// Makes a role of the lines that were gathered.
fn close(resume: &mut Resume, head: &mut Vec<&str>) {
    if head.is_empty() {
        return;
    }
    let role = role_of(head);
    head.clear();
    // "Acme Corp, Berlin" alone above a role of its own: one employer for
    // several roles, or a line that only the next one completes.
    if let Some(last) = resume.roles.last_mut()
        && last.highlights.is_empty()
        && !last.title.is_empty()
        && !names_a_position(&last.title)
        && names_a_position(&role.title)
        && role.employer.is_none()
    {
        let employer = std::mem::take(&mut last.title);
        *last = Role {
            employer: Some(employer),
            period: role.period.or_else(|| last.period.take()),
            ..role
        };
        return;
    }
    resume.roles.push(role);
}

/// Whether a line begins the head of another role.
fn begins_another(head: &[&str], line: &str) -> bool {
    let titled = head.iter().any(|l| names_a_position(l));
    let dated = head.iter().any(|l| take_period(l).0.is_some());
    let dates = take_period(line).0.is_some();
    titled && names_a_position(line) || dated && dates || titled && dated && head.len() >= 3
}

/// Whether a line says what somebody was: it names a position or a time, and
/// does not begin with a deed.
pub(super) fn is_role(line: &str) -> bool {
    let words = line.split_whitespace().count();
    let (period, _) = take_period(line);
    !is_deed(line)
        && words <= 16
        && !line.ends_with('.')
        && (period.is_some() && (names_a_position(line) || words <= 10)
            || names_a_position(line)
                && (words <= 5 || line.contains(" at ") || line.contains(" | ")))
}

/// Whether a line without a bullet is a sentence about what was done.
fn is_prose(line: &str) -> bool {
    let words = line.split_whitespace().count();
    is_deed(line)
        || line.starts_with(char::is_lowercase)
        || words > 14
        || words >= 7 && line.ends_with('.')
}

/// Whether a line says what was done rather than what somebody was.
fn is_deed(line: &str) -> bool {
    const DEEDS: &[&str] = &[
        "built", "led", "wrote", "made", "ran", "won", "grew", "cut", "drove", "set", "taught",
        "brought", "took", "kept", "gave", "oversaw", "rebuilt", "rewrote", "sped", "some", "sold",
        "held", "did", "was", "spoke", "found", "began", "helping", "working", "building", "i",
    ];
    // They end like deeds, but describe what somebody was.
    const ADJECTIVES: &[&str] = &[
        "embedded",
        "certified",
        "registered",
        "dedicated",
        "advanced",
        "distributed",
        "chartered",
        "licensed",
        "integrated",
        "unified",
        "applied",
        "connected",
        "limited",
        "united",
        "accredited",
        "allied",
        "associated",
        "retired",
        "self-employed",
        "incorporated",
        "qualified",
    ];
    let first = line.split_whitespace().next().unwrap_or_default();
    let first = first
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    let past = first.ends_with("ed") && first.len() > 4 && !ADJECTIVES.contains(&first.as_str());
    DEEDS.contains(&first.as_str()) || past
}

/// "Engineer at Acme (3 years)", "Engineer, Acme, 2019-2022", or the same on
/// several lines and in another order.
fn role_of(lines: &[&str]) -> Role {
    let mut role = Role::default();
    let mut parts: Vec<String> = Vec::new();
    for line in lines {
        let (period, rest) = take_period(line);
        if role.period.is_none() {
            role.period = period;
        }
        if rest.chars().any(char::is_alphanumeric) {
            parts.extend(split(&rest));
        }
    }
    if parts.is_empty() {
        return role;
    }
    let at = parts.iter().position(|p| names_a_position(p)).unwrap_or(0);
    role.title = parts.remove(at);
    // An employer follows its position, or stands before it.
    let employer = match at {
        0 => parts.first(),
        _ => parts.iter().take(at).next(),
    };
    role.employer = employer.cloned();
    role
}

/// The parts of a head line.
fn split(line: &str) -> Vec<String> {
    for sign in [" at ", " @ "] {
        if let Some((title, employer)) = line.split_once(sign) {
            let employer = employer.split([',', '|']).next().unwrap_or_default();
            let parts = [title, employer].map(|p| p.trim().to_owned());
            return parts.into_iter().filter(|p| !p.is_empty()).collect();
        }
    }
    line.split(['|', ',', '\t', '\u{b7}', '\u{2022}'])
        .flat_map(|p| p.split(" \u{2013} "))
        .flat_map(|p| p.split(" \u{2014} "))
        .flat_map(|p| p.split(" - "))
        .map(|p| p.trim().trim_end_matches(':').to_owned())
        .filter(|p| p.chars().any(char::is_alphanumeric) && !is_suffix(p))
        .collect()
}

/// What stands behind a company's name after a comma.
fn is_suffix(part: &str) -> bool {
    let bare = part.trim_end_matches('.').to_lowercase();
    ["inc", "ltd", "llc", "gmbh", "corp", "co", "ag", "plc"].contains(&bare.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(lines: &[&str]) -> (String, Option<String>, Option<String>) {
        let role = role_of(lines);
        (role.title, role.employer, role.period)
    }

    #[test]
    fn heads_of_roles_are_read_in_any_order() {
        let expect =
            |t: &str, e: &str, p: &str| (t.to_owned(), Some(e.to_owned()), Some(p.to_owned()));
        for lines in [
            &["Data Engineer at Kestrel (2019 - 2022)"][..],
            &["Data Engineer, Kestrel, 2019 - 2022"],
            &["Data Engineer | Kestrel | 2019 - 2022"],
            &["Kestrel \u{2014} Data Engineer", "2019 - 2022"],
            &["Kestrel, Oslo | 2019 - 2022", "Data Engineer"],
            &["2019 - 2022 | Data Engineer, Kestrel"],
            &["Data Engineer", "Kestrel, Oslo", "2019 - 2022"],
        ] {
            assert_eq!(
                role(lines),
                expect("Data Engineer", "Kestrel", "2019 - 2022"),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn deeds_are_told_from_roles() {
        for (line, deed, is) in [
            ("Embedded Developer at Startup (2 years)", false, true),
            ("IT Help Desk (1 year)", false, true),
            ("Led team of 8 embedded engineers", true, false),
            ("Mentored junior developer", true, false),
            ("Manage budgets and vendors", false, false),
            ("Intern", false, true),
        ] {
            assert_eq!((is_deed(line), is_role(line)), (deed, is), "{line}");
        }
    }
}
