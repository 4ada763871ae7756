//! The parts of a résumé, by the headings that people give them.

use crate::interview::occupation::names_a_position;
use crate::interview::outline::{has, plain_heading};

/// What a heading of a résumé opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Who somebody is, in a few sentences.
    Summary,
    /// Jobs.
    Work,
    /// Projects.
    Projects,
    /// Degrees and courses.
    Education,
    /// Lists of skills.
    Skills,
    /// Certificates, awards, patents, publications.
    Honours,
    /// Languages, hobbies, addresses: read past.
    Other,
}

/// Words that headings are made of, beside those that name a part.
const WORDS: &str = "\
    a about academic accomplishments achievements activities additional affiliations and \
    areas associations at award awards background books brief career certificates \
    certification certifications coding community competencies competences competency \
    computer conference contact contributions core courses coursework curriculum cv data \
    degrees details development education educational employment engagements executive \
    experience experiences expertise extracurricular few github goal goals hard highlights \
    history hobbies honors honours i in independent industry info information interests \
    internship internships introduction involvement it jobs key knowledge language languages \
    latest leadership learning licenses licences links main major me memberships methods my \
    notable objective objectives of online open organisations organizations other overview \
    papers particulars patents personal portfolio positions presentations previous prior \
    proficiencies professional profile programming project projects publications \
    qualifications recent references relevant research resume r\u{e9}sum\u{e9} roles \
    scholarships selected service side skill skills skillset social soft software source \
    speaking specialties stack strengths studies summary talks teaching tech technical \
    technologies technology the tools training trainings transferable vitae volunteer \
    volunteering work working with";

/// The parts by the phrases in their headings; the first that fits is it.
#[rustfmt::skip]
const PARTS: &[(Part, &[&str])] = &[
    (
        Part::Projects,
        &[
            "project summary",
        ],
    ),
    (
        Part::Summary,
        &[
            "summary", "profile", "objective", "about me", "about", "introduction", "who i am",
            "overview", "career goal", "personal statement", "statement",
        ],
    ),
    (
        Part::Projects,
        &[
            "project", "portfolio", "open source", "things i built", "what i built",
        ],
    ),
    (
        Part::Honours,
        &[
            "certificate", "certification", "certified", "licence", "license", "award",
            "patent", "publication", "papers", "honour", "honor", "achievement",
            "accomplishment", "talks", "presentations", "scholarship", "speaking",
        ],
    ),
    (
        Part::Education,
        &[
            "education", "academic", "courses", "coursework", "training", "degrees", "studies",
            "qualification",
        ],
    ),
    (
        Part::Work,
        &[
            "experience", "employment", "work history", "work", "career", "positions",
            "internship", "professional background", "professional history", "where i", "jobs",
            "volunteer", "roles", "leadership", "teaching", "research",
        ],
    ),
    (
        Part::Skills,
        &[
            "skill", "technolog", "competenc", "proficienc", "tools", "expertise",
            "tech stack", "stack", "strengths", "programming", "specialties", "knowledge",
            "what i know", "methods",
        ],
    ),
    (
        Part::Other,
        &[
            "contact", "languages", "language", "interests", "hobbies", "references",
            "curriculum vitae", "resume", "r\u{e9}sum\u{e9}", "cv", "personal", "details",
            "links", "activities", "extracurricular", "memberships", "affiliations",
            "associations", "github", "social", "involvement", "community",
        ],
    ),
];

/// The part that a heading opens. A line that is marked as a heading is
/// understood more generously than one that only reads like one: "Project
/// Manager" is no heading, "Project work:" is.
pub(super) fn part_of(heading: &str, marked: bool) -> Option<Part> {
    let h = plain_heading(heading);
    let words = h.split(' ').count();
    let made = words <= 5
        && h.split(' ')
            .all(|w| WORDS.split(' ').any(|known| known == w));
    let pronoun = ["what i", "who i", "where i", "how i"]
        .iter()
        .any(|p| h.starts_with(p));
    if h.is_empty() || !(made || pronoun || marked && words <= 6 && !names_a_position(heading)) {
        return None;
    }
    let fit = PARTS.iter().find(|(_, phrases)| has(&h, phrases));
    fit.map(|(part, _)| *part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_resumes_are_understood() {
        for (heading, expect) in [
            ("WORK EXPERIENCE", Part::Work),
            ("Professional Experience", Part::Work),
            ("Employment history", Part::Work),
            ("Career Objective", Part::Summary),
            ("About me", Part::Summary),
            ("Professional Summary", Part::Summary),
            ("Technical Skills", Part::Skills),
            ("Skills & Tools", Part::Skills),
            ("Programming Languages", Part::Skills),
            ("Core Competencies", Part::Skills),
            ("Languages", Part::Other),
            ("Academic Background", Part::Education),
            ("Education and Training", Part::Education),
            ("Certifications & Training", Part::Honours),
            ("Selected Publications", Part::Honours),
            ("Personal Projects", Part::Projects),
            ("Open Source Contributions", Part::Projects),
            ("Curriculum Vitae", Part::Other),
        ] {
            assert_eq!(part_of(heading, false), Some(expect), "{heading}");
        }
    }

    #[test]
    fn positions_and_names_are_no_headings() {
        for line in [
            "Project Manager",
            "Career Coach",
            "Training Specialist",
            "Skilled Trades Ltd",
            "Ada Lovelace",
            "Experience Designer",
        ] {
            assert_eq!(part_of(line, false), None, "{line}");
        }
    }
}
