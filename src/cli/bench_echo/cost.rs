//! What hearing costs: the near-end chain's share of one core.

use crate::audio::echo::{EchoCanceller, STEP};
use crate::audio::frontend::{Frontend, Step};
use crate::audio::{AudioSettings, RATE};
use crate::clock::Clock;
use serde::Serialize;

/// Runs, of which the fastest counts: what else the machine does only adds.
const RUNS: usize = 3;

/// Seconds of one core for a second of sound (real-time factors).
#[derive(Serialize, Clone, Debug)]
pub(super) struct Cost {
    /// Sound that it was measured on, in seconds.
    seconds: f32,
    /// The echo canceller: the predictor and both instances of AEC3.
    echo: f64,
    /// The whole chain: the echo canceller, the voice detector, the
    /// endpointer and the meters.
    chain: f64,
}

impl Cost {
    /// One line for a person.
    pub(super) fn print(&self) {
        println!(
            "\nCost: echo canceller {:.4}, whole near-end chain {:.4} of a core (real-time \
             factors on {:.0} s of a line with its echo)",
            self.echo, self.chain, self.seconds
        );
    }
}

/// Measures on what a microphone heard while `far` was played.
pub(super) fn cost(near: &[f32], far: &[f32]) -> Cost {
    let steps = || {
        let far = far.as_chunks::<STEP>().0;
        near.as_chunks::<STEP>().0.iter().zip(far)
    };
    let seconds = steps().count() as f32 * STEP as f32 / RATE as f32;
    let factor = |run: &dyn Fn()| {
        let clock = Clock::system();
        let time = |()| {
            let begin = clock.nanos();
            run();
            clock.nanos() - begin
        };
        let least = [(); RUNS].map(time).into_iter().min();
        least.unwrap_or_default() as f64 / 1e9 / f64::from(seconds).max(1e-9)
    };
    let echo = factor(&|| {
        let mut canceller = EchoCanceller::new();
        for (near, far) in steps() {
            std::hint::black_box(canceller.process(near, far));
        }
    });
    let chain = factor(&|| {
        let mut frontend = Frontend::new(&AudioSettings::default());
        let mut events = Vec::new();
        for (near, far) in steps() {
            let step = Step {
                near,
                far,
                lines: &[],
                missing: &[],
                missing_far: &[],
                mic_ended: None,
            };
            frontend.step(&step, &mut events);
            events.clear();
        }
    });
    Cost {
        seconds,
        echo,
        chain,
    }
}
