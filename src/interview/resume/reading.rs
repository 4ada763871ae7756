//! A résumé in plain text or Markdown, read part by part.

use super::parts::{Part, part_of};
use super::{Project, Resume, name, work};
use crate::interview::occupation::{names_a_position, take_period};
use crate::interview::outline::{self, Item, Section};
use crate::interview::skills::Lexicon;

/// Reads a résumé from its text.
pub(super) fn from_text(text: &str) -> Resume {
    let mut resume = Resume::default();
    let known = |line: &str, marked: bool| part_of(line, marked).is_some();
    let sections = outline::sections(text, known);
    resume.name = whose(&sections, text).unwrap_or_default();
    let mut part = None;
    let mut loose: Vec<Item> = Vec::new();
    for section in joined(sections) {
        part = match part_of(&section.heading, true) {
            // "Languages: Rust, SQL" are no languages that people speak.
            Some(Part::Other) if speaks_code(&section) => Some(Part::Skills),
            Some(found) => Some(found),
            // Before the first known heading stand name and address.
            None => part.filter(|_| section.level > 1),
        };
        let items = &section.items;
        match part {
            Some(Part::Work) => work::read(&mut resume, items),
            Some(Part::Projects) => read_projects(&mut resume, items),
            Some(Part::Skills) => read_skills(&mut resume, items),
            Some(Part::Education) => resume.education.extend(texts(items)),
            Some(Part::Honours) => resume.certifications.extend(texts(items)),
            Some(Part::Summary) => tell(&mut resume.summary, &texts(items).join(" ")),
            Some(Part::Other) => {}
            None => loose.extend(items.iter().cloned()),
        }
    }
    read_loose(&mut resume, &loose);
    resume
}

/// Headings that are not known belong to the part above them: a role in
/// large letters, a project with a line of its own.
fn joined(sections: Vec<Section>) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    for section in sections {
        let own = part_of(&section.heading, true);
        let above = out.last().and_then(|s| part_of(&s.heading, true));
        let inside = own.is_none()
            && section.level != 1
            && matches!(
                above,
                Some(Part::Work | Part::Projects | Part::Education | Part::Honours | Part::Skills)
            );
        // "Research Engineer" in bold names a role, not the part "research".
        let role = above == Some(Part::Work)
            && own.is_some()
            && part_of(&section.heading, false).is_none()
            && (names_a_position(&section.heading) || take_period(&section.heading).0.is_some());
        match out.last_mut() {
            Some(last) if inside || role => {
                let label = above == Some(Part::Skills);
                if !label {
                    last.items.push(Item {
                        text: section.heading,
                        level: 3,
                        ..Item::default()
                    });
                }
                last.items.extend(section.items);
            }
            _ => out.push(section),
        }
    }
    out
}

fn speaks_code(section: &Section) -> bool {
    outline::has(&outline::plain_heading(&section.heading), &["language"])
        && section
            .items
            .iter()
            .any(|i| !Lexicon::builtin().find(&i.text).is_empty())
}

/// The name: said by a key, or the line that looks most like one.
fn whose(sections: &[Section], text: &str) -> Option<String> {
    for item in sections.iter().flat_map(|s| &s.items).take(30) {
        if let Some((key, value)) = outline::pair(&item.text).or_else(|| outline::cells(&item.text))
            && matches!(
                key.as_str(),
                "name" | "candidate" | "full name" | "candidate name"
            )
        {
            return Some(value.split(" | ").next().unwrap_or(value).to_owned());
        }
    }
    let mut lines: Vec<name::Line<'_>> = Vec::new();
    for section in sections {
        if part_of(&section.heading, false).is_none() && !section.heading.is_empty() {
            lines.push(name::Line {
                text: &section.heading,
                title: section.level == 1,
            });
        }
        let contact = part_of(&section.heading, true).is_none_or(|p| p == Part::Other);
        if contact {
            let items = section.items.iter().filter(|i| !i.bullet).take(12);
            lines.extend(items.map(|i| name::Line {
                text: &i.text,
                title: false,
            }));
        }
    }
    lines.truncate(24);
    let email = text
        .split(|c: char| c.is_whitespace() || "|,;<>()".contains(c))
        .find(|w| w.contains('@') && w.contains('.'));
    name::choose(&lines, email)
}

fn texts(items: &[Item]) -> Vec<String> {
    items.iter().map(|i| i.text.replace(" | ", ", ")).collect()
}

fn tell(to: &mut Option<String>, text: &str) {
    if text.trim().is_empty() {
        return;
    }
    let so_far = to.get_or_insert_default();
    if !so_far.is_empty() {
        so_far.push(' ');
    }
    so_far.push_str(text.trim());
}

fn read_skills(resume: &mut Resume, items: &[Item]) {
    for item in items.iter().filter(|i| i.level == 0 || i.bullet) {
        let pair = outline::pair(&item.text).or_else(|| outline::cells(&item.text));
        let listed = pair.map_or(item.text.as_str(), |(_, value)| value);
        let parts = listed.split([',', ';', '|', '\u{b7}', '\u{2022}']);
        let parts = parts.map(|s| s.trim().trim_end_matches('.').to_owned());
        resume.skills.extend(parts.filter(|s| !s.is_empty()));
    }
}

fn read_projects(resume: &mut Resume, items: &[Item]) {
    let base = items.iter().map(|i| i.indent).min().unwrap_or(0);
    let heads =
        |item: &Item| !item.bullet && item.text.split_whitespace().count() <= 14 || item.level > 0;
    let any_head = items.iter().any(heads);
    let mut began = false;
    for item in items {
        let top = if any_head {
            heads(item)
        } else {
            item.indent == base
        };
        match resume.projects.last_mut() {
            Some(project) if began && !top => project.highlights.push(item.text.clone()),
            _ => {
                began = true;
                let (_, line) = take_period(&item.text);
                let cut = [": ", " \u{2013} ", " \u{2014} ", " - ", " | "]
                    .iter()
                    .filter_map(|sign| line.split_once(sign))
                    .min_by_key(|(name, _)| name.len());
                let (name, about) = match cut {
                    Some((name, about)) => (name.trim(), Some(about.trim().to_owned())),
                    None => (line.as_str(), None),
                };
                resume.projects.push(Project {
                    name: name.to_owned(),
                    about,
                    highlights: Vec::new(),
                });
            }
        }
    }
}

/// Lines below no heading: the address, and in résumés without headings
/// everything.
fn read_loose(resume: &mut Resume, items: &[Item]) {
    let mut work: Vec<Item> = Vec::new();
    let name = resume.name.clone();
    for item in items {
        let text = item.text.trim();
        let address = text.contains('@')
            || text.contains("://")
            || text.contains("www.")
            || text.chars().filter(char::is_ascii_digit).count() >= 7
                && take_period(text).0.is_none();
        let pair = outline::pair(text).is_some_and(|(key, _)| !names_a_position(&key));
        if address || pair || text == name || !name.is_empty() && text.starts_with(&name) {
            continue;
        }
        let dated = take_period(text).0.is_some();
        let short = text.split_whitespace().count() <= 8;
        if is_degree(text) && !item.bullet {
            resume.education.push(text.to_owned());
        } else if dated && work::is_role(text)
            || !work.is_empty() && (item.bullet || dated || short)
        {
            work.push(item.clone());
        } else if text.split_whitespace().count() >= 6 {
            tell(&mut resume.summary, text);
        }
    }
    if !work.is_empty() {
        work::read(resume, &work);
    }
}

fn is_degree(line: &str) -> bool {
    const WORDS: &[&str] = &[
        "bsc",
        "msc",
        "phd",
        "bachelor",
        "bachelors",
        "master",
        "masters",
        "university",
        "college",
        "diploma",
        "mba",
        "beng",
        "meng",
        "degree",
        "school",
        "institute",
        "ba",
        "bs",
        "ms",
        "ma",
    ];
    let plain = outline::plain_heading(line);
    plain.split(' ').any(|w| WORDS.contains(&w)) && !names_a_position(line)
}
