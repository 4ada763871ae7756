//! The ears that are measured: a model whose every decode is judged as
//! strictly as asked, and what it hears of speech in a room.

use super::bench_sounds::{self as sounds, RATE, SENTENCES};
use crate::audio::{AudioSettings, read_wav_16k};
use crate::call::listen::{Heard, listen};
use crate::speech::wer::{WordErrors, word_errors};
use crate::speech::whisper::{Draft, WhisperRecognizer};
use crate::speech::{Cancel, DecodeHints, Recognizer, SpeechError, Transcript, USUAL_STRICTNESS};
use anyhow::{Context, bail};
use serde::Serialize;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// A model, and what it wrote of everything that it was given since the last
/// [`Ears::forget`]: the same sound is judged again without decoding it anew.
pub(super) struct Ears {
    model: WhisperRecognizer,
    settings: AudioSettings,
    drafts: HashMap<(u64, usize), Draft>,
}

impl Ears {
    pub(super) fn new(model: WhisperRecognizer, settings: AudioSettings) -> Self {
        Self {
            model,
            settings,
            drafts: HashMap::new(),
        }
    }

    pub(super) fn forget(&mut self) {
        self.drafts.clear();
    }

    /// What a call would hear with walls of this strictness, or without any.
    pub(super) fn hear(
        &mut self,
        audio: &[f32],
        strictness: Option<f32>,
    ) -> Result<Heard, SpeechError> {
        let mut judge = Judge {
            model: &mut self.model,
            drafts: &mut self.drafts,
            strictness,
        };
        listen(audio, &self.settings, &mut judge, &DecodeHints::default())
    }

    /// What a call hears, with nothing kept for later.
    pub(super) fn hear_once(&mut self, audio: &[f32]) -> Result<Heard, SpeechError> {
        listen(
            audio,
            &self.settings,
            &mut self.model,
            &DecodeHints::default(),
        )
    }

    /// What it hears of one piece, without deciding where it ends.
    pub(super) fn hear_piece(&mut self, audio: &[f32]) -> Result<Transcript, SpeechError> {
        let draft = self.model.draft(audio, &Cancel::default())?;
        Ok(draft.judged(Some(USUAL_STRICTNESS), audio))
    }
}

struct Judge<'a> {
    model: &'a mut WhisperRecognizer,
    drafts: &'a mut HashMap<(u64, usize), Draft>,
    strictness: Option<f32>,
}

impl Recognizer for Judge<'_> {
    fn name(&self) -> String {
        self.model.name()
    }

    fn transcribe(
        &mut self,
        audio: &[f32],
        _hints: &DecodeHints,
        cancel: &Cancel,
    ) -> Result<Transcript, SpeechError> {
        let mut hash = DefaultHasher::new();
        for sample in audio {
            sample.to_bits().hash(&mut hash);
        }
        let key = (hash.finish(), audio.len());
        if let Some(draft) = self.drafts.get(&key) {
            return Ok(draft.judged(self.strictness, audio));
        }
        let draft = self.model.draft(audio, cancel)?;
        let heard = draft.judged(self.strictness, audio);
        self.drafts.insert(key, draft);
        Ok(heard)
    }
}

/// What walls of one strictness keep out, and what they cost.
#[derive(Serialize, Clone, Copy, Debug, Default)]
pub(super) struct Trade {
    /// Times the usual certainty that is asked for.
    pub(super) strictness: f32,
    /// Words heard where nobody answered; 0 is right.
    pub(super) words: usize,
    /// Clips of speech.
    pub(super) clips: usize,
    /// Clips that were understood and of which nothing was left; 0 is right.
    pub(super) lost: usize,
    /// Clips that were not understood and of which nothing was left.
    pub(super) withheld: usize,
    /// Word errors of all speech.
    pub(super) errors: WordErrors,
}

pub(super) struct Clip {
    text: String,
    audio: Vec<f32>,
}

/// What was heard of speech.
#[derive(Serialize, Clone, Debug)]
pub(super) struct Speech {
    case: String,
    clips: usize,
    /// Clips that the decoder understood (at most half of the words wrong) and
    /// of which nothing was left; 0 is right.
    pub(super) lost: usize,
    /// Clips that it did not understand and of which nothing was left.
    withheld: usize,
    /// Clips of which the decoder wrote nothing, or that were not taken for
    /// speech at all.
    unheard: usize,
    lost_texts: Vec<String>,
    wer: f64,
    wer_without_walls: f64,
    errors: WordErrors,
}

/// Words wrong, as a share of the words, up to which a clip was understood.
const UNDERSTOOD: f64 = 0.5;

/// How speech reaches the microphone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition {
    pub(super) name: &'static str,
    /// Loudness of the speech, dB of full scale.
    level_db: f32,
    /// Noise this much softer; white or pink.
    snr_db: Option<f32>,
    pink: bool,
}

const fn condition(
    name: &'static str,
    level_db: f32,
    snr_db: Option<f32>,
    pink: bool,
) -> Condition {
    Condition {
        name,
        level_db,
        snr_db,
        pink,
    }
}

pub(super) const CONDITIONS: [Condition; 9] = [
    condition("clean", -22.0, None, false),
    condition("quiet (-40 dB)", -40.0, None, false),
    condition("very quiet (-50 dB)", -50.0, None, false),
    condition("white 20 dB", -22.0, Some(20.0), false),
    condition("white 10 dB", -22.0, Some(10.0), false),
    condition("white 5 dB", -22.0, Some(5.0), false),
    condition("pink 20 dB", -22.0, Some(20.0), true),
    condition("pink 10 dB", -22.0, Some(10.0), true),
    condition("pink 5 dB", -22.0, Some(5.0), true),
];

pub(super) fn measure_speech(
    ears: &mut Ears,
    case: String,
    clips: &[Clip],
    (condition, seed): (Condition, u64),
    trades: &mut [Trade],
) -> anyhow::Result<Speech> {
    let mut row = Speech {
        clips: clips.len(),
        lost: 0,
        withheld: 0,
        unheard: 0,
        lost_texts: Vec::new(),
        wer: 0.0,
        wer_without_walls: 0.0,
        errors: WordErrors::default(),
        case,
    };
    let mut open_errors = WordErrors::default();
    for (number, clip) in clips.iter().enumerate() {
        let audio = in_a_room(&clip.audio, condition, seed + number as u64);
        let open = ears.hear(&audio, None)?;
        let plain = word_errors(&clip.text, &open.text());
        let gone = |heard: &Heard| open.words() > 0 && heard.words() == 0;
        let understood = plain.rate() <= UNDERSTOOD;
        let walled = ears.hear(&audio, Some(USUAL_STRICTNESS))?;
        row.errors += word_errors(&clip.text, &walled.text());
        open_errors += plain;
        row.unheard += usize::from(open.words() == 0);
        row.withheld += usize::from(gone(&walled) && !understood);
        if gone(&walled) && understood {
            row.lost += 1;
            row.lost_texts
                .push(format!("{} -> {}", clip.text, open.text()));
        }
        for trade in trades.iter_mut() {
            let heard = ears.hear(&audio, Some(trade.strictness))?;
            trade.clips += 1;
            trade.lost += usize::from(gone(&heard) && understood);
            trade.withheld += usize::from(gone(&heard) && !understood);
            trade.errors += word_errors(&clip.text, &heard.text());
        }
        ears.forget();
    }
    row.wer = row.errors.rate();
    row.wer_without_walls = open_errors.rate();
    Ok(row)
}

/// Short words that are easily lost.
const SHORT: [&str; 10] = [
    "Yes.", "No.", "Okay.", "Sure.", "Python.", "Redis.", "Anna.", "Peter.", "Daniel.", "Maria.",
];

/// How they are said softly.
pub(super) const SOFT: [Condition; 4] = [
    condition("soft (-45 dB)", -45.0, None, false),
    condition("soft, pink 20 dB", -40.0, Some(20.0), true),
    condition("soft, pink 15 dB", -40.0, Some(15.0), true),
    condition("soft, white 15 dB", -40.0, Some(15.0), false),
];

/// Short words by every built-in voice, at two speeds.
pub(super) fn short_words() -> anyhow::Result<Vec<Clip>> {
    let mut clips = Vec::new();
    for voice in sounds::voices() {
        for (text, speed) in SHORT.iter().flat_map(|t| [(*t, 0.9), (*t, 1.15)]) {
            clips.push(Clip {
                text: text.to_owned(),
                audio: sounds::spoken(voice, speed, text)?,
            });
        }
    }
    Ok(clips)
}

/// Speech as loud as asked, with a second of its room before and after.
fn in_a_room(speech: &[f32], condition: Condition, seed: u64) -> Vec<f32> {
    let factor = sounds::gain(condition.level_db - sounds::speech_db(speech));
    let mut audio = vec![0.0; RATE];
    audio.extend(speech.iter().map(|v| v * factor));
    audio.extend(vec![0.0; RATE]);
    let mut rng = sounds::chance(seed, condition.name);
    let level = condition
        .snr_db
        .map_or(-75.0, |snr| condition.level_db - snr);
    let noise = if condition.pink {
        sounds::pink(audio.len(), level, &mut rng)
    } else {
        sounds::white(audio.len(), level, &mut rng)
    };
    audio
        .iter()
        .zip(noise)
        .map(|(a, b)| (a + b).clamp(-1.0, 1.0))
        .collect()
}

/// Made speech, and the recordings of a folder.
pub(super) fn clips(folder: Option<&Path>) -> anyhow::Result<Vec<(&'static str, Vec<Clip>)>> {
    let mut made = Vec::new();
    for voice in sounds::voices() {
        for text in SENTENCES {
            made.push(Clip {
                text: text.to_owned(),
                audio: sounds::spoken(voice, 1.0, text)?,
            });
        }
    }
    let mut all = Vec::new();
    if !made.is_empty() {
        all.push(("made speech", made));
    }
    if let Some(folder) = folder {
        let mut recorded = Vec::new();
        for path in wavs(folder)? {
            let beside = path.with_extension("txt");
            let text = std::fs::read_to_string(&beside)
                .with_context(|| format!("Text {}", beside.display()))?;
            let audio = read_wav_16k(&path)?;
            recorded.push(Clip { text, audio });
        }
        all.push(("recorded speech", recorded));
    }
    Ok(all)
}

pub(super) fn wavs(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("Folder {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("wav"))
        {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        bail!("Folder {} has no WAV files", folder.display());
    }
    paths.sort();
    Ok(paths)
}

pub(super) fn stem(path: &Path) -> String {
    path.file_stem()
        .map_or_else(String::new, |s| s.to_string_lossy().into_owned())
}

pub(super) fn print_speech(row: &Speech, first: bool) {
    if first {
        println!(
            "\n{:<38}{:>6}{:>9}{:>10}{:>6}{:>8}{:>10}",
            "speech", "clips", "unheard", "withheld", "lost", "WER", "unwalled"
        );
    }
    println!(
        "{:<38}{:>6}{:>9}{:>10}{:>6}{:>6.1} %{:>8.1} %  {}",
        row.case,
        row.clips,
        row.unheard,
        row.withheld,
        row.lost,
        row.wer * 100.0,
        row.wer_without_walls * 100.0,
        row.lost_texts.join("; ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_in_a_room_has_the_asked_level_and_noise() {
        let speech = sounds::at_level([0.3, -0.3, 0.2, -0.2].repeat(8_000), -30.0);
        let case = condition("test", -22.0, Some(10.0), false);
        let audio = in_a_room(&speech, case, 1);
        let level = |part: &[f32]| crate::audio::level::rms_db(part);
        assert!((level(&audio[..RATE]) + 32.0).abs() < 0.5);
        let both = 10.0 * (10f32.powf(-2.2) + 10f32.powf(-3.2)).log10();
        assert!((level(&audio[RATE..RATE * 2]) - both).abs() < 0.5);
    }

    #[test]
    fn a_folder_without_recordings_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = wavs(dir.path()).unwrap_err().to_string();
        assert!(error.contains("has no WAV files"), "{error}");
        assert!(error.contains(&*dir.path().to_string_lossy()), "{error}");
    }
}
