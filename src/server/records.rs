//! Records over HTTP: facts, transcripts, sound, documents, what is
//! wrong with them, and notes about them. Nothing here changes a record.

use super::access::{self, Reason};
use super::copying::Copying;
use super::health::blocking;
use super::house::House;
use super::people::Given;
use super::problem::Problem;
use crate::accounts::{Act, Identity};
use crate::clock::unix_millis;
use crate::interview::score::Lexical;
use crate::record::{
    Annexes, CALL_WAV, DOCUMENTS, Manifest, Problem as Wrong, RecordError, RecordReader, Trust,
    kind,
};
use crate::report::documents::STUDY_PLAN;
use crate::report::{self, FromRecordError, RecordedSession};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use tower_http::services::ServeFile;
use utoipa::ToSchema;

/// Characters of a note.
const NOTE_MOST: usize = 4_000;

/// Does something with a record's folder where it holds nobody up.
pub(super) async fn with_folder<T: Send + 'static>(
    house: &House,
    id: String,
    work: impl FnOnce(PathBuf) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let shelf = house.shelf.clone();
    blocking(move || work(shelf.folder(&id)?)).await?
}

pub(super) async fn session(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    reason: Reason,
) -> Result<Json<Value>, Problem> {
    let live = house.registry.find(&id).map(|live| live.standing());
    access::note(&house, &who, Act::ReadSession, &id, "facts", &reason)?;
    let session = id.clone();
    let facts = with_folder(&house, id, move |dir| {
        let reader = RecordReader::open(&dir)?;
        let head = reader.head();
        Ok(json!({
            "id": session,
            "candidate": head.candidate,
            "position": head.position,
            "company": head.company,
            "began_unix_ms": head.began_unix_ms,
            "program": head.program,
            "hashes": head.hashes,
            "settings": head.setup.get("settings"),
            "sealed": reader.is_complete(),
            "running": reader.is_being_written(),
            "has_audio": dir.join(CALL_WAV).is_file(),
            "live": live,
        }))
    });
    Ok(Json(facts.await?))
}

pub(super) async fn transcript(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    reason: Reason,
) -> Result<Response, Problem> {
    access::note(&house, &who, Act::ReadSession, &id, "transcript", &reason)?;
    let text = with_folder(&house, id, |dir| {
        // The sealed one counts, if it is what was sealed; otherwise it is
        // folded anew.
        let record = RecordReader::open(&dir)?;
        let report = match RecordedSession::sealed_report(&record) {
            Some(sealed) => serde_json::to_vec(&sealed),
            None => {
                let recorded = RecordedSession::read(&dir).map_err(unreadable)?;
                serde_json::to_vec(&recorded.report(&Lexical))
            }
        };
        report.map_err(|e| Problem::internal(&e))
    });
    Ok(typed("application/json", text.await?))
}

fn unreadable(error: FromRecordError) -> Problem {
    match error {
        FromRecordError::Record(error) => error.into(),
        other => Problem::conflict(other),
    }
}

pub(super) async fn events(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    reason: Reason,
) -> Result<Json<Value>, Problem> {
    // Who follows the call has seen these lines or missed some; the candidate
    // knows of it.
    let act = match follows(&house, &who, &id) {
        true => Act::WatchLive,
        false => Act::ReadSession,
    };
    access::note(&house, &who, act, &id, "events", &reason)?;
    let records = with_folder(&house, id, |dir| {
        let records = RecordReader::open(&dir)?.records()?;
        let records = records.collect::<Result<Vec<_>, RecordError>>()?;
        serde_json::to_value(records).map_err(|e| Problem::internal(&e))
    });
    Ok(Json(records.await?))
}

/// Whether somebody follows this call now.
fn follows(house: &House, who: &Identity, id: &str) -> bool {
    let live = house.registry.find(id);
    let watchers = live.map_or_else(Vec::new, |live| live.standing().watchers);
    who.may(Act::WatchLive) && watchers.iter().any(|watcher| watcher.by == who.name)
}

pub(super) async fn audio(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    copy: Copying,
    reason: Reason,
    request: Request,
) -> Result<Response, Problem> {
    let what = copy.what(&who, "audio", "audio copy")?;
    access::note(&house, &who, Act::HearAudio, &id, what, &reason)?;
    let name = format!("{id}.wav");
    let file = with_folder(&house, id, |dir| Ok(dir.join(CALL_WAV))).await?;
    if !file.is_file() {
        return Err(Problem::not_found("This session has no recording"));
    }
    let served = ServeFile::new(file).try_call(request).await;
    let mut response = served.map_err(|e| Problem::internal(&e))?.map(Body::new);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    // What was said is kept in no cache between.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    copy.attach(&mut response, &name);
    Ok(response)
}

pub(super) async fn peaks(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    reason: Reason,
) -> Result<Response, Problem> {
    access::note(&house, &who, Act::HearAudio, &id, "peaks", &reason)?;
    let data_dir = house.engine.data_dir.clone();
    let session = id.clone();
    let text = with_folder(&house, id, move |dir| {
        super::peaks::of(&data_dir, &dir, &session)?
            .ok_or_else(|| Problem::not_found("This session has no recording"))
    });
    Ok(typed("application/json", text.await?))
}

/// A document of a record.
#[derive(Serialize, Debug)]
pub(super) struct Document {
    name: String,
    bytes: u64,
    /// Its media type.
    kind: &'static str,
    /// What it is, for people.
    about: &'static str,
}

pub(super) async fn documents(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    reason: Reason,
) -> Result<Json<Vec<Document>>, Problem> {
    access::note(&house, &who, Act::ReadSession, &id, "documents", &reason)?;
    let found = with_folder(&house, id, |dir| {
        let sized = |name: String| {
            let path = dir.join(DOCUMENTS).join(&name);
            let bytes = std::fs::metadata(path).map_or(0, |m| m.len());
            let kind = media_type(&name);
            let about = about(&name);
            Document {
                name,
                bytes,
                kind,
                about,
            }
        };
        let names = RecordReader::open(&dir)?.documents()?;
        Ok(names.into_iter().map(sized).collect())
    });
    Ok(Json(found.await?))
}

pub(super) async fn document(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path((id, name)): Path<(String, String)>,
    copy: Copying,
    reason: Reason,
) -> Result<Response, Problem> {
    let what = copy.what(&who, "document", "document copy")?;
    access::note(&house, &who, Act::ReadSession, &id, what, &reason)?;
    let none = || Problem::not_found("There is no such document");
    // Only names that the program writes are looked up, so none is a path.
    let is_written = report::Format::ALL.iter().any(|f| f.file_name() == name);
    if !is_written && name != STUDY_PLAN {
        return Err(none());
    }
    let (kind, file) = (media_type(&name), name.clone());
    let bytes = with_folder(&house, id.clone(), move |dir| {
        std::fs::read(dir.join(DOCUMENTS).join(file)).map_err(|_| none())
    });
    let mut response = typed(kind, bytes.await?);
    let policy = if kind == "application/pdf" {
        // A browser's own viewer of such files does not open in a sandbox.
        "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
    } else {
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; \
         sandbox"
    };
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy),
    );
    copy.attach(&mut response, &format!("{id}-{name}"));
    Ok(response)
}

/// The media type of a document by its name.
fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("json") => "application/json",
        Some("html") => "text/html; charset=utf-8",
        Some("pdf") => "application/pdf",
        Some("vtt") => "text/vtt; charset=utf-8",
        Some("md") => "text/markdown; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

/// What a document is, in a few words.
fn about(name: &str) -> &'static str {
    use report::Format as F;
    let format = F::ALL.into_iter().find(|f| f.file_name() == name);
    match format {
        Some(F::Txt) => "Transcript with questions, evaluation and recommendation",
        Some(F::Md) => "Report as Markdown",
        Some(F::Html) => "Report as a page",
        Some(F::Pdf) => "Report for printing",
        Some(F::Json) => "Everything with times, for programs",
        Some(F::Vtt) => "Captions of the recording",
        Some(F::Timing) => "How long each part of the program took",
        None if name == STUDY_PLAN => "Study plan of a practice interview",
        None => "Other",
    }
}

pub(super) async fn verify(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    reason: Reason,
) -> Result<Json<Value>, Problem> {
    access::note(&house, &who, Act::VerifyRecord, &id, "verify", &reason)?;
    let data_dir = house.engine.data_dir.clone();
    let session = id.clone();
    let found = with_folder(&house, id, move |dir| {
        let trust = Trust::own(&data_dir, &[])?;
        let mut problems = crate::record::verify(&dir, &trust);
        let annexes = Annexes::open(&data_dir, &session)?;
        problems.extend(annexes.verify(&trust));
        let manifest = Manifest::read(&dir).ok().flatten();
        let mut looked_at = manifest.map_or_else(Vec::new, |m| m.covers());
        if let Ok(listed) = annexes.list(&trust)
            && !listed.annexes.is_empty()
        {
            let count = listed.annexes.len();
            looked_at.push(format!(
                "{count} statements made after the seal, each by its signature and its link to \
                 the one before"
            ));
        }
        Ok((problems, looked_at))
    });
    let (problems, looked_at): (Vec<Wrong>, Vec<String>) = found.await?;
    Ok(Json(json!({
        "whole": problems.is_empty(),
        "problems": problems,
        "looked_at": looked_at,
        "at_unix_ms": unix_millis(),
        "program": crate::PROGRAM,
    })))
}

/// A note, or a bookmark.
#[derive(Serialize, Deserialize, ToSchema, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// The moment that it is about, milliseconds of the recording; the whole
    /// session where it is missing.
    #[serde(default)]
    pub at_ms: Option<u64>,
    /// What is noted; may be empty for a bookmark.
    #[serde(default)]
    pub text: String,
    /// Whether it only marks the moment.
    #[serde(default)]
    pub bookmark: bool,
}

/// A note that was stated.
#[derive(Serialize, Debug)]
pub(super) struct Note {
    id: String,
    by: String,
    at_unix_ms: i64,
    body: Value,
}

pub(super) async fn notes(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    reason: Reason,
) -> Result<Json<Vec<Note>>, Problem> {
    // Beside a call that goes on, they belong to following it.
    let live = house.registry.find(&id).is_some() && who.may(Act::WatchLive);
    let act = if live {
        Act::WatchLive
    } else {
        Act::ReadSession
    };
    access::note(&house, &who, act, &id, "notes", &reason)?;
    let data_dir = house.engine.data_dir.clone();
    let found = blocking(move || {
        let trust = Trust::own(&data_dir, &[])?;
        Annexes::open(&data_dir, &id)?.list(&trust)
    });
    let annexes = found.await??.annexes;
    let notes = annexes.into_iter().filter(|a| a.kind == kind::NOTE);
    let told = notes.map(|a| Note {
        id: a.id,
        by: a.by,
        at_unix_ms: a.at_unix_ms,
        body: a.body,
    });
    Ok(Json(told.collect()))
}

pub(super) async fn add_note(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    Given(note): Given<NewNote>,
) -> Result<(StatusCode, Json<Note>), Problem> {
    let note = state_note(&house, &who, id, note).await?;
    Ok((StatusCode::CREATED, Json(note)))
}

/// States a note beside a record, signed.
pub(super) async fn state_note(
    house: &House,
    who: &Identity,
    session: String,
    note: NewNote,
) -> Result<Note, Problem> {
    let text = note.text.trim().to_owned();
    let found = text.chars().count();
    if found > NOTE_MOST || (found == 0 && !note.bookmark) {
        return Err(Problem::bad(format!(
            "text: found {found} characters, expected 1 to {NOTE_MOST}"
        )));
    }
    let mut body = json!({
        "mark": if note.bookmark { "bookmark" } else { "note" },
        "text": text,
    });
    if let Some(at_ms) = note.at_ms {
        body["at_ms"] = at_ms.into();
    }
    let (data_dir, by) = (house.engine.data_dir.clone(), who.name.clone());
    let stated = blocking(move || {
        let annexes = Annexes::open(&data_dir, &session)?;
        annexes.append(kind::NOTE, &by, body, unix_millis())
    });
    let annex = stated.await??;
    Ok(Note {
        id: annex.id,
        by: annex.by,
        at_unix_ms: annex.at_unix_ms,
        body: annex.body,
    })
}

pub(super) fn typed(kind: &'static str, bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind)], bytes).into_response()
}
