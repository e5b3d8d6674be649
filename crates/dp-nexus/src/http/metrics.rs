//! Figures for a monitoring program, as text in the format of Prometheus: how many requests there were of which route
//! and outcome, how long they took, how many questions and jobs wait. Nothing of what anybody asks or has.

mod background;

use super::app::App;
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
    routing::get,
};
use background::Background;
use http::{HeaderValue, Method, header};
use parking_lot::Mutex;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use std::{sync::atomic::AtomicU64, time::Instant};

/// The format, with the version that the library writes.
const TEXT: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
/// Upper bounds of the times that requests are counted by: from half a millisecond, doubling to 16 seconds.
const SHORTEST_S: f64 = 0.000_5;
const BUCKETS: u16 = 16;

/// A route as documented, and how it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: String,
}

/// The same with what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u32,
}

/// All figures of one server.
pub(super) struct Metrics {
    registry: Mutex<Registry>,
    answered: Family<Answered, Counter>,
    seconds: Family<Asked, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    again: Counter,
    idle_questions: Gauge,
    memory_bytes: Gauge<u64, AtomicU64>,
    background: Background,
}

impl Default for Metrics {
    fn default() -> Self {
        let made: fn() -> Histogram = || Histogram::new(exponential_buckets(SHORTEST_S, 2.0, BUCKETS));
        let metrics = Self {
            registry: Mutex::default(),
            answered: Family::default(),
            seconds: Family::new_with_constructor(made),
            in_flight: Gauge::default(),
            again: Counter::default(),
            idle_questions: Gauge::default(),
            memory_bytes: Gauge::default(),
            background: Background::default(),
        };
        let mut registry = metrics.registry.lock();
        let http = registry.sub_registry_with_prefix("datapunk_http");
        http.register("requests", "Requests that were answered", metrics.answered.clone());
        http.register(
            "request_seconds",
            "Time to the head of the answer, in seconds",
            metrics.seconds.clone(),
        );
        http.register("requests_in_flight", "Requests that are being answered", metrics.in_flight.clone());
        http.register("answers_again", "Requests that were answered from memory", metrics.again.clone());
        registry.register(
            "datapunk_questions_free",
            "Questions to vaults that could be begun at once; at 0 others wait",
            metrics.idle_questions.clone(),
        );
        registry.register(
            "process_resident_memory_bytes",
            "Memory of the process, in bytes; 0 where the system does not tell",
            metrics.memory_bytes.clone(),
        );
        metrics.background.register(&mut registry);
        drop(registry);
        metrics
    }
}

impl Metrics {
    /// Counts an answer that was known.
    pub(super) fn note_kept_answer(&self) {
        self.again.inc();
    }

    fn text(&self, free_questions: usize) -> Result<String, std::fmt::Error> {
        self.idle_questions.set(i64::try_from(free_questions).unwrap_or(i64::MAX));
        self.memory_bytes.set(resident_bytes().unwrap_or_default());
        let mut text = String::new();
        encode(&mut text, &self.registry.lock())?;
        Ok(text)
    }
}

/// The route by which figures are read, for a port of its own: it asks nobody who they are.
pub fn metrics(app: &App) -> Router {
    Router::new().route("/metrics", get(tell)).with_state(app.clone())
}

async fn tell(State(app): State<App>) -> Response {
    app.metrics().background.look(&app).await;
    match app.metrics().text(app.free_questions()) {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        // Writing into memory cannot fail.
        Err(_) => http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Counts what is answered.
pub(super) async fn measured(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = Asked { method: named(request.method()), route: route(&request) };
    let pending = Pending::begin(&app);
    let started = Instant::now();
    let response = next.run(request).await;
    drop(pending);
    let metrics = app.metrics();
    metrics.seconds.get_or_create(&asked).observe(started.elapsed().as_secs_f64());
    let Asked { method, route } = asked;
    let status = u32::from(response.status().as_u16());
    metrics.answered.get_or_create(&Answered { method, route, status }).inc();
    response
}

/// A request that is being answered, also when it is given up.
struct Pending(App);

impl Pending {
    fn begin(app: &App) -> Self {
        app.metrics().in_flight.inc();
        Self(app.clone())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.metrics().in_flight.dec();
    }
}

/// The route as it is documented; what is no route is counted together, so that strangers can't make more names.
fn route(request: &Request) -> String {
    let matched = request.extensions().get::<MatchedPath>();
    matched.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned())
}

fn named(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|name| method == name).unwrap_or("other")
}

/// Memory of this process that is not swapped out.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
