//! What the recruiter says in a call: lines wait, are spoken one at a time,
//! and end as heard.

use super::{Playing, State};
use crate::audio::{AnswerKind, FrontendCommand, SamplePos, pos_ms};
use crate::call::bargein::Contest;
use crate::call::completeness::word_count;
use crate::call::{CallEvent, Hold, LinkError};
use crate::event::{ConsentHow, Event, Expects, Input, Line, LineId, OverLine, Purpose, Stage};
use std::sync::Arc;

impl State {
    /// Gives the voice its next line, unless the candidate is speaking: then
    /// the line waits until it is clear what was said.
    pub(super) async fn next_line(&mut self) -> Result<(), LinkError> {
        while self.playing.is_none() && !self.voice_active && self.nothing_open() {
            let Some(line) = self.waiting.pop_front() else {
                return Ok(());
            };
            self.show(CallEvent::Line(line.clone()));
            let busy = self.audio.busy.enter();
            let taken = self.voice.speak(line.id, &line.text, busy);
            match taken {
                Ok(()) => {
                    self.playing = Some(Playing {
                        line,
                        started: None,
                    });
                }
                // No sound comes of it, so it has ended with its caption.
                Err(message) => {
                    self.voice_failed(message).await?;
                    self.line_heard(line).await?;
                }
            }
        }
        Ok(())
    }

    /// Whether nothing that was said waits to be understood.
    pub(super) fn nothing_open(&self) -> bool {
        match &self.contest {
            Some(contest) if contest.dismissed().is_some() => true,
            Some(contest) if contest.open => false,
            _ => self.din.is_on() || self.turns.is_idle(),
        }
    }

    /// Lines are read from now on, if they cannot be heard. Told once.
    pub(super) async fn voice_failed(&mut self, message: String) -> Result<(), LinkError> {
        if !std::mem::replace(&mut self.voice_failed, true) {
            self.problem("voice", message).await?;
        }
        Ok(())
    }

    /// A line that was not played, but shown.
    pub(super) async fn line_heard(&mut self, line: Line) -> Result<(), LinkError> {
        let heard = line.text.clone();
        self.end_line(line, heard, true).await
    }

    /// Lines that wait are void: the candidate said something else first.
    pub(super) async fn drop_waiting(&mut self) -> Result<(), LinkError> {
        while let Some(line) = self.waiting.pop_front() {
            let input = Input::LineEnded {
                line: line.id,
                heard: String::new(),
                complete: false,
            };
            self.input(input).await?;
        }
        Ok(())
    }

    pub(super) async fn stop_line(&mut self) -> Result<(), LinkError> {
        self.audio.player.stop();
        self.drop_waiting().await
    }

    #[allow(clippy::too_many_arguments, reason = "the event's own fields")]
    pub(super) async fn line_ended(
        &mut self,
        id: LineId,
        at: SamplePos,
        played: u64,
        complete: bool,
    ) -> Result<(), LinkError> {
        let Some(Playing { line, started }) = self.playing.take_if(|p| p.line.id == id) else {
            return Ok(());
        };
        if self.cut_off.take() == Some(id) && !complete {
            // The candidate stopped nothing: the line is not over.
            self.waiting.push_front(line);
            return self.next_line().await;
        }
        let (mut heard, failed) = self.voice.heard(id, played);
        let mut complete = complete;
        if let Some(message) = failed {
            self.voice_failed(message).await?;
            // The caption was shown in its place.
            (heard, complete) = (line.text.clone(), true);
        } else if complete {
            heard.clone_from(&line.text);
        }
        if let Some(started) = started {
            let event = Event::Played {
                line: id,
                start_ms: pos_ms(started),
                end_ms: pos_ms(at),
            };
            self.fact(event).await?;
        }
        self.last_line = Some((line.clone(), at));
        self.end_line(line, heard, complete).await?;
        if let Some(contest) = self.contest.take_if(|c| !c.open) {
            let event = Event::SoundOver(contest.decided(OverLine::Noise, at));
            self.fact(event).await?;
        }
        // Somebody speaks into its end: the interviewer waits for the words.
        if self.waiting.is_empty() && self.contest.as_ref().is_some_and(Contest::undecided) {
            self.speech_started().await?;
        }
        self.next_line().await
    }

    /// Tells the interviewer what was heard of a line, and waits for what it
    /// asks for.
    pub(super) async fn end_line(
        &mut self,
        line: Line,
        heard: String,
        complete: bool,
    ) -> Result<(), LinkError> {
        let input = Input::LineEnded {
            line: line.id,
            heard: heard.clone(),
            complete,
        };
        self.input(input).await?;
        if line.expects != Expects::Nothing {
            let asked = answer_kind(&line);
            // Who talks over a line that was hardly heard may go on with the
            // answer before it, and is waited for at least as there.
            if complete || was_heard(&line.text, &heard) || asked > self.asked {
                self.asked = asked;
                self.audio.control.send(FrontendCommand::Expect(asked));
            }
        }
        if self.consent_beforehand && line.expects == Expects::YesNo && !self.recording {
            self.consent_beforehand = false;
            let how = ConsentHow::Beforehand;
            self.input(Input::Consent { given: true, how }).await?;
        }
        self.show(CallEvent::LineEnded {
            line,
            heard,
            complete,
            hold: Hold(Some(Arc::new(self.audio.busy.enter()))),
        });
        Ok(())
    }
}

/// Whether so much of a line was heard that words over it may answer it: half
/// of it, as for the interviewer.
fn was_heard(text: &str, heard: &str) -> bool {
    word_count(heard) * 2 >= word_count(text)
}

/// What sort of answer a line asks for.
fn answer_kind(line: &Line) -> AnswerKind {
    let told = matches!(line.purpose, Purpose::Introduction)
        || (line.stage == Stage::Project && line.purpose == Purpose::Question);
    match line.expects {
        Expects::Long if told => AnswerKind::Story,
        Expects::Long if matches!(line.purpose, Purpose::Probe { .. }) => AnswerKind::Point,
        expects => expects.into(),
    }
}
