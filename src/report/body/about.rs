//! How the interview ran and how the report came about: timing, method,
//! recording and what failed.

use super::{Align, Block, Section, Span, Table, scale, section, text};
use crate::event::Track;
use crate::report::Report;
use crate::report::timing::{delays, exact};
use crate::report::wording::{NEVER, flat, length};

pub(super) fn timing(report: &Report) -> Section {
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

pub(super) fn about(report: &Report) -> Section {
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
