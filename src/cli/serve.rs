//! `viva serve`: an engine for interviews, those who follow them, and their
//! records.

use super::embedding;
use crate::accounts::Accounts;
use crate::clock::unix_millis;
use crate::config::Config;
use crate::record;
use crate::record::Authority;
use crate::server::{
    Admission, Engine, INTERVIEW_PATH, Limits, Serving, Witness, serve_as, tls_from_files,
};
use anyhow::{Context, bail};
use clap::Args;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Run an engine that interviews connect to
///
/// Nobody is let in without an account (`viva user`), a token (`viva token`)
/// or an invitation (`viva invite`). The first start prints a link that makes
/// the first administrator.
#[derive(Args, Debug)]
#[command(after_help = "Example: viva serve --listen 127.0.0.1:7800\n\
    With TLS:  viva serve --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem\n\
    Then:      viva invite --job job.toml --resume resume.md --candidate \"Bob Wilson\" --expires 7d\n\
    Log lines go to standard error, as JSON with --log-format json; VIVA_LOG=debug tells more.")]
pub(super) struct ServeArgs {
    /// Address to listen on; loopback only, unless with TLS or behind a proxy.
    #[arg(long, default_value = "127.0.0.1:7800", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Chain of certificates (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy in front ends TLS, sets X-Forwarded-For, and is the only one
    /// that reaches this address.
    #[arg(long, conflicts_with = "tls_cert")]
    behind_proxy: bool,
    /// Calls that are held at once.
    #[arg(long, default_value_t = Limits::default().sessions, value_name = "N")]
    max_sessions: usize,
    /// Websockets of one address at once; many callers behind one proxy or
    /// one office's router need more.
    #[arg(long, default_value_t = Limits::default().sockets, value_name = "N")]
    max_sockets: usize,
    /// Requests of one address in a minute.
    #[arg(long, default_value_t = Limits::default().requests, value_name = "N")]
    max_requests: u32,
}

/// How long the link of the first start counts, in milliseconds.
const SETUP_MS: i64 = 24 * 3600 * 1000;

pub(super) fn run(args: ServeArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(tls_from_files(certificate, key).map_err(anyhow::Error::msg)?)
        }
        _ => None,
    };
    if !args.listen.ip().is_loopback() && tls.is_none() && !args.behind_proxy {
        bail!(
            "--listen {}: expected a loopback address, or --tls-cert and --tls-key, or \
             --behind-proxy",
            args.listen
        );
    }
    if !(1..=10_000).contains(&args.max_sessions) {
        let found = args.max_sessions;
        bail!("--max-sessions: found {found}, expected 1 to 10000");
    }
    if !(1..=100_000).contains(&args.max_sockets) {
        let found = args.max_sockets;
        bail!("--max-sockets: found {found}, expected 1 to 100000");
    }
    if !(1..=1_000_000).contains(&args.max_requests) {
        let found = args.max_requests;
        bail!("--max-requests: found {found}, expected 1 to 1000000");
    }
    let witness = witness(config)?;
    let stop = CancellationToken::new();
    let data_dir = config.data_dir();
    let accounts = Arc::new(Accounts::open(&data_dir)?);
    let engine = Engine {
        sessions_dir: None,
        clock: None,
        similarity: embedding::installed(),
        // Where a record lies is told to candidates of this machine only.
        local: args.listen.ip().is_loopback() && !args.behind_proxy,
        admission: Admission::Accounts(accounts.clone()),
        stop: stop.clone(),
        data_dir,
    };
    record::check_writable(&engine.sessions_dir())?;
    super::recover::at_start(&engine)?;
    let secure = tls.is_some();
    let serving = Serving {
        limits: Limits {
            sessions: args.max_sessions,
            sockets: args.max_sockets,
            requests: args.max_requests,
            ..Limits::default()
        },
        tls,
        behind_proxy: args.behind_proxy,
        witness,
        reason_required: config.record.reason_required,
        ..Serving::default()
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(args.listen)
            .await
            .with_context(|| format!("{}", args.listen))?;
        let place = listener.local_addr()?;
        let (ws, http) = if secure {
            ("wss", "https")
        } else {
            ("ws", "http")
        };
        let mut out = std::io::stdout();
        writeln!(out, "Engine: {ws}://{place}{INTERVIEW_PATH}")?;
        writeln!(out, "Sign in: {http}://{place}/sign-in")?;
        let now = unix_millis();
        if let Some(token) = accounts.setup_token(now + SETUP_MS, now)? {
            writeln!(
                out,
                "First administrator, once, within a day: {http}://{place}/setup#{token}"
            )?;
        }
        tokio::spawn(stop_on_signal(stop));
        serve_as(listener, engine, serving).await?;
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

/// The first signal stops in order: sessions are told and their records
/// finished. A second one ends at once.
async fn stop_on_signal(stop: CancellationToken) {
    signal().await;
    tracing::info!("stopping");
    stop.cancel();
    signal().await;
    std::process::exit(130);
}

async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Where signals cannot be had, only killing ends it.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
