//! What a simulated candidate does after a line: what it says, in how many
//! stretches, how long it thinks before, or which key it presses.

use super::chance::Chance;
use super::profile::Profile;
use super::wording as say;
use crate::event::{Expects, Line, Purpose, Request, Stage};
use crate::interview::Resume;
use crate::interview::bank::{Bank, Kind, Question};
use std::collections::BTreeSet;

/// What a candidate does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Speaks, in one stretch or in several with a silence between them.
    Say {
        /// What, stretch by stretch.
        stretches: Vec<String>,
        /// Silence between two stretches, in milliseconds.
        pause_ms: u64,
    },
    /// Presses a key.
    Press(Request),
}

/// A candidate's reaction to a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// From the end of the line, in milliseconds.
    pub after_ms: u64,
    /// Where it does not wait for the end: the share of the line that has
    /// been said by then, 0-1.
    pub cuts_in: Option<f32>,
    /// How fast it speaks.
    pub words_a_minute: u64,
    /// What it does.
    pub act: Act,
}

/// One simulated candidate.
#[derive(Debug)]
pub struct Script<'a> {
    profile: Profile,
    /// What it knows, 0-3.
    quality: usize,
    resume: &'a Resume,
    bank: &'a Bank,
    chance: Chance,
    answered: BTreeSet<String>,
    requested: BTreeSet<String>,
    /// The key point of the open probe.
    probe: Option<String>,
    /// Questions that it still has at the end.
    questions: u64,
    greeted: bool,
    paused: bool,
    thinking: bool,
    /// What it said last, to be asked about.
    last: String,
}

impl<'a> Script<'a> {
    /// A candidate of this kind with this résumé. The bank says what somebody
    /// of a quality knows about each question; the seed varies the wording.
    pub fn new(profile: Profile, resume: &'a Resume, bank: &'a Bank, seed: u64) -> Self {
        let mut chance = Chance::new(seed, &profile.to_string());
        let quality = profile.quality().unwrap_or_else(|| match profile {
            Profile::OneWord | Profile::Hostile | Profile::Parrot => 0,
            _ => chance.between(1, 3) as usize,
        });
        let questions = match profile {
            Profile::Weak | Profile::Silent => 0,
            Profile::AsksBack => 12,
            _ => chance.between(0, 3),
        };
        Self {
            profile,
            quality,
            resume,
            bank,
            chance,
            answered: BTreeSet::new(),
            requested: BTreeSet::new(),
            probe: None,
            questions,
            greeted: false,
            paused: false,
            thinking: false,
            last: String::new(),
        }
    }

    /// What it does after a line, if anything.
    pub fn hear(&mut self, line: &Line) -> Option<Move> {
        if line.expects == Expects::Nothing {
            return None;
        }
        match &line.purpose {
            Purpose::Question | Purpose::Introduction => self.probe = None,
            Purpose::Probe { point } => self.probe = Some(point.clone()),
            _ => {}
        }
        let thought = std::mem::take(&mut self.thinking);
        let act = match line.stage {
            _ if matches!(line.purpose, Purpose::Confirm { .. }) => self.confirm(line),
            Stage::Opening => self.consent(),
            Stage::Closing | Stage::Ended => self.closing(line)?,
            _ => self.on_question(line)?,
        };
        if let Act::Say { stretches, .. } = &act
            && !matches!(line.purpose, Purpose::Confirm { .. })
        {
            self.last = stretches.join(" ");
        }
        Some(self.paced(line, act, thought))
    }

    /// The same as words alone, for a candidate that only speaks.
    pub fn reply(&mut self, line: &Line) -> Option<String> {
        let words = |request| match request {
            Request::Repeat => "Could you repeat that, please?",
            Request::Rephrase => "Can you rephrase the question?",
            Request::Think => "Let me think.",
            Request::Skip => "Can we skip this question?",
            Request::Pause => "Can we take a short break?",
            Request::Resume => "Okay, let's continue.",
            Request::Finished => "That's all from me.",
            Request::End => "I'd like to end the interview.",
        };
        Some(match self.hear(line)?.act {
            Act::Say { stretches, .. } => stretches.join(" "),
            Act::Press(request) => words(request).to_owned(),
        })
    }

    fn paced(&mut self, line: &Line, act: Act, thought: bool) -> Move {
        let (mut after_ms, words_a_minute) = match self.profile {
            Profile::Fast => (self.chance.between(80, 300), 235),
            Profile::Slow => (self.chance.between(6_000, 13_000), 85),
            Profile::Rambling => (self.chance.between(300, 900), 175),
            _ => (
                self.chance.between(500, 2_500),
                self.chance.between(135, 165),
            ),
        };
        if thought {
            after_ms += self.chance.between(8_000, 25_000);
        }
        if matches!(act, Act::Press(Request::Resume)) || self.paused_words(&act) {
            after_ms += self.chance.between(20_000, 90_000);
        }
        let hasty = self.profile == Profile::BargesIn && !self.chance.one_in(4);
        let fresh = matches!(
            line.purpose,
            Purpose::Question | Purpose::Probe { .. } | Purpose::Disclosure
        );
        let cuts_in = (hasty && fresh).then(|| self.chance.between(10, 85) as f32 / 100.0);
        Move {
            after_ms,
            cuts_in,
            words_a_minute,
            act,
        }
    }

    /// Whether these words end a break.
    fn paused_words(&self, act: &Act) -> bool {
        matches!(act, Act::Say { stretches, .. } if stretches.iter().any(|s| say::RESUME.contains(&s.as_str())))
    }

    fn one_of(&mut self, ways: &[&'static str]) -> Act {
        say_once(self.chance.pick(ways).unwrap_or_default())
    }

    fn consent(&mut self) -> Act {
        if !std::mem::replace(&mut self.greeted, true) && self.chance.one_in(12) {
            return self.one_of(say::BEFORE_CONSENT);
        }
        self.one_of(say::CONSENT)
    }

    /// Yes, where it really said the words that are asked about, else the
    /// words again.
    fn confirm(&mut self, line: &Line) -> Act {
        let quoted = line.text.split('"').nth(1);
        match quoted {
            Some(words) if self.last.contains(words) => say_once("Yes, I did."),
            Some(_) => say_once("No."),
            None => say_once(&self.last.clone()),
        }
    }

    fn on_question(&mut self, line: &Line) -> Option<Act> {
        let key = line.question.clone().unwrap_or_default();
        if self.paused {
            self.paused = false;
            return Some(if self.chance.one_in(2) {
                Act::Press(Request::Resume)
            } else {
                self.one_of(say::RESUME)
            });
        }
        Some(match self.profile {
            Profile::Silent => return None,
            Profile::OffTopic => self.story(2),
            Profile::Parrot => say_once(&line.text),
            Profile::AsksBack => self.one_of(say::ASK_BACK),
            Profile::OneWord => self.one_of(say::WORDS),
            Profile::Hostile => self.one_of(say::HOSTILE),
            Profile::ChangesSubject if !self.chance.one_in(3) => self.one_of(say::OTHER_SUBJECTS),
            Profile::Prying if !self.chance.one_in(3) => self.one_of(say::PRYING),
            Profile::Wrong => self.wrong(line),
            Profile::Rambling => self.ramble(line),
            _ => {
                let asks = match self.profile {
                    Profile::Requests => true,
                    Profile::Weak | Profile::Average | Profile::Strong | Profile::Exceptional => {
                        self.chance.one_in(12)
                    }
                    _ => false,
                };
                let fresh = matches!(line.purpose, Purpose::Question | Purpose::Probe { .. });
                if asks && fresh && self.requested.insert(key) {
                    self.request(line)
                } else {
                    let text = self.answer(line);
                    self.spoken(&text)
                }
            }
        })
    }

    /// Something else before, or instead of, an answer.
    fn request(&mut self, line: &Line) -> Act {
        let most = if self.profile == Profile::Requests {
            12
        } else {
            7
        };
        match self.chance.between(0, most) {
            0 => self.one_of(say::REPEAT),
            1 => self.one_of(say::REPHRASE),
            2 => {
                self.thinking = true;
                self.one_of(say::THINK)
            }
            3 => {
                self.paused = true;
                self.one_of(say::PAUSE)
            }
            4 => self.one_of(say::ASK_BACK),
            5 => Act::Press(Request::Repeat),
            6 => Act::Press(Request::Rephrase),
            7 => {
                self.thinking = true;
                Act::Press(Request::Think)
            }
            8 => {
                self.paused = true;
                Act::Press(Request::Pause)
            }
            9 => self.one_of(say::SKIP),
            10 => Act::Press(Request::Skip),
            _ => {
                let text = self.answer(line);
                say_once(&format!("{text} I have finished my answer."))
            }
        }
    }

    /// An answer as this candidate speaks: at once, or in stretches.
    fn spoken(&mut self, text: &str) -> Act {
        if self.profile == Profile::Slow {
            let stretches = crate::speech::sentences::sentences(text)
                .into_iter()
                .map(str::to_owned)
                .collect();
            return Act::Say {
                stretches,
                pause_ms: self.chance.between(1_200, 3_500),
            };
        }
        say_once(text)
    }

    fn story(&mut self, parts: usize) -> Act {
        let from = self.chance.between(0, say::STORIES.len() as u64 - 1) as usize;
        let parts: Vec<&str> = (0..parts)
            .map(|i| say::STORIES[(from + i) % say::STORIES.len()])
            .collect();
        say_once(&parts.join(" "))
    }

    fn ramble(&mut self, line: &Line) -> Act {
        let answer = self.answer(line);
        let Act::Say { stretches, .. } = self.story(3) else {
            return say_once(&answer);
        };
        let story = stretches.concat();
        Act::Say {
            stretches: vec![
                format!("Oh, that reminds me of something. {story}"),
                format!("But anyway, where was I. {answer}"),
                "And as I said, that is how life goes, one thing always leads to another.".into(),
            ],
            pause_ms: self.chance.between(900, 1_500),
        }
    }

    fn wrong(&mut self, line: &Line) -> Act {
        let question = self.question(line);
        let says: Vec<String> = question
            .iter()
            .flat_map(|q| &q.misconceptions)
            .map(|m| m.says.clone())
            .collect();
        if says.is_empty() || self.probe.is_some() {
            let text = self.answer(line);
            return say_once(&text);
        }
        say_once(&format!("That is easy. {}", says.join(" ")))
    }

    fn question(&self, line: &Line) -> Option<&'a Question> {
        self.bank.question(line.question.as_deref()?)
    }

    fn answer(&mut self, line: &Line) -> String {
        let question = self.question(line);
        if line.stage == Stage::Introduction {
            self.answered.insert(String::new());
            return self.introduction();
        }
        let key = line.question.clone().unwrap_or_default();
        if let Some(point) = self.probe.clone() {
            return match line.purpose {
                Purpose::Nudge => self.pick(say::NOTHING_MORE),
                _ => self.probed(question, &point),
            };
        }
        if matches!(line.purpose, Purpose::Nudge) && self.answered.contains(&key) {
            return self.pick(say::NOTHING_MORE);
        }
        self.answered.insert(key);
        let text = self.sample(question);
        say::worded(&mut self.chance, &text)
    }

    fn pick(&mut self, ways: &[&'static str]) -> String {
        self.chance.pick(ways).unwrap_or_default().to_owned()
    }

    fn introduction(&self) -> String {
        let first = self.resume.name.split_whitespace().next().unwrap_or("Alex");
        let role = self
            .resume
            .roles
            .first()
            .map_or("with software", |r| r.title.as_str());
        let skills: Vec<&str> = self
            .resume
            .skills
            .iter()
            .take(3)
            .map(String::as_str)
            .collect();
        match (self.quality, skills.as_slice()) {
            (0, _) => format!("Hi. I am {first}. I am still learning a lot."),
            (_, [a, b, c]) => format!(
                "Hello, my name is {first}. My last job was {role}. I work mostly with {a}, {b} and {c}."
            ),
            _ => format!("Hello, my name is {first}. My last job was {role}."),
        }
    }

    fn sample(&self, question: Option<&Question>) -> String {
        let Some(question) = question else {
            return "I am not sure about that one.".into();
        };
        if let Some(sample) = &question.sample {
            let text = match self.quality {
                0 => &sample.weak,
                1 => &sample.average,
                2 => &sample.strong,
                _ => &sample.exceptional,
            };
            if !text.is_empty() {
                return text.clone();
            }
        }
        // A bank without samples: a share of what the rubric asks for.
        let says: Vec<&str> = question
            .key_points
            .iter()
            .map(|k| k.says.as_str())
            .collect();
        let share = match self.quality {
            0 => 0,
            1 => says.len().div_ceil(2),
            2 => (says.len() * 3).div_ceil(4),
            _ => says.len(),
        };
        match share {
            0 => "I am not really sure. I have not worked much with that.".into(),
            n => says[..n].join(" "),
        }
    }

    fn probed(&mut self, question: Option<&Question>, point: &str) -> String {
        let says = question
            .and_then(|q| q.key_points.iter().find(|k| k.id == point))
            .map(|k| k.says.as_str());
        let project = question.is_some_and(|q| q.kind == Kind::Project);
        match (self.quality, says) {
            (2.., Some(says)) if !project => says.to_owned(),
            (2.., _) => {
                "I worked on that myself, and as a result our error rate fell by thirty percent."
                    .into()
            }
            (1, _) => self.pick(say::LITTLE),
            _ => self.pick(say::LOST),
        }
    }

    fn closing(&mut self, line: &Line) -> Option<Act> {
        Some(match self.profile {
            Profile::Silent => return None,
            Profile::OffTopic => self.story(1),
            Profile::Parrot => say_once(&line.text),
            Profile::Hostile => self.one_of(say::HOSTILE),
            Profile::Prying if !self.chance.one_in(3) => self.one_of(say::PRYING),
            Profile::ChangesSubject if !self.chance.one_in(3) => self.one_of(say::OTHER_SUBJECTS),
            _ if self.questions > 0 => {
                self.questions -= 1;
                self.one_of(say::QUESTIONS)
            }
            _ => self.one_of(say::NO_QUESTION),
        })
    }
}

fn say_once(text: &str) -> Act {
    Act::Say {
        stretches: vec![text.to_owned()],
        pause_ms: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::LineId;

    fn line(id: LineId, purpose: Purpose, stage: Stage, question: Option<&str>) -> Line {
        Line {
            id,
            text: "What is a queue for?".into(),
            purpose,
            stage,
            question: question.map(str::to_owned),
            number: None,
            of: 3,
            expects: Expects::Long,
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_candidate_and_another_varies_the_wording() {
        let bank = Bank::builtin();
        let resume = Resume::of_name("Ann Lee");
        let ids: Vec<String> = bank.questions().map(|(_, q)| q.id.clone()).collect();
        let all = |seed| -> Vec<String> {
            let mut script = Script::new(Profile::Strong, &resume, bank, seed);
            (1..)
                .zip(&ids)
                .filter_map(|(n, id)| {
                    script.reply(&line(n, Purpose::Question, Stage::Technical, Some(id)))
                })
                .collect()
        };
        assert_eq!(all(3), all(3));
        assert_ne!(all(3), all(4));
        assert_eq!(all(3).len(), ids.len());
    }

    #[test]
    fn somebody_who_asks_for_things_gets_to_the_answer_in_the_end() {
        let bank = Bank::builtin();
        let resume = Resume::of_name("Ann Lee");
        let (_, question) = bank
            .questions()
            .find(|(_, q)| q.sample.is_some() && q.kind == Kind::Technical)
            .unwrap();
        for seed in 0..40 {
            let mut script = Script::new(Profile::Requests, &resume, bank, seed);
            let asked = line(1, Purpose::Question, Stage::Technical, Some(&question.id));
            let first = script.hear(&asked).unwrap().act;
            let skip = matches!(first, Act::Press(Request::Skip))
                || matches!(&first, Act::Say { stretches, .. } if say::SKIP.contains(&stretches[0].as_str()));
            if skip {
                continue;
            }
            let mut said = String::new();
            for n in 2..5 {
                let again = line(n, Purpose::Repeat, Stage::Technical, Some(&question.id));
                said.push_str(&script.reply(&again).unwrap());
            }
            assert!(said.len() > 60, "{seed}: {said}");
        }
    }

    #[test]
    fn a_silent_candidate_consents_and_says_nothing_more() {
        let resume = Resume::of_name("Ann Lee");
        let mut script = Script::new(Profile::Silent, &resume, Bank::builtin(), 1);
        assert!(
            script
                .hear(&line(1, Purpose::Disclosure, Stage::Opening, None))
                .is_some()
        );
        assert_eq!(
            script.hear(&line(2, Purpose::Introduction, Stage::Introduction, None)),
            None
        );
        assert_eq!(
            script.hear(&line(3, Purpose::Invitation, Stage::Closing, None)),
            None
        );
    }
}
