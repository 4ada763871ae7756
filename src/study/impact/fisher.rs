//! Fisher's exact test for a table of two groups and two outcomes: the
//! probability, with both margins fixed, of a table at most as likely as the
//! one found (R. A. Fisher, *The Logic of Inductive Inference*, 1935). Two
//! sides, as R's `fisher.test` counts them: all tables whose probability is
//! not greater than that of the table found, with a relative tolerance of
//! 1e-7 for rounding.

/// Selected and not selected, of two groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Selected of the first group.
    pub a: u64,
    /// Not selected of the first group.
    pub b: u64,
    /// Selected of the second group.
    pub c: u64,
    /// Not selected of the second group.
    pub d: u64,
}

/// How much larger a probability may be and still count as equal.
const TOLERANCE: f64 = 1e-7;

/// Logarithms of the factorials of 0 to n.
fn log_factorials(n: u64) -> Vec<f64> {
    let mut out = Vec::with_capacity(n as usize + 1);
    let mut sum = 0.0;
    out.push(sum);
    for k in 1..=n {
        sum += (k as f64).ln();
        out.push(sum);
    }
    out
}

/// The two-sided probability, 0-1; 1 where a margin is empty.
pub fn two_sided(table: Table) -> f64 {
    let Table { a, b, c, d } = table;
    let (first, second) = (a + b, c + d);
    let (selected, all) = (a + c, first + second);
    let logs = log_factorials(all);
    let log = |n: u64| logs[n as usize];
    // Of tables with these margins only the first cell is free.
    let fixed = log(first) + log(second) + log(selected) + log(all - selected) - log(all);
    let probability = |a: u64| {
        let (b, c) = (first - a, selected - a);
        (fixed - log(a) - log(b) - log(c) - log(second - c)).exp()
    };
    let least = selected.saturating_sub(second);
    let most = first.min(selected);
    let found = probability(a) * (1.0 + TOLERANCE);
    let sum: f64 = (least..=most)
        .map(probability)
        .filter(|p| *p <= found)
        .sum();
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn table(a: u64, b: u64, c: u64, d: u64) -> Table {
        Table { a, b, c, d }
    }

    #[test]
    fn published_examples_come_out() {
        for (of, expected) in [
            // The lady tasting tea: Agresti, Categorical Data Analysis, 3.5.2.
            (table(3, 1, 1, 3), 0.485_714_285_7),
            // Fisher's convicts with twins, as in the manual of fisher.test.
            (table(2, 15, 10, 3), 0.000_536_724_1),
            // Students who study, the standing example of encyclopaedias.
            (table(1, 9, 11, 3), 0.002_759_456_2),
            (table(0, 0, 3, 4), 1.0),
            (table(5, 5, 5, 5), 1.0),
            (table(0, 0, 0, 0), 1.0),
            (table(5, 0, 0, 5), 2.0 / 252.0),
        ] {
            let found = two_sided(of);
            assert!((found - expected).abs() < 1e-9, "{of:?}: {found}");
        }
    }

    /// n over k, exactly.
    fn choose(n: u64, k: u64) -> u128 {
        (0..k).fold(1u128, |c, i| c * u128::from(n - i) / u128::from(i + 1))
    }

    proptest! {
        /// Counted in whole numbers: the tables at most as likely as this
        /// one, of all tables with these margins.
        #[test]
        fn it_is_the_sum_of_the_hypergeometric_terms(
            a in 0u64..16, b in 0u64..16, c in 0u64..16, d in 0u64..16,
        ) {
            let ways = |x: u64| choose(a + b, x) * choose(c + d, a + c - x);
            let range = (a + c).saturating_sub(c + d)..=(a + b).min(a + c);
            let few: u128 = range.clone().map(ways).filter(|w| *w <= ways(a)).sum();
            let all: u128 = range.map(ways).sum();
            prop_assert_eq!(all, choose(a + b + c + d, a + c));
            let expected = few as f64 / all as f64;
            prop_assert!((two_sided(table(a, b, c, d)) - expected).abs() < 1e-9);
        }

        /// Which group is named first, or what counts as an outcome, changes
        /// nothing; and it stays a probability where numbers are large.
        #[test]
        fn it_does_not_depend_on_the_order(
            a in 0u64..4_000, b in 0u64..4_000, c in 0u64..4_000, d in 0u64..4_000,
        ) {
            let p = two_sided(table(a, b, c, d));
            prop_assert!((0.0..=1.0).contains(&p));
            for other in [table(c, d, a, b), table(b, a, d, c), table(a, c, b, d)] {
                let q = two_sided(other);
                prop_assert!((p - q).abs() <= 1e-6 * p.max(q).max(1e-12), "{p} {q}");
            }
        }
    }
}
