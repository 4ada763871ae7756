//! Many records at once: the jobs that there are, the candidates of one
//! compared, and studies over chosen interviews.

use super::access::{self, Reason};
use super::health::blocking;
use super::house::House;
use super::people::Given;
use super::problem::Problem;
use super::records::typed;
use crate::accounts::{Act, Identity};
use crate::digest::sha256_hex;
use crate::record::{RecordReader, SessionState, canonical};
use crate::report::RecordedSession;
use crate::study::{Compared, Comparison, Facts, Study, figures, page_alone};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Interviews that are compared or studied at once.
const MOST: usize = 500;

/// A job with finished interviews.
#[derive(Serialize, Clone, Debug)]
pub(super) struct JobSummary {
    /// What it is asked for by: from the job description as it was used, so
    /// that another wording is another job.
    id: String,
    position: String,
    company: Option<String>,
    /// Finished interviews that were no practice.
    interviews: usize,
    first_unix_ms: i64,
    last_unix_ms: i64,
}

/// One finished interview of a job.
struct Finished {
    job: String,
    session: String,
    candidate: String,
    position: String,
    company: Option<String>,
    began_unix_ms: i64,
}

/// All finished interviews, oldest first. Practice is no assessment, and
/// nobody is compared by it.
fn finished(house: &House) -> Result<Vec<Finished>, Problem> {
    let all = house.shelf.list()?;
    let mut out = Vec::new();
    for summary in all.iter().filter(|s| s.state == SessionState::Complete) {
        let Ok(dir) = house.shelf.folder(&summary.id) else {
            continue;
        };
        // What cannot be read is found by its check, not here.
        let Ok(reader) = RecordReader::open(&dir) else {
            continue;
        };
        let head = reader.head();
        if head.setup["settings"]["mode"] == "coach" {
            continue;
        }
        let job = sha256_hex(&canonical(&head.setup["job"]));
        out.push(Finished {
            job: job[..16].to_owned(),
            session: summary.id.clone(),
            candidate: head.candidate.clone(),
            position: head.position.clone(),
            company: head.company.clone(),
            began_unix_ms: head.began_unix_ms,
        });
    }
    Ok(out)
}

pub(super) async fn jobs(
    State(house): State<Arc<House>>,
) -> Result<Json<Vec<JobSummary>>, Problem> {
    let all = blocking(move || finished(&house)).await??;
    let mut jobs: BTreeMap<String, JobSummary> = BTreeMap::new();
    for one in all {
        let job = jobs.entry(one.job.clone()).or_insert_with(|| JobSummary {
            id: one.job,
            position: one.position,
            company: one.company,
            interviews: 0,
            first_unix_ms: one.began_unix_ms,
            last_unix_ms: one.began_unix_ms,
        });
        job.interviews += 1;
        job.first_unix_ms = job.first_unix_ms.min(one.began_unix_ms);
        job.last_unix_ms = job.last_unix_ms.max(one.began_unix_ms);
    }
    let mut jobs: Vec<_> = jobs.into_values().collect();
    jobs.sort_by_key(|job| std::cmp::Reverse(job.last_unix_ms));
    Ok(Json(jobs))
}

/// The finished interviews of one job.
async fn of_job(house: &Arc<House>, job: String) -> Result<Vec<Finished>, Problem> {
    let shared = house.clone();
    let mut all = blocking(move || finished(&shared)).await??;
    all.retain(|one| one.job == job);
    if all.is_empty() {
        return Err(Problem::not_found(
            "There is no job of this id with a finished interview",
        ));
    }
    if all.len() > MOST {
        return Err(Problem::bad(format!(
            "found {} interviews of this job, expected at most {MOST}",
            all.len()
        )));
    }
    Ok(all)
}

pub(super) async fn comparison(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(job): Path<String>,
    reason: Reason,
) -> Result<Json<Value>, Problem> {
    let all = of_job(&house, job).await?;
    let sessions: Vec<&str> = all.iter().map(|one| &*one.session).collect();
    access::note_all(&house, &who, Act::Compare, &sessions, "comparison", &reason)?;
    Ok(Json(compare(house, all, false).await?))
}

/// Asks for the names behind a comparison.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Unblind {
    /// Why they are needed, 1 to 500 characters; stands on the access log.
    why: String,
}

pub(super) async fn names(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(job): Path<String>,
    Given(Unblind { why }): Given<Unblind>,
) -> Result<Json<Value>, Problem> {
    let reason = Reason::stated(&why).ok_or_else(|| {
        Problem::bad("why: found nothing, expected why the names are needed, 1 to 500 characters")
    })?;
    let all = of_job(&house, job).await?;
    let sessions: Vec<&str> = all.iter().map(|one| &*one.session).collect();
    access::note_all(&house, &who, Act::Compare, &sessions, "names", &reason)?;
    Ok(Json(compare(house, all, true).await?))
}

async fn compare(house: Arc<House>, all: Vec<Finished>, named: bool) -> Result<Value, Problem> {
    let made = blocking(move || {
        let about = all
            .first()
            .map(|one| json!({"id": one.job, "position": one.position, "company": one.company}));
        let salt = all.first().map_or_else(String::new, |one| one.job.clone());
        let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
        let mut compared = Vec::new();
        for one in all {
            let reader = RecordReader::open(&house.shelf.folder(&one.session)?);
            let report = reader.ok().and_then(|r| RecordedSession::sealed_report(&r));
            let why = match report {
                None => "the sealed report is not there, or is not what the seal says",
                Some(report) if report["questions"].as_array().is_none_or(Vec::is_empty) => {
                    "no question was asked"
                }
                Some(report) => {
                    compared.push(Compared {
                        session: one.session,
                        candidate: one.candidate,
                        began_unix_ms: one.began_unix_ms,
                        report,
                    });
                    continue;
                }
            };
            *left_out.entry(why).or_default() += 1;
        }
        let comparison = Comparison::of(compared, &salt, named);
        let mut told = serde_json::to_value(comparison).map_err(|e| Problem::internal(&e))?;
        told["job"] = about.into();
        let left_out: Vec<_> = left_out
            .into_iter()
            .map(|(why, count)| json!({"why": why, "count": count}))
            .collect();
        told["left_out"] = left_out.into();
        Ok(told)
    });
    made.await?
}

/// Which interviews are studied.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Chosen {
    /// Those of this job.
    job: Option<String>,
    /// These, by their ids with commas between.
    sessions: Option<String>,
}

pub(super) async fn study(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Query(chosen): Query<Chosen>,
    reason: Reason,
) -> Result<Json<Value>, Problem> {
    let (study, left_out) = make(&house, &who, chosen, &reason).await?;
    let mut told = serde_json::to_value(study).map_err(|e| Problem::internal(&e))?;
    told["left_out"] = left_out.into();
    Ok(Json(told))
}

pub(super) async fn study_page(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Query(chosen): Query<Chosen>,
    reason: Reason,
) -> Result<Response, Problem> {
    let (study, _) = make(&house, &who, chosen, &reason).await?;
    let page = blocking(move || page_alone(&study, &figures(&study))).await?;
    let mut response = typed("text/html; charset=utf-8", page.into_bytes());
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; \
         sandbox";
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy),
    );
    Ok(response)
}

/// Folds a study, and says which of the sessions could not be read.
async fn make(
    house: &Arc<House>,
    who: &Identity,
    chosen: Chosen,
    reason: &Reason,
) -> Result<(Study, Vec<String>), Problem> {
    let sessions: Vec<String> = match (chosen.job, chosen.sessions) {
        (Some(job), None) => {
            let all = of_job(house, job).await?;
            all.into_iter().map(|one| one.session).collect()
        }
        (None, Some(ids)) => {
            let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
            let mut ids: Vec<_> = ids.map(str::to_owned).collect();
            ids.sort();
            ids.dedup();
            ids
        }
        _ => {
            return Err(Problem::bad(
                "expected either job=ID or sessions=ID,ID ... in the address",
            ));
        }
    };
    if sessions.is_empty() || sessions.len() > MOST {
        return Err(Problem::bad(format!(
            "sessions: found {}, expected 1 to {MOST}",
            sessions.len()
        )));
    }
    let ids: Vec<&str> = sessions.iter().map(String::as_str).collect();
    access::note_all(house, who, Act::Compare, &ids, "study", reason)?;
    let house = house.clone();
    blocking(move || {
        let mut facts = Vec::new();
        let mut left_out = Vec::new();
        for session in sessions {
            match Facts::of_record(&house.shelf.folder(&session)?) {
                Ok(one) => facts.push(one),
                Err(error) => {
                    tracing::warn!(session, %error, "not studied");
                    left_out.push(session);
                }
            }
        }
        Ok((Study::of(&facts), left_out))
    })
    .await?
}
