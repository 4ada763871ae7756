//! Microphone and speaker: whether they are there, how loud room and voice
//! are, and how much of what is played comes back.

use super::{Echo, Finding, find_echo, rounded, test_sound};
use crate::audio::health::{Change, Finding as Fault, Health, Levels};
use crate::audio::{
    AudioEvent, AudioSession, AudioSettings, DeviceNews, MicSpec, Pace, RATE, SamplePos,
    SpeakerSpec,
};
use crate::event::Track;

/// How long the room is listened to: 2 s.
const ROOM: SamplePos = 2 * RATE as SamplePos;
/// How long the test sound may take to begin, the slowest sound server
/// included: 4 s.
const BEGINS_WITHIN: SamplePos = 4 * RATE as SamplePos;
/// How long its echo is waited for after its end: 1 s.
const ECHO: SamplePos = RATE as SamplePos;
/// How long somebody is waited for to speak: 8 s.
const SPEECH: SamplePos = 8 * RATE as SamplePos;
/// The longest recording that is listened to in place of a microphone: 60 s.
const RECORDING: SamplePos = 60 * RATE as SamplePos;
/// Echoes later than this are hard to take out, in milliseconds.
const LATE_MS: f32 = 400.0;
/// An echo this little softer than what is played drowns the candidate, in dB.
const LOUD_DB: f32 = 3.0;
/// From this likeness on, the "echo" is a copy.
const COPY: f32 = 0.97;
/// Number of the line that is the test sound.
const LINE: u32 = 1;

/// What to listen to, and how.
pub struct SoundPlan {
    /// The microphone.
    pub mic: MicSpec,
    /// The speaker.
    pub speaker: SpeakerSpec,
    /// Whether somebody is asked to speak, and waited for.
    pub ask: bool,
}

/// Listens, plays and listens again. `tell` gets what the person at the
/// machine is to do meanwhile.
pub fn sound(plan: SoundPlan, tell: &mut dyn FnMut(&str)) -> Vec<Finding> {
    let SoundPlan { mic, speaker, ask } = plan;
    let recording = matches!(mic, MicSpec::Wav(_));
    let silent = speaker == SpeakerSpec::None;
    let files = recording && !matches!(speaker, SpeakerSpec::Device(_));
    let settings = AudioSettings {
        pace: if files { Pace::Fast } else { Pace::Real },
        ..AudioSettings::default()
    };
    let session = match AudioSession::open(mic, speaker, settings) {
        Ok(session) => session,
        Err(error) => {
            return vec![Finding::failed(
                "devices",
                error.to_string(),
                "See what there is with `viva devices`, and name it with --mic or --speaker",
            )];
        }
    };
    let names = session.names.clone();
    let mut ears = Ears::new(session);
    if !recording {
        tell("Please be quiet for two seconds.");
        ears.listen(|ears| ears.pos() >= ROOM);
    }
    let noise_db = ears.health.levels().noise_db;
    if !silent {
        tell("Now you hear a rising tone.");
        ears.play();
    }
    let echo_until = ears.near.len();
    if recording {
        ears.listen(|ears| ears.ended || ears.pos() >= RECORDING);
    } else if ask {
        tell("Now please say a sentence or two.");
        let from = ears.pos();
        ears.listen(|ears| ears.spoke_since(from) || ears.pos() >= from + SPEECH);
    }
    let mut found = vec![
        Finding::ok(
            "devices",
            format!("{} and {}", names.microphone, names.speaker),
        )
        .with("microphone", names.microphone)
        .with("speaker", names.speaker),
    ];
    let levels = Levels {
        noise_db: noise_db.or_else(|| ears.health.levels().noise_db),
        ..ears.health.levels()
    };
    found.push(microphone(&ears, &levels, ask || recording));
    if !silent {
        let noise_db = levels.noise_db.unwrap_or(-96.0);
        let until = echo_until.min(ears.near.len());
        let echo = find_echo(&ears.near[..until], &ears.far[..until], noise_db);
        found.extend(speaker_and_echo(&ears, echo));
    }
    ears.session.close();
    found
}

fn microphone(ears: &Ears, levels: &Levels, asked: bool) -> Finding {
    let part = "microphone";
    let sound = "See the system's sound settings, or choose another one with --mic";
    let finding = if let Some(message) = &ears.near_gone {
        Finding::failed(part, message.clone(), sound)
    } else if let Some(fault) = ears.health.found().first() {
        let make = match fault {
            Fault::Dead | Fault::Muted => Finding::failed,
            Fault::Clipped | Fault::Quiet | Fault::Noisy => Finding::warning,
        };
        // What is wrong, and what to do, are two sentences of one text.
        let (says, advice) = split(fault.words());
        make(part, says.to_owned(), advice.to_owned())
    } else if ears.near.iter().all(|v| *v == 0.0) {
        let (says, advice) = split(Fault::Dead.words());
        Finding::failed(part, says, advice)
    } else {
        match (levels.noise_db, levels.speech_db) {
            (Some(noise), Some(speech)) => Finding::ok(
                part,
                format!("Speech at {speech:.0} dB, the room at {noise:.0} dB"),
            ),
            (Some(noise), None) if !asked => {
                Finding::ok(part, format!("The room is at {noise:.0} dB"))
            }
            (None, Some(speech)) => Finding::ok(part, format!("Speech at {speech:.0} dB")),
            _ => Finding::warning(
                part,
                "No speech was heard",
                "Check it again and say a sentence when you are asked to; if you did, move nearer \
                 to the microphone or turn it up",
            ),
        }
    };
    finding
        .with("noise_db", levels.noise_db.map(rounded))
        .with("speech_db", levels.speech_db.map(rounded))
        .with("clipped_share", f64::from(levels.clipped))
        .with("lost_samples", ears.lost_near)
}

/// The first sentence, and the rest.
fn split(words: &str) -> (&str, &str) {
    words.split_once(". ").unwrap_or((words, words))
}

fn speaker_and_echo(ears: &Ears, echo: Option<Echo>) -> Vec<Finding> {
    let sound = "See the system's sound settings, or choose another one with --speaker";
    if let Some(message) = &ears.far_gone {
        return vec![Finding::failed("speaker", message.clone(), sound)];
    }
    let Some(began) = ears.began else {
        let says = "The speaker plays nothing";
        return vec![Finding::failed("speaker", says, sound)];
    };
    if !ears.played {
        let says = "The speaker stopped in the middle of the test sound";
        return vec![Finding::failed("speaker", says, sound)];
    }
    let late = began.saturating_sub(ears.asked_at) as f32 * 1000.0 / RATE as f32;
    let speaker = Finding::ok(
        "speaker",
        format!("It plays {late:.0} ms after it is told to"),
    )
    .with("start_ms", rounded(late))
    .with("lost_samples", ears.lost_far);
    vec![speaker, judge_echo(echo)]
}

fn judge_echo(echo: Option<Echo>) -> Finding {
    let part = "echo";
    let Some(echo) = echo else {
        return Finding::ok(
            part,
            "The microphone does not hear the speaker: a headset, or a very quiet speaker. If you \
             did not hear the tone, turn the speaker up",
        );
    };
    let Echo {
        delay_ms,
        loss_db,
        likeness,
    } = echo;
    let says = format!(
        "The microphone hears the speaker {delay_ms:.0} ms later and {loss_db:.0} dB softer"
    );
    let finding = if likeness > COPY && loss_db.abs() < LOUD_DB {
        Finding::failed(
            part,
            "The microphone hears exactly what is played: it is a copy of the speaker's sound \
             (a \"monitor\"), not a microphone",
            "Choose a real microphone in the system's sound settings or with --mic",
        )
    } else if delay_ms > LATE_MS {
        Finding::warning(
            part,
            says,
            "So late an echo is hard to take out: use a headset, or another sound device",
        )
    } else if loss_db < LOUD_DB {
        Finding::warning(
            part,
            says,
            "Turn the speaker down, move it away from the microphone, or use a headset",
        )
    } else {
        Finding::ok(part, says)
    };
    finding
        .with("delay_ms", rounded(delay_ms))
        .with("loss_db", rounded(loss_db))
        .with("likeness", (f64::from(likeness) * 1000.0).round() / 1000.0)
}

/// A session and what came of it so far.
struct Ears {
    session: AudioSession,
    health: Health,
    changes: Vec<Change>,
    near: Vec<f32>,
    far: Vec<f32>,
    /// Where the test sound was asked for, began and whether it was whole.
    asked_at: SamplePos,
    began: Option<SamplePos>,
    played: bool,
    line_over: bool,
    /// Where the last turn ended.
    turn_ended: Option<SamplePos>,
    /// The recording came to its end.
    ended: bool,
    near_gone: Option<String>,
    far_gone: Option<String>,
    lost_near: u64,
    lost_far: u64,
    over: bool,
}

impl Ears {
    fn new(session: AudioSession) -> Self {
        Self {
            session,
            health: Health::new(),
            changes: Vec::new(),
            near: Vec::new(),
            far: Vec::new(),
            asked_at: 0,
            began: None,
            played: false,
            line_over: false,
            turn_ended: None,
            ended: false,
            near_gone: None,
            far_gone: None,
            lost_near: 0,
            lost_far: 0,
            over: false,
        }
    }

    fn pos(&self) -> SamplePos {
        self.near.len() as SamplePos
    }

    fn spoke_since(&self, from: SamplePos) -> bool {
        self.turn_ended.is_some_and(|at| at > from)
    }

    /// Listens until `enough` says so or there is nothing more.
    fn listen(&mut self, enough: impl Fn(&Self) -> bool) {
        while !self.over && !enough(self) {
            let Some(held) = self.session.events.blocking_recv() else {
                self.over = true;
                return;
            };
            let (event, _hold) = held.into_parts();
            self.take(event);
        }
    }

    /// Plays the test sound and listens to the end of its echo.
    fn play(&mut self) {
        self.asked_at = self.session.player.position();
        let hold = self.session.busy.enter();
        self.session.player.begin(LINE);
        // A line that was just begun is stopped by nobody.
        let _ = self.session.player.push(LINE, &test_sound());
        self.session.player.finish(LINE);
        drop(hold);
        let limit = self.asked_at + BEGINS_WITHIN;
        self.listen(|ears| ears.began.is_some() || ears.pos() >= limit);
        if self.began.is_none() {
            return;
        }
        let limit = self.pos() + BEGINS_WITHIN;
        self.listen(|ears| ears.line_over || ears.pos() >= limit);
        let end = self.pos() + ECHO;
        self.listen(|ears| ears.pos() >= end);
    }

    fn take(&mut self, event: AudioEvent) {
        match event {
            AudioEvent::Chunk { near, far, .. } => {
                let to_f32 = |pcm: &[i16]| -> Vec<f32> {
                    pcm.iter().map(|v| f32::from(*v) / 32_768.0).collect()
                };
                let (near, far) = (to_f32(&near), to_f32(&far));
                let playing = self.began.is_some() && !self.line_over;
                let echo = far.iter().any(|v| *v != 0.0);
                self.health.hear(&near, playing || echo, &mut self.changes);
                self.near.extend(near);
                self.far.extend(far);
            }
            AudioEvent::Paused(segment) => self.health.spoke(&segment.audio, &mut self.changes),
            AudioEvent::TurnEnded { at, .. } => self.turn_ended = Some(at),
            AudioEvent::LineStarted { at, .. } => self.began = Some(at),
            AudioEvent::LineEnded { complete, .. } => {
                (self.line_over, self.played) = (true, complete);
            }
            AudioEvent::Gap { track, samples, .. } => match track {
                Track::Near => self.lost_near += samples,
                Track::Far => self.lost_far += samples,
            },
            AudioEvent::LineLevel { .. } | AudioEvent::Echo(_) => {}
            AudioEvent::MicEnded { .. } => self.ended = true,
            AudioEvent::Device {
                track,
                news,
                message,
            } => {
                let slot = match track {
                    Track::Near => &mut self.near_gone,
                    Track::Far => &mut self.far_gone,
                };
                match news {
                    DeviceNews::Gone | DeviceNews::Copy => *slot = Some(message),
                    DeviceNews::Back => *slot = None,
                    // Judged here too, with all that is known.
                    DeviceNews::Poor | DeviceNews::Well => {}
                }
            }
            AudioEvent::Trouble { message, fatal } => {
                self.far_gone = Some(message);
                self.over |= fatal;
            }
            AudioEvent::SpeechStarted { .. }
            | AudioEvent::Resumed { .. }
            | AudioEvent::SegmentClosed { .. }
            | AudioEvent::BargeIn { .. }
            | AudioEvent::Level { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use std::path::Path;

    /// A recording at 16 kHz.
    fn wav(path: &Path, samples: impl Iterator<Item = f32>) -> MicSpec {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for sample in samples {
            writer.write_sample((sample * 32_767.0) as i16).unwrap();
        }
        writer.finalize().unwrap();
        MicSpec::Wav(path.into())
    }

    fn run(samples: impl Iterator<Item = f32>, speaker: bool) -> Vec<Finding> {
        let dir = tempfile::tempdir().unwrap();
        let mic = wav(&dir.path().join("mic.wav"), samples);
        let speaker = if speaker {
            SpeakerSpec::Wav(dir.path().join("speaker.wav"))
        } else {
            SpeakerSpec::None
        };
        let plan = SoundPlan {
            mic,
            speaker,
            ask: false,
        };
        sound(plan, &mut |_| {})
    }

    fn of<'a>(found: &'a [Finding], part: &str) -> &'a Finding {
        found.iter().find(|f| f.part == part).unwrap()
    }

    #[test]
    fn a_recording_of_nothing_is_a_dead_microphone() {
        let found = run((0..80_000).map(|_| 0.0), false);
        let microphone = of(&found, "microphone");
        assert_eq!(microphone.verdict, Verdict::Failed);
        assert!(microphone.says.contains("no sound at all"));
        assert!(found.iter().all(|f| f.part != "echo"));
    }

    #[test]
    fn a_speaker_that_plays_into_a_file_makes_no_echo() {
        let hiss = (0..80_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32 * 1e-6);
        let found = run(hiss, true);
        assert_eq!(of(&found, "speaker").verdict, Verdict::Ok, "{found:?}");
        assert_eq!(of(&found, "echo").verdict, Verdict::Ok, "{found:?}");
        assert!(of(&found, "echo").facts.is_empty());
        assert_eq!(of(&found, "microphone").says, "No speech was heard");
    }

    #[test]
    fn a_device_that_is_not_there_is_named_with_what_to_do() {
        let plan = SoundPlan {
            mic: MicSpec::Wav("/nowhere/mic.wav".into()),
            speaker: SpeakerSpec::None,
            ask: false,
        };
        let found = sound(plan, &mut |_| {});
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].verdict, Verdict::Failed);
        assert!(found[0].says.contains("/nowhere/mic.wav"));
    }

    #[test]
    fn echoes_are_judged_by_delay_loss_and_likeness() {
        let verdict = |delay_ms, loss_db, likeness| {
            judge_echo(Some(Echo {
                delay_ms,
                loss_db,
                likeness,
            }))
        };
        assert_eq!(verdict(60.0, 14.0, 0.6).verdict, Verdict::Ok);
        assert_eq!(verdict(60.0, 1.0, 0.6).verdict, Verdict::Warning);
        assert_eq!(verdict(450.0, 14.0, 0.6).verdict, Verdict::Warning);
        let copy = verdict(5.0, 0.1, 0.99);
        assert!(copy.says.contains("monitor"));
        assert_eq!(copy.verdict, Verdict::Failed);
    }

    /// Two sentences with a pause between, at a gain, cut off at full scale,
    /// in a quiet room.
    #[cfg(feature = "flite")]
    fn spoken(gain: f32) -> Vec<f32> {
        let mut voice = crate::speech::voices::open_voice("rms", 1.0).unwrap();
        let mut pcm = vec![0.0; RATE as usize];
        for _ in 0..2 {
            let said = "We tested the model every week, and it was never wrong for long.";
            voice
                .speak(said, &mut |part| {
                    pcm.extend_from_slice(part);
                    std::ops::ControlFlow::Continue(())
                })
                .unwrap();
            pcm.extend(vec![0.0; 2 * RATE as usize]);
        }
        let hiss = (0u32..).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32 / 4096.0 - 0.5);
        let loud = pcm.iter().map(|v| (v * gain).clamp(-1.0, 1.0));
        loud.zip(hiss).map(|(v, h)| v * 0.999 + h * 2e-4).collect()
    }

    #[cfg(feature = "flite")]
    #[test]
    fn voices_too_loud_too_soft_and_right_are_told_apart() {
        let right = run(spoken(1.0).into_iter(), false);
        let microphone = of(&right, "microphone");
        assert_eq!(microphone.verdict, Verdict::Ok, "{microphone:?}");
        assert!(microphone.says.starts_with("Speech at"), "{microphone:?}");
        let loud = run(spoken(40.0).into_iter(), false);
        let microphone = of(&loud, "microphone");
        assert_eq!(microphone.verdict, Verdict::Warning, "{microphone:?}");
        assert!(microphone.says.contains("cuts off"), "{microphone:?}");
        let soft = run(spoken(0.015).into_iter(), false);
        let microphone = of(&soft, "microphone");
        assert_eq!(microphone.verdict, Verdict::Warning, "{microphone:?}");
        assert!(microphone.says.contains("very softly"), "{microphone:?}");
    }
}
