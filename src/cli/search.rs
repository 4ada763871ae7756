//! `viva sessions search` and `viva sessions index`.

use super::sessions::{began, length, plain, word};
use super::who::Reading;
use crate::clock::SessionTime;
use crate::index::{Answer, Filter, Flag, Found, Hit, Query, Update, Who, ask};
use crate::index::{begin, parse_advice, parse_flag, parse_score, parse_who};
use crate::interview::score::recommend::Advice;
use crate::record::{SessionState, Trust, sessions_dir};
use jiff::civil::Date;
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Words, "phrases", -words to leave out, beginnings*
    #[arg(value_name = "QUERY")]
    query: Vec<String>,

    /// Part of the candidate's name
    #[arg(long, value_name = "NAME")]
    candidate: Option<String>,

    /// Part of the position or the company
    #[arg(long, value_name = "JOB")]
    job: Option<String>,

    /// Begun on this day or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,

    /// Begun on this day or earlier
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<Date>,

    /// Mean score of at least this, 1-5
    #[arg(long, value_name = "SCORE", value_parser = parse_score)]
    score_at_least: Option<f64>,

    /// Mean score below this, 1-5
    #[arg(long, value_name = "SCORE", value_parser = parse_score)]
    score_below: Option<f64>,

    /// What was recommended: proceed, reservations, not-a-fit or none
    #[arg(long, value_name = "ADVICE", value_parser = parse_advice)]
    recommendation: Option<Advice>,

    /// What must be true of the session (may be given again): struggled,
    /// interrupted, gap, problem, redacted, held, not-scored, unsealed,
    /// simulated, consent-refused or damaged
    #[arg(long = "flag", value_name = "FLAG", value_parser = parse_flag)]
    flags: Vec<Flag>,

    /// Only what this side said
    #[arg(long, value_name = "SIDE", value_parser = parse_who)]
    who: Option<Who>,

    /// Show so many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,

    #[command(flatten)]
    reading: Reading,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct IndexArgs {
    /// Throw the index away and build it anew
    #[arg(long)]
    rebuild: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn first_moment(day: Date) -> anyhow::Result<i64> {
    begin(day).map_err(anyhow::Error::msg)
}

impl Args {
    fn filter(&self) -> anyhow::Result<Filter> {
        let after = self.until.map(|day| day.tomorrow()).transpose()?;
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since > until
        {
            anyhow::bail!("--since {since} is after --until {until}");
        }
        Ok(Filter {
            candidate: self.candidate.clone(),
            job: self.job.clone(),
            since_unix_ms: self.since.map(first_moment).transpose()?,
            before_unix_ms: after.map(first_moment).transpose()?,
            score_at_least: self.score_at_least,
            score_below: self.score_below,
            advice: self.recommendation,
            flags: self.flags.clone(),
            who: self.who,
            limit: self.limit as usize,
        })
    }
}

/// Searches, and prints what was found.
///
/// # Errors
/// If the query holds no word, or the index cannot be used.
pub(super) fn run(args: &Args, data_dir: &Path) -> anyhow::Result<ExitCode> {
    #[derive(Serialize)]
    struct Json<'a> {
        #[serde(flatten)]
        answer: &'a Answer,
        index: &'a Update,
    }
    let query = match args.query.as_slice() {
        [] => None,
        words => Some(Query::parse(&words.join(" "))?),
    };
    if args.who.is_some() && query.is_none() {
        anyhow::bail!("--who: expected a query, because it chooses among lines");
    }
    let filter = args.filter()?;
    let trust = Trust::own(data_dir, &[])?;
    let (answer, update) = ask(data_dir, &trust, false, |index| {
        index.search(query.as_ref(), &filter)
    })?;
    warn(&update);
    // Who is shown a line has read of its record.
    let sessions = sessions_dir(data_dir);
    let mut shown: Vec<PathBuf> = answer
        .hits
        .iter()
        .filter(|hit| hit.line.is_some())
        .map(|hit| sessions.join(&hit.session))
        .collect();
    shown.dedup();
    if !shown.is_empty() {
        let shown: Vec<&Path> = shown.iter().map(PathBuf::as_path).collect();
        args.reading.note(data_dir, "search", &shown)?;
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        let json = Json {
            answer: &answer,
            index: &update,
        };
        writeln!(out, "{}", serde_json::to_string_pretty(&json)?)?;
    } else {
        let bold = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        print(&mut out, &answer, query.is_some(), bold)?;
    }
    Ok(ExitCode::from(u8::from(answer.total == 0)))
}

/// Brings the index up to date, and says what was done.
///
/// # Errors
/// If the index cannot be written.
pub(super) fn index(args: &IndexArgs, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let trust = Trust::own(data_dir, &[])?;
    let ((), update) = ask(data_dir, &trust, args.rebuild, |_| Ok(()))?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&update)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    warn(&update);
    writeln!(
        out,
        "The index has {} sessions: {} read now, {} taken out, {} that cannot be read to the end.",
        update.sessions, update.read, update.removed, update.damaged
    )?;
    Ok(ExitCode::SUCCESS)
}

/// What is worth a line beside the answer.
fn warn(update: &Update) {
    if let Some(why) = update.renewed.as_deref().filter(|why| *why != "as asked") {
        eprintln!("viva: the search index was built anew, because {why}");
    }
    if let Some(why) = &update.unkept {
        eprintln!("viva: the search index was not kept, because {why}");
    }
}

fn print(out: &mut impl Write, answer: &Answer, lines: bool, bold: bool) -> std::io::Result<()> {
    let what = match (lines, answer.total) {
        (true, 1) => "line",
        (true, _) => "lines",
        (false, 1) => "session",
        (false, _) => "sessions",
    };
    let mut last = None;
    for hit in &answer.hits {
        // The session once, above the lines that follow each other in it.
        if last != Some(&hit.session) {
            header(out, hit)?;
            last = Some(&hit.session);
        }
        if let Some(line) = &hit.line {
            print_line(out, line, bold)?;
        }
    }
    let shown = answer.hits.len();
    let shown = i64::try_from(shown).unwrap_or(i64::MAX);
    if answer.total > shown {
        writeln!(out, "{shown} of {} {what}; more with --limit", answer.total)
    } else {
        writeln!(out, "{} {what}", answer.total)
    }
}

fn header(out: &mut impl Write, hit: &Hit) -> std::io::Result<()> {
    let company = match hit.company.as_str() {
        "" => String::new(),
        company => format!(", {}", plain(company)),
    };
    let score = hit
        .score
        .map_or_else(|| "not scored".to_owned(), |score| format!("{score:.1}"));
    let advice = match hit.recommendation {
        None | Some(Advice::None) => "",
        Some(advice) => advice.text(),
    };
    let flags: Vec<&str> = hit
        .flags
        .iter()
        .filter(|flag| !matches!(flag, Flag::NotScored | Flag::Unsealed))
        .map(|flag| flag.name())
        .collect();
    let mut facts = vec![score];
    facts.extend((!advice.is_empty()).then(|| advice.to_owned()));
    if hit.state != SessionState::Complete {
        facts.push(word(hit.state).to_owned());
    }
    facts.extend(flags.into_iter().map(str::to_owned));
    writeln!(
        out,
        "{}  {}  {}  {} ({}{company}): {}",
        hit.session,
        began(hit.began_unix_ms),
        length(hit.duration_ms.unsigned_abs()),
        plain(&hit.candidate),
        plain(&hit.position),
        facts.join(", ")
    )
}

fn print_line(out: &mut impl Write, line: &Found, bold: bool) -> std::io::Result<()> {
    let who = match line.who {
        Who::Recruiter => "Recruiter",
        Who::Candidate => "Candidate",
    };
    let (open, close) = if bold {
        ("\u{1b}[1m", "\u{1b}[0m")
    } else {
        ("[", "]")
    };
    // In the recording where it can be heard there, in the session elsewhere.
    let at = line.start_ms.unwrap_or(line.at_ms);
    write!(out, "  {} {who}: ", SessionTime(at.unsigned_abs()))?;
    for piece in &line.snippet {
        if piece.found {
            write!(out, "{open}{}{close}", piece.text)?;
        } else {
            write!(out, "{}", piece.text)?;
        }
    }
    writeln!(out)
}
