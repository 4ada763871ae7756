//! Derives a record's outputs and documents again. The recorded inputs are
//! fed at their recorded times to an interviewer made from the record's own
//! set-up; its outputs are compared with the log in order, and the documents
//! folded from the log are compared with the sealed ones byte for byte.

use crate::digest::sha256_hex;
use crate::event::{Event, Output, Record};
use crate::interview::score::Similarity;
use crate::interview::{Interview, Setup};
use crate::record::{RecordError, RecordReader};
use crate::report::{self, FromRecordError, RecordedSession};
use serde::Serialize;
use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

/// Characters of a differing line that are shown on either side.
const SHOWN: usize = 200;

/// One place where record and derivation part.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: an event's number, or a document and its line.
    pub place: String,
    /// What the record holds there.
    pub recorded: String,
    /// What follows from the inputs.
    pub derived: String,
}

/// What came of it.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Rederived {
    /// The session's id.
    pub session: String,
    /// The program that wrote the record.
    pub recorded_by: String,
    /// The program that derived it now.
    pub derived_by: String,
    /// Whether the session was brought to its end and sealed.
    pub complete: bool,
    /// Inputs that were fed.
    pub inputs: usize,
    /// Outputs that were compared and found equal.
    pub outputs: usize,
    /// Documents that were found equal.
    pub documents: Vec<String>,
    /// The first output that differs, and the first line of every document
    /// that does.
    pub differences: Vec<Difference>,
}

impl Rederived {
    /// Whether everything follows.
    pub fn follows(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Derives the record in `dir` again; documents are scored `by` the
/// similarity that scored the recorded ones.
///
/// # Errors
/// Where the record or its set-up cannot be read. Differences are no errors.
pub fn rederive(dir: &Path, by: &dyn Similarity) -> Result<Rederived, FromRecordError> {
    let RecordedSession {
        head,
        setup,
        records,
        sealed,
        ..
    } = RecordedSession::read(dir)?;
    let mut out = Rederived {
        session: head.session.clone(),
        recorded_by: head.program.clone(),
        derived_by: crate::PROGRAM.to_owned(),
        complete: sealed,
        inputs: 0,
        outputs: 0,
        documents: Vec::new(),
        differences: Vec::new(),
    };
    if let Some(told) = head.hashes.get("setup") {
        let found = sha256_hex(head.setup.to_string().as_bytes());
        if *told != found {
            out.differences.push(Difference {
                place: "head.json, hash of the set-up".to_owned(),
                recorded: told.clone(),
                derived: found,
            });
        }
    }
    let interview = compare_outputs(&setup, &records, &mut out);
    if out.complete {
        let account = interview.asked();
        let report = report::of_session(&setup, head.began_unix_ms, records, account, by);
        let reader = RecordReader::open(dir)?;
        compare_documents(&reader, report::documents(&report), &mut out)?;
    }
    Ok(out)
}

/// Feeds the inputs and compares the outputs up to the first difference. The
/// interviewer comes back as it is after the last input.
fn compare_outputs(setup: &Setup, records: &[Record], out: &mut Rederived) -> Interview {
    let mut interview = Interview::new(setup);
    let mut due: VecDeque<Output> = VecDeque::new();
    let mut parted = false;
    for record in records {
        match &record.event {
            Event::Input { input } => {
                if !parted && let Some(missing) = due.pop_front() {
                    parted = true;
                    out.differences.push(Difference {
                        place: format!("before event {}", record.seq),
                        recorded: "nothing".to_owned(),
                        derived: told(&missing),
                    });
                }
                due.clear();
                out.inputs += 1;
                interview.handle(input.clone(), record.at);
                due.extend(std::iter::from_fn(|| interview.poll()));
            }
            Event::Output { output } if !parted => {
                let derived = due.pop_front();
                if derived.as_ref() == Some(output) {
                    out.outputs += 1;
                    continue;
                }
                parted = true;
                out.differences.push(Difference {
                    place: format!("event {}", record.seq),
                    recorded: told(output),
                    derived: derived.as_ref().map_or_else(|| "nothing".to_owned(), told),
                });
            }
            _ => {}
        }
    }
    // Where the writer was killed, the last outputs may not have been written.
    if out.complete
        && !parted
        && let Some(missing) = due.pop_front()
    {
        out.differences.push(Difference {
            place: "after the last event".to_owned(),
            recorded: "nothing".to_owned(),
            derived: told(&missing),
        });
    }
    interview
}

fn compare_documents(
    reader: &RecordReader,
    derived: Vec<(String, Vec<u8>)>,
    out: &mut Rederived,
) -> Result<(), RecordError> {
    let folder = reader.dir().join("documents");
    let mut unknown: BTreeSet<String> = reader.documents()?.into_iter().collect();
    for (name, content) in derived {
        unknown.remove(&name);
        match fs::read(folder.join(&name)) {
            Ok(recorded) if recorded == content => out.documents.push(name),
            Ok(recorded) => out.differences.push(parting(&name, &recorded, &content)),
            Err(e) => out.differences.push(Difference {
                place: format!("documents/{name}"),
                recorded: format!("cannot be read: {e}"),
                derived: format!("{} bytes", content.len()),
            }),
        }
    }
    for name in unknown {
        out.differences.push(Difference {
            place: format!("documents/{name}"),
            recorded: "a document".to_owned(),
            derived: "nothing".to_owned(),
        });
    }
    Ok(())
}

/// The first line in which two texts differ, or the first byte of what is no
/// text.
fn parting(name: &str, recorded: &[u8], derived: &[u8]) -> Difference {
    let texts = (std::str::from_utf8(recorded), std::str::from_utf8(derived));
    let (Ok(a), Ok(b)) = texts else {
        let at = recorded.iter().zip(derived).take_while(|(a, b)| a == b);
        let at = at.count();
        let byte = |bytes: &[u8]| {
            bytes
                .get(at)
                .map_or_else(|| "the end".to_owned(), |b| format!("byte {b:#04x}"))
        };
        return Difference {
            place: format!("documents/{name}, byte {at}"),
            recorded: byte(recorded),
            derived: byte(derived),
        };
    };
    let mut lines = (a.split('\n'), b.split('\n'));
    let mut number = 0;
    loop {
        number += 1;
        match (lines.0.next(), lines.1.next()) {
            (a, b) if a == b && a.is_some() => {}
            (a, b) => {
                return Difference {
                    place: format!("documents/{name}, line {number}"),
                    recorded: shown(a),
                    derived: shown(b),
                };
            }
        }
    }
}

fn shown(line: Option<&str>) -> String {
    let Some(line) = line else {
        return "the end".to_owned();
    };
    let mut out: String = line.chars().take(SHOWN).collect();
    if out.len() < line.len() {
        out.push_str(" ...");
    }
    out
}

fn told(output: &Output) -> String {
    let text = serde_json::to_string(output).unwrap_or_else(|e| e.to_string());
    shown(Some(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_or_byte_that_differs_is_named() {
        let check = |a: &[u8], b: &[u8], place: &str, recorded: &str, derived: &str| {
            let found = parting("x.txt", a, b);
            assert_eq!(found.place, format!("documents/x.txt, {place}"));
            assert_eq!(
                (found.recorded.as_str(), found.derived.as_str()),
                (recorded, derived)
            );
        };
        check(b"one\ntwo\n", b"one\n2\n", "line 2", "two", "2");
        check(b"one\n", b"one\nmore", "line 2", "", "more");
        check(b"one", b"one\n", "line 2", "the end", "");
        check(b"\xff\x01", b"\xff\x02", "byte 1", "byte 0x01", "byte 0x02");
        check(b"\xff", b"\xff\x02", "byte 1", "the end", "byte 0x02");
    }
}
