//! What a person who decides reads first: facts, recommendation, scores and
//! the HR report.

use super::{Align, Block, Section, Span, Table, list_or_none, scale, section, text};
use crate::report::evaluation::QaItem;
use crate::report::wording::{
    ADVICE, CRITICAL_RULE, NO_QUESTION, PART_RULE, PRACTICE, day, ending, flat, heading, kind_name,
    length, titled,
};
use crate::report::{Report, Requirement, hr};

pub(super) fn facts(report: &Report) -> Vec<(&'static str, Vec<Span>)> {
    let mut out = Vec::new();
    let mut fact = |name, value: String| {
        if !value.is_empty() {
            out.push((name, vec![text(value)]));
        }
    };
    if report.practice {
        fact("Practice", PRACTICE.to_owned());
    }
    fact("Candidate", flat(&report.candidate));
    fact("Position", flat(&report.position));
    fact(
        "Company",
        report.company.as_deref().map(flat).unwrap_or_default(),
    );
    fact("Interview date", day(&report.date));
    fact("Duration", length(report.length_ms));
    fact(
        "Quality profile",
        report.profile.as_deref().map(flat).unwrap_or_default(),
    );
    let (asked, scored) = (report.recommendation.asked, report.recommendation.scored);
    fact("Questions", format!("{asked} asked, {scored} scored"));
    fact(
        "Average score",
        report
            .average_score
            .map_or_else(|| "not scored".to_owned(), |mean| format!("{mean:.2} of 5")),
    );
    fact(
        "Average relevance",
        report
            .average_relevance
            .map_or_else(|| "not known".to_owned(), |mean| format!("{mean:.3}")),
    );
    out
}

pub(super) fn recommendation(report: &Report) -> Section {
    let it = &report.recommendation;
    let mut blocks = vec![Block::Verdict(
        it.advice,
        it.text.clone(),
        it.because.clone(),
    )];
    if let Some(ending) = ending(report.ended) {
        blocks.push(Block::Paragraph(vec![text(ending)]));
    }
    blocks.push(Block::Paragraph(vec![
        Span::Strong("Rule: ".to_owned()),
        text(flat(&it.rule)),
    ]));
    blocks.push(Block::Note(vec![text(ADVICE)]));
    if let Some(corrected) = &report.corrected {
        blocks.push(Block::Note(vec![text(corrected.text())]));
    }
    section("recommendation", 2, heading::RECOMMENDATION, blocks)
}

pub(super) fn scores(report: &Report) -> Section {
    let row = |item: &QaItem| {
        vec![
            vec![Span::Question(item.number)],
            vec![text(flat(&item.title))],
            vec![text(kind_name(item.kind))],
            vec![text(item.relevance.map_or_else(
                || "-".to_owned(),
                |relevance| format!("{relevance:.3}"),
            ))],
            item.start_ms
                .map_or_else(Vec::new, |ms| vec![Span::Time(ms)]),
            vec![Span::Score(item.score.score)],
        ]
    };
    let blocks = if report.questions.is_empty() {
        vec![Block::Paragraph(vec![text(NO_QUESTION)])]
    } else {
        vec![
            Block::Table(Table {
                caption: "Every question asked, with its score".to_owned(),
                columns: vec![
                    ("No.", Align::Left, 0.07),
                    ("Question", Align::Left, 0.43),
                    ("Kind", Align::Left, 0.13),
                    ("Relevance", Align::Right, 0.12),
                    ("Asked at", Align::Right, 0.11),
                    ("Score", Align::Right, 0.14),
                ],
                rows: report.questions.iter().map(row).collect(),
            }),
            Block::Note(vec![text(format!("Scale: {}.", scale()))]),
        ]
    };
    section("scores", 2, "Scores", blocks)
}

pub(super) fn hr_sections(report: &Report) -> Vec<Section> {
    let hr = &report.hr;
    let mut gaps: Vec<Vec<Span>> = hr.gaps.iter().map(gap).collect();
    let gaps_note = Block::Note(vec![text(CRITICAL_RULE)]);
    if gaps.is_empty() && report.recommendation.scored > 0 {
        gaps.push(vec![text("No answer scored below 4.")]);
    }
    let mut out = vec![
        section("hr", 2, heading::HR, Vec::new()),
        section(
            "suitability",
            3,
            heading::SUITABILITY,
            vec![Block::Paragraph(vec![text(flat(&hr.suitability))])],
        ),
        section(
            "strengths",
            3,
            heading::STRENGTHS,
            vec![list_or_none(hr.strengths.iter().map(strength).collect())],
        ),
        section(
            "gaps",
            3,
            heading::GAPS,
            vec![list_or_none(gaps), gaps_note],
        ),
        section("skills", 3, heading::SKILLS, skills(hr)),
    ];
    if !report.requirements.is_empty() {
        out.push(section(
            "requirements",
            3,
            heading::REQUIREMENTS,
            vec![requirements(report)],
        ));
    }
    out.push(section(
        "communication",
        3,
        heading::COMMUNICATION,
        vec![Block::Paragraph(vec![text(flat(&hr.communication))])],
    ));
    let open: Vec<Vec<Span>> = hr.not_assessed.iter().map(not_assessed).collect();
    let not_assessed = if open.is_empty() {
        Block::Paragraph(vec![text("Every question asked was scored.")])
    } else {
        Block::List(open)
    };
    out.push(section(
        "not-assessed",
        3,
        heading::NOT_ASSESSED,
        vec![not_assessed],
    ));
    out
}

fn strength(strength: &hr::Strength) -> Vec<Span> {
    vec![
        Span::Question(strength.question),
        text(" "),
        Span::Strong(titled(&strength.title)),
        text(format!(" {} ", strength.shows)),
        Span::Quote(strength.quote.clone(), strength.start_ms),
        text(" "),
        Span::Score(Some(strength.score)),
    ]
}

fn gap(gap: &hr::Gap) -> Vec<Span> {
    let mut out = Vec::new();
    if gap.critical {
        out.extend([Span::Mark("CRITICAL GAP"), text(" ")]);
    }
    out.extend([
        Span::Question(gap.question),
        text(" "),
        Span::Strong(titled(&gap.title)),
        text(" "),
    ]);
    for wrong in &gap.wrong {
        out.extend([
            text("Said wrongly: "),
            Span::Quote(flat(&wrong.quote), wrong.start_ms),
            text(format!(" (a misconception: {}) ", flat(&wrong.says))),
        ]);
    }
    if !gap.lacks.is_empty() {
        out.push(text(format!("{} ", gap.lacks)));
    }
    out.push(Span::Score(Some(gap.score)));
    out
}

fn skills(hr: &hr::HrReport) -> Vec<Block> {
    let item = |shown: &hr::SkillShown, how: &str| {
        let mut out = vec![text(format!("{}{how} (", flat(&shown.skill)))];
        for (at, &number) in shown.questions.iter().enumerate() {
            if at > 0 {
                out.push(text(", "));
            }
            out.push(Span::Question(number));
        }
        out.push(text(")"));
        out
    };
    let full = hr.skills.iter().map(|shown| item(shown, ""));
    let part = hr
        .skills_in_part
        .iter()
        .map(|shown| item(shown, ", in part"));
    vec![list_or_none(full.chain(part).collect())]
}

fn requirements(report: &Report) -> Block {
    let row = |requirement: &Requirement| {
        let mut questions = Vec::new();
        for (at, &number) in requirement.questions.iter().enumerate() {
            if at > 0 {
                questions.push(text(", "));
            }
            questions.push(Span::Question(number));
        }
        if questions.is_empty() {
            questions.push(text("no question"));
        }
        let best = match (requirement.questions.is_empty(), requirement.best) {
            (true, _) => vec![text("not examined")],
            (false, best) => vec![Span::Score(best)],
        };
        vec![vec![text(requirement.text.clone())], questions, best]
    };
    Block::Table(Table {
        caption: PART_RULE.trim_end_matches('.').to_owned(),
        columns: vec![
            ("Must-have", Align::Left, 0.6),
            ("Related questions", Align::Left, 0.22),
            ("Best score", Align::Right, 0.18),
        ],
        rows: report.requirements.iter().map(row).collect(),
    })
}

fn not_assessed(open: &hr::NotAssessed) -> Vec<Span> {
    let mut out = Vec::new();
    if let Some(number) = open.question {
        out.extend([Span::Question(number), text(" ")]);
    }
    out.extend([
        Span::Strong(titled(&open.what)),
        text(format!(" {}", flat(&open.why))),
    ]);
    out
}
