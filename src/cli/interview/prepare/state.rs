//! What is known before the interview: a fold of keys and news. No terminal,
//! no clock, no device: the time comes in as an argument, and what is to be
//! done goes out.

use super::choose::{self, Entry};
use super::fetch::Fetch;
use super::judge::starter_is_used;
use super::vocabulary::{Do, Done, Heard, Key, Page, Plan, microphone, speaker};
use crate::audio::DeviceInfo;
use crate::audio::health::Levels;
use crate::config::Choices;
use crate::event::Track;
use crate::preflight::{Cue, Finding, Offer, Place, Verdict};
use std::collections::VecDeque;
use std::sync::Arc;

/// What the program says, and the candidate may say after it.
pub(super) const SENTENCE: &str = "I am ready, and we can begin when you are.";
/// A device that is only passed over in a list is not opened: it must stay
/// marked for so long, in milliseconds.
const REST_MS: u64 = 300;

/// So much of what was told is kept.
const SAID_MOST: usize = 200;

/// How far the test sentence is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Idle,
    /// The sentence is not made yet.
    Waiting,
    Saying,
    Listening,
    /// It is being transcribed.
    Reading(Arc<[f32]>),
    Playing,
}

/// Everything that is known.
#[derive(Debug)]
pub(super) struct State {
    pub(super) plan: Plan,
    pub(super) page: Page,
    pub(super) coming: VecDeque<Page>,
    pub(super) choices: Choices,
    /// The entry of a list that is marked, from 0.
    pub(super) pick: usize,
    reopen_at: Option<u64>,
    pub(super) devices: Option<Vec<DeviceInfo>>,
    pub(super) microphone: Option<Finding>,
    pub(super) speaker: Option<Finding>,
    pub(super) ears: Option<Result<Heard, String>>,
    /// What is offered where no model can be measured.
    pub(super) unmeasured: Vec<Offer>,
    pub(super) engine: Option<Finding>,
    pub(super) voice: Option<Result<Arc<[f32]>, String>>,
    pub(super) level: (f32, u64),
    pub(super) speaking: bool,
    pub(super) levels: Option<Levels>,
    pub(super) faults: Vec<&'static str>,
    pub(super) test: Test,
    /// How many sentences were heard: only the newest one's text counts.
    pub(super) tests: u32,
    pub(super) fetch: Option<Fetch>,
    /// The run of a download that counts; what earlier ones still tell does
    /// not.
    pub(super) run: u32,
    /// What is used is told once it is known.
    pub(super) owes_word: bool,
    /// Measurements whose news are still to come: only the last one's model
    /// is used.
    pub(super) measuring: u32,
    /// What was told, oldest first; of very much only the newest.
    pub(super) said: Vec<String>,
    /// How much was told before that.
    pub(super) dropped: usize,
    pub(super) done: Option<Done>,
}

impl State {
    /// Before anything is known; what is to be done first comes back.
    pub(super) fn begin(plan: Plan) -> (Self, Vec<Do>) {
        let mut coming = VecDeque::new();
        if plan.setup && !plan.typed {
            coming.push_back(Page::Microphone);
            if !plan.captions {
                coming.push_back(Page::Speaker);
            }
            coming.push_back(Page::Model);
        }
        let mut state = Self {
            choices: plan.choices.clone(),
            page: Page::Check,
            coming,
            pick: 0,
            reopen_at: None,
            devices: None,
            microphone: None,
            speaker: None,
            ears: None,
            unmeasured: Vec::new(),
            engine: None,
            voice: None,
            level: (f32::NEG_INFINITY, 0),
            speaking: false,
            levels: None,
            faults: Vec::new(),
            test: Test::Idle,
            tests: 0,
            fetch: None,
            run: 0,
            owes_word: false,
            measuring: 0,
            said: Vec::new(),
            dropped: 0,
            done: None,
            plan,
        };
        let mut todo = vec![Do::Engine];
        if !state.plan.typed {
            todo.push(Do::Sound(state.open()));
            todo.push(state.measure(state.choices.model.clone()));
        }
        if state.plan.setup && !state.plan.typed {
            state.say(
                "Microphone, speaker and speech model are chosen once and remembered. Enter takes \
                 what is marked.",
            );
        }
        if let Some(name) = state.plan.fetching.clone() {
            state.coming.retain(|page| *page != Page::Model);
            if state.coming.is_empty() {
                todo.extend(state.begin_fetch(name));
            } else {
                state.coming.push_back(Page::Fetch);
                state.next(&mut todo);
            }
        } else {
            state.next(&mut todo);
        }
        (state, todo)
    }

    /// Tells something.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        let text: String = text.into();
        self.said
            .push(text.chars().filter(|c| !c.is_control()).collect());
        let extra = self.said.len().saturating_sub(SAID_MOST);
        self.said.drain(..extra);
        self.dropped += extra;
    }

    /// Microphone and speaker as they are chosen, or marked in a list.
    fn open(&self) -> Cue {
        let (mut from, mut to) = (
            self.choices.microphone.clone(),
            self.choices.speaker.clone(),
        );
        match self.page {
            Page::Microphone => from = self.marked_device(),
            Page::Speaker => to = self.marked_device(),
            _ => {}
        }
        Cue::Open {
            microphone: microphone(from.as_deref()),
            speaker: match self.plan.captions {
                true => Place::None,
                false => speaker(to.as_deref()),
            },
        }
    }

    fn marked_device(&self) -> Option<String> {
        self.entries().get(self.pick).and_then(|e| e.value.clone())
    }

    /// What the page's list holds.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let known = self.devices.as_deref();
        let mic = self.plan.choices.microphone.as_deref();
        let speaker = self.plan.choices.speaker.as_deref();
        match self.page {
            Page::Microphone => choose::devices(known, Track::Near, mic),
            Page::Speaker => choose::devices(known, Track::Far, speaker),
            Page::Model => choose::models(self.offers()),
            Page::Fetch | Page::Check => Vec::new(),
        }
    }

    fn offers(&self) -> &[Offer] {
        match &self.ears {
            Some(Ok(heard)) => &heard.offers,
            Some(Err(_)) => &self.unmeasured,
            None => &[],
        }
    }

    fn turn_to(&mut self, page: Page) {
        self.page = page;
        self.mark_chosen();
    }

    /// Marks what is chosen already, or recommended.
    pub(super) fn mark_chosen(&mut self) {
        let chosen = match self.page {
            Page::Microphone => self.choices.microphone.clone(),
            Page::Speaker => self.choices.speaker.clone(),
            _ => self.choices.model.clone(),
        };
        let entries = self.entries();
        let named = entries.iter().position(|e| e.value == chosen);
        let marked = entries.iter().position(|e| e.marked);
        self.pick = match self.page {
            // Unless something is recommended, the first is the best.
            Page::Model if chosen.is_none() => marked.or(named),
            _ => named.or(marked),
        }
        .unwrap_or(0);
    }

    /// The next page of the setup, or the check.
    pub(super) fn next(&mut self, todo: &mut Vec<Do>) {
        match self.coming.pop_front() {
            Some(Page::Fetch) => {
                if let Some(name) = self.plan.fetching.clone() {
                    todo.extend(self.begin_fetch(name));
                }
            }
            Some(page) => self.turn_to(page),
            None => self.turn_to(Page::Check),
        }
    }

    fn begin_fetch(&mut self, name: String) -> Vec<Do> {
        self.page = Page::Fetch;
        self.say(format!("{name} is being fetched."));
        let before = self.fetch.take().filter(|f| f.name == name);
        let mut fetch = Fetch::new(name.clone());
        // What a run before has brought is there, whatever becomes of this one.
        fetch.there = before.map_or(0, |f| f.there);
        self.fetch = Some(fetch);
        self.run += 1;
        let run = self.run;
        vec![Do::Keep(self.choices.clone()), Do::Fetch { name, run }]
    }

    /// Whether the page's list is not there yet.
    pub(super) fn awaits_list(&self) -> bool {
        match self.page {
            Page::Microphone | Page::Speaker => self.devices.is_none(),
            Page::Model => self.ears.is_none(),
            Page::Fetch | Page::Check => false,
        }
    }

    /// Whether something is still being looked at.
    pub(super) fn looks(&self) -> bool {
        let sound = self.microphone.is_none() || self.ears.is_none();
        match self.page {
            Page::Fetch => self.fetch.as_ref().is_some_and(|f| f.stopped.is_none()),
            Page::Check => self.engine.is_none() || (!self.plan.typed && sound),
            _ => self.awaits_list(),
        }
    }

    fn is_there(&self, part: Option<&Finding>) -> bool {
        part.is_some_and(|f| f.verdict != Verdict::Failed)
    }

    /// Whether anything that is played can be heard.
    pub(super) fn can_play(&self) -> bool {
        !self.plan.captions && self.is_there(self.speaker.as_ref())
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self, now_ms: u64) -> Vec<Do> {
        if self.reopen_at.is_some_and(|at| now_ms >= at) {
            self.reopen_at = None;
            return vec![Do::Sound(self.open())];
        }
        Vec::new()
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: Key, now_ms: u64) -> Vec<Do> {
        if let Key::Letter('q') = key {
            self.done = Some(Done::Leave);
            return vec![Do::StopFetch];
        }
        match self.page {
            Page::Check => self.key_at_check(key),
            Page::Fetch => self.key_at_fetch(key),
            _ => self.key_at_list(key, now_ms),
        }
    }

    fn key_at_check(&mut self, key: Key) -> Vec<Do> {
        let sound = !self.plan.typed;
        let mut todo = Vec::new();
        match key {
            Key::Enter => self.done = Some(Done::Go),
            Key::Letter('s') => self.done = Some(Done::Skip),
            Key::Letter('w') if sound => self.done = Some(Done::Typed),
            Key::Letter('r') => {
                self.engine = None;
                todo.push(Do::Engine);
                if sound {
                    (self.microphone, self.speaker) = (None, None);
                    todo.push(Do::Sound(self.open()));
                }
            }
            Key::Letter('t') if sound && !self.is_there(self.microphone.as_ref()) => {
                self.say("There is no microphone to try: M chooses one, W types answers.");
            }
            Key::Letter('t') if sound && !self.can_play() => {
                self.say(format!("Please say: \"{SENTENCE}\""));
                todo.push(Do::Sound(Cue::Listen));
            }
            Key::Letter('t') if sound => todo.extend(self.say_sentence()),
            Key::Letter('m') if sound => self.turn_to(Page::Microphone),
            Key::Letter('o') if sound && !self.plan.captions => self.turn_to(Page::Speaker),
            Key::Letter('d') if sound => self.turn_to(Page::Model),
            Key::Escape if self.test != Test::Idle => {
                self.test = Test::Idle;
                self.say("Stopped.");
                todo.push(Do::Sound(Cue::Stop));
            }
            _ => self.say("That key does nothing here; the last row tells the keys."),
        }
        todo
    }

    fn key_at_fetch(&mut self, key: Key) -> Vec<Do> {
        let Some(fetch) = &mut self.fetch else {
            return Vec::new();
        };
        let (name, stopped) = (fetch.name.clone(), fetch.stopped.is_some());
        let mut todo = Vec::new();
        match key {
            Key::Escape if !stopped => {
                // A line that is stuck may notice it much later.
                fetch.stop("It was stopped; what is there is kept".to_owned());
                self.run += 1;
                todo.push(Do::StopFetch);
            }
            Key::Enter if stopped => todo.extend(self.begin_fetch(name)),
            Key::Letter('u') | Key::Escape => {
                todo.extend([Do::StopFetch, Do::ForgetFetch]);
                self.without_fetching(&mut todo);
            }
            _ => {}
        }
        todo
    }

    fn key_at_list(&mut self, key: Key, now_ms: u64) -> Vec<Do> {
        let entries = self.entries();
        let last = entries.len().saturating_sub(1);
        let mut todo = Vec::new();
        let before = self.pick;
        match key {
            Key::Up => self.pick = self.pick.saturating_sub(1),
            Key::Down => self.pick = (self.pick + 1).min(last),
            Key::Number(n) if n >= 1 && n <= entries.len() => self.pick = n - 1,
            Key::Number(n) => self.say(format!("There is no {n}; the last is {}.", last + 1)),
            Key::Letter('t') if self.page == Page::Speaker => {
                // On the marked one, however short a while ago it was marked.
                if self.reopen_at.take().is_some() {
                    todo.push(Do::Sound(self.open()));
                }
                todo.push(Do::Sound(Cue::Tone));
            }
            Key::Letter('u') if self.page == Page::Model => self.use_starter(&mut todo),
            Key::Letter('s') => self.done = Some(Done::Skip),
            Key::Letter('w') => self.done = Some(Done::Typed),
            Key::Escape => {
                // As it was.
                todo.push(Do::Sound(self.reopened()));
                self.next(&mut todo);
            }
            Key::Enter => self.take(entries.get(self.pick), &mut todo),
            Key::Letter(_) => self.say("That key does nothing here; the last row tells the keys."),
        }
        let devices = matches!(self.page, Page::Microphone | Page::Speaker);
        if self.pick != before && devices && key != Key::Enter && key != Key::Escape {
            self.reopen_at = Some(now_ms + REST_MS);
        }
        todo
    }

    /// What is chosen, opened again.
    fn reopened(&mut self) -> Cue {
        self.reopen_at = None;
        let page = std::mem::replace(&mut self.page, Page::Check);
        let cue = self.open();
        self.page = page;
        cue
    }

    fn take(&mut self, entry: Option<&Entry>, todo: &mut Vec<Do>) {
        let value = entry.and_then(|e| e.value.clone());
        match self.page {
            Page::Microphone => self.choices.microphone = value,
            Page::Speaker => self.choices.speaker = value,
            Page::Model => {
                let Some(offer) = self.offers().get(self.pick).cloned() else {
                    // Nothing is known yet: what is here is used.
                    self.next(todo);
                    return;
                };
                if offer.starter {
                    self.use_starter(todo);
                } else if offer.installed {
                    self.use_model(Some(offer.name), todo);
                } else {
                    todo.extend(self.begin_fetch(offer.name));
                }
                return;
            }
            Page::Fetch | Page::Check => return,
        }
        todo.push(Do::Sound(self.reopened()));
        self.next(todo);
    }

    /// The starter model, with a plain word on what that means.
    fn use_starter(&mut self, todo: &mut Vec<Do>) {
        let others = self.offers().iter().any(|o| o.installed && !o.starter);
        let starter = self.offers().iter().find(|o| o.starter);
        // Unnamed where nothing else is here: a better one counts as soon as
        // it is fetched.
        let name = starter.map(|o| o.name.clone()).filter(|_| others);
        match self.ears {
            // What is here, and so what is used, is not known yet.
            None => self.owes_word = true,
            Some(_) => self.say(starter_is_used()),
        }
        self.use_model(name, todo);
    }

    fn use_model(&mut self, name: Option<String>, todo: &mut Vec<Do>) {
        let loaded =
            matches!(&self.ears, Some(Ok(h)) if name.as_ref().is_none_or(|n| *n == h.name));
        self.choices.model.clone_from(&name);
        if !loaded {
            self.ears = None;
            todo.push(self.measure(name));
        }
        self.next(todo);
    }

    /// Has a model, or the best, loaded and measured.
    pub(super) fn measure(&mut self, name: Option<String>) -> Do {
        self.measuring += 1;
        Do::Measure(name)
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
pub(super) mod tests;
