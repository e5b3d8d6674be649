//! How answers are written: problems get their body where the id of the request is known, and a compressed
//! answer carries its tag weakly.

use super::request_id::RequestId;
use crate::http::problem::{MEDIA_TYPE, Problem};
use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use http::{HeaderValue, StatusCode, header};

/// Marks a response, in its extensions, whose body says itself what went wrong.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct BodyOfItsOwn;

/// Writes the problem of a response that has one; a failure of the framework becomes one.
pub(super) async fn problems(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let response = next.run(request).await;
    let status = response.status();
    if response.extensions().get::<BodyOfItsOwn>().is_some() {
        return response;
    }
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = response.extensions().get::<Problem>().cloned();
    written(response, &problem.unwrap_or_else(|| Problem::of_status(status)), id.as_ref())
}

fn written(response: Response, problem: &Problem, id: Option<&RequestId>) -> Response {
    let view = problem.view(id.map(RequestId::as_str).unwrap_or_default());
    // Writing our own types as JSON into memory cannot fail.
    let body = serde_json::to_vec(&view).unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    // A status that the framework chose is kept, so that its headers fit.
    parts.status = StatusCode::from_u16(view.status).unwrap_or(parts.status);
    Response::from_parts(parts, Body::from(body))
}

/// A tag names bytes, and compressed ones are others: RFC 9110, section 8.8.3.
pub(super) async fn weak_tags(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok())
        && !tag.starts_with("W/")
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        headers.insert(header::ETAG, weak);
    }
    response
}
