//! `viva bank check`: what it finds, and that our own bank passes.

use viva::interview::audit::{Grade, Problem, check, faults};
use viva::interview::bank::{Bank, Family, builtin_files};

const GOOD: &str = r#"
prefix = "db"
[[question]]
id = "db.index"
kind = "technical"
skills = ["databases"]
ask = "Why can an index make a query faster, and what does it cost?"
short = "What does an index give and cost?"
explain = "Think of a telephone book."
ideal = "The values are kept sorted. The database does not scan the whole table. Every write becomes slower. It also takes space on the disk."
[question.sample]
weak = "I think it is a kind of list."
average = "The values are kept sorted. And every write is slower."
strong = "The values are kept sorted, so it does not scan the whole table. Every write becomes slower."
exceptional = "The values are kept sorted, so it does not scan the whole table. Every write becomes slower. It takes space on the disk too."
[[question.key_point]]
id = "sorted"
says = "Values are kept sorted."
any_of = ["kept sorted", "search tree"]
probe = "How does it find a value?"
[[question.key_point]]
id = "scan"
says = "There is no full scan."
any_of = ["scan * table", "every row"]
[[question.key_point]]
id = "writes"
says = "Writes become slower."
any_of = ["write * slower", "slower * write"]
[[question.key_point]]
id = "space"
says = "It takes space."
any_of = ["space on", "more storage"]
[[question.misconception]]
id = "always"
says = "An index is always good."
any_of = ["index is always", "index everything"]
"#;

fn bank(text: &str) -> (String, Family) {
    ("own.toml".to_owned(), toml::from_str(text).unwrap())
}

/// Problems after one change of the good bank.
fn problems(from: &str, to: &str) -> Vec<Problem> {
    assert!(GOOD.contains(from), "{from}");
    check(&[bank(&GOOD.replacen(from, to, 1))])
}

fn finds(from: &str, to: &str, grade: Grade, found: &str, expected: &str) {
    let all = problems(from, to);
    let hit = all.iter().find(|p| p.found.contains(found));
    let hit = hit.unwrap_or_else(|| panic!("{to}: {all:?}"));
    assert_eq!(hit.grade, grade, "{hit}");
    assert!(hit.expected.contains(expected), "{hit}");
    assert_eq!(hit.file, "own.toml");
    assert!(!hit.id.is_empty());
}

#[test]
fn a_good_question_has_no_problem() {
    assert_eq!(problems("db.index", "db.index"), []);
}

#[test]
fn what_makes_a_bank_unusable_is_a_fault() {
    for (from, to, found, expected) in [
        ("id = \"db.index\"", "id = \"\"", "no id", "family.slug"),
        ("db.index", "my.index", "begins otherwise", "db.my.index"),
        (
            "Why can an index make a query faster, and what does it cost?",
            " ",
            "asks nothing",
            "ask",
        ),
        (
            "Why can an index",
            "Why can an `index`",
            "cannot be spoken",
            "without markdown",
        ),
        (
            "what does it cost?",
            "what does it cost? And why?",
            "2 question marks",
            "one question",
        ),
        (
            "How does it find a value?",
            "How? And why?",
            "the probe of \"sorted\" has 2",
            "one question",
        ),
        (
            "Think of a telephone book.",
            "Think of a *book*.",
            "explain cannot be spoken",
            "markdown",
        ),
        (
            "id = \"space\"",
            "id = \"writes\"",
            "two points have the id \"writes\"",
            "unique",
        ),
        (
            "id = \"always\"",
            "id = \"writes\"",
            "two points have the id \"writes\"",
            "unique",
        ),
        (
            "says = \"It takes space.\"",
            "says = \"\"",
            "\"space\" says nothing",
            "says",
        ),
        (
            "[\"space on\", \"more storage\"]",
            "[\"*\", \"storage\"]",
            "holds no word",
            "words",
        ),
        (
            "[\"space on\", \"more storage\"]",
            "[]",
            "no phrase",
            "at least one",
        ),
        (
            "[\"space on\", \"more storage\"]",
            "[\"a\", \"b\"]\nweight = -1.0",
            "weighs -1",
            "more than 0",
        ),
    ] {
        finds(from, to, Grade::Fault, found, expected);
        let text = GOOD.replacen(from, to, 1);
        assert!(Bank::from_files(&[("own.toml", &text)]).is_err(), "{to}");
        assert!(!faults(&[bank(&text)]).is_empty(), "{to}");
    }
}

#[test]
fn what_is_to_be_mended_is_a_flaw_and_leaves_the_bank_usable() {
    for (from, to, found, expected) in [
        ("db.index", "db.Index", "the id is", "lower case"),
        ("[\"databases\"]", "[]", "names no skill", "skills"),
        (
            "How does it find a value?",
            "See https://example.org/index?",
            "the address",
            "voice",
        ),
        (
            "Think of a telephone book.",
            "Think of a book, e.g. for telephones.",
            "the abbreviation \"e.g\"",
            "voice",
        ),
        (
            "Think of a telephone book.",
            "Call getValue for each.",
            "the name from a program",
            "voice",
        ),
        (
            "Think of a telephone book.",
            "Half of it & more.",
            "the sign '&'",
            "voice",
        ),
        (
            "Think of a telephone book.",
            "Look at the p99 time.",
            "letters and digits",
            "voice",
        ),
        (
            "I think it is a kind of list.",
            "It is config.toml I think.",
            "the weak sample holds the dotted word",
            "voice",
        ),
        (
            "faster, and what does it cost?",
            "faster, what does it cost, and when do you need it?",
            "two questions in one",
            "one question",
        ),
        (
            "and what does it cost?",
            "and what does it",
            "ends openly",
            "question mark",
        ),
        (
            "What does an index give and cost?",
            "",
            "short is empty",
            "a sentence",
        ),
        (
            "What does an index give and cost?",
            "Why not look at every row of it?",
            "short says the phrase \"every row\"",
            "no phrase",
        ),
        (
            "How does it find a value?",
            "Are they kept sorted?",
            "the probe of \"sorted\" says the phrase",
            "no phrase",
        ),
        (
            "How does it find a value?",
            "Does it look at every row?",
            "\"every row\" of \"scan\"",
            "no phrase",
        ),
        (
            "make a query faster",
            "avoid to look at every row",
            "ask says the phrase",
            "no phrase",
        ),
        (
            "make a query faster",
            "help, if one should index everything",
            "of \"always\"",
            "no phrase",
        ),
        (
            "Think of a telephone book.",
            "The values are kept sorted, so it does not scan the whole table. A write is slower. It takes space on the disk.",
            "explain gives the answer away",
            "less than",
        ),
        (
            "[\"space on\", \"more storage\"]",
            "[\"space on\"]",
            "has 1 phrases",
            "2 to",
        ),
        (
            "Every write becomes slower. It also takes space on the disk.\"\n[question.sample]",
            "That is all.\"\n[question.sample]",
            "its ideal answer gets",
            "4 or 5",
        ),
        (
            "I think it is a kind of list.",
            "The values are kept sorted, so it does not scan the whole table. Every write becomes slower.",
            "the weak sample gets",
            "1 to 2",
        ),
        (
            "The values are kept sorted. And every write is slower.",
            "I like databases a lot.",
            "the average sample gets",
            "2 to 4",
        ),
        (
            "it does not scan the whole table. Every write becomes slower.\"\nexc",
            "that is that.\"\nexc",
            "the strong sample gets",
            "3 to 5",
        ),
        (
            "it does not scan the whole table. Every write becomes slower. It takes space on the disk too.",
            "it is fast.",
            "the samples get",
            "rising",
        ),
    ] {
        finds(from, to, Grade::Flaw, found, expected);
        let text = GOOD.replacen(from, to, 1);
        assert!(Bank::from_files(&[("own.toml", &text)]).is_ok(), "{to}");
    }
}

#[test]
fn ids_are_unique_over_all_files() {
    let other = ("other.toml".to_owned(), bank(GOOD).1);
    let found = check(&[bank(GOOD), other]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "other.toml: db.index: this id is already used in own.toml; expected an id of its own"
    );
}

#[test]
fn a_question_without_rubric_is_a_note_and_one_with_an_ideal_answer_is_judged() {
    let bare = "[[question]]\nid = \"own.a\"\nkind = \"technical\"\nskills = [\"sql\"]\nask = \"What is a view?\"\n";
    let found = check(&[bank(bare)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].grade, Grade::Note);
    assert!(found[0].found.contains("asked and not scored"));
    let ideal = "ideal = \"A stored query gets a name. Readers select from it like from a table. It can hide columns from some users.\"\n";
    assert_eq!(check(&[bank(&format!("{bare}{ideal}"))]), []);
}

#[test]
fn our_own_bank_passes() {
    let families: Vec<(String, Family)> = builtin_files()
        .iter()
        .map(|(name, text)| ((*name).to_owned(), toml::from_str(text).unwrap()))
        .collect();
    let found = check(&families);
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", lines.join("\n"));
}

/// Every family that is interviewed for has enough to ask.
#[test]
fn every_family_has_core_and_advanced_questions() {
    use viva::interview::bank::{Kind, Level};
    let bank = Bank::builtin();
    let technical: Vec<_> = bank
        .families()
        .iter()
        .filter(|f| f.questions.iter().any(|q| q.kind == Kind::Technical))
        .collect();
    assert_eq!(technical.len(), 22);
    for family in technical {
        let of = |level| family.questions.iter().filter(|q| q.level == level).count();
        let (core, advanced) = (of(Level::Core), of(Level::Advanced));
        assert!(core >= 5 && advanced >= 3, "{}", family.family);
        for question in &family.questions {
            assert!(question.sample.is_some(), "{}", question.id);
            assert!(question.short.is_some() && !question.explain.is_empty());
        }
    }
}
