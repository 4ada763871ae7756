//! The engine's figures, in the OpenMetrics text format. They name no person
//! and no session.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry};
use std::time::Duration;

/// Why something was refused.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Kind {
    kind: String,
}

/// The figures.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    pub(super) sessions: Gauge,
    pub(super) sessions_begun: Counter,
    pub(super) sessions_resumed: Counter,
    pub(super) records_sealed: Counter,
    pub(super) viewers: Gauge,
    pub(super) messages: Counter,
    pub(super) audio_bytes: Counter,
    pub(super) missed: Counter,
    refusals: Family<Kind, Counter>,
    reads: Family<Kind, Counter>,
    latency: Histogram,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("viva");
        let r = &mut registry;
        let latency = Histogram::new(exponential_buckets(0.000_25, 2.0, 14));
        Self {
            sessions: kept(r, "sessions", "Calls that are held now"),
            sessions_begun: kept(r, "sessions_begun", "Sessions that were begun"),
            sessions_resumed: kept(
                r,
                "sessions_resumed",
                "Times that a session was taken up again",
            ),
            records_sealed: kept(r, "records_sealed", "Records that were finished and sealed"),
            viewers: kept(r, "viewers", "Who follows a call now"),
            messages: kept(r, "messages", "Messages of candidates' sides"),
            audio_bytes: kept(r, "audio_bytes", "Bytes of sound that came in"),
            missed: kept(
                r,
                "fanout_missed",
                "Updates and sounds that slow viewers missed",
            ),
            refusals: kept(
                r,
                "refusals",
                "Requests and messages that were refused, by kind",
            ),
            reads: kept(
                r,
                "record_reads",
                "Times that something of a record was read or heard",
            ),
            latency: registered(
                r,
                "event_latency_seconds",
                "From a candidate's message to the last of its answers",
                latency,
            ),
            registry,
        }
    }

    /// Counts a refusal.
    pub(super) fn refused(&self, kind: &str) {
        let kind = kind.to_owned();
        self.refusals.get_or_create(&Kind { kind }).inc();
    }

    /// Counts that something of a record was read.
    pub(super) fn read(&self, what: &str) {
        let kind = what.to_owned();
        self.reads.get_or_create(&Kind { kind }).inc();
    }

    /// Notes how long a message took.
    pub(super) fn answered(&self, took: Duration) {
        self.latency.observe(took.as_secs_f64());
    }

    /// All figures as text.
    pub(super) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A new figure, told under this name.
fn kept<M: Metric + Clone + Default>(to: &mut Registry, name: &str, help: &str) -> M {
    registered(to, name, help, M::default())
}

fn registered<M: Metric + Clone>(to: &mut Registry, name: &str, help: &str, metric: M) -> M {
    to.register(name, help, metric.clone());
    metric
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_by_name() {
        let metrics = Metrics::new();
        metrics.refused("token_expired");
        metrics.refused("token_expired");
        metrics.answered(Duration::from_millis(3));
        let text = metrics.text().unwrap();
        assert!(
            text.contains("viva_refusals_total{kind=\"token_expired\"} 2"),
            "{text}"
        );
        assert!(
            text.contains("viva_event_latency_seconds_count 1"),
            "{text}"
        );
        assert!(text.contains("viva_sessions 0"), "{text}");
    }
}
