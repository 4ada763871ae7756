//! Reads whatever there is of a record, whole or not, and says what
//! `viva verify` would say.

use crate::event::Record;
use crate::record::{
    Problem, ProblemKind, RecordError, RecordReader, Trust, corrections_of, verify,
};
use crate::replay::{CallWav, NoSound, Sound, Timeline, candidate_name};
use crate::report::dialogue::flat;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// A record, ready to be played.
pub(super) struct Loaded {
    pub(super) session: String,
    pub(super) candidate: String,
    pub(super) position: String,
    pub(super) complete: bool,
    running: bool,
    /// The recording, where there is anything to hear.
    pub(super) audio: Option<PathBuf>,
    pub(super) timeline: Timeline,
    pub(super) sound: Box<dyn Sound>,
    pub(super) problems: Vec<Problem>,
    /// What ended the reading of the log early.
    pub(super) damage: Option<String>,
}

/// Loads the record in `dir`; its own key is in `data_dir`.
///
/// # Errors
/// If there is no record, or what there is cannot be read at all.
pub(super) fn load(dir: &Path, data_dir: &Path) -> anyhow::Result<Loaded> {
    let wav = Some(dir.join("call.wav")).filter(|path| path.is_file());
    let reader = match RecordReader::open(dir) {
        Ok(reader) => Ok(reader),
        // Without a head it is none, and of a damaged one what can be heard
        // is played.
        Err(error @ RecordError::NotFound { .. }) => return Err(error.into()),
        Err(error) if wav.is_none() => return Err(error.into()),
        Err(error) => Err(error),
    };
    // A key that cannot be read makes the seal a foreign one, no more.
    let trust = Trust::own(data_dir, &[]).unwrap_or_else(|_| Trust::Keys(Vec::new()));
    let mut problems = verify(dir, &trust);
    let (records, damage) = match &reader {
        Ok(reader) => read_log(reader),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let sound: Box<dyn Sound> = match &wav {
        Some(path) => {
            let sound = CallWav::open(path);
            Box::new(sound.with_context(|| format!("Cannot read {}", path.display()))?)
        }
        None => Box::new(NoSound),
    };
    let mut timeline = Timeline::fold(&records, &sound);
    let (corrections, wrong) = corrections_of(data_dir, dir, &trust)?;
    problems.extend(wrong);
    timeline.correct(&records, &corrections);
    let head = reader.as_ref().ok().map(RecordReader::head);
    Ok(Loaded {
        session: head.map_or_else(String::new, |h| h.session.clone()),
        candidate: head.map_or_else(|| "Candidate".to_owned(), candidate_name),
        position: head.map_or_else(String::new, |h| flat(&h.position)),
        complete: reader.as_ref().is_ok_and(RecordReader::is_complete),
        running: reader.as_ref().is_ok_and(RecordReader::is_being_written),
        timeline,
        audio: wav.filter(|_| sound.frames() > 0),
        sound,
        problems,
        damage,
    })
}

/// The log, as far as one line follows from the other.
fn read_log(reader: &RecordReader) -> (Vec<Record>, Option<String>) {
    let mut records = Vec::new();
    let lines = match reader.records() {
        Ok(lines) => lines,
        Err(error) => return (records, Some(error.to_string())),
    };
    for record in lines {
        match record {
            Ok(record) => records.push(record),
            Err(error) => return (records, Some(error.to_string())),
        }
    }
    (records, None)
}

impl Loaded {
    /// One line about a record that is not whole.
    pub(super) fn warning(&self) -> Option<String> {
        let unsealed = |p: &&Problem| p.kind == ProblemKind::NotSealed;
        let others: Vec<&Problem> = self.problems.iter().filter(|p| !unsealed(p)).collect();
        let mut text = match (self.running, others.len() < self.problems.len()) {
            (true, _) => "The session is still running; what there is so far is played.".to_owned(),
            (_, true) => "The record is incomplete; it is played as far as it goes.".to_owned(),
            _ => String::new(),
        };
        if let Some(first) = others.first() {
            let count = match others.len() {
                1 => "a problem".to_owned(),
                n => format!("{n} problems, the first"),
            };
            let Problem {
                kind,
                place,
                detail,
            } = first;
            let dot = if text.is_empty() { "" } else { " " };
            text += &format!("{dot}viva verify finds {count}: {kind}, {place}: {detail}.");
        }
        if self.damage.is_some() {
            let last = self.timeline.lines.last();
            text += &last.map_or_else(
                || " No lines can be shown.".to_owned(),
                |line| format!(" Lines after event {} cannot be shown.", line.seq),
            );
        }
        Some(flat(&text)).filter(|text| !text.is_empty())
    }

    /// What is played.
    pub(super) fn title(&self) -> String {
        if self.position.is_empty() {
            format!("Interview of {}", self.candidate)
        } else {
            format!("Interview of {} for {}", self.candidate, self.position)
        }
    }
}
