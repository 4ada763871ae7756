//! The command line: one file a command. Every command prints its results on
//! standard output and one clear line on standard error where it fails; exit
//! status 0 done, 1 found wanting, 2 bad usage or input.

mod access;
mod after;
mod assess;
mod bank;
mod bank_score;
mod bench_ears;
mod bench_echo;
mod bench_endpoint;
mod bench_growth;
mod bench_hearing;
mod bench_long;
mod bench_serve;
mod bench_sounds;
mod bench_stt;
mod bench_turn;
mod captions;
mod check;
mod config_file;
mod correct;
mod demo;
mod devices;
mod dry_run;
mod embedding;
mod erase;
mod export;
mod facts;
mod failure;
mod impact;
mod interview;
mod interview_flags;
mod invite;
mod key;
mod log;
mod models;
mod neural;
mod open;
mod password;
mod recover;
mod redact;
mod replay;
mod report;
mod retention;
mod retranscribe;
mod search;
mod serve;
mod sessions;
mod simulate;
mod spoken_call;
mod terminal;
mod timestamp;
mod token;
mod turn_pieces;
mod turn_table;
mod user;
mod verify;
mod who;

use crate::config::{Config, ConfigError, LogFormat};
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
    /// How log lines are written, instead of as the settings say.
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Demo(demo::DemoArgs),
    Interview(interview::InterviewArgs),
    Serve(serve::ServeArgs),
    Invite(invite::Args),
    User(user::Args),
    Token(token::Args),
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
    Check(check::CheckArgs),
    Config(config_file::Args),
    /// Measure recognition, the end of turns, whole turns, the echo, and an engine under load
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
                | Self::Check(_)
                | Self::Config(_)
                | Self::Bench(_)
                | Self::Invite(_)
                | Self::User(_)
                | Self::Token(_)
        )
    }
}

#[derive(Subcommand, Debug)]
enum Bench {
    Stt(bench_stt::BenchSttArgs),
    Ears(bench_ears::BenchEarsArgs),
    Endpoint(bench_endpoint::BenchEndpointArgs),
    Turn(bench_turn::BenchTurnArgs),
    Echo(bench_echo::BenchEchoArgs),
    Serve(bench_serve::BenchServeArgs),
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    failure::tell_plainly();
    failure::caught(|| {
        let config = Config::load(cli.config.as_deref(), std::env::vars());
        let set = config.as_ref().map(|config| config.log.format);
        let format = cli.log_format.or_else(|| set.ok()).unwrap_or_default();
        log::start(matches!(cli.command, Command::Serve(_)), format);
        told(dispatch(cli, config))
    })
}

/// What a command came to; an error is told in one line.
fn told(done: anyhow::Result<ExitCode>) -> ExitCode {
    match done {
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

fn dispatch(cli: Cli, config: Result<Config, ConfigError>) -> anyhow::Result<ExitCode> {
    // Also where the settings cannot be read: it is how to find out why.
    if let Command::Config(args) = &cli.command {
        return config_file::run(args, cli.config.as_deref());
    }
    let config = config?;
    if cli.command.touches_records() {
        erase::go_on(&config.data_dir());
    }
    match cli.command {
        Command::Demo(args) => demo::run(args, config),
        Command::Interview(mut args) => {
            args.remembers = cli.config.is_none();
            interview::run(args, config)
        }
        Command::Serve(args) => serve::run(args, &config),
        Command::Invite(args) => invite::run(args, &config),
        Command::User(args) => user::run(args, &config.data_dir()),
        Command::Token(args) => token::run(args, &config.data_dir()),
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
        Command::Bench(Bench::Ears(args)) => bench_ears::run(&args, &config),
        Command::Bench(Bench::Endpoint(args)) => bench_endpoint::run(args, &config),
        Command::Bench(Bench::Turn(args)) => bench_turn::run(args, config),
        Command::Bench(Bench::Echo(args)) => bench_echo::run(args),
        Command::Bench(Bench::Serve(args)) => bench_serve::run(&args),
        Command::Devices(args) => devices::run(args),
        Command::Check(args) => check::run(args, &config),
        Command::Config(args) => config_file::run(&args, cli.config.as_deref()),
    }
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
