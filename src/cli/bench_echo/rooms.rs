//! The rooms that are measured in, in two sets: those on which the canceller
//! was tuned, and others on which nothing was.

use crate::audio::room::RoomSettings;

/// A set of rooms, levels, delays, voices and words.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Set {
    /// What the canceller was tuned on
    #[default]
    Tuned,
    /// Other rooms, speakers, words and seeds, on which nothing was tuned
    HeldOut,
}

/// What is common to all rooms of a run, and what differs.
pub(super) struct Rooms {
    pub(super) usual: RoomSettings,
    pub(super) delays: Vec<f32>,
    pub(super) levels: Vec<f32>,
    set: Set,
}

impl Rooms {
    /// The rooms of `set`. Delays (in milliseconds) and levels (in dB) are the
    /// set's own where none are given, and so is the reverberation.
    pub(super) fn new(
        set: Set,
        delays: &[f32],
        levels: &[f32],
        reverb_ms: Option<f32>,
        seed: u64,
    ) -> Self {
        let own = |given: &[f32], own: &[f32]| {
            if given.is_empty() {
                own.to_vec()
            } else {
                given.to_vec()
            }
        };
        let usual = match set {
            Set::Tuned => RoomSettings {
                reverb_ms: 200.0,
                ..RoomSettings::default()
            },
            // Further from the loudspeaker, a smaller one, and more noise.
            Set::HeldOut => RoomSettings {
                delay_ms: 75.0,
                reverb_ms: 320.0,
                direct_db: -1.0,
                level_db: -9.0,
                bend: 0.2,
                noise_db: -62.0,
                ..RoomSettings::default()
            },
        };
        let (set_delays, set_levels): (&[f32], &[f32]) = match set {
            Set::Tuned => (
                &[20.0, 60.0, 120.0, 200.0, 350.0, 500.0],
                &[0.0, -6.0, -12.0],
            ),
            Set::HeldOut => (&[35.0, 90.0, 160.0, 270.0, 430.0], &[-3.0, -9.0, -15.0]),
        };
        let other_seed = match set {
            Set::Tuned => 0,
            Set::HeldOut => 1_000,
        };
        Self {
            usual: RoomSettings {
                reverb_ms: reverb_ms.unwrap_or(usual.reverb_ms),
                seed: seed + other_seed,
                ..usual
            },
            delays: own(delays, set_delays),
            levels: own(levels, set_levels),
            set,
        }
    }

    /// Rooms in which only the line is heard: all delays and levels, and
    /// echoes that move, bend or last.
    pub(super) fn single(&self) -> Vec<(String, RoomSettings)> {
        let usual = self.usual;
        let mut rooms = Vec::new();
        for delay_ms in &self.delays {
            for level_db in &self.levels {
                let room = RoomSettings {
                    delay_ms: *delay_ms,
                    level_db: *level_db,
                    ..usual
                };
                rooms.push(("still".to_owned(), room));
            }
        }
        type Moves<'a> = (&'a [f32], &'a [f32], &'a [f32], f32);
        let (drifts, jumps, reverbs, bend): Moves<'_> = match self.set {
            // Sound cards are within 0.1 of each other, bad ones within 0.2.
            Set::Tuned => (
                &[0.1, 0.2, 0.3, 0.5, 1.0, 2.0, -0.2],
                &[45.0, 30.0, -20.0, -45.0, 90.0],
                &[400.0, 600.0],
                0.5,
            ),
            Set::HeldOut => (&[0.05, 0.15, 0.5], &[-30.0], &[480.0], 0.7),
        };
        for &drift_ms_s in drifts {
            let room = RoomSettings {
                drift_ms_s,
                ..usual
            };
            rooms.push((format!("drifting {drift_ms_s} ms/s"), room));
        }
        for &jump_ms in jumps {
            let room = RoomSettings {
                jump_ms,
                jump_at_s: 12.0,
                ..usual
            };
            rooms.push((format!("jumping {jump_ms} ms"), room));
        }
        rooms.push(("bent speaker".to_owned(), RoomSettings { bend, ..usual }));
        for &reverb_ms in reverbs {
            let room = RoomSettings { reverb_ms, ..usual };
            rooms.push((format!("{reverb_ms} ms reverberation"), room));
        }
        rooms
    }

    /// Rooms for whole interviews: every delay, with devices whose clocks
    /// drift apart by 100 parts in a million, and delays that also jump
    /// within a line.
    pub(super) fn interviews(&self) -> Vec<(String, RoomSettings)> {
        let (level_db, jumps) = match self.set {
            Set::Tuned => (-6.0, [(45.0, 30.0), (-25.0, 16.0)]),
            Set::HeldOut => (-3.0, [(70.0, 17.0), (-30.0, 29.0)]),
        };
        let drifting = RoomSettings {
            level_db,
            drift_ms_s: 0.1,
            ..self.usual
        };
        let still = self.delays.iter().map(|delay_ms| RoomSettings {
            delay_ms: *delay_ms,
            ..drifting
        });
        let mut all: Vec<_> = still
            .map(|room| ("drifting 0.1 ms/s".to_owned(), room))
            .collect();
        for (jump_ms, jump_at_s) in jumps {
            let room = RoomSettings {
                jump_ms,
                jump_at_s,
                ..drifting
            };
            all.push((format!("and jumping {jump_ms} ms"), room));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_share_no_room() {
        let of = |set| Rooms::new(set, &[], &[], None, 1).single();
        let tuned = of(Set::Tuned);
        for (name, room) in of(Set::HeldOut) {
            assert!(tuned.iter().all(|(_, t)| *t != room), "{name}");
            assert!(tuned.iter().all(|(_, t)| t.seed != room.seed), "{name}");
        }
    }

    #[test]
    fn what_is_given_replaces_the_sets_own() {
        let rooms = Rooms::new(Set::HeldOut, &[40.0], &[], Some(100.0), 1);
        assert_eq!(rooms.delays, [40.0]);
        assert_eq!(rooms.levels, [-3.0, -9.0, -15.0]);
        assert_eq!(rooms.usual.reverb_ms.to_bits(), 100f32.to_bits());
    }
}
