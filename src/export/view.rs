//! What the pages show of one record: who said what and when, gaps, scores
//! with their evidence, the sound's outline. Texts and scores are the sealed
//! ones where the record has them; else they are folded from its log now.

use super::ExportError;
use crate::event::{Event, Record, Track};
use crate::interview::Setup;
use crate::interview::score::Lexical;
use crate::record::{Annex, Correction, RATE, RecordReader};
use crate::report;
use serde::Serialize;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Columns of the outline for each second.
const COLUMNS: u32 = 20;

/// One record, as far as it can be read.
pub(super) struct View {
    /// The record's folder, open.
    pub(super) reader: RecordReader,
    /// Everything with times, as `documents/transcript.json` has it.
    pub(super) report: Value,
    /// Whether that is the sealed document.
    pub(super) sealed: bool,
    /// What stands beside what was recognised.
    pub(super) corrections: Vec<Correction>,
    records: Vec<Record>,
}

/// The sound's outline: the largest level in each column, 0-100, for both
/// channels.
#[derive(Serialize, Default)]
pub(super) struct Outline {
    columns_per_second: u32,
    candidate: Vec<u8>,
    recruiter: Vec<u8>,
}

impl View {
    /// Reads a record.
    ///
    /// # Errors
    /// Where its head or log cannot be read.
    pub(super) fn open(dir: &Path) -> Result<Self, ExportError> {
        let reader = RecordReader::open(dir)?;
        // To the last line that can be read; what is wrong is said elsewhere.
        let records: Vec<Record> = reader.records()?.map_while(Result::ok).collect();
        let sealed = fs::read(dir.join("documents/transcript.json"))
            .ok()
            .filter(|_| reader.is_complete())
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
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
    pub(super) fn gaps(&self) -> Vec<Value> {
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

    /// Where the recording begins on the session's clock, in milliseconds.
    pub(super) fn audio_began_ms(&self) -> u64 {
        let began = |r: &Record| matches!(r.event, Event::AudioStarted { .. });
        let found = self.records.iter().find(|r| began(r));
        found.map_or(0, |r| r.at.millis())
    }

    /// The turns, with as much as the pages need.
    pub(super) fn turns(&self) -> Vec<Value> {
        let corrected = |turn: &Value| {
            let utterance = turn["utterance"]["id"].as_u64()?;
            let mut all = self.corrections.iter();
            let found = all.find(|c| u64::from(c.utterance) == utterance)?;
            Some(json!({"text": found.text, "by": found.by}))
        };
        let keep = |turn: &Value| {
            json!({
                "who": turn["who"],
                "at_ms": turn["at_ms"],
                "start_ms": turn["start_ms"],
                "end_ms": turn["end_ms"],
                "text": turn["text"],
                "heard": turn["heard"],
                "purpose": turn["line"]["purpose"]["is"],
                "typed": turn["utterance"]["source"] == "typed",
                "words": turn["utterance"]["words"],
                "corrected": corrected(turn),
            })
        };
        list(&self.report["dialogue"]).iter().map(keep).collect()
    }

    /// The questions with their scores; without `scores` the answers only,
    /// without `evidence` the scores only.
    pub(super) fn questions(&self, scores: bool, evidence: bool) -> Vec<Value> {
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

    /// The outline of the recording; none if there is no recording.
    pub(super) fn outline(&self) -> Option<Outline> {
        outline(&self.reader.wav_path()?).ok()
    }
}

/// A list, or nothing.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Folds the report of a record that has no sealed one.
fn fold(reader: &RecordReader, records: &[Record]) -> Value {
    let head = reader.head();
    let Ok(setup) = serde_json::from_value::<Setup>(head.setup.clone()) else {
        let dialogue = report::Dialogue::fold(records);
        return json!({ "dialogue": dialogue.turns });
    };
    let account = report::account(&setup, records);
    let report = report::of_session(
        &setup,
        head.began_unix_ms,
        records.to_vec(),
        &account,
        &Lexical,
    );
    serde_json::to_value(report).unwrap_or_default()
}

fn outline(wav: &Path) -> io::Result<Outline> {
    let mut file = BufReader::with_capacity(1 << 18, fs::File::open(wav)?);
    file.read_exact(&mut [0; 44])?;
    let mut out = Outline {
        columns_per_second: COLUMNS,
        ..Outline::default()
    };
    let mut block = Vec::new();
    loop {
        block.clear();
        let most = u64::from(RATE / COLUMNS) * 4;
        (&mut file).take(most).read_to_end(&mut block)?;
        if block.len() < 4 {
            return Ok(out);
        }
        let level = |channel: usize| {
            let samples = block.chunks_exact(4);
            let loudest = samples
                .map(|f| i16::from_le_bytes([f[channel], f[channel + 1]]).unsigned_abs())
                .max();
            (u32::from(loudest.unwrap_or(0)) * 100 / 32_768) as u8
        };
        out.candidate.push(level(0));
        out.recruiter.push(level(2));
    }
}

/// The annexes as the pages show them.
pub(super) fn stated(annexes: &[Annex]) -> Vec<Value> {
    annexes
        .iter()
        .map(|a| json!({"kind": a.kind, "by": a.by, "at_unix_ms": a.at_unix_ms, "body": a.body}))
        .collect()
}
