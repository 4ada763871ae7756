//! A microphone and a speaker tried out by the person who will use them: the
//! level as it moves, a sentence said and heard, and what was heard played
//! back. Nothing is stored or sent; what was heard is dropped with its last
//! owner.

use super::test_sound;
use crate::audio::health::{Change, Health, Levels};
use crate::audio::{
    AnswerKind, AudioEvent, AudioSession, AudioSettings, DeviceNews, EndpointSettings,
    FrontendCommand, MicSpec, RATE, SegmentId, SpeakerSpec, pos_ms,
};
use crate::event::{LineId, Track};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, Sender};

/// Somebody who was asked to speak and is not heard for so long will not be:
/// 10 s.
const SPEAKS_WITHIN_MS: u64 = 10_000;
/// Longer than this nobody needs to speak to be heard: 20 s.
const SPEAKS_AT_MOST_MS: u64 = 20_000;

/// Where sound comes from, or goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A device by (part of) its name, or the default one.
    Device(Option<String>),
    /// A file.
    Wav(PathBuf),
    /// Nowhere.
    None,
}

impl Place {
    fn mic(&self) -> MicSpec {
        match self {
            Self::Wav(path) => MicSpec::Wav(path.clone()),
            Self::Device(name) => MicSpec::Device(name.clone()),
            Self::None => MicSpec::Device(None),
        }
    }

    fn speaker(&self) -> SpeakerSpec {
        match self {
            Self::Wav(path) => SpeakerSpec::Wav(path.clone()),
            Self::Device(name) => SpeakerSpec::Device(name.clone()),
            Self::None => SpeakerSpec::None,
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Cue {
    /// Use these from now on.
    Open {
        /// Where the voice comes from.
        microphone: Place,
        /// Where sound goes to.
        speaker: Place,
    },
    /// Play a short rising tone.
    Tone,
    /// Play a sentence, then listen to one.
    Say(Arc<[f32]>),
    /// Listen to a sentence.
    Listen,
    /// Play what was heard.
    Play(Arc<[f32]>),
    /// Stop playing and listening.
    Stop,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum News {
    /// Both are there.
    Opened {
        /// The microphone's name.
        microphone: String,
        /// The speaker's name.
        speaker: String,
    },
    /// One is not there, or is gone.
    Gone {
        /// Which.
        track: Track,
        /// What is wrong, in one sentence.
        says: String,
    },
    /// It works again.
    Back(Track),
    /// The microphone's level, root mean square of 100 ms, in dB of full
    /// scale.
    Level(f32),
    /// A voice begins or ends.
    Voice(bool),
    /// Levels so far, after somebody spoke.
    Levels(Levels),
    /// What is wrong with the microphone's sound now, with what to do.
    Faults(Vec<&'static str>),
    /// The sentence, tone or recording was played to its end, or stopped.
    Played {
        /// Whether to its end.
        whole: bool,
    },
    /// Now somebody may speak.
    Listening,
    /// What was said: 16 kHz mono.
    Heard(Arc<[f32]>),
    /// Nobody was heard.
    NothingHeard,
}

/// Does as it is told until nobody tells any more. Both channels may be
/// small: levels are dropped where `news` is full, everything else waits.
pub async fn rehearse(endpoint: EndpointSettings, mut cues: Receiver<Cue>, news: Sender<News>) {
    let mut stage = Stage {
        endpoint,
        session: None,
        lost: None,
        health: Health::new(),
        faults: Vec::new(),
        near: 0,
        line: 0,
        listens_after: None,
        listening: None,
        segments: BTreeMap::new(),
        news,
    };
    loop {
        tokio::select! {
            biased;
            cue = cues.recv() => match cue {
                Some(cue) => stage.take(cue).await,
                None => break,
            },
            event = stage.next() => stage.event(event).await,
        }
    }
    stage.close().await;
}

struct Stage {
    endpoint: EndpointSettings,
    session: Option<AudioSession>,
    /// Why there is no session, where there was to be one.
    lost: Option<String>,
    health: Health,
    /// What was told of the microphone's sound.
    faults: Vec<&'static str>,
    /// Samples of the microphone so far.
    near: u64,
    /// The newest line.
    line: LineId,
    /// The line after which somebody is listened to.
    listens_after: Option<LineId>,
    /// Since when somebody is listened to.
    listening: Option<u64>,
    segments: BTreeMap<SegmentId, Arc<[f32]>>,
    news: Sender<News>,
}

impl Stage {
    /// The next event; never, where there is no sound.
    async fn next(&mut self) -> Option<AudioEvent> {
        match &mut self.session {
            Some(session) => {
                let held = session.events.recv().await?;
                Some(held.into_parts().0)
            }
            None => std::future::pending().await,
        }
    }

    async fn tell(&self, news: News) {
        // Nobody looks any more: the end comes with the cues' end.
        let _ = self.news.send(news).await;
    }

    async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            // It waits for its thread.
            let _ = tokio::task::spawn_blocking(move || session.close()).await;
        }
        (self.listening, self.listens_after) = (None, None);
        self.segments.clear();
    }

    async fn take(&mut self, cue: Cue) {
        match cue {
            Cue::Open {
                microphone,
                speaker,
            } => self.open(&microphone, &speaker).await,
            Cue::Tone | Cue::Say(_) | Cue::Play(_) | Cue::Listen if self.session.is_none() => {
                self.tell_lost().await;
            }
            Cue::Tone => self.play(test_sound().into(), false),
            Cue::Say(sound) => self.play(sound, true),
            Cue::Play(sound) => self.play(sound, false),
            Cue::Listen => self.listen().await,
            Cue::Stop => {
                if let Some(session) = &self.session {
                    session.player.stop();
                }
                (self.listening, self.listens_after) = (None, None);
            }
        }
    }

    async fn open(&mut self, microphone: &Place, speaker: &Place) {
        self.close().await;
        self.health = Health::new();
        self.near = 0;
        let first = self.session_with(microphone, speaker).await;
        let (session, lost) = match first {
            Ok(session) => (Some(session), None),
            // Which of the two is it? The other one is of use.
            Err(error) => match self.session_with(microphone, &Place::None).await {
                Ok(session) => (Some(session), Some((Track::Far, error))),
                Err(error) => (None, Some((Track::Near, error))),
            },
        };
        self.tell_faults(Vec::new()).await;
        if let Some(session) = session {
            session
                .control
                .send(FrontendCommand::Expect(AnswerKind::Long));
            let names = session.names.clone();
            self.session = Some(session);
            self.tell(News::Opened {
                microphone: names.microphone,
                speaker: names.speaker,
            })
            .await;
        }
        self.lost = None;
        match lost {
            Some((Track::Near, says)) => {
                self.lost = Some(says);
                self.tell_lost().await;
            }
            Some((track, says)) => self.tell(News::Gone { track, says }).await,
            None => {}
        }
    }

    /// Without a session nothing is heard or played; whoever waits for that
    /// must know.
    async fn tell_lost(&self) {
        if let Some(says) = self.lost.clone() {
            let track = Track::Near;
            self.tell(News::Gone { track, says }).await;
        }
    }

    async fn session_with(
        &self,
        microphone: &Place,
        speaker: &Place,
    ) -> Result<AudioSession, String> {
        let settings = AudioSettings {
            endpoint: self.endpoint.clone(),
            // What is played here is heard to its end.
            barge_in: false,
            ..AudioSettings::default()
        };
        let (mic, speaker) = (microphone.mic(), speaker.speaker());
        let opened =
            tokio::task::spawn_blocking(move || AudioSession::open(mic, speaker, settings));
        match opened.await {
            Ok(session) => session.map_err(|e| e.to_string()),
            Err(error) => Err(format!("The sound system failed: {error}")),
        }
    }

    fn play(&mut self, sound: Arc<[f32]>, then_listen: bool) {
        let Some(session) = &self.session else { return };
        session.player.stop();
        self.line += 1;
        let line = self.line;
        self.listening = None;
        self.listens_after = then_listen.then_some(line);
        let player = session.player.clone();
        player.begin(line);
        // It waits for the speaker, so it has a thread of its own, which
        // ends with the line or the session.
        tokio::task::spawn_blocking(move || {
            if player.push(line, &sound).is_ok() {
                player.finish(line);
            }
        });
    }

    async fn listen(&mut self) {
        self.segments.clear();
        self.listens_after = None;
        self.listening = Some(self.near);
        self.tell(News::Listening).await;
    }

    async fn event(&mut self, event: Option<AudioEvent>) {
        let Some(event) = event else {
            self.close().await;
            self.lost = Some("The sound system ended".to_owned());
            self.tell_lost().await;
            return;
        };
        match event {
            AudioEvent::Chunk { near, far, .. } => {
                let near: Vec<f32> = near.iter().map(|v| f32::from(*v) / 32_768.0).collect();
                let playing = far.iter().any(|v| *v != 0);
                self.near += near.len() as u64;
                let mut changes = Vec::new();
                self.health.hear(&near, playing, &mut changes);
                self.changed(&changes).await;
                self.look_at_time().await;
            }
            AudioEvent::Level { near_db, .. } => {
                let _ = self.news.try_send(News::Level(near_db));
            }
            AudioEvent::SpeechStarted { .. } => self.tell(News::Voice(true)).await,
            AudioEvent::Paused(segment) => {
                let mut changes = Vec::new();
                self.health.spoke(&segment.audio, &mut changes);
                self.changed(&changes).await;
                self.tell(News::Levels(self.health.levels())).await;
                if self.listening.is_some() {
                    self.segments.insert(segment.id, segment.audio);
                }
            }
            AudioEvent::TurnEnded { .. } => {
                self.tell(News::Voice(false)).await;
                self.heard().await;
            }
            AudioEvent::LineEnded { line, complete, .. } if line == self.line => {
                self.tell(News::Played { whole: complete }).await;
                if self.listens_after == Some(line) {
                    self.listen().await;
                }
            }
            AudioEvent::Device {
                track,
                news,
                message,
            } => match news {
                DeviceNews::Gone | DeviceNews::Copy => {
                    self.tell(News::Gone {
                        track,
                        says: message,
                    })
                    .await;
                }
                DeviceNews::Back => self.tell(News::Back(track)).await,
                // Judged here too, for files as well.
                DeviceNews::Poor | DeviceNews::Well => {}
            },
            AudioEvent::Trouble { message, .. } => {
                self.tell(News::Gone {
                    track: Track::Far,
                    says: message,
                })
                .await;
            }
            _ => {}
        }
    }

    async fn changed(&mut self, changes: &[Change]) {
        if !changes.is_empty() {
            let words = self.health.found().iter().map(|f| f.words()).collect();
            self.tell_faults(words).await;
        }
    }

    async fn tell_faults(&mut self, faults: Vec<&'static str>) {
        if self.faults != faults {
            self.faults.clone_from(&faults);
            self.tell(News::Faults(faults)).await;
        }
    }

    /// Waits for nobody for ever.
    async fn look_at_time(&mut self) {
        let Some(since) = self.listening else { return };
        let waited = pos_ms(self.near - since);
        if self.segments.is_empty() && waited > SPEAKS_WITHIN_MS {
            self.listening = None;
            self.tell(News::NothingHeard).await;
        } else if waited > SPEAKS_AT_MOST_MS {
            self.heard().await;
        }
    }

    async fn heard(&mut self) {
        if self.listening.is_none() || self.segments.is_empty() {
            return;
        }
        self.listening = None;
        let parts = std::mem::take(&mut self.segments);
        // A breath between what was said in parts.
        let gap = vec![0.0; RATE as usize / 5];
        let parts: Vec<&[f32]> = parts.values().map(AsRef::as_ref).collect();
        let audio = parts.join(&gap[..]);
        self.tell(News::Heard(audio.into())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::channel;

    #[tokio::test]
    async fn whoever_wants_to_hear_something_without_a_session_is_told_why() {
        let dir = tempfile::tempdir().unwrap();
        let microphone = Place::Wav(dir.path().join("none.wav"));
        let (orders, cues) = channel(8);
        let (news, mut told) = channel(8);
        let rehearsal = tokio::spawn(rehearse(EndpointSettings::default(), cues, news));
        let open = Cue::Open {
            microphone,
            speaker: Place::None,
        };
        let say = Cue::Say(vec![0.1; 160].into());
        for cue in [open, say, Cue::Listen] {
            orders.send(cue).await.unwrap();
            let gone = told.recv().await;
            let Some(News::Gone { track, says }) = gone else {
                panic!("{gone:?}");
            };
            assert_eq!(track, Track::Near);
            assert!(says.contains("none.wav"), "{says}");
        }
        drop(orders);
        rehearsal.await.unwrap();
    }
}
