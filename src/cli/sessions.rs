//! `viva sessions`: what sessions there are, and what is in one. Searching and
//! stamping them have files of their own.

use super::dry_run::Preview;
use super::who::Reading;
use super::{access, correct, impact, search, timestamp};
use crate::clock::SessionTime;
use crate::config::Config;
use crate::event::{Event, Input, Output};
use crate::interview::Setup;
use crate::record::{
    Head, Manifest, RecordError, RecordReader, SessionState, SessionSummary, Trust, erased, list,
    locate, sessions_dir,
};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// List, search, show or correct sessions; who read them; fairness figures
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: viva sessions show 01J9ZQ4H5T8W3X2Y1V0N7M6K5B")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// List all sessions, oldest first
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Finish or mark what a killed process left
    ///
    /// A session that had ended is sealed. One that was interrupted in the
    /// middle is marked and kept for a day, so that its candidate can go on
    /// (`viva interview --continue`). Sessions that are running are left
    /// alone. Exit status: 0 done, 1 one of them cannot be recovered, 2 there
    /// is no such session.
    #[command(after_help = "Example: viva sessions recover 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --finish")]
    Recover {
        /// A session id, or a record's folder; all sessions if not given
        #[arg(value_name = "ID|DIR")]
        session: Option<String>,
        /// Do not keep it open for its candidate: end and seal it now
        #[arg(long, requires = "session")]
        finish: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Find what was said, and sessions by who, job, date, score and flags
    ///
    /// A line is found if it has all words of the query; words in another
    /// form ("deploying", "deployed") count as the same. "Two words" in quotes
    /// must follow each other, -word must not be in the line, and word* is the
    /// beginning of one. Without a query, whole sessions are listed. The index
    /// is brought up to date first; it holds the records themselves, not their
    /// redacted copies. Exit status: 0 something was found, 1 nothing was, 2
    /// the query cannot be read.
    #[command(
        after_help = "Example: viva sessions search 'kafka \"exactly once\" -rabbitmq' --since 2026-01-01\n\
        Low scores: viva sessions search --score-below 2.5 --flag struggled"
    )]
    Search(search::Args),
    /// Bring the search index up to date, or build it anew
    ///
    /// Searching does this by itself. The index holds nothing that is not in
    /// the records, and can be deleted at any time.
    #[command(after_help = "Example: viva sessions index --rebuild")]
    Index(search::IndexArgs),
    /// Get a time stamp (RFC 3161) for a sealed session from an authority
    ///
    /// The authority witnesses that the record was sealed before the time
    /// that it states. Only the hash of the record's `manifest.json` leaves
    /// the machine. The stamp is kept beside the record, and `viva verify`
    /// checks it without any network. Exit status: 0 done, 1 a session could
    /// not be stamped with --missing, 2 the session could not be stamped.
    #[command(
        after_help = "Example: viva sessions timestamp 01J9ZQ4H5T8W3X2Y1V0N7M6K5B --authority http://tsa.example/tsr"
    )]
    Timestamp(timestamp::Args),
    /// Show what is known of one session, and what was said
    Show {
        /// A session id, or a record's folder
        #[arg(value_name = "ID|DIR")]
        session: String,
        #[command(flatten)]
        reading: Reading,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    Access(access::Args),
    Correct(correct::Args),
    Impact(impact::Args),
}

/// Prints the list, or one session, or does what was asked for.
///
/// # Errors
/// If the folder cannot be listed, or there is no such session.
pub(super) fn run(args: &Args, config: &Config) -> anyhow::Result<ExitCode> {
    let data_dir = &config.data_dir();
    match &args.what {
        What::List { json } => {
            let sessions = list(&sessions_dir(data_dir))?;
            print(&sessions, *json, |out| Ok(print_list(out, &sessions)?))
        }
        What::Show {
            session,
            reading,
            json,
        } => {
            let dir = locate(data_dir, session).map_err(|e| gone(data_dir, session, e))?;
            reading.note(data_dir, "show", &[&dir])?;
            let facts = Facts::read(&dir)?;
            print(&facts, *json, |out| facts.print(out))
        }
        What::Recover {
            session,
            finish,
            json,
        } => super::recover::run(data_dir, session.as_deref(), *finish, *json),
        What::Search(args) => search::run(args, data_dir),
        What::Index(args) => search::index(args, data_dir),
        What::Timestamp(args) => timestamp::run(args, config),
        What::Access(args) => access::run(args, data_dir),
        What::Correct(args) => correct::run(args, data_dir),
        What::Impact(args) => impact::run(args, data_dir),
    }
}

/// Prints a value as JSON, or as `text` does.
fn print<T: Serialize>(
    value: &T,
    json: bool,
    text: impl FnOnce(&mut std::io::StdoutLock<'static>) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(value)?)?;
    } else {
        text(&mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A session that was erased is not simply missing.
pub(super) fn gone(data_dir: &Path, session: &str, missing: RecordError) -> anyhow::Error {
    let trust = Trust::own(data_dir, &[]);
    match trust.and_then(|trust| erased(data_dir, session, &trust)) {
        Ok(Some(_)) => anyhow::anyhow!(
            "Session {session} was erased; `viva verify {session}` tells when and why"
        ),
        _ => missing.into(),
    }
}

pub(super) const fn word(state: SessionState) -> &'static str {
    match state {
        SessionState::Complete => "complete",
        SessionState::Writing => "running",
        SessionState::Interrupted => "interrupted",
        SessionState::Incomplete => "incomplete",
        SessionState::Damaged => "damaged",
        SessionState::Erased => "erased",
    }
}

fn print_list(out: &mut impl Write, sessions: &[SessionSummary]) -> std::io::Result<()> {
    if sessions.is_empty() {
        return writeln!(out, "No sessions yet.");
    }
    for s in sessions {
        if s.state == SessionState::Erased {
            let began = began(s.began_unix_ms);
            writeln!(out, "{}  {began}  {:>9}  erased", s.id, "")?;
            continue;
        }
        writeln!(
            out,
            "{}  {}  {:>9}  {:<11}  {} ({})",
            s.id,
            began(s.began_unix_ms),
            length(s.duration_ms),
            word(s.state),
            plain(&s.candidate),
            plain(&s.position)
        )?;
    }
    Ok(())
}

/// Local date and time; where that cannot be told, nothing is made up.
pub(super) fn began(unix_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_ms).map_or_else(
        |_| "?".into(),
        |t| {
            t.to_zoned(jiff::tz::TimeZone::system())
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        },
    )
}

pub(super) fn length(ms: u64) -> String {
    format!("{}:{:02} min", ms / 60_000, ms / 1000 % 60)
}

/// Names come from outside: no control characters on a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// What `show` tells.
#[derive(Serialize)]
struct Facts {
    dir: PathBuf,
    complete: bool,
    running: bool,
    /// It broke off and was not continued; why.
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted: Option<String>,
    head: Head,
    manifest: Option<Manifest>,
    events: u64,
    duration_ms: u64,
    documents: Vec<String>,
    audio: Option<PathBuf>,
    /// What ended the reading of the log early.
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<String>,
    #[serde(skip)]
    spoken: Vec<(SessionTime, &'static str, String)>,
}

impl Facts {
    fn read(dir: &Path) -> anyhow::Result<Self> {
        let reader = RecordReader::open(dir)?;
        let mut facts = Self {
            dir: dir.to_path_buf(),
            complete: reader.is_complete(),
            running: reader.is_being_written(),
            interrupted: None,
            head: reader.head().clone(),
            manifest: reader.manifest().cloned(),
            events: 0,
            duration_ms: 0,
            documents: reader.documents()?,
            audio: reader.wav_path(),
            damage: None,
            spoken: Vec::new(),
        };
        for record in reader.records()? {
            let record = match record {
                Ok(record) => record,
                Err(e) => {
                    facts.damage = Some(e.to_string());
                    break;
                }
            };
            facts.events = record.seq;
            facts.duration_ms = record.at.millis();
            match record.event {
                Event::Output {
                    output: Output::Say(line),
                } => facts.spoken.push((record.at, "Recruiter", line.text)),
                Event::Input {
                    input: Input::Utterance(u),
                } => facts.spoken.push((record.at, "Candidate", u.text)),
                Event::Interrupted { why, .. } => facts.interrupted = Some(why),
                Event::Resumed { .. } => facts.interrupted = None,
                _ => {}
            }
        }
        Ok(facts)
    }

    fn print(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let state = match (self.complete, self.running) {
            (true, _) => "complete",
            (false, true) => "running",
            (false, false) if self.interrupted.is_some() => "interrupted",
            (false, false) => "incomplete",
        };
        let company = self.head.company.as_deref().unwrap_or_default();
        writeln!(out, "Session    {}", self.head.session)?;
        writeln!(out, "Candidate  {}", plain(&self.head.candidate))?;
        writeln!(out, "Position   {}", plain(&self.head.position))?;
        if !company.is_empty() {
            writeln!(out, "Company    {}", plain(company))?;
        }
        writeln!(out, "Began      {}", began(self.head.began_unix_ms))?;
        writeln!(out, "Length     {}", length(self.duration_ms))?;
        writeln!(out, "State      {state}, {} events", self.events)?;
        if let Some(why) = self.interrupted.as_ref().filter(|_| !self.complete) {
            writeln!(out, "Broke off  {}", plain(why))?;
        }
        if let Some(manifest) = &self.manifest {
            writeln!(out, "Sealed by  key {}", manifest.key.id)?;
        }
        writeln!(out, "Folder     {}", self.dir.display())?;
        for name in &self.documents {
            writeln!(out, "Document   {}", plain(name))?;
        }
        // Records of other versions may hold another setup; the rest stands.
        if let Ok(setup) = Setup::deserialize(&self.head.setup) {
            Preview::of(&setup).print_short(out)?;
        }
        for (at, who, text) in &self.spoken {
            writeln!(out, "{at} {who}: {}", plain(text))?;
        }
        if let Some(damage) = &self.damage {
            writeln!(out, "The log cannot be read further: {damage}")
                .context("Cannot write the result")?;
        }
        Ok(())
    }
}
