//! `viva serve`: an engine for interviews on this machine.

use super::embedding;
use crate::config::Config;
use crate::record;
use crate::record::Authority;
use crate::server::{Engine, INTERVIEW_PATH, Witness, serve_witnessed};
use anyhow::{Context, bail};
use clap::Args;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Run an engine that interviews connect to.
#[derive(Args, Debug)]
#[command(after_help = "Example: viva serve --listen 127.0.0.1:7800\n\
    then:    viva interview --engine ws://127.0.0.1:7800/v1/interview --job job.toml")]
pub(super) struct ServeArgs {
    /// Address to listen on; loopback only, as there are no accounts yet.
    #[arg(long, default_value = "127.0.0.1:7800", value_name = "ADDRESS")]
    listen: SocketAddr,
}

pub(super) fn run(args: ServeArgs, config: &Config) -> anyhow::Result<ExitCode> {
    if !args.listen.ip().is_loopback() {
        bail!("--listen {}: expected a loopback address", args.listen);
    }
    let witness = witness(config)?;
    let stop = CancellationToken::new();
    let engine = Engine {
        data_dir: config.data_dir(),
        sessions_dir: None,
        clock: None,
        similarity: embedding::installed(),
        local: true,
        stop: stop.clone(),
    };
    record::check_writable(&engine.sessions_dir())?;
    super::recover::at_start(&engine)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(args.listen)
            .await
            .with_context(|| format!("{}", args.listen))?;
        println!("Engine: ws://{}{INTERVIEW_PATH}", listener.local_addr()?);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.cancel();
            }
        });
        serve_witnessed(listener, engine, witness).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Who witnesses seals, where that is configured.
fn witness(config: &Config) -> anyhow::Result<Option<Witness>> {
    let Some(url) = &config.record.timestamp_authority else {
        return Ok(None);
    };
    Ok(Some(Witness {
        authority: Authority::new(url)?,
        roots: super::timestamp::roots(None, config)?,
    }))
}
