//! What is wrong with the access log: each line by itself, the chain through
//! all of them, and the tip that counts them.

use super::{Access, Accesses, LOG, TIP, Tip, hash_of, read_if_there, whole_lines};
use crate::record::error::RecordError;
use crate::record::key::Trust;
use crate::record::signed;
use crate::record::verify::{Findings, ProblemKind};
use std::collections::BTreeSet;
use std::path::Path;

fn place(line: u64) -> String {
    format!("{LOG} line {line}")
}

/// What the line before says of the next one.
enum Before {
    /// There is none.
    Nothing,
    /// Its number and hash.
    Line(u64, String),
    /// It is not whole, and to blame for what does not follow from it.
    Broken,
}

pub(super) fn read(data_dir: &Path, trust: &Trust) -> Result<Accesses, RecordError> {
    let mut wrong = Findings::default();
    let tip = read_if_there(&data_dir.join(TIP))?;
    let log = read_if_there(&data_dir.join(LOG))?;
    if log.is_none() && tip.is_some() {
        wrong.add(ProblemKind::Missing, LOG, "the access log is gone");
    }
    let log = log.unwrap_or_default();
    let parsed: Vec<_> = whole_lines(&log).map(signed::parse::<Access>).collect();
    let numbers: BTreeSet<u64> = parsed
        .iter()
        .filter_map(|(access, _)| Some(access.as_ref().ok()?.seq))
        .collect();
    let mut entries = Vec::new();
    let mut before = Before::Nothing;
    for ((line, (access, canonical)), number) in whole_lines(&log).zip(parsed).zip(1..) {
        let access = match access {
            Ok(access) => access,
            Err(why) => {
                wrong.add(ProblemKind::Unreadable, place(number), why);
                before = Before::Broken;
                continue;
            }
        };
        if !signed::judge(&access, canonical, trust, &place(number), &mut wrong) {
            before = Before::Broken;
            continue;
        }
        let (expected, follows) = match &before {
            Before::Broken => (access.seq, true),
            Before::Nothing => (1, access.seq == 1 && access.prev.is_none()),
            Before::Line(seq, hash) => (
                seq + 1,
                access.seq == seq + 1 && access.prev.as_ref() == Some(hash),
            ),
        };
        if !follows {
            let found = access.seq;
            let (kind, detail) = if found < expected || numbers.contains(&expected) {
                (
                    ProblemKind::Reordered,
                    format!("holds read {found}, expected read {expected}"),
                )
            } else {
                (
                    ProblemKind::Deleted,
                    format!("holds read {found}, expected read {expected}; lines are missing"),
                )
            };
            wrong.add(kind, place(number), detail);
        }
        before = Before::Line(access.seq, hash_of(line));
        entries.push(access);
    }
    check_tip(tip.as_deref(), &log, trust, &mut wrong);
    Ok(Accesses {
        entries,
        problems: wrong.into_vec(),
    })
}

/// The tip counts the lines. A killed writer may have left it one behind.
fn check_tip(tip: Option<&[u8]>, log: &[u8], trust: &Trust, wrong: &mut Findings) {
    let lines: Vec<&[u8]> = whole_lines(log).collect();
    let here = lines.len() as u64;
    let Some(tip) = tip else {
        if here > 1 {
            wrong.add(ProblemKind::Missing, TIP, "the count of the reads is gone");
        }
        return;
    };
    let tip = match signed::parse::<Tip>(tip) {
        (Ok(tip), canonical) if signed::judge(&tip, canonical, trust, TIP, wrong) => tip,
        (Ok(_), _) => return,
        (Err(why), _) => {
            wrong.add(ProblemKind::Unreadable, TIP, why);
            return;
        }
    };
    if here < tip.count || (log.len() as u64) < tip.bytes {
        let detail = format!(
            "{here} reads found, {} stated; the last is missing",
            tip.count
        );
        wrong.add(ProblemKind::CutTail, LOG, detail);
        return;
    }
    let counted = usize::try_from(tip.count)
        .ok()
        .and_then(|count| lines.get(count.checked_sub(1)?));
    if counted.is_none_or(|line| hash_of(line) != tip.last) {
        let detail = format!("is not the line that {TIP} counts");
        wrong.add(ProblemKind::Inconsistent, place(tip.count), detail);
    }
    if here > tip.count + 1 {
        let detail = format!("{here} reads found, {} stated", tip.count);
        wrong.add(ProblemKind::Inconsistent, TIP, detail);
    }
}
