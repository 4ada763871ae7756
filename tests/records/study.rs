//! A small study over whole simulated interviews: the interviewer keeps to
//! its course and its manners with every kind of candidate, for every job.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use viva::event::{Mode, Settings};
use viva::interview::bank::Bank;
use viva::interview::{Job, Resume};
use viva::record::{SealKey, Trust, verify};
use viva::simulate::run::{Stage, in_parallel, interview};
use viva::simulate::{Case, Profile, cases};
use viva::study::{Check, Facts, Study, figures, page, png};

fn folder(name: &str) -> Vec<(String, String)> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("config")
        .join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.iter().map(read).collect()
}

/// Holds interviews with every job, each with the candidates of its field.
struct Hall {
    jobs: Vec<Job>,
    resumes: Vec<Resume>,
    pairs: Vec<(usize, usize)>,
    dir: tempfile::TempDir,
}

impl Hall {
    fn open() -> Self {
        let job = |(name, text): (String, String)| Job::parse(&name, &text).unwrap();
        let resume = |(name, text): (String, String)| Resume::parse(&name, &text).unwrap();
        let jobs: Vec<Job> = folder("jobs").into_iter().map(job).collect();
        let resumes: Vec<Resume> = folder("resumes").into_iter().map(resume).collect();
        let pairs = cases::paired(&jobs, &resumes);
        Self {
            jobs,
            resumes,
            pairs,
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn cases(&self, n: usize, profiles: &[Profile], modes: &[Mode], seed: u64) -> Vec<Case> {
        cases::cases(n, &self.pairs, profiles, modes, seed)
    }

    fn hold(&self, name: &str, cases: &[Case], settings: Settings) -> (Vec<Facts>, Vec<PathBuf>) {
        let stage = Stage {
            jobs: &self.jobs,
            resumes: &self.resumes,
            bank: Bank::builtin(),
            settings,
            sessions_dir: self.dir.path().join(name),
            keys_dir: self.dir.path().join("keys"),
        };
        SealKey::open_or_make(&stage.keys_dir).unwrap();
        let done = |at: usize| -> Result<(Facts, PathBuf), viva::simulate::run::SimulateError> {
            let folder = interview(&stage, &cases[at])?;
            Ok((Facts::of_record(&folder).unwrap(), folder))
        };
        let all = in_parallel(cases.len(), 2, done, || {}).unwrap();
        all.into_iter().unzip()
    }
}

/// Everything but the order of profiles and the relevance, which are asked
/// for by themselves.
fn well_behaved(study: &Study) {
    let wrong: Vec<String> = study
        .findings
        .iter()
        .filter(|f| !matches!(f.check, Check::Relevance | Check::Order))
        .map(|f| format!("{}, line {}: {} ({})", f.session, f.seq, f.line, f.why))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const ALL_MODES: [Mode; 4] = [Mode::Friendly, Mode::Formal, Mode::Technical, Mode::Coach];

#[test]
fn every_job_and_quality_is_interviewed_relevantly_and_valued_in_order() {
    let hall = Hall::open();
    let n = hall.pairs.len() * 4;
    let modes = [Mode::Friendly, Mode::Formal, Mode::Technical];
    // Few jobs need more rounds before an order says anything.
    let n = n.max(24);
    let cases = hall.cases(n, &Profile::QUALITIES, &modes, 5);
    let (facts, folders) = hall.hold("qualities", &cases, Settings::default());
    let study = Study::of(&facts);
    assert_eq!(study.interviews, n);
    well_behaved(&study);
    assert_eq!(
        study.listed,
        Some(1.0),
        "every question is in the documents"
    );
    assert!(
        study.relevance.mean >= Some(0.85),
        "mean relevance {:?}",
        study.relevance
    );
    for job in &study.jobs {
        assert!(job.relevance >= Some(0.85), "{job:?}");
    }
    assert_eq!(study.found(Check::Order), 0, "{:?}", study.profiles);
    let by = |name: &str| study.profiles.iter().find(|p| p.profile == name).unwrap();
    let (weak, average, strong) = (by("weak"), by("average"), by("strong"));
    assert!(weak.mean < average.mean && average.mean < strong.mean);
    assert_eq!(weak.advice.proceed, 0);
    assert_eq!(strong.advice.not_a_fit, 0);
    assert!(
        study.discrimination > Some(0.8),
        "{:?}",
        study.discrimination
    );
    for tones in &study.tones {
        assert!(tones.differ > 0.8, "{tones:?}");
    }
    // The records are whole: what serves calls wrote them.
    for folder in folders.iter().take(3) {
        assert_eq!(verify(folder, &Trust::Any), []);
    }
}

#[test]
fn difficult_candidates_never_make_it_loop_lecture_or_give_anything_away() {
    let hall = Hall::open();
    let n = hall.pairs.len() * Profile::DIFFICULT.len();
    let cases = hall.cases(n.min(56), &Profile::DIFFICULT, &ALL_MODES, 9);
    let (facts, _) = hall.hold("difficult", &cases, Settings::default());
    let study = Study::of(&facts);
    well_behaved(&study);
    let by = |name: &str| study.profiles.iter().find(|p| p.profile == name).unwrap();
    assert_eq!(by("silent").mean, None, "silence is not scored");
    assert_eq!(by("off-topic").advice.proceed, 0);
    assert_eq!(by("parrot").advice.proceed, 0);
    let seen: BTreeSet<&str> = study.profiles.iter().map(|p| p.profile.as_str()).collect();
    assert_eq!(seen.len(), Profile::DIFFICULT.len());
}

#[test]
fn short_budgets_are_kept_with_every_candidate() {
    let hall = Hall::open();
    let everybody: Vec<Profile> = Profile::QUALITIES
        .into_iter()
        .chain(Profile::DIFFICULT)
        .collect();
    for minutes in [2, 5] {
        let settings = Settings {
            minutes,
            questions: 10,
            follow_ups: 3,
            ..Settings::default()
        };
        let cases = hall.cases(18, &everybody, &ALL_MODES, u64::from(minutes));
        let (facts, _) = hall.hold(&format!("short-{minutes}"), &cases, settings);
        let study = Study::of(&facts);
        well_behaved(&study);
        assert!(study.lengths.most_of_budget <= 1.0, "{:?}", study.lengths);
        assert!(study.ended.contains_key("time up"), "{:?}", study.ended);
    }
}

#[test]
fn the_same_seed_gives_the_same_study_byte_for_byte() {
    let hall = Hall::open();
    let profiles = [Profile::Strong, Profile::Requests, Profile::BargesIn];
    let cases = hall.cases(6, &profiles, &ALL_MODES, 3);
    let run = |name: &str| {
        let (facts, folders) = hall.hold(name, &cases, Settings::default());
        let study = Study::of(&facts);
        let charts = figures(&study);
        let log = |folder: &PathBuf| std::fs::read(folder.join("events.jsonl")).unwrap();
        let logs: Vec<Vec<u8>> = folders.iter().map(log).collect();
        (study.json().unwrap(), page(&study, &charts), logs)
    };
    let (first, second) = (run("first"), run("second"));
    assert!(first == second);
    let other = hall.cases(6, &profiles, &ALL_MODES, 4);
    let (facts, _) = hall.hold("other", &other, Settings::default());
    assert_ne!(first.0, Study::of(&facts).json().unwrap());
}

#[test]
fn the_page_stands_alone_and_its_charts_can_be_drawn() {
    let hall = Hall::open();
    let cases = hall.cases(8, &Profile::QUALITIES, &[Mode::Formal], 2);
    let (facts, _) = hall.hold("page", &cases, Settings::default());
    let study = Study::of(&facts);
    let charts = figures(&study);
    assert!(charts.len() >= 8);
    let html = page(&study, &charts);
    for word in ["<script", "http-equiv", "src=\"http", "@import", "url("] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    for chart in &charts {
        assert!(html.contains(&chart.svg), "{} is missing", chart.name);
        assert!(chart.svg.contains("role=\"img\"") && chart.svg.contains("<desc>"));
        assert!(png(&chart.svg).unwrap().starts_with(b"\x89PNG"));
    }
    let headings = html.matches("<h2").count();
    assert_eq!(headings, 7);
}

#[test]
fn the_command_lists_what_it_finds_and_refuses_a_used_folder() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("study");
    let viva = |args: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("viva").unwrap();
        command.env("HOME", dir.path()).arg("simulate").args(args);
        command.output().unwrap()
    };
    let path = out.to_str().unwrap();
    let first = viva(&["-n", "4", "--seed", "2", "--out", path, "--json"]);
    let text = String::from_utf8(first.stdout).unwrap();
    let study: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(study["interviews"], 4);
    let wanting = !study["findings"].as_array().unwrap().is_empty();
    assert_eq!(first.status.code(), Some(i32::from(wanting)));
    for name in [
        "study.json",
        "study.html",
        "interviews.jsonl",
        "charts/lengths.png",
    ] {
        assert!(Path::new(path).join(name).is_file(), "{name}");
    }
    let again = viva(&["-n", "4", "--out", path]);
    assert_eq!(again.status.code(), Some(2));
    let error = String::from_utf8(again.stderr).unwrap();
    assert!(
        error.contains("expected a new or an empty folder"),
        "{error}"
    );
    let unknown = viva(&["--profile", "brilliant", "--out", path]);
    assert_eq!(unknown.status.code(), Some(2));
}
