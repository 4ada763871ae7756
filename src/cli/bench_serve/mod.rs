//! `viva bench serve`: many calls at once through an engine in a process of
//! its own, each with a candidate who is scripted and somebody who listens,
//! and what that costs: delays, memory, processor time, and how they grow.

mod caller;
mod engine;
mod figures;
mod listener;

use crate::clock::Clock;
use anyhow::{Context, bail};
use engine::EngineProcess;
use figures::{Row, print};
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Measure an engine that holds many calls at once
///
/// Every call is a websocket over loopback as a real one's: hello, consent,
/// answers, words while they are spoken, levels, and both sides' sound in
/// frames of 100 ms, in real time. One person follows each call and hears
/// both sides. The engine runs in a process of its own.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Example: viva bench serve --sessions 50,100,200,400 --seconds 20 --json\n\
    fan-out: from the engine's stamp on an update to whoever follows, in whole milliseconds\n\
    sound, words: from the candidate's side through the engine to whoever follows\n\
    reply: from a candidate's answer to the next line\n\
    growth: the exponent from the first row to the last; 1 is in proportion to the calls"
)]
pub(super) struct BenchServeArgs {
    /// How many calls at once; several are measured one after the other
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [50, 100, 200, 400],
        value_parser = clap::value_parser!(u32).range(1..=1_000))]
    sessions: Vec<u32>,
    /// How long each number is measured, in seconds
    #[arg(long, value_name = "S", default_value_t = 15,
        value_parser = clap::value_parser!(u64).range(2..=120))]
    seconds: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Calls that are opened at the same time: more come one after the other, as
/// they would.
const AT_ONCE: usize = 8;
/// How long all of them may need to open.
const OPEN_WITHIN: Duration = Duration::from_secs(120);
/// Time after the last has opened that is not measured.
const SETTLE: Duration = Duration::from_secs(2);
/// Open files of one call and one listener in either process, at most.
const FILES: u64 = 12;

/// Runs `viva bench serve`.
///
/// # Errors
///
/// Where the engine does not start or stop, or calls cannot be opened.
pub(super) fn run(args: &BenchServeArgs) -> anyhow::Result<ExitCode> {
    let most = args.sessions.iter().copied().max().unwrap_or_default();
    if let Some(allowed) = engine::open_files()
        && allowed < u64::from(most) * FILES
    {
        let needed = u64::from(most) * FILES;
        bail!("--sessions {most}: needs about {needed} open files, the system allows {allowed}");
    }
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut rows = Vec::new();
        for sessions in &args.sessions {
            if !args.json {
                eprintln!("{sessions} calls ...");
            }
            rows.push(measure(*sessions, Duration::from_secs(args.seconds)).await?);
        }
        let growth = figures::growth(&rows);
        if args.json {
            let report = json!({
                "seconds": args.seconds,
                "cores": std::thread::available_parallelism().map_or(0, usize::from),
                "rows": rows,
                "growth": growth,
            });
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            print(&rows, growth.as_ref());
        }
        let missing = rows.iter().any(|row| row.refusals > 0 || row.broken > 0);
        Ok(ExitCode::from(u8::from(missing)))
    })
}

/// One number of calls, with an engine that held none before.
async fn measure(sessions: u32, window: Duration) -> anyhow::Result<Row> {
    let engine = EngineProcess::start(sessions).await?;
    let measured = hold(&engine, sessions, window).await;
    let stopped = engine.stop().await;
    let mut row = measured?;
    row.stop_ms = stopped?.as_millis() as u64;
    Ok(row)
}

async fn hold(engine: &EngineProcess, sessions: u32, window: Duration) -> anyhow::Result<Row> {
    let empty = engine.memory()?;
    let book = Arc::new(figures::Book::new(Clock::system()));
    let stop = CancellationToken::new();
    // Whatever happens, everybody hangs up.
    let _hang_up = stop.clone().drop_guard();
    let turnstile = Arc::new(Semaphore::new(AT_ONCE));
    let mut opening = JoinSet::new();
    let mut calls = JoinSet::new();
    for number in 0..sessions {
        let (turnstile, book) = (turnstile.clone(), book.clone());
        let (door, stop) = (engine.door(), stop.clone());
        opening.spawn(async move {
            let _turn = turnstile.acquire().await?;
            let began = book.clock.nanos();
            let call = caller::open(&door, number).await?;
            book.opened(book.clock.nanos() - began);
            let ear = listener::open(&door, call.session()).await?;
            anyhow::Ok((call, ear, book.clone(), stop))
        });
    }
    let all_open = async {
        while let Some(opened) = opening.join_next().await {
            let (call, ear, book, stop) = opened.context("a call's task")??;
            let line = Arc::new(figures::Line::default());
            calls.spawn(ear.run(line.clone(), book.clone(), stop.clone()));
            calls.spawn(call.run(line, book, stop));
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(OPEN_WITHIN, all_open)
        .await
        .with_context(|| {
            let s = OPEN_WITHIN.as_secs();
            format!("{sessions} calls were not open within {s} seconds")
        })??;
    tokio::time::sleep(SETTLE).await;
    let before = engine.sample().await?;
    let own = engine::own_cpu_s();
    book.measure(true);
    tokio::time::sleep(window).await;
    book.measure(false);
    let after = engine.sample().await?;
    let own = engine::own_cpu_s() - own;
    let memory = engine.memory()?;
    stop.cancel();
    let hanging_up = async { while calls.join_next().await.is_some() {} };
    // Those that do not end are dropped with the set.
    let _ = tokio::time::timeout(Duration::from_secs(10), hanging_up).await;
    Ok(Row::new(
        sessions,
        &book,
        (&before, &after),
        own,
        (empty, memory),
    ))
}
