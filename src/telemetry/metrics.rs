//! Counters and histograms, in the text form that Prometheus reads.
//!
//! One [`Metrics`] is made at the start and handed to the rooms that measure.

use super::window::{Percentiles, Window};
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};
use std::sync::Arc;
use std::time::Duration;

/// Calls whose time from event to page is remembered.
const POP_WINDOW: usize = 10_000;

/// What the box measures.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    requests: HistogramVec,
    responses: IntCounterVec,
    group_frames: Histogram,
    sync: Histogram,
    pop: Window,
    pop_seconds: Histogram,
    sockets: IntGauge,
    refused: IntCounterVec,
}

const FAST: [f64; 14] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

fn fast(name: &str, help: &str) -> HistogramOpts {
    HistogramOpts::new(name, help).buckets(FAST.to_vec())
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All measurements at zero.
    #[must_use]
    pub fn new() -> Self {
        let made = "a metric's name and labels are constants";
        let sizes = vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
        let requests = fast("lenderbox_request_seconds", "time to answer a request");
        let responses = Opts::new("lenderbox_responses_total", "answers by status");
        let group = HistogramOpts::new("lenderbox_commit_group_frames", "frames in one sync");
        let sync = fast("lenderbox_journal_sync_seconds", "time of one sync of the journal");
        let pop = fast("lenderbox_pop_seconds", "time from PBX event to card frame");
        let refused = Opts::new("lenderbox_refused_total", "requests refused by code");
        let inner = Inner {
            registry: Registry::new(),
            requests: HistogramVec::new(requests, &["route"]).expect(made),
            responses: IntCounterVec::new(responses, &["status"]).expect(made),
            group_frames: Histogram::with_opts(group.buckets(sizes)).expect(made),
            sync: Histogram::with_opts(sync).expect(made),
            pop: Window::new(POP_WINDOW),
            pop_seconds: Histogram::with_opts(pop).expect(made),
            sockets: IntGauge::new("lenderbox_feed_sockets", "open feeds").expect(made),
            refused: IntCounterVec::new(refused, &["code"]).expect(made),
        };
        let all: [Box<dyn prometheus::core::Collector>; 7] = [
            Box::new(inner.requests.clone()),
            Box::new(inner.responses.clone()),
            Box::new(inner.group_frames.clone()),
            Box::new(inner.sync.clone()),
            Box::new(inner.pop_seconds.clone()),
            Box::new(inner.sockets.clone()),
            Box::new(inner.refused.clone()),
        ];
        for collector in all {
            inner.registry.register(collector).expect("every metric has a name of its own");
        }
        Self(Arc::new(inner))
    }

    /// A request to `route` (its template, never its path) was answered.
    pub fn request(&self, route: &str, status: u16, taken: Duration) {
        self.0.requests.with_label_values(&[route]).observe(taken.as_secs_f64());
        let class = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        let class = class.get(usize::from(status / 100).wrapping_sub(1)).unwrap_or(&"other");
        self.0.responses.with_label_values(&[class]).inc();
    }

    /// A request was refused with `code`.
    pub fn refused(&self, code: &'static str) {
        self.0.refused.with_label_values(&[code]).inc();
    }

    /// The committer made `frames` durable with one sync that took `sync`.
    pub fn commit_group(&self, frames: usize, sync: Duration) {
        #[allow(clippy::cast_precision_loss, reason = "a group has at most thousands of frames")]
        self.0.group_frames.observe(frames as f64);
        self.0.sync.observe(sync.as_secs_f64());
    }

    /// A card frame went out `taken` after its PBX event had come in.
    pub fn pop(&self, taken: Duration) {
        self.0.pop.add(u64::try_from(taken.as_micros()).unwrap_or(u64::MAX));
        self.0.pop_seconds.observe(taken.as_secs_f64());
    }

    /// Percentiles of the last calls' time from PBX event to card frame.
    #[must_use]
    pub fn pops(&self) -> Percentiles {
        self.0.pop.percentiles()
    }

    /// One feed more is open.
    pub fn socket_opened(&self) {
        self.0.sockets.inc();
    }

    /// One feed less is open.
    pub fn socket_closed(&self) {
        self.0.sockets.dec();
    }

    /// Everything in the text form of Prometheus.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.0.registry.gather(), &mut out) {
            tracing::error!(%error, "metrics cannot be written");
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_shown() {
        let metrics = Metrics::new();
        metrics.request("/clients/{id}", 200, Duration::from_micros(80));
        metrics.request("/clients/{id}", 503, Duration::from_millis(2));
        metrics.commit_group(12, Duration::from_micros(70));
        metrics.pop(Duration::from_micros(2_500));
        metrics.refused("busy");
        metrics.socket_opened();
        let text = metrics.text();
        for line in [
            "lenderbox_request_seconds_count{route=\"/clients/{id}\"} 2",
            "lenderbox_responses_total{status=\"5xx\"} 1",
            "lenderbox_commit_group_frames_sum 12",
            "lenderbox_journal_sync_seconds_count 1",
            "lenderbox_pop_seconds_count 1",
            "lenderbox_refused_total{code=\"busy\"} 1",
            "lenderbox_feed_sockets 1",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        assert_eq!(metrics.pops().p99, 2_500);
    }
}
