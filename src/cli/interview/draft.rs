//! An answer that is being typed: several lines, edited by keys, filled by
//! pasting.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_width::UnicodeWidthChar;

/// Letters of an answer at most: about an hour of speech.
const MOST: usize = 40_000;

/// What a key did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// It was an edit, or nothing.
    Goes,
    /// The answer is finished.
    Send(String),
    /// The keys should mean commands again; what was typed is kept.
    Leave,
}

/// The text and the place in it.
#[derive(Debug, Default)]
pub(super) struct Draft {
    text: String,
    /// Byte position, always between two letters.
    at: usize,
}

impl Draft {
    /// Whether there is nothing worth sending.
    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Takes a key.
    pub(super) fn press(&mut self, key: KeyEvent) -> Typed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => return Typed::Leave,
            KeyCode::Enter if alt || key.modifiers.contains(KeyModifiers::SHIFT) => {
                self.insert("\n");
            }
            KeyCode::Char('j') if control => self.insert("\n"),
            KeyCode::Enter if self.is_empty() => {}
            KeyCode::Enter => return Typed::Send(self.take()),
            KeyCode::Char('w') if control => self.delete_word(),
            KeyCode::Char('u') if control => self.delete_line(),
            KeyCode::Char('a') if control => self.at = self.line_start(),
            KeyCode::Char('e') if control => self.at = self.line_end(),
            KeyCode::Char(c) if !control && !alt => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => {
                let from = self.before();
                self.text.replace_range(from..self.at, "");
                self.at = from;
            }
            KeyCode::Delete => {
                let to = self.after();
                self.text.replace_range(self.at..to, "");
            }
            KeyCode::Left => self.at = self.before(),
            KeyCode::Right => self.at = self.after(),
            KeyCode::Home => self.at = self.line_start(),
            KeyCode::End => self.at = self.line_end(),
            KeyCode::Up => self.move_line(false),
            KeyCode::Down => self.move_line(true),
            _ => {}
        }
        Typed::Goes
    }

    /// Puts a text in at the cursor, as far as there is room. Signs that
    /// would steer a terminal are left out.
    pub(super) fn insert(&mut self, text: &str) {
        let room = MOST.saturating_sub(self.text.chars().count());
        let text: String = text
            .replace("\r\n", "\n")
            .chars()
            .map(|c| if c == '\r' { '\n' } else { c })
            .map(|c| if c == '\t' { ' ' } else { c })
            .filter(|c| *c == '\n' || !c.is_control())
            .take(room)
            .collect();
        self.text.insert_str(self.at, &text);
        self.at += text.len();
    }

    /// The answer in one line, as it would be spoken; nothing is left.
    fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.at = 0;
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The rows of a box so wide, and column and row of the cursor.
    pub(super) fn rows(&self, columns: usize) -> (Vec<String>, (usize, usize)) {
        let columns = columns.max(2);
        let mut rows = vec![String::new()];
        let mut used = 0;
        let mut cursor = (0, 0);
        for (i, c) in self.text.char_indices() {
            let wide = c.width().unwrap_or(0);
            // The cursor needs a column behind the last letter.
            if c != '\n' && used + wide >= columns {
                rows.push(String::new());
                used = 0;
            }
            if i == self.at {
                cursor = (used, rows.len() - 1);
            }
            if c == '\n' {
                rows.push(String::new());
                used = 0;
            } else if let Some(row) = rows.last_mut() {
                row.push(c);
                used += wide;
            }
        }
        if self.at == self.text.len() {
            cursor = (used, rows.len() - 1);
        }
        (rows, cursor)
    }

    /// The letter before the cursor, with what is joined to it.
    fn before(&self) -> usize {
        let mut letters = self.text[..self.at].char_indices().rev();
        letters
            .find(|(_, c)| *c == '\n' || c.width().unwrap_or(0) > 0)
            .map_or(0, |(i, _)| i)
    }

    fn after(&self) -> usize {
        let mut letters = self.text[self.at..].char_indices().skip(1);
        letters
            .find(|(_, c)| *c == '\n' || c.width().unwrap_or(0) > 0)
            .map_or(self.text.len(), |(i, _)| self.at + i)
    }

    fn line_start(&self) -> usize {
        self.text[..self.at].rfind('\n').map_or(0, |i| i + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.at..]
            .find('\n')
            .map_or(self.text.len(), |i| self.at + i)
    }

    fn delete_word(&mut self) {
        let head = self.text[..self.at].trim_end();
        let from = head.rfind(char::is_whitespace).map_or(0, |i| {
            i + head[i..].chars().next().map_or(1, char::len_utf8)
        });
        self.text.replace_range(from..self.at, "");
        self.at = from;
    }

    fn delete_line(&mut self) {
        let from = self.line_start();
        self.text.replace_range(from..self.at, "");
        self.at = from;
    }

    /// To the same letter of the line above or below.
    fn move_line(&mut self, down: bool) {
        let column = self.text[self.line_start()..self.at].chars().count();
        let start = if down {
            let end = self.line_end();
            if end == self.text.len() {
                return;
            }
            end + 1
        } else {
            let start = self.line_start();
            if start == 0 {
                return;
            }
            self.text[..start - 1].rfind('\n').map_or(0, |i| i + 1)
        };
        let line = &self.text[start..];
        let line = &line[..line.find('\n').unwrap_or(line.len())];
        let within = line.char_indices().nth(column).map_or(line.len(), |c| c.0);
        self.at = start + within;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(code: KeyCode) -> KeyEvent {
        code.into()
    }

    fn type_in(draft: &mut Draft, text: &str) {
        for c in text.chars() {
            assert_eq!(draft.press(key(KeyCode::Char(c))), Typed::Goes);
        }
    }

    #[test]
    fn an_answer_is_typed_mended_and_sent_in_one_line() {
        let mut draft = Draft::default();
        type_in(&mut draft, "Wir prüfen das\u{301}");
        draft.press(key(KeyCode::Backspace));
        draft.press(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT));
        type_in(&mut draft, "täglich.");
        draft.press(key(KeyCode::Up));
        draft.press(key(KeyCode::Home));
        type_in(&mut draft, "Ja: ");
        assert_eq!(draft.rows(40).0, ["Ja: Wir prüfen da", "täglich."]);
        let sent = draft.press(key(KeyCode::Enter));
        assert_eq!(sent, Typed::Send("Ja: Wir prüfen da täglich.".into()));
        assert!(draft.is_empty());
        assert_eq!(draft.press(key(KeyCode::Enter)), Typed::Goes);
    }

    #[test]
    fn what_is_pasted_cannot_steer_the_terminal() {
        let mut draft = Draft::default();
        draft.insert("one\r\ntwo\u{1b}[2J\tthree");
        assert_eq!(draft.rows(40).0, ["one", "two[2J three"]);
    }

    #[test]
    fn leaving_keeps_what_was_typed() {
        let mut draft = Draft::default();
        type_in(&mut draft, "half an ans");
        assert_eq!(draft.press(key(KeyCode::Esc)), Typed::Leave);
        assert_eq!(draft.rows(40).0, ["half an ans"]);
    }

    proptest! {
        #[test]
        fn any_keys_leave_a_text_whose_rows_fit(
            keys in proptest::collection::vec(0u8..16, 0..80), pasted in "\\PC{0,30}",
            columns in 2usize..40,
        ) {
            let mut draft = Draft::default();
            for k in keys {
                let (code, with) = match k {
                    0 => (KeyCode::Left, KeyModifiers::NONE),
                    1 => (KeyCode::Right, KeyModifiers::NONE),
                    2 => (KeyCode::Up, KeyModifiers::NONE),
                    3 => (KeyCode::Down, KeyModifiers::NONE),
                    4 => (KeyCode::Backspace, KeyModifiers::NONE),
                    5 => (KeyCode::Delete, KeyModifiers::NONE),
                    6 => (KeyCode::Char('w'), KeyModifiers::CONTROL),
                    7 => (KeyCode::Char('u'), KeyModifiers::CONTROL),
                    8 => (KeyCode::Enter, KeyModifiers::ALT),
                    9 => (KeyCode::Home, KeyModifiers::NONE),
                    10 => (KeyCode::End, KeyModifiers::NONE),
                    11 => { draft.insert(&pasted); continue }
                    12 => (KeyCode::Char('界'), KeyModifiers::NONE),
                    13 => (KeyCode::Char('\u{301}'), KeyModifiers::NONE),
                    14 => (KeyCode::Char(' '), KeyModifiers::NONE),
                    _ => (KeyCode::Char('x'), KeyModifiers::NONE),
                };
                draft.press(KeyEvent::new(code, with));
                let (rows, (x, y)) = draft.rows(columns);
                prop_assert!(y < rows.len() && x <= columns);
            }
        }
    }
}
