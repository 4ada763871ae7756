//! The parts of a job description, by the headings that people give them.

use crate::interview::outline::{has, plain_heading};

/// What a heading of a job description opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What a candidate must bring.
    Must,
    /// What is welcome.
    Nice,
    /// What the work is.
    Tasks,
    /// "The role": tasks where they are listed, else a description.
    Role,
    /// What is offered.
    Benefits,
    /// A list of skills.
    Skills,
    /// What the company does.
    About,
    /// A subject that candidates ask about, by its topic's id.
    Topic(&'static str),
    /// Legal notices; nothing of them is used.
    Notice,
}

/// Beginnings of headings that are sentences.
const OPENERS: &[&str] = &[
    "about ",
    "bonus if",
    "great if",
    "how ",
    "ideally",
    "in this role",
    "it would be",
    "meet ",
    "nice if",
    "our ",
    "the ",
    "things ",
    "we ",
    "what ",
    "what's ",
    "where ",
    "who ",
    "why ",
    "you ",
    "you'll ",
    "you're ",
    "your ",
    "a day ",
    "a typical ",
    "even better",
    "to succeed",
];

/// Words that headings are made of.
const WORDS: &str = "\
    a about abilities accountabilities additional an and are as assets attributes background \
    basic be benefits bonus candidate certifications company contact compensation \
    competencies core culture daily day department description desirable desired duties \
    education eligibility essential essentials experience expertise extras for functions \
    general good have haves hiring ideal if in industry information interview is it job key \
    knowledge language languages level location main mandatory minimum mission must next \
    nice of offer opportunity optional or our outline overview package pay perks plus points \
    plusses pluses position preferred primary principal process product professional profile \
    purpose qualifications qualification qualities range recruitment required requirement \
    requirements requisites responsibilities responsibility rewards role salary scope \
    secondary selection skill skills soft specific stack steps summary tasks team tech \
    technical technologies technology the to tools values vision we what with work you your";

/// The parts by the phrases in their headings. The first that fits is it:
/// "preferred qualifications" are welcome, "about you" is not about the
/// company, "compensation and benefits" is a benefit.
#[rustfmt::skip]
const PARTS: &[(Part, &[&str])] = &[
    (
        Part::Notice,
        &[
            "equal opportunit", "eeo", "diversity", "privacy", "disclaimer", "legal notice",
            "accommodation",
        ],
    ),
    (
        Part::Nice,
        &[
            "nice to", "nice if", "prefer", "bonus", "desirable", "desired", "advantage",
            "good to have", "great to have", "plus", "pluses", "optional", "even better",
            "extra credit", "beneficial", "ideally", "great if", "it would be",
            "would be great", "assets", "extras", "brownie", "welcome", "nice",
        ],
    ),
    (
        Part::Topic("process"),
        &[
            "interview process", "hiring process", "recruitment process", "selection process",
            "application process", "how we hire", "next steps", "what happens next",
            "the process", "process",
        ],
    ),
    (
        Part::Topic("apply"),
        &[
            "how to apply", "apply now", "to apply", "ready to apply", "interested",
        ],
    ),
    (
        Part::Topic("contact"),
        &[
            "contact", "your contact", "questions",
        ],
    ),
    (
        Part::Topic("team"),
        &[
            "the team", "our team", "about the team", "your team", "meet the team",
            "who you'll work with", "who you will work with", "team",
        ],
    ),
    (
        Part::Topic("culture"),
        &[
            "culture", "values", "how we work", "the way we work", "working at", "life at",
        ],
    ),
    (
        Part::Topic("growth"),
        &[
            "growth", "career path", "career development", "learning and development",
            "development opportunities",
        ],
    ),
    (
        Part::Must,
        &[
            "must", "requirement", "required", "qualification", "essential", "mandatory",
            "prerequisite", "requisites", "what you need", "what you'll need", "you need",
            "you'll need", "you will need", "you bring", "you'll bring", "you will bring",
            "should bring", "you have", "you've", "should have", "looking for", "who you are",
            "are you", "about you", "ideal candidate", "the candidate", "candidate profile",
            "your profile", "your background", "your skills", "your experience", "key skills",
            "skills and experience", "experience and skills", "skills and qualif",
            "skills you", "skills we", "to succeed", "we expect", "expect from you", "we seek",
            "education", "experience", "knowledge", "competenc", "eligib", "you are", "you're",
            "what it takes", "minimum", "attributes", "qualities",
        ],
    ),
    (
        Part::Tasks,
        &[
            "responsib", "duties", "you will do", "you'll do", "you do", "will you do",
            "you will be", "you'll be", "you will work on", "you'll work on", "your tasks",
            "tasks", "day to day", "a day in", "typical day", "accountab", "your mission",
            "your impact", "your work", "in this role", "functions", "what the job involves",
            "scope",
        ],
    ),
    (
        Part::Benefits,
        &[
            "benefit", "we offer", "perks", "what you get", "you'll get", "you will get",
            "we can offer", "in it for you", "why join", "why us", "why work", "why you",
            "our offer", "rewards", "compensation", "package", "what's on offer",
        ],
    ),
    (
        Part::Skills,
        &[
            "tech stack", "our stack", "stack", "technolog", "skills", "tools", "languages",
            "expertise",
        ],
    ),
    (Part::Topic("location"), &["location"]),
    (Part::Topic("salary"), &["salary", "pay"]),
    (
        Part::Role,
        &[
            "location", "location", "salary", "the role", "your role", "this role", "role",
            "the position", "position", "the job", "the opportunity", "opportunity",
            "job summary", "job overview", "role overview", "job description",
            "position summary", "overview", "purpose",
        ],
    ),
    (
        Part::About,
        &[
            "about", "company", "contact", "description", "summary", "who we are",
            "what we do", "our mission", "our story", "our product", "our vision", "mission",
            "background", "profile", "department", "industry",
        ],
    ),
];

/// The part that a heading opens. A line that is marked as a heading is
/// understood more generously than one that only reads like one.
pub(super) fn part_of(heading: &str, marked: bool) -> Option<Part> {
    let h = plain_heading(heading);
    let words = h.split(' ').count();
    let opens = OPENERS.iter().any(|o| h.starts_with(o)) && words <= 8;
    let made = words <= 5
        && h.split(' ')
            .all(|w| WORDS.split(' ').any(|known| known == w));
    if h.is_empty() || !(marked || opens || made) {
        return None;
    }
    let fit = PARTS.iter().find(|(_, phrases)| has(&h, phrases));
    fit.map(|(part, _)| *part)
}

/// Headings over everything that say nothing of the position.
pub(super) fn is_generic(heading: &str) -> bool {
    let h = plain_heading(heading);
    let words = [
        "job",
        "description",
        "posting",
        "vacancy",
        "advert",
        "ad",
        "advertisement",
        "specification",
        "spec",
        "position",
        "profile",
        "role",
        "opening",
        "career",
        "careers",
        "opportunity",
        "we're",
        "we",
        "are",
        "hiring",
        "now",
        "join",
        "us",
        "our",
        "team",
        "details",
        "announcement",
        "open",
        "new",
        "the",
        "offer",
        "title",
        "summary",
        "overview",
        "about",
    ];
    h.split(' ').all(|w| words.contains(&w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_job_descriptions_are_understood() {
        for (heading, expect) in [
            ("REQUIREMENTS", Part::Must),
            ("What you\u{2019}ll bring", Part::Must),
            ("Who you are", Part::Must),
            ("About you", Part::Must),
            ("Minimum Qualifications", Part::Must),
            ("Skills & Experience", Part::Must),
            ("Must-Have Requirements", Part::Must),
            ("Nice-to-Have", Part::Nice),
            ("Preferred qualifications", Part::Nice),
            ("It would be great if you have", Part::Nice),
            ("Bonus points", Part::Nice),
            ("Key Responsibilities", Part::Tasks),
            ("What you will be doing", Part::Tasks),
            ("A day in the life", Part::Tasks),
            ("About the role", Part::Role),
            ("Job summary", Part::Role),
            ("Compensation & Benefits", Part::Benefits),
            ("What's in it for you?", Part::Benefits),
            ("Our tech stack", Part::Skills),
            ("Skills", Part::Skills),
            ("About us", Part::About),
            ("Who we are", Part::About),
            ("Our interview process", Part::Topic("process")),
            ("The team", Part::Topic("team")),
            ("Equal opportunity", Part::Notice),
        ] {
            let marked = heading.starts_with("Equal");
            assert_eq!(part_of(heading, marked), Some(expect), "{heading}");
        }
    }

    #[test]
    fn lines_that_only_sound_like_headings_are_none() {
        for line in [
            "Requirements engineering experience",
            "Benefits administration",
            "Team player",
            "Company car policy expert",
            "Five years of experience with Rust",
            "Strong technical skills in Java",
        ] {
            assert_eq!(part_of(line, false), None, "{line}");
        }
    }
}
