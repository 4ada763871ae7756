//! The built-in voices: CMU flite, linked statically, 16 kHz, BSD-like terms.
//!
//! flite keeps its voices, lexicon and reference counts in process-global
//! memory without locks, so one lock around each synthesis serves the whole
//! process. A synthesis runs some seventy times faster than speech and never
//! waits inside the lock: it runs on a helper thread, into a queue that
//! holds the longest text allowed, while the caller hands the samples on at
//! its own pace. So two voices can speak at once, and a slow listener delays
//! nobody else.

mod ffi;

use super::{SpeechError, Synthesizer};
use std::ffi::{CString, c_int, c_void};
use std::fmt;
use std::ops::ControlFlow;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Samples a second of all voices here.
const RATE: u32 = 16_000;
/// Samples of a buffer, about; flite rounds up to its frames of 5 ms.
const BUFFER: c_int = 320;
/// Longest text of one synthesis, in bytes; longer text is spoken in parts.
const PART: usize = 600;
/// Buffers that wait for the caller at most: 160 s, more than [`PART`]
/// bytes take at half speed. Full means that the synthesis stops there.
const WAITING: usize = 8_000;

/// Serves the process-global state of flite.
static FLITE: Mutex<Registered> = Mutex::new(Registered {
    ready: false,
    voices: [const { None }; 4],
});

struct Registered {
    ready: bool,
    voices: [Option<Loaded>; 4],
}

#[derive(Clone, Copy)]
struct Loaded {
    voice: *mut ffi::Voice,
    /// The voice's own stretch, which the speed is multiplied with.
    stretch: f32,
}

// SAFETY: flite's voices belong to no thread; the mutex around `Registered`
// keeps their users apart.
#[allow(unsafe_code, reason = "a foreign pointer that is guarded by the lock")]
unsafe impl Send for Loaded {}

/// A voice of flite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FliteVoiceName {
    /// US English, female; the recruiter's.
    Slt,
    /// US English, male.
    Rms,
    /// Scottish English, male.
    Awb,
    /// US English, male, diphones: old and robotic, but small.
    Kal,
}

impl FliteVoiceName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Slt, Self::Rms, Self::Awb, Self::Kal];

    /// The name by which it is asked for.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slt => "slt",
            Self::Rms => "rms",
            Self::Awb => "awb",
            Self::Kal => "kal",
        }
    }
}

impl fmt::Display for FliteVoiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One speaker with a flite voice.
#[derive(Clone, Debug)]
pub struct FliteVoice {
    name: FliteVoiceName,
    speed: f32,
}

impl FliteVoice {
    /// A speaker; `speed` 1 is the voice's own, 2 twice as fast, kept
    /// within 0.5 to 2.
    ///
    /// # Errors
    ///
    /// [`SpeechError::Engine`] where flite does not give the voice.
    pub fn open(name: FliteVoiceName, speed: f32) -> Result<Self, SpeechError> {
        let mut flite = FLITE.lock().unwrap_or_else(PoisonError::into_inner);
        load(&mut flite, name)?;
        Ok(Self {
            name,
            speed: if speed.is_finite() {
                speed.clamp(0.5, 2.0)
            } else {
                1.0
            },
        })
    }
}

impl Synthesizer for FliteVoice {
    fn name(&self) -> String {
        format!("flite {}", self.name)
    }

    fn rate(&self) -> u32 {
        RATE
    }

    fn speak(
        &mut self,
        sentence: &str,
        out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
    ) -> Result<(), SpeechError> {
        for part in parts(sentence) {
            if speak_part(self.name, self.speed, part, out)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Text of at most [`PART`] bytes each, cut at spaces where there are any.
/// Parts without a letter or digit are left out: flite has nothing to say.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let mut end = rest.len();
        if end > PART {
            end = rest.floor_char_boundary(PART);
            end = rest[..end].rfind(char::is_whitespace).unwrap_or(end);
        }
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after.trim_start();
    }
    parts.retain(|part| part.contains(|c: char| c.is_ascii_alphanumeric()));
    parts
}

fn speak_part(
    name: FliteVoiceName,
    speed: f32,
    text: &str,
    out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, SpeechError> {
    let text = CString::new(text.replace('\0', " "))
        .map_err(|e| SpeechError::Engine(format!("The text cannot be spoken: {e}")))?;
    let stop = AtomicBool::new(false);
    let (send, buffers) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        let stop = &stop;
        let synthesis = std::thread::Builder::new()
            .name("flite".into())
            .spawn_scoped(scope, move || synthesise(name, speed, &text, send, stop))
            .map_err(|e| SpeechError::Engine(format!("No thread for the voice: {e}")))?;
        let flow = hand_on(&buffers, out);
        stop.store(true, Ordering::Relaxed);
        drop(buffers);
        synthesis
            .join()
            .map_err(|_| SpeechError::Engine(format!("The voice {name} failed")))??;
        Ok(flow)
    })
}

fn hand_on(
    buffers: &Receiver<Vec<i16>>,
    out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut samples = Vec::new();
    for buffer in buffers {
        samples.clear();
        samples.extend(buffer.iter().map(|s| f32::from(*s) / 32_768.0));
        out(&samples)?;
    }
    ControlFlow::Continue(())
}

/// Where the callback sends to.
struct Sink<'a> {
    send: SyncSender<Vec<i16>>,
    stop: &'a AtomicBool,
}

/// Synthesises the whole text, buffer by buffer, into `send`.
#[allow(unsafe_code, reason = "flite is a C library")]
fn synthesise(
    name: FliteVoiceName,
    speed: f32,
    text: &CString,
    send: SyncSender<Vec<i16>>,
    stop: &AtomicBool,
) -> Result<(), SpeechError> {
    let sink = Sink { send, stop };
    let mut flite = FLITE.lock().unwrap_or_else(PoisonError::into_inner);
    if stop.load(Ordering::Relaxed) {
        return Ok(());
    }
    let loaded = load(&mut flite, name)?;
    // SAFETY: the lock is held, so nobody else uses flite. The streaming
    // information belongs to the utterance from `feat_set` on and is freed
    // with it; `sink` and `text` outlive both. flite frees the utterance
    // itself where it returns null.
    let spoken = unsafe {
        // So that the same text gives the same samples.
        ffi::srand(1);
        ffi::flite_feat_set_float(
            (*loaded.voice).features,
            c"duration_stretch".as_ptr(),
            loaded.stretch / speed,
        );
        let utterance = ffi::new_utterance();
        ffi::utt_set_input_text(utterance, text.as_ptr());
        let info = ffi::new_audio_streaming_info();
        (*info).min_buffsize = BUFFER;
        (*info).callback = Some(deliver);
        (*info).userdata = ptr::from_ref(&sink).cast_mut().cast::<c_void>();
        ffi::feat_set(
            (*utterance).features,
            c"streaming_info".as_ptr(),
            ffi::audio_streaming_info_val(info),
        );
        let done = ffi::flite_do_synth(utterance, loaded.voice, ffi::utt_synth);
        if !done.is_null() {
            ffi::delete_utterance(done);
        }
        !done.is_null()
    };
    if spoken {
        return Ok(());
    }
    Err(SpeechError::Engine(format!(
        "The voice {name} could not speak {:?}",
        text.to_string_lossy()
    )))
}

/// Copies the new samples out of flite's wave.
#[allow(unsafe_code, reason = "called by flite")]
unsafe extern "C" fn deliver(
    wave: *const ffi::Wave,
    start: c_int,
    size: c_int,
    _last: c_int,
    info: *mut ffi::StreamingInfo,
) -> c_int {
    // SAFETY: `userdata` is the `Sink` of the running `synthesise`, which
    // waits for this call.
    let sink = unsafe { &*(*info).userdata.cast::<Sink<'_>>() };
    if sink.stop.load(Ordering::Relaxed) {
        return ffi::STOP;
    }
    let (Ok(start), Ok(size)) = (usize::try_from(start), usize::try_from(size)) else {
        return ffi::GO_ON;
    };
    if size == 0 {
        return ffi::GO_ON;
    }
    // SAFETY: flite promises `size` written samples from `start` on.
    let samples = unsafe { std::slice::from_raw_parts((*wave).samples.add(start), size) };
    match sink.send.try_send(samples.to_vec()) {
        Ok(()) => ffi::GO_ON,
        Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => ffi::STOP,
    }
}

#[allow(unsafe_code, reason = "flite is a C library")]
fn load(flite: &mut Registered, name: FliteVoiceName) -> Result<Loaded, SpeechError> {
    if !flite.ready {
        // SAFETY: called once, under the lock.
        unsafe { ffi::flite_init() };
        flite.ready = true;
    }
    let slot = &mut flite.voices[name as usize];
    if let Some(loaded) = slot {
        return Ok(*loaded);
    }
    // SAFETY: called under the lock; null asks for the data linked in. The
    // voice lives as long as the process.
    let loaded = unsafe {
        let voice = match name {
            FliteVoiceName::Slt => ffi::register_cmu_us_slt(ptr::null()),
            FliteVoiceName::Rms => ffi::register_cmu_us_rms(ptr::null()),
            FliteVoiceName::Awb => ffi::register_cmu_us_awb(ptr::null()),
            FliteVoiceName::Kal => ffi::register_cmu_us_kal16(ptr::null()),
        };
        if voice.is_null() {
            let why = format!("flite does not give the voice {name}");
            return Err(SpeechError::Engine(why));
        }
        let stretch =
            ffi::flite_get_param_float((*voice).features, c"duration_stretch".as_ptr(), 1.0);
        Loaded { voice, stretch }
    };
    *slot = Some(loaded);
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(name: FliteVoiceName, speed: f32, text: &str) -> Vec<f32> {
        let mut samples = Vec::new();
        FliteVoice::open(name, speed)
            .unwrap()
            .speak(text, &mut |b| {
                samples.extend_from_slice(b);
                ControlFlow::Continue(())
            })
            .unwrap();
        samples
    }

    fn loudness(samples: &[f32]) -> f32 {
        (samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32).sqrt()
    }

    #[test]
    fn every_voice_speaks_for_about_as_long_as_a_person() {
        for name in FliteVoiceName::ALL {
            let samples = spoken(name, 1.0, "Tell me about a project you are proud of.");
            let seconds = samples.len() as f32 / RATE as f32;
            assert!((1.5..5.0).contains(&seconds), "{name}: {seconds} s");
            assert!((0.01..0.5).contains(&loudness(&samples)), "{name}");
        }
    }

    #[test]
    fn speed_changes_the_length_and_the_same_text_sounds_the_same() {
        let text = "How would you find a slow query?";
        let usual = spoken(FliteVoiceName::Slt, 1.0, text);
        let slow = spoken(FliteVoiceName::Slt, 0.7, text);
        assert!(slow.len() as f32 > usual.len() as f32 * 1.25);
        assert!(usual == spoken(FliteVoiceName::Slt, 1.0, text));
    }

    #[test]
    fn a_break_stops_within_a_buffer() {
        for name in FliteVoiceName::ALL {
            let mut buffers = 0;
            FliteVoice::open(name, 1.0)
                .unwrap()
                .speak("This sentence is called off early.", &mut |b| {
                    buffers += 1;
                    assert!(name == FliteVoiceName::Kal || b.len() <= 800, "{}", b.len());
                    ControlFlow::Break(())
                })
                .unwrap();
            assert_eq!(buffers, 1);
        }
    }

    #[test]
    fn two_voices_speak_while_one_of_them_is_not_listened_to() {
        let mut second = Vec::new();
        FliteVoice::open(FliteVoiceName::Slt, 1.0)
            .unwrap()
            .speak("The first voice waits.", &mut |_| {
                second = spoken(FliteVoiceName::Rms, 1.0, "The second one speaks.");
                ControlFlow::Break(())
            })
            .unwrap();
        assert!(second.len() > RATE as usize / 2);
    }

    #[test]
    fn odd_text_is_spoken_or_left_out() {
        for text in [
            "",
            " ",
            "...",
            "\0",
            "é",
            "—",
            "漢字",
            "a\0b",
            "(",
            "%s %n",
            "\u{1F600} ok",
        ] {
            spoken(FliteVoiceName::Slt, 1.0, text);
        }
        let long = "word ".repeat(1000);
        assert!(parts(&long).iter().all(|p| p.len() <= PART));
        assert_eq!(parts(&long).concat().matches("word").count(), 1000);
        assert!(parts(&"é".repeat(400)).is_empty());
    }
}
