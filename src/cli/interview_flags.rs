//! Flags of how an interview is held, the same wherever one is begun, made for
//! somebody, or simulated.

use crate::event::{Mode, Settings};
use clap::{Args, ValueEnum};

/// How much is asked, and for how long.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct LengthArgs {
    /// Number of technical questions, 1-10.
    #[arg(long, value_name = "N")]
    questions: Option<u8>,
    /// Probes at most for each question, 0-3.
    #[arg(long, value_name = "N")]
    follow_ups: Option<u8>,
    /// Time for the whole interview, in minutes.
    #[arg(long, value_name = "MIN")]
    minutes: Option<u16>,
}

impl LengthArgs {
    /// What was set takes the place of what the settings say.
    pub(super) fn apply(self, settings: &mut Settings) {
        settings.questions = self.questions.unwrap_or(settings.questions);
        settings.follow_ups = self.follow_ups.unwrap_or(settings.follow_ups);
        settings.minutes = self.minutes.unwrap_or(settings.minutes);
    }
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ModeArg {
    Friendly,
    Formal,
    Technical,
    /// Practice: explains after a struggle.
    Coach,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Friendly => Self::Friendly,
            ModeArg::Formal => Self::Formal,
            ModeArg::Technical => Self::Technical,
            ModeArg::Coach => Self::Coach,
        }
    }
}
