//! Asks the index: which lines, or which sessions.

use super::fold::Flag;
use super::query::Query;
use super::update::key;
use crate::interview::score::recommend::Advice;
use crate::record::SessionState;
use rusqlite::types::{ToSql, Type};
use rusqlite::{Connection, Row, params_from_iter};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Words around those that were found, at most.
const AROUND: u32 = 24;
/// Mark the found words inside SQLite; no text in the index has them.
const MARKS: (char, char) = ('\u{1}', '\u{2}');

/// Who said a line.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The interviewer.
    Recruiter,
    /// The candidate.
    Candidate,
}

/// Which sessions may answer. What is not set lets all through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Part of the candidate's name; case and accents do not matter.
    pub candidate: Option<String>,
    /// Part of position or company; case and accents do not matter.
    pub job: Option<String>,
    /// Begun then or later, in milliseconds since 1970 (UTC).
    pub since_unix_ms: Option<i64>,
    /// Begun before then.
    pub before_unix_ms: Option<i64>,
    /// Mean score of at least this, 1-5.
    pub score_at_least: Option<f64>,
    /// Mean score below this.
    pub score_below: Option<f64>,
    /// What was recommended.
    pub advice: Option<Advice>,
    /// All of these must be true.
    pub flags: Vec<Flag>,
    /// Lines of this speaker only; of no meaning without a query.
    pub who: Option<Who>,
    /// So many at most.
    pub limit: usize,
}

/// What was found.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Answer {
    /// How many there are, whatever the limit.
    pub total: i64,
    /// The first of them.
    pub hits: Vec<Hit>,
}

/// One line, or one session.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Hit {
    /// The session's id.
    pub session: String,
    /// The candidate's name.
    pub candidate: String,
    /// The position.
    pub position: String,
    /// Who hires; empty where the job names none.
    pub company: String,
    /// When it began, in milliseconds since 1970 (UTC).
    pub began_unix_ms: i64,
    /// Time of its last event, in milliseconds of the session.
    pub duration_ms: i64,
    /// How far it got.
    pub state: SessionState,
    /// Mean of the scores in its documents; nothing where none was given.
    pub score: Option<f64>,
    /// What its documents recommend.
    pub recommendation: Option<Advice>,
    /// What is true of it.
    pub flags: Vec<Flag>,
    /// The line; nothing where sessions were asked for.
    pub line: Option<Found>,
}

/// The line that was found.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Found {
    /// Its place in the log.
    pub seq: i64,
    /// Who said it.
    pub who: Who,
    /// When, in milliseconds of the session.
    pub at_ms: i64,
    /// When, in milliseconds of the recording, if it was heard there.
    pub start_ms: Option<i64>,
    /// The line, or the part of it around the words.
    pub snippet: Vec<Piece>,
}

/// A stretch of text.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it is what was looked for.
    pub found: bool,
}

/// Conditions in SQL and the values that they name, in order.
pub(super) struct Conditions {
    pub(super) sql: Vec<String>,
    pub(super) values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    pub(super) fn add(&mut self, sql: &str, value: impl ToSql + 'static) {
        self.sql.push(sql.to_owned());
        self.values.push(Box::new(value));
    }

    pub(super) fn of(query: Option<&Query>, filter: &Filter) -> Self {
        let mut all = Self {
            sql: vec!["1".to_owned()],
            values: Vec::new(),
        };
        if let Some(query) = query {
            all.add("words MATCH ?", query.to_string());
            if let Some(who) = filter.who {
                all.add("l.recruiter = ?", who == Who::Recruiter);
            }
        }
        if let Some(part) = &filter.candidate {
            all.add("instr(s.candidate_key, ?) > 0", key(part));
        }
        if let Some(part) = &filter.job {
            all.add("instr(s.job_key, ?) > 0", key(part));
        }
        if let Some(since) = filter.since_unix_ms {
            all.add("s.began_unix_ms >= ?", since);
        }
        if let Some(before) = filter.before_unix_ms {
            all.add("s.began_unix_ms < ?", before);
        }
        // A session without a score is on neither side.
        if let Some(least) = filter.score_at_least {
            all.add("s.score >= ?", least);
        }
        if let Some(below) = filter.score_below {
            all.add("s.score < ?", below);
        }
        if let Some(advice) = filter.advice {
            all.add("s.advice = ?", name_of(&advice));
        }
        for flag in &filter.flags {
            all.add(
                "EXISTS (SELECT 1 FROM flags f WHERE f.session = s.id AND f.flag = ?)",
                flag.name(),
            );
        }
        all
    }
}

/// The one word that stands for a value of a plain enum.
pub(super) fn name_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The value that such a word stands for.
fn named<T: DeserializeOwned>(at: usize, name: String) -> rusqlite::Result<T> {
    let value = serde_json::Value::String(name);
    serde_json::from_value(value)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(e)))
}

pub(super) const SESSION: &str = "s.id, s.candidate, s.position, s.company, s.began_unix_ms, s.duration_ms, \
     s.state, s.score, s.advice, \
     (SELECT group_concat(f.flag, ' ') FROM flags f WHERE f.session = s.id)";

/// What is read of a line beside its session.
fn line_columns() -> String {
    let (open, close) = (u32::from(MARKS.0), u32::from(MARKS.1));
    format!(
        ", l.seq, l.recruiter, l.at_ms, l.start_ms, \
         snippet(words, 0, char({open}), char({close}), '…', {AROUND})"
    )
}

/// The lines of one session that a query finds, best first.
pub(super) fn lines_of(
    db: &Connection,
    session: &str,
    (query, who): (&Query, Option<Who>),
    limit: usize,
) -> rusqlite::Result<Vec<Hit>> {
    let filter = Filter {
        who,
        ..Filter::default()
    };
    let mut conditions = Conditions::of(Some(query), &filter);
    conditions.add("l.session = ?", session.to_owned());
    let sql = format!(
        "SELECT {SESSION}{} FROM words JOIN lines l ON l.id = words.rowid \
         JOIN sessions s ON s.id = l.session WHERE {} ORDER BY rank, l.seq LIMIT {limit}",
        line_columns(),
        conditions.sql.join(" AND ")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(&conditions.values), |row| hit(row, true))?;
    rows.collect()
}

pub(super) fn search(
    db: &Connection,
    query: Option<&Query>,
    filter: &Filter,
) -> rusqlite::Result<Answer> {
    let Conditions { sql, values } = Conditions::of(query, filter);
    let conditions = sql.join(" AND ");
    let (from, line, order) = if query.is_some() {
        (
            "words JOIN lines l ON l.id = words.rowid JOIN sessions s ON s.id = l.session",
            line_columns(),
            "rank, s.began_unix_ms DESC, s.id, l.seq",
        )
    } else {
        ("sessions s", String::new(), "s.began_unix_ms DESC, s.id")
    };
    let count = format!("SELECT count(*) FROM {from} WHERE {conditions}");
    let total = db
        .prepare_cached(&count)?
        .query_row(params_from_iter(&values), |row| row.get(0))?;
    let limit = filter.limit;
    let hits = format!(
        "SELECT {SESSION}{line} FROM {from} WHERE {conditions} ORDER BY {order} LIMIT {limit}"
    );
    let mut statement = db.prepare_cached(&hits)?;
    let rows = statement.query_map(params_from_iter(&values), |row| hit(row, query.is_some()))?;
    Ok(Answer {
        total,
        hits: rows.collect::<rusqlite::Result<_>>()?,
    })
}

pub(super) fn hit(row: &Row<'_>, with_line: bool) -> rusqlite::Result<Hit> {
    let advice: Option<String> = row.get(8)?;
    let flags: Option<String> = row.get(9)?;
    let mut flags: Vec<Flag> = flags
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(Flag::of_name)
        .collect();
    flags.sort_unstable();
    Ok(Hit {
        session: row.get(0)?,
        candidate: row.get(1)?,
        position: row.get(2)?,
        company: row.get(3)?,
        began_unix_ms: row.get(4)?,
        duration_ms: row.get(5)?,
        state: named(6, row.get(6)?)?,
        score: row.get(7)?,
        recommendation: advice.map(|name| named(8, name)).transpose()?,
        flags,
        line: with_line.then(|| found(row)).transpose()?,
    })
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    let who = if row.get(11)? {
        Who::Recruiter
    } else {
        Who::Candidate
    };
    let marked: String = row.get(14)?;
    Ok(Found {
        seq: row.get(10)?,
        who,
        at_ms: row.get(12)?,
        start_ms: row.get(13)?,
        snippet: pieces(&marked),
    })
}

/// Splits a text at its marks.
fn pieces(marked: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut found = false;
    for text in marked.split([MARKS.0, MARKS.1]) {
        if !text.is_empty() {
            out.push(Piece {
                text: text.to_owned(),
                found,
            });
        }
        found = !found;
    }
    out
}
