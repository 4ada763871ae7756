//! The command line: one file a command. Every command prints its results on
//! standard output and one clear line on standard error where it fails; exit
//! status 0 done, 1 found wanting, 2 bad usage or input.

mod assess;
mod bank;
mod bank_score;
mod bench_stt;
mod captions;
mod config_file;
mod demo;
mod devices;
mod dry_run;
mod embedding;
mod erase;
mod export;
mod facts;
mod interview;
mod key;
mod models;
mod open;
mod recover;
mod redact;
mod replay;
mod report;
mod retention;
mod search;
mod serve;
mod sessions;
mod simulate;
mod terminal;
mod timestamp;
mod turn_table;
mod verify;
mod who;

use crate::config::Config;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Takes spoken job interviews: local, fast, fair, provable.
#[derive(Parser, Debug)]
#[command(name = "viva", version, long_version = facts::long_version(), max_term_width = 100)]
struct Cli {
    /// Config file, instead of the user's own.
    #[arg(long, global = true, env = "VIVA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Demo(demo::DemoArgs),
    Interview(interview::InterviewArgs),
    Serve(serve::ServeArgs),
    Sessions(sessions::Args),
    Verify(verify::Args),
    Replay(replay::Args),
    Report(report::Args),
    Simulate(simulate::SimulateArgs),
    Assess(assess::Args),
    Retention(retention::Args),
    Erase(erase::Args),
    Redact(redact::Args),
    Export(export::Args),
    Key(key::Args),
    Bank(bank::Args),
    Models(models::ModelsArgs),
    Devices(devices::DevicesArgs),
    Config(config_file::Args),
    /// Measure recognition
    #[command(subcommand)]
    Bench(Bench),
}

impl Command {
    /// Whether it looks into the data folder's records, so that an erasure
    /// that was interrupted must be brought to its end first.
    const fn touches_records(&self) -> bool {
        !matches!(
            self,
            Self::Bank(_)
                | Self::Key(_)
                | Self::Models(_)
                | Self::Devices(_)
                | Self::Config(_)
                | Self::Bench(_)
        )
    }
}

#[derive(Subcommand, Debug)]
enum Bench {
    Stt(bench_stt::BenchSttArgs),
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log();
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) => {
            let text = format!("{error:#}");
            let lines: Vec<&str> = text
                .lines()
                .map(str::trim)
                .filter(|l| !l.is_empty())
                .collect();
            eprintln!("viva: {}", lines.join(" "));
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    // Also where the settings cannot be read: it is how to find out why.
    if let Command::Config(args) = &cli.command {
        return config_file::run(args, cli.config.as_deref());
    }
    let config = Config::load(cli.config.as_deref(), std::env::vars())?;
    if cli.command.touches_records() {
        erase::go_on(&config.data_dir());
    }
    match cli.command {
        Command::Demo(args) => demo::run(args, config),
        Command::Interview(args) => interview::run(args, config),
        Command::Serve(args) => serve::run(args, &config),
        Command::Sessions(args) => sessions::run(&args, &config),
        Command::Verify(args) => verify::run(&args, &config),
        Command::Replay(args) => replay::run(&args, &config),
        Command::Report(args) => report::run(&args, &config.data_dir()),
        Command::Simulate(args) => simulate::run(args, config),
        Command::Assess(args) => assess::run(&args, &config.data_dir()),
        Command::Retention(args) => retention::run(&args, &config),
        Command::Erase(args) => erase::run(&args, &config),
        Command::Redact(args) => redact::run(&args, &config),
        Command::Export(args) => export::run(&args, &config),
        Command::Key(args) => key::run(&args, &config.data_dir()),
        Command::Bank(args) => bank::run(&args),
        Command::Models(mut args) => {
            args.configured_mirror = config.speech.mirror;
            models::run(args)
        }
        Command::Bench(Bench::Stt(args)) => bench_stt::run(args),
        Command::Devices(args) => devices::run(args),
        Command::Config(args) => config_file::run(&args, cli.config.as_deref()),
    }
}

/// Log lines go to standard error; `VIVA_LOG` says how many (`info`,
/// `viva::call=debug`, ...), warnings only by default.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("VIVA_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new("warn,whisper_rs=off,lopdf=off,pdf_extract=off")
    });
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(terminal::log_has_colours())
        .with_writer(|| terminal::LogWriter)
        .try_init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
