//! Subjects that candidates ask about, found in the text of a job: by the key
//! of a line, by a heading, or by a sentence that plainly speaks of them. What
//! is answered is always the text's own words; nothing is made up.

use super::facts::ranges;
use super::{Fact, Job};
use crate::interview::text::{sentences, speakable};
use regex::Regex;
use std::sync::OnceLock;

/// A subject.
pub(super) struct Topic {
    /// The fact's id.
    pub(super) id: &'static str,
    /// Keys of lines (`Start date: March`) that give it.
    keys: &'static [&'static str],
    /// How the answer begins where the text gives a bare value.
    opening: &'static str,
    /// Words by which a question is known to be about it.
    asked: &'static [&'static str],
    /// A sentence that matches speaks of it; empty for none.
    cue: &'static str,
}

impl Topic {
    /// How an answer begins where the text gives a bare value or a list.
    pub(super) const fn opening(&self) -> &'static str {
        self.opening
    }

    /// Whether it is the subject of that id.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id
    }
}

/// All subjects beyond the plain fields of [`Job`].
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        id: "remote",
        keys: &[
            "remote",
            "remote work",
            "remote policy",
            "workplace type",
            "work model",
            "working model",
            "work arrangement",
            "work mode",
            "work type",
            "home office",
            "work setting",
        ],
        opening: "About remote work:",
        asked: &[
            "remote",
            "remotely",
            "work from home",
            "home office",
            "hybrid",
            "on site",
            "in the office",
            "days in the office",
        ],
        cue: r"\b(?:fully|100 ?%|partly|partially) remote\b|\bremote[- ](?:first|friendly|work|working|role|position|team)\b|\bwork(?:ing)? (?:fully |partly )?(?:remotely|from home)\b|\bhybrid (?:role|position|work|working|model|setup|schedule)\b|\bdays? (?:a|per|each) week (?:in|at|from) (?:the |our )?(?:office|home)\b|\bdays? in (?:the|our) office\b|\bon-?site (?:role|position|in|at)\b|\b(?:role|position|job) is (?:fully |100 ?% )?(?:remote|hybrid|on-?site)\b",
    },
    Topic {
        id: "team",
        keys: &["team", "team size", "the team"],
        opening: "About the team:",
        asked: &[
            "team",
            "colleagues",
            "work with",
            "working with",
            "how many people",
        ],
        cue: r"\bteam (?:of|has|consists|counts|is made up)\b|\bjoin (?:a|our|the) (?:[a-z-]+ ){0,3}team of\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|\d+) (?:people|engineers|developers|colleagues) (?:in|on) (?:the|our) team\b",
    },
    Topic {
        id: "reporting",
        keys: &[
            "reports to",
            "reporting to",
            "reporting line",
            "line manager",
            "manager",
        ],
        opening: "The position reports to",
        asked: &[
            "report to",
            "reports to",
            "reporting to",
            "my manager",
            "my boss",
            "supervisor",
            "line manager",
            "who manages",
        ],
        cue: r"\breport(?:s|ing)? (?:directly )?to (?:the|our|a)\b",
    },
    Topic {
        id: "start",
        keys: &[
            "start date",
            "start",
            "starting date",
            "start of work",
            "starting",
            "available from",
            "earliest start",
            "when",
        ],
        opening: "The start date is given as",
        asked: &[
            "start date",
            "would i start",
            "does it start",
            "can i start",
            "could i start",
            "i begin",
            "how soon",
            "want somebody to start",
        ],
        cue: r"\bstart(?:ing)? date\b|\b(?:ideally|to) start(?:ing)? (?:in|on|from|as soon)\b|\bstarting (?:in|from|on) (?:january|february|march|april|may|june|july|august|september|october|november|december|\d)\b|\bas soon as possible\b",
    },
    Topic {
        id: "process",
        keys: &[
            "process",
            "interview process",
            "hiring process",
            "selection process",
            "next steps",
            "recruitment process",
        ],
        opening: "About the process:",
        asked: &[
            "next step",
            "next steps",
            "what happens next",
            "when will i hear",
            "hear back",
            "process",
            "interview process",
            "hiring process",
            "rounds",
            "after this interview",
        ],
        cue: r"\b(?:interview|hiring|selection|recruitment|application) process\b|\b(?:stages?|rounds?|steps?) of (?:interviews?|the process)\b|\b(?:two|three|four|five|\d) (?:interviews|rounds|stages)\b|\bhear (?:back )?from us\b",
    },
    Topic {
        id: "visa",
        keys: &[
            "visa",
            "visa sponsorship",
            "sponsorship",
            "work permit",
            "work authorization",
            "work authorisation",
            "right to work",
        ],
        opening: "About visas and work permits:",
        asked: &[
            "visa",
            "sponsor",
            "sponsorship",
            "work permit",
            "right to work",
            "work authorization",
        ],
        cue: r"\bvisas?\b|\bsponsor(?:s|ship)? (?:a |your |work )?(?:visa|permit)|\bright to work\b|\bwork (?:permit|authori[sz]ation)\b",
    },
    Topic {
        id: "relocation",
        keys: &["relocation", "relocation support", "relocation package"],
        opening: "About relocation:",
        asked: &["relocate", "relocation", "moving", "move there"],
        cue: r"\brelocation\b|\bhelp you relocate\b",
    },
    Topic {
        id: "travel",
        keys: &["travel", "travel required", "travel requirements"],
        opening: "About travel:",
        asked: &["travel", "travelling", "traveling", "business trips"],
        cue: r"\btravel (?:up to|of|is|may|will|to|requirements?|required)\b|\boccasional travel\b|\bwilling(?:ness)? to travel\b|\d ?% travel\b",
    },
    Topic {
        id: "hours",
        keys: &[
            "hours",
            "working hours",
            "working time",
            "schedule",
            "shift",
            "shifts",
            "work schedule",
            "weekly hours",
        ],
        opening: "About the working hours:",
        asked: &[
            "hours",
            "working hours",
            "overtime",
            "schedule",
            "shifts",
            "flexible hours",
            "working time",
        ],
        cue: r"\b\d+ hours? (?:a|per|each) week\b|\bflexible (?:working )?(?:hours|time|schedule)\b|\bcore hours\b|\bshifts?\b.*\b(?:night|day|week|rotat)|\bfour-day week\b|\b4-day week\b",
    },
    Topic {
        id: "on-call",
        keys: &["on call", "on-call", "oncall"],
        opening: "About on-call duty:",
        asked: &["on call", "on-call", "pager", "nights", "weekends"],
        cue: r"\bon[- ]call\b.*\b(?:rota|rotation|schedule|week|duty|shared|paid)\b|\b(?:rota|rotation)\b.*\bon[- ]call\b|\bno on[- ]call\b",
    },
    Topic {
        id: "holidays",
        keys: &[
            "holiday",
            "holidays",
            "vacation",
            "annual leave",
            "paid time off",
            "pto",
            "leave",
            "days off",
        ],
        opening: "About holidays:",
        asked: &[
            "holiday",
            "holidays",
            "vacation",
            "days off",
            "annual leave",
            "paid time off",
            "time off",
            "leave",
        ],
        cue: r"\bdays(?: of)? (?:of )?(?:paid )?(?:holidays?|vacation|annual leave|leave|pto|time off)\b|\bunlimited (?:pto|vacation|holidays?|paid time off)\b|\bpaid time off\b|\bweeks(?: of)? (?:holidays?|vacation)\b",
    },
    Topic {
        id: "equipment",
        keys: &["equipment", "hardware", "laptop"],
        opening: "About the equipment:",
        asked: &["equipment", "laptop", "computer", "hardware"],
        cue: r"\b(?:choice of|choose your|free|own) (?:a )?(?:laptop|hardware|equipment|computer)\b",
    },
    Topic {
        id: "growth",
        keys: &[
            "training",
            "learning",
            "training budget",
            "career path",
            "growth",
            "development",
        ],
        opening: "About learning and growth:",
        asked: &[
            "growth",
            "grow",
            "career",
            "promotion",
            "training",
            "learning",
            "learning budget",
            "development opportunities",
            "conferences",
        ],
        cue: r"\b(?:training|learning|education|conference|development) (?:budget|allowance|days)\b|\bcareer (?:path|ladder|progression|growth)\b",
    },
    Topic {
        id: "stack",
        keys: &[
            "tech stack",
            "stack",
            "technologies",
            "our stack",
            "technology stack",
            "tools",
        ],
        opening: "The technologies are",
        asked: &[
            "stack",
            "tech stack",
            "technology",
            "technologies",
            "tools do you use",
            "programming languages",
            "cloud provider",
        ],
        cue: r"\b(?:our|the) (?:tech(?:nology)? )?stack\b|\bwe (?:work|build|develop) (?:mostly |mainly )?(?:with|in|on) [A-Z]",
    },
    Topic {
        id: "culture",
        keys: &["culture", "values", "our values"],
        opening: "About the culture:",
        asked: &[
            "culture",
            "values",
            "company culture",
            "like to work",
            "working there",
            "atmosphere",
        ],
        cue: r"\bour (?:culture|values)\b",
    },
    Topic {
        id: "probation",
        keys: &["probation", "probation period", "trial period"],
        opening: "The probation period is given as",
        asked: &["probation", "trial period", "probation period"],
        cue: r"\bprobation(?:ary)?(?: period)?\b|\btrial period\b",
    },
    Topic {
        id: "deadline",
        keys: &[
            "deadline",
            "application deadline",
            "closing date",
            "apply by",
            "apply before",
        ],
        opening: "Applications are taken until",
        asked: &["deadline", "closing date"],
        cue: r"\bapplications? (?:close|are due|until|deadline)\b|\bclosing date\b|\bapply (?:by|before) \w+ ?\d",
    },
    Topic {
        id: "language",
        keys: &[
            "language",
            "working language",
            "languages",
            "company language",
        ],
        opening: "The working language is given as",
        asked: &[
            "working language",
            "language is spoken",
            "speak german",
            "speak french",
            "which language",
        ],
        cue: r"\b(?:working|company|team|office) language\b",
    },
    Topic {
        id: "openings",
        keys: &["openings", "number of openings", "vacancies", "positions"],
        opening: "The number of openings is",
        asked: &[
            "how many openings",
            "how many positions",
            "how many people will be hired",
        ],
        cue: "",
    },
    Topic {
        id: "apply",
        keys: &["how to apply", "apply", "application"],
        opening: "To apply:",
        asked: &["apply", "application documents", "send my"],
        cue: "",
    },
];

/// Subject of a line's key, in lower case.
pub(super) fn of_key(key: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|t| t.keys.contains(&key))
}

/// Subject of an id.
pub(super) fn of_id(id: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|t| t.id == id)
}

/// Adds a bare value ("March 2026") as the answer of a subject, unless there
/// is one.
pub(super) fn tell_value(job: &mut Job, topic: &Topic, value: &str) {
    let value = value.trim().trim_end_matches(['.', ';']);
    let whole = sentences(value).len() > 1 || value.split_whitespace().count() > 12;
    if whole {
        tell(job, topic, value);
    } else {
        tell(job, topic, &format!("{} {value}", topic.opening));
    }
}

/// Adds an answer in the text's own words, at most three sentences.
pub(super) fn tell(job: &mut Job, topic: &Topic, text: &str) {
    if text.trim().is_empty() || job.facts.iter().any(|f| f.id == topic.id) {
        return;
    }
    let mut says = String::new();
    for sentence in sentences(text).into_iter().take(3) {
        if !says.is_empty() {
            says.push(' ');
        }
        says.push_str(sentence);
    }
    if !says.ends_with(['.', '!', '?']) {
        says.push('.');
    }
    job.facts.push(Fact {
        id: topic.id.into(),
        asked: topic.asked.iter().map(|a| (*a).to_owned()).collect(),
        says: speakable(&ranges(&says)),
    });
}

/// Adds whatever subjects a paragraph or an item plainly speaks of.
pub(super) fn tell_found(job: &mut Job, text: &str) {
    for sentence in sentences(text) {
        // What cannot be heard in one breath is no answer.
        if sentence.split_whitespace().count() > 45 {
            continue;
        }
        for (topic, cue) in cues() {
            if cue.is_match(&sentence.to_lowercase())
                || topic.id == "stack" && cue.is_match(sentence)
            {
                tell(job, topic, sentence);
            }
        }
    }
}

fn cues() -> &'static [(&'static Topic, Regex)] {
    static ALL: OnceLock<Vec<(&'static Topic, Regex)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let spoken = TOPICS.iter().filter(|t| !t.cue.is_empty());
        spoken
            .filter_map(|t| Some((t, Regex::new(t.cue).ok()?)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cue_is_a_sound_pattern() {
        assert_eq!(
            cues().len(),
            TOPICS.iter().filter(|t| !t.cue.is_empty()).count()
        );
    }

    #[test]
    fn sentences_answer_only_what_they_speak_of() {
        for (text, ids) in [
            ("You will join a team of six engineers.", vec!["team"]),
            (
                "The position reports to the head of data.",
                vec!["reporting"],
            ),
            (
                "We offer 30 days of holiday and a free laptop.",
                vec!["holidays", "equipment"],
            ),
            (
                "This is a hybrid role with two days a week in the office.",
                vec!["remote"],
            ),
            ("We do not sponsor visas.", vec!["visa"]),
            (
                "Experience with remote sensing and team leadership.",
                vec![],
            ),
            (
                "You work well in teams and start things on your own.",
                vec![],
            ),
            ("You process claims and travel data.", vec![]),
            ("Call centre experience, contact with customers.", vec![]),
        ] {
            let mut job = Job::default();
            tell_found(&mut job, text);
            let found: Vec<&str> = job.facts.iter().map(|f| f.id.as_str()).collect();
            assert_eq!(found, ids, "{text}");
            for fact in &job.facts {
                assert_eq!(fact.says, text);
            }
        }
    }

    #[test]
    fn a_bare_value_gets_its_opening_and_a_sentence_stays() {
        let mut job = Job::default();
        let topic = of_key("start date").unwrap();
        tell_value(&mut job, topic, "March 2026");
        assert_eq!(job.facts[0].says, "The start date is given as March 2026.");
    }
}
