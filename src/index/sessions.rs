//! Sessions page by page, for a list that people look through: newest first,
//! so that a page stays where it was while new sessions come.

use super::query::Query;
use super::search::{Conditions, Filter, Found, Hit, SESSION, hit, lines_of, name_of};
use super::update::key;
use crate::record::SessionState;
use rusqlite::{Connection, params_from_iter};
use serde::Serialize;

/// Lines of one session that are shown.
const LINES: usize = 3;

/// Which sessions are wanted. What is not set lets all through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// What was typed: words that a line must have, or part of the
    /// candidate's name, the position or the company, or the session's id.
    pub text: Option<(Query, String)>,
    /// Part of the candidate's name, the position or the company, or the
    /// session's id; no line is looked through for it.
    pub name: Option<String>,
    /// All that a search of lines can be narrowed by; its limit is that of a
    /// page. With a side, only lines of that side are looked through, and no
    /// names.
    pub filter: Filter,
    /// How far they got.
    pub state: Option<SessionState>,
    /// Only sessions with a smaller id, which are older.
    pub before: Option<String>,
}

/// One session.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Listed {
    /// The session.
    #[serde(flatten)]
    pub hit: Hit,
    /// The best lines that were found in it; none where its name was found.
    pub lines: Vec<Found>,
}

/// A page.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Page {
    /// How many sessions there are on all pages together.
    pub total: i64,
    /// Those of this page.
    pub sessions: Vec<Listed>,
    /// Whether more follow.
    pub more: bool,
}

/// By whom, for what, or which session; its values are [`name_values`].
const BY_NAME: &str = "instr(s.candidate_key, ?) > 0 OR instr(s.job_key, ?) > 0 OR s.id = ?";

fn name_values(conditions: &mut Conditions, typed: &str) {
    for _ in 0..2 {
        conditions.values.push(Box::new(key(typed)));
    }
    conditions.values.push(Box::new(typed.to_owned()));
}

pub(super) fn page(db: &Connection, wanted: &Wanted) -> rusqlite::Result<Page> {
    let filter = &wanted.filter;
    let mut conditions = Conditions::of(None, filter);
    if let Some((query, typed)) = &wanted.text {
        let lines = "SELECT l.session FROM words JOIN lines l ON l.id = words.rowid \
             WHERE words MATCH ?";
        conditions.values.push(Box::new(query.to_string()));
        let found = match filter.who {
            Some(who) => {
                let recruiter = who == super::Who::Recruiter;
                conditions.values.push(Box::new(recruiter));
                format!("s.id IN ({lines} AND l.recruiter = ?)")
            }
            None => {
                name_values(&mut conditions, typed);
                format!("(s.id IN ({lines}) OR {BY_NAME})")
            }
        };
        conditions.sql.push(found);
    }
    if let Some(name) = &wanted.name {
        name_values(&mut conditions, name);
        conditions.sql.push(format!("({BY_NAME})"));
    }
    if let Some(state) = wanted.state {
        conditions.add("s.state = ?", name_of(&state));
    }
    let all = conditions.sql.join(" AND ");
    let total = db
        .prepare_cached(&format!("SELECT count(*) FROM sessions s WHERE {all}"))?
        .query_row(params_from_iter(&conditions.values), |row| row.get(0))?;
    if let Some(before) = &wanted.before {
        conditions.add("s.id < ?", before.clone());
    }
    let sql = format!(
        "SELECT {SESSION} FROM sessions s WHERE {} ORDER BY s.id DESC LIMIT {}",
        conditions.sql.join(" AND "),
        // One more tells whether there is a next page.
        filter.limit.saturating_add(1)
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(&conditions.values), |row| hit(row, false))?;
    let mut hits = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = hits.len() > filter.limit;
    hits.truncate(filter.limit);
    let sessions = hits.into_iter().map(|hit| {
        let lines = match &wanted.text {
            Some((query, _)) => lines_of(db, &hit.session, (query, filter.who), LINES)?,
            None => Vec::new(),
        };
        let lines = lines.into_iter().filter_map(|hit| hit.line).collect();
        Ok(Listed { hit, lines })
    });
    Ok(Page {
        total,
        sessions: sessions.collect::<rusqlite::Result<_>>()?,
        more,
    })
}
