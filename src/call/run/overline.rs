//! Sounds over a line: what is it that the candidate says while the recruiter
//! speaks, and does it take the turn?

use super::State;
use crate::audio::{FrontendCommand, Loudness, RATE, SamplePos, pos_ms};
use crate::call::LinkError;
use crate::call::bargein::{self, Contest};
use crate::event::{Event, Input, LineId, OverLine};

/// How long after a line its echo may begin to be heard.
const LATE_ECHO: SamplePos = 16_000;

impl State {
    pub(super) fn contest(&mut self, line: LineId, at: SamplePos) -> &mut Contest {
        self.contest.get_or_insert_with(|| Contest::new(line, at))
    }

    pub(super) async fn line_level(
        &mut self,
        line: LineId,
        at: SamplePos,
        loudness: Loudness,
    ) -> Result<(), LinkError> {
        match loudness {
            Loudness::Ducked => self.contest(line, at).ducked(at),
            Loudness::Held => self.contest(line, at).held(at),
            // The ear has decided by itself: there was no word.
            Loudness::Full => {
                if let Some(contest) = self.contest.take_if(|c| !c.open) {
                    let event = Event::SoundOver(contest.decided(OverLine::Noise, at));
                    self.fact(event).await?;
                }
            }
        }
        Ok(())
    }

    /// The candidate takes the turn: the line and what waits behind it are
    /// not said.
    pub(super) async fn interrupted(&mut self, was: OverLine) -> Result<(), LinkError> {
        if let Some(contest) = self.contest.take() {
            let now = self.position();
            self.fact(Event::SoundOver(contest.decided(was, now)))
                .await?;
        }
        if was == OverLine::Interruption {
            self.stop_line().await?;
        }
        self.speech_started().await
    }

    /// What the words over a line are.
    pub(super) fn judge(&self, contest: &Contest, text: &str) -> OverLine {
        let now = self.position();
        if let Some(playing) = &self.playing {
            let at = contest.held_at().unwrap_or(now);
            let played = playing.started.map_or(0, |s| at.saturating_sub(s));
            let (heard, _) = self.voice.heard(playing.line.id, played);
            return bargein::judge(text, &playing.line, &heard, true);
        }
        let more = !self.waiting.is_empty();
        self.last_line
            .as_ref()
            .map_or(OverLine::Ended, |(line, _)| {
                bargein::judge(text, line, &line.text, more)
            })
    }

    /// Words over a line, as far as they are decoded.
    pub(super) async fn words_over_line(&mut self, text: &str) -> Result<(), LinkError> {
        let Some(contest) = self.contest.as_ref().filter(|c| c.undecided()) else {
            return Ok(());
        };
        match self.judge(contest, text) {
            // With the turn, when it is over.
            OverLine::Ended => Ok(()),
            OverLine::Interruption => self.interrupted(OverLine::Interruption).await,
            nothing => {
                let now = self.position();
                if let Some(contest) = &mut self.contest {
                    contest.dismiss(nothing, now);
                }
                let echo = nothing == OverLine::Echo;
                self.audio.control.send(FrontendCommand::Restore { echo });
                self.next_line().await
            }
        }
    }

    /// Whether a turn that is over was nothing but an "mhm", an echo or a
    /// noise over a line. Where it was more, the line is stopped.
    pub(super) async fn was_nothing(
        &mut self,
        text: &str,
        began_ms: u64,
    ) -> Result<bool, LinkError> {
        let began = began_ms.saturating_mul(u64::from(RATE) / 1000);
        let copy = self.copied.contains(&began);
        let Some(contest) = self.contest.take_if(|c| c.open) else {
            let late = copy
                || self.last_line.as_ref().is_some_and(|(line, end)| {
                    began_ms < pos_ms(end + LATE_ECHO) && bargein::is_late_echo(text, &line.text)
                });
            if late {
                self.input(Input::SpeechIgnored).await?;
            }
            return Ok(late);
        };
        let was = contest
            .dismissed()
            .or_else(|| copy.then_some(OverLine::Echo))
            .unwrap_or_else(|| self.judge(&contest, text));
        match was {
            OverLine::Interruption | OverLine::Ended => {
                self.contest = Some(contest);
                self.interrupted(was).await?;
                self.voice_active = false;
                Ok(false)
            }
            nothing => {
                let echo = nothing == OverLine::Echo;
                if contest.dismissed().is_none() {
                    self.audio.control.send(FrontendCommand::Restore { echo });
                }
                let event = Event::SoundOver(contest.decided(nothing, self.position()));
                self.fact(event).await?;
                if self.playing.is_none() {
                    // At the line's end the interviewer was told that
                    // somebody speaks.
                    self.input(Input::SpeechIgnored).await?;
                }
                Ok(true)
            }
        }
    }
}
