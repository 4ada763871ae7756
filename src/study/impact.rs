//! Fairness figures: selection rates and impact ratios of groups that people
//! declared themselves to belong to. The groups come from a file of their
//! own; no record, index or interviewer ever sees them.
//!
//! The impact ratio is a group's selection rate divided by that of the group
//! with the highest one; below four fifths it is flagged (Uniform Guidelines
//! on Employee Selection Procedures, 29 CFR 1607.4 D, 1978). Beside it stands
//! [Fisher's exact test](fisher) of the same two groups.

pub mod fisher;
pub mod groups;
pub mod outcomes;
mod text;

pub use groups::{Groups, GroupsError, Key};
pub use outcomes::{Excluded, Outcome, Why, outcomes};
pub use text::text;

use crate::interview::score::recommend::Advice;
use crate::record::comparable_name;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An impact ratio below this is flagged.
pub const FOUR_FIFTHS: f64 = 0.8;
/// A group with fewer interviews is small.
pub const SMALL_GROUP: u64 = 30;
/// A comparison in which fewer are expected in a cell is small.
pub const SMALL_CELL: f64 = 5.0;

/// When numbers are called small, in words.
pub const SMALL_RULE: &str = "Numbers are small where one of the two groups has fewer than 30 \
    interviews, or where chance alone would put fewer than 5 into one of the four cells (selected \
    or not, of either group). A ratio of small numbers says little in either direction.";

/// What the figures are and are not.
pub const CAVEATS: &[&str] = &[
    "These figures describe what the program recommended, not what people decided.",
    "A ratio below four fifths is a reason to look closer. It proves no discrimination, and a ratio \
     above it does not prove that there is none.",
    "The test asks how likely a difference at least this unlikely is by chance alone. Many \
     comparisons make small probabilities likely somewhere.",
    "Groups are what people declared. Those who declared nothing are counted apart and compared \
     with nobody; if they differ from the others, the figures mislead.",
    "Each interview counts, so a person with two interviews counts twice.",
    "Small groups can give away who is in them: keep this page as carefully as the file of groups.",
];

/// How the figures are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// "Consider with reservations" counts as selected, too.
    pub count_consider: bool,
    /// One set of figures for each position, instead of one for all.
    pub by_job: bool,
}

/// A row of the file that is not counted.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its line in the file.
    pub line: usize,
    /// Whom it names, as written.
    pub who: String,
    /// Why it is not counted.
    pub why: String,
}

/// One group in comparison with the one that has the highest rate.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Rate {
    /// The group, as it was written first.
    pub group: String,
    /// Interviews of people who declared it.
    pub interviews: u64,
    /// How many of them are selected.
    pub selected: u64,
    /// Share of the selected, 0-1.
    pub rate: f64,
    /// The rate divided by the highest one; nothing where nobody is selected.
    pub impact_ratio: Option<f64>,
    /// Whether that is below four fifths.
    pub below_four_fifths: bool,
    /// Whether this is the group that the others are compared with.
    pub reference: bool,
    /// Two-sided probability of Fisher's exact test against it.
    pub fisher_p: Option<f64>,
    /// Whether the numbers are small, see [`SMALL_RULE`].
    pub small: bool,
}

/// The figures of one column of the file.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Set {
    /// The position; nothing where all are taken together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The column.
    pub column: String,
    /// Highest rate first.
    pub groups: Vec<Rate>,
    /// Interviews of people who declared nothing here.
    pub not_declared: u64,
    /// How many of those are selected.
    pub not_declared_selected: u64,
}

/// All figures.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Impact {
    /// Name and version of this layout.
    pub schema: &'static str,
    /// Program that made it.
    pub program: &'static str,
    /// Recommendations that count as selected.
    pub selected: Vec<&'static str>,
    /// Interviews with a recommendation.
    pub interviews: usize,
    /// Rows of the file that were matched with an interview.
    pub matched: usize,
    /// Interviews that no row names.
    pub without_row: usize,
    /// Rows that are not counted.
    pub left_out: Vec<LeftOut>,
    /// Interviews that are not counted.
    pub excluded: Vec<Excluded>,
    /// The figures.
    pub sets: Vec<Set>,
    /// When numbers are called small.
    pub small_rule: &'static str,
    /// What the figures are and are not.
    pub caveats: &'static [&'static str],
}

impl Impact {
    /// Whether a group is below four fifths anywhere.
    pub fn flagged(&self) -> bool {
        let mut rates = self.sets.iter().flat_map(|set| &set.groups);
        rates.any(|rate| rate.below_four_fifths)
    }
}

/// Makes the figures of these interviews.
pub fn impact(
    outcomes: &[Outcome],
    excluded: Vec<Excluded>,
    groups: &Groups,
    options: Options,
) -> Impact {
    let mut left_out = Vec::new();
    let declared = assign(outcomes, &excluded, groups, &mut left_out);
    let jobs: Vec<Option<&str>> = if options.by_job {
        let jobs: BTreeSet<&str> = outcomes.iter().map(|o| o.position.as_str()).collect();
        jobs.into_iter().map(Some).collect()
    } else {
        vec![None]
    };
    let mut sets = Vec::new();
    for job in jobs {
        let of_job = |o: &Outcome| job.is_none_or(|job| o.position == job);
        for (column, name) in groups.columns.iter().enumerate() {
            let counted = outcomes.iter().zip(&declared).filter(|(o, _)| of_job(o));
            let counted = counted.map(|(outcome, row)| {
                let group = row.and_then(|row| groups.rows[row].declared[column].as_deref());
                (group, selects(outcome.advice, options))
            });
            sets.push(set(job, name, counted));
        }
    }
    let matched = declared.iter().flatten().count();
    let mut selected = vec![Advice::Proceed.text()];
    selected.extend(options.count_consider.then(|| Advice::Reservations.text()));
    Impact {
        schema: "viva.impact.v1",
        program: crate::PROGRAM,
        selected,
        interviews: outcomes.len(),
        matched,
        without_row: outcomes.len() - matched,
        left_out,
        excluded,
        sets,
        small_rule: SMALL_RULE,
        caveats: CAVEATS,
    }
}

fn selects(advice: Advice, options: Options) -> bool {
    advice == Advice::Proceed || (options.count_consider && advice == Advice::Reservations)
}

/// The row of each interview, where exactly one names it.
fn assign(
    outcomes: &[Outcome],
    excluded: &[Excluded],
    groups: &Groups,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Option<usize>> {
    let mut of: Vec<Option<usize>> = vec![None; outcomes.len()];
    let mut disputed: BTreeSet<usize> = BTreeSet::new();
    for (at, row) in groups.rows.iter().enumerate() {
        let mut leave = |why: String| {
            left_out.push(LeftOut {
                line: row.line,
                who: row.who.clone(),
                why,
            });
        };
        let names = |outcome: &Outcome| match groups.key {
            Key::Session => outcome.session == row.who,
            Key::Candidate => comparable_name(&outcome.candidate) == comparable_name(&row.who),
        };
        let mut found = (0..outcomes.len()).filter(|i| names(&outcomes[*i]));
        let Some(first) = found.next() else {
            let out = excluded.iter().find(|e| e.session == row.who);
            leave(out.map_or_else(
                || "names no interview that is here".to_owned(),
                |e| format!("its interview is not counted: {}", e.why),
            ));
            continue;
        };
        let more = found.count();
        if more > 0 {
            leave(format!("{} interviews fit; name them by session", more + 1));
            continue;
        }
        match of[first] {
            None => of[first] = Some(at),
            Some(other) if groups.rows[other].declared == row.declared => {
                leave(format!("says the same as line {}", groups.rows[other].line));
            }
            Some(other) => {
                leave(format!("contradicts line {}", groups.rows[other].line));
                disputed.insert(first);
            }
        }
    }
    for outcome in disputed {
        if let Some(row) = of[outcome].take().map(|at| &groups.rows[at]) {
            left_out.push(LeftOut {
                line: row.line,
                who: row.who.clone(),
                why: "another line contradicts it".to_owned(),
            });
        }
    }
    left_out.sort_by_key(|row| row.line);
    of
}

#[derive(Default)]
struct Tally {
    name: String,
    all: u64,
    selected: u64,
}

impl Tally {
    fn count(&mut self, selected: bool) {
        self.all += 1;
        self.selected += u64::from(selected);
    }

    fn rate(&self) -> f64 {
        self.selected as f64 / self.all as f64
    }
}

fn set<'a>(
    job: Option<&str>,
    column: &str,
    counted: impl Iterator<Item = (Option<&'a str>, bool)>,
) -> Set {
    // Spelling with other capitals makes no other group.
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut open = Tally::default();
    for (group, selected) in counted {
        match group {
            None => open.count(selected),
            Some(group) => {
                let tally = tallies.entry(group.to_lowercase()).or_default();
                if tally.name.is_empty() {
                    group.clone_into(&mut tally.name);
                }
                tally.count(selected);
            }
        }
    }
    let mut tallies: Vec<Tally> = tallies.into_values().collect();
    // Of equal rates the larger group is the one to compare with.
    tallies.sort_by(|a, b| {
        let rates = b.rate().total_cmp(&a.rate());
        rates.then(b.all.cmp(&a.all)).then(a.name.cmp(&b.name))
    });
    let groups = tallies.iter().enumerate();
    let groups = groups.map(|(i, tally)| compare(tally, &tallies[0], i == 0));
    Set {
        job: job.map(str::to_owned),
        column: column.to_owned(),
        groups: groups.collect(),
        not_declared: open.all,
        not_declared_selected: open.selected,
    }
}

fn compare(group: &Tally, best: &Tally, reference: bool) -> Rate {
    let impact_ratio = (best.selected > 0).then(|| group.rate() / best.rate());
    let small = if reference {
        group.all < SMALL_GROUP
    } else {
        let all = (group.all + best.all) as f64;
        let selected = (group.selected + best.selected) as f64;
        let smaller = group.all.min(best.all);
        // The smallest expected cell lies in the smaller group.
        let expected = smaller as f64 * selected.min(all - selected) / all;
        smaller < SMALL_GROUP || expected < SMALL_CELL
    };
    Rate {
        group: group.name.clone(),
        interviews: group.all,
        selected: group.selected,
        rate: group.rate(),
        impact_ratio,
        below_four_fifths: impact_ratio.is_some_and(|ratio| ratio < FOUR_FIFTHS),
        reference,
        fisher_p: (!reference).then(|| {
            fisher::two_sided(fisher::Table {
                a: group.selected,
                b: group.all - group.selected,
                c: best.selected,
                d: best.all - best.selected,
            })
        }),
        small,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(n: usize, position: &str, advice: Advice) -> Outcome {
        Outcome {
            session: format!("S{n}"),
            candidate: format!("Person {n}"),
            position: position.to_owned(),
            advice,
        }
    }

    /// The example of the Uniform Guidelines' questions and answers (1979,
    /// question 12): 48 of 80 White and 12 of 40 Black applicants hired.
    fn published() -> (Vec<Outcome>, String) {
        let mut outcomes = Vec::new();
        let mut file = String::from("session,group\n");
        for (group, all, hired) in [("White", 80, 48), ("Black", 40, 12)] {
            for i in 0..all {
                let advice = if i < hired {
                    Advice::Proceed
                } else {
                    Advice::NotAFit
                };
                let one = outcome(outcomes.len(), "Operator", advice);
                file += &format!("{},{group}\n", one.session);
                outcomes.push(one);
            }
        }
        (outcomes, file)
    }

    fn figures(outcomes: &[Outcome], file: &str, options: Options) -> Impact {
        let groups = groups::read("groups.csv", file.as_bytes()).unwrap();
        impact(outcomes, Vec::new(), &groups, options)
    }

    #[test]
    fn the_published_example_comes_out() {
        let (outcomes, file) = published();
        let made = figures(&outcomes, &file, Options::default());
        let [best, other] = made.sets[0].groups.as_slice() else {
            panic!("{made:?}");
        };
        assert!(best.reference && best.rate == 0.6 && best.impact_ratio == Some(1.0));
        assert!(other.rate == 0.3 && other.impact_ratio == Some(0.5));
        assert!(other.below_four_fifths && !best.below_four_fifths && made.flagged());
        assert!(!other.small && !best.small);
        let p = other.fisher_p.unwrap();
        assert!(p > 0.001 && p < 0.005, "{p}");
    }

    #[test]
    fn exactly_four_fifths_is_not_below() {
        let mut file = String::from("session,group\n");
        let mut outcomes = Vec::new();
        for i in 0..20 {
            let advice = match i {
                0..5 | 10..14 => Advice::Proceed,
                _ => Advice::Reservations,
            };
            file += &format!("S{i},{}\n", if i < 10 { "a" } else { "b" });
            outcomes.push(outcome(i, "x", advice));
        }
        let made = figures(&outcomes, &file, Options::default());
        assert_eq!(made.sets[0].groups[1].impact_ratio, Some(0.8));
        assert!(!made.flagged() && made.sets[0].groups[1].small);
        let counting = Options {
            count_consider: true,
            ..Options::default()
        };
        let made = figures(&outcomes, &file, counting);
        assert!(made.sets[0].groups.iter().all(|g| g.rate == 1.0));
        assert_eq!(made.selected.len(), 2);
    }

    #[test]
    fn rows_that_are_not_clear_are_named_and_not_counted() {
        let mut outcomes: Vec<Outcome> =
            (1..=5).map(|n| outcome(n, "x", Advice::Proceed)).collect();
        outcomes[4].candidate = "pérson  4".into();
        let file = "candidate,a\nPerson 1,x\nPERSON 2,X\nPerson 2,y\nPerson 3,x\nPerson 3,x\n\
            Person 4,x\nNobody,x\n";
        let made = figures(&outcomes, file, Options::default());
        let told: Vec<(usize, &str)> = made
            .left_out
            .iter()
            .map(|l| (l.line, l.why.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (3, "another line contradicts it"),
                (4, "contradicts line 3"),
                (6, "says the same as line 5"),
                (7, "2 interviews fit; name them by session"),
                (8, "names no interview that is here"),
            ]
        );
        let set = &made.sets[0];
        assert_eq!(
            (made.matched, made.without_row, set.not_declared),
            (2, 3, 3)
        );
        assert_eq!((set.groups.len(), set.groups[0].interviews), (1, 2));
    }

    #[test]
    fn positions_can_be_taken_apart_and_nobody_selected_has_no_ratio() {
        let outcomes = [
            outcome(1, "Clerk", Advice::NotAFit),
            outcome(2, "Clerk", Advice::Reservations),
            outcome(3, "Driver", Advice::Proceed),
        ];
        let file = "session,a,b\nS1,x,\nS2,y,u\nS3,x,u\n";
        let made = figures(
            &outcomes,
            file,
            Options {
                by_job: true,
                ..Options::default()
            },
        );
        let sets: Vec<(Option<&str>, &str)> = made
            .sets
            .iter()
            .map(|s| (s.job.as_deref(), s.column.as_str()))
            .collect();
        let (clerk, driver) = (Some("Clerk"), Some("Driver"));
        assert_eq!(
            sets,
            [(clerk, "a"), (clerk, "b"), (driver, "a"), (driver, "b")]
        );
        assert!(
            made.sets[0]
                .groups
                .iter()
                .all(|g| g.impact_ratio.is_none() && g.small)
        );
        assert_eq!(made.sets[1].not_declared, 1);
        assert!(!made.flagged());
    }
}
