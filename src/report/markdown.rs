//! The report as Markdown (CommonMark with tables).

use super::Report;
use super::body::{Align, Block, Body, Section, Span, Table, compose, question_id};
use super::dialogue::Speaker;
use super::wording::{clock, score};
use std::fmt::Write;

/// Writes `report.md`. `audio` is where the recording lies, as a link.
pub fn report_md(report: &Report, audio: &str) -> String {
    let body = compose(report);
    let md = Markdown {
        audio: report.recording.exists().then(|| target(audio)),
    };
    md.write(&body)
}

struct Markdown {
    /// The recording, ready to stand in a link; nothing where there is none.
    audio: Option<String>,
}

impl Markdown {
    fn write(&self, body: &Body) -> String {
        let mut out = format!("# {}\n\n", escape(&body.title));
        let _ = writeln!(out, "{}\n", escape(&body.subtitle));
        self.facts(&mut out, &body.facts);
        if let Some(audio) = &self.audio {
            let _ = writeln!(out, "[The recording]({audio})\n");
        }
        for section in &body.sections {
            self.section(&mut out, section);
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }

    fn section(&self, out: &mut String, section: &Section) {
        let marks = "#".repeat(usize::from(section.level));
        // A plain anchor: generators make different names of headings.
        let _ = writeln!(out, "<a id=\"{}\"></a>\n", section.id);
        let _ = write!(out, "{marks} {}", escape(&section.title));
        if let Some(number) = section.score {
            let _ = write!(out, " ({})", score(number));
        }
        out.push_str("\n\n");
        for block in &section.blocks {
            self.block(out, block);
        }
    }

    fn block(&self, out: &mut String, block: &Block) {
        match block {
            Block::Paragraph(spans) => {
                let _ = writeln!(out, "{}\n", self.spans(spans));
            }
            Block::Note(spans) => {
                let _ = writeln!(out, "> {}\n", self.spans(spans));
            }
            Block::List(items) => {
                for item in items {
                    let _ = writeln!(out, "- {}", self.spans(item));
                }
                out.push('\n');
            }
            Block::Facts(facts) => self.facts(out, facts),
            Block::Table(table) => self.table(out, table),
            Block::Verdict(_, text, because) => {
                let _ = writeln!(out, "**{}.** {}\n", escape(text), escape(because));
            }
            Block::Said {
                label, at, spans, ..
            } => {
                let _ = writeln!(
                    out,
                    "**{label}**{}: {}\n",
                    self.when(*at),
                    self.spans(spans)
                );
            }
            Block::Turn { who, at, spans } => {
                let who = match who {
                    Speaker::Recruiter => "AI Recruiter",
                    Speaker::Candidate => "Candidate",
                };
                let at = at.map(|(from, _)| from);
                let _ = writeln!(out, "**{who}**{}: {}\n", self.when(at), self.spans(spans));
            }
            // The table beside it has the numbers.
            Block::Timeline(_) => {}
        }
    }

    fn facts(&self, out: &mut String, facts: &[(&'static str, Vec<Span>)]) {
        for (name, value) in facts {
            let _ = writeln!(out, "- **{name}:** {}", self.spans(value));
        }
        out.push('\n');
    }

    fn table(&self, out: &mut String, table: &Table) {
        let _ = writeln!(out, "{}:\n", escape(&table.caption));
        let heads: Vec<&str> = table.columns.iter().map(|column| column.0).collect();
        let _ = writeln!(out, "| {} |", heads.join(" | "));
        let rules: Vec<&str> = table
            .columns
            .iter()
            .map(|column| match column.1 {
                Align::Left => ":--",
                Align::Right => "--:",
            })
            .collect();
        let _ = writeln!(out, "|{}|", rules.join("|"));
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|cell| self.spans(cell)).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        out.push('\n');
    }

    fn spans(&self, spans: &[Span]) -> String {
        let mut out = String::new();
        for span in spans {
            match span {
                Span::Text(words) => out.push_str(&escape(words)),
                Span::Strong(words) => strong(&mut out, words),
                Span::Quote(words, at) => {
                    let _ = write!(out, "\u{201c}{}\u{201d}", escape(words));
                    if let Some(ms) = at {
                        let _ = write!(out, " ({})", self.time(*ms));
                    }
                }
                Span::Time(ms) => out.push_str(&self.time(*ms)),
                Span::Question(number) => {
                    let _ = write!(out, "[Q{number}](#{})", question_id(*number));
                }
                Span::Score(number) => {
                    let _ = write!(out, "**{}**", score(*number));
                }
                Span::Mark(words) => {
                    let _ = write!(out, "**{words}**");
                }
            }
        }
        out
    }

    fn when(&self, at: Option<u64>) -> String {
        at.map_or_else(String::new, |ms| format!(" ({})", self.time(ms)))
    }

    fn time(&self, ms: u64) -> String {
        match &self.audio {
            Some(audio) => format!("[{}]({audio}#t={})", clock(ms), seconds(ms)),
            None => clock(ms),
        }
    }
}

/// Stars count as such only beside words, so outer spaces go outside.
fn strong(out: &mut String, words: &str) {
    let inner = words.trim();
    if inner.is_empty() {
        return out.push_str(words);
    }
    let lead = words.len() - words.trim_start().len();
    let tail = words.trim_end().len();
    let _ = write!(
        out,
        "{}**{}**{}",
        &words[..lead],
        escape(inner),
        &words[tail..]
    );
}

/// Seconds with three decimals, as media fragments count.
pub(super) fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// Text that stands for itself: every sign that Markdown or HTML could take
/// for its own is escaped.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let special = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '#' | '$' => true,
            // Only what could begin an entity.
            '&' => text[at + 1..].starts_with(|c: char| c == '#' || c.is_ascii_alphanumeric()),
            // Only at the begin of a text could these make a list or a rule.
            '-' | '+' | '=' | '!' => at == 0,
            // "1." at the begin of a text makes a list.
            '.' | ')' => {
                let number = at > 0 && text[..at].bytes().all(|b| b.is_ascii_digit());
                number
                    && text[at + 1..]
                        .chars()
                        .next()
                        .is_none_or(char::is_whitespace)
            }
            // A bare address is made a link by some.
            ':' => text[at..].starts_with("://"),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// An address inside the brackets of a link.
fn target(address: &str) -> String {
    let mut out = String::new();
    for c in address.chars() {
        match c {
            '(' | ')' | '<' | '>' | '"' | '\\' => {
                let _ = write!(out, "%{:02X}", u32::from(c));
            }
            c if c.is_whitespace() || c.is_control() => out.push_str("%20"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_turns_into_markup() {
        for (text, expect) in [
            ("a *b* _c_", "a \\*b\\* \\_c\\_"),
            ("<b>&amp;", "\\<b\\>\\&amp;"),
            ("1. one", "1\\. one"),
            ("- one - two", "\\- one - two"),
            ("# head | cell", "\\# head \\| cell"),
            ("in 1. of", "in 1. of"),
            ("1.5 of 2", "1.5 of 2"),
            ("a & b", "a & b"),
            ("http://x.example", "http\\://x.example"),
        ] {
            assert_eq!(escape(text), expect, "{text}");
        }
    }

    #[test]
    fn spaces_stay_outside_the_stars() {
        let mut out = String::new();
        strong(&mut out, "Rule: ");
        assert_eq!(out, "**Rule:** ");
    }

    #[test]
    fn an_address_cannot_leave_its_brackets() {
        assert_eq!(target("../a b).wav"), "../a%20b%29.wav");
        assert_eq!(seconds(12_034), "12.034");
    }
}
