//! `viva bench echo`: what the program hears of itself, and how a line gives
//! way to a voice, on made rooms. True times: the voice, the room and the
//! speaker are on one sample clock.

mod house;
mod material;

use super::bench_stt::quantile;
use crate::audio::echo::{EchoCanceller, STEP};
use crate::audio::room::RoomSettings;
use crate::speech::model;
use crate::speech::wer::{WordErrors, word_errors};
use crate::speech::whisper::{WhisperRecognizer, WhisperSettings};
use house::{House, Run};
use material::{Material, Over};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measure the echo canceller and barge-in on made rooms.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Example: viva bench echo --delay 20,200,500 --level -12,0\n\n\
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
    /// Delays of the echo, in milliseconds, 0-600
    #[arg(long, value_name = "MS", value_delimiter = ',', default_values_t = [20.0, 60.0, 120.0, 200.0, 350.0, 500.0])]
    delay: Vec<f32>,
    /// Levels of the echo relative to what is played, in dB
    #[arg(long, value_name = "DB", value_delimiter = ',', allow_hyphen_values = true, default_values_t = [0.0, -6.0, -12.0])]
    level: Vec<f32>,
    /// Reverberation of the room, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 200.0)]
    reverb: f32,
    /// Speech model by name or path [default: the one that is used]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Measure without words: no recogniser, no word error rates
    #[arg(long)]
    no_words: bool,
    /// Seed of rooms and noises
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Only the line is heard.
#[derive(Serialize, Clone, Debug)]
struct SingleTalk {
    room: String,
    delay_ms: f32,
    level_db: f32,
    /// Echo return loss enhancement in the first second that has echo, and
    /// after it, in dB.
    erle_first_db: f32,
    erle_db: f32,
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
    double: Vec<DoubleTalk>,
    short: Vec<Short>,
    self_utterances: usize,
}

/// Runs `viva bench echo`. Exit status 1 where the program took its own voice
/// for an answer.
///
/// # Errors
///
/// An unreadable recording or model, or a delay out of range.
pub(super) fn run(args: BenchEchoArgs) -> anyhow::Result<ExitCode> {
    if let Some(delay) = args.delay.iter().find(|d| !(0.0..=600.0).contains(*d)) {
        anyhow::bail!("--delay {delay}: expected 0 to 600 milliseconds");
    }
    let material = Material::gather(
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
    Ok(ExitCode::from(u8::from(report.self_utterances > 0)))
}

fn measure(
    args: &BenchEchoArgs,
    material: &Material,
    mut ears: Option<&mut WhisperRecognizer>,
) -> anyhow::Result<Report> {
    let usual = RoomSettings {
        reverb_ms: args.reverb,
        seed: args.seed,
        ..RoomSettings::default()
    };
    let mut rooms: Vec<(&str, RoomSettings)> = Vec::new();
    for delay_ms in &args.delay {
        for level_db in &args.level {
            let room = RoomSettings {
                delay_ms: *delay_ms,
                level_db: *level_db,
                ..usual
            };
            rooms.push(("still", room));
        }
    }
    let jump = RoomSettings {
        jump_ms: 45.0,
        ..usual
    };
    rooms.extend([
        (
            "drifting 2 ms/s",
            RoomSettings {
                drift_ms_s: 2.0,
                ..usual
            },
        ),
        ("jumping 45 ms", jump),
        ("bent speaker", RoomSettings { bend: 0.5, ..usual }),
        (
            "600 ms reverberation",
            RoomSettings {
                reverb_ms: 600.0,
                ..usual
            },
        ),
    ]);
    let mut single = Vec::new();
    for (name, room) in rooms {
        single.push(single_talk(name, room, material, ears.as_deref_mut())?);
    }
    let mut double = Vec::new();
    for level_db in &args.level {
        let room = RoomSettings {
            level_db: *level_db,
            ..usual
        };
        double.push(double_talk(room, material, ears.as_deref_mut())?);
    }
    let mut short = Vec::new();
    for (kind, sounds) in &material.short {
        // Without words only what needs none can be decided.
        if ears.is_some() || *kind == "coughs and knocks" {
            short.push(short_sounds(
                kind,
                sounds,
                usual,
                material,
                ears.as_deref_mut(),
            )?);
        }
    }
    Ok(Report {
        self_utterances: single.iter().map(|s| s.utterances).sum(),
        single,
        double,
        short,
    })
}

fn single_talk(
    name: &str,
    room: RoomSettings,
    material: &Material,
    ears: Option<&mut WhisperRecognizer>,
) -> anyhow::Result<SingleTalk> {
    let mut house = House::new(room, ears);
    let run = house.play(&material.line, None)?;
    let begin = run.started + (room.delay_ms * 16.0) as usize;
    let (first, rest) = erle(&run, begin);
    Ok(SingleTalk {
        room: name.to_owned(),
        delay_ms: room.delay_ms,
        level_db: room.level_db,
        erle_first_db: first,
        erle_db: rest,
        found_ms: run.echo.delay_ms,
        ducked: run.ducked.len(),
        stopped: run.held.len(),
        turns: run.turns,
        utterances: run.utterances.len(),
    })
}

/// Energy before over energy after the canceller, in dB, in the second from
/// `begin` on and after it.
fn erle(run: &Run, begin: usize) -> (f32, f32) {
    let mut canceller = EchoCanceller::new();
    let (mut raw, mut clean) = (Vec::new(), Vec::new());
    let (near, far) = (
        run.near.as_chunks::<STEP>().0,
        run.far.as_chunks::<STEP>().0,
    );
    for (near, far) in near.iter().zip(far) {
        let out = canceller.process(near, far);
        raw.extend(out.raw);
        clean.extend(out.clean);
    }
    let begin = (begin + EchoCanceller::DELAY).min(raw.len());
    let second = (begin + crate::audio::RATE as usize).min(raw.len());
    let energy = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>().max(1e-12);
    let ratio =
        |from: usize, to: usize| 10.0 * (energy(&raw[from..to]) / energy(&clean[from..to])).log10();
    (ratio(begin, second), ratio(second, raw.len()))
}

fn double_talk(
    room: RoomSettings,
    material: &Material,
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
        spoken: material.over.len(),
    };
    for (number, over) in material.over.iter().enumerate() {
        let room = RoomSettings {
            seed: room.seed + number as u64,
            ..room
        };
        let mut house = House::new(room, ears.as_deref_mut());
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
            let alone = House::new(room, ears.as_deref_mut()).play(&[], Some(over))?;
            out.clean += word_errors(&over.text, &alone.utterances.join(" "));
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
        let mut house = House::new(room, ears.as_deref_mut());
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
    println!("Echo alone: echo return loss enhancement (ERLE) and what was taken for a voice");
    println!(
        "{:<22}{:>9}{:>8}{:>11}{:>9}{:>10}{:>8}{:>9}{:>7}{:>11}",
        "room",
        "delay ms",
        "echo dB",
        "1st s dB",
        "then dB",
        "found ms",
        "ducked",
        "stopped",
        "turns",
        "utterances"
    );
    for s in &report.single {
        let found = s.found_ms.map_or_else(|| "-".into(), |ms| ms.to_string());
        println!(
            "{:<22}{:>9.0}{:>8.0}{:>11.1}{:>9.1}{:>10}{:>8}{:>9}{:>7}{:>11}",
            s.room,
            s.delay_ms,
            s.level_db,
            s.erle_first_db,
            s.erle_db,
            found,
            s.ducked,
            s.stopped,
            s.turns,
            s.utterances
        );
    }
    println!("\nA voice over the line: from its first sound");
    for d in &report.double {
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
            "  echo {:>4.0} dB: softened {} ({} of {} not), silent {} ({} not)",
            d.level_db,
            all(&d.duck_ms),
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
    println!("\nShort sounds over the line");
    for s in &report.short {
        println!(
            "  {:<26} {:>3}: line brought back {}, stopped {}",
            s.kind, s.sounds, s.brought_back, s.stopped
        );
    }
}
