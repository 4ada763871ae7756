//! The report as sections of paragraphs, lists and tables: what Markdown,
//! HTML and PDF have in common. Order and wording are decided here, once;
//! how it looks is the renderers' matter. Texts in here are on one
//! line and without control characters; nothing in here is escaped.

use super::dialogue::{Speaker, Turn};
use super::evaluation::{Answer, FollowUp, QaItem};
use super::timing::{delays, exact};
use super::wording::{
    ADVICE, ANCHORS, CRITICAL_RULE, NEVER, NO_ANSWER, NO_QUESTION, NONE_SHOWN, PART_RULE, count,
    day, ending, flat, heading, kind_name, length, score, sentence, titled,
};
use super::{Report, hr};
use crate::event::{Source, Track, TurnTimes};
use crate::interview::score::recommend::Advice;

/// A piece of a paragraph.
#[derive(Clone, Debug, PartialEq)]
pub enum Span {
    /// Plain words.
    Text(String),
    /// Words that stand out.
    Strong(String),
    /// Somebody's words, with the time when they were spoken.
    Quote(String, Option<u64>),
    /// A time of the recording.
    Time(u64),
    /// A question of this report, by its number.
    Question(usize),
    /// A question's score.
    Score(Option<u8>),
    /// A word of warning or a mark, in capitals.
    Mark(&'static str),
}

/// How a table's column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table. The first column heads its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Heads of the columns, how they are set, and their share of the width.
    pub columns: Vec<(&'static str, Align, f32)>,
    /// Cells, row by row.
    pub rows: Vec<Vec<Vec<Span>>>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A remark in small print.
    Note(Vec<Span>),
    /// Items of equal rank.
    List(Vec<Vec<Span>>),
    /// Names and values.
    Facts(Vec<(&'static str, Vec<Span>)>),
    /// Rows and columns.
    Table(Table),
    /// What is recommended, and why.
    Verdict(Advice, String, String),
    /// Something that was asked, or that was answered.
    Said {
        /// Who.
        who: Speaker,
        /// What it is (`Question`, `Answer` ...).
        label: &'static str,
        /// When, milliseconds of the recording.
        at: Option<u64>,
        /// What.
        spans: Vec<Span>,
    },
    /// One turn of the conversation.
    Turn {
        /// Who.
        who: Speaker,
        /// From when to when, milliseconds of the recording.
        at: Option<(u64, u64)>,
        /// What.
        spans: Vec<Span>,
    },
    /// The stages of every turn, as a drawing where one can be drawn; the
    /// numbers stand in a table beside it.
    Timeline(Vec<TurnTimes>),
}

/// A heading and what stands under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its name in links; unique.
    pub id: String,
    /// 2 or 3; the title is 1.
    pub level: u8,
    /// Its heading.
    pub title: String,
    /// The score that stands beside the heading of a question.
    pub score: Option<Option<u8>>,
    /// What stands under it.
    pub blocks: Vec<Block>,
}

/// The whole document.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Its title.
    pub title: String,
    /// The candidate's name.
    pub candidate: String,
    /// Position, company and day in one line.
    pub subtitle: String,
    /// Under the title.
    pub facts: Vec<(&'static str, Vec<Span>)>,
    /// In order.
    pub sections: Vec<Section>,
}

/// The name of a question's section in links.
pub fn question_id(number: usize) -> String {
    format!("q{number}")
}

/// Composes the document of a report.
pub fn compose(report: &Report) -> Body {
    let candidate = match flat(&report.candidate) {
        name if name.is_empty() => "Unnamed candidate".to_owned(),
        name => name,
    };
    let position = flat(&report.position);
    let company = report.company.as_deref().map(flat).unwrap_or_default();
    let mut subtitle: Vec<String> = [position, company, day(&report.date)].into();
    subtitle.retain(|part| !part.is_empty());
    let mut sections = vec![recommendation(report), scores(report)];
    sections.extend(hr_sections(report));
    sections.push(section(
        "questions",
        2,
        heading::QUESTIONS,
        if report.questions.is_empty() {
            vec![Block::Paragraph(vec![text(NO_QUESTION)])]
        } else {
            Vec::new()
        },
    ));
    sections.extend(report.questions.iter().map(question));
    sections.extend(asked_back(report));
    sections.push(transcript(report));
    sections.push(timing(report));
    sections.push(about(report));
    Body {
        title: format!("Interview report: {candidate}"),
        candidate,
        subtitle: subtitle.join(" · "),
        facts: facts(report),
        sections,
    }
}

fn text(words: impl Into<String>) -> Span {
    Span::Text(words.into())
}

fn section(id: &str, level: u8, title: &str, blocks: Vec<Block>) -> Section {
    Section {
        id: id.to_owned(),
        level,
        title: title.to_owned(),
        score: None,
        blocks,
    }
}

fn list_or_none(items: Vec<Vec<Span>>) -> Block {
    if items.is_empty() {
        Block::Paragraph(vec![text(NONE_SHOWN)])
    } else {
        Block::List(items)
    }
}

fn facts(report: &Report) -> Vec<(&'static str, Vec<Span>)> {
    let mut out = Vec::new();
    let mut fact = |name, value: String| {
        if !value.is_empty() {
            out.push((name, vec![text(value)]));
        }
    };
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

fn recommendation(report: &Report) -> Section {
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
    section("recommendation", 2, heading::RECOMMENDATION, blocks)
}

fn scores(report: &Report) -> Section {
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

fn scale() -> String {
    let anchors: Vec<String> = ANCHORS
        .iter()
        .map(|(n, says)| format!("{n} {says}"))
        .collect();
    anchors.join("; ")
}

fn hr_sections(report: &Report) -> Vec<Section> {
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
    let row = |requirement: &super::Requirement| {
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

fn question(item: &QaItem) -> Section {
    let mut blocks = Vec::new();
    let mut facts = vec![("Kind", vec![text(kind_name(item.kind))])];
    facts.push((
        "Relevance",
        vec![text(item.relevance.map_or_else(
            || "not known".to_owned(),
            |relevance| format!("{relevance:.3}"),
        ))],
    ));
    if !item.why_chosen.trim().is_empty() {
        facts.push(("Why asked", vec![text(flat(&item.why_chosen))]));
    }
    if !item.skills.is_empty() {
        facts.push(("Skills", vec![text(flat(&item.skills.join(", ")))]));
    }
    blocks.push(Block::Facts(facts));
    blocks.push(Block::Said {
        who: Speaker::Recruiter,
        label: "Question",
        at: item.start_ms,
        spans: asked(&item.asked, item.heard.as_deref()),
    });
    blocks.extend(answers(&item.answers));
    for follow_up in &item.follow_ups {
        blocks.extend(follow_up_blocks(follow_up));
    }
    if item.struggled {
        blocks.push(Block::Paragraph(vec![Span::Mark("CANDIDATE STRUGGLED")]));
    }
    if item.explained {
        blocks.push(Block::Paragraph(vec![Span::Mark("EXPLAINED")]));
    }
    blocks.push(match item.score.score {
        Some(number) => Block::Paragraph(vec![
            Span::Strong("Score: ".to_owned()),
            Span::Score(Some(number)),
            text(format!(". {}", flat(&item.score.why))),
        ]),
        None => Block::Paragraph(vec![
            Span::Strong("Not scored: ".to_owned()),
            text(sentence(
                item.score
                    .abstained
                    .as_deref()
                    .unwrap_or("no reason is recorded"),
            )),
        ]),
    });
    // Where nothing could be judged, "not stated" would be a judgement.
    if !item.points.is_empty() && (item.score.score.is_some() || !item.score.hits.is_empty()) {
        blocks.push(rubric(item));
    }
    for wrong in &item.score.misconceptions {
        blocks.push(Block::Paragraph(vec![
            Span::Strong("Said wrongly: ".to_owned()),
            Span::Quote(flat(&wrong.quote), wrong.start_ms),
            text(format!(" (a misconception: {})", flat(&wrong.says))),
        ]));
    }
    Section {
        id: question_id(item.number),
        level: 3,
        title: format!("Q{} {}", item.number, flat(&item.title)),
        score: Some(item.score.score),
        blocks,
    }
}

fn asked(asked: &str, heard: Option<&str>) -> Vec<Span> {
    let mut out = vec![text(flat(asked))];
    match heard.map(flat) {
        Some(heard) if heard.is_empty() => {
            out.push(text(" [interrupted before anything was heard]"));
        }
        Some(heard) => {
            out.push(text(" [interrupted; heard as far as "));
            out.push(Span::Quote(heard, None));
            out.push(text("]"));
        }
        None => {}
    }
    out
}

fn answers(answers: &[Answer]) -> Vec<Block> {
    let said = |at, spans| Block::Said {
        who: Speaker::Candidate,
        label: "Answer",
        at,
        spans,
    };
    if answers.is_empty() {
        return vec![said(None, vec![text(NO_ANSWER)])];
    }
    let answer = |answer: &Answer| said(answer.start_ms, vec![text(flat(&answer.text))]);
    answers.iter().map(answer).collect()
}

fn follow_up_blocks(follow_up: &FollowUp) -> Vec<Block> {
    let mut out = vec![Block::Said {
        who: Speaker::Recruiter,
        label: "Follow-up",
        at: follow_up.start_ms,
        spans: asked(&follow_up.asked, follow_up.heard.as_deref()),
    }];
    out.extend(answers(&follow_up.answers));
    out
}

fn rubric(item: &QaItem) -> Block {
    let row = |point: &super::evaluation::Point| {
        let hit = item.score.hits.iter().find(|hit| hit.id == point.id);
        let words = hit.map_or_else(
            || vec![text("-")],
            |hit| vec![Span::Quote(flat(&hit.quote), hit.start_ms)],
        );
        vec![
            vec![text(flat(&point.says))],
            vec![text(if point.said { "stated" } else { "not stated" })],
            words,
        ]
    };
    Block::Table(Table {
        caption: format!("Key points of Q{}", item.number),
        columns: vec![
            ("Key point", Align::Left, 0.4),
            ("Found", Align::Left, 0.14),
            ("Quote", Align::Left, 0.46),
        ],
        rows: item.points.iter().map(row).collect(),
    })
}

fn asked_back(report: &Report) -> Option<Section> {
    if report.asked_back.is_empty() {
        return None;
    }
    let mut blocks = Vec::new();
    for back in &report.asked_back {
        blocks.push(Block::Said {
            who: Speaker::Candidate,
            label: "Asked",
            at: back.start_ms,
            spans: vec![text(flat(&back.asked))],
        });
        for reply in &back.replies {
            blocks.push(Block::Said {
                who: Speaker::Recruiter,
                label: "Reply",
                at: None,
                spans: vec![text(flat(reply))],
            });
        }
        if back.passed_on {
            blocks.push(Block::Paragraph(vec![
                Span::Mark("TO BE ANSWERED"),
                text(" This was passed on to you."),
            ]));
        }
    }
    Some(section(
        "candidate-questions",
        2,
        "Questions from the Candidate",
        blocks,
    ))
}

fn transcript(report: &Report) -> Section {
    let mut blocks: Vec<Block> = report.dialogue.iter().map(turn).collect();
    if blocks.is_empty() {
        blocks.push(Block::Paragraph(vec![text("Nothing was said.")]));
    }
    section("transcript", 2, "Transcript", blocks)
}

fn turn(turn: &Turn) -> Block {
    let mut spans = vec![text(turn.shown())];
    if let Some(said) = &turn.utterance
        && said.source == Source::Typed
    {
        spans.push(text(" [typed]"));
    }
    Block::Turn {
        who: turn.who,
        at: turn.start_ms.zip(turn.end_ms),
        spans,
    }
}

fn timing(report: &Report) -> Section {
    let timing = &report.timing;
    if timing.stages.is_empty() {
        let nothing = "No turn was timed and no line was played.";
        return section(
            "timing",
            2,
            "Timing",
            vec![Block::Paragraph(vec![text(nothing)])],
        );
    }
    let number = |ms: u64| vec![text(ms.to_string())];
    let stages = timing.stages.iter().map(|stage| {
        vec![
            vec![text(stage.stage)],
            vec![text(stage.part)],
            number(stage.count as u64),
            number(stage.min),
            vec![text(format!("{:.0}", stage.mean))],
            number(stage.p50),
            number(stage.p95),
            number(stage.max),
        ]
    });
    let mut blocks = vec![Block::Table(Table {
        caption: "Stages of the turns, in milliseconds".to_owned(),
        columns: vec![
            ("Stage", Align::Left, 0.29),
            ("Part", Align::Left, 0.2),
            ("Count", Align::Right, 0.09),
            ("Min", Align::Right, 0.08),
            ("Mean", Align::Right, 0.09),
            ("p50", Align::Right, 0.08),
            ("p95", Align::Right, 0.08),
            ("Max", Align::Right, 0.09),
        ],
        rows: stages.collect(),
    })];
    if !timing.turns.is_empty() {
        blocks.push(Block::Timeline(timing.turns.clone()));
        let turns = timing.turns.iter().map(|turn| {
            let after = delays(turn).map(|ms| {
                vec![text(
                    ms.map_or_else(|| "-".to_owned(), |ms| format!("+{ms}")),
                )]
            });
            let mut row = vec![
                vec![text(turn.utterance.to_string())],
                vec![text(exact(turn.speech_ended_ms))],
            ];
            row.extend(after);
            row
        });
        blocks.push(Block::Table(Table {
            caption: "Every turn: milliseconds after the end of the candidate's speech".to_owned(),
            columns: vec![
                ("Utterance", Align::Left, 0.16),
                ("End of speech", Align::Right, 0.2),
                ("Endpoint", Align::Right, 0.16),
                ("Text", Align::Right, 0.16),
                ("Reply", Align::Right, 0.16),
                ("First audio", Align::Right, 0.16),
            ],
            rows: turns.collect(),
        }));
    }
    section("timing", 2, "Timing", blocks)
}

fn about(report: &Report) -> Section {
    let mut items = vec![
        vec![text(
            "Each answer, with the answers to its follow-up questions, is scored alone against the \
             question's rubric: evidence first, then a number. Where evidence is missing there is no number.",
        )],
        vec![text(format!("Scale: {}.", scale()))],
        vec![text(format!(
            "Key points are matched on word stems and {} similarity; every quote stands in the record.",
            flat(&report.scored_by)
        ))],
        vec![text(NEVER)],
    ];
    if let Some(client) = &report.client {
        let made = [
            ("Program", &client.program),
            ("speech model", &client.model),
            ("voice", &client.voice),
        ];
        let made: Vec<String> = made
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| format!("{name}: {}", flat(value)))
            .collect();
        if !made.is_empty() {
            items.push(vec![text(format!("{}.", made.join("; ")))]);
        }
    }
    items.push(vec![text(recording(report))]);
    for gap in report.recording.losses() {
        let side = match gap.track {
            Track::Near => "the candidate's side",
            Track::Far => "the recruiter's side",
        };
        items.push(vec![
            text(format!("Missing from {side}: {} ms at ", gap.length_ms)),
            Span::Time(gap.start_ms),
            text(format!(" ({})", flat(&gap.why))),
        ]);
    }
    for problem in &report.problems {
        items.push(vec![text(format!("Problem: {}", flat(problem)))]);
    }
    section("about", 2, "About This Report", vec![Block::List(items)])
}

fn recording(report: &Report) -> String {
    let recording = &report.recording;
    match (recording.exists(), recording.length_ms) {
        (true, Some(ms)) => format!(
            "The recording is {} long: the candidate on the left, the recruiter as heard on the right.",
            length(ms)
        ),
        (true, None) => "The recording was broken off; its end is not on the log.".to_owned(),
        (false, _) if report.consent == Some(false) => {
            "Nothing was recorded: consent was refused.".to_owned()
        }
        (false, _) => "There is no recording of this interview.".to_owned(),
    }
}

/// A score and what it is of, in words for those who do not see it.
pub(super) fn score_words(number: Option<u8>) -> String {
    number.map_or_else(|| score(None), |n| format!("score {n} of 5"))
}

/// How many questions, in words, for a description of the document.
pub(super) fn description(report: &Report) -> String {
    format!(
        "{}; {} asked",
        report.recommendation.text,
        count(report.recommendation.asked, "question")
    )
}
