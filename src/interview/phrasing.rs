//! Everything that the interviewer says besides the bank's questions: three
//! tones, several ways to say each thing, none of them praise or a score.

use super::job::Job;
use super::text::{mix, speakable};
use crate::event::Mode;
use std::collections::BTreeMap;

/// Asked when the planned questions are over.
pub const INVITATION: &str = "Before we wrap up, do you have any questions for me?";
/// Asked after every answered question of the candidate.
pub const ANY_OTHER: &str = "Any other questions I can help with?";
/// The last words of every interview that had consent.
pub const FAREWELL: &str = "Thank you, that's it for today.";
/// Said when the candidate asks for something that has no place here.
pub const OUT_OF_SCOPE: &str = "Sorry, this is out of scope.";
/// Said when the job's facts hold no answer.
pub const PASSED_ON: &str =
    "I don't have that information, but I will pass your question on to the recruiter.";

/// What a phrase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Say {
    /// After an answer, before the next question.
    Ack,
    /// After an answer, before a probe.
    Follow,
    /// After "I don't know" or a skipped question.
    NoMatter,
    /// From the introduction to the project.
    ToProject,
    /// From the project to the technical questions.
    ToTechnical,
    /// Before a question is said again.
    Again,
    /// Before a question is said in other words.
    OtherWords,
    /// Time to think is granted.
    Think,
    /// A pause is granted.
    Pause,
    /// After a pause.
    GoOn,
    /// After an interruption: we go on, and it is recorded.
    Back,
    /// The one gentle prompt after silence.
    Nudge,
    /// It is too loud to understand anything.
    Din,
    /// A question back: nothing is given away.
    AsYouSee,
    /// The candidate has questions; say on.
    GoAhead,
    /// Questions about the job have their time at the end.
    Later,
    /// Nothing was heard of a question.
    Silence,
    /// Somebody asks who speaks.
    Who,
    /// Somebody wants to speak with a person.
    Person,
    /// Before an explanation; `coach` mode only.
    Teach,
}

type Ways = &'static [&'static str];

/// The ways to say a thing in one tone. `Coach` speaks like `Friendly`.
fn ways(mode: Mode, say: Say) -> Ways {
    match mode {
        Mode::Friendly | Mode::Coach => match say {
            Say::Ack => &[
                "Thanks.",
                "Okay, thanks.",
                "All right, next one.",
                "Got it, thank you.",
                "Thanks for that.",
                "Okay, let's go on.",
                "All right, thanks.",
                "Thanks, let's move on.",
            ],
            Say::Follow => &[
                "Okay.",
                "Thanks. Let me ask a bit more about that.",
                "Got it.",
                "All right, one more thing about this.",
                "Let me stay with that for a moment.",
                "I see.",
                "Okay, a little more on that.",
            ],
            Say::NoMatter => &[
                "That's all right.",
                "No problem, let's go on.",
                "That's fine, let's move on.",
                "No worries, here is the next one.",
            ],
            Say::ToProject => &[
                "Thanks. Let's talk about your work.",
                "Okay, thank you. Let's look at something you did.",
                "Thanks for that. Now to your own work.",
            ],
            Say::ToTechnical => &[
                "Thanks. Let's move on to some technical questions.",
                "Okay, let's go on with a few technical questions.",
                "Thanks. Now I have some technical questions for you.",
            ],
            Say::Again => &[
                "Sure.",
                "Of course.",
                "No problem.",
                "Sure, here it is again.",
            ],
            Say::OtherWords => &[
                "Sure, let me put it another way.",
                "Let me say it differently.",
                "Of course, in other words.",
            ],
            Say::Think => &[
                "Sure, take your time.",
                "Of course, no hurry.",
                "Take all the time you need.",
            ],
            Say::Pause => &[
                "Sure, let's take a break. Just say when you want to go on.",
                "Of course. Tell me when you are ready again.",
            ],
            Say::GoOn => &["Okay, let's go on.", "Okay, welcome back."],
            Say::Back => &[
                "Sorry, we were cut off, so let's go on where we stopped, recording included.",
                "We lost each other for a moment, so let's pick up where we were, recording included.",
            ],
            Say::Nudge => &[
                "I'm still here, take your time.",
                "No hurry. Just start when you are ready.",
                "Take a moment if you like. I'm listening.",
            ],
            Say::Din => &[
                "It's quite loud around you, so I can't make out your words. Could you move somewhere quieter, or type your answer?",
                "Sorry, there is a lot of noise, and I can't understand you. A quieter place would help, or just type your answer.",
            ],
            Say::AsYouSee => &[
                "You can take it whichever way suits you.",
                "That's up to you. Just go with what fits best.",
                "However you like. There is no set form for it.",
            ],
            Say::GoAhead => &["Sure, go ahead.", "Of course, what would you like to know?"],
            Say::Later => &[
                "We will have time for your questions at the end.",
                "Let's keep that for the end, there is time for it then.",
            ],
            Say::Silence => &[
                "Let's go on to something else.",
                "All right, let's move on.",
                "Let's try another one.",
                "Okay, on to the next one.",
            ],
            Say::Who => {
                &["I'm Viva, an AI interviewer. That means a computer program, not a person."]
            }
            Say::Person => &[
                "I can't bring a person in here. You can stop at any time, and the recruiter can offer you another way.",
            ],
            Say::Teach => &[
                "Here is a thought to take with you.",
                "A short note on that one.",
                "For next time.",
            ],
        },
        Mode::Formal => match say {
            Say::Ack => &[
                "Thank you.",
                "I see, thank you.",
                "Noted, thank you.",
                "Thank you for your answer.",
                "Very well. The next question.",
                "Thank you. Let us continue.",
                "Thank you. I shall go on.",
            ],
            Say::Follow => &[
                "Thank you. I have one more question on this.",
                "I see. Let me stay with this point.",
                "May I stay with this for a moment.",
                "I see. I would like to hear more on this.",
                "Thank you. There is a further point to this.",
                "Very well. Let us remain with this matter.",
            ],
            Say::NoMatter => &[
                "That is quite all right. We shall continue.",
                "Very well, let us continue.",
                "Thank you for saying so. Let us proceed.",
                "That is understood. We shall go on.",
            ],
            Say::ToProject => &[
                "Thank you. I would like to turn to your own work.",
                "Thank you. Let us proceed to your experience.",
                "Very well. We shall now speak about your work.",
            ],
            Say::ToTechnical => &[
                "Thank you. We shall now turn to the technical questions.",
                "Thank you. I would now like to proceed to the technical part.",
                "Very well. The technical questions follow.",
            ],
            Say::Again => &["Certainly.", "With pleasure.", "By all means."],
            Say::OtherWords => &[
                "Certainly. I shall put the question differently.",
                "Allow me to rephrase the question.",
            ],
            Say::Think => &[
                "Certainly. Please take the time that you need.",
                "By all means, please take your time.",
            ],
            Say::Pause => &[
                "Certainly, we shall pause. Please let me know when you wish to continue.",
                "By all means. Please tell me when you would like to resume.",
            ],
            Say::GoOn => &["Thank you. We shall continue.", "Very well, let us resume."],
            Say::Back => &[
                "We were interrupted and shall continue, and record, from where we stopped.",
                "After this interruption we shall resume both the interview and the recording.",
            ],
            Say::Nudge => &[
                "Please begin whenever you are ready.",
                "Please take the time you need. I am listening.",
            ],
            Say::Din => &[
                "I am sorry, it is loud around you and I cannot make out your words. Would you please find a quieter place, or type your answer?",
            ],
            Say::AsYouSee => &[
                "I leave the interpretation to you.",
                "Please answer as you understand the question.",
                "That is left to your discretion.",
            ],
            Say::GoAhead => &["Certainly, please ask.", "Please go ahead."],
            Say::Later => &[
                "There will be an opportunity for your questions at the end.",
                "May I ask you to keep that for the end of the interview.",
            ],
            Say::Silence => &[
                "We shall continue with another matter.",
                "Let us proceed.",
                "I shall put another question to you.",
                "Let us turn to the next question.",
            ],
            Say::Who => {
                &["My name is Viva. I am an AI interviewer, a computer program and not a person."]
            }
            Say::Person => &[
                "No person can join this call. You may end it at any time, and the recruiter can offer you another way.",
            ],
            Say::Teach => &["An explanation, if I may.", "Allow me a brief explanation."],
        },
        Mode::Technical => match say {
            Say::Ack => &[
                "Okay.",
                "Noted.",
                "I see.",
                "Next.",
                "Okay, next.",
                "Next question.",
                "Moving on.",
            ],
            Say::Follow => &[
                "Okay. Still on that.",
                "Noted. More on this.",
                "Staying there.",
                "Same topic.",
                "Going deeper.",
                "More detail.",
            ],
            Say::NoMatter => &["Okay, next one.", "Fine, moving on.", "Noted. Next."],
            Say::ToProject => &[
                "Okay. Your work.",
                "Noted. On to your work.",
                "Next, your own work.",
            ],
            Say::ToTechnical => &[
                "Okay, technical part.",
                "Noted. Technical questions now.",
                "Now the technical part.",
            ],
            Say::Again => &["Again.", "Once more.", "Repeating."],
            Say::OtherWords => &["Put differently.", "In other words."],
            Say::Think => &["Take your time.", "Okay, think it over."],
            Say::Pause => &[
                "Okay, paused. Say resume to go on.",
                "Paused. Say when to go on.",
            ],
            Say::GoOn => &["Going on.", "Okay, continuing."],
            Say::Back => &[
                "Connection restored, interview and recording go on.",
                "Back after an interruption, still recording.",
            ],
            Say::Nudge => &["Ready when you are.", "Go ahead when ready."],
            Say::Din => {
                &["Too much noise, no words understood. Find a quieter place or type the answer."]
            }
            Say::AsYouSee => &[
                "Your choice. State your assumption.",
                "Either works. State your assumption.",
                "As you read it.",
            ],
            Say::GoAhead => &["Go ahead.", "Sure, ask."],
            Say::Later => &["Questions come at the end.", "Keep it for the end."],
            Say::Silence => &[
                "Next one.",
                "On to the next.",
                "Another one.",
                "Moving along.",
            ],
            Say::Who => &["Viva, an AI interviewer. A program, not a person."],
            Say::Person => &[
                "No person on this call. You can end it at any time. The recruiter can offer another way.",
            ],
            Say::Teach => &["Short answer.", "For reference."],
        },
    }
}

/// Says things in one tone. The ways to say a thing go round in an order of
/// chance, so that none comes again before all the others, and nothing is
/// said twice in a row.
#[derive(Clone, Debug)]
pub(crate) struct Voice {
    mode: Mode,
    seed: u64,
    /// How often each thing was said, and how the last time.
    said: BTreeMap<Say, (usize, &'static str)>,
    last: &'static str,
}

impl Voice {
    pub(crate) fn new(mode: Mode, seed: u64) -> Self {
        Self {
            mode,
            seed,
            said: BTreeMap::new(),
            last: "",
        }
    }

    /// One way to say it.
    pub(crate) fn say(&mut self, say: Say) -> &'static str {
        let all = ways(self.mode, say);
        let (times, before) = self.said.entry(say).or_default();
        let (round, place) = (*times / all.len(), *times % all.len());
        *times += 1;
        let mut order: Vec<&'static str> = all.to_vec();
        let key = |way: &&'static str| mix(self.seed.wrapping_add(round as u64), way);
        order.sort_by_key(key);
        let mut pick = order[place];
        if (pick == self.last || pick == *before) && all.len() > 1 {
            pick = order[(place + 1) % order.len()];
        }
        *before = pick;
        self.last = pick;
        pick
    }

    /// A phrase, then the text: one line with at most one question mark.
    pub(crate) fn before(&mut self, say: Say, text: &str) -> String {
        speakable(&format!("{} {text}", self.say(say)))
    }

    pub(crate) fn disclosure(&self, name: &str, job: &Job, minutes: u16, asked: bool) -> String {
        let (position, employer) = (job.position(), job.employer());
        let hello = match self.mode {
            Mode::Friendly | Mode::Coach => format!(
                "Hello {name}, and welcome! I'm Viva, an AI interviewer, which means a computer program and not a person. I'd like to talk with you about {position}, for at most {minutes} minutes. This conversation is recorded, and the people who hire at {employer} will hear the recording and read the transcript."
            ),
            Mode::Formal => format!(
                "Good day, {name}. My name is Viva. I am an AI interviewer, that is, a computer program and not a person, and I will conduct your interview for {position}. It will take at most {minutes} minutes. It is recorded, and those who decide on the application at {employer} will hear the recording and read the transcript."
            ),
            Mode::Technical => format!(
                "Hello {name}. This is Viva, an AI interviewer, not a person. Subject: {position}, at most {minutes} minutes. The call is recorded. The hiring team at {employer} hears the recording and reads the transcript."
            ),
        };
        let ask = match (asked, self.mode) {
            (false, _) => "You have already agreed to this.",
            (true, Mode::Friendly | Mode::Coach) => "Is that all right with you?",
            (true, Mode::Formal) => "Do you consent to this?",
            (true, Mode::Technical) => "Do you agree, yes or no?",
        };
        speakable(&format!("{hello} {ask}"))
    }

    /// Says words back that may have been misheard.
    pub(crate) fn did_you_say(&self, heard: &str) -> String {
        speakable(&match self.mode {
            Mode::Friendly | Mode::Coach => {
                format!("Sorry, I want to be sure that I heard you. Did you say \"{heard}\"?")
            }
            Mode::Formal => {
                format!("Excuse me, I would like to be certain. Did you say \"{heard}\"?")
            }
            Mode::Technical => format!("To be sure. Did you say \"{heard}\"?"),
        })
    }

    /// After a "no" to that.
    pub(crate) fn say_that_part_again(&self) -> String {
        match self.mode {
            Mode::Friendly | Mode::Coach => "Thanks. Then please say that part once more.",
            Mode::Formal => "Thank you. Would you kindly say that part once more.",
            Mode::Technical => "Okay. Say that part once more.",
        }
        .to_owned()
    }

    pub(crate) fn consent_again(&self, job: &Job) -> String {
        let employer = job.employer();
        speakable(&match self.mode {
            Mode::Friendly | Mode::Coach => format!(
                "Just to be sure, I'm an AI and this is recorded for the hiring team at {employer}, nobody else. May we begin, yes or no?"
            ),
            Mode::Formal => format!(
                "I need a clear answer. An AI conducts this interview, and it is recorded for the hiring team at {employer} alone. Do you consent, yes or no?"
            ),
            Mode::Technical => format!(
                "I need a yes or a no. AI interviewer, recorded, only for the hiring team at {employer}. Do you agree?"
            ),
        })
    }

    pub(crate) fn refused(&self) -> &'static str {
        match self.mode {
            Mode::Friendly | Mode::Coach => {
                "That's perfectly fine. Nothing was recorded, and the recruiter can offer you another way. Goodbye, and all the best."
            }
            Mode::Formal => {
                "I respect your decision. Nothing was recorded, and the recruiter can offer you another way to apply. I wish you all the best."
            }
            Mode::Technical => {
                "Understood. Nothing was recorded. The recruiter can offer another way. Goodbye."
            }
        }
    }

    /// The introduction question, what is said before it, and how it is asked
    /// in other words.
    pub(crate) fn introduction(&self, job: &Job) -> Introduction {
        let title = &job.title;
        let (before, ask, short) = match self.mode {
            Mode::Friendly | Mode::Coach => (
                "Thank you.",
                format!(
                    "To start, could you tell me a little about yourself and what brings you to the {title} position?"
                ),
                "Could you tell me a little about your background?",
            ),
            Mode::Formal => (
                "Thank you.",
                format!(
                    "To begin with, would you please introduce yourself and describe your background with regard to the {title} position?"
                ),
                "Would you please describe your professional background?",
            ),
            Mode::Technical => (
                "Thanks.",
                format!("First, what is your background, and why the {title} position?"),
                "What is your background?",
            ),
        };
        Introduction {
            before,
            ask: speakable(&ask),
            short,
        }
    }
}

/// The introduction question.
pub(crate) struct Introduction {
    /// Said once, before it.
    pub(crate) before: &'static str,
    /// The question.
    pub(crate) ask: String,
    /// The same in other words.
    pub(crate) short: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[Say] = &[
        Say::Ack,
        Say::Follow,
        Say::NoMatter,
        Say::ToProject,
        Say::ToTechnical,
        Say::Again,
        Say::OtherWords,
        Say::Think,
        Say::Pause,
        Say::GoOn,
        Say::Nudge,
        Say::Din,
        Say::AsYouSee,
        Say::GoAhead,
        Say::Later,
        Say::Silence,
        Say::Who,
        Say::Person,
        Say::Teach,
    ];

    #[test]
    fn no_tone_praises_scores_or_cannot_be_spoken() {
        for mode in [Mode::Friendly, Mode::Formal, Mode::Technical] {
            for say in ALL {
                for way in ways(mode, *say) {
                    assert_eq!(speakable(way), *way);
                    let lower = way.to_lowercase();
                    for word in [
                        "good",
                        "excellent",
                        "correct",
                        "impressive",
                        "well done",
                        "exactly",
                        "perfect",
                        "wrong",
                        "interesting",
                        "great",
                        "score",
                    ] {
                        assert!(!lower.contains(word), "{way}");
                    }
                    if matches!(
                        say,
                        Say::Ack
                            | Say::Follow
                            | Say::Again
                            | Say::OtherWords
                            | Say::ToProject
                            | Say::ToTechnical
                            | Say::Silence
                            | Say::NoMatter
                    ) {
                        assert!(!way.contains('?'), "{way} goes before a question");
                    }
                }
            }
        }
    }

    #[test]
    fn the_tones_differ_and_a_way_is_not_said_twice_in_a_row() {
        for say in ALL {
            for (a, b) in [
                (Mode::Friendly, Mode::Formal),
                (Mode::Formal, Mode::Technical),
                (Mode::Friendly, Mode::Technical),
            ] {
                let shared = ways(a, *say).iter().filter(|w| ways(b, *say).contains(w));
                // A bare "Okay." or "I see." may be shared.
                let long = shared.filter(|w| w.split(' ').count() > 2);
                assert_eq!(long.count(), 0, "{say:?} in {a:?} and {b:?}");
            }
        }
        let mut voice = Voice::new(Mode::Friendly, 7);
        let all = ways(Mode::Friendly, Say::Ack).len();
        let said: Vec<_> = (0..50).map(|_| voice.say(Say::Ack)).collect();
        assert!(said.windows(2).all(|w| w[0] != w[1]));
        let first: BTreeMap<&str, ()> = said[..all].iter().map(|w| (*w, ())).collect();
        assert_eq!(first.len(), all, "none comes again before all the others");
    }
}
