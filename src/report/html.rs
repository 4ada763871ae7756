//! The report as one HTML file: no other file is needed but the recording,
//! and nothing is fetched from anywhere. Every time is a link into the
//! recording; a small script turns the links into a player.

use super::Report;
use super::body::{
    Align, Block, Body, Section, Span, Table, compose, description, question_id, score_words,
};
use super::dialogue::Speaker;
use super::markdown::seconds;
use super::markup::escape;
use super::timing::delays;
use super::wording::{clock, score};
use crate::event::TurnTimes;
use crate::interview::score::recommend::Advice;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt::Write;

const STYLE: &str = include_str!("../../assets/report/report.css");
const SCRIPT: &str = include_str!("../../assets/report/report.js");

/// Writes `report.html`. `audio` is where the recording lies, as a link.
pub fn report_html(report: &Report, audio: &str) -> String {
    let body = compose(report);
    let html = Html {
        audio: report.recording.exists().then(|| escape(audio)),
    };
    html.write(&body, &description(report))
}

struct Html {
    /// The recording, ready to stand in an attribute; nothing where there is
    /// none.
    audio: Option<String>,
}

impl Html {
    fn write(&self, body: &Body, description: &str) -> String {
        // Nothing but this style and this script may run, and nothing but a
        // recording may be loaded.
        let policy = format!(
            "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; \
             script-src 'sha256-{}'; media-src * file:",
            STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()))
        );
        let mut out = String::with_capacity(64 * 1024);
        let _ = write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"generator\" content=\"{}\">\n\
             <meta name=\"description\" content=\"{}\">\n\
             <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#recommendation\">Skip to the recommendation</a>\n\
             <div class=\"page\">\n",
            escape(crate::PROGRAM),
            escape(description),
            escape(&body.title),
        );
        self.header(&mut out, body);
        out.push_str("<main>\n");
        self.sections(&mut out, &body.sections);
        out.push_str("</main>\n</div>\n");
        if let Some(audio) = &self.audio {
            let _ = write!(
                out,
                "<aside class=\"player\" aria-label=\"Recording\"><div>\n<label for=\"call\">Recording</label>\n\
                 <audio id=\"call\" controls preload=\"metadata\" src=\"{audio}\"></audio>\n\
                 <p id=\"call-told\" role=\"status\"></p>\n</div></aside>\n"
            );
            let _ = writeln!(out, "<script>{SCRIPT}</script>");
        }
        out.push_str("</body>\n</html>\n");
        out
    }

    fn header(&self, out: &mut String, body: &Body) {
        let _ = write!(
            out,
            "<header>\n<p class=\"kicker\">Interview report</p>\n<h1 dir=\"auto\">{}</h1>\n\
             <p class=\"subtitle\" dir=\"auto\">{}</p>\n",
            escape(&body.candidate),
            escape(&body.subtitle)
        );
        self.facts(out, &body.facts);
        out.push_str(
            "<nav class=\"contents\" aria-labelledby=\"contents\">\n<h2 id=\"contents\">Contents</h2>\n<ul>\n",
        );
        for section in body.sections.iter().filter(|section| section.level == 2) {
            let _ = writeln!(
                out,
                "<li><a href=\"#{}\">{}</a></li>",
                section.id,
                escape(&section.title)
            );
        }
        out.push_str("</ul>\n</nav>\n</header>\n");
    }

    /// A section of level 3 stands inside the one of level 2 before it.
    fn sections(&self, out: &mut String, sections: &[Section]) {
        let mut open = false;
        for (at, section) in sections.iter().enumerate() {
            if section.level == 2 && open {
                out.push_str("</section>\n");
            }
            open |= section.level == 2;
            let id = &section.id;
            let level = section.level;
            let _ = write!(
                out,
                "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h{level} id=\"{id}-title\"><span dir=\"auto\">{}</span>",
                escape(&section.title)
            );
            if let Some(number) = section.score {
                self.score(out, number);
            }
            let _ = writeln!(out, "</h{level}>");
            self.blocks(out, &section.blocks);
            if level > 2 {
                out.push_str("</section>\n");
            }
            if at + 1 == sections.len() && open {
                out.push_str("</section>\n");
            }
        }
    }

    fn blocks(&self, out: &mut String, blocks: &[Block]) {
        let mut turns = false;
        for block in blocks {
            let is_turn = matches!(block, Block::Turn { .. });
            if is_turn != turns {
                out.push_str(if is_turn {
                    "<ol class=\"turns\" role=\"list\">\n"
                } else {
                    "</ol>\n"
                });
                turns = is_turn;
            }
            self.block(out, block);
        }
        if turns {
            out.push_str("</ol>\n");
        }
    }

    fn block(&self, out: &mut String, block: &Block) {
        match block {
            Block::Paragraph(spans) => {
                out.push_str("<p dir=\"auto\">");
                self.spans(out, spans);
                out.push_str("</p>\n");
            }
            Block::Note(spans) => {
                out.push_str("<p class=\"note\">");
                self.spans(out, spans);
                out.push_str("</p>\n");
            }
            Block::List(items) => {
                out.push_str("<ul>\n");
                for item in items {
                    out.push_str("<li>");
                    self.spans(out, item);
                    out.push_str("</li>\n");
                }
                out.push_str("</ul>\n");
            }
            Block::Facts(facts) => self.facts(out, facts),
            Block::Table(table) => self.table(out, table),
            Block::Verdict(advice, text, because) => {
                let _ = writeln!(
                    out,
                    "<p class=\"verdict {}\"><strong>{}</strong> {}</p>",
                    class(*advice),
                    escape(text),
                    escape(because)
                );
            }
            Block::Said {
                who,
                label,
                at,
                spans,
            } => {
                let _ = write!(
                    out,
                    "<p class=\"said {}\" dir=\"auto\"><span class=\"who\">{label}</span> ",
                    side(*who).0
                );
                if let Some(ms) = at {
                    self.time(out, *ms);
                    out.push(' ');
                }
                self.spans(out, spans);
                out.push_str("</p>\n");
            }
            Block::Turn { who, at, spans } => {
                let (class, name) = side(*who);
                let _ = write!(out, "<li class=\"turn {class}\"");
                if let Some((from, to)) = at {
                    let _ = write!(
                        out,
                        " data-from=\"{}\" data-to=\"{}\"",
                        seconds(*from),
                        seconds(*to)
                    );
                }
                let _ = write!(out, "><span class=\"who\">{name} ");
                if let Some((from, _)) = at {
                    self.time(out, *from);
                }
                out.push_str("</span><p dir=\"auto\">");
                self.spans(out, spans);
                out.push_str("</p></li>\n");
            }
            Block::Timeline(turns) => timeline(out, turns),
        }
    }

    fn facts(&self, out: &mut String, facts: &[(&'static str, Vec<Span>)]) {
        out.push_str("<dl class=\"facts\">\n");
        for (name, value) in facts {
            let _ = write!(out, "<div><dt>{name}</dt><dd dir=\"auto\">");
            self.spans(out, value);
            out.push_str("</dd></div>\n");
        }
        out.push_str("</dl>\n");
    }

    /// The roles are said although they are the elements' own: a narrow page
    /// sets rows one under the other, and browsers then take them away.
    fn table(&self, out: &mut String, table: &Table) {
        let align = |align: Align| match align {
            Align::Left => "",
            Align::Right => " class=\"r\"",
        };
        let _ = write!(
            out,
            "<div class=\"scroll\"><table role=\"table\">\n<caption>{}</caption>\n<colgroup>",
            escape(&table.caption)
        );
        for (_, _, share) in &table.columns {
            let _ = write!(out, "<col style=\"width:{:.0}%\">", 100.0 * share);
        }
        out.push_str("</colgroup>\n<thead role=\"rowgroup\"><tr role=\"row\">");
        for (name, how, _) in &table.columns {
            let _ = write!(
                out,
                "<th role=\"columnheader\" scope=\"col\"{}>{name}</th>",
                align(*how)
            );
        }
        out.push_str("</tr></thead>\n<tbody role=\"rowgroup\">\n");
        for row in &table.rows {
            out.push_str("<tr role=\"row\">");
            for (at, (cell, (name, how, _))) in row.iter().zip(&table.columns).enumerate() {
                let (open, close) = match at {
                    0 => ("<th role=\"rowheader\" scope=\"row\"", "</th>"),
                    _ => ("<td role=\"cell\"", "</td>"),
                };
                // The head stands beside the cell where the page is narrow.
                let _ = write!(out, "{open}{} data-h=\"{name}\"><span>", align(*how));
                self.spans(out, cell);
                let _ = write!(out, "</span>{close}");
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table></div>\n");
    }

    fn spans(&self, out: &mut String, spans: &[Span]) {
        for span in spans {
            match span {
                Span::Text(words) => out.push_str(&escape(words)),
                Span::Strong(words) => {
                    let _ = write!(out, "<strong>{}</strong>", escape(words));
                }
                Span::Quote(words, at) => {
                    let _ = write!(out, "<q dir=\"auto\">{}</q>", escape(words));
                    if let Some(ms) = at {
                        out.push(' ');
                        self.time(out, *ms);
                    }
                }
                Span::Time(ms) => self.time(out, *ms),
                Span::Question(number) => {
                    let _ = write!(out, "<a href=\"#{}\">Q{number}</a>", question_id(*number));
                }
                Span::Score(number) => self.score(out, *number),
                Span::Mark(words) => {
                    let _ = write!(out, "<strong class=\"mark\">{words}</strong>");
                }
            }
        }
    }

    fn time(&self, out: &mut String, ms: u64) {
        let label = clock(ms);
        let _ = match &self.audio {
            Some(audio) => write!(
                out,
                "<a class=\"t\" href=\"{audio}#t={at}\" data-t=\"{at}\" aria-label=\"Play from {label}\">{label}</a>",
                at = seconds(ms)
            ),
            None => write!(out, "<span class=\"t\">{label}</span>"),
        };
    }

    fn score(&self, out: &mut String, number: Option<u8>) {
        let on = number.unwrap_or(0).min(5);
        let _ = write!(
            out,
            "<span class=\"score s{on}\" title=\"{}\">",
            score_words(number)
        );
        if number.is_some() {
            out.push_str("<i aria-hidden=\"true\">");
            for at in 1..=5 {
                out.push_str(if at <= on {
                    "<b class=\"on\"></b>"
                } else {
                    "<b></b>"
                });
            }
            out.push_str("</i>");
        }
        let _ = write!(out, "{}</span>", score(number));
    }
}

fn class(advice: Advice) -> &'static str {
    match advice {
        Advice::Proceed => "proceed",
        Advice::Reservations => "reservations",
        Advice::NotAFit => "not-a-fit",
        Advice::None => "none",
    }
}

fn side(who: Speaker) -> (&'static str, &'static str) {
    match who {
        Speaker::Recruiter => ("recruiter", "AI Recruiter"),
        Speaker::Candidate => ("candidate", "Candidate"),
    }
}

/// One bar a turn; every bar has the scale of the longest.
fn timeline(out: &mut String, turns: &[TurnTimes]) {
    const STAGES: [&str; 4] = ["end of turn", "speech recognition", "engine", "voice"];
    let ends = |turn: &TurnTimes| {
        // What did not happen takes no time.
        let mut last = 0;
        delays(turn).map(|at| {
            last = at.unwrap_or(last).max(last);
            last
        })
    };
    let most = turns
        .iter()
        .map(|turn| ends(turn)[3])
        .max()
        .unwrap_or(0)
        .max(1);
    out.push_str("<div aria-hidden=\"true\">\n<ul class=\"key\">\n");
    for (at, stage) in STAGES.iter().enumerate() {
        let _ = writeln!(out, "<li><span class=\"k{}\"></span>{stage}</li>", at + 1);
    }
    out.push_str("</ul>\n<div class=\"timeline\">\n");
    for turn in turns {
        let _ = write!(
            out,
            "<div class=\"bar\"><span>{}</span><span class=\"track\">",
            turn.utterance
        );
        let ends = ends(turn);
        let mut from = 0;
        for (at, &to) in ends.iter().enumerate() {
            let _ = write!(
                out,
                "<span class=\"k{}\" style=\"width:{:.2}%\"></span>",
                at + 1,
                100.0 * (to - from) as f64 / most as f64
            );
            from = to;
        }
        let _ = writeln!(out, "</span><span>{} ms</span></div>", ends[3]);
    }
    out.push_str("</div>\n</div>\n");
}
