//! What was asked and answered: question by question, what the candidate
//! asked, and the conversation as it went.

use super::{Align, Block, Section, Span, Table, question_id, section, text};
use crate::event::Source;
use crate::record::Correction;
use crate::report::Report;
use crate::report::corrections::beside;
use crate::report::dialogue::{Speaker, Turn};
use crate::report::evaluation::{Answer, FollowUp, Point, QaItem};
use crate::report::wording::{NO_ANSWER, flat, kind_name, sentence};

pub(super) fn question(item: &QaItem) -> Section {
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
    let answer = |answer: &Answer| {
        let mut spans = vec![text(flat(&answer.text))];
        spans.extend(answer.correction.as_ref().map(corrected));
        said(answer.start_ms, spans)
    };
    answers.iter().map(answer).collect()
}

fn corrected(correction: &Correction) -> Span {
    text(format!(" {}", beside(correction)))
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
    let row = |point: &Point| {
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

pub(super) fn asked_back(report: &Report) -> Option<Section> {
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

pub(super) fn transcript(report: &Report) -> Section {
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
    spans.extend(turn.correction.as_ref().map(corrected));
    Block::Turn {
        who: turn.who,
        at: turn.start_ms.zip(turn.end_ms),
        spans,
    }
}
