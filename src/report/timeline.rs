//! What happened in a session beside what was said: consent, stages and
//! questions begun, interruptions, steering with who did it, who listened,
//! devices that went, breaks of the connection, problems. A fold over the
//! log in one pass, each with its place in the recording.

use super::clocks::Clocks;
use crate::event::{
    ConsentHow, EndReason, Event, Input, Output, OverLine, Purpose, Record, Request, Stage, Steer,
    Track,
};
use crate::record::RATE;
use serde::Serialize;

/// What sort of thing happened.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// Consent was given or refused.
    Consent,
    /// A stage of the interview began.
    Stage,
    /// A planned question was asked.
    Question,
    /// A sound over a line, and what it was taken for.
    Interruption,
    /// A recruiter steered.
    Steering,
    /// The candidate asked for something by key.
    Request,
    /// Somebody began or ceased to listen.
    Watcher,
    /// A device went or came, or the microphone was muted.
    Device,
    /// The candidate changed how the interview is held.
    Setting,
    /// The session broke off, or went on.
    Break,
    /// Something failed.
    Problem,
    /// The interview ended.
    End,
}

/// One thing that happened.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Place in the log.
    pub seq: u64,
    /// Milliseconds of the recording; of the session where nothing was
    /// recorded. What came before the recording stands at its begin.
    pub at_ms: u64,
    /// What sort of thing.
    pub what: What,
    /// In one sentence.
    pub text: String,
    /// Who did it, where that is a person who is named on the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Folds a log. Any order of events is taken as it comes.
pub fn fold(records: &[Record]) -> Vec<Happened> {
    let clocks = Clocks::fold(records);
    let mut stage = None;
    let mut out = Vec::new();
    for record in records {
        let logged = clocks.recording(record.at.millis());
        let mut add = |at_ms, what, text: String, by: Option<&str>| {
            out.push(Happened {
                seq: record.seq,
                at_ms,
                what,
                text,
                by: by.map(str::to_owned),
            });
        };
        match &record.event {
            Event::Input { input } => {
                if let Some((what, text, by)) = of_input(input) {
                    add(logged, what, text, by);
                }
            }
            Event::Output { output } => match output {
                Output::Say(line) => {
                    if stage != Some(line.stage) {
                        stage = Some(line.stage);
                        add(logged, What::Stage, stage_text(line.stage).into(), None);
                    }
                    if line.purpose == Purpose::Question
                        && let Some(number) = line.number
                    {
                        let text = format!("Question {number} of {}", line.of);
                        add(logged, What::Question, text, None);
                    }
                }
                Output::Consent { given, how } => {
                    add(logged, What::Consent, consent(*given, *how), None);
                }
                Output::Ended { reason } => {
                    add(logged, What::End, end_text(*reason).into(), None);
                }
                Output::Hold { .. } => {}
            },
            Event::SoundOver(over) => {
                let at_ms = over.sound_sample * 1000 / u64::from(RATE);
                let text = over_text(over.was).into();
                add(at_ms, What::Interruption, text, None);
            }
            Event::Problem { part, message } => {
                add(logged, What::Problem, format!("{part}: {message}"), None);
            }
            Event::VoiceSpeed { speed } => {
                let text = format!("The recruiter's voice at {speed} times its speed");
                add(logged, What::Setting, text, None);
            }
            Event::Interrupted { why, .. } => {
                add(logged, What::Break, format!("Broken off: {why}"), None);
            }
            Event::Resumed { .. } => add(logged, What::Break, "Went on".into(), None),
            Event::Watcher { by, role, present } => {
                let does = if *present { "listens" } else { "left" };
                add(logged, What::Watcher, format!("{role} {does}"), Some(by));
            }
            _ => {}
        }
    }
    // A sound over a line is logged when it is clear what it was.
    out.sort_by_key(|happened| happened.at_ms);
    out
}

fn of_input(input: &Input) -> Option<(What, String, Option<&str>)> {
    Some(match input {
        Input::Steer { by, act } => (What::Steering, steer_text(act), Some(by)),
        Input::Request { request } => (What::Request, request_text(*request).into(), None),
        Input::Device { track, there } => {
            let side = match track {
                Track::Near => "microphone",
                Track::Far => "loudspeaker",
            };
            let is = if *there { "is back" } else { "is gone" };
            (What::Device, format!("The {side} {is}"), None)
        }
        Input::Muted { on } => {
            let is = if *on { "muted" } else { "open again" };
            (What::Device, format!("The microphone is {is}"), None)
        }
        Input::PauseFactor { factor } => {
            let text = format!("Pauses may be {factor} times longer");
            (What::Setting, text, None)
        }
        Input::Left => (What::Break, "The candidate's side is gone".into(), None),
        Input::Reconnected => (What::Break, "Connected again, nothing lost".into(), None),
        _ => return None,
    })
}

const fn stage_text(stage: Stage) -> &'static str {
    match stage {
        Stage::Opening => "Opening",
        Stage::Introduction => "Introduction",
        Stage::Project => "Project",
        Stage::Technical => "Technical questions",
        Stage::Closing => "The candidate's questions",
        Stage::Ended => "Farewell",
    }
}

fn consent(given: bool, how: ConsentHow) -> String {
    let how = match how {
        ConsentHow::Voice => "by voice",
        ConsentHow::Key => "by key",
        ConsentHow::Beforehand => "beforehand",
    };
    let did = if given { "given" } else { "refused" };
    format!("Consent {did} {how}")
}

const fn end_text(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Completed => "Ended: the course was completed",
        EndReason::TimeUp => "Ended: the time was used up",
        EndReason::ConsentRefused => "Ended: consent was refused",
        EndReason::CandidateEnded => "Ended by the candidate",
        EndReason::CandidateLeft => "Ended: the candidate left",
        EndReason::NoAnswer => "Ended: nobody answered",
        EndReason::RecruiterEnded => "Ended by a recruiter",
    }
}

const fn over_text(was: OverLine) -> &'static str {
    match was {
        OverLine::Interruption => "The candidate interrupted the recruiter",
        OverLine::Backchannel => "A word of assent over the recruiter",
        OverLine::Echo => "The recruiter's own voice came back; not taken for speech",
        OverLine::Noise => "A noise over the recruiter",
        OverLine::Ended => "Speech at the end of the recruiter's line",
    }
}

const fn request_text(request: Request) -> &'static str {
    match request {
        Request::Repeat => "The candidate asked to hear it again",
        Request::Rephrase => "The candidate asked for other words",
        Request::Think => "The candidate asked for time",
        Request::Skip => "The candidate asked for the next question",
        Request::Pause => "The candidate paused",
        Request::Resume => "The candidate went on",
        Request::Finished => "The candidate said that the answer is finished",
        Request::End => "The candidate asked to end",
    }
}

fn steer_text(act: &Steer) -> String {
    match act {
        Steer::AskNext => "Went on to the next question".into(),
        Steer::Skip => "Dropped the open question".into(),
        Steer::Probe => "Had a probe asked".into(),
        Steer::Ask { text } => format!("Added a question: {text}"),
        Steer::Pause => "Paused the interview".into(),
        Steer::Resume => "Let the interview go on".into(),
        Steer::End => "Ended the interview".into(),
        Steer::Say { text } => format!("Took over and said: {text}"),
        Steer::HandBack => "Handed back to the interviewer".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SessionTime;
    use crate::event::SoundOver;

    fn log(events: Vec<(u64, Event)>) -> Vec<Record> {
        let record = |(i, (at, event)): (usize, (u64, Event))| Record {
            seq: i as u64 + 1,
            at: SessionTime(at),
            event,
        };
        events.into_iter().enumerate().map(record).collect()
    }

    #[test]
    fn each_has_its_place_in_the_recording_and_who_did_it() {
        let steer = Input::Steer {
            by: "rita".into(),
            act: Steer::Say {
                text: "One moment.".into(),
            },
        };
        let given = Output::Consent {
            given: true,
            how: ConsentHow::Key,
        };
        let found = fold(&log(vec![
            (900, Event::Output { output: given }),
            (
                3000,
                Event::Played {
                    line: 1,
                    start_ms: 500,
                    end_ms: 2000,
                },
            ),
            (4000, Event::Input { input: steer }),
            (
                5000,
                Event::SoundOver(SoundOver {
                    line: 1,
                    sound_sample: 32_000,
                    ducked_sample: None,
                    held_sample: None,
                    decided_sample: 40_000,
                    was: OverLine::Interruption,
                }),
            ),
        ]));
        let told: Vec<_> = found.iter().map(|h| (h.at_ms, h.what)).collect();
        assert_eq!(
            told,
            [
                (0, What::Consent),
                (2000, What::Interruption),
                (3000, What::Steering)
            ]
        );
        assert_eq!(found[2].by.as_deref(), Some("rita"));
        assert!(found[2].text.contains("One moment."), "{}", found[2].text);
    }

    #[test]
    fn the_page_of_a_live_call_words_the_same_acts_alike() {
        let page = include_str!("../../assets/console/live-talk.js");
        let entry = |name: &serde_json::Value, text: &str| {
            let (first, rest) = text.split_at(1);
            format!(
                "{}: \"{}{rest}\"",
                name.as_str().unwrap(),
                first.to_lowercase()
            )
        };
        let text = String::new;
        for act in [
            Steer::AskNext,
            Steer::Skip,
            Steer::Probe,
            Steer::Ask { text: text() },
            Steer::Pause,
            Steer::Resume,
            Steer::End,
            Steer::Say { text: text() },
            Steer::HandBack,
        ] {
            let told = serde_json::to_value(&act).unwrap();
            let expected = entry(&told["do"], &steer_text(&act));
            assert!(page.contains(&expected), "{expected}");
        }
        for request in [
            Request::Repeat,
            Request::Rephrase,
            Request::Think,
            Request::Skip,
            Request::Pause,
            Request::Resume,
            Request::Finished,
            Request::End,
        ] {
            let name = serde_json::to_value(request).unwrap();
            let text = request_text(request).strip_prefix("The candidate ");
            let expected = entry(&name, text.unwrap());
            assert!(page.contains(&expected), "{expected}");
        }
    }

    #[test]
    fn without_a_recording_the_times_are_the_sessions() {
        let ended = Output::Ended {
            reason: EndReason::ConsentRefused,
        };
        let found = fold(&log(vec![(7000, Event::Output { output: ended })]));
        assert_eq!((found[0].at_ms, found[0].what), (7000, What::End));
    }
}
