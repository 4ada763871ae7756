//! After the interview, line by line: the transcript, corrections, a copy,
//! and what comes next. The words are [`crate::report::after`]'s.

use super::who::log;
use crate::clock::unix_millis;
use crate::config::Config;
use crate::event::{EndReason, Mode, Utterance};
use crate::export::subject;
use crate::interview::{Job, Setup};
use crate::record::{
    Annexes, Policies, RecordReader, Trust, correct, corrections, sessions_dir, utterances,
};
use crate::report::after::{INVITATION, Order, read_order, transcript, what_next};
use crate::report::documents::STUDY_PLAN;
use serde::Deserialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Who reads, on the access log: that is never erased, so it gets no name.
const READER: &str = "candidate";

/// An interview that is over.
pub(super) struct After<'a> {
    pub(super) config: &'a Config,
    pub(super) session: &'a str,
    pub(super) ended: EndReason,
    /// The record's folder, where it is on this machine.
    pub(super) record: Option<&'a Path>,
    /// As it was handed in, where it was.
    pub(super) job: Option<Job>,
    /// Go through the transcript with whoever is at the keyboard.
    pub(super) review: bool,
}

/// The setup that a record began with; records of other versions may hold
/// another kind.
fn setup_of(record: &Path) -> Option<Setup> {
    let reader = RecordReader::open(record).ok()?;
    Setup::deserialize(&reader.head().setup).ok()
}

impl After<'_> {
    /// Shows and asks, until the candidate is done or the keyboard ends, and
    /// tells what comes next.
    ///
    /// # Errors
    ///
    /// Where the terminal is gone. What fails with the record is told, and
    /// the rest goes on: the interview itself is safe.
    pub(super) async fn run(
        self,
        keys: &mut mpsc::Receiver<String>,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let setup = self.record.and_then(setup_of);
        let own = self.own_record();
        if let (true, Some(dir), Some(setup)) = (self.review, &own, &setup) {
            self.review(dir, setup, keys, out).await?;
        }
        let mode = setup
            .as_ref()
            .map_or(self.config.interview.mode, |s| s.settings.mode);
        if mode == Mode::Coach && self.ended != EndReason::ConsentRefused {
            self.study_plan(out)?;
        }
        let job = setup.map(|s| s.job).or(self.job);
        if let Some(job) = job {
            writeln!(out)?;
            for line in what_next(&job, mode, self.ended, self.session) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }

    /// Prints the study plan, where the record is on this machine.
    fn study_plan(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let file = self
            .record
            .map(|dir| dir.join("documents").join(STUDY_PLAN));
        if let Some(plan) = file.and_then(|file| std::fs::read_to_string(file).ok()) {
            writeln!(out, "\n{}", plan.trim_end())?;
        }
        Ok(())
    }

    /// The record, where it lies among this machine's sessions: only those
    /// have corrections and copies.
    fn own_record(&self) -> Option<PathBuf> {
        let own = sessions_dir(&self.config.data_dir()).join(self.session);
        let same = own.canonicalize().ok()? == self.record?.canonicalize().ok()?;
        (same && self.ended != EndReason::ConsentRefused).then_some(own)
    }

    async fn review(
        &self,
        dir: &Path,
        setup: &Setup,
        keys: &mut mpsc::Receiver<String>,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let data_dir = self.config.data_dir();
        let by = setup.resume.name.as_str();
        let by = if by.trim().is_empty() { READER } else { by };
        let said = match log(&data_dir, "transcript", &[dir], READER, None)
            .and_then(|()| Ok(utterances(dir)?))
        {
            Ok(said) => said,
            Err(error) => {
                writeln!(out, "The transcript cannot be shown: {error:#}")?;
                return Ok(());
            }
        };
        if said.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nThis is what was understood:")?;
        self.show(&said, out)?;
        writeln!(out, "{INVITATION}")?;
        while let Some(line) = keys.recv().await {
            let done = match read_order(&line, &said) {
                Ok(Order::Done) => return Ok(()),
                Ok(Order::Copy) => self.copy(),
                Ok(Order::Correct { utterance, text }) => self.correct(dir, utterance, &text, by),
                Err(why) => Ok(why),
            };
            match done {
                Ok(told) => writeln!(out, "{told}")?,
                Err(error) => writeln!(out, "{error:#}")?,
            }
        }
        Ok(())
    }

    fn show(&self, said: &[Utterance], out: &mut impl Write) -> anyhow::Result<()> {
        let data_dir = self.config.data_dir();
        let found = Annexes::open(&data_dir, self.session)
            .and_then(|annexes| annexes.list(&Trust::own(&data_dir, &[])?));
        let standing = found.map_or_else(|_| Vec::new(), |listed| corrections(&listed.annexes));
        for line in transcript(said, &standing) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    fn correct(&self, dir: &Path, utterance: u32, text: &str, by: &str) -> anyhow::Result<String> {
        let data_dir = self.config.data_dir();
        log(&data_dir, "correct", &[dir], READER, None)?;
        let annexes = Annexes::open(&data_dir, self.session)?;
        let who = (by, Some("by the candidate after the interview"));
        correct(&annexes, dir, utterance, text, who, unix_millis())?;
        Ok(format!(
            "Number {utterance} is corrected; both texts are kept."
        ))
    }

    /// Writes the archive of this session into the working directory.
    fn copy(&self) -> anyhow::Result<String> {
        let data_dir = self.config.data_dir();
        let dir = sessions_dir(&data_dir).join(self.session);
        log(&data_dir, "export", &[&dir], READER, None)?;
        let policies = Policies::load(self.config.retention.file.as_deref())?;
        let under = subject::Under {
            policies: &policies,
            chosen: &self.config.retention.policy,
        };
        let file = PathBuf::from(format!("viva-{}.zip", self.session));
        let trust = Trust::own(&data_dir, &[])?;
        let made = subject::export(&data_dir, self.session, &file, under, &trust, unix_millis())?;
        Ok(format!("Your copy: {}", made.file.display()))
    }
}
