//! The study as one page: nothing is loaded from elsewhere, tables stand
//! beside charts, and it reads well aloud, in print and on small screens.

use super::Study;
use super::figures::Figure;
use super::tables::{Advices, QUALITIES};
use crate::event::Mode;
use crate::report::markup::escape;
use std::fmt::Write;

/// Findings that the page lists; `study.json` holds them all.
const LISTED: usize = 300;
/// Acknowledgements that the page lists.
const ACKNOWLEDGEMENTS: usize = 30;

const STYLE: &str = "\
:root{color-scheme:light}\
body{margin:0;font:16px/1.55 'Noto Sans',system-ui,sans-serif;color:#1b1f24;background:#fff}\
main,header{max-width:61rem;margin:0 auto;padding:0 1.25rem}\
header{padding-top:2rem}\
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem}\
h2{font-size:1.35rem;margin:2.6rem 0 .6rem;padding-top:.6rem;border-top:1px solid #d5dae0}\
p{max-width:46rem}\
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:#fff;padding:.5rem}\
.facts{display:flex;flex-wrap:wrap;gap:.75rem;padding:0;margin:1.4rem 0;list-style:none}\
.facts li{flex:1 1 8rem;border:1px solid #d5dae0;border-radius:.5rem;padding:.7rem .9rem}\
.facts b{display:block;font-size:1.5rem;line-height:1.2}\
.verdict{border-left:.35rem solid #1f6f5c;background:#eef6f3;padding:.7rem 1rem;max-width:none}\
.verdict.wanting{border-color:#9a3412;background:#fbf1ec}\
nav ul{columns:2;padding-left:1.2rem;margin:.5rem 0}\
figure{margin:1.4rem 0;overflow-x:auto}figure svg{max-width:100%;height:auto;border:1px solid #e6e9ed;border-radius:.5rem}\
figcaption{color:#57606a;font-size:.92rem}\
.wide{overflow-x:auto}\
table{border-collapse:collapse;width:100%;font-size:.92rem;margin:.8rem 0}\
caption{text-align:left;color:#57606a;padding-bottom:.3rem}\
th,td{text-align:left;padding:.3rem .7rem .3rem 0;border-bottom:1px solid #e6e9ed;vertical-align:top}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
tr.wanting th,tr.wanting td{background:#fbf1ec}\
code{font-family:ui-monospace,monospace;font-size:.88em}\
summary{cursor:pointer;padding:.3rem 0;color:#1f5f8f}\
@media (max-width:40rem){nav ul{columns:1}}\
@media print{.skip,nav{display:none}figure,table{break-inside:avoid}}";

/// Writes `study.html`, which lies beside the folder of its charts.
pub fn page(study: &Study, charts: &[Figure]) -> String {
    write_page(study, charts, true)
}

/// The same page with no files beside it.
pub fn page_alone(study: &Study, charts: &[Figure]) -> String {
    write_page(study, charts, false)
}

fn write_page(study: &Study, charts: &[Figure], files: bool) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Interview study: {} interviews</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">Go to the content</a>\n",
        study.interviews
    );
    header(&mut out, study);
    out.push_str("<main id=\"content\">\n");
    checks(&mut out, study);
    let chart = |out: &mut String, name: &str| {
        if let Some(figure) = charts.iter().find(|f| f.name == name) {
            let links = match files {
                true => format!(
                    " <a href=\"charts/{name}.svg\">SVG</a>, <a href=\"charts/{name}.png\">PNG</a>"
                ),
                false => String::new(),
            };
            let _ = writeln!(
                out,
                "<figure>\n{}<figcaption>{}{links}</figcaption>\n</figure>",
                figure.svg,
                escape(&figure.about)
            );
        }
    };
    out.push_str("<h2 id=\"profiles\">Scores and recommendations by profile</h2>\n");
    if let Some(rank) = study.discrimination {
        let _ = writeln!(
            out,
            "<p>Rank correlation of what candidates know with their mean score: <b>{rank:.3}</b> (1 means that every better candidate scored higher).</p>"
        );
    }
    chart(&mut out, "scores-by-profile");
    chart(&mut out, "recommendations-by-profile");
    profiles(&mut out, study);
    out.push_str("<h2 id=\"jobs\">Jobs</h2>\n");
    chart(&mut out, "scores-by-job");
    chart(&mut out, "relevance-by-job");
    jobs(&mut out, study);
    out.push_str("<h2 id=\"difficulty\">Difficulty of the questions</h2>\n");
    chart(&mut out, "difficulty-by-level");
    chart(&mut out, "difficulty-by-family");
    chart(&mut out, "questions-that-tell-least");
    questions(&mut out, study);
    out.push_str("<h2 id=\"timing\">Timing</h2>\n");
    let l = &study.lengths;
    let _ = writeln!(
        out,
        "<p>Half of the interviews took {} or less, 95 of 100 took {} or less, the longest took {}. The most that one took of its agreed time, pauses left out, was {:.0} %.</p>",
        minutes(l.p50_s),
        minutes(l.p95_s),
        minutes(l.max_s),
        l.most_of_budget * 100.0
    );
    chart(&mut out, "lengths");
    chart(&mut out, "talking");
    modes(&mut out, study);
    tones(&mut out, study);
    findings(&mut out, study);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn minutes(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    format!("{} min {:02} s", whole / 60, whole % 60)
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "not known".to_owned(), |v| format!("{v:.digits$}"))
}

/// A number in a table; a dash where there is none.
fn cell(value: Option<f64>, digits: usize) -> String {
    let text = value.map_or_else(|| "–".to_owned(), |v| format!("{v:.digits$}"));
    format!("<td class=\"n\">{text}</td>")
}

fn header(out: &mut String, study: &Study) {
    let simulated: usize = study
        .profiles
        .iter()
        .filter(|p| !p.profile.is_empty())
        .map(|p| p.interviews)
        .sum();
    let (program, all) = (escape(study.program), study.interviews);
    if simulated < all {
        let _ = writeln!(
            out,
            "<header>\n<h1>Interview study</h1>\n<p>{all} interviews, {simulated} of them simulated, folded from their records by {program}. The same records give the same page.</p>"
        );
    } else {
        let _ = writeln!(
            out,
            "<header>\n<h1>Interview study</h1>\n<p>{all} simulated interviews, folded from their records by {program}. The same records give the same page.</p>\n<p>Simulated candidates answer with the bank's own samples, in varied words and manners. So this page shows whether the interviewer behaves and whether rubrics and scores tell those samples apart; how well scores fit real people it cannot show.</p>"
        );
    }
    out.push_str("<ul class=\"facts\">\n");
    let mut fact = |value: String, name: &str| {
        let _ = writeln!(out, "<li><b>{value}</b>{name}</li>");
    };
    fact(study.interviews.to_string(), "interviews");
    fact(study.questions_asked.to_string(), "questions asked");
    fact(study.probes_asked.to_string(), "probes asked");
    fact(number(study.relevance.mean, 3), "mean relevance");
    let listed = study.listed.map(|share| share * 100.0);
    fact(
        listed.map_or_else(|| "not known".to_owned(), |s| format!("{s:.1} %")),
        "of all questions are in the documents",
    );
    fact(study.findings.len().to_string(), "findings");
    out.push_str("</ul>\n");
    if study.findings.is_empty() {
        out.push_str("<p class=\"verdict\"><b>Nothing was found wanting.</b> Every interview kept to its course and its time, and the interviewer to its manners.</p>\n");
    } else {
        let _ = writeln!(
            out,
            "<p class=\"verdict wanting\"><b>{} things were found wanting</b>; <a href=\"#findings\">they are listed below</a> with session and line.</p>",
            study.findings.len()
        );
    }
    out.push_str("<nav aria-label=\"Sections\"><ul>\n");
    for (id, name) in [
        ("checks", "Course and conduct"),
        ("profiles", "Scores and recommendations by profile"),
        ("jobs", "Jobs"),
        ("difficulty", "Difficulty of the questions"),
        ("timing", "Timing"),
        ("tones", "Tones and acknowledgements"),
        ("findings", "Findings"),
    ] {
        let _ = writeln!(out, "<li><a href=\"#{id}\">{name}</a></li>");
    }
    out.push_str("</ul></nav>\n</header>\n");
}

fn checks(out: &mut String, study: &Study) {
    out.push_str("<h2 id=\"checks\">Course and conduct</h2>\n<div class=\"wide\"><table>\n<caption>What was looked for in every interview, and how often it was found</caption>\n<thead><tr><th scope=\"col\">looked for</th><th scope=\"col\" class=\"n\">found</th></tr></thead>\n<tbody>\n");
    for count in &study.checks {
        let class = if count.found > 0 {
            " class=\"wanting\""
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<tr{class}><th scope=\"row\">{}</th><td class=\"n\">{}</td></tr>",
            count.what, count.found
        );
    }
    out.push_str("</tbody></table></div>\n<p>The interviews ended so: ");
    let ends: Vec<String> = study
        .ended
        .iter()
        .map(|(reason, count)| format!("{} {count}", escape(reason)))
        .collect();
    let r = &study.relevance;
    let _ = writeln!(
        out,
        "{}. Relevance was counted over {} questions and probes: {} on average, {} at least, {} below {}.</p>",
        ends.join(", "),
        r.asked,
        number(r.mean, 3),
        number(r.least, 2),
        r.below,
        super::RELEVANCE
    );
}

fn advice_cells(advice: &Advices) -> String {
    format!(
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>",
        advice.proceed, advice.reservations, advice.not_a_fit, advice.none
    )
}

fn head(out: &mut String, caption: &str, columns: &[&str]) {
    let _ = write!(
        out,
        "<div class=\"wide\"><table>\n<caption>{caption}</caption>\n<thead><tr>"
    );
    for (at, column) in columns.iter().enumerate() {
        let class = if at == 0 { "" } else { " class=\"n\"" };
        let _ = write!(out, "<th scope=\"col\"{class}>{column}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
}

fn profiles(out: &mut String, study: &Study) {
    head(
        out,
        "Interviews by what the candidate was like",
        &[
            "profile",
            "interviews",
            "mean",
            "proceed",
            "reserv.",
            "not a fit",
            "none",
            "minutes",
            "candidate speaks",
            "probes a question",
        ],
    );
    for p in &study.profiles {
        let share = p.candidate_share.map(|s| s * 100.0);
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td>{}{}<td class=\"n\">{:.1}</td><td class=\"n\">{}</td><td class=\"n\">{:.2}</td></tr>",
            escape(if p.profile.is_empty() {
                "people"
            } else {
                &p.profile
            }),
            p.interviews,
            cell(p.mean, 2),
            advice_cells(&p.advice),
            p.length_s / 60.0,
            share.map_or_else(|| "–".to_owned(), |s| format!("{s:.0} %")),
            p.probes
        );
    }
    out.push_str("</tbody></table></div>\n");
}

fn by_quality(means: &[Option<f64>; 4]) -> String {
    means.iter().map(|m| cell(*m, 2)).collect()
}

fn jobs(out: &mut String, study: &Study) {
    let mut columns = vec!["job", "interviews", "questions", "relevance", "least"];
    columns.extend(QUALITIES);
    head(
        out,
        "Jobs: relevance of what was asked, mean score by quality",
        &columns,
    );
    for job in &study.jobs {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td>{}{}{}</tr>",
            escape(&job.position),
            job.interviews,
            job.questions,
            cell(job.relevance, 3),
            cell(job.least, 2),
            by_quality(&job.means)
        );
    }
    out.push_str("</tbody></table></div>\n");
}

fn questions(out: &mut String, study: &Study) {
    let _ = writeln!(
        out,
        "<details><summary>All {} questions</summary>",
        study.questions.len()
    );
    let mut columns = vec!["question", "asked", "not scored", "relevance", "mean"];
    columns.extend(QUALITIES);
    columns.push("gap");
    head(
        out,
        "Questions: mean score by quality; the gap is the mean of the upper two qualities less that of the lower two",
        &columns,
    );
    for q in &study.questions {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td class=\"n\">{}</td><td class=\"n\">{}</td>{}{}{}{}</tr>",
            escape(&q.id),
            q.asked,
            q.abstained,
            cell(q.relevance, 3),
            cell(q.mean, 2),
            by_quality(&q.means),
            cell(q.discrimination, 2)
        );
    }
    out.push_str("</tbody></table></div></details>\n");
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Friendly => "friendly",
        Mode::Formal => "formal",
        Mode::Technical => "technical",
        Mode::Coach => "coach",
    }
}

fn modes(out: &mut String, study: &Study) {
    head(
        out,
        "Interviews by the interviewer's mode",
        &[
            "mode",
            "interviews",
            "mean",
            "minutes",
            "words a turn",
            "longest turn, words",
        ],
    );
    for m in &study.modes {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td>{}<td class=\"n\">{:.1}</td><td class=\"n\">{:.1}</td><td class=\"n\">{}</td></tr>",
            mode(m.mode),
            m.interviews,
            cell(m.mean, 2),
            m.length_s / 60.0,
            m.words_a_turn,
            m.longest_turn
        );
    }
    out.push_str("</tbody></table></div>\n");
}

fn tones(out: &mut String, study: &Study) {
    out.push_str("<h2 id=\"tones\">Tones and acknowledgements</h2>\n");
    for tone in &study.tones {
        let list = |lines: &[String]| {
            let lines: Vec<String> = lines.iter().map(|l| format!("“{}”", escape(l))).collect();
            lines.join(" ")
        };
        let (a, b) = (mode(tone.a), mode(tone.b));
        let _ = writeln!(
            out,
            "<p>{:.0} % of what is said in {a} mode besides the bank's questions is never said in {b} mode. Only {a}: {} Only {b}: {}</p>",
            tone.differ * 100.0,
            list(&tone.only_a),
            list(&tone.only_b)
        );
    }
    if study.acknowledgements.is_empty() {
        return;
    }
    let all: usize = study.acknowledgements.iter().map(|a| a.1).sum();
    out.push_str("<details><summary>What was said before questions and probes</summary>\n");
    head(
        out,
        "Words before questions and probes, most frequent first",
        &["words", "times", "share"],
    );
    for (words, count) in study.acknowledgements.iter().take(ACKNOWLEDGEMENTS) {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{count}</td><td class=\"n\">{:.1} %</td></tr>",
            escape(words),
            *count as f64 * 100.0 / all as f64
        );
    }
    out.push_str("</tbody></table></div></details>\n");
}

fn findings(out: &mut String, study: &Study) {
    out.push_str("<h2 id=\"findings\">Findings</h2>\n");
    if study.findings.is_empty() {
        out.push_str("<p>None.</p>\n");
        return;
    }
    if study.findings.len() > LISTED {
        let _ = writeln!(
            out,
            "<p>The first {LISTED} of {}; <code>study.json</code> holds them all.</p>",
            study.findings.len()
        );
    }
    out.push_str("<div class=\"wide\"><table>\n<caption>Everything found wanting</caption>\n<thead><tr><th scope=\"col\">what</th><th scope=\"col\">why</th><th scope=\"col\">words</th><th scope=\"col\">session, line of its log</th></tr></thead>\n<tbody>\n");
    for finding in study.findings.iter().take(LISTED) {
        let place = match (finding.session.as_str(), finding.seq) {
            ("", _) => "all".to_owned(),
            (session, 0) => format!("<code>{}</code>", escape(session)),
            (session, seq) => format!("<code>{}</code>, {seq}", escape(session)),
        };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{place}</td></tr>",
            finding.check.text(),
            escape(&finding.why),
            escape(&finding.line)
        );
    }
    out.push_str("</tbody></table></div>\n");
}
