//! `viva bench echo`: what the program hears of itself, and how a line gives
//! way to a voice, on made rooms. True times: the voice, the room and the
//! speaker are on one sample clock.

mod cost;
mod erle;
mod house;
mod material;
mod replay;
mod rooms;

use super::bench_stt::quantile;
use crate::audio::room::RoomSettings;
use crate::speech::model;
use crate::speech::wer::{WordErrors, word_errors};
use crate::speech::whisper::{WhisperRecognizer, WhisperSettings};
use cost::{Cost, cost};
use erle::erle;
use house::House;
use material::{Material, Over};
use replay::{Replay, replay};
use rooms::{Rooms, Set};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measure the echo canceller and barge-in on made rooms.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Example: viva bench echo --only double --voices 6 --level -12,0\n\n\
                  Without files, lines and answers are spoken by the built-in voices."
)]
pub(super) struct BenchEchoArgs {
    /// What is played: a recording, such as the far track of a call
    #[arg(long, value_name = "WAV")]
    far: Option<PathBuf>,
    /// Who speaks over it: a recording of a voice
    #[arg(long, value_name = "WAV")]
    near: Option<PathBuf>,
    /// The words of that recording, for the word error rate
    #[arg(long, value_name = "TEXT", requires = "near")]
    text: Option<String>,
    /// Rooms, levels, delays, voices and words to measure with
    #[arg(long, value_enum, value_name = "SET", default_value_t)]
    set: Set,
    /// Delays of the echo, in milliseconds, 0-600 [default: the set's]
    #[arg(long, value_name = "MS", value_delimiter = ',')]
    delay: Vec<f32>,
    /// Levels of the echo relative to what is played, in dB [default: the
    /// set's]
    #[arg(
        long,
        value_name = "DB",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    level: Vec<f32>,
    /// Reverberation of the room, in milliseconds [default: the set's]
    #[arg(long, value_name = "MS")]
    reverb: Option<f32>,
    /// Speech model by name or path [default: the one that is used]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Measure without words: no recogniser, no word error rates
    #[arg(long)]
    no_words: bool,
    /// How many of the made voices speak over the line, 1-36, evenly chosen:
    /// with words each one is decoded once for every level
    #[arg(long, value_name = "N", default_value_t = 36, value_parser = clap::value_parser!(u32).range(1..=36))]
    voices: u32,
    /// Only measure this
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Part>,
    /// Seed of rooms and noises
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A part of the measurements.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The line alone.
    Single,
    /// A whole interview through loudspeakers.
    Replay,
    /// A voice over the line.
    Double,
    /// Short sounds over the line.
    Short,
    /// What hearing costs.
    Cost,
}

/// Only the line is heard.
#[derive(Serialize, Clone, Debug)]
struct SingleTalk {
    room: String,
    delay_ms: f32,
    level_db: f32,
    /// Echo return loss enhancement in the first second that has echo, and
    /// after it, in dB; and that of the predictor alone. Where the echo is not
    /// heard nothing is counted, and the room's own noise is no echo.
    erle_first_db: f32,
    erle_db: f32,
    predicted_db: f32,
    /// What the canceller says the delay is.
    found_ms: Option<u32>,
    /// Times that the line was softened, or stopped, for its own echo.
    ducked: usize,
    stopped: usize,
    /// Turns that the endpointer opened for it, and those that the text check
    /// let pass as words.
    turns: usize,
    utterances: usize,
}

/// Somebody speaks over the line.
#[derive(Serialize, Clone, Debug)]
struct DoubleTalk {
    level_db: f32,
    errors: WordErrors,
    clean: WordErrors,
    wer: f64,
    wer_clean: f64,
    /// From the voice's first sound to the begin of softening, and to the
    /// line's silence, in milliseconds.
    duck_ms: Vec<f64>,
    silent_ms: Vec<f64>,
    /// Voices for which the line was not softened, or not stopped.
    not_ducked: usize,
    not_stopped: usize,
    spoken: usize,
}

/// Short sounds over a line, which must not take the turn, and short words,
/// which must.
#[derive(Serialize, Clone, Debug)]
struct Short {
    kind: &'static str,
    sounds: usize,
    brought_back: usize,
    stopped: usize,
}

#[derive(Serialize, Clone, Debug)]
struct Report {
    single: Vec<SingleTalk>,
    replays: Vec<Replay>,
    double: Vec<DoubleTalk>,
    short: Vec<Short>,
    cost: Option<Cost>,
    self_utterances: usize,
}

/// Runs `viva bench echo`. Exit status 1 where the program took its own voice
/// for an answer, or interrupted itself in a whole interview.
///
/// # Errors
///
/// An unreadable recording or model, or a delay out of range.
pub(super) fn run(args: BenchEchoArgs) -> anyhow::Result<ExitCode> {
    if let Some(delay) = args.delay.iter().find(|d| !(0.0..=600.0).contains(*d)) {
        anyhow::bail!("--delay {delay}: expected 0 to 600 milliseconds");
    }
    let material = Material::gather(
        args.set,
        args.far.as_deref(),
        args.near.as_deref(),
        args.text.as_deref(),
    )?;
    let mut ears = if args.no_words {
        None
    } else {
        let found = model::find(args.model.as_deref(), None)?;
        Some(WhisperRecognizer::load(
            &found.path,
            &WhisperSettings::default(),
        )?)
    };
    let report = measure(&args, &material, ears.as_mut())?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    let own = |r: &Replay| r.stopped + r.own_turns > 0;
    let failed = report.self_utterances > 0 || report.replays.iter().any(own);
    Ok(ExitCode::from(u8::from(failed)))
}

fn measure(
    args: &BenchEchoArgs,
    material: &Material,
    mut ears: Option<&mut WhisperRecognizer>,
) -> anyhow::Result<Report> {
    let rooms = Rooms::new(args.set, &args.delay, &args.level, args.reverb, args.seed);
    let usual = rooms.usual;
    let wanted = |part| args.only.is_none_or(|only| only == part);
    let mut single = Vec::new();
    if wanted(Part::Single) {
        for (name, room) in rooms.single() {
            single.push(single_talk(name, room, material, ears.as_deref_mut())?);
        }
    }
    let mut replays = Vec::new();
    if wanted(Part::Replay) {
        let interviews = rooms.interviews().into_iter();
        replays = interviews
            .map(|(name, room)| replay(&name, room, material))
            .collect();
    }
    let mut double = Vec::new();
    if wanted(Part::Double) {
        let over = some_of(&material.over, args.voices as usize);
        let mut alone = Vec::new();
        if let Some(ears) = &mut ears {
            for over in &over {
                let run =
                    House::new(usual, &material.text, Some(&mut **ears)).play(&[], Some(over))?;
                alone.push(run.utterances.join(" "));
            }
        }
        for level_db in &rooms.levels {
            let room = RoomSettings {
                level_db: *level_db,
                ..usual
            };
            let ears = ears.as_deref_mut();
            double.push(double_talk(room, material, &over, &alone, ears)?);
        }
    }
    let mut short = Vec::new();
    for (kind, sounds) in &material.short {
        // Without words only what needs none can be decided.
        let decided = ears.is_some() || *kind == "coughs and knocks";
        if wanted(Part::Short) && decided {
            let ears = ears.as_deref_mut();
            short.push(short_sounds(kind, sounds, usual, material, ears)?);
        }
    }
    let mut costs = None;
    if wanted(Part::Cost) {
        let run = House::new(usual, &material.text, None).play(&material.line, None)?;
        costs = Some(cost(&run.near, &run.far));
    }
    Ok(Report {
        cost: costs,
        self_utterances: single.iter().map(|s| s.utterances).sum(),
        single,
        replays,
        double,
        short,
    })
}

/// So many of them, evenly chosen.
fn some_of(all: &[Over], most: usize) -> Vec<Over> {
    let n = most.clamp(1, all.len().max(1)).min(all.len());
    (0..n).map(|i| all[i * all.len() / n].clone()).collect()
}

fn single_talk(
    name: String,
    room: RoomSettings,
    material: &Material,
    ears: Option<&mut WhisperRecognizer>,
) -> anyhow::Result<SingleTalk> {
    let mut house = House::new(room, &material.text, ears);
    let run = house.play(&material.line, None)?;
    let begin = run.started + (room.delay_ms * 16.0) as usize;
    let [first, rest, predicted] = erle(&run, begin, room);
    Ok(SingleTalk {
        room: name,
        delay_ms: room.delay_ms,
        level_db: room.level_db,
        erle_first_db: first,
        erle_db: rest,
        predicted_db: predicted,
        found_ms: run.echo.delay_ms,
        ducked: run.ducked.len(),
        stopped: run.held.len(),
        turns: run.turns,
        utterances: run.utterances.len(),
    })
}

fn double_talk(
    room: RoomSettings,
    material: &Material,
    over: &[Over],
    alone: &[String],
    mut ears: Option<&mut WhisperRecognizer>,
) -> anyhow::Result<DoubleTalk> {
    let mut out = DoubleTalk {
        level_db: room.level_db,
        errors: WordErrors::default(),
        clean: WordErrors::default(),
        wer: 0.0,
        wer_clean: 0.0,
        duck_ms: Vec::new(),
        silent_ms: Vec::new(),
        not_ducked: 0,
        not_stopped: 0,
        spoken: over.len(),
    };
    for (number, over) in over.iter().enumerate() {
        let room = RoomSettings {
            seed: room.seed + number as u64,
            ..room
        };
        let mut house = House::new(room, &material.text, ears.as_deref_mut());
        let run = house.play(&material.line, Some(over))?;
        let onset = run.voice_from.unwrap_or_default();
        let ms = |at: &usize| (*at as f64 - onset as f64) / 16.0;
        match run.ducked.iter().find(|at| **at >= onset) {
            Some(at) => out.duck_ms.push(ms(at)),
            None => out.not_ducked += 1,
        }
        match run.held.iter().find(|at| **at >= onset) {
            // It fades for 10 ms.
            Some(at) => out.silent_ms.push(ms(at) + 10.0),
            None => out.not_stopped += 1,
        }
        if ears.is_some() && !over.text.is_empty() {
            out.errors += word_errors(&over.text, &run.utterances.join(" "));
            let alone = alone.get(number).map_or("", String::as_str);
            out.clean += word_errors(&over.text, alone);
        }
    }
    out.wer = out.errors.rate();
    out.wer_clean = out.clean.rate();
    Ok(out)
}

fn short_sounds(
    kind: &'static str,
    sounds: &[Over],
    room: RoomSettings,
    material: &Material,
    mut ears: Option<&mut WhisperRecognizer>,
) -> anyhow::Result<Short> {
    let mut out = Short {
        kind,
        sounds: sounds.len(),
        brought_back: 0,
        stopped: 0,
    };
    for sound in sounds {
        let mut house = House::new(room, &material.text, ears.as_deref_mut());
        let run = house.play(&material.line, Some(sound))?;
        if run.complete {
            out.brought_back += 1;
        } else {
            out.stopped += 1;
        }
    }
    Ok(out)
}

fn print(report: &Report) {
    if !report.single.is_empty() {
        print_single(&report.single);
    }
    if !report.replays.is_empty() {
        println!("\nWhole interviews through loudspeakers");
        report.replays.iter().for_each(Replay::print);
    }
    if !report.double.is_empty() {
        print_double(&report.double);
    }
    if !report.short.is_empty() {
        println!("\nShort sounds over the line");
    }
    for s in &report.short {
        println!(
            "  {:<26} {:>3}: line brought back {}, stopped {}",
            s.kind, s.sounds, s.brought_back, s.stopped
        );
    }
    if let Some(cost) = &report.cost {
        cost.print();
    }
}

fn print_single(single: &[SingleTalk]) {
    println!("Echo alone: echo return loss enhancement (ERLE) and what was taken for a voice");
    println!(
        "{:<22}{:>9}{:>8}{:>11}{:>9}{:>11}{:>10}{:>8}{:>9}{:>7}{:>11}",
        "room",
        "delay ms",
        "echo dB",
        "1st s dB",
        "then dB",
        "predicted",
        "found ms",
        "ducked",
        "stopped",
        "turns",
        "utterances"
    );
    for s in single {
        let found = s.found_ms.map_or_else(|| "-".into(), |ms| ms.to_string());
        println!(
            "{:<22}{:>9.0}{:>8.0}{:>11.1}{:>9.1}{:>11.1}{:>10}{:>8}{:>9}{:>7}{:>11}",
            s.room,
            s.delay_ms,
            s.level_db,
            s.erle_first_db,
            s.erle_db,
            s.predicted_db,
            found,
            s.ducked,
            s.stopped,
            s.turns,
            s.utterances
        );
    }
}

fn print_double(double: &[DoubleTalk]) {
    println!("\nA voice over the line: from its first sound");
    for d in double {
        let all = |values: &[f64]| {
            let q = |q| quantile(values.iter().copied(), q).unwrap_or(f64::NAN);
            format!(
                "p50 {:.0}, p95 {:.0}, most {:.0} ms",
                q(0.5),
                q(0.95),
                q(1.0)
            )
        };
        println!(
            "  echo {:>4.0} dB: softened {}, {} within 60 ms ({} of {} not), silent {} ({} not)",
            d.level_db,
            all(&d.duck_ms),
            d.duck_ms.iter().filter(|ms| **ms <= 60.0).count(),
            d.not_ducked,
            d.spoken,
            all(&d.silent_ms),
            d.not_stopped
        );
        if d.clean.words > 0 {
            println!(
                "      word error rate {:.1} %, without any echo {:.1} % ({} words)",
                d.wer * 100.0,
                d.wer_clean * 100.0,
                d.clean.words
            );
        }
    }
}
