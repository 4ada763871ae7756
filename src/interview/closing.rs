//! The candidate's own questions: answered from the job's facts or passed on,
//! until there are none.

use super::asides::{asks_for_a_person, asks_who, is_insult, is_order};
use super::asked::{AskedBack, Outcome};
use super::engine::{Interview, Prompt};
use super::job::{Fact, Job};
use super::phrasing::{ANY_OTHER, OUT_OF_SCOPE, PASSED_ON, Say};
use super::policy;
use super::requests::{Intent, understand};
use super::text::{sentences, stem, words};
use super::turn::{HEARD, WHOLE};
use super::wish::{Wish, wish};
use crate::clock::SessionTime;
use crate::event::{Expects, Purpose, Source, Utterance};

impl Interview {
    /// Words after "do you have any questions?".
    pub(super) fn closing_words(&mut self, utterance: Utterance, began: Option<SessionTime>) {
        let intent = understand(&utterance.text).intent;
        if self.hold.is_some() {
            if intent == Intent::Sign {
                return;
            }
            self.release();
        }
        if !self.tally.owed {
            self.tally.rounds += 1;
        }
        if self.tally.rounds > policy::ROUNDS_MOST {
            self.new_turn();
            self.leave(self.reason);
            return;
        }
        let wants = wish(&utterance.text);
        let heard = match utterance.source {
            Source::Voice => self.heard(began),
            Source::Typed => 1.0,
        };
        // A statement that began before the line had ended goes on with the
        // last answer; so does whatever is neither a question nor a "no"
        // where the line was hardly heard.
        let goes_on = self.asked_back.is_empty()
            && self.tally.interrupted < policy::UNHEARD_MOST
            && match wants {
                Wish::Unclear => heard < WHOLE,
                Wish::Some => heard < HEARD,
                Wish::None | Wish::Question => false,
            };
        if goes_on {
            // Still about the last question.
            if let Some(asked) = self.asked.last_mut() {
                asked.answers.push(utterance);
                if asked.outcome == Outcome::Unanswered {
                    asked.outcome = Outcome::Answered;
                }
                self.reassess(self.asked.len() - 1);
            }
            self.again_or_wait();
            return;
        }
        match intent {
            Intent::Repeat | Intent::Rephrase | Intent::Think | Intent::Pause | Intent::Resume => {
                self.closing_request(intent);
                return;
            }
            Intent::End | Intent::Finished | Intent::Skip => {
                self.new_turn();
                self.leave(self.reason);
                return;
            }
            _ => {}
        }
        self.new_turn();
        let said = words(&utterance.text);
        let told = if asks_for_a_person(&said) {
            Some(Say::Person)
        } else {
            asks_who(&said).then_some(Say::Who)
        };
        if let Some(told) = told.filter(|_| self.tally.asides < 2) {
            self.tally.asides += 1;
            let text = self.voice.say(told).to_owned();
            self.say(Purpose::Remark, text, Expects::Nothing);
            self.any_other();
            return;
        }
        // An order, or the interviewer's own words from a loudspeaker.
        let echo = self.asker.as_ref().is_some_and(|a| words(&a.text) == said);
        let order = is_order(&said) || is_insult(&said);
        let wants = match wants {
            Wish::Question if echo => Wish::Unclear,
            Wish::Question if order && self.tally.asides < 2 => {
                self.tally.asides += 1;
                self.say(
                    Purpose::OutOfScope,
                    OUT_OF_SCOPE.to_owned(),
                    Expects::Nothing,
                );
                self.any_other();
                return;
            }
            Wish::Question if order => Wish::Unclear,
            other => other,
        };
        match wants {
            Wish::None => self.leave(self.reason),
            Wish::Question => self.reply(utterance),
            Wish::Some if self.tally.signs < 2 => {
                self.tally.signs += 1;
                let text = self.voice.say(Say::GoAhead).to_owned();
                self.say_softly(Purpose::Remark, text);
            }
            Wish::Unclear if self.tally.asides < 2 => {
                self.tally.asides += 1;
                self.any_other();
            }
            Wish::Some | Wish::Unclear => self.leave(self.reason),
        }
    }

    pub(super) fn closing_request(&mut self, intent: Intent) {
        self.new_turn();
        match intent {
            Intent::Think => self.think(),
            Intent::Pause => {
                self.release();
                self.pause();
            }
            _ => {
                self.release();
                self.tally.repeats += 1;
                if self.tally.repeats > policy::REPEAT_MOST {
                    self.leave(self.reason);
                    return;
                }
                let text = self.short_form();
                self.say(Purpose::Repeat, text, Expects::Short);
            }
        }
    }

    fn reply(&mut self, utterance: Utterance) {
        let (facts, open) = facts(&self.setup.job, &utterance.text);
        let answers: Vec<(String, String)> = facts
            .iter()
            .map(|f| (f.id.clone(), f.says.clone()))
            .collect();
        self.asked_back.push(AskedBack {
            utterance,
            facts: answers.iter().map(|a| a.0.clone()).collect(),
            passed_on: open,
        });
        for (fact, says) in answers {
            self.say(Purpose::Reply { fact: Some(fact) }, says, Expects::Nothing);
        }
        if open {
            self.say(
                Purpose::Reply { fact: None },
                PASSED_ON.to_owned(),
                Expects::Nothing,
            );
        }
        if self.asked_back.len() >= policy::ASKED_BACK_MOST {
            self.leave(self.reason);
        } else {
            self.any_other();
        }
    }

    fn any_other(&mut self) {
        self.prompt = Some(Prompt {
            text: ANY_OTHER.to_owned(),
            short: None,
            point: None,
        });
        self.say(Purpose::Invitation, ANY_OTHER.to_owned(), Expects::Short);
    }
}

/// What is known about a question: the facts that answer it, and whether a
/// part of it stays open.
pub(crate) fn facts<'a>(job: &'a Job, text: &str) -> (Vec<&'a Fact>, bool) {
    let parts = sentences(text);
    let marked: Vec<&str> = parts.iter().copied().filter(|p| p.ends_with('?')).collect();
    // Without question marks (typed, or badly heard) the whole is a question.
    let alone = marked.len() <= 1 && parts.len() <= 2;
    let asked = if marked.is_empty() {
        vec![text]
    } else {
        marked
    };
    let mut found: Vec<&Fact> = Vec::new();
    let mut open = false;
    for part in asked {
        match fact(job, part).or_else(|| alone.then(|| fact(job, text)).flatten()) {
            Some(fact) if !found.iter().any(|f| f.id == fact.id) => found.push(fact),
            Some(_) => {}
            None => open = true,
        }
    }
    found.truncate(2);
    (found, open)
}

/// The fact whose words the question uses most.
fn fact<'a>(job: &'a Job, text: &str) -> Option<&'a Fact> {
    let said: Vec<String> = words(text).iter().map(|w| stem(w).to_owned()).collect();
    let score = |fact: &Fact| -> usize {
        let mut sum = 0;
        for phrase in &fact.asked {
            let phrase: Vec<String> = words(phrase).iter().map(|w| stem(w).to_owned()).collect();
            if !phrase.is_empty() && said.windows(phrase.len()).any(|w| w == phrase.as_slice()) {
                // Longer phrases are surer.
                sum += phrase.len() * phrase.len();
            }
        }
        sum
    };
    let mut best: Option<(&Fact, usize)> = None;
    for fact in &job.facts {
        let points = score(fact);
        if points > best.map_or(0, |b| b.1) {
            best = Some((fact, points));
        }
    }
    best.map(|b| b.0)
}

/// Whether a question in the middle of the interview is about the job.
pub(crate) fn about_the_job(job: &Job, text: &str) -> bool {
    const WORDS: &[&str] = &[
        "salary",
        "pay",
        "team",
        "benefits",
        "holiday",
        "vacation",
        "remote",
        "office",
        "company",
        "position",
        "contract",
        "start date",
        "next steps",
        "hiring",
    ];
    let line = format!(" {} ", words(text).join(" "));
    text.trim_end().ends_with('?')
        && (WORDS.iter().any(|w| line.contains(&format!(" {w} "))) || fact(job, text).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        Job::parse(
            "j.toml",
            "title = \"Tester\"\nlocation = \"Remote\"\n[[fact]]\nid = \"team\"\nasked = [\"team\", \"work with\", \"colleagues\"]\nsays = \"The team has six people.\"\n",
        )
        .unwrap()
    }

    #[test]
    fn questions_find_their_facts_or_stay_open() {
        let job = job();
        for (text, ids, open) in [
            ("How big is the team?", vec!["team"], false),
            ("Who would I be working with?", vec!["team"], false),
            ("Can I work remotely?", vec!["location"], false),
            (
                "How big is the team? And can I work from home?",
                vec!["team", "location"],
                false,
            ),
            ("What is the salary?", vec![], true),
            (
                "What's the team like? And what does it pay?",
                vec!["team"],
                true,
            ),
        ] {
            let (found, rest) = facts(&job, text);
            let found: Vec<_> = found.iter().map(|f| f.id.as_str()).collect();
            assert_eq!((found, rest), (ids, open), "{text}");
        }
    }
}
