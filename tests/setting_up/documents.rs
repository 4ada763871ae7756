//! The documents of whole interviews, in every format.

use crate::recorded::{Call, Sample, client, setup, whole};
use serde_json::Value;
use viva::event::{Purpose, Stage};
use viva::report::{self, Format, Report};

fn text(report: &Report, format: Format) -> String {
    String::from_utf8(report::document(report, format, "../call.wav")).unwrap()
}

/// Words of a PDF, with one space between them.
fn words(pdf: &[u8]) -> String {
    let text = pdf_extract::extract_text_from_mem(pdf).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn holds(whole: &str, part: &str) -> bool {
    let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
    whole.contains(&part)
}

/// Writes the documents where a person can look at them:
/// `VIVA_DOCUMENTS=DIR cargo test --test documents look -- --ignored`.
#[test]
#[ignore = "only writes files to look at"]
fn look_at_the_documents() {
    let dir = std::env::var("VIVA_DOCUMENTS").unwrap();
    let record = whole().seal(std::path::Path::new(&dir), "01JDEMXXXXXXXXXXXXXXXXXXXX");
    eprintln!("{}", record.display());
}

#[test]
fn a_whole_interview_has_all_that_these_tests_look_for() {
    let report = whole().report();
    let scores: Vec<_> = report.questions.iter().map(|q| q.score.score).collect();
    assert_eq!(report.questions.len(), 6, "{scores:?}");
    assert!(report.questions.iter().any(|q| q.struggled));
    assert!(scores.contains(&None) && scores.iter().any(|s| *s >= Some(4)));
    assert!(report.dialogue.iter().any(|turn| turn.heard.is_some()));
    assert!(report.questions.iter().any(|q| !q.follow_ups.is_empty()));
    let years = |r: &&report::Requirement| r.asks_for_years;
    assert_eq!(report.requirements.iter().filter(years).count(), 1);
    assert!(report.asked_back.iter().any(|back| back.passed_on));
    assert!(report.asked_back.iter().any(|back| !back.passed_on));
}

#[test]
fn every_format_says_the_same_in_the_same_order() {
    let report = whole().report();
    let headings = [
        "Overall Recommendation",
        "Candidate Overall Suitability",
        "Key Strengths",
        "Technical Skills Demonstrated",
        "Must-Haves of the Job",
        "Communication Effectiveness",
        "Not Assessed",
        "Technical Questions and Answers",
        "Questions from the Candidate",
        "Transcript",
        "Timing",
        "About This Report",
    ];
    let pdf = words(&report::report_pdf(&report));
    for (name, mut rest) in [
        ("md", text(&report, Format::Md).as_str()),
        (
            "html",
            text(&report, Format::Html).split("<main>").nth(1).unwrap(),
        ),
        ("pdf", &pdf),
    ] {
        for heading in headings {
            let at = rest
                .find(heading)
                .unwrap_or_else(|| panic!("{name} has no {heading:?} in its place"));
            rest = &rest[at + heading.len()..];
        }
    }
}

#[test]
fn every_question_answer_and_score_stands_in_every_readable_format() {
    let report = whole().report();
    let pdf = words(&report::report_pdf(&report));
    let txt = text(&report, Format::Txt);
    for item in &report.questions {
        for whole in [&pdf, &txt] {
            assert!(holds(whole, &item.asked), "{}", item.asked);
            for answer in &item.answers {
                assert!(holds(whole, &answer.text), "{}", answer.text);
            }
        }
        for strength in &report.hr.strengths {
            assert!(holds(&pdf, &strength.quote) && holds(&txt, &strength.quote));
        }
    }
}

#[test]
fn must_haves_that_no_question_touched_are_not_assessed() {
    let report = whole().report();
    assert!(report.requirements.len() >= 3);
    assert!(report.requirements.iter().any(|r| !r.questions.is_empty()));
    for requirement in &report.requirements {
        let open = report
            .hr
            .not_assessed
            .iter()
            .any(|open| open.what == format!("Must-have \"{}\"", requirement.text));
        assert_eq!(open, requirement.questions.is_empty(), "{requirement:?}");
    }
}

#[test]
fn what_was_planned_and_not_asked_is_told_with_its_reason() {
    let mut call = Call::new(setup(|settings| settings.questions = 4), client());
    call.answer("Yes, sure.");
    call.answer("I train models for a living.");
    call.hear();
    call.tell(viva::event::Input::Left);
    call.hang_up();
    let report = call.report();
    let open: Vec<_> = report
        .hr
        .not_assessed
        .iter()
        .filter(|open| open.why.contains("connection was lost"))
        .collect();
    assert_eq!(open.len() + report.questions.len(), 5, "{open:?}");
    assert!(text(&report, Format::Txt).contains("Not asked: the connection was lost."));
}

#[test]
fn a_skipped_question_is_called_skipped() {
    let mut call = Call::new(setup(|_| ()), client());
    call.answer("Yes, sure.");
    call.answer("I train models for a living.");
    call.hear();
    call.tell(viva::event::Input::Request {
        request: viva::event::Request::Skip,
    });
    call.hear();
    let report = call.report();
    assert_eq!(report.hr.not_assessed[0].question, Some(1));
    assert_eq!(
        report.hr.not_assessed[0].why,
        "Not scored: the candidate asked to skip it."
    );
}

#[test]
fn refused_consent_is_told_in_every_format_and_nothing_can_be_played() {
    let mut call = Call::new(setup(|_| ()), client());
    call.hear();
    call.tell(viva::event::Input::Consent {
        given: false,
        how: viva::event::ConsentHow::Key,
    });
    while !call.ended() {
        call.hear();
        call.pass(1000);
    }
    let report = call.report();
    for format in [Format::Txt, Format::Md, Format::Html] {
        assert!(
            text(&report, format).contains("Consent was refused"),
            "{format:?}"
        );
    }
    assert!(words(&report::report_pdf(&report)).contains("Consent was refused"));
    let html = text(&report, Format::Html);
    assert!(!html.contains("<audio") && !html.contains("call.wav") && !html.contains("<script"));
    assert!(!text(&report, Format::Md).contains("call.wav"));
}

#[test]
fn times_lead_into_the_recording() {
    let report = whole().report();
    let html = text(&report, Format::Html);
    let strength = &report.hr.strengths[0];
    let ms = strength.start_ms.unwrap();
    let at = format!("{}.{:03}", ms / 1000, ms % 1000);
    assert!(html.contains(&format!("href=\"../call.wav#t={at}\" data-t=\"{at}\"")));
    assert!(text(&report, Format::Md).contains(&format!("](../call.wav#t={at})")));
    let elsewhere = report::document(&report, Format::Html, "file:///a\"b/call.wav");
    let elsewhere = String::from_utf8(elsewhere).unwrap();
    assert!(elsewhere.contains("src=\"file:///a&quot;b/call.wav\""));
    assert!(!elsewhere.contains("\"../call.wav"));
}

#[test]
fn the_page_runs_its_own_script_only_and_fetches_nothing() {
    let html = text(&whole().report(), Format::Html);
    let policy = html
        .split("Content-Security-Policy\" content=\"")
        .nth(1)
        .unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(policy.contains("script-src 'sha256-"), "{policy}");
    assert_eq!(html.matches("<script").count(), 1);
    for sign in ["http://", "https://", "@import", "url(", "<link", "<img"] {
        assert!(!html.contains(sign), "{sign}");
    }
}

#[test]
fn the_page_can_be_read_without_eyes() {
    let html = text(&whole().report(), Format::Html);
    for part in [
        "<html lang=\"en\">",
        "<main>",
        "<header>",
        "<nav ",
        "<aside ",
        "class=\"skip\"",
        "<audio id=\"call\" controls",
        "<caption>",
        "scope=\"col\"",
        "scope=\"row\"",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert_eq!(html.matches("<h1").count(), 1);
    // No level is left out on the way down.
    let mut last = 1;
    for part in html.split("<main>").nth(1).unwrap().split("<h").skip(1) {
        let Some(level) = part.chars().next().and_then(|c| c.to_digit(10)) else {
            continue;
        };
        assert!(level <= last + 1, "h{level} after h{last}");
        last = level;
    }
    // Every link inside the page has its place.
    for target in html.split("href=\"#").skip(1) {
        let id = target.split('"').next().unwrap();
        assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[test]
fn the_pdf_is_real_text_with_pages_title_language_tags_and_bookmarks() {
    let report = whole().report();
    let pdf = report::report_pdf(&report);
    let file = pdf_extract::Document::load_mem(&pdf).unwrap();
    let pages = file.get_pages().len();
    assert!(pages >= 3, "{pages}");
    let text = words(&pdf);
    assert!(text.contains(&format!("Page {pages} of {pages}")));
    let catalog = file.catalog().unwrap();
    for part in [&b"StructTreeRoot"[..], b"Outlines", b"Lang", b"MarkInfo"] {
        assert!(catalog.has(part), "{}", String::from_utf8_lossy(part));
    }
    let raw = String::from_utf8_lossy(&pdf);
    assert!(raw.contains("pdfuaid"), "not checked against PDF/UA");
    assert!(raw.contains(&format!("Interview report: {}", report.candidate)));
    for word in ["/Encrypt", "CreationDate"] {
        assert!(!raw.contains(word), "{word}");
    }
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    let call = whole();
    assert_eq!(
        report::documents(&call.report()),
        report::documents(&call.report())
    );
}

fn schema() -> jsonschema::Validator {
    let path = format!(
        "{}/assets/report/report.v1.schema.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn json(report: &Report) -> Value {
    serde_json::from_str(&text(report, Format::Json)).unwrap()
}

#[test]
fn the_json_keeps_its_published_schema() {
    let mut refused = Call::new(setup(|_| ()), client());
    refused.answer("No.");
    let mut typed = Call::new(setup(|_| ()), client());
    typed.answer("Yes, sure.");
    typed.hear();
    typed.type_in("I train models.");
    let schema = schema();
    for call in [whole(), refused, typed] {
        let json = json(&call.report());
        let wrong: Vec<String> = schema
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let schema = schema();
    let good = json(&whole().report());
    for (place, bad) in [
        ("/average_score", Value::from(0)),
        ("/questions/0/score/score", Value::from(6)),
        ("/questions/0/kind", Value::from("trick")),
        ("/dialogue/0/who", Value::from("nobody")),
        ("/dialogue/0/start_ms", Value::from(-1)),
        ("/hr/strengths", Value::Null),
        ("/timing/stages/0/p95", Value::from("fast")),
    ] {
        let mut report = good.clone();
        *report.pointer_mut(place).unwrap() = bad;
        assert!(!schema.is_valid(&report), "{place}");
    }
    let mut more = good;
    more["mood"] = Value::from("happy");
    assert!(!schema.is_valid(&more), "an unknown member");
}

#[test]
fn the_longest_interview_has_all_its_documents() {
    let mut call = Call::new(
        setup(|settings| {
            settings.questions = 10;
            settings.follow_ups = 3;
            settings.minutes = 240;
        }),
        client(),
    );
    call.answer("Yes, sure.");
    let long = "and then we looked at the numbers once more, ".repeat(60);
    let mut probes = 0;
    while !call.ended() {
        let Some(line) = call.last().cloned() else {
            call.pass(1000);
            continue;
        };
        let id = line.question.clone().unwrap_or_default();
        match (&line.purpose, line.stage) {
            (Purpose::Question, _) => {
                let text = format!("{} {long}", call.sample(&id, Sample::Weak));
                call.answer(&text);
            }
            (Purpose::Probe { .. }, _) => {
                probes += 1;
                call.answer(&format!("Well, {long}"));
            }
            (_, Stage::Closing) => call.answer("No, thank you."),
            (_, Stage::Introduction) => call.answer("I train models."),
            _ => call.hear(),
        }
    }
    let report = call.report();
    assert!(report.questions.len() >= 10 && probes >= 10, "{probes}");
    let pdf = report::report_pdf(&report);
    assert!(
        pdf_extract::Document::load_mem(&pdf)
            .unwrap()
            .get_pages()
            .len()
            > 10
    );
    assert!(String::from_utf8_lossy(&pdf).contains("pdfuaid"));
    assert!(schema().is_valid(&json(&report)));
    for (name, bytes) in report::documents(&report) {
        assert!(!bytes.is_empty(), "{name}");
    }
}
