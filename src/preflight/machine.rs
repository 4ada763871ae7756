//! Disk, folders, key and clock.

use super::Finding;
use crate::clock::{Clock, unix_millis};
use crate::record::{self, SealKey};
use std::path::Path;
use std::time::Duration;

/// Bytes of an hour's recording: two tracks of 16 bits at 16 kHz.
const HOUR: u64 = record::RATE as u64 * 4 * 3600;
/// Less than this and no interview is begun.
const LEAST: u64 = 400 * 1024 * 1024;
/// Less than this is worth a word: a few interviews.
const SCARCE: u64 = 4 * HOUR;
/// This program was not written before: 1 January 2025, in ms since 1970.
const NOT_BEFORE: i64 = 1_735_689_600_000;
/// And will not be used after: 1 January 2100.
const NOT_AFTER: i64 = 4_102_444_800_000;
/// How far the time of day may move against the monotonic clock meanwhile,
/// in milliseconds: daemons that keep time right slew it by less.
const MOVED_MS: i64 = 50;

/// Free disk where sessions are kept, in hours of recording.
pub fn disk(sessions: &Path) -> Finding {
    match record::free_space(sessions) {
        Err(error) => Finding::failed(
            "disk",
            error.to_string(),
            "Choose another folder with --out",
        ),
        Ok(free) => judge_disk(sessions, free),
    }
}

fn judge_disk(sessions: &Path, free: u64) -> Finding {
    let hours = free as f64 / HOUR as f64;
    let says = format!(
        "{:.1} GB are free for {}: {} of recording",
        free as f64 / 1e9,
        sessions.display(),
        if hours >= 10.0 {
            format!("{hours:.0} hours")
        } else {
            format!("{hours:.1} hours")
        }
    );
    let advice = "Free some disk, or keep sessions elsewhere with --out or `data.dir`";
    let finding = if free < LEAST {
        Finding::failed("disk", says, advice)
    } else if free < SCARCE {
        Finding::warning("disk", says, advice)
    } else {
        Finding::ok("disk", says)
    };
    finding
        .with("free_bytes", free)
        .with("recording_hours", (hours * 10.0).floor() / 10.0)
}

/// Whether records can be written and sealed here, and nobody else reads
/// them.
pub fn folders(data_dir: &Path, sessions: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    for (part, dir) in [("data", data_dir), ("sessions", sessions)] {
        if part == "sessions" && dir.starts_with(data_dir) {
            continue;
        }
        found.push(match record::check_writable(dir) {
            Err(error) => Finding::failed(
                part,
                error.to_string(),
                "Make the folder writable, or choose another one",
            ),
            Ok(()) => private(part, dir),
        });
    }
    // Where a record's writer looks for it: beside the folder of sessions.
    found.push(key(sessions.parent().unwrap_or(data_dir)));
    found
}

#[cfg(unix)]
fn private(part: &'static str, dir: &Path) -> Finding {
    use std::os::unix::fs::PermissionsExt;
    let shown = dir.display();
    match std::fs::metadata(dir).map(|m| m.permissions().mode() & 0o777) {
        Ok(mode) if mode & 0o077 != 0 => Finding::warning(
            part,
            format!("{shown} can be looked into by others (mode {mode:o})"),
            format!("What was said in an interview is nobody else's business: chmod 700 {shown}"),
        ),
        Ok(_) => Finding::ok(part, format!("{shown} is yours alone")),
        Err(_) => Finding::ok(part, format!("{shown} will be made with the first session")),
    }
}

#[cfg(not(unix))]
fn private(part: &'static str, dir: &Path) -> Finding {
    Finding::ok(part, format!("{} can be written", dir.display()))
}

fn key(data_dir: &Path) -> Finding {
    match SealKey::open(&record::keys_dir(data_dir)) {
        Ok(Some(key)) => Finding::ok(
            "key",
            format!(
                "Records are sealed with key {}",
                record::key_id(&key.public())
            ),
        ),
        Ok(None) => Finding::ok("key", "A key to seal records is made with the first one"),
        Err(error) => Finding::failed(
            "key",
            error.to_string(),
            "Records cannot be sealed with it: mend it, or move it away to have a new one made",
        ),
    }
}

/// The time of day, and whether it moved against the monotonic clock since
/// `began`: `clock` was started when `began` was read (ms since 1970).
pub fn wall_clock(began: i64, clock: &Clock) -> Finding {
    judge_clock(began, unix_millis(), clock.now().since(Default::default()))
}

fn judge_clock(began: i64, now: i64, passed: Duration) -> Finding {
    let moved = now - began - passed.as_millis() as i64;
    let date = jiff::Timestamp::from_millisecond(now)
        .map_or_else(|_| format!("{now} ms since 1970"), |t| t.to_string());
    let date = date.split('.').next().unwrap_or_default().to_owned();
    let finding = if !(NOT_BEFORE..NOT_AFTER).contains(&now) {
        Finding::failed(
            "clock",
            format!("The clock says {date}"),
            "Set the machine's date and time: records and invitations depend on them",
        )
    } else if moved.abs() > MOVED_MS {
        Finding::warning(
            "clock",
            format!("The clock was moved by {moved} ms during this check"),
            "Times on records follow a clock of their own, but dates do not: let the clock settle",
        )
    } else {
        Finding::ok("clock", format!("{date} (UTC), steady"))
    };
    finding.with("unix_ms", now).with("moved_ms", moved)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn free_disk_is_told_in_hours_of_recording() {
        let dir = Path::new("/data");
        assert_eq!(judge_disk(dir, LEAST - 1).verdict, Verdict::Failed);
        assert_eq!(judge_disk(dir, 2 * HOUR).verdict, Verdict::Warning);
        let much = judge_disk(dir, 100 * HOUR);
        assert_eq!(much.verdict, Verdict::Ok);
        assert!(much.says.contains("100 hours"), "{}", much.says);
        assert_eq!(much.facts["recording_hours"], 100.0);
    }

    #[test]
    fn a_clock_that_is_wrong_or_moves_is_told() {
        let now = 1_800_000_000_000;
        let second = Duration::from_secs(1);
        let of = |began, now| judge_clock(began, now, second);
        assert_eq!(of(now - 1_000, now).verdict, Verdict::Ok);
        assert_eq!(of(now - 1_000, now + 2_000).verdict, Verdict::Warning);
        assert_eq!(of(now, now - 3_000).verdict, Verdict::Warning);
        assert_eq!(of(5_000, 6_000).verdict, Verdict::Failed);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_or_key_that_others_can_read_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let sessions = dir.path().join("sessions");
        set(dir.path(), 0o755);
        let found = folders(dir.path(), &sessions);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].verdict, Verdict::Warning);
        assert!(found[0].advice.as_ref().unwrap().contains("chmod 700"));
        set(dir.path(), 0o700);
        let keys = record::keys_dir(dir.path());
        SealKey::open_or_make(&keys).unwrap();
        let found = folders(dir.path(), &sessions);
        assert!(found.iter().all(|f| f.verdict == Verdict::Ok), "{found:?}");
        let file = std::fs::read_dir(&keys).unwrap().next().unwrap().unwrap();
        set(&file.path(), 0o644);
        let found = folders(dir.path(), &sessions);
        assert_eq!(found[1].verdict, Verdict::Failed);
    }
}
