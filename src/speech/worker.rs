//! A recogniser on a thread of its own: jobs go in without ever blocking,
//! results come out of an async channel in the order of decoding.

use super::{Cancel, DecodeHints, Recognizer, SpeechError, Transcript};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc;

/// Waiting jobs at most. Full means that the recogniser is hopelessly
/// behind; see [`RecognizerWorker::submit`] for who gives way.
const JOBS: usize = 8;
/// Unread results at most. Full means that nobody listens; the worker then
/// waits with the next job.
const RESULTS: usize = 64;

/// One utterance to decode.
#[derive(Clone, Debug)]
pub struct DecodeJob {
    /// Comes back with the result.
    pub id: u64,
    /// 16 kHz mono, at most 30 s.
    pub audio: Arc<[f32]>,
    /// What is known before decoding.
    pub hints: DecodeHints,
    /// Calls the job off, waiting or running.
    pub cancel: Cancel,
    /// Begun before the turn was surely over; gives way in a full queue.
    pub speculative: bool,
}

/// What became of a job. Every submitted job gets exactly one.
#[derive(Debug)]
pub struct DecodeResult {
    /// The job's id.
    pub id: u64,
    /// The text, or why there is none.
    pub result: Result<Transcript, SpeechError>,
}

/// The thread that decodes. Dropping it calls the running job off, refuses
/// the waiting ones, and joins the thread.
#[derive(Debug)]
pub struct RecognizerWorker {
    shared: Arc<Shared>,
    results: Option<mpsc::Receiver<DecodeResult>>,
    thread: Option<JoinHandle<()>>,
    name: String,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<DecodeJob>,
    /// Jobs that were refused; the worker's thread reports them.
    refused: Vec<(u64, SpeechError)>,
    running: Option<Cancel>,
    closing: bool,
    /// Why the worker takes no more jobs.
    dead: Option<String>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecognizerWorker {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// [`SpeechError::Engine`] where the system gives no thread.
    pub fn spawn(recognizer: Box<dyn Recognizer>) -> Result<Self, SpeechError> {
        let (send, results) = mpsc::channel(RESULTS);
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
        });
        let name = recognizer.name();
        let thread = std::thread::Builder::new()
            .name("recogniser".into())
            .spawn({
                let shared = shared.clone();
                move || run(recognizer, &shared, &send)
            })
            .map_err(|e| SpeechError::Engine(format!("No thread for the recogniser: {e}")))?;
        Ok(Self {
            shared,
            results: Some(results),
            thread: Some(thread),
            name,
        })
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the results come out; can be taken once, for a `select!` of its
    /// own. It ends when the worker is dropped or has died.
    pub fn take_results(&mut self) -> Option<mpsc::Receiver<DecodeResult>> {
        self.results.take()
    }

    /// Hands a job in; never blocks. Where `JOBS` wait already, the oldest
    /// speculative one is refused, or the new one where none is speculative;
    /// the refusal comes out as that job's result.
    ///
    /// # Errors
    ///
    /// [`SpeechError::Engine`] where the worker has died; the job gets no
    /// result then.
    pub fn submit(&self, job: DecodeJob) -> Result<(), SpeechError> {
        let mut queue = self.shared.lock();
        if let Some(why) = &queue.dead {
            return Err(SpeechError::Engine(why.clone()));
        }
        if queue.waiting.len() >= JOBS {
            let loser = queue.waiting.iter().position(|j| j.speculative);
            let refused = match loser.and_then(|at| queue.waiting.remove(at)) {
                Some(oldest) => {
                    queue.waiting.push_back(job);
                    oldest
                }
                None => job,
            };
            let why = format!("Refused: {JOBS} decodes are waiting already");
            queue.refused.push((refused.id, SpeechError::Engine(why)));
        } else {
            queue.waiting.push_back(job);
        }
        drop(queue);
        self.shared.wake.notify_one();
        Ok(())
    }

    /// Whether the worker still takes jobs.
    pub fn is_alive(&self) -> bool {
        self.shared.lock().dead.is_none()
    }

    /// Jobs that wait, without the running one.
    pub fn waiting(&self) -> usize {
        self.shared.lock().waiting.len()
    }
}

impl Drop for RecognizerWorker {
    fn drop(&mut self) {
        {
            let mut queue = self.shared.lock();
            queue.closing = true;
            if let Some(running) = &queue.running {
                running.cancel();
            }
        }
        self.shared.wake.notify_one();
        // Nobody reads results any more, so the thread cannot wait on them.
        self.results = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the thread does next.
enum Next {
    Decode(DecodeJob),
    Refuse(Vec<(u64, SpeechError)>),
    Stop,
}

fn next(shared: &Shared) -> Next {
    let mut queue = shared.lock();
    loop {
        if !queue.refused.is_empty() {
            return Next::Refuse(std::mem::take(&mut queue.refused));
        }
        if queue.closing {
            return Next::Stop;
        }
        if let Some(job) = queue.waiting.pop_front() {
            queue.running = Some(job.cancel.clone());
            return Next::Decode(job);
        }
        queue = shared
            .wake
            .wait(queue)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

fn run(mut recognizer: Box<dyn Recognizer>, shared: &Shared, results: &mpsc::Sender<DecodeResult>) {
    let report = |id, result| deliver(shared, results, DecodeResult { id, result });
    loop {
        match next(shared) {
            Next::Stop => return,
            Next::Refuse(refused) => {
                for (id, error) in refused {
                    report(id, Err(error));
                }
            }
            Next::Decode(job) => {
                let outcome = if job.cancel.is_cancelled() {
                    Ok(Err(SpeechError::Cancelled))
                } else {
                    // The recogniser is not used again after a panic.
                    catch_unwind(AssertUnwindSafe(|| {
                        recognizer.transcribe(&job.audio, &job.hints, &job.cancel)
                    }))
                };
                shared.lock().running = None;
                match outcome {
                    Ok(result) => report(job.id, result),
                    Err(panic) => {
                        die(shared, job.id, &describe(&*panic), report);
                        return;
                    }
                }
            }
        }
    }
}

/// Waits for room while somebody may still read, so that a drop never hangs
/// on results that nobody takes.
fn deliver(shared: &Shared, results: &mpsc::Sender<DecodeResult>, result: DecodeResult) {
    let mut result = result;
    while let Err(mpsc::error::TrySendError::Full(back)) = results.try_send(result) {
        result = back;
        let queue = shared.lock();
        if queue.closing {
            return;
        }
        // Room is not signalled, so the wait is short and ends by itself.
        let _ = shared.wake.wait_timeout(queue, Duration::from_millis(10));
    }
}

/// Refuses everything after a panic: the engine's state cannot be trusted.
fn die(
    shared: &Shared,
    id: u64,
    what: &str,
    report: impl Fn(u64, Result<Transcript, SpeechError>),
) {
    let why = format!("The recogniser failed and was stopped: {what}");
    tracing::error!("{why}");
    let (waiting, refused) = {
        let mut queue = shared.lock();
        queue.dead = Some(why.clone());
        (
            std::mem::take(&mut queue.waiting),
            std::mem::take(&mut queue.refused),
        )
    };
    report(id, Err(SpeechError::Engine(why.clone())));
    for (id, error) in refused {
        report(id, Err(error));
    }
    for job in waiting {
        report(job.id, Err(SpeechError::Engine(why.clone())));
    }
}

fn describe(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no reason given".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::scripted::ScriptedRecognizer;
    use super::*;
    use std::sync::Barrier;

    fn job(id: u64, speculative: bool) -> DecodeJob {
        DecodeJob {
            id,
            audio: Arc::from(vec![0.0; 160]),
            hints: DecodeHints::default(),
            cancel: Cancel::default(),
            speculative,
        }
    }

    /// A worker whose first decode waits at the barrier twice: once to say
    /// that it runs, once to be let go.
    fn held() -> (RecognizerWorker, mpsc::Receiver<DecodeResult>, Arc<Barrier>) {
        let gate = Arc::new(Barrier::new(2));
        let mut first = true;
        let recognizer = ScriptedRecognizer::by(Box::new({
            let gate = gate.clone();
            move |_, cancel| {
                if std::mem::take(&mut first) {
                    gate.wait();
                    gate.wait();
                }
                if cancel.is_cancelled() {
                    return Err(SpeechError::Cancelled);
                }
                Ok("text".into())
            }
        }));
        let mut worker = RecognizerWorker::spawn(Box::new(recognizer)).unwrap();
        let results = worker.take_results().unwrap();
        worker.submit(job(0, false)).unwrap();
        gate.wait();
        (worker, results, gate)
    }

    #[tokio::test]
    async fn results_come_in_the_order_of_the_jobs() {
        let (worker, mut results, gate) = held();
        worker.submit(job(1, false)).unwrap();
        worker.submit(job(2, true)).unwrap();
        gate.wait();
        for id in 0..3 {
            let result = results.recv().await.unwrap();
            assert_eq!(
                (result.id, result.result.unwrap().text),
                (id, "text".into())
            );
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_the_oldest_speculative_job_and_says_so() {
        let (worker, mut results, gate) = held();
        for id in 1..=8 {
            worker.submit(job(id, id == 3 || id == 5)).unwrap();
        }
        assert_eq!(worker.waiting(), 8);
        for id in 9..=11 {
            worker.submit(job(id, false)).unwrap();
        }
        gate.wait();
        let mut refused = Vec::new();
        for _ in 0..12 {
            let result = results.recv().await.unwrap();
            if let Err(error) = result.result {
                assert!(error.to_string().starts_with("Refused"), "{error}");
                refused.push(result.id);
            }
        }
        assert_eq!(refused, [3, 5, 11]);
    }

    #[tokio::test]
    async fn a_waiting_job_that_is_called_off_is_not_decoded() {
        let (worker, mut results, gate) = held();
        let second = job(1, true);
        worker.submit(second.clone()).unwrap();
        second.cancel.cancel();
        gate.wait();
        assert!(results.recv().await.unwrap().result.is_ok());
        let result = results.recv().await.unwrap();
        assert!(matches!(result.result, Err(SpeechError::Cancelled)));
    }

    #[tokio::test]
    async fn a_panic_becomes_an_error_and_the_worker_says_that_it_is_dead() {
        let recognizer = ScriptedRecognizer::by(Box::new(|_, _| panic!("the engine broke")));
        let mut worker = RecognizerWorker::spawn(Box::new(recognizer)).unwrap();
        let mut results = worker.take_results().unwrap();
        worker.submit(job(7, false)).unwrap();
        let result = results.recv().await.unwrap();
        assert_eq!(result.id, 7);
        let told = result.result.unwrap_err().to_string();
        assert!(told.contains("the engine broke"), "{told}");
        assert!(results.recv().await.is_none());
        assert!(!worker.is_alive());
        assert!(worker.submit(job(8, false)).is_err());
    }

    #[test]
    fn dropping_does_not_wait_for_results_that_nobody_reads() {
        let recognizer = ScriptedRecognizer::texts(["a"]);
        let mut worker = RecognizerWorker::spawn(Box::new(recognizer)).unwrap();
        let unread = worker.take_results().unwrap();
        for id in 0..RESULTS as u64 * 4 {
            worker.submit(job(id, false)).unwrap();
        }
        drop(worker);
        drop(unread);
    }

    #[test]
    fn dropping_calls_the_running_job_off_and_joins() {
        let (worker, results, gate) = held();
        worker.submit(job(1, false)).unwrap();
        drop(results);
        let dropping = std::thread::spawn(move || drop(worker));
        gate.wait();
        dropping.join().unwrap();
    }
}
