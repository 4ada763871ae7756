//! `viva user`: accounts of recruiters, reviewers and administrators.

use super::password::new_password;
use super::retention::date;
use crate::accounts::{Accounts, Role, User};
use crate::clock::unix_millis;
use clap::Subcommand;
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Manage the accounts of an engine
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: viva user add rita --role recruiter\n\
    Roles: recruiter (invites, watches and steers calls), compliance (reviews records),\n\
    administrator (manages accounts; hears no interview), operator (reads metrics only).")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Add an account
    #[command(after_help = "Example: viva user add rita --role recruiter --role compliance")]
    Add {
        /// Name to sign in with
        name: String,
        /// Role; may be given often
        #[arg(long, required = true, value_name = "ROLE")]
        role: Vec<Role>,
        /// Read the password from standard input, one line
        #[arg(long)]
        password_stdin: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List the accounts
    #[command(after_help = "Example: viva user list --json")]
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Remove an account; whoever is signed in by it is out
    #[command(after_help = "Example: viva user remove rita")]
    Remove {
        /// Its name
        name: String,
    },
    /// Give an account another password; whoever is signed in by it is out
    #[command(after_help = "Example: viva user password rita")]
    Password {
        /// Its name
        name: String,
        /// Read the password from standard input, one line
        #[arg(long)]
        password_stdin: bool,
    },
}

pub(super) fn run(args: Args, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let accounts = Accounts::open(data_dir)?;
    let now = unix_millis();
    match args.what {
        What::Add {
            name,
            role,
            password_stdin,
            json,
        } => {
            let password = new_password(password_stdin)?;
            let user = accounts.add_user(&name, role, &password, now)?;
            if json {
                println!("{}", serde_json::to_string_pretty(&facts(&user))?);
            } else {
                println!("{name} may sign in now ({}).", roles(&user));
            }
        }
        What::List { json } => {
            let users = accounts.users()?;
            if json {
                let all: Vec<Value> = users.iter().map(facts).collect();
                println!("{}", serde_json::to_string_pretty(&json!({"users": all}))?);
            } else if users.is_empty() {
                println!("There are no accounts.");
            }
            if !json {
                for user in &users {
                    let since = date(user.changed_unix_ms);
                    println!("{:<20} {:<32} {since}", user.name, roles(user));
                }
            }
        }
        What::Remove { name } => {
            accounts.remove_user(&name)?;
            println!("{name} is removed.");
        }
        What::Password {
            name,
            password_stdin,
        } => {
            let password = new_password(password_stdin)?;
            accounts.set_password(&name, &password, now)?;
            println!("{name} has another password.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn facts(user: &User) -> Value {
    json!({
        "name": user.name,
        "roles": user.roles,
        "changed_unix_ms": user.changed_unix_ms,
    })
}

fn roles(user: &User) -> String {
    let names: Vec<_> = user.roles.iter().map(|role| role.name()).collect();
    names.join(", ")
}
