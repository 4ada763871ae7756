//! Reads an interview's transcript that another program wrote: a header of
//! `Key: value` lines, the dialogue in turns that begin with `AI Recruiter:`
//! or `Candidate:`, and whatever sections follow it. Only the header's names
//! and the dialogue are kept; questions, scores and reports that the file
//! itself gives are never looked at.

use crate::record::BESIDE;
use thiserror::Error;

/// A file that is no transcript.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TranscriptError {
    /// Bytes that are no text.
    #[error(
        "{file}: found bytes that are no UTF-8 text (at byte {at}), expected a transcript as plain text"
    )]
    NotText {
        /// The file.
        file: String,
        /// The first of them.
        at: usize,
    },
    /// Nothing.
    #[error("{file}: found an empty file, expected a transcript as plain text")]
    Empty {
        /// The file.
        file: String,
    },
    /// Something else at a place where a turn begins.
    #[error("{file}, line {line}: found {found}, expected {expected}")]
    Line {
        /// The file.
        file: String,
        /// Number of the line, from 1.
        line: usize,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// Who asks.
    Recruiter,
    /// Who answers.
    Candidate,
}

/// What one said at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub who: Voice,
    /// Line of the file where it begins, from 1.
    pub line: usize,
    /// Its paragraphs, an empty line between two, without quotes around the
    /// whole; empty where nothing was said.
    pub text: String,
}

/// A transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The candidate's name.
    pub candidate: Option<String>,
    /// The position.
    pub position: Option<String>,
    /// What the file calls the candidate's quality; for people only.
    pub profile: Option<String>,
    /// The dialogue.
    pub turns: Vec<Turn>,
}

const A_TURN: &str = "a turn that begins with \"AI Recruiter:\" or \"Candidate:\"";

/// What a header's line may begin with, besides the names.
const HEADER: &[&str] = &[
    "interview transcript",
    "candidate",
    "quality profile",
    "position",
    "company",
    "date",
    "interview date",
    "total turns",
    "average relevance score",
    "average evaluation score",
];

/// Sections that follow a dialogue.
const SECTIONS: &[&str] = &[
    "technical questions and answers",
    "questions and answers",
    "evaluation report",
    "evaluation",
    "hr report",
    "recommendation",
];

impl Transcript {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// When they are no text, or no dialogue can be found in it.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, TranscriptError> {
        let text = std::str::from_utf8(bytes).map_err(|e| TranscriptError::NotText {
            file: file.to_owned(),
            at: e.valid_up_to(),
        })?;
        Self::parse(file, text)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// When no dialogue can be found in it.
    pub fn parse(file: &str, text: &str) -> Result<Self, TranscriptError> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err(TranscriptError::Empty {
                file: file.to_owned(),
            });
        }
        let mut reader = Reader::default();
        let lines: Vec<&str> = text.lines().collect();
        for (at, raw) in lines.iter().enumerate() {
            let line = raw.trim_end_matches('\r').trim();
            let next = lines[at + 1..]
                .iter()
                .map(|l| l.trim())
                .find(|l| !l.is_empty());
            if reader.in_dialogue() && ends_dialogue(line, next) {
                break;
            }
            reader.line(file, at + 1, line)?;
        }
        reader.finish(file, lines.len())
    }
}

#[derive(Default)]
struct Reader {
    out: Transcript,
    /// Rules seen: the header stands between two.
    rules: usize,
}

impl Reader {
    fn in_dialogue(&self) -> bool {
        !self.out.turns.is_empty()
    }

    fn line(&mut self, file: &str, number: usize, line: &str) -> Result<(), TranscriptError> {
        if let Some((who, rest)) = speaker(line) {
            // "Candidate: NAME" of the header is no turn.
            let header = !self.in_dialogue() && who == Voice::Candidate && self.heads(rest);
            if !header {
                if who == Voice::Candidate && !self.in_dialogue() {
                    return Err(TranscriptError::Line {
                        file: file.to_owned(),
                        line: number,
                        found: shown(line),
                        expected: "the recruiter's first turn (\"AI Recruiter:\") before any answer",
                    });
                }
                self.out.turns.push(Turn {
                    who,
                    line: number,
                    text: rest.to_owned(),
                });
                return Ok(());
            }
        }
        if let Some(turn) = self.out.turns.last_mut() {
            // A correction beside the answer: what was recognised is judged.
            if line.starts_with(BESIDE) && line.ends_with(']') {
                return Ok(());
            }
            turn.text.push('\n');
            turn.text.push_str(line);
            return Ok(());
        }
        if line.is_empty() {
            return Ok(());
        }
        if is_rule(line) {
            self.rules += 1;
            return Ok(());
        }
        let plain = line.trim_matches(|c| "#* ".contains(c));
        let (key, value) = plain.split_once(':').unwrap_or((plain, ""));
        let key = key.trim_matches(|c| "* ".contains(c)).to_lowercase();
        let value = value.trim_matches(|c| "* ".contains(c));
        let some = (!value.is_empty()).then(|| value.to_owned());
        match key.as_str() {
            "candidate" => self.out.candidate = self.out.candidate.take().or(some),
            "position" => self.out.position = some,
            "quality profile" => self.out.profile = some,
            key if HEADER.contains(&key) => {}
            // Another program's own line of the header.
            _ if self.rules == 1 && !value.is_empty() => {}
            _ => {
                return Err(TranscriptError::Line {
                    file: file.to_owned(),
                    line: number,
                    found: shown(line),
                    expected: A_TURN,
                });
            }
        }
        Ok(())
    }

    /// Whether a "Candidate:" before the first turn is the header's: it
    /// stands before the header's last rule and names nobody else yet.
    fn heads(&self, rest: &str) -> bool {
        self.rules < 2 && self.out.candidate.is_none() && rest.split_whitespace().count() <= 8
    }

    fn finish(mut self, file: &str, lines: usize) -> Result<Transcript, TranscriptError> {
        for turn in &mut self.out.turns {
            turn.text = unquoted(&turn.text);
        }
        if self.out.turns.is_empty() {
            return Err(TranscriptError::Line {
                file: file.to_owned(),
                line: lines,
                found: "the end of the file".to_owned(),
                expected: A_TURN,
            });
        }
        Ok(self.out)
    }
}

/// Who a line begins to speak for, and the rest of it.
fn speaker(line: &str) -> Option<(Voice, &str)> {
    let bare = line.trim_start_matches('*');
    for (name, who) in [
        ("AI Recruiter", Voice::Recruiter),
        ("Recruiter", Voice::Recruiter),
        ("AI Interviewer", Voice::Recruiter),
        ("Interviewer", Voice::Recruiter),
        ("Candidate", Voice::Candidate),
    ] {
        let Some(rest) = bare.strip_prefix(name) else {
            continue;
        };
        let stars = bare.len() < line.len();
        let rest = if stars {
            rest.strip_prefix(":**")
                .or_else(|| rest.strip_prefix("**:"))
        } else {
            rest.strip_prefix(':')
        };
        if let Some(rest) = rest {
            return Some((who, rest.trim()));
        }
    }
    None
}

/// A line of `=` or `-` only.
fn is_rule(line: &str) -> bool {
    line.len() >= 5 && (line.chars().all(|c| c == '=') || line.chars().all(|c| c == '-'))
}

/// Whether the dialogue is over: a rule with a section's name behind it, or
/// that name itself.
fn ends_dialogue(line: &str, next: Option<&str>) -> bool {
    let names = |text: &str| {
        let plain = text.trim_matches(|c| "#*: ".contains(c)).to_lowercase();
        SECTIONS.iter().any(|name| {
            plain == *name
                || plain
                    .strip_prefix(name)
                    .is_some_and(|r| r.starts_with(" ("))
        })
    };
    let capitals = line.chars().any(char::is_alphabetic) && !line.chars().any(char::is_lowercase);
    match next {
        Some(next) if is_rule(line) => names(next),
        None if is_rule(line) => true,
        _ => (capitals || line.starts_with('#')) && names(line),
    }
}

/// The text of a turn: lines trimmed, one empty line between paragraphs, and
/// without the quotes around the whole, whether or not both are there.
fn unquoted(text: &str) -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        match paragraphs.last_mut() {
            _ if line.is_empty() => paragraphs.push(String::new()),
            Some(last) if !last.is_empty() => {
                last.push('\n');
                last.push_str(line);
            }
            Some(last) => last.push_str(line),
            None => paragraphs.push(line.to_owned()),
        }
    }
    paragraphs.retain(|p| !p.is_empty());
    let text = paragraphs.join("\n\n");
    let count = |text: &str| text.matches(['"', '\u{201c}', '\u{201d}']).count();
    let opens = text.starts_with(['"', '\u{201c}']);
    let closes = text.ends_with(['"', '\u{201d}']);
    let open = |text: &str| text.trim_start_matches(['"', '\u{201c}']).trim().to_owned();
    let close = |text: &str| text.trim_end_matches(['"', '\u{201d}']).trim().to_owned();
    match (opens, closes) {
        (true, true) => close(&open(&text)),
        // An odd one was left over by whoever wrote the file.
        (true, false) if count(&text) % 2 == 1 => open(&text),
        (false, true) if count(&text) % 2 == 1 => close(&text),
        _ => text,
    }
}

/// A line as an error shows it.
fn shown(line: &str) -> String {
    let cut: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
    format!("\"{cut}\"")
}
