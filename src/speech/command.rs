//! A voice that is another program, run once a sentence: `espeak-ng
//! --stdout`, `piper`, `say`. A program of its own, not a library, so that
//! its licence stays its own.

use super::wave::{RATE, WaveReader};
use super::{SpeechError, Synthesizer};
use std::io::{ErrorKind, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Rate of samples that come without a WAV header, unless `rate=` is given.
const RAW_RATE: u32 = 22_050;
/// A program that is silent for this long is taken for hung.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a program that has closed its output is asked for its status.
const POLL: Duration = Duration::from_millis(5);
/// Pieces of output that wait at most; full means that the program waits.
const WAITING: usize = 16;

/// Runs a program for each sentence.
///
/// The command line is split at spaces (quotes keep words together) and
/// started without a shell. `{text}` in an argument stands for the sentence;
/// without it the sentence comes on standard input. `{speed}` stands for the
/// speed, 1 being usual, `{wpm}` for it as words a minute. The program
/// writes a WAV, or bare 16-bit mono samples, to standard output, or a WAV
/// into the file that `{file}` stands for. `rate=HZ` before the program
/// gives the rate of bare samples (22050 otherwise).
#[derive(Clone, Debug)]
pub struct CommandVoice {
    program: String,
    arguments: Vec<String>,
    raw_rate: u32,
    speed: f32,
    patience: Duration,
}

impl CommandVoice {
    /// Reads a command line.
    ///
    /// # Errors
    ///
    /// [`SpeechError::Engine`] where it is empty or a quote is not closed.
    pub fn parse(line: &str, speed: f32) -> Result<Self, SpeechError> {
        let mut words = split(line)
            .ok_or_else(|| SpeechError::Engine(format!("Voice command {line:?}: open quote")))?
            .into_iter()
            .peekable();
        let mut raw_rate = RAW_RATE;
        if let Some(rate) = words.peek().and_then(|w| w.strip_prefix("rate=")) {
            raw_rate = rate.parse().map_err(|_| {
                SpeechError::Engine(format!(
                    "Voice command {line:?}: the rate is {rate:?}, expected a number"
                ))
            })?;
            words.next();
        }
        let Some(program) = words.next() else {
            return Err(SpeechError::Engine(format!(
                "Voice command {line:?} names no program"
            )));
        };
        Ok(Self {
            program,
            arguments: words.collect(),
            raw_rate,
            speed: if speed.is_finite() {
                speed.clamp(0.25, 4.0)
            } else {
                1.0
            },
            patience: PATIENCE,
        })
    }

    fn failed(&self, what: impl std::fmt::Display) -> SpeechError {
        SpeechError::Engine(format!("Voice program {:?} {what}", self.program))
    }

    /// The arguments for `text`, and whether the text is among them.
    fn fill(&self, text: &str, file: &Path) -> (Vec<String>, bool) {
        let mut has_text = false;
        let arguments = self
            .arguments
            .iter()
            .map(|argument| {
                has_text |= argument.contains("{text}");
                argument
                    .replace("{file}", &file.to_string_lossy())
                    .replace("{speed}", &format!("{:.2}", self.speed))
                    .replace("{wpm}", &format!("{:.0}", 175.0 * self.speed))
                    // Last, since the text may contain anything.
                    .replace("{text}", text)
            })
            .collect();
        (arguments, has_text)
    }

    fn start(&self, text: &str, file: &Path) -> Result<Child, SpeechError> {
        let (arguments, has_text) = self.fill(text, file);
        let mut child = Command::new(&self.program)
            .args(arguments)
            .stdin(if has_text {
                Stdio::null()
            } else {
                Stdio::piped()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| match e.kind() {
                ErrorKind::NotFound => self.failed("was not found; is it installed?"),
                _ => self.failed(format_args!("could not be started: {e}")),
            })?;
        if let Some(mut stdin) = child.stdin.take() {
            // A sentence fits into a pipe, so this does not wait; a program
            // that has ended already tells so by its status.
            let _ = writeln!(stdin, "{text}");
        }
        Ok(child)
    }

    /// Waits for the end of a program that has closed its output.
    fn ended(&self, child: &mut Running, complaint: Receiver<Vec<u8>>) -> Result<(), SpeechError> {
        let status = child
            .wait(self.patience)
            .ok_or_else(|| self.failed("closed its output but does not end"))?;
        if status.success() {
            return Ok(());
        }
        let said: Vec<u8> = complaint.into_iter().flatten().collect();
        let said = String::from_utf8_lossy(&said);
        let first = said.lines().find(|l| !l.trim().is_empty());
        let first = first.map(|l| format!(": {}", l.trim())).unwrap_or_default();
        Err(self.failed(format_args!("ended with {status}{first}")))
    }
}

impl Synthesizer for CommandVoice {
    fn name(&self) -> String {
        format!("command {}", self.program)
    }

    /// Always 16 kHz; what the program writes is resampled.
    fn rate(&self) -> u32 {
        RATE
    }

    fn speak(
        &mut self,
        sentence: &str,
        out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
    ) -> Result<(), SpeechError> {
        // One line, no longer than what a pipe takes at once.
        let sentence: String = sentence
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let sentence = &sentence[..sentence.floor_char_boundary(4000)];
        if !sentence.contains(char::is_alphanumeric) {
            return Ok(());
        }
        let file = ScratchFile::new();
        let into_file = self.arguments.iter().any(|a| a.contains("{file}"));
        let mut child = Running(self.start(sentence, &file.0)?);
        let output = pieces(child.0.stdout.take());
        let complaint = pieces(child.0.stderr.take());

        let mut sound = Sound {
            reader: WaveReader::new(self.raw_rate),
            samples: Vec::new(),
            heard: false,
        };
        loop {
            let piece = match output.recv_timeout(self.patience) {
                Ok(piece) => piece,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let seconds = self.patience.as_secs();
                    return Err(self.failed(format_args!("was silent for {seconds} s")));
                }
            };
            if into_file {
                continue;
            }
            let pushed = sound.reader.push(&piece, &mut sound.samples);
            pushed.map_err(|e| self.failed(format_args!("wrote {e}")))?;
            if sound.hand_on(out).is_break() {
                return Ok(());
            }
        }
        self.ended(&mut child, complaint)?;
        if into_file {
            let bytes = std::fs::read(&file.0)
                .map_err(|e| self.failed(format_args!("wrote no file: {e}")))?;
            let pushed = sound.reader.push(&bytes, &mut sound.samples);
            pushed.map_err(|e| self.failed(format_args!("wrote {e}")))?;
        }
        let finished = sound.reader.finish(&mut sound.samples);
        finished.map_err(|e| self.failed(format_args!("wrote {e}")))?;
        if sound.hand_on(out).is_continue() && !sound.heard {
            return Err(self.failed("ended well but wrote no sound"));
        }
        Ok(())
    }
}

/// What a program writes when it is given `input`, as text. Without a shell.
///
/// # Errors
///
/// [`SpeechError::Engine`] where it is not there, fails, writes no text, or
/// is silent for longer than `patience`.
pub(super) fn answer(
    program: &str,
    arguments: &[&str],
    input: &str,
    patience: Duration,
) -> Result<String, SpeechError> {
    let voice = CommandVoice {
        program: program.to_owned(),
        arguments: arguments.iter().map(|a| (*a).to_owned()).collect(),
        raw_rate: RAW_RATE,
        speed: 1.0,
        patience,
    };
    let mut child = Running(voice.start(input, Path::new(""))?);
    let output = pieces(child.0.stdout.take());
    let complaint = pieces(child.0.stderr.take());
    let mut bytes = Vec::new();
    loop {
        match output.recv_timeout(patience) {
            Ok(piece) => bytes.extend(piece),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let seconds = patience.as_secs();
                return Err(voice.failed(format_args!("was silent for {seconds} s")));
            }
        }
    }
    voice.ended(&mut child, complaint)?;
    String::from_utf8(bytes).map_err(|_| voice.failed("wrote no text"))
}

/// Sound on its way from the program to the listener.
struct Sound {
    reader: WaveReader,
    samples: Vec<f32>,
    heard: bool,
}

impl Sound {
    fn hand_on(&mut self, out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>) -> ControlFlow<()> {
        self.heard |= !self.samples.is_empty();
        // 20 ms each, so that a break takes effect at once.
        let flow = self.samples.chunks(RATE as usize / 50).try_for_each(out);
        self.samples.clear();
        flow
    }
}

/// A program that is killed, by its id, where it is not needed any more.
struct Running(Child);

impl Running {
    /// Waits for the end, at most for `patience`.
    fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let rounds = patience.as_millis() / POLL.as_millis();
        for _ in 0..rounds {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Some(status);
            }
            std::thread::sleep(POLL);
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(Some(_))) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Reads a pipe on a thread of its own, which ends with the pipe or with the
/// receiver.
fn pieces(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (send, receive) = sync_channel(WAITING);
    if let Some(mut pipe) = pipe {
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                if send.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
    }
    receive
}

/// A name in the folder for temporary files, removed at the end.
struct ScratchFile(PathBuf);

impl ScratchFile {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("viva-voice-{}-{number}.wav", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Splits at spaces; single and double quotes keep words together. `None`
/// where a quote stays open.
fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// Runs a shell script as the voice.
    fn speak(script: &str, text: &str) -> Result<Vec<f32>, String> {
        let mut samples = Vec::new();
        voice(script)
            .speak(text, &mut |b| {
                samples.extend_from_slice(b);
                ControlFlow::Continue(())
            })
            .map_err(|e| e.to_string())?;
        Ok(samples)
    }

    fn voice(script: &str) -> CommandVoice {
        let line = format!("rate=16000 sh -c \"{script}\" {{text}}");
        CommandVoice::parse(&line, 1.0).unwrap()
    }

    #[test]
    fn command_lines_are_split_with_quotes() {
        assert_eq!(split(r#"a "b c" d'e f'"#).unwrap(), ["a", "b c", "de f"]);
        assert_eq!(split("  ").unwrap(), [""; 0]);
        assert!(split("a 'b").is_none());
        assert!(CommandVoice::parse("  ", 1.0).is_err());
        assert!(CommandVoice::parse("rate=x espeak-ng", 1.0).is_err());
    }

    #[test]
    fn arguments_are_filled_in() {
        let voice = CommandVoice::parse("p -s {wpm} --length {speed} '{text}'", 0.8).unwrap();
        let (arguments, has_text) = voice.fill("say {speed}", Path::new("f"));
        assert_eq!(arguments, ["-s", "140", "--length", "0.80", "say {speed}"]);
        assert!(has_text);
    }

    #[test]
    fn what_the_program_writes_is_heard() {
        let samples = speak("head -c 64000 /dev/zero", "hello").unwrap();
        assert_eq!(samples.len(), 32_000);
        let by_file = "rate=16000 sh -c 'head -c 640 /dev/zero > {file}'";
        let mut heard = 0;
        CommandVoice::parse(by_file, 1.0)
            .unwrap()
            .speak("hi", &mut |b| {
                heard += b.len();
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(heard, 320);
    }

    #[test]
    fn the_text_comes_on_standard_input_where_no_argument_takes_it() {
        let voice = CommandVoice::parse("rate=16000 cat", 1.0);
        let mut heard = Vec::new();
        voice
            .unwrap()
            .speak("abcdefg", &mut |b| {
                heard.extend_from_slice(b);
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(heard.len(), 4);
    }

    #[test]
    fn failures_name_the_program_and_the_reason() {
        for (script, told) in [
            (
                "echo no such voice >&2; exit 3",
                "exit status: 3: no such voice",
            ),
            ("true", "no sound"),
        ] {
            let error = speak(script, "hello").unwrap_err();
            assert!(error.contains("\"sh\"") && error.contains(told), "{error}");
        }
        let absent = CommandVoice::parse("no-such-voice-program", 1.0);
        let error = absent
            .unwrap()
            .speak("a", &mut |_| ControlFlow::Continue(()));
        assert!(error.unwrap_err().to_string().contains("not found"));
    }

    #[test]
    fn a_break_ends_the_program() {
        let mut buffers = 0;
        voice("exec cat /dev/zero")
            .speak("endless", &mut |_| {
                buffers += 1;
                ControlFlow::Break(())
            })
            .unwrap();
        assert_eq!(buffers, 1);
    }

    #[test]
    fn a_hung_program_is_given_up() {
        let mut voice = voice("exec sleep 600");
        voice.patience = Duration::from_millis(30);
        let error = voice.speak("a", &mut |_| ControlFlow::Continue(()));
        assert!(error.unwrap_err().to_string().contains("silent for"));
    }
}
