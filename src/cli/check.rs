//! `viva check`: is this machine ready for an interview?

use super::open::{parse_mic, parse_speaker};
use crate::call::Address;
use crate::clock::{Clock, unix_millis};
use crate::config::Config;
use crate::preflight::{
    self, Finding, SoundPlan, Verdict, decoding, disk, folders, round_trip, sound, speaking,
    wall_clock,
};
use anyhow::Context;
use clap::Args;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Check that this machine is ready for an interview.
///
/// Looks at microphone, speaker and echo, engine, speech model, voice, disk,
/// folders and clock, and says what to do where something is wrong. A tone is
/// played. Nothing of what is heard is kept or sent. Exit status 1 where no
/// interview could be held.
#[derive(Args, Debug)]
#[command(after_help = "Example: viva check\n\
    An engine elsewhere: viva check --engine ws://viva.example.org/v1/interview\n\
    Without sound hardware: viva check --mic wav:voice.wav --speaker none --json")]
pub(super) struct CheckArgs {
    /// Websocket address of an engine; one is started here by default.
    #[arg(long, value_name = "URL")]
    engine: Option<String>,
    /// Microphone: part of a device's name, or `wav:FILE`.
    #[arg(long, value_name = "MIC")]
    mic: Option<String>,
    /// Speaker: part of a device's name, `wav:FILE`, or `none`.
    #[arg(long, value_name = "SPEAKER")]
    speaker: Option<String>,
    /// Speech model: a path, or a name of `viva models list`.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The recruiter's voice: slt, rms, awb, kal or `command:PROGRAM ...`.
    #[arg(long, value_name = "VOICE")]
    voice: Option<String>,
    /// Folder for the session's record, where the engine is here.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Do not wait for somebody to speak.
    #[arg(long)]
    no_speech: bool,
    /// Print JSON, and ask for nothing.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: CheckArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let (began, clock) = (unix_millis(), Clock::system());
    let json = args.json;
    let mic = args.mic.as_deref().or(config.audio.microphone.as_deref());
    let speaker = args.speaker.as_deref().or(config.audio.speaker.as_deref());
    let engine = args.engine.as_deref().or(config.engine.url.as_deref());
    let engine = engine.map(|url| Address::new(url).with_roots(config.engine.certificates.clone()));
    let model = args.model.as_deref().or(config.speech.model.as_deref());
    let voice = args.voice.as_deref().unwrap_or(&config.speech.voice);
    let data_dir = config.data_dir();
    let sessions = args.out.unwrap_or_else(|| data_dir.join("sessions"));

    let mut report = Report {
        found: Vec::new(),
        json,
    };
    let plan = SoundPlan {
        mic: parse_mic(mic),
        speaker: parse_speaker(speaker),
        ask: !json && !args.no_speech && std::io::stdin().is_terminal(),
    };
    let mut say = |text: &str| {
        if !json {
            // Whoever reads no more is told so by the findings.
            let _ = writeln!(std::io::stdout().lock(), "{text}");
        }
    };
    report.add(sound(plan, &mut say))?;
    let runtime = tokio::runtime::Runtime::new().context("No runtime for the network")?;
    report.add(vec![
        runtime.block_on(round_trip(engine.as_ref(), &data_dir)),
    ])?;
    let (finding, speech) = speaking(voice, config.speech.speed);
    report.add(vec![finding])?;
    if !speech.is_empty() {
        report.add(decoding(&speech, model, config.speech.threads))?;
    }
    report.add(vec![disk(&sessions)])?;
    report.add(folders(&data_dir, &sessions))?;
    report.add(vec![wall_clock(began, &clock)])?;
    report.finish()
}

/// Findings as they come, or all at once as JSON.
struct Report {
    found: Vec<Finding>,
    json: bool,
}

impl Report {
    fn add(&mut self, found: Vec<Finding>) -> std::io::Result<()> {
        if !self.json {
            let mut out = std::io::stdout().lock();
            for finding in &found {
                print(&mut out, finding)?;
            }
            out.flush()?;
        }
        self.found.extend(found);
        Ok(())
    }

    fn finish(self) -> anyhow::Result<ExitCode> {
        let worst = preflight::worst(&self.found);
        if self.json {
            let report = serde_json::json!({ "verdict": worst, "findings": self.found });
            let text = serde_json::to_string_pretty(&report)?;
            writeln!(std::io::stdout().lock(), "{text}")?;
        } else {
            let text = match worst {
                Verdict::Ok => "Ready for an interview.",
                Verdict::Warning => "An interview can be held; see the warnings.",
                Verdict::Failed => "No interview can be held yet; see what failed.",
            };
            writeln!(std::io::stdout().lock(), "{text}")?;
        }
        Ok(ExitCode::from(u8::from(worst == Verdict::Failed)))
    }
}

fn print(out: &mut impl Write, finding: &Finding) -> std::io::Result<()> {
    let verdict = match finding.verdict {
        Verdict::Ok => "ok",
        Verdict::Warning => "warning",
        Verdict::Failed => "FAILED",
    };
    writeln!(out, "{verdict:<8} {:<11} {}", finding.part, finding.says)?;
    match &finding.advice {
        Some(advice) => writeln!(out, "{:20} -> {advice}", ""),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_as_what_was_found_and_what_to_do() {
        let mut out = Vec::new();
        let warning = Finding::warning("echo", "It is loud", "Turn it down");
        print(&mut out, &Finding::ok("disk", "Much is free")).unwrap();
        print(&mut out, &warning).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "ok       disk        Much is free\n\
             warning  echo        It is loud\n                     -> Turn it down\n"
        );
    }
}
