//! What news change in the state of a preparation.

use super::judge::starter_is_used;
use super::state::{SENTENCE, State, Test};
use super::vocabulary::{Do, FetchNews, Heard, News, Page};
use crate::event::Track;
use crate::preflight::{self, Cue, Finding, offers_unmeasured};

/// What is said at the end of a test.
const TEST_OVER: &str =
    "Nothing of it was kept or sent. T tries it again, Enter begins the interview.";

impl State {
    /// Takes news.
    pub(super) fn news(&mut self, news: News, now_ms: u64) -> Vec<Do> {
        match news {
            News::Devices(Ok(devices)) => {
                self.devices = Some(devices);
                if matches!(self.page, Page::Microphone | Page::Speaker) {
                    self.mark_chosen();
                }
            }
            News::Devices(Err(why)) => {
                self.devices = Some(Vec::new());
                self.say(format!("{why}. You can type your answers instead: W."));
            }
            News::Sound(news) => return self.sound(news, now_ms),
            News::Voice(made) => {
                self.voice = Some(made);
                if self.test == Test::Waiting {
                    return self.say_sentence();
                }
            }
            News::Ears(ears) => {
                if let Ok(Heard {
                    instead: Some(why), ..
                }) = &ears
                {
                    let why = why.clone();
                    self.say(why);
                }
                if ears.is_err() {
                    self.unmeasured = offers_unmeasured();
                }
                self.ears = Some(ears);
                self.measuring = self.measuring.saturating_sub(1);
                self.tell_what_is_used();
                if self.page == Page::Model {
                    self.mark_chosen();
                }
            }
            News::Text { test, text } if test == self.tests => return self.text(text),
            News::Text { .. } => {}
            News::Engine(finding) => self.engine = Some(finding),
            News::Fetch { run, news } if run == self.run => return self.fetched(news, now_ms),
            News::Fetch { .. } => {}
        }
        Vec::new()
    }

    fn sound(&mut self, news: preflight::News, now_ms: u64) -> Vec<Do> {
        use preflight::News as Sound;
        match news {
            Sound::Opened {
                microphone,
                speaker,
            } => {
                self.microphone = Some(Finding::ok("microphone", microphone));
                self.speaker = Some(Finding::ok("speaker", speaker));
                (self.levels, self.speaking) = (None, false);
                self.level = (f32::NEG_INFINITY, now_ms);
                self.test = Test::Idle;
            }
            Sound::Gone { track, says } => {
                self.test = Test::Idle;
                let (slot, part, advice) = match track {
                    Track::Near => (
                        &mut self.microphone,
                        "microphone",
                        "M chooses another one, R looks again, W types answers",
                    ),
                    Track::Far => (
                        &mut self.speaker,
                        "speaker",
                        "O chooses another one, R looks again",
                    ),
                };
                *slot = Some(Finding::failed(part, says, advice));
                if self.speaker.is_none() {
                    let says = "It is tried together with a microphone";
                    self.speaker = Some(Finding::failed("speaker", says, "M chooses one"));
                }
            }
            Sound::Back(track) => {
                let slot = match track {
                    Track::Near => &mut self.microphone,
                    Track::Far => &mut self.speaker,
                };
                *slot = Some(Finding::ok("sound", "It works again"));
            }
            Sound::Level(db) => self.level = (self.level_db(now_ms).max(db), now_ms),
            Sound::Voice(on) => self.speaking = on,
            Sound::Levels(levels) => self.levels = Some(levels),
            Sound::Faults(faults) => self.faults = faults,
            Sound::Played { whole } => {
                if self.test == Test::Playing {
                    self.test = Test::Idle;
                    self.say(TEST_OVER);
                } else if !whole && self.test == Test::Saying {
                    self.test = Test::Idle;
                }
            }
            Sound::Listening => {
                self.test = Test::Listening;
                self.say("Now you: say it, or anything you like.");
            }
            Sound::Heard(audio) => {
                self.test = Test::Reading(audio.clone());
                self.tests += 1;
                let test = self.tests;
                return vec![Do::Hear { audio, test }];
            }
            Sound::NothingHeard => {
                self.test = Test::Idle;
                self.say(
                    "Nothing was heard. Come nearer to the microphone and press T again, or \
                     choose another one with M.",
                );
            }
        }
        Vec::new()
    }

    fn text(&mut self, text: Result<String, String>) -> Vec<Do> {
        // Another test may have begun meanwhile.
        let Test::Reading(audio) = &self.test else {
            return Vec::new();
        };
        let audio = audio.clone();
        self.test = Test::Idle;
        match text {
            Ok(text) if text.is_empty() => self.say("No words were understood."),
            Ok(text) => self.say(format!("Understood: \"{text}\"")),
            Err(why) => self.say(format!("It cannot be transcribed: {why}.")),
        }
        if !self.can_play() {
            self.say(TEST_OVER);
            return Vec::new();
        }
        self.test = Test::Playing;
        self.say("Now you hear what was heard.");
        vec![Do::Sound(Cue::Play(audio))]
    }

    fn fetched(&mut self, news: FetchNews, now_ms: u64) -> Vec<Do> {
        let Some(fetch) = &mut self.fetch else {
            return Vec::new();
        };
        let name = fetch.name.clone();
        match news {
            FetchNews::Progress { there, total } => {
                fetch.reach(there, total, now_ms);
                Vec::new()
            }
            FetchNews::Whole => {
                self.fetch = None;
                self.say(format!("{name} is here, whole and checked."));
                self.choices.model = Some(name.clone());
                self.ears = None;
                let mut todo = vec![Do::ForgetFetch, self.measure(Some(name))];
                self.next(&mut todo);
                todo
            }
            // Whoever stopped it said so.
            FetchNews::Stopped => Vec::new(),
            FetchNews::Failed { why, any: true } => {
                fetch.stop(why);
                Vec::new()
            }
            // Nothing can be had here: no reason to hold anybody up.
            FetchNews::Failed { why, any: false } => {
                let nothing = fetch.there == 0;
                self.fetch = None;
                self.say(format!("{name} cannot be fetched now ({why})."));
                let mut todo = Vec::new();
                // What is there of an earlier run is taken up another time.
                if nothing && self.plan.fetching.as_ref() != Some(&name) {
                    todo.push(Do::ForgetFetch);
                }
                self.without_fetching(&mut todo);
                todo
            }
        }
    }

    fn tell_what_is_used(&mut self) {
        let owed = self.owes_word && self.measuring == 0;
        let (true, Some(Ok(heard))) = (owed, &self.ears) else {
            return;
        };
        let text = match heard.starter {
            true => starter_is_used(),
            false => format!("{}, which is here already, is used.", heard.name),
        };
        self.owes_word = false;
        self.say(text);
    }

    /// Goes on with what is here.
    pub(super) fn without_fetching(&mut self, todo: &mut Vec<Do>) {
        self.fetch = None;
        self.owes_word = true;
        self.tell_what_is_used();
        self.next(todo);
    }

    pub(super) fn say_sentence(&mut self) -> Vec<Do> {
        match self.voice.clone() {
            None => {
                self.test = Test::Waiting;
                Vec::new()
            }
            Some(Ok(sound)) => {
                self.test = Test::Saying;
                self.say(format!("The program says: \"{SENTENCE}\""));
                vec![Do::Sound(Cue::Say(sound))]
            }
            Some(Err(why)) => {
                self.say(format!("The voice says nothing: {why}."));
                self.test = Test::Listening;
                vec![Do::Sound(Cue::Listen)]
            }
        }
    }
}
