//! The real recogniser: whisper.cpp through whisper-rs.
//!
//! Greedy, without timestamps, without context from the audio before, and
//! with an audio window fitted to the utterance, since encoding time follows
//! the window and not the audio.
//!
//! Traps that this file goes around: the closure form of the abort callback
//! is undefined behaviour in whisper-rs 0.16 (wrong type in its trampoline);
//! `set_initial_prompt` and `set_language` leak a string a call, so the
//! prompt goes in as tokens and the language stays at its default, English;
//! `tokenize` is unsound where the text has more tokens than asked for.
//! On processors with AMX, q8_0 weights crash a ggml built for the machine
//! it was built on (`GGML_NATIVE=ON`); the portable build is not affected.

use super::ggml_file::{self, ModelFacts};
use super::sanity::{self, Decoded};
use super::sound::Sound;
use super::words::{self, SpokenWord};
use super::{Cancel, DecodeHints, Recognizer, SpeechError, Transcript};
use crate::clock::Clock;
use std::borrow::Cow;
use std::ffi::c_void;
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
};

/// Samples a second.
const RATE: usize = 16_000;
/// The window of the model.
const MAX_SECONDS: usize = 30;
/// Audio shorter than a second decodes badly or not at all.
const MIN_SAMPLES: usize = RATE * 11 / 10;
/// Encoder positions for a second of audio.
const CTX_PER_SECOND: usize = 50;
/// Tokens of a prompt at most; whisper.cpp itself keeps the last 224.
const PROMPT_TOKENS: usize = 200;

/// How to decode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhisperSettings {
    /// Threads of one decode. More than there are idle cores makes it much
    /// slower: whisper.cpp's threads wait for each other by spinning.
    pub threads: usize,
    /// Encoder positions (20 ms each) beyond the audio's length; 0 always
    /// takes the whole window of 30 s.
    pub audio_ctx_margin: u32,
    /// Whether [`DecodeHints::prompt`] is handed to the model. Off by
    /// default: the starter model was not trained with prompts.
    pub use_prompt: bool,
}

impl Default for WhisperSettings {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, |n| n.get().min(2)),
            audio_ctx_margin: 64,
            use_prompt: false,
        }
    }
}

/// A loaded model, ready to decode one utterance after the other.
pub struct WhisperRecognizer {
    name: String,
    facts: ModelFacts,
    settings: WhisperSettings,
    context: WhisperContext,
    state: WhisperState,
    clock: Clock,
}

impl std::fmt::Debug for WhisperRecognizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WhisperRecognizer")
            .field("name", &self.name)
            .field("facts", &self.facts)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl WhisperRecognizer {
    /// Loads the ggml model at `path` after checking the file.
    ///
    /// # Errors
    ///
    /// [`SpeechError::BadModel`] where the file is missing, no ggml model,
    /// cut short or damaged; [`SpeechError::Engine`] where whisper.cpp has
    /// no memory for it.
    pub fn load(path: &Path, settings: &WhisperSettings) -> Result<Self, SpeechError> {
        route_logs();
        let facts = ggml_file::check_file(path)
            .map_err(|e| SpeechError::BadModel(format!("Model {}: {e}", path.display())))?;
        let mut parameters = WhisperContextParameters::new();
        parameters.use_gpu(false);
        let context = WhisperContext::new_with_params(path, parameters).map_err(|e| {
            SpeechError::BadModel(format!(
                "Model {}: whisper.cpp refused it: {e}",
                path.display()
            ))
        })?;
        let state = context.create_state().map_err(|e| {
            SpeechError::Engine(format!("No decoder for the model {}: {e}", path.display()))
        })?;
        let name = path
            .file_stem()
            .map_or_else(|| "whisper".into(), |s| s.to_string_lossy().into_owned());
        Ok(Self {
            name,
            facts,
            settings: settings.clone(),
            context,
            state,
            clock: Clock::system(),
        })
    }

    /// What the model file says about itself.
    pub const fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    /// Encoder positions for `samples` of audio; 0 means all.
    fn audio_ctx(&self, samples: usize) -> usize {
        let margin = self.settings.audio_ctx_margin as usize;
        if margin == 0 {
            return 0;
        }
        let fitted = (samples * CTX_PER_SECOND).div_ceil(RATE) + margin;
        fitted.clamp(64, self.facts.audio_ctx as usize)
    }

    fn prompt_tokens(&self, prompt: &str) -> Vec<i32> {
        let prompt = format!(" {}", prompt.replace('\0', " ").trim());
        // A token is at least a byte, so this capacity always suffices.
        match self.context.tokenize(&prompt, prompt.len() + 1) {
            Ok(mut tokens) => {
                tokens.truncate(PROMPT_TOKENS);
                tokens
            }
            Err(error) => {
                tracing::warn!(%error, "The prompt was left out");
                Vec::new()
            }
        }
    }

    /// The words of the decode that just ended, and its no-speech value.
    fn read_out(&self) -> (Vec<SpokenWord>, f32) {
        let end_of_text = self.context.token_eot();
        let mut tokens: Vec<(Vec<u8>, f32)> = Vec::new();
        // No segment at all is whisper.cpp's way to say "no speech".
        let mut no_speech: f32 = if self.state.full_n_segments() == 0 {
            1.0
        } else {
            0.0
        };
        for segment in self.state.as_iter() {
            no_speech = no_speech.max(segment.no_speech_probability());
            for index in 0..segment.n_tokens() {
                let Some(token) = segment.get_token(index) else {
                    continue;
                };
                // Ids from here on are not text.
                if token.token_id() >= end_of_text {
                    continue;
                }
                if let Ok(bytes) = token.to_bytes() {
                    tokens.push((bytes.to_vec(), token.token_probability()));
                }
            }
        }
        let words = words::from_tokens(tokens.iter().map(|(b, p)| (b.as_slice(), *p)));
        (words, no_speech)
    }

    /// Decodes 16 kHz mono audio of at most 30 s without a prompt, and leaves
    /// everything that was written.
    ///
    /// # Errors
    ///
    /// As [`Recognizer::transcribe`].
    pub fn draft(&mut self, audio: &[f32], cancel: &Cancel) -> Result<Draft, SpeechError> {
        check_length(audio)?;
        let began = self.clock.now();
        let sound = Sound::of(audio);
        let decoded = self.decode(&padded(audio), None, cancel)?;
        Ok(Draft {
            decoded,
            sound,
            took: self.clock.now().since(began),
        })
    }

    /// One run of the model.
    fn decode(
        &mut self,
        input: &[f32],
        prompt: Option<&str>,
        cancel: &Cancel,
    ) -> Result<Decoded, SpeechError> {
        let prompt = prompt.map(|p| self.prompt_tokens(p)).unwrap_or_default();
        let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        params.set_n_threads(self.settings.threads.clamp(1, 64) as i32);
        params.set_audio_ctx(self.audio_ctx(input.len()) as i32);
        params.set_single_segment(true);
        params.set_no_timestamps(true);
        params.set_no_context(true);
        params.set_temperature_inc(0.0);
        params.set_suppress_nst(true);
        // Nobody speaks faster; a decoder that runs away is stopped early.
        params.set_max_tokens((24 + input.len() * 16 / RATE).min(220) as i32);
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_special(false);
        params.set_print_timestamps(false);
        if !prompt.is_empty() {
            params.set_tokens(&prompt);
        }
        set_abort(&mut params, cancel);

        let outcome = self.state.full(params, input);
        if cancel.is_cancelled() {
            return Err(SpeechError::Cancelled);
        }
        outcome.map_err(|e| SpeechError::Engine(format!("Whisper could not decode: {e}")))?;
        let (words, no_speech) = self.read_out();
        Ok(Decoded { words, no_speech })
    }
}

impl Recognizer for WhisperRecognizer {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn transcribe(
        &mut self,
        audio: &[f32],
        hints: &DecodeHints,
        cancel: &Cancel,
    ) -> Result<Transcript, SpeechError> {
        check_length(audio)?;
        if cancel.is_cancelled() {
            return Err(SpeechError::Cancelled);
        }
        let began = self.clock.now();
        let input = padded(audio);
        let sound = Sound::of(audio);
        let prompt = hints.prompt.as_deref().filter(|_| self.settings.use_prompt);
        let heard = sanity::honest(&sound, prompt, |p| self.decode(&input, p, cancel))?;
        let took = self.clock.now().since(began);
        Ok(transcript(heard, sound, took, audio))
    }
}

fn check_length(audio: &[f32]) -> Result<(), SpeechError> {
    if audio.len() <= MAX_SECONDS * RATE {
        return Ok(());
    }
    Err(SpeechError::Engine(format!(
        "The audio is {:.1} s long, expected at most {MAX_SECONDS} s",
        audio.len() as f64 / RATE as f64
    )))
}

/// Audio that is long enough to be decoded.
fn padded(audio: &[f32]) -> Cow<'_, [f32]> {
    if audio.len() >= MIN_SAMPLES {
        return audio.into();
    }
    let mut padded = audio.to_vec();
    padded.resize(MIN_SAMPLES, 0.0);
    padded.into()
}

fn transcript(heard: Decoded, sound: Sound, took: Duration, audio: &[f32]) -> Transcript {
    let Decoded { words, no_speech } = heard;
    let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    Transcript {
        text: texts.join(" "),
        confidence: words::confidence(&words),
        words: words::spread(&words, audio),
        no_speech,
        sound,
        took,
    }
}

/// What the decoder wrote down, with everything that nobody said: for
/// measuring what is made of it.
#[derive(Clone, Debug)]
pub struct Draft {
    decoded: Decoded,
    sound: Sound,
    took: Duration,
}

impl Draft {
    /// What is left of it where so many times the usual certainty is asked
    /// for; all of it without a number. `audio` is what was decoded.
    pub fn judged(&self, strictness: Option<f32>, audio: &[f32]) -> Transcript {
        let mut heard = self.decoded.clone();
        let Some(strictness) = strictness else {
            // Nothing that follows shall go by the sound either.
            return transcript(heard, Sound::default(), self.took, audio);
        };
        heard.words = sanity::tidy(heard.words, heard.no_speech, &self.sound, strictness);
        transcript(heard, self.sound, self.took, audio)
    }
}

/// Lets whisper.cpp poll `cancel` before each step of encoder and decoder.
#[allow(unsafe_code, reason = "the safe form is undefined behaviour")]
fn set_abort(params: &mut FullParams<'_, '_>, cancel: &Cancel) {
    unsafe extern "C" fn poll(flag: *mut c_void) -> bool {
        // SAFETY: the pointer is the `AtomicBool` that `set_abort` put in.
        unsafe { &*flag.cast::<AtomicBool>() }.load(Ordering::Relaxed)
    }
    let flag: *const AtomicBool = cancel.flag();
    // SAFETY: `cancel` is borrowed by the caller for longer than the decode
    // runs, and the flag is only read, atomically.
    unsafe {
        params.set_abort_callback(Some(poll));
        params.set_abort_callback_user_data(flag.cast_mut().cast());
    }
}

/// Sends the log lines of whisper.cpp and ggml into tracing.
fn route_logs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(whisper_rs::install_logging_hooks);
}

/// Version of whisper.cpp and the processor features that it uses, for
/// `--version` and the record.
pub fn engine_facts() -> String {
    let features: Vec<&str> = whisper_rs::print_system_info()
        .split('|')
        .filter_map(|fact| {
            let (name, value) = fact.rsplit_once('=')?;
            (value.trim() == "1").then(|| name.rsplit(':').next().unwrap_or(name).trim())
        })
        .collect();
    format!(
        "whisper.cpp {} ({})",
        whisper_rs::WHISPER_CPP_VERSION,
        features.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_files_are_named_with_what_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let whole = ggml_file::tests::tiny_model();
        for (path, told) in [
            (dir.path().join("absent.bin"), "No such file"),
            (dir.path().to_owned(), "folder"),
            (file("empty.bin", b""), "empty"),
            (file("text.bin", b"hello there"), "not a ggml model"),
            (file("cut.bin", &whole[..whole.len() / 2]), "truncated"),
        ] {
            let error = WhisperRecognizer::load(&path, &WhisperSettings::default()).unwrap_err();
            let text = error.to_string();
            assert!(matches!(error, SpeechError::BadModel(_)), "{text}");
            assert!(text.contains(told), "{text}");
            assert!(text.contains(&*path.to_string_lossy()), "{text}");
        }
    }

    #[test]
    fn a_file_that_only_looks_whole_is_refused_by_the_engine() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tiny.bin");
        std::fs::write(&path, ggml_file::tests::tiny_model()).unwrap();
        let error = WhisperRecognizer::load(&path, &WhisperSettings::default()).unwrap_err();
        assert!(error.to_string().contains("refused"), "{error}");
    }

    #[test]
    fn the_engine_tells_its_version() {
        assert!(engine_facts().starts_with("whisper.cpp 1."));
    }
}
