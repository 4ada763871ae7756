//! Candidates of one job side by side, question by question, from their
//! sealed reports. Blind unless names are asked for: letters stand for the
//! candidates, in an order that follows neither time nor score, bars for
//! their names in what is quoted, and nothing tells which session it is.

use crate::digest::sha256_hex;
use crate::interview::is_own_question;
use crate::record::hide_name;
use serde::Serialize;
use serde_json::Value;

/// One candidate's interview.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The session's id.
    pub session: String,
    /// The candidate's whole name.
    pub candidate: String,
    /// When it began, in milliseconds since 1970 (UTC).
    pub began_unix_ms: i64,
    /// The sealed `transcript.json`.
    pub report: Value,
}

/// Who a letter stands for.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The session's id.
    pub session: String,
    /// The candidate's whole name.
    pub candidate: String,
    /// When it began, in milliseconds since 1970 (UTC).
    pub began_unix_ms: i64,
}

/// One candidate.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Column {
    /// `A`, `B` ... `Z`, `AA` ...
    pub letter: String,
    /// Who it is, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<Who>,
    /// Mean of the scores given.
    pub mean: Option<f64>,
    /// Answers that were scored.
    pub scored: u64,
    /// Questions that were asked.
    pub asked: u64,
    /// The recommendation, in words.
    pub recommendation: String,
    /// How it follows from the scores.
    pub because: String,
}

/// Words that a score rests on.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What the rubric says.
    pub says: String,
    /// What was said.
    pub quote: String,
    /// Begin in the recording, milliseconds, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
}

/// What one candidate's answer to one question is worth.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Cell {
    /// 1-5; nothing where it was not scored.
    pub score: Option<u64>,
    /// Why there is no score.
    pub abstained: Option<String>,
    /// Whether the candidate did not know or said next to nothing.
    pub struggled: bool,
    /// How many probes were asked.
    pub probes: usize,
    /// Key points that were said.
    pub evidence: Vec<Quote>,
    /// Misconceptions that were said.
    pub misconceptions: Vec<Quote>,
    /// What the rubric says of the points that were missing.
    pub missing: Vec<String>,
}

/// One question.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Row {
    /// Its id; `project` for the one about a project of the candidate's own,
    /// which is worded for each. A question of the recruiter's own has the
    /// candidate's letter before its id: each is a row of its own.
    pub id: String,
    /// Few words for it.
    pub title: String,
    /// As it was asked; not where it was worded for each.
    pub asked: Option<String>,
    /// `core` or `advanced`.
    pub level: String,
    /// Of how many candidates it was asked.
    pub count: usize,
    /// In the order of the columns; nothing where it was not asked.
    pub cells: Vec<Option<Cell>>,
}

/// Candidates side by side.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Name and version of this layout.
    pub schema: &'static str,
    /// Whether names are told.
    pub named: bool,
    /// The candidates.
    pub candidates: Vec<Column>,
    /// The questions: those that most were asked first, then in the order in
    /// which they were asked.
    pub questions: Vec<Row>,
}

impl Comparison {
    /// Compares interviews of one job. `salt` (the job's id) orders the
    /// letters: the same interviews always have the same ones.
    pub fn of(mut all: Vec<Compared>, salt: &str, named: bool) -> Self {
        all.sort_by_cached_key(|one| sha256_hex(format!("{salt} {}", one.session).as_bytes()));
        let candidates = all
            .iter()
            .enumerate()
            .map(|(at, one)| column(at, one, named));
        Self {
            schema: "viva.comparison.v1",
            named,
            candidates: candidates.collect(),
            questions: rows(&all, named),
        }
    }
}

fn column(at: usize, one: &Compared, named: bool) -> Column {
    let told = &one.report["recommendation"];
    let text = |member: &str| told[member].as_str().unwrap_or_default().to_owned();
    Column {
        letter: letter(at),
        who: named.then(|| Who {
            session: one.session.clone(),
            candidate: one.candidate.clone(),
            began_unix_ms: one.began_unix_ms,
        }),
        mean: told["mean"].as_f64(),
        scored: told["scored"].as_u64().unwrap_or_default(),
        asked: told["asked"].as_u64().unwrap_or_default(),
        recommendation: text("text"),
        because: text("because"),
    }
}

/// `A` ... `Z`, `AA`, `AB` ...
fn letter(mut at: usize) -> String {
    let mut out = String::new();
    loop {
        out.insert(0, char::from(b'A' + (at % 26) as u8));
        match at / 26 {
            0 => return out,
            more => at = more - 1,
        }
    }
}

fn rows(all: &[Compared], named: bool) -> Vec<Row> {
    let mut rows: Vec<(u64, Row)> = Vec::new();
    for (at, one) in all.iter().enumerate() {
        for question in list(&one.report["questions"]) {
            let project = question["kind"] == "project";
            let text = |member: &str| question[member].as_str().unwrap_or_default().to_owned();
            let id = text("id");
            // No bank has it, so it has no rubric.
            let recruiters = is_own_question(&id) && list(&question["points"]).is_empty();
            let id = match (project, recruiters) {
                (true, _) => "project".to_owned(),
                (_, true) => format!("{} {id}", letter(at)),
                _ => id,
            };
            let number = question["number"].as_u64().unwrap_or(u64::MAX);
            let place = rows.iter().position(|(_, row)| row.id == id);
            let place = place.unwrap_or_else(|| {
                let title = match (project, recruiters) {
                    (true, _) => "A project of the candidate's own".to_owned(),
                    (_, true) => "A question of the recruiter's own".to_owned(),
                    _ => text("title"),
                };
                let row = Row {
                    title,
                    asked: (!project).then(|| hide(one, named, &text("asked"))),
                    level: text("level"),
                    count: 0,
                    cells: vec![None; all.len()],
                    id,
                };
                rows.push((number, row));
                rows.len() - 1
            });
            let (first, row) = &mut rows[place];
            *first = (*first).min(number);
            row.count += usize::from(row.cells[at].is_none());
            row.cells[at] = Some(cell(one, question, named));
        }
    }
    rows.sort_by(|(a, x), (b, y)| (y.count, a, &x.id).cmp(&(x.count, b, &y.id)));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn cell(one: &Compared, question: &Value, named: bool) -> Cell {
    let score = &question["score"];
    let quotes = |member: &str| {
        let quote = |e: &Value| Quote {
            says: e["says"].as_str().unwrap_or_default().to_owned(),
            quote: hide(one, named, e["quote"].as_str().unwrap_or_default()),
            start_ms: e["start_ms"].as_u64().filter(|_| named),
        };
        list(&score[member]).iter().map(quote).collect()
    };
    let missing = list(&question["missing"]).iter();
    Cell {
        score: score["score"].as_u64(),
        abstained: score["abstained"].as_str().map(str::to_owned),
        struggled: question["struggled"] == true,
        probes: list(&question["follow_ups"]).len(),
        evidence: quotes("hits"),
        misconceptions: quotes("misconceptions"),
        missing: missing
            .filter_map(|m| Some(m.as_str()?.to_owned()))
            .collect(),
    }
}

fn hide(one: &Compared, named: bool, text: &str) -> String {
    match named {
        true => text.to_owned(),
        false => hide_name(&one.candidate, text),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn compared(session: &str, candidate: &str, score: u64, ids: &[&str]) -> Compared {
        let question = |(at, id): (usize, &&str)| {
            json!({
                "number": at + 1,
                "id": id,
                "kind": if at == 0 { "project" } else { "technical" },
                "level": "core",
                "title": format!("About {id}"),
                "asked": format!("What is {id}?"),
                "struggled": false,
                "follow_ups": [],
                "missing": ["the rest"],
                "score": {
                    "score": score,
                    "hits": [{"says": "a point", "quote": format!("I, {candidate}, know"), "start_ms": 1200}],
                    "misconceptions": [],
                },
            })
        };
        let questions: Vec<_> = ids.iter().enumerate().map(question).collect();
        Compared {
            session: session.into(),
            candidate: candidate.into(),
            began_unix_ms: 7,
            report: json!({
                "questions": questions,
                "recommendation": {"text": "Proceed to next round", "because": "so",
                    "mean": score, "scored": ids.len(), "asked": ids.len()},
            }),
        }
    }

    fn two() -> Vec<Compared> {
        vec![
            compared("S1", "Bob Wilson", 4, &["bobs-project", "sql", "queues"]),
            compared("S2", "Ada Byron", 2, &["adas-project", "queues", "caches"]),
        ]
    }

    #[test]
    fn blind_it_names_nobody_and_no_session() {
        let told = serde_json::to_string(&Comparison::of(two(), "job", false)).unwrap();
        for word in [
            "Bob", "Wilson", "Ada", "Byron", "S1", "S2", "1200", "unix_ms",
        ] {
            assert!(!told.contains(word), "{word}: {told}");
        }
        let named = serde_json::to_string(&Comparison::of(two(), "job", true)).unwrap();
        assert!(
            named.contains("Ada Byron") && named.contains("1200"),
            "{named}"
        );
    }

    #[test]
    fn every_question_is_a_row_and_what_was_not_asked_is_no_score() {
        let told = Comparison::of(two(), "job", true);
        let rows: Vec<_> = told.questions.iter().map(|r| (&*r.id, r.count)).collect();
        assert_eq!(
            rows,
            [("project", 2), ("queues", 2), ("sql", 1), ("caches", 1)]
        );
        let bob = told
            .candidates
            .iter()
            .position(|c| c.mean == Some(4.0))
            .unwrap();
        let scores: Vec<_> = told
            .questions
            .iter()
            .map(|r| r.cells[bob].as_ref().and_then(|c| c.score))
            .collect();
        assert_eq!(scores, [Some(4), Some(4), Some(4), None]);
        assert_eq!(told.questions[0].asked, None);
    }

    #[test]
    fn questions_of_recruiters_own_are_never_one_row() {
        let all = vec![
            compared("S1", "Bob Wilson", 4, &["bobs-project", "own-1", "own-2"]),
            compared("S2", "Ada Byron", 2, &["adas-project", "own-1"]),
        ];
        let told = Comparison::of(all, "job", false);
        let rows: Vec<_> = told.questions.iter().map(|row| row.count).collect();
        assert_eq!(rows, [2, 1, 1, 1]);
        for row in &told.questions[1..] {
            assert_eq!(row.title, "A question of the recruiter's own");
            let cells = row.cells.iter().filter(|cell| cell.is_some());
            assert_eq!(cells.count(), 1, "{row:?}");
        }
        let mut ids: Vec<_> = told.questions.iter().map(|row| &*row.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 4, "{ids:?}");
        // Any other question is the same to all.
        let all = vec![
            compared("S1", "Bob Wilson", 4, &["bobs-project", "owning-code"]),
            compared("S2", "Ada Byron", 2, &["adas-project", "owning-code"]),
        ];
        let told = Comparison::of(all, "job", false);
        assert_eq!(told.questions[1].count, 2);
    }

    #[test]
    fn letters_follow_neither_time_nor_score_and_stay() {
        let order = |n: usize| {
            let all = (0..n).map(|i| compared(&format!("S{i:03}"), "Ada Byron", 3, &[]));
            Comparison::of(all.collect(), "job", true)
        };
        let told = order(30);
        let sessions: Vec<_> = told
            .candidates
            .iter()
            .map(|c| c.who.clone().unwrap().session)
            .collect();
        let mut sorted = sessions.clone();
        sorted.sort();
        assert_ne!(sessions, sorted);
        assert_eq!(told, order(30));
        let letters: Vec<_> = told.candidates.iter().map(|c| &*c.letter).collect();
        assert_eq!(
            (letters[0], letters[25], letters[26], letters[27]),
            ("A", "Z", "AA", "AB")
        );
    }
}
