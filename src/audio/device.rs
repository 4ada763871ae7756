//! The microphones and speakers of this machine, by cpal: which there are,
//! and which one a name means.

use super::attempt::{Attempt, OPEN_MS, Progress};
use super::error::AudioError;
use super::monitor::{default_source, is_monitor};
use crate::clock::Clock;
use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{ErrorKind, SupportedStreamConfig};

/// What ALSA lists beside devices: converters and bridges that are no device
/// by themselves. They are used if named, but not tried unasked, because
/// some are slow to fail.
const CONVERTERS: [&str; 9] = [
    "lavrate",
    "samplerate",
    "speexrate",
    "speex",
    "upmix",
    "vdownmix",
    "jack",
    "oss",
    "null",
];

/// ALSA's ways to a sound server's default devices.
const SERVERS: [&str; 3] = ["default", "pulse", "pipewire"];

/// A device of this machine.
#[derive(serde::Serialize, Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The name to ask for it by.
    pub name: String,
    /// What the system says about it.
    pub description: String,
    /// Whether it can be a microphone.
    pub input: bool,
    /// Whether what it gives as a microphone is a copy of what a speaker
    /// plays, because there is no microphone.
    pub monitor: bool,
    /// Whether it can be a speaker.
    pub output: bool,
    /// Whether it is used where none is named.
    pub default: bool,
    /// The format that would be used, such as `48000 Hz, 2 channels, f32`,
    /// or why it cannot be used.
    pub format: String,
}

/// The devices of this machine.
///
/// # Errors
///
/// [`AudioError::NoSystem`] if there is no sound system at all, or if it does
/// not answer.
pub fn list_devices() -> Result<Vec<DeviceInfo>, AudioError> {
    let clock = Clock::system();
    let attempt = Attempt::begin(clock.now().millis(), look_at_devices);
    match attempt.map_err(AudioError::Thread)?.wait(&clock) {
        Progress::Done(found) => found,
        _ => Err(AudioError::NoSystem(format!(
            "looking at its devices took longer than {} seconds",
            OPEN_MS / 1000
        ))),
    }
}

fn look_at_devices() -> Result<Vec<DeviceInfo>, AudioError> {
    let host = host()?;
    let (input, output) = (host.default_input_device(), host.default_output_device());
    let is = |device: &cpal::Device, other: &Option<cpal::Device>| {
        other
            .as_ref()
            .is_some_and(|other| name(other) == name(device))
    };
    let mut devices: Vec<cpal::Device> = Vec::new();
    let known = host
        .devices()
        .map_err(|e| AudioError::NoSystem(e.to_string()))?;
    for device in input.iter().chain(&output).cloned().chain(known) {
        if CONVERTERS.contains(&name(&device).as_str()) {
            continue;
        }
        if !devices.iter().any(|other| name(other) == name(&device)) {
            devices.push(device);
        }
    }
    let server_copies = default_source().is_some_and(|source| source.is_copy(false));
    let mut all: Vec<DeviceInfo> = Vec::new();
    for device in devices {
        let (ins, outs) = (
            device.default_input_config(),
            device.default_output_config(),
        );
        let format = match (&ins, &outs) {
            (Ok(config), _) | (_, Ok(config)) => describe(config),
            (Err(error), _) => format!("cannot be used: {error}"),
        };
        all.push(DeviceInfo {
            name: name(&device),
            description: device.to_string(),
            input: ins.is_ok(),
            monitor: is_monitor(&name(&device))
                || (server_copies && SERVERS.contains(&name(&device).as_str())),
            output: outs.is_ok(),
            default: is(&device, &input) || is(&device, &output),
            format,
        });
    }
    Ok(all)
}

/// Not cpal's own choice of host, which panics where there is none.
fn host() -> Result<cpal::Host, AudioError> {
    let mut reason = "this build knows none".to_string();
    for id in cpal::available_hosts() {
        match cpal::host_from_id(id) {
            Ok(host) => return Ok(host),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(AudioError::NoSystem(reason))
}

/// ALSA's devices are known by their ids ("pulse", "hw:CARD=0,DEV=0"), all
/// others by the names that their settings dialogues show.
pub(super) fn name(device: &cpal::Device) -> String {
    match device.id() {
        Ok(id) if id.host().name() == "ALSA" => id.id().to_string(),
        _ => device.to_string(),
    }
}

fn describe(config: &SupportedStreamConfig) -> String {
    format!(
        "{} Hz, {} channel{}, {}",
        config.sample_rate(),
        config.channels(),
        if config.channels() == 1 { "" } else { "s" },
        config.sample_format()
    )
}

/// One direction of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A microphone.
    In,
    /// A speaker.
    Out,
}

impl Way {
    /// What the device is called in messages.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::In => "microphone",
            Self::Out => "speaker",
        }
    }

    /// What the system would open the device with.
    pub(super) fn config(
        self,
        device: &cpal::Device,
    ) -> Result<SupportedStreamConfig, cpal::Error> {
        match self {
            Self::In => device.default_input_config(),
            Self::Out => device.default_output_config(),
        }
    }

    /// The device that is wanted: by its whole name, or else by a part of
    /// its name or description, in any case of letters.
    pub(super) fn find(self, wanted: Option<&str>) -> Result<cpal::Device, AudioError> {
        let kind = self.kind();
        let host = host()?;
        let default = match self {
            Self::In => host.default_input_device(),
            Self::Out => host.default_output_device(),
        };
        let Some(wanted) = wanted else {
            return default.ok_or_else(|| AudioError::NoDevice {
                kind,
                detail: String::new(),
            });
        };
        let known = host
            .devices()
            .map_err(|e| AudioError::NoSystem(e.to_string()))?;
        let all: Vec<cpal::Device> = default.into_iter().chain(known).collect();
        if let Some(device) = all.iter().find(|device| name(device) == wanted) {
            return Ok(device.clone());
        }
        let lower = wanted.to_lowercase();
        let mut names: Vec<String> = Vec::new();
        for device in all {
            let name = name(&device);
            let quoted = format!("\"{name}\"");
            if CONVERTERS.contains(&name.as_str())
                || names.contains(&quoted)
                || self.config(&device).is_err()
            {
                continue;
            }
            if format!("{name} {device}").to_lowercase().contains(&lower) {
                return Ok(device);
            }
            names.push(quoted);
        }
        Err(AudioError::UnknownDevice {
            kind,
            wanted: wanted.into(),
            known: if names.is_empty() {
                "none".into()
            } else {
                names.join(", ")
            },
        })
    }

    /// The device that takes the place of one that was lost: the same one by
    /// its whole name, or, where none was named in the first place, the one
    /// that is the default now. Where that same one hangs, the default comes
    /// first.
    pub(super) fn find_again(self, place: &Place) -> Result<cpal::Device, AudioError> {
        if place.stuck && place.wanted.is_none() {
            return self.find(None);
        }
        match (self.find_exactly(&place.had), &place.wanted) {
            (Ok(device), _) => Ok(device),
            (Err(_), None) => self.find(None),
            (Err(error), Some(_)) => Err(error),
        }
    }

    fn find_exactly(self, wanted: &str) -> Result<cpal::Device, AudioError> {
        let gone = || AudioError::NoDevice {
            kind: self.kind(),
            detail: format!(" (tried \"{wanted}\")"),
        };
        let host = host()?;
        let default = match self {
            Self::In => host.default_input_device(),
            Self::Out => host.default_output_device(),
        };
        // Most often it is the default one, which is found without a search.
        if let Some(device) = default.filter(|device| name(device) == wanted) {
            return Ok(device);
        }
        host.devices()
            .map_err(|e| AudioError::NoSystem(e.to_string()))?
            .find(|device| name(device) == wanted)
            .ok_or_else(gone)
    }

    /// What a failure of the device means for the person at the machine.
    pub(super) fn failed(self, name: &str, error: &cpal::Error) -> AudioError {
        let (kind, name) = (self.kind(), name.to_string());
        match error.kind() {
            ErrorKind::DeviceBusy => AudioError::DeviceBusy { kind, name },
            ErrorKind::HostUnavailable => AudioError::NoSystem(error.to_string()),
            ErrorKind::DeviceNotAvailable => AudioError::NoDevice {
                kind,
                detail: format!(" (tried \"{name}\")"),
            },
            _ => AudioError::DeviceFailed {
                kind,
                name,
                reason: error.to_string(),
            },
        }
    }
}

/// Which device is to take a lost one's place.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// What was asked for in the beginning: a name, or the default.
    pub(super) wanted: Option<String>,
    /// The whole name of the device that was found then.
    pub(super) had: String,
    /// The last try to open it hung.
    pub(super) stuck: bool,
}

/// A playback device by (part of) its name, or the default one, and its name.
pub(super) fn find_speaker(wanted: Option<&str>) -> Result<(cpal::Device, String), AudioError> {
    let device = Way::Out.find(wanted)?;
    let name = name(&device);
    Ok((device, name))
}

/// Why a playback device cannot be used.
pub(super) fn speaker_failed(name: &str, error: &cpal::Error) -> AudioError {
    Way::Out.failed(name, error)
}
