//! Lines that are said: what they are about, when they are taken to have
//! ended, and how much of them was heard.

use super::engine::{Asker, At, Interview, Pending};
use super::policy;
use super::text::words;
use crate::clock::SessionTime;
use crate::event::{Expects, Line, LineId, Output, Purpose, Stage};
use std::time::Duration;

impl Interview {
    /// Speaks a line. What it is about follows from where the interview is.
    pub(super) fn say(&mut self, purpose: Purpose, text: String, expects: Expects) {
        self.last_line += 1;
        let open = if self.at == At::Asking {
            self.asked.last()
        } else {
            None
        };
        let line = Line {
            id: self.last_line,
            stage: match self.at {
                At::Leaving(_) => Stage::Closing,
                _ => self.stage(),
            },
            question: open.and_then(|a| a.question.clone()),
            number: open.and_then(|a| a.number),
            of: self.setup.plan.numbered(),
            expects,
            purpose,
            text: text.clone(),
        };
        // Only lost reports wait for it. The last words are never waited for
        // long, so that the budget is kept.
        let usual = policy::speaking_time(&text);
        let until = self.now
            + match line.purpose {
                Purpose::Farewell => usual + Duration::from_secs(6),
                _ => usual * 2 + Duration::from_secs(8),
            };
        self.pending.push(Pending { id: line.id, until });
        if expects != Expects::Nothing {
            self.asker = Some(Asker {
                id: line.id,
                text,
                said_at: self.now,
                heard: None,
            });
        }
        self.wait = None;
        self.out.push_back(Output::Say(line));
    }

    /// Id of the line that was said last.
    pub(super) fn line_id(&self) -> LineId {
        self.last_line
    }

    /// Forgets lines that were said before: a new turn begins.
    pub(super) fn new_turn(&mut self) {
        self.pending.clear();
        self.wait = None;
    }

    /// How much of the asking line was heard, 0-1. Where no report came, it
    /// is guessed from when the candidate began to speak.
    pub(super) fn heard(&self, began: Option<SessionTime>) -> f32 {
        let Some(asker) = &self.asker else { return 1.0 };
        if let Some(heard) = asker.heard {
            return heard;
        }
        let spoken = began.unwrap_or(self.now).since(asker.said_at).as_secs_f32();
        (spoken / policy::speaking_time(&asker.text).as_secs_f32()).min(1.0)
    }

    pub(super) fn line_ended(&mut self, line: LineId, heard: &str, complete: bool) {
        if line > self.last_line || line == 0 {
            return;
        }
        let known = self.pending.iter().any(|p| p.id == line);
        // Lines are spoken in order: those before it have ended too.
        self.pending.retain(|p| p.id > line);
        if let Some(asker) = self.asker.as_mut().filter(|a| a.id == line) {
            let whole = words(&asker.text).len().max(1) as f32;
            asker.heard = Some(if complete {
                1.0
            } else {
                (words(heard).len() as f32 / whole).min(1.0)
            });
        } else if known && !complete && !matches!(self.at, At::Leaving(_)) {
            // Stopped in the middle of a turn: what is behind it is not said.
            self.pending.clear();
            if let Some(asker) = self.asker.as_mut().filter(|a| a.id > line) {
                asker.heard = Some(0.0);
            }
        }
        if let At::Leaving(reason) = self.at
            && self.pending.is_empty()
        {
            self.done(reason);
        }
    }

    /// Says something that does not replace the question in the ear.
    pub(super) fn say_softly(&mut self, purpose: Purpose, text: String) {
        let asker = self.asker.take();
        self.say(purpose, text, Expects::Long);
        self.asker = asker;
    }
}
