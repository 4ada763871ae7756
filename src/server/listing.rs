//! Which sessions there are, page by page, and which of them answer to what
//! is looked for: words that were said, names, jobs, days, scores, flags.

use super::access::{self, Reason};
use super::glance::Glance;
use super::health::blocking;
use super::house::House;
use super::problem::Problem;
use crate::accounts::{Act, Identity};
use crate::index::{
    self, Filter, Flag, Found, IndexError, Listed, begin, parse_advice, parse_flag, parse_score,
    parse_who,
};
use crate::interview::score::recommend::Advice;
use crate::record::{SessionState, SessionSummary, Trust};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Sessions of one page at most, and where nothing is said.
const PAGE_MOST: usize = 500;
const PAGE: usize = 100;

/// What can be asked for, and what each part means.
pub(super) const QUERY: &[(&str, &str)] = &[
    (
        "q",
        "Words that were said, \"phrases\", -words to leave out, beginnings*; or part of the \
         candidate's name, of the position or the company; or the id",
    ),
    (
        "name",
        "Part of the candidate's name, of the position or the company; or the id. What was said \
         is not looked through",
    ),
    (
        "who",
        "Only lines of this side: candidate or recruiter; needs q",
    ),
    ("candidate", "Part of the candidate's name"),
    ("job", "Part of the position or the company"),
    ("since", "Begun on this day or later, YYYY-MM-DD"),
    ("until", "Begun on this day or earlier, YYYY-MM-DD"),
    ("score_at_least", "Mean score of at least this, 1-5"),
    ("score_below", "Mean score below this, 1-5"),
    ("recommendation", "proceed, reservations, not-a-fit or none"),
    (
        "flag",
        "What must be true of the session, with commas between several: struggled, interrupted, \
         gap, problem, redacted, held, not-scored, unsealed, simulated, consent-refused, damaged",
    ),
    (
        "state",
        "complete, writing, interrupted, incomplete, damaged or erased",
    ),
    ("before", "Only sessions older than the one of this id"),
    ("limit", "Sessions of a page, 1 to 500; 100 if not given"),
    (
        "reason",
        "Why what was said is looked through; the header X-Reason does the same",
    ),
];

/// Which sessions are wanted; [`QUERY`] says what each part means.
#[derive(Deserialize, Debug, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    q: String,
    name: String,
    who: Option<String>,
    candidate: Option<String>,
    job: Option<String>,
    since: Option<String>,
    until: Option<String>,
    score_at_least: Option<String>,
    score_below: Option<String>,
    recommendation: Option<String>,
    flag: Option<String>,
    state: Option<SessionState>,
    before: Option<String>,
    limit: Option<usize>,
    /// Read by [`Reason`].
    #[serde(rename = "reason")]
    _reason: Option<String>,
}

/// A page of sessions, newest first.
#[derive(Serialize, Debug)]
pub(super) struct Page {
    sessions: Vec<Row>,
    /// How many there are on all pages, where something was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    /// The `before` of the next page, where there is one.
    next: Option<String>,
}

#[derive(Serialize, Debug)]
struct Row {
    #[serde(flatten)]
    summary: SessionSummary,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    facts: Option<Facts>,
    /// Where its log ends; nothing where there is no log to be read.
    glance: Option<Glance>,
}

/// What the search index knows beside the summary.
#[derive(Serialize, Debug)]
struct Facts {
    company: String,
    score: Option<f64>,
    recommendation: Option<Advice>,
    flags: Vec<Flag>,
    /// The best lines that were found.
    lines: Vec<Found>,
}

impl From<Listed> for Row {
    fn from(Listed { hit, lines }: Listed) -> Self {
        Self {
            summary: SessionSummary {
                id: hit.session,
                candidate: hit.candidate,
                position: hit.position,
                began_unix_ms: hit.began_unix_ms,
                state: hit.state,
                duration_ms: hit.duration_ms.unsigned_abs(),
            },
            facts: Some(Facts {
                company: hit.company,
                score: hit.score,
                recommendation: hit.recommendation,
                flags: hit.flags,
                lines,
            }),
            glance: None,
        }
    }
}

impl Asked {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(PAGE).clamp(1, PAGE_MOST)
    }

    /// Whether more is asked than a list: then the index answers.
    fn looks_for_something(&self) -> bool {
        let parts = [
            &self.who,
            &self.candidate,
            &self.job,
            &self.since,
            &self.until,
            &self.score_at_least,
            &self.score_below,
            &self.recommendation,
            &self.flag,
        ];
        let texts = [&self.q, &self.name];
        texts.iter().any(|text| !text.trim().is_empty()) || parts.iter().any(|part| part.is_some())
    }

    fn wanted(&self) -> Result<index::Wanted, Problem> {
        fn part<T>(
            name: &str,
            text: Option<&String>,
            read: impl Fn(&str) -> Result<T, String>,
        ) -> Result<Option<T>, Problem> {
            let bad = |text: &str, e: String| Problem::bad(format!("{name}: found `{text}`, {e}"));
            text.map(|text| read(text).map_err(|e| bad(text, e)))
                .transpose()
        }
        let day = |text: &str| {
            let read = text.parse::<Date>();
            read.map_err(|_| "expected a day as YYYY-MM-DD".to_owned())
        };
        let since = part("since", self.since.as_ref(), day)?;
        let until = part("until", self.until.as_ref(), day)?;
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            return Err(Problem::bad(format!(
                "since: found {since}, expected no day after until, {until}"
            )));
        }
        let after = until
            .map(|day| {
                day.tomorrow()
                    .map_err(|e| Problem::bad(format!("until: {e}")))
            })
            .transpose()?;
        let moment = |day: Option<Date>| day.map(begin).transpose().map_err(Problem::bad);
        let flags = self.flag.as_deref().unwrap_or_default().split(',');
        let flags = flags.map(str::trim).filter(|name| !name.is_empty());
        let flags = flags.map(|name| {
            parse_flag(name).map_err(|e| Problem::bad(format!("flag: found `{name}`, {e}")))
        });
        let filter = Filter {
            candidate: self.candidate.clone(),
            job: self.job.clone(),
            since_unix_ms: moment(since)?,
            before_unix_ms: moment(after)?,
            score_at_least: part("score_at_least", self.score_at_least.as_ref(), parse_score)?,
            score_below: part("score_below", self.score_below.as_ref(), parse_score)?,
            advice: part("recommendation", self.recommendation.as_ref(), parse_advice)?,
            flags: flags.collect::<Result<_, _>>()?,
            who: part("who", self.who.as_ref(), parse_who)?,
            limit: self.limit(),
        };
        let typed = self.q.trim();
        let text = match typed {
            "" if filter.who.is_some() => {
                let text = "who: expected q beside it, because it chooses among lines";
                return Err(Problem::bad(text));
            }
            "" => None,
            typed => {
                let query = index::Query::parse(typed).map_err(Problem::bad)?;
                Some((query, typed.to_owned()))
            }
        };
        Ok(index::Wanted {
            text,
            name: Some(self.name.trim().to_owned()).filter(|name| !name.is_empty()),
            filter,
            state: self.state,
            before: self.before.clone(),
        })
    }
}

pub(super) async fn sessions(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    reason: Reason,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Page>, Problem> {
    let Query(asked) = asked.map_err(|e| Problem::bad(e.body_text()))?;
    if asked.looks_for_something() {
        search(house, who, reason, &asked).await.map(Json)
    } else {
        list(&house, &asked).await.map(Json)
    }
}

/// The list as the folder shows it, erased sessions too.
async fn list(house: &House, asked: &Asked) -> Result<Page, Problem> {
    let shelf = house.shelf.clone();
    let all = blocking(move || shelf.list()).await??;
    let limit = asked.limit();
    let fits = |s: &SessionSummary| {
        let before = asked.before.as_ref().is_none_or(|before| s.id < *before);
        before && asked.state.is_none_or(|state| s.state == state)
    };
    let found = all.into_iter().rev().filter(fits);
    let mut sessions: Vec<Row> = found
        .take(limit + 1)
        .map(|summary| Row {
            summary,
            facts: None,
            glance: None,
        })
        .collect();
    let more = sessions.len() > limit;
    sessions.truncate(limit);
    let next = next(&sessions, more);
    let sessions = with_glances(house, sessions).await?;
    Ok(Page {
        sessions,
        total: None,
        next,
    })
}

async fn search(
    house: Arc<House>,
    who: Identity,
    reason: Reason,
    asked: &Asked,
) -> Result<Page, Problem> {
    let wanted = asked.wanted()?;
    if wanted.text.is_some() && !who.may(Act::ReadSession) {
        return Err(Problem::forbidden("No right to read what was said"));
    }
    if !house.indexed {
        let text = "Only records in the engine's own folder can be searched";
        return Err(Problem::conflict(text));
    }
    let inside = house.clone();
    let done = blocking(move || {
        let house = inside;
        let data_dir = &house.engine.data_dir;
        let trust = Trust::own(data_dir, &[])?;
        let (page, _) = index::ask(data_dir, &trust, false, |index| index.page(&wanted))?;
        // Who is shown a line has read of its record; who is shown none has
        // not, and needs no reason.
        let shown = page.sessions.iter().filter(|s| !s.lines.is_empty());
        let shown: Vec<&str> = shown.map(|s| s.hit.session.as_str()).collect();
        if !shown.is_empty() {
            access::note_all(&house, &who, Act::ReadSession, &shown, "search", &reason)?;
        }
        Ok::<_, Problem>(page)
    });
    let page = done.await??;
    let sessions: Vec<Row> = page.sessions.into_iter().map(Row::from).collect();
    let next = next(&sessions, page.more);
    let sessions = with_glances(&house, sessions).await?;
    Ok(Page {
        sessions,
        total: Some(page.total),
        next,
    })
}

/// Adds where each log ends.
async fn with_glances(house: &House, mut sessions: Vec<Row>) -> Result<Vec<Row>, Problem> {
    let (shelf, glances) = (house.shelf.clone(), house.glances.clone());
    blocking(move || {
        for row in &mut sessions {
            let dir = shelf.folder(&row.summary.id).ok();
            row.glance = dir.and_then(|dir| glances.of(&row.summary.id, &dir));
        }
        sessions
    })
    .await
}

fn next(sessions: &[Row], more: bool) -> Option<String> {
    sessions
        .last()
        .filter(|_| more)
        .map(|s| s.summary.id.clone())
}

impl From<IndexError> for Problem {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Record(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}
