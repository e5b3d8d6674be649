//! What every request passes, whatever it asks: it gets an id, is meant for this host and comes from no other
//! site; every answer is guarded, and every failure a problem with that id.

mod guard;
mod request_id;
mod written;

pub(super) use guard::authority;
pub use request_id::RequestId;
pub(super) use written::OwnWords;

use super::{
    app::App,
    files::AsItIs,
    metrics,
    problem::{Code, Problem},
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use http::{Extensions, HeaderMap, StatusCode, Version};
use std::any::Any;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, NotForContentType},
    },
};

/// Puts the layers around some routes, the outermost last.
pub(super) fn around(router: Router, app: &App) -> Router {
    router
        .layer(DefaultBodyLimit::max(app.settings().body_bytes_max))
        .layer(middleware::from_fn_with_state(app.clone(), guard::origin))
        .layer(middleware::from_fn_with_state(app.clone(), guard::host))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(middleware::from_fn(written::problems))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it()))
        .layer(middleware::from_fn(written::weak_tags))
        .layer(middleware::from_fn_with_state(app.clone(), guard::answer))
        .layer(middleware::from_fn_with_state(app.clone(), metrics::measured))
        .layer(middleware::from_fn(request_id::given))
}

/// What is compressed: files that are fetched are already, and what is sent as it is stays so.
fn worth_it() -> impl Predicate {
    let may_change = |_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions| {
        extensions.get::<AsItIs>().is_none()
    };
    DefaultPredicate::new()
        .and(NotForContentType::const_new("application/octet-stream"))
        .and(NotForContentType::const_new("application/zip"))
        .and(may_change)
}

/// Gives a request up that takes too long.
pub(super) async fn in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(app.settings().request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::plain(Code::TooSlow).retry_after_s(1).into_response(),
    }
}

/// A handler that panics fails its request and nothing else.
fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let reason = panic.downcast_ref::<String>().map(String::as_str);
    let reason = reason.or(panic.downcast_ref::<&str>().copied());
    Problem::internal(format_args!("a handler panicked: {}", reason.unwrap_or("without a message")))
        .into_response()
}
