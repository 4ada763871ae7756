//! Which candidate takes which interview: jobs and candidates are paired by
//! field, then profiles and modes go round, so that any number of interviews
//! is spread evenly.

use super::chance::Chance;
use super::profile::Profile;
use crate::event::Mode;
use crate::interview::relevance::Needs;
use crate::interview::skills::Lexicon;
use crate::interview::{Job, Resume};

/// One interview to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its number, from 0.
    pub number: usize,
    /// Place of the job.
    pub job: usize,
    /// Place of the candidate.
    pub resume: usize,
    /// What the candidate is like.
    pub profile: Profile,
    /// How the interviewer behaves.
    pub mode: Mode,
    /// Its chance.
    pub seed: u64,
}

/// Pairs of job and candidate of the same field: every job with the candidate
/// who names most of what it needs, every other candidate with the job that
/// he or she fits best.
pub fn paired(jobs: &[Job], resumes: &[Resume]) -> Vec<(usize, usize)> {
    let lexicon = Lexicon::builtin();
    let close: Vec<Vec<f32>> = jobs
        .iter()
        .map(|job| {
            let needs = Needs::of(job, lexicon);
            resumes
                .iter()
                .map(|resume| {
                    let skills = needs.of_person(lexicon, resume).score;
                    skills + 0.2 * alike(&job.title, resume)
                })
                .collect()
        })
        .collect();
    let best = |worths: &mut dyn Iterator<Item = f32>| -> Option<usize> {
        // The first of the best.
        worths
            .enumerate()
            .reduce(|a, b| if b.1 > a.1 { b } else { a })
            .map(|(at, _)| at)
    };
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (job, row) in close.iter().enumerate() {
        pairs.extend(best(&mut row.iter().copied()).map(|resume| (job, resume)));
    }
    for resume in 0..resumes.len() {
        if !pairs.iter().any(|(_, r)| *r == resume) {
            pairs.extend(best(&mut close.iter().map(|row| row[resume])).map(|job| (job, resume)));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Share of the title's words that the candidate's own titles have.
fn alike(title: &str, resume: &Resume) -> f32 {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.len() > 1)
            .map(str::to_lowercase)
            .collect()
    };
    let wanted = words(title);
    let latest = resume.roles.first().map(|role| words(&role.title));
    let has = latest.unwrap_or_default();
    let shared = wanted.iter().filter(|w| has.contains(w)).count();
    shared as f32 / wanted.len().max(1) as f32
}

/// Every job with every candidate.
pub fn crossed(jobs: usize, resumes: usize) -> Vec<(usize, usize)> {
    (0..jobs)
        .flat_map(|job| (0..resumes).map(move |resume| (job, resume)))
        .collect()
}

/// The cases of `n` interviews. Profiles change fastest, then the pairs; the
/// modes are shifted against the profiles, so that every profile meets every
/// mode.
pub fn cases(
    n: usize,
    pairs: &[(usize, usize)],
    profiles: &[Profile],
    modes: &[Mode],
    seed: u64,
) -> Vec<Case> {
    if pairs.is_empty() || profiles.is_empty() || modes.is_empty() {
        return Vec::new();
    }
    (0..n)
        .map(|number| {
            let round = number / profiles.len();
            let (job, resume) = pairs[round % pairs.len()];
            let turn = number + round + round / pairs.len();
            Case {
                number,
                job,
                resume,
                profile: profiles[number % profiles.len()],
                mode: modes[turn % modes.len()],
                seed: Chance::new(seed, &number.to_string()).next() >> 11,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_spread_over_jobs_profiles_and_modes() {
        let modes = [Mode::Friendly, Mode::Formal, Mode::Technical];
        let all = cases(
            36,
            &[(0, 0), (1, 1), (2, 2)],
            &Profile::QUALITIES,
            &modes,
            1,
        );
        for profile in Profile::QUALITIES {
            for mode in modes {
                let met = all
                    .iter()
                    .filter(|c| c.profile == profile && c.mode == mode);
                assert!(met.count() >= 2, "{profile} {mode:?}");
            }
        }
        assert_eq!(all.iter().filter(|c| c.job == 1).count(), 12);
        let mut seeds: Vec<u64> = all.iter().map(|c| c.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 36);
    }

    #[test]
    fn a_job_gets_the_candidate_of_its_field() {
        let job = |text: &str| Job::parse("j.txt", text).unwrap();
        let jobs = [
            job("Position: Platform Engineer\nMust-have:\n- Kubernetes\n- Terraform\n"),
            job("Position: Frontend Developer\nMust-have:\n- React\n- TypeScript\n"),
        ];
        let resume = |text: &str| Resume::parse("r.txt", text).unwrap();
        let resumes = [
            resume("Ada Stone\nSkills:\n- React\n- TypeScript\n"),
            resume("Bo Reed\nSkills:\n- Kubernetes\n- Terraform\n"),
        ];
        assert_eq!(paired(&jobs, &resumes), [(0, 1), (1, 0)]);
        assert_eq!(crossed(2, 2).len(), 4);
    }
}
