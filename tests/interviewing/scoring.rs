//! How near the scorer comes to the bands that people gave.

use proptest::prelude::*;
use std::collections::BTreeMap;
use viva::event::{Source, Utterance};
use viva::interview::Bank;
use viva::interview::bank::{Family, Question};
use viva::interview::score::{self, Lexical};

#[test]
fn labelled_answers_fall_into_their_bands() {
    for corpus in crate::corpus::all() {
        crate::corpus::table(&corpus, &Lexical).hold();
    }
}

fn bank() -> impl Iterator<Item = &'static Question> {
    Bank::builtin().questions().map(|(_, question)| question)
}

/// Shares of the bank's sample answers inside the band of their profile, and
/// of answers to other questions that are rated above 2.
#[test]
fn samples_of_the_bank_are_scored_in_order() {
    let questions: Vec<&Question> = bank().collect();
    let mut counts: BTreeMap<&str, (usize, usize, BTreeMap<String, usize>)> = BTreeMap::new();
    for (at, question) in questions.iter().enumerate() {
        let Some(sample) = &question.sample else {
            continue;
        };
        let other = questions[(at + questions.len() / 2) % questions.len()]
            .sample
            .as_ref();
        let cases = [
            ("weak", Some(&sample.weak), 1..=2),
            ("average", Some(&sample.average), 2..=3),
            ("strong", Some(&sample.strong), 4..=5),
            ("exceptional", Some(&sample.exceptional), 4..=5),
            (
                "another question",
                other.map(|sample| &sample.exceptional),
                1..=2,
            ),
        ];
        for (case, text, band) in cases {
            let Some(text) = text else { continue };
            let score = score::assess_text(question, text);
            let row = counts.entry(case).or_default();
            let foreign = case == "another question";
            let good = score.score.map_or(foreign, |number| band.contains(&number));
            row.0 += 1;
            row.1 += usize::from(good);
            let shown = score
                .score
                .map_or_else(|| "-".to_owned(), |number| number.to_string());
            if !good && !foreign {
                println!(
                    "{case} {}: {shown} {} {:?} | {text}",
                    question.id, score.why, score.missing
                );
            }
            *row.2.entry(shown).or_default() += 1;
        }
    }
    for (case, (all, good, counts)) in &counts {
        println!("{case:18} {good} of {all} {counts:?}");
    }
    for (case, least) in [
        ("weak", 95),
        ("average", 80),
        ("strong", 90),
        ("exceptional", 95),
        ("another question", 80),
    ] {
        let (all, good, _) = &counts[case];
        assert!(good * 100 >= all * least, "{case}: {good} of {all}");
    }
}

const FILLERS: &[&str] = &[
    "um you know",
    "that is a great question",
    "I am really passionate about this",
    "so yeah, basically",
    "to be honest I love this topic",
    "well, let me see",
    "at the end of the day it is about people",
];

/// Words of people who fill time: about themselves, about nothing.
const PADDING: &[&str] = &[
    "Thank you so much for having me today, I really enjoy conversations like this one, and my \
     friends always say that I could talk about it for hours. I have been lucky with my career, \
     honestly.",
    "I grew up near the sea, my mother was a nurse and my father drove a bus. On weekends I bake \
     bread and I go hiking with the dog. It keeps me calm and happy.",
    "You know, what I always tell people is that attitude is everything. I am a very positive \
     person, and I think that makes all the difference, it really does.",
];

/// The places in a text where a sentence may be put in: its begin, its
/// middle, its end.
fn padded(text: &str, padding: &str) -> [String; 3] {
    let ends: Vec<usize> = text.match_indices(". ").map(|(at, _)| at + 2).collect();
    let middle = ends.get(ends.len() / 2).copied().unwrap_or(0);
    [
        format!("{padding} {text}"),
        format!("{}{padding} {}", &text[..middle], &text[middle..]),
        format!("{text} {padding}"),
    ]
}

#[test]
fn padding_never_raises_a_score_and_never_lowers_a_right_answer() {
    for corpus in crate::corpus::all() {
        let (mut all, mut changed) = (0, 0);
        for case in &corpus.answers {
            let question = corpus.question(&case.question);
            let plain = score::assess_text(question, &case.answer).score;
            let filler = format!("{}.", FILLERS.join(". "));
            for padding in PADDING.iter().copied().chain([filler.as_str()]) {
                for text in padded(&case.answer, padding) {
                    let score = score::assess_text(question, &text).score;
                    all += 1;
                    changed += usize::from(score != plain);
                    let (Some(plain), Some(score)) = (plain, score) else {
                        // What was in unknown words stays so.
                        assert!(
                            !(case.is_right() && plain.is_none() && score.is_some()),
                            "{} {}: {score:?} by \"{padding}\"",
                            case.question,
                            case.case
                        );
                        continue;
                    };
                    assert!(
                        score <= plain && !(case.is_right() && score < plain),
                        "{} {}: {plain} became {score} by \"{padding}\"",
                        case.question,
                        case.case
                    );
                }
            }
        }
        println!(
            "{}: {changed} of {all} paddings changed anything",
            corpus.name
        );
        // Facts about something else may make an answer abstain, no more.
        assert!(changed * 50 <= all, "{}: {changed} of {all}", corpus.name);
    }
}

#[test]
fn a_right_answer_cut_to_what_it_states_keeps_its_score() {
    for corpus in crate::corpus::all() {
        for case in corpus.answers.iter().filter(|case| case.is_right()) {
            let question = corpus.question(&case.question);
            let whole = score::assess_text(question, &case.answer);
            let Some(number) = whole.score else { continue };
            let mut quotes: Vec<&str> = Vec::new();
            for hit in &whole.hits {
                if !quotes.contains(&hit.quote.as_str()) {
                    quotes.push(&hit.quote);
                }
            }
            let cut = score::assess_text(question, &quotes.join(". "));
            assert!(
                cut.score.is_some_and(|score| score + 1 >= number),
                "{} {}: {number} became {:?}: {}",
                case.question,
                case.case,
                cut.score,
                cut.why
            );
        }
    }
}

/// A rubric of no labelled set, for what a rule must not hang on.
const TYRES: &str = r#"
[[question]]
id = "bike.tyres"
kind = "technical"
skills = ["workshop"]
ask = "How do you decide which pressure a bicycle tyre should have?"
ideal = "Wide tyres on rough ground run at a lower pressure for grip. Heavy riders need more pressure so that the rim is protected from impacts. I validate the choice by riding and checking the wear, and I never exceed the maximum that is printed on the sidewall."
[[question.key_point]]
id = "width"
says = "Wide tyres on rough ground take a lower pressure."
any_of = ["lower pressure", "wide * less pressure", "reduce * pressure"]
[[question.key_point]]
id = "weight"
says = "Heavier riders need more pressure so that the rim is protected."
any_of = ["rider weight", "heavy rider", "protect * rim", "rim protection"]
[[question.key_point]]
id = "check"
says = "The choice is validated by riding and looking at the wear."
any_of = ["wear validation", "check * wear", "test ride"]
[[question.key_point]]
id = "limit"
says = "The printed maximum is never exceeded."
any_of = ["printed maximum", "maximum * sidewall", "exceed * maximum"]
[[question.misconception]]
id = "harder"
says = "Harder is always faster."
any_of = ["harder * always faster", "as hard as possible"]
"#;

fn found(answer: &str) -> (Vec<String>, Vec<String>) {
    let family: Family = toml::from_str(TYRES).unwrap();
    let score = score::assess_text(&family.questions[0], answer);
    let ids = |all: &[score::Evidence]| all.iter().map(|e| e.id.clone()).collect();
    (ids(&score.hits), ids(&score.misconceptions))
}

#[test]
fn a_point_is_found_however_it_is_put() {
    for (answer, point) in [
        ("On rough ground I run lower pressures.", "width"),
        ("The pressure is reduced when the ground is rough.", "width"),
        ("I reduced the tyre's pressure for the gravel.", "width"),
        ("For a heavier rider I pump in some more.", "weight"),
        ("It's about protecting the rim from impacts.", "weight"),
        ("The rim gets protected by some more air.", "weight"),
        ("Afterwards I validate the wear of the tread.", "check"),
        ("I take it for a test and training ride.", "check"),
        ("There is a maximum. It stands on the sidewall.", "limit"),
        ("um so the the maximum on the side wall", "limit"),
    ] {
        assert_eq!(found(answer).0, [point], "{answer}");
    }
}

#[test]
fn what_is_denied_set_aside_or_reported_is_not_claimed() {
    for answer in [
        "I never check the wear of anything.",
        "I trust my thumb instead of checking the wear.",
        "I measure rather than check the wear.",
        "Without a test ride it is finished for me.",
        "We no longer check the wear at the shop.",
    ] {
        assert!(
            found(answer).0.is_empty(),
            "{answer}: {:?}",
            found(answer).0
        );
    }
    for (answer, wrong) in [
        ("You pump it as hard as possible.", true),
        (
            "Many riders think that you pump it as hard as possible.",
            false,
        ),
        (
            "It is a common mistake to pump it as hard as possible.",
            false,
        ),
        ("You never pump it as hard as possible.", false),
        ("I used to believe it should be as hard as possible.", false),
        ("Don't pump it as hard as possible, go by the wear.", false),
    ] {
        assert_eq!(!found(answer).1.is_empty(), wrong, "{answer}");
    }
}

fn sentences(text: &str) -> Vec<String> {
    text.split_inclusive(['.', '?', '!'])
        .map(|s| s.trim().to_owned())
        .filter(|s| !s.is_empty())
        .collect()
}

#[test]
fn one_filler_never_raises_a_score() {
    for question in bank() {
        let Some(sample) = &question.sample else {
            continue;
        };
        for text in [
            &sample.weak,
            &sample.average,
            &sample.strong,
            &sample.exceptional,
        ] {
            let plain = score::assess_text(question, text).score;
            for filler in FILLERS {
                for padded in [format!("{filler}. {text}"), format!("{text} {filler}.")] {
                    let score = score::assess_text(question, &padded);
                    if let (Some(plain), Some(padded)) = (plain, score.score) {
                        assert!(
                            padded <= plain,
                            "{}: {plain} became {padded} by \"{filler}\": {}",
                            question.id,
                            score.why
                        );
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn filler_never_raises_a_score(pick in any::<prop::sample::Index>(), which in 0..4_usize,
                                   filler in prop::collection::vec((any::<prop::sample::Index>(), 0..FILLERS.len()), 1..12)) {
        let bank = Bank::builtin().questions();
    let questions: Vec<&Question> = bank.map(|(_, question)| question).collect();
        let question = pick.get(&questions);
        let Some(sample) = &question.sample else { return Ok(()) };
        let text = [&sample.weak, &sample.average, &sample.strong, &sample.exceptional][which];
        let plain = score::assess_text(question, text);
        let mut padded = sentences(text);
        for (place, filler) in filler {
            let at = place.index(padded.len() + 1);
            padded.insert(at, format!("{}.", FILLERS[filler]));
        }
        let padded = score::assess_text(question, &padded.join(" "));
        if let (Some(plain), Some(padded)) = (plain.score, padded.score) {
            prop_assert!(padded <= plain, "{plain} became {padded}");
        }
    }

    #[test]
    fn the_order_of_sentences_matters_little(pick in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let bank = Bank::builtin().questions();
    let questions: Vec<&Question> = bank.map(|(_, question)| question).collect();
        let question = pick.get(&questions);
        let Some(sample) = &question.sample else { return Ok(()) };
        let plain = score::assess_text(question, &sample.exceptional);
        let mut shuffled = sentences(&sample.exceptional);
        let n = shuffled.len();
        shuffled.rotate_left(seed as usize % n.max(1));
        let shuffled = score::assess_text(question, &shuffled.join(" "));
        if let (Some(plain), Some(shuffled)) = (plain.score, shuffled.score) {
            prop_assert!(plain.abs_diff(shuffled) <= 1);
        }
    }

    #[test]
    fn no_answer_breaks_the_scorer(pick in any::<prop::sample::Index>(), text in "\\PC{0,200}", confidence in any::<f32>()) {
        let bank = Bank::builtin().questions();
    let questions: Vec<&Question> = bank.map(|(_, question)| question).collect();
        let question = pick.get(&questions);
        let mut utterance = typed(&text);
        utterance.confidence = confidence;
        let score = score::assess(question, &[&utterance, &utterance]);
        prop_assert!(score.score.is_none() == score.abstained.is_some());
        score::struggled(question, &[&utterance]);
    }
}

fn typed(text: &str) -> Utterance {
    let text = text.to_owned();
    Utterance {
        id: 1,
        text,
        words: Vec::new(),
        start_ms: 0,
        end_ms: 0,
        confidence: 1.0,
        source: Source::Typed,
    }
}

#[test]
fn missing_or_doubtful_words_abstain() {
    let bank = Bank::builtin().questions();
    let questions: Vec<&Question> = bank.map(|(_, question)| question).collect();
    let question = &questions[0];
    let score = score::assess(question, &[]);
    assert_eq!(score.why, "Not scored: no answer was heard.");
    assert!(!score::struggled(question, &[]));
    let mut doubtful = typed(&question.ideal);
    doubtful.confidence = 0.2;
    let score = score::assess(question, &[&doubtful]);
    assert!(score.score.is_none() && score.abstained.unwrap().contains("not sure of the words"));
}

#[test]
fn what_was_hardly_understood_is_no_fault() {
    let bank = Bank::builtin().questions();
    let questions: Vec<&Question> = bank.map(|(_, question)| question).collect();
    let question = &questions[0];
    let said = |text: &str, confidence: f32| {
        let answer = Utterance {
            confidence,
            source: Source::Voice,
            ..typed(text)
        };
        score::assess(question, &[&answer])
    };
    // Mumbled: words, but none of the rubric's, and none of them sure.
    let mumbled = "the fount of a sell was on for the pun it did";
    assert_eq!(said(mumbled, 0.9).score, Some(1));
    let unsure = said(mumbled, 0.5);
    assert!(unsure.score.is_none(), "{unsure:?}");
    assert!(unsure.why.contains("not sure of the words"), "{unsure:?}");
    // What was understood all the same counts.
    assert!(said(&question.ideal, 0.5).score > Some(3));
}

#[test]
fn every_answer_to_a_question_counts_with_it() {
    let bank = Bank::builtin().questions();
    let questions: Vec<&Question> = bank.map(|(_, question)| question).collect();
    let question = questions
        .iter()
        .find(|q| q.id == "ml.underfit-overfit")
        .unwrap();
    let first = typed("High bias means the model is too simple, so it underfits.");
    let second = typed("High variance means it overfits the training data.");
    let alone = score::assess(question, &[&first]);
    let both = score::assess(question, &[&first, &second]);
    assert!(both.coverage > alone.coverage && both.score > alone.score);
}

/// Run by hand: `cargo test --release --test scoring -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check"]
fn time_for_one_answer() {
    let clock = viva::clock::Clock::system();
    let mut took = Vec::new();
    for corpus in crate::corpus::all() {
        for case in &corpus.answers {
            let question = corpus.question(&case.question);
            let words: Vec<&str> = case.answer.split_whitespace().cycle().take(300).collect();
            let answer = words.join(" ");
            score::assess_text(question, &answer);
            let began = clock.nanos();
            score::assess_text(question, &answer);
            took.push(clock.nanos() - began);
        }
    }
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)] / 1000;
    println!("300 words: p50 {} us, p99 {} us", at(50), at(99));
}
