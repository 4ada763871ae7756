//! The figures as text for people.

use super::{FOUR_FIFTHS, Impact, Rate, Set, Why};
use std::fmt::Write;

/// Writes the figures as tables, with what they are and are not.
pub fn text(impact: &Impact) -> String {
    let mut out = format!(
        "Interviews with a recommendation: {}\nSelected: {}\n",
        impact.interviews,
        impact.selected.join(" or ")
    );
    for set in &impact.sets {
        one(&mut out, set);
    }
    let _ = writeln!(
        out,
        "\nInterviews named by the file: {}, not named: {}",
        impact.matched, impact.without_row
    );
    for row in &impact.left_out {
        let who: String = row.who.chars().filter(|c| !c.is_control()).collect();
        let _ = writeln!(out, "Not counted: line {} ({who}): {}", row.line, row.why);
    }
    for why in Why::ALL {
        let sessions = impact
            .excluded
            .iter()
            .filter(|left| left.why == why)
            .count();
        if sessions > 0 {
            let _ = writeln!(out, "Not counted: interviews where {why}: {sessions}");
        }
    }
    let _ = writeln!(out, "\n{}", impact.small_rule);
    for caveat in impact.caveats {
        let _ = writeln!(out, "{caveat}");
    }
    out
}

fn one(out: &mut String, set: &Set) {
    let plain = |text: &str| -> String { text.chars().filter(|c| !c.is_control()).collect() };
    let job = set
        .job
        .as_deref()
        .map_or(String::new(), |job| format!(", {}", plain(job)));
    let _ = writeln!(out, "\n{}{job}", plain(&set.column));
    let names: Vec<String> = set.groups.iter().map(|g| plain(&g.group)).collect();
    let longest = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let wide = longest.max("not declared".len());
    let _ = writeln!(
        out,
        "  {:<wide$}  {:>10}  {:>8}  {:>6}  {:>6}  {:>8}",
        "", "interviews", "selected", "rate", "ratio", "Fisher p"
    );
    for (name, rate) in names.iter().zip(&set.groups) {
        let ratio = rate
            .impact_ratio
            .map_or_else(|| "-".to_owned(), |r| format!("{r:.2}"));
        let p = rate.fisher_p.map_or_else(|| "-".to_owned(), probability);
        let _ = writeln!(
            out,
            "  {name:<wide$}  {:>10}  {:>8}  {:>6.3}  {ratio:>6}  {p:>8}{}",
            rate.interviews,
            rate.selected,
            rate.rate,
            marks(rate)
        );
    }
    let _ = writeln!(
        out,
        "  {:<wide$}  {:>10}  {:>8}",
        "not declared", set.not_declared, set.not_declared_selected
    );
}

fn probability(p: f64) -> String {
    if p < 0.0005 {
        "<0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

fn marks(rate: &Rate) -> String {
    let mut marks = Vec::new();
    if rate.reference {
        marks.push("compared with".to_owned());
    }
    if rate.below_four_fifths {
        marks.push(format!("BELOW {FOUR_FIFTHS}"));
    }
    if rate.small {
        marks.push("small numbers".to_owned());
    }
    if marks.is_empty() {
        String::new()
    } else {
        format!("  {}", marks.join(", "))
    }
}
