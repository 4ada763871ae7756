//! Time that the interviewer takes for one input, as percentiles: run with
//! `cargo bench --bench engine`.

use viva::clock::{Clock, SessionTime};
use viva::event::{Input, Request, Settings};
use viva::interview::{Bank, Interview, Job, Resume, Setup};

const JOB: &str = include_str!("../config/jobs/machine-learning-engineer.toml");
const RESUME: &str = include_str!("../config/resumes/machine-learning-engineer.toml");
const ROUNDS: u64 = 200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let job = Job::parse("job.toml", JOB)?;
    let resume = Resume::parse("resume.toml", RESUME)?;
    let setup = Setup::prepare(job, resume, Bank::builtin(), Settings::default())?;
    let clock = Clock::system();
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let mut interview = Interview::new(&setup);
        for step in 0..20 {
            let input = match step {
                0 => Input::Begin,
                n if n % 3 == 0 => Input::SpeechStarted,
                n if n % 3 == 1 => Input::Tick,
                _ => Input::Request {
                    request: Request::Skip,
                },
            };
            let began = clock.nanos();
            interview.handle(input, SessionTime(step * 20_000));
            while interview.poll().is_some() {}
            took.push(clock.nanos() - began);
        }
    }
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)] / 1000;
    println!("input handled: p50 {} us, p99 {} us", at(50), at(99));
    Ok(())
}
