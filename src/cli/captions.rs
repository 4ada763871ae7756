//! Captions of both sides, line by line: readable by people, pipes and
//! screen readers.

use crate::call::CallEvent;
use crate::clock::SessionTime;
use crate::event::{Expects, Purpose, Stage};
use std::io::Write;
use tokio::sync::broadcast;

/// Prints a call's captions until it is over; where `turns`, also whose turn
/// it is.
pub(super) async fn print(
    mut view: broadcast::Receiver<CallEvent>,
    candidate: &'static str,
    turns: bool,
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
                let title = interview_of(&candidate, &position, company.as_deref());
                Some(format!("{title}\n"))
            }
            Ok(CallEvent::Line(line)) => {
                let place = (line.stage, line.number);
                let header = (place != shown).then(|| heading(line.stage, line.number, line.of));
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
            }) if !heard.is_empty() => Some(format!("  (interrupted after: \"{heard}\")")),
            Ok(CallEvent::LineEnded { line, .. }) if turns && line.expects != Expects::Nothing => {
                Some("  (your turn)".into())
            }
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
            Ok(CallEvent::Connection { up }) => Some(format!("  ({})", connection(up))),
            Ok(CallEvent::Listening(roles)) if roles.is_empty() => {
                Some("  (nobody is listening in any more)".into())
            }
            Ok(CallEvent::Listening(roles)) => {
                Some(format!("  (listening in now: {})", roles.join(", ")))
            }
            Ok(CallEvent::Hold(true)) => Some("  (take your time)".into()),
            Ok(CallEvent::Muted(true)) => Some("  (muted: nobody hears you)".into()),
            Ok(CallEvent::Muted(false)) => Some("  (you can be heard)".into()),
            Ok(CallEvent::VoiceSpeed(speed)) => Some(format!(
                "  (the voice's speed is {speed:.1} from the next words on)"
            )),
            Ok(CallEvent::Voice(voice)) => {
                Some(format!("  (the voice is {voice} from the next words on)"))
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

/// What is going on, in one line.
pub(super) fn interview_of(candidate: &str, position: &str, company: Option<&str>) -> String {
    let at = company.map_or(String::new(), |c| format!(" at {c}"));
    format!("Interview of {candidate} for {position}{at}")
}

/// What is said where the connection is lost or back.
pub(super) const fn connection(up: bool) -> &'static str {
    if up {
        "the connection is back; nothing was lost"
    } else {
        "the connection is lost; what you say is kept here, please wait a moment"
    }
}

/// The part of the interview that begins, with the question's number.
pub(super) fn heading(stage: Stage, number: Option<u32>, of: u32) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Hold;
    use crate::event::{Line, Purpose};
    use std::io::Cursor;

    fn ended(expects: Expects) -> CallEvent {
        CallEvent::LineEnded {
            line: Line {
                id: 1,
                text: "How?".into(),
                purpose: Purpose::Question,
                stage: Stage::Technical,
                question: None,
                number: None,
                of: 1,
                expects,
            },
            heard: "How?".into(),
            complete: true,
            hold: Hold::default(),
        }
    }

    #[tokio::test]
    async fn whose_turn_it_is_is_told_where_that_is_wanted() {
        for (turns, times) in [(true, 1), (false, 0)] {
            let (tell, view) = broadcast::channel(8);
            tell.send(ended(Expects::Nothing)).unwrap();
            tell.send(ended(Expects::Long)).unwrap();
            tell.send(CallEvent::Muted(true)).unwrap();
            drop(tell);
            let mut out = Cursor::new(Vec::new());
            print(view, "You", turns, &mut out).await;
            let text = String::from_utf8(out.into_inner()).unwrap();
            assert_eq!(text.matches("(your turn)").count(), times, "{text}");
            assert!(text.contains("(muted: nobody hears you)"), "{text}");
        }
    }
}
