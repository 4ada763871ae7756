//! What is noted while calls are held, and what becomes of it.

use super::engine::{Memory, Sample};
use crate::cli::bench_stt::quantile;
use crate::clock::Clock;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// When the last frames of one call were sent.
#[derive(Debug)]
pub(super) struct Line(Box<[AtomicU64]>);

/// Frames whose times are remembered: half a minute, more than any buffer
/// between holds.
const REMEMBERED: usize = 300;

impl Default for Line {
    fn default() -> Self {
        Self((0..REMEMBERED).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Line {
    /// A frame is being sent now.
    pub(super) fn sent_sound(&self, number: u64, nanos: u64) {
        let place = number as usize % REMEMBERED;
        self.0[place].store(nanos, Ordering::Relaxed);
    }

    /// When a frame was sent.
    pub(super) fn sent_at(&self, number: u64) -> Option<u64> {
        let nanos = self.0[number as usize % REMEMBERED].load(Ordering::Relaxed);
        (nanos > 0).then_some(nanos)
    }
}

/// Everything that all calls note.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) clock: Clock,
    /// Whether what happens now counts.
    on: AtomicBool,
    broken: AtomicU64,
    refusals: AtomicU64,
    missed: AtomicU64,
    bytes: AtomicU64,
    opened_ms: Mutex<Vec<f32>>,
    reply_ms: Mutex<Vec<f32>>,
    fan_out_ms: Mutex<Vec<f32>>,
    sound_ms: Mutex<Vec<f32>>,
    words_ms: Mutex<Vec<f32>>,
}

impl Book {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            on: AtomicBool::new(false),
            broken: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
            missed: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            opened_ms: Mutex::default(),
            reply_ms: Mutex::default(),
            fan_out_ms: Mutex::default(),
            sound_ms: Mutex::default(),
            words_ms: Mutex::default(),
        }
    }

    pub(super) fn measure(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    fn note(&self, all: &Mutex<Vec<f32>>, ms: f32) {
        if self.on.load(Ordering::Relaxed) {
            all.lock().unwrap_or_else(PoisonError::into_inner).push(ms);
        }
    }

    /// A call was opened within this time; counts at once.
    pub(super) fn opened(&self, nanos: u64) {
        let mut all = self
            .opened_ms
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.push(ms(nanos));
    }

    /// An answer was replied to.
    pub(super) fn replied(&self, nanos: u64) {
        self.note(&self.reply_ms, ms(nanos));
    }

    /// An update came, so long after the engine's stamp.
    pub(super) fn updated(&self, ms: i64) {
        self.note(&self.fan_out_ms, ms as f32);
    }

    /// Words came while they were spoken.
    pub(super) fn read(&self, nanos: u64) {
        self.note(&self.words_ms, ms(nanos));
    }

    /// A frame of sound came.
    pub(super) fn heard(&self, nanos: u64, bytes: usize) {
        self.note(&self.sound_ms, ms(nanos));
        if self.on.load(Ordering::Relaxed) {
            self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }

    /// A listener was told that it missed something.
    pub(super) fn missed(&self, how_many: u64) {
        self.missed.fetch_add(how_many, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refusals.fetch_add(1, Ordering::Relaxed);
    }

    /// A socket broke, or something came that is no message.
    pub(super) fn broke(&self) {
        self.broken.fetch_add(1, Ordering::Relaxed);
    }
}

fn ms(nanos: u64) -> f32 {
    (nanos as f64 / 1e6) as f32
}

/// Times in milliseconds.
#[derive(Serialize, Clone, Copy, Debug, Default)]
pub(super) struct Times {
    count: usize,
    p50: f64,
    p99: f64,
    most: f64,
}

impl Times {
    fn of(all: &Mutex<Vec<f32>>) -> Self {
        let all = all.lock().unwrap_or_else(PoisonError::into_inner);
        let at = |q| quantile(all.iter().map(|ms| f64::from(*ms)), q).unwrap_or_default();
        Self {
            count: all.len(),
            p50: at(0.5),
            p99: at(0.99),
            most: at(1.0),
        }
    }
}

/// What so many calls cost.
#[derive(Serialize, Clone, Debug)]
pub(super) struct Row {
    pub(super) sessions: u32,
    /// From a hello to its welcome.
    open_ms: Times,
    /// From an answer to the next line.
    reply_ms: Times,
    /// From the engine's stamp to a listener.
    fan_out_ms: Times,
    /// From the candidate's side to a listener.
    sound_ms: Times,
    words_ms: Times,
    /// Messages of candidates that came to the engine, a second.
    messages_a_second: f64,
    /// Updates that came to listeners, a second.
    updates_a_second: f64,
    /// Frames that came to listeners, a second.
    frames_a_second: f64,
    /// Bytes of sound into the engine and out of it, a second.
    sound_in_a_second: f64,
    sound_out_a_second: f64,
    missed: u64,
    pub(super) refusals: u64,
    pub(super) broken: u64,
    /// Processor time of the engine, and of this process with all callers and
    /// listeners, as a share of one core.
    engine_cpu: f64,
    bench_cpu: f64,
    /// Memory of the engine with all calls and of one call, KiB.
    rss_kib: u64,
    rss_a_session_kib: f64,
    pss_a_session_kib: f64,
    /// How long the engine took to stop.
    pub(super) stop_ms: u64,
    /// The system's load average (1 min) at the end.
    load: f64,
}

impl Row {
    pub(super) fn new(
        sessions: u32,
        book: &Book,
        (before, after): (&Sample, &Sample),
        own_cpu_s: f64,
        (empty, full): (Memory, Memory),
    ) -> Self {
        let seconds = (after.at_s - before.at_s).max(f64::MIN_POSITIVE);
        let rate = |count: f64| count / seconds;
        let each = |full: u64, empty: u64| full.saturating_sub(empty) as f64 / f64::from(sessions);
        let (fan_out_ms, sound_ms) = (Times::of(&book.fan_out_ms), Times::of(&book.sound_ms));
        let missed = after.missed - before.missed;
        let refused = after.refused.saturating_sub(before.refused);
        Self {
            sessions,
            open_ms: Times::of(&book.opened_ms),
            reply_ms: Times::of(&book.reply_ms),
            fan_out_ms,
            sound_ms,
            words_ms: Times::of(&book.words_ms),
            messages_a_second: rate((after.messages - before.messages) as f64),
            updates_a_second: rate(fan_out_ms.count as f64),
            frames_a_second: rate(sound_ms.count as f64),
            sound_in_a_second: rate((after.audio_bytes - before.audio_bytes) as f64),
            sound_out_a_second: rate(book.bytes.load(Ordering::Relaxed) as f64),
            missed: missed.max(book.missed.load(Ordering::Relaxed)),
            refusals: refused.max(book.refusals.load(Ordering::Relaxed)),
            broken: book.broken.load(Ordering::Relaxed),
            engine_cpu: rate(after.cpu_s - before.cpu_s),
            bench_cpu: rate(own_cpu_s),
            rss_kib: full.rss,
            rss_a_session_kib: each(full.rss, empty.rss),
            pss_a_session_kib: each(full.pss, empty.pss),
            stop_ms: 0,
            load: load(),
        }
    }
}

fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split(' ').next().and_then(|n| n.parse().ok());
    first.unwrap_or_default()
}

/// How the figures grow from the first row to the last: the exponent of the
/// number of calls.
#[derive(Serialize, Clone, Copy, Debug)]
pub(super) struct Growth {
    fan_out_p50: Option<f64>,
    fan_out_p99: Option<f64>,
    reply_p50: Option<f64>,
    reply_p99: Option<f64>,
    sound_p50: Option<f64>,
    sound_p99: Option<f64>,
    messages: Option<f64>,
    frames: Option<f64>,
    engine_cpu: Option<f64>,
    memory: Option<f64>,
}

/// The growth, where there are two numbers of calls to compare.
pub(super) fn growth(rows: &[Row]) -> Option<Growth> {
    let (first, last) = (rows.first()?, rows.last()?);
    let calls = f64::from(last.sessions) / f64::from(first.sessions);
    if calls <= 1.0 {
        return None;
    }
    let of = |value: fn(&Row) -> f64| exponent(value(first), value(last), calls);
    Some(Growth {
        fan_out_p50: of(|r| r.fan_out_ms.p50),
        fan_out_p99: of(|r| r.fan_out_ms.p99),
        reply_p50: of(|r| r.reply_ms.p50),
        reply_p99: of(|r| r.reply_ms.p99),
        sound_p50: of(|r| r.sound_ms.p50),
        sound_p99: of(|r| r.sound_ms.p99),
        messages: of(|r| r.messages_a_second),
        frames: of(|r| r.frames_a_second),
        engine_cpu: of(|r| r.engine_cpu),
        memory: of(|r| r.rss_kib as f64),
    })
}

fn exponent(first: f64, last: f64, calls: f64) -> Option<f64> {
    (first > 0.0 && last > 0.0).then(|| (last / first).ln() / calls.ln())
}

/// Prints the table.
pub(super) fn print(rows: &[Row], growth: Option<&Growth>) {
    println!(
        "{:>6} {:>13} {:>11} {:>13} {:>13} {:>13} {:>7} {:>8} {:>7} {:>7} {:>6} {:>6} {:>7} {:>8} {:>7}",
        "calls",
        "open ms",
        "fan-out ms",
        "words ms",
        "sound ms",
        "reply ms",
        "msg/s",
        "frames/s",
        "MB/s in",
        "missed",
        "wrong",
        "CPU %",
        "bench %",
        "RSS MB",
        "KiB/call"
    );
    let pair = |t: &Times| format!("{:.1}/{:.1}", t.p50, t.p99);
    for row in rows {
        println!(
            "{:>6} {:>13} {:>11} {:>13} {:>13} {:>13} {:>7.0} {:>8.0} {:>7.2} {:>7} {:>6} {:>6.0} {:>7.0} {:>8.1} {:>7.0}",
            row.sessions,
            pair(&row.open_ms),
            format!("{:.0}/{:.0}", row.fan_out_ms.p50, row.fan_out_ms.p99),
            pair(&row.words_ms),
            pair(&row.sound_ms),
            pair(&row.reply_ms),
            row.messages_a_second,
            row.frames_a_second,
            row.sound_in_a_second / 1e6,
            row.missed,
            row.refusals + row.broken,
            row.engine_cpu * 100.0,
            row.bench_cpu * 100.0,
            row.rss_kib as f64 / 1024.0,
            row.rss_a_session_kib,
        );
    }
    println!("times: half of all / 99 of a hundred are no longer; CPU: of one core");
    if let Some(growth) = growth {
        let of = |e: Option<f64>| e.map_or_else(|| "-".to_owned(), |e| format!("{e:.2}"));
        println!(
            "growth: fan-out p99 {}, sound p50 {} p99 {}, reply p50 {} p99 {}, frames {}, CPU {}, \
             memory {}",
            of(growth.fan_out_p99),
            of(growth.sound_p50),
            of(growth.sound_p99),
            of(growth.reply_p50),
            of(growth.reply_p99),
            of(growth.frames),
            of(growth.engine_cpu),
            of(growth.memory),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_happens_while_it_is_measured_counts() {
        let book = Book::new(Clock::driven());
        book.replied(5_000_000);
        book.measure(true);
        for ms in [1, 2, 3, 10] {
            book.replied(ms * 1_000_000);
        }
        book.measure(false);
        book.replied(90_000_000);
        let times = Times::of(&book.reply_ms);
        assert_eq!((times.count, times.p50, times.most), (4, 2.0, 10.0));
    }

    #[test]
    fn growth_is_the_exponent_of_the_number_of_calls() {
        assert_eq!(exponent(10.0, 80.0, 8.0), Some(1.0));
        assert_eq!(exponent(10.0, 10.0, 8.0), Some(0.0));
        assert_eq!(exponent(0.0, 10.0, 8.0), None);
    }

    #[test]
    fn a_frame_that_was_forgotten_long_ago_is_not_taken_for_another() {
        let line = Line::default();
        assert_eq!(line.sent_at(3), None);
        line.sent_sound(3, 70);
        assert_eq!(line.sent_at(3), Some(70));
    }
}
