//! `viva assess`: scores, relevance and recommendation for interviews that
//! others took, or for a session's record.

use super::embedding;
use super::open::read_document;
use super::who::Reading;
use crate::assess::{Assessment, Assessor, Transcript, summary, text};
use crate::interview::bank::Bank;
use crate::interview::{Job, Resume};
use crate::record::{RecordError, check_id, locate};
use crate::report::{self, RecordedSession};
use anyhow::{Context, bail};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// First file of a session's record.
const HEAD: &str = "head.json";

/// Score interviews: transcripts, sessions, or folders of them
///
/// Of a transcript only the dialogue is read; scores, labels and reports that
/// the file itself holds have no part in the assessment. One interview prints
/// its documents, several print a line each.
///
/// Exit status: 0 done, 2 bad usage or input; with several, those that can be
/// read are assessed all the same.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  viva assess transcript.txt --job job.md\n  viva assess transcripts/ --json\n  \
    viva assess 01J9ZQ4H5T8W3X2Y1V0N7M6K5B"
)]
pub(super) struct Args {
    /// A transcript, a session's id or folder, or a folder of these
    #[arg(required = true, value_name = "FILE|SESSION")]
    what: Vec<String>,

    /// The job, for the relevance of the questions and for the field
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,

    /// The candidate's résumé, for the name where a transcript has none
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,

    /// Question bank beside the built-in one; may be given again
    #[arg(long, value_name = "FILE")]
    bank: Vec<PathBuf>,

    #[command(flatten)]
    reading: Reading,

    /// Print JSON: one object, or one object a line for several interviews
    #[arg(long)]
    json: bool,
}

/// Where an interview is found.
enum Found {
    Transcript(PathBuf),
    Session(PathBuf),
}

/// One interview of several, in a line.
#[derive(Serialize)]
struct Named<'a> {
    interview: String,
    #[serde(flatten)]
    assessment: &'a Assessment,
}

/// Assesses.
///
/// # Errors
/// If the job, the résumé or a bank cannot be used, or nothing can be read.
pub(super) fn run(args: &Args, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let job = match &args.job {
        Some(path) => {
            let document = read_document(path)?;
            Some(Job::parse(&document.name, &document.text)?)
        }
        None => None,
    };
    let resume = match &args.resume {
        Some(path) => {
            let document = read_document(path)?;
            Some(Resume::parse(&document.name, &document.text)?)
        }
        None => None,
    };
    let own = bank(&args.bank)?;
    let bank = own.as_ref().map_or_else(
        || Bank::builtin().clone(),
        |own| Bank::builtin().merged(own),
    );
    let assessor = Assessor::new(bank)?;
    let given = Given {
        assessor,
        own,
        job,
        resume,
    };
    let mut wrong = 0;
    let mut found = Vec::new();
    let mut several = args.what.len() > 1;
    for name in &args.what {
        match look(name, data_dir) {
            Ok((mut inside, folder)) => {
                several |= folder;
                found.append(&mut inside);
            }
            Err(error) if args.what.len() > 1 => {
                wrong += 1;
                complain(&error);
            }
            Err(error) => return Err(error),
        }
    }
    let records: Vec<&Path> = found
        .iter()
        .filter(|one| matches!(one, Found::Session(_)))
        .map(Found::path)
        .collect();
    args.reading.note(data_dir, "assess", &records)?;
    let mut out = std::io::stdout().lock();
    let mut done: Vec<Assessment> = Vec::new();
    for one in &found {
        let assessment = match given.assess(one) {
            Ok(assessment) => assessment,
            Err(error) if several => {
                wrong += 1;
                complain(&error);
                continue;
            }
            Err(error) => return Err(error),
        };
        match (several, args.json) {
            (false, false) => write!(out, "{}", text(&assessment))?,
            (false, true) => writeln!(out, "{}", serde_json::to_string_pretty(&assessment)?)?,
            (true, true) => {
                let named = Named {
                    interview: one.path().display().to_string(),
                    assessment: &assessment,
                };
                writeln!(out, "{}", serde_json::to_string(&named)?)?;
            }
            (true, false) => {
                if done.is_empty() {
                    writeln!(out, "{}", summary::heading())?;
                }
                writeln!(out, "{}", summary::line(&assessment))?;
            }
        }
        done.push(assessment);
    }
    if several && !args.json {
        writeln!(out, "{}", summary::closing(&done, wrong))?;
    }
    out.flush()?;
    Ok(ExitCode::from(if wrong > 0 { 2 } else { 0 }))
}

fn complain(error: &anyhow::Error) {
    let text = format!("{error:#}");
    eprintln!(
        "viva: {}",
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    );
}

/// The recruiter's own bank, where one is given.
fn bank(files: &[PathBuf]) -> anyhow::Result<Option<Bank>> {
    if files.is_empty() {
        return Ok(None);
    }
    let documents = files
        .iter()
        .map(|path| read_document(path))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let pairs: Vec<(&str, &str)> = documents
        .iter()
        .map(|document| (document.name.as_str(), document.text.as_str()))
        .collect();
    Ok(Some(Bank::from_files(&pairs)?))
}

/// The interviews that a name stands for, and whether it names a folder of
/// them.
fn look(name: &str, data_dir: &Path) -> anyhow::Result<(Vec<Found>, bool)> {
    let path = Path::new(name);
    if path.is_file() {
        return Ok((vec![Found::Transcript(path.to_owned())], false));
    }
    if path.is_dir() && !path.join(HEAD).is_file() {
        return Ok((folder(path)?, true));
    }
    match locate(data_dir, name) {
        Ok(dir) => Ok((vec![Found::Session(dir)], false)),
        Err(RecordError::NotFound { .. }) if check_id(name).is_err() => bail!(
            "{name}: found neither a file nor a folder nor a session id, expected a transcript or a session"
        ),
        Err(error) => Err(error.into()),
    }
}

/// Transcripts and records of a folder, by name.
fn folder(path: &Path) -> anyhow::Result<Vec<Found>> {
    let entries = std::fs::read_dir(path)
        .with_context(|| format!("Cannot read the folder {}", path.display()))?;
    let mut inside: Vec<PathBuf> = entries
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("Cannot read the folder {}", path.display()))?
        .into_iter()
        .map(|entry| entry.path())
        .collect();
    inside.sort();
    let one = |path: PathBuf| {
        let text = path
            .extension()
            .is_some_and(|end| end == "txt" || end == "md");
        if path.join(HEAD).is_file() {
            Some(Found::Session(path))
        } else if path.is_file() && text {
            Some(Found::Transcript(path))
        } else {
            None
        }
    };
    let found: Vec<Found> = inside.into_iter().filter_map(one).collect();
    if found.is_empty() {
        bail!(
            "{}: found no interview in this folder, expected transcripts that end in .txt or .md, or sessions",
            path.display()
        );
    }
    Ok(found)
}

impl Found {
    fn path(&self) -> &Path {
        match self {
            Self::Transcript(path) | Self::Session(path) => path,
        }
    }
}

/// What was given beside the interviews.
struct Given {
    assessor: Assessor,
    own: Option<Bank>,
    job: Option<Job>,
    resume: Option<Resume>,
}

impl Given {
    fn assess(&self, found: &Found) -> anyhow::Result<Assessment> {
        match found {
            Found::Transcript(path) => {
                let file = path.display().to_string();
                let bytes = std::fs::read(path).with_context(|| file.clone())?;
                let transcript = Transcript::read(&file, &bytes)?;
                let (job, resume) = (self.job.as_ref(), self.resume.as_ref());
                Ok(self.assessor.transcript(&transcript, job, resume))
            }
            Found::Session(dir) => self.session(dir),
        }
    }

    /// A session is judged by its own plan and job, unless another job or a
    /// bank with questions of the same ids is given.
    fn session(&self, dir: &Path) -> anyhow::Result<Assessment> {
        let RecordedSession {
            head,
            mut setup,
            records,
            ..
        } = RecordedSession::read(dir)?;
        // What answered what was decided by the plan as it was.
        let account = report::account(&setup, &records);
        if let Some(own) = &self.own {
            for planned in &mut setup.plan.questions {
                if let Some(question) = own.question(&planned.question.id) {
                    planned.question = question.clone();
                }
            }
        }
        let told = report::of_session(
            &setup,
            head.began_unix_ms,
            records.clone(),
            &account,
            embedding::that_scored(dir)?.as_ref(),
        );
        let job = self.job.as_ref();
        Ok(self.assessor.session(
            told,
            &records,
            &account,
            job.unwrap_or(&setup.job),
            job.is_some(),
        ))
    }
}
