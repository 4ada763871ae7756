//! What each key asks for.

use crate::replay::Command;
use crate::report::dialogue::Speaker;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// How far the arrows go, milliseconds.
const JUMP_MS: i64 = 5_000;
/// Signs of a search at most.
const MOST_SIGNS: usize = 200;

/// What a key asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    /// Nothing.
    Nothing,
    /// Something of the record.
    Do(Command),
    /// To leave.
    Quit,
}

/// Keys, and the search that is being typed.
#[derive(Debug, Default)]
pub(super) struct Keys {
    prompt: Option<String>,
}

impl Keys {
    /// The search as far as it is typed, while one is.
    pub(super) fn prompt(&self) -> Option<&str> {
        self.prompt.as_deref()
    }

    /// Takes a key.
    pub(super) fn press(&mut self, key: KeyEvent) -> Asked {
        if key.kind == KeyEventKind::Release {
            return Asked::Nothing;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c' | 'd') => Asked::Quit,
                _ => Asked::Nothing,
            };
        }
        match self.prompt.take() {
            Some(text) => self.edit(text, key.code),
            None => self.command(key.code),
        }
    }

    fn edit(&mut self, mut text: String, code: KeyCode) -> Asked {
        match code {
            KeyCode::Enter if text.trim().is_empty() => return Asked::Nothing,
            KeyCode::Enter => return Asked::Do(Command::Find(text.trim().to_owned())),
            KeyCode::Esc => return Asked::Nothing,
            KeyCode::Backspace if text.pop().is_none() => return Asked::Nothing,
            KeyCode::Char(c) if !c.is_control() && text.chars().count() < MOST_SIGNS => {
                text.push(c);
            }
            _ => {}
        }
        self.prompt = Some(text);
        Asked::Nothing
    }

    fn command(&mut self, code: KeyCode) -> Asked {
        Asked::Do(match code {
            KeyCode::Char(' ') => Command::TogglePause,
            KeyCode::Left => Command::Jump(-JUMP_MS),
            KeyCode::Right => Command::Jump(JUMP_MS),
            KeyCode::Up => Command::PreviousLine,
            KeyCode::Down => Command::NextLine,
            KeyCode::Home => Command::Begin,
            KeyCode::End => Command::LastLine,
            KeyCode::Char('[') => Command::Slower,
            KeyCode::Char(']') => Command::Faster,
            KeyCode::Char('s') => Command::ToggleSilence,
            KeyCode::Char('c') => Command::ToggleMute(Speaker::Candidate),
            KeyCode::Char('r') => Command::ToggleMute(Speaker::Recruiter),
            KeyCode::Char('n') => Command::NextMatch,
            KeyCode::Char('N' | 'p') => Command::PreviousMatch,
            KeyCode::Char('/') => {
                self.prompt = Some(String::new());
                return Asked::Nothing;
            }
            KeyCode::Char('q') | KeyCode::Esc => return Asked::Quit,
            _ => return Asked::Nothing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_in(keys: &mut Keys, text: &str) {
        for c in text.chars() {
            assert_eq!(keys.press(KeyCode::Char(c).into()), Asked::Nothing);
        }
    }

    #[test]
    fn a_search_is_typed_mended_and_sent() {
        let mut keys = Keys::default();
        type_in(&mut keys, "/q [quite");
        keys.press(KeyCode::Backspace.into());
        assert_eq!(keys.prompt(), Some("q [quit"));
        let asked = keys.press(KeyCode::Enter.into());
        assert_eq!(asked, Asked::Do(Command::Find("q [quit".into())));
        assert_eq!(keys.prompt(), None);
        assert_eq!(keys.press(KeyCode::Char('q').into()), Asked::Quit);
    }

    #[test]
    fn a_search_can_be_given_up() {
        let mut keys = Keys::default();
        type_in(&mut keys, "/abc");
        assert_eq!(keys.press(KeyCode::Esc.into()), Asked::Nothing);
        assert_eq!(keys.prompt(), None);
        // An empty one is none.
        type_in(&mut keys, "/");
        assert_eq!(keys.press(KeyCode::Enter.into()), Asked::Nothing);
        assert_eq!(keys.prompt(), None);
        type_in(&mut keys, "/");
        keys.press(KeyCode::Backspace.into());
        assert_eq!(keys.prompt(), None);
    }

    #[test]
    fn control_c_quits_wherever_one_is() {
        let mut keys = Keys::default();
        let stop = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(keys.press(stop), Asked::Quit);
        type_in(&mut keys, "/abc");
        assert_eq!(keys.press(stop), Asked::Quit);
    }
}
