//! Keeps one device running: notices that its stream is over or stuck, lets
//! go of it, and opens it again as soon as it is there.
//!
//! What the system itself does unseen needs no help: where the default
//! device changes, sound servers and cpal's other hosts move a stream that
//! was opened on the default along with it.

use super::device::{Place, Way};
use super::error::AudioError;
use super::stream::{Pick, Stream};
use super::watch::{Advice, Watch, Why};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

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
}

/// A device that may go and come back.
pub(super) struct Supervised<S> {
    way: Way,
    place: Place,
    open: Arc<Open<S>>,
    stream: Option<S>,
    opening: Option<Receiver<Result<S, AudioError>>>,
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
        now: u64,
        open: impl Fn(Pick) -> Result<S, AudioError> + Send + Sync + 'static,
    ) -> Result<Self, AudioError> {
        let stream = open(Pick::First(wanted.clone()))?;
        let had = stream.name().to_owned();
        Ok(Self {
            way,
            place: Place { wanted, had },
            open: Arc::new(open),
            stream: Some(stream),
            opening: None,
            watch: Watch::new(now),
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
        match self.opening.as_ref()?.try_recv() {
            Ok(Ok(stream)) => {
                self.opening = None;
                self.stream = Some(stream);
                self.watch.opened(now);
                Some(Some(Turn::Opened))
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "The {} is not back yet", self.way.kind());
                self.opening = None;
                self.watch.failed(now);
                Some(None)
            }
            Err(TryRecvError::Disconnected) => {
                self.opening = None;
                self.watch.failed(now);
                Some(None)
            }
            Err(TryRecvError::Empty) => None,
        }
    }

    fn begin_opening(&mut self, now: u64) {
        // One answer.
        let (tell, told) = sync_channel(1);
        let open = self.open.clone();
        let place = self.place.clone();
        let spawned = std::thread::Builder::new()
            .name("viva-open".into())
            .spawn(move || {
                // Where nobody waits any more, the stream ends here.
                let _ = tell.send(open(Pick::Again(place)));
            });
        match spawned {
            Ok(_) => self.opening = Some(told),
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
    use cpal::ErrorKind;
    use std::sync::Mutex;

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
    }

    struct Rig {
        machine: Arc<Mutex<Machine>>,
        device: Supervised<Fake>,
        closed: Receiver<String>,
    }

    fn rig(wanted: Option<&str>, there: &[&'static str]) -> Rig {
        let machine = Arc::new(Mutex::new(Machine {
            there: there.to_vec(),
            ..Machine::default()
        }));
        let (dropped, closed) = sync_channel(16);
        let open = {
            let machine = machine.clone();
            move |pick: Pick| {
                let mut machine = machine.lock().unwrap();
                let name = match &pick {
                    Pick::First(wanted) => wanted.clone(),
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
                Ok(Fake {
                    name,
                    vitals,
                    dropped: dropped.clone(),
                })
            }
        };
        let device = Supervised::open(Way::In, wanted.map(String::from), 0, open).unwrap();
        Rig {
            machine,
            device,
            closed,
        }
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
}
