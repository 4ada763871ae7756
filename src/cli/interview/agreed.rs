//! What was agreed on for this candidate: by the invitation, or by the record
//! that goes on. What this run's own flags ask for beyond it is a change that
//! the candidate makes, and on the log as one.

use crate::call::{Command, Link};
use crate::cli::open;
use crate::config::Config;
use crate::event::{Accommodations, is_voice_name};
use crate::record;
use crate::speech::voices::{AUTO, choices};
use std::path::{Path, PathBuf};

/// Asks the engine, or reads the record that is to go on; nothing where all
/// is this run's own choice.
///
/// # Errors
/// If the engine refuses or the record cannot be read.
pub(super) async fn of(
    config: &Config,
    go_on: Option<&str>,
    out: Option<&Path>,
) -> anyhow::Result<Option<Accommodations>> {
    match (open::engine_address(config), go_on) {
        (Some(address), session) if session.is_some() || open::is_invitation(&address) => {
            let mut link = Link::open(&address).await?;
            let agreed = link.accommodations(session).await?;
            link.close().await;
            Ok(agreed)
        }
        (None, Some(session)) => {
            let usual = || record::sessions_dir(&config.data_dir());
            let dir = out.map_or_else(usual, PathBuf::from);
            Ok(Some(record::accommodations(&dir, session)?))
        }
        _ => Ok(None),
    }
}

/// What this run's flags ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    pub(super) typed: bool,
    /// A microphone was named.
    pub(super) speaks: bool,
    pub(super) captions: bool,
    /// A speaker was named.
    pub(super) hears: bool,
    pub(super) pause_factor: Option<f32>,
    pub(super) voice_speed: Option<f32>,
    pub(super) voice: Option<String>,
}

/// What follows from both.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Settled {
    /// What the candidate changes at the very beginning.
    pub(super) changes: Vec<Command>,
    /// What the candidate should know.
    pub(super) notes: Vec<String>,
}

impl Wishes {
    /// Brings both into the settings. The candidate's own word counts more:
    /// flags before what was agreed on, and that before the settings of this
    /// machine, which only a new interview looks at.
    pub(super) fn settle(
        mut self,
        config: &mut Config,
        agreed: Option<&Accommodations>,
        goes_on: bool,
    ) -> Settled {
        let own = &config.interview;
        let (speed, voice) = (config.speech.speed, config.speech.voice.clone());
        let mut settled = Settled::default();
        let base = match agreed {
            Some(agreed) => agreed.clone(),
            None => Accommodations::of(own),
        };
        if !goes_on {
            self.typed |= own.typed && !self.speaks;
            self.captions |= own.captions && !self.hears;
            let longer = Some(own.pause_factor).filter(|f| *f > base.pause_factor);
            self.pause_factor = self.pause_factor.or(longer);
            self.voice_speed = self.voice_speed.or(Some(speed).filter(|s| *s != 1.0));
            self.voice = self.voice.or(Some(voice.clone()).filter(|v| v != AUTO));
        }
        let there = |name: &String| name == AUTO || choices().contains(name);
        let known = base.voice.clone().filter(|name| is_voice_name(name));
        if let (Some(name), None) = (known.as_ref().filter(|n| !there(n)), &self.voice) {
            settled.notes.push(format!(
                "The voice {name} that was agreed on is not on this machine; another one speaks."
            ));
        }
        let factor = self.pause_factor.unwrap_or(base.pause_factor);
        let wanted_speed = self.voice_speed.or(base.voice_speed).unwrap_or(1.0);
        let wanted_voice = self.voice.clone().or_else(|| known.clone().filter(there));
        if agreed.is_some() {
            if factor != base.pause_factor {
                settled.changes.push(Command::PauseFactor(factor));
            }
            if wanted_speed != base.voice_speed.unwrap_or(1.0) {
                settled.changes.push(Command::VoiceSpeed(wanted_speed));
            }
            settled.changes.extend(
                self.voice
                    .filter(|name| is_voice_name(name) && Some(name) != known.as_ref())
                    .map(Command::Voice),
            );
        }
        let set = &mut config.interview;
        set.typed = self.typed || (base.typed && !self.speaks);
        set.captions = self.captions || (base.captions && !self.hears);
        set.pause_factor = factor;
        set.breaks = base.breaks;
        set.voice_speed = Some(wanted_speed).filter(|s| *s != 1.0);
        set.voice = wanted_voice
            .clone()
            .filter(|name| name != AUTO && is_voice_name(name));
        config.speech.speed = wanted_speed;
        config.speech.voice = wanted_voice.unwrap_or(voice);
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed() -> Accommodations {
        Accommodations {
            typed: true,
            pause_factor: 2.0,
            voice_speed: Some(0.8),
            voice: Some(choices().remove(0)),
            breaks: 5,
            ..Accommodations::default()
        }
    }

    #[test]
    fn what_was_agreed_on_is_set_without_any_flag() {
        let mut config = Config::default();
        let settled = Wishes::default().settle(&mut config, Some(&agreed()), false);
        assert_eq!(settled, Settled::default());
        assert_eq!(Accommodations::of(&config.interview), agreed());
        assert_eq!(config.speech.speed, 0.8);
        assert_eq!(Some(&config.speech.voice), agreed().voice.as_ref());
    }

    #[test]
    fn what_the_candidate_asks_for_counts_more_and_is_a_change() {
        let mut config = Config::default();
        let wishes = Wishes {
            speaks: true,
            pause_factor: Some(3.0),
            voice_speed: Some(1.0),
            ..Wishes::default()
        };
        let settled = wishes.settle(&mut config, Some(&agreed()), false);
        let changes = [Command::PauseFactor(3.0), Command::VoiceSpeed(1.0)];
        assert_eq!(settled.changes, changes);
        assert!(!config.interview.typed, "a microphone was named");
        assert_eq!(config.speech.speed, 1.0);
    }

    #[test]
    fn a_machines_settings_do_not_change_an_interview_that_goes_on() {
        let mut config = Config::default();
        config.interview.pause_factor = 4.0;
        config.speech.speed = 1.5;
        let mut fresh = config.clone();
        let settled = Wishes::default().settle(&mut config, Some(&agreed()), true);
        assert_eq!(settled, Settled::default());
        assert_eq!(Accommodations::of(&config.interview), agreed());
        // A new one follows them: they are the candidate's own.
        let settled = Wishes::default().settle(&mut fresh, Some(&agreed()), false);
        let changes = [Command::PauseFactor(4.0), Command::VoiceSpeed(1.5)];
        assert_eq!(settled.changes, changes);
    }

    #[test]
    fn an_invitation_cannot_name_a_program_or_a_file_as_the_voice() {
        for voice in ["command:touch /tmp/x", "/tmp/voice.onnx"] {
            let mut config = Config::default();
            let agreed = Accommodations {
                voice: Some(voice.into()),
                ..Accommodations::default()
            };
            Wishes::default().settle(&mut config, Some(&agreed), false);
            assert_eq!(config.speech.voice, AUTO);
        }
    }

    #[test]
    fn a_voice_that_is_not_here_is_told_and_another_one_speaks() {
        let mut config = Config::default();
        let agreed = Accommodations {
            voice: Some("xx_XX-nobody-low".into()),
            ..Accommodations::default()
        };
        let settled = Wishes::default().settle(&mut config, Some(&agreed), false);
        assert!(settled.notes[0].contains("xx_XX-nobody-low"));
        assert_eq!(config.speech.voice, AUTO);
    }

    #[test]
    fn without_an_agreement_the_record_gets_what_this_run_has() {
        let mut config = Config::default();
        let wishes = Wishes {
            captions: true,
            voice_speed: Some(0.9),
            voice: Some("command:say".into()),
            ..Wishes::default()
        };
        let settled = wishes.settle(&mut config, None, false);
        assert_eq!(settled.changes, []);
        let set = &config.interview;
        assert_eq!((set.captions, set.voice_speed), (true, Some(0.9)));
        // Whose program it is concerns nobody else.
        assert_eq!(set.voice, None);
        assert_eq!(config.speech.voice, "command:say");
    }
}
