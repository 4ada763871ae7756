//! A recruiter's own banks: merged with the built-in one or used alone,
//! with and without rubrics.

use viva::event::Settings;
use viva::interview::bank::{BankError, Kind};
use viva::interview::score::assess_text;
use viva::interview::{Bank, Job, Plan, Resume, Setup};
use viva::protocol::SetupRequest;

const JOB: &str =
    "Position: Python Developer\nMust-Have:\n- Python and Django\n- PostgreSQL\n- Teamwork\n";

const OWN: &str = r#"
[[question]]
id = "own.orders"
kind = "technical"
skills = ["python", "django"]
ask = "Orders sometimes arrive twice in our Django shop. What would you do about it?"
ideal = "Each order carries a key that the client invents. The database refuses a second row with the same key through a unique constraint. The view then returns the stored answer to the repeated request."
[[question]]
id = "own.lunch"
kind = "technical"
skills = ["cooking"]
ask = "Which dish would you cook for the whole kitchen?"
"#;

fn plan(own: &[(&str, &str)], alone: bool, questions: u8) -> Plan {
    let bank = Bank::with_own(own, alone).unwrap();
    let settings = Settings {
        questions,
        ..Settings::default()
    };
    let job = Job::parse("job.txt", JOB).unwrap();
    let setup = Setup::prepare(job, Resume::of_name("Ada Stone"), &bank, settings);
    setup.unwrap().plan
}

fn ids(plan: &Plan) -> Vec<&str> {
    let numbered = plan.questions.iter().filter(|q| !q.reserve).skip(1);
    numbered.map(|q| q.question.id.as_str()).collect()
}

#[test]
fn an_own_question_is_preferred_where_it_fits_and_left_out_where_not() {
    let plan = plan(&[("own.toml", OWN)], false, 3);
    let ids = ids(&plan);
    assert!(ids.contains(&"own.orders"), "{ids:?}");
    assert!(!ids.contains(&"own.lunch"), "{ids:?}");
    assert_eq!(ids.iter().filter(|id| id.starts_with("py.")).count(), 2);
    let own = plan.question("own.orders").unwrap();
    assert!(
        own.why.contains("from the recruiter's own bank"),
        "{}",
        own.why
    );
    assert!(
        own.why.contains("drawn from its ideal answer"),
        "{}",
        own.why
    );
    assert!(own.why.contains("\"Python and Django\""), "{}", own.why);
}

#[test]
fn alone_only_own_questions_are_asked_and_relevance_stays_honest() {
    let plan = plan(&[("own.toml", OWN)], true, 5);
    assert_eq!(ids(&plan), ["own.orders", "own.lunch"]);
    let lunch = plan.question("own.lunch").unwrap();
    assert_eq!(lunch.relevance.score, 0.0);
    assert!(lunch.why.contains("the job does not name"), "{}", lunch.why);
    assert!(lunch.why.contains("not scored"), "{}", lunch.why);
    assert!(plan.notes.iter().any(|n| n.contains("Only 2 of 5")));
}

#[test]
fn a_drawn_rubric_scores_and_a_missing_one_abstains_with_its_reason() {
    let plan = plan(&[("own.toml", OWN)], true, 2);
    let orders = &plan.question("own.orders").unwrap().question;
    assert!(assess_text(orders, &orders.ideal).score.unwrap() >= 4);
    let partly = "I would put a unique constraint into the database, and it refuses a second row.";
    assert!(assess_text(orders, partly).score.unwrap() < 4);
    let parrot = "Orders sometimes arrive twice in the Django shop, I would do something about it.";
    assert!(assess_text(orders, parrot).score.is_none_or(|s| s <= 1));
    let lunch = &plan.question("own.lunch").unwrap().question;
    let score = assess_text(lunch, "I would cook a large pot of soup for everybody.");
    assert_eq!(score.score, None);
    assert!(score.abstained.unwrap().contains("no rubric"));
}

#[test]
fn an_own_question_takes_the_place_of_the_one_with_its_id() {
    let own = OWN.replace("own.orders", "py.testing");
    let bank = Bank::with_own(&[("own.toml", &own)], false).unwrap();
    let same = bank.questions().filter(|(_, q)| q.id == "py.testing");
    assert_eq!(same.count(), 1);
    assert!(
        bank.question("py.testing")
            .unwrap()
            .ask
            .starts_with("Orders sometimes")
    );
    assert_eq!(
        bank.questions().count(),
        Bank::builtin().questions().count() + 1
    );
    // Two own ones with the same id are a mistake.
    let twice = Bank::with_own(&[("a.toml", OWN), ("b.toml", OWN)], false).unwrap_err();
    assert!(
        twice.to_string().contains("already used in a.toml"),
        "{twice}"
    );
}

#[test]
fn an_own_project_question_gives_the_rubric() {
    let own = "[[question]]\nid = \"own.project\"\nkind = \"project\"\nask = \"Which project?\"\nideal = \"I measured the result with a number. I talked to the users every week.\"\n";
    let bank = Bank::with_own(&[("own.toml", own)], false).unwrap();
    let job = Job::parse("job.txt", JOB).unwrap();
    let setup = Setup::prepare(job, Resume::of_name("Ada"), &bank, Settings::default()).unwrap();
    let project = &setup.plan.questions[0].question;
    assert_eq!(
        (project.id.as_str(), project.kind),
        ("own.project", Kind::Project)
    );
    assert_eq!(project.key_points.len(), 2);
}

#[test]
fn the_same_question_in_other_words_is_asked_once() {
    let twin = r#"
[[question]]
id = "own.tickets"
kind = "technical"
skills = ["python", "postgresql"]
ask = "Two users buy the last ticket in the very same second. How do you make sure that just one of them gets it?"
"#;
    let plan = plan(&[("own.toml", twin)], false, 8);
    let ids = ids(&plan);
    assert!(ids.contains(&"own.tickets"), "{ids:?}");
    assert!(!ids.contains(&"py.transactions"), "{ids:?}");
}

#[test]
fn only_own_banks_without_any_is_an_error() {
    assert_eq!(Bank::with_own(&[], true).unwrap_err(), BankError::Alone);
}

#[test]
fn a_setup_of_before_there_was_a_choice_still_parses() {
    let old = r#"{"job":{"name":"j.txt","text":"Position: Cook"},"bank":[]}"#;
    let request: SetupRequest = serde_json::from_str(old).unwrap();
    assert!(!request.bank_alone);
    let new = SetupRequest {
        bank_alone: true,
        ..request
    };
    let text = serde_json::to_string(&new).unwrap();
    assert_eq!(serde_json::from_str::<SetupRequest>(&text).unwrap(), new);
}
