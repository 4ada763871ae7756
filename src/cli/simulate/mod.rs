//! `viva simulate`: many interviews with simulated candidates, and the study
//! over their records.

mod voice;

use super::interview_flags::{LengthArgs, ModeArg};
use super::open::read_document;
use crate::config::Config;
use crate::event::{Mode, Settings};
use crate::interview::bank::Bank;
use crate::interview::{Job, Resume};
use crate::protocol::Document;
use crate::record::{SealKey, check_writable};
use crate::simulate::run::{Stage, in_parallel, interview, sessions_of};
use crate::simulate::{Case, Profile, cases};
use crate::study::{Facts, Figure, Study, figures, page, png};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use include_dir::{Dir, include_dir};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

static JOBS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/config/jobs");
static RESUMES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/config/resumes");

/// Findings that are printed; the study holds them all.
const SHOWN: usize = 20;

/// Hold many interviews with simulated candidates and study them
///
/// Writes every record under OUT/sessions, and study.json, study.html,
/// interviews.jsonl and charts/*.svg and *.png into OUT. The same files and
/// the same seed give the same study.
///
/// Exit status: 0 nothing found wanting, 1 something was (it is listed), 2
/// bad usage or input.
#[derive(Args, Debug)]
#[command(after_help = "Example: viva simulate -n 400 --seed 7 --out study\n\
    Profiles: weak, average, strong, exceptional (`qualities`, the default); `difficult` stands\n\
    for the other ones, `all` for both.")]
pub(super) struct SimulateArgs {
    /// Folder of job descriptions instead of the built-in ones.
    #[arg(long, value_name = "DIR")]
    jobs: Option<PathBuf>,
    /// Folder of résumés instead of the built-in ones.
    #[arg(long, value_name = "DIR")]
    candidates: Option<PathBuf>,
    /// Number of interviews [default: each profile once with each job].
    #[arg(short, long, value_name = "N")]
    n: Option<usize>,
    /// Interviews at a time [default: one a processor].
    #[arg(long, value_name = "N")]
    parallel: Option<usize>,
    /// The chance that everything depends on.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// What candidates are like; may be given often, or with commas.
    #[arg(long, value_name = "PROFILE", value_delimiter = ',', default_value = "qualities", value_parser = profiles)]
    profile: Vec<Profiles>,
    /// How the interviewer behaves; may be given often, or with commas
    /// [default: friendly,formal,technical].
    #[arg(long, value_name = "MODE", value_delimiter = ',', value_enum)]
    mode: Vec<ModeArg>,
    /// Every job with every candidate, not only with those of its field.
    #[arg(long)]
    all_pairs: bool,
    #[command(flatten)]
    length: LengthArgs,
    /// New or empty folder for records and study.
    #[arg(long, value_name = "DIR", default_value = "viva-study")]
    out: PathBuf,
    /// Through speech, recogniser and echo path: every word is spoken and
    /// heard. Takes minutes an interview.
    #[arg(long)]
    voice: bool,
    /// Print the study as JSON.
    #[arg(long)]
    json: bool,
}

/// One profile, or a group of them.
#[derive(Clone, Debug)]
struct Profiles(Vec<Profile>);

fn profiles(text: &str) -> Result<Profiles, String> {
    Ok(Profiles(match text {
        "qualities" => Profile::QUALITIES.to_vec(),
        "difficult" => Profile::DIFFICULT.to_vec(),
        "all" => Profile::value_variants().to_vec(),
        name => vec![Profile::of_name(name).ok_or_else(|| {
            let known: Vec<String> = Profile::value_variants()
                .iter()
                .map(ToString::to_string)
                .collect();
            format!("expected {}, qualities, difficult or all", known.join(", "))
        })?],
    }))
}

/// Everything that was chosen, read and checked.
struct Chosen {
    jobs: Vec<(Document, Job)>,
    resumes: Vec<(Document, Resume)>,
    settings: Settings,
    cases: Vec<Case>,
    parallel: usize,
    out: PathBuf,
}

pub(super) fn run(args: SimulateArgs, config: Config) -> anyhow::Result<ExitCode> {
    let chosen = choose(&args, &config)?;
    let facts = if args.voice {
        voice::hold(&chosen, config)?
    } else {
        hold(&chosen)?
    };
    let study = Study::of(&facts);
    write(&chosen.out, &facts, &study)?;
    if args.json {
        print!("{}", study.json()?);
    } else {
        print_summary(&study, &chosen.out);
    }
    Ok(ExitCode::from(u8::from(!study.findings.is_empty())))
}

fn choose(args: &SimulateArgs, config: &Config) -> anyhow::Result<Chosen> {
    let mut jobs = Vec::new();
    for document in documents(args.jobs.as_deref(), &JOBS)? {
        let job = Job::parse(&document.name, &document.text)?;
        jobs.push((document, job));
    }
    let mut resumes = Vec::new();
    for document in documents(args.candidates.as_deref(), &RESUMES)? {
        let resume = Resume::parse(&document.name, &document.text)?;
        resumes.push((document, resume));
    }
    let mut settings = config.interview.clone();
    args.length.apply(&mut settings);
    Config {
        interview: settings.clone(),
        ..config.clone()
    }
    .check()?;
    let profiles: Vec<Profile> = args.profile.iter().flat_map(|p| p.0.clone()).collect();
    let mut modes: Vec<Mode> = args.mode.iter().map(|m| Mode::from(*m)).collect();
    if modes.is_empty() {
        modes = vec![Mode::Friendly, Mode::Formal, Mode::Technical];
    }
    let pairs = if args.all_pairs {
        cases::crossed(jobs.len(), resumes.len())
    } else {
        let of = |pairs: &[(Document, Job)]| pairs.iter().map(|p| p.1.clone()).collect::<Vec<_>>();
        let people: Vec<Resume> = resumes.iter().map(|p| p.1.clone()).collect();
        cases::paired(&of(&jobs), &people)
    };
    let n = args.n.unwrap_or(pairs.len() * profiles.len());
    if n == 0 {
        bail!("-n 0: expected at least one interview");
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Chosen {
        cases: cases::cases(n, &pairs, &profiles, &modes, args.seed),
        jobs,
        resumes,
        settings,
        parallel: args.parallel.unwrap_or(cores),
        out: new_folder(&args.out)?,
    })
}

/// The documents of a folder in the order of their names, or the built-in.
fn documents(folder: Option<&Path>, builtin: &Dir<'_>) -> anyhow::Result<Vec<Document>> {
    let mut out = Vec::new();
    let Some(folder) = folder else {
        for file in builtin.files() {
            let name = file.path().to_string_lossy().into_owned();
            let text = file.contents_utf8().unwrap_or_default().to_owned();
            out.push(Document { name, text });
        }
        out.sort_by(|a, b| a.name.cmp(&b.name));
        return Ok(out);
    };
    let entries = std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry
            .with_context(|| format!("{}", folder.display()))?
            .path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_file() && !name.starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    for path in &paths {
        out.push(read_document(path)?);
    }
    if out.is_empty() {
        bail!(
            "{}: found no file, expected at least one document",
            folder.display()
        );
    }
    Ok(out)
}

/// Makes the folder, or takes an empty one.
fn new_folder(out: &Path) -> anyhow::Result<PathBuf> {
    let used = std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    if used {
        bail!(
            "--out {}: found files in it, expected a new or an empty folder",
            out.display()
        );
    }
    check_writable(out)?;
    Ok(out.to_owned())
}

/// Holds all interviews without sound and folds each one's facts from its
/// record.
fn hold(chosen: &Chosen) -> anyhow::Result<Vec<Facts>> {
    let jobs: Vec<Job> = chosen.jobs.iter().map(|j| j.1.clone()).collect();
    let resumes: Vec<Resume> = chosen.resumes.iter().map(|r| r.1.clone()).collect();
    let stage = Stage {
        jobs: &jobs,
        resumes: &resumes,
        bank: Bank::builtin(),
        settings: chosen.settings.clone(),
        sessions_dir: sessions_of(&chosen.out),
        keys_dir: chosen.out.join("keys"),
    };
    // Made once, before anybody needs it.
    SealKey::open_or_make(&stage.keys_dir)?;
    let bar = bar(chosen.cases.len());
    let facts = in_parallel(
        chosen.cases.len(),
        chosen.parallel,
        |at| -> anyhow::Result<Facts> {
            let folder = interview(&stage, &chosen.cases[at])?;
            Ok(Facts::of_record(&folder)?)
        },
        || bar.inc(1),
    );
    bar.finish_and_clear();
    facts
}

/// Shows how far it is and how long it will take; hides where standard error
/// is no terminal.
fn bar(n: usize) -> ProgressBar {
    let bar = ProgressBar::new(n as u64);
    let style = "{bar:32} {pos}/{len} interviews, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn write(out: &Path, facts: &[Facts], study: &Study) -> anyhow::Result<()> {
    let put = |name: &str, bytes: &[u8]| -> anyhow::Result<()> {
        let path = out.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("{}", path.display()))
    };
    let mut lines = String::new();
    for fact in facts {
        lines.push_str(&serde_json::to_string(fact)?);
        lines.push('\n');
    }
    put("interviews.jsonl", lines.as_bytes())?;
    put("study.json", study.json()?.as_bytes())?;
    let charts: Vec<Figure> = figures(study);
    put("study.html", page(study, &charts).as_bytes())?;
    let folder = out.join("charts");
    std::fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    for chart in &charts {
        put(&format!("charts/{}.svg", chart.name), chart.svg.as_bytes())?;
        put(&format!("charts/{}.png", chart.name), &png(&chart.svg)?)?;
    }
    Ok(())
}

fn print_summary(study: &Study, out: &Path) {
    let number = |n: Option<f64>| n.map_or_else(|| "-".to_owned(), |n| format!("{n:.2}"));
    println!(
        "{} interviews, {} questions and {} probes, relevance {} on average",
        study.interviews,
        study.questions_asked,
        study.probes_asked,
        study
            .relevance
            .mean
            .map_or_else(|| "not known".to_owned(), |m| format!("{m:.3}"))
    );
    println!(
        "\n{:<16} {:>10} {:>6} {:>8} {:>13} {:>10} {:>9} {:>8}",
        "profile",
        "interviews",
        "mean",
        "proceed",
        "reservations",
        "not a fit",
        "minutes",
        "probes"
    );
    for p in &study.profiles {
        println!(
            "{:<16} {:>10} {:>6} {:>8} {:>13} {:>10} {:>9.1} {:>8.2}",
            p.profile,
            p.interviews,
            number(p.mean),
            p.advice.proceed,
            p.advice.reservations,
            p.advice.not_a_fit,
            p.length_s / 60.0,
            p.probes
        );
    }
    println!("\n{:<50} {:>6}", "found wanting", "times");
    for count in &study.checks {
        println!("{:<50} {:>6}", count.what, count.found);
    }
    for finding in study.findings.iter().take(SHOWN) {
        println!(
            "\n{}: {}\n  session {}, line {} of its log: {}",
            finding.check.text(),
            finding.why,
            if finding.session.is_empty() {
                "(all)"
            } else {
                &finding.session
            },
            finding.seq,
            finding.line
        );
    }
    if study.findings.len() > SHOWN {
        println!("\n... and {} more", study.findings.len() - SHOWN);
    }
    println!("\nStudy: {}", out.join("study.html").display());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_named_alone_or_in_groups() {
        assert_eq!(profiles("off-topic").unwrap().0, [Profile::OffTopic]);
        assert_eq!(profiles("qualities").unwrap().0, Profile::QUALITIES);
        assert_eq!(profiles("all").unwrap().0.len(), 18);
        assert!(profiles("brilliant").unwrap_err().contains("expected weak"));
    }

    #[test]
    fn the_built_in_jobs_and_candidates_can_be_read() {
        for document in documents(None, &JOBS).unwrap() {
            Job::parse(&document.name, &document.text).unwrap();
        }
        for document in documents(None, &RESUMES).unwrap() {
            Resume::parse(&document.name, &document.text).unwrap();
        }
    }
}
