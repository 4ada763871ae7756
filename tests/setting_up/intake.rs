//! What is read of jobs and résumés in the layouts in which people write
//! them. All persons and companies are made up.

use std::path::Path;
use viva::interview::skills::Lexicon;
use viva::interview::{Job, Resume};

/// What is expected of a job; what is left empty is not looked at.
#[derive(Default)]
struct Expect {
    title: &'static str,
    company: &'static str,
    location: Option<&'static str>,
    employment: Option<&'static str>,
    salary: Option<&'static str>,
    must: &'static [&'static str],
    nice: &'static [&'static str],
    tasks: &'static [&'static str],
    benefits: &'static [&'static str],
    /// Ids of facts with what they say.
    facts: &'static [(&'static str, &'static str)],
    /// Ids of facts that must not be there.
    no_facts: &'static [&'static str],
}

fn check_job(text: &str, expect: &Expect) {
    let job = Job::parse("job.txt", text).unwrap();
    assert_eq!(job.title, expect.title, "{text}");
    assert_eq!(job.company, expect.company, "{text}");
    for (found, expect) in [
        (&job.location, expect.location),
        (&job.employment, expect.employment),
        (&job.salary, expect.salary),
    ] {
        if expect.is_some() {
            assert_eq!(found.as_deref(), expect, "{text}");
        }
    }
    for (found, expect) in [
        (&job.must_haves, expect.must),
        (&job.nice_to_haves, expect.nice),
        (&job.responsibilities, expect.tasks),
        (&job.benefits, expect.benefits),
    ] {
        if !expect.is_empty() {
            assert_eq!(found, expect, "{text}");
        }
    }
    for (id, says) in expect.facts {
        let fact = job.facts.iter().find(|f| f.id == *id);
        let found = fact.map(|f| f.says.as_str());
        assert_eq!(found, Some(*says), "{id} of {text}\n{:?}", job.facts);
    }
    for id in expect.no_facts {
        assert!(
            job.facts.iter().all(|f| f.id != *id),
            "{id} of {text}\n{:?}",
            job.facts
        );
    }
}

#[test]
fn a_job_in_capitals_with_numbers_and_labels_inside_a_part() {
    check_job(
        "JOB DESCRIPTION\n\nJOB TITLE: Registered Nurse, Night Shift\nDEPARTMENT: Cardiology\nREPORTS TO: the ward manager\nHOURS: 36 hours per week\n\nJOB SUMMARY\nThe ward looks after patients before and after heart surgery.\n\nDUTIES AND RESPONSIBILITIES\n1. Assess patients and plan their care\n2. Give medication and record it\n3) Guide students\n\nQUALIFICATIONS\nRequired:\n\u{2022} Registration as a nurse\n\u{2022} 2 years of experience on a ward\nPreferred:\n\u{2022} Spanish\n\nHOW TO APPLY\nSend your application to the personnel office by 3 May.\n",
        &Expect {
            title: "Registered Nurse, Night Shift",
            must: &["Registration as a nurse", "2 years of experience on a ward"],
            nice: &["Spanish"],
            tasks: &[
                "Assess patients and plan their care",
                "Give medication and record it",
                "Guide students",
            ],
            facts: &[
                ("reporting", "The position reports to the ward manager."),
                (
                    "apply",
                    "Send your application to the personnel office by 3 May.",
                ),
                (
                    "about",
                    "The ward looks after patients before and after heart surgery.",
                ),
            ],
            no_facts: &["salary", "location", "benefits", "remote", "start"],
            ..Expect::default()
        },
    );
}

#[test]
fn a_job_in_sentences_only() {
    check_job(
        "Acme Robotics is hiring a Senior Rust Engineer!\n\nWe build robots that sort waste. Our team of nine engineers works in Rust and C++.\n\nYou have 5+ years of experience with Rust or C++. Experience with ROS is a plus.\n\nYou will design the motion control of our next robot.\n\nThe salary is $120,000 - $150,000 per year. We work hybrid: three days a week in the office in Turin.\n",
        &Expect {
            title: "Senior Rust Engineer",
            company: "Acme Robotics",
            salary: Some("$120,000 - $150,000 per year"),
            must: &["You have 5+ years of experience with Rust or C++."],
            nice: &["Experience with ROS is a plus."],
            tasks: &["design the motion control of our next robot"],
            facts: &[
                ("team", "Our team of nine engineers works in Rust and C++."),
                (
                    "remote",
                    "We work hybrid: three days a week in the office in Turin.",
                ),
                (
                    "salary",
                    "The pay is given as $120,000 to $150,000 per year.",
                ),
                (
                    "requirements",
                    "The position asks for 5+ years of experience with Rust or C++.",
                ),
            ],
            no_facts: &["benefits", "visa", "process"],
            ..Expect::default()
        },
    );
}

#[test]
fn a_job_in_markdown_with_bold_labels_and_a_table() {
    check_job(
        "# Backend Engineer \u{2014} Payments\n\n**Company:** Copperline\n**Contract:** Permanent\n\n## The role\nYou will join the payments team of seven people.\n\n- Build APIs in Go\n\n## What we're looking for\n**Must have**\n- Go or Java\n- PostgreSQL\n\n**Nice to have**\n- Kafka\n\n## Perks\n* 30 days of paid vacation\n\n## Next steps\n1. A call with the hiring manager\n2. A coding session\n\n| Location | Remote (EU) |\n|---|---|\n| Salary | 75k-90k EUR |\n",
        &Expect {
            title: "Backend Engineer",
            company: "Copperline",
            location: Some("Remote (EU)"),
            employment: Some("Permanent"),
            must: &["Go or Java", "PostgreSQL"],
            nice: &["Kafka"],
            tasks: &["Build APIs in Go"],
            benefits: &["30 days of paid vacation"],
            facts: &[
                ("location", "The position is remote (EU)."),
                ("salary", "The pay is given as 75k to 90k EUR."),
                (
                    "process",
                    "About the process: a call with the hiring manager, then a coding session.",
                ),
                ("team", "You will join the payments team of seven people."),
            ],
            ..Expect::default()
        },
    );
}

#[test]
fn a_job_with_underlined_headings_and_notes_in_brackets() {
    check_job(
        "Data Analyst\nMoorland Energy, Leeds\nFull-time\n\nAbout Moorland Energy\n---------------------\nWe supply power to farms.\n\nWhat you will do\n----------------\n- Build dashboards in Power BI\n\nYour skills and experience\n--------------------------\n- SQL and Excel (essential)\n- Python (desirable)\n\nCompensation and benefits\n-------------------------\nSalary: \u{a3}35,000 to \u{a3}42,000\n25 days of annual leave\n",
        &Expect {
            title: "Data Analyst",
            company: "Moorland Energy",
            location: Some("Leeds"),
            employment: Some("Full-time"),
            salary: Some("\u{a3}35,000 to \u{a3}42,000"),
            must: &["SQL and Excel (essential)"],
            nice: &["Python (desirable)"],
            tasks: &["Build dashboards in Power BI"],
            benefits: &["25 days of annual leave"],
            facts: &[("holidays", "25 days of annual leave.")],
            ..Expect::default()
        },
    );
}

#[test]
fn what_a_job_does_not_say_is_no_fact() {
    check_job(
        "Position: Clerk\nMust have:\n- Experience with remote teams and process design\n- You work well under pressure in a team\n- Knowledge of visa rules\n",
        &Expect {
            title: "Clerk",
            no_facts: &[
                "remote",
                "team",
                "visa",
                "process",
                "salary",
                "location",
                "employment",
                "start",
                "recruiter",
                "about",
                "benefits",
                "stack",
            ],
            ..Expect::default()
        },
    );
}

/// Roles as "title | employer | period", with the number of their deeds.
fn check_resume(text: &str, name: &str, roles: &[(&str, usize)]) -> Resume {
    let resume = Resume::parse("cv.txt", text).unwrap();
    assert_eq!(resume.name, name, "{text}");
    let found: Vec<(String, usize)> = resume
        .roles
        .iter()
        .map(|r| {
            let parts = [
                Some(r.title.as_str()),
                r.employer.as_deref(),
                r.period.as_deref(),
            ];
            let head: Vec<&str> = parts.into_iter().flatten().collect();
            (head.join(" | "), r.highlights.len())
        })
        .collect();
    let found: Vec<(&str, usize)> = found.iter().map(|(head, n)| (head.as_str(), *n)).collect();
    assert_eq!(found, roles, "{text}");
    resume
}

#[test]
fn a_resume_with_dates_in_the_margin() {
    let resume = check_resume(
        "CURRICULUM VITAE\n\nName: Prof. Dr. Ulrike von der Heide\nE-Mail: u.heide@example.org\n\nWORK EXPERIENCE\n\n2018 \u{2013} today     Head of Data Science, Fulda Versicherung\n                 \u{2022} Leads 12 data scientists\n                 \u{2022} Introduced model monitoring for 40 models\n09/2012 \u{2013} 2018   Data Scientist, Kassel Logistik GmbH\n                 \u{2022} Forecast parcel volumes with an error below 4%\n\nEDUCATION\n2008 \u{2013} 2012      PhD Statistics, University of Marburg\n\nLANGUAGES\nGerman, English\n\nSKILLS\nProgramming languages: Python, R, SQL\nTools: Spark, Airflow\n",
        "Prof. Dr. Ulrike von der Heide",
        &[
            (
                "Head of Data Science | Fulda Versicherung | 2018 \u{2013} today",
                2,
            ),
            (
                "Data Scientist | Kassel Logistik GmbH | 09/2012 \u{2013} 2018",
                1,
            ),
        ],
    );
    assert_eq!(
        resume.education,
        ["2008 \u{2013} 2012, PhD Statistics, University of Marburg"]
    );
    assert_eq!(
        resume.skills[..5],
        ["python", "r", "sql", "spark", "airflow"]
    );
    assert_eq!(resume.claims.len(), 3);
}

#[test]
fn a_resume_without_headings() {
    let resume = check_resume(
        "Priya Nair\nProduct Manager\npriya.nair@example.org | Pune\n\nProduct manager with 6 years in logistics software.\n\nSenior Product Manager, Freightwise \u{2014} Jan 2021 to Present\n- Launched a tracking app used by 80,000 drivers\n- Grew retention from 60% to 75%\n\nProduct Manager, Cartly (2018-2020)\n- Ran 40 user interviews\n\nMBA, University of Pune, 2017\n\nSkills: Jira, SQL, roadmaps\n",
        "Priya Nair",
        &[
            (
                "Senior Product Manager | Freightwise | Jan 2021 to Present",
                2,
            ),
            ("Product Manager | Cartly | 2018-2020", 1),
        ],
    );
    assert_eq!(
        resume.summary.as_deref(),
        Some("Product manager with 6 years in logistics software.")
    );
    assert_eq!(resume.education, ["MBA, University of Pune, 2017"]);
}

#[test]
fn a_resume_in_markdown_with_the_employer_first() {
    let resume = check_resume(
        "# JOS\u{c9} GARC\u{cd}A-L\u{d3}PEZ\n\n**Full Stack Developer**  \nValencia \u{b7} jose@example.org\n\n## EXPERIENCE\n\n**Turia Labs** \u{2014} *Full Stack Developer*  \n*Mar 2020 - Present*\n\n- Built a booking system in React for 300 hotels\n\n**Mercat Digital** \u{2014} *Web Developer*  \n*2017 - 2020*\n\n- Maintained 25 shops in PHP\n\n## PROJECTS\n\n**Paella Timer** | TypeScript | 2022\n- A timer with 5,000 downloads\n",
        "Jos\u{e9} Garc\u{ed}a-L\u{f3}pez",
        &[
            ("Full Stack Developer | Turia Labs | Mar 2020 - Present", 1),
            ("Web Developer | Mercat Digital | 2017 - 2020", 1),
        ],
    );
    assert_eq!(resume.projects.len(), 1);
    assert_eq!(resume.projects[0].name, "Paella Timer");
    assert!(
        resume.skills.iter().all(|s| !s.contains('@')),
        "{:?}",
        resume.skills
    );
}

#[test]
fn a_resume_with_one_fact_a_line_and_the_name_below_the_address() {
    let resume = check_resume(
        "Contact\nolu@example.org\nLagos\n\nOLUWASEUN ADEBAYO\n\nSummary\nQA engineer who breaks things before customers do.\n\nEmployment History\nQA Engineer\nKudi Bank, Lagos\nJune 2019 - Present\nWrote 400 automated tests in Selenium.\nCut the regression run from 9 hours to 40 minutes.\n\nJunior Tester\nSofthaus\n2017 - 2019\nTested mobile apps on 20 devices.\n\nReferences\nOn request\n",
        "Oluwaseun Adebayo",
        &[
            ("QA Engineer | Kudi Bank | June 2019 - Present", 2),
            ("Junior Tester | Softhaus | 2017 - 2019", 1),
        ],
    );
    assert!(!resume.skills.contains(&"classification".to_owned()));
}

#[test]
fn positions_that_sound_like_headings_stay_positions() {
    check_resume(
        "Ada Stone\n\nExperience\n\nProject Manager\nPine Ltd\n2019 - 2021\n- Led 4 projects\n\nEmbedded Developer at Rook (2 years)\n- Wrote drivers\n\nResearch Engineer, Lab 5, 2015\n- Published 2 papers\n",
        "Ada Stone",
        &[
            ("Project Manager | Pine Ltd | 2019 - 2021", 1),
            ("Embedded Developer | Rook | 2 years", 1),
            ("Research Engineer | Lab 5 | 2015", 1),
        ],
    );
}

#[test]
fn numbers_of_years_and_standards_are_no_claims() {
    let resume = Resume::parse(
        "cv.txt",
        "Ada Stone\nExperience:\n- Engineer at Pine Ltd (2 years)\n  - Wrote firmware by IEC 61508\n  - Worked there in 2019\n  - Cut costs by 30%\n  - Served 1M+ users\nCertifications:\n- Certified Auditor (2020)\n",
    )
    .unwrap();
    assert_eq!(resume.claims, ["Cut costs by 30%", "Served 1M+ users"]);
}

#[test]
fn a_name_that_is_given_makes_up_for_one_that_is_not_found() {
    let text = "- 12 years at sea\n";
    assert!(Resume::parse("cv.txt", text).is_err());
    let resume = Resume::parse_for("cv.txt", text, Some("Ada Stone")).unwrap();
    assert_eq!(resume.name, "Ada Stone");
}

/// Twelve people and jobs, where the data is there.
#[test]
fn people_and_jobs_of_the_labelled_data_are_read_whole() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/eval/people.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let people: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let lexicon = Lexicon::builtin();
    let (mut found, mut all) = (0, 0);
    for person in &people {
        let of = |part: &serde_json::Value| part.as_str().unwrap().to_owned();
        let written = of(&person["job"]["requirements"]);
        let job = Job::parse("job.txt", &written).unwrap();
        let bullets = |heading: &str| {
            let part = written.split("\n\n").find(|p| p.starts_with(heading));
            part.map_or(0, |p| p.lines().filter(|l| l.starts_with("- ")).count())
        };
        assert_eq!(job.must_haves.len(), bullets("Must-Have"));
        assert_eq!(job.nice_to_haves.len(), bullets("Nice-to-Have"));
        assert_eq!(job.responsibilities.len(), bullets("Key Resp"));
        let lower = written.to_lowercase();
        for skill in person["job"]["key_skills"].as_array().unwrap() {
            let skill = of(skill);
            // What the text does not name cannot be found in it.
            if lower.contains(&skill.to_lowercase()) {
                all += 1;
                let names = lexicon.find(&skill);
                let known = !names.is_empty() && names.iter().all(|n| job.skills.contains(n));
                found += usize::from(known);
                if !known {
                    eprintln!("{}: no {skill:?} in {:?}", job.title, job.skills);
                }
            }
        }
        let resume = Resume::parse("cv.txt", &of(&person["resume"])).unwrap();
        assert_eq!(resume.name, of(&person["name"]));
    }
    eprintln!("{found} of {all} key skills that the texts name");
    assert!(found * 100 >= all * 95, "{found} of {all}");
}
