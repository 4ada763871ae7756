//! The flags of `viva interview`.

use crate::cli::interview_flags::{LengthArgs, ModeArg};
use clap::Args;
use std::path::PathBuf;

/// Take an interview.
#[derive(Args, Debug)]
#[command(
    after_help = "Example: viva interview --job job.pdf --resume resume.docx\n\
    What would be asked, and why: viva interview --job job.pdf --resume resume.docx --dry-run\n\
    By invitation: viva interview --engine LINK\n\
    After an interruption: viva interview --continue\n\
    Without a microphone: viva interview --job job.pdf --typed\n\
    For a screen reader: viva interview --job job.pdf --plain\n\
    To choose devices and speech model again: viva interview --job job.pdf --setup\n\
    Keys: ? tells them. Line by line (--plain, or not at a terminal) each is followed by Enter:\n\
    y/n consent, r repeat, e other words, m a moment, s skip, p pause, g go on, f I have finished,\n\
    u mute or open, - + slower or faster voice, v another voice, l longer pauses, q end; any other text is taken as\n\
    a typed answer."
)]
pub(in crate::cli) struct InterviewArgs {
    /// Job description: TOML, Markdown, plain text, PDF or DOCX.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["continue", "engine"])]
    pub(super) job: Option<PathBuf>,
    /// Go on with an interrupted interview: the newest one, or this one. Its
    /// job, questions and settings are those that it began with.
    #[arg(
        id = "continue",
        long,
        value_name = "ID",
        num_args = 0..=1,
        default_missing_value = "",
        conflicts_with_all = [
            "job", "resume", "candidate", "bank", "mode", "questions", "follow_ups", "minutes",
            "seed", "dry_run",
        ]
    )]
    pub(super) go_on: Option<String>,
    /// Résumé: TOML, Markdown, plain text, PDF or DOCX.
    #[arg(long, value_name = "FILE")]
    pub(super) resume: Option<PathBuf>,
    /// The candidate's name, where it is not the résumé's.
    #[arg(long, value_name = "NAME")]
    pub(super) candidate: Option<String>,
    /// Websocket address of an engine, or the link of an invitation, which
    /// brings job and résumé; an engine is started here by default.
    #[arg(long, value_name = "URL")]
    pub(super) engine: Option<String>,
    /// Question bank of your own (TOML), added to the built-in one; may be
    /// given often. Its questions are preferred where they fit the job, and
    /// one with the id of a built-in question takes its place.
    #[arg(long, value_name = "FILE")]
    pub(super) bank: Vec<PathBuf>,
    /// Ask only from your own banks.
    #[arg(long, requires = "bank")]
    pub(super) bank_alone: bool,
    /// Microphone: part of a device's name, or `wav:FILE`.
    #[arg(long, value_name = "MIC")]
    pub(super) mic: Option<String>,
    /// Speaker: part of a device's name, `wav:FILE`, or `none`.
    #[arg(long, value_name = "SPEAKER")]
    pub(super) speaker: Option<String>,
    /// With files in place of devices: as fast as possible.
    #[arg(long)]
    pub(super) fast: bool,
    /// Speech model: a path, or a name of `viva models list`.
    #[arg(long, value_name = "MODEL")]
    pub(super) model: Option<String>,
    /// The recruiter's voice: auto (the best that is installed and fast
    /// enough here), slt, rms, awb, kal, a neural voice of `viva models
    /// list`, a .onnx file, or `command:PROGRAM ...`.
    #[arg(long, value_name = "VOICE")]
    pub(super) voice: Option<String>,
    /// Speed of the recruiter's voice, 0.5-2; 1 is its own.
    #[arg(long, value_name = "SPEED")]
    pub(super) voice_speed: Option<f32>,
    /// Pauses may be this many times longer, 1-4, before an answer counts as
    /// finished.
    #[arg(long, value_name = "TIMES")]
    pub(super) pause_factor: Option<f32>,
    /// Type every answer; no microphone and no speech model are needed.
    #[arg(long, conflicts_with = "mic")]
    pub(super) typed: bool,
    /// Read the recruiter's words instead of hearing them.
    #[arg(long, conflicts_with = "speaker")]
    pub(super) captions: bool,
    /// Line by line instead of a whole screen, as a screen reader likes it.
    #[arg(long)]
    pub(super) plain: bool,
    /// Nothing on the screen moves by itself.
    #[arg(long)]
    pub(super) still: bool,
    /// Look at microphone, speaker, speech model and engine first, even where
    /// that was done within the last hour or nobody is at a terminal.
    #[arg(long, conflicts_with_all = ["no_preflight", "dry_run", "fast"])]
    pub(super) preflight: bool,
    /// Look at nothing and ask for nothing first: begin with what is set.
    #[arg(long)]
    pub(super) no_preflight: bool,
    /// Choose microphone, speaker and speech model again, as the first time.
    #[arg(long, conflicts_with_all = ["no_preflight", "dry_run", "fast"])]
    pub(super) setup: bool,
    /// Choices are remembered; set by the caller, not by a flag.
    #[arg(skip)]
    pub(in crate::cli) remembers: bool,
    /// How the interviewer behaves.
    #[arg(long, value_enum, value_name = "MODE")]
    pub(super) mode: Option<ModeArg>,
    /// Practice: a helpful sentence after each answer and a study plan at the
    /// end. The record and its documents say that it was practice. The same as
    /// --mode coach.
    #[arg(long, conflicts_with_all = ["mode", "continue"])]
    pub(super) coach: bool,
    #[command(flatten)]
    pub(super) length: LengthArgs,
    /// Where the interview depends on chance, this is the chance.
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// I have read that an AI will interview me and that the interview is
    /// recorded, and I agree.
    #[arg(long)]
    pub(super) consent: bool,
    /// Go through the transcript at the end, to correct what was misheard;
    /// asked at a terminal without this flag.
    #[arg(long)]
    pub(super) review: bool,
    /// Folder for the session's record, where the engine is here.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Only print what was read of the documents, and the plan; needs no
    /// microphone, model, voice or engine.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// With --dry-run: print one JSON object.
    #[arg(long, requires = "dry_run")]
    pub(super) json: bool,
}
