//! The plan over all jobs that come along: relevance, families, must-haves,
//! repeats, fairness. `cargo test --test plan table -- --ignored --nocapture`
//! prints what is chosen.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;
use viva::event::Settings;
use viva::interview::bank::{Kind, Level};
use viva::interview::skills::Lexicon;
use viva::interview::{Bank, Job, Plan, Resume, Setup};

/// Whose questions may be asked for which job, written by hand. Foreign is a
/// family that is not in its row; behavioral and project questions are at
/// home everywhere.
const HOME: &[(&str, &[&str])] = &[
    ("blockchain-developer", &["bc", "sec", "fs"]),
    ("cloud-architect", &["cloud", "devops", "sre", "sec", "dba"]),
    ("data-engineer", &["de", "dba", "ds"]),
    ("data-scientist", &["ds", "ml", "de", "pm"]),
    ("database-administrator", &["dba", "de", "ds", "sre", "py"]),
    ("devops-engineer", &["devops", "sre", "cloud"]),
    ("embedded-engineer", &["emb"]),
    ("frontend-developer", &["fe", "fs", "ux"]),
    ("fullstack-javascript-developer", &["fs", "fe", "de"]),
    ("ios-developer", &["ios"]),
    ("java-developer", &["java", "py", "dba", "de", "ds"]),
    ("machine-learning-engineer", &["ml", "mlops", "ds"]),
    ("mlops-engineer", &["mlops", "ml", "devops", "sre"]),
    ("nlp-engineer", &["nlp", "ml", "mlops", "py"]),
    ("product-manager", &["pm", "ux", "ds"]),
    ("python-backend-developer", &["py", "dba", "de", "devops"]),
    ("qa-automation-engineer", &["qa", "fe"]),
    ("security-engineer", &["sec", "cloud"]),
    ("site-reliability-engineer", &["sre", "devops"]),
    (
        "technical-support-engineer",
        &["sup", "de", "ds", "dba", "sre"],
    ),
    ("technical-writer", &["tw"]),
    ("ux-designer", &["ux", "fe", "pm"]),
];

fn read(folder: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("config")
        .join(folder);
    std::fs::read_to_string(path.join(format!("{name}.toml"))).unwrap()
}

fn job(name: &str) -> Job {
    Job::parse("job.toml", &read("jobs", name)).unwrap()
}

fn resume(name: &str) -> Resume {
    Resume::parse("resume.toml", &read("resumes", name)).unwrap()
}

fn plan(job: &Job, resume: &Resume, questions: u8, seed: u64) -> Plan {
    let settings = Settings {
        questions,
        seed,
        ..Settings::default()
    };
    let setup = Setup::prepare(job.clone(), resume.clone(), Bank::builtin(), settings);
    setup.unwrap().plan
}

/// A plan with where it is from.
struct Case {
    name: &'static str,
    job: Job,
    questions: u8,
    plan: Plan,
}

/// Every job in every length, with its own résumé, that of another trade and
/// one of a name only.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let mut cases = Vec::new();
    for (at, (name, _)) in HOME.iter().enumerate() {
        let job = job(name);
        let other = HOME[(at + 7) % HOME.len()].0;
        let people = [resume(name), resume(other), Resume::of_name("Ada Stone")];
        for questions in 1..=10 {
            for person in &people[..if questions % 3 == 1 { 3 } else { 1 }] {
                cases.push(Case {
                    name,
                    job: job.clone(),
                    questions,
                    plan: plan(&job, person, questions, u64::from(questions)),
                });
            }
        }
    }
    cases
});

fn each(mut look: impl FnMut(&str, &Job, u8, &Plan)) {
    for case in CASES.iter() {
        look(case.name, &case.job, case.questions, &case.plan);
    }
}

fn prefix(id: &str) -> &str {
    id.split('.').next().unwrap()
}

#[test]
fn there_is_a_row_for_every_job_and_a_resume_for_each() {
    for folder in ["jobs", "resumes"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("config")
            .join(folder);
        let files = std::fs::read_dir(path).unwrap();
        let names: BTreeSet<String> = files
            .map(|f| {
                f.unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        let rows: BTreeSet<String> = HOME.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(names, rows, "{folder}");
    }
}

#[test]
fn every_question_has_much_to_do_with_the_job_and_says_why() {
    each(|name, _, questions, plan| {
        let numbered: Vec<_> = plan.questions.iter().filter(|q| !q.reserve).collect();
        assert_eq!(numbered.len(), usize::from(questions) + 1, "{name}");
        let sum: f32 = numbered.iter().map(|q| q.relevance.score).sum();
        let mean = sum / numbered.len() as f32;
        assert!(mean >= 0.85, "{name} with {questions} questions: {mean}");
        for q in &plan.questions {
            let (id, relevance) = (&q.question.id, &q.relevance);
            assert!(relevance.score >= 0.6, "{name}: {id}: {relevance:?}");
            assert!(!relevance.matched.is_empty(), "{name}: {id}");
            assert!(!q.why.is_empty(), "{name}: {id}");
        }
    });
}

#[test]
fn no_question_is_of_a_foreign_family() {
    let mut foreign = BTreeSet::new();
    each(|name, _, questions, plan| {
        let home = HOME.iter().find(|(n, _)| *n == name).unwrap().1;
        for q in &plan.questions {
            let prefix = prefix(&q.question.id);
            if !["project", "beh"].contains(&prefix) && !home.contains(&prefix) {
                let (id, why) = (&q.question.id, &q.why);
                foreign.insert(format!("{name} with {questions} questions: {id}: {why}"));
            }
        }
    });
    let foreign: Vec<String> = foreign.into_iter().collect();
    assert!(foreign.is_empty(), "{}", foreign.join("\n"));
}

#[test]
fn most_questions_are_of_the_jobs_own_family() {
    each(|name, _, questions, plan| {
        let own = HOME.iter().find(|(n, _)| *n == name).unwrap().1[0];
        let technical = plan.questions.iter().filter(|q| !q.reserve).skip(1);
        let owned = technical.filter(|q| prefix(&q.question.id) == own).count();
        let least = usize::from(questions.min(4)).div_ceil(2);
        assert!(owned >= least, "{name}: {owned} of {questions}");
    });
}

#[test]
fn nothing_is_asked_twice_and_core_comes_before_advanced() {
    each(|name, _, _, plan| {
        let mut ids = BTreeSet::new();
        for q in &plan.questions {
            assert!(ids.insert(&q.question.id), "{name}: {}", q.question.id);
        }
        for q in plan.questions.iter().filter(|q| q.reserve) {
            let core = plan.question(q.after.as_ref().unwrap()).unwrap();
            assert_eq!(core.question.level, Level::Core, "{name}");
            assert!(!core.reserve);
        }
        let numbered = plan.questions.iter().filter(|q| !q.reserve);
        let advanced = numbered
            .filter(|q| q.question.kind == Kind::Technical && q.question.level == Level::Advanced);
        assert_eq!(advanced.count(), 0, "{name}");
    });
}

/// Whether a question examines a must-have: by the same skill or a part.
fn examines(lexicon: &Lexicon, skills: &[String], must: &[String]) -> bool {
    let names: Vec<String> = skills.iter().map(|s| lexicon.name_of(s)).collect();
    let meets = |need: &String| names.iter().any(|n| n == need || lexicon.part_of(n, need));
    must.iter().any(meets)
}

#[test]
fn must_haves_that_the_bank_can_examine_are_examined() {
    let bank = Bank::builtin();
    let names = bank
        .questions()
        .flat_map(|(f, q)| q.skills.iter().chain(&f.about));
    let lexicon = Lexicon::builtin().with_names(names.map(String::as_str));
    each(|name, job, questions, plan| {
        if usize::from(questions) < job.must_haves.len() {
            return;
        }
        let home = HOME.iter().find(|(n, _)| *n == name).unwrap().1;
        for line in &job.must_haves {
            let must: Vec<String> = lexicon.find(line);
            let trade = |n: &&String| !lexicon.part_of(n, "working with people");
            let must: Vec<String> = must.iter().filter(trade).cloned().collect();
            let can = bank.questions().any(|(f, q)| {
                q.kind == Kind::Technical
                    && q.level == Level::Core
                    && home[..1].contains(&f.prefix.as_str())
                    && examines(&lexicon, &q.skills, &must)
            });
            let numbered = plan.questions.iter().filter(|q| !q.reserve).skip(1);
            let mut asked = numbered.map(|q| &q.question.skills);
            assert!(
                !can || asked.any(|skills| examines(&lexicon, skills, &must)),
                "{name} with {questions} questions does not examine \"{line}\""
            );
        }
    });
}

#[test]
fn candidates_of_one_job_get_the_same_questions_in_the_same_order() {
    for (name, _) in HOME {
        let job = job(name);
        let rest = |person: &str, seed| -> Vec<String> {
            let plan = plan(&job, &resume(person), 5, seed);
            let rest = plan.questions[1..].iter();
            rest.map(|q| q.question.id.clone()).collect()
        };
        let first = rest(name, 3);
        for (person, _) in &HOME[..3] {
            assert_eq!(rest(person, 3), first, "{name}");
        }
        // Another seed: the same numbered questions, in another order.
        let sorted = |mut ids: Vec<String>| {
            ids.truncate(5);
            ids.sort();
            ids
        };
        let orders: BTreeSet<Vec<String>> = (0..5).map(|seed| rest(name, seed)).collect();
        assert!(orders.len() > 1, "{name}");
        for order in orders {
            assert_eq!(sorted(order), sorted(first.clone()), "{name}");
        }
    }
}

#[test]
fn a_resume_of_another_trade_gets_a_project_question_about_the_job() {
    let job = job("embedded-engineer");
    let plan = plan(&job, &resume("product-manager"), 1, 0);
    let project = &plan.questions[0];
    assert!(
        project
            .question
            .ask
            .contains("comes close to this position")
    );
    assert!(
        project.why.contains("nothing that the résumé names"),
        "{}",
        project.why
    );
    assert!(project.relevance.score >= 0.85);
}

fn print(title: &str, plan: &Plan) {
    println!("## {title}: {}", plan.families.join(", "));
    for q in &plan.questions {
        let mark = if q.reserve { "  +" } else { "" };
        println!(
            "{mark:3} {:.2} {:28} {}",
            q.relevance.score, q.question.id, q.why
        );
    }
    for note in &plan.notes {
        println!("    note: {note}");
    }
}

#[test]
#[ignore = "prints a table for people"]
fn table() {
    for (name, _) in HOME {
        let plan = plan(&job(name), &resume(name), 5, 0);
        println!("{}", plan.questions[0].question.ask);
        print(name, &plan);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/eval/people.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: {path} is not there");
        return;
    };
    let people: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    for person in people {
        let of = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        let job = Job::parse("job.txt", &of(&person["job"]["requirements"])).unwrap();
        let resume = Resume::parse("resume.txt", &of(&person["resume"])).unwrap();
        let plan = plan(&job, &resume, 5, 0);
        println!("{}", plan.questions[0].question.ask);
        print(&format!("{} for {}", resume.name, job.title), &plan);
    }
}
