//! `viva verify --retranscribe`: the recording heard again beside the live
//! text. Chooses the model, shows how far it is, and prints what differs.

use crate::audio::EndpointSettings;
use crate::config::Config;
use crate::digest::sha256_file;
use crate::event::{Event, Record};
use crate::record::RecordReader;
use crate::replay::{CallWav, HeardAgain, Outcome, Retranscription, clock_time, retranscribe};
use crate::speech::differences::Kind;
use crate::speech::model::{self, FoundModel, STARTER_NOTICE};
use crate::speech::whisper::{WhisperRecognizer, WhisperSettings};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::Write;

/// How to hear a recording again.
#[derive(clap::Args, Debug)]
pub(super) struct HearAgain {
    /// Decode the recording again, and show where the words differ
    #[arg(long)]
    retranscribe: bool,

    /// Decode with this model [default: the one of the live call if it is
    /// installed, else the best that is]
    #[arg(long, value_name = "NAME|FILE", requires = "retranscribe")]
    model: Option<String>,

    /// Threads of the decoder
    #[arg(long, value_name = "N", requires = "retranscribe",
        value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: Option<u16>,
}

/// A recording heard again, and by what.
#[derive(Serialize)]
pub(super) struct Again {
    /// The model of the live call, as the log names it.
    live_model: Option<String>,
    /// The model now.
    model: String,
    /// The SHA-256 of its file.
    model_sha256: String,
    /// Whether it is the same file as live.
    same_model: bool,
    /// Nothing where the record has no recording.
    #[serde(flatten)]
    found: Option<Retranscription>,
}

/// Hears a record again, if that is asked for. `tones` are the stretches, in
/// samples, that a redacted copy has tones in.
///
/// # Errors
/// If there is no such model, it cannot be loaded, or the recording cannot
/// be read.
pub(super) fn run(
    args: &HearAgain,
    reader: Option<&RecordReader>,
    tones: &[(u64, u64)],
    config: &Config,
) -> anyhow::Result<Option<Again>> {
    if !args.retranscribe {
        return Ok(None);
    }
    let Some(reader) = reader else {
        eprintln!("viva: the record's head cannot be read, so it was not heard again");
        return Ok(None);
    };
    // As far as one line follows from the other: verifying tells of the rest.
    let records: Vec<Record> = match reader.records() {
        Ok(records) => records.map_while(Result::ok).collect(),
        Err(_) => Vec::new(),
    };
    let live_model = records.iter().find_map(|record| match &record.event {
        Event::Client(client) => Some(client.model.clone()),
        _ => None,
    });
    let model = choose(args, live_model.as_deref(), config)?;
    let model_sha256 = sha256_file(&model.path)?;
    let mut again = Again {
        same_model: live_model
            .as_ref()
            .is_some_and(|m| m.ends_with(&model_sha256)),
        live_model,
        model: model.name.clone(),
        model_sha256,
        found: None,
    };
    let Some(wav) = reader.wav_path() else {
        return Ok(Some(again));
    };
    let read = || format!("Cannot read {}", wav.display());
    let mut sound = CallWav::open(&wav).with_context(read)?;
    let threads = args.threads.map_or(config.speech.threads, usize::from);
    let settings = WhisperSettings {
        threads,
        ..WhisperSettings::default()
    };
    let mut ears = WhisperRecognizer::load(&model.path, &settings)?;
    let mut endpoint = EndpointSettings::default();
    let live = again.live_model.as_deref().unwrap_or_default();
    if model.starter || live.starts_with("starter") {
        endpoint.in_short_stretches();
    }
    let bar = progress_bar();
    let found = retranscribe(
        &records,
        tones,
        &mut sound,
        &mut ears,
        &endpoint,
        &mut |done, of| {
            bar.set_length(of / u64::from(crate::audio::RATE));
            bar.set_position(done / u64::from(crate::audio::RATE));
        },
    );
    bar.finish_and_clear();
    again.found = Some(found?);
    Ok(Some(again))
}

/// The model that was asked for, that of the live call, or the best.
fn choose(args: &HearAgain, live: Option<&str>, config: &Config) -> anyhow::Result<FoundModel> {
    if args.model.is_none()
        && let Some(name) = live.and_then(|live| live.split_whitespace().next())
        && let Ok(found) = model::find(Some(name), None)
    {
        return Ok(found);
    }
    Ok(model::find(
        args.model.as_deref(),
        config.speech.model.as_deref(),
    )?)
}

/// Seconds of the recording; drawn on standard error where that is a
/// terminal.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("Listening {bar:30} {pos} of {len} s, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

impl Again {
    /// Prints it for a person.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn print(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out)?;
        writeln!(out, "{}", self.about_models())?;
        let Some(found) = &self.found else {
            return writeln!(out, "There is no recording to be heard again.");
        };
        for heard in &found.utterances {
            print_utterance(out, heard)?;
        }
        for speech in &found.unlogged {
            writeln!(
                out,
                "{}-{}  speech without an utterance, confidence {:.2}: {}",
                clock_time(speech.start_ms),
                clock_time(speech.end_ms),
                speech.confidence,
                speech.text
            )?;
        }
        self.summary(out, found)
    }

    fn about_models(&self) -> String {
        let live = self.live_model.as_deref().and_then(|m| m.split(' ').next());
        let mut text = match live {
            None => format!(
                "Heard again with {}; the log does not name the live model.",
                self.model
            ),
            Some(_) if self.same_model => {
                format!(
                    "Heard again with {}, the model of the live call.",
                    self.model
                )
            }
            Some(live) if live == self.model => format!(
                "Heard again with {}; the live call had another file of that name.",
                self.model
            ),
            Some(live) => format!("Heard again with {}; live it was {live}.", self.model),
        };
        if self.model.starts_with("starter") {
            text = format!("{text} {STARTER_NOTICE}");
        }
        text
    }

    fn summary(&self, out: &mut impl Write, found: &Retranscription) -> std::io::Result<()> {
        let e = &found.errors;
        writeln!(
            out,
            "{} compared: {} of {} words differ ({:.1} %): {} changed, {} only live, {} only now.",
            count(found.count(Outcome::Compared), "utterance"),
            e.errors(),
            e.words,
            100.0 * found.rate,
            e.substitutions,
            e.deletions,
            e.insertions
        )?;
        for (n, what) in [
            (
                found.count(Outcome::NoSpeech),
                "without speech in the recording",
            ),
            (found.count(Outcome::NotRecorded), "not recorded"),
            (found.count(Outcome::TakenOut), "taken out"),
            (found.typed, "typed"),
        ] {
            if n > 0 {
                writeln!(out, "{} {what}.", count(n, "utterance"))?;
            }
        }
        if !found.unlogged.is_empty() {
            let n = count(found.unlogged.len(), "stretch");
            writeln!(out, "{n} of speech without an utterance.")?;
        }
        if found.taken_out_ms > 0 {
            let seconds = found.taken_out_ms as f64 / 1000.0;
            writeln!(
                out,
                "{seconds:.1} s are taken out by a tone and were not listened to."
            )?;
        }
        writeln!(
            out,
            "A difference is no fault of the record: it shows where to listen."
        )
    }
}

fn print_utterance(out: &mut impl Write, heard: &HeardAgain) -> std::io::Result<()> {
    write!(
        out,
        "{}-{}  {}, confidence {:.2} live",
        clock_time(heard.start_ms),
        clock_time(heard.end_ms),
        count(
            heard
                .errors
                .words
                .max(heard.live.split_whitespace().count()),
            "word"
        ),
        heard.live_confidence
    )?;
    match heard.outcome {
        Outcome::Compared => writeln!(
            out,
            ", {:.2} now: {}",
            heard.again_confidence,
            match heard.errors.errors() {
                0 => "the same".to_owned(),
                1 => format!("1 differs ({:.1} %)", 100.0 * heard.rate),
                n => format!("{n} differ ({:.1} %)", 100.0 * heard.rate),
            }
        )?,
        Outcome::NoSpeech => writeln!(out, ": nobody speaks here in the recording")?,
        Outcome::NotRecorded => writeln!(out, ": not recorded")?,
        Outcome::TakenOut => writeln!(out, ": taken out")?,
    }
    if heard.outcome == Outcome::Compared && heard.errors.errors() > 0 {
        writeln!(out, "    live  {}", marked(heard, |s| &s.first))?;
        writeln!(out, "    now   {}", marked(heard, |s| &s.second))
    } else {
        writeln!(out, "    live  {}", heard.live)
    }
}

/// One side, with what differs in brackets.
fn marked(
    heard: &HeardAgain,
    side: impl Fn(&crate::speech::differences::Stretch) -> &String,
) -> String {
    let shown = heard.stretches.iter().map(|placed| {
        let text = side(&placed.stretch);
        match placed.stretch.kind {
            Kind::Same => text.clone(),
            _ if text.is_empty() => "[-]".to_owned(),
            _ => format!("[{text}]"),
        }
    });
    let shown: Vec<String> = shown.filter(|text| !text.is_empty()).collect();
    shown.join(" ")
}

fn count(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n if what.ends_with("ch") => format!("{n} {what}es"),
        n => format!("{n} {what}s"),
    }
}
