//! What a user types, turned into what FTS5 reads. Every word is quoted, so
//! that nothing in it is an operator.

use std::fmt;

/// Words and phrases in one query at most. FTS5 limits how deep an
/// expression may be; nobody types so many.
const MOST_TERMS: usize = 64;

/// Signs that are part of words besides letters and digits (`C++`, `C#`).
/// The tokenizer of the index is told the same.
pub(super) const WORD_SIGNS: [char; 2] = ['+', '#'];

/// Why a query cannot be asked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum QueryError {
    /// Nothing to look for.
    #[error("Query {found:?}: found no word, expected at least one to look for")]
    NoWord {
        /// The query.
        found: String,
    },
    /// Everything in it is to be left out.
    #[error("Query {found:?}: found only words to leave out, expected one to look for")]
    OnlyExcluded {
        /// The query.
        found: String,
    },
    /// Too long.
    #[error("Query: found {found} words, expected at most {MOST_TERMS}")]
    TooMany {
        /// How many words and phrases.
        found: usize,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    text: String,
    excluded: bool,
    /// The text is the beginning of a word.
    prefix: bool,
}

/// A query that can be asked: at least one word that a line must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query(Vec<Term>);

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

fn has_word(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_alphanumeric() || WORD_SIGNS.contains(&c))
}

impl Query {
    /// Reads words, "phrases in quotes", -words to leave out and beginnings*.
    /// Whatever has no word in it is passed over; a quote without its other
    /// half lasts to the end.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        // SQLite ends a text at a zero; other control signs mean nothing.
        let clean: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let mut terms = Vec::new();
        let mut rest = clean.trim_start();
        while let Some(first) = rest.chars().next() {
            let after = &rest[first.len_utf8()..];
            let excluded = first == '-' && after.starts_with(|c: char| !c.is_whitespace());
            if excluded {
                rest = after;
            }
            let (term, left) = term(rest, excluded);
            if has_word(&term.text) {
                terms.push(term);
            }
            rest = left.trim_start();
        }
        let found = || text.chars().take(80).collect();
        if terms.len() > MOST_TERMS {
            return Err(QueryError::TooMany { found: terms.len() });
        }
        if terms.is_empty() {
            return Err(QueryError::NoWord { found: found() });
        }
        if terms.iter().all(|term| term.excluded) {
            return Err(QueryError::OnlyExcluded { found: found() });
        }
        // What is wanted stands before what is not.
        terms.sort_by_key(|term| term.excluded);
        Ok(Self(terms))
    }
}

/// The term at the beginning of `text`, and what is left.
fn term(text: &str, excluded: bool) -> (Term, &str) {
    let phrase = text.chars().next().filter(|c| is_quote(*c));
    let (body, left) = match phrase {
        Some(quote) => {
            let inner = &text[quote.len_utf8()..];
            match inner.char_indices().find(|(_, c)| is_quote(*c)) {
                Some((end, c)) => (&inner[..end], &inner[end + c.len_utf8()..]),
                None => (inner, ""),
            }
        }
        None => {
            let end = text
                .char_indices()
                .find(|(_, c)| c.is_whitespace() || is_quote(*c))
                .map_or(text.len(), |(end, _)| end);
            text.split_at(end)
        }
    };
    let (word, prefix) = match body.strip_suffix('*') {
        Some(word) if phrase.is_none() && has_word(word) => (word, true),
        _ => (body, false),
    };
    let term = Term {
        text: word.to_owned(),
        excluded,
        prefix,
    };
    (term, left)
}

/// In the language of FTS5.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.0.iter().enumerate() {
            let before = match (at, term.excluded) {
                (0, _) => "",
                (_, true) => " NOT ",
                (_, false) => " AND ",
            };
            // Inside quotes only a quote means something, and two mean it.
            let text = term.text.replace('"', "\"\"");
            let star = if term.prefix { "*" } else { "" };
            write!(f, "{before}\"{text}\"{star}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fts(text: &str) -> String {
        Query::parse(text).map_or_else(|e| e.to_string(), |q| q.to_string())
    }

    #[test]
    fn words_phrases_and_exclusions_are_read_as_they_are_meant() {
        for (text, expected) in [
            ("kafka", "\"kafka\""),
            ("kafka  stream*", "\"kafka\" AND \"stream\"*"),
            ("-rabbit kafka", "\"kafka\" NOT \"rabbit\""),
            (
                "\"exactly once\" -\"at least\"",
                "\"exactly once\" NOT \"at least\"",
            ),
            ("“exactly once”", "\"exactly once\""),
            ("\"no end", "\"no end\""),
            ("well-known C++ - &", "\"well-known\" AND \"C++\""),
            ("a OR b", "\"a\" AND \"OR\" AND \"b\""),
            ("text:NEAR(x,2)", "\"text:NEAR(x,2)\""),
        ] {
            assert_eq!(fts(text), expected, "{text}");
        }
    }

    #[test]
    fn a_query_without_a_word_to_look_for_is_refused_by_name() {
        for (text, expected) in [
            ("", "found no word"),
            ("* \" -", "found no word"),
            ("-kafka", "only words to leave out"),
            (&"a ".repeat(65), "found 65 words, expected at most 64"),
        ] {
            assert!(fts(text).contains(expected), "{text}: {}", fts(text));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_never_a_mistake_in_the_language_of_the_index(
            text in "([\"'“*+#:^(){}a-zA-Zé\u{0}-\u{20}-]|AND|OR|NOT|NEAR| |\\PC){0,40}"
        ) {
            if let Ok(query) = Query::parse(&text) {
                let db = super::super::store::in_memory().unwrap();
                let count: Result<i64, _> = db.query_row(
                    "SELECT count(*) FROM words WHERE words MATCH ?1",
                    [query.to_string()],
                    |row| row.get(0),
                );
                prop_assert_eq!(count, Ok(0), "{}", query);
            }
        }
    }
}
