//! `viva sessions correct`: what was really said, beside what was heard.

use super::sessions::{began, gone, plain};
use super::who::{Who, log, parse_why};
use crate::clock::unix_millis;
use crate::event::Utterance;
use crate::record::{
    Annex, Annexes, Correction, Trust, correct, corrections, locate, sessions_dir, utterances,
    withdraw,
};
use anyhow::bail;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Correct what was recognised, or list what can be corrected
///
/// Without --utterance the candidate's utterances are listed with their
/// numbers and corrections. A correction is signed and kept beside the
/// record; recording, log, sealed documents and scores stay as they are.
/// Documents that are written later show both texts.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  viva sessions correct 01J9ZQ4H5T8W3X2Y1V0N7M6K5B\n  viva sessions correct 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --utterance 3 --text \"We used Kafka.\" --why \"misheard\"\n  viva sessions correct 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --utterance 3 --withdraw"
)]
pub(super) struct Args {
    /// The session's id
    #[arg(value_name = "ID")]
    session: String,

    /// The utterance's number
    #[arg(long, value_name = "N")]
    utterance: Option<u32>,

    /// What was really said
    #[arg(long, value_name = "TEXT", requires = "utterance")]
    text: Option<String>,

    /// Take the correction of this utterance back
    #[arg(long, requires = "utterance", conflicts_with = "text")]
    withdraw: bool,

    /// The reason; it is kept with the correction
    #[arg(long, value_name = "TEXT", value_parser = parse_why)]
    why: Option<String>,

    #[command(flatten)]
    who: Who,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    session: String,
    utterances: Vec<Listed>,
    corrections: Vec<Correction>,
}

#[derive(Serialize)]
struct Listed {
    utterance: u32,
    start_ms: u64,
    text: String,
}

/// Lists, corrects or withdraws.
///
/// # Errors
/// If there is no such sealed record or utterance.
pub(super) fn run(args: &Args, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let id = &args.session;
    let annexes = Annexes::open(data_dir, id)?;
    let dir = sessions_dir(data_dir).join(id);
    locate(data_dir, id).map_err(|e| gone(data_dir, id, e))?;
    let by = args.who.name()?;
    let why = args.why.as_deref();
    // The reason stays with the correction and is erased with it, but the
    // access log is never erased: it gets none.
    log(data_dir, "correct", &[&dir], &by, None)?;
    let trust = Trust::own(data_dir, &[])?;
    let Some(utterance) = args.utterance else {
        return list(args, &annexes, &dir, &trust);
    };
    let stated = match (&args.text, args.withdraw) {
        (Some(text), _) => correct(&annexes, &dir, utterance, text, (&by, why), unix_millis())?,
        (None, true) => withdraw(&annexes, &trust, utterance, (&by, why), unix_millis())?,
        (None, false) => bail!(
            "--utterance {utterance}: found neither --text nor --withdraw, expected one of them"
        ),
    };
    told(args, &stated)
}

fn told(args: &Args, stated: &Annex) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(stated)?)?;
    } else if args.withdraw {
        writeln!(out, "The correction is withdrawn; {} says so.", stated.id)?;
    } else {
        writeln!(
            out,
            "Correction {} stands beside the record. Sealed documents and scores stay as they \
             are; `viva report` shows both texts.",
            stated.id
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list(args: &Args, annexes: &Annexes, dir: &Path, trust: &Trust) -> anyhow::Result<ExitCode> {
    let said = utterances(dir)?;
    let found = annexes.list(trust)?;
    if let Some(problem) = found.problems.first() {
        eprintln!("viva: The annexes are damaged, so a correction may be missing: {problem}");
    }
    let corrections = corrections(&found.annexes);
    let mut out = std::io::stdout().lock();
    if args.json {
        let listed = |u: Utterance| Listed {
            utterance: u.id,
            start_ms: u.start_ms,
            text: u.text,
        };
        let answer = Answer {
            session: args.session.clone(),
            utterances: said.into_iter().map(listed).collect(),
            corrections,
        };
        writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if said.is_empty() {
        writeln!(out, "The candidate said nothing in this session.")?;
    }
    for u in &said {
        let at = crate::clock::SessionTime(u.start_ms);
        writeln!(out, "{:>4}  {at}  {}", u.id, plain(&u.text))?;
        for c in corrections.iter().filter(|c| c.utterance == u.id) {
            let why = c
                .why
                .as_deref()
                .map_or(String::new(), |w| format!(" ({})", plain(w)));
            writeln!(
                out,
                "      corrected by {} on {}{why}: {}",
                plain(&c.by),
                began(c.at_unix_ms),
                plain(&c.text)
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
