//! `viva retention`: what is due, what is held, and by which rule.

use super::erase::erase_one;
use super::who::{Who, parse_why};
use crate::clock::unix_millis;
use crate::config::Config;
use crate::record::{
    Annexes, Order, Policies, Standing, Trust, Verdict, holds, kind, release, survey,
};
use anyhow::Context;
use serde::Serialize;
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// List what is due to be erased, and erase it; hold and release records
///
/// Without a subcommand: how every record stands with its retention policy.
/// The policies are examples, not legal advice. Exit status: 0 done, 1 with
/// --apply something that is due could not be erased, 2 bad usage.
#[derive(clap::Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example: viva retention --policy germany --dry-run"
)]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<What>,

    #[command(flatten)]
    survey: SurveyArgs,
}

#[derive(clap::Args, Debug)]
struct SurveyArgs {
    /// Only list (this is so without --apply, too)
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,

    /// Erase what is due
    #[arg(long)]
    apply: bool,

    /// The policy of records whose job names none, instead of the configured one
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,

    #[command(flatten)]
    who: Who,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Put a legal hold on a record: it is not erased while the hold stands
    #[command(
        after_help = "Example: viva retention hold 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --why \"claim 17/26\""
    )]
    Hold(Statement),
    /// End a legal hold
    #[command(
        after_help = "Example: viva retention release 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --why \"claim settled\""
    )]
    Release {
        #[command(flatten)]
        statement: Statement,
        /// End only this hold; all that stand if not given
        #[arg(long, value_name = "HOLD")]
        hold: Option<String>,
    },
    /// Note that the person concerned asked for erasure
    #[command(
        after_help = "Example: viva retention request 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --on 2026-11-20 --why \"letter\""
    )]
    Request {
        #[command(flatten)]
        statement: Statement,
        /// The day on which the request came in; today if not given
        #[arg(long, value_name = "YYYY-MM-DD")]
        on: Option<jiff::civil::Date>,
    },
    /// List the policies that there are, with their sources
    #[command(after_help = "Example: viva retention policies")]
    Policies {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args, Debug)]
struct Statement {
    /// The session's id
    #[arg(value_name = "ID")]
    session: String,

    /// The reason; it is kept as long as the record
    #[arg(long, value_name = "TEXT", value_parser = parse_why)]
    why: String,

    #[command(flatten)]
    who: Who,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Does what was asked for.
///
/// # Errors
/// If there is no such policy or session, or a rule forbids it.
pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let data_dir = config.data_dir();
    let policies = Policies::load(config.retention.file.as_deref())?;
    let trust = Trust::own(&data_dir, &[])?;
    let mut out = std::io::stdout().lock();
    match &args.what {
        None => return stand(&args.survey, config, &policies, &trust, &mut out),
        Some(What::Policies { json }) => list_policies(&policies, *json, &mut out)?,
        Some(What::Hold(order)) => {
            let annexes = Annexes::open(&data_dir, &order.session)?;
            let body = json!({"why": order.why});
            let annex = annexes.append(kind::HOLD, &order.who.name()?, body, unix_millis())?;
            let told = format!("{} is held: hold {}", order.session, annex.id);
            say(&mut out, order.json, &annex, &told)?;
        }
        Some(What::Release { statement, hold }) => {
            let annexes = Annexes::open(&data_dir, &statement.session)?;
            let (by, why) = (statement.who.name()?, &statement.why);
            let ended = release(&annexes, &trust, hold.as_deref(), &by, why, unix_millis())?;
            let left = holds(&annexes.list(&trust)?.annexes);
            let ids: Vec<&str> = ended.iter().map(|h| h.id.as_str()).collect();
            let told = match left.len() {
                0 => format!("{} is no longer held", statement.session),
                n => format!("{n} more holds stand on {}", statement.session),
            };
            say(
                &mut out,
                statement.json,
                &json!({"ended": ids, "left": left}),
                &told,
            )?;
        }
        Some(What::Request { statement, on }) => {
            let now = unix_millis();
            let day = on.map(|day| {
                let zoned = day.to_zoned(jiff::tz::TimeZone::UTC);
                zoned.map(|z| z.timestamp().as_millisecond())
            });
            let at = day.transpose().context("--on")?.unwrap_or(now);
            if at > now {
                anyhow::bail!(
                    "--on {}: found a day to come, expected one that was",
                    date(at)
                );
            }
            let body = json!({"on_unix_ms": at, "why": statement.why});
            let annexes = Annexes::open(&data_dir, &statement.session)?;
            let annex = annexes.append(kind::REQUEST, &statement.who.name()?, body, now)?;
            let told = format!(
                "{}: the request of {} is noted",
                statement.session,
                date(at)
            );
            say(&mut out, statement.json, &annex, &told)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn say(out: &mut impl Write, json: bool, facts: &impl Serialize, told: &str) -> anyhow::Result<()> {
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(facts)?)?;
    } else {
        writeln!(out, "{told}")?;
    }
    Ok(())
}

/// One line of the answer.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    standing: Standing,
    #[serde(skip_serializing_if = "Option::is_none")]
    erased: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn stand(
    args: &SurveyArgs,
    config: &Config,
    policies: &Policies,
    trust: &Trust,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let data_dir = config.data_dir();
    let chosen = args.policy.as_ref().unwrap_or(&config.retention.policy);
    let now = unix_millis();
    let by = if args.apply {
        args.who.name()?
    } else {
        String::new()
    };
    let mut rows = Vec::new();
    for standing in survey(&data_dir, policies, chosen, trust, now)? {
        rows.push(match standing.verdict {
            Verdict::Due if args.apply => apply(&data_dir, standing, &by, trust, now),
            _ => Row {
                standing,
                erased: None,
                error: None,
            },
        });
    }
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
    } else {
        print(out, &rows, args.apply, chosen)?;
    }
    let failed = rows.iter().any(|row| row.error.is_some());
    Ok(ExitCode::from(u8::from(failed)))
}

fn apply(data_dir: &Path, standing: Standing, by: &str, trust: &Trust, now: i64) -> Row {
    let order = Order {
        by,
        why: &standing.why,
        policy: Some(&standing.policy),
        despite_damage: false,
    };
    let done = erase_one(data_dir, &standing.session, &order, trust, now);
    Row {
        erased: Some(done.is_ok()),
        error: done.err().map(|e| e.to_string()),
        standing,
    }
}

fn print(out: &mut impl Write, rows: &[Row], applied: bool, chosen: &str) -> std::io::Result<()> {
    let mut due = 0;
    for row in rows {
        let s = &row.standing;
        let word = match (&row.error, row.erased, s.verdict) {
            (Some(_), ..) => "FAILED",
            (None, Some(true), _) => "erased",
            (_, _, Verdict::Due) => "due",
            (_, _, Verdict::Kept) => "kept",
            (_, _, Verdict::Held) => "held",
            (_, _, Verdict::Live) => "live",
            (_, _, Verdict::Unclear) => "unclear",
        };
        due += usize::from(s.verdict == Verdict::Due);
        let until = s.due_unix_ms.map_or_else(|| "-".to_owned(), date);
        let by = if s.chosen_by == "job" { " (job's)" } else { "" };
        let why = row.error.as_deref().unwrap_or(&s.why);
        writeln!(
            out,
            "{word:<8} {}  began {}  due {until:<10}  {}{by}: {why}",
            s.session,
            date(s.began_unix_ms),
            s.policy
        )?;
    }
    match (due, applied) {
        _ if rows.is_empty() => writeln!(out, "There are no records."),
        (0, _) if chosen == "manual" => writeln!(
            out,
            "Nothing is due. No policy is chosen: see `viva retention policies` and set \
             retention.policy."
        ),
        (0, _) => writeln!(out, "Nothing is due."),
        (n, false) => writeln!(out, "{n} due. `viva retention --apply` erases."),
        (n, true) => {
            let failed = rows.iter().filter(|r| r.error.is_some()).count();
            writeln!(out, "{} of {n} erased.", n - failed)
        }
    }
}

fn list_policies(policies: &Policies, json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(policies)?)?;
        return Ok(());
    }
    writeln!(out, "Examples, not legal advice.\n")?;
    for p in policies.iter() {
        writeln!(out, "{}  {} ({})", p.id, p.name, p.jurisdiction)?;
        for (what, span) in [
            ("kept for", &p.keep),
            ("at least", &p.at_least),
            ("on request within", &p.on_request),
        ] {
            if let Some(span) = span {
                writeln!(out, "    {what} {span}")?;
            }
        }
        writeln!(out, "    {}", p.because)?;
        for source in &p.sources {
            writeln!(out, "    - {source}")?;
        }
    }
    Ok(())
}

/// The day of a time in UTC.
pub(super) fn date(unix_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_ms).map_or_else(
        |_| "?".into(),
        |t| t.to_zoned(jiff::tz::TimeZone::UTC).date().to_string(),
    )
}
