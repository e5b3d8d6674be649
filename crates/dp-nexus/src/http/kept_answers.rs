//! Answers that were given before and still hold: the same question of the same principal to a vault of which nothing
//! has changed since is answered out of memory. Keeps whole answers of few routes, a bounded number of bytes of them,
//! for a short time; who asks is let in, counted and noted as always.

use super::app::App;
use crate::{AccountId, Principal, Scope};
use axum::{
    body::{Body, Bytes, HttpBody as _, to_bytes},
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, header};
use lru::LruCache;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Below these an answer depends on the vault, the question and the date alone.
const ROUTES: [&str; 10] = [
    "conversations",
    "histogram",
    "map",
    "on-this-day",
    "people",
    "search",
    "series",
    "sources",
    "stats",
    "timeline",
];
/// Questions about one document that take more than reading it.
const OF_DOCUMENTS: [&str; 2] = ["/documents/{id}/similar", "/documents/{id}/around"];
/// How long an answer holds at most: some count back from now.
const AGE_MAX: Duration = Duration::from_secs(30);
/// The largest answer that is kept, as a part of all that are: 1/32.
const SHARE: usize = 32;
/// What an answer takes beside its bytes, about.
const OVERHEAD_BYTES: usize = 1_024;

/// What was asked, and by whom, as far as the answer depends on it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Question {
    account: AccountId,
    scope: Scope,
    accept: Vec<u8>,
    target: String,
}

#[derive(Debug)]
struct Given {
    generation: u64,
    at: Instant,
    headers: HeaderMap,
    body: Bytes,
}

impl Given {
    fn bytes(&self, question: &Question) -> usize {
        self.body.len() + question.target.len() + question.accept.len() + OVERHEAD_BYTES
    }
}

/// Answers that may hold, the ones asked for last at hand.
pub(super) struct Answers {
    kept: Mutex<Kept>,
    bytes_max: usize,
}

struct Kept {
    answers: LruCache<Question, Given>,
    bytes: usize,
}

impl Answers {
    /// Keeps so many bytes of them; none if that is 0.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { kept: Mutex::new(Kept { answers: LruCache::unbounded(), bytes: 0 }), bytes_max }
    }

    fn find(&self, question: &Question, generation: u64, now: Instant) -> Option<Response> {
        let mut kept = self.kept.lock();
        let given = kept.answers.get(question)?;
        if given.generation != generation || now.duration_since(given.at) > AGE_MAX {
            kept.remove(question);
            return None;
        }
        let mut response = Response::new(Body::from(given.body.clone()));
        *response.headers_mut() = given.headers.clone();
        Some(response)
    }

    fn keep(&self, question: Question, given: Given) {
        let mut kept = self.kept.lock();
        kept.remove(&question);
        kept.bytes += given.bytes(&question);
        kept.answers.push(question, given);
        while kept.bytes > self.bytes_max {
            let Some((question, given)) = kept.answers.pop_lru() else { return };
            kept.bytes -= given.bytes(&question);
        }
    }
}

impl Kept {
    fn remove(&mut self, question: &Question) {
        if let Some((question, given)) = self.answers.pop_entry(question) {
            self.bytes -= given.bytes(&question);
        }
    }
}

/// Answers out of memory what is known, and keeps what was found.
pub(super) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some((question, generation)) = question(&app, &request) else { return next.run(request).await };
    let now = Instant::now();
    if let Some(response) = app.answers().find(&question, generation, now) {
        app.metrics().note_kept_answer();
        return response;
    }
    let response = next.run(request).await;
    let bytes_max = app.answers().bytes_max / SHARE;
    let is_short = response.body().size_hint().exact().is_some_and(|bytes| bytes <= bytes_max as u64);
    if response.status() != StatusCode::OK || !is_short {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, bytes_max).await else {
        // A body of known length that is in memory can be read.
        return Response::from_parts(parts, Body::empty());
    };
    let given = Given { generation, at: now, headers: parts.headers.clone(), body: body.clone() };
    app.answers().keep(question, given);
    Response::from_parts(parts, Body::from(body))
}

/// The question, and the state of the vault it is asked of; None if its answer is not kept. Of the state before the
/// answer is made, so that one which is made while something changes is not given later.
fn question(app: &App, request: &Request) -> Option<(Question, u64)> {
    if app.answers().bytes_max == 0 || request.method() != Method::GET {
        return None;
    }
    let route = request.extensions().get::<MatchedPath>()?.as_str().rsplit_once("/api/v1/")?.1;
    let noun = route.split('/').next()?;
    if !ROUTES.contains(&noun) && !OF_DOCUMENTS.iter().any(|of| of.get(1..) == Some(route)) {
        return None;
    }
    let principal = request.extensions().get::<Principal>()?;
    let generation = app.open_engine(principal)?.vault().generation()?;
    let headers = request.headers();
    // Whoever has the answer already is told so by the handler.
    if headers.contains_key(header::IF_NONE_MATCH) || headers.contains_key(header::RANGE) {
        return None;
    }
    let question = Question {
        account: principal.account,
        scope: principal.scope.clone(),
        accept: headers.get(header::ACCEPT).map(|value| value.as_bytes().to_vec()).unwrap_or_default(),
        target: request.uri().path_and_query()?.as_str().to_owned(),
    };
    Some((question, generation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(target: &str) -> Question {
        Question {
            account: AccountId([1; 16]),
            scope: Scope::all(),
            accept: Vec::new(),
            target: target.to_owned(),
        }
    }

    fn given(generation: u64, at: Instant, bytes: usize) -> Given {
        Given { generation, at, headers: HeaderMap::new(), body: Bytes::from(vec![b'x'; bytes]) }
    }

    #[test]
    fn an_answer_holds_for_one_state_of_the_vault_and_not_for_long() {
        let answers = Answers::new(1 << 20);
        let now = Instant::now();
        answers.keep(question("/a"), given(7, now, 10));
        assert!(answers.find(&question("/a"), 7, now).is_some());
        assert!(answers.find(&question("/b"), 7, now).is_none());
        let stranger = Question { account: AccountId([2; 16]), ..question("/a") };
        assert!(answers.find(&stranger, 7, now).is_none());
        let limited = Question { scope: Scope { read: true, ..Scope::default() }, ..question("/a") };
        assert!(answers.find(&limited, 7, now).is_none());
        assert!(answers.find(&question("/a"), 7, now + AGE_MAX).is_some());
        assert!(answers.find(&question("/a"), 7, now + AGE_MAX + Duration::from_secs(1)).is_none());
        answers.keep(question("/a"), given(7, now, 10));
        assert!(answers.find(&question("/a"), 8, now).is_none());
        assert!(answers.find(&question("/a"), 7, now).is_none(), "what no longer holds was kept");
        assert_eq!(answers.kept.lock().bytes, 0);
    }

    #[test]
    fn those_not_asked_for_longest_make_room() {
        let answers = Answers::new(3 * (100 + OVERHEAD_BYTES + 2));
        let now = Instant::now();
        for target in ["/1", "/2", "/3"] {
            answers.keep(question(target), given(1, now, 100));
        }
        answers.keep(question("/2"), given(1, now, 100));
        assert!(answers.find(&question("/1"), 1, now).is_some());
        answers.keep(question("/4"), given(1, now, 100));
        assert!(answers.find(&question("/3"), 1, now).is_none());
        assert!(["/1", "/2", "/4"].iter().all(|target| answers.find(&question(target), 1, now).is_some()));
        assert!(answers.kept.lock().bytes <= answers.bytes_max);
    }
}
