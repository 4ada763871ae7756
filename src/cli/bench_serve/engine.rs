//! The engine under load: a process of its own, so that its memory and its
//! processor time are its own, looked at from outside.

use crate::accounts::{Accounts, Role};
use crate::clock::{Clock, unix_millis};
use crate::server::INTERVIEW_PATH;
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// How long the engine may need to start.
const START_WITHIN: Duration = Duration::from_secs(30);
/// How long it may need to stop, with every record marked.
const STOP_WITHIN: Duration = Duration::from_secs(90);
/// How long what is let in counts, in milliseconds.
const HOUR_MS: i64 = 3600 * 1000;

/// Where the engine is reached, and by what.
#[derive(Clone, Debug)]
pub(super) struct Door {
    /// Host and port.
    pub(super) address: String,
    /// Lets candidates in.
    pub(super) candidate: String,
    /// Lets those in who follow.
    pub(super) recruiter: String,
}

impl Door {
    /// The link of a candidate.
    pub(super) fn link(&self) -> String {
        format!("ws://{}{INTERVIEW_PATH}#{}", self.address, self.candidate)
    }
}

/// What the engine has done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sample {
    /// Time of this look, in seconds of a clock that only runs forward.
    pub(super) at_s: f64,
    /// Processor time of the process, in seconds.
    pub(super) cpu_s: f64,
    /// Messages that came in.
    pub(super) messages: u64,
    /// Bytes of sound that came in.
    pub(super) audio_bytes: u64,
    /// Updates and frames that listeners missed.
    pub(super) missed: u64,
    /// What was refused, all kinds together.
    pub(super) refused: u64,
}

/// Memory in KiB.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    /// All that is resident.
    pub(super) rss: u64,
    /// The same, with what is shared divided among those who share it.
    pub(super) pss: u64,
}

/// An engine in a process of its own, with a data folder that goes with it.
#[derive(Debug)]
pub(super) struct EngineProcess {
    child: Child,
    // Kept open: the engine prints to it.
    _out: BufReader<ChildStdout>,
    door: Door,
    operator: String,
    home: Home,
    clock: Clock,
}

/// A folder of our own that is removed again.
#[derive(Debug)]
struct Home(PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, dir = %self.0.display(), "records of a measurement are left");
        }
    }
}

impl EngineProcess {
    /// Starts one that holds so many calls.
    ///
    /// # Errors
    /// Where it does not start.
    pub(super) async fn start(sessions: u32) -> anyhow::Result<Self> {
        let id = crate::record::new_session_id(unix_millis())?;
        let dir = std::env::temp_dir().join(format!("viva-bench-{id}"));
        std::fs::create_dir(&dir).with_context(|| dir.display().to_string())?;
        let home = Home(dir);
        let accounts = Accounts::open(&home.0)?;
        let now = unix_millis();
        let token = |role: Role| {
            let made = accounts.add_token(role.name(), role, now + HOUR_MS, now);
            made.map(|(_, token)| token)
        };
        let (candidate, recruiter) = (token(Role::Candidate)?, token(Role::Recruiter)?);
        let operator = token(Role::Operator)?;
        let program = std::env::current_exe().context("this program's own file")?;
        let sockets = 2 * sessions + 16;
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--max-sessions", &sessions.to_string()])
            .args(["--max-sockets", &sockets.to_string()])
            .args(["--max-requests", &(20 * sockets).to_string()])
            .env("VIVA_DATA_DIR", &home.0)
            // That it is stopped in the middle of calls is meant so.
            .env("VIVA_LOG", "error")
            // What a user has set up is not measured.
            .env("VIVA_CONFIG", empty_config(&home)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the engine's process")?;
        let Some(out) = child.stdout.take() else {
            bail!("the engine's process has no output");
        };
        let mut out = BufReader::new(out);
        let mut line = String::new();
        tokio::time::timeout(START_WITHIN, out.read_line(&mut line))
            .await
            .context("the engine did not start in time")??;
        let address = line
            .trim()
            .strip_prefix("Engine: ws://")
            .and_then(|rest| rest.split('/').next())
            .with_context(|| format!("the engine's first line: found `{}`", line.trim()))?
            .to_owned();
        Ok(Self {
            child,
            _out: out,
            door: Door {
                address,
                candidate,
                recruiter,
            },
            operator,
            home,
            clock: Clock::system(),
        })
    }

    pub(super) fn door(&self) -> Door {
        self.door.clone()
    }

    /// What it has done so far.
    ///
    /// # Errors
    /// Where it does not tell.
    pub(super) async fn sample(&self) -> anyhow::Result<Sample> {
        let url = format!("http://{}/metrics", self.door.address);
        let bearer = format!("Bearer {}", self.operator);
        let asked = tokio::task::spawn_blocking(move || {
            let config = ureq::Agent::config_builder();
            let config = config.timeout_global(Some(Duration::from_secs(30)));
            let agent: ureq::Agent = config.build().into();
            let mut answer = agent.get(url).header("authorization", bearer).call()?;
            answer.body_mut().read_to_string()
        });
        let text = asked.await?.context("the engine's figures")?;
        let pid = self.child.id().context("the engine has ended")?;
        let sum = |name: &str| -> u64 {
            let lines = text.lines().filter(|line| line.starts_with(name));
            let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
            values.sum()
        };
        Ok(Sample {
            at_s: self.clock.nanos() as f64 / 1e9,
            cpu_s: cpu_s(&format!("/proc/{pid}/stat")),
            messages: sum("viva_messages_total"),
            audio_bytes: sum("viva_audio_bytes_total"),
            missed: sum("viva_fanout_missed_total"),
            refused: sum("viva_refusals_total"),
        })
    }

    /// The memory that it takes now; zero where the system does not tell.
    ///
    /// # Errors
    /// Where it has ended.
    pub(super) fn memory(&self) -> anyhow::Result<Memory> {
        let pid = self.child.id().context("the engine has ended")?;
        let kib = |file: &str, name: &str| {
            let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        Ok(Memory {
            rss: kib("status", "VmRSS:").unwrap_or_default(),
            pss: kib("smaps_rollup", "Pss:").unwrap_or_default(),
        })
    }

    /// Asks it to stop and waits until it has; how long that took.
    ///
    /// # Errors
    /// Where it does not stop in time, or says that something went wrong.
    pub(super) async fn stop(mut self) -> anyhow::Result<Duration> {
        let began = self.clock.nanos();
        let pid = self.child.id().context("the engine has ended by itself")?;
        #[cfg(unix)]
        Command::new("kill").arg(pid.to_string()).status().await?;
        #[cfg(not(unix))]
        self.child.start_kill()?;
        let waited = tokio::time::timeout(STOP_WITHIN, self.child.wait()).await;
        let status = waited.context("the engine did not stop in time")??;
        if cfg!(unix) && !status.success() {
            bail!("the engine ended with {status}");
        }
        tracing::debug!(pid, dir = %self.home.0.display(), "stopped");
        Ok(Duration::from_nanos(self.clock.nanos() - began))
    }
}

fn empty_config(home: &Home) -> anyhow::Result<PathBuf> {
    let file = home.0.join("viva.toml");
    std::fs::write(&file, "")?;
    Ok(file)
}

/// Processor time of this very process, in seconds.
pub(super) fn own_cpu_s() -> f64 {
    cpu_s("/proc/self/stat")
}

/// Processor time in a file as proc(5) describes it, in seconds; zero where
/// there is none.
fn cpu_s(file: &str) -> f64 {
    // In ticks, of which Linux shows a hundred a second whatever it counts.
    const TICK_S: f64 = 0.01;
    let text = std::fs::read_to_string(file).unwrap_or_default();
    // The name in brackets may hold anything; fields 14 and 15 stand behind.
    let behind = text.rsplit(')').next().unwrap_or_default();
    let fields = behind.split_whitespace().skip(11).take(2);
    fields.filter_map(|f| f.parse::<f64>().ok()).sum::<f64>() * TICK_S
}

/// How many files a process may have open, where the system tells.
pub(super) fn open_files() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = text.lines().find(|l| l.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}
