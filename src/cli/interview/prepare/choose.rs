//! The lists that are chosen from: devices and speech models, as rows.

use crate::audio::DeviceInfo;
use crate::event::Track;
use crate::preflight::{Offer, about};

/// One row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it is in the settings; nothing is the system's own, or the best.
    pub(super) value: Option<String>,
    /// What is shown.
    pub(super) text: String,
    /// Whether it is what the program would take.
    pub(super) marked: bool,
}

/// The devices of one direction, the system's own choice first; `now` is what
/// is set, which may be a file or a part of a name.
pub(super) fn devices(
    devices: Option<&[DeviceInfo]>,
    track: Track,
    now: Option<&str>,
) -> Vec<Entry> {
    let devices = devices.unwrap_or_default();
    let fits = |d: &&DeviceInfo| match track {
        Track::Near => d.input,
        Track::Far => d.output,
    };
    let own = devices.iter().filter(fits).find(|d| d.default);
    let text = match own {
        Some(own) => format!("The system's own choice, now {}", shown(own, track)),
        None => "The system's own choice".to_owned(),
    };
    let first = Entry {
        value: None,
        text,
        marked: true,
    };
    let others = devices.iter().filter(fits).map(|device| Entry {
        value: Some(device.name.clone()),
        text: shown(device, track),
        marked: false,
    });
    let mut all: Vec<Entry> = std::iter::once(first).chain(others).collect();
    if let Some(now) = now.filter(|now| all.iter().all(|e| e.value.as_deref() != Some(now))) {
        all.push(Entry {
            value: Some(now.to_owned()),
            text: format!("{now} (as it is set)"),
            marked: false,
        });
    }
    all
}

fn shown(device: &DeviceInfo, track: Track) -> String {
    let DeviceInfo {
        name, description, ..
    } = device;
    if track == Track::Near && device.monitor {
        format!("{name} (no microphone: a copy of what is played)")
    } else if description.is_empty() || description == name {
        name.clone()
    } else {
        format!("{name} ({description})")
    }
}

/// What the columns of [`models`] are.
pub(super) const MODELS_HEAD: &str =
    "  model                  size  5 s of speech  with people; * is best here";

/// The models, with size, speed here, and what they mean for accuracy.
pub(super) fn models(offers: &[Offer]) -> Vec<Entry> {
    offers
        .iter()
        .map(|offer| {
            let speed = match offer.ms_for_5_s {
                ms if ms.is_nan() => "not measured".to_owned(),
                ms if offer.keeps_up => about(ms),
                ms => format!("{}, slow", about(ms).trim_start_matches("about ")),
            };
            let size = match offer.installed {
                true => "here".to_owned(),
                false => format!("{} MB", offer.bytes.div_ceil(1_000_000)),
            };
            let best = if offer.recommended { '*' } else { ' ' };
            Entry {
                value: Some(offer.name.clone()),
                text: format!(
                    "{best} {:<19} {size:>7}  {speed:<13}  {}",
                    offer.name, offer.accuracy
                ),
                marked: offer.recommended,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, input: bool, default: bool) -> DeviceInfo {
        DeviceInfo {
            name: name.into(),
            description: String::new(),
            input,
            output: !input,
            monitor: name.ends_with(".monitor"),
            default,
            format: String::new(),
        }
    }

    #[test]
    fn a_monitor_among_the_microphones_is_called_what_it_is() {
        let all = [device("speaker.monitor", true, true)];
        let near = devices(Some(&all), Track::Near, None);
        let told = |entry: &Entry| entry.text.contains("no microphone: a copy");
        assert!(near.iter().all(told), "{near:?}");
    }

    #[test]
    fn only_devices_of_the_direction_are_listed_after_the_systems_own() {
        let all = [
            device("mic", true, true),
            device("usb", true, false),
            device("speaker", false, true),
        ];
        let near: Vec<String> = devices(Some(&all), Track::Near, None)
            .into_iter()
            .map(|e| e.text)
            .collect();
        assert_eq!(near, ["The system's own choice, now mic", "mic", "usb"]);
        let far = devices(Some(&all), Track::Far, Some("wav:heard.wav"));
        assert_eq!(far[1].value.as_deref(), Some("speaker"));
        assert_eq!(far[2].value.as_deref(), Some("wav:heard.wav"));
        // Before anything is known there is still something to take.
        assert_eq!(devices(None, Track::Far, None).len(), 1);
    }

    #[test]
    fn models_are_told_with_size_speed_and_accuracy_and_fit_eighty_columns() {
        let offer = Offer {
            name: "large-v3-turbo-q5_0".into(),
            bytes: 574_041_195,
            ms_for_5_s: 2_300.0,
            measured: false,
            keeps_up: false,
            installed: false,
            starter: false,
            recommended: false,
            accuracy: "poor: synthetic voices only",
        };
        let row = &models(std::slice::from_ref(&offer))[0].text;
        assert!(row.contains("575 MB  2.3 s, slow"), "{row}");
        assert!(row.len() + 5 <= 80, "{row}");
        let here = Offer {
            installed: true,
            recommended: true,
            ms_for_5_s: 180.0,
            keeps_up: true,
            ..offer
        };
        let row = &models(&[here])[0];
        assert!(
            row.marked && row.text.contains("here  about 180 ms"),
            "{row:?}"
        );
    }
}
