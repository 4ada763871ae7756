//! A download, as it is shown.

/// A download.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fetch {
    pub(super) name: String,
    pub(super) there: u64,
    pub(super) total: Option<u64>,
    /// Where this run began, and when.
    from: Option<(u64, u64)>,
    /// Bytes a second.
    pub(super) speed: Option<f64>,
    /// Why it stands still.
    pub(super) stopped: Option<String>,
}

impl Fetch {
    /// Nothing is there yet.
    pub(super) const fn new(name: String) -> Self {
        Self {
            name,
            there: 0,
            total: None,
            from: None,
            speed: None,
            stopped: None,
        }
    }

    /// So much is there.
    pub(super) fn reach(&mut self, there: u64, total: Option<u64>, now_ms: u64) {
        (self.there, self.total) = (there, total.or(self.total));
        let (from, since) = *self.from.get_or_insert((there, now_ms));
        let ms = now_ms.saturating_sub(since);
        // Less says nothing yet.
        if ms >= 500 {
            let bytes = there.saturating_sub(from) as f64;
            self.speed = Some(bytes * 1_000.0 / ms as f64);
        }
    }

    /// It stands still, and why.
    pub(super) fn stop(&mut self, why: String) {
        (self.from, self.speed) = (None, None);
        self.stopped = Some(why);
    }

    /// How much is there, 0-1, once the whole is known.
    pub(super) fn share(&self) -> Option<f64> {
        let total = self.total.filter(|total| *total > 0)?;
        Some((self.there as f64 / total as f64).min(1.0))
    }

    /// How much is there, how fast more comes, and how long it takes.
    pub(super) fn progress(&self) -> String {
        let Some(total) = self.total else {
            return "connecting ...".to_owned();
        };
        let mut text = format!("{} of {}", size(self.there), size(total));
        if let Some(speed) = self.speed.filter(|s| *s >= 1.0) {
            text.push_str(&format!(", {} a second", size(speed as u64)));
            let left = total.saturating_sub(self.there) as f64 / speed;
            text.push_str(&match left.ceil() as u64 {
                s if s < 90 => format!(", {s} s left"),
                s => format!(", {} min left", s.div_ceil(60)),
            });
        }
        text
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        b if b < 10_000_000 => format!("{:.1} MB", b as f64 / 1e6),
        b => format!("{} MB", b / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_tells_speed_and_time_left_once_they_are_known() {
        let mut fetch = Fetch::new("base.en".into());
        assert_eq!(
            (fetch.progress().as_str(), fetch.share()),
            ("connecting ...", None)
        );
        // Half was there from the run before.
        fetch.reach(70_000_000, Some(140_000_000), 1_000);
        assert_eq!(fetch.progress(), "70 MB of 140 MB");
        fetch.reach(77_000_000, Some(140_000_000), 3_000);
        assert_eq!(
            fetch.progress(),
            "77 MB of 140 MB, 3.5 MB a second, 18 s left"
        );
        assert_eq!(fetch.share(), Some(0.55));
        fetch.stop("cut".into());
        assert_eq!(fetch.progress(), "77 MB of 140 MB");
    }
}
