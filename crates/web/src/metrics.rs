//! Prometheus: what is counted, and how it is read at `/metrics`.
//!
//! The process installs one recorder ([`install`]); every crate counts into it through the `metrics` facade.

use std::time::Duration;

pub use metrics_exporter_prometheus::PrometheusHandle;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};

/// Seconds that an answer took, by route.
pub(crate) const DURATION: &str = "nguon_http_request_duration_seconds";

/// From a cached tile to a group commit on a slow disk, in seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// How often samples are folded into buckets when nobody reads `/metrics`, so that they cannot pile up.
const UPKEEP: Duration = Duration::from_secs(5);

/// A recorder with our buckets and names.
pub fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS)
}

/// Installs the recorder of this process and keeps its samples folded; call it once, inside the runtime.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = builder()?.install_recorder()?;
    describe();
    let folded = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            folded.run_upkeep();
        }
    });
    Ok(handle)
}

fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!("nguon_http_requests_total", "HTTP requests answered, by method, route and status");
    describe_histogram!(DURATION, Unit::Seconds, "Time until the head of the answer was ready");
    describe_gauge!("nguon_http_connections", "Open connections");
    describe_counter!(
        "nguon_pages_answered_total",
        "Pages of lots, organisations and the first page, by how: kept, made, copy (of an earlier time), trouble"
    );
    describe_gauge!("nguon_pages_kept", "Pages in memory, those included that no longer hold");
    describe_gauge!("nguon_pages_kept_bytes", Unit::Bytes, "Memory that they take, about");
    describe_counter!(
        "nguon_http_connections_refused_total",
        "Connections closed at once: too many of one address"
    );
}
