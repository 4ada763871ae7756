//! A job description in plain text or Markdown, read part by part.

use super::cues::{is_demand, is_employment, is_task, is_welcome, pay, task_of};
use super::parts::{Part, is_generic, part_of};
use super::title::{company_of_heading, hires, is_company, split_title, without_suffix};
use super::{Job, lowered, topics};
use crate::interview::occupation::names_a_position;
use crate::interview::outline::{self, Item, Section, plain_heading};
use crate::interview::skills::Lexicon;
use crate::interview::text::sentences;

/// Reads a job from its text.
pub(super) fn from_text(text: &str) -> Job {
    let mut reader = Reader::default();
    let known = |line: &str, marked: bool| {
        let is_pair = line.ends_with(':');
        part_of(line, marked).is_some() && !(is_pair && is_field(&plain_heading(line)))
    };
    let sections = outline::sections(text, known);
    for (number, section) in sections.iter().enumerate() {
        reader.read(section, number == 0);
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    job: Job,
    /// Lines that may name the position or the company, in order.
    lines: Vec<String>,
    /// Paragraphs and items outside the lists of skills, for the search of
    /// what candidates ask about.
    prose: Vec<String>,
}

impl Reader {
    fn read(&mut self, section: &Section, top: bool) {
        let mut part = part_of(&section.heading, true);
        // "Learning and Development Manager" in large letters is no part.
        if names_a_position(&section.heading) && part_of(&section.heading, false).is_none() {
            part = None;
        }
        if self.job.company.is_empty()
            && let Some(company) = company_of_heading(&section.heading)
        {
            self.job.company = company;
            part = Some(Part::About);
        }
        if part.is_none() && !section.heading.is_empty() {
            self.lines.push(section.heading.clone());
        }
        let topic = match part {
            Some(Part::Topic(id)) => Some(id),
            _ => None,
        };
        let mut of_topic: Vec<&Item> = Vec::new();
        let bullets = section.items.iter().filter(|i| i.bullet).count();
        // A paragraph below a list is no item of it.
        let strays = |item: &Item| {
            !item.bullet && bullets >= 2 && item.text.ends_with('.') && item.text.len() > 60
        };
        for item in &section.items {
            let outside = part.is_none() || matches!(part, Some(Part::About | Part::Role));
            if (!item.bullet || outside || topic.is_some()) && self.field(&item.text) {
                continue;
            }
            // A label inside a list ("Backend:") is no item of it.
            if item.level == 5 || item.level > 0 && !item.bullet && item.text.ends_with(':') {
                continue;
            }
            match part {
                _ if topic.is_some() => of_topic.push(item),
                None if top || section.level == 1 => self.head(item),
                Some(Part::Notice) => {}
                Some(_) if strays(item) => self.loose(item),
                Some(part) => self.item(part, item),
                None => self.loose(item),
            }
        }
        if let Some(id) = topic {
            self.topic(id, &of_topic);
        }
    }

    /// A line before the first heading.
    fn head(&mut self, item: &Item) {
        let plain = plain_heading(&item.text);
        if is_employment(&plain) {
            self.job.employment.get_or_insert_with(|| item.text.clone());
            return;
        }
        if matches!(
            plain.as_str(),
            "remote" | "hybrid" | "on site" | "onsite" | "fully remote"
        ) {
            self.job.location.get_or_insert_with(|| item.text.clone());
            return;
        }
        // A field that nobody asks about ("Department: Cardiology").
        let field = outline::pair(&item.text).is_some_and(|(_, v)| v.split(' ').count() <= 6);
        if field && !names_a_position(&item.text) {
            return;
        }
        let words = item.text.split_whitespace().count();
        let short = ["Inc.", "Ltd.", "Co.", "Corp."]
            .iter()
            .any(|s| item.text.ends_with(s));
        let sentence = item.text.ends_with('.') && !short && words >= 3 && !self.lines.is_empty();
        if words > 12 || item.bullet || sentence {
            self.loose(item);
            return;
        }
        self.lines.push(item.text.clone());
        // The name, the company, the place: what follows is a text.
        if self.lines.len() > 6 {
            self.about(&item.text);
        }
    }

    /// An item of a part that is known.
    fn item(&mut self, part: Part, item: &Item) {
        let text = item.text.trim().to_owned();
        if text.is_empty() {
            return;
        }
        if !matches!(part, Part::Skills | Part::Must | Part::Nice | Part::Tasks) {
            self.prose.push(text.clone());
        }
        let lines = || -> Vec<String> {
            // A paragraph of requirements is several of them.
            let parts = sentences(&text);
            if item.bullet || parts.len() < 2 {
                vec![text.clone()]
            } else {
                parts.into_iter().map(str::to_owned).collect()
            }
        };
        match part {
            Part::Must => {
                for line in lines() {
                    if is_welcome(&line) {
                        self.job.nice_to_haves.push(line);
                    } else {
                        self.job.must_haves.push(line);
                    }
                }
            }
            Part::Nice => self.job.nice_to_haves.extend(lines()),
            Part::Tasks => self.job.responsibilities.extend(lines()),
            Part::Role if item.bullet => self.job.responsibilities.push(text),
            Part::Benefits => {
                if self.job.salary.is_none() {
                    self.job.salary = pay(&text).map(str::to_owned);
                }
                self.job.benefits.push(text);
            }
            Part::Skills => {
                let listed = outline::pair(&text).map_or(text.as_str(), |(_, value)| value);
                let listed = listed
                    .split([',', ';', '|', '\u{b7}', '\u{2022}'])
                    .map(str::trim);
                let short = |s: &&str| !s.is_empty();
                self.job
                    .skills
                    .extend(listed.filter(short).map(str::to_owned));
            }
            Part::Role | Part::About => self.about(&text),
            Part::Notice | Part::Topic(_) => {}
        }
    }

    /// A line without a known heading above it.
    fn loose(&mut self, item: &Item) {
        if item.bullet {
            self.loose_sentence(&item.text, true);
        } else {
            for sentence in sentences(&item.text) {
                self.loose_sentence(sentence, false);
            }
        }
    }

    fn loose_sentence(&mut self, text: &str, bullet: bool) {
        let job = &mut self.job;
        if is_welcome(text) && text.split_whitespace().count() <= 25 {
            job.nice_to_haves.push(text.to_owned());
        } else if is_demand(text, bullet) {
            job.must_haves.push(text.to_owned());
        } else if bullet && is_task(text) {
            job.responsibilities.push(text.to_owned());
        } else if let Some(task) = task_of(text) {
            job.responsibilities.push(task.to_owned());
            self.prose.push(text.to_owned());
        } else {
            self.about(text);
        }
    }

    fn about(&mut self, text: &str) {
        // A field that nobody asks about ("Department: Cardiology").
        let field = outline::pair(text).is_some_and(|(_, v)| v.split(' ').count() <= 6);
        if field || text.to_lowercase().contains("equal opportunity") {
            return;
        }
        let about = self.job.about.get_or_insert_default();
        if !about.is_empty() {
            about.push_str(if about.ends_with(['.', '!', '?']) {
                " "
            } else {
                ". "
            });
        }
        about.push_str(text);
        self.prose.push(text.to_owned());
    }

    /// The lines below a heading that names a subject.
    fn topic(&mut self, id: &'static str, items: &[&Item]) {
        let texts: Vec<&str> = items.iter().map(|i| i.text.trim()).collect();
        let Some(first) = texts.first() else {
            return;
        };
        match id {
            "location" => {
                self.job.location.get_or_insert_with(|| (*first).to_owned());
                self.prose
                    .extend(texts.iter().skip(1).map(|t| (*t).to_owned()));
            }
            "contact" => {
                let name = first.split([',', '|']).next().unwrap_or(first).trim();
                let person = !name.contains('@') && name.split_whitespace().count() <= 4;
                let whole = texts.iter().take(2).copied().collect::<Vec<_>>().join(", ");
                let who = if person { name.to_owned() } else { whole };
                self.job.recruiter.get_or_insert(who);
            }
            "salary" => {
                self.job.salary.get_or_insert_with(|| (*first).to_owned());
                self.prose
                    .extend(texts.iter().skip(1).map(|t| (*t).to_owned()));
            }
            _ => {
                let bullets = items.iter().filter(|i| i.bullet).count();
                let all = if bullets > 1 {
                    // Steps of a list become sentences of an answer.
                    let ends = |t: &&str| lowered(t.trim_end_matches(['.', ';', ',']));
                    let joined: Vec<String> = texts.iter().map(ends).collect();
                    joined.join(if id == "process" { ", then " } else { ", " })
                } else {
                    texts.join(" ")
                };
                if let Some(topic) = topics::of_id(id) {
                    let listed = bullets > 1 && topic.opening().ends_with(':');
                    let whole = if listed {
                        format!("{} {all}", topic.opening())
                    } else {
                        all
                    };
                    topics::tell(&mut self.job, topic, &whole);
                }
                self.prose.extend(texts.iter().map(|t| (*t).to_owned()));
            }
        }
    }

    /// Takes a `Key: value` line or a row of a table; whether it is known.
    fn field(&mut self, line: &str) -> bool {
        // "Location: Berlin | Type: Full-time"
        if line.contains(" | ") && line.split(" | ").all(|p| outline::pair(p).is_some()) {
            let parts: Vec<String> = line.split(" | ").map(str::to_owned).collect();
            return parts
                .iter()
                .map(|p| self.field(p))
                .fold(false, |a, b| a | b);
        }
        let Some((key, value)) = outline::pair(line).or_else(|| outline::cells(line)) else {
            return false;
        };
        let job = &mut self.job;
        let own = value.trim().to_owned();
        match plain_heading(&key).as_str() {
            "position" | "title" | "job title" | "role" | "job" | "position title" | "vacancy" => {
                job.title = own;
            }
            "company"
            | "employer"
            | "organisation"
            | "organization"
            | "company name"
            | "client"
            | "hiring organization" => job.company = own,
            "location" | "place" | "workplace" | "office" | "city" | "where" | "job location"
            | "work location" | "office location" | "locations" | "place of work" | "based in" => {
                job.location = Some(own);
            }
            "employment type" | "employment" | "type" | "contract" | "contract type"
            | "job type" | "type of employment" | "employment status" | "type of contract" => {
                job.employment = Some(own);
            }
            "salary" | "salary range" | "compensation" | "pay" | "pay range" | "base salary"
            | "remuneration" | "rate" | "day rate" | "wage" | "annual salary"
            | "compensation range" => {
                job.salary = Some(own);
            }
            "recruiter" | "contact" | "recruiter contact" | "hiring manager" | "contact person"
            | "your contact" | "recruiting contact" => job.recruiter = Some(own),
            "contact email" | "recruiter email" | "contact phone" | "contact address" => {
                job.contact = Some(own);
            }
            "education"
            | "experience"
            | "minimum experience"
            | "required experience"
            | "degree" => {
                job.must_haves.push(line.trim().to_owned());
            }
            key => match topics::of_key(key) {
                Some(topic) => {
                    // "Languages: Python, Go" are no languages of an office.
                    let code = topic.is("language") && !Lexicon::builtin().find(&own).is_empty();
                    if topic.is("stack") || code {
                        let listed = own.split([',', ';']).map(|s| s.trim().to_owned());
                        job.skills.extend(listed);
                    }
                    if !code {
                        topics::tell_value(job, topic, &own);
                    }
                }
                None => return false,
            },
        }
        true
    }

    fn finish(mut self) -> Job {
        let prose = std::mem::take(&mut self.prose);
        self.name_the_position(&prose);
        for text in prose.iter().chain(&self.job.benefits.clone()) {
            topics::tell_found(&mut self.job, text);
        }
        if self.job.salary.is_none() {
            let mut all = prose.iter().flat_map(|t| sentences(t));
            self.job.salary = all.find_map(pay).map(str::to_owned);
        }
        self.job
    }

    /// The position and the company, where no field names them.
    fn name_the_position(&mut self, prose: &[String]) {
        let fit = |line: &&String| !is_generic(line) && !line.contains(['@', '?']);
        let lines: Vec<String> = self.lines.iter().filter(fit).cloned().collect();
        for line in lines.iter().take(3) {
            if !self.job.title.is_empty() {
                break;
            }
            let Some(found) = hires().and_then(|p| p.captures(line)) else {
                continue;
            };
            if let Some(title) = found.get(2).filter(|t| names_a_position(t.as_str())) {
                self.job.title = title.as_str().trim().to_owned();
            }
        }
        if self.job.title.is_empty() {
            let named = lines.iter().take(8).find(|l| names_a_position(l));
            let line = named.or_else(|| lines.first()).cloned().unwrap_or_default();
            let (title, company, place) = split_title(&line);
            self.job.title = title;
            if self.job.company.is_empty() {
                self.job.company = company.unwrap_or_default();
            }
            if self.job.location.is_none() {
                self.job.location = place;
            }
            let first = lines.first().filter(|f| **f != line && is_company(f));
            if self.job.company.is_empty()
                && let Some(first) = first
            {
                self.job.company = first.clone();
            }
        }
        if self.job.company.is_empty() || self.job.title.is_empty() {
            for sentence in lines.iter().chain(prose).flat_map(|t| sentences(t)) {
                let Some(found) = hires().and_then(|p| p.captures(sentence)) else {
                    continue;
                };
                let company = found.get(1).map_or("", |m| m.as_str()).trim();
                let pronoun = [
                    "we", "it", "this", "our", "the", "my", "you", "who", "he", "she", "they",
                ];
                let first = company.split(' ').next().unwrap_or_default().to_lowercase();
                if self.job.company.is_empty() && !pronoun.contains(&first.as_str()) {
                    self.job.company = company.to_owned();
                }
                if self.job.title.is_empty()
                    && let Some(title) = found.get(2).filter(|t| names_a_position(t.as_str()))
                {
                    self.job.title = title.as_str().trim().to_owned();
                }
            }
        }
        self.job.title = without_suffix(&self.job.title);
        // "Moorland Energy, Leeds"
        let company = self.job.company.clone();
        if self.job.location.is_none() && !company.is_empty() {
            let behind = lines
                .iter()
                .find_map(|l| l.strip_prefix(&company)?.strip_prefix(", "));
            self.job.location = behind.map(str::to_owned);
        }
    }
}

/// Whether `key` is the key of a field rather than a heading when a value
/// follows it on the same line.
fn is_field(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "company",
        "contract",
        "employment type",
        "organisation",
        "organization",
        "company name",
        "position",
        "role",
        "job",
        "job title",
        "title",
        "location",
        "salary",
        "pay",
        "compensation",
        "education",
        "experience",
        "team",
        "the team",
        "department",
        "industry",
        "salary range",
        "pay range",
        "minimum experience",
        "required experience",
        "position title",
        "job type",
        "contract type",
        "job location",
        "work location",
        "base salary",
        "compensation range",
        "language",
        "languages",
        "tools",
        "growth",
        "culture",
        "values",
    ];
    KEYS.contains(&key) || topics::of_key(key).is_some()
}
