//! What microphone and speaker tell a call.

use super::State;
use crate::audio::{AudioEvent, DeviceNews, Held, SamplePos, pos_ms};
use crate::call::turn::Step;
use crate::call::{CallEvent, LinkError};
use crate::event::{Event, Input, OverLine, Track};
use crate::protocol::{AudioFrame, ClientMessage};
use crate::speech::worker::{DecodeJob, DecodeResult, RecognizerWorker};

/// How far a fast clock may run ahead of what the engine has on disk.
pub(super) const AHEAD: SamplePos = 16_000 * 2;
/// How far levels that are passed on are apart.
const LEVEL_EVERY: SamplePos = 16_000 / 5;
/// How long it may take until a microphone that gives a copy of what is
/// played is found out, in samples: 2 s.
const COPIED: SamplePos = 16_000 * 2;

impl State {
    pub(super) async fn on_audio(
        &mut self,
        recognizer: &RecognizerWorker,
        event: Held<AudioEvent>,
    ) -> Result<(), LinkError> {
        let Held { value, .. } = &event;
        if !matches!(value, AudioEvent::Chunk { .. } | AudioEvent::Level { .. }) {
            tracing::debug!(?value, "audio");
        }
        match value {
            // Only words show that the candidate speaks there.
            AudioEvent::SpeechStarted { .. } if self.din.began() => {}
            AudioEvent::SpeechStarted { at, over_line } => match over_line {
                Some(line) if self.playing.is_some() => self.contest(*line, *at).opened(*at),
                _ => {
                    // A reply of which nothing was heard yet is withdrawn:
                    // the turn that it answers goes on.
                    if self.playing.as_ref().is_some_and(|p| p.started.is_none()) {
                        self.stop_line().await?;
                    }
                    self.speech_started().await?;
                }
            },
            AudioEvent::BargeIn { line, at } => {
                // Speech from before the line is no "mhm".
                if self.voice_active {
                    self.contest(*line, *at);
                    self.interrupted(OverLine::Interruption).await?;
                }
            }
            AudioEvent::LineLevel { line, at, loudness } => {
                self.line_level(*line, *at, *loudness).await?;
            }
            AudioEvent::Paused(segment) => {
                if let Some(contest) = &mut self.contest {
                    contest.speaking = false;
                }
                if let Step::Decode {
                    job,
                    audio: pcm,
                    cancel,
                } = self.turns.paused(segment.clone())
                {
                    self.decoding.insert(job, self.audio.busy.enter());
                    let submitted = recognizer.submit(DecodeJob {
                        id: job,
                        audio: pcm,
                        hints: self.hints.clone(),
                        cancel,
                        speculative: true,
                    });
                    if let Err(error) = submitted {
                        // The recording goes on; the turn counts as unheard.
                        let result = Err(error);
                        self.decoded(DecodeResult { id: job, result }).await?;
                    }
                }
            }
            AudioEvent::Resumed { segment } => {
                self.drafts.drop_open();
                self.turns.resumed(*segment);
                if let Some(contest) = &mut self.contest {
                    contest.reopen();
                }
            }
            AudioEvent::SegmentClosed { .. } => {}
            AudioEvent::TurnEnded { speech_end, at, .. } => {
                self.voice_active = false;
                self.din.ended(*at);
                self.turns.ended(*speech_end, *at);
                self.show(CallEvent::SpeechEnded);
                self.deliver().await?;
            }
            AudioEvent::LineStarted { line, at } => {
                if let Some(playing) = self.playing.as_mut().filter(|p| p.line.id == *line) {
                    playing.started = Some(*at);
                }
                if self.reply.as_ref().is_some_and(|r| r.1 == *line)
                    && let Some((mut times, _)) = self.reply.take()
                {
                    times.first_audio_ms = Some(pos_ms(*at));
                    self.turn_done(times).await?;
                }
            }
            AudioEvent::LineEnded {
                line,
                at,
                played,
                complete,
            } => {
                let (at, played, complete) = (*at, *played, *complete);
                self.line_ended(*line, at, played, complete).await?;
            }
            AudioEvent::Chunk { at, near, far } => {
                self.chunk(*at, near, far).await?;
            }
            AudioEvent::Gap {
                track,
                at,
                samples,
                why,
            } => {
                self.lost += samples;
                let event = Event::Gap {
                    track: *track,
                    first_sample: *at,
                    samples: *samples,
                    why: why.clone(),
                };
                self.fact(event).await?;
            }
            AudioEvent::Level { near_db, far_db } => {
                let (near_db, far_db) = (*near_db, *far_db);
                self.show(CallEvent::Level { near_db, far_db });
                self.level(near_db, far_db).await?;
                self.quiet();
                let now = self.position();
                if self.contest.as_ref().is_some_and(|c| c.is_sure(now)) {
                    self.interrupted(OverLine::Interruption).await?;
                }
            }
            AudioEvent::Echo(_) => {}
            AudioEvent::MicEnded { .. } => tracing::info!("the microphone's file came to its end"),
            AudioEvent::Device {
                track,
                news,
                message,
            } => self.device(*track, *news, message).await?,
            AudioEvent::Trouble { message, .. } => {
                self.problem("audio", message.clone()).await?;
            }
        }
        drop(event);
        Ok(())
    }

    /// A microphone or speaker went, came back, or does badly.
    pub(super) async fn device(
        &mut self,
        track: Track,
        news: DeviceNews,
        message: &str,
    ) -> Result<(), LinkError> {
        let there = match news {
            DeviceNews::Gone => false,
            DeviceNews::Copy => {
                let now = self.position();
                self.copied = now.saturating_sub(COPIED)..now;
                false
            }
            DeviceNews::Back => true,
            DeviceNews::Poor => return self.problem(part_of(track), message.to_owned()).await,
            DeviceNews::Well => {
                self.show(CallEvent::Notice(message.to_owned()));
                return Ok(());
            }
        };
        if track == Track::Far {
            self.speaker_gone = !there;
            if !there {
                self.cut_off = self.playing.as_ref().map(|p| p.line.id);
            }
        }
        // First the interviewer: its patience must not run out meanwhile.
        self.input(Input::Device { track, there }).await?;
        if there {
            self.show(CallEvent::Notice(message.to_owned()));
            return Ok(());
        }
        self.problem(part_of(track), message.to_owned()).await
    }

    /// Passes a level on now and then, for whoever watches.
    pub(super) async fn level(&mut self, near_db: f32, far_db: f32) -> Result<(), LinkError> {
        let now = self.position();
        if !self.recording || now < self.levelled + LEVEL_EVERY {
            return Ok(());
        }
        self.levelled = now;
        self.link
            .pass_on(&ClientMessage::Level { near_db, far_db })
            .await
    }

    pub(super) async fn speech_started(&mut self) -> Result<(), LinkError> {
        if std::mem::replace(&mut self.voice_active, true) {
            return Ok(());
        }
        self.show(CallEvent::SpeechStarted);
        self.input(Input::SpeechStarted).await?;
        Ok(())
    }

    pub(super) async fn chunk(
        &mut self,
        at: SamplePos,
        near: &[i16],
        far: &[i16],
    ) -> Result<(), LinkError> {
        // What was captured before consent is neither stored nor sent.
        let skip = self.recorded.saturating_sub(at) as usize;
        if !self.recording || skip >= near.len() {
            return Ok(());
        }
        for (track, pcm) in [(Track::Near, near), (Track::Far, far)] {
            let frame = AudioFrame {
                track,
                seq: 0,
                first_sample: at + skip as u64,
                pcm: pcm[skip..].to_vec(),
            };
            self.link.send_audio(frame).await?;
        }
        self.recorded = at + near.len() as u64;
        if self.ahead.is_none() && self.recorded > self.kept + AHEAD {
            self.ahead = Some(self.audio.busy.enter());
        }
        Ok(())
    }
}

const fn part_of(track: Track) -> &'static str {
    match track {
        Track::Near => "microphone",
        Track::Far => "speaker",
    }
}

/// Moves an event of this process's sample clock onto the recording's.
pub(super) fn shift(event: &mut AudioEvent, base: SamplePos) {
    match event {
        AudioEvent::SpeechStarted { at, .. }
        | AudioEvent::BargeIn { at, .. }
        | AudioEvent::LineStarted { at, .. }
        | AudioEvent::LineLevel { at, .. }
        | AudioEvent::LineEnded { at, .. }
        | AudioEvent::Chunk { at, .. }
        | AudioEvent::Gap { at, .. } => *at += base,
        AudioEvent::TurnEnded { speech_end, at, .. } => {
            *speech_end += base;
            *at += base;
        }
        AudioEvent::Paused(segment) => {
            segment.start += base;
            segment.speech_start += base;
            segment.speech_end += base;
        }
        AudioEvent::Resumed { .. }
        | AudioEvent::SegmentClosed { .. }
        | AudioEvent::Level { .. }
        | AudioEvent::Echo(_)
        | AudioEvent::MicEnded { .. }
        | AudioEvent::Device { .. }
        | AudioEvent::Trouble { .. } => {}
    }
}
