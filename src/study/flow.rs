//! Whether an interview kept to its course: stages in order, exact closing
//! lines, an end within the time agreed on, every question in the documents.

use super::facts::{Check, Finding, Material};
use super::talk::{Said, asks};
use crate::event::{EndReason, Event, Output, Purpose, Stage};
use crate::interview::bank::Level;
use crate::interview::phrasing::{ANY_OTHER, FAREWELL, INVITATION};
use std::collections::BTreeMap;

/// How often one text may be said in an interview, besides the fixed lines.
const SAME_TEXT: usize = 5;
/// How many lines may be about one question.
const LINES_A_QUESTION: usize = 16;
/// Slack of the budget: what a last line takes to be heard.
const SLACK_MS: u64 = 500;

/// The sections that every transcript has.
pub const SECTIONS: [&str; 6] = [
    "Interview Transcript",
    "TECHNICAL QUESTIONS AND ANSWERS",
    "EVALUATION REPORT",
    "HR REPORT",
    "RECOMMENDATION (FULL)",
    "AI Recruiter:",
];

pub(super) fn check(m: &Material<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    ends(m, &mut found);
    in_order(m, &mut found);
    closing(m, &mut found);
    budget(m, &mut found);
    loops(m, &mut found);
    advanced(m, &mut found);
    listed(m, &mut found);
    for section in SECTIONS {
        if !m.transcript.contains(section) {
            let why = format!("the transcript has no \"{section}\"");
            found.push(m.finding(Check::Section, 0, "", why));
        }
    }
    found
}

fn ends(m: &Material<'_>, found: &mut Vec<Finding>) {
    let last = m
        .records
        .iter()
        .rev()
        .find_map(|record| match &record.event {
            Event::Output {
                output: Output::Ended { reason },
            } => Some(*reason),
            _ => None,
        });
    if matches!(last, None | Some(EndReason::CandidateLeft)) {
        let why = "the interviewer never came to an end".to_owned();
        found.push(m.finding(Check::Endless, 0, "", why));
    }
}

fn rank(stage: Stage) -> u8 {
    match stage {
        Stage::Opening => 0,
        Stage::Introduction => 1,
        Stage::Project => 2,
        Stage::Technical => 3,
        Stage::Closing => 4,
        Stage::Ended => 5,
    }
}

fn in_order(m: &Material<'_>, found: &mut Vec<Finding>) {
    let mut last = 0;
    for said in m.talk.lines() {
        let now = rank(said.line.stage);
        if now < last || (said.line.purpose == Purpose::Question && now > last + 1) {
            let why = format!("{:?} came out of its place", said.line.stage);
            found.push(m.finding(Check::StageOrder, said.seq, &said.line.text, why));
        }
        last = last.max(now);
    }
    // Whoever took the course to its end was asked everything.
    if m.report.ended == Some(EndReason::Completed) {
        let asked = m.report.questions.len();
        let planned = m.setup.plan.numbered() as usize;
        if asked != planned {
            let why = format!("{asked} of {planned} planned questions were asked");
            found.push(m.finding(Check::StageOrder, 0, "", why));
        }
    }
}

fn closing(m: &Material<'_>, found: &mut Vec<Finding>) {
    let consent = m.report.consent == Some(true);
    let orderly = matches!(
        m.report.ended,
        Some(EndReason::Completed | EndReason::TimeUp | EndReason::NoAnswer)
    );
    if !consent || !orderly {
        return;
    }
    let lines: Vec<&Said> = m.talk.lines().collect();
    let mut wrong = |said: Option<&Said>, why: &str| {
        let (seq, text) = said.map_or((0, ""), |s| (s.seq, s.line.text.as_str()));
        found.push(m.finding(Check::ClosingLines, seq, text, why.to_owned()));
    };
    let invitations =
        |said: &&&Said| said.line.purpose == Purpose::Invitation && said.line.text == INVITATION;
    match lines.iter().filter(invitations).count() {
        1 => {}
        n => wrong(None, &format!("the invitation was said {n} times")),
    }
    match lines.last() {
        Some(said) if said.line.text == FAREWELL => {}
        other => wrong(other.copied(), "the last words are others"),
    }
    let farewells = lines.iter().filter(|s| s.line.text == FAREWELL).count();
    if farewells > 1 {
        wrong(None, "the last words were said more than once");
    }
    for said in &lines {
        let known = [INVITATION, ANY_OTHER].contains(&said.line.text.as_str());
        if said.line.purpose == Purpose::Invitation && !known {
            wrong(Some(said), "the invitation is worded otherwise");
        }
    }
    for turn in &m.talk.turns {
        let replies = turn
            .iter()
            .any(|s| matches!(s.line.purpose, Purpose::Reply { .. }));
        let last = turn.last();
        let goes_on = last.is_some_and(|s| [ANY_OTHER, FAREWELL].contains(&s.line.text.as_str()));
        if replies && !goes_on {
            wrong(last, "a reply without \"any other questions\" behind it");
        }
    }
}

fn budget(m: &Material<'_>, found: &mut Vec<Finding>) {
    let allowed = u64::from(m.setup.settings.minutes) * 60_000 + m.talk.paused_ms;
    if m.talk.length_ms > allowed + SLACK_MS {
        let why = format!(
            "it took {} s of {} s",
            m.talk.length_ms / 1000,
            allowed / 1000
        );
        found.push(m.finding(Check::Budget, 0, "", why));
    }
}

fn loops(m: &Material<'_>, found: &mut Vec<Finding>) {
    let mut same: BTreeMap<&str, usize> = BTreeMap::new();
    let mut about: BTreeMap<&str, usize> = BTreeMap::new();
    for said in m.talk.lines() {
        let fixed = said.line.text == ANY_OTHER
            || matches!(
                said.line.purpose,
                Purpose::Reply { .. } | Purpose::OutOfScope | Purpose::Remark
            );
        let times = same.entry(&said.line.text).or_default();
        *times += usize::from(!fixed);
        if *times == SAME_TEXT + 1 {
            let why = format!("said more than {SAME_TEXT} times");
            found.push(m.finding(Check::Loop, said.seq, &said.line.text, why));
        }
        if let Some(question) = said.line.question.as_deref() {
            let lines = about.entry(question).or_default();
            *lines += 1;
            if *lines == LINES_A_QUESTION + 1 {
                let why = format!("more than {LINES_A_QUESTION} lines about one question");
                found.push(m.finding(Check::Loop, said.seq, &said.line.text, why));
            }
        }
    }
}

fn advanced(m: &Material<'_>, found: &mut Vec<Finding>) {
    for (at, asked) in m.account.iter().enumerate() {
        let Some(planned) = asked
            .question
            .as_deref()
            .and_then(|id| m.setup.plan.question(id))
        else {
            continue;
        };
        if !planned.reserve || planned.question.level != Level::Advanced {
            continue;
        }
        let earned = m.account[..at].iter().any(|before| {
            before.question == planned.after
                && before.score.as_ref().and_then(|s| s.score) >= Some(4)
        });
        if !earned {
            let why = "no good answer came before".to_owned();
            found.push(m.finding(Check::Advanced, 0, &asked.text, why));
        }
    }
}

fn listed(m: &Material<'_>, found: &mut Vec<Finding>) {
    let answers = m
        .transcript
        .split("TECHNICAL QUESTIONS AND ANSWERS")
        .nth(1)
        .and_then(|rest| rest.split("EVALUATION REPORT").next())
        .unwrap_or_default();
    for said in m.talk.lines().filter(|said| asks(&said.line)) {
        // The documents may leave out what was said before the question, and
        // show a line that was cut as far as it was heard.
        let bare = said.line.text[said.own.len().min(said.line.text.len())..].trim();
        let turn = m.report.dialogue.iter().find(|turn| turn.seq == said.seq);
        let shown = turn.map_or_else(|| said.line.text.clone(), report_text);
        let listed = (!bare.is_empty() && answers.contains(bare)) || answers.contains(&shown);
        if !listed {
            let why = "the questions and answers do not list it".to_owned();
            found.push(m.finding(Check::Unlisted, said.seq, &said.line.text, why));
        }
    }
}

fn report_text(turn: &crate::report::Turn) -> String {
    turn.shown()
}
