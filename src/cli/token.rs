//! `viva token`: tokens for programs.

use super::invite::{Span, parse_span};
use super::retention::date;
use crate::accounts::{Accounts, Issued, Role};
use crate::clock::unix_millis;
use anyhow::bail;
use clap::Subcommand;
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Manage tokens for programs
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example: viva token add prometheus --role operator --expires 90d\n\
    Used as: curl -H \"Authorization: Bearer TOKEN\" http://127.0.0.1:7800/metrics"
)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Make a token; it is shown once and not kept
    #[command(after_help = "Example: viva token add kiosk --role candidate --expires 1d")]
    Add {
        /// What it is called; stands on logs as who did something
        label: String,
        /// What it may do: candidate, recruiter, compliance, administrator, operator
        #[arg(long, value_name = "ROLE")]
        role: Role,
        /// How long it counts: a number and d, h or m
        #[arg(long, default_value = "30d", value_name = "TIME", value_parser = parse_span)]
        expires: Span,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List the tokens that were given out
    #[command(after_help = "Example: viva token list")]
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Take a token back
    #[command(after_help = "Example: viva token revoke 01J9ZQ4H5T8W3X2Y1V0N7M6K5B")]
    Revoke {
        /// Its id
        id: String,
    },
}

pub(super) fn run(args: Args, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let accounts = Accounts::open(data_dir)?;
    let now = unix_millis();
    match args.what {
        What::Add {
            label,
            role,
            expires,
            json,
        } => {
            if label.trim().is_empty() {
                bail!("The label: found nothing, expected what the token is called");
            }
            let (issued, token) = accounts.add_token(&label, role, now + expires.0, now)?;
            if json {
                let mut all = facts(&issued, now);
                all["token"] = token.into();
                println!("{}", serde_json::to_string_pretty(&all)?);
            } else {
                println!("{token}");
            }
        }
        What::List { json } => {
            let tokens = accounts.tokens()?;
            if json {
                let all: Vec<Value> = tokens.iter().map(|t| facts(t, now)).collect();
                println!("{}", serde_json::to_string_pretty(&json!({"tokens": all}))?);
            } else if tokens.is_empty() {
                println!("No tokens were given out.");
            }
            if !json {
                for token in &tokens {
                    let until = date(token.expires_unix_ms);
                    let (id, role, label) = (&token.id, token.role.name(), &token.label);
                    println!("{id} {role:<14} {:<8} {until} {label}", state(token, now));
                }
            }
        }
        What::Revoke { id } => {
            let token = accounts.revoke_token(&id, now)?;
            println!(
                "Token {} ({}) does not count any more.",
                token.id, token.label
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn facts(token: &Issued, now: i64) -> Value {
    json!({
        "id": token.id,
        "kind": token.kind,
        "label": token.label,
        "role": token.role,
        "made_unix_ms": token.made_unix_ms,
        "expires_unix_ms": token.expires_unix_ms,
        "state": state(token, now),
    })
}

const fn state(token: &Issued, now: i64) -> &'static str {
    if token.revoked_unix_ms.is_some() {
        "revoked"
    } else if now >= token.expires_unix_ms {
        "expired"
    } else {
        "counts"
    }
}
