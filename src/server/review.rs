//! All that the player shows of one record, in one answer. The sound and its
//! peaks, the documents and the check of the record are asked for by
//! themselves.

use super::access::{self, Reason};
use super::house::House;
use super::problem::Problem;
use super::records::with_folder;
use crate::accounts::{Act, Identity};
use crate::record::{Annex, Annexes, RATE, Trust, corrections, kind};
use crate::report::review::Review;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) async fn review(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
    reason: Reason,
) -> Result<Json<Value>, Problem> {
    access::note(&house, &who, Act::ReadSession, &id, "review", &reason)?;
    let data_dir = house.engine.data_dir.clone();
    let session = id.clone();
    let told = with_folder(&house, id, move |dir| {
        let trust = Trust::own(&data_dir, &[])?;
        let annexes = Annexes::open(&data_dir, &session)?.list(&trust)?.annexes;
        let mut review = Review::open(&dir)?;
        review.corrections = corrections(&annexes);
        Ok(content(&review, &annexes))
    });
    Ok(Json(told.await?))
}

fn content(review: &Review, annexes: &[Annex]) -> Value {
    let head = review.reader.head();
    let audio = review.reader.manifest().and_then(|m| m.audio.as_ref());
    let ms = |samples: u64| samples * 1000 / u64::from(RATE);
    json!({
        "id": head.session,
        "candidate": head.candidate,
        "position": head.position,
        "company": head.company,
        "began_unix_ms": head.began_unix_ms,
        "program": head.program,
        "practice": review.report["practice"] == true,
        "sealed": review.reader.is_complete(),
        "running": review.reader.is_being_written(),
        "has_audio": review.reader.wav_path().is_some(),
        "audio_ms": audio.map(|a| ms(a.samples)),
        "length_ms": review.report["length_ms"],
        "turns": review.turns(),
        "questions": review.questions(true, true),
        "recommendation": review.report["recommendation"],
        "scored_by": review.report["scored_by"],
        "scores_sealed": review.sealed,
        "gaps": review.gaps(),
        "timeline": review.timeline(),
        "redactions": redactions(annexes),
        "holds": crate::record::holds(annexes),
    })
}

/// The redacted copies that were made. What they hide stands in the annex,
/// and is not told here.
fn redactions(annexes: &[Annex]) -> Vec<Value> {
    let made = annexes.iter().filter(|a| a.kind == kind::REDACTION);
    made.map(|a| {
        json!({
            "redaction": a.body["redaction"],
            "by": a.by,
            "why": a.body["why"],
            "at_unix_ms": a.at_unix_ms,
        })
    })
    .collect()
}
