//! What the terminal shows while a record plays, as rows of text. Pure: the
//! same view gives the same rows. No colours: who speaks, what is heard now
//! and what was found is told by words and marks, and made bolder where the
//! terminal can.

use super::{about_missing, speaker_name};
use crate::cli::terminal::text::{Row, Style, cut, tail, words_of, wrap};
use crate::replay::{Match, Missing, Options, State, TimedLine, Timeline, clock_time};
use crate::report::corrections::beside;

/// Everything that is shown.
pub(super) struct View<'a> {
    pub(super) title: &'a str,
    pub(super) warning: Option<&'a str>,
    pub(super) candidate: &'a str,
    pub(super) timeline: &'a Timeline,
    pub(super) position_ms: u64,
    pub(super) state: State,
    pub(super) options: &'a Options,
    pub(super) left_out_ms: u64,
    pub(super) search: (&'a str, &'a [Match], Option<usize>),
    pub(super) prompt: Option<&'a str>,
    pub(super) note: Option<&'a str>,
}

const HELP: &str =
    "space pause  arrows 5 s/line  [ ] speed  s silence  c r mute  / n N find  q quit";

/// The rows of a terminal of this size, never more nor wider.
pub(super) fn rows(view: &View<'_>, columns: usize, height: usize) -> Vec<Row> {
    let plain = |text: String| vec![(cut(&text, columns), Style::Plain)];
    let mut top = vec![vec![(cut(view.title, columns), Style::Bold)]];
    if let Some(warning) = view.warning {
        let mut words = vec![("!".to_owned(), Style::Bold)];
        words.extend(words_of(warning, Style::Plain));
        // Two rows at most; it stands above the screen in full.
        top.extend(wrap(&words, String::new(), 2, columns).into_iter().take(2));
    }
    top.push(plain("-".repeat(columns)));
    let last = match (view.prompt, view.note) {
        (Some(text), _) => plain(format!("/{}_", tail(text, columns.saturating_sub(2)))),
        (None, Some(note)) => plain(note.to_owned()),
        (None, None) => plain(HELP.to_owned()),
    };
    let mut bottom = vec![plain(bar(view, columns)), plain(status(view)), last];
    // A low terminal keeps what changes: the lines, and where one is.
    if height < top.len() + bottom.len() + 3 {
        top.clear();
    }
    if height < bottom.len() + 1 {
        bottom = vec![plain(status(view))];
    }
    let room = height.saturating_sub(top.len() + bottom.len());
    let mut out = top;
    out.extend(body(view, columns, room));
    out.extend(bottom);
    out.truncate(height);
    out
}

/// A line, or a stretch that was not recorded.
enum Entry<'a> {
    Line(&'a TimedLine),
    Missing(&'a Missing),
}

impl Entry<'_> {
    const fn start_ms(&self) -> u64 {
        match self {
            Self::Line(line) => line.start_ms,
            Self::Missing(gap) => gap.start_ms,
        }
    }
}

/// The lines around what is heard, which begins in the upper third.
fn body(view: &View<'_>, columns: usize, room: usize) -> Vec<Row> {
    let gaps = view.timeline.missing.iter().map(Entry::Missing);
    let lines = view.timeline.lines.iter().map(Entry::Line);
    let mut entries: Vec<Entry<'_>> = gaps.chain(lines).collect();
    entries.sort_by_key(Entry::start_ms);
    let now = entries
        .partition_point(|entry| entry.start_ms() <= view.position_ms)
        .saturating_sub(1);
    let heard = view.timeline.at(view.position_ms);
    let heard = heard.map(|i| view.timeline.lines[i].number);
    let show = |entry: &Entry<'_>| entry_rows(view, entry, heard, columns);
    let mut below: Vec<Row> = Vec::new();
    for entry in entries.iter().skip(now) {
        if below.len() >= room {
            break;
        }
        below.extend(show(entry));
    }
    // What is missing below is shown above.
    let above_room = (room / 3).max(room.saturating_sub(below.len()));
    let mut above: Vec<Row> = Vec::new();
    for entry in entries[..now].iter().rev() {
        if above.len() >= above_room {
            break;
        }
        let mut rows = show(entry);
        rows.append(&mut above);
        above = rows;
    }
    let mut out = above.split_off(above.len().saturating_sub(above_room));
    out.append(&mut below);
    out.resize(room, Vec::new());
    out
}

fn entry_rows(
    view: &View<'_>,
    entry: &Entry<'_>,
    heard: Option<usize>,
    columns: usize,
) -> Vec<Row> {
    let stamp = clock_time(entry.start_ms());
    let wide = if view.timeline.length_ms >= 3_600_000 {
        7
    } else {
        5
    };
    let line = match entry {
        Entry::Line(line) => *line,
        Entry::Missing(gap) => {
            let words = words_of(&about_missing(gap), Style::Plain);
            return wrap(&words, format!("  {stamp:>wide$}  "), wide + 4, columns);
        }
    };
    let now = heard == Some(line.number);
    let style = if now { Style::Bold } else { Style::Plain };
    let mark = if now { '>' } else { ' ' };
    let mut words = words_of(
        &format!("{}:", speaker_name(line.who, view.candidate)),
        style,
    );
    let mut text = words_of(&line.text, style);
    // Only where the words that have times are the words that are shown.
    if text.len() == line.words.len() {
        let found = view.search.1.iter().filter(|m| m.line == line.number);
        for place in found {
            for word in text.iter_mut().skip(place.word).take(place.words) {
                word.1 = Style::Underlined;
            }
        }
        let spoken = line
            .words
            .partition_point(|word| word.start_ms <= view.position_ms)
            .checked_sub(1)
            .filter(|_| now && line.heard && view.position_ms < line.end_ms);
        if let Some(word) = spoken.and_then(|i| text.get_mut(i)) {
            word.1 = Style::Reverse;
        }
    }
    words.append(&mut text);
    let mut rows = wrap(
        &words,
        format!("{mark} {stamp:>wide$}  "),
        wide + 4,
        columns,
    );
    if let Some(correction) = &line.corrected {
        let words = words_of(&beside(correction), style);
        rows.extend(wrap(&words, " ".repeat(wide + 4), wide + 4, columns));
    }
    rows
}

fn bar(view: &View<'_>, columns: usize) -> String {
    let room = columns.saturating_sub(3);
    let length = view.timeline.length_ms.max(1);
    let done = (view.position_ms.min(length) as u128 * room as u128 / u128::from(length)) as usize;
    format!("[{}>{}]", "=".repeat(done), "-".repeat(room - done))
}

fn status(view: &View<'_>) -> String {
    let state = match view.state {
        State::Playing => "playing",
        State::Paused => "paused",
        State::Ended => "at the end",
    };
    let mut out = format!(
        "{} / {}  {state}  {}x",
        clock_time(view.position_ms),
        clock_time(view.timeline.length_ms),
        view.options.speed
    );
    if let (query, [_, ..], chosen) = view.search {
        let (at, all) = (chosen.map_or(1, |i| i + 1), view.search.1.len());
        out += &format!("  \"{}\" {at}/{all}", cut(query, 20));
    }
    if view.options.skip_silence {
        out += &format!("  skipping {}", clock_time(view.left_out_ms));
    }
    for (i, name) in ["candidate", "recruiter"].iter().enumerate() {
        if view.options.muted[i] {
            out += &format!("  {name} muted");
        } else if view.options.volumes[i] != 1.0 {
            out += &format!("  {name} {:.0} %", view.options.volumes[i] * 100.0);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Correction;
    use crate::replay::{TimedWord, find};
    use crate::report::dialogue::Speaker;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    fn line(number: usize, who: Speaker, start_ms: u64, text: &str) -> TimedLine {
        let words = text.split_whitespace().enumerate();
        TimedLine {
            number,
            seq: number as u64,
            who,
            text: text.to_owned(),
            start_ms,
            end_ms: start_ms + 5_000,
            corrected: None,
            heard: true,
            words: words
                .map(|(i, word)| TimedWord {
                    text: word.to_owned(),
                    start_ms: start_ms + i as u64 * 400,
                    end_ms: start_ms + i as u64 * 400 + 300,
                })
                .collect(),
            exact: true,
        }
    }

    fn timeline() -> Timeline {
        let long = "I have built data pipelines in Python for four years, and I test what I \
            build, because a model that nobody checks is worth very little to anybody.";
        Timeline {
            lines: vec![
                line(1, Speaker::Recruiter, 2_000, "Please introduce yourself."),
                line(2, Speaker::Candidate, 10_000, long),
                line(
                    3,
                    Speaker::Recruiter,
                    30_000,
                    "Thank you, that's it for today.",
                ),
            ],
            missing: vec![Missing {
                who: None,
                start_ms: 0,
                end_ms: 1_500,
                why: "before consent".into(),
            }],
            length_ms: 40_000,
        }
    }

    /// What a view looks at.
    struct Fixture {
        timeline: Timeline,
        found: Vec<Match>,
        options: Options,
    }

    impl Fixture {
        fn new() -> Self {
            let timeline = timeline();
            Self {
                found: find(&timeline.lines, "test what"),
                timeline,
                options: Options::default(),
            }
        }

        fn view(&self, position_ms: u64) -> View<'_> {
            View {
                title: "Interview of Ada Example for Engineer",
                warning: None,
                candidate: "Ada Example",
                timeline: &self.timeline,
                position_ms,
                state: State::Playing,
                options: &self.options,
                left_out_ms: 0,
                search: ("test what", &self.found, Some(0)),
                prompt: None,
                note: None,
            }
        }
    }

    fn text(rows: &[Row]) -> Vec<String> {
        let row = |row: &Row| {
            row.iter()
                .map(|(text, _)| text.as_str())
                .collect::<String>()
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn a_correction_stands_below_what_was_recognised() {
        let mut fixture = Fixture::new();
        fixture.timeline.lines[2].corrected = Some(Correction {
            id: String::new(),
            utterance: 1,
            original: String::new(),
            text: "Thank you, that is all.".into(),
            by: "Ann".into(),
            why: None,
            at_unix_ms: 0,
        });
        let shown = text(&rows(&fixture.view(31_000), 80, 24));
        let at = shown.iter().position(|row| row.contains("for today."));
        let below = &shown[at.unwrap() + 1];
        assert_eq!(
            below,
            "         [corrected by Ann: Thank you, that is all.]"
        );
    }

    #[test]
    fn at_eighty_by_twenty_four_everything_has_its_place() {
        let fixture = Fixture::new();
        let shown = text(&rows(&fixture.view(11_000), 80, 24));
        assert_eq!(shown.len(), 24);
        let expected = [
            "Interview of Ada Example for Engineer",
            "--------------------------------------------------------------------------------",
            "  00:00  [gap: nothing was recorded for 1.5 s, before consent]",
            "  00:02  AI Recruiter: Please introduce yourself.",
            "> 00:10  Ada Example: I have built data pipelines in Python for four years, and",
            "         I test what I build, because a model that nobody checks is worth very",
            "         little to anybody.",
            "  00:30  AI Recruiter: Thank you, that's it for today.",
        ];
        assert_eq!(shown[..8], expected);
        assert!(shown[21].starts_with("[=====") && shown[21].chars().count() == 80);
        assert_eq!(shown[22], "00:11 / 00:40  playing  1x  \"test what\" 1/1");
        assert_eq!(shown[23], HELP);
    }

    #[test]
    fn what_is_heard_and_what_was_found_stand_out() {
        let fixture = Fixture::new();
        let shown = rows(&fixture.view(11_000), 80, 24);
        let styled = |style: Style| -> Vec<String> {
            let spans = shown.iter().flatten().filter(|(_, s)| *s == style);
            spans.map(|(text, _)| text.clone()).collect()
        };
        assert_eq!(styled(Style::Reverse), ["built"]);
        assert_eq!(styled(Style::Underlined), ["test what"]);
    }

    #[test]
    fn the_status_tells_what_is_set_and_the_last_row_what_is_typed() {
        let options = Options {
            speed: 1.5,
            skip_silence: true,
            volumes: [0.5, 1.0],
            muted: [false, true],
        };
        let fixture = Fixture::new();
        let view = View {
            options: &options,
            left_out_ms: 61_000,
            search: ("", &[], None),
            state: State::Paused,
            prompt: Some("cloud cost"),
            ..fixture.view(0)
        };
        let shown = text(&rows(&view, 100, 24));
        assert_eq!(
            shown[22],
            "00:00 / 00:40  paused  1.5x  skipping 01:01  candidate 50 %  recruiter muted"
        );
        assert_eq!(shown[23], "/cloud cost_");
    }

    proptest! {
        #[test]
        fn no_terminal_gets_more_than_it_can_show(
            columns in 1usize..130, height in 1usize..60, position in 0u64..41_000,
            warned: bool, prompt in proptest::option::of("\\PC{0,40}"),
        ) {
            let fixture = Fixture::new();
            let view = View {
                warning: warned.then_some("viva verify finds a problem: changed, call.wav"),
                prompt: prompt.as_deref(),
                ..fixture.view(position)
            };
            let shown = rows(&view, columns, height);
            prop_assert!(shown.len() <= height);
            for row in text(&shown) {
                prop_assert!(row.width() <= columns.max(2), "{row:?} in {columns}");
            }
        }
    }
}
