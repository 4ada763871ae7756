//! Documents in PDF and DOCX say the same as their text, and files that
//! cannot be read are refused in one clear sentence.

use crate::made::{Block, Column, blocks, docx, packed, pdf, pdf_columns, pdf_page};
use proptest::prelude::*;
use std::path::Path;
use viva::document::{self, Kind, MAX_FILE, MAX_TEXT};
use viva::interview::{Job, Resume};

const JOBS: &[&str] = &[
    "# Data Engineer at Northlight\nLocation: Oslo, Norway\nSalary: 700,000 NOK a year\n## About us\nNorthlight moves the data of six ports. It was founded by two sailors.\n## What you'll do\n- Build pipelines in Spark for ship positions that arrive every second from all six ports and from the open sea\n- Watch over the quality of the data\n## What you'll bring\n- 3+ years of experience with SQL\n- Python & Airflow\n## Nice to have\n- Kafka\n## We offer\n- 30 days of holiday\n- A cabin at the fjord\n",
    "# Test Engineer\nCompany: Harbour Tools\nEmployment type: Part-time\nStart date: 1 August\n## Your tasks\n- Automate tests with Selenium\n## Requirements\n- Java (5+ years)\n- Patience\n## Our interview process\n- This interview\n- A day with the team\n",
];

const RESUMES: &[&str] = &[
    "# Dr. Ines O'Hara\nines@example.org\n## Summary\nData engineer with 8 years of experience in shipping.\n## Work experience\nData Engineer at Kestrel (2019 - 2024)\n- Built pipelines for 3 sites that carry forty million positions a day without a single lost one in four years\n- Cut costs by 30%\nAnalyst at Pine Ltd (2015 - 2019)\n- Wrote 40 reports in SQL\n## Projects\n- Tidebook: a tide table in Rust\n## Education\n- MSc Statistics, Bergen (2015)\n## Skills\n- Python, SQL, Spark\n- Airflow\n",
    "# Jan van der Berg\n## Experience\nNurse, Ward 4, 2012 - today\n- Trained 25 students\n## Certifications\n- Intensive care (2014)\n## Skills\n- Communication, teamwork\n",
];

fn text_of(name: &str, bytes: &[u8]) -> String {
    document::read(name, bytes).unwrap().text
}

fn job_of(name: &str, bytes: &[u8]) -> Job {
    let reading = document::read(name, bytes).unwrap();
    Job::parse(&reading.name, &reading.text).unwrap()
}

fn resume_of(name: &str, bytes: &[u8]) -> Resume {
    let reading = document::read(name, bytes).unwrap();
    Resume::parse(&reading.name, &reading.text).unwrap()
}

#[test]
fn a_job_says_the_same_in_every_format() {
    for text in JOBS {
        let expect = job_of("job.md", text.as_bytes());
        assert!(!expect.must_haves.is_empty() && !expect.facts.is_empty());
        let blocks = blocks(text);
        assert_eq!(job_of("job.docx", &docx(&blocks)), expect);
        assert_eq!(job_of("job.pdf", &pdf_page(&blocks)), expect);
    }
}

#[test]
fn a_resume_says_the_same_in_every_format() {
    for text in RESUMES {
        let expect = resume_of("cv.md", text.as_bytes());
        assert!(!expect.roles.is_empty() && !expect.skills.is_empty());
        let blocks = blocks(text);
        assert_eq!(resume_of("cv.docx", &docx(&blocks)), expect);
        assert_eq!(resume_of("cv.pdf", &pdf_page(&blocks)), expect);
    }
}

/// Twelve people and jobs, where the data is there.
#[test]
fn the_labelled_people_and_jobs_say_the_same_in_every_format() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/eval/people.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let people: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    for person in &people {
        let marked = |text: &serde_json::Value, first: &str| -> String {
            let lines = text.as_str().unwrap().lines().map(|line| {
                let label = line
                    .strip_suffix(':')
                    .filter(|l| !l.starts_with(['-', ' ']));
                label.map_or_else(|| line.to_owned(), |l| format!("## {l}"))
            });
            format!("{first}{}", lines.collect::<Vec<_>>().join("\n"))
        };
        let resume = marked(&person["resume"], "# ");
        let expect = resume_of("cv.md", resume.as_bytes());
        assert_eq!(Some(expect.name.as_str()), person["name"].as_str());
        let made = blocks(&resume);
        assert_eq!(resume_of("cv.docx", &docx(&made)), expect);
        assert_eq!(resume_of("cv.pdf", &pdf_page(&made)), expect);
        let job = marked(&person["job"]["requirements"], "");
        let expect = job_of("job.md", job.as_bytes());
        let made = blocks(&job);
        assert_eq!(job_of("job.docx", &docx(&made)), expect);
        assert_eq!(job_of("job.pdf", &pdf_page(&made)), expect);
    }
}

#[test]
fn columns_of_a_page_are_read_one_after_another() {
    let side = blocks("## Skills\n- Rust, SQL\n- Kafka\n- Docker\n## Languages\nGerman, English\n");
    let main = blocks(
        "## Experience\nEngineer at Pine Ltd (3 years)\n- Built 3 services for the ports of the north, with tests for every one of them\n- Led a team of 4\n## Education\nBSc Computing (2015)\n",
    );
    let head = blocks("# Ada Stone\n");
    let column = |x, top, letters, blocks| Column {
        x,
        top,
        letters,
        blocks,
    };
    let page = pdf_columns(&[
        column(50, 820, 60, &head),
        column(50, 760, 20, &side),
        column(220, 763, 50, &main),
    ]);
    let resume = resume_of("cv.pdf", &page);
    assert_eq!(resume.name, "Ada Stone");
    assert_eq!(resume.roles.len(), 1);
    assert_eq!(resume.roles[0].employer.as_deref(), Some("Pine Ltd"));
    assert_eq!(
        resume.roles[0].highlights,
        [
            "Built 3 services for the ports of the north, with tests for every one of them",
            "Led a team of 4"
        ]
    );
    assert_eq!(resume.skills[..4], ["rust", "sql", "kafka", "docker"]);
    assert_eq!(resume.education, ["BSc Computing (2015)"]);
}

#[test]
fn pages_of_other_programs_are_read() {
    let fixture = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(name);
        resume_of(name, &std::fs::read(path).unwrap())
    };
    let two = fixture("resume-two-columns.pdf");
    assert_eq!(two.name, "Milica Stojanovi\u{107}-\u{158}eh\u{e1}kov\u{e1}");
    let heads: Vec<_> = two
        .roles
        .iter()
        .map(|r| (r.title.as_str(), r.employer.as_deref(), r.period.as_deref()))
        .collect();
    assert_eq!(
        heads,
        [
            (
                "DevOps Engineer",
                Some("Salina Games"),
                Some("03/2021 \u{2013} Present")
            ),
            (
                "System Administrator",
                Some("Danube Print"),
                Some("09/2018 \u{2013} 02/2021")
            ),
        ]
    );
    assert_eq!(two.projects[0].name, "Flotilla");
    // Its letters' widths are given in ranges, and its bullets are letters.
    let kerned = fixture("resume-kerned.pdf");
    assert_eq!(kerned.name, "Noor El-Amin");
    assert_eq!(kerned.roles[1].highlights, ["Automated 30 reports in SQL"]);
    assert!(
        kerned.skills.contains(&"scikit-learn".to_owned()),
        "{:?}",
        kerned.skills
    );
}

#[test]
fn the_content_tells_the_kind_and_not_the_name() {
    let page = pdf_page(&blocks(JOBS[0]));
    for name in ["job.toml", "job", "job.txt"] {
        let reading = document::read(name, &page).unwrap();
        assert_eq!(reading.kind, Kind::Pdf);
        assert_eq!(
            Job::parse(&reading.name, &reading.text).unwrap().title,
            "Data Engineer"
        );
    }
    let toml = document::read("job.pdf", b"title = \"Nurse\"\n").unwrap();
    assert_eq!(toml.kind, Kind::Text);
}

#[test]
fn files_that_cannot_be_read_are_named_with_what_was_found() {
    let locked = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/locked.pdf");
    let docx = docx(&blocks(JOBS[0]));
    let page = pdf_page(&blocks(JOBS[0]));
    let doc = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest".to_vec();
    let heavy = packed(&[("word/document.xml", &"x".repeat(document::MAX_UNPACKED + 1))]);
    for (name, bytes, expect) in [
        ("a.txt", b" \n ".to_vec(), "found an empty file"),
        ("a.doc", doc, "found an old Word file (.doc)"),
        ("a.rtf", b"{\\rtf1 x}".to_vec(), "found an RTF file"),
        (
            "a.pdf",
            b"\x89PNG\r\n\x1a\n".to_vec(),
            "found an image (PNG)",
        ),
        (
            "a.docx",
            packed(&[("xl/workbook.xml", "")]),
            "found a spreadsheet (XLSX)",
        ),
        (
            "a.odt",
            packed(&[("content.xml", "")]),
            "found an OpenDocument file",
        ),
        (
            "a.docx",
            crate::made::docx(&[]),
            "found a DOCX with no text in it",
        ),
        (
            "a.docx",
            packed(&[("a.txt", "")]),
            "without a Word document",
        ),
        (
            "a.docx",
            packed(&[("word/document.xml", "<a><b></a>")]),
            "found a DOCX file that cannot be read",
        ),
        (
            "a.docx",
            docx[..docx.len() / 2].to_vec(),
            "found a packed (such as DOCX) file that cannot be read",
        ),
        ("a.docx", heavy, "unpacks to more than"),
        (
            "a.pdf",
            page[..60].to_vec(),
            "found a PDF file that cannot be read",
        ),
        ("a.pdf", pdf("0 0 m 9 9 l S", ""), "no text in it (a scan?)"),
        (
            "a.pdf",
            pdf("BT /F1 9 Tf 9 9 Td (text here) Tj ET /X Do", ""),
            "its drawings contain themselves",
        ),
        (
            "a.pdf",
            std::fs::read(locked).unwrap(),
            "found a PDF that needs a password",
        ),
        ("a.txt", vec![b'x'; MAX_FILE + 1], "found more than 10 MB"),
        (
            "a.txt",
            vec![b'x'; MAX_TEXT + 1],
            "KB of text, expected at most",
        ),
    ] {
        let error = document::read(name, &bytes).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name}: found ")), "{error}");
        assert!(error.contains(expect), "{name}: no {expect:?} in {error}");
        assert!(error.contains("expected"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

/// Good files with some bytes changed, cut off or doubled.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<Vec<u8>> = vec![
        docx(&blocks(RESUMES[0])),
        pdf_page(&blocks(RESUMES[0])),
        std::fs::read(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/resume-kerned.pdf"),
        )
        .unwrap(),
    ];
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12);
    (
        proptest::sample::select(all),
        changes,
        any::<prop::sample::Index>(),
        any::<bool>(),
    )
        .prop_map(|(mut bytes, changes, cut, cuts)| {
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if cuts {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_read_or_refused(bytes in damaged()) {
        if let Ok(reading) = document::read("cv", &bytes) {
            let _ = Resume::parse(&reading.name, &reading.text);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(start in "%PDF-1.4\n|PK\u{3}\u{4}|\u{feff}|", rest in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [start.as_bytes(), &rest].concat();
        let _ = document::read("x", &bytes);
    }

    /// Whatever somebody writes in a paragraph comes back.
    #[test]
    fn plain_words_survive_both_formats(words in proptest::collection::vec("[A-Z][a-z]{2,9}", 6..60)) {
        let text = words.join(" ");
        let all = [Block::Title("Ada Stone".into()), Block::Line(text.clone())];
        for (name, bytes) in [("a.docx", docx(&all)), ("a.pdf", pdf_page(&all))] {
            let found = text_of(name, &bytes);
            let found: Vec<&str> = found.split_whitespace().skip(3).collect();
            prop_assert_eq!(found.join(" "), text.clone());
        }
    }
}
