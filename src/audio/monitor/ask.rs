//! Which source a sound server gives this program to listen to. ALSA, which
//! cpal speaks here, does not tell; `pactl` does, PulseAudio's own tool, which
//! PipeWire answers too. Where there is none, nothing is known.

use super::is_monitor;
use crate::clock::Clock;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long one question may take, in milliseconds: a server that hangs is
/// found out by others.
const ANSWERS_MS: u64 = 1_500;
/// How long to wait before looking again.
const NAP: Duration = Duration::from_millis(10);

/// What somebody listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The server's name for it.
    pub(super) name: String,
    /// It is the monitor of the default speaker.
    pub(super) of_speaker: bool,
    /// The names of what is no monitor.
    pub(super) microphones: Vec<String>,
}

impl Source {
    /// Whether it must not be taken for a microphone, which was asked for by
    /// name or not.
    pub(crate) fn is_copy(&self, named: bool) -> bool {
        is_monitor(&self.name) && (self.of_speaker || !named)
    }

    /// The microphones that there are, to go on a message.
    pub(super) fn known(&self) -> String {
        match self.microphones.is_empty() {
            true => String::new(),
            false => format!(" (there are: \"{}\")", self.microphones.join("\", \"")),
        }
    }
}

/// What this process listens to now, if that can be known.
pub(crate) fn source_of_this_process() -> Option<Source> {
    if !server_is_there() {
        return None;
    }
    let ours = sources_of(&pactl(&["list", "source-outputs"])?, std::process::id());
    if ours.is_empty() {
        return None;
    }
    let sources = named_sources(&pactl(&["list", "short", "sources"])?);
    let of = |index: &u32| sources.iter().find(|(i, _)| i == index);
    // A stream that is being closed is still there: the best one counts.
    let names: Vec<&str> = ours.iter().filter_map(of).map(|s| s.1.as_str()).collect();
    let name = names.iter().find(|name| !is_monitor(name));
    source(name.or_else(|| names.first())?, &sources)
}

/// What the server gives whoever names nothing, if that can be known.
pub(crate) fn default_source() -> Option<Source> {
    if !server_is_there() {
        return None;
    }
    let name = default_of(&pactl(&["info"])?, "Source")?;
    source(
        &name,
        &named_sources(&pactl(&["list", "short", "sources"])?),
    )
}

fn source(name: &str, sources: &[(u32, String)]) -> Option<Source> {
    let of_speaker = is_monitor(name) && {
        let sink = default_of(&pactl(&["info"])?, "Sink")?;
        name == format!("{sink}.monitor")
    };
    let names = sources.iter().map(|(_, name)| name);
    Some(Source {
        name: name.to_owned(),
        of_speaker,
        microphones: names.filter(|name| !is_monitor(name)).cloned().collect(),
    })
}

/// Asking where no server runs would start one.
fn server_is_there() -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let socket = |name, path| set(name).is_some_and(|dir| Path::new(&dir).join(path).exists());
    cfg!(target_os = "linux")
        && (set("PULSE_SERVER").is_some()
            || socket("PULSE_RUNTIME_PATH", "native")
            || socket("XDG_RUNTIME_DIR", "pulse/native"))
}

/// What `pactl` says, in English, if it answers in time. The answers fit
/// into a pipe's buffer.
fn pactl(question: &[&str]) -> Option<String> {
    let mut child = Command::new("pactl")
        .args(question)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let clock = Clock::system();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break,
            Ok(None) if clock.now().millis() < ANSWERS_MS => std::thread::sleep(NAP),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
    let mut said = String::new();
    child.stdout.take()?.read_to_string(&mut said).ok()?;
    Some(said)
}

/// Numbers of the sources that a process listens to.
fn sources_of(outputs: &str, process: u32) -> Vec<u32> {
    let id = format!("application.process.id = \"{process}\"");
    outputs
        .split("Source Output #")
        .filter(|output| output.lines().any(|line| line.trim() == id))
        .filter_map(|output| {
            let mut lines = output.lines();
            lines.find_map(|line| line.trim().strip_prefix("Source: ")?.parse().ok())
        })
        .collect()
}

/// Numbers and names of the sources.
fn named_sources(list: &str) -> Vec<(u32, String)> {
    let of = |line: &str| {
        let mut fields = line.split('\t');
        Some((fields.next()?.parse().ok()?, fields.next()?.to_owned()))
    };
    list.lines().filter_map(of).collect()
}

/// The default "Source" or "Sink".
fn default_of(info: &str, what: &str) -> Option<String> {
    let prefix = format!("Default {what}: ");
    info.lines()
        .find_map(|line| line.strip_prefix(&prefix))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUTS: &str = "Source Output #0\n\tDriver: module-remap-source.c\n\tClient: n/a\n\
        \tSource: 0\n\tProperties:\n\t\tmedia.name = \"Remapped Stream\"\n\n\
        Source Output #7\n\tDriver: protocol-native.c\n\tClient: 5\n\tSource: 12\n\
        \tSource Latency: 0 usec\n\tProperties:\n\t\tapplication.process.id = \"2619\"\n\n\
        Source Output #8\n\tSource: 2\n\tProperties:\n\t\tapplication.process.id = \"26190\"\n";

    #[test]
    fn the_source_of_one_process_is_found_among_others() {
        assert_eq!(sources_of(OUTPUTS, 2619), [12]);
        assert_eq!(sources_of(OUTPUTS, 26190), [2]);
        assert!(sources_of(OUTPUTS, 1).is_empty());
        assert!(sources_of("", 1).is_empty());
    }

    #[test]
    fn names_are_read_and_lines_of_another_form_are_passed_over() {
        let list = "1\tspeaker.monitor\tmodule-null-sink.c\ts16le\tIDLE\nNo PulseAudio\n2\tmic\n";
        assert_eq!(
            named_sources(list),
            [(1, "speaker.monitor".to_owned()), (2, "mic".to_owned())]
        );
        let info = "Server Name: x\nDefault Sink: speaker\nDefault Source: mic\n";
        assert_eq!(default_of(info, "Sink").as_deref(), Some("speaker"));
        assert_eq!(default_of(info, "Source").as_deref(), Some("mic"));
        assert_eq!(default_of("", "Source"), None);
    }

    #[test]
    fn a_named_monitor_is_a_virtual_cable_unless_it_is_the_speakers() {
        let source = |name: &str, of_speaker| Source {
            name: name.into(),
            of_speaker,
            microphones: vec!["mic".into()],
        };
        assert!(!source("mic", false).is_copy(false));
        assert!(source("cable.monitor", false).is_copy(false));
        assert!(!source("cable.monitor", false).is_copy(true));
        assert!(source("speaker.monitor", true).is_copy(true));
        assert_eq!(source("x", false).known(), " (there are: \"mic\")");
    }
}
