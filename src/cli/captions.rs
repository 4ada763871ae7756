//! Captions of both sides, line by line: readable by people, pipes and
//! screen readers.

use crate::call::CallEvent;
use crate::clock::SessionTime;
use crate::event::{Purpose, Stage};
use std::io::Write;
use tokio::sync::broadcast;

/// Prints a call's captions until it is over.
pub(super) async fn print(
    mut view: broadcast::Receiver<CallEvent>,
    candidate: &'static str,
    mut out: impl Write + Send,
) {
    let mut shown = (Stage::Opening, None);
    loop {
        let text = match view.recv().await {
            Ok(CallEvent::Connected {
                candidate,
                position,
                company,
                ..
            }) => {
                let at = company.map_or(String::new(), |c| format!(" at {c}"));
                Some(format!("Interview of {candidate} for {position}{at}\n"))
            }
            Ok(CallEvent::Line(line)) => {
                let place = (line.stage, line.number);
                let header = (place != shown).then(|| header(line.stage, line.number, line.of));
                shown = place;
                let header = header
                    .flatten()
                    .map_or(String::new(), |h| format!("\n-- {h} --\n"));
                let who = match &line.purpose {
                    Purpose::Human { by } => format!("{by} (a person)"),
                    _ => "AI Recruiter".to_owned(),
                };
                Some(format!("{header}{who}: {}", line.text))
            }
            Ok(CallEvent::LineEnded {
                complete: false,
                heard,
                ..
            }) => Some(format!("  (interrupted after: \"{heard}\")")),
            Ok(CallEvent::Utterance(u)) => Some(format!(
                "{candidate}: {}   [{:.0} %]",
                u.text,
                u.confidence * 100.0
            )),
            Ok(CallEvent::Consent(true)) => Some("  (consent given: recording)".into()),
            Ok(CallEvent::Consent(false)) => {
                Some("  (consent refused: nothing is recorded)".into())
            }
            Ok(CallEvent::Status { left, .. }) if left < SessionTime(60_000) => {
                Some(format!("  ({left} left)"))
            }
            Ok(CallEvent::Connection { up: false }) => Some(
                "  (the connection is lost; what you say is kept here, please wait a moment)"
                    .into(),
            ),
            Ok(CallEvent::Connection { up: true }) => {
                Some("  (the connection is back; nothing was lost)".into())
            }
            Ok(CallEvent::Listening(roles)) if roles.is_empty() => {
                Some("  (nobody is listening in any more)".into())
            }
            Ok(CallEvent::Listening(roles)) => {
                Some(format!("  (listening in now: {})", roles.join(", ")))
            }
            Ok(CallEvent::Problem(message)) => Some(format!("  (problem: {message})")),
            Ok(CallEvent::Notice(message)) => Some(format!("  ({message})")),
            Ok(CallEvent::Ended(_)) | Err(broadcast::error::RecvError::Closed) => return,
            Err(broadcast::error::RecvError::Lagged(n)) => Some(format!("  ({n} captions missed)")),
            Ok(_) => None,
        };
        if let Some(text) = text
            && writeln!(out, "{text}").and_then(|()| out.flush()).is_err()
        {
            // Nobody reads any more; the call goes on.
            return;
        }
    }
}

fn header(stage: Stage, number: Option<u32>, of: u32) -> Option<String> {
    let name = match stage {
        Stage::Opening | Stage::Ended => return None,
        Stage::Introduction => "Introduction",
        Stage::Project => "Project",
        Stage::Technical => "Technical questions",
        Stage::Closing => "Your questions",
    };
    Some(number.map_or_else(
        || name.to_owned(),
        |n| format!("{name}: question {n} of {of}"),
    ))
}
