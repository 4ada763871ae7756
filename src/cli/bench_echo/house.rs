//! A call's decisions over a line, on the sample clock and without a call.

use super::material::Over;
use crate::audio::duplex::Duplex;
use crate::audio::echo::STEP;
use crate::audio::room::RoomSettings;
use crate::audio::{
    AudioEvent, AudioSettings, EchoState, FrontendCommand, Loudness, RATE, Segment,
};
use crate::call::judge_over_line;
use crate::event::{Expects, Line, OverLine, Purpose, Stage};
use crate::speech::whisper::WhisperRecognizer;
use crate::speech::{Cancel, DecodeHints, Recognizer};
use std::collections::BTreeMap;

/// Silence before the line, and after everything.
const LEAD: usize = RATE as usize / 2;
const TAIL: usize = 2 * RATE as usize;
/// How long a decode takes, in steps of 10 ms: what the starter model takes
/// for a few seconds on one core. Fixed, so that results do not depend on the
/// machine.
const DECODE_STEPS: usize = 25;
/// Speech over a held line that needs no words, in steps; as in a call.
const SURE_STEPS: usize = 120;
/// How far below its loudest 10 ms a voice begins, in dB.
pub(super) const ONSET_DB: f32 = 20.0;

/// What came of a line. Positions are samples.
#[derive(Default)]
pub(super) struct Run {
    pub(super) far: Vec<f32>,
    pub(super) near: Vec<f32>,
    /// The line's first sample, and the voice's.
    pub(super) started: usize,
    pub(super) voice_from: Option<usize>,
    /// Where the line began to be softened, and to be held.
    pub(super) ducked: Vec<usize>,
    pub(super) held: Vec<usize>,
    pub(super) turns: usize,
    /// Words that counted.
    pub(super) utterances: Vec<String>,
    /// The line was played to its end.
    pub(super) complete: bool,
    pub(super) echo: EchoState,
}

/// A room, a chain and a recogniser.
pub(super) struct House<'a> {
    duplex: Duplex,
    ears: Option<&'a mut WhisperRecognizer>,
    run: Run,
    /// Texts of the open turn's segments.
    texts: BTreeMap<u32, String>,
    /// When a text is there, and whose.
    due: Option<(usize, u32)>,
    /// The step in which the line was held and speech has gone on since.
    held_since: Option<usize>,
    /// What the words so far are, while a line is playing.
    was: Option<OverLine>,
    playing: bool,
    /// The line is over, and from where on nothing more was to come.
    over: bool,
    quiet_from: Option<usize>,
    line: Line,
}

impl<'a> House<'a> {
    /// `text`: what the line says.
    pub(super) fn new(
        room: RoomSettings,
        text: &str,
        ears: Option<&'a mut WhisperRecognizer>,
    ) -> Self {
        Self {
            duplex: Duplex::new(&AudioSettings::default(), room),
            ears,
            run: Run::default(),
            texts: BTreeMap::new(),
            due: None,
            held_since: None,
            was: None,
            playing: false,
            over: false,
            quiet_from: None,
            line: Line {
                id: 1,
                text: text.into(),
                purpose: Purpose::Question,
                stage: Stage::Introduction,
                question: None,
                number: None,
                of: 1,
                expects: Expects::Long,
            },
        }
    }

    /// Plays a line (none where it is empty) and a voice over it.
    pub(super) fn play(&mut self, line: &[f32], over: Option<&Over>) -> anyhow::Result<Run> {
        let voice_at = over.map_or(0, |o| LEAD + (o.after_s * RATE as f32) as usize);
        let voice = over.map_or(&[][..], |o| &o.pcm);
        self.run.voice_from = over.map(|o| voice_at + onset(&o.pcm, ONSET_DB));
        // A line that waits for words takes longer by as much.
        let most = LEAD + line.len().max(voice_at + voice.len()) + TAIL + 4 * RATE as usize;
        self.over = line.is_empty();
        let mut events = Vec::new();
        for (number, begin) in (0..most).step_by(STEP).enumerate() {
            if begin == LEAD.next_multiple_of(STEP) && !line.is_empty() {
                self.duplex.say(1, line);
            }
            let now: [f32; STEP] = std::array::from_fn(|i| {
                let at = (begin + i).checked_sub(voice_at);
                at.and_then(|at| voice.get(at)).copied().unwrap_or(0.0)
            });
            self.duplex.step(&now, &mut events);
            for event in std::mem::take(&mut events) {
                self.event(number, event, line.len())?;
            }
            self.decide(number, line.len());
            // Nothing follows once the line and the voice are over.
            if self.over && begin > voice_at + voice.len() + TAIL && self.due.is_none() {
                let last = *self.quiet_from.get_or_insert(begin);
                if begin >= last + TAIL {
                    break;
                }
            }
        }
        let mut run = std::mem::take(&mut self.run);
        run.far = std::mem::take(&mut self.duplex.far);
        run.near = std::mem::take(&mut self.duplex.near);
        run.echo = self.duplex.frontend().echo_state();
        Ok(run)
    }

    fn event(&mut self, now: usize, event: AudioEvent, length: usize) -> anyhow::Result<()> {
        match event {
            AudioEvent::LineStarted { at, .. } => {
                self.run.started = at as usize;
                self.playing = true;
            }
            AudioEvent::LineLevel { at, loudness, .. } => match loudness {
                Loudness::Ducked => self.run.ducked.push(at as usize),
                Loudness::Held => {
                    self.run.held.push(at as usize);
                    self.held_since = Some(now);
                }
                Loudness::Full => self.held_since = None,
            },
            AudioEvent::LineEnded { complete, .. } => {
                self.playing = false;
                self.over = true;
                self.run.complete = complete;
            }
            AudioEvent::SpeechStarted { .. } => self.run.turns += 1,
            AudioEvent::Paused(segment) => {
                self.held_since = None;
                let text = self.hear(&segment)?;
                self.texts.insert(segment.id, text);
                self.due = Some((now + DECODE_STEPS, segment.id));
            }
            AudioEvent::Resumed { segment } => {
                self.texts.remove(&segment);
                self.due = None;
                self.was = None;
            }
            AudioEvent::TurnEnded { .. } => {
                if self.due.take().is_some() {
                    self.words(length);
                }
                let text: Vec<String> = std::mem::take(&mut self.texts).into_values().collect();
                let text = text.join(" ");
                let nothing = matches!(
                    self.was.take(),
                    Some(OverLine::Backchannel | OverLine::Echo | OverLine::Noise)
                );
                if !nothing && !text.trim().is_empty() {
                    self.run.utterances.push(text);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What is decided by time: a text is there, or speech has gone on.
    fn decide(&mut self, now: usize, length: usize) {
        if self.due.is_some_and(|(due, _)| due <= now) {
            self.due = None;
            self.words(length);
        }
        if self.playing
            && self
                .held_since
                .is_some_and(|since| now >= since + SURE_STEPS)
        {
            self.held_since = None;
            self.duplex.stop(1);
        }
    }

    /// The words of the turn so far are known.
    fn words(&mut self, length: usize) {
        // Without a recogniser nothing is decided by words.
        if !self.playing || self.ears.is_none() {
            return;
        }
        let text: Vec<&str> = self.texts.values().map(String::as_str).collect();
        let all: Vec<&str> = self.line.text.split_whitespace().collect();
        let played = self.duplex.far.len().saturating_sub(self.run.started);
        let share = (played as f32 / length.max(1) as f32).min(1.0);
        let heard = all[..(all.len() as f32 * share) as usize].join(" ");
        let was = judge_over_line(&text.join(" "), &self.line, &heard, true);
        self.was = Some(was);
        if was == OverLine::Interruption {
            self.duplex.stop(1);
        } else {
            let echo = was == OverLine::Echo;
            self.duplex
                .command(FrontendCommand::Restore { echo }, &mut Vec::new());
        }
    }

    fn hear(&mut self, segment: &Segment) -> anyhow::Result<String> {
        let Some(ears) = &mut self.ears else {
            return Ok(String::new());
        };
        let heard = ears.transcribe(&segment.audio, &DecodeHints::default(), &Cancel::default())?;
        Ok(heard.text)
    }
}

/// Where a voice begins: its first 10 ms that are no more than `below_db` below
/// its loudest.
pub(super) fn onset(pcm: &[f32], below_db: f32) -> usize {
    let levels: Vec<f32> = pcm.chunks(STEP).map(crate::audio::level::rms_db).collect();
    let loudest = levels.iter().copied().fold(f32::MIN, f32::max);
    let first = levels.iter().position(|db| *db >= loudest - below_db);
    first.unwrap_or(0) * STEP
}
