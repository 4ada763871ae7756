//! Keeps one device running: notices that its stream is over or stuck, lets
//! go of it, and opens it again as soon as it is there.
//!
//! What the system itself does unseen needs no help: where the default
//! device changes, sound servers and cpal's other hosts move a stream that
//! was opened on the default along with it.

use super::attempt::{Attempt, OPEN_MS, Progress};
use super::device::{Place, Way};
use super::error::AudioError;
use super::stream::{Pick, Stream};
use super::watch::{Advice, Watch, Why};
use crate::clock::Clock;
use std::sync::Arc;

/// Tries that may hang at the same time. With so many, the next one waits
/// until the system lets one of them go.
const HANGING: usize = 3;
/// Tries to open a device that hangs at the start of a session.
const FIRST_TRIES: usize = 2;

/// Opens a device; called on threads of its own, because a sound system may
/// take its time.
type Open<S> = dyn Fn(Pick) -> Result<S, AudioError> + Send + Sync;

/// What became of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is gone; its stream with all that belongs to it is over.
    Lost(Why),
    /// There is a new stream, which has yet to work.
    Opened,
    /// The new stream did not work and is gone.
    Discarded,
    /// The new stream works.
    Back,
    /// Opening it hangs; it will be tried again. Said once an absence.
    Stuck,
}

/// A device that may go and come back.
pub(super) struct Supervised<S> {
    way: Way,
    place: Place,
    open: Arc<Open<S>>,
    stream: Option<S>,
    opening: Option<Attempt<Result<S, AudioError>>>,
    /// As many clones as there are tries whose threads are not over.
    trying: Arc<()>,
    watch: Watch,
}

impl<S: Stream> Supervised<S> {
    /// Opens the device.
    ///
    /// # Errors
    ///
    /// Why it cannot be opened; later failures are waited out.
    pub(super) fn open(
        way: Way,
        wanted: Option<String>,
        clock: &Clock,
        open: impl Fn(Pick) -> Result<S, AudioError> + Send + Sync + 'static,
    ) -> Result<Self, AudioError> {
        let (open, trying): (Arc<Open<S>>, _) = (Arc::new(open), Arc::new(()));
        let mut opened = None;
        for _ in 0..FIRST_TRIES {
            let pick = Pick::First(wanted.clone());
            let now = clock.now().millis();
            let attempt = begin(now, &open, &trying, pick).map_err(AudioError::Thread)?;
            match attempt.wait(clock) {
                Progress::Done(made) => opened = Some(made?),
                Progress::Died => {
                    let why = "its thread ended without an answer".into();
                    return Err(AudioError::NoSystem(why));
                }
                Progress::Pending | Progress::Stuck => {
                    tracing::warn!("Opening the {} hangs", way.kind());
                    continue;
                }
            }
            break;
        }
        let Some(stream) = opened else {
            return Err(AudioError::DeviceStuck {
                kind: way.kind(),
                name: wanted,
                seconds: OPEN_MS / 1000,
            });
        };
        let place = Place {
            wanted,
            had: stream.name().to_owned(),
            stuck: false,
        };
        Ok(Self {
            way,
            place,
            open,
            stream: Some(stream),
            opening: None,
            trying,
            watch: Watch::new(clock.now().millis()),
        })
    }

    /// The stream that runs now.
    pub(super) const fn stream(&mut self) -> Option<&mut S> {
        self.stream.as_mut()
    }

    /// The device's whole name, the lost one's while it is gone.
    pub(super) fn name(&self) -> &str {
        self.stream
            .as_ref()
            .map_or(self.place.had.as_str(), |s| s.name())
    }

    /// Whether the device counts as gone.
    #[cfg(test)]
    pub(super) const fn lost(&self) -> bool {
        self.watch.lost()
    }

    /// Looks after the device; call it every few milliseconds.
    pub(super) fn tend(&mut self, now: u64) -> Option<Turn> {
        if let Some(turn) = self.take_opened(now) {
            return turn;
        }
        let vitals = self.stream.as_ref().map(|s| s.vitals());
        let beats = vitals.map_or(0, |v| v.beats());
        let errors = vitals.map_or(0, |v| v.errors());
        let over = vitals.and_then(|v| v.over());
        match self.watch.look(now, beats, errors, over) {
            Advice::Wait => None,
            Advice::Lost(why) => {
                self.let_go();
                Some(Turn::Lost(why))
            }
            Advice::Discard => {
                self.let_go();
                Some(Turn::Discarded)
            }
            Advice::Open => {
                self.begin_opening(now);
                None
            }
            Advice::Back => Some(Turn::Back),
        }
    }

    /// What came of a try, if one is under way and over now.
    fn take_opened(&mut self, now: u64) -> Option<Option<Turn>> {
        let progress = self.opening.as_ref()?.look(now);
        if matches!(progress, Progress::Pending) {
            return None;
        }
        self.opening = None;
        match progress {
            Progress::Done(Ok(stream)) => {
                self.stream = Some(stream);
                self.place.stuck = false;
                self.watch.opened(now);
                return Some(Some(Turn::Opened));
            }
            Progress::Done(Err(error)) => {
                tracing::debug!(%error, "The {} is not back yet", self.way.kind());
            }
            Progress::Stuck => {
                self.watch.failed(now);
                let told = std::mem::replace(&mut self.place.stuck, true);
                return Some((!told).then_some(Turn::Stuck));
            }
            Progress::Died | Progress::Pending => {}
        }
        self.watch.failed(now);
        Some(None)
    }

    fn begin_opening(&mut self, now: u64) {
        if Arc::strong_count(&self.trying) > HANGING {
            return self.watch.failed(now);
        }
        let pick = Pick::Again(self.place.clone());
        match begin(now, &self.open, &self.trying, pick) {
            Ok(attempt) => self.opening = Some(attempt),
            Err(error) => {
                tracing::warn!(%error, "No thread to open the {}", self.way.kind());
                self.watch.failed(now);
            }
        }
    }

    /// A stuck stream may take long to end; that must hold nobody up.
    fn let_go(&mut self) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        stream.give_up();
        let closing = std::thread::Builder::new()
            .name("viva-close".into())
            .spawn(move || drop(stream));
        if let Err(error) = closing {
            tracing::warn!(%error, "No thread to close the {}", self.way.kind());
        }
    }
}

/// Where nobody waits for it any more, its stream ends in the try's thread.
fn begin<S: Send + 'static>(
    now: u64,
    open: &Arc<Open<S>>,
    trying: &Arc<()>,
    pick: Pick,
) -> std::io::Result<Attempt<Result<S, AudioError>>> {
    let (open, trying) = (open.clone(), trying.clone());
    Attempt::begin(now, move || {
        let _trying = trying;
        open(pick)
    })
}

/// What the candidate is told of a device that does not open.
pub(super) fn stuck_words(way: Way) -> String {
    let kind = way.kind();
    format!(
        "The {kind} does not answer. I keep trying; it may help to plug it in again, or to \
         choose another one in the system's sound settings"
    )
}

/// What the candidate is told of a device that is gone.
pub(super) fn lost_words(way: Way, why: Why) -> String {
    let kind = way.kind();
    let what = why.what();
    match why {
        Why::Disconnected => format!(
            "The {kind} {what}. I am waiting for it: please plug it in again, or choose another \
             one in the system's sound settings"
        ),
        Why::Changed | Why::Stalled => {
            format!("The {kind} {what}. I am starting it again")
        }
    }
}

/// What the candidate is told of a device that is back.
pub(super) fn back_words(way: Way, had: &str, name: &str) -> String {
    let kind = way.kind();
    if had == name {
        format!("The {kind} is back")
    } else {
        format!("The {kind} is now \"{name}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::Vitals;
    use super::*;
    use crate::clock::SessionTime;
    use cpal::ErrorKind;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::{Receiver, sync_channel};

    /// A device whose callbacks and end the test decides on.
    struct Fake {
        name: String,
        vitals: Arc<Vitals>,
        dropped: std::sync::mpsc::SyncSender<String>,
    }

    impl Stream for Fake {
        fn name(&self) -> &str {
            &self.name
        }

        fn vitals(&self) -> &Vitals {
            &self.vitals
        }

        fn give_up(&self) {}
    }

    impl Drop for Fake {
        fn drop(&mut self) {
            let _ = self.dropped.send(self.name.clone());
        }
    }

    /// The machine: which devices there are, and what was opened last.
    #[derive(Default)]
    struct Machine {
        there: Vec<&'static str>,
        opened: Option<Arc<Vitals>>,
        picks: Vec<String>,
        /// While somebody else holds it, opening hangs.
        gate: Arc<Mutex<()>>,
    }

    struct Rig {
        machine: Arc<Mutex<Machine>>,
        device: Supervised<Fake>,
        closed: Receiver<String>,
    }

    fn machine(there: &[&'static str]) -> Arc<Mutex<Machine>> {
        Arc::new(Mutex::new(Machine {
            there: there.to_vec(),
            ..Machine::default()
        }))
    }

    fn rig(wanted: Option<&str>, there: &[&'static str]) -> Rig {
        let machine = machine(there);
        let (open, closed) = opener(&machine);
        let wanted = wanted.map(String::from);
        let device = Supervised::open(Way::In, wanted, &Clock::driven(), open).unwrap();
        Rig {
            machine,
            device,
            closed,
        }
    }

    /// Opens this machine's devices, and tells which streams were closed.
    fn opener(
        machine: &Arc<Mutex<Machine>>,
    ) -> (
        impl Fn(Pick) -> Result<Fake, AudioError> + Send + Sync + 'static,
        Receiver<String>,
    ) {
        let (dropped, closed) = sync_channel(16);
        let open = {
            let machine = machine.clone();
            move |pick: Pick| {
                let gate = machine.lock().unwrap().gate.clone();
                let mut machine = machine.lock().unwrap();
                let name = match &pick {
                    Pick::First(wanted) => wanted.clone(),
                    Pick::Again(place) if place.stuck && place.wanted.is_none() => None,
                    Pick::Again(place) => {
                        let same = machine.there.contains(&place.had.as_str());
                        let name = if same { Some(&place.had) } else { None };
                        name.or(place.wanted.as_ref()).cloned()
                    }
                };
                machine.picks.push(format!("{name:?}"));
                let found = match &name {
                    Some(name) => machine.there.iter().find(|t| *t == name),
                    None => machine.there.first(),
                };
                let Some(found) = found else {
                    return Err(AudioError::NoSystem("nothing there".into()));
                };
                let name = (*found).to_owned();
                let vitals = Arc::new(Vitals::default());
                machine.opened = Some(vitals.clone());
                drop(machine);
                drop(gate.lock().unwrap());
                Ok(Fake {
                    name,
                    vitals,
                    dropped: dropped.clone(),
                })
            }
        };
        (open, closed)
    }

    impl Rig {
        fn vitals(&self) -> Arc<Vitals> {
            self.machine.lock().unwrap().opened.clone().unwrap()
        }

        /// Tends at one time until a try under way is over.
        fn tend(&mut self, now: u64) -> Option<Turn> {
            loop {
                let trying = self.device.opening.is_some();
                let turn = self.device.tend(now);
                if turn.is_some() || (!trying && self.device.opening.is_none()) {
                    return turn;
                }
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn a_default_device_that_goes_is_replaced_by_the_one_that_is_default_then() {
        let mut rig = rig(None, &["headset", "built-in"]);
        rig.vitals().beat();
        assert_eq!(rig.tend(10), None);
        rig.machine.lock().unwrap().there = vec!["built-in"];
        rig.vitals().count(ErrorKind::DeviceNotAvailable);
        assert_eq!(rig.tend(20), Some(Turn::Lost(Why::Disconnected)));
        assert_eq!(rig.closed.recv().unwrap(), "headset");
        assert!(rig.device.lost());
        assert_eq!(rig.device.name(), "headset");
        assert_eq!(rig.tend(30), Some(Turn::Opened));
        assert_eq!(rig.device.name(), "built-in");
        assert_eq!(rig.tend(40), None);
        rig.vitals().beat();
        assert_eq!(rig.tend(50), Some(Turn::Back));
        assert!(!rig.device.lost());
    }

    #[test]
    fn a_named_device_is_waited_for() {
        let mut rig = rig(Some("headset"), &["built-in", "headset"]);
        rig.vitals().beat();
        assert_eq!(rig.tend(10), None);
        rig.machine.lock().unwrap().there = vec!["built-in"];
        rig.vitals().count(ErrorKind::DeviceNotAvailable);
        assert_eq!(rig.tend(20), Some(Turn::Lost(Why::Disconnected)));
        for now in (100..5_000).step_by(100) {
            assert_eq!(rig.tend(now), None);
        }
        rig.machine.lock().unwrap().there = vec!["built-in", "headset"];
        assert_eq!(rig.tend(5_100), Some(Turn::Opened));
        rig.vitals().beat();
        assert_eq!(rig.tend(5_110), Some(Turn::Back));
        assert_eq!(rig.device.name(), "headset");
    }

    #[test]
    fn a_stuck_stream_is_made_anew() {
        let mut rig = rig(None, &["headset"]);
        rig.vitals().beat();
        assert_eq!(rig.tend(10), None);
        assert_eq!(rig.tend(3_010), Some(Turn::Lost(Why::Stalled)));
        assert_eq!(rig.tend(3_020), Some(Turn::Opened));
        assert_eq!(rig.tend(6_020), Some(Turn::Discarded));
        assert_eq!(rig.tend(6_030), Some(Turn::Opened));
        rig.vitals().beat();
        assert_eq!(rig.tend(6_040), Some(Turn::Back));
    }

    /// Lets `rig` lose its device at 20 ms and begin to open it again.
    fn lose(rig: &mut Rig) {
        rig.vitals().beat();
        assert_eq!(rig.tend(10), None);
        rig.vitals().count(ErrorKind::DeviceNotAvailable);
        assert_eq!(rig.tend(20), Some(Turn::Lost(Why::Disconnected)));
        assert_eq!(rig.closed.recv().unwrap(), "headset");
        assert_eq!(rig.device.tend(20), None);
        assert!(rig.device.opening.is_some());
    }

    #[test]
    fn a_device_that_hangs_when_opened_is_given_up_and_the_default_one_takes_its_place() {
        let mut rig = rig(None, &["headset"]);
        let gate = rig.machine.lock().unwrap().gate.clone();
        let hanging = gate.lock().unwrap();
        lose(&mut rig);
        // The try is inside the system before the next one finds another gate.
        while rig.machine.lock().unwrap().picks.len() < 2 {
            std::thread::yield_now();
        }
        assert_eq!(rig.device.tend(20 + OPEN_MS - 1), None);
        assert_eq!(rig.device.tend(20 + OPEN_MS), Some(Turn::Stuck));
        {
            let mut machine = rig.machine.lock().unwrap();
            machine.there = vec!["built-in", "headset"];
            machine.gate = Arc::default();
        }
        assert_eq!(rig.tend(9_000), Some(Turn::Opened));
        assert_eq!(rig.device.name(), "built-in");
        rig.vitals().beat();
        assert_eq!(rig.tend(9_010), Some(Turn::Back));
        // What the first try brings now is not taken.
        drop(hanging);
        assert_eq!(rig.closed.recv().unwrap(), "headset");
        assert_eq!(rig.tend(9_020), None);
        assert_eq!(rig.device.name(), "built-in");
    }

    #[test]
    fn hanging_tries_do_not_pile_up_and_are_told_once() {
        let mut rig = rig(Some("headset"), &["headset"]);
        let gate = rig.machine.lock().unwrap().gate.clone();
        let hanging = gate.lock().unwrap();
        lose(&mut rig);
        let told: Vec<Turn> = (1..100)
            .filter_map(|i| rig.device.tend(20 + i * OPEN_MS / 2))
            .collect();
        assert_eq!(told, [Turn::Stuck]);
        assert!(Arc::strong_count(&rig.device.trying) <= HANGING + 1);
        drop(hanging);
        // They go, and it is opened again.
        while Arc::strong_count(&rig.device.trying) > 1 {
            std::thread::yield_now();
        }
        assert_eq!(rig.tend(101 * OPEN_MS), Some(Turn::Opened));
        rig.vitals().beat();
        assert_eq!(rig.tend(101 * OPEN_MS + 10), Some(Turn::Back));
    }

    #[test]
    fn a_device_that_hangs_at_the_start_is_tried_twice_and_told_by_name() {
        let machine = machine(&["headset"]);
        let gate = machine.lock().unwrap().gate.clone();
        let hanging = gate.lock().unwrap();
        let (open, closed) = opener(&machine);
        let clock = Clock::driven();
        let tried = {
            let (clock, begun) = (clock.clone(), AtomicU64::new(0));
            move |pick: Pick| {
                // All its time goes by as soon as a try has begun.
                let tries = begun.fetch_add(1, Ordering::Relaxed) + 1;
                clock.advance_to(SessionTime(tries * OPEN_MS));
                open(pick)
            }
        };
        let wanted = Some("headset".to_owned());
        let opened = Supervised::open(Way::Out, wanted, &clock, tried);
        let error = opened.err().unwrap().to_string();
        assert!(
            error.starts_with("The speaker \"headset\" does not answer"),
            "{error}"
        );
        drop(hanging);
        for _ in 0..FIRST_TRIES {
            assert_eq!(closed.recv().unwrap(), "headset");
        }
        assert_eq!(machine.lock().unwrap().picks.len(), FIRST_TRIES);
    }
}
