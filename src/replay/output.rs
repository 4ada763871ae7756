//! Where played samples go: a loudspeaker, a WAV file, or nowhere. Each
//! takes its time, and tells how much of it has passed.

use crate::audio::{AudioError, Loudspeaker, RATE, WavSpeaker};
use crate::clock::Clock;
use std::collections::VecDeque;
use std::path::Path;

/// Samples that wait to be played at most, 200 ms: a busy machine is bridged,
/// and little is thrown away when somebody presses a key.
pub const AHEAD: usize = RATE as usize / 5;

/// Takes 16 kHz mono samples and plays them one second a second.
pub trait Output {
    /// How many samples it takes now.
    fn room(&mut self) -> Result<usize, AudioError>;

    /// Takes samples, to be played after those before.
    fn push(&mut self, pcm: &[f32]) -> Result<(), AudioError>;

    /// Nothing follows: what was held back for want of more is played too.
    fn finish(&mut self);

    /// What waits is not played any more; counting begins again at 0.
    fn cut(&mut self);

    /// Samples played since the beginning, or the last cut.
    fn played(&mut self) -> Result<u64, AudioError>;

    /// Waits until the last sample that was played is surely heard.
    fn drain(&mut self) {}

    /// Nothing is played any more.
    fn close(&mut self) -> Result<(), AudioError> {
        Ok(())
    }
}

/// Plays by the clock: into a file, or nowhere.
pub struct Paced {
    clock: Clock,
    last_ns: u64,
    /// Nanoseconds that are not a whole sample yet.
    rest_ns: u64,
    waiting: VecDeque<f32>,
    played: u64,
    file: Option<WavSpeaker>,
}

const SECOND_NS: u64 = 1_000_000_000;

impl Paced {
    /// Plays nowhere, in time.
    pub fn silent(clock: Clock) -> Self {
        Self {
            last_ns: clock.nanos(),
            clock,
            rest_ns: 0,
            waiting: VecDeque::new(),
            played: 0,
            file: None,
        }
    }

    /// Plays into a new 16 kHz mono WAV file what would be heard, pauses left
    /// out.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn file(clock: Clock, path: &Path) -> Result<Self, AudioError> {
        Ok(Self {
            file: Some(WavSpeaker::create(path)?),
            ..Self::silent(clock)
        })
    }

    /// Plays as much as the time since the last call allows.
    fn pass(&mut self) -> Result<(), AudioError> {
        let now = self.clock.nanos();
        let units = (now - self.last_ns.min(now)) * u64::from(RATE) + self.rest_ns;
        self.last_ns = now;
        self.rest_ns = units % SECOND_NS;
        let due = (units / SECOND_NS).min(self.waiting.len() as u64) as usize;
        let pcm: Vec<f32> = self.waiting.drain(..due).collect();
        self.played += due as u64;
        match &mut self.file {
            Some(file) => file.write(&pcm),
            None => Ok(()),
        }
    }
}

impl Output for Paced {
    fn room(&mut self) -> Result<usize, AudioError> {
        self.pass()?;
        Ok(AHEAD.saturating_sub(self.waiting.len()))
    }

    fn push(&mut self, pcm: &[f32]) -> Result<(), AudioError> {
        self.pass()?;
        self.waiting.extend(pcm);
        Ok(())
    }

    fn finish(&mut self) {}

    fn cut(&mut self) {
        self.waiting.clear();
        self.played = 0;
    }

    fn played(&mut self) -> Result<u64, AudioError> {
        self.pass()?;
        Ok(self.played)
    }

    fn close(&mut self) -> Result<(), AudioError> {
        self.file.take().map_or(Ok(()), WavSpeaker::finish)
    }
}

impl Output for Loudspeaker {
    fn room(&mut self) -> Result<usize, AudioError> {
        self.check()?;
        Ok(AHEAD.saturating_sub(self.waiting() as usize))
    }

    fn push(&mut self, pcm: &[f32]) -> Result<(), AudioError> {
        Self::push(self, pcm);
        Ok(())
    }

    fn finish(&mut self) {
        Self::finish(self);
    }

    fn cut(&mut self) {
        Self::cut(self);
    }

    fn played(&mut self) -> Result<u64, AudioError> {
        self.check()?;
        Ok(Self::played(self))
    }

    fn drain(&mut self) {
        Self::drain(self);
    }

    fn close(&mut self) -> Result<(), AudioError> {
        Self::cut(self);
        Ok(())
    }
}

impl<O: Output + ?Sized> Output for Box<O> {
    fn room(&mut self) -> Result<usize, AudioError> {
        (**self).room()
    }

    fn push(&mut self, pcm: &[f32]) -> Result<(), AudioError> {
        (**self).push(pcm)
    }

    fn finish(&mut self) {
        (**self).finish();
    }

    fn cut(&mut self) {
        (**self).cut();
    }

    fn played(&mut self) -> Result<u64, AudioError> {
        (**self).played()
    }

    fn drain(&mut self) {
        (**self).drain();
    }

    fn close(&mut self) -> Result<(), AudioError> {
        (**self).close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SessionTime;

    #[test]
    fn one_second_is_played_a_second_and_never_more_than_there_is() {
        let clock = Clock::driven();
        let mut out = Paced::silent(clock.clone());
        out.push(&[0.0; 3_200]).unwrap();
        assert_eq!((out.played().unwrap(), out.room().unwrap()), (0, 0));
        clock.advance_to(SessionTime(50));
        assert_eq!((out.played().unwrap(), out.room().unwrap()), (800, 800));
        clock.advance_to(SessionTime(9_000));
        assert_eq!(out.played().unwrap(), 3_200);
        // Time in which there was nothing to play is not caught up.
        out.push(&[0.0; 1_600]).unwrap();
        assert_eq!(out.played().unwrap(), 3_200);
        out.cut();
        assert_eq!((out.played().unwrap(), out.room().unwrap()), (0, AHEAD));
    }

    #[test]
    fn a_file_gets_what_was_played_and_nothing_that_was_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("heard.wav");
        let clock = Clock::driven();
        let mut out = Paced::file(clock.clone(), &path).unwrap();
        out.push(&[0.5; 1_600]).unwrap();
        clock.advance_to(SessionTime(50));
        assert_eq!(out.played().unwrap(), 800);
        out.cut();
        out.push(&[-0.5; 1_600]).unwrap();
        clock.advance_to(SessionTime(1_000));
        assert_eq!(out.played().unwrap(), 1_600);
        out.close().unwrap();
        let mut heard = hound::WavReader::open(path).unwrap();
        let heard: Vec<i16> = heard.samples().map(Result::unwrap).collect();
        assert_eq!(heard.len(), 2_400);
        assert!(heard[..800].iter().all(|v| *v > 0) && heard[800..].iter().all(|v| *v < 0));
    }
}
