//! Holds many interviews at once, each on a clock of its own.

use super::cases::Case;
use super::chance::Chance;
use super::drive::drive;
use super::script::Script;
use crate::clock::Clock;
use crate::event::{ClientFacts, Settings};
use crate::interview::bank::Bank;
use crate::interview::{Job, Resume, Setup, SetupError};
use crate::record::{Options, SyncPolicy};
use crate::server::{Admission, Engine, Opening, Refusal, Session};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

/// The day of all simulated interviews: Monday, 5 January 2026, 09:00 UTC. A
/// real date would make two runs of one seed differ.
const BEGAN_UNIX_MS: i64 = 1_767_603_600_000;

/// What all interviews of a run share.
#[derive(Debug)]
pub struct Stage<'a> {
    /// The jobs.
    pub jobs: &'a [Job],
    /// The candidates.
    pub resumes: &'a [Resume],
    /// The questions, with the answers of the qualities.
    pub bank: &'a Bank,
    /// Settings, but for mode and seed.
    pub settings: Settings,
    /// Folder of the records.
    pub sessions_dir: PathBuf,
    /// Folder of the signing key.
    pub keys_dir: PathBuf,
}

/// Why an interview could not be held.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// Nothing to ask, or a setting outside its range.
    #[error("Interview {number} ({position}): {source}")]
    Setup {
        /// The interview's number.
        number: usize,
        /// The job's title.
        position: String,
        /// Why.
        source: SetupError,
    },
    /// The record cannot be written.
    #[error("Interview {number}: {source}")]
    Session {
        /// The interview's number.
        number: usize,
        /// Why.
        source: Refusal,
    },
}

/// The id of an interview: the same for the same seed and number.
pub fn session_id(case: &Case) -> String {
    let mut chance = Chance::new(case.seed, "session");
    let random = u128::from(chance.next()) << 64 | u128::from(chance.next());
    let millis = u64::try_from(began(case)).unwrap_or(0);
    Ulid::from_parts(millis, random).to_string()
}

/// Session ids sort by time, so every interview begins a second later.
fn began(case: &Case) -> i64 {
    BEGAN_UNIX_MS + case.number as i64 * 1000
}

/// Holds one interview; its record's folder comes back.
///
/// # Errors
///
/// Where it cannot be planned or its record cannot be written.
pub fn interview(stage: &Stage<'_>, case: &Case) -> Result<PathBuf, SimulateError> {
    let number = case.number;
    let (job, resume) = (&stage.jobs[case.job], &stage.resumes[case.resume]);
    let settings = Settings {
        mode: case.mode,
        seed: case.seed,
        ..stage.settings.clone()
    };
    let setup = Setup::prepare(job.clone(), resume.clone(), stage.bank, settings);
    let setup = setup.map_err(|source| SimulateError::Setup {
        number,
        position: job.title.clone(),
        source,
    })?;
    let clock = Clock::driven();
    let engine = Engine {
        data_dir: stage.sessions_dir.clone(),
        sessions_dir: Some(stage.sessions_dir.clone()),
        clock: Some(clock.clone()),
        local: true,
        admission: Admission::Open,
        // By words alone, so that a seed gives the same documents everywhere.
        similarity: None,
        stop: CancellationToken::new(),
    };
    let client = ClientFacts {
        program: crate::PROGRAM.to_owned(),
        model: "none: the words themselves".to_owned(),
        voice: "none: lines take the time of a voice".to_owned(),
        microphone: "none".to_owned(),
        speaker: "none".to_owned(),
        simulated: Some(case.profile.to_string()),
    };
    let opening = Opening {
        identity: Some((session_id(case), began(case))),
        record: Options {
            // Made again in no time; waiting for the disk would take longer
            // than the interview.
            sync: SyncPolicy::Never,
            keys_dir: Some(stage.keys_dir.clone()),
        },
    };
    let failed = |source| SimulateError::Session { number, source };
    let (session, _) = Session::open_silent(&engine, client, setup, &opening).map_err(failed)?;
    let folder = stage.sessions_dir.join(session.id());
    let mut script = Script::new(case.profile, resume, stage.bank, case.seed);
    drive(session, clock, &mut script).map_err(failed)?;
    Ok(folder)
}

/// Does `n` pieces of work on so many threads. Results come back in their
/// order; the first error in that order ends the run. `done` is told after
/// every piece, from any thread.
///
/// # Errors
///
/// The first error of `work`.
pub fn in_parallel<T: Send, E: Send>(
    n: usize,
    threads: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
    done: impl Fn() + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let results: Mutex<Vec<(usize, Result<T, E>)>> = Mutex::new(Vec::with_capacity(n));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, n.max(1)) {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= n {
                        return;
                    }
                    let result = work(at);
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    let mut all = results.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push((at, result));
                    drop(all);
                    done();
                }
            });
        }
    });
    let mut all = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, result)| result).collect()
}

/// Folder of the records of a study.
pub fn sessions_of(out: &Path) -> PathBuf {
    out.join("sessions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_once_and_comes_back_in_order() {
        let told = AtomicUsize::new(0);
        let done = || {
            told.fetch_add(1, Ordering::Relaxed);
        };
        let all = in_parallel(100, 4, |at| Ok::<_, String>(at * 2), done).unwrap();
        assert_eq!(all, (0..100).map(|at| at * 2).collect::<Vec<_>>());
        assert_eq!(told.load(Ordering::Relaxed), 100);
        let error = in_parallel(100, 4, |at| if at == 7 { Err(at) } else { Ok(at) }, || {});
        assert_eq!(error, Err(7));
    }
}
