//! What a page that reviews one record shows of it: who said what and when,
//! gaps, what else happened, scores with their evidence. Texts and scores are
//! the sealed ones where the record has them and they are what its manifest
//! says; else they are folded from its log now.

use super::clocks::Clocks;
use super::{Dialogue, RecordedSession, account, of_session, timeline};
use crate::event::{Event, Record, Track};
use crate::interview::Setup;
use crate::interview::score::Lexical;
use crate::record::{Annex, Correction, RATE, RecordError, RecordReader};
use serde_json::{Value, json};
use std::path::Path;

/// One record, as far as it can be read.
pub struct Review {
    /// The record's folder, open.
    pub reader: RecordReader,
    /// Everything with times, as `documents/transcript.json` has it.
    pub report: Value,
    /// Whether that is the sealed document, as the manifest has its hash.
    pub sealed: bool,
    /// What stands beside what was recognised.
    pub corrections: Vec<Correction>,
    records: Vec<Record>,
}

impl Review {
    /// Reads a record.
    ///
    /// # Errors
    /// Where its head or log cannot be read.
    pub fn open(dir: &Path) -> Result<Self, RecordError> {
        let reader = RecordReader::open(dir)?;
        // To the last line that can be read; what is wrong is said elsewhere.
        let records: Vec<Record> = reader.records()?.map_while(Result::ok).collect();
        let sealed = RecordedSession::sealed_report(&reader);
        let is_sealed = sealed.is_some();
        let report = sealed.unwrap_or_else(|| fold(&reader, &records));
        Ok(Self {
            reader,
            report,
            sealed: is_sealed,
            corrections: Vec::new(),
            records,
        })
    }

    /// Stretches of silence that stand for what was not recorded.
    pub fn gaps(&self) -> Vec<Value> {
        let gap = |record: &Record| match &record.event {
            Event::Gap {
                track,
                first_sample,
                samples,
                why,
            } => Some(json!({
                "track": match track { Track::Near => "candidate", Track::Far => "recruiter" },
                "start_ms": first_sample * 1000 / u64::from(RATE),
                "end_ms": (first_sample + samples) * 1000 / u64::from(RATE),
                "why": why,
            })),
            _ => None,
        };
        self.records.iter().filter_map(gap).collect()
    }

    /// The turns, with as much as the pages need.
    pub fn turns(&self) -> Vec<Value> {
        let corrected = |turn: &Value| {
            let utterance = turn["utterance"]["id"].as_u64()?;
            let mut all = self.corrections.iter();
            let found = all.find(|c| u64::from(c.utterance) == utterance)?;
            Some(json!({
                "text": found.text,
                "by": found.by,
                "why": found.why,
                "at_unix_ms": found.at_unix_ms,
            }))
        };
        let clocks = Clocks::fold(&self.records);
        let keep = |turn: &Value| {
            let logged = turn["at_ms"].as_u64().unwrap_or_default();
            json!({
                "place_ms": turn["start_ms"].as_u64().unwrap_or_else(|| clocks.recording(logged)),
                "seq": turn["seq"],
                "who": turn["who"],
                "at_ms": turn["at_ms"],
                "start_ms": turn["start_ms"],
                "end_ms": turn["end_ms"],
                "text": turn["text"],
                "heard": turn["heard"],
                "purpose": turn["line"]["purpose"]["is"],
                "human": turn["line"]["purpose"]["by"],
                "confidence": turn["utterance"]["confidence"],
                "typed": turn["utterance"]["source"] == "typed",
                "words": turn["utterance"]["words"],
                "corrected": corrected(turn),
            })
        };
        list(&self.report["dialogue"]).iter().map(keep).collect()
    }

    /// The questions with their scores; without `scores` the answers only,
    /// without `evidence` the scores only.
    pub fn questions(&self, scores: bool, evidence: bool) -> Vec<Value> {
        let cut = |question: &Value| {
            let score = &question["score"];
            let mut out = json!({
                "number": question["number"],
                "title": question["title"],
                "asked": question["asked"],
                "skills": question["skills"],
                "relevance": question["relevance"],
                "why_chosen": question["why_chosen"],
                "answers": question["answers"],
                "follow_ups": question["follow_ups"],
            });
            if scores {
                out["score"] = score["score"].clone();
                out["abstained"] = score["abstained"].clone();
                out["why"] = score["why"].clone();
                out["struggled"] = question["struggled"].clone();
            }
            if scores && evidence {
                out["evidence"] = score["hits"].clone();
                out["misconceptions"] = score["misconceptions"].clone();
                out["missing"] = question["missing"].clone();
            }
            out
        };
        list(&self.report["questions"]).iter().map(cut).collect()
    }

    /// What happened beside what was said, in order, as
    /// [`timeline`] folds it.
    pub fn timeline(&self) -> Vec<timeline::Happened> {
        timeline::fold(&self.records)
    }
}

/// A list, or nothing.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Folds the report of a record that has no sealed one.
fn fold(reader: &RecordReader, records: &[Record]) -> Value {
    let head = reader.head();
    let Ok(setup) = serde_json::from_value::<Setup>(head.setup.clone()) else {
        let dialogue = Dialogue::fold(records);
        return json!({ "dialogue": dialogue.turns });
    };
    let told = account(&setup, records);
    let began = head.began_unix_ms;
    let report = of_session(&setup, began, records.to_vec(), &told, &Lexical);
    serde_json::to_value(report).unwrap_or_default()
}

/// The annexes as the pages show them.
pub fn stated(annexes: &[Annex]) -> Vec<Value> {
    annexes
        .iter()
        .map(|a| json!({"kind": a.kind, "by": a.by, "at_unix_ms": a.at_unix_ms, "body": a.body}))
        .collect()
}
