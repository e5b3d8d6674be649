//! The id of a request: taken from the client if it is a plain short word, made otherwise; in the extensions, in
//! the log and in the answer.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderName, HeaderValue};
use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};
use tracing::Instrument as _;

/// The header it comes and goes in.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an id that is taken from a client.
const CHARS_MAX: usize = 64;

/// Names a request, in the extensions of every request and response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Gives the request its id and the log a span. The query is left out of the log: it is the person's.
pub(super) async fn given(mut request: Request, next: Next) -> Response {
    let id = request.headers().get(HEADER).filter(|id| is_plain(id)).cloned().unwrap_or_else(new);
    let id = RequestId(id);
    let span = tracing::info_span!(
        "request",
        id = id.as_str(),
        method = %request.method(),
        path = request.uri().path(),
    );
    request.extensions_mut().insert(id.clone());
    let started = std::time::Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| {
        let elapsed_us = started.elapsed().as_micros() as u64;
        tracing::debug!(status = response.status().as_u16(), elapsed_us, "answered");
    });
    response.headers_mut().insert(HEADER, id.0.clone());
    response.extensions_mut().insert(id);
    response
}

/// Whether an id can be written into logs and headers as it is.
fn is_plain(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (1..=CHARS_MAX).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// An id of this run of the program and a number in it, so that ids sort by time within a run.
fn new() -> HeaderValue {
    static RUN: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(SystemTime::now()));
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let id = format!("{:016x}{:012x}", *RUN, NUMBER.fetch_add(1, Ordering::Relaxed));
    HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_short_ids_are_taken_over() {
        for plain in ["a", "0190-7f.3_b", &"x".repeat(64)] {
            assert!(is_plain(&HeaderValue::from_str(plain).unwrap()), "{plain}");
        }
        for other in ["", "a b", "a\"b", "<script>", "é", &"x".repeat(65)] {
            assert!(!is_plain(&HeaderValue::from_bytes(other.as_bytes()).unwrap()), "{other}");
        }
        assert!(is_plain(&new()) && new() != new());
    }
}
