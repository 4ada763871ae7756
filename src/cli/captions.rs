//! Captions of both sides, line by line: readable by people, pipes and
//! screen readers.

use crate::call::CallEvent;
use crate::clock::SessionTime;
use crate::event::{EndReason, Expects, Line, Purpose, Stage};
use crate::replay::clock_time;
use std::io::Write;
use tokio::sync::broadcast;

/// Prints a call's captions until it is over. With `own` they are for the
/// candidate, who is told whose turn it is and why it ended, and nothing that
/// looks like a judgement.
pub(super) async fn print(
    mut view: broadcast::Receiver<CallEvent>,
    candidate: &'static str,
    own: bool,
    mut out: impl Write + Send,
) {
    let mut captions = Captions {
        candidate,
        own,
        place: (Stage::Opening, None),
        pause: None,
        factor: None,
    };
    loop {
        let (text, over) = match view.recv().await {
            Ok(event) => {
                let over = matches!(event, CallEvent::Ended(_));
                (captions.text(&event), over)
            }
            Err(broadcast::error::RecvError::Closed) => return,
            Err(broadcast::error::RecvError::Lagged(n)) => {
                (Some(format!("  ({n} captions missed)")), false)
            }
        };
        if let Some(text) = text
            && writeln!(out, "{}", without_controls(&text))
                .and_then(|()| out.flush())
                .is_err()
        {
            // Nobody reads any more; the call goes on.
            return;
        }
        if over {
            return;
        }
    }
}

/// What comes from elsewhere must not steer a terminal.
fn without_controls(text: &str) -> String {
    let shown = |c: &char| *c == '\n' || !c.is_control();
    text.chars().filter(shown).collect()
}

/// What was told so far, as far as it matters for what is told next.
struct Captions {
    candidate: &'static str,
    own: bool,
    place: (Stage, Option<u32>),
    pause: Option<SessionTime>,
    factor: Option<f32>,
}

impl Captions {
    fn text(&mut self, event: &CallEvent) -> Option<String> {
        Some(match event {
            CallEvent::Connected {
                candidate,
                position,
                company,
                ..
            } => format!(
                "{}\n",
                interview_of(candidate, position, company.as_deref())
            ),
            CallEvent::Line(line) => self.line(line),
            CallEvent::LineEnded {
                complete: false,
                heard,
                ..
            } if !heard.is_empty() => format!("  (interrupted after: \"{heard}\")"),
            CallEvent::LineEnded { line, .. } if self.own && line.expects != Expects::Nothing => {
                "  (your turn)".into()
            }
            CallEvent::Utterance(u) if self.own => format!("{}: {}", self.candidate, u.text),
            CallEvent::Utterance(u) => {
                let sure = u.confidence * 100.0;
                format!("{}: {}   [{sure:.0} %]", self.candidate, u.text)
            }
            CallEvent::Consent(true) => "  (consent given: recording)".into(),
            CallEvent::Consent(false) => "  (consent refused: nothing is recorded)".into(),
            CallEvent::Status { left, pause, .. } => return self.status(*left, *pause),
            CallEvent::Connection { up } => format!("  ({})", connection(*up)),
            CallEvent::Listening(roles) if roles.is_empty() => {
                "  (nobody is listening in any more)".into()
            }
            CallEvent::Listening(roles) => format!("  (listening in now: {})", roles.join(", ")),
            CallEvent::Hold(true) => "  (take your time)".into(),
            CallEvent::Hold(false) if self.own => "  (the interview goes on)".into(),
            CallEvent::Muted(true) => "  (muted: nobody hears you)".into(),
            CallEvent::Muted(false) => "  (you can be heard)".into(),
            CallEvent::VoiceSpeed(speed) => {
                format!("  (the voice's speed is {speed:.1} from the next words on)")
            }
            CallEvent::Voice(voice) => format!("  (the voice is {voice} from the next words on)"),
            CallEvent::PauseFactor(factor) => return self.pauses(*factor),
            CallEvent::Problem(message) => format!("  (problem: {message})"),
            CallEvent::Notice(message) => format!("  ({message})"),
            CallEvent::Ended(reason) if self.own => format!("  ({})", over(*reason)),
            _ => return None,
        })
    }

    fn line(&mut self, line: &Line) -> String {
        let place = (line.stage, line.number);
        let changed = place != std::mem::replace(&mut self.place, place);
        let header = changed
            .then(|| heading(line.stage, line.number, line.of))
            .flatten();
        let header = header.map_or(String::new(), |h| format!("\n-- {h} --\n"));
        let who = match &line.purpose {
            Purpose::Human { by } => format!("{by} (a person)"),
            _ => "AI Recruiter".to_owned(),
        };
        format!("{header}{who}: {}", line.text)
    }

    fn status(&mut self, left: SessionTime, pause: Option<SessionTime>) -> Option<String> {
        let before = std::mem::replace(&mut self.pause, pause);
        match pause {
            Some(pause) if self.own && before.is_none() => Some(format!(
                "  (a break of {} at most; the clock stands still)",
                clock_time(pause.millis())
            )),
            None if left < SessionTime(60_000) => Some(format!("  ({left} left)")),
            _ => None,
        }
    }

    /// The first is what the interview begins with, and was told before.
    fn pauses(&mut self, factor: f32) -> Option<String> {
        let before = self.factor.replace(factor);
        let changed = before.is_some_and(|before| before != factor);
        changed.then(|| format!("  ({})", pauses(factor)))
    }
}

/// How long pauses may be.
pub(super) fn pauses(factor: f32) -> String {
    if factor > 1.0 {
        format!("Your pauses may be {factor} times as long.")
    } else {
        "Pauses are as usual.".to_owned()
    }
}

/// Why an interview is over, in a sentence for the candidate.
pub(super) fn over(reason: EndReason) -> String {
    let why = match reason {
        EndReason::Completed => "The interview is over. Thank you.",
        EndReason::TimeUp => "The time is up. Thank you.",
        EndReason::ConsentRefused => "The interview ended without a recording.",
        EndReason::CandidateEnded => "You ended the interview.",
        EndReason::RecruiterEnded => "A recruiter ended the interview.",
        EndReason::CandidateLeft | EndReason::NoAnswer => "The interview ended.",
    };
    format!("{why} The record is being finished.")
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
    use crate::event::{Source, Utterance};
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

    async fn printed(own: bool, events: Vec<CallEvent>) -> String {
        let (tell, view) = broadcast::channel(64);
        for event in events {
            tell.send(event).unwrap();
        }
        drop(tell);
        let mut out = Cursor::new(Vec::new());
        print(view, "You", own, &mut out).await;
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[tokio::test]
    async fn whose_turn_it_is_is_told_where_that_is_wanted() {
        for (own, times) in [(true, 1), (false, 0)] {
            let events = vec![
                ended(Expects::Nothing),
                ended(Expects::Long),
                CallEvent::Muted(true),
            ];
            let text = printed(own, events).await;
            assert_eq!(text.matches("(your turn)").count(), times, "{text}");
            assert!(text.contains("(muted: nobody hears you)"), "{text}");
        }
    }

    fn said(text: &str) -> CallEvent {
        CallEvent::Utterance(Utterance {
            id: 1,
            text: text.to_owned(),
            words: Vec::new(),
            start_ms: 0,
            end_ms: 0,
            confidence: 0.5,
            source: Source::Voice,
        })
    }

    /// The candidate's screen tells all of this; so must the lines, in order.
    #[tokio::test]
    async fn everything_that_the_screen_tells_is_told_line_by_line() {
        let status = |pause: Option<u64>| CallEvent::Status {
            stage: Stage::Technical,
            left: SessionTime(600_000),
            pause: pause.map(SessionTime),
        };
        let text = printed(
            true,
            vec![
                CallEvent::PauseFactor(2.0),
                CallEvent::Consent(true),
                said("I write tests."),
                CallEvent::PauseFactor(3.0),
                CallEvent::PauseFactor(1.0),
                CallEvent::VoiceSpeed(0.9),
                CallEvent::Voice("rms".into()),
                CallEvent::Muted(true),
                CallEvent::Muted(false),
                CallEvent::Hold(true),
                status(Some(300_000)),
                CallEvent::Hold(false),
                status(None),
                CallEvent::Connection { up: false },
                CallEvent::Listening(vec!["recruiter".into()]),
                CallEvent::Problem("No sound.".into()),
                CallEvent::Notice("Sound again.".into()),
                CallEvent::Ended(EndReason::CandidateEnded),
            ],
        )
        .await;
        let expected = [
            "  (consent given: recording)",
            "You: I write tests.",
            "  (Your pauses may be 3 times as long.)",
            "  (Pauses are as usual.)",
            "  (the voice's speed is 0.9 from the next words on)",
            "  (the voice is rms from the next words on)",
            "  (muted: nobody hears you)",
            "  (you can be heard)",
            "  (take your time)",
            "  (a break of 05:00 at most; the clock stands still)",
            "  (the interview goes on)",
            "  (the connection is lost; what you say is kept here, please wait a moment)",
            "  (listening in now: recruiter)",
            "  (problem: No sound.)",
            "  (Sound again.)",
            "  (You ended the interview. The record is being finished.)",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[tokio::test]
    async fn what_comes_from_elsewhere_cannot_steer_the_terminal() {
        let events = vec![
            said("a\u{1b}[2Jb\rc\u{7}"),
            CallEvent::Problem("x\u{1b}]0;t\u{7}".into()),
        ];
        let text = printed(true, events).await;
        assert_eq!(text, "You: a[2Jbc\n  (problem: x]0;t)\n");
    }

    #[tokio::test]
    async fn only_whoever_watches_a_simulation_sees_how_sure_the_recogniser_is() {
        assert!(printed(false, vec![said("Yes.")]).await.contains("[50 %]"));
        assert_eq!(printed(true, vec![said("Yes.")]).await, "You: Yes.\n");
    }
}
