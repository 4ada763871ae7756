//! `viva invite`: one candidate, one interview, one link.

use super::interview_flags::{LengthArgs, ModeArg};
use super::open::read_document;
use super::retention::date;
use super::who::Who;
use crate::accounts::{Accounts, Invitation, InvitationState, Invite};
use crate::clock::unix_millis;
use crate::config::Config;
use crate::event::{Accommodations, Mode};
use crate::protocol::SetupRequest;
use crate::server::{INTERVIEW_PATH, prepare};
use anyhow::{Context, bail};
use clap::Subcommand;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Invite a candidate to one interview; prints the link
///
/// The link begins one session, and takes it up again after a break. The part
/// behind `#` lets its holder in: hand it to the candidate only.
#[derive(clap::Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example: viva invite --job job.pdf --resume resume.docx --candidate \"Bob Wilson\" --expires 7d\n\
    With what was agreed on: viva invite --job job.pdf --candidate Ada --typed --pause-factor 2 --breaks 5\n\
    The candidate then: viva interview --engine LINK\n\
    Others: viva invite list; viva invite revoke ID"
)]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    new: New,
}

#[derive(clap::Args, Debug)]
struct New {
    /// Job description: TOML, Markdown, plain text, PDF or DOCX
    #[arg(long, value_name = "FILE", required = true)]
    job: Option<PathBuf>,
    /// Résumé: TOML, Markdown, plain text, PDF or DOCX
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// The candidate's name, where it is not the résumé's
    #[arg(long, value_name = "NAME")]
    candidate: Option<String>,
    /// How long the interview can be begun: a number and d, h or m
    #[arg(long, default_value = "7d", value_name = "TIME", value_parser = parse_span)]
    expires: Span,
    /// Question bank of your own (TOML); may be given often
    #[arg(long, value_name = "FILE")]
    bank: Vec<PathBuf>,
    /// Ask only from your own banks
    #[arg(long, requires = "bank")]
    bank_alone: bool,
    /// How the interviewer behaves
    #[arg(long, value_enum, value_name = "MODE")]
    mode: Option<ModeArg>,
    #[command(flatten)]
    length: LengthArgs,
    /// Accommodation: pauses may be this many times longer, 1-4
    #[arg(long, value_name = "FACTOR")]
    pause_factor: Option<f32>,
    /// Accommodation: seconds of silence before the one gentle prompt, 3-120
    #[arg(long, value_name = "S")]
    patience: Option<u16>,
    /// Accommodation: every answer is typed; no microphone is needed
    #[arg(long)]
    typed: bool,
    /// Accommodation: the recruiter's words are read, not heard
    #[arg(long)]
    captions: bool,
    /// Accommodation: speed of the recruiter's voice, 0.5-2; 1 is its own
    #[arg(long, value_name = "SPEED")]
    voice_speed: Option<f32>,
    /// Accommodation: the recruiter's voice by its name, where the candidate's
    /// machine has it
    #[arg(long, value_name = "VOICE")]
    voice: Option<String>,
    /// Accommodation: breaks of five minutes that may be taken, the clock
    /// stopped, 3-12
    #[arg(long, value_name = "N")]
    breaks: Option<u8>,
    /// Where the engine is reached, for the link
    #[arg(long, default_value = "ws://127.0.0.1:7800", value_name = "URL")]
    server: String,
    #[command(flatten)]
    who: Who,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum What {
    /// List the invitations
    #[command(after_help = "Example: viva invite list --json")]
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Take an invitation back
    #[command(after_help = "Example: viva invite revoke 01J9ZQ4H5T8W3X2Y1V0N7M6K5B")]
    Revoke {
        /// Its id
        id: String,
    },
}

pub(super) fn run(args: Args, config: &Config) -> anyhow::Result<ExitCode> {
    let accounts = Accounts::open(&config.data_dir())?;
    let now = unix_millis();
    match args.what {
        Some(What::List { json }) => list(&accounts, json, now)?,
        Some(What::Revoke { id }) => {
            let invitation = accounts.revoke_invitation(&id, now)?;
            println!("Invitation {} does not count any more.", invitation.id);
        }
        None => invite(&accounts, args.new, config.clone(), now)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn invite(accounts: &Accounts, new: New, mut config: Config, now: i64) -> anyhow::Result<()> {
    let set = &mut config.interview;
    set.mode = new.mode.map_or(set.mode, Mode::from);
    new.length.apply(set);
    set.pause_factor = new.pause_factor.unwrap_or(set.pause_factor);
    set.patience_s = new.patience.unwrap_or(set.patience_s);
    set.typed |= new.typed;
    set.captions |= new.captions;
    set.voice_speed = new.voice_speed.or(set.voice_speed);
    set.voice = new.voice.or_else(|| set.voice.take());
    set.breaks = new.breaks.unwrap_or(set.breaks);
    config.check()?;
    let job = new.job.as_deref().context("--job: expected a file")?;
    let setup = SetupRequest {
        job: read_document(job)?,
        resume: new.resume.as_deref().map(read_document).transpose()?,
        candidate: new.candidate,
        bank: new
            .bank
            .iter()
            .map(|path| read_document(path))
            .collect::<Result<_, _>>()?,
        bank_alone: new.bank_alone,
        settings: config.interview,
    };
    // A candidate must not be the first to find out that a job is none.
    let prepared = prepare(&setup)?;
    let server = host_of(&new.server)?;
    let invite = Invite {
        setup,
        expires_unix_ms: now + new.expires.0,
        by: new.who.name()?,
    };
    let (invitation, token) = accounts.invite(invite, now)?;
    let link = format!("{server}{INTERVIEW_PATH}#{token}");
    if new.json {
        let mut all = facts(&invitation, now);
        all["candidate"] = prepared.resume.name.into();
        all["accommodations"] = serde_json::to_value(Accommodations::of(&prepared.settings))?;
        all["link"] = link.into();
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        println!("{link}");
    }
    Ok(())
}

/// The part of an address before its path.
fn host_of(server: &str) -> anyhow::Result<String> {
    let (scheme, rest) = match server.split_once("://") {
        Some(("ws" | "http", rest)) => ("ws", rest),
        Some(("wss" | "https", rest)) => ("wss", rest),
        _ => bail!("--server {server}: expected ws://HOST or wss://HOST"),
    };
    let host = rest.split(['/', '#', '?']).next().unwrap_or_default();
    if host.is_empty() {
        bail!("--server {server}: it names no host");
    }
    Ok(format!("{scheme}://{host}"))
}

fn list(accounts: &Accounts, json: bool, now: i64) -> anyhow::Result<()> {
    let all = accounts.invitations()?;
    if json {
        let all: Vec<Value> = all.iter().map(|i| facts(i, now)).collect();
        println!(
            "{}",
            serde_json::to_string_pretty(&json!({"invitations": all}))?
        );
        return Ok(());
    }
    if all.is_empty() {
        println!("There are no invitations.");
    }
    for invitation in &all {
        let until = date(invitation.expires_unix_ms);
        let state = match invitation.state(now) {
            InvitationState::Open => "open",
            InvitationState::Used => "used",
            InvitationState::Expired => "expired",
            InvitationState::Revoked => "revoked",
        };
        let who = invitation
            .session
            .as_ref()
            .map(|session| format!("session {session}"))
            .or_else(|| invitation.setup.candidate.clone())
            .unwrap_or_default();
        println!(
            "{} {state:<8} {until} by {} {who}",
            invitation.id, invitation.by
        );
    }
    Ok(())
}

fn facts(invitation: &Invitation, now: i64) -> Value {
    json!({
        "id": invitation.id,
        "by": invitation.by,
        "candidate": invitation.setup.candidate,
        "made_unix_ms": invitation.made_unix_ms,
        "expires_unix_ms": invitation.expires_unix_ms,
        "state": invitation.state(now),
        "session": invitation.session,
    })
}

/// A stretch of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub(super) i64);

/// The longest that anything counts: a year.
const SPAN_MOST: i64 = 366 * 24 * 3600 * 1000;

/// Reads `7d`, `12h` or `30m`.
pub(super) fn parse_span(text: &str) -> Result<Span, String> {
    let expected = || format!("found `{text}`, expected a number and d, h or m, like 7d");
    let unit = text.chars().next_back().ok_or_else(expected)?;
    let unit_ms = match unit {
        'd' => 24 * 3600 * 1000,
        'h' => 3600 * 1000,
        'm' => 60 * 1000,
        _ => return Err(expected()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| expected())?;
    match i64::from(number) * unit_ms {
        ms if (1..=SPAN_MOST).contains(&ms) => Ok(Span(ms)),
        _ => Err(format!("found `{text}`, expected 1m to 366d")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        assert_eq!(parse_span("7d"), Ok(Span(604_800_000)));
        assert_eq!(parse_span("90m"), Ok(Span(5_400_000)));
        for bad in ["", "7", "d", "7w", "-1d", "0h", "400d", "7 d", "7\u{e9}"] {
            let error = parse_span(bad).unwrap_err();
            assert!(error.contains(&format!("`{bad}`")), "{error}");
        }
    }

    #[test]
    fn a_server_is_its_host_whatever_stands_behind() {
        assert_eq!(host_of("https://a.example/x#y").unwrap(), "wss://a.example");
        assert_eq!(host_of("ws://[::1]:7800").unwrap(), "ws://[::1]:7800");
        assert!(host_of("a.example").is_err());
        assert!(host_of("wss://").is_err());
    }
}
