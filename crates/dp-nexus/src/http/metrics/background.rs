//! Figures of what goes on besides requests: jobs by kind and state, how long the first has waited, who follows events,
//! and what waits on disk to be imported. Asked for when somebody reads them, and not before.

use crate::http::App;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use std::sync::atomic::AtomicU64;

/// Jobs of one kind in one state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Jobs {
    kind: String,
    state: &'static str,
}

/// The figures.
#[derive(Debug, Default)]
pub(super) struct Background {
    jobs: Family<Jobs, Gauge<u64, AtomicU64>>,
    waiting_seconds: Gauge<f64, AtomicU64>,
    connections: Gauge<u64, AtomicU64>,
    listeners: Gauge<u64, AtomicU64>,
    staged_bytes: Gauge<u64, AtomicU64>,
}

impl Background {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "datapunk_jobs",
            "Jobs by kind and state, finished ones that are kept among them",
            self.jobs.clone(),
        );
        registry.register(
            "datapunk_jobs_waiting_seconds",
            "For how long the job has been due that has waited longest; 0 if none waits",
            self.waiting_seconds.clone(),
        );
        registry.register(
            "datapunk_connections_open",
            "Connections that stay open: streams of events and WebSockets",
            self.connections.clone(),
        );
        registry.register(
            "datapunk_event_listeners",
            "Who is told of events as they happen",
            self.listeners.clone(),
        );
        registry.register(
            "datapunk_staged_bytes",
            "Bytes of uploads that are on disk and not imported yet",
            self.staged_bytes.clone(),
        );
    }

    /// Looks how things are now. What can't be read stays as it was.
    pub(super) async fn look(&self, app: &App) {
        self.connections.set(app.live().connections.count() as u64);
        let Some(works) = app.works().cloned() else { return };
        self.listeners.set(works.stream().events().listeners() as u64);
        let asked =
            tokio::task::spawn_blocking(move || (works.stream().jobs().figures(), works.staged_bytes()));
        let Ok((figures, staged_bytes)) = asked.await else { return };
        self.staged_bytes.set(staged_bytes);
        match figures {
            Ok(figures) => {
                self.jobs.clear();
                for (kind, state, count) in figures.jobs {
                    self.jobs.get_or_create(&Jobs { kind, state: state.as_str() }).set(count);
                }
                let waited =
                    figures.waiting_since.map(|since| since.until(app.now()).map(|span| span.get_seconds()));
                let waited_s = waited.and_then(Result::ok).unwrap_or(0);
                self.waiting_seconds.set(waited_s.max(0) as f64);
            }
            Err(error) => tracing::warn!(%error, "jobs could not be counted"),
        }
    }
}
