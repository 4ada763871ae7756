//! Numbered lines that should count up: what is missing, misplaced, doubled.

/// How a number stands to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The one that was expected.
    Next,
    /// Some before it are missing so far.
    Jump,
    /// One that was missing, but later than its place.
    Back,
    /// One that was there before.
    Again,
}

/// A stretch of numbers that did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) from: u64,
    pub(super) to: u64,
    /// Lines in that place that could not be read: they may be some of these.
    unread: u64,
    /// The line before which they are missing.
    pub(super) before_line: u64,
}

/// Keeps track of numbers from 1.
#[derive(Default)]
pub(super) struct Order {
    max: u64,
    unread: u64,
    missing: Vec<Missing>,
}

impl Order {
    /// The number that should come next; a damaged line may have had the
    /// greatest there is.
    pub(super) const fn expected(&self) -> u64 {
        self.max.saturating_add(self.unread).saturating_add(1)
    }

    /// A line came whose number cannot be read.
    pub(super) const fn unreadable(&mut self) {
        self.unread += 1;
    }

    /// The number `n` came in this line of the file.
    pub(super) fn note(&mut self, n: u64, line: u64) -> Step {
        if n > self.max {
            let skipped = n - self.max - 1;
            let jump = skipped > self.unread;
            if jump {
                self.missing.push(Missing {
                    from: self.max + 1,
                    to: n - 1,
                    unread: self.unread,
                    before_line: line,
                });
            }
            self.max = n;
            self.unread = 0;
            return if jump { Step::Jump } else { Step::Next };
        }
        let Some(i) = self.missing.iter().position(|m| m.from <= n && n <= m.to) else {
            return Step::Again;
        };
        let hole = self.missing.remove(i);
        let halves = [
            Missing {
                to: n.saturating_sub(1),
                ..hole
            },
            Missing {
                from: n + 1,
                unread: 0,
                ..hole
            },
        ];
        for half in halves {
            if half.from <= half.to {
                self.missing.push(half);
            }
        }
        Step::Back
    }

    /// The stretches that never came.
    pub(super) fn missing(&self) -> impl Iterator<Item = &Missing> {
        self.missing.iter().filter(|m| m.to - m.from + 1 > m.unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(numbers: &[u64]) -> (Vec<Step>, Vec<(u64, u64)>) {
        let mut order = Order::default();
        let steps = (1..)
            .zip(numbers)
            .filter_map(|(line, &n)| {
                // Zero stands for an unreadable line.
                if n == 0 {
                    order.unreadable();
                    return None;
                }
                Some(order.note(n, line))
            })
            .collect();
        (steps, order.missing().map(|m| (m.from, m.to)).collect())
    }

    #[test]
    fn each_disorder_is_told_apart() {
        use Step::{Again, Back, Jump, Next};
        assert_eq!(run(&[1, 2, 3]), (vec![Next; 3], vec![]));
        assert_eq!(run(&[1, 4]), (vec![Next, Jump], vec![(2, 3)]));
        assert_eq!(run(&[1, 3, 2, 4]), (vec![Next, Jump, Back, Next], vec![]));
        assert_eq!(run(&[1, 2, 2]), (vec![Next, Next, Again], vec![]));
        assert_eq!(run(&[1, 0, 3]), (vec![Next, Next], vec![]));
        assert_eq!(run(&[1, 0, 4]), (vec![Next, Jump], vec![(2, 3)]));
        assert_eq!(run(&[1, 0, 0, 3]), (vec![Next, Next], vec![]));
        let last = u64::MAX;
        assert_eq!(
            run(&[1, last, 2]),
            (vec![Next, Jump, Back], vec![(3, last - 1)])
        );
        assert_eq!(run(&[last, last]), (vec![Jump, Again], vec![(1, last - 1)]));
        assert_eq!(
            run(&[1, 5, 3]),
            (vec![Next, Jump, Back], vec![(2, 2), (4, 4)])
        );
    }
}
