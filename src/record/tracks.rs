//! Two tracks that arrive in pieces, apart and out of step, put on one sample
//! clock: doubles dropped, early pieces held for a moment, holes filled with
//! silence and remembered. Pure; files are elsewhere.

use super::audio::MOST_FRAMES;
use super::error::RecordError;
use crate::event::{Event, Track};
use std::collections::{BTreeMap, VecDeque};

/// How long a piece that came early waits for what is missing before it: a
/// quarter of a second. Longer would put more at risk when power fails.
pub(super) const REORDER: u64 = 4_000;

/// How far one track may run ahead of the other before the other is given up
/// for that stretch: ten seconds. It bounds memory.
pub(super) const LEAD: u64 = 160_000;

/// The longest jump forward that is believed: half an hour. Without a limit
/// one wrong number would fill the disk with silence.
pub(super) const JUMP: u64 = 30 * 60 * 16_000;

/// The longest recording: what its header can state, and a second left free.
pub(super) const MAX_FRAMES: u64 = MOST_FRAMES - 16_000;

/// A stretch of a track that is silence because nothing arrived for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which side.
    pub track: Track,
    /// First sample of the recording that is missing.
    pub first_sample: u64,
    /// How many samples are missing.
    pub samples: u64,
    /// Why.
    pub why: &'static str,
}

impl From<Gap> for Event {
    fn from(gap: Gap) -> Self {
        Self::Gap {
            track: gap.track,
            first_sample: gap.first_sample,
            samples: gap.samples,
            why: gap.why.into(),
        }
    }
}

const BEFORE_CONSENT: &str = "before consent";
const INTERRUPTED: &str = "the session was interrupted";
const NOT_ARRIVED: &str = "did not arrive";
const ENDED: &str = "track ended before the other";

/// Whether a gap's reason is one that only the record's writer gives.
pub fn is_own(why: &str) -> bool {
    [BEFORE_CONSENT, INTERRUPTED, NOT_ARRIVED, ENDED].contains(&why)
}

enum Run {
    Pcm(Vec<i16>, usize),
    Silence(u64),
}

impl Run {
    fn len(&self) -> u64 {
        match self {
            Self::Pcm(pcm, from) => (pcm.len() - from) as u64,
            Self::Silence(n) => *n,
        }
    }
}

/// One side: what is ready to be written, and what came too early.
struct Side {
    track: Track,
    /// The next sample that is expected.
    end: u64,
    /// Where the first piece began.
    began: Option<u64>,
    runs: VecDeque<Run>,
    early: BTreeMap<u64, Vec<i16>>,
}

impl Side {
    const fn new(track: Track, end: u64) -> Self {
        Self {
            track,
            end,
            began: None,
            runs: VecDeque::new(),
            early: BTreeMap::new(),
        }
    }

    /// What the silence before the first piece is called.
    const fn before(&self) -> &'static str {
        if self.end == 0 {
            BEFORE_CONSENT
        } else {
            INTERRUPTED
        }
    }

    fn append(&mut self, first: u64, pcm: &[i16]) {
        let skip = (self.end - first) as usize;
        if skip < pcm.len() {
            self.end += (pcm.len() - skip) as u64;
            self.runs.push_back(Run::Pcm(pcm[skip..].to_vec(), 0));
        }
    }

    fn silence_to(&mut self, to: u64, why: &'static str, gaps: &mut Vec<Gap>) {
        if to <= self.end {
            return;
        }
        let gap = Gap {
            track: self.track,
            first_sample: self.end,
            samples: to - self.end,
            why,
        };
        self.runs.push_back(Run::Silence(gap.samples));
        self.end = to;
        gaps.push(gap);
    }

    /// Takes early pieces in whose time has come.
    fn absorb(&mut self) {
        while let Some(entry) = self.early.first_entry() {
            if *entry.key() > self.end {
                break;
            }
            let (first, pcm) = entry.remove_entry();
            self.append(first, &pcm);
        }
    }

    /// Gives up the holes before early pieces, as long as `want` says so of
    /// the distance from the hole to the end of what waits.
    fn give_up(&mut self, gaps: &mut Vec<Gap>, want: impl Fn(u64) -> bool) {
        loop {
            let waits_to = self.early.iter().map(|(f, p)| f + p.len() as u64).max();
            let (Some(to), Some((&next, _))) = (waits_to, self.early.first_key_value()) else {
                return;
            };
            if !want(to.saturating_sub(self.end)) {
                return;
            }
            self.silence_to(next, NOT_ARRIVED, gaps);
            self.absorb();
        }
    }
}

/// Both sides on one clock.
pub(super) struct Tracks {
    near: Side,
    far: Side,
    taken: u64,
    gaps: Vec<Gap>,
}

impl Tracks {
    pub(super) const fn new() -> Self {
        Self::after(0)
    }

    /// Both sides of a recording that has `frames` already and goes on. What
    /// is missing before the first piece of each side is silence.
    pub(super) const fn after(frames: u64) -> Self {
        Self {
            near: Side::new(Track::Near, frames),
            far: Side::new(Track::Far, frames),
            taken: frames,
            gaps: Vec::new(),
        }
    }

    /// Takes a piece in. What the track has already is ignored, so pieces
    /// may be sent again.
    pub(super) fn push(
        &mut self,
        track: Track,
        first: u64,
        pcm: &[i16],
    ) -> Result<(), RecordError> {
        let gaps = &mut self.gaps;
        let (side, other) = match track {
            Track::Near => (&mut self.near, &mut self.far),
            Track::Far => (&mut self.far, &mut self.near),
        };
        let last = first.saturating_add(pcm.len() as u64);
        if last <= side.end || pcm.is_empty() {
            return Ok(());
        }
        if last > MAX_FRAMES {
            return Err(RecordError::TooLong {
                found: last,
                limit: MAX_FRAMES,
            });
        }
        // A track that starts late may start where the other one is.
        let known = side.end.max(other.end);
        if first > known + JUMP {
            return Err(RecordError::BadAudio {
                what: "first sample",
                found: first,
                expected: side.end,
            });
        }
        if side.began.is_none() {
            side.began = Some(first);
            side.silence_to(first, side.before(), gaps);
        }
        if first <= side.end {
            side.append(first, pcm);
            side.absorb();
        } else {
            let held = side.early.entry(first).or_default();
            if held.len() < pcm.len() {
                *held = pcm.to_vec();
            }
            side.give_up(gaps, |distance| distance > REORDER);
        }
        let (end, began) = (side.end, side.began.unwrap_or(0));
        // A side that has sent nothing yet is behind only since the other's
        // first piece: before that there was nothing to send.
        let behind = match other.began {
            Some(_) => other.end,
            None => other.end.max(began),
        };
        if end.saturating_sub(behind) > LEAD {
            if other.began.is_none() {
                other.began = Some(began);
                other.silence_to(began, other.before(), gaps);
            }
            other.give_up(gaps, |_| true);
            other.silence_to(end, NOT_ARRIVED, gaps);
        }
        Ok(())
    }

    /// Moves up to `most` frames that both sides have into `out`, interleaved
    /// near, far; returns how many.
    pub(super) fn take(&mut self, most: usize, out: &mut Vec<i16>) -> usize {
        let ready = self.near.end.min(self.far.end) - self.taken;
        let n = ready.min(most as u64) as usize;
        let start = out.len();
        out.resize(start + 2 * n, 0);
        for (side, offset) in [(&mut self.near, 0), (&mut self.far, 1)] {
            let mut done = 0;
            while done < n {
                let Some(run) = side.runs.front_mut() else {
                    break;
                };
                let k = run.len().min((n - done) as u64) as usize;
                match run {
                    Run::Pcm(pcm, from) => {
                        let into = out[start + offset + 2 * done..].iter_mut().step_by(2);
                        for (o, s) in into.zip(&pcm[*from..*from + k]) {
                            *o = *s;
                        }
                        *from += k;
                    }
                    Run::Silence(left) => *left -= k as u64,
                }
                if run.len() == 0 {
                    side.runs.pop_front();
                }
                done += k;
            }
        }
        self.taken += n as u64;
        n
    }

    /// Nothing more comes: gives up every hole and makes both sides equally
    /// long.
    pub(super) fn level(&mut self) {
        let gaps = &mut self.gaps;
        self.near.give_up(gaps, |_| true);
        self.far.give_up(gaps, |_| true);
        let end = self.near.end.max(self.far.end);
        self.near.silence_to(end, ENDED, gaps);
        self.far.silence_to(end, ENDED, gaps);
    }

    /// The gaps found since the last call.
    pub(super) fn take_gaps(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.gaps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(tracks: &mut Tracks) -> Vec<(i16, i16)> {
        let mut out = Vec::new();
        while tracks.take(1000, &mut out) > 0 {}
        out.chunks(2).map(|f| (f[0], f[1])).collect()
    }

    fn ramp(first: u64, n: usize) -> Vec<i16> {
        (0..n)
            .map(|i| ((first as usize + i) as i16).wrapping_add(1))
            .collect()
    }

    #[test]
    fn only_what_both_sides_have_comes_out() {
        let mut t = Tracks::new();
        t.push(Track::Near, 0, &ramp(0, 300)).unwrap();
        t.push(Track::Far, 0, &ramp(0, 100)).unwrap();
        assert_eq!(all(&mut t).len(), 100);
        t.push(Track::Far, 100, &ramp(100, 100)).unwrap();
        let more = all(&mut t);
        assert_eq!((more.len(), more[0]), (100, (101, 101)));
        assert!(t.take_gaps().is_empty());
    }

    #[test]
    fn pieces_sent_again_are_ignored_and_overlaps_cut() {
        let mut t = Tracks::new();
        for (first, n) in [(0, 200), (0, 200), (100, 150), (50, 20)] {
            t.push(Track::Near, first, &ramp(first, n)).unwrap();
            t.push(Track::Far, first, &ramp(first, n)).unwrap();
        }
        let frames = all(&mut t);
        assert_eq!(frames.len(), 250);
        assert!((0..250).all(|i| frames[i].0 == i as i16 + 1 && frames[i].1 == i as i16 + 1));
        assert!(t.take_gaps().is_empty());
    }

    #[test]
    fn an_early_piece_waits_for_the_one_before_it() {
        let mut t = Tracks::new();
        t.push(Track::Far, 0, &[0; 300]).unwrap();
        t.push(Track::Near, 0, &ramp(0, 100)).unwrap();
        t.push(Track::Near, 200, &ramp(200, 100)).unwrap();
        assert_eq!(all(&mut t).len(), 100);
        t.push(Track::Near, 100, &ramp(100, 100)).unwrap();
        let frames = all(&mut t);
        assert!((0..200).all(|i| frames[i].0 == i as i16 + 101));
        assert!(t.take_gaps().is_empty());
    }

    #[test]
    fn a_hole_that_stays_becomes_a_marked_silence() {
        let mut t = Tracks::new();
        t.push(Track::Near, 0, &ramp(0, 100)).unwrap();
        t.push(Track::Near, 150, &vec![7; REORDER as usize])
            .unwrap();
        let expected = Gap {
            track: Track::Near,
            first_sample: 100,
            samples: 50,
            why: NOT_ARRIVED,
        };
        assert_eq!(t.take_gaps(), [expected]);
    }

    #[test]
    fn what_came_before_consent_is_one_silence_a_track() {
        let mut t = Tracks::new();
        let n = 50 * 16_000;
        t.push(Track::Near, n, &[1; 100]).unwrap();
        t.push(Track::Far, n - 40, &[2; 140]).unwrap();
        let gaps = t.take_gaps();
        assert_eq!(gaps.len(), 2);
        assert!(
            gaps.iter()
                .all(|g| g.why == BEFORE_CONSENT && g.first_sample == 0)
        );
        assert_eq!((gaps[0].samples, gaps[1].samples), (n, n - 40));
        assert_eq!(all(&mut t).len() as u64, n + 100);
    }

    #[test]
    fn a_side_that_stays_away_is_given_up_after_ten_seconds() {
        let mut t = Tracks::new();
        t.push(Track::Near, 8_000, &vec![1; LEAD as usize]).unwrap();
        assert!(t.take_gaps().len() == 1);
        t.push(Track::Near, 8_000 + LEAD, &[1; 10]).unwrap();
        let gaps = t.take_gaps();
        let whys: Vec<_> = gaps
            .iter()
            .map(|g| (g.track, g.first_sample, g.why))
            .collect();
        assert_eq!(
            whys,
            [
                (Track::Far, 0, BEFORE_CONSENT),
                (Track::Far, 8_000, NOT_ARRIVED)
            ]
        );
        assert_eq!(all(&mut t).len() as u64, 8_010 + LEAD);
    }

    #[test]
    fn absurd_positions_are_refused() {
        let mut t = Tracks::new();
        assert!(matches!(
            t.push(Track::Near, u64::MAX - 1, &[1; 8]),
            Err(RecordError::TooLong { .. })
        ));
        assert!(matches!(
            t.push(Track::Near, JUMP + 1, &[1; 8]),
            Err(RecordError::BadAudio { .. })
        ));
        assert_eq!(all(&mut t).len(), 0);
    }

    #[test]
    fn a_recording_that_goes_on_marks_what_is_missing_since_its_end() {
        let mut t = Tracks::after(1_000);
        t.push(Track::Near, 900, &ramp(900, 200)).unwrap();
        t.push(Track::Far, 1_500, &ramp(1_500, 100)).unwrap();
        t.push(Track::Near, 1_300, &ramp(1_300, 300)).unwrap();
        t.level();
        let frames = all(&mut t);
        assert_eq!(frames.len(), 600);
        assert_eq!(frames[0], (1_001, 0));
        assert_eq!(frames[599], (1_600, 1_600));
        let gaps: Vec<_> = t
            .take_gaps()
            .iter()
            .map(|g| (g.track, g.first_sample, g.samples, g.why))
            .collect();
        let expected = [
            (Track::Far, 1_000, 500, INTERRUPTED),
            (Track::Near, 1_100, 200, NOT_ARRIVED),
        ];
        assert_eq!(gaps, expected);
    }

    proptest! {
        /// In whatever order, size and number of times pieces come: each
        /// output sample is the one that was sent for its place, or silence
        /// inside a gap; gaps and samples add up to the whole.
        #[test]
        fn any_order_of_pieces_keeps_every_sample_in_its_place(
            pieces in prop::collection::vec((any::<bool>(), 0u64..30_000, 1usize..6_000), 0..40)
        ) {
            let mut t = Tracks::new();
            let mut out = Vec::new();
            for (near, first, n) in pieces {
                let track = if near { Track::Near } else { Track::Far };
                t.push(track, first, &ramp(first, n)).unwrap();
                t.take(5_000, &mut out);
            }
            t.level();
            while t.take(5_000, &mut out) > 0 {}
            let gaps = t.take_gaps();
            for (offset, track) in [(0, Track::Near), (1, Track::Far)] {
                let mut expected: Vec<i16> = ramp(0, out.len() / 2);
                let mut from = 0;
                for g in gaps.iter().filter(|g| g.track == track) {
                    prop_assert!(g.first_sample >= from && g.samples > 0);
                    from = g.first_sample + g.samples;
                    expected[g.first_sample as usize..from as usize].fill(0);
                }
                let found: Vec<i16> = out[offset.min(out.len())..].iter().step_by(2).copied().collect();
                prop_assert!(found == expected);
            }
        }
    }
}
