//! From what a candidate's side or an invitation asks for to a prepared
//! interview and the head of its record.

use super::Refusal;
use crate::clock::unix_millis;
use crate::event::ClientFacts;
use crate::interview::bank::Bank;
use crate::interview::{Job, Resume, Setup};
use crate::protocol::{ErrorCode, SetupRequest};
use crate::record::{FORMAT, Head, new_session_id};
use std::collections::BTreeMap;

/// Reads the documents of a request and chooses the questions.
///
/// # Errors
///
/// Where job, résumé, bank or settings cannot be used.
pub fn prepare(request: &SetupRequest) -> Result<Setup, Refusal> {
    let bad = |e: &dyn std::fmt::Display| Refusal::new(ErrorCode::Setup, e, true);
    let job = Job::parse(&request.job.name, &request.job.text).map_err(|e| bad(&e))?;
    let candidate = request.candidate.as_deref();
    let resume = match &request.resume {
        Some(doc) => Resume::parse_for(&doc.name, &doc.text, candidate).map_err(|e| bad(&e))?,
        None => candidate.map(Resume::of_name).unwrap_or_default(),
    };
    let files: Vec<(&str, &str)> = request
        .bank
        .iter()
        .map(|d| (d.name.as_str(), d.text.as_str()))
        .collect();
    let bank = Bank::with_own(&files, request.bank_alone).map_err(|e| bad(&e))?;
    Setup::prepare(job, resume, &bank, request.settings.clone()).map_err(|e| bad(&e))
}

pub(super) fn head(
    setup: &Setup,
    client: &ClientFacts,
    identity: Option<(String, i64)>,
) -> Result<Head, Refusal> {
    let json = serde_json::to_value(setup)
        .map_err(|e| Refusal::new(ErrorCode::Setup, format!("The plan: {e}"), true))?;
    let mut hashes = BTreeMap::new();
    if let Some((_, hash)) = client.model.rsplit_once(" sha256:") {
        hashes.insert("model".to_owned(), hash.to_owned());
    }
    hashes.insert(
        "setup".to_owned(),
        crate::digest::sha256_hex(json.to_string().as_bytes()),
    );
    let (session, began_unix_ms) = match identity {
        Some(identity) => identity,
        None => {
            let now = unix_millis();
            (new_session_id(now)?, now)
        }
    };
    Ok(Head {
        format: FORMAT,
        session,
        began_unix_ms,
        candidate: setup.resume.name.clone(),
        position: setup.job.title.clone(),
        company: Some(setup.job.company.clone()).filter(|c| !c.is_empty()),
        program: crate::PROGRAM.to_owned(),
        hashes,
        setup: json,
    })
}
