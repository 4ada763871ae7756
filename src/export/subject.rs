//! The archive for the person concerned: everything that is kept of their
//! interviews, in a form that opens everywhere, with a letter that says what
//! it is. Rubrics and what was thought of others are not in it; scores and
//! evidence are as far as the retention policy discloses them.

use super::ExportError;
use super::archive::Archive;
use super::page::{clock, moment};
use crate::config::nearest;
use crate::record::{
    Annexes, Disclose, Policies, SessionState, SessionSummary, Standing, Trust, check_id,
    comparable_name, kind, sessions_dir, standing,
};
use crate::report::markup::escape;
use crate::report::review::{Review, list, stated};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// By which rules.
#[derive(Clone, Copy, Debug)]
pub struct Under<'a> {
    /// All policies.
    pub policies: &'a Policies,
    /// The policy of records whose job names none.
    pub chosen: &'a str,
}

/// An archive that was made.
#[derive(Serialize, Clone, Debug)]
pub struct Made {
    /// The file.
    pub file: PathBuf,
    /// Files in it.
    pub files: usize,
    /// The candidate's name as on the records.
    pub candidate: String,
    /// Sessions in it, oldest first.
    pub sessions: Vec<String>,
    /// Sessions that were left out, with the reason.
    pub left_out: Vec<String>,
}

/// Writes the archive of one person to `out`. `subject` is a whole name, as
/// it was given for the interviews (case and accents do not count), or the
/// id of one session.
///
/// # Errors
/// [`ExportError::Refused`] if there is nothing of that person.
pub fn export(
    data_dir: &Path,
    subject: &str,
    out: &Path,
    under: Under<'_>,
    trust: &Trust,
    now_unix_ms: i64,
) -> Result<Made, ExportError> {
    let found = sessions_of(data_dir, subject)?;
    let candidate = found[0].candidate.clone();
    let mut made = Made {
        file: out.to_path_buf(),
        files: 0,
        candidate,
        sessions: Vec::new(),
        left_out: Vec::new(),
    };
    let mut archive = Archive::create(out)?;
    let mut told = Vec::new();
    for summary in &found {
        if summary.state == SessionState::Writing {
            made.left_out
                .push(format!("{}: it is going on at this moment", summary.id));
            continue;
        }
        let dir = sessions_dir(data_dir).join(&summary.id);
        let mut view = match Review::open(&dir) {
            Ok(view) => view,
            Err(error) => {
                made.left_out
                    .push(format!("{}: it cannot be read ({error})", summary.id));
                continue;
            }
        };
        let stands = standing(
            data_dir,
            &summary.id,
            under.policies,
            under.chosen,
            trust,
            now_unix_ms,
        )?;
        let disclose = under.policies.get(&stands.policy).map(|p| p.disclose);
        let disclose = disclose.unwrap_or_default();
        let annexes = Annexes::open(data_dir, &summary.id)?.list(trust)?.annexes;
        let corrections: Vec<_> = annexes
            .into_iter()
            .filter(|a| a.kind == kind::CORRECTION)
            .collect();
        view.corrections = crate::record::corrections(&corrections);
        let content = content(&view, &stands, disclose, stated(&corrections));
        let number = made.sessions.len() + 1;
        let folder = format!("{number}-{}", summary.id);
        let json = serde_json::to_vec_pretty(&content).unwrap_or_default();
        archive.add(
            &format!("{folder}/interview.html"),
            page(&content).as_bytes(),
        )?;
        archive.add(&format!("{folder}/interview.json"), &json)?;
        if let Some(wav) = view.reader.wav_path() {
            archive.copy(&format!("{folder}/call.wav"), &wav)?;
        }
        made.sessions.push(summary.id.clone());
        told.push((folder, content, stands, disclose));
    }
    if made.sessions.is_empty() {
        return Err(ExportError::Refused(format!(
            "Nothing can be handed out: {}",
            made.left_out.join("; ")
        )));
    }
    archive.add("README.txt", letter(&made, &told, now_unix_ms).as_bytes())?;
    made.files = archive.finish()?;
    Ok(made)
}

/// The sessions of a person, at least one: what [`export`] would read.
///
/// # Errors
/// [`ExportError::Refused`] if there is none.
pub fn sessions_of(data_dir: &Path, subject: &str) -> Result<Vec<SessionSummary>, ExportError> {
    let mut all = crate::record::list(&sessions_dir(data_dir))?;
    all.retain(|s| s.state != SessionState::Erased);
    if check_id(subject).is_ok() {
        all.retain(|s| s.id == subject);
        if all.is_empty() {
            return Err(ExportError::Refused(format!(
                "There is no session {subject}"
            )));
        }
        return Ok(all);
    }
    let wanted = comparable_name(subject);
    let names: Vec<String> = all.iter().map(|s| s.candidate.clone()).collect();
    all.retain(|s| !wanted.is_empty() && comparable_name(&s.candidate) == wanted);
    if all.is_empty() {
        let near = nearest(subject, &names);
        let near = near.map_or(String::new(), |n| format!("; did you mean {n:?}?"));
        return Err(ExportError::Refused(format!(
            "There is no session of a candidate {subject:?}{near}"
        )));
    }
    Ok(all)
}

fn content(view: &Review, stands: &Standing, disclose: Disclose, corrections: Vec<Value>) -> Value {
    let head = view.reader.head();
    let mut questions = view.questions(disclose.scores, disclose.evidence);
    for question in questions.iter_mut().filter_map(Value::as_object_mut) {
        // What was not said is the rubric's own text.
        question.remove("missing");
    }
    let advice = &view.report["recommendation"];
    json!({
        "session": head.session,
        "candidate": head.candidate,
        "position": head.position,
        "company": head.company,
        "began_unix_ms": head.began_unix_ms,
        "complete": view.reader.is_complete(),
        "recording": view.reader.wav_path().map(|_| "call.wav"),
        "recording_gaps": view.gaps(),
        "conversation": view.turns(),
        "questions": questions,
        "recommendation": disclose.scores.then(|| json!({
            "text": advice["text"], "because": advice["because"], "rule": advice["rule"],
        })),
        "read_from_resume": head.setup.get("resume"),
        "corrections": corrections,
        "kept": {
            "policy": stands.policy,
            "until_unix_ms": stands.due_unix_ms,
            "erasure_requested_unix_ms": stands.requested_unix_ms,
        },
    })
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The interview as a page without a script.
fn page(content: &Value) -> String {
    let mut out = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Your interview</title>\n<style>\n\
         body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;\
         color:#1c2126;background:#fff}\n\
         h2{margin-top:2rem;border-bottom:1px solid #ccc}\n\
         .t{color:#5c6670;font-size:.85em}\n.c{border-left:3px solid #1f6f8b;padding-left:.8rem}\n\
         .r{border-left:3px solid #8a5a1f;padding-left:.8rem}\naudio{width:100%}\n\
         dt{font-weight:600}\npre{white-space:pre-wrap}\n</style></head><body>\n",
    );
    let began = moment(content["began_unix_ms"].as_i64().unwrap_or(0));
    let company = content["company"].as_str();
    let at = company.map_or(String::new(), |c| format!(" at {}", escape(c)));
    let _ = writeln!(
        out,
        "<h1>Interview of {}</h1>\n<p>{}{at}<br>{began}<br><span class=\"t\">Session {}</span></p>",
        escape(text(content, "candidate")),
        escape(text(content, "position")),
        escape(text(content, "session")),
    );
    if content["recording"].is_string() {
        out.push_str(
            "<audio controls preload=\"metadata\" src=\"call.wav\"></audio>\n\
             <p class=\"t\">You are on the left, the interviewer on the right.</p>\n",
        );
    } else {
        out.push_str("<p>No sound was recorded.</p>\n");
    }
    out.push_str("<h2>What was said</h2>\n");
    for turn in list(&content["conversation"]) {
        let (class, who) = match text(turn, "who") {
            "candidate" => ("c", "You"),
            _ => ("r", "Interviewer (a program)"),
        };
        let at = turn["start_ms"].as_u64().map_or(String::new(), clock);
        let said = turn["heard"].as_str().unwrap_or_else(|| text(turn, "text"));
        let _ = writeln!(
            out,
            "<p class=\"{class}\"><span class=\"t\">{who} {at}</span><br>{}</p>",
            escape(said)
        );
        if let Some(corrected) = turn["corrected"]["text"].as_str() {
            let by = escape(text(&turn["corrected"], "by"));
            let _ = writeln!(
                out,
                "<p class=\"{class}\"><span class=\"t\">Corrected by {by}</span><br><i>{}</i></p>",
                escape(corrected)
            );
        }
    }
    questions(&mut out, content);
    out.push_str("<h2>What was read of your résumé</h2>\n");
    match &content["read_from_resume"] {
        Value::Null => out.push_str("<p>Nothing is kept of a résumé.</p>\n"),
        resume => tree(&mut out, resume),
    }
    let corrections = list(&content["corrections"]);
    if !corrections.is_empty() {
        out.push_str("<h2>Corrections</h2>\n");
        for correction in corrections {
            let at = moment(correction["at_unix_ms"].as_i64().unwrap_or(0));
            let _ = writeln!(
                out,
                "<p class=\"t\">{at}, by {}</p>",
                escape(text(correction, "by"))
            );
            tree(&mut out, &correction["body"]);
        }
    }
    out.push_str("</body></html>\n");
    out
}

fn questions(out: &mut String, content: &Value) {
    out.push_str("<h2>Questions and answers</h2>\n");
    let all = list(&content["questions"]);
    if all.is_empty() {
        out.push_str("<p>No planned question was asked.</p>\n");
    }
    let answers = |value: &Value| {
        let said: Vec<&str> = list(&value["answers"])
            .iter()
            .map(|a| text(a, "text"))
            .collect();
        match said.is_empty() {
            true => "No answer was heard.".to_owned(),
            false => escape(&said.join(" ")),
        }
    };
    for question in all {
        let _ = writeln!(
            out,
            "<h3>{}. {}</h3>\n<p>{}</p>",
            question["number"],
            escape(text(question, "asked")),
            answers(question)
        );
        for probe in list(&question["follow_ups"]) {
            let _ = writeln!(
                out,
                "<p><i>{}</i><br>{}</p>",
                escape(text(probe, "asked")),
                answers(probe)
            );
        }
        if question.get("score").is_some() {
            match question["score"].as_u64() {
                Some(score) => {
                    let why = escape(text(question, "why"));
                    let _ = writeln!(out, "<p><b>Score: {score} of 5.</b> {why}</p>");
                }
                None => {
                    let why = escape(text(question, "abstained"));
                    let _ = writeln!(out, "<p><b>Not scored.</b> {why}</p>");
                }
            }
        }
        for (name, label) in [
            ("evidence", "Rests on"),
            ("misconceptions", "Taken as mistaken"),
        ] {
            for hit in list(&question[name]) {
                let at = hit["start_ms"].as_u64().map_or(String::new(), clock);
                let _ = writeln!(
                    out,
                    "<p class=\"t\">{label}: “{}” {at} ({})</p>",
                    escape(text(hit, "quote")),
                    escape(text(hit, "says"))
                );
            }
        }
    }
    let advice = &content["recommendation"];
    if advice["text"].is_string() {
        let _ = writeln!(
            out,
            "<h2>What the program recommended</h2>\n<p>{}. {}</p>\n<p class=\"t\">Its rule: {}</p>",
            escape(text(advice, "text")),
            escape(text(advice, "because")),
            escape(text(advice, "rule"))
        );
    }
}

/// Any JSON as nested lists for people; what is empty is left out.
fn tree(out: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            out.push_str("<dl>\n");
            for (name, member) in members {
                let empty = member.is_null() || member.as_array().is_some_and(Vec::is_empty);
                if !empty {
                    let _ = write!(out, "<dt>{}</dt><dd>", escape(&name.replace('_', " ")));
                    tree(out, member);
                    out.push_str("</dd>\n");
                }
            }
            out.push_str("</dl>\n");
        }
        Value::Array(items) => {
            out.push_str("<ul>\n");
            for item in items {
                out.push_str("<li>");
                tree(out, item);
                out.push_str("</li>\n");
            }
            out.push_str("</ul>\n");
        }
        Value::String(text) => out.push_str(&escape(text)),
        other => out.push_str(&escape(&other.to_string())),
    }
}

type Told = (String, Value, Standing, Disclose);

/// The letter, in plain words.
fn letter(made: &Made, told: &[Told], now_unix_ms: i64) -> String {
    let mut out = format!(
        "What is kept of your interviews\n\
         ===============================\n\n\
         For: {}\nMade on: {}\n\n\
         You took part in a job interview that was held by a computer program, Viva.\n\
         This archive holds what is kept of it. Unpack it and open interview.html in\n\
         each folder with a browser; nothing is sent anywhere.\n\n\
         Your interviews\n---------------\n",
        made.candidate,
        moment(now_unix_ms)
    );
    for (folder, content, stands, _) in told {
        let company = content["company"].as_str();
        let at = company.map_or(String::new(), |c| format!(" at {c}"));
        let until = match stands.due_unix_ms {
            Some(due) => format!("It is kept until {} ({}).", moment(due), stands.why),
            None => "No day is set on which it is erased.".to_owned(),
        };
        let _ = writeln!(
            out,
            "{folder}\n    {}{at}, {}\n    {until}",
            text(content, "position"),
            moment(stands.began_unix_ms),
        );
        if let Some(asked) = stands.requested_unix_ms {
            let _ = writeln!(
                out,
                "    Your request for erasure of {} is noted.",
                moment(asked)
            );
        }
    }
    out.push_str(
        "\nIn each folder\n--------------\n\
         interview.html  everything to read: what was said and when, the questions, your\n\
         \x20               answers, what was read of your résumé, corrections if there are any\n\
         interview.json  the same for programs\n\
         call.wav        the recording: you on the left, the interviewer on the right\n\n\
         How scores come about\n---------------------\n\
         For each question there is a list of points that an answer may make. The program\n\
         looks for words in your answer that make them; how long or how fluently you spoke\n\
         does not count, and nothing is read from the sound of your voice. What it could\n\
         not judge it does not score. A person decides, not the program.\n",
    );
    let scores = told.iter().all(|t| t.3.scores);
    let evidence = told.iter().all(|t| t.3.scores && t.3.evidence);
    out.push_str("\nWhat is not in here\n-------------------\n");
    out.push_str("The lists of points themselves: they are used for other interviews, too.\n");
    if !scores {
        out.push_str(
            "Scores and recommendation, where the rules of the employer keep them back.\n",
        );
    } else if !evidence {
        out.push_str(
            "The words that scores rest on, where the rules of the employer keep them back.\n",
        );
    }
    for left in &made.left_out {
        let _ = writeln!(out, "Session {left}.");
    }
    out.push_str(
        "\nIf something is wrong\n---------------------\n\
         If a word was misheard, or something about you is wrong, tell the employer and name\n\
         the session and the time. Recordings are never changed; a correction is added to\n\
         them. You may also ask for erasure. Which rights you have, and until when the\n\
         employer must keep a record, depends on the law where you are.\n",
    );
    out
}
