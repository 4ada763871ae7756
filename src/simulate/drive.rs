//! A whole interview without sound, on a clock that is driven: the lines take
//! the time that a voice would take, the candidate thinks and speaks as its
//! script says, and everything goes through the very session that serves
//! calls. An interview of half an hour takes milliseconds.

use super::script::{Act, Move, Script};
use crate::clock::{Clock, SessionTime};
use crate::event::{Event, Expects, Input, Line, LineId, Output, Request, Source, Utterance, Word};
use crate::protocol::{ClientMessage, ServerMessage};
use crate::server::{Refusal, Session};
use std::collections::VecDeque;

/// From the last word to the text: endpoint and decoding, milliseconds.
const TEXT_AFTER: u64 = 500;
/// From the text to the first sound of the reply, milliseconds.
const VOICE_AFTER: u64 = 250;
/// A word of the recruiter, milliseconds: about 165 words a minute.
const WORD_MS: u64 = 365;
/// Happenings after which an interview counts as one that never ends.
const MOST: usize = 20_000;

/// A line that is being said.
struct Saying {
    line: Line,
    start: u64,
    end: u64,
    /// When it is cut short by the candidate, and by which move.
    cut: Option<(u64, Move)>,
    /// What the candidate does when it has ended.
    then: Option<Move>,
}

/// Words that the candidate is going to say.
struct Stretch {
    text: String,
    begin: u64,
    word_ms: u64,
    pause_ms: u64,
}

/// One thing that is to happen.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    /// The text of the spoken stretch arrives.
    Text,
    /// The candidate begins a stretch.
    Speak,
    /// The candidate presses a key.
    Press,
    /// The candidate cuts into the line.
    Cut,
    /// The line ends.
    End,
    /// The next line begins.
    Begin,
    /// The interviewer wants to be woken.
    Tick,
}

struct Drive<'a, 'b> {
    session: Session,
    clock: Clock,
    script: &'a mut Script<'b>,
    now: u64,
    seq: u64,
    utterances: u32,
    waiting: VecDeque<Line>,
    /// When the next line may begin.
    ready: u64,
    saying: Option<Saying>,
    /// What the candidate still has to say, the first one maybe being said.
    speech: VecDeque<Stretch>,
    speaking: bool,
    press: Option<(u64, Request)>,
}

/// Takes an interview to its end and seals its record.
///
/// # Errors
///
/// Where the record cannot be written, or the interview does not end: that
/// is told as a refusal after the record was closed.
pub fn drive(
    session: Session,
    clock: Clock,
    script: &mut Script<'_>,
) -> Result<ServerMessage, Refusal> {
    let mut drive = Drive {
        session,
        clock,
        script,
        now: 0,
        seq: 0,
        utterances: 0,
        waiting: VecDeque::new(),
        ready: 0,
        saying: None,
        speech: VecDeque::new(),
        speaking: false,
        press: None,
    };
    drive.input(Input::Begin)?;
    let mut happened = 0;
    while drive.session.ended().is_none() {
        happened += 1;
        let next = drive.next().filter(|_| happened <= MOST);
        let Some((at, what)) = next else {
            // Nothing will ever happen, or far too much: the line is cut, and
            // the record shows an interview that had no end of its own.
            drive.session.left()?;
            break;
        };
        drive.now = drive.now.max(at);
        drive.clock.advance_to(SessionTime(drive.now));
        drive.happen(what)?;
    }
    drive.seq += 1;
    let bye = ClientMessage::Bye {
        seq: drive.seq,
        samples: 0,
    };
    drive.session.tell(bye)?;
    Ok(drive.session.finish()?)
}

impl Drive<'_, '_> {
    /// What happens next, and when.
    fn next(&self) -> Option<(u64, Next)> {
        let mut all: Vec<(u64, Next)> = Vec::new();
        if let Some(stretch) = self.speech.front() {
            let end = stretch.begin + stretch.word_ms * count(&stretch.text);
            all.push(if self.speaking {
                (end + TEXT_AFTER, Next::Text)
            } else {
                (stretch.begin, Next::Speak)
            });
        }
        all.extend(self.press.as_ref().map(|(at, _)| (*at, Next::Press)));
        match &self.saying {
            Some(saying) => {
                let cut = saying.cut.as_ref().map(|(at, _)| (*at, Next::Cut));
                all.extend(cut);
                all.push((saying.end, Next::End));
            }
            // A line waits until nobody speaks.
            None if !self.waiting.is_empty() && !self.speaking => {
                all.push((self.ready, Next::Begin));
            }
            None => {}
        }
        all.extend(self.session.deadline().map(|at| (at.millis(), Next::Tick)));
        // The first of the earliest.
        all.into_iter().reduce(|a, b| {
            if b.0.max(self.now) < a.0.max(self.now) {
                b
            } else {
                a
            }
        })
    }

    fn happen(&mut self, what: Next) -> Result<(), Refusal> {
        match what {
            Next::Tick => {
                let out = self.session.tick()?;
                self.take(out);
                Ok(())
            }
            Next::Begin => {
                self.begin_line();
                Ok(())
            }
            Next::End => self.end_line(),
            Next::Cut => {
                let Some((_, how)) = self.saying.as_mut().and_then(|s| s.cut.take()) else {
                    return Ok(());
                };
                self.plan(how, self.now);
                self.speak()
            }
            Next::Press => match self.press.take() {
                Some((_, request)) => self.input(Input::Request { request }),
                None => Ok(()),
            },
            Next::Speak => self.speak(),
            Next::Text => self.text(),
        }
    }

    /// The first waiting line begins; the candidate listens.
    fn begin_line(&mut self) {
        let Some(line) = self.waiting.pop_front() else {
            return;
        };
        let end = self.now + WORD_MS * count(&line.text) + 150;
        // Only behind the last line of a turn does somebody answer.
        let last = self.waiting.is_empty() && self.speech.is_empty() && self.press.is_none();
        let mut then = if last { self.script.hear(&line) } else { None };
        let cut = match then.take() {
            Some(how) if how.cuts_in.is_some() => {
                let share = how.cuts_in.unwrap_or_default();
                let at = self.now + ((end - self.now) as f32 * share) as u64;
                Some((at, how))
            }
            other => {
                then = other;
                None
            }
        };
        self.saying = Some(Saying {
            line,
            start: self.now,
            end,
            cut,
            then,
        });
    }

    fn end_line(&mut self) -> Result<(), Refusal> {
        let Some(saying) = self.saying.take() else {
            return Ok(());
        };
        self.ended(&saying.line, saying.start, saying.line.text.clone(), true)?;
        if let Some(how) = saying.then
            && saying.line.expects != Expects::Nothing
        {
            self.plan(how, self.now);
        }
        Ok(())
    }

    /// What the candidate has decided to do.
    fn plan(&mut self, how: Move, from: u64) {
        let begin = if how.cuts_in.is_some() {
            from
        } else {
            from + how.after_ms
        };
        match how.act {
            Act::Press(request) => self.press = Some((begin, request)),
            Act::Say {
                stretches,
                pause_ms,
            } => {
                let word_ms = 60_000 / how.words_a_minute.max(20);
                self.speech = stretches
                    .into_iter()
                    .filter(|text| !text.trim().is_empty())
                    .map(|text| Stretch {
                        text,
                        begin,
                        word_ms,
                        pause_ms,
                    })
                    .collect();
            }
        }
    }

    /// The candidate begins a stretch. A line that is being said is stopped,
    /// and those behind it are not said.
    fn speak(&mut self) -> Result<(), Refusal> {
        if self.speech.is_empty() {
            return Ok(());
        }
        self.speaking = true;
        if let Some(stretch) = self.speech.front_mut() {
            stretch.begin = self.now;
        }
        self.input(Input::SpeechStarted)?;
        if let Some(saying) = self.saying.take() {
            let share = (self.now - saying.start) as f32 / (saying.end - saying.start) as f32;
            let words: Vec<&str> = saying.line.text.split_whitespace().collect();
            let heard = words[..((words.len() as f32 * share) as usize).min(words.len())].join(" ");
            self.ended(&saying.line, saying.start, heard, false)?;
        }
        while let Some(line) = self.waiting.pop_front() {
            self.input(Input::LineEnded {
                line: line.id,
                heard: String::new(),
                complete: false,
            })?;
        }
        Ok(())
    }

    fn text(&mut self) -> Result<(), Refusal> {
        let Some(stretch) = self.speech.pop_front() else {
            return Ok(());
        };
        self.speaking = false;
        if let Some(next) = self.speech.front_mut() {
            next.begin = self.now.saturating_sub(TEXT_AFTER) + stretch.pause_ms;
        }
        self.utterances += 1;
        let mut at = stretch.begin;
        let words: Vec<Word> = stretch
            .text
            .split_whitespace()
            .map(|word| {
                let start_ms = at;
                at += stretch.word_ms;
                Word {
                    text: word.to_owned(),
                    start_ms,
                    end_ms: at.saturating_sub(30),
                    confidence: 0.95,
                }
            })
            .collect();
        let utterance = Utterance {
            id: self.utterances,
            text: stretch.text,
            end_ms: words.last().map_or(at, |word| word.end_ms),
            start_ms: stretch.begin,
            words,
            confidence: 0.95,
            source: Source::Voice,
        };
        self.input(Input::Utterance(utterance))
    }

    /// Reports how a line ended.
    fn ended(
        &mut self,
        line: &Line,
        start: u64,
        heard: String,
        complete: bool,
    ) -> Result<(), Refusal> {
        self.seq += 1;
        let played = ClientMessage::Fact {
            seq: self.seq,
            event: Event::Played {
                line: line.id,
                start_ms: start,
                end_ms: self.now,
            },
        };
        self.session.tell(played)?;
        self.ready = self.now + 150;
        self.line_ended(line.id, heard, complete)
    }

    fn line_ended(&mut self, line: LineId, heard: String, complete: bool) -> Result<(), Refusal> {
        self.input(Input::LineEnded {
            line,
            heard,
            complete,
        })
    }

    fn input(&mut self, input: Input) -> Result<(), Refusal> {
        self.seq += 1;
        let message = ClientMessage::Input {
            seq: self.seq,
            input,
        };
        let out = self.session.tell(message)?;
        self.take(out);
        Ok(())
    }

    fn take(&mut self, messages: Vec<ServerMessage>) {
        let mut said = false;
        for message in messages {
            if let ServerMessage::Output {
                output: Output::Say(line),
                ..
            } = message
            {
                self.waiting.push_back(line);
                said = true;
            }
        }
        if said && self.saying.is_none() {
            self.ready = self.ready.max(self.now + VOICE_AFTER);
        }
        // Whoever was about to do something about the line before listens
        // to the new one first, unless words are still to come.
        if said && !self.speaking {
            self.press = None;
            let begun = self.speech.front().is_some_and(|s| s.pause_ms > 0);
            if !begun {
                self.speech.clear();
            }
        }
    }
}

fn count(text: &str) -> u64 {
    text.split_whitespace().count().max(1) as u64
}
