//! `viva replay`: a record through the speaker, with what was said line by
//! line; or the proof that it follows from its own inputs.

mod keys;
mod load;
mod play;
mod rederive;
mod screen;
mod terminal;

use super::open::parse_speaker;
use super::who::Reading;
use crate::audio::{AudioError, Loudspeaker, SpeakerSpec};
use crate::cli::terminal::has_screen;
use crate::clock::Clock;
use crate::config::Config;
use crate::record::{Problem, locate};
use crate::replay::{
    Command, Deck, Match, Missing, NoSound, Options, Output, Paced, Place, SPEEDS, TimedLine, find,
};
use crate::report::dialogue::Speaker;
use anyhow::{Context, bail};
use load::Loaded;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Play a record with its transcript
///
/// The recording is played through the speaker, and what was said is shown
/// line by line. At a terminal keys pause it, go to other lines, change the
/// speed and look for words; elsewhere it is played through and printed.
///
/// With --rederive nothing is played: the recorded inputs go into a fresh
/// interviewer; its lines must be those on the log, and the documents must
/// come out byte for byte.
///
/// Exit status: 0 done, 1 nothing was found or something differs, 2 bad
/// usage or there is no such record.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example: viva replay 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --at 'line 7' --speed 1.5\n\
    \n\
    Keys: space pause, left/right 5 s, up/down line, home/end first/last line,\n\
    [ ] slower/faster, s skip silence, c/r mute candidate/recruiter,\n\
    / find, n/N next/previous place, q quit"
)]
pub(super) struct Args {
    /// The record's folder, or a session id
    #[arg(value_name = "DIR|ID")]
    record: String,

    /// Compare what follows from the inputs with what was recorded
    #[arg(long, conflicts_with_all = ["at", "find", "speed", "skip_silence", "candidate_volume",
        "recruiter_volume", "mute", "speaker", "no_audio"])]
    rederive: bool,

    /// Begin at a time (MM:SS), a line ('line 7') or a word
    #[arg(long, value_name = "PLACE")]
    at: Option<Place>,

    /// Find words and begin where they are said first
    #[arg(long, value_name = "TEXT", conflicts_with = "at")]
    find: Option<String>,

    /// Play faster or slower without another pitch, 0.5 to 4
    #[arg(long, value_name = "X", default_value = "1", value_parser = parse_speed)]
    speed: f64,

    /// Shorten silences of both sides to 0.3 s
    #[arg(long)]
    skip_silence: bool,

    /// How loud the candidate is, in percent
    #[arg(long, value_name = "PERCENT", default_value = "100",
        value_parser = clap::value_parser!(u16).range(0..=400))]
    candidate_volume: u16,

    /// How loud the recruiter is, in percent
    #[arg(long, value_name = "PERCENT", default_value = "100",
        value_parser = clap::value_parser!(u16).range(0..=400))]
    recruiter_volume: u16,

    /// Leave one side out
    #[arg(long, value_enum, value_name = "SIDE")]
    mute: Option<Side>,

    /// Speaker by (part of) its name, `wav:FILE`, or `none`
    #[arg(long, value_name = "SPEAKER", conflicts_with = "no_audio")]
    speaker: Option<String>,

    /// Show the lines in time, without a sound
    #[arg(long)]
    no_audio: bool,

    #[command(flatten)]
    reading: Reading,

    /// Print JSON: all lines with their times, without playing
    #[arg(long)]
    json: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Candidate,
    Recruiter,
}

fn parse_speed(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('x').parse::<f64>() {
        Ok(speed) if SPEEDS.contains(&speed) => Ok(speed),
        _ => Err(format!(
            "expected a number from {} to {}",
            SPEEDS.start(),
            SPEEDS.end()
        )),
    }
}

/// Plays one record, prints its lines, or derives it again.
///
/// # Errors
/// If there is no such record or place, or the speaker cannot be used.
pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let data_dir = config.data_dir();
    let dir = locate(&data_dir, &args.record)?;
    let action = if args.rederive { "rederive" } else { "replay" };
    args.reading.note(&data_dir, action, &[&dir])?;
    if args.rederive {
        return rederive::run(&dir, args.json);
    }
    let mut loaded = load::load(&dir, &data_dir)?;
    let found = args
        .find
        .as_deref()
        .map(|text| find(&loaded.timeline.lines, text));
    if args.json {
        print_json(args, &dir, &loaded, found.as_deref())?;
        return Ok(ExitCode::from(u8::from(
            found.is_some_and(|f| f.is_empty()),
        )));
    }
    if let Some(warning) = loaded.warning() {
        eprintln!("viva: {warning}");
    }
    if loaded.timeline.length_ms == 0 {
        eprintln!("viva: There is nothing to play in {}", dir.display());
        return Ok(ExitCode::from(1));
    }
    if let (Some([]), Some(text)) = (found.as_deref(), &args.find) {
        eprintln!("viva: Nothing in this record says {text:?}");
        return Ok(ExitCode::from(1));
    }
    let begin = args
        .at
        .as_ref()
        .map(|place| place.resolve(&loaded.timeline));
    let begin = begin.transpose()?;
    let output = open_output(args, config, &loaded)?;
    let timeline = std::mem::take(&mut loaded.timeline);
    let sound = std::mem::replace(&mut loaded.sound, Box::new(NoSound));
    let mut deck = Deck::new(timeline, sound, output, options(args))?;
    if let Some(ms) = begin {
        deck.apply(Command::To(ms))?;
    }
    if let Some(text) = &args.find {
        deck.apply(Command::Find(text.clone()))?;
    }
    if has_screen() {
        play::at_terminal(deck, &loaded)
    } else {
        play::through(deck, &loaded)
    }
}

fn options(args: &Args) -> Options {
    let volume = |percent: u16| f32::from(percent) / 100.0;
    Options {
        speed: args.speed,
        skip_silence: args.skip_silence,
        volumes: [volume(args.candidate_volume), volume(args.recruiter_volume)],
        muted: [
            args.mute == Some(Side::Candidate),
            args.mute == Some(Side::Recruiter),
        ],
    }
}

fn open_output(args: &Args, config: &Config, loaded: &Loaded) -> anyhow::Result<Box<dyn Output>> {
    let named = args.speaker.as_deref();
    let wanted = parse_speaker(named.or(config.audio.speaker.as_deref()));
    let silent = || -> Box<dyn Output> { Box::new(Paced::silent(Clock::system())) };
    Ok(match wanted {
        _ if args.no_audio => silent(),
        // Nothing to hear needs no speaker, unless a file was asked for.
        SpeakerSpec::Device(_) if loaded.audio.is_none() => silent(),
        SpeakerSpec::None => silent(),
        SpeakerSpec::Wav(path) => {
            if path.canonicalize().ok() == loaded.audio.as_ref().and_then(|p| p.canonicalize().ok())
                && loaded.audio.is_some()
            {
                bail!(
                    "{} is the recording itself: it cannot be played into",
                    path.display()
                );
            }
            Box::new(Paced::file(Clock::system(), &path)?)
        }
        SpeakerSpec::Device(name) => match Loudspeaker::open(name.as_deref()) {
            Ok(speaker) => Box::new(speaker),
            Err(
                error @ (AudioError::NoDevice { .. }
                | AudioError::DeviceStuck { .. }
                | AudioError::NoSystem(_)),
            ) => {
                bail!("{error}; --no-audio plays without one");
            }
            Err(error) => return Err(error.into()),
        },
    })
}

#[derive(Serialize)]
struct Answer<'a> {
    record: &'a Path,
    session: &'a str,
    candidate: &'a str,
    position: &'a str,
    /// Whether the record is sealed.
    complete: bool,
    /// Whether there is anything to hear.
    audio: bool,
    length_ms: u64,
    lines: &'a [TimedLine],
    missing: &'a [Missing],
    /// What `viva verify` finds.
    problems: &'a [Problem],
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    find: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'a [Match]>,
}

fn print_json(
    args: &Args,
    dir: &Path,
    loaded: &Loaded,
    found: Option<&[Match]>,
) -> anyhow::Result<()> {
    let answer = Answer {
        record: dir,
        session: &loaded.session,
        candidate: &loaded.candidate,
        position: &loaded.position,
        complete: loaded.complete,
        audio: loaded.audio.is_some(),
        length_ms: loaded.timeline.length_ms,
        lines: &loaded.timeline.lines,
        missing: &loaded.timeline.missing,
        problems: &loaded.problems,
        damage: loaded.damage.as_deref(),
        find: args.find.as_deref(),
        found,
    };
    let text = serde_json::to_string_pretty(&answer)?;
    writeln!(std::io::stdout().lock(), "{text}").context("Cannot write the result")
}

/// What a side is called.
fn speaker_name(who: Speaker, candidate: &str) -> &str {
    match who {
        Speaker::Recruiter => "AI Recruiter",
        Speaker::Candidate => candidate,
    }
}

/// What is said of a stretch that was not recorded.
fn about_missing(gap: &Missing) -> String {
    let seconds = gap.end_ms.saturating_sub(gap.start_ms) as f64 / 1000.0;
    let what = match gap.who {
        None => "nothing was recorded",
        Some(Speaker::Candidate) => "the candidate was not recorded",
        Some(Speaker::Recruiter) => "the recruiter was not recorded",
    };
    format!("[gap: {what} for {seconds:.1} s, {}]", gap.why)
}
