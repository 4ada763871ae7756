//! The charts of a study.

use super::Study;
use super::chart::{BarRow, DotRow, Scale, Series, StackRow, bars, columns, dots, stacked};
use super::tables::{Advices, ByGroup, ByQuestion};

/// One chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Name of its file, without the ending.
    pub name: &'static str,
    /// What it shows, in a sentence.
    pub about: String,
    /// The chart.
    pub svg: String,
}

const SCORES: [Series; 6] = [
    ("1", "#9a3412"),
    ("2", "#d97742"),
    ("3", "#e3c567"),
    ("4", "#7fb3a2"),
    ("5", "#1f6f5c"),
    ("not scored", "#d5dae0"),
];
const ADVICE: [Series; 4] = [
    ("Proceed to next round", "#1f6f5c"),
    ("Consider with reservations", "#e3c567"),
    ("Not a fit at this time", "#9a3412"),
    ("No recommendation", "#d5dae0"),
];
const QUALITY: [Series; 4] = [
    ("weak", "#9a3412"),
    ("average", "#b58a1b"),
    ("strong", "#2f6f9f"),
    ("exceptional", "#1f6f5c"),
];
/// Questions that the chart of the least telling ones shows.
const LEAST: usize = 25;

/// Draws all charts of a study.
pub fn figures(study: &Study) -> Vec<Figure> {
    let mut out = vec![
        scores_by_profile(study),
        recommendations_by_profile(study),
        scores_by_job(study),
        relevance_by_job(study),
        difficulty(
            "difficulty-by-family",
            "Mean score by family of the questions",
            &study.families,
        ),
        difficulty(
            "difficulty-by-level",
            "Mean score by level of the questions",
            &study.levels,
        ),
        least_telling(study),
        lengths(study),
        talking(study),
    ];
    out.retain(|figure| !figure.svg.is_empty());
    out
}

fn mean_note(mean: Option<f64>) -> String {
    mean.map_or_else(|| "not scored".to_owned(), |m| format!("mean {m:.2}"))
}

fn scores_by_profile(study: &Study) -> Figure {
    let rows: Vec<StackRow> = study
        .profiles
        .iter()
        .map(|p| StackRow {
            label: p.profile.clone(),
            counts: p.scores.iter().copied().chain([p.unscored]).collect(),
            note: mean_note(p.mean),
        })
        .collect();
    let about = "Answers by score from 1 to 5, for each kind of candidate; at the right the mean of the interviews' mean scores.";
    Figure {
        name: "scores-by-profile",
        about: about.to_owned(),
        svg: stacked("Scores by profile", about, &SCORES, &rows),
    }
}

fn counts(advice: &Advices) -> Vec<usize> {
    vec![
        advice.proceed,
        advice.reservations,
        advice.not_a_fit,
        advice.none,
    ]
}

fn recommendations_by_profile(study: &Study) -> Figure {
    let rows: Vec<StackRow> = study
        .profiles
        .iter()
        .map(|p| StackRow {
            label: p.profile.clone(),
            counts: counts(&p.advice),
            note: format!("{} interviews", p.interviews),
        })
        .collect();
    let about = "How often each recommendation was given, for each kind of candidate.";
    Figure {
        name: "recommendations-by-profile",
        about: about.to_owned(),
        svg: stacked("Recommendations by profile", about, &ADVICE, &rows),
    }
}

fn score_scale() -> Scale {
    Scale {
        from: 1.0,
        to: 5.0,
        marks: (1..=5).map(|n| (f64::from(n), n.to_string())).collect(),
        target: None,
    }
}

fn gap_note(gap: Option<f64>) -> String {
    gap.map_or_else(String::new, |g| format!("gap {g:.2}"))
}

fn scores_by_job(study: &Study) -> Figure {
    let rows: Vec<DotRow> = study
        .jobs
        .iter()
        .map(|job| DotRow {
            label: job.position.clone(),
            at: job.means.to_vec(),
            note: format!("{} interviews", job.interviews),
        })
        .collect();
    let about = "Mean score of each quality, for each job.";
    Figure {
        name: "scores-by-job",
        about: about.to_owned(),
        svg: dots(
            "Mean score by job and quality",
            about,
            &QUALITY,
            &score_scale(),
            &rows,
        ),
    }
}

fn relevance_by_job(study: &Study) -> Figure {
    let rows: Vec<BarRow> = study
        .jobs
        .iter()
        .filter_map(|job| {
            Some(BarRow {
                label: job.position.clone(),
                value: job.relevance?,
                tick: job.least,
                note: format!("{:.3}, least {:.2}", job.relevance?, job.least?),
            })
        })
        .collect();
    let about = "Mean relevance of all questions asked, for each job; the thin line is the least relevant question.";
    let scale = Scale {
        from: 0.0,
        to: 1.0,
        marks: (0..=4)
            .map(|n| (f64::from(n) / 4.0, format!("{:.2}", f64::from(n) / 4.0)))
            .collect(),
        target: Some((super::RELEVANCE, format!("target {}", super::RELEVANCE))),
    };
    Figure {
        name: "relevance-by-job",
        about: about.to_owned(),
        svg: bars("Relevance by job", about, &scale, &rows),
    }
}

fn difficulty(name: &'static str, title: &str, groups: &[ByGroup]) -> Figure {
    let rows: Vec<DotRow> = groups
        .iter()
        .map(|group| DotRow {
            label: format!("{} ({} asked)", group.name, group.asked),
            at: group.means.to_vec(),
            note: gap_note(group.discrimination),
        })
        .collect();
    let about = "Mean score of each quality; the gap is the mean of the upper two less that of the lower two.";
    Figure {
        name,
        about: about.to_owned(),
        svg: dots(title, about, &QUALITY, &score_scale(), &rows),
    }
}

fn least_telling(study: &Study) -> Figure {
    let mut known: Vec<&ByQuestion> = study
        .questions
        .iter()
        .filter(|q| q.discrimination.is_some())
        .collect();
    let gap = |q: &ByQuestion| q.discrimination.unwrap_or_default();
    known.sort_by(|a, b| gap(a).total_cmp(&gap(b)).then_with(|| a.id.cmp(&b.id)));
    known.truncate(LEAST);
    let rows: Vec<DotRow> = known
        .iter()
        .map(|q| DotRow {
            label: q.id.clone(),
            at: q.means.to_vec(),
            note: gap_note(q.discrimination),
        })
        .collect();
    let about = "The questions whose scores tell the upper two qualities least from the lower two.";
    let svg = if rows.is_empty() {
        String::new()
    } else {
        dots(
            "Questions that tell candidates apart least",
            about,
            &QUALITY,
            &score_scale(),
            &rows,
        )
    };
    Figure {
        name: "questions-that-tell-least",
        about: about.to_owned(),
        svg,
    }
}

fn lengths(study: &Study) -> Figure {
    let tenths = study.lengths.tenths.iter().enumerate();
    let values: Vec<(String, usize)> = tenths
        .map(|(at, count)| (format!("{}-{} %", at * 10, at * 10 + 10), *count))
        .collect();
    let about = "Interviews by the share of the agreed time that they took, pauses left out.";
    let under = "share of the time agreed on";
    Figure {
        name: "lengths",
        about: about.to_owned(),
        svg: columns("Length of the interviews", about, under, &values),
    }
}

fn talking(study: &Study) -> Figure {
    let rows: Vec<BarRow> = study
        .profiles
        .iter()
        .filter_map(|p| {
            Some(BarRow {
                label: p.profile.clone(),
                value: p.candidate_share?,
                tick: None,
                note: format!("{:.1} words a turn", p.words_a_turn),
            })
        })
        .collect();
    let about = "The candidate's share of the time in which somebody spoke; at the right the recruiter's words a turn.";
    let scale = Scale {
        from: 0.0,
        to: 1.0,
        marks: (0..=4)
            .map(|n| (f64::from(n) / 4.0, format!("{} %", n * 25)))
            .collect(),
        target: None,
    };
    Figure {
        name: "talking",
        about: about.to_owned(),
        svg: bars("Who speaks", about, &scale, &rows),
    }
}
